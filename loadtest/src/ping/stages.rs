//! Where the time of a round trip goes.
//!
//! After what is measured, further orders are sent on a session that asks for their stage times: following a
//! command costs the exchange some readings of its clock and a message, which belong into no figure but these.

use std::fmt;

use anyhow::Result;
use hdrhistogram::Histogram;
use rialto_protocol::StageTimes;

use crate::load::recorder::histogram;
use crate::result::{Percentiles, Stage};
use crate::text::micros;

/// Orders that are followed.
pub(super) const COUNT: u32 = 2_000;
/// The stages within the exchange, as its metrics name them, and what is left of the round trip: the client, and the
/// way there and back.
const NAMES: [&str; 7] = [
    "gate", "ring_in", "core", "journal", "ring_out", "send", "outside",
];

/// The times of the orders that were followed.
pub(super) struct Stages {
    round_trip: Histogram<u64>,
    /// By [`NAMES`].
    each: Vec<Histogram<u64>>,
}

impl Stages {
    /// Nothing recorded yet.
    ///
    /// # Errors
    /// Never; the library of histograms cannot know.
    pub(super) fn new() -> Result<Self> {
        let each: Result<Vec<_>> = NAMES.iter().map(|_| histogram()).collect();
        Ok(Self {
            round_trip: histogram()?,
            each: each?,
        })
    }

    /// Takes an order whose round trip took so long, in nanoseconds.
    pub(super) fn record(&mut self, round_trip: u64, times: &StageTimes) {
        let within = [
            times.gate,
            times.ring_in,
            times.core,
            times.journal,
            times.ring_out,
            times.send,
        ];
        let outside = round_trip.saturating_sub(within.iter().sum());
        let all = within.into_iter().chain([outside]);
        for (histogram, ns) in self.each.iter_mut().zip(all) {
            histogram.saturating_record(ns);
        }
        self.round_trip.saturating_record(round_trip);
    }

    /// As results state it; nothing when no order was followed.
    pub(super) fn stated(&self) -> Vec<Stage> {
        if self.round_trip.is_empty() {
            return Vec::new();
        }
        let state = |(name, histogram): (&&str, &Histogram<u64>)| Stage {
            name: (*name).to_owned(),
            times: Percentiles::of(histogram),
        };
        NAMES.iter().zip(&self.each).map(state).collect()
    }
}

impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.round_trip.is_empty() {
            return writeln!(f, "the exchange followed no order through its stages");
        }
        let at =
            |histogram: &Histogram<u64>, quantile| micros(histogram.value_at_quantile(quantile));
        write!(
            f,
            "where the time of {} further orders went, p50/p99 in microseconds: ",
            self.round_trip.len()
        )?;
        for (name, histogram) in NAMES.iter().zip(&self.each) {
            write!(f, "{name} {}/{}, ", at(histogram, 0.5), at(histogram, 0.99))?;
        }
        let (middle, high) = (at(&self.round_trip, 0.5), at(&self.round_trip, 0.99));
        writeln!(f, "together {middle}/{high}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_round_trip_was_spent_outside() {
        let mut stages = Stages::new().unwrap();
        assert!(stages.stated().is_empty());
        assert!(stages.to_string().contains("followed no order"));
        let times = StageTimes {
            gate: 1_000,
            ring_in: 2_000,
            send: 4_000,
            ..StageTimes::default()
        };
        stages.record(20_000, &times);
        stages.record(1_000, &times);
        let stated = stages.stated();
        let found: Vec<(&str, u64)> = stated
            .iter()
            .map(|stage| (stage.name.as_str(), stage.times.max_ns / 1_000))
            .collect();
        let expected = NAMES.into_iter().zip([1, 2, 0, 0, 0, 4, 13]);
        assert_eq!(found, expected.collect::<Vec<_>>());
        let text = stages.to_string();
        assert!(text.contains("2 further orders"), "{text}");
    }
}
