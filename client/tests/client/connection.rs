//! Connecting, logging on, signs of life, and every way in which a connection can end.

use std::time::Duration;

use ed25519_dalek::{Signature, VerifyingKey};
use rialto_client::{ClientError, Connection, LogonOptions, SEND_BYTES_MAX};
use rialto_protocol::{
    CaughtUp, Channel, EndReason, ExecutionReport, FRAME_BYTES_MAX, Heartbeat, LogonRefused,
    Logout, Message, NewOrder, ReportGap, SubscriptionRefusal, SubscriptionRefused, TestRequest,
    TradeTick, VarText, logon_text,
};
use rialto_types::{AccountId, ClientSeq, InstrumentId, KeyId, ReportSeq, TradeId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message as WebSocketMessage;

use crate::fake::{accept, challenge, connected, key, listen, logged_on};

#[tokio::test]
async fn a_logon_is_signed_and_numbers_go_on_where_the_exchange_says() {
    let (connection, mut fake) = connected().await;
    assert_eq!(connection.challenge().exchange_id, 77);
    let options = LogonOptions {
        heartbeat_interval_ms: Some(1_000),
        last_report_seq: Some(ReportSeq(90)),
        cancel_on_disconnect: true,
        exchange_id: Some(77),
        drop_copy: false,
        stage_times: false,
        cancel_grace_ms: Some(1_500),
    };
    let key = key();
    let (session, logon) = tokio::join!(connection.log_on(&key, options), fake.accept_logon());
    let mut session = session.unwrap();
    assert_eq!(logon.key_id, KeyId(9));
    assert_eq!(logon.last_report_seq, Some(ReportSeq(90)));
    assert_eq!(logon.cancel_grace_ms, Some(1_500));
    assert_eq!(logon.heartbeat_interval_ms, Some(1_000));
    let public = VerifyingKey::from_bytes(&key.public_key().0).unwrap();
    let text = logon_text(&challenge(), KeyId(9));
    let signature = Signature::from_bytes(&logon.signature);
    assert!(public.verify_strict(&text, &signature).is_ok());

    assert_eq!(
        (session.account(), session.key_id()),
        (AccountId(4), KeyId(9))
    );
    assert_eq!(
        session.last_report_seq(),
        ReportSeq(90),
        "the reports after 90 are still to come"
    );
    let order = NewOrder::default();
    assert_eq!(session.submit(order).unwrap(), ClientSeq(18));
    assert_eq!(session.submit(order).unwrap(), ClientSeq(19));
}

#[tokio::test]
async fn another_exchange_than_the_one_meant_gets_no_signature() {
    let (connection, mut fake) = connected().await;
    let options = LogonOptions {
        exchange_id: Some(78),
        ..LogonOptions::default()
    };
    let error = connection.log_on(&key(), options).await.unwrap_err();
    let text = "the exchange says that its id is 77, not 78: nothing was signed";
    assert_eq!(error.to_string(), text);
    assert!(fake.is_left().await, "nothing was sent");
}

#[tokio::test]
async fn reports_that_will_not_come_are_behind_the_session() {
    let (mut session, mut fake) = logged_on().await;
    assert_eq!(
        session.last_report_seq(),
        ReportSeq(100),
        "none is asked for again"
    );
    let gap = ReportGap {
        first_missed: ReportSeq(101),
        first_available: ReportSeq(120),
    };
    fake.send(&[Message::ReportGap(gap)]).await;
    assert_eq!(session.next().await.unwrap(), Message::ReportGap(gap));
    assert_eq!(session.last_report_seq(), ReportSeq(119));
}

#[tokio::test]
async fn a_session_knows_when_it_has_caught_up() {
    let (session, _fake) = logged_on().await;
    assert!(session.is_caught_up(), "nothing was asked for");
    let (connection, mut fake) = connected().await;
    let options = LogonOptions {
        last_report_seq: Some(ReportSeq(98)),
        ..LogonOptions::default()
    };
    let key = key();
    let (session, _) = tokio::join!(connection.log_on(&key, options), fake.accept_logon());
    let mut session = session.unwrap();
    assert!(!session.is_caught_up());
    let again = ExecutionReport {
        report_seq: Some(ReportSeq(99)),
        ..ExecutionReport::default()
    };
    let end = CaughtUp {
        last_report_seq: ReportSeq(100),
    };
    fake.send(&[again.into(), end.into()]).await;
    session.next().await.unwrap();
    assert!(!session.is_caught_up());
    assert_eq!(session.last_report_seq(), ReportSeq(99));
    // The last one was not for this key.
    assert_eq!(session.next().await.unwrap(), Message::CaughtUp(end));
    assert!(session.is_caught_up());
    assert_eq!(session.last_report_seq(), ReportSeq(100));
}

#[tokio::test]
async fn a_refused_logon_says_why() {
    let (connection, mut fake) = connected().await;
    let refused = LogonRefused {
        end_reason: EndReason::BadCredentials.into(),
        text: VarText::from("the signature does not verify"),
    };
    let exchange = async {
        fake.request().await;
        fake.send(&[Message::LogonRefused(refused)]).await;
    };
    let key = key();
    let (result, ()) = tokio::join!(connection.log_on(&key, LogonOptions::default()), exchange);
    let error = result.unwrap_err().to_string();
    let expected = "logon refused (BadCredentials): the signature does not verify";
    assert_eq!(error, expected);
}

#[tokio::test]
async fn an_address_where_nobody_is_or_somebody_else_is_an_error() {
    let (listener, address) = listen().await;
    drop(listener);
    let nobody = Connection::open(&address).await.unwrap_err();
    assert!(matches!(nobody, ClientError::Connect { .. }), "{nobody}");

    let (listener, address) = listen().await;
    let web_server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 64];
        stream.read_exact(&mut request).await.unwrap();
        let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        stream
    };
    let (result, _stream) = tokio::join!(Connection::open(&address), web_server);
    let other = result.unwrap_err();
    assert!(matches!(other, ClientError::Handshake { .. }), "{other}");
    assert!(other.to_string().contains("404"), "{other}");
}

#[tokio::test]
async fn whoever_does_not_greet_with_a_challenge_is_no_exchange() {
    let (listener, address) = listen().await;
    let exchange = async {
        let mut fake = accept(&listener).await;
        fake.send(&[Message::TradeTick(TradeTick::default())]).await;
        fake
    };
    let (result, _fake) = tokio::join!(Connection::open(&address), exchange);
    let error = result.unwrap_err().to_string();
    assert_eq!(
        error,
        "expected the challenge, but the exchange sent TradeTick"
    );
}

#[tokio::test]
async fn bytes_that_are_no_message_are_an_error() {
    let (mut connection, mut fake) = connected().await;
    fake.send_frame(WebSocketMessage::Binary(vec![1, 2, 3].into()))
        .await;
    let error = connection.next().await.unwrap_err();
    assert!(matches!(error, ClientError::Malformed(_)), "{error}");

    let (mut connection, mut fake) = connected().await;
    fake.send_frame(WebSocketMessage::Text("hello".into()))
        .await;
    let error = connection.next().await.unwrap_err();
    assert!(matches!(error, ClientError::TextFrame), "{error}");

    let (mut connection, mut fake) = connected().await;
    let oversized = vec![0; FRAME_BYTES_MAX + 1];
    fake.send_frame(WebSocketMessage::Binary(oversized.into()))
        .await;
    let error = connection.next().await.unwrap_err();
    assert!(matches!(error, ClientError::Socket(_)), "{error}");
}

#[tokio::test]
async fn messages_before_a_broken_one_are_handed_out() {
    let (mut connection, mut fake) = connected().await;
    let trade = TradeTick {
        trade_id: TradeId(5),
        ..TradeTick::default()
    };
    let mut bytes = Vec::new();
    Message::TradeTick(trade).encode(&mut bytes);
    bytes.extend([9; 4]);
    fake.send_frame(WebSocketMessage::Binary(bytes.into()))
        .await;
    assert_eq!(connection.next().await.unwrap(), Message::TradeTick(trade));
    assert!(connection.next().await.is_err());
}

#[tokio::test]
async fn a_test_request_is_answered_with_its_number() {
    let (mut connection, mut fake) = connected().await;
    let request = TestRequest {
        test_request_id: 5,
        ..TestRequest::default()
    };
    let trade = Message::TradeTick(TradeTick::default());
    fake.send(&[Message::TestRequest(request), trade.clone()])
        .await;
    assert_eq!(connection.next().await.unwrap(), trade);
    let Message::Heartbeat(Heartbeat {
        test_request_id, ..
    }) = fake.receive().await
    else {
        panic!("expected a heartbeat");
    };
    assert_eq!(test_request_id, Some(5));
}

#[tokio::test]
async fn a_silent_client_shows_signs_of_life() {
    let (mut connection, mut fake) = connected().await;
    tokio::select! {
        result = connection.next() => panic!("nothing was sent, but {result:?} came"),
        message = fake.receive() => assert!(matches!(message, Message::Heartbeat(_))),
    }
}

#[tokio::test]
async fn a_silent_exchange_is_asked_and_then_given_up() {
    let (mut connection, mut fake) = connected().await;
    let exchange = async {
        loop {
            if let Message::TestRequest(_) = fake.receive().await {
                return fake;
            }
        }
    };
    let (result, _fake) = tokio::join!(connection.next(), exchange);
    let error = result.unwrap_err();
    assert!(matches!(error, ClientError::Silent(after) if after == Duration::from_millis(600)));
}

#[tokio::test]
async fn the_end_of_a_session_has_its_reason() {
    let (mut session, mut fake) = logged_on().await;
    let logout = Logout {
        end_reason: EndReason::ShuttingDown.into(),
        text: VarText::from("until tomorrow"),
    };
    fake.send(&[Message::Logout(logout)]).await;
    let error = session.next().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the exchange ended the session (ShuttingDown): until tomorrow"
    );

    let (mut session, fake) = logged_on().await;
    let (result, ()) = tokio::join!(session.next(), fake.close());
    let error = result.unwrap_err();
    assert!(matches!(error, ClientError::Closed { .. }), "{error}");
}

#[tokio::test]
async fn a_client_that_logs_out_says_so_and_waits_for_the_close() {
    let (session, mut fake) = logged_on().await;
    let exchange = async {
        let Message::Logout(logout) = fake.request().await else {
            panic!("expected a logout");
        };
        fake.close().await;
        logout.end_reason
    };
    let (result, reason) = tokio::join!(session.log_out(), exchange);
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(reason, EndReason::Requested);
}

#[tokio::test]
async fn queued_messages_leave_in_order_and_in_frames_that_fit() {
    let (mut session, mut fake) = logged_on().await;
    let count = 1_000_u64;
    for _ in 0..count {
        session.submit(NewOrder::default()).unwrap();
    }
    let exchange = async {
        for client_seq in 18..18 + count {
            let Message::NewOrder(order) = fake.request().await else {
                panic!("expected an order");
            };
            assert_eq!(order.client_seq, ClientSeq(client_seq));
        }
    };
    let (result, ()) = tokio::join!(session.flush(), exchange);
    result.unwrap();
}

#[tokio::test]
async fn no_more_is_queued_than_may_be() {
    let (mut session, _fake) = logged_on().await;
    let len = rialto_protocol::WireMessage::encoded_len(&NewOrder::default());
    for _ in 0..SEND_BYTES_MAX / len {
        session.submit(NewOrder::default()).unwrap();
    }
    let error = session.submit(NewOrder::default()).unwrap_err();
    assert!(
        matches!(error, ClientError::SendQueueFull { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn what_has_arrived_is_had_without_waiting() {
    let (mut connection, mut fake) = connected().await;
    assert_eq!(connection.try_next().unwrap(), None);
    let trade = Message::TradeTick(TradeTick::default());
    fake.send(&[trade.clone(), trade.clone()]).await;
    assert_eq!(connection.next().await.unwrap(), trade);
    assert_eq!(connection.try_next().unwrap(), Some(trade));
    assert_eq!(connection.try_next().unwrap(), None);
}

#[tokio::test]
async fn a_subscription_keeps_what_comes_meanwhile_and_may_be_refused() {
    let (mut connection, mut fake) = connected().await;
    let trade = Message::TradeTick(TradeTick::default());
    let exchange = async {
        fake.send(std::slice::from_ref(&trade)).await;
        let subscribe = fake.accept_subscription().await;
        let Message::Subscribe(second) = fake.request().await else {
            panic!("expected a subscription");
        };
        let refused = SubscriptionRefused {
            request_id: second.request_id,
            reason: SubscriptionRefusal::UnknownInstrument.into(),
            channel: second.channel,
            text: VarText::from("there is no instrument 9"),
            ..SubscriptionRefused::default()
        };
        fake.send(&[Message::SubscriptionRefused(refused)]).await;
        subscribe
    };
    let client = async {
        connection.subscribe(Channel::Trades, None).await.unwrap();
        let unknown = Some(InstrumentId(9));
        connection
            .subscribe(Channel::L2Book, unknown)
            .await
            .unwrap_err()
    };
    let (error, subscribe) = tokio::join!(client, exchange);
    assert_eq!(subscribe.channel, Channel::Trades);
    let expected = "subscription to L2Book refused (UnknownInstrument): there is no instrument 9";
    assert_eq!(error.to_string(), expected);
    assert_eq!(connection.next().await.unwrap(), trade);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_an_error() {
    let (mut connection, _fake) = connected().await;
    connection.set_answer_timeout(Duration::from_millis(20));
    let error = connection
        .subscribe(Channel::Trades, None)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "no answer to Subscribe within 20 ms");
}
