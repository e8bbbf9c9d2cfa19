//! Numbers in sentences: prices in the decimals of the tick, quantities in those of the lot, with the
//! symbol of the asset where it is known.

use rialto_types::limits::DECIMALS_MAX;
use rialto_types::{Asset, Instrument};

use super::{Context, Units};
use crate::number::decimal_text;

/// How the numbers of one refusal are written.
pub(super) struct Numbers<'a> {
    units: Units,
    instrument: Option<&'a Instrument>,
    base: Option<&'a Asset>,
    quote: Option<&'a Asset>,
    asset: Option<&'a Asset>,
}

impl<'a> Numbers<'a> {
    pub(super) fn new(context: &Context<'a>) -> Self {
        Self {
            units: context.units,
            instrument: context.pair.map(|pair| pair.instrument),
            base: context.pair.map(|pair| pair.base),
            quote: context.pair.map(|pair| pair.quote),
            asset: context.asset,
        }
    }

    /// The instrument by its symbol, or by its id.
    pub(super) fn instrument(&self, id: i64) -> String {
        match self.instrument {
            Some(instrument) => instrument.spec.symbol.to_string(),
            None => format!("instrument {id}"),
        }
    }

    /// The size of a tick, when it is known.
    pub(super) fn tick(&self) -> Option<i64> {
        self.instrument
            .map(|instrument| instrument.spec.tick_mantissa)
    }

    /// The size of a lot, when it is known.
    pub(super) fn lot(&self) -> Option<i64> {
        self.instrument
            .map(|instrument| instrument.spec.lot_mantissa)
    }

    /// A price in ticks.
    pub(super) fn ticks(&self, ticks: i64) -> String {
        match self.tick() {
            Some(tick) => steps(ticks, tick),
            None => format!("{ticks} ticks"),
        }
    }

    /// A quantity in lots, with the symbol of the base asset.
    pub(super) fn lots(&self, lots: i64) -> String {
        match self.lot() {
            Some(lot) => with_symbol(steps(lots, lot), self.base),
            None => format!("{lots} lots"),
        }
    }

    /// A price in whatever the refusal counts.
    pub(super) fn price(&self, value: i64) -> String {
        match self.units {
            Units::Mantissas => mantissa(value),
            Units::Native => self.ticks(value),
        }
    }

    /// A quantity in whatever the refusal counts.
    pub(super) fn qty(&self, value: i64) -> String {
        match self.units {
            Units::Mantissas => with_symbol(mantissa(value), self.base),
            Units::Native => self.lots(value),
        }
    }

    /// An amount in whatever the refusal counts.
    pub(super) fn amount(&self, value: i64) -> String {
        match self.units {
            Units::Mantissas => with_symbol(mantissa(value), self.asset),
            Units::Native => self.funds(value),
        }
    }

    /// An amount in units of the asset.
    pub(super) fn funds(&self, units: i64) -> String {
        of_asset(units, self.asset)
    }

    /// An amount in units of the quote asset.
    pub(super) fn quote(&self, units: i64) -> String {
        of_asset(units, self.quote)
    }

    /// A mantissa at 10^-8 with the symbol of the base asset.
    pub(super) fn base_mantissa(&self, value: i64) -> String {
        with_symbol(mantissa(value), self.base)
    }

    /// A mantissa at 10^-8 with the symbol of the asset.
    pub(super) fn asset_mantissa(&self, value: i64) -> String {
        with_symbol(mantissa(value), self.asset)
    }
}

/// A mantissa at 10^-8.
pub(super) fn mantissa(value: i64) -> String {
    decimal_text(i128::from(value), DECIMALS_MAX, 0)
}

/// So many steps, in as many decimals as the step has.
pub(super) fn steps(count: i64, step: i64) -> String {
    let value = i128::from(count) * i128::from(step);
    decimal_text(value, DECIMALS_MAX, decimals(step))
}

/// The multiples of a step on both sides of a positive value, which is none.
pub(super) fn nearest(value: i64, step: i64) -> String {
    if value < 0 || step < 1 {
        // Not from an exchange that keeps to the rules; a sentence must not fail for that.
        return "the nearest is unknown".to_owned();
    }
    let below = value / step;
    let above = steps(below.saturating_add(1), step);
    if below == 0 {
        return format!("the nearest is {above}");
    }
    format!("the nearest are {} and {above}", steps(below, step))
}

/// How many decimals a mantissa at 10^-8 needs.
fn decimals(mantissa: i64) -> u8 {
    let mut decimals = DECIMALS_MAX;
    let mut rest = mantissa;
    while decimals > 0 && rest % 10 == 0 {
        rest /= 10;
        decimals -= 1;
    }
    decimals
}

fn of_asset(units: i64, asset: Option<&Asset>) -> String {
    match asset {
        Some(found) => {
            let number = decimal_text(i128::from(units), found.decimals, 0);
            with_symbol(number, asset)
        }
        None => format!("{units} units"),
    }
}

fn with_symbol(number: String, asset: Option<&Asset>) -> String {
    match asset {
        Some(asset) => format!("{number} {}", asset.symbol),
        None => number,
    }
}

/// A rate in parts per million, in percent.
pub(super) fn percent(ppm: i64) -> String {
    format!("{} %", decimal_text(i128::from(ppm), 4, 0))
}

/// A moment: `2026-08-04T12:30:00.000000001Z`. A moment before 1970 does not exist on the wire and is
/// written as 1970.
pub(super) fn moment(nanoseconds: i64) -> String {
    let nanoseconds = nanoseconds.max(0);
    let (seconds, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{rest:09}Z")
}

/// Year, month and day of the proleptic Gregorian calendar, so many days after 1970-01-01. Counts in
/// years that begin in March, so that the leap day is the last of its year, and in eras of 400 years,
/// which all have the same days.
fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_OF_ERA: i64 = 146_097;
    let since_march_0000 = days + 719_468;
    let (era, day) = (
        since_march_0000 / DAYS_OF_ERA,
        since_march_0000 % DAYS_OF_ERA,
    );
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + carry, month, day_of_month)
}

/// A span of time in the unit that suits it: `12.5 ms`.
pub(super) fn span(nanoseconds: i64) -> String {
    let (decimals, unit) = match nanoseconds {
        ..1_000 => (0, "ns"),
        1_000..1_000_000 => (3, "µs"),
        1_000_000..1_000_000_000 => (6, "ms"),
        1_000_000_000.. => (9, "s"),
    };
    let number = decimal_text(i128::from(nanoseconds), decimals, 0);
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_follow_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000000Z"),
            (951_868_800, "2000-03-01T00:00:00.000000000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000000Z"),
            (1_785_844_800, "2026-08-04T12:00:00.000000000Z"),
        ] {
            assert_eq!(moment(seconds * 1_000_000_000), text);
        }
        assert_eq!(moment(i64::MAX), "2262-04-11T23:47:16.854775807Z");
        assert_eq!(moment(-1), "1970-01-01T00:00:00.000000000Z");
    }

    #[test]
    fn spans_have_the_unit_that_suits_them() {
        assert_eq!(span(12_500_000), "12.5 ms");
        assert_eq!(span(999), "999 ns");
        assert_eq!(span(1_500), "1.5 µs");
        assert_eq!(span(2_000_000_000), "2 s");
    }

    #[test]
    fn the_nearest_multiples_have_the_decimals_of_the_step() {
        let nearest = |value, step| super::nearest(value, step);
        assert_eq!(
            nearest(10_000_500_000, 1_000_000),
            "the nearest are 100.00 and 100.01"
        );
        assert_eq!(nearest(500_000, 1_000_000), "the nearest is 0.01");
        assert_eq!(
            nearest(700_000_000, 500_000_000),
            "the nearest are 5 and 10"
        );
    }
}
