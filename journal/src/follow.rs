//! Reading a part of a journal beside its writer: the commands between two known places.
//!
//! Who takes a snapshot goes this way, and so does whoever verifies one. Both ends are ends of segments:
//! what lies before the newest segment's header is complete and will never change. Nothing is written and
//! no lock is taken. Cost: that of [`crate::walk`].

use rialto_types::{Seq, ShardId};

use crate::catalog::{Catalog, Expected, SegmentFile};
use crate::codec::command;
use crate::error::JournalError;
use crate::record::RecordKind;
use crate::recovery::{Base, Record};
use crate::storage::Directory;
use crate::walk::{Step, Walk};

/// The segments of a journal that are complete.
#[derive(Clone, Debug)]
pub struct Sealed {
    catalog: Catalog,
    shard: ShardId,
    /// Where each complete segment ends, in order.
    ends: Vec<Base>,
    /// The last command that a segment's header states as synced.
    stated: Seq,
}

/// The commands between two ends of segments.
#[derive(Debug)]
pub struct Follower<D: Directory> {
    walk: Walk<D>,
    after: Seq,
    until: Base,
}

impl Sealed {
    /// Reads which there are; `None` when the directory holds no journal.
    ///
    /// # Errors
    /// Those of [`Catalog::read`].
    pub fn read(
        directory: &impl Directory,
        rules_version: u32,
    ) -> Result<Option<Self>, JournalError> {
        let catalog = Catalog::read(directory, None)?;
        let headers = || catalog.segments.iter().filter_map(SegmentFile::header);
        let Some(shard) = headers().next().map(|header| header.shard) else {
            return Ok(None);
        };
        let expected = Expected {
            shard,
            rules_version,
        };
        let catalog = Catalog::read(directory, Some(expected))?;
        let ends = catalog.segments.iter().filter_map(SegmentFile::header);
        let ends = ends.filter(|header| header.first_seq > Seq(1));
        let ends = ends.map(|header| Base {
            exchange_id: header.exchange_id,
            seq: Seq(header.first_seq.0 - 1),
            link: header.crc_before,
        });
        let ends = ends.collect();
        let headers = catalog.segments.iter().filter_map(SegmentFile::header);
        let stated = headers.map(|header| header.synced).max();
        Ok(Some(Self {
            stated: stated.unwrap_or_default(),
            catalog,
            shard,
            ends,
        }))
    }

    /// Whose they are.
    pub const fn shard(&self) -> ShardId {
        self.shard
    }

    /// Whether the journal still reaches back to its first command.
    pub fn has_beginning(&self) -> bool {
        self.catalog.segments.first().and_then(|file| file.first) == Some(Seq(1))
    }

    /// Where complete segments end, ascending.
    pub fn ends(&self) -> &[Base] {
        &self.ends
    }

    /// The last of them up to which everything is on the disk: a segment's header states a later command as
    /// synced, so the segment's last pad and the next one's header are. The newest complete segment may not be:
    /// its sync may be due, or have failed, and a failed one leaves pages that count as synced for whoever
    /// asks after it.
    pub fn synced_end(&self) -> Option<Base> {
        let mut synced = self.ends.iter().filter(|end| end.seq < self.stated);
        synced.next_back().copied()
    }

    /// Whether a snapshot that stands there is of this history: its end is one of these.
    pub fn contains(&self, base: &Base) -> bool {
        self.ends.contains(base)
    }

    /// Begins to read after `after`, which is 0 or the sequence of an end, up to `until`.
    ///
    /// # Errors
    /// [`JournalError::BeginsTooLate`], and those of the disk.
    pub fn follow<D: Directory>(
        &self,
        directory: D,
        after: Seq,
        until: Base,
    ) -> Result<Follower<D>, JournalError> {
        let needed = after.next();
        let segments = &self.catalog.segments;
        let at = segments.iter().position(|file| file.first == Some(needed));
        let Some(at) = at else {
            let first = segments.first().and_then(|file| file.first);
            let first = first.unwrap_or_default();
            return Err(JournalError::BeginsTooLate { first, needed });
        };
        let walk = Walk::start(directory, self.catalog.clone(), at)?;
        Ok(Follower { walk, after, until })
    }
}

impl<D: Directory> Follower<D> {
    /// The next command; `None` after the last.
    ///
    /// # Errors
    /// Those of the disk, [`JournalError::Malformed`], and [`JournalError::Incomplete`] when a record is
    /// missing on the way.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator of results would go on after an error"
    )]
    pub fn next(&mut self) -> Result<Option<Record>, JournalError> {
        loop {
            if self.walk.tip().seq >= self.until.seq {
                return Ok(None);
            }
            let found = match self.walk.step()? {
                Step::Record(found) => found,
                Step::End(fault) => {
                    let missing = self.walk.tip().seq.next();
                    return Err(JournalError::Incomplete { missing, fault });
                }
            };
            let RecordKind::Command(kind) = found.kind else {
                continue;
            };
            let frame = &found.frame;
            let (seq, time, offset) = (frame.seq, frame.time, found.offset);
            return match command::decode(kind, frame.flags, frame.payload) {
                Ok(input) => Ok(Some(Record { seq, time, input })),
                Err(source) => Err(self.walk.malformed_at(seq, offset, source)),
            };
        }
    }

    /// The last command handed out.
    pub fn seq(&self) -> Seq {
        self.walk.tip().seq.max(self.after)
    }
}
