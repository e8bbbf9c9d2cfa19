//! What the journal costs: appending, syncing, reading. `cargo bench -p rialto-journal`.
//!
//! Each line states how it was measured. Latencies are taken with the monotonic clock around each call,
//! whose own cost is printed first; means come from loops without a clock. The journal lies in the
//! directory that `RIALTO_BENCH_DIR` names, by default under the target directory: on the disk, not in
//! memory. A word after `--` picks the measurements that begin with it: `written`, `scan`, `durable`,
//! `faults`. The machine should be idle.

#![expect(
    clippy::cast_precision_loss,
    reason = "times and counts of a measurement are far below 2^52"
)]

use std::error::Error;
use std::hint::{black_box, spin_loop};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_utils::sync::Parker;
use hdrhistogram::Histogram;
use rialto_journal::storage::Storage;
use rialto_journal::{
    AppendError, DurableConfig, ExchangeId, FileStorage, Hooks, Idle, Journal, OpenOptions,
    Recovery, SegmentBytes,
};
use rialto_types::{
    ClientSeq, Command, Input, InstrumentId, KeyId, OrderKind, PlaceOrder, Price, Qty, Seq,
    ShardId, Side, StpMode, TimeInForce, Timestamp,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const SCANNED: u64 = 8_000_000;

fn main() -> Outcome<()> {
    // `cargo test --benches` and nextest's listing run this too; they want no measurements.
    if std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        return Ok(());
    }
    let picked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|one| !one.starts_with('-'))
        .collect();
    let is_picked =
        |name: &str| picked.is_empty() || picked.iter().any(|one| name.starts_with(one));
    clock();
    if is_picked("written") {
        written_mean()?;
        for rate in [100_000, 1_000_000] {
            written_paced(rate)?;
        }
    }
    if is_picked("scan") {
        scan()?;
    }
    if is_picked("durable") {
        for rate in [10_000, 100_000, 500_000] {
            // Others who use the machine show as the difference between the rounds.
            for _ in 0..5 {
                durable(rate)?;
            }
        }
    }
    if is_picked("faults") {
        faults()?;
    }
    Ok(())
}

fn order(seq: u64) -> Input {
    Input {
        key: KeyId(7),
        client_seq: ClientSeq(seq),
        command: Command::Place(PlaceOrder {
            instrument: InstrumentId(1),
            side: if seq.is_multiple_of(2) {
                Side::Buy
            } else {
                Side::Sell
            },
            stp: StpMode::CancelTaker,
            kind: OrderKind::Limit {
                price: Price(6_000_000 + (seq % 100).cast_signed()),
                qty: Qty(1 + (seq % 7).cast_signed()),
                tif: TimeInForce::Gtc,
                post_only: false,
            },
            client_order_id: None,
        }),
    }
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Outcome<Self> {
        let base = std::env::var_os("RIALTO_BENCH_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
        let directory = base.join(format!("journal-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&directory)?;
        Ok(Self(directory))
    }

    fn recovery(&self) -> Outcome<Recovery<FileStorage>> {
        let storage = Arc::new(FileStorage::open(&self.0)?);
        Ok(Recovery::open(storage, options())?)
    }

    fn written(&self) -> Outcome<Journal<FileStorage>> {
        let recovered = self.recovery()?.finish()?;
        let publish = Box::new(|seq| {
            black_box(seq);
        });
        Ok(Journal::written(
            recovered,
            SegmentBytes::default(),
            publish,
        )?)
    }
}

fn options() -> OpenOptions {
    OpenOptions {
        shard: ShardId(0),
        rules_version: 1,
        new_exchange_id: ExchangeId([7; 16]),
        after: Seq(0),
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn print(name: &str, histogram: &Histogram<u64>) {
    println!(
        "{name}: mean {:.0} ns, p50 {}, p99 {}, p99.9 {}, p99.99 {}, max {}",
        histogram.mean(),
        histogram.value_at_quantile(0.5),
        histogram.value_at_quantile(0.99),
        histogram.value_at_quantile(0.999),
        histogram.value_at_quantile(0.9999),
        histogram.max(),
    );
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn clock() {
    let begin = Instant::now();
    for _ in 0..1_000_000 {
        black_box(Instant::now());
    }
    println!(
        "clock: {} ns a look",
        nanoseconds(begin.elapsed()) / 1_000_000
    );
}

/// Appends as fast as possible. The median of many short runs tells the cost; the slowest ones are those
/// in which a segment was waited for, or other processes had the processor.
fn written_mean() -> Outcome<()> {
    const RUN: u64 = 100_000;
    let scratch = Scratch::new("written")?;
    let mut journal = scratch.written()?;
    let mut seq = 0;
    let mut runs = Vec::new();
    for _ in 0..120 {
        let begin = Instant::now();
        for _ in 0..RUN {
            seq += 1;
            journal.append(Seq(seq), Timestamp(seq), &order(seq))?;
        }
        runs.push(begin.elapsed().as_secs_f64() * 1e9 / RUN as f64);
    }
    runs.sort_by(f64::total_cmp);
    println!(
        "written, {seq} orders flat out: {:.1} ns each in the median run of {RUN}, fastest {:.1}, \
         slowest {:.1}",
        runs[runs.len() / 2],
        runs[0],
        runs[runs.len() - 1],
    );
    if let Journal::Written(written) = &journal {
        println!("  {:?}", written.writer().stats());
    }
    journal.close().map_err(|error| error.to_string())?;
    Ok(())
}

/// The core's part of the journal's work, at a steady rate.
struct Paced {
    rate: u64,
    seq: u64,
    /// What each command cost, the wait for a full ring included.
    histogram: Histogram<u64>,
}

impl Paced {
    fn new(rate: u64) -> Outcome<Self> {
        Ok(Self {
            rate,
            seq: 0,
            histogram: Histogram::new_with_bounds(1, 60_000_000_000, 3)?,
        })
    }

    fn run<S: Storage>(&mut self, journal: &mut Journal<S>, seconds: u64) -> Outcome<()> {
        let gap_ns = 1_000_000_000 / self.rate;
        let begin = Instant::now();
        for at in 1..=self.rate * seconds {
            let due = begin + Duration::from_nanos(gap_ns * at);
            while Instant::now() < due {
                spin_loop();
            }
            self.seq += 1;
            let (seq, input) = (self.seq, order(self.seq));
            let before = Instant::now();
            while let Err(error) = journal.append(Seq(seq), Timestamp(seq), &input) {
                if !matches!(error, AppendError::Full) {
                    return Err(error.into());
                }
            }
            journal.commit();
            self.histogram.record(nanoseconds(before.elapsed()))?;
        }
        Ok(())
    }
}

fn written_paced(rate: u64) -> Outcome<()> {
    let scratch = Scratch::new("paced")?;
    let mut journal = scratch.written()?;
    let mut paced = Paced::new(rate)?;
    paced.run(&mut journal, 5)?;
    print(
        &format!("written, {rate} orders/s, append"),
        &paced.histogram,
    );
    journal.close().map_err(|error| error.to_string())?;
    Ok(())
}

fn scan() -> Outcome<()> {
    let scratch = Scratch::new("scan")?;
    let mut journal = scratch.written()?;
    for seq in 1..=SCANNED {
        journal.append(Seq(seq), Timestamp(seq), &order(seq))?;
    }
    journal.close().map_err(|error| error.to_string())?;
    let mut recovery = scratch.recovery()?;
    let begin = Instant::now();
    let mut count = 0_u64;
    while let Some(record) = recovery.next()? {
        black_box(&record);
        count += 1;
    }
    let elapsed = begin.elapsed();
    println!(
        "scan: {count} records in {elapsed:?}: {:.1} million/s, decoded, from the page cache",
        count as f64 / elapsed.as_secs_f64() / 1e6
    );
    let begin = Instant::now();
    let recovered = recovery.finish()?;
    println!("end of log: {:?}", begin.elapsed());
    let begin = Instant::now();
    let publish = Box::new(|_| ());
    let journal = Journal::written(recovered, SegmentBytes::default(), publish)?;
    println!("start of the writer: {:?}", begin.elapsed());
    journal.close().map_err(|error| error.to_string())?;
    Ok(())
}

/// Sleeps until woken. Two threads that spin would leave a machine of two processors none for the disk.
struct Sleep(Parker);

impl Idle for Sleep {
    fn worked(&mut self) {}

    fn idle(&mut self, ready: &mut dyn FnMut() -> bool) {
        if !ready() {
            self.0.park();
        }
    }
}

/// Hooks of a journal whose publishing nobody looks at.
fn durable_hooks() -> Hooks {
    let parker = Parker::new();
    let unparker = parker.unparker().clone();
    Hooks {
        idle: Box::new(Sleep(parker)),
        wake: Box::new(move || unparker.unpark()),
        publish: Box::new(|seq| {
            black_box(seq);
        }),
    }
}

/// Page faults of the thread that appends, over a minute in each mode after some seconds to warm up.
fn faults() -> Outcome<()> {
    const RATE: u64 = 100_000;
    for is_durable in [false, true] {
        let scratch = Scratch::new("faults")?;
        let mut journal = if is_durable {
            let recovered = scratch.recovery()?.finish()?;
            let config = DurableConfig::default();
            Journal::durable(recovered, SegmentBytes::default(), config, durable_hooks())?
        } else {
            scratch.written()?
        };
        let mode = if is_durable { "durable" } else { "written" };
        let mut paced = Paced::new(RATE)?;
        paced.run(&mut journal, 5)?;
        let before = own_faults()?;
        paced.run(&mut journal, 60)?;
        let count = own_faults()? - before;
        println!(
            "{mode}, {RATE} orders/s for 60 s: {count} page faults of the thread that appends"
        );
        journal.close().map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Page faults of the calling thread so far, those that waited for a disk and those that did not.
fn own_faults() -> Outcome<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/stat")?;
    // The name stands in brackets and may contain anything; proc(5) counts it as the second field.
    let (_, fields) = stat
        .rsplit_once(')')
        .ok_or("a stat file names its process")?;
    let field = |number: usize| {
        fields
            .split_whitespace()
            .nth(number - 3)
            .unwrap_or_default()
    };
    Ok(field(10).parse::<u64>()? + field(12).parse::<u64>()?)
}

/// From append to durable, and what the append itself costs the core.
fn durable(rate: u64) -> Outcome<()> {
    let scratch = Scratch::new("durable")?;
    let recovered = scratch.recovery()?.finish()?;
    let count = rate * 2;
    let begin = Instant::now();
    let sent: Arc<Vec<AtomicU64>> = Arc::new((0..=count).map(|_| AtomicU64::new(0)).collect());
    let latency = Arc::new(Mutex::new(Histogram::<u64>::new(3)?));
    let published = AtomicU64::new(0);
    let parker = Parker::new();
    let unparker = parker.unparker().clone();
    let hooks = {
        let (sent, latency) = (sent.clone(), latency.clone());
        Hooks {
            idle: Box::new(Sleep(parker)),
            wake: Box::new(move || unparker.unpark()),
            publish: Box::new(move |seq| {
                let now = nanoseconds(begin.elapsed());
                let before = published.swap(seq.0, Ordering::Relaxed);
                let mut latency = latency.lock().expect("nobody panics");
                for seq in before + 1..=seq.0 {
                    let at = sent[usize::try_from(seq).expect("64 bits")].load(Ordering::Relaxed);
                    latency.record(now - at).expect("it resizes");
                }
            }),
        }
    };
    let config = DurableConfig::default();
    let mut journal = Journal::durable(recovered, SegmentBytes::default(), config, hooks)?;
    let mut append = Histogram::<u64>::new(3)?;
    let gap = Duration::from_nanos(1_000_000_000 / rate);
    let start = Instant::now();
    for seq in 1..=count {
        let due = start + gap * u32::try_from(seq)?;
        while Instant::now() < due {
            spin_loop();
        }
        let input = order(seq);
        let before = Instant::now();
        sent[usize::try_from(seq)?].store(nanoseconds(before - begin), Ordering::Relaxed);
        while let Err(error) = journal.append(Seq(seq), Timestamp(seq), &input) {
            if !matches!(error, AppendError::Full) {
                return Err(error.into());
            }
        }
        append.record(nanoseconds(before.elapsed()))?;
        journal.commit();
    }
    let gauge = match &journal {
        Journal::Durable(durable) => durable.gauge(),
        Journal::Written(_) => unreachable!("opened as durable"),
    };
    journal.close().map_err(|error| error.to_string())?;
    print(&format!("durable, {rate} orders/s, append"), &append);
    let latency = latency.lock().expect("nobody panics");
    print(
        &format!("durable, {rate} orders/s, until durable"),
        &latency,
    );
    println!("  {:?}", gauge.stats());
    Ok(())
}
