//! Many subscribers to one busy book, some of whom never read: those who read have the exchange's book,
//! those who do not cost nobody anything. `RIALTO_SOAK=1` makes them a thousand each, and prints how long an
//! order takes with and without them.

use std::time::{Duration, Instant};

use rialto_client::{BookFeed, Connection, Directory, FeedStep, OrderBookFeed};
use rialto_protocol::{Channel, Subscribe};
use rialto_types::{Price, Side};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::support::{ALICE, BTC_USDT, Raw, Venue, limit};

fn is_long() -> bool {
    std::env::var_os("RIALTO_SOAK").is_some()
}

/// Best price, quantity and count of orders of each level.
type Levels = Vec<(Price, i64, u32)>;

fn levels_of(feed: &BookFeed) -> [Levels; 2] {
    [Side::Buy, Side::Sell].map(|side| {
        let levels = feed.book().levels(side);
        levels.map(|(p, l)| (p, l.qty.0, l.order_count)).collect()
    })
}

/// The book of a channel at the change that is named at last, and how often it was told of one.
async fn follow(
    mut connection: Connection,
    channel: Channel,
    mut until: watch::Receiver<Option<u64>>,
) -> ([Levels; 2], u64) {
    let directory = Directory::load(&mut connection).await.unwrap();
    let btc = directory.instrument(BTC_USDT).unwrap();
    let feed = BookFeed::subscribe_to(&mut connection, btc, channel).await;
    let mut feed = feed.unwrap();
    let mut changes = 0;
    loop {
        let target = *until.borrow_and_update();
        if target.is_some() && feed.book().book_seq() >= target {
            return (levels_of(&feed), changes);
        }
        tokio::select! {
            message = connection.next() => {
                let step = feed.apply(&mut connection, &message.unwrap()).await.unwrap();
                assert!(!matches!(step, FeedStep::Resubscribed(_)), "{step:?}");
                changes += u64::from(step == FeedStep::Changed);
            }
            named = until.changed() => named.unwrap(),
        }
    }
}

/// Places and replaces orders; tells how long each took, the slowest last.
async fn work(venue: &Venue, orders: i64) -> Vec<Duration> {
    let mut alice = venue.log_on(ALICE).await;
    let mut taken = Vec::new();
    for n in 0..orders {
        let begun = Instant::now();
        let order = limit(Side::Buy, 5_900_000 + n % 50, 1 + n % 7);
        alice.place(order).await.unwrap();
        taken.push(begun.elapsed());
    }
    taken.sort_unstable();
    taken
}

async fn subscribed(venue: &Venue, channel: Channel) -> Raw {
    let mut raw = Raw::connect(venue).await;
    let subscribe = Subscribe {
        request_id: 1,
        instrument_id: Some(BTC_USDT),
        channel: channel.into(),
    };
    raw.send_messages(&[subscribe.into()]).await;
    raw
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_is_told_and_those_who_never_read_cost_nobody_anything() {
    let (crowd, orders) = if is_long() {
        (1_000, 10_000)
    } else {
        (30, 1_500)
    };
    let venue = Venue::usual();
    let alone = work(&venue, orders).await;

    let (name_end, end) = watch::channel(None);
    let mut followers: Vec<JoinHandle<([Levels; 2], u64)>> = Vec::new();
    let mut frozen = Vec::new();
    for n in 0..crowd {
        let channel = [Channel::L2Book10ms, Channel::L2Book100ms][n % 2];
        let connection = venue.connect().await;
        followers.push(tokio::spawn(follow(connection, channel, end.clone())));
        frozen.push(subscribed(&venue, channel).await);
    }
    let crowded = work(&venue, orders).await;
    let mut reference = venue.connect().await;
    let directory = Directory::load(&mut reference).await.unwrap();
    let btc = directory.instrument(BTC_USDT).unwrap();
    let mut feed = OrderBookFeed::subscribe(&mut reference, btc).await.unwrap();
    while feed.book().book_seq().is_none() {
        let message = reference.next().await.unwrap();
        feed.apply(&mut reference, &message).await.unwrap();
    }
    let last = feed.book().book_seq().unwrap();
    name_end.send(Some(last)).unwrap();
    let mut levels: [Levels; 2] = Default::default();
    for order in feed.book().orders(Side::Buy) {
        match levels[0].last_mut() {
            Some(level) if level.0 == order.price => {
                (level.1, level.2) = (level.1 + order.qty.0, level.2 + 1);
            }
            _ => levels[0].push((order.price, order.qty.0, 1)),
        }
    }
    for follower in followers {
        let (told, changes) = follower.await.unwrap();
        assert_eq!(told, levels);
        assert!(changes < last, "{changes} of {last}: conflated");
    }
    if is_long() {
        let at = |taken: &[Duration], part: usize| taken[taken.len() * part / 100];
        for (name, taken) in [("alone", &alone), ("crowded", &crowded)] {
            let (half, most) = (at(taken, 50), at(taken, 99));
            println!("{name}: p50 {half:?}, p99 {most:?}, {crowd} read, {crowd} do not");
        }
    }
    drop(frozen);
    venue.stop().await;
}
