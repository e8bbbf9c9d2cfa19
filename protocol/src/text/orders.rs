//! Sentences for what can be wrong with an order, and with any request.

use rialto_types::RejectReason as R;
use rialto_types::order::InvalidClientOrderId;

use super::format::{Numbers, mantissa, moment, nearest, span, steps};

/// The sentence for a reason below the administrative ones.
pub(super) fn text(reason: R, value: i64, limit: i64, numbers: &Numbers<'_>) -> String {
    match reason {
        R::PriceOffTick
        | R::InvalidPrice
        | R::PriceAboveCollar
        | R::PriceBelowCollar
        | R::StopAlreadySatisfied
        | R::PostOnlyWouldTrade => price(reason, value, limit, numbers),
        R::InvalidQty
        | R::QtyOffLot
        | R::QtyBelowMin
        | R::QtyAboveMax
        | R::NotionalBelowMin
        | R::NotionalAboveMax
        | R::InsufficientFunds
        | R::InvalidAmount
        | R::AmountOffUnit => size(reason, value, limit, numbers),
        R::InstrumentClosed
        | R::InstrumentHalted
        | R::InstrumentCancelOnly
        | R::InstrumentPostOnly => instrument(reason, &numbers.instrument(value)),
        _ => request(reason, value, limit),
    }
}

fn price(reason: R, value: i64, limit: i64, numbers: &Numbers<'_>) -> String {
    let price = numbers.price(value);
    let ticks = |count| numbers.ticks(count);
    match reason {
        R::PriceOffTick => {
            let (price, tick) = (mantissa(value), mantissa(limit));
            let nearest = nearest(value, limit);
            format!("price {price} is not a multiple of the tick {tick}: {nearest}")
        }
        R::InvalidPrice => match numbers.tick() {
            Some(tick) => format!("price {price} is not at least the tick {}", steps(1, tick)),
            None => format!("price {price} is not at least one tick"),
        },
        R::PriceAboveCollar => format!(
            "price {} is above the collar: a buy may be priced up to {}",
            ticks(value),
            ticks(limit)
        ),
        R::PriceBelowCollar => format!(
            "price {} is below the collar: a sell may be priced down to {}",
            ticks(value),
            ticks(limit)
        ),
        R::StopAlreadySatisfied => format!(
            "stop price {} is already satisfied by the last trade at {}",
            ticks(value),
            ticks(limit)
        ),
        _ => format!(
            "a post-only order at {} would trade at once: the best opposite price is {}",
            ticks(value),
            ticks(limit)
        ),
    }
}

fn size(reason: R, value: i64, limit: i64, numbers: &Numbers<'_>) -> String {
    match reason {
        R::InvalidQty => {
            let qty = numbers.qty(value);
            match numbers.lot() {
                Some(lot) => format!("quantity {qty} is not at least the lot {}", steps(1, lot)),
                None => format!("quantity {qty} is not at least one lot"),
            }
        }
        R::QtyOffLot => {
            let (qty, lot) = (numbers.base_mantissa(value), mantissa(limit));
            let nearest = nearest(value, limit);
            format!("quantity {qty} is not a multiple of the lot {lot}: {nearest}")
        }
        R::QtyBelowMin => format!(
            "quantity {} is below the minimum of {}",
            numbers.lots(value),
            numbers.lots(limit)
        ),
        R::QtyAboveMax => format!(
            "quantity {} is above the maximum of {}",
            numbers.lots(value),
            numbers.lots(limit)
        ),
        R::NotionalBelowMin => format!(
            "price × quantity is {}, below the minimum of {}",
            numbers.quote(value),
            numbers.quote(limit)
        ),
        R::NotionalAboveMax if value == i64::MAX => format!(
            "price × quantity is more than can be represented, above the maximum of {}",
            numbers.quote(limit)
        ),
        R::NotionalAboveMax => format!(
            "price × quantity is {}, above the maximum of {}",
            numbers.quote(value),
            numbers.quote(limit)
        ),
        R::InsufficientFunds => format!(
            "{} are needed, {} are available",
            numbers.funds(value),
            numbers.funds(limit)
        ),
        R::AmountOffUnit => format!(
            "amount {} is finer than the smallest unit, {}",
            numbers.asset_mantissa(value),
            mantissa(limit)
        ),
        _ => format!(
            "amount {} is not valid: it must be above zero, or for a transfer not zero, and small \
             enough to be represented",
            numbers.amount(value)
        ),
    }
}

fn instrument(reason: R, name: &str) -> String {
    match reason {
        R::InstrumentClosed => format!("{name} is closed"),
        R::InstrumentHalted => format!("{name} is halted: neither orders nor cancels are accepted"),
        R::InstrumentCancelOnly => format!("{name} accepts cancels only"),
        _ => format!("{name} accepts only orders that rest without trading, stops and cancels"),
    }
}

fn request(reason: R, value: i64, limit: i64) -> String {
    match reason {
        R::UnknownKey => format!("API key {value} does not exist or was revoked"),
        R::DuplicateSequence => format!(
            "client sequence {value} was used before, nothing was done again: the next is above {limit}"
        ),
        R::NotPermitted if limit == 0 => "only the exchange itself may do this".to_owned(),
        R::NotPermitted => format!(
            "the key has the permissions {}, this needs {}",
            permissions(value),
            permissions(limit)
        ),
        R::KillSwitch => {
            "the kill switch of the venue is engaged: orders are neither placed nor replaced"
                .to_owned()
        }
        R::AccountSuspended => format!("account {value} is suspended"),
        R::AccountCancelOnly => format!("account {value} may only cancel"),
        R::UnknownInstrument => format!("there is no instrument {value}"),
        R::InvalidCombination => "terms that exclude each other: post-only with Ioc or Fok, or a \
                                  stop-market sell by quote amount"
            .to_owned(),
        R::ExpiryInPast => format!("expiry {} has come: it is {}", moment(value), moment(limit)),
        R::DuplicateClientOrderId => {
            format!("open order {value} of the account has this client order id")
        }
        R::OrderPoolFull => {
            format!("the exchange, or the account, has as many open orders as it may: {limit}")
        }
        R::BalancePoolFull => {
            format!("the exchange has as many balances as it may: {limit}")
        }
        R::UnknownOrder if value == 0 => {
            "the account has no open order of this client order id in the instrument".to_owned()
        }
        R::UnknownOrder => {
            format!("the account has no open order {value} in the instrument")
        }
        R::NotReplaceable => {
            format!("order {value} is no limit or stop-limit order: cancel it and place another")
        }
        _ => gate(reason, value, limit),
    }
}

/// What only the gateway says.
fn gate(reason: R, value: i64, limit: i64) -> String {
    match reason {
        R::Busy => {
            "the exchange is busy and nothing was done: send it again under a new client sequence"
                .to_owned()
        }
        R::RateExceeded => format!(
            "too many orders: wait {}; {limit} a second are allowed",
            span(value)
        ),
        R::AccountRateExceeded => format!(
            "too many orders of the account, all its keys together: wait {}; {limit} a second are \
             allowed",
            span(value)
        ),
        R::AddressRateExceeded => format!(
            "too many orders from this address: wait {}; {limit} a second are allowed",
            span(value)
        ),
        R::ShuttingDown => "the exchange is shutting down and takes no more orders".to_owned(),
        R::InvalidClientOrderId => InvalidClientOrderId.to_string(),
        _ => format!("a field holds {value}, which the schema does not allow"),
    }
}

/// The names of permission bits.
fn permissions(bits: i64) -> String {
    let bits = u8::try_from(bits).unwrap_or(u8::MAX);
    format!("{:?}", crate::Permissions(bits))
}
