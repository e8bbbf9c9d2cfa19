//! The whole pipeline being put together, on one page.
//!
//! ```text
//! gateway sessions ──► command ring ──► core thread ──► event ring ──► publisher ──► sessions
//!                                          │                 ▲
//!                                          ▼                 │ released up to the watermark
//!                                       journal ─────────────┘
//! ```
//!
//! Read it from top to bottom: the rings, the journal (in the core thread, or behind a ring with a
//! thread of its own), the ground that recovery left and founding prepared, the core thread, and what
//! the gateway is given.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rialto_gateway::MarketParts;
use rialto_gateway::models::ReadModels;
use rialto_journal::{DurableConfig, FileStorage, Hooks, Idle, Journal, Recovered, SegmentBytes};
use rialto_ring::{
    CommandReceiver, CommandRingSize, EventReceiver, IdleStrategy, Idler, Probes, ReferencePrices,
    Watermark, command_ring, event_ring, idle_pair,
};
use rialto_types::Seq;
use tracing::info;

use crate::config::{self, Config};
use crate::core::thread::CoreThread;
use crate::core::{Core, CoreGauges, Parts, RecordClock};
use crate::founding::{self, Ground};
use crate::recovery::Restored;
use crate::threads::Place;

/// How long the journal thread sleeps at most.
const JOURNAL_SLEEP_MAX: Duration = Duration::from_millis(100);

/// An exchange that is ready to run: its core, and the gateway's parts of the market.
pub struct Assembled {
    /// The core, not yet in its thread.
    pub core: Core<FileStorage>,
    /// Where the core takes commands from.
    pub commands: CommandReceiver,
    /// What the gateway is opened with.
    pub market: MarketParts<EventReceiver>,
}

/// What metrics read of the core and its way, made before there is a core.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// Counts and levels.
    pub gauges: Arc<CoreGauges>,
    /// What follows a few commands through their stages.
    pub probes: Arc<Probes>,
}

/// Puts a recovered exchange together and founds what is missing of it.
///
/// # Errors
/// When the journal cannot be continued or a key file cannot be written.
pub fn assemble(
    config: &Config,
    restored: Restored,
    shared: Shared,
    demo: bool,
) -> Result<Assembled> {
    let strategy = strategy(config.core.profile);

    // The rings.
    let size = CommandRingSize {
        orders_and_cancels: config.core.command_ring,
        reserved: config.core.reserved_ring,
    };
    let (sender, commands) = command_ring(size, strategy);
    let publishing = self::strategy(crate::threads::plan(config).publisher_profile);
    let (outlet, source, watermark) = event_ring(config.core.event_ring, publishing, Seq(0));
    let prices = Arc::new(ReferencePrices::new(config.capacity.instruments));
    let probes = shared.probes;

    // The journal goes on where recovery found its end.
    if restored.state.exchange.seq() == Seq(0) {
        let segment_mib = config.journal.segment_mib;
        info!(
            segment_mib,
            "writing the first journal segment; only a first start waits for that"
        );
    }
    let clock = RecordClock::start(restored.journal.last_time());
    let journal = journal(
        config,
        restored.journal,
        watermark.clone(),
        Arc::clone(&probes),
    )?;

    // What a first start is missing: pool sizes, an administrator, the demo's market.
    let mut ground = Ground {
        exchange: restored.state.exchange,
        models: restored.state.models,
        reports: restored.state.reports,
        journal,
        clock,
    };
    founding::set_capacity(&mut ground, config.capacity.into())?;
    founding::ensure_admin(&mut ground, &config.server.data)?;
    if demo {
        founding::ensure_demo(&mut ground, &config.server.data)?;
    }
    founding::settle(&ground, &watermark)?;
    let Ground {
        exchange,
        models,
        reports,
        journal,
        clock,
    } = ground;
    tell_last_trades(&models, &exchange, &prices);

    // The core between the rings, and the gateway at their outer ends.
    let event_gauge = outlet.gauge();
    let core = Core::new(Parts {
        exchange,
        journal,
        clock,
        outlet,
        prices: Arc::clone(&prices),
        gauges: shared.gauges,
        applying: restored.applying,
        probes: Arc::clone(&probes),
    });
    let market = MarketParts {
        commands: Arc::new(sender),
        events: source,
        event_gauge,
        prices,
        models,
        reports,
        probes,
    };
    Ok(Assembled {
        core,
        commands,
        market,
    })
}

/// Starts the core thread. `ended` is called when it ends, whatever the reason.
///
/// # Errors
/// When the system gives no thread.
pub fn start_core(
    config: &Config,
    core: Core<FileStorage>,
    commands: CommandReceiver,
    ended: impl FnOnce() + Send + 'static,
) -> Result<CoreThread<FileStorage>> {
    CoreThread::start(core, commands, crate::threads::plan(config).core, ended)
}

/// In `written` mode the core thread writes the map itself; in `durable` mode a journal thread does and
/// syncs. Either way the watermark hears up to where outputs may be told.
fn journal(
    config: &Config,
    recovered: Recovered<FileStorage>,
    watermark: Watermark,
    probes: Arc<Probes>,
) -> Result<Journal<FileStorage>> {
    let segment_bytes = SegmentBytes::new(config.journal.segment_mib << 20)?;
    let publish = Box::new(move |seq| {
        probes.journaled(seq);
        watermark.publish(seq);
    });
    let journal = match config.journal.durability {
        config::Durability::Written => Journal::written(recovered, segment_bytes, publish)?,
        config::Durability::Durable => {
            let profile = config.core.journal_profile.unwrap_or(config.core.profile);
            let (idler, waker) = idle_pair(strategy(profile));
            let place = Some(crate::threads::plan(config).journal);
            let idle = Box::new(JournalIdle { idler, place });
            let hooks = Hooks {
                idle,
                wake: Box::new(move || waker.wake()),
                publish,
            };
            Journal::durable(recovered, segment_bytes, DurableConfig::default(), hooks)?
        }
    };
    Ok(journal)
}

/// How the journal thread waits: as the profile says.
struct JournalIdle {
    idler: Idler,
    /// Where to go at the first wait, which is the journal thread's first act.
    place: Option<Place>,
}

impl Idle for JournalIdle {
    fn worked(&mut self) {
        self.idler.worked();
    }

    fn idle(&mut self, ready: &mut dyn FnMut() -> bool) {
        if let Some(place) = self.place.take() {
            place.take("journal");
        }
        self.idler.idle(JOURNAL_SLEEP_MAX, ready);
    }
}

fn tell_last_trades(
    models: &ReadModels,
    exchange: &rialto_engine::Exchange,
    prices: &ReferencePrices,
) {
    for instrument in models.directory().instruments() {
        if let Some(price) = exchange.reference_price(instrument.id) {
            prices.set(instrument.id, price);
        }
    }
}

fn strategy(profile: config::Profile) -> IdleStrategy {
    match profile {
        config::Profile::Latency => IdleStrategy::Latency,
        config::Profile::Balanced => IdleStrategy::Balanced,
        config::Profile::Economy => IdleStrategy::Economy,
    }
}
