//! Frames: several messages, one after another, in one binary WebSocket frame.

use crate::error::DecodeError;
use crate::generated::Message;

/// The longest frame, in bytes, in either direction. Every message fits in one.
pub const FRAME_BYTES_MAX: usize = 16 * 1024;

/// The messages of one frame, in order. After the first error there is no next message: where it would
/// begin is not known.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    bytes: &'a [u8],
    at: usize,
    failed: bool,
}

impl<'a> Frame<'a> {
    /// The messages of these bytes. An empty frame has none.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            failed: false,
        }
    }

    /// Where the next message begins; after an error, where the message that could not be read begins.
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// The template id at [`Frame::offset`], when as much as that is there: what a `Refused` names.
    pub fn template_id(&self) -> Option<u16> {
        let bytes = self.bytes.get(self.at + 2..self.at + 4)?;
        Some(u16::from_le_bytes([bytes[0], bytes[1]]))
    }
}

impl Iterator for Frame<'_> {
    type Item = Result<Message, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() || self.failed {
            return None;
        }
        let mut len = 0;
        let message = Message::decode_at_start(rest, &mut len);
        if message.is_ok() {
            self.at += len;
        } else {
            self.failed = true;
        }
        Some(message)
    }
}
