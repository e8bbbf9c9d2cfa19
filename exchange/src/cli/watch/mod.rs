//! `rialto watch`: the book and the trades of an instrument, live.
//!
//! ```text
//! gateway ── market data ──► Follower ──► Screen (a terminal) or plain lines (a pipe)
//! ```
//!
//! Market data is public, so no key is needed. [`follow`] connects, keeps the book whole and connects
//! again when it was lost; [`render`] is a pure function from what is known to the cells of a terminal;
//! [`screen`] joins both with the keyboard.

mod depth;
mod follow;
mod keyboard;
mod meter;
mod numbers;
mod plain;
mod render;
mod screen;

use std::io::{self, IsTerminal};

use anyhow::Result;
use clap::Args;

use self::follow::Follower;
use super::connect::{AddressOption, block_on};
use super::output::{Ending, OutputOptions};

const EXAMPLES: &str =
    "Keys: q or Esc quits, Tab shows the next instrument, + and - (or the arrows) \
                        change the number of levels, 0 fits them to the window.

Examples:
  rialto watch BTC-USDT
  rialto watch BTC-USDT --plain | grep trade
  rialto watch BTC-USDT --json | jq 'select(.type == \"trade\")'

Plain lines:
  TIME trade SYMBOL SIDE PRICE QTY TRADE_ID     the side of the arriving order
  TIME book SYMBOL BID BID_QTY ASK ASK_QTY      whenever the best prices change; - for none";

/// The arguments of `rialto watch`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The instrument, such as BTC-USDT
    symbol: String,
    #[command(flatten)]
    address: AddressOption,
    /// Print a line for each trade and each change of the best prices
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// Shows an instrument until the user has seen enough.
///
/// # Errors
/// When the exchange lists no such instrument, or the terminal cannot be used. That nobody answers, or
/// no longer, is shown and tried again.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending> {
    let follower = Follower::new(
        &arguments.address.address,
        arguments.address.trust()?,
        &arguments.symbol,
    )?;
    let is_plain = arguments.plain || arguments.output.json || !io::stdout().is_terminal();
    if is_plain {
        block_on(plain::run(follower, arguments.output))?;
    } else {
        block_on(screen::run(follower))?;
    }
    Ok(Ending::Done)
}
