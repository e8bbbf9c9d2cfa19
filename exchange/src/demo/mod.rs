//! The demo's traders: a market maker and a taker for each instrument, so that the market moves.
//!
//! They are clients like any other: they connect to the listening address, log on with the keys of the
//! demo's accounts, and know nothing but what the gateway tells them. Whatever ends a session of
//! theirs, they come back after a moment.

mod maker;
mod taker;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rialto_client::{ApiKey, ClientError, Connection, Directory, LogonOptions, Session};
use tokio::task::JoinSet;
use tracing::{debug, info};

use crate::founding::demo_keys_path;

/// The instruments that the demo's traders trade, each with a maker and a taker of its own.
const SYMBOLS: [&str; 3] = ["BTC-USDT", "ETH-USDT", "ETH-BTC"];
/// How long a trader waits before it comes back.
const RETURN_AFTER: Duration = Duration::from_millis(500);

/// A trader's part in the market.
#[derive(Clone, Copy, Debug)]
enum Part {
    Maker,
    Taker,
}

/// Starts the traders. They run until the set is dropped.
///
/// # Errors
/// When the key file of the demo cannot be read or has too few keys.
pub fn start(address: &str, data: &Path) -> Result<JoinSet<()>> {
    let path = demo_keys_path(data);
    let keys = ApiKey::load_all(&path).context("starting the demo's traders")?;
    if keys.len() < 2 * SYMBOLS.len() {
        bail!(
            "{} has {} keys: the demo needs {}",
            path.display(),
            keys.len(),
            2 * SYMBOLS.len()
        );
    }
    let mut traders = JoinSet::new();
    let (makers, takers) = keys.split_at(SYMBOLS.len());
    for (part, keys) in [(Part::Maker, makers), (Part::Taker, takers)] {
        for (symbol, key) in SYMBOLS.into_iter().zip(keys) {
            traders.spawn(trade_for_ever(
                part,
                symbol,
                key.clone(),
                address.to_owned(),
            ));
        }
    }
    Ok(traders)
}

async fn trade_for_ever(part: Part, symbol: &'static str, key: ApiKey, address: String) {
    loop {
        match trade(part, symbol, &key, &address).await {
            Ok(()) => debug!(?part, symbol, "the trader's session ended"),
            Err(error) => info!(?part, symbol, %error, "the trader's session ended"),
        }
        tokio::time::sleep(RETURN_AFTER).await;
    }
}

async fn trade(part: Part, symbol: &str, key: &ApiKey, address: &str) -> Result<(), ClientError> {
    let connection = Connection::open(address).await?;
    let options = LogonOptions {
        cancel_on_disconnect: true,
        ..LogonOptions::default()
    };
    let mut session: Session = connection.log_on(key, options).await?;
    let directory = Directory::load(session.connection()).await?;
    let instrument = directory.by_symbol(symbol)?;
    match part {
        Part::Maker => maker::Maker::new(instrument).run(&mut session).await,
        Part::Taker => taker::run(instrument, &mut session).await,
    }
}
