//! The ladder beside a naive twin, a sorted set of prices, on dense, sparse and far-flung prices.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A small deterministic generator: `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// The prices in order. One more than `levels` is one too many, and a ladder that goes around in circles ends.
fn in_order(ladder: &Ladder, pool: &LevelPool, levels: usize) -> Vec<i64> {
    std::iter::successors(ladder.best(), |at| Ladder::next(pool, *at))
        .map(|at| ladder.price(pool, at).0)
        .take(levels + 1)
        .collect()
}

fn check_structure(ladder: &Ladder, pool: &LevelPool, levels: usize) {
    let some = |at: u32| (at != NONE).then_some(at);
    let free_pages = std::iter::successors(some(pool.free_page), |page| {
        some(pool.pages[*page as usize].parent)
    });
    let free_branches = std::iter::successors(some(pool.free_branch), |branch| {
        some(pool.branches[*branch as usize].parent)
    });
    // A list that goes around in circles has more than there are.
    let in_use = |all: usize, free: usize| all.checked_sub(free).expect("each is free once");
    let (pages, branches) = (pool.pages.len(), pool.branches.len());
    let pages = in_use(pages, free_pages.take(pages + 1).count());
    let branches = in_use(branches, free_branches.take(branches + 1).count());
    assert!(pages <= levels, "every page has a level");
    assert!(branches < pages.max(1), "fewer branches than pages");
    assert_eq!(ladder.root == NONE, levels == 0);
}

/// Removes some of the levels at the front, as far as the price of one of them.
fn sweep(
    ladder: &mut Ladder,
    pool: &mut LevelPool,
    random: &mut Random,
    levels: &mut BTreeMap<i64, LevelRef>,
) {
    let at = usize::try_from(random.next() % levels.len() as u64).unwrap();
    let bound = Price(*levels.keys().nth(at).unwrap());
    assert!(ladder.reaches(bound));
    let before = ladder.front(pool, bound);
    let mut after = before;
    for _ in 0..random.next() % 6 {
        if after.is_empty() {
            break;
        }
        let best = after.best();
        assert_eq!(after.without_best(false).best(), best);
        let price = ladder.price(pool, best);
        assert!(ladder.key_of(price) <= ladder.key_of(bound));
        assert_eq!(levels.remove(&price.0), Some(best));
        after = after.without_best(true);
    }
    let page = before.best().page();
    ladder.advance(pool, before, after);
    match ladder.best() {
        Some(best) if !after.is_empty() => assert_eq!(best, after.best()),
        Some(best) => assert!(best.page() != page || !ladder.reaches(bound)),
        None => assert!(levels.is_empty()),
    }
}

fn twin(mut ladder: Ladder, descending: bool, seed: u64, price: impl Fn(u64) -> i64) {
    let mut pool = LevelPool::new();
    let mut random = Random(seed);
    let mut set = BTreeSet::new();
    let mut levels = BTreeMap::new();
    for step in 0..6_000 {
        let value = price(random.next());
        let shrinking = step / 1_000 % 2 == 1;
        if let Some(at) = levels.get(&value).copied() {
            if shrinking || random.next().is_multiple_of(3) {
                ladder.leave(&mut pool, at);
                levels.remove(&value);
                set.remove(&value);
            } else {
                let (found, _, occupied) = ladder.enter(&mut pool, Price(value));
                assert_eq!((found, occupied), (at, true));
            }
        } else if shrinking && !set.is_empty() {
            let at = usize::try_from(random.next() % set.len() as u64).unwrap();
            let gone = *set.iter().nth(at).unwrap();
            set.remove(&gone);
            ladder.leave(&mut pool, levels.remove(&gone).unwrap());
        } else {
            let (at, _, occupied) = ladder.enter(&mut pool, Price(value));
            assert!(!occupied);
            levels.insert(value, at);
            set.insert(value);
        }
        if random.next().is_multiple_of(5) && !levels.is_empty() {
            sweep(&mut ladder, &mut pool, &mut random, &mut levels);
            set.retain(|price| levels.contains_key(price));
        }
        let best = if descending { set.last() } else { set.first() };
        assert_eq!(ladder.best_price().map(|p| p.0), best.copied());
        if step % 50 == 0 {
            let mut expected: Vec<i64> = set.iter().copied().collect();
            if descending {
                expected.reverse();
            }
            assert_eq!(in_order(&ladder, &pool, set.len()), expected);
            check_structure(&ladder, &pool, set.len());
        }
    }
}

#[test]
fn room_is_taken_in_advance() {
    let mut pool = LevelPool::new();
    pool.reserve(100);
    assert!(pool.pages.capacity() >= 100);
    assert!(pool.branches.capacity() >= 100);
}

#[test]
#[should_panic(expected = "level references are 32 bits")]
fn more_levels_than_a_reference_can_tell_apart_are_refused() {
    LevelPool::new().reserve(1 << 25);
}

#[test]
fn dense_prices() {
    let price = |r: u64| i64::try_from(r % 700).unwrap() + 1;
    twin(Ladder::ascending(), false, 1, price);
    twin(Ladder::descending(), true, 2, price);
}

#[test]
fn prices_of_every_magnitude() {
    let price = |r: u64| {
        let bits = r % 63;
        i64::try_from((r >> 1) >> (62 - bits)).unwrap().max(1)
    };
    twin(Ladder::ascending(), false, 3, price);
    twin(Ladder::descending(), true, 4, price);
}

#[test]
fn the_lowest_and_the_highest_price() {
    let price = |r: u64| match r % 4 {
        0 => 1,
        1 => i64::MAX,
        2 => i64::MAX - 64,
        _ => 65,
    };
    twin(Ladder::ascending(), false, 5, price);
    twin(Ladder::descending(), true, 6, price);
}
