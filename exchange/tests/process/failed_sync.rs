//! A disk that fails to sync: the exchange acknowledges nothing more and ends, and what it did acknowledge is there
//! after the restart.
//!
//! The machine's own disk stays as it is. What the exchange is answered is decided by a few lines of C that are loaded
//! before the C library (`sync_shim.c`).

use std::fs;
use std::path::Path;
use std::time::Duration;

use fastrand::Rng;

use crate::kill::{reopen, soak};
use crate::ledger::Ledger;
use crate::load::Crowd;
use crate::process::{Setup, journal_of};
use crate::shim;

/// With this seed a run lets the disk fail after the same times.
const SEED: &str = "RIALTO_SYNC_SEED";
const SHIM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/process/sync_shim.c");
/// The exit status of a process that could not start or go on.
const FAILED: i32 = 2;
/// How long the exchange works before its disk fails, at most.
const WORKS_MS: u64 = 400;
/// What its last words say in any case.
const LAST_WORDS: &str = "nothing was acknowledged that was not written";

/// Asserts that a process has ended because of its disk, in order.
fn check_ended(code: Option<i32>, log: &str) {
    assert_eq!(code, Some(FAILED), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    assert!(log.contains("Input/output error"), "{log}");
    assert!(log.contains(LAST_WORDS), "{log}");
}

async fn lives(mode: &str) {
    const LIVES: u32 = 4;
    let seed = std::env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("{SEED}={seed}");
    let mut rng = Rng::with_seed(seed);
    let directory = tempfile::tempdir().unwrap();
    let library = shim::build(Path::new(SHIM), directory.path());
    let trigger = directory.path().join("fails");
    let data = directory.path().join("data");
    let setup = Setup::venue(&data)
        .with("RIALTO__JOURNAL__DURABILITY", mode)
        .with("LD_PRELOAD", library.display())
        .with("SYNC_FAILS", trigger.display());
    let founded = setup.open().await;
    let mut crowd = Crowd::new(rng.u64(..), &founded).await;
    founded.kill().await;
    let mut ledger = Ledger::of(&journal_of(&data));
    for life in 1..=LIVES * soak() {
        let before = ledger.seq();
        let mut process = reopen(&setup, &mut ledger).await;
        let works = Duration::from_millis(rng.u64(..=WORKS_MS));
        let fail = async {
            tokio::time::sleep(works).await;
            fs::write(&trigger, "").unwrap();
        };
        let ((status, told), ()) = tokio::join!(crowd.load_until_it_ends(&mut process), fail);
        check_ended(status.code(), &process.log());
        ledger.read_to_end(&journal_of(&data), told);
        crowd.check_refusals(&ledger);
        eprintln!("life {life}: commands {before} to {}", ledger.seq());
        // It does not begin on such a disk either, and says why.
        let (code, log) = setup.refused().await;
        assert_eq!(code, FAILED, "{log}");
        assert!(log.contains("Input/output error"), "{log}");
        fs::remove_file(&trigger).unwrap();
    }
    let process = reopen(&setup, &mut ledger).await;
    let told = crowd.settle(&process).await;
    process.stop().await;
    ledger.read_to_end(&journal_of(&data), told);
    crowd.check_refusals(&ledger);
}

#[tokio::test]
async fn a_failed_sync_ends_a_durable_exchange_and_loses_nothing_acknowledged() {
    lives("durable").await;
}
