//! What the operator chooses about the gateway. Plain data; the exchange fills it from its own
//! configuration.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use rialto_risk::GateLimits;

use crate::publisher::PublisherLimits;
use crate::tls::TlsFiles;

/// The heartbeat intervals that may be configured. A client may ask for 1 s and more; tests want less.
const HEARTBEAT_INTERVALS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(10)..=Duration::from_mins(10);

/// The gateway's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayConfig {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate to serve TLS with; in the clear without one.
    pub tls: Option<TlsFiles>,
    /// Given when the data directory was created; part of what a logon signs.
    pub exchange_id: u64,
    /// For people; the first 32 bytes are told.
    pub exchange_name: String,
    /// The interval that holds unless a logon asks for another. 10 ms to 10 minutes.
    pub heartbeat_interval: Duration,
    /// WebSocket connections at the same time.
    pub connections_max: usize,
    /// Of these from one address.
    pub connections_per_address_max: usize,
    /// Of these that listen to market data without a logon: the rest is kept for those who log on.
    pub listeners_max: usize,
    /// Sessions of one account that are logged on.
    pub sessions_per_account_max: usize,
    /// How fast each key may send.
    pub rates: GateLimits,
    /// How fast the keys of one account may send together.
    pub account_rates: GateLimits,
    /// How fast all keys may send together from one address.
    pub address_rates: GateLimits,
    /// What the publisher holds sessions to.
    pub publisher: PublisherLimits,
    /// Whether the publisher runs as a task beside the sessions instead of on a thread of its own. Right where one
    /// thread serves all of them and processors are few: a report then passes from the publisher to its session
    /// without waking a thread.
    pub publisher_beside_sessions: bool,
    /// Requests of sessions that may wait for the publisher.
    pub requests_max: usize,
    /// After a start, how long keys with cancel-on-disconnect armed have to come back before their
    /// orders are cancelled.
    pub reconnect_grace: Duration,
    /// How long clients of a closing exchange have to read what they are told.
    pub drain_max: Duration,
}

impl GatewayConfig {
    /// Refuses what cannot be run.
    ///
    /// # Errors
    /// The field, with what it is and what it may be.
    pub fn check(&self) -> Result<(), String> {
        let interval = self.heartbeat_interval;
        if !HEARTBEAT_INTERVALS.contains(&interval) {
            let (from, to) = HEARTBEAT_INTERVALS.into_inner();
            return Err(format!(
                "heartbeat_interval is {interval:?}; it may be {from:?} to {to:?}"
            ));
        }
        let counts = [
            ("connections_max", self.connections_max),
            (
                "connections_per_address_max",
                self.connections_per_address_max,
            ),
            ("sessions_per_account_max", self.sessions_per_account_max),
            ("requests_max", self.requests_max),
        ];
        match counts.into_iter().find(|(_, count)| *count == 0) {
            Some((name, _)) => Err(format!("{name} is 0; it must be at least 1")),
            None => Ok(()),
        }
    }
}

impl Default for GatewayConfig {
    /// Loopback, a free port, bounds for some thousand clients.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
            exchange_id: 0,
            exchange_name: "rialto".to_owned(),
            heartbeat_interval: Duration::from_secs(10),
            connections_max: 12_000,
            connections_per_address_max: 12_000,
            listeners_max: 10_800,
            sessions_per_account_max: 12_000,
            rates: GateLimits::default(),
            account_rates: GateLimits::default(),
            address_rates: GateLimits::default(),
            publisher: PublisherLimits::default(),
            publisher_beside_sessions: false,
            requests_max: 4_096,
            reconnect_grace: Duration::from_secs(10),
            drain_max: Duration::from_millis(1_500),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_run_is_named() {
        assert_eq!(GatewayConfig::default().check(), Ok(()));
        let silent = GatewayConfig {
            heartbeat_interval: Duration::ZERO,
            ..GatewayConfig::default()
        };
        let error = silent.check().unwrap_err();
        assert_eq!(error, "heartbeat_interval is 0ns; it may be 10ms to 600s");
        let closed = GatewayConfig {
            requests_max: 0,
            ..GatewayConfig::default()
        };
        assert_eq!(
            closed.check().unwrap_err(),
            "requests_max is 0; it must be at least 1"
        );
    }
}
