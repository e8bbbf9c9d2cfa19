//! Whatever a client sends is answered, refused or ended with a reason, and nobody else notices.

use std::time::{Duration, Instant};

use rialto_client::{Directory, order};
use rialto_protocol::{
    AccountsRequest, BalancesRequest, EndReason, FRAME_BYTES_MAX, Heartbeat, KeysRequest,
    LogonFlags, Message, MessageError, NewOrder, OpenOrdersRequest, OrderStatusRequest,
    TestRequest, TransferSourceRequest, WireMessage,
};
use rialto_reference::scenario::SplitMix64;
use rialto_types::{InstrumentId, KeyId, Price, Qty, RejectReason, ReportSeq, Side, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as Fragment;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::{ALICE, ALICE_READS, BOB, BTC_USDT, Raw, Venue, get, http};

fn test_request(id: u64) -> Message {
    Message::TestRequest(TestRequest {
        test_request_id: id,
        send_time: Timestamp(0),
    })
}

fn bytes(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    bytes
}

async fn answers_test(raw: &mut Raw, id: u64) {
    match raw.next().await {
        Some(Message::Heartbeat(Heartbeat {
            test_request_id, ..
        })) => assert_eq!(test_request_id, Some(id)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn frames_that_are_not_the_protocol_end_the_connection_with_a_reason() {
    let venue = Venue::usual();
    let long = vec![0; FRAME_BYTES_MAX + 1];
    for (frame, reason) in [
        (Frame::text("{\"op\":\"logon\"}"), EndReason::TextFrame),
        (Frame::binary(long), EndReason::FrameTooLarge),
    ] {
        let mut raw = Raw::connect(&venue).await;
        raw.send(frame).await;
        assert_eq!(raw.end().await.0, reason);
    }
    // Many small fragments add up to a message that is too long.
    let mut raw = Raw::connect(&venue).await;
    for n in 0..5 {
        let kind = if n == 0 { Data::Binary } else { Data::Continue };
        let fragment = Fragment::message(vec![0; 4_000], OpCode::Data(kind), false);
        raw.send(Frame::Frame(fragment)).await;
    }
    assert_eq!(raw.end().await.0, EndReason::FrameTooLarge);
    venue.stop().await;
}

#[tokio::test]
async fn what_cannot_be_decoded_is_named_and_ends_the_connection() {
    let venue = Venue::usual();
    let whole = bytes(&test_request(1));
    let mut unknown = whole.clone();
    unknown[2..4].copy_from_slice(&999_u16.to_le_bytes());
    let mut foreign = whole.clone();
    foreign[4..6].copy_from_slice(&2_u16.to_le_bytes());
    let mut short = whole.clone();
    short[0..2].copy_from_slice(&3_u16.to_le_bytes());
    for (bad, error, template) in [
        (whole[..10].to_vec(), MessageError::Truncated, 7),
        (whole[..3].to_vec(), MessageError::Truncated, 0),
        (unknown, MessageError::UnknownTemplate, 999),
        (foreign, MessageError::WrongSchema, 7),
        (short, MessageError::ShortBlock, 7),
    ] {
        let mut raw = Raw::connect(&venue).await;
        // The messages before it in the same frame have been acted on.
        let frame = [bytes(&test_request(5)), bad].concat();
        raw.send(Frame::binary(frame)).await;
        answers_test(&mut raw, 5).await;
        let refused = raw.refused().await;
        assert_eq!(refused.message_error.unwrap(), error);
        assert_eq!(refused.ref_template_id, template);
        assert!(!refused.text.is_empty());
        assert_eq!(raw.end().await.0, EndReason::ProtocolError);
    }
    venue.stop().await;
}

#[tokio::test]
async fn messages_out_of_place_are_refused_and_the_connection_goes_on() {
    let venue = Venue::usual();
    let mut raw = Raw::connect(&venue).await;
    let order = NewOrder {
        side: Side::Buy.into(),
        ..NewOrder::default()
    };
    let early: [(Message, MessageError); 2] = [
        (order.into(), MessageError::NotLoggedOn),
        (raw.challenge.into(), MessageError::NotFromClient),
    ];
    for (message, error) in early {
        let template = message.template_id();
        raw.send_messages(&[message, test_request(3)]).await;
        let refused = raw.refused().await;
        assert_eq!(refused.message_error.unwrap(), error);
        assert_eq!(refused.ref_template_id, template);
        assert_eq!(refused.request_id, None, "{refused:?}");
        answers_test(&mut raw, 3).await;
    }
    raw.log_on(ALICE).await;
    let logon = raw.logon(ALICE);
    raw.send_messages(&[logon.into(), test_request(4)]).await;
    let refused = raw.refused().await;
    assert_eq!(
        refused.message_error.unwrap(),
        MessageError::AlreadyLoggedOn
    );
    answers_test(&mut raw, 4).await;
    let image = venue.stop().await;
    assert_eq!(image.order_count, 0);
}

/// Each kind of question, asked under this number.
fn questions(request_id: u64) -> [Message; 6] {
    [
        Message::OrderStatusRequest(OrderStatusRequest {
            request_id,
            ..OrderStatusRequest::default()
        }),
        Message::OpenOrdersRequest(OpenOrdersRequest {
            request_id,
            ..OpenOrdersRequest::default()
        }),
        Message::BalancesRequest(BalancesRequest {
            request_id,
            ..BalancesRequest::default()
        }),
        Message::AccountsRequest(AccountsRequest {
            request_id,
            ..AccountsRequest::default()
        }),
        Message::KeysRequest(KeysRequest {
            request_id,
            ..KeysRequest::default()
        }),
        Message::TransferSourceRequest(TransferSourceRequest {
            request_id,
            ..TransferSourceRequest::default()
        }),
    ]
}

#[tokio::test]
async fn a_question_before_the_logon_is_refused_under_its_number() {
    let venue = Venue::usual();
    let mut raw = Raw::connect(&venue).await;
    for asked in questions(70) {
        let template = asked.template_id();
        raw.send_messages(&[asked, test_request(3)]).await;
        let refused = raw.refused().await;
        assert_eq!(
            refused.message_error.unwrap(),
            MessageError::NotLoggedOn,
            "{refused:?}"
        );
        assert_eq!(refused.ref_template_id, template);
        assert_eq!(refused.request_id, Some(70));
        answers_test(&mut raw, 3).await;
    }
    venue.stop().await;
}

#[tokio::test]
async fn a_logon_that_proves_nothing_is_refused() {
    let venue = Venue::usual();
    // Somebody else's challenge: a logon that was captured and sent again.
    let captured = Raw::connect(&venue).await.logon(ALICE);
    let mut raw = Raw::connect(&venue).await;
    raw.send_messages(&[captured.into()]).await;
    let (reason, text) = raw.end().await;
    assert_eq!(reason, EndReason::BadCredentials);

    let mut raw = Raw::connect(&venue).await;
    let mut wrong = raw.logon(ALICE);
    wrong.signature[7] ^= 1;
    raw.send_messages(&[wrong.into()]).await;
    assert_eq!(raw.end().await, (reason, text.clone()));

    for unknown in [0, 99, u32::MAX] {
        let mut raw = Raw::connect(&venue).await;
        let mut logon = raw.logon(ALICE);
        logon.key_id = KeyId(unknown);
        raw.send_messages(&[logon.into()]).await;
        assert_eq!(
            raw.end().await,
            (reason, text.clone()),
            "which it was is not told"
        );
    }
    venue.stop().await;
}

/// Makes a correct logon impossible.
type Spoil = fn(&mut rialto_protocol::Logon);

#[tokio::test]
async fn a_logon_with_impossible_choices_is_refused() {
    let venue = Venue::usual();
    let cases: [(u32, Spoil, &str); 8] = [
        (
            ALICE,
            |m| m.heartbeat_interval_ms = Some(999),
            "heartbeatIntervalMs 999",
        ),
        (
            ALICE,
            |m| m.heartbeat_interval_ms = Some(60_001),
            "heartbeatIntervalMs 60001",
        ),
        (
            ALICE,
            |m| m.logon_flags = LogonFlags(0x80),
            "logonFlags 0x80",
        ),
        (
            ALICE,
            |m| m.last_report_seq = Some(ReportSeq(1_000)),
            "lastReportSeq 1000",
        ),
        (
            ALICE,
            |m| m.cancel_grace_ms = Some(60_001),
            "cancelGraceMs 60001 is more than 60000",
        ),
        (
            ALICE_READS,
            |m| m.cancel_grace_ms = Some(1),
            "permission Trade",
        ),
        (
            ALICE_READS,
            |m| m.logon_flags = LogonFlags::CANCEL_ON_DISCONNECT,
            "permission Trade",
        ),
        (
            ALICE_READS,
            |m| m.logon_flags = LogonFlags::STAGE_TIMES,
            "stage times are those of commands",
        ),
    ];
    for (key, change, part) in cases {
        let mut raw = Raw::connect(&venue).await;
        let mut logon = raw.logon(key);
        change(&mut logon);
        raw.send_messages(&[logon.into()]).await;
        let (reason, text) = raw.end().await;
        assert_eq!(reason, EndReason::InvalidLogon, "{part}");
        assert!(text.contains(part), "{text}");
    }
    venue.log_on(ALICE).await;
    venue.stop().await;
}

#[tokio::test]
async fn a_client_that_says_nothing_is_ended_in_time() {
    let venue = Venue::usual();
    let begin = Instant::now();
    let mut silent = Raw::connect(&venue).await;
    let mut chatty = Raw::connect(&venue).await;
    chatty.send_messages(&[test_request(1)]).await;
    answers_test(&mut chatty, 1).await;
    // Half a request never becomes a connection.
    let mut half = TcpStream::connect(venue.address()).await.unwrap();
    half.write_all(b"GET /ws/binary HTTP/1.1\r\nHost: x\r\n")
        .await
        .unwrap();
    let mut listener = Raw::connect(&venue).await;
    let subscribe = rialto_protocol::Subscribe {
        request_id: 1,
        instrument_id: None,
        channel: rialto_protocol::Channel::Trades.into(),
    };
    listener.send_messages(&[subscribe.into()]).await;
    assert_eq!(silent.end().await.0, EndReason::LogonTimeout);
    assert_eq!(chatty.end().await.0, EndReason::LogonTimeout);
    assert!(begin.elapsed() >= Duration::from_secs(5));
    let mut rest = Vec::new();
    half.read_to_end(&mut rest).await.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(15));
    // Whoever listens to market data stays.
    assert!(matches!(
        listener.next().await,
        Some(Message::SubscriptionAccepted(_))
    ));
    listener.send_messages(&[test_request(9)]).await;
    answers_test(&mut listener, 9).await;
    let (_, metrics) = get(&venue.address(), "/metrics").await;
    let ended = "rialto_sessions_ended_total{reason=\"LogonTimeout\"} 2";
    assert!(metrics.contains(ended), "{metrics}");
    venue.stop().await;
}

#[tokio::test]
async fn requests_that_are_not_for_here_are_answered_by_http() {
    let venue = Venue::usual();
    let address = venue.address();
    let (head, body) = get(&address, "/nowhere").await;
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    assert!(body.contains("there is no /nowhere"), "{body}");
    let (head, _) = get(&address, "/ws/binary").await;
    assert!(head.starts_with("HTTP/1.1 426"), "{head}");
    let post =
        "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let (head, _) = http(&address, post).await;
    assert!(head.starts_with("HTTP/1.1 405"), "{head}");
    let garbage = "\u{1}\u{2}\u{3} garbage\r\n\r\n";
    let (head, _) = http(&address, garbage).await;
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    venue.stop().await;
}

/// One client trades on while others send mutated messages and noise. Every noisy connection is answered
/// or ended, the trader never notices, and no order exists that the trader did not send.
#[tokio::test]
async fn noise_reaches_neither_the_core_nor_anybody_else() {
    const NOISY: u64 = 60;
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let directory = Directory::load(alice.connection()).await.unwrap();
    let btc = directory.instrument(BTC_USDT).unwrap();
    for seed in 0..NOISY {
        let mut rng = SplitMix64::new(seed);
        let mut raw = Raw::connect(&venue).await;
        for _ in 0..20 {
            // Garbage without a header, a random message body under a known header, or a mutated logon.
            let mut noise: Vec<u8> = (0..rng.index(200))
                .map(|_| u8::try_from(rng.range(0, 255)).unwrap())
                .collect();
            match rng.index(3) {
                0 if noise.len() >= 8 => {
                    let template = u16::try_from(rng.range(0, 130)).unwrap();
                    noise[2..4].copy_from_slice(&template.to_le_bytes());
                    noise[4..6].copy_from_slice(&1_u16.to_le_bytes());
                }
                1 => {
                    noise = bytes(&raw.logon(BOB).into());
                    let at = rng.index(noise.len() - 8) + 8;
                    noise[at] ^= 1 << rng.index(8);
                }
                _ => {}
            }
            if futures_util::SinkExt::send(&mut raw.socket, Frame::binary(noise))
                .await
                .is_err()
            {
                break;
            }
        }
        drop(raw);
        let n = i64::try_from(seed).unwrap();
        let placed = alice.place(order::limit(btc, Side::Buy, Price(5_900_000 - n), Qty(1)));
        assert!(placed.await.unwrap().is_open());
    }
    let mut bob = Raw::connect(&venue).await;
    bob.log_on(BOB).await;
    let image = venue.stop().await;
    assert_eq!(image.order_count, NOISY);
    assert_eq!(
        image.instruments[0].bids.len(),
        usize::try_from(NOISY).unwrap()
    );
}

/// Orders with numbers that make no sense, straight from the wire, are refused one by one.
#[tokio::test]
async fn impossible_numbers_are_refused_one_by_one() {
    let venue = Venue::usual();
    let mut raw = Raw::connect(&venue).await;
    raw.log_on(ALICE).await;
    let decimal = rialto_protocol::Decimal;
    let good = NewOrder {
        client_seq: rialto_types::ClientSeq(1),
        price: Some(decimal(5_900_000_000_000)),
        quantity: Some(decimal(100_000_000)),
        instrument_id: BTC_USDT,
        side: Side::Buy.into(),
        order_type: rialto_protocol::OrderType::Limit.into(),
        time_in_force: Some(rialto_protocol::TimeInForce::Gtc.into()),
        ..NewOrder::default()
    };
    let mut cases = Vec::new();
    for mantissa in [0, -1, i64::MIN + 1, 1, i64::MAX] {
        let price = Some(decimal(mantissa));
        cases.push(NewOrder { price, ..good });
        let quantity = Some(decimal(mantissa));
        cases.push(NewOrder { quantity, ..good });
    }
    cases.push(NewOrder {
        price: None,
        ..good
    });
    cases.push(NewOrder {
        quantity: None,
        ..good
    });
    cases.push(NewOrder {
        instrument_id: InstrumentId(0),
        ..good
    });
    cases.push(NewOrder {
        expiry: Some(Timestamp(1)),
        ..good
    });
    cases.push(NewOrder {
        client_seq: rialto_types::ClientSeq(0),
        ..good
    });
    for order in cases {
        raw.send_messages(&[order.into()]).await;
        let refused = raw.refused().await;
        let reason = refused.reject_reason.unwrap().known();
        assert!(reason.is_some_and(|r| r != RejectReason::Busy), "{order:?}");
        assert!(!refused.text.is_empty());
        assert_eq!(refused.ref_template_id, NewOrder::TEMPLATE_ID);
    }
    let image = venue.stop().await;
    assert_eq!(image.order_count, 0);
}
