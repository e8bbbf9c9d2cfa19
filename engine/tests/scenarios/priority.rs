//! Price, then time: section 3, matching.

use crate::check;

#[test]
fn at_one_price_the_oldest_order_trades_first() {
    check(
        "
        A buy 5@100    | #1 accepted, rests
        B buy 5@100    | #2 accepted, rests
        C sell 7@100   | #3 accepted; trade 5@100 #1 #3; trade 2@100 #2 #3
        book           | 3@100 #2 / -
        ",
    );
}

#[test]
fn the_best_price_trades_first_however_young_it_is() {
    check(
        "
        A buy 5@99
        B buy 5@101
        C sell 6@99    | #3 accepted; trade 5@101 #2 #3; trade 1@99 #1 #3
        book           | 4@99 #1 / -
        ",
    );
}

#[test]
fn a_trade_has_the_makers_price() {
    check(
        "
        A sell 5@100
        B buy 5@105    | #2 accepted; trade 5@100 #1 #2
        funds B CASH   | 999500 + 0
        ",
    );
}

#[test]
fn a_maker_filled_in_part_keeps_its_place() {
    check(
        "
        A sell 5@100
        B sell 5@100
        C buy 2@100    | #3 accepted; trade 2@100 #1 #3
        D buy 4@100    | #4 accepted; trade 3@100 #1 #4; trade 1@100 #2 #4
        book           | - / 4@100 #2
        order #2       | 4 left, 1 filled for 100
        ",
    );
}

#[test]
fn a_taker_goes_no_further_than_its_limit_and_rests_there() {
    check(
        "
        A sell 5@100
        B sell 5@102
        C buy 8@101    | #3 accepted; trade 5@100 #1 #3; #3 rests 3@101
        book           | 3@101 #3 / 5@102 #2
        ",
    );
}

#[test]
fn what_rests_after_trading_stands_behind_later_but_earlier_resting_orders_of_its_price() {
    check(
        "
        A sell 1@100
        B buy 3@100    | #2 accepted; trade 1@100 #1 #2; #2 rests 2@100
        C buy 1@100    | #3 accepted, rests
        D sell 3@100   | #4 accepted; trade 2@100 #2 #4; trade 1@100 #3 #4
        ",
    );
}

#[test]
fn instruments_have_books_of_their_own() {
    check(
        "
        A sell 5@100
        B buy 5@100 on GOLD    | #2 accepted, rests
        book                   | - / 5@100 #1
        book on GOLD           | 5@100 #2 / -
        ",
    );
}
