//! What people and other processes do around an exchange: snapshots, old segments, and what to do about a
//! recovery that refuses.
//!
//! A recovery may refuse only what the disk has lost or changed by itself. Then an operator has the
//! journal repaired, or puts a copy back; either way it must start again, with nothing in it that was not
//! taken. What nothing on the disk can prove, nobody can be asked to notice: a last group whose every
//! trace is gone looks as if it had never been.

use std::cell::RefCell;
use std::sync::Arc;

use anyhow::Result;
use rialto_exchange::poison::Applying;
use rialto_exchange::recovery::Restored;
use rialto_exchange::snapshot::{self, Source};
use rialto_journal::group::GroupHeader;
use rialto_journal::header::SegmentHeader;
use rialto_journal::repair::Plan;
use rialto_journal::{
    JournalError, MemoryStorage, OpenOptions, Recovery, layout, retire as retire_segments,
};
use rialto_reference::scenario::SHARD;
use rialto_types::Seq;

use crate::archive::ShelfBeside;
use crate::disk::SimulatedStorage;
use crate::history::History;
use crate::oracle::{ANOTHER, Due, GHOST};
use crate::seen::Seen;

/// Takes a snapshot, as the process beside an exchange does.
pub(crate) fn take_snapshot(history: &mut History) -> Result<()> {
    let storage = history.storage.clone();
    let source = Source {
        journal: storage.clone(),
        open: || Ok(storage.open_directory(layout::SNAPSHOTS)?),
        seed: history.hash_seed(),
        watch: Arc::<Applying>::default,
    };
    // There is no journal yet for the first moments of an exchange.
    if let Some(taken) = source.take()? {
        history.count(Seen::SnapshotTaken);
        history.note(|| format!("  a snapshot at {}, from {}", taken.seq, taken.from));
    }
    Ok(())
}

/// Lets old segments go, as the keeper does.
pub(crate) fn retire(history: &mut History) -> Result<()> {
    let snapshots = history.storage.directory(layout::SNAPSHOTS);
    let good = snapshot::good(&snapshots)?;
    let Some(older) = good.get(1) else {
        return Ok(());
    };
    let retired = match &mut history.shelf {
        Some(shelf) => {
            let beside = ShelfBeside {
                storage: &history.storage,
                shelf: RefCell::new(shelf),
            };
            retire_segments(&history.storage, *older, Some(&beside))?
        }
        None => retire_segments(&history.storage, *older, None)?,
    };
    let what = if history.shelf.is_some() {
        Seen::Archived
    } else {
        Seen::Retired
    };
    history.count_many(what, retired.len() as u64);
    if !retired.is_empty() {
        history.note(|| format!("  let go: {}", retired.join(", ")));
    }
    Ok(())
}

/// A recovery has refused a disk that changed something: an operator mends it.
pub(crate) fn mend(
    history: &mut History,
    error: &anyhow::Error,
    due: Due,
) -> Result<(Restored<SimulatedStorage>, Due), String> {
    history.note(|| format!("  halted: {error:#}"));
    if error.downcast_ref::<JournalError>().is_none() {
        return Err(format!(
            "recovery stopped without an explanation: {error:#}"
        ));
    }
    history.count(Seen::Halted);
    // Whatever is done now is done with care, on a machine that does not die meanwhile.
    history.storage.disk().arm(false);
    history.storage.disk().start(u64::MAX);
    let before = history.storage.disk().clone();
    let mended = match history.random.index(2) {
        0 => repaired(history),
        _ => None,
    };
    let restored = if let Some(restored) = mended {
        history.count(Seen::Repaired);
        (restored, Due::Prefix)
    } else {
        *history.storage.disk() = before;
        history.storage.disk().restore_from_copy();
        history.count(Seen::RestoredFromCopy);
        history.note(|| "  a copy was put back".to_owned());
        let restored = history.recover();
        let restored =
            restored.map_err(|error| format!("recovery refuses an intact copy: {error:#}"))?;
        (restored, due)
    };
    history.storage.disk().arm(true);
    Ok(restored)
}

/// Has the journal cut off where it is whole; `None` when that does not help.
fn repaired(history: &mut History) -> Option<Restored<SimulatedStorage>> {
    let snapshots = history.storage.directory(layout::SNAPSHOTS);
    let plan = Plan::examine(&history.storage, &snapshots).ok().flatten()?;
    if plan.is_empty() {
        return None;
    }
    let end = plan.end.tip.seq;
    history.storage.take_over().ok()?;
    plan.carry_out(Arc::new(history.storage.clone())).ok()?;
    let restored = history.recover().ok()?;
    let found = restored.state.seq();
    history.note(|| format!("  repaired up to {end}"));
    (found == end).then_some(restored)
}

/// What a recovery must have found that went through on a disk that has changed something: everything, or
/// else nothing on the disk may state that it was ever synced, for then the loss could have been noticed.
pub(crate) fn due_of_damaged(history: &History, found: Seq, due: Due) -> Result<Due, String> {
    let Due::All(crash) = due else {
        return Ok(due);
    };
    if found.0 >= history.oracle.due(crash) as u64 {
        history.count(Seen::DamageHarmless);
        return Ok(due);
    }
    if let Some(proof) = history.proof.filter(|proof| *proof > found) {
        return Err(format!(
            "lost and not noticed: recovery ended at {found}, and a header states that everything up to \
             {proof} was on the disk"
        ));
    }
    history.count(Seen::Unprovable);
    Ok(Due::Prefix)
}

/// The highest sequence that any intact header in the journal's files states as synced.
pub(crate) fn highest_proof(storage: &SimulatedStorage) -> Option<Seq> {
    let contents = storage.disk().contents();
    let segments = contents
        .iter()
        .filter(|(name, _)| !name.contains('/') && name.ends_with(".segment"));
    let stated = |bytes: &Vec<u8>| {
        let first = bytes.get(..4096).map(SegmentHeader::decode);
        let header = first.and_then(Result::ok).map(|(header, _)| header.synced);
        // Behind a segment's header, in its page, no record ever stands, and nobody looks.
        let groups = (4_096..bytes.len()).step_by(8);
        let groups = groups.filter_map(|at| GroupHeader::read(&bytes[at..]));
        groups.map(|group| group.synced).max().max(header)
    };
    segments.filter_map(|(_, bytes)| stated(bytes)).max()
}

/// Reads the whole journal, what was put away included, and compares it record by record.
pub(crate) fn check_records(history: &History) -> Result<(), String> {
    let mut files = history.storage.disk().contents();
    files.retain(|name, _| !name.contains('/'));
    if let Some(shelf) = &history.shelf {
        for (name, bytes) in shelf.files() {
            files.entry(name.clone()).or_insert_with(|| bytes.clone());
        }
    }
    if !files.contains_key(&layout::segment_name(Seq(1))) {
        // Nothing was put away, and the beginning was let go.
        return Ok(());
    }
    let options = OpenOptions {
        shard: SHARD,
        rules_version: rialto_engine::RULES_VERSION,
        new_exchange_id: rialto_journal::ExchangeId([0; 16]),
        after: Seq(0),
    };
    let storage = Arc::new(MemoryStorage::with_files(files));
    let told = |error: JournalError| format!("the whole journal cannot be read: {error}");
    let mut recovery = Recovery::open(storage, options).map_err(told)?;
    for expected in history.oracle.records() {
        let found = recovery.next().map_err(told)?;
        if found != Some(expected) {
            return Err(format!(
                "{ANOTHER}record: the journal holds {found:?} where {expected:?} was taken"
            ));
        }
    }
    match recovery.next().map_err(told)? {
        Some(found) => Err(format!("{GHOST}the journal ends with {found:?}")),
        None => Ok(()),
    }
}
