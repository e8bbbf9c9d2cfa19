//! What an order takes from the allocator on its way through the gateway and back: no more than a bare
//! WebSocket echo of the same frames.
//!
//! The frame that comes in and the frame that goes out are each a block of their own, because
//! tungstenite hands over and takes messages as owned bytes; the decoder, the gate, the rings, the read models,
//! the report and the queues to the session take nothing once they have grown. Counted are all threads
//! but those of the client and of the core, whose own count is held to zero elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use prometheus_client::registry::Registry;
use rialto_benches::allocations::Tally;
use rialto_benches::venue::{VenueSize, opening};
use rialto_client::{ApiKey, Connection, Directory, LogonOptions, Session, order};
use rialto_engine::{EventBuffer, Exchange};
use rialto_gateway::models::{Changes, ReadModels};
use rialto_gateway::{Gateway, GatewayConfig, MarketParts, ReportLog};
use rialto_protocol::{Message, NewOrder, OrderState, WireMessage};
use rialto_ring::{
    CommandReceiver, CommandRingSize, EventSender, IdleStrategy, Probes, ReferencePrices,
    Watermark, command_ring, event_ring,
};
use rialto_types::{
    AccountId, AddKey, ClientSeq, Command, Input, InstrumentId, KeyId, OrderRef, Permissions,
    Price, Qty, ShardId, Side, Timestamp,
};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message as Frame;

/// Orders before anything counts: buffers, pools and the log of reports have grown by then.
const WARM_UP: u32 = 4_000;
/// Orders that count, each placed and cancelled.
const ORDERS: u32 = 4_000;
/// The log of reports; it is full after the warm-up.
const REPORT_MEMORY_BYTES: usize = 700_000;
/// Allocations for a frame that may come on top, of what grows now and then: timers, the tables of the log.
const TOLERANCE: f64 = 0.02;

const ACCOUNT: AccountId = AccountId(1);
const SECRET: [u8; 32] = [7; 32];

/// What a thread other than the server's has taken, told when it is asked for.
#[derive(Debug, Default)]
struct Elsewhere(AtomicU64);

impl Elsewhere {
    fn tell(&self) {
        self.0.store(Tally::now().count, Ordering::Release);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// The core thread, but for the journal.
struct Core {
    exchange: Exchange,
    commands: CommandReceiver,
    events: EventSender,
    watermark: Watermark,
    taken: Arc<Elsewhere>,
    stop: Arc<AtomicBool>,
}

impl Core {
    fn run(mut self) {
        let mut inputs = Vec::new();
        let mut buffer = EventBuffer::new();
        while !self.stop.load(Ordering::Acquire) {
            self.commands.drain(64, |input| inputs.push(input));
            for input in inputs.drain(..) {
                let seq = self.exchange.seq().next();
                self.exchange
                    .apply(seq, Timestamp(seq.0), &input, &mut buffer);
                for event in buffer.as_slice() {
                    while self.events.try_push(event).is_err() {
                        std::thread::yield_now();
                    }
                }
                buffer.clear();
                self.watermark.publish(seq);
                self.events.flush();
            }
            self.taken.tell();
            self.commands.idle(Duration::from_millis(1));
        }
    }
}

fn founding(key: &ApiKey) -> Vec<Input> {
    let size = VenueSize {
        accounts: 1,
        ..VenueSize::default()
    };
    let mut inputs = opening(size);
    inputs.push(Input {
        key: KeyId::VENUE,
        client_seq: ClientSeq(0),
        command: Command::AddKey(AddKey {
            account: ACCOUNT,
            public_key: key.public_key(),
            permissions: Permissions::READ.with(Permissions::TRADE),
            networks: rialto_types::Networks::ANY,
        }),
    });
    inputs
}

/// Opens a gateway on a venue of one account. Returns its address and what ends the core.
fn open(key: &ApiKey, core_taken: Arc<Elsewhere>) -> (Gateway, Arc<AtomicBool>) {
    let (mut exchange, mut models) = (Exchange::new(ShardId(0)), ReadModels::new());
    let mut reports = ReportLog::with_capacity(REPORT_MEMORY_BYTES);
    let (mut buffer, mut changes) = (EventBuffer::new(), Changes::default());
    for input in founding(key) {
        let seq = exchange.seq().next();
        exchange.apply(seq, Timestamp(seq.0), &input, &mut buffer);
        for event in buffer.as_slice() {
            let applied = models.replay(event, &mut changes);
            reports.replay(event, &applied, &models);
        }
        buffer.clear();
    }
    let strategy = IdleStrategy::Balanced;
    let (sender, commands) = command_ring(CommandRingSize::default(), strategy);
    let (events, source, watermark) = event_ring(4_096, strategy, exchange.seq());
    let mut gateway = Gateway::bind(GatewayConfig::default(), Registry::default()).unwrap();
    let parts = MarketParts {
        commands: Arc::new(sender),
        event_gauge: events.gauge(),
        events: source,
        prices: Arc::new(ReferencePrices::new(16)),
        models,
        reports,
        probes: Arc::new(Probes::default()),
    };
    gateway.open(parts).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let core = Core {
        exchange,
        commands,
        events,
        watermark,
        taken: core_taken,
        stop: Arc::clone(&stop),
    };
    std::thread::spawn(move || core.run());
    (gateway, stop)
}

/// A runtime of one thread, which is the caller's.
fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// Allocations for each frame: two came in and two went out for each order.
fn for_each_frame(taken: u64) -> f64 {
    f64::from(u32::try_from(taken).unwrap()) / f64::from(4 * ORDERS)
}

async fn place_and_cancel(session: &mut Session, order: NewOrder) {
    let placed = session.place(order).await.unwrap();
    assert!(placed.is_open());
    let id = placed.reports()[0].order_id.unwrap();
    let cancel = order::cancel(InstrumentId(1), OrderRef::Id(id));
    let number = session.submit(cancel).unwrap();
    session.flush().await.unwrap();
    loop {
        if let Message::ExecutionReport(report) = session.next().await.unwrap()
            && report.client_seq == Some(number)
        {
            assert_eq!(report.order_status, Some(OrderState::Cancelled.into()));
            return;
        }
    }
}

/// The client: allocations of everybody else for each frame that went in or out, and the sizes of an order
/// and of its report.
fn trade(address: String, key: ApiKey, core_taken: Arc<Elsewhere>) -> (f64, usize, usize) {
    runtime().block_on(async move {
        let connection = Connection::open(&address).await.unwrap();
        let mut session = connection
            .log_on(&key, LogonOptions::default())
            .await
            .unwrap();
        let directory = Directory::load(session.connection()).await.unwrap();
        let listed = directory.by_symbol("BTC-USDT").unwrap();
        let order = order::limit(listed, Side::Buy, Price(100), Qty(1));
        let others = || Tally::process_count() - Tally::now().count - core_taken.get();
        let mut before = 0;
        for n in 0..WARM_UP + ORDERS {
            if n == WARM_UP {
                before = others();
            }
            place_and_cancel(&mut session, order).await;
        }
        let taken = for_each_frame(others() - before);
        let report = session.place(order).await.unwrap().reports()[0].encoded_len();
        (taken, order.encoded_len(), report)
    })
}

/// As [`trade`], with an echo that answers each frame with one of `answer_bytes`.
fn echo(order_bytes: usize, answer_bytes: usize) -> f64 {
    let server = runtime();
    let listener = server.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let client = std::thread::spawn(move || {
        runtime().block_on(async move {
            let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
            let others = || Tally::process_count() - Tally::now().count;
            let mut before = 0;
            for n in 0..2 * (WARM_UP + ORDERS) {
                if n == 2 * WARM_UP {
                    before = others();
                }
                let frame = Frame::binary(vec![7; order_bytes]);
                socket.send(frame).await.unwrap();
                socket.next().await.unwrap().unwrap();
            }
            for_each_frame(others() - before)
        })
    });
    server.block_on(async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        let answer = vec![9; answer_bytes];
        while let Some(Ok(Frame::Binary(_))) = socket.next().await {
            socket.send(Frame::binary(answer.clone())).await.unwrap();
        }
    });
    client.join().unwrap()
}

#[test]
fn an_order_takes_no_more_memory_than_an_echo() {
    let key = ApiKey::from_secret(ACCOUNT, KeyId(2), &SECRET);
    let core_taken = Arc::new(Elsewhere::default());
    let server = runtime();
    let (with_gateway, order_bytes, report_bytes) = server.block_on(async {
        let (gateway, stop) = open(&key, Arc::clone(&core_taken));
        let address = gateway.address().to_string();
        let client = std::thread::spawn(move || trade(address, key, core_taken));
        while !client.is_finished() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stop.store(true, Ordering::Release);
        client.join().unwrap()
    });
    let with_echo = echo(order_bytes, report_bytes);
    eprintln!(
        "allocations a frame: {with_gateway:.3} of the gateway, {with_echo:.3} of an echo of the same \
         {order_bytes} and {report_bytes} bytes"
    );
    assert!(
        with_echo >= 0.5,
        "tungstenite takes owned bytes: {with_echo}"
    );
    assert!(
        with_gateway <= with_echo + TOLERANCE,
        "{with_gateway} beside {with_echo}"
    );
}
