//! The gateway: what stands between sockets and the core.
//!
//! The core's events are followed by [`models`], from which queries, snapshots and complete reports are
//! answered without asking the core.

#![forbid(unsafe_code)]

pub mod models;
