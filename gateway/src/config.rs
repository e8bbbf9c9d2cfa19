//! What the operator chooses about the gateway. Plain data; the exchange fills it from its own
//! configuration.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use rialto_risk::GateLimits;

use crate::publisher::PublisherLimits;

/// The gateway's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayConfig {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Given when the data directory was created; part of what a logon signs.
    pub exchange_id: u64,
    /// For people; the first 32 bytes are told.
    pub exchange_name: String,
    /// The interval that holds unless a logon asks for another. 1 to 60 s.
    pub heartbeat_interval: Duration,
    /// WebSocket connections at the same time.
    pub connections_max: usize,
    /// Of these from one address.
    pub connections_per_address_max: usize,
    /// How fast each key may send.
    pub rates: GateLimits,
    /// What the publisher holds sessions to.
    pub publisher: PublisherLimits,
    /// Requests of sessions that may wait for the publisher.
    pub requests_max: usize,
    /// After a start, how long keys with cancel-on-disconnect armed have to come back before their
    /// orders are cancelled.
    pub reconnect_grace: Duration,
}

impl Default for GatewayConfig {
    /// Loopback, a free port, bounds for some thousand clients.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            exchange_id: 0,
            exchange_name: "rialto".to_owned(),
            heartbeat_interval: Duration::from_secs(10),
            connections_max: 12_000,
            connections_per_address_max: 12_000,
            rates: GateLimits::default(),
            publisher: PublisherLimits::default(),
            requests_max: 4_096,
            reconnect_grace: Duration::from_secs(10),
        }
    }
}
