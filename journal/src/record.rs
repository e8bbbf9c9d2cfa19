//! One record: its header, its extent within a page, its link in the chain. Pure; no I/O.
//!
//! ```text
//! byte 0        4        6     7      8          16         24
//!      │ crc    │ length │kind │flags │ seq      │ time     │ payload … │ zeros │
//!      └ CRC-32C of everything after itself, continued from the previous record's
//! ```
//!
//! `length` counts header and payload. A record begins at a multiple of 8 and takes its length rounded
//! up to one; if then fewer bytes than a header are left in its page, it takes those too. So every byte
//! of a page belongs to a record, no record lies in two pages, and the extent follows from position and
//! length alone.
//!
//! The CRC continues from the previous record's, the first one's from the segment header's. A record is
//! therefore valid in one place of one history only: one left over from an earlier use of the same bytes
//! has followed another history, and its CRC does not fit. Cost: 3 ns for 64 bytes.

use rialto_types::{CommandKind, Seq, Timestamp};

#[cfg(all(feature = "planted-fault-skip-chain", not(debug_assertions)))]
compile_error!(
    "the feature planted-fault-skip-chain takes the journal's chain away: it is for the simulator's own \
     test, and never for a build that somebody might run an exchange with"
);

/// A page, in bytes. Part of the format, whatever the machine's pages are: what a disk loses or tears,
/// it loses in pages.
pub const PAGE_BYTES: usize = 4096;
/// Bytes of a record's header.
pub const HEADER_BYTES: usize = 24;
/// No record is longer, its padding not counted.
pub const RECORD_BYTES_MAX: usize = 192;
/// A buffer of this size holds every record with its padding: less than a header is added at the end
/// of a page.
pub const EXTENT_BYTES_MAX: usize = RECORD_BYTES_MAX + HEADER_BYTES;
/// Records begin at multiples of this.
pub const ALIGNMENT: usize = 8;

const PAD: u8 = 0xf0;
const GROUP: u8 = 0xf1;
const DECISION: u8 = 0xf2;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// An input of the core. Its sequence is one above the previous command's.
    Command(CommandKind),
    /// Fills the rest of a page that the next record did not fit into. Has the sequence and the time
    /// of the command before it.
    Pad,
    /// States what is known to be synced; see [`crate::group`]. Has the sequence and the time of the
    /// command before it.
    Group,
    /// An operator's decision about an earlier record; see [`crate::decision`]. Has the sequence and the
    /// time of the command before it.
    Decision,
}

impl RecordKind {
    /// The byte in the header.
    #[inline]
    pub const fn code(self) -> u8 {
        match self {
            Self::Command(kind) => kind as u8,
            Self::Pad => PAD,
            Self::Group => GROUP,
            Self::Decision => DECISION,
        }
    }

    /// Reads the byte; `None` for one that this version does not know.
    #[inline]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            PAD => Some(Self::Pad),
            GROUP => Some(Self::Group),
            DECISION => Some(Self::Decision),
            _ => match CommandKind::from_u8(code) {
                Some(kind) => Some(Self::Command(kind)),
                None => None,
            },
        }
    }
}

/// What a header states besides the checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHead {
    /// What the record is.
    pub kind: RecordKind,
    /// Bits whose meaning depends on the kind.
    pub flags: u8,
    /// Bytes of header and payload.
    pub length: usize,
    /// The sequence of the command, or of the command before.
    pub seq: Seq,
    /// The time of the command, or of the command before.
    pub time: Timestamp,
}

/// A record whose checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its checksum, from which the next one continues.
    pub crc: u32,
    /// The kind, as written.
    pub kind: u8,
    /// The flags.
    pub flags: u8,
    /// The sequence.
    pub seq: Seq,
    /// The time.
    pub time: Timestamp,
    /// What follows the header, without padding.
    pub payload: &'a [u8],
    /// Bytes that it takes, padding included.
    pub extent: usize,
}

/// Why the bytes at a place are no record of this history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// A header of zeros: nothing was written here.
    #[error("nothing is written there")]
    Empty,
    /// A length that no record can have.
    #[error("its length is {length}, where {HEADER_BYTES} to {room} bytes are possible")]
    Length {
        /// The length found.
        length: usize,
        /// Bytes to the end of the page.
        room: usize,
    },
    /// The checksum is wrong: torn, damaged, or of another history.
    #[error(
        "its checksum is {stated:08x}, but its bytes after those before it give {computed:08x}"
    )]
    Checksum {
        /// As written.
        stated: u32,
        /// As it should be.
        computed: u32,
    },
}

/// Bytes that a record of `length` takes where `room` bytes are left in the page; `None` when it does
/// not fit.
#[inline]
pub const fn extent(length: usize, room: usize) -> Option<usize> {
    let aligned = length.next_multiple_of(ALIGNMENT);
    if aligned > room {
        None
    } else if room - aligned < HEADER_BYTES {
        Some(room)
    } else {
        Some(aligned)
    }
}

/// Bytes left in the page at `offset`: a whole page at its beginning.
#[inline]
pub const fn room(offset: u64) -> usize {
    PAGE_BYTES - index(offset % PAGE_BYTES as u64)
}

/// A count of bytes that lie in memory, as an index.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "a journal is only built for machines with addresses of 64 bits"
)]
pub(crate) const fn index(bytes: u64) -> usize {
    const { assert!(usize::BITS == 64, "segments do not fit smaller addresses") };
    bytes as usize
}

/// What a record's checksum continues from: that of the record before, unless that fault was planted.
#[inline]
const fn continued(previous_crc: u32) -> u32 {
    if cfg!(feature = "planted-fault-skip-chain") {
        0
    } else {
        previous_crc
    }
}

/// Whether a segment that states `crc_before` follows a record with this checksum.
#[inline]
pub(crate) const fn is_linked(crc_before: u32, crc: u32) -> bool {
    cfg!(feature = "planted-fault-skip-chain") || crc_before == crc
}

/// Completes a record whose payload is in place after the header: writes the header, the padding and
/// the checksum that continues from `previous_crc`, which it returns. `record` is the whole extent.
///
/// # Panics
/// When the length does not fit the extent, or the extent no page.
#[inline]
pub fn seal(record: &mut [u8], head: &RecordHead, previous_crc: u32) -> u32 {
    write_head(record, head);
    record[head.length..].fill(0);
    let crc = crc32c::crc32c_append(continued(previous_crc), &record[4..]);
    record[..4].copy_from_slice(&crc.to_le_bytes());
    crc
}

/// Writes the header, but for the checksum.
#[inline]
pub(crate) fn write_head(record: &mut [u8], head: &RecordHead) {
    let length = u16::try_from(head.length).expect("a record has at most a page");
    record[4..6].copy_from_slice(&length.to_le_bytes());
    record[6] = head.kind.code();
    record[7] = head.flags;
    record[8..16].copy_from_slice(&head.seq.0.to_le_bytes());
    record[16..24].copy_from_slice(&head.time.0.to_le_bytes());
}

/// Reads the record at the front of `bytes`, which reach to the end of its page.
///
/// # Errors
/// [`FrameFault`] when there is none that continues the chain.
///
/// # Panics
/// When `bytes` are fewer than a header, which the extents rule out.
#[inline]
pub fn read(bytes: &[u8], previous_crc: u32) -> Result<Frame<'_>, FrameFault> {
    let header: &[u8; HEADER_BYTES] = bytes
        .first_chunk()
        .expect("a page's rest is empty or holds a header");
    let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
    if length < HEADER_BYTES && header.iter().all(|byte| *byte == 0) {
        return Err(FrameFault::Empty);
    }
    let extent = match extent(length, bytes.len()) {
        Some(extent) if length >= HEADER_BYTES => extent,
        _ => {
            let room = bytes.len();
            return Err(FrameFault::Length { length, room });
        }
    };
    let stated = word(header, 0);
    let computed = crc32c::crc32c_append(continued(previous_crc), &bytes[4..extent]);
    if stated != computed {
        return Err(FrameFault::Checksum { stated, computed });
    }
    Ok(Frame {
        crc: computed,
        kind: header[6],
        flags: header[7],
        seq: Seq(long(header, 8)),
        time: Timestamp(long(header, 16)),
        payload: &bytes[HEADER_BYTES..length],
        extent,
    })
}

/// The four bytes at `at` as an integer.
#[inline]
pub(crate) fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(
        bytes[at..at + 4]
            .try_into()
            .expect("four bytes are four bytes"),
    )
}

/// The eight bytes at `at` as an integer.
#[inline]
pub(crate) fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(
        bytes[at..at + 8]
            .try_into()
            .expect("eight bytes are eight bytes"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(length: usize, previous_crc: u32) -> Vec<u8> {
        let head = RecordHead {
            kind: RecordKind::Command(CommandKind::Tick),
            flags: 0,
            length,
            seq: Seq(7),
            time: Timestamp(9),
        };
        let mut record = vec![0xab; extent(length, PAGE_BYTES).unwrap()];
        seal(&mut record, &head, previous_crc);
        record.resize(PAGE_BYTES, 0);
        record
    }

    #[test]
    fn an_extent_leaves_room_for_a_header_or_nothing() {
        for room in (HEADER_BYTES..=PAGE_BYTES).step_by(ALIGNMENT) {
            for length in HEADER_BYTES..=RECORD_BYTES_MAX {
                let Some(extent) = extent(length, room) else {
                    assert!(length > room - ALIGNMENT);
                    continue;
                };
                let left = room - extent;
                assert!(extent >= length && extent.is_multiple_of(ALIGNMENT));
                assert!(extent <= EXTENT_BYTES_MAX, "{length} in {room}");
                assert!(left == 0 || left >= HEADER_BYTES, "{length} in {room}");
            }
        }
    }

    #[test]
    fn a_record_is_read_where_it_follows_and_nowhere_else() {
        let page = sealed(61, 5);
        let frame = read(&page, 5).unwrap();
        assert_eq!(
            (frame.seq, frame.time, frame.extent),
            (Seq(7), Timestamp(9), 64)
        );
        assert_eq!(frame.payload, [0xab; 37]);
        assert!(matches!(read(&page, 6), Err(FrameFault::Checksum { .. })));
    }

    #[test]
    fn zeros_and_impossible_lengths_are_told_apart() {
        let mut page = vec![0; PAGE_BYTES];
        assert_eq!(read(&page, 0), Err(FrameFault::Empty));
        page[20] = 1;
        let short = FrameFault::Length {
            length: 0,
            room: PAGE_BYTES,
        };
        assert_eq!(read(&page, 0), Err(short));
        page[4..6].copy_from_slice(&4097_u16.to_le_bytes());
        assert!(matches!(
            read(&page, 0),
            Err(FrameFault::Length { length: 4097, .. })
        ));
    }

    #[test]
    fn kinds_are_read_back() {
        let known = (0..=u8::MAX).filter_map(RecordKind::from_code);
        assert_eq!(known.clone().count(), CommandKind::ALL.len() + 3);
        for kind in known {
            assert_eq!(RecordKind::from_code(kind.code()), Some(kind));
        }
    }
}
