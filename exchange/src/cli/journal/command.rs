//! A command as named fields: the one description from which its text and its JSON follow.
//!
//! Prices are in ticks, quantities in lots, amounts in units of the asset, exactly as the journal has
//! them; what those are worth is said by the listings in the journal itself.

use rialto_protocol::network;
use rialto_types::{
    AddKey, Capacity, Command, InstrumentSpec, KillScope, OrderKind, OrderRef, PlaceOrder, Side,
    Size, TimeInForce, Transfer,
};
use serde_json::{Map, Value, json};

/// The fields of a command, in an order that reads well. A field that does not apply is left out.
pub(super) type Fields = Vec<(&'static str, Value)>;

/// What a command says.
pub(super) fn fields(command: &Command) -> Fields {
    match command {
        Command::Place(order) => place(order),
        Command::Cancel(cancel) => {
            let instrument = ("instrument", json!(cancel.instrument.0));
            vec![instrument, reference(&cancel.order)]
        }
        Command::Replace(replace) => vec![
            ("instrument", json!(replace.instrument.0)),
            reference(&replace.order),
            ("price_ticks", json!(replace.price.0)),
            ("qty_lots", json!(replace.qty.0)),
        ],
        Command::MassCancel(cancel) => scope(
            None,
            cancel.instrument.map(|instrument| instrument.0),
            cancel.side,
        ),
        Command::CancelOrders(cancel) => scope(
            cancel.account.map(|account| account.0),
            cancel.instrument.map(|instrument| instrument.0),
            cancel.side,
        ),
        Command::ArmCancelOnDisconnect { armed } => vec![("armed", json!(armed))],
        Command::Disconnected { key } => vec![("of_key", json!(key.0))],
        other => administration(other),
    }
}

/// The fields of what only administrators and the exchange itself ask for.
fn administration(command: &Command) -> Fields {
    match command {
        Command::SetCapacity(sizes) => capacity(sizes),
        Command::AddAsset(asset) => vec![
            ("symbol", json!(asset.symbol.as_str())),
            ("decimals", json!(asset.decimals)),
        ],
        Command::ListInstrument(spec) => listing(spec),
        Command::SetInstrumentState { instrument, state } => {
            vec![("instrument", json!(instrument.0)), ("state", named(state))]
        }
        Command::SetFees {
            instrument,
            maker,
            taker,
        } => vec![
            ("instrument", json!(instrument.0)),
            ("maker_fee_ppm", json!(maker.0)),
            ("taker_fee_ppm", json!(taker.0)),
        ],
        Command::SetAccountState { account, state } => {
            vec![("account", json!(account.0)), ("state", named(state))]
        }
        Command::AddKey(key) => new_key(key),
        Command::RevokeKey { key } => vec![("revoked_key", json!(key.0))],
        Command::Transfer(transfer) => movement(transfer),
        Command::EngageKillSwitch(scope) | Command::ReleaseKillSwitch(scope) => match scope {
            KillScope::Account(account) => vec![("account", json!(account.0))],
            KillScope::Venue => vec![("venue", json!(true))],
        },
        _ => Vec::new(),
    }
}

fn place(order: &PlaceOrder) -> Fields {
    let (kind, post_only) = match order.kind {
        OrderKind::Limit { post_only, .. } => ("limit", post_only),
        OrderKind::Market { .. } => ("market", false),
        OrderKind::StopLimit { .. } => ("stop-limit", false),
        OrderKind::StopMarket { .. } => ("stop-market", false),
    };
    let mut fields = vec![
        ("instrument", json!(order.instrument.0)),
        ("side", named(&order.side)),
        ("type", json!(kind)),
    ];
    fields.push(match order.kind.size() {
        Size::Qty(qty) => ("qty_lots", json!(qty.0)),
        Size::Quote(amount) => ("quote_units", json!(amount.0)),
    });
    let price = order.kind.price().map(|price| json!(price.0));
    fields.extend(price.map(|price| ("price_ticks", price)));
    let stop = order.kind.stop().map(|stop| json!(stop.0));
    fields.extend(stop.map(|stop| ("stop_ticks", stop)));
    match order.kind.tif() {
        TimeInForce::Gtd(expiry) => {
            fields.push(("tif", json!("Gtd")));
            fields.push(("expiry_ns", json!(expiry.0)));
        }
        other => fields.push(("tif", named(&other))),
    }
    if post_only {
        fields.push(("post_only", json!(true)));
    }
    fields.push(("stp", named(&order.stp)));
    let own = order.client_order_id.map(|id| json!(id.as_str()));
    fields.extend(own.map(|id| ("client_order_id", id)));
    fields
}

fn reference(order: &OrderRef) -> (&'static str, Value) {
    match order {
        OrderRef::Id(id) => ("order", json!(id.0)),
        OrderRef::Client(id) => ("client_order_id", json!(id.as_str())),
    }
}

fn scope(account: Option<u32>, instrument: Option<u32>, side: Option<Side>) -> Fields {
    let mut fields = Vec::new();
    fields.extend(account.map(|account| ("account", json!(account))));
    fields.extend(instrument.map(|instrument| ("instrument", json!(instrument))));
    fields.extend(side.map(|side| ("side", named(&side))));
    fields
}

fn capacity(sizes: &Capacity) -> Fields {
    let Capacity {
        orders,
        orders_per_account,
        accounts,
        balances,
        keys,
        instruments,
        assets,
    } = sizes;
    vec![
        ("orders", json!(orders)),
        ("orders_per_account", json!(orders_per_account)),
        ("accounts", json!(accounts)),
        ("balances", json!(balances)),
        ("keys", json!(keys)),
        ("instruments", json!(instruments)),
        ("assets", json!(assets)),
    ]
}

fn listing(spec: &InstrumentSpec) -> Fields {
    let decimal = |mantissa| json!(rialto_protocol::Decimal(mantissa).to_string());
    vec![
        ("symbol", json!(spec.symbol.as_str())),
        ("base_asset", json!(spec.base.0)),
        ("quote_asset", json!(spec.quote.0)),
        ("tick", decimal(spec.tick_mantissa)),
        ("lot", decimal(spec.lot_mantissa)),
        ("min_qty_lots", json!(spec.min_qty.0)),
        ("max_qty_lots", json!(spec.max_qty.0)),
        ("min_notional_units", json!(spec.min_notional.0)),
        ("max_notional_units", json!(spec.max_notional.0)),
        ("collar_ppm", json!(spec.collar.0)),
        ("reference_ticks", json!(spec.reference_price.0)),
        ("maker_fee_ppm", json!(spec.maker_fee.0)),
        ("taker_fee_ppm", json!(spec.taker_fee.0)),
    ]
}

fn new_key(key: &AddKey) -> Fields {
    vec![
        ("account", json!(key.account.0)),
        ("permission_bits", json!(key.permissions.bits())),
        ("public_key", json!(hex::encode(key.public_key.0))),
        ("networks", json!(network::texts(&key.networks))),
    ]
}

fn movement(transfer: &Transfer) -> Fields {
    vec![
        ("source", json!(transfer.source.0)),
        ("transfer", json!(transfer.sequence)),
        ("account", json!(transfer.account.0)),
        ("asset", json!(transfer.asset.0)),
        ("amount_units", json!(transfer.amount.0)),
    ]
}

/// A variant without terms, by its name.
fn named(value: &impl std::fmt::Debug) -> Value {
    json!(format!("{value:?}"))
}

/// The fields in a line: `instrument=1 side=Buy`.
pub(super) fn text(fields: &Fields) -> String {
    let texts = fields.iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    });
    texts.collect::<Vec<_>>().join(" ")
}

/// The fields as a JSON object.
pub(super) fn value(fields: Fields) -> Value {
    let fields = fields.into_iter();
    Value::Object(
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Map<_, _>>(),
    )
}

#[cfg(test)]
mod tests {
    use rialto_types::{
        AccountId, Amount, Asset, AssetId, CancelOrder, ClientOrderId, InstrumentId, KeyId,
        MassCancel, OrderId, Price, Qty, SourceId, StpMode, Symbol, Timestamp,
    };

    use super::*;

    #[test]
    fn an_order_reads_as_it_was_meant() {
        let order = PlaceOrder {
            instrument: InstrumentId(1),
            side: Side::Buy,
            stp: StpMode::CancelMaker,
            kind: OrderKind::StopLimit {
                stop: Price(7),
                price: Price(8),
                qty: Qty(9),
                tif: TimeInForce::Gtd(Timestamp(10)),
            },
            client_order_id: Some(ClientOrderId::new("mine").unwrap()),
        };
        let fields = fields(&Command::Place(order));
        assert_eq!(
            text(&fields),
            "instrument=1 side=Buy type=stop-limit qty_lots=9 price_ticks=8 stop_ticks=7 tif=Gtd \
             expiry_ns=10 stp=CancelMaker client_order_id=mine"
        );
        assert_eq!(value(fields)["qty_lots"], 9);
    }

    #[test]
    fn every_command_that_has_terms_shows_them() {
        let order = OrderRef::Id(OrderId(5));
        let symbol = Symbol::new("BTC").unwrap();
        for (command, expected) in [
            (
                Command::Cancel(CancelOrder {
                    instrument: InstrumentId(1),
                    order,
                }),
                "instrument=1 order=5",
            ),
            (
                Command::MassCancel(MassCancel {
                    instrument: None,
                    side: Some(Side::Sell),
                }),
                "side=Sell",
            ),
            (
                Command::Transfer(Transfer {
                    source: SourceId(1),
                    sequence: 2,
                    account: AccountId(3),
                    asset: AssetId(4),
                    amount: Amount(-5),
                }),
                "source=1 transfer=2 account=3 asset=4 amount_units=-5",
            ),
            (
                Command::AddAsset(Asset {
                    symbol,
                    decimals: 8,
                }),
                "symbol=BTC decimals=8",
            ),
            (Command::RevokeKey { key: KeyId(6) }, "revoked_key=6"),
            (Command::EngageKillSwitch(KillScope::Venue), "venue=true"),
            (Command::Tick, ""),
        ] {
            assert_eq!(text(&fields(&command)), expected, "{command:?}");
        }
    }
}
