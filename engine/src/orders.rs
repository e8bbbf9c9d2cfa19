//! The open orders of a shard: a slab of nodes and everything that finds or links them.
//!
//! An [`Order`] is one cache line with what placing, matching and cancelling touch, the links to its
//! neighbours in its level included. What only a partial fill and a report touch stands in a parallel slab of
//! [`Record`]s; which orders an account has, in [`Chains`]. Slots are reused soon after they were freed, which keeps
//! the working set small.
//!
//! Invariants: every slot in use is found by its id and stands in the chain of its account, which is oldest
//! first, so ascending by id; an order with a client order id or an expiry is in that
//! table, others are not. Cost: O(1), and O(log n) for an order with an expiry. Nothing allocates
//! within the reserved capacity.

use rialto_risk::hold::stop_market_cap;
use rialto_types::{
    AccountId, Amount, ClientOrderId, Instrument, InstrumentId, KeyId, OrderId, OrderKind,
    PlaceOrder, Price, Qty, Side, Size, StpMode, TimeInForce, Timestamp,
};

use crate::chains::Chains;
use crate::client_ids::ClientIds;
use crate::expiry::{Entry, ExpiryHeap};
use crate::hash::HashSeed;
use crate::ladder::LevelRef;
use crate::order_index::OrderIndex;
use crate::slot_index::NONE;

/// What an open order is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Form {
    /// Rests in the book, or is being matched.
    Limit,
    /// Waits to become a limit order.
    StopLimit,
    /// Waits to become a market order for `leaves` lots.
    StopMarket,
    /// Waits to become a market order for `leaves` quote units.
    StopMarketQuote,
}

/// Time in force, without the expiry, which the heap keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Tif {
    Gtc,
    Ioc,
    Fok,
    Gtd,
}

/// One open order: one cache line with what placing, matching and cancelling touch.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Order {
    /// Its id.
    pub(crate) id: OrderId,
    /// What is left: lots, quote units for [`Form::StopMarketQuote`]. Above 0.
    pub(crate) leaves: i64,
    /// The limit price; for [`Form::StopMarket`] its cap; unused for [`Form::StopMarketQuote`].
    pub(crate) price: Price,
    /// Lots filled.
    pub(crate) filled: Qty,
    /// The next younger order of its level, or the next in the election queue.
    pub(crate) next: u32,
    /// The next older order of its level.
    pub(crate) previous: u32,
    /// The level it stands in; of the book or, while it waits, of the stops.
    pub(crate) level: LevelRef,
    /// Whose it is.
    pub(crate) account: AccountId,
    /// Where.
    pub(crate) instrument: InstrumentId,
    /// Its entry among the client order ids.
    client: u32,
    /// Its place in the heap of expiries.
    expiry: u32,
    /// Buy or sell.
    pub(crate) side: Side,
    /// What it is at the moment.
    pub(crate) form: Form,
    /// How long it stays.
    pub(crate) tif: Tif,
    /// Its self-trade prevention when it takes, and whether it is post-only.
    pub(crate) stp_and_post_only: StpAndPostOnly,
}

const _: () = assert!(size_of::<Order>() == 64, "an order is one cache line");

/// Two small facts in one byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StpAndPostOnly(u8);

impl StpAndPostOnly {
    const POST_ONLY: u8 = 1 << 7;

    #[inline]
    pub(crate) const fn new(stp: StpMode, post_only: bool) -> Self {
        Self(stp as u8 | if post_only { Self::POST_ONLY } else { 0 })
    }

    #[inline]
    pub(crate) const fn stp(self) -> StpMode {
        StpMode::from_u8(self.0 & !Self::POST_ONLY).expect("made from a mode")
    }

    #[inline]
    pub(crate) const fn post_only(self) -> bool {
        self.0 & Self::POST_ONLY != 0
    }
}

/// What only a part of a fill and a report touch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    /// Sum of price × quantity over its fills, in quote units.
    pub(crate) filled_quote: Amount,
    /// The key that placed it.
    pub(crate) key: KeyId,
}

/// What the kind of an order says, as its node has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// The limit price; of a stop-market order by quantity its cap; otherwise 0.
    pub(crate) price: Price,
    /// The whole size: lots, or quote units.
    pub(crate) leaves: i64,
    /// A market order is [`Form::Limit`]: it never waits, and gets no node.
    pub(crate) form: Form,
    pub(crate) tif: Tif,
    pub(crate) post_only: bool,
}

/// What an order is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewOrder<'a> {
    pub(crate) id: OrderId,
    pub(crate) account: AccountId,
    pub(crate) key: KeyId,
    pub(crate) terms: Terms,
    /// As placed.
    pub(crate) order: &'a PlaceOrder,
}

/// The open orders; see the module.
#[derive(Debug)]
pub(crate) struct Orders {
    slots: Vec<Order>,
    records: Vec<Record>,
    free: u32,
    count: usize,
    max: usize,
    index: OrderIndex,
    client_ids: ClientIds,
    expiries: ExpiryHeap,
    chains: Chains,
    seed: HashSeed,
}

impl Orders {
    /// No room yet.
    pub(crate) fn new(seed: HashSeed) -> Self {
        Self {
            slots: Vec::new(),
            records: Vec::new(),
            free: NONE,
            count: 0,
            max: 0,
            index: OrderIndex::new(0, seed),
            client_ids: ClientIds::new(0, seed),
            expiries: ExpiryHeap::default(),
            chains: Chains::default(),
            seed,
        }
    }

    /// Takes room for `order_max` orders of accounts up to `account_max`. Linear in what is open.
    pub(crate) fn reserve(&mut self, order_max: usize, account_max: usize) {
        if order_max > self.max {
            self.max = order_max;
            self.slots.reserve_exact(order_max - self.slots.len());
            self.records.reserve_exact(order_max - self.records.len());
            self.client_ids.grow(order_max);
            self.expiries.reserve(order_max);
            self.index = OrderIndex::new(order_max, self.seed);
            let (slots, chains) = (&self.slots, &self.chains);
            for slot in chains.all() {
                self.index
                    .insert(slots[slot as usize].id, slot, |s| slots[s as usize].id);
            }
        }
        self.chains.reserve(self.max, account_max);
    }

    /// Count of open orders.
    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Whether there is no room for another order.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.count >= self.max
    }

    /// Count of an account's open orders.
    #[inline]
    pub(crate) fn count_of(&self, account: AccountId) -> u32 {
        self.chains.count(account)
    }

    /// An open order.
    #[inline]
    pub(crate) fn get(&self, slot: u32) -> &Order {
        &self.slots[slot as usize]
    }

    /// An open order, to change it.
    #[inline]
    pub(crate) fn get_mut(&mut self, slot: u32) -> &mut Order {
        &mut self.slots[slot as usize]
    }

    /// The slot of an open order.
    #[inline]
    pub(crate) fn find(&self, id: OrderId) -> Option<u32> {
        self.index.find(id, |slot| self.slots[slot as usize].id)
    }

    /// The slot of the account's open order with this client order id.
    #[inline]
    pub(crate) fn find_client(&self, account: AccountId, id: &ClientOrderId) -> Option<u32> {
        self.client_ids.find(account, id)
    }

    /// What has been filled of an order, and who placed it.
    #[inline]
    pub(crate) fn record(&self, slot: u32) -> &Record {
        &self.records[slot as usize]
    }

    /// As [`Orders::record`], to change it.
    #[inline]
    pub(crate) fn record_mut(&mut self, slot: u32) -> &mut Record {
        &mut self.records[slot as usize]
    }

    /// The client's name for an order.
    pub(crate) fn client_order_id(&self, slot: u32) -> Option<ClientOrderId> {
        let client = self.get(slot).client;
        (client != NONE).then(|| self.client_ids.get(client))
    }

    /// When an order expires, if it does.
    pub(crate) fn expiry(&self, slot: u32) -> Option<Timestamp> {
        let position = self.get(slot).expiry;
        (position != NONE).then(|| self.expiries.get(position).expiry)
    }

    /// The order that expires first: when, and its slot.
    #[inline]
    pub(crate) fn first_expiry(&self) -> Option<(Timestamp, u32)> {
        self.expiries
            .first()
            .map(|entry| (entry.expiry, entry.slot))
    }

    /// The oldest open order of an account.
    #[inline]
    pub(crate) fn first_of(&self, account: AccountId) -> Option<u32> {
        self.chains.first(account)
    }

    /// The next younger open order of the same account.
    #[inline]
    pub(crate) fn next_of(&self, slot: u32) -> Option<u32> {
        self.chains.next(slot)
    }

    /// Takes a slot for an order. It stands in no level yet.
    ///
    /// # Panics
    /// When [`Orders::is_full`].
    #[inline]
    pub(crate) fn insert(&mut self, new: &NewOrder<'_>) -> u32 {
        assert!(!self.is_full(), "room for the order was checked");
        let order = Order::new(new);
        let record = Record {
            filled_quote: Amount::ZERO,
            key: new.key,
        };
        let slot = self.free;
        let slot = if slot == NONE {
            self.slots.push(order);
            self.records.push(record);
            u32::try_from(self.slots.len() - 1).expect("slots are numbered in 25 bits")
        } else {
            let at = slot as usize;
            self.free = self.slots[at].next;
            self.slots[at] = order;
            self.records[at] = record;
            slot
        };
        self.chains.push(new.account, slot);
        self.count += 1;
        let slots = &self.slots;
        self.index.insert(new.id, slot, |s| slots[s as usize].id);
        if new.order.client_order_id.is_some() || order.tif == Tif::Gtd {
            self.insert_rarities(new, slot);
        }
        slot
    }

    /// Notes what most orders have not: a client order id, an expiry.
    #[inline(never)]
    fn insert_rarities(&mut self, new: &NewOrder<'_>, slot: u32) {
        if let Some(id) = new.order.client_order_id {
            self.slots[slot as usize].client = self.client_ids.insert(new.account, id, slot);
        }
        if let Some(expiry) = new.order.kind.tif().expiry() {
            let (slots, entry) = (
                &mut self.slots,
                Entry {
                    expiry,
                    order_id: new.id,
                    slot,
                },
            );
            self.expiries
                .insert(entry, |slot, at| slots[slot as usize].expiry = at);
        }
    }

    /// Frees the slot of an order that has left its level, or is about to leave it with others.
    #[expect(
        clippy::inline_always,
        reason = "a tenth of a fill's instructions were those of the call"
    )]
    #[inline(always)]
    pub(crate) fn remove(&mut self, slot: u32) {
        let order = &mut self.slots[slot as usize];
        let Order {
            id,
            account,
            client,
            expiry,
            ..
        } = *order;
        order.next = self.free;
        self.free = slot;
        self.count -= 1;
        self.index.remove(id, slot);
        self.chains.remove(account, slot);
        if client & expiry != NONE {
            self.remove_rarities(client, expiry);
        }
    }

    #[inline(never)]
    fn remove_rarities(&mut self, client: u32, expiry: u32) {
        if client != NONE {
            self.client_ids.remove(client);
        }
        if expiry != NONE {
            let slots = &mut self.slots;
            self.expiries
                .remove(expiry, |slot, at| slots[slot as usize].expiry = at);
        }
    }
}

impl Tif {
    /// Whether what is left of a limit order stays in the book.
    #[inline]
    pub(crate) const fn rests(self) -> bool {
        matches!(self, Self::Gtc | Self::Gtd)
    }
}

impl From<TimeInForce> for Tif {
    #[inline]
    fn from(tif: TimeInForce) -> Self {
        match tif {
            TimeInForce::Gtc => Self::Gtc,
            TimeInForce::Ioc => Self::Ioc,
            TimeInForce::Fok => Self::Fok,
            TimeInForce::Gtd(_) => Self::Gtd,
        }
    }
}

impl Terms {
    /// Reads an order's kind, once for all that is done with it.
    #[inline]
    pub(crate) fn of(instrument: &Instrument, kind: &OrderKind) -> Self {
        let (size, price, form, tif, post_only) = match *kind {
            OrderKind::Limit {
                price,
                qty,
                tif,
                post_only,
            } => (Size::Qty(qty), price, Form::Limit, tif, post_only),
            OrderKind::Market { size } => (size, Price::ZERO, Form::Limit, TimeInForce::Ioc, false),
            OrderKind::StopLimit {
                price, qty, tif, ..
            } => (Size::Qty(qty), price, Form::StopLimit, tif, false),
            OrderKind::StopMarket { stop, size } => {
                let (price, form) = match size {
                    Size::Qty(_) => (stop_market_cap(instrument, stop), Form::StopMarket),
                    Size::Quote(_) => (Price::ZERO, Form::StopMarketQuote),
                };
                (size, price, form, TimeInForce::Gtc, false)
            }
        };
        let (Size::Qty(Qty(leaves)) | Size::Quote(Amount(leaves))) = size;
        Self {
            price,
            leaves,
            form,
            tif: tif.into(),
            post_only,
        }
    }
}

impl Order {
    /// The node of an order that stands in no level yet.
    #[inline]
    pub(crate) fn new(new: &NewOrder<'_>) -> Self {
        let (terms, placed) = (&new.terms, new.order);
        Self {
            id: new.id,
            leaves: terms.leaves,
            price: terms.price,
            filled: Qty::ZERO,
            next: NONE,
            previous: NONE,
            level: LevelRef::NONE,
            account: new.account,
            instrument: placed.instrument,
            client: NONE,
            expiry: NONE,
            side: placed.side,
            form: terms.form,
            tif: terms.tif,
            stp_and_post_only: StpAndPostOnly::new(placed.stp, terms.post_only),
        }
    }

    /// Whether the order waits to be elected.
    #[inline]
    pub(crate) fn is_stop(&self) -> bool {
        self.form != Form::Limit
    }
}

#[cfg(test)]
#[path = "orders_tests.rs"]
mod tests;
