//! One open order, with all that a complete execution report tells of it.

use rialto_risk::hold;
use rialto_types::{
    AccountId, Amount, Cancelled, ClientOrderId, Instrument, InstrumentId, KeyId, OrderAccepted,
    OrderId, OrderKind, OrderReduced, OrderReplaced, OrderRested, OrderTriggered, Price, Qty, Side,
    Size, StpMode, Timestamp,
};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the hands of its command: trades, its entry into the book or its end follow.
    Matching,
    /// In the book.
    Book,
    /// A stop that waits.
    Waiting,
    /// No longer open.
    Closed,
}

/// An order from its acceptance to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// Its id.
    pub order_id: OrderId,
    /// Whose it is.
    pub account: AccountId,
    /// The key that placed it.
    pub key: KeyId,
    /// Where it trades.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Self-trade prevention when it takes.
    pub stp: StpMode,
    /// Kind and terms as they are now: after a replace the new price and total, after a reduction the
    /// smaller total, after election the kind it became.
    pub kind: OrderKind,
    /// The trigger of an elected stop, which its present kind no longer tells.
    pub elected_at: Option<Price>,
    /// What is left: lots, or quote units when sized by quote amount. Of a cancelled order what was
    /// left.
    pub leaves: i64,
    /// Filled so far.
    pub filled: Qty,
    /// Sum of price × quantity of its fills, in quote units.
    pub filled_quote: Amount,
    /// The client's name for it.
    pub client_order_id: Option<ClientOrderId>,
    /// When it was accepted.
    pub accepted: Timestamp,
    /// Where it stands.
    pub place: Place,
}

impl OpenOrder {
    /// The order as it is after its acceptance.
    pub(super) fn accepted(e: &OrderAccepted, time: Timestamp) -> Self {
        let leaves = match e.order.kind.size() {
            Size::Qty(qty) => qty.0,
            Size::Quote(amount) => amount.0,
        };
        Self {
            order_id: e.order_id,
            account: e.account,
            key: e.origin.key,
            instrument: e.order.instrument,
            side: e.order.side,
            stp: e.order.stp,
            kind: e.order.kind,
            elected_at: None,
            leaves,
            filled: Qty::ZERO,
            filled_quote: Amount::ZERO,
            client_order_id: e.order.client_order_id,
            accepted: time,
            place: placed(&e.order.kind, e.resting),
        }
    }

    /// Whether the order is no longer open.
    pub fn is_closed(&self) -> bool {
        self.place == Place::Closed
    }

    /// Price and quantity that the book shows of it; `None` while it is not in the book.
    pub(crate) fn shown(&self) -> Option<(Price, Qty)> {
        match (self.place, self.kind.price()) {
            (Place::Book, Some(price)) => Some((price, Qty(self.leaves))),
            _ => None,
        }
    }

    /// What it holds of what it pays with. Of a market order, whose command it does not outlive, nothing.
    pub(super) fn held(&self, instrument: &Instrument) -> Amount {
        if self.is_closed() {
            return Amount::ZERO;
        }
        let price = match self.kind {
            OrderKind::Market { .. } => return Amount::ZERO,
            OrderKind::StopMarket {
                size: Size::Quote(_),
                ..
            } => return Amount(self.leaves),
            OrderKind::StopMarket { stop, .. } => hold::stop_market_cap(instrument, stop),
            OrderKind::Limit { price, .. } | OrderKind::StopLimit { price, .. } => price,
        };
        Amount(hold::held_per_lot(instrument, self.side, price) * self.leaves)
    }

    pub(super) fn fill(&mut self, qty: Qty, notional: Amount, leaves: i64) {
        self.filled.0 += qty.0;
        // As the core's, which stays where it is rather than overflow.
        self.filled_quote = Amount(self.filled_quote.0.saturating_add(notional.0));
        self.leaves = leaves;
        if leaves == 0 {
            self.place = Place::Closed;
        }
    }

    pub(super) fn cancel(&mut self, e: &Cancelled) {
        self.leaves = e.leaves;
        self.place = Place::Closed;
    }

    pub(super) fn replace(&mut self, e: &OrderReplaced) {
        self.leaves = e.leaves.0;
        let total = Qty(self.filled.0 + e.leaves.0);
        match &mut self.kind {
            OrderKind::Limit { price, qty, .. } | OrderKind::StopLimit { price, qty, .. } => {
                (*price, *qty) = (e.price, total);
            }
            OrderKind::Market { .. } | OrderKind::StopMarket { .. } => {
                unreachable!("only limit and stop-limit orders are replaced")
            }
        }
        self.place = placed(&self.kind, e.resting);
    }

    pub(super) fn reduce(&mut self, e: &OrderReduced) {
        self.leaves = e.leaves;
        match &mut self.kind {
            OrderKind::Limit { qty, .. }
            | OrderKind::StopLimit { qty, .. }
            | OrderKind::Market {
                size: Size::Qty(qty),
            }
            | OrderKind::StopMarket {
                size: Size::Qty(qty),
                ..
            } => qty.0 -= e.by,
            OrderKind::Market {
                size: Size::Quote(amount),
            }
            | OrderKind::StopMarket {
                size: Size::Quote(amount),
                ..
            } => amount.0 -= e.by,
        }
    }

    pub(super) fn trigger(&mut self, e: &OrderTriggered) {
        self.elected_at = self.kind.stop();
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
            OrderKind::Limit { .. } | OrderKind::Market { .. } => {
                unreachable!("only stops are elected")
            }
        };
        self.place = placed(&self.kind, e.resting);
    }

    pub(super) fn rest(&mut self, e: &OrderRested) {
        self.leaves = e.leaves.0;
        self.place = Place::Book;
    }
}

/// Where an order stands that its event calls resting or not.
fn placed(kind: &OrderKind, resting: bool) -> Place {
    match kind {
        _ if !resting => Place::Matching,
        OrderKind::StopLimit { .. } | OrderKind::StopMarket { .. } => Place::Waiting,
        OrderKind::Limit { .. } | OrderKind::Market { .. } => Place::Book,
    }
}
