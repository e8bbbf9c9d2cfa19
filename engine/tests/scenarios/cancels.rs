//! Cancels, mass cancels, lost sessions, and client order ids (sections 5 and 7).

use crate::check;

#[test]
fn an_order_is_cancelled_by_its_account_by_either_id() {
    check(
        "
        A buy 5@100 id=x
        A buy 4@99
        A cancel id=x     | #1 cancelled Requested 5
        A2 cancel #2      | #2 cancelled Requested 4
        funds A CASH      | 1000000 + 0
        ",
    );
}

#[test]
fn what_is_not_an_open_order_of_account_and_instrument_is_unknown() {
    check(
        "
        A buy 5@100 id=x
        B cancel #1            | rejected UnknownOrder 1/0
        B cancel id=x          | rejected UnknownOrder
        A cancel #1 on GOLD    | rejected UnknownOrder 1/0
        A cancel #1 on 7       | rejected UnknownInstrument 7/0
        A cancel #2            | rejected UnknownOrder 2/0
        A cancel #1
        A cancel #1            | rejected UnknownOrder 1/0
        ",
    );
}

#[test]
fn a_waiting_stop_is_cancelled_like_any_order() {
    check(
        "
        A buy 5 stop 110 id=s
        A cancel id=s    | #1 cancelled Requested 5
        stops            | - / -
        ",
    );
}

#[test]
fn a_client_order_id_is_unique_among_open_orders_of_an_account() {
    check(
        "
        A buy 5@100 id=x
        A buy 5@99 id=x             | rejected DuplicateClientOrderId 1/0
        A2 buy 5@99 id=x on GOLD    | rejected DuplicateClientOrderId 1/0
        B sell 5@100 id=x           | #2 accepted; trade 5@100 #1 #2   -- another account's
        A buy 5@99 id=x             | #3 accepted, rests   -- free again after the fill
        A cancel id=x
        A buy 5@99 id=x             | #4 accepted, rests
        ",
    );
}

#[test]
fn a_mass_cancel_takes_all_orders_of_the_account_by_id() {
    check(
        "
        A sell 1@110
        A buy 1@90
        A buy 1@90 on GOLD
        B buy 1@90
        A buy 1 stop 120
        A masscancel sell       | #1 cancelled MassCancelled 1; mass-cancelled 1
        A masscancel on GOLD    | #3 cancelled MassCancelled 1; mass-cancelled 1
        A masscancel            | #2 cancelled MassCancelled 1; #5 cancelled MassCancelled 1; mass-cancelled 2
        A masscancel            | mass-cancelled 0
        book                    | 1@90 #4 / -
        ",
    );
}

#[test]
fn a_mass_cancel_leaves_halted_instruments_alone() {
    check(
        "
        A buy 1@90
        A buy 1@90 on GOLD
        admin state halted
        A masscancel on COIN    | rejected InstrumentHalted 1/0
        A masscancel            | #2 cancelled MassCancelled 1; mass-cancelled 1
        A masscancel on 7       | rejected UnknownInstrument 7/0
        ",
    );
}

#[test]
fn a_lost_session_cancels_the_orders_of_an_armed_key() {
    check(
        "
        A arm                    | armed
        A buy 1@90
        A2 buy 1@91
        A buy 1 stop 120
        venue disconnected A     | #1 cancelled Disconnected 1; #3 cancelled Disconnected 1
        book                     | 1@91 #2 / -
        A buy 1@90
        venue disconnected A     | nothing   -- disarmed by the first
        venue disconnected A2    | nothing   -- never armed
        ",
    );
}

#[test]
fn a_key_is_disarmed_by_request() {
    check(
        "
        A arm
        A disarm                | disarmed
        A buy 1@90
        venue disconnected A    | nothing
        ",
    );
}

#[test]
fn a_lost_session_cancels_also_where_clients_cannot() {
    check(
        "
        A arm
        A buy 1@90
        admin state halted
        admin account A suspended
        admin revoke A
        venue disconnected A        | #1 cancelled Disconnected 1
        venue disconnected key99    | rejected UnknownKey 99/0
        ",
    );
}

#[test]
fn a_replace_by_another_key_does_not_make_the_order_its_own() {
    check(
        "
        A arm
        A2 arm
        A buy 1@90
        A2 replace #1 2@91
        venue disconnected A2    | nothing
        venue disconnected A     | #1 cancelled Disconnected 2
        ",
    );
}
