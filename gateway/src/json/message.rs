//! What a client of the JSON endpoint is sent.

use std::time::{Duration, UNIX_EPOCH};

use rialto_protocol::{
    BookChecksum, BookFlags, BookOrder, Boolean, Candle, CandleUpdate, Channel, Code, Decimal,
    InstrumentDefinition, Level, Message, OrderChange, Scaled, Statistics, SubscriptionRefusal,
    TopOfBook, TradeTick,
};
use rialto_types::{InstrumentId, Side, Timestamp};
use serde::Serialize;

use super::channel_name;
use crate::models::Directory;

/// A message. Its fields come in this order.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Told<'a> {
    Accepted {
        id: Option<u64>,
        channel: &'static str,
        instrument: Option<&'a str>,
    },
    Error(Problem),
    Pong(Pong),
    Asset {
        symbol: String,
        decimals: u8,
    },
    Instrument(Definition),
    Status {
        instrument: &'a str,
        state: String,
        time: String,
    },
    Trade {
        instrument: &'a str,
        id: u64,
        price: String,
        quantity: String,
        taker_side: String,
        time: String,
    },
    Top {
        instrument: &'a str,
        book_seq: u64,
        bid: Option<Row>,
        ask: Option<Row>,
        time: String,
    },
    BookSnapshot(Levels<'a>),
    BookUpdate(Levels<'a>),
    OrdersSnapshot {
        instrument: &'a str,
        book_seq: u64,
        first: bool,
        last: bool,
        bids: Vec<Resting>,
        asks: Vec<Resting>,
        time: String,
    },
    OrdersUpdate {
        instrument: &'a str,
        previous_book_seq: u64,
        book_seq: u64,
        first: bool,
        last: bool,
        changes: Vec<Change>,
        time: String,
    },
    Checksum {
        channel: &'static str,
        instrument: &'a str,
        book_seq: u64,
        bid_count: u32,
        ask_count: u32,
        crc32c: u32,
    },
    Statistics {
        instrument: &'a str,
        since: String,
        open: Option<String>,
        high: Option<String>,
        low: Option<String>,
        last: Option<String>,
        volume: String,
        quote_volume: String,
        trade_count: u64,
        time: String,
    },
    Candles {
        channel: &'static str,
        instrument: &'a str,
        candle_seq: u64,
        since: String,
        candles: Vec<Bar>,
    },
    Candle {
        channel: &'static str,
        instrument: &'a str,
        candle_seq: u64,
        candle: Bar,
    },
    End {
        reason: String,
        text: String,
    },
}

/// Why a request was refused.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Problem {
    /// That of the request; none when it had none or could not be read.
    pub(crate) id: Option<u64>,
    /// For programs.
    pub(crate) code: &'static str,
    /// For people.
    pub(crate) text: String,
}

/// The answer to a ping.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Pong {
    /// That of the ping, if it had one.
    pub(crate) id: Option<u64>,
    /// The clock of the exchange.
    pub(crate) time: String,
}

impl Pong {
    /// The answer to a ping with this number; 0 stands for none.
    pub(crate) fn to(id: u64, now: Timestamp) -> Self {
        let (id, time) = (number(id), time(now));
        Self { id, time }
    }
}

/// Price, quantity, count of orders.
type Row = (String, String, u32);

#[derive(Serialize)]
struct Definition {
    instrument: String,
    base: String,
    quote: String,
    tick: String,
    lot: String,
    min_quantity: String,
    max_quantity: String,
    min_notional: String,
    max_notional: String,
    reference_price: String,
    collar_ppm: u32,
    maker_fee_ppm: u32,
    taker_fee_ppm: u32,
    state: String,
}

#[derive(Serialize)]
struct Levels<'a> {
    channel: &'static str,
    instrument: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_book_seq: Option<u64>,
    book_seq: u64,
    first: bool,
    last: bool,
    bids: Vec<Row>,
    asks: Vec<Row>,
    time: String,
}

#[derive(Serialize)]
struct Resting {
    id: u64,
    price: String,
    quantity: String,
}

#[derive(Serialize)]
struct Change {
    action: String,
    id: u64,
    side: String,
    price: String,
    quantity: String,
    trade_id: Option<u64>,
}

#[derive(Serialize)]
struct Bar {
    open_time: String,
    open: String,
    high: String,
    low: String,
    close: String,
    volume: String,
    quote_volume: String,
    trade_count: u64,
    closed: bool,
}

/// The text of a message of the exchange; nothing for those that no session of this endpoint is sent.
pub(super) fn text_of(message: &Message, directory: &Directory) -> Option<String> {
    told(message, directory).map(|told| text(&told))
}

impl Pong {
    /// Its text.
    pub(crate) fn text(self) -> String {
        text(&Told::Pong(self))
    }
}

impl Problem {
    /// Its text.
    pub(crate) fn text(self) -> String {
        text(&Told::Error(self))
    }
}

fn text(told: &Told<'_>) -> String {
    serde_json::to_string(told).expect("these types have a JSON text")
}

fn number(id: u64) -> Option<u64> {
    (id != 0).then_some(id)
}

/// RFC 3339, with nanoseconds.
fn time(time: Timestamp) -> String {
    let time = UNIX_EPOCH + Duration::from_nanos(time.0);
    humantime::format_rfc3339_nanos(time).to_string()
}

fn channel(code: Code<Channel>) -> &'static str {
    code.known().map_or("unknown", channel_name)
}

fn told<'a>(message: &Message, directory: &'a Directory) -> Option<Told<'a>> {
    let name = |id: InstrumentId| {
        let listed = directory.instrument(id);
        listed.map_or("", |listed| listed.spec.symbol.as_str())
    };
    Some(match message {
        Message::SubscriptionAccepted(m) => Told::Accepted {
            id: number(m.request_id),
            channel: channel(m.channel),
            instrument: m.instrument_id.map(name),
        },
        Message::SubscriptionRefused(m) => {
            return Some(Told::Error(Problem {
                id: number(m.request_id),
                code: refusal(m.reason),
                text: m.text.to_string(),
            }));
        }
        Message::AssetDefinition(m) => Told::Asset {
            symbol: m.symbol.to_string(),
            decimals: m.decimals,
        },
        Message::InstrumentDefinition(m) => Told::Instrument(instrument(m)),
        Message::InstrumentStatus(m) => Told::Status {
            instrument: name(m.instrument_id),
            state: m.state.to_string(),
            time: time(m.transact_time),
        },
        Message::TradeTick(m) => trade(name(m.instrument_id), m),
        Message::TopOfBook(m) => top(name(m.instrument_id), m),
        other => return books(other, name).or_else(|| figures(other, name)),
    })
}

fn refusal(reason: Code<SubscriptionRefusal>) -> &'static str {
    match reason.known() {
        Some(SubscriptionRefusal::UnknownInstrument) => "unknown_instrument",
        Some(SubscriptionRefusal::UnknownChannel) => "unknown_channel",
        Some(SubscriptionRefusal::TooManySubscriptions) => "too_many_subscriptions",
        Some(SubscriptionRefusal::NotSubscribed) => "not_subscribed",
        Some(SubscriptionRefusal::AlreadySubscribed) => "already_subscribed",
        None => "refused",
    }
}

fn instrument(m: &InstrumentDefinition) -> Definition {
    Definition {
        instrument: m.symbol.to_string(),
        base: m.base_symbol.to_string(),
        quote: m.quote_symbol.to_string(),
        tick: m.tick.to_string(),
        lot: m.lot.to_string(),
        min_quantity: m.min_quantity.to_string(),
        max_quantity: m.max_quantity.to_string(),
        min_notional: m.min_notional.to_string(),
        max_notional: m.max_notional.to_string(),
        reference_price: m.reference_price.to_string(),
        collar_ppm: m.collar.0,
        maker_fee_ppm: m.maker_fee.0,
        taker_fee_ppm: m.taker_fee.0,
        state: m.state.to_string(),
    }
}

fn trade<'a>(instrument: &'a str, m: &TradeTick) -> Told<'a> {
    Told::Trade {
        instrument,
        id: m.trade_id.0,
        price: m.price.to_string(),
        quantity: m.quantity.to_string(),
        taker_side: m.taker_side.to_string(),
        time: time(m.transact_time),
    }
}

fn top<'a>(instrument: &'a str, m: &TopOfBook) -> Told<'a> {
    let row = |price: Option<Decimal>, quantity: Option<Scaled>, count| {
        let (price, quantity) = price.zip(quantity)?;
        Some((price.to_string(), quantity.to_string(), count))
    };
    Told::Top {
        instrument,
        book_seq: m.book_seq,
        bid: row(m.bid_price, m.bid_quantity, m.bid_order_count),
        ask: row(m.ask_price, m.ask_quantity, m.ask_order_count),
        time: time(m.transact_time),
    }
}

/// A message about levels, without what only changes have.
fn levels<'a>(
    (channel, instrument): (&'static str, &'a str),
    (book_seq, flags): (u64, BookFlags),
    at: Timestamp,
    levels: &[Level],
) -> Levels<'a> {
    let rows = |side: Side| {
        let of_side = levels.iter().filter(move |level| level.side == side);
        of_side
            .map(|level| {
                let (price, quantity) = (level.price.to_string(), level.quantity.to_string());
                (price, quantity, level.order_count)
            })
            .collect()
    };
    Levels {
        channel,
        instrument,
        previous_book_seq: None,
        book_seq,
        first: flags.contains(BookFlags::FIRST),
        last: flags.contains(BookFlags::LAST),
        bids: rows(Side::Buy),
        asks: rows(Side::Sell),
        time: time(at),
    }
}

fn books<'a>(message: &Message, name: impl Fn(InstrumentId) -> &'a str) -> Option<Told<'a>> {
    let whole = channel_name(Channel::L2Book);
    Some(match message {
        Message::L2Snapshot(m) => {
            let (of, at) = ((whole, name(m.instrument_id)), (m.book_seq, m.book_flags));
            Told::BookSnapshot(levels(of, at, m.transact_time, &m.levels))
        }
        Message::L2ConflatedSnapshot(m) => {
            let of = (channel(m.channel), name(m.instrument_id));
            let at = (m.book_seq, m.book_flags);
            Told::BookSnapshot(levels(of, at, m.transact_time, &m.levels))
        }
        Message::L2Update(m) => {
            let (of, at) = ((whole, name(m.instrument_id)), (m.book_seq, m.book_flags));
            Told::BookUpdate(Levels {
                previous_book_seq: Some(m.previous_book_seq),
                ..levels(of, at, m.transact_time, &m.levels)
            })
        }
        Message::L2ConflatedUpdate(m) => {
            let of = (channel(m.channel), name(m.instrument_id));
            let at = (m.book_seq, m.book_flags);
            Told::BookUpdate(Levels {
                previous_book_seq: Some(m.previous_book_seq),
                ..levels(of, at, m.transact_time, &m.levels)
            })
        }
        Message::L3Snapshot(m) => Told::OrdersSnapshot {
            instrument: name(m.instrument_id),
            book_seq: m.book_seq,
            first: m.book_flags.contains(BookFlags::FIRST),
            last: m.book_flags.contains(BookFlags::LAST),
            bids: resting(&m.book_orders, Side::Buy),
            asks: resting(&m.book_orders, Side::Sell),
            time: time(m.transact_time),
        },
        Message::L3Update(m) => Told::OrdersUpdate {
            instrument: name(m.instrument_id),
            previous_book_seq: m.previous_book_seq,
            book_seq: m.book_seq,
            first: m.book_flags.contains(BookFlags::FIRST),
            last: m.book_flags.contains(BookFlags::LAST),
            changes: m.order_changes.iter().map(change).collect(),
            time: time(m.transact_time),
        },
        Message::BookChecksum(m) => checksum(name(m.instrument_id), m),
        _ => return None,
    })
}

fn resting(orders: &[BookOrder], side: Side) -> Vec<Resting> {
    let of_side = orders.iter().filter(|order| order.side == side);
    of_side
        .map(|order| Resting {
            id: order.order_id.0,
            price: order.price.to_string(),
            quantity: order.quantity.to_string(),
        })
        .collect()
}

fn change(change: &OrderChange) -> Change {
    Change {
        action: change.action.to_string(),
        id: change.order_id.0,
        side: change.side.to_string(),
        price: change.price.to_string(),
        quantity: change.quantity.to_string(),
        trade_id: change.trade_id.map(|id| id.0),
    }
}

fn checksum<'a>(instrument: &'a str, m: &BookChecksum) -> Told<'a> {
    Told::Checksum {
        channel: channel(m.channel),
        instrument,
        book_seq: m.book_seq,
        bid_count: m.bid_count,
        ask_count: m.ask_count,
        crc32c: m.checksum,
    }
}

fn figures<'a>(message: &Message, name: impl Fn(InstrumentId) -> &'a str) -> Option<Told<'a>> {
    Some(match message {
        Message::Statistics(m) => statistics(name(m.instrument_id), m),
        Message::CandleSnapshot(m) => Told::Candles {
            channel: channel(m.channel),
            instrument: name(m.instrument_id),
            candle_seq: m.candle_seq,
            since: time(m.since),
            candles: m.candles.iter().map(bar).collect(),
        },
        Message::CandleUpdate(m) => Told::Candle {
            channel: channel(m.channel),
            instrument: name(m.instrument_id),
            candle_seq: m.candle_seq,
            candle: bar(&candle_of(m)),
        },
        Message::Logout(m) => Told::End {
            reason: m.end_reason.to_string(),
            text: m.text.to_string(),
        },
        _ => return None,
    })
}

fn statistics<'a>(instrument: &'a str, m: &Statistics) -> Told<'a> {
    let price = |price: Option<Decimal>| price.map(|price| price.to_string());
    Told::Statistics {
        instrument,
        since: time(m.since),
        open: price(m.open_price),
        high: price(m.high_price),
        low: price(m.low_price),
        last: price(m.last_price),
        volume: m.volume.to_string(),
        quote_volume: m.quote_volume.to_string(),
        trade_count: m.trade_count,
        time: time(m.transact_time),
    }
}

const fn candle_of(m: &CandleUpdate) -> Candle {
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

fn bar(candle: &Candle) -> Bar {
    Bar {
        open_time: time(candle.open_time),
        open: candle.open_price.to_string(),
        high: candle.high_price.to_string(),
        low: candle.low_price.to_string(),
        close: candle.close_price.to_string(),
        volume: candle.volume.to_string(),
        quote_volume: candle.quote_volume.to_string(),
        trade_count: candle.trade_count,
        closed: candle.closed == Boolean::True,
    }
}
