//! The segment header: the first page of every segment, written once.
//!
//! ```text
//! byte  0 magic │  8 format version │ 12 rules version │ 16 exchange id │ 32 epoch │ 40 first sequence
//!      48 synced │ 56 segment bytes │ 64 time before │ 72 crc before │ 76 shard │ 77 zeros │ 124 crc
//! ```
//!
//! It says whose records follow, from which sequence, and by which rules. Its checksum covers all of
//! that and the checksum of the last record of the segment before, and is what the first record
//! continues from: the chain runs through the whole journal. Magic, format version and checksum stay
//! where they are in every version to come, so that an older build can tell a newer file from a damaged
//! one and refuses it by name.

use rialto_types::{Seq, ShardId, Timestamp};

use crate::record::{PAGE_BYTES, long, word};
use crate::{Epoch, ExchangeId};

/// What a segment begins with.
pub const MAGIC: [u8; 8] = *b"RIALTOJ\x1a";
/// The version of the format that this build writes and reads; docs/FORMAT.md.
pub const FORMAT_VERSION: u32 = 1;
/// Bytes of the header. The rest of its page is zeros.
pub const SEGMENT_HEADER_BYTES: usize = 128;
/// Where the records begin: on a page of their own, so that the header's is never written again.
pub const RECORDS_AT: u64 = PAGE_BYTES as u64;
/// The smallest segment: the header's page and one of records.
const SEGMENT_BYTES_MIN: u64 = 2 * PAGE_BYTES as u64;
/// The largest segment.
const SEGMENT_BYTES_MAX: u64 = 1 << 36;
const CRC_AT: usize = 124;
/// Order ids have five bits for the shard.
pub(crate) const SHARD_MAX: u8 = 31;

/// The size of a segment: whole pages, 8 KiB to 64 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentBytes(u64);

/// A size that no segment can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a segment of {0} bytes is not possible: choose a multiple of {PAGE_BYTES}, from \
     {SEGMENT_BYTES_MIN} to {SEGMENT_BYTES_MAX}"
)]
pub struct InvalidSegmentBytes(pub u64);

impl SegmentBytes {
    /// A size.
    ///
    /// # Errors
    /// [`InvalidSegmentBytes`] when it is no multiple of a page, too small or too large.
    pub const fn new(bytes: u64) -> Result<Self, InvalidSegmentBytes> {
        let in_range = bytes >= SEGMENT_BYTES_MIN && bytes <= SEGMENT_BYTES_MAX;
        if in_range && bytes.is_multiple_of(PAGE_BYTES as u64) {
            Ok(Self(bytes))
        } else {
            Err(InvalidSegmentBytes(bytes))
        }
    }

    /// The size in bytes.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl Default for SegmentBytes {
    /// 256 MiB: four million orders.
    fn default() -> Self {
        Self(256 << 20)
    }
}

/// A segment header whose checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The rules by which its commands are applied.
    pub rules_version: u32,
    /// Whose journal it is.
    pub exchange_id: ExchangeId,
    /// The writer's life in which it was begun.
    pub epoch: Epoch,
    /// The sequence of its first command.
    pub first_seq: Seq,
    /// Every command up to here was on the disk when it was begun. Lower than `first_seq`.
    pub synced: Seq,
    /// The size of the file.
    pub segment_bytes: SegmentBytes,
    /// The time of the command before its first.
    pub time_before: Timestamp,
    /// The checksum of the record before its first; 0 in the first segment.
    pub crc_before: u32,
    /// Which shard's journal it is: 0 to 31.
    pub shard: ShardId,
}

/// Why a page is no segment header that this build can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// A page of zeros: a segment that was prepared and not yet begun.
    #[error("its header was never written")]
    Empty,
    /// Another program's file.
    #[error("it begins with {found:02x?}, where a journal begins with {MAGIC:02x?}")]
    Magic {
        /// The first bytes.
        found: [u8; 8],
    },
    /// Another version's file.
    #[error("it has format version {found}, and this build reads version {FORMAT_VERSION}")]
    Version {
        /// The version found.
        found: u32,
    },
    /// Damaged or torn.
    #[error("its header's checksum is {stated:08x}, but its bytes give {computed:08x}")]
    Checksum {
        /// As written.
        stated: u32,
        /// As it should be.
        computed: u32,
    },
    /// The checksum is right, and yet a field cannot be.
    #[error("its header's {field} is {value}, which cannot be")]
    Field {
        /// Which.
        field: &'static str,
        /// What it holds.
        value: u64,
    },
}

impl SegmentHeader {
    /// The header's bytes, and its checksum, which the first record continues from.
    pub fn encode(&self) -> ([u8; SEGMENT_HEADER_BYTES], u32) {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        let mut at = 0;
        let mut put = |field: &[u8]| {
            bytes[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        };
        put(&MAGIC);
        put(&FORMAT_VERSION.to_le_bytes());
        put(&self.rules_version.to_le_bytes());
        put(&self.exchange_id.0);
        put(&self.epoch.0.to_le_bytes());
        put(&self.first_seq.0.to_le_bytes());
        put(&self.synced.0.to_le_bytes());
        put(&self.segment_bytes.0.to_le_bytes());
        put(&self.time_before.0.to_le_bytes());
        put(&self.crc_before.to_le_bytes());
        put(&[self.shard.0]);
        let crc = crc32c::crc32c(&bytes[..CRC_AT]);
        bytes[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        (bytes, crc)
    }

    /// Reads a segment's first page; with the header comes its checksum.
    ///
    /// # Errors
    /// [`HeaderFault`] when it is not a header of this version.
    ///
    /// # Panics
    /// When `page` is shorter than a header.
    pub fn decode(page: &[u8]) -> Result<(Self, u32), HeaderFault> {
        let bytes: &[u8; SEGMENT_HEADER_BYTES] =
            page.first_chunk().expect("a page holds a segment header");
        if bytes.iter().all(|byte| *byte == 0) {
            return Err(HeaderFault::Empty);
        }
        let magic: &[u8; 8] = bytes
            .first_chunk()
            .expect("a header begins with eight bytes");
        let (stated, computed) = (word(bytes, CRC_AT), crc32c::crc32c(&bytes[..CRC_AT]));
        if *magic != MAGIC {
            return Err(HeaderFault::Magic { found: *magic });
        }
        if stated != computed {
            return Err(HeaderFault::Checksum { stated, computed });
        }
        let version = word(bytes, 8);
        if version != FORMAT_VERSION {
            return Err(HeaderFault::Version { found: version });
        }
        let size = long(bytes, 56);
        let field = |field, value| HeaderFault::Field { field, value };
        if let Some(reserved) = bytes[77..CRC_AT].iter().find(|byte| **byte != 0) {
            return Err(field("reserved byte", (*reserved).into()));
        }
        let (first_seq, synced) = (Seq(long(bytes, 40)), Seq(long(bytes, 48)));
        if synced >= first_seq {
            return Err(field("synced sequence", synced.0));
        }
        let shard = ShardId(bytes[76]);
        if shard.0 > SHARD_MAX {
            return Err(field("shard", shard.0.into()));
        }
        let header = Self {
            rules_version: word(bytes, 12),
            exchange_id: ExchangeId(bytes[16..32].try_into().expect("16 bytes are 16 bytes")),
            epoch: Epoch(long(bytes, 32)),
            first_seq,
            synced,
            segment_bytes: SegmentBytes::new(size).map_err(|_| field("segment size", size))?,
            time_before: Timestamp(long(bytes, 64)),
            crc_before: word(bytes, 72),
            shard,
        };
        Ok((header, computed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> SegmentHeader {
        SegmentHeader {
            rules_version: 1,
            exchange_id: ExchangeId(*b"0123456789abcdef"),
            epoch: Epoch(2),
            first_seq: Seq(1_000),
            synced: Seq(990),
            segment_bytes: SegmentBytes::new(8192).unwrap(),
            time_before: Timestamp(5),
            crc_before: 0x1234_5678,
            shard: ShardId(3),
        }
    }

    #[test]
    fn a_header_is_read_back_and_no_bit_of_it_may_change() {
        let (bytes, crc) = header().encode();
        assert_eq!(SegmentHeader::decode(&bytes), Ok((header(), crc)));
        for bit in 0..SEGMENT_HEADER_BYTES * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(SegmentHeader::decode(&flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_newer_version_is_named() {
        let (mut bytes, _) = header().encode();
        bytes[8] = 2;
        assert!(matches!(
            SegmentHeader::decode(&bytes),
            Err(HeaderFault::Checksum { .. })
        ));
        let crc = crc32c::crc32c(&bytes[..CRC_AT]);
        bytes[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        let fault = SegmentHeader::decode(&bytes).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "it has format version 2, and this build reads version 1"
        );
        assert_eq!(SegmentHeader::decode(&[0; 128]), Err(HeaderFault::Empty));
    }

    #[test]
    fn a_header_states_nothing_that_cannot_be() {
        let decoded = |header: SegmentHeader| SegmentHeader::decode(&header.encode().0);
        let field = |field, value| Err(HeaderFault::Field { field, value });
        for synced in [0, 998, 999] {
            let good = SegmentHeader {
                synced: Seq(synced),
                ..header()
            };
            assert_eq!(decoded(good).unwrap().0, good);
        }
        for synced in [1_000, 1_001, u64::MAX] {
            let bad = SegmentHeader {
                synced: Seq(synced),
                ..header()
            };
            assert_eq!(decoded(bad), field("synced sequence", synced));
        }
        let of_shard = |shard| SegmentHeader {
            shard: ShardId(shard),
            ..header()
        };
        assert_eq!(decoded(of_shard(31)).unwrap().0, of_shard(31));
        for shard in [32, 255] {
            assert_eq!(decoded(of_shard(shard)), field("shard", shard.into()));
        }
    }

    #[test]
    fn sizes_are_whole_pages() {
        assert_eq!(SegmentBytes::default().get(), 256 << 20);
        for bad in [0, 4096, 8193, 1 << 37] {
            assert_eq!(SegmentBytes::new(bad), Err(InvalidSegmentBytes(bad)));
        }
    }
}
