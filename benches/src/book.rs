//! Book only: place, cancel, replace and match with lookup by order id; events are written to a buffer
//! and each copied to a ring of its own memory, as a publisher would see them.

use std::hint::black_box;

use rialto_engine::{EventBuffer, SoloBook};
use rialto_types::Event;

use crate::measure::Player;
use crate::message::{ACCOUNTS, Message, instrument};
use crate::outlet::Outlet;
use crate::workload::Workload;

/// Open orders that a book of the benchmarks has room for, unless it is asked for more.
pub const ORDERS_MAX: u32 = 1 << 20;

/// A book and where its events go.
#[derive(Debug)]
pub struct BookPlayer {
    book: SoloBook,
    events: EventBuffer,
    outlet: Outlet,
}

impl BookPlayer {
    /// An empty book with room for so many open orders.
    pub fn empty(order_max: u32) -> Self {
        Self {
            book: SoloBook::new(instrument(), order_max, ACCOUNTS),
            events: EventBuffer::new(),
            outlet: Outlet::new(),
        }
    }

    /// A book that has played the first part of a workload.
    pub fn warm(workload: &Workload) -> Self {
        let mut player = Self::empty(ORDERS_MAX);
        for message in &workload.warm_up {
            player.play(message);
        }
        player
    }

    /// The book, to look at.
    pub fn book(&self) -> &SoloBook {
        &self.book
    }

    /// The events of the last message.
    pub fn events(&self) -> &[Event] {
        self.events.last_command()
    }
}

impl Player for BookPlayer {
    type Item = Message;

    #[inline]
    fn play(&mut self, message: &Message) {
        self.outlet.take(&mut self.events);
        match message {
            Message::Place(account, order) => {
                black_box(self.book.place(*account, order, &mut self.events));
            }
            Message::Cancel(_, id) => {
                black_box(self.book.cancel(*id, &mut self.events));
            }
            Message::Move(_, id, price, qty) => {
                black_box(self.book.replace(*id, *price, *qty, &mut self.events));
            }
        }
    }
}
