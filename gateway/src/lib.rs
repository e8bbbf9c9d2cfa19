//! The gateway: what stands between sockets and the core.
//!
//! ```text
//! client ── socket ── session ── gate ──► CommandSink ──► core
//!   ▲                   │ questions
//!   │                   ▼
//!   └── outbox ◄── publisher ◄── EventSource ◄── core
//! ```
//!
//! A session, one task per connection, decodes what its client sends and takes commands through the risk
//! gate into the ring. The publisher, one thread, follows the core's events in its read models, turns
//! them into reports and market data, and answers questions; what it tells a client waits in that client's
//! own bounded queue. Neither ever waits for a client, and the core waits for neither.
//!
//! Read in this order: [`Gateway`], `session/mod.rs`, `publisher/mod.rs`, [`models`], `outbox.rs`.

#![forbid(unsafe_code)]

mod accounts;
mod admission;
mod clock;
mod config;
mod directory;
mod expiry;
mod floor;
mod gateway;
mod json;
mod keys;
mod metrics;
pub mod models;
mod outbox;
mod publisher;
mod rates;
mod request;
mod server;
mod session;
mod stream;
mod terms;
mod tls;

pub use config::GatewayConfig;
pub use floor::Phase;
pub use gateway::{BindError, Gateway, MarketParts};
pub use publisher::{PublisherLimits, ReportLog};
pub use server::REQUEST_CONNECTIONS_MAX;
pub use tls::{TlsError, TlsFiles};
