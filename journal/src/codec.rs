//! The one module that turns vocabulary into bytes and back: bincode 2, with fixed little-endian
//! integers, a byte limit, and full consumption.
//!
//! It serves the journal's payloads ([`command`]), the bytes that the state hash and snapshots are made
//! of ([`image`], [`annex`]), the candles beside snapshots ([`crate::candles`]), and nothing else; what comes from the network never gets here. `types` carries no
//! codec, so `mirror` repeats its structures field by field, and decoding goes through the
//! constructors of `types`: whatever bytes come in, what comes out is a legal value or an error.
//!
//! Invariants: decoding never panics; each value has exactly one encoding, so whatever decodes is
//! encoded to the same bytes again; the bytes are pinned by golden files, because bincode itself is
//! frozen (docs/adr/0004). Cost: linear in the bytes; nothing is allocated for a command.

pub mod annex;
pub mod command;
pub mod image;
mod mirror;
mod terms;

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use bincode::error::DecodeError;
use bincode::{Decode, Encode};
use rialto_types::order::InvalidClientOrderId;
use rialto_types::symbol::InvalidSymbol;
use thiserror::Error;

/// No single piece that is decoded in one go claims more than this many bytes.
const PIECE_BYTES_MAX: usize = 4096;

/// The encoding of every byte that this module writes.
pub(crate) const CONFIG: Configuration<LittleEndian, Fixint, Limit<PIECE_BYTES_MAX>> =
    bincode::config::standard()
        .with_little_endian()
        .with_fixed_int_encoding()
        .with_limit::<PIECE_BYTES_MAX>();

/// Why bytes whose checksum is right are nevertheless no value of the vocabulary. Either another
/// version wrote them or this one has a defect: it is never repaired silently.
#[derive(Debug, Error)]
pub enum PayloadError {
    /// The bytes end too early, or are no encoding at all.
    #[error("the payload does not decode: {0}")]
    Bytes(#[from] DecodeError),
    /// More bytes than the value takes.
    #[error("{count} bytes follow the payload, where it should end")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// A code that the vocabulary does not list.
    #[error("{field} holds {value}, a code that this version does not know")]
    Code {
        /// The field.
        field: &'static str,
        /// What it holds.
        value: u64,
    },
    /// A text that is no symbol.
    #[error("{bytes:?} is no symbol: {rule}")]
    Symbol {
        /// The bytes found.
        bytes: [u8; 16],
        /// What would be right.
        rule: InvalidSymbol,
    },
    /// A text that is no client order id.
    #[error("{bytes:?} is no client order id: {rule}")]
    ClientOrderId {
        /// The bytes found.
        bytes: Vec<u8>,
        /// What would be right.
        rule: InvalidClientOrderId,
    },
    /// A record that continues the chain of checksums, but not the sequence or the time.
    #[error("its {field} is {found}, after {before} in the record before")]
    Order {
        /// Sequence or time.
        field: &'static str,
        /// What it states.
        found: u64,
        /// What the record before stated.
        before: u64,
    },
    /// A list of the state image claims more entries than the bytes can hold.
    #[error("a list claims {count} entries, but only {bytes} bytes are left")]
    Count {
        /// Entries claimed.
        count: u64,
        /// Bytes that are left.
        bytes: usize,
    },
    /// An annex that does not go along its state.
    #[error("the annex has {found} {what}, and the state {expected}")]
    Annex {
        /// Of what.
        what: &'static str,
        /// How many the annex has.
        found: usize,
        /// How many the state has.
        expected: usize,
    },
}

impl PayloadError {
    /// A code that is not listed, for `ok_or_else`.
    pub(crate) fn code(field: &'static str, value: impl Into<u64>) -> impl FnOnce() -> Self {
        let value = value.into();
        move || Self::Code { field, value }
    }
}

/// Writes `value` to the front of `out` and returns its length.
///
/// # Panics
/// When `out` is too short; callers bring room for the longest value.
#[inline]
fn put(out: &mut [u8], value: impl Encode) -> usize {
    bincode::encode_into_slice(value, out, CONFIG).expect("the buffer holds the longest payload")
}

/// Reads a value from the front of `bytes` and leaves the rest there.
#[inline]
pub(crate) fn take<T: Decode<()>>(bytes: &mut &[u8]) -> Result<T, PayloadError> {
    let (value, length) = bincode::decode_from_slice(bytes, CONFIG)?;
    *bytes = &bytes[length..];
    Ok(value)
}

/// Refuses bytes that are left over.
#[inline]
pub(crate) fn end(bytes: &[u8]) -> Result<(), PayloadError> {
    match bytes.len() {
        0 => Ok(()),
        count => Err(PayloadError::Trailing { count }),
    }
}
