//! All open orders: a slab, found by order id, by account and client order id, or account by account.
//!
//! Memory for the whole pool is asked for when the core announces its size, so that nothing is moved
//! while the exchange runs; the system gives it page by page as orders come. Order ids come from the
//! core, so their hash may be simple; client order ids come from outside, so theirs may not.
//!
//! An account's orders are chained in the slab in ascending order of id. A [`Listing`] walks such a
//! chain a few orders at a time while orders come and go, so that nobody has to wait for the answer to
//! somebody with a million orders. All operations are O(1); removing is linear in listings under way.
//!
//! The orders that rest at one price are chained too, in the order in which they trade: see [`Queue`].

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use rialto_types::{AccountId, ClientOrderId, OrderId};

use super::OpenOrder;

/// "No slot".
const NONE: u32 = u32::MAX;

/// The open orders of the exchange.
#[derive(Clone, Debug, Default)]
pub struct OpenOrders {
    slots: Vec<Slot>,
    /// Slots that hold no open order.
    free: Vec<u32>,
    by_id: HashMap<OrderId, u32, BuildHasherDefault<IdHasher>>,
    by_client_id: HashMap<(AccountId, ClientOrderId), u32>,
    /// By account id.
    chains: Vec<Chain>,
    /// Under way; a finished one leaves its place to the next.
    listings: Vec<Option<Cursor>>,
}

#[derive(Clone, Debug)]
struct Slot {
    order: OpenOrder,
    /// The account's order before this one.
    previous: u32,
    /// The account's order after this one.
    next: u32,
    /// The order that trades before this one at its price.
    ahead: u32,
    /// The order that trades after this one at its price.
    behind: u32,
}

/// The two ends of a chain of orders that rest at one price. Belongs to the book's level.
#[derive(Clone, Copy)]
pub(super) struct Queue {
    first: u32,
    last: u32,
}

impl Queue {
    /// Of nobody.
    pub(super) const EMPTY: Self = Self {
        first: NONE,
        last: NONE,
    };
}

/// The orders of one account.
#[derive(Clone, Copy, Debug)]
struct Chain {
    first: u32,
    last: u32,
    count: u32,
}

impl Chain {
    const EMPTY: Self = Self {
        first: NONE,
        last: NONE,
        count: 0,
    };
}

/// A walk over the orders that an account had open when it began, without those closed before their
/// turn. Ends by
/// [`ReadModels::end_listing`](super::ReadModels::end_listing).
#[derive(Debug, PartialEq, Eq)]
pub struct Listing(usize);

#[derive(Clone, Copy, Debug)]
struct Cursor {
    /// The slot whose turn it is. Never a removed one: removing moves it on.
    next: u32,
    /// The last order to be told.
    until: OrderId,
}

impl OpenOrders {
    /// Count of open orders.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether no order is open.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Count of an account's open orders.
    pub fn count_of(&self, account: AccountId) -> u32 {
        self.chain(account).count
    }

    /// The open order with this id.
    pub fn get(&self, id: OrderId) -> Option<&OpenOrder> {
        self.by_id.get(&id).map(|slot| self.order(*slot))
    }

    /// The open order to which its account gave this name.
    pub fn by_client_id(&self, account: AccountId, name: ClientOrderId) -> Option<&OpenOrder> {
        let slot = self.by_client_id.get(&(account, name))?;
        Some(self.order(*slot))
    }

    /// All open orders, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &OpenOrder> {
        self.by_id.values().map(|slot| self.order(*slot))
    }

    /// Begins a walk over an account's open orders, ascending by id.
    pub(super) fn begin_listing(&mut self, account: AccountId) -> Listing {
        let Chain { first, last, .. } = self.chain(account);
        let until = match last {
            NONE => OrderId(0),
            last => self.order(last).order_id,
        };
        let cursor = Some(Cursor { next: first, until });
        let at = self.listings.iter().position(Option::is_none);
        let at = at.unwrap_or_else(|| {
            self.listings.push(None);
            self.listings.len() - 1
        });
        self.listings[at] = cursor;
        Listing(at)
    }

    /// The next order of a walk, or `None` when all have been told.
    pub(super) fn next(&mut self, listing: &Listing) -> Option<&OpenOrder> {
        let cursor = self.listings[listing.0].as_mut()?;
        if cursor.next == NONE {
            return None;
        }
        let slot = &self.slots[cursor.next as usize];
        if slot.order.order_id > cursor.until {
            return None;
        }
        cursor.next = slot.next;
        Some(&slot.order)
    }

    /// Ends a walk.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an ended walk must not be used again"
    )]
    pub(super) fn end_listing(&mut self, listing: Listing) {
        self.listings[listing.0] = None;
    }

    /// Takes the memory for `count` open orders.
    pub(super) fn reserve(&mut self, count: usize) {
        let more = count.saturating_sub(self.len());
        self.slots.reserve(count.saturating_sub(self.slots.len()));
        self.by_id.reserve(more);
        self.by_client_id.reserve(more);
    }

    /// Takes up an order, which stands in no queue yet; ids come in ascending order.
    pub(super) fn insert(&mut self, order: OpenOrder) {
        let account = order.account;
        if account.index() >= self.chains.len() {
            self.chains.resize(account.index() + 1, Chain::EMPTY);
        }
        let previous = self.chains[account.index()].last;
        let (id, name) = (order.order_id, order.client_order_id);
        let slot = self.place(Slot {
            order,
            previous,
            next: NONE,
            ahead: NONE,
            behind: NONE,
        });
        let chain = &mut self.chains[account.index()];
        chain.last = slot;
        chain.count += 1;
        match previous {
            NONE => chain.first = slot,
            previous => self.slots[previous as usize].next = slot,
        }
        self.by_id.insert(id, slot);
        if let Some(name) = name {
            self.by_client_id.insert((account, name), slot);
        }
    }

    /// # Panics
    /// When no such order is open: the log is broken.
    pub(super) fn get_mut(&mut self, id: OrderId) -> &mut OpenOrder {
        let slot = self.by_id.get(&id).expect("an event names an open order");
        &mut self.slots[*slot as usize].order
    }

    /// # Panics
    /// When no such order is open: the log is broken.
    pub(super) fn remove(&mut self, id: OrderId) {
        let removed = self
            .by_id
            .remove(&id)
            .expect("an event names an open order");
        let Slot {
            order,
            previous,
            next,
            ..
        } = self.slots[removed as usize].clone();
        if let Some(name) = order.client_order_id {
            self.by_client_id.remove(&(order.account, name));
        }
        let chain = &mut self.chains[order.account.index()];
        chain.count -= 1;
        match previous {
            NONE => chain.first = next,
            previous => self.slots[previous as usize].next = next,
        }
        match next {
            NONE => chain.last = previous,
            next => self.slots[next as usize].previous = previous,
        }
        for cursor in self.listings.iter_mut().flatten() {
            if cursor.next == removed {
                cursor.next = next;
            }
        }
        self.free.push(removed);
    }

    /// Puts an order at the end of a queue. It stands in none.
    ///
    /// # Panics
    /// When no such order is open: the log is broken.
    pub(super) fn enqueue(&mut self, queue: &mut Queue, id: OrderId) {
        let slot = self.by_id[&id];
        let ahead = std::mem::replace(&mut queue.last, slot);
        match ahead {
            NONE => queue.first = slot,
            ahead => self.slots[ahead as usize].behind = slot,
        }
        let entry = &mut self.slots[slot as usize];
        (entry.ahead, entry.behind) = (ahead, NONE);
    }

    /// Takes an order out of the queue that it stands in.
    ///
    /// # Panics
    /// When no such order is open: the log is broken.
    pub(super) fn dequeue(&mut self, queue: &mut Queue, id: OrderId) {
        let slot = self.by_id[&id];
        let Slot { ahead, behind, .. } = self.slots[slot as usize];
        match ahead {
            NONE => queue.first = behind,
            ahead => self.slots[ahead as usize].behind = behind,
        }
        match behind {
            NONE => queue.last = ahead,
            behind => self.slots[behind as usize].ahead = ahead,
        }
    }

    /// The orders of a queue, the one first that trades first.
    pub(super) fn queued(&self, queue: Queue) -> impl Iterator<Item = &OpenOrder> {
        let mut next = queue.first;
        std::iter::from_fn(move || {
            let slot = self.slots.get(next as usize)?;
            next = slot.behind;
            Some(&slot.order)
        })
    }

    fn place(&mut self, slot: Slot) -> u32 {
        if let Some(free) = self.free.pop() {
            self.slots[free as usize] = slot;
            return free;
        }
        self.slots.push(slot);
        u32::try_from(self.slots.len() - 1).expect("the pool of orders counts in 32 bits")
    }

    fn order(&self, slot: u32) -> &OpenOrder {
        &self.slots[slot as usize].order
    }

    fn chain(&self, account: AccountId) -> Chain {
        let chain = self.chains.get(account.index());
        chain.copied().unwrap_or(Chain::EMPTY)
    }
}

/// Spreads the counter within an order id over the bits that a hash table looks at, by one
/// multiplication with 2^64 / the golden ratio (Knuth, The Art of Computer Programming, volume 3, 6.4).
#[derive(Clone, Copy, Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    #[inline]
    fn write_u64(&mut self, id: u64) {
        let product = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        // The table takes its slot from the low bits and its tag from the high ones.
        self.0 = product ^ (product >> 32);
    }
}

#[cfg(test)]
mod tests {
    use rialto_types::{
        Amount, InstrumentId, KeyId, OrderKind, Price, Qty, Side, StpMode, TimeInForce, Timestamp,
    };

    use super::*;
    use crate::models::Place;

    const OWNER: AccountId = AccountId(2);

    fn order(id: u64, account: AccountId, name: Option<&str>) -> OpenOrder {
        OpenOrder {
            order_id: OrderId(id),
            account,
            key: KeyId(1),
            instrument: InstrumentId(1),
            side: Side::Buy,
            stp: StpMode::CancelTaker,
            kind: OrderKind::Limit {
                price: Price(1),
                qty: Qty(1),
                tif: TimeInForce::Gtc,
                post_only: false,
            },
            elected_at: None,
            leaves: 1,
            filled: Qty(0),
            filled_quote: Amount(0),
            client_order_id: name.map(|name| ClientOrderId::new(name).unwrap()),
            accepted: Timestamp(0),
            place: Place::Book,
        }
    }

    fn orders(ids: impl IntoIterator<Item = u64>) -> OpenOrders {
        let mut orders = OpenOrders::default();
        for id in ids {
            orders.insert(order(id, OWNER, None));
            orders.insert(order(1_000 + id, AccountId(1), None));
        }
        orders
    }

    fn take(orders: &mut OpenOrders, listing: &Listing, count: usize) -> Vec<u64> {
        (0..count)
            .map_while(|_| orders.next(listing).map(|order| order.order_id.0))
            .collect()
    }

    #[test]
    fn orders_are_found_by_either_id() {
        let mut orders = OpenOrders::default();
        orders.insert(order(1, OWNER, Some("a")));
        orders.insert(order(2, AccountId(1), Some("a")));
        let name = ClientOrderId::new("a").unwrap();
        let found = |orders: &OpenOrders, account| {
            let order = orders.by_client_id(AccountId(account), name);
            order.map(|order| order.order_id.0)
        };
        assert_eq!(found(&orders, 2), Some(1));
        assert_eq!(found(&orders, 1), Some(2));
        assert_eq!(found(&orders, 3), None);
        orders.remove(OrderId(1));
        assert_eq!(found(&orders, 2), None);
        assert_eq!(orders.get(OrderId(1)), None);
        assert_eq!(orders.len(), 1);
        assert_eq!(orders.count_of(OWNER), 0);
        // The slot is used again, under another name.
        orders.insert(order(3, OWNER, Some("a")));
        assert_eq!(found(&orders, 2), Some(3));
    }

    #[test]
    fn a_listing_tells_each_order_once_whatever_comes_and_goes() {
        let mut orders = orders(1..=6);
        let listing = orders.begin_listing(OWNER);
        assert_eq!(take(&mut orders, &listing, 2), [1, 2]);
        // The next in turn, one told already and the last one close; another comes into their slots.
        for id in [3, 1, 6] {
            orders.remove(OrderId(id));
        }
        orders.insert(order(7, OWNER, None));
        assert_eq!(take(&mut orders, &listing, 10), [4, 5]);
        assert_eq!(take(&mut orders, &listing, 10), [0_u64; 0]);
        orders.end_listing(listing);
        let listing = orders.begin_listing(OWNER);
        assert_eq!(take(&mut orders, &listing, 10), [2, 4, 5, 7]);
    }

    #[test]
    fn listings_do_not_disturb_each_other() {
        let mut orders = orders(1..=4);
        let first = orders.begin_listing(OWNER);
        let second = orders.begin_listing(OWNER);
        assert_eq!(take(&mut orders, &first, 3), [1, 2, 3]);
        orders.remove(OrderId(4));
        assert_eq!(take(&mut orders, &first, 3), [0_u64; 0]);
        assert_eq!(take(&mut orders, &second, 9), [1, 2, 3]);
        orders.end_listing(first);
        let nobody = orders.begin_listing(AccountId(77));
        assert_eq!(take(&mut orders, &nobody, 1), [0_u64; 0]);
    }
}
