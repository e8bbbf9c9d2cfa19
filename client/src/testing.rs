//! What the tests of this crate share: an instrument, and an exchange that is only a script.

use proptest::prelude::*;
use rialto_protocol::definition::{asset_definition, instrument_definition};
use rialto_protocol::refusal::Pair;
use rialto_protocol::{AssetDefinition, InstrumentDefinition, Message};
use rialto_types::{
    Amount, Asset, AssetId, Instrument, InstrumentId, InstrumentSpec, Ppm, Price, Qty, Seq, Symbol,
};

use crate::{Directory, ListedInstrument};

fn asset(symbol: &str, decimals: u8) -> Asset {
    let symbol = Symbol::new(symbol).unwrap();
    Asset { symbol, decimals }
}

/// USDT with 6 decimals, asset 2.
pub(crate) fn usdt_definition() -> AssetDefinition {
    asset_definition(AssetId(2), &asset("USDT", 6))
}

/// BTC-USDT, instrument 1, with tick 0.01 and lot 0.0001.
pub(crate) fn btc_usdt_definition() -> InstrumentDefinition {
    let (base, quote) = (asset("BTC", 8), asset("USDT", 6));
    let spec = InstrumentSpec {
        symbol: Symbol::new("BTC-USDT").unwrap(),
        base: AssetId(1),
        quote: AssetId(2),
        tick_mantissa: 1_000_000,
        lot_mantissa: 10_000,
        min_qty: Qty(1),
        max_qty: Qty(1_000_000_000),
        min_notional: Amount(0),
        max_notional: Amount::MAX,
        collar: Ppm(100_000),
        reference_price: Price(6_000_000),
        maker_fee: Ppm(0),
        taker_fee: Ppm(1_000),
    };
    let instrument = Instrument::new(InstrumentId(1), spec, &base, &quote).unwrap();
    let pair = Pair {
        instrument: &instrument,
        base: &base,
        quote: &quote,
    };
    instrument_definition(pair, Seq(1))
}

/// The same, as a client knows it.
pub(crate) fn btc_usdt() -> ListedInstrument {
    let mut directory = Directory::default();
    let definition = Message::InstrumentDefinition(btc_usdt_definition());
    directory.apply(&definition).unwrap();
    *directory.by_symbol("BTC-USDT").unwrap()
}

/// Numbers that come close to making sense: any, small ones, powers of ten and their multiples.
pub(crate) fn number() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        -2_i64..200,
        (1_i64..200, 0_u32..15).prop_map(|(factor, power)| factor * 10_i64.pow(power)),
    ]
}
