//! The trades of one instrument in figures: candles of seven lengths, and the last 24 hours.
//!
//! Built from trades alone, one after the other, live as in recovery. An interval without a trade has no
//! candle. The 24 hours are counted in whole minutes from the candles of a minute, so that they need no
//! memory of their own. What came before the history begins is not known, and [`TradeHistory::since`] says
//! so: nothing came before the start of the exchange, and where recovery restored a snapshot it takes the
//! history up that was put aside with it (`restoring`), or begins anew if there is none.
//!
//! Memory: [`CLOSED_TOLD`] closed candles of each length and a day of minutes, some 160 KiB for an
//! instrument that trades all the time, taken as candles come. Cost: seven small updates a trade; the
//! figures of 24 hours look at up to 1,440 candles.

mod restoring;

use std::collections::VecDeque;

pub use restoring::InvalidHistory;
use rialto_types::{Price, Timestamp, Trade};

/// Closed candles of each length that can be told; the open one comes on top.
pub(crate) const CLOSED_TOLD: usize = 100;
/// Minutes in the window of the statistics, the present one among them.
const WINDOW_MINUTES: usize = 24 * 60;
/// A minute in nanoseconds.
const MINUTE_NS: u64 = 60 * 1_000_000_000;
/// How long after its end a candle is called closed when no later trade says so: by then every trade of
/// it has been told, unless the exchange was held up.
const GRACE_NS: u64 = 1_000_000_000;

/// The length of a candle. Intervals begin at multiples of their length since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// Five minutes.
    Minutes5,
    /// A quarter of an hour.
    Minutes15,
    /// An hour.
    Hour,
    /// Four hours.
    Hours4,
    /// A day.
    Day,
}

impl Interval {
    /// All lengths, ascending.
    pub const ALL: [Self; 7] = [
        Self::Second,
        Self::Minute,
        Self::Minutes5,
        Self::Minutes15,
        Self::Hour,
        Self::Hours4,
        Self::Day,
    ];

    /// The length in nanoseconds.
    pub const fn ns(self) -> u64 {
        match self {
            Self::Second => MINUTE_NS / 60,
            Self::Minute => MINUTE_NS,
            Self::Minutes5 => 5 * MINUTE_NS,
            Self::Minutes15 => 15 * MINUTE_NS,
            Self::Hour => 60 * MINUTE_NS,
            Self::Hours4 => 240 * MINUTE_NS,
            Self::Day => 1_440 * MINUTE_NS,
        }
    }

    /// The beginning of the interval that a time falls into.
    const fn begin(self, time: Timestamp) -> Timestamp {
        Timestamp(time.0 - time.0 % self.ns())
    }

    /// Candles that are kept of this length.
    const fn kept(self) -> usize {
        match self {
            Self::Minute => WINDOW_MINUTES,
            _ => CLOSED_TOLD + 1,
        }
    }
}

/// Some trades in figures. The sums are exact: no count of trades makes them overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The price of the first one.
    pub open: Price,
    /// The highest price.
    pub high: Price,
    /// The lowest price.
    pub low: Price,
    /// The price of the last one.
    pub close: Price,
    /// Sum of quantities, in lots.
    pub volume_lots: i128,
    /// Sum of price × quantity, in quote units.
    pub quote_volume_units: i128,
    /// How many there were; at least 1.
    pub trade_count: u64,
}

impl Figures {
    fn of(trade: &Trade) -> Self {
        Self {
            open: trade.price,
            high: trade.price,
            low: trade.price,
            close: trade.price,
            volume_lots: i128::from(trade.qty.0),
            quote_volume_units: i128::from(trade.notional.0),
            trade_count: 1,
        }
    }

    /// Adds later trades.
    fn add(&mut self, later: &Self) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.volume_lots += later.volume_lots;
        self.quote_volume_units += later.quote_volume_units;
        self.trade_count += later.trade_count;
    }
}

/// The trades of one interval; there was at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// When the interval begins.
    pub open_time: Timestamp,
    /// Its trades.
    pub figures: Figures,
}

impl Candle {
    /// Whether the interval of this length is over at a time, by the clock.
    pub const fn is_over(&self, interval: Interval, now: Timestamp) -> bool {
        self.open_time.0 + interval.ns() + GRACE_NS <= now.0
    }
}

/// The trades of one instrument.
#[derive(Clone, Debug, Default)]
pub struct TradeHistory {
    since: Timestamp,
    series: [VecDeque<Candle>; Interval::ALL.len()],
}

impl TradeHistory {
    /// A history of which nothing is known up to this time.
    pub(super) fn beginning_at(since: Timestamp) -> Self {
        Self {
            since,
            ..Self::default()
        }
    }

    /// Trades from this time on are counted; 0 when all are.
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// Adds a trade, which is none before the last one.
    pub(super) fn add(&mut self, time: Timestamp, trade: &Trade) {
        let figures = Figures::of(trade);
        for (interval, series) in Interval::ALL.into_iter().zip(&mut self.series) {
            let open_time = interval.begin(time);
            match series.back_mut() {
                Some(last) if last.open_time >= open_time => last.figures.add(&figures),
                _ => {
                    if series.len() == interval.kept() {
                        series.pop_front();
                    }
                    series.push_back(Candle { open_time, figures });
                }
            }
        }
    }

    /// The candles of a length that can be told: the last closed ones and the open one, ascending.
    pub fn candles(&self, interval: Interval) -> impl DoubleEndedIterator<Item = &Candle> {
        let series = &self.series[interval as usize];
        series.range(series.len().saturating_sub(CLOSED_TOLD + 1)..)
    }

    /// The last candle of a length, if there was any trade.
    pub fn last(&self, interval: Interval) -> Option<&Candle> {
        self.series[interval as usize].back()
    }

    /// The trades of the minute that `now` falls into and of the 1,439 minutes before it, with the time
    /// from which they are counted. `None` when there was none.
    pub fn day(&self, now: Timestamp) -> (Timestamp, Option<Figures>) {
        let begin = window_begin(now);
        let candles = &self.series[Interval::Minute as usize];
        let from = candles.partition_point(|candle| candle.open_time < begin);
        let mut candles = candles.range(from..);
        let figures = candles.next().map(|first| {
            candles.fold(first.figures, |mut sum, candle| {
                sum.add(&candle.figures);
                sum
            })
        });
        (begin.max(self.since), figures)
    }
}

/// When the first of the minutes begins that count for the last 24 hours.
const fn window_begin(now: Timestamp) -> Timestamp {
    let minutes = (WINDOW_MINUTES as u64 - 1) * MINUTE_NS;
    Timestamp(Interval::Minute.begin(now).0.saturating_sub(minutes))
}

#[cfg(test)]
mod tests {
    use rialto_types::{
        AccountId, Amount, Fill, InstrumentId, OrderId, Qty, ReportSeq, Side, TradeId,
    };

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    pub(super) fn trade(price: i64, qty: i64) -> Trade {
        let fill = Fill {
            order_id: OrderId(1),
            account: AccountId(1),
            report: ReportSeq(1),
            leaves: 0,
            fee: Amount(0),
        };
        Trade {
            instrument: InstrumentId(1),
            trade_id: TradeId(1),
            price: Price(price),
            qty: Qty(qty),
            notional: Amount(price * qty),
            taker_side: Side::Buy,
            maker: fill,
            taker: fill,
        }
    }

    pub(super) fn at(seconds: u64) -> Timestamp {
        Timestamp(seconds * SECOND)
    }

    #[test]
    fn trades_of_one_interval_make_one_candle_and_empty_intervals_none() {
        let mut history = TradeHistory::default();
        for (second, price, qty) in [(60, 10, 1), (61, 14, 2), (119, 9, 3), (300, 11, 1)] {
            history.add(at(second), &trade(price, qty));
        }
        let minutes: Vec<_> = history.candles(Interval::Minute).collect();
        assert_eq!(minutes.len(), 2);
        let first = Figures {
            open: Price(10),
            high: Price(14),
            low: Price(9),
            close: Price(9),
            volume_lots: 6,
            quote_volume_units: 10 + 28 + 27,
            trade_count: 3,
        };
        assert_eq!((minutes[0].open_time, minutes[0].figures), (at(60), first));
        assert_eq!(minutes[1].open_time, at(300));
        assert_eq!(history.candles(Interval::Second).count(), 4);
        let day = history.last(Interval::Day).unwrap();
        assert_eq!((day.open_time, day.figures.trade_count), (at(0), 4));
    }

    #[test]
    fn a_candle_is_over_a_second_after_its_end() {
        let mut history = TradeHistory::default();
        history.add(at(61), &trade(10, 1));
        let candle = history.last(Interval::Minute).unwrap();
        assert!(!candle.is_over(Interval::Minute, Timestamp(121 * SECOND - 1)));
        assert!(candle.is_over(Interval::Minute, at(121)));
    }

    #[test]
    fn a_day_is_the_present_minute_and_those_before_it() {
        let mut history = TradeHistory::beginning_at(at(5));
        assert_eq!(history.day(at(90)), (at(5), None));
        history.add(at(60), &trade(50, 1));
        history.add(at(119), &trade(10, 1));
        history.add(at(120), &trade(20, 2));
        let minute = 60;
        let end = 1_439 * minute;
        let (since, all) = history.day(at(end + 119));
        assert_eq!((since, all.unwrap().trade_count), (at(60), 3));
        assert_eq!(all.unwrap().high, Price(50));
        // A minute later the first minute has left, and a day after the last trade all have.
        let (since, rest) = history.day(at(end + 120));
        assert_eq!((since, rest.unwrap().volume_lots), (at(120), 2));
        assert_eq!(rest.unwrap().open, Price(20));
        assert_eq!(history.day(at(end + 180)).1, None);
    }

    #[test]
    fn no_more_is_kept_than_can_be_told() {
        let mut history = TradeHistory::default();
        for second in 0..200_000 {
            history.add(at(second), &trade(10, 1));
        }
        assert_eq!(history.series[Interval::Minute as usize].len(), 1_440);
        for interval in Interval::ALL {
            let told = history.candles(interval).count();
            assert_eq!(told, history.series[interval as usize].len().min(101));
        }
        let first = history.candles(Interval::Second).next().unwrap();
        assert_eq!(first.open_time, at(200_000 - 101));
        let (_, day) = history.day(at(199_999));
        // The present minute is not over.
        assert_eq!(day.unwrap().trade_count, 1_439 * 60 + 200_000 % 60);
    }
}
