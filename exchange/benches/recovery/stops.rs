//! What stopped the measured thread, and whether this system did it.
//!
//! A virtual machine's host takes a processor away without asking; a thread that stood still on it did not lose it
//! to another thread of the machine. The system counts how long a thread was ready to run and had no processor
//! (proc_pid_schedstat(5), the second number): of a stop, that much was the system's doing, at most. The rest is
//! the host's, or the thread's own work.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// What is longer counts as a stop.
const LONGER_THAN: Duration = Duration::from_micros(250);

/// The stops of the calling thread in a round.
pub(crate) struct Stops {
    before: Instant,
    waited_before: Duration,
    count: u64,
    longest: Duration,
    longest_by_system: Duration,
    waited: Duration,
}

impl Stops {
    /// From now on.
    pub(crate) fn watch() -> Result<Self> {
        let waited_before = waited()?;
        Ok(Self {
            before: Instant::now(),
            waited_before,
            count: 0,
            longest: Duration::ZERO,
            longest_by_system: Duration::ZERO,
            waited: Duration::ZERO,
        })
    }

    /// The thread runs, now. What the system is asked costs a stop alone.
    pub(crate) fn still_runs(&mut self, now: Instant) -> Result<()> {
        let stood_still = now - self.before;
        self.before = now;
        if stood_still > LONGER_THAN {
            self.count += 1;
            self.longest = self.longest.max(stood_still);
            let by_system = self.take_waited()?;
            self.longest_by_system = self.longest_by_system.max(by_system);
            self.before = Instant::now();
        }
        Ok(())
    }

    /// The round is over.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.take_waited()?;
        Ok(())
    }

    /// How long it waited since this was asked last: not less than in the stop that was just met.
    fn take_waited(&mut self) -> Result<Duration> {
        let waited = waited()?;
        let since = waited.saturating_sub(self.waited_before);
        self.waited_before = waited;
        self.waited += since;
        Ok(since)
    }
}

impl fmt::Display for Stops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} stops above {LONGER_THAN:.0?}, the longest {:.2?}; another thread of this system had the processor \
             for at most {:.1?} of one, {:.1?} in all",
            self.count, self.longest, self.longest_by_system, self.waited
        )
    }
}

/// How long the calling thread was ready to run and had no processor.
fn waited() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let waited = stat.split_whitespace().nth(1);
    let waited = waited.and_then(|text| text.parse().ok());
    Ok(Duration::from_nanos(
        waited.context("schedstat has the time waited")?,
    ))
}
