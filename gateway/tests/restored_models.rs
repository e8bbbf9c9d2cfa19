//! Read models that are restored from tables cannot be told from those that saw every event: the same
//! answers, and the same changes for whatever comes after.

use std::fmt::Write;

use rialto_engine::{EventBuffer, Exchange};
use rialto_gateway::models::{AccountTable, BookTable, Changes, OpenOrder, ReadModels, Tables};
use rialto_reference::scenario::{Profile, generate};
use rialto_types::{AccountId, KeyId, OrderRef, Seq, ShardId, Side, SourceId, Timestamp};

/// The shard that generated sequences are for.
const SHARD: ShardId = ShardId(5);
const STEPS: usize = 3_000;
/// Commands between two restorations: prime, so that they fall into every phase of a sequence.
const STEPS_PER_RESTORE: u64 = 211;

/// The tables of some models, and their open orders by id.
fn tables(models: &ReadModels) -> (Tables, Vec<OpenOrder>) {
    let books = models.directory().instruments().iter().map(|instrument| {
        let book = models.book(instrument.id).expect("listed");
        BookTable {
            instrument: *instrument,
            last_trade: book.last_trade(),
            change_count: book.change_count(),
            changed_at: book.changed_at(),
            queue: [Side::Buy, Side::Sell]
                .into_iter()
                .flat_map(|side| models.queue(instrument.id, side))
                .map(|order| order.order_id)
                .collect(),
        }
    });
    let accounts = models.accounts().from(AccountId(0)).map(|(_, account)| {
        let balances = account.balances().iter();
        AccountTable {
            state: account.state,
            report: account.report,
            balances: balances
                .map(|(asset, balance)| (*asset, balance.total))
                .collect(),
        }
    });
    let sources = (0..=u16::MAX)
        .map(SourceId)
        .map(|source| (source, models.last_transfer(source)));
    let mut orders: Vec<OpenOrder> = models.orders().iter().copied().collect();
    orders.sort_unstable_by_key(|order| order.order_id);
    let tables = Tables {
        seq: models.seq(),
        time: models.time(),
        orders_max: orders.len(),
        kill_switch: models.directory().kill_switch(),
        assets: models
            .directory()
            .assets()
            .map(|(_, asset)| *asset)
            .collect(),
        books: books.collect(),
        accounts: accounts.collect(),
        keys: models.keys().from(KeyId(0)).map(|(_, key)| *key).collect(),
        sources: sources.filter(|(_, sequence)| *sequence > 0).collect(),
    };
    (tables, orders)
}

/// All that can be asked of the models.
fn answers(models: &mut ReadModels) -> (Tables, Vec<OpenOrder>, String) {
    let (tables, orders) = tables(models);
    let mut text = String::new();
    for (id, account) in models.accounts().from(AccountId(0)) {
        writeln!(text, "{id}: {:?}", account.balances()).expect("a string takes it");
    }
    for book in &tables.books {
        let book = models.book(book.instrument.id).expect("listed");
        writeln!(text, "{book:?}").expect("a string takes it");
    }
    for id in 0..u32::try_from(tables.accounts.len()).expect("few accounts") {
        let listing = models.begin_listing(AccountId(id));
        while let Some(order) = models.next_listed(&listing) {
            writeln!(text, "{id}: {}", order.order_id).expect("a string takes it");
        }
        models.end_listing(listing);
    }
    for order in &orders {
        let name = order.client_order_id.map(OrderRef::Client);
        let found = name.map(|name| models.find(order.account, name).map(|found| found.order_id));
        writeln!(text, "{found:?}").expect("a string takes it");
    }
    (tables, orders, text)
}

#[test]
fn restored_models_go_on_as_the_originals() {
    for (seed, profile) in (1..).zip(Profile::ALL) {
        let mut exchange = Exchange::new(SHARD);
        let (mut original, mut restored) = (ReadModels::new(), ReadModels::new());
        let mut events = EventBuffer::new();
        let (mut expected, mut found) = (Changes::default(), Changes::default());
        // The last command may have closed all: it counts that there were some after a restore.
        let mut has_had_orders = false;
        for (seq, step) in (1..).map(Seq).zip(generate(seed, &profile, STEPS)) {
            let at = format!("seed {seed}, profile {:?}, {seq}", profile.name);
            if seq.0.is_multiple_of(STEPS_PER_RESTORE) {
                let (tables, orders) = tables(&original);
                restored = ReadModels::restore(&tables, orders);
                assert_eq!(answers(&mut restored), answers(&mut original), "{at}");
                for instrument in original.directory().instruments() {
                    // What was traded before is not in the tables, and that is said.
                    let [known, all] = [&restored, &original].map(|m| m.history(instrument.id));
                    assert_eq!(known.expect("listed").since(), original.time(), "{at}");
                    assert_eq!(all.expect("listed").since(), Timestamp(0), "{at}");
                }
            }
            events.clear();
            exchange.apply(seq, step.time, &step.input, &mut events);
            expected.clear();
            found.clear();
            for event in events.as_slice() {
                let applied = original.apply(event, &mut expected);
                assert_eq!(restored.apply(event, &mut found), applied, "{at}");
            }
            assert_eq!(found.levels, expected.levels, "{at}");
            assert_eq!(found.queues, expected.queues, "{at}");
            assert_eq!(found.balances, expected.balances, "{at}");
            has_had_orders |= seq.0 > STEPS_PER_RESTORE && !original.orders().is_empty();
        }
        assert_eq!(answers(&mut restored), answers(&mut original), "{seed}");
        assert!(has_had_orders, "{}", profile.name);
    }
}
