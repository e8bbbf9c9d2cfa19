//! A running exchange: the real core on the real journal, every thread's work done by hand.
//!
//! Three threads of the product are missing here, and only the threads: the journal's turns, the tasks
//! beside the writer and the publisher's reading are called for when the history says so. What the clock
//! shows is given too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, anyhow};
use rialto_exchange::core::{Core, CoreGauges, Parts, RecordClock};
use rialto_exchange::recovery::Restored;
use rialto_journal::{
    BackgroundSegments, Durability, DurableConfig, Journal, JournalWork, SegmentBytes, SegmentWork,
};
use rialto_ring::{
    EventReceiver, EventSource, IdleStrategy, Probes, ReferencePrices, Watermark, event_ring,
};
use rialto_types::{Event, Input, Seq, Timestamp};

use crate::disk::SimulatedStorage;

/// More events than the commands that may wait for a sync can have.
const EVENT_RING: usize = 4_096;
/// Commands that may wait for a sync: so few that neither ring is ever full.
pub const UNSYNCED_MAX: u64 = 64;
/// More than the commands of one batch and those that wait.
const JOURNAL_RING: usize = 256;
/// More than any history lists.
const INSTRUMENTS: u32 = 64;

/// How a process is started.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// What an acknowledgement promises.
    pub durability: Durability,
    /// The size of new segments.
    pub segment_bytes: SegmentBytes,
    /// Commands that one sync covers at most.
    pub batch_max: usize,
    /// What the machine's clock shows.
    pub wall: Timestamp,
}

/// A running exchange.
pub struct Process {
    core: Core<SimulatedStorage>,
    /// The journal thread's work, in `durable` mode.
    work: Option<JournalWork<SimulatedStorage>>,
    segments: SegmentWork,
    events: EventReceiver,
    watermark: Watermark,
    elapsed_ns: Arc<AtomicU64>,
}

impl Process {
    /// Begins the next life of a recovered exchange.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn start(restored: Restored<SimulatedStorage>, settings: Settings) -> Result<Self> {
        let Restored {
            state,
            journal: recovered,
            applying,
            ..
        } = restored;
        let (outlet, events, watermark) = event_ring(EVENT_RING, IdleStrategy::Economy, Seq(0));
        let elapsed_ns = Arc::new(AtomicU64::new(0));
        let given = Arc::clone(&elapsed_ns);
        let clock = RecordClock::given(settings.wall, given, recovered.last_time());
        let storage = Arc::clone(recovered.storage());
        let (segments, segment_work) = BackgroundSegments::by_hand(storage, settings.segment_bytes);
        let segments = Box::new(segments);
        let publish = {
            let watermark = watermark.clone();
            Box::new(move |seq| watermark.publish(seq))
        };
        let (journal, work) = match settings.durability {
            Durability::Written => (Journal::written_on(recovered, segments, publish)?, None),
            Durability::Durable => {
                let config = DurableConfig {
                    ring: JOURNAL_RING,
                    batch_max: settings.batch_max,
                };
                let (journal, work) =
                    Journal::durable_by_hand(recovered, segments, config, publish)?;
                (journal, Some(work))
            }
        };
        let core = Core::new(Parts {
            exchange: state.exchange,
            journal,
            clock,
            outlet,
            prices: Arc::new(ReferencePrices::new(INSTRUMENTS)),
            gauges: Arc::new(CoreGauges::default()),
            probes: Arc::new(Probes::default()),
            applying,
        });
        Ok(Self {
            core,
            work,
            segments: segment_work,
            events,
            watermark,
            elapsed_ns,
        })
    }

    /// Says how long ago it was started.
    pub fn set_elapsed(&self, elapsed_ns: u64) {
        self.elapsed_ns.store(elapsed_ns, Ordering::Relaxed);
    }

    /// The last command applied.
    pub fn seq(&self) -> Seq {
        self.core.exchange().seq()
    }

    /// Its time.
    pub fn time(&self) -> Timestamp {
        self.core.exchange().time()
    }

    /// The last command that may be told of.
    pub fn published(&self) -> Seq {
        self.watermark.get()
    }

    /// Commands that wait for a sync.
    pub fn unsynced(&self) -> u64 {
        self.seq().0.saturating_sub(self.published().0)
    }

    /// The core takes a command.
    ///
    /// # Errors
    /// When the journal has stopped.
    pub fn step(&mut self, input: &Input) -> Result<()> {
        self.core.step(input).map_err(|error| anyhow!(error))
    }

    /// A batch is over.
    ///
    /// # Errors
    /// As [`Process::step`].
    pub fn end_batch(&mut self) -> Result<()> {
        self.core.end_batch().map_err(|error| anyhow!(error))
    }

    /// Time passes.
    ///
    /// # Errors
    /// As [`Process::step`].
    pub fn tick(&mut self) -> Result<()> {
        let ticked = self.core.tick();
        ticked.map(drop).map_err(|error| anyhow!(error))
    }

    /// The journal thread takes a turn; false when there was nothing to do.
    ///
    /// # Errors
    /// When the journal has stopped.
    pub fn turn(&mut self) -> Result<bool> {
        match &mut self.work {
            Some(work) => work.turn().map_err(|error| anyhow!(error)),
            None => Ok(false),
        }
    }

    /// The thread beside the writer does its next task; false when none waits.
    pub fn work_beside(&self) -> bool {
        self.segments.step()
    }

    /// Whether the journal has stopped.
    pub fn is_stopped(&self) -> bool {
        self.core.failure().is_some()
    }

    /// The publisher takes what may be told.
    pub fn drain(&mut self, tell: impl FnMut(&Event)) {
        self.events.drain(EVENT_RING, tell);
    }

    /// Ends in order; returns the last command, which is on the disk then.
    ///
    /// # Errors
    /// When the journal has stopped.
    pub fn close(mut self) -> Result<Seq> {
        while self.turn()? {}
        let (_, journal) = self.core.into_parts();
        let closed = match self.work {
            Some(work) => work.close(),
            None => journal.close(),
        };
        closed.map_err(|error| anyhow!(error))
    }
}
