//! Sentences for what can be wrong with an administrative command.

use rialto_types::RejectReason as R;

use super::format::{Numbers, mantissa, percent};

/// The sentence for an administrative reason.
pub(super) fn text(reason: R, value: i64, limit: i64, numbers: &Numbers<'_>) -> String {
    match reason {
        R::UnknownAccount => format!("there is no account {value}"),
        R::UnknownAsset => format!("there is no asset {value}"),
        R::SymbolTaken => format!("the symbol is taken already, by the one with id {value}"),
        R::InvalidDecimals => {
            format!("{value} decimals are more than the {limit} that are possible")
        }
        R::InvalidTickOrLot => format!(
            "tick {} and lot {} do not fit: both must be positive, one lot a whole number of base \
             units, tick × lot a whole number of quote units",
            mantissa(value),
            mantissa(limit)
        ),
        R::InvalidRange => format!(
            "minimum {value} and maximum {limit}, in lots or quote units, do not fit: a quantity is \
             at least one lot, a notional at least 0, and the maximum must be at least 1, not below \
             the minimum, and small enough to be represented"
        ),
        R::InvalidFee => format!("a fee of {} is above {}", percent(value), percent(limit)),
        R::InvalidCollar => format!(
            "a collar of {} is not above 0 % and at most {}",
            percent(value),
            percent(limit)
        ),
        R::TableFull => format!("the table is full with {limit} entries"),
        R::PermissionNotGrantable => format!(
            "permissions {:?} cannot be given to this account: Admin is for account 0, Trade for \
             all others",
            crate::Permissions(u8::try_from(value).unwrap_or(u8::MAX))
        ),
        R::TransferAlreadyApplied => format!(
            "transfer {value} of the source was applied already and not again: the last is {limit}"
        ),
        R::TransferGap => {
            format!("transfer {value} of the source leaves a gap: the next must be {limit}")
        }
        R::SupplyOverflow => format!(
            "a deposit of {} on top of {} is more than can be represented",
            numbers.funds(value),
            numbers.funds(limit)
        ),
        R::LastAdministrator => format!(
            "key {value} is the last one that may administer the venue: add another one before it is \
             revoked"
        ),
        R::CapacityShrinks => format!("a pool cannot shrink to {value}: its size is {limit}"),
        _ => format!("asset {value} cannot be both base and quote"),
    }
}
