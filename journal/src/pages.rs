//! The thread that keeps pages ready just ahead of the writer, in `written` mode.
//!
//! Syncing a prepared segment leaves its pages protected, and so does the system's flusher half a minute
//! after a page was written: the next store is a page fault, on the core thread, in which the file
//! system may wait for its journal. This thread takes those faults first. It shares nothing with the
//! writer but its position, a relaxed atomic, and never touches a byte. It is a thread of its own,
//! because the one that prepares segments is busy for a second at a time, just when the writer is fast.
//! Cost: about 0.1 ms of its own time every 10 ms while the writer moves, and the more often the faster it is.

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
/// How often at most: a fast writer is looked at again when it has gone about a quarter of what is ready.
const LOOK_EVERY_MIN: Duration = Duration::from_millis(1);
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
        let moved = position.saturating_sub(self.seen);
        self.pause = if position == self.seen {
            LOOK_EVERY_MAX.min(self.pause * 2)
        } else if moved <= AHEAD_BYTES / 8 {
            LOOK_EVERY.min(self.pause * 2)
        } else if moved >= AHEAD_BYTES / 4 {
            LOOK_EVERY_MIN.max(self.pause.min(LOOK_EVERY) / 2)
        } else {
            self.pause.min(LOOK_EVERY)
        };
        self.seen = position;
        // What cannot be prepared faults in when it is written: slower, and no less safe.
        let _ = self.pages.prepare(position..position + AHEAD_BYTES);
        self.pause
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::Mutex;

    use super::*;

    /// Notes what is to be prepared.
    #[derive(Debug, Default)]
    struct Asked(Arc<Mutex<Vec<Range<u64>>>>);

    impl Pages for Asked {
        fn prepare(&self, range: Range<u64>) -> std::io::Result<()> {
            self.0.lock().unwrap().push(range);
            Ok(())
        }
    }

    #[test]
    fn a_fast_writer_is_looked_at_more_often_and_one_that_stands_still_hardly_ever() {
        let position = Arc::new(AtomicU64::new(0));
        let pages = Asked::default();
        let asked = Arc::clone(&pages.0);
        let mut ahead = Ahead::new(pages, Arc::clone(&position));
        let mut moved = |bytes: u64| {
            position.fetch_add(bytes, Ordering::Relaxed);
            ahead.look()
        };
        let fast = AHEAD_BYTES / 2;
        let pauses = [1, fast, fast, fast, fast, fast].map(&mut moved);
        assert_eq!(pauses[0], LOOK_EVERY);
        assert!(pauses.is_sorted_by(|before, after| before >= after));
        assert_eq!(pauses[5], LOOK_EVERY_MIN);
        // At a rate that suits the pause it stays; slower, it is looked at as seldom as before.
        assert_eq!(moved(AHEAD_BYTES / 6), LOOK_EVERY_MIN);
        let slower = [1; 4].map(&mut moved);
        assert_eq!(slower[3], LOOK_EVERY);
        let still = [0; 8].map(&mut moved);
        assert_eq!(still[7], LOOK_EVERY_MAX);
        assert_eq!(moved(1), LOOK_EVERY, "it moves again");
        let end = position.load(Ordering::Relaxed);
        let last = asked.lock().unwrap().last().cloned();
        assert_eq!(last, Some(end..end + AHEAD_BYTES));
    }
}
