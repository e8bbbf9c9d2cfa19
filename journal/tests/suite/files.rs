//! The journal on a real file system: locks, maps, threads, segments that are prepared beside the writer.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rialto_journal::storage::{Directory, Segment, Storage};
use rialto_journal::{
    AppendError, DurableConfig, FileStorage, Journal, JournalError, ReadOnlyDirectory, Record,
    Recovery, SegmentBytes,
};
use rialto_types::Seq;

use crate::common::{OPTIONS, order, pages, time, varied};
use crate::durable::hooks;

fn recovery(directory: &Path) -> Recovery<FileStorage> {
    Recovery::open(Arc::new(FileStorage::open(directory).unwrap()), OPTIONS).unwrap()
}

fn written(directory: &Path, segment_bytes: SegmentBytes) -> Journal<FileStorage> {
    let recovered = recovery(directory).finish().unwrap();
    Journal::written(recovered, segment_bytes, Box::new(|_| ())).unwrap()
}

fn read(directory: &Path) -> Vec<Record> {
    let mut recovery = recovery(directory);
    let mut records = Vec::new();
    while let Some(record) = recovery.next().unwrap() {
        records.push(record);
    }
    records
}

#[test]
fn many_segments_are_written_and_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    for life in 0..3 {
        let mut journal = written(directory.path(), pages(5));
        for _ in 0..3_000 {
            let seq = expected.len() as u64 + 1;
            let record = Record {
                seq: Seq(seq),
                time: time(seq),
                input: varied(seq),
            };
            journal
                .append(record.seq, record.time, &record.input)
                .unwrap();
            expected.push(record);
        }
        let Journal::Written(written) = &journal else {
            panic!("opened as written");
        };
        let stats = written.writer().stats();
        assert!(stats.segments >= 10, "life {life}: {stats:?}");
        journal.close().unwrap();
        assert_eq!(read(directory.path()), expected, "life {life}");
    }
    assert!(
        directory
            .path()
            .join("00000000000000000001.segment")
            .exists()
    );
    assert!(
        !directory.path().join("tails").exists(),
        "nothing had to be cut off"
    );
}

/// Another handle of the same process is refused as another process is: the lock belongs to the open
/// file.
#[test]
fn a_second_opener_is_refused_with_the_first_ones_process() {
    let directory = tempfile::tempdir().unwrap();
    let first = FileStorage::open(directory.path()).unwrap();
    let error = FileStorage::open(directory.path()).unwrap_err();
    let expected = format!(
        "{} is in use by process {}: stop that first, or choose another data directory",
        directory.path().display(),
        std::process::id(),
    );
    assert_eq!(error.to_string(), expected);
    // Looking is allowed.
    assert_eq!(
        ReadOnlyDirectory::new(directory.path())
            .list()
            .unwrap()
            .len(),
        1
    );
    drop(first);
    FileStorage::open(directory.path()).unwrap();
}

#[test]
fn a_directory_that_cannot_be_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = FileStorage::open(&file).unwrap_err();
    assert!(matches!(error, JournalError::Io { .. }));
    let message = error.to_string();
    assert!(
        message.starts_with("cannot create the directory "),
        "{message}"
    );
    assert!(message.contains(&file.display().to_string()), "{message}");
}

#[test]
fn a_directory_is_made_with_all_those_above_it() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("srv/rialto/journal");
    let storage = FileStorage::open(&journal).unwrap();
    storage.save("tails/one", b"x").unwrap();
    assert_eq!(fs::read(journal.join("tails/one")).unwrap(), b"x");
    drop(storage);
    FileStorage::open(&journal).unwrap();
}

/// As a copy that leaves zeros out brings it back.
#[test]
fn the_holes_of_a_segment_that_was_put_back_are_filled_before_it_is_mapped() {
    let directory = tempfile::tempdir().unwrap();
    let storage = FileStorage::open(directory.path()).unwrap();
    let path = directory.path().join("a.segment");
    fs::File::create(&path).unwrap().set_len(64 * 4096).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().blocks(), 0);
    let mut segment = storage.open("a.segment").unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(metadata.len(), 64 * 4096);
    assert!(metadata.blocks() * 512 >= metadata.len());
    segment.write(4094, b"abcd");
    segment.sync(4094..4098).unwrap();
    drop(segment);
    assert_eq!(&fs::read(&path).unwrap()[4094..4098], b"abcd");
}

#[test]
fn a_new_segment_is_reserved_and_zero() {
    let directory = tempfile::tempdir().unwrap();
    let storage = FileStorage::open(directory.path()).unwrap();
    fs::write(directory.path().join("a.segment"), "something old").unwrap();
    let mut segment = storage.create("a.segment", 64 * 4096).unwrap();
    let metadata = fs::metadata(directory.path().join("a.segment")).unwrap();
    assert_eq!(metadata.len(), 64 * 4096);
    assert!(
        metadata.blocks() * 512 >= metadata.len(),
        "every block has its place"
    );
    assert!(
        fs::read(directory.path().join("a.segment"))
            .unwrap()
            .iter()
            .all(|byte| *byte == 0)
    );
    segment.write(4094, b"abcd");
    segment.sync(4094..4098).unwrap();
    drop(segment);
    assert_eq!(storage.open("a.segment").unwrap().len(), 64 * 4096);
    assert_eq!(
        fs::read(directory.path().join("a.segment")).unwrap()[4094..4098],
        *b"abcd"
    );
}

#[test]
fn a_saved_file_is_whole_and_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let storage = FileStorage::open(directory.path()).unwrap();
    storage.save("tails/a.tail", b"first").unwrap();
    let error = storage.save("tails/a.tail", b"second").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    let tails = directory.path().join("tails");
    assert_eq!(fs::read(tails.join("a.tail")).unwrap(), b"first");
    assert_eq!(
        fs::read_dir(&tails).unwrap().count(),
        1,
        "no partial file is left"
    );
    storage.create("a.segment", 8192).unwrap();
    storage.create("b.segment", 8192).unwrap();
    let error = storage.rename("a.segment", "b.segment").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    storage.remove("b.segment").unwrap();
    storage.rename("a.segment", "b.segment").unwrap();
}

#[test]
fn a_torn_end_is_cut_off_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let mut journal = written(directory.path(), pages(8));
    for seq in 1..=10 {
        journal.append(Seq(seq), time(seq), &order(seq)).unwrap();
    }
    // As a kill would leave it: no orderly close.
    drop(journal);
    let segment = directory.path().join("00000000000000000001.segment");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[4096 + 9 * 64 + 40] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    let recovered = recovery(directory.path()).finish().unwrap();
    assert_eq!(recovered.last_seq(), Seq(9));
    let saved = &recovered.tail().unwrap().saved[0];
    let tail = fs::read(directory.path().join(saved)).unwrap();
    assert_eq!(
        tail,
        bytes[4096 + 9 * 64..][..53],
        "up to its last byte that is not zero"
    );
    drop(recovered);
    assert_eq!(read(directory.path()).len(), 9);
}

/// The writer is watched by the thread that prepares pages, over many segments, while it appends.
#[test]
fn the_published_sequence_never_runs_ahead() {
    let directory = tempfile::tempdir().unwrap();
    let recovered = recovery(directory.path()).finish().unwrap();
    let published = Arc::new(AtomicU64::new(0));
    let publish = {
        let published = Arc::clone(&published);
        Box::new(move |seq: Seq| published.store(seq.0, Ordering::Release))
    };
    let mut journal = Journal::written(recovered, pages(16), publish).unwrap();
    for seq in 1..=20_000 {
        journal.append(Seq(seq), time(seq), &order(seq)).unwrap();
        assert!(published.load(Ordering::Acquire) < seq);
        if seq % 64 == 0 {
            journal.commit();
            assert_eq!(published.load(Ordering::Acquire), seq);
        }
    }
    drop(journal);
    assert_eq!(read(directory.path()).len(), 20_000);
}

/// The journal thread, the thread beside it, real maps and real syncs.
#[test]
fn durable_mode_works_on_files() {
    let directory = tempfile::tempdir().unwrap();
    for life in 0..2 {
        let recovered = recovery(directory.path()).finish().unwrap();
        let first = recovered.last_seq().0 + 1;
        let published = Arc::new(AtomicU64::new(0));
        let publish = {
            let published = Arc::clone(&published);
            move |seq: Seq| published.store(seq.0, Ordering::Release)
        };
        let config = DurableConfig {
            ring: 1 << 10,
            batch_max: 100,
        };
        let mut journal = Journal::durable(recovered, pages(6), config, hooks(publish)).unwrap();
        for seq in first..first + 4_000 {
            while let Err(error) = journal.append(Seq(seq), time(seq), &order(seq)) {
                assert!(matches!(error, AppendError::Full), "{error}");
                journal.commit();
                std::thread::yield_now();
            }
            assert!(published.load(Ordering::Acquire) <= seq);
        }
        let last = Seq(first + 3_999);
        assert_eq!(journal.close().unwrap(), last, "life {life}");
        let records = read(directory.path());
        assert_eq!(records.len() as u64, last.0);
        assert!(
            records
                .iter()
                .all(|record| record.input == order(record.seq.0))
        );
    }
}

/// Segments are let go and spares get their names while others look.
#[test]
fn a_directory_whose_files_come_and_go_can_be_listed() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("stays"), "x").unwrap();
    let path = directory.path().join("goes");
    let is_over = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&is_over);
    let changing = std::thread::spawn(move || {
        while !over.load(Ordering::Relaxed) {
            std::fs::write(&path, "x").unwrap();
            std::fs::remove_file(&path).unwrap();
        }
    });
    let reader = ReadOnlyDirectory::new(directory.path());
    for _ in 0..5_000 {
        let entries = reader.list().unwrap();
        assert!(entries.iter().any(|entry| entry.name == "stays"));
    }
    is_over.store(true, Ordering::Relaxed);
    changing.join().unwrap();
}
