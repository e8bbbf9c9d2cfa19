//! Records as lines, from a sequence on, as many as asked for.

use anyhow::Result;
use clap::Args;
use rialto_journal::Decision;
use rialto_journal::catalog::Catalog;
use rialto_journal::codec::command as codec;
use rialto_journal::record::RecordKind;
use rialto_journal::walk::{Located, Step, Walk};
use rialto_types::{Input, Seq, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Place, command};
use crate::cli::moment;
use crate::cli::output::{Ending, Output, Paint, Report};

/// Which records.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Range {
    /// With --records: begin with this sequence
    #[arg(long, value_name = "SEQ", requires = "records")]
    from: Option<u64>,
    /// With --records: print at most so many
    #[arg(long, value_name = "N", requires = "records")]
    limit: Option<u64>,
}

/// Prints records.
pub(super) fn run(place: &Place, range: Range, output: Output) -> Result<Ending> {
    each(place, range, |line| output.show_line(&line))?;
    Ok(Ending::Done)
}

/// Hands out the records of a range, from the segment on that holds its first.
fn each(
    place: &Place,
    range: Range,
    mut visit: impl FnMut(RecordLine) -> Result<()>,
) -> Result<()> {
    let catalog = Catalog::read(&place.directory, None)?;
    let from = Seq(range.from.unwrap_or(0));
    if catalog.segments.iter().all(|file| file.first.is_none()) {
        return Ok(());
    }
    let begun = catalog.segments.iter();
    let begun = begun.take_while(|file| file.first.is_some_and(|first| first <= from));
    // With a sequence before the first there is, the first segment is where to begin.
    let index = begun.count().saturating_sub(1);
    let mut walk = Walk::start(place.directory.clone(), catalog, index)?;
    let mut left = range.limit.unwrap_or(u64::MAX);
    while left > 0 {
        let Step::Record(found) = walk.step()? else {
            break;
        };
        if found.frame.seq < from {
            continue;
        }
        if let Some(line) = RecordLine::new(&found) {
            visit(line)?;
            left -= 1;
        }
    }
    Ok(())
}

/// A record that says something.
#[derive(Debug, Serialize)]
struct RecordLine {
    seq: u64,
    time_us: u64,
    #[serde(flatten)]
    content: Value,
    #[serde(skip)]
    time: Timestamp,
    #[serde(skip)]
    text: String,
}

impl RecordLine {
    /// The line for a record; pads have none.
    fn new(found: &Located<'_>) -> Option<Self> {
        let frame = &found.frame;
        let (text, content) = match (found.kind, found.group) {
            (RecordKind::Command(kind), _) => {
                match codec::decode(kind, frame.flags, frame.payload) {
                    Ok(input) => command_line(&input),
                    Err(error) => (
                        format!("unreadable {kind:?}: {error}"),
                        json!({"unreadable": format!("{kind:?}"), "error": error.to_string()}),
                    ),
                }
            }
            (RecordKind::Group, Some(group)) => (
                format!("-- epoch {}, synced up to {}", group.epoch, group.synced),
                json!({"group": {"epoch": group.epoch.0, "synced": group.synced.0}}),
            ),
            (RecordKind::Decision, _) => decision_line(frame.payload),
            (RecordKind::Group | RecordKind::Pad, _) => return None,
        };
        Some(Self {
            seq: frame.seq.0,
            time_us: moment::micros(frame.time),
            content,
            time: frame.time,
            text,
        })
    }
}

fn decision_line(payload: &[u8]) -> (String, Value) {
    match Decision::read(payload) {
        Ok(Decision { skipped, key, .. }) => (
            format!("-- key {key} decided to pass over record {skipped}"),
            json!({"decision": {"key": key.0, "skipped": skipped.0}}),
        ),
        Err(error) => (
            format!("unreadable decision: {error}"),
            json!({"unreadable": "decision", "error": error.to_string()}),
        ),
    }
}

fn command_line(input: &Input) -> (String, Value) {
    let Input {
        key,
        client_seq,
        command,
    } = input;
    let kind = format!("{:?}", command.kind());
    let fields = command::fields(command);
    let text = format!("key {key} #{client_seq} {kind} {}", command::text(&fields));
    let value = json!({
        "key": key.0,
        "client_seq": client_seq.0,
        "command": kind,
        "terms": command::value(fields),
    });
    (text.trim_end().to_owned(), value)
}

impl Report for RecordLine {
    fn text(&self, paint: Paint) -> String {
        let (seq, time) = (self.seq, moment::text(self.time));
        format!("{seq:>10} {} {}", paint.faint(&time), self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::journal::scenario::Scenario;

    fn lines(scenario: &Scenario, from: Option<u64>, limit: Option<u64>) -> Vec<String> {
        let mut lines = Vec::new();
        let range = Range { from, limit };
        each(&scenario.place(), range, |line| {
            lines.push(line.text(Paint::PLAIN));
            Ok(())
        })
        .unwrap();
        lines
    }

    #[test]
    fn records_are_lines_in_their_order() {
        let scenario = Scenario::founded();
        let lines = lines(&scenario, None, None);
        let commands: Vec<&str> = lines
            .iter()
            .map(String::as_str)
            .filter(|line| !line.contains(" -- epoch "))
            .collect();
        assert_eq!(
            commands[1],
            "         2 2026-01-01T00:00:00.000002Z key 0 #0 AddAsset symbol=BTC decimals=8"
        );
        assert!(
            commands[4].ends_with("key 0 #0 CreateAccount"),
            "{}",
            commands[4]
        );
        let last = lines.last().unwrap();
        assert!(last.ends_with("-- epoch 1, synced up to 8"), "{last}");
    }

    #[test]
    fn a_range_is_cut_out() {
        let scenario = Scenario::founded();
        let all = lines(&scenario, Some(3), None);
        assert!(all[0].trim_start().starts_with("3 "), "{}", all[0]);
        assert_eq!(lines(&scenario, Some(3), Some(2)), all[..2]);
        assert_eq!(lines(&scenario, Some(1_000), None), Vec::<String>::new());
        assert_eq!(lines(&Scenario::empty(), None, None), Vec::<String>::new());
    }

    #[test]
    fn json_has_the_terms_as_fields() {
        let scenario = Scenario::founded();
        let mut values = Vec::new();
        let range = Range {
            from: Some(2),
            limit: None,
        };
        each(&scenario.place(), range, |line| {
            values.push(serde_json::to_value(&line)?);
            Ok(())
        })
        .unwrap();
        assert_eq!(values[0]["command"], "AddAsset");
        assert_eq!(values[0]["terms"]["symbol"], "BTC");
        assert_eq!(values[0]["time_us"], 1_767_225_600_000_002_u64);
    }
}
