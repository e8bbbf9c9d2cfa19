//! The terms of an order as flags, and the order that they mean.
//!
//! Terms that contradict each other are refused here, in the words of the command line; prices and sizes
//! must lie on the instrument's grid. What the market allows is for the exchange to say.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use rialto_client::{ListedInstrument, order};
use rialto_protocol::NewOrder;
use rialto_types::{
    ClientOrderId, OrderId, OrderKind, OrderRef, Price, Side, Size, StpMode, TimeInForce, Timestamp,
};

use crate::cli::moment::Expiry;

/// What stands in the place of a price, or of a quantity with `--quote`.
const MARKET: &str = "market";

/// An order on the command line.
#[derive(Args, Debug, Default)]
pub(crate) struct Placement {
    /// The instrument, such as BTC-USDT
    pub(super) symbol: String,
    /// How much of the base asset
    #[arg(value_name = "QTY", allow_negative_numbers = true)]
    qty: Option<String>,
    /// Trade at once at whatever price the book has, within the collar
    #[arg(value_name = "market", value_parser = [MARKET], hide_possible_values = true)]
    market: Option<String>,
    /// The worst acceptable price
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true)]
    price: Option<String>,
    /// Instead of QTY: how much of the quote asset to spend or to bring in, at market
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    quote: Option<String>,
    /// Wait until a trade reaches this price
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true)]
    stop: Option<String>,
    /// How long it stays [default: gtc, or gtd with --expires]
    #[arg(long, value_enum)]
    tif: Option<TifArgument>,
    /// When it expires: 2026-01-01T00:00:00Z, or 30m from now
    #[arg(long, value_name = "WHEN", value_parser = Expiry::parse)]
    expires: Option<Expiry>,
    /// Refuse it rather than trade at once
    #[arg(long)]
    post_only: bool,
    /// What happens when it meets an order of the same account [default: cancel-taker]
    #[arg(long, value_enum, value_name = "MODE")]
    stp: Option<StpArgument>,
    /// A name for it, unique among the account's open orders
    #[arg(long, value_name = "ID", value_parser = client_order_id)]
    client_id: Option<ClientOrderId>,
}

/// An open order on the command line: by either of its ids.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct OrderName {
    /// The order's id
    #[arg(value_name = "ID")]
    id: Option<u64>,
    /// The name that it was given with --client-id
    #[arg(long, value_name = "ID", value_parser = client_order_id)]
    client_id: Option<ClientOrderId>,
}

impl OrderName {
    /// The order meant.
    ///
    /// # Errors
    /// When neither id is given, which the parser has ruled out.
    pub(super) fn reference(&self) -> Result<OrderRef> {
        match (self.id, self.client_id) {
            (Some(id), _) => Ok(OrderRef::Id(OrderId(id))),
            (None, Some(id)) => Ok(OrderRef::Client(id)),
            (None, None) => bail!("say which order: its ID, or --client-id"),
        }
    }
}

/// A side on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SideArgument {
    /// Bids
    Buy,
    /// Asks
    Sell,
}

impl From<SideArgument> for Side {
    fn from(side: SideArgument) -> Self {
        match side {
            SideArgument::Buy => Self::Buy,
            SideArgument::Sell => Self::Sell,
        }
    }
}

/// A time in force on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TifArgument {
    /// Good till cancelled
    Gtc,
    /// Immediate or cancel: trades what it can, the rest is cancelled
    Ioc,
    /// Fill or kill: trades all of it at once or nothing
    Fok,
    /// Good till date: with --expires
    Gtd,
}

/// A mode of self-trade prevention on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StpArgument {
    /// They trade
    None,
    /// What is left of this order is cancelled
    CancelTaker,
    /// The resting order is cancelled
    CancelMaker,
    /// Both are cancelled
    CancelBoth,
    /// Both are reduced by the smaller quantity
    Decrement,
}

impl From<StpArgument> for StpMode {
    fn from(mode: StpArgument) -> Self {
        match mode {
            StpArgument::None => Self::None,
            StpArgument::CancelTaker => Self::CancelTaker,
            StpArgument::CancelMaker => Self::CancelMaker,
            StpArgument::CancelBoth => Self::CancelBoth,
            StpArgument::Decrement => Self::Decrement,
        }
    }
}

fn client_order_id(text: &str) -> Result<ClientOrderId, String> {
    ClientOrderId::new(text).map_err(|error| error.to_string())
}

impl Placement {
    /// The order meant. `now` is the exchange's time, which spans count from.
    ///
    /// # Errors
    /// When terms are missing or exclude each other, or a number is not one of this instrument.
    pub(super) fn order(
        &self,
        side: Side,
        instrument: &ListedInstrument,
        now: Timestamp,
    ) -> Result<NewOrder> {
        let kind = self.kind(instrument, now)?;
        let mut order = order::new(instrument, side, kind);
        if let Some(mode) = self.stp {
            order = order::with_stp(order, mode.into());
        }
        Ok(match self.client_id {
            Some(id) => order::named(order, id),
            None => order,
        })
    }

    fn kind(&self, instrument: &ListedInstrument, now: Timestamp) -> Result<OrderKind> {
        let number = |text: &Option<String>| -> Result<Option<Price>> {
            let text = text.as_deref();
            Ok(text.map(|text| instrument.price(text)).transpose()?)
        };
        let (price, stop) = (number(&self.price)?, number(&self.stop)?);
        match (price, self.is_market()) {
            (Some(_), true) => bail!(
                "--price makes a limit order, `{MARKET}` and --quote a market order: choose one"
            ),
            (None, false) => bail!("say --price PRICE for a limit order, or `{MARKET}` after QTY"),
            (Some(price), false) => self.limit(instrument, price, stop, now),
            (None, true) => self.market(instrument, stop),
        }
    }

    fn is_market(&self) -> bool {
        self.market.is_some() || self.qty.as_deref() == Some(MARKET) || self.quote.is_some()
    }

    fn limit(
        &self,
        instrument: &ListedInstrument,
        price: Price,
        stop: Option<Price>,
        now: Timestamp,
    ) -> Result<OrderKind> {
        let Some(qty) = &self.qty else {
            bail!("say how much: QTY stands after the symbol");
        };
        let qty = instrument.qty(qty)?;
        let tif = self.time_in_force(now)?;
        let post_only = self.post_only;
        if post_only && !tif.rests() {
            bail!("--post-only goes only with --tif gtc or gtd: others never rest");
        }
        if let Some(stop) = stop {
            if post_only {
                bail!("--post-only does not go with --stop");
            }
            return Ok(OrderKind::StopLimit {
                stop,
                price,
                qty,
                tif,
            });
        }
        Ok(OrderKind::Limit {
            price,
            qty,
            tif,
            post_only,
        })
    }

    fn market(&self, instrument: &ListedInstrument, stop: Option<Price>) -> Result<OrderKind> {
        if self.post_only {
            bail!("--post-only does not go with a market order, which always trades at once");
        }
        if self.tif.is_some() || self.expires.is_some() {
            bail!("--tif and --expires go only with --price: a market order does not stay");
        }
        let qty = self.qty.as_deref().filter(|qty| *qty != MARKET);
        let size = match (qty, &self.quote) {
            (Some(qty), None) => Size::Qty(instrument.qty(qty)?),
            (None, Some(amount)) => Size::Quote(instrument.quote_amount(amount)?),
            (Some(_), Some(_)) => bail!("QTY and --quote both say how much: choose one"),
            (None, None) => bail!("say how much: QTY before `{MARKET}`, or --quote AMOUNT"),
        };
        Ok(match stop {
            Some(stop) => OrderKind::StopMarket { stop, size },
            None => OrderKind::Market { size },
        })
    }

    fn time_in_force(&self, now: Timestamp) -> Result<TimeInForce> {
        match (self.tif, self.expires) {
            (None | Some(TifArgument::Gtd), Some(expiry)) => {
                Ok(TimeInForce::Gtd(expiry.moment(now)))
            }
            (Some(TifArgument::Gtd), None) => bail!("--tif gtd needs --expires"),
            (Some(_), Some(_)) => bail!("--expires goes only with --tif gtd"),
            (None | Some(TifArgument::Gtc), None) => Ok(TimeInForce::Gtc),
            (Some(TifArgument::Ioc), None) => Ok(TimeInForce::Ioc),
            (Some(TifArgument::Fok), None) => Ok(TimeInForce::Fok),
        }
    }
}

#[cfg(test)]
#[path = "terms_tests.rs"]
mod tests;
