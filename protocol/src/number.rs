//! Decimal text: integers that count in a power of ten, written and read exactly. No floats.

use rialto_types::limits::{DECIMALS_MAX, MANTISSA_ONE};
use thiserror::Error;

/// Why a text is not a decimal number that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidDecimal {
    /// Not digits with at most one point between them, after at most one minus sign.
    #[error("a decimal number is digits with at most one point between them, such as 12.5")]
    Malformed,
    /// Finer than 10^-8.
    #[error("a decimal number has at most 8 decimals")]
    TooFine,
    /// Beyond what the wire can carry.
    #[error("the number is too large")]
    TooLarge,
}

/// The value in units of 10^-8.
///
/// # Errors
/// [`InvalidDecimal`]. Zeros beyond the eighth decimal are allowed: they change nothing.
pub(crate) fn parse(text: &str) -> Result<i128, InvalidDecimal> {
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(InvalidDecimal::Malformed);
    }
    let places = usize::from(DECIMALS_MAX);
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > places {
        return Err(InvalidDecimal::TooFine);
    }
    let whole: i128 = whole.parse().map_err(|_| InvalidDecimal::TooLarge)?;
    let fraction: i128 = format!("{fraction:0<places$}")
        .parse()
        .map_err(|_| InvalidDecimal::Malformed)?;
    whole
        .checked_mul(i128::from(MANTISSA_ONE))
        .and_then(|whole| whole.checked_add(fraction))
        .map(|value| sign * value)
        .ok_or(InvalidDecimal::TooLarge)
}

/// The exact value of `mantissa` × 10^-`decimals` with at least `places` decimals, and more only when
/// the value needs them: 10,050 at 4 decimals and 2 places is `1.005`, 10,000 is `1.00`.
pub(crate) fn decimal_text(mantissa: i128, decimals: u8, places: u8) -> String {
    let one = 10_u128.pow(u32::from(decimals));
    let magnitude = mantissa.unsigned_abs();
    let sign = if mantissa < 0 { "-" } else { "" };
    let fraction = format!("{:0width$}", magnitude % one, width = usize::from(decimals));
    let needed = if decimals == 0 {
        ""
    } else {
        fraction.trim_end_matches('0')
    };
    let whole = magnitude / one;
    match format!("{needed:0<width$}", width = usize::from(places)) {
        fraction if fraction.is_empty() => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly() {
        for (text, value) in [
            ("0", 0),
            ("1", 100_000_000),
            ("-1.5", -150_000_000),
            ("0.00000001", 1),
            ("007.10", 710_000_000),
            ("1.0000000000", 100_000_000),
            ("92233720368.54775807", i128::from(i64::MAX)),
        ] {
            assert_eq!(parse(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for bad in [
            "", "-", ".", "1.", ".5", "+1", "1e3", "1,000", " 1", "--1", "1.2.3", "\u{661}",
        ] {
            assert_eq!(parse(bad), Err(InvalidDecimal::Malformed), "{bad:?}");
        }
        assert_eq!(parse("0.000000001"), Err(InvalidDecimal::TooFine));
        assert_eq!(parse(&"9".repeat(60)), Err(InvalidDecimal::TooLarge));
        assert_eq!(parse(&"9".repeat(38)), Err(InvalidDecimal::TooLarge));
    }

    #[test]
    fn numbers_are_written_with_as_many_decimals_as_they_need() {
        for (mantissa, decimals, places, text) in [
            (10_050, 4, 2, "1.005"),
            (10_000, 4, 2, "1.00"),
            (10_000, 4, 0, "1"),
            (-5, 8, 0, "-0.00000005"),
            (-150, 2, 0, "-1.5"),
            (7, 0, 0, "7"),
            (7, 0, 2, "7.00"),
            (0, 8, 0, "0"),
        ] {
            assert_eq!(decimal_text(mantissa, decimals, places), text);
        }
    }
}
