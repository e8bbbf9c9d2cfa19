//! Rates that sessions share: those of an account, whatever its keys, and of an address, whatever its
//! accounts.
//!
//! A key's own rate is in its gate, which one session owns. These here are counted by many sessions at
//! once, so each is one atomic word: the moment up to which the bucket's tokens are spoken for (the
//! generic cell rate algorithm, which ITU-T I.371 shows to be equal to a leaky bucket). Cancels have a
//! budget of their own, like a key's. O(1), no lock, no allocation.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rialto_risk::{Budget, GateLimits, Rate};
use rialto_types::{CommandKind, Refusal, RejectReason, Timestamp};

use crate::accounts::AccountDesk;

/// Shared rates in a table before it is looked through for those that nobody needs any more.
const TABLE_LEN_MIN: usize = 1_024;

/// A token bucket that many may take from at once. Begins full.
#[derive(Debug)]
struct SharedBucket {
    rate: Rate,
    /// How long a token takes to come back. Rounded up, so that no rate is exceeded.
    interval_ns: u64,
    /// How long a whole bucket takes.
    burst_ns: u64,
    /// Up to when tokens are spoken for; what lies in the past is a full bucket.
    until: AtomicU64,
}

impl SharedBucket {
    /// A full bucket. A rate or burst of 0 counts as 1.
    fn new(rate: Rate) -> Self {
        let interval_ns = 1_000_000_000_u64.div_ceil(u64::from(rate.per_second.max(1)));
        Self {
            rate,
            interval_ns,
            burst_ns: interval_ns.saturating_mul(u64::from(rate.burst.max(1))),
            until: AtomicU64::new(0),
        }
    }

    /// Takes one token, or says how long to wait, in ns. A refusal changes nothing.
    #[inline]
    fn take(&self, now: Timestamp) -> Result<(), u64> {
        let mut until = self.until.load(Ordering::Relaxed);
        loop {
            let taken = until.max(now.0).saturating_add(self.interval_ns);
            let ahead_ns = taken - now.0;
            if ahead_ns > self.burst_ns {
                return Err(ahead_ns - self.burst_ns);
            }
            // Nothing else is published with it.
            let swapped = self.until.compare_exchange_weak(
                until,
                taken,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match swapped {
                Ok(_) => return Ok(()),
                Err(found) => until = found,
            }
        }
    }

    /// Gives back a token that was taken.
    fn give_back(&self) {
        self.until.fetch_sub(self.interval_ns, Ordering::Relaxed);
    }

    /// Whether it is as good as new.
    fn is_full(&self, now: Timestamp) -> bool {
        self.until.load(Ordering::Relaxed) <= now.0
    }
}

/// The budgets that several sessions share.
#[derive(Debug)]
pub(crate) struct SharedRates {
    orders: Option<SharedBucket>,
    cancels: Option<SharedBucket>,
}

impl SharedRates {
    pub(crate) fn new(limits: &GateLimits) -> Self {
        Self {
            orders: limits.orders.map(SharedBucket::new),
            cancels: limits.cancels.map(SharedBucket::new),
        }
    }

    const fn bucket(&self, budget: Budget) -> Option<&SharedBucket> {
        match budget {
            Budget::Orders => self.orders.as_ref(),
            Budget::Cancels => self.cancels.as_ref(),
        }
    }

    /// Takes a token, or refuses for `reason`: how long to wait, in ns, and the rate.
    #[inline]
    fn take(&self, budget: Budget, now: Timestamp, reason: RejectReason) -> Result<(), Refusal> {
        let Some(bucket) = self.bucket(budget) else {
            return Ok(());
        };
        bucket.take(now).map_err(|wait_ns| {
            let wait_ns = i64::try_from(wait_ns).unwrap_or(i64::MAX);
            Refusal::new(reason, wait_ns, i64::from(bucket.rate.per_second))
        })
    }

    fn give_back(&self, budget: Budget) {
        if let Some(bucket) = self.bucket(budget) {
            bucket.give_back();
        }
    }

    fn is_full(&self, now: Timestamp) -> bool {
        let mut buckets = self.orders.iter().chain(&self.cancels);
        buckets.all(|bucket| bucket.is_full(now))
    }
}

/// What a session that is logged on shares with others.
#[derive(Clone, Debug)]
pub(crate) struct SessionRates {
    pub(crate) account: Arc<AccountDesk>,
    pub(crate) address: Arc<SharedRates>,
}

impl SessionRates {
    /// Takes a token of the account and one of the address, or none. Administration takes none.
    ///
    /// # Errors
    /// Whose rate is exceeded, and how long to wait, in ns.
    #[inline]
    pub(crate) fn take(&self, kind: CommandKind, now: Timestamp) -> Result<(), Refusal> {
        let Some(budget) = Budget::of(kind) else {
            return Ok(());
        };
        let account = &self.account.rates;
        account.take(budget, now, RejectReason::AccountRateExceeded)?;
        let address = self
            .address
            .take(budget, now, RejectReason::AddressRateExceeded);
        if address.is_err() {
            account.give_back(budget);
        }
        address
    }
}

/// The shared rates of all that are or lately were here, found by whom they belong to.
///
/// Who leaves and comes back finds the budget as it was left; one that has become full again and that
/// nobody holds is forgotten, so that the table grows no longer than with those who are active.
#[derive(Debug)]
pub(crate) struct RateTable<K> {
    limits: GateLimits,
    rows: Mutex<Rows<K>>,
}

#[derive(Debug)]
struct Rows<K> {
    rates: HashMap<K, Arc<SharedRates>>,
    /// The length at which the table is looked through again.
    prune_at: usize,
}

impl<K: Eq + Hash> RateTable<K> {
    pub(crate) fn new(limits: GateLimits) -> Self {
        Self {
            limits,
            rows: Mutex::new(Rows {
                rates: HashMap::new(),
                prune_at: TABLE_LEN_MIN,
            }),
        }
    }

    /// The rates of `of`. O(1), amortised.
    pub(crate) fn get(&self, of: K, now: Timestamp) -> Arc<SharedRates> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let Rows { rates, prune_at } = &mut *rows;
        if rates.len() >= *prune_at {
            rates.retain(|_, rates| Arc::strong_count(rates) > 1 || !rates.is_full(now));
            *prune_at = TABLE_LEN_MIN.max(rates.len() * 2);
        }
        let limits = &self.limits;
        let found = rates
            .entry(of)
            .or_insert_with(|| Arc::new(SharedRates::new(limits)));
        Arc::clone(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const START: u64 = 1_000 * SECOND;

    fn bucket(per_second: u32, burst: u32) -> SharedBucket {
        SharedBucket::new(Rate { per_second, burst })
    }

    fn taken(bucket: &SharedBucket, now: u64) -> usize {
        (0..10_000)
            .take_while(|_| bucket.take(Timestamp(now)).is_ok())
            .count()
    }

    #[test]
    fn a_rested_bucket_gives_its_burst_and_says_how_long_to_wait() {
        let bucket = bucket(3, 2);
        assert_eq!(taken(&bucket, START), 2);
        let wait_ns = bucket.take(Timestamp(START)).unwrap_err();
        assert_eq!(wait_ns, 333_333_334);
        assert_eq!(taken(&bucket, START + wait_ns - 1), 0);
        assert_eq!(taken(&bucket, START + wait_ns), 1);
        assert_eq!(taken(&bucket, START + 3_600 * SECOND), 2);
    }

    #[test]
    fn many_threads_together_take_no_more_than_there_is() {
        let bucket = bucket(1, 5_000);
        let counts: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| taken(&bucket, START)))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(counts, 5_000);
    }

    #[test]
    fn a_token_given_back_can_be_taken_again() {
        let bucket = bucket(1, 2);
        assert_eq!(taken(&bucket, START), 2);
        bucket.give_back();
        assert_eq!(taken(&bucket, START), 1);
    }

    fn limits(burst: u32) -> GateLimits {
        let rate = Some(Rate {
            per_second: 1,
            burst,
        });
        GateLimits {
            orders: rate,
            cancels: rate,
        }
    }

    #[test]
    fn what_the_address_refuses_costs_the_account_nothing() {
        let address = Arc::new(SharedRates::new(&limits(1)));
        let rates = SessionRates {
            account: Arc::new(AccountDesk::new(&limits(2), 1)),
            address,
        };
        let now = Timestamp(START);
        assert_eq!(rates.take(CommandKind::Place, now), Ok(()));
        let refused = rates.take(CommandKind::Place, now).unwrap_err();
        assert_eq!(refused.reason, RejectReason::AddressRateExceeded);
        let elsewhere = SessionRates {
            address: Arc::new(SharedRates::new(&limits(9))),
            ..rates.clone()
        };
        assert_eq!(elsewhere.take(CommandKind::Replace, now), Ok(()));
        let refused = elsewhere.take(CommandKind::Place, now).unwrap_err();
        let expected = Refusal::new(RejectReason::AccountRateExceeded, 1_000_000_000, 1);
        assert_eq!(refused, expected);
        // Cancels and administration are counted apart.
        assert_eq!(rates.take(CommandKind::Cancel, now), Ok(()));
        for _ in 0..10 {
            assert_eq!(rates.take(CommandKind::AddKey, now), Ok(()));
        }
    }

    #[test]
    fn who_comes_back_finds_the_budget_as_it_was_left() {
        let table = RateTable::new(limits(1));
        let now = Timestamp(START);
        let take = |of: usize, now| {
            let rates = table.get(of, now);
            rates.take(Budget::Orders, now, RejectReason::AddressRateExceeded)
        };
        assert!(take(0, now).is_ok());
        // More than the table keeps without looking through it.
        for other in 1..2 * TABLE_LEN_MIN {
            drop(table.get(other, now));
        }
        assert!(take(0, now).is_err());
        let len = || table.rows.lock().unwrap().rates.len();
        assert!(len() <= TABLE_LEN_MIN, "{} rows", len());
    }
}
