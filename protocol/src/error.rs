//! Why bytes are not a message.

use thiserror::Error;

use crate::MessageError;

/// Why bytes could not be decoded. Each variant holds what was found and what would have been right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The bytes end before the message does.
    #[error("{message} needs {needed} bytes, but only {available} are there")]
    Truncated {
        /// The message, or `messageHeader`.
        message: &'static str,
        /// Bytes from the start of the message that are needed at least.
        needed: usize,
        /// Bytes from the start of the message that are there.
        available: usize,
    },
    /// No message has this template id.
    #[error("template id {found} is not in the schema")]
    UnknownTemplate {
        /// The template id.
        found: u16,
    },
    /// Another message than the one asked for.
    #[error("expected template id {expected}, found {found}")]
    UnexpectedTemplate {
        /// Asked for.
        expected: u16,
        /// In the header.
        found: u16,
    },
    /// The header names another schema.
    #[error("schema id {found} is not {}", crate::SCHEMA_ID)]
    WrongSchema {
        /// In the header.
        found: u16,
    },
    /// A block, or an entry of a group, is shorter than the first version of the schema has it.
    #[error("a block of {message} has {found} bytes, at least {minimum} are needed")]
    ShortBlock {
        /// The message.
        message: &'static str,
        /// Stated in the header of message or group.
        found: usize,
        /// What the schema says.
        minimum: usize,
    },
    /// A group with more entries than a frame can hold.
    #[error("a group of {message} has {found} entries, at most {maximum} are allowed")]
    TooManyEntries {
        /// The message.
        message: &'static str,
        /// Stated in the header of the group.
        found: usize,
        /// The most allowed.
        maximum: usize,
    },
    /// A text that is too long or not UTF-8.
    #[error(
        "the text of {message}, {length} bytes, is not UTF-8 of at most {} bytes",
        crate::TEXT_BYTES_MAX
    )]
    InvalidText {
        /// The message.
        message: &'static str,
        /// Stated before the text.
        length: usize,
    },
    /// Something follows where one message was to end the bytes.
    #[error("{count} bytes follow the message")]
    TrailingBytes {
        /// How many.
        count: usize,
    },
}

impl DecodeError {
    /// The code that a `Refused` carries for this error.
    pub const fn code(&self) -> MessageError {
        match self {
            Self::Truncated { .. } | Self::TrailingBytes { .. } => MessageError::Truncated,
            Self::UnknownTemplate { .. } | Self::UnexpectedTemplate { .. } => {
                MessageError::UnknownTemplate
            }
            Self::WrongSchema { .. } => MessageError::WrongSchema,
            Self::ShortBlock { .. } => MessageError::ShortBlock,
            Self::TooManyEntries { .. } => MessageError::TooManyEntries,
            Self::InvalidText { .. } => MessageError::InvalidText,
        }
    }
}
