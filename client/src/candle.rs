//! Candles: what was traded in intervals of one length, in the numbers of their instrument.
//!
//! Prices are ticks, as everywhere. Volumes stay decimal numbers: the exchange tells sums over many trades in
//! 18 digits, so a very large one need not be a whole number of lots. What makes no sense is refused.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rialto_protocol::{
    Candle as WireCandle, CandleUpdate, Channel, Decimal, EXPONENT_MAX, EXPONENT_MIN, Scaled,
    convert,
};
use rialto_types::{Price, Timestamp};
use thiserror::Error;

use crate::ListedInstrument;

/// How long the intervals of candles are. They begin at multiples of their length since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CandleLength {
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
    /// Four hours, from midnight UTC.
    Hours4,
    /// A day, from midnight UTC.
    Day,
}

/// A text that names no length of candles.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is no length of candles; there are 1s, 1m, 5m, 15m, 1h, 4h and 1d")]
pub struct UnknownCandleLength(
    /// The text.
    pub String,
);

impl CandleLength {
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

    /// The channel that has candles of this length.
    pub const fn channel(self) -> Channel {
        match self {
            Self::Second => Channel::Candles1s,
            Self::Minute => Channel::Candles1m,
            Self::Minutes5 => Channel::Candles5m,
            Self::Minutes15 => Channel::Candles15m,
            Self::Hour => Channel::Candles1h,
            Self::Hours4 => Channel::Candles4h,
            Self::Day => Channel::Candles1d,
        }
    }

    /// As time.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Minutes5 => 5 * 60,
            Self::Minutes15 => 15 * 60,
            Self::Hour => 60 * 60,
            Self::Hours4 => 4 * 60 * 60,
            Self::Day => 24 * 60 * 60,
        })
    }

    /// As text: `1s`, `1m`, `5m`, `15m`, `1h`, `4h`, `1d`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "1s",
            Self::Minute => "1m",
            Self::Minutes5 => "5m",
            Self::Minutes15 => "15m",
            Self::Hour => "1h",
            Self::Hours4 => "4h",
            Self::Day => "1d",
        }
    }
}

impl fmt::Display for CandleLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CandleLength {
    type Err = UnknownCandleLength;

    fn from_str(text: &str) -> Result<Self, UnknownCandleLength> {
        let mut all = Self::ALL.into_iter();
        all.find(|length| length.as_str() == text)
            .ok_or_else(|| UnknownCandleLength(text.to_owned()))
    }
}

/// What was traded in one interval. An interval without a trade has no candle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// When the interval begins.
    pub open_time: Timestamp,
    /// The price of its first trade.
    pub open: Price,
    /// Its highest price.
    pub high: Price,
    /// Its lowest price.
    pub low: Price,
    /// The price of its last trade, so far if the interval is not over.
    pub close: Price,
    /// How much of the base asset was traded.
    pub volume: Scaled,
    /// How much of the quote asset it cost: the sum of price × quantity.
    pub quote_volume: Scaled,
    /// How many trades it had; at least 1.
    pub trade_count: u64,
    /// Whether the interval is over.
    pub is_closed: bool,
}

/// Why what a message says of trades makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nonsense(pub(crate) String);

impl fmt::Display for Nonsense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Candle {
    /// Reads a candle of the wire.
    pub(crate) fn read(
        instrument: &ListedInstrument,
        length: CandleLength,
        wire: &WireCandle,
    ) -> Result<Self, Nonsense> {
        let price = |price: Decimal| read_price(instrument, price);
        let candle = Self {
            open_time: wire.open_time,
            open: price(wire.open_price)?,
            high: price(wire.high_price)?,
            low: price(wire.low_price)?,
            close: price(wire.close_price)?,
            volume: read_volume(wire.volume)?,
            quote_volume: read_volume(wire.quote_volume)?,
            trade_count: wire.trade_count,
            is_closed: wire.closed == rialto_protocol::Boolean::True,
        };
        let range = candle.low..=candle.high;
        if !range.contains(&candle.open) || !range.contains(&candle.close) {
            let (low, high) = (wire.low_price, wire.high_price);
            let (open, close) = (wire.open_price, wire.close_price);
            let reason = format!("from {open} to {close}, but between {low} and {high}");
            return Err(Nonsense(reason));
        }
        if candle.trade_count == 0 {
            return Err(Nonsense("it has no trade".to_owned()));
        }
        if u128::from(wire.open_time.0) % length.duration().as_nanos() != 0 {
            let reason = format!("{} ns is no multiple of {length}", wire.open_time);
            return Err(Nonsense(reason));
        }
        Ok(candle)
    }
}

/// The candle that an update carries.
pub(crate) const fn candle_of(update: &CandleUpdate) -> WireCandle {
    WireCandle {
        open_time: update.open_time,
        open_price: update.open_price,
        high_price: update.high_price,
        low_price: update.low_price,
        close_price: update.close_price,
        volume: update.volume,
        quote_volume: update.quote_volume,
        trade_count: update.trade_count,
        closed: update.closed,
    }
}

/// A price in ticks.
pub(crate) fn read_price(instrument: &ListedInstrument, price: Decimal) -> Result<Price, Nonsense> {
    convert::price(instrument.instrument(), price)
        .map_err(|refusal| Nonsense(format!("the price {price}: {refusal}")))
}

/// A sum over trades, which is not negative.
pub(crate) fn read_volume(volume: Scaled) -> Result<Scaled, Nonsense> {
    let has_exponent = (EXPONENT_MIN..=EXPONENT_MAX).contains(&volume.exponent);
    if volume.mantissa < 0 || !has_exponent {
        return Err(Nonsense(format!("the volume {volume}")));
    }
    Ok(volume)
}
