//! Integer units: price in ticks, quantity in lots, amount in an asset's smallest unit, time in ns.
//!
//! What a tick, a lot or a unit is worth is said by the [`Instrument`](crate::Instrument) and the
//! [`Asset`](crate::Asset). Floats appear nowhere. Arithmetic that could overflow is checked, so a
//! wrong sum is an error at its source, never a wrong balance later.

use core::fmt;

/// One million: the denominator of every [`Ppm`].
pub const PPM_ONE: i64 = 1_000_000;

macro_rules! integer_unit {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(0);
            /// The largest representable value.
            pub const MAX: Self = Self(i64::MAX);

            /// The bare integer.
            #[inline]
            pub const fn get(self) -> i64 {
                self.0
            }

            /// The sum, or `None` when it does not fit.
            #[inline]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Some(Self(sum)),
                    None => None,
                }
            }

            /// The difference, or `None` when it does not fit.
            #[inline]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(difference) => Some(Self(difference)),
                    None => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

integer_unit! {
    /// A price, in ticks of its instrument. Valid prices are 1 and above.
    Price
}
integer_unit! {
    /// A quantity of the base asset, in lots of its instrument. Valid order quantities are 1 and above.
    Qty
}
integer_unit! {
    /// An amount of an asset, in that asset's smallest unit. Balances are never negative.
    Amount
}

impl Qty {
    /// The smaller of two quantities.
    #[inline]
    #[must_use]
    pub const fn min(self, other: Self) -> Self {
        if self.0 < other.0 { self } else { other }
    }
}

/// A rate in parts per million: fees and collars. 10,000 ppm are 1 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Ppm(pub u32);

impl Ppm {
    /// This rate of `amount`, rounded down. Exact for every amount and every rate up to one million.
    #[inline]
    #[must_use]
    pub fn of(self, amount: Amount) -> Amount {
        // Most amounts are small enough for one 64-bit multiplication; the rest take 128 bits.
        let rate = i64::from(self.0);
        match amount.0.checked_mul(rate) {
            Some(product) => Amount(product / PPM_ONE),
            None => Amount(narrow(
                i128::from(amount.0) * i128::from(rate) / i128::from(PPM_ONE),
            )),
        }
    }
}

impl fmt::Display for Ppm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ppm", self.0)
    }
}

/// A moment: nanoseconds since the Unix epoch, UTC. Never decreases along the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The epoch itself; also "no time".
    pub const ZERO: Self = Self(0);

    /// The bare count of nanoseconds.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Clamps to `i64::MAX`; used where the caller's bounds already make an overflow impossible.
#[inline]
pub(crate) fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_rounds_down_and_never_overflows() {
        assert_eq!(Ppm(1_000).of(Amount(999)), Amount(0));
        assert_eq!(Ppm(1_000).of(Amount(1_999)), Amount(1));
        assert_eq!(Ppm(100_000).of(Amount(i64::MAX)), Amount(i64::MAX / 10));
        assert_eq!(Ppm(1_000_000).of(Amount(i64::MAX)), Amount(i64::MAX));
    }

    #[test]
    fn sums_are_checked() {
        assert_eq!(Amount::MAX.checked_add(Amount(1)), None);
        assert_eq!(Amount(i64::MIN).checked_sub(Amount(1)), None);
        assert_eq!(Qty(2).checked_add(Qty(3)), Some(Qty(5)));
    }
}
