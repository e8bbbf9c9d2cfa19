//! `Exchange`: books, accounts and keys of one shard as one deterministic state machine.
//!
//! [`Exchange::apply`] takes one stamped command and writes what happened. It is called by the core
//! thread, by recovery and by tests in the same way, and knows neither clock nor disk. The same
//! commands give the same events and the same state, byte for byte, under one [`RULES_VERSION`].
//!
//! This file admits commands and hands them on: orders to `trading.rs`, administration to `admin.rs`.
//!
//! [`RULES_VERSION`]: crate::RULES_VERSION

use rialto_risk::Accounts;
use rialto_risk::hold::held_asset;
use rialto_types::event::Origin;
use rialto_types::{
    AccountId, Asset, AssetId, Capacity, ClientSeq, Command, EventBody, Input, InstrumentId, KeyId,
    Needs, Networks, OrderRef, Permissions, PublicKey, Refusal, RejectReason, Rejected, Seq,
    ShardId, Timestamp,
};

use crate::book::Book;
use crate::events::EventBuffer;
use crate::hash::HashSeed;
use crate::ladder::LevelPool;
use crate::matching::Matcher;
use crate::orders::Orders;

/// An API key as the core knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) account: AccountId,
    pub(crate) permissions: Permissions,
    pub(crate) revoked: bool,
    pub(crate) cancel_on_disconnect: bool,
    pub(crate) client_seq: ClientSeq,
    pub(crate) verifier: PublicKey,
    pub(crate) networks: Networks,
}

/// An asset and the sum of all balances of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AssetRow {
    pub(crate) asset: Asset,
    pub(crate) supply: i64,
}

/// The state machine; see the module.
#[derive(Debug)]
pub struct Exchange {
    pub(crate) shard: ShardId,
    pub(crate) seq: Seq,
    pub(crate) time: Timestamp,
    pub(crate) capacity: Capacity,
    pub(crate) order_count: u64,
    pub(crate) kill_switch: bool,
    pub(crate) assets: Vec<AssetRow>,
    pub(crate) books: Vec<Book>,
    pub(crate) accounts: Accounts,
    pub(crate) keys: Vec<Key>,
    /// The last transfer of each source, by source id; 0 before the first.
    pub(crate) sources: Vec<u64>,
    pub(crate) orders: Orders,
    pub(crate) levels: LevelPool,
}

/// Capacity before the first `SetCapacity`.
pub(crate) const NO_CAPACITY: Capacity = Capacity {
    orders: 0,
    orders_per_account: 0,
    accounts: 0,
    balances: 0,
    keys: 0,
    instruments: 0,
    assets: 0,
};

impl Exchange {
    /// An empty exchange whose indexes are keyed by a seed that everybody knows: for tests, tools and
    /// recovery of trusted input. A venue uses [`Exchange::with_seed`].
    pub fn new(shard: ShardId) -> Self {
        Self::with_seed(shard, HashSeed::KNOWN)
    }

    /// An empty exchange. The seed decides nothing but where index entries stand.
    pub fn with_seed(shard: ShardId, seed: HashSeed) -> Self {
        Self {
            shard,
            seq: Seq(0),
            time: Timestamp::ZERO,
            capacity: NO_CAPACITY,
            order_count: 0,
            kill_switch: false,
            assets: Vec::new(),
            books: Vec::new(),
            accounts: Accounts::new(),
            keys: Vec::new(),
            sources: Vec::new(),
            orders: Orders::new(seed),
            levels: LevelPool::new(),
        }
    }

    /// Applies one command and adds what happened to `events`.
    ///
    /// Cost: O(1) for an order that rests or is cancelled; linear in trades, cancellations,
    /// expirations and elections.
    ///
    /// # Panics
    /// When `seq` does not follow the last one or `time` lies before the last: the caller has mixed up
    /// its log.
    #[inline]
    pub fn apply(&mut self, seq: Seq, time: Timestamp, input: &Input, events: &mut EventBuffer) {
        assert!(seq == self.seq.next(), "commands are applied in sequence");
        assert!(time >= self.time, "time does not go back");
        (self.seq, self.time) = (seq, time);
        events.begin(seq, time);
        self.expire_due(events);
        let origin = match input.key {
            KeyId::VENUE => Origin::VENUE,
            key => Origin {
                key,
                client_seq: input.client_seq,
            },
        };
        match self.admit(input) {
            Ok(account) => {
                if let Err(refusal) = self.dispatch(origin, account, &input.command, events) {
                    self.reject(origin, Some(account), &input.command, refusal, events);
                }
            }
            Err((account, refusal)) => {
                self.reject(origin, account, &input.command, refusal, events);
            }
        }
        events.finish();
    }

    /// The last command applied.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The time of the last command applied.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The size of the pools.
    pub fn capacity(&self) -> Capacity {
        self.capacity
    }

    /// Count of open orders, waiting stops included.
    pub fn open_order_count(&self) -> usize {
        self.orders.count()
    }

    /// When the next order expires: a tick is due then.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.orders.first_expiry().map(|(at, _)| at)
    }

    /// The price of the last trade of an instrument, before the first its listing's reference; `None`
    /// when there is no such instrument.
    #[inline]
    pub fn reference_price(&self, instrument: InstrumentId) -> Option<rialto_types::Price> {
        let book = self.book(instrument)?;
        Some(
            book.last_trade
                .unwrap_or(book.instrument.spec.reference_price),
        )
    }

    /// Keys that armed cancel-on-disconnect and were not disconnected since, ascending.
    pub fn armed_keys(&self) -> impl Iterator<Item = KeyId> + '_ {
        let armed = self
            .keys
            .iter()
            .enumerate()
            .filter(|(_, key)| key.cancel_on_disconnect);
        let id = |index| u32::try_from(index + 1).unwrap_or(u32::MAX);
        armed.map(move |(index, _)| KeyId(id(index)))
    }

    /// Steps 2 to 4 of section 1: who asks, for the first time, and may they?
    #[inline]
    fn admit(&mut self, input: &Input) -> Result<AccountId, (Option<AccountId>, Refusal)> {
        let needs = input.command.kind().needs();
        if input.key == KeyId::VENUE {
            return match needs {
                Needs::Trade => {
                    let limit = i64::from(Permissions::TRADE.bits());
                    let refusal = Refusal::new(RejectReason::NotPermitted, 0, limit);
                    Err((Some(AccountId::VENUE), refusal))
                }
                Needs::Admin | Needs::Venue => Ok(AccountId::VENUE),
            };
        }
        let unknown = Refusal::new(RejectReason::UnknownKey, i64::from(input.key.0), 0);
        let Some(key) = self.keys.get_mut(input.key.index() - 1) else {
            return Err((None, unknown));
        };
        let account = key.account;
        if key.revoked {
            return Err((Some(account), unknown));
        }
        if input.client_seq <= key.client_seq && !input.is_unnumbered() {
            let wide = |seq: ClientSeq| i64::try_from(seq.0).unwrap_or(i64::MAX);
            let (value, limit) = (wide(input.client_seq), wide(key.client_seq));
            let duplicate = Refusal::new(RejectReason::DuplicateSequence, value, limit);
            return Err((Some(account), duplicate));
        }
        key.client_seq = key.client_seq.max(input.client_seq);
        let needed = match needs {
            Needs::Trade => Permissions::TRADE.bits(),
            Needs::Admin => Permissions::ADMIN.bits(),
            Needs::Venue => 0,
        };
        let bits = key.permissions.bits();
        if needed == 0 || bits & needed != needed {
            let (value, limit) = (i64::from(bits), i64::from(needed));
            return Err((
                Some(account),
                Refusal::new(RejectReason::NotPermitted, value, limit),
            ));
        }
        Ok(account)
    }

    #[inline]
    fn dispatch(
        &mut self,
        origin: Origin,
        account: AccountId,
        command: &Command,
        events: &mut EventBuffer,
    ) -> Result<(), Refusal> {
        match command {
            Command::Place(order) => self.place(origin, account, order, events),
            Command::Cancel(request) => self.cancel(origin, account, request, events),
            Command::Replace(request) => self.replace(origin, account, request, events),
            Command::MassCancel(request) => self.mass_cancel(origin, account, request, events),
            other => self.administer(origin, other, events),
        }
    }

    /// Reports a refusal; nothing else has changed.
    #[cold]
    fn reject(
        &mut self,
        origin: Origin,
        account: Option<AccountId>,
        command: &Command,
        refusal: Refusal,
        events: &mut EventBuffer,
    ) {
        let (instrument, order) = named_by(command);
        let asset = match refusal.reason {
            RejectReason::InsufficientFunds => self.asset_needed(account, command),
            _ => AssetId::default(),
        };
        let report = account.map(|account| self.accounts.next_report(account));
        events.push(EventBody::Rejected(Rejected {
            origin,
            account: account.unwrap_or(AccountId::VENUE),
            report: report.unwrap_or_default(),
            command: command.kind(),
            instrument,
            order,
            asset,
            refusal,
        }));
    }

    /// The asset that a command with missing funds asked for.
    fn asset_needed(&self, account: Option<AccountId>, command: &Command) -> AssetId {
        let held = |instrument: InstrumentId, side| {
            let book = self.book(instrument).expect("funds are checked after this");
            held_asset(&book.instrument, side)
        };
        match command {
            Command::Place(order) => held(order.instrument, order.side),
            Command::Replace(request) => {
                let account = account.expect("funds are checked after the key");
                let slot = self.find_order(account, request.instrument, &request.order);
                let slot = slot.expect("funds are checked after the order");
                held(request.instrument, self.orders.get(slot).side)
            }
            Command::Transfer(transfer) => transfer.asset,
            _ => AssetId::default(),
        }
    }

    #[inline]
    pub(crate) fn book(&self, instrument: InstrumentId) -> Option<&Book> {
        self.books.get(instrument.index().wrapping_sub(1))
    }

    /// The parts of the exchange that a command on one book works with.
    #[inline]
    pub(crate) fn matcher<'a>(
        &'a mut self,
        instrument: InstrumentId,
        events: &'a mut EventBuffer,
    ) -> Matcher<'a, Accounts> {
        Matcher {
            book: &mut self.books[instrument.index() - 1],
            levels: &mut self.levels,
            orders: &mut self.orders,
            ledger: &mut self.accounts,
            events,
        }
    }
}

/// What a refusal names: the instrument and the order of the command.
fn named_by(command: &Command) -> (InstrumentId, Option<OrderRef>) {
    match command {
        Command::Place(order) => (
            order.instrument,
            order.client_order_id.map(OrderRef::Client),
        ),
        Command::Cancel(request) => (request.instrument, Some(request.order)),
        Command::Replace(request) => (request.instrument, Some(request.order)),
        _ => (InstrumentId(0), None),
    }
}
