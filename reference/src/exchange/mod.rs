//! The exchange: its state, and the way of every command (section 1 of docs/MATCHING.md).
//!
//! The other files implement one section each: `place` (2), `matching` (3 and 4), `cancel` (5),
//! `replace` (6), `admin` (7); `book` and `funds` hold what they work on, `image` shows it.
//! Every check comes before the first change, so a refusal needs no undoing. Balances are 128-bit and
//! asserted, never wrapped.

mod admin;
mod book;
mod cancel;
mod funds;
mod image;
mod matching;
mod place;
mod replace;

use std::collections::{BTreeMap, VecDeque};

use rialto_engine::image::KeyImage;
use rialto_types::{
    AccountId, Asset, AssetId, CancelReason, Cancelled, Capacity, ClientSeq, Command, CommandKind,
    Event, EventBody, Input, InstrumentId, KeyId, Needs, OrderId, OrderRef, Origin, Permissions,
    Refusal, RejectReason, Rejected, ReportSeq, Seq, ShardId, Side, SourceId, Timestamp,
};

use book::{Book, Order};
use funds::Account;

/// The naive exchange: apply commands, look at the state. See the crate's documentation.
#[derive(Clone, Debug)]
pub struct ReferenceExchange {
    shard: ShardId,
    seq: Seq,
    time: Timestamp,
    capacity: Capacity,
    order_count: u64,
    kill_switch: bool,
    assets: BTreeMap<AssetId, Listed>,
    books: BTreeMap<InstrumentId, Book>,
    accounts: BTreeMap<AccountId, Account>,
    keys: BTreeMap<KeyId, KeyImage>,
    /// The last transfer applied, by source.
    sources: BTreeMap<SourceId, u64>,
    /// Elected stops that are not matched yet. Empty between commands.
    elected: VecDeque<Order>,
    /// What the present command has done so far.
    events: Vec<EventBody>,
}

/// An asset, and the sum of all its balances.
#[derive(Clone, Debug)]
struct Listed {
    asset: Asset,
    supply: i128,
}

impl ReferenceExchange {
    /// An exchange before its first command: all pools have size 0, only the venue's account exists.
    pub fn new(shard: ShardId) -> Self {
        Self {
            shard,
            seq: Seq(0),
            time: Timestamp::ZERO,
            capacity: Capacity {
                orders: 0,
                orders_per_account: 0,
                accounts: 0,
                balances: 0,
                keys: 0,
                instruments: 0,
                assets: 0,
            },
            order_count: 0,
            kill_switch: false,
            assets: BTreeMap::new(),
            books: BTreeMap::new(),
            accounts: BTreeMap::from([(AccountId::VENUE, Account::default())]),
            keys: BTreeMap::new(),
            sources: BTreeMap::new(),
            elected: VecDeque::new(),
            events: Vec::new(),
        }
    }

    /// Applies one command and says what it did, in order. Cost: linear in all open orders, for each
    /// order that the command touches.
    ///
    /// # Panics
    /// When `seq` does not follow the last one or `time` decreases, which the core never lets happen,
    /// and when the reference itself breaks a rule that it asserts.
    pub fn apply(&mut self, seq: Seq, time: Timestamp, input: &Input) -> Vec<Event> {
        assert_eq!(seq, self.seq.next(), "sequence numbers are contiguous");
        assert!(time >= self.time, "time never decreases");
        (self.seq, self.time) = (seq, time);
        self.events.clear();

        self.expire();
        let origin = match input.key {
            KeyId::VENUE => Origin::VENUE,
            key => Origin {
                key,
                client_seq: input.client_seq,
            },
        };
        let outcome = self
            .admit(input)
            .and_then(|account| self.execute(origin, account, &input.command));
        if let Err(refusal) = outcome {
            self.reject(origin, &input.command, refusal);
        }
        self.work_off_elected();

        let bodies = std::mem::take(&mut self.events);
        let count = bodies.len();
        let event = |(index, body)| Event {
            seq,
            time,
            index: u32::try_from(index).expect("a command has less than 2^32 events"),
            last: index + 1 == count,
            body,
        };
        bodies.into_iter().enumerate().map(event).collect()
    }

    /// Step 1: cancels what has expired, by expiry, then id.
    fn expire(&mut self) {
        let mut due: Vec<(Timestamp, OrderId)> = self
            .open_orders()
            .filter_map(|order| Some((order.kind.tif().expiry()?, order.id)))
            .filter(|(expiry, _)| *expiry <= self.time)
            .collect();
        due.sort_unstable();
        for (_, id) in due {
            self.cancel_open(id, CancelReason::Expired, Origin::VENUE);
        }
    }

    /// Steps 2 to 4: the account that the command acts for, if its key may send it.
    fn admit(&mut self, input: &Input) -> Result<AccountId, Refusal> {
        let kind = input.command.kind();
        let not_permitted =
            |bits, needed| Err(Refusal::new(RejectReason::NotPermitted, bits, needed));
        let trade = i64::from(Permissions::TRADE.bits());
        if input.key == KeyId::VENUE {
            return match kind.needs() {
                Needs::Trade => not_permitted(0, trade),
                Needs::Admin | Needs::Venue => Ok(AccountId::VENUE),
            };
        }
        let unknown = Refusal::new(RejectReason::UnknownKey, i64::from(input.key.0), 0);
        let key = self.keys.get_mut(&input.key).ok_or(unknown)?;
        if key.revoked {
            return Err(unknown);
        }
        let unnumbered = kind == CommandKind::ArmCancelOnDisconnect && input.client_seq.0 == 0;
        if !unnumbered && input.client_seq <= key.client_seq {
            let (sent, highest) = (clamp(input.client_seq.0), clamp(key.client_seq.0));
            let reason = RejectReason::DuplicateSequence;
            return Err(Refusal::new(reason, sent, highest));
        }
        if !unnumbered {
            key.client_seq = input.client_seq;
        }
        let bits = i64::from(key.permissions.bits());
        let needed = match kind.needs() {
            Needs::Trade => Permissions::TRADE,
            Needs::Admin => Permissions::ADMIN,
            Needs::Venue => return not_permitted(bits, 0),
        };
        if !key.permissions.allows(needed) {
            return not_permitted(bits, i64::from(needed.bits()));
        }
        Ok(key.account)
    }

    /// Step 5.
    fn execute(
        &mut self,
        origin: Origin,
        account: AccountId,
        command: &Command,
    ) -> Result<(), Refusal> {
        match command {
            Command::Place(order) => self.place(origin, account, order),
            Command::Cancel(request) => self.cancel(origin, account, request),
            Command::Replace(request) => self.replace(origin, account, request),
            Command::MassCancel(request) => self.mass_cancel(origin, account, request),
            _ => self.administrate(origin, command),
        }
    }

    fn reject(&mut self, origin: Origin, command: &Command, refusal: Refusal) {
        let (instrument, order) = match *command {
            Command::Place(order) => (
                order.instrument,
                order.client_order_id.map(OrderRef::Client),
            ),
            Command::Cancel(request) => (request.instrument, Some(request.order)),
            Command::Replace(request) => (request.instrument, Some(request.order)),
            _ => (InstrumentId(0), None),
        };
        let known = origin.key == KeyId::VENUE || self.keys.contains_key(&origin.key);
        let account = match self.keys.get(&origin.key) {
            Some(key) => key.account,
            None => AccountId::VENUE,
        };
        let report = if known {
            self.next_report(account)
        } else {
            ReportSeq(0)
        };
        let asset = match refusal.reason {
            RejectReason::InsufficientFunds => self.asset_needed(account, command),
            _ => AssetId(0),
        };
        self.events.push(EventBody::Rejected(Rejected {
            origin,
            account,
            report,
            command: command.kind(),
            instrument,
            order,
            asset,
            refusal,
        }));
    }

    /// What an order of this side pays with; of a transfer, what is transferred.
    fn asset_needed(&self, account: AccountId, command: &Command) -> AssetId {
        let (instrument, side) = match *command {
            Command::Place(order) => (order.instrument, order.side),
            Command::Replace(request) => {
                let order = self.check_order(account, request.instrument, request.order);
                (request.instrument, order.expect("it was found").side)
            }
            Command::Transfer(transfer) => return transfer.asset,
            _ => unreachable!("nothing else needs funds"),
        };
        let listed = &self.book(instrument).listed;
        match side {
            Side::Buy => listed.spec.quote,
            Side::Sell => listed.spec.base,
        }
    }

    /// Takes the account's next report number.
    fn next_report(&mut self, account: AccountId) -> ReportSeq {
        let account = self.accounts.get_mut(&account).expect("the account exists");
        account.report.0 += 1;
        account.report
    }

    /// All open orders: instruments by id, each in closing order.
    fn open_orders(&self) -> impl Iterator<Item = &Order> {
        self.books.values().flat_map(Book::orders)
    }

    fn find_open(&self, id: OrderId) -> Option<&Order> {
        self.books.values().find_map(|book| book.find(id))
    }

    fn book(&self, instrument: InstrumentId) -> &Book {
        &self.books[&instrument]
    }

    fn book_mut(&mut self, instrument: InstrumentId) -> &mut Book {
        self.books
            .get_mut(&instrument)
            .expect("an order's instrument exists")
    }

    /// Takes an open order out of its book and cancels it.
    fn cancel_open(&mut self, id: OrderId, reason: CancelReason, origin: Origin) {
        let order = self.find_open(id).expect("the order is open");
        let instrument = order.instrument;
        let order = self.book_mut(instrument).remove(id);
        self.end(&order, reason, origin);
    }

    /// Cancels an order that stands in no book: what it holds is released, and the owner told.
    fn end(&mut self, order: &Order, reason: CancelReason, origin: Origin) {
        self.release(order, order.held());
        let report = self.next_report(order.account);
        self.events.push(EventBody::Cancelled(Cancelled {
            origin,
            account: order.account,
            report,
            instrument: order.instrument,
            order_id: order.id,
            leaves: order.leaves,
            reason,
        }));
    }
}

/// What a refusal states of a number that may exceed `i64`.
fn clamp(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The sequence of a key that has sent nothing yet.
const NO_CLIENT_SEQ: ClientSeq = ClientSeq(0);
