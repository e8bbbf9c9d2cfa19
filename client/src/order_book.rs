//! A local book of orders (L3): every order of one instrument, in the order in which they trade.
//!
//! Rebuilt from snapshot and increments as [`LocalBook`](crate::LocalBook) is, by the same rules: a missed
//! message is noticed at once, a book that is shown is whole, and checksums are compared as they come. An
//! order is found by its id; each change costs the logarithm of their count.

use std::collections::{BTreeMap, HashMap};

use rialto_protocol::{
    BookChecksum, BookFlags, BookOrder, L3Snapshot, L3Update, OrderAction, OrderChange, checksum,
    convert,
};
use rialto_types::{Instrument, InstrumentId, OrderId, Price, Qty, Side};

use crate::position::{Change, Position};
use crate::{BookError, BookProgress};

/// The most orders that a book may have.
const ORDERS_MAX: usize = 1 << 24;

/// An order in the book; whose it is, nobody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestingOrder {
    /// Its id, by which its owner knows it too.
    pub id: OrderId,
    /// Its limit price.
    pub price: Price,
    /// What is left of it; at least one lot.
    pub qty: Qty,
}

/// The place of an order: how good its price is, less first, then when it came.
type Rank = (i64, u64);

/// The book of one instrument by orders.
#[derive(Clone, Debug)]
pub struct OrderBook {
    instrument: Instrument,
    bids: BTreeMap<Rank, RestingOrder>,
    asks: BTreeMap<Rank, RestingOrder>,
    ranks: HashMap<OrderId, (Side, Rank)>,
    /// Counts the orders that have come.
    arrivals: u64,
    position: Position,
}

impl OrderBook {
    /// An empty book that waits for a snapshot.
    pub fn new(instrument: Instrument) -> Self {
        Self {
            instrument,
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
            ranks: HashMap::new(),
            arrivals: 0,
            position: Position::Nothing,
        }
    }

    /// Its instrument.
    pub const fn instrument_id(&self) -> InstrumentId {
        self.instrument.id
    }

    /// The number of the last change that it includes, while it is whole.
    pub const fn book_seq(&self) -> Option<u64> {
        self.position.held()
    }

    /// The orders of a side, the one first that trades first.
    pub fn orders(&self, side: Side) -> impl Iterator<Item = &RestingOrder> {
        self.side(side).values()
    }

    /// The order with this id, and its side.
    pub fn get(&self, id: OrderId) -> Option<(Side, &RestingOrder)> {
        let (side, rank) = self.ranks.get(&id)?;
        let order = self.side(*side).get(rank)?;
        Some((*side, order))
    }

    /// Forgets everything: a snapshot is needed.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
        self.ranks.clear();
        self.position = Position::Nothing;
    }

    /// Takes a part of a snapshot.
    ///
    /// # Errors
    /// [`BookError`]; the book is then empty and waits for a new snapshot.
    pub fn apply_snapshot(&mut self, snapshot: &L3Snapshot) -> Result<BookProgress, BookError> {
        if snapshot.instrument_id != self.instrument.id {
            return Ok(BookProgress::Foreign);
        }
        let result = self.take_snapshot(snapshot);
        self.or_clear(result)
    }

    /// Takes a change, or a part of one.
    ///
    /// # Errors
    /// [`BookError`]; the book is then empty and waits for a new snapshot.
    pub fn apply_update(&mut self, update: &L3Update) -> Result<BookProgress, BookError> {
        if update.instrument_id != self.instrument.id {
            return Ok(BookProgress::Foreign);
        }
        let result = self.take_update(update);
        self.or_clear(result)
    }

    /// Compares the book with what the exchange says that it comes to.
    ///
    /// # Errors
    /// [`BookError`] when it differs; the book is then empty and waits for a new snapshot.
    pub fn apply_checksum(&mut self, proof: &BookChecksum) -> Result<BookProgress, BookError> {
        if proof.instrument_id != self.instrument.id {
            return Ok(BookProgress::Foreign);
        }
        let result = self.prove(proof);
        self.or_clear(result)
    }

    fn or_clear(
        &mut self,
        result: Result<BookProgress, BookError>,
    ) -> Result<BookProgress, BookError> {
        if result.is_err() {
            self.clear();
        }
        result
    }

    fn take_snapshot(&mut self, snapshot: &L3Snapshot) -> Result<BookProgress, BookError> {
        let (flags, found) = (snapshot.book_flags, snapshot.book_seq);
        let position = self.position.begin_snapshot(flags, found)?;
        if flags.contains(BookFlags::FIRST) {
            self.clear();
        }
        self.position = position;
        for order in &*snapshot.book_orders {
            self.add(found, order)?;
        }
        self.end_part(flags, found)
    }

    fn take_update(&mut self, update: &L3Update) -> Result<BookProgress, BookError> {
        let change = Change {
            previous: update.previous_book_seq,
            found: update.book_seq,
            may_overlap: false,
        };
        self.position = self.position.begin_change(update.book_flags, change)?;
        for change in &*update.order_changes {
            self.take_change(update.book_seq, change)?;
        }
        self.end_part(update.book_flags, update.book_seq)
    }

    fn take_change(&mut self, at: u64, change: &OrderChange) -> Result<(), BookError> {
        let order = change.order_id;
        let invalid = BookError::InvalidOrder { at, order };
        match change.action.known().ok_or(invalid)? {
            OrderAction::Added => {
                let added = BookOrder {
                    order_id: order,
                    price: change.price,
                    quantity: change.quantity,
                    side: change.side,
                };
                self.add(at, &added)
            }
            OrderAction::Changed => {
                let qty = convert::qty(&self.instrument, change.quantity).map_err(|_| invalid)?;
                let (side, rank) = *self.ranks.get(&order).ok_or(invalid)?;
                let resting = self.side_mut(side).get_mut(&rank).ok_or(invalid)?;
                resting.qty = qty;
                Ok(())
            }
            OrderAction::Removed => {
                let (side, rank) = self.ranks.remove(&order).ok_or(invalid)?;
                self.side_mut(side).remove(&rank);
                Ok(())
            }
        }
    }

    fn add(&mut self, at: u64, order: &BookOrder) -> Result<(), BookError> {
        let id = order.order_id;
        let invalid = BookError::InvalidOrder { at, order: id };
        let level = |refusal| BookError::InvalidLevel {
            price: order.price,
            refusal,
        };
        let price = convert::price(&self.instrument, order.price).map_err(level)?;
        let qty = convert::qty(&self.instrument, order.quantity).map_err(level)?;
        let side = order.side.known().ok_or(invalid)?;
        if self.ranks.len() >= ORDERS_MAX {
            return Err(BookError::TooManyLevels);
        }
        self.arrivals += 1;
        let how_good = match side {
            Side::Buy => -price.0,
            Side::Sell => price.0,
        };
        let rank = (how_good, self.arrivals);
        if self.ranks.insert(id, (side, rank)).is_some() {
            return Err(invalid);
        }
        let resting = RestingOrder { id, price, qty };
        self.side_mut(side).insert(rank, resting);
        Ok(())
    }

    /// After the last part of something the book is whole.
    fn end_part(&mut self, flags: BookFlags, found: u64) -> Result<BookProgress, BookError> {
        if !flags.contains(BookFlags::LAST) {
            return Ok(BookProgress::Partial);
        }
        let best = |side| self.orders(side).next().map(|order| order.price);
        if let (Some(bid), Some(ask)) = (best(Side::Buy), best(Side::Sell))
            && bid >= ask
        {
            let at = found;
            return Err(BookError::Crossed { at, bid, ask });
        }
        self.position = Position::At(found);
        Ok(BookProgress::Consistent)
    }

    fn prove(&self, proof: &BookChecksum) -> Result<BookProgress, BookError> {
        let at = proof.book_seq;
        self.position.expect_at(at)?;
        let counts = [(Side::Buy, proof.bid_count), (Side::Sell, proof.ask_count)];
        for (side, told) in counts {
            let (held, told) = (self.side(side).len(), told as usize);
            if held != told {
                return Err(BookError::Count {
                    at,
                    side,
                    held,
                    told,
                });
            }
        }
        let held = checksum::of_orders(self.wire(Side::Buy), self.wire(Side::Sell));
        let told = proof.checksum;
        if held != told {
            return Err(BookError::Checksum { at, held, told });
        }
        Ok(BookProgress::Proven)
    }

    /// The orders of a side as messages have them.
    fn wire(&self, side: Side) -> impl Iterator<Item = BookOrder> {
        self.orders(side).map(move |order| BookOrder {
            order_id: order.id,
            price: convert::price_decimal(&self.instrument, order.price),
            quantity: convert::qty_decimal(&self.instrument, order.qty),
            side: side.into(),
        })
    }

    const fn side(&self, side: Side) -> &BTreeMap<Rank, RestingOrder> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    const fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Rank, RestingOrder> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}

#[cfg(test)]
mod tests {
    use rialto_protocol::{Group, checksum};
    use rialto_types::TradeId;

    use super::*;
    use crate::testing::btc_usdt;

    const WHOLE: BookFlags = BookFlags::FIRST.with(BookFlags::LAST);

    fn order(id: u64, side: Side, price: i64, qty: i64) -> BookOrder {
        let listed = btc_usdt();
        BookOrder {
            order_id: OrderId(id),
            price: convert::price_decimal(listed.instrument(), Price(price)),
            quantity: convert::qty_decimal(listed.instrument(), Qty(qty)),
            side: side.into(),
        }
    }

    fn change(action: OrderAction, order: BookOrder) -> OrderChange {
        OrderChange {
            order_id: order.order_id,
            price: order.price,
            quantity: order.quantity,
            trade_id: Some(TradeId(1)),
            side: order.side,
            action: action.into(),
        }
    }

    fn update(book_seq: u64, changes: Vec<OrderChange>) -> L3Update {
        L3Update {
            instrument_id: btc_usdt().id(),
            book_seq,
            previous_book_seq: book_seq - 1,
            book_flags: WHOLE,
            order_changes: Group::try_from(changes).unwrap(),
            ..L3Update::default()
        }
    }

    fn book() -> OrderBook {
        let mut book = OrderBook::new(*btc_usdt().instrument());
        let orders = vec![
            order(1, Side::Buy, 100, 5),
            order(2, Side::Buy, 100, 7),
            order(3, Side::Buy, 99, 1),
            order(4, Side::Sell, 101, 2),
        ];
        let snapshot = L3Snapshot {
            instrument_id: btc_usdt().id(),
            book_seq: 10,
            book_flags: WHOLE,
            book_orders: Group::try_from(orders).unwrap(),
            ..L3Snapshot::default()
        };
        let progress = book.apply_snapshot(&snapshot);
        assert_eq!(progress, Ok(BookProgress::Consistent));
        book
    }

    fn ids(book: &OrderBook, side: Side) -> Vec<u64> {
        book.orders(side).map(|order| order.id.0).collect()
    }

    #[test]
    fn orders_keep_and_lose_their_places() {
        let mut book = book();
        assert_eq!(ids(&book, Side::Buy), [1, 2, 3]);
        let changes = vec![
            change(OrderAction::Changed, order(1, Side::Buy, 100, 4)),
            change(OrderAction::Removed, order(2, Side::Buy, 100, 0)),
            change(OrderAction::Added, order(2, Side::Buy, 99, 7)),
            change(OrderAction::Added, order(5, Side::Sell, 101, 3)),
        ];
        let progress = book.apply_update(&update(11, changes));
        assert_eq!(progress, Ok(BookProgress::Consistent));
        assert_eq!(ids(&book, Side::Buy), [1, 3, 2]);
        assert_eq!(ids(&book, Side::Sell), [4, 5]);
        let (side, first) = book.get(OrderId(1)).unwrap();
        assert_eq!(
            (side, first.qty, book.book_seq()),
            (Side::Buy, Qty(4), Some(11))
        );
    }

    #[test]
    fn what_cannot_be_empties_the_book() {
        let unknown = change(OrderAction::Changed, order(9, Side::Buy, 100, 1));
        let doubled = change(OrderAction::Added, order(1, Side::Buy, 98, 1));
        let gone = change(OrderAction::Removed, order(9, Side::Buy, 100, 0));
        for wrong in [unknown, doubled, gone] {
            let mut book = book();
            let order = wrong.order_id;
            let at = 11;
            let found = book.apply_update(&update(at, vec![wrong]));
            assert_eq!(found, Err(BookError::InvalidOrder { at, order }));
            assert_eq!((book.book_seq(), ids(&book, Side::Buy)), (None, vec![]));
        }
        let mut book = book();
        let missed = book.apply_update(&update(12, vec![]));
        assert!(matches!(missed, Err(BookError::Gap { held: 10, .. })));
    }

    #[test]
    fn a_checksum_proves_the_book_or_empties_it() {
        let mut book = book();
        let right = BookChecksum {
            instrument_id: btc_usdt().id(),
            book_seq: 10,
            bid_count: 3,
            ask_count: 1,
            checksum: checksum::of_orders(book.wire(Side::Buy), book.wire(Side::Sell)),
            ..BookChecksum::default()
        };
        assert_eq!(book.apply_checksum(&right), Ok(BookProgress::Proven));
        let mut other = book.clone();
        let count = BookChecksum {
            bid_count: 4,
            ..right
        };
        let found = other.apply_checksum(&count);
        assert!(matches!(found, Err(BookError::Count { told: 4, .. })));
        let sum = BookChecksum {
            checksum: right.checksum ^ 1,
            ..right
        };
        let found = book.apply_checksum(&sum);
        assert!(matches!(found, Err(BookError::Checksum { at: 10, .. })));
        assert_eq!(book.book_seq(), None);
    }
}
