//! Command lines as the orders that they mean, through the real parser.

use clap::Parser;
use rialto_types::{Amount, Qty};

use super::*;
use crate::cli::testing::btc_usdt;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    placement: Placement,
}

const NOW: Timestamp = Timestamp(1_000);

fn kind(line: &str) -> Result<OrderKind> {
    let words = ["order", "BTC-USDT"]
        .into_iter()
        .chain(line.split_whitespace());
    Line::try_parse_from(words)?
        .placement
        .kind(&btc_usdt(), NOW)
}

#[track_caller]
fn refused(line: &str, reason: &str) {
    let error = kind(line).unwrap_err().to_string();
    assert!(error.contains(reason), "{line}: {error}");
}

#[test]
fn a_price_makes_a_limit_order() {
    let limit = |tif, post_only| OrderKind::Limit {
        price: Price(6_000_001),
        qty: Qty(5_000),
        tif,
        post_only,
    };
    let gtd = TimeInForce::Gtd(Timestamp(60_000_001_000));
    for (line, tif, post_only) in [
        ("", TimeInForce::Gtc, false),
        ("--tif gtc --post-only", TimeInForce::Gtc, true),
        ("--tif ioc", TimeInForce::Ioc, false),
        ("--tif fok", TimeInForce::Fok, false),
        ("--expires 1m", gtd, false),
        ("--tif gtd --expires 1m --post-only", gtd, true),
    ] {
        let line = format!("0.5 --price 60000.01 {line}");
        assert_eq!(kind(&line).unwrap(), limit(tif, post_only), "{line}");
    }
}

#[test]
fn the_word_market_or_a_quote_amount_makes_a_market_order() {
    let by_qty = OrderKind::Market {
        size: Size::Qty(Qty(5_000)),
    };
    assert_eq!(kind("0.5 market").unwrap(), by_qty);
    let by_quote = OrderKind::Market {
        size: Size::Quote(Amount(250_000_000)),
    };
    assert_eq!(kind("market --quote 250").unwrap(), by_quote);
    assert_eq!(kind("--quote 250").unwrap(), by_quote);
}

#[test]
fn a_stop_makes_either_of_them_wait() {
    let stop_limit = OrderKind::StopLimit {
        stop: Price(6_100_000),
        price: Price(6_200_000),
        qty: Qty(5_000),
        tif: TimeInForce::Gtc,
    };
    assert_eq!(kind("0.5 --price 62000 --stop 61000").unwrap(), stop_limit);
    let stop_market = OrderKind::StopMarket {
        stop: Price(6_100_000),
        size: Size::Qty(Qty(5_000)),
    };
    assert_eq!(kind("0.5 market --stop 61000").unwrap(), stop_market);
}

#[test]
fn terms_that_exclude_each_other_are_refused_with_what_would_be_right() {
    refused("0.5", "--price PRICE for a limit order, or `market`");
    refused("0.5 market --price 1", "choose one");
    refused("--price 1", "QTY");
    refused("market", "--quote AMOUNT");
    refused("0.5 --quote 5", "choose one");
    refused("0.5 market --tif ioc", "only with --price");
    refused("0.5 market --post-only", "--post-only");
    refused("0.5 --price 1 --post-only --tif ioc", "gtc or gtd");
    refused("0.5 --price 1 --post-only --stop 2", "--stop");
    refused("0.5 --price 1 --tif gtd", "--expires");
    refused("0.5 --price 1 --tif ioc --expires 1m", "--tif gtd");
}

#[test]
fn numbers_must_be_those_of_the_instrument() {
    refused("0.00005 --price 1", "multiple of the lot 0.0001");
    refused("-1 --price 1", "-1");
    refused("0.5 --price 100.005", "the nearest are 100.00 and 100.01");
    refused("0.5 --price -1", "-1");
    refused("0.5 market --stop 0", "0");
    refused("much --price 1", "digits");
}

#[test]
fn client_ids_and_self_trade_modes_are_carried() {
    let words = ["order", "BTC-USDT", "1", "market", "--client-id", "a.b"];
    let line = Line::try_parse_from(words.into_iter().chain(["--stp", "cancel-both"])).unwrap();
    let order = line.placement.order(Side::Sell, &btc_usdt(), NOW).unwrap();
    assert_eq!(order.client_order_id.to_string(), "a.b");
    assert_eq!(order.stp_mode, Some(StpMode::CancelBoth.into()));
    assert_eq!(order.side, Side::Sell);
    refused("1 market --client-id a!b", "1 to 36 characters");
    refused("1 market --stp never", "cancel-maker");
}

#[test]
fn an_order_is_named_by_exactly_one_id() {
    #[derive(Parser)]
    struct NameLine {
        #[command(flatten)]
        name: OrderName,
    }
    let name = |words: &[&str]| {
        let words = std::iter::once(&"cancel").chain(words);
        let line = NameLine::try_parse_from(words).map_err(|error| error.to_string())?;
        line.name.reference().map_err(|error| error.to_string())
    };
    assert_eq!(name(&["17"]), Ok(OrderRef::Id(OrderId(17))));
    let own = ClientOrderId::new("x").unwrap();
    assert_eq!(name(&["--client-id", "x"]), Ok(OrderRef::Client(own)));
    assert!(name(&[]).is_err());
    assert!(name(&["17", "--client-id", "x"]).is_err());
}
