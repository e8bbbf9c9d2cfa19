//! A small state with something in every field, for golden bytes.

use rialto_engine::image::{
    AccountImage, AssetImage, BalanceImage, InstrumentImage, KeyImage, OrderImage, SourceImage,
    StateImage,
};
use rialto_journal::{Annex, BookAnnex, OrderAnnex, Snapshot};
use rialto_types::*;

use crate::common::EXCHANGE;
use crate::samples::CAPACITY;

fn asset(symbol: &str, decimals: u8, supply: i64) -> AssetImage {
    let symbol = Symbol::new(symbol).unwrap();
    AssetImage {
        asset: Asset { symbol, decimals },
        supply: Amount(supply),
    }
}

fn order(counter: u64, side: Side, kind: OrderKind, name: Option<&str>) -> OrderImage {
    OrderImage {
        order_id: OrderId::new(ShardId(3), counter),
        account: AccountId(1),
        key: KeyId(2),
        side,
        stp: StpMode::CancelTaker,
        kind,
        leaves: 20,
        filled: Qty(5),
        filled_quote: Amount(30_000_000),
        client_order_id: name.map(|name| ClientOrderId::new(name).unwrap()),
    }
}

fn limit(price: i64, tif: TimeInForce) -> OrderKind {
    OrderKind::Limit {
        price: Price(price),
        qty: Qty(25),
        tif,
        post_only: false,
    }
}

fn instrument() -> InstrumentImage {
    let (tif, qty) = (TimeInForce::Gtc, Qty(25));
    let expiry = TimeInForce::Gtd(Timestamp(1_700_000_001_000_000_000));
    let (price, stop) = (Price(6_100_000), Price(6_090_000));
    let stop_limit = OrderKind::StopLimit {
        stop,
        price,
        qty,
        tif,
    };
    let stop_market = OrderKind::StopMarket {
        stop: Price(5_900_000),
        size: Size::Qty(qty),
    };
    InstrumentImage {
        instrument: Instrument {
            id: InstrumentId(1),
            spec: InstrumentSpec {
                symbol: Symbol::new("BTC-USDT").unwrap(),
                base: AssetId(1),
                quote: AssetId(2),
                tick_mantissa: 1_000_000,
                lot_mantissa: 10_000,
                min_qty: Qty(1),
                max_qty: Qty(1_000_000),
                min_notional: Amount(0),
                max_notional: Amount(i64::MAX),
                collar: Ppm(100_000),
                reference_price: Price(6_000_000),
                maker_fee: Ppm(200),
                taker_fee: Ppm(1_000),
            },
            state: InstrumentState::PostOnly,
            base_units_per_lot: 10_000,
            quote_units_per_tick_lot: 1,
        },
        last_trade: Some(Price(6_000_000)),
        trade_id: TradeId(9),
        bids: vec![order(1, Side::Buy, limit(5_999_999, tif), None)],
        asks: vec![order(
            2,
            Side::Sell,
            limit(6_000_001, expiry),
            Some("ask-1"),
        )],
        stop_buys: vec![order(3, Side::Buy, stop_limit, None)],
        stop_sells: vec![order(4, Side::Sell, stop_market, None)],
    }
}

fn key(account: u32, permissions: Permissions) -> KeyImage {
    KeyImage {
        account: AccountId(account),
        public_key: PublicKey([0x5a; 32]),
        permissions,
        revoked: account == 0,
        client_seq: ClientSeq(77),
        cancel_on_disconnect: account == 1,
        networks: Networks::ANY,
    }
}

fn account(state: AccountState, report: u64, balances: &[(u16, i64, i64)]) -> AccountImage {
    let balance = |&(asset, available, held): &(u16, i64, i64)| BalanceImage {
        asset: AssetId(asset),
        available: Amount(available),
        held: Amount(held),
    };
    AccountImage {
        state,
        report: ReportSeq(report),
        balances: balances.iter().map(balance).collect(),
    }
}

/// The state.
pub(crate) fn image() -> StateImage {
    StateImage {
        rules_version: 1,
        shard: ShardId(3),
        seq: Seq(1_000),
        time: Timestamp(1_700_000_000_000_000_000),
        capacity: CAPACITY,
        order_count: 44,
        kill_switch: true,
        assets: vec![asset("BTC", 8, 500_000), asset("USDT", 6, 800_000_000)],
        instruments: vec![instrument()],
        accounts: vec![
            account(AccountState::Active, 3, &[(2, 5, 0)]),
            account(
                AccountState::CancelOnly,
                12,
                &[(1, 100, 400_000), (2, 0, 799_999_995)],
            ),
        ],
        keys: vec![
            key(0, Permissions::ADMIN),
            key(1, Permissions::READ.with(Permissions::TRADE)),
        ],
        sources: vec![SourceImage {
            source: SourceId(1),
            sequence: 6,
        }],
    }
}

/// The state as a snapshot.
pub(crate) fn snapshot() -> Snapshot {
    let accepted = |ns: u64| OrderAnnex {
        accepted: Timestamp(1_699_999_999_000_000_000 + ns),
        elected_at: None,
    };
    let elected = OrderAnnex {
        elected_at: Some(Price(6_000_001)),
        ..accepted(2)
    };
    Snapshot {
        exchange_id: EXCHANGE,
        link: 0x1234_5678,
        image: image(),
        annex: Annex {
            books: vec![BookAnnex {
                change_count: 31,
                changed_at: Seq(998),
                orders: vec![accepted(1), elected, accepted(3), accepted(4)],
            }],
            emptied: vec![vec![AssetId(1)], Vec::new()],
        },
    }
}
