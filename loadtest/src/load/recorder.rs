//! What a run records: latencies by kind of message, how late frames went out, counts.
//!
//! A worker records into a [`Slice`] of its own and hands it over whole at the end of each interval, so the
//! threads that measure never wait for the one that adds up. Recording is a few additions.

use std::collections::BTreeMap;

use anyhow::Result;
use hdrhistogram::Histogram;
use rialto_types::RejectReason;

/// The longest time that a histogram holds, above every timeout; longer ones count as this.
const LONGEST_NS: u64 = 60_000_000_000;
/// Decimal digits that a histogram keeps of each time.
const PRECISION: u8 = 3;

/// The kinds of messages whose latencies are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A new order that is to rest; also each frame of the echo.
    Add,
    /// A cancel.
    Cancel,
    /// A new order that takes.
    Cross,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Add, Self::Cancel, Self::Cross];

    /// As results name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Cancel => "cancel",
            Self::Cross => "cross",
        }
    }
}

/// An empty histogram of times in nanoseconds.
///
/// # Errors
/// Never with the bounds above; the library cannot know.
pub(crate) fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_max(LONGEST_NS, PRECISION)?)
}

/// What was recorded in one interval, or in all of them.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    /// From the intended sending of a message to its answer, by kind.
    pub(crate) latencies: [Histogram<u64>; Kind::ALL.len()],
    /// From the intended sending of a frame to the moment it was handed to the socket.
    pub(crate) lags: Histogram<u64>,
    /// Messages sent.
    pub(crate) sent: u64,
    /// Messages answered.
    pub(crate) answered: u64,
    /// Reports of trades.
    pub(crate) fills: u64,
    /// Messages in frames that went out later than is tolerated.
    pub(crate) late: u64,
    /// Refusals by the code of their reason.
    refused: Box<[u64; 256]>,
}

impl Slice {
    /// Nothing recorded yet.
    ///
    /// # Errors
    /// As [`histogram`].
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            latencies: [histogram()?, histogram()?, histogram()?],
            lags: histogram()?,
            sent: 0,
            answered: 0,
            fills: 0,
            late: 0,
            refused: Box::new([0; 256]),
        })
    }

    /// Records an answer.
    pub(crate) fn answer(&mut self, kind: Kind, latency_ns: u64) {
        self.answered += 1;
        self.latencies[kind as usize].saturating_record(latency_ns);
    }

    /// Records that an answer was a refusal.
    pub(crate) fn refusal(&mut self, reason: u8) {
        self.refused[usize::from(reason)] += 1;
    }

    /// Adds what another slice holds.
    ///
    /// # Errors
    /// Never with histograms of one kind; the library cannot know.
    pub(crate) fn add(&mut self, other: &Self) -> Result<()> {
        for (mine, others) in self.latencies.iter_mut().zip(&other.latencies) {
            mine.add(others)?;
        }
        self.lags.add(&other.lags)?;
        self.sent += other.sent;
        self.answered += other.answered;
        self.fills += other.fills;
        self.late += other.late;
        for (mine, others) in self.refused.iter_mut().zip(other.refused.iter()) {
            *mine += others;
        }
        Ok(())
    }

    /// The latencies of all kinds together.
    ///
    /// # Errors
    /// As [`Slice::add`].
    pub(crate) fn all_latencies(&self) -> Result<Histogram<u64>> {
        let mut all = histogram()?;
        for one in &self.latencies {
            all.add(one)?;
        }
        Ok(all)
    }

    /// Refusals by the name of their reason.
    pub(crate) fn refusals(&self) -> BTreeMap<String, u64> {
        let counted = self
            .refused
            .iter()
            .zip(0..=u8::MAX)
            .filter(|(n, _)| **n > 0);
        let named = counted.map(|(count, code)| {
            let name = RejectReason::from_code(code).map_or("unknown", RejectReason::name);
            (name.to_owned(), *count)
        });
        named.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_add_up() {
        let mut total = Slice::new().unwrap();
        let mut part = Slice::new().unwrap();
        part.answer(Kind::Add, 1_000);
        part.answer(Kind::Cancel, 3_000);
        part.refusal(RejectReason::Busy.code());
        part.sent = 3;
        total.add(&part).unwrap();
        total.add(&part).unwrap();
        assert_eq!((total.sent, total.answered), (6, 4));
        assert_eq!(total.refusals(), BTreeMap::from([("Busy".to_owned(), 2)]));
        let all = total.all_latencies().unwrap();
        assert_eq!((all.len(), all.min()), (4, 1_000));
    }
}
