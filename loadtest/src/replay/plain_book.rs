//! The plainest book there is: price levels in sorted maps, orders in queues, nothing clever.
//!
//! It says what price-time priority would do with a flow, so that what an exchange did can be held against
//! it. Finding an order walks its level.

use std::collections::{BTreeMap, HashMap, VecDeque};

use rialto_types::{Price, Qty, Side};

use super::flow::FileOrder;

/// A maker that was picked, and for how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pick {
    /// Which order.
    pub(crate) maker: FileOrder,
    /// How much of it.
    pub(crate) qty: Qty,
}

#[derive(Clone, Copy, Debug)]
struct Resting {
    order: FileOrder,
    leaves: Qty,
}

/// Where an order stands, and what of it has traded.
#[derive(Clone, Copy, Debug)]
struct Known {
    side: Side,
    price: Price,
    filled: Qty,
}

/// A book of one instrument.
#[derive(Debug, Default)]
pub(crate) struct PlainBook {
    bids: BTreeMap<Price, VecDeque<Resting>>,
    asks: BTreeMap<Price, VecDeque<Resting>>,
    /// Every order ever placed.
    known: HashMap<FileOrder, Known>,
}

impl PlainBook {
    /// Places an order: it trades as far as it can, the rest joins the end of its level.
    pub(crate) fn submit(&mut self, order: FileOrder, side: Side, price: Price, qty: Qty) {
        let picks = self.take(side, price, qty);
        let filled = Qty(picks.iter().map(|pick| pick.qty.0).sum());
        self.rest(order, side, price, Qty(qty.0 - filled.0));
        if let Some(known) = self.known.get_mut(&order) {
            known.filled = filled;
        }
    }

    /// Puts an order at the end of its level, whatever stands on the other side.
    pub(crate) fn rest(&mut self, order: FileOrder, side: Side, price: Price, leaves: Qty) {
        let filled = Qty::ZERO;
        self.known.insert(
            order,
            Known {
                side,
                price,
                filled,
            },
        );
        if leaves.0 > 0 {
            let level = self.levels(side).entry(price).or_default();
            level.push_back(Resting { order, leaves });
        }
    }

    /// Lowers an order's total quantity, what is filled included; it keeps its place.
    pub(crate) fn reduce(&mut self, order: FileOrder, total: Qty) {
        let filled = self
            .known
            .get(&order)
            .map_or(Qty::ZERO, |known| known.filled);
        self.change(order, |_| Qty(total.0 - filled.0));
    }

    /// Removes an order.
    pub(crate) fn delete(&mut self, order: FileOrder) {
        self.change(order, |_| Qty::ZERO);
    }

    /// Executes a named order, wherever it stands.
    pub(crate) fn execute(&mut self, order: FileOrder, qty: Qty) {
        self.change(order, |leaves| Qty(leaves.0 - qty.0));
        if let Some(known) = self.known.get_mut(&order) {
            known.filled.0 += qty.0;
        }
    }

    /// Trades with the other side in price-time priority.
    pub(crate) fn take(&mut self, side: Side, limit: Price, qty: Qty) -> Vec<Pick> {
        let mut left = qty;
        let mut picks = Vec::new();
        while left.0 > 0
            && let Some((price, maker)) = self.best(side.opposite())
            && side.accepts(limit, price)
        {
            let qty = left.min(maker.leaves);
            self.execute(maker.order, qty);
            left.0 -= qty.0;
            picks.push(Pick {
                maker: maker.order,
                qty,
            });
        }
        picks
    }

    /// The order that stands first on a side.
    pub(crate) fn first(&self, side: Side) -> Option<FileOrder> {
        self.best(side).map(|(_, resting)| resting.order)
    }

    /// What of an order has traded.
    pub(crate) fn filled(&self, order: FileOrder) -> Qty {
        self.known
            .get(&order)
            .map_or(Qty::ZERO, |known| known.filled)
    }

    /// Whether something of an order still rests.
    pub(crate) fn is_open(&self, order: FileOrder) -> bool {
        let Some(known) = self.known.get(&order) else {
            return false;
        };
        let levels = match known.side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        };
        let level = levels.get(&known.price);
        level.is_some_and(|level| level.iter().any(|resting| resting.order == order))
    }

    fn best(&self, side: Side) -> Option<(Price, Resting)> {
        let (price, level) = match side {
            Side::Buy => self.bids.last_key_value()?,
            Side::Sell => self.asks.first_key_value()?,
        };
        Some((*price, *level.front()?))
    }

    /// Gives an order new leaves; at zero or below it goes.
    fn change(&mut self, order: FileOrder, leaves: impl FnOnce(Qty) -> Qty) {
        let Some(Known { side, price, .. }) = self.known.get(&order).copied() else {
            return;
        };
        let levels = self.levels(side);
        let Some(level) = levels.get_mut(&price) else {
            return;
        };
        let Some(at) = level.iter().position(|resting| resting.order == order) else {
            return;
        };
        level[at].leaves = leaves(level[at].leaves);
        if level[at].leaves.0 <= 0 {
            level.remove(at);
        }
        if level.is_empty() {
            levels.remove(&price);
        }
    }

    fn levels(&mut self, side: Side) -> &mut BTreeMap<Price, VecDeque<Resting>> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: FileOrder = FileOrder(1);
    const B: FileOrder = FileOrder(2);
    const C: FileOrder = FileOrder(3);

    fn pick(maker: FileOrder, qty: i64) -> Pick {
        let qty = Qty(qty);
        Pick { maker, qty }
    }

    /// Bids: A and B with 10 each at 5, C with 10 at 6.
    fn book() -> PlainBook {
        let mut book = PlainBook::default();
        book.submit(A, Side::Buy, Price(5), Qty(10));
        book.submit(B, Side::Buy, Price(5), Qty(10));
        book.submit(C, Side::Buy, Price(6), Qty(10));
        book
    }

    #[test]
    fn the_best_price_comes_first_then_the_oldest() {
        let mut book = book();
        assert_eq!(book.first(Side::Buy), Some(C));
        let picks = book.take(Side::Sell, Price(5), Qty(25));
        assert_eq!(picks, [pick(C, 10), pick(A, 10), pick(B, 5)]);
        assert_eq!(
            (book.filled(B), book.is_open(B), book.is_open(A)),
            (Qty(5), true, false)
        );
        assert_eq!(book.take(Side::Sell, Price(6), Qty(1)), []);
    }

    #[test]
    fn a_reduction_keeps_the_place_and_counts_what_is_filled() {
        let mut book = book();
        book.delete(C);
        book.execute(A, Qty(4));
        book.reduce(A, Qty(6));
        assert_eq!(
            book.take(Side::Sell, Price(5), Qty(3)),
            [pick(A, 2), pick(B, 1)]
        );
        book.reduce(B, Qty(1));
        assert!(!book.is_open(B));
        book.reduce(B, Qty(9));
        assert!(!book.is_open(B), "what is gone stays gone");
    }

    #[test]
    fn an_order_that_crosses_trades_and_rests_with_what_is_left() {
        let mut book = book();
        let seller = FileOrder(4);
        book.submit(seller, Side::Sell, Price(6), Qty(12));
        assert_eq!((book.filled(seller), book.filled(C)), (Qty(10), Qty(10)));
        assert_eq!(book.first(Side::Sell), Some(seller));
        assert_eq!(book.take(Side::Buy, Price(9), Qty(5)), [pick(seller, 2)]);
    }
}
