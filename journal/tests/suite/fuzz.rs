//! Every decoder on arbitrary bytes, and recovery on arbitrarily changed files. Bounded here; a fuzzer can
//! drive the same functions for as long as it likes.

use std::sync::OnceLock;

use bolero::check;
use rialto_journal::codec::command::decode;
use rialto_journal::header::SegmentHeader;
use rialto_journal::{
    Candles, Decision, Durability, MemoryStorage, Record, Snapshot, SnapshotHeader, decode_image,
    record,
};
use rialto_types::CommandKind;

use crate::common::{Files, append, pages, recover, varied, writer};
use crate::example;

const FIRST: &str = "00000000000000000001.segment";

#[test]
fn payloads() {
    check!()
        .with_type::<(u8, u8, Vec<u8>)>()
        .for_each(|(kind, flags, bytes)| {
            if let Some(kind) = CommandKind::from_u8(1 + kind % 20) {
                let _ = decode(kind, *flags, bytes);
            }
        });
}

#[test]
fn images() {
    check!().for_each(|bytes| {
        let _ = decode_image(bytes);
    });
}

/// Bytes that nobody has checked, and a body of arbitrary bytes behind a header that is right for them.
#[test]
fn snapshots() {
    check!()
        .with_type::<(u8, Vec<u8>)>()
        .for_each(|(part, bytes)| {
            assert!(Snapshot::decode(bytes).is_err(), "no snapshot by chance");
            let state = bytes.split_at(bytes.len() * usize::from(*part) / 256).0;
            let header = SnapshotHeader {
                state_bytes: state.len() as u64,
                annex_bytes: (bytes.len() - state.len()) as u64,
                state_hash: *blake3::hash(state).as_bytes(),
                body_crc: crc32c::crc32c(bytes),
                ..example::snapshot().encode().1
            };
            let whole = [header.encode().as_slice(), bytes].concat();
            assert!(Snapshot::decode(&whole).is_err(), "no state by chance");
        });
}

/// The same of candles; whatever is read has these bytes and no others.
#[test]
fn candles() {
    check!().for_each(|bytes| {
        assert!(Candles::decode(bytes).is_err(), "no candles by chance");
        let header = &crate::candles::candles(9).encode()[..128];
        let whole = crate::candles::sealed([header, bytes].concat());
        if let Ok(candles) = Candles::decode(&whole) {
            assert_eq!(candles.encode(), whole);
        }
    });
}

#[test]
fn decisions() {
    check!().for_each(|bytes| {
        let read = Decision::read(bytes);
        assert_eq!(read.is_ok(), bytes.len() == 80, "any 80 bytes are one");
    });
}

#[test]
fn headers_and_records() {
    check!()
        .with_type::<(u32, Vec<u8>)>()
        .for_each(|(crc, bytes)| {
            let mut page = bytes.clone();
            page.resize(record::PAGE_BYTES, 0);
            assert!(SegmentHeader::decode(&page).is_err(), "no header by chance");
            assert!(record::read(&page, *crc).is_err(), "no record by chance");
        });
}

/// A journal of two segments, the second begun, with a sync in between.
fn journal() -> &'static (Files, Vec<Record>) {
    static JOURNAL: OnceLock<(Files, Vec<Record>)> = OnceLock::new();
    JOURNAL.get_or_init(|| {
        let storage = MemoryStorage::new();
        let mut life = writer(&storage, Durability::Durable, pages(2));
        let mut records = append(&mut life, 30, varied);
        life.sync().unwrap();
        records.extend(append(&mut life, 60, varied));
        (storage.files(), records)
    })
}

#[test]
fn changed_files() {
    check!()
        .with_type::<Vec<(bool, u16, u8)>>()
        .for_each(|changes| {
            let (files, records) = journal();
            let mut files = files.clone();
            for (is_second, at, change) in changes {
                let segment = files.values_mut().nth(usize::from(*is_second)).unwrap();
                let at = usize::from(*at) % segment.len();
                segment[at] ^= change;
            }
            let storage = MemoryStorage::with_files(files);
            if let Ok((found, _)) = recover(&storage) {
                assert!(records.starts_with(&found), "{found:?}");
                let again = recover(&storage).unwrap().0;
                assert_eq!(again, found, "a second recovery finds the same");
            }
        });
}

/// The rest of a page is changed as a whole, as a torn write does.
#[test]
fn replaced_ends() {
    check!()
        .with_type::<(u16, Vec<u8>)>()
        .for_each(|(at, garbage)| {
            let (files, records) = journal();
            let mut files = files.clone();
            let segment = files.get_mut(FIRST).unwrap();
            let begin = usize::from(*at) % segment.len();
            let end = segment.len().min(begin + garbage.len());
            segment[begin..end].copy_from_slice(&garbage[..end - begin]);
            if let Ok((found, _)) = recover(&MemoryStorage::with_files(files)) {
                assert!(records.starts_with(&found), "{found:?}");
            }
        });
}
