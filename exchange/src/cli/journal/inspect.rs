//! A journal at a glance: whose it is, what it holds, and how it ends.

use std::collections::BTreeMap;

use anyhow::Result;
use rialto_journal::inspect::{Content, Inspection, SegmentSummary, Verdict, inspect};
use rialto_journal::{FORMAT_VERSION, JournalError, LogEnd};
use rialto_types::{CommandKind, Seq, Timestamp};
use serde::Serialize;

use super::{Place, writer};
use crate::cli::output::{Ending, Output, Paint, Report};
use crate::cli::table::{Align, Table};
use crate::cli::{moment, words};

/// Reads and prints.
pub(super) fn run(place: &Place, output: Output) -> Result<Ending> {
    let glance = Glance::read(place, writer::writer(&place.path))?;
    output.show(&glance)?;
    Ok(if glance.end.state == DAMAGED {
        Ending::Refused
    } else {
        Ending::Done
    })
}

/// The state of an end that no power cut explains.
const DAMAGED: &str = "damaged";

/// What is printed.
#[derive(Debug, Serialize)]
struct Glance {
    directory: String,
    exchange: Option<String>,
    shard: Option<u8>,
    format_version: u32,
    rules_version: Option<u32>,
    /// The process that writes it now.
    writer: Option<u32>,
    commands: u64,
    first: Option<PointView>,
    last: Option<PointView>,
    epoch: Option<u64>,
    by_kind: BTreeMap<String, u64>,
    segments: Vec<SegmentView>,
    end: EndView,
}

/// A command's place in sequence and time.
#[derive(Clone, Copy, Debug, Serialize)]
struct PointView {
    sequence: u64,
    time_us: u64,
    #[serde(skip)]
    time: Timestamp,
}

#[derive(Debug, Serialize)]
struct SegmentView {
    name: String,
    bytes: u64,
    bytes_used: u64,
    commands: u64,
    first: Option<PointView>,
    last: Option<PointView>,
    epoch: Option<u64>,
    synced: Option<u64>,
    /// Why its header cannot be read.
    fault: Option<String>,
}

#[derive(Debug, Serialize)]
struct EndView {
    state: &'static str,
    segment: Option<String>,
    offset: Option<u64>,
    text: String,
}

impl PointView {
    fn new((seq, time): (Seq, Timestamp)) -> Self {
        Self {
            sequence: seq.0,
            time_us: moment::micros(time),
            time,
        }
    }

    fn text(self) -> String {
        format!("{} ({})", self.sequence, moment::text(self.time))
    }
}

impl SegmentView {
    fn new(summary: &SegmentSummary) -> Self {
        Self {
            name: summary.name.clone(),
            bytes: summary.bytes,
            bytes_used: summary.bytes_used,
            commands: summary.commands,
            first: summary.first.map(PointView::new),
            last: summary.last.map(PointView::new),
            epoch: summary.epoch.map(|epoch| epoch.0),
            synced: summary.synced.map(|seq| seq.0),
            fault: summary.header.err().map(|fault| fault.to_string()),
        }
    }
}

impl EndView {
    fn new(verdict: &Verdict, is_written: bool) -> Self {
        let place = |end: &LogEnd| {
            format!(
                "after sequence {} at byte {} of {}",
                end.tip.seq, end.tip.offset, end.name
            )
        };
        let (state, end, text) = match verdict {
            Verdict::Empty => ("empty", None, "there are no records yet".to_owned()),
            Verdict::Clean(end) => {
                let text = format!("{}: nothing is written there", place(end));
                ("clean", Some(end), text)
            }
            Verdict::Tail(end) => {
                let bytes: u64 = end.remains.iter().map(|one| one.end - one.begin).sum();
                let text = format!(
                    "{}: {}; {bytes} bytes behind it, of which nobody was told, are cut off and kept \
                     aside at the next start",
                    place(end),
                    end.fault
                );
                ("tail", Some(end), text)
            }
            Verdict::Damaged(damage) => (DAMAGED, None, damage.to_string()),
        };
        // Beside a writer the end moves while it is looked at, and may look like damage.
        let (state, text) = if is_written && state != "empty" {
            let moving = "this is the end at the moment of reading";
            let place = end.map_or_else(String::new, |end| format!("{}: ", place(end)));
            ("being written", format!("{place}{moving}"))
        } else {
            (state, text)
        };
        Self {
            state,
            segment: end.map(|end| end.name.clone()),
            offset: end.map(|end| end.tip.offset),
            text,
        }
    }
}

impl Glance {
    /// Reads a journal, which `writer` writes meanwhile.
    fn read(place: &Place, writer: Option<u32>) -> Result<Self, JournalError> {
        let mut kinds = BTreeMap::new();
        let inspection = inspect(&place.directory, |item| {
            if let Content::Command(input) = &item.content {
                *kinds.entry(input.command.kind()).or_default() += 1;
            }
        })?;
        Ok(Self::new(place, &inspection, &kinds, writer))
    }

    fn new(
        place: &Place,
        inspection: &Inspection,
        kinds: &BTreeMap<CommandKind, u64>,
        writer: Option<u32>,
    ) -> Self {
        let segments = &inspection.segments;
        let header = segments.iter().find_map(|segment| segment.header.ok());
        Self {
            directory: place.path.display().to_string(),
            exchange: header.map(|header| header.exchange_id.to_string()),
            shard: header.map(|header| header.shard.0),
            format_version: FORMAT_VERSION,
            rules_version: header.map(|header| header.rules_version),
            writer,
            commands: segments.iter().map(|segment| segment.commands).sum(),
            first: segments
                .iter()
                .find_map(|one| one.first)
                .map(PointView::new),
            last: segments
                .iter()
                .rev()
                .find_map(|one| one.last)
                .map(PointView::new),
            epoch: segments
                .iter()
                .filter_map(|one| one.epoch)
                .max()
                .map(|epoch| epoch.0),
            by_kind: kinds
                .iter()
                .map(|(kind, count)| (format!("{kind:?}"), *count))
                .collect(),
            segments: segments.iter().map(SegmentView::new).collect(),
            end: EndView::new(&inspection.verdict, writer.is_some()),
        }
    }

    /// Whose journal it is and what is in it, a fact a line.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("journal", self.directory.clone())];
        if let (Some(exchange), Some(shard), Some(rules)) =
            (&self.exchange, self.shard, self.rules_version)
        {
            let format = self.format_version;
            let versions = format!("shard {shard}, format {format}, rules {rules}");
            facts.push(("exchange", format!("{exchange}, {versions}")));
        }
        if let Some(process) = self.writer {
            facts.push(("in use", format!("by process {process}")));
        }
        if let (Some(first), Some(last)) = (self.first, self.last) {
            facts.push(("commands", self.commands.to_string()));
            facts.push(("first", first.text()));
            facts.push(("last", last.text()));
        }
        if let Some(epoch) = self.epoch {
            facts.push(("epoch", format!("{epoch}: it goes up with each start")));
        }
        let mut kinds: Vec<_> = self.by_kind.iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let kinds = kinds
            .iter()
            .map(|(kind, count)| format!("{count} {}", words(kind)));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        if !kinds.is_empty() {
            facts.push(("kinds", kinds));
        }
        facts
    }

    fn segment_table(&self) -> String {
        let mut table = Table::new([
            ("segment", Align::Left),
            ("epoch", Align::Right),
            ("first", Align::Right),
            ("last", Align::Right),
            ("commands", Align::Right),
            ("bytes used", Align::Right),
            ("of", Align::Right),
            ("synced", Align::Right),
        ]);
        let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
        for segment in &self.segments {
            let name = match &segment.fault {
                Some(fault) => format!("{} ({fault})", segment.name),
                None => segment.name.clone(),
            };
            table.push([
                name,
                number(segment.epoch),
                number(segment.first.map(|first| first.sequence)),
                number(segment.last.map(|last| last.sequence)),
                segment.commands.to_string(),
                segment.bytes_used.to_string(),
                segment.bytes.to_string(),
                number(segment.synced),
            ]);
        }
        table.text()
    }
}

impl Report for Glance {
    fn text(&self, paint: Paint) -> String {
        let facts = self.facts().into_iter();
        let facts =
            facts.map(|(name, fact)| format!("{}{fact}", paint.faint(&format!("{name:<10}"))));
        let mut parts = vec![facts.collect::<Vec<_>>().join("\n")];
        if !self.segments.is_empty() {
            parts.push(self.segment_table());
        }
        let state = match self.end.state {
            DAMAGED => paint.bad("DAMAGED"),
            "tail" => paint.warn("ends with a tail"),
            "clean" => paint.good("ends clean"),
            "being written" => paint.warn("is being written,"),
            other => paint.faint(other),
        };
        parts.push(format!("{state} {}", self.end.text));
        parts.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::journal::scenario::Scenario;

    fn glance(scenario: &Scenario, writer: Option<u32>) -> Glance {
        Glance::read(&scenario.place(), writer).unwrap()
    }

    #[test]
    fn a_journal_that_was_closed_ends_clean() {
        let scenario = Scenario::founded();
        let glance = glance(&scenario, None);
        let count = scenario.exchange().seq().0;
        assert_eq!((glance.commands, glance.end.state), (count, "clean"));
        assert_eq!(glance.first.unwrap().sequence, 1);
        assert_eq!(glance.last.unwrap().sequence, count);
        assert_eq!(glance.by_kind["AddAsset"], 2);
        let text = glance.text(Paint::PLAIN);
        assert!(text.contains("00000000000000000001.segment"), "{text}");
        assert!(text.contains("last      "), "{text}");
        assert!(text.contains("2 add asset"), "{text}");
        assert!(
            text.contains(&format!("ends clean after sequence {count} at byte")),
            "{text}"
        );
    }

    #[test]
    fn a_flipped_bit_in_what_was_synced_is_damage_unless_somebody_writes() {
        let scenario = Scenario::founded();
        scenario.flip_a_bit_of_the_first_record();
        let damaged = glance(&scenario, None);
        assert_eq!(damaged.end.state, DAMAGED);
        let text = damaged.text(Paint::PLAIN);
        assert!(text.contains("DAMAGED record 1 is damaged"), "{text}");
        let moving = glance(&scenario, Some(4711));
        assert_eq!(moving.end.state, "being written");
        let text = moving.text(Paint::PLAIN);
        assert!(text.contains("by process 4711"), "{text}");
    }

    #[test]
    fn an_empty_directory_is_no_error() {
        let glance = glance(&Scenario::empty(), None);
        assert_eq!((glance.commands, glance.end.state), (0, "empty"));
        assert!(glance.text(Paint::PLAIN).contains("no records yet"));
        let value = serde_json::to_value(&glance).unwrap();
        assert_eq!(value["segments"], serde_json::json!([]));
    }
}
