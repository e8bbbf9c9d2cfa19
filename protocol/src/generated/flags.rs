//! Sets of flags.
//!
//! Generated from `schema/rialto.xml` by `cargo xtask codegen`; changes here are lost.

use crate::codec::Field;

/// What an API key may do.
///
/// Bits that this version does not know are kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Permissions(pub u8);

impl Permissions {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// See the account's orders, balances and reports.
    pub const READ: Self = Self(1);
    /// Place, replace and cancel the account's orders.
    pub const TRADE: Self = Self(2);
    /// Administer the venue.
    pub const ADMIN: Self = Self(4);

    /// The flags that this version knows.
    pub const KNOWN: Self = Self(7);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set when `condition` holds, otherwise no flag.
    #[must_use]
    pub const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }

    /// Whether every flag of `other` is set.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a flag is set that this version does not know.
    #[inline]
    pub const fn has_unknown(self) -> bool {
        self.0 & !Self::KNOWN.0 != 0
    }
}

impl core::fmt::Debug for Permissions {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        crate::code::fmt_flags(
            f,
            self.0,
            &[
                (Self::READ, "Read"),
                (Self::TRADE, "Trade"),
                (Self::ADMIN, "Admin"),
            ]
            .map(|(flag, name)| (flag.0, name)),
        )
    }
}

impl Field for Permissions {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Self(u8::get(bytes))
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        self.0.put(bytes);
    }
}

/// Choices at logon.
///
/// Bits that this version does not know are kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct LogonFlags(pub u8);

impl LogonFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// When a session of the key is lost, cancel the orders that the key placed.
    pub const CANCEL_ON_DISCONNECT: Self = Self(1);
    /// Tell this session where the time of its commands goes: a StageTimes follows the reports of a
    /// command, whenever the exchange can follow one more. Each costs the exchange some clock
    /// readings and the session a message.
    pub const STAGE_TIMES: Self = Self(2);
    /// Only read, beside other sessions of the key: the reports of its account, and for a key that
    /// may Admin those of all accounts.
    pub const DROP_COPY: Self = Self(4);

    /// The flags that this version knows.
    pub const KNOWN: Self = Self(7);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set when `condition` holds, otherwise no flag.
    #[must_use]
    pub const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }

    /// Whether every flag of `other` is set.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a flag is set that this version does not know.
    #[inline]
    pub const fn has_unknown(self) -> bool {
        self.0 & !Self::KNOWN.0 != 0
    }
}

impl core::fmt::Debug for LogonFlags {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        crate::code::fmt_flags(
            f,
            self.0,
            &[
                (Self::CANCEL_ON_DISCONNECT, "CancelOnDisconnect"),
                (Self::STAGE_TIMES, "StageTimes"),
                (Self::DROP_COPY, "DropCopy"),
            ]
            .map(|(flag, name)| (flag.0, name)),
        )
    }
}

impl Field for LogonFlags {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Self(u8::get(bytes))
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        self.0.put(bytes);
    }
}

/// Further terms of an order.
///
/// Bits that this version does not know are kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct OrderFlags(pub u8);

impl OrderFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Refused when it would trade at once. Limit orders with Gtc or Gtd only.
    pub const POST_ONLY: Self = Self(1);

    /// The flags that this version knows.
    pub const KNOWN: Self = Self(1);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set when `condition` holds, otherwise no flag.
    #[must_use]
    pub const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }

    /// Whether every flag of `other` is set.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a flag is set that this version does not know.
    #[inline]
    pub const fn has_unknown(self) -> bool {
        self.0 & !Self::KNOWN.0 != 0
    }
}

impl core::fmt::Debug for OrderFlags {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        crate::code::fmt_flags(
            f,
            self.0,
            &[(Self::POST_ONLY, "PostOnly")].map(|(flag, name)| (flag.0, name)),
        )
    }
}

impl Field for OrderFlags {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Self(u8::get(bytes))
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        self.0.put(bytes);
    }
}

/// Further facts of a report.
///
/// Bits that this version does not know are kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ReportFlags(pub u8);

impl ReportFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The order entered the book whole, or waits as a stop; when not set, reports of trades or of
    /// its end may follow at once.
    pub const RESTING: Self = Self(1);
    /// Replaced: the order kept its place among the orders of its price.
    pub const KEPT_PRIORITY: Self = Self(2);
    /// The order is post-only.
    pub const POST_ONLY: Self = Self(4);

    /// The flags that this version knows.
    pub const KNOWN: Self = Self(7);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set when `condition` holds, otherwise no flag.
    #[must_use]
    pub const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }

    /// Whether every flag of `other` is set.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a flag is set that this version does not know.
    #[inline]
    pub const fn has_unknown(self) -> bool {
        self.0 & !Self::KNOWN.0 != 0
    }
}

impl core::fmt::Debug for ReportFlags {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        crate::code::fmt_flags(
            f,
            self.0,
            &[
                (Self::RESTING, "Resting"),
                (Self::KEPT_PRIORITY, "KeptPriority"),
                (Self::POST_ONLY, "PostOnly"),
            ]
            .map(|(flag, name)| (flag.0, name)),
        )
    }
}

impl Field for ReportFlags {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Self(u8::get(bytes))
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        self.0.put(bytes);
    }
}

/// The place of a message in an answer of several.
///
/// Bits that this version does not know are kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ListFlags(pub u8);

impl ListFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// There is something in this message; not set when there is nothing to tell.
    pub const FOUND: Self = Self(1);
    /// The last message of the answer.
    pub const LAST: Self = Self(2);
    /// With Last: the answer was cut at its maximum; ask again from the id after the last one.
    pub const MORE: Self = Self(4);

    /// The flags that this version knows.
    pub const KNOWN: Self = Self(7);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set when `condition` holds, otherwise no flag.
    #[must_use]
    pub const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }

    /// Whether every flag of `other` is set.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a flag is set that this version does not know.
    #[inline]
    pub const fn has_unknown(self) -> bool {
        self.0 & !Self::KNOWN.0 != 0
    }
}

impl core::fmt::Debug for ListFlags {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        crate::code::fmt_flags(
            f,
            self.0,
            &[
                (Self::FOUND, "Found"),
                (Self::LAST, "Last"),
                (Self::MORE, "More"),
            ]
            .map(|(flag, name)| (flag.0, name)),
        )
    }
}

impl Field for ListFlags {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Self(u8::get(bytes))
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        self.0.put(bytes);
    }
}

/// The state of an API key.
///
/// Bits that this version does not know are kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct KeyFlags(pub u8);

impl KeyFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// It works no more.
    pub const REVOKED: Self = Self(1);
    /// Losing its session cancels the orders it placed.
    pub const CANCEL_ON_DISCONNECT_ARMED: Self = Self(2);

    /// The flags that this version knows.
    pub const KNOWN: Self = Self(3);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set when `condition` holds, otherwise no flag.
    #[must_use]
    pub const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }

    /// Whether every flag of `other` is set.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a flag is set that this version does not know.
    #[inline]
    pub const fn has_unknown(self) -> bool {
        self.0 & !Self::KNOWN.0 != 0
    }
}

impl core::fmt::Debug for KeyFlags {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        crate::code::fmt_flags(
            f,
            self.0,
            &[
                (Self::REVOKED, "Revoked"),
                (Self::CANCEL_ON_DISCONNECT_ARMED, "CancelOnDisconnectArmed"),
            ]
            .map(|(flag, name)| (flag.0, name)),
        )
    }
}

impl Field for KeyFlags {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Self(u8::get(bytes))
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        self.0.put(bytes);
    }
}

/// The place of a message among those that belong together.
///
/// Bits that this version does not know are kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct BookFlags(pub u8);

impl BookFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The first message of those that belong together; of a snapshot: forget the book held so far.
    pub const FIRST: Self = Self(1);
    /// The book is consistent after this message.
    pub const LAST: Self = Self(2);

    /// The flags that this version knows.
    pub const KNOWN: Self = Self(3);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set when `condition` holds, otherwise no flag.
    #[must_use]
    pub const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }

    /// Whether every flag of `other` is set.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a flag is set that this version does not know.
    #[inline]
    pub const fn has_unknown(self) -> bool {
        self.0 & !Self::KNOWN.0 != 0
    }
}

impl core::fmt::Debug for BookFlags {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        crate::code::fmt_flags(
            f,
            self.0,
            &[(Self::FIRST, "First"), (Self::LAST, "Last")].map(|(flag, name)| (flag.0, name)),
        )
    }
}

impl Field for BookFlags {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Self(u8::get(bytes))
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        self.0.put(bytes);
    }
}
