//! What holds for every command: keys, sequences, permissions, sizes, pools (sections 1 and 2).

use crate::check;

#[test]
fn a_client_sequence_is_used_once() {
    check(
        "
        A seq=5 buy 1@90    | #1 accepted, rests
        A seq=5 buy 1@90    | rejected DuplicateSequence 5/5
        A seq=4 buy 1@90    | rejected DuplicateSequence 4/5
        A seq=9 buy 1@90    | #2 accepted, rests   -- gaps are legal
        A2 seq=1 buy 1@90   | #3 accepted, rests   -- each key counts for itself
        A2 seq=0 buy 1@90   | rejected DuplicateSequence 0/1
        ",
    );
}

#[test]
fn arming_may_come_unnumbered_and_uses_up_no_sequence() {
    check(
        "
        A seq=5 buy 1@90    | #1 accepted, rests
        A seq=0 arm         | armed
        A seq=0 disarm      | disarmed
        A seq=5 arm         | rejected DuplicateSequence 5/5
        A seq=6 buy 1@90    | #2 accepted, rests
        R seq=0 arm         | rejected NotPermitted 1/2
        ",
    );
}

#[test]
fn a_refused_command_has_used_its_sequence() {
    check(
        "
        A seq=5 buy 0@90    | rejected InvalidQty 0/1
        A seq=5 buy 1@90    | rejected DuplicateSequence 5/5
        R seq=5 buy 1@90    | rejected NotPermitted 1/2
        R seq=5 buy 1@90    | rejected DuplicateSequence 5/5
        ",
    );
}

#[test]
fn unknown_and_revoked_keys_do_nothing() {
    check(
        "
        key99 buy 1@90     | rejected UnknownKey 99/0
        admin revoke A2    | key 5 revoked
        A2 buy 1@90        | rejected UnknownKey 5/0
        ",
    );
}

#[test]
fn a_key_may_do_what_its_permissions_say() {
    check(
        "
        R buy 1@90            | rejected NotPermitted 1/2
        A state halted        | rejected NotPermitted 2/4
        admin buy 1@90        | rejected NotPermitted 4/2
        admin tick            | rejected NotPermitted 4/0
        A disconnected B      | rejected NotPermitted 2/0
        venue buy 1@90        | rejected NotPermitted 0/2
        venue masscancel      | rejected NotPermitted 0/2
        venue arm             | rejected NotPermitted 0/2
        venue state halted    | state halted
        ",
    );
}

#[test]
fn a_refused_order_uses_no_id() {
    check(
        "
        A buy 0@90    | rejected InvalidQty 0/1
        A buy 1@90    | #1 accepted, rests
        ",
    );
}

#[test]
fn the_size_of_an_order_is_bounded() {
    check(
        "
        given min_qty 2
        given max_qty 10
        given min_notional 150
        given max_notional 900
        A buy 0@90           | rejected InvalidQty 0/1
        A buy -5@90          | rejected InvalidQty -5/1
        A buy 1@90           | rejected QtyBelowMin 1/2
        A buy 11@90          | rejected QtyAboveMax 11/10
        A buy 10@91          | rejected NotionalAboveMax 910/900
        A buy 2@74           | rejected NotionalBelowMin 148/150
        A buy 10 market      | rejected NotionalAboveMax 1000/900   -- at the reference price
        A buy 10 stop 91     | rejected NotionalAboveMax 910/900    -- at the stop price
        A buy $0 market      | rejected InvalidAmount 0/1
        A buy $149 market    | rejected NotionalBelowMin 149/150
        A buy $901 stop 110  | rejected NotionalAboveMax 901/900
        A buy 10@90          | #1 accepted, rests
        ",
    );
}

#[test]
fn a_price_is_at_least_one_tick() {
    check(
        "
        A buy 1@0             | rejected InvalidPrice 0/1
        A buy 1@5 stop -3     | rejected InvalidPrice -3/1
        A buy 1@-2 stop -3    | rejected InvalidPrice -2/1
        A buy 1 stop 0        | rejected InvalidPrice 0/1
        ",
    );
}

#[test]
fn a_notional_that_does_not_fit_is_above_any_maximum() {
    check(
        "
        A buy 10000@max    | rejected NotionalAboveMax 9223372036854775807/9223372036854775807
        ",
    );
}

#[test]
fn the_first_check_that_fails_is_the_refusal() {
    check(
        "
        A buy 0@90 post ioc on 7    | rejected UnknownInstrument 7/0
        A buy 0@90 post ioc         | rejected InvalidCombination
        A buy 0@0 gtd 0             | rejected InvalidQty 0/1
        A buy 1@0 gtd 0             | rejected InvalidPrice 0/1
        A buy 1@999 gtd 0           | rejected ExpiryInPast 0/1
        A buy 1@999 gtd 9           | rejected PriceAboveCollar 999/150
        ",
    );
}

#[test]
fn open_orders_have_room_by_account_and_in_all() {
    check(
        "
        given capacity orders=3 orders_per_account=2
        A buy 1@90
        A buy 1 stop 120
        A buy 1@92                 | rejected OrderPoolFull 0/2
        A buy 1@92 ioc             | #3 accepted; #3 cancelled IocRemainder 1   -- it does not stay
        B buy 1@90
        C buy 1@90                 | rejected OrderPoolFull 0/3
        A cancel #1
        C buy 1@90                 | #5 accepted, rests
        venue capacity orders=4    | capacity set
        D buy 1@90                 | #6 accepted, rests
        ",
    );
}

#[test]
fn an_order_takes_room_for_the_balances_of_both_assets() {
    check(
        "
        given capacity balances=13     -- the four accounts have twelve
        admin create                   | account 5
        admin key 5 trade              | key 8
        admin deposit 5 CASH 1000      | transferred 5 CASH 1000
        admin deposit 5 COIN 1         | rejected BalancePoolFull 0/13
        key8 buy 1@90                  | rejected BalancePoolFull 0/13
        venue capacity balances=14
        key8 buy 99@90                 | rejected InsufficientFunds 8910/1000 CASH
        funds 5 COIN                   | none   -- a refused order takes none
        key8 buy 1@90                  | #1 accepted, rests
        funds 5 COIN                   | 0 + 0
        admin withdraw 5 CASH 910
        key8 cancel #1
        admin withdraw 5 CASH 90
        funds 5 CASH                   | 0 + 0   -- and keeps its room
        admin deposit 5 GOLD 1         | rejected BalancePoolFull 0/14
        ",
    );
}
