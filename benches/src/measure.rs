//! Timing: the mean over a whole run, and percentiles of single messages in a run of their own.
//!
//! Reading the clock costs about as much as a message, so the mean comes from runs without it; the
//! percentiles contain the cost of one reading, which is stated beside them.

use std::time::Instant;

use hdrhistogram::Histogram;
use serde::Serialize;

/// One line of the summary. Times in nanoseconds for each operation.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: String,
    /// Median over the runs of the mean time of an operation.
    pub(crate) ns_per_operation: f64,
    /// Percentiles of single operations, the clock's own cost included.
    pub(crate) p50: u64,
    /// As `p50`.
    pub(crate) p99: u64,
    /// As `p50`.
    pub(crate) p99_9: u64,
    /// As `p50`.
    pub(crate) p99_99: u64,
    /// The longest.
    pub(crate) max: u64,
}

/// The median of some measurements.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// An empty histogram from 1 ns to 10 s with three digits.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 10_000_000_000, 3).expect("the bounds are valid")
}

/// Times single operations.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    histogram: Histogram<u64>,
}

impl Stopwatch {
    /// Nothing timed yet.
    pub(crate) fn new() -> Self {
        Self {
            histogram: histogram(),
        }
    }

    /// Times one operation.
    #[inline]
    pub(crate) fn time(&mut self, operation: impl FnOnce()) {
        let start = Instant::now();
        operation();
        self.record(start.elapsed().as_nanos() as u64);
    }

    /// Adds a duration.
    #[inline]
    pub(crate) fn record(&mut self, ns: u64) {
        self.histogram.saturating_record(ns.max(1));
    }

    /// The line for the summary, where the mean comes from the same measurements.
    pub(crate) fn summary(&self, name: &str) -> Figure {
        self.figure(name, self.histogram.mean())
    }

    /// The line for the summary.
    pub(crate) fn figure(&self, name: &str, ns_per_operation: f64) -> Figure {
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
pub(crate) fn clock_cost() -> Figure {
    let mut stopwatch = Stopwatch::new();
    let start = Instant::now();
    for _ in 0..1_000_000 {
        stopwatch.time(|| ());
    }
    let mean = start.elapsed().as_nanos() as f64 / 1e6;
    stopwatch.figure("clock", mean)
}
