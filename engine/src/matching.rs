//! Matching: an arriving order against the book, price then time.
//!
//! A [`Matcher`] is one command's view of one book with the slab, the levels, the ledger and the event
//! buffer. The ledger is a trait, so that the book can be measured without accounts; in the exchange it
//! is `risk::Accounts`. The rules, and the order of events, are those of docs/MATCHING.md. Who trades with whom is
//! in `sweep.rs`; here stands what else can happen to an order on the way, and what a sweep would do.
//!
//! Everything that can be refused has been refused before a function of this file is called.
//! Cost: O(1) for each order that is cancelled or reduced; of dry runs as stated there.

use rialto_risk::hold::held_per_lot;
use rialto_risk::{Accounts, Fees, Settlement};
use rialto_types::event::Origin;
use rialto_types::{
    AccountId, Amount, AssetId, CancelReason, Cancelled, EventBody, Instrument, OrderId,
    OrderReduced, OrderRested, Price, Qty, ReportSeq, Side, StpMode,
};

use crate::book::{Book, Section};
use crate::events::EventBuffer;
use crate::ladder::LevelPool;
use crate::orders::Orders;
use crate::taker::{HoldRule, Taker};

/// What matching asks of the accounts.
pub(crate) trait Ledger {
    /// Moves the funds of one trade and takes the fees.
    fn settle(&mut self, instrument: &Instrument, trade: &Settlement) -> Fees;
    /// Frees funds that were held.
    fn release(&mut self, account: AccountId, asset: AssetId, amount: Amount);
    /// Takes the account's next report number.
    fn next_report(&mut self, account: AccountId) -> ReportSeq;
}

impl Ledger for Accounts {
    #[inline]
    fn settle(&mut self, instrument: &Instrument, trade: &Settlement) -> Fees {
        Accounts::settle(self, instrument, trade)
    }

    #[inline]
    fn release(&mut self, account: AccountId, asset: AssetId, amount: Amount) {
        Accounts::release(self, account, asset, amount);
    }

    #[inline]
    fn next_report(&mut self, account: AccountId) -> ReportSeq {
        Accounts::next_report(self, account)
    }
}

/// What a sweep would trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DryRun {
    /// Sum of price × quantity, in quote units; `None` when it does not fit.
    pub(crate) notional: Option<Amount>,
    /// In lots.
    pub(crate) qty: Qty,
}

/// One command's view of one book.
pub(crate) struct Matcher<'a, L> {
    pub(crate) book: &'a mut Book,
    pub(crate) levels: &'a mut LevelPool,
    pub(crate) orders: &'a mut Orders,
    pub(crate) ledger: &'a mut L,
    pub(crate) events: &'a mut EventBuffer,
}

impl<L: Ledger> Matcher<'_, L> {
    /// An order meets one of its own account. Says whether the taker has ended.
    #[cold]
    pub(crate) fn prevent_self_trade(
        &mut self,
        taker: &mut Taker,
        slot: u32,
        price: Price,
        wanted: Qty,
    ) -> bool {
        match taker.stp {
            StpMode::None => unreachable!("own orders trade under this mode"),
            StpMode::CancelTaker => {
                self.end_taker(taker, CancelReason::SelfTrade);
                true
            }
            StpMode::CancelMaker => {
                self.cancel(slot, CancelReason::SelfTrade, Origin::VENUE);
                false
            }
            StpMode::CancelBoth => {
                self.cancel(slot, CancelReason::SelfTrade, Origin::VENUE);
                self.end_taker(taker, CancelReason::SelfTrade);
                true
            }
            StpMode::Decrement => {
                let by = wanted.min(Qty(self.orders.get(slot).leaves));
                self.decrement_maker(slot, by);
                self.decrement_taker(taker, price, by)
            }
        }
    }

    fn decrement_maker(&mut self, slot: u32, by: Qty) {
        let order = *self.orders.get(slot);
        if by.0 == order.leaves {
            self.cancel(slot, CancelReason::SelfTrade, Origin::VENUE);
            return;
        }
        let instrument = &self.book.instrument;
        let freed = Amount(by.0 * held_per_lot(instrument, order.side, order.price));
        let asset = rialto_risk::hold::held_asset(instrument, order.side);
        self.ledger.release(order.account, asset, freed);
        let leaves = order.leaves - by.0;
        Book::resize(self.levels, self.orders, slot, leaves);
        self.report_reduced(order.account, order.id, by.0, leaves);
    }

    /// Says whether nothing is left of the taker; its end is reported then.
    fn decrement_taker(&mut self, taker: &mut Taker, price: Price, by: Qty) -> bool {
        let units = if taker.by_quote {
            self.book.instrument.notional_within(price, by).0
        } else {
            by.0
        };
        if units == taker.leaves {
            self.end_taker(taker, CancelReason::SelfTrade);
            return true;
        }
        taker.leaves -= units;
        let freed = match taker.hold_rule {
            HoldRule::PerLot(per_lot) => Amount(by.0 * per_lot),
            HoldRule::QuoteLeft => Amount(units),
            HoldRule::Exact => Amount::ZERO,
        };
        taker.held.0 -= freed.0;
        let asset = rialto_risk::hold::held_asset(&self.book.instrument, taker.side);
        self.ledger.release(taker.account, asset, freed);
        self.report_reduced(taker.account, taker.id, units, taker.leaves);
        false
    }

    fn report_reduced(&mut self, account: AccountId, order_id: OrderId, by: i64, leaves: i64) {
        let reduced = OrderReduced {
            account,
            report: self.ledger.next_report(account),
            instrument: self.book.instrument.id,
            order_id,
            by,
            leaves,
        };
        self.events.push(EventBody::Reduced(reduced));
    }

    /// Releases what a taker still holds and reports its cancellation. Its slot, if it has one, is the
    /// caller's.
    pub(crate) fn end_taker(&mut self, taker: &Taker, reason: CancelReason) {
        let instrument = &self.book.instrument;
        let asset = rialto_risk::hold::held_asset(instrument, taker.side);
        self.ledger.release(taker.account, asset, taker.held);
        let cancelled = Cancelled {
            origin: Origin::VENUE,
            account: taker.account,
            report: self.ledger.next_report(taker.account),
            instrument: instrument.id,
            order_id: taker.id,
            leaves: taker.leaves,
            reason,
        };
        self.events.push(EventBody::Cancelled(cancelled));
    }

    /// Cancels an order that rests or waits: releases, reports, frees its slot.
    pub(crate) fn cancel(&mut self, slot: u32, reason: CancelReason, origin: Origin) {
        let order = *self.orders.get(slot);
        let instrument = &self.book.instrument;
        let held = match order.form {
            crate::orders::Form::StopMarketQuote => Amount(order.leaves),
            _ => Amount(order.leaves * held_per_lot(instrument, order.side, order.price)),
        };
        let asset = rialto_risk::hold::held_asset(instrument, order.side);
        self.ledger.release(order.account, asset, held);
        let cancelled = Cancelled {
            origin,
            account: order.account,
            report: self.ledger.next_report(order.account),
            instrument: instrument.id,
            order_id: order.id,
            leaves: order.leaves,
            reason,
        };
        self.events.push(EventBody::Cancelled(cancelled));
        self.take_out(slot);
    }

    /// Takes an order out of its level and frees its slot.
    #[inline]
    fn take_out(&mut self, slot: u32) {
        let section = Book::section_of(self.orders, slot);
        self.book.pull(self.levels, self.orders, section, slot);
        self.orders.remove(slot);
    }

    /// Puts what is left of an order into the book behind all orders of its price. Its side and price are stated,
    /// although the order knows them: read again as soon as they were written, in another width, they would stall
    /// the processor until they have left the store buffer.
    #[inline]
    pub(crate) fn rest(&mut self, slot: u32, side: Side, price: Price) {
        let section = Section::resting(side);
        self.book
            .push(self.levels, self.orders, section, price, slot);
    }

    /// Reports that what is left of an order entered the book after it was matched.
    pub(crate) fn report_rested(&mut self, order_id: OrderId, price: Price, leaves: i64) {
        let rested = OrderRested {
            instrument: self.book.instrument.id,
            order_id,
            price,
            leaves: Qty(leaves),
        };
        self.events.push(EventBody::Rested(rested));
    }

    /// What a sweep of this taker would trade, nothing being changed. Linear in the levels that it meets
    /// and in the open orders of its account; at the price of the first of these and beyond, in orders.
    pub(crate) fn dry_run(&self, taker: &Taker) -> DryRun {
        let mut run = DryRun::default();
        let mut left = *taker;
        let section = Section::resting(taker.side.opposite());
        let own = self.own_orders(taker, section);
        for (price, level) in self.book.levels(self.levels, section) {
            if left.leaves == 0 || !left.side.accepts(left.bound, price) {
                break;
            }
            let goes_on = if own.are_beyond(taker.side, price) {
                let wanted = left.lots_at(&self.book.instrument, price);
                run.trade(&mut left, &self.book.instrument, price, wanted, level.qty)
            } else {
                Book::queue(self.orders, level)
                    .all(|slot| self.dry_trade(&mut run, &mut left, price, slot))
            };
            if !goes_on {
                break;
            }
        }
        run
    }

    /// What one maker adds to a dry run. Says whether the sweep would go on past it.
    fn dry_trade(&self, run: &mut DryRun, left: &mut Taker, price: Price, slot: u32) -> bool {
        let (instrument, maker) = (&self.book.instrument, self.orders.get(slot));
        let wanted = left.lots_at(instrument, price);
        if wanted.0 == 0 || !left.is_kept_from(maker) {
            return run.trade(left, instrument, price, wanted, maker.leaves);
        }
        match left.stp {
            StpMode::None => unreachable!("own orders trade under this mode"),
            StpMode::CancelTaker | StpMode::CancelBoth => false,
            StpMode::CancelMaker => true,
            StpMode::Decrement => {
                let by = wanted.min(Qty(maker.leaves));
                left.leaves -= if left.by_quote {
                    instrument.notional_within(price, by).0
                } else {
                    by.0
                };
                by.0 == maker.leaves
            }
        }
    }

    /// Whether a fill-or-kill order would be filled whole. Linear in the levels that it meets, in the
    /// open orders of its account, and in the orders at one price before the first of these.
    pub(crate) fn can_fill(&self, taker: &Taker) -> bool {
        let section = Section::resting(taker.side.opposite());
        let own = self.own_orders(taker, section);
        let passes_own = matches!(taker.stp, StpMode::None | StpMode::CancelMaker);
        let mut missing = i128::from(taker.leaves);
        if passes_own {
            // They will be cancelled on the way, and are counted with their levels.
            missing += own.qty;
        }
        for (price, level) in self.book.levels(self.levels, section) {
            if missing <= 0 || !taker.side.accepts(taker.bound, price) {
                break;
            }
            if !passes_own && !own.are_beyond(taker.side, price) {
                missing -= Book::queue(self.orders, level)
                    .map(|slot| self.orders.get(slot))
                    .take_while(|maker| !taker.is_kept_from(maker))
                    .map(|maker| i128::from(maker.leaves))
                    .sum::<i128>();
                break;
            }
            missing -= i128::from(level.qty);
        }
        missing <= 0
    }

    /// The resting orders of a section that self-trade prevention keeps a taker from, as far as its
    /// bound. Linear in the open orders of its account.
    fn own_orders(&self, taker: &Taker, section: Section) -> OwnOrders {
        let mut own = OwnOrders { best: None, qty: 0 };
        if taker.stp == StpMode::None {
            return own;
        }
        let first = self.orders.first_of(taker.account);
        let slots = std::iter::successors(first, |slot| self.orders.next_of(*slot));
        for order in slots.map(|slot| self.orders.get(slot)) {
            let is_met = order.instrument == self.book.instrument.id
                && !order.is_stop()
                && Section::resting(order.side) == section
                && taker.side.accepts(taker.bound, order.price);
            if is_met {
                own.qty += i128::from(order.leaves);
                let is_first = |best: Price| taker.side.accepts(best, order.price);
                if own.best.is_none_or(is_first) {
                    own.best = Some(order.price);
                }
            }
        }
        own
    }
}

/// The orders that self-trade prevention keeps a taker from.
#[derive(Clone, Copy, Debug)]
struct OwnOrders {
    /// The price of the first that it would meet.
    best: Option<Price>,
    /// In lots.
    qty: i128,
}

impl OwnOrders {
    /// Whether a taker of `side` meets all of them after the orders at `price`.
    fn are_beyond(self, side: Side, price: Price) -> bool {
        self.best.is_none_or(|best| !side.accepts(price, best))
    }
}

impl Default for DryRun {
    fn default() -> Self {
        Self {
            notional: Some(Amount::ZERO),
            qty: Qty::ZERO,
        }
    }
}

impl DryRun {
    /// Adds the trades with orders of one price that offer `offered` lots. Says whether a sweep that
    /// wants `wanted` of them would go on past them.
    fn trade(
        &mut self,
        left: &mut Taker,
        instrument: &Instrument,
        price: Price,
        wanted: Qty,
        offered: i64,
    ) -> bool {
        let qty = wanted.min(Qty(offered));
        let notional = instrument.notional(price, qty);
        self.qty.0 += qty.0;
        self.notional = match (self.notional, notional) {
            (Some(sum), Some(notional)) => sum.checked_add(notional),
            _ => None,
        };
        left.leaves -= match notional {
            Some(notional) if left.by_quote => notional.0,
            _ => qty.0,
        };
        qty.0 == offered
    }
}
