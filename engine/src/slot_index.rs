//! An open-addressing index from a 32-bit hash to a 32-bit handle.
//!
//! It stores no keys: the caller compares what a handle stands for. Linear probing at a load of at most
//! one half; removal shifts the entries behind it back, so there are no tombstones and a lookup never
//! slows with age. An entry's tag is its hash, whose top bits are its home position, so shifting and
//! growing never touch the keys.
//!
//! Invariants: `len` ≤ half the table; every entry is reachable from its home without a gap.
//! Cost: O(1) expected with a hash that the adversary does not know.

/// "No handle".
pub(crate) const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Entry {
    tag: u32,
    handle: u32,
}

const EMPTY: Entry = Entry {
    tag: 0,
    handle: NONE,
};

/// The index; see the module.
#[derive(Debug)]
pub(crate) struct SlotIndex {
    entries: Vec<Entry>,
    /// 32 − log2(table size): what is shifted off a tag to get its home.
    shift: u32,
    len: usize,
}

impl SlotIndex {
    /// Room for `max` handles.
    pub(crate) fn new(max: usize) -> Self {
        let size = (max.max(8) * 2).next_power_of_two();
        assert!(size <= 1 << 31, "at most 2^30 handles");
        Self {
            entries: vec![EMPTY; size],
            shift: 32 - size.trailing_zeros(),
            len: 0,
        }
    }

    /// Takes room for `max` handles, keeping what is there. Linear; not for the hot path.
    pub(crate) fn grow(&mut self, max: usize) {
        let mut larger = Self::new(max);
        if larger.entries.len() <= self.entries.len() {
            return;
        }
        for entry in self.entries.iter().filter(|entry| entry.handle != NONE) {
            larger.insert(entry.tag, entry.handle);
        }
        *self = larger;
    }

    /// Adds a handle. The caller knows that it is not there.
    #[inline]
    pub(crate) fn insert(&mut self, tag: u32, handle: u32) {
        assert!(
            self.len < self.entries.len() / 2,
            "an index has room for the whole pool"
        );
        let mask = self.entries.len() - 1;
        let mut at = self.home(tag);
        while self.entries[at].handle != NONE {
            at = (at + 1) & mask;
        }
        self.entries[at] = Entry { tag, handle };
        self.len += 1;
    }

    /// The handle with this tag for which `is_it` holds.
    #[inline]
    pub(crate) fn find(&self, tag: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.position(tag, is_it).map(|at| self.entries[at].handle)
    }

    /// Removes a handle that is there.
    #[inline]
    pub(crate) fn remove(&mut self, tag: u32, handle: u32) {
        let mask = self.entries.len() - 1;
        let mut gap = self
            .position(tag, |h| h == handle)
            .expect("what is removed was inserted");
        self.len -= 1;
        let mut at = (gap + 1) & mask;
        loop {
            let entry = self.entries[at];
            if entry.handle == NONE {
                break;
            }
            // An entry may move into the gap unless its home lies after the gap.
            let distance_from_home = at.wrapping_sub(self.home(entry.tag)) & mask;
            let distance_from_gap = at.wrapping_sub(gap) & mask;
            if distance_from_home >= distance_from_gap {
                self.entries[gap] = entry;
                gap = at;
            }
            at = (at + 1) & mask;
        }
        self.entries[gap] = EMPTY;
    }

    #[inline]
    fn position(&self, tag: u32, is_it: impl Fn(u32) -> bool) -> Option<usize> {
        let mask = self.entries.len() - 1;
        let mut at = self.home(tag);
        loop {
            let entry = self.entries[at];
            if entry.handle == NONE {
                return None;
            }
            if entry.tag == tag && is_it(entry.handle) {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
    }

    #[inline]
    fn home(&self, tag: u32) -> usize {
        (tag >> self.shift) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A naive twin: a list of pairs.
    #[test]
    fn it_finds_what_a_plain_list_finds() {
        let mut index = SlotIndex::new(64);
        let mut list: Vec<(u32, u32)> = Vec::new();
        let mut state = 7_u64;
        for step in 0..20_000_u32 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695);
            // Few distinct homes, among them the last ones, so that clusters form and wrap around.
            let tag = u32::try_from(state >> 61).unwrap().wrapping_sub(4) << 25;
            let handle = step;
            if list.len() < 60 && state & 1 == 0 {
                index.insert(tag, handle);
                list.push((tag, handle));
            } else if !list.is_empty() {
                let at = usize::try_from(state >> 33).unwrap() % list.len();
                let (tag, handle) = list.swap_remove(at);
                index.remove(tag, handle);
            }
            for (tag, handle) in &list {
                assert_eq!(index.find(*tag, |h| h == *handle), Some(*handle));
            }
            assert_eq!(index.len, list.len());
        }
        assert_eq!(index.find(1 << 25, |_| false), None);
    }

    #[test]
    fn growing_keeps_everything() {
        let mut index = SlotIndex::new(8);
        for handle in 0..8 {
            index.insert(handle << 29, handle);
        }
        index.grow(1_000);
        for handle in 0..8 {
            assert_eq!(index.find(handle << 29, |h| h == handle), Some(handle));
        }
        for handle in 8..1_000 {
            index.insert(handle << 20, handle);
        }
    }
}
