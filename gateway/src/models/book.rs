//! The L2 book of one instrument: price levels with their totals.

use std::collections::BTreeMap;

use rialto_types::{Price, Qty, Seq, Side, TradeId};

use super::{BookTable, OpenOrder};

/// All that rests at one price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Sum of what is left of the orders. Fits: all of it is held by accounts.
    pub qty: Qty,
    /// Count of orders.
    pub order_count: u32,
}

/// The book of one instrument.
#[derive(Clone, Debug, Default)]
pub struct Book {
    bids: BTreeMap<Price, Level>,
    asks: BTreeMap<Price, Level>,
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
        self.side(side).get(&price).copied().unwrap_or_default()
    }

    /// The best level of a side.
    pub fn best(&self, side: Side) -> Option<(Price, Level)> {
        self.levels(side).next()
    }

    /// The levels of a side, from the best price on.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (Price, Level)> {
        let mut levels = self.side(side).iter();
        std::iter::from_fn(move || match side {
            Side::Buy => levels.next_back(),
            Side::Sell => levels.next(),
        })
        .map(|(price, level)| (*price, *level))
    }

    /// Count of levels on both sides.
    pub fn level_count(&self) -> usize {
        self.bids.len() + self.asks.len()
    }

    fn side(&self, side: Side) -> &BTreeMap<Price, Level> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    /// Takes over what does not follow from the orders.
    pub(super) const fn restore(&mut self, table: &BookTable) {
        self.change_count = table.change_count;
        self.changed_at = table.changed_at;
        self.last_trade = table.last_trade;
    }

    /// Follows a change of one order; returns the prices whose levels it changed.
    pub(super) fn moved(
        &mut self,
        seq: Seq,
        before: Option<&OpenOrder>,
        after: &OpenOrder,
    ) -> [Option<Price>; 2] {
        let old = before.and_then(OpenOrder::shown);
        let new = after.shown();
        if old == new {
            return [None, None];
        }
        if self.changed_at != seq {
            self.changed_at = seq;
            self.change_count += 1;
        }
        let levels = match after.side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        // The new place comes first, so that a level that stays is not dropped in between.
        if let Some((price, qty)) = new {
            let level = levels.entry(price).or_default();
            level.qty.0 += qty.0;
            level.order_count += 1;
        }
        if let Some((price, qty)) = old {
            let level = levels.get_mut(&price).expect("a resting order has a level");
            level.qty.0 -= qty.0;
            level.order_count -= 1;
            if level.order_count == 0 {
                levels.remove(&price);
            }
        }
        let price = |shown: Option<(Price, Qty)>| shown.map(|(price, _)| price);
        [
            price(old),
            price(new).filter(|new| price(old) != Some(*new)),
        ]
    }
}
