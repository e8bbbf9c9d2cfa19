//! A token bucket in integers: so many tokens a second, so many at once.
//!
//! Time is an argument, on any clock that does not go back (one that does refills nothing until it has
//! caught up). The level counts billionths of a token, so that every whole rate refills exactly and
//! nothing is lost to rounding between two arrivals. O(1), 24 bytes, no allocation.

use rialto_types::{Refusal, RejectReason, Timestamp};

/// Billionths of a token in one; also nanoseconds in a second, which is why they cancel out.
const ONE_TOKEN: u64 = 1_000_000_000;

/// How fast and how many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Tokens a second, at least 1.
    pub per_second: u32,
    /// Tokens that a rested bucket holds, at least 1.
    pub burst: u32,
}

/// The bucket. Begins full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenBucket {
    rate: Rate,
    /// Billionths of a token. At most burst × 10^9, which leaves 64 bits.
    level: u64,
    /// Up to when the level has been refilled.
    refilled: Timestamp,
}

impl TokenBucket {
    /// A full bucket at `now`. A rate or burst of 0 counts as 1.
    pub fn new(rate: Rate, now: Timestamp) -> Self {
        let rate = Rate {
            per_second: rate.per_second.max(1),
            burst: rate.burst.max(1),
        };
        Self {
            rate,
            level: Self::full(rate),
            refilled: now,
        }
    }

    const fn full(rate: Rate) -> u64 {
        rate.burst as u64 * ONE_TOKEN
    }

    /// Takes one token.
    ///
    /// # Errors
    /// [`RejectReason::RateExceeded`] when there is none: how long to wait, in ns, and the rate. The
    /// bucket is not changed by a refusal: asking again in vain does not prolong the wait.
    #[inline]
    pub fn take(&mut self, now: Timestamp) -> Result<(), Refusal> {
        self.refill(now);
        if let Some(level) = self.level.checked_sub(ONE_TOKEN) {
            self.level = level;
            return Ok(());
        }
        let per_second = u64::from(self.rate.per_second);
        let wait_ns = (ONE_TOKEN - self.level).div_ceil(per_second);
        Err(Refusal::new(
            RejectReason::RateExceeded,
            // At most one second: a token is at most 10^9 short.
            i64::try_from(wait_ns).unwrap_or(i64::MAX),
            i64::from(self.rate.per_second),
        ))
    }

    /// Gives a token back that was taken for something that then did not happen.
    #[inline]
    pub fn give_back(&mut self) {
        self.level = self
            .level
            .saturating_add(ONE_TOKEN)
            .min(Self::full(self.rate));
    }

    #[inline]
    fn refill(&mut self, now: Timestamp) {
        let elapsed_ns = now.0.saturating_sub(self.refilled.0);
        if elapsed_ns == 0 {
            return;
        }
        let refill = elapsed_ns.saturating_mul(u64::from(self.rate.per_second));
        self.level = self.level.saturating_add(refill).min(Self::full(self.rate));
        self.refilled = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        per_second: 3,
        burst: 2,
    };

    fn taken(bucket: &mut TokenBucket, now: u64) -> usize {
        (0..1_000)
            .take_while(|_| bucket.take(Timestamp(now)).is_ok())
            .count()
    }

    #[test]
    fn a_rested_bucket_gives_its_burst_and_no_more() {
        let mut bucket = TokenBucket::new(RATE, Timestamp(5));
        assert_eq!(taken(&mut bucket, 5), 2);
        assert_eq!(taken(&mut bucket, 3_600 * ONE_TOKEN), 2);
        assert_eq!(taken(&mut bucket, u64::MAX), 2);
    }

    #[test]
    fn a_refusal_says_exactly_how_long_to_wait() {
        let mut bucket = TokenBucket::new(RATE, Timestamp(0));
        assert_eq!(taken(&mut bucket, 0), 2);
        let refusal = bucket.take(Timestamp(0)).unwrap_err();
        let third = 333_333_334;
        assert_eq!(refusal, Refusal::new(RejectReason::RateExceeded, third, 3));
        // Three tenths of the token are there after a tenth of a second.
        let refusal = bucket.take(Timestamp(100_000_000)).unwrap_err();
        assert_eq!(refusal.value, 233_333_334);
        assert_eq!(taken(&mut bucket, 333_333_333), 0);
        assert_eq!(taken(&mut bucket, 333_333_334), 1);
    }

    #[test]
    fn no_token_is_lost_or_gained_between_arrivals() {
        // Asked in uneven steps for ten seconds, it gives burst + rate × time.
        let mut bucket = TokenBucket::new(
            Rate {
                per_second: 700,
                burst: 2,
            },
            Timestamp(0),
        );
        let (mut now, mut count) = (0, 0);
        for step in 0_u64.. {
            now += 1_000 + step % 7_919;
            if now > 10 * ONE_TOKEN {
                break;
            }
            count += usize::from(bucket.take(Timestamp(now)).is_ok());
        }
        // The bucket never overflows here; its last token may be still on its way.
        assert!((7_001..=7_002).contains(&count), "{count}");
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let mut bucket = TokenBucket::new(RATE, Timestamp(ONE_TOKEN));
        assert_eq!(taken(&mut bucket, ONE_TOKEN), 2);
        assert_eq!(taken(&mut bucket, 0), 0);
        assert_eq!(taken(&mut bucket, ONE_TOKEN), 0);
        assert_eq!(taken(&mut bucket, 2 * ONE_TOKEN), 2);
    }

    #[test]
    fn a_token_given_back_can_be_taken_again_and_none_is_made() {
        let mut bucket = TokenBucket::new(RATE, Timestamp(0));
        bucket.give_back();
        assert_eq!(taken(&mut bucket, 0), 2);
        bucket.give_back();
        assert_eq!(taken(&mut bucket, 0), 1);
    }

    #[test]
    fn zero_counts_as_one() {
        let rate = Rate {
            per_second: 0,
            burst: 0,
        };
        let mut bucket = TokenBucket::new(rate, Timestamp(0));
        assert_eq!(taken(&mut bucket, 0), 1);
        assert_eq!(bucket.take(Timestamp(0)).unwrap_err().limit, 1);
    }
}
