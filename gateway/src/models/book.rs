//! The book of one instrument: price levels with their totals and the queues of their orders.
//!
//! What an event does to a resting order is carried over here, and told as what it means to whoever
//! follows levels (L2) or orders (L3). Both count the same changes. Cost: logarithmic in the levels.

use std::collections::BTreeMap;

use std::fmt;

use rialto_types::{OrderId, Price, Qty, Seq, Side, TradeId};

use super::orders::Queue;
use super::{BookTable, OpenOrder, OpenOrders};

/// All that rests at one price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Sum of what is left of the orders. Fits: all of it is held by accounts.
    pub qty: Qty,
    /// Count of orders.
    pub order_count: u32,
}

/// What happened to an order in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueStep {
    /// It is there now, behind all orders of its price.
    Added,
    /// Another quantity of it is left; it has kept its place.
    Changed,
    /// It is there no more.
    Removed,
}

/// A change of one order in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueChange {
    /// Which order.
    pub order_id: OrderId,
    /// Its side.
    pub side: Side,
    /// The price that it is at, or was.
    pub price: Price,
    /// What is left of it in the book; 0 when it was removed.
    pub leaves: Qty,
    /// What happened.
    pub step: QueueStep,
    /// The trade that did it, if one did.
    pub trade: Option<TradeId>,
}

/// What made an order move.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cause {
    /// The trade, if it was one.
    pub(super) trade: Option<TradeId>,
    /// Whether the order goes to the end of its queue although its price may be the same.
    pub(super) loses_place: bool,
}

/// What rests at one price.
#[derive(Clone, Copy)]
struct Row {
    level: Level,
    queue: Queue,
}

impl Default for Row {
    fn default() -> Self {
        let (level, queue) = (Level::default(), Queue::EMPTY);
        Self { level, queue }
    }
}

/// Where in memory the orders stand is left out: it says nothing, and is another after a restart.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.level.fmt(f)
    }
}

/// The book of one instrument.
#[derive(Clone, Debug, Default)]
pub struct Book {
    bids: BTreeMap<Price, Row>,
    asks: BTreeMap<Price, Row>,
    /// Of buys and sells.
    order_counts: [usize; 2],
    /// Count of commands that have changed the book.
    change_count: u64,
    /// The last such command.
    changed_at: Seq,
    /// The last trade, if there was one.
    pub(super) last_trade: Option<(TradeId, Price)>,
}

impl Book {
    /// The number of the book's last change: it counts the commands that changed the book.
    pub const fn change_count(&self) -> u64 {
        self.change_count
    }

    /// The last command that changed the book; 0 before the first.
    pub const fn changed_at(&self) -> Seq {
        self.changed_at
    }

    /// Number and price of the last trade, if there was one.
    pub const fn last_trade(&self) -> Option<(TradeId, Price)> {
        self.last_trade
    }

    /// The level at a price; empty when nothing rests there.
    pub fn level(&self, side: Side, price: Price) -> Level {
        let row = self.side(side).get(&price);
        row.map_or_else(Level::default, |row| row.level)
    }

    /// The best level of a side.
    pub fn best(&self, side: Side) -> Option<(Price, Level)> {
        self.levels(side).next()
    }

    /// The levels of a side, from the best price on.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (Price, Level)> {
        self.rows(side).map(|(price, row)| (price, row.level))
    }

    /// The orders of a side, the one first that trades first.
    pub(super) fn queued<'a>(
        &'a self,
        side: Side,
        orders: &'a OpenOrders,
    ) -> impl Iterator<Item = &'a OpenOrder> {
        self.rows(side)
            .flat_map(move |(_, row)| orders.queued(row.queue))
    }

    fn rows(&self, side: Side) -> impl Iterator<Item = (Price, &Row)> {
        let mut rows = self.side(side).iter();
        std::iter::from_fn(move || match side {
            Side::Buy => rows.next_back(),
            Side::Sell => rows.next(),
        })
        .map(|(price, row)| (*price, row))
    }

    /// Count of levels on a side.
    pub fn level_count(&self, side: Side) -> usize {
        self.side(side).len()
    }

    /// Count of orders on a side.
    pub const fn order_count(&self, side: Side) -> usize {
        self.order_counts[side as usize]
    }

    fn side(&self, side: Side) -> &BTreeMap<Price, Row> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    /// Takes over what does not follow from the orders.
    pub(super) fn restore(&mut self, table: &BookTable, orders: &mut OpenOrders) {
        self.line_up(&table.queue, orders);
        self.change_count = table.change_count;
        self.changed_at = table.changed_at;
        self.last_trade = table.last_trade;
    }

    /// Lines up the orders of a restored book, whose levels have their totals.
    ///
    /// # Panics
    /// When a queue names an order that is not in the book: the caller has checked the state.
    fn line_up(&mut self, queue: &[OrderId], orders: &mut OpenOrders) {
        for id in queue {
            let order = orders.get(*id).expect("a queue holds open orders");
            let price = order.kind.price().expect("a resting order has a price");
            let levels = match order.side {
                Side::Buy => &mut self.bids,
                Side::Sell => &mut self.asks,
            };
            let row = levels.get_mut(&price).expect("a resting order has a level");
            orders.enqueue(&mut row.queue, *id);
        }
    }

    /// Counts what rests of an order of a restored book; [`line_up`](Self::line_up) does the rest.
    pub(super) fn add_restored(&mut self, order: &OpenOrder) {
        if let Some((price, qty)) = order.shown() {
            self.add(order.side, price, qty);
        }
    }

    fn add(&mut self, side: Side, price: Price, qty: Qty) {
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let row = levels.entry(price).or_default();
        row.level.qty.0 += qty.0;
        row.level.order_count += 1;
        self.order_counts[side as usize] += 1;
    }

    /// Follows a change of one order: tells what happened to it in its queue, which names the prices whose
    /// levels are others now.
    pub(super) fn moved(
        &mut self,
        seq: Seq,
        (before, after): (Option<&OpenOrder>, &OpenOrder),
        cause: Cause,
        orders: &mut OpenOrders,
    ) -> Moved {
        let old = before.and_then(OpenOrder::shown);
        let new = after.shown();
        if old == new {
            return Moved::default();
        }
        if self.changed_at != seq {
            self.changed_at = seq;
            self.change_count += 1;
        }
        let change = |step, (price, leaves)| QueueChange {
            order_id: after.order_id,
            side: after.side,
            price,
            leaves,
            step,
            trade: cause.trade,
        };
        match (old, new) {
            (Some((price, was)), Some((same, is))) if price == same && !cause.loses_place => {
                let row = self.row(after.side, price);
                row.level.qty.0 += is.0 - was.0;
                let changed = change(QueueStep::Changed, (price, is));
                Moved::of(Some(changed), None)
            }
            (old, new) => {
                // The new place comes first, so that a level that stays is not dropped in between; but
                // an order stands in one queue at a time.
                let added = new.map(|(price, qty)| {
                    self.add(after.side, price, qty);
                    change(QueueStep::Added, (price, qty))
                });
                let removed = old.map(|(price, qty)| {
                    self.take_out(after, price, qty, orders);
                    change(QueueStep::Removed, (price, Qty(0)))
                });
                if let Some((price, _)) = new {
                    let row = self.row(after.side, price);
                    orders.enqueue(&mut row.queue, after.order_id);
                }
                Moved::of(removed, added)
            }
        }
    }

    fn row(&mut self, side: Side, price: Price) -> &mut Row {
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        levels.get_mut(&price).expect("a resting order has a level")
    }

    fn take_out(&mut self, order: &OpenOrder, price: Price, qty: Qty, orders: &mut OpenOrders) {
        let row = self.row(order.side, price);
        orders.dequeue(&mut row.queue, order.order_id);
        row.level.qty.0 -= qty.0;
        row.level.order_count -= 1;
        let is_empty = row.level.order_count == 0;
        self.order_counts[order.side as usize] -= 1;
        if is_empty {
            match order.side {
                Side::Buy => self.bids.remove(&price),
                Side::Sell => self.asks.remove(&price),
            };
        }
    }
}

/// What a change of one order did to its book.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    changes: [Option<QueueChange>; 2],
}

impl Moved {
    const fn of(first: Option<QueueChange>, second: Option<QueueChange>) -> Self {
        Self {
            changes: [first, second],
        }
    }

    /// The changes, in the order in which they happened.
    pub(super) fn changes(&self) -> impl Iterator<Item = &QueueChange> {
        self.changes.iter().flatten()
    }
}
