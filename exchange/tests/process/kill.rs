//! `kill -9` under load, again and again: what was acknowledged is there after the restart, what was not is
//! there once or not at all, and the state is that of a replay from the beginning; also when recovery
//! begins with a snapshot.

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use rustix::process::Signal;

use crate::ledger::Ledger;
use crate::load::Crowd;
use crate::process::{Process, Setup, journal_of, take_snapshot};
use crate::wire;

/// With this seed a run asks for the same things in the same order. When the system lets which thread
/// run is its own business, so a failure may need several tries.
const SEED: &str = "RIALTO_KILL_SEED";
/// How many answers clients have heard when the exchange is killed, at most.
const ANSWERS_MAX: u64 = 20_000;

/// `written` or `durable`, for each round.
type Mode = fn(&mut Rng) -> &'static str;

/// When an exchange is killed.
enum Moment {
    /// While it recovers.
    Recovering,
    /// As soon as clients may come.
    Open,
    /// When they have heard so many answers.
    Loaded(u64),
}

impl Moment {
    fn choose(rng: &mut Rng) -> Self {
        match rng.u32(..12) {
            0 => Self::Recovering,
            1 => Self::Open,
            // Early moments are as interesting as late ones.
            2..5 => Self::Loaded(rng.u64(1..=50)),
            _ => Self::Loaded(rng.u64(1..=ANSWERS_MAX)),
        }
    }
}

/// How many times as long as usual.
pub(crate) fn soak() -> u32 {
    if std::env::var_os("RIALTO_SOAK").is_some() {
        50
    } else {
        1
    }
}

/// With this, the three tests kill so many times in all.
const KILLS: &str = "RIALTO_KILLS";
/// How many times they do otherwise, short of a soak.
const KILLS_USUAL: u32 = 100;

/// How many rounds a test has that usually has so many.
fn rounds_instead_of(usual: u32) -> u32 {
    match std::env::var(KILLS) {
        Ok(kills) => {
            let kills: u32 = kills.parse().unwrap();
            (kills * usual).div_ceil(KILLS_USUAL)
        }
        Err(_) => usual * soak(),
    }
}

/// Kills an exchange in `rounds` rounds, more of them when that is asked for. After so many rounds in one directory another is begun, since
/// recovery takes longer with every round.
async fn kill_again_and_again(rounds: u32, mode: Mode) {
    const ROUNDS_OF_ONE_JOURNAL: u32 = 20;
    let seed = std::env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("{SEED}={seed}");
    let mut rng = Rng::with_seed(seed);
    let mut left = rounds_instead_of(rounds);
    while left > 0 {
        let rounds = left.min(ROUNDS_OF_ONE_JOURNAL);
        left -= rounds;
        one_journal(rounds, &mut rng, mode).await;
    }
}

/// Opens the exchange again and asserts that it has recovered what the journal says.
pub(crate) async fn reopen(setup: &Setup, ledger: &mut Ledger) -> Process {
    let process = setup.open().await;
    check_recovered(&process, ledger).await;
    process
}

/// Asserts that an exchange that is open has recovered what the journal says.
pub(crate) async fn check_recovered(process: &Process, ledger: &mut Ledger) {
    let expected = (ledger.seq().0, ledger.hash());
    assert_eq!(process.recovered().await, expected);
    wire::check(process, ledger).await;
}

async fn one_journal(rounds: u32, rng: &mut Rng, mode: Mode) {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let journal = journal_of(&data);
    let archive = directory.path().join("archive");
    let setup = |rng: &mut Rng| {
        let mode = mode(rng);
        Setup::venue(&data)
            .with("RIALTO__JOURNAL__DURABILITY", mode)
            .with("RIALTO__JOURNAL__ARCHIVE", archive.display())
            // The publisher beside the sessions, or on a thread of its own.
            .with("RIALTO__GATEWAY__THREADS", rng.usize(1..=2))
    };
    let founded = setup(rng).open().await;
    let mut crowd = Crowd::new(rng.u64(..), &founded).await;
    founded.kill().await;
    let mut ledger = Ledger::of(&journal);
    let mut snapshot_count = 0;
    for round in 1..=rounds {
        let setup = setup(rng);
        let told = match Moment::choose(rng) {
            Moment::Recovering => {
                let process = setup.start();
                process.logged("listening").await;
                process.kill().await;
                Vec::new()
            }
            Moment::Open => {
                setup.open().await.kill().await;
                Vec::new()
            }
            Moment::Loaded(enough) => {
                let mut process = reopen(&setup, &mut ledger).await;
                let told = crowd.load(&process, enough, Signal::KILL).await;
                process.ended().await;
                told
            }
        };
        ledger.read_to_end(&journal, told);
        crowd.check_refusals(&ledger);
        let is_snapshot_taken = rng.u32(..4) == 0 && take_snapshot(&journal);
        snapshot_count += u32::from(is_snapshot_taken);
        eprintln!(
            "round {round}: command {}, snapshots {snapshot_count}",
            ledger.seq()
        );
    }
    settle(&setup(rng), &mut ledger, &mut crowd).await;
    check_variety(&ledger);
    let whole = put_together(directory.path(), &[archive, journal]);
    let late = ledger.check_late(&whole);
    eprintln!("{late} reports were sent again");
    assert!(late > 0, "nobody asked for what was missed");
}

/// The last life: everything that was ever asked for is answered, and the exchange ends in order.
async fn settle(setup: &Setup, ledger: &mut Ledger, crowd: &mut Crowd) {
    let process = reopen(setup, ledger).await;
    let journal = process.journal();
    let told = crowd.settle(&process).await;
    let ended = process.stop().await;
    ledger.read_to_end(&journal, told);
    crowd.check_refusals(ledger);
    let image = ledger.image();
    for (key, last) in crowd.last_numbers() {
        // The highest number is the last one, or later ones were refused by the gate.
        assert!(image.keys[key.index() - 1].client_seq <= last);
    }
    assert_eq!(ended, (ledger.seq().0, ledger.hash()));
}

/// All segments that there ever were, in one directory: those that snapshots have made superfluous went
/// to the archive.
fn put_together(directory: &Path, parts: &[PathBuf; 2]) -> PathBuf {
    let whole = directory.join("whole");
    fs::create_dir(&whole).unwrap();
    for part in parts {
        for file in fs::read_dir(part).unwrap().map(Result::unwrap) {
            let name = file.file_name();
            if Path::new(&name).extension() == Some("segment".as_ref()) {
                fs::copy(file.path(), whole.join(name)).unwrap();
            }
        }
    }
    whole
}

/// Asserts that clients were told of everything that they do.
fn check_variety(ledger: &Ledger) {
    eprintln!("clients were told of {:?}", ledger.checked());
    let told = [
        "New",
        "Trade",
        "Cancelled",
        "Replaced",
        "Restated",
        "Triggered",
        "Expired",
        "Rejected",
        "CancelRejected",
        "ReplaceRejected",
        "MassCancelReport",
        "CancelOnDisconnectReport",
        "TransferReport",
        "AdminReport",
        "TradeTick",
        "BalanceUpdate",
    ];
    for kind in told {
        let count = ledger.checked().get(kind).copied().unwrap_or_default();
        assert!(count > 0, "nobody was told of a {kind}");
    }
}

#[tokio::test]
async fn killed_in_written_mode_it_keeps_what_it_acknowledged() {
    kill_again_and_again(40, |_| "written").await;
}

#[tokio::test]
async fn killed_in_durable_mode_it_keeps_what_it_acknowledged() {
    kill_again_and_again(40, |_| "durable").await;
}

/// A journal may be continued in the other mode.
#[tokio::test]
async fn killed_in_either_mode_it_keeps_what_it_acknowledged() {
    kill_again_and_again(20, |rng| ["written", "durable"][rng.usize(..2)]).await;
}
