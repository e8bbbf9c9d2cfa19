//! Candles and statistics over a restart: what was put aside beside a snapshot is taken up, and what is no good
//! costs the past of the charts and nothing else.

use std::path::PathBuf;
use std::sync::Arc;
use std::{fs, io};

use rialto_engine::HashSeed;
use rialto_exchange::recovery::{Restored, snapshots_directory};
use rialto_exchange::snapshot::{self, Source};
use rialto_gateway::models::{Candle, Interval};
use rialto_journal::layout::{candles_name, snapshot_name};
use rialto_journal::storage::{Directory, Entry, FileReader, FileSegment, Storage};
use rialto_journal::{Candles, FileStorage, ReadOnlyDirectory, retire};
use rialto_reference::scenario::Profile;
use rialto_types::{InstrumentId, Seq, Timestamp};

use crate::history::History;
use crate::{facts, recover};

/// The instruments that trade, and from when on their trades are counted.
fn since(restored: &Restored) -> Vec<(InstrumentId, Timestamp)> {
    let models = &restored.state.models;
    let ids = models.directory().instruments().iter().map(|one| one.id);
    ids.map(|id| (id, models.history(id).unwrap().since()))
        .collect()
}

/// Everything that subscribers are told of past trades.
pub(crate) fn told(restored: &Restored) -> String {
    let models = &restored.state.models;
    let histories = since(restored).into_iter().map(|(id, since)| {
        let history = models.history(id).unwrap();
        let day = history.day(models.time());
        let candles = Interval::ALL.map(|interval| history.candles(interval).collect::<Vec<_>>());
        format!("{id} {since:?} {day:?} {candles:?}")
    });
    histories.collect::<Vec<_>>().join("\n")
}

/// The candles that begin at `from` or later.
fn candles_from(restored: &Restored, from: Timestamp) -> Vec<(InstrumentId, Candle)> {
    let models = &restored.state.models;
    let mut candles = Vec::new();
    for (id, _) in since(restored) {
        for interval in Interval::ALL {
            let all = models.history(id).unwrap().candles(interval);
            candles.extend(
                all.filter(|one| one.open_time >= from)
                    .map(|one| (id, *one)),
            );
        }
    }
    candles
}

fn beside(history: &History, seq: Seq) -> PathBuf {
    snapshots_directory(&history.journal()).join(candles_name(seq))
}

/// What stood beside the snapshot at a command, of all that was then listed.
struct Stood {
    time: Timestamp,
    instruments: usize,
}

fn stood(history: &History, seq: Seq) -> Stood {
    let bytes = fs::read(beside(history, seq)).unwrap();
    let candles = Candles::decode(&bytes).unwrap();
    Stood {
        time: candles.time,
        instruments: candles.instruments.len(),
    }
}

/// Asserts that what came before this place is known to be forgotten, and only that: an instrument that was listed
/// later has all of its trades.
fn check_forgotten(restored: &Restored, before: &Stood) {
    let all = since(restored);
    let (old, new) = all.split_at(before.instruments);
    assert!(!old.is_empty());
    assert!(
        old.iter().all(|(_, since)| *since == before.time),
        "{old:?}"
    );
    assert!(new.iter().all(|(_, since)| since.0 == 0), "{new:?}");
}

/// A journal with a snapshot in its midst, and the snapshot's last command.
fn traded(seed: u64) -> (History, Seq) {
    let mut history = History::slow(seed, &Profile::ALL[0]);
    history.play(1_500);
    let taken = snapshot::take(&history.journal()).unwrap().unwrap();
    history.play(1_000);
    (history, taken.seq)
}

#[test]
fn a_restart_from_a_snapshot_remembers_what_was_traded_before_it() {
    let (mut history, first) = traded(31);
    // Whoever takes the next snapshot takes them up too.
    let second = snapshot::take(&history.journal()).unwrap().unwrap();
    assert_eq!(second.from, first);
    history.play(1_000);
    let directory = snapshots_directory(&history.journal());
    let aside = history.data().join("aside");
    fs::rename(&directory, &aside).unwrap();
    let whole = recover(&history);
    fs::rename(&aside, &directory).unwrap();
    assert_eq!(whole.snapshot, Seq(0), "all of it was replayed");
    let expected = facts(&whole);
    let before = candles_from(&whole, Timestamp(0)).len();
    let after = candles_from(&whole, stood(&history, second.seq).time).len();
    assert!(
        after > 100 && before - after > 100,
        "{after} of {before} candles came later"
    );
    drop(whole);

    // Nothing but what was put aside can know of what came before.
    let storage = FileStorage::open(history.journal()).unwrap();
    assert!(!retire(&storage, second.seq, None).unwrap().is_empty());
    drop(storage);
    let restored = recover(&history);
    assert_eq!(restored.snapshot, second.seq);
    assert_eq!(facts(&restored), expected);
    assert!(since(&restored).iter().all(|(_, since)| since.0 == 0));
    drop(restored);

    let third = snapshot::take(&history.journal()).unwrap().unwrap();
    assert_eq!(third.from, second.seq);
    assert!(
        !beside(&history, first).exists(),
        "they go with their snapshot"
    );
    assert!(beside(&history, second.seq).exists());
    let restored = recover(&history);
    assert_eq!(restored.snapshot, third.seq);
    assert_eq!(facts(&restored), expected);
}

/// Changes what stands beside a snapshot, and states the checksums anew.
fn changed(bytes: &[u8], change: impl FnOnce(&mut Candles)) -> Vec<u8> {
    let mut candles = Candles::decode(bytes).unwrap();
    change(&mut candles);
    candles.encode()
}

/// Those of another version.
fn newer(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[8] = 2;
    let crc = crc32c::crc32c(&bytes[..124]);
    bytes[124..128].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The files that are no good, each of another kind, of one that is.
fn no_good(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut flipped = bytes.to_vec();
    flipped[bytes.len() / 2] ^= 1;
    vec![
        ("flipped", flipped),
        ("cut", bytes[..bytes.len() - 1].to_vec()),
        ("empty", Vec::new()),
        ("newer", newer(bytes)),
        ("another history", changed(bytes, |all| all.base.link ^= 1)),
        ("another moment", changed(bytes, |all| all.base.seq.0 -= 1)),
        (
            "no instrument",
            changed(bytes, |all| all.instruments.clear()),
        ),
        (
            "another last trade",
            changed(bytes, |all| {
                let mut series = all.instruments.iter_mut().flat_map(|one| &mut one.series);
                let last = series.find_map(|rows| rows.last_mut()).unwrap();
                last.low.0 = 0;
                last.close.0 = 0;
            }),
        ),
        (
            "more trades than there were",
            changed(bytes, |all| {
                let rows = all.instruments.iter_mut().flat_map(|one| &mut one.series);
                rows.flatten().next().unwrap().trade_count = u64::MAX;
            }),
        ),
    ]
}

/// Recovers without candles beside the snapshot at `seq`, which says the truth and is right.
fn check_without(history: &History, seq: Seq, expected: &Expected, what: &str) {
    let restored = recover(history);
    assert_eq!(restored.snapshot, seq, "{what}: the snapshot itself serves");
    let (state, balances, _) = facts(&restored);
    assert_eq!((state, balances), expected.state, "{what}");
    check_forgotten(&restored, &expected.before);
    // But for the candles into which that moment falls, everything since is there.
    let found = candles_from(&restored, expected.before.time);
    assert_eq!(found, expected.later, "{what}");
    assert!(!found.is_empty());
}

/// What is found also when the candles are lost.
struct Expected {
    state: (String, String),
    before: Stood,
    later: Vec<(InstrumentId, Candle)>,
}

#[test]
fn candles_that_are_no_good_cost_the_past_of_charts_and_nothing_else() {
    let (mut history, seq) = traded(32);
    let path = beside(&history, seq);
    let good = fs::read(&path).unwrap();
    let restored = recover(&history);
    let (state, balances, remembered) = facts(&restored);
    let before = stood(&history, seq);
    let expected = Expected {
        state: (state, balances),
        later: candles_from(&restored, before.time),
        before,
    };
    drop(restored);
    for (what, bytes) in no_good(&good) {
        fs::write(&path, bytes).unwrap();
        check_without(&history, seq, &expected, what);
    }
    fs::remove_file(&path).unwrap();
    check_without(&history, seq, &expected, "missing");
    fs::create_dir(&path).unwrap();
    check_without(&history, seq, &expected, "a directory");
    fs::remove_dir(&path).unwrap();
    fs::write(&path, &good).unwrap();
    assert_eq!(
        told(&recover(&history)),
        remembered,
        "the good one serves again"
    );

    // Who takes the next snapshot without them hands on from when on it knows.
    fs::remove_file(&path).unwrap();
    let next = snapshot::take(&history.journal()).unwrap().unwrap();
    assert_eq!(next.from, seq);
    history.play(200);
    let restored = recover(&history);
    assert_eq!(restored.snapshot, next.seq);
    check_forgotten(&restored, &expected.before);
}

#[test]
fn a_snapshot_is_taken_also_when_its_candles_cannot_be_written() {
    let (history, seq) = traded(33);
    let directory = snapshots_directory(&history.journal());
    fs::remove_dir_all(&directory).unwrap();
    let taken = snapshot::take(&history.journal()).unwrap().unwrap();
    let before = stood(&history, taken.seq);
    assert!(taken.seq > seq);
    fs::remove_dir_all(&directory).unwrap();
    let in_the_way = format!("{}.partial", candles_name(taken.seq));
    fs::create_dir_all(directory.join(in_the_way)).unwrap();
    let again = snapshot::take(&history.journal()).unwrap().unwrap();
    assert_eq!(again.seq, taken.seq);
    assert!(directory.join(snapshot_name(taken.seq)).exists());
    assert!(!beside(&history, taken.seq).exists());
    let restored = recover(&history);
    assert_eq!(restored.snapshot, taken.seq);
    check_forgotten(&restored, &before);
}

#[test]
fn candles_without_a_snapshot_are_replaced_or_go() {
    let (history, first) = traded(34);
    let stray = beside(&history, Seq(7));
    fs::copy(beside(&history, first), &stray).unwrap();
    let directory = snapshots_directory(&history.journal());
    // As a crash leaves it between the two: candles, and no snapshot yet.
    let good = fs::read(beside(&history, first)).unwrap();
    fs::remove_file(directory.join(snapshot_name(first))).unwrap();
    fs::write(beside(&history, first), &good[..100]).unwrap();
    assert_eq!(recover(&history).snapshot, Seq(0));
    let taken = snapshot::take(&history.journal()).unwrap().unwrap();
    let left: Vec<_> = fs::read_dir(&directory).unwrap().collect();
    let names = left.into_iter().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    let expected = [
        candles_name(taken.seq),
        snapshot_name(taken.seq),
        "LOCK".to_owned(),
    ];
    assert_eq!(names, expected);
}

/// A directory on a disk that has no room for a snapshot while there are candles.
#[derive(Debug)]
struct Cramped(FileStorage);

impl Directory for Cramped {
    type Reader = FileReader;

    fn name(&self) -> String {
        self.0.name()
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        self.0.list()
    }

    fn reader(&self, name: &str) -> io::Result<FileReader> {
        self.0.reader(name)
    }
}

impl Storage for Cramped {
    type Segment = FileSegment;

    fn create(&self, name: &str, bytes: u64) -> io::Result<FileSegment> {
        self.0.create(name, bytes)
    }

    fn open(&self, name: &str) -> io::Result<FileSegment> {
        self.0.open(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }

    fn save(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let has_candles = self
            .list()?
            .iter()
            .any(|one| one.name.ends_with(".candles"));
        if has_candles && name.ends_with(".snapshot") {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.save(name, bytes)
    }
}

#[test]
fn candles_make_room_for_their_snapshot_and_go_with_one_that_cannot_be_taken() {
    let (history, _) = traded(35);
    let directory = snapshots_directory(&history.journal());
    fs::remove_dir_all(&directory).unwrap();
    let source = Source {
        journal: ReadOnlyDirectory::new(history.journal()),
        open: || Ok(Cramped(FileStorage::open(&directory)?)),
        seed: HashSeed::KNOWN,
        watch: Arc::default,
    };
    let taken = source.take().unwrap().unwrap();
    assert!(directory.join(snapshot_name(taken.seq)).exists());
    assert!(!beside(&history, taken.seq).exists());
    assert_eq!(recover(&history).snapshot, taken.seq);

    fs::remove_file(directory.join(snapshot_name(taken.seq))).unwrap();
    let in_the_way = format!("{}.partial", snapshot_name(taken.seq));
    fs::create_dir(directory.join(in_the_way)).unwrap();
    assert!(snapshot::take(&history.journal()).is_err());
    assert!(!beside(&history, taken.seq).exists());
}
