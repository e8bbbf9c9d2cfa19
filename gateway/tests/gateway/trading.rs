//! Orders from one end to the other: what each side is told, in which order, and with which numbers.

use rialto_client::{ClientError, Directory, LogonOptions, Session, order};
use rialto_protocol::{
    Balance, BalanceUpdate, ExecType, ExecutionReport, LogonFlags, MassCancel, Message, NewOrder,
    OrderState, ReportFlags,
};
use rialto_types::{
    AssetId, CancelReason, ClientOrderId, ClientSeq, KeyId, OrderKind, OrderRef, Price, Qty,
    RejectReason, Side, Size, TimeInForce,
};

use crate::support::{
    ALICE, ALICE_READS, ALICE_TOO, ALICE_TRADES, BOB, BTC_USDT, Setup, Venue, limit, next_of,
};

fn report(message: Message) -> Option<ExecutionReport> {
    match message {
        Message::ExecutionReport(report) => Some(report),
        _ => None,
    }
}

fn balances(message: Message) -> Option<BalanceUpdate> {
    match message {
        Message::BalanceUpdate(update) => Some(update),
        _ => None,
    }
}

fn scaled(text: &str) -> rialto_protocol::Scaled {
    text.parse().unwrap()
}

#[tokio::test]
async fn two_sides_of_a_trade_are_told_everything() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let mut bob = venue.log_on(BOB).await;
    let directory = Directory::load(alice.connection()).await.unwrap();
    let btc = directory.instrument(BTC_USDT).unwrap();

    // Alice rests 2 lots at 60,000.00; Bob takes 3 at up to 60,001.00, one of which rests.
    let name = ClientOrderId::new("ask-1").unwrap();
    let ask = order::named(
        order::limit(btc, Side::Sell, Price(6_000_000), Qty(2)),
        name,
    );
    let placed = alice.place(ask).await.unwrap();
    assert!(placed.last().report_flags.contains(ReportFlags::RESTING));
    assert_eq!(placed.state(), OrderState::New);
    let held = next_of(&mut alice, balances).await;
    assert_eq!(
        *held.balances,
        [Balance {
            asset_id: AssetId(1),
            available: scaled("999.9998"),
            held: scaled("0.0002"),
        }]
    );

    let bid = order::limit(btc, Side::Buy, Price(6_000_100), Qty(3));
    let taken = bob.place(bid).await.unwrap();
    let [accepted, traded] = taken.reports() else {
        panic!("{:?}", taken.reports());
    };
    assert_eq!(accepted.exec_type, ExecType::New);
    assert!(!accepted.report_flags.contains(ReportFlags::RESTING));
    assert_eq!(traded.exec_type, ExecType::Trade);
    assert_eq!(traded.order_status.unwrap(), OrderState::PartiallyFilled);
    assert_eq!(traded.last_price.unwrap().to_string(), "60000");
    assert_eq!(traded.last_quantity.unwrap().to_string(), "0.0002");
    assert_eq!(traded.last_quote_amount.unwrap(), scaled("12"));
    assert_eq!(traded.average_price.unwrap().to_string(), "60000");
    assert_eq!(traded.leaves_quantity.unwrap().to_string(), "0.0001");
    // Two tenths of a percent of what Bob receives, rounded down: 0.0000004 BTC.
    assert_eq!(traded.fee_amount.unwrap(), scaled("0.0000004"));
    assert_eq!(traded.fee_asset_id.unwrap(), AssetId(1));

    let sold = next_of(&mut alice, report).await;
    assert_eq!(sold.exec_type, ExecType::Trade);
    assert_eq!(sold.order_status.unwrap(), OrderState::Filled);
    assert_eq!(sold.client_order_id.client_order_id().unwrap(), Some(name));
    assert_eq!(sold.trade_id, traded.trade_id);
    assert_eq!(sold.core_seq, traded.core_seq);
    assert_eq!(sold.key_id, None, "nobody asked for a maker's trade");
    assert_eq!(
        sold.report_seq.unwrap().0,
        placed.last().report_seq.unwrap().0 + 1
    );
    let paid = next_of(&mut alice, balances).await;
    // 12 USDT less a tenth of a percent; the lots are gone, nothing is held.
    assert_eq!(paid.balances[0].held, scaled("0"));
    assert_eq!(paid.balances[1].available, scaled("1000011.988"));

    // What the account is told adds up with what it is answered.
    let stands = alice.balances(None).await.unwrap();
    assert_eq!(
        stands.iter().find(|b| b.asset_id == AssetId(3)),
        Some(&paid.balances[1])
    );
    venue.stop().await;
}

#[tokio::test]
async fn every_kind_of_request_is_answered() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let directory = Directory::load(alice.connection()).await.unwrap();
    let btc = directory.instrument(BTC_USDT).unwrap();

    let placed = alice
        .place(order::limit(btc, Side::Buy, Price(5_900_000), Qty(10)))
        .await
        .unwrap();
    let by_id = OrderRef::Id(placed.order_id().unwrap());
    let smaller = order::replace(btc, by_id, Price(5_900_000), Qty(4));
    let replaced = alice.replace(smaller).await.unwrap();
    assert_eq!(replaced.last().exec_type, ExecType::Replaced);
    assert!(
        replaced
            .last()
            .report_flags
            .contains(ReportFlags::KEPT_PRIORITY)
    );
    assert_eq!(
        replaced.last().leaves_quantity.unwrap().to_string(),
        "0.0004"
    );

    let cancelled = alice.cancel(order::cancel(BTC_USDT, by_id)).await.unwrap();
    assert_eq!(cancelled.exec_type, ExecType::Cancelled);
    assert_eq!(cancelled.cancel_reason.unwrap(), CancelReason::Requested);
    assert_eq!(cancelled.leaves_quantity.unwrap().to_string(), "0");

    let again = alice
        .cancel(order::cancel(BTC_USDT, by_id))
        .await
        .unwrap_err();
    let ClientError::Refused(rejection) = again else {
        panic!("{again}");
    };
    assert_eq!(rejection.reason(), Some(RejectReason::UnknownOrder));

    let stop = OrderKind::StopLimit {
        stop: Price(6_100_000),
        price: Price(6_110_000),
        qty: Qty(1),
        tif: TimeInForce::Gtc,
    };
    let waiting = alice.place(order::new(btc, Side::Buy, stop)).await.unwrap();
    assert_eq!(waiting.state(), OrderState::Waiting);
    assert_eq!(waiting.last().stop_price.unwrap().to_string(), "61000");
    let count = alice.mass_cancel(MassCancel::default()).await.unwrap();
    assert_eq!(count, 1);

    let size = Size::Qty(Qty(1));
    let market = alice
        .place(order::new(btc, Side::Buy, OrderKind::Market { size }))
        .await
        .unwrap();
    assert_eq!(
        market.last().cancel_reason.unwrap(),
        CancelReason::NoLiquidity
    );
    alice.arm_cancel_on_disconnect(true).await.unwrap();
    alice.arm_cancel_on_disconnect(false).await.unwrap();
    venue.stop().await;
}

/// A report number is missing for nobody: every session of the account sees each number once.
#[tokio::test]
async fn all_sessions_of_an_account_get_all_its_reports() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let mut other = venue.log_on(ALICE_TOO).await;
    let mut reader = venue.log_on(ALICE_READS).await;
    let directory = Directory::load(alice.connection()).await.unwrap();
    let btc = directory.instrument(BTC_USDT).unwrap();
    for n in 0..20 {
        let order = order::limit(btc, Side::Buy, Price(5_900_000 - n), Qty(1));
        alice.submit(order).unwrap();
        let order = order::limit(btc, Side::Buy, Price(5_800_000 - n), Qty(1));
        other.submit(order).unwrap();
        alice.flush().await.unwrap();
        other.flush().await.unwrap();
    }
    let first = alice.logon().next_report_seq.0;
    for session in [&mut alice, &mut other, &mut reader] {
        for expected in first..first + 40 {
            let found = next_of(session, report).await;
            assert_eq!(found.report_seq.unwrap().0, expected);
        }
    }
    venue.stop().await;
}

/// A key that may only trade is told of its own orders, also when another key ends them, and of nothing
/// else: to it the numbers of reports, which count for the account, have gaps.
#[tokio::test]
async fn a_key_that_only_trades_is_told_of_its_own_orders_alone() {
    let venue = Venue::usual();
    let mut trader = venue.log_on(ALICE_TRADES).await;
    let mut alice = venue.log_on(ALICE).await;
    let first = alice.logon().next_report_seq.0;
    let own = trader.place(limit(Side::Buy, 5_900_000, 1)).await.unwrap();
    alice.place(limit(Side::Buy, 5_800_000, 1)).await.unwrap();
    assert_eq!(alice.mass_cancel(MassCancel::default()).await.unwrap(), 2);
    let later = trader.place(limit(Side::Buy, 5_700_000, 1)).await.unwrap();
    let Message::ExecutionReport(ended) = trader.next().await.unwrap() else {
        panic!("neither balances nor anything else comes");
    };
    assert_eq!(ended.exec_type, ExecType::Cancelled);
    assert_eq!(ended.order_id, own.order_id());
    assert_eq!(ended.key_id, Some(KeyId(ALICE)));
    let numbers = [own.last(), &ended, later.last()].map(|r| r.report_seq.unwrap().0 - first);
    assert_eq!(numbers, [0, 2, 5]);

    // Nothing tells it that the rest of an order stays, so the client does not wait for that.
    let mut bob = venue.log_on(BOB).await;
    bob.place(limit(Side::Sell, 6_000_000, 1)).await.unwrap();
    let part = trader.place(limit(Side::Buy, 6_000_000, 2)).await.unwrap();
    assert!(part.is_open());
    let fill = next_of(&mut trader, report).await;
    assert_eq!(fill.exec_type, ExecType::Trade);
    assert_eq!(fill.order_status.unwrap(), OrderState::PartiallyFilled);
    venue.stop().await;
}

#[tokio::test]
async fn many_messages_of_one_frame_are_answered_in_few() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let directory = Directory::load(alice.connection()).await.unwrap();
    let btc = directory.instrument(BTC_USDT).unwrap();
    for n in 0..1_000 {
        alice
            .submit(order::limit(btc, Side::Buy, Price(5_900_000 - n), Qty(1)))
            .unwrap();
    }
    alice.flush().await.unwrap();
    let mut last = ClientSeq(0);
    for _ in 0..1_000 {
        let found = next_of(&mut alice, report).await;
        assert!(
            found.client_seq.unwrap() > last,
            "answers come in the order of the requests"
        );
        last = found.client_seq.unwrap();
    }
    venue.stop().await;
}

/// The same message under the same number is never applied twice, over any number of connections.
#[tokio::test]
async fn a_resend_after_a_lost_connection_is_a_duplicate() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let directory = Directory::load(alice.connection()).await.unwrap();
    let btc = directory.instrument(BTC_USDT).unwrap();
    let placed = alice
        .place(order::limit(btc, Side::Buy, Price(5_900_000), Qty(1)))
        .await
        .unwrap();
    let number = placed.last().client_seq.unwrap();
    drop(alice);

    // Also when the logon in between arms cancel-on-disconnect: that uses up no number.
    let options = LogonOptions {
        cancel_on_disconnect: true,
        ..LogonOptions::default()
    };
    let mut alice = venue.log_on_with(ALICE, options).await;
    assert_eq!(alice.logon().highest_client_seq, number);
    assert!(
        alice
            .logon()
            .logon_flags
            .contains(LogonFlags::CANCEL_ON_DISCONNECT)
    );
    let mut resent = order::limit(btc, Side::Buy, Price(9_900_000), Qty(1));
    resent.client_seq = number;
    alice.queue(&resent).unwrap();
    alice.flush().await.unwrap();
    let refused = next_of(&mut alice, |message| match message {
        Message::Refused(refused) => Some(refused),
        _ => None,
    })
    .await;
    // Not PriceAboveCollar, which this price is: the sender must not take the order for never placed.
    assert_eq!(
        refused.reject_reason.unwrap(),
        RejectReason::DuplicateSequence
    );
    assert_eq!(refused.client_seq, Some(number));
    assert_eq!(refused.limit, i64::try_from(number.0).unwrap());
    let image = venue.stop().await;
    assert_eq!(image.order_count, 1);
}

#[tokio::test]
async fn nothing_is_told_before_it_may_be_published() {
    let venue = Venue::start(&Setup {
        gated: true,
        ..Setup::default()
    });
    let mut alice = venue.log_on(ALICE).await;
    let directory = Directory::load(alice.connection()).await.unwrap();
    let btc = directory.instrument(BTC_USDT).unwrap();
    let before = venue.watermark.get();
    alice
        .submit(order::limit(btc, Side::Buy, Price(5_900_000), Qty(1)))
        .unwrap();
    alice.flush().await.unwrap();
    // The answer to a question asked later overtakes the report, which is held back.
    let open = alice.open_orders(None, None).await.unwrap();
    assert_eq!(open, []);
    venue.watermark.publish(before.next());
    let told = next_of(&mut alice, report).await;
    assert_eq!(told.core_seq, before.next());
    assert_eq!(told.key_id, Some(KeyId(ALICE)));
    venue.stop().await;
}

#[tokio::test]
async fn the_gate_refuses_with_value_limit_and_a_sentence() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let directory = Directory::load(alice.connection()).await.unwrap();
    let btc = directory.instrument(BTC_USDT).unwrap();
    let good = order::limit(btc, Side::Buy, Price(5_900_000), Qty(1));
    let decimal = |text: &str| Some(text.parse().unwrap());
    let cases = [
        (
            rialto_protocol::NewOrder {
                price: decimal("59000.005"),
                ..good
            },
            RejectReason::PriceOffTick,
            "59000.005",
        ),
        (
            rialto_protocol::NewOrder {
                price: decimal("66000.01"),
                ..good
            },
            RejectReason::PriceAboveCollar,
            "66000",
        ),
        (
            rialto_protocol::NewOrder {
                quantity: decimal("0.00015"),
                ..good
            },
            RejectReason::QtyOffLot,
            "0.00015",
        ),
        (
            rialto_protocol::NewOrder {
                quantity: decimal("0"),
                ..good
            },
            RejectReason::InvalidQty,
            "0",
        ),
        (
            rialto_protocol::NewOrder {
                instrument_id: rialto_types::InstrumentId(99),
                ..good
            },
            RejectReason::UnknownInstrument,
            "99",
        ),
        (
            rialto_protocol::NewOrder {
                side: rialto_protocol::Code::from_raw(7),
                ..good
            },
            RejectReason::InvalidField,
            "side 7",
        ),
    ];
    for (order, reason, part) in cases {
        let error = alice.place(order).await.unwrap_err();
        let ClientError::Refused(rejection) = error else {
            panic!("{error}");
        };
        assert_eq!(rejection.reason(), Some(reason));
        assert!(rejection.to_string().contains(part), "{rejection}");
    }
    // None of them has reached the core.
    let image = venue.stop().await;
    assert_eq!(image.keys[ALICE as usize - 1].client_seq, ClientSeq(0));
}

/// The number is what counts, not the order: also when that has long filled, its client order id is free again, and the
/// exchange was started anew.
#[tokio::test]
async fn a_resend_of_an_order_that_has_filled_is_a_duplicate_also_after_a_restart() {
    let venue = Venue::usual();
    let mut bob = venue.log_on(BOB).await;
    bob.place(limit(Side::Sell, 5_900_000, 1)).await.unwrap();
    let mut alice = venue.log_on(ALICE).await;
    let mut named = limit(Side::Buy, 5_900_000, 1);
    named.client_order_id = ClientOrderId::new("mine").unwrap().into();
    let filled = alice.place(named).await.unwrap();
    assert!(!filled.is_open(), "{filled:?}");
    named.client_seq = filled.reports()[0].client_seq.unwrap();
    let again = resent(&mut alice, &named).await;
    assert_eq!(again, RejectReason::DuplicateSequence);
    // The name is free: under a new number it is a new order.
    let mut renamed = limit(Side::Buy, 5_800_000, 1);
    renamed.client_order_id = named.client_order_id;
    assert!(alice.place(renamed).await.unwrap().is_open());

    let venue = venue.restart(Setup::default().config).await;
    let mut alice = venue.log_on(ALICE).await;
    let again = resent(&mut alice, &named).await;
    assert_eq!(again, RejectReason::DuplicateSequence);
    let image = venue.stop().await;
    assert_eq!(image.order_count, 3);
}

/// Sends an order under the number that it has; why it is refused.
async fn resent(session: &mut Session, order: &NewOrder) -> RejectReason {
    session.queue(order).unwrap();
    session.flush().await.unwrap();
    let refused = next_of(session, |message| match message {
        Message::Refused(refused) => Some(refused),
        _ => None,
    });
    refused.await.reject_reason.unwrap().known().unwrap()
}
