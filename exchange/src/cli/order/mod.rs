//! `rialto order`: placing, changing and looking at orders by hand.
//!
//! One session for each command: log on, ask, print, log out. Prints what became of the order in the
//! command that placed it; what happens to it later is told by `rialto order status`.

mod listing;
mod outcome;
mod terms;
mod view;

use anyhow::Result;
use clap::{Args, Subcommand};
use rialto_client::order;
use rialto_types::{AccountId, OrderRef, Side};

pub(super) use listing::{Balances, CancelCount, OpenOrders};
pub(super) use terms::SideArgument;

use self::listing::{NoOrder, OneOrder};
use self::outcome::OrderResult;
use self::terms::{OrderName, Placement};
use super::connect::{AddressOption, Desk, KeyOption, block_on};
use super::output::{COMMON_OPTIONS, Ending, Output, OutputOptions};

const EXAMPLES: &str = "Examples:
  export RIALTO_KEY=rialto-data/demo-keys.json
  rialto order --account 8 balances
  rialto order --account 8 buy BTC-USDT 0.5 --price 60000.01
  rialto order --account 8 sell ETH-USDT 2 market
  rialto order --account 8 buy BTC-USDT market --quote 250
  rialto order --account 8 sell BTC-USDT 0.5 market --stop 55000 --client-id my-stop
  rialto order --account 8 replace BTC-USDT 510 --price 60100 --qty 0.4
  rialto order --account 8 cancel BTC-USDT --client-id my-stop

Exit status: 0 done, 1 refused by the exchange, 2 anything else.";

const PLACE_EXAMPLES: &str = "Examples, for a buy:
  BTC-USDT 0.5 --price 60000.01               a limit order
  BTC-USDT 0.5 --price 60000.01 --post-only   the same, refused rather than trade at once
  BTC-USDT 0.5 market                         a market order, by quantity
  BTC-USDT market --quote 250                 a market order, for so much of the quote asset
  BTC-USDT 0.5 market --stop 61000            waits until a trade is at or above 61000
  BTC-USDT 0.5 --price 61500 --stop 61000     the same, then at 61500 or better";

/// The arguments of `rialto order`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    address: AddressOption,
    #[command(flatten)]
    key: KeyOption,
    /// Whose key, when the file holds several
    #[arg(long, global = true, help_heading = COMMON_OPTIONS, value_name = "N")]
    account: Option<u32>,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Place an order that buys the base asset
    #[command(after_help = PLACE_EXAMPLES)]
    Buy(Placement),
    /// Place an order that sells the base asset
    #[command(after_help = PLACE_EXAMPLES)]
    Sell(Placement),
    /// Cancel one open order
    Cancel {
        /// The order's instrument
        symbol: String,
        #[command(flatten)]
        order: OrderName,
    },
    /// Change price and total quantity of an open limit or stop-limit order
    Replace(Replacement),
    /// Cancel all open orders of the account, or those of one instrument or side
    CancelAll {
        /// Only this instrument's
        #[arg(long)]
        symbol: Option<String>,
        /// Only this side's
        #[arg(long, value_enum)]
        side: Option<SideArgument>,
    },
    /// List the open orders of the account
    List {
        /// Only this instrument's
        #[arg(long)]
        symbol: Option<String>,
    },
    /// Show how an open order stands
    Status(OrderName),
    /// Show the balances of the account
    Balances,
}

/// A replace on the command line.
#[derive(Args, Debug)]
struct Replacement {
    /// The order's instrument
    symbol: String,
    #[command(flatten)]
    order: OrderName,
    /// The new limit price
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true)]
    price: String,
    /// The new total quantity, what is filled already included
    #[arg(long, value_name = "QTY", allow_negative_numbers = true)]
    qty: String,
}

/// Carries out one command.
///
/// # Errors
/// When the exchange refuses it or cannot be reached.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending> {
    let key = arguments.key.load(arguments.account.map(AccountId))?;
    let output = Output::new(arguments.output);
    block_on(async {
        let mut desk = Desk::open(&arguments.address, &key).await?;
        let ending = act(&mut desk, &arguments.action, output).await;
        desk.close().await;
        ending
    })
}

async fn act(desk: &mut Desk, action: &Action, output: Output) -> Result<Ending> {
    match action {
        Action::Buy(placement) => place(desk, Side::Buy, placement, output).await?,
        Action::Sell(placement) => place(desk, Side::Sell, placement, output).await?,
        Action::Cancel { symbol, order } => {
            let instrument = desk.instrument(symbol)?;
            let request = order::cancel(instrument.id(), order.reference()?);
            let report = desk.session.cancel(request).await?;
            output.show(&OrderResult::cancelled(&report, &desk.directory))?;
        }
        Action::Replace(replacement) => replace(desk, replacement, output).await?,
        Action::CancelAll { symbol, side } => {
            let instrument = symbol.as_deref().map(|symbol| desk.instrument(symbol));
            let instrument = instrument.transpose()?.map(|listed| listed.id());
            let request = order::mass_cancel(instrument, side.map(Into::into));
            let cancelled = desk.session.mass_cancel(request).await?;
            output.show(&CancelCount { cancelled })?;
        }
        Action::List { symbol } => {
            let instrument = symbol.as_deref().map(|symbol| desk.instrument(symbol));
            let instrument = instrument.transpose()?.map(|listed| listed.id());
            let orders = desk.session.open_orders(instrument, None).await?;
            output.show(&OpenOrders::new(&orders, &desk.directory))?;
        }
        Action::Status(order) => return status(desk, order.reference()?, output).await,
        Action::Balances => {
            let balances = desk.session.balances(None).await?;
            let account = desk.session.account().0;
            output.show(&Balances::new(account, &balances, &desk.directory))?;
        }
    }
    Ok(Ending::Done)
}

async fn place(desk: &mut Desk, side: Side, placement: &Placement, output: Output) -> Result<()> {
    let instrument = desk.instrument(&placement.symbol)?;
    let order = placement.order(side, &instrument, desk.server_time())?;
    let outcome = desk.session.place(order).await?;
    output.show(&OrderResult::placed(outcome.reports(), &desk.directory))
}

async fn replace(desk: &mut Desk, replacement: &Replacement, output: Output) -> Result<()> {
    let instrument = desk.instrument(&replacement.symbol)?;
    let price = instrument.price(&replacement.price)?;
    let qty = instrument.qty(&replacement.qty)?;
    let request = order::replace(&instrument, replacement.order.reference()?, price, qty);
    let outcome = desk.session.replace(request).await?;
    output.show(&OrderResult::replaced(outcome.reports(), &desk.directory))
}

async fn status(desk: &mut Desk, order: OrderRef, output: Output) -> Result<Ending> {
    if let Some(status) = desk.session.order_status(order).await? {
        output.show(&OneOrder::new(&status, &desk.directory))?;
        return Ok(Ending::Done);
    }
    let name = match order {
        OrderRef::Id(id) => id.to_string(),
        OrderRef::Client(id) => id.to_string(),
    };
    output.show(&NoOrder::new(name))?;
    Ok(Ending::Refused)
}
