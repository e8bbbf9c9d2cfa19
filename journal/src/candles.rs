//! The candles beside a snapshot: what the trades before it came to, so that a restart need not forget them.
//!
//! ```text
//! byte   0 magic │ 8 format │ 12 link │ 16 exchange id │ 32 seq │ 40 time │ 48 body bytes
//!       56 body crc │ 60 zeros │ 124 crc
//!      128 the instruments' candles
//! ```
//!
//! No core depends on them and no state hash covers them: they are derived from the journal, and a file of
//! them that is no good costs the past of some charts and nothing else. That is why they do not stand in the
//! snapshot. Like one they fit one place of one history only, by sequence and link. Bytes are believed in the
//! order in which those of a snapshot are. Whether candles can be of a state's trades is the read models' to
//! say. Pure; the files are [`crate::candle_files`]'s. Cost: linear, 80 bytes a candle.

use std::io::{self, Write};

use bincode::{Decode, Encode};
use rialto_types::{Price, Seq, Timestamp};
use thiserror::Error;

use crate::ExchangeId;
use crate::codec::image::{read_all, write, write_all};
use crate::codec::{PayloadError, end, take};
use crate::record::{long, word};
use crate::recovery::Base;

/// What a file of candles begins with.
pub const MAGIC: [u8; 8] = *b"RIALTOC\x1a";
/// The version of the format that this build writes and reads; docs/FORMAT.md.
pub const CANDLES_VERSION: u32 = 1;
/// Bytes of the header; the body begins behind it.
pub const CANDLES_HEADER_BYTES: usize = 128;
/// Lengths of candles: 1 s, 1, 5 and 15 minutes, 1 and 4 hours, 1 day.
pub const SERIES_COUNT: usize = 7;
/// No series is longer: a day of minutes.
pub const SERIES_CANDLES_MAX: usize = 1_440;
/// Bytes of a candle.
const CANDLE_BYTES: u64 = 80;
/// An instrument's beginning and the count of each of its series.
const INSTRUMENT_HEAD_BYTES: u64 = 8 + 8 * SERIES_COUNT as u64;
const CRC_AT: usize = 124;
const RESERVED_FROM: usize = 60;

/// The candles of all instruments and where they stand in which history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candles {
    /// The place of the snapshot that they go along.
    pub base: Base,
    /// The time of its last command.
    pub time: Timestamp,
    /// By id of the instruments, from 1.
    pub instruments: Vec<InstrumentCandles>,
}

/// The candles of an instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstrumentCandles {
    /// Trades from this time on are counted; 0 when all are.
    pub since: Timestamp,
    /// By their length, ascending; of each length ascending, [`SERIES_CANDLES_MAX`] at most.
    pub series: [Vec<CandleRow>; SERIES_COUNT],
}

/// The trades of one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CandleRow {
    /// When the interval begins.
    pub open_time: Timestamp,
    /// The first price.
    pub open: Price,
    /// The highest.
    pub high: Price,
    /// The lowest.
    pub low: Price,
    /// The last.
    pub close: Price,
    /// Sum of quantities, in lots.
    pub volume_lots: i128,
    /// Sum of price × quantity, in quote units.
    pub quote_volume_units: i128,
    /// Trades.
    pub trade_count: u64,
}

/// Mirrors [`CandleRow`].
#[derive(Encode, Decode)]
struct CandleMirror {
    open_time: u64,
    open: i64,
    high: i64,
    low: i64,
    close: i64,
    volume_lots: i128,
    quote_volume_units: i128,
    trade_count: u64,
}

/// Why bytes are no candles that this build can use.
#[derive(Debug, Error)]
pub enum CandlesFault {
    /// Not even a header.
    #[error("it has {found} bytes, fewer than the header of {CANDLES_HEADER_BYTES}")]
    Short {
        /// Bytes there are.
        found: u64,
    },
    /// Another program's file.
    #[error("it begins with {found:02x?}, where candles begin with {MAGIC:02x?}")]
    Magic {
        /// The first bytes.
        found: [u8; 8],
    },
    /// Another version's file.
    #[error("it has candle format version {found}, and this build reads version {CANDLES_VERSION}")]
    Version {
        /// The version found.
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
    /// More than so many instruments can have.
    #[error("it has {found} bytes, and the candles of {instruments} instruments at most {most}")]
    TooLarge {
        /// The size of the file.
        found: u64,
        /// The instruments of the state.
        instruments: usize,
        /// The most that they can have.
        most: u64,
    },
    /// Those of another state.
    #[error("its {field} is {found}, and that of the snapshot {expected}")]
    Elsewhere {
        /// What tells them apart.
        field: &'static str,
        /// As the file has it.
        found: String,
        /// As the snapshot has it.
        expected: String,
    },
    /// Bytes that do not decode.
    #[error("it does not decode: {0}")]
    Payload(#[from] PayloadError),
}

/// What a header states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CandlesHeader {
    /// Where the candles stand.
    pub base: Base,
    /// As [`Candles::time`].
    pub time: Timestamp,
    /// Bytes behind the header.
    pub body_bytes: u64,
    /// CRC-32C over them.
    pub body_crc: u32,
}

impl CandlesHeader {
    /// The header's bytes.
    fn encode(&self) -> [u8; CANDLES_HEADER_BYTES] {
        let mut bytes = [0; CANDLES_HEADER_BYTES];
        let mut at = 0;
        let mut put = |field: &[u8]| {
            bytes[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        };
        put(&MAGIC);
        put(&CANDLES_VERSION.to_le_bytes());
        put(&self.base.link.to_le_bytes());
        put(&self.base.exchange_id.0);
        put(&self.base.seq.0.to_le_bytes());
        put(&self.time.0.to_le_bytes());
        put(&self.body_bytes.to_le_bytes());
        put(&self.body_crc.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..CRC_AT]);
        bytes[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads a header. The file has `file_bytes` bytes.
    ///
    /// # Errors
    /// [`CandlesFault`] when it is not a header of this version, or not of such a file.
    ///
    /// # Panics
    /// Never: a header has all of its fields.
    pub fn decode(bytes: &[u8], file_bytes: u64) -> Result<Self, CandlesFault> {
        let Some(bytes) = bytes.first_chunk::<CANDLES_HEADER_BYTES>() else {
            let found = bytes.len() as u64;
            return Err(CandlesFault::Short { found });
        };
        let magic = bytes.first_chunk().expect("a header has eight bytes");
        if *magic != MAGIC {
            return Err(CandlesFault::Magic { found: *magic });
        }
        let computed = crc32c::crc32c(&bytes[..CRC_AT]);
        check_crc("header", word(bytes, CRC_AT), computed)?;
        let version = word(bytes, 8);
        if version != CANDLES_VERSION {
            return Err(CandlesFault::Version { found: version });
        }
        if let Some(reserved) = bytes[RESERVED_FROM..CRC_AT].iter().find(|byte| **byte != 0) {
            let (field, value) = ("reserved byte", (*reserved).into());
            return Err(CandlesFault::Field { field, value });
        }
        let header = Self {
            base: Base {
                exchange_id: ExchangeId(bytes[16..32].try_into().expect("16 bytes are 16 bytes")),
                seq: Seq(long(bytes, 32)),
                link: word(bytes, 12),
            },
            time: Timestamp(long(bytes, 40)),
            body_bytes: long(bytes, 48),
            body_crc: word(bytes, 56),
        };
        let stated = header.body_bytes.checked_add(CANDLES_HEADER_BYTES as u64);
        if stated != Some(file_bytes) {
            let (found, stated) = (file_bytes, stated.unwrap_or(u64::MAX));
            return Err(CandlesFault::Size { found, stated });
        }
        Ok(header)
    }

    /// Refuses candles that do not go along the snapshot at `base`.
    ///
    /// # Errors
    /// [`CandlesFault::Elsewhere`].
    pub fn check_place(&self, base: &Base) -> Result<(), CandlesFault> {
        let differs = |field, found: String, expected: String| {
            if found == expected {
                return Ok(());
            }
            Err(CandlesFault::Elsewhere {
                field,
                found,
                expected,
            })
        };
        let (here, there) = (&self.base, base);
        differs(
            "exchange id",
            here.exchange_id.to_string(),
            there.exchange_id.to_string(),
        )?;
        differs("sequence", here.seq.to_string(), there.seq.to_string())?;
        let link = |base: &Base| format!("{:08x}", base.link);
        differs("link", link(here), link(there))
    }
}

/// The largest file that so many instruments can have.
pub fn file_bytes_max(instrument_count: usize) -> u64 {
    let of_one = INSTRUMENT_HEAD_BYTES + (SERIES_COUNT * SERIES_CANDLES_MAX) as u64 * CANDLE_BYTES;
    let of_all = of_one.saturating_mul(instrument_count as u64);
    of_all.saturating_add(CANDLES_HEADER_BYTES as u64 + 8)
}

impl Candles {
    /// The bytes of the file.
    ///
    /// # Panics
    /// Never: memory takes every byte.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; CANDLES_HEADER_BYTES];
        self.encode_body(&mut bytes)
            .expect("memory takes every byte");
        let body = &bytes[CANDLES_HEADER_BYTES..];
        let header = CandlesHeader {
            base: self.base,
            time: self.time,
            body_bytes: body.len() as u64,
            body_crc: crc32c::crc32c(body),
        };
        bytes[..CANDLES_HEADER_BYTES].copy_from_slice(&header.encode());
        bytes
    }

    fn encode_body(&self, out: &mut impl Write) -> io::Result<()> {
        write(out, self.instruments.len() as u64)?;
        for instrument in &self.instruments {
            write(out, instrument.since.0)?;
            for candles in &instrument.series {
                write_all(out, candles, CandleMirror::from)?;
            }
        }
        Ok(())
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// [`CandlesFault`].
    pub fn decode(bytes: &[u8]) -> Result<Self, CandlesFault> {
        let header = CandlesHeader::decode(bytes, bytes.len() as u64)?;
        let mut body = &bytes[CANDLES_HEADER_BYTES..];
        check_crc("body", header.body_crc, crc32c::crc32c(body))?;
        let instruments = read_all(&mut body, read_instrument)?;
        end(body)?;
        Ok(Self {
            base: header.base,
            time: header.time,
            instruments,
        })
    }
}

fn read_instrument(bytes: &mut &[u8]) -> Result<InstrumentCandles, PayloadError> {
    let mut instrument = InstrumentCandles {
        since: Timestamp(take(bytes)?),
        ..InstrumentCandles::default()
    };
    for candles in &mut instrument.series {
        *candles = read_all(bytes, |bytes| take::<CandleMirror>(bytes).map(Into::into))?;
        let count = candles.len();
        if count > SERIES_CANDLES_MAX {
            return Err(PayloadError::code("count of candles", count as u64)());
        }
    }
    Ok(instrument)
}

pub(crate) fn check_crc(
    part: &'static str,
    stated: u32,
    computed: u32,
) -> Result<(), CandlesFault> {
    if stated == computed {
        return Ok(());
    }
    Err(CandlesFault::Checksum {
        part,
        stated,
        computed,
    })
}

impl From<&CandleRow> for CandleMirror {
    fn from(row: &CandleRow) -> Self {
        Self {
            open_time: row.open_time.0,
            open: row.open.0,
            high: row.high.0,
            low: row.low.0,
            close: row.close.0,
            volume_lots: row.volume_lots,
            quote_volume_units: row.quote_volume_units,
            trade_count: row.trade_count,
        }
    }
}

impl From<CandleMirror> for CandleRow {
    fn from(mirror: CandleMirror) -> Self {
        Self {
            open_time: Timestamp(mirror.open_time),
            open: Price(mirror.open),
            high: Price(mirror.high),
            low: Price(mirror.low),
            close: Price(mirror.close),
            volume_lots: mirror.volume_lots,
            quote_volume_units: mirror.quote_volume_units,
            trade_count: mirror.trade_count,
        }
    }
}
