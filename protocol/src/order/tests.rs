//! Which fields each kind of order needs, and what is said when they are not as they should be.

use proptest::prelude::*;
use rialto_types::{
    Amount, ClientOrderId, ClientSeq, InstrumentId, OrderId, OrderKind, OrderRef, PlaceOrder,
    Price, Qty, RejectReason, Side, Size, StpMode, TimeInForce, Timestamp,
};

use super::{cancel_message, cancel_order, new_order, order_ref, place_order, replace_order};
use crate::refusal::Pair;
use crate::testing::{btc, btc_usdt, usdt};
use crate::text::{self, Context};
use crate::{
    ClientOrderIdText, Code, Decimal, NewOrder, OrderFlags, OrderType, ReplaceOrder,
    TimeInForce as Tif, WireMessage,
};

/// Runs `test` with BTC-USDT.
fn with_pair<T>(test: impl FnOnce(Pair<'_>) -> T) -> T {
    let (instrument, base, quote) = (btc_usdt(), btc(), usdt());
    test(Pair {
        instrument: &instrument,
        base: &base,
        quote: &quote,
    })
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A limit order to buy 1.5 at 100.01.
fn limit() -> NewOrder {
    NewOrder {
        client_seq: ClientSeq(7),
        instrument_id: InstrumentId(1),
        side: Side::Buy.into(),
        order_type: OrderType::Limit.into(),
        time_in_force: Some(Tif::Gtc.into()),
        price: Some(decimal("100.01")),
        quantity: Some(decimal("1.5")),
        ..NewOrder::default()
    }
}

/// A market order to sell 1.5.
fn market() -> NewOrder {
    NewOrder {
        side: Side::Sell.into(),
        order_type: OrderType::Market.into(),
        time_in_force: None,
        price: None,
        ..limit()
    }
}

/// A stop-limit order to buy 1.5 at 100.01 once 99.00 trades.
fn stop_limit() -> NewOrder {
    NewOrder {
        order_type: OrderType::StopLimit.into(),
        stop_price: Some(decimal("99")),
        ..limit()
    }
}

/// A stop-market order to sell 1.5 once 99.00 trades.
fn stop_market() -> NewOrder {
    NewOrder {
        order_type: OrderType::StopMarket.into(),
        stop_price: Some(decimal("99")),
        ..market()
    }
}

fn accepted(order: &NewOrder) -> PlaceOrder {
    with_pair(|pair| place_order(order, pair)).unwrap()
}

/// The reason and the sentence with which an order is refused.
fn refused(order: &NewOrder) -> (RejectReason, String) {
    with_pair(|pair| {
        let refused = place_order(order, pair).unwrap_err();
        let context = Context {
            pair: Some(pair),
            asset: Some(pair.quote),
            ..Context::default()
        };
        (
            refused.refusal.reason,
            text::wire_refusal(&refused, &context),
        )
    })
}

#[test]
fn each_kind_of_order_is_read() {
    let order = accepted(&limit());
    assert_eq!(order.stp, StpMode::CancelTaker, "the default when null");
    assert_eq!(order.client_order_id, None);
    let (price, qty, tif) = (Price(10_001), Qty(15_000), TimeInForce::Gtc);
    let post_only = false;
    assert_eq!(
        order.kind,
        OrderKind::Limit {
            price,
            qty,
            tif,
            post_only
        }
    );

    let size = Size::Qty(qty);
    assert_eq!(accepted(&market()).kind, OrderKind::Market { size });
    let stop = Price(9_900);
    assert_eq!(
        accepted(&stop_limit()).kind,
        OrderKind::StopLimit {
            stop,
            price,
            qty,
            tif
        }
    );
    assert_eq!(
        accepted(&stop_market()).kind,
        OrderKind::StopMarket { stop, size }
    );

    let by_amount = NewOrder {
        quantity: None,
        quote_amount: Some(decimal("12.5")),
        ..market()
    };
    let size = Size::Quote(Amount(12_500_000));
    assert_eq!(accepted(&by_amount).kind, OrderKind::Market { size });
}

#[test]
fn what_holds_anyway_may_be_stated() {
    let tif = |order: NewOrder, tif: Tif| NewOrder {
        time_in_force: Some(tif.into()),
        ..order
    };
    assert_eq!(accepted(&tif(market(), Tif::Ioc)), accepted(&market()));
    assert_eq!(
        accepted(&tif(stop_market(), Tif::Gtc)),
        accepted(&stop_market())
    );
}

/// Spoils an order that was good and expects this sentence about its terms.
#[track_caller]
fn spoiled(mut order: NewOrder, spoil: impl FnOnce(&mut NewOrder), text: &str) {
    accepted(&order);
    spoil(&mut order);
    let expected = (RejectReason::InvalidCombination, text.to_owned());
    assert_eq!(refused(&order), expected);
}

const ONE: Option<Decimal> = Some(Decimal(100_000_000));

#[test]
fn fields_that_are_missing_are_named() {
    let text = "price is missing: a limit order needs it";
    spoiled(limit(), |o| o.price = None, text);
    let text = "quantity is missing: a limit order needs it";
    spoiled(limit(), |o| o.quantity = None, text);
    let text = "timeInForce is missing: a limit order needs it";
    spoiled(limit(), |o| o.time_in_force = None, text);
    let text = "expiry is missing: timeInForce Gtd needs it";
    spoiled(limit(), |o| o.time_in_force = Some(Tif::Gtd.into()), text);
    let text = "exactly one of quantity and quoteAmount is needed, neither is given";
    spoiled(market(), |o| o.quantity = None, text);
    let text = "stopPrice is missing: a stop-limit order needs it";
    spoiled(stop_limit(), |o| o.stop_price = None, text);
    let text = "price is missing: a stop-limit order needs it";
    spoiled(stop_limit(), |o| o.price = None, text);
    let text = "timeInForce is missing: a stop-limit order needs it";
    spoiled(stop_limit(), |o| o.time_in_force = None, text);
    let text = "stopPrice is missing: a stop-market order needs it";
    spoiled(stop_market(), |o| o.stop_price = None, text);
}

#[test]
fn fields_that_a_kind_of_order_does_not_have_are_named() {
    let text = "stopPrice must be null: a limit order has none";
    spoiled(limit(), |o| o.stop_price = ONE, text);
    let text = "quoteAmount must be null: a limit order has none";
    spoiled(limit(), |o| o.quote_amount = ONE, text);
    let text = "price must be null: a market order has none";
    spoiled(market(), |o| o.price = ONE, text);
    let text = "stopPrice must be null: a market order has none";
    spoiled(market(), |o| o.stop_price = ONE, text);
    let text = "exactly one of quantity and quoteAmount is needed, both are given";
    spoiled(market(), |o| o.quote_amount = ONE, text);
    let text = "quoteAmount must be null: a stop-limit order has none";
    spoiled(stop_limit(), |o| o.quote_amount = ONE, text);
    let text = "price must be null: a stop-market order has none";
    spoiled(stop_market(), |o| o.price = ONE, text);
}

#[test]
fn terms_that_exclude_each_other_are_named() {
    let tif = |tif: Tif| Some(Code::from(tif));
    let post_only = |order: &mut NewOrder| order.order_flags = OrderFlags::POST_ONLY;
    let text = "the flag PostOnly goes only with orderType Limit";
    for order in [market(), stop_limit(), stop_market()] {
        spoiled(order, post_only, text);
    }
    let maker = NewOrder {
        order_flags: OrderFlags::POST_ONLY,
        ..limit()
    };
    let text = "the flag PostOnly goes only with timeInForce Gtc or Gtd";
    spoiled(maker, |o| o.time_in_force = tif(Tif::Ioc), text);
    spoiled(maker, |o| o.time_in_force = tif(Tif::Fok), text);
    let text = "expiry goes only with timeInForce Gtd";
    spoiled(limit(), |o| o.expiry = Some(Timestamp(1)), text);
    let text = "a market order goes only with timeInForce null or Ioc";
    spoiled(market(), |o| o.time_in_force = tif(Tif::Fok), text);
    let text = "a stop-market order goes only with timeInForce null or Gtc";
    spoiled(stop_market(), |o| o.time_in_force = tif(Tif::Ioc), text);
    let by_amount = NewOrder {
        side: Side::Buy.into(),
        quantity: None,
        quote_amount: ONE,
        ..stop_market()
    };
    let text = "quoteAmount in a stop-market order goes only with side Buy";
    spoiled(by_amount, |o| o.side = Side::Sell.into(), text);
}

#[test]
fn codes_and_flags_that_the_schema_does_not_list_are_named() {
    let known_kinds = "1 Market, 2 Limit, 3 StopMarket, 4 StopLimit";
    for (order, text) in [
        (
            NewOrder {
                side: Code::from_raw(2),
                ..limit()
            },
            "side 2 is not in the schema, which has 0 Buy, 1 Sell".to_owned(),
        ),
        (
            NewOrder {
                order_type: Code::NULL,
                ..limit()
            },
            format!("orderType 255 is not in the schema, which has {known_kinds}"),
        ),
        (
            NewOrder {
                time_in_force: Some(Code::from_raw(2)),
                ..limit()
            },
            "timeInForce 2 is not in the schema, which has 1 Gtc, 3 Ioc, 4 Fok, 6 Gtd".to_owned(),
        ),
        (
            NewOrder {
                order_flags: OrderFlags(3),
                ..limit()
            },
            "orderFlags 0x03 has a flag that is not in the schema, which has 0x01".to_owned(),
        ),
    ] {
        assert_eq!(refused(&order), (RejectReason::InvalidField, text));
    }
}

#[test]
fn values_and_ids_are_refused_with_their_own_reasons() {
    let torn = ClientOrderIdText::cut("a b");
    for (order, reason) in [
        (
            NewOrder {
                price: Some(decimal("100.005")),
                ..limit()
            },
            RejectReason::PriceOffTick,
        ),
        (
            NewOrder {
                price: Some(decimal("-1")),
                ..limit()
            },
            RejectReason::InvalidPrice,
        ),
        (
            NewOrder {
                quantity: Some(decimal("0")),
                ..limit()
            },
            RejectReason::InvalidQty,
        ),
        (
            NewOrder {
                quantity: Some(decimal("0.00001")),
                ..market()
            },
            RejectReason::QtyOffLot,
        ),
        (
            NewOrder {
                stop_price: Some(decimal("99.001")),
                ..stop_market()
            },
            RejectReason::PriceOffTick,
        ),
        (
            NewOrder {
                client_order_id: torn,
                ..limit()
            },
            RejectReason::InvalidClientOrderId,
        ),
    ] {
        assert_eq!(refused(&order).0, reason);
    }
}

#[test]
fn an_order_is_named_in_exactly_one_way() {
    let id = ClientOrderId::new("mine").unwrap();
    let none = ClientOrderIdText::NONE;
    assert_eq!(
        order_ref(Some(OrderId(5)), &none),
        Ok(OrderRef::Id(OrderId(5)))
    );
    assert_eq!(order_ref(None, &id.into()), Ok(OrderRef::Client(id)));
    for (order_id, text) in [(None, none), (Some(OrderId(5)), id.into())] {
        let refused = order_ref(order_id, &text).unwrap_err();
        assert_eq!(refused.refusal.reason, RejectReason::InvalidCombination);
    }
    for order in [OrderRef::Id(OrderId(5)), OrderRef::Client(id)] {
        let message = cancel_message(ClientSeq(1), InstrumentId(2), order);
        let cancel = cancel_order(&message).unwrap();
        assert_eq!((cancel.instrument, cancel.order), (InstrumentId(2), order));
    }
}

#[test]
fn a_replace_states_price_and_total_in_ticks_and_lots() {
    let message = ReplaceOrder {
        order_id: Some(OrderId(5)),
        price: "100.01".parse().unwrap(),
        quantity: "1.5".parse().unwrap(),
        ..ReplaceOrder::default()
    };
    let replace = with_pair(|pair| replace_order(&message, pair)).unwrap();
    assert_eq!((replace.price, replace.qty), (Price(10_001), Qty(15_000)));
    let off_tick = ReplaceOrder {
        price: Decimal(1),
        ..message
    };
    let refused = with_pair(|pair| replace_order(&off_tick, pair)).unwrap_err();
    assert_eq!(refused.refusal.reason, RejectReason::PriceOffTick);
}

/// Any order that can be written down and whose numbers fit on the wire.
fn any_order() -> impl Strategy<Value = PlaceOrder> {
    let price = || (1..=i64::MAX / 1_000_000).prop_map(Price);
    let qty = || (1..=i64::MAX / 10_000).prop_map(Qty);
    let tif = || {
        prop_oneof![
            Just(TimeInForce::Gtc),
            Just(TimeInForce::Ioc),
            Just(TimeInForce::Fok),
            (0..u64::MAX).prop_map(|at| TimeInForce::Gtd(Timestamp(at))),
        ]
    };
    let size = prop_oneof![
        qty().prop_map(Size::Qty),
        (1..=i64::MAX / 100).prop_map(|amount| Size::Quote(Amount(amount))),
    ];
    let kind = prop_oneof![
        (price(), qty(), tif(), any::<bool>()).prop_map(|(price, qty, tif, post_only)| {
            let post_only = post_only && tif.rests();
            OrderKind::Limit {
                price,
                qty,
                tif,
                post_only,
            }
        }),
        size.clone().prop_map(|size| OrderKind::Market { size }),
        (price(), price(), qty(), tif()).prop_map(|(stop, price, qty, tif)| OrderKind::StopLimit {
            stop,
            price,
            qty,
            tif
        }),
        (price(), size).prop_map(|(stop, size)| OrderKind::StopMarket { stop, size }),
    ];
    let id = proptest::option::of("[A-Za-z0-9._:/-]{1,36}");
    (any::<bool>(), 0_u8..=4, kind, id).prop_map(|(buy, stp, kind, id)| {
        let sell_by_amount = matches!(
            kind,
            OrderKind::StopMarket {
                size: Size::Quote(_),
                ..
            }
        ) && !buy;
        PlaceOrder {
            instrument: InstrumentId(1),
            side: if buy || sell_by_amount {
                Side::Buy
            } else {
                Side::Sell
            },
            stp: StpMode::from_u8(stp).unwrap(),
            kind,
            client_order_id: id.map(|id| ClientOrderId::new(&id).unwrap()),
        }
    })
}

proptest! {
    #[test]
    fn every_order_crosses_the_wire_and_comes_back(order in any_order()) {
        let message = with_pair(|pair| new_order(ClientSeq(1), &order, pair));
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        let decoded = NewOrder::decode(&bytes).unwrap();
        prop_assert_eq!(with_pair(|pair| place_order(&decoded, pair)), Ok(order));
    }

    #[test]
    fn no_new_order_makes_it_panic(bytes: [u8; 93]) {
        let mut frame = vec![93, 0, 20, 0, 1, 0, 0, 0];
        frame.extend_from_slice(&bytes);
        let order = NewOrder::decode(&frame).unwrap();
        if let Err(refused) = with_pair(|pair| place_order(&order, pair)) {
            prop_assert!(!text::wire_refusal(&refused, &Context::default()).is_empty());
        }
    }
}
