//! Taking a snapshot: a follower of the journal that ends where a complete segment does that was stated as synced.
//!
//! It is a process of its own ([`keeper`] starts one when it is worth it, an operator may at any time):
//! it restores the newest snapshot, replays the segments that are complete since, and writes the state
//! down. The core knows nothing of it and never waits for it; what the two share is the journal's files,
//! of which the follower touches none that is still written. docs/adr/0030 tells why.
//!
//! Invariants: a snapshot states no command that could still be lost, because it stands only for segments that
//! the exchange has stated as synced; it counts only when it was read back. Beside it stand the candles of all
//! trades up to it, which it can do without. Cost: a second state for as long as it
//! takes, and a replay.

pub mod keeper;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rialto_engine::{HashSeed, RULES_VERSION};
use rialto_journal::storage::{Directory, Storage};
use rialto_journal::{
    Base, FileStorage, ReadOnlyDirectory, Sealed, Snapshot, SnapshotError, SnapshotFile,
    candle_files, decisions, snapshots,
};
use rialto_types::Seq;
use tracing::warn;

use crate::candles;
use crate::poison::{self, Applying};
use crate::recovery::{Beginning, hash_seed, snapshots_directory};

/// A snapshot that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The last command that is part of it.
    pub seq: Seq,
    /// The snapshot before, from which it was made; 0 for the beginning.
    pub from: Seq,
    /// Its size.
    pub bytes: u64,
    /// How long replaying took.
    pub replay_took: Duration,
    /// How long all of it took.
    pub took: Duration,
}

impl Taken {
    /// Commands replayed for it.
    pub const fn command_count(&self) -> u64 {
        self.seq.0 - self.from.0
    }
}

/// Takes a snapshot at the end of the newest segment that is complete and behind which a header states a command
/// as synced. `None` when there is one already, or there is no such segment.
///
/// # Errors
/// When another process is taking one, or the journal cannot be read, or the snapshot not be written.
pub fn take(journal: &Path) -> Result<Option<Taken>> {
    let source = Source {
        journal: ReadOnlyDirectory::new(journal),
        open: || {
            FileStorage::open(snapshots_directory(journal))
                .context("taking a snapshot while another process does")
        },
        seed: hash_seed()?,
        watch: || poison::watch(None),
    };
    source.take()
}

/// What a snapshot is taken of, whatever it stands on, and how.
pub struct Source<D, Open, Watch> {
    /// The journal, which another may be writing.
    pub journal: D,
    /// Opens the directory of its snapshots, of which this is then the only writer.
    pub open: Open,
    /// For the tables of the core.
    pub seed: HashSeed,
    /// Where a panic looks which record it was.
    pub watch: Watch,
}

impl<D, S, Open, Watch> Source<D, Open, Watch>
where
    D: Directory + Clone,
    S: Storage,
    Open: FnOnce() -> Result<S>,
    Watch: FnOnce() -> Arc<Applying>,
{
    /// As [`take`].
    ///
    /// # Errors
    /// As [`take`].
    pub fn take(self) -> Result<Option<Taken>> {
        let started = Instant::now();
        let directory = self.journal;
        let Some(sealed) = Sealed::read(&directory, RULES_VERSION)? else {
            bail!("{} holds no journal", directory.name());
        };
        let Some(end) = sealed.synced_end() else {
            return Ok(None);
        };
        let storage = (self.open)()?;
        if let Err(error) = snapshots::clear_away(&storage) {
            warn!("what an earlier snapshot has left half written stays: {error}");
        }
        // They are for the build that wrote them.
        let newer = snapshots::newer(&storage)?;
        if newer.contains(&end.seq) {
            return Ok(None);
        }
        let fits = |base: &Base| sealed.contains(base);
        let beginning = Beginning::find_in(&storage, sealed.shard(), self.seed, fits)?;
        let Beginning {
            mut state, base, ..
        } = beginning;
        let from = base.map_or(Seq(0), |base| base.seq);
        // A newer one than `end` was taken before a repair cut off the segments that stated more.
        if from >= end.seq {
            return Ok(None);
        }
        // Also those that stand behind the end: they are about records before it.
        let (decisions, _) = decisions(&directory, from)?;
        state.heed(end.exchange_id, decisions, (self.watch)());
        let replaying = Instant::now();
        let mut follower = sealed.follow(directory, from, end)?;
        while let Some(record) = follower.next()? {
            state.apply(&record)?;
        }
        let replay_took = replaying.elapsed();
        // First, so that no snapshot is there that waits for its candles; and freed before the image is taken.
        candles::save(&storage, &state, end);
        let snapshot = state.snapshot(end);
        drop(state);
        let file = save(&storage, &snapshot)?;
        let kept = [&[end.seq, from], &newer[..]].concat();
        snapshots::prune(&storage, &kept)?;
        candle_files::prune(&storage, &kept)?;
        Ok(Some(Taken {
            seq: end.seq,
            from,
            bytes: file.bytes,
            replay_took,
            took: started.elapsed(),
        }))
    }
}

/// Saves a snapshot whose candles are there. Without it they are of no use to anybody; and if their room is what was
/// missing, it goes without them.
fn save(storage: &impl Storage, snapshot: &Snapshot) -> Result<SnapshotFile> {
    let error = match snapshots::save(storage, snapshot) {
        Ok(file) => return Ok(file),
        Err(error) => error,
    };
    let is_full = matches!(&error, SnapshotError::Disk(error) if error.is_full());
    let has_room_made = match candle_files::remove(storage, snapshot.image.seq) {
        Ok(is_removed) => is_removed,
        Err(second) => {
            warn!("{second}");
            false
        }
    };
    if !is_full || !has_room_made {
        return Err(error.into());
    }
    warn!("the disk has no room for a snapshot and its candles: it is taken without them");
    Ok(snapshots::save(storage, snapshot)?)
}

/// The last commands of the snapshots that were read to the last byte and are good, the newest first. One
/// that is not is told in a warning.
///
/// # Errors
/// When the disk cannot be read.
pub fn good(directory: &impl Directory) -> Result<Vec<Seq>> {
    let mut good = Vec::new();
    for file in snapshots::list(directory)? {
        match file.verify(directory) {
            Ok(header) => good.push(header.seq),
            Err(error) => warn!("{error}"),
        }
    }
    Ok(good)
}

/// Makes the calling process the least important one of the machine: the last to get a processor, the
/// first to go when memory runs out, gone when its parent is. What the system refuses is not worth
/// ending for.
pub fn step_back() {
    let parameter = libc::sched_param { sched_priority: 0 };
    // SAFETY: the call reads `parameter`, which lives until it returns, and touches no other memory of this
    // process. Of the idle class a thread runs only where nobody else wants to, and is preempted at once.
    let _ = unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const parameter) };
    let _ = rustix::process::setpriority_process(None, 19);
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let kill = Some(rustix::process::Signal::KILL);
    let _ = rustix::process::set_parent_process_death_signal(kill);
}

/// Bounds the memory that the calling process may ask for.
///
/// # Errors
/// When the system refuses.
pub fn limit_memory(mib: u64) -> Result<()> {
    let bytes = Some(mib.saturating_mul(1 << 20));
    let limit = rustix::process::Rlimit {
        current: bytes,
        maximum: bytes,
    };
    rustix::process::setrlimit(rustix::process::Resource::As, limit)
        .with_context(|| format!("limiting memory to {mib} MiB"))
}
