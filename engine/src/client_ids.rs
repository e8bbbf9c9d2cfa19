//! Client order ids of open orders: a cold table beside the slab of orders.
//!
//! An order without one has no entry and pays nothing. The text and its owner stand here once; a keyed
//! hash index finds an entry by (account, text), the order keeps the entry's handle for its removal.
//!
//! Invariant: the pair (account, text) is unique. Cost: O(36 bytes) for each operation.

use rialto_types::{AccountId, ClientOrderId};

use crate::hash::HashSeed;
use crate::slot_index::{NONE, SlotIndex};

#[derive(Clone, Copy, Debug)]
struct Entry {
    id: ClientOrderId,
    account: AccountId,
    /// The order's slot; for a free entry the next free one.
    slot: u32,
    /// The hash of account and text.
    tag: u32,
}

/// The table; see the module.
#[derive(Debug)]
pub(crate) struct ClientIds {
    entries: Vec<Entry>,
    free: u32,
    index: SlotIndex,
    seed: HashSeed,
}

impl ClientIds {
    /// Room for `max` ids.
    pub(crate) fn new(max: usize, seed: HashSeed) -> Self {
        Self {
            entries: Vec::with_capacity(max),
            free: NONE,
            index: SlotIndex::new(max),
            seed,
        }
    }

    /// Takes room for `max` ids, keeping what is there.
    pub(crate) fn grow(&mut self, max: usize) {
        self.entries
            .reserve_exact(max.saturating_sub(self.entries.len()));
        self.index.grow(max);
    }

    /// The slot of the account's open order with this id.
    #[inline]
    pub(crate) fn find(&self, account: AccountId, id: &ClientOrderId) -> Option<u32> {
        let tag = self.tag(account, id);
        let is_it = |handle: u32| {
            let entry = &self.entries[handle as usize];
            entry.account == account && entry.id == *id
        };
        self.index
            .find(tag, is_it)
            .map(|handle| self.entries[handle as usize].slot)
    }

    /// Adds an id that is not there; gives its handle.
    #[inline]
    pub(crate) fn insert(&mut self, account: AccountId, id: ClientOrderId, slot: u32) -> u32 {
        let tag = self.tag(account, &id);
        let entry = Entry {
            id,
            account,
            slot,
            tag,
        };
        let handle = self.free;
        let handle = if handle == NONE {
            self.entries.push(entry);
            u32::try_from(self.entries.len() - 1).expect("fewer ids than orders")
        } else {
            self.free = self.entries[handle as usize].slot;
            self.entries[handle as usize] = entry;
            handle
        };
        self.index.insert(tag, handle);
        handle
    }

    /// The id behind a handle.
    pub(crate) fn get(&self, handle: u32) -> ClientOrderId {
        self.entries[handle as usize].id
    }

    /// Removes an id by its handle.
    #[inline]
    pub(crate) fn remove(&mut self, handle: u32) {
        let entry = &mut self.entries[handle as usize];
        entry.slot = self.free;
        self.index.remove(entry.tag, handle);
        self.free = handle;
    }

    #[inline]
    fn tag(&self, account: AccountId, id: &ClientOrderId) -> u32 {
        self.seed.client_id(account, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_belong_to_their_account_and_are_free_again() {
        let mut ids = ClientIds::new(4, HashSeed::KNOWN);
        let name = ClientOrderId::new("a").unwrap();
        let first = ids.insert(AccountId(1), name, 10);
        ids.insert(AccountId(2), name, 20);
        assert_eq!(ids.find(AccountId(1), &name), Some(10));
        assert_eq!(ids.find(AccountId(2), &name), Some(20));
        assert_eq!(ids.find(AccountId(3), &name), None);
        ids.remove(first);
        assert_eq!(ids.find(AccountId(1), &name), None);
        let again = ids.insert(AccountId(1), ClientOrderId::new("b").unwrap(), 30);
        assert_eq!(again, first, "a freed entry is used again");
        assert_eq!(ids.get(again).as_str(), "b");
    }
}
