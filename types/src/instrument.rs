//! Assets and instruments, and the exact arithmetic between ticks, lots and asset units.
//!
//! Listing fails unless one lot is a whole number of base units and tick × lot a whole number of quote
//! units, so the notional of every possible trade is an integer and nothing is ever rounded but fees.

use crate::limits::{COLLAR_MAX, DECIMALS_MAX, FEE_MAX, MANTISSA_ONE};
use crate::{Amount, AssetId, InstrumentId, Ppm, Price, Qty, Refusal, RejectReason, Side, Symbol};

/// An asset: what balances are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asset {
    /// Its name, unique among assets.
    pub symbol: Symbol,
    /// The smallest unit is 10^-decimals of one. 0 to 8.
    pub decimals: u8,
}

impl Asset {
    /// Units of this asset in one whole.
    #[inline]
    pub const fn units_per_one(&self) -> i64 {
        10_i64.pow(self.decimals as u32)
    }

    /// What one smallest unit is as a mantissa at 10^-8.
    #[inline]
    pub const fn unit_mantissa(&self) -> i64 {
        MANTISSA_ONE / self.units_per_one()
    }

    /// Refuses an asset that cannot be.
    ///
    /// # Errors
    /// [`RejectReason::InvalidDecimals`].
    pub fn check(&self) -> Result<(), Refusal> {
        if self.decimals > DECIMALS_MAX {
            let (value, limit) = (i64::from(self.decimals), i64::from(DECIMALS_MAX));
            return Err(Refusal::new(RejectReason::InvalidDecimals, value, limit));
        }
        Ok(())
    }
}

/// Whether an instrument trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum InstrumentState {
    /// Everything is allowed.
    #[default]
    Open = 0,
    /// Orders that rest without trading, stops, and cancels.
    PostOnly = 1,
    /// Cancels only.
    CancelOnly = 2,
    /// Neither orders nor cancels from clients; the book stands still. Good-till-date orders expire.
    Halted = 3,
    /// Nothing; entering this state cancels all its orders.
    Closed = 4,
}

impl InstrumentState {
    /// Reads the byte that journals and wires carry.
    pub const fn from_u8(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Open),
            1 => Some(Self::PostOnly),
            2 => Some(Self::CancelOnly),
            3 => Some(Self::Halted),
            4 => Some(Self::Closed),
            _ => None,
        }
    }
}

/// What an operator states to list an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstrumentSpec {
    /// Its name, unique among instruments.
    pub symbol: Symbol,
    /// What is bought and sold.
    pub base: AssetId,
    /// What it is paid with.
    pub quote: AssetId,
    /// The price step, quote per one base, as a mantissa at 10^-8. Positive.
    pub tick_mantissa: i64,
    /// The quantity step, in base, as a mantissa at 10^-8. Positive.
    pub lot_mantissa: i64,
    /// Smallest order, at least 1.
    pub min_qty: Qty,
    /// Largest order.
    pub max_qty: Qty,
    /// Smallest price × quantity, in quote units, 0 for none.
    pub min_notional: Amount,
    /// Largest price × quantity, in quote units.
    pub max_notional: Amount,
    /// How far above the reference a buy and below it a sell may be priced. 1 to 1,000,000 ppm.
    pub collar: Ppm,
    /// The reference until the first trade, in ticks.
    pub reference_price: Price,
    /// Charged to the resting side, of what it receives. 0 to 100,000 ppm.
    pub maker_fee: Ppm,
    /// Charged to the arriving side, of what it receives. 0 to 100,000 ppm.
    pub taker_fee: Ppm,
}

/// The prices that a collar allows: buys up to `highest`, sells down to `lowest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collar {
    /// Sells may not be priced below this.
    pub lowest: Price,
    /// Buys may not be priced above this.
    pub highest: Price,
}

impl Collar {
    /// The worst price at which an order of `side` may trade.
    #[inline]
    pub const fn bound(&self, side: Side) -> Price {
        match side {
            Side::Buy => self.highest,
            Side::Sell => self.lowest,
        }
    }

    /// Refuses a limit price of `side` beyond the collar.
    ///
    /// # Errors
    /// [`RejectReason::PriceAboveCollar`] for a buy, [`RejectReason::PriceBelowCollar`] for a sell.
    #[inline]
    pub const fn check(&self, side: Side, price: Price) -> Result<(), Refusal> {
        let bound = self.bound(side);
        if side.accepts(bound, price) {
            return Ok(());
        }
        let reason = match side {
            Side::Buy => RejectReason::PriceAboveCollar,
            Side::Sell => RejectReason::PriceBelowCollar,
        };
        Err(Refusal::new(reason, price.0, bound.0))
    }
}

/// A listed instrument: the specification and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instrument {
    /// Given at listing.
    pub id: InstrumentId,
    /// As listed; fees as last changed.
    pub spec: InstrumentSpec,
    /// Whether it trades.
    pub state: InstrumentState,
    /// Base units in one lot. At least 1.
    pub base_units_per_lot: i64,
    /// Quote units that one lot costs at a price of one tick. At least 1.
    pub quote_units_per_tick_lot: i64,
}

impl Instrument {
    /// Checks a specification and derives the exact factors.
    ///
    /// # Errors
    /// The first rule that the specification breaks, in the order of the fields of
    /// [`InstrumentSpec`]. Whether symbol and assets exist is checked by the exchange.
    pub fn new(
        id: InstrumentId,
        spec: InstrumentSpec,
        base: &Asset,
        quote: &Asset,
    ) -> Result<Self, Refusal> {
        let tick_or_lot = Refusal::new(
            RejectReason::InvalidTickOrLot,
            spec.tick_mantissa,
            spec.lot_mantissa,
        );
        if spec.tick_mantissa < 1 || spec.lot_mantissa < 1 {
            return Err(tick_or_lot);
        }
        let one = i128::from(MANTISSA_ONE);
        let base_units = i128::from(spec.lot_mantissa) * i128::from(base.units_per_one());
        // At most 2^63 × 2^63 × 10^8, which leaves 128 bits; checked for that reason.
        let quote_units = (i128::from(spec.tick_mantissa) * i128::from(spec.lot_mantissa))
            .checked_mul(i128::from(quote.units_per_one()))
            .ok_or(tick_or_lot)?;
        if base_units % one != 0 || quote_units % (one * one) != 0 {
            return Err(tick_or_lot);
        }
        let factor = |units: i128| i64::try_from(units).map_err(|_| tick_or_lot);
        let instrument = Self {
            id,
            spec,
            state: InstrumentState::Open,
            base_units_per_lot: factor(base_units / one)?,
            quote_units_per_tick_lot: factor(quote_units / (one * one))?,
        };
        instrument.check_ranges()?;
        check_fees(spec.maker_fee, spec.taker_fee)?;
        Ok(instrument)
    }

    fn check_ranges(&self) -> Result<(), Refusal> {
        let spec = &self.spec;
        let range = |min: i64, max: i64, ok: bool| {
            if ok {
                Ok(())
            } else {
                Err(Refusal::new(RejectReason::InvalidRange, min, max))
            }
        };
        let (min, max) = (spec.min_qty, spec.max_qty);
        range(
            min.0,
            max.0,
            min.0 >= 1 && min <= max && self.base_amount(max).is_some(),
        )?;
        let (min, max) = (spec.min_notional, spec.max_notional);
        range(min.0, max.0, min.0 >= 0 && max.0 >= 1 && min <= max)?;
        if spec.collar.0 == 0 || spec.collar > COLLAR_MAX {
            let (value, limit) = (i64::from(spec.collar.0), i64::from(COLLAR_MAX.0));
            return Err(Refusal::new(RejectReason::InvalidCollar, value, limit));
        }
        if spec.reference_price.0 < 1 {
            return Err(Refusal::new(
                RejectReason::InvalidPrice,
                spec.reference_price.0,
                1,
            ));
        }
        Ok(())
    }

    /// What `qty` costs at `price`, in quote units; `None` when it does not fit.
    #[inline]
    pub fn notional(&self, price: Price, qty: Qty) -> Option<Amount> {
        let product = price.0.checked_mul(qty.0)?;
        product
            .checked_mul(self.quote_units_per_tick_lot)
            .map(Amount)
    }

    /// What `qty` costs at `price` where both lie within an accepted order's own price and quantity,
    /// so that the product is known to fit.
    #[inline]
    pub const fn notional_within(&self, price: Price, qty: Qty) -> Amount {
        Amount(price.0 * qty.0 * self.quote_units_per_tick_lot)
    }

    /// What `qty` is in base units; `None` when it does not fit.
    #[inline]
    pub fn base_amount(&self, qty: Qty) -> Option<Amount> {
        qty.0.checked_mul(self.base_units_per_lot).map(Amount)
    }

    /// What `qty` is in base units, where it is at most the largest order.
    #[inline]
    pub const fn base_amount_within(&self, qty: Qty) -> Amount {
        Amount(qty.0 * self.base_units_per_lot)
    }

    /// How many lots `quote` pays for at `price`, rounded down.
    ///
    /// # Panics
    /// When `price` is below 1.
    #[inline]
    pub fn affordable(&self, quote: Amount, price: Price) -> Qty {
        assert!(price.0 >= 1, "a price is at least one tick");
        match price.0.checked_mul(self.quote_units_per_tick_lot) {
            Some(lot_cost) => Qty(quote.0 / lot_cost),
            None => Qty::ZERO, // One lot costs more than any amount.
        }
    }

    /// The collar around `reference`: its upper end rounded down to a tick, its lower end rounded up
    /// and never below one tick.
    #[inline]
    pub fn collar(&self, reference: Price) -> Collar {
        // The reference is whole ticks, so rounding the width down rounds both ends inward.
        let width = self.spec.collar.of(Amount(reference.0)).0;
        Collar {
            lowest: Price((reference.0 - width).max(1)),
            highest: Price(reference.0.saturating_add(width)),
        }
    }
}

/// Refuses fees above the maximum.
///
/// # Errors
/// [`RejectReason::InvalidFee`].
pub fn check_fees(maker: Ppm, taker: Ppm) -> Result<(), Refusal> {
    for fee in [maker, taker] {
        if fee > FEE_MAX {
            let (value, limit) = (i64::from(fee.0), i64::from(FEE_MAX.0));
            return Err(Refusal::new(RejectReason::InvalidFee, value, limit));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(symbol: &str, decimals: u8) -> Asset {
        Asset {
            symbol: Symbol::new(symbol).unwrap(),
            decimals,
        }
    }

    fn spec() -> InstrumentSpec {
        InstrumentSpec {
            symbol: Symbol::new("BTC-USDT").unwrap(),
            base: AssetId(1),
            quote: AssetId(2),
            tick_mantissa: 1_000_000, // 0.01
            lot_mantissa: 10_000,     // 0.0001
            min_qty: Qty(1),
            max_qty: Qty(1_000_000),
            min_notional: Amount(0),
            max_notional: Amount(i64::MAX),
            collar: Ppm(100_000),
            reference_price: Price(6_000_000),
            maker_fee: Ppm(0),
            taker_fee: Ppm(1_000),
        }
    }

    fn list(spec: InstrumentSpec) -> Result<Instrument, Refusal> {
        Instrument::new(InstrumentId(1), spec, &asset("BTC", 8), &asset("USDT", 6))
    }

    #[test]
    fn factors_are_exact() {
        let instrument = list(spec()).unwrap();
        assert_eq!(instrument.base_units_per_lot, 10_000);
        assert_eq!(instrument.quote_units_per_tick_lot, 1);
        // 2 lots at 60,000.00 are 0.0002 × 60,000 = 12 USDT.
        assert_eq!(
            instrument.notional(Price(6_000_000), Qty(2)),
            Some(Amount(12_000_000))
        );
        assert_eq!(instrument.notional(Price(i64::MAX), Qty(2)), None);
        assert_eq!(
            instrument.affordable(Amount(12_000_001), Price(6_000_000)),
            Qty(2)
        );
        assert_eq!(
            instrument.affordable(Amount(5_999_999), Price(6_000_000)),
            Qty(0)
        );
    }

    #[test]
    fn a_notional_that_is_no_whole_number_of_units_is_not_listed() {
        let finer = InstrumentSpec {
            lot_mantissa: 1_000,
            ..spec()
        };
        assert_eq!(
            list(finer).unwrap_err().reason,
            RejectReason::InvalidTickOrLot
        );
        let huge = InstrumentSpec {
            tick_mantissa: i64::MAX,
            lot_mantissa: i64::MAX,
            ..spec()
        };
        assert_eq!(
            list(huge).unwrap_err().reason,
            RejectReason::InvalidTickOrLot
        );
    }

    #[test]
    fn each_range_is_checked() {
        let cases = [
            (
                InstrumentSpec {
                    min_qty: Qty(0),
                    ..spec()
                },
                RejectReason::InvalidRange,
            ),
            (
                InstrumentSpec {
                    min_qty: Qty(5),
                    max_qty: Qty(4),
                    ..spec()
                },
                RejectReason::InvalidRange,
            ),
            (
                InstrumentSpec {
                    max_qty: Qty(i64::MAX),
                    ..spec()
                },
                RejectReason::InvalidRange,
            ),
            (
                InstrumentSpec {
                    max_notional: Amount(0),
                    ..spec()
                },
                RejectReason::InvalidRange,
            ),
            (
                InstrumentSpec {
                    collar: Ppm(0),
                    ..spec()
                },
                RejectReason::InvalidCollar,
            ),
            (
                InstrumentSpec {
                    collar: Ppm(1_000_001),
                    ..spec()
                },
                RejectReason::InvalidCollar,
            ),
            (
                InstrumentSpec {
                    reference_price: Price(0),
                    ..spec()
                },
                RejectReason::InvalidPrice,
            ),
            (
                InstrumentSpec {
                    taker_fee: Ppm(100_001),
                    ..spec()
                },
                RejectReason::InvalidFee,
            ),
        ];
        for (spec, reason) in cases {
            assert_eq!(list(spec).unwrap_err().reason, reason);
        }
    }

    #[test]
    fn collars_round_inwards() {
        let instrument = list(spec()).unwrap();
        let collar = instrument.collar(Price(15));
        assert_eq!(
            collar,
            Collar {
                lowest: Price(14),
                highest: Price(16)
            }
        );
        assert!(collar.check(Side::Buy, Price(16)).is_ok());
        assert!(collar.check(Side::Buy, Price(1)).is_ok());
        assert_eq!(
            collar.check(Side::Buy, Price(17)),
            Err(Refusal::new(RejectReason::PriceAboveCollar, 17, 16))
        );
        assert_eq!(
            collar.check(Side::Sell, Price(13)),
            Err(Refusal::new(RejectReason::PriceBelowCollar, 13, 14))
        );
        let whole = list(InstrumentSpec {
            collar: Ppm(1_000_000),
            ..spec()
        })
        .unwrap();
        assert_eq!(whole.collar(Price(15)).lowest, Price(1));
    }
}
