//! Placing an order: the checks of section 2 in their order, then acceptance.
//!
//! Each numbered check is a function, so that replacing (section 6) can repeat some of them. What a
//! market order needs is found out by matching it on a copy of the whole exchange.

use rialto_types::{
    AccountId, AccountState, Amount, AssetId, ClientOrderId, EventBody, InstrumentId,
    InstrumentState, OrderAccepted, OrderId, OrderKind, Origin, PlaceOrder, Price, Qty, Refusal,
    RejectReason, Side, Size, TimeInForce,
};

use super::book::{Book, Hold, Order, is_satisfied};
use super::{ReferenceExchange, clamp};

/// More than any sweep can cost: what the copy of the exchange grants for a dry run.
const PLENTY: i128 = 1 << 100;

impl ReferenceExchange {
    pub(super) fn place(
        &mut self,
        origin: Origin,
        account: AccountId,
        place: &PlaceOrder,
    ) -> Result<(), Refusal> {
        self.check_account_trades(account)?; // 1, 2
        let book = self.check_takes_orders(place.instrument)?; // 3, 4
        check_combination(place)?; // 5
        check_kind_in_state(book, &place.kind)?; // 6
        check_size(book, place.kind.size())?; // 7
        check_prices(&place.kind)?; // 8
        check_notional(book, &place.kind)?; // 9
        self.check_expiry(place.kind.tif())?; // 10
        check_collar(book, place.side, &place.kind)?; // 11
        check_stop_waits(book, place.side, place.kind.stop())?; // 12
        self.check_client_order_id(account, place.client_order_id)?; // 13
        if place.kind.may_stay() {
            self.check_order_room(account)?; // 14
        }
        let spec = book.listed.spec;
        self.check_balance_room(account, &[spec.base, spec.quote])?; // 15
        check_rests(book, place.side, &place.kind)?; // 16
        let order = self.new_order(origin, account, place);
        let needed = self.needed(&order);
        let available = self.available(account, self.gives(&order));
        check_funds(needed, available)?; // 17
        self.accept(origin, place, order, needed);
        Ok(())
    }

    /// Past all checks: from here on the order exists.
    fn accept(&mut self, origin: Origin, place: &PlaceOrder, mut order: Order, needed: i128) {
        let spec = self.book(order.instrument).listed.spec;
        self.order_count += 1;
        if let Hold::Sweep(sum) = &mut order.hold {
            *sum = needed;
        }
        for asset in [spec.base, spec.quote] {
            self.move_funds(order.account, asset, 0, 0);
        }
        self.hold(&order, needed);
        assert_eq!(order.held(), needed, "an order holds what it needs");

        let waits = order.kind.stop().is_some();
        let resting = waits || self.would_rest(&order);
        let report = self.next_report(order.account);
        self.events.push(EventBody::Accepted(OrderAccepted {
            origin,
            account: order.account,
            report,
            order_id: order.id,
            order: *place,
            resting,
        }));
        if waits {
            self.book_mut(order.instrument).wait(order);
        } else {
            let bound = self.bound(&order);
            self.enter(order, bound);
        }
    }

    fn new_order(&self, origin: Origin, account: AccountId, place: &PlaceOrder) -> Order {
        let leaves = match place.kind.size() {
            Size::Qty(qty) => qty.0,
            Size::Quote(amount) => amount.0,
        };
        Order {
            id: OrderId::new(self.shard, self.order_count + 1),
            instrument: place.instrument,
            account,
            key: origin.key,
            side: place.side,
            stp: place.stp,
            kind: place.kind,
            leaves,
            filled: Qty::ZERO,
            filled_quote: Amount::ZERO,
            client_order_id: place.client_order_id,
            hold: hold_rule(self.book(place.instrument), place.side, &place.kind),
        }
    }

    /// What the order needs, in units of the asset it gives; may be more than fits.
    fn needed(&self, order: &Order) -> i128 {
        match order.hold {
            Hold::PerLot(_) | Hold::Leaves => order.held(),
            Hold::Sweep(_) => self.dry_run(order),
        }
    }

    /// What the sweep of a market order will cost: matches it on a copy that has plenty of funds.
    fn dry_run(&self, order: &Order) -> i128 {
        let mut copy = self.clone();
        copy.events.clear();
        let mut order = order.clone();
        order.hold = Hold::Sweep(PLENTY);
        copy.move_funds(order.account, self.gives(&order), 0, PLENTY);
        let (id, side, bound) = (order.id, order.side, copy.bound(&order));
        let base_units_per_lot = i128::from(self.book(order.instrument).listed.base_units_per_lot);
        copy.enter(order, bound);
        let costs = copy.events.iter().map(|event| match event {
            EventBody::Trade(trade) if trade.taker.order_id == id => match side {
                Side::Buy => i128::from(trade.notional.0),
                Side::Sell => i128::from(trade.qty.0) * base_units_per_lot,
            },
            _ => 0,
        });
        costs.sum()
    }

    /// Checks 1 and 2.
    pub(super) fn check_account_trades(&self, account: AccountId) -> Result<(), Refusal> {
        let value = i64::from(account.0);
        if self.kill_switch {
            return Err(RejectReason::KillSwitch.into());
        }
        match self.accounts[&account].state {
            AccountState::Active => Ok(()),
            AccountState::CancelOnly => {
                Err(Refusal::new(RejectReason::AccountCancelOnly, value, 0))
            }
            AccountState::Suspended => Err(Refusal::new(RejectReason::AccountSuspended, value, 0)),
        }
    }

    /// Checks 3 and 4.
    pub(super) fn check_takes_orders(&self, instrument: InstrumentId) -> Result<&Book, Refusal> {
        let book = self.check_instrument(instrument)?;
        let reason = match book.listed.state {
            InstrumentState::Open | InstrumentState::PostOnly => return Ok(book),
            InstrumentState::CancelOnly => RejectReason::InstrumentCancelOnly,
            InstrumentState::Halted => RejectReason::InstrumentHalted,
            InstrumentState::Closed => RejectReason::InstrumentClosed,
        };
        Err(Refusal::new(reason, i64::from(instrument.0), 0))
    }

    /// Check 3, and wherever else an instrument is named.
    pub(super) fn check_instrument(&self, instrument: InstrumentId) -> Result<&Book, Refusal> {
        let value = i64::from(instrument.0);
        let unknown = Refusal::new(RejectReason::UnknownInstrument, value, 0);
        self.books.get(&instrument).ok_or(unknown)
    }

    /// Check 10.
    fn check_expiry(&self, tif: TimeInForce) -> Result<(), Refusal> {
        match tif.expiry() {
            Some(expiry) if expiry <= self.time => {
                let (value, limit) = (clamp(expiry.0), clamp(self.time.0));
                Err(Refusal::new(RejectReason::ExpiryInPast, value, limit))
            }
            _ => Ok(()),
        }
    }

    /// Check 13.
    fn check_client_order_id(
        &self,
        account: AccountId,
        client_order_id: Option<ClientOrderId>,
    ) -> Result<(), Refusal> {
        let same = self.open_orders().find(|order| {
            order.account == account
                && client_order_id.is_some()
                && order.client_order_id == client_order_id
        });
        match same {
            Some(order) => {
                let reason = RejectReason::DuplicateClientOrderId;
                Err(Refusal::new(reason, clamp(order.id.0), 0))
            }
            None => Ok(()),
        }
    }

    /// Check 14.
    fn check_order_room(&self, account: AccountId) -> Result<(), Refusal> {
        let own = self
            .open_orders()
            .filter(|order| order.account == account)
            .count();
        let all = self.open_orders().count();
        let pools = [
            (own, self.capacity.orders_per_account),
            (all, self.capacity.orders),
        ];
        for (used, size) in pools {
            if used >= size as usize {
                return Err(Refusal::new(
                    RejectReason::OrderPoolFull,
                    0,
                    i64::from(size),
                ));
            }
        }
        Ok(())
    }

    /// Check 15, and a deposit's. The venue's balances are not counted.
    pub(super) fn check_balance_room(
        &self,
        account: AccountId,
        assets: &[AssetId],
    ) -> Result<(), Refusal> {
        let has = &self.accounts[&account].balances;
        let new = assets
            .iter()
            .filter(|asset| !has.contains_key(asset))
            .count();
        let size = self.capacity.balances;
        if account != AccountId::VENUE && new > 0 && self.balance_count() + new > size as usize {
            return Err(Refusal::new(
                RejectReason::BalancePoolFull,
                0,
                i64::from(size),
            ));
        }
        Ok(())
    }
}

/// Check 5.
fn check_combination(place: &PlaceOrder) -> Result<(), Refusal> {
    let excluded = match place.kind {
        OrderKind::Limit { tif, post_only, .. } => post_only && !tif.rests(),
        OrderKind::StopMarket { size, .. } => {
            place.side == Side::Sell && matches!(size, Size::Quote(_))
        }
        OrderKind::Market { .. } | OrderKind::StopLimit { .. } => false,
    };
    if excluded {
        return Err(RejectReason::InvalidCombination.into());
    }
    Ok(())
}

/// Check 6.
fn check_kind_in_state(book: &Book, kind: &OrderKind) -> Result<(), Refusal> {
    let rests = match kind {
        OrderKind::Limit { tif, .. } => tif.rests(),
        OrderKind::StopLimit { .. } | OrderKind::StopMarket { .. } => true,
        OrderKind::Market { .. } => false,
    };
    if book.listed.state == InstrumentState::PostOnly && !rests {
        return Err(instrument_post_only(book));
    }
    Ok(())
}

fn instrument_post_only(book: &Book) -> Refusal {
    let value = i64::from(book.listed.id.0);
    Refusal::new(RejectReason::InstrumentPostOnly, value, 0)
}

/// Check 7.
pub(super) fn check_size(book: &Book, size: Size) -> Result<(), Refusal> {
    let spec = &book.listed.spec;
    let (reason, value, limit) = match size {
        Size::Quote(amount) if amount.0 < 1 => (RejectReason::InvalidAmount, amount.0, 1),
        Size::Qty(qty) if qty.0 < 1 => (RejectReason::InvalidQty, qty.0, 1),
        Size::Qty(qty) if qty < spec.min_qty => (RejectReason::QtyBelowMin, qty.0, spec.min_qty.0),
        Size::Qty(qty) if qty > spec.max_qty => (RejectReason::QtyAboveMax, qty.0, spec.max_qty.0),
        Size::Quote(_) | Size::Qty(_) => return Ok(()),
    };
    Err(Refusal::new(reason, value, limit))
}

/// Check 8.
pub(super) fn check_prices(kind: &OrderKind) -> Result<(), Refusal> {
    for price in [kind.price(), kind.stop()].into_iter().flatten() {
        if price.0 < 1 {
            return Err(Refusal::new(RejectReason::InvalidPrice, price.0, 1));
        }
    }
    Ok(())
}

/// Check 9.
pub(super) fn check_notional(book: &Book, kind: &OrderKind) -> Result<(), Refusal> {
    let spec = &book.listed.spec;
    let product = |qty: Qty, price: Price| {
        i128::from(qty.0)
            .checked_mul(i128::from(price.0))
            .and_then(|ticks| ticks.checked_mul(i128::from(book.listed.quote_units_per_tick_lot)))
            .and_then(|units| i64::try_from(units).ok())
    };
    let notional = match *kind {
        OrderKind::Limit { price, qty, .. } | OrderKind::StopLimit { price, qty, .. } => {
            product(qty, price)
        }
        OrderKind::StopMarket { stop, size } => match size {
            Size::Qty(qty) => product(qty, stop),
            Size::Quote(amount) => Some(amount.0),
        },
        OrderKind::Market { size } => match size {
            Size::Qty(qty) => product(qty, book.reference_price()),
            Size::Quote(amount) => Some(amount.0),
        },
    };
    let (most, least) = (spec.max_notional.0, spec.min_notional.0);
    match notional {
        None => Err(Refusal::new(RejectReason::NotionalAboveMax, i64::MAX, most)),
        Some(units) if units > most => {
            Err(Refusal::new(RejectReason::NotionalAboveMax, units, most))
        }
        Some(units) if units < least => {
            Err(Refusal::new(RejectReason::NotionalBelowMin, units, least))
        }
        Some(_) => Ok(()),
    }
}

/// Check 11.
pub(super) fn check_collar(book: &Book, side: Side, kind: &OrderKind) -> Result<(), Refusal> {
    match *kind {
        OrderKind::Limit { price, .. } => book.collar().check(side, price),
        OrderKind::StopLimit { stop, price, .. } => book.listed.collar(stop).check(side, price),
        OrderKind::Market { .. } | OrderKind::StopMarket { .. } => Ok(()),
    }
}

/// Check 12.
fn check_stop_waits(book: &Book, side: Side, stop: Option<Price>) -> Result<(), Refusal> {
    match (stop, book.last_trade) {
        (Some(stop), Some(last)) if is_satisfied(side, Some(stop), last) => {
            let reason = RejectReason::StopAlreadySatisfied;
            Err(Refusal::new(reason, stop.0, last.0))
        }
        _ => Ok(()),
    }
}

/// Check 16.
pub(super) fn check_rests(book: &Book, side: Side, kind: &OrderKind) -> Result<(), Refusal> {
    let OrderKind::Limit {
        price, post_only, ..
    } = *kind
    else {
        return Ok(());
    };
    match book.crossed_by(side, price) {
        Some(best) if post_only => {
            let reason = RejectReason::PostOnlyWouldTrade;
            Err(Refusal::new(reason, price.0, best.0))
        }
        Some(_) if book.listed.state == InstrumentState::PostOnly => {
            Err(instrument_post_only(book))
        }
        _ => Ok(()),
    }
}

/// Check 17, and wherever else funds are asked for; a need below 0 is always met. What does not fit `i64` is refused whatever is available.
pub(super) fn check_funds(needed: i128, available: i128) -> Result<(), Refusal> {
    let limit = i64::try_from(available).expect("a balance is at most the supply");
    let refused = |value| Err(Refusal::new(RejectReason::InsufficientFunds, value, limit));
    match i64::try_from(needed) {
        Err(_) => refused(i64::MAX),
        Ok(value) if value > limit => refused(value),
        Ok(_) => Ok(()),
    }
}

/// How an order holds funds, by the table of check 17.
pub(super) fn hold_rule(book: &Book, side: Side, kind: &OrderKind) -> Hold {
    let listed = &book.listed;
    let quote_per_lot = |price: Price| {
        Hold::PerLot(i128::from(price.0) * i128::from(listed.quote_units_per_tick_lot))
    };
    match (side, *kind) {
        (Side::Buy, OrderKind::Market { .. })
        | (
            Side::Sell,
            OrderKind::Market {
                size: Size::Quote(_),
            },
        ) => Hold::Sweep(0),
        (Side::Sell, _) => Hold::PerLot(i128::from(listed.base_units_per_lot)),
        (Side::Buy, OrderKind::Limit { price, .. } | OrderKind::StopLimit { price, .. }) => {
            quote_per_lot(price)
        }
        (
            Side::Buy,
            OrderKind::StopMarket {
                stop,
                size: Size::Qty(_),
            },
        ) => quote_per_lot(listed.collar(stop).highest),
        (
            Side::Buy,
            OrderKind::StopMarket {
                size: Size::Quote(_),
                ..
            },
        ) => Hold::Leaves,
    }
}
