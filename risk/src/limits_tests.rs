//! Each limit, at its edge and one beyond.

use rialto_types::{Asset, AssetId, InstrumentId, InstrumentSpec, Ppm, StpMode, Symbol};

use super::*;

fn instrument() -> Instrument {
    let asset = |symbol: &str| Asset {
        symbol: Symbol::new(symbol).unwrap(),
        decimals: 8,
    };
    let spec = InstrumentSpec {
        symbol: Symbol::new("BTC-USDT").unwrap(),
        base: AssetId(1),
        quote: AssetId(2),
        tick_mantissa: 100_000_000,
        lot_mantissa: 100_000_000,
        min_qty: Qty(2),
        max_qty: Qty(100),
        min_notional: Amount(1_000 * 100_000_000),
        max_notional: Amount(20_000 * 100_000_000),
        collar: Ppm(100_000),
        reference_price: Price(200),
        maker_fee: Ppm(0),
        taker_fee: Ppm(0),
    };
    Instrument::new(InstrumentId(1), spec, &asset("BTC"), &asset("USDT")).unwrap()
}

fn order(side: Side, kind: OrderKind) -> PlaceOrder {
    PlaceOrder {
        instrument: InstrumentId(1),
        side,
        stp: StpMode::None,
        kind,
        client_order_id: None,
    }
}

fn limit(price: i64, qty: i64) -> OrderKind {
    OrderKind::Limit {
        price: Price(price),
        qty: Qty(qty),
        tif: TimeInForce::Gtc,
        post_only: false,
    }
}

const QUIET: Market = Market {
    last_trade: None,
    time: Timestamp(1_000),
};
const TRADED: Market = Market {
    last_trade: Some(Price(200)),
    time: Timestamp(1_000),
};

#[track_caller]
fn check(side: Side, kind: OrderKind, market: &Market, expected: Option<(RejectReason, i64, i64)>) {
    let result = check_order(&instrument(), &order(side, kind), market);
    let expected = expected.map(|(reason, value, limit)| Refusal::new(reason, value, limit));
    assert_eq!(result.err(), expected, "{side:?} {kind:?}");
}

#[test]
fn sizes() {
    check(
        Side::Buy,
        limit(200, 0),
        &QUIET,
        Some((RejectReason::InvalidQty, 0, 1)),
    );
    check(
        Side::Buy,
        limit(200, -5),
        &QUIET,
        Some((RejectReason::InvalidQty, -5, 1)),
    );
    check(
        Side::Buy,
        limit(200, 1),
        &QUIET,
        Some((RejectReason::QtyBelowMin, 1, 2)),
    );
    check(Side::Buy, limit(200, 5), &QUIET, None);
    check(Side::Buy, limit(200, 100), &QUIET, None);
    check(
        Side::Buy,
        limit(200, 101),
        &QUIET,
        Some((RejectReason::QtyAboveMax, 101, 100)),
    );
    let quote = |amount| OrderKind::Market {
        size: Size::Quote(Amount(amount)),
    };
    check(
        Side::Buy,
        quote(0),
        &QUIET,
        Some((RejectReason::InvalidAmount, 0, 1)),
    );
    check(
        Side::Buy,
        quote(-1),
        &QUIET,
        Some((RejectReason::InvalidAmount, -1, 1)),
    );
}

#[test]
fn prices_and_notionals() {
    let one = 100_000_000;
    check(
        Side::Buy,
        limit(0, 5),
        &QUIET,
        Some((RejectReason::InvalidPrice, 0, 1)),
    );
    check(
        Side::Buy,
        limit(-1, 5),
        &QUIET,
        Some((RejectReason::InvalidPrice, -1, 1)),
    );
    let below = Some((RejectReason::NotionalBelowMin, 995 * one, 1_000 * one));
    check(Side::Buy, limit(199, 5), &QUIET, below);
    let above = Some((RejectReason::NotionalAboveMax, 20_100 * one, 20_000 * one));
    check(Side::Buy, limit(201, 100), &QUIET, above);
    let huge = Some((RejectReason::NotionalAboveMax, i64::MAX, 20_000 * one));
    check(Side::Sell, limit(i64::MAX, 5), &QUIET, huge);
    let market = |qty| OrderKind::Market {
        size: Size::Qty(Qty(qty)),
    };
    check(Side::Buy, market(5), &QUIET, None);
    let below = Some((RejectReason::NotionalBelowMin, 800 * one, 1_000 * one));
    check(Side::Buy, market(4), &QUIET, below);
}

#[test]
fn collars_bind_buys_above_and_sells_below() {
    check(Side::Buy, limit(220, 5), &TRADED, None);
    check(
        Side::Buy,
        limit(221, 5),
        &TRADED,
        Some((RejectReason::PriceAboveCollar, 221, 220)),
    );
    check(Side::Buy, limit(10, 100), &TRADED, None);
    check(Side::Sell, limit(180, 6), &TRADED, None);
    check(
        Side::Sell,
        limit(179, 6),
        &TRADED,
        Some((RejectReason::PriceBelowCollar, 179, 180)),
    );
    check(Side::Sell, limit(2_000, 5), &TRADED, None);
    let moved = Market {
        last_trade: Some(Price(100)),
        ..TRADED
    };
    check(
        Side::Buy,
        limit(111, 20),
        &moved,
        Some((RejectReason::PriceAboveCollar, 111, 110)),
    );
}

#[test]
fn stops_that_are_satisfied_or_far_from_their_limit_are_refused() {
    let stop = |stop, price| OrderKind::StopLimit {
        stop: Price(stop),
        price: Price(price),
        qty: Qty(10),
        tif: TimeInForce::Gtc,
    };
    check(Side::Buy, stop(201, 210), &TRADED, None);
    check(Side::Buy, stop(200, 210), &QUIET, None);
    let satisfied = Some((RejectReason::StopAlreadySatisfied, 200, 200));
    check(Side::Buy, stop(200, 210), &TRADED, satisfied);
    check(Side::Sell, stop(200, 190), &TRADED, satisfied);
    check(Side::Sell, stop(199, 190), &TRADED, None);
    // The collar stands around the stop, not around the market.
    check(
        Side::Buy,
        stop(400, 441),
        &TRADED,
        Some((RejectReason::PriceAboveCollar, 441, 440)),
    );
    check(Side::Buy, stop(400, 440), &TRADED, None);
    check(
        Side::Buy,
        stop(0, 210),
        &TRADED,
        Some((RejectReason::InvalidPrice, 0, 1)),
    );
}

#[test]
fn expiry_must_lie_ahead() {
    let until = |at| OrderKind::Limit {
        price: Price(200),
        qty: Qty(5),
        tif: TimeInForce::Gtd(Timestamp(at)),
        post_only: false,
    };
    check(Side::Buy, until(1_001), &QUIET, None);
    check(
        Side::Buy,
        until(1_000),
        &QUIET,
        Some((RejectReason::ExpiryInPast, 1_000, 1_000)),
    );
}

#[test]
fn contradictory_terms_are_refused() {
    let post_only = |tif| OrderKind::Limit {
        price: Price(200),
        qty: Qty(5),
        tif,
        post_only: true,
    };
    let refused = Err(RejectReason::InvalidCombination.into());
    assert_eq!(
        check_combination(&order(Side::Buy, post_only(TimeInForce::Ioc))),
        refused
    );
    assert_eq!(
        check_combination(&order(Side::Buy, post_only(TimeInForce::Fok))),
        refused
    );
    assert_eq!(
        check_combination(&order(Side::Buy, post_only(TimeInForce::Gtc))),
        Ok(())
    );
    let stop = OrderKind::StopMarket {
        stop: Price(200),
        size: Size::Quote(Amount(5)),
    };
    assert_eq!(check_combination(&order(Side::Sell, stop)), refused);
    assert_eq!(check_combination(&order(Side::Buy, stop)), Ok(()));
}
