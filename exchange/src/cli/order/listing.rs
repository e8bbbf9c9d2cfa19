//! What there is: open orders and balances of an account.

use rialto_client::Directory;
use rialto_protocol::{Balance, OrderStatus, convert};
use serde::Serialize;

use super::outcome::asset_name;
use super::view::OrderView;
use crate::cli::output::{Paint, Report};
use crate::cli::table::{Align, Table};
use crate::cli::{moment, words};

/// Open orders.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct OpenOrders {
    orders: Vec<OrderView>,
}

impl OpenOrders {
    /// Orders as the exchange listed them, oldest first.
    pub(crate) fn new(orders: &[OrderStatus], directory: &Directory) -> Self {
        let mut orders: Vec<OrderView> = orders
            .iter()
            .map(|status| OrderView::of_status(status, directory))
            .collect();
        orders.sort_by_key(|order| order.order_id);
        Self { orders }
    }
}

impl Report for OpenOrders {
    fn text(&self, paint: Paint) -> String {
        if self.orders.is_empty() {
            return paint.faint("no open orders");
        }
        let mut table = Table::new([
            ("order", Align::Right),
            ("symbol", Align::Left),
            ("side", Align::Left),
            ("type", Align::Left),
            ("price", Align::Right),
            ("stop", Align::Right),
            ("quantity", Align::Right),
            ("filled", Align::Right),
            ("in force", Align::Left),
            ("since (UTC)", Align::Left),
            ("client id", Align::Left),
        ]);
        for order in &self.orders {
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            let lower = |field: &Option<String>| field.as_deref().map_or_else(String::new, words);
            let since = order.accepted_us.map_or_else(String::new, |micros| {
                moment::seconds_text(rialto_types::Timestamp(micros.saturating_mul(1_000)))
            });
            let quantity = match (&order.quantity, &order.quote_amount) {
                (None, Some(amount)) => format!("for {amount} {}", order.quote()),
                (quantity, _) => text(quantity),
            };
            table.push([
                order.order_id.unwrap_or_default().to_string(),
                order.symbol.clone(),
                lower(&order.side),
                lower(&order.order_type),
                text(&order.price),
                text(&order.stop_price),
                quantity,
                text(&order.filled_quantity),
                order.stay().trim_start().to_owned(),
                since,
                text(&order.client_order_id),
            ]);
        }
        table.text()
    }
}

/// One open order.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct OneOrder(OrderView);

impl OneOrder {
    /// An order that the exchange found.
    pub(crate) fn new(status: &OrderStatus, directory: &Directory) -> Self {
        Self(OrderView::of_status(status, directory))
    }
}

impl Report for OneOrder {
    fn text(&self, paint: Paint) -> String {
        let order = &self.0;
        let state = order.status.as_deref().map_or_else(String::new, words);
        let filled = order.filled_quantity.as_deref().unwrap_or("0");
        let left = match (&order.leaves_quantity, &order.leaves_quote) {
            (Some(qty), _) => format!("{qty} {}", order.base()),
            (None, amount) => format!("{} {}", amount.as_deref().unwrap_or("?"), order.quote()),
        };
        let average = match &order.average_price {
            Some(price) => format!(" at {price} on average"),
            None => String::new(),
        };
        format!(
            "{} in {}: {}\n{}: {filled} {} filled{average}, {left} open",
            paint.strong(&order.name()),
            order.symbol,
            order.terms(),
            paint.strong(&state),
            order.base(),
        )
    }
}

/// That an order is not open.
#[derive(Debug, Serialize)]
pub(crate) struct NoOrder {
    result: &'static str,
    order: String,
}

impl NoOrder {
    /// The order that was asked for.
    pub(crate) fn new(order: String) -> Self {
        let result = "not open";
        Self { result, order }
    }
}

impl Report for NoOrder {
    fn text(&self, _: Paint) -> String {
        format!(
            "the account has no open order {}: it is filled, cancelled, or never was",
            self.order
        )
    }
}

/// How many orders were cancelled.
#[derive(Debug, Serialize)]
pub(crate) struct CancelCount {
    /// How many.
    pub(crate) cancelled: u32,
}

impl Report for CancelCount {
    fn text(&self, paint: Paint) -> String {
        match self.cancelled {
            0 => "no open orders to cancel".to_owned(),
            1 => format!("{} 1 order", paint.good("cancelled")),
            count => format!("{} {count} orders", paint.good("cancelled")),
        }
    }
}

/// Balances of an account.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Balances {
    account: u32,
    balances: Vec<BalanceView>,
}

#[derive(Clone, Debug, Serialize)]
struct BalanceView {
    asset: String,
    available: String,
    held: String,
    total: String,
}

impl Balances {
    /// Balances as the exchange listed them.
    pub(crate) fn new(account: u32, balances: &[Balance], directory: &Directory) -> Self {
        let balances = balances.iter();
        let balances = balances.map(|balance| BalanceView {
            asset: asset_name(balance.asset_id, directory),
            available: balance.available.to_string(),
            held: balance.held.to_string(),
            total: total(balance, directory).unwrap_or_default(),
        });
        Self {
            account,
            balances: balances.collect(),
        }
    }

    /// In one line: `1.5 BTC, 100 USDT (20 held)`.
    pub(crate) fn line(&self) -> String {
        let texts = self.balances.iter().map(|balance| {
            let BalanceView {
                asset, held, total, ..
            } = balance;
            match held.as_str() {
                "0" => format!("{total} {asset}"),
                _ => format!("{total} {asset} ({held} held)"),
            }
        });
        texts.collect::<Vec<_>>().join(", ")
    }

    /// As a table.
    pub(crate) fn table(&self) -> String {
        let mut table = Table::new([
            ("asset", Align::Left),
            ("available", Align::Right),
            ("held", Align::Right),
            ("total", Align::Right),
        ]);
        for balance in &self.balances {
            let BalanceView {
                asset,
                available,
                held,
                total,
            } = balance.clone();
            table.push([asset, available, held, total]);
        }
        table.text()
    }

    /// Whether the account never had anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.balances.is_empty()
    }
}

impl Report for Balances {
    fn text(&self, paint: Paint) -> String {
        if self.is_empty() {
            return format!("account {} has no balances", self.account);
        }
        let head = paint.strong(&format!("account {}", self.account));
        format!("{head}\n{}", self.table())
    }
}

/// Available and held together.
fn total(balance: &Balance, directory: &Directory) -> Option<String> {
    let asset = directory.asset(balance.asset_id)?;
    let available = convert::signed_amount(asset, balance.available).ok()?;
    let held = convert::signed_amount(asset, balance.held).ok()?;
    let total = convert::amount_scaled(asset, available.checked_add(held)?);
    Some(total.to_string())
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
