//! Records the candles of an instrument: one line of CSV for each that has closed, and how the day went.
//!
//! ```text
//! cargo run -p rialto-client --example candle_recorder -- BTC-USDT 1m [HOST:PORT] > candles.csv
//! ```
//!
//! Lengths are 1s, 1m, 5m, 15m, 1h, 4h and 1d. The exchange's last hundred candles come first. Market data is
//! public, so no key is needed. Ctrl-C ends it with a line about the last 24 hours on stderr.

use std::io::{self, Write};

use anyhow::{Context, Result};
use rialto_client::{
    Candle, CandleFeed, CandleLength, CandleStep, Connection, DayStatistics, Directory,
    ListedInstrument, StatisticsFeed,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let usage = "usage: candle_recorder SYMBOL LENGTH [HOST:PORT]";
    let mut arguments = std::env::args().skip(1);
    let symbol = arguments.next().context(usage)?;
    let length: CandleLength = arguments.next().context(usage)?.parse()?;
    let address = arguments.next();
    let address = address.unwrap_or_else(|| "127.0.0.1:7400".to_owned());

    let mut connection = Connection::open(&address).await?;
    let directory = Directory::load(&mut connection).await?;
    let instrument = directory.by_symbol(&symbol)?;
    let mut day = StatisticsFeed::subscribe(&mut connection, instrument).await?;
    let mut feed = CandleFeed::subscribe(&mut connection, instrument, length).await?;

    let mut out = io::stdout().lock();
    writeln!(
        out,
        "open_time_ns,open,high,low,close,volume,quote_volume,trades"
    )?;
    let mut last = None;
    loop {
        let message = tokio::select! {
            message = connection.next() => message?,
            _ = tokio::signal::ctrl_c() => break,
        };
        day.apply(&message)?;
        match feed.apply(&mut connection, &message).await? {
            CandleStep::Foreign | CandleStep::Waiting => {}
            CandleStep::Resubscribed(reason) => eprintln!("subscribed anew: {reason}"),
            // A snapshot has what was missed, and most of what was not: each is written once.
            CandleStep::Begun | CandleStep::Changed(_) => {
                for candle in feed.series().candles() {
                    if candle.is_closed && Some(candle.open_time) > last {
                        last = Some(candle.open_time);
                        writeln!(out, "{}", line(candle, instrument))?;
                    }
                }
            }
        }
    }
    if let Some(day) = day.latest() {
        eprintln!("{}", summary(day, instrument));
    }
    Ok(connection.close().await?)
}

/// A candle as a line of CSV.
fn line(candle: &Candle, instrument: &ListedInstrument) -> String {
    let prices = [candle.open, candle.high, candle.low, candle.close];
    let prices = prices.map(|price| instrument.price_text(price)).join(",");
    let (begin, volume, trades) = (candle.open_time, candle.volume, candle.trade_count);
    format!("{begin},{prices},{volume},{},{trades}", candle.quote_volume)
}

/// The last 24 hours in words.
fn summary(day: &DayStatistics, instrument: &ListedInstrument) -> String {
    let (volume, base) = (day.volume, instrument.base().symbol);
    let Some(prices) = day.prices else {
        return "no trade in the last 24 hours".to_owned();
    };
    let (low, high) = (
        instrument.price_text(prices.low),
        instrument.price_text(prices.high),
    );
    let count = day.trade_count;
    format!("last 24 hours: {count} trades of {volume} {base}, from {low} to {high}")
}
