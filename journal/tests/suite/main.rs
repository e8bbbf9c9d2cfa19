//! The journal from the outside: what it promises, tried out.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests panic as tests do; clippy allows it in functions marked as tests only"
)]

mod arbitrary;
mod candles;
mod codec;
mod common;
mod disk;
mod durable;
mod example;
mod files;
mod fuzz;
mod golden;
mod inspection;
mod kill;
mod large;
mod power;
mod recovery;
mod refusals;
mod repairs;
mod samples;
mod snapshots;
mod tails;
mod torn;
