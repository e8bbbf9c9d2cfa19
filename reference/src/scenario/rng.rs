//! A small deterministic random number generator: `SplitMix64`, by Steele, Lea and Flood ("Fast
//! splittable pseudorandom number generators", OOPSLA 2014). Not for secrets.

/// The generator. The same seed gives the same numbers for ever.
#[derive(Clone, Debug)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// A generator with this seed; any value is good.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    ///
    /// # Panics
    /// When `low` is above `high`.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        assert!(low <= high, "a range from {low} to {high}");
        let width = (i128::from(high) - i128::from(low) + 1).cast_unsigned();
        let offset = (u128::from(self.next_u64()) * width) >> 64;
        let value = i128::from(low) + offset.cast_signed();
        i64::try_from(value).expect("the sum lies between two i64")
    }

    /// An index below `count`.
    ///
    /// # Panics
    /// When `count` is 0.
    pub fn index(&mut self, count: usize) -> usize {
        let high = i64::try_from(count).expect("a count of things in memory fits") - 1;
        usize::try_from(self.range(0, high)).expect("the range begins at 0")
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: u32) -> bool {
        self.range(1, 100) <= i64::from(chance)
    }

    /// One of these.
    ///
    /// # Panics
    /// When there is none.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())]
    }

    /// An index, each as likely as its weight.
    ///
    /// # Panics
    /// When the weights sum to 0.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let sum: u32 = weights.iter().sum();
        let mut rest = self.range(0, i64::from(sum) - 1);
        for (index, weight) in weights.iter().enumerate() {
            rest -= i64::from(*weight);
            if rest < 0 {
                return index;
            }
        }
        unreachable!("the rest is below the sum of the weights")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_are_those_of_the_published_algorithm() {
        let mut rng = SplitMix64::new(1_234_567);
        let first = [rng.next_u64(), rng.next_u64()];
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]
        );
    }

    #[test]
    fn ranges_reach_both_ends_and_no_further() {
        let mut rng = SplitMix64::new(7);
        let mut seen = [0; 3];
        for _ in 0..1_000 {
            seen[usize::try_from(rng.range(-1, 1) + 1).unwrap()] += 1;
            rng.range(i64::MIN, i64::MAX);
        }
        assert!(seen.iter().all(|count| *count > 250), "{seen:?}");
    }

    #[test]
    fn weights_of_zero_are_never_drawn() {
        let mut rng = SplitMix64::new(7);
        for _ in 0..1_000 {
            assert_ne!(rng.weighted(&[1, 0, 3]), 1);
        }
    }
}
