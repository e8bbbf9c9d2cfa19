//! Protects a position: sells it at the market should the price fall to a stop.
//!
//! ```text
//! cargo run -p rialto-client --example stop_loss -- KEYS.json ACCOUNT BTC-USDT QTY STOP [HOST:PORT]
//! ```
//!
//! The stop waits at the exchange, so it works also when this program is gone; the program only tells what
//! becomes of it. Ctrl-C leaves the stop where it is and says how to find it again.

use anyhow::{Context, Result};
use rialto_client::{ApiKey, Connection, Directory, LogonOptions, order};
use rialto_protocol::{Message, OrderState};
use rialto_types::{AccountId, OrderKind, Side, Size};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let usage = "usage: stop_loss KEYS.json ACCOUNT SYMBOL QTY STOP [HOST:PORT]";
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().context(usage);
    let (keys, account, symbol) = (next()?, next()?.parse().context(usage)?, next()?);
    let (qty, stop) = (next()?, next()?);
    let address = next().unwrap_or_else(|_| "127.0.0.1:7400".to_owned());

    // Listened for from the first wait on, so that none is lost while the order is placed.
    let mut stop_asked = tokio::spawn(tokio::signal::ctrl_c());
    let key = ApiKey::load(keys, Some(AccountId(account)))?;
    let connection = Connection::open(&address).await?;
    let mut session = connection.log_on(&key, LogonOptions::default()).await?;
    let directory = Directory::load(session.connection()).await?;
    let instrument = directory.by_symbol(&symbol)?;
    let kind = OrderKind::StopMarket {
        stop: instrument.price(&stop)?,
        size: Size::Qty(instrument.qty(&qty)?),
    };
    let outcome = session
        .place(order::new(instrument, Side::Sell, kind))
        .await?;
    let id = outcome.order_id().context("an accepted order has an id")?;
    println!("order {id} waits: sells {qty} should {symbol} trade at {stop} or below");

    loop {
        let message = tokio::select! {
            message = session.next() => message?,
            _ = &mut stop_asked => {
                println!("order {id} still waits");
                return Ok(session.log_out().await?);
            }
        };
        let Message::ExecutionReport(report) = message else {
            continue;
        };
        if report.order_id != Some(id) {
            continue;
        }
        let state = report.order_status.unwrap_or_default();
        match (report.last_quantity, report.last_price) {
            (Some(qty), Some(price)) => println!("{}: {qty} at {price}, {state}", report.exec_type),
            _ => println!("{}: {state}", report.exec_type),
        }
        let is_over = matches!(
            state.known(),
            Some(OrderState::Filled | OrderState::Cancelled | OrderState::Expired)
        );
        if is_over {
            return Ok(session.log_out().await?);
        }
    }
}
