//! The named maxima that are part of the rules, not of a configuration.

use crate::Ppm;

/// The most decimals an asset may have; also the scale of every mantissa on the wire.
pub const DECIMALS_MAX: u8 = 8;
/// 10^8: mantissas on the wire count in this fraction of one.
pub const MANTISSA_ONE: i64 = 100_000_000;
/// The highest fee.
pub const FEE_MAX: Ppm = Ppm(100_000);
/// The widest collar: 100 %.
pub const COLLAR_MAX: Ppm = Ppm(1_000_000);
