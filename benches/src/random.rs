//! A small deterministic generator, so that every run of a benchmark plays the same commands.
//!
//! `SplitMix64` (Steele, Lea, Flood 2014): 64 bits of state, full period, good enough for workloads.

/// The generator.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that gives the same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number from 0 to `bound` − 1.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.word()) * u128::from(bound)) >> 64) as u64
    }

    /// A signed number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).unsigned_abs()).cast_signed()
    }

    /// Whether an event of this probability, in thousandths, happens.
    pub fn chance(&mut self, thousandths: u64) -> bool {
        self.below(1_000) < thousandths
    }

    /// Roughly normal with this standard deviation: the sum of twelve uniform numbers.
    pub fn normal(&mut self, deviation: i64) -> i64 {
        let unit = 1_000_000;
        let sum: i64 = (0..12).map(|_| self.between(0, unit)).sum();
        (sum - 6 * unit) * deviation / unit
    }

    /// The product of three dice, as exchange-core's workload sizes its orders.
    pub fn three_dice(&mut self) -> i64 {
        (0..3).map(|_| self.between(1, 6)).product()
    }
}
