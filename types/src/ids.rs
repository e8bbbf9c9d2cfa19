//! Identifiers and sequence numbers.
//!
//! Account, asset, instrument and key ids are dense and given out by the core, counting from 1, so
//! that tables are plain arrays. 0 is reserved: the venue itself for accounts and keys, "none" for the
//! rest.

use core::fmt;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident($inner:ty)) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// The bare integer.
            #[inline]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

macro_rules! indexed {
    ($($name:ident),*) => {
        $(impl $name {
            /// The id as an index into a dense table.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        })*
    };
}

id! {
    /// An account. 0 is the venue: it collects the fees and owns the administrators' keys.
    AccountId(u32)
}
id! {
    /// An asset, such as BTC. Counts from 1.
    AssetId(u16)
}
id! {
    /// A tradable pair, such as BTC-USDT. Counts from 1.
    InstrumentId(u32)
}
id! {
    /// An API key. Counts from 1; 0 is the exchange process itself, which needs no signature.
    KeyId(u32)
}
id! {
    /// A shard: one core thread with its own journal. 0 to 31.
    ShardId(u8)
}
id! {
    /// Who sends transfers (a wallet service, an operator). Each source numbers its own transfers.
    SourceId(u16)
}
id! {
    /// The sequence number that an API key gives its own state-changing messages. Counts up, gaps are
    /// legal, starts at 1. The core refuses a number that is not above the highest it has seen.
    ClientSeq(u64)
}
id! {
    /// The number of an input in the journal: one per command, contiguous, from 1.
    Seq(u64)
}
id! {
    /// The number of a report to one account: contiguous, from 1.
    ReportSeq(u64)
}
id! {
    /// A trade of one instrument: contiguous, from 1.
    TradeId(u64)
}
id! {
    /// An order, unique for the life of the exchange: shard (5 bits) << 48 | counter from 1, so that
    /// it stays below 2^53 and a JavaScript number can hold it.
    OrderId(u64)
}

indexed!(AccountId, AssetId, InstrumentId, KeyId, SourceId);

impl AccountId {
    /// The venue's own account: fees are paid to it.
    pub const VENUE: Self = Self(0);
}

impl KeyId {
    /// The exchange process itself: the author of ticks, disconnects and the first administrator.
    pub const VENUE: Self = Self(0);
}

/// Bits of the counter in an [`OrderId`].
const ORDER_COUNTER_BITS: u32 = 48;

impl OrderId {
    /// The id of the `counter`-th order of a shard.
    ///
    /// # Panics
    /// When the counter has left its 48 bits, which at ten million orders a second takes 325 days of
    /// nothing else, or when the shard is above 31.
    #[inline]
    pub const fn new(shard: ShardId, counter: u64) -> Self {
        assert!(
            counter < 1 << ORDER_COUNTER_BITS,
            "order counter within 48 bits"
        );
        assert!(shard.0 < 32, "shard within 5 bits");
        Self((shard.0 as u64) << ORDER_COUNTER_BITS | counter)
    }

    /// The shard that gave this id.
    #[inline]
    pub const fn shard(self) -> ShardId {
        ShardId(((self.0 >> ORDER_COUNTER_BITS) & 31) as u8)
    }

    /// The count of orders that the shard had accepted with this one.
    #[inline]
    pub const fn counter(self) -> u64 {
        self.0 & ((1 << ORDER_COUNTER_BITS) - 1)
    }
}

impl Seq {
    /// The number after this one.
    #[inline]
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_ids_fit_in_53_bits_and_split_again() {
        let id = OrderId::new(ShardId(31), (1 << 48) - 1);
        assert!(id.0 < 1 << 53);
        assert_eq!(id.shard(), ShardId(31));
        assert_eq!(id.counter(), (1 << 48) - 1);
    }
}
