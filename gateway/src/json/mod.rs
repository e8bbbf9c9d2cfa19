//! Market data as JSON: for people at a terminal and for browsers.
//!
//! The publisher encodes a message in the binary protocol first; what goes to a session that speaks JSON is
//! made from those bytes here, once for all subscribers of a topic. docs/asyncapi.yaml describes each
//! message and is held against what comes out.
//!
//! Prices, quantities and amounts are decimal texts, exact as on the wire; times are RFC 3339 with
//! nanoseconds; instruments are named by their symbols. Cost: a few hundred bytes and allocations a
//! message.

use rialto_protocol::Frame;

use crate::models::Directory;

mod command;
mod message;

use command::channel_name;
pub(crate) use command::{Command, CommandError, Stream};
pub(crate) use message::{Pong, Problem};

/// The texts of encoded messages, in their order.
pub(crate) fn texts_of(messages: &[u8], directory: &Directory) -> Vec<String> {
    let messages = Frame::new(messages).filter_map(Result::ok);
    messages
        .filter_map(|message| message::text_of(&message, directory))
        .collect()
}
