//! The limits that need no balance: combination of terms, size, price, notional, expiry, collar.
//!
//! One home for both gates: the gate before the ring calls these to refuse early, the core calls the
//! same functions and decides. The order of the checks is that of docs/MATCHING.md, section 2.
//! Pure functions, O(1), no allocation.

use rialto_types::{
    Amount, Instrument, OrderKind, PlaceOrder, Price, Qty, Refusal, RejectReason, Side, Size,
    TimeInForce, Timestamp,
};

/// What the market says about an instrument at the moment of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    /// The price of the last trade, if there was one.
    pub last_trade: Option<Price>,
    /// The time of the command (core) or of its arrival (gate).
    pub time: Timestamp,
}

impl Market {
    /// The reference price: the last trade, before the first trade the listing's reference.
    #[inline]
    pub fn reference(&self, instrument: &Instrument) -> Price {
        self.last_trade.unwrap_or(instrument.spec.reference_price)
    }
}

/// Refuses terms that exclude each other (check 5).
///
/// # Errors
/// [`RejectReason::InvalidCombination`].
#[inline]
pub fn check_combination(order: &PlaceOrder) -> Result<(), Refusal> {
    let impossible = match order.kind {
        OrderKind::Limit { tif, post_only, .. } => post_only && !tif.rests(),
        OrderKind::StopMarket {
            size: Size::Quote(_),
            ..
        } => order.side == Side::Sell,
        OrderKind::Market { .. } | OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. } => {
            false
        }
    };
    if impossible {
        Err(RejectReason::InvalidCombination.into())
    } else {
        Ok(())
    }
}

/// Refuses an order by size, price, notional, expiry, collar or an already satisfied stop, in this
/// order (checks 7 to 12).
///
/// # Errors
/// The first check that fails, with the offending value and the limit.
#[inline]
pub fn check_order(
    instrument: &Instrument,
    order: &PlaceOrder,
    market: &Market,
) -> Result<(), Refusal> {
    match order.kind {
        OrderKind::Limit {
            price, qty, tif, ..
        } => {
            check_limit(instrument, price, qty)?;
            check_expiry(tif, market.time)?;
            instrument
                .collar(market.reference(instrument))
                .check(order.side, price)
        }
        OrderKind::Market { size } => {
            check_size(instrument, size)?;
            check_notional(
                instrument,
                size_notional(instrument, size, market.reference(instrument)),
            )
        }
        OrderKind::StopLimit {
            stop,
            price,
            qty,
            tif,
        } => {
            check_qty(instrument, qty)?;
            check_price(price)?;
            check_price(stop)?;
            check_notional(instrument, instrument.notional(price, qty))?;
            check_expiry(tif, market.time)?;
            instrument.collar(stop).check(order.side, price)?;
            check_stop(order.side, stop, market)
        }
        OrderKind::StopMarket { stop, size } => {
            check_size(instrument, size)?;
            check_price(stop)?;
            check_notional(instrument, size_notional(instrument, size, stop))?;
            check_stop(order.side, stop, market)
        }
    }
}

/// Refuses the new price and total quantity of a replaced order (checks 7 to 9 and 11). `stop` is the
/// stop price of a waiting stop-limit order.
///
/// # Errors
/// The first check that fails.
#[inline]
pub fn check_replace(
    instrument: &Instrument,
    side: Side,
    stop: Option<Price>,
    price: Price,
    qty: Qty,
    market: &Market,
) -> Result<(), Refusal> {
    check_limit(instrument, price, qty)?;
    let reference = stop.unwrap_or_else(|| market.reference(instrument));
    instrument.collar(reference).check(side, price)
}

#[inline]
fn check_limit(instrument: &Instrument, price: Price, qty: Qty) -> Result<(), Refusal> {
    check_qty(instrument, qty)?;
    check_price(price)?;
    check_notional(instrument, instrument.notional(price, qty))
}

#[inline]
fn check_size(instrument: &Instrument, size: Size) -> Result<(), Refusal> {
    match size {
        Size::Qty(qty) => check_qty(instrument, qty),
        Size::Quote(amount) if amount.0 < 1 => {
            Err(Refusal::new(RejectReason::InvalidAmount, amount.0, 1))
        }
        Size::Quote(_) => Ok(()),
    }
}

/// What a market order is taken to be worth for its limits: its quantity at `price`, or its amount.
#[inline]
fn size_notional(instrument: &Instrument, size: Size, price: Price) -> Option<Amount> {
    match size {
        Size::Qty(qty) => instrument.notional(price, qty),
        Size::Quote(amount) => Some(amount),
    }
}

#[inline]
fn check_qty(instrument: &Instrument, qty: Qty) -> Result<(), Refusal> {
    let spec = &instrument.spec;
    if qty >= spec.min_qty && qty <= spec.max_qty {
        return Ok(());
    }
    // The minimum is at least one lot, so a quantity of zero or below lands here too.
    Err(if qty.0 < 1 {
        Refusal::new(RejectReason::InvalidQty, qty.0, 1)
    } else if qty < spec.min_qty {
        Refusal::new(RejectReason::QtyBelowMin, qty.0, spec.min_qty.0)
    } else {
        Refusal::new(RejectReason::QtyAboveMax, qty.0, spec.max_qty.0)
    })
}

#[inline]
fn check_price(price: Price) -> Result<(), Refusal> {
    if price.0 >= 1 {
        return Ok(());
    }
    Err(Refusal::new(RejectReason::InvalidPrice, price.0, 1))
}

#[inline]
fn check_notional(instrument: &Instrument, notional: Option<Amount>) -> Result<(), Refusal> {
    let spec = &instrument.spec;
    match notional {
        Some(notional) if notional > spec.max_notional => Err(Refusal::new(
            RejectReason::NotionalAboveMax,
            notional.0,
            spec.max_notional.0,
        )),
        Some(notional) if notional < spec.min_notional => Err(Refusal::new(
            RejectReason::NotionalBelowMin,
            notional.0,
            spec.min_notional.0,
        )),
        Some(_) => Ok(()),
        None => Err(Refusal::new(
            RejectReason::NotionalAboveMax,
            i64::MAX,
            spec.max_notional.0,
        )),
    }
}

#[inline]
fn check_expiry(tif: TimeInForce, time: Timestamp) -> Result<(), Refusal> {
    match tif {
        TimeInForce::Gtd(expiry) if expiry <= time => {
            let ns = |at: Timestamp| i64::try_from(at.0).unwrap_or(i64::MAX);
            Err(Refusal::new(
                RejectReason::ExpiryInPast,
                ns(expiry),
                ns(time),
            ))
        }
        _ => Ok(()),
    }
}

#[inline]
fn check_stop(side: Side, stop: Price, market: &Market) -> Result<(), Refusal> {
    match market.last_trade {
        Some(last) if elects(side, stop, last) => Err(Refusal::new(
            RejectReason::StopAlreadySatisfied,
            stop.0,
            last.0,
        )),
        _ => Ok(()),
    }
}

/// Whether a trade at `price` elects a stop order of `side` with this stop price: a buy at or above
/// its stop, a sell at or below.
#[inline]
pub const fn elects(side: Side, stop: Price, price: Price) -> bool {
    match side {
        Side::Buy => price.0 >= stop.0,
        Side::Sell => price.0 <= stop.0,
    }
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
