//! The channels that are told now and then or order by order, against the engine: random commands, readers
//! of every channel that know nothing but their messages, and a clock that the test turns.

use std::collections::{BTreeMap, BTreeSet};

use rialto_engine::image::{InstrumentImage, StateImage};
use rialto_engine::{EventBuffer, Exchange};
use rialto_protocol::{
    BookChecksum, BookFlags, BookOrder, Boolean, Candle, CandleUpdate, Channel, Coded, Decimal,
    L2ConflatedUpdate, L3Update, Level, Message, OrderAction, Statistics, checksum, convert,
};
use rialto_reference::scenario::{Profile, generate};
use rialto_types::{EventBody, InstrumentId, OrderId, Price, Qty, Seq, Side, Timestamp, Trade};

use super::Publisher;
use super::tests::{Listener, SHARD, publisher};
use crate::models::Interval;

const STEPS: usize = 2_000;
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLISECOND;

/// A publisher that follows an exchange, and its clock.
struct Stage {
    exchange: Exchange,
    publisher: Publisher,
    events: EventBuffer,
    trades: Vec<(Timestamp, Trade)>,
    now: Timestamp,
}

impl Stage {
    fn new() -> Self {
        Self {
            exchange: Exchange::new(SHARD),
            publisher: publisher(),
            events: EventBuffer::new(),
            trades: Vec::new(),
            now: Timestamp(0),
        }
    }

    /// Applies a command and lets the clock go on to it at least.
    fn play(&mut self, seq: Seq, step: &rialto_reference::scenario::Step) {
        self.events.clear();
        self.exchange
            .apply(seq, step.time, &step.input, &mut self.events);
        for event in self.events.as_slice() {
            self.publisher.event(event);
            if let EventBody::Trade(trade) = event.body {
                self.trades.push((event.time, trade));
            }
        }
        self.now = self.now.max(step.time);
    }

    fn pass(&mut self, ns: u64) {
        self.now.0 += ns;
        self.publisher.flush(self.now);
    }
}

/// An L2 book of a conflated channel as docs/PROTOCOL.md has a client build it.
#[derive(Default)]
struct Levels {
    bids: BTreeMap<Decimal, Level>,
    asks: BTreeMap<Decimal, Level>,
    at: u64,
    updates: u64,
    proofs: u64,
}

impl Levels {
    fn set(&mut self, levels: &[Level]) {
        let mut seen = BTreeSet::new();
        for level in levels {
            assert!(seen.insert((level.side.raw(), level.price)), "told once");
            let side = match level.side.known().unwrap() {
                Side::Buy => &mut self.bids,
                Side::Sell => &mut self.asks,
            };
            if level.quantity.mantissa == 0 {
                side.remove(&level.price);
            } else {
                side.insert(level.price, *level);
            }
        }
    }

    fn update(&mut self, m: &L2ConflatedUpdate) {
        if m.book_flags.contains(BookFlags::FIRST) {
            assert!(m.previous_book_seq <= self.at, "nothing is missed");
            assert!(m.book_seq > m.previous_book_seq);
        }
        self.set(&m.levels);
        if m.book_flags.contains(BookFlags::LAST) {
            (self.at, self.updates) = (m.book_seq, self.updates + 1);
        }
    }

    fn prove(&mut self, m: &BookChecksum) {
        assert_eq!(self.at, m.book_seq);
        let counts = (self.bids.len(), self.asks.len());
        assert_eq!(counts, (m.bid_count as usize, m.ask_count as usize));
        let bids = self.bids.values().rev().copied();
        let sum = checksum::of_levels(bids, self.asks.values().copied());
        assert_eq!(sum, m.checksum);
        self.proofs += 1;
    }

    fn check(&self, image: &InstrumentImage) {
        for (side, orders) in [(&self.bids, &image.bids), (&self.asks, &image.asks)] {
            let mut levels: BTreeMap<Decimal, (i64, u32)> = BTreeMap::new();
            for order in orders {
                let price = convert::price_decimal(&image.instrument, order.kind.price().unwrap());
                let level = levels.entry(price).or_default();
                (level.0, level.1) = (level.0 + order.leaves, level.1 + 1);
            }
            let told = side.iter().map(|(p, l)| (*p, (l.quantity, l.order_count)));
            let expected = levels.into_iter().map(|(price, (qty, count))| {
                (
                    price,
                    (convert::qty_scaled(&image.instrument, Qty(qty)), count),
                )
            });
            assert!(told.eq(expected));
        }
    }
}

/// An L3 book as docs/PROTOCOL.md has a client build it: the orders at each price in their order.
#[derive(Default)]
struct Orders {
    bids: BTreeMap<Decimal, Vec<BookOrder>>,
    asks: BTreeMap<Decimal, Vec<BookOrder>>,
    at: Option<u64>,
    proofs: u64,
}

impl Orders {
    fn side(&mut self, side: Side) -> &mut BTreeMap<Decimal, Vec<BookOrder>> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn add(&mut self, order: BookOrder) {
        let side = self.side(order.side.known().unwrap());
        side.entry(order.price).or_default().push(order);
    }

    fn update(&mut self, m: &L3Update) {
        if m.book_flags.contains(BookFlags::FIRST) {
            assert_eq!(self.at, Some(m.previous_book_seq), "nothing is missed");
        }
        for change in &*m.order_changes {
            let side = change.side.known().unwrap();
            let order = BookOrder {
                order_id: change.order_id,
                price: change.price,
                quantity: change.quantity,
                side: change.side,
            };
            if change.action == OrderAction::Added {
                self.add(order);
                continue;
            }
            let side = self.side(side);
            let queue = side.get_mut(&change.price).expect("a price that is known");
            let at = queue.iter().position(|o| o.order_id == change.order_id);
            let at = at.expect("an order that is known");
            if change.action == OrderAction::Changed {
                assert!(order.quantity < queue[at].quantity, "less is left");
                queue[at] = order;
            } else {
                queue.remove(at);
                if queue.is_empty() {
                    side.remove(&change.price);
                }
            }
        }
        if m.book_flags.contains(BookFlags::LAST) {
            self.at = Some(m.book_seq);
        }
    }

    fn bids(&self) -> impl Iterator<Item = BookOrder> {
        self.bids.values().rev().flatten().copied()
    }

    fn asks(&self) -> impl Iterator<Item = BookOrder> {
        self.asks.values().flatten().copied()
    }

    fn prove(&mut self, m: &BookChecksum) {
        assert_eq!(self.at, Some(m.book_seq));
        let counts = (self.bids().count(), self.asks().count());
        assert_eq!(counts, (m.bid_count as usize, m.ask_count as usize));
        assert_eq!(checksum::of_orders(self.bids(), self.asks()), m.checksum);
        self.proofs += 1;
    }

    fn check(&self, image: &InstrumentImage) {
        let told = self.bids().chain(self.asks());
        let told: Vec<_> = told.map(|o| (o.order_id, o.price, o.quantity)).collect();
        let orders = image.bids.iter().chain(&image.asks);
        let instrument = &image.instrument;
        let expected: Vec<(OrderId, Decimal, Decimal)> = orders
            .map(|order| {
                let price = convert::price_decimal(instrument, order.kind.price().unwrap());
                let qty = convert::qty_decimal(instrument, Qty(order.leaves));
                (order.order_id, price, qty)
            })
            .collect();
        assert_eq!(told, expected);
    }
}

/// What a reader of all channels knows of one instrument.
#[derive(Default)]
struct Known {
    conflated: BTreeMap<u8, Levels>,
    orders: Orders,
    statistics: Option<Statistics>,
    /// By code of the channel: the number of the last message, and the candles.
    candles: BTreeMap<u8, (u64, BTreeMap<u64, Candle>)>,
}

fn candle_of(m: &CandleUpdate) -> Candle {
    Candle {
        open_time: m.open_time,
        open_price: m.open_price,
        high_price: m.high_price,
        low_price: m.low_price,
        close_price: m.close_price,
        volume: m.volume,
        quote_volume: m.quote_volume,
        trade_count: m.trade_count,
        closed: m.closed,
    }
}

impl Known {
    fn hear(&mut self, message: Message) {
        match message {
            Message::L2ConflatedSnapshot(m) => {
                let levels = self.conflated.entry(m.channel.raw()).or_default();
                if m.book_flags.contains(BookFlags::FIRST) {
                    (levels.bids, levels.asks) = Default::default();
                }
                levels.set(&m.levels);
                levels.at = m.book_seq;
            }
            Message::L2ConflatedUpdate(m) => {
                let levels = self.conflated.get_mut(&m.channel.raw());
                levels.expect("a snapshot came first").update(&m);
            }
            Message::L3Snapshot(m) => {
                if m.book_flags.contains(BookFlags::FIRST) {
                    self.orders = Orders::default();
                }
                m.book_orders
                    .iter()
                    .for_each(|order| self.orders.add(*order));
                self.orders.at = Some(m.book_seq);
            }
            Message::L3Update(m) => self.orders.update(&m),
            Message::BookChecksum(m) if m.channel == Channel::L3Book => self.orders.prove(&m),
            Message::BookChecksum(m) => {
                let levels = self.conflated.get_mut(&m.channel.raw());
                levels.expect("a snapshot came first").prove(&m);
            }
            Message::Statistics(m) => self.statistics = Some(m),
            Message::CandleSnapshot(m) => {
                let candles = m.candles.iter().map(|candle| (candle.open_time.0, *candle));
                let known = (m.candle_seq, candles.collect());
                self.candles.insert(m.channel.raw(), known);
            }
            Message::CandleUpdate(m) => {
                let (seq, candles) = self.candles.get_mut(&m.channel.raw()).unwrap();
                assert_eq!(m.candle_seq, *seq + 1, "nothing is missed");
                *seq = m.candle_seq;
                let last = candles.last_key_value().map_or(0, |(open, _)| *open);
                assert!(m.open_time.0 >= last, "candles ascend");
                candles.insert(m.open_time.0, candle_of(&m));
            }
            other => panic!("{other:?}"),
        }
    }

    fn check_candles(&self, image: &InstrumentImage, trades: &[(Timestamp, Trade)], since: usize) {
        let intervals = Interval::ALL.into_iter().zip(Channel::Candles1s as u8..);
        for (interval, code) in intervals {
            let mut expected: BTreeMap<u64, (i64, i64, i64, i64, i128, u64)> = BTreeMap::new();
            for (time, trade) in trades {
                let price = trade.price.0;
                let candle = expected.entry(time.0 - time.0 % interval.ns());
                let candle = candle.or_insert((price, price, price, price, 0, 0));
                candle.1 = candle.1.max(price);
                candle.2 = candle.2.min(price);
                candle.3 = price;
                candle.4 += i128::from(trade.qty.0);
                candle.5 += 1;
            }
            let (_, told) = &self.candles[&code];
            // Those that a snapshot no longer tells are missing at most.
            let missing = expected.len() - told.len();
            assert!(missing <= since, "{interval:?}: {missing} missing");
            let price = |ticks| convert::price_decimal(&image.instrument, Price(ticks));
            for ((open, candle), (time, figures)) in told.iter().zip(expected.iter().skip(missing))
            {
                let found = [
                    candle.open_price,
                    candle.high_price,
                    candle.low_price,
                    candle.close_price,
                ];
                let prices = [figures.0, figures.1, figures.2, figures.3].map(price);
                assert_eq!((open, found), (time, prices), "{interval:?}");
                let volume = convert::volume_scaled(&image.instrument, figures.4);
                assert_eq!((candle.volume, candle.trade_count), (volume, figures.5));
                assert_eq!(candle.closed, Boolean::True, "all are over by now");
            }
        }
    }

    fn check_statistics(&self, image: &InstrumentImage, trades: &[(Timestamp, Trade)]) {
        let told = self.statistics.expect("told at once");
        let day = trades.iter().filter(|(time, _)| *time >= told.since);
        let lots: i128 = day.clone().map(|(_, trade)| i128::from(trade.qty.0)).sum();
        assert_eq!(told.volume, convert::volume_scaled(&image.instrument, lots));
        assert_eq!(told.trade_count, day.clone().count() as u64);
        let price = |price| convert::price_decimal(&image.instrument, price);
        let last = trades.last().map(|(_, trade)| price(trade.price));
        assert_eq!(told.last_price, last);
        let high = day.map(|(_, trade)| trade.price).max();
        assert_eq!(told.high_price, high.map(price));
    }
}

struct Reader {
    listener: Listener,
    known: BTreeMap<InstrumentId, Known>,
    /// Trades there had been when it came.
    since: usize,
}

fn instrument_of(message: &Message) -> Option<InstrumentId> {
    Some(match message {
        Message::L2ConflatedSnapshot(m) => m.instrument_id,
        Message::L2ConflatedUpdate(m) => m.instrument_id,
        Message::BookChecksum(m) => m.instrument_id,
        Message::L3Snapshot(m) => m.instrument_id,
        Message::L3Update(m) => m.instrument_id,
        Message::Statistics(m) => m.instrument_id,
        Message::CandleSnapshot(m) => m.instrument_id,
        Message::CandleUpdate(m) => m.instrument_id,
        _ => return None,
    })
}

impl Reader {
    fn join(stage: &mut Stage, id: u64) -> Self {
        let listener = Listener::open(&mut stage.publisher, id);
        for channel in &Channel::ALL[Channel::L2Book10ms as usize - 1..] {
            listener.subscribe(&mut stage.publisher, *channel);
        }
        Self {
            listener,
            known: BTreeMap::new(),
            since: stage.trades.len(),
        }
    }

    fn listen(&mut self) {
        for message in self.listener.read() {
            if let Some(id) = instrument_of(&message) {
                self.known.entry(id).or_default().hear(message);
            }
        }
    }

    fn check(&self, image: &StateImage, trades: &[(Timestamp, Trade)]) {
        assert_eq!(self.known.len(), image.instruments.len());
        for image in &image.instruments {
            let id = image.instrument.id;
            let known = &self.known[&id];
            let of = trades.iter().filter(|(_, trade)| trade.instrument == id);
            let of: Vec<_> = of.copied().collect();
            for levels in known.conflated.values() {
                levels.check(image);
                assert!(levels.proofs > 0);
            }
            known.orders.check(image);
            known.check_candles(image, &of, self.since);
            known.check_statistics(image, &of);
        }
    }
}

#[test]
fn readers_of_every_channel_know_what_the_engine_knows() {
    for (seed, profile) in (1..).zip(Profile::ALL) {
        let mut stage = Stage::new();
        let mut readers = Vec::new();
        for (seq, step) in (1..).map(Seq).zip(generate(seed, &profile, STEPS)) {
            stage.play(seq, &step);
            stage.pass(MILLISECOND);
            if seq.0.is_multiple_of(700) {
                readers.push(Reader::join(&mut stage, seq.0));
            }
            readers.iter_mut().for_each(Reader::listen);
        }
        // By then everything has been told, and every candle of a day is over.
        for ns in [SECOND, SECOND, 86_400 * SECOND, SECOND] {
            stage.pass(ns);
            readers.iter_mut().for_each(Reader::listen);
        }
        let image = stage.exchange.image();
        assert_eq!(readers.len(), 2, "{}", profile.name);
        for reader in &readers {
            reader.check(&image, &stage.trades);
        }
    }
}

#[test]
fn a_conflated_book_changes_once_a_period_however_often_the_book_does() {
    let mut stage = Stage::new();
    let mut reader = None;
    let steps = generate(9, &Profile::ALL[0], 3_000);
    for (seq, step) in (1..).map(Seq).zip(&steps) {
        stage.play(seq, step);
        // Ten commands a millisecond.
        stage.pass(MILLISECOND / 10);
        let reader = reader.get_or_insert_with(|| Reader::join(&mut stage, 1));
        reader.listen();
    }
    let known = reader.expect("there were steps").known;
    let periods = (stage.now.0 - steps[0].time.0) / (10 * MILLISECOND) + 2;
    for known in known.values() {
        let [often, seldom] = [5, 6].map(|code| known.conflated[&code].updates);
        let changes = known.orders.at.expect("told");
        assert!(often <= periods, "{often} in {periods} periods");
        assert!(
            seldom <= often && often <= changes,
            "{seldom} {often} {changes}"
        );
    }
    let sum = |count: fn(&Known) -> u64| known.values().map(count).sum::<u64>();
    let often = sum(|known| known.conflated[&5].updates);
    assert!(
        often > 0 && often * 2 < sum(|known| known.orders.at.unwrap_or(0)),
        "{often}"
    );
}

/// Whoever follows a conflated book knows the last one when the exchange has ended.
#[test]
fn what_is_kept_back_is_told_before_the_end() {
    let mut stage = Stage::new();
    let mut reader = None;
    for (seq, step) in (1..).map(Seq).zip(generate(9, &Profile::ALL[0], 1_000)) {
        stage.play(seq, &step);
        stage.pass(1);
        let reader = reader.get_or_insert_with(|| Reader::join(&mut stage, 1));
        reader.listen();
    }
    let reason = rialto_protocol::EndReason::ShuttingDown;
    stage.publisher.finish(reason, stage.now);
    let mut reader = reader.expect("there were steps");
    reader.listen();
    for image in &stage.exchange.image().instruments {
        for levels in reader.known[&image.instrument.id].conflated.values() {
            levels.check(image);
        }
    }
}

/// Whoever does not read is sent a bounded part of what is conflated, and the present state when it reads
/// again; whoever reads beside it misses nothing.
#[test]
fn a_frozen_reader_is_conflated_and_nobody_else_notices() {
    let mut stage = Stage::new();
    let steps = generate(4, &Profile::ALL[0], 6_000);
    let (mut frozen, mut awake) = (None, None);
    for (seq, step) in (1..).map(Seq).zip(&steps) {
        stage.play(seq, step);
        stage.pass(20 * MILLISECOND);
        if seq == Seq(1_000) {
            let listener = Listener::open(&mut stage.publisher, 1);
            for channel in Channel::ALL
                .iter()
                .filter(|c| super::topics::is_conflated(**c))
            {
                listener.subscribe(&mut stage.publisher, *channel);
            }
            frozen = Some(Reader {
                listener,
                known: BTreeMap::new(),
                since: stage.trades.len(),
            });
            awake = Some(Reader::join(&mut stage, 2));
        }
        if let Some(awake) = &mut awake {
            awake.listen();
        }
    }
    let (mut frozen, mut awake) = (frozen.unwrap(), awake.unwrap());
    let queued = frozen.listener.queued_bytes();
    // Some snapshots, the bound, and a message of each series beyond it.
    assert!(queued < 256 * 1_024, "{queued} bytes wait for it");
    assert!(stage.publisher.is_waiting());
    for _ in 0..20 {
        frozen.listen();
        stage.pass(MILLISECOND);
    }
    stage.pass(SECOND);
    frozen.listen();
    awake.listen();
    assert!(!stage.publisher.topics.is_anybody_lagging());
    for image in &stage.exchange.image().instruments {
        let id = image.instrument.id;
        for levels in frozen.known[&id].conflated.values() {
            levels.check(image);
        }
        let (seen, missed) = (&awake.known[&id], &frozen.known[&id]);
        assert_eq!(
            seen.statistics.unwrap().volume,
            missed.statistics.unwrap().volume
        );
        seen.orders.check(image);
    }
}

/// A reader of orders that does not read is ended with the reason, as a reader of the L2 book is.
#[test]
fn a_frozen_reader_of_orders_is_ended() {
    let mut stage = Stage::new();
    stage.publisher.limits.public_queue_bytes_max = 8 * 1_024;
    let listener = Listener::open(&mut stage.publisher, 1);
    listener.subscribe(&mut stage.publisher, Channel::L3Book);
    for (seq, step) in (1..).map(Seq).zip(generate(4, &Profile::ALL[0], 3_000)) {
        stage.play(seq, &step);
        stage.pass(MILLISECOND);
    }
    assert_eq!(
        listener.ended(),
        Some(rialto_protocol::EndReason::SlowConsumer)
    );
    assert!(listener.queued_bytes() < 16 * 1_024);
}
