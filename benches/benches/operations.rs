//! Single operations on a populated book, and on the core with accounts, by criterion.
//!
//! Ten thousand orders rest around the mid. Operations are timed in batches: what a batch needs (orders to
//! cancel, orders to take) is placed before, and what it left is cancelled after, neither of them timed. So the
//! book that an operation meets is the same every time.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "statistics: counts are far below 2^31"
)]

use std::time::{Duration, Instant};

use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use rialto_benches::book::{BookPlayer, ORDERS_MAX};
use rialto_benches::core::CorePlayer;
use rialto_benches::measure::{Player, play_all};
use rialto_benches::message::{MID, Message, limit_order, with_client_id};
use rialto_benches::random::Random;
use rialto_benches::venue::{VenueSize, input};
use rialto_types::{
    AccountId, ClientSeq, Input, InstrumentId, OrderId, Price, Qty, ShardId, Side, TimeInForce,
};

/// Orders of the populated book.
const RESTING: usize = 10_000;
/// Operations that are timed at once.
const BATCH: usize = 500;

/// A book or core, and what is needed to name its orders.
struct Market<P: Player> {
    player: P,
    /// Turns a message and its number into what the player plays.
    convert: fn(&Message, u64) -> P::Item,
    sent: u64,
    placed: u64,
    random: Random,
}

impl<P: Player> Market<P> {
    fn new(player: P, convert: fn(&Message, u64) -> P::Item) -> Self {
        let mut market = Self {
            player,
            convert,
            sent: 0,
            placed: 0,
            random: Random::new(6),
        };
        for number in 0..RESTING {
            let side = [Side::Buy, Side::Sell][number % 2];
            let away = 1 + market.random.normal(50).abs();
            let order = market.order(side, toward(side, away), 10, TimeInForce::Gtc);
            market.play(&[order]);
        }
        market
    }

    fn order(&mut self, side: Side, price: i64, lots: i64, tif: TimeInForce) -> Message {
        let account = AccountId(1 + self.random.below(1_000) as u32);
        Message::Place(account, limit_order(side, Price(price), lots, tif))
    }

    /// As many resting buys as a batch has, at prices that others stand at.
    fn buys(&mut self) -> Vec<Message> {
        let mut buy = |_| {
            let price = toward(Side::Buy, 1 + self.random.normal(50).abs());
            self.order(Side::Buy, price, 10, TimeInForce::Gtc)
        };
        (0..BATCH).map(&mut buy).collect()
    }

    fn items(&mut self, messages: &[Message]) -> Vec<P::Item> {
        let mut items = Vec::with_capacity(messages.len());
        for message in messages {
            self.sent += 1;
            self.placed += u64::from(matches!(message, Message::Place(..)));
            items.push((self.convert)(message, self.sent));
        }
        items
    }

    fn play(&mut self, messages: &[Message]) {
        let items = self.items(messages);
        play_all(&mut self.player, &items);
    }

    /// Plays the messages, and gives the time that they took.
    fn time(&mut self, messages: &[Message]) -> Duration {
        let items = self.items(messages);
        let start = Instant::now();
        play_all(&mut self.player, &items);
        start.elapsed()
    }

    /// The last order placed but `back`.
    fn id(&self, back: usize) -> OrderId {
        OrderId::new(ShardId(0), self.placed - back as u64)
    }

    /// Cancels the last `orders`, which are still open, the first of them first.
    fn cancels(&self, orders: &[Message]) -> Vec<Message> {
        let cancel = |(at, order): (usize, &Message)| {
            Message::Cancel(owner(order), self.id(orders.len() - 1 - at))
        };
        orders.iter().enumerate().map(cancel).collect()
    }
}

/// The price so far from the mid on the order's own side.
fn toward(side: Side, away: i64) -> i64 {
    match side {
        Side::Buy => MID - away,
        Side::Sell => MID + away,
    }
}

fn owner(order: &Message) -> AccountId {
    let (Message::Place(account, _) | Message::Cancel(account, _) | Message::Move(account, ..)) =
        order;
    *account
}

/// One batch of an operation: gives the time of its [`BATCH`] operations, and leaves the book as it was.
type Batch<P> = fn(&mut Market<P>) -> Duration;

fn place_among_others<P: Player>(market: &mut Market<P>) -> Duration {
    let orders = market.buys();
    let time = market.time(&orders);
    let cancels = market.cancels(&orders);
    market.play(&cancels);
    time
}

fn place_with_client_id<P: Player>(market: &mut Market<P>) -> Duration {
    let mut orders = market.buys();
    for (at, order) in orders.iter_mut().enumerate() {
        let text = format!("rialto-bench-{:023}", market.sent + at as u64);
        *order = with_client_id(*order, &text);
    }
    let time = market.time(&orders);
    let cancels = market.cancels(&orders);
    market.play(&cancels);
    time
}

fn place_far_apart<P: Player>(market: &mut Market<P>) -> Duration {
    let mut orders = Vec::new();
    for at in 1..=BATCH as i64 {
        orders.push(market.order(Side::Buy, MID - 1_000 - at * 997, 10, TimeInForce::Gtc));
    }
    let time = market.time(&orders);
    let cancels = market.cancels(&orders);
    market.play(&cancels);
    time
}

fn cancel<P: Player>(market: &mut Market<P>) -> Duration {
    let orders = market.buys();
    market.play(&orders);
    let cancels = market.cancels(&orders);
    market.time(&cancels)
}

fn replace_price<P: Player>(market: &mut Market<P>) -> Duration {
    replace(market, |random| {
        (toward(Side::Buy, 1 + random.normal(50).abs()), 10)
    })
}

fn replace_fewer_lots<P: Player>(market: &mut Market<P>) -> Duration {
    replace(market, |_| (MID - 20, 5))
}

fn replace<P: Player>(
    market: &mut Market<P>,
    mut terms: impl FnMut(&mut Random) -> (i64, i64),
) -> Duration {
    let mut orders = Vec::new();
    for _ in 0..BATCH {
        orders.push(market.order(Side::Buy, MID - 20, 10, TimeInForce::Gtc));
    }
    market.play(&orders);
    let mut moves = Vec::new();
    for cancel in market.cancels(&orders) {
        let Message::Cancel(account, id) = cancel else {
            continue;
        };
        let (price, lots) = terms(&mut market.random);
        moves.push(Message::Move(account, id, Price(price), Qty(lots)));
    }
    let time = market.time(&moves);
    let cancels = market.cancels(&orders);
    market.play(&cancels);
    time
}

fn take_one<P: Player>(market: &mut Market<P>) -> Duration {
    take(market, 1)
}

fn take_ten<P: Player>(market: &mut Market<P>) -> Duration {
    take(market, 10)
}

fn take<P: Player>(market: &mut Market<P>, makers: usize) -> Duration {
    let mut orders = Vec::new();
    for _ in 0..BATCH * makers {
        orders.push(market.order(Side::Sell, MID, 10, TimeInForce::Gtc));
    }
    market.play(&orders);
    let mut takers = Vec::new();
    for _ in 0..BATCH {
        takers.push(market.order(Side::Buy, MID, 10 * makers as i64, TimeInForce::Ioc));
    }
    market.time(&takers)
}

fn find_nothing_to_take<P: Player>(market: &mut Market<P>) -> Duration {
    let mut takers = Vec::new();
    for _ in 0..BATCH {
        takers.push(market.order(Side::Buy, MID - 500, 10, TimeInForce::Ioc));
    }
    market.time(&takers)
}

fn run<P: Player>(group: &mut BenchmarkGroup<'_, WallTime>, market: &mut Market<P>) {
    let operations: [(&str, Batch<P>); 9] = [
        ("place among others", place_among_others),
        ("place with a client id", place_with_client_id),
        ("place at prices far apart", place_far_apart),
        ("cancel", cancel),
        ("replace, other price", replace_price),
        ("replace, fewer lots", replace_fewer_lots),
        ("take one order", take_one),
        ("take ten orders", take_ten),
        ("find nothing to take", find_nothing_to_take),
    ];
    for (name, batch) in operations {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|count| {
                let batches = count.div_ceil(BATCH as u64);
                let time: Duration = (0..batches).map(|_| batch(market)).sum();
                time.mul_f64(count as f64 / (batches * BATCH as u64) as f64)
            });
        });
    }
}

fn operations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("book");
    let mut market = Market::new(BookPlayer::empty(ORDERS_MAX), |message, _| *message);
    run(&mut group, &mut market);
    group.finish();
    let mut group = criterion.benchmark_group("core without journal");
    let convert =
        |message: &Message, sent| -> Input { input(message, InstrumentId(1), ClientSeq(sent)) };
    let mut market = Market::new(CorePlayer::unlogged(VenueSize::default()), convert);
    run(&mut group, &mut market);
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = operations
}
criterion_main!(benches);
