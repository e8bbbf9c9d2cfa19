//! What a snapshot does to the core beside which it is taken: commands at a steady rate through the core of
//! `rialto serve` in `written` mode, in turns alone, beside a process that only keeps the other processor busy, and
//! beside one that takes a snapshot. A virtual machine whose processors are all busy may be stopped by its host;
//! what the second kind of round shows is the machine's, what the third shows beyond it is the snapshot's.
//!
//! A latency counts from the moment at which the command was due until its events are released, so that a pause
//! of the core counts for everything that it makes late. The process that takes the snapshot is this program
//! again, as unimportant as the keeper's is. Each round with one first fills a segment, so that there is
//! something to be taken; what was recovered is ended by as many commands as its larger segments hold.

use std::ffi::OsStr;
use std::hint::spin_loop;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use rialto_exchange::core::{Core, CoreGauges, Parts, RecordClock};
use rialto_exchange::poison::Applying;
use rialto_exchange::recovery::{Replay, journal_directory};
use rialto_exchange::snapshot;
use rialto_gateway::ReportLog;
use rialto_journal::{FileStorage, Journal, SegmentBytes};
use rialto_ring::{EventReceiver, EventSource, IdleStrategy, Probes, ReferencePrices, event_ring};

use crate::SHARD;
use crate::flow::Flow;

/// How the program is told to take a snapshot.
const TAKE: &str = "--take-snapshot";
/// How it is told to do nothing, busily.
const SPIN: &str = "--spin";
/// Commands a second while it is measured.
const RATE: u64 = 100_000;
/// Rounds of each kind.
const ROUNDS: usize = 5;
/// How long a round without a snapshot is; one with takes as long as the snapshot.
const ROUND: Duration = Duration::from_secs(5);
/// Small, so that a round soon has a complete segment.
const SEGMENT_MIB: u64 = 16;
/// A record is 64 bytes or somewhat less, so half of them fill a segment for certain.
const RECORD_BYTES_MIN: u64 = 32;
const COMMANDS_OF_A_SEGMENT: u64 = (SEGMENT_MIB << 20) / RECORD_BYTES_MIN;

/// The journal of which a snapshot is to be taken, when this is the process that takes it.
pub(crate) fn asked_for_snapshot() -> Option<PathBuf> {
    let mut arguments = std::env::args_os().skip_while(|argument| argument != TAKE);
    arguments.nth(1).map(PathBuf::from)
}

/// Whether this is the process that keeps a processor busy. It ends with its parent.
pub(crate) fn asked_to_spin() -> bool {
    std::env::args_os().any(|argument| argument == SPIN)
}

/// Keeps a processor busy until it is ended, giving way as the keeper's process does.
pub(crate) fn spin() -> ! {
    snapshot::step_back();
    loop {
        spin_loop();
    }
}

/// Takes it, as the keeper's process does.
pub(crate) fn take_snapshot(journal: &Path) -> Result<()> {
    snapshot::step_back();
    let taken = snapshot::take(journal)?.context("a segment is complete")?;
    println!(
        "  a snapshot at {}: {} bytes, {} commands replayed, in {:.1?}",
        taken.seq,
        taken.bytes,
        taken.command_count(),
        taken.took
    );
    Ok(())
}

/// A core with what feeds it and what reads it.
struct Rig {
    core: Core<FileStorage>,
    events: EventReceiver,
    flow: Flow,
}

/// Measures and prints.
pub(crate) fn measure(data: &Path, flow: Flow) -> Result<()> {
    let mut rig = Rig::recover(data, flow)?;
    rig.fill(SegmentBytes::default().get() / RECORD_BYTES_MIN)?;
    println!("{RATE} commands a second through the core, with and without a snapshot being taken:");
    for _ in 0..ROUNDS {
        let alone = rig.round(|elapsed| Ok(elapsed < ROUND))?;
        tell("alone", &alone);
        let mut spinning = start(&[SPIN.as_ref()])?;
        let busy = rig.round(|elapsed| Ok(elapsed < ROUND));
        // It may have ended by itself only if it could not be started.
        let _ = spinning.kill();
        spinning.wait().context("ending the process that spins")?;
        tell("beside a busy processor", &busy?);
        rig.fill(COMMANDS_OF_A_SEGMENT)?;
        let mut taking = start(&[TAKE.as_ref(), journal_directory(data).as_os_str()])?;
        let beside = rig.round(|_| still_runs(&mut taking))?;
        tell("beside a snapshot", &beside);
    }
    Ok(())
}

/// Starts this program again.
fn start(arguments: &[&OsStr]) -> Result<Child> {
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command.spawn().context("starting this program again")
}

fn still_runs(taking: &mut Child) -> Result<bool> {
    let Some(status) = taking.try_wait()? else {
        return Ok(true);
    };
    ensure!(status.success(), "the snapshot was not taken: {status}");
    Ok(false)
}

fn tell(what: &str, latencies: &Histogram<u64>) {
    let at = |quantile| Duration::from_nanos(latencies.value_at_quantile(quantile));
    println!(
        "  {what}: {} commands, p50 {:.1?}, p99 {:.1?}, p99.9 {:.1?}, p99.99 {:.1?}, longest {:.1?}",
        latencies.len(),
        at(0.5),
        at(0.99),
        at(0.999),
        at(0.9999),
        Duration::from_nanos(latencies.max())
    );
}

impl Rig {
    fn recover(data: &Path, flow: Flow) -> Result<Self> {
        let restored = Replay::open(data, SHARD)?.run(Arc::default(), ReportLog::default())?;
        let exchange = restored.state.exchange;
        let seq = exchange.seq();
        println!("{} open orders", exchange.open_order_count());
        let (outlet, events, watermark) = event_ring(65_536, IdleStrategy::Latency, seq);
        let clock = RecordClock::start(restored.journal.last_time());
        let publish = Box::new(move |seq| watermark.publish(seq));
        let segment = SegmentBytes::new(SEGMENT_MIB << 20)?;
        let journal = Journal::written(restored.journal, segment, publish)?;
        let core = Core::new(Parts {
            exchange,
            journal,
            clock,
            outlet,
            prices: Arc::new(ReferencePrices::new(16)),
            gauges: Arc::new(CoreGauges::default()),
            probes: Arc::new(Probes::default()),
            applying: Arc::new(Applying::default()),
        });
        Ok(Self { core, events, flow })
    }

    /// One command, all the way.
    fn step(&mut self) -> Result<()> {
        let input = self.flow.next();
        self.core.step(&input)?;
        self.core.end_batch()?;
        self.events.drain(usize::MAX, |event| {
            std::hint::black_box(event);
        });
        Ok(())
    }

    /// Commands as fast as they go.
    fn fill(&mut self, count: u64) -> Result<()> {
        (0..count).try_for_each(|_| self.step())
    }

    /// Commands at the rate while `goes_on`, which is asked once a millisecond; the latency of each in ns.
    fn round(
        &mut self,
        mut goes_on: impl FnMut(Duration) -> Result<bool>,
    ) -> Result<Histogram<u64>> {
        let mut latencies = Histogram::new(3)?;
        let interval = Duration::from_nanos(1_000_000_000 / RATE);
        let begin = Instant::now();
        let mut due = begin;
        loop {
            for _ in 0..RATE / 1_000 {
                while Instant::now() < due {
                    spin_loop();
                }
                self.step()?;
                latencies.record(u64::try_from(due.elapsed().as_nanos())?)?;
                due += interval;
            }
            if !goes_on(begin.elapsed())? {
                return Ok(latencies);
            }
        }
    }
}
