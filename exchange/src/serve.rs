//! The life of an exchange process: recover, open, run, drain, end.
//!
//! Health and metrics answer from the first moment; clients are let in when recovery and founding are
//! done. SIGTERM and SIGINT end it in order: no more commands are taken, what was taken is applied,
//! journaled and told, clients hear why, and the journal is closed. A failure of the journal ends it the
//! same way, but nothing is told that may not have been written, and the process exits with an error.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use prometheus_client::registry::Registry;
use rialto_engine::Exchange;
use rialto_gateway::{Gateway, GatewayConfig, PublisherLimits, ReportLog, TlsFiles};
use rialto_journal::{ExchangeId, FileStorage};
use rialto_risk::{GateLimits, Rate};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use crate::config::{self, Config};
use crate::core::CoreGauges;
use crate::core::thread::{CoreThread, End};
use crate::disk::DiskWatch;
use crate::journal_gauges::JournalGauges;
use crate::recovery::{Replay, Restored, journal_directory};
use crate::snapshot::keeper::{self, Keeper};
use crate::wiring::{self, Assembled, Shared};
use crate::{banner, demo, descriptors, logging, metrics, poison, threads};

/// Turns of tasks after which a busy runtime looks at sockets, and lets the publisher on where it runs there too.
const EVENT_INTERVAL: u32 = 16;
/// Clocks that stand behind the journal by less than this are not worth a warning.
const BEHIND_TOLERATED: Duration = Duration::from_millis(100);

/// Runs an exchange until it is told to end.
///
/// # Errors
/// When it cannot start, or the journal failed; the message says what to do.
pub fn run(config: &Config, demo: bool) -> Result<()> {
    // Before pools and rings are taken.
    rialto_memory::set_resident_max(config.core.resident_mib << 20);
    if let Some(cpu) = config.core.core_cpu {
        // Before there are more threads than that of the log.
        threads::leave_to_core(cpu);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads::plan(config).gateway_threads)
        .event_interval(EVENT_INTERVAL)
        .enable_all()
        .build()
        .context("starting the gateway's threads")?;
    runtime.block_on(live(config, demo))
}

async fn live(config: &Config, demo: bool) -> Result<()> {
    let mut signals = Signals::new()?;
    let tls = tls_files(&config.server);
    let mut renewals = Renewals::new(tls.is_some())?;
    let replay = Replay::open(
        &config.server.data,
        rialto_types::ShardId(config.core.shard),
    )?;
    let shared = Shared::default();
    let gauges = Arc::clone(&shared.gauges);
    let mut registry = Registry::default();
    let journal_gauges = Arc::new(JournalGauges::default());
    metrics::register(&mut registry, shared.clone(), Arc::clone(&journal_gauges));
    let gateway_config = gateway_config(config, replay.exchange_id())?;
    let mut gateway = Gateway::bind(gateway_config, registry)?;

    let room = poison::Room::take(&journal_directory(&config.server.data))?;
    let applying = poison::watch(Some(room));
    let reports = ReportLog::with_capacity(mib(config.gateway.report_memory_mib)?);
    let recovering = tokio::task::spawn_blocking(move || replay.run(applying, reports));
    let restored = tokio::select! {
        restored = recovering => restored.context("recovering")??,
        // The replay reads only, and cannot be called off.
        signal = signals.next() => leave(signal, "ended while recovering; nothing was taken"),
    };
    tell_recovery(&restored, &gauges);
    journal_gauges.replayed(restored.command_count, restored.replay_took);
    let storage = Arc::clone(restored.journal.storage());
    let Assembled {
        core,
        commands,
        market,
    } = assembled(config, restored, shared, demo, &mut signals).await?;
    if let Some(writer) = core.journal_gauge() {
        journal_gauges.writes(writer);
    }
    let (ended, core_ended) = oneshot::channel();
    let core = wiring::start_core(config, core, commands, move || {
        // Nobody listens when the process is ending already.
        let _ = ended.send(());
    })?;
    gateway.open(market).context("starting the publisher")?;
    let watches = Watches::start(config, storage, gauges, journal_gauges)?;
    let address = gateway.address();
    let traders = if demo && config.demo.traders {
        let venue = demo::Venue {
            address,
            certificate: tls.map(|files| files.certificates),
        };
        demo::start(&venue, &config.server.data)?
    } else {
        JoinSet::new()
    };
    // Nobody may be there to read it any more; the exchange is open all the same.
    let banner = banner::text(&banner::program(), address, config, demo);
    let mut out = std::io::stdout();
    let _ = out.write_all(banner.as_bytes()).and_then(|()| out.flush());

    tokio::select! {
        signal = signals.next() => info!(signal, "draining"),
        _ = core_ended => error!("the core has ended by itself"),
        () = renewals.follow(&gateway) => {}
    }
    drop(watches);
    end(config, gateway, core, traders).await
}

/// Puts the pipeline together, unless the process is told to end meanwhile: the first segment of a journal
/// may take long to write.
async fn assembled(
    config: &Config,
    restored: Restored,
    shared: Shared,
    demo: bool,
    signals: &mut Signals,
) -> Result<Assembled> {
    let config = config.clone();
    let assembling =
        tokio::task::spawn_blocking(move || wiring::assemble(&config, restored, shared, demo));
    tokio::select! {
        assembled = assembling => assembled.context("opening")?,
        // A founding that is cut off goes on at the next start, as after a crash.
        signal = signals.next() => leave(signal, "ended while opening; nothing was taken"),
    }
}

/// Ends a process that nobody has been let into yet.
fn leave(signal: &'static str, why: &'static str) -> ! {
    info!(signal, "{why}");
    logging::flush();
    std::process::exit(0)
}

/// What looks after the journal beside the core.
struct Watches {
    _disk: DiskWatch,
    /// None when no snapshots are wanted.
    _keeper: Option<Keeper>,
}

impl Watches {
    fn start(
        config: &Config,
        storage: Arc<FileStorage>,
        core: Arc<CoreGauges>,
        gauges: Arc<JournalGauges>,
    ) -> Result<Self> {
        let config = &config.journal;
        let mark_bytes = config.free_space_mib.saturating_mul(1 << 20);
        let directory = storage.directory().to_owned();
        let disk = DiskWatch::start(directory, mark_bytes, Arc::clone(&gauges))?;
        let parts = keeper::Parts {
            storage,
            archive: config.archive.clone(),
            free_bytes_min: mark_bytes,
            replay_max: Duration::from_millis(config.snapshot_replay_ms),
            memory: keeper::Memory::new(config.snapshot_memory_mib),
            core,
            gauges,
        };
        let is_wanted = config.snapshot_replay_ms > 0;
        let keeper = is_wanted.then(|| Keeper::start(parts)).transpose()?;
        Ok(Self {
            _disk: disk,
            _keeper: keeper,
        })
    }
}

/// Ends everything in order. The traders go first, like any client that leaves.
async fn end(
    config: &Config,
    gateway: Gateway,
    core: CoreThread<FileStorage>,
    mut traders: JoinSet<()>,
) -> Result<()> {
    let started = Instant::now();
    traders.shutdown().await;
    gateway.drain();
    let stopping = tokio::task::spawn_blocking(move || {
        let End { core, failure } = core.stop();
        let (exchange, journal) = core.into_parts();
        (exchange, failure, journal.close())
    });
    let (exchange, failure, closed) = stopping.await.context("stopping the core")?;
    if !gateway.close().await {
        let patience = Duration::from_millis(config.server.drain_ms);
        warn!(
            ?patience,
            "gave up waiting for clients to read why they are ended"
        );
    }
    if let Some(failure) = failure {
        bail!("{failure}; nothing was acknowledged that was not written");
    }
    let durable = match closed {
        Ok(durable) => durable,
        Err(error) => bail!("{error}; nothing was acknowledged that was not written"),
    };
    let (seq, state_hash) = (exchange.seq().0, hash_text(&exchange));
    info!(seq, durable = durable.0, state_hash, took = ?started.elapsed(), "ended in order");
    Ok(())
}

fn tell_recovery(restored: &Restored, gauges: &CoreGauges) {
    gauges.recovered(restored.took, restored.command_count);
    let exchange = &restored.state.exchange;
    let (seq, snapshot) = (exchange.seq().0, restored.snapshot.0);
    let (commands, took) = (restored.command_count, restored.took);
    let state_hash = hash_text(exchange);
    let open_orders = exchange.open_order_count();
    info!(
        seq,
        snapshot,
        commands,
        ?took,
        open_orders,
        state_hash,
        "recovered"
    );
    let clock = crate::core::RecordClock::start(restored.journal.last_time());
    if clock.behind() > BEHIND_TOLERATED {
        let behind = clock.behind();
        warn!(
            ?behind,
            "this machine's clock stands behind the journal: time stands still until it has caught up"
        );
    }
}

/// The hash of a state, in hexadecimal: equal for equal states, whatever way led there.
fn hash_text(exchange: &Exchange) -> String {
    hex::encode(rialto_journal::state_hash(&exchange.image()))
}

fn mib(mib: usize) -> Result<usize> {
    mib.checked_mul(1 << 20)
        .context("so many MiB of memory cannot be")
}

fn gateway_config(config: &Config, exchange_id: ExchangeId) -> Result<GatewayConfig> {
    let Limits {
        key,
        account,
        address,
    } = Limits::new(&config.gateway);
    let (id, _) = exchange_id
        .0
        .split_first_chunk()
        .context("an exchange id has 16 bytes")?;
    let connections_max = descriptors::affordable_connections(config.gateway.connections)?;
    let kept = connections_max.saturating_mul(config.gateway.logon_share_percent.into()) / 100;
    let kib = |kib: usize| {
        kib.checked_mul(1_024)
            .context("a queue of that many KiB cannot be")
    };
    Ok(GatewayConfig {
        listen: config.server.listen,
        tls: tls_files(&config.server),
        exchange_id: u64::from_le_bytes(*id),
        exchange_name: config.server.name.clone(),
        heartbeat_interval: Duration::from_millis(config.gateway.heartbeat_ms),
        connections_max,
        connections_per_address_max: config.gateway.connections_per_ip,
        listeners_max: connections_max - kept,
        sessions_per_account_max: config.gateway.sessions_per_account,
        rates: key,
        account_rates: account,
        address_rates: address,
        publisher: PublisherLimits {
            trader_queue_bytes_max: kib(config.gateway.trader_queue_kib)?,
            public_queue_bytes_max: kib(config.gateway.public_queue_kib)?,
            subscriptions_per_session_max: config.gateway.subscriptions_per_session,
        },
        publisher_beside_sessions: threads::plan(config).is_publisher_beside_sessions,
        reconnect_grace: Duration::from_millis(config.gateway.reconnect_grace_ms),
        drain_max: Duration::from_millis(config.server.drain_ms),
        ..GatewayConfig::default()
    })
}

/// How fast a key, an account and an address may send.
#[derive(Debug, PartialEq, Eq)]
struct Limits {
    key: GateLimits,
    account: GateLimits,
    address: GateLimits,
}

impl Limits {
    /// What is not stated follows from a key's limits, so that who lifts those lifts all.
    fn new(config: &config::Gateway) -> Self {
        let limits = |orders: Option<u32>, cancels: Option<u32>, keys: u32| {
            let rate = |stated: Option<u32>, of_a_key: u32| {
                let per_second = stated.unwrap_or(of_a_key.saturating_mul(keys));
                (per_second > 0).then_some(Rate {
                    per_second,
                    burst: per_second,
                })
            };
            GateLimits {
                orders: rate(orders, config.orders_per_second),
                cancels: rate(cancels, config.cancels_per_second),
            }
        };
        Self {
            key: limits(None, None, 1),
            account: limits(
                config.account_orders_per_second,
                config.account_cancels_per_second,
                4,
            ),
            address: limits(
                config.ip_orders_per_second,
                config.ip_cancels_per_second,
                10,
            ),
        }
    }
}

/// The signals that end the process.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        let listen = |kind| signal(kind).context("listening for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// The signal by which an operator says that there is a new certificate. Without TLS it is not listened for and
/// ends the process, as a terminal that is closed expects.
struct Renewals(Option<Signal>);

impl Renewals {
    fn new(is_tls: bool) -> Result<Self> {
        let listen = || signal(SignalKind::hangup()).context("listening for signals");
        Ok(Self(is_tls.then(listen).transpose()?))
    }

    /// Has the certificate read again, each time it is said to be new. Never returns.
    async fn follow(&mut self, gateway: &Gateway) {
        let Some(hangup) = &mut self.0 else {
            return std::future::pending().await;
        };
        while hangup.recv().await.is_some() {
            match gateway.reload_certificate() {
                Ok(_) => {
                    info!("the certificate was read again: new connections are served with it");
                }
                Err(error) => error!(%error, "the old certificate stays in use"),
            }
        }
        std::future::pending::<()>().await;
    }
}

/// The certificate, if there is to be TLS: the configuration was checked to name both files or neither.
fn tls_files(config: &config::Server) -> Option<TlsFiles> {
    let certificates = config.tls_certificate.clone()?;
    let key = config.tls_key.clone()?;
    Some(TlsFiles { certificates, key })
}

/// Where a configuration file is looked for when none is named.
pub const DEFAULT_CONFIG: &str = "rialto.toml";

/// The configuration file to read: the one named, or the default one if it is there.
pub fn config_file(named: Option<&Path>) -> Option<&Path> {
    let default = Path::new(DEFAULT_CONFIG);
    named.or_else(|| default.is_file().then_some(default))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(limits: GateLimits) -> Option<u32> {
        limits.orders.map(|rate| rate.per_second)
    }

    #[test]
    fn limits_that_are_not_stated_follow_from_those_of_a_key() {
        let mut config = config::Gateway {
            orders_per_second: 100,
            ip_orders_per_second: Some(0),
            ..config::Gateway::default()
        };
        let limits = Limits::new(&config);
        assert_eq!(orders(limits.key), Some(100));
        assert_eq!(orders(limits.account), Some(400));
        assert_eq!(orders(limits.address), None);
        assert_eq!(limits.address.cancels.map(|r| r.burst), Some(200_000));
        config.orders_per_second = 0;
        config.ip_orders_per_second = None;
        let limits = Limits::new(&config);
        let all = [limits.key, limits.account, limits.address];
        assert_eq!(all.map(orders), [None; 3]);
    }
}
