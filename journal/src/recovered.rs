//! The end of a recovery: a tail put aside, the rest made durable, and the writer that goes on.
//!
//! The order of steps makes every one of them repeatable: first everything is saved, then segments
//! behind the end are removed, then the end's own segment is zeroed, then everything is synced. A crash
//! in between leaves a log with the same end and less behind it.
//!
//! To sync is not enough for records that no header states as synced: when a sync of the life before has
//! failed, the system counts their pages as written, keeps them in memory, and a sync that succeeds writes
//! nothing. So those records are written again, as they are, before everything is synced. Cost: one group
//! in `durable` mode, at most two segments in `written` mode, nothing after a shutdown in order.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use rialto_types::{Seq, Timestamp};

use crate::catalog::Catalog;
use crate::error::JournalError;
use crate::header::RECORDS_AT;
use crate::layout;
use crate::record::index;
use crate::segments::SegmentSource;
use crate::storage::{Reader, Segment, Storage};
use crate::survey::{LogEnd, Remains};
use crate::tip::{Start, Tip};
use crate::writer::{Durability, JournalWriter};
use crate::{Epoch, Identity};

/// Zeros are written in pieces of this size.
const ZERO_BYTES: usize = 4096;
/// Records are written again in pieces of this size.
const AGAIN_BYTES: usize = 1 << 20;
/// How many cuts of one place in one epoch can be told apart by name.
const COPIES_MAX: u32 = 1_000;

/// A journal that has been read to its end and can be written.
#[derive(Debug)]
pub struct Recovered<S: Storage> {
    storage: Arc<S>,
    start: Start<S::Segment>,
    tail: Option<Tail>,
}

/// What was cut off behind the end of the log. Nobody was told of anything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Where the log ends now.
    pub end: LogEnd,
    /// The files, within the directory, to which the bytes were saved.
    pub saved: Vec<String>,
}

impl fmt::Display for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LogEnd { tip, name, .. } = &self.end;
        write!(
            f,
            "what lay behind record {} at byte {} of {name} was never synced and is cut off ({}); it is \
             kept in {}",
            tip.seq,
            tip.offset,
            self.end.fault,
            self.saved.join(", ")
        )
    }
}

impl<S: Storage> Recovered<S> {
    pub(crate) fn empty(
        storage: Arc<S>,
        identity: Identity,
        needed: Seq,
    ) -> Result<Self, JournalError> {
        if needed > Seq(0) {
            let last = Seq(0);
            return Err(JournalError::EndsTooEarly { last, needed });
        }
        Ok(Self {
            storage,
            start: Start {
                identity,
                epoch: Epoch::FIRST,
                tip: Tip {
                    offset: RECORDS_AT,
                    crc: 0,
                    seq: Seq(0),
                    time: Timestamp::ZERO,
                },
                segment: None,
            },
            tail: None,
        })
    }

    pub(crate) fn after(
        storage: Arc<S>,
        identity: Identity,
        catalog: &Catalog,
        end: LogEnd,
    ) -> Result<Self, JournalError> {
        let epoch = end.newest_epoch.next();
        let mut saved = Vec::new();
        for remains in end
            .remains
            .iter()
            .filter(|remains| remains.end > remains.begin)
        {
            saved.push(save(&*storage, remains, epoch)?);
        }
        for remains in end.remains.iter().filter(|remains| remains.begin == 0) {
            let removed = storage.remove(&remains.name);
            removed.map_err(JournalError::io("remove", &remains.name))?;
        }
        let kept = |name: &str| name != end.name && !end.lies_behind(name);
        for (index, file) in catalog.segments.iter().enumerate() {
            if kept(&file.name) {
                sync(&*storage, &file.name, end.unproven(index, file.bytes))?;
            }
        }
        let index = catalog
            .segments
            .iter()
            .position(|file| file.name == end.name);
        let index = index.expect("the end lies in one of the segments");
        let segment = cut(&*storage, &end, end.unproven(index, end.tip.offset))?;
        let has_tail = !saved.is_empty();
        Ok(Self {
            storage,
            start: Start {
                identity,
                epoch,
                tip: end.tip,
                segment: Some(segment),
            },
            tail: has_tail.then_some(Tail { end, saved }),
        })
    }

    /// The last command; 0 in a new journal.
    pub fn last_seq(&self) -> Seq {
        self.start.tip.seq
    }

    /// Its time. The clock must not stand before it.
    pub fn last_time(&self) -> Timestamp {
        self.start.tip.time
    }

    /// Whose journal it is.
    pub fn identity(&self) -> &Identity {
        &self.start.identity
    }

    /// The life that begins now.
    pub fn epoch(&self) -> Epoch {
        self.start.epoch
    }

    /// What was cut off, if anything was.
    pub fn tail(&self) -> Option<&Tail> {
        self.tail.as_ref()
    }

    /// The storage, for a [`SegmentSource`].
    pub fn storage(&self) -> &Arc<S> {
        &self.storage
    }

    /// Begins the next life of the journal: its header is synced when this returns.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn into_writer(
        self,
        durability: Durability,
        segments: Box<dyn SegmentSource<S::Segment>>,
    ) -> Result<JournalWriter<S>, JournalError> {
        JournalWriter::start(self.start, durability, segments)
    }
}

/// Copies what lies behind the end into a file of its own.
fn save<S: Storage>(storage: &S, remains: &Remains, epoch: Epoch) -> Result<String, JournalError> {
    let length = usize::try_from(remains.end - remains.begin).unwrap_or(usize::MAX);
    let mut bytes = vec![0; length];
    let reader = storage.reader(&remains.name);
    reader
        .and_then(|reader| reader.read_at(remains.begin, &mut bytes))
        .map_err(JournalError::io("read", &remains.name))?;
    let stem = layout::tail_name(epoch, &remains.name, remains.begin);
    let mut copy = 0;
    loop {
        // An earlier recovery of the same epoch may have saved more than is left now.
        let name = layout::numbered(&stem, copy);
        match storage.save(&name, &bytes) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && copy < COPIES_MAX => {
                copy += 1;
            }
            Err(error) => return Err(JournalError::io("save the tail as", &name)(error)),
        }
    }
}

fn sync<S: Storage>(storage: &S, name: &str, unproven: Range<u64>) -> Result<(), JournalError> {
    let synced = storage.open(name).and_then(|mut segment| {
        write_again(storage, name, &mut segment, unproven)?;
        let whole = 0..segment.len();
        segment.sync(whole)
    });
    synced.map_err(JournalError::io("sync", name))
}

/// Writes the same bytes once more, so that the system knows that they are to be written.
fn write_again<S: Storage>(
    storage: &S,
    name: &str,
    segment: &mut S::Segment,
    range: Range<u64>,
) -> io::Result<()> {
    let reader = storage.reader(name)?;
    let mut block = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let length = index(range.end - at).min(AGAIN_BYTES);
        block.resize(length, 0);
        reader.read_at(at, &mut block)?;
        segment.write(at, &block);
        at += length as u64;
    }
    Ok(())
}

/// Zeroes the segment behind the end, syncs it, gives it its name if it has none, and opens it.
fn cut<S: Storage>(
    storage: &S,
    end: &LogEnd,
    unproven: Range<u64>,
) -> Result<S::Segment, JournalError> {
    let opened = storage.open(&end.name);
    let mut segment = opened.map_err(JournalError::io("open", &end.name))?;
    if let Some(remains) = end.remains.iter().find(|remains| remains.name == end.name) {
        let zeros = [0; ZERO_BYTES];
        let mut at = remains.begin;
        while at < remains.end {
            let length = index(remains.end - at).min(ZERO_BYTES);
            segment.write(at, &zeros[..length]);
            at += length as u64;
        }
    }
    let whole = 0..segment.len();
    let synced =
        write_again(storage, &end.name, &mut segment, unproven).and_then(|()| segment.sync(whole));
    synced.map_err(JournalError::io("sync", &end.name))?;
    if end.name == layout::SPARE {
        let name = layout::segment_name(end.segment_first);
        let renamed = storage.rename(layout::SPARE, &name);
        renamed.map_err(JournalError::io("rename the segment to", &name))?;
    }
    Ok(segment)
}
