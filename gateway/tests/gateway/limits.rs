//! What happens at each bound: full rings, rates, connections, readers that do not read.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use rialto_gateway::{GatewayConfig, PublisherLimits};
use rialto_protocol::{
    CancelOrder, Channel, EndReason, ExecutionReport, Message, Refused, Subscribe, Unsubscribe,
};
use rialto_ring::CommandRingSize;
use rialto_risk::{GateLimits, Rate};
use rialto_types::{ClientSeq, OrderId, RejectReason, Side};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{ALICE, ALICE_TOO, BOB, BTC_USDT, CAROL, Raw, Setup, Venue, limit, next_of};

fn refused(message: Message) -> Option<Refused> {
    match message {
        Message::Refused(refused) => Some(refused),
        _ => None,
    }
}

fn report(message: Message) -> Option<ExecutionReport> {
    match message {
        Message::ExecutionReport(report) => Some(report),
        _ => None,
    }
}

/// With the core standing still, orders fill nine tenths of the ring, cancels the last tenth; what comes
/// after is told Busy at once, and everything that was taken is answered when the core goes on.
#[tokio::test]
async fn a_full_ring_answers_busy_and_cancels_get_through() {
    let venue = Venue::start(&Setup {
        commands: CommandRingSize {
            orders_and_cancels: 100,
            reserved: 4,
        },
        ..Setup::default()
    });
    let mut alice = venue.log_on(ALICE).await;
    venue.hold(true);
    // One command may be on its way into the core already, so that a few orders more may fit.
    for n in 0..200 {
        alice.submit(limit(Side::Buy, 5_900_000 - n, 1)).unwrap();
    }
    alice.flush().await.unwrap();
    let mut busy = Vec::new();
    while busy.len() < 110 {
        let told = next_of(&mut alice, refused).await;
        assert_eq!(told.reject_reason.unwrap(), RejectReason::Busy);
        assert!(!told.text.is_empty());
        busy.push(told.client_seq.unwrap());
    }
    assert!(busy.is_sorted());
    let mut bob = venue.log_on(BOB).await;
    for _ in 0..20 {
        let cancel = CancelOrder {
            order_id: Some(OrderId(1)),
            instrument_id: BTC_USDT,
            ..CancelOrder::default()
        };
        bob.submit(cancel).unwrap();
    }
    bob.flush().await.unwrap();
    for _ in 0..10 {
        let told = next_of(&mut bob, refused).await;
        assert_eq!(told.reject_reason.unwrap(), RejectReason::Busy);
    }
    venue.hold(false);
    for _ in 0..90 {
        let told = next_of(&mut alice, report).await;
        assert!(!busy.contains(&told.client_seq.unwrap()));
    }
    for _ in 0..10 {
        let told = next_of(&mut bob, report).await;
        assert_eq!(told.reject_reason.unwrap(), RejectReason::UnknownOrder);
    }
    let image = venue.stop().await;
    assert_eq!(image.order_count, 90);
}

#[tokio::test]
async fn rates_count_for_the_key_and_spare_cancels() {
    let rate = |burst| {
        Some(Rate {
            per_second: 1,
            burst,
        })
    };
    let venue = Venue::start(&Setup {
        config: GatewayConfig {
            rates: GateLimits {
                orders: rate(3),
                cancels: rate(2),
            },
            ..Setup::default().config
        },
        ..Setup::default()
    });
    let mut alice = venue.log_on(ALICE).await;
    for n in 0..3 {
        assert!(
            alice
                .place(limit(Side::Buy, 5_900_000 - n, 1))
                .await
                .is_ok()
        );
    }
    alice.submit(limit(Side::Buy, 5_900_000, 1)).unwrap();
    alice.flush().await.unwrap();
    let told = next_of(&mut alice, refused).await;
    assert_eq!(told.reject_reason.unwrap(), RejectReason::RateExceeded);
    assert!(
        (1..=1_000_000_000).contains(&told.value),
        "how long to wait: {}",
        told.value
    );
    assert_eq!(told.limit, 1);
    // A new connection brings no new budget, another key has its own.
    drop(alice);
    let mut alice = venue.log_on(ALICE).await;
    alice.submit(limit(Side::Buy, 5_900_000, 1)).unwrap();
    alice.submit(limit(Side::Buy, 5_900_000, 1)).unwrap();
    alice.flush().await.unwrap();
    let told = next_of(&mut alice, refused).await;
    assert_eq!(told.reject_reason.unwrap(), RejectReason::RateExceeded);
    assert_eq!(
        alice
            .mass_cancel(rialto_protocol::MassCancel::default())
            .await
            .unwrap(),
        3
    );
    let mut other = venue.log_on(ALICE_TOO).await;
    assert!(other.place(limit(Side::Buy, 5_900_000, 1)).await.is_ok());
    venue.stop().await;
}

#[tokio::test]
async fn connections_are_bounded_and_places_are_given_back() {
    let venue = Venue::start(&Setup {
        config: GatewayConfig {
            connections_per_address_max: 3,
            ..Setup::default().config
        },
        ..Setup::default()
    });
    let first = Raw::connect(&venue).await;
    let _second = Raw::connect(&venue).await;
    let _third = Raw::connect(&venue).await;
    let mut fourth = Raw::connect_to(&venue.address()).await;
    let (reason, text) = fourth.end().await;
    assert_eq!(reason, EndReason::TooManySessions);
    assert!(text.contains('3'), "{text}");
    drop(first);
    // The place is free as soon as the exchange has noticed.
    let begin = Instant::now();
    loop {
        let mut again = Raw::connect_to(&venue.address()).await;
        if matches!(again.next().await, Some(Message::Challenge(_))) {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
    venue.stop().await;
}

fn narrow() -> Setup {
    Setup {
        config: GatewayConfig {
            publisher: PublisherLimits {
                trader_queue_bytes_max: 256 << 10,
                public_queue_bytes_max: 64 << 10,
                subscriptions_per_session_max: 2,
            },
            ..Setup::default().config
        },
        ..Setup::default()
    }
}

/// Readers that never read are ended; meanwhile a trader and a reader that reads notice nothing.
#[tokio::test]
async fn a_reader_that_does_not_read_is_ended_and_nobody_else_notices() {
    const ORDERS: u64 = 20_000;
    let venue = Venue::start(&narrow());
    let mut stalled = Vec::new();
    for _ in 0..5 {
        let mut raw = Raw::connect(&venue).await;
        let subscribe = Subscribe {
            request_id: 1,
            instrument_id: Some(BTC_USDT),
            channel: Channel::L2Book.into(),
        };
        raw.send_messages(&[subscribe.into()]).await;
        stalled.push(raw);
    }
    let mut reader = venue.connect().await;
    reader.subscribe(Channel::Trades, None).await.unwrap();
    let reading = tokio::spawn(async move {
        for n in 1..=ORDERS {
            let told = reader.next().await.unwrap();
            assert!(
                matches!(&told, Message::TradeTick(tick) if tick.trade_id.0 == n),
                "{told:?}"
            );
        }
    });
    let mut bob = venue.log_on(BOB).await;
    assert!(
        bob.place(limit(Side::Sell, 6_000_000, 1_000_000))
            .await
            .unwrap()
            .is_open()
    );
    let mut carol = venue.log_on(CAROL).await;
    for _ in 0..ORDERS / 100 {
        // Each trades one lot, so that each is a trade and changes the book.
        for _ in 0..100 {
            carol.submit(limit(Side::Buy, 6_000_000, 1)).unwrap();
        }
        carol.flush().await.unwrap();
        for _ in 0..200 {
            next_of(&mut carol, report).await;
        }
    }
    reading.await.unwrap();
    // The sockets' own buffers hold some of it: what they do not hold has ended the sessions.
    for mut raw in stalled {
        let mut last_change = 0;
        while let Some(message) = raw.next().await {
            match message {
                Message::L2Update(update) => last_change = update.book_seq,
                // Whoever reads at last is told why.
                Message::Logout(told) => assert_eq!(told.end_reason, EndReason::SlowConsumer),
                _ => {}
            }
        }
        assert!(
            last_change < ORDERS,
            "the session was ended before the last change"
        );
    }
    let (_, metrics) = crate::support::get(&venue.address(), "/metrics").await;
    // The five, and Bob, who reads none of his 20,000 reports.
    let ended = "rialto_sessions_ended_total{reason=\"SlowConsumer\"} 6";
    assert!(metrics.contains(ended), "{metrics}");
    venue.stop().await;
}

#[tokio::test]
async fn subscriptions_are_bounded() {
    let venue = Venue::start(&narrow());
    let mut reader = venue.connect().await;
    reader.subscribe(Channel::Trades, None).await.unwrap();
    reader.subscribe(Channel::TopOfBook, None).await.unwrap();
    let third = reader
        .subscribe(Channel::Instruments, None)
        .await
        .unwrap_err();
    assert!(third.to_string().contains("at most 2"), "{third}");
    reader.unsubscribe(Channel::Trades, None).await.unwrap();
    reader.subscribe(Channel::Instruments, None).await.unwrap();
    venue.stop().await;
}

/// A client sequence is used up by what the core has taken, not by what the gate refused.
#[tokio::test]
async fn what_was_busy_may_come_again_under_the_same_number() {
    let venue = Venue::start(&Setup {
        commands: CommandRingSize {
            orders_and_cancels: 10,
            reserved: 1,
        },
        ..Setup::default()
    });
    let mut raw = Raw::connect(&venue).await;
    raw.log_on(ALICE).await;
    venue.hold(true);
    let order = |number: u64| {
        let mut order = limit(Side::Buy, 5_900_000, 1);
        order.client_seq = ClientSeq(number);
        Message::NewOrder(order)
    };
    let orders: Vec<_> = (1..=30).map(order).collect();
    raw.send_messages(&orders).await;
    let first = raw.refused().await.client_seq.unwrap().0;
    for number in first + 1..=30 {
        let told = raw.refused().await;
        assert_eq!(told.client_seq, Some(ClientSeq(number)));
    }
    venue.hold(false);
    for number in 1..first {
        loop {
            match raw.next().await.unwrap() {
                Message::ExecutionReport(told) => {
                    assert_eq!(told.client_seq, Some(ClientSeq(number)));
                    break;
                }
                Message::BalanceUpdate(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    raw.send_messages(&[order(first)]).await;
    loop {
        match raw.next().await.unwrap() {
            Message::ExecutionReport(told) => {
                assert_eq!(told.client_seq, Some(ClientSeq(first)));
                break;
            }
            Message::BalanceUpdate(_) => {}
            other => panic!("{other:?}"),
        }
    }
    venue.stop().await;
}

/// One frame asks for the same deep book again and again, and nothing is read: what the client has not
/// read is not added to, so the rest of the frame is never acted on.
#[tokio::test]
async fn snapshots_do_not_pile_up_for_a_client_that_does_not_read() {
    const LEVELS: i64 = 3_000;
    const TIMES: usize = 380;
    let venue = Venue::start(&Setup {
        config: GatewayConfig {
            heartbeat_interval: Duration::from_millis(500),
            ..Setup::default().config
        },
        ..Setup::default()
    });
    let mut bob = venue.log_on(BOB).await;
    for n in 0..LEVELS {
        bob.submit(limit(Side::Sell, 6_000_000 + n, 1)).unwrap();
    }
    bob.flush().await.unwrap();
    for _ in 0..LEVELS {
        next_of(&mut bob, report).await;
    }
    drop(bob);
    let mut greedy = Raw::connect(&venue).await;
    let (request_id, instrument_id) = (1, Some(BTC_USDT));
    let channel = Channel::L2Book.into();
    let again = [
        Message::from(Subscribe {
            request_id,
            instrument_id,
            channel,
        }),
        Message::from(Unsubscribe {
            request_id,
            instrument_id,
            channel,
        }),
    ];
    let frame: Vec<_> = std::iter::repeat_n(again, TIMES).flatten().collect();
    greedy.send_messages(&frame).await;
    let count = |metrics: &str, name: &str| -> usize {
        let line = metrics.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let begin = Instant::now();
    let metrics = loop {
        let (_, metrics) = crate::support::get(&venue.address(), "/metrics").await;
        if count(&metrics, "rialto_connections ") == 0 {
            break metrics;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{metrics}");
    };
    let of_bob = usize::try_from(LEVELS).unwrap();
    let acted_on = count(&metrics, "rialto_messages_received_total ") - of_bob;
    assert!(acted_on > 2, "the first ones are answered");
    assert!(acted_on < 2 * TIMES, "all {acted_on} were acted on");
    venue.stop().await;
}

/// Clients that send half a request, or requests whose answers they do not read, lock nobody out: an
/// address has its share of the places, and each place is lent for a bounded time.
#[tokio::test]
async fn nobody_can_take_or_keep_all_places_for_requests() {
    let venue = Venue::usual();
    let address = venue.address();
    let reads_nothing = TcpStream::connect(&address).await.unwrap();
    let begin = Instant::now();
    let mut halves = Vec::new();
    for _ in 0..300 {
        let mut half = TcpStream::connect(&address).await.unwrap();
        // Beyond the share of the address the connection may be closed already.
        drop(half.write_all(b"GET /healthz HTTP/1.1\r\n").await);
        halves.push(half);
    }
    let elsewhere = TcpSocket::new_v4().unwrap();
    elsewhere.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut elsewhere = elsewhere.connect(address.parse().unwrap()).await.unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    elsewhere.write_all(request).await.unwrap();
    let mut answer = String::new();
    elsewhere.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let closed = async {
        let requests = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
        loop {
            reads_nothing.writable().await.unwrap();
            match reads_nothing.try_write(requests.as_bytes()) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => break error,
            }
        }
    };
    let patience = Duration::from_secs(20);
    let closed = tokio::time::timeout(patience, closed).await;
    assert!(closed.is_ok(), "it still has its place");
    assert!(begin.elapsed() >= Duration::from_secs(5));
    drop(halves);
    venue.stop().await;
}
