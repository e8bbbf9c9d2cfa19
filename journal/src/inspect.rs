//! A look at a journal that changes nothing: every segment, every record, and how it ends.
//!
//! Goes the way of recovery ([`crate::walk`], [`crate::survey`]) without its consequences, on a directory
//! that need not be locked: `rialto journal inspect` prints it, also beside a running exchange, whose
//! newest record may then look torn. Cost: that of reading the journal once.

use std::fmt;

use rialto_types::{Input, Seq, Timestamp};

use crate::Epoch;
use crate::catalog::{Catalog, SegmentFile};
use crate::codec::{PayloadError, command};
use crate::decision::Decision;
use crate::error::{Damage, JournalError};
use crate::group::GroupHeader;
use crate::header::{FORMAT_VERSION, HeaderFault, RECORDS_AT, SegmentHeader};
use crate::record::RecordKind;
use crate::storage::Directory;
use crate::survey::LogEnd;
use crate::walk::{Located, Step, Walk};

/// A record, told to the visitor. Its `Display` is one line of text.
#[derive(Debug)]
pub struct Item<'a> {
    /// The segment.
    pub segment: &'a str,
    /// Where in it the record begins.
    pub offset: u64,
    /// Its sequence; for what is no command, that of the command before.
    pub seq: Seq,
    /// Its time; for what is no command, that of the command before.
    pub time: Timestamp,
    /// What it holds.
    pub content: Content,
}

/// What a record holds.
#[derive(Debug)]
pub enum Content {
    /// An input of the core.
    Command(Input),
    /// A statement of what was synced.
    Group(GroupHeader),
    /// The rest of a page: so many bytes.
    Pad(usize),
    /// An operator's decision about an earlier record.
    Decision(Decision),
    /// Intact bytes that this build cannot read.
    Unreadable(PayloadError),
}

/// What a segment holds.
#[derive(Clone, Debug)]
pub struct SegmentSummary {
    /// Its file.
    pub name: String,
    /// The size of the file.
    pub bytes: u64,
    /// Its header, or why there is none.
    pub header: Result<SegmentHeader, HeaderFault>,
    /// Bytes from its beginning to the end of its last record; 0 when it was not reached.
    pub bytes_used: u64,
    /// Commands in it.
    pub commands: u64,
    /// Group headers in it.
    pub groups: u64,
    /// Pads in it.
    pub pads: u64,
    /// The sequence and the time of its first command.
    pub first: Option<(Seq, Timestamp)>,
    /// The sequence and the time of its last command.
    pub last: Option<(Seq, Timestamp)>,
    /// The epoch of its last group header, or of its header.
    pub epoch: Option<Epoch>,
    /// The highest sequence that a header in it states as synced.
    pub synced: Option<Seq>,
}

/// How a journal ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is nothing.
    Empty,
    /// After the last record is nothing.
    Clean(LogEnd),
    /// After the last record lies something that nobody was told of; recovery would cut it off.
    Tail(LogEnd),
    /// Records are missing that had been synced; recovery would refuse.
    Damaged(Damage),
}

/// What there is to know about a journal. Its `Display` is a report.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Its segments, in order.
    pub segments: Vec<SegmentSummary>,
    /// Its end.
    pub verdict: Verdict,
}

/// Reads a journal from its first segment to its end and tells `visit` of each record.
///
/// # Errors
/// Those of [`Catalog::read`], [`Walk::start`] and [`Walk::step`].
pub fn inspect<D: Directory + Clone>(
    directory: &D,
    mut visit: impl FnMut(&Item<'_>),
) -> Result<Inspection, JournalError> {
    let is_begun = |catalog: &Catalog| catalog.segments.iter().any(|file| file.first.is_some());
    let walk = Walk::over(directory, |catalog| is_begun(catalog).then_some(0))?;
    let summaries = |catalog: &Catalog| catalog.segments.iter().map(SegmentSummary::new).collect();
    let Some(mut walk) = walk else {
        return Ok(Inspection {
            segments: summaries(&Catalog::read(directory, None)?),
            verdict: Verdict::Empty,
        });
    };
    let mut segments: Vec<SegmentSummary> = summaries(walk.catalog());
    let fault = loop {
        let found = match walk.step()? {
            Step::Record(found) => found,
            Step::End(fault) => break fault,
        };
        let summary = &mut segments[found.segment_index];
        let content = content(&found);
        summary.count(&found, &content);
        visit(&Item {
            segment: &summary.name,
            offset: found.offset,
            seq: found.frame.seq,
            time: found.frame.time,
            content,
        });
    };
    let end = LogEnd::survey(&walk, directory, fault)?;
    let verdict = match end.check(Seq(0)) {
        Err(damage) => Verdict::Damaged(damage),
        Ok(())
            if end
                .remains
                .iter()
                .any(|remains| remains.end > remains.begin) =>
        {
            Verdict::Tail(end)
        }
        Ok(()) => Verdict::Clean(end),
    };
    Ok(Inspection { segments, verdict })
}

fn content(found: &Located<'_>) -> Content {
    let frame = &found.frame;
    match found.kind {
        RecordKind::Pad => Content::Pad(frame.extent),
        RecordKind::Group => Content::Group(found.group.expect("the walk has read it")),
        RecordKind::Decision => match Decision::read(frame.payload) {
            Ok(decision) => Content::Decision(decision),
            Err(error) => Content::Unreadable(error),
        },
        RecordKind::Command(kind) => match command::decode(kind, frame.flags, frame.payload) {
            Ok(input) => Content::Command(input),
            Err(error) => Content::Unreadable(error),
        },
    }
}

impl SegmentSummary {
    fn new(file: &SegmentFile) -> Self {
        let header = file.header.map(|(header, _)| header);
        Self {
            name: file.name.clone(),
            bytes: file.bytes,
            header,
            bytes_used: 0,
            commands: 0,
            groups: 0,
            pads: 0,
            first: None,
            last: None,
            epoch: header.ok().map(|header| header.epoch),
            synced: header.ok().map(|header| header.synced),
        }
    }

    fn count(&mut self, found: &Located<'_>, content: &Content) {
        let frame = &found.frame;
        self.bytes_used = found.offset + frame.extent as u64;
        match content {
            Content::Command(_) | Content::Unreadable(_) => {
                self.commands += 1;
                self.first.get_or_insert((frame.seq, frame.time));
                self.last = Some((frame.seq, frame.time));
            }
            Content::Group(group) => {
                self.groups += 1;
                self.epoch = Some(group.epoch);
                self.synced = self.synced.max(Some(group.synced));
            }
            Content::Pad(_) => self.pads += 1,
            Content::Decision(_) => {}
        }
    }
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            segment,
            offset,
            seq,
            time,
            ..
        } = self;
        write!(f, "{segment} {offset:>10} {seq:>12} {time} ")?;
        match &self.content {
            Content::Command(input) => {
                let Input {
                    key, client_seq, ..
                } = input;
                write!(f, "key {key} number {client_seq} {:?}", input.command)
            }
            Content::Group(group) => {
                write!(f, "-- epoch {}, synced {}", group.epoch, group.synced)
            }
            Content::Decision(decision) => {
                let Decision { skipped, key, .. } = decision;
                write!(f, "-- key {key} decided to pass over record {skipped}")
            }
            Content::Pad(bytes) => write!(f, "-- pad of {bytes} bytes"),
            Content::Unreadable(error) => write!(f, "-- unreadable: {error}"),
        }
    }
}

impl fmt::Display for SegmentSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = self.bytes_used.max(RECORDS_AT);
        writeln!(f, "{}: {} bytes, {used} used", self.name, self.bytes)?;
        match &self.header {
            Ok(header) => writeln!(
                f,
                "  begun in epoch {} with sequence {}, when {} was synced",
                header.epoch, header.first_seq, header.synced
            )?,
            Err(fault) => return writeln!(f, "  {fault}"),
        }
        if let (Some((first, from)), Some((last, until))) = (self.first, self.last) {
            writeln!(
                f,
                "  {} commands: sequence {first} at {from} to {last} at {until}",
                self.commands
            )?;
        }
        writeln!(f, "  {} group headers, {} pads", self.groups, self.pads)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |f: &mut fmt::Formatter<'_>, end: &LogEnd| {
            let LogEnd { tip, name, .. } = end;
            let (seq, offset, epoch) = (tip.seq, tip.offset, end.epoch);
            write!(
                f,
                "ends after sequence {seq} at byte {offset} of {name}, in epoch {epoch}"
            )
        };
        match self {
            Self::Empty => writeln!(f, "there is no segment"),
            Self::Clean(end) => {
                place(f, end)?;
                writeln!(f, ": clean")
            }
            Self::Tail(end) => {
                place(f, end)?;
                writeln!(f, ": {}", end.fault)?;
                for remains in end.remains.iter().filter(|one| one.end > one.begin) {
                    let bytes = remains.end - remains.begin;
                    writeln!(f, "  {bytes} bytes behind it in {}", remains.name)?;
                }
                writeln!(
                    f,
                    "  nothing of this was synced: the next start cuts it off and keeps a copy"
                )
            }
            Self::Damaged(damage) => writeln!(f, "DAMAGED: {damage}"),
        }
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(header) = self.segments.iter().find_map(|one| one.header.ok()) {
            let SegmentHeader {
                exchange_id,
                shard,
                rules_version,
                ..
            } = header;
            writeln!(
                f,
                "journal of exchange {exchange_id}, shard {shard}, format {FORMAT_VERSION}, rules \
                 {rules_version}"
            )?;
        }
        self.segments
            .iter()
            .try_for_each(|segment| segment.fmt(f))?;
        self.verdict.fmt(f)
    }
}
