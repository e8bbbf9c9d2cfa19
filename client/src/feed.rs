//! A book that keeps itself whole: subscribes, follows, and subscribes anew when something was missed.

use rialto_protocol::{Channel, Message};
use rialto_types::InstrumentId;

use crate::subscription::Subscription;
use crate::{
    BookError, BookProgress, ClientError, Connection, ListedInstrument, LocalBook, OrderBook,
};

/// What a message was to a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedStep {
    /// Not about this book: somebody else's.
    Foreign,
    /// About this book, which is not whole yet.
    Waiting,
    /// The book has changed and is whole.
    Changed,
    /// The exchange's checksum says that the book is right.
    Proven,
    /// Something was missed: the feed has subscribed anew and the book waits for its snapshot.
    Resubscribed(BookError),
}

/// A book that a [`Feed`] can keep.
pub trait Followed {
    /// Its instrument.
    fn instrument_id(&self) -> InstrumentId;

    /// Forgets everything: a snapshot is needed.
    fn clear(&mut self);

    /// Takes a message of the channel, or of another, which is [`BookProgress::Foreign`].
    ///
    /// # Errors
    /// [`BookError`]; the book is then empty and waits for a new snapshot.
    fn apply(&mut self, channel: Channel, message: &Message) -> Result<BookProgress, BookError>;
}

impl Followed for LocalBook {
    fn instrument_id(&self) -> InstrumentId {
        Self::instrument_id(self)
    }

    fn clear(&mut self) {
        Self::clear(self);
    }

    fn apply(&mut self, channel: Channel, message: &Message) -> Result<BookProgress, BookError> {
        match message {
            Message::L2Snapshot(m) if channel == Channel::L2Book => self.apply_snapshot(m),
            Message::L2Update(m) if channel == Channel::L2Book => self.apply_update(m),
            Message::L2ConflatedSnapshot(m) if m.channel == channel => {
                self.apply_conflated_snapshot(m)
            }
            Message::L2ConflatedUpdate(m) if m.channel == channel => self.apply_conflated_update(m),
            Message::BookChecksum(m) if m.channel == channel => self.apply_checksum(m),
            _ => Ok(BookProgress::Foreign),
        }
    }
}

impl Followed for OrderBook {
    fn instrument_id(&self) -> InstrumentId {
        Self::instrument_id(self)
    }

    fn clear(&mut self) {
        Self::clear(self);
    }

    fn apply(&mut self, channel: Channel, message: &Message) -> Result<BookProgress, BookError> {
        match message {
            Message::L3Snapshot(m) => self.apply_snapshot(m),
            Message::L3Update(m) => self.apply_update(m),
            Message::BookChecksum(m) if m.channel == channel => self.apply_checksum(m),
            _ => Ok(BookProgress::Foreign),
        }
    }
}

/// The book of one instrument by price levels, with its subscription.
pub type BookFeed = Feed<LocalBook>;

/// The book of one instrument by orders, with its subscription.
pub type OrderBookFeed = Feed<OrderBook>;

/// A book with its subscription.
#[derive(Clone, Debug)]
pub struct Feed<B> {
    book: B,
    subscription: Subscription,
}

impl Feed<LocalBook> {
    /// Subscribes to the L2 book of an instrument. The book is whole once [`Feed::apply`] says so.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub async fn subscribe(
        connection: &mut Connection,
        instrument: &ListedInstrument,
    ) -> Result<Self, ClientError> {
        Self::subscribe_to(connection, instrument, Channel::L2Book).await
    }

    /// As [`BookFeed::subscribe`], by a channel of choice: [`Channel::L2Book`], or a conflated one.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub async fn subscribe_to(
        connection: &mut Connection,
        instrument: &ListedInstrument,
        channel: Channel,
    ) -> Result<Self, ClientError> {
        let book = LocalBook::new(*instrument.instrument());
        Self::begin(connection, book, channel).await
    }
}

impl Feed<OrderBook> {
    /// Subscribes to the L3 book of an instrument. The book is whole once [`Feed::apply`] says so.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub async fn subscribe(
        connection: &mut Connection,
        instrument: &ListedInstrument,
    ) -> Result<Self, ClientError> {
        let book = OrderBook::new(*instrument.instrument());
        Self::begin(connection, book, Channel::L3Book).await
    }
}

impl<B: Followed> Feed<B> {
    async fn begin(
        connection: &mut Connection,
        book: B,
        channel: Channel,
    ) -> Result<Self, ClientError> {
        let instrument = book.instrument_id();
        let subscription = Subscription::begin(connection, channel, instrument).await?;
        Ok(Self { book, subscription })
    }

    /// The book.
    pub const fn book(&self) -> &B {
        &self.book
    }

    /// Its instrument.
    pub fn instrument_id(&self) -> InstrumentId {
        self.book.instrument_id()
    }

    /// Takes note of a message. When something was missed it subscribes anew.
    ///
    /// # Errors
    /// [`ClientError::Refused`] when the subscription is refused, [`ClientError::Book`] when one
    /// snapshot after the other makes no sense or is followed by an update that does not fit, and as
    /// [`Connection::send`].
    pub async fn apply(
        &mut self,
        connection: &mut Connection,
        message: &Message,
    ) -> Result<FeedStep, ClientError> {
        if self.subscription.hear(message)? {
            return Ok(FeedStep::Waiting);
        }
        if !self.subscription.is_answered() {
            // What is left of a subscription that has ended, or somebody else's.
            let is_this = self.concerns(message);
            return Ok(if is_this {
                FeedStep::Waiting
            } else {
                FeedStep::Foreign
            });
        }
        match self.book.apply(self.subscription.channel(), message) {
            Ok(BookProgress::Foreign) => Ok(FeedStep::Foreign),
            Ok(BookProgress::Partial) => Ok(FeedStep::Waiting),
            Ok(BookProgress::Consistent) => {
                if is_update(message) {
                    self.subscription.succeeded();
                }
                Ok(FeedStep::Changed)
            }
            Ok(BookProgress::Proven) => Ok(FeedStep::Proven),
            Err(error) => {
                let error = self.subscription.renew(connection, error).await?;
                self.book.clear();
                Ok(FeedStep::Resubscribed(error))
            }
        }
    }

    /// Whether a message is one of this channel and instrument.
    fn concerns(&self, message: &Message) -> bool {
        let (channel, id) = match message {
            Message::L2Snapshot(m) => (Channel::L2Book.into(), m.instrument_id),
            Message::L2Update(m) => (Channel::L2Book.into(), m.instrument_id),
            Message::L2ConflatedSnapshot(m) => (m.channel, m.instrument_id),
            Message::L2ConflatedUpdate(m) => (m.channel, m.instrument_id),
            Message::L3Snapshot(m) => (Channel::L3Book.into(), m.instrument_id),
            Message::L3Update(m) => (Channel::L3Book.into(), m.instrument_id),
            Message::BookChecksum(m) => (m.channel, m.instrument_id),
            _ => return false,
        };
        channel == self.subscription.channel() && id == self.instrument_id()
    }
}

/// Whether a message is a change of a book, no snapshot and no checksum.
const fn is_update(message: &Message) -> bool {
    matches!(
        message,
        Message::L2Update(_) | Message::L2ConflatedUpdate(_) | Message::L3Update(_)
    )
}
