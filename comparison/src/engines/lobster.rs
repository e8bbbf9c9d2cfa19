//! lobster: limit and market orders, cancel by id, in two ordered maps of queues.
//!
//! It has neither immediate-or-cancel nor replace. What an immediate order leaves is cancelled, and a move
//! is a cancel and a new order under the same id.

use lobster::{OrderBook, OrderEvent, OrderType, Side as TheirSide};
use rialto_benches::measure::Player;
use rialto_types::Side;

use super::Engine;
use crate::reports::{Outcome, Reports};
use crate::steps::{Flow, Step};

/// Orders and orders at one price that memory is taken for at the start.
const ORDERS: usize = 1 << 16;
const ORDERS_OF_PRICE: usize = 16;

/// The engine and what it reports.
pub(crate) struct Lobster {
    book: OrderBook,
    reports: Reports,
}

impl Engine for Lobster {
    const NAME: &'static str = "lobster 0.7.0";

    fn translate(flow: &Flow) -> (Vec<Step>, Vec<Step>) {
        (flow.warm_up.clone(), flow.steps.clone())
    }

    fn new() -> Self {
        Self {
            book: OrderBook::new(ORDERS, ORDERS_OF_PRICE, false),
            reports: Reports::new(),
        }
    }

    fn outcome(&self) -> Outcome {
        self.reports.outcome()
    }
}

impl Player for Lobster {
    type Item = Step;

    #[inline]
    fn play(&mut self, step: &Step) {
        let number = match *step {
            Step::Place {
                order,
                side,
                price,
                lots,
                is_ioc,
            } => {
                let is_filled = self.place(order, side, price, lots);
                if is_ioc && !is_filled {
                    self.cancel(order);
                }
                order
            }
            Step::Cancel { order } => {
                self.cancel(order);
                order
            }
            Step::Move {
                order,
                side,
                price,
                lots,
            } => {
                self.cancel(order);
                self.place(order, side, price, lots);
                order
            }
        };
        self.reports.done(number);
    }
}

impl Lobster {
    /// Places an order; says whether it is filled.
    #[inline]
    fn place(&mut self, order: u64, side: Side, price: u64, lots: u64) -> bool {
        let side = match side {
            Side::Buy => TheirSide::Bid,
            Side::Sell => TheirSide::Ask,
        };
        let limit = OrderType::Limit {
            id: u128::from(order),
            side,
            qty: lots,
            price,
        };
        let (fills, is_filled) = match self.book.execute(limit) {
            OrderEvent::Filled { fills, .. } => (fills, true),
            OrderEvent::PartiallyFilled { fills, .. } => (fills, false),
            OrderEvent::Placed { .. }
            | OrderEvent::Unfilled { .. }
            | OrderEvent::Canceled { .. } => {
                return false;
            }
        };
        for fill in fills {
            let maker = fill.order_2 as u64;
            self.reports.fill(order, maker, fill.price, fill.qty);
        }
        is_filled
    }

    #[inline]
    fn cancel(&mut self, order: u64) {
        let id = u128::from(order);
        self.book.execute(OrderType::Cancel { id });
    }
}
