//! From order id to slot.
//!
//! Ids count up, so the newest ones are direct-mapped: the low bits of the counter are the position in
//! a table of slots. When an order is still open after the table has gone once around, the newcomer
//! takes its place and the old one moves to a hashed index. So a lookup is one load for nearly every
//! order, and whoever leaves orders open for long slows nobody.
//!
//! Invariant: an open order is in exactly one of the two, and the direct table never names a slot whose
//! order is gone. Cost: O(1); 4 bytes × 2 × pool, and 8 bytes × 2 × pool for the hashed part.

use rialto_types::OrderId;

use crate::hash::HashSeed;
use crate::slot_index::{NONE, SlotIndex};

/// The index; see the module.
#[derive(Debug)]
pub(crate) struct OrderIndex {
    recent: Vec<u32>,
    older: SlotIndex,
    seed: HashSeed,
}

impl OrderIndex {
    /// Room for `max` orders.
    pub(crate) fn new(max: usize, seed: HashSeed) -> Self {
        Self {
            recent: vec![NONE; (max.max(8) * 2).next_power_of_two()],
            older: SlotIndex::new(max),
            seed,
        }
    }

    /// Makes `slot` findable by `id`. `id_of` tells the id of an open order's slot.
    #[inline]
    pub(crate) fn insert(&mut self, id: OrderId, slot: u32, id_of: impl Fn(u32) -> OrderId) {
        let at = self.place(id);
        let before = std::mem::replace(&mut self.recent[at], slot);
        if before != NONE {
            self.move_to_older(id_of(before), before);
        }
    }

    #[inline(never)]
    fn move_to_older(&mut self, id: OrderId, slot: u32) {
        self.older.insert(self.seed.word(id.0), slot);
    }

    /// The slot of an open order.
    #[inline]
    pub(crate) fn find(&self, id: OrderId, id_of: impl Fn(u32) -> OrderId) -> Option<u32> {
        let slot = self.recent[self.place(id)];
        if slot != NONE && id_of(slot) == id {
            return Some(slot);
        }
        self.find_older(id, id_of)
    }

    #[inline(never)]
    fn find_older(&self, id: OrderId, id_of: impl Fn(u32) -> OrderId) -> Option<u32> {
        self.older
            .find(self.seed.word(id.0), |slot| id_of(slot) == id)
    }

    /// Forgets an open order.
    #[inline]
    pub(crate) fn remove(&mut self, id: OrderId, slot: u32) {
        let at = self.place(id);
        if self.recent[at] == slot {
            self.recent[at] = NONE;
        } else {
            self.remove_older(id, slot);
        }
    }

    #[inline(never)]
    fn remove_older(&mut self, id: OrderId, slot: u32) {
        self.older.remove(self.seed.word(id.0), slot);
    }

    #[inline]
    fn place(&self, id: OrderId) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "only the low bits are used"
        )]
        let counter = id.0 as usize;
        counter & (self.recent.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_orders_are_found_after_the_table_has_gone_around() {
        let mut index = OrderIndex::new(8, HashSeed::KNOWN);
        let mut ids = [OrderId(0); 8];
        // Slot 0 stays open; slot 1 is used again and again.
        ids[0] = OrderId(5);
        index.insert(OrderId(5), 0, |slot| ids[slot as usize]);
        for id in (6..200).map(OrderId) {
            ids[1] = id;
            index.insert(id, 1, |slot| ids[slot as usize]);
            assert_eq!(index.find(id, |slot| ids[slot as usize]), Some(1));
            assert_eq!(index.find(OrderId(5), |slot| ids[slot as usize]), Some(0));
            assert_eq!(
                index.find(OrderId(id.0 + 1), |slot| ids[slot as usize]),
                None
            );
            index.remove(id, 1);
            assert_eq!(index.find(id, |slot| ids[slot as usize]), None);
        }
        index.remove(OrderId(5), 0);
        assert_eq!(index.find(OrderId(5), |slot| ids[slot as usize]), None);
    }
}
