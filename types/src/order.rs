//! What an order is made of: side, kind, time in force, self-trade prevention, client order id.

use core::fmt;
use core::num::NonZeroU8;

use crate::{Amount, OrderId, Price, Qty, Timestamp};

/// Buy or sell, from the order's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Side {
    /// Wants the base asset, pays the quote asset.
    Buy = 0,
    /// Gives the base asset, wants the quote asset.
    Sell = 1,
}

impl Side {
    /// The side that this one trades with.
    #[inline]
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// Whether an order of this side with limit `limit` accepts to trade at `price`.
    #[inline]
    pub const fn accepts(self, limit: Price, price: Price) -> bool {
        match self {
            Self::Buy => price.0 <= limit.0,
            Self::Sell => price.0 >= limit.0,
        }
    }

    /// Reads the byte that journals and wires carry.
    pub const fn from_u8(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Buy),
            1 => Some(Self::Sell),
            _ => None,
        }
    }
}

/// How long an order stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeInForce {
    /// Good till cancelled.
    Gtc,
    /// Immediate or cancel: trades what it can at once, the rest is cancelled.
    Ioc,
    /// Fill or kill: trades all of it at once or nothing.
    Fok,
    /// Good till date: expires at the first command whose time is at or after this moment.
    Gtd(Timestamp),
}

impl TimeInForce {
    /// Whether what does not trade at once stays in the book.
    #[inline]
    pub const fn rests(self) -> bool {
        matches!(self, Self::Gtc | Self::Gtd(_))
    }

    /// When the order expires, if it does.
    #[inline]
    pub const fn expiry(self) -> Option<Timestamp> {
        match self {
            Self::Gtd(expiry) => Some(expiry),
            Self::Gtc | Self::Ioc | Self::Fok => None,
        }
    }
}

/// How much a market order trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Size {
    /// This quantity of the base asset.
    Qty(Qty),
    /// As many lots as this amount of the quote asset pays for (buy), or as bring this amount in
    /// before fees (sell): never more than the amount.
    Quote(Amount),
}

/// The kind of an order with the terms that this kind has, so that an order that makes no sense
/// (a market order with a price) cannot be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderKind {
    /// Trades at `price` or better; what is left rests or is cancelled as `tif` says.
    Limit {
        /// The worst acceptable price.
        price: Price,
        /// Total quantity.
        qty: Qty,
        /// How long it stays.
        tif: TimeInForce,
        /// Refused when it would trade at once. Not with IOC or FOK.
        post_only: bool,
    },
    /// Trades at once against the book within the collar; what is left is cancelled.
    Market {
        /// How much.
        size: Size,
    },
    /// Waits until a trade reaches `stop`, then becomes a limit order.
    StopLimit {
        /// The trigger: a buy is elected by a trade at or above it, a sell at or below.
        stop: Price,
        /// The worst acceptable price once elected.
        price: Price,
        /// Total quantity.
        qty: Qty,
        /// How long it stays; also while it waits.
        tif: TimeInForce,
    },
    /// Waits until a trade reaches `stop`, then becomes a market order.
    StopMarket {
        /// The trigger, as for a stop-limit order.
        stop: Price,
        /// How much. A sell must state a quantity.
        size: Size,
    },
}

impl OrderKind {
    /// The limit price, if the kind has one.
    #[inline]
    pub const fn price(&self) -> Option<Price> {
        match *self {
            Self::Limit { price, .. } | Self::StopLimit { price, .. } => Some(price),
            Self::Market { .. } | Self::StopMarket { .. } => None,
        }
    }

    /// The stop price, if the kind has one.
    #[inline]
    pub const fn stop(&self) -> Option<Price> {
        match *self {
            Self::StopLimit { stop, .. } | Self::StopMarket { stop, .. } => Some(stop),
            Self::Limit { .. } | Self::Market { .. } => None,
        }
    }

    /// How much the order is for.
    #[inline]
    pub const fn size(&self) -> Size {
        match *self {
            Self::Limit { qty, .. } | Self::StopLimit { qty, .. } => Size::Qty(qty),
            Self::Market { size } | Self::StopMarket { size, .. } => size,
        }
    }

    /// How long the order stays; a market order does not, a stop-market order waits until cancelled.
    #[inline]
    pub const fn tif(&self) -> TimeInForce {
        match *self {
            Self::Limit { tif, .. } | Self::StopLimit { tif, .. } => tif,
            Self::Market { .. } => TimeInForce::Ioc,
            Self::StopMarket { .. } => TimeInForce::Gtc,
        }
    }

    /// Whether the order may stay in the exchange after its own command: as a resting order or as a
    /// waiting stop.
    #[inline]
    pub const fn may_stay(&self) -> bool {
        match self {
            Self::Limit { tif, .. } => tif.rests(),
            Self::Market { .. } => false,
            Self::StopLimit { .. } | Self::StopMarket { .. } => true,
        }
    }
}

/// Self-trade prevention: what happens when an order meets an order of its own account. The taker's
/// mode governs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum StpMode {
    /// They trade.
    None = 0,
    /// What is left of the taker is cancelled.
    #[default]
    CancelTaker = 1,
    /// The maker is cancelled and the taker goes on.
    CancelMaker = 2,
    /// Both are cancelled.
    CancelBoth = 3,
    /// Both are reduced by the smaller of the two quantities; the smaller one is thereby cancelled.
    Decrement = 4,
}

impl StpMode {
    /// Reads the byte that journals and wires carry.
    pub const fn from_u8(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::None),
            1 => Some(Self::CancelTaker),
            2 => Some(Self::CancelMaker),
            3 => Some(Self::CancelBoth),
            4 => Some(Self::Decrement),
            _ => None,
        }
    }
}

/// The longest client order id, in characters.
pub const CLIENT_ORDER_ID_LEN_MAX: usize = 36;

/// The client's own name for an order: 1 to 36 characters of `[A-Za-z0-9._:/-]`, unique among the
/// open orders of its account. The alphabet and length are those that bots written for Binance's spot
/// API send.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientOrderId {
    /// The text, padded with zero bytes.
    bytes: [u8; CLIENT_ORDER_ID_LEN_MAX],
    /// Count of characters, 1 to 36. Non-zero, so that an `Option` of it costs nothing.
    len: NonZeroU8,
}

/// Why a text is not a [`ClientOrderId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidClientOrderId;

impl fmt::Display for InvalidClientOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a client order id is 1 to 36 characters of A-Z, a-z, 0-9, '.', '_', ':', '/', '-'",
        )
    }
}

impl core::error::Error for InvalidClientOrderId {}

impl ClientOrderId {
    /// Reads a client order id.
    ///
    /// # Errors
    /// [`InvalidClientOrderId`] when the text is empty, too long, or has another character.
    pub fn new(text: &str) -> Result<Self, InvalidClientOrderId> {
        Self::from_bytes(text.as_bytes())
    }

    /// Reads a client order id from its bytes, without padding.
    ///
    /// # Errors
    /// As [`ClientOrderId::new`].
    pub fn from_bytes(text: &[u8]) -> Result<Self, InvalidClientOrderId> {
        let legal =
            |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'/' | b'-');
        let len = u8::try_from(text.len()).ok().and_then(NonZeroU8::new);
        match len {
            Some(len) if text.len() <= CLIENT_ORDER_ID_LEN_MAX && text.iter().all(legal) => {
                let mut bytes = [0; CLIENT_ORDER_ID_LEN_MAX];
                bytes[..text.len()].copy_from_slice(text);
                Ok(Self { bytes, len })
            }
            _ => Err(InvalidClientOrderId),
        }
    }

    /// The characters as bytes, without padding.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len.get())]
    }

    /// The characters as little-endian words, padded with zeros, which no character is: equal for equal
    /// ids only. For hashing.
    #[inline]
    pub fn words(&self) -> [u64; 5] {
        let mut padded = [0; 40];
        padded[..CLIENT_ORDER_ID_LEN_MAX].copy_from_slice(&self.bytes);
        let (words, _) = padded.as_chunks::<8>();
        core::array::from_fn(|at| u64::from_le_bytes(words[at]))
    }

    /// The text.
    ///
    /// # Panics
    /// Never: the bytes are ASCII by construction.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).expect("a client order id is ASCII")
    }
}

impl fmt::Debug for ClientOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl fmt::Display for ClientOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a command names an open order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderRef {
    /// By the exchange's id.
    Id(OrderId),
    /// By the client's id, among the open orders of the key's account.
    Client(ClientOrderId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_order_ids_are_read_and_refused() {
        assert_eq!(
            ClientOrderId::new("x-Rq.7_a:b/c").unwrap().as_str(),
            "x-Rq.7_a:b/c"
        );
        assert_eq!(
            ClientOrderId::new(&"a".repeat(36))
                .unwrap()
                .as_bytes()
                .len(),
            36
        );
        for bad in ["", "a b", "a\0", &"a".repeat(37), "\u{fc}"] {
            assert_eq!(
                ClientOrderId::new(bad),
                Err(InvalidClientOrderId),
                "{bad:?}"
            );
        }
        assert_eq!(size_of::<Option<ClientOrderId>>(), 37);
    }

    #[test]
    fn sides_accept_their_limit_and_better() {
        assert!(Side::Buy.accepts(Price(10), Price(10)));
        assert!(Side::Buy.accepts(Price(10), Price(9)));
        assert!(!Side::Buy.accepts(Price(10), Price(11)));
        assert!(Side::Sell.accepts(Price(10), Price(11)));
        assert!(!Side::Sell.accepts(Price(10), Price(9)));
    }
}
