//! More orders than the exchange can queue: whoever meets a full ring is told Busy at once, nothing of
//! what was told so is done, and everything else is done and told as ever.

use rialto_protocol::{EndReason, Message, Refused};
use rialto_types::RejectReason;
use rustix::process::Signal;

use crate::kill::reopen;
use crate::ledger::Ledger;
use crate::load::Crowd;
use crate::process::{Setup, journal_of};

/// Rings so small that one frame of a client fills them: the smallest command ring that there is, and
/// events that the core can hand over one at a time only.
fn narrow(setup: Setup) -> Setup {
    setup
        .with("RIALTO__CORE__COMMAND_RING", 10)
        .with("RIALTO__CORE__EVENT_RING", 1)
        .with("RIALTO__CORE__PROFILE", "economy")
}

fn is_busy(message: &Message) -> bool {
    match message {
        Message::Refused(Refused { reject_reason, .. }) => {
            *reject_reason == Some(RejectReason::Busy.into())
        }
        _ => false,
    }
}

#[tokio::test]
async fn a_full_ring_answers_busy_and_forgets_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let journal = journal_of(&data);
    let setup = narrow(Setup::venue(&data));
    let founded = setup.open().await;
    let mut crowd = Crowd::new(5, &founded).await;
    founded.stop().await;
    let mut ledger = Ledger::of(&journal);
    let founded = ledger.seq();

    let mut process = reopen(&setup, &mut ledger).await;
    let told = crowd.load(&process, 20_000, Signal::TERM).await;
    let ended = process.ended_in_order().await;
    let busy_count = told.iter().filter(|message| is_busy(message)).count();
    // Bursts of forty orders of five clients, and nine places.
    assert!(
        busy_count > 0,
        "{} messages and nobody was told Busy",
        told.len()
    );
    ledger.read_to_end(&journal, told);
    assert_eq!(ended, (ledger.seq().0, ledger.hash()));
    assert!(ledger.seq() > founded, "others were served all the same");
    crowd.check_refusals(&ledger);
    crowd.check_farewells(EndReason::ShuttingDown, &ledger);
}
