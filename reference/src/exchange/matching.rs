//! Matching and stops: sections 3 and 4 of docs/MATCHING.md.
//!
//! A taker stands in no book while it is matched. The order it meets is taken out, changed, and put
//! back or not. Elected stops gather in `ReferenceExchange::elected` and are worked off when the
//! command's own matching is over.

use rialto_types::{
    Amount, CancelReason, EventBody, Fill, InstrumentId, OrderKind, OrderReduced, OrderRested,
    OrderTriggered, Origin, Ppm, Price, Qty, Side, Size, StpMode, TimeInForce, Trade,
};

use super::ReferenceExchange;
use super::book::Order;

/// Why a taker with something left meets no further order.
enum Stopped {
    /// What is left of its quote amount pays for no lot.
    NoLot,
    /// The opposite side has orders, all beyond the bound.
    Bound,
    /// The opposite side is empty.
    Empty,
}

impl ReferenceExchange {
    /// Whether a limit order enters the book at once and whole.
    pub(super) fn would_rest(&self, order: &Order) -> bool {
        match order.kind {
            OrderKind::Limit { price, tif, .. } => {
                let book = self.book(order.instrument);
                tif.rests() && book.crossed_by(order.side, price).is_none()
            }
            _ => false,
        }
    }

    /// The worst price at which a limit or market order trades.
    pub(super) fn bound(&self, order: &Order) -> Price {
        match order.kind.price() {
            Some(price) => price,
            None => self.book(order.instrument).collar().bound(order.side),
        }
    }

    /// Lets an accepted, replaced or elected limit or market order into the book, as maker or taker.
    pub(super) fn enter(&mut self, order: Order, bound: Price) {
        if self.would_rest(&order) {
            self.book_mut(order.instrument).rest(order);
        } else if order.kind.tif() == TimeInForce::Fok && !self.can_be_filled(&order, bound) {
            self.end(&order, CancelReason::FokUnfilled, Origin::VENUE);
        } else {
            self.match_taker(order, bound);
        }
    }

    /// The walk of a fill-or-kill order.
    fn can_be_filled(&self, taker: &Order, bound: Price) -> bool {
        let mut count = 0_i128;
        for maker in self.book(taker.instrument).resting(taker.side.opposite()) {
            let price = maker.kind.price().expect("a resting order has a price");
            if !taker.side.accepts(bound, price) {
                break;
            }
            let own = maker.account == taker.account;
            match taker.stp {
                StpMode::CancelMaker if own => continue,
                StpMode::CancelTaker | StpMode::CancelBoth | StpMode::Decrement if own => break,
                _ => count += i128::from(maker.leaves),
            }
            if count >= i128::from(taker.leaves) {
                return true;
            }
        }
        false
    }

    fn match_taker(&mut self, mut taker: Order, bound: Price) {
        loop {
            if taker.leaves == 0 {
                return;
            }
            let book = self.book(taker.instrument);
            let Some(maker) = book.best(taker.side.opposite()) else {
                return self.end_taker(taker, &Stopped::Empty);
            };
            let price = maker.kind.price().expect("a resting order has a price");
            if !taker.side.accepts(bound, price) {
                return self.end_taker(taker, &Stopped::Bound);
            }
            let can_take = match taker.kind.size() {
                Size::Qty(_) => Qty(taker.leaves),
                Size::Quote(_) => book.listed.affordable(Amount(taker.leaves), price),
            };
            let qty = can_take.min(Qty(maker.leaves));
            if qty == Qty::ZERO {
                return self.end_taker(taker, &Stopped::NoLot);
            }
            let own = maker.account == taker.account;
            let (maker_id, mode) = (maker.id, taker.stp);
            let maker = self.book_mut(taker.instrument).remove(maker_id);
            if own && mode != StpMode::None {
                match self.prevent_self_trade(taker, maker, price, qty) {
                    Some(left) => taker = left,
                    None => return,
                }
            } else {
                self.trade(&mut taker, maker, price, qty);
            }
        }
    }

    /// Both orders are of one account and the taker's mode is not `None`. Gives the taker back when it
    /// goes on.
    fn prevent_self_trade(
        &mut self,
        taker: Order,
        maker: Order,
        price: Price,
        qty: Qty,
    ) -> Option<Order> {
        let reason = CancelReason::SelfTrade;
        match taker.stp {
            StpMode::None => unreachable!("under this mode they trade"),
            StpMode::CancelTaker => {
                self.book_mut(maker.instrument).rest_first(maker);
                self.end(&taker, reason, Origin::VENUE);
                None
            }
            StpMode::CancelMaker => {
                self.end(&maker, reason, Origin::VENUE);
                Some(taker)
            }
            StpMode::CancelBoth => {
                self.end(&maker, reason, Origin::VENUE);
                self.end(&taker, reason, Origin::VENUE);
                None
            }
            StpMode::Decrement => {
                if let Some(rest) = self.reduce(maker, price, qty) {
                    self.book_mut(rest.instrument).rest_first(rest);
                }
                self.reduce(taker, price, qty)
            }
        }
    }

    /// Takes `qty` from an order that stands in no book; gives it back when something is left.
    fn reduce(&mut self, mut order: Order, price: Price, qty: Qty) -> Option<Order> {
        let by = match order.kind.size() {
            Size::Qty(_) => qty.0,
            Size::Quote(_) => self.notional(order.instrument, price, qty).0,
        };
        if by == order.leaves {
            self.end(&order, CancelReason::SelfTrade, Origin::VENUE);
            return None;
        }
        let before = order.held();
        order.leaves -= by;
        order.kind = smaller(order.kind, by);
        let freed = before - order.held();
        self.release(&order, freed);
        let report = self.next_report(order.account);
        self.events.push(EventBody::Reduced(OrderReduced {
            account: order.account,
            report,
            instrument: order.instrument,
            order_id: order.id,
            by,
            leaves: order.leaves,
        }));
        Some(order)
    }

    fn trade(&mut self, taker: &mut Order, mut maker: Order, price: Price, qty: Qty) {
        let listed = self.book(taker.instrument).listed;
        let notional = self.notional(taker.instrument, price, qty);
        let (maker_rate, taker_rate) = (listed.spec.maker_fee, listed.spec.taker_fee);
        let maker_fill = self.fill(&mut maker, qty, notional, maker_rate);
        let taker_fill = self.fill(taker, qty, notional, taker_rate);
        if maker.leaves > 0 {
            self.book_mut(maker.instrument).rest_first(maker);
        }
        let book = self.book_mut(taker.instrument);
        book.trade_id.0 += 1;
        book.last_trade = Some(price);
        let trade_id = book.trade_id;
        let elected = book.elect(price);
        self.elected.extend(elected);
        self.events.push(EventBody::Trade(Trade {
            instrument: taker.instrument,
            trade_id,
            price,
            qty,
            notional,
            taker_side: taker.side,
            maker: maker_fill,
            taker: taker_fill,
        }));
    }

    /// One side's part in a trade: its quantities, its funds, its report number.
    fn fill(&mut self, order: &mut Order, qty: Qty, notional: Amount, rate: Ppm) -> Fill {
        let listed = self.book(order.instrument).listed;
        let base = i128::from(qty.0) * i128::from(listed.base_units_per_lot);
        let quote = i128::from(notional.0);
        let (paid, received) = match order.side {
            Side::Buy => (quote, base),
            Side::Sell => (base, quote),
        };
        let leaves = match order.kind.size() {
            Size::Qty(_) => order.leaves - qty.0,
            Size::Quote(_) => order.leaves - notional.0,
        };
        order.filled.0 += qty.0;
        order.filled_quote.0 = order.filled_quote.0.saturating_add(notional.0);
        self.pay(order, leaves, paid);
        let fee = self.receive(order, received, rate);
        Fill {
            order_id: order.id,
            account: order.account,
            report: self.next_report(order.account),
            leaves,
            fee,
        }
    }

    /// The end of a taker with something left.
    fn end_taker(&mut self, taker: Order, stopped: &Stopped) {
        let reason = match (taker.kind, stopped) {
            (OrderKind::Limit { price, tif, .. }, _) if tif.rests() => {
                self.events.push(EventBody::Rested(OrderRested {
                    instrument: taker.instrument,
                    order_id: taker.id,
                    price,
                    leaves: Qty(taker.leaves),
                }));
                return self.book_mut(taker.instrument).rest(taker);
            }
            (OrderKind::Limit { .. }, _) => CancelReason::IocRemainder,
            (_, Stopped::NoLot) => CancelReason::QuoteRemainder,
            (_, Stopped::Bound) => CancelReason::CollarReached,
            (_, Stopped::Empty) => CancelReason::NoLiquidity,
        };
        self.end(&taker, reason, Origin::VENUE);
    }

    /// Section 4: matches the elected stops from the head of the queue until it is empty.
    pub(super) fn work_off_elected(&mut self) {
        while let Some(order) = self.elected.pop_front() {
            self.trigger(order);
        }
    }

    fn trigger(&mut self, mut order: Order) {
        let cap = match (order.side, order.kind) {
            (
                Side::Buy,
                OrderKind::StopMarket {
                    stop,
                    size: Size::Qty(_),
                },
            ) => self.book(order.instrument).listed.collar(stop).highest,
            _ => Price::MAX,
        };
        order.kind = elected_kind(order.kind);
        let mut bound = self.bound(&order);
        if order.side == Side::Buy {
            bound = bound.min(cap);
        }
        let resting = self.would_rest(&order);
        let report = self.next_report(order.account);
        self.events.push(EventBody::Triggered(OrderTriggered {
            account: order.account,
            report,
            instrument: order.instrument,
            order_id: order.id,
            resting,
        }));
        self.enter(order, bound);
    }

    fn notional(&self, instrument: InstrumentId, price: Price, qty: Qty) -> Amount {
        let listed = &self.book(instrument).listed;
        listed
            .notional(price, qty)
            .expect("a trade is worth no more than its maker's order")
    }
}

/// The kind with its total smaller by `by`.
fn smaller(mut kind: OrderKind, by: i64) -> OrderKind {
    match &mut kind {
        OrderKind::Limit { qty, .. } | OrderKind::StopLimit { qty, .. } => qty.0 -= by,
        OrderKind::Market { size } | OrderKind::StopMarket { size, .. } => match size {
            Size::Qty(qty) => qty.0 -= by,
            Size::Quote(amount) => amount.0 -= by,
        },
    }
    kind
}

/// What a stop becomes when it is elected.
fn elected_kind(kind: OrderKind) -> OrderKind {
    match kind {
        OrderKind::StopLimit {
            price, qty, tif, ..
        } => OrderKind::Limit {
            price,
            qty,
            tif,
            post_only: false,
        },
        OrderKind::StopMarket { size, .. } => OrderKind::Market { size },
        OrderKind::Limit { .. } | OrderKind::Market { .. } => {
            unreachable!("only stops are elected")
        }
    }
}
