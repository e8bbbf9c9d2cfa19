//! Recovery: from a directory to a journal that can be written, by way of every record in it.
//!
//! [`Recovery::open`] checks the files, [`Recovery::next`] hands out the commands in order, and
//! [`Recovery::finish`] deals with the end: damage stops everything before a byte was changed; a tail
//! (what a power cut or a kill left half written and nobody was told of) is saved aside, zeroed and
//! synced, and what was read is synced too, before the first new record can state so.
//!
//! A writer goes on in the segment where the log ends, after a group header that states the next epoch:
//! from there on every checksum follows another history than any record that may once have stood there.

use std::cmp::Ordering;
use std::sync::Arc;

use rialto_types::{Input, Seq, ShardId, Timestamp};

use crate::catalog::{Catalog, Expected, SegmentFile};
use crate::codec::command;
use crate::error::{EndFault, JournalError};
use crate::header::RECORDS_AT;
use crate::record::{PAGE_BYTES, RecordKind, index};
use crate::recovered::Recovered;
use crate::storage::{Directory, Reader, Storage};
use crate::survey::LogEnd;
use crate::walk::{Step, Walk};
use crate::{ExchangeId, Identity};

/// How a journal is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// The shard. Segments of another are refused.
    pub shard: ShardId,
    /// The version of the rules that this build applies. Segments of another are refused.
    pub rules_version: u32,
    /// The name of the exchange if the directory is empty: 16 random bytes. An existing journal keeps
    /// the one it has.
    pub new_exchange_id: ExchangeId,
    /// Commands up to here are part of a snapshot: they are verified where they share a segment with
    /// later ones, and not handed out. 0 to replay everything.
    pub after: Seq,
}

/// Where a snapshot stands in a journal: at the end of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// Whose journal.
    pub exchange_id: ExchangeId,
    /// The last command of the segment.
    pub seq: Seq,
    /// The checksum from which the next segment continues.
    pub link: u32,
}

/// A command of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its sequence.
    pub seq: Seq,
    /// Its time.
    pub time: Timestamp,
    /// It.
    pub input: Input,
}

/// How far a recovery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of records read.
    pub bytes_done: u64,
    /// Bytes of all segments that are to be read; the last one is rarely full.
    pub bytes_total: u64,
}

/// A journal that is being read in order to be written.
#[derive(Debug)]
pub struct Recovery<S: Storage> {
    storage: Arc<S>,
    options: OpenOptions,
    base: Option<Base>,
    bytes_total: u64,
    state: State<S>,
}

#[derive(Debug)]
enum State<S: Storage> {
    /// There is no segment. A spare without a header may lie there.
    Empty,
    Walking(Box<Walk<Arc<S>>>),
    Ended(Box<Walk<Arc<S>>>, EndFault),
}

impl<S: Storage> Recovery<S> {
    /// Checks the files of a journal and stands before its first command after `options.after`.
    ///
    /// # Errors
    /// Those of [`Catalog::read`], [`JournalError::BeginsTooLate`], [`JournalError::Unreadable`].
    pub fn open(storage: Arc<S>, options: OpenOptions) -> Result<Self, JournalError> {
        let expected = Expected {
            shard: options.shard,
            rules_version: options.rules_version,
        };
        let catalog = Catalog::read(&storage, Some(expected))?;
        let needed = options.after.next();
        let begins = |index: usize| catalog.segments[index].first;
        let count = catalog
            .segments
            .iter()
            .filter(|file| file.first.is_some())
            .count();
        let index = catalog.index_for(needed);
        let (state, bytes_total) = match (index, count) {
            (Some(index), _) => {
                let to_read = &catalog.segments[index..count];
                let total = to_read
                    .iter()
                    .map(|file| file.bytes.saturating_sub(RECORDS_AT))
                    .sum();
                let walk = Walk::start(Arc::clone(&storage), catalog, index)?;
                (State::Walking(Box::new(walk)), total)
            }
            (None, 0) => {
                refuse_used(&storage, &catalog)?;
                (State::Empty, 0)
            }
            (None, _) => {
                let first = begins(0).unwrap_or_default();
                return Err(JournalError::BeginsTooLate { first, needed });
            }
        };
        Ok(Self {
            storage,
            options,
            base: None,
            bytes_total,
            state,
        })
    }

    /// As [`Recovery::open`], to go on from a snapshot, which must be of this very history.
    ///
    /// # Errors
    /// Those of [`Recovery::open`], and [`JournalError::ForeignSnapshot`].
    pub fn open_after(
        storage: Arc<S>,
        options: OpenOptions,
        base: Base,
    ) -> Result<Self, JournalError> {
        let options = OpenOptions {
            new_exchange_id: base.exchange_id,
            after: base.seq,
            ..options
        };
        let mut recovery = Self::open(storage, options)?;
        recovery.base = Some(base);
        if let State::Walking(walk) = &recovery.state {
            let file = &walk.catalog().segments[walk.segment_index()];
            let header = file.header();
            let link = header
                .filter(|header| header.first_seq == base.seq.next())
                .map(|header| header.crc_before);
            base.check(walk.exchange_id(), link)?;
        }
        Ok(recovery)
    }

    /// The next command; `None` when the log has ended.
    ///
    /// # Errors
    /// Those of the disk, and [`JournalError::Malformed`].
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator of results would go on after an error"
    )]
    #[inline]
    pub fn next(&mut self) -> Result<Option<Record>, JournalError> {
        let State::Walking(walk) = &mut self.state else {
            return Ok(None);
        };
        loop {
            let found = match walk.step()? {
                Step::Record(found) => found,
                Step::End(fault) => return Ok(self.end(fault)),
            };
            let RecordKind::Command(kind) = found.kind else {
                continue;
            };
            let frame = &found.frame;
            if frame.seq <= self.options.after {
                continue;
            }
            let (seq, time, offset) = (frame.seq, frame.time, found.offset);
            return match command::decode(kind, frame.flags, frame.payload) {
                Ok(input) => Ok(Some(Record { seq, time, input })),
                Err(source) => Err(walk.malformed_at(seq, offset, source)),
            };
        }
    }

    #[cold]
    fn end(&mut self, fault: EndFault) -> Option<Record> {
        if let State::Walking(walk) = std::mem::replace(&mut self.state, State::Empty) {
            self.state = State::Ended(walk, fault);
        }
        None
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        let bytes_done = match &self.state {
            State::Empty => 0,
            State::Walking(walk) | State::Ended(walk, _) => walk.bytes_walked(),
        };
        Progress {
            bytes_done,
            bytes_total: self.bytes_total,
        }
    }

    /// Whose journal it is: the name that its segments state, or the one given for a new one.
    pub fn exchange_id(&self) -> ExchangeId {
        match &self.state {
            State::Empty => self.options.new_exchange_id,
            State::Walking(walk) | State::Ended(walk, _) => walk.exchange_id(),
        }
    }

    /// Deals with the end of the log and makes everything before it durable. Reads on to the end if
    /// that was not done.
    ///
    /// # Errors
    /// [`JournalError::Damaged`], before anything was changed; [`JournalError::EndsTooEarly`]; those of
    /// [`Recovery::next`], and of the disk.
    pub fn finish(mut self) -> Result<Recovered<S>, JournalError> {
        while self.next()?.is_some() {}
        let identity = Identity {
            exchange_id: self.exchange_id(),
            shard: self.options.shard,
            rules_version: self.options.rules_version,
        };
        let needed = self.options.after;
        let (walk, fault) = match self.state {
            State::Ended(walk, fault) => (walk, fault),
            State::Empty | State::Walking(_) => {
                return Recovered::empty(self.storage, identity, needed);
            }
        };
        if let Some(base) = self.base {
            base.check_walked(&walk)?;
        }
        let end = LogEnd::survey(&walk, &self.storage, fault)?;
        if end.tip.seq < needed && end.remains.is_empty() {
            let last = end.tip.seq;
            return Err(JournalError::EndsTooEarly { last, needed });
        }
        end.check(needed)?;
        let (_, catalog) = walk.into_parts();
        Recovered::after(self.storage, identity, &catalog, end)
    }
}

/// Refuses a first segment that lost its header: records are written behind one only after it was synced, so
/// no power cut explains that, and to begin anew would be to forget them.
fn refuse_used(directory: &impl Directory, catalog: &Catalog) -> Result<(), JournalError> {
    for file in &catalog.segments {
        let Err(fault) = file.header else { continue };
        if file.bytes <= RECORDS_AT {
            continue;
        }
        let mut page = [0; PAGE_BYTES];
        let length = index(file.bytes - RECORDS_AT).min(page.len());
        let read = file
            .open(directory)?
            .read_at(RECORDS_AT, &mut page[..length]);
        read.map_err(JournalError::io("read", &file.name))?;
        if page.iter().any(|byte| *byte != 0) {
            let name = file.name.clone();
            return Err(JournalError::Unreadable { name, fault });
        }
    }
    Ok(())
}

impl Base {
    /// Refuses another exchange, or a segment that continues from something else.
    fn check(&self, exchange_id: ExchangeId, link: Option<u32>) -> Result<(), JournalError> {
        if exchange_id == self.exchange_id && link.is_none_or(|link| link == self.link) {
            return Ok(());
        }
        let seq = self.seq;
        Err(JournalError::ForeignSnapshot { seq })
    }

    /// Where the walk began before the base, its segment must have ended there. A log that ends before the
    /// base is another error.
    fn check_walked<D: Directory>(&self, walk: &Walk<D>) -> Result<(), JournalError> {
        let walked = &walk.catalog().segments[..=walk.segment_index()];
        let mut next = walked
            .iter()
            .filter(|file| file.first == Some(self.seq.next()));
        let header = next.next().and_then(SegmentFile::header);
        let link = match (header, walk.tip().seq.cmp(&self.seq)) {
            (Some(header), _) => header.crc_before,
            (None, Ordering::Equal) => walk.tip().crc,
            (None, Ordering::Less) => return Ok(()),
            // No segment ends there, so no checksum is right.
            (None, Ordering::Greater) => !self.link,
        };
        self.check(walk.exchange_id(), Some(link))
    }
}
