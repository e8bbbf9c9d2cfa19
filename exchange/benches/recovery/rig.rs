//! A core as `rialto serve` has it, fed at a steady rate by the thread that drives it.
//!
//! A latency counts from the moment at which a command was due until the core is done with it, so that a pause of
//! the core counts for everything that it makes late.

use std::hint::spin_loop;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use rialto_exchange::core::{Core, CoreGauges, Parts, RecordClock};
use rialto_exchange::poison::Applying;
use rialto_exchange::recovery::Restored;
use rialto_journal::storage::Storage;
use rialto_journal::{DurableConfig, Hooks, Idle, Journal, Recovered, SegmentBytes};
use rialto_ring::{
    EventReceiver, EventSource, IdleStrategy, Idler, Probes, ReferencePrices, Watermark,
    event_ring, idle_pair,
};
use rialto_types::Seq;

use crate::course::Course;
use crate::flow::Flow;
use crate::stops::Stops;

/// Commands a second while it is measured.
pub(crate) const RATE: u64 = 100_000;
/// Events that its ring holds: more than ever wait for the disk, since the thread that drives the core is also the one
/// that reads them.
const EVENT_RING: usize = 1 << 20;
/// Events that are read after a command: more than one causes, and few enough that those of a whole sync, which are released
/// at once, do not hold up the core, whose thread this is. In the exchange the publisher's own reads them.
const DRAINED_MAX: usize = 64;
/// Commands after which the disk is waited for where they go as fast as they can.
const UNSETTLED_MAX: u64 = 50_000;
/// How long the disk has for what waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a round of commands at a steady rate showed.
pub(crate) struct Round {
    /// Of each command, in ns.
    pub(crate) latencies: Histogram<u64>,
    pub(crate) stops: Stops,
    pub(crate) course: Course,
}

/// A core with what feeds it and what reads it.
pub(crate) struct Rig<S: Storage> {
    core: Core<S>,
    events: EventReceiver,
    flow: Flow,
    /// The last command of which everybody may be told.
    released: Seq,
}

impl<S: Storage> Rig<S> {
    /// Starts the core where recovery left it.
    pub(crate) fn start(
        restored: Restored<S>,
        flow: Flow,
        journal: impl FnOnce(Recovered<S>, Watermark) -> Result<Journal<S>>,
    ) -> Result<Self> {
        let exchange = restored.state.exchange;
        let (outlet, events, watermark) =
            event_ring(EVENT_RING, IdleStrategy::Latency, exchange.seq());
        let clock = RecordClock::start(restored.journal.last_time());
        let core = Core::new(Parts {
            exchange,
            journal: journal(restored.journal, watermark)?,
            clock,
            outlet,
            prices: Arc::new(ReferencePrices::new(16)),
            gauges: Arc::new(CoreGauges::default()),
            probes: Arc::new(Probes::default()),
            applying: Arc::new(Applying::default()),
        });
        Ok(Self {
            core,
            events,
            flow,
            released: Seq(0),
        })
    }

    /// Ends its journal.
    pub(crate) fn end(self) -> Result<()> {
        let (_, journal) = self.core.into_parts();
        journal.close()?;
        Ok(())
    }

    /// One command, all the way.
    fn step(&mut self) -> Result<()> {
        let input = self.flow.next();
        self.core.step(&input)?;
        self.core.end_batch()?;
        self.drain(DRAINED_MAX);
        Ok(())
    }

    fn drain(&mut self, max: usize) {
        let released = &mut self.released;
        self.events.drain(max, |event| *released = event.seq);
    }

    /// Commands as fast as they go.
    pub(crate) fn fill(&mut self, count: u64) -> Result<()> {
        for done in 1..=count {
            self.step()?;
            if done.is_multiple_of(UNSETTLED_MAX) {
                self.settle()?;
            }
        }
        self.settle()
    }

    /// Waits until everybody may be told of everything.
    fn settle(&mut self) -> Result<()> {
        let last = self.core.exchange().seq();
        let begin = Instant::now();
        while self.released < last {
            let waited = begin.elapsed();
            ensure!(
                waited < PATIENCE,
                "command {last} is not synced after {waited:.1?}"
            );
            self.drain(usize::MAX);
            if self.released < last {
                sleep(Duration::from_millis(1));
            }
        }
        Ok(())
    }

    /// Commands at the rate while `goes_on`, which is asked once a millisecond.
    pub(crate) fn round(
        &mut self,
        mut goes_on: impl FnMut(Duration) -> Result<bool>,
    ) -> Result<Round> {
        let mut latencies = Histogram::new(3)?;
        let interval = Duration::from_nanos(1_000_000_000 / RATE);
        let (mut stops, mut course) = (Stops::watch()?, Course::default());
        let begin = Instant::now();
        let mut due = begin;
        loop {
            for _ in 0..RATE / 1_000 {
                loop {
                    let now = Instant::now();
                    stops.still_runs(now)?;
                    if now >= due {
                        break;
                    }
                    spin_loop();
                }
                self.step()?;
                let latency = due.elapsed();
                latencies.record(u64::try_from(latency.as_nanos())?)?;
                course.record(latency);
                due += interval;
            }
            course.end_millisecond();
            stops.look()?;
            if !goes_on(begin.elapsed())? {
                return Ok(Round {
                    latencies,
                    stops,
                    course,
                });
            }
        }
    }
}

/// The journal in `durable` mode, as `rialto serve` has it.
pub(crate) fn durable<S: Storage + 'static>(
    recovered: Recovered<S>,
    watermark: Watermark,
    segment: SegmentBytes,
) -> Result<Journal<S>> {
    let (idler, waker) = idle_pair(IdleStrategy::Balanced);
    let hooks = Hooks {
        idle: Box::new(Waiting(idler)),
        wake: Box::new(move || waker.wake()),
        publish: Box::new(move |seq| watermark.publish(seq)),
    };
    let config = DurableConfig::default();
    let journal = Journal::durable(recovered, segment, config, hooks);
    journal.context("starting the journal")
}

struct Waiting(Idler);

impl Idle for Waiting {
    fn worked(&mut self) {
        self.0.worked();
    }

    fn idle(&mut self, ready: &mut dyn FnMut() -> bool) {
        self.0.idle(Duration::from_millis(100), ready);
    }
}

/// Prints a round.
pub(crate) fn tell(what: &str, round: &Round) {
    let latencies = &round.latencies;
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
    println!("    {}", round.stops);
}
