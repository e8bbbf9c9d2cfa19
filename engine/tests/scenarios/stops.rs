//! Stops: waiting, election, cascades (section 4).

use crate::check;

#[test]
fn a_stop_buy_is_elected_by_a_trade_at_or_above_its_stop() {
    check(
        "
        A buy 5@112 stop 110    | #1 accepted, waits
        B sell 1@109
        C buy 1@109             | #3 accepted; trade 1@109 #2 #3
        B sell 1@110
        C buy 1@110             | #5 accepted; trade 1@110 #4 #5; #1 triggered, rests
        book                    | 5@112 #1 / -
        ",
    );
}

#[test]
fn a_stop_sell_is_elected_by_a_trade_at_or_below_its_stop() {
    check(
        "
        A sell 5@88 stop 90     | #1 accepted, waits
        B buy 1@91
        C sell 1@91             | #3 accepted; trade 1@91 #2 #3
        B buy 1@90
        C sell 1@90             | #5 accepted; trade 1@90 #4 #5; #1 triggered, rests
        book                    | - / 5@88 #1
        ",
    );
}

#[test]
fn an_elected_stop_takes_what_it_can() {
    check(
        "
        A buy 5@112 stop 110
        B sell 1@110
        B sell 2@111
        C buy 1@110             | #4 accepted; trade 1@110 #2 #4; #1 triggered; trade 2@111 #3 #1; #1 rests 3@112
        ",
    );
}

#[test]
fn an_elected_stop_market_order_is_a_market_order() {
    check(
        "
        A buy 2 stop 110
        B sell 1@110
        B sell 1@111
        C buy 1@110             | #4 accepted; trade 1@110 #2 #4; #1 triggered; trade 1@111 #3 #1; #1 cancelled NoLiquidity 1
        ",
    );
}

#[test]
fn a_stop_that_the_last_trade_satisfies_is_refused() {
    check(
        "
        B sell 1@100
        C buy 1@100
        A buy 5@112 stop 100    | rejected StopAlreadySatisfied 100/100
        A buy 5@112 stop 99     | rejected StopAlreadySatisfied 99/100
        A sell 5@88 stop 100    | rejected StopAlreadySatisfied 100/100
        A buy 5@112 stop 101    | #3 accepted, waits
        A sell 5@88 stop 99     | #4 accepted, waits
        ",
    );
}

#[test]
fn before_the_first_trade_every_stop_waits() {
    check(
        "
        A buy 5@60 stop 50       | #1 accepted, waits   -- though the reference is 100
        A sell 5@140 stop 150    | #2 accepted, waits
        ",
    );
}

#[test]
fn one_trade_elects_buys_upwards_then_sells_downwards_then_by_age() {
    check(
        "
        A buy 1@60 stop 105
        A buy 1@60 stop 103
        B buy 1@60 stop 103
        A sell 1@200 stop 110
        B sell 1@200 stop 120
        stops                 | #2 103, #3 103, #1 105 / #5 120, #4 110
        C sell 1@107
        D buy 1@107           | #7 accepted; trade 1@107 #6 #7; #2 triggered, rests; #3 triggered, rests; #1 triggered, rests; #5 triggered, rests; #4 triggered, rests
        ",
    );
}

#[test]
fn trades_of_elected_stops_elect_more_at_the_end_of_the_queue() {
    check(
        "
        A buy 1 stop 101
        B buy 1 stop 101
        D buy 1 stop 102
        C sell 1@101
        C sell 1@102
        C sell 1@103
        C sell 1@104
        D buy 1@101     | #8 accepted; trade 1@101 #4 #8; #1 triggered; trade 1@102 #5 #1; #2 triggered; trade 1@103 #6 #2; #3 triggered; trade 1@104 #7 #3
        ",
    );
}

#[test]
fn an_earlier_trade_elects_first_even_when_a_later_one_reaches_a_nearer_stop() {
    check(
        "
        A buy 1@60 stop 102
        B buy 1@60 stop 101
        C sell 1@102
        C sell 1@103
        D buy 1@60 stop 103
        D buy 2@103     | #6 accepted; trade 1@102 #3 #6; trade 1@103 #4 #6; #2 triggered, rests; #1 triggered, rests; #5 triggered, rests
        ",
    );
}

#[test]
fn elected_stops_wait_for_the_end_of_the_command() {
    check(
        "
        A buy 1@60 stop 101
        C sell 1@101
        D buy 3@101     | #3 accepted; trade 1@101 #2 #3; #3 rests 2@101; #1 triggered, rests
        ",
    );
}

#[test]
fn immediate_stops_are_immediate_at_election() {
    check(
        "
        A buy 5@112 ioc stop 110    | #1 accepted, waits
        A buy 5@112 fok stop 110    | #2 accepted, waits
        B sell 1@110
        B sell 2@112
        C buy 1@110                 | #5 accepted; trade 1@110 #3 #5; #1 triggered; trade 2@112 #4 #1; #1 cancelled IocRemainder 3; #2 triggered; #2 cancelled FokUnfilled 5
        ",
    );
}

#[test]
fn a_stop_market_buy_holds_its_cap_and_sweeps_no_higher() {
    check(
        "
        A buy 2 stop 110    | #1 accepted, waits
        funds A CASH        | 999670 + 330   -- 2 lots at 110 and a half
        C sell 1@130
        C sell 1@165
        C sell 1@166
        D buy 1@130         | #5 accepted; trade 1@130 #2 #5; #1 triggered; trade 1@165 #3 #1; #1 cancelled CollarReached 1
        funds A CASH        | 999835 + 0
        ",
    );
}

#[test]
fn a_stop_market_buy_by_quote_amount_holds_the_amount() {
    check(
        "
        A buy $500 stop 110    | #1 accepted, waits
        funds A CASH           | 999500 + 500
        C sell 1@110
        C sell 3@120
        D buy 1@110            | #4 accepted; trade 1@110 #2 #4; #1 triggered; trade 3@120 #3 #1; #1 cancelled NoLiquidity 140
        funds A CASH           | 999640 + 0
        ",
    );
}

#[test]
fn a_stop_market_sell_states_a_quantity() {
    check(
        "
        A sell $500 stop 90    | rejected InvalidCombination
        A sell 5 stop 90       | #1 accepted, waits
        funds A COIN           | 995 + 5
        ",
    );
}

#[test]
fn the_collar_of_a_stop_limit_order_is_around_its_own_stop() {
    check(
        "
        A buy 5@166 stop 110    | rejected PriceAboveCollar 166/165
        A buy 5@165 stop 110    | #1 accepted, waits
        A sell 5@44 stop 90     | rejected PriceBelowCollar 44/45
        A sell 5@45 stop 90     | #2 accepted, waits
        ",
    );
}

#[test]
fn an_elected_stop_meets_own_orders_by_its_own_mode() {
    check(
        "
        A buy 5@112 stop 110 stp=both
        B sell 1@110
        A sell 2@111
        C buy 1@110    | #4 accepted; trade 1@110 #2 #4; #1 triggered; #3 cancelled SelfTrade 2; #1 cancelled SelfTrade 5
        ",
    );
}
