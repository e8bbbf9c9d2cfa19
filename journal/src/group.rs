//! Group headers: what the writer knew to be synced when it began a group of records.
//!
//! ```text
//! byte 0                24            40       48        56        60
//!      │ record header  │ exchange id │ epoch  │ synced  │ own crc │ epoch again │
//! ```
//!
//! Pages reach the disk in any order, so after a power cut a bad record may be followed by good ones. Was
//! it synced once, or never? The group headers answer: everything up to the highest `synced` that any of
//! them states was on the disk. To be believed behind a break in the chain, a group header carries a
//! checksum that stands on its own, and the exchange's 16 random bytes, by which a survey finds
//! it again; no client knows those and could write them into an order. Cost: 64 bytes for each group.

use rialto_types::{Seq, Timestamp};

use crate::record::{
    self, ALIGNMENT, HEADER_BYTES, PAGE_BYTES, RecordHead, RecordKind, long, word,
};
use crate::{Epoch, ExchangeId};

/// Bytes of header and payload.
pub const GROUP_BYTES: usize = 64;
/// Bytes of header and payload that state something. The first builds of format version 1 wrote no more.
const STATED_BYTES: usize = 60;

/// The own checksum leaves out the other one, which depends on what came before.
const OWN_CRC_FROM: usize = 4;
const KIND_AT: usize = 6;
const SEQ_AT: usize = 8;
const ID_AT: usize = HEADER_BYTES;
const EPOCH_AT: usize = 40;
const SYNCED_AT: usize = 48;
const OWN_CRC_AT: usize = 56;

/// What a group header states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupHeader {
    /// Whose journal it is.
    pub exchange_id: ExchangeId,
    /// The writer's life.
    pub epoch: Epoch,
    /// Every command up to here was on the disk.
    pub synced: Seq,
}

impl GroupHeader {
    /// Writes the record, but for the checksum of the chain, and returns what its header says. It
    /// follows command `seq`.
    pub(crate) fn write(&self, record: &mut [u8], seq: Seq, time: Timestamp) -> RecordHead {
        let head = RecordHead {
            kind: RecordKind::Group,
            flags: 0,
            length: GROUP_BYTES,
            seq,
            time,
        };
        record::write_head(record, &head);
        record[ID_AT..EPOCH_AT].copy_from_slice(&self.exchange_id.0);
        record[EPOCH_AT..SYNCED_AT].copy_from_slice(&self.epoch.0.to_le_bytes());
        record[SYNCED_AT..OWN_CRC_AT].copy_from_slice(&self.synced.0.to_le_bytes());
        let crc = crc32c::crc32c(&record[OWN_CRC_FROM..OWN_CRC_AT]);
        record[OWN_CRC_AT..STATED_BYTES].copy_from_slice(&crc.to_le_bytes());
        // A CRC over bytes and their own CRC is the same whatever the bytes are. So what stands in front
        // of here leaves no trace in the chain; this makes every life's chain another one.
        record[STATED_BYTES..GROUP_BYTES].copy_from_slice(&self.epoch.0.to_le_bytes()[..4]);
        head
    }

    /// Reads a whole record, header included; `None` when its own checksum is wrong, or when it is no
    /// group header. Says nothing about the chain.
    pub fn read(record: &[u8]) -> Option<Self> {
        let record: &[u8; STATED_BYTES] = record.first_chunk()?;
        let own_crc = crc32c::crc32c(&record[OWN_CRC_FROM..OWN_CRC_AT]);
        let is_group = record[KIND_AT] == RecordKind::Group.code();
        // Nobody has synced what was not yet written.
        let (seq, synced) = (long(record, SEQ_AT), long(record, SYNCED_AT));
        if !is_group || own_crc != word(record, OWN_CRC_AT) || synced > seq {
            return None;
        }
        let exchange_id = record[ID_AT..EPOCH_AT].try_into().ok()?;
        Some(Self {
            exchange_id: ExchangeId(exchange_id),
            epoch: Epoch(long(record, EPOCH_AT)),
            synced: Seq(synced),
        })
    }
}

/// What the group headers in `page` state: the highest sequence that was synced, and the latest epoch. Of this
/// exchange, of `epoch` or a later one, whether or not they continue a chain. Looks at every place where a record
/// could begin.
pub(crate) fn stated_within(
    page: &[u8],
    exchange_id: ExchangeId,
    epoch: Epoch,
) -> Option<(Seq, Epoch)> {
    debug_assert!(page.len() <= PAGE_BYTES, "records never lie in two pages");
    (0..page.len())
        .step_by(ALIGNMENT)
        .map(|at| &page[at..])
        .filter(|record| record.get(ID_AT..EPOCH_AT) == Some(&exchange_id.0[..]))
        .filter_map(GroupHeader::read)
        .filter(|group| group.epoch >= epoch)
        .map(|group| (group.synced, group.epoch))
        .reduce(|(synced, epoch), (other, later)| (synced.max(other), epoch.max(later)))
}

#[cfg(test)]
mod tests {
    use super::*;
    const ID: ExchangeId = ExchangeId(*b"0123456789abcdef");

    /// Two lives that go on from the same place must never have the same checksum behind it: what one of
    /// them left there would continue the other's chain.
    #[test]
    fn the_chain_depends_on_the_epoch() {
        let sealed = |epoch: u64| {
            let group = GroupHeader {
                exchange_id: ID,
                epoch: Epoch(epoch),
                synced: Seq(9),
            };
            let mut record = [0; GROUP_BYTES];
            let head = group.write(&mut record, Seq(9), Timestamp(1));
            assert_eq!(GroupHeader::read(&record), Some(group));
            record::seal(&mut record, &head, 0xdead_beef)
        };
        let mut crcs: Vec<u32> = (1..1_000).map(sealed).collect();
        crcs.sort_unstable();
        crcs.dedup();
        assert_eq!(crcs.len(), 999);
    }

    fn page_with(group: &GroupHeader, at: usize) -> Vec<u8> {
        let mut page = vec![0; PAGE_BYTES];
        let record = &mut page[at..at + 64];
        let head = group.write(record, Seq(9), Timestamp(1));
        record::seal(record, &head, 0xdead_beef);
        page
    }

    #[test]
    fn a_group_header_is_found_without_its_chain() {
        let group = GroupHeader {
            exchange_id: ID,
            epoch: Epoch(3),
            synced: Seq(8),
        };
        for at in [0, 8, 1000, PAGE_BYTES - 64] {
            let page = page_with(&group, at);
            assert_eq!(stated_within(&page, ID, Epoch(3)), Some((Seq(8), Epoch(3))));
            assert_eq!(GroupHeader::read(&page[at..]), Some(group));
        }
    }

    #[test]
    fn the_highest_of_all_is_stated() {
        let group = |epoch, synced| GroupHeader {
            exchange_id: ID,
            epoch: Epoch(epoch),
            synced: Seq(synced),
        };
        let mut page = page_with(&group(4, 2), 0);
        page[64..128].copy_from_slice(&page_with(&group(3, 8), 64)[64..128]);
        let stated = stated_within(&page, ID, Epoch(3));
        assert_eq!(stated, Some((Seq(8), Epoch(4))));
    }

    #[test]
    fn others_and_older_and_damaged_ones_are_not_believed() {
        let group = GroupHeader {
            exchange_id: ID,
            epoch: Epoch(3),
            synced: Seq(8),
        };
        let mut page = page_with(&group, 64);
        assert_eq!(stated_within(&page, ExchangeId([7; 16]), Epoch(3)), None);
        assert_eq!(stated_within(&page, ID, Epoch(4)), None);
        for at in OWN_CRC_FROM..STATED_BYTES {
            page[64 + at] ^= 1;
            assert_eq!(stated_within(&page, ID, Epoch(3)), None, "byte {at}");
            page[64 + at] ^= 1;
        }
        let premature = GroupHeader {
            synced: Seq(10),
            ..group
        };
        let page = page_with(&premature, 64);
        assert_eq!(
            stated_within(&page, ID, Epoch(3)),
            None,
            "synced before it was written"
        );
    }
}
