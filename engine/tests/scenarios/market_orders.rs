//! Market orders by quantity and by quote amount, and the collar.

use crate::check;

#[test]
fn a_market_order_sweeps_the_book() {
    check(
        "
        A sell 2@100
        B sell 2@110
        C buy 3 market    | #3 accepted; trade 2@100 #1 #3; trade 1@110 #2 #3
        funds C CASH      | 999690 + 0
        ",
    );
}

#[test]
fn a_market_order_never_rests() {
    check(
        "
        C buy 5 market    | #1 accepted; #1 cancelled NoLiquidity 5
        A sell 2@100
        C buy 5 market    | #3 accepted; trade 2@100 #2 #3; #3 cancelled NoLiquidity 3
        book              | - / -
        ",
    );
}

#[test]
fn a_market_order_stops_at_the_collar_around_the_reference_with_which_it_began() {
    check(
        "
        A sell 1@150
        A sell 1@200
        C buy 2 market    | #3 accepted; trade 1@150 #1 #3; #3 cancelled CollarReached 1
        C buy 1 market    | #4 accepted; trade 1@200 #2 #4   -- the last trade, 150, allows 225
        ",
    );
}

#[test]
fn the_collar_binds_buys_above_and_sells_below() {
    check(
        "
        A buy 1@151     | rejected PriceAboveCollar 151/150
        A sell 1@49     | rejected PriceBelowCollar 49/50
        A buy 1@1       | #1 accepted, rests   -- a deep bid is legal
        A sell 1@999    | #2 accepted, rests
        ",
    );
}

#[test]
fn the_collar_follows_the_last_trade() {
    check(
        "
        A sell 1@140
        B buy 1@140     | #2 accepted; trade 1@140 #1 #2
        C sell 1@69     | rejected PriceBelowCollar 69/70
        C buy 1@211     | rejected PriceAboveCollar 211/210
        C buy 1@210     | #3 accepted, rests
        ",
    );
}

#[test]
fn the_collar_rounds_inwards() {
    check(
        "
        given reference 15
        given collar 10%
        A buy 1@17     | rejected PriceAboveCollar 17/16   -- of 16.5
        A sell 1@13    | rejected PriceBelowCollar 13/14   -- of 13.5
        ",
    );
}

#[test]
fn a_quote_amount_buys_whole_lots_and_the_rest_is_dust() {
    check(
        "
        A sell 5@100
        C buy $250 market    | #2 accepted; trade 2@100 #1 #2; #2 cancelled QuoteRemainder 50
        C buy $200 market    | #3 accepted; trade 2@100 #1 #3   -- nothing left: filled
        C buy $99 market     | #4 accepted; #4 cancelled QuoteRemainder 99
        C buy $900 market    | #5 accepted; trade 1@100 #1 #5; #5 cancelled NoLiquidity 800
        ",
    );
}

#[test]
fn a_sell_by_quote_amount_brings_in_no_more_than_the_amount() {
    check(
        "
        A buy 5@100
        C sell $250 market    | #2 accepted; trade 2@100 #1 #2; #2 cancelled QuoteRemainder 50
        funds C CASH          | 1000200 + 0
        funds C COIN          | 998 + 0
        ",
    );
}

#[test]
fn a_sell_by_quote_amount_does_not_skip_to_a_cheaper_bid() {
    check(
        "
        A buy 5@100
        B buy 5@60
        C sell $160 market    | #3 accepted; trade 1@100 #1 #3; #3 cancelled QuoteRemainder 60
        book                  | 4@100 #1, 5@60 #2 / -
        ",
    );
    check(
        "
        given funds C COIN 1   -- and it needs no more than the one lot that it sells
        A buy 5@100
        B buy 5@60
        C sell $160 market    | #3 accepted; trade 1@100 #1 #3; #3 cancelled QuoteRemainder 60
        ",
    );
}

#[test]
fn a_market_buy_is_affordable_or_refused_before_anything_trades() {
    check(
        "
        given funds C CASH 300
        A sell 2@100
        B sell 2@110
        C buy 3 market       | rejected InsufficientFunds 310/300 CASH
        book                 | - / 2@100 #1, 2@110 #2
        C buy $310 market    | rejected InsufficientFunds 310/300 CASH
        C buy 2 market       | #3 accepted; trade 2@100 #1 #3
        ",
    );
}

#[test]
fn a_market_buy_needs_only_what_its_sweep_costs() {
    check(
        "
        given funds C CASH 200
        A sell 2@100
        C buy $500 market    | #2 accepted; trade 2@100 #1 #2; #2 cancelled NoLiquidity 300
        funds C CASH         | 0 + 0
        ",
    );
}

#[test]
fn the_foreseen_cost_leaves_out_own_orders_that_will_not_trade() {
    check(
        "
        given funds C CASH 100
        C sell 1@90
        A sell 1@100
        C buy 1 market stp=maker    | #3 accepted; #1 cancelled SelfTrade 1; trade 1@100 #2 #3
        ",
    );
    check(
        "
        given funds C CASH 100
        A sell 1@90
        C sell 1@95
        B sell 1@100
        C buy 3 market stp=dec      | rejected InsufficientFunds 190/100 CASH
        C buy 2 market stp=dec      | #4 accepted; trade 1@90 #1 #4; #2 cancelled SelfTrade 1; #4 cancelled SelfTrade 1
        ",
    );
}

#[test]
fn a_market_sell_by_quantity_needs_the_whole_quantity() {
    check(
        "
        given funds C COIN 4
        A buy 2@100
        C sell 5 market    | rejected InsufficientFunds 5/4 COIN
        C sell 4 market    | #2 accepted; trade 2@100 #1 #2; #2 cancelled NoLiquidity 2
        ",
    );
}
