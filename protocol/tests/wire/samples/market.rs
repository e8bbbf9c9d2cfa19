//! Samples of market data.

use rialto_protocol::{
    AssetDefinition, BookChecksum, BookFlags, BookOrder, Boolean, Candle, CandleSnapshot,
    CandleUpdate, Channel, Group, InstrumentDefinition, InstrumentStatus, L2ConflatedSnapshot,
    L2ConflatedUpdate, L2Snapshot, L2Update, L3Snapshot, L3Update, Level, Message, OrderAction,
    OrderChange, Statistics, SubscriptionAccepted, SubscriptionRefusal, SubscriptionRefused, Text,
    TopOfBook, TradeTick, Unsubscribe, checksum,
};
use rialto_types::{AssetId, InstrumentId, InstrumentState, OrderId, Ppm, Seq, Side, TradeId};

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
        conflated_snapshot().into(),
        conflated_update().into(),
        checksum().into(),
        orders().into(),
        order_changes().into(),
        statistics().into(),
        candles().into(),
        candle().into(),
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

/// The book a hundredth of a second later than that of [`update`].
fn conflated_snapshot() -> L2ConflatedSnapshot {
    L2ConflatedSnapshot {
        instrument_id: BTC_USDT,
        core_seq: Seq(1_003),
        transact_time: at(9_000),
        book_seq: 641,
        book_flags: BookFlags::FIRST.with(BookFlags::LAST),
        channel: Channel::L2Book10ms.into(),
        levels: Group::try_from(vec![level(Side::Buy, "60000.01", "0.7", 1)]).unwrap(),
    }
}

fn conflated_update() -> L2ConflatedUpdate {
    let levels = vec![
        level(Side::Sell, "60000.02", "1.25", 4),
        level(Side::Buy, "60000.01", "0.8", 2),
    ];
    L2ConflatedUpdate {
        instrument_id: BTC_USDT,
        core_seq: Seq(1_012),
        transact_time: at(19_000),
        book_seq: 650,
        previous_book_seq: 641,
        book_flags: BookFlags::FIRST.with(BookFlags::LAST),
        channel: Channel::L2Book10ms.into(),
        levels: Group::try_from(levels).unwrap(),
    }
}

/// The checksum of the book of [`snapshot`].
fn checksum() -> BookChecksum {
    let levels = snapshot().levels;
    let of = |side: Side| {
        let of_side = levels.iter().filter(move |level| level.side == side);
        of_side.copied().collect::<Vec<_>>()
    };
    let (bids, asks) = (of(Side::Buy), of(Side::Sell));
    BookChecksum {
        instrument_id: BTC_USDT,
        book_seq: 639,
        bid_count: u32::try_from(bids.len()).unwrap(),
        ask_count: u32::try_from(asks.len()).unwrap(),
        checksum: checksum::of_levels(bids, asks),
        channel: Channel::L2Book.into(),
    }
}

/// The orders of the book of [`snapshot`].
fn orders() -> L3Snapshot {
    let order = |order: u64, side: Side, price, quantity| BookOrder {
        order_id: OrderId(281_474_976_710_000 + order),
        price: decimal(price),
        quantity: decimal(quantity),
        side: side.into(),
    };
    let orders = vec![
        order(690, Side::Buy, "59999.99", "2"),
        order(695, Side::Buy, "59999.99", "0.15"),
        order(697, Side::Buy, "59999.99", "0.1"),
        order(657, Side::Buy, "59999.5", "0.0001"),
        order(683, Side::Sell, "60000", "0.3"),
        order(688, Side::Sell, "60000", "0.2"),
    ];
    L3Snapshot {
        instrument_id: BTC_USDT,
        core_seq: Seq(1_001),
        transact_time: at(1_400),
        book_seq: 639,
        book_flags: BookFlags::FIRST.with(BookFlags::LAST),
        book_orders: Group::try_from(orders).unwrap(),
    }
}

/// What the order of the story does to them: see [`update`].
fn order_changes() -> L3Update {
    let change = |order: u64, action: OrderAction, side: Side, price, quantity| OrderChange {
        order_id: OrderId(281_474_976_710_000 + order),
        price: decimal(price),
        quantity: decimal(quantity),
        trade_id: None,
        side: side.into(),
        action: action.into(),
    };
    let (removed, added) = (OrderAction::Removed, OrderAction::Added);
    let changes = vec![
        OrderChange {
            trade_id: Some(TradeId(8)),
            ..change(683, removed, Side::Sell, "60000", "0")
        },
        OrderChange {
            trade_id: Some(TradeId(9)),
            ..change(688, removed, Side::Sell, "60000", "0")
        },
        change(699, added, Side::Buy, "60000.01", "0.9"),
    ];
    L3Update {
        instrument_id: BTC_USDT,
        core_seq: Seq(1_002),
        transact_time: at(1_500),
        book_seq: 640,
        previous_book_seq: 639,
        book_flags: BookFlags::FIRST.with(BookFlags::LAST),
        order_changes: Group::try_from(changes).unwrap(),
    }
}

fn statistics() -> Statistics {
    Statistics {
        instrument_id: BTC_USDT,
        core_seq: Seq(1_013),
        transact_time: at(20_000),
        since: at(0),
        open_price: Some(decimal("60001")),
        high_price: Some(decimal("60002.5")),
        low_price: Some(decimal("59998")),
        last_price: Some(decimal("60000")),
        volume: scaled("12.5"),
        quote_volume: scaled("750001.25"),
        trade_count: 9,
    }
}

fn candles() -> CandleSnapshot {
    let candle = |minute: u64, prices: [&str; 4], closed: Boolean| Candle {
        open_time: at(minute * 60_000_000),
        open_price: decimal(prices[0]),
        high_price: decimal(prices[1]),
        low_price: decimal(prices[2]),
        close_price: decimal(prices[3]),
        volume: scaled("1.5"),
        quote_volume: scaled("90000.75"),
        trade_count: 3 + minute,
        closed: closed.into(),
    };
    let (one, two) = (
        ["60001", "60002.5", "59999", "60000"],
        ["60000.5", "60002", "60000.25", "60001.5"],
    );
    CandleSnapshot {
        instrument_id: BTC_USDT,
        core_seq: Seq(1_013),
        candle_seq: 77,
        since: at(0),
        channel: Channel::Candles1m.into(),
        candles: Group::try_from(vec![
            candle(0, one, Boolean::True),
            candle(2, two, Boolean::False),
        ])
        .unwrap(),
    }
}

fn candle() -> CandleUpdate {
    CandleUpdate {
        instrument_id: BTC_USDT,
        core_seq: Seq(1_014),
        transact_time: at(121_000_000),
        candle_seq: 78,
        channel: Channel::Candles1m.into(),
        open_time: at(120_000_000),
        open_price: decimal("60000.5"),
        high_price: decimal("60003"),
        low_price: decimal("60000.25"),
        close_price: decimal("60002.75"),
        volume: scaled("2.5"),
        quote_volume: scaled("150004"),
        trade_count: 6,
        closed: Boolean::False.into(),
    }
}
