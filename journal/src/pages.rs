//! The thread that keeps pages ready just ahead of the writer, in `written` mode.
//!
//! Syncing a prepared segment leaves its pages protected, and so does the system's flusher half a minute
//! after a page was written: the next store is a page fault, on the core thread, in which the file
//! system may wait for its journal. This thread takes those faults first. It shares nothing with the
//! writer but its position, a relaxed atomic, and never touches a byte. It is a thread of its own,
//! because the one that prepares segments is busy for a second at a time, just when the writer is fast.
//! Cost: about 0.1 ms of its own time every 10 ms while the writer moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::error::JournalError;
use crate::segments::AHEAD_BYTES;
use crate::storage::Pages;

/// Its name, as `top -H` shows it.
const THREAD: &str = "pages";
/// How often the writer's position is looked at while it moves.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How often while it stands still.
const LOOK_EVERY_MAX: Duration = Duration::from_secs(1);

/// Keeps pages ready, until it is dropped.
#[derive(Debug)]
pub(crate) struct PagesThread<P> {
    /// `None` only while it is dropped.
    segments: Option<Sender<Ahead<P>>>,
    thread: Option<JoinHandle<()>>,
}

impl<P: Pages> PagesThread<P> {
    pub(crate) fn start() -> Result<Self, JournalError> {
        let (segments, receiver) = mpsc::channel();
        let thread = Builder::new()
            .name(THREAD.to_owned())
            .spawn(move || run(&receiver));
        Ok(Self {
            segments: Some(segments),
            thread: Some(thread.map_err(|error| not_running(error.to_string()))?),
        })
    }

    /// From now on these pages, ahead of this position.
    pub(crate) fn watch(&self, pages: P, position: Arc<AtomicU64>) -> Result<(), JournalError> {
        let segments = self.segments.as_ref().expect("segments go until the drop");
        let sent = segments.send(Ahead::new(pages, position));
        sent.map_err(|_| not_running("it has died"))
    }
}

impl<P> Drop for PagesThread<P> {
    fn drop(&mut self) {
        drop(self.segments.take());
        if let Some(thread) = self.thread.take() {
            // It cannot have changed anything, whatever became of it.
            let _ = thread.join();
        }
    }
}

fn not_running(reason: impl Into<String>) -> JournalError {
    JournalError::Thread {
        thread: THREAD,
        reason: reason.into(),
    }
}

fn run<P: Pages>(segments: &Receiver<Ahead<P>>) {
    let Ok(mut ahead) = segments.recv() else {
        return;
    };
    loop {
        match segments.recv_timeout(ahead.look()) {
            Ok(next) => ahead = next,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Keeps pages ready ahead of the writer.
struct Ahead<P> {
    pages: P,
    position: Arc<AtomicU64>,
    seen: u64,
    pause: Duration,
}

impl<P: Pages> Ahead<P> {
    fn new(pages: P, position: Arc<AtomicU64>) -> Self {
        Self {
            pages,
            position,
            seen: 0,
            pause: LOOK_EVERY,
        }
    }

    /// Prepares what lies ahead and says when to look again.
    fn look(&mut self) -> Duration {
        let position = self.position.load(Ordering::Relaxed);
        self.pause = if position == self.seen {
            LOOK_EVERY_MAX.min(self.pause * 2)
        } else {
            LOOK_EVERY
        };
        self.seen = position;
        // What cannot be prepared faults in when it is written: slower, and no less safe.
        let _ = self.pages.prepare(position..position + AHEAD_BYTES);
        self.pause
    }
}
