//! The core thread: drives a [`Core`] from the command ring until it is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use rialto_journal::JournalError;
use rialto_journal::storage::Storage;
use rialto_ring::{CommandReceiver, Waker};

use super::Core;
use crate::threads::Place;

/// Commands taken from the ring before their outputs are released. Large enough to spread the cost of
/// the clock and of waking the publisher, small enough that the first of a burst does not wait long.
const BATCH_MAX: usize = 64;
/// The longest sleep: how late a stop or an expiry is noticed at worst.
const SLEEP_MAX: Duration = Duration::from_millis(50);

/// A running core thread.
pub struct CoreThread<S: Storage> {
    stop: Arc<AtomicBool>,
    waker: Waker,
    thread: JoinHandle<End<S>>,
}

/// How a core thread ended.
pub struct End<S: Storage> {
    /// The core, for its state and its log.
    pub core: Core<S>,
    /// Why it ended by itself, if it did.
    pub failure: Option<Arc<JournalError>>,
}

impl<S: Storage + 'static> CoreThread<S>
where
    Core<S>: Send,
{
    /// Starts the thread at its place. `ended` is called when the thread ends, also when the journal made it.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(
        mut core: Core<S>,
        mut commands: CommandReceiver,
        place: Place,
        ended: impl FnOnce() + Send + 'static,
    ) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let waker = commands.waker();
        let stopped = Arc::clone(&stop);
        let body = move || {
            place.take("core");
            core.claim();
            let failure = run(&mut core, &mut commands, &stopped).err();
            let failure = core.end_batch().err().or(failure);
            ended();
            End { core, failure }
        };
        let thread = std::thread::Builder::new()
            .name("core".to_owned())
            .spawn(body);
        Ok(Self {
            stop,
            waker,
            thread: thread.context("starting the core thread")?,
        })
    }

    /// Tells the thread to apply what is in the ring and then to end; gives what it left.
    ///
    /// # Panics
    /// When the core thread panicked, which the release build turns into an abort of the process.
    pub fn stop(self) -> End<S> {
        self.stop.store(true, Ordering::Release);
        self.waker.wake();
        self.thread.join().expect("the core thread does not panic")
    }
}

fn run<S: Storage>(
    core: &mut Core<S>,
    commands: &mut CommandReceiver,
    stop: &AtomicBool,
) -> Result<(), Arc<JournalError>> {
    loop {
        // Read before the ring: what was put in before the stop is taken out after it.
        let stopping = stop.load(Ordering::Acquire);
        let mut outcome = Ok(());
        let count = commands.drain(BATCH_MAX, |input| {
            if outcome.is_ok() {
                outcome = core.step(&input);
            }
        });
        outcome?;
        if count > 0 {
            core.end_batch()?;
            continue;
        }
        if let Some(error) = core.failure() {
            return Err(Arc::clone(error));
        }
        let until_expiry = core.tick()?;
        if stopping {
            return Ok(());
        }
        if until_expiry != Some(Duration::ZERO) {
            commands.idle(until_expiry.map_or(SLEEP_MAX, |until| until.min(SLEEP_MAX)));
        }
    }
}
