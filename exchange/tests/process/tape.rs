//! Trades that were not told when the exchange was killed are told after its restart.

use rialto_client::{Connection, Directory, Session, order};
use rialto_protocol::{Channel, Message, TradeTick};
use rialto_types::{Price, Qty, Side};

use crate::process::Setup;

/// Both trade so many lots with each other.
async fn trade((maker, taker): (&mut Session, &mut Session), directory: &Directory, lots: i64) {
    let instrument = directory.by_symbol("BTC-USDT").unwrap();
    let (price, qty) = (Price(6_000_000), Qty(lots));
    let sell = order::post_only(instrument, Side::Sell, price, qty);
    maker.place(sell).await.unwrap();
    let buy = order::immediate(instrument, Side::Buy, price, qty);
    taker.place(buy).await.unwrap();
}

/// The next so many trades that a subscriber is told.
async fn told(connection: &mut Connection, count: usize) -> Vec<TradeTick> {
    let mut ticks = Vec::new();
    while ticks.len() < count {
        if let Message::TradeTick(tick) = connection.next().await.unwrap() {
            ticks.push(tick);
        }
    }
    ticks
}

#[tokio::test]
async fn the_latest_trades_are_told_again_after_a_kill_as_they_were() {
    let directory = tempfile::tempdir().unwrap();
    let setup = Setup::venue(directory.path().join("data"));
    let process = setup.open().await;
    let (mut maker, mut taker) = (process.log_on(1).await, process.log_on(2).await);
    let mut reader = process.connect().await;
    let listed = Directory::load(&mut reader).await.unwrap();
    reader.subscribe(Channel::Trades, None).await.unwrap();
    for lots in 1..=3 {
        trade((&mut maker, &mut taker), &listed, lots).await;
    }
    let before = told(&mut reader, 3).await;
    drop(reader);
    // Nobody is told of this one.
    trade((&mut maker, &mut taker), &listed, 4).await;
    process.kill().await;

    let process = setup.open().await;
    let mut reader = process.connect().await;
    reader.subscribe(Channel::Trades, None).await.unwrap();
    let mut again = told(&mut reader, 4).await;
    let missed = again.pop().unwrap();
    assert_eq!(again, before);
    assert_eq!(missed.trade_id.0, before[2].trade_id.0 + 1);
    assert_eq!(missed.quantity.0, 4 * before[0].quantity.0);
    // And on it goes.
    let (mut maker, mut taker) = (process.log_on(1).await, process.log_on(2).await);
    trade((&mut maker, &mut taker), &listed, 5).await;
    let next = told(&mut reader, 1).await;
    assert_eq!(next[0].trade_id.0, missed.trade_id.0 + 1);
    drop((maker, taker, reader));
    process.stop().await;
}
