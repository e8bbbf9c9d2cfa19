//! A book feed follows its instrument, and subscribes anew when it has missed something.

use rialto_client::{BookError, BookFeed, ClientError, Directory, FeedStep, ListedInstrument};
use rialto_protocol::definition::instrument_definition;
use rialto_protocol::refusal::Pair;
use rialto_protocol::{
    BookFlags, Decimal, Group, L2Snapshot, L2Update, Level, Message, Scaled, SubscriptionAccepted,
    TradeTick,
};
use rialto_types::{
    Amount, Asset, AssetId, Instrument, InstrumentId, InstrumentSpec, Ppm, Price, Qty, Seq, Side,
    Symbol,
};

use crate::fake::{Fake, connected};

/// An instrument with a tick and a lot of one.
pub(crate) fn plain() -> ListedInstrument {
    let asset = |symbol| Asset {
        symbol: Symbol::new(symbol).unwrap(),
        decimals: 0,
    };
    let (base, quote) = (asset("A"), asset("B"));
    let spec = InstrumentSpec {
        symbol: Symbol::new("A-B").unwrap(),
        base: AssetId(1),
        quote: AssetId(2),
        tick_mantissa: 100_000_000,
        lot_mantissa: 100_000_000,
        min_qty: Qty(1),
        max_qty: Qty(1_000),
        min_notional: Amount(0),
        max_notional: Amount::MAX,
        collar: Ppm(100_000),
        reference_price: Price(100),
        maker_fee: Ppm(0),
        taker_fee: Ppm(0),
    };
    let instrument = &Instrument::new(InstrumentId(1), spec, &base, &quote).unwrap();
    let (base, quote) = (&base, &quote);
    let pair = Pair {
        instrument,
        base,
        quote,
    };
    let mut directory = Directory::default();
    let definition = Message::InstrumentDefinition(instrument_definition(pair, Seq(1)));
    directory.apply(&definition).unwrap();
    *directory.by_symbol("A-B").unwrap()
}

fn bid(price: i64, qty: i64) -> Group<Level, { L2Update::LEVELS_MAX }> {
    let level = Level {
        price: Decimal(price * 100_000_000),
        quantity: Scaled {
            mantissa: qty,
            exponent: 0,
        },
        order_count: 1,
        side: Side::Buy.into(),
    };
    Group::try_from(vec![level]).unwrap()
}

fn snapshot(book_seq: u64, qty: i64) -> Message {
    Message::L2Snapshot(L2Snapshot {
        instrument_id: InstrumentId(1),
        book_seq,
        book_flags: BookFlags::FIRST.with(BookFlags::LAST),
        levels: bid(99, qty),
        ..L2Snapshot::default()
    })
}

fn update(book_seq: u64, qty: i64) -> Message {
    Message::L2Update(L2Update {
        instrument_id: InstrumentId(1),
        book_seq,
        previous_book_seq: book_seq - 1,
        book_flags: BookFlags::FIRST.with(BookFlags::LAST),
        levels: bid(99, qty),
        ..L2Update::default()
    })
}

/// Reads an unsubscription and a subscription and accepts both, with an old message in between.
async fn accept_again(fake: &mut Fake, between: Message) {
    let Message::Unsubscribe(end) = fake.request().await else {
        panic!("expected the old subscription to be ended");
    };
    fake.send(&[
        between,
        Message::SubscriptionAccepted(SubscriptionAccepted {
            request_id: end.request_id,
            instrument_id: end.instrument_id,
            channel: end.channel,
        }),
    ])
    .await;
    fake.accept_subscription().await;
}

#[tokio::test]
async fn a_missed_change_is_noticed_and_made_good() {
    let (mut connection, mut fake) = connected().await;
    let exchange = async {
        fake.accept_subscription().await;
        let trade = Message::TradeTick(TradeTick::default());
        fake.send(&[snapshot(5, 1), trade, update(6, 2), update(8, 4)])
            .await;
        accept_again(&mut fake, update(9, 5)).await;
        fake.send(&[snapshot(9, 5), update(10, 6)]).await;
        fake
    };
    let client = async {
        let mut feed = BookFeed::subscribe(&mut connection, &plain())
            .await
            .unwrap();
        let mut steps = Vec::new();
        while feed.book().book_seq() != Some(10) {
            let message = connection.next().await.unwrap();
            steps.push(feed.apply(&mut connection, &message).await.unwrap());
        }
        let best = feed.book().best(Side::Buy).unwrap();
        (steps, best.0, best.1.qty)
    };
    let ((steps, price, qty), _fake) = tokio::join!(client, exchange);
    let gap = BookError::Gap {
        held: 6,
        previous: 7,
        found: 8,
    };
    let expected = [
        FeedStep::Waiting,
        FeedStep::Changed,
        FeedStep::Foreign,
        FeedStep::Changed,
        FeedStep::Resubscribed(gap),
        FeedStep::Waiting,
        FeedStep::Waiting,
        FeedStep::Waiting,
        FeedStep::Changed,
        FeedStep::Changed,
    ];
    assert_eq!(steps, expected);
    assert_eq!((price, qty), (Price(99), Qty(6)));
}

/// The error with which a feed gives up that is told this whenever it subscribes, and `late` before it is heard again.
async fn given_up(told: &[Message], late: Message) -> ClientError {
    let (mut connection, mut fake) = connected().await;
    let exchange = async {
        fake.accept_subscription().await;
        loop {
            fake.send(told).await;
            accept_again(&mut fake, late.clone()).await;
        }
    };
    let client = async {
        let mut feed = BookFeed::subscribe(&mut connection, &plain())
            .await
            .unwrap();
        loop {
            let message = connection.next().await.unwrap();
            if let Err(error) = feed.apply(&mut connection, &message).await {
                return error;
            }
        }
    };
    tokio::select! {
        error = client => error,
        () = exchange => unreachable!("the exchange goes on for ever"),
    }
}

#[tokio::test]
async fn an_exchange_that_keeps_sending_nonsense_is_given_up() {
    let error = given_up(&[update(6, 2)], update(6, 2)).await;
    let no_snapshot = BookError::NoSnapshot { found: 6 };
    assert!(
        matches!(error, ClientError::Book(found) if found == no_snapshot),
        "{error}"
    );
}

#[tokio::test]
async fn a_book_whose_first_change_never_fits_is_given_up() {
    let error = given_up(&[snapshot(5, 1), update(8, 4)], update(9, 5)).await;
    let gap = BookError::Gap {
        held: 5,
        previous: 7,
        found: 8,
    };
    assert!(
        matches!(error, ClientError::Book(found) if found == gap),
        "{error}"
    );
}

#[tokio::test]
async fn a_book_that_goes_on_in_between_may_be_missed_as_often_as_it_is() {
    const ROUNDS: u32 = 12;
    let (mut connection, mut fake) = connected().await;
    let exchange = async {
        fake.accept_subscription().await;
        loop {
            fake.send(&[snapshot(5, 1), update(6, 2), update(8, 4)])
                .await;
            accept_again(&mut fake, update(9, 5)).await;
        }
    };
    let client = async {
        let mut feed = BookFeed::subscribe(&mut connection, &plain())
            .await
            .unwrap();
        let mut renewed = 0;
        while renewed < ROUNDS {
            let message = connection.next().await.unwrap();
            let step = feed.apply(&mut connection, &message).await.unwrap();
            renewed += u32::from(matches!(step, FeedStep::Resubscribed(_)));
        }
    };
    tokio::select! {
        () = client => {}
        () = exchange => unreachable!("the exchange goes on for ever"),
    }
}
