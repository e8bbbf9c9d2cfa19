//! Assets and an instrument that the tests of this crate share.

use rialto_types::{
    Amount, Asset, AssetId, Instrument, InstrumentId, InstrumentSpec, Ppm, Price, Qty, Symbol,
};

/// BTC with 8 decimals.
pub(crate) fn btc() -> Asset {
    asset("BTC", 8)
}

/// USDT with 6 decimals.
pub(crate) fn usdt() -> Asset {
    asset("USDT", 6)
}

/// BTC-USDT with tick 0.01 and lot 0.0001.
pub(crate) fn btc_usdt() -> Instrument {
    let spec = InstrumentSpec {
        symbol: Symbol::new("BTC-USDT").unwrap(),
        base: AssetId(1),
        quote: AssetId(2),
        tick_mantissa: 1_000_000,
        lot_mantissa: 10_000,
        min_qty: Qty(1),
        max_qty: Qty(1_000_000),
        min_notional: Amount(1_000_000),
        max_notional: Amount(10_000_000_000_000),
        collar: Ppm(100_000),
        reference_price: Price(6_000_000),
        maker_fee: Ppm(0),
        taker_fee: Ppm(1_000),
    };
    Instrument::new(InstrumentId(1), spec, &btc(), &usdt()).unwrap()
}

fn asset(symbol: &str, decimals: u8) -> Asset {
    Asset {
        symbol: Symbol::new(symbol).unwrap(),
        decimals,
    }
}
