//! A whole venue in one process: the real engine behind real rings on a core thread, a gateway on a
//! loopback port, and clients that speak to it over sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::registry::Registry;
use rialto_client::{ApiKey, Connection, LogonOptions, Session};
use rialto_engine::{EventBuffer, Exchange, StateImage};
use rialto_gateway::models::{Changes, ReadModels};
use rialto_gateway::{Gateway, GatewayConfig, MarketParts};
use rialto_protocol::Message;
use rialto_ring::{
    CommandReceiver, CommandRingSize, EventSender, IdleStrategy, ReferencePrices, Waker, Watermark,
    command_ring, event_ring,
};
use rialto_types::{
    AccountId, AddKey, Amount, Asset, AssetId, Capacity, ClientSeq, Command, EventBody, Input,
    InstrumentId, InstrumentSpec, KeyId, Permissions, Ppm, Price, Qty, ShardId, SourceId, Symbol,
    Timestamp, Transfer,
};

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

/// How the venue differs from the usual one.
pub(crate) struct Setup {
    pub(crate) config: GatewayConfig,
    pub(crate) commands: CommandRingSize,
    pub(crate) events: usize,
    /// Whether the core begins without taking commands.
    pub(crate) held: bool,
    /// Whether outputs are released by the test alone.
    pub(crate) gated: bool,
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
    core: Option<JoinHandle<Exchange>>,
}

/// The core thread: everything that the exchange's own does, without the journal.
struct Core {
    exchange: Exchange,
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
    fn run(mut self) -> Exchange {
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
                return self.exchange;
            }
            self.commands.idle(Duration::from_millis(1));
        }
    }
}

impl Venue {
    pub(crate) async fn usual() -> Self {
        Self::start(Setup::default()).await
    }

    pub(crate) async fn start(setup: Setup) -> Self {
        let gateway = Gateway::bind(setup.config.clone(), Registry::default())
            .await
            .unwrap();
        Self::open(gateway, &setup)
    }

    /// Lets a bound gateway into the market.
    pub(crate) fn open(mut gateway: Gateway, setup: &Setup) -> Self {
        let mut exchange = Exchange::new(ShardId(0));
        let mut models = ReadModels::new();
        found(&mut exchange, &mut models);
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
                models,
            })
            .unwrap();
        let core = Core {
            exchange,
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
        self.switches.stop.store(true, Ordering::Release);
        self.hold(false);
        let core = self.core.take().unwrap();
        let exchange = tokio::task::spawn_blocking(|| core.join().unwrap())
            .await
            .unwrap();
        exchange.image()
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

/// Lists two instruments and opens three funded accounts.
fn found(exchange: &mut Exchange, models: &mut ReadModels) {
    let mut buffer = EventBuffer::new();
    let mut scratch = Changes::default();
    for command in founding() {
        let input = Input {
            key: KeyId::VENUE,
            client_seq: ClientSeq(0),
            command,
        };
        exchange.apply(exchange.seq().next(), now(), &input, &mut buffer);
        for event in buffer.as_slice() {
            let refused = matches!(event.body, EventBody::Rejected(_));
            assert!(!refused, "{:?}", event.body);
            models.replay(event, &mut scratch);
        }
        buffer.clear();
    }
}

fn founding() -> Vec<Command> {
    let asset = |symbol: &str, decimals| {
        Command::AddAsset(Asset {
            symbol: Symbol::new(symbol).unwrap(),
            decimals,
        })
    };
    let listing = |symbol: &str, base, reference| {
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
    };
    let key = |account, key, permissions| {
        Command::AddKey(AddKey {
            account: AccountId(account),
            public_key: api_key(key).public_key(),
            permissions,
        })
    };
    let trader = Permissions::READ.with(Permissions::TRADE);
    let mut commands = vec![
        Command::SetCapacity(Capacity {
            orders: 100_000,
            orders_per_account: 100_000,
            accounts: 100,
            balances: 1_000,
            keys: 100,
            instruments: 16,
            assets: 16,
        }),
        asset("BTC", 8),
        asset("ETH", 8),
        asset("USDT", 6),
        listing("BTC-USDT", 1, 6_000_000),
        listing("ETH-USDT", 2, 300_000),
        Command::CreateAccount,
        Command::CreateAccount,
        Command::CreateAccount,
        key(0, ADMIN, Permissions::READ.with(Permissions::ADMIN)),
        key(1, ALICE, trader),
        key(2, BOB, trader),
        key(3, CAROL, trader),
        key(1, ALICE_TOO, trader),
        key(1, ALICE_READS, Permissions::READ),
    ];
    let mut sequence = 0;
    for account in 1..=3 {
        for (asset, amount) in [
            (1, 100_000_000_000),
            (2, 1_000_000_000_000),
            (3, 1_000_000_000_000),
        ] {
            sequence += 1;
            commands.push(Command::Transfer(Transfer {
                source: SourceId(1),
                sequence,
                account: AccountId(account),
                asset: AssetId(asset),
                amount: Amount(amount),
            }));
        }
    }
    commands
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
