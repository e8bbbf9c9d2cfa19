//! The gateway as the exchange drives it: bind, open, drain, close.
//!
//! It listens from the beginning, so that health can be asked for while the exchange recovers; it lets
//! clients in once it is given the way to the core. To end, the exchange first lets it take no more
//! orders, then stops the core, and then closes the gateway, which publishes what the core has said, tells
//! every client why it ends, and returns.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use prometheus_client::registry::Registry;
use rialto_ring::{CommandSink, EventGauge, EventSource, Probes, ReferencePrices, Waker};
use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinHandle as TaskHandle;

use crate::config::GatewayConfig;
use crate::directory::DirectoryCell;
use crate::floor::{Floor, Market, Phase};
use crate::metrics::Metrics;
use crate::models::ReadModels;
use crate::publisher::thread::{Driver, RequestSender};
use crate::publisher::{Publisher, ReportLog};
use crate::request::Request;
use crate::server::{self, Server};
use crate::session::grace;
use crate::tls::{Tls, TlsError};

/// Bytes that the system may hold for a client that does not read; Linux doubles it for its own needs.
const SEND_BUFFER_BYTES: u32 = 256 * 1024;
/// Connections that the system may hold until they are taken.
const BACKLOG: u32 = 1_024;
/// How often it is looked whether all connections have ended.
const CLOSE_STEP: Duration = Duration::from_millis(5);

/// The way to the core, and what is known when the gateway opens.
pub struct MarketParts<S> {
    /// Where commands go.
    pub commands: Arc<dyn CommandSink>,
    /// Where events come from.
    pub events: S,
    /// Tells how full the event ring is.
    pub event_gauge: EventGauge,
    /// The last trade of each instrument.
    pub prices: Arc<ReferencePrices>,
    /// The read models after recovery.
    pub models: ReadModels,
    /// The latest reports, for clients that missed them.
    pub reports: ReportLog,
    /// What follows a few commands through their stages; the core has the same.
    pub probes: Arc<Probes>,
}

/// Why a gateway does not begin to listen. Each message is complete.
#[derive(Debug, Error)]
pub enum BindError {
    /// The configuration cannot be run.
    #[error("{0}")]
    Configuration(String),
    /// The certificate or its key cannot be used.
    #[error("{0}")]
    Tls(TlsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
}

/// A running gateway.
pub struct Gateway {
    address: SocketAddr,
    server: Arc<Server>,
    accepting: TaskHandle<()>,
    publisher: Option<Running>,
}

/// The publisher at work.
struct Running {
    place: Place,
    stop: Arc<AtomicBool>,
    waker: Waker,
    grace: TaskHandle<()>,
}

/// Where the publisher runs.
enum Place {
    Thread(JoinHandle<()>),
    BesideSessions(TaskHandle<()>),
}

impl Place {
    /// Waits for its end; whether it came without a panic.
    async fn ended(self) -> bool {
        match self {
            Self::Thread(thread) => {
                let joined = tokio::task::spawn_blocking(move || thread.join()).await;
                matches!(joined, Ok(Ok(())))
            }
            Self::BesideSessions(task) => task.await.is_ok(),
        }
    }
}

impl Gateway {
    /// Begins to listen. Only health and metrics are answered until [`open`](Self::open). The registry
    /// may hold metrics of the exchange's own. To be called within a tokio runtime.
    ///
    /// # Errors
    /// When the configuration cannot be run, the certificate cannot be used, or the address cannot be listened on.
    pub fn bind(config: GatewayConfig, mut registry: Registry) -> Result<Self, BindError> {
        config.check().map_err(BindError::Configuration)?;
        let load = |files| Tls::load(files, &mut registry);
        let tls = config.tls.clone().map(load).transpose();
        let tls = tls.map_err(BindError::Tls)?;
        let wanted = config.listen;
        let listening = listen(wanted).and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = listening.map_err(|error| BindError::Listen {
            address: wanted,
            error,
        })?;
        let metrics = Arc::new(Metrics::new(&mut registry));
        let server = Arc::new(Server {
            floor: Arc::new(Floor::new(config, metrics)),
            registry,
            tls,
            event_gauge: OnceLock::new(),
        });
        let accepting = tokio::spawn(server::accept(listener, Arc::clone(&server)));
        let tls = server.tls.is_some();
        tracing::info!(%address, tls, "listening");
        Ok(Self {
            address,
            server,
            accepting,
            publisher: None,
        })
    }

    /// The address that it listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reads certificate and key again, for connections from now on; those that there are keep the old one.
    /// Returns whether there is TLS at all. Reads two files: nothing for a thread that others wait for.
    ///
    /// # Errors
    /// What is wrong with the files; then nothing has changed.
    pub fn reload_certificate(&self) -> Result<bool, TlsError> {
        let Some(tls) = &self.server.tls else {
            return Ok(false);
        };
        tls.reload().map(|()| true)
    }

    /// How far it is.
    pub fn phase(&self) -> Phase {
        self.server.floor.phase()
    }

    /// Lets clients in. Starts the publisher.
    ///
    /// # Errors
    /// When the thread cannot be started.
    ///
    /// # Panics
    /// When called twice.
    pub fn open<S: EventSource + Send + 'static>(
        &mut self,
        parts: MarketParts<S>,
    ) -> std::io::Result<()> {
        let floor = &self.server.floor;
        let directory = DirectoryCell::new(parts.models.directory().clone());
        let publisher = Publisher::new(
            parts.models,
            parts.reports,
            Arc::clone(&directory),
            Arc::clone(&floor.metrics),
            floor.config.publisher,
        );
        let stop = Arc::new(AtomicBool::new(false));
        let (driver, requests) = Driver::new(
            publisher,
            parts.events,
            floor.config.requests_max,
            Arc::clone(&stop),
            (Arc::clone(&floor.metrics), Arc::clone(&parts.probes)),
        );
        let place = if floor.config.publisher_beside_sessions {
            Place::BesideSessions(tokio::spawn(driver.run_beside_sessions()))
        } else {
            let thread = std::thread::Builder::new().name("publisher".to_owned());
            Place::Thread(thread.spawn(move || driver.run())?)
        };
        let waker = requests.waker();
        let gauge = self.server.event_gauge.set(parts.event_gauge);
        assert!(gauge.is_ok(), "the gateway is opened once");
        let grace = tokio::spawn(cancel_of_those_who_stay_away(
            Arc::clone(floor),
            requests.clone(),
        ));
        floor.open(Market {
            commands: parts.commands,
            prices: parts.prices,
            directory,
            requests,
            probes: parts.probes,
        });
        self.publisher = Some(Running {
            place,
            stop,
            waker,
            grace,
        });
        tracing::info!(address = %self.address, "open");
        Ok(())
    }

    /// Takes no more commands: they are refused as `ShuttingDown`. What was taken is still told.
    pub fn drain(&self) {
        if self.server.floor.drain() {
            tracing::info!("taking no more commands");
        }
    }

    /// Publishes everything that the core has said, tells every client why it is ended, and ends. To be
    /// called when the core has stopped and its last event is released. Returns whether all clients have
    /// read why; those that have not within `drain_max` are not waited for.
    pub async fn close(self) -> bool {
        self.drain();
        if let Some(running) = self.publisher {
            running.grace.abort();
            running.stop.store(true, Ordering::Release);
            running.waker.wake();
            if !running.place.ended().await {
                tracing::error!("the publisher has panicked");
            }
        }
        let floor = &self.server.floor;
        let left = async {
            while floor.metrics.connections.get() > 0 {
                tokio::time::sleep(CLOSE_STEP).await;
            }
        };
        let left = tokio::time::timeout(floor.config.drain_max, left).await;
        self.accepting.abort();
        tracing::info!("closed");
        left.is_ok()
    }
}

/// Listens with bounded send buffers, which the connections inherit: left to itself the system lets the
/// buffer of a reader that does not read grow to megabytes.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// After a start: keys that had cancel-on-disconnect armed and do not come back in time lose their
/// orders, as if their session had been lost now.
async fn cancel_of_those_who_stay_away(floor: Arc<Floor>, requests: RequestSender) {
    tokio::time::sleep(floor.config.reconnect_grace).await;
    let (reply, answer) = oneshot::channel();
    if requests.send(Request::ArmedKeys { reply }).await.is_err() {
        return;
    }
    let Ok(armed) = answer.await else {
        return;
    };
    for key in armed {
        grace::give_up(&floor, key, None).await;
    }
}
