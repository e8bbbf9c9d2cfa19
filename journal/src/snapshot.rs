//! A snapshot: the whole state after one command, to replay from instead of from the beginning.
//!
//! ```text
//! byte   0 magic │ 8 format │ 12 rules │ 16 exchange id │ 32 seq │ 40 time │ 48 state bytes
//!       56 annex bytes │ 64 state hash │ 96 link │ 100 body crc │ 104 shard │ 105 zeros │ 124 crc
//!      128 state image │ annex
//! ```
//!
//! It stands at the end of a segment: `link` is the checksum that the next segment's header states as
//! `crc before`, so that a snapshot fits one history only. Bytes are believed in this order: the header's
//! checksum, the sizes, the body's checksum, the state hash; only then are they decoded, and whether the
//! state can be is `Exchange::restore`'s to say. Pure; the files are [`crate::snapshots`]'s. Cost: linear,
//! about 100 bytes and 100 ns an order.

use rialto_engine::RULES_VERSION;
use rialto_engine::StateImage;
use rialto_types::{Seq, ShardId, Timestamp};
use thiserror::Error;

use crate::ExchangeId;
use crate::codec::PayloadError;
use crate::codec::annex::{Annex, decode_annex, encode_annex};
use crate::codec::image::{decode_image, encode_image};
use crate::header::SHARD_MAX;
use crate::record::{index, long, word};
use crate::recovery::Base;

/// What a snapshot begins with.
pub const MAGIC: [u8; 8] = *b"RIALTOS\x1a";
/// The version of the format that this build writes and reads; docs/FORMAT.md.
pub const SNAPSHOT_VERSION: u32 = 1;
/// Bytes of the header; the body begins behind it.
pub const SNAPSHOT_HEADER_BYTES: usize = 128;
/// No snapshot is larger: some hundred million orders.
pub const SNAPSHOT_BYTES_MAX: u64 = 1 << 36;
const CRC_AT: usize = 124;
const RESERVED_FROM: usize = 105;

/// A state and where it stands in which history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Whose.
    pub exchange_id: ExchangeId,
    /// The checksum that the next segment's header states as the one before.
    pub link: u32,
    /// The state. Its sequence is the last of a segment.
    pub image: StateImage,
    /// What clients are told besides.
    pub annex: Annex,
}

/// What a header states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotHeader {
    /// The rules under which the state came about.
    pub rules_version: u32,
    /// Whose it is.
    pub exchange_id: ExchangeId,
    /// The last command that is part of it.
    pub seq: Seq,
    /// The time of that command.
    pub time: Timestamp,
    /// Bytes of the state image.
    pub state_bytes: u64,
    /// Bytes of the annex.
    pub annex_bytes: u64,
    /// BLAKE3 over the state image.
    pub state_hash: [u8; 32],
    /// As [`Snapshot::link`].
    pub link: u32,
    /// CRC-32C over the body.
    pub body_crc: u32,
    /// Which shard's.
    pub shard: ShardId,
}

/// Why bytes are no snapshot that this build can use.
#[derive(Debug, Error)]
pub enum SnapshotFault {
    /// Not even a header.
    #[error("it has {found} bytes, fewer than the header of {SNAPSHOT_HEADER_BYTES}")]
    Short {
        /// Bytes there are.
        found: u64,
    },
    /// Another program's file.
    #[error("it begins with {found:02x?}, where a snapshot begins with {MAGIC:02x?}")]
    Magic {
        /// The first bytes.
        found: [u8; 8],
    },
    /// Another version's file.
    #[error(
        "it has snapshot format version {found}, and this build reads version {SNAPSHOT_VERSION}"
    )]
    Version {
        /// The version found.
        found: u32,
    },
    /// A state that came about under later rules.
    #[error(
        "its state came about under version {found} of the rules, and this build has version \
         {RULES_VERSION}"
    )]
    LaterRules {
        /// The version of the rules.
        found: u32,
    },
    /// Damaged or torn.
    #[error("the checksum of its {part} is {stated:08x}, but the bytes give {computed:08x}")]
    Checksum {
        /// Header or body.
        part: &'static str,
        /// As written.
        stated: u32,
        /// As it should be.
        computed: u32,
    },
    /// The checksum is right, and yet a field cannot be.
    #[error("its {field} is {value}, which cannot be")]
    Field {
        /// Which.
        field: &'static str,
        /// What it holds.
        value: u64,
    },
    /// Cut or lengthened.
    #[error("it has {found} bytes, but its header states {stated}")]
    Size {
        /// The size of the file.
        found: u64,
        /// The size that follows from the header.
        stated: u64,
    },
    /// The state's bytes are not those that were hashed.
    #[error("the hash of its state is not the one that its header states")]
    StateHash,
    /// Bytes that do not decode.
    #[error("it does not decode: {0}")]
    Payload(#[from] PayloadError),
}

impl SnapshotFault {
    /// Whether the file may be as good as any, and a newer build wrote it.
    pub const fn is_newer(&self) -> bool {
        match self {
            Self::Version { found } => *found > SNAPSHOT_VERSION,
            Self::LaterRules { .. } => true,
            _ => false,
        }
    }
}

impl SnapshotHeader {
    /// The header's bytes.
    pub fn encode(&self) -> [u8; SNAPSHOT_HEADER_BYTES] {
        let mut bytes = [0; SNAPSHOT_HEADER_BYTES];
        let mut at = 0;
        let mut put = |field: &[u8]| {
            bytes[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        };
        put(&MAGIC);
        put(&SNAPSHOT_VERSION.to_le_bytes());
        put(&self.rules_version.to_le_bytes());
        put(&self.exchange_id.0);
        put(&self.seq.0.to_le_bytes());
        put(&self.time.0.to_le_bytes());
        put(&self.state_bytes.to_le_bytes());
        put(&self.annex_bytes.to_le_bytes());
        put(&self.state_hash);
        put(&self.link.to_le_bytes());
        put(&self.body_crc.to_le_bytes());
        put(&[self.shard.0]);
        let crc = crc32c::crc32c(&bytes[..CRC_AT]);
        bytes[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads a header. The file has `file_bytes` bytes.
    ///
    /// # Errors
    /// [`SnapshotFault`] when it is not a header of this version, or not of such a file.
    ///
    /// # Panics
    /// Never: a header has all of its fields.
    pub fn decode(bytes: &[u8], file_bytes: u64) -> Result<Self, SnapshotFault> {
        let Some(bytes) = bytes.first_chunk::<SNAPSHOT_HEADER_BYTES>() else {
            let found = bytes.len() as u64;
            return Err(SnapshotFault::Short { found });
        };
        let magic = bytes.first_chunk().expect("a header has eight bytes");
        if *magic != MAGIC {
            return Err(SnapshotFault::Magic { found: *magic });
        }
        check_crc(
            "header",
            word(bytes, CRC_AT),
            crc32c::crc32c(&bytes[..CRC_AT]),
        )?;
        let version = word(bytes, 8);
        if version != SNAPSHOT_VERSION {
            return Err(SnapshotFault::Version { found: version });
        }
        let rules_version = word(bytes, 12);
        if rules_version > RULES_VERSION {
            let found = rules_version;
            return Err(SnapshotFault::LaterRules { found });
        }
        if let Some(reserved) = bytes[RESERVED_FROM..CRC_AT].iter().find(|byte| **byte != 0) {
            return Err(field("reserved byte", (*reserved).into()));
        }
        let shard = ShardId(bytes[104]);
        if shard.0 > SHARD_MAX {
            return Err(field("shard", shard.0.into()));
        }
        let header = Self {
            rules_version,
            exchange_id: ExchangeId(bytes[16..32].try_into().expect("16 bytes are 16 bytes")),
            seq: Seq(long(bytes, 32)),
            time: Timestamp(long(bytes, 40)),
            state_bytes: long(bytes, 48),
            annex_bytes: long(bytes, 56),
            state_hash: bytes[64..96].try_into().expect("32 bytes are 32 bytes"),
            link: word(bytes, 96),
            body_crc: word(bytes, 100),
            shard,
        };
        let stated = header.file_bytes();
        if stated != Some(file_bytes) || file_bytes > SNAPSHOT_BYTES_MAX {
            let (found, stated) = (file_bytes, stated.unwrap_or(u64::MAX));
            return Err(SnapshotFault::Size { found, stated });
        }
        Ok(header)
    }

    /// The size of the whole file.
    fn file_bytes(&self) -> Option<u64> {
        let body = self.state_bytes.checked_add(self.annex_bytes)?;
        body.checked_add(SNAPSHOT_HEADER_BYTES as u64)
    }
}

impl Snapshot {
    /// Where it stands in the journal.
    pub const fn base(&self) -> Base {
        Base {
            exchange_id: self.exchange_id,
            seq: self.image.seq,
            link: self.link,
        }
    }

    /// The bytes of the file, and the header among them.
    ///
    /// # Panics
    /// Never: memory takes every byte.
    pub fn encode(&self) -> (Vec<u8>, SnapshotHeader) {
        let mut bytes = vec![0; SNAPSHOT_HEADER_BYTES];
        encode_image(&self.image, &mut bytes).expect("memory takes every byte");
        let state_end = bytes.len();
        encode_annex(&self.annex, &mut bytes).expect("memory takes every byte");
        let (state, body) = (
            &bytes[SNAPSHOT_HEADER_BYTES..state_end],
            &bytes[SNAPSHOT_HEADER_BYTES..],
        );
        let header = SnapshotHeader {
            rules_version: self.image.rules_version,
            exchange_id: self.exchange_id,
            seq: self.image.seq,
            time: self.image.time,
            state_bytes: state.len() as u64,
            annex_bytes: (bytes.len() - state_end) as u64,
            state_hash: *blake3::hash(state).as_bytes(),
            link: self.link,
            body_crc: crc32c::crc32c(body),
            shard: self.image.shard,
        };
        bytes[..SNAPSHOT_HEADER_BYTES].copy_from_slice(&header.encode());
        (bytes, header)
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// [`SnapshotFault`].
    pub fn decode(bytes: &[u8]) -> Result<(Self, SnapshotHeader), SnapshotFault> {
        let header = SnapshotHeader::decode(bytes, bytes.len() as u64)?;
        let body = &bytes[SNAPSHOT_HEADER_BYTES..];
        check_crc("body", header.body_crc, crc32c::crc32c(body))?;
        let (state, annex) = body.split_at(index(header.state_bytes));
        if *blake3::hash(state).as_bytes() != header.state_hash {
            return Err(SnapshotFault::StateHash);
        }
        let image = decode_image(state)?;
        // The header is what the directory was judged by, so it must tell of the same state.
        for (name, stated, found) in [
            ("sequence", header.seq.0, image.seq.0),
            ("time", header.time.0, image.time.0),
            ("shard", header.shard.0.into(), image.shard.0.into()),
            (
                "rules version",
                header.rules_version.into(),
                image.rules_version.into(),
            ),
        ] {
            if stated != found {
                return Err(field(name, stated));
            }
        }
        let annex = decode_annex(annex, &image)?;
        let snapshot = Self {
            exchange_id: header.exchange_id,
            link: header.link,
            image,
            annex,
        };
        Ok((snapshot, header))
    }
}

fn check_crc(part: &'static str, stated: u32, computed: u32) -> Result<(), SnapshotFault> {
    if stated == computed {
        return Ok(());
    }
    Err(SnapshotFault::Checksum {
        part,
        stated,
        computed,
    })
}

const fn field(field: &'static str, value: u64) -> SnapshotFault {
    SnapshotFault::Field { field, value }
}
