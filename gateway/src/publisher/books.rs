//! Books as messages: snapshots and changes of price levels (L2) and of orders (L3), and their checksums.
//!
//! Pure functions from the read models to messages of the schema. What does not fit in one message becomes
//! several. Cost: linear in the entries told.

use rialto_protocol::{
    BookChecksum, BookFlags, BookOrder, Channel, L2ConflatedSnapshot, L2ConflatedUpdate,
    L2Snapshot, L2Update, L3Snapshot, L3Update, Level as WireLevel, OrderAction, OrderChange,
    checksum, convert,
};
use rialto_types::{Instrument, Price, Side};

use crate::models::{Book, Level, OpenOrder, QueueChange, QueueStep, ReadModels};

/// Both sides, in the order in which messages have them.
const SIDES: [Side; 2] = [Side::Buy, Side::Sell];

/// A book to be told, as of the models' last command.
#[derive(Clone, Copy)]
pub(super) struct Listed<'a> {
    pub(super) models: &'a ReadModels,
    pub(super) instrument: &'a Instrument,
    pub(super) book: &'a Book,
}

fn wire_level(instrument: &Instrument, side: Side, price: Price, level: Level) -> WireLevel {
    WireLevel {
        price: convert::price_decimal(instrument, price),
        quantity: convert::qty_scaled(instrument, level.qty),
        order_count: level.order_count,
        side: side.into(),
    }
}

fn wire_order(instrument: &Instrument, order: &OpenOrder) -> BookOrder {
    let (price, qty) = order.shown().expect("an order in the book is shown");
    BookOrder {
        order_id: order.order_id,
        price: convert::price_decimal(instrument, price),
        quantity: convert::qty_decimal(instrument, qty),
        side: order.side.into(),
    }
}

/// Divides entries among messages: `message` makes one of at most `max` entries and its flags.
fn divided<T>(entries: Vec<T>, max: usize, mut message: impl FnMut(Vec<T>, BookFlags)) {
    let mut rest = entries;
    let mut first = true;
    loop {
        let later = rest.split_off(rest.len().min(max));
        let last = later.is_empty();
        let flags = BookFlags::FIRST.when(first);
        message(rest, flags.with(BookFlags::LAST.when(last)));
        if last {
            return;
        }
        first = false;
        rest = later;
    }
}

impl Listed<'_> {
    fn levels(&self, side: Side) -> impl Iterator<Item = WireLevel> {
        let instrument = self.instrument;
        let levels = self.book.levels(side);
        levels.map(move |(price, level)| wire_level(instrument, side, price, level))
    }

    fn orders(&self, side: Side) -> impl Iterator<Item = BookOrder> {
        let instrument = self.instrument;
        let queue = self.models.queue(instrument.id, side);
        queue.map(move |order| wire_order(instrument, order))
    }

    /// All price levels, in as many messages as it takes.
    pub(super) fn l2_snapshot(&self, mut send: impl FnMut(&L2Snapshot)) {
        let levels = SIDES.into_iter().flat_map(|side| self.levels(side));
        divided(levels.collect(), L2Snapshot::LEVELS_MAX, |levels, flags| {
            send(&L2Snapshot {
                instrument_id: self.instrument.id,
                core_seq: self.models.seq(),
                transact_time: self.models.time(),
                book_seq: self.book.change_count(),
                book_flags: flags,
                levels: levels.try_into().expect("divided to fit"),
            });
        });
    }

    /// As [`l2_snapshot`](Self::l2_snapshot), for a conflated channel.
    pub(super) fn l2_conflated_snapshot(
        &self,
        channel: Channel,
        mut send: impl FnMut(&L2ConflatedSnapshot),
    ) {
        let levels = SIDES.into_iter().flat_map(|side| self.levels(side));
        let max = L2ConflatedSnapshot::LEVELS_MAX;
        divided(levels.collect(), max, |levels, flags| {
            send(&L2ConflatedSnapshot {
                instrument_id: self.instrument.id,
                core_seq: self.models.seq(),
                transact_time: self.models.time(),
                book_seq: self.book.change_count(),
                book_flags: flags,
                channel: channel.into(),
                levels: levels.try_into().expect("divided to fit"),
            });
        });
    }

    /// All orders in the book, in as many messages as it takes.
    pub(super) fn l3_snapshot(&self, mut send: impl FnMut(&L3Snapshot)) {
        let orders = SIDES.into_iter().flat_map(|side| self.orders(side));
        let max = L3Snapshot::BOOK_ORDERS_MAX;
        divided(orders.collect(), max, |orders, flags| {
            send(&L3Snapshot {
                instrument_id: self.instrument.id,
                core_seq: self.models.seq(),
                transact_time: self.models.time(),
                book_seq: self.book.change_count(),
                book_flags: flags,
                book_orders: orders.try_into().expect("divided to fit"),
            });
        });
    }

    fn changed_levels(&self, changed: impl Iterator<Item = (Side, Price)>) -> Vec<WireLevel> {
        changed
            .map(|(side, price)| {
                let level = self.book.level(side, price);
                wire_level(self.instrument, side, price, level)
            })
            .collect()
    }

    /// What the last command changed, in as many messages as it takes. `changed` are the levels that it
    /// touched, each once.
    pub(super) fn l2_update(
        &self,
        changed: impl Iterator<Item = (Side, Price)>,
        mut send: impl FnMut(&L2Update),
    ) {
        let levels = self.changed_levels(changed);
        divided(levels, L2Update::LEVELS_MAX, |levels, flags| {
            send(&L2Update {
                instrument_id: self.instrument.id,
                core_seq: self.models.seq(),
                transact_time: self.models.time(),
                book_seq: self.book.change_count(),
                previous_book_seq: self.book.change_count() - 1,
                book_flags: flags,
                levels: levels.try_into().expect("divided to fit"),
            });
        });
    }

    /// What has changed since the change `previous`, in as many messages as it takes. `changed` are the
    /// levels that were touched, each once.
    pub(super) fn l2_conflated_update(
        &self,
        channel: Channel,
        previous: u64,
        changed: impl Iterator<Item = (Side, Price)>,
        mut send: impl FnMut(&L2ConflatedUpdate),
    ) {
        let levels = self.changed_levels(changed);
        divided(levels, L2ConflatedUpdate::LEVELS_MAX, |levels, flags| {
            send(&L2ConflatedUpdate {
                instrument_id: self.instrument.id,
                core_seq: self.models.seq(),
                transact_time: self.models.time(),
                book_seq: self.book.change_count(),
                previous_book_seq: previous,
                book_flags: flags,
                channel: channel.into(),
                levels: levels.try_into().expect("divided to fit"),
            });
        });
    }

    /// What the last command did to orders in the book, in as many messages as it takes.
    pub(super) fn l3_update<'c>(
        &self,
        changes: impl Iterator<Item = &'c QueueChange>,
        mut send: impl FnMut(&L3Update),
    ) {
        let changes = changes.map(|change| wire_change(self.instrument, change));
        let max = L3Update::ORDER_CHANGES_MAX;
        divided(changes.collect(), max, |changes, flags| {
            send(&L3Update {
                instrument_id: self.instrument.id,
                core_seq: self.models.seq(),
                transact_time: self.models.time(),
                book_seq: self.book.change_count(),
                previous_book_seq: self.book.change_count() - 1,
                book_flags: flags,
                order_changes: changes.try_into().expect("divided to fit"),
            });
        });
    }

    /// What a client's book must come to that follows this channel.
    pub(super) fn checksum(&self, channel: Channel) -> BookChecksum {
        let (count, checksum): (fn(&Book, Side) -> usize, u32) = match channel {
            Channel::L3Book => (
                Book::order_count,
                checksum::of_orders(self.orders(Side::Buy), self.orders(Side::Sell)),
            ),
            _ => (
                Book::level_count,
                checksum::of_levels(self.levels(Side::Buy), self.levels(Side::Sell)),
            ),
        };
        let count = |side| {
            let count = count(self.book, side);
            u32::try_from(count).expect("the pool of orders counts in 32 bits")
        };
        BookChecksum {
            instrument_id: self.instrument.id,
            book_seq: self.book.change_count(),
            bid_count: count(Side::Buy),
            ask_count: count(Side::Sell),
            checksum,
            channel: channel.into(),
        }
    }
}

fn wire_change(instrument: &Instrument, change: &QueueChange) -> OrderChange {
    let action = match change.step {
        QueueStep::Added => OrderAction::Added,
        QueueStep::Changed => OrderAction::Changed,
        QueueStep::Removed => OrderAction::Removed,
    };
    OrderChange {
        order_id: change.order_id,
        price: convert::price_decimal(instrument, change.price),
        quantity: convert::qty_decimal(instrument, change.leaves),
        trade_id: change.trade,
        side: change.side.into(),
        action: action.into(),
    }
}
