//! A second process on the same directory: while the first is loaded, while it recovers, when it is killed.
//! Whoever comes second is refused and told by whom, and leaves no trace; of several that start at the same
//! moment exactly one gets in.

use fastrand::Rng;
use rustix::process::Signal;

use crate::kill::{reopen, soak};
use crate::ledger::Ledger;
use crate::load::Crowd;
use crate::process::{Process, Setup, journal_of};

/// With this seed a run asks for the same things in the same order.
const SEED: &str = "RIALTO_INTRUDER_SEED";
/// The exit status of a process that could not start.
const FAILED: i32 = 2;

fn rng() -> Rng {
    let seed = std::env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("{SEED}={seed}");
    Rng::with_seed(seed)
}

/// Asserts that a process that came second was told by whom the directory is used, and what to do.
fn check_refused(code: Option<i32>, log: &str, user: u32) {
    assert_eq!(code, Some(FAILED), "{log}");
    let user = format!("is in use by process {user}: ");
    for part in [&user, "stop that first, or choose another data directory"] {
        assert!(log.contains(part), "{part:?} is missing in: {log}");
    }
    for trace in ["recovered", "listening", "panicked"] {
        let message = format!("\"message\":\"{trace}\"");
        assert!(!log.contains(&message), "{trace:?} stands in: {log}");
    }
}

/// Starts another exchange in the directory of one that runs.
async fn intrude(setup: &Setup, user: u32) {
    let (code, log) = setup.refused().await;
    check_refused(Some(code), &log, user);
}

#[tokio::test]
async fn a_second_process_is_refused_and_the_first_goes_on_under_load() {
    const INTRUDERS: u32 = 5;
    let mut rng = rng();
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let setup = Setup::venue(&data);
    let founded = setup.open().await;
    let mut crowd = Crowd::new(rng.u64(..), &founded).await;
    founded.stop().await;
    let mut ledger = Ledger::of(&journal_of(&data));
    for _ in 0..2 * soak() {
        let mut process = reopen(&setup, &mut ledger).await;
        let user = process.id();
        let intruders = async {
            for _ in 0..INTRUDERS {
                intrude(&setup, user).await;
            }
        };
        let told = crowd
            .load_beside(&process, rng.u64(1..=2_000), intruders, Signal::KILL)
            .await;
        process.ended().await;
        ledger.read_to_end(&journal_of(&data), told);
        crowd.check_refusals(&ledger);
    }
    let process = reopen(&setup, &mut ledger).await;
    let told = crowd.settle(&process).await;
    let ended = process.stop().await;
    ledger.read_to_end(&journal_of(&data), told);
    assert_eq!(ended, (ledger.seq().0, ledger.hash()));
}

/// Waits until one of them is open and all others have ended. Returns the one.
async fn one_of(mut processes: Vec<Process>) -> Process {
    let mut open = None;
    while let Some(mut process) = processes.pop() {
        if process.opens().await {
            assert!(open.is_none(), "two have opened:\n{}", process.log());
            open = Some(process);
        } else {
            let code = process.ended().await.code();
            // The user of the directory is known to the others only once it has written its number down.
            assert_eq!(code, Some(FAILED), "{}", process.log());
            assert!(process.log().contains("is in use by "), "{}", process.log());
        }
    }
    open.expect("one of them opens")
}

#[tokio::test]
async fn of_several_that_start_at_once_one_gets_in_and_loses_nothing() {
    const STARTERS: usize = 3;
    let mut rng = rng();
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let setup = Setup::venue(&data);
    let mut ledger = Ledger::new();
    let mut crowd = None;
    for round in 1..=4 * soak() {
        // The first round founds the venue.
        let starters = (0..STARTERS).map(|_| setup.start()).collect();
        let mut process = one_of(starters).await;
        let crowd = match &mut crowd {
            Some(crowd) => crowd,
            none => none.insert(Crowd::new(rng.u64(..), &process).await),
        };
        if round > 1 {
            let expected = (ledger.seq().0, ledger.hash());
            assert_eq!(process.recovered().await, expected);
        }
        let told = crowd.load(&process, rng.u64(1..=2_000), Signal::KILL).await;
        process.ended().await;
        ledger.read_to_end(&journal_of(&data), told);
        crowd.check_refusals(&ledger);
    }
    reopen(&setup, &mut ledger).await.stop().await;
}
