//! `run` and `sweep`: an exchange under load, measured as its clients feel it.
//!
//! ```text
//! plan ──► schedule ──► pacer ──► lanes (a connection each) ──► exchange or echo
//!                                   └──► slices, an interval each ──► drive ──► result
//! ```
//!
//! The loop is open: when a frame is due is fixed before the run, and its latency is counted from then, also
//! when it could not be sent because the exchange did not read. So a pause counts for everybody who would have
//! met it, as Gil Tene's "How NOT to Measure Latency" asks for. `--in-flight` closes the loop instead, for the
//! question of how much goes through at most.

pub(crate) mod drive;
pub(crate) mod echo;
mod lane;
pub(crate) mod mix;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod recorder;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod setup;
mod start_line;
pub(crate) mod sweep;
mod venue_wire;
mod wire;
mod worker;
