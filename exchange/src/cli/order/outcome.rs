//! What became of a request about an order, in words and numbers.

use rialto_client::Directory;
use rialto_protocol::{
    Code, Decimal, ExecType, ExecutionReport, OrderState, ReportFlags, Scaled, convert,
};
use rialto_types::{Amount, AssetId, CancelReason};
use serde::Serialize;

use super::view::{OrderView, name};
use crate::cli::output::{Paint, Report};
use crate::cli::words;

/// More fills than these are summed up instead of listed.
const FILLS_SHOWN_MAX: usize = 20;

/// An order after the command that placed, replaced or cancelled it.
#[derive(Debug, Serialize)]
pub(crate) struct OrderResult {
    result: &'static str,
    #[serde(flatten)]
    order: OrderView,
    fills: Vec<FillView>,
    fees: Vec<FeeView>,
    cancel_reason: Option<String>,
    /// After a replace: whether the order kept its place among those of its price.
    kept_priority: Option<bool>,
    #[serde(skip)]
    reason: Option<CancelReason>,
    /// What was not filled when the order ended.
    #[serde(skip)]
    rest: Option<String>,
}

#[derive(Debug, Serialize)]
struct FillView {
    trade_id: Option<u64>,
    price: Option<String>,
    quantity: Option<String>,
    liquidity: Option<String>,
    fee: Option<String>,
    fee_asset: Option<String>,
}

#[derive(Debug, Serialize)]
struct FeeView {
    amount: String,
    asset: String,
}

impl OrderResult {
    /// The outcome of placing an order: its reports, at least one.
    pub(super) fn placed(reports: &[ExecutionReport], directory: &Directory) -> Self {
        Self::new("accepted", reports, directory)
    }

    /// The outcome of replacing an order: its reports, at least one.
    pub(super) fn replaced(reports: &[ExecutionReport], directory: &Directory) -> Self {
        let mut result = Self::new("replaced", reports, directory);
        let replaced = reports
            .iter()
            .find(|report| report.exec_type == ExecType::Replaced);
        result.kept_priority =
            replaced.map(|report| report.report_flags.contains(ReportFlags::KEPT_PRIORITY));
        result
    }

    /// The outcome of cancelling an order.
    pub(super) fn cancelled(report: &ExecutionReport, directory: &Directory) -> Self {
        Self::new("cancelled", std::slice::from_ref(report), directory)
    }

    fn new(result: &'static str, reports: &[ExecutionReport], directory: &Directory) -> Self {
        let last = reports.last().expect("an outcome has at least one report");
        let trades = || {
            let reports = reports.iter();
            reports.filter(|report| report.exec_type == ExecType::Trade)
        };
        Self {
            result,
            order: OrderView::of_reports(reports, directory),
            fills: trades()
                .map(|report| FillView::new(report, directory))
                .collect(),
            fees: fees(trades(), directory),
            cancel_reason: name(last.cancel_reason),
            kept_priority: None,
            reason: last.cancel_reason.and_then(Code::known),
            rest: rest(last, directory),
        }
    }

    /// The fills of this command, one a line.
    fn fill_lines(&self) -> Vec<String> {
        let shown = self.fills.iter().take(FILLS_SHOWN_MAX);
        let mut lines: Vec<String> = shown.map(FillView::line).collect();
        let left = self.fills.len().saturating_sub(FILLS_SHOWN_MAX);
        if left > 0 {
            lines.push(format!("  … and {left} more fills"));
        }
        lines
    }

    /// What is filled in all, if anything is.
    fn filled_line(&self, paint: Paint) -> Option<String> {
        let order = &self.order;
        let filled = order.filled_quantity.as_deref().filter(|qty| *qty != "0")?;
        let of = match &order.quantity {
            Some(quantity) if quantity != filled => format!(" of {quantity}"),
            _ => String::new(),
        };
        let average = order.average_price.as_deref().unwrap_or("?");
        let total = order.filled_quote.as_deref().unwrap_or("?");
        let verb = if order.is_buy() { "paid" } else { "brought in" };
        let fees = self.fees.iter();
        let fees = fees.map(|fee| format!(", fee {} {}", fee.amount, fee.asset));
        Some(format!(
            "{} {filled}{of} {} at {average} on average: {verb} {total} {}{}",
            paint.good("filled"),
            order.base(),
            order.quote(),
            fees.collect::<String>(),
        ))
    }

    /// What is left of the order now; nothing when it is filled.
    fn rest_line(&self, paint: Paint) -> Option<String> {
        let order = &self.order;
        let left = match (&order.leaves_quantity, &order.leaves_quote) {
            (Some(qty), _) => format!("{qty} {}", order.base()),
            (None, Some(amount)) => format!("{amount} {}", order.quote()),
            (None, None) => "the rest".to_owned(),
        };
        Some(match order.state()? {
            OrderState::Filled => return None,
            OrderState::New | OrderState::PartiallyFilled => {
                format!("{} {left} in the book", paint.strong("rests"))
            }
            OrderState::Waiting => {
                format!("{} for its trigger, {left}", paint.strong("waits"))
            }
            OrderState::Cancelled | OrderState::Expired => {
                let what = self.rest.as_deref().unwrap_or("the rest");
                let why = self.reason.map_or("no reason given", cancel_phrase);
                format!("{} {what}: {why}", paint.warn("cancelled"))
            }
            OrderState::Rejected => paint.bad("rejected"),
        })
    }

    fn head_line(&self, paint: Paint) -> String {
        let order = &self.order;
        let head = match (self.result, self.kept_priority) {
            ("replaced", Some(true)) => "replaced, it kept its place:",
            ("replaced", _) => "replaced, behind the others of its price:",
            (other, _) => other,
        };
        format!(
            "{} {} in {}: {}",
            paint.good(head),
            order.name(),
            order.symbol,
            order.terms()
        )
    }
}

impl Report for OrderResult {
    fn text(&self, paint: Paint) -> String {
        let mut lines = vec![self.head_line(paint)];
        lines.extend(self.fill_lines());
        lines.extend(self.filled_line(paint));
        lines.extend(self.rest_line(paint));
        lines.join("\n")
    }
}

impl FillView {
    fn new(report: &ExecutionReport, directory: &Directory) -> Self {
        Self {
            trade_id: report.trade_id.map(|id| id.0),
            price: report.last_price.as_ref().map(Decimal::to_string),
            quantity: report.last_quantity.as_ref().map(Decimal::to_string),
            liquidity: name(report.liquidity),
            fee: report.fee_amount.as_ref().map(Scaled::to_string),
            fee_asset: report.fee_asset_id.map(|id| asset_name(id, directory)),
        }
    }

    fn line(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
        let trade = self.trade_id.unwrap_or_default();
        let liquidity = self.liquidity.as_deref().map_or_else(String::new, words);
        let fee = match (&self.fee, &self.fee_asset) {
            (Some(fee), Some(asset)) if fee != "0" => format!(", fee {fee} {asset}"),
            _ => String::new(),
        };
        let (quantity, price) = (part(&self.quantity), part(&self.price));
        format!("  {quantity} at {price} (trade {trade}, {liquidity}{fee})")
    }
}

/// The fees of all trades, summed by asset; zero fees are left out.
fn fees<'a>(
    trades: impl Iterator<Item = &'a ExecutionReport>,
    directory: &Directory,
) -> Vec<FeeView> {
    let mut sums: Vec<(AssetId, Amount)> = Vec::new();
    for report in trades {
        let (Some(id), Some(fee)) = (report.fee_asset_id, report.fee_amount) else {
            continue;
        };
        let units = directory
            .asset(id)
            .and_then(|asset| convert::signed_amount(asset, fee).ok())
            .filter(|units| *units != Amount::ZERO);
        let Some(units) = units else { continue };
        match sums.iter_mut().find(|(known, _)| *known == id) {
            Some((_, sum)) => *sum = sum.checked_add(units).unwrap_or(Amount::MAX),
            None => sums.push((id, units)),
        }
    }
    let sums = sums.into_iter();
    sums.filter_map(|(id, sum)| {
        let asset = directory.asset(id)?;
        Some(FeeView {
            amount: convert::amount_scaled(asset, sum).to_string(),
            asset: asset.symbol.to_string(),
        })
    })
    .collect()
}

/// What was never filled of an order: its size less what is filled.
fn rest(report: &ExecutionReport, directory: &Directory) -> Option<String> {
    let listed = directory.instrument(report.instrument_id?)?;
    let (base, quote) = (listed.base(), listed.quote());
    let difference = |asset, total: Decimal, filled: Option<Scaled>| {
        let total = convert::signed_amount(asset, total.into()).ok()?;
        let filled = convert::signed_amount(asset, filled.unwrap_or_default()).ok()?;
        let rest = convert::amount_scaled(asset, total.checked_sub(filled)?);
        Some(format!("{rest} {}", asset.symbol))
    };
    match (report.order_quantity, report.quote_amount) {
        (Some(total), _) => difference(base, total, report.cumulative_quantity),
        (None, Some(total)) => difference(quote, total, report.cumulative_quote),
        (None, None) => None,
    }
}

/// The symbol of an asset, or its id.
pub(super) fn asset_name(id: AssetId, directory: &Directory) -> String {
    match directory.asset(id) {
        Some(asset) => asset.symbol.to_string(),
        None => format!("asset {id}"),
    }
}

/// Why an order ended, for people.
const fn cancel_phrase(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested | CancelReason::MassCancelled => "as asked",
        CancelReason::ReplacedBelowFilled => "the new quantity is not above what is filled",
        CancelReason::IocRemainder => "the book has no more at this price, and ioc does not wait",
        CancelReason::FokUnfilled => "the book cannot fill all of it, and fok takes no less",
        CancelReason::NoLiquidity => "the book has no more orders to trade with",
        CancelReason::CollarReached => "the next price lies beyond the collar",
        CancelReason::QuoteRemainder => "it pays for no further lot",
        CancelReason::SelfTrade => "it would have traded with an order of the same account",
        CancelReason::Expired => "its time has come",
        CancelReason::KillSwitch => "the kill switch was engaged",
        CancelReason::Disconnected => "its session was lost",
        CancelReason::InstrumentClosed => "the instrument was closed",
        CancelReason::Administrator => "an administrator cancelled it",
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
