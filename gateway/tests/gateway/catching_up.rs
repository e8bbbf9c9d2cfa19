//! Coming back: what a session is sent again, what is stated as gone, and how it knows that this is all.

use rialto_client::Session;
use rialto_protocol::{CaughtUp, ExecType, LogonFlags, Message, OpenOrdersRequest, TestRequest};
use rialto_types::{ReportSeq, Side, Timestamp};

use crate::support::{
    ADMIN, ALICE, ALICE_READS, ALICE_TOO, ALICE_TRADES, BOB, Raw, Setup, Venue, limit,
};

async fn place(session: &mut Session, price: i64) {
    let order = limit(Side::Buy, price, 1);
    assert!(session.place(order).await.unwrap().is_open());
}

/// Logs on with a key, stating the last report it has, and returns the session behind the acceptance.
async fn come_back(venue: &Venue, key: u32, last: u64) -> Raw {
    let mut raw = Raw::connect(venue).await;
    let mut logon = raw.logon(key);
    logon.last_report_seq = Some(ReportSeq(last));
    raw.send_messages(&[logon.into()]).await;
    assert!(matches!(raw.next().await, Some(Message::LogonAccepted(_))));
    raw
}

/// The numbers and kinds of the reports up to the end of what was missed, and whether balances came before it.
async fn told(raw: &mut Raw) -> (Vec<(u64, ExecType)>, bool, ReportSeq) {
    let mut told = Vec::new();
    let mut has_balances = false;
    loop {
        match raw.next().await.unwrap() {
            Message::ExecutionReport(report) => {
                let kind = report.exec_type.known().unwrap();
                told.push((report.report_seq.unwrap().0, kind));
            }
            Message::Balances(balances) => {
                assert_eq!(balances.request_id, 0);
                let last = told.last().map(|(last, _)| *last);
                assert_eq!(last, Some(balances.last_report_seq.0));
                has_balances = true;
            }
            Message::CaughtUp(end) => return (told, has_balances, end.last_report_seq),
            other => panic!("{other:?}"),
        }
    }
}

/// The numbers of all reports up to the end of what was missed.
async fn numbers_told(raw: &mut Raw) -> Vec<u64> {
    let mut numbers = Vec::new();
    loop {
        match raw.next().await.unwrap() {
            Message::ExecutionReport(report) => numbers.extend(report.report_seq.map(|seq| seq.0)),
            Message::TransferReport(report) => numbers.extend(report.report_seq.map(|seq| seq.0)),
            Message::Balances(_) => {}
            Message::CaughtUp(_) => return numbers,
            other => panic!("{other:?}"),
        }
    }
}

/// What a key that may Read has missed.
async fn missed(raw: &mut Raw) -> Vec<(u64, ExecType)> {
    let (told, has_balances, last) = told(raw).await;
    assert!(has_balances);
    assert_eq!(told.last().map(|(last, _)| ReportSeq(*last)), Some(last));
    told
}

/// Asserts that nothing is on its way to a session.
async fn is_told_nothing(raw: &mut Raw) {
    let ask = TestRequest {
        test_request_id: 7,
        send_time: Timestamp(0),
    };
    raw.send_messages(&[ask.into()]).await;
    match raw.next().await {
        Some(Message::Heartbeat(beat)) => assert_eq!(beat.test_request_id, Some(7)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn missed_reports_are_sent_again_also_after_a_restart() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let before = alice.logon().next_report_seq.0;
    place(&mut alice, 5_900_000).await;
    place(&mut alice, 5_800_000).await;
    drop(alice);
    // Somebody trades with her while she is away.
    let mut bob = venue.log_on(BOB).await;
    let sell = limit(Side::Sell, 5_900_000, 1);
    bob.place(sell).await.unwrap();
    let expected = [
        (before, ExecType::New),
        (before + 1, ExecType::New),
        (before + 2, ExecType::Trade),
    ];
    for count in 1..=expected.len() {
        let has = before + (expected.len() - count) as u64 - 1;
        let mut raw = come_back(&venue, ALICE, has).await;
        let missing = &expected[expected.len() - count..];
        assert_eq!(missed(&mut raw).await, missing, "after {has}");
    }
    let venue = venue.restart(Setup::default().config).await;
    let mut raw = come_back(&venue, ALICE, before - 1).await;
    assert_eq!(missed(&mut raw).await, expected);
    // A key that may only trade is sent what concerns it, another key of the account nothing of that.
    let mut trades = come_back(&venue, ALICE_TRADES, before - 1).await;
    let nothing = (Vec::new(), false, ReportSeq(before + 2));
    assert_eq!(told(&mut trades).await, nothing);
    is_told_nothing(&mut trades).await;
    venue.stop().await;
}

#[tokio::test]
async fn what_is_not_kept_is_stated_with_how_everything_stands() {
    let venue = Venue::start(&Setup {
        report_memory_bytes: 0,
        ..Setup::default()
    });
    let mut alice = venue.log_on(ALICE).await;
    place(&mut alice, 5_900_000).await;
    place(&mut alice, 5_800_000).await;
    let last = ReportSeq(alice.logon().next_report_seq.0 + 1);
    drop(alice);
    let mut raw = come_back(&venue, ALICE, last.0 - 1).await;
    let Some(Message::ReportGap(gap)) = raw.next().await else {
        panic!("a report was missed");
    };
    assert_eq!(
        (gap.first_missed, gap.first_available.0),
        (last, last.0 + 1)
    );
    let (mut orders, mut balances) = (0, 0);
    loop {
        match raw.next().await.unwrap() {
            Message::OrderStatus(status) => {
                assert_eq!((status.request_id, status.last_report_seq), (0, last));
                orders += 1;
            }
            Message::Balances(told) => {
                assert_eq!((told.request_id, told.last_report_seq), (0, last));
                balances += 1;
            }
            Message::CaughtUp(end) => {
                assert_eq!((orders, balances, end.last_report_seq), (2, 1, last));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    venue.stop().await;
}

/// What is still kept follows the gap, and how everything stands follows both.
#[tokio::test]
async fn of_what_was_missed_the_part_that_is_gone_is_stated() {
    const MISSED: u64 = 2_500;
    let venue = Venue::start(&Setup {
        // Two chunks of the log: some 1,000 to 1,900 reports.
        report_memory_bytes: 700_000,
        ..Setup::default()
    });
    let mut alice = venue.log_on(ALICE).await;
    let first = alice.logon().next_report_seq.0;
    for _ in 0..MISSED {
        place(&mut alice, 5_900_000).await;
    }
    drop(alice);
    let mut raw = come_back(&venue, ALICE_READS, first - 1).await;
    let Some(Message::ReportGap(gap)) = raw.next().await else {
        panic!("something is gone");
    };
    assert_eq!(gap.first_missed, ReportSeq(first));
    let end = first + MISSED;
    let mut next = gap.first_available.0;
    assert!((first + 500..end - 500).contains(&next), "{gap:?}");
    let (mut orders, mut has_balances) = (0, false);
    loop {
        match raw.next().await.unwrap() {
            Message::ExecutionReport(report) => {
                assert_eq!(report.report_seq, Some(ReportSeq(next)));
                next += 1;
            }
            Message::OrderStatus(status) => {
                assert_eq!((next, status.last_report_seq.0), (end, end - 1));
                orders += 1;
            }
            Message::Balances(balances) => {
                assert_eq!((next, balances.last_report_seq.0), (end, end - 1));
                has_balances = true;
            }
            Message::CaughtUp(told) => {
                assert_eq!((next, told.last_report_seq.0), (end, end - 1));
                assert!(orders == MISSED && has_balances, "{orders}, {has_balances}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    venue.stop().await;
}

/// A client that reads slowly while much happens gets all of it once, in order: what it missed, and then
/// what came while it was being told.
#[tokio::test]
async fn whoever_catches_up_slowly_gets_each_report_once() {
    const MISSED: u64 = 2_000;
    const MEANWHILE: u64 = 200;
    let venue = Venue::start(&Setup {
        report_memory_bytes: 64 << 20,
        ..Setup::default()
    });
    let mut alice = venue.log_on(ALICE).await;
    let first = alice.logon().next_report_seq.0;
    for _ in 0..MISSED {
        place(&mut alice, 5_900_000).await;
    }
    drop(alice);
    let mut raw = come_back(&venue, ALICE_READS, first - 1).await;
    // Another key of hers goes on meanwhile; nothing is read yet.
    let mut too = venue.log_on(ALICE_TOO).await;
    for _ in 0..MEANWHILE {
        place(&mut too, 5_800_000).await;
    }
    let mut next = first;
    let mut has_caught_up = false;
    while next < first + MISSED + MEANWHILE || !has_caught_up {
        match raw.next().await.unwrap() {
            Message::ExecutionReport(report) => {
                assert_eq!(report.report_seq, Some(ReportSeq(next)));
                next += 1;
            }
            Message::Balances(_) => assert!(!has_caught_up),
            Message::CaughtUp(end) => {
                assert_eq!((end.last_report_seq.0, has_caught_up), (next - 1, false));
                has_caught_up = true;
            }
            Message::BalanceUpdate(_) => {}
            other => panic!("{other:?}"),
        }
    }
    venue.stop().await;
}

/// Every kind of session, with and without something missed; and nobody who did not ask.
#[tokio::test]
async fn every_kind_of_session_is_told_that_it_has_caught_up() {
    let venue = Venue::usual();
    let mut bob = venue.log_on(BOB).await;
    let mut trades = venue.log_on(ALICE_TRADES).await;
    let before = trades.logon().next_report_seq.0 - 1;
    place(&mut trades, 5_900_000).await;
    drop(trades);
    bob.place(limit(Side::Sell, 5_900_000, 1)).await.unwrap();
    let last = ReportSeq(before + 2);
    let own = [(before + 1, ExecType::New), (before + 2, ExecType::Trade)];
    for (key, reads) in [(ALICE, true), (ALICE_READS, true), (ALICE_TRADES, false)] {
        for count in 0..=own.len() {
            let mut raw = come_back(&venue, key, last.0 - count as u64).await;
            let expected = own[own.len() - count..].to_vec();
            let has_balances = reads && count > 0;
            let told = told(&mut raw).await;
            assert_eq!(told, (expected, has_balances, last), "{key} {count}");
            is_told_nothing(&mut raw).await;
        }
        // Who has none yet is sent all from the first on, and who states nothing asks for nothing.
        let mut raw = come_back(&venue, key, 0).await;
        let numbers = numbers_told(&mut raw).await;
        let first = if reads { 1 } else { before + 1 };
        assert_eq!(numbers, (first..=last.0).collect::<Vec<_>>(), "{key}");
        let mut raw = Raw::connect(&venue).await;
        raw.log_on(key).await;
        is_told_nothing(&mut raw).await;
    }
    venue.stop().await;
}

/// A drop copy of an account is told as one that reads; one of all accounts counts what all of them were told.
#[tokio::test]
async fn drop_copies_are_told_that_they_have_caught_up() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let last = alice.logon().next_report_seq;
    place(&mut alice, 5_900_000).await;
    let mut copies = Vec::new();
    for (key, has) in [(ALICE_READS, last.0 - 1), (ADMIN, 1)] {
        let mut raw = Raw::connect(&venue).await;
        let mut logon = raw.logon(key);
        logon.logon_flags = LogonFlags::DROP_COPY;
        logon.last_report_seq = Some(ReportSeq(has));
        raw.send_messages(&[logon.into()]).await;
        let Some(Message::LogonAccepted(accepted)) = raw.next().await else {
            panic!("the logon is accepted");
        };
        let (mut reports, mut has_balances) = (0, false);
        let end = loop {
            match raw.next().await.unwrap() {
                Message::Balances(_) => has_balances = true,
                Message::CaughtUp(end) => break end,
                _ => reports += 1,
            }
        };
        let newest = accepted.next_report_seq.0 - 1;
        assert_eq!(end.last_report_seq.0, newest);
        assert_eq!((reports, has_balances), (newest - has, key != ADMIN));
        is_told_nothing(&mut raw).await;
        copies.push(raw);
    }
    venue.stop().await;
}

/// A key that may only trade is told the end right behind the gap.
#[tokio::test]
async fn after_a_gap_a_key_that_only_trades_is_told_the_end() {
    let venue = Venue::start(&Setup {
        report_memory_bytes: 0,
        ..Setup::default()
    });
    let mut trades = venue.log_on(ALICE_TRADES).await;
    let last = trades.logon().next_report_seq;
    place(&mut trades, 5_900_000).await;
    drop(trades);
    let mut raw = come_back(&venue, ALICE_TRADES, last.0 - 1).await;
    let Some(Message::ReportGap(gap)) = raw.next().await else {
        panic!("a report was missed");
    };
    assert_eq!(gap.first_missed, last);
    let end = CaughtUp {
        last_report_seq: last,
    };
    assert_eq!(raw.next().await, Some(end.into()));
    venue.stop().await;
}

/// However many questions of its own a session has asked, it is told how orders stand, and then the end.
#[tokio::test]
async fn questions_of_its_own_leave_nothing_out() {
    const ORDERS: usize = 2_500;
    const QUESTIONS: u64 = 8;
    let venue = Venue::start(&Setup {
        report_memory_bytes: 700_000,
        ..Setup::default()
    });
    let mut alice = venue.log_on(ALICE).await;
    let first = alice.logon().next_report_seq.0;
    for _ in 0..ORDERS {
        place(&mut alice, 5_900_000).await;
    }
    drop(alice);
    let mut raw = Raw::connect(&venue).await;
    let mut logon = raw.logon(ALICE_READS);
    logon.last_report_seq = Some(ReportSeq(first - 1));
    let questions = (1..=QUESTIONS).map(|request_id| {
        let question = OpenOrdersRequest {
            request_id,
            ..OpenOrdersRequest::default()
        };
        question.into()
    });
    let messages: Vec<Message> = [logon.into()].into_iter().chain(questions).collect();
    raw.send_messages(&messages).await;
    let mut unasked = 0;
    let mut under_way = 0;
    loop {
        match raw.next().await.unwrap() {
            Message::OrderStatus(status) if status.request_id == 0 => unasked += 1,
            Message::Refused(refused) => panic!("{refused:?}"),
            Message::CaughtUp(_) => break,
            _ => under_way += 1,
        }
    }
    assert_eq!(unasked, ORDERS);
    assert!(under_way > 0);
    venue.stop().await;
}
