//! Record time: what the core stamps commands with.
//!
//! Wall-clock time is read once, at start; from then on the monotonic clock counts. So a record's time
//! never goes back within a run, whatever is done to the machine's clock; and a run that starts with a
//! clock behind the journal's last record stands at that record's time until the clock catches up. The
//! simulator gives both readings itself, and has them jump.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rialto_types::Timestamp;

/// Gives the time of the next record.
#[derive(Debug)]
pub struct RecordClock {
    anchor: Timestamp,
    elapsed: Elapsed,
    last: Timestamp,
}

/// What counts the time since the start.
#[derive(Debug)]
enum Elapsed {
    /// The machine, since then.
    Machine(Instant),
    /// Whoever sets this, in ns.
    Given(Arc<AtomicU64>),
}

impl RecordClock {
    /// A clock that starts now and gives no time before `last`, the journal's.
    pub fn start(last: Timestamp) -> Self {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self::anchored(Timestamp(ns(wall)), last)
    }

    /// A clock without a machine: it started when the wall clock stood at `wall`, and `elapsed_ns` says how
    /// much time has passed since.
    pub fn given(wall: Timestamp, elapsed_ns: Arc<AtomicU64>, last: Timestamp) -> Self {
        Self {
            anchor: wall,
            elapsed: Elapsed::Given(elapsed_ns),
            last,
        }
    }

    fn anchored(anchor: Timestamp, last: Timestamp) -> Self {
        Self {
            anchor,
            elapsed: Elapsed::Machine(Instant::now()),
            last,
        }
    }

    /// How far the machine's clock stands behind the journal; zero when it does not.
    pub fn behind(&self) -> Duration {
        Duration::from_nanos(self.last.0.saturating_sub(self.reading().0))
    }

    /// The time of a record that is written now. Costs one reading of the monotonic clock.
    #[inline]
    pub fn stamp(&mut self) -> Timestamp {
        self.last = self.last.max(self.reading());
        self.last
    }

    #[inline]
    fn reading(&self) -> Timestamp {
        let elapsed_ns = match &self.elapsed {
            Elapsed::Machine(started) => ns(started.elapsed()),
            Elapsed::Given(elapsed_ns) => elapsed_ns.load(Ordering::Relaxed),
        };
        Timestamp(self.anchor.0.saturating_add(elapsed_ns))
    }
}

fn ns(duration: Duration) -> u64 {
    // 2^64 ns are 584 years after the epoch.
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_behind_the_journal_is_held_at_its_time() {
        let hour = 3_600_000_000_000;
        let mut clock = RecordClock::anchored(Timestamp(hour), Timestamp(2 * hour));
        assert_eq!(clock.stamp(), Timestamp(2 * hour));
        assert_eq!(clock.stamp(), Timestamp(2 * hour));
        assert!(clock.behind() > Duration::from_secs(3_590));
    }

    #[test]
    fn a_given_time_that_goes_back_stands_still() {
        let elapsed_ns = Arc::new(AtomicU64::new(50));
        let mut clock = RecordClock::given(Timestamp(1_000), Arc::clone(&elapsed_ns), Timestamp(0));
        assert_eq!(clock.stamp(), Timestamp(1_050));
        elapsed_ns.store(20, Ordering::Relaxed);
        assert_eq!(clock.stamp(), Timestamp(1_050));
        elapsed_ns.store(70, Ordering::Relaxed);
        assert_eq!(clock.stamp(), Timestamp(1_070));
    }

    #[test]
    fn time_goes_on_from_the_anchor() {
        let mut clock = RecordClock::anchored(Timestamp(1_000), Timestamp(0));
        let first = clock.stamp();
        let second = clock.stamp();
        assert!(first >= Timestamp(1_000) && second >= first);
    }
}
