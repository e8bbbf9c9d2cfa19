//! What an exchange made of a replay, as its reports tell it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use rialto_types::{Qty, TradeId};

use super::flow::FileOrder;
use super::plain_book::Pick;

/// A kind of request, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Request {
    /// A limit order.
    Submission,
    /// A replace.
    Reduction,
    /// A cancel.
    Deletion,
    /// An immediate-or-cancel order.
    Execution,
}

impl Request {
    /// Its name, in the plural.
    pub(crate) const fn plural(self) -> &'static str {
        match self {
            Self::Submission => "submissions",
            Self::Reduction => "reductions",
            Self::Deletion => "deletions",
            Self::Execution => "executions",
        }
    }
}

/// Everything that was counted.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Requests sent.
    pub(crate) sent: u64,
    /// Orders accepted.
    pub(crate) accepted: u64,
    /// Orders replaced.
    pub(crate) replaced: u64,
    /// Orders cancelled on request.
    pub(crate) cancelled: u64,
    /// Trades.
    pub(crate) trades: u64,
    /// Lots traded.
    pub(crate) traded: Qty,
    /// Requests refused, by kind and reason.
    pub(crate) refusals: BTreeMap<(Request, String), u64>,
    /// The trades of each execution, in the order of the plan.
    pub(crate) executions: Vec<Vec<TradeId>>,
    /// The maker of each trade, as told to the maker.
    makers: HashMap<TradeId, Pick>,
    /// Trades that the taker was told of and the maker not yet.
    unmatched: HashSet<TradeId>,
    /// From the first request to the last report.
    pub(crate) elapsed: Duration,
}

impl Outcome {
    /// A request was refused.
    pub(crate) fn refuse(&mut self, request: Request, reason: String) {
        *self.refusals.entry((request, reason)).or_default() += 1;
    }

    /// The taker was told of a trade of the present execution.
    pub(crate) fn taker_fill(&mut self, trade: TradeId) {
        if let Some(execution) = self.executions.last_mut() {
            execution.push(trade);
        }
        if !self.makers.contains_key(&trade) {
            self.unmatched.insert(trade);
        }
    }

    /// The maker was told of a trade.
    pub(crate) fn maker_fill(&mut self, trade: TradeId, maker: FileOrder, qty: Qty) {
        self.trades += 1;
        self.traded.0 = self.traded.0.saturating_add(qty.0);
        self.makers.insert(trade, Pick { maker, qty });
        self.unmatched.remove(&trade);
    }

    /// Whether both sides of every trade have been told.
    pub(crate) fn is_complete(&self) -> bool {
        self.unmatched.is_empty()
    }

    /// The makers that each execution met, in the order of the plan.
    pub(crate) fn picks(&self) -> impl Iterator<Item = Vec<Pick>> {
        let maker = |trade| self.makers.get(trade).copied();
        let executions = self.executions.iter();
        executions.map(move |trades| trades.iter().filter_map(maker).collect())
    }
}
