//! Statistics of 24 hours, in the numbers of their instrument, and the subscription to them.
//!
//! The exchange tells them as they are, at most once a second, and nothing of them can be missed. Volumes stay
//! decimal numbers, as those of [candles](crate::Candle) do.

use rialto_protocol::{Channel, Decimal, Message, Scaled, Statistics};
use rialto_types::{InstrumentId, Price, Timestamp};

use crate::candle::{Nonsense, read_price, read_volume};
use crate::{ClientError, Connection, ListedInstrument};

/// The trades of the last 24 hours: the present minute and the 1,439 before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayStatistics {
    /// The exchange's time.
    pub time: Timestamp,
    /// Trades from this time on are counted; later than 24 hours ago when the exchange has no record of earlier
    /// ones at hand.
    pub since: Timestamp,
    /// What they were at; `None` when there was none.
    pub prices: Option<DayPrices>,
    /// The price of the last trade, however long ago; `None` before the first.
    pub last: Option<Price>,
    /// How much of the base asset was traded.
    pub volume: Scaled,
    /// How much of the quote asset it cost: the sum of price × quantity.
    pub quote_volume: Scaled,
    /// How many trades there were.
    pub trade_count: u64,
}

/// The prices of a day with trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayPrices {
    /// That of the first trade.
    pub open: Price,
    /// The highest.
    pub high: Price,
    /// The lowest.
    pub low: Price,
}

impl DayStatistics {
    /// Reads a message about this instrument.
    ///
    /// # Errors
    /// [`ClientError::Inconsistent`] when it is about another one, or makes no sense.
    pub fn read(instrument: &ListedInstrument, message: &Statistics) -> Result<Self, ClientError> {
        if message.instrument_id != instrument.id() {
            let (told, id) = (message.instrument_id, instrument.id());
            return Err(inconsistent(format!(
                "it is about instrument {told}, not {id}"
            )));
        }
        Self::check(instrument, message).map_err(|Nonsense(reason)| inconsistent(reason))
    }

    fn check(instrument: &ListedInstrument, message: &Statistics) -> Result<Self, Nonsense> {
        let price = |price: Decimal| read_price(instrument, price);
        let told = (message.open_price, message.high_price, message.low_price);
        let prices = match told {
            (Some(open), Some(high), Some(low)) => Some(DayPrices {
                open: price(open)?,
                high: price(high)?,
                low: price(low)?,
            }),
            (None, None, None) => None,
            _ => return Err(Nonsense("some of its prices are missing".to_owned())),
        };
        let count = message.trade_count;
        if prices.is_some() != (count > 0) {
            return Err(Nonsense(format!(
                "it has {count} trades, and the prices {told:?}"
            )));
        }
        let is_within = |p: &DayPrices| (p.low..=p.high).contains(&p.open);
        if !prices.as_ref().is_none_or(is_within) {
            return Err(Nonsense(format!("the prices {told:?}")));
        }
        Ok(Self {
            time: message.transact_time,
            since: message.since,
            prices,
            last: message.last_price.map(price).transpose()?,
            volume: read_volume(message.volume)?,
            quote_volume: read_volume(message.quote_volume)?,
            trade_count: count,
        })
    }
}

fn inconsistent(reason: String) -> ClientError {
    let message = "Statistics";
    ClientError::Inconsistent { message, reason }
}

/// The statistics of one instrument, as last heard, with their subscription.
///
/// ```no_run
/// use rialto_client::{Connection, Directory, StatisticsFeed};
///
/// # async fn run() -> Result<(), rialto_client::ClientError> {
/// let mut connection = Connection::open("127.0.0.1:7400").await?;
/// let directory = Directory::load(&mut connection).await?;
/// let instrument = directory.by_symbol("BTC-USDT")?;
/// let mut feed = StatisticsFeed::subscribe(&mut connection, instrument).await?;
/// loop {
///     let message = connection.next().await?;
///     if let Some(day) = feed.apply(&message)? {
///         let last = day.last.map(|price| instrument.price_text(price));
///         println!("last {last:?}, volume {} in {} trades", day.volume, day.trade_count);
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StatisticsFeed {
    instrument: ListedInstrument,
    latest: Option<DayStatistics>,
}

impl StatisticsFeed {
    /// Subscribes to the statistics of an instrument. They come out of [`Connection::next`], at once and when
    /// they have changed, and are to be shown to [`StatisticsFeed::apply`].
    ///
    /// # Errors
    /// As [`Connection::subscribe`].
    pub async fn subscribe(
        connection: &mut Connection,
        instrument: &ListedInstrument,
    ) -> Result<Self, ClientError> {
        let id = Some(instrument.id());
        connection.subscribe(Channel::Statistics, id).await?;
        Ok(Self {
            instrument: *instrument,
            latest: None,
        })
    }

    /// Its instrument.
    pub const fn instrument_id(&self) -> InstrumentId {
        self.instrument.id()
    }

    /// The statistics as last heard; `None` before the first message.
    pub const fn latest(&self) -> Option<&DayStatistics> {
        self.latest.as_ref()
    }

    /// Takes note of a message; `None` when it is not about the statistics of this instrument.
    ///
    /// # Errors
    /// [`ClientError::Inconsistent`] when it makes no sense; what was heard before stays.
    pub fn apply(&mut self, message: &Message) -> Result<Option<&DayStatistics>, ClientError> {
        match message {
            Message::Statistics(m) if m.instrument_id == self.instrument.id() => {
                let read = DayStatistics::read(&self.instrument, m)?;
                Ok(Some(self.latest.insert(read)))
            }
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{btc_usdt, number};
    use proptest::prelude::*;

    fn usual() -> Statistics {
        Statistics {
            instrument_id: InstrumentId(1),
            transact_time: Timestamp(9),
            since: Timestamp(3),
            open_price: Some(Decimal(6_000_000_000_000)),
            high_price: Some(Decimal(6_000_200_000_000)),
            low_price: Some(Decimal(5_999_900_000_000)),
            last_price: Some(Decimal(6_000_100_000_000)),
            volume: Scaled {
                mantissa: 150_000_000,
                exponent: -8,
            },
            quote_volume: Scaled {
                mantissa: 90_001,
                exponent: 0,
            },
            trade_count: 3,
            ..Statistics::default()
        }
    }

    #[test]
    fn the_numbers_are_those_of_the_instrument() {
        let day = DayStatistics::read(&btc_usdt(), &usual()).unwrap();
        let prices = day.prices.unwrap();
        assert_eq!(prices.open, Price(6_000_000));
        assert_eq!(prices.high, Price(6_000_200));
        assert_eq!(prices.low, Price(5_999_900));
        assert_eq!(day.last, Some(Price(6_000_100)));
        let volumes = (day.volume.to_string(), day.quote_volume.to_string());
        assert_eq!(volumes, ("1.5".to_owned(), "90001".to_owned()));
        assert_eq!((day.time, day.since), (Timestamp(9), Timestamp(3)));
        assert_eq!(day.trade_count, 3);
    }

    #[test]
    fn a_day_without_trades_has_no_prices_but_the_last() {
        let quiet = Statistics {
            open_price: None,
            high_price: None,
            low_price: None,
            trade_count: 0,
            ..usual()
        };
        let day = DayStatistics::read(&btc_usdt(), &quiet).unwrap();
        assert_eq!(day.prices, None);
        assert_eq!(day.last, Some(Price(6_000_100)));
        let never = Statistics {
            last_price: None,
            ..quiet
        };
        let day = DayStatistics::read(&btc_usdt(), &never).unwrap();
        assert_eq!(day.last, None);
    }

    /// Makes nonsense of a message.
    type Change = fn(&mut Statistics);

    #[test]
    fn what_makes_no_sense_is_an_error_that_says_why() {
        let cases: [(Change, &str); 7] = [
            (|m| m.instrument_id.0 = 2, "instrument 2, not 1"),
            (
                |m| m.last_price = Some(Decimal(6_000_000_000_001)),
                "60000.00000001",
            ),
            (|m| m.high_price = None, "are missing"),
            (
                |m| m.open_price = Some(Decimal(6_000_300_000_000)),
                "the prices",
            ),
            (|m| m.trade_count = 0, "has 0 trades"),
            (|m| m.volume.mantissa = -1, "volume -0.00000001"),
            (|m| m.quote_volume.exponent = 19, "volume 90001e19"),
        ];
        for (change, reason) in cases {
            let mut message = usual();
            change(&mut message);
            let error = DayStatistics::read(&btc_usdt(), &message).unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with("Statistics makes no sense: "), "{text}");
            assert!(text.contains(reason), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_message_makes_it_panic(
            prices in prop::array::uniform4(prop::option::of(number())),
            volumes in prop::array::uniform2((number(), any::<i8>())),
            trade_count in 0_u64..3,
        ) {
            let scaled = |index: usize| Scaled {
                mantissa: volumes[index].0,
                exponent: volumes[index].1,
            };
            let price = |index: usize| prices[index].map(Decimal);
            let message = Statistics {
                instrument_id: InstrumentId(1),
                open_price: price(0),
                high_price: price(1),
                low_price: price(2),
                last_price: price(3),
                volume: scaled(0),
                quote_volume: scaled(1),
                trade_count,
                ..Statistics::default()
            };
            if let Ok(day) = DayStatistics::read(&btc_usdt(), &message) {
                prop_assert_eq!(day.prices.is_some(), trade_count > 0);
            }
        }
    }
}
