//! Samples of market data.

use rialto_protocol::{
    AssetDefinition, BookFlags, Channel, Group, InstrumentDefinition, InstrumentStatus, L2Snapshot,
    L2Update, Level, Message, SubscriptionAccepted, SubscriptionRefusal, SubscriptionRefused, Text,
    TopOfBook, TradeTick, Unsubscribe,
};
use rialto_types::{AssetId, InstrumentId, InstrumentState, Ppm, Seq, Side, TradeId};

use super::{BTC_USDT, at, decimal, scaled, subscribe};

pub(super) fn all() -> Vec<Message> {
    let channel = Channel::L2Book.into();
    let unsubscribe = Unsubscribe {
        request_id: 5,
        instrument_id: Some(BTC_USDT),
        channel,
    };
    let accepted = SubscriptionAccepted {
        request_id: 4,
        instrument_id: Some(BTC_USDT),
        channel,
    };
    let refused = SubscriptionRefused {
        request_id: 6,
        instrument_id: Some(InstrumentId(99)),
        channel: Channel::Trades.into(),
        reason: SubscriptionRefusal::UnknownInstrument.into(),
        text: "there is no instrument 99".into(),
    };
    let asset = AssetDefinition {
        asset_id: AssetId(2),
        decimals: 6,
        symbol: Text::cut("USDT"),
    };
    vec![
        subscribe().into(),
        unsubscribe.into(),
        accepted.into(),
        refused.into(),
        asset.into(),
        definition().into(),
        InstrumentStatus {
            instrument_id: BTC_USDT,
            core_seq: Seq(1_007),
            transact_time: at(4_000),
            state: InstrumentState::Halted.into(),
        }
        .into(),
        TradeTick {
            instrument_id: BTC_USDT,
            core_seq: Seq(1_002),
            event_index: 1,
            transact_time: at(1_500),
            trade_id: TradeId(9),
            price: decimal("60000"),
            quantity: decimal("0.5"),
            taker_side: Side::Buy.into(),
        }
        .into(),
        top().into(),
        snapshot().into(),
        update().into(),
    ]
}

fn definition() -> InstrumentDefinition {
    InstrumentDefinition {
        instrument_id: BTC_USDT,
        core_seq: Seq(1_001),
        tick: decimal("0.01"),
        lot: decimal("0.0001"),
        min_quantity: scaled("0.001"),
        max_quantity: scaled("100"),
        min_notional: scaled("5"),
        max_notional: scaled("10000000"),
        reference_price: decimal("60500"),
        collar: Ppm(100_000),
        maker_fee: Ppm(200),
        taker_fee: Ppm(1_000),
        base_asset_id: AssetId(1),
        quote_asset_id: AssetId(2),
        base_decimals: 8,
        quote_decimals: 6,
        state: InstrumentState::PostOnly.into(),
        symbol: Text::cut("BTC-USDT"),
        base_symbol: Text::cut("BTC"),
        quote_symbol: Text::cut("USDT"),
    }
}

fn top() -> TopOfBook {
    TopOfBook {
        instrument_id: BTC_USDT,
        core_seq: Seq(1_002),
        transact_time: at(1_500),
        book_seq: 640,
        bid_price: Some(decimal("60000.01")),
        bid_quantity: Some(scaled("0.9")),
        ask_price: None,
        ask_quantity: None,
        bid_order_count: 1,
        ask_order_count: 0,
    }
}

fn level(side: Side, price: &str, quantity: &str, order_count: u32) -> Level {
    Level {
        price: decimal(price),
        quantity: scaled(quantity),
        order_count,
        side: side.into(),
    }
}

fn snapshot() -> L2Snapshot {
    let levels = vec![
        level(Side::Buy, "59999.99", "2.25", 3),
        level(Side::Buy, "59999.5", "0.0001", 1),
        level(Side::Sell, "60000", "0.5", 2),
    ];
    L2Snapshot {
        instrument_id: BTC_USDT,
        core_seq: Seq(1_001),
        transact_time: at(1_400),
        book_seq: 639,
        book_flags: BookFlags::FIRST.with(BookFlags::LAST),
        levels: Group::try_from(levels).unwrap(),
    }
}

fn update() -> L2Update {
    let levels = vec![
        level(Side::Sell, "60000", "0", 0),
        level(Side::Buy, "60000.01", "0.9", 1),
    ];
    L2Update {
        instrument_id: BTC_USDT,
        core_seq: Seq(1_002),
        transact_time: at(1_500),
        book_seq: 640,
        previous_book_seq: 639,
        book_flags: BookFlags::FIRST.with(BookFlags::LAST),
        levels: Group::try_from(levels).unwrap(),
    }
}
