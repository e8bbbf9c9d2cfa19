//! Distributions of times: recorded without loss, printed as percentiles, written for plotters.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;

use crate::text::micros;

/// The longest time that a histogram holds, above every timeout.
const LONGEST_NS: u64 = 60_000_000_000;
/// Decimal digits that a histogram keeps of each time.
const PRECISION: u8 = 3;
/// How finely a distribution is written: steps for each halving of what is left to 100 %.
const STEPS_PER_HALVING: u32 = 5;
/// What is printed.
const PERCENTILES: [(&str, f64); 5] = [
    ("p50", 50.0),
    ("p90", 90.0),
    ("p99", 99.0),
    ("p99.9", 99.9),
    ("p99.99", 99.99),
];

/// The times of both round trips, in nanoseconds.
pub(super) struct Times {
    /// From an order to its acknowledgement.
    pub(super) placed: Histogram<u64>,
    /// From a cancel to its acknowledgement.
    pub(super) cancelled: Histogram<u64>,
    /// From a frame to the echo of it, where one was measured.
    pub(super) echoed: Histogram<u64>,
    /// The time that the echo took, which is none of the exchange's.
    pub(super) with_echo: Duration,
    /// Orders that went out later than a rate asked for, because the one before took so long.
    pub(super) late: u64,
}

impl Times {
    /// Nothing recorded yet.
    ///
    /// # Errors
    /// Never with the bounds above; the library cannot know.
    pub(super) fn new() -> Result<Self> {
        let new = || Histogram::new_with_max(LONGEST_NS, PRECISION);
        Ok(Self {
            placed: new()?,
            cancelled: new()?,
            echoed: new()?,
            with_echo: Duration::ZERO,
            late: 0,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 ns")]
impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:18}", "")?;
        for (name, _) in PERCENTILES {
            write!(f, "{name:>10}")?;
        }
        writeln!(f, "{:>10}   microseconds", "max")?;
        let rows = [
            ("acknowledgement", &self.placed),
            ("cancel", &self.cancelled),
            ("bare echo", &self.echoed),
        ];
        let is_measured = |(_, times): &(_, &Histogram<u64>)| !times.is_empty();
        for (name, histogram) in rows.into_iter().filter(is_measured) {
            write!(f, "{name:<18}")?;
            for (_, percentile) in PERCENTILES {
                let ns = histogram.value_at_percentile(percentile);
                write!(f, "{:>10}", micros(ns))?;
            }
            writeln!(f, "{:>10}", micros(histogram.max()))?;
        }
        if !self.echoed.is_empty() {
            let ratio = |percentile: f64| {
                let of = |times: &Histogram<u64>| times.value_at_percentile(percentile) as f64;
                of(&self.placed) / of(&self.echoed)
            };
            let (middle, high) = (ratio(50.0), ratio(99.0));
            writeln!(
                f,
                "acknowledgement / bare echo: p50 {middle:.2}, p99 {high:.2}"
            )?;
        }
        Ok(())
    }
}

/// Writes a distribution in microseconds, in the text format that the plotters of `HdrHistogram` read.
///
/// # Errors
/// When `out` takes no more.
pub(super) fn write(mut out: impl Write, histogram: &Histogram<u64>) -> io::Result<()> {
    writeln!(
        out,
        "{:>12} {:>14} {:>10} {:>14}\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    )?;
    let mut total = 0;
    for step in histogram.iter_quantiles(STEPS_PER_HALVING) {
        total += step.count_since_last_iteration();
        let quantile = step.quantile_iterated_to();
        let value = exact_micros(step.value_iterated_to());
        write!(out, "{value:>12} {quantile:>14.12} {total:>10}")?;
        if quantile < 1.0 {
            write!(out, " {:>14.2}", 1.0 / (1.0 - quantile))?;
        }
        writeln!(out)?;
    }
    let (mean, deviation) = (histogram.mean() / 1_000.0, histogram.stdev() / 1_000.0);
    writeln!(
        out,
        "#[Mean    = {mean:>12.3}, StdDeviation   = {deviation:>12.3}]"
    )?;
    let (max, count) = (exact_micros(histogram.max()), histogram.len());
    writeln!(out, "#[Max     = {max:>12}, Total count    = {count:>12}]")?;
    let (buckets, values) = (histogram.buckets(), histogram.distinct_values());
    writeln!(
        out,
        "#[Buckets = {buckets:>12}, SubBuckets     = {values:>12}]"
    )?;
    out.flush()
}

/// `1.234` from nanoseconds.
fn exact_micros(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000, ns % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thousand times: 1 to 1,000 microseconds.
    fn times() -> Times {
        let mut times = Times::new().unwrap();
        for micros in 1..=1_000 {
            times.placed.saturating_record(micros * 1_000);
            times.cancelled.saturating_record(5_000);
        }
        times
    }

    #[test]
    fn percentiles_are_printed_in_microseconds() {
        let text = times().to_string();
        let rows: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(
            rows[0],
            [
                "p50",
                "p90",
                "p99",
                "p99.9",
                "p99.99",
                "max",
                "microseconds"
            ]
        );
        let printed: Vec<i64> = rows[1][1..]
            .iter()
            .map(|number| {
                number
                    .replace(',', "")
                    .split('.')
                    .next()
                    .unwrap()
                    .parse()
                    .unwrap()
            })
            .collect();
        for (found, expected) in printed.iter().zip([500, 900, 990, 999, 1_000, 1_000]) {
            assert!((found - expected).abs() <= 1, "{found} is not {expected}");
        }
        assert_eq!(rows[2][0], "cancel");
    }

    #[test]
    fn a_distribution_is_written_from_least_to_most() {
        let mut bytes = Vec::new();
        write(&mut bytes, &times().placed).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let rows: Vec<Vec<f64>> = text
            .lines()
            .skip(2)
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                line.split_whitespace()
                    .map(|field| field.parse().unwrap())
                    .collect()
            })
            .collect();
        assert!(
            rows.windows(2)
                .all(|pair| pair[0][0] <= pair[1][0] && pair[0][2] <= pair[1][2])
        );
        let last = rows.last().unwrap();
        assert_eq!(
            (last.len(), last[1], last[2]),
            (3, 1.0, 1_000.0),
            "all of them"
        );
        assert!(text.contains("Total count    =         1000"), "{text}");
    }

    #[test]
    fn a_distribution_of_nothing_is_written_too() {
        let mut bytes = Vec::new();
        write(&mut bytes, &Times::new().unwrap().placed).unwrap();
        assert!(
            String::from_utf8(bytes)
                .unwrap()
                .contains("Total count    =            0")
        );
    }
}
