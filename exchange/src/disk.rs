//! The watch over the journal's disk: says how much is free, long before a segment finds no room.
//!
//! When the next segment cannot be reserved the exchange halts, because it must not acknowledge what it
//! cannot write down. This thread makes sure that nobody is surprised: a gauge, and a warning once the
//! free space falls below a mark. Cost: one system call every few seconds.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use tracing::{info, warn};

use crate::journal_gauges::JournalGauges;

/// How often the disk is asked.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// So much more than the mark must be free before a further warning is due, in percent of it: otherwise
/// every file that comes and goes would be told.
const RELIEF_PERCENT: u64 = 110;

/// A running watch; ends when it is dropped.
pub struct DiskWatch {
    /// `None` only while it is dropped.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl DiskWatch {
    /// Watches the disk of `directory`, and warns when less than `mark_bytes` is free.
    ///
    /// # Errors
    /// When the disk does not say, or the system gives no thread.
    pub fn start(directory: PathBuf, mark_bytes: u64, gauges: Arc<JournalGauges>) -> Result<Self> {
        let mut watch = Watch {
            mark_bytes,
            is_low: false,
        };
        let free = free_bytes(&directory)?;
        gauges.free(free);
        watch.tell(&directory, free);
        let (stop, stopped) = mpsc::channel::<()>();
        let body = move || {
            while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                match free_bytes(&directory) {
                    Ok(free) => {
                        gauges.free(free);
                        watch.tell(&directory, free);
                    }
                    Err(error) => warn!("{error:#}"),
                }
            }
        };
        let thread = std::thread::Builder::new().name("disk".to_owned());
        let thread = thread
            .spawn(body)
            .context("starting the watch over the disk")?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for DiskWatch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was told where it happened.
            let _ = thread.join();
        }
    }
}

/// What the disk has left for this user.
fn free_bytes(directory: &Path) -> Result<u64> {
    let status = rustix::fs::statvfs(directory);
    let status = status.with_context(|| format!("asking the disk of {}", directory.display()))?;
    Ok(status.f_bavail.saturating_mul(status.f_frsize))
}

/// What there is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notice {
    Low,
    Relieved,
}

struct Watch {
    mark_bytes: u64,
    is_low: bool,
}

impl Watch {
    fn notice(&mut self, free: u64) -> Option<Notice> {
        let relief = u128::from(self.mark_bytes) * u128::from(RELIEF_PERCENT) / 100;
        if !self.is_low && free < self.mark_bytes {
            self.is_low = true;
            return Some(Notice::Low);
        }
        if self.is_low && u128::from(free) >= relief {
            self.is_low = false;
            return Some(Notice::Relieved);
        }
        None
    }

    fn tell(&mut self, directory: &Path, free: u64) {
        let (free_mib, mark_mib) = (free >> 20, self.mark_bytes >> 20);
        let directory = directory.display();
        match self.notice(free) {
            Some(Notice::Low) => warn!(
                free_mib,
                mark_mib,
                "the disk of {directory} is filling up: when no room is left for a further segment, the \
                 exchange halts. Make room; old segments go as soon as snapshots allow it"
            ),
            Some(Notice::Relieved) => info!(free_mib, "the disk of {directory} has room again"),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_fills_up_is_told_once_until_it_has_room_again() {
        let mut watch = Watch {
            mark_bytes: 1_000,
            is_low: false,
        };
        let steps = [
            (5_000, None),
            (1_000, None),
            (999, Some(Notice::Low)),
            (10, None),
            (1_050, None),
            (999, None),
            (1_100, Some(Notice::Relieved)),
            (0, Some(Notice::Low)),
        ];
        for (free, expected) in steps {
            assert_eq!(watch.notice(free), expected, "{free}");
        }
    }

    #[test]
    fn without_a_mark_nothing_is_told() {
        let mut watch = Watch {
            mark_bytes: 0,
            is_low: false,
        };
        assert_eq!(watch.notice(0), None);
    }

    #[test]
    fn a_disk_says_what_it_has_left() {
        let directory = tempfile::tempdir().unwrap();
        let gauges = Arc::new(JournalGauges::default());
        let watch = DiskWatch::start(directory.path().to_owned(), 0, Arc::clone(&gauges));
        drop(watch.unwrap());
        assert!(gauges.free_bytes() > 0);
        assert!(free_bytes(Path::new("/nowhere/at/all")).is_err());
    }
}
