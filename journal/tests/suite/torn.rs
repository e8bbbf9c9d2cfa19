//! Torn, flipped and stale bytes: recovery hands out a prefix of what was written, or nothing at all.

use rialto_journal::record::{self, FrameFault, PAGE_BYTES};
use rialto_journal::{Durability, JournalError, MemoryStorage, Record};
use rialto_types::Seq;

use crate::common::{Files, append, order, pages, recover, time, varied, writer};

/// The first segment's name.
const FIRST: &str = "00000000000000000001.segment";

/// A log of one segment, never synced, and where each record ends.
fn log(count: u64) -> (Files, Vec<Record>, Vec<usize>) {
    let storage = MemoryStorage::new();
    let mut writer = writer(&storage, Durability::Written, pages(4));
    let mut records = Vec::new();
    let mut ends = Vec::new();
    for _ in 0..count {
        records.extend(append(&mut writer, 1, varied));
        ends.push(usize::try_from(writer.tip().offset).unwrap());
    }
    (storage.files(), records, ends)
}

/// How many records end at or before `offset`.
fn whole(ends: &[usize], offset: usize) -> usize {
    ends.iter().filter(|end| **end <= offset).count()
}

/// Recovers, checks that exactly the first `count` records come back, goes on writing, and checks that
/// a further recovery finds both.
fn check_prefix(files: Files, records: &[Record], count: usize, what: &str) {
    let storage = MemoryStorage::with_files(files);
    let (found, _) = recover(&storage).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(found, records[..count], "{what}");
    let mut writer = writer(&storage, Durability::Written, pages(4));
    let more = append(&mut writer, 3, order);
    let (found, _) = recover(&storage).unwrap();
    assert_eq!(
        found,
        [&records[..count], &more].concat(),
        "{what}, after writing on"
    );
}

#[test]
fn a_log_torn_at_any_byte_gives_the_records_before() {
    let (files, records, ends) = log(70);
    let last = *ends.last().unwrap();
    assert!(last > 2 * PAGE_BYTES, "the log reaches into a second page");
    let begin = ends[ends.len() - 8];
    for cut in begin..last {
        for garbage in [0x00, 0xff] {
            let mut torn = files.clone();
            torn.get_mut(FIRST).unwrap()[cut..last].fill(garbage);
            if torn == files {
                continue;
            }
            let what = format!("torn at {cut} with {garbage:02x}");
            // What is overwritten with what it was is not torn; the first changed byte counts.
            let changed = (0..last)
                .find(|at| torn[FIRST][*at] != files[FIRST][*at])
                .unwrap();
            check_prefix(torn, &records, whole(&ends, changed), &what);
        }
    }
}

#[test]
fn a_flipped_bit_is_never_read_as_a_record() {
    let (files, records, ends) = log(24);
    let last = *ends.last().unwrap();
    for bit in PAGE_BYTES * 8..last * 8 {
        let mut flipped = files.clone();
        flipped.get_mut(FIRST).unwrap()[bit / 8] ^= 1 << (bit % 8);
        let storage = MemoryStorage::with_files(flipped);
        let (found, _) = recover(&storage).unwrap();
        assert_eq!(found, records[..whole(&ends, bit / 8)], "bit {bit}");
    }
}

#[test]
fn a_flipped_bit_in_the_header_opens_nothing() {
    let (files, _, _) = log(4);
    for bit in 0..128 * 8 {
        let mut flipped = files.clone();
        flipped.get_mut(FIRST).unwrap()[bit / 8] ^= 1 << (bit % 8);
        let storage = MemoryStorage::with_files(flipped.clone());
        let error = recover(&storage).unwrap_err();
        assert!(
            matches!(error, JournalError::Unreadable { .. }),
            "bit {bit}: {error}"
        );
        assert_eq!(storage.files(), flipped, "nothing was touched");
    }
}

#[test]
fn a_flipped_bit_in_a_journal_closed_in_order_is_damage() {
    let storage = MemoryStorage::new();
    let mut writer = writer(&storage, Durability::Written, pages(4));
    let records = append(&mut writer, 24, varied);
    let last = usize::try_from(writer.tip().offset).unwrap();
    writer.close().unwrap();
    let files = storage.files();
    assert_eq!(recover(&storage).unwrap().0, records);
    for bit in PAGE_BYTES * 8..last * 8 {
        let mut flipped = files.clone();
        flipped.get_mut(FIRST).unwrap()[bit / 8] ^= 1 << (bit % 8);
        let storage = MemoryStorage::with_files(flipped.clone());
        let error = recover(&storage).unwrap_err();
        assert!(
            matches!(error, JournalError::Damaged(_)),
            "bit {bit}: {error}"
        );
        assert_eq!(storage.files(), flipped, "nothing was touched");
    }
}

/// Two histories that differ in one record. The record after it has the same sequence, the same place
/// and the same content in both; taken from one and put into the other it is stale.
#[test]
fn a_stale_record_is_not_taken_for_a_live_one() {
    let history = |differing: u64| {
        let storage = MemoryStorage::new();
        let mut writer = writer(&storage, Durability::Written, pages(4));
        append(&mut writer, 4, order);
        append(&mut writer, 1, |_| order(differing));
        let begin = usize::try_from(writer.tip().offset).unwrap();
        append(&mut writer, 3, order);
        (storage.files(), begin)
    };
    let (old, begin) = history(100);
    let (mut new, _) = history(200);
    let records = recover(&MemoryStorage::with_files(new.clone())).unwrap().0;
    assert_eq!(records.len(), 8);

    new.get_mut(FIRST).unwrap()[begin..begin + 64].copy_from_slice(&old[FIRST][begin..begin + 64]);
    let stale = &new[FIRST][begin..PAGE_BYTES * 2];
    let in_old = record::read(
        &old[FIRST][begin..PAGE_BYTES * 2],
        previous_crc(&old, begin),
    );
    assert_eq!(
        in_old.unwrap().seq,
        Seq(6),
        "the record is good where it comes from"
    );
    let fault = record::read(stale, previous_crc(&new, begin)).unwrap_err();
    assert!(matches!(fault, FrameFault::Checksum { .. }), "{fault}");

    let (found, recovered) = recover(&MemoryStorage::with_files(new)).unwrap();
    assert_eq!(found, records[..5]);
    assert_eq!(recovered.tail().unwrap().saved.len(), 1);
}

/// The checksum of the 64-byte record before `offset`.
fn previous_crc(files: &Files, offset: usize) -> u32 {
    u32::from_le_bytes(files[FIRST][offset - 64..offset - 60].try_into().unwrap())
}

/// The zeroing of a tail may be lost with the power, when it was not synced yet: whatever of the old
/// tail comes back behind the new life's first records is not read.
#[test]
fn an_old_tail_that_comes_back_is_not_read() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(4));
    let records = append(&mut life, 12, order);
    let before = storage.files();

    let cut = PAGE_BYTES + 5 * 64;
    let mut torn = before.clone();
    torn.get_mut(FIRST).unwrap()[cut] ^= 1;
    let storage = MemoryStorage::with_files(torn);
    let mut life = writer(&storage, Durability::Written, pages(4));
    let more = append(&mut life, 2, |seq| order(seq + 1_000));
    // A group header and two records stand where three of the old tail stood; the rest comes back.
    let end = usize::try_from(life.tip().offset).unwrap();
    assert_eq!(end, cut + 3 * 64);
    let mut files = storage.files();
    files.get_mut(FIRST).unwrap()[end..].copy_from_slice(&before[FIRST][end..]);
    let (found, _) = recover(&MemoryStorage::with_files(files)).unwrap();
    assert_eq!(found, [&records[..5], &more].concat());
    assert_eq!(found[6].time, time(7));
}
