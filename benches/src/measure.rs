//! Timing: the mean over a whole run, and percentiles of single messages in a run of their own.
//!
//! Reading the clock costs about as much as a message, so the mean comes from runs without it; the
//! percentiles contain the cost of one reading, which is stated beside them.

use std::time::Instant;

use hdrhistogram::Histogram;
use serde::Serialize;

/// One line of the summary. Times in nanoseconds for each operation.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// Median over the runs of the mean time of an operation.
    pub ns_per_operation: f64,
    /// Percentiles of single operations, the clock's own cost included.
    pub p50: u64,
    /// As `p50`.
    pub p99: u64,
    /// As `p50`.
    pub p99_9: u64,
    /// As `p50`.
    pub p99_99: u64,
    /// The longest.
    pub max: u64,
}

/// Something that plays the messages of a workload one by one.
pub trait Player {
    /// One message.
    type Item;

    /// Plays it, completely: its events have left when this returns.
    fn play(&mut self, item: &Self::Item);
}

/// Plays `items` on a fresh player `runs` times for the mean, and once more for the percentiles.
pub fn measure<P: Player>(
    name: &str,
    items: &[P::Item],
    runs: usize,
    mut fresh: impl FnMut() -> P,
) -> Figure {
    let means = (0..runs).map(|_| mean(&mut fresh(), items)).collect();
    let mut stopwatch = Stopwatch::new();
    let mut player = fresh();
    for item in items {
        stopwatch.time(|| player.play(item));
    }
    stopwatch.figure(name, median(means))
}

/// The mean time of an item in nanoseconds, from one reading of the clock before and one after all.
pub fn mean<P: Player>(player: &mut P, items: &[P::Item]) -> f64 {
    let start = Instant::now();
    play_all(player, items);
    start.elapsed().as_nanos() as f64 / items.len() as f64
}

/// Plays one after the other. A function of its own, so that a profiler can be told to look at nothing
/// else.
#[inline(never)]
pub fn play_all<P: Player>(player: &mut P, items: &[P::Item]) {
    for item in items {
        player.play(item);
    }
}

/// The median of some measurements.
///
/// # Panics
/// When there are none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// An empty histogram from 1 ns to 10 s with three digits.
///
/// # Panics
/// Never: the bounds are valid.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 10_000_000_000, 3).expect("the bounds are valid")
}

impl Default for Stopwatch {
    fn default() -> Self {
        Self::new()
    }
}

/// Times single operations.
#[derive(Debug)]
pub struct Stopwatch {
    histogram: Histogram<u64>,
}

impl Stopwatch {
    /// Nothing timed yet.
    pub fn new() -> Self {
        Self {
            histogram: histogram(),
        }
    }

    /// Times one operation.
    #[inline]
    pub fn time(&mut self, operation: impl FnOnce()) {
        let start = Instant::now();
        operation();
        self.record(start.elapsed().as_nanos() as u64);
    }

    /// Adds a duration.
    #[inline]
    pub fn record(&mut self, ns: u64) {
        self.histogram.saturating_record(ns.max(1));
    }

    /// The line for the summary, where the mean comes from the same measurements.
    pub fn summary(&self, name: &str) -> Figure {
        self.figure(name, self.histogram.mean())
    }

    /// The line for the summary.
    pub fn figure(&self, name: &str, ns_per_operation: f64) -> Figure {
        let at = |quantile| self.histogram.value_at_quantile(quantile);
        Figure {
            name: name.to_owned(),
            ns_per_operation,
            p50: at(0.5),
            p99: at(0.99),
            p99_9: at(0.999),
            p99_99: at(0.9999),
            max: self.histogram.max(),
        }
    }
}

/// What one reading of the clock costs: the median of many empty measurements.
pub fn clock_cost() -> Figure {
    let mut stopwatch = Stopwatch::new();
    let start = Instant::now();
    for _ in 0..1_000_000 {
        stopwatch.time(|| ());
    }
    let mean = start.elapsed().as_nanos() as f64 / 1e6;
    stopwatch.figure("clock", mean)
}
