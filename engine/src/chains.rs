//! The open orders of each account, oldest first.
//!
//! Each account's orders stand in a ring of links that begins and ends with a link of the account itself: no order is the
//! first or the last of its ring, so nothing has to be asked when one comes or goes. Which orders of an account
//! end is random, and a processor guesses the answers to such questions wrong. The links lie together, 8 bytes an
//! order, apart from the orders, so that an order's neighbours are not loaded for its sake.
//!
//! Invariants: following `next` from an account's link meets exactly its orders, oldest first, and then that link again;
//! `previous` leads back. Cost: O(1); growth is linear.

use rialto_types::AccountId;

/// Neighbours in a ring, by position among the links.
#[derive(Clone, Copy, Debug)]
struct Link {
    next: u32,
    previous: u32,
}

/// The rings; see the module.
#[derive(Debug, Default)]
pub(crate) struct Chains {
    /// Those of the accounts, then those of the slots.
    links: Vec<Link>,
    /// How many links are the accounts'.
    account_count: u32,
    /// Open orders of each account.
    counts: Vec<u32>,
}

impl Chains {
    /// Takes room for the orders in so many slots, of accounts up to `account_max`, keeping what is there.
    ///
    /// # Panics
    /// When slots and accounts together are 2^32 or more.
    pub(crate) fn reserve(&mut self, order_max: usize, account_max: usize) {
        let account_count =
            u32::try_from(account_max + 1).expect("accounts are numbered in 32 bits");
        let added = account_count.saturating_sub(self.account_count);
        let before = self.account_count;
        self.account_count += added;
        let room = self.account_count as usize + order_max;
        assert!(u32::try_from(room).is_ok(), "links are numbered in 32 bits");
        if added == 0 {
            self.links
                .reserve_exact(room.saturating_sub(self.links.len()));
            return;
        }
        // Whose position is an account's stays there; the slots move up.
        let moved = |at: u32| if at < before { at } else { at + added };
        let accounts = &self.links[..before as usize];
        let slots = &self.links[before as usize..];
        let alone = (before..self.account_count).map(|at| Link {
            next: at,
            previous: at,
        });
        let mut links = Vec::with_capacity(room.max(self.links.capacity() + added as usize));
        let moved_link = |link: &Link| Link {
            next: moved(link.next),
            previous: moved(link.previous),
        };
        links.extend(accounts.iter().map(moved_link));
        links.extend(alone);
        links.extend(slots.iter().map(moved_link));
        self.links = links;
        self.counts.resize(self.account_count as usize, 0);
    }

    /// Count of an account's open orders.
    #[inline]
    pub(crate) fn count(&self, account: AccountId) -> u32 {
        self.counts[account.index()]
    }

    /// The oldest open order of an account.
    #[inline]
    pub(crate) fn first(&self, account: AccountId) -> Option<u32> {
        if account.0 < self.account_count {
            self.slot(self.links[account.index()].next)
        } else {
            None
        }
    }

    /// The next younger open order of the same account.
    #[inline]
    pub(crate) fn next(&self, slot: u32) -> Option<u32> {
        self.slot(self.links[self.position(slot)].next)
    }

    /// All orders, account by account.
    pub(crate) fn all(&self) -> impl Iterator<Item = u32> {
        let accounts = (0..self.account_count).map(AccountId);
        let of = |account| std::iter::successors(self.first(account), |slot| self.next(*slot));
        accounts.flat_map(of)
    }

    /// Adds the youngest order of an account.
    #[inline]
    pub(crate) fn push(&mut self, account: AccountId, slot: u32) {
        let (head, at) = (account.index(), self.position(slot));
        let last = self.links[head].previous;
        let link = Link {
            next: account.0,
            previous: last,
        };
        if at == self.links.len() {
            self.links.push(link);
        } else {
            self.links[at] = link;
        }
        let position = self.account_count + slot;
        self.links[last as usize].next = position;
        self.links[head].previous = position;
        self.counts[head] += 1;
    }

    /// Takes out an order of this account.
    #[inline]
    pub(crate) fn remove(&mut self, account: AccountId, slot: u32) {
        let Link { next, previous } = self.links[self.position(slot)];
        self.links[previous as usize].next = next;
        self.links[next as usize].previous = previous;
        self.counts[account.index()] -= 1;
    }

    #[inline]
    fn position(&self, slot: u32) -> usize {
        (self.account_count + slot) as usize
    }

    #[inline]
    fn slot(&self, position: u32) -> Option<u32> {
        position.checked_sub(self.account_count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(chains: &Chains, account: u32) -> Vec<u32> {
        let first = chains.first(AccountId(account));
        std::iter::successors(first, |slot| chains.next(*slot)).collect()
    }

    /// A naive twin: a list for each account.
    #[test]
    fn it_holds_what_plain_lists_hold() {
        const SLOTS: u32 = 40;
        let mut chains = Chains::default();
        chains.reserve(SLOTS as usize, 3);
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); 4];
        let mut free: Vec<u32> = (0..SLOTS).rev().collect();
        let mut state = 7_u64;
        for step in 0..20_000_u32 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695);
            let random = usize::try_from(state >> 33).unwrap();
            if step == 10_000 {
                chains.reserve(SLOTS as usize, 9);
                lists.resize(10, Vec::new());
            }
            let at = random % lists.len();
            let account = AccountId(u32::try_from(at).unwrap());
            if state & 1 == 0
                && let Some(slot) = free.pop()
            {
                chains.push(account, slot);
                lists[at].push(slot);
            } else if !lists[at].is_empty() {
                let which = random / 16 % lists[at].len();
                let slot = lists[at].remove(which);
                chains.remove(account, slot);
                free.push(slot);
            }
            for (account, list) in (0..).zip(&lists) {
                assert_eq!(&chain(&chains, account), list);
                assert_eq!(chains.count(AccountId(account)) as usize, list.len());
            }
        }
        assert_eq!(chains.first(AccountId(10)), None, "nobody has this number");
    }

    #[test]
    fn less_room_than_there_is_changes_nothing() {
        let mut chains = Chains::default();
        chains.reserve(4, 3);
        chains.push(AccountId(3), 0);
        chains.push(AccountId(3), 1);
        chains.reserve(1, 1);
        assert_eq!(chain(&chains, 3), [0, 1]);
        let room = chains.links.capacity();
        assert!(
            (8..12).contains(&room),
            "{room}: four accounts, four orders"
        );
        chains.push(AccountId(2), 2);
        chains.push(AccountId(1), 3);
        assert_eq!(chains.links.capacity(), room, "there was room for four");
    }
}
