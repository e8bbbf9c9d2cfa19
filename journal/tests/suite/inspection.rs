//! What `rialto journal inspect` shows.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use rialto_journal::storage::{Directory, Entry, MemoryReader, Storage};
use rialto_journal::{
    Content, Durability, FileStorage, Inspection, Journal, MemoryStorage, ReadOnlyDirectory,
    Recovery, Verdict, inspect,
};
use rialto_types::Seq;

use crate::common::{Files, OPTIONS, append, order, pages, time, varied, writer};

const FIRST: &str = "00000000000000000001.segment";

fn look(files: &Files) -> (Inspection, Vec<String>) {
    let storage = MemoryStorage::with_files(files.clone());
    let mut lines = Vec::new();
    let inspection = inspect(&storage, |item| lines.push(item.to_string())).unwrap();
    assert_eq!(storage.files(), *files, "looking changes nothing");
    (inspection, lines)
}

/// Two synced records, one more, and a sync between two lives.
fn journal() -> Files {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Durable, pages(2));
    append(&mut life, 2, order);
    life.sync().unwrap();
    append(&mut life, 1, order);
    storage.files()
}

#[test]
fn a_report_names_what_there_is() {
    let (inspection, lines) = look(&journal());
    assert_eq!(
        inspection.to_string(),
        "journal of exchange 7269616c746f20746573742030303031, shard 3, format 1, rules 1\n\
         00000000000000000001.segment: 8192 bytes, 4352 used\n  \
         begun in epoch 1 with sequence 1, when 0 was synced\n  \
         3 commands: sequence 1 at 1700000000000001000 to 3 at 1700000000000003000\n  \
         1 group headers, 0 pads\n\
         ends after sequence 3 at byte 4352 of 00000000000000000001.segment, in epoch 1: clean\n"
    );
    assert_eq!(lines.len(), 4);
    assert_eq!(
        lines[0],
        "00000000000000000001.segment       4096            1 1700000000000001000 key 7 number 1 \
         Place(PlaceOrder { instrument: InstrumentId(1), side: Buy, stp: CancelTaker, kind: Limit { \
         price: Price(6000000), qty: Qty(25), tif: Gtc, post_only: false }, client_order_id: None })"
    );
    assert_eq!(
        lines[2],
        "00000000000000000001.segment       4224            2 1700000000000002000 -- epoch 1, synced 2"
    );
}

#[test]
fn counts_add_up_over_segments() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Durable, pages(2));
    append(&mut life, 500, varied);
    let stats = life.stats();
    let (inspection, lines) = look(&storage.files());
    let sum = |count: fn(&rialto_journal::SegmentSummary) -> u64| -> u64 {
        inspection.segments.iter().map(count).sum()
    };
    assert_eq!(inspection.segments.len() as u64, stats.segments);
    assert_eq!(sum(|segment| segment.commands), 500);
    assert_eq!(sum(|segment| segment.groups), stats.groups);
    assert!(sum(|segment| segment.pads) > 0);
    let records = lines.len() as u64;
    assert_eq!(records, 500 + stats.groups + sum(|segment| segment.pads));
    assert_eq!(
        inspection.segments[1].first.unwrap().0,
        inspection.segments[0].last.unwrap().0.next()
    );
    let Verdict::Clean(end) = inspection.verdict else {
        panic!("{}", inspection.verdict);
    };
    assert_eq!(end.tip, *life.tip());
}

#[test]
fn tails_and_damage_are_told_apart() {
    let mut files = journal();
    files.get_mut(FIRST).unwrap()[4352 - 64] ^= 1;
    let (inspection, lines) = look(&files);
    assert_eq!(lines.len(), 3);
    assert!(matches!(inspection.verdict, Verdict::Tail(_)));
    let text = inspection.verdict.to_string();
    assert!(text.contains("its checksum is"), "{text}");
    assert!(text.contains("53 bytes behind it"), "{text}");

    files.get_mut(FIRST).unwrap()[4096] ^= 1;
    let (inspection, lines) = look(&files);
    assert_eq!(lines.len(), 0);
    assert!(matches!(inspection.verdict, Verdict::Damaged(_)));
    let text = inspection.verdict.to_string();
    assert!(
        text.starts_with("DAMAGED: record 1 is damaged: at byte 4096 of"),
        "{text}"
    );
}

#[test]
fn an_empty_directory_and_a_spare_are_nothing() {
    let (inspection, _) = look(&Files::new());
    assert_eq!(inspection.verdict, Verdict::Empty);
    let spare = Files::from([("spare.segment".to_owned(), vec![0; 8192])]);
    let (inspection, _) = look(&spare);
    assert_eq!(inspection.verdict, Verdict::Empty);
    assert!(
        inspection
            .to_string()
            .contains("its header was never written")
    );
}

/// A directory whose spare is renamed at the worst moment: after it was listed.
#[derive(Clone, Debug)]
struct Renaming(MemoryStorage);

impl Directory for Renaming {
    type Reader = MemoryReader;

    fn name(&self) -> String {
        self.0.name()
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        let entries = self.0.list()?;
        if entries.iter().any(|entry| entry.name == "spare.segment") {
            self.0.rename("spare.segment", FIRST)?;
        }
        Ok(entries)
    }

    fn reader(&self, name: &str) -> io::Result<MemoryReader> {
        self.0.reader(name)
    }
}

#[test]
fn a_segment_that_is_renamed_meanwhile_is_found() {
    let mut files = journal();
    let segment = files.remove(FIRST).unwrap();
    files.insert("spare.segment".to_owned(), segment);
    let mut found = 0;
    let inspection = inspect(&Renaming(MemoryStorage::with_files(files)), |_| found += 1).unwrap();
    assert_eq!(found, 4);
    assert_eq!(inspection.segments[0].name, FIRST);
}

/// A directory in which the segment is gone whenever it is opened after its header was read, so many times.
#[derive(Clone, Debug)]
struct Leaving {
    storage: MemoryStorage,
    openings: Rc<Cell<u32>>,
    gone_max: u32,
}

impl Directory for Leaving {
    type Reader = MemoryReader;

    fn name(&self) -> String {
        self.storage.name()
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        self.storage.list()
    }

    fn reader(&self, name: &str) -> io::Result<MemoryReader> {
        let openings = self.openings.get() + 1;
        self.openings.set(openings);
        if openings.is_multiple_of(2) && openings / 2 <= self.gone_max {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.storage.reader(name)
    }
}

#[test]
fn a_segment_that_is_gone_is_looked_for_sixteen_times() {
    let look = |gone_max| {
        let openings = Rc::new(Cell::new(0));
        let directory = Leaving {
            storage: MemoryStorage::with_files(journal()),
            openings: Rc::clone(&openings),
            gone_max,
        };
        (inspect(&directory, |_| ()), openings.get())
    };
    let (inspection, _) = look(15);
    assert!(matches!(inspection.unwrap().verdict, Verdict::Clean(_)));
    let (inspection, openings) = look(16);
    let error = inspection.unwrap_err();
    assert!(error.to_string().starts_with("cannot open"), "{error}");
    assert_eq!(openings, 32);
}

#[test]
fn a_journal_in_use_can_be_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Arc::new(FileStorage::open(directory.path()).unwrap());
    let recovered = Recovery::open(storage, OPTIONS).unwrap().finish().unwrap();
    let mut journal = Journal::written(recovered, pages(4), Box::new(|_| ())).unwrap();
    for seq in 1..=5 {
        journal.append(Seq(seq), time(seq), &order(seq)).unwrap();
    }
    // The thread beside the writer names the segment when it gets to it.
    while !directory.path().join(FIRST).exists() {
        std::thread::yield_now();
    }
    let mut found = 0;
    let looked_at = ReadOnlyDirectory::new(directory.path());
    let inspection = inspect(&looked_at, |item| {
        found += u64::from(matches!(item.content, Content::Command(_)));
    })
    .unwrap();
    assert_eq!(found, 5);
    assert!(matches!(inspection.verdict, Verdict::Clean(_)));
    journal.close().unwrap();
}
