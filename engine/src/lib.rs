//! Order books, matching, and the deterministic exchange state machine.

#![forbid(unsafe_code)]

pub mod image;

/// The version of the rules in docs/MATCHING.md that this engine implements.
pub const RULES_VERSION: u32 = 1;
