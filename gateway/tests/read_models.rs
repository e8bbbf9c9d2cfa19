//! The read models against the engine: after every command of long random sequences, what the gateway
//! knows from events alone equals the engine's own state.

use rialto_engine::image::{BalanceImage, InstrumentImage, KeyImage, OrderImage, StateImage};
use rialto_engine::{EventBuffer, Exchange};
use rialto_gateway::models::{Book, Changes, Level, OpenOrder, ReadModels};
use rialto_reference::scenario::{Profile, generate};
use rialto_types::{
    AccountId, Event, EventBody, OrderId, Price, Qty, Seq, ShardId, Side, SourceId,
};

/// The shard that generated sequences are for.
const SHARD: ShardId = ShardId(5);
const STEPS: usize = 3_000;

#[test]
fn the_models_equal_the_engines_state_after_every_command() {
    for (seed, profile) in (1..).zip(Profile::ALL) {
        let mut exchange = Exchange::new(SHARD);
        let mut models = ReadModels::new();
        let mut events = EventBuffer::new();
        let mut changes = Changes::default();
        // Whatever the last command left open.
        let mut open_count_max = 0;
        for (seq, step) in (1..).map(Seq).zip(generate(seed, &profile, STEPS)) {
            events.clear();
            exchange.apply(seq, step.time, &step.input, &mut events);
            changes.clear();
            let before = models.clone();
            for event in events.as_slice() {
                models.apply(event, &mut changes);
            }
            let at = format!(
                "seed {seed}, profile {:?}, {seq}: {:?}",
                profile.name, step.input
            );
            compare(&exchange.image(), &models, events.as_slice(), &at);
            compare_changes(&before, &models, &changes, &at);
            open_count_max = open_count_max.max(models.orders().iter().count());
        }
        assert!(open_count_max > 0, "{}", profile.name);
    }
}

fn compare(image: &StateImage, models: &ReadModels, events: &[Event], at: &str) {
    if !events.is_empty() {
        assert_eq!(models.seq(), image.seq, "{at}");
        assert_eq!(models.time(), image.time, "{at}");
    }
    let directory = models.directory();
    assert_eq!(directory.kill_switch(), image.kill_switch, "{at}");
    let assets: Vec<_> = image.assets.iter().map(|row| row.asset).collect();
    assert!(
        directory.assets().map(|(_, asset)| *asset).eq(assets),
        "{at}"
    );
    let instruments: Vec<_> = image.instruments.iter().map(|i| i.instrument).collect();
    assert_eq!(directory.instruments(), instruments, "{at}");
    for (key, image) in models
        .keys()
        .from(rialto_types::KeyId(0))
        .map(|(_, key)| key)
        .zip(&image.keys)
    {
        let told = KeyImage {
            account: key.account,
            public_key: key.public_key,
            permissions: key.permissions,
            revoked: key.revoked,
            client_seq: key.client_seq,
            // Disarming a key that had no open orders gives no event.
            cancel_on_disconnect: key.cancel_on_disconnect && image.cancel_on_disconnect,
            networks: key.networks,
        };
        assert_eq!(told, *image, "{at}");
    }
    assert_eq!(
        models.keys().from(rialto_types::KeyId(0)).count(),
        image.keys.len(),
        "{at}"
    );
    for source in &image.sources {
        assert_eq!(models.last_transfer(source.source), source.sequence, "{at}");
    }
    assert_eq!(models.last_transfer(SourceId(u16::MAX)), 0);
    compare_accounts(image, models, at);
    let open: usize = image
        .instruments
        .iter()
        .map(|i| compare_book(i, models, at))
        .sum();
    assert_eq!(models.orders().len(), open, "{at}");
}

fn compare_accounts(image: &StateImage, models: &ReadModels, at: &str) {
    assert_eq!(models.accounts().count(), image.accounts.len(), "{at}");
    for ((id, account), image) in models.accounts().from(AccountId(0)).zip(&image.accounts) {
        assert_eq!(account.state, image.state, "account {id}, {at}");
        assert_eq!(account.report, image.report, "account {id}, {at}");
        let told = account.balances().iter().filter(|(_, b)| b.total.0 != 0);
        let told: Vec<_> = told
            .map(|(asset, balance)| BalanceImage {
                asset: *asset,
                available: balance.available(),
                held: balance.held,
            })
            .collect();
        // The core keeps the place of a balance that has become empty.
        let mut balances = image.balances.clone();
        balances.retain(|balance| balance.available.0 + balance.held.0 != 0);
        assert_eq!(told, balances, "account {id}, {at}");
    }
}

/// Compares the orders and levels of one instrument; returns how many orders it has.
fn compare_book(image: &InstrumentImage, models: &ReadModels, at: &str) -> usize {
    let book = models.book(image.instrument.id).expect("listed");
    let last = (image.trade_id.0 > 0)
        .then_some(image.trade_id)
        .zip(image.last_trade);
    assert_eq!(book.last_trade(), last, "{at}");
    for (side, orders) in [(Side::Buy, &image.bids), (Side::Sell, &image.asks)] {
        let mut levels: Vec<(Price, Level)> = Vec::new();
        for order in orders {
            let price = order.kind.price().expect("a resting order has a price");
            if levels.last().is_none_or(|last| last.0 != price) {
                levels.push((price, Level::default()));
            }
            let level = &mut levels.last_mut().expect("just pushed").1;
            level.qty.0 += order.leaves;
            level.order_count += 1;
        }
        assert!(book.levels(side).eq(levels.iter().copied()), "{at}");
        assert_eq!(book.best(side), levels.first().copied(), "{at}");
        assert_eq!(book.level_count(side), levels.len(), "{at}");
        assert_eq!(book.order_count(side), orders.len(), "{at}");
        let queue = models.queue(image.instrument.id, side);
        let ids = orders.iter().map(|order| order.order_id);
        assert!(queue.map(|order| order.order_id).eq(ids), "{at}");
    }
    let queues = [
        &image.bids,
        &image.asks,
        &image.stop_buys,
        &image.stop_sells,
    ];
    for expected in queues.into_iter().flatten() {
        let order = models.orders().get(expected.order_id).expect("open");
        assert_eq!(told(order), *expected, "{at}");
        if let Some(name) = order.client_order_id {
            let found = models.orders().by_client_id(order.account, name);
            assert_eq!(found, Some(order), "{at}");
        }
    }
    queues.into_iter().map(Vec::len).sum()
}

fn told(order: &OpenOrder) -> OrderImage {
    OrderImage {
        order_id: order.order_id,
        account: order.account,
        key: order.key,
        side: order.side,
        stp: order.stp,
        kind: order.kind,
        leaves: order.leaves,
        filled: order.filled,
        filled_quote: order.filled_quote,
        client_order_id: order.client_order_id,
    }
}

/// Everything that is another now was noted as a change.
fn compare_changes(before: &ReadModels, now: &ReadModels, changes: &Changes, at: &str) {
    assert!(
        before.directory() == now.directory() || changes.directory,
        "{at}"
    );
    for (id, account) in now.accounts().from(AccountId(0)) {
        for (asset, balance) in account.balances() {
            let old = before.accounts().get(id).map(|a| a.balance(*asset));
            let noted = changes.balances.contains(&(id, *asset));
            assert!(old.unwrap_or_default() == *balance || noted, "{at}");
        }
    }
    for instrument in now.directory().instruments() {
        let id = instrument.id;
        let book = now.book(id).expect("listed");
        for side in [Side::Buy, Side::Sell] {
            for (price, level) in book.levels(side) {
                let old = before
                    .book(id)
                    .map_or(Level::default(), |b| b.level(side, price));
                let noted = changes.levels.contains(&(id, side, price));
                assert!(old == level || noted, "{at}");
            }
            let gone = before.book(id).into_iter().flat_map(|b| b.levels(side));
            for (price, _) in gone.filter(|(price, _)| book.level(side, *price).qty == Qty(0)) {
                assert!(changes.levels.contains(&(id, side, price)), "{at}");
            }
        }
        let noted = changes.levels.iter().any(|level| level.0 == id);
        let counted = book.change_count() - before.book(id).map_or(0, Book::change_count);
        assert_eq!(counted, u64::from(noted), "{at}");
    }
}

/// A listing taken a few orders at a time while the exchange goes on tells exactly the orders that were
/// open at its begin and are open at their turn.
#[test]
fn a_listing_walks_on_while_orders_come_and_go() {
    let mut exchange = Exchange::new(SHARD);
    let mut models = ReadModels::new();
    let mut events = EventBuffer::new();
    let mut changes = Changes::default();
    let mut told = 0;
    let mut listing = None;
    let mut last = OrderId(0);
    for (seq, step) in (1..).map(Seq).zip(generate(77, &Profile::ALL[0], 4_000)) {
        events.clear();
        exchange.apply(seq, step.time, &step.input, &mut events);
        for event in events.as_slice() {
            models.replay(event, &mut changes);
            if let EventBody::AccountCreated { account, .. } = event.body {
                assert_eq!(models.orders().count_of(account), 0);
            }
        }
        if models.accounts().count() < 2 {
            continue;
        }
        let account = AccountId(1);
        let walk = listing.take().unwrap_or_else(|| {
            last = OrderId(0);
            models.begin_listing(account)
        });
        match models.next_listed(&walk).copied() {
            Some(order) => {
                assert_eq!(order.account, account);
                assert!(order.order_id > last, "ascending");
                assert_eq!(models.orders().get(order.order_id), Some(&order));
                last = order.order_id;
                told += 1;
                listing = Some(walk);
            }
            None => models.end_listing(walk),
        }
    }
    assert!(told > 500, "{told}");
}
