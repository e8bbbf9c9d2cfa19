//! What a client of the JSON endpoint sends.

use rialto_protocol::{Channel, Coded};
use serde::Deserialize;
use thiserror::Error;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Command {
    /// Send a stream.
    Subscribe(Stream),
    /// End a stream.
    Unsubscribe(Stream),
    /// Is anybody there?
    Ping {
        /// The client's number for the question, echoed in the answer.
        #[serde(default)]
        id: u64,
    },
}

/// A stream as a client names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stream {
    /// The client's number for the request, echoed in the answer; 0 for none.
    #[serde(default)]
    pub(crate) id: u64,
    /// The channel: see [`channel_name`].
    pub(crate) channel: String,
    /// A symbol; none stands for all instruments.
    #[serde(default)]
    pub(crate) instrument: Option<String>,
}

/// What is wrong with a request.
#[derive(Debug, Error)]
pub(crate) enum CommandError {
    /// It is no JSON, or not one of the requests.
    #[error(
        "this is no request: {0}; one is {{\"op\":\"subscribe\",\"channel\":\"trades\",\"instrument\":\"BTC-USDT\"}}"
    )]
    Invalid(serde_json::Error),
    /// There is no such channel.
    #[error("there is no channel {found:?}; there are {}", names().join(", "))]
    UnknownChannel {
        /// The request.
        id: u64,
        /// What was asked for.
        found: String,
    },
}

impl CommandError {
    /// What a program may tell it by.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::UnknownChannel { .. } => "unknown_channel",
        }
    }

    /// The number of the request, 0 when it is not known.
    pub(crate) const fn id(&self) -> u64 {
        match self {
            Self::Invalid(_) => 0,
            Self::UnknownChannel { id, .. } => *id,
        }
    }
}

impl Command {
    /// Reads a request.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn read(text: &str) -> Result<Self, CommandError> {
        serde_json::from_str(text).map_err(CommandError::Invalid)
    }
}

impl Stream {
    /// The channel that is meant.
    ///
    /// # Errors
    /// When there is none of this name.
    pub(crate) fn channel(&self) -> Result<Channel, CommandError> {
        let mut all = Channel::ALL.iter().copied();
        all.find(|channel| channel_name(*channel) == self.channel)
            .ok_or_else(|| CommandError::UnknownChannel {
                id: self.id,
                found: self.channel.chars().take(64).collect(),
            })
    }
}

/// What JSON calls a channel.
pub(crate) const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Instruments => "instruments",
        Channel::Trades => "trades",
        Channel::TopOfBook => "top",
        Channel::L2Book => "book",
        Channel::L2Book10ms => "book_10ms",
        Channel::L2Book100ms => "book_100ms",
        Channel::L3Book => "orders",
        Channel::Statistics => "statistics",
        Channel::Candles1s => "candles_1s",
        Channel::Candles1m => "candles_1m",
        Channel::Candles5m => "candles_5m",
        Channel::Candles15m => "candles_15m",
        Channel::Candles1h => "candles_1h",
        Channel::Candles4h => "candles_4h",
        Channel::Candles1d => "candles_1d",
    }
}

fn names() -> Vec<&'static str> {
    Channel::ALL
        .iter()
        .map(|channel| channel_name(*channel))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_and_others_explained() {
        let text = r#"{"op":"subscribe","channel":"candles_1m","instrument":"BTC-USDT","id":7}"#;
        let Ok(Command::Subscribe(stream)) = Command::read(text) else {
            panic!("a request");
        };
        assert_eq!(stream.channel().unwrap(), Channel::Candles1m);
        assert_eq!(
            (stream.id, stream.instrument.as_deref()),
            (7, Some("BTC-USDT"))
        );
        assert_eq!(
            Command::read(r#"{"op":"ping"}"#).unwrap(),
            Command::Ping { id: 0 }
        );
        for wrong in ["", "[]", "{", r#"{"op":"buy"}"#, r#"{"op":"ping","id":-1}"#] {
            let error = Command::read(wrong).unwrap_err();
            assert_eq!(
                (error.code(), error.id()),
                ("invalid_request", 0),
                "{wrong}"
            );
        }
        let text = r#"{"op":"unsubscribe","channel":"l9","id":3}"#;
        let Ok(Command::Unsubscribe(stream)) = Command::read(text) else {
            panic!("a request");
        };
        let error = stream.channel().unwrap_err();
        assert_eq!((error.code(), error.id()), ("unknown_channel", 3));
        assert!(
            error
                .to_string()
                .contains("\"l9\"; there are instruments, trades")
        );
    }

    #[test]
    fn every_channel_has_a_name_of_its_own() {
        let mut names = names();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Channel::ALL.len());
    }
}
