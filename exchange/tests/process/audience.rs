//! An audience: many who listen and say nothing. What each connection takes, and what they cost the core who subscribe to a
//! busy book, who do so and never read, and who lose their connection and come back all at once. It is told by the stage
//! times of the session that trades: printed, since on a busy machine it says nothing.
//!
//! `RIALTO_SOAK=1` makes it ten thousand who listen to a quiet market and a thousand of each other kind, for a machine
//! that does nothing else.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fastrand::Rng;
use rialto_client::{ApiKey, Directory, ListedInstrument, LogonOptions, Session, order};
use rialto_protocol::{Channel, ExecType, Message, Subscribe, WireMessage};
use rialto_types::{InstrumentId, OrderRef, Price, Qty, Side};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, MissedTickBehavior};

use crate::keys;
use crate::process::{PATIENCE, Process, Setup};
use crate::raw::{Opcode, Raw, frame};
use crate::stampede::{Asked, frozen, storm};

/// What an idle connection may take: ten thousand of them stay below a gibibyte with all else.
const IDLE_KIB: u64 = 64;
/// And everything else that grows meanwhile.
const REST_KIB: u64 = 4 * 1024;
const GIB_KIB: u64 = 1 << 20;
/// Orders that are placed in each millisecond, and as many cancelled: each changes the book.
const PLACED_PER_MS: usize = 5;
/// How often a conflated book is told at most, with a few more at the ends of a round.
const FRAMES_PER_SECOND_MAX: f64 = 100.0;
const FRAMES_AT_THE_ENDS: f64 = 5.0;
/// How often everybody is told at least, on however busy a machine.
const FRAMES_PER_SECOND_MIN: f64 = 5.0;
/// From one coming back to the next.
const AT_ONCE: Duration = Duration::from_millis(1);
/// What half of the commands take in the core at most, beside any crowd and on any machine.
const CORE_MEDIAN_MAX_NS: u64 = 10_000_000;

fn is_long() -> bool {
    std::env::var_os("RIALTO_SOAK").is_some()
}

fn setup(data: PathBuf) -> Setup {
    // A core that spins and comes first is for a machine of its own.
    let nice = if is_long() { -20 } else { 0 };
    Setup::venue(data)
        .with("RIALTO__CORE__CORE_NICE", nice)
        .with("RIALTO__JOURNAL__SEGMENT_MIB", 64)
        .with("RIALTO__JOURNAL__DURABILITY", "written")
        .with("RIALTO__CORE__PROFILE", "latency")
        .with("RIALTO__GATEWAY__CONNECTIONS", 12_000)
        .with("RIALTO__GATEWAY__CONNECTIONS_PER_IP", 12_000)
        .with("RIALTO__GATEWAY__SESSIONS_PER_ACCOUNT", 12_000)
        .with("RIALTO__GATEWAY__HEARTBEAT_MS", 60_000)
        .with("RIALTO__GATEWAY__REPORT_MEMORY_MIB", 4)
}

/// A connection that has subscribed.
async fn listener(address: &str, channel: Channel) -> Raw {
    let mut raw = Raw::open_at(address).await.unwrap();
    let mut bytes = Vec::new();
    let subscribe = Subscribe {
        request_id: 1,
        instrument_id: Some(InstrumentId(1)),
        channel: channel.into(),
    };
    subscribe.encode(&mut bytes);
    raw.send(&frame(Opcode::Binary, &bytes)).await;
    let told = raw.next().await;
    assert!(
        matches!(told, Some(Message::SubscriptionAccepted(_))),
        "{told:?}"
    );
    raw
}

#[tokio::test]
async fn a_connection_that_listens_to_a_quiet_market_takes_little_memory() {
    let count: u64 = if is_long() { 10_000 } else { 300 };
    let directory = tempfile::tempdir().unwrap();
    let process = setup(directory.path().join("data")).open().await;
    let address = process.address().await;
    drop(listener(&address, Channel::TopOfBook).await);
    let before_kib = process.own_memory_kib();
    let mut listeners = Vec::new();
    for _ in 0..count {
        listeners.push(listener(&address, Channel::TopOfBook).await);
    }
    let kib = process.own_memory_kib();
    let each = kib.saturating_sub(before_kib) / count;
    println!("{count} listeners: {before_kib} KiB before, {kib} KiB with them, {each} KiB each");
    let bound = before_kib + count * IDLE_KIB + REST_KIB;
    assert!(kib < bound, "{kib} KiB, the bound is {bound}");
    assert!(kib < GIB_KIB, "{kib} KiB are more than a gibibyte");
    drop(listeners);
    process.stop().await;
}

/// Counts the frames of a server in a stream of bytes.
#[derive(Default)]
struct FrameCounter {
    head: Vec<u8>,
    /// Bytes of the present frame that are still to come.
    rest: usize,
}

impl FrameCounter {
    fn take(&mut self, mut bytes: &[u8]) -> u32 {
        let mut count = 0;
        while !bytes.is_empty() {
            let skipped = self.rest.min(bytes.len());
            bytes = &bytes[skipped..];
            self.rest -= skipped;
            let Some((first, others)) = bytes.split_first().filter(|_| self.rest == 0) else {
                break;
            };
            self.head.push(*first);
            bytes = others;
            let length = self.head.get(1).map(|byte| usize::from(*byte));
            let (size, known) = match length {
                None => continue,
                Some(126) => (4, 2),
                Some(127) => (10, 8),
                Some(_) => (2, 0),
            };
            if self.head.len() == size {
                let told = self.head[size - known..].iter();
                let long = told.fold(0, |all, byte| all << 8 | usize::from(*byte));
                self.rest = if known > 0 { long } else { length.unwrap_or(0) };
                self.head.clear();
                count += 1;
            }
        }
        count
    }
}

/// Reads for ever and counts what comes.
async fn read_all(raw: Raw, frames: Arc<AtomicU32>) {
    let mut stream = raw.into_stream();
    let (mut counter, mut buffer) = (FrameCounter::default(), vec![0; 64 << 10]);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        frames.fetch_add(counter.take(&buffer[..read]), Ordering::Relaxed);
    }
}

/// A session that keeps a book busy.
struct Trader {
    session: Session,
    instrument: ListedInstrument,
    placed: i64,
}

impl Trader {
    async fn new(process: &Process) -> Self {
        let options = LogonOptions {
            stage_times: true,
            ..LogonOptions::default()
        };
        let mut session = process.log_on_with(1, options).await;
        let directory = Directory::load(session.connection()).await.unwrap();
        let mut trader = Self {
            session,
            instrument: *directory.by_symbol("BTC-USDT").unwrap(),
            placed: 0,
        };
        // Caches and pools are warm then.
        trader.trade_for(Duration::from_millis(500)).await;
        trader
    }

    /// Trades for a while; what each command that was followed took in the core, in nanoseconds, the shortest first.
    async fn trade_for(&mut self, time: Duration) -> Vec<u64> {
        let mut ticks = tokio::time::interval(Duration::from_millis(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (end, mut taken, mut open) = (Instant::now() + time, Vec::new(), Vec::new());
        let mut answered = 0;
        while Instant::now() < end {
            ticks.tick().await;
            for _ in 0..PLACED_PER_MS {
                let price = Price(5_900_000 + self.placed % 500);
                self.placed += 1;
                let placed = order::post_only(&self.instrument, Side::Buy, price, Qty(10));
                self.session.submit(placed).unwrap();
            }
            for id in open.drain(..) {
                let cancel = order::cancel(self.instrument.id(), OrderRef::Id(id));
                self.session.submit(cancel).unwrap();
            }
            self.session.flush().await.unwrap();
            while let Some(message) = self.session.try_next().unwrap() {
                match message {
                    Message::ExecutionReport(report) => {
                        answered += 1;
                        if report.exec_type.known() == Some(ExecType::New) {
                            open.extend(report.order_id);
                        }
                    }
                    Message::StageTimes(times) => taken.push(times.core),
                    Message::Refused(refused) => panic!("{refused:?}"),
                    _ => {}
                }
            }
        }
        assert!(answered > 0 && !taken.is_empty());
        taken.sort_unstable();
        taken
    }
}

fn at(taken: &[u64], part: usize) -> u64 {
    taken[(taken.len() - 1) * part / 1_000]
}

/// How many there are of a crowd, how many rounds it is traded beside them, and how long each is.
fn extent() -> (u32, usize, Duration) {
    if is_long() {
        (1_000, 5, Duration::from_secs(4))
    } else {
        (20, 1, Duration::from_secs(1))
    }
}

/// Rounds of trading; prints what the core took in each. Returns the least that half of the commands took in one.
async fn rounds(name: &str, trader: &mut Trader) -> u64 {
    let (_, count, time) = extent();
    let mut fastest = u64::MAX;
    for _ in 0..count {
        let taken = trader.trade_for(time).await;
        let (half, p99, last) = (at(&taken, 500), at(&taken, 990), at(&taken, 999));
        let followed = taken.len();
        println!("{name}: {followed} followed, core p50 {half} ns, p99 {p99} ns, p99.9 {last} ns");
        assert!(
            half < CORE_MEDIAN_MAX_NS,
            "{name}: half of them took {half} ns"
        );
        fastest = fastest.min(half);
    }
    fastest
}

/// Asserts that a crowd did not make the core slower, on a machine that does nothing else.
fn check_unfelt(alone: u64, beside: u64) {
    let bound = 3 * alone + 5_000;
    assert!(
        !is_long() || beside <= bound,
        "{alone} ns alone, {beside} ns beside the crowd"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn subscribers_to_a_busy_book_are_told_of_it_once_in_ten_milliseconds() {
    let (count, ..) = extent();
    let directory = tempfile::tempdir().unwrap();
    let process = setup(directory.path().join("data")).open().await;
    let address = process.address().await;
    let mut trader = Trader::new(&process).await;
    let alone = rounds("alone", &mut trader).await;
    let (mut readers, mut counts) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let raw = listener(&address, Channel::L2Book10ms).await;
        let frames = Arc::new(AtomicU32::new(0));
        readers.push(tokio::spawn(read_all(raw, Arc::clone(&frames))));
        counts.push(frames);
    }
    for frames in &counts {
        frames.store(0, Ordering::Relaxed);
    }
    let begun = Instant::now();
    let beside = rounds("before an audience", &mut trader).await;
    check_unfelt(alone, beside);
    let seconds = begun.elapsed().as_secs_f64();
    let each = |frames: &Arc<AtomicU32>| f64::from(frames.load(Ordering::Relaxed)) / seconds;
    let least = counts.iter().map(each).fold(f64::INFINITY, f64::min);
    let most = counts.iter().map(each).fold(0.0, f64::max);
    println!("{count} subscribers, {least:.1} to {most:.1} frames a second each");
    assert!(most <= FRAMES_PER_SECOND_MAX + FRAMES_AT_THE_ENDS / seconds);
    assert!(least >= FRAMES_PER_SECOND_MIN, "somebody is hardly told");
    for reader in &readers {
        assert!(!reader.is_finished(), "somebody was turned away");
        reader.abort();
    }
    trader.session.log_out().await.unwrap();
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn who_subscribes_to_a_busy_book_and_never_reads_costs_the_core_nothing() {
    let (count, ..) = extent();
    let directory = tempfile::tempdir().unwrap();
    let process = setup(directory.path().join("data")).open().await;
    let address = process.address().await;
    let key = process.keys().swap_remove(1);
    let mut trader = Trader::new(&process).await;
    let alone = rounds("alone", &mut trader).await;
    let mut silent = Vec::new();
    for n in 0..count {
        let channels = [Channel::L2Book10ms, Channel::TopOfBook];
        let asked = Asked::Book(channels[n as usize % channels.len()]);
        silent.push(frozen(&address, &key, asked).await);
    }
    let beside = rounds("beside those who never read", &mut trader).await;
    check_unfelt(alone, beside);
    drop(silent);
    trader.session.log_out().await.unwrap();
    process.stop().await;
}

/// Lets all of them come back in one moment, so often; in the next they are gone.
async fn come_back(
    address: String,
    keys: Arc<Vec<ApiKey>>,
    every: Duration,
    storms: Arc<AtomicU32>,
) {
    let mut moments = tokio::time::interval(every);
    moments.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        moments.tick().await;
        let (sessions, _) = storm(address.clone(), Arc::clone(&keys)).await;
        storms.fetch_add(1, Ordering::Relaxed);
        drop(sessions);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn who_comes_back_with_a_thousand_others_costs_the_core_nothing() {
    let (count, _, time) = extent();
    let directory = tempfile::tempdir().unwrap();
    let process = setup(directory.path().join("data")).open().await;
    let address = process.address().await;
    let mut rng = Rng::with_seed(9);
    let accounts = (0..count).map(|n| 2 + n % 6);
    let keys = Arc::new(keys::hand_out(&process, &mut rng, accounts).await);
    let mut trader = Trader::new(&process).await;
    let alone = rounds("alone", &mut trader).await;
    let storms = Arc::new(AtomicU32::new(0));
    let back = |every| {
        let come_back = come_back(
            address.clone(),
            Arc::clone(&keys),
            every,
            Arc::clone(&storms),
        );
        tokio::spawn(come_back)
    };
    let once = back(time);
    let beside = rounds("while all come back once", &mut trader).await;
    check_unfelt(alone, beside);
    once.abort();
    let again = back(AT_ONCE);
    let beside = rounds("while all come back again and again", &mut trader).await;
    check_unfelt(alone, beside);
    let times = storms.load(Ordering::Relaxed);
    println!("{count} came back {times} times in all");
    let begun = Instant::now();
    while storms.load(Ordering::Relaxed) == 0 {
        assert!(
            begun.elapsed() < PATIENCE,
            "not even once was everybody there"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!again.is_finished(), "the storm has ended by itself");
    again.abort();
    trader.session.log_out().await.unwrap();
    process.stop().await;
}
