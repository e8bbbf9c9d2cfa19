//! Records the order book of an instrument: one line of CSV for each change of its best prices.
//!
//! ```text
//! cargo run -p rialto-client --example book_recorder -- BTC-USDT [HOST:PORT] > book.csv
//! ```
//!
//! Market data is public, so no key is needed. The feed keeps the book whole: should a change ever be
//! missed, it subscribes anew, and a line says so.

use std::io::{self, Write};

use anyhow::{Context, Result, bail};
use rialto_client::{BookFeed, ClientError, Connection, Directory, FeedStep, ListedInstrument};
use rialto_types::Side;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let symbol = arguments
        .next()
        .context("usage: book_recorder SYMBOL [HOST:PORT]")?;
    let address = arguments
        .next()
        .unwrap_or_else(|| "127.0.0.1:7400".to_owned());

    let mut connection = Connection::open(&address).await?;
    let mut directory = Directory::load(&mut connection).await?;
    let instrument = *directory.by_symbol(&symbol)?;
    let mut feed = BookFeed::subscribe(&mut connection, &instrument).await?;

    let mut out = io::stdout().lock();
    writeln!(out, "book_seq,bid_qty,bid,ask,ask_qty")?;
    let mut last = String::new();
    loop {
        let message = match connection.next().await {
            Ok(message) => message,
            Err(ClientError::LoggedOut { reason, text }) => {
                eprintln!("the exchange has ended the session ({reason}): {text}");
                return Ok(());
            }
            Err(error) => bail!(error),
        };
        directory.apply(&message)?;
        match feed.apply(&mut connection, &message).await? {
            FeedStep::Foreign | FeedStep::Waiting | FeedStep::Proven => {}
            FeedStep::Resubscribed(reason) => eprintln!("subscribed anew: {reason}"),
            FeedStep::Changed => {
                let top = top(&feed, &instrument);
                if top != last {
                    let seq = feed.book().book_seq().unwrap_or_default();
                    if let Err(error) = writeln!(out, "{seq},{top}") {
                        // Whoever reads the lines may have seen enough.
                        let is_enough = error.kind() == io::ErrorKind::BrokenPipe;
                        return if is_enough { Ok(()) } else { Err(error.into()) };
                    }
                    last = top;
                }
            }
        }
    }
}

/// The best level of both sides; empty fields where a side is.
fn top(feed: &BookFeed, instrument: &ListedInstrument) -> String {
    let level = |side| {
        let best = feed.book().best(side);
        best.map_or_else(Default::default, |(price, level)| {
            (instrument.price_text(price), instrument.qty_text(level.qty))
        })
    };
    let ((bid, bid_qty), (ask, ask_qty)) = (level(Side::Buy), level(Side::Sell));
    format!("{bid_qty},{bid},{ask},{ask_qty}")
}
