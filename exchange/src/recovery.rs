//! Recovery: from the journal's directory to the state after its last command.
//!
//! The newest good snapshot is restored, and what came after it is replayed; when a snapshot is no good,
//! an older one takes its place, at last the beginning, if the journal still reaches back to it. What comes
//! out is what the process that died had. Cost: what matching costs; the scan itself is an order of
//! magnitude faster.
//!
//! Only a snapshot is ever passed over. What is wrong with the journal itself ends the start, with a
//! message that says what to do.

use std::io::IsTerminal;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rialto_engine::{HashSeed, RULES_VERSION};
use rialto_gateway::ReportLog;
use rialto_journal::catalog::{Catalog, Expected, SegmentFile};
use rialto_journal::storage::{Directory, Storage};
use rialto_journal::{
    Base, Decision, ExchangeId, FileStorage, JournalError, OpenOptions, Progress,
    ReadOnlyDirectory, Recovered, Recovery, SnapshotError, SnapshotFile, decisions, layout,
    snapshots,
};
use rialto_types::{Seq, ShardId};
use tracing::{debug, info, warn};

use crate::candles;
use crate::poison::{Applying, Mark};
use crate::state::State;

/// Commands between two looks at the clock.
const COMMANDS_PER_LOOK: u64 = 8_192;

/// Characters of the bar that shows how far a replay has come.
const BAR_WIDTH: usize = 20;

/// What recovery hands to the rest of the process.
pub struct Restored<S: Storage = FileStorage> {
    /// The state after the last command.
    pub state: State,
    /// The journal, ready to be continued.
    pub journal: Recovered<S>,
    /// The last command of the snapshot that was restored; 0 when none was.
    pub snapshot: Seq,
    /// Commands replayed after it.
    pub command_count: u64,
    /// How long all of it took.
    pub took: Duration,
    /// How long replaying took, without the snapshot.
    pub replay_took: Duration,
    /// Where a panic looks which record it was.
    pub applying: Arc<Applying>,
}

/// Where the journal stands in a data directory.
pub fn journal_directory(data: &Path) -> PathBuf {
    data.join("journal")
}

/// Where its snapshots stand.
pub fn snapshots_directory(journal: &Path) -> PathBuf {
    journal.join(layout::SNAPSHOTS)
}

/// A state to begin a replay with, and where it stands; no place for the state before the first command.
pub struct Beginning {
    /// The state.
    pub state: State,
    /// Where it stands in the journal.
    pub base: Option<Base>,
    /// Why the first of the snapshots was passed over that a newer build wrote, if there is one.
    pub newer: Option<SnapshotError>,
}

impl Beginning {
    /// Restores the newest good snapshot of `journal` for which `fits` holds, or the state before the
    /// first command. A snapshot that is no good is told in a warning.
    ///
    /// # Errors
    /// When the disk cannot be read, or the system has no random bytes.
    pub fn find(journal: &Path, shard: ShardId, fits: impl FnMut(&Base) -> bool) -> Result<Self> {
        let directory = ReadOnlyDirectory::new(snapshots_directory(journal));
        Self::find_in(&directory, shard, hash_seed()?, fits)
    }

    /// The same in a directory of snapshots, whatever it stands on. The tables of the core get `seed`.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn find_in(
        directory: &impl Directory,
        shard: ShardId,
        seed: HashSeed,
        fits: impl FnMut(&Base) -> bool,
    ) -> Result<Self> {
        let files = snapshots::list(directory)?;
        Ok(Self::find_among(directory, files, shard, seed, fits))
    }

    /// As [`Self::find_in`], of these snapshots and in their order.
    fn find_among(
        directory: &impl Directory,
        files: Vec<SnapshotFile>,
        shard: ShardId,
        seed: HashSeed,
        mut fits: impl FnMut(&Base) -> bool,
    ) -> Self {
        let mut newer = None;
        for file in files {
            debug!("reading the snapshot {}, {} bytes", file.name, file.bytes);
            let name = &file.name;
            let snapshot = match file.read(directory) {
                Ok(snapshot) => snapshot,
                Err(error @ SnapshotError::Newer { .. }) => {
                    warn!(
                        "the snapshot {name} is passed over: {error}. It is left as it is; start the newer build \
                         to use it, or let this one begin with another snapshot or with the journal, which may \
                         take longer"
                    );
                    newer.get_or_insert(error);
                    continue;
                }
                Err(error) => {
                    warn!("the snapshot {name} is passed over for an older one: {error}");
                    continue;
                }
            };
            let base = snapshot.base();
            if !fits(&base) {
                continue;
            }
            match State::restore(&snapshot, seed) {
                Ok(mut state) => {
                    candles::restore(directory, &mut state, &base);
                    let base = Some(base);
                    return Self { state, base, newer };
                }
                Err(error) => {
                    warn!("the snapshot {name} is passed over for an older one: {error:#}");
                }
            }
        }
        let state = State::new(shard, seed);
        Self {
            state,
            base: None,
            newer,
        }
    }

    /// The last command that is part of the state.
    pub fn seq(&self) -> Seq {
        self.base.map_or(Seq(0), |base| base.seq)
    }
}

/// A journal whose files were checked and that waits to be replayed.
pub struct Replay<S: Storage = FileStorage> {
    storage: Arc<S>,
    options: OpenOptions,
}

impl Replay<FileStorage> {
    /// Opens the journal of a data directory, which is made if it is not there.
    ///
    /// # Errors
    /// When the journal is in use, of another version, or its files cannot be one journal; the message
    /// says what to do.
    pub fn open(data: &Path, shard: ShardId) -> Result<Self> {
        let directory = journal_directory(data);
        let storage = Arc::new(FileStorage::open(&directory)?);
        Self::over(storage, shard, || Ok(ExchangeId(random()?)))
    }

    /// Restores the newest good snapshot and replays every command after it. `applying` hears of each, for
    /// [`crate::poison`]. `reports` is filled with the latest reports; a snapshot so new that some of them
    /// would be missing stands back for the oldest.
    ///
    /// # Errors
    /// When records are damaged that were safe once, cannot be read, or are gone together with every
    /// good snapshot; when a record made the core panic and nobody has decided on it.
    pub fn run(self, applying: Arc<Applying>, reports: ReportLog) -> Result<Restored> {
        let storage = Arc::clone(&self.storage);
        let journal = storage.directory();
        let snapshots = ReadOnlyDirectory::new(snapshots_directory(journal));
        let mark = Mark::read(journal)?;
        let hearers = Hearers { applying, reports };
        let restored = self.run_with(&snapshots, hash_seed()?, hearers, |to_come, decisions| {
            // A record that never reached the journal, or is behind us, is nobody's concern any more.
            let mark = mark.as_ref();
            match mark.filter(|mark| to_come.contains(&mark.record)) {
                Some(mark) => mark.check(journal, decisions),
                None => Ok(()),
            }
        })?;
        if mark.is_some() {
            Mark::remove(journal)?;
        }
        Ok(restored)
    }
}

/// Who hears of what a replay does.
#[derive(Default)]
pub struct Hearers {
    /// Of each command that is being applied.
    pub applying: Arc<Applying>,
    /// Of the latest reports.
    pub reports: ReportLog,
}

impl<S: Storage> Replay<S> {
    /// Looks at a journal, whatever it stands on. `new_exchange_id` names one that does not exist yet.
    ///
    /// # Errors
    /// As [`Replay::open`].
    pub fn over(
        storage: Arc<S>,
        shard: ShardId,
        new_exchange_id: impl FnOnce() -> Result<ExchangeId>,
    ) -> Result<Self> {
        let rules_version = RULES_VERSION;
        let expected = Expected {
            shard,
            rules_version,
        };
        let catalog = Catalog::read(&storage, Some(expected))?;
        let stated = catalog.segments.iter().find_map(SegmentFile::header);
        let new_exchange_id = match stated {
            Some(header) => header.exchange_id,
            None => new_exchange_id()?,
        };
        let options = OpenOptions {
            shard,
            rules_version,
            new_exchange_id,
            after: Seq(0),
        };
        Ok(Self { storage, options })
    }

    /// Whose journal it is.
    pub fn exchange_id(&self) -> ExchangeId {
        self.options.new_exchange_id
    }

    /// As [`Replay::run`], with the snapshots and the seed of the core's tables given. `check` is told
    /// which records are to be replayed, and what was decided on them, before the first one is.
    ///
    /// # Errors
    /// As [`Replay::run`], and those of `check`.
    pub fn run_with(
        self,
        snapshots: &impl Directory,
        seed: HashSeed,
        hearers: Hearers,
        check: impl FnOnce(RangeInclusive<u64>, &[Decision]) -> Result<()>,
    ) -> Result<Restored<S>> {
        let started = Instant::now();
        let Hearers { applying, reports } = hearers;
        let files = snapshots::list(snapshots)?;
        let oldest = files.last().map_or(Seq(0), |file| file.seq);
        let (mut decisions, last) = decisions(&self.storage, oldest)?;
        // The reports of so many commands fill the memory there is for them.
        let wanted = Seq(last.0.saturating_sub(reports.report_count_max() as u64));
        let files = in_order(files, wanted, last);
        let shard = self.options.shard;
        let beginning = Beginning::find_among(snapshots, files, shard, seed, |_| true);
        let snapshot = beginning.seq();
        let Beginning {
            mut state,
            base,
            newer,
        } = beginning;
        refuse_beyond(newer.as_ref(), last)?;
        state.keep_reports(reports, wanted);
        decisions.retain(|decision| decision.skipped > snapshot);
        check(snapshot.0 + 1..=last.0, &decisions)?;
        state.heed(self.exchange_id(), decisions, Arc::clone(&applying));
        let mut recovery = self.recovery(base, newer)?;
        let mut progress = ProgressLine::start();
        let mut command_count: u64 = 0;
        while let Some(record) = recovery.next()? {
            state.apply(&record)?;
            command_count += 1;
            if command_count.is_multiple_of(COMMANDS_PER_LOOK) {
                progress.show(&recovery.progress(), command_count);
            }
        }
        let journal = recovery.finish()?;
        progress.end();
        if let Some(tail) = journal.tail() {
            let saved = tail.saved.join(", ");
            warn!(
                saved,
                "cut off a tail of records that nobody was told of, and kept it aside"
            );
        }
        Ok(Restored {
            state,
            journal,
            snapshot,
            command_count,
            took: started.elapsed(),
            replay_took: progress.started.elapsed(),
            applying,
        })
    }

    /// `newer` is a snapshot that was passed over because a newer build wrote it.
    fn recovery(&self, base: Option<Base>, newer: Option<SnapshotError>) -> Result<Recovery<S>> {
        let storage = Arc::clone(&self.storage);
        let opened = match base {
            Some(base) => Recovery::open_after(storage, self.options, base),
            None => Recovery::open(storage, self.options),
        };
        let error = match opened {
            Ok(recovery) => return Ok(recovery),
            Err(error) => error,
        };
        let too_late = matches!(error, JournalError::BeginsTooLate { .. });
        Err(match newer {
            Some(newer) if too_late => anyhow::Error::new(error).context(format!(
                "the snapshot that this start needs is of no use to this build: {newer}. Start the newer \
                 build, or put back what this one can begin with"
            )),
            None if too_late && base.is_none() => anyhow::Error::new(error).context(
                "no snapshot is good, and the journal does not reach back to its beginning",
            ),
            _ => error.into(),
        })
    }
}

/// A snapshot that stands behind the journal's end says that commands are gone, also one that only a newer build reads.
fn refuse_beyond(newer: Option<&SnapshotError>, last: Seq) -> Result<()> {
    let Some(error @ SnapshotError::Newer { name, .. }) = newer else {
        return Ok(());
    };
    match layout::snapshot_seq(name) {
        Some(seq) if seq > last => bail!(
            "the journal ends at sequence {last}, and {error}: what lies between is gone from the journal. Start the \
             newer build, or put the journal back from a copy"
        ),
        _ => Ok(()),
    }
}

/// The order in which snapshots are tried, given from the newest to the oldest: those first that stand
/// before the first command whose reports are wanted, then the others from the oldest on. Should even the
/// newest lie behind the last command of the journal, it goes first: recovery then says what is gone.
fn in_order(files: Vec<SnapshotFile>, wanted: Seq, last: Seq) -> Vec<SnapshotFile> {
    if files.first().is_some_and(|newest| newest.seq > last) {
        return files;
    }
    let (mut in_time, too_new): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| file.seq <= wanted);
    in_time.extend(too_new.into_iter().rev());
    in_time
}

/// Tells how far a long recovery has come: a line that is written over on a terminal, a log line now and
/// then otherwise.
struct ProgressLine {
    started: Instant,
    shown: Instant,
    interval: Duration,
    is_terminal: bool,
}

impl ProgressLine {
    fn start() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let interval = Duration::from_millis(if is_terminal { 200 } else { 5_000 });
        let now = Instant::now();
        Self {
            started: now,
            shown: now,
            interval,
            is_terminal,
        }
    }

    fn show(&mut self, progress: &Progress, command_count: u64) {
        if self.shown.elapsed() < self.interval {
            return;
        }
        self.shown = Instant::now();
        let line = progress_text(progress, command_count, self.started.elapsed());
        if self.is_terminal {
            eprint!("\r\x1b[Krecovering: {} {line}", bar(progress));
        } else {
            info!("recovering: {line}");
        }
    }

    fn end(&self) {
        if self.is_terminal && self.shown > self.started {
            eprint!("\r\x1b[K");
        }
    }
}

fn progress_text(progress: &Progress, command_count: u64, elapsed: Duration) -> String {
    let total = progress.bytes_total.max(1);
    let done = progress.bytes_done.clamp(1, total);
    let percent = u128::from(done) * 100 / u128::from(total);
    let left = elapsed.as_millis() * u128::from(total - done) / u128::from(done);
    let left_s = left.div_ceil(1_000);
    let rate = u128::from(command_count) * 1_000 / elapsed.as_millis().max(1);
    format!("{percent} %, {command_count} commands, {rate} a second, at most {left_s} s left")
}

/// How far a replay has come, as a picture.
fn bar(progress: &Progress) -> String {
    let total = progress.bytes_total.max(1);
    let done = progress.bytes_done.min(total);
    let full = u128::from(done) * BAR_WIDTH as u128 / u128::from(total);
    let full = usize::try_from(full).unwrap_or(BAR_WIDTH);
    format!("{}{}", "█".repeat(full), "░".repeat(BAR_WIDTH - full))
}

/// Random bytes from the operating system.
///
/// # Errors
/// When it has none to give.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
    Ok(bytes)
}

/// A seed for the tables of a core that nobody outside knows.
///
/// # Errors
/// As [`random`].
pub fn hash_seed() -> Result<HashSeed> {
    let word = || Ok::<_, anyhow::Error>(u64::from_le_bytes(random()?));
    Ok(HashSeed([word()?, word()?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_are_tried_so_that_reports_can_be_kept() {
        let files = |seqs: &[u64]| -> Vec<SnapshotFile> {
            let file = |seq: &u64| SnapshotFile {
                name: seq.to_string(),
                seq: Seq(*seq),
                bytes: 0,
            };
            seqs.iter().map(file).collect()
        };
        let order = |wanted, last| in_order(files(&[300, 200, 100]), Seq(wanted), Seq(last));
        assert_eq!(order(300, 400), files(&[300, 200, 100]));
        assert_eq!(order(299, 400), files(&[200, 100, 300]));
        assert_eq!(order(150, 400), files(&[100, 200, 300]));
        assert_eq!(order(50, 400), files(&[100, 200, 300]));
        assert_eq!(order(50, 299), files(&[300, 200, 100]));
    }

    #[test]
    fn progress_says_how_long_it_will_take() {
        let progress = Progress {
            bytes_done: 25,
            bytes_total: 100,
        };
        let text = progress_text(&progress, 1_000, Duration::from_secs(2));
        assert_eq!(text, "25 %, 1000 commands, 500 a second, at most 6 s left");
        assert_eq!(bar(&progress), format!("█████{}", "░".repeat(15)));
        let nothing = Progress {
            bytes_done: 0,
            bytes_total: 0,
        };
        assert!(progress_text(&nothing, 0, Duration::ZERO).starts_with("100 %"));
        assert_eq!(bar(&nothing), "░".repeat(20));
        let all = Progress {
            bytes_done: 101,
            bytes_total: 100,
        };
        assert_eq!(bar(&all), "█".repeat(20));
    }
}
