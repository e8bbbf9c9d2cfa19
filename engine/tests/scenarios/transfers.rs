//! Funds into and out of the exchange.

use crate::check;

#[test]
fn funds_come_and_go() {
    check(
        "
        admin deposit A COIN 5      | transferred A COIN 5
        supply COIN                 | 4005
        admin withdraw A COIN 15    | transferred A COIN -15
        funds A COIN                | 990 + 0
        supply COIN                 | 3990
        ",
    );
}

#[test]
fn each_source_numbers_its_transfers_without_gaps() {
    check(
        "
        admin deposit A COIN 5 from 7/1    | transferred A COIN 5
        admin deposit A COIN 5 from 7/1    | rejected TransferAlreadyApplied 1/1
        admin deposit A COIN 5 from 7/3    | rejected TransferGap 3/2
        admin deposit A COIN 5 from 8/2    | rejected TransferGap 2/1
        admin deposit A COIN 5 from 7/2    | transferred A COIN 5
        admin deposit A COIN 5 from 9/0    | rejected TransferAlreadyApplied
        ",
    );
}

#[test]
fn a_refused_transfer_uses_no_number() {
    check(
        "
        admin withdraw A COIN 5000 from 7/1    | rejected InsufficientFunds 5000/1000 COIN
        admin deposit A COIN 5 from 7/1        | transferred A COIN 5
        ",
    );
}

#[test]
fn held_funds_are_not_withdrawn() {
    check(
        "
        A sell 600@100
        admin withdraw A COIN 401    | rejected InsufficientFunds 401/400 COIN
        admin withdraw A COIN 400    | transferred A COIN -400
        ",
    );
}

#[test]
fn an_amount_and_the_supply_must_make_sense() {
    check(
        "
        admin deposit A COIN 0      | rejected InvalidAmount
        admin deposit A COIN max    | rejected SupplyOverflow 9223372036854775807/4000
        admin deposit 99 COIN 5     | rejected UnknownAccount 99/0
        admin deposit A 99 5        | rejected UnknownAsset 99/0
        ",
    );
}

#[test]
fn the_state_of_the_account_does_not_matter() {
    check(
        "
        admin kill A
        admin withdraw A COIN 5    | transferred A COIN -5
        ",
    );
}

#[test]
fn the_venue_withdraws_its_fees() {
    check(
        "
        given fees maker 10000 taker 0
        A sell 10@100
        B buy 10@100                    | #2 accepted; trade 10@100 #1 #2 fees 10 0
        admin withdraw venue CASH 11    | rejected InsufficientFunds 11/10 CASH
        admin withdraw venue CASH 10    | transferred 0 CASH -10
        ",
    );
}
