//! The journal thread of `durable` mode: a ring from the core, one turn of group commit after the
//! other, and the durable sequence published.
//!
//! The core appends to a bounded lock-free ring and goes on; it never touches the map, whose pages a
//! sync takes away from under a writer. A full ring is an answer ([`AppendError::Full`]) and not a wait.
//! How the thread idles, how it is woken and who hears of durable sequences is the caller's
//! ([`Hooks`]), since rings, watermarks and idle strategies live in another crate.
//!
//! Without the thread, by [`DurableJournal::by_hand`], the simulator decides when each turn is done.
//!
//! Invariant: `publish` is called with a sequence only after the sync that covers it has returned. After
//! an error it is never called again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{Builder, JoinHandle};

use crossbeam_queue::ArrayQueue;
use rialto_types::{Input, Seq, Timestamp};

use crate::durable::{Entry, GroupCommit};
use crate::error::JournalError;
use crate::storage::Storage;
use crate::writer::{JournalWriter, WriterStats};

/// Its name, as `top -H` shows it.
const THREAD: &str = "journal";

/// Sizes of the way to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurableConfig {
    /// Commands that may wait for the disk. At least 1.
    pub ring: usize,
    /// Commands that one sync covers at most. At least 1.
    pub batch_max: usize,
}

impl Default for DurableConfig {
    /// A ring of 65,536 commands (9 MiB): two thirds of a second at 100,000 a second with the disk
    /// standing still. Batches of 16,384, so that a backlog becomes durable in steps of 1 MiB, and a disk
    /// that takes a tenth of a second for each sync still keeps up with 160,000 a second.
    fn default() -> Self {
        Self {
            ring: 1 << 16,
            batch_max: 1 << 14,
        }
    }
}

/// How the journal thread waits for work.
pub trait Idle: Send {
    /// Says that there was work.
    fn worked(&mut self);

    /// Lets a little time pass, or sleeps until woken. Must not sleep when `ready` answers true after
    /// the sleep was announced to the waker.
    fn idle(&mut self, ready: &mut dyn FnMut() -> bool);
}

/// What the journal thread is connected to.
pub struct Hooks {
    /// How it waits.
    pub idle: Box<dyn Idle>,
    /// Ends its wait. Called by the core after it appended.
    pub wake: Box<dyn Fn() + Send>,
    /// Hears of each durable sequence. Called by the journal thread, once a batch.
    pub publish: Box<dyn Fn(Seq) + Send>,
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}

/// Why a command was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// The ring is full: the disk is behind. Nothing was taken; offer the command again.
    #[error("the journal's ring is full: the disk is behind")]
    Full,
    /// The journal has failed and takes nothing more.
    #[error("{0}")]
    Failed(Arc<JournalError>),
}

/// The core's end of the way to the disk.
pub struct DurableJournal {
    shared: Arc<Shared>,
    wake: Box<dyn Fn() + Send>,
    /// `None` once it was joined, and when turns are taken by hand.
    thread: Option<JoinHandle<Option<Seq>>>,
    is_by_hand: bool,
}

#[derive(Debug)]
struct Shared {
    ring: ArrayQueue<Entry>,
    is_stopping: AtomicBool,
    failure: OnceLock<Arc<JournalError>>,
    /// As of the last batch. Touched by the journal thread once a batch, never by the core.
    stats: Mutex<WriterStats>,
}

impl Shared {
    /// Counts are copied whole, so they stay right whatever thread panicked.
    fn stats(&self) -> MutexGuard<'_, WriterStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the core why nothing more will be durable.
    #[cold]
    fn fail(&self, error: JournalError) -> Arc<JournalError> {
        Arc::clone(self.failure.get_or_init(|| Arc::new(error)))
    }
}

/// What metrics show of a [`DurableJournal`]. Cloned freely.
#[derive(Clone, Debug)]
pub struct JournalGauge {
    shared: Arc<Shared>,
}

impl JournalGauge {
    /// Commands that wait for the disk.
    pub fn depth(&self) -> usize {
        self.shared.ring.len()
    }

    /// Commands that can wait for the disk.
    pub fn capacity(&self) -> usize {
        self.shared.ring.capacity()
    }

    /// The writer's counts as of its last batch.
    pub fn stats(&self) -> WriterStats {
        *self.shared.stats()
    }
}

impl DurableJournal {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`JournalError::Thread`] when the system gives none.
    pub fn start<S: Storage>(
        writer: JournalWriter<S>,
        config: DurableConfig,
        hooks: Hooks,
    ) -> Result<Self, JournalError> {
        let work = JournalWork::new(writer, config, hooks.publish);
        let shared = Arc::clone(&work.shared);
        let idle = hooks.idle;
        let thread = Builder::new()
            .name(THREAD.to_owned())
            .spawn(|| work.run(idle))
            .map_err(|error| not_running(error.to_string()))?;
        Ok(Self {
            shared,
            wake: hooks.wake,
            thread: Some(thread),
            is_by_hand: false,
        })
    }

    /// The same without a thread: a turn is done when the caller says so. Ends with
    /// [`JournalWork::close`].
    pub fn by_hand<S: Storage>(
        writer: JournalWriter<S>,
        config: DurableConfig,
        publish: Box<dyn Fn(Seq) + Send>,
    ) -> (Self, JournalWork<S>) {
        let work = JournalWork::new(writer, config, publish);
        let journal = Self {
            shared: Arc::clone(&work.shared),
            wake: Box::new(|| {}),
            thread: None,
            is_by_hand: true,
        };
        (journal, work)
    }

    /// Hands a command over. Says nothing about the disk: the durable sequence is published. Call
    /// [`DurableJournal::wake`] after one or several.
    ///
    /// # Errors
    /// [`AppendError`].
    #[inline]
    pub fn append(&mut self, seq: Seq, time: Timestamp, input: &Input) -> Result<(), AppendError> {
        if let Some(error) = self.failure() {
            return Err(AppendError::Failed(Arc::clone(error)));
        }
        let entry = Entry {
            seq,
            time,
            input: *input,
        };
        self.shared.ring.push(entry).map_err(|_| self.full())
    }

    /// Wakes the journal thread if it sleeps.
    #[inline]
    pub fn wake(&self) {
        (self.wake)();
    }

    /// Why the journal stopped, if it did. A look at one atomic.
    #[inline]
    pub fn failure(&self) -> Option<&Arc<JournalError>> {
        self.shared.failure.get()
    }

    /// A view for metrics.
    pub fn gauge(&self) -> JournalGauge {
        JournalGauge {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Makes everything taken durable, ends the thread, and returns the last command.
    ///
    /// # Errors
    /// The error that stopped the journal, if one did.
    pub fn close(mut self) -> Result<Seq, Arc<JournalError>> {
        let last = self.join();
        match (self.failure(), last) {
            (Some(error), _) => Err(Arc::clone(error)),
            (None, Some(last)) => Ok(last),
            (None, None) => Err(Arc::new(not_running("it has died"))),
        }
    }

    #[cold]
    fn full(&self) -> AppendError {
        // Only a panic ends the thread without a failure.
        match &self.thread {
            Some(thread) if !thread.is_finished() => AppendError::Full,
            None if self.is_by_hand => AppendError::Full,
            _ => AppendError::Failed(Arc::new(not_running("it has died"))),
        }
    }

    fn join(&mut self) -> Option<Seq> {
        self.shared.is_stopping.store(true, Ordering::Release);
        (self.wake)();
        self.thread.take()?.join().ok().flatten()
    }
}

impl Drop for DurableJournal {
    /// What was taken becomes durable also when nobody asks for the result.
    fn drop(&mut self) {
        self.join();
    }
}

impl std::fmt::Debug for DurableJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DurableJournal")
            .field("depth", &self.shared.ring.len())
            .field("failure", &self.failure())
            .finish_non_exhaustive()
    }
}

fn not_running(reason: impl Into<String>) -> JournalError {
    JournalError::Thread {
        thread: THREAD,
        reason: reason.into(),
    }
}

/// The journal's end of the ring: what the thread does, without the thread.
pub struct JournalWork<S: Storage> {
    shared: Arc<Shared>,
    commit: GroupCommit<S>,
    publish: Box<dyn Fn(Seq) + Send>,
}

impl<S: Storage> JournalWork<S> {
    fn new(
        writer: JournalWriter<S>,
        config: DurableConfig,
        publish: Box<dyn Fn(Seq) + Send>,
    ) -> Self {
        let shared = Arc::new(Shared {
            ring: ArrayQueue::new(config.ring.max(1)),
            is_stopping: AtomicBool::new(false),
            failure: OnceLock::new(),
            stats: Mutex::new(writer.stats()),
        });
        Self {
            shared,
            commit: GroupCommit::new(writer, config.batch_max),
            publish,
        }
    }

    /// One turn: commits a batch of what waits in the ring and publishes it; false when nothing waited.
    ///
    /// # Errors
    /// What ends the journal; [`DurableJournal::failure`] tells it too.
    pub fn turn(&mut self) -> Result<bool, Arc<JournalError>> {
        match self.commit.turn(|| self.shared.ring.pop()) {
            Ok(Some(durable)) => {
                (self.publish)(durable);
                *self.shared.stats() = self.commit.writer().stats();
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(error) => Err(self.shared.fail(error)),
        }
    }

    /// Ends the journal's use in order, after the last turn.
    ///
    /// # Errors
    /// As [`GroupCommit::close`].
    pub fn close(self) -> Result<Seq, Arc<JournalError>> {
        let closed = self.commit.close();
        closed.map_err(|error| self.shared.fail(error))
    }

    fn run(mut self, mut idle: Box<dyn Idle>) -> Option<Seq> {
        loop {
            // Read before the ring: what was appended before the stop is still found in it.
            let is_stopping = self.shared.is_stopping.load(Ordering::Acquire);
            match self.turn() {
                Ok(true) => idle.worked(),
                Ok(false) if is_stopping => break,
                Ok(false) => {
                    let shared = &self.shared;
                    let mut ready =
                        || !shared.ring.is_empty() || shared.is_stopping.load(Ordering::Acquire);
                    idle.idle(&mut ready);
                }
                Err(_) => return None,
            }
        }
        self.close().ok()
    }
}

impl<S: Storage> std::fmt::Debug for JournalWork<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JournalWork")
            .field("depth", &self.shared.ring.len())
            .finish_non_exhaustive()
    }
}
