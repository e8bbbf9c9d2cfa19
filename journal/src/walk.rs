//! Walks the log: record after record, segment after segment, verifying the chain, until it ends.
//!
//! Everything that reads a journal goes this way: recovery, inspection, followers. A walk reads in large
//! blocks, hands out only records whose checksum continues the chain and whose sequence and time
//! continue the record before, and decides nothing about the end it comes to; that is
//! [`crate::survey`]'s. Cost: two or three tens of millions of records a second, mostly checksum.

use std::collections::VecDeque;

use rialto_types::Seq;

use crate::catalog::{Catalog, SegmentFile};
use crate::codec::PayloadError;
use crate::error::{EndFault, JournalError};
use crate::group::GroupHeader;
use crate::header::{HeaderFault, RECORDS_AT, SegmentHeader};
use crate::record::{self, Frame, FrameFault, PAGE_BYTES, RecordKind, index};
use crate::storage::{Directory, Reader};
use crate::tip::Tip;
use crate::{Epoch, ExchangeId};

/// How much is read at once. A multiple of a page, so that every record lies within one block.
const BLOCK_BYTES: usize = 1 << 20;
/// How many segments are opened ahead. A file that is open can be read to its end also when the exchange
/// lets it go meanwhile.
const OPEN_AHEAD_MAX: usize = 64;
/// How often a directory is listed again because a segment went between its listing and its opening.
const ATTEMPTS_MAX: u32 = 16;

/// A verified record and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Located<'a> {
    /// The record.
    pub frame: Frame<'a>,
    /// What it is.
    pub kind: RecordKind,
    /// What it states, if it is a group header.
    pub group: Option<GroupHeader>,
    /// The index of its segment in the catalog.
    pub segment_index: usize,
    /// Where in the segment it begins.
    pub offset: u64,
}

/// What a step of the walk comes to.
#[derive(Debug)]
pub enum Step<'a> {
    /// A record.
    Record(Located<'a>),
    /// Nothing continues the log. Further steps say the same.
    End(EndFault),
}

/// A walk along the log.
#[derive(Debug)]
pub struct Walk<D: Directory> {
    directory: D,
    catalog: Catalog,
    segment_index: usize,
    reader: D::Reader,
    /// Of the next segments.
    ahead: VecDeque<D::Reader>,
    tip: Tip,
    exchange_id: ExchangeId,
    epoch: Epoch,
    /// The size of the present segment.
    segment_bytes: u64,
    /// The first sequence of the next segment, if there is one that can be read.
    next_first: Option<Seq>,
    block: Vec<u8>,
    /// Where in the segment the block begins.
    block_at: u64,
    /// Bytes of records in the segments walked before this one.
    bytes_before: u64,
    /// Where the last command of the present segment ends, 0 before its first. Pads and headers behind it are
    /// only synced when a command behind them is.
    commands_end: u64,
    proven: Place,
    /// The highest sequence that a header has stated as synced.
    stated: Seq,
}

/// A place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The index of a segment.
    pub segment_index: usize,
    /// The offset in it.
    pub offset: u64,
}

impl<D: Directory> Walk<D> {
    /// Begins at the first record of the segment at `segment_index`.
    ///
    /// # Errors
    /// [`JournalError::Unreadable`] when that segment has no header, and those of the disk.
    ///
    /// # Panics
    /// When the catalog has no such segment.
    pub fn start(
        directory: D,
        catalog: Catalog,
        segment_index: usize,
    ) -> Result<Self, JournalError> {
        let file = &catalog.segments[segment_index];
        let (header, crc) = match &file.header {
            Ok((header, crc)) => (*header, *crc),
            Err(fault) => {
                return Err(JournalError::Unreadable {
                    name: file.name.clone(),
                    fault: *fault,
                });
            }
        };
        let reader = file.open(&directory)?;
        let next = catalog.segments[segment_index + 1..].iter();
        // A spare that was blank when the directory was listed may be in use by now, under its own name: it is not entered.
        let ahead = next
            .take_while(|file| file.header.is_ok())
            .take(OPEN_AHEAD_MAX)
            .map(|file| file.open(&directory))
            .collect::<Result<_, _>>()?;
        // A segment that comes before a snapshot is not walked, and may be as little on the disk as the others.
        let headers = catalog.segments[..=segment_index].iter();
        let stated = headers.filter_map(SegmentFile::header);
        let stated = stated.map(|header| header.synced).max();
        let stated = stated.unwrap_or_default();
        let mut walk = Self {
            directory,
            segment_index,
            reader,
            ahead,
            tip: tip_of(&header, crc),
            exchange_id: header.exchange_id,
            epoch: header.epoch,
            segment_bytes: file.bytes,
            next_first: None,
            block: Vec::new(),
            block_at: 0,
            bytes_before: 0,
            commands_end: 0,
            proven: Place {
                segment_index: 0,
                offset: 0,
            },
            stated,
            catalog,
        };
        walk.next_first = first_of(walk.next_file());
        Ok(walk)
    }

    /// Begins at the segment that `choose` picks, of a directory that another process may be writing:
    /// should a segment have gone between listing and opening, everything is looked at again. `None` when
    /// nothing is picked.
    ///
    /// # Errors
    /// Those of [`Catalog::read`] and [`Walk::start`].
    pub(crate) fn over(
        directory: &D,
        choose: impl Fn(&Catalog) -> Option<usize>,
    ) -> Result<Option<Self>, JournalError>
    where
        D: Clone,
    {
        let mut attempts = 0;
        loop {
            let catalog = Catalog::read(directory, None)?;
            let Some(index) = choose(&catalog) else {
                return Ok(None);
            };
            attempts += 1;
            match Self::start(directory.clone(), catalog, index) {
                Err(error) if error.is_not_found() && attempts < ATTEMPTS_MAX => {}
                started => return started.map(Some),
            }
        }
    }

    /// Goes one record further.
    ///
    /// # Errors
    /// Those of the disk, and [`JournalError::Malformed`] for a record whose checksum is right and
    /// whose header is not. What the record before it ended with stays the tip.
    #[inline]
    pub fn step(&mut self) -> Result<Step<'_>, JournalError> {
        while self.next_first == Some(self.tip.seq.next()) && self.enter_next()? {}
        if self.tip.offset == self.segment_bytes {
            return Ok(Step::End(self.end(FrameFault::Empty)));
        }
        self.load()?;
        let begin = index(self.tip.offset - self.block_at);
        let bytes = &self.block[begin..begin + record::room(self.tip.offset)];
        let frame = match record::read(bytes, self.tip.crc) {
            Ok(frame) => frame,
            Err(fault) => return Ok(Step::End(self.end(fault))),
        };
        let kind = match check(&frame, &self.tip) {
            Ok(kind) => kind,
            Err(source) => return Err(self.malformed(&frame, source)),
        };
        let mut group = None;
        if kind == RecordKind::Group {
            group = GroupHeader::read(bytes);
            match group {
                Some(group) if group.exchange_id == self.exchange_id => {
                    self.epoch = group.epoch;
                    self.stated = self.stated.max(group.synced);
                    if group.synced >= frame.seq {
                        self.proven = Place {
                            segment_index: self.segment_index,
                            offset: self.commands_end,
                        };
                    }
                }
                _ => return Err(self.malformed(&frame, PayloadError::code("group header", 0_u8)())),
            }
        }
        let offset = self.tip.offset;
        if matches!(kind, RecordKind::Command(_)) {
            self.commands_end = offset + frame.extent as u64;
        }
        self.tip = Tip {
            offset: offset + frame.extent as u64,
            crc: frame.crc,
            seq: frame.seq,
            time: frame.time,
        };
        Ok(Step::Record(Located {
            frame,
            kind,
            group,
            segment_index: self.segment_index,
            offset,
        }))
    }

    /// Where the walk stands.
    pub fn tip(&self) -> &Tip {
        &self.tip
    }

    /// The index of the segment that it stands in.
    pub fn segment_index(&self) -> usize {
        self.segment_index
    }

    /// The segments that it goes along.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The epoch of the last header read.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Whose journal it is.
    pub fn exchange_id(&self) -> ExchangeId {
        self.exchange_id
    }

    /// Everything before this place was on the disk when a header said so. What comes after it may be in
    /// the system's memory alone, even after a sync: one that failed leaves pages that count as written.
    pub fn proven(&self) -> Place {
        let segments = self.catalog.segments.iter().enumerate();
        let mut begun = segments.filter(|(_, file)| {
            let first = file.first;
            first.is_some_and(|first| first <= self.stated)
        });
        let whole = begun.next_back().map(|(segment_index, _)| Place {
            segment_index,
            offset: 0,
        });
        self.proven.max(whole.unwrap_or(self.proven))
    }

    /// Bytes of records behind it.
    pub fn bytes_walked(&self) -> u64 {
        self.bytes_before + (self.tip.offset - RECORDS_AT)
    }

    /// Gives back the directory and the catalog.
    pub(crate) fn into_parts(self) -> (D, Catalog) {
        (self.directory, self.catalog)
    }

    /// The error for a record that cannot be decoded.
    #[cold]
    pub(crate) fn malformed_at(&self, seq: Seq, offset: u64, source: PayloadError) -> JournalError {
        JournalError::Malformed {
            seq,
            name: self.catalog.segments[self.segment_index].name.clone(),
            offset,
            source,
        }
    }

    #[cold]
    fn malformed(&self, frame: &Frame<'_>, source: PayloadError) -> JournalError {
        self.malformed_at(frame.seq, self.tip.offset, source)
    }

    fn next_file(&self) -> Option<&SegmentFile> {
        self.catalog.segments.get(self.segment_index + 1)
    }

    /// Enters the next segment if it continues this one's chain.
    #[cold]
    fn enter_next(&mut self) -> Result<bool, JournalError> {
        let Some(file) = self.next_file() else {
            return Ok(false);
        };
        let (header, crc) = match &file.header {
            Ok((header, crc)) if record::is_linked(header.crc_before, self.tip.crc) => {
                (*header, *crc)
            }
            _ => return Ok(false),
        };
        let segment_bytes = file.bytes;
        if self.ahead.is_empty() {
            let reader = file.open(&self.directory)?;
            self.ahead.push_back(reader);
        }
        let reader = self.ahead.pop_front();
        self.reader = reader.expect("the next segment is open");
        self.segment_bytes = segment_bytes;
        self.bytes_before = self.bytes_walked();
        self.segment_index += 1;
        self.commands_end = 0;
        self.block.clear();
        self.block_at = 0;
        // A header has no clock; the time before it is the tip's.
        self.tip = tip_of(&header, crc);
        self.epoch = header.epoch;
        self.stated = self.stated.max(header.synced);
        self.next_first = first_of(self.next_file());
        Ok(true)
    }

    /// Makes the page at the tip present in the block.
    #[inline]
    fn load(&mut self) -> Result<(), JournalError> {
        if self.tip.offset < self.block_at + self.block.len() as u64 {
            return Ok(());
        }
        self.load_block()
    }

    #[cold]
    fn load_block(&mut self) -> Result<(), JournalError> {
        // A block ends where a page ends, and records end there too.
        let begin = self.tip.offset;
        debug_assert!(begin.is_multiple_of(PAGE_BYTES as u64), "a page begins");
        let length = index(self.segment_bytes - begin).min(BLOCK_BYTES);
        self.block.resize(length, 0);
        let read = self.reader.read_at(begin, &mut self.block);
        let name = &self.catalog.segments[self.segment_index].name;
        read.map_err(JournalError::io("read", name))?;
        self.block_at = begin;
        Ok(())
    }

    /// Why the log does not go on: where a segment has no further record that is the next segment's
    /// fault, before that it is the record's.
    fn end(&self, fault: FrameFault) -> EndFault {
        match self.next_file() {
            Some(SegmentFile { name, header, .. }) if fault == FrameFault::Empty => {
                match header {
                    // A spare that was never begun is not missed.
                    Err(HeaderFault::Empty) => EndFault::Record(fault),
                    Err(fault) => EndFault::Header {
                        name: name.clone(),
                        fault: *fault,
                    },
                    Ok((header, _)) => EndFault::Link {
                        name: name.clone(),
                        first: header.first_seq,
                        crc_before: header.crc_before,
                        expected: self.tip.seq.next(),
                        crc: self.tip.crc,
                    },
                }
            }
            _ => EndFault::Record(fault),
        }
    }
}

/// The first sequence of a segment that can be read.
fn first_of(file: Option<&SegmentFile>) -> Option<Seq> {
    file.and_then(SegmentFile::header)
        .map(|header| header.first_seq)
}

/// Where a segment's first record begins.
const fn tip_of(header: &SegmentHeader, crc: u32) -> Tip {
    Tip {
        offset: RECORDS_AT,
        crc,
        seq: Seq(header.first_seq.0 - 1),
        time: header.time_before,
    }
}

/// Refuses a record that continues the chain, but does not continue what the chain says.
#[inline]
fn check(frame: &Frame<'_>, tip: &Tip) -> Result<RecordKind, PayloadError> {
    let kind = RecordKind::from_code(frame.kind)
        .ok_or_else(PayloadError::code("record kind", frame.kind))?;
    let due = match kind {
        RecordKind::Command(_) => tip.seq.next(),
        RecordKind::Pad | RecordKind::Group | RecordKind::Decision => tip.seq,
    };
    if frame.seq != due {
        return Err(order("sequence", frame.seq.0, tip.seq.0));
    }
    if frame.time < tip.time {
        return Err(order("time", frame.time.0, tip.time.0));
    }
    Ok(kind)
}

const fn order(field: &'static str, found: u64, before: u64) -> PayloadError {
    PayloadError::Order {
        field,
        found,
        before,
    }
}
