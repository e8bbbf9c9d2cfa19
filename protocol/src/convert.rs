//! The edge between wire and vocabulary: decimals there, ticks, lots and units here. Exact both ways.
//!
//! Inwards a value that is not positive, or not a multiple of tick, lot or unit, is a [`Refusal`] with the
//! value and the limit as mantissas at 10^-8, as their reasons document. Outwards nothing is lost: what
//! one order states came in through here and therefore fits in a [`Decimal`]; what adds up leaves as
//! [`Scaled`]. A handful of integer operations each, no allocation.

use rialto_types::limits::MANTISSA_ONE;
use rialto_types::{Amount, Asset, Instrument, Price, Qty, Refusal, RejectReason};

use crate::{Decimal, EXPONENT_MAX, EXPONENT_MIN, Scaled};

/// A price from the wire, in ticks.
///
/// # Errors
/// [`RejectReason::InvalidPrice`] when it is not positive, [`RejectReason::PriceOffTick`] when it is no
/// multiple of the tick.
#[inline]
pub fn price(instrument: &Instrument, price: Decimal) -> Result<Price, Refusal> {
    price_at_tick(instrument.spec.tick_mantissa, price)
}

/// A price from the wire, in ticks of this size, which is positive.
///
/// # Errors
/// As [`price`].
#[inline]
pub fn price_at_tick(tick: i64, price: Decimal) -> Result<Price, Refusal> {
    whole(
        price.0,
        tick,
        RejectReason::InvalidPrice,
        RejectReason::PriceOffTick,
    )
    .map(Price)
}

/// A quantity from the wire, in lots.
///
/// # Errors
/// [`RejectReason::InvalidQty`] when it is not positive, [`RejectReason::QtyOffLot`] when it is no
/// multiple of the lot.
#[inline]
pub fn qty(instrument: &Instrument, qty: Decimal) -> Result<Qty, Refusal> {
    let lot = instrument.spec.lot_mantissa;
    whole(
        qty.0,
        lot,
        RejectReason::InvalidQty,
        RejectReason::QtyOffLot,
    )
    .map(Qty)
}

/// A positive amount from the wire, in units of the asset.
///
/// # Errors
/// [`RejectReason::InvalidAmount`] when it is not positive, [`RejectReason::AmountOffUnit`] when it is
/// finer than the asset's smallest unit.
#[inline]
pub fn amount(asset: &Asset, amount: Decimal) -> Result<Amount, Refusal> {
    let unit = asset.unit_mantissa();
    whole(
        amount.0,
        unit,
        RejectReason::InvalidAmount,
        RejectReason::AmountOffUnit,
    )
    .map(Amount)
}

/// How many steps a positive mantissa is.
#[inline]
fn whole(
    mantissa: i64,
    step: i64,
    invalid: RejectReason,
    off_step: RejectReason,
) -> Result<i64, Refusal> {
    if mantissa < 1 {
        return Err(Refusal::new(invalid, mantissa, 0));
    }
    if mantissa % step != 0 {
        return Err(Refusal::new(off_step, mantissa, step));
    }
    Ok(mantissa / step)
}

/// An amount from the wire that may have any sign and scale, in units of the asset.
///
/// # Errors
/// [`RejectReason::InvalidField`] (value: the exponent) when the exponent is not −8 to 18,
/// [`RejectReason::AmountOffUnit`] when the amount is finer than the asset's smallest unit,
/// [`RejectReason::InvalidAmount`] when it is larger than any amount can be.
pub fn signed_amount(asset: &Asset, amount: Scaled) -> Result<Amount, Refusal> {
    let exponent = i64::from(amount.exponent);
    if !(EXPONENT_MIN..=EXPONENT_MAX).contains(&amount.exponent) {
        return Err(Refusal::new(RejectReason::InvalidField, exponent, 0));
    }
    if let Some(units) = amount.in_units(asset.decimals) {
        return Ok(Amount(units));
    }
    let mantissa = amount.saturating_mantissa();
    let finer = exponent + i64::from(asset.decimals) < 0;
    Err(if finer {
        Refusal::new(RejectReason::AmountOffUnit, mantissa, asset.unit_mantissa())
    } else {
        Refusal::new(RejectReason::InvalidAmount, mantissa, 0)
    })
}

/// A quantity from the wire that may have any scale, in lots of this size; 0 and above.
///
/// # Errors
/// [`RejectReason::InvalidField`] (value: the exponent) when the exponent is not −8 to 18,
/// [`RejectReason::InvalidQty`] when it is negative or larger than any quantity can be,
/// [`RejectReason::QtyOffLot`] when it is no multiple of the lot.
pub fn scaled_qty(lot_mantissa: i64, qty: Scaled) -> Result<Qty, Refusal> {
    let exponent = i64::from(qty.exponent);
    if !(EXPONENT_MIN..=EXPONENT_MAX).contains(&qty.exponent) {
        return Err(Refusal::new(RejectReason::InvalidField, exponent, 0));
    }
    let shown = qty.saturating_mantissa();
    let invalid = Refusal::new(RejectReason::InvalidQty, shown, 0);
    let shift = u32::from(qty.exponent.abs_diff(EXPONENT_MIN));
    // Up to 2^63 × 10^26, more than 128 bits hold: checked.
    let mantissa = i128::from(qty.mantissa)
        .checked_mul(10_i128.pow(shift))
        .ok_or(invalid)?;
    let lot = i128::from(lot_mantissa);
    if mantissa < 0 {
        return Err(invalid);
    }
    if mantissa % lot != 0 {
        return Err(Refusal::new(RejectReason::QtyOffLot, shown, lot_mantissa));
    }
    i64::try_from(mantissa / lot).map(Qty).map_err(|_| invalid)
}

/// A price as the wire carries it. One that did not come in through [`price`] and is too large for the
/// wire becomes [`Decimal::MAX`].
#[inline]
pub fn price_decimal(instrument: &Instrument, price: Price) -> Decimal {
    product(price.0, instrument.spec.tick_mantissa)
}

/// The quantity of one order as the wire carries it. One that did not come in through [`qty`] and is too
/// large for the wire becomes [`Decimal::MAX`].
#[inline]
pub fn qty_decimal(instrument: &Instrument, qty: Qty) -> Decimal {
    product(qty.0, instrument.spec.lot_mantissa)
}

/// The amount of one order as the wire carries it. One that did not come in through [`amount`] and is too
/// large for the wire becomes [`Decimal::MAX`].
#[inline]
pub fn amount_decimal(asset: &Asset, amount: Amount) -> Decimal {
    product(amount.0, asset.unit_mantissa())
}

#[inline]
fn product(count: i64, step: i64) -> Decimal {
    Decimal::saturating(i128::from(count) * i128::from(step))
}

/// The sum of quantities as the wire carries it.
#[inline]
pub fn qty_scaled(instrument: &Instrument, qty: Qty) -> Scaled {
    sum(qty.0, instrument.spec.lot_mantissa)
}

/// Any amount of an asset as the wire carries it.
#[inline]
pub fn amount_scaled(asset: &Asset, amount: Amount) -> Scaled {
    sum(amount.0, asset.unit_mantissa())
}

/// The sum of the quantities of many trades, in lots, as the wire carries it: rounded down to 18 digits.
#[inline]
pub fn volume_scaled(instrument: &Instrument, lots: i128) -> Scaled {
    Scaled::rounded(lots.saturating_mul(i128::from(instrument.spec.lot_mantissa)))
}

/// The sum of the amounts of many trades, in units of the asset, as the wire carries it: rounded down to
/// 18 digits.
#[inline]
pub fn turnover_scaled(asset: &Asset, units: i128) -> Scaled {
    Scaled::rounded(units.saturating_mul(i128::from(asset.unit_mantissa())))
}

#[inline]
fn sum(count: i64, step: i64) -> Scaled {
    Scaled::from_mantissa(i128::from(count) * i128::from(step))
}

/// What was paid for one of the base asset on average, rounded down to 10^-8; `None` when nothing was
/// filled.
pub fn average_price(
    instrument: &Instrument,
    quote: &Asset,
    cumulative_quote: Amount,
    cumulative_qty: Qty,
) -> Option<Decimal> {
    if cumulative_qty.0 < 1 {
        return None;
    }
    // At most 2^63 × 10^8 × 10^8 above and 2^126 below the line: both fit in 128 bits.
    let quote = i128::from(cumulative_quote.0) * i128::from(quote.unit_mantissa());
    let base = i128::from(cumulative_qty.0) * i128::from(instrument.spec.lot_mantissa);
    Some(Decimal::saturating(quote * i128::from(MANTISSA_ONE) / base))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{btc_usdt, usdt};
    use proptest::prelude::*;
    use rialto_types::{AssetId, InstrumentId, InstrumentSpec, Ppm, Symbol};

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn scaled(text: &str) -> Scaled {
        text.parse().unwrap()
    }

    #[test]
    fn sums_of_many_trades_fit_whatever_they_come_to() {
        let most = i128::from(i64::MAX) * 1_000;
        let volume = volume_scaled(&btc_usdt(), most);
        let lots = most / 10_i128.pow(3);
        assert_eq!((i128::from(volume.mantissa), volume.exponent), (lots, -1));
        let odd = volume_scaled(&btc_usdt(), i128::from(i64::MAX) + 1);
        assert_eq!((odd.mantissa, odd.exponent), (922_337_203_685_477_580, -3));
        assert_eq!(volume_scaled(&btc_usdt(), 15_000), scaled("1.5"));
        assert_eq!(turnover_scaled(&usdt(), 90_000_750_000), scaled("90000.75"));
        let absurd = turnover_scaled(&usdt(), i128::MAX);
        assert!(absurd.exponent > 0 && absurd.mantissa > 0, "{absurd:?}");
    }

    #[test]
    fn prices_are_ticks_or_refused_with_value_and_tick() {
        let market = btc_usdt();
        assert_eq!(price(&market, decimal("60000.01")), Ok(Price(6_000_001)));
        for (text, reason, limit) in [
            ("0", RejectReason::InvalidPrice, 0),
            ("-0.01", RejectReason::InvalidPrice, 0),
            ("100.005", RejectReason::PriceOffTick, 1_000_000),
            ("0.00000001", RejectReason::PriceOffTick, 1_000_000),
        ] {
            let refused = Refusal::new(reason, decimal(text).0, limit);
            assert_eq!(price(&market, decimal(text)), Err(refused), "{text}");
        }
    }

    #[test]
    fn quantities_are_lots_or_refused_with_value_and_lot() {
        let market = btc_usdt();
        assert_eq!(qty(&market, decimal("1.5")), Ok(Qty(15_000)));
        for (text, reason, limit) in [
            ("0", RejectReason::InvalidQty, 0),
            ("-1", RejectReason::InvalidQty, 0),
            ("0.00015", RejectReason::QtyOffLot, 10_000),
        ] {
            let refused = Refusal::new(reason, decimal(text).0, limit);
            assert_eq!(qty(&market, decimal(text)), Err(refused), "{text}");
        }
    }

    #[test]
    fn amounts_are_units_or_refused_with_value_and_unit() {
        assert_eq!(amount(&usdt(), decimal("12.5")), Ok(Amount(12_500_000)));
        for (text, reason, limit) in [
            ("0", RejectReason::InvalidAmount, 0),
            ("-1", RejectReason::InvalidAmount, 0),
            ("0.0000001", RejectReason::AmountOffUnit, 100),
        ] {
            let refused = Refusal::new(reason, decimal(text).0, limit);
            assert_eq!(amount(&usdt(), decimal(text)), Err(refused), "{text}");
        }
    }

    #[test]
    fn signed_amounts_have_any_scale_but_the_asset_s_units() {
        assert_eq!(
            signed_amount(&usdt(), scaled("-12.5")),
            Ok(Amount(-12_500_000))
        );
        let large = "9000000000000";
        assert_eq!(
            signed_amount(&usdt(), scaled(large)),
            Ok(Amount(9_000_000_000_000_000_000))
        );
        let reason = |amount| signed_amount(&usdt(), amount).unwrap_err().reason;
        assert_eq!(reason(scaled("0.0000001")), RejectReason::AmountOffUnit);
        assert_eq!(
            reason(scaled("10000000000000")),
            RejectReason::InvalidAmount
        );
        for exponent in [-9, 19, i8::MIN, i8::MAX] {
            let odd = Scaled {
                mantissa: 1,
                exponent,
            };
            let refused = Refusal::new(RejectReason::InvalidField, i64::from(exponent), 0);
            assert_eq!(signed_amount(&usdt(), odd), Err(refused));
            assert_eq!(scaled_qty(10_000, odd), Err(refused));
        }
    }

    #[test]
    fn scaled_quantities_are_lots() {
        assert_eq!(scaled_qty(10_000, scaled("1.5")), Ok(Qty(15_000)));
        assert_eq!(scaled_qty(10_000, scaled("0")), Ok(Qty(0)));
        let reason = |qty| scaled_qty(10_000, qty).unwrap_err().reason;
        assert_eq!(reason(scaled("0.00015")), RejectReason::QtyOffLot);
        assert_eq!(reason(scaled("-1")), RejectReason::InvalidQty);
        let most = Scaled {
            mantissa: i64::MAX,
            exponent: 18,
        };
        assert_eq!(reason(most), RejectReason::InvalidQty);
    }

    #[test]
    fn the_average_price_is_rounded_down() {
        let market = btc_usdt();
        // 3 lots of 0.0001 for 10 USDT: 33,333.33… each.
        let average = average_price(&market, &usdt(), Amount(10_000_000), Qty(3));
        assert_eq!(average, Some(decimal("33333.33333333")));
        assert_eq!(average_price(&market, &usdt(), Amount(0), Qty(0)), None);
        let most = average_price(&market, &usdt(), Amount::MAX, Qty(1));
        assert_eq!(
            most,
            Some(Decimal::MAX),
            "beyond the wire it is the largest"
        );
        assert!(average_price(&market, &usdt(), Amount::MAX, Qty::MAX).is_some());
    }

    /// An instrument whose tick and lot are these mantissas, with assets of 8 decimals.
    fn market(tick: i64, lot: i64) -> Option<Instrument> {
        let asset = |symbol| Asset {
            symbol: Symbol::new(symbol).unwrap(),
            decimals: 8,
        };
        let spec = InstrumentSpec {
            symbol: Symbol::new("A-B").unwrap(),
            base: AssetId(1),
            quote: AssetId(2),
            tick_mantissa: tick,
            lot_mantissa: lot,
            min_qty: Qty(1),
            max_qty: Qty(1),
            min_notional: Amount(0),
            max_notional: Amount::MAX,
            collar: Ppm(100_000),
            reference_price: Price(1),
            maker_fee: Ppm(0),
            taker_fee: Ppm(0),
        };
        Instrument::new(InstrumentId(1), spec, &asset("A"), &asset("B")).ok()
    }

    proptest! {
        #[test]
        fn what_comes_in_goes_out_the_same(
            tick_power in 0_u32..10, lot_power in 0_u32..10, step in 1_i64..=25, mantissa: i64,
        ) {
            let tick = step * 10_i64.pow(tick_power);
            let lot = step * 10_i64.pow(lot_power);
            if let Some(market) = market(tick, lot) {
                let decimal = Decimal(mantissa);
                match price(&market, decimal) {
                    Ok(ticks) => prop_assert_eq!(price_decimal(&market, ticks), decimal),
                    Err(_) => prop_assert!(mantissa < 1 || mantissa % tick != 0),
                }
                match qty(&market, decimal) {
                    Ok(lots) => {
                        prop_assert_eq!(qty_decimal(&market, lots), decimal);
                        prop_assert_eq!(qty_scaled(&market, lots), Scaled::from(decimal));
                        prop_assert_eq!(scaled_qty(lot, decimal.into()), Ok(lots));
                    }
                    Err(_) => prop_assert!(mantissa < 1 || mantissa % lot != 0),
                }
            }
        }

        #[test]
        fn every_amount_goes_out_and_comes_in_the_same(decimals in 0_u8..=8, units in -i64::MAX..) {
            let asset = Asset { symbol: Symbol::new("A").unwrap(), decimals };
            let wire = amount_scaled(&asset, Amount(units));
            prop_assert_eq!(signed_amount(&asset, wire), Ok(Amount(units)));
            prop_assert_eq!(wire.to_string().parse(), Ok(wire), "also as text");
        }

        #[test]
        fn every_quantity_of_an_ask_level_goes_out_and_comes_in_the_same(
            lots in 0..=i64::MAX / 25, step in 1_i64..=25, power in 0_u32..10,
        ) {
            // Asks cannot add up to more base units than there are, so lots × step fits; see Scaled.
            let lot = step * 10_i64.pow(power);
            if let Some(market) = market(100_000_000, lot) {
                let wire = qty_scaled(&market, Qty(lots));
                prop_assert_eq!(scaled_qty(lot, wire), Ok(Qty(lots)));
            }
        }
    }
}
