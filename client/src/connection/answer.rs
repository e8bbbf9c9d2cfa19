//! Waiting for one answer among everything that arrives.

use rialto_protocol::Message;

use super::{Connection, SET_ASIDE_MAX};
use crate::ClientError;

/// What a message is to a call that waits for its answer.
pub(crate) enum Sorted<T> {
    /// The answer, or the end of it.
    Answer(T),
    /// A part of the answer; more follows.
    Part,
    /// Something else, kept for [`Connection::next`].
    Other(Message),
    /// Something else, kept likewise, whose coming shows that the answer is complete.
    Mark(T, Message),
}

impl Connection {
    /// Sends what is queued and waits for an answer: `sort` says of each message what it is. What is
    /// neither answer nor part of it is set aside for [`Connection::next`], in its order.
    ///
    /// # Errors
    /// [`ClientError::NoAnswer`] after the time set, and as [`Connection::next`].
    pub(crate) async fn answer<T>(
        &mut self,
        what: &'static str,
        mut sort: impl FnMut(Message) -> Result<Sorted<T>, ClientError>,
    ) -> Result<T, ClientError> {
        let after = self.answer_timeout;
        let wait = async {
            self.flush().await?;
            loop {
                match sort(self.receive().await?)? {
                    Sorted::Answer(answer) => return Ok(answer),
                    Sorted::Part => {}
                    Sorted::Other(message) => self.set_aside(message)?,
                    Sorted::Mark(answer, message) => {
                        self.set_aside(message)?;
                        return Ok(answer);
                    }
                }
            }
        };
        tokio::time::timeout(after, wait)
            .await
            .map_err(|_| ClientError::NoAnswer { what, after })?
    }

    fn set_aside(&mut self, message: Message) -> Result<(), ClientError> {
        if self.set_aside.len() >= SET_ASIDE_MAX {
            return Err(ClientError::SetAsideFull);
        }
        self.set_aside.push_back(message);
        Ok(())
    }
}
