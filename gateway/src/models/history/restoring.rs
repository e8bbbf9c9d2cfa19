//! Taking up a history that was put aside: the way out of one, the way back, and what must hold of it.
//!
//! Whoever keeps it aside keeps it apart from the state that it belongs to, so what comes back is held against
//! the books before it is believed. Nothing here panics, whatever comes back, and what is believed can be
//! added to for ever: no sum of it overflows. Cost: linear in the candles.

use rialto_types::{InstrumentId, Price, Timestamp, TradeId};
use thiserror::Error;

use super::{CLOSED_TOLD, Candle, Interval, TradeHistory, window_begin};
use crate::models::{Book, ReadModels};

/// Why candles are not the history of some trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidHistory {
    /// It is of another exchange, or of another moment.
    #[error("it tells of {found} instruments, and there are {expected}")]
    Instruments {
        /// Histories given.
        found: usize,
        /// Instruments there are.
        expected: usize,
    },
    /// More candles than are ever kept.
    #[error("it has {found} candles of {}, and at most {kept} are kept", length(*.interval))]
    Kept {
        /// Their length.
        interval: Interval,
        /// How many.
        found: usize,
        /// How many there may be.
        kept: usize,
    },
    /// A candle that no trades make.
    #[error("its candle of {} that begins at {} ns {rule}", length(*.interval), .open_time.0)]
    Candle {
        /// Its length.
        interval: Interval,
        /// When it begins.
        open_time: Timestamp,
        /// What is wrong with it.
        rule: &'static str,
    },
    /// It begins after the present.
    #[error("it begins at {} ns, after the present of {} ns", .since.0, .now.0)]
    Since {
        /// When it begins.
        since: Timestamp,
        /// The time of the last command.
        now: Timestamp,
    },
    /// The book has seen fewer trades, or ended with another one.
    #[error("its candles of {} are not of the trades of instrument {instrument}", length(*.interval))]
    Trades {
        /// Their length.
        interval: Interval,
        /// The instrument.
        instrument: InstrumentId,
    },
}

fn length(interval: Interval) -> humantime::FormattedDuration {
    humantime::format_duration(std::time::Duration::from_nanos(interval.ns()))
}

impl TradeHistory {
    /// The history that begins at `since` and has these candles, series by series in the order of
    /// [`Interval::ALL`], ascending.
    ///
    /// # Errors
    /// When no trades make such candles.
    pub fn restored(
        since: Timestamp,
        series: [Vec<Candle>; Interval::ALL.len()],
    ) -> Result<Self, InvalidHistory> {
        for (interval, candles) in Interval::ALL.into_iter().zip(&series) {
            check(interval, candles)?;
        }
        let series = series.map(Into::into);
        Ok(Self { since, series })
    }

    /// The candles of a length, ascending, without those that nobody can ask for from `now` on.
    pub fn in_use(&self, interval: Interval, now: Timestamp) -> impl Iterator<Item = &Candle> {
        let series = &self.series[interval as usize];
        let begin = window_begin(now);
        let aged = series.partition_point(|candle| candle.open_time < begin);
        let untold = series.len().saturating_sub(CLOSED_TOLD + 1);
        series.range(aged.min(untold)..)
    }

    /// Whether these can be the trades that a book has seen up to `now`.
    fn check_against(
        &self,
        instrument: InstrumentId,
        book: &Book,
        now: Timestamp,
    ) -> Result<(), InvalidHistory> {
        let since = self.since;
        if since > now {
            return Err(InvalidHistory::Since { since, now });
        }
        let (last_id, last_price) = book.last_trade.unwrap_or((TradeId(0), Price(0)));
        for (interval, series) in Interval::ALL.into_iter().zip(&self.series) {
            let Some(last) = series.back() else {
                continue;
            };
            let counts = series.iter().map(|candle| candle.figures.trade_count);
            let count = counts.fold(0_u64, u64::saturating_add);
            let is_later = last.open_time > now;
            if is_later || count > last_id.0 || last.figures.close != last_price {
                return Err(InvalidHistory::Trades {
                    interval,
                    instrument,
                });
            }
        }
        Ok(())
    }
}

fn check(interval: Interval, candles: &[Candle]) -> Result<(), InvalidHistory> {
    let (found, kept) = (candles.len(), interval.kept());
    if found > kept {
        return Err(InvalidHistory::Kept {
            interval,
            found,
            kept,
        });
    }
    let mut before = None;
    for candle in candles {
        let open_time = candle.open_time;
        if let Some(rule) = broken_rule(interval, candle, before) {
            return Err(InvalidHistory::Candle {
                interval,
                open_time,
                rule,
            });
        }
        before = Some(open_time);
    }
    Ok(())
}

/// The rule that a candle breaks, if it breaks one. The one in front of it begins at `before`.
fn broken_rule(
    interval: Interval,
    candle: &Candle,
    before: Option<Timestamp>,
) -> Option<&'static str> {
    let Candle { open_time, figures } = candle;
    let prices = figures.low..=figures.high;
    let count = i128::from(figures.trade_count);
    // Of one trade an `i64`, and so of all that can be counted an `i128`.
    let sums = 0..=count * i128::from(i64::MAX);
    if interval.begin(*open_time) != *open_time {
        Some("begins within an interval")
    } else if before.is_some_and(|before| before >= *open_time) {
        Some("does not come after the one before it")
    } else if count == 0 {
        Some("has no trade")
    } else if !prices.contains(&figures.open) || !prices.contains(&figures.close) {
        Some("opens or closes beyond its highest or lowest price")
    } else if !sums.contains(&figures.volume_lots) || !sums.contains(&figures.quote_volume_units) {
        Some("has a volume that its trades cannot have")
    } else {
        None
    }
}

impl ReadModels {
    /// Takes up the histories of all instruments, by their ids from 1, as they were after the last command.
    ///
    /// # Errors
    /// When they cannot be the histories of these books; what was there before is still there.
    pub fn restore_histories(
        &mut self,
        histories: Vec<TradeHistory>,
    ) -> Result<(), InvalidHistory> {
        let (found, expected) = (histories.len(), self.books.len());
        if found != expected {
            return Err(InvalidHistory::Instruments { found, expected });
        }
        let of_books = self.directory.instruments.iter().zip(&self.books);
        for (history, (instrument, book)) in histories.iter().zip(of_books) {
            history.check_against(instrument.id, book, self.time)?;
        }
        self.histories = histories;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, trade};
    use super::*;

    /// The lengths as [`TradeHistory::restored`] takes them.
    type Series = [Vec<Candle>; Interval::ALL.len()];

    /// Trades every `step` seconds until `end`, all different.
    fn traded(step: usize, end: u64) -> (TradeHistory, u64) {
        let mut history = TradeHistory::beginning_at(at(3));
        let mut last = 0;
        for second in (5..end).step_by(step) {
            let digits = i64::try_from(second % 1_000).unwrap();
            history.add(at(second), &trade(1 + digits, 1 + digits % 7));
            last = second;
        }
        (history, last)
    }

    fn series(history: &TradeHistory, now: Timestamp) -> Series {
        Interval::ALL.map(|interval| history.in_use(interval, now).copied().collect())
    }

    fn put_aside_and_back(history: &TradeHistory, now: Timestamp) -> TradeHistory {
        TradeHistory::restored(history.since(), series(history, now)).unwrap()
    }

    /// All that anybody is told at a time.
    fn told(history: &TradeHistory, now: Timestamp) -> String {
        let candles = Interval::ALL.map(|interval| history.candles(interval).collect::<Vec<_>>());
        format!("{:?} {:?} {candles:?}", history.since(), history.day(now))
    }

    #[test]
    fn what_was_put_aside_tells_the_same_now_and_later() {
        for (step, end) in [
            (1, 2_000),
            (61, 200_000),
            (7_000, 900_000),
            (90_000, 80_000),
        ] {
            let (mut history, last) = traded(step, end);
            let mut back = put_aside_and_back(&history, at(last));
            for hours in 0..50 {
                let now = at(last + hours * 3_600);
                assert_eq!(told(&back, now), told(&history, now), "{step} {hours}");
            }
            for second in (last..last + 100_000).step_by(step.div_ceil(3)) {
                history.add(at(second), &trade(50, 2));
                back.add(at(second), &trade(50, 2));
            }
            let now = at(last + 100_001);
            assert_eq!(told(&back, now), told(&history, now), "{step}, later");
        }
    }

    #[test]
    fn what_has_aged_out_is_not_put_aside() {
        let (history, last) = traded(61, 200_000);
        let all = history.series[Interval::Minute as usize].len();
        let in_use = |now| history.in_use(Interval::Minute, now).count();
        assert!(in_use(at(last)) <= 1_440 && in_use(at(last)) > 1_400);
        assert!(in_use(at(last + 40_000)) < 800, "of {all}");
        // However long nobody trades, the last candles are told.
        assert_eq!(in_use(at(last + 1_000_000)), 101);
        assert_eq!(history.in_use(Interval::Second, at(last)).count(), 101);
    }

    fn refused(change: impl FnOnce(&mut Series)) -> String {
        let (history, last) = traded(30, 10_000);
        let mut series = series(&history, at(last));
        change(&mut series);
        let refused = TradeHistory::restored(at(3), series).unwrap_err();
        refused.to_string()
    }

    #[test]
    fn candles_that_no_trades_make_are_refused() {
        let refused = |rule: &str, change: fn(&mut Candle)| {
            let text = refused(|series| change(&mut series[1][2]));
            assert!(text.contains(rule) && text.contains("of 1m"), "{text}");
        };
        refused("within an interval", |candle| candle.open_time.0 += 1);
        refused("after the one before", |candle| candle.open_time.0 = 0);
        refused("no trade", |candle| candle.figures.trade_count = 0);
        refused("opens or closes", |candle| candle.figures.open.0 = 5_000);
        refused("opens or closes", |candle| candle.figures.close.0 = -1);
        refused("opens or closes", |candle| candle.figures.high.0 = i64::MIN);
        refused("a volume", |candle| candle.figures.volume_lots = -1);
        refused("a volume", |candle| {
            candle.figures.quote_volume_units = i128::MAX;
        });
    }

    #[test]
    fn more_candles_than_are_kept_are_refused() {
        let text = refused(|series| {
            let last = *series[0].last().unwrap();
            series[0].resize(102, last);
        });
        assert_eq!(text, "it has 102 candles of 1s, and at most 101 are kept");
    }

    #[test]
    fn a_history_is_held_against_its_book() {
        let (history, last) = traded(30, 10_000);
        let count = u64::try_from((5..10_000).step_by(30).count()).unwrap();
        let last_price = history.last(Interval::Day).unwrap().figures.close;
        let check = |id, price, now| {
            let mut book = Book::default();
            book.last_trade = Some((TradeId(id), price));
            history.check_against(InstrumentId(4), &book, now)
        };
        assert_eq!(check(count, last_price, at(last)), Ok(()));
        let trades = |interval| InvalidHistory::Trades {
            interval,
            instrument: InstrumentId(4),
        };
        let fewer = check(count - 1, last_price, at(last));
        assert_eq!(fewer, Err(trades(Interval::Minute)));
        let another = check(count, Price(last_price.0 + 1), at(last));
        assert_eq!(another, Err(trades(Interval::Second)));
        let earlier = check(count, last_price, at(last - 1));
        assert_eq!(earlier, Err(trades(Interval::Second)));
        let since = check(count, last_price, at(2));
        assert!(matches!(since, Err(InvalidHistory::Since { .. })));
        let none = history.check_against(InstrumentId(4), &Book::default(), at(last));
        assert_eq!(none, Err(trades(Interval::Second)));
        let untraded = TradeHistory::beginning_at(at(3));
        let book = Book::default();
        assert_eq!(
            untraded.check_against(InstrumentId(4), &book, at(3)),
            Ok(())
        );
    }

    #[test]
    fn a_history_for_every_instrument_or_none() {
        let refused = ReadModels::new().restore_histories(vec![TradeHistory::default()]);
        assert_eq!(
            refused.unwrap_err().to_string(),
            "it tells of 1 instruments, and there are 0"
        );
    }
}
