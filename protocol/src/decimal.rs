//! Decimal numbers on the wire: integers that count in a power of ten. No floats.

use core::fmt;

use rialto_types::limits::DECIMALS_MAX;

use crate::codec::{Field, Nullable};

/// A price or a quantity of one order: an integer that counts in 10^-8. From −92,233,720,368.54775807 to
/// 92,233,720,368.54775807; the remaining pattern, −2^63, means "none" where a field is optional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Decimal(pub i64);

/// The exponent of every [`Decimal`], and the finest of a [`Scaled`].
pub const EXPONENT_MIN: i8 = -DECIMALS_MAX.cast_signed();
/// The coarsest exponent of a [`Scaled`].
pub const EXPONENT_MAX: i8 = 18;

/// An amount of an asset, or a sum over many orders: `mantissa` × 10^`exponent`.
///
/// Sums over many orders and balances of assets with few decimals can be larger than any [`Decimal`], and
/// must not be told wrong. The exchange sends exponent −8 whenever the value fits so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scaled {
    /// Counts in 10^`exponent`.
    pub mantissa: i64,
    /// The power of ten, −8 to 18.
    pub exponent: i8,
}

impl Default for Scaled {
    fn default() -> Self {
        Self {
            mantissa: 0,
            exponent: EXPONENT_MIN,
        }
    }
}

impl Field for Decimal {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Self(i64::get(bytes))
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        self.0.put(bytes);
    }
}

impl Nullable for Decimal {
    #[inline]
    fn null() -> Self {
        Self(i64::MIN)
    }

    #[inline]
    fn is_null(&self) -> bool {
        self.0 == i64::MIN
    }
}

impl Field for Scaled {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Self {
            mantissa: i64::get(&bytes[0..8]),
            exponent: i8::get(&bytes[8..9]),
        }
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        self.mantissa.put(&mut bytes[0..8]);
        self.exponent.put(&mut bytes[8..9]);
    }
}

impl Nullable for Scaled {
    #[inline]
    fn null() -> Self {
        Self {
            mantissa: i64::MIN,
            exponent: EXPONENT_MIN,
        }
    }

    #[inline]
    fn is_null(&self) -> bool {
        self.mantissa == i64::MIN
    }
}

impl fmt::Display for Decimal {
    /// The exact value without needless zeros: `100.005`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&crate::number::decimal_text(
            i128::from(self.0),
            DECIMALS_MAX,
        ))
    }
}
