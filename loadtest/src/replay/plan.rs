//! What a replay sends: one step for each event of the flow that an exchange can be asked for.
//!
//! A submission becomes a limit order, a reduction a replace with a smaller total, a deletion a cancel, and a
//! visible execution an immediate-or-cancel order of the other side, of its size and at its price. What
//! happened to orders that the file never submitted, because they stood before it begins, is left out, and
//! so are executions of hidden orders.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rialto_types::{Amount, Price, Qty, Side};

use super::flow::{Event, EventKind, FileOrder, FlowError};

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The line of the file that it comes from.
    pub(crate) line: usize,
    /// The order that it is about.
    pub(crate) order: FileOrder,
    /// What to do.
    pub(crate) action: Action,
}

/// What to do with the order of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Place it.
    Submit {
        /// Its side.
        side: Side,
        /// Its limit.
        price: Price,
        /// Its quantity.
        qty: Qty,
    },
    /// Replace it with this total quantity at its old price.
    Reduce {
        /// Its side.
        side: Side,
        /// Its limit.
        price: Price,
        /// The new total, what is filled included.
        total: Qty,
    },
    /// Cancel it.
    Delete,
    /// Send an order that trades with it, if it stands first.
    Execute {
        /// The side of the order that trades with it.
        taker: Side,
        /// At which price.
        price: Price,
        /// How much.
        qty: Qty,
    },
}

/// How many events of each kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// New orders.
    pub(crate) submissions: u64,
    /// Reductions.
    pub(crate) reductions: u64,
    /// Deletions.
    pub(crate) deletions: u64,
    /// Visible executions.
    pub(crate) executions: u64,
    /// Executions of hidden orders.
    pub(crate) hidden: u64,
    /// Everything else.
    pub(crate) other: u64,
}

/// All steps of a replay.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// In the order of the file.
    pub(crate) steps: Vec<Step>,
    /// All events of the file.
    pub(crate) events: Counts,
    /// Those of orders that the file never submitted.
    pub(crate) unknown: Counts,
    /// All submitted quantity: what an account needs at most of the base asset.
    pub(crate) submitted_qty: Qty,
    /// All submitted price × quantity, in cents: what it needs at most of the quote asset.
    pub(crate) submitted_notional: Amount,
}

/// What the plan knows of an order: its terms and its total after all reductions so far.
#[derive(Clone, Copy)]
struct Known {
    side: Side,
    price: Price,
    total: Qty,
}

impl Plan {
    /// Plans the replay of a flow.
    ///
    /// # Errors
    /// At the first line that contradicts an earlier one, and when the sums do not fit.
    pub(crate) fn new(events: &[Event]) -> Result<Self, FlowError> {
        let mut plan = Self::default();
        let mut orders: HashMap<FileOrder, Known> = HashMap::new();
        for event in events {
            let at = |reason: String| FlowError {
                line: event.line,
                reason,
            };
            if let Some(action) = plan.action(event, &mut orders).map_err(at)? {
                let (line, order) = (event.line, event.order);
                plan.steps.push(Step {
                    line,
                    order,
                    action,
                });
            }
        }
        Ok(plan)
    }

    fn action(
        &mut self,
        event: &Event,
        orders: &mut HashMap<FileOrder, Known>,
    ) -> Result<Option<Action>, String> {
        *self.events.of(event.kind) += 1;
        if matches!(event.kind, EventKind::ExecuteHidden | EventKind::Other) {
            return Ok(None);
        }
        let known = match (event.kind, orders.entry(event.order)) {
            (EventKind::Submit, Entry::Vacant(place)) => {
                place.insert(Known {
                    side: event.side,
                    price: event.price,
                    total: event.qty,
                });
                return self.submit(event).map(Some);
            }
            (EventKind::Submit, Entry::Occupied(_)) => {
                return Err(format!(
                    "order {} is submitted a second time",
                    event.order.0
                ));
            }
            (_, Entry::Vacant(_)) => {
                *self.unknown.of(event.kind) += 1;
                return Ok(None);
            }
            (_, Entry::Occupied(place)) => place.into_mut(),
        };
        if (known.side, known.price) != (event.side, event.price) {
            return Err(format!(
                "order {} was submitted at {} ({:?}), here it is at {} ({:?}), in cents",
                event.order.0, known.price, known.side, event.price, event.side
            ));
        }
        Ok(Some(match event.kind {
            EventKind::Reduce => {
                known.total = Qty(known.total.0 - event.qty.0);
                reduction(event, *known)?
            }
            EventKind::Execute => Action::Execute {
                taker: event.side.opposite(),
                price: event.price,
                qty: event.qty,
            },
            _ => Action::Delete,
        }))
    }

    fn submit(&mut self, event: &Event) -> Result<Action, String> {
        let too_much = || "all submissions together are more than can be held".to_owned();
        let notional = event
            .price
            .0
            .checked_mul(event.qty.0)
            .ok_or_else(too_much)?;
        let notional = self.submitted_notional.checked_add(Amount(notional));
        self.submitted_notional = notional.ok_or_else(too_much)?;
        let qty = self.submitted_qty.checked_add(event.qty);
        self.submitted_qty = qty.ok_or_else(too_much)?;
        Ok(Action::Submit {
            side: event.side,
            price: event.price,
            qty: event.qty,
        })
    }

    /// The executions among the steps, in their order.
    pub(crate) fn executions(&self) -> impl Iterator<Item = &Step> {
        let is_execution = |step: &&Step| matches!(step.action, Action::Execute { .. });
        self.steps.iter().filter(is_execution)
    }
}

fn reduction(event: &Event, known: Known) -> Result<Action, String> {
    match known.total.0 {
        0 => Ok(Action::Delete),
        1.. => Ok(Action::Reduce {
            side: known.side,
            price: known.price,
            total: known.total,
        }),
        _ => Err(format!(
            "order {} is reduced by {} more than it was submitted for",
            event.order.0, -known.total.0
        )),
    }
}

impl Counts {
    fn of(&mut self, kind: EventKind) -> &mut u64 {
        match kind {
            EventKind::Submit => &mut self.submissions,
            EventKind::Reduce => &mut self.reductions,
            EventKind::Delete => &mut self.deletions,
            EventKind::Execute => &mut self.executions,
            EventKind::ExecuteHidden => &mut self.hidden,
            EventKind::Other => &mut self.other,
        }
    }

    /// All of them.
    pub(crate) const fn total(&self) -> u64 {
        self.submissions
            + self.reductions
            + self.deletions
            + self.executions
            + self.hidden
            + self.other
    }
}

#[cfg(test)]
mod tests {
    use super::super::flow;
    use super::*;

    fn plan(text: &str) -> Result<Plan, FlowError> {
        Plan::new(&flow::read(text.as_bytes()).unwrap())
    }

    #[test]
    fn events_become_requests_about_known_orders() {
        let text = "0,1,7,100,500,1\n0,2,7,30,500,1\n0,4,7,20,500,1\n0,3,7,50,500,1\n\
                    0,4,9,20,500,1\n0,3,9,20,500,1\n0,5,0,1,505,1\n0,7,0,0,-1,-1\n";
        let plan = plan(text).unwrap();
        let actions: Vec<Action> = plan.steps.iter().map(|step| step.action).collect();
        let (side, price) = (Side::Buy, Price(5));
        let expected = [
            Action::Submit {
                side,
                price,
                qty: Qty(100),
            },
            Action::Reduce {
                side,
                price,
                total: Qty(70),
            },
            Action::Execute {
                taker: Side::Sell,
                price,
                qty: Qty(20),
            },
            Action::Delete,
        ];
        assert_eq!(actions, expected);
        assert_eq!((plan.unknown.executions, plan.unknown.deletions), (1, 1));
        assert_eq!(
            (plan.events.hidden, plan.events.other, plan.events.total()),
            (1, 1, 8)
        );
        assert_eq!(
            (plan.submitted_qty, plan.submitted_notional),
            (Qty(100), Amount(500))
        );
        assert_eq!(plan.executions().count(), 1);
    }

    #[test]
    fn a_reduction_to_nothing_is_a_deletion() {
        let plan = plan("0,1,7,100,500,1\n0,2,7,100,500,1\n").unwrap();
        assert_eq!(plan.steps[1].action, Action::Delete);
    }

    #[test]
    fn lines_that_contradict_earlier_ones_are_refused() {
        for (text, reason) in [
            (
                "0,1,7,1,500,1",
                "line 2: order 7 is submitted a second time",
            ),
            ("0,2,7,2,500,1", "line 2: order 7 is reduced by 1 more"),
            ("0,3,7,1,600,1", "line 2: order 7 was submitted at 5"),
            ("0,3,7,1,500,-1", "line 2: order 7 was submitted at 5"),
            (
                "0,1,8,9223372036854775807,500,1",
                "line 2: all submissions together",
            ),
        ] {
            let error = plan(&format!("0,1,7,1,500,1\n{text}\n"))
                .unwrap_err()
                .to_string();
            assert!(error.contains(reason), "{text} gives {error}");
        }
    }
}
