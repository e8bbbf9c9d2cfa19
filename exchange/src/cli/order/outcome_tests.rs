//! What the command line says of an order, for each way in which an order can go.

use rialto_protocol::{Liquidity, OrderType, TimeInForce};
use rialto_types::{InstrumentId, OrderId, Side, TradeId};
use serde_json::Value;

use super::*;
use crate::cli::testing::directory;

/// A buy of 0.5 BTC at 60000.01 as it was accepted.
fn accepted() -> ExecutionReport {
    ExecutionReport {
        instrument_id: Some(InstrumentId(1)),
        order_id: Some(OrderId(17)),
        price: Some("60000.01".parse().unwrap()),
        order_quantity: Some("0.5".parse().unwrap()),
        cumulative_quantity: Some("0".parse().unwrap()),
        cumulative_quote: Some("0".parse().unwrap()),
        leaves_quantity: Some("0.5".parse().unwrap()),
        exec_type: ExecType::New.into(),
        order_status: Some(OrderState::New.into()),
        side: Some(Side::Buy.into()),
        order_type: Some(OrderType::Limit.into()),
        time_in_force: Some(TimeInForce::Gtc.into()),
        ..ExecutionReport::default()
    }
}

/// A trade of 0.2 BTC at 60000, the second when `is_last`.
fn trade(id: u64, is_last: bool) -> ExecutionReport {
    let (filled, leaves) = if is_last {
        ("0.4", "0.1")
    } else {
        ("0.2", "0.3")
    };
    ExecutionReport {
        exec_type: ExecType::Trade.into(),
        order_status: Some(OrderState::PartiallyFilled.into()),
        trade_id: Some(TradeId(id)),
        last_price: Some("60000".parse().unwrap()),
        last_quantity: Some("0.2".parse().unwrap()),
        liquidity: Some(Liquidity::Taker.into()),
        fee_amount: Some("0.0001".parse().unwrap()),
        fee_asset_id: Some(AssetId(1)),
        cumulative_quantity: Some(filled.parse().unwrap()),
        cumulative_quote: Some("24000".parse().unwrap()),
        average_price: Some("60000".parse().unwrap()),
        leaves_quantity: Some(leaves.parse().unwrap()),
        ..accepted()
    }
}

fn placed(reports: &[ExecutionReport]) -> String {
    OrderResult::placed(reports, &directory()).text(Paint::PLAIN)
}

#[test]
fn an_order_that_rests() {
    assert_eq!(
        placed(&[accepted()]),
        "accepted order 17 in BTC-USDT: buy 0.5 BTC at 60000.01 gtc\n\
         rests 0.5 BTC in the book"
    );
}

#[test]
fn an_order_that_trades_and_rests() {
    assert_eq!(
        placed(&[accepted(), trade(3, false), trade(4, true)]),
        "accepted order 17 in BTC-USDT: buy 0.5 BTC at 60000.01 gtc\n  \
         0.2 at 60000 (trade 3, taker, fee 0.0001 BTC)\n  \
         0.2 at 60000 (trade 4, taker, fee 0.0001 BTC)\n\
         filled 0.4 of 0.5 BTC at 60000 on average: paid 24000 USDT, fee 0.0002 BTC\n\
         rests 0.1 BTC in the book"
    );
}

#[test]
fn an_order_whose_rest_is_cancelled_says_how_much_and_why() {
    let end = ExecutionReport {
        exec_type: ExecType::Cancelled.into(),
        order_status: Some(OrderState::Cancelled.into()),
        leaves_quantity: Some("0".parse().unwrap()),
        cancel_reason: Some(CancelReason::IocRemainder.into()),
        ..trade(4, true)
    };
    let text = placed(&[accepted(), trade(3, false), trade(4, true), end]);
    assert!(
        text.ends_with(
            "cancelled 0.1 BTC: the book has no more at this price, and ioc does not wait"
        ),
        "{text}"
    );
}

#[test]
fn a_market_order_by_amount_names_the_quote_asset() {
    let end = ExecutionReport {
        exec_type: ExecType::Cancelled.into(),
        order_status: Some(OrderState::Cancelled.into()),
        order_type: Some(OrderType::Market.into()),
        time_in_force: Some(TimeInForce::Ioc.into()),
        price: None,
        order_quantity: None,
        quote_amount: Some("250".parse().unwrap()),
        cumulative_quantity: Some("0.0041".parse().unwrap()),
        cumulative_quote: Some("246".parse().unwrap()),
        average_price: Some("60000".parse().unwrap()),
        leaves_quantity: None,
        leaves_quote: Some("0".parse().unwrap()),
        cancel_reason: Some(CancelReason::QuoteRemainder.into()),
        ..accepted()
    };
    assert_eq!(
        placed(&[end]),
        "accepted order 17 in BTC-USDT: buy for 250 USDT at market\n\
         filled 0.0041 BTC at 60000 on average: paid 246 USDT\n\
         cancelled 4 USDT: it pays for no further lot"
    );
}

#[test]
fn a_stop_waits() {
    let stop = ExecutionReport {
        side: Some(Side::Sell.into()),
        stop_price: Some("55000".parse().unwrap()),
        price: None,
        order_type: Some(OrderType::StopMarket.into()),
        order_status: Some(OrderState::Waiting.into()),
        client_order_id: rialto_types::ClientOrderId::new("mine").unwrap().into(),
        ..accepted()
    };
    assert_eq!(
        placed(&[stop]),
        "accepted order 17 (mine) in BTC-USDT: sell 0.5 BTC at market once a trade is at or below \
         55000 gtc\nwaits for its trigger, 0.5 BTC"
    );
}

#[test]
fn a_replace_says_what_became_of_its_place() {
    let replaced = |flags| {
        let report = ExecutionReport {
            exec_type: ExecType::Replaced.into(),
            report_flags: flags,
            ..accepted()
        };
        OrderResult::replaced(&[report], &directory()).text(Paint::PLAIN)
    };
    let kept = replaced(ReportFlags::KEPT_PRIORITY);
    assert!(kept.starts_with("replaced, it kept its place: order 17"));
    assert!(replaced(ReportFlags::NONE).starts_with("replaced, behind the others"));
}

#[test]
fn many_fills_are_cut_and_counted() {
    let mut reports = vec![accepted()];
    reports.extend((1..=25).map(|id| trade(id, true)));
    let text = placed(&reports);
    assert!(text.contains("trade 20,") && !text.contains("trade 21,"));
    assert!(text.contains("… and 5 more fills"), "{text}");
    assert!(text.contains("fee 0.0025 BTC"), "{text}");
}

#[test]
fn json_has_decimal_strings_and_the_names_of_the_schema() {
    let result = OrderResult::placed(&[accepted(), trade(3, true)], &directory());
    let value: Value = serde_json::to_value(&result).unwrap();
    assert_eq!(value["result"], "accepted");
    assert_eq!(value["order_id"], 17);
    assert_eq!(value["status"], "PartiallyFilled");
    assert_eq!(value["price"], "60000.01");
    assert_eq!(value["leaves_quantity"], "0.1");
    assert_eq!(value["fills"][0]["fee_asset"], "BTC");
    assert_eq!(value["fees"][0]["amount"], "0.0001");
    assert_eq!(value["stop_price"], Value::Null);
}

#[test]
fn an_unknown_instrument_or_state_is_no_obstacle() {
    let strange = ExecutionReport {
        instrument_id: Some(InstrumentId(9)),
        order_status: Some(Code::from_raw(77)),
        ..trade(3, true)
    };
    let text = placed(&[strange]);
    assert!(text.contains("instrument 9"), "{text}");
    assert!(text.contains("filled 0.4 of 0.5 base"), "{text}");
}
