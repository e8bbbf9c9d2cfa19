//! A local book: the price levels of one instrument, rebuilt from snapshot and increments.
//!
//! Every message says which change it follows, so a missed one is noticed at once and the book refuses
//! to go on from there. A book that is shown is whole: between the parts of a snapshot or of a change
//! [`LocalBook::is_consistent`] is false, and a book that would be crossed is an error. The exchange's
//! checksums are compared as they come. Levels lie in sorted maps: a change costs the logarithm of the depth.

use std::collections::BTreeMap;

use rialto_protocol::{
    BookChecksum, BookFlags, L2ConflatedSnapshot, L2ConflatedUpdate, L2Snapshot, L2Update, Level,
    checksum, convert,
};
use rialto_types::{Instrument, InstrumentId, Price, Qty, Refusal, Side};

use crate::BookError;
use crate::position::{Change, Position};

/// The most price levels of both sides that a book may have.
pub(crate) const LEVELS_MAX: usize = 1 << 22;

/// All that rests at one price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriceLevel {
    /// Sum of what is left of the orders; at least one lot.
    pub qty: Qty,
    /// Count of orders.
    pub order_count: u32,
}

/// What a message did to the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookProgress {
    /// It belongs to another instrument.
    Foreign,
    /// Further parts follow; until then the book is not to be shown.
    Partial,
    /// The book is whole and includes the message.
    Consistent,
    /// The book is what the exchange's checksum says.
    Proven,
}

/// The book of one instrument.
#[derive(Clone, Debug)]
pub struct LocalBook {
    instrument: Instrument,
    bids: BTreeMap<Price, PriceLevel>,
    asks: BTreeMap<Price, PriceLevel>,
    position: Position,
}

impl LocalBook {
    /// An empty book that waits for a snapshot.
    pub const fn new(instrument: Instrument) -> Self {
        Self {
            instrument,
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
            position: Position::Nothing,
        }
    }

    /// Its instrument.
    pub const fn instrument_id(&self) -> InstrumentId {
        self.instrument.id
    }

    /// Whether it is whole: a snapshot has come, and no part of a change is missing.
    pub const fn is_consistent(&self) -> bool {
        matches!(self.position, Position::At(_))
    }

    /// The number of the last change that it includes, while it is whole.
    pub const fn book_seq(&self) -> Option<u64> {
        self.position.held()
    }

    /// The levels of a side, the best price first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (Price, PriceLevel)> {
        let (bids, asks) = match side {
            Side::Buy => (Some(self.bids.iter().rev()), None),
            Side::Sell => (None, Some(self.asks.iter())),
        };
        let bids = bids.into_iter().flatten();
        let levels = bids.chain(asks.into_iter().flatten());
        levels.map(|(price, level)| (*price, *level))
    }

    /// The best level of a side.
    pub fn best(&self, side: Side) -> Option<(Price, PriceLevel)> {
        self.levels(side).next()
    }

    /// Count of levels of a side.
    pub fn level_count(&self, side: Side) -> usize {
        match side {
            Side::Buy => self.bids.len(),
            Side::Sell => self.asks.len(),
        }
    }

    /// The level at a price, if something rests there.
    pub fn level(&self, side: Side, price: Price) -> Option<PriceLevel> {
        let levels = match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        };
        levels.get(&price).copied()
    }

    /// Forgets everything: a snapshot is needed.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
        self.position = Position::Nothing;
    }

    /// Takes a part of a snapshot.
    ///
    /// # Errors
    /// [`BookError`]; the book is then empty and waits for a new snapshot.
    pub fn apply_snapshot(&mut self, snapshot: &L2Snapshot) -> Result<BookProgress, BookError> {
        if snapshot.instrument_id != self.instrument.id {
            return Ok(BookProgress::Foreign);
        }
        let part = (snapshot.book_flags, snapshot.book_seq);
        let result = self.take_snapshot(part, &snapshot.levels);
        self.or_clear(result)
    }

    /// Takes a part of a snapshot of a conflated channel.
    ///
    /// # Errors
    /// [`BookError`]; the book is then empty and waits for a new snapshot.
    pub fn apply_conflated_snapshot(
        &mut self,
        snapshot: &L2ConflatedSnapshot,
    ) -> Result<BookProgress, BookError> {
        if snapshot.instrument_id != self.instrument.id {
            return Ok(BookProgress::Foreign);
        }
        let part = (snapshot.book_flags, snapshot.book_seq);
        let result = self.take_snapshot(part, &snapshot.levels);
        self.or_clear(result)
    }

    /// Takes a change, or a part of one.
    ///
    /// # Errors
    /// [`BookError`]; the book is then empty and waits for a new snapshot.
    pub fn apply_update(&mut self, update: &L2Update) -> Result<BookProgress, BookError> {
        if update.instrument_id != self.instrument.id {
            return Ok(BookProgress::Foreign);
        }
        let change = Change {
            previous: update.previous_book_seq,
            found: update.book_seq,
            may_overlap: false,
        };
        let result = self.take_update(update.book_flags, change, &update.levels);
        self.or_clear(result)
    }

    /// Takes a change of a conflated channel, or a part of one. It is one for all subscribers, so it may
    /// reach back before the snapshot of this one.
    ///
    /// # Errors
    /// [`BookError`]; the book is then empty and waits for a new snapshot.
    pub fn apply_conflated_update(
        &mut self,
        update: &L2ConflatedUpdate,
    ) -> Result<BookProgress, BookError> {
        if update.instrument_id != self.instrument.id {
            return Ok(BookProgress::Foreign);
        }
        let change = Change {
            previous: update.previous_book_seq,
            found: update.book_seq,
            may_overlap: true,
        };
        let result = self.take_update(update.book_flags, change, &update.levels);
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

    fn take_snapshot(
        &mut self,
        (flags, found): (BookFlags, u64),
        levels: &[Level],
    ) -> Result<BookProgress, BookError> {
        let position = self.position.begin_snapshot(flags, found)?;
        if flags.contains(BookFlags::FIRST) {
            self.clear();
        }
        self.position = position;
        self.set_levels(levels)?;
        self.end_part(flags, found)
    }

    fn take_update(
        &mut self,
        flags: BookFlags,
        change: Change,
        levels: &[Level],
    ) -> Result<BookProgress, BookError> {
        self.position = self.position.begin_change(flags, change)?;
        self.set_levels(levels)?;
        self.end_part(flags, change.found)
    }

    fn prove(&self, proof: &BookChecksum) -> Result<BookProgress, BookError> {
        let at = proof.book_seq;
        self.position.expect_at(at)?;
        let counts = [(Side::Buy, proof.bid_count), (Side::Sell, proof.ask_count)];
        for (side, told) in counts {
            let (held, told) = (self.level_count(side), told as usize);
            if held != told {
                return Err(BookError::Count {
                    at,
                    side,
                    held,
                    told,
                });
            }
        }
        let held = checksum::of_levels(self.wire(Side::Buy), self.wire(Side::Sell));
        let told = proof.checksum;
        if held != told {
            return Err(BookError::Checksum { at, held, told });
        }
        Ok(BookProgress::Proven)
    }

    /// The levels of a side as messages have them.
    fn wire(&self, side: Side) -> impl Iterator<Item = Level> {
        let levels = self.levels(side);
        levels.map(move |(price, level)| Level {
            price: convert::price_decimal(&self.instrument, price),
            quantity: convert::qty_scaled(&self.instrument, level.qty),
            order_count: level.order_count,
            side: side.into(),
        })
    }

    /// After the last part of something the book is whole.
    fn end_part(&mut self, flags: BookFlags, found: u64) -> Result<BookProgress, BookError> {
        if !flags.contains(BookFlags::LAST) {
            return Ok(BookProgress::Partial);
        }
        if let (Some((bid, _)), Some((ask, _))) = (self.best(Side::Buy), self.best(Side::Sell))
            && bid >= ask
        {
            let at = found;
            return Err(BookError::Crossed { at, bid, ask });
        }
        self.position = Position::At(found);
        Ok(BookProgress::Consistent)
    }

    fn set_levels(&mut self, levels: &[Level]) -> Result<(), BookError> {
        for level in levels {
            self.set_level(level)
                .map_err(|refusal| BookError::InvalidLevel {
                    price: level.price,
                    refusal,
                })?;
        }
        if self.bids.len() + self.asks.len() > LEVELS_MAX {
            return Err(BookError::TooManyLevels);
        }
        Ok(())
    }

    fn set_level(&mut self, level: &Level) -> Result<(), Refusal> {
        let price = convert::price(&self.instrument, level.price)?;
        let qty = convert::scaled_qty(self.instrument.spec.lot_mantissa, level.quantity)?;
        let unknown = i64::from(level.side.raw());
        let side = level.side.known().ok_or(Refusal::new(
            rialto_types::RejectReason::InvalidField,
            unknown,
            0,
        ))?;
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        if qty == Qty::ZERO {
            levels.remove(&price);
        } else {
            let order_count = level.order_count;
            levels.insert(price, PriceLevel { qty, order_count });
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
