//! Books that a data structure may fear: a million prices, a million orders at one price, ids that stay
//! when the world moves on, the best price that comes and goes.
//!
//! What counts is the longest single operation. A shared machine interrupts everybody a few hundred times
//! a second for longer than that, so each book is played ten times over, and of each operation the
//! shortest of its ten times is kept: what the code takes every time remains, what the machine did goes.

use std::time::Instant;

use rialto_benches::book::BookPlayer;
use rialto_benches::measure::{Figure, Player, Stopwatch};
use rialto_benches::message::{Message, limit_order, with_client_id};
use rialto_benches::random::Random;
use rialto_types::{AccountId, OrderId, Price, ShardId, Side, TimeInForce};

use crate::report::Report;

/// Orders of each book.
const COUNT: usize = 1_000_000;
/// Which of the orders stay where ids are left behind: every fourth.
const STRIDE: usize = 4;
/// Times that each operation is timed.
const RUNS: usize = 10;
/// A price with a million prices below it.
const HIGH: i64 = 2_000_000;

/// A book: what fills it, and what is timed.
struct Scenario {
    name: &'static str,
    before: Vec<Message>,
    timed: Vec<Message>,
}

/// Runs what is wanted of the feared books.
pub(crate) fn run(report: &mut Report) {
    type Build = fn(&'static str) -> Scenario;
    let scenarios: [(&str, Build); 10] = [
        (
            "worst place, each on a price of its own",
            place_on_own_prices,
        ),
        (
            "worst cancel, each on a price of its own",
            cancel_own_prices,
        ),
        ("worst take, each on a price of its own", take_own_prices),
        ("worst place, all on one price", place_on_one_price),
        ("worst cancel, amid one price", cancel_amid_one_price),
        ("worst place and cancel, ids in the way", ids_in_the_way),
        ("worst cancel, ids left behind", ids_left_behind),
        (
            "worst place, client ids that differ little",
            similar_client_ids,
        ),
        ("worst place and cancel, far best price", far_best_price),
        ("worst fill-or-kill, one lot short", kill_in_vain),
    ];
    for (name, build) in scenarios {
        if report.wants(name) {
            report.add(measure(&build(name)));
        }
    }
}

fn measure(scenario: &Scenario) -> Figure {
    let mut shortest = vec![u64::MAX; scenario.timed.len()];
    for _ in 0..RUNS {
        let mut player = BookPlayer::empty(1 << 20);
        for message in &scenario.before {
            player.play(message);
        }
        for (message, shortest) in scenario.timed.iter().zip(&mut shortest) {
            let start = Instant::now();
            player.play(message);
            let ns = start.elapsed().as_nanos() as u64;
            *shortest = ns.min(*shortest);
            assert!(
                !player.events().is_empty(),
                "{}: {message:?}",
                scenario.name
            );
        }
    }
    let mut stopwatch = Stopwatch::new();
    for ns in shortest {
        stopwatch.record(ns);
    }
    stopwatch.summary(scenario.name)
}

/// A resting order; accounts take turns.
fn rest(number: usize, side: Side, price: i64) -> Message {
    place(number, side, price, TimeInForce::Gtc)
}

fn place(number: usize, side: Side, price: i64, tif: TimeInForce) -> Message {
    let account = AccountId(1 + (number % 1_000) as u32);
    Message::Place(account, limit_order(side, Price(price), 1, tif))
}

/// Cancels the `number`-th order that was placed, from 0.
fn cancel(number: usize) -> Message {
    let account = AccountId(1 + (number % 1_000) as u32);
    Message::Cancel(account, OrderId::new(ShardId(0), number as u64 + 1))
}

/// The numbers below `count`, shuffled.
fn shuffled(count: usize) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..count).collect();
    let mut random = Random::new(4);
    for at in (1..count).rev() {
        numbers.swap(at, random.below(at as u64 + 1) as usize);
    }
    numbers
}

fn own_prices() -> Vec<Message> {
    let prices = shuffled(COUNT).into_iter().enumerate();
    let orders = prices.map(|(number, price)| rest(number, Side::Buy, 1 + price as i64));
    orders.collect()
}

fn place_on_own_prices(name: &'static str) -> Scenario {
    Scenario {
        name,
        before: Vec::new(),
        timed: own_prices(),
    }
}

fn cancel_own_prices(name: &'static str) -> Scenario {
    Scenario {
        name,
        before: own_prices(),
        timed: shuffled(COUNT).into_iter().map(cancel).collect(),
    }
}

fn take_own_prices(name: &'static str) -> Scenario {
    let taker = |number| place(number, Side::Sell, 1, TimeInForce::Ioc);
    Scenario {
        name,
        before: own_prices(),
        timed: (0..COUNT).map(taker).collect(),
    }
}

fn one_price() -> Vec<Message> {
    (0..COUNT)
        .map(|number| rest(number, Side::Buy, HIGH))
        .collect()
}

fn place_on_one_price(name: &'static str) -> Scenario {
    Scenario {
        name,
        before: Vec::new(),
        timed: one_price(),
    }
}

fn cancel_amid_one_price(name: &'static str) -> Scenario {
    // From the middle outwards: every one has neighbours on both sides until the end.
    let outwards = |step: usize| match step % 2 {
        0 => COUNT / 2 + step / 2,
        _ => COUNT / 2 - 1 - step / 2,
    };
    Scenario {
        name,
        before: one_price(),
        timed: (0..COUNT).map(outwards).map(cancel).collect(),
    }
}

/// Of four million orders every fourth stays open, so that the ids of those that stay lie in even steps and
/// have been overtaken several times: what suits neither a table by the low digits nor a poor hash.
fn sparse_ids() -> Vec<Message> {
    let mut messages = Vec::new();
    for number in 0..STRIDE * COUNT {
        messages.push(rest(number, Side::Buy, HIGH - (number % 300) as i64));
        if number % STRIDE != 0 {
            messages.push(cancel(number));
        }
    }
    messages
}

fn ids_in_the_way(name: &'static str) -> Scenario {
    let come_and_go = |number| [rest(number, Side::Buy, HIGH), cancel(number)];
    Scenario {
        name,
        before: sparse_ids(),
        timed: (STRIDE * COUNT..(STRIDE + 1) * COUNT)
            .flat_map(come_and_go)
            .collect(),
    }
}

fn ids_left_behind(name: &'static str) -> Scenario {
    let left = shuffled(COUNT)
        .into_iter()
        .map(|number| cancel(STRIDE * number));
    Scenario {
        name,
        before: sparse_ids(),
        timed: left.collect(),
    }
}

fn similar_client_ids(name: &'static str) -> Scenario {
    let named = |number| {
        let text = format!("rialto-bench-{number:023}");
        with_client_id(rest(number, Side::Buy, HIGH), &text)
    };
    Scenario {
        name,
        before: Vec::new(),
        timed: (0..COUNT).map(named).collect(),
    }
}

/// The best price lies far above all others and comes and goes, so the next best is looked for each time.
fn far_best_price(name: &'static str) -> Scenario {
    let at = |step: usize| {
        let number = COUNT / 2 + step;
        [rest(number, Side::Buy, 1 << 40), cancel(number)]
    };
    Scenario {
        name,
        before: own_prices().into_iter().take(COUNT / 2).collect(),
        timed: (0..COUNT / 2).flat_map(at).collect(),
    }
}

/// Orders that want all there is and one lot more, so that nothing comes of them, again and again.
fn kill_in_vain(name: &'static str) -> Scenario {
    let spread = |number| rest(number, Side::Buy, HIGH - (number % 300) as i64);
    let qty = COUNT as i64 + 1;
    let order = limit_order(Side::Sell, Price(1), qty, TimeInForce::Fok);
    Scenario {
        name,
        before: (0..COUNT).map(spread).collect(),
        timed: vec![Message::Place(AccountId(1), order); 1_000],
    }
}
