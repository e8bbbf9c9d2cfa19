//! Who receives which market data, and what is on its way to them.
//!
//! A message is encoded once into the batch of its topic, an instrument and a channel; at the end of the
//! turn the batch is copied to each subscriber. So a further subscriber costs a copy of bytes. A topic
//! that nobody has subscribed to encodes nothing.
//!
//! Definitions, trades and the books L2 and L3 are told whole: whoever cannot keep up is ended for that
//! reason by the desk. All other channels are conflated: whoever is behind is not sent what the next
//! message replaces, and is told the present state when it has caught up. What is told only now and then
//! is kept in [`conflated`](super::conflated) until then.

use rialto_protocol::{Channel, Coded, SubscriptionRefusal, WireMessage};
use rialto_types::InstrumentId;

use super::conflated::{Conflated, Kept};
use super::desk::{Desk, Place};
use super::market::{self, Top};
use crate::metrics::Metrics;
use crate::models::ReadModels;
use crate::outbox::Batch;
use crate::request::Dialect;

/// One stream that a session asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) channel: Channel,
    /// `None`: all instruments, also those listed later.
    pub(super) instrument: Option<InstrumentId>,
}

#[derive(Debug, Default)]
struct Topic {
    subscribers: Vec<Place>,
    batch: Batch,
}

#[derive(Debug, Default)]
struct InstrumentTopics {
    channels: [Topic; Channel::ALL.len()],
    /// The best levels after the last command that changed the book.
    top: Top,
    /// Whether they have changed in this turn.
    is_top_fresh: bool,
    /// What waits for its time.
    kept: Kept,
}

/// All subscriptions.
#[derive(Debug, Default)]
pub(super) struct Topics {
    /// Subscribers to all instruments, by channel.
    all: [Vec<Place>; Channel::ALL.len()],
    /// Subscriptions to each channel, of either kind.
    counts: [usize; Channel::ALL.len()],
    /// By instrument id, from 1.
    instruments: Vec<InstrumentTopics>,
    /// Topics whose batch is not empty.
    active: Vec<(usize, Channel)>,
    /// Instruments with a fresh top.
    fresh: Vec<usize>,
    /// Subscribers that are behind and were not told something.
    lagging: Vec<Place>,
    /// What is told only now and then.
    pub(super) conflated: Conflated,
    scratch: Vec<u8>,
}

/// The place of a channel in a table.
pub(super) const fn index(channel: Channel) -> usize {
    channel as usize - 1
}

/// Whether somebody who is behind may miss messages of a channel, because later ones replace them.
pub(super) const fn is_conflated(channel: Channel) -> bool {
    !matches!(
        channel,
        Channel::Instruments | Channel::Trades | Channel::L2Book | Channel::L3Book
    )
}

impl Topics {
    /// Makes room for one more instrument.
    pub(super) fn add_instrument(&mut self) {
        self.instruments.push(InstrumentTopics::default());
    }

    /// Notes a subscription.
    ///
    /// # Errors
    /// When there is no such instrument, the member has it already, or has `max` others.
    pub(super) fn subscribe(
        &mut self,
        desk: &mut Desk,
        place: Place,
        subscription: Subscription,
        max: usize,
    ) -> Result<(), SubscriptionRefusal> {
        let Subscription {
            channel,
            instrument,
        } = subscription;
        let topic = match instrument {
            None => &mut self.all[index(channel)],
            Some(id) => {
                let at = id.index().checked_sub(1);
                let topics = at.and_then(|at| self.instruments.get_mut(at));
                let topics = topics.ok_or(SubscriptionRefusal::UnknownInstrument)?;
                &mut topics.channels[index(channel)].subscribers
            }
        };
        let Some(member) = desk.get_mut(place) else {
            return Ok(());
        };
        if member.subscriptions.contains(&subscription) {
            return Err(SubscriptionRefusal::AlreadySubscribed);
        }
        if member.subscriptions.len() >= max {
            return Err(SubscriptionRefusal::TooManySubscriptions);
        }
        member.subscriptions.push(subscription);
        topic.push(place);
        self.counts[index(channel)] += 1;
        Ok(())
    }

    /// Ends a subscription.
    ///
    /// # Errors
    /// When the member has no such subscription.
    pub(super) fn unsubscribe(
        &mut self,
        desk: &mut Desk,
        place: Place,
        subscription: Subscription,
    ) -> Result<(), SubscriptionRefusal> {
        let not_subscribed = SubscriptionRefusal::NotSubscribed;
        let member = desk.get_mut(place).ok_or(not_subscribed)?;
        let at = member.subscriptions.iter().position(|s| *s == subscription);
        member.subscriptions.swap_remove(at.ok_or(not_subscribed)?);
        self.forget(place, &[subscription]);
        Ok(())
    }

    /// Ends all subscriptions of a member that has left.
    pub(super) fn forget(&mut self, place: Place, subscriptions: &[Subscription]) {
        for subscription in subscriptions {
            let channel = index(subscription.channel);
            let topic = match subscription.instrument {
                None => &mut self.all[channel],
                Some(id) => &mut self.instruments[id.index() - 1].channels[channel].subscribers,
            };
            topic.retain(|other| *other != place);
            self.counts[channel] -= 1;
        }
    }

    /// Drops a member from those that wait until they have caught up.
    pub(super) fn forget_lagging(&mut self, place: Place) {
        self.lagging.retain(|other| *other != place);
    }

    /// Whether anybody receives this.
    pub(super) fn has_audience(&self, instrument: InstrumentId, channel: Channel) -> bool {
        let topic = &self.instruments[instrument.index() - 1].channels[index(channel)];
        !topic.subscribers.is_empty() || !self.all[index(channel)].is_empty()
    }

    /// Whether anybody receives anything of a channel.
    pub(super) fn has_followers(&self, channel: Channel) -> bool {
        self.counts[index(channel)] > 0
    }

    /// What of an instrument waits for its time.
    pub(super) fn kept(&mut self, instrument: InstrumentId) -> &mut Kept {
        &mut self.instruments[instrument.index() - 1].kept
    }

    /// As [`kept`](Self::kept), to look at.
    pub(super) fn kept_of(&self, instrument: InstrumentId) -> &Kept {
        &self.instruments[instrument.index() - 1].kept
    }

    /// Adds a message to what leaves with the turn.
    pub(super) fn publish(
        &mut self,
        instrument: InstrumentId,
        channel: Channel,
        message: &impl WireMessage,
    ) {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        message.encode(&mut scratch);
        self.publish_bytes(instrument, channel, &scratch);
        self.scratch = scratch;
    }

    /// As [`publish`](Self::publish), already encoded.
    pub(super) fn publish_bytes(
        &mut self,
        instrument: InstrumentId,
        channel: Channel,
        message: &[u8],
    ) {
        let at = instrument.index() - 1;
        let batch = &mut self.instruments[at].channels[index(channel)].batch;
        if batch.is_empty() {
            self.active.push((at, channel));
        }
        batch.push(message);
    }

    /// Tells the subscribers to a channel of all instruments something that belongs to none.
    pub(super) fn publish_to_all(
        &mut self,
        desk: &mut Desk,
        channel: Channel,
        message: &impl WireMessage,
    ) {
        for place in &self.all[index(channel)] {
            desk.tell(*place, message);
        }
    }

    /// Looks at the best levels of an instrument whose book a command has changed. The models are as of
    /// that command, which is complete.
    pub(super) fn book_changed(&mut self, models: &ReadModels, instrument: InstrumentId) {
        let at = instrument.index() - 1;
        let book = models.book(instrument).expect("a changed book is listed");
        let top = market::top(book);
        let topics = &mut self.instruments[at];
        if topics.top == top {
            return;
        }
        topics.top = top;
        if !topics.is_top_fresh {
            topics.is_top_fresh = true;
            self.fresh.push(at);
        }
    }

    /// Publishes the best prices that have changed in this turn. The models are between two commands.
    pub(super) fn publish_tops(&mut self, models: &ReadModels) {
        while let Some(at) = self.fresh.pop() {
            self.instruments[at].is_top_fresh = false;
            let id = instrument_at(at);
            if !self.has_audience(id, Channel::TopOfBook) {
                continue;
            }
            let book = models.book(id).zip(models.directory().instrument(id));
            let (book, listed) = book.expect("a changed book is listed");
            let message = market::top_of_book(models, listed, book);
            self.publish(id, Channel::TopOfBook, &message);
        }
    }

    /// Copies everything that leaves with this turn to its receivers.
    pub(super) fn deliver(&mut self, desk: &mut Desk, metrics: &Metrics) {
        while let Some((at, channel)) = self.active.pop() {
            let Self {
                all,
                instruments,
                lagging,
                ..
            } = self;
            let topic = &mut instruments[at].channels[index(channel)];
            let mut delivery = Delivery {
                desk,
                lagging,
                metrics,
                channel,
                instrument: instrument_at(at),
                texts: None,
            };
            for place in &topic.subscribers {
                delivery.copy(*place, &topic.batch);
            }
            for place in &all[index(channel)] {
                if delivery.follows(*place) {
                    delivery.copy(*place, &topic.batch);
                }
            }
            topic.batch.clear();
        }
    }

    /// Those who were behind when this was last asked, to be told what they missed or noted anew.
    pub(super) fn take_lagging(&mut self) -> Vec<Place> {
        std::mem::take(&mut self.lagging)
    }

    /// Notes somebody who is still behind.
    pub(super) fn lags(&mut self, place: Place) {
        self.lagging.push(place);
    }

    /// Whether somebody has yet to catch up.
    pub(super) fn is_anybody_lagging(&self) -> bool {
        !self.lagging.is_empty()
    }
}

/// The instrument at a place of a table.
pub(super) fn instrument_at(at: usize) -> InstrumentId {
    InstrumentId(u32::try_from(at + 1).expect("instrument ids count in 32 bits"))
}

/// A batch on its way to subscribers.
struct Delivery<'a> {
    desk: &'a mut Desk,
    lagging: &'a mut Vec<Place>,
    metrics: &'a Metrics,
    channel: Channel,
    instrument: InstrumentId,
    /// The batch as JSON, made for the first who speaks it.
    texts: Option<Vec<String>>,
}

impl Delivery<'_> {
    /// Whether it is for a subscriber to all instruments.
    fn follows(&self, place: Place) -> bool {
        let member = self.desk.get(place);
        member.is_some_and(|member| member.follows_with_all(self.channel, self.instrument))
    }

    fn copy(&mut self, place: Place, batch: &Batch) {
        if is_conflated(self.channel) && !self.may_be_told(place) {
            return;
        }
        if self.desk.dialect_of(place) == Some(Dialect::Json) {
            let Self { desk, texts, .. } = self;
            let texts = texts.get_or_insert_with(|| {
                let frames = batch.frames();
                frames.flat_map(|frame| desk.texts_of(frame)).collect()
            });
            desk.tell_texts(place, texts);
            return;
        }
        for frame in batch.frames() {
            self.desk.tell_bytes(place, frame);
        }
    }

    /// Whether a subscriber reads fast enough to be told; otherwise it is noted what it misses.
    fn may_be_told(&mut self, place: Place) -> bool {
        let Some(member) = self.desk.get_mut(place) else {
            return false;
        };
        let key = (index(self.channel), self.instrument);
        if !member.is_behind() && !member.stale.contains(&key) {
            return true;
        }
        if member.stale.is_empty() {
            self.lagging.push(place);
        }
        member.stale.insert(key);
        self.metrics.messages_conflated.inc();
        false
    }
}
