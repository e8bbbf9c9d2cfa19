//! Decimal numbers on the wire: integers that count in a power of ten. No floats.

use core::fmt;
use core::str::FromStr;

use rialto_types::limits::DECIMALS_MAX;

use crate::codec::{Field, Nullable};
use crate::number::{InvalidDecimal, decimal_text, parse};

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
/// must not be told wrong. The exchange sends exponent −8 whenever the value fits so. Two are equal when
/// both parts are: compare values of one sender only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scaled {
    /// Counts in 10^`exponent`.
    pub mantissa: i64,
    /// The power of ten, −8 to 18.
    pub exponent: i8,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// The largest value.
    pub const MAX: Self = Self(i64::MAX);

    /// The value, or the nearest one that a decimal can be.
    pub(crate) fn saturating(mantissa: i128) -> Self {
        Self(saturate(mantissa))
    }
}

impl Scaled {
    /// Zero.
    pub const ZERO: Self = Self {
        mantissa: 0,
        exponent: EXPONENT_MIN,
    };

    /// The value `mantissa` × 10^-8, at exponent −8 when it fits so, otherwise at the least exponent at
    /// which it fits. One that fits at none, which takes more than 18 significant digits beyond any
    /// balance that can be, becomes the largest value.
    pub fn from_mantissa(mantissa: i128) -> Self {
        let (mut rest, mut exponent) = (mantissa, EXPONENT_MIN);
        while i128::from(saturate(rest)) != rest && rest % 10 == 0 && exponent < EXPONENT_MAX {
            rest /= 10;
            exponent += 1;
        }
        Self {
            mantissa: saturate(rest),
            exponent,
        }
    }

    /// As [`from_mantissa`](Self::from_mantissa), but a value of more than 18 significant digits is rounded
    /// towards zero to those that fit: for figures, which nobody settles by.
    pub fn rounded(mantissa: i128) -> Self {
        let (mut rest, mut exponent) = (mantissa, EXPONENT_MIN);
        while i128::from(saturate(rest)) != rest && exponent < EXPONENT_MAX {
            rest /= 10;
            exponent += 1;
        }
        Self {
            mantissa: saturate(rest),
            exponent,
        }
    }

    /// The value in units of 10^-`decimals`, when it is a whole number of them and fits.
    pub(crate) fn in_units(self, decimals: u8) -> Option<i64> {
        let shift = i32::from(self.exponent) + i32::from(decimals);
        let factor = 10_i128.checked_pow(shift.unsigned_abs())?;
        let mantissa = i128::from(self.mantissa);
        if shift >= 0 {
            return i64::try_from(mantissa.checked_mul(factor)?).ok();
        }
        let whole = mantissa % factor == 0;
        whole.then(|| i64::try_from(mantissa / factor).ok())?
    }

    /// The value in units of 10^-8, or the nearest that fits; for what is only shown.
    pub(crate) fn saturating_mantissa(self) -> i64 {
        let shift = u32::try_from(i32::from(self.exponent) + i32::from(DECIMALS_MAX)).unwrap_or(0);
        let factor = 10_i128.checked_pow(shift).unwrap_or(i128::MAX);
        saturate(i128::from(self.mantissa).saturating_mul(factor))
    }
}

/// The nearest value that is not the pattern for "none".
fn saturate(value: i128) -> i64 {
    let bound = i128::from(i64::MAX);
    i64::try_from(value.clamp(-bound, bound)).expect("the value was clamped to the range")
}

impl Default for Scaled {
    fn default() -> Self {
        Self::ZERO
    }
}

impl From<Decimal> for Scaled {
    fn from(value: Decimal) -> Self {
        Self {
            mantissa: value.0,
            exponent: EXPONENT_MIN,
        }
    }
}

impl FromStr for Decimal {
    type Err = InvalidDecimal;

    /// Reads `100.005`: digits, at most one point between them, at most one minus sign before them.
    fn from_str(text: &str) -> Result<Self, InvalidDecimal> {
        let value = parse(text)?;
        let decimal = Self::saturating(value);
        if i128::from(decimal.0) == value {
            Ok(decimal)
        } else {
            Err(InvalidDecimal::TooLarge)
        }
    }
}

impl FromStr for Scaled {
    type Err = InvalidDecimal;

    /// As [`Decimal`], and beyond its range where the zeros at the end allow it.
    fn from_str(text: &str) -> Result<Self, InvalidDecimal> {
        let value = parse(text)?;
        let scaled = Self::from_mantissa(value);
        let power = u32::from(scaled.exponent.abs_diff(EXPONENT_MIN));
        if i128::from(scaled.mantissa).checked_mul(10_i128.pow(power)) == Some(value) {
            Ok(scaled)
        } else {
            Err(InvalidDecimal::TooLarge)
        }
    }
}

impl fmt::Display for Decimal {
    /// The exact value without needless zeros: `100.005`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&decimal_text(i128::from(self.0), DECIMALS_MAX, 0))
    }
}

impl fmt::Display for Scaled {
    /// The exact value without needless zeros; `mantissa`e`exponent` when the exponent is out of range.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mantissa = i128::from(self.mantissa);
        match self.exponent {
            EXPONENT_MIN..=0 => f.pad(&decimal_text(mantissa, self.exponent.unsigned_abs(), 0)),
            1..=EXPONENT_MAX => {
                let whole = mantissa * 10_i128.pow(u32::from(self.exponent.unsigned_abs()));
                f.pad(&decimal_text(whole, 0, 0))
            }
            other => f.pad(&format!("{mantissa}e{other}")),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(mantissa: i64, exponent: i8) -> Scaled {
        Scaled { mantissa, exponent }
    }

    #[test]
    fn decimals_are_text_and_back() {
        for text in ["0", "100.005", "-0.00000001", "92233720368.54775807"] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), text);
        }
        let beyond = "92233720368.54775808".parse::<Decimal>();
        assert_eq!(beyond, Err(InvalidDecimal::TooLarge));
        let null = "-92233720368.54775808".parse::<Decimal>();
        assert_eq!(null, Err(InvalidDecimal::TooLarge));
    }

    #[test]
    fn a_scaled_value_keeps_exponent_minus_8_while_it_fits() {
        assert_eq!(Scaled::from_mantissa(5), scaled(5, -8));
        let most = i128::from(i64::MAX);
        assert_eq!(Scaled::from_mantissa(most), scaled(i64::MAX, -8));
        assert_eq!(
            Scaled::from_mantissa(most * 1_000),
            scaled(i64::MAX, -5),
            "beyond that, the finest that fits"
        );
        assert_eq!(Scaled::from_mantissa(-most * 10), scaled(-i64::MAX, -7));
    }

    #[test]
    fn a_scaled_value_that_fits_nowhere_becomes_the_largest() {
        assert_eq!(
            Scaled::from_mantissa(i128::from(i64::MAX) + 2),
            scaled(i64::MAX, -8)
        );
        assert_eq!(
            Scaled::from_mantissa(i128::from(i64::MIN)).mantissa,
            -i64::MAX,
            "the pattern for none is never made"
        );
    }

    #[test]
    fn scaled_values_are_text_and_back() {
        for text in ["0", "-1.5", "92233720368547758070", "1234567890123456789"] {
            assert_eq!(text.parse::<Scaled>().unwrap().to_string(), text);
        }
        assert_eq!(scaled(12, 2).to_string(), "1200");
        assert_eq!(scaled(12, 100).to_string(), "12e100");
        let digits = "12345678901234567.12345678".parse::<Scaled>();
        assert_eq!(digits, Err(InvalidDecimal::TooLarge));
    }

    #[test]
    fn scaled_values_become_units_only_exactly() {
        assert_eq!(scaled(150, -2).in_units(6), Some(1_500_000));
        assert_eq!(scaled(1_500_000, -6).in_units(2), Some(150));
        assert_eq!(scaled(1_500_001, -6).in_units(2), None);
        assert_eq!(scaled(1, 18).in_units(0), Some(1_000_000_000_000_000_000));
        assert_eq!(scaled(10, 18).in_units(0), None);
        assert_eq!(scaled(1, 127).in_units(8), None);
        assert_eq!(scaled(0, -128).in_units(0), None);
    }
}
