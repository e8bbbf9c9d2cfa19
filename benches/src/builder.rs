//! Builds a workload on a book of its own, so that it names only orders that are open, and knows what became
//! of each.

use std::collections::HashMap;

use rialto_engine::{EventBuffer, SoloBook};
use rialto_types::{AccountId, EventBody, OrderId, Price, Qty, Side, TimeInForce};

use crate::message::{ACCOUNTS, MID, Message, client_order_id, instrument, limit_order};
use crate::random::Random;
use crate::workload::{Facts, Workload};

/// Builds a workload on a book of its own.
pub(crate) struct Builder {
    book: SoloBook,
    events: EventBuffer,
    pub(crate) random: Random,
    pub(crate) messages: Vec<Message>,
    /// Open orders: what a message may name.
    pub(crate) live: Vec<Live>,
    position: HashMap<OrderId, usize>,
    client_ids: bool,
    accounts: u32,
    pub(crate) mid: i64,
    facts: Facts,
    live_sum: u64,
}

/// An open order.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    id: OrderId,
    account: AccountId,
    pub(crate) side: Side,
    qty: Qty,
    leaves: i64,
}

impl Builder {
    /// A builder for the usual accounts and a book of usual size.
    pub(crate) fn new(seed: u64, client_ids: bool) -> Self {
        Self::of(seed, client_ids, ACCOUNTS, 1 << 17)
    }

    /// A builder whose messages come from so many accounts and leave fewer than `room` orders open.
    pub(crate) fn of(seed: u64, client_ids: bool, accounts: u32, room: u32) -> Self {
        Self {
            book: SoloBook::new(instrument(), room, accounts),
            events: EventBuffer::new(),
            random: Random::new(seed),
            messages: Vec::new(),
            live: Vec::new(),
            position: HashMap::new(),
            client_ids,
            accounts,
            mid: MID,
            facts: Facts::default(),
            live_sum: 0,
        }
    }

    /// Either side, as likely as the other.
    pub(crate) fn side(&mut self) -> Side {
        if self.random.chance(500) {
            Side::Buy
        } else {
            Side::Sell
        }
    }

    /// Places an order of a random account.
    pub(crate) fn place(&mut self, side: Side, price: i64, qty: i64, tif: TimeInForce) {
        let account = AccountId(1 + self.random.below(u64::from(self.accounts)) as u32);
        let mut order = limit_order(side, Price(price.max(1)), qty, tif);
        if self.client_ids {
            let text = format!("rialto-bench-{:023}", self.messages.len());
            order.client_order_id = Some(client_order_id(&text));
        }
        self.messages.push(Message::Place(account, order));
        self.events.clear();
        let id = self.book.place(account, &order, &mut self.events);
        let left = self.follow(id, qty);
        if left > 0 && tif.rests() {
            self.position.insert(id, self.live.len());
            self.live.push(Live {
                id,
                account,
                side,
                qty: Qty(qty),
                leaves: left,
            });
        }
    }

    /// Cancels the open order at this place of `live`.
    pub(crate) fn cancel(&mut self, at: usize) {
        let Live { id, account, .. } = self.live[at];
        self.messages.push(Message::Cancel(account, id));
        self.events.clear();
        assert!(
            self.book.cancel(id, &mut self.events),
            "it names open orders only"
        );
        self.forget(id);
        self.live_sum += self.live.len() as u64;
    }

    /// Moves the open order at this place of `live` to another price.
    pub(crate) fn relocate(&mut self, at: usize, price: i64) {
        let Live {
            id,
            account,
            qty,
            leaves,
            ..
        } = self.live[at];
        let price = Price(price.max(1));
        self.messages.push(Message::Move(account, id, price, qty));
        self.events.clear();
        assert!(
            self.book.replace(id, price, qty, &mut self.events),
            "it names open orders only"
        );
        let left = self.follow(id, leaves);
        if left == 0 {
            self.forget(id);
        } else if let Some(at) = self.position.get(&id) {
            self.live[*at].leaves = left;
        }
    }

    /// Follows the trades of the last message; gives what is left of the taker.
    fn follow(&mut self, taker: OrderId, mut left: i64) -> i64 {
        let mut traded = false;
        for event in std::mem::take(&mut self.events).as_slice() {
            let EventBody::Trade(trade) = event.body else {
                continue;
            };
            debug_assert_eq!(trade.taker.order_id, taker);
            traded = true;
            self.facts.trade_count += 1;
            left -= trade.qty.0;
            if trade.maker.leaves == 0 {
                self.forget(trade.maker.order_id);
            } else if let Some(at) = self.position.get(&trade.maker.order_id) {
                self.live[*at].leaves = trade.maker.leaves;
            }
        }
        self.facts.trading_count += u64::from(traded);
        self.live_sum += self.live.len() as u64;
        left
    }

    fn forget(&mut self, id: OrderId) {
        let at = self
            .position
            .remove(&id)
            .expect("an open order has a position");
        self.live.swap_remove(at);
        if let Some(moved) = self.live.get(at) {
            self.position.insert(moved.id, at);
        }
    }

    /// A place in `live`.
    pub(crate) fn pick(&mut self) -> usize {
        self.random.below(self.live.len() as u64) as usize
    }

    /// Ends the workload; the first `warm_up` messages are not timed.
    pub(crate) fn finish(mut self, warm_up: usize) -> Workload {
        let messages = self.messages.split_off(warm_up);
        self.facts.live_mean = self.live_sum / messages.len().max(1) as u64;
        Workload {
            warm_up: self.messages,
            messages,
            facts: self.facts,
        }
    }

    /// Begins the facts anew; gives the count of the messages before.
    pub(crate) fn start_timed_part(&mut self) -> usize {
        self.facts = Facts::default();
        self.live_sum = 0;
        self.messages.len()
    }
}
