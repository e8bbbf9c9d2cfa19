//! How long syncs take: counted in buckets by the writer, read by metrics.
//!
//! A sync costs a tenth of a millisecond at least, so counting it costs nothing. The buckets are plain numbers of
//! the thread that syncs, copied whole with its other counts.

use std::time::Duration;

/// Upper ends of the buckets, in microseconds; what takes longer is counted in one more.
pub const SYNC_BOUNDS_MICROS: [u64; 12] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 250_000, 1_000_000,
];

/// Syncs by how long they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncTimes {
    /// All of them together.
    pub total: Duration,
    /// How many took at most as long as the bound of the same place says and longer than the one before; the last
    /// are those beyond all bounds.
    pub counts: [u64; SYNC_BOUNDS_MICROS.len() + 1],
}

impl SyncTimes {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Counts one.
    pub(crate) fn record(&mut self, took: Duration) {
        let is_within = |bound: &u64| took <= Duration::from_micros(*bound);
        let found = SYNC_BOUNDS_MICROS.iter().position(is_within);
        self.counts[found.unwrap_or(SYNC_BOUNDS_MICROS.len())] += 1;
        self.total += took;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sync_is_in_the_first_bucket_that_holds_it() {
        let mut times = SyncTimes::default();
        for micros in [0, 100, 101, 1_000_000, 1_000_001] {
            times.record(Duration::from_micros(micros));
        }
        assert_eq!(times.counts, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(times.count(), 5);
        assert_eq!(times.total, Duration::from_micros(2_000_202));
    }
}
