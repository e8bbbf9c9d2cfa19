//! An exchange that is restored from its image cannot be told from the one that the image was taken of:
//! same image, and the same events for whatever comes after.
//!
//! And an image that no commands could have led to is refused by name, never by a panic.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rialto_engine::image::{InstrumentImage, OrderImage};
use rialto_engine::{EventBuffer, Exchange, HashSeed, RestoreError, StateImage};
use rialto_reference::scenario::{Profile, SHARD, Step, generate};
use rialto_types::{
    AccountId, Amount, AssetId, InstrumentState, KeyId, OrderKind, Price, Qty, Seq, ShardId, Side,
};

/// How many sequences of random seed a test run tries when `PROPTEST_CASES` does not say.
const CASES: u32 = 12;
const STEPS: usize = 6_000;
/// Commands between two restorations: prime, so that they fall into every phase of a sequence.
const STEPS_PER_RESTORE: usize = 397;

fn apply(exchange: &mut Exchange, events: &mut EventBuffer, seq: Seq, step: &Step) {
    events.clear();
    exchange.apply(seq, step.time, &step.input, events);
}

/// Plays a sequence twice: once in one piece, once restored again and again.
fn check_seed(seed: u64, profile: &Profile) {
    let mut original = Exchange::with_seed(SHARD, HashSeed::KNOWN);
    let mut restored = Exchange::with_seed(SHARD, HashSeed::KNOWN);
    let (mut expected, mut found) = (EventBuffer::new(), EventBuffer::new());
    for (at, step) in generate(seed, profile, STEPS).iter().enumerate() {
        let at_step = format!("seed {seed}, profile {:?}, step {at}", profile.name);
        if at.is_multiple_of(STEPS_PER_RESTORE) {
            let image = original.image();
            let other_seed = HashSeed([seed ^ at as u64, !seed]);
            restored = Exchange::restore(&image, other_seed)
                .unwrap_or_else(|error| panic!("{at_step}: {error}"));
            assert_eq!(restored.image(), image, "{at_step}");
            assert_eq!(restored.open_order_count(), original.open_order_count());
            assert_eq!(restored.next_expiry(), original.next_expiry(), "{at_step}");
        }
        let seq = Seq(at as u64 + 1);
        apply(&mut original, &mut expected, seq, step);
        apply(&mut restored, &mut found, seq, step);
        assert_eq!(found.as_slice(), expected.as_slice(), "{at_step}");
    }
    assert_eq!(restored.image(), original.image(), "seed {seed}");
}

#[test]
fn a_restored_exchange_goes_on_as_the_original_in_every_profile() {
    for (seed, profile) in (1..).zip(Profile::ALL) {
        check_seed(seed, &profile);
    }
}

#[test]
fn a_restored_exchange_goes_on_as_the_original_at_random() {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok());
    let config = Config {
        cases: cases.unwrap_or(CASES),
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&any::<u64>(), |seed| {
        check_seed(seed, &Profile::random(seed));
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// A state with orders on every section of some book.
fn rich_image() -> StateImage {
    for seed in 1..200 {
        let mut exchange = Exchange::with_seed(SHARD, HashSeed::KNOWN);
        let mut events = EventBuffer::new();
        for (seq, step) in (1..).map(Seq).zip(generate(seed, &Profile::ALL[1], 2_000)) {
            apply(&mut exchange, &mut events, seq, &step);
            if !seq.0.is_multiple_of(100) {
                continue;
            }
            let image = exchange.image();
            if image.instruments.iter().any(is_rich) && !image.sources.is_empty() {
                return image;
            }
        }
    }
    panic!("no sequence leads to a book with orders everywhere");
}

fn is_rich(book: &InstrumentImage) -> bool {
    let sections = [&book.bids, &book.asks, &book.stop_buys, &book.stop_sells];
    sections.iter().all(|section| section.len() >= 2)
        && book.bids.first().map(price) != book.bids.last().map(price)
        && book.last_trade.is_some()
}

fn price(order: &OrderImage) -> Price {
    order.kind.price().unwrap_or(Price::ZERO)
}

/// The book with orders everywhere.
fn book(image: &mut StateImage) -> &mut InstrumentImage {
    image
        .instruments
        .iter_mut()
        .find(|book| is_rich(book))
        .expect("the image has a rich book")
}

type Tampering = (&'static str, fn(&mut StateImage));

const TAMPERINGS: &[Tampering] = &[
    ("rules", |image| image.rules_version += 1),
    ("shard", |image| image.shard = ShardId(32)),
    ("another shard", |image| image.shard = ShardId(7)),
    ("an order counter that is too low", |image| {
        image.order_count = 1;
    }),
    ("an order counter beyond its bits", |image| {
        image.order_count = u64::MAX;
    }),
    ("no accounts", |image| image.accounts.clear()),
    ("a pool of orders that is too small", |image| {
        image.capacity.orders = 1;
    }),
    ("a pool of orders that cannot be", |image| {
        image.capacity.orders = u32::MAX;
    }),
    ("a share of orders that is too small", |image| {
        image.capacity.orders_per_account = 1;
    }),
    ("a pool of balances that is too small", |image| {
        image.capacity.balances = 1;
    }),
    ("a key of nobody", |image| {
        image.keys[0].account = AccountId(u32::MAX);
    }),
    ("a source without transfers", |image| {
        image.sources[0].sequence = 0;
    }),
    ("an asset with too many decimals", |image| {
        image.assets[0].asset.decimals = 77;
    }),
    ("an asset with another supply", |image| {
        image.assets[0].supply.0 += 1;
    }),
    ("a negative balance", |image| {
        image.accounts[1].balances[0].available = Amount(-1);
    }),
    ("a balance of an unknown asset", |image| {
        image.accounts[1]
            .balances
            .last_mut()
            .expect("it owns something")
            .asset = AssetId(u16::MAX);
    }),
    ("a balance of asset 0", |image| {
        image.accounts[1].balances[0].asset = AssetId(0);
    }),
    ("another instrument id", |image| {
        book(image).instrument.id.0 += 1;
    }),
    ("other units of a lot", |image| {
        book(image).instrument.base_units_per_lot += 1;
    }),
    ("a closed book with orders", |image| {
        book(image).instrument.state = InstrumentState::Closed;
    }),
    ("a last trade without its number", |image| {
        book(image).trade_id.0 = 0;
    }),
    ("a last trade that satisfies a stop", |image| {
        book(image).last_trade = Some(Price(i64::MAX));
    }),
    ("bids out of order", |image| book(image).bids.reverse()),
    ("a crossed book", |image| {
        let book = book(image);
        std::mem::swap(&mut book.bids, &mut book.asks);
    }),
    ("an order twice", |image| {
        let first = book(image).bids[0];
        book(image).bids.insert(0, first);
    }),
    ("an order of the other side", |image| {
        book(image).bids[0].side = Side::Sell;
    }),
    ("an order of nobody", |image| {
        book(image).asks[0].account = AccountId(u32::MAX);
    }),
    ("an order of the venue", |image| {
        book(image).asks[0].account = AccountId::VENUE;
    }),
    ("an order of no key", |image| {
        book(image).asks[0].key = KeyId(0);
    }),
    ("an order with nothing left", |image| {
        book(image).asks[0].leaves = 0;
    }),
    ("an order with another total", |image| {
        book(image).asks[0].filled.0 += 1;
    }),
    ("an order with a total beyond all numbers", |image| {
        book(image).asks[0].filled = Qty(i64::MIN);
    }),
    ("an order that holds more than there is", |image| {
        let order = &mut book(image).asks[0];
        let OrderKind::Limit { qty, .. } = &mut order.kind else {
            unreachable!("a resting order is a limit order");
        };
        *qty = Qty(i64::MAX);
        order.leaves = i64::MAX - order.filled.0;
    }),
    ("a market order that rests", |image| {
        let order = &mut book(image).bids[0];
        order.kind = OrderKind::Market {
            size: order.kind.size(),
        };
    }),
    ("held funds without an order", |image| {
        book(image).asks.pop();
    }),
    ("an order with a price of 0", |image| {
        if let OrderKind::Limit { price, .. } =
            &mut book(image).bids.last_mut().expect("it is rich").kind
        {
            *price = Price::ZERO;
        }
    }),
];

#[test]
fn an_image_that_cannot_be_is_refused() {
    let good = rich_image();
    assert!(Exchange::restore(&good, HashSeed::KNOWN).is_ok());
    for (what, tamper) in TAMPERINGS {
        let mut image = good.clone();
        tamper(&mut image);
        assert_ne!(image, good, "{what} changes something");
        let restored = Exchange::restore(&image, HashSeed::KNOWN);
        let error = restored.err().unwrap_or_else(|| panic!("{what}: restored"));
        assert!(!error.to_string().is_empty(), "{what}");
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let mut image = rich_image();
    let id = book(&mut image).asks[0].order_id;
    book(&mut image).asks[0].key = KeyId(0);
    let error = Exchange::restore(&image, HashSeed::KNOWN).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the state cannot be: order {id} is of an account or a key that does not exist")
    );
    image.rules_version = 99;
    let error = Exchange::restore(&image, HashSeed::KNOWN).unwrap_err();
    let (found, expected) = (99, rialto_engine::RULES_VERSION);
    assert_eq!(error, RestoreError::RulesVersion { found, expected });
}

#[test]
fn a_command_that_is_skipped_leaves_everything_but_sequence_and_time() {
    let image = rich_image();
    let mut exchange = Exchange::restore(&image, HashSeed::KNOWN).unwrap();
    let time = rialto_types::Timestamp(image.time.0 + 5);
    exchange.skip(image.seq.next(), time);
    let expected = StateImage {
        seq: image.seq.next(),
        time,
        ..image
    };
    assert_eq!(exchange.image(), expected);
}
