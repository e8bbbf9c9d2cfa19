//! Numbers of one instrument in columns: as many decimals as its steps have, so that the points align.

use rialto_client::ListedInstrument;
use rialto_protocol::Decimal;
use rialto_types::{Price, Qty};

/// How the numbers of an instrument are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers<'a> {
    listed: &'a ListedInstrument,
    price_places: usize,
    qty_places: usize,
}

impl<'a> Numbers<'a> {
    /// Those of an instrument.
    pub(super) fn of(listed: &'a ListedInstrument) -> Self {
        let spec = &listed.instrument().spec;
        Self {
            listed,
            price_places: places(Decimal(spec.tick_mantissa)),
            qty_places: places(Decimal(spec.lot_mantissa)),
        }
    }

    /// A price in ticks.
    pub(super) fn price(&self, price: Price) -> String {
        fixed(&self.listed.price_text(price), self.price_places)
    }

    /// A quantity in lots.
    pub(super) fn qty(&self, qty: Qty) -> String {
        fixed(&self.listed.qty_text(qty), self.qty_places)
    }

    /// A price from the wire.
    pub(super) fn price_decimal(&self, price: Decimal) -> String {
        fixed(&price.to_string(), self.price_places)
    }

    /// A quantity from the wire.
    pub(super) fn qty_decimal(&self, qty: Decimal) -> String {
        fixed(&qty.to_string(), self.qty_places)
    }

    /// The price halfway between two; half a tick needs one decimal more.
    pub(super) fn mid(&self, bid: Price, ask: Price) -> String {
        let tick = i128::from(self.listed.instrument().spec.tick_mantissa);
        let sum = (i128::from(bid.0) + i128::from(ask.0)) * tick;
        let mid = Decimal(i64::try_from(sum / 2).unwrap_or(i64::MAX));
        fixed(&mid.to_string(), self.price_places)
    }

    /// The distance between two prices, and in hundredths of a basis point of the price halfway:
    /// `0.01 (0.16 bp)`.
    pub(super) fn spread(&self, bid: Price, ask: Price) -> String {
        let spread = Price(ask.0.saturating_sub(bid.0));
        let sum = (i128::from(bid.0) + i128::from(ask.0)).max(1);
        let hundredths = i128::from(spread.0) * 2_000_000 / sum;
        let (whole, rest) = (hundredths / 100, hundredths % 100);
        format!("{} ({whole}.{rest:02} bp)", self.price(spread))
    }
}

/// How many decimals a number needs.
fn places(number: Decimal) -> usize {
    let text = number.to_string();
    text.split_once('.')
        .map_or(0, |(_, decimals)| decimals.len())
}

/// A number with at least so many decimals.
fn fixed(text: &str, places: usize) -> String {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if places == 0 && decimals.is_empty() {
        return whole.to_owned();
    }
    format!("{whole}.{decimals:0<places$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::btc_usdt;

    #[test]
    fn numbers_have_the_decimals_of_their_steps() {
        let listed = btc_usdt();
        let numbers = Numbers::of(&listed);
        assert_eq!(numbers.price(Price(6_000_000)), "60000.00");
        assert_eq!(numbers.qty(Qty(5_000)), "0.5000");
        assert_eq!(numbers.price_decimal("7".parse().unwrap()), "7.00");
        assert_eq!(numbers.qty_decimal("0.00001".parse().unwrap()), "0.00001");
        assert_eq!(fixed("5", 0), "5");
        assert_eq!(fixed("5.25", 0), "5.25");
    }

    #[test]
    fn mid_and_spread_are_exact() {
        let listed = btc_usdt();
        let numbers = Numbers::of(&listed);
        let (bid, ask) = (Price(6_000_000), Price(6_000_001));
        assert_eq!(numbers.mid(bid, ask), "60000.005");
        assert_eq!(numbers.spread(bid, ask), "0.01 (0.00 bp)");
        assert_eq!(numbers.mid(Price(9_900), Price(10_100)), "100.00");
        assert_eq!(
            numbers.spread(Price(9_900), Price(10_100)),
            "2.00 (200.00 bp)"
        );
        assert_eq!(numbers.spread(Price(0), Price(0)), "0.00 (0.00 bp)");
    }
}
