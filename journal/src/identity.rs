//! Whose journal it is: names that are written into every segment, so that files of two exchanges, two
//! shards or two lives of one exchange are never taken for each other.

use std::fmt;

use rialto_types::ShardId;

/// The name of an exchange: 16 random bytes, drawn at its first start, never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct ExchangeId(pub [u8; 16]);

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What every segment of a journal states alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Whose journal it is.
    pub exchange_id: ExchangeId,
    /// Which shard's.
    pub shard: ShardId,
    /// The rules by which its commands are applied.
    pub rules_version: u32,
}

/// One life of the journal's writer: each start (and later each change of leader) begins the next one.
/// Counts from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The first life of a journal.
    pub const FIRST: Self = Self(1);

    /// The next life.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
