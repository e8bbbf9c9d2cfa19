//! Verifying a journal: every checksum, every command, and every snapshot against the replay.
//!
//! A snapshot that was damaged on the disk is found by its checksums; one that does not hold the state
//! that the commands lead to is found here only. Of the candles beside a snapshot it is verified that they are
//! whole and that snapshot's.

use anyhow::Result;
use rialto_exchange::recovery::snapshots_directory;
use rialto_journal::inspect::Verdict;
use rialto_journal::{
    Base, ReadOnlyDirectory, SnapshotHeader, candle_files, snapshots, state_hash,
};
use rialto_types::Seq;
use serde::Serialize;

use super::replay::replay;
use super::{Place, writer};
use crate::cli::output::{Ending, Output, Paint, Report};

/// Verifies and prints.
pub(super) fn run(place: &Place, output: Output) -> Result<Ending> {
    let verified = Verified::read(place)?;
    output.show(&verified)?;
    Ok(if verified.is_good() {
        Ending::Done
    } else {
        Ending::Refused
    })
}

/// What was found.
#[derive(Debug, Serialize)]
struct Verified {
    directory: String,
    /// The command that the replay began after; 0 for the beginning.
    replayed_from: u64,
    /// The last command.
    replayed_to: u64,
    state_hash: String,
    /// Why records are missing, if some are.
    damage: Option<String>,
    snapshots: Vec<SnapshotView>,
    /// Those beside good snapshots.
    candles: Vec<CandlesView>,
}

#[derive(Debug, Serialize)]
struct CandlesView {
    name: String,
    /// What is wrong, if anything is.
    fault: Option<String>,
}

#[derive(Debug, Serialize)]
struct SnapshotView {
    name: String,
    /// What is wrong, if anything is.
    fault: Option<String>,
    #[serde(skip)]
    header: Option<SnapshotHeader>,
}

impl Verified {
    fn read(place: &Place) -> Result<Self> {
        let is_written = writer::writer(&place.path).is_some();
        let mut snapshots = snapshots_of(place)?;
        let candles = candles_of(place, &snapshots)?;
        let mut from = None;
        let (state, verdict) = replay(place, Seq(u64::MAX), |state| {
            from.get_or_insert(state.seq());
            let here = |one: &&mut SnapshotView| {
                one.header.is_some_and(|header| header.seq == state.seq())
            };
            if let Some(snapshot) = snapshots.iter_mut().find(here) {
                let hash = state_hash(&state.exchange.image());
                let stated = snapshot.header.take().map(|header| header.state_hash);
                if stated != Some(hash) {
                    let fault = "it does not hold the state that the commands lead to";
                    snapshot.fault = Some(fault.to_owned());
                }
            }
            Ok(())
        })?;
        for snapshot in snapshots.iter_mut().filter(|one| one.header.is_some()) {
            let fault = "it is of a command that the journal does not hold";
            snapshot.fault = Some(fault.to_owned());
        }
        let damage = match verdict {
            // Beside a writer the end moves while it is looked at, and may look like damage.
            Verdict::Damaged(damage) if !is_written => Some(damage.to_string()),
            _ => None,
        };
        Ok(Self {
            directory: place.path.display().to_string(),
            replayed_from: from.unwrap_or_default().0,
            replayed_to: state.seq().0,
            state_hash: hex::encode(state_hash(&state.exchange.image())),
            damage,
            snapshots,
            candles,
        })
    }

    fn is_good(&self) -> bool {
        let has_candles = self.candles.iter().all(|one| one.fault.is_none());
        self.damage.is_none() && self.has_snapshots() && has_candles
    }

    /// Whether every snapshot is good.
    fn has_snapshots(&self) -> bool {
        self.snapshots.iter().all(|one| one.fault.is_none())
    }
}

/// The snapshots, by their own checksums.
fn snapshots_of(place: &Place) -> Result<Vec<SnapshotView>> {
    let directory = ReadOnlyDirectory::new(snapshots_directory(&place.path));
    let files = snapshots::list(&directory)?.into_iter().map(|file| {
        let (header, fault) = match file.verify(&directory) {
            Ok(header) => (Some(header), None),
            Err(error) => (None, Some(error.to_string())),
        };
        SnapshotView {
            name: file.name,
            fault,
            header,
        }
    });
    Ok(files.collect())
}

/// The candles beside snapshots that are good so far, by their own checksums.
fn candles_of(place: &Place, snapshots: &[SnapshotView]) -> Result<Vec<CandlesView>> {
    let directory = ReadOnlyDirectory::new(snapshots_directory(&place.path));
    let bases = snapshots.iter().filter_map(|one| one.header);
    let bases: Vec<_> = bases
        .map(|header| Base {
            exchange_id: header.exchange_id,
            seq: header.seq,
            link: header.link,
        })
        .collect();
    let files = candle_files::list(&directory)?.into_iter();
    let views = files.filter_map(|file| {
        let base = bases.iter().find(|base| base.seq == file.seq)?;
        let verified = file.verify(&directory, base);
        Some(CandlesView {
            fault: verified.err().map(|error| error.to_string()),
            name: file.name,
        })
    });
    Ok(views.collect())
}

impl Report for Verified {
    fn text(&self, paint: Paint) -> String {
        let Self {
            replayed_from,
            replayed_to,
            state_hash,
            ..
        } = self;
        let mut lines = vec![format!(
            "replayed   sequence {} to {replayed_to}",
            replayed_from + 1
        )];
        lines.push(format!("state hash {}", paint.strong(state_hash)));
        let verdict = |fault: &Option<String>| match fault {
            Some(fault) => format!("{} {fault}", paint.bad("BAD")),
            None => paint.good("good"),
        };
        for SnapshotView { name, fault, .. } in &self.snapshots {
            lines.push(format!("snapshot   {name} {}", verdict(fault)));
        }
        for CandlesView { name, fault } in &self.candles {
            lines.push(format!("candles    {name} {}", verdict(fault)));
        }
        lines.push(match &self.damage {
            Some(damage) => format!("{} {damage}", paint.bad("DAMAGED")),
            None if self.is_good() => paint.good("everything is as it should be"),
            None if self.has_snapshots() => "the journal is whole; a bad file of candles is passed over at the next \
                     start, and its snapshot serves without it"
                .to_owned(),
            None => "the journal is whole; a bad snapshot is passed over at the next start and replaced \
                     by the next one that is taken"
                .to_owned(),
        });
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::journal::scenario::Scenario;

    #[test]
    fn a_journal_that_was_closed_is_good_and_a_flipped_bit_is_told() {
        let scenario = Scenario::founded();
        let verified = Verified::read(&scenario.place()).unwrap();
        assert!(verified.is_good(), "{verified:?}");
        let count = scenario.exchange().seq().0;
        assert_eq!((verified.replayed_from, verified.replayed_to), (0, count));
        let text = verified.text(Paint::PLAIN);
        assert!(text.contains("everything is as it should be"), "{text}");
        scenario.flip_a_bit_of_the_first_record();
        let verified = Verified::read(&scenario.place()).unwrap();
        assert!(!verified.is_good());
        let text = verified.text(Paint::PLAIN);
        assert!(text.contains("DAMAGED record 1 is damaged"), "{text}");
    }

    #[test]
    fn a_snapshot_must_be_of_the_states_that_the_commands_lead_to() {
        let scenario = Scenario::founded();
        let directory = scenario.place().path.join("snapshots");
        let storage = rialto_journal::FileStorage::open(&directory).unwrap();
        let mut snapshot = rialto_journal::Snapshot {
            exchange_id: rialto_journal::ExchangeId(*b"a test scenario!"),
            link: 1,
            image: scenario.exchange().image(),
            annex: scenario.annex(),
        };
        let file = snapshots::save(&storage, &snapshot).unwrap();
        let verified = Verified::read(&scenario.place()).unwrap();
        assert!(verified.is_good(), "{verified:?}");

        snapshots::prune(&storage, &[]).unwrap();
        snapshot.image.order_count += 1;
        snapshots::save(&storage, &snapshot).unwrap();
        let verified = Verified::read(&scenario.place()).unwrap();
        let text = verified.text(Paint::PLAIN);
        assert!(
            text.contains("BAD it does not hold the state that the commands lead to"),
            "{text}"
        );
        assert!(
            text.contains(&file.name) && text.contains("the journal is whole"),
            "{text}"
        );

        snapshots::prune(&storage, &[]).unwrap();
        snapshot.image.seq = Seq(1_000);
        snapshots::save(&storage, &snapshot).unwrap();
        let verified = Verified::read(&scenario.place()).unwrap();
        let text = verified.text(Paint::PLAIN);
        assert!(
            text.contains("a command that the journal does not hold"),
            "{text}"
        );
    }

    #[test]
    fn candles_must_be_whole_and_of_their_snapshot() {
        let scenario = Scenario::founded();
        let directory = scenario.place().path.join("snapshots");
        let storage = rialto_journal::FileStorage::open(&directory).unwrap();
        let snapshot = rialto_journal::Snapshot {
            exchange_id: rialto_journal::ExchangeId(*b"a test scenario!"),
            link: 1,
            image: scenario.exchange().image(),
            annex: scenario.annex(),
        };
        snapshots::save(&storage, &snapshot).unwrap();
        let mut candles = rialto_journal::Candles {
            base: snapshot.base(),
            time: snapshot.image.time,
            instruments: Vec::new(),
        };
        let file = candle_files::save(&storage, &candles).unwrap();
        let verified = Verified::read(&scenario.place()).unwrap();
        assert!(verified.is_good(), "{verified:?}");
        let text = verified.text(Paint::PLAIN);
        assert!(
            text.contains(&format!("candles    {} good", file.name)),
            "{text}"
        );

        candles.base.link = 2;
        candle_files::save(&storage, &candles).unwrap();
        let verified = Verified::read(&scenario.place()).unwrap();
        assert!(!verified.is_good());
        let text = verified.text(Paint::PLAIN);
        assert!(
            text.contains("BAD") && text.contains("its link is"),
            "{text}"
        );
        assert!(text.contains("serves without it"), "{text}");
        // Beside no snapshot they mean nothing.
        snapshots::prune(&storage, &[]).unwrap();
        let verified = Verified::read(&scenario.place()).unwrap();
        assert!(verified.is_good() && verified.candles.is_empty());
    }
}
