//! Codes: enumerations as they lie on the wire.
//!
//! A code that this version does not know must not make the whole message unreadable: the gateway has to
//! answer with the sequence number of what it refuses, and an older client has to survive a new reason. So
//! a message holds the [`Code`], and whoever needs the meaning asks for it.

use core::fmt;
use core::marker::PhantomData;

use crate::codec::{Field, Nullable};

/// An enumeration of the schema.
pub trait Coded: Copy + Eq + fmt::Debug + 'static {
    /// Its name in the schema.
    const NAME: &'static str;
    /// All its values, by ascending code.
    const ALL: &'static [Self];
    /// The codes and names of all its values, for people: `0 Buy, 1 Sell`.
    const VALUES: &'static str;

    /// The code on the wire.
    fn code(self) -> u8;
    /// Reads a code; `None` when the schema does not list it.
    fn from_code(code: u8) -> Option<Self>;
    /// The name of the value in the schema.
    fn name(self) -> &'static str;
}

/// One byte that names a value of `E`, or a value that this version does not know.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code<E> {
    raw: u8,
    meaning: PhantomData<E>,
}

impl<E> Code<E> {
    /// The code that means "none".
    pub const NULL: Self = Self::from_raw(u8::MAX);

    /// Any byte.
    #[inline]
    pub const fn from_raw(raw: u8) -> Self {
        Self {
            raw,
            meaning: PhantomData,
        }
    }

    /// The byte.
    #[inline]
    pub const fn raw(self) -> u8 {
        self.raw
    }
}

impl<E: Coded> Code<E> {
    /// The value, or `None` when the schema does not list the code.
    #[inline]
    pub fn known(self) -> Option<E> {
        E::from_code(self.raw)
    }
}

impl<E> Default for Code<E> {
    /// The code that means "none".
    fn default() -> Self {
        Self::NULL
    }
}

impl<E: Coded> From<E> for Code<E> {
    #[inline]
    fn from(value: E) -> Self {
        Self::from_raw(value.code())
    }
}

impl<E: Coded> PartialEq<E> for Code<E> {
    #[inline]
    fn eq(&self, value: &E) -> bool {
        self.raw == value.code()
    }
}

impl<E: Coded> fmt::Display for Code<E> {
    /// The name of the value, or the number of an unknown code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some(value) => f.pad(value.name()),
            None => write!(f, "{} {}", E::NAME, self.raw),
        }
    }
}

impl<E: Coded> fmt::Debug for Code<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<E> Field for Code<E> {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Self::from_raw(u8::get(bytes))
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        self.raw.put(bytes);
    }
}

impl<E> Nullable for Code<E> {
    #[inline]
    fn null() -> Self {
        Self::NULL
    }

    #[inline]
    fn is_null(&self) -> bool {
        self.raw.is_null()
    }
}

/// Prints a set: the names of its known flags, then unknown bits as a number.
pub(crate) fn fmt_flags(f: &mut fmt::Formatter<'_>, bits: u8, flags: &[(u8, &str)]) -> fmt::Result {
    let mut list = f.debug_set();
    let mut rest = bits;
    for (bit, name) in flags {
        if bits & bit != 0 {
            list.entry(&format_args!("{name}"));
            rest &= !bit;
        }
    }
    if rest != 0 {
        list.entry(&format_args!("{rest:#04x}"));
    }
    list.finish()
}
