//! States of instruments and accounts, and the kill switch.

use crate::check;

#[test]
fn in_a_halted_instrument_the_book_stands_still() {
    check(
        "
        A buy 1@90
        admin state halted    | state halted
        A buy 1@91            | rejected InstrumentHalted 1/0
        A cancel #1           | rejected InstrumentHalted 1/0
        A replace #1 1@91     | rejected InstrumentHalted 1/0
        admin state open      | state open
        A cancel #1           | #1 cancelled Requested 1
        ",
    );
}

#[test]
fn a_cancel_only_instrument_takes_only_cancels() {
    check(
        "
        A buy 1@90
        admin state cancel-only
        A buy 1@91           | rejected InstrumentCancelOnly 1/0
        A replace #1 1@89    | rejected InstrumentCancelOnly 1/0
        A cancel #1          | #1 cancelled Requested 1
        ",
    );
}

#[test]
fn a_post_only_instrument_does_not_trade() {
    check(
        "
        A sell 5@100
        admin state post-only
        B buy 1@100 ioc          | rejected InstrumentPostOnly 1/0
        B buy 1@100 fok          | rejected InstrumentPostOnly 1/0
        B buy 1 market           | rejected InstrumentPostOnly 1/0
        B buy 1@100              | rejected InstrumentPostOnly 1/0
        B buy 1@100 post         | rejected PostOnlyWouldTrade 100/100
        B buy 1@99               | #2 accepted, rests
        B buy 1 stop 110         | #3 accepted, waits
        B buy 1@110 ioc stop 110 | #4 accepted, waits
        B replace #2 1@100       | rejected InstrumentPostOnly 1/0
        B replace #2 1@98        | #2 replaced 1@98, goes to the back
        ",
    );
}

#[test]
fn closing_cancels_bids_asks_stop_buys_and_stop_sells() {
    check(
        "
        A sell 1@110
        A buy 1@90
        B buy 1@95
        B sell 1@200 stop 70
        A sell 1@200 stop 80
        A buy 1@60 stop 120
        A buy 1@90 on GOLD
        admin state closed    | state closed; #3 cancelled InstrumentClosed 1; #2 cancelled InstrumentClosed 1; #1 cancelled InstrumentClosed 1; #6 cancelled InstrumentClosed 1; #5 cancelled InstrumentClosed 1; #4 cancelled InstrumentClosed 1
        A buy 1@90            | rejected InstrumentClosed 1/0
        A cancel #1           | rejected UnknownOrder 1/0
        admin state closed    | state closed
        admin state open
        A buy 1@90            | #8 accepted, rests
        ",
    );
}

#[test]
fn a_cancel_only_account_may_only_cancel() {
    check(
        "
        A buy 2@90
        admin account A cancel-only    | A cancel-only
        A buy 1@90                     | rejected AccountCancelOnly 1/0
        A replace #1 1@90              | rejected AccountCancelOnly 1/0
        A cancel #1                    | #1 cancelled Requested 2
        A masscancel                   | mass-cancelled 0
        admin account A active         | A active
        A buy 1@90                     | #2 accepted, rests
        ",
    );
}

#[test]
fn a_suspended_account_may_do_nothing_but_its_orders_stay() {
    check(
        "
        A buy 2@90
        A buy 1@110 stop 105
        admin account A suspended    | A suspended
        A buy 1@90                   | rejected AccountSuspended 1/0
        A cancel #1                  | rejected AccountSuspended 1/0
        A masscancel                 | rejected AccountSuspended 1/0
        B sell 1@90                  | #3 accepted; trade 1@90 #1 #3
        B sell 1@105
        C buy 1@105                  | #5 accepted; trade 1@105 #4 #5; #2 triggered, rests
        ",
    );
}

#[test]
fn the_kill_switch_of_an_account_suspends_it_and_cancels_its_orders() {
    check(
        "
        A sell 1@110
        B buy 1@90
        A buy 1@90 on GOLD
        A buy 1@90
        admin kill A       | kill switch on for A; #1 cancelled KillSwitch 1; #3 cancelled KillSwitch 1; #4 cancelled KillSwitch 1
        A buy 1@90         | rejected AccountSuspended 1/0
        admin release A    | kill switch off for A
        A buy 1@90         | #5 accepted, rests
        ",
    );
}

#[test]
fn the_kill_switch_of_the_venue_cancels_everything() {
    check(
        "
        A buy 1@90 on GOLD
        A sell 1@110
        B buy 1@90
        B buy 1@91
        admin kill everybody       | kill switch on for everybody; #4 cancelled KillSwitch 1; #3 cancelled KillSwitch 1; #2 cancelled KillSwitch 1; #1 cancelled KillSwitch 1
        A buy 1@90                 | rejected KillSwitch
        A replace #3 1@90          | rejected KillSwitch
        A cancel #3                | rejected UnknownOrder 3/0
        A masscancel               | mass-cancelled 0
        admin deposit A COIN 5     | transferred A COIN 5
        admin release everybody    | kill switch off for everybody
        A buy 1@90                 | #5 accepted, rests
        ",
    );
}

#[test]
fn an_administrator_cancels_orders_of_others() {
    check(
        "
        A sell 1@110
        B buy 1@90
        A buy 1@91
        A buy 1@90 on GOLD
        B sell 1@110 on GOLD
        admin cancel orders of A buy          | #3 cancelled Administrator 1; #4 cancelled Administrator 1; mass-cancelled 2
        admin state halted on GOLD
        admin cancel orders on GOLD           | #5 cancelled Administrator 1; mass-cancelled 1   -- halted or not
        admin cancel orders                   | #2 cancelled Administrator 1; #1 cancelled Administrator 1; mass-cancelled 2
        admin cancel orders of 99             | rejected UnknownAccount 99/0
        admin cancel orders on 99             | rejected UnknownInstrument 99/0
        ",
    );
}

#[test]
fn an_administrator_cancels_one_accounts_orders_by_id_and_an_instruments_as_at_closing() {
    check(
        "
        A sell 1@110
        A buy 1@90
        A buy 1@91
        admin cancel orders of A on COIN    | #1 cancelled Administrator 1; #2 cancelled Administrator 1; #3 cancelled Administrator 1; mass-cancelled 3
        ",
    );
    check(
        "
        A sell 1@110
        A buy 1@90
        A buy 1@91
        admin cancel orders on COIN         | #3 cancelled Administrator 1; #2 cancelled Administrator 1; #1 cancelled Administrator 1; mass-cancelled 3
        ",
    );
}

#[test]
fn the_venue_is_no_client() {
    check(
        "
        admin account venue suspended    | rejected UnknownAccount
        admin kill venue                 | rejected UnknownAccount
        admin release venue              | rejected UnknownAccount
        admin kill 99                    | rejected UnknownAccount 99/0
        admin cancel orders of venue     | mass-cancelled 0
        ",
    );
}
