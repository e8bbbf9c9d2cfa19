//! Orders and requests about orders, as messages ready to be submitted.
//!
//! Prices and quantities are ticks and lots, so an order that reaches the exchange lies on its grid. The
//! kinds beyond the plain ones are written as [`OrderKind`], which cannot express nonsense. Client
//! sequences are given by the session.

use rialto_protocol::{
    CancelOrder, ClientOrderIdText, MassCancel, NewOrder, ReplaceOrder, convert,
};
use rialto_types::{
    ClientOrderId, ClientSeq, InstrumentId, OrderKind, OrderRef, PlaceOrder, Price, Qty, Side,
    StpMode, TimeInForce,
};

use crate::ListedInstrument;

/// The number of a message that a session has not numbered yet.
const UNNUMBERED: ClientSeq = ClientSeq(0);

/// An order of any kind, without a client order id, with the default self-trade prevention.
pub fn new(instrument: &ListedInstrument, side: Side, kind: OrderKind) -> NewOrder {
    let order = PlaceOrder {
        instrument: instrument.id(),
        side,
        stp: StpMode::default(),
        kind,
        client_order_id: None,
    };
    rialto_protocol::order::new_order(UNNUMBERED, &order, instrument.pair())
}

/// A limit order that stays until it is filled or cancelled.
pub fn limit(instrument: &ListedInstrument, side: Side, price: Price, qty: Qty) -> NewOrder {
    limit_until(instrument, side, price, qty, TimeInForce::Gtc)
}

/// A limit order that trades what it can at once; the rest is cancelled.
pub fn immediate(instrument: &ListedInstrument, side: Side, price: Price, qty: Qty) -> NewOrder {
    limit_until(instrument, side, price, qty, TimeInForce::Ioc)
}

/// A limit order that stays as long as `tif` says.
pub fn limit_until(
    instrument: &ListedInstrument,
    side: Side,
    price: Price,
    qty: Qty,
    tif: TimeInForce,
) -> NewOrder {
    let post_only = false;
    new(
        instrument,
        side,
        OrderKind::Limit {
            price,
            qty,
            tif,
            post_only,
        },
    )
}

/// A limit order that is refused rather than trade at once.
pub fn post_only(instrument: &ListedInstrument, side: Side, price: Price, qty: Qty) -> NewOrder {
    new(
        instrument,
        side,
        OrderKind::Limit {
            price,
            qty,
            tif: TimeInForce::Gtc,
            post_only: true,
        },
    )
}

/// Gives an order a name of the client's own.
#[must_use]
pub fn named(order: NewOrder, id: ClientOrderId) -> NewOrder {
    NewOrder {
        client_order_id: id.into(),
        ..order
    }
}

/// Sets what happens when an order meets one of its own account.
#[must_use]
pub fn with_stp(order: NewOrder, mode: StpMode) -> NewOrder {
    NewOrder {
        stp_mode: Some(mode.into()),
        ..order
    }
}

/// Cancels one order.
pub fn cancel(instrument: InstrumentId, order: OrderRef) -> CancelOrder {
    rialto_protocol::order::cancel_message(UNNUMBERED, instrument, order)
}

/// Changes price and total quantity, what is filled already included, of one order.
pub fn replace(
    instrument: &ListedInstrument,
    order: OrderRef,
    price: Price,
    qty: Qty,
) -> ReplaceOrder {
    let (order_id, client_order_id) = match order {
        OrderRef::Id(id) => (Some(id), ClientOrderIdText::NONE),
        OrderRef::Client(id) => (None, id.into()),
    };
    ReplaceOrder {
        client_seq: UNNUMBERED,
        order_id,
        price: convert::price_decimal(instrument.instrument(), price),
        quantity: convert::qty_decimal(instrument.instrument(), qty),
        instrument_id: instrument.id(),
        client_order_id,
    }
}

/// Cancels all open orders of the account, or those of one instrument or side.
pub fn mass_cancel(instrument: Option<InstrumentId>, side: Option<Side>) -> MassCancel {
    MassCancel {
        client_seq: UNNUMBERED,
        instrument_id: instrument,
        side: side.map(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::btc_usdt;
    use rialto_protocol::{OrderFlags, OrderType, TimeInForce as Tif};
    use rialto_types::OrderId;

    #[test]
    fn orders_carry_decimals_of_the_instrument() {
        let order = limit(&btc_usdt(), Side::Sell, Price(6_000_001), Qty(15));
        assert_eq!(order.price, Some("60000.01".parse().unwrap()));
        assert_eq!(order.quantity, Some("0.0015".parse().unwrap()));
        assert_eq!(order.order_type, OrderType::Limit);
        assert_eq!(order.time_in_force, Some(Tif::Gtc.into()));
        let once = immediate(&btc_usdt(), Side::Buy, Price(1), Qty(1));
        assert_eq!(once.time_in_force, Some(Tif::Ioc.into()));
        let passive = post_only(&btc_usdt(), Side::Buy, Price(1), Qty(1));
        assert!(passive.order_flags.contains(OrderFlags::POST_ONLY));
    }

    #[test]
    fn orders_are_named_by_one_of_two_ids() {
        let own = ClientOrderId::new("mine").unwrap();
        let by_own = cancel(InstrumentId(3), OrderRef::Client(own));
        assert_eq!(by_own.order_id, None);
        assert_eq!(by_own.client_order_id.client_order_id(), Ok(Some(own)));
        let by_id = replace(&btc_usdt(), OrderRef::Id(OrderId(4)), Price(5), Qty(7));
        assert_eq!(by_id.order_id, Some(OrderId(4)));
        assert!(by_id.client_order_id.is_none());
        assert_eq!(by_id.price, "0.05".parse().unwrap());
        let order = limit(&btc_usdt(), Side::Buy, Price(1), Qty(1));
        let order = with_stp(named(order, own), StpMode::None);
        assert_eq!(order.stp_mode, Some(StpMode::None.into()));
        assert_eq!(order.client_order_id.client_order_id(), Ok(Some(own)));
    }
}
