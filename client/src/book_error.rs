//! What makes a local book begin again.

use rialto_protocol::Decimal;
use rialto_types::{OrderId, Price, Refusal, Side};
use thiserror::Error;

use crate::book::LEVELS_MAX;

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
    /// An order that is not there, is there already, or did something unknown.
    #[error("change {at} says something of order {order} that cannot be")]
    InvalidOrder {
        /// The change, or the one that the snapshot includes.
        at: u64,
        /// The order.
        order: OrderId,
    },
    /// The book is not the exchange's.
    #[error("after change {at} the book has the checksum {held:08x}, the exchange's is {told:08x}")]
    Checksum {
        /// The change.
        at: u64,
        /// That of the book.
        held: u32,
        /// That of the exchange.
        told: u32,
    },
    /// The book has more or fewer entries than the exchange's.
    #[error("after change {at} the {side:?} side has {held} entries, the exchange's {told}")]
    Count {
        /// The change.
        at: u64,
        /// Which side.
        side: Side,
        /// Those of the book.
        held: usize,
        /// Those of the exchange.
        told: usize,
    },
}
