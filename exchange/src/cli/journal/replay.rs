//! Replaying a journal that is only looked at: from the beginning, or from the oldest snapshot when the
//! segments do not reach back that far.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rialto_engine::{HashSeed, RULES_VERSION};
use rialto_exchange::recovery::{Beginning, snapshots_directory};
use rialto_exchange::state::State;
use rialto_journal::catalog::{Catalog, Expected};
use rialto_journal::header::SegmentHeader;
use rialto_journal::inspect::{Content, Verdict, inspect};
use rialto_journal::{ReadOnlyDirectory, Record, decisions, snapshots};
use rialto_types::Seq;

use super::Place;

/// Replays up to `until`. `visit` sees the state that replay begins with and that after each command.
pub(super) fn replay(
    place: &Place,
    until: Seq,
    mut visit: impl FnMut(&State) -> Result<()>,
) -> Result<(State, Verdict)> {
    let header = check(place)?;
    let mut state = begin(&place.path, &header)?;
    if state.seq() > until {
        bail!(
            "the journal reaches back to sequence {} only: earlier segments were removed or put away",
            state.seq()
        );
    }
    let (decided, _) = decisions(&place.directory, state.seq())?;
    state.heed(header.exchange_id, decided, Arc::default());
    visit(&state)?;
    let mut outcome = Ok(());
    let inspection = inspect(&place.directory, |item| {
        if item.seq > until || item.seq <= state.seq() || outcome.is_err() {
            return;
        }
        outcome = match &item.content {
            Content::Command(input) => {
                let (seq, time, input) = (item.seq, item.time, *input);
                let applied = state.apply(&Record { seq, time, input });
                applied.and_then(|()| visit(&state))
            }
            Content::Unreadable(error) => Err(anyhow::anyhow!(
                "record {} cannot be read: {error}; start the build that wrote it",
                item.seq
            )),
            Content::Group(_) | Content::Decision(_) | Content::Pad(_) => Ok(()),
        };
    })?;
    outcome?;
    Ok((state, inspection.verdict))
}

/// The state before the first record there is.
fn begin(journal: &Path, header: &SegmentHeader) -> Result<State> {
    if header.first_seq == Seq(1) {
        return Ok(State::new(header.shard, HashSeed::KNOWN));
    }
    let directory = ReadOnlyDirectory::new(snapshots_directory(journal));
    for file in snapshots::list(&directory)?.into_iter().rev() {
        let fits = file.seq.next() >= header.first_seq;
        let only_this = |base: &rialto_journal::Base| fits && base.seq == file.seq;
        let beginning = Beginning::find(journal, header.shard, only_this)?;
        if beginning.base.is_some() {
            return Ok(beginning.state);
        }
    }
    bail!(
        "the journal begins with sequence {}, and there is no good snapshot to begin with: put the older \
         segments back",
        header.first_seq
    )
}

/// Refuses a journal of other rules; the first segment's header otherwise.
fn check(place: &Place) -> Result<SegmentHeader> {
    let catalog = Catalog::read(&place.directory, None)?;
    let first = catalog.segments.iter().find_map(|file| file.header());
    let first = first.with_context(|| format!("{} holds no journal", place.path.display()))?;
    let expected = Expected {
        shard: first.shard,
        rules_version: RULES_VERSION,
    };
    Catalog::read(&place.directory, Some(expected))?;
    Ok(*first)
}
