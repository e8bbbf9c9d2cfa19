//! One instrument's book: two ladders of resting orders, two of waiting stops, the election queue.
//!
//! The queues of the levels and of the elections are linked through the orders themselves. This file
//! keeps them; what trades with what is decided in `matching.rs`.
//!
//! Invariants: a level in a ladder has at least one order; orders of a level stand oldest first; the
//! election queue is empty between commands. Cost: O(1) for a queue, the ladder's for a level.

use std::hint::select_unpredictable;

use rialto_types::{Instrument, Price, Side};

use crate::ladder::{Front, Ladder, Level, LevelPool};
use crate::orders::{Order, Orders};
use crate::slot_index::NONE;

/// One instrument's book.
#[derive(Debug)]
pub(crate) struct Book {
    /// What trades here, with state and fees.
    pub(crate) instrument: Instrument,
    /// The price of the last trade.
    pub(crate) last_trade: Option<Price>,
    /// The id of the last trade.
    pub(crate) trade_id: u64,
    /// By [`Section`].
    ladders: [Ladder; 4],
    /// Elected stops that wait for their turn: first and last.
    elected: Level,
}

/// The four queues in which orders stand, in the order in which closing an instrument empties them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Bids,
    Asks,
    StopBuys,
    StopSells,
}

impl Section {
    pub(crate) const ALL: [Self; 4] = [Self::Bids, Self::Asks, Self::StopBuys, Self::StopSells];

    /// The side of the orders on this section.
    #[inline]
    pub(crate) const fn side(self) -> Side {
        match self {
            Self::Bids | Self::StopBuys => Side::Buy,
            Self::Asks | Self::StopSells => Side::Sell,
        }
    }

    /// Where a resting order of this side stands.
    #[inline]
    pub(crate) const fn resting(side: Side) -> Self {
        match side {
            Side::Buy => Self::Bids,
            Side::Sell => Self::Asks,
        }
    }

    /// Where a waiting stop of this side stands.
    #[inline]
    pub(crate) const fn stops(side: Side) -> Self {
        match side {
            Side::Buy => Self::StopBuys,
            Side::Sell => Self::StopSells,
        }
    }
}

impl Book {
    pub(crate) fn new(instrument: Instrument) -> Self {
        Self {
            instrument,
            last_trade: None,
            trade_id: 0,
            ladders: [
                Ladder::descending(),
                Ladder::ascending(),
                Ladder::ascending(),
                Ladder::descending(),
            ],
            elected: Level::EMPTY,
        }
    }

    #[inline]
    pub(crate) fn ladder(&self, section: Section) -> &Ladder {
        &self.ladders[section as usize]
    }

    #[inline]
    fn ladder_mut(&mut self, section: Section) -> &mut Ladder {
        &mut self.ladders[section as usize]
    }

    /// The best price of the side that an order of `side` trades with.
    #[inline]
    pub(crate) fn best_opposite(&self, side: Side) -> Option<Price> {
        self.ladder(Section::resting(side.opposite())).best_price()
    }

    /// Whether an order of `side` at `price` would trade at once.
    #[inline]
    pub(crate) fn crosses(&self, side: Side, price: Price) -> bool {
        self.ladder(Section::resting(side.opposite()))
            .reaches(price)
    }

    /// Puts an order behind all others of its price.
    #[inline]
    pub(crate) fn push(
        &mut self,
        levels: &mut LevelPool,
        orders: &mut Orders,
        section: Section,
        price: Price,
        slot: u32,
    ) {
        let (at, level, occupied) = self.ladder_mut(section).enter(levels, price);
        // Chosen, not branched to: whether a price has orders is as good as random.
        let head = select_unpredictable(occupied, level.head, slot);
        let last = select_unpredictable(occupied, level.tail, NONE);
        // Where there is no order before, its own link, which is written below.
        let behind = select_unpredictable(occupied, level.tail, slot);
        let qty = select_unpredictable(occupied, level.qty, 0);
        orders.get_mut(behind).next = slot;
        let order = orders.get_mut(slot);
        (order.next, order.previous, order.level) = (NONE, last, at);
        *level = Level {
            head,
            tail: slot,
            qty: qty.wrapping_add(order.leaves),
        };
    }

    /// Takes an order out of its level.
    #[inline]
    pub(crate) fn pull(
        &mut self,
        levels: &mut LevelPool,
        orders: &mut Orders,
        section: Section,
        slot: u32,
    ) {
        let order = orders.get(slot);
        let (next, previous, at) = (order.next, order.previous, order.level);
        let leaves = order.leaves;
        let level = levels.level_mut(at);
        level.qty = level.qty.wrapping_sub(leaves);
        if previous == NONE {
            level.head = next;
        } else {
            orders.get_mut(previous).next = next;
        }
        if next == NONE {
            level.tail = previous;
        } else {
            orders.get_mut(next).previous = previous;
        }
        if next == NONE && previous == NONE {
            self.ladder_mut(section).leave(levels, at);
        }
    }

    /// Takes what has traded out of a section: the levels of `before` that `after` has not, and from the best one of
    /// `after`, if it has any, `qty` lots with all orders before `head`.
    #[inline]
    pub(crate) fn advance(
        &mut self,
        levels: &mut LevelPool,
        orders: &mut Orders,
        section: Section,
        (before, after): (Front, Front),
        (head, qty): (u32, i64),
    ) {
        self.ladder_mut(section).advance(levels, before, after);
        if !after.is_empty() {
            let level = levels.level_mut(after.best());
            level.head = head;
            level.qty = level.qty.wrapping_sub(qty);
            orders.get_mut(head).previous = NONE;
        }
    }

    /// Changes what is left of an order where it stands.
    #[inline]
    pub(crate) fn resize(levels: &mut LevelPool, orders: &mut Orders, slot: u32, leaves: i64) {
        let order = orders.get_mut(slot);
        let by = leaves.wrapping_sub(std::mem::replace(&mut order.leaves, leaves));
        let level = levels.level_mut(order.level);
        level.qty = level.qty.wrapping_add(by);
    }

    /// The section on which an open order stands.
    #[inline]
    pub(crate) fn section_of(orders: &Orders, slot: u32) -> Section {
        let order = orders.get(slot);
        if order.is_stop() {
            Section::stops(order.side)
        } else {
            Section::resting(order.side)
        }
    }

    /// The stop price of a waiting stop.
    #[inline]
    pub(crate) fn stop_price(&self, levels: &LevelPool, order: &Order) -> Price {
        self.ladder(Section::stops(order.side))
            .price(levels, order.level)
    }

    /// The first order of a section: best or next to be elected.
    #[inline]
    pub(crate) fn first(&self, levels: &LevelPool, section: Section) -> Option<u32> {
        self.ladder(section).best().map(|at| levels.level(at).head)
    }

    /// Moves the stops that a trade at `price` satisfies to the election queue: buys ascending, then
    /// sells descending. O(1) for each.
    #[inline]
    pub(crate) fn elect(&mut self, levels: &mut LevelPool, orders: &mut Orders, price: Price) {
        for side in [Side::Buy, Side::Sell] {
            let section = Section::stops(side);
            // A buy is elected at its stop price or above, a sell at it or below: as the ladders are ordered.
            while self.ladder(section).reaches(price) {
                self.elect_level(levels, orders, section);
            }
        }
    }

    #[cold]
    fn elect_level(&mut self, levels: &mut LevelPool, orders: &mut Orders, section: Section) {
        let at = self.ladder(section).best().expect("it reaches a price");
        let Level { head, tail, .. } = *levels.level(at);
        if self.elected.tail == NONE {
            self.elected.head = head;
        } else {
            orders.get_mut(self.elected.tail).next = head;
        }
        self.elected.tail = tail;
        self.ladder_mut(section).leave(levels, at);
    }

    /// The next elected stop, taken out of the queue.
    #[inline]
    pub(crate) fn take_elected(&mut self, orders: &Orders) -> Option<u32> {
        let slot = self.elected.head;
        if slot == NONE {
            return None;
        }
        self.elected.head = if slot == self.elected.tail {
            NONE
        } else {
            orders.get(slot).next
        };
        if self.elected.head == NONE {
            self.elected.tail = NONE;
        }
        Some(slot)
    }

    /// The levels of a section with their prices, best first.
    #[inline]
    pub(crate) fn levels<'a>(
        &'a self,
        levels: &'a LevelPool,
        section: Section,
    ) -> impl Iterator<Item = (Price, &'a Level)> {
        let ladder = self.ladder(section);
        std::iter::successors(ladder.best(), |at| Ladder::next(levels, *at))
            .map(|at| (ladder.price(levels, at), levels.level(at)))
    }

    /// The slots of a level's orders, oldest first.
    #[inline]
    pub(crate) fn queue(orders: &Orders, level: &Level) -> impl Iterator<Item = u32> {
        let some = |slot: u32| (slot != NONE).then_some(slot);
        std::iter::successors(some(level.head), move |slot| some(orders.get(*slot).next))
    }
}
