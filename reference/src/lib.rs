//! The naive exchange: docs/MATCHING.md written down as obviously as possible, the oracle that the fast
//! engine is tested against.
//!
//! It exists so that two independent readings of the rules meet: [`ReferenceExchange`] knows nothing of
//! the engine but the [`StateImage`](rialto_engine::image::StateImage) that both produce. [`scenario`]
//! makes long, nasty command sequences from a seed, [`differential`] runs them through a subject and the
//! reference and compares every event and every state, and [`check_invariants`] checks what must hold
//! whatever the rules.
//!
//! Correctness and clarity only: maps, queues and linear searches, cloned freely; a command costs time
//! linear in all open orders. Nothing but tests, the simulator and benches may depend on it.

#![forbid(unsafe_code)]
#![warn(clippy::float_arithmetic, clippy::iter_over_hash_type)]

pub mod differential;
mod exchange;
mod invariants;
pub mod scenario;

pub use exchange::ReferenceExchange;
pub use invariants::{check_invariants, check_queue_order};
