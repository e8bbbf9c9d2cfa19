//! Short text that names an asset or an instrument, held inline so that commands stay `Copy`.

use core::fmt;

/// The longest symbol, in bytes.
pub const SYMBOL_LEN_MAX: usize = 16;

/// The name of an asset (`BTC`) or an instrument (`BTC-USDT`): 1 to 16 characters of
/// `[A-Z0-9._/-]`, beginning with a letter or a digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    /// The text, padded with zero bytes, so that derived order and equality are those of the text.
    bytes: [u8; SYMBOL_LEN_MAX],
}

/// Why a text is not a [`Symbol`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSymbol;

impl fmt::Display for InvalidSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a symbol is 1 to 16 characters of A-Z, 0-9, '.', '_', '/', '-' and begins with a letter or digit")
    }
}

impl core::error::Error for InvalidSymbol {}

impl Symbol {
    /// Reads a symbol.
    ///
    /// # Errors
    /// [`InvalidSymbol`] when the text is empty, too long, or has another character.
    pub fn new(text: &str) -> Result<Self, InvalidSymbol> {
        Self::from_bytes(text.as_bytes())
    }

    /// Reads a symbol from its bytes, without padding.
    ///
    /// # Errors
    /// As [`Symbol::new`].
    pub fn from_bytes(text: &[u8]) -> Result<Self, InvalidSymbol> {
        let first = *text.first().ok_or(InvalidSymbol)?;
        let legal = |b: &u8| {
            b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'/' | b'-')
        };
        if text.len() > SYMBOL_LEN_MAX || !first.is_ascii_alphanumeric() || !text.iter().all(legal)
        {
            return Err(InvalidSymbol);
        }
        let mut bytes = [0; SYMBOL_LEN_MAX];
        bytes[..text.len()].copy_from_slice(text);
        Ok(Self { bytes })
    }

    /// The text.
    ///
    /// # Panics
    /// Never: the bytes are ASCII by construction.
    pub fn as_str(&self) -> &str {
        let len = self
            .bytes
            .iter()
            .position(|b| *b == 0)
            .unwrap_or(SYMBOL_LEN_MAX);
        core::str::from_utf8(&self.bytes[..len]).expect("a symbol is ASCII")
    }

    /// The text padded with zero bytes to its fixed length, as the wire and the journal carry it.
    pub const fn padded(&self) -> &[u8; SYMBOL_LEN_MAX] {
        &self.bytes
    }

    /// Reads the padded form.
    ///
    /// # Errors
    /// As [`Symbol::new`]; also when a byte follows the padding.
    pub fn from_padded(bytes: &[u8; SYMBOL_LEN_MAX]) -> Result<Self, InvalidSymbol> {
        let len = bytes.iter().position(|b| *b == 0).unwrap_or(SYMBOL_LEN_MAX);
        let symbol = Self::from_bytes(&bytes[..len])?;
        if symbol.bytes == *bytes {
            Ok(symbol)
        } else {
            Err(InvalidSymbol)
        }
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_read_and_refused() {
        assert_eq!(Symbol::new("BTC-USDT").unwrap().as_str(), "BTC-USDT");
        assert_eq!(
            Symbol::new("ABCDEFGHIJKLMNOP").unwrap().as_str(),
            "ABCDEFGHIJKLMNOP"
        );
        for bad in [
            "",
            "btc",
            "-BTC",
            "BTC USDT",
            "ABCDEFGHIJKLMNOPQ",
            "B\u{e9}",
        ] {
            assert_eq!(Symbol::new(bad), Err(InvalidSymbol), "{bad:?}");
        }
    }

    #[test]
    fn padding_must_be_at_the_end_only() {
        let symbol = Symbol::new("ETH").unwrap();
        assert_eq!(Symbol::from_padded(symbol.padded()), Ok(symbol));
        let mut torn = *symbol.padded();
        torn[5] = b'X';
        assert_eq!(Symbol::from_padded(&torn), Err(InvalidSymbol));
    }
}
