//! The last trade of each instrument, for the risk gate's collar before the ring.
//!
//! Written by the core thread, read by every session. A session may see a price that is a few trades
//! old or one that is not published yet: the gate only pre-checks, the core decides.

use std::sync::atomic::{AtomicI64, Ordering};

use rialto_types::{InstrumentId, Price};

/// One price per instrument, in ticks; 0 where nothing has traded. Eight bytes each, never resized.
#[derive(Debug)]
pub struct ReferencePrices {
    ticks: Box<[AtomicI64]>,
}

impl ReferencePrices {
    /// Room for the instruments 1 to `instruments`, none of which has traded.
    pub fn new(instruments: u32) -> Self {
        Self {
            ticks: (0..=instruments).map(|_| AtomicI64::new(0)).collect(),
        }
    }

    /// States the last trade's price. An instrument beyond the table is passed over: the gate then
    /// takes the listing's reference, and the core still checks.
    #[inline]
    pub fn set(&self, instrument: InstrumentId, price: Price) {
        if let Some(ticks) = self.ticks.get(instrument.index()) {
            ticks.store(price.0, Ordering::Relaxed);
        }
    }

    /// The last trade's price; `None` before the first, and for an instrument beyond the table.
    #[inline]
    pub fn get(&self, instrument: InstrumentId) -> Option<Price> {
        let ticks = self.ticks.get(instrument.index())?.load(Ordering::Relaxed);
        (ticks > 0).then_some(Price(ticks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_kept_per_instrument() {
        let prices = ReferencePrices::new(2);
        assert_eq!(prices.get(InstrumentId(1)), None);
        prices.set(InstrumentId(2), Price(7));
        prices.set(InstrumentId(3), Price(9));
        assert_eq!(prices.get(InstrumentId(1)), None);
        assert_eq!(prices.get(InstrumentId(2)), Some(Price(7)));
        assert_eq!(prices.get(InstrumentId(3)), None);
    }
}
