//! What can go wrong with a journal, said so that an operator knows what to do.
//!
//! Every error ends the use of the journal: the owner stops taking orders, tells why, and exits. What
//! was not acknowledged before is not acknowledged afterwards.

use std::io;

use rialto_types::{Seq, ShardId, Timestamp};
use thiserror::Error;

use crate::codec::PayloadError;
use crate::header::{FORMAT_VERSION, HeaderFault};
use crate::record::FrameFault;
use crate::{Epoch, ExchangeId};

/// Why the journal cannot be opened, read or written any further.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The disk refused.
    #[error("cannot {action} {name}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file or directory.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// No space for the next segment.
    #[error(
        "the disk is full: cannot reserve {bytes} bytes for the next journal segment in {directory}; \
         free at least that much (or move the data directory to a larger disk) and start again"
    )]
    DiskFull {
        /// Bytes needed.
        bytes: u64,
        /// The journal.
        directory: String,
    },
    /// Another process writes this journal.
    #[error(
        "{directory} is in use by {}: stop that first, or choose another data directory",
        process.map_or_else(|| "another process".to_owned(), |id| format!("process {id}"))
    )]
    InUse {
        /// The journal.
        directory: String,
        /// Who has it, as the LOCK file states.
        process: Option<u32>,
    },
    /// Something else lies in the directory.
    #[error(
        "{directory} holds {name:?}, which is no part of a journal: move it elsewhere, or choose \
         another data directory"
    )]
    ForeignEntry {
        /// The journal.
        directory: String,
        /// What was found.
        name: String,
    },
    /// A segment of another format version.
    #[error(
        "{name} has journal format version {found}, and this build reads version {FORMAT_VERSION}: \
         start the build that wrote it, or choose another data directory"
    )]
    FormatVersion {
        /// The segment.
        name: String,
        /// Its version.
        found: u32,
    },
    /// A segment written under other rules.
    #[error(
        "{name} was written under version {found} of the rules, and this build has version {expected}: \
         start the build that wrote it"
    )]
    RulesVersion {
        /// The segment.
        name: String,
        /// Its version.
        found: u32,
        /// This build's.
        expected: u32,
    },
    /// A segment of another shard.
    #[error(
        "{name} belongs to shard {found}, not to shard {expected}: check the configured shard and data \
         directory"
    )]
    Shard {
        /// The segment.
        name: String,
        /// Its shard.
        found: ShardId,
        /// The configured one.
        expected: ShardId,
    },
    /// Segments of two exchanges in one directory.
    #[error(
        "{name} belongs to exchange {found}, the segments before it to {expected}: move it elsewhere"
    )]
    ForeignExchange {
        /// The segment.
        name: String,
        /// Its exchange.
        found: ExchangeId,
        /// That of the first segment.
        expected: ExchangeId,
    },
    /// Records are missing or damaged that were on the disk once.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The oldest segment begins too late.
    #[error(
        "the journal begins with sequence {first}, but replay must begin with {needed}: put the older \
         segments back, or a newer snapshot"
    )]
    BeginsTooLate {
        /// The first sequence there is.
        first: Seq,
        /// The first one needed.
        needed: Seq,
    },
    /// A snapshot of another history.
    #[error(
        "the snapshot at sequence {seq} does not belong to this journal: its segments continue from \
         something else there. Put the segments back that were with it, or move the snapshot elsewhere"
    )]
    ForeignSnapshot {
        /// The last command of the snapshot.
        seq: Seq,
    },
    /// The journal ends before the point from which it should be replayed.
    #[error(
        "the journal ends with sequence {last}, but the state to go on from has {needed}: the newest \
         segments are missing; put them back, or start from an older snapshot"
    )]
    EndsTooEarly {
        /// The last sequence there is.
        last: Seq,
        /// The one that must be there.
        needed: Seq,
    },
    /// A segment that has its successor, and not all of its records.
    #[error(
        "record {missing} is missing before the end of a segment that is complete: {fault}. Look at it \
         with `rialto journal inspect`"
    )]
    Incomplete {
        /// The first command that is missing.
        missing: Seq,
        /// Why the log does not go on there.
        fault: EndFault,
    },
    /// A segment whose header cannot be read, where no power cut explains it.
    #[error(
        "{name} is no readable journal segment: {fault}; restore it from a copy, or choose another data \
         directory"
    )]
    Unreadable {
        /// The file.
        name: String,
        /// What is wrong.
        fault: HeaderFault,
    },
    /// A segment file that was cut or lengthened.
    #[error(
        "{name} has {found} bytes, but its header states {stated}: somebody changed the file; restore it \
         from a copy"
    )]
    SegmentSize {
        /// The file.
        name: String,
        /// Its size in bytes.
        found: u64,
        /// The size that its header states.
        stated: u64,
    },
    /// A record whose checksum is right and whose content is not.
    #[error(
        "record {seq} at byte {offset} of {name} is intact, but this build cannot read it: {source}; \
         start the build that wrote it"
    )]
    Malformed {
        /// The sequence that its header states.
        seq: Seq,
        /// The segment.
        name: String,
        /// Where it begins.
        offset: u64,
        /// What is wrong.
        source: PayloadError,
    },
    /// A decision about a record that is not there, or is another one.
    #[error(
        "the journal holds a decision to pass over record {skipped}, but that record is another one: \
         restore the files from a copy"
    )]
    Undecided {
        /// The record decided on.
        skipped: Seq,
    },
    /// The caller's sequence or time does not follow the last record's. A defect of the caller.
    #[error(
        "record {seq} with time {time} cannot follow record {last_seq} with time {last_time}: sequences \
         are contiguous and times never decrease"
    )]
    OutOfOrder {
        /// The sequence given.
        seq: Seq,
        /// The time given.
        time: Timestamp,
        /// The sequence of the last record.
        last_seq: Seq,
        /// Its time.
        last_time: Timestamp,
    },
    /// An earlier error ended this journal's use.
    #[error("the journal stopped after an earlier error; exit, and start again to recover")]
    Stopped,
    /// A thread of the journal could not be started or has died.
    #[error("the thread {thread} of the journal is not running: {reason}")]
    Thread {
        /// Its name.
        thread: &'static str,
        /// Why.
        reason: String,
    },
}

impl JournalError {
    /// Whether a file was not there.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Whether the disk had no room.
    pub fn is_full(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        match self {
            Self::Io { source, .. } => matches!(source.kind(), StorageFull | QuotaExceeded),
            other => matches!(other, Self::DiskFull { .. }),
        }
    }

    /// An [`JournalError::Io`], for `map_err`.
    pub(crate) fn io(action: &'static str, name: &str) -> impl FnOnce(io::Error) -> Self {
        let name = name.to_owned();
        move |source| Self::Io {
            action,
            name,
            source,
        }
    }
}

/// Records that must be there and are not: recovery stops rather than lose what was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "record {missing} is damaged: at byte {offset} of {name} {fault}; but a header of epoch {epoch} or \
     later states that everything up to {synced} was on the disk, so this is no ordinary power cut: the \
     disk lost or changed data. Nothing was changed. Look at it with `rialto journal inspect`, restore \
     the files from a copy or a replica, or, when there is none, have the journal cut off there with \
     `rialto journal repair`"
)]
pub struct Damage {
    /// The first command that is missing.
    pub missing: Seq,
    /// The segment in which it should be.
    pub name: String,
    /// Where it should begin.
    pub offset: u64,
    /// What is there instead.
    pub fault: EndFault,
    /// The epoch of the last good record.
    pub epoch: Epoch,
    /// The highest sequence known to have been synced.
    pub synced: Seq,
}

/// Why the log does not go on at a place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EndFault {
    /// There is no record that continues the chain.
    #[error("{0}")]
    Record(FrameFault),
    /// The segment that should go on cannot be read.
    #[error("{name} should go on, but {fault}")]
    Header {
        /// The segment.
        name: String,
        /// What is wrong with its header.
        fault: HeaderFault,
    },
    /// The next segment continues another history.
    #[error(
        "{name} should go on, but begins with sequence {first} after checksum {crc_before:08x}, where \
         {expected} after {crc:08x} is due"
    )]
    Link {
        /// The segment.
        name: String,
        /// The sequence with which it begins.
        first: Seq,
        /// The checksum that it continues from.
        crc_before: u32,
        /// The sequence due.
        expected: Seq,
        /// The checksum of the last record.
        crc: u32,
    },
}
