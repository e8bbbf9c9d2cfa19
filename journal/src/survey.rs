//! What lies behind the end of the log: nothing, a tail, or damage.
//!
//! A walk ends where no record continues the chain. Pages reach the disk in any order, so good records
//! may lie behind that place after an ordinary power cut, and only the question whether the missing one
//! had been synced tells a tail from damage. The survey reads everything behind the end, looks for group
//! and segment headers, which state what had been synced, and for the last byte that is not zero. Cost:
//! one reading of what is left of the segment, 0.1 s for 256 MiB.

use std::cmp::Ordering;
use std::ops::Range;

use rialto_types::Seq;

use crate::catalog::SegmentFile;
use crate::error::{Damage, EndFault, JournalError};
use crate::group;
use crate::record::{PAGE_BYTES, index, room};
use crate::storage::{Directory, Reader};
use crate::tip::Tip;
use crate::walk::{Place, Walk};
use crate::{Epoch, ExchangeId};

/// How much is read at once.
const BLOCK_BYTES: usize = 1 << 20;

/// Bytes behind the end of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remains {
    /// The file.
    pub name: String,
    /// Where in it they begin. 0 when the whole file lies behind the end.
    pub begin: u64,
    /// After the last one that is not zero.
    pub end: u64,
}

/// The end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEnd {
    /// After the last record.
    pub tip: Tip,
    /// The segment in which that is.
    pub name: String,
    /// The sequence with which that segment begins.
    pub segment_first: Seq,
    /// The epoch of the last record.
    pub epoch: Epoch,
    /// The latest epoch that anything behind it is of, or its own: the next life is of a later one, so that
    /// nothing that was left there continues its chain.
    pub newest_epoch: Epoch,
    /// Why it does not go on.
    pub fault: EndFault,
    /// What lies behind it, in the order of the log; files that are all zero behind it are left out,
    /// except files that lie behind it as a whole.
    pub remains: Vec<Remains>,
    /// The highest sequence that anything behind it states as synced.
    pub synced: Option<Seq>,
    /// Everything before this place was on the disk when a header in front of the end said so.
    pub proven: Place,
}

impl LogEnd {
    /// Looks behind the place at which `walk` has ended with `fault`.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn survey<D: Directory>(
        walk: &Walk<D>,
        directory: &D,
        fault: EndFault,
    ) -> Result<Self, JournalError> {
        let mut survey = Survey {
            exchange_id: walk.exchange_id(),
            epoch: walk.epoch(),
            newest_epoch: walk.epoch(),
            synced: None,
            block: Vec::new(),
        };
        let (tip, files) = (*walk.tip(), &walk.catalog().segments);
        let present = &files[walk.segment_index()];
        let mut remains = Vec::new();
        let end = survey.read(directory, present, tip.offset)?;
        if end > tip.offset {
            remains.push(Remains {
                name: present.name.clone(),
                begin: tip.offset,
                end,
            });
        }
        for file in &files[walk.segment_index() + 1..] {
            survey.believe_header(file);
            remains.push(Remains {
                name: file.name.clone(),
                begin: 0,
                end: survey.read(directory, file, 0)?,
            });
        }
        Ok(Self {
            tip,
            name: present.name.clone(),
            segment_first: present.first.unwrap_or_default(),
            epoch: survey.epoch,
            newest_epoch: survey.newest_epoch,
            fault,
            remains,
            synced: survey.synced,
            proven: walk.proven(),
        })
    }

    /// The part of the segment at `segment_index`, of `used` bytes, that nothing proves to be on the disk.
    pub(crate) fn unproven(&self, segment_index: usize, used: u64) -> Range<u64> {
        let Place {
            segment_index: proven,
            offset,
        } = self.proven;
        match segment_index.cmp(&proven) {
            Ordering::Less => used..used,
            Ordering::Equal => offset.min(used)..used,
            Ordering::Greater => 0..used,
        }
    }

    /// Whether a file lies behind the end as a whole.
    pub fn lies_behind(&self, name: &str) -> bool {
        let mut remains = self.remains.iter();
        remains.any(|remains| remains.begin == 0 && remains.name == name)
    }

    /// Refuses an end that no power cut explains: the record that is missing was on the disk. `applied`
    /// is the last command that some snapshot has seen.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn check(&self, applied: Seq) -> Result<(), Damage> {
        let synced = self.synced.unwrap_or_default().max(applied);
        let missing = self.tip.seq.next();
        if synced < missing {
            return Ok(());
        }
        Err(Damage {
            missing,
            name: self.name.clone(),
            offset: self.tip.offset,
            fault: self.fault.clone(),
            epoch: self.epoch,
            synced,
        })
    }
}

struct Survey {
    exchange_id: ExchangeId,
    epoch: Epoch,
    newest_epoch: Epoch,
    synced: Option<Seq>,
    block: Vec<u8>,
}

impl Survey {
    /// A segment header states what was synced, as a group header does.
    fn believe_header(&mut self, file: &SegmentFile) {
        let header = file.header();
        let believed = header
            .filter(|header| header.exchange_id == self.exchange_id && header.epoch >= self.epoch);
        if let Some(header) = believed {
            self.believe(header.synced, header.epoch);
        }
    }

    fn believe(&mut self, synced: Seq, epoch: Epoch) {
        self.synced = self.synced.max(Some(synced));
        self.newest_epoch = self.newest_epoch.max(epoch);
    }

    /// Reads a file from `begin` on. Returns the place after its last byte that is not zero, or `begin`.
    fn read(
        &mut self,
        directory: &impl Directory,
        file: &SegmentFile,
        begin: u64,
    ) -> Result<u64, JournalError> {
        let reader = file.open(directory)?;
        let (mut at, mut end) = (begin, begin);
        while at < file.bytes {
            // To the end of a page, so that no record is cut in two.
            let block_end = (at - at % PAGE_BYTES as u64) + BLOCK_BYTES as u64;
            let length = index(file.bytes.min(block_end) - at);
            self.block.resize(length, 0);
            let read = reader.read_at(at, &mut self.block);
            read.map_err(JournalError::io("read", &file.name))?;
            if let Some(used) = self.look_at_block(at) {
                end = at + used as u64;
            }
            at += length as u64;
        }
        Ok(end)
    }

    /// Looks at the pages of the block, which begins at `at`; the length up to the last byte that is not
    /// zero.
    fn look_at_block(&mut self, at: u64) -> Option<usize> {
        let mut used = None;
        let mut begin = 0;
        while begin < self.block.len() {
            let to_page_end = room(at + begin as u64);
            let page_end = self.block.len().min(begin + to_page_end);
            let page = &self.block[begin..page_end];
            if !is_zero(page) {
                let last = page.iter().rposition(|byte| *byte != 0).unwrap_or(0);
                used = Some(begin + last + 1);
                if let Some((synced, epoch)) =
                    group::stated_within(page, self.exchange_id, self.epoch)
                {
                    self.believe(synced, epoch);
                }
            }
            begin = page_end;
        }
        used
    }
}

/// Whether all bytes are zero. Without an early exit within a chunk, so that it is done in wide steps.
fn is_zero(page: &[u8]) -> bool {
    page.chunks(512)
        .all(|chunk| chunk.iter().fold(0, |sum, byte| sum | byte) == 0)
}
