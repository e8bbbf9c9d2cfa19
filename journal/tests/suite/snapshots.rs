//! Snapshots: their bytes, their directory, where they stand in a journal, and what they make superfluous.

use std::fs;
use std::sync::Arc;

use rialto_engine::RULES_VERSION;
use rialto_journal::inspect::{Content, inspect};
use rialto_journal::storage::{Directory, Storage};
use rialto_journal::{
    ArchiveDirectory, Base, Decision, Durability, ExchangeId, FileStorage, InlineSegments,
    JournalError, JournalWriter, MemoryStorage, ReadOnlyDirectory, Record, Recovery, Sealed,
    Snapshot, SnapshotError, SnapshotFault, SnapshotFile, checksum_of, decisions, retire,
    snapshots, state_hash,
};
use rialto_types::{KeyId, Seq, ShardId};

use crate::common::{EXCHANGE, OPTIONS, append, order, pages, varied, writer};
use crate::example;

/// The example's state as of another command.
pub(crate) fn snapshot_at(seq: u64) -> Snapshot {
    let mut snapshot = example::snapshot();
    snapshot.image.seq = Seq(seq);
    snapshot
}

#[test]
fn a_snapshot_is_read_back_and_states_the_hash_of_its_state() {
    let snapshot = example::snapshot();
    let (bytes, header) = snapshot.encode();
    let (read, read_header) = Snapshot::decode(&bytes).unwrap();
    assert_eq!((&read, read_header), (&snapshot, header));
    assert_eq!(header.state_hash, state_hash(&snapshot.image));
    assert_eq!(header.seq, snapshot.image.seq);
}

#[test]
fn no_bit_of_a_snapshot_may_change_and_no_byte_be_missing_or_added() {
    let (bytes, _) = example::snapshot().encode();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Snapshot::decode(&flipped).is_err(), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(Snapshot::decode(&bytes[..length]).is_err(), "{length}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    let fault = Snapshot::decode(&longer).unwrap_err();
    assert!(matches!(fault, SnapshotFault::Size { .. }), "{fault}");
}

#[test]
fn an_annex_goes_along_its_state_only() {
    let mut short = example::snapshot();
    short.annex.books[0].orders.pop();
    let fault = Snapshot::decode(&short.encode().0).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "it does not decode: the annex has 3 orders of a book, and the state 4"
    );
    let mut none = example::snapshot();
    none.annex.emptied.clear();
    assert!(Snapshot::decode(&none.encode().0).is_err());
}

#[test]
fn a_newer_version_is_named() {
    let (mut bytes, _) = example::snapshot().encode();
    bytes[8] = 2;
    let crc = crc32c::crc32c(&bytes[..124]);
    bytes[124..128].copy_from_slice(&crc.to_le_bytes());
    let fault = Snapshot::decode(&bytes).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "it has snapshot format version 2, and this build reads version 1"
    );
}

#[test]
fn what_a_newer_build_wrote_is_told_apart_from_what_is_bad() {
    let (good, _) = example::snapshot().encode();
    let told = |at: usize, version: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&version.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..124]);
        bytes[124..128].copy_from_slice(&crc.to_le_bytes());
        let name = "00000000000000000001.snapshot".to_owned();
        let file = SnapshotFile {
            name: name.clone(),
            seq: example::snapshot().image.seq,
            bytes: bytes.len() as u64,
        };
        let storage = MemoryStorage::with_files([(name, bytes)]);
        let error = file.verify(&storage).unwrap_err();
        assert_eq!(
            error.to_string(),
            file.read(&storage).unwrap_err().to_string()
        );
        (
            matches!(error, SnapshotError::Newer { .. }),
            error.to_string(),
        )
    };
    let newer = "00000000000000000001.snapshot was written by a newer build";
    assert_eq!(
        told(8, 2),
        (
            true,
            format!("{newer}: it has snapshot format version 2, and this build reads version 1")
        )
    );
    let (is_newer, text) = told(12, RULES_VERSION + 1);
    assert!(is_newer && text.starts_with(newer), "{text}");
    assert!(
        text.contains(&format!("version {} of the rules", RULES_VERSION + 1)),
        "{text}"
    );
    let (is_newer, text) = told(8, 0);
    assert!(!is_newer && text.contains("is no good snapshot"), "{text}");
}

#[test]
fn a_shard_that_cannot_be_is_named() {
    let mut snapshot = example::snapshot();
    snapshot.image.shard = ShardId(32);
    let fault = Snapshot::decode(&snapshot.encode().0).unwrap_err();
    assert_eq!(fault.to_string(), "its shard is 32, which cannot be");
}

#[test]
fn the_newest_come_first_and_what_is_not_kept_goes() {
    let storage = MemoryStorage::new();
    assert_eq!(snapshots::list(&storage).unwrap(), []);
    for seq in [5, 900, 70] {
        snapshots::save(&storage, &snapshot_at(seq)).unwrap();
    }
    storage
        .save("00000000000000000007.snapshot.partial", b"half")
        .unwrap();
    let seqs = |storage: &MemoryStorage| -> Vec<u64> {
        let files = snapshots::list(storage).unwrap();
        files.iter().map(|file| file.seq.0).collect()
    };
    assert_eq!(seqs(&storage), [900, 70, 5]);
    let removed = snapshots::prune(&storage, &[Seq(900), Seq(70)]).unwrap();
    assert_eq!(removed, ["00000000000000000005.snapshot"]);
    assert_eq!(seqs(&storage), [900, 70]);
    let newest = &snapshots::list(&storage).unwrap()[0];
    assert_eq!(newest.read(&storage).unwrap(), snapshot_at(900));
    assert_eq!(newest.verify(&storage).unwrap().seq, Seq(900));
}

#[test]
fn a_bad_snapshot_is_told_by_name_and_replaced_when_it_is_taken_again() {
    let storage = MemoryStorage::new();
    let file = snapshots::save(&storage, &snapshot_at(8)).unwrap();
    let mut bytes = storage.files()[&file.name].clone();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let storage = MemoryStorage::with_files([(file.name.clone(), bytes)]);
    for error in [
        file.read(&storage).unwrap_err(),
        file.verify(&storage).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.contains(&file.name), "{text}");
        assert!(text.contains("the checksum of its body is"), "{text}");
    }
    let again = snapshots::save(&storage, &snapshot_at(8)).unwrap();
    assert_eq!(again.read(&storage).unwrap(), snapshot_at(8));
    // A good one is left as it is.
    assert_eq!(snapshots::save(&storage, &snapshot_at(8)).unwrap(), again);
}

#[test]
fn a_snapshot_under_another_name_is_no_good() {
    let (bytes, _) = snapshot_at(8).encode();
    let name = "00000000000000000009.snapshot".to_owned();
    let storage = MemoryStorage::with_files([(name, bytes)]);
    let file = &snapshots::list(&storage).unwrap()[0];
    assert!(matches!(
        file.read(&storage),
        Err(SnapshotError::Fault { .. })
    ));
}

#[test]
fn snapshots_stand_in_a_locked_directory_of_their_own() {
    let journal = tempfile::tempdir().unwrap();
    let directory = journal.path().join("snapshots");
    let looked_at = ReadOnlyDirectory::new(&directory);
    assert_eq!(snapshots::list(&looked_at).unwrap(), []);
    let storage = FileStorage::open(&directory).unwrap();
    assert!(
        FileStorage::open(&directory).is_err(),
        "one taker at a time"
    );
    let file = snapshots::save(&storage, &snapshot_at(3)).unwrap();
    assert_eq!(
        snapshots::list(&looked_at).unwrap(),
        std::slice::from_ref(&file)
    );
    assert_eq!(file.read(&looked_at).unwrap(), snapshot_at(3));
    assert_eq!(
        file.verify(&looked_at).unwrap().state_hash,
        state_hash(&snapshot_at(3).image)
    );
}

/// A journal of many small segments, its records, and where each segment but the last ends.
pub(crate) fn journal() -> (MemoryStorage, Vec<Record>, Vec<Base>) {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Durable, pages(2));
    let records = append(&mut life, 300, varied);
    life.close().unwrap();
    let catalog = rialto_journal::catalog::Catalog::read(&storage, None).unwrap();
    let headers = catalog.segments.iter().filter_map(|file| file.header());
    let bases = headers.skip(1).map(|header| Base {
        exchange_id: EXCHANGE,
        seq: Seq(header.first_seq.0 - 1),
        link: header.crc_before,
    });
    (storage.clone(), records, bases.collect())
}

pub(crate) fn recover(storage: &MemoryStorage, base: Base) -> Result<Vec<Record>, JournalError> {
    let mut recovery = Recovery::open_after(Arc::new(storage.clone()), OPTIONS, base)?;
    let mut records = Vec::new();
    while let Some(record) = recovery.next()? {
        records.push(record);
    }
    recovery.finish().map(|_| records)
}

pub(crate) fn after(records: &[Record], seq: Seq) -> &[Record] {
    &records[usize::try_from(seq.0).unwrap()..]
}

#[test]
fn a_recovery_goes_on_from_the_end_of_any_segment() {
    let (storage, records, bases) = journal();
    assert!(bases.len() > 3, "{}", bases.len());
    for base in bases {
        assert_eq!(recover(&storage, base).unwrap(), after(&records, base.seq));
    }
}

#[test]
fn a_snapshot_of_another_history_is_refused() {
    let (storage, _, bases) = journal();
    let base = bases[1];
    let other_link = Base {
        link: base.link ^ 1,
        ..base
    };
    let other_exchange = Base {
        exchange_id: ExchangeId(*b"another exchange"),
        ..base
    };
    let no_end = Base {
        seq: Seq(base.seq.0 - 1),
        ..base
    };
    for foreign in [other_link, other_exchange, no_end] {
        let error = recover(&storage, foreign).unwrap_err();
        assert!(
            matches!(error, JournalError::ForeignSnapshot { .. }),
            "{error}"
        );
    }
    let beyond = Base {
        seq: Seq(5_000),
        ..base
    };
    let error = recover(&storage, beyond).unwrap_err();
    assert!(
        matches!(error, JournalError::EndsTooEarly { .. }),
        "{error}"
    );
}

/// With every segment gone, the snapshot is all that says whose journal it was.
#[test]
fn a_snapshot_without_a_journal_names_the_exchange() {
    let base = Base {
        exchange_id: ExchangeId(*b"another exchange"),
        seq: Seq(5),
        link: 0,
    };
    let recovery = Recovery::open_after(Arc::new(MemoryStorage::new()), OPTIONS, base).unwrap();
    assert_eq!(recovery.exchange_id(), base.exchange_id);
    let error = recovery.finish().unwrap_err();
    assert_eq!(
        error.to_string(),
        JournalError::EndsTooEarly {
            last: Seq(0),
            needed: Seq(5)
        }
        .to_string()
    );
}

/// What no segment's header states as synced, with a command behind it, is no ground for a snapshot: a sync that has
/// failed leaves pages that count as synced. In `written` mode a full segment is synced while the next one is
/// filled, and the one after that states it.
#[test]
fn a_snapshot_stands_on_what_is_stated_as_synced() {
    for (durability, stated) in [(Durability::Durable, 1), (Durability::Written, 0)] {
        let storage = MemoryStorage::new();
        let mut life = writer(&storage, durability, pages(2));
        append(&mut life, 3 * 64 + 10, order);
        let sealed = Sealed::read(&storage, 1).unwrap().unwrap();
        let ends = sealed.ends();
        assert_eq!(ends.len(), 3, "{ends:?}");
        assert_eq!(sealed.synced_end(), Some(ends[stated]));
    }
}

/// Between the look at a journal and the replay of what is safe, a spare that was blank may have come into use.
#[test]
fn a_follower_needs_nothing_of_a_spare_that_is_begun_meanwhile() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Durable, pages(2));
    let records = append(&mut life, 3 * 64 + 10, order);
    drop(life);
    storage.save("spare.segment", &[0; 3 * 4_096]).unwrap();
    let sealed = Sealed::read(&storage, 1).unwrap().unwrap();
    let end = sealed.synced_end().unwrap();
    storage
        .rename("spare.segment", "00000000000000099999.segment")
        .unwrap();
    let mut follower = sealed.follow(storage, Seq(0), end).unwrap();
    let mut replayed = Vec::new();
    while let Some(record) = follower.next().unwrap() {
        replayed.push(record);
    }
    assert!(replayed.len() > 64);
    assert_eq!(replayed, records[..replayed.len()]);
}

/// The power may fail when the next segment's header is not on the disk yet.
#[test]
fn the_segment_behind_a_snapshot_may_be_missing() {
    let (storage, records, bases) = journal();
    let base = bases[2];
    let behind = format!("{:020}.segment", base.seq.0 + 1);
    let files = storage.files().into_iter();
    let storage = MemoryStorage::with_files(files.filter(|(name, _)| *name < behind));
    assert_eq!(recover(&storage, base).unwrap(), []);
    let wrong = Base {
        link: base.link ^ 1,
        ..base
    };
    assert!(recover(&storage, wrong).is_err());
    // The next life begins the same segment again, and the snapshot still fits.
    let recovered = Recovery::open_after(Arc::new(storage.clone()), OPTIONS, base).unwrap();
    let segments = InlineSegments::new(Arc::new(storage.clone()), pages(2));
    let recovered = recovered.finish().unwrap();
    let mut life: JournalWriter<_> = recovered
        .into_writer(Durability::Durable, Box::new(segments))
        .unwrap();
    let more = append(&mut life, 40, varied);
    life.close().unwrap();
    assert_eq!(more[0].seq, after(&records, base.seq)[0].seq);
    assert_eq!(recover(&storage, base).unwrap(), more);
}

#[test]
fn a_decision_is_about_the_record_that_is_there() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Durable, pages(2));
    append(&mut life, 100, varied);
    life.sync().unwrap();
    let right = checksum_of(&storage, Seq(60)).unwrap().unwrap();
    assert_eq!(checksum_of(&storage, Seq(101)).unwrap(), None);
    let decision = |skipped: u64, crc: u32| Decision {
        skipped: Seq(skipped),
        crc,
        key: KeyId(1),
        signature: [1; 64],
    };
    // Twice is once, and what a snapshot holds needs no decision.
    for _ in 0..2 {
        life.append_decision(&decision(60, right)).unwrap();
    }
    life.sync().unwrap();
    let (found, last) = decisions(&storage, Seq(0)).unwrap();
    assert_eq!((found, last), (vec![decision(60, right)], Seq(100)));
    assert_eq!(decisions(&storage, Seq(60)).unwrap().0, []);
    life.append_decision(&decision(61, right)).unwrap();
    life.close().unwrap();
    let error = decisions(&storage, Seq(0)).unwrap_err();
    assert!(
        matches!(error, JournalError::Undecided { skipped: Seq(61) }),
        "{error}"
    );
}

#[test]
fn only_segments_below_the_older_snapshot_go() {
    let (storage, records, bases) = journal();
    let count = storage.files().len();
    let older = bases[2];
    assert_eq!(retire(&storage, Seq(0), None).unwrap(), [""; 0]);
    let inside = Seq(bases[0].seq.0 - 1);
    assert_eq!(retire(&storage, inside, None).unwrap(), [""; 0]);
    let retired = retire(&storage, older.seq, None).unwrap();
    assert_eq!(retired.len(), 3);
    assert_eq!(retired[0], "00000000000000000001.segment");
    assert_eq!(storage.files().len(), count - 3);
    assert_eq!(
        recover(&storage, older).unwrap(),
        after(&records, older.seq)
    );
    let error = recover(&storage, bases[0]).unwrap_err();
    assert!(
        matches!(error, JournalError::BeginsTooLate { .. }),
        "{error}"
    );
    // However new the snapshot is, the newest segment stays.
    retire(&storage, Seq(u64::MAX - 1), None).unwrap();
    let left: Vec<_> = storage.files().into_keys().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn who_looks_at_a_journal_sees_all_of_it_while_segments_go() {
    let (storage, records, bases) = journal();
    let mut seen = Vec::new();
    let inspection = inspect(&storage, |item| {
        if seen.is_empty() {
            let retired = retire(&storage, bases[2].seq, None).unwrap();
            assert_eq!(retired.len(), 3);
        }
        if let Content::Command(_) = item.content {
            seen.push(item.seq);
        }
    });
    assert_eq!(inspection.unwrap().segments.len(), bases.len() + 1);
    let expected: Vec<_> = records.iter().map(|record| record.seq).collect();
    assert_eq!(seen, expected);
}

/// A journal of some segments on a real disk.
fn on_disk(directory: &std::path::Path) -> FileStorage {
    let storage = Arc::new(FileStorage::open(directory).unwrap());
    let recovered = Recovery::open(Arc::clone(&storage), OPTIONS).unwrap();
    let segments = InlineSegments::new(Arc::clone(&storage), pages(2));
    let mut life = recovered
        .finish()
        .unwrap()
        .into_writer(Durability::Durable, Box::new(segments))
        .unwrap();
    for seq in 1..=200 {
        let (time, input) = (crate::common::time(seq), varied(seq));
        life.append(Seq(seq), time, &input).unwrap();
    }
    life.close().unwrap();
    Arc::into_inner(storage).unwrap()
}

#[test]
fn segments_are_put_away_byte_for_byte() {
    let (journal, archive) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let to = archive.path().join("old");
    let storage = on_disk(journal.path());
    let names: Vec<_> = storage.list().unwrap();
    let segments = names.iter().filter(|entry| entry.name != "LOCK");
    let before: Vec<_> = segments
        .map(|entry| fs::read(journal.path().join(&entry.name)).unwrap())
        .collect();
    let put_away = ArchiveDirectory::new(journal.path(), &to).unwrap();
    let retired = retire(&storage, Seq(180), Some(&put_away)).unwrap();
    assert!(retired.len() > 1, "{retired:?}");
    for (name, bytes) in retired.iter().zip(before) {
        assert!(!journal.path().join(name).exists(), "{name}");
        assert_eq!(fs::read(to.join(name)).unwrap(), bytes, "{name}");
    }
}

#[test]
fn an_archive_is_of_one_journal_and_a_copy_made_before_is_enough() {
    let (journal, archive) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let storage = on_disk(journal.path());
    let first = "00000000000000000001.segment";
    let put_away = ArchiveDirectory::new(journal.path(), archive.path()).unwrap();
    // As an interrupted copy to another disk leaves it.
    fs::copy(journal.path().join(first), archive.path().join(first)).unwrap();
    retire(&storage, Seq(100), Some(&put_away)).unwrap();
    assert!(!journal.path().join(first).exists());

    let other = tempfile::tempdir().unwrap();
    let storage = on_disk(other.path());
    let mut header = fs::read(other.path().join(first)).unwrap();
    header[100] ^= 1;
    fs::write(archive.path().join(first), &header).unwrap();
    let put_away = ArchiveDirectory::new(other.path(), archive.path()).unwrap();
    let error = retire(&storage, Seq(100), Some(&put_away)).unwrap_err();
    assert!(
        error.to_string().contains("give each exchange an archive"),
        "{error}"
    );
    assert!(other.path().join(first).exists(), "nothing was removed");
}
