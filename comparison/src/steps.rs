//! A workload in words that every engine understands: orders by number, and for a move what is left of the
//! order rather than its total.

use rialto_benches::book::BookPlayer;
use rialto_benches::measure::Player;
use rialto_benches::message::Message;
use rialto_benches::workload::{Kind, Workload};
use rialto_types::{EventBody, OrderId, OrderKind, Side, TimeInForce};

/// One message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Place a limit order.
    Place {
        /// Its number; they count up from 1.
        order: u64,
        side: Side,
        price: u64,
        lots: u64,
        /// What is not filled at once is cancelled.
        is_ioc: bool,
    },
    /// Cancel an open order.
    Cancel { order: u64 },
    /// Move an open order to another price, behind all that are there.
    Move {
        order: u64,
        side: Side,
        price: u64,
        /// What it has left.
        lots: u64,
    },
}

/// A workload, as we and as others play it.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) workload: Workload,
    pub(crate) warm_up: Vec<Step>,
    pub(crate) steps: Vec<Step>,
}

impl Flow {
    /// Generates a workload and plays it once, to know the numbers and what is left of what is moved.
    pub(crate) fn new(kind: Kind, messages: usize) -> Self {
        let workload = kind.generate(messages, false);
        let mut translator = Translator {
            player: BookPlayer::empty(1 << 20),
            sides: vec![Side::Buy],
        };
        let warm_up = translator.translate(&workload.warm_up);
        let steps = translator.translate(&workload.messages);
        Self {
            workload,
            warm_up,
            steps,
        }
    }
}

struct Translator {
    player: BookPlayer,
    /// The side of each order, by its number.
    sides: Vec<Side>,
}

impl Translator {
    fn translate(&mut self, messages: &[Message]) -> Vec<Step> {
        messages.iter().map(|message| self.step(message)).collect()
    }

    fn step(&mut self, message: &Message) -> Step {
        self.player.play(message);
        match *message {
            Message::Place(_, order) => {
                let OrderKind::Limit {
                    price, qty, tif, ..
                } = order.kind
                else {
                    panic!("the workloads place limit orders");
                };
                self.sides.push(order.side);
                Step::Place {
                    order: self.sides.len() as u64 - 1,
                    side: order.side,
                    price: price.0.unsigned_abs(),
                    lots: qty.0.unsigned_abs(),
                    is_ioc: tif == TimeInForce::Ioc,
                }
            }
            Message::Cancel(_, id) => Step::Cancel { order: number(id) },
            Message::Move(_, id, price, _) => Step::Move {
                order: number(id),
                side: self.sides[number(id) as usize],
                price: price.0.unsigned_abs(),
                lots: self.left_of_replaced(),
            },
        }
    }

    /// What the order that was just moved had left when it was.
    fn left_of_replaced(&self) -> u64 {
        let replaced = self
            .player
            .events()
            .iter()
            .find_map(|event| match event.body {
                EventBody::Replaced(replaced) => Some(replaced.leaves.0.unsigned_abs()),
                _ => None,
            });
        replaced.expect("the workloads move open orders to where they keep a quantity")
    }
}

fn number(id: OrderId) -> u64 {
    id.counter()
}
