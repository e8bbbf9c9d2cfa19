//! Which messages a run sends: the mix of benchmark W2, adds and cancels with a few orders that trade.
//!
//! Half of the messages add an order near a mid price that walks at random, nearly as many cancel one, and
//! one in forty takes what rests on the other side. All connections share the mid, so their orders meet. The
//! book is filled before anything is measured and stays about as deep. Constant time for each message.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rialto_types::{OrderId, Price, Qty, Side};
use serde::{Deserialize, Serialize};

/// In the middle of the book at the start, in ticks.
pub(crate) const MID: i64 = 10_000;
/// The mid stays this near to where it began, so that funds last.
const MID_REACH: i64 = 400;
/// How deep an order that takes may reach beyond the mid.
const CROSS_REACH: i64 = 400;
/// Orders lie about so far from the mid, in ticks.
const SPREAD: f64 = 50.0;

/// The shares of the kinds of messages, in thousandths; what is left adds orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mix {
    /// Orders that take what rests on the other side, and are cancelled after that.
    pub(crate) cross_per_mille: u32,
    /// Cancels of single orders.
    pub(crate) cancel_per_mille: u32,
    /// Orders of a connection that rest when measuring begins, and about as many all the time.
    pub(crate) resting: u32,
}

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// An order that rests, unless it meets another.
    Add { side: Side, price: Price, qty: Qty },
    /// An order that takes what it finds at once.
    Cross { side: Side, price: Price, qty: Qty },
    /// The end of an order that rests.
    Cancel(OrderId),
}

/// The mid price of a run, for all its connections.
#[derive(Clone, Debug)]
pub(crate) struct Mid(Arc<AtomicI64>);

impl Mid {
    /// Where it begins.
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(MID)))
    }

    fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    fn step(&self, by: i64) {
        let next = (self.get() + by).clamp(MID - MID_REACH, MID + MID_REACH);
        // Two connections that step at once make one step: nothing depends on it.
        self.0.store(next, Ordering::Relaxed);
    }
}

/// Chooses the messages of one connection, and knows which of its orders rest.
#[derive(Debug)]
pub(crate) struct Mixer {
    mix: Mix,
    mid: Mid,
    random: fastrand::Rng,
    resting: Vec<OrderId>,
    places: HashMap<OrderId, usize, BuildHasherDefault<IdHasher>>,
}

impl Mixer {
    /// A mixer of one connection; the same seed gives the same choices, as far as the answers are the same.
    pub(crate) fn new(mix: Mix, mid: Mid, seed: u64) -> Self {
        Self {
            mix,
            mid,
            random: fastrand::Rng::with_seed(seed),
            resting: Vec::new(),
            places: HashMap::default(),
        }
    }

    /// The next message.
    pub(crate) fn next(&mut self) -> Action {
        if self.random.u32(..1_000) < 20 {
            self.mid.step(self.random.i64(-1..=1));
        }
        let Mix {
            cross_per_mille,
            cancel_per_mille,
            resting,
        } = self.mix;
        let dice = self.random.u32(..1_000);
        let (count, wanted) = (self.resting.len(), resting as usize);
        if dice < cross_per_mille && count > wanted / 2 {
            return self.cross();
        }
        // Without this bound a book whose orders are rarely met would grow for ever.
        let is_too_full = count > wanted + wanted / 2;
        let is_cancel = dice < cross_per_mille + cancel_per_mille;
        if (is_cancel && count > wanted / 2) || is_too_full {
            let at = self.random.usize(..count);
            let id = self.resting[at];
            self.gone(id);
            return Action::Cancel(id);
        }
        self.add()
    }

    /// An order that fills the book.
    pub(crate) fn add(&mut self) -> Action {
        let side = self.side();
        let away = self.normal().abs() + 1;
        let price = toward(side, self.mid.get(), away);
        let qty = self.qty();
        Action::Add { side, price, qty }
    }

    fn cross(&mut self) -> Action {
        let (side, qty) = (self.side(), self.qty());
        let price = toward(side, self.mid.get(), -CROSS_REACH);
        Action::Cross { side, price, qty }
    }

    /// An order rests from now on.
    pub(crate) fn rests(&mut self, id: OrderId) {
        if self.places.insert(id, self.resting.len()).is_none() {
            self.resting.push(id);
        }
    }

    /// An order rests no longer.
    pub(crate) fn gone(&mut self, id: OrderId) {
        if let Some(at) = self.places.remove(&id) {
            self.resting.swap_remove(at);
            if let Some(moved) = self.resting.get(at) {
                self.places.insert(*moved, at);
            }
        }
    }

    fn side(&mut self) -> Side {
        if self.random.bool() {
            Side::Buy
        } else {
            Side::Sell
        }
    }

    /// The sum of three dice: small orders, none of an odd size out.
    fn qty(&mut self) -> Qty {
        Qty((0..3).map(|_| self.random.i64(1..=6)).sum())
    }

    /// About normally distributed: the sum of twelve uniform numbers less their mean.
    #[expect(clippy::cast_possible_truncation, reason = "a few hundred at most")]
    fn normal(&mut self) -> i64 {
        let sum: f64 = (0..12).map(|_| self.random.f64()).sum();
        ((sum - 6.0) * SPREAD) as i64
    }
}

/// So many ticks away from the mid, to the side where an order of `side` does not trade.
const fn toward(side: Side, mid: i64, away: i64) -> Price {
    match side {
        Side::Buy => Price(mid - away),
        Side::Sell => Price(mid + away),
    }
}

/// Order ids count up: multiplying them by a large odd number spreads them well enough.
#[derive(Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIX: Mix = Mix {
        cross_per_mille: 25,
        cancel_per_mille: 475,
        resting: 1_000,
    };

    /// Plays so many messages against a book in which everything rests and crossing orders take one.
    fn play(mixer: &mut Mixer, count: usize) -> [usize; 3] {
        let mut kinds = [0; 3];
        for id in 0..count {
            match mixer.next() {
                Action::Add { price, .. } => {
                    assert!(price.0 > 0);
                    mixer.rests(OrderId(id as u64));
                    kinds[0] += 1;
                }
                Action::Cancel(_) => kinds[1] += 1,
                Action::Cross { .. } => {
                    let first = mixer.resting[0];
                    mixer.gone(first);
                    kinds[2] += 1;
                }
            }
        }
        kinds
    }

    #[test]
    fn the_shares_are_those_asked_for_and_the_book_stays_deep() {
        let mut mixer = Mixer::new(MIX, Mid::new(), 1);
        (0..1_000).for_each(|id| mixer.rests(OrderId(1_000_000 + id)));
        let [adds, cancels, crosses] = play(&mut mixer, 100_000);
        assert!((48_000..52_000).contains(&adds), "{adds} adds");
        assert!((45_500..49_500).contains(&cancels), "{cancels} cancels");
        assert!((2_200..2_800).contains(&crosses), "{crosses} crosses");
        assert!((500..=1_501).contains(&mixer.resting.len()));
    }

    #[test]
    fn an_order_is_cancelled_once() {
        let mut mixer = Mixer::new(MIX, Mid::new(), 2);
        (0..2_000).for_each(|id| mixer.rests(OrderId(id)));
        let mut cancelled = std::collections::HashSet::new();
        for _ in 0..2_000 {
            if let Action::Cancel(id) = mixer.next() {
                assert!(cancelled.insert(id), "{id:?} twice");
            }
        }
        assert!(cancelled.len() > 400);
        assert_eq!(mixer.resting.len() + cancelled.len(), 2_000);
        assert_eq!(mixer.places.len(), mixer.resting.len());
    }

    #[test]
    fn the_mid_stays_where_funds_last() {
        let mid = Mid::new();
        (0..10_000).for_each(|_| mid.step(1));
        assert_eq!(mid.get(), MID + MID_REACH);
        (0..10_000).for_each(|_| mid.step(-1));
        assert_eq!(mid.get(), MID - MID_REACH);
    }
}
