//! Holds, settlement and fees.

use crate::check;

#[test]
fn an_order_holds_what_it_may_give() {
    check(
        "
        A buy 5@100
        funds A CASH    | 999500 + 500
        A sell 7@120
        funds A COIN    | 993 + 7
        A cancel #1
        A cancel #2
        funds A CASH    | 1000000 + 0
        funds A COIN    | 1000 + 0
        ",
    );
}

#[test]
fn what_a_better_price_saves_is_free_at_once() {
    check(
        "
        B sell 3@90
        A buy 5@100
        funds A CASH    | 999530 + 200   -- 270 paid, 200 held for the two lots that rest
        ",
    );
}

#[test]
fn funds_move_with_each_trade() {
    check(
        "
        A buy 5@100
        B sell 2@100
        funds A CASH    | 999500 + 300
        funds A COIN    | 1002 + 0
        funds B CASH    | 1000200 + 0
        funds B COIN    | 998 + 0
        supply COIN     | 4000
        supply CASH     | 4000000
        ",
    );
}

#[test]
fn each_side_pays_its_fee_from_what_it_receives_rounded_down() {
    check(
        "
        given fees maker 1000 taker 2000
        A sell 600@100
        B buy 600@100       | #2 accepted; trade 600@100 #1 #2 fees 60 1   -- of 60 and of 1.2
        funds A CASH        | 1059940 + 0
        funds B COIN        | 1599 + 0
        funds venue CASH    | 60 + 0
        funds venue COIN    | 1 + 0
        supply COIN         | 4000
        C sell 4@100
        D buy 4@100         | #4 accepted; trade 4@100 #3 #4               -- of 0.4 and of 0.008
        ",
    );
}

#[test]
fn new_fees_hold_from_the_next_trade() {
    check(
        "
        A sell 20@100
        B buy 10@100              | #2 accepted; trade 10@100 #1 #2
        admin fees 0 100000       | fees 0 100000
        B buy 10@100              | #3 accepted; trade 10@100 #1 #3 fees 0 1
        admin fees 0 100001       | rejected InvalidFee 100001/100000
        admin fees 0 0 on 7       | rejected UnknownInstrument 7/0
        ",
    );
}

#[test]
fn an_order_beyond_the_available_funds_is_refused() {
    check(
        "
        given funds A CASH 499
        given funds B COIN 4
        A buy 5@100        | rejected InsufficientFunds 500/499 CASH
        A buy 5@100 ioc    | rejected InsufficientFunds 500/499 CASH   -- its limit counts, not the book
        A buy 4@100        | #1 accepted, rests
        A buy 1@100        | rejected InsufficientFunds 100/99 CASH
        B sell 5@100       | rejected InsufficientFunds 5/4 COIN
        ",
    );
}

#[test]
fn a_need_that_does_not_fit_is_never_met() {
    check(
        "
        A buy 10000 stop 900000000000000    | rejected InsufficientFunds 9223372036854775807/1000000 CASH
        ",
    );
}

#[test]
fn what_is_received_can_be_used_at_once() {
    check(
        "
        given funds A CASH 0
        B buy 5@100
        A sell 5@100
        A buy 5@100     | #3 accepted, rests
        funds A CASH    | 0 + 500
        ",
    );
}

#[test]
fn a_sweep_whose_cost_does_not_fit_is_never_affordable() {
    check(
        "
        given reference 2000000000
        given collar 100%
        given max_qty 4000000000
        given funds A COIN 2000000000
        given funds B COIN 2000000000
        A sell 2000000000@4000000000
        B sell 2000000000@4000000000
        C buy 4000000000 market    | rejected InsufficientFunds 9223372036854775807/1000000 CASH
        ",
    );
}

#[test]
fn the_sum_of_an_orders_fills_stays_at_its_end() {
    check(
        "
        given reference 2000000000
        given collar 100%
        given max_qty 4000000000
        given funds A COIN 4000000000
        given funds B CASH 8000000000000000000
        B buy 2000000000@4000000000
        A sell 4000000000@2000000000                | #2 accepted; trade 2000000000@4000000000 #1 #2; #2 rests 2000000000@2000000000
        admin withdraw A CASH 8000000000000000000
        admin deposit B CASH 8000000000000000000    -- the same cash, a second time
        B buy 1000000000@2000000000                 | #3 accepted; trade 1000000000@2000000000 #2 #3
        order #2                                    | 1000000000 left, 3000000000 filled for 9223372036854775807
        ",
    );
}
