//! The history of trades as messages: statistics of 24 hours and candles.
//!
//! Pure functions from the read models to messages of the schema. What is over and what has left the window
//! is decided by the clock that is handed in.

use rialto_protocol::refusal::Pair;
use rialto_protocol::{
    Boolean, Candle as WireCandle, CandleSnapshot, CandleUpdate, Channel, Decimal, Statistics,
    convert,
};
use rialto_types::{Price, Timestamp};

use crate::models::{Book, Candle, Figures, Interval, ReadModels};

/// The length of the candles of a channel, if it is one of candles.
pub(super) const fn interval_of(channel: Channel) -> Option<Interval> {
    Some(match channel {
        Channel::Candles1s => Interval::Second,
        Channel::Candles1m => Interval::Minute,
        Channel::Candles5m => Interval::Minutes5,
        Channel::Candles15m => Interval::Minutes15,
        Channel::Candles1h => Interval::Hour,
        Channel::Candles4h => Interval::Hours4,
        Channel::Candles1d => Interval::Day,
        _ => return None,
    })
}

/// The trades of the last 24 hours.
pub(super) fn statistics(models: &ReadModels, pair: Pair<'_>, now: Timestamp) -> Statistics {
    let id = pair.instrument.id;
    let history = models.history(id).expect("a pair is listed");
    let last = models.book(id).and_then(Book::last_trade);
    let (since, figures) = history.day(now);
    let price = |price: Price| convert::price_decimal(pair.instrument, price);
    let of = |field: fn(&Figures) -> Price| figures.as_ref().map(field).map(price);
    let (volume, quote_volume, trade_count) = figures.map_or((0, 0, 0), |figures| {
        let Figures {
            volume_lots,
            quote_volume_units,
            trade_count,
            ..
        } = figures;
        (volume_lots, quote_volume_units, trade_count)
    });
    Statistics {
        instrument_id: id,
        core_seq: models.seq(),
        transact_time: models.time(),
        since,
        open_price: of(|figures| figures.open),
        high_price: of(|figures| figures.high),
        low_price: of(|figures| figures.low),
        last_price: last.map(|(_, last)| price(last)),
        volume: convert::volume_scaled(pair.instrument, volume),
        quote_volume: convert::turnover_scaled(pair.quote, quote_volume),
        trade_count,
    }
}

/// Whether two messages tell the same figures.
pub(super) fn are_same(one: &Statistics, other: &Statistics) -> bool {
    let plain = |statistics: &Statistics| Statistics {
        core_seq: one.core_seq,
        transact_time: one.transact_time,
        since: one.since,
        ..*statistics
    };
    plain(other) == *one
}

fn wire_candle(pair: Pair<'_>, candle: &Candle, closed: bool) -> WireCandle {
    let price = |price: Price| -> Decimal { convert::price_decimal(pair.instrument, price) };
    let figures = &candle.figures;
    WireCandle {
        open_time: candle.open_time,
        open_price: price(figures.open),
        high_price: price(figures.high),
        low_price: price(figures.low),
        close_price: price(figures.close),
        volume: convert::volume_scaled(pair.instrument, figures.volume_lots),
        quote_volume: convert::turnover_scaled(pair.quote, figures.quote_volume_units),
        trade_count: figures.trade_count,
        closed: if closed {
            Boolean::True
        } else {
            Boolean::False
        }
        .into(),
    }
}

/// The last closed candles and the open one.
pub(super) fn candle_snapshot(
    models: &ReadModels,
    pair: Pair<'_>,
    (channel, interval): (Channel, Interval),
    candle_seq: u64,
    now: Timestamp,
) -> CandleSnapshot {
    let history = models
        .history(pair.instrument.id)
        .expect("a pair is listed");
    let last = history.last(interval).map(|last| last.open_time);
    let candles = history.candles(interval).map(|candle| {
        let closed = Some(candle.open_time) != last || candle.is_over(interval, now);
        wire_candle(pair, candle, closed)
    });
    let candles: Vec<_> = candles.collect();
    CandleSnapshot {
        instrument_id: pair.instrument.id,
        core_seq: models.seq(),
        candle_seq,
        since: history.since(),
        channel: channel.into(),
        candles: candles
            .try_into()
            .expect("as many candles as can be told fit in a message"),
    }
}

/// A candle as it is now.
pub(super) fn candle_update(
    models: &ReadModels,
    pair: Pair<'_>,
    channel: Channel,
    candle_seq: u64,
    (candle, closed): (&Candle, bool),
) -> CandleUpdate {
    let WireCandle {
        open_time,
        open_price,
        high_price,
        low_price,
        close_price,
        volume,
        quote_volume,
        trade_count,
        closed,
    } = wire_candle(pair, candle, closed);
    CandleUpdate {
        instrument_id: pair.instrument.id,
        core_seq: models.seq(),
        transact_time: models.time(),
        candle_seq,
        channel: channel.into(),
        open_time,
        open_price,
        high_price,
        low_price,
        close_price,
        volume,
        quote_volume,
        trade_count,
        closed,
    }
}
