//! The sweep: a taker trades with the best orders of the other side until it stops.
//!
//! A page of the ladder is swept in one loop over orders, not over levels and their orders: with each trade the
//! next order is chosen, the next of the level or the first of the next level, without a branch, because where a level
//! ends is as good as random and a processor would guess it wrong every other time. What the trades have changed of the
//! ladder and of the last level is written once, when the loop ends. Cost: O(1) for each trade and each order
//! passed over, plus a step of the ladder for each page.

use std::hint::select_unpredictable;

use rialto_risk::Settlement;
use rialto_types::{EventBody, Fill, Price, Qty, Side, Trade, TradeId};

use crate::book::Section;
use crate::matching::{Ledger, Matcher};
use crate::slot_index::NONE;
use crate::taker::{Run, Taker};

/// Why a taker stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Nothing is left of it.
    Filled,
    /// The opposite side is empty.
    BookEmpty,
    /// The best opposite price is beyond its bound.
    AtBound,
    /// The rest of its quote amount pays for no lot.
    QuoteRemainder,
    /// Self-trade prevention; its end has been reported.
    SelfTrade,
}

/// What a run of trades ended at.
#[derive(Clone, Copy, Debug)]
enum Met {
    /// An order that the taker is kept from.
    Own(u32),
    /// An order of which it wants nothing.
    Unwanted,
    /// The end of the page, or its bound.
    End,
}

impl<L: Ledger> Matcher<'_, L> {
    /// Matches a taker until it stops. Its end is reported only when self-trade prevention ends it.
    pub(crate) fn sweep(&mut self, taker: &mut Taker) -> Stopped {
        loop {
            let stopped = if taker.by_quote {
                self.sweep_others::<true>(taker)
            } else {
                self.sweep_others::<false>(taker)
            };
            match stopped {
                Ok(stopped) => return stopped,
                Err(own) => {
                    let price = self.orders.get(own).price;
                    let wanted = taker.lots_at(&self.book.instrument, price);
                    if self.prevent_self_trade(taker, own, price, wanted) {
                        return Stopped::SelfTrade;
                    }
                }
            }
        }
    }

    /// Matches a taker until it stops.
    ///
    /// # Errors
    /// The slot of the next order when that is one that it is kept from.
    fn sweep_others<const BY_QUOTE: bool>(&mut self, taker: &mut Taker) -> Result<Stopped, u32> {
        let section = Section::resting(taker.side.opposite());
        let mut run = Run::<BY_QUOTE>::of(taker);
        let first_price = self.book.ladder(section).best_price();
        let stopped = loop {
            if run.leaves == 0 {
                break Ok(Stopped::Filled);
            }
            if !self.book.ladder(section).reaches(taker.bound) {
                let is_empty = self.book.ladder(section).best().is_none();
                break Ok(if is_empty {
                    Stopped::BookEmpty
                } else {
                    Stopped::AtBound
                });
            }
            match self.trade_page(taker, &mut run, section) {
                Met::Own(slot) => break Err(slot),
                Met::Unwanted if run.leaves > 0 => break Ok(Stopped::QuoteRemainder),
                Met::Unwanted | Met::End => {}
            }
        };
        if let Some(first_price) = first_price
            && run.qty.0 > 0
        {
            taker.account_for(&self.book.instrument, &run);
            self.book.last_trade = Some(run.price);
            // A sweep goes one way, so those between the two are elected in the same order as one by one.
            self.book.elect(self.levels, self.orders, first_price);
            self.book.elect(self.levels, self.orders, run.price);
        }
        stopped
    }

    /// Trades with the orders of the best page in turn, as far as the taker's bound.
    #[inline]
    fn trade_page<const BY_QUOTE: bool>(
        &mut self,
        taker: &Taker,
        run: &mut Run<BY_QUOTE>,
        section: Section,
    ) -> Met {
        let before = self.book.ladder(section).front(self.levels, taker.bound);
        let (mut front, mut level_qty) = (before, 0);
        let mut slot = self.levels.level(before.best()).head;
        let met = loop {
            let maker = self.orders.get(slot);
            let (next, price) = (maker.next, maker.price);
            let wanted = run.wanted(&self.book.instrument, price);
            if wanted.0 == 0 {
                break Met::Unwanted;
            }
            if taker.is_kept_from(maker) {
                break Met::Own(slot);
            }
            let qty = wanted.min(Qty(maker.leaves));
            level_qty += qty.0;
            if self.trade(taker, run, slot, price, qty) > 0 {
                break Met::Unwanted;
            }
            let ends = next == NONE;
            front = front.without_best(ends);
            level_qty = select_unpredictable(ends, 0, level_qty);
            slot = select_unpredictable(ends, self.levels.level(front.best()).head, next);
            if front.is_empty() {
                break Met::End;
            }
        };
        self.book.advance(
            self.levels,
            self.orders,
            section,
            (before, front),
            (slot, level_qty),
        );
        met
    }

    /// One trade with the maker at `slot`. Gives what is left of the maker; its slot is free when that is nothing.
    #[inline]
    fn trade<const BY_QUOTE: bool>(
        &mut self,
        taker: &Taker,
        run: &mut Run<BY_QUOTE>,
        slot: u32,
        price: Price,
        qty: Qty,
    ) -> i64 {
        let instrument = &self.book.instrument;
        let notional = instrument.notional_within(price, qty);
        let base_amount = instrument.base_amount_within(qty);
        run.add(price, qty, notional);
        let maker = self.orders.get_mut(slot);
        let (maker_id, maker_account) = (maker.id, maker.account);
        let maker_leaves = maker.leaves - qty.0;
        if maker_leaves > 0 {
            maker.leaves = maker_leaves;
            maker.filled.0 += qty.0;
            let record = self.orders.record_mut(slot);
            record.filled_quote.0 = record.filled_quote.0.saturating_add(notional.0);
        } else {
            self.orders.remove(slot);
        }
        let (buyer, seller, buyer_held) = match taker.side {
            Side::Buy => {
                let spent = taker.spends(qty, notional, base_amount);
                (taker.account, maker_account, spent)
            }
            Side::Sell => (maker_account, taker.account, notional),
        };
        let settlement = Settlement {
            buyer,
            seller,
            notional,
            base_amount,
            buyer_held,
            taker_side: taker.side,
        };
        let fees = self.ledger.settle(instrument, &settlement);
        self.book.trade_id += 1;
        let trade = Trade {
            instrument: instrument.id,
            trade_id: TradeId(self.book.trade_id),
            price,
            qty,
            notional,
            taker_side: taker.side,
            maker: Fill {
                order_id: maker_id,
                account: maker_account,
                report: self.ledger.next_report(maker_account),
                leaves: maker_leaves,
                fee: fees.maker,
            },
            taker: Fill {
                order_id: taker.id,
                account: taker.account,
                report: self.ledger.next_report(taker.account),
                leaves: run.leaves,
                fee: fees.taker,
            },
        };
        self.events.push(EventBody::Trade(trade));
        maker_leaves
    }
}
