//! What the benchmarks share: workloads, the players that drive them, and the ways to measure.
//!
//! The same workloads and players serve the latency table (`main.rs`), the operations one by one
//! (`benches/operations.rs`), the instruction counts (`benches/instructions.rs`), the proof that nothing is
//! allocated (`tests/allocations.rs`) and, outside of the workspace, the comparison with other engines. So a
//! figure in one of them can be held against a figure in another.
//!
//! Read `message.rs` and `workload.rs` (what is played), `book.rs` and `core.rs` (who plays it), `measure.rs` (how it is timed).

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "statistics: counts and nanoseconds are far below 2^53"
)]

pub mod allocations;
pub mod book;
mod builder;
pub mod core;
pub mod frames;
pub mod measure;
pub mod message;
pub mod outlet;
pub mod random;
pub mod venue;
pub mod workload;
