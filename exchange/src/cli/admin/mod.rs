//! `rialto admin`: everything an operator does to a running exchange.
//!
//! Each command is one session with a key of account 0 that has the permission Admin. Changes are
//! journaled commands like any other; the exchange decides, and its refusals are printed in its words.
//! What cannot be taken back, or stops everybody, is asked about first.

mod accounts;
mod assets;
mod confirm;
mod funds;
mod instruments;
mod keys;
mod listing;
mod stop;

use anyhow::Result;
use clap::{Args, Subcommand};
use rialto_types::{AccountId, KeyId};

use super::connect::{AddressOption, Desk, KeyOption, block_on};
use super::output::{COMMON_OPTIONS, Ending, Output, OutputOptions};

const EXAMPLES: &str = "A venue of your own, from nothing:
  rialto serve &                                            # writes rialto-data/admin-key.json
  export RIALTO_KEY=rialto-data/admin-key.json
  rialto admin asset add BTC --decimals 8
  rialto admin asset add USDT --decimals 6
  rialto admin instrument add BTC-USDT --tick 0.01 --lot 0.0001 --reference-price 60000
  rialto admin account create
  rialto admin key add --account 1 --out trader.json
  rialto admin deposit 1 USDT 100000
  rialto order --key trader.json buy BTC-USDT 0.5 --price 60000

Exit status: 0 done, 1 refused by the exchange, 2 anything else.";

/// The arguments of `rialto admin`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    address: AddressOption,
    #[command(flatten)]
    key: KeyOption,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
    /// Do not ask before what cannot be taken back
    #[arg(long, short, global = true, help_heading = COMMON_OPTIONS)]
    yes: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Assets: what balances are kept in
    #[command(subcommand)]
    Asset(assets::Action),
    /// Instruments: what is traded
    #[command(subcommand)]
    Instrument(instruments::Action),
    /// Accounts: who has balances and orders
    #[command(subcommand)]
    Account(accounts::Action),
    /// API keys: who may act for an account
    #[command(subcommand)]
    Key(keys::Action),
    /// Move funds into an account
    Deposit(funds::Movement),
    /// Move funds out of an account
    Withdraw(funds::Movement),
    /// Move funds by a signed amount: into an account, or out of it when negative
    Transfer(funds::Movement),
    /// Show how far a source of transfers has come
    Source {
        /// Which source
        #[arg(default_value_t = funds::DEFAULT_SOURCE)]
        source: u16,
    },
    /// Cancel open orders of others; without a restriction, all there are
    CancelOrders(stop::Cancellation),
    /// Engage the kill switch: stop trading and cancel everything
    Kill(stop::Scope),
    /// Release the kill switch: allow trading again
    Release(stop::Scope),
}

/// What a command of an administrator works with.
struct Office {
    desk: Desk,
    output: Output,
}

impl Action {
    /// What to ask about first: what cannot be taken back, or stops everybody. `own` is the key that the
    /// operator uses.
    fn warning(&self, own: KeyId) -> Option<String> {
        match self {
            Self::Instrument(action) => action.warning(),
            Self::Key(action) => action.warning(own),
            Self::CancelOrders(cancellation) => cancellation.warning(),
            Self::Kill(scope) => scope.warning(),
            _ => None,
        }
    }
}

/// Carries out one command.
///
/// # Errors
/// When it is not agreed to, the exchange refuses it, or cannot be reached.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending> {
    let key = arguments.key.load(Some(AccountId::VENUE))?;
    let output = Output::new(arguments.output);
    // Before there is a session: nobody answers heartbeats while a person thinks.
    if let Some(warning) = arguments.action.warning(key.key_id())
        && !arguments.yes
    {
        confirm::ask(&warning)?;
    }
    block_on(async {
        let mut office = Office {
            desk: Desk::open(&arguments.address, &key).await?,
            output,
        };
        let done = act(&mut office, &arguments.action).await;
        office.desk.close().await;
        done.map(|()| Ending::Done)
    })
}

async fn act(office: &mut Office, action: &Action) -> Result<()> {
    match action {
        Action::Asset(action) => assets::run(office, action).await,
        Action::Instrument(action) => instruments::run(office, action).await,
        Action::Account(action) => accounts::run(office, action).await,
        Action::Key(action) => keys::run(office, action).await,
        Action::Deposit(movement) => funds::deposit(office, movement).await,
        Action::Withdraw(movement) => funds::withdraw(office, movement).await,
        Action::Transfer(movement) => funds::transfer(office, movement).await,
        Action::Source { source } => funds::source(office, *source).await,
        Action::CancelOrders(cancellation) => stop::cancel_orders(office, cancellation).await,
        Action::Kill(scope) => stop::kill(office, scope).await,
        Action::Release(scope) => stop::release(office, scope).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        action: Action,
    }

    fn warning(line: &str) -> Option<String> {
        let words = std::iter::once("admin").chain(line.split_whitespace());
        Line::parse_from(words).action.warning(KeyId(1))
    }

    #[test]
    fn only_what_cannot_be_taken_back_is_asked_about() {
        for (line, part) in [
            ("kill --venue", "every order of the venue"),
            ("cancel-orders", "all orders, of every account"),
            ("cancel-orders --side buy", "all orders that buy"),
            ("instrument state btc-usdt closed", "closing BTC-USDT"),
            ("key revoke 1", "the one that you are using"),
        ] {
            let warning = warning(line).unwrap_or_default();
            assert!(warning.contains(part), "{line}: {warning}");
        }
        for line in [
            "kill --account 3",
            "release --venue",
            "cancel-orders --account 3",
            "cancel-orders --symbol BTC-USDT",
            "instrument state BTC-USDT halted",
            "key revoke 2",
            "account list",
            "withdraw 1 BTC 5",
        ] {
            assert_eq!(warning(line), None, "{line}");
        }
    }
}
