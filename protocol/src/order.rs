//! Order entry between wire and vocabulary: `NewOrder` and its kin to commands, and commands back.
//!
//! Inwards this is where a message that makes no sense is refused, with the field named: codes first,
//! then fields that are missing or superfluous for the kind of order, then prices and sizes. What is left
//! for the risk gate and the core are the rules of the market. Tens of nanoseconds, no allocation.

use rialto_types::{
    CancelOrder, ClientOrderId, ClientSeq, InstrumentId, MassCancel, OrderId, OrderKind, OrderRef,
    PlaceOrder, Refusal, RejectReason, ReplaceOrder, Side, Size, StpMode, TimeInForce, Timestamp,
};

use crate::refusal::{Pair, Problem, WireRefusal, known};
use crate::{
    ClientOrderIdText, Decimal, NewOrder, OrderFlags, OrderType, TimeInForce as Tif, convert,
};

/// A `NewOrder` as the command it asks for. `pair` is the instrument that it names.
///
/// # Errors
/// [`RejectReason::InvalidField`] for a code or flag that the schema does not list,
/// [`RejectReason::InvalidClientOrderId`], [`RejectReason::InvalidCombination`] for a field that is
/// missing, superfluous or excluded by another, and whatever [`convert`] refuses. The first in the order
/// of the fields.
#[inline]
pub fn place_order(order: &NewOrder, pair: Pair<'_>) -> Result<PlaceOrder, WireRefusal> {
    let side = known(order.side, "side")?;
    let order_type = known(order.order_type, "orderType")?;
    let stp = match order.stp_mode {
        Some(code) => known(code, "stpMode")?,
        None => StpMode::default(),
    };
    let post_only = post_only(order.order_flags)?;
    let client_order_id = client_order_id(&order.client_order_id)?;
    let tif = time_in_force(order)?;
    let terms = Terms { order, pair };
    let kind = match order_type {
        OrderType::Limit => terms.limit(tif, post_only),
        OrderType::Market => terms.market(tif, post_only),
        OrderType::StopLimit => terms.stop_limit(tif, post_only),
        OrderType::StopMarket => terms.stop_market(tif, post_only, side),
    }?;
    Ok(PlaceOrder {
        instrument: order.instrument_id,
        side,
        stp,
        kind,
        client_order_id,
    })
}

fn post_only(flags: OrderFlags) -> Result<bool, WireRefusal> {
    if flags.has_unknown() {
        let problem = Problem::UnknownFlag {
            field: "orderFlags",
            found: flags.0,
            known: OrderFlags::KNOWN.0,
        };
        return Err(WireRefusal::field(i64::from(flags.0), problem));
    }
    Ok(flags.contains(OrderFlags::POST_ONLY))
}

#[inline]
fn client_order_id(text: &ClientOrderIdText) -> Result<Option<ClientOrderId>, WireRefusal> {
    let refused = |_| Refusal::from(RejectReason::InvalidClientOrderId).into();
    text.client_order_id().map_err(refused)
}

/// The time in force, if one is stated, with the expiry that goes with `Gtd` and nothing else.
#[inline]
fn time_in_force(order: &NewOrder) -> Result<Option<TimeInForce>, WireRefusal> {
    let tif = match order.time_in_force {
        Some(code) => Some(known(code, "timeInForce")?),
        None => None,
    };
    match (tif, order.expiry) {
        (Some(Tif::Gtd), Some(expiry)) => Ok(Some(TimeInForce::Gtd(expiry))),
        (Some(Tif::Gtd), None) => Err(missing("expiry", "timeInForce Gtd")),
        (_, Some(_)) => Err(WireRefusal::combination(Problem::Impossible {
            what: "expiry",
            only_with: "timeInForce Gtd",
        })),
        (Some(Tif::Gtc), None) => Ok(Some(TimeInForce::Gtc)),
        (Some(Tif::Ioc), None) => Ok(Some(TimeInForce::Ioc)),
        (Some(Tif::Fok), None) => Ok(Some(TimeInForce::Fok)),
        (None, None) => Ok(None),
    }
}

fn missing(field: &'static str, needed_by: &'static str) -> WireRefusal {
    WireRefusal::combination(Problem::Missing { field, needed_by })
}

/// Refuses a field that this kind of order does not have.
#[inline]
fn none(
    field: Option<Decimal>,
    name: &'static str,
    without: &'static str,
) -> Result<(), WireRefusal> {
    match field {
        None => Ok(()),
        Some(_) => Err(WireRefusal::combination(Problem::Superfluous {
            field: name,
            without,
        })),
    }
}

const LIMIT: &str = "a limit order";
const MARKET: &str = "a market order";
const STOP_LIMIT: &str = "a stop-limit order";
const STOP_MARKET: &str = "a stop-market order";

/// The terms of an order that depend on its kind.
#[derive(Clone, Copy)]
struct Terms<'a> {
    order: &'a NewOrder,
    pair: Pair<'a>,
}

impl Terms<'_> {
    #[inline]
    fn limit(self, tif: Option<TimeInForce>, post_only: bool) -> Result<OrderKind, WireRefusal> {
        none(self.order.stop_price, "stopPrice", LIMIT)?;
        none(self.order.quote_amount, "quoteAmount", LIMIT)?;
        let tif = tif.ok_or_else(|| missing("timeInForce", LIMIT))?;
        if post_only && !tif.rests() {
            return Err(WireRefusal::combination(Problem::Impossible {
                what: "the flag PostOnly",
                only_with: "timeInForce Gtc or Gtd",
            }));
        }
        Ok(OrderKind::Limit {
            price: self.price(LIMIT)?,
            qty: self.qty(LIMIT)?,
            tif,
            post_only,
        })
    }

    fn market(self, tif: Option<TimeInForce>, post_only: bool) -> Result<OrderKind, WireRefusal> {
        none(self.order.price, "price", MARKET)?;
        none(self.order.stop_price, "stopPrice", MARKET)?;
        only_limit(post_only)?;
        implied(tif, TimeInForce::Ioc, MARKET, "timeInForce null or Ioc")?;
        Ok(OrderKind::Market { size: self.size()? })
    }

    fn stop_limit(
        self,
        tif: Option<TimeInForce>,
        post_only: bool,
    ) -> Result<OrderKind, WireRefusal> {
        none(self.order.quote_amount, "quoteAmount", STOP_LIMIT)?;
        only_limit(post_only)?;
        Ok(OrderKind::StopLimit {
            stop: self.stop(STOP_LIMIT)?,
            price: self.price(STOP_LIMIT)?,
            qty: self.qty(STOP_LIMIT)?,
            tif: tif.ok_or_else(|| missing("timeInForce", STOP_LIMIT))?,
        })
    }

    fn stop_market(
        self,
        tif: Option<TimeInForce>,
        post_only: bool,
        side: Side,
    ) -> Result<OrderKind, WireRefusal> {
        none(self.order.price, "price", STOP_MARKET)?;
        only_limit(post_only)?;
        implied(
            tif,
            TimeInForce::Gtc,
            STOP_MARKET,
            "timeInForce null or Gtc",
        )?;
        let stop = self.stop(STOP_MARKET)?;
        let volume = self.size()?;
        if side == Side::Sell && matches!(volume, Size::Quote(_)) {
            return Err(WireRefusal::combination(Problem::Impossible {
                what: "quoteAmount in a stop-market order",
                only_with: "side Buy",
            }));
        }
        Ok(OrderKind::StopMarket { stop, size: volume })
    }

    #[inline]
    fn price(self, kind: &'static str) -> Result<rialto_types::Price, WireRefusal> {
        let price = self.order.price.ok_or_else(|| missing("price", kind))?;
        Ok(convert::price(self.pair.instrument, price)?)
    }

    #[inline]
    fn stop(self, kind: &'static str) -> Result<rialto_types::Price, WireRefusal> {
        let stop = self
            .order
            .stop_price
            .ok_or_else(|| missing("stopPrice", kind))?;
        Ok(convert::price(self.pair.instrument, stop)?)
    }

    #[inline]
    fn qty(self, kind: &'static str) -> Result<rialto_types::Qty, WireRefusal> {
        let qty = self
            .order
            .quantity
            .ok_or_else(|| missing("quantity", kind))?;
        Ok(convert::qty(self.pair.instrument, qty)?)
    }

    fn size(self) -> Result<Size, WireRefusal> {
        match (self.order.quantity, self.order.quote_amount) {
            (Some(qty), None) => Ok(Size::Qty(convert::qty(self.pair.instrument, qty)?)),
            (None, Some(amount)) => Ok(Size::Quote(convert::amount(self.pair.quote, amount)?)),
            (qty, _) => Err(WireRefusal::combination(Problem::ExactlyOne {
                fields: ["quantity", "quoteAmount"],
                both: qty.is_some(),
            })),
        }
    }
}

fn only_limit(post_only: bool) -> Result<(), WireRefusal> {
    if post_only {
        return Err(WireRefusal::combination(Problem::Impossible {
            what: "the flag PostOnly",
            only_with: "orderType Limit",
        }));
    }
    Ok(())
}

/// Accepts a time in force only if it says what holds anyway.
fn implied(
    tif: Option<TimeInForce>,
    holds: TimeInForce,
    what: &'static str,
    only_with: &'static str,
) -> Result<(), WireRefusal> {
    match tif {
        None => Ok(()),
        Some(stated) if stated == holds => Ok(()),
        Some(_) => Err(WireRefusal::combination(Problem::Impossible {
            what,
            only_with,
        })),
    }
}

/// How a message names an order: exactly one of order id and client order id.
///
/// # Errors
/// [`RejectReason::InvalidClientOrderId`], or [`RejectReason::InvalidCombination`] when both are there
/// or none.
#[inline]
pub fn order_ref(
    order_id: Option<OrderId>,
    text: &ClientOrderIdText,
) -> Result<OrderRef, WireRefusal> {
    match (order_id, client_order_id(text)?) {
        (Some(id), None) => Ok(OrderRef::Id(id)),
        (None, Some(id)) => Ok(OrderRef::Client(id)),
        (id, _) => Err(WireRefusal::combination(Problem::ExactlyOne {
            fields: ["orderId", "clientOrderId"],
            both: id.is_some(),
        })),
    }
}

/// A `CancelOrder` as the command it asks for.
///
/// # Errors
/// As [`order_ref`].
#[inline]
pub fn cancel_order(message: &crate::CancelOrder) -> Result<CancelOrder, WireRefusal> {
    Ok(CancelOrder {
        instrument: message.instrument_id,
        order: order_ref(message.order_id, &message.client_order_id)?,
    })
}

/// A `ReplaceOrder` as the command it asks for. `pair` is the instrument that it names.
///
/// # Errors
/// As [`order_ref`], and whatever [`convert`] refuses.
#[inline]
pub fn replace_order(
    message: &crate::ReplaceOrder,
    pair: Pair<'_>,
) -> Result<ReplaceOrder, WireRefusal> {
    Ok(ReplaceOrder {
        instrument: message.instrument_id,
        order: order_ref(message.order_id, &message.client_order_id)?,
        price: convert::price(pair.instrument, message.price)?,
        qty: convert::qty(pair.instrument, message.quantity)?,
    })
}

/// A `MassCancel` as the command it asks for.
///
/// # Errors
/// [`RejectReason::InvalidField`] for a side that the schema does not list.
pub fn mass_cancel(message: &crate::MassCancel) -> Result<MassCancel, WireRefusal> {
    Ok(MassCancel {
        instrument: message.instrument_id,
        side: match message.side {
            Some(code) => Some(known(code, "side")?),
            None => None,
        },
    })
}

/// The terms of an order in the fields of `NewOrder`, `OrderStatus` and `ExecutionReport`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireTerms {
    /// The kind.
    pub order_type: OrderType,
    /// How long it stays: also for the kinds where it follows from the kind.
    pub time_in_force: Tif,
    /// When it expires.
    pub expiry: Option<Timestamp>,
    /// The limit price.
    pub price: Option<Decimal>,
    /// The trigger.
    pub stop_price: Option<Decimal>,
    /// How much of the base asset.
    pub quantity: Option<Decimal>,
    /// How much of the quote asset.
    pub quote_amount: Option<Decimal>,
    /// Whether it is refused when it would trade at once.
    pub post_only: bool,
}

impl WireTerms {
    /// The terms of an order of this kind.
    pub fn new(kind: &OrderKind, pair: Pair<'_>) -> Self {
        let price = |price| convert::price_decimal(pair.instrument, price);
        let (quantity, quote_amount) = match kind.size() {
            Size::Qty(qty) => (Some(convert::qty_decimal(pair.instrument, qty)), None),
            Size::Quote(amount) => (None, Some(convert::amount_decimal(pair.quote, amount))),
        };
        Self {
            order_type: match kind {
                OrderKind::Limit { .. } => OrderType::Limit,
                OrderKind::Market { .. } => OrderType::Market,
                OrderKind::StopLimit { .. } => OrderType::StopLimit,
                OrderKind::StopMarket { .. } => OrderType::StopMarket,
            },
            time_in_force: match kind.tif() {
                TimeInForce::Gtc => Tif::Gtc,
                TimeInForce::Ioc => Tif::Ioc,
                TimeInForce::Fok => Tif::Fok,
                TimeInForce::Gtd(_) => Tif::Gtd,
            },
            expiry: kind.tif().expiry(),
            price: kind.price().map(price),
            stop_price: kind.stop().map(price),
            quantity,
            quote_amount,
            post_only: matches!(
                kind,
                OrderKind::Limit {
                    post_only: true,
                    ..
                }
            ),
        }
    }
}

/// The message that asks for this order. Decoded and read by [`place_order`], it gives the same order.
pub fn new_order(client_seq: ClientSeq, order: &PlaceOrder, pair: Pair<'_>) -> NewOrder {
    let terms = WireTerms::new(&order.kind, pair);
    NewOrder {
        client_seq,
        price: terms.price,
        stop_price: terms.stop_price,
        quantity: terms.quantity,
        quote_amount: terms.quote_amount,
        expiry: terms.expiry,
        instrument_id: order.instrument,
        side: order.side.into(),
        order_type: terms.order_type.into(),
        time_in_force: Some(terms.time_in_force.into()),
        stp_mode: Some(order.stp.into()),
        order_flags: OrderFlags::POST_ONLY.when(terms.post_only),
        client_order_id: order.client_order_id.into(),
    }
}

/// The message that cancels this order.
pub fn cancel_message(
    client_seq: ClientSeq,
    instrument: InstrumentId,
    order: OrderRef,
) -> crate::CancelOrder {
    let (order_id, client_order_id) = match order {
        OrderRef::Id(id) => (Some(id), ClientOrderIdText::NONE),
        OrderRef::Client(id) => (None, id.into()),
    };
    crate::CancelOrder {
        client_seq,
        order_id,
        instrument_id: instrument,
        client_order_id,
    }
}

#[cfg(test)]
mod tests;
