//! What a workload consists of: messages of accounts to one instrument.

use rialto_types::{
    AccountId, Amount, Asset, AssetId, ClientOrderId, Instrument, InstrumentId, InstrumentSpec,
    OrderId, OrderKind, PlaceOrder, Ppm, Price, Qty, Side, StpMode, Symbol, TimeInForce,
};

/// Accounts that take turns; the same for book and core, so that both play the same commands.
pub const ACCOUNTS: u32 = 1_000;
/// The mid price, in ticks. Nothing depends on where it is.
pub const MID: i64 = 1_000_000;

/// One message.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// Place a limit order, GTC or IOC.
    Place(AccountId, PlaceOrder),
    /// Cancel an order of this account.
    Cancel(AccountId, OrderId),
    /// Move an order of this account to another price.
    Move(AccountId, OrderId, Price, Qty),
}

/// The instrument of all workloads: one tick × one lot is one quote unit.
///
/// # Panics
/// Never: its listing is valid.
pub fn instrument() -> Instrument {
    let asset = |symbol| Asset {
        symbol: Symbol::new(symbol).expect("a symbol"),
        decimals: 8,
    };
    Instrument::new(InstrumentId(1), spec(), &asset("BTC"), &asset("USDT"))
        .expect("the benchmark's instrument is valid")
}

/// What the exchange is told to list.
///
/// # Panics
/// Never: its symbol is legal.
pub fn spec() -> InstrumentSpec {
    InstrumentSpec {
        symbol: Symbol::new("BTC-USDT").expect("a symbol"),
        base: AssetId(1),
        quote: AssetId(2),
        tick_mantissa: 1,
        lot_mantissa: 100_000_000,
        min_qty: Qty(1),
        max_qty: Qty(1_000_000_000),
        min_notional: Amount(0),
        max_notional: Amount::MAX,
        collar: Ppm(1_000_000),
        reference_price: Price(MID),
        maker_fee: Ppm(100),
        taker_fee: Ppm(200),
    }
}

/// A limit order for the workloads' instrument.
#[inline]
pub fn limit_order(side: Side, price: Price, lots: i64, tif: TimeInForce) -> PlaceOrder {
    PlaceOrder {
        instrument: InstrumentId(1),
        side,
        stp: StpMode::None,
        kind: OrderKind::Limit {
            price,
            qty: Qty(lots),
            tif,
            post_only: false,
        },
        client_order_id: None,
    }
}

/// The message under a client order id, if it places an order.
///
/// # Panics
/// When the text is not one.
#[must_use]
pub fn with_client_id(message: Message, text: &str) -> Message {
    match message {
        Message::Place(account, mut order) => {
            order.client_order_id = Some(client_order_id(text));
            Message::Place(account, order)
        }
        other => other,
    }
}

/// A client order id.
///
/// # Panics
/// When the text is not one.
pub fn client_order_id(text: &str) -> ClientOrderId {
    ClientOrderId::new(text).expect("at most 36 legal characters")
}
