//! A local book: the price levels of one instrument, rebuilt from snapshot and increments.
//!
//! Every message says which change it follows, so a missed one is noticed at once and the book refuses
//! to go on from there. A book that is shown is whole: between the parts of a snapshot or of a change
//! [`LocalBook::is_consistent`] is false, and a book that would be crossed is an error. Levels lie in
//! sorted maps: a change costs the logarithm of the depth.

use std::collections::BTreeMap;

use rialto_protocol::{BookFlags, Decimal, L2Snapshot, L2Update, Level, convert};
use rialto_types::{Instrument, InstrumentId, Price, Qty, Refusal, Side};
use thiserror::Error;

/// The most price levels of both sides that a book may have.
const LEVELS_MAX: usize = 1 << 22;

/// All that rests at one price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriceLevel {
    /// Sum of what is left of the orders; at least one lot.
    pub qty: Qty,
    /// Count of orders.
    pub order_count: u32,
}

/// Why a book cannot go on. After any of these only a new snapshot makes it whole again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BookError {
    /// A change was missed.
    #[error("change {found} follows change {previous}, but the book is at {held}")]
    Gap {
        /// The last change that the book includes.
        held: u64,
        /// The change that the message follows.
        previous: u64,
        /// The change that the message is.
        found: u64,
    },
    /// A change came although there is no whole snapshot to apply it to.
    #[error("change {found} came before a whole snapshot")]
    NoSnapshot {
        /// The change.
        found: u64,
    },
    /// A later part of a snapshot or of a change came without the parts before it.
    #[error("change {found} begins in its middle")]
    Torn {
        /// The change, or the one that the snapshot includes.
        found: u64,
    },
    /// A part of a change or of a snapshot is missing at its end.
    #[error("change {found} came while change {unfinished} was still in parts")]
    Unfinished {
        /// The one in parts.
        unfinished: u64,
        /// The one that came instead of its next part.
        found: u64,
    },
    /// A level that cannot be.
    #[error("a level at {price} is not one of this instrument: {refusal}")]
    InvalidLevel {
        /// Its price.
        price: Decimal,
        /// What is wrong with price, quantity or side.
        refusal: Refusal,
    },
    /// The best bid is not below the best ask.
    #[error("after change {at} the bid {bid} is not below the ask {ask}, in ticks")]
    Crossed {
        /// The change.
        at: u64,
        /// The best bid.
        bid: Price,
        /// The best ask.
        ask: Price,
    },
    /// More levels than are kept.
    #[error("more than {LEVELS_MAX} price levels")]
    TooManyLevels,
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
}

/// What the book has of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// Nothing: a snapshot is needed.
    Nothing,
    /// Some parts of a snapshot that includes this change.
    InSnapshot(u64),
    /// Everything up to this change.
    At(u64),
    /// Everything up to the first, and some parts of the second.
    InChange(u64, u64),
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
        match self.position {
            Position::At(held) => Some(held),
            Position::Nothing | Position::InSnapshot(_) | Position::InChange(..) => None,
        }
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
        let result = self.take_snapshot(snapshot);
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
        let result = self.take_update(update);
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

    fn take_snapshot(&mut self, snapshot: &L2Snapshot) -> Result<BookProgress, BookError> {
        let found = snapshot.book_seq;
        if snapshot.book_flags.contains(BookFlags::FIRST) {
            self.clear();
        } else {
            match self.position {
                Position::InSnapshot(begun) if begun == found => {}
                Position::InSnapshot(unfinished) | Position::InChange(_, unfinished) => {
                    return Err(BookError::Unfinished { unfinished, found });
                }
                Position::Nothing | Position::At(_) => return Err(BookError::Torn { found }),
            }
        }
        self.position = Position::InSnapshot(found);
        self.set_levels(&snapshot.levels)?;
        self.end_part(snapshot.book_flags, found)
    }

    fn take_update(&mut self, update: &L2Update) -> Result<BookProgress, BookError> {
        let (previous, found) = (update.previous_book_seq, update.book_seq);
        let is_first = update.book_flags.contains(BookFlags::FIRST);
        match self.position {
            Position::Nothing => return Err(BookError::NoSnapshot { found }),
            Position::At(_) if !is_first => return Err(BookError::Torn { found }),
            Position::At(held) if held != previous || found <= held => {
                return Err(BookError::Gap {
                    held,
                    previous,
                    found,
                });
            }
            Position::InChange(held, begun) if !is_first && (held, begun) == (previous, found) => {}
            Position::InSnapshot(unfinished) | Position::InChange(_, unfinished) => {
                return Err(BookError::Unfinished { unfinished, found });
            }
            Position::At(_) => {}
        }
        self.position = Position::InChange(previous, found);
        self.set_levels(&update.levels)?;
        self.end_part(update.book_flags, found)
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
