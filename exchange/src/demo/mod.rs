//! The demo's traders: a market maker and a taker for each instrument, so that the market moves.
//!
//! They are clients like any other: they connect to the listening address, log on with the keys of the
//! demo's accounts, and know nothing but what the gateway tells them. Whatever ends a session of
//! theirs, they come back after a moment.

mod maker;
mod taker;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rialto_client::{ApiKey, ClientError, Connection, Directory, LogonOptions, Session, Trust};
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

/// Where the traders trade.
#[derive(Clone, Debug)]
pub struct Venue {
    /// The address that the exchange listens on.
    pub address: SocketAddr,
    /// Its certificate where it speaks TLS. They trust this one and no other, whatever name it is for: the address
    /// is rarely the one that it was made for.
    pub certificate: Option<PathBuf>,
}

impl Venue {
    /// Reads the certificate each time, since it may be renewed.
    async fn connect(&self) -> Result<Connection, ClientError> {
        let address = self.address;
        match &self.certificate {
            None => Connection::open(&address.to_string()).await,
            Some(certificate) => {
                let trust = Trust::exactly(certificate)?;
                Connection::open_trusting(&format!("wss://{address}"), &trust).await
            }
        }
    }
}

/// Starts the traders. They run until the set is dropped.
///
/// # Errors
/// When the key file of the demo cannot be read or has too few keys.
pub fn start(venue: &Venue, data: &Path) -> Result<JoinSet<()>> {
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
            traders.spawn(trade_for_ever(part, symbol, key.clone(), venue.clone()));
        }
    }
    Ok(traders)
}

async fn trade_for_ever(part: Part, symbol: &'static str, key: ApiKey, venue: Venue) {
    loop {
        match trade(part, symbol, &key, &venue).await {
            Ok(()) => debug!(?part, symbol, "the trader's session ended"),
            Err(error) => info!(?part, symbol, %error, "the trader's session ended"),
        }
        tokio::time::sleep(RETURN_AFTER).await;
    }
}

async fn trade(part: Part, symbol: &str, key: &ApiKey, venue: &Venue) -> Result<(), ClientError> {
    let connection = venue.connect().await?;
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
