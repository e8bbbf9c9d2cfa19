//! Lists of orders and balances as they are printed.

use rialto_protocol::{ClientOrderIdText, OrderState, OrderType, TimeInForce};
use rialto_types::{AssetId, InstrumentId, OrderId, Side, Timestamp};

use super::*;
use crate::cli::testing::directory;

fn status(id: u64) -> OrderStatus {
    OrderStatus {
        order_id: Some(OrderId(id)),
        instrument_id: Some(InstrumentId(1)),
        accepted_time: Some(Timestamp(1_767_225_600_000_000_000)),
        price: Some("60000.01".parse().unwrap()),
        order_quantity: Some("0.5".parse().unwrap()),
        cumulative_quantity: Some("0.2".parse().unwrap()),
        average_price: Some("59999".parse().unwrap()),
        leaves_quantity: Some("0.3".parse().unwrap()),
        order_status: Some(OrderState::PartiallyFilled.into()),
        side: Some(Side::Buy.into()),
        order_type: Some(OrderType::Limit.into()),
        time_in_force: Some(TimeInForce::Gtc.into()),
        client_order_id: ClientOrderIdText::cut("mine"),
        ..OrderStatus::default()
    }
}

fn balance(asset: u16, available: &str, held: &str) -> Balance {
    Balance {
        asset_id: AssetId(asset),
        available: available.parse().unwrap(),
        held: held.parse().unwrap(),
    }
}

#[test]
fn open_orders_are_a_table_from_the_oldest_on() {
    let orders = OpenOrders::new(&[status(18), status(17)], &directory());
    let text = orders.text(Paint::PLAIN);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "order  symbol    side  type      price  stop  quantity  filled  in force  since (UTC)          \
         client id"
    );
    assert_eq!(
        lines[1],
        "   17  BTC-USDT  buy   limit  60000.01             0.5     0.2  gtc       2026-01-01 00:00:00  \
         mine"
    );
    assert_eq!(lines.len(), 3);
    let none = OpenOrders::new(&[], &directory());
    assert_eq!(none.text(Paint::PLAIN), "no open orders");
    assert_eq!(serde_json::to_string(&none).unwrap(), "[]");
}

#[test]
fn one_order_says_how_it_stands() {
    let order = OneOrder::new(&status(17), &directory());
    assert_eq!(
        order.text(Paint::PLAIN),
        "order 17 (mine) in BTC-USDT: buy 0.5 BTC at 60000.01 gtc\n\
         partially filled: 0.2 BTC filled at 59999 on average, 0.3 BTC open"
    );
}

#[test]
fn balances_add_up() {
    let list = [balance(1, "1.5", "0"), balance(2, "80.000001", "20")];
    let balances = Balances::new(3, &list, &directory());
    assert_eq!(
        balances.text(Paint::PLAIN),
        "account 3\n\
         asset  available  held       total\n\
         BTC          1.5     0         1.5\n\
         USDT   80.000001    20  100.000001"
    );
    assert_eq!(balances.line(), "1.5 BTC, 100.000001 USDT (20 held)");
    let unknown = Balances::new(3, &[balance(9, "1", "0")], &directory());
    assert!(unknown.line().contains("asset 9"), "{}", unknown.line());
    let empty = Balances::new(3, &[], &directory()).text(Paint::PLAIN);
    assert_eq!(empty, "account 3 has no balances");
}
