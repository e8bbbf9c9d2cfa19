//! How values lie in bytes: integers, ids, codes, decimals, fixed text, and the walk over one message.
//!
//! The generated messages are lists of calls into this file; everything that could go wrong with bytes
//! goes wrong here, once. Reading checks the length of a block a single time and then takes fields at
//! constant offsets of an array, so the compiler drops every further check. Nothing here allocates but
//! groups and texts, and what those allocate is bounded by the bytes that are really there.

use rialto_types::{
    AccountId, AssetId, ClientSeq, InstrumentId, KeyId, OrderId, Ppm, ReportSeq, Seq, SourceId,
    Timestamp, TradeId,
};

use crate::error::DecodeError;
use crate::group::Group;
use crate::text_fields::VarText;
use crate::{SCHEMA_ID, SCHEMA_VERSION};

/// Bytes of the header before every message.
pub const HEADER_LEN: usize = 8;
/// Bytes before the entries of a group: length of an entry, count of entries.
pub(crate) const GROUP_HEADER_LEN: usize = 4;
/// Bytes before a text: its length.
pub(crate) const TEXT_HEADER_LEN: usize = 2;

/// A value with a fixed place in a block.
pub(crate) trait Field: Sized {
    /// Reads it from exactly as many bytes as it takes.
    fn get(bytes: &[u8]) -> Self;
    /// Writes it to exactly as many bytes as it takes.
    fn put(&self, bytes: &mut [u8]);
}

/// A value of which one bit pattern means "none".
pub(crate) trait Nullable: Field {
    /// The value that means "none".
    fn null() -> Self;
    /// Whether this is that value.
    fn is_null(&self) -> bool;
}

impl<T: Nullable> Field for Option<T> {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        let value = T::get(bytes);
        if value.is_null() { None } else { Some(value) }
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        match self {
            Some(value) => value.put(bytes),
            None => T::null().put(bytes),
        }
    }
}

macro_rules! integer_fields {
    ($($integer:ty: $null:expr),* $(,)?) => {
        $(impl Field for $integer {
            #[inline]
            fn get(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("the slice has the field's length"))
            }

            #[inline]
            fn put(&self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }
        }

        impl Nullable for $integer {
            #[inline]
            fn null() -> Self {
                $null
            }

            #[inline]
            fn is_null(&self) -> bool {
                *self == $null
            }
        })*
    };
}

integer_fields!(u8: u8::MAX, u16: u16::MAX, u32: u32::MAX, u64: u64::MAX, i8: i8::MIN, i64: i64::MIN);

macro_rules! newtype_fields {
    ($($newtype:ident($integer:ty)),* $(,)?) => {
        $(impl Field for $newtype {
            #[inline]
            fn get(bytes: &[u8]) -> Self {
                Self(<$integer>::get(bytes))
            }

            #[inline]
            fn put(&self, bytes: &mut [u8]) {
                self.0.put(bytes);
            }
        }

        impl Nullable for $newtype {
            #[inline]
            fn null() -> Self {
                Self(<$integer>::null())
            }

            #[inline]
            fn is_null(&self) -> bool {
                self.0.is_null()
            }
        })*
    };
}

newtype_fields!(
    AccountId(u32),
    AssetId(u16),
    InstrumentId(u32),
    KeyId(u32),
    OrderId(u64),
    Ppm(u32),
    ReportSeq(u64),
    Seq(u64),
    SourceId(u16),
    ClientSeq(u64),
    Timestamp(u64),
    TradeId(u64),
);

impl<const N: usize> Field for [u8; N] {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        bytes.try_into().expect("the slice has the field's length")
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(self);
    }
}

/// The entry of a repeating group.
pub(crate) trait Entry: Sized {
    /// Bytes of an entry as this version writes it.
    const BLOCK_LENGTH: usize;
    /// Bytes of an entry as the first version of the schema had it.
    const MINIMUM: usize;
    /// Reads an entry from a block of at least [`Entry::MINIMUM`] bytes.
    fn get(block: &[u8]) -> Self;
    /// Writes an entry to exactly [`Entry::BLOCK_LENGTH`] bytes.
    fn put(&self, block: &mut [u8]);
}

/// What stands before a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the block that follows, before any group or text.
    pub block_length: u16,
    /// Which message.
    pub template_id: u16,
    /// Which schema.
    pub schema_id: u16,
    /// The version of the schema that the sender wrote it with.
    pub version: u16,
}

impl Header {
    /// Reads the header at the start of `bytes`.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] and [`DecodeError::WrongSchema`]. Every template id and every version
    /// passes.
    #[inline]
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
            return Err(DecodeError::Truncated {
                message: "messageHeader",
                needed: HEADER_LEN,
                available: bytes.len(),
            });
        };
        let header = Self {
            block_length: u16::get(&header[0..2]),
            template_id: u16::get(&header[2..4]),
            schema_id: u16::get(&header[4..6]),
            version: u16::get(&header[6..8]),
        };
        if header.schema_id == SCHEMA_ID {
            Ok(header)
        } else {
            Err(DecodeError::WrongSchema {
                found: header.schema_id,
            })
        }
    }
}

/// Walks over the bytes of one message: the block first, then groups, then texts.
pub struct Reader<'a> {
    message: &'static str,
    bytes: &'a [u8],
    block_length: usize,
    at: usize,
}

impl<'a> Reader<'a> {
    /// A reader of `message`, whose header at the start of `bytes` has been read.
    #[inline]
    pub(crate) fn new(message: &'static str, header: Header, bytes: &'a [u8]) -> Self {
        Self {
            message,
            bytes,
            block_length: usize::from(header.block_length),
            at: HEADER_LEN,
        }
    }

    /// Bytes of the message read so far, header included.
    #[inline]
    pub(crate) const fn consumed(&self) -> usize {
        self.at
    }

    /// The whole block, which has at least `minimum` bytes; a newer version may have made it longer.
    #[inline]
    pub(crate) fn block(&mut self, minimum: usize) -> Result<&'a [u8], DecodeError> {
        if self.block_length < minimum {
            return Err(DecodeError::ShortBlock {
                message: self.message,
                found: self.block_length,
                minimum,
            });
        }
        self.take(self.block_length)
    }

    /// A group of entries.
    pub(crate) fn group<T: Entry, const MAX: usize>(
        &mut self,
    ) -> Result<Group<T, MAX>, DecodeError> {
        let header = self.take(GROUP_HEADER_LEN)?;
        let block_length = usize::from(u16::get(&header[0..2]));
        let count = usize::from(u16::get(&header[2..4]));
        if count > MAX {
            return Err(DecodeError::TooManyEntries {
                message: self.message,
                found: count,
                maximum: MAX,
            });
        }
        if block_length < T::MINIMUM {
            return Err(DecodeError::ShortBlock {
                message: self.message,
                found: block_length,
                minimum: T::MINIMUM,
            });
        }
        let entries = self.take(block_length * count)?;
        Ok(Group::collect(
            entries.chunks_exact(block_length).map(T::get),
        ))
    }

    /// A text.
    pub(crate) fn text(&mut self) -> Result<VarText, DecodeError> {
        let len = usize::from(u16::get(self.take(TEXT_HEADER_LEN)?));
        let bytes = self.take(len)?;
        let invalid = DecodeError::InvalidText {
            message: self.message,
            length: len,
        };
        let text = core::str::from_utf8(bytes).map_err(|_| invalid)?;
        VarText::exact(text).ok_or(invalid)
    }

    #[inline]
    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let rest = &self.bytes[self.at..];
        if rest.len() < count {
            return Err(DecodeError::Truncated {
                message: self.message,
                needed: self.at + count,
                available: self.bytes.len(),
            });
        }
        self.at += count;
        Ok(&rest[..count])
    }
}

/// Writes one message into bytes that are exactly as long as it.
pub struct Writer<'a> {
    rest: &'a mut [u8],
}

impl<'a> Writer<'a> {
    /// Writes the header of a message with this block.
    #[inline]
    pub(crate) fn new(bytes: &'a mut [u8], template_id: u16, block_length: u16) -> Self {
        let mut writer = Self { rest: bytes };
        let header = writer.block::<HEADER_LEN>();
        block_length.put(&mut header[0..2]);
        template_id.put(&mut header[2..4]);
        SCHEMA_ID.put(&mut header[4..6]);
        SCHEMA_VERSION.put(&mut header[6..8]);
        writer
    }

    /// The next `N` bytes.
    #[inline]
    pub(crate) fn block<const N: usize>(&mut self) -> &'a mut [u8; N] {
        self.take(N)
            .try_into()
            .expect("as many bytes were taken as asked for")
    }

    /// Writes a group.
    pub(crate) fn group<T: Entry, const MAX: usize>(&mut self, group: &Group<T, MAX>) {
        let header = self.block::<GROUP_HEADER_LEN>();
        let short = |count: usize| u16::try_from(count).expect("a group fits in one frame");
        short(T::BLOCK_LENGTH).put(&mut header[0..2]);
        short(group.len()).put(&mut header[2..4]);
        for entry in group {
            entry.put(self.take(T::BLOCK_LENGTH));
        }
    }

    /// Writes a text.
    pub(crate) fn text(&mut self, text: &VarText) {
        let header = self.block::<TEXT_HEADER_LEN>();
        u16::try_from(text.len())
            .expect("a text fits in one frame")
            .put(header);
        self.take(text.len()).copy_from_slice(text.as_bytes());
    }

    #[inline]
    fn take(&mut self, count: usize) -> &'a mut [u8] {
        let (taken, rest) = core::mem::take(&mut self.rest)
            .split_at_mut_checked(count)
            .expect("encoded_len counted every byte of the message");
        self.rest = rest;
        taken
    }
}
