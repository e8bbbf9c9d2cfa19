//! Feeds of candles and statistics follow their instrument, and the one of candles subscribes anew when it has
//! missed something.

use rialto_client::{
    CandleError, CandleFeed, CandleLength, CandleStep, ClientError, StatisticsFeed,
};
use rialto_protocol::{
    Boolean, Candle, CandleSnapshot, CandleUpdate, Channel, Decimal, Group, Message, Scaled,
    Statistics, SubscriptionAccepted, SubscriptionRefusal, SubscriptionRefused, TradeTick, VarText,
};
use rialto_types::{InstrumentId, Price, Timestamp};

use crate::fake::{Fake, connected};
use crate::feed::plain;

const PRICE: Decimal = Decimal(100_000_000);
const VOLUME: Scaled = Scaled {
    mantissa: 3,
    exponent: 0,
};

fn snapshot(candle_seq: u64, second: u64) -> Message {
    let candle = Candle {
        open_time: Timestamp(second * 1_000_000_000),
        open_price: PRICE,
        high_price: PRICE,
        low_price: PRICE,
        close_price: PRICE,
        volume: VOLUME,
        quote_volume: VOLUME,
        trade_count: 1,
        closed: Boolean::False.into(),
    };
    Message::CandleSnapshot(CandleSnapshot {
        instrument_id: InstrumentId(1),
        candle_seq,
        channel: Channel::Candles1s.into(),
        candles: Group::try_from(vec![candle]).unwrap(),
        ..CandleSnapshot::default()
    })
}

fn update(candle_seq: u64, second: u64) -> Message {
    Message::CandleUpdate(CandleUpdate {
        instrument_id: InstrumentId(1),
        candle_seq,
        channel: Channel::Candles1s.into(),
        open_time: Timestamp(second * 1_000_000_000),
        open_price: PRICE,
        high_price: PRICE,
        low_price: PRICE,
        close_price: PRICE,
        volume: VOLUME,
        quote_volume: VOLUME,
        trade_count: 1,
        closed: Boolean::True.into(),
        ..CandleUpdate::default()
    })
}

/// Reads an unsubscription and a subscription and accepts both, with an old message in between.
async fn accept_again(fake: &mut Fake, between: Message) {
    let Message::Unsubscribe(end) = fake.request().await else {
        panic!("expected the old subscription to be ended");
    };
    let ended = SubscriptionAccepted {
        request_id: end.request_id,
        instrument_id: end.instrument_id,
        channel: end.channel,
    };
    fake.send(&[between, ended.into()]).await;
    fake.accept_subscription().await;
}

#[tokio::test]
async fn a_missed_candle_is_noticed_and_made_good() {
    let (mut connection, mut fake) = connected().await;
    let exchange = async {
        let asked = fake.accept_subscription().await;
        assert_eq!(asked.channel, Channel::Candles1s);
        assert_eq!(asked.instrument_id, Some(InstrumentId(1)));
        let trade = Message::TradeTick(TradeTick::default());
        fake.send(&[snapshot(5, 1), trade, update(6, 1), update(8, 3)])
            .await;
        accept_again(&mut fake, update(9, 4)).await;
        fake.send(&[snapshot(0, 1), update(1, 4)]).await;
        fake
    };
    let client = async {
        let mut feed = CandleFeed::subscribe(&mut connection, &plain(), CandleLength::Second)
            .await
            .unwrap();
        let mut steps = Vec::new();
        while feed.series().candles().len() < 2 {
            let message = connection.next().await.unwrap();
            let step = feed.apply(&mut connection, &message).await.unwrap();
            if let CandleStep::Changed(candle) = &step {
                assert_eq!(feed.series().last(), Some(candle));
                assert_eq!((candle.close, candle.is_closed), (Price(1), true));
            }
            steps.push(step);
        }
        (steps, *feed.series().last().unwrap())
    };
    let ((steps, last), _fake) = tokio::join!(client, exchange);
    assert_eq!(last.open_time, Timestamp(4_000_000_000));
    let first = rialto_client::Candle {
        open_time: Timestamp(1_000_000_000),
        ..last
    };
    let expected = [
        CandleStep::Waiting,
        CandleStep::Begun,
        CandleStep::Foreign,
        CandleStep::Changed(first),
        CandleStep::Resubscribed(CandleError::Gap { held: 6, found: 8 }),
        CandleStep::Waiting,
        CandleStep::Waiting,
        CandleStep::Waiting,
        CandleStep::Begun,
        CandleStep::Changed(last),
    ];
    assert_eq!(steps, expected);
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
        let mut feed = CandleFeed::subscribe(&mut connection, &plain(), CandleLength::Second)
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
async fn an_exchange_that_keeps_sending_nonsense_of_candles_is_given_up() {
    let error = given_up(&[update(6, 2)], update(6, 2)).await;
    let no_snapshot = CandleError::NoSnapshot { found: 6 };
    assert!(
        matches!(&error, ClientError::Candles(found) if *found == no_snapshot),
        "{error}"
    );
}

#[tokio::test]
async fn candles_whose_first_update_never_fits_are_given_up() {
    let error = given_up(&[snapshot(5, 1), update(8, 3)], update(9, 4)).await;
    let gap = CandleError::Gap { held: 5, found: 8 };
    assert!(
        matches!(&error, ClientError::Candles(found) if *found == gap),
        "{error}"
    );
}

#[tokio::test]
async fn candles_that_go_on_in_between_may_be_missed_as_often_as_they_are() {
    const ROUNDS: u32 = 12;
    let (mut connection, mut fake) = connected().await;
    let exchange = async {
        fake.accept_subscription().await;
        loop {
            fake.send(&[snapshot(5, 1), update(6, 2), update(8, 3)])
                .await;
            accept_again(&mut fake, update(9, 4)).await;
        }
    };
    let client = async {
        let mut feed = CandleFeed::subscribe(&mut connection, &plain(), CandleLength::Second)
            .await
            .unwrap();
        let mut renewed = 0;
        while renewed < ROUNDS {
            let message = connection.next().await.unwrap();
            let step = feed.apply(&mut connection, &message).await.unwrap();
            renewed += u32::from(matches!(step, CandleStep::Resubscribed(_)));
        }
    };
    tokio::select! {
        () = client => {}
        () = exchange => unreachable!("the exchange goes on for ever"),
    }
}

#[tokio::test]
async fn a_refused_subscription_to_candles_is_an_error() {
    let (mut connection, mut fake) = connected().await;
    let exchange = async {
        let Message::Subscribe(asked) = fake.request().await else {
            panic!("expected a subscription");
        };
        let refused = SubscriptionRefused {
            request_id: asked.request_id,
            instrument_id: asked.instrument_id,
            channel: asked.channel,
            reason: SubscriptionRefusal::AlreadySubscribed.into(),
            text: VarText::from("once is enough"),
        };
        fake.send(&[refused.into()]).await;
        fake
    };
    let client = async {
        let mut feed = CandleFeed::subscribe(&mut connection, &plain(), CandleLength::Day)
            .await
            .unwrap();
        let message = connection.next().await.unwrap();
        feed.apply(&mut connection, &message).await.unwrap_err()
    };
    let (error, _fake) = tokio::join!(client, exchange);
    assert!(error.to_string().contains("once is enough"), "{error}");
}

#[tokio::test]
async fn statistics_are_those_last_heard_of_the_instrument() {
    let (mut connection, mut fake) = connected().await;
    let told = |instrument: u32, last: i64| {
        Message::Statistics(Statistics {
            instrument_id: InstrumentId(instrument),
            last_price: Some(Decimal(last)),
            volume: VOLUME,
            quote_volume: VOLUME,
            ..Statistics::default()
        })
    };
    let exchange = async {
        let asked = fake.accept_subscription().await;
        assert_eq!(asked.channel, Channel::Statistics);
        let last = 200_000_000;
        fake.send(&[told(1, last), told(2, last), told(1, 7)]).await;
        fake
    };
    let client = async {
        let mut feed = StatisticsFeed::subscribe(&mut connection, &plain())
            .await
            .unwrap();
        assert_eq!(feed.latest(), None);
        let first = connection.next().await.unwrap();
        let day = *feed.apply(&first).unwrap().unwrap();
        assert_eq!((day.last, day.prices), (Some(Price(2)), None));
        let foreign = connection.next().await.unwrap();
        assert_eq!(feed.apply(&foreign).unwrap(), None);
        // Off the tick: what was heard before stays.
        let nonsense = connection.next().await.unwrap();
        assert!(feed.apply(&nonsense).is_err());
        assert_eq!(feed.latest(), Some(&day));
    };
    let ((), _fake) = tokio::join!(client, exchange);
}
