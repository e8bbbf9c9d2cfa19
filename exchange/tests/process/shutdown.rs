//! SIGTERM and SIGINT end an exchange in order: what was taken is done and told, clients hear why they are
//! ended, and nothing is different after the next start.

use rialto_protocol::EndReason;
use rustix::process::Signal;

use crate::honest::Honest;
use crate::kill::reopen;
use crate::ledger::Ledger;
use crate::load::Crowd;
use crate::process::{Setup, journal_of};

/// Ends an exchange in the middle of things, several times.
async fn ends_in_order(signal: Signal, mode: &str) {
    const TIMES: u64 = 6;
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let journal = journal_of(&data);
    let setup = Setup::venue(&data).with("RIALTO__JOURNAL__DURABILITY", mode);
    let founded = setup.open().await;
    let mut crowd = Crowd::new(11, &founded).await;
    let banner = founded.address().await;
    founded.stop().await;
    let mut ledger = Ledger::of(&journal);
    for time in 1..=TIMES {
        let mut process = reopen(&setup, &mut ledger).await;
        assert_ne!(process.address().await, banner);
        let told = crowd.load(&process, time * 1_000, signal).await;
        let ended = process.ended_in_order().await;
        let drained = process.logged("draining").await;
        assert_eq!(drained["signal"], name(signal));
        ledger.read_to_end(&journal, told);
        assert_eq!(ended, (ledger.seq().0, ledger.hash()));
        crowd.check_refusals(&ledger);
        crowd.check_farewells(EndReason::ShuttingDown, &ledger);
    }
    let process = reopen(&setup, &mut ledger).await;
    let told = crowd.settle(&process).await;
    process.stop().await;
    ledger.read_to_end(&journal, told);
    ledger.check_late(&journal);
}

/// As the log calls a signal.
fn name(signal: Signal) -> &'static str {
    if signal == Signal::TERM {
        "SIGTERM"
    } else {
        "SIGINT"
    }
}

#[tokio::test]
async fn sigterm_in_written_mode_drains() {
    ends_in_order(Signal::TERM, "written").await;
}

#[tokio::test]
async fn sigterm_in_durable_mode_drains() {
    ends_in_order(Signal::TERM, "durable").await;
}

#[tokio::test]
async fn sigint_drains_as_sigterm_does() {
    ends_in_order(Signal::INT, "durable").await;
}

/// A first segment takes its time, and nobody has to wait for it who has thought better of it.
#[tokio::test]
async fn sigterm_while_the_first_segment_is_written_ends_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut process = Setup::venue(&data)
        .with("RIALTO__JOURNAL__SEGMENT_MIB", 4_096)
        .start();
    process.logged_as("writing the first journal segment").await;
    process.signal(Signal::TERM);
    let status = process.ended().await;
    assert!(status.success(), "{status}:\n{}", process.log());
    let left = process
        .logged("ended while opening; nothing was taken")
        .await;
    assert_eq!(left["signal"], "SIGTERM");
    assert!(process.has_logged("open").is_none(), "{}", process.log());
    drop(process);
    // The directory is as good as new.
    let setup = Setup::venue(&data);
    let process = setup.open().await;
    let mut honest = Honest::new(&process, 1).await;
    honest.trade().await;
    honest.log_out().await;
    let ended = process.stop().await;
    let process = setup.open().await;
    assert_eq!(process.recovered().await, ended);
    process.stop().await;
}
