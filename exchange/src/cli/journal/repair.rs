//! Repairing a journal that no start opens any more, when there is no copy to restore it from.

use std::sync::Arc;

use anyhow::{Context, Result};
use rialto_exchange::recovery::snapshots_directory;
use rialto_journal::repair::Plan;
use rialto_journal::{FileStorage, ReadOnlyDirectory};
use serde::Serialize;

use super::Place;
use crate::cli::output::{Ending, Output, Paint, Report};

/// Says what is to be done, and does it when told so.
pub(super) fn run(place: &Place, yes: bool, output: Output) -> Result<Ending> {
    output.show(&Repair::carry_out(place, yes)?)?;
    Ok(Ending::Done)
}

/// What was done or would be.
#[derive(Debug, Serialize)]
struct Repair {
    /// `nothing to do`, `would cut` or `cut`.
    result: &'static str,
    /// The last command that is, or would be, left.
    last: u64,
    /// The first and the last command that somebody was told of and that is lost.
    lost: Option<(u64, u64)>,
    /// Files to which what was cut off was saved.
    saved: Vec<String>,
    #[serde(skip)]
    text: String,
}

impl Repair {
    fn carry_out(place: &Place, yes: bool) -> Result<Self> {
        // Locked before it is looked at, if it is to be changed.
        let storage = yes.then(|| FileStorage::open(&place.path)).transpose()?;
        let snapshots = ReadOnlyDirectory::new(snapshots_directory(&place.path));
        let plan = Plan::examine(&place.directory, &snapshots)?;
        let plan = plan.with_context(|| format!("{} holds no journal", place.path.display()))?;
        let kept = plan.end.tip.seq.0;
        if plan.is_empty() {
            return Ok(Self {
                result: "nothing to do",
                last: kept,
                lost: None,
                saved: Vec::new(),
                text: format!(
                    "the journal is whole up to sequence {kept}; if anything lies behind, nobody was told \
                     of it, and the next start cuts it off by itself"
                ),
            });
        }
        let damage = plan.damage.as_ref();
        let lost = damage.map(|damage| (damage.missing.0, damage.synced.0));
        let mut lines = vec![match lost {
            Some((from, to)) => format!(
                "records {from} to {to} were safe on the disk once, clients were told of them, and they \
                 cannot be read any more ({}). If there is a copy of the journal, restore it instead",
                plan.end.fault
            ),
            None => "there are snapshots of commands that the journal does not hold".to_owned(),
        }];
        let name = plan.end.name.clone();
        let offset = plan.end.tip.offset;
        let beyond: Vec<_> = plan.beyond.iter().map(|file| file.name.clone()).collect();
        let Some(storage) = storage else {
            lines.push(format!(
                "would end the journal after sequence {kept}, at byte {offset} of {name}, and save what lies \
                 behind in tails/"
            ));
            lines.extend(
                beyond
                    .iter()
                    .map(|name| format!("would save snapshots/{name} there too")),
            );
            lines.push("nothing was changed: say --yes to do so".to_owned());
            return Ok(Self {
                result: "would cut",
                last: kept,
                lost,
                saved: Vec::new(),
                text: lines.join("\n"),
            });
        };
        let saved = plan.carry_out(Arc::new(storage))?;
        lines.push(format!(
            "the journal ends after sequence {kept} now, at byte {offset} of {name}; what was behind is kept \
             in {}",
            saved.join(", ")
        ));
        Ok(Self {
            result: "cut",
            last: kept,
            lost,
            saved,
            text: lines.join("\n"),
        })
    }
}

impl Report for Repair {
    fn text(&self, paint: Paint) -> String {
        let result = match self.result {
            "nothing to do" => paint.good(self.result),
            other => paint.warn(other),
        };
        format!("{result}: {}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::journal::scenario::Scenario;

    #[test]
    fn a_whole_journal_is_left_alone() {
        let scenario = Scenario::founded();
        let repair = Repair::carry_out(&scenario.place(), true).unwrap();
        assert_eq!(repair.result, "nothing to do");
        assert_eq!(repair.last, scenario.exchange().seq().0);
        let error = Repair::carry_out(&Scenario::empty().place(), false).unwrap_err();
        assert!(error.to_string().contains("holds no journal"), "{error}");
    }

    #[test]
    fn a_damaged_journal_is_cut_off_where_it_is_whole_and_what_is_cut_off_is_saved() {
        let scenario = Scenario::founded();
        scenario.flip_a_bit_of_the_first_record();
        let would = Repair::carry_out(&scenario.place(), false).unwrap();
        let count = scenario.exchange().seq().0;
        assert_eq!((would.result, would.last), ("would cut", 0));
        assert_eq!(would.lost, Some((1, count)));
        assert!(would.text.contains("say --yes"), "{}", would.text);
        let again = Repair::carry_out(&scenario.place(), false).unwrap();
        assert_eq!(again.result, "would cut", "nothing was changed");

        let cut = Repair::carry_out(&scenario.place(), true).unwrap();
        assert_eq!((cut.result, cut.lost), ("cut", would.lost));
        assert_eq!(cut.saved.len(), 1);
        let saved = scenario.place().path.join(&cut.saved[0]);
        assert!(std::fs::metadata(saved).unwrap().len() > 0);
        let after = Repair::carry_out(&scenario.place(), false).unwrap();
        assert_eq!((after.result, after.last), ("nothing to do", 0));
    }
}
