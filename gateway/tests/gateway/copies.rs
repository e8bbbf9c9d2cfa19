//! Drop copies: who sees what, beside whom, and what they have after they were away.

use rialto_client::{ClientError, LogonOptions, Session};
use rialto_protocol::{
    AddAsset, ArmCancelOnDisconnect, Boolean, CancelOrder, EndReason, LogonFlags, MassCancel,
    Message, OpenOrdersRequest, Permissions as WirePermissions, ReplaceOrder, RevokeKey,
    TestRequest,
};
use rialto_types::{AccountId, KeyId, RejectReason, ReportSeq, Side, Timestamp};

use crate::support::{
    ADMIN, ALICE, ALICE_READS, ALICE_TRADES, BOB, Raw, Setup, Venue, get, limit, next_of,
};

/// Account and number of a report.
type Told = (AccountId, u64);

fn copy(last_report_seq: Option<u64>) -> LogonOptions {
    LogonOptions {
        drop_copy: true,
        last_report_seq: last_report_seq.map(ReportSeq),
        ..LogonOptions::default()
    }
}

async fn read(session: &mut Session, count: usize) -> Vec<Told> {
    let mut told = Vec::new();
    while told.len() < count {
        told.push(
            next_of(session, |message| match message {
                Message::ExecutionReport(report) => Some((report.account_id, report.report_seq?.0)),
                Message::ReportGap(gap) => panic!("{gap:?}"),
                _ => None,
            })
            .await,
        );
    }
    told
}

/// Nothing is on its way to a session but what was told before its next answer.
async fn is_told_nothing(session: &mut Session) {
    let ask = TestRequest {
        test_request_id: 1,
        send_time: Timestamp(0),
    };
    session.queue(&ask).unwrap();
    session.flush().await.unwrap();
    // The client keeps the answer to itself: whatever it hands out instead is told.
    let request = OpenOrdersRequest {
        request_id: 5,
        ..OpenOrdersRequest::default()
    };
    session.queue(&request).unwrap();
    session.flush().await.unwrap();
    let first = next_of(session, |message| match message {
        Message::BalanceUpdate(_) => None,
        other => Some(other),
    });
    let first = first.await;
    assert!(
        matches!(&first, Message::OrderStatus(status) if status.request_id == 5),
        "{first:?}"
    );
}

/// Alice and Bob trade: three reports for each of them.
async fn trade(alice: &mut Session, bob: &mut Session) {
    let bid = limit(Side::Buy, 5_900_000, 1);
    alice.place(bid).await.unwrap();
    alice.place(bid).await.unwrap();
    let ask = limit(Side::Sell, 5_900_000, 2);
    bob.place(ask).await.unwrap();
}

/// The reports of [`trade`], in the order in which they happen: Alice has numbers from `a` on, Bob from `b`.
fn reports_of_a_trade(a: u64, b: u64) -> Vec<Told> {
    let (alice, bob) = (AccountId(1), AccountId(2));
    vec![
        (alice, a),
        (alice, a + 1),
        (bob, b),
        (alice, a + 2),
        (bob, b + 1),
        (alice, a + 3),
        (bob, b + 2),
    ]
}

fn of(account: u32, reports: &[Told]) -> Vec<Told> {
    let reports = reports.iter().copied();
    reports
        .filter(|told| told.0 == AccountId(account))
        .collect()
}

#[tokio::test]
async fn each_copy_has_what_is_its_own_beside_those_who_trade() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let mut bob = venue.log_on(BOB).await;
    // Of the key that trades, of another key of the account, and twice.
    let mut copies = Vec::new();
    for key in [ALICE, ALICE, ALICE_READS] {
        let session = venue.log_on_with(key, copy(None)).await;
        assert_eq!(session.permissions(), WirePermissions::READ);
        assert_eq!(session.logon().logon_flags, LogonFlags::DROP_COPY);
        copies.push(session);
    }
    let mut all = venue.log_on_with(ADMIN, copy(None)).await;
    let (a, b) = (
        alice.logon().next_report_seq.0,
        bob.logon().next_report_seq.0,
    );
    let before = all.last_report_seq().0;
    trade(&mut alice, &mut bob).await;
    let mut expected = reports_of_a_trade(a, b);
    let mut seen = read(&mut all, expected.len()).await;
    assert_eq!(all.last_report_seq().0, before + expected.len() as u64);
    for session in &mut copies {
        let own = of(1, &seen);
        assert_eq!(read(session, own.len()).await, own);
    }
    // Within one trade it is all the same who is told first.
    seen.sort_unstable();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    // Neither copies nor traders were ended by the others, and nobody is told more.
    trade(&mut alice, &mut bob).await;
    for session in &mut copies {
        read(session, 4).await;
        is_told_nothing(session).await;
    }
    venue.stop().await;
}

#[tokio::test]
async fn a_copy_changes_nothing() {
    let venue = Venue::usual();
    let logon = |raw: &Raw, key| {
        let mut logon = raw.logon(key);
        logon.logon_flags = LogonFlags::DROP_COPY;
        logon
    };
    for key in [ALICE, ADMIN] {
        let mut raw = Raw::connect(&venue).await;
        let message = logon(&raw, key);
        raw.send_messages(&[message.into()]).await;
        let accepted = raw.next().await;
        assert!(matches!(accepted, Some(Message::LogonAccepted(_))));
        let arm = ArmCancelOnDisconnect {
            armed: Boolean::True.into(),
            ..ArmCancelOnDisconnect::default()
        };
        let commands: [Message; 6] = [
            limit(Side::Buy, 5_900_000, 1).into(),
            CancelOrder::default().into(),
            ReplaceOrder::default().into(),
            MassCancel::default().into(),
            arm.into(),
            AddAsset::default().into(),
        ];
        for command in commands {
            let id = command.template_id();
            raw.send_messages(&[command]).await;
            let refused = raw.refused().await;
            assert_eq!(refused.ref_template_id, id);
            assert_eq!(refused.reject_reason.unwrap(), RejectReason::NotPermitted);
            assert!(refused.text.contains("is a drop copy"), "{refused:?}");
        }
        // Nor does its logon or its end: it is not known to the core.
        raw.send_messages(&[message.into()]).await;
        raw.refused().await;
    }
    let mut alice = venue.log_on(ALICE).await;
    assert_eq!(alice.logon().highest_client_seq.0, 0);
    alice.place(limit(Side::Buy, 5_900_000, 1)).await.unwrap();
    drop(venue.log_on_with(ALICE, copy(None)).await);
    assert_eq!(alice.open_orders(None, None).await.unwrap().len(), 1);
    venue.stop().await;
}

#[tokio::test]
async fn a_logon_for_a_copy_that_makes_no_sense_is_refused() {
    let venue = Venue::usual();
    let armed = LogonOptions {
        cancel_on_disconnect: true,
        ..copy(None)
    };
    let timed = LogonOptions {
        stage_times: true,
        ..copy(None)
    };
    for (key, options, expected) in [
        (
            ALICE_TRADES,
            copy(None),
            "needs a key with the permission Read",
        ),
        (ALICE, armed, "leave the flag CancelOnDisconnect out"),
        (ALICE, timed, "leave the flag StageTimes out"),
        (ALICE, copy(Some(1_000)), "the last report of the account"),
        (ADMIN, copy(Some(1_000)), "the last report of all accounts"),
    ] {
        let connection = venue.connect().await;
        let key = crate::support::api_key(key);
        match connection.log_on(&key, options).await {
            Err(ClientError::LogonRefused { reason, text }) => {
                assert_eq!(reason, EndReason::InvalidLogon);
                assert!(text.contains(expected), "{text}");
            }
            other => panic!("{other:?}"),
        }
    }
    venue.stop().await;
}

/// Whatever it has already, a copy that comes back gets the rest, each report once and in order, also when the
/// exchange was started anew meanwhile.
#[tokio::test]
async fn a_copy_goes_on_where_it_was() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let mut bob = venue.log_on(BOB).await;
    let mut all = venue.log_on_with(ADMIN, copy(None)).await;
    let (before, a) = (all.last_report_seq().0, alice.logon().next_report_seq.0 - 1);
    trade(&mut alice, &mut bob).await;
    let first = read(&mut all, 3).await;
    let seen = [first, read(&mut all, 4).await].concat();
    let own = of(1, &seen);
    drop(all);
    for has in 0..seen.len() {
        let options = copy(Some(before + has as u64));
        let mut all = venue.log_on_with(ADMIN, options).await;
        assert_eq!(read(&mut all, seen.len() - has).await, seen[has..]);
        assert_eq!(all.last_report_seq().0, before + seen.len() as u64);
    }
    for has in 0..own.len() {
        let options = copy(Some(a + has as u64));
        let mut copied = venue.log_on_with(ALICE_READS, options).await;
        assert_eq!(read(&mut copied, own.len() - has).await, own[has..]);
    }
    drop((alice, bob));
    let venue = venue.restart(Setup::default().config).await;
    let mut all = venue.log_on_with(ADMIN, copy(Some(before + 2))).await;
    // And goes on with what happens then.
    let mut alice = venue.log_on(ALICE).await;
    let mut bob = venue.log_on(BOB).await;
    trade(&mut alice, &mut bob).await;
    let told = read(&mut all, seen.len() - 2 + seen.len()).await;
    assert_eq!(told[..seen.len() - 2], seen[2..]);
    let more = told[seen.len() - 2..].iter();
    let of_alice = more.filter(|told| told.0 == AccountId(1));
    assert!(of_alice.map(|told| told.1).eq(a + 5..a + 9));
    venue.stop().await;
}

#[tokio::test]
async fn what_a_copy_cannot_be_sent_again_is_stated() {
    const MISSED: u64 = 2_500;
    for report_memory_bytes in [0, 700_000] {
        let venue = Venue::start(&Setup {
            report_memory_bytes,
            ..Setup::default()
        });
        let all = venue.log_on_with(ADMIN, copy(None)).await;
        let before = all.last_report_seq().0;
        drop(all);
        let mut alice = venue.log_on(ALICE).await;
        let first = alice.logon().next_report_seq.0;
        for _ in 0..MISSED {
            let bid = limit(Side::Buy, 5_900_000, 1);
            alice.place(bid).await.unwrap();
        }
        let mut all = venue.log_on_with(ADMIN, copy(Some(before.max(1)))).await;
        let gap = next_of(&mut all, |message| match message {
            Message::ReportGap(gap) => Some(gap),
            other => panic!("{other:?}"),
        });
        let gap = gap.await;
        assert_eq!(gap.first_missed.0, before.max(1) + 1);
        alice.place(limit(Side::Buy, 5_800_000, 1)).await.unwrap();
        let available = before + MISSED + 1 - gap.first_available.0;
        assert_eq!(available == 0, report_memory_bytes == 0, "{gap:?}");
        let told = read(&mut all, usize::try_from(available).unwrap() + 1).await;
        let numbers = told.into_iter().map(|told| told.1);
        assert!(numbers.eq(first + MISSED - available..=first + MISSED));
        assert_eq!(all.last_report_seq().0, before + MISSED + 1);
        venue.stop().await;
    }
}

/// A copy that does not read is ended with its reason; those who trade, and the other copies, do not notice.
#[tokio::test]
async fn a_slow_copy_is_ended_alone() {
    let mut setup = Setup::default();
    setup.config.publisher.trader_queue_bytes_max = 64 << 10;
    let venue = Venue::start(&setup);
    let mut slow = Vec::new();
    for key in [ADMIN, ALICE] {
        let mut raw = Raw::connect(&venue).await;
        let mut logon = raw.logon(key);
        logon.logon_flags = LogonFlags::DROP_COPY;
        raw.send_messages(&[logon.into()]).await;
        assert!(matches!(raw.next().await, Some(Message::LogonAccepted(_))));
        slow.push(raw);
    }
    let mut reads = venue.log_on_with(ADMIN, copy(None)).await;
    let mut alice = venue.log_on(ALICE).await;
    let ended = "rialto_sessions_ended_total{reason=\"SlowConsumer\"} 2";
    let mut placed = 0;
    loop {
        for _ in 0..500 {
            let bid = limit(Side::Buy, 5_900_000, 1);
            alice.place(bid).await.unwrap();
            placed += 1;
        }
        read(&mut reads, 500).await;
        let (_, metrics) = get(&venue.address(), "/metrics").await;
        if metrics.contains(ended) {
            break;
        }
        assert!(placed < 90_000, "nobody is ended");
    }
    trade(&mut alice, &mut venue.log_on(BOB).await).await;
    read(&mut reads, 7).await;
    drop(slow);
    venue.stop().await;
}

#[tokio::test]
async fn copies_end_with_their_key() {
    let venue = Venue::usual();
    let mut admin = venue.log_on(ADMIN).await;
    let mut copied = venue.log_on_with(ALICE, copy(None)).await;
    let revoke = RevokeKey {
        key_id: KeyId(ALICE),
        ..RevokeKey::default()
    };
    admin.administer(revoke).await.unwrap();
    let ended = loop {
        if let Err(error) = copied.next().await {
            break error;
        }
    };
    match ended {
        ClientError::LoggedOut { reason, .. } => assert_eq!(reason, EndReason::KeyRevoked),
        other => panic!("{other}"),
    }
    venue.stop().await;
}
