//! Long, nasty, repeatable command sequences.
//!
//! [`generate`] makes the same [`Step`]s from the same seed and [`Profile`] on every machine. While it
//! generates it applies each command to a reference of its own and aims by its state: it names open
//! orders, crosses the book, exhausts pools, repairs what it has halted. Most commands are accepted, yet
//! every refusal and every cancel reason of the core occurs; a test holds it to that.
//!
//! Used by the differential tests, the simulator and the benches. Cost: some 20 µs a step.

mod administration;
mod generator;
mod orders;
mod profile;
mod rng;
mod world;

pub use generator::generate;
pub use profile::{Profile, Scale, Weights};
pub use rng::SplitMix64;

use rialto_types::{Input, OrderId, ShardId, Timestamp};

/// The shard on which sequences play: not 0, so that the bits of order ids show.
pub const SHARD: ShardId = ShardId(5);

/// One command of a sequence. The sequence numbers are 1, 2, 3, …: a step's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it is applied. Never before the step in front of it.
    pub time: Timestamp,
    /// The command.
    pub input: Input,
    /// The id of the order that the command placed when the sequence was generated. A shrunk sequence
    /// gives other ids; by this one the later steps that name the order are led to it.
    pub order_id: Option<OrderId>,
}
