//! Order books, matching, and the deterministic exchange state machine.
//!
//! [`Exchange::apply`] takes one stamped command at a time: it checks, holds funds, matches, settles
//! and writes events. It knows neither clock, disk nor network; recovery and tests drive it exactly as
//! the core thread does. The rules are in docs/MATCHING.md.
//!
//! Read `exchange.rs` (the state and the way of a command), then `trading.rs` (checks), `lifecycle.rs`
//! (what becomes of an order), `sweep.rs`, `taker.rs` and `matching.rs` (who trades with whom), `book.rs` and `ladder.rs` (where
//! orders stand), `orders.rs` (the slab that holds them).
//!
//! Hot-path cost: no allocation within the reserved capacity, no hashing but for ids, no search of
//! empty prices.

#![forbid(unsafe_code)]
#![warn(clippy::float_arithmetic, clippy::iter_over_hash_type)]

mod admin;
mod book;
mod chains;
mod client_ids;
mod events;
mod exchange;
mod expiry;
mod hash;
pub mod image;
mod imaging;
mod ladder;
mod lifecycle;
mod matching;
mod order_index;
mod orders;
mod restoring;
mod slot_index;
mod solo;
mod sweep;
mod taker;
mod trading;

pub use events::EventBuffer;
pub use exchange::Exchange;
pub use hash::HashSeed;
pub use image::StateImage;
pub use restoring::RestoreError;
pub use solo::SoloBook;

/// The version of the rules in docs/MATCHING.md that this engine implements.
pub const RULES_VERSION: u32 = 1;
