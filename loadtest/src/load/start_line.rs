//! Where the workers of a run wait for each other, so that all begin to send in the same moment.
//!
//! One that cannot get ready calls the run off for all, and so does whoever could not start one of them:
//! nobody waits for somebody who will not come.

use std::io;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

/// The line.
pub(super) struct StartLine {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Who has not arrived yet.
    missing_count: u32,
    is_called_off: bool,
    began: Option<Instant>,
}

impl StartLine {
    /// For so many threads.
    pub(super) fn new(count: u32) -> Self {
        Self {
            state: Mutex::new(State {
                missing_count: count,
                is_called_off: false,
                began: None,
            }),
            changed: Condvar::new(),
        }
    }

    /// Waits for all; the time at which the run begins, or `None` when it was called off, by this one if it
    /// is not ready.
    pub(super) fn wait(&self, is_ready: bool) -> Option<Instant> {
        // Whoever panics beside this ends the run in another way.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.missing_count = state.missing_count.saturating_sub(1);
        state.is_called_off |= !is_ready;
        if state.missing_count == 0 && !state.is_called_off {
            state.began = Some(Instant::now());
        }
        self.changed.notify_all();
        while state.began.is_none() && !state.is_called_off {
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.began
    }

    /// Starts so many workers, each of which will wait here. When the system refuses one, those that were
    /// started are sent home.
    ///
    /// # Errors
    /// That of `start`.
    pub(super) fn start_all(
        &self,
        count: u32,
        mut start: impl FnMut(u32) -> io::Result<()>,
    ) -> io::Result<()> {
        let started = (0..count).try_for_each(&mut start);
        if started.is_err() {
            self.wait(false);
        }
        started
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_begin_in_the_same_moment() {
        let line = StartLine::new(3);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..2).map(|_| scope.spawn(|| line.wait(true))).collect();
            let began = line.wait(true);
            assert!(began.is_some());
            for worker in workers {
                assert_eq!(worker.join().unwrap(), began);
            }
        });
    }

    #[test]
    fn nobody_waits_for_a_thread_that_the_system_refuses() {
        let line = StartLine::new(6);
        std::thread::scope(|scope| {
            let mut workers = Vec::new();
            let started = line.start_all(5, |index| {
                if index == 3 {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                workers.push(scope.spawn(|| line.wait(true)));
                Ok(())
            });
            assert_eq!(started.unwrap_err().kind(), io::ErrorKind::WouldBlock);
            assert_eq!(workers.len(), 3);
            for worker in workers {
                assert_eq!(worker.join().unwrap(), None);
            }
        });
    }

    #[test]
    fn one_that_is_not_ready_calls_it_off_for_all() {
        let line = StartLine::new(2);
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| line.wait(false));
            assert_eq!(line.wait(true), None);
            assert_eq!(worker.join().unwrap(), None);
        });
    }
}
