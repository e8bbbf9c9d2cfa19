//! What all sessions share.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use rialto_ring::{CommandSink, Probes, ReferencePrices};

use crate::accounts::AccountDesks;
use crate::admission::{Admission, Bounds};
use crate::config::GatewayConfig;
use crate::directory::DirectoryCell;
use crate::keys::KeyDesk;
use crate::metrics::Metrics;
use crate::publisher::thread::RequestSender;
use crate::rates::RateTable;
use crate::request::SessionId;

/// How far the exchange is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// The journal is being replayed; nobody can log on.
    Recovering = 0,
    /// Open for everybody.
    Open = 1,
    /// About to end: nothing is taken that would change something.
    Draining = 2,
}

impl Phase {
    /// What `/healthz` calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recovering => "recovering",
            Self::Open => "open",
            Self::Draining => "draining",
        }
    }
}

/// The way to the core and to the publisher, there once the exchange has recovered.
pub(crate) struct Market {
    pub(crate) commands: Arc<dyn CommandSink>,
    pub(crate) prices: Arc<ReferencePrices>,
    pub(crate) directory: Arc<DirectoryCell>,
    pub(crate) requests: RequestSender,
    pub(crate) probes: Arc<Probes>,
}

/// The shared state.
pub(crate) struct Floor {
    pub(crate) config: GatewayConfig,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) keys: Arc<KeyDesk>,
    pub(crate) accounts: AccountDesks,
    /// By address, as [`Admission`] tells them apart.
    pub(crate) address_rates: RateTable<IpAddr>,
    pub(crate) admission: Admission,
    phase: AtomicU8,
    market: OnceLock<Market>,
    sessions: AtomicU64,
}

impl Floor {
    pub(crate) fn new(config: GatewayConfig, metrics: Arc<Metrics>) -> Self {
        let admission = Admission::new(Bounds {
            total: config.connections_max,
            per_address: config.connections_per_address_max,
            listeners: config.listeners_max,
        });
        Self {
            accounts: AccountDesks::new(config.account_rates, config.sessions_per_account_max),
            address_rates: RateTable::new(config.address_rates),
            config,
            metrics,
            keys: Arc::default(),
            admission,
            phase: AtomicU8::new(Phase::Recovering as u8),
            market: OnceLock::new(),
            sessions: AtomicU64::new(0),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Recovering,
            1 => Phase::Open,
            _ => Phase::Draining,
        }
    }

    /// Opens for everybody.
    ///
    /// # Panics
    /// When it was opened before.
    pub(crate) fn open(&self, market: Market) {
        assert!(
            self.market.set(market).is_ok(),
            "the gateway is opened once"
        );
        let (from, to) = (Phase::Recovering as u8, Phase::Open as u8);
        // A gateway that was told to drain meanwhile stays so.
        let opened = self
            .phase
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
        if opened.is_err() {
            tracing::info!("the gateway drains before it has opened");
        }
    }

    /// Takes no more commands. Returns whether it took some until now.
    pub(crate) fn drain(&self) -> bool {
        let draining = Phase::Draining as u8;
        self.phase.swap(draining, Ordering::AcqRel) != draining
    }

    /// The way to the core, once there is one.
    pub(crate) fn market(&self) -> Option<&Market> {
        self.market.get()
    }

    pub(crate) fn next_session(&self) -> SessionId {
        SessionId(self.sessions.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
