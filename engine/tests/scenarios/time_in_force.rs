//! How long an order stays: IOC, FOK, GTD, post-only.

use crate::check;

#[test]
fn immediate_or_cancel_trades_what_it_can() {
    check(
        "
        A sell 3@100
        B buy 5@100 ioc    | #2 accepted; trade 3@100 #1 #2; #2 cancelled IocRemainder 2
        B buy 5@100 ioc    | #3 accepted; #3 cancelled IocRemainder 5
        funds B CASH       | 999700 + 0
        ",
    );
}

#[test]
fn fill_or_kill_trades_all_or_nothing() {
    check(
        "
        A sell 3@100
        B sell 3@101
        C buy 7@101 fok    | #3 accepted; #3 cancelled FokUnfilled 7
        C buy 6@100 fok    | #4 accepted; #4 cancelled FokUnfilled 6   -- #2 is beyond its limit
        book               | - / 3@100 #1, 3@101 #2
        C buy 6@101 fok    | #5 accepted; trade 3@100 #1 #5; trade 3@101 #2 #5
        ",
    );
}

#[test]
fn fill_or_kill_counts_own_orders_only_when_they_trade() {
    check(
        "
        A sell 3@100
        B sell 3@100
        A buy 6@100 fok stp=maker    | #3 accepted; #3 cancelled FokUnfilled 6
        book                         | - / 3@100 #1, 3@100 #2   -- a killed order touches no maker
        A buy 3@100 fok stp=maker    | #4 accepted; #1 cancelled SelfTrade 3; trade 3@100 #2 #4
        ",
    );
    check(
        "
        A sell 3@100
        B sell 3@100
        A buy 6@100 fok stp=none     | #3 accepted; trade 3@100 #1 #3; trade 3@100 #2 #3
        ",
    );
}

#[test]
fn fill_or_kill_is_killed_where_it_would_meet_an_own_order_first() {
    check(
        "
        B sell 3@100
        A sell 3@100
        D sell 3@100
        A buy 4@100 fok stp=taker    | #4 accepted; #4 cancelled FokUnfilled 4
        A buy 4@100 fok stp=both     | #5 accepted; #5 cancelled FokUnfilled 4
        A buy 4@100 fok stp=dec      | #6 accepted; #6 cancelled FokUnfilled 4
        A buy 3@100 fok stp=taker    | #7 accepted; trade 3@100 #1 #7   -- filled before it meets #2
        ",
    );
}

#[test]
fn good_till_date_ends_at_the_first_command_at_or_after_its_expiry() {
    check(
        "
        at 10 A buy 5@100 gtd 50    | #1 accepted, rests
        at 49 venue tick            | nothing
        at 50 venue tick            | #1 cancelled Expired 5
        funds A CASH                | 1000000 + 0
        ",
    );
}

#[test]
fn orders_expire_by_expiry_then_id_before_the_command_that_lets_them() {
    check(
        "
        A buy 1@90 gtd 30
        B buy 1@91 gtd 20
        C buy 1@92 gtd 20
        at 40 D sell 1@92    | #2 cancelled Expired 1; #3 cancelled Expired 1; #1 cancelled Expired 1; #4 accepted, rests
        ",
    );
}

#[test]
fn orders_expire_also_before_a_refused_command() {
    check(
        "
        A buy 1@90 gtd 30
        at 30 B buy 0@90    | #1 cancelled Expired 1; rejected InvalidQty 0/1
        ",
    );
}

#[test]
fn waiting_stops_and_orders_of_halted_instruments_expire_too() {
    check(
        "
        A buy 5@112 stop 110 gtd 20
        admin state halted
        at 20 venue tick    | #1 cancelled Expired 5
        ",
    );
}

#[test]
fn an_expiry_lies_in_the_future() {
    check(
        "
        at 10 A buy 5@100 gtd 10             | rejected ExpiryInPast 10/10
        at 10 A buy 5@112 stop 110 gtd 9     | rejected ExpiryInPast 9/10
        at 10 A buy 5@100 gtd 11             | #1 accepted, rests
        ",
    );
}

#[test]
fn post_only_never_takes() {
    check(
        "
        A sell 5@100
        B buy 5@101 post    | rejected PostOnlyWouldTrade 101/100
        B buy 5@100 post    | rejected PostOnlyWouldTrade 100/100
        A buy 5@100 post    | rejected PostOnlyWouldTrade 100/100   -- whoever's the other order is
        B buy 5@99 post     | #2 accepted, rests
        ",
    );
}

#[test]
fn post_only_excludes_immediate_orders() {
    check(
        "
        A buy 5@100 post ioc       | rejected InvalidCombination
        A buy 5@100 post fok       | rejected InvalidCombination
        A buy 5@100 post gtd 50    | #1 accepted, rests
        ",
    );
}
