//! A line on the terminal that says how far a test is; nothing when the output is not a terminal.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::text::grouped;

/// How often the line is written anew.
const PERIOD: Duration = Duration::from_millis(100);

/// How far a test is.
pub(crate) struct Progress {
    what: &'static str,
    total: u64,
    /// When the line is next due; `None` when nobody watches.
    due: Option<Instant>,
}

impl Progress {
    /// A test of `total` things, `what` in the plural.
    pub(crate) fn new(what: &'static str, total: u64) -> Self {
        let is_watched = std::io::stderr().is_terminal();
        let due = is_watched.then(Instant::now);
        Self { what, total, due }
    }

    /// So many are done. Cheap when it is not yet time for a new line.
    pub(crate) fn at(&mut self, done: u64) {
        let now = Instant::now();
        if self.due.is_some_and(|due| now >= due) {
            self.due = Some(now + PERIOD);
            let Self { what, total, .. } = self;
            let line = format!("\r  {} of {} {what}", grouped(done), grouped(*total));
            write(&line);
        }
    }
}

impl Drop for Progress {
    /// Clears the line.
    fn drop(&mut self) {
        if self.due.is_some() {
            write("\r\x1b[2K");
        }
    }
}

/// A terminal that takes nothing any more is no reason to stop.
fn write(text: &str) {
    let mut terminal = std::io::stderr().lock();
    if terminal.write_all(text.as_bytes()).is_ok() {
        drop(terminal.flush());
    }
}
