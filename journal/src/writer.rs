//! The writer: places records in segments, one after the other, and knows what is synced.
//!
//! Where it stands in the flow: in `written` mode the core thread owns it and appends each command
//! before applying it; in `durable` mode the journal thread owns it and syncs after each batch
//! ([`crate::durable`]). It has no thread and no clock of its own, so the simulator drives the same code.
//!
//! Invariants: records follow one another without gap in sequence and place; the first record after a
//! sync is preceded by a group header that states it; after an error nothing is written any more.
//! Cost of an append: a payload encoded into a buffer of its own, its checksum, one copy into the map;
//! no allocation, no system call, except where a segment ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rialto_types::{Input, Seq, Timestamp};

use crate::codec::command;
use crate::decision::Decision;
use crate::error::JournalError;
use crate::group::GroupHeader;
use crate::header::{RECORDS_AT, SegmentBytes, SegmentHeader};
use crate::layout;
use crate::record::{
    self, EXTENT_BYTES_MAX, HEADER_BYTES, RECORD_BYTES_MAX, RecordHead, RecordKind,
};
use crate::segments::{AHEAD_BYTES, Sealed, SegmentSource};
use crate::storage::{Pages, Segment, Storage};
use crate::sync_times::SyncTimes;
use crate::tip::{Start, Tip};
use crate::{Epoch, Identity};

const _: () = assert!(HEADER_BYTES + command::PAYLOAD_BYTES_MAX <= RECORD_BYTES_MAX);

/// When a command may be acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Once it is written: it survives the death of the process.
    Written,
    /// Once it is synced: it survives the loss of power.
    #[default]
    Durable,
}

/// Counts since the writer began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterStats {
    /// Bytes of records, padding and group headers included.
    pub bytes: u64,
    /// Group headers written.
    pub groups: u64,
    /// Segments begun.
    pub segments: u64,
    /// Times that the next segment was not ready and the writer waited for it.
    pub segment_waits: u64,
    /// Syncs of the present segment.
    pub syncs: u64,
    /// How long those took.
    pub sync_times: SyncTimes,
}

/// Appends records to the journal.
pub struct JournalWriter<S: Storage> {
    tip: Tip,
    /// The last command known to be synced.
    synced: Seq,
    /// The last command that a header has stated as synced.
    stated: Seq,
    /// A segment that is used this far has its successor prepared.
    prepare_at: u64,
    segment_bytes: u64,
    /// From here on the segment is not synced.
    dirty_from: u64,
    is_stopped: bool,
    durability: Durability,
    identity: Identity,
    epoch: Epoch,
    stats: WriterStats,
    /// Waits before the first record are nobody's loss.
    waits_at_start: u64,
    /// [`Tip::offset`], for whoever prepares pages.
    position: Arc<AtomicU64>,
    segment: S::Segment,
    segments: Box<dyn SegmentSource<S::Segment>>,
    buffer: [u8; EXTENT_BYTES_MAX],
}

impl<S: Storage> JournalWriter<S> {
    /// Begins a life of the journal: a new segment if there is none, otherwise a group header that
    /// states the new epoch. Both are synced when this returns.
    pub(crate) fn start(
        start: Start<S::Segment>,
        durability: Durability,
        mut segments: Box<dyn SegmentSource<S::Segment>>,
    ) -> Result<Self, JournalError> {
        let is_first = start.segment.is_none();
        let segment = match start.segment {
            Some(segment) => segment,
            None => segments.take()?,
        };
        let mut writer = Self {
            tip: start.tip,
            synced: start.tip.seq,
            stated: start.tip.seq,
            prepare_at: 0,
            segment_bytes: segment.len(),
            dirty_from: start.tip.offset,
            is_stopped: false,
            durability,
            identity: start.identity,
            epoch: start.epoch,
            stats: WriterStats::default(),
            waits_at_start: 0,
            position: Arc::new(AtomicU64::new(start.tip.offset)),
            segment,
            segments,
            buffer: [0; EXTENT_BYTES_MAX],
        };
        writer.waits_at_start = writer.segments.wait_count();
        if is_first {
            writer.begin_segment()?;
            writer.sync_segment()?;
            writer.announce(None)?;
        } else {
            writer.ready_pages();
            writer.watch_pages()?;
            writer.prepare_at = prepare_at(writer.segment_bytes);
            writer.state_synced()?;
            writer.sync_segment()?;
        }
        Ok(writer)
    }

    /// Appends one command. In the map when this returns, and therefore safe from the death of the
    /// process.
    ///
    /// # Errors
    /// [`JournalError::OutOfOrder`] without any effect. Where a segment ends also
    /// [`JournalError::DiskFull`] and other errors of the disk, after which the writer is stopped:
    /// every later call is [`JournalError::Stopped`].
    #[inline]
    pub fn append(&mut self, seq: Seq, time: Timestamp, input: &Input) -> Result<(), JournalError> {
        if self.is_stopped || seq != self.tip.seq.next() || time < self.tip.time {
            return Err(self.refusal(seq, time));
        }
        if self.stated < self.synced {
            self.state_synced()?;
        }
        let encoded = command::encode(input, &mut self.buffer[HEADER_BYTES..]);
        let head = RecordHead {
            kind: RecordKind::Command(encoded.kind),
            flags: encoded.flags,
            length: HEADER_BYTES + encoded.length,
            seq,
            time,
        };
        self.write(&head)?;
        self.tip.seq = seq;
        self.tip.time = time;
        Ok(())
    }

    /// Appends an operator's decision. It is safe once [`JournalWriter::sync`] has returned.
    ///
    /// # Errors
    /// As [`JournalWriter::append`], but for the order.
    pub fn append_decision(&mut self, decision: &Decision) -> Result<(), JournalError> {
        if self.is_stopped {
            return Err(JournalError::Stopped);
        }
        let head = decision.write(&mut self.buffer, self.tip.seq, self.tip.time);
        self.write(&head)
    }

    /// Syncs everything appended so far and returns the last command of it, which may now be called
    /// durable.
    ///
    /// # Errors
    /// Those of the disk. The writer is stopped then: what is on the disk is unknown, and only a
    /// recovery can tell.
    pub fn sync(&mut self) -> Result<Seq, JournalError> {
        if self.is_stopped {
            return Err(JournalError::Stopped);
        }
        if self.durability == Durability::Written {
            let settled = self.segments.settle();
            self.stop_on(settled)?;
        }
        self.sync_segment()?;
        Ok(self.synced)
    }

    /// Ends the journal's use in order: everything is synced, and a last group header says so, which
    /// makes later damage to any record provable.
    ///
    /// # Errors
    /// As [`JournalWriter::sync`].
    pub fn close(mut self) -> Result<Seq, JournalError> {
        let last = self.sync()?;
        if self.stated < self.synced {
            self.state_synced()?;
            self.sync_segment()?;
        }
        if self.durability == Durability::Written {
            self.segments.settle()?;
        }
        Ok(last)
    }

    /// Where the log stands.
    #[inline]
    pub fn tip(&self) -> &Tip {
        &self.tip
    }

    /// Whose journal it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The writer's life.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// When its commands may be acknowledged.
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// Counts since it began.
    pub fn stats(&self) -> WriterStats {
        WriterStats {
            segment_waits: self.segments.wait_count() - self.waits_at_start,
            ..self.stats
        }
    }

    #[cold]
    fn refusal(&self, seq: Seq, time: Timestamp) -> JournalError {
        if self.is_stopped {
            return JournalError::Stopped;
        }
        JournalError::OutOfOrder {
            seq,
            time,
            last_seq: self.tip.seq,
            last_time: self.tip.time,
        }
    }

    /// Writes the record whose payload is in the buffer.
    #[inline]
    fn write(&mut self, head: &RecordHead) -> Result<(), JournalError> {
        let extent = match self.extent(head.length) {
            Some(extent) => extent,
            None => self.make_room(head.length)?,
        };
        let record = &mut self.buffer[..extent];
        self.tip.crc = record::seal(record, head, self.tip.crc);
        self.segment.write(self.tip.offset, record);
        self.advance(extent);
        if self.tip.offset >= self.prepare_at {
            self.prepare_at = u64::MAX;
            self.segments.prepare();
        }
        Ok(())
    }

    /// What a record takes here; `None` when it does not fit into the page, or the segment is full.
    #[inline]
    fn extent(&self, length: usize) -> Option<usize> {
        if self.tip.offset == self.segment_bytes {
            return None;
        }
        record::extent(length, record::room(self.tip.offset))
    }

    #[inline]
    fn advance(&mut self, extent: usize) {
        self.tip.offset += extent as u64;
        self.stats.bytes += extent as u64;
        self.position.store(self.tip.offset, Ordering::Relaxed);
    }

    /// Fills the page up, goes to the next segment if that was the last, and returns what the record
    /// takes there.
    #[cold]
    fn make_room(&mut self, length: usize) -> Result<usize, JournalError> {
        if self.tip.offset != self.segment_bytes {
            self.pad();
        }
        if self.tip.offset == self.segment_bytes {
            let rolled = self.roll();
            self.stop_on(rolled)?;
        }
        Ok(self
            .extent(length)
            .expect("an empty page holds the longest record"))
    }

    /// A record did not fit, so the rest of the page is shorter than the longest record.
    fn pad(&mut self) {
        let room = record::room(self.tip.offset);
        let mut pad = [0; RECORD_BYTES_MAX];
        // In front of a life's first header, a pad would be the very one that the life before left here, and
        // what came after that one would continue the chain.
        let is_first = self.stats.groups == 0 && self.stats.segments == 0;
        let [epoch, ..] = self.epoch.0.to_le_bytes();
        let head = RecordHead {
            kind: RecordKind::Pad,
            flags: if is_first { epoch } else { 0 },
            length: room,
            seq: self.tip.seq,
            time: self.tip.time,
        };
        self.tip.crc = record::seal(&mut pad[..room], &head, self.tip.crc);
        self.segment.write(self.tip.offset, &pad[..room]);
        self.advance(room);
    }

    fn roll(&mut self) -> Result<(), JournalError> {
        match self.durability {
            // Otherwise the sync of a batch would have to cover two segments.
            Durability::Durable => self.sync_segment()?,
            Durability::Written => self.synced = self.synced.max(self.segments.synced()),
        }
        let next = self.segments.take()?;
        self.segment_bytes = next.len();
        let sealed = Sealed {
            segment: std::mem::replace(&mut self.segment, next),
            last: self.tip.seq,
        };
        self.begin_segment()?;
        self.announce(Some(sealed))
    }

    /// Writes the header of the segment just taken; its first record continues from there.
    fn begin_segment(&mut self) -> Result<(), JournalError> {
        let segment_bytes = SegmentBytes::new(self.segment_bytes).map_err(|error| {
            JournalError::io("use", layout::SPARE)(std::io::Error::other(error))
        })?;
        let header = SegmentHeader {
            rules_version: self.identity.rules_version,
            exchange_id: self.identity.exchange_id,
            epoch: self.epoch,
            first_seq: self.tip.seq.next(),
            synced: self.synced,
            segment_bytes,
            time_before: self.tip.time,
            crc_before: self.tip.crc,
            shard: self.identity.shard,
        };
        let (bytes, crc) = header.encode();
        self.segment.write(0, &bytes);
        self.tip.crc = crc;
        self.tip.offset = RECORDS_AT;
        self.position.store(RECORDS_AT, Ordering::Relaxed);
        self.stated = self.synced;
        self.dirty_from = 0;
        self.prepare_at = prepare_at(self.segment_bytes);
        self.stats.segments += 1;
        Ok(())
    }

    fn announce(&mut self, sealed: Option<Sealed<S::Segment>>) -> Result<(), JournalError> {
        self.segments.begun(self.tip.seq.next(), sealed)?;
        self.watch_pages()
    }

    fn watch_pages(&mut self) -> Result<(), JournalError> {
        let position = Arc::clone(&self.position);
        self.segments.watch(self.segment.pages(), position)
    }

    /// A segment that was opened again has its pages on the disk.
    fn ready_pages(&self) {
        let begin = self.tip.offset;
        // What cannot be prepared faults in when it is written: slower, and no less safe.
        let _ = self.segment.pages().prepare(begin..begin + AHEAD_BYTES);
    }

    /// Writes a group header.
    #[cold]
    fn state_synced(&mut self) -> Result<(), JournalError> {
        let group = GroupHeader {
            exchange_id: self.identity.exchange_id,
            epoch: self.epoch,
            synced: self.synced,
        };
        let head = group.write(&mut self.buffer, self.tip.seq, self.tip.time);
        self.write(&head)?;
        self.stated = self.synced;
        self.stats.groups += 1;
        Ok(())
    }

    fn sync_segment(&mut self) -> Result<(), JournalError> {
        if self.dirty_from < self.tip.offset {
            let began = Instant::now();
            let synced = self.segment.sync(self.dirty_from..self.tip.offset);
            let took = began.elapsed();
            self.stop_on(synced.map_err(JournalError::io("sync", "the journal")))?;
            self.dirty_from = self.tip.offset;
            self.stats.syncs += 1;
            self.stats.sync_times.record(took);
        }
        self.synced = self.tip.seq;
        Ok(())
    }

    fn stop_on<T>(&mut self, result: Result<T, JournalError>) -> Result<T, JournalError> {
        self.is_stopped |= result.is_err();
        result
    }
}

/// A quarter of a segment: early enough for the next one to be ready in time, and late enough that an
/// exchange which is tried out for a minute does not write a second one.
const fn prepare_at(segment_bytes: u64) -> u64 {
    segment_bytes / 4
}

impl<S: Storage> std::fmt::Debug for JournalWriter<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JournalWriter")
            .field("tip", &self.tip)
            .field("epoch", &self.epoch)
            .field("synced", &self.synced)
            .field("durability", &self.durability)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
