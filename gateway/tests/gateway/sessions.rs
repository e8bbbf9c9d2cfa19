//! The life of a session: one for each key, signs of life, cancel-on-disconnect, revoked keys.

use std::time::{Duration, Instant};

use prometheus_client::registry::Registry;
use rialto_client::{ClientError, LogonOptions, Session};
use rialto_gateway::{Gateway, GatewayConfig};
use rialto_protocol::{
    AddKey, Channel, EndReason, ExecutionReport, LogonFlags, Message, RevokeKey, Subscribe,
    TestRequest, network,
};
use rialto_types::{
    AccountId, CancelReason, ClientSeq, KeyId, Networks, Permissions, Side, Timestamp,
};

use crate::support::{
    ADMIN, ALICE, ALICE_READS, ALICE_TOO, ALICE_TRADES, BOB, Raw, Setup, Venue, api_key, limit,
    next_of,
};

const ARMED: LogonOptions = LogonOptions {
    heartbeat_interval_ms: None,
    last_report_seq: None,
    cancel_on_disconnect: true,
    exchange_id: None,
    drop_copy: false,
    stage_times: false,
    cancel_grace_ms: None,
};

async fn place(session: &mut Session, price: i64) {
    let order = limit(Side::Buy, price, 1);
    assert!(session.place(order).await.unwrap().is_open());
}

fn cancelled(message: Message) -> Option<ExecutionReport> {
    match message {
        Message::ExecutionReport(report) if report.cancel_reason.is_some() => Some(report),
        _ => None,
    }
}

#[tokio::test]
async fn the_newer_session_of_a_key_wins_and_the_older_is_told() {
    let venue = Venue::usual();
    let mut older = Raw::connect(&venue).await;
    older.log_on(ALICE).await;
    let mut newer = venue.log_on(ALICE).await;
    let (reason, text) = older.end().await;
    assert_eq!(reason, EndReason::Superseded);
    assert!(text.contains("same key"), "{text}");
    place(&mut newer, 5_900_000).await;
    // Other keys of the account are not concerned.
    let mut other = venue.log_on(ALICE_TOO).await;
    place(&mut other, 5_900_000).await;
    place(&mut newer, 5_900_000).await;
    venue.stop().await;
}

/// Also one that does not read any more: its place is free at once.
#[tokio::test]
async fn a_stalled_session_is_superseded_like_any_other() {
    let venue = Venue::usual();
    let mut stalled = Raw::connect(&venue).await;
    stalled.log_on(ALICE).await;
    for n in 0..200 {
        let ask = TestRequest {
            test_request_id: n,
            send_time: Timestamp(0),
        };
        stalled.send_messages(&vec![ask.into(); 400]).await;
    }
    let begin = Instant::now();
    let mut newer = venue.log_on(ALICE).await;
    place(&mut newer, 5_900_000).await;
    assert!(begin.elapsed() < Duration::from_secs(5));
    venue.stop().await;
}

#[tokio::test]
async fn a_lost_session_cancels_the_orders_of_its_key_if_armed() {
    let venue = Venue::usual();
    let mut watcher = venue.log_on(ALICE_READS).await;
    let mut armed = venue.log_on_with(ALICE, ARMED).await;
    assert!(
        armed
            .logon()
            .logon_flags
            .contains(LogonFlags::CANCEL_ON_DISCONNECT)
    );
    assert_eq!(
        armed.logon().highest_client_seq,
        ClientSeq(0),
        "arming uses up no number"
    );
    let mut unarmed = venue.log_on(ALICE_TOO).await;
    place(&mut armed, 5_900_000).await;
    place(&mut armed, 5_800_000).await;
    place(&mut unarmed, 5_700_000).await;
    drop(unarmed);
    drop(armed);
    for _ in 0..2 {
        let report = next_of(&mut watcher, cancelled).await;
        assert_eq!(report.cancel_reason.unwrap(), CancelReason::Disconnected);
    }
    // What was lost is disarmed: the next session has to ask again.
    let again = venue.log_on(ALICE).await;
    assert!(
        !again
            .logon()
            .logon_flags
            .contains(LogonFlags::CANCEL_ON_DISCONNECT)
    );
    let image = venue.stop().await;
    assert_eq!(image.instruments[0].bids.len(), 1);
    assert!(image.keys.iter().all(|key| !key.cancel_on_disconnect));
}

/// Armed, with some time to come back.
const fn may_come_back_within(ms: u32) -> LogonOptions {
    LogonOptions {
        cancel_grace_ms: Some(ms),
        ..ARMED
    }
}

#[tokio::test]
async fn a_lost_session_that_comes_back_within_its_grace_finds_its_orders() {
    let venue = Venue::usual();
    let mut watcher = venue.log_on(ALICE_READS).await;
    let grace_ms = 2_000;
    let mut lost = venue
        .log_on_with(ALICE, may_come_back_within(grace_ms))
        .await;
    place(&mut lost, 5_900_000).await;
    drop(lost);
    let mut back = venue.log_on_with(ALICE, ARMED).await;
    assert_eq!(back.open_orders(None, None).await.unwrap().len(), 1);
    tokio::time::sleep(Duration::from_millis(u64::from(grace_ms) + 200)).await;
    assert_eq!(
        back.open_orders(None, None).await.unwrap().len(),
        1,
        "whoever has come back is not waited for any longer"
    );
    // It asked for no grace itself.
    drop(back);
    let report = next_of(&mut watcher, cancelled).await;
    assert_eq!(report.cancel_reason.unwrap(), CancelReason::Disconnected);
    venue.stop().await;
}

#[tokio::test]
async fn a_lost_session_that_stays_away_loses_its_orders_after_its_grace() {
    let venue = Venue::usual();
    let mut watcher = venue.log_on(ALICE_READS).await;
    let grace_ms = 300;
    let mut lost = venue
        .log_on_with(ALICE, may_come_back_within(grace_ms))
        .await;
    place(&mut lost, 5_900_000).await;
    let begin = Instant::now();
    drop(lost);
    let report = next_of(&mut watcher, cancelled).await;
    assert_eq!(report.cancel_reason.unwrap(), CancelReason::Disconnected);
    assert!(begin.elapsed() >= Duration::from_millis(grace_ms.into()));
    let image = venue.stop().await;
    assert!(image.keys.iter().all(|key| !key.cancel_on_disconnect));
}

#[tokio::test]
async fn who_says_goodbye_is_not_waited_for() {
    let venue = Venue::usual();
    let mut watcher = venue.log_on(ALICE_READS).await;
    let mut armed = venue.log_on_with(ALICE, may_come_back_within(60_000)).await;
    place(&mut armed, 5_900_000).await;
    armed.log_out().await.unwrap();
    let report = next_of(&mut watcher, cancelled).await;
    assert_eq!(report.cancel_reason.unwrap(), CancelReason::Disconnected);
    venue.stop().await;
}

/// The newer session has come back in the older one's place, and chooses for itself.
#[tokio::test]
async fn superseding_within_the_grace_keeps_the_orders() {
    let venue = Venue::usual();
    let mut old = venue.log_on_with(ALICE, may_come_back_within(60_000)).await;
    place(&mut old, 5_900_000).await;
    let mut new = venue.log_on(ALICE).await;
    assert_eq!(new.open_orders(None, None).await.unwrap().len(), 1);
    drop(new);
    drop(old);
    let mut last = venue.log_on(ALICE).await;
    assert_eq!(last.open_orders(None, None).await.unwrap().len(), 1);
    let image = venue.stop().await;
    assert!(image.keys.iter().all(|key| !key.cancel_on_disconnect));
}

/// A session is armed when its orders are still in the ring at the moment of its loss: they must not be
/// left in the book.
#[tokio::test]
async fn orders_on_their_way_are_cancelled_with_the_session_that_sent_them() {
    let venue = Venue::usual();
    let mut watcher = venue.log_on(ALICE_READS).await;
    let mut armed = venue.log_on_with(ALICE, ARMED).await;
    venue.hold(true);
    for n in 0..50 {
        armed.submit(limit(Side::Buy, 5_900_000 - n, 1)).unwrap();
    }
    armed.flush().await.unwrap();
    armed.log_out().await.unwrap();
    venue.hold(false);
    for _ in 0..50 {
        next_of(&mut watcher, cancelled).await;
    }
    let image = venue.stop().await;
    assert_eq!(image.order_count, 50);
    assert_eq!(image.instruments[0].bids, []);
}

/// The old session's loss comes before everything of the new one, also in the core.
#[tokio::test]
async fn superseding_cancels_the_old_orders_and_none_of_the_new() {
    let venue = Venue::usual();
    let mut old = venue.log_on_with(ALICE, ARMED).await;
    place(&mut old, 5_900_000).await;
    let mut new = venue.log_on_with(ALICE, ARMED).await;
    assert!(
        new.logon()
            .logon_flags
            .contains(LogonFlags::CANCEL_ON_DISCONNECT)
    );
    place(&mut new, 5_800_000).await;
    let open = new.open_orders(None, None).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].price.unwrap().to_string(), "58000");
    let image = venue.stop().await;
    assert!(
        image.keys[ALICE as usize - 1].cancel_on_disconnect,
        "still armed for the new one"
    );
}

#[tokio::test]
async fn after_a_start_those_who_stay_away_lose_their_orders() {
    // Armed, with an order, and the exchange ends without losing the session.
    let venue = Venue::usual();
    let mut alice = venue.log_on_with(ALICE, ARMED).await;
    let mut bob = venue.log_on_with(BOB, ARMED).await;
    place(&mut alice, 5_900_000).await;
    place(&mut bob, 5_900_000).await;
    let exchange = venue.restart(GatewayConfig {
        reconnect_grace: Duration::from_millis(300),
        ..Setup::default().config
    });
    let venue = exchange.await;
    let bob = venue.log_on_with(BOB, ARMED).await;
    assert!(
        bob.logon()
            .logon_flags
            .contains(LogonFlags::CANCEL_ON_DISCONNECT)
    );
    let mut watcher = venue.log_on(ALICE_READS).await;
    let report = next_of(&mut watcher, cancelled).await;
    assert_eq!(report.cancel_reason.unwrap(), CancelReason::Disconnected);
    let image = venue.stop().await;
    let bids = &image.instruments[0].bids;
    assert_eq!(bids.len(), 1, "Bob came back in time");
    assert_eq!(bids[0].key, KeyId(BOB));
}

/// The grace of the start is for who did not come back; who did, and was lost again, has its own.
#[tokio::test]
async fn who_came_back_after_a_start_and_is_lost_again_has_its_own_grace() {
    let venue = Venue::usual();
    let mut alice = venue.log_on_with(ALICE, ARMED).await;
    place(&mut alice, 5_900_000).await;
    let after_start = Duration::from_millis(300);
    let restarted = venue.restart(GatewayConfig {
        reconnect_grace: after_start,
        ..Setup::default().config
    });
    let venue = restarted.await;
    drop(venue.log_on_with(ALICE, may_come_back_within(60_000)).await);
    tokio::time::sleep(after_start + Duration::from_millis(300)).await;
    let mut alice = venue.log_on(ALICE).await;
    assert_eq!(alice.open_orders(None, None).await.unwrap().len(), 1);
    venue.stop().await;
}

#[tokio::test]
async fn a_revoked_key_ends_its_session() {
    let venue = Venue::usual();
    let mut admin = venue.log_on(ADMIN).await;
    let mut raw = Raw::connect(&venue).await;
    raw.log_on(ALICE).await;
    let revoke = RevokeKey {
        client_seq: ClientSeq(0),
        key_id: KeyId(ALICE),
    };
    let done = admin.administer(revoke).await.unwrap();
    assert_eq!(done.affected_key_id, Some(KeyId(ALICE)));
    assert_eq!(raw.end().await.0, EndReason::KeyRevoked);
    let mut again = Raw::connect(&venue).await;
    let logon = again.logon(ALICE);
    again.send_messages(&[logon.into()]).await;
    assert_eq!(again.end().await.0, EndReason::BadCredentials);
    venue.stop().await;
}

fn quick() -> Setup {
    Setup {
        config: GatewayConfig {
            heartbeat_interval: Duration::from_millis(200),
            ..Setup::default().config
        },
        ..Setup::default()
    }
}

#[tokio::test]
async fn a_silent_client_is_asked_and_then_ended() {
    let venue = Venue::start(&quick());
    let mut raw = Raw::connect(&venue).await;
    let listen = Subscribe {
        request_id: 1,
        instrument_id: None,
        channel: Channel::Trades.into(),
    };
    raw.send_messages(&[listen.into()]).await;
    assert!(matches!(
        raw.next().await,
        Some(Message::SubscriptionAccepted(_))
    ));
    let begin = Instant::now();
    let (mut beats, mut tests) = (0, 0);
    let reason = loop {
        match raw.next().await.unwrap() {
            Message::Heartbeat(_) => beats += 1,
            Message::TestRequest(_) => tests += 1,
            Message::Logout(logout) => break logout.end_reason.known().unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(reason, EndReason::HeartbeatTimeout);
    assert_eq!(tests, 1);
    assert!(beats >= 1, "the exchange shows signs of life itself");
    assert!(begin.elapsed() >= Duration::from_millis(400));
    venue.stop().await;
}

#[tokio::test]
async fn a_client_that_shows_signs_of_life_stays() {
    let venue = Venue::start(&quick());
    let mut raw = Raw::connect(&venue).await;
    let mut logon = raw.logon(ALICE);
    logon.heartbeat_interval_ms = Some(1_000);
    raw.send_messages(&[logon.into()]).await;
    let Some(Message::LogonAccepted(accepted)) = raw.next().await else {
        panic!("the logon is accepted");
    };
    assert_eq!(accepted.heartbeat_interval_ms, 1_000);
    let begin = Instant::now();
    let mut beats = 0;
    while beats < 4 {
        // Each of the exchange's signs of life is answered by one of ours.
        match raw.next().await.unwrap() {
            Message::Heartbeat(beat) => {
                beats += 1;
                raw.send_messages(&[beat.into()]).await;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(
        begin.elapsed() >= Duration::from_secs(2),
        "{:?}",
        begin.elapsed()
    );
    venue.stop().await;
}

#[tokio::test]
async fn keys_may_do_what_they_are_permitted() {
    let venue = Venue::usual();
    let mut reader = venue.log_on(ALICE_READS).await;
    assert_eq!(reader.permissions().0, Permissions::READ.bits());
    let refused = |error: ClientError| match error {
        ClientError::Refused(rejection) => rejection.reason(),
        other => panic!("{other}"),
    };
    let not_permitted = Some(rialto_types::RejectReason::NotPermitted);
    let order = limit(Side::Buy, 5_900_000, 1);
    assert_eq!(
        refused(reader.place(order).await.unwrap_err()),
        not_permitted
    );
    let accounts = reader.accounts().await.unwrap_err();
    assert_eq!(refused(accounts), not_permitted);
    let mut alice = venue.log_on(ALICE).await;
    let revoke = RevokeKey {
        client_seq: ClientSeq(0),
        key_id: KeyId(BOB),
    };
    assert_eq!(
        refused(alice.administer(revoke).await.unwrap_err()),
        not_permitted
    );
    let other = Some(rialto_types::AccountId(2));
    assert_eq!(
        refused(alice.balances(other).await.unwrap_err()),
        not_permitted
    );
    let mut admin = venue.log_on(ADMIN).await;
    assert_eq!(
        refused(admin.place(order).await.unwrap_err()),
        not_permitted
    );
    assert_eq!(admin.balances(other).await.unwrap().len(), 3);
    venue.stop().await;
}

/// A key that is bound to networks opens a session from these only, and it is told to nobody without it.
#[tokio::test]
async fn a_key_may_be_bound_to_networks() {
    let venue = Venue::usual();
    let mut admin = venue.log_on(ADMIN).await;
    let mut add = async |key: u32, from: &str| {
        let network = network::parse(from).unwrap();
        let request = AddKey {
            account_id: AccountId(1),
            public_key: api_key(key).public_key().0,
            permissions: rialto_protocol::Permissions::READ,
            networks: network::to_wire(&Networks::new(&[network]).unwrap()),
            ..AddKey::default()
        };
        let report = admin.administer(request).await.unwrap();
        assert_eq!(report.affected_key_id, Some(KeyId(key)));
    };
    let (away, here) = (ALICE_TRADES + 1, ALICE_TRADES + 2);
    add(away, "10.0.0.0/8").await;
    add(here, "127.0.0.0/8").await;
    let mut raw = Raw::connect(&venue).await;
    let logon = raw.logon(away);
    raw.send_messages(&[logon.into()]).await;
    let (reason, text) = raw.end().await;
    assert_eq!(reason, EndReason::AddressNotAllowed);
    assert_eq!(
        text,
        "the key may not be used from 127.0.0.1, only from 10.0.0.0/8"
    );
    // Who does not have the key does not learn where it may be used.
    let mut raw = Raw::connect(&venue).await;
    let mut logon = raw.logon(away);
    logon.signature[5] ^= 1;
    raw.send_messages(&[logon.into()]).await;
    assert_eq!(raw.end().await.0, EndReason::BadCredentials);
    venue.log_on(here).await;
    let keys = admin.keys(None).await.unwrap();
    let told = keys.iter().find(|key| key.key_id == KeyId(away)).unwrap();
    let networks = network::from_wire(&told.networks).unwrap();
    assert_eq!(network::texts(&networks), ["10.0.0.0/8"]);
    venue.stop().await;
}

#[tokio::test]
async fn before_it_has_recovered_the_exchange_says_so() {
    let config = Setup::default().config;
    let gateway = Gateway::bind(config, Registry::default()).unwrap();
    let mut raw = Raw::connect_to(&gateway.address().to_string()).await;
    assert_eq!(raw.end().await.0, EndReason::NotReady);
    let venue = Venue::open(gateway, &Setup::default());
    venue.log_on(ALICE).await;
    venue.stop().await;
}
