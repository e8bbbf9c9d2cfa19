//! The generator reaches everything: every refusal and cancel reason of the core and every event occur
//! in its sequences, and most of its commands are accepted. Without this the differential tests could
//! pass while testing little.

use std::collections::{BTreeMap, BTreeSet};

use rialto_engine::image::{InstrumentImage, StateImage};
use rialto_reference::ReferenceExchange;
use rialto_reference::differential::run;
use rialto_reference::scenario::{Profile, SHARD, generate};
use rialto_types::{CancelReason, CommandKind, EventBody, RejectReason, Seq};

/// Refusals that only the gate gives.
const OF_THE_GATE: [RejectReason; 10] = [
    RejectReason::PriceOffTick,
    RejectReason::QtyOffLot,
    RejectReason::Busy,
    RejectReason::RateExceeded,
    RejectReason::AmountOffUnit,
    RejectReason::ShuttingDown,
    RejectReason::InvalidClientOrderId,
    RejectReason::InvalidField,
    RejectReason::AccountRateExceeded,
    RejectReason::AddressRateExceeded,
];

const STEPS: usize = 8_000;

/// What happened in the sequences of all profiles.
#[derive(Default)]
struct Seen {
    refusals: BTreeSet<RejectReason>,
    cancels: BTreeSet<CancelReason>,
    events: BTreeSet<String>,
    commands: BTreeMap<CommandKind, u32>,
    rejected: usize,
    steps: usize,
    /// The sum over every tenth step of the open orders.
    open: usize,
}

impl Seen {
    fn watch(&mut self, profile: &Profile, seed: u64) {
        let mut exchange = ReferenceExchange::new(SHARD);
        for (step, seq) in generate(seed, profile, STEPS).iter().zip(1..) {
            *self.commands.entry(step.input.command.kind()).or_default() += 1;
            self.steps += 1;
            for event in exchange.apply(Seq(seq), step.time, &step.input) {
                let text = format!("{:?}", event.body);
                let name: String = text.chars().take_while(|c| c.is_alphanumeric()).collect();
                self.events.insert(name);
                match event.body {
                    EventBody::Rejected(rejected) => {
                        self.refusals.insert(rejected.refusal.reason);
                        self.rejected += 1;
                    }
                    EventBody::Cancelled(cancelled) => {
                        self.cancels.insert(cancelled.reason);
                    }
                    _ => {}
                }
            }
            if seq % 10 == 0 {
                self.open += open_orders(&exchange.image());
            }
        }
    }
}

fn open_orders(image: &StateImage) -> usize {
    let count = |book: &InstrumentImage| {
        book.bids.len() + book.asks.len() + book.stop_buys.len() + book.stop_sells.len()
    };
    image.instruments.iter().map(count).sum()
}

#[test]
fn sequences_reach_every_refusal_cancel_and_event() {
    let mut seen = Seen::default();
    for profile in &Profile::ALL {
        for seed in 1..=2 {
            seen.watch(profile, seed);
        }
    }
    let expected: BTreeSet<_> = RejectReason::ALL
        .iter()
        .copied()
        .filter(|reason| !OF_THE_GATE.contains(reason))
        .collect();
    let missing: Vec<_> = expected.difference(&seen.refusals).collect();
    assert!(missing.is_empty(), "refusals that never occur: {missing:?}");
    let of_the_gate: Vec<_> = seen.refusals.difference(&expected).collect();
    assert!(
        of_the_gate.is_empty(),
        "the core gave the gate's: {of_the_gate:?}"
    );
    let expected: BTreeSet<_> = CancelReason::ALL.iter().copied().collect();
    let missing: Vec<_> = expected.difference(&seen.cancels).collect();
    assert!(missing.is_empty(), "cancels that never occur: {missing:?}");
    assert_eq!(
        seen.events.len(),
        21,
        "every event occurs: {:?}",
        seen.events
    );
    assert_eq!(
        seen.commands.len(),
        20,
        "every command occurs: {:?}",
        seen.commands
    );
}

#[test]
fn most_commands_are_accepted_and_the_books_are_filled() {
    for profile in &Profile::ALL {
        let mut seen = Seen::default();
        seen.watch(profile, 3);
        let rejected = 100 * seen.rejected / seen.steps;
        let open = seen.open / (seen.steps / 10);
        let (most, least) = match profile.name {
            "tight" | "poor" | "administered" | "huge" => (50, 8),
            _ => (40, 20),
        };
        assert!(rejected <= most, "{}: {rejected} % rejected", profile.name);
        assert!(open >= least, "{}: {open} orders open", profile.name);
    }
}

#[test]
fn the_reference_agrees_with_itself_and_keeps_its_invariants() {
    let new = || ReferenceExchange::new(SHARD);
    for (profile, seed) in Profile::ALL.iter().zip(100..) {
        let steps = generate(seed, profile, 3_000);
        if let Err(found) = run(&new, &steps, 1) {
            panic!("{}, step {}: {}", profile.name, found.step, found.what);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_sequence() {
    let profile = &Profile::ALL[0];
    assert_eq!(generate(9, profile, 500), generate(9, profile, 500));
    assert_ne!(generate(9, profile, 500), generate(10, profile, 500));
}
