//! Accounts and the API keys that act for them.

/// What an account may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AccountState {
    /// May do everything.
    #[default]
    Active = 0,
    /// May cancel, but neither place nor replace.
    CancelOnly = 1,
    /// May do nothing. The kill switch puts an account here and cancels all its orders.
    Suspended = 2,
}

impl AccountState {
    /// Reads the byte that journals and wires carry.
    pub const fn from_u8(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Active),
            1 => Some(Self::CancelOnly),
            2 => Some(Self::Suspended),
            _ => None,
        }
    }
}

/// What an API key may do: a set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Permissions(u8);

impl Permissions {
    /// See the account's orders, balances and reports.
    pub const READ: Self = Self(1);
    /// Place, replace and cancel the account's orders.
    pub const TRADE: Self = Self(2);
    /// Administer the venue. Given only to keys of [`AccountId::VENUE`](crate::AccountId::VENUE).
    pub const ADMIN: Self = Self(4);
    /// All flags that exist.
    const ALL: u8 = 7;

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every flag of `other` is set.
    #[inline]
    pub const fn allows(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The flags as bits: 1 read, 2 trade, 4 admin.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Reads the bits; `None` when empty or when an unknown bit is set.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits == 0 || bits & !Self::ALL != 0 {
            None
        } else {
            Some(Self(bits))
        }
    }
}

/// An Ed25519 public key (RFC 8032), as its 32 bytes. Checked for being a point when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct PublicKey(pub [u8; 32]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_sets() {
        let trader = Permissions::READ.with(Permissions::TRADE);
        assert!(trader.allows(Permissions::TRADE));
        assert!(!trader.allows(Permissions::ADMIN));
        assert_eq!(Permissions::from_bits(trader.bits()), Some(trader));
        assert_eq!(Permissions::from_bits(0), None);
        assert_eq!(Permissions::from_bits(8), None);
    }
}
