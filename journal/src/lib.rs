//! The journal: every input of the core, in order, on the disk, and back again.
//!
//! ```text
//! core thread ── written: JournalWriter ──────────────► map ─► disk, when the system likes
//!            └── durable: ring ─► journal thread: JournalWriter, then sync ─► disk, now
//!                                                  │
//!                 background thread: next segment ─┘
//!
//! start: directory ─► Catalog ─► Walk ─► Recovery ─► commands to the core
//!                                   └──► LogEnd: a tail is cut off, damage stops ─► JournalWriter
//! ```
//!
//! Bytes: a journal is segments ([`header`]), a segment is records ([`record`]) whose checksums form one
//! chain from the first segment to the last, a record's payload is a command ([`codec`]). docs/FORMAT.md
//! describes them byte for byte. The disk is behind two traits ([`storage`]), so that the simulator can
//! take its place.
//!
//! What holds: what was acknowledged is found again, within the promise of the durability mode; what
//! recovery hands out was written by this history, in this order, bit for bit; what cannot be proven is
//! refused with a message that says what to do; bytes are decoded only after their checksum was right.
//!
//! Read in this order: [`record`], [`header`], [`group`], [`writer`], [`walk`], [`recovery`].

pub mod background;
pub mod candle_files;
pub mod candles;
pub mod catalog;
pub mod codec;
pub mod decision;
pub mod durable;
pub mod durable_thread;
pub mod error;
pub mod follow;
pub mod group;
pub mod header;
pub mod identity;
pub mod inspect;
pub mod journal;
pub mod layout;
mod numbered;
mod pages;
pub mod record;
pub mod recovered;
pub mod recovery;
pub mod repair;
pub mod retention;
pub mod segments;
pub mod snapshot;
pub mod snapshots;
pub mod storage;
pub mod survey;
pub mod sync_times;
pub mod tip;
pub mod walk;
pub mod writer;

pub use background::{BackgroundSegments, PagesAhead, SegmentWork};
pub use candle_files::{CandlesError, CandlesFile};
pub use candles::{CANDLES_VERSION, CandleRow, Candles, CandlesFault, InstrumentCandles};
pub use codec::PayloadError;
pub use codec::annex::{Annex, BookAnnex, OrderAnnex};
pub use codec::image::{decode_image, encode_image, state_hash};
pub use decision::{Decision, checksum_of, decisions};
pub use durable::{Entry, GroupCommit};
pub use durable_thread::{
    AppendError, DurableConfig, DurableJournal, Hooks, Idle, JournalGauge, JournalWork,
};
pub use error::{Damage, EndFault, JournalError};
pub use follow::{Follower, Sealed};
pub use header::{FORMAT_VERSION, InvalidSegmentBytes, SegmentBytes};
pub use identity::{Epoch, ExchangeId, Identity};
pub use inspect::{Content, Inspection, Item, SegmentSummary, Verdict, inspect};
pub use journal::{Journal, WrittenJournal};
pub use recovered::{Recovered, Tail};
pub use recovery::{Base, OpenOptions, Progress, Record, Recovery};
pub use retention::{Archive, retire};
pub use segments::{InlineSegments, SegmentSource};
pub use snapshot::{SNAPSHOT_VERSION, Snapshot, SnapshotFault, SnapshotHeader};
pub use snapshots::{SnapshotError, SnapshotFile};
pub use storage::{ArchiveDirectory, FileStorage, MemoryStorage, ReadOnlyDirectory};
pub use survey::{LogEnd, Remains};
pub use sync_times::{SYNC_BOUNDS_MICROS, SyncTimes};
pub use tip::Tip;
pub use writer::{Durability, JournalWriter, WriterStats};
