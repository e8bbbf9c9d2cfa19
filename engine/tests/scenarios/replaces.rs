//! Replacing price and total quantity (section 6).

use crate::check;

#[test]
fn a_smaller_quantity_keeps_its_place_a_greater_one_loses_it() {
    check(
        "
        A buy 5@100
        B buy 5@100
        A replace #1 3@100    | #1 replaced 3@100, keeps its place
        A replace #1 3@100    | #1 replaced 3@100, keeps its place
        book                  | 3@100 #1, 5@100 #2 / -
        A replace #1 4@100    | #1 replaced 4@100, goes to the back
        book                  | 5@100 #2, 4@100 #1 / -
        ",
    );
}

#[test]
fn another_price_loses_the_place() {
    check(
        "
        A buy 5@100
        B buy 5@101
        A replace #1 1@101    | #1 replaced 1@101, goes to the back
        book                  | 5@101 #2, 1@101 #1 / -
        ",
    );
}

#[test]
fn a_price_that_crosses_takes() {
    check(
        "
        A buy 5@100
        B sell 3@102
        A replace #1 5@103    | #1 replaced 5@103, takes; trade 3@102 #2 #1; #1 rests 2@103
        order #1              | 2 left, 3 filled for 306
        ",
    );
}

#[test]
fn the_trades_of_a_replace_elect_stops() {
    check(
        "
        A buy 5@100
        B sell 5@102
        C buy 1@60 stop 102
        A replace #1 5@102    | #1 replaced 5@102, takes; trade 5@102 #2 #1; #3 triggered, rests
        ",
    );
}

#[test]
fn the_total_counts_what_is_filled() {
    check(
        "
        A buy 5@100
        B sell 2@100
        A replace #1 4@100    | #1 replaced 2@100, keeps its place
        order #1              | 2 left, 2 filled for 200
        A replace #1 2@100    | #1 cancelled ReplacedBelowFilled 2
        ",
    );
}

#[test]
fn at_or_below_the_filled_quantity_no_other_term_is_looked_at() {
    check(
        "
        A buy 5@100
        B sell 2@100
        A replace #1 1@99999    | #1 cancelled ReplacedBelowFilled 3
        ",
    );
}

#[test]
fn the_new_terms_pass_the_checks_of_an_order() {
    check(
        "
        given min_qty 2
        given max_qty 10
        given max_notional 900
        A buy 5@100
        A replace #1 0@100     | rejected InvalidQty 0/1
        A replace #1 1@100     | rejected QtyBelowMin 1/2
        A replace #1 11@100    | rejected QtyAboveMax 11/10
        A replace #1 5@0       | rejected InvalidPrice 0/1
        A replace #1 5@181     | rejected NotionalAboveMax 905/900
        A replace #1 5@151     | rejected PriceAboveCollar 151/150
        book                   | 5@100 #1 / -
        ",
    );
}

#[test]
fn only_own_open_orders_of_the_instrument_are_replaced() {
    check(
        "
        A buy 5@100
        B replace #1 4@100            | rejected UnknownOrder 1/0
        A replace #1 4@100 on GOLD    | rejected UnknownOrder 1/0
        A replace id=x 4@100          | rejected UnknownOrder
        A replace #2 4@100            | rejected UnknownOrder 2/0
        B sell 5@100
        A replace #1 9@100            | rejected UnknownOrder 1/0   -- filled
        ",
    );
}

#[test]
fn stop_market_orders_are_not_replaced() {
    check(
        "
        A buy 5 stop 110
        A replace #1 5@110    | rejected NotReplaceable 1/0
        A replace #1 0@110    | rejected NotReplaceable 1/0
        ",
    );
}

#[test]
fn a_post_only_order_is_not_replaced_to_take() {
    check(
        "
        A buy 5@100 post
        B sell 5@102
        A replace #1 5@102    | rejected PostOnlyWouldTrade 102/102
        A replace #1 5@101    | #1 replaced 5@101, goes to the back
        ",
    );
}

#[test]
fn only_the_increase_of_the_hold_must_be_available() {
    check(
        "
        given funds A CASH 600
        A buy 5@100
        A replace #1 7@100    | rejected InsufficientFunds 200/100 CASH
        A replace #1 6@100    | #1 replaced 6@100, goes to the back
        funds A CASH          | 0 + 600
        A replace #1 2@100    | #1 replaced 2@100, keeps its place
        funds A CASH          | 400 + 200
        ",
    );
}

#[test]
fn a_waiting_stop_keeps_its_stop_price() {
    check(
        "
        A buy 5@112 stop 110
        B buy 5@112 stop 110
        A replace #1 5@111    | #1 replaced 5@111, goes to the back
        stops                 | #2 110, #1 110 / -
        B replace #2 4@112    | #2 replaced 4@112, keeps its place
        stops                 | #2 110, #1 110 / -
        A replace #1 5@166    | rejected PriceAboveCollar 166/165
        ",
    );
}

#[test]
fn a_replaced_order_takes_by_its_own_mode() {
    check(
        "
        A sell 5@102
        A buy 5@100 stp=both
        A replace #2 5@102    | #2 replaced 5@102, takes; #1 cancelled SelfTrade 5; #2 cancelled SelfTrade 5
        ",
    );
}

#[test]
fn an_order_is_named_by_its_client_id_and_keeps_it() {
    check(
        "
        A buy 5@100 id=x
        A replace id=x 6@101    | #1 replaced 6@101, goes to the back
        A cancel id=x           | #1 cancelled Requested 6
        ",
    );
}
