//! What the publisher tells, against what the engine knows: after every command of long random sequences
//! a client that has only read its messages knows its orders, its balances and the books exactly.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::registry::Registry;
use rialto_engine::image::{InstrumentImage, OrderImage, StateImage};
use rialto_engine::{EventBuffer, Exchange};
use rialto_protocol::{
    Balance, BookFlags, Channel, Code, Decimal, EndReason, ExecType, ExecutionReport, Frame,
    L2Snapshot, L2Update, Level, Message, OrderState, Scaled, Subscribe, TopOfBook, Unsubscribe,
    convert,
};
use rialto_reference::scenario::{Profile, generate};
use rialto_ring::{IdleStrategy, idle_pair};
use rialto_types::{
    AccountId, AssetId, ClientSeq, InstrumentId, KeyId, OrderId, Permissions, Price, Qty,
    ReportSeq, Seq, ShardId, Size, Timestamp,
};
use tokio::sync::oneshot;

use super::{Publisher, PublisherLimits, ReportLog};
use crate::directory::DirectoryCell;
use crate::metrics::Metrics;
use crate::models::ReadModels;
use crate::outbox::{OutboxReader, outbox};
use crate::request::{Dialect, LogOn, Request, Role, SessionId};

/// The shard that generated sequences are for.
pub(super) const SHARD: ShardId = ShardId(5);
const STEPS: usize = 2_000;

/// Enough for all reports of a run.
const LOG_BYTES: usize = 16 << 20;

/// A time a millisecond after the last one asked for.
pub(super) fn later() -> Timestamp {
    static NOW: AtomicU64 = AtomicU64::new(0);
    Timestamp(NOW.fetch_add(1_000_000, Ordering::Relaxed))
}

pub(super) fn publisher() -> Publisher {
    let log = ReportLog::with_capacity(LOG_BYTES);
    let models = ReadModels::new();
    let cell = DirectoryCell::new(models.directory().clone());
    let metrics = Arc::new(Metrics::new(&mut Registry::default()));
    Publisher::new(models, log, cell, metrics, PublisherLimits::default())
}

/// A session without a socket.
pub(super) struct Listener {
    id: SessionId,
    outbox: OutboxReader,
}

impl Listener {
    pub(super) fn open(publisher: &mut Publisher, id: u64) -> Self {
        let (_, waker) = idle_pair(IdleStrategy::Economy);
        let (writer, reader) = outbox(waker);
        let session = SessionId(id);
        let open = Request::Open {
            session,
            outbox: writer,
            dialect: Dialect::Binary,
        };
        publisher.request(open, Timestamp(0));
        Self {
            id: session,
            outbox: reader,
        }
    }

    fn log_on(&self, publisher: &mut Publisher, key: KeyId, last_report: Option<ReportSeq>) {
        let (reply, mut answer) = oneshot::channel();
        let log_on = LogOn {
            stage_times: false,
            session: self.id,
            key,
            role: Role::Trader,
            after: ClientSeq(0),
            arms: 0,
            last_report,
            heartbeat_interval_ms: 1_000,
            reply,
        };
        publisher.request(Request::LogOn(log_on), Timestamp(0));
        assert_eq!(answer.try_recv().unwrap(), Ok(()));
    }

    pub(super) fn subscribe(&self, publisher: &mut Publisher, channel: Channel) {
        let subscribe = Subscribe {
            request_id: 0,
            instrument_id: None,
            channel: channel.into(),
        };
        let (done, mut dealt_with) = oneshot::channel();
        let subscribe = Request::Subscribe {
            session: self.id,
            message: subscribe,
            done,
        };
        publisher.request(subscribe, Timestamp(0));
        assert_eq!(dealt_with.try_recv(), Ok(()));
    }

    fn unsubscribe(&self, publisher: &mut Publisher, channel: Channel) {
        let unsubscribe = Unsubscribe {
            request_id: 0,
            instrument_id: None,
            channel: channel.into(),
        };
        publisher.request(Request::Unsubscribe(self.id, unsubscribe), Timestamp(0));
    }

    /// Bytes told that it has not read.
    pub(super) fn queued_bytes(&self) -> usize {
        self.outbox.in_flight_bytes()
    }

    /// Why it was ended, if it was.
    pub(super) fn ended(&self) -> Option<EndReason> {
        self.outbox.ended()
    }

    /// Everything told since the last time.
    pub(super) fn read(&self) -> Vec<Message> {
        let mut messages = Vec::new();
        while let Some(batch) = self.outbox.take() {
            for frame in batch.frames() {
                messages.extend(Frame::new(frame).map(Result::unwrap));
            }
            self.outbox.written(batch);
        }
        messages
    }
}

/// A book as docs/PROTOCOL.md has a client build it.
#[derive(Default)]
struct ClientBook {
    levels: BTreeMap<(SideCode, Decimal), (Scaled, u32)>,
    at: Option<u64>,
    top: Option<TopOfBook>,
}

/// The code of a side, which can be ordered.
type SideCode = u8;

impl ClientBook {
    fn snapshot(&mut self, m: &L2Snapshot) {
        if m.book_flags.contains(BookFlags::FIRST) {
            self.levels.clear();
        }
        self.set(&m.levels);
        if m.book_flags.contains(BookFlags::LAST) {
            self.at = Some(m.book_seq);
        }
    }

    fn update(&mut self, m: &L2Update) {
        if m.book_flags.contains(BookFlags::FIRST) {
            assert_eq!(self.at, Some(m.previous_book_seq), "nothing is missed");
        }
        self.set(&m.levels);
        if m.book_flags.contains(BookFlags::LAST) {
            self.at = Some(m.book_seq);
        }
    }

    fn set(&mut self, levels: &[Level]) {
        for level in levels {
            let at = (level.side.raw(), level.price);
            if level.quantity.mantissa == 0 {
                self.levels.remove(&at);
            } else {
                self.levels.insert(at, (level.quantity, level.order_count));
            }
        }
    }

    fn check(&self, image: &InstrumentImage, at: &str) {
        let mut levels: BTreeMap<(SideCode, Decimal), (i64, u32)> = BTreeMap::new();
        let instrument = &image.instrument;
        for order in image.bids.iter().chain(&image.asks) {
            let price = order.kind.price().expect("a resting order has a price");
            let wire = convert::price_decimal(instrument, price);
            let level = levels.entry((order.side as u8, wire)).or_default();
            level.0 += order.leaves;
            level.1 += 1;
        }
        let told = levels
            .into_iter()
            .map(|(at, (qty, count))| (at, (convert::qty_scaled(instrument, Qty(qty)), count)));
        assert!(told.eq(self.levels.clone()), "{at}");
        let best = |orders: &[OrderImage]| orders.first().and_then(|order| order.kind.price());
        let wire = |price: Option<Price>| price.map(|p| convert::price_decimal(instrument, p));
        let top = self.top.expect("told at once");
        assert_eq!(top.bid_price, wire(best(&image.bids)), "{at}");
        assert_eq!(top.ask_price, wire(best(&image.asks)), "{at}");
    }
}

/// What an account's client knows.
#[derive(Default)]
struct Client {
    listener: Option<Listener>,
    /// That of its session.
    key: KeyId,
    report: ReportSeq,
    /// Whether it was logged on before, and so is sent what it missed.
    has_come_back: bool,
    /// Whether it was told that this is all.
    has_caught_up: bool,
    orders: BTreeMap<OrderId, ExecutionReport>,
    balances: BTreeMap<AssetId, (Scaled, Scaled)>,
}

impl Client {
    fn numbered(&mut self, report: Option<ReportSeq>, at: &str) {
        let report = report.expect("a report of the core is numbered");
        assert_eq!(report.0, self.report.0 + 1, "contiguous: {at}");
        self.report = report;
    }

    fn message(&mut self, message: Message, at: &str) {
        match message {
            Message::LogonAccepted(m) if !self.has_come_back => {
                self.report = ReportSeq(m.next_report_seq.0 - 1);
            }
            Message::LogonAccepted(_) => {}
            Message::Balances(m) => {
                assert_eq!(m.request_id, 0, "{at}");
                self.set_balances(&m.balances);
            }
            Message::ExecutionReport(m) => {
                self.numbered(m.report_seq, at);
                self.execution(m, at);
            }
            Message::MassCancelReport(m) => self.numbered(m.report_seq, at),
            Message::TransferReport(m) => self.numbered(m.report_seq, at),
            Message::AdminReport(m) => self.numbered(m.report_seq, at),
            Message::CancelOnDisconnectReport(m) if m.armed.is_none() => {
                self.numbered(m.report_seq, at);
            }
            Message::CancelOnDisconnectReport(m) => assert_eq!(m.report_seq, None),
            Message::BalanceUpdate(m) => self.set_balances(&m.balances),
            Message::CaughtUp(m) => {
                assert_eq!(m.last_report_seq, self.report, "{at}");
                assert!(!std::mem::replace(&mut self.has_caught_up, true), "{at}");
            }
            other => panic!("{other:?} {at}"),
        }
    }

    fn set_balances(&mut self, balances: &[Balance]) {
        for balance in balances {
            let told = (balance.available, balance.held);
            self.balances.insert(balance.asset_id, told);
        }
    }

    /// Each report follows from the one before it.
    fn execution(&mut self, m: ExecutionReport, at: &str) {
        let exec_type = m.exec_type.known().expect("a known code");
        if matches!(
            exec_type,
            ExecType::Rejected | ExecType::CancelRejected | ExecType::ReplaceRejected
        ) {
            assert!(!m.text.is_empty() && m.reject_reason.is_some(), "{at}");
            return;
        }
        let id = m.order_id.expect("an accepted order has an id");
        let before = self.orders.remove(&id);
        // Of an order that is older than the logon the first report may be any.
        assert!(before.is_none() || exec_type != ExecType::New, "{at}");
        let state = m.order_status.and_then(Code::known).expect("a known code");
        let cumulative = |m: &ExecutionReport| m.cumulative_quantity.expect("stated").mantissa;
        if let (Some(before), Some(last)) = (&before, m.last_quantity) {
            assert_eq!(cumulative(&m), cumulative(before) + last.0, "{at}");
        }
        let closed = matches!(
            state,
            OrderState::Filled | OrderState::Cancelled | OrderState::Expired
        );
        if let (Some(total), Some(leaves)) = (m.order_quantity, m.leaves_quantity) {
            if state == OrderState::Filled || !closed {
                assert_eq!(total.0, cumulative(&m) + leaves.0, "{at}");
            }
            assert_eq!(leaves.0 == 0, closed, "{at}");
        }
        if !closed {
            self.orders.insert(id, m);
        }
    }

    fn check(&self, account: AccountId, image: &StateImage, at: &str) {
        let facts = &image.accounts[account.index()];
        assert_eq!(self.report, facts.report, "{at}");
        for balance in &facts.balances {
            let asset = &image.assets[balance.asset.index() - 1].asset;
            let wire = |amount| convert::amount_scaled(asset, amount);
            let told = (wire(balance.available), wire(balance.held));
            // What has not changed since the logon was never told.
            let heard = self.balances.get(&balance.asset).copied();
            assert_eq!(heard.unwrap_or(told), told, "account {account}, {at}");
        }
        let mut open = 0;
        for instrument in &image.instruments {
            let queues = [
                &instrument.bids,
                &instrument.asks,
                &instrument.stop_buys,
                &instrument.stop_sells,
            ];
            for order in queues
                .into_iter()
                .flatten()
                .filter(|order| order.account == account)
            {
                open += usize::from(self.check_order(order, instrument, at));
            }
        }
        assert_eq!(open, self.orders.len(), "{at}");
    }

    /// Compares an open order with the last report about it; `false` when it is older than the logon.
    fn check_order(&self, order: &OrderImage, instrument: &InstrumentImage, at: &str) -> bool {
        let Some(told) = self.orders.get(&order.order_id) else {
            return false;
        };
        let listed = &instrument.instrument;
        let price = |price: Option<Price>| price.map(|p| convert::price_decimal(listed, p));
        assert_eq!(told.price, price(order.kind.price()), "{at}");
        assert_eq!(told.side.unwrap(), order.side, "{at}");
        if let Size::Qty(total) = order.kind.size() {
            let wire = |qty| Some(convert::qty_decimal(listed, qty));
            assert_eq!(told.order_quantity, wire(total), "{at}");
            assert_eq!(told.leaves_quantity, wire(Qty(order.leaves)), "{at}");
        }
        let filled = convert::qty_scaled(listed, order.filled);
        assert_eq!(told.cumulative_quantity, Some(filled), "{at}");
        let name = told.client_order_id.client_order_id();
        assert_eq!(name, Ok(order.client_order_id), "{at}");
        true
    }
}

/// Everybody who listens in one run.
struct Audience {
    market: Vec<(Listener, BTreeMap<InstrumentId, ClientBook>)>,
    clients: BTreeMap<AccountId, Client>,
    /// Those who have left and will come back.
    away: BTreeMap<AccountId, Client>,
    next_id: u64,
}

impl Audience {
    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Now and then somebody new begins to follow the market, in the middle of everything.
    fn join_market(&mut self, publisher: &mut Publisher) {
        let listener = Listener::open(publisher, self.id());
        listener.subscribe(publisher, Channel::L2Book);
        listener.subscribe(publisher, Channel::TopOfBook);
        self.market.push((listener, BTreeMap::new()));
    }

    /// Each account with a key that may read is followed from then on.
    fn join_accounts(&mut self, publisher: &mut Publisher, image: &StateImage) {
        for (id, key) in (1..).map(KeyId).zip(&image.keys) {
            let joined = self
                .clients
                .get(&key.account)
                .is_some_and(|c| c.listener.is_some());
            let reads = key.permissions.allows(Permissions::READ) && !key.revoked;
            if joined || !reads || key.account == AccountId::VENUE {
                continue;
            }
            let listener = Listener::open(publisher, self.id());
            let mut client = self.away.remove(&key.account).unwrap_or_default();
            client.has_come_back = client.report.0 > 0;
            client.has_caught_up = false;
            let last = client.has_come_back.then_some(client.report);
            listener.log_on(publisher, id, last);
            (client.listener, client.key) = (Some(listener), id);
            self.clients.insert(key.account, client);
        }
    }

    /// Everybody who follows an account leaves, and remembers what it knows.
    fn leave(&mut self) {
        for (account, mut client) in std::mem::take(&mut self.clients) {
            client.listener = None;
            self.away.insert(account, client);
        }
    }

    fn listen(&mut self, image: &StateImage, at: &str) {
        for (listener, books) in &mut self.market {
            for message in listener.read() {
                follow(books, message, at);
            }
            for instrument in &image.instruments {
                let book = books.get(&instrument.instrument.id);
                book.expect("all books are told").check(instrument, at);
            }
        }
        for (account, client) in &mut self.clients {
            let Some(listener) = &client.listener else {
                continue;
            };
            for message in listener.read() {
                client.message(message, at);
            }
            client.check(*account, image, at);
            assert_eq!(client.has_caught_up, client.has_come_back, "{at}");
        }
        // A session whose key was revoked is told that, and nothing that comes after.
        let is_revoked = |key: KeyId| image.keys[key.index() - 1].revoked;
        self.clients.retain(|_, client| !is_revoked(client.key));
    }
}

/// Takes note of a message to somebody who follows the market.
fn follow(books: &mut BTreeMap<InstrumentId, ClientBook>, message: Message, at: &str) {
    match message {
        Message::L2Snapshot(m) => books.entry(m.instrument_id).or_default().snapshot(&m),
        Message::L2Update(m) => books.entry(m.instrument_id).or_default().update(&m),
        Message::TopOfBook(m) => books.entry(m.instrument_id).or_default().top = Some(m),
        Message::SubscriptionAccepted(_) | Message::BookChecksum(_) => {}
        other => panic!("{other:?} {at}"),
    }
}

fn run(seed: u64, profile: &Profile) {
    let mut exchange = Exchange::new(SHARD);
    let mut publisher = publisher();
    let mut events = EventBuffer::new();
    let mut audience = Audience {
        market: Vec::new(),
        clients: BTreeMap::new(),
        away: BTreeMap::new(),
        next_id: 0,
    };
    for (seq, step) in (1..).map(Seq).zip(generate(seed, profile, STEPS)) {
        events.clear();
        exchange.apply(seq, step.time, &step.input, &mut events);
        for event in events.as_slice() {
            publisher.event(event);
        }
        publisher.flush(later());
        let image = exchange.image();
        let at = format!(
            "seed {seed}, profile {:?}, {seq}: {:?}",
            profile.name, step.input
        );
        audience.listen(&image, &at);
        if seq.0.is_multiple_of(500) {
            audience.join_market(&mut publisher);
        }
        if seq.0.is_multiple_of(50) {
            audience.join_accounts(&mut publisher, &image);
        }
        if seq.0.is_multiple_of(70) {
            audience.leave();
        }
        publisher.flush(later());
        audience.listen(&image, &at);
    }
    assert_eq!(audience.market.len(), STEPS / 500);
}

#[test]
fn whoever_reads_its_messages_knows_everything() {
    for (seed, profile) in (1..).zip(Profile::ALL) {
        run(seed, &profile);
    }
}

/// A subscriber to best prices that does not read is not sent what the next ones replace; when it reads
/// again it is told the latest.
#[test]
fn best_prices_are_conflated_for_those_who_are_behind() {
    let mut exchange = Exchange::new(SHARD);
    let mut publisher = publisher();
    let mut events = EventBuffer::new();
    let listener = Listener::open(&mut publisher, 1);
    listener.subscribe(&mut publisher, Channel::TopOfBook);
    let mut told = 0;
    for (seq, step) in (1..).map(Seq).zip(generate(9, &Profile::ALL[0], 6_000)) {
        events.clear();
        exchange.apply(seq, step.time, &step.input, &mut events);
        for event in events.as_slice() {
            publisher.event(event);
        }
        publisher.flush(later());
        if seq == Seq(3_000) {
            // Nothing was read so far.
            assert!(publisher.is_waiting());
            let mut tops: BTreeMap<InstrumentId, TopOfBook> = BTreeMap::new();
            for _ in 0..3 {
                for message in listener.read() {
                    if let Message::TopOfBook(top) = message {
                        told += 1;
                        tops.insert(top.instrument_id, top);
                    }
                }
                publisher.flush(later());
            }
            assert!(!publisher.is_waiting());
            for image in exchange.image().instruments {
                let best = |orders: &[OrderImage]| orders.first().and_then(|o| o.kind.price());
                let price = best(&image.bids);
                let wire = price.map(|p| convert::price_decimal(&image.instrument, p));
                assert_eq!(tops[&image.instrument.id].bid_price, wire);
            }
        }
    }
    // 70 bytes and their header each, up to the bound and a little beyond.
    assert!((10..400).contains(&told), "{told}");
}

/// Whoever subscribes to all books and does not read is told of no more than it reads; when it reads, it
/// is told of each book once, and has missed nothing.
#[test]
fn states_are_told_no_faster_than_they_are_read() {
    let mut exchange = Exchange::new(SHARD);
    let mut publisher = publisher();
    let mut events = EventBuffer::new();
    let mut audience = Audience {
        market: Vec::new(),
        clients: BTreeMap::new(),
        away: BTreeMap::new(),
        next_id: 0,
    };
    let steps = generate(3, &Profile::ALL[0], 3_000);
    let begin = steps.len() / 2;
    for (at, step) in steps.iter().enumerate() {
        events.clear();
        exchange.apply(Seq(at as u64 + 1), step.time, &step.input, &mut events);
        for event in events.as_slice() {
            publisher.event(event);
        }
        publisher.flush(later());
        if at == begin {
            let listener = Listener::open(&mut publisher, audience.id());
            // So many definitions that it is behind before it asks for the books.
            for _ in 0..200 {
                listener.subscribe(&mut publisher, Channel::Instruments);
                listener.unsubscribe(&mut publisher, Channel::Instruments);
            }
            listener.subscribe(&mut publisher, Channel::L2Book);
            listener.subscribe(&mut publisher, Channel::TopOfBook);
            publisher.flush(later());
            assert!(publisher.is_waiting() && !publisher.has_work());
            audience.market.push((listener, BTreeMap::new()));
        }
    }
    let image = exchange.image();
    for _ in 0..20 {
        let (listener, books) = &mut audience.market[0];
        for message in listener.read() {
            match message {
                Message::AssetDefinition(_) | Message::InstrumentDefinition(_) => {}
                other => follow(books, other, "unread"),
            }
        }
        publisher.flush(later());
    }
    assert!(!publisher.is_waiting());
    audience.listen(&image, "read at last");
    let books = audience.market[0].1.len();
    assert_eq!(books, image.instruments.len());
}
