//! The runner finds what it is there to find: a subject that differs in one event, in state alone, or
//! panics is caught at the right step and shrunk to a few commands.

use rialto_engine::image::StateImage;
use rialto_reference::ReferenceExchange;
use rialto_reference::differential::{Subject, compare, run, shrink};
use rialto_reference::scenario::{Profile, SHARD, Step, generate};
use rialto_types::{CancelReason, Event, EventBody, Input, Seq, Timestamp};

/// What is wrong with a subject.
#[derive(Clone, Copy)]
enum Fault {
    Nothing,
    /// Every reduction states one lot too many.
    Reduction,
    /// After an order has expired, account 1 owns one unit too many; no event shows it.
    Balance,
    /// The first elected stop is its end.
    Panic,
}

struct Faulty {
    exchange: ReferenceExchange,
    fault: Fault,
    expired: bool,
}

impl Faulty {
    fn new(fault: Fault) -> Self {
        Self {
            exchange: ReferenceExchange::new(SHARD),
            fault,
            expired: false,
        }
    }
}

impl Subject for Faulty {
    fn apply(&mut self, seq: Seq, time: Timestamp, input: &Input, out: &mut Vec<Event>) {
        out.extend(self.exchange.apply(seq, time, input));
        for event in out {
            match (self.fault, &mut event.body) {
                (Fault::Reduction, EventBody::Reduced(reduced)) => reduced.by += 1,
                (Fault::Panic, EventBody::Triggered(_)) => panic!("a stop was elected"),
                (_, EventBody::Cancelled(cancelled)) => {
                    self.expired |= cancelled.reason == CancelReason::Expired;
                }
                _ => {}
            }
        }
    }

    fn image(&self) -> StateImage {
        let mut image = self.exchange.image();
        if let (Fault::Balance, true) = (self.fault, self.expired) {
            image.accounts[1].balances[0].available.0 += 1;
        }
        image
    }
}

fn steps() -> Vec<Step> {
    generate(1, &Profile::ALL[1], 3_000)
}

/// The step and the report of the difference, which must be there.
fn found(fault: Fault, image_every: usize) -> (usize, String) {
    let difference =
        run(&|| Faulty::new(fault), &steps(), image_every).expect_err("the subject is faulty");
    (difference.step, difference.what)
}

#[test]
fn a_faultless_subject_agrees() {
    assert_eq!(run(&|| Faulty::new(Fault::Nothing), &steps(), 1), Ok(()));
    assert_eq!(run(&|| Faulty::new(Fault::Nothing), &steps(), 7), Ok(()));
}

#[test]
fn a_wrong_event_is_found_and_shown() {
    let (step, what) = found(Fault::Reduction, 1);
    assert!(what.contains("event") && what.contains("by:"), "{what}");
    assert!(
        what.contains("reference, ") && what.contains("subject, "),
        "{what}"
    );
    assert_eq!(found(Fault::Reduction, 500).0, step);
}

#[test]
fn a_wrong_state_is_found_at_the_step_that_made_it() {
    let (step, what) = found(Fault::Balance, 1);
    assert!(what.contains("the states differ"), "{what}");
    assert!(what.contains("Expired"), "{what}");
    // Looked at seldom, it is found late, and then looked for again.
    assert_eq!(found(Fault::Balance, 500), (step, what));
}

#[test]
fn a_panic_is_a_difference() {
    let (_, what) = found(Fault::Panic, 1);
    assert!(
        what.contains("the subject panicked: a stop was elected"),
        "{what}"
    );
}

#[test]
fn a_failing_sequence_is_shrunk_to_what_matters() {
    for fault in [Fault::Reduction, Fault::Balance, Fault::Panic] {
        let new = || Faulty::new(fault);
        let small = shrink(&new, &steps());
        let difference = run(&new, &small, 1).unwrap_err();
        assert_eq!(difference.step, small.len() - 1, "the last step shows it");
        assert!(small.len() <= 40, "{} steps are left", small.len());
    }
}

#[test]
fn a_sequence_that_agrees_is_not_shrunk() {
    let steps = generate(1, &Profile::ALL[0], 200);
    assert_eq!(shrink(&|| Faulty::new(Fault::Nothing), &steps), steps);
}

#[test]
fn a_report_tells_seed_profile_and_sequence() {
    let new = || Faulty::new(Fault::Panic);
    let report = compare(&new, 1, &Profile::ALL[1], 1_000, 16).expect_err("the subject is faulty");
    for part in [
        "seed 1,",
        "\"stops\"",
        "a stop was elected",
        "vec![\n    Step { time:",
    ] {
        assert!(report.contains(part), "{part:?} is missing in {report}");
    }
}
