//! The exchange as a process: core thread, recovery, configuration, wiring.
//!
//! The binary `rialto` is this library behind a command line. Read `wiring.rs` first: one page that
//! shows the whole pipeline being put together; then `serve.rs`, the life of the process.

mod banner;
pub mod candles;
pub mod config;
pub mod core;
pub mod demo;
mod descriptors;
pub mod disk;
pub mod founding;
pub mod journal_gauges;
pub mod logging;
mod metrics;
pub mod poison;
pub mod recovery;
pub mod serve;
pub mod skip;
pub mod snapshot;
pub mod state;
pub mod threads;
pub mod wiring;
