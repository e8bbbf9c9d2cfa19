//! A disk that is full: the exchange halts in order before it acknowledges what it cannot write down, says
//! what to do, and goes on when there is room again; a venue whose founding finds no room is founded by a
//! later start; a snapshot that finds none costs nothing but the snapshot.

use std::fs;
use std::path::Path;

use fastrand::Rng;
use rialto_journal::layout::SPARE;
use rustix::process::Signal;

use crate::founding::{Plan, check_complete};
use crate::honest::Honest;
use crate::kill::{check_recovered, reopen, soak};
use crate::ledger::Ledger;
use crate::load::Crowd;
use crate::process::{Process, Setup, journal_of, snapshot_refused, take_snapshot};
use crate::small_disk::{MIB, SmallDisk};

/// With this seed a run gives the disk the same sizes.
const SEED: &str = "RIALTO_DISK_SEED";
/// The exit status of a process that could not start or go on.
const FAILED: i32 = 2;
/// The smallest part of a file that takes room.
const PAGE: u64 = 4_096;

fn rng() -> Rng {
    let seed = std::env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("{SEED}={seed}");
    Rng::with_seed(seed)
}

/// Asserts that a process has ended because its disk is full, and says so and what to do.
fn check_full(code: Option<i32>, log: &str) {
    assert_eq!(code, Some(FAILED), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    for part in [
        "the disk is full: cannot reserve 1048576 bytes for the next journal segment in",
        "free at least that much (or move the data directory to a larger disk) and start again",
    ] {
        assert!(log.contains(part), "{part:?} is missing in: {log}");
    }
}

/// Asserts that the exchange warns of its disk and tells how much is free.
async fn check_warned(process: &Process, disk: &SmallDisk) {
    let directory = process.journal();
    let directory = directory.display();
    let warning = format!(
        "the disk of {directory} is filling up: when no room is left for a further segment, the exchange \
         halts. Make room; old segments go as soon as snapshots allow it"
    );
    let warned = process.logged(&warning).await;
    assert_eq!(warned["level"], "WARN");
    let told = process.metric("rialto_journal_free_bytes").await;
    assert!(told <= disk.bytes(), "{told} of {}", disk.bytes());
}

/// An exchange that is warned of its disk from the beginning, and makes no room itself.
fn setup(data: &Path, rng: &mut Rng) -> Setup {
    Setup::venue(data)
        .with("RIALTO__JOURNAL__FREE_SPACE_MIB", 1_000)
        .with("RIALTO__JOURNAL__SNAPSHOT_REPLAY_MS", 0)
        .with(
            "RIALTO__JOURNAL__DURABILITY",
            ["written", "durable"][rng.usize(..2)],
        )
}

/// Starts it as often as it takes, on a disk that grows by less than a segment each time.
async fn reopen_with_room(
    setup: &Setup,
    ledger: &mut Ledger,
    (disk, rng): (&mut SmallDisk, &mut Rng),
) -> Process {
    loop {
        let mut process = setup.start();
        if process.opens().await {
            check_recovered(&process, ledger).await;
            return process;
        }
        check_full(process.ended().await.code(), &process.log());
        ledger.read_to_end(&process.journal(), Vec::new());
        disk.grow(rng.u64(1..=MIB / PAGE) * PAGE);
    }
}

/// One life that ends because of the disk, or by a kill before. Returns whether it was the disk.
async fn one_life(
    process: &mut Process,
    ledger: &mut Ledger,
    crowd: &mut Crowd,
    rng: &mut Rng,
) -> bool {
    let is_killed = rng.u32(..4) == 0;
    let told = if is_killed {
        let told = crowd.load(process, rng.u64(1..=5_000), Signal::KILL).await;
        process.ended().await;
        told
    } else {
        let (status, told) = crowd.load_until_it_ends(process).await;
        check_full(status.code(), &process.log());
        let last_words = "nothing was acknowledged that was not written";
        assert!(process.log().contains(last_words), "{}", process.log());
        told
    };
    ledger.read_to_end(&process.journal(), told);
    crowd.check_refusals(ledger);
    !is_killed
}

#[tokio::test]
async fn a_disk_that_fills_up_under_load_ends_it_in_order_and_it_goes_on_with_more_room() {
    const LIVES: u32 = 6;
    let mut rng = rng();
    let mut full_count = 0;
    // A replay from the beginning takes longer with every life, so every few lives there is a new venue.
    for _ in 0..soak() {
        let Some(mut disk) = SmallDisk::new(3 * MIB) else {
            return;
        };
        let data = disk.path().join("data");
        let founded = setup(&data, &mut rng).open().await;
        let mut crowd = Crowd::new(rng.u64(..), &founded).await;
        founded.kill().await;
        let mut ledger = Ledger::of(&journal_of(&data));
        for life in 1..=LIVES {
            let setup = setup(&data, &mut rng);
            let mut process = reopen_with_room(&setup, &mut ledger, (&mut disk, &mut rng)).await;
            check_warned(&process, &disk).await;
            full_count +=
                u32::from(one_life(&mut process, &mut ledger, &mut crowd, &mut rng).await);
            eprintln!(
                "life {life}: command {}, {} bytes",
                ledger.seq(),
                disk.bytes()
            );
            // Down to the last byte: whatever the next start has to write, it finds no room.
            disk.fill_up_to(0);
            drop(reopen_full(&setup).await);
            ledger.read_to_end(&journal_of(&data), Vec::new());
            disk.clear();
        }
        disk.grow(8 * MIB);
        let process = reopen(&setup(&data, &mut rng), &mut ledger).await;
        let told = crowd.settle(&process).await;
        let ended = process.stop().await;
        ledger.read_to_end(&journal_of(&data), told);
        assert_eq!(ended, (ledger.seq().0, ledger.hash()));
    }
    assert!(full_count > 0, "the disk was never full");
}

/// Starts it where not a byte is free: it opens, since there is room in its segments, or says why not.
async fn reopen_full(setup: &Setup) -> Process {
    let mut process = setup.start();
    if !process.opens().await {
        let code = process.ended().await.code();
        assert_eq!(code, Some(FAILED), "{}", process.log());
        let log = process.log();
        let is_told = log.contains("the disk is full") || log.contains("No space left on device");
        assert!(is_told && !log.contains("panicked"), "{log}");
    }
    process
}

/// Every size from one that has no room for anything to one that has room for all of it, page by page where
/// files are smallest.
#[tokio::test]
async fn a_venue_whose_founding_finds_no_room_is_founded_by_a_later_start() {
    let Some(mut disk) = SmallDisk::new(2 * PAGE) else {
        return;
    };
    let other = tempfile::tempdir().unwrap();
    let plan = Plan::of(&Setup::venue(other.path().join("data"))).await;
    let data = disk.path().join("data");
    let mut refused_count = 0;
    loop {
        let mut process = Setup::venue(&data).start();
        if process.opens().await {
            break;
        }
        let status = process.ended().await;
        let log = process.log();
        assert_eq!(status.code(), Some(FAILED), "{log}");
        assert!(!log.contains("panicked"), "{log}");
        let is_told = log.contains("the disk is full") || log.contains("No space left on device");
        assert!(is_told, "{log}");
        eprintln!("{} bytes: {}", disk.bytes(), log.lines().last().unwrap());
        refused_count += 1;
        // A segment needs all of its room at once; keys are small.
        let is_segment_missing = disk.free() < MIB && !log.contains("key");
        disk.grow(if is_segment_missing { 64 * PAGE } else { PAGE });
    }
    assert!(refused_count > 3, "{refused_count}");
    disk.grow(4 * MIB);
    check_complete(&data, &plan).await;
}

#[tokio::test]
async fn a_snapshot_that_finds_no_room_leaves_nothing_behind_and_the_exchange_goes_on() {
    let mut rng = rng();
    let Some(disk) = SmallDisk::new(16 * MIB) else {
        return;
    };
    let data = disk.path().join("data");
    let journal = journal_of(&data);
    let founded = setup(&data, &mut rng).open().await;
    let mut crowd = Crowd::new(rng.u64(..), &founded).await;
    founded.stop().await;
    let mut ledger = Ledger::of(&journal);
    // Three segments are full then, and the last one's header states that commands of the second are synced.
    while ledger.seq().0 < 60_000 {
        let mut process = reopen(&setup(&data, &mut rng), &mut ledger).await;
        let told = crowd.load(&process, 20_000, Signal::TERM).await;
        process.ended_in_order().await;
        ledger.read_to_end(&journal, told);
    }
    // The keeper tries at once, since less is free than it wants.
    let keeping = setup(&data, &mut rng).with("RIALTO__JOURNAL__SNAPSHOT_REPLAY_MS", 60_000);
    // Room for the lock of the snapshots, but for none of them, however small, and for no further segment.
    fs::remove_file(journal.join(SPARE)).unwrap();
    disk.fill_up_to(PAGE);
    let process = keeping.open().await;
    let warned = process
        .logged_as("no snapshot was taken, a restart will take longer")
        .await;
    assert!(warned.contains("No space left on device"), "{warned}");
    assert_eq!(process.metric("rialto_snapshot_failures_total").await, 1);
    let mut honest = Honest::new(&process, 6).await;
    honest.trade().await;
    let said = snapshot_refused(&journal);
    assert!(said.contains("No space left on device"), "{said}");
    assert_eq!(left_over(&journal.join("snapshots")), Vec::<String>::new());
    honest.trade().await;
    honest.log_out().await;
    // With room again it is taken beside the exchange, and the next start begins with it.
    disk.clear();
    assert!(take_snapshot(&journal));
    let ended = process.stop().await;
    ledger.read_to_end(&journal, Vec::new());
    assert_eq!(ended, (ledger.seq().0, ledger.hash()));
    let process = reopen(&setup(&data, &mut rng), &mut ledger).await;
    assert!(process.logged("recovered").await["snapshot"].as_u64() > Some(0));
    process.stop().await;
}

/// The files of the directory of snapshots, but for the lock.
fn left_over(snapshots: &Path) -> Vec<String> {
    let files = fs::read_dir(snapshots).unwrap().map(Result::unwrap);
    let names = files.map(|file| file.file_name().into_string().unwrap());
    names.filter(|name| name != "LOCK").collect()
}
