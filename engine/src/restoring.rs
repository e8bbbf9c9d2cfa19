//! Building an exchange from its [`StateImage`]: the inverse of [`Exchange::image`].
//!
//! Recovery calls it once, with what a snapshot holds, and replays what came after. The image comes from
//! a disk, so nothing in it is taken for granted: what could not have come about by commands is refused
//! by name ([`RestoreError`]), and what comes out holds section 8 of docs/MATCHING.md.
//!
//! Slots, free lists and hash tables differ from those of the exchange that the image was taken of; no
//! event and no image can tell. Cost: linear in orders, accounts and keys, but for sorting the orders by
//! id.

mod check;

use rialto_risk::Balance;
use rialto_risk::hold::{held_asset, required_for};
use rialto_types::{
    AccountId, Amount, AssetId, Instrument, OrderKind, PlaceOrder, Price, Qty, Seq, Side, Size,
    Timestamp,
};
use thiserror::Error;

use crate::book::{Book, Section};
use crate::exchange::{AssetRow, Exchange, Key};
use crate::hash::HashSeed;
use crate::image::{AccountImage, InstrumentImage, OrderImage, StateImage};
use crate::orders::{NewOrder, Terms};

/// Why an image is not that of any exchange of this version.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RestoreError {
    /// It was made under other rules.
    #[error(
        "the state was made under version {found} of the rules, and this build has version {expected}: \
         start the build that wrote it"
    )]
    RulesVersion {
        /// The version that the image states.
        found: u32,
        /// This build's.
        expected: u32,
    },
    /// It holds more than its own pools.
    #[error("the state has {count} {what}, and a capacity of {limit}")]
    Capacity {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there can be.
        limit: u32,
    },
    /// Something in it contradicts the rules.
    #[error("the state cannot be: {what} {id} {fault}")]
    Impossible {
        /// The kind of thing.
        what: &'static str,
        /// Which.
        id: u64,
        /// What is wrong with it.
        fault: &'static str,
    },
}

/// An open order of an image, and where it stands in it.
#[derive(Clone, Copy)]
struct Standing<'a> {
    order: &'a OrderImage,
    instrument: &'a Instrument,
    section: Section,
    /// The slot that it was given.
    slot: u32,
}

impl Exchange {
    /// The exchange of which this is the image. The seed is as for [`Exchange::with_seed`].
    ///
    /// # Errors
    /// [`RestoreError`] when no commands could have led to this state.
    pub fn restore(image: &StateImage, seed: HashSeed) -> Result<Self, RestoreError> {
        check::check(image)?;
        let mut exchange = Self::with_seed(image.shard, seed);
        exchange.restore_tables(image);
        exchange.restore_accounts(&image.accounts);
        exchange.restore_orders(image)?;
        exchange.check_holds(&image.accounts)?;
        Ok(exchange)
    }

    /// Lets a command pass that an operator has decided to leave out: only sequence and time go on.
    ///
    /// # Panics
    /// As [`Exchange::apply`].
    pub fn skip(&mut self, seq: Seq, time: Timestamp) {
        assert!(seq == self.seq.next(), "commands are applied in sequence");
        assert!(time >= self.time, "time does not go back");
        (self.seq, self.time) = (seq, time);
    }

    fn restore_tables(&mut self, image: &StateImage) {
        let capacity = image.capacity;
        (self.seq, self.time) = (image.seq, image.time);
        (self.capacity, self.order_count) = (capacity, image.order_count);
        self.kill_switch = image.kill_switch;
        self.orders
            .reserve(capacity.orders as usize, capacity.accounts as usize);
        self.levels.reserve(capacity.orders as usize);
        self.accounts.reserve(capacity.accounts, capacity.balances);
        for (id, row) in (1..).map(AssetId).zip(&image.assets) {
            let (asset, supply) = (row.asset, row.supply.0);
            self.assets.push(AssetRow { asset, supply });
            self.accounts.add_asset(id);
        }
        for image in &image.instruments {
            let mut book = Book::new(image.instrument);
            book.last_trade = image.last_trade;
            book.trade_id = image.trade_id.0;
            self.books.push(book);
        }
        self.keys.extend(image.keys.iter().map(|key| Key {
            account: key.account,
            permissions: key.permissions,
            revoked: key.revoked,
            cancel_on_disconnect: key.cancel_on_disconnect,
            client_seq: key.client_seq,
            verifier: key.public_key,
            networks: key.networks,
        }));
        for source in &image.sources {
            let at = source.source.index();
            self.sources.resize(at + 1, 0);
            self.sources[at] = source.sequence;
        }
    }

    /// Restores the accounts as if nothing were held: the orders hold it again.
    fn restore_accounts(&mut self, images: &[AccountImage]) {
        for (id, image) in (0..).map(AccountId).zip(images) {
            if id != AccountId::VENUE {
                self.accounts.create();
            }
            self.accounts.set_state(id, image.state);
            self.accounts.restore_report(id, image.report);
            for balance in &image.balances {
                let owned = Balance {
                    available: Amount(balance.available.0 + balance.held.0),
                    held: Amount::ZERO,
                };
                self.accounts.restore_balance(id, balance.asset, owned);
            }
        }
    }

    /// Slots are given in the order of ids, because the chain of an account is in that order; then each
    /// order joins its level in the order of the image.
    fn restore_orders(&mut self, image: &StateImage) -> Result<(), RestoreError> {
        let mut standing: Vec<Standing<'_>> =
            image.instruments.iter().flat_map(standing_of).collect();
        let mut by_id: Vec<usize> = (0..standing.len()).collect();
        by_id.sort_unstable_by_key(|at| standing[*at].order.order_id);
        let mut before = None;
        for at in by_id {
            let id = standing[at].order.order_id;
            if before.replace(id) == Some(id) {
                return Err(impossible("order", id.0, "stands there twice"));
            }
            standing[at].slot = self.restore_order(standing[at])?;
        }
        for at in &standing {
            let price = check::queue_price(at.order);
            let book = &mut self.books[at.instrument.id.index() - 1];
            book.push(
                &mut self.levels,
                &mut self.orders,
                at.section,
                price,
                at.slot,
            );
        }
        Ok(())
    }

    /// Gives an order its slot, and its hold.
    fn restore_order(&mut self, standing: Standing<'_>) -> Result<u32, RestoreError> {
        let Standing {
            order, instrument, ..
        } = standing;
        let fault = |fault| Err(impossible("order", order.order_id.0, fault));
        let placed = PlaceOrder {
            instrument: instrument.id,
            side: order.side,
            stp: order.stp,
            kind: order.kind,
            client_order_id: order.client_order_id,
        };
        if let Some(name) = &order.client_order_id
            && self.orders.find_client(order.account, name).is_some()
        {
            return fault("has the client order id of another of its account");
        }
        if self.orders.count_of(order.account) >= self.capacity.orders_per_account {
            return fault("is one too many for its account");
        }
        let new = NewOrder {
            id: order.order_id,
            account: order.account,
            key: order.key,
            terms: Terms {
                leaves: order.leaves,
                ..Terms::of(instrument, &order.kind)
            },
            order: &placed,
        };
        let asset = held_asset(instrument, order.side);
        let available = self.accounts.balance(order.account, asset).available;
        match hold_of(instrument, order, new.terms.price) {
            Some(needed) if needed <= available && needed.0 > 0 => {
                self.accounts.hold(order.account, asset, needed);
            }
            _ => return fault("holds more than its account has"),
        }
        let slot = self.orders.insert(&new);
        self.orders.get_mut(slot).filled = order.filled;
        self.orders.record_mut(slot).filled_quote = order.filled_quote;
        Ok(slot)
    }

    /// What the orders hold is what the image states.
    fn check_holds(&self, images: &[AccountImage]) -> Result<(), RestoreError> {
        for (id, image) in (0..).map(AccountId).zip(images) {
            for balance in &image.balances {
                let found = self.accounts.balance(id, balance.asset);
                if (found.available, found.held) != (balance.available, balance.held) {
                    let fault = "holds something else than its open orders need";
                    return Err(impossible("account", id.0.into(), fault));
                }
            }
        }
        Ok(())
    }
}

/// The open orders of an instrument, section by section.
fn standing_of(image: &InstrumentImage) -> impl Iterator<Item = Standing<'_>> {
    sections(image)
        .into_iter()
        .flat_map(move |(section, orders)| {
            orders.iter().map(move |order| Standing {
                order,
                instrument: &image.instrument,
                section,
                slot: 0,
            })
        })
}

/// The four queues of a book.
fn sections(image: &InstrumentImage) -> [(Section, &[OrderImage]); 4] {
    [
        (Section::Bids, &image.bids),
        (Section::Asks, &image.asks),
        (Section::StopBuys, &image.stop_buys),
        (Section::StopSells, &image.stop_sells),
    ]
}

/// What an open order holds at the price by which it holds; `None` when it does not fit.
fn hold_of(instrument: &Instrument, order: &OrderImage, price: Price) -> Option<Amount> {
    match (order.side, order.kind.size()) {
        (Side::Buy, Size::Quote(_)) => Some(Amount(order.leaves)),
        _ => required_for(instrument, order.side, price, Qty(order.leaves)),
    }
}

fn impossible(what: &'static str, id: u64, fault: &'static str) -> RestoreError {
    RestoreError::Impossible { what, id, fault }
}

/// Whether an order of this kind can be open, and stand on this section.
fn belongs(kind: &OrderKind, side: Side, section: Section) -> bool {
    let is_stop = match kind {
        OrderKind::Limit { tif, .. } if tif.rests() => false,
        OrderKind::StopLimit { .. }
        | OrderKind::StopMarket {
            size: Size::Qty(_), ..
        } => true,
        OrderKind::StopMarket {
            size: Size::Quote(_),
            ..
        } => side == Side::Buy,
        OrderKind::Limit { .. } | OrderKind::Market { .. } => return false,
    };
    let due = if is_stop {
        Section::stops(side)
    } else {
        Section::resting(side)
    };
    section == due
}
