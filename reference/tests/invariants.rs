//! `check_invariants` notices each sentence of section 8 being broken: a sound image is bent in one
//! place at a time.

use std::sync::OnceLock;

use rialto_engine::image::{BalanceImage, InstrumentImage, OrderImage, StateImage};
use rialto_reference::scenario::{Profile, SHARD, generate};
use rialto_reference::{ReferenceExchange, check_invariants, check_queue_order};
use rialto_types::{
    AccountId, Amount, AssetId, ClientOrderId, InstrumentState, KeyId, OrderKind, Price, Qty, Seq,
    Side, TimeInForce, Timestamp,
};

/// A state whose first book has at least three orders in each of its queues, two of one price among
/// the bids.
fn sound() -> StateImage {
    static SOUND: OnceLock<StateImage> = OnceLock::new();
    SOUND.get_or_init(find_sound).clone()
}

fn find_sound() -> StateImage {
    let mut exchange = ReferenceExchange::new(SHARD);
    for (step, seq) in generate(2, &Profile::ALL[7], 6_000).iter().zip(1..) {
        exchange.apply(Seq(seq), step.time, &step.input);
        let image = exchange.image();
        let book = &image.instruments.first();
        if book.is_some_and(|book| is_rich(book) && book.last_trade.is_some()) {
            return image;
        }
    }
    panic!("the sequence fills the first book");
}

fn is_rich(book: &InstrumentImage) -> bool {
    let queues = [&book.bids, &book.asks, &book.stop_buys, &book.stop_sells];
    let same_price =
        (book.bids.windows(2)).any(|pair| pair[0].kind.price() == pair[1].kind.price());
    queues.iter().all(|queue| queue.len() >= 3) && same_price
}

/// Bends a sound image; the check must say so in these words.
fn broken(words: &str, bend: impl Fn(&mut StateImage)) {
    let mut image = sound();
    assert_eq!(check_invariants(&image), Ok(()));
    bend(&mut image);
    let what = check_invariants(&image).expect_err(words);
    assert!(what.contains(words), "{what:?} does not say {words:?}");
}

fn book(image: &mut StateImage) -> &mut InstrumentImage {
    &mut image.instruments[0]
}

fn set_price(order: &mut OrderImage, to: Price) {
    match &mut order.kind {
        OrderKind::Limit { price, .. } => *price = to,
        other => panic!("a resting order is a limit order, not {other:?}"),
    }
}

fn set_qty(order: &mut OrderImage, to: i64) {
    order.leaves = to - order.filled.0;
    match &mut order.kind {
        OrderKind::Limit { qty, .. } => *qty = Qty(to),
        other => panic!("a resting order is a limit order, not {other:?}"),
    }
}

#[test]
fn a_crossed_or_locked_book() {
    broken("crossed", |image| {
        let ask = book(image).asks[0].kind.price().unwrap();
        set_price(&mut book(image).bids[0], ask);
    });
}

#[test]
fn queues_out_of_order() {
    broken("not sorted", |image| book(image).bids.reverse());
    broken("not sorted", |image| book(image).asks.reverse());
    broken("not sorted", |image| book(image).stop_buys.reverse());
    broken("not sorted", |image| book(image).stop_sells.reverse());
}

#[test]
fn orders_in_the_wrong_queue() {
    broken("wrong queue", |image| book(image).bids[0].side = Side::Sell);
    broken("wrong queue", |image| {
        let stop = book(image).stop_buys.remove(0);
        book(image).bids.push(stop);
    });
    broken("wrong queue", |image| {
        let order = &mut book(image).asks[0];
        if let OrderKind::Limit { tif, .. } = &mut order.kind {
            *tif = TimeInForce::Ioc;
        }
    });
}

#[test]
fn satisfied_stops() {
    broken("satisfies", |image| {
        let stop = book(image).stop_buys[0].kind.stop();
        book(image).last_trade = stop;
    });
    broken("satisfies", |image| {
        let stop = book(image).stop_sells[0].kind.stop();
        book(image).last_trade = stop;
    });
}

#[test]
fn orders_with_nothing_left_or_another_total() {
    broken("open with 0 left", |image| {
        let order = &mut book(image).bids[0];
        let filled = order.filled.0;
        set_qty(order, filled);
    });
    broken("do not make its total", |image| {
        book(image).bids[0].leaves += 1;
    });
}

#[test]
fn orders_that_should_be_gone() {
    broken("closed and has open orders", |image| {
        book(image).instrument.state = InstrumentState::Closed;
    });
    broken("kill switch", |image| image.kill_switch = true);
    broken("after its expiry", |image| {
        let now = image.time;
        if let OrderKind::Limit { tif, .. } = &mut book(image).bids[0].kind {
            *tif = TimeInForce::Gtd(now);
        }
    });
    // One that expires a moment later is still there.
    let mut image = sound();
    let later = Timestamp(image.time.0 + 1);
    if let OrderKind::Limit { tif, .. } = &mut book(&mut image).bids[0].kind {
        *tif = TimeInForce::Gtd(later);
    }
    assert_eq!(check_invariants(&image), Ok(()));
}

#[test]
fn orders_of_nobody() {
    broken("open twice", |image| {
        let id = book(image).bids[0].order_id;
        book(image).bids[1].order_id = id;
    });
    broken("was never given", |image| image.order_count = 1);
    broken("key of another account", |image| {
        book(image).bids[0].key = KeyId(9_999);
    });
    broken("belongs to no client", |image| {
        let key = book(image).bids[0].key;
        image.keys[key.index() - 1].account = AccountId::VENUE;
        for book in &mut image.instruments {
            let queues = [
                &mut book.bids,
                &mut book.asks,
                &mut book.stop_buys,
                &mut book.stop_sells,
            ];
            for order in queues
                .into_iter()
                .flatten()
                .filter(|order| order.key == key)
            {
                order.account = AccountId::VENUE;
            }
        }
    });
    broken("two open orders of one account are named x", |image| {
        let (account, key) = (book(image).bids[0].account, book(image).bids[0].key);
        for order in &mut book(image).bids[..2] {
            (order.account, order.key) = (account, key);
            order.client_order_id = ClientOrderId::new("x").ok();
        }
    });
}

#[test]
fn exceeded_pools() {
    broken("more than 1", |image| image.capacity.orders = 1);
    broken("orders of one account", |image| {
        image.capacity.orders_per_account = 1;
    });
    broken("accounts, more", |image| image.capacity.accounts = 1);
    broken("balances, more", |image| image.capacity.balances = 1);
    broken("keys, more", |image| image.capacity.keys = 1);
    broken("instruments, more", |image| image.capacity.instruments = 1);
    broken("assets, more", |image| image.capacity.assets = 1);
}

#[test]
fn money_that_came_from_nowhere() {
    broken("the supply is", |image| image.assets[0].supply.0 += 1);
    broken("the supply is", |image| {
        image.accounts[1].balances[0].available.0 += 1;
    });
    broken("negative", |image| {
        image.accounts[1].balances[0].available.0 = -1;
    });
    broken("not sorted", |image| image.accounts[1].balances.reverse());
    broken("does not exist", |image| {
        image.accounts[1].balances.push(BalanceImage {
            asset: AssetId(99),
            available: Amount(0),
            held: Amount(0),
        });
    });
}

#[test]
fn holds_that_are_not_those_of_the_open_orders() {
    broken("its open orders need", |image| {
        let balance = image.accounts[1]
            .balances
            .iter_mut()
            .find(|it| it.available.0 > 0);
        let balance = balance.expect("account 1 has funds");
        balance.available.0 -= 1;
        balance.held.0 += 1;
    });
    broken("its open orders need", |image| {
        let order = &mut book(image).bids[0];
        let total = order.leaves + order.filled.0;
        set_qty(order, total + 1);
    });
    broken("its open orders need", |image| {
        book(image).stop_buys.remove(0);
    });
}

#[test]
fn an_order_that_overtook_another() {
    let before = sound();
    let mut after = before.clone();
    let bids = &mut book(&mut after).bids;
    let first = (bids.windows(2))
        .position(|pair| pair[0].kind.price() == pair[1].kind.price())
        .unwrap();
    bids.swap(first, first + 1);
    let (moved, passed) = (bids[first].order_id, bids[first + 1].order_id);
    // On the image alone nothing is wrong; between two images it is.
    assert_eq!(check_invariants(&after), Ok(()));
    let what = check_queue_order(&before, &after, None).unwrap_err();
    assert!(what.contains("overtook"), "{what}");
    // Where a replace sent the passed one to the back, it is right.
    assert_eq!(check_queue_order(&before, &after, Some(passed)), Ok(()));
    assert_eq!(check_queue_order(&before, &after, Some(moved)), Ok(()));
    assert_eq!(check_queue_order(&before, &before, None), Ok(()));
}
