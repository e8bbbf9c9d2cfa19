//! Directories and files that are not opened, and what the operator is told.

use std::sync::Arc;

use rialto_journal::record::{self, RecordHead, RecordKind};
use rialto_journal::{Durability, ExchangeId, JournalError, MemoryStorage, OpenOptions, Recovery};
use rialto_types::{CommandKind, Seq, ShardId};

use crate::common::{EXCHANGE, Files, OPTIONS, append, order, pages, recover, time, writer};

const FIRST: &str = "00000000000000000001.segment";

fn journal(count: u64) -> Files {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(2));
    append(&mut life, count, order);
    storage.files()
}

/// Opening `files` with `options` fails with this message and touches nothing.
fn check_refused(files: &Files, options: OpenOptions, message: &str) {
    let storage = MemoryStorage::with_files(files.clone());
    let refused = Recovery::open(Arc::new(storage.clone()), options);
    let error = refused.and_then(Recovery::finish).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(storage.files(), *files, "nothing was touched");
}

#[test]
fn what_is_no_journal_is_left_alone() {
    let mut files = journal(3);
    files.insert("orders.csv".to_owned(), b"1,2".to_vec());
    check_refused(
        &files,
        OPTIONS,
        "memory holds \"orders.csv\", which is no part of a journal: move it elsewhere, or choose \
         another data directory",
    );
    let foreign = Files::from([(FIRST.to_owned(), vec![0x41; 8192])]);
    check_refused(
        &foreign,
        OPTIONS,
        "00000000000000000001.segment is no readable journal segment: it begins with [41, 41, 41, 41, \
         41, 41, 41, 41], where a journal begins with [52, 49, 41, 4c, 54, 4f, 4a, 1a]; restore it from \
         a copy, or choose another data directory",
    );
}

/// Changes four bytes of the first header and makes its checksum right again.
fn with_header(files: &mut Files, at: usize, value: u32) {
    let segment = files.get_mut(FIRST).unwrap();
    segment[at..at + 4].copy_from_slice(&value.to_le_bytes());
    let crc = crc32c::crc32c(&segment[..124]);
    segment[124..128].copy_from_slice(&crc.to_le_bytes());
}

#[test]
fn another_version_is_named() {
    let mut files = journal(3);
    with_header(&mut files, 8, 2);
    check_refused(
        &files,
        OPTIONS,
        "00000000000000000001.segment has journal format version 2, and this build reads version 1: \
         start the build that wrote it, or choose another data directory",
    );
}

#[test]
fn other_rules_and_shards_are_named() {
    let options = OpenOptions {
        rules_version: 2,
        ..OPTIONS
    };
    check_refused(
        &journal(3),
        options,
        "00000000000000000001.segment was written under version 1 of the rules, and this build has \
         version 2: start the build that wrote it",
    );
    let options = OpenOptions {
        shard: ShardId(4),
        ..OPTIONS
    };
    check_refused(
        &journal(3),
        options,
        "00000000000000000001.segment belongs to shard 3, not to shard 4: check the configured shard \
         and data directory",
    );
}

#[test]
fn segments_of_two_exchanges_are_told_apart() {
    let mut files = journal(100);
    let stranger = MemoryStorage::new();
    let options = OpenOptions {
        new_exchange_id: ExchangeId([0x22; 16]),
        ..OPTIONS
    };
    let recovered = Recovery::open(Arc::new(stranger.clone()), options)
        .unwrap()
        .finish()
        .unwrap();
    let segments = rialto_journal::InlineSegments::new(Arc::new(stranger.clone()), pages(2));
    let mut life = recovered
        .into_writer(Durability::Written, Box::new(segments))
        .unwrap();
    append(&mut life, 100, order);
    let second = "00000000000000000065.segment";
    files.insert(second.to_owned(), stranger.files()[second].clone());
    check_refused(
        &files,
        OPTIONS,
        "00000000000000000065.segment belongs to exchange 22222222222222222222222222222222, the \
         segments before it to 7269616c746f20746573742030303031: move it elsewhere",
    );
}

/// The name given for a new journal says nothing about an existing one.
#[test]
fn an_existing_journal_keeps_its_exchange() {
    let options = OpenOptions {
        new_exchange_id: ExchangeId([0x22; 16]),
        ..OPTIONS
    };
    let storage = MemoryStorage::with_files(journal(3));
    let recovery = Recovery::open(Arc::new(storage), options).unwrap();
    assert_eq!(recovery.exchange_id(), EXCHANGE);
}

#[test]
fn a_cut_file_is_told_from_a_tail() {
    let mut files = journal(70);
    files.get_mut(FIRST).unwrap().truncate(6000);
    check_refused(
        &files,
        OPTIONS,
        "00000000000000000001.segment has 6000 bytes, but its header states 8192: somebody changed \
         the file; restore it from a copy",
    );
    let mut files = journal(70);
    files.get_mut(FIRST).unwrap().truncate(100);
    let storage = MemoryStorage::with_files(files);
    assert!(matches!(
        recover(&storage).unwrap_err(),
        JournalError::Unreadable { .. }
    ));
}

#[test]
fn a_renamed_segment_is_noticed() {
    let mut files = journal(3);
    let segment = files.remove(FIRST).unwrap();
    files.insert("00000000000000000002.segment".to_owned(), segment);
    let storage = MemoryStorage::with_files(files);
    let error = recover(&storage).unwrap_err();
    assert!(
        matches!(error, JournalError::BeginsTooLate { .. }),
        "{error}"
    );
}

#[test]
fn a_missing_segment_is_damage_once_a_later_one_knows_it_was_synced() {
    let mut files = journal(300);
    assert_eq!(files.len(), 5);
    files.remove("00000000000000000129.segment").unwrap();
    let error = recover(&MemoryStorage::with_files(files)).unwrap_err();
    let JournalError::Damaged(damage) = error else {
        panic!("{error}");
    };
    assert_eq!((damage.missing, damage.synced), (Seq(129), Seq(192)));
    assert!(
        damage
            .fault
            .to_string()
            .contains("00000000000000000193.segment should go on")
    );
}

/// Appends a record with a right checksum after a journal of three plain orders.
fn with_record(kind: u8, seq: u64, at: u64, payload: &[u8]) -> Files {
    let mut files = journal(3);
    let begin = 4096 + 3 * 64;
    let segment = files.get_mut(FIRST).unwrap();
    let previous_crc = u32::from_le_bytes(segment[begin - 64..begin - 60].try_into().unwrap());
    let extent = record::extent(24 + payload.len(), 8192 - begin).unwrap();
    let bytes = &mut segment[begin..begin + extent];
    bytes[24..24 + payload.len()].copy_from_slice(payload);
    let head = RecordHead {
        kind: RecordKind::Command(CommandKind::Tick),
        flags: 0,
        length: 24 + payload.len(),
        seq: Seq(seq),
        time: time(at),
    };
    record::seal(bytes, &head, previous_crc);
    bytes[6] = kind;
    let crc = crc32c::crc32c_append(previous_crc, &bytes[4..]);
    bytes[..4].copy_from_slice(&crc.to_le_bytes());
    files
}

/// The payload of a group header after sequence 3, with the right checksum of its own.
fn group_of(exchange_id: ExchangeId) -> Vec<u8> {
    let mut record = vec![60, 0, 0xf1, 0];
    for number in [3, time(4).0] {
        record.extend(number.to_le_bytes());
    }
    record.extend(exchange_id.0);
    let (epoch, synced) = (1_u64, 3_u64);
    record.extend(epoch.to_le_bytes());
    record.extend(synced.to_le_bytes());
    record.extend(crc32c::crc32c(&record).to_le_bytes());
    record.split_off(20)
}

#[test]
fn an_intact_record_that_cannot_be_read_stops_recovery() {
    let sender = [0; 12];
    let tick = CommandKind::Tick as u8;
    let good = with_record(tick, 4, 4, &sender);
    assert_eq!(
        recover(&MemoryStorage::with_files(good)).unwrap().0.len(),
        4
    );
    let good = with_record(0xf1, 3, 4, &group_of(EXCHANGE));
    let (_, recovered) = recover(&MemoryStorage::with_files(good)).unwrap();
    assert_eq!(recovered.tail(), None);

    let cases = [
        (
            with_record(tick, 4, 4, &sender[..11]),
            "the payload does not decode",
        ),
        (
            with_record(tick, 4, 4, &[0; 13]),
            "1 bytes follow the payload",
        ),
        (with_record(99, 4, 4, &sender), "record kind holds 99"),
        (with_record(0, 4, 4, &sender), "record kind holds 0"),
        (with_record(0xf1, 3, 4, &[0; 36]), "group header holds 0"),
        (
            with_record(0xf1, 3, 4, &group_of(ExchangeId([0x22; 16]))),
            "group header holds 0",
        ),
        (
            with_record(tick, 5, 4, &sender),
            "its sequence is 5, after 3",
        ),
        (
            with_record(tick, 3, 4, &sender),
            "its sequence is 3, after 3",
        ),
        (with_record(tick, 4, 2, &sender), "its time is"),
        (
            with_record(CommandKind::AddKey as u8, 4, 4, &[0; 49]),
            "permissions holds 0",
        ),
    ];
    for (files, message) in cases {
        let storage = MemoryStorage::with_files(files.clone());
        let error = recover(&storage).unwrap_err();
        assert!(
            matches!(error, JournalError::Malformed { offset: 4288, .. }),
            "{error}"
        );
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(storage.files(), files, "nothing was touched");
    }
}
