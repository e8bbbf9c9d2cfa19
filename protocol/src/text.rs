//! Refusals as sentences: what was wrong, with the value, and what would be right, in the decimals of the
//! instrument. The gateway puts them on the wire, the command line prints them.
//!
//! One arm for each [`RejectReason`], in three families so that each stays readable. Allocates; used
//! where something was refused, never on the way of an accepted order.

mod administration;
mod format;
mod orders;
#[cfg(test)]
mod tests;

use rialto_types::{Asset, Refusal, RejectReason};

use self::format::Numbers;
use crate::refusal::{Pair, WireRefusal};

/// In what the value and the limit of a refusal count, where it is a price, a quantity or an amount and
/// the reason leaves both possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Units {
    /// Mantissas at 10^-8: the refusal comes from the conversion at the edge.
    Mantissas,
    /// Ticks, lots and units of an asset: it comes from the risk gate or the core.
    #[default]
    Native,
}

/// What is known about the thing refused. Without it the text names bare numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// In what the refusal counts.
    pub units: Units,
    /// The instrument that the request named.
    pub pair: Option<Pair<'a>>,
    /// The asset of funds that are missing or of an amount: the quote asset of a buy, the base asset of a
    /// sell, the asset of a transfer.
    pub asset: Option<&'a Asset>,
}

/// The sentence for a refusal of the gate or the core.
pub fn refusal(refusal: &Refusal, context: &Context<'_>) -> String {
    let numbers = Numbers::new(context);
    let Refusal {
        reason,
        value,
        limit,
    } = *refusal;
    if (reason as u8) < RejectReason::UnknownAccount as u8 {
        return orders::text(reason, value, limit, &numbers);
    }
    administration::text(reason, value, limit, &numbers)
}

/// The sentence for a refusal of the edge: the problem with the field, if one is to blame.
pub fn wire_refusal(refused: &WireRefusal, context: &Context<'_>) -> String {
    if let Some(problem) = refused.problem {
        return problem.to_string();
    }
    let units = Units::Mantissas;
    refusal(&refused.refusal, &Context { units, ..*context })
}
