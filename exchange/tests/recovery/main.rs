//! Recovery on real files: from snapshots, past bad ones, from the beginning. Whatever the way, the state
//! is the same.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests panic as tests do; clippy allows it in functions marked as tests only"
)]

mod history;

use std::fs;
use std::path::PathBuf;

use rialto_exchange::recovery::{Replay, Restored, snapshots_directory};
use rialto_exchange::snapshot;
use rialto_journal::{
    Archive, ArchiveDirectory, Base, ExchangeId, FileStorage, ReadOnlyDirectory, retire, snapshots,
};
use rialto_reference::scenario::{Profile, SHARD};
use rialto_types::{AccountId, Seq};

use crate::history::History;

/// Where a state is compared: nowhere in any journal.
fn facts(restored: &Restored) -> (String, String) {
    let state = &restored.state;
    let base = Base {
        exchange_id: ExchangeId([0; 16]),
        seq: state.seq(),
        link: 0,
    };
    // The snapshot tells all of the core's state and what the publisher knows besides.
    let accounts = state.models.accounts().from(AccountId(0));
    let balances: Vec<_> = accounts
        .map(|(_, account)| (account.report, account.balances().to_vec()))
        .collect();
    (
        format!("{:?}", state.snapshot(base)),
        format!("{balances:?}"),
    )
}

fn recover(history: &History) -> Restored {
    Replay::open(history.data(), SHARD).unwrap().run().unwrap()
}

fn refused(history: &History) -> String {
    let replay = Replay::open(history.data(), SHARD).and_then(Replay::run);
    match replay {
        Ok(_) => panic!("recovered"),
        Err(error) => format!("{error:#}"),
    }
}

fn snapshot_files(history: &History) -> Vec<PathBuf> {
    let directory = snapshots_directory(&history.journal());
    let files = snapshots::list(&ReadOnlyDirectory::new(&directory)).unwrap();
    let paths = files.iter().map(|file| directory.join(&file.name));
    paths.collect()
}

fn damage(path: &PathBuf) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_recovery_from_a_snapshot_is_one_from_the_beginning() {
    for (seed, profile) in (1..).zip(Profile::ALL) {
        let mut history = History::new(seed, &profile);
        history.play(1_500);
        let first = snapshot::take(&history.journal()).unwrap().unwrap();
        assert_eq!(first.from, Seq(0));
        history.play(1_500);
        let second = snapshot::take(&history.journal()).unwrap().unwrap();
        assert_eq!(second.from, first.seq, "from the one before");
        assert_eq!(second.command_count(), second.seq.0 - first.seq.0);
        let again = snapshot::take(&history.journal()).unwrap();
        assert_eq!(again, None, "nothing newer is complete");

        let from_snapshot = recover(&history);
        assert_eq!(from_snapshot.snapshot, second.seq);
        assert_eq!(from_snapshot.command_count, 3_000 - second.seq.0);
        let found = facts(&from_snapshot);
        drop(from_snapshot);
        fs::remove_dir_all(snapshots_directory(&history.journal())).unwrap();
        let from_beginning = recover(&history);
        assert_eq!(from_beginning.command_count, 3_000);
        assert_eq!(found, facts(&from_beginning), "profile {:?}", profile.name);
    }
}

#[test]
fn a_bad_snapshot_is_passed_over_and_without_any_the_beginning_is_needed() {
    let mut history = History::new(3, &Profile::ALL[0]);
    history.play(1_000);
    let older = snapshot::take(&history.journal()).unwrap().unwrap();
    history.play(1_000);
    let newer = snapshot::take(&history.journal()).unwrap().unwrap();
    let files = snapshot_files(&history);
    assert_eq!(files.len(), 2);
    let expected = facts(&recover(&history));

    damage(&files[0]);
    let restored = recover(&history);
    assert_eq!(restored.snapshot, older.seq);
    assert_eq!(facts(&restored), expected);
    drop(restored);

    damage(&files[1]);
    let restored = recover(&history);
    assert_eq!(restored.snapshot, Seq(0));
    assert_eq!(facts(&restored), expected);
    drop(restored);

    // Taking one again replaces the bad one.
    let again = snapshot::take(&history.journal()).unwrap().unwrap();
    assert_eq!((again.seq, again.from), (newer.seq, Seq(0)));
    let storage = FileStorage::open(history.journal()).unwrap();
    let retired = retire(&storage, older.seq, None).unwrap();
    assert!(!retired.is_empty());
    drop(storage);
    assert_eq!(facts(&recover(&history)), expected);
    damage(&snapshot_files(&history)[0]);
    let message = refused(&history);
    assert!(message.contains("no snapshot is good"), "{message}");
    assert!(message.contains("put the older segments back"), "{message}");
}

#[test]
fn what_was_put_away_and_put_back_serves_again() {
    let mut history = History::new(4, &Profile::ALL[1]);
    history.play(2_000);
    let taken = snapshot::take(&history.journal()).unwrap().unwrap();
    let expected = facts(&recover(&history));
    let archive = history.data().join("archive");
    let storage = FileStorage::open(history.journal()).unwrap();
    let put_away = ArchiveDirectory::new(history.journal(), &archive).unwrap();
    let to: &dyn Archive = &put_away;
    let retired = retire(&storage, taken.seq, Some(to)).unwrap();
    drop(storage);
    fs::remove_dir_all(snapshots_directory(&history.journal())).unwrap();
    assert!(refused(&history).contains("put the older segments back"));
    for name in retired {
        fs::rename(archive.join(&name), history.journal().join(&name)).unwrap();
    }
    assert_eq!(facts(&recover(&history)), expected);
}

#[test]
fn a_snapshot_of_another_journal_stops_the_start() {
    let mut history = History::new(5, &Profile::ALL[0]);
    history.play(1_000);
    snapshot::take(&history.journal()).unwrap().unwrap();
    let mut other = History::new(6, &Profile::ALL[0]);
    other.play(1_000);
    snapshot::take(&other.journal()).unwrap().unwrap();
    let from = snapshots_directory(&history.journal());
    let to = snapshots_directory(&other.journal());
    fs::remove_dir_all(&to).unwrap();
    fs::rename(&from, &to).unwrap();
    let message = refused(&other);
    assert!(
        message.contains("does not belong to this journal"),
        "{message}"
    );
}

#[test]
fn one_process_takes_a_snapshot_at_a_time() {
    let mut history = History::new(7, &Profile::ALL[0]);
    history.play(1_000);
    let taker = FileStorage::open(snapshots_directory(&history.journal())).unwrap();
    let error = snapshot::take(&history.journal()).unwrap_err();
    assert!(
        format!("{error:#}").contains("in use by process"),
        "{error:#}"
    );
    drop(taker);
    assert!(snapshot::take(&history.journal()).unwrap().is_some());
}

#[test]
fn a_journal_without_a_complete_segment_has_no_snapshot() {
    let mut history = History::new(8, &Profile::ALL[0]);
    let error = snapshot::take(&history.journal()).unwrap_err();
    assert!(error.to_string().contains("holds no journal"), "{error}");
    history.play(3);
    assert_eq!(snapshot::take(&history.journal()).unwrap(), None);
    assert_eq!(recover(&history).command_count, 3);
}
