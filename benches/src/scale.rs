//! How the cost of a message grows with what there is: open orders, instruments, accounts, waiting stops.
//!
//! All curves play W2. That of the orders is of the book alone and of the core; the others are of the core
//! without its journal, which does not know how much there is. A curve may rise by what cache misses
//! cost, and by nothing else.

use rialto_benches::book::BookPlayer;
use rialto_benches::core::CorePlayer;
use rialto_benches::measure;
use rialto_benches::message::{ACCOUNTS, Message};
use rialto_benches::random::Random;
use rialto_benches::venue::{VenueSize, input, timed_inputs};
use rialto_benches::workload::{W2_LIVE, Workload, w2_of};
use rialto_types::{
    AccountId, ClientSeq, Command, Input, InstrumentId, KeyId, OrderId, OrderKind, PlaceOrder,
    Price, Qty, ShardId, Side, StpMode, TimeInForce,
};

use crate::report::Report;

/// Messages of one point: enough for a mean, few enough that all curves take a minute.
const MESSAGES_MAX: usize = 500_000;
/// Runs of one point.
const RUNS_MAX: usize = 3;
/// Open orders that there is room for.
const ROOM: u32 = 1 << 21;

/// Runs the curves that are wanted.
pub(crate) fn run(report: &mut Report, messages: usize, runs: usize) {
    let (messages, runs) = (messages.min(MESSAGES_MAX), runs.min(RUNS_MAX));
    for live in [1_000, 10_000, 100_000, 1_000_000] {
        orders(report, live, messages, runs);
    }
    for count in [1, 10, 100, 1_000] {
        let name = format!("scale core w2, {count} instruments");
        if report.wants(&name) {
            let (warm_up, timed) = across_instruments(count, messages);
            let size = VenueSize {
                instruments: count,
                ..VenueSize::default()
            };
            core(report, &name, size, &warm_up, &timed, runs);
        }
    }
    for accounts in [1_000, 10_000, 100_000, 1_000_000] {
        let name = format!("scale core w2, {accounts} accounts");
        if report.wants(&name) {
            let workload = w2_of(messages, W2_LIVE, accounts, 2);
            let size = VenueSize {
                accounts,
                ..VenueSize::default()
            };
            core_of_workload(report, &name, size, &workload, runs);
        }
    }
    for count in [0, 1_000, 10_000, 100_000] {
        let name = format!("scale core w2, {count} waiting stops");
        if report.wants(&name) {
            let workload = w2_of(messages, W2_LIVE, ACCOUNTS, 2);
            let (warm_up, timed) = behind_stops(count, &workload);
            core(report, &name, VenueSize::default(), &warm_up, &timed, runs);
        }
    }
}

fn orders(report: &mut Report, live: usize, messages: usize, runs: usize) {
    let [book_name, core_name] =
        ["book", "core"].map(|part| format!("scale {part} w2, {live} orders"));
    if !report.wants(&book_name) && !report.wants(&core_name) {
        return;
    }
    let workload = w2_of(messages, live, ACCOUNTS, 2);
    if report.wants(&book_name) {
        let fresh = || {
            let mut player = BookPlayer::empty(ROOM);
            measure::play_all(&mut player, &workload.warm_up);
            player
        };
        let figure = measure::measure(&book_name, &workload.messages, runs, fresh);
        report.add(figure);
    }
    if report.wants(&core_name) {
        let size = VenueSize {
            orders: ROOM,
            ..VenueSize::default()
        };
        core_of_workload(report, &core_name, size, &workload, runs);
    }
}

fn core_of_workload(
    report: &mut Report,
    name: &str,
    size: VenueSize,
    workload: &Workload,
    runs: usize,
) {
    let timed = timed_inputs(workload);
    let figure = measure::measure(name, &timed, runs, || {
        CorePlayer::unlogged(size).warm(workload)
    });
    report.add(figure);
}

fn core(
    report: &mut Report,
    name: &str,
    size: VenueSize,
    warm_up: &[Input],
    timed: &[Input],
    runs: usize,
) {
    let fresh = || {
        let mut player = CorePlayer::unlogged(size);
        measure::play_all(&mut player, warm_up);
        player
    };
    let figure = measure::measure(name, timed, runs, fresh);
    report.add(figure);
}

/// Turns messages that were made for books of their own into inputs of one core, where all orders count up
/// together.
#[derive(Debug, Default)]
struct Weaver {
    /// Orders placed so far.
    order_count: u64,
    /// The ids that the orders of each book have in the core, by the number in their book.
    ids: Vec<Vec<OrderId>>,
    sent: u64,
}

impl Weaver {
    fn weave(&mut self, book: usize, message: &Message) -> Input {
        self.sent += 1;
        let message = match *message {
            Message::Place(..) => {
                let id = self.next_id();
                self.ids[book].push(id);
                *message
            }
            Message::Cancel(account, id) => Message::Cancel(account, self.id(book, id)),
            Message::Move(account, id, price, qty) => {
                Message::Move(account, self.id(book, id), price, qty)
            }
        };
        input(
            &message,
            InstrumentId(book as u32 + 1),
            ClientSeq(self.sent),
        )
    }

    fn next_id(&mut self) -> OrderId {
        self.order_count += 1;
        OrderId::new(ShardId(0), self.order_count)
    }

    fn id(&self, book: usize, in_book: OrderId) -> OrderId {
        self.ids[book][in_book.counter() as usize - 1]
    }
}

/// W2 on so many instruments at once, in random turns: together as many open orders as on one.
fn across_instruments(count: u32, messages: usize) -> (Vec<Input>, Vec<Input>) {
    let count = count as usize;
    let workloads: Vec<Workload> = (0..count as u64)
        .map(|seed| w2_of(messages / count, W2_LIVE / count, ACCOUNTS, 2 + seed))
        .collect();
    let mut weaver = Weaver {
        ids: vec![Vec::new(); count],
        ..Weaver::default()
    };
    let mut warm_up = Vec::new();
    for (book, workload) in workloads.iter().enumerate() {
        warm_up.extend(
            workload
                .warm_up
                .iter()
                .map(|message| weaver.weave(book, message)),
        );
    }
    let mut random = Random::new(5);
    let mut turns: Vec<usize> = (0..count)
        .flat_map(|book| std::iter::repeat_n(book, workloads[book].messages.len()))
        .collect();
    for at in (1..turns.len()).rev() {
        turns.swap(at, random.below(at as u64 + 1) as usize);
    }
    let mut rest: Vec<_> = workloads
        .iter()
        .map(|workload| workload.messages.iter())
        .collect();
    let timed = turns.into_iter().filter_map(|book| {
        let message = rest[book].next()?;
        Some(weaver.weave(book, message))
    });
    (warm_up, timed.collect())
}

/// W2 on a book where so many stops wait that no trade reaches.
fn behind_stops(count: u32, workload: &Workload) -> (Vec<Input>, Vec<Input>) {
    let mut weaver = Weaver {
        ids: vec![Vec::new()],
        ..Weaver::default()
    };
    let mut warm_up = Vec::new();
    for number in 0..count {
        warm_up.push(stop(&mut weaver, number));
    }
    warm_up.extend(
        workload
            .warm_up
            .iter()
            .map(|message| weaver.weave(0, message)),
    );
    let timed = workload
        .messages
        .iter()
        .map(|message| weaver.weave(0, message));
    (warm_up, timed.collect())
}

/// A stop-limit order far from the market; sides take turns.
fn stop(weaver: &mut Weaver, number: u32) -> Input {
    weaver.next_id();
    weaver.sent += 1;
    let away = i64::from(number / 2);
    let (side, stop) = match number % 2 {
        0 => (Side::Buy, Price(1_500_000 + away)),
        _ => (Side::Sell, Price(500_000 - away)),
    };
    let order = PlaceOrder {
        instrument: InstrumentId(1),
        side,
        stp: StpMode::None,
        kind: OrderKind::StopLimit {
            stop,
            price: stop,
            qty: Qty(1),
            tif: TimeInForce::Gtc,
        },
        client_order_id: None,
    };
    let account = AccountId(1 + number % ACCOUNTS);
    Input {
        key: KeyId(account.0),
        client_seq: ClientSeq(weaver.sent),
        command: Command::Place(order),
    }
}

#[cfg(test)]
mod tests {
    use rialto_benches::measure::Player;
    use rialto_types::EventBody;

    use super::*;

    /// Plays inputs and demands that none is refused.
    fn play(size: VenueSize, inputs: &[Input]) -> CorePlayer {
        let mut player = CorePlayer::unlogged(size);
        for input in inputs {
            player.play(input);
            for event in player.events() {
                assert!(!matches!(event.body, EventBody::Rejected(_)), "{event:?}");
            }
        }
        player
    }

    #[test]
    fn what_is_woven_is_accepted() {
        let (warm_up, timed) = across_instruments(10, 20_000);
        let size = VenueSize {
            instruments: 10,
            ..VenueSize::default()
        };
        let player = play(size, &[warm_up, timed].concat());
        assert!(player.exchange().open_order_count() > 5_000);
    }

    #[test]
    fn the_stops_wait_until_the_end() {
        let workload = w2_of(20_000, 1_000, ACCOUNTS, 2);
        let (warm_up, timed) = behind_stops(5_000, &workload);
        let player = play(VenueSize::default(), &[warm_up, timed].concat());
        assert!(player.exchange().open_order_count() > 5_500);
    }
}
