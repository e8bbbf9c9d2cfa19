//! The Rust client: how a program trades on Rialto and follows its markets.
//!
//! A [`Connection`] is a binary WebSocket to the exchange's gateway; it is enough for market data. A
//! [`Session`] is a connection that has logged on with an [`ApiKey`] and may trade or administer. Both have
//! two levels. The fast one only encodes into a buffer ([`Session::submit`], [`Connection::queue`]), sends
//! it ([`Connection::flush`]) and hands out what arrives ([`Connection::next`]). On top of it stand calls
//! that wait for the answer that belongs to them ([`Session::place`], [`Session::balances`] and so on); what
//! else arrives meanwhile is kept, in order, for `next`.
//!
//! ```no_run
//! use rialto_client::{ApiKey, Connection, Directory, LogonOptions, order};
//! use rialto_types::Side;
//!
//! # async fn run() -> Result<(), rialto_client::ClientError> {
//! let key = ApiKey::load("demo-keys.json", None)?;
//! let connection = Connection::open("127.0.0.1:7400").await?;
//! let mut session = connection.log_on(&key, LogonOptions::default()).await?;
//! let directory = Directory::load(session.connection()).await?;
//! let instrument = directory.by_symbol("BTC-USDT")?;
//! let (price, qty) = (instrument.price("60000.01")?, instrument.qty("0.5")?);
//! let outcome = session.place(order::limit(instrument, Side::Buy, price, qty)).await?;
//! println!("order {:?} is {}", outcome.order_id(), outcome.state());
//! # Ok(())
//! # }
//! ```
//!
//! A [`BookFeed`] or [`OrderBookFeed`] keeps the book of an instrument, a [`CandleFeed`] its candles of one length,
//! a [`StatisticsFeed`] its last 24 hours, all in the instrument's own ticks and lots.
//!
//! Whole programs stand in `client/examples`: a market maker, a book recorder, a candle recorder, a stop-loss, a
//! drop copy.
//!
//! No thread and no task runs in the background: whoever owns a connection polls it. Heartbeats are sent
//! and answered inside `next`, so a caller that waits for anything else meanwhile puts `next` in its
//! `select!`. Everything that arrives is treated as untrusted: a message that makes no sense is an error,
//! never a panic. Reconnecting is left to the caller, who knows what a lost session means for its orders.

#![forbid(unsafe_code)]

mod address;
mod administration;
mod book;
mod book_error;
mod candle;
mod candles;
mod connection;
mod directory;
mod error;
mod feed;
mod key;
pub mod order;
mod order_book;
mod position;
mod pulse;
mod questions;
mod requests;
mod sequenced;
mod session;
mod statistics;
mod subscription;
#[cfg(test)]
mod testing;
mod tls;

pub use address::{Address, DEFAULT_PORT, ENDPOINT_PATH};
pub use administration::TransferRequest;
pub use book::{BookProgress, LocalBook, PriceLevel};
pub use book_error::BookError;
pub use candle::{Candle, CandleLength, UnknownCandleLength};
pub use candles::{
    CANDLES_KEPT_MAX, CandleError, CandleFeed, CandleProgress, CandleSeries, CandleStep,
};
pub use connection::{Connection, SEND_BYTES_MAX, SET_ASIDE_MAX};
pub use directory::{Directory, ListedInstrument};
pub use error::{Cause, ClientError, Rejection};
pub use feed::{BookFeed, Feed, FeedStep, Followed, OrderBookFeed};
pub use key::{ApiKey, KeyError};
pub use order_book::{OrderBook, RestingOrder};
pub use questions::LIST_ENTRIES_MAX;
pub use requests::OrderOutcome;
pub use sequenced::Sequenced;
pub use session::{LogonOptions, Session};
pub use statistics::{DayPrices, DayStatistics, StatisticsFeed};
pub use tls::Trust;
