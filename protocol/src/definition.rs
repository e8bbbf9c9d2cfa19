//! Definitions between wire and vocabulary: what the exchange says of its assets and instruments, and
//! what a client makes of it.

use rialto_types::{Asset, AssetId, Instrument, InstrumentSpec, Refusal, RejectReason, Seq};

use crate::refusal::Pair;
use crate::{AssetDefinition, InstrumentDefinition, SymbolText, convert};

/// What the exchange says of an asset.
pub fn asset_definition(id: AssetId, asset: &Asset) -> AssetDefinition {
    AssetDefinition {
        asset_id: id,
        decimals: asset.decimals,
        symbol: asset.symbol.into(),
    }
}

/// What the exchange says of an instrument, as of a command.
pub fn instrument_definition(pair: Pair<'_>, core_seq: Seq) -> InstrumentDefinition {
    let Pair {
        instrument,
        base,
        quote,
    } = pair;
    let spec = &instrument.spec;
    InstrumentDefinition {
        instrument_id: instrument.id,
        core_seq,
        tick: crate::Decimal(spec.tick_mantissa),
        lot: crate::Decimal(spec.lot_mantissa),
        min_quantity: convert::qty_scaled(instrument, spec.min_qty),
        max_quantity: convert::qty_scaled(instrument, spec.max_qty),
        min_notional: convert::amount_scaled(quote, spec.min_notional),
        max_notional: convert::amount_scaled(quote, spec.max_notional),
        reference_price: convert::price_decimal(instrument, spec.reference_price),
        collar: spec.collar,
        maker_fee: spec.maker_fee,
        taker_fee: spec.taker_fee,
        base_asset_id: spec.base,
        quote_asset_id: spec.quote,
        base_decimals: base.decimals,
        quote_decimals: quote.decimals,
        state: instrument.state.into(),
        symbol: spec.symbol.into(),
        base_symbol: base.symbol.into(),
        quote_symbol: quote.symbol.into(),
    }
}

/// An instrument with its two assets, as a client keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The instrument.
    pub instrument: Instrument,
    /// What is bought and sold.
    pub base: Asset,
    /// What it is paid with.
    pub quote: Asset,
}

impl Listed {
    /// The instrument that a definition describes.
    ///
    /// # Errors
    /// [`RejectReason::InvalidField`] for a symbol or state that cannot be, whatever [`convert`] and
    /// [`Instrument::new`] refuse: such a definition is not from an exchange that speaks this version.
    pub fn new(definition: &InstrumentDefinition) -> Result<Self, Refusal> {
        let base = asset(&definition.base_symbol, definition.base_decimals)?;
        let quote = asset(&definition.quote_symbol, definition.quote_decimals)?;
        let (tick, lot) = (definition.tick.0, definition.lot.0);
        if tick < 1 || lot < 1 {
            return Err(Refusal::new(RejectReason::InvalidTickOrLot, tick, lot));
        }
        let spec = InstrumentSpec {
            symbol: definition.symbol.symbol().map_err(|_| invalid(0))?,
            base: definition.base_asset_id,
            quote: definition.quote_asset_id,
            tick_mantissa: tick,
            lot_mantissa: lot,
            min_qty: convert::scaled_qty(lot, definition.min_quantity)?,
            max_qty: convert::scaled_qty(lot, definition.max_quantity)?,
            min_notional: convert::signed_amount(&quote, definition.min_notional)?,
            max_notional: convert::signed_amount(&quote, definition.max_notional)?,
            collar: definition.collar,
            reference_price: convert::price_at_tick(tick, definition.reference_price)?,
            maker_fee: definition.maker_fee,
            taker_fee: definition.taker_fee,
        };
        let mut instrument = Instrument::new(definition.instrument_id, spec, &base, &quote)?;
        let state = definition.state;
        instrument.state = state.known().ok_or(invalid(i64::from(state.raw())))?;
        Ok(Self {
            instrument,
            base,
            quote,
        })
    }

    /// For conversions and texts.
    pub const fn pair(&self) -> Pair<'_> {
        Pair {
            instrument: &self.instrument,
            base: &self.base,
            quote: &self.quote,
        }
    }
}

fn asset(symbol: &SymbolText, decimals: u8) -> Result<Asset, Refusal> {
    let asset = Asset {
        symbol: symbol.symbol().map_err(|_| invalid(0))?,
        decimals,
    };
    asset.check()?;
    Ok(asset)
}

fn invalid(value: i64) -> Refusal {
    Refusal::new(RejectReason::InvalidField, value, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{btc, btc_usdt, usdt};
    use rialto_types::{Amount, InstrumentState, Qty};

    fn listed() -> Listed {
        let (instrument, base, quote) = (btc_usdt(), btc(), usdt());
        Listed {
            instrument,
            base,
            quote,
        }
    }

    #[test]
    fn a_client_makes_of_a_definition_what_the_exchange_has() {
        let mut ours = listed();
        ours.instrument.state = InstrumentState::Halted;
        let definition = instrument_definition(ours.pair(), Seq(5));
        assert_eq!(Listed::new(&definition), Ok(ours));
        let asset = asset_definition(AssetId(1), &ours.base);
        assert_eq!((asset.asset_id, asset.decimals), (AssetId(1), 8));
    }

    #[test]
    fn limits_beyond_any_decimal_cross_the_wire_exactly() {
        let mut ours = listed();
        let base = Asset {
            decimals: 0,
            ..ours.base
        };
        let spec = InstrumentSpec {
            tick_mantissa: 1_000_000,
            lot_mantissa: 100_000_000,
            max_qty: Qty::MAX,
            max_notional: Amount::MAX,
            ..ours.instrument.spec
        };
        ours.base = base;
        ours.instrument = Instrument::new(ours.instrument.id, spec, &base, &ours.quote).unwrap();
        let definition = instrument_definition(ours.pair(), Seq(5));
        assert_eq!(definition.max_quantity.exponent, 0);
        assert_eq!(Listed::new(&definition), Ok(ours));
    }

    #[test]
    fn definitions_that_cannot_be_are_refused() {
        let good = instrument_definition(listed().pair(), Seq(5));
        let reason = |definition| Listed::new(&definition).unwrap_err().reason;
        let zero_tick = InstrumentDefinition {
            tick: crate::Decimal(0),
            ..good
        };
        assert_eq!(reason(zero_tick), RejectReason::InvalidTickOrLot);
        let decimals = InstrumentDefinition {
            quote_decimals: 9,
            ..good
        };
        assert_eq!(reason(decimals), RejectReason::InvalidDecimals);
        let state = InstrumentDefinition {
            state: crate::Code::NULL,
            ..good
        };
        assert_eq!(reason(state), RejectReason::InvalidField);
        let symbol = InstrumentDefinition {
            base_symbol: SymbolText::NONE,
            ..good
        };
        assert_eq!(reason(symbol), RejectReason::InvalidField);
        let range = InstrumentDefinition {
            max_quantity: crate::Scaled::ZERO,
            ..good
        };
        assert_eq!(reason(range), RejectReason::InvalidRange);
    }
}
