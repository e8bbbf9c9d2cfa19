//! Risk, in two gates: limits that need neither book nor balance, checked before the ring, and the
//! accounts inside the core, which hold funds before matching and settle with each trade.
//!
//! Pure: the same calls give the same results; time is an argument.

#![forbid(unsafe_code)]
#![warn(clippy::float_arithmetic, clippy::iter_over_hash_type)]

pub mod accounts;
pub mod bucket;
pub mod gate;
pub mod hold;
pub mod limits;

pub use accounts::{Accounts, Balance, Fees, Settlement};
pub use bucket::{Rate, TokenBucket};
pub use gate::{Arrival, Budget, Gate, GateLimits, check_limits, check_permission};
pub use limits::Market;
