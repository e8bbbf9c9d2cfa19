//! An order as the command line shows it: one picture of what execution reports and order statuses say.

use rialto_client::Directory;
use rialto_protocol::{
    Code, Coded, Decimal, ExecType, ExecutionReport, OrderFlags, OrderState, OrderStatus,
    OrderType, ReportFlags, Scaled,
};
use rialto_types::{InstrumentId, Side};
use serde::Serialize;

use crate::cli::moment;
use crate::cli::words;

/// An order. Fields that do not apply are `null`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct OrderView {
    pub(super) order_id: Option<u64>,
    pub(super) client_order_id: Option<String>,
    pub(super) symbol: String,
    pub(super) side: Option<String>,
    #[serde(rename = "type")]
    pub(super) order_type: Option<String>,
    pub(super) time_in_force: Option<String>,
    pub(super) post_only: bool,
    pub(super) stp_mode: Option<String>,
    pub(super) price: Option<String>,
    pub(super) stop_price: Option<String>,
    pub(super) quantity: Option<String>,
    pub(super) quote_amount: Option<String>,
    pub(super) expiry_us: Option<u64>,
    pub(super) status: Option<String>,
    pub(super) filled_quantity: Option<String>,
    pub(super) filled_quote: Option<String>,
    pub(super) average_price: Option<String>,
    pub(super) leaves_quantity: Option<String>,
    pub(super) leaves_quote: Option<String>,
    pub(super) accepted_us: Option<u64>,
    /// What follows is for the text only.
    #[serde(skip)]
    base: String,
    #[serde(skip)]
    quote: String,
    #[serde(skip)]
    expiry: Option<rialto_types::Timestamp>,
    #[serde(skip)]
    state: Option<OrderState>,
}

/// The names of an instrument and its assets.
struct Names {
    symbol: String,
    base: String,
    quote: String,
}

impl Names {
    fn of(directory: &Directory, id: Option<InstrumentId>) -> Self {
        match id.and_then(|id| directory.instrument(id)) {
            Some(listed) => Self {
                symbol: listed.symbol().to_string(),
                base: listed.base().symbol.to_string(),
                quote: listed.quote().symbol.to_string(),
            },
            None => Self {
                symbol: id.map_or_else(String::new, |id| format!("instrument {id}")),
                base: "base".to_owned(),
                quote: "quote".to_owned(),
            },
        }
    }
}

/// Builds the view from a message; reports and statuses name these fields alike.
macro_rules! view {
    ($message:ident, $directory:ident, $post_only:expr, $accepted:expr) => {{
        let names = Names::of($directory, $message.instrument_id);
        let client_order_id = &$message.client_order_id;
        OrderView {
            order_id: $message.order_id.map(|id| id.0),
            client_order_id: (!client_order_id.is_none()).then(|| client_order_id.to_string()),
            symbol: names.symbol,
            side: name($message.side),
            order_type: name($message.order_type),
            time_in_force: name($message.time_in_force),
            post_only: $post_only,
            stp_mode: name($message.stp_mode),
            price: $message.price.as_ref().map(Decimal::to_string),
            stop_price: $message.stop_price.as_ref().map(Decimal::to_string),
            quantity: $message.order_quantity.as_ref().map(Decimal::to_string),
            quote_amount: $message.quote_amount.as_ref().map(Decimal::to_string),
            expiry_us: $message.expiry.map(moment::micros),
            status: name($message.order_status),
            filled_quantity: $message.cumulative_quantity.as_ref().map(Scaled::to_string),
            filled_quote: $message.cumulative_quote.as_ref().map(Scaled::to_string),
            average_price: $message.average_price.as_ref().map(Decimal::to_string),
            leaves_quantity: $message.leaves_quantity.as_ref().map(Decimal::to_string),
            leaves_quote: $message.leaves_quote.as_ref().map(Decimal::to_string),
            accepted_us: $accepted,
            base: names.base,
            quote: names.quote,
            expiry: $message.expiry,
            state: $message.order_status.and_then(Code::known),
        }
    }};
}

impl OrderView {
    /// The order that the reports of a command are about, as it stands after the last of them.
    pub(super) fn of_reports(reports: &[ExecutionReport], directory: &Directory) -> Self {
        let last = reports.last().expect("a command has at least one report");
        let post_only = last.report_flags.contains(ReportFlags::POST_ONLY);
        let mut new = reports.iter().filter(|it| it.exec_type == ExecType::New);
        let accepted = new
            .next()
            .map(|report| moment::micros(report.transact_time));
        view!(last, directory, post_only, accepted)
    }

    /// An open order.
    pub(super) fn of_status(status: &OrderStatus, directory: &Directory) -> Self {
        let post_only = status.order_flags.contains(OrderFlags::POST_ONLY);
        let accepted = status.accepted_time.map(moment::micros);
        view!(status, directory, post_only, accepted)
    }

    /// Where it stands, if this version knows the state.
    pub(super) const fn state(&self) -> Option<OrderState> {
        self.state
    }

    /// The symbol of the base asset.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// The symbol of the quote asset.
    pub(super) fn quote(&self) -> &str {
        &self.quote
    }

    /// Whether it buys; `false` also when the exchange does not say.
    pub(super) fn is_buy(&self) -> bool {
        self.side.as_deref() == Some(Side::Buy.name())
    }

    /// The order's name for people: `order 17` or `order 17 (mine)`.
    pub(super) fn name(&self) -> String {
        let id = self
            .order_id
            .map_or_else(String::new, |id| format!(" {id}"));
        match &self.client_order_id {
            Some(own) => format!("order{id} ({own})"),
            None => format!("order{id}"),
        }
    }

    /// What it wants: `buy 0.5 BTC at 60000.01 gtc`.
    pub(super) fn terms(&self) -> String {
        let verb = self.side.as_deref().map_or("", side_word);
        let how_much = match (&self.quantity, &self.quote_amount) {
            (Some(quantity), _) => format!("{quantity} {}", self.base),
            (None, Some(amount)) => format!("for {amount} {}", self.quote),
            (None, None) => "?".to_owned(),
        };
        let price = match &self.price {
            Some(price) => format!("at {price}"),
            None => "at market".to_owned(),
        };
        let trigger = match &self.stop_price {
            Some(stop) => {
                let direction = if self.is_buy() { "above" } else { "below" };
                format!(" once a trade is at or {direction} {stop}")
            }
            None => String::new(),
        };
        let stay = match self.order_type.as_deref() {
            Some(kind) if kind == OrderType::Market.name() => String::new(),
            _ => self.stay(),
        };
        format!("{verb} {how_much} {price}{trigger}{stay}")
    }

    /// How long it stays, with a blank before it.
    pub(super) fn stay(&self) -> String {
        let tif = self.time_in_force.as_deref().map(words);
        let until = self
            .expiry
            .map(|expiry| format!(" until {}", moment::seconds_text(expiry)));
        let post_only = if self.post_only { ", post-only" } else { "" };
        let tif = tif.map_or_else(String::new, |tif| format!(" {tif}"));
        format!("{tif}{}{post_only}", until.unwrap_or_default())
    }
}

/// The name of a code in the schema.
pub(super) fn name<E: Coded>(code: Option<Code<E>>) -> Option<String> {
    code.map(|code| code.to_string())
}

fn side_word(side: &str) -> &str {
    match side {
        "Buy" => "buy",
        "Sell" => "sell",
        other => other,
    }
}
