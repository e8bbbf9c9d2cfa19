//! An exchange's directory for the tests of the commands.

use rialto_client::{Directory, ListedInstrument, LocalBook};
use rialto_protocol::{
    AssetDefinition, BookFlags, Group, InstrumentDefinition, L2Snapshot, Level, Message,
};
use rialto_types::{Asset, AssetId, InstrumentId, InstrumentState, Ppm, Side, Symbol};

/// BTC with 8 decimals, USDT with 6, and BTC-USDT with a tick of 0.01 and a lot of 0.0001.
pub(crate) fn directory() -> Directory {
    let mut directory = Directory::default();
    let assets = [(1, asset("BTC", 8)), (2, asset("USDT", 6))];
    for (id, asset) in assets {
        let definition = AssetDefinition {
            asset_id: AssetId(id),
            decimals: asset.decimals,
            symbol: asset.symbol.into(),
        };
        directory
            .apply(&Message::AssetDefinition(definition))
            .unwrap();
    }
    let definition = Message::InstrumentDefinition(btc_usdt_definition());
    directory.apply(&definition).unwrap();
    directory
}

/// The instrument of [`directory`].
pub(crate) fn btc_usdt() -> ListedInstrument {
    *directory().by_symbol("BTC-USDT").unwrap()
}

/// A book of [`btc_usdt`] with these levels: side, price and quantity, of one order each.
pub(crate) fn book(levels: &[(Side, &str, &str)]) -> LocalBook {
    let levels = levels.iter().map(|(side, price, quantity)| Level {
        price: price.parse().unwrap(),
        quantity: quantity.parse().unwrap(),
        order_count: 1,
        side: (*side).into(),
    });
    let mut book = LocalBook::new(*btc_usdt().instrument());
    let snapshot = L2Snapshot {
        instrument_id: InstrumentId(1),
        book_flags: BookFlags::FIRST.with(BookFlags::LAST),
        levels: Group::try_from(levels.collect::<Vec<_>>()).unwrap(),
        ..L2Snapshot::default()
    };
    book.apply_snapshot(&snapshot).unwrap();
    book
}

/// As the exchange would define it.
pub(crate) fn btc_usdt_definition() -> InstrumentDefinition {
    InstrumentDefinition {
        instrument_id: InstrumentId(1),
        tick: "0.01".parse().unwrap(),
        lot: "0.0001".parse().unwrap(),
        min_quantity: "0.0001".parse().unwrap(),
        max_quantity: "100".parse().unwrap(),
        min_notional: "1".parse().unwrap(),
        max_notional: "10000000".parse().unwrap(),
        reference_price: "60000".parse().unwrap(),
        collar: Ppm(100_000),
        maker_fee: Ppm(200),
        taker_fee: Ppm(500),
        base_asset_id: AssetId(1),
        quote_asset_id: AssetId(2),
        base_decimals: 8,
        quote_decimals: 6,
        state: InstrumentState::Open.into(),
        symbol: symbol("BTC-USDT").into(),
        base_symbol: symbol("BTC").into(),
        quote_symbol: symbol("USDT").into(),
        ..InstrumentDefinition::default()
    }
}

fn asset(name: &str, decimals: u8) -> Asset {
    let symbol = symbol(name);
    Asset { symbol, decimals }
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}
