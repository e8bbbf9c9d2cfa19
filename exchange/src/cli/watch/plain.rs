//! Plain lines: one for each trade and each change of the best prices, for pipes and logs.
//!
//! Lines go to standard output, the state of the connection to standard error.

use anyhow::Result;
use rialto_client::{ListedInstrument, LocalBook, PriceLevel};
use rialto_protocol::TradeTick;
use rialto_types::{Price, Side, Timestamp};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use super::follow::{Follower, Link, Step};
use super::numbers::Numbers;
use crate::cli::moment;
use crate::cli::output::{Output, OutputOptions, Paint, Report};

/// Prints lines until the reader has gone or the process is told to end.
///
/// # Errors
/// When the instrument is not listed, or standard output cannot be written.
pub(super) async fn run(mut follower: Follower, options: OutputOptions) -> Result<()> {
    let output = Output::new(options);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut best = Best::default();
    loop {
        let arrival = tokio::select! {
            arrival = follower.step() => arrival,
            _ = terminate.recv() => return Ok(()),
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        let step = follower.take(arrival).await?;
        let line = match (step, follower.listed(), follower.book()) {
            (Step::Trade(trade), Some(listed), _) => Some(trade_line(&trade, listed)),
            (Step::Book(time), Some(listed), Some(book)) => best.change(time, listed, book),
            (Step::Connected, ..) => {
                eprintln!("connected to {}", follower.origin());
                best = Best::default();
                None
            }
            (Step::Lost, ..) => {
                if let Link::Away(reason) = follower.link() {
                    eprintln!("not connected, trying again: {reason}");
                }
                None
            }
            _ => None,
        };
        if let Some(line) = line {
            output.show_line(&line)?;
        }
    }
}

/// One line.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Trade {
        time_us: u64,
        symbol: String,
        /// Of the arriving order.
        side: String,
        price: String,
        quantity: String,
        trade_id: u64,
        #[serde(skip)]
        time: Timestamp,
    },
    Book {
        time_us: u64,
        symbol: String,
        bid_price: Option<String>,
        bid_quantity: Option<String>,
        ask_price: Option<String>,
        ask_quantity: Option<String>,
        #[serde(skip)]
        time: Timestamp,
    },
}

impl Report for Line {
    fn text(&self, paint: Paint) -> String {
        match self {
            Self::Trade {
                symbol,
                side,
                price,
                quantity,
                trade_id,
                time,
                ..
            } => {
                let side = match side.as_str() {
                    "buy" => paint.good(side),
                    _ => paint.bad(side),
                };
                let time = moment::text(*time);
                format!("{time} trade {symbol} {side} {price} {quantity} {trade_id}")
            }
            Self::Book {
                symbol,
                bid_price,
                bid_quantity,
                ask_price,
                ask_quantity,
                time,
                ..
            } => {
                let fields = [bid_price, bid_quantity, ask_price, ask_quantity];
                let fields = fields.map(|field| field.as_deref().unwrap_or("-"));
                format!("{} book {symbol} {}", moment::text(*time), fields.join(" "))
            }
        }
    }
}

fn trade_line(trade: &TradeTick, listed: &ListedInstrument) -> Line {
    let numbers = Numbers::of(listed);
    Line::Trade {
        time_us: moment::micros(trade.transact_time),
        symbol: listed.symbol().to_string(),
        side: trade.taker_side.to_string().to_lowercase(),
        price: numbers.price_decimal(trade.price),
        quantity: numbers.qty_decimal(trade.quantity),
        trade_id: trade.trade_id.0,
        time: trade.transact_time,
    }
}

/// The best prices told last.
#[derive(Debug, Default)]
struct Best(Option<[Option<(Price, PriceLevel)>; 2]>);

impl Best {
    /// The line for the best prices, when price or quantity of either has changed.
    fn change(
        &mut self,
        time: Timestamp,
        listed: &ListedInstrument,
        book: &LocalBook,
    ) -> Option<Line> {
        let quantities =
            |level: Option<(Price, PriceLevel)>| level.map(|(price, level)| (price, level.qty));
        let now = [book.best(Side::Buy), book.best(Side::Sell)];
        let before = self.0.replace(now);
        if before.map(|levels| levels.map(quantities)) == Some(now.map(quantities)) {
            return None;
        }
        let numbers = Numbers::of(listed);
        let [bid, ask] = now;
        let price =
            |level: Option<(Price, PriceLevel)>| level.map(|(price, _)| numbers.price(price));
        let qty =
            |level: Option<(Price, PriceLevel)>| level.map(|(_, level)| numbers.qty(level.qty));
        Some(Line::Book {
            time_us: moment::micros(time),
            symbol: listed.symbol().to_string(),
            bid_price: price(bid),
            bid_quantity: qty(bid),
            ask_price: price(ask),
            ask_quantity: qty(ask),
            time,
        })
    }
}

#[cfg(test)]
mod tests {
    use rialto_types::{InstrumentId, TradeId};

    use super::*;
    use crate::cli::testing::{book, btc_usdt};

    const TIME: Timestamp = Timestamp(1_767_225_600_000_000_000);

    #[test]
    fn a_trade_is_a_line() {
        let trade = TradeTick {
            instrument_id: InstrumentId(1),
            transact_time: TIME,
            trade_id: TradeId(17),
            price: "60000.01".parse().unwrap(),
            quantity: "0.5".parse().unwrap(),
            taker_side: Side::Sell.into(),
            ..TradeTick::default()
        };
        let line = trade_line(&trade, &btc_usdt());
        assert_eq!(
            line.text(Paint::PLAIN),
            "2026-01-01T00:00:00.000000Z trade BTC-USDT sell 60000.01 0.5000 17"
        );
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            r#"{"type":"trade","time_us":1767225600000000,"symbol":"BTC-USDT","side":"sell","price":"60000.01","quantity":"0.5000","trade_id":17}"#
        );
    }

    #[test]
    fn the_best_prices_are_told_when_they_change() {
        let listed = btc_usdt();
        let mut best = Best::default();
        let mut told = |levels: &[(Side, &str, &str)]| {
            let line = best.change(TIME, &listed, &book(levels))?;
            Some(line.text(Paint::PLAIN)["2026-01-01T00:00:00.000000Z ".len()..].to_owned())
        };
        assert_eq!(told(&[]).unwrap(), "book BTC-USDT - - - -");
        assert_eq!(told(&[]), None);
        let bid = (Side::Buy, "59999.99", "1.5");
        assert_eq!(told(&[bid]).unwrap(), "book BTC-USDT 59999.99 1.5000 - -");
        let deeper = (Side::Buy, "59999", "7");
        assert_eq!(told(&[bid, deeper]), None, "the best prices are the same");
        let ask = (Side::Sell, "60000", "2");
        assert_eq!(
            told(&[bid, ask]).unwrap(),
            "book BTC-USDT 59999.99 1.5000 60000.00 2.0000"
        );
    }
}
