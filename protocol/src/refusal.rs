//! What the edge refuses because of how a message is filled in: the reason that goes on the wire, and
//! which field is to blame.

use core::fmt;

use rialto_types::{Asset, Instrument, Refusal, RejectReason};

use crate::Coded;

/// An instrument with its two assets: what conversions and texts need to know of a market.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The instrument.
    pub instrument: &'a Instrument,
    /// What is bought and sold.
    pub base: &'a Asset,
    /// What it is paid with.
    pub quote: &'a Asset,
}

/// A refusal at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireRefusal {
    /// The reason with value and limit; mantissas at 10^-8 where they are prices, quantities or amounts.
    pub refusal: Refusal,
    /// The field to blame, when the reason alone does not say it.
    pub problem: Option<Problem>,
}

/// What is wrong with a field. Fields have their names of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A code that the schema does not list.
    UnknownCode {
        /// The field.
        field: &'static str,
        /// The code found.
        found: u8,
        /// The codes that the schema lists, by name.
        known: &'static str,
    },
    /// A flag that the schema does not list.
    UnknownFlag {
        /// The field.
        field: &'static str,
        /// The bits found.
        found: u8,
        /// The bits that the schema lists.
        known: u8,
    },
    /// A field that is needed is null.
    Missing {
        /// The field.
        field: &'static str,
        /// What needs it.
        needed_by: &'static str,
    },
    /// A field that has no meaning here is not null.
    Superfluous {
        /// The field.
        field: &'static str,
        /// What has no such field.
        without: &'static str,
    },
    /// Of two fields exactly one is needed, but both or neither are there.
    ExactlyOne {
        /// The two fields.
        fields: [&'static str; 2],
        /// Whether both are there.
        both: bool,
    },
    /// A field whose value goes only with other terms.
    Impossible {
        /// The field and its value.
        what: &'static str,
        /// What it goes with.
        only_with: &'static str,
    },
    /// A text that breaks its rule.
    InvalidText {
        /// The field.
        field: &'static str,
        /// The rule.
        rule: &'static str,
    },
    /// An entry of networks that is none.
    NoNetwork {
        /// The bits of its prefix.
        prefix_bits: u8,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UnknownCode {
                field,
                found,
                known,
            } => write!(f, "{field} {found} is not in the schema, which has {known}"),
            Self::UnknownFlag {
                field,
                found,
                known,
            } => write!(
                f,
                "{field} {found:#04x} has a flag that is not in the schema, which has {known:#04x}"
            ),
            Self::Missing { field, needed_by } => {
                write!(f, "{field} is missing: {needed_by} needs it")
            }
            Self::Superfluous { field, without } => {
                write!(f, "{field} must be null: {without} has none")
            }
            Self::ExactlyOne { fields, both } => {
                let [first, second] = fields;
                let found = if both { "both are" } else { "neither is" };
                write!(
                    f,
                    "exactly one of {first} and {second} is needed, {found} given"
                )
            }
            Self::Impossible { what, only_with } => write!(f, "{what} goes only with {only_with}"),
            Self::InvalidText { field, rule } => write!(f, "{field} is not valid: {rule}"),
            Self::NoNetwork { prefix_bits } => write!(
                f,
                "networks has an entry with a prefix of {prefix_bits} bits that is none: a prefix has \
                 1 to 128 bits, the bits of the address beyond it are 0, and entries that are all \
                 zero come last"
            ),
        }
    }
}

impl From<Refusal> for WireRefusal {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            problem: None,
        }
    }
}

impl WireRefusal {
    /// Terms that exclude each other, or a field that is missing.
    pub(crate) fn combination(problem: Problem) -> Self {
        Self {
            refusal: RejectReason::InvalidCombination.into(),
            problem: Some(problem),
        }
    }

    /// A field that holds what the schema does not list.
    pub(crate) fn field(value: i64, problem: Problem) -> Self {
        Self {
            refusal: Refusal::new(RejectReason::InvalidField, value, 0),
            problem: Some(problem),
        }
    }
}

/// The value of a code, or a refusal that names the field.
#[inline]
pub(crate) fn known<E: Coded>(code: crate::Code<E>, field: &'static str) -> Result<E, WireRefusal> {
    code.known().ok_or_else(|| {
        let found = code.raw();
        let known = E::VALUES;
        WireRefusal::field(
            i64::from(found),
            Problem::UnknownCode {
                field,
                found,
                known,
            },
        )
    })
}
