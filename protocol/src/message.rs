//! What every message can do: be written to bytes and read back.

use crate::codec::{HEADER_LEN, Header, Reader, Writer};
use crate::error::DecodeError;

/// How the generated code lays one message out; out of reach for other crates.
pub(crate) mod layout {
    use super::{DecodeError, Reader, Writer};

    /// The body of a message: everything after its header.
    pub trait Body: Sized {
        /// Bytes of groups and texts.
        fn variable_len(&self) -> usize;
        /// Writes block, groups and texts.
        fn put(&self, writer: &mut Writer<'_>);
        /// Reads block, groups and texts.
        ///
        /// # Errors
        /// Whatever is wrong with the bytes.
        fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
    }
}

/// A message of the schema.
///
/// Encoding cannot fail; decoding never panics and never reads beyond its bytes. A block or a group
/// entry that a newer version has made longer is read as far as it is known, the rest is skipped.
pub trait WireMessage: layout::Body {
    /// The name in the schema.
    const NAME: &'static str;
    /// The template id in the header.
    const TEMPLATE_ID: u16;
    /// Bytes of the block as this version writes it.
    const BLOCK_LENGTH: u16;

    /// Bytes of the whole message, header included.
    #[inline]
    fn encoded_len(&self) -> usize {
        HEADER_LEN + usize::from(Self::BLOCK_LENGTH) + self.variable_len()
    }

    /// Appends the message to `out`.
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + self.encoded_len(), 0);
        let mut writer = Writer::new(&mut out[start..], Self::TEMPLATE_ID, Self::BLOCK_LENGTH);
        self.put(&mut writer);
    }

    /// Writes the message to the start of `out` and returns how many bytes it took, or `None`, with
    /// nothing written, when it does not fit.
    #[inline]
    fn encode_to_slice(&self, out: &mut [u8]) -> Option<usize> {
        let len = self.encoded_len();
        let bytes = out.get_mut(..len)?;
        let mut writer = Writer::new(bytes, Self::TEMPLATE_ID, Self::BLOCK_LENGTH);
        self.put(&mut writer);
        Some(len)
    }

    /// Reads the message that is exactly these bytes.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes; also when they are another message, or more than one.
    #[inline]
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let header = Header::decode(bytes)?;
        if header.template_id != Self::TEMPLATE_ID {
            return Err(DecodeError::UnexpectedTemplate {
                expected: Self::TEMPLATE_ID,
                found: header.template_id,
            });
        }
        let mut len = 0;
        let message = Self::decode_body(header, bytes, &mut len)?;
        if len == bytes.len() {
            Ok(message)
        } else {
            Err(DecodeError::TrailingBytes {
                count: bytes.len() - len,
            })
        }
    }

    /// Reads the message whose header, already read, stands at the start of `bytes`. Sets `len` to its
    /// length in bytes, header included; more may follow.
    ///
    /// The length goes out by reference because a pair of message and length would be copied once more on
    /// its way out, which for small messages costs as much as decoding them.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes; `len` means nothing then.
    #[inline]
    fn decode_body(header: Header, bytes: &[u8], len: &mut usize) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(Self::NAME, header, bytes);
        let message = Self::get(&mut reader);
        *len = reader.consumed();
        message
    }
}
