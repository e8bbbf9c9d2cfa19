//! One command of each kind, and of each shape where a kind has several.

use rialto_types::*;

const PRICE: Price = Price(6_000_000);
const STOP: Price = Price(6_100_000);
const QTY: Qty = Qty(25);
const BY_QTY: Size = Size::Qty(QTY);
const BY_QUOTE: Size = Size::Quote(Amount(1_000_000));
const GTC: TimeInForce = TimeInForce::Gtc;
const GTD: TimeInForce = TimeInForce::Gtd(Timestamp(1_700_000_000_123_456_789));
const INSTRUMENT: InstrumentId = InstrumentId(2);
const ACCOUNT: AccountId = AccountId(5);

/// Sizes of pools. What a venue gets by default may change; what is recorded here may not.
pub(crate) const CAPACITY: Capacity = Capacity {
    orders: 1 << 20,
    orders_per_account: 1 << 20,
    accounts: 100_000,
    balances: 400_000,
    keys: 200_000,
    instruments: 1_024,
    assets: 1_024,
};

/// The commands, by the names under which their golden bytes are kept.
pub(crate) fn samples() -> Vec<(&'static str, Input)> {
    let commands = [
        limits(),
        markets_and_stops(),
        changes(),
        venue(),
        listings(),
        accounts(),
    ];
    let input = |command| Input {
        key: KeyId(0x0102_0304),
        client_seq: ClientSeq(0x1112_1314_1516_1718),
        command,
    };
    let named = commands.into_iter().flatten();
    named
        .map(|(name, command)| (name, input(command)))
        .collect()
}

/// The sample of that name.
pub(crate) fn sample(name: &str) -> Input {
    let found = samples().into_iter().find(|(sample, _)| *sample == name);
    found.unwrap().1
}

type Samples = Vec<(&'static str, Command)>;

fn place(side: Side, stp: StpMode, kind: OrderKind, name: Option<&str>) -> Command {
    Command::Place(PlaceOrder {
        instrument: INSTRUMENT,
        side,
        stp,
        kind,
        client_order_id: name.map(|name| ClientOrderId::new(name).unwrap()),
    })
}

fn limits() -> Samples {
    use Side::{Buy, Sell};
    use StpMode::{CancelBoth, CancelMaker, CancelTaker, Decrement, None as Trade};
    use TimeInForce::{Fok, Ioc};
    let limit = |tif, post_only| OrderKind::Limit {
        price: PRICE,
        qty: QTY,
        tif,
        post_only,
    };
    let (plain, post_only) = (limit(GTC, false), limit(GTC, true));
    let named = place(Sell, Trade, post_only, Some("x-Rq.7_a:b/c"));
    vec![
        ("place_limit", place(Buy, CancelTaker, plain, None)),
        ("place_limit_post_only_named", named),
        (
            "place_limit_ioc",
            place(Buy, CancelMaker, limit(Ioc, false), None),
        ),
        (
            "place_limit_fok",
            place(Buy, CancelBoth, limit(Fok, false), None),
        ),
        (
            "place_limit_gtd",
            place(Sell, Decrement, limit(GTD, false), None),
        ),
    ]
}

fn markets_and_stops() -> Samples {
    use Side::{Buy, Sell};
    let place = |side, kind, name| place(side, StpMode::CancelTaker, kind, name);
    let market = |size| OrderKind::Market { size };
    let stop_market = |size| OrderKind::StopMarket { stop: STOP, size };
    let stop_limit = |tif| OrderKind::StopLimit {
        stop: STOP,
        price: PRICE,
        qty: QTY,
        tif,
    };
    let longest = "0123456789abcdefghijklmnopqrstuvwxyz";
    vec![
        ("place_market", place(Sell, market(BY_QTY), None)),
        (
            "place_market_quote",
            place(Buy, market(BY_QUOTE), Some(longest)),
        ),
        ("place_stop_limit", place(Buy, stop_limit(GTC), None)),
        (
            "place_stop_limit_gtd_named",
            place(Buy, stop_limit(GTD), Some("A")),
        ),
        ("place_stop_market", place(Sell, stop_market(BY_QTY), None)),
        (
            "place_stop_market_quote",
            place(Buy, stop_market(BY_QUOTE), None),
        ),
    ]
}

fn changes() -> Samples {
    let by_id = OrderRef::Id(OrderId::new(ShardId(3), 77));
    let by_name = OrderRef::Client(ClientOrderId::new("my-order-1").unwrap());
    let cancel = |order| {
        Command::Cancel(CancelOrder {
            instrument: INSTRUMENT,
            order,
        })
    };
    let replace = |order| {
        Command::Replace(ReplaceOrder {
            instrument: INSTRUMENT,
            order,
            price: Price(6_000_001),
            qty: Qty(24),
        })
    };
    let mass_cancel = |instrument, side| Command::MassCancel(MassCancel { instrument, side });
    let some = mass_cancel(Some(INSTRUMENT), Some(Side::Sell));
    vec![
        ("cancel", cancel(by_id)),
        ("cancel_named", cancel(by_name)),
        ("replace", replace(by_id)),
        ("replace_named", replace(by_name)),
        ("mass_cancel", mass_cancel(None, None)),
        ("mass_cancel_some", some),
    ]
}

fn venue() -> Samples {
    let armed = Command::ArmCancelOnDisconnect { armed: true };
    vec![
        ("arm_cancel_on_disconnect", armed),
        ("disconnected", Command::Disconnected { key: KeyId(9) }),
        ("tick", Command::Tick),
        ("set_capacity", Command::SetCapacity(CAPACITY)),
    ]
}

fn listings() -> Samples {
    let asset = Asset {
        symbol: Symbol::new("BTC").unwrap(),
        decimals: 8,
    };
    let spec = InstrumentSpec {
        symbol: Symbol::new("BTC-USDT").unwrap(),
        base: AssetId(1),
        quote: AssetId(2),
        tick_mantissa: 1_000_000,
        lot_mantissa: 10_000,
        min_qty: Qty(1),
        max_qty: Qty(1_000_000),
        min_notional: Amount(5_000_000),
        max_notional: Amount(i64::MAX),
        collar: Ppm(100_000),
        reference_price: PRICE,
        maker_fee: Ppm(200),
        taker_fee: Ppm(1_000),
    };
    let state = Command::SetInstrumentState {
        instrument: INSTRUMENT,
        state: InstrumentState::Halted,
    };
    let fees = Command::SetFees {
        instrument: INSTRUMENT,
        maker: Ppm(1),
        taker: Ppm(2),
    };
    vec![
        ("add_asset", Command::AddAsset(asset)),
        ("list_instrument", Command::ListInstrument(spec)),
        ("set_instrument_state", state),
        ("set_fees", fees),
    ]
}

fn accounts() -> Samples {
    let state = Command::SetAccountState {
        account: ACCOUNT,
        state: AccountState::CancelOnly,
    };
    let key = AddKey {
        account: ACCOUNT,
        public_key: PublicKey([0x5a; 32]),
        permissions: Permissions::READ.with(Permissions::TRADE),
        networks: Networks::ANY,
    };
    let transfer = Transfer {
        source: SourceId(1),
        sequence: 3,
        account: ACCOUNT,
        asset: AssetId(2),
        amount: Amount(-250),
    };
    let cancel = CancelOrders {
        account: Some(ACCOUNT),
        instrument: None,
        side: Some(Side::Buy),
    };
    let engage = Command::EngageKillSwitch(KillScope::Account(ACCOUNT));
    vec![
        ("create_account", Command::CreateAccount),
        ("set_account_state", state),
        ("add_key", Command::AddKey(key)),
        ("revoke_key", Command::RevokeKey { key: KeyId(9) }),
        ("transfer", Command::Transfer(transfer)),
        ("cancel_orders", Command::CancelOrders(cancel)),
        ("engage_kill_switch", engage),
        (
            "release_kill_switch",
            Command::ReleaseKillSwitch(KillScope::Venue),
        ),
    ]
}
