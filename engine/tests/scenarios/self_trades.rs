//! Self-trade prevention: the taker's mode decides. The default is to cancel the taker.

use crate::check;

#[test]
fn cancel_taker_ends_the_taker() {
    check(
        "
        A sell 5@100
        B sell 2@99
        A buy 6@100    | #3 accepted; trade 2@99 #2 #3; #3 cancelled SelfTrade 4
        book           | - / 5@100 #1
        ",
    );
}

#[test]
fn cancel_maker_clears_the_way() {
    check(
        "
        A sell 5@100
        B sell 5@100
        A buy 3@100 stp=maker    | #3 accepted; #1 cancelled SelfTrade 5; trade 3@100 #2 #3
        ",
    );
    check(
        "
        A sell 5@100
        A buy 3@100 stp=maker    | #2 accepted; #1 cancelled SelfTrade 5; #2 rests 3@100
        ",
    );
}

#[test]
fn cancel_both_ends_the_maker_then_the_taker() {
    check(
        "
        A sell 5@100
        B sell 5@100
        A buy 3@100 stp=both    | #3 accepted; #1 cancelled SelfTrade 5; #3 cancelled SelfTrade 3
        book                    | - / 5@100 #2
        funds A COIN            | 1000 + 0
        funds A CASH            | 1000000 + 0
        ",
    );
}

#[test]
fn decrement_takes_the_smaller_quantity_from_both() {
    check(
        "
        A sell 5@100
        A buy 3@100 stp=dec    | #2 accepted; #1 reduced by 3 to 2; #2 cancelled SelfTrade 3
        book                   | - / 2@100 #1
        funds A COIN           | 998 + 2
        ",
    );
    check(
        "
        A sell 3@100
        A buy 5@100 stp=dec    | #2 accepted; #1 cancelled SelfTrade 3; #2 reduced by 3 to 2; #2 rests 2@100
        funds A CASH           | 999800 + 200
        ",
    );
    check(
        "
        A sell 3@100
        A buy 3@100 stp=dec    | #2 accepted; #1 cancelled SelfTrade 3; #2 cancelled SelfTrade 3
        ",
    );
}

#[test]
fn a_decremented_taker_goes_on() {
    check(
        "
        A sell 3@100
        B sell 5@100
        A buy 5@100 stp=dec    | #3 accepted; #1 cancelled SelfTrade 3; #3 reduced by 3 to 2; trade 2@100 #2 #3
        ",
    );
}

#[test]
fn decrement_counts_a_quote_amount_at_the_makers_price() {
    check(
        "
        A sell 3@100
        B sell 5@101
        A buy $605 market stp=dec    | #3 accepted; #1 cancelled SelfTrade 3; #3 reduced by 300 to 305; trade 3@101 #2 #3; #3 cancelled QuoteRemainder 2
        ",
    );
}

#[test]
fn a_reduced_order_has_a_smaller_total() {
    check(
        "
        A sell 5@100
        B sell 1@100
        A buy 3@100 stp=dec      | #3 accepted; #1 reduced by 3 to 2; #3 cancelled SelfTrade 3
        A replace #1 2@100       | #1 replaced 2@100, keeps its place
        A replace #1 3@100       | #1 replaced 3@100, goes to the back
        ",
    );
}

#[test]
fn under_none_an_account_trades_with_itself() {
    check(
        "
        given fees maker 0 taker 100000
        A sell 50@100
        A buy 50@100 stp=none    | #2 accepted; trade 50@100 #1 #2 fees 0 5
        funds A COIN             | 995 + 0
        funds A CASH             | 1000000 + 0
        ",
    );
}

#[test]
fn the_takers_mode_governs_not_the_makers() {
    check(
        "
        A sell 5@100 stp=none
        A buy 5@100 stp=taker    | #2 accepted; #2 cancelled SelfTrade 5
        A buy 5@100 stp=none     | #3 accepted; trade 5@100 #1 #3
        ",
    );
}

#[test]
fn keys_of_one_account_are_one_trader() {
    check(
        "
        A sell 5@100
        A2 buy 5@100    | #2 accepted; #2 cancelled SelfTrade 5
        ",
    );
}

#[test]
fn an_amount_too_small_for_a_lot_stops_before_it_is_asked_whose_order_it_met() {
    check(
        "
        A sell 5@100
        A buy $99 market stp=maker    | #2 accepted; #2 cancelled QuoteRemainder 99
        A buy $99 market stp=both     | #3 accepted; #3 cancelled QuoteRemainder 99
        book                          | - / 5@100 #1
        ",
    );
}
