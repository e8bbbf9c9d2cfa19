//! Everybody at once: all clients lose their connection and come back in the same moment, and clients that
//! never read what they have asked for. Whoever trades meanwhile goes on, and memory stays within bounds that
//! follow from the configuration.
//!
//! The bounds of time hold on any machine, however busy; `RIALTO_SOAK=1` makes it a thousand of each kind and
//! prints how long a round trip takes alone and in the crowd, for a machine that does nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use rialto_client::{
    ApiKey, Connection, Directory, ListedInstrument, LogonOptions, Session, order,
};
use rialto_protocol::{Channel, Logon, Message, Subscribe, WireMessage, logon_text};
use rialto_types::{InstrumentId, Price, Qty, Side};
use tokio::net::TcpSocket;

use crate::honest::Honest;
use crate::keys;
use crate::process::{PATIENCE, Process, Setup};
use crate::raw::{Opcode, Raw, frame};

/// How long a storm may take until everybody is logged on, and how long any round trip may take meanwhile.
const STORM_MAX: Duration = Duration::from_secs(30);
/// What half of the round trips stay below, in any crowd.
const MEDIAN_MAX: Duration = Duration::from_millis(500);
/// How much is queued for a session that is logged on, and for one that is not, in KiB.
const TRADER_QUEUE_KIB: u64 = 256;
const PUBLIC_QUEUE_KIB: u64 = 128;
/// What a connection may take besides its queue, and everything else that grows in a test, in KiB.
const CONNECTION_KIB: u64 = 128;
const REST_KIB: u64 = 64 * 1024;
/// So little is taken from a frozen client's socket before the exchange notices that it does not read.
const RECEIVE_BYTES: u32 = 4 * 1024;
/// Orders that are placed and cancelled in one go, to have much to tell.
const POUR: i64 = 100;

fn is_long() -> bool {
    std::env::var_os("RIALTO_SOAK").is_some()
}

/// The demo's venue for crowds: sessions that are silent for a while are not what is looked at here.
fn setup(data: impl Into<std::path::PathBuf>) -> Setup {
    Setup::venue(data)
        .with("RIALTO__JOURNAL__SEGMENT_MIB", 16)
        .with("RIALTO__GATEWAY__CONNECTIONS_PER_IP", 10_000)
        .with("RIALTO__GATEWAY__SESSIONS_PER_ACCOUNT", 10_000)
        .with("RIALTO__GATEWAY__HEARTBEAT_MS", 60_000)
        .with("RIALTO__GATEWAY__REPORT_MEMORY_MIB", 4)
        .with("RIALTO__GATEWAY__TRADER_QUEUE_KIB", TRADER_QUEUE_KIB)
        .with("RIALTO__GATEWAY__PUBLIC_QUEUE_KIB", PUBLIC_QUEUE_KIB)
}

/// Trades for as long as `beside` takes, and a few times at least. Returns what came of it and how long each
/// trade, two round trips, took; the shortest first.
async fn trade_beside<T: Send + 'static>(
    honest: &mut Honest,
    beside: impl Future<Output = T> + Send + 'static,
) -> (T, Vec<Duration>) {
    const TIMES_MIN: usize = 200;
    let is_over = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&is_over);
    let beside = tokio::spawn(async move {
        let result = beside.await;
        over.store(true, Ordering::Release);
        result
    });
    let mut taken = Vec::new();
    while taken.len() < TIMES_MIN || !(is_over.load(Ordering::Acquire) || beside.is_finished()) {
        let begun = Instant::now();
        honest.trade().await;
        taken.push(begun.elapsed());
    }
    taken.sort_unstable();
    (beside.await.unwrap(), taken)
}

/// Asserts that those who trade hardly noticed, and says how much they did.
fn check_trades(name: &str, taken: &[Duration]) {
    let at = |part: usize| taken[(taken.len() - 1) * part / 1_000];
    let (half, p99, most) = (at(500), at(990), at(1_000));
    println!(
        "{name}: {} trades, p50 {half:?}, p99 {p99:?}, max {most:?}",
        taken.len()
    );
    assert!(half < MEDIAN_MAX, "{name}: half of them took {half:?}");
    assert!(most < STORM_MAX, "{name}: one took {most:?}");
}

/// Logs on with all keys at once; whoever is turned away tries again. Returns the sessions, and how often
/// somebody was turned away.
pub(crate) async fn storm(address: String, keys: Arc<Vec<ApiKey>>) -> (Vec<Session>, u32) {
    let clients: Vec<_> = (0..keys.len())
        .map(|n| {
            let (address, keys) = (address.clone(), Arc::clone(&keys));
            tokio::spawn(async move {
                let mut refused_count = 0;
                loop {
                    match log_on(&address, &keys[n]).await {
                        Ok(session) => return (session, refused_count),
                        // As a client should: not at once.
                        Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                    }
                    refused_count += 1;
                }
            })
        })
        .collect();
    let mut sessions = Vec::new();
    let mut refused_count = 0;
    for client in clients {
        let client = tokio::time::timeout(PATIENCE, client).await;
        let (session, refused) = client.expect("everybody gets in").unwrap();
        sessions.push(session);
        refused_count += refused;
    }
    (sessions, refused_count)
}

async fn log_on(address: &str, key: &ApiKey) -> Result<Session, rialto_client::ClientError> {
    let options = LogonOptions {
        cancel_on_disconnect: true,
        ..LogonOptions::default()
    };
    let connection = Connection::open(address).await?;
    connection.log_on(key, options).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stampede_of_all_who_come_back_is_over_soon() {
    let count = if is_long() { 1_000 } else { 100 };
    let directory = tempfile::tempdir().unwrap();
    let process = setup(directory.path().join("data")).open().await;
    let address = process.address().await;
    let mut rng = Rng::with_seed(7);
    let accounts = (0..count).map(|n| 2 + n % 6);
    let keys = Arc::new(keys::hand_out(&process, &mut rng, accounts).await);
    let mut honest = Honest::new(&process, 1).await;
    let ((), alone) = trade_beside(&mut honest, std::future::ready(())).await;
    check_trades("alone", &alone);
    let before_kib = process.own_memory_kib();
    let (sessions, _) = storm(address.clone(), Arc::clone(&keys)).await;
    // Everybody is gone in one moment, and everybody comes back in the next.
    drop(sessions);
    let begun = Instant::now();
    let ((mut sessions, refused_count), taken) =
        trade_beside(&mut honest, storm(address, keys)).await;
    let took = begun.elapsed();
    println!("{count} are back after {took:?}; {refused_count} times somebody was turned away");
    check_trades("in the storm", &taken);
    assert!(took < STORM_MAX, "the storm took {took:?}");
    assert_eq!(process.metric("rialto_traders").await, u64::from(count) + 1);
    for session in &mut sessions {
        session.arm_cancel_on_disconnect(true).await.unwrap();
    }
    let bound_kib = before_kib + u64::from(count) * CONNECTION_KIB + REST_KIB;
    let kib = process.own_memory_kib();
    println!("{before_kib} KiB of its own before, {kib} KiB after");
    assert!(kib < bound_kib, "{kib} KiB, the bound is {bound_kib}");
    drop(sessions);
    honest.log_out().await;
    process.stop().await;
}

/// What a frozen client has asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    Book(Channel),
    Json,
    Reports,
}

/// Asks, hears that it will be told, and never reads again.
pub(crate) async fn frozen(address: &str, key: &ApiKey, asked: Asked) -> Raw {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(RECEIVE_BYTES).unwrap();
    let stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let mut bytes = Vec::new();
    let mut raw = match asked {
        Asked::Json => Raw::upgraded(stream, "/ws/json", usize::MAX).await.unwrap(),
        _ => Raw::greeted(stream, usize::MAX).await.unwrap(),
    };
    match asked {
        Asked::Json => {
            let text = br#"{"op":"subscribe","channel":"book","instrument":"BTC-USDT"}"#;
            raw.send(&frame(Opcode::Text, text)).await;
            let told = raw.next_text().await.unwrap();
            assert!(told.contains("accepted"), "{told}");
            return raw;
        }
        Asked::Book(channel) => Subscribe {
            request_id: 1,
            instrument_id: Some(InstrumentId(1)),
            channel: channel.into(),
        }
        .encode(&mut bytes),
        Asked::Reports => Logon {
            key_id: key.key_id(),
            signature: key.sign_text(&logon_text(raw.challenge(), key.key_id())),
            ..Logon::default()
        }
        .encode(&mut bytes),
    }
    raw.send(&frame(Opcode::Binary, &bytes)).await;
    let told = raw.next().await;
    let is_accepted = matches!(
        told,
        Some(Message::SubscriptionAccepted(_) | Message::LogonAccepted(_))
    );
    assert!(is_accepted, "{asked:?}: {told:?}");
    raw
}

/// Places many orders and cancels them all.
async fn pour(session: &mut Session, listed: &ListedInstrument) {
    for n in 0..POUR {
        let price = Price(5_800_000 + n);
        let placed = order::limit(listed, Side::Buy, price, Qty(10));
        session.submit(placed).unwrap();
    }
    let all = order::mass_cancel(Some(listed.id()), None);
    session.mass_cancel(all).await.unwrap();
    while session.try_next().unwrap().is_some() {}
}

/// How many sessions were ended because they do not read.
async fn ended_count(process: &Process) -> u64 {
    let (_, metrics) = process.get("/metrics").await;
    let name = "rialto_sessions_ended_total{reason=\"SlowConsumer\"} ";
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| line.strip_prefix(name));
    value.map_or(0, |value| value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stampede_that_never_reads_costs_nobody_anything() {
    const ENDED: [Asked; 4] = [
        Asked::Book(Channel::L3Book),
        Asked::Book(Channel::L2Book),
        Asked::Json,
        Asked::Reports,
    ];
    let count: u32 = if is_long() { 1_000 } else { 12 };
    let directory = tempfile::tempdir().unwrap();
    let process = setup(directory.path().join("data")).open().await;
    let address = process.address().await;
    let mut rng = Rng::with_seed(8);
    let keys = keys::hand_out(&process, &mut rng, (0..count).map(|_| 2)).await;
    let mut honest = Honest::new(&process, 1).await;
    let ((), alone) = trade_beside(&mut honest, std::future::ready(())).await;
    check_trades("alone", &alone);
    let before_kib = process.own_memory_kib();

    let (mut silent, mut conflated) = (Vec::new(), Vec::new());
    for key in &keys {
        for asked in ENDED {
            silent.push(frozen(&address, key, asked).await);
        }
        // These are sent the present state when they read, and have nothing queued.
        let asked = Asked::Book(Channel::TopOfBook);
        conflated.push(frozen(&address, key, asked).await);
    }
    let mut pourer = process.log_on(2).await;
    let listed = Directory::load(pourer.connection()).await.unwrap();
    let listed = *listed.by_symbol("BTC-USDT").unwrap();
    let process = Arc::new(process);
    let told_of = Arc::clone(&process);
    let ((), taken) = trade_beside(&mut honest, async move {
        let expected = u64::from(count) * 4;
        let begun = Instant::now();
        while ended_count(&told_of).await < expected {
            pour(&mut pourer, &listed).await;
            assert!(begun.elapsed() < 5 * PATIENCE, "they are not ended");
        }
        pourer.log_out().await.unwrap();
    })
    .await;
    check_trades("beside the frozen", &taken);
    let queues_kib = TRADER_QUEUE_KIB + 3 * PUBLIC_QUEUE_KIB + 5 * CONNECTION_KIB;
    // A queue that grows is copied to a place twice as large.
    let bound_kib = before_kib + u64::from(count) * 2 * queues_kib + REST_KIB;
    let kib = process.own_memory_kib();
    println!("{before_kib} KiB of its own before, {kib} KiB after");
    assert!(kib < bound_kib, "{kib} KiB, the bound is {bound_kib}");
    // The honest one, and those who have nothing queued.
    process
        .settles_at("rialto_connections", u64::from(count) + 1)
        .await;
    assert_eq!(ended_count(&process).await, u64::from(count) * 4);
    drop((silent, conflated));
    honest.log_out().await;
    Arc::into_inner(process).unwrap().stop().await;
}
