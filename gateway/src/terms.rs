//! What messages tell of an order, whatever the message: its terms and how far it has come.

use rialto_protocol::order::WireTerms;
use rialto_protocol::refusal::Pair;
use rialto_protocol::{Decimal, Scaled, convert};
use rialto_types::{Amount, Qty, Size};

use crate::models::OpenOrder;

/// The facts about an order that reports and answers share, in the units of the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrderFacts {
    /// Kind, price, size and time in force.
    pub(crate) terms: WireTerms,
    /// The trigger; also of a stop that was elected and has become another kind.
    pub(crate) stop_price: Option<Decimal>,
    pub(crate) cumulative_quantity: Scaled,
    pub(crate) cumulative_quote: Scaled,
    pub(crate) average_price: Option<Decimal>,
    /// Of an order by quantity what is still open: 0 when it is closed.
    pub(crate) leaves_quantity: Option<Decimal>,
    /// Of an order by quote amount what is still open: 0 when it is closed.
    pub(crate) leaves_quote: Option<Decimal>,
}

impl OrderFacts {
    pub(crate) fn new(order: &OpenOrder, pair: Pair<'_>) -> Self {
        let Pair {
            instrument, quote, ..
        } = pair;
        let terms = WireTerms::new(&order.kind, pair);
        let open = if order.is_closed() { 0 } else { order.leaves };
        let (leaves_quantity, leaves_quote) = match order.kind.size() {
            Size::Qty(_) => (Some(convert::qty_decimal(instrument, Qty(open))), None),
            Size::Quote(_) => (None, Some(convert::amount_decimal(quote, Amount(open)))),
        };
        let elected_at = order
            .elected_at
            .map(|stop| convert::price_decimal(instrument, stop));
        Self {
            terms,
            stop_price: terms.stop_price.or(elected_at),
            cumulative_quantity: convert::qty_scaled(instrument, order.filled),
            cumulative_quote: convert::amount_scaled(quote, order.filled_quote),
            average_price: convert::average_price(
                instrument,
                quote,
                order.filled_quote,
                order.filled,
            ),
            leaves_quantity,
            leaves_quote,
        }
    }
}
