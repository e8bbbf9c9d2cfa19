//! What stopped the measured thread, and whether this system did it.
//!
//! A virtual machine's host takes a processor away without asking, and the system does not know of it. It does know how
//! often a thread was given a processor (`proc_pid_schedstat(5)`, the third number): a thread that was not given one
//! since it last ran never left the one it had, so neither another thread nor a disk that it waited for stopped it.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// What is longer counts as a stop.
const LONGER_THAN: Duration = Duration::from_micros(250);

/// The stops of the calling thread in a round.
pub(crate) struct Stops {
    before: Instant,
    /// How often it had been given a processor at the last look.
    given: u64,
    on_its_processor: Kind,
    away: Kind,
}

/// Stops of one kind.
#[derive(Default)]
struct Kind {
    count: u64,
    longest: Duration,
}

impl Stops {
    /// From now on.
    pub(crate) fn watch() -> Result<Self> {
        Ok(Self {
            given: times_given_a_processor()?,
            on_its_processor: Kind::default(),
            away: Kind::default(),
            before: Instant::now(),
        })
    }

    /// The thread runs, now. The system is asked after a stop alone.
    pub(crate) fn still_runs(&mut self, now: Instant) -> Result<()> {
        let stood_still = now - self.before;
        self.before = now;
        if stood_still > LONGER_THAN {
            let given = self.given;
            self.look()?;
            let kind = if self.given == given {
                &mut self.on_its_processor
            } else {
                &mut self.away
            };
            kind.count += 1;
            kind.longest = kind.longest.max(stood_still);
        }
        Ok(())
    }

    /// Looks now and then, so that what was long before a stop is not taken for its cause.
    pub(crate) fn look(&mut self) -> Result<()> {
        self.given = times_given_a_processor()?;
        self.before = Instant::now();
        Ok(())
    }
}

impl fmt::Display for Stops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "stops above {LONGER_THAN:.0?}: {} on its processor, by the host or work of its own, the longest {:.2?}; {} \
             while it may have been away, the longest {:.2?}",
            self.on_its_processor.count,
            self.on_its_processor.longest,
            self.away.count,
            self.away.longest
        )
    }
}

/// How often the calling thread was given a processor.
fn times_given_a_processor() -> Result<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let times = stat.split_whitespace().nth(2);
    let times = times.and_then(|text| text.parse().ok());
    times.context("schedstat has three numbers")
}
