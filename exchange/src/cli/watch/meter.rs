//! How many messages a second arrive. No floats; the caller brings the time.

use std::time::Duration;

use tokio::time::Instant;

/// A rate is taken over about this long.
const WINDOW: Duration = Duration::from_secs(1);

/// Measures a rate from a count that only goes up.
#[derive(Debug)]
pub(super) struct Meter {
    since: Instant,
    count_then: u64,
    per_second: u64,
}

impl Meter {
    /// A meter that has seen nothing.
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            since: now,
            count_then: 0,
            per_second: 0,
        }
    }

    /// The rate, when the count stands at `count`; renewed once a window has passed.
    pub(super) fn read(&mut self, now: Instant, count: u64) -> u64 {
        let elapsed = now.saturating_duration_since(self.since);
        if elapsed >= WINDOW {
            let counted = u128::from(count.saturating_sub(self.count_then));
            let per_second = counted * 1_000 / elapsed.as_millis().max(1);
            self.per_second = u64::try_from(per_second).unwrap_or(u64::MAX);
            self.since = now;
            self.count_then = count;
        }
        self.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_what_was_counted_in_the_last_window() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut meter = Meter::new(start);
        assert_eq!(meter.read(at(500), 700), 0, "the window has not passed");
        assert_eq!(meter.read(at(2_000), 3_000), 1_500);
        assert_eq!(meter.read(at(2_900), 9_000), 1_500);
        assert_eq!(meter.read(at(3_000), 3_000), 0);
        assert_eq!(meter.read(at(2_000), 3_000), 0, "time does not go back");
    }
}
