//! What clients share: rates of an account and of an address, and places for connections.

use std::time::{Duration, Instant};

use rialto_client::{LogonOptions, Session};
use rialto_gateway::GatewayConfig;
use rialto_protocol::{Channel, EndReason, MassCancel, Message, NewOrder, Refused, Subscribe};
use rialto_risk::{GateLimits, Rate};
use rialto_types::{RejectReason, Side};

use crate::support::{ALICE, ALICE_TOO, BOB, CAROL, Raw, Setup, Venue, limit, next_of};

fn venue(change: impl FnOnce(&mut GatewayConfig)) -> Venue {
    let mut setup = Setup::default();
    change(&mut setup.config);
    Venue::start(&setup)
}

/// So many orders and as many cancels, and next to nothing after that.
fn only(burst: u32) -> GateLimits {
    let rate = Some(Rate {
        per_second: 1,
        burst,
    });
    GateLimits {
        orders: rate,
        cancels: rate,
    }
}

fn bid() -> NewOrder {
    limit(Side::Buy, 5_900_000, 1)
}

async fn accepted(session: &mut Session) {
    assert!(session.place(bid()).await.unwrap().is_open());
}

/// The refusal of orders that are sent until one is refused: that is one of the first three, however slow
/// the machine is.
async fn refused(session: &mut Session) -> Refused {
    for _ in 0..20 {
        session.submit(bid()).unwrap();
    }
    session.flush().await.unwrap();
    let refusal = |message| match message {
        Message::Refused(refused) => Some(refused),
        _ => None,
    };
    next_of(session, refusal).await
}

fn assert_waits(told: &Refused, reason: RejectReason) {
    assert_eq!(told.reject_reason.unwrap(), reason, "{told:?}");
    let wait_ns = told.retry_after_ns.unwrap();
    assert!((1..=1_000_000_000).contains(&wait_ns), "{wait_ns}");
    assert_eq!(i64::try_from(wait_ns).unwrap(), told.value);
    assert_eq!(told.limit, 1);
}

#[tokio::test]
async fn keys_of_an_account_share_its_rate_and_cancels_are_counted_apart() {
    let venue = venue(|config| config.account_rates = only(2));
    let mut alice = venue.log_on(ALICE).await;
    let mut too = venue.log_on(ALICE_TOO).await;
    accepted(&mut alice).await;
    accepted(&mut too).await;
    let told = refused(&mut alice).await;
    assert_waits(&told, RejectReason::AccountRateExceeded);
    assert!(alice.mass_cancel(MassCancel::default()).await.unwrap() >= 2);
    accepted(&mut venue.log_on(BOB).await).await;
    venue.stop().await;
}

#[tokio::test]
async fn accounts_of_an_address_share_its_rate_also_after_they_come_back() {
    let venue = venue(|config| config.address_rates = only(2));
    let mut alice = venue.log_on(ALICE).await;
    accepted(&mut alice).await;
    accepted(&mut venue.log_on(BOB).await).await;
    drop(alice);
    let mut carol = venue.log_on(CAROL).await;
    let told = refused(&mut carol).await;
    assert_waits(&told, RejectReason::AddressRateExceeded);
    carol.mass_cancel(MassCancel::default()).await.unwrap();
    venue.stop().await;
}

#[tokio::test]
async fn logons_that_arm_wait_for_the_rate_of_orders() {
    let slow = Some(Rate {
        per_second: 5,
        burst: 1,
    });
    let venue = venue(|config| {
        config.rates = GateLimits {
            orders: slow,
            cancels: None,
        };
    });
    let armed = LogonOptions {
        cancel_on_disconnect: true,
        ..LogonOptions::default()
    };
    let begin = Instant::now();
    for _ in 0..4 {
        drop(venue.log_on_with(ALICE, armed).await);
    }
    // The first one has a full bucket.
    assert!(begin.elapsed() >= Duration::from_millis(3 * 200));
    venue.stop().await;
}

/// Listeners fill their part and no more: who logs on finds a place, and who then listens keeps it.
#[tokio::test]
async fn listeners_leave_places_for_those_who_log_on() {
    let venue = venue(|config| {
        config.connections_max = 4;
        config.listeners_max = 2;
    });
    let subscribe = [Message::from(Subscribe {
        request_id: 1,
        instrument_id: None,
        channel: Channel::Trades.into(),
    })];
    let mut listeners = Vec::new();
    for _ in 0..2 {
        let mut listener = Raw::connect(&venue).await;
        listener.send_messages(&subscribe).await;
        let told = listener.next().await;
        assert!(matches!(told, Some(Message::SubscriptionAccepted(_))));
        listeners.push(listener);
    }
    let mut third = Raw::connect(&venue).await;
    third.send_messages(&subscribe).await;
    let (reason, text) = third.end().await;
    assert_eq!(reason, EndReason::TooManySessions);
    assert!(text.starts_with("2 connections listen"), "{text}");
    drop(third);
    let mut alice = venue.log_on(ALICE).await;
    let connection = alice.connection();
    connection.subscribe(Channel::Trades, None).await.unwrap();
    // A listener that logs on makes room for another one.
    listeners[0].log_on(BOB).await;
    let begin = Instant::now();
    loop {
        // The place of the third is free as soon as the exchange has noticed.
        let mut fourth = Raw::connect_to(&venue.address()).await;
        if let Some(Message::Challenge(_)) = fourth.next().await {
            fourth.send_messages(&subscribe).await;
            let told = fourth.next().await;
            assert!(matches!(told, Some(Message::SubscriptionAccepted(_))));
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
    venue.stop().await;
}

#[tokio::test]
async fn sessions_of_an_account_are_bounded_and_a_key_takes_its_own_over() {
    let venue = venue(|config| config.sessions_per_account_max = 1);
    let mut first = Raw::connect(&venue).await;
    first.log_on(ALICE).await;
    let mut other = Raw::connect(&venue).await;
    let logon = other.logon(ALICE_TOO);
    other.send_messages(&[logon.into()]).await;
    let (reason, text) = other.end().await;
    assert_eq!(reason, EndReason::TooManySessions);
    assert_eq!(text, "the account has 1 sessions already");
    let mut newer = Raw::connect(&venue).await;
    newer.log_on(ALICE).await;
    assert_eq!(first.end().await.0, EndReason::Superseded);
    drop(venue.log_on(BOB).await);
    venue.stop().await;
}
