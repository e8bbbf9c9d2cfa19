//! Price levels in order: a sparse radix tree over prices, shared pools, no scan of empty prices.
//!
//! Prices are looked at 64 at a time: a [`Page`] holds the queues of 64 neighbouring prices with a
//! bitmap of the occupied ones. Pages hang in a tree of [`Branch`]es, each of which decides one 6-bit
//! digit of the key by a bitmap and 64 children. A branch exists only where keys differ (the tree is
//! path-compressed, like a Patricia trie), so a lone order far away costs one page and one branch,
//! and a dense book is two or three steps deep whatever the price range is.
//!
//! The best level is the smallest key: a ladder whose best price is the highest complements its keys.
//!
//! Invariants: a page has at least one occupied level; a branch has at least two children; the cached
//! best is the smallest key. Cost: O(number of differing 6-bit digits) ≤ 11, found or not; the best and
//! the next level within a page are O(1).

use std::hint::select_unpredictable;

use rialto_types::Price;

use crate::slot_index::NONE;

/// Digits are 6 bits: 64 children, one machine word of bitmap.
const DIGIT_BITS: u32 = 6;
const FANOUT: usize = 1 << DIGIT_BITS;
const DIGIT_MAX: u32 = (1 << DIGIT_BITS) - 1;
const DIGIT_MASK: u64 = DIGIT_MAX as u64;

/// A branch's handle has this bit set; a page's has not.
const BRANCH: u32 = 1 << 31;

/// The orders of one price: first and last slot of a doubly linked queue, oldest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    pub(crate) head: u32,
    pub(crate) tail: u32,
    /// Lots left of all of them together; without a meaning where they wait as stops. Of resting orders
    /// it cannot overflow: all of them are paid for, and no asset has more units than 64 bits count.
    pub(crate) qty: i64,
}

impl Level {
    /// No orders.
    pub(crate) const EMPTY: Self = Self {
        head: NONE,
        tail: NONE,
        qty: 0,
    };
}

/// Where a level stands: page × 64 + place in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LevelRef(u32);

impl LevelRef {
    pub(crate) const NONE: Self = Self(NONE);

    #[inline]
    fn new(page: u32, digit: u32) -> Self {
        Self(page << DIGIT_BITS | digit)
    }

    #[inline]
    fn page(self) -> u32 {
        self.0 >> DIGIT_BITS
    }

    #[inline]
    fn digit(self) -> u32 {
        self.0 & DIGIT_MAX
    }
}

/// 64 neighbouring prices.
#[derive(Clone, Debug)]
struct Page {
    /// The key of its first price; the lowest digit is 0.
    key: u64,
    /// Which of its levels have orders.
    occupied: u64,
    /// The branch it hangs in; in a free page the next free one.
    parent: u32,
    levels: [Level; FANOUT],
}

/// One decision of the tree.
#[derive(Clone, Debug)]
struct Branch {
    /// The digits above its own, its own and those below being 0.
    prefix: u64,
    /// Selects those digits.
    prefix_mask: u64,
    /// The position of its own digit.
    shift: u32,
    /// As of a page.
    parent: u32,
    /// Which children exist.
    occupied: u64,
    /// [`NONE`] where there is none, also in a free branch.
    children: [u32; FANOUT],
}

/// The pools that all ladders of an exchange share.
#[derive(Debug)]
pub(crate) struct LevelPool {
    pages: Vec<Page>,
    branches: Vec<Branch>,
    free_page: u32,
    free_branch: u32,
}

impl LevelPool {
    /// Empty pools.
    pub(crate) fn new() -> Self {
        Self {
            pages: Vec::new(),
            branches: Vec::new(),
            free_page: NONE,
            free_branch: NONE,
        }
    }

    /// Takes room for the levels of `order_max` orders. Each order needs at most one page, and there
    /// are fewer branches than pages. Memory that is not used is not touched.
    pub(crate) fn reserve(&mut self, order_max: usize) {
        assert!(
            order_max < 1 << (31 - DIGIT_BITS),
            "level references are 32 bits"
        );
        self.pages
            .reserve_exact(order_max.saturating_sub(self.pages.len()));
        self.branches
            .reserve_exact(order_max.saturating_sub(self.branches.len()));
    }

    /// The queue of a level.
    #[inline]
    pub(crate) fn level(&self, at: LevelRef) -> &Level {
        &self.pages[at.page() as usize].levels[at.digit() as usize]
    }

    /// The queue of a level, to change it.
    #[inline]
    pub(crate) fn level_mut(&mut self, at: LevelRef) -> &mut Level {
        &mut self.pages[at.page() as usize].levels[at.digit() as usize]
    }

    #[inline]
    fn key(&self, at: LevelRef) -> u64 {
        self.pages[at.page() as usize].key | u64::from(at.digit())
    }

    fn take_page(&mut self, key: u64) -> u32 {
        let page = self.free_page;
        if page != NONE {
            let reused = &mut self.pages[page as usize];
            self.free_page = reused.parent;
            // Levels are written when they become occupied, so the old ones may stay.
            (reused.key, reused.occupied, reused.parent) = (key, 0, NONE);
            return page;
        }
        let levels = [Level::EMPTY; FANOUT];
        self.pages.push(Page {
            key,
            occupied: 0,
            parent: NONE,
            levels,
        });
        u32::try_from(self.pages.len() - 1).expect("pages are numbered in 25 bits")
    }

    fn take_branch(&mut self, prefix: u64, shift: u32) -> u32 {
        // The topmost digit has no digits above it, and a shift by 64 would be no shift at all.
        let prefix_mask = u64::MAX.checked_shl(shift + DIGIT_BITS).unwrap_or(0);
        let (prefix, branch) = (prefix & prefix_mask, self.free_branch);
        if branch != NONE {
            let reused = &mut self.branches[branch as usize];
            self.free_branch = reused.parent;
            (reused.prefix, reused.prefix_mask) = (prefix, prefix_mask);
            (reused.shift, reused.parent, reused.occupied) = (shift, NONE, 0);
            return branch;
        }
        let children = [NONE; FANOUT];
        let parent = NONE;
        self.branches.push(Branch {
            prefix,
            prefix_mask,
            shift,
            parent,
            occupied: 0,
            children,
        });
        u32::try_from(self.branches.len() - 1).expect("branches are numbered in 25 bits")
    }

    /// The key of any node: a page's first price or a branch's prefix.
    fn node_key(&self, node: u32) -> u64 {
        if node & BRANCH == 0 {
            self.pages[node as usize].key
        } else {
            self.branches[(node & !BRANCH) as usize].prefix
        }
    }

    fn set_parent(&mut self, node: u32, parent: u32) {
        if node & BRANCH == 0 {
            self.pages[node as usize].parent = parent;
        } else {
            self.branches[(node & !BRANCH) as usize].parent = parent;
        }
    }

    fn attach(&mut self, branch: u32, node: u32) {
        let key = self.node_key(node);
        self.set_parent(node, branch);
        let branch = &mut self.branches[branch as usize];
        let digit = branch.digit(key);
        branch.occupied |= 1 << digit;
        branch.children[digit as usize] = node;
    }

    /// The leftmost level below a node.
    #[inline]
    fn first_below(&self, mut node: u32) -> LevelRef {
        while node & BRANCH != 0 {
            let branch = &self.branches[(node & !BRANCH) as usize];
            node = branch.children[branch.occupied.trailing_zeros() as usize];
        }
        let page = &self.pages[node as usize];
        LevelRef::new(node, page.occupied.trailing_zeros())
    }

    /// The level after this one, in key order.
    #[inline]
    fn next(&self, at: LevelRef) -> Option<LevelRef> {
        let page = &self.pages[at.page() as usize];
        let later = later_than(page.occupied, at.digit());
        if later != 0 {
            return Some(LevelRef::new(at.page(), later.trailing_zeros()));
        }
        let (mut parent, key) = (page.parent, page.key);
        while parent != NONE {
            let branch = &self.branches[parent as usize];
            let later = later_than(branch.occupied, branch.digit(key));
            if later != 0 {
                return Some(self.first_below(branch.children[later.trailing_zeros() as usize]));
            }
            parent = branch.parent;
        }
        None
    }
}

impl Branch {
    #[inline]
    fn digit(&self, key: u64) -> u32 {
        ((key >> self.shift) & DIGIT_MASK) as u32
    }
}

/// The bits above `digit`.
#[inline]
fn later_than(bits: u64, digit: u32) -> u64 {
    // Two shifts, because a shift by 64 would be no shift at all.
    bits & (u64::MAX << digit << 1)
}

/// Levels at the front of a ladder, best first, all on one page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Front {
    page: u32,
    /// One bit a level.
    levels: u64,
}

impl Front {
    /// Whether there is none.
    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.levels == 0
    }

    /// The best of them. Without any it is the first of the page, to be looked at and no more.
    #[inline]
    pub(crate) fn best(self) -> LevelRef {
        LevelRef::new(self.page, self.levels.trailing_zeros() & DIGIT_MAX)
    }

    /// Those without the best one, when `is_gone`. Chosen, not branched to: whether an order was the last of its level
    /// is as good as random.
    #[inline]
    #[must_use]
    pub(crate) fn without_best(self, is_gone: bool) -> Self {
        let others = self.levels & self.levels.wrapping_sub(1);
        let levels = select_unpredictable(is_gone, others, self.levels);
        Self { levels, ..self }
    }
}

/// The levels of one side of a book, best first.
#[derive(Debug)]
pub(crate) struct Ladder {
    /// What a price is combined with by exclusive or to get its key: all ones below the sign bit when
    /// the highest price is best.
    flip: u64,
    root: u32,
    /// The smallest key's level, [`LevelRef::NONE`] when empty.
    best: LevelRef,
    /// [`u64::MAX`] when empty, which is no key.
    best_key: u64,
}

impl Ladder {
    /// A ladder whose best price is the lowest.
    pub(crate) const fn ascending() -> Self {
        Self {
            flip: 0,
            root: NONE,
            best: LevelRef::NONE,
            best_key: u64::MAX,
        }
    }

    /// A ladder whose best price is the highest.
    pub(crate) const fn descending() -> Self {
        Self {
            flip: i64::MAX as u64,
            ..Self::ascending()
        }
    }

    /// The best level.
    #[inline]
    pub(crate) fn best(&self) -> Option<LevelRef> {
        if self.best == LevelRef::NONE {
            None
        } else {
            Some(self.best)
        }
    }

    /// The price of the best level.
    #[inline]
    pub(crate) fn best_price(&self) -> Option<Price> {
        if self.best == LevelRef::NONE {
            None
        } else {
            Some(self.price_of(self.best_key))
        }
    }

    /// The levels of the best page, as far as a bound that the best price [reaches](Self::reaches).
    #[inline]
    pub(crate) fn front(&self, pool: &LevelPool, bound: Price) -> Front {
        let page = self.best.page();
        let Page { key, occupied, .. } = &pool.pages[page as usize];
        let last = (self.key_of(bound) - key).min(DIGIT_MASK);
        let levels = occupied & (u64::MAX >> (DIGIT_MASK - last));
        Front { page, levels }
    }

    /// Removes the best levels, whose queues have become empty: those of `before` that `after` has not.
    #[inline]
    pub(crate) fn advance(&mut self, pool: &mut LevelPool, before: Front, after: Front) {
        let page = &mut pool.pages[before.page as usize];
        page.occupied &= !(before.levels ^ after.levels);
        if page.occupied == 0 {
            self.leave_page(pool);
        } else {
            let digit = page.occupied.trailing_zeros();
            self.best = LevelRef::new(before.page, digit);
            self.best_key = page.key | u64::from(digit);
        }
    }

    /// Removes the best page, of which no level is left.
    #[inline(never)]
    fn leave_page(&mut self, pool: &mut LevelPool) {
        let page = self.best.page();
        let next = pool.next(LevelRef::new(page, DIGIT_MAX));
        self.best = next.unwrap_or(LevelRef::NONE);
        self.best_key = next.map_or(u64::MAX, |next| pool.key(next));
        self.remove_page(pool, page);
    }

    /// The price of a level.
    #[inline]
    pub(crate) fn price(&self, pool: &LevelPool, at: LevelRef) -> Price {
        self.price_of(pool.key(at))
    }

    /// The next worse level.
    #[inline]
    pub(crate) fn next(pool: &LevelPool, at: LevelRef) -> Option<LevelRef> {
        pool.next(at)
    }

    /// Whether the best price is this one or a better one; an empty ladder reaches none.
    #[inline]
    pub(crate) fn reaches(&self, price: Price) -> bool {
        self.best_key <= self.key_of(price)
    }

    /// The level of a price, and whether it has orders. An empty one counts as occupied from now on
    /// and its queue is the caller's to write.
    #[inline]
    pub(crate) fn enter<'a>(
        &mut self,
        pool: &'a mut LevelPool,
        price: Price,
    ) -> (LevelRef, &'a mut Level, bool) {
        let key = self.key_of(price);
        let page_key = key & !DIGIT_MASK;
        let number = self.page_for(pool, page_key);
        let digit = (key & DIGIT_MASK) as u32;
        let at = LevelRef::new(number, digit);
        let page = &mut pool.pages[number as usize];
        let was_occupied = page.occupied >> digit & 1 != 0;
        page.occupied |= 1 << digit;
        // An empty ladder's best key is above all.
        if key < self.best_key {
            (self.best, self.best_key) = (at, key);
        }
        (at, &mut page.levels[digit as usize], was_occupied)
    }

    /// Removes a level whose queue has become empty.
    #[inline]
    pub(crate) fn leave(&mut self, pool: &mut LevelPool, at: LevelRef) {
        if at == self.best {
            let next = pool.next(at);
            self.best = next.unwrap_or(LevelRef::NONE);
            self.best_key = next.map_or(u64::MAX, |next| pool.key(next));
        }
        let page = &mut pool.pages[at.page() as usize];
        page.occupied &= !(1 << at.digit());
        if page.occupied == 0 {
            self.remove_page(pool, at.page());
        }
    }

    #[inline]
    fn key_of(&self, price: Price) -> u64 {
        #[expect(clippy::cast_sign_loss, reason = "prices are at least 1")]
        let price = price.0 as u64;
        price ^ self.flip
    }

    #[inline]
    fn price_of(&self, key: u64) -> Price {
        #[expect(clippy::cast_possible_wrap, reason = "keys are prices: below 2^63")]
        let price = (key ^ self.flip) as i64;
        Price(price)
    }

    /// Finds the page, or makes it.
    ///
    /// The way down looks at one digit a branch and at nothing else; only the page where it ends tells
    /// whether the digits in between agree as well.
    #[inline]
    fn page_for(&mut self, pool: &mut LevelPool, page_key: u64) -> u32 {
        let mut node = self.root;
        while node & BRANCH != 0 && node != NONE {
            let branch = &pool.branches[(node & !BRANCH) as usize];
            node = branch.children[branch.digit(page_key) as usize];
        }
        if node != NONE && pool.pages[node as usize].key == page_key {
            return node;
        }
        self.make_page(pool, page_key)
    }

    /// Finds where a page that does not exist belongs, and adds it there.
    #[inline(never)]
    fn make_page(&mut self, pool: &mut LevelPool, page_key: u64) -> u32 {
        let (mut node, mut parent) = (self.root, NONE);
        while node != NONE && node & BRANCH != 0 {
            let branch = &pool.branches[(node & !BRANCH) as usize];
            if branch.prefix != page_key & branch.prefix_mask {
                break;
            }
            parent = node & !BRANCH;
            node = branch.children[branch.digit(page_key) as usize];
        }
        self.add_page(pool, page_key, node, parent)
    }

    /// Adds a page where the search for it ended: below `parent`, in place of or beside `node`.
    fn add_page(&mut self, pool: &mut LevelPool, page_key: u64, node: u32, parent: u32) -> u32 {
        let page = pool.take_page(page_key);
        if node == NONE {
            if parent == NONE {
                self.root = page;
            } else {
                pool.attach(parent, page);
            }
            return page;
        }
        // They differ first in this digit: a branch for it takes the place of `node`.
        let highest = (pool.node_key(node) ^ page_key).ilog2();
        let branch = pool.take_branch(page_key, highest / DIGIT_BITS * DIGIT_BITS);
        if parent == NONE {
            self.root = branch | BRANCH;
        } else {
            pool.attach(parent, branch | BRANCH);
        }
        pool.attach(branch, node);
        pool.attach(branch, page);
        page
    }

    #[inline(never)]
    fn remove_page(&mut self, pool: &mut LevelPool, page: u32) {
        let Page { key, parent, .. } = pool.pages[page as usize];
        pool.pages[page as usize].parent = pool.free_page;
        pool.free_page = page;
        if parent == NONE {
            self.root = NONE;
            return;
        }
        let branch = &mut pool.branches[parent as usize];
        let digit = branch.digit(key);
        branch.occupied &= !(1 << digit);
        branch.children[digit as usize] = NONE;
        if !branch.occupied.is_power_of_two() {
            return;
        }
        // One child is left: it takes the place of its branch.
        let child = std::mem::replace(
            &mut branch.children[branch.occupied.trailing_zeros() as usize],
            NONE,
        );
        let above = branch.parent;
        branch.parent = pool.free_branch;
        pool.free_branch = parent;
        pool.set_parent(child, NONE);
        if above == NONE {
            self.root = child;
        } else {
            pool.attach(above, child);
        }
    }
}

#[cfg(test)]
#[path = "ladder_tests.rs"]
mod tests;
