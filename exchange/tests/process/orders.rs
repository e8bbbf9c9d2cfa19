//! Open orders, kept from events in the most obvious way: what reports say of an order besides what has
//! just happened to it.

use std::collections::HashMap;

use rialto_gateway::models::Directory;
use rialto_protocol::order::WireTerms;
use rialto_protocol::{ExecutionReport, OrderState, convert};
use rialto_types::{
    AccountId, Amount, CancelReason, ClientOrderId, Event, EventBody, Fill, InstrumentId,
    OrderAccepted, OrderId, OrderKind, Price, Qty, Side, Size, Trade,
};

/// An order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) account: AccountId,
    pub(crate) instrument: InstrumentId,
    pub(crate) side: Side,
    /// As it is now.
    kind: OrderKind,
    /// The trigger, also once it was elected.
    stop: Option<Price>,
    name: Option<ClientOrderId>,
    filled: i64,
    filled_quote: i64,
    leaves: i64,
    state: OrderState,
}

impl Order {
    fn accepted(e: &OrderAccepted) -> Self {
        let kind = e.order.kind;
        let waits = e.resting && kind.stop().is_some();
        Self {
            account: e.account,
            instrument: e.order.instrument,
            side: e.order.side,
            kind,
            stop: kind.stop(),
            name: e.order.client_order_id,
            filled: 0,
            filled_quote: 0,
            leaves: match kind.size() {
                Size::Qty(qty) => qty.0,
                Size::Quote(amount) => amount.0,
            },
            state: if waits {
                OrderState::Waiting
            } else {
                OrderState::New
            },
        }
    }

    fn is_closed(&self) -> bool {
        use OrderState::{Cancelled, Expired, Filled};
        matches!(self.state, Filled | Cancelled | Expired)
    }

    /// Sets the size to what is filled and what is left.
    fn resize(&mut self, price: Option<Price>) {
        let total = self.filled + self.leaves;
        match &mut self.kind {
            OrderKind::Limit { price: p, qty, .. } | OrderKind::StopLimit { price: p, qty, .. } => {
                (*p, *qty) = (price.unwrap_or(*p), Qty(total));
            }
            OrderKind::Market { size } | OrderKind::StopMarket { size, .. } => match size {
                Size::Qty(qty) => *qty = Qty(total),
                Size::Quote(amount) => *amount = Amount(self.filled_quote + self.leaves),
            },
        }
    }

    fn fill(&mut self, trade: &Trade, fill: &Fill) {
        self.filled += trade.qty.0;
        self.filled_quote += trade.notional.0;
        self.leaves = fill.leaves;
        self.state = match fill.leaves {
            0 => OrderState::Filled,
            _ => OrderState::PartiallyFilled,
        };
    }

    /// Turns a stop into the order that it becomes.
    fn elect(&mut self) {
        self.kind = match self.kind {
            OrderKind::StopLimit {
                price, qty, tif, ..
            } => OrderKind::Limit {
                price,
                qty,
                tif,
                post_only: false,
            },
            OrderKind::StopMarket { size, .. } => OrderKind::Market { size },
            other => panic!("{other:?} is no stop"),
        };
        self.state = OrderState::New;
    }

    /// What every report tells of it; the rest of `told` stays as it is.
    pub(crate) fn report(&self, told: &ExecutionReport, directory: &Directory) -> ExecutionReport {
        let pair = directory.pair(self.instrument).unwrap();
        let terms = WireTerms::new(&self.kind, pair);
        let left = if self.is_closed() { 0 } else { self.leaves };
        let (leaves_quantity, leaves_quote) = match self.kind.size() {
            Size::Qty(_) => (Some(convert::qty_decimal(pair.instrument, Qty(left))), None),
            Size::Quote(_) => (
                None,
                Some(convert::amount_decimal(pair.quote, Amount(left))),
            ),
        };
        let stop = |price| convert::price_decimal(pair.instrument, price);
        let (filled, filled_quote) = (Qty(self.filled), Amount(self.filled_quote));
        ExecutionReport {
            account_id: self.account,
            instrument_id: Some(self.instrument),
            side: Some(self.side.into()),
            price: terms.price,
            stop_price: self.stop.map(stop),
            order_quantity: terms.quantity,
            quote_amount: terms.quote_amount,
            expiry: terms.expiry,
            order_type: Some(terms.order_type.into()),
            time_in_force: Some(terms.time_in_force.into()),
            cumulative_quantity: Some(convert::qty_scaled(pair.instrument, filled)),
            cumulative_quote: Some(convert::amount_scaled(pair.quote, filled_quote)),
            average_price: convert::average_price(
                pair.instrument,
                pair.quote,
                filled_quote,
                filled,
            ),
            leaves_quantity,
            leaves_quote,
            order_status: Some(self.state.into()),
            client_order_id: self.name.into(),
            ..told.clone()
        }
    }
}

/// The open orders, and those that the present command has closed.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    by_id: HashMap<OrderId, Order>,
    closed: Vec<OrderId>,
}

impl Orders {
    /// The order as it is after the last event.
    pub(crate) fn get(&self, id: OrderId) -> &Order {
        let order = self.by_id.get(&id);
        order.unwrap_or_else(|| panic!("there is no order {id}"))
    }

    fn change(&mut self, id: OrderId, change: impl FnOnce(&mut Order)) {
        let order = self.by_id.get_mut(&id);
        let order = order.unwrap_or_else(|| panic!("there is no order {id}"));
        change(order);
        if order.is_closed() {
            self.closed.push(id);
        }
    }

    /// Follows one event.
    pub(crate) fn apply(&mut self, event: &Event) {
        match &event.body {
            EventBody::Accepted(e) => {
                let before = self.by_id.insert(e.order_id, Order::accepted(e));
                assert!(before.is_none(), "{} was given twice", e.order_id);
            }
            EventBody::Trade(trade) => {
                for fill in [&trade.maker, &trade.taker] {
                    self.change(fill.order_id, |order| order.fill(trade, fill));
                }
            }
            EventBody::Cancelled(e) => self.change(e.order_id, |order| {
                order.state = match e.reason {
                    CancelReason::Expired => OrderState::Expired,
                    _ => OrderState::Cancelled,
                };
            }),
            EventBody::Replaced(e) => self.change(e.order_id, |order| {
                order.leaves = e.leaves.0;
                order.resize(Some(e.price));
            }),
            EventBody::Reduced(e) => self.change(e.order_id, |order| {
                order.leaves = e.leaves;
                order.resize(None);
            }),
            EventBody::Triggered(e) => self.change(e.order_id, Order::elect),
            _ => {}
        }
    }

    /// Forgets what the command that is over has closed.
    pub(crate) fn forget_closed(&mut self) {
        for id in self.closed.drain(..) {
            self.by_id.remove(&id);
        }
    }
}
