//! Whether price-time priority picks the maker that the recorded venue picked, and if not, why not.
//!
//! Two questions are asked of each execution. *In the file's own order*: when everything before it
//! happened as recorded, does the executed order stand first? *In true matching*: when every execution is
//! an order that the book matches by its own rules, is the executed order the one maker, for the whole
//! size? There one difference leads to the next: an order that the book passes over stays although the
//! file has it executed.

use rialto_types::Qty;

use super::flow::FileOrder;
use super::plain_book::{Pick, PlainBook};
use super::plan::{Action, Plan, Step};

/// What a plain book says of one execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Foreseen {
    /// The order that stood first in the file's own order.
    pub(crate) first: Option<FileOrder>,
    /// The makers that true matching picks.
    pub(crate) picks: Vec<Pick>,
    /// Why those are not the file's order alone; `None` when they are.
    pub(crate) cause: Option<Cause>,
}

/// Why true matching picks other makers than the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// The executed order has a lower number than the one that stands before it. Numbers ascend, so it
    /// is older than its line: it stood outside of the price levels that the file covers.
    OlderThanItsLine,
    /// The venue passed over an older order, for a reason that the file does not show.
    PassedOver,
    /// An order that the file has executed or deleted already was still there, because an earlier
    /// difference left it.
    Leftover,
    /// The executed order had traded already, in whole or in part, in an earlier difference.
    TradedEarlier,
    /// Anything else.
    Other,
}

impl Cause {
    /// All causes, in the order in which they are told.
    pub(crate) const ALL: [Self; 5] = [
        Self::OlderThanItsLine,
        Self::PassedOver,
        Self::Leftover,
        Self::TradedEarlier,
        Self::Other,
    ];

    /// The cause in words.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::OlderThanItsLine => {
                "the executed order is older than its line (its number is below that of the order before \
                 it): it stood outside of the price levels that the file covers"
            }
            Self::PassedOver => {
                "the venue passed over an older order, for a reason that the file does not show"
            }
            Self::Leftover => {
                "follows from an earlier one: an order that the file had finished was still there"
            }
            Self::TradedEarlier => {
                "follows from an earlier one: the executed order had traded already"
            }
            Self::Other => "another order stood first",
        }
    }
}

/// Asks a plain book both questions about every execution of a plan, in their order.
pub(crate) fn foresee(plan: &Plan) -> Vec<Foreseen> {
    let mut recorded = PlainBook::default();
    let mut matched = PlainBook::default();
    let mut foreseen = Vec::new();
    for step in &plan.steps {
        let order = step.order;
        match step.action {
            Action::Submit { side, price, qty } => {
                recorded.rest(order, side, price, qty);
                matched.submit(order, side, price, qty);
            }
            Action::Reduce { total, .. } => {
                recorded.reduce(order, total);
                matched.reduce(order, total);
            }
            Action::Delete => {
                recorded.delete(order);
                matched.delete(order);
            }
            Action::Execute { taker, price, qty } => {
                let first = recorded.first(taker.opposite());
                let had_traded = matched.filled(order).0 > recorded.filled(order).0;
                let picks = matched.take(taker, price, qty);
                let cause = cause(step, qty, first, &picks, &recorded, had_traded);
                recorded.execute(order, qty);
                foreseen.push(Foreseen {
                    first,
                    picks,
                    cause,
                });
            }
        }
    }
    foreseen
}

/// Whether the file's order is the one maker, for the whole size.
pub(crate) fn agrees(step: &Step, picks: &[Pick]) -> bool {
    let Action::Execute { qty, .. } = step.action else {
        return false;
    };
    let maker = step.order;
    picks == [Pick { maker, qty }]
}

fn cause(
    step: &Step,
    qty: Qty,
    first: Option<FileOrder>,
    picks: &[Pick],
    recorded: &PlainBook,
    had_traded: bool,
) -> Option<Cause> {
    let maker = step.order;
    if picks == [Pick { maker, qty }] {
        return None;
    }
    Some(match first {
        Some(first) if first != maker => own_cause(maker, first),
        _ if picks.iter().any(|pick| !recorded.is_open(pick.maker)) => Cause::Leftover,
        _ if had_traded => Cause::TradedEarlier,
        _ => Cause::Other,
    })
}

/// Why an executed order did not stand first in the file's own order.
pub(crate) fn own_cause(executed: FileOrder, first: FileOrder) -> Cause {
    if executed < first {
        Cause::OlderThanItsLine
    } else {
        Cause::PassedOver
    }
}

#[cfg(test)]
mod tests {
    use super::super::flow;
    use super::*;

    fn foreseen(text: &str) -> Vec<Foreseen> {
        foresee(&Plan::new(&flow::read(text.as_bytes()).unwrap()).unwrap())
    }

    #[test]
    fn an_execution_of_the_first_order_agrees() {
        let seen = foreseen("0,1,1,10,500,1\n0,1,2,10,500,1\n0,4,1,10,500,1\n0,4,2,5,500,1\n");
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(|one| one.cause.is_none()));
        assert_eq!(seen[1].first, Some(FileOrder(2)));
    }

    #[test]
    fn one_difference_leads_to_the_next_and_each_has_its_cause() {
        // The file executes 2 before 1; the book therefore executes 1, and later has 2 left where the
        // file has nothing, and nothing of 1.
        let seen = foreseen(
            "0,1,1,10,500,1\n0,1,2,10,500,1\n0,1,3,10,500,1\n\
             0,4,2,10,500,1\n0,4,1,10,500,1\n0,4,3,10,500,1\n",
        );
        let causes: Vec<_> = seen.iter().map(|one| one.cause).collect();
        assert_eq!(
            causes,
            [Some(Cause::PassedOver), Some(Cause::Leftover), None]
        );
        // The executed order has the lower number: it is older than its line.
        let seen = foreseen("0,1,9,10,500,1\n0,1,2,10,500,1\n0,4,2,4,500,1\n0,4,9,10,500,1\n");
        let causes: Vec<_> = seen.iter().map(|one| one.cause).collect();
        let expected = [Some(Cause::OlderThanItsLine), Some(Cause::TradedEarlier)];
        assert_eq!(causes, expected);
    }
}
