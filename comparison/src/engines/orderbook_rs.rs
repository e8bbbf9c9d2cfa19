//! orderbook-rs: a book that many threads may use at once, here used by one. Trades are told to a listener.

use std::sync::{Arc, Mutex, PoisonError};

use orderbook_rs::orderbook::trade::TradeResult;
use orderbook_rs::{Id, OrderBook, OrderBookError, Side as TheirSide, TimeInForce};
use pricelevel::{OrderUpdate, Price, Quantity};
use rialto_benches::measure::Player;
use rialto_types::Side;

use super::Engine;
use crate::reports::{Outcome, Reports};
use crate::steps::{Flow, Step};

/// The engine and what it reports.
pub(crate) struct OrderbookRs {
    book: OrderBook,
    reports: Arc<Mutex<Reports>>,
}

/// One call.
pub(crate) enum Call {
    /// Add a limit order.
    Add(Id, u128, u64, TheirSide, TimeInForce),
    /// Cancel an order.
    Cancel(Id),
    /// Replace price and quantity.
    Update(Id, u128, u64),
}

impl Engine for OrderbookRs {
    const NAME: &'static str = "orderbook-rs 0.15.3";

    fn translate(flow: &Flow) -> (Vec<Call>, Vec<Call>) {
        let calls = |steps: &[Step]| steps.iter().map(call).collect();
        (calls(&flow.warm_up), calls(&flow.steps))
    }

    fn new() -> Self {
        let reports = Arc::new(Mutex::new(Reports::new()));
        let told = Arc::clone(&reports);
        let listener = move |result: &TradeResult| {
            let mut reports = told.lock().unwrap_or_else(PoisonError::into_inner);
            for trade in result.match_result.trades().as_vec() {
                let price = trade.price().as_u128() as u64;
                reports.fill(0, 0, price, trade.quantity().as_u64());
            }
        };
        Self {
            book: OrderBook::with_trade_listener("BTC-USDT", Arc::new(listener)),
            reports,
        }
    }

    fn outcome(&self) -> Outcome {
        let reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.outcome()
    }
}

impl Player for OrderbookRs {
    type Item = Call;

    #[inline]
    fn play(&mut self, call: &Call) {
        let is_done = match *call {
            Call::Add(id, price, lots, side, tif) => {
                let added = self.book.add_limit_order(id, price, lots, side, tif, None);
                // What an immediate order does not find is told as an error.
                matches!(
                    added,
                    Ok(_) | Err(OrderBookError::InsufficientLiquidity { .. })
                )
            }
            Call::Cancel(id) => matches!(self.book.cancel_order(id), Ok(Some(_))),
            Call::Update(order_id, price, lots) => {
                let update = OrderUpdate::UpdatePriceAndQuantity {
                    order_id,
                    new_price: Price::new(price),
                    new_quantity: Quantity::new(lots),
                };
                self.book.update_order(update).is_ok()
            }
        };
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_done {
            reports.refused();
        }
        reports.done(0);
    }
}

fn call(step: &Step) -> Call {
    match *step {
        Step::Place {
            order,
            side,
            price,
            lots,
            is_ioc,
        } => {
            let side = match side {
                Side::Buy => TheirSide::Buy,
                Side::Sell => TheirSide::Sell,
            };
            let tif = if is_ioc {
                TimeInForce::Ioc
            } else {
                TimeInForce::Gtc
            };
            Call::Add(Id::sequential(order), u128::from(price), lots, side, tif)
        }
        Step::Cancel { order } => Call::Cancel(Id::sequential(order)),
        Step::Move {
            order, price, lots, ..
        } => Call::Update(Id::sequential(order), u128::from(price), lots),
    }
}
