//! Text on the wire: of fixed length, padded with zero bytes, and of variable length for people.

use core::fmt;
use core::ops::Deref;

use rialto_types::order::{CLIENT_ORDER_ID_LEN_MAX, InvalidClientOrderId};
use rialto_types::symbol::{InvalidSymbol, SYMBOL_LEN_MAX};
use rialto_types::{ClientOrderId, Symbol};

use crate::TEXT_BYTES_MAX;
use crate::codec::Field;

/// `N` bytes of text, padded with zero bytes; all zero means none. Any bytes can stand here when they
/// come from outside: the conversions to [`Symbol`] and [`ClientOrderId`] check them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<const N: usize>(pub [u8; N]);

/// A client order id as it lies on the wire.
pub type ClientOrderIdText = Text<CLIENT_ORDER_ID_LEN_MAX>;
/// A symbol as it lies on the wire.
pub type SymbolText = Text<SYMBOL_LEN_MAX>;

impl<const N: usize> Text<N> {
    /// No text.
    pub const NONE: Self = Self([0; N]);

    /// The text, cut to `N` bytes. For names that are for people only.
    pub fn cut(text: &str) -> Self {
        let mut bytes = [0; N];
        let len = text.len().min(N);
        bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
        Self(bytes)
    }

    /// Whether it means none: all bytes zero.
    pub fn is_none(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    /// The bytes without the padding at the end.
    pub fn trimmed(&self) -> &[u8] {
        let padding = self.0.iter().rev().take_while(|byte| **byte == 0).count();
        &self.0[..N - padding]
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    /// Prints what is printable as it is and escapes the rest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.trimmed().escape_ascii())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl<const N: usize> Field for Text<N> {
    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Self(<[u8; N]>::get(bytes))
    }

    #[inline]
    fn put(&self, bytes: &mut [u8]) {
        self.0.put(bytes);
    }
}

impl ClientOrderIdText {
    /// The client order id, if there is one.
    ///
    /// # Errors
    /// [`InvalidClientOrderId`] when something is there that is none, such as a zero byte before the end.
    #[inline]
    pub fn client_order_id(&self) -> Result<Option<ClientOrderId>, InvalidClientOrderId> {
        if self.0[0] == 0 && self.is_none() {
            return Ok(None);
        }
        ClientOrderId::from_bytes(self.trimmed()).map(Some)
    }
}

impl From<ClientOrderId> for ClientOrderIdText {
    fn from(id: ClientOrderId) -> Self {
        Self::cut(id.as_str())
    }
}

impl From<Option<ClientOrderId>> for ClientOrderIdText {
    fn from(id: Option<ClientOrderId>) -> Self {
        id.map_or(Self::NONE, Self::from)
    }
}

impl SymbolText {
    /// The symbol.
    ///
    /// # Errors
    /// [`InvalidSymbol`] when it is none.
    pub fn symbol(&self) -> Result<Symbol, InvalidSymbol> {
        Symbol::from_padded(&self.0)
    }
}

impl From<Symbol> for SymbolText {
    fn from(symbol: Symbol) -> Self {
        Self(*symbol.padded())
    }
}

/// A text for people, at most [`TEXT_BYTES_MAX`] bytes of UTF-8. A longer one is cut at a character when
/// it is put in, so that encoding cannot fail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VarText(String);

impl VarText {
    /// No text. Allocates nothing.
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// The text, unless it is too long.
    pub(crate) fn exact(text: &str) -> Option<Self> {
        (text.len() <= TEXT_BYTES_MAX).then(|| Self(text.to_owned()))
    }
}

impl From<&str> for VarText {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for VarText {
    fn from(mut text: String) -> Self {
        if text.len() > TEXT_BYTES_MAX {
            text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        }
        Self(text)
    }
}

impl Deref for VarText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VarText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_order_ids_cross_the_wire_and_come_back() {
        let id = ClientOrderId::new("x-1.2:3/4_5").unwrap();
        let text = ClientOrderIdText::from(id);
        assert_eq!(text.client_order_id(), Ok(Some(id)));
        assert_eq!(ClientOrderIdText::NONE.client_order_id(), Ok(None));
        let full = ClientOrderId::new(&"a".repeat(36)).unwrap();
        assert_eq!(
            ClientOrderIdText::from(full).client_order_id(),
            Ok(Some(full))
        );
    }

    #[test]
    fn a_torn_client_order_id_is_refused() {
        for bad in ["a\0b", "\0b", "a b", "\u{e9}"] {
            let text = ClientOrderIdText::cut(bad);
            assert_eq!(text.client_order_id(), Err(InvalidClientOrderId), "{bad:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let text = VarText::from("\u{20ac}".repeat(200));
        assert_eq!(text.len(), 510);
        assert_eq!(text.chars().count(), 170);
        assert_eq!(VarText::exact(&"a".repeat(513)), None);
    }

    #[test]
    fn unprintable_bytes_are_escaped() {
        assert_eq!(format!("{:?}", Text::<4>(*b"a\"\xff\0")), "\"a\\\"\\xff\"");
    }
}
