//! When good-till-date orders expire: a binary heap that knows where each order stands.
//!
//! Ordered by (expiry, order id), the order in which they are cancelled. Each entry's position is told
//! to the order through `moved`, so cancelling an order takes its entry out at once and nothing stale
//! stays behind. Invariant: no entry comes before its parent. Cost: O(log n).

use rialto_types::{OrderId, Timestamp};

/// One order that will expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// When.
    pub(crate) expiry: Timestamp,
    /// Which order.
    pub(crate) order_id: OrderId,
    /// Its slot.
    pub(crate) slot: u32,
}

/// The heap; see the module.
#[derive(Debug, Default)]
pub(crate) struct ExpiryHeap {
    entries: Vec<Entry>,
}

impl ExpiryHeap {
    /// Takes room for `max` orders.
    pub(crate) fn reserve(&mut self, max: usize) {
        self.entries
            .reserve_exact(max.saturating_sub(self.entries.len()));
    }

    /// The order that expires first.
    #[inline]
    pub(crate) fn first(&self) -> Option<&Entry> {
        self.entries.first()
    }

    /// The entry at a position.
    pub(crate) fn get(&self, position: u32) -> &Entry {
        &self.entries[position as usize]
    }

    /// Adds an order; `moved(slot, position)` is told where each entry that moved stands now.
    pub(crate) fn insert(&mut self, entry: Entry, moved: impl FnMut(u32, u32)) {
        self.entries.push(entry);
        self.rise(self.entries.len() - 1, moved);
    }

    /// Removes the order at a position.
    pub(crate) fn remove(&mut self, position: u32, mut moved: impl FnMut(u32, u32)) {
        let at = position as usize;
        self.entries.swap_remove(at);
        if at < self.entries.len() {
            self.rise(at, &mut moved);
            self.sink(at, &mut moved);
        }
    }

    fn rise(&mut self, mut at: usize, mut moved: impl FnMut(u32, u32)) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if self.entries[parent] <= self.entries[at] {
                break;
            }
            self.entries.swap(parent, at);
            self.tell(at, &mut moved);
            at = parent;
        }
        self.tell(at, &mut moved);
    }

    fn sink(&mut self, mut at: usize, mut moved: impl FnMut(u32, u32)) {
        loop {
            let left = 2 * at + 1;
            if left >= self.entries.len() {
                break;
            }
            let right = left + 1;
            let less = right < self.entries.len() && self.entries[right] < self.entries[left];
            let child = if less { right } else { left };
            if self.entries[at] <= self.entries[child] {
                break;
            }
            self.entries.swap(at, child);
            self.tell(at, &mut moved);
            at = child;
        }
        self.tell(at, &mut moved);
    }

    fn tell(&self, at: usize, moved: &mut impl FnMut(u32, u32)) {
        let position = u32::try_from(at).expect("fewer entries than orders");
        moved(self.entries[at].slot, position);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_in_advance() {
        let mut heap = ExpiryHeap::default();
        heap.reserve(100);
        assert!(heap.entries.capacity() >= 100);
    }

    #[test]
    fn it_gives_what_a_sorted_list_gives() {
        let mut heap = ExpiryHeap::default();
        let mut sorted: Vec<Entry> = Vec::new();
        let mut positions = [0_u32; 256];
        let mut state = 1_u64;
        for step in 0..10_000_u64 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695);
            let free = (0..256).find(|slot| sorted.iter().all(|entry| entry.slot != *slot));
            if state & (1 << 40) == 0
                && let Some(slot) = free
            {
                let expiry = Timestamp((state >> 50) % 32);
                let entry = Entry {
                    expiry,
                    order_id: OrderId(step),
                    slot,
                };
                heap.insert(entry, |slot, at| positions[slot as usize] = at);
                sorted.push(entry);
                sorted.sort();
            } else if !sorted.is_empty() {
                let at = usize::try_from(state >> 44).unwrap() % sorted.len();
                let entry = sorted.remove(at);
                let position = positions[entry.slot as usize];
                assert_eq!(heap.get(position), &entry);
                heap.remove(position, |slot, at| positions[slot as usize] = at);
            }
            assert_eq!(heap.first(), sorted.first());
        }
    }
}
