//! What a replay prints: the file, what was sent, what came of it, and whose maker the book picked.

use std::collections::BTreeMap;
use std::fmt;

use super::outcome::Outcome;
use super::plan::Plan;
use super::verdict::{Cause, Foreseen, agrees, own_cause};
use crate::text::{grouped, per_second, share};

/// The figures of a replay.
pub(crate) struct Report<'a> {
    plan: &'a Plan,
    outcome: &'a Outcome,
    /// Executions of known orders.
    executions: u64,
    /// Of those, where the file's order stood first in the file's own order.
    stood_first: u64,
    /// Why it did not in the others.
    own_causes: BTreeMap<Cause, u64>,
    /// Where the exchange picked the file's order alone, for the whole size.
    agreed: u64,
    /// Why it did not in the others.
    causes: BTreeMap<Cause, u64>,
    /// Where the exchange picked the makers that a plain book picks.
    plain: u64,
    /// The line of the first execution where it did not.
    first_difference: Option<usize>,
}

impl<'a> Report<'a> {
    /// Compares what the exchange did with what the file says and what a plain book does.
    pub(crate) fn new(plan: &'a Plan, foreseen: &[Foreseen], outcome: &'a Outcome) -> Self {
        let mut report = Self {
            plan,
            outcome,
            executions: 0,
            stood_first: 0,
            own_causes: BTreeMap::new(),
            agreed: 0,
            causes: BTreeMap::new(),
            plain: 0,
            first_difference: None,
        };
        for ((step, seen), picks) in plan.executions().zip(foreseen).zip(outcome.picks()) {
            report.executions += 1;
            match seen.first {
                Some(first) if first != step.order => {
                    *report
                        .own_causes
                        .entry(own_cause(step.order, first))
                        .or_default() += 1;
                }
                _ => report.stood_first += 1,
            }
            if agrees(step, &picks) {
                report.agreed += 1;
            } else {
                let cause = seen.cause.unwrap_or(Cause::Other);
                *report.causes.entry(cause).or_default() += 1;
            }
            if picks == seen.picks {
                report.plain += 1;
            } else {
                report.first_difference.get_or_insert(step.line);
            }
        }
        report
    }

    /// Whether the exchange picked the makers that price-time priority picks, every time.
    pub(crate) const fn is_plain(&self) -> bool {
        self.plain == self.executions
    }

    fn fmt_file(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (events, unknown) = (&self.plan.events, &self.plan.unknown);
        writeln!(f, "The file")?;
        writeln!(
            f,
            "  {} events: {} submissions, {} reductions, {} deletions, {} visible and {} hidden executions",
            grouped(events.total()),
            grouped(events.submissions),
            grouped(events.reductions),
            grouped(events.deletions),
            grouped(events.executions),
            grouped(events.hidden)
        )?;
        writeln!(
            f,
            "  left out: {} executions, {} deletions and {} reductions of orders that it never submitted; {} \
             hidden executions and {} other events, which change no visible order\n",
            grouped(unknown.executions),
            grouped(unknown.deletions),
            grouped(unknown.reductions),
            grouped(events.hidden),
            grouped(events.other)
        )
    }

    fn fmt_outcome(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self.outcome;
        writeln!(f, "What came of it")?;
        write!(
            f,
            "  {} messages sent and answered in {:.2?}",
            grouped(outcome.sent),
            outcome.elapsed
        )?;
        match per_second(outcome.sent, outcome.elapsed) {
            Some(rate) => writeln!(f, ": {} a second", grouped(rate))?,
            None => writeln!(f)?,
        }
        writeln!(
            f,
            "  {} orders accepted, {} replaced, {} cancelled; {} trades of {} lots",
            grouped(outcome.accepted),
            grouped(outcome.replaced),
            grouped(outcome.cancelled),
            grouped(outcome.trades),
            grouped(outcome.traded.0)
        )?;
        if outcome.refusals.is_empty() {
            writeln!(f, "  nothing was refused")?;
        }
        for ((request, reason), count) in &outcome.refusals {
            writeln!(
                f,
                "  {} {} refused: {reason}",
                grouped(*count),
                request.plural()
            )?;
        }
        writeln!(f)
    }

    fn fmt_makers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Did the book pick the maker that the recorded venue picked?"
        )?;
        writeln!(
            f,
            "  in the file's own order, price-time priority picks it in {}",
            share(self.stood_first, self.executions)
        )?;
        fmt_causes(f, &self.own_causes)?;
        writeln!(
            f,
            "  in true matching through the exchange, it was the one maker in {}",
            share(self.agreed, self.executions)
        )?;
        fmt_causes(f, &self.causes)?;
        writeln!(
            f,
            "  the exchange and a plain price-time book picked the same makers in {}",
            share(self.plain, self.executions)
        )?;
        match self.first_difference {
            None => Ok(()),
            Some(line) => writeln!(f, "    FAILED: they differ first at line {line}"),
        }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_file(f)?;
        self.fmt_outcome(f)?;
        self.fmt_makers(f)
    }
}

fn fmt_causes(f: &mut fmt::Formatter<'_>, causes: &BTreeMap<Cause, u64>) -> fmt::Result {
    for cause in Cause::ALL {
        if let Some(count) = causes.get(&cause) {
            writeln!(f, "    {:>5} not: {}", grouped(*count), cause.text())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::flow::{self, FileOrder};
    use super::super::verdict::foresee;
    use super::*;
    use rialto_types::{Qty, TradeId};

    /// Two orders at one price; the file executes the second one, then the first.
    fn plan() -> Plan {
        let text = "0,1,1,10,500,1\n0,1,2,10,500,1\n0,4,2,10,500,1\n0,4,1,10,500,1\n";
        Plan::new(&flow::read(text.as_bytes()).unwrap()).unwrap()
    }

    /// An exchange whose executions met these makers.
    fn outcome(makers: [u64; 2]) -> Outcome {
        let mut outcome = Outcome::default();
        for (trade, maker) in (1..).map(TradeId).zip(makers) {
            outcome.executions.push(Vec::new());
            outcome.taker_fill(trade);
            assert!(!outcome.is_complete());
            outcome.maker_fill(trade, FileOrder(maker), Qty(10));
        }
        assert!(outcome.is_complete());
        outcome
    }

    #[test]
    fn both_figures_are_printed_with_their_causes() {
        let (plan, outcome) = (plan(), outcome([1, 2]));
        let report = Report::new(&plan, &foresee(&plan), &outcome);
        let text = report.to_string();
        assert!(report.is_plain());
        for expected in [
            "price-time priority picks it in 1 of 2 (50.00 %)",
            "1 not: the venue passed over an older order",
            "it was the one maker in 0 of 2 (0.00 %)",
            "1 not: follows from an earlier one: an order that the file had finished was still there",
            "picked the same makers in 2 of 2 (100.00 %)",
            "nothing was refused",
        ] {
            assert!(
                text.contains(expected),
                "{expected:?} is missing in\n{text}"
            );
        }
    }

    #[test]
    fn an_exchange_that_picks_other_makers_has_failed() {
        let (plan, outcome) = (plan(), outcome([2, 1]));
        let report = Report::new(&plan, &foresee(&plan), &outcome);
        assert!(!report.is_plain());
        let text = report.to_string();
        assert!(text.contains("it was the one maker in 2 of 2"), "{text}");
        assert!(
            text.contains("FAILED: they differ first at line 3"),
            "{text}"
        );
    }
}
