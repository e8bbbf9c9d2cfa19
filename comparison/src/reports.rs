//! What an engine of the comparison says: one report for each message and one for each fill, 64 bytes each,
//! copied to a ring; and the sums that are compared.

use std::hint::black_box;

/// Slots of the ring.
const SLOTS: usize = 1 << 12;

/// What an engine did with a workload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Fills.
    pub(crate) fills: u64,
    /// Lots that they traded.
    pub(crate) lots: u64,
    /// Messages that were refused, though all of them are legal.
    pub(crate) refused: u64,
}

impl Outcome {
    /// What was added since.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            fills: self.fills - before.fills,
            lots: self.lots - before.lots,
            refused: self.refused - before.refused,
        }
    }
}

/// The ring and the sums.
#[derive(Debug)]
pub(crate) struct Reports {
    ring: Box<[[u64; 8]]>,
    written: usize,
    outcome: Outcome,
}

impl Reports {
    /// Nothing reported.
    pub(crate) fn new() -> Self {
        Self {
            ring: vec![[0; 8]; SLOTS].into_boxed_slice(),
            written: 0,
            outcome: Outcome::default(),
        }
    }

    /// Reports that a message was carried out.
    #[inline]
    pub(crate) fn done(&mut self, order: u64) {
        self.write([order, 0, 0, 0, 0, 0, 0, 1]);
    }

    /// Reports that a message was refused.
    #[cold]
    pub(crate) fn refused(&mut self) {
        self.outcome.refused += 1;
    }

    /// Reports a fill.
    #[inline]
    pub(crate) fn fill(&mut self, taker: u64, maker: u64, price: u64, lots: u64) {
        self.outcome.fills += 1;
        self.outcome.lots += lots;
        self.write([taker, maker, price, lots, 0, 0, 0, 2]);
    }

    /// The sums so far.
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome
    }

    #[inline]
    fn write(&mut self, report: [u64; 8]) {
        self.ring[self.written % SLOTS] = report;
        self.written += 1;
        black_box(&self.ring);
    }
}
