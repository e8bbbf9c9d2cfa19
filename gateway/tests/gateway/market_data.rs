//! Market data: a client that follows the stream has the exchange's own book, never crossed, at any time.

use rialto_client::{BookFeed, Connection, Directory, FeedStep};
use rialto_gateway::models::TAPE_TRADES;
use rialto_protocol::{
    Channel, InstrumentDefinition, L2Update, Message, SetFees, SetInstrumentState, TopOfBook,
    TradeTick,
};
use rialto_reference::scenario::SplitMix64;
use rialto_types::{ClientSeq, CommandKind, InstrumentState, Ppm, Price, Side};

use crate::support::{ADMIN, ALICE, BOB, BTC_USDT, CAROL, ETH_USDT, Raw, Venue, limit, next_of};

/// Sends orders of both sides around the same prices, some of which trade, replace or cancel.
async fn trade(venue: &Venue, key: u32, seed: u64, count: u64) {
    let mut session = venue.log_on(key).await;
    let mut rng = SplitMix64::new(seed);
    for _ in 0..count {
        let side = rng.pick(&[Side::Buy, Side::Sell]);
        let mut order = limit(side, rng.range(5_999_990, 6_000_010), rng.range(1, 30));
        if rng.percent(30) {
            order.time_in_force = Some(rialto_protocol::TimeInForce::Ioc.into());
        }
        session.submit(order).unwrap();
        if rng.percent(3) {
            let all = rialto_protocol::MassCancel {
                instrument_id: Some(BTC_USDT),
                ..rialto_protocol::MassCancel::default()
            };
            session.submit(all).unwrap();
        }
        session.flush().await.unwrap();
        if rng.percent(10) {
            session.open_orders(None, None).await.unwrap();
        }
    }
    session.open_orders(None, None).await.unwrap();
}

/// Follows the book until the exchange says that it ends; checks it after every change.
async fn follow(mut connection: Connection) -> BookFeed {
    let directory = Directory::load(&mut connection).await.unwrap();
    let btc = directory.instrument(BTC_USDT).unwrap();
    let mut feed = BookFeed::subscribe(&mut connection, btc).await.unwrap();
    loop {
        let Ok(message) = connection.next().await else {
            return feed;
        };
        let step = feed.apply(&mut connection, &message).await.unwrap();
        assert!(
            !matches!(step, FeedStep::Resubscribed(_)),
            "nothing is missed: {step:?}"
        );
        if step == FeedStep::Changed {
            let best = [Side::Buy, Side::Sell].map(|side| feed.book().best(side));
            if let [Some((bid, _)), Some((ask, _))] = best {
                assert!(bid < ask, "crossed: {bid} {ask}");
            }
        }
    }
}

#[tokio::test]
async fn a_follower_has_the_exchanges_book_whenever_it_began() {
    let venue = Venue::usual();
    let early = tokio::spawn(follow(venue.connect().await));
    tokio::join!(trade(&venue, ALICE, 1, 400), trade(&venue, BOB, 2, 400));
    let late = tokio::spawn(follow(venue.connect().await));
    tokio::join!(trade(&venue, ALICE, 3, 400), trade(&venue, CAROL, 4, 400));
    let image = venue.stop().await;
    for follower in [early, late] {
        let feed = follower.await.unwrap();
        for (side, orders) in [
            (Side::Buy, &image.instruments[0].bids),
            (Side::Sell, &image.instruments[0].asks),
        ] {
            let mut levels: Vec<(Price, i64, u32)> = Vec::new();
            for order in orders {
                let price = order.kind.price().unwrap();
                if levels.last().is_none_or(|last| last.0 != price) {
                    levels.push((price, 0, 0));
                }
                let level = levels.last_mut().unwrap();
                level.1 += order.leaves;
                level.2 += 1;
            }
            let told = feed.book().levels(side);
            let told: Vec<_> = told.map(|(p, l)| (p, l.qty.0, l.order_count)).collect();
            assert_eq!(told, levels, "{side:?}");
        }
    }
}

async fn subscribed(venue: &Venue, channel: Channel) -> Connection {
    let mut connection = venue.connect().await;
    connection.subscribe(channel, None).await.unwrap();
    connection
}

async fn top(connection: &mut Connection) -> TopOfBook {
    loop {
        if let Message::TopOfBook(top) = connection.next().await.unwrap() {
            return top;
        }
    }
}

#[tokio::test]
async fn the_top_of_the_book_is_told_at_once_and_when_it_changes() {
    let venue = Venue::usual();
    let mut reader = subscribed(&venue, Channel::TopOfBook).await;
    for instrument in [BTC_USDT, ETH_USDT] {
        let empty = top(&mut reader).await;
        assert_eq!(empty.instrument_id, instrument);
        assert_eq!((empty.bid_price, empty.ask_price), (None, None));
    }
    let mut alice = venue.log_on(ALICE).await;
    alice.place(limit(Side::Buy, 5_900_000, 3)).await.unwrap();
    let bid = top(&mut reader).await;
    assert_eq!(bid.bid_price.unwrap().to_string(), "59000");
    assert_eq!(bid.bid_quantity.unwrap().to_string(), "0.0003");
    assert_eq!(bid.bid_order_count, 1);
    // What lies deeper changes nothing at the top.
    alice.place(limit(Side::Buy, 5_800_000, 3)).await.unwrap();
    alice.place(limit(Side::Sell, 6_100_000, 3)).await.unwrap();
    let both = top(&mut reader).await;
    assert_eq!(both.ask_price.unwrap().to_string(), "61000");
    assert_eq!(both.bid_order_count, 1);
    assert!(both.core_seq.0 > bid.core_seq.0 + 1);
    venue.stop().await;
}

#[tokio::test]
async fn definitions_are_told_at_once_and_when_they_change() {
    let venue = Venue::usual();
    let mut reader = subscribed(&venue, Channel::Instruments).await;
    let mut told = Vec::new();
    for _ in 0..5 {
        told.push(reader.next().await.unwrap().name());
    }
    let (asset, instrument) = ("AssetDefinition", "InstrumentDefinition");
    assert_eq!(told, [asset, asset, asset, instrument, instrument]);

    let mut admin = venue.log_on(ADMIN).await;
    let fees = SetFees {
        client_seq: ClientSeq(0),
        instrument_id: BTC_USDT,
        maker_fee: Ppm(7),
        taker_fee: Ppm(8),
    };
    assert_eq!(
        admin.administer(fees).await.unwrap().command,
        CommandKind::SetFees
    );
    let Message::InstrumentDefinition(InstrumentDefinition {
        maker_fee,
        taker_fee,
        ..
    }) = reader.next().await.unwrap()
    else {
        panic!("the definition comes again");
    };
    assert_eq!((maker_fee, taker_fee), (Ppm(7), Ppm(8)));
    let halt = SetInstrumentState {
        client_seq: ClientSeq(0),
        instrument_id: ETH_USDT,
        state: InstrumentState::Halted.into(),
    };
    admin.administer(halt).await.unwrap();
    let Message::InstrumentStatus(status) = reader.next().await.unwrap() else {
        panic!("the new state is told");
    };
    assert_eq!(status.instrument_id, ETH_USDT);
    assert_eq!(status.state, InstrumentState::Halted);
    venue.stop().await;
}

/// A subscription to one instrument beside one to all does not bring its messages twice.
#[tokio::test]
async fn nothing_is_told_twice_to_one_session() {
    let venue = Venue::usual();
    let mut raw = Raw::connect(&venue).await;
    for (request_id, instrument_id) in [(1, Some(BTC_USDT)), (2, None)] {
        let subscribe = rialto_protocol::Subscribe {
            request_id,
            instrument_id,
            channel: Channel::L2Book.into(),
        };
        raw.send_messages(&[subscribe.into()]).await;
    }
    let mut alice = venue.log_on(ALICE).await;
    for n in 0..3 {
        alice
            .place(limit(Side::Buy, 5_900_000 + n, 1))
            .await
            .unwrap();
    }
    let mut updates: Vec<L2Update> = Vec::new();
    while updates.len() < 3 {
        match raw.next().await.unwrap() {
            Message::L2Update(update) => updates.push(update),
            Message::SubscriptionAccepted(_)
            | Message::L2Snapshot(_)
            | Message::BookChecksum(_) => {}
            other => panic!("{other:?}"),
        }
    }
    let numbers: Vec<_> = updates
        .iter()
        .map(|u| (u.previous_book_seq, u.book_seq))
        .collect();
    assert_eq!(numbers, [(0, 1), (1, 2), (2, 3)]);
    venue.stop().await;
}

#[tokio::test]
async fn a_subscription_ends_when_asked() {
    let venue = Venue::usual();
    let mut reader = subscribed(&venue, Channel::Trades).await;
    let again = reader.subscribe(Channel::Trades, None).await.unwrap_err();
    assert!(again.to_string().contains("already"), "{again}");
    reader.unsubscribe(Channel::Trades, None).await.unwrap();
    let twice = reader.unsubscribe(Channel::Trades, None).await.unwrap_err();
    assert!(twice.to_string().contains("no subscription"), "{twice}");
    let unknown = Some(rialto_types::InstrumentId(9));
    let nowhere = reader
        .subscribe(Channel::Trades, unknown)
        .await
        .unwrap_err();
    assert!(nowhere.to_string().contains("no instrument 9"), "{nowhere}");

    let mut bob = venue.log_on(BOB).await;
    let mut alice = venue.log_on(ALICE).await;
    bob.place(limit(Side::Sell, 6_000_000, 5)).await.unwrap();
    alice.place(limit(Side::Buy, 6_000_000, 5)).await.unwrap();
    next_of(&mut bob, |message| match message {
        Message::ExecutionReport(report) => report.trade_id,
        _ => None,
    })
    .await;
    // The next thing that the reader is told is the answer to what it asks now.
    reader
        .subscribe(Channel::Trades, Some(ETH_USDT))
        .await
        .unwrap();
    assert!(reader.try_next().unwrap().is_none());
    venue.stop().await;
}

/// The next so many trades that a subscriber is told.
async fn trades_told(connection: &mut Connection, count: usize) -> Vec<TradeTick> {
    let mut ticks = Vec::new();
    while ticks.len() < count {
        if let Message::TradeTick(tick) = connection.next().await.unwrap() {
            ticks.push(tick);
        }
    }
    ticks
}

#[tokio::test]
async fn a_subscription_to_trades_begins_with_the_latest() {
    let venue = Venue::usual();
    let mut live = subscribed(&venue, Channel::Trades).await;
    let mut bob = venue.log_on(BOB).await;
    let mut alice = venue.log_on(ALICE).await;
    // More than are kept.
    let count = TAPE_TRADES + 7;
    for _ in 0..count {
        bob.place(limit(Side::Sell, 6_000_000, 1)).await.unwrap();
        alice.place(limit(Side::Buy, 6_000_000, 1)).await.unwrap();
    }
    let mut all = trades_told(&mut live, count).await;
    for instrument in [None, Some(BTC_USDT)] {
        let mut late = venue.connect().await;
        late.subscribe(Channel::Trades, instrument).await.unwrap();
        let again = trades_told(&mut late, TAPE_TRADES).await;
        assert_eq!(again, all[all.len() - TAPE_TRADES..]);
        bob.place(limit(Side::Sell, 6_000_000, 1)).await.unwrap();
        alice.place(limit(Side::Buy, 6_000_000, 1)).await.unwrap();
        let next = trades_told(&mut live, 1).await;
        assert_eq!(
            trades_told(&mut late, 1).await,
            next,
            "each once, from then on"
        );
        all.extend(next);
    }
    venue.stop().await;
}
