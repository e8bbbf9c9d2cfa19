//! A whole venue in one process: the real engine behind real rings on a core thread, a gateway on a
//! loopback port, and clients that speak to it over sockets.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ed25519_dalek::{Signer, SigningKey};
use futures_util::{SinkExt, StreamExt};
use prometheus_client::registry::Registry;
use rialto_client::{ApiKey, Connection, LogonOptions, Session};
use rialto_engine::{EventBuffer, Exchange, StateImage};
use rialto_gateway::models::{Changes, ReadModels};
use rialto_gateway::{Gateway, GatewayConfig, MarketParts, ReportLog};
use rialto_protocol::{
    Challenge, Decimal, EndReason, Logon, LogonFlags, Message, NewOrder, OrderType, Refused,
    TimeInForce, logon_text,
};
use rialto_ring::{
    CommandReceiver, CommandRingSize, EventSender, IdleStrategy, ReferencePrices, Waker, Watermark,
    command_ring, event_ring,
};
use rialto_types::{
    AccountId, AddKey, Amount, Asset, AssetId, Capacity, ClientSeq, Command, EventBody, Input,
    InstrumentId, InstrumentSpec, KeyId, Permissions, Ppm, Price, Qty, ShardId, Side, SourceId,
    Symbol, Timestamp, Transfer,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// BTC-USDT: tick 0.01, lot 0.0001, reference 60,000.
pub(crate) const BTC_USDT: InstrumentId = InstrumentId(1);
/// ETH-USDT: the same terms, reference 3,000.
pub(crate) const ETH_USDT: InstrumentId = InstrumentId(2);

/// The administrator's key.
pub(crate) const ADMIN: u32 = 1;
/// Keys of accounts 1, 2 and 3, which have funds.
pub(crate) const ALICE: u32 = 2;
pub(crate) const BOB: u32 = 3;
pub(crate) const CAROL: u32 = 4;
/// A second key of account 1.
pub(crate) const ALICE_TOO: u32 = 5;
/// A key of account 1 that may only read.
pub(crate) const ALICE_READS: u32 = 6;
/// A key of account 1 that may only trade.
pub(crate) const ALICE_TRADES: u32 = 7;

/// How the venue differs from the usual one.
pub(crate) struct Setup {
    pub(crate) config: GatewayConfig,
    pub(crate) commands: CommandRingSize,
    pub(crate) events: usize,
    /// Whether the core begins without taking commands.
    pub(crate) held: bool,
    /// Whether outputs are released by the test alone.
    pub(crate) gated: bool,
    /// Memory for reports that are sent again.
    pub(crate) report_memory_bytes: usize,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            config: GatewayConfig {
                exchange_id: 77,
                exchange_name: "test venue".to_owned(),
                heartbeat_interval: Duration::from_secs(10),
                reconnect_grace: Duration::from_hours(1),
                ..GatewayConfig::default()
            },
            commands: CommandRingSize::default(),
            events: 4_096,
            held: false,
            gated: false,
            report_memory_bytes: 4 << 20,
        }
    }
}

/// The switches of the core thread.
struct Switches {
    stop: AtomicBool,
    held: AtomicBool,
}

pub(crate) struct Venue {
    pub(crate) gateway: Gateway,
    pub(crate) watermark: Watermark,
    switches: Arc<Switches>,
    waker: Waker,
    core: Option<JoinHandle<History>>,
}

/// The core thread: everything that the exchange's own does, without the journal.
struct Core {
    exchange: Exchange,
    /// As recovery would bring them up.
    models: ReadModels,
    reports: ReportLog,
    commands: CommandReceiver,
    events: EventSender,
    prices: Arc<ReferencePrices>,
    watermark: Watermark,
    gated: bool,
    switches: Arc<Switches>,
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(u64::try_from(since.as_nanos()).unwrap())
}

impl Core {
    fn run(mut self) -> History {
        let mut scratch = Changes::default();
        let mut inputs = Vec::new();
        let mut buffer = EventBuffer::new();
        loop {
            let stop = self.switches.stop.load(Ordering::Acquire);
            if !self.switches.held.load(Ordering::Acquire) {
                self.commands.drain(64, |input| inputs.push(input));
            }
            for input in inputs.drain(..) {
                let seq = self.exchange.seq().next();
                let time = now().max(self.exchange.time());
                self.exchange.apply(seq, time, &input, &mut buffer);
                for event in buffer.as_slice() {
                    let applied = self.models.replay(event, &mut scratch);
                    self.reports.replay(event, &applied, &self.models);
                    if let EventBody::Trade(trade) = &event.body {
                        self.prices.set(trade.instrument, trade.price);
                    }
                    while self.events.try_push(event).is_err() {
                        std::thread::yield_now();
                    }
                }
                buffer.clear();
                if !self.gated {
                    self.watermark.publish(seq);
                }
                self.events.flush();
            }
            if stop && self.commands.depth().used_count == 0 {
                return History {
                    exchange: self.exchange,
                    models: self.models,
                    reports: self.reports,
                };
            }
            self.commands.idle(Duration::from_millis(1));
        }
    }
}

impl Venue {
    pub(crate) fn usual() -> Self {
        Self::start(&Setup::default())
    }

    pub(crate) fn start(setup: &Setup) -> Self {
        let gateway = Gateway::bind(setup.config.clone(), Registry::default()).unwrap();
        Self::open(gateway, setup)
    }

    /// Lets a bound gateway into the market.
    pub(crate) fn open(gateway: Gateway, setup: &Setup) -> Self {
        let mut history = History {
            exchange: Exchange::new(ShardId(0)),
            models: ReadModels::new(),
            reports: ReportLog::with_capacity(setup.report_memory_bytes),
        };
        for command in founding() {
            history.apply(command);
        }
        Self::go_on(gateway, setup, history)
    }

    /// Ends the gateway as a killed exchange would, without a word to the core, and begins again with
    /// what the core knows.
    pub(crate) async fn restart(mut self, config: GatewayConfig) -> Self {
        self.gateway.drain();
        let history = self.take_core().await;
        self.gateway.close().await;
        let setup = Setup {
            config,
            ..Setup::default()
        };
        let gateway = Gateway::bind(setup.config.clone(), Registry::default()).unwrap();
        Self::go_on(gateway, &setup, history)
    }

    fn go_on(mut gateway: Gateway, setup: &Setup, history: History) -> Self {
        let History {
            exchange,
            models,
            reports,
        } = history;
        let founded = exchange.seq();
        let strategy = IdleStrategy::Economy;
        let (sender, commands) = command_ring(setup.commands, strategy);
        let (events, source, watermark) = event_ring(setup.events, strategy, founded);
        let prices = Arc::new(ReferencePrices::new(16));
        let waker = commands.waker();
        let switches = Arc::new(Switches {
            stop: AtomicBool::new(false),
            held: AtomicBool::new(setup.held),
        });
        gateway
            .open(MarketParts {
                commands: Arc::new(sender),
                event_gauge: events.gauge(),
                events: source,
                prices: Arc::clone(&prices),
                models: models.clone(),
                reports: reports.clone(),
                probes: Arc::default(),
            })
            .unwrap();
        let core = Core {
            exchange,
            models,
            reports,
            commands,
            events,
            prices,
            watermark: watermark.clone(),
            gated: setup.gated,
            switches: Arc::clone(&switches),
        };
        let core = std::thread::spawn(move || core.run());
        Self {
            gateway,
            watermark,
            switches,
            waker,
            core: Some(core),
        }
    }

    /// Lets the core take commands, or not.
    pub(crate) fn hold(&self, held: bool) {
        self.switches.held.store(held, Ordering::Release);
        self.waker.wake();
    }

    /// How many commands wait for the core, as the metrics say.
    pub(crate) async fn ring_depth(&self) -> u64 {
        let (_, metrics) = get(&self.address(), "/metrics").await;
        let name = "rialto_ring_messages{ring=\"commands\"} ";
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().parse().unwrap()
    }

    pub(crate) fn address(&self) -> String {
        self.gateway.address().to_string()
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(&self.address()).await.unwrap()
    }

    pub(crate) async fn log_on(&self, key: u32) -> Session {
        self.log_on_with(key, LogonOptions::default()).await
    }

    pub(crate) async fn log_on_with(&self, key: u32, options: LogonOptions) -> Session {
        self.connect()
            .await
            .log_on(&api_key(key), options)
            .await
            .unwrap()
    }

    /// Stops the core, then the gateway; gives the engine's last state.
    pub(crate) async fn stop(mut self) -> StateImage {
        self.gateway.drain();
        let image = self.stop_core().await;
        self.gateway.close().await;
        image
    }

    /// Stops the core when it has taken what is in the ring.
    pub(crate) async fn stop_core(&mut self) -> StateImage {
        self.take_core().await.exchange.image()
    }

    async fn take_core(&mut self) -> History {
        self.switches.stop.store(true, Ordering::Release);
        self.hold(false);
        let core = self.core.take().unwrap();
        tokio::task::spawn_blocking(|| core.join().unwrap())
            .await
            .unwrap()
    }
}

pub(crate) fn secret(key: u32) -> [u8; 32] {
    let mut secret = [9; 32];
    secret[..4].copy_from_slice(&key.to_le_bytes());
    secret
}

pub(crate) fn api_key(key: u32) -> ApiKey {
    let account = match key {
        ADMIN => 0,
        BOB => 2,
        CAROL => 3,
        _ => 1,
    };
    ApiKey::from_secret(AccountId(account), KeyId(key), &secret(key))
}

/// What a journal would keep.
struct History {
    exchange: Exchange,
    models: ReadModels,
    reports: ReportLog,
}

impl History {
    /// Applies a command of the exchange's own.
    fn apply(&mut self, command: Command) {
        let mut buffer = EventBuffer::new();
        let mut scratch = Changes::default();
        let input = Input {
            key: KeyId::VENUE,
            client_seq: ClientSeq(0),
            command,
        };
        let seq = self.exchange.seq().next();
        self.exchange.apply(seq, now(), &input, &mut buffer);
        for event in buffer.as_slice() {
            let refused = matches!(event.body, EventBody::Rejected(_));
            assert!(!refused, "{:?}", event.body);
            let applied = self.models.replay(event, &mut scratch);
            self.reports.replay(event, &applied, &self.models);
        }
    }
}

/// The commands that found the venue: two instruments, three funded accounts, six keys.
fn founding() -> Vec<Command> {
    let mut commands = vec![Command::SetCapacity(Capacity {
        orders: 100_000,
        orders_per_account: 100_000,
        accounts: 100,
        balances: 1_000,
        keys: 100,
        instruments: 16,
        assets: 16,
    })];
    for (symbol, decimals) in [("BTC", 8), ("ETH", 8), ("USDT", 6)] {
        commands.push(Command::AddAsset(Asset {
            symbol: Symbol::new(symbol).unwrap(),
            decimals,
        }));
    }
    commands.push(listing("BTC-USDT", 1, 6_000_000));
    commands.push(listing("ETH-USDT", 2, 300_000));
    commands.extend([Command::CreateAccount; 3]);
    let trader = Permissions::READ.with(Permissions::TRADE);
    for (key, permissions) in [
        (ADMIN, Permissions::READ.with(Permissions::ADMIN)),
        (ALICE, trader),
        (BOB, trader),
        (CAROL, trader),
        (ALICE_TOO, trader),
        (ALICE_READS, Permissions::READ),
        (ALICE_TRADES, Permissions::TRADE),
    ] {
        commands.push(Command::AddKey(AddKey {
            account: api_key(key).account(),
            public_key: api_key(key).public_key(),
            permissions,
            networks: rialto_types::Networks::ANY,
        }));
    }
    let funds = [
        (1, 100_000_000_000),
        (2, 1_000_000_000_000),
        (3, 1_000_000_000_000),
    ];
    let transfers = (1..=3).flat_map(|account| funds.map(|fund| (account, fund)));
    for (sequence, (account, (asset, amount))) in (1..).zip(transfers) {
        commands.push(Command::Transfer(Transfer {
            source: SourceId(1),
            sequence,
            account: AccountId(account),
            asset: AssetId(asset),
            amount: Amount(amount),
        }));
    }
    commands
}

fn listing(symbol: &str, base: u16, reference: i64) -> Command {
    Command::ListInstrument(InstrumentSpec {
        symbol: Symbol::new(symbol).unwrap(),
        base: AssetId(base),
        quote: AssetId(3),
        tick_mantissa: 1_000_000,
        lot_mantissa: 10_000,
        min_qty: Qty(1),
        max_qty: Qty(1_000_000),
        min_notional: Amount(0),
        max_notional: Amount(1_000_000_000_000_000),
        collar: Ppm(100_000),
        reference_price: Price(reference),
        maker_fee: Ppm(1_000),
        taker_fee: Ppm(2_000),
    })
}

/// A limit order in BTC-USDT that stays, in ticks and lots.
pub(crate) fn limit(side: Side, price: i64, lots: i64) -> NewOrder {
    NewOrder {
        price: Some(Decimal(price * 1_000_000)),
        quantity: Some(Decimal(lots * 10_000)),
        instrument_id: BTC_USDT,
        side: side.into(),
        order_type: OrderType::Limit.into(),
        time_in_force: Some(TimeInForce::Gtc.into()),
        ..NewOrder::default()
    }
}

/// The next message that `wanted` makes something of.
pub(crate) async fn next_of<T>(
    session: &mut Session,
    mut wanted: impl FnMut(Message) -> Option<T>,
) -> T {
    loop {
        let message = session.next().await.unwrap();
        if let Some(found) = wanted(message) {
            return found;
        }
    }
}

/// A client without manners: it sends whatever bytes it likes.
pub(crate) struct Raw {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) challenge: Challenge,
    waiting: VecDeque<Message>,
}

impl Raw {
    pub(crate) async fn connect(venue: &Venue) -> Self {
        let mut raw = Self::connect_to(&venue.address()).await;
        let Some(Message::Challenge(challenge)) = raw.next().await else {
            panic!("the exchange speaks first");
        };
        raw.challenge = challenge;
        raw
    }

    /// Connects without waiting for the challenge.
    pub(crate) async fn connect_to(address: &str) -> Self {
        let url = format!("ws://{address}/ws/binary");
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        Self {
            socket,
            challenge: Challenge::default(),
            waiting: VecDeque::new(),
        }
    }

    pub(crate) async fn send(&mut self, message: Frame) {
        self.socket.send(message).await.unwrap();
    }

    pub(crate) async fn send_messages(&mut self, messages: &[Message]) {
        let mut bytes = Vec::new();
        for message in messages {
            message.encode(&mut bytes);
        }
        self.send(Frame::binary(bytes)).await;
    }

    /// The next message; `None` when the connection has ended. Whatever it takes, it takes no more than a
    /// quarter of a minute.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        let patience = Duration::from_secs(15);
        while self.waiting.is_empty() {
            let frame = tokio::time::timeout(patience, self.socket.next()).await;
            match frame.expect("the exchange answers or ends")? {
                Ok(Frame::Binary(bytes)) => {
                    let messages = rialto_protocol::Frame::new(&bytes);
                    self.waiting.extend(messages.map(Result::unwrap));
                }
                Ok(Frame::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
        self.waiting.pop_front()
    }

    pub(crate) async fn log_on(&mut self, key: u32) {
        let logon = self.logon(key);
        self.send_messages(&[logon.into()]).await;
        let answer = self.next().await;
        assert!(
            matches!(answer, Some(Message::LogonAccepted(_))),
            "{answer:?}"
        );
    }

    /// A correct logon for this connection.
    pub(crate) fn logon(&self, key: u32) -> Logon {
        let signing = SigningKey::from_bytes(&secret(key));
        Logon {
            key_id: KeyId(key),
            signature: signing
                .sign(&logon_text(&self.challenge, KeyId(key)))
                .to_bytes(),
            heartbeat_interval_ms: None,
            last_report_seq: None,
            logon_flags: LogonFlags::NONE,
            cancel_grace_ms: None,
        }
    }

    /// The reason of the `Logout` or `LogonRefused` that must come next, with its text; then the end.
    pub(crate) async fn end(&mut self) -> (EndReason, String) {
        let told = match self.next().await {
            Some(Message::Logout(m)) => (m.end_reason.known().unwrap(), m.text.to_string()),
            Some(Message::LogonRefused(m)) => (m.end_reason.known().unwrap(), m.text.to_string()),
            other => panic!("{other:?}"),
        };
        let after = self.next().await;
        assert!(after.is_none(), "{after:?}");
        told
    }

    /// The `Refused` that must come next.
    pub(crate) async fn refused(&mut self) -> Refused {
        match self.next().await {
            Some(Message::Refused(refused)) => refused,
            other => panic!("{other:?}"),
        }
    }
}

/// What HTTP answers to a request: status line with headers, and body.
pub(crate) async fn http(address: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// `GET` of a path.
pub(crate) async fn get(address: &str, path: &str) -> (String, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: rialto\r\nConnection: close\r\n\r\n");
    http(address, &request).await
}
