//! A book that keeps itself whole: subscribes, follows, and subscribes anew when something was missed.

use rialto_protocol::{Channel, Message, Subscribe, Unsubscribe};
use rialto_types::InstrumentId;

use crate::{
    BookError, BookProgress, ClientError, Connection, ListedInstrument, LocalBook, Rejection,
};

/// New subscriptions in a row without a whole book in between, after which the feed gives up: an exchange
/// that keeps sending nonsense is not to be asked for ever.
const ATTEMPTS_MAX: u32 = 5;

/// What a message was to a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedStep {
    /// Not about this book: somebody else's.
    Foreign,
    /// About this book, which is not whole yet.
    Waiting,
    /// The book has changed and is whole.
    Changed,
    /// Something was missed: the feed has subscribed anew and the book waits for its snapshot.
    Resubscribed(BookError),
}

/// The book of one instrument with its subscription.
#[derive(Clone, Debug)]
pub struct BookFeed {
    book: LocalBook,
    /// The request ids of the subscription last asked for.
    unsubscribe_id: u64,
    subscribe_id: u64,
    /// Whether the subscription last asked for has been answered; what came before that is old.
    is_subscribed: bool,
    /// Subscriptions since the book was last whole.
    attempts: u32,
}

impl BookFeed {
    /// Subscribes to the L2 book of an instrument. The book is whole once [`BookFeed::apply`] says so.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub async fn subscribe(
        connection: &mut Connection,
        instrument: &ListedInstrument,
    ) -> Result<Self, ClientError> {
        let mut feed = Self {
            book: LocalBook::new(*instrument.instrument()),
            unsubscribe_id: 0,
            subscribe_id: 0,
            is_subscribed: false,
            attempts: 0,
        };
        feed.ask(connection)?;
        connection.flush().await?;
        Ok(feed)
    }

    /// The book.
    pub const fn book(&self) -> &LocalBook {
        &self.book
    }

    /// Its instrument.
    pub const fn instrument_id(&self) -> InstrumentId {
        self.book.instrument_id()
    }

    /// Takes note of a message. When something was missed it subscribes anew.
    ///
    /// # Errors
    /// [`ClientError::Refused`] when the subscription is refused, [`ClientError::Book`] when one
    /// snapshot after the other makes no sense, and as [`Connection::send`].
    pub async fn apply(
        &mut self,
        connection: &mut Connection,
        message: &Message,
    ) -> Result<FeedStep, ClientError> {
        let progress = match message {
            Message::SubscriptionAccepted(accepted) => {
                return Ok(self.answered(accepted.request_id));
            }
            Message::SubscriptionRefused(refused) if refused.request_id == self.subscribe_id => {
                return Err(Rejection::from(refused).into());
            }
            // That there was nothing to end is no harm: the subscription that follows counts.
            Message::SubscriptionRefused(refused) if refused.request_id == self.unsubscribe_id => {
                return Ok(FeedStep::Waiting);
            }
            Message::L2Snapshot(snapshot) if self.is_subscribed => {
                self.book.apply_snapshot(snapshot)
            }
            Message::L2Update(update) if self.is_subscribed => self.book.apply_update(update),
            Message::L2Snapshot(old) if old.instrument_id == self.instrument_id() => {
                return Ok(FeedStep::Waiting);
            }
            Message::L2Update(old) if old.instrument_id == self.instrument_id() => {
                return Ok(FeedStep::Waiting);
            }
            _ => return Ok(FeedStep::Foreign),
        };
        match progress {
            Ok(BookProgress::Foreign) => Ok(FeedStep::Foreign),
            Ok(BookProgress::Partial) => Ok(FeedStep::Waiting),
            Ok(BookProgress::Consistent) => {
                self.attempts = 0;
                Ok(FeedStep::Changed)
            }
            Err(error) if self.attempts >= ATTEMPTS_MAX => Err(error.into()),
            Err(error) => {
                self.end(connection)?;
                self.ask(connection)?;
                connection.flush().await?;
                Ok(FeedStep::Resubscribed(error))
            }
        }
    }

    fn answered(&mut self, request_id: u64) -> FeedStep {
        if request_id == self.subscribe_id {
            self.is_subscribed = true;
            FeedStep::Waiting
        } else if request_id == self.unsubscribe_id {
            FeedStep::Waiting
        } else {
            FeedStep::Foreign
        }
    }

    fn ask(&mut self, connection: &mut Connection) -> Result<(), ClientError> {
        self.subscribe_id = connection.request_id();
        self.is_subscribed = false;
        self.attempts += 1;
        self.book.clear();
        connection.queue(&Subscribe {
            request_id: self.subscribe_id,
            instrument_id: Some(self.instrument_id()),
            channel: Channel::L2Book.into(),
        })
    }

    fn end(&mut self, connection: &mut Connection) -> Result<(), ClientError> {
        self.unsubscribe_id = connection.request_id();
        connection.queue(&Unsubscribe {
            request_id: self.unsubscribe_id,
            instrument_id: Some(self.instrument_id()),
            channel: Channel::L2Book.into(),
        })
    }
}
