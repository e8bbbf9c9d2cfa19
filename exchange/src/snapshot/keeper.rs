//! The keeper: has a snapshot taken when a restart would take too long without, or when the disk fills up,
//! and lets segments go that no restart needs any more.
//!
//! A thread that sleeps nearly always. The work is done by a process of its own, `rialto journal
//! snapshot`, which gives way to everything else; should that die, of whatever, the exchange goes on and
//! the keeper tries again later, after ever longer waits. Segments go only after both snapshots that are
//! kept were read to the last byte.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rialto_engine::RULES_VERSION;
use rialto_journal::{Archive, ArchiveDirectory, FileStorage, ReadOnlyDirectory, Sealed, retire};
use rialto_types::Seq;
use tracing::{error, info, warn};

use crate::core::CoreGauges;
use crate::journal_gauges::JournalGauges;
use crate::recovery::snapshots_directory;

/// How often the keeper looks whether a snapshot is worth it.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often it looks whether the process has ended.
const WAIT_EVERY: Duration = Duration::from_millis(100);
/// How long it waits after a failure; twice as long after each further one.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// How long it waits at most.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(30);

/// What the keeper works with.
pub struct Parts {
    /// The journal, which this process owns.
    pub storage: Arc<FileStorage>,
    /// Where segments are put away; without it they are removed.
    pub archive: Option<PathBuf>,
    /// A snapshot is taken when replaying what is newer would take longer than this.
    pub replay_max: Duration,
    /// One is taken as soon as it lets segments go when less than this is free on the disk.
    pub free_bytes_min: u64,
    /// Memory that taking one may ask for.
    pub memory: Memory,
    /// Where the core tells how far it is.
    pub core: Arc<CoreGauges>,
    /// Where the keeper tells what it does.
    pub gauges: Arc<JournalGauges>,
}

/// How much memory the process may ask for that takes a snapshot. Address space counts: pages that nobody has
/// touched too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// As much as there is.
    Unbounded,
    /// So many MiB.
    Mib(u64),
    /// Twice what the exchange has when the process is started: it holds the same state, and its image beside it.
    TwiceOurs,
}

impl Memory {
    /// What was configured, 0 for no bound.
    pub const fn new(mib: Option<u64>) -> Self {
        match mib {
            None => Self::TwiceOurs,
            Some(0) => Self::Unbounded,
            Some(mib) => Self::Mib(mib),
        }
    }

    /// In MiB, if there is a bound.
    fn mib(self) -> Result<Option<u64>> {
        match self {
            Self::Unbounded => Ok(None),
            Self::Mib(mib) => Ok(Some(mib)),
            Self::TwiceOurs => {
                let path = "/proc/self/statm";
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
                let pages = text
                    .split(' ')
                    .next()
                    .and_then(|pages| pages.parse::<u64>().ok());
                let pages = pages.with_context(|| format!("{path} states no size: {text:?}"))?;
                let bytes = pages.saturating_mul(rustix::param::page_size() as u64);
                Ok(Some((2 * (bytes >> 20)).max(MEMORY_MIB_MIN)))
            }
        }
    }
}

/// The program itself takes some, however small the pools are.
const MEMORY_MIB_MIN: u64 = 1_024;

/// A running keeper; ends when it is dropped.
pub struct Keeper {
    /// `None` only while it is dropped.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the archive cannot be made, or the system gives no thread.
    pub fn start(parts: Parts) -> Result<Self> {
        let journal = parts.storage.directory().to_owned();
        let archive = parts.archive.as_ref().map(|archive| {
            let made = ArchiveDirectory::new(&journal, archive);
            made.with_context(|| format!("making the archive {}", archive.display()))
        });
        let archive = archive.transpose()?;
        let (stop, stopped) = mpsc::channel();
        let work = Work {
            journal,
            archive,
            parts,
            stopped,
            newest: Seq(0),
            failures: 0,
        };
        let thread = std::thread::Builder::new()
            .name("snapshots".to_owned())
            .spawn(|| work.run())
            .context("starting the thread that keeps snapshots")?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was told where it happened.
            let _ = thread.join();
        }
    }
}

struct Work {
    journal: PathBuf,
    archive: Option<ArchiveDirectory>,
    parts: Parts,
    /// Hears nothing; is disconnected when the keeper is to end.
    stopped: Receiver<()>,
    /// The last command of the newest snapshot.
    newest: Seq,
    /// In a row.
    failures: u32,
}

/// What the process tells that took a snapshot.
#[derive(serde::Deserialize)]
struct Told {
    sequence: Option<u64>,
    commands: u64,
    bytes: u64,
    replay_us: u64,
    took_us: u64,
}

impl Work {
    fn run(mut self) {
        // What the last run had no time for.
        self.let_go();
        while !self.is_stopped(self.pause()) {
            if let Err(error) = self.look() {
                self.failures += 1;
                self.parts.gauges.snapshot_failed();
                let again = self.pause();
                error!("no snapshot was taken, a restart will take longer: {error:#}");
                warn!(?again, "the next snapshot is tried later");
            }
        }
    }

    fn is_stopped(&self, wait: Duration) -> bool {
        self.stopped.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected)
    }

    fn pause(&self) -> Duration {
        match self.failures {
            0 => LOOK_EVERY,
            failures => RETRY_AFTER
                .saturating_mul(1 << (failures - 1).min(16))
                .min(RETRY_AFTER_MAX),
        }
    }

    /// Takes a snapshot if it is worth it.
    fn look(&mut self) -> Result<()> {
        if !self.is_worth_it(self.parts.core.seq()) {
            return Ok(());
        }
        let directory = ReadOnlyDirectory::new(&self.journal);
        let sealed = Sealed::read(&directory, RULES_VERSION)?;
        let end = sealed.and_then(|sealed| sealed.synced_end());
        if !end.is_some_and(|end| self.is_worth_it(end.seq)) {
            return Ok(());
        }
        let Some(told) = self.have_taken()? else {
            return Ok(());
        };
        self.failures = 0;
        if let Some(sequence) = told.sequence {
            let took = Duration::from_micros(told.took_us);
            let (commands, bytes) = (told.commands, told.bytes);
            info!(sequence, commands, bytes, ?took, "a snapshot was taken");
            self.newest = Seq(sequence);
            let replay = Duration::from_micros(told.replay_us);
            self.parts.gauges.snapshot_taken(self.newest, took);
            self.parts.gauges.replayed(commands, replay);
        }
        self.let_go();
        Ok(())
    }

    /// Whether replaying up to `seq` would take too long, or room is needed.
    fn is_worth_it(&self, seq: Seq) -> bool {
        let newer = seq.0.saturating_sub(self.newest.0);
        if newer > 0 && self.parts.gauges.free_bytes() < self.parts.free_bytes_min {
            return true;
        }
        let speed = self.parts.gauges.commands_per_second();
        u128::from(newer) * 1_000 >= u128::from(speed) * self.parts.replay_max.as_millis().max(1)
    }

    /// Lets a process take a snapshot; `None` when the keeper is to end meanwhile.
    fn have_taken(&self) -> Result<Option<Told>> {
        // The running program, also when its file was replaced meanwhile.
        let mut command = Command::new("/proc/self/exe");
        command.args(["journal", "snapshot", "--json", "--background"]);
        if let Some(mib) = self.parts.memory.mib()? {
            command.args(["--memory-mib", &mib.to_string()]);
        }
        command.arg(&self.journal);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command
            .spawn()
            .context("starting `rialto journal snapshot`")?;
        let Some(child) = self.wait(child)? else {
            return Ok(None);
        };
        let output = child
            .wait_with_output()
            .context("waiting for the snapshot")?;
        if !output.status.success() {
            let said = [output.stderr, output.stdout].concat();
            let said = String::from_utf8_lossy(&said);
            bail!(
                "`rialto journal snapshot` ended with {}: {}",
                output.status,
                said.trim()
            );
        }
        // What was passed over, or left out.
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            warn!("`rialto journal snapshot` says: {line}");
        }
        let told = serde_json::from_slice(&output.stdout);
        told.context("reading what `rialto journal snapshot` says")
    }

    /// Waits for the process to end; ends it when the keeper is to end. What it says fits into a pipe.
    fn wait(&self, mut child: Child) -> Result<Option<Child>> {
        while child
            .try_wait()
            .context("waiting for the snapshot")?
            .is_none()
        {
            if self.is_stopped(WAIT_EVERY) {
                // Either may fail because it has ended by itself.
                let _ = child.kill();
                let _ = child.wait();
                return Ok(None);
            }
        }
        Ok(Some(child))
    }

    /// Lets segments go that lie before the older of the two newest snapshots, if both are good.
    fn let_go(&mut self) {
        if let Err(error) = self.retire() {
            warn!("old segments stay for now: {error:#}");
        }
    }

    fn retire(&mut self) -> Result<()> {
        let directory = ReadOnlyDirectory::new(snapshots_directory(&self.journal));
        let good = super::good(&directory)?;
        self.newest = good.first().copied().unwrap_or_default();
        self.parts.gauges.snapshot_found(self.newest);
        let Some(older) = good.get(1) else {
            return Ok(());
        };
        let archive = self.archive.as_ref().map(|archive| archive as &dyn Archive);
        let retired = retire(&*self.parts.storage, *older, archive)?;
        if !retired.is_empty() {
            let count = retired.len();
            let archive = self.parts.archive.as_ref();
            let archive = archive.map(|archive| archive.display().to_string());
            info!(
                count,
                older = older.0,
                archive,
                "segments were let go that no restart needs"
            );
        }
        Ok(())
    }
}
