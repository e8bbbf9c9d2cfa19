//! Market data as messages: trades, top of book, states of instruments.
//!
//! Pure functions from the read models to messages of the schema.

use rialto_protocol::refusal::Pair;
use rialto_protocol::{InstrumentStatus, TopOfBook, TradeTick, convert};
use rialto_types::{Event, Instrument, InstrumentState, Price, Side};

use crate::models::{Book, Level, Print, ReadModels};

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

/// A trade of an instrument.
pub(super) fn trade_tick(print: &Print, pair: Pair<'_>) -> TradeTick {
    TradeTick {
        instrument_id: pair.instrument.id,
        core_seq: print.seq,
        event_index: print.index,
        transact_time: print.time,
        trade_id: print.trade_id,
        price: convert::price_decimal(pair.instrument, print.price),
        quantity: convert::qty_decimal(pair.instrument, print.qty),
        taker_side: print.taker_side.into(),
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
