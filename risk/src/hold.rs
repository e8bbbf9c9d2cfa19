//! What an order holds: which asset, and how much of it.
//!
//! A buy holds quote, a sell holds base; fees are taken from what is received, so no hold includes
//! them. Market orders hold what a dry run of their sweep finds, which only the book can tell.

use rialto_types::{Amount, AssetId, Instrument, OrderKind, Price, Qty, Side, Size};

/// The asset that an order of `side` holds and pays with.
#[inline]
pub const fn held_asset(instrument: &Instrument, side: Side) -> AssetId {
    match side {
        Side::Buy => instrument.spec.quote,
        Side::Sell => instrument.spec.base,
    }
}

/// The asset that an order of `side` receives.
#[inline]
pub const fn received_asset(instrument: &Instrument, side: Side) -> AssetId {
    held_asset(instrument, side.opposite())
}

/// What one lot of an order holds: its price for a buy, the lot itself for a sell.
///
/// The caller knows that price × quantity fits, because the order was accepted with it.
#[inline]
pub const fn held_per_lot(instrument: &Instrument, side: Side, price: Price) -> i64 {
    match side {
        Side::Buy => price.0 * instrument.quote_units_per_tick_lot,
        Side::Sell => instrument.base_units_per_lot,
    }
}

/// The highest price that a stop-market buy by quantity pays, and holds funds for:
/// ⌊stop × (1 + collar)⌋.
#[inline]
pub fn stop_market_cap(instrument: &Instrument, stop: Price) -> Price {
    instrument.collar(stop).highest
}

/// What an order needs at placement, but for market orders, whose dry run decides; `None` when it does
/// not fit.
///
/// # Panics
/// For a market order.
#[inline]
pub fn required(instrument: &Instrument, side: Side, kind: &OrderKind) -> Option<Amount> {
    match *kind {
        OrderKind::Market { .. } => unreachable!("a dry run tells what a market order needs"),
        OrderKind::Limit { price, qty, .. } | OrderKind::StopLimit { price, qty, .. } => {
            required_for(instrument, side, price, qty)
        }
        OrderKind::StopMarket {
            size: Size::Quote(amount),
            ..
        } => Some(amount),
        OrderKind::StopMarket {
            stop,
            size: Size::Qty(qty),
        } => required_for(instrument, side, stop_market_cap(instrument, stop), qty),
    }
}

/// What `qty` needs at `price`: the notional for a buy, the base amount for a sell; `None` when it does
/// not fit.
#[inline]
pub fn required_for(instrument: &Instrument, side: Side, price: Price, qty: Qty) -> Option<Amount> {
    match side {
        Side::Buy => instrument.notional(price, qty),
        Side::Sell => instrument.base_amount(qty),
    }
}
