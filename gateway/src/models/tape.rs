//! The latest trades of an instrument, to be told again to who subscribes.
//!
//! Recovery fills it by the same code as the running exchange, from the trades that it replays. Trades that had happened
//! and were not told yet when the exchange ended are the last ones of all, so they are on the tape, unless there were
//! more. Cost: O(1) for a trade; room for 128 trades of 48 bytes once there are 65 or more.

use std::collections::VecDeque;

use rialto_types::{Event, Price, Qty, Seq, Side, Timestamp, Trade, TradeId};

/// How many trades are kept of each instrument.
pub const TAPE_TRADES: usize = 100;

/// One trade as everybody may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    /// The command that caused it.
    pub seq: Seq,
    /// Its place among the events of that command.
    pub index: u32,
    /// The time of that command.
    pub time: Timestamp,
    /// Counts the instrument's trades.
    pub trade_id: TradeId,
    /// The maker's price.
    pub price: Price,
    /// How much.
    pub qty: Qty,
    /// The side of the arriving order.
    pub taker_side: Side,
}

impl Print {
    /// What everybody may know of a trade.
    pub const fn new(event: &Event, trade: &Trade) -> Self {
        Self {
            seq: event.seq,
            index: event.index,
            time: event.time,
            trade_id: trade.trade_id,
            price: trade.price,
            qty: trade.qty,
            taker_side: trade.taker_side,
        }
    }
}

/// The latest trades of one instrument, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    prints: VecDeque<Print>,
}

impl Tape {
    /// Adds the latest trade; the oldest makes room for it.
    pub(super) fn add(&mut self, print: Print) {
        if self.prints.len() == TAPE_TRADES {
            self.prints.pop_front();
        }
        self.prints.push_back(print);
    }

    /// Its trades, oldest first.
    pub fn prints(&self) -> impl ExactSizeIterator<Item = &Print> {
        self.prints.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_latest_trades_and_no_more() {
        let print = |id| Print {
            seq: Seq(id),
            index: 0,
            time: Timestamp(id),
            trade_id: TradeId(id),
            price: Price(1),
            qty: Qty(1),
            taker_side: Side::Buy,
        };
        let mut tape = Tape::default();
        assert_eq!(tape.prints().len(), 0);
        let count = TAPE_TRADES as u64 + 5;
        for id in 1..=count {
            tape.add(print(id));
        }
        let kept: Vec<u64> = tape.prints().map(|print| print.trade_id.0).collect();
        assert_eq!(kept, (6..=count).collect::<Vec<_>>());
    }
}
