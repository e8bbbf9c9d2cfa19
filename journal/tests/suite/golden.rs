//! Golden bytes: journals of this version are read for ever, and docs/FORMAT.md says the truth.
//!
//! When a test here fails, the format has changed. That is a new version of it, with golden files of its
//! own beside the old ones, and never a reason to change these.

use std::fmt::Write;
use std::path::PathBuf;

use rialto_engine::image::StateImage;
use rialto_journal::codec::command::{self, PAYLOAD_BYTES_MAX};
use rialto_journal::record::{self, HEADER_BYTES, PAGE_BYTES, RecordHead, RecordKind};
use rialto_journal::{
    Decision, Durability, MemoryStorage, Record, Snapshot, checksum_of, decisions, decode_image,
    encode_image, state_hash,
};
use rialto_types::{CommandKind, Input, KeyId, Seq};

use crate::common::{EXCHANGE, append, order, pages, recover, time, writer};
use crate::example;
use crate::samples::{sample, samples};

const FIRST: &str = "00000000000000000001.segment";

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// Compares with the golden file. What differs is left beside the test's other output, to be looked at.
pub(crate) fn check_golden(name: &str, bytes: &[u8]) {
    let expected = std::fs::read(golden(name)).unwrap_or_default();
    if expected != bytes {
        let actual = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&actual, bytes).unwrap();
        panic!(
            "{name} differs; what this build writes is in {}",
            actual.display()
        );
    }
}

/// The record of `input` as it stands after a record with checksum 0, at the beginning of a page.
fn whole_record(input: &Input) -> Vec<u8> {
    let mut bytes = vec![0; HEADER_BYTES + PAYLOAD_BYTES_MAX];
    let encoded = command::encode(input, &mut bytes[HEADER_BYTES..]);
    let head = RecordHead {
        kind: RecordKind::Command(encoded.kind),
        flags: encoded.flags,
        length: HEADER_BYTES + encoded.length,
        seq: Seq(1),
        time: time(1),
    };
    bytes.truncate(record::extent(head.length, PAGE_BYTES).unwrap());
    record::seal(&mut bytes, &head, 0);
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

#[test]
fn each_command_has_its_golden_bytes() {
    let mut lines = String::new();
    for (name, input) in samples() {
        writeln!(lines, "{name} {}", hex(&whole_record(&input))).unwrap();
    }
    check_golden("records-v1.txt", lines.as_bytes());
}

#[test]
fn golden_records_are_read() {
    let text = std::fs::read_to_string(golden("records-v1.txt")).unwrap();
    let samples = samples();
    assert_eq!(text.lines().count(), samples.len());
    for (line, (name, input)) in text.lines().zip(samples) {
        let (golden_name, bytes) = line.split_once(' ').unwrap();
        assert_eq!(golden_name, name);
        let mut page = from_hex(bytes);
        page.resize(PAGE_BYTES, 0);
        let frame = record::read(&page, 0).unwrap();
        assert_eq!((frame.seq, frame.time), (Seq(1), time(1)), "{name}");
        let kind = CommandKind::from_u8(frame.kind).unwrap();
        assert_eq!(
            command::decode(kind, frame.flags, frame.payload).unwrap(),
            input,
            "{name}"
        );
    }
}

/// Every kind of record, group headers and padding included, over two lives.
fn golden_journal() -> (Vec<u8>, Vec<Record>) {
    let storage = MemoryStorage::new();
    let every_sample = |seq: u64| samples()[usize::try_from(seq - 1).unwrap() % samples().len()].1;
    let count = samples().len() as u64;
    let mut life = writer(&storage, Durability::Durable, pages(3));
    let mut records = append(&mut life, count, every_sample);
    life.sync().unwrap();
    records.extend(append(&mut life, 10, order));
    life.close().unwrap();
    let mut life = writer(&storage, Durability::Durable, pages(3));
    records.extend(append(&mut life, count, every_sample));
    life.close().unwrap();
    (storage.files()[FIRST].clone(), records)
}

#[test]
fn a_segment_has_its_golden_bytes() {
    check_golden("journal-v1-epoch-again.segment", &golden_journal().0);
}

#[test]
fn the_golden_segment_is_read() {
    // The first builds of this version did not repeat the epoch in a group header.
    for name in ["journal-v1.segment", "journal-v1-epoch-again.segment"] {
        let bytes = std::fs::read(golden(name)).unwrap();
        let storage = MemoryStorage::with_files([(FIRST.to_owned(), bytes)]);
        let (found, recovered) = recover(&storage).unwrap();
        assert_eq!(found, golden_journal().1, "{name}");
        assert_eq!(recovered.tail(), None, "{name}");
    }
}

#[test]
fn a_state_has_its_golden_bytes_and_hash() {
    let image = example::image();
    let mut bytes = Vec::new();
    encode_image(&image, &mut bytes).unwrap();
    check_golden("image-v1.bin", &bytes);
    let line = format!("{}\n", hex(&state_hash(&image)));
    check_golden("image-v1.hash", line.as_bytes());
}

#[test]
fn the_golden_state_is_read() {
    let bytes = std::fs::read(golden("image-v1.bin")).unwrap();
    let image: StateImage = decode_image(&bytes).unwrap();
    assert_eq!(image, example::image());
}

/// A journal that ends with a decision about its second record.
fn decided_journal() -> (MemoryStorage, Decision) {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Durable, pages(2));
    append(&mut life, 3, order);
    life.sync().unwrap();
    let decision = Decision {
        skipped: Seq(2),
        crc: checksum_of(&storage, Seq(2)).unwrap().unwrap(),
        key: KeyId(1),
        signature: std::array::from_fn(|at| u8::try_from(at).unwrap()),
    };
    life.append_decision(&decision).unwrap();
    life.close().unwrap();
    (storage, decision)
}

#[test]
fn a_journal_with_a_decision_has_its_golden_bytes() {
    let (storage, _) = decided_journal();
    check_golden("decision-v1-epoch-again.segment", &storage.files()[FIRST]);
}

#[test]
fn the_golden_decision_is_read() {
    let bytes = std::fs::read(golden("decision-v1.segment")).unwrap();
    let storage = MemoryStorage::with_files([(FIRST.to_owned(), bytes)]);
    let (_, expected) = decided_journal();
    assert_eq!(
        decisions(&storage, Seq(0)).unwrap(),
        (vec![expected], Seq(3))
    );
    assert_eq!(recover(&storage).unwrap().0.len(), 3, "it is no command");
    let text = Decision::signed_bytes(EXCHANGE, expected.skipped, expected.crc);
    assert!(text.starts_with(b"rialto skip\nrialto test 0001\x02\0"));
}

#[test]
fn a_snapshot_has_its_golden_bytes() {
    check_golden("snapshot-v1.bin", &example::snapshot().encode().0);
}

#[test]
fn the_golden_snapshot_is_read() {
    let bytes = std::fs::read(golden("snapshot-v1.bin")).unwrap();
    let (snapshot, header) = Snapshot::decode(&bytes).unwrap();
    assert_eq!(snapshot, example::snapshot());
    let hash = std::fs::read_to_string(golden("image-v1.hash")).unwrap();
    assert_eq!(hex(&header.state_hash), hash.trim_end());
}

/// The example of docs/FORMAT.md: a journal of two commands with a sync in between.
fn documented_journal() -> Vec<u8> {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Durable, pages(2));
    append(&mut life, 1, order);
    life.sync().unwrap();
    let cancel = sample("cancel");
    append(&mut life, 1, |_| cancel);
    storage.files()[FIRST].clone()
}

/// Lines of the form `1000  5d 7a …  what it is` give bytes at an offset in hexadecimal.
fn documented_bytes(text: &str) -> Vec<(usize, Vec<u8>)> {
    let begin = text.find("<!-- example -->").expect("the example begins");
    let end = text
        .find("<!-- end of example -->")
        .expect("the example ends");
    let mut pieces = Vec::new();
    for line in text[begin..end].lines() {
        let mut columns = line.split("  ");
        let offset = columns
            .next()
            .and_then(|text| usize::from_str_radix(text, 16).ok());
        if let (Some(offset), Some(bytes)) = (offset, columns.next()) {
            pieces.push((offset, from_hex(&bytes.replace(' ', ""))));
        }
    }
    pieces
}

#[test]
fn the_documented_example_is_what_is_written() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/FORMAT.md");
    let segment = documented_journal();
    let text = std::fs::read_to_string(path).unwrap();
    let mut rest = segment.clone();
    for (offset, bytes) in documented_bytes(&text) {
        let range = offset..offset + bytes.len();
        assert_eq!(hex(&segment[range.clone()]), hex(&bytes), "at {offset:04x}");
        rest[range].fill(0);
    }
    let missing = rest.iter().position(|byte| *byte != 0);
    assert_eq!(missing, None, "every byte that is not zero is documented");
}
