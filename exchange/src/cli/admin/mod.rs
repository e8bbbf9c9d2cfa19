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
use rialto_types::AccountId;

use self::confirm::Consent;
use super::connect::{AddressOption, Desk, KeyOption, block_on};
use super::output::{Ending, Output, OutputOptions};

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
    #[arg(long, short, global = true)]
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
    consent: Consent,
}

/// Carries out one command.
///
/// # Errors
/// When it is not agreed to, the exchange refuses it, or cannot be reached.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending> {
    let key = arguments.key.load(Some(AccountId::VENUE))?;
    let output = Output::new(arguments.output);
    let consent = Consent::new(arguments.yes);
    block_on(async {
        let mut office = Office {
            desk: Desk::open(&arguments.address, &key).await?,
            output,
            consent,
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
