//! The engine against the reference: long random sequences of all commands, all order types and flags,
//! every event and the whole state compared, the invariants of docs/MATCHING.md checked.
//!
//! A failure prints seed, profile, the first difference, a shrunk sequence to paste into a test, and the
//! command that repeats it.
//! `PROPTEST_CASES=500 cargo nextest run -p rialto-engine random` looks longer.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rialto_engine::image::OrderImage;
use rialto_engine::{EventBuffer, Exchange, HashSeed, StateImage};
use rialto_reference::differential::{Subject, compare};
use rialto_reference::scenario::{Profile, SHARD};
use rialto_types::{Event, Input, KeyId, Seq, Timestamp};

/// How many sequences of random seed a test run tries when `PROPTEST_CASES` does not say.
const CASES: u32 = 12;
/// Names the one seed to be tried, to repeat a failure.
const SEED: &str = "RIALTO_SEED";

struct Engine {
    exchange: Exchange,
    events: EventBuffer,
}

impl Engine {
    /// The seed of its hash tables decides nothing that can be seen.
    fn with_seed(seed: u64) -> Self {
        Self {
            exchange: Exchange::with_seed(SHARD, HashSeed([seed, !seed])),
            events: EventBuffer::new(),
        }
    }

    /// What the exchange answers without an image agrees with its image.
    fn check_answers(&self, image: &StateImage) {
        let books = image.instruments.iter();
        let orders: Vec<&OrderImage> = books
            .flat_map(|book| [&book.bids, &book.asks, &book.stop_buys, &book.stop_sells])
            .flatten()
            .collect();
        assert_eq!(self.exchange.seq(), image.seq);
        assert_eq!(self.exchange.time(), image.time);
        assert_eq!(self.exchange.capacity(), image.capacity);
        assert_eq!(self.exchange.open_order_count(), orders.len());
        let expiries = orders.iter().filter_map(|order| order.kind.tif().expiry());
        assert_eq!(self.exchange.next_expiry(), expiries.min());
        for book in &image.instruments {
            let reference = book
                .last_trade
                .unwrap_or(book.instrument.spec.reference_price);
            let id = book.instrument.id;
            assert_eq!(self.exchange.reference_price(id), Some(reference));
        }
        let armed = (1..)
            .zip(&image.keys)
            .filter(|(_, key)| key.cancel_on_disconnect);
        assert!(
            self.exchange
                .armed_keys()
                .eq(armed.map(|(id, _)| KeyId(id)))
        );
    }
}

impl Subject for Engine {
    fn apply(&mut self, seq: Seq, time: Timestamp, input: &Input, out: &mut Vec<Event>) {
        self.events.clear();
        self.exchange.apply(seq, time, input, &mut self.events);
        out.extend_from_slice(self.events.as_slice());
    }

    fn image(&self) -> StateImage {
        let image = self.exchange.image();
        self.check_answers(&image);
        image
    }
}

/// One test a profile, so that they run side by side.
macro_rules! profiles {
    ($($name:ident = $index:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            let profile = &Profile::ALL[$index];
            let report = compare(&|| Engine::with_seed(7), 1_000 + $index, profile, 12_000, 1);
            report.unwrap_or_else(|report| panic!("{report}"));
        })*

        #[test]
        fn every_profile_has_its_test() {
            let tested = [$(stringify!($name)),*];
            let all = Profile::ALL.map(|profile| format!("{}_agrees", profile.name.replace('-', "_")));
            assert_eq!(tested.as_slice(), all.as_slice());
        }
    };
}

profiles! {
    busy_agrees = 0,
    stops_agrees = 1,
    self_trades_agrees = 2,
    poor_agrees = 3,
    tight_agrees = 4,
    administered_agrees = 5,
    huge_agrees = 6,
    deep_agrees = 7,
}

fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok());
    Config {
        cases: cases.unwrap_or(CASES),
        // The runner shrinks the sequence itself, and prints it.
        max_shrink_iters: 0,
        failure_persistence: None,
        ..Config::default()
    }
}

/// Everything follows from the seed: profile, sequence, how often states are compared.
fn check_seed(seed: u64) {
    let image_every = usize::try_from(seed % 32).expect("a small number") + 1;
    let profile = Profile::random(seed);
    let report = compare(
        &|| Engine::with_seed(seed),
        seed,
        &profile,
        10_000,
        image_every,
    );
    if let Err(report) = report {
        let repeat = "cargo nextest run -p rialto-engine --test differential random";
        panic!("{report}\n\nto repeat: {SEED}={seed} {repeat}");
    }
}

#[test]
fn random_sequences_agree() {
    if let Ok(seed) = std::env::var(SEED) {
        return check_seed(seed.parse().expect("a seed is a number"));
    }
    let result = TestRunner::new(config()).run(&any::<u64>(), |seed| {
        check_seed(seed);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
