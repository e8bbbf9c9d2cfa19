//! Rates as operators write them: `0.1%` or `1000ppm`.

use rialto_protocol::Decimal;
use rialto_types::Ppm;

/// What a ppm is as a mantissa at 10^-8, in percent.
const PERCENT_MANTISSA_OF_PPM: i64 = 10_000;

/// Reads a rate. The unit is needed: a bare number would be taken for either.
///
/// # Errors
/// What would be right.
pub(crate) fn parse(text: &str) -> Result<Ppm, String> {
    let text = text.trim();
    if let Some(number) = text.strip_suffix("ppm") {
        let number = number.trim_end().parse();
        return number
            .map(Ppm)
            .map_err(|_| "parts per million are a whole number, such as 500ppm".to_owned());
    }
    let Some(number) = text.strip_suffix('%') else {
        return Err("a rate has a unit: 0.05% or 500ppm".to_owned());
    };
    let percent: Decimal = number
        .trim_end()
        .parse()
        .map_err(|error| format!("{error}"))?;
    if percent.0 % PERCENT_MANTISSA_OF_PPM != 0 {
        return Err("a rate has at most 4 decimals of a percent: the step is 0.0001%".to_owned());
    }
    u32::try_from(percent.0 / PERCENT_MANTISSA_OF_PPM)
        .map(Ppm)
        .map_err(|_| "a rate is 0% or more, and at most 100%".to_owned())
}

/// A rate in percent: `0.05%`.
pub(crate) fn text(rate: Ppm) -> String {
    let percent = Decimal(i64::from(rate.0) * PERCENT_MANTISSA_OF_PPM);
    format!("{percent}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_written() {
        for (written, ppm, shown) in [
            ("0.05%", 500, "0.05%"),
            ("500ppm", 500, "0.05%"),
            ("10 %", 100_000, "10%"),
            ("0%", 0, "0%"),
            ("0.0001%", 1, "0.0001%"),
        ] {
            assert_eq!(parse(written), Ok(Ppm(ppm)), "{written}");
            assert_eq!(text(Ppm(ppm)), shown);
        }
    }

    #[test]
    fn what_is_no_rate_is_refused_with_what_would_be_right() {
        for (bad, right) in [
            ("0.05", "0.05% or 500ppm"),
            ("", "unit"),
            ("x%", "digits"),
            ("-1%", "0% or more"),
            ("0.00001%", "0.0001%"),
            ("0.5ppm", "500ppm"),
            ("9999999999%", "at most 100%"),
        ] {
            let error = parse(bad).unwrap_err();
            assert!(error.contains(right), "{bad:?}: {error}");
        }
    }
}
