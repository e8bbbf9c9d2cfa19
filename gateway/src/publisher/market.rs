//! Market data as messages: definitions, trades, top of book, snapshots and increments of the book.
//!
//! Pure functions from the read models to messages of the schema.

use rialto_protocol::refusal::Pair;
use rialto_protocol::{
    BookFlags, InstrumentStatus, L2Snapshot, L2Update, Level as WireLevel, TopOfBook, TradeTick,
    convert,
};
use rialto_types::{Event, Instrument, InstrumentState, Price, Side, Trade};

use crate::models::{Book, Level, ReadModels};

/// The best level of each side.
pub(super) type Top = [Option<(Price, Level)>; 2];

/// The best bid and the best ask of a book.
pub(super) fn top(book: &Book) -> Top {
    [book.best(Side::Buy), book.best(Side::Sell)]
}

/// The best levels as subscribers are told, as of the models' last command.
pub(super) fn top_of_book(models: &ReadModels, instrument: &Instrument, book: &Book) -> TopOfBook {
    let [bid, ask] = top(book);
    let price = |level: Option<(Price, Level)>| {
        level.map(|(price, _)| convert::price_decimal(instrument, price))
    };
    let quantity = |level: Option<(Price, Level)>| {
        level.map(|(_, level)| convert::qty_scaled(instrument, level.qty))
    };
    let orders = |level: Option<(Price, Level)>| level.map_or(0, |(_, level)| level.order_count);
    TopOfBook {
        instrument_id: instrument.id,
        core_seq: models.seq(),
        transact_time: models.time(),
        book_seq: book.change_count(),
        bid_price: price(bid),
        bid_quantity: quantity(bid),
        ask_price: price(ask),
        ask_quantity: quantity(ask),
        bid_order_count: orders(bid),
        ask_order_count: orders(ask),
    }
}

fn wire_level(instrument: &Instrument, side: Side, price: Price, level: Level) -> WireLevel {
    WireLevel {
        price: convert::price_decimal(instrument, price),
        quantity: convert::qty_scaled(instrument, level.qty),
        order_count: level.order_count,
        side: side.into(),
    }
}

/// Divides levels among messages: `message` makes one of at most `max` levels and its place.
fn divided(
    levels: Vec<WireLevel>,
    max: usize,
    mut message: impl FnMut(Vec<WireLevel>, bool, bool),
) {
    let mut rest = levels;
    let mut first = true;
    loop {
        let later = rest.split_off(rest.len().min(max));
        let last = later.is_empty();
        message(rest, first, last);
        if last {
            return;
        }
        first = false;
        rest = later;
    }
}

fn flags(first: bool, last: bool) -> BookFlags {
    BookFlags::FIRST
        .when(first)
        .with(BookFlags::LAST.when(last))
}

/// The whole book, as of the models' last command, in as many messages as it takes.
pub(super) fn l2_snapshot(
    models: &ReadModels,
    instrument: &Instrument,
    book: &Book,
    mut send: impl FnMut(&L2Snapshot),
) {
    let levels = [Side::Buy, Side::Sell]
        .into_iter()
        .flat_map(|side| {
            book.levels(side)
                .map(move |(price, level)| (side, price, level))
        })
        .map(|(side, price, level)| wire_level(instrument, side, price, level))
        .collect();
    divided(levels, L2Snapshot::LEVELS_MAX, |levels, first, last| {
        send(&L2Snapshot {
            instrument_id: instrument.id,
            core_seq: models.seq(),
            transact_time: models.time(),
            book_seq: book.change_count(),
            book_flags: flags(first, last),
            levels: levels.try_into().expect("divided to fit"),
        });
    });
}

/// What the models' last command changed of a book, in as many messages as it takes. `changed` are the
/// levels that it touched, each once.
pub(super) fn l2_update(
    models: &ReadModels,
    instrument: &Instrument,
    book: &Book,
    changed: impl Iterator<Item = (Side, Price)>,
    mut send: impl FnMut(&L2Update),
) {
    let levels = changed
        .map(|(side, price)| wire_level(instrument, side, price, book.level(side, price)))
        .collect();
    divided(levels, L2Update::LEVELS_MAX, |levels, first, last| {
        send(&L2Update {
            instrument_id: instrument.id,
            core_seq: models.seq(),
            transact_time: models.time(),
            book_seq: book.change_count(),
            previous_book_seq: book.change_count() - 1,
            book_flags: flags(first, last),
            levels: levels.try_into().expect("divided to fit"),
        });
    });
}

/// A trade.
pub(super) fn trade_tick(event: &Event, trade: &Trade, pair: Pair<'_>) -> TradeTick {
    TradeTick {
        instrument_id: trade.instrument,
        core_seq: event.seq,
        event_index: event.index,
        transact_time: event.time,
        trade_id: trade.trade_id,
        price: convert::price_decimal(pair.instrument, trade.price),
        quantity: convert::qty_decimal(pair.instrument, trade.qty),
        taker_side: trade.taker_side.into(),
    }
}

/// An instrument's new state.
pub(super) fn instrument_status(
    event: &Event,
    instrument: &Instrument,
    state: InstrumentState,
) -> InstrumentStatus {
    InstrumentStatus {
        instrument_id: instrument.id,
        core_seq: event.seq,
        transact_time: event.time,
        state: state.into(),
    }
}
