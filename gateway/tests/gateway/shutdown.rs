//! The end of the exchange as its clients see it, and what operators are told on the way.

use std::time::{Duration, Instant};

use prometheus_client::registry::Registry;
use rialto_gateway::Gateway;
use rialto_protocol::{EndReason, Message};
use rialto_types::{ClientSeq, RejectReason, Side};

use crate::support::{ALICE, BOB, Raw, Setup, Venue, get, limit, next_of};

#[tokio::test]
async fn health_follows_the_exchange() {
    let gateway = Gateway::bind(Setup::default().config, Registry::default()).unwrap();
    let address = gateway.address().to_string();
    let (head, body) = get(&address, "/healthz").await;
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    assert_eq!(body, "{\"status\":\"recovering\"}\n");
    let (head, _) = get(&address, "/metrics").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");

    let venue = Venue::open(gateway, &Setup::default());
    let (head, body) = get(&address, "/healthz").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body, "{\"status\":\"open\"}\n");

    venue.gateway.drain();
    let (head, body) = get(&address, "/healthz").await;
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    assert_eq!(body, "{\"status\":\"draining\"}\n");
    let mut late = Raw::connect_to(&address).await;
    assert_eq!(late.end().await.0, EndReason::ShuttingDown);
    venue.stop().await;
    assert!(
        tokio::net::TcpStream::connect(&address).await.is_err(),
        "nobody listens any more"
    );
}

/// Orders that were taken are answered, orders that come too late are refused, then every client is told
/// why it ends.
#[tokio::test]
async fn a_closing_exchange_finishes_what_it_has_taken() {
    let mut venue = Venue::usual();
    let mut alice = Raw::connect(&venue).await;
    alice.log_on(ALICE).await;
    venue.hold(true);
    let orders: Vec<Message> = (1..=50)
        .map(|n| {
            let mut order = limit(Side::Buy, 5_900_000, 1);
            order.client_seq = ClientSeq(n);
            order.into()
        })
        .collect();
    alice.send_messages(&orders).await;
    // Bob's order is answered by the gate alone: by then Alice's are in the ring.
    let mut bob = Raw::connect(&venue).await;
    bob.log_on(BOB).await;
    while venue.ring_depth().await < 50 {
        tokio::task::yield_now().await;
    }
    venue.gateway.drain();
    let mut late = limit(Side::Buy, 5_900_000, 1);
    late.client_seq = ClientSeq(1);
    bob.send_messages(&[late.into()]).await;
    let refused = bob.refused().await;
    assert_eq!(refused.reject_reason.unwrap(), RejectReason::ShuttingDown);
    let image = venue.stop_core().await;
    assert_eq!(image.order_count, 50);
    let closing = tokio::spawn(venue.gateway.close());
    let mut accepted = 0;
    let end = loop {
        match alice.next().await.unwrap() {
            Message::ExecutionReport(_) => accepted += 1,
            Message::BalanceUpdate(_) => {}
            Message::Logout(logout) => break logout,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(accepted, 50);
    assert_eq!(end.end_reason, EndReason::ShuttingDown);
    assert!(alice.next().await.is_none());
    assert_eq!(bob.end().await.0, EndReason::ShuttingDown);
    closing.await.unwrap();
}

/// A client that does not read its last words does not hold the exchange.
#[tokio::test]
async fn nobody_holds_up_the_end() {
    let venue = Venue::usual();
    let _silent = venue.log_on(ALICE).await;
    let _raw = Raw::connect(&venue).await;
    let begin = Instant::now();
    venue.stop().await;
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let mut bob = venue.log_on(BOB).await;
    bob.place(limit(Side::Sell, 6_000_000, 1)).await.unwrap();
    alice.place(limit(Side::Buy, 6_000_000, 1)).await.unwrap();
    assert!(alice.place(limit(Side::Buy, 9_000_000, 1)).await.is_err());
    assert!(
        alice
            .place(limit(Side::Sell, 6_000_000, 1_000_000))
            .await
            .is_ok()
    );
    let too_much = alice.place(limit(Side::Sell, 6_000_000, 1_000_000)).await;
    assert!(too_much.is_ok());
    for _ in 0..9 {
        drop(alice.place(limit(Side::Sell, 6_000_000, 1_000_000)).await);
    }
    next_of(&mut bob, |message| match message {
        Message::ExecutionReport(report) => report.trade_id,
        _ => None,
    })
    .await;
    let (_, metrics) = get(&venue.address(), "/metrics").await;
    for line in [
        "rialto_connections 2",
        "rialto_traders 2",
        "rialto_logons_total 2",
        "rialto_events_total{kind=\"trade\"} 1",
        "rialto_gate_refusals_total{reason=\"PriceAboveCollar\"} 1",
        "rialto_core_rejections_total{reason=\"InsufficientFunds\"}",
        "rialto_ring_capacity_messages{ring=\"events\"} 4096",
        "rialto_ring_messages{ring=\"commands\"} 0",
        "# TYPE rialto_publish_lag_seconds gauge",
        "# TYPE rialto_received_bytes counter",
        "rialto_sent_bytes_total ",
        "# EOF",
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    // What this test would have to wait for: the two sessions are gone from the gauges once closed.
    drop((alice, bob));
    loop {
        let (_, metrics) = get(&venue.address(), "/metrics").await;
        if metrics.contains("rialto_traders 0") && metrics.contains("rialto_connections 0") {
            break;
        }
    }
    venue.stop().await;
}
