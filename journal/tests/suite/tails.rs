//! Power cuts, as seen afterwards: pages that reached the disk and pages that did not, in any order.

use std::sync::Arc;

use rialto_journal::group::{GROUP_BYTES, GroupHeader};
use rialto_journal::header::SegmentHeader;
use rialto_journal::record::PAGE_BYTES;
use rialto_journal::{Durability, Epoch, JournalError, MemoryStorage, Record, Recovery, decisions};
use rialto_types::{ClientSeq, Command, Input, KeyId, Seq};

use crate::common::{Files, OPTIONS, append, order, pages, recover, recover_after, writer};
use crate::disk::{Disk, Faults};

const FIRST: &str = "00000000000000000001.segment";

/// Forgets a page, as if it had never reached the disk.
fn lose_page(files: &mut Files, name: &str, index: usize) {
    files.get_mut(name).unwrap()[index * PAGE_BYTES..(index + 1) * PAGE_BYTES].fill(0);
}

/// A journal in `durable` mode of batches that were synced, then of one that was only written.
fn batches(synced: &[u64], unsynced: u64) -> (MemoryStorage, Vec<Record>) {
    let storage = MemoryStorage::new();
    let mut writer = writer(&storage, Durability::Durable, pages(8));
    let mut records = Vec::new();
    for count in synced {
        records.extend(append(&mut writer, *count, order));
        writer.sync().unwrap();
    }
    records.extend(append(&mut writer, unsynced, order));
    (storage, records)
}

#[test]
fn a_hole_in_what_was_not_synced_is_a_tail() {
    // 60 records, synced; a group header and 139 records in pages 1 to 4, not synced.
    let (storage, records) = batches(&[60], 139);
    let mut files = storage.files();
    let whole = files[FIRST].clone();
    lose_page(&mut files, FIRST, 2);
    let storage = MemoryStorage::with_files(files);
    let (found, recovered) = recover(&storage).unwrap();
    // Page 1 holds the 60, the group header and three more.
    assert_eq!(found, records[..63]);
    assert_eq!(recovered.last_seq(), Seq(63));
    assert_eq!(recovered.epoch(), Epoch(2));

    let tail = recovered.tail().unwrap();
    assert_eq!(
        tail.to_string(),
        "what lay behind record 63 at byte 8192 of 00000000000000000001.segment was never synced and is \
         cut off (nothing is written there); it is kept in \
         tails/epoch-00000000000000000002-00000000000000000001-at-8192.tail"
    );
    let cut = 2 * PAGE_BYTES;
    let name = "tails/epoch-00000000000000000002-00000000000000000001-at-8192.tail";
    assert_eq!(tail.saved, [name]);
    let files = storage.files();
    let end = cut + files[name].len();
    // The last of the record's bytes that is not zero is the price's third.
    assert_eq!(
        end,
        4 * PAGE_BYTES + 7 * 64 + 53,
        "the whole tail was saved"
    );
    assert_eq!(files[name][PAGE_BYTES..], whole[cut + PAGE_BYTES..end]);
    assert!(
        files[FIRST][cut..].iter().all(|byte| *byte == 0),
        "and is zero now"
    );
    let (again, recovered) = recover(&storage).unwrap();
    assert_eq!(again, found);
    assert_eq!(recovered.tail(), None);
}

#[test]
fn a_hole_in_what_was_synced_is_damage_and_nothing_is_touched() {
    let (storage, _) = batches(&[60, 60, 60], 10);
    for page in 1..=2 {
        let mut files = storage.files();
        lose_page(&mut files, FIRST, page);
        let damaged = MemoryStorage::with_files(files.clone());
        let error = recover(&damaged).unwrap_err();
        let JournalError::Damaged(damage) = &error else {
            panic!("{error}");
        };
        // The last group header states the first 180 records.
        assert_eq!(damage.synced, Seq(180));
        assert_eq!(damage.offset, (page * PAGE_BYTES) as u64);
        assert!(error.to_string().contains("Nothing was changed"), "{error}");
        assert_eq!(damaged.files(), files);
    }
}

/// The border itself: the last record of a synced batch and the first one after it.
#[test]
fn the_last_synced_record_is_missed_and_the_next_is_not() {
    let (storage, records) = batches(&[10], 10);
    let group_at = PAGE_BYTES + 10 * 64;
    let mut files = storage.files();
    files.get_mut(FIRST).unwrap()[group_at - 64] ^= 1;
    let error = recover(&MemoryStorage::with_files(files)).unwrap_err();
    assert!(matches!(error, JournalError::Damaged(damage) if damage.missing == Seq(10)));

    for at in [group_at, group_at + 64] {
        let mut files = storage.files();
        files.get_mut(FIRST).unwrap()[at] ^= 1;
        let (found, _) = recover(&MemoryStorage::with_files(files)).unwrap();
        assert_eq!(found, records[..10], "byte {at}");
    }
}

/// A sync statement of an earlier life says nothing about what a later life has not synced.
#[test]
fn a_group_header_of_an_older_epoch_is_not_believed() {
    let (storage, records) = batches(&[10], 10);
    let mut files = storage.files();
    // Behind the first bad record stands a header of this exchange, but of epoch 0.
    let segment = files.get_mut(FIRST).unwrap();
    let group_at = PAGE_BYTES + 10 * 64;
    let mut header = segment[group_at..group_at + 64].to_vec();
    header[40..48].copy_from_slice(&0_u64.to_le_bytes());
    header[48..56].copy_from_slice(&15_u64.to_le_bytes());
    header[8..16].copy_from_slice(&20_u64.to_le_bytes());
    let crc = crc32c::crc32c(&header[4..56]);
    header[56..60].copy_from_slice(&crc.to_le_bytes());
    segment[group_at + 11 * 64..group_at + 12 * 64].copy_from_slice(&header);
    segment[group_at + 64] ^= 1;
    let (found, _) = recover(&MemoryStorage::with_files(files.clone())).unwrap();
    assert_eq!(found, records[..10]);

    // With the right epoch it is.
    let segment = files.get_mut(FIRST).unwrap();
    header[40..48].copy_from_slice(&1_u64.to_le_bytes());
    let crc = crc32c::crc32c(&header[4..56]);
    header[56..60].copy_from_slice(&crc.to_le_bytes());
    segment[group_at + 11 * 64..group_at + 12 * 64].copy_from_slice(&header);
    let error = recover(&MemoryStorage::with_files(files)).unwrap_err();
    assert!(matches!(error, JournalError::Damaged(damage) if damage.synced == Seq(15)));
}

/// The power goes while the log crosses from one segment to the next.
#[test]
fn a_tail_reaches_across_segments() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(3));
    // 128 records fill a segment of two pages of records; headers and rolls are not synced.
    let records = append(&mut life, 128 + 64 + 10, order);
    let names: Vec<String> = storage.files().into_keys().collect();
    let second = "00000000000000000129.segment";
    assert_eq!(names, [FIRST, second]);

    // The first segment's second page was lost, though the second segment got through. It says nothing
    // of a sync, because it was begun in the same breath.
    let mut files = storage.files();
    lose_page(&mut files, FIRST, 2);
    let storage = MemoryStorage::with_files(files);
    let (found, recovered) = recover(&storage).unwrap();
    assert_eq!(found, records[..64]);
    let tail = recovered.tail().unwrap();
    assert_eq!(tail.saved.len(), 1);
    assert!(tail.end.lies_behind(second) && !tail.end.lies_behind(FIRST));
    assert!(
        !storage.files().contains_key(second),
        "what lay behind the end is put aside"
    );
    let mut life = writer(&storage, Durability::Written, pages(3));
    let more = append(&mut life, 200, order);
    assert_eq!(recover(&storage).unwrap().0, [&found[..], &more].concat());
}

#[test]
fn a_segment_whose_header_was_lost_is_a_tail_until_it_was_synced() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Durable, pages(3));
    let records = append(&mut life, 128, order);
    life.sync().unwrap();
    let more = append(&mut life, 10, order);
    let second = "00000000000000000129.segment";

    let mut files = storage.files();
    lose_page(&mut files, second, 0);
    let (found, recovered) = recover(&MemoryStorage::with_files(files)).unwrap();
    assert_eq!(found, records);
    assert_eq!(
        recovered.tail().unwrap().saved.len(),
        1,
        "the records behind the header"
    );

    life.sync().unwrap();
    append(&mut life, 1, order);
    let mut files = storage.files();
    lose_page(&mut files, second, 0);
    let error = recover(&MemoryStorage::with_files(files)).unwrap_err();
    let synced = Seq(128 + more.len() as u64);
    assert!(matches!(error, JournalError::Damaged(damage) if damage.synced == synced));
}

/// Where a restart first writes into this segment, when there is nothing to be cut off.
fn written_again(files: Files, name: &str) -> Option<u64> {
    let faults = Arc::new(Faults::default());
    let disk = Disk::new(MemoryStorage::with_files(files), Arc::clone(&faults));
    let mut recovery = Recovery::open(Arc::new(disk), OPTIONS).unwrap();
    while recovery.next().unwrap().is_some() {}
    let recovered = recovery.finish().unwrap();
    assert_eq!(recovered.tail(), None);
    let writes = faults.writes.lock().unwrap();
    let segment = writes.iter().filter(|(written, _)| written == name);
    segment.map(|(_, offset)| *offset).min()
}

/// A sync that failed leaves pages that count as written, and the statement that all before a segment is synced
/// says nothing of the segment's own header. Unless it is written again, no later sync brings it to the disk.
#[test]
fn a_segments_header_is_written_again_until_a_record_behind_it_was_synced() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Durable, pages(3));
    append(&mut life, 128, order);
    life.sync().unwrap();
    append(&mut life, 10, order);
    let second = "00000000000000000129.segment";
    assert_eq!(written_again(storage.files(), second), Some(0));
    assert_eq!(written_again(storage.files(), FIRST), None);

    life.sync().unwrap();
    append(&mut life, 1, order);
    // The group header that says so comes behind the first one and the ten.
    let synced = PAGE_BYTES + 11 * 64;
    assert_eq!(
        written_again(storage.files(), second),
        Some(synced as u64),
        "what is proven to be there is left alone"
    );
}

/// A segment that follows is no reason to look for the fault there.
#[test]
fn a_damaged_record_is_named_also_before_another_segment() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(3));
    append(&mut life, 128 + 10, order);
    let mut files = storage.files();
    files.get_mut(FIRST).unwrap()[2 * PAGE_BYTES + 30] ^= 1;
    let (_, recovered) = recover(&MemoryStorage::with_files(files)).unwrap();
    let fault = recovered.tail().unwrap().end.fault.to_string();
    assert!(fault.contains("its checksum is"), "{fault}");
}

#[test]
fn without_a_word_of_a_sync_every_segment_is_written_again() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(3));
    append(&mut life, 128 + 10, order);
    for name in [FIRST, "00000000000000000129.segment"] {
        assert_eq!(written_again(storage.files(), name), Some(0), "{name}");
    }
}

/// A snapshot stands at the end of the first segment, and the header of the second was lost with the power:
/// going on from the snapshot must not need it.
#[test]
fn a_segment_whose_header_was_lost_behind_a_snapshot_is_a_tail() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(3));
    append(&mut life, 128 + 10, order);
    let second = "00000000000000000129.segment";
    for lost_pages in [&[0][..], &[0, 1]] {
        let mut files = storage.files();
        for page in lost_pages {
            lose_page(&mut files, second, *page);
        }
        let storage = MemoryStorage::with_files(files);
        let (decided, last) = decisions(&storage, Seq(128)).unwrap();
        assert_eq!((decided, last), (Vec::new(), Seq(128)));
        let (found, recovered) = recover_after(&storage, Seq(128)).unwrap();
        assert_eq!(found, []);
        assert_eq!(recovered.last_seq(), Seq(128));
        let mut life = writer(&storage, Durability::Written, pages(3));
        append(&mut life, 5, order);
        assert_eq!(recover(&storage).unwrap().0.len(), 133);
    }
}

/// The first segment is called the spare until it gets its name. Without a header it looks like one that was
/// never begun, but for the records in it.
#[test]
fn a_first_segment_that_lost_its_header_is_no_new_journal() {
    let (storage, _) = batches(&[10], 0);
    let mut files = storage.files();
    let mut segment = files.remove(FIRST).unwrap();
    segment[..PAGE_BYTES].fill(0);
    files.insert("spare.segment".to_owned(), segment.clone());
    let lost = MemoryStorage::with_files(files.clone());
    let error = recover(&lost).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("spare.segment is no readable journal segment"),
        "{error}"
    );
    assert_eq!(lost.files(), files);

    // Down to the last byte of the first page of records, also of a file that ends within it.
    for length in [
        8 * PAGE_BYTES,
        2 * PAGE_BYTES,
        PAGE_BYTES + 100,
        PAGE_BYTES + 1,
    ] {
        let mut segment = vec![0; length];
        for (byte, is_refused) in [(1, true), (0, false)] {
            segment[length.min(2 * PAGE_BYTES) - 1] = byte;
            files.insert("spare.segment".to_owned(), segment.clone());
            let found = recover(&MemoryStorage::with_files(files.clone()));
            assert_eq!(found.is_err(), is_refused, "{length} bytes: {found:?}");
        }
    }
}

/// What is looked for is a byte that is not zero, and not whether some sum of the bytes is.
#[test]
fn a_tail_of_two_equal_bytes_is_a_tail() {
    let (storage, records) = batches(&[10], 0);
    let mut files = storage.files();
    let places = [3 * PAGE_BYTES + 20, 3 * PAGE_BYTES + 30];
    for place in places {
        files.get_mut(FIRST).unwrap()[place] = 0x55;
    }
    let (found, recovered) = recover(&MemoryStorage::with_files(files)).unwrap();
    assert_eq!(found, records);
    let end = &recovered.tail().unwrap().end;
    assert_eq!(end.remains[0].end, places[1] as u64 + 1);
}

/// A first recovery saves a tail and dies before it has zeroed it all; the second must not overwrite
/// what the first has saved.
#[test]
fn a_tail_saved_twice_is_kept_twice() {
    let (storage, _) = batches(&[10], 20);
    let mut files = storage.files();
    files.get_mut(FIRST).unwrap()[PAGE_BYTES + 12 * 64] ^= 1;
    let first = MemoryStorage::with_files(files.clone());
    recover(&first).unwrap();
    let name = first
        .files()
        .into_keys()
        .find(|name| name.starts_with("tails/"))
        .unwrap();
    let saved = first.files()[&name].clone();
    files.insert(name.clone(), saved.clone());
    files.get_mut(FIRST).unwrap()[PAGE_BYTES + 20 * 64..].fill(0);
    let second = MemoryStorage::with_files(files);
    let (_, recovered) = recover(&second).unwrap();
    assert_eq!(recovered.tail().unwrap().saved, [format!("{name}.1")]);
    assert_eq!(second.files()[&name], saved);
}

/// A journal whose first life ended where no group header fits into the page, and what the second life made of
/// it: a pad, a group header and some records. With the place of the pad.
fn padded() -> (Vec<Record>, Files, usize) {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Durable, pages(4));
    let mut records = append(&mut life, 62, order);
    let short = |seq| Input {
        key: KeyId(7),
        client_seq: ClientSeq(seq),
        command: Command::CreateAccount,
    };
    while PAGE_BYTES - index(life.tip().offset) % PAGE_BYTES >= GROUP_BYTES {
        records.extend(append(&mut life, 1, short));
    }
    life.sync().unwrap();
    let pad_at = index(life.tip().offset);
    assert_ne!(pad_at % PAGE_BYTES, 0, "a pad is needed");
    drop(life);
    let mut second = writer(&storage, Durability::Written, pages(4));
    assert_eq!(second.epoch(), Epoch(2));
    append(&mut second, 10, order);
    (records, storage.files(), pad_at)
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

/// The second life's pad was lost with the power, what followed was not, and the third life's zeros were. Its pad
/// must not be the one that was lost, or what the second life left would continue the chain.
#[test]
fn a_lifes_first_pad_is_no_other_lifes() {
    let (records, mut files, pad_at) = padded();
    let page_end = pad_at.next_multiple_of(PAGE_BYTES);
    files.get_mut(FIRST).unwrap()[pad_at..page_end].fill(0);
    let storage = MemoryStorage::with_files(files.clone());
    let third = writer(&storage, Durability::Written, pages(4));
    assert_eq!(third.epoch(), Epoch(3));
    let pad = &storage.files()[FIRST][pad_at..page_end];
    assert_eq!(pad[6], 0xf0);
    files.get_mut(FIRST).unwrap()[pad_at..page_end].copy_from_slice(pad);
    let (found, _) = recover(&MemoryStorage::with_files(files)).unwrap();
    assert_eq!(found, records);
}

/// As for a segment's header: that all commands are synced says nothing of the pad between them and the group header
/// that states it.
#[test]
fn a_pad_is_written_again_until_a_command_behind_it_was_synced() {
    let (_, files, pad_at) = padded();
    assert_eq!(written_again(files, FIRST), Some(pad_at as u64));
}

/// A group header whose place in the chain is damaged still tells that there was such a life: two lives of one
/// epoch could continue each other's chain.
#[test]
fn a_life_of_which_only_a_stray_header_tells_has_had_its_epoch() {
    let (_, mut files, pad_at) = padded();
    let group_at = pad_at.next_multiple_of(PAGE_BYTES);
    let segment = files.get_mut(FIRST).unwrap();
    assert_eq!(segment[group_at + 6], 0xf1);
    segment[group_at] ^= 1;
    let (_, recovered) = recover(&MemoryStorage::with_files(files)).unwrap();
    assert_eq!(recovered.epoch(), Epoch(3));
}

#[test]
fn the_first_record_after_a_sync_is_preceded_by_what_was_synced() {
    let (storage, _) = batches(&[3, 4], 1);
    let files = storage.files();
    let group = |index: usize| &files[FIRST][PAGE_BYTES + index * 64..];
    // Record, record, record, group header, four records, group header, record.
    for (index, synced) in [(3, 3), (8, 7)] {
        assert_eq!(group(index)[6], 0xf1);
        let expected = GroupHeader {
            exchange_id: crate::common::EXCHANGE,
            epoch: Epoch(1),
            synced: Seq(synced),
        };
        assert_eq!(GroupHeader::read(group(index)), Some(expected));
    }
}

/// Two histories part within the first segment. The second segment of one has the right sequence after
/// the first segment of the other, and is not entered all the same.
#[test]
fn a_segment_of_another_history_is_not_entered() {
    let history = |differing: u64| {
        let storage = MemoryStorage::new();
        let mut life = writer(&storage, Durability::Written, pages(2));
        let mut records = append(&mut life, 63, order);
        records.extend(append(&mut life, 1, |_| order(differing)));
        records.extend(append(&mut life, 5, order));
        (storage.files(), records)
    };
    let ((mut files, records), (others, _)) = (history(100), history(200));
    let second = "00000000000000000065.segment";
    assert_eq!(
        recover(&MemoryStorage::with_files(files.clone()))
            .unwrap()
            .0,
        records
    );
    files.insert(second.to_owned(), others[second].clone());
    let (found, recovered) = recover(&MemoryStorage::with_files(files)).unwrap();
    assert_eq!(found, records[..64]);
    let fault = recovered.tail().unwrap().end.fault.to_string();
    assert!(
        fault.starts_with("00000000000000000065.segment should go on, but begins"),
        "{fault}"
    );
}

/// As for group headers: what a later file of an older life states says nothing about this one, and nothing
/// what states as synced a command of its own.
#[test]
fn a_segment_header_of_an_older_epoch_or_of_what_cannot_be_is_not_believed() {
    let storage = MemoryStorage::new();
    let mut records = Vec::new();
    for _ in 0..2 {
        let mut life = writer(&storage, Durability::Written, pages(3));
        records.extend(append(&mut life, 5, order));
    }
    let mut later = SegmentHeader::decode(&storage.files()[FIRST]).unwrap().0;
    for (epoch, synced, is_damage) in [(1, 19, false), (2, 19, true), (2, 20, false)] {
        (later.epoch, later.first_seq, later.synced) = (Epoch(epoch), Seq(20), Seq(synced));
        let mut segment = later.encode().0.to_vec();
        segment.resize(3 * PAGE_BYTES, 0);
        let mut files = storage.files();
        files.insert("00000000000000000020.segment".to_owned(), segment);
        match recover(&MemoryStorage::with_files(files)) {
            Ok((found, _)) => assert!(!is_damage && found == records),
            Err(error) => assert!(is_damage, "{error}"),
        }
    }
}
