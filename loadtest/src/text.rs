//! Numbers as people read them.

use std::time::Duration;

/// `12,345`.
pub(crate) fn grouped(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `3,989 of 4,055 (98.37 %)`; without the share when there is nothing to share.
pub(crate) fn share(part: u64, whole: u64) -> String {
    let counts = format!("{} of {}", grouped(part), grouped(whole));
    if whole == 0 {
        return counts;
    }
    let hundredths = u128::from(part) * 10_000 / u128::from(whole);
    format!("{counts} ({}.{:02} %)", hundredths / 100, hundredths % 100)
}

/// How many a second, rounded down; `None` when no time has passed.
pub(crate) fn per_second(count: u64, time: Duration) -> Option<u64> {
    let rate = u128::from(count).checked_mul(1_000_000_000)?;
    u64::try_from(rate.checked_div(time.as_nanos())?).ok()
}

/// `12.3` from nanoseconds, in microseconds.
pub(crate) fn micros(ns: u64) -> String {
    format!("{}.{}", grouped(ns / 1_000), ns % 1_000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [
            (0_u64, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (91_997, "91,997"),
        ] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(grouped(1_234_567_u64), "1,234,567");
    }

    #[test]
    fn shares_are_rounded_down() {
        assert_eq!(share(3_989, 4_055), "3,989 of 4,055 (98.37 %)");
        assert_eq!(share(4_055, 4_055), "4,055 of 4,055 (100.00 %)");
        assert_eq!(share(0, 0), "0 of 0");
    }

    #[test]
    fn rates_and_times() {
        assert_eq!(per_second(10, Duration::from_millis(500)), Some(20));
        assert_eq!(per_second(10, Duration::ZERO), None);
        assert_eq!(micros(1_234_567), "1,234.5");
        assert_eq!(micros(84), "0.0");
    }
}
