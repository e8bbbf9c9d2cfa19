//! Assets, instruments, accounts, keys and pools.

use crate::check;

#[test]
fn ids_are_given_in_order() {
    check(
        "
        admin asset SILVER 2                | asset 4
        admin list SILVER-CASH 4 CASH       | instrument 3
        admin create                        | account 5
        admin key 5 trade                   | key 8
        admin deposit 5 CASH 1000
        key8 buy 1@100 on 3                 | #1 accepted, rests
        ",
    );
}

#[test]
fn symbols_are_taken_once() {
    check(
        "
        admin asset GOLD 2                 | rejected SymbolTaken 3/0
        admin list GOLD-CASH COIN GOLD     | rejected SymbolTaken 2/0
        admin asset COIN-CASH 2            | asset 4   -- assets and instruments are named apart
        ",
    );
}

#[test]
fn an_instrument_has_two_different_assets_that_exist() {
    check(
        "
        admin list X 9 8             | rejected UnknownAsset 9/0
        admin list X COIN 8          | rejected UnknownAsset 8/0
        admin list X COIN COIN       | rejected SameAsset 1/0
        admin list X GOLD COIN       | instrument 3
        ",
    );
}

#[test]
fn an_asset_has_at_most_eight_decimals() {
    check(
        "
        admin asset X 9    | rejected InvalidDecimals 9/8
        admin asset X 8    | asset 4
        ",
    );
}

#[test]
fn tables_have_room_for_what_was_planned() {
    check(
        "
        given capacity accounts=4 keys=7 instruments=2 assets=3
        admin create              | rejected TableFull 0/4
        admin key A trade         | rejected TableFull 0/7
        admin key 99 trade        | rejected UnknownAccount 99/0
        admin list X COIN COIN    | rejected TableFull 0/2
        admin asset COIN 9        | rejected TableFull 0/3
        venue capacity accounts=5 keys=8
        admin create              | account 5
        admin key 5 trade         | key 8
        ",
    );
}

#[test]
fn pools_grow_and_never_shrink() {
    check(
        "
        venue capacity orders=49            | rejected CapacityShrinks 49/50
        venue capacity orders=60 keys=9     | rejected CapacityShrinks 9/10
        venue capacity orders=60            | capacity set
        venue capacity orders=59            | rejected CapacityShrinks 59/60
        admin capacity orders=70            | rejected NotPermitted 4/0
        ",
    );
}

#[test]
fn administration_is_for_keys_of_the_venue_and_trading_for_others() {
    check(
        "
        admin key A admin        | rejected PermissionNotGrantable 4/0
        admin key venue trade    | rejected PermissionNotGrantable 2/0
        admin key venue admin    | key 8
        key8 create              | account 5
        ",
    );
}

#[test]
fn the_orders_of_a_revoked_key_stay() {
    check(
        "
        A2 buy 1@90
        admin revoke A2      | key 5 revoked
        admin revoke A2      | rejected UnknownKey 5/0
        admin revoke venue   | rejected UnknownKey
        book                 | 1@90 #1 / -
        A cancel #1          | #1 cancelled Requested 1
        ",
    );
}

#[test]
fn the_last_key_that_administers_stays() {
    check(
        "
        admin revoke admin       | rejected LastAdministrator 7/0
        admin key venue admin    | key 8
        admin revoke admin       | key 7 revoked
        key8 revoke key8         | rejected LastAdministrator 8/0
        key8 revoke admin        | rejected UnknownKey 7/0
        key8 revoke A            | key 1 revoked
        ",
    );
}

#[test]
fn unknown_instruments_and_accounts_are_named() {
    check(
        "
        admin state halted on 7        | rejected UnknownInstrument 7/0
        admin account 99 suspended     | rejected UnknownAccount 99/0
        A buy 1@90 on 7                | rejected UnknownInstrument 7/0
        ",
    );
}
