//! A cascade: one order that makes up to 100,000 stops trade, in a single command.
//!
//! In a *chain* each stop's trade elects the next; in a *burst* the first trade elects all of them. What is
//! stated is the time for each stop, which is the same for 1,000 and for 100,000 when the cost is linear.

use std::time::Instant;

use rialto_benches::core::CorePlayer;
use rialto_benches::measure::{Figure, Player, Stopwatch, median};
use rialto_benches::message::{ACCOUNTS, MID, Message, limit_order};
use rialto_benches::venue::{VenueSize, input};
use rialto_types::{
    AccountId, ClientSeq, InstrumentId, OrderKind, PlaceOrder, Price, Qty, Side, Size, TimeInForce,
};

use crate::report::Report;

/// Lengths of the cascades.
const COUNTS: [i64; 3] = [1_000, 10_000, 100_000];

/// How the stops follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Each elects the next.
    Chain,
    /// The first trade elects all.
    Burst,
}

/// Runs the cascades that are wanted.
pub(crate) fn run(report: &mut Report, runs: usize) {
    for (form, word) in [(Form::Chain, "chain"), (Form::Burst, "burst")] {
        for count in COUNTS {
            let name = format!("cascade {word} of {count}, per stop");
            if report.wants(&name) {
                report.add(measure(&name, form, count, runs));
            }
        }
    }
}

fn measure(name: &str, form: Form, count: i64, runs: usize) -> Figure {
    let mut stopwatch = Stopwatch::new();
    let mut means = Vec::new();
    for _ in 0..runs {
        let mut market = Market::new();
        // The first cascade lets the event buffer grow and touches the pools, which happens once in the
        // life of a process.
        market.prepare(form, count);
        market.trigger();
        market.prepare(form, count);
        let start = Instant::now();
        market.trigger();
        let ns = start.elapsed().as_nanos() as u64;
        stopwatch.record(ns / count.unsigned_abs());
        means.push(ns as f64 / count as f64);
    }
    stopwatch.figure(name, median(means))
}

/// A core with one instrument, and the number of the last command sent to it.
struct Market {
    player: CorePlayer,
    sent: u64,
}

impl Market {
    fn new() -> Self {
        Self {
            player: CorePlayer::unlogged(VenueSize::default()),
            sent: 0,
        }
    }

    /// A trade at the mid, so that no stop is satisfied; bids for everybody, one lot each; and the stops that
    /// sell to them.
    fn prepare(&mut self, form: Form, count: i64) {
        self.limit(Side::Buy, MID);
        self.limit(Side::Sell, MID);
        let price_of = |number: i64| match form {
            Form::Chain => MID - 1 - number,
            Form::Burst => MID - 1,
        };
        for number in 0..=count {
            self.limit(Side::Buy, price_of(number));
        }
        for number in 0..count {
            self.stop(price_of(number));
        }
    }

    /// Sells to the highest bid, which elects the first stop, or all.
    fn trigger(&mut self) {
        self.limit(Side::Sell, MID - 1);
    }

    fn limit(&mut self, side: Side, price: i64) {
        self.place(limit_order(side, Price(price), 1, TimeInForce::Gtc));
    }

    fn stop(&mut self, price: i64) {
        let stop = OrderKind::StopMarket {
            stop: Price(price),
            size: Size::Qty(Qty(1)),
        };
        let order = limit_order(Side::Sell, Price(price), 1, TimeInForce::Gtc);
        self.place(PlaceOrder {
            kind: stop,
            ..order
        });
    }

    fn place(&mut self, order: PlaceOrder) {
        self.sent += 1;
        let account = AccountId(1 + (self.sent % u64::from(ACCOUNTS)) as u32);
        let message = Message::Place(account, order);
        let input = input(&message, InstrumentId(1), ClientSeq(self.sent));
        self.player.play(&input);
    }
}

#[cfg(test)]
mod tests {
    use rialto_types::EventBody;

    use super::*;

    #[test]
    fn every_stop_of_a_cascade_trades_in_one_command() {
        for form in [Form::Chain, Form::Burst] {
            let mut market = Market::new();
            for _ in 0..2 {
                market.prepare(form, 100);
                assert_eq!(market.player.exchange().open_order_count(), 201, "{form:?}");
                market.trigger();
                let events = market.player.events().iter();
                let trades = events.filter(|event| matches!(event.body, EventBody::Trade(_)));
                assert_eq!(trades.count(), 101, "{form:?}");
                assert_eq!(market.player.exchange().open_order_count(), 0, "{form:?}");
            }
        }
    }
}
