//! From acceptance to the end: what becomes of an order that has passed every check.
//!
//! `matching.rs` trades; this file decides what comes before (does it enter the book at once?) and
//! after (does the rest stay or is it cancelled?), for new, replaced and elected orders alike, and works
//! off the elections. The rules are those of docs/MATCHING.md, sections 2 to 6.

use rialto_risk::hold::{held_per_lot, required_for};
use rialto_types::event::Origin;
use rialto_types::{
    Amount, CancelReason, EventBody, OrderAccepted, OrderReplaced, OrderTriggered, Price, Qty,
    ReplaceOrder, Side, Size,
};

use crate::book::{Book, Section};
use crate::matching::{Ledger, Matcher};
use crate::orders::{Form, NewOrder, Order, Terms, Tif};
use crate::sweep::Stopped;
use crate::taker::{HoldRule, Taker};

impl<L: Ledger> Matcher<'_, L> {
    /// Takes in a limit order whose hold (price × quantity, or the quantity) is in place.
    pub(crate) fn accept_limit(&mut self, new: &NewOrder<'_>, origin: Origin) {
        let Terms { price, tif, .. } = new.terms;
        let resting = tif.rests() && !self.book.crosses(new.order.side, price);
        self.report_accepted(new, origin, resting);
        if resting {
            let slot = self.orders.insert(new);
            self.rest(slot, new.order.side, price);
            return;
        }
        let mut taker = self.limit_taker(&Order::new(new));
        let stopped = self.sweep_limit(&mut taker, tif == Tif::Fok);
        if self.stays(&taker, stopped, tif.rests()) {
            let slot = self.orders.insert(new);
            self.settle_down(slot, &taker);
        }
        self.work_off_elections();
    }

    /// Takes in a market order whose hold, `held`, is in place.
    pub(crate) fn accept_market(&mut self, mut taker: Taker, new: &NewOrder<'_>, origin: Origin) {
        self.report_accepted(new, origin, false);
        let stopped = self.sweep(&mut taker);
        self.end_market(&taker, stopped);
        self.work_off_elections();
    }

    /// Takes in a stop whose hold is in place.
    pub(crate) fn accept_stop(&mut self, new: &NewOrder<'_>, origin: Origin) {
        let stop = new.order.kind.stop().expect("a stop has a stop price");
        self.report_accepted(new, origin, true);
        let slot = self.orders.insert(new);
        self.book.push(
            self.levels,
            self.orders,
            Section::stops(new.order.side),
            stop,
            slot,
        );
    }

    /// What a market order is as a taker, and what it has to hold: its quantity for a sell by quantity,
    /// otherwise what a dry run of its sweep finds; `None` when that does not fit. Its collar stands
    /// around the reference of now.
    pub(crate) fn market_taker(&self, new: &NewOrder<'_>, size: Size) -> (Taker, Option<Amount>) {
        let instrument = &self.book.instrument;
        let mut taker = Taker {
            id: new.id,
            account: new.account,
            side: new.order.side,
            stp: new.order.stp,
            avoids: Taker::avoided(new.account, new.order.stp),
            bound: self.collar_bound(new.order.side),
            leaves: new.terms.leaves,
            by_quote: matches!(size, Size::Quote(_)),
            filled: Qty::ZERO,
            filled_quote: Amount::ZERO,
            held: Amount::ZERO,
            hold_rule: HoldRule::Exact,
        };
        if taker.side == Side::Sell && !taker.by_quote {
            taker.hold_rule = HoldRule::PerLot(instrument.base_units_per_lot);
            return (taker, instrument.base_amount(Qty(new.terms.leaves)));
        }
        let foreseen = self.dry_run(&taker);
        let needed = match taker.side {
            Side::Buy => foreseen.notional,
            Side::Sell => instrument.base_amount(foreseen.qty),
        };
        (taker, needed)
    }

    /// Changes price and quantity of an order that rests or waits; the hold has been adjusted.
    pub(crate) fn replace(&mut self, slot: u32, request: &ReplaceOrder, origin: Origin) {
        let before = *self.orders.get(slot);
        let (price, leaves) = (request.price, request.qty.0 - before.filled.0);
        let kept_priority = price == before.price && leaves <= before.leaves;
        let crosses = !before.is_stop() && self.book.crosses(before.side, price);
        // An order that rests does not cross at its present price, so one that crosses has a new one.
        debug_assert!(!(crosses && kept_priority), "the book is not crossed");
        if kept_priority {
            Book::resize(self.levels, self.orders, slot, leaves);
        } else {
            let section = Book::section_of(self.orders, slot);
            let stop = self.book.ladder(section).price(self.levels, before.level);
            self.book.pull(self.levels, self.orders, section, slot);
            let order = self.orders.get_mut(slot);
            (order.price, order.leaves) = (price, leaves);
            if !crosses {
                let key = if before.is_stop() { stop } else { price };
                self.book.push(self.levels, self.orders, section, key, slot);
            }
        }
        let replaced = OrderReplaced {
            origin,
            account: before.account,
            report: self.ledger.next_report(before.account),
            instrument: before.instrument,
            order_id: before.id,
            price,
            leaves: Qty(leaves),
            kept_priority,
            resting: !crosses,
        };
        self.events.push(EventBody::Replaced(replaced));
        if crosses {
            self.match_open(slot, false);
            self.work_off_elections();
        }
    }

    /// Matches the elected stops in turn, and those that their trades elect, until none is left.
    pub(crate) fn work_off_elections(&mut self) {
        while let Some(slot) = self.book.take_elected(self.orders) {
            self.match_elected(slot);
        }
    }

    #[inline(never)]
    fn match_elected(&mut self, slot: u32) {
        let order = *self.orders.get(slot);
        let rests = order.tif.rests();
        let resting =
            order.form == Form::StopLimit && rests && !self.book.crosses(order.side, order.price);
        let triggered = OrderTriggered {
            account: order.account,
            report: self.ledger.next_report(order.account),
            instrument: order.instrument,
            order_id: order.id,
            resting,
        };
        self.events.push(EventBody::Triggered(triggered));
        if order.form != Form::StopLimit {
            let mut taker = self.elected_market(&order);
            let stopped = self.sweep(&mut taker);
            self.end_market(&taker, stopped);
            self.orders.remove(slot);
            return;
        }
        self.orders.get_mut(slot).form = Form::Limit;
        if resting {
            self.rest(slot, order.side, order.price);
        } else {
            self.match_open(slot, order.tif == Tif::Fok);
        }
    }

    /// Matches a limit order that has a slot and stands in no level; afterwards it rests or is gone.
    fn match_open(&mut self, slot: u32, fill_or_kill: bool) {
        let (order, record) = (*self.orders.get(slot), *self.orders.record(slot));
        let mut taker = self.limit_taker(&order);
        (taker.filled, taker.filled_quote) = (order.filled, record.filled_quote);
        let stopped = self.sweep_limit(&mut taker, fill_or_kill);
        let rests = order.tif.rests();
        if self.stays(&taker, stopped, rests) {
            self.settle_down(slot, &taker);
        } else {
            self.orders.remove(slot);
        }
    }

    /// Sweeps, unless a fill-or-kill order could not be filled whole; gives `None` then, its end being
    /// reported.
    fn sweep_limit(&mut self, taker: &mut Taker, fill_or_kill: bool) -> Option<Stopped> {
        if fill_or_kill && !self.can_fill(taker) {
            self.end_taker(taker, CancelReason::FokUnfilled);
            return None;
        }
        Some(self.sweep(taker))
    }

    /// Whether what is left of a limit order stays; if not, its end is reported.
    fn stays(&mut self, taker: &Taker, stopped: Option<Stopped>, rests: bool) -> bool {
        match stopped {
            None | Some(Stopped::Filled | Stopped::SelfTrade) => false,
            Some(_) if rests => true,
            Some(_) => {
                self.end_taker(taker, CancelReason::IocRemainder);
                false
            }
        }
    }

    /// Puts what is left of a taker into the book.
    fn settle_down(&mut self, slot: u32, taker: &Taker) {
        self.orders.record_mut(slot).filled_quote = taker.filled_quote;
        let order = self.orders.get_mut(slot);
        (order.leaves, order.filled) = (taker.leaves, taker.filled);
        let price = order.price;
        self.rest(slot, taker.side, price);
        self.report_rested(taker.id, price, taker.leaves);
    }

    fn end_market(&mut self, taker: &Taker, stopped: Stopped) {
        let reason = match stopped {
            Stopped::Filled | Stopped::SelfTrade => return,
            Stopped::BookEmpty => CancelReason::NoLiquidity,
            Stopped::AtBound => CancelReason::CollarReached,
            Stopped::QuoteRemainder => CancelReason::QuoteRemainder,
        };
        self.end_taker(taker, reason);
    }

    /// A limit order as a taker of whom nothing was filled yet.
    fn limit_taker(&self, order: &Order) -> Taker {
        let per_lot = held_per_lot(&self.book.instrument, order.side, order.price);
        let stp = order.stp_and_post_only.stp();
        Taker {
            id: order.id,
            account: order.account,
            side: order.side,
            stp,
            avoids: Taker::avoided(order.account, stp),
            bound: order.price,
            leaves: order.leaves,
            by_quote: false,
            filled: Qty::ZERO,
            filled_quote: Amount::ZERO,
            held: Amount(order.leaves * per_lot),
            hold_rule: HoldRule::PerLot(per_lot),
        }
    }

    /// What an elected stop-market order is as a taker: with the hold of its placement, and never
    /// above its cap.
    fn elected_market(&self, order: &Order) -> Taker {
        let mut taker = self.limit_taker(order);
        taker.bound = self.collar_bound(order.side);
        if order.form == Form::StopMarketQuote {
            taker.by_quote = true;
            taker.held = Amount(order.leaves);
            taker.hold_rule = HoldRule::QuoteLeft;
        } else if order.side == Side::Buy {
            taker.bound = taker.bound.min(order.price);
        }
        taker
    }

    fn collar_bound(&self, side: Side) -> Price {
        let instrument = &self.book.instrument;
        let reference = self
            .book
            .last_trade
            .unwrap_or(instrument.spec.reference_price);
        instrument.collar(reference).bound(side)
    }

    #[inline]
    fn report_accepted(&mut self, new: &NewOrder<'_>, origin: Origin, resting: bool) {
        let accepted = OrderAccepted {
            origin,
            account: new.account,
            report: self.ledger.next_report(new.account),
            order_id: new.id,
            order: *new.order,
            resting,
        };
        self.events.push(EventBody::Accepted(accepted));
    }
}

/// How much more (positive) or less an order holds after a replace; `None` when it does not fit.
pub(crate) fn hold_change(
    instrument: &rialto_types::Instrument,
    order: &Order,
    price: Price,
    leaves: Qty,
) -> Option<i64> {
    let after = required_for(instrument, order.side, price, leaves)?;
    let before = order.leaves * held_per_lot(instrument, order.side, order.price);
    Some(after.0 - before)
}
