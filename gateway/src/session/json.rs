//! The requests of a client that speaks JSON: streams of market data, and nothing that needs a logon.

use rialto_protocol::{Message, Subscribe, Unsubscribe};
use rialto_types::InstrumentId;

use super::{End, Session};
use crate::clock::now;
use crate::json::{Command, CommandError, Pong, Problem, Stream};

impl Session {
    /// Acts on a request, or says what is wrong with it.
    pub(super) async fn request(&mut self, text: &str) -> Result<(), End> {
        self.floor.metrics.messages_received.inc();
        match Command::read(text) {
            Ok(Command::Ping { id }) => self.say(&Pong::to(id, now()).text()),
            Ok(Command::Subscribe(stream)) => match self.meant(&stream) {
                Ok(message) => return self.subscribe(message).await,
                Err(problem) => self.say(&problem.text()),
            },
            Ok(Command::Unsubscribe(stream)) => match self.meant(&stream) {
                Ok(Subscribe {
                    request_id,
                    instrument_id,
                    channel,
                }) => {
                    let message = Message::Unsubscribe(Unsubscribe {
                        request_id,
                        instrument_id,
                        channel,
                    });
                    return self.ask(&message).await;
                }
                Err(problem) => self.say(&problem.text()),
            },
            Err(error) => self.say(&problem(&error).text()),
        }
        Ok(())
    }

    /// The stream that a client names, as the binary protocol has it.
    fn meant(&mut self, stream: &Stream) -> Result<Subscribe, Problem> {
        let channel = stream.channel().map_err(|error| problem(&error))?;
        let instrument_id = match &stream.instrument {
            None => None,
            Some(symbol) => Some(self.instrument_called(symbol).ok_or_else(|| Problem {
                id: (stream.id != 0).then_some(stream.id),
                code: "unknown_instrument",
                text: format!("there is no instrument {:?}", short(symbol)),
            })?),
        };
        Ok(Subscribe {
            request_id: stream.id,
            instrument_id,
            channel: channel.into(),
        })
    }

    fn instrument_called(&mut self, symbol: &str) -> Option<InstrumentId> {
        let mut listed = self.directory.get().instruments().iter();
        let found = listed.find(|listed| listed.spec.symbol.as_str() == symbol);
        found.map(|listed| listed.id)
    }

    /// Appends a text of the session's own.
    fn say(&mut self, text: &str) {
        self.answers.push_alone(text.as_bytes());
    }
}

/// What came from outside is not repeated at any length.
fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

fn problem(error: &CommandError) -> Problem {
    Problem {
        id: (error.id() != 0).then_some(error.id()),
        code: error.code(),
        text: error.to_string(),
    }
}
