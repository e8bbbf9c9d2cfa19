//! Recovery on real files: from snapshots, past bad ones, from the beginning. Whatever the way, the state
//! is the same.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests panic as tests do; clippy allows it in functions marked as tests only"
)]

mod candles;
mod golden;
mod history;
mod process;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rialto_client::ApiKey;
use rialto_engine::RULES_VERSION;
use rialto_exchange::poison::Mark;
use rialto_exchange::recovery::{Replay, Restored, snapshots_directory};
use rialto_exchange::skip::skip;
use rialto_exchange::snapshot;
use rialto_gateway::ReportLog;
use rialto_journal::layout::POISON;
use rialto_journal::{
    Archive, ArchiveDirectory, Base, ExchangeId, FileStorage, ReadOnlyDirectory, SNAPSHOT_VERSION,
    retire, snapshots,
};
use rialto_reference::scenario::{Profile, SHARD};
use rialto_types::{AccountId, KeyId, Seq};

use crate::history::{History, administrator};

/// Where the header of a snapshot states its format, and the rules.
const FORMAT_AT: usize = 8;
const RULES_AT: usize = 12;

/// Where a state is compared: nowhere in any journal. The candles of its trades are part of it.
fn facts(restored: &Restored) -> (String, String, String) {
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
        candles::told(restored),
    )
}

fn recover(history: &History) -> Restored {
    let replay = Replay::open(history.data(), SHARD).unwrap();
    replay.run(Arc::default(), ReportLog::default()).unwrap()
}

fn refused(history: &History) -> String {
    let replay = Replay::open(history.data(), SHARD)
        .and_then(|replay| replay.run(Arc::default(), ReportLog::default()));
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

/// Has a snapshot state another version, at this place of its header, as a later build may write one.
fn set_version(path: &PathBuf, at: usize, version: u32) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at..at + 4].copy_from_slice(&version.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..124]);
    bytes[124..128].copy_from_slice(&crc.to_le_bytes());
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_snapshot_of_a_newer_build_that_is_needed_is_named_when_the_start_is_refused() {
    let mut history = History::new(11, &Profile::ALL[0]);
    history.play(1_000);
    let older = snapshot::take(&history.journal()).unwrap().unwrap();
    history.play(1_000);
    snapshot::take(&history.journal()).unwrap().unwrap();
    let files = snapshot_files(&history);
    let expected = facts(&recover(&history));
    let format = SNAPSHOT_VERSION + 1;
    set_version(&files[0], FORMAT_AT, format);
    let restored = recover(&history);
    assert_eq!(restored.snapshot, older.seq, "passed over for an older one");
    assert_eq!(facts(&restored), expected);
    drop(restored);

    let storage = FileStorage::open(history.journal()).unwrap();
    let retired = retire(&storage, older.seq, None).unwrap();
    assert!(!retired.is_empty());
    drop(storage);
    let rules = RULES_VERSION + 1;
    set_version(&files[1], RULES_AT, rules);
    let by_format = format!(
        "it has snapshot format version {format}, and this build reads version {SNAPSHOT_VERSION}. Start \
         the newer build"
    );
    let message = refused(&history);
    assert!(
        message.contains("was written by a newer build"),
        "{message}"
    );
    assert!(message.contains(&by_format), "{message}");
    assert!(message.contains("put the older segments back"), "{message}");
    fs::remove_file(&files[0]).unwrap();
    let by_rules = format!(
        "its state came about under version {rules} of the rules, and this build has version \
         {RULES_VERSION}. Start the newer build"
    );
    let message = refused(&history);
    assert!(message.contains(&by_rules), "{message}");
    assert!(!message.contains("no snapshot is good"), "{message}");
}

#[test]
fn a_snapshot_of_a_newer_build_is_left_to_it_and_still_proves_what_was_there() {
    let mut history = History::new(12, &Profile::ALL[0]);
    history.play(1_000);
    let older = snapshot::take(&history.journal()).unwrap().unwrap();
    history.play(1_000);
    let newer = snapshot::take(&history.journal()).unwrap().unwrap();
    let newest = snapshot_files(&history).swap_remove(0);
    set_version(&newest, FORMAT_AT, SNAPSHOT_VERSION + 1);
    let bytes = fs::read(&newest).unwrap();

    // Of the same commands, and of more, one is taken beside it. What an earlier one left half written goes.
    let left =
        snapshots_directory(&history.journal()).join("00000000000000000009.snapshot.partial");
    fs::write(&left, "half").unwrap();
    assert_eq!(snapshot::take(&history.journal()).unwrap(), None);
    assert!(!left.exists());
    history.play(1_000);
    let taken = snapshot::take(&history.journal()).unwrap().unwrap();
    assert_eq!(taken.from, older.seq);
    assert!(taken.seq > newer.seq);
    assert_eq!(fs::read(&newest).unwrap(), bytes);
    assert_eq!(recover(&history).snapshot, taken.seq);

    // A journal that ends before it has lost what it holds.
    let beyond = snapshots_directory(&history.journal()).join("00000000000000999999.snapshot");
    fs::rename(&newest, beyond).unwrap();
    let message = refused(&history);
    assert!(
        message.contains("the journal ends at sequence"),
        "{message}"
    );
    assert!(
        message.contains("was written by a newer build"),
        "{message}"
    );
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

/// Says that the core panicked at a record.
fn mark(history: &History, record: u64) -> Mark {
    let mark = Mark {
        record,
        panic: "a defect, at engine.rs:1:1".to_owned(),
        version: "0.0.0".to_owned(),
    };
    let text = serde_json::to_string(&mark).unwrap();
    fs::write(history.journal().join(POISON), text).unwrap();
    mark
}

#[test]
fn a_record_that_made_the_core_panic_stops_the_start_until_it_is_decided_on() {
    let mut history = History::administered(9, &Profile::ALL[0]);
    history.play(900);
    let record = Seq(700);
    mark(&history, record.0);
    for _ in 0..2 {
        let message = refused(&history);
        assert!(
            message.contains("record 700 made the core panic"),
            "{message}"
        );
        assert!(message.contains("rialto journal skip"), "{message}");
    }
    let trader = ApiKey::from_secret(AccountId(1), KeyId(2), &[9; 32]);
    let error = skip(&history.journal(), record, &trader).unwrap_err();
    assert!(
        error.to_string().contains("no administrator's"),
        "{error:#}"
    );
    let thief = ApiKey::from_secret(AccountId::VENUE, KeyId(1), &[9; 32]);
    let error = skip(&history.journal(), record, &thief).unwrap_err();
    assert!(
        error.to_string().contains("signature of key 1"),
        "{error:#}"
    );
    let error = skip(&history.journal(), Seq(699), &administrator()).unwrap_err();
    assert!(
        error.to_string().contains("panicked at record 700"),
        "{error:#}"
    );
    assert!(
        refused(&history).contains("record 700"),
        "nothing was decided"
    );

    skip(&history.journal(), record, &administrator()).unwrap();
    let restored = recover(&history);
    let expected = history.state_without(record);
    assert_eq!(restored.state.exchange.image(), expected);
    drop(restored);
    let error = skip(&history.journal(), record, &administrator()).unwrap_err();
    assert!(error.to_string().contains("did not panic"), "{error:#}");

    // A snapshot heeds the decision, which stands behind the segments that it is taken of.
    history.play(900);
    let taken = snapshot::take(&history.journal()).unwrap().unwrap();
    assert!(taken.seq > record);
    let restored = recover(&history);
    assert_eq!(restored.snapshot, taken.seq);
    assert_eq!(
        restored.state.exchange.image(),
        history.state_without(record)
    );
}

#[test]
fn a_mark_of_a_record_that_never_reached_the_journal_is_forgotten() {
    let mut history = History::administered(10, &Profile::ALL[0]);
    history.play(200);
    mark(&history, 201);
    assert_eq!(recover(&history).command_count, 200);
    assert!(!history.journal().join(POISON).exists());
}
