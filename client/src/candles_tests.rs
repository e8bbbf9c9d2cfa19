//! What a series of candles makes of snapshots, updates, gaps and nonsense.

use proptest::prelude::*;
use rialto_protocol::{
    Boolean, Candle as WireCandle, CandleSnapshot, CandleUpdate, Channel, Decimal, Group, Message,
    Scaled, TradeTick,
};
use rialto_types::{InstrumentId, Price, Timestamp};

use super::*;
use crate::testing::{btc_usdt, number};

/// Makes nonsense of a candle.
type Change = fn(&mut WireCandle);

/// The beginning of a minute.
fn at(minute: u64) -> Timestamp {
    Timestamp(minute * 60_000_000_000)
}

/// A candle of a minute that closes at so many ticks.
fn wire(minute: u64, close: i64, closed: bool) -> WireCandle {
    let tick = 1_000_000;
    let volume = |mantissa| Scaled {
        mantissa,
        exponent: -8,
    };
    WireCandle {
        open_time: at(minute),
        open_price: Decimal(100 * tick),
        high_price: Decimal(close.max(100) * tick),
        low_price: Decimal(close.min(100) * tick),
        close_price: Decimal(close * tick),
        volume: volume(50_000_000),
        quote_volume: volume(51_000_000),
        trade_count: 2,
        closed: if closed {
            Boolean::True
        } else {
            Boolean::False
        }
        .into(),
    }
}

fn snapshot(candle_seq: u64, candles: Vec<WireCandle>) -> Message {
    Message::CandleSnapshot(CandleSnapshot {
        instrument_id: InstrumentId(1),
        candle_seq,
        since: Timestamp(7),
        channel: Channel::Candles1m.into(),
        candles: Group::try_from(candles).unwrap(),
        ..CandleSnapshot::default()
    })
}

fn update(candle_seq: u64, candle: WireCandle) -> Message {
    Message::CandleUpdate(CandleUpdate {
        instrument_id: InstrumentId(1),
        candle_seq,
        channel: Channel::Candles1m.into(),
        open_time: candle.open_time,
        open_price: candle.open_price,
        high_price: candle.high_price,
        low_price: candle.low_price,
        close_price: candle.close_price,
        volume: candle.volume,
        quote_volume: candle.quote_volume,
        trade_count: candle.trade_count,
        closed: candle.closed,
        ..CandleUpdate::default()
    })
}

fn series() -> CandleSeries {
    CandleSeries::new(btc_usdt(), CandleLength::Minute)
}

/// Minute and close of each candle.
fn closes(series: &CandleSeries) -> Vec<(u64, i64)> {
    let candles = series.candles();
    let minute = |time: Timestamp| time.0 / 60_000_000_000;
    candles.map(|c| (minute(c.open_time), c.close.0)).collect()
}

#[test]
fn a_length_has_its_channel_its_time_and_its_text() {
    let mut texts = Vec::new();
    for length in CandleLength::ALL {
        assert_eq!(length.to_string().parse(), Ok(length));
        let named = format!("{:?}", length.channel());
        assert_eq!(named, format!("Candles{length}"));
        texts.push((length.duration().as_secs(), length.as_str()));
    }
    let expected = [
        (1, "1s"),
        (60, "1m"),
        (300, "5m"),
        (900, "15m"),
        (3_600, "1h"),
        (14_400, "4h"),
        (86_400, "1d"),
    ];
    assert_eq!(texts, expected);
    let error = "2m".parse::<CandleLength>().unwrap_err().to_string();
    assert!(error.contains("\"2m\"") && error.contains("15m"), "{error}");
}

#[test]
fn updates_replace_the_last_candle_or_begin_one() {
    let mut series = series();
    assert!(!series.is_current());
    let first = snapshot(4, vec![wire(1, 101, true), wire(3, 102, false)]);
    assert_eq!(series.apply(&first), Ok(CandleProgress::Begun));
    assert!(series.is_current());
    assert_eq!(series.since(), Timestamp(7));
    assert_eq!(closes(&series), [(1, 101), (3, 102)]);
    let Ok(CandleProgress::Changed(candle)) = series.apply(&update(5, wire(3, 98, true))) else {
        panic!("the candle has changed");
    };
    let expected = Candle {
        open_time: at(3),
        open: Price(100),
        high: Price(100),
        low: Price(98),
        close: Price(98),
        volume: candle.volume,
        quote_volume: candle.quote_volume,
        trade_count: 2,
        is_closed: true,
    };
    assert_eq!(candle, expected);
    assert_eq!(candle.volume.to_string(), "0.5");
    assert_eq!(candle.quote_volume.to_string(), "0.51");
    series.apply(&update(6, wire(5, 103, false))).unwrap();
    assert_eq!(closes(&series), [(1, 101), (3, 98), (5, 103)]);
    // One that is closed may come once more with what came late.
    series.apply(&update(7, wire(3, 99, true))).unwrap();
    assert_eq!(closes(&series), [(1, 101), (3, 99), (5, 103)]);
    assert_eq!(series.last().unwrap().close, Price(103));
}

#[test]
fn other_series_are_not_its_own() {
    let mut series = series();
    let Message::CandleSnapshot(mut other) = snapshot(4, vec![wire(1, 101, true)]) else {
        unreachable!();
    };
    other.instrument_id = InstrumentId(2);
    let of_another = Message::CandleSnapshot(other.clone());
    other.instrument_id = InstrumentId(1);
    other.channel = Channel::Candles5m.into();
    let longer = Message::CandleSnapshot(other);
    let trade = Message::TradeTick(TradeTick::default());
    for message in [of_another, longer, trade] {
        assert_eq!(series.apply(&message), Ok(CandleProgress::Foreign));
    }
    assert!(!series.is_current());
}

#[test]
fn what_was_missed_is_noticed_and_a_snapshot_makes_it_good() {
    let mut series = series();
    let early = series.apply(&update(5, wire(1, 101, true)));
    assert_eq!(early, Err(CandleError::NoSnapshot { found: 5 }));
    let begun = snapshot(5, vec![wire(1, 101, true), wire(2, 102, false)]);
    series.apply(&begun).unwrap();
    for found in [5, 7] {
        let error = series.apply(&update(found, wire(2, 103, true)));
        assert_eq!(error, Err(CandleError::Gap { held: 5, found }));
        assert!(!series.is_current());
        assert_eq!(closes(&series), [(1, 101), (2, 102)], "as it last was");
        series.apply(&begun).unwrap();
    }
    // A snapshot that reaches back to what is known keeps what is older.
    let later = snapshot(9, vec![wire(2, 104, true), wire(3, 105, false)]);
    series.apply(&later).unwrap();
    assert_eq!(closes(&series), [(1, 101), (2, 104), (3, 105)]);
    // One that does not may have left candles out.
    let much_later = snapshot(99, vec![wire(50, 106, false)]);
    series.apply(&much_later).unwrap();
    assert_eq!(closes(&series), [(50, 106)]);
    series.apply(&snapshot(0, Vec::new())).unwrap();
    assert_eq!(series.last(), None);
}

#[test]
fn candles_that_cannot_be_are_refused_with_the_reason() {
    let changes: [(Change, &str); 7] = [
        (|c| c.open_price.0 += 1, "1.00000001"),
        (|c| c.low_price.0 = 0, "the price 0"),
        (|c| c.high_price.0 = 1_000_000, "between"),
        (|c| c.close_price.0 = 500_000_000, "between"),
        (|c| c.trade_count = 0, "no trade"),
        (|c| c.open_time.0 += 1, "no multiple of 1m"),
        (|c| c.volume.mantissa = -1, "the volume"),
    ];
    for (change, reason) in changes {
        let mut candle = wire(2, 101, true);
        change(&mut candle);
        let mut series = series();
        series
            .apply(&snapshot(4, vec![wire(1, 101, true)]))
            .unwrap();
        let error = series.apply(&update(5, candle)).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        assert!(!series.is_current());
        assert_eq!(closes(&series), [(1, 101)]);
        assert!(series.apply(&snapshot(4, vec![candle])).is_err());
    }
    let twice = snapshot(4, vec![wire(1, 101, true), wire(1, 102, true)]);
    let open_time = at(1);
    let unordered = Err(CandleError::Unordered { open_time });
    assert_eq!(series().apply(&twice), unordered);
}

#[test]
fn the_oldest_are_forgotten_beyond_the_maximum() {
    let mut series = series();
    series.apply(&snapshot(0, Vec::new())).unwrap();
    let count = CANDLES_KEPT_MAX as u64 + 10;
    for minute in 1..=count {
        let candle = wire(minute, 101, true);
        series.apply(&update(minute, candle)).unwrap();
    }
    assert_eq!(series.candles().len(), CANDLES_KEPT_MAX);
    assert_eq!(series.candles().next().unwrap().open_time, at(11));
    // Older than all that are kept: it does not stay.
    series
        .apply(&update(count + 1, wire(2, 101, true)))
        .unwrap();
    assert_eq!(series.candles().next().unwrap().open_time, at(11));
}

proptest! {
    #[test]
    fn no_message_makes_it_panic(
        messages in prop::collection::vec(
            (
                any::<bool>(),
                0_u64..6,
                prop_oneof![0_u64..6, Just(u64::MAX)],
                prop::array::uniform4(number()),
                prop::array::uniform2((number(), any::<i8>())),
                0_u64..3,
            ),
            0..20,
        ),
    ) {
        let mut series = series();
        for (is_update, candle_seq, minute, prices, volumes, trade_count) in messages {
            let scaled = |index: usize| Scaled {
                mantissa: volumes[index].0,
                exponent: volumes[index].1,
            };
            let candle = WireCandle {
                open_time: Timestamp(minute.saturating_mul(60_000_000_000)),
                open_price: Decimal(prices[0]),
                high_price: Decimal(prices[1]),
                low_price: Decimal(prices[2]),
                close_price: Decimal(prices[3]),
                volume: scaled(0),
                quote_volume: scaled(1),
                trade_count,
                closed: Boolean::False.into(),
            };
            let message = if is_update {
                update(candle_seq, candle)
            } else {
                snapshot(candle_seq, vec![wire(1, 101, true), candle])
            };
            let is_whole = series.apply(&message).is_ok();
            prop_assert_eq!(series.is_current(), is_whole);
            let times: Vec<_> = series.candles().map(|candle| candle.open_time).collect();
            prop_assert!(times.is_sorted_by(|one, other| one < other));
        }
    }
}
