//! Who receives which market data, and what is on its way to them.
//!
//! A message is encoded once into the batch of its topic, an instrument and a channel; at the end of the
//! turn the batch is copied to each subscriber. So a further subscriber costs a copy of bytes. A topic
//! that nobody has subscribed to encodes nothing.
//!
//! Best prices are conflated: within a turn only the latest leave, and a subscriber that is behind is
//! told the latest when it has caught up. Books and trades are never conflated: whoever cannot keep up
//! is ended for that reason by the desk.

use rialto_protocol::{Channel, Coded, SubscriptionRefusal, TopOfBook, WireMessage};
use rialto_types::InstrumentId;

use super::desk::{Desk, Place};
use super::market::{self, Top};
use crate::models::ReadModels;
use crate::outbox::Batch;

/// A subscriber with more queued than this is behind: it is not sent best prices that the next ones
/// will replace.
const BEHIND_BYTES: usize = 16 * 1024;

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
    /// The message that tells them, if they changed in this turn.
    fresh_top: Option<TopOfBook>,
}

/// All subscriptions.
#[derive(Debug, Default)]
pub(super) struct Topics {
    /// Subscribers to all instruments, by channel.
    all: [Vec<Place>; Channel::ALL.len()],
    /// By instrument id, from 1.
    instruments: Vec<InstrumentTopics>,
    /// Topics whose batch is not empty.
    active: Vec<(usize, Channel)>,
    /// Instruments with a fresh top.
    fresh: Vec<usize>,
    /// Subscribers that are behind and were not told some best prices.
    lagging: Vec<Place>,
    scratch: Vec<u8>,
}

/// The place of a channel in a table.
fn index(channel: Channel) -> usize {
    channel as usize - 1
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
        }
    }

    /// Drops a member from those that wait for best prices.
    pub(super) fn forget_lagging(&mut self, place: Place) {
        self.lagging.retain(|other| *other != place);
    }

    /// Whether anybody receives this.
    pub(super) fn has_audience(&self, instrument: InstrumentId, channel: Channel) -> bool {
        let topic = &self.instruments[instrument.index() - 1].channels[index(channel)];
        !topic.subscribers.is_empty() || !self.all[index(channel)].is_empty()
    }

    /// Adds a message to what leaves with the turn.
    pub(super) fn publish(
        &mut self,
        instrument: InstrumentId,
        channel: Channel,
        message: &impl WireMessage,
    ) {
        self.scratch.clear();
        message.encode(&mut self.scratch);
        let at = instrument.index() - 1;
        let batch = &mut self.instruments[at].channels[index(channel)].batch;
        if batch.is_empty() {
            self.active.push((at, channel));
        }
        batch.push(&self.scratch);
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
        if self.instruments[at].top == top {
            return;
        }
        self.instruments[at].top = top;
        if !self.has_audience(instrument, Channel::TopOfBook) {
            return;
        }
        let listed = models.directory().instrument(instrument);
        let listed = listed.expect("a changed book is listed");
        let message = market::top_of_book(models, listed, book);
        if self.instruments[at].fresh_top.replace(message).is_none() {
            self.fresh.push(at);
        }
    }

    /// Copies everything that leaves with this turn to its receivers. The models are between two
    /// commands or within one; what is told is as of the last complete one.
    pub(super) fn deliver(&mut self, desk: &mut Desk) {
        while let Some((at, channel)) = self.active.pop() {
            let topic = &mut self.instruments[at].channels[index(channel)];
            let instrument = instrument_at(at);
            for frame in topic.batch.frames() {
                for place in &topic.subscribers {
                    desk.tell_bytes(*place, frame);
                }
                for place in &self.all[index(channel)] {
                    if follows(desk, *place, channel, instrument) {
                        desk.tell_bytes(*place, frame);
                    }
                }
            }
            topic.batch.clear();
        }
        self.deliver_tops(desk);
    }

    fn deliver_tops(&mut self, desk: &mut Desk) {
        let channel = Channel::TopOfBook;
        while let Some(at) = self.fresh.pop() {
            let instrument = instrument_at(at);
            let topics = &mut self.instruments[at];
            let message = topics
                .fresh_top
                .take()
                .expect("a fresh instrument has a fresh top");
            self.scratch.clear();
            message.encode(&mut self.scratch);
            for place in &topics.channels[index(channel)].subscribers {
                tell_top(desk, &mut self.lagging, *place, instrument, &self.scratch);
            }
            for place in &self.all[index(channel)] {
                if follows(desk, *place, channel, instrument) {
                    tell_top(desk, &mut self.lagging, *place, instrument, &self.scratch);
                }
            }
        }
    }

    /// Tells subscribers that were behind and have caught up the best prices that they were not told.
    /// The models are between two commands.
    pub(super) fn catch_up(&mut self, desk: &mut Desk, models: &ReadModels) {
        self.lagging.retain(|place| {
            let Some(member) = desk.get_mut(*place) else {
                return false;
            };
            if member.queued_bytes() > BEHIND_BYTES {
                return true;
            }
            let follows = |instrument: InstrumentId| {
                let of = |s: &Subscription| s.instrument.is_none_or(|i| i == instrument);
                let tops = member
                    .subscriptions
                    .iter()
                    .filter(|s| s.channel == Channel::TopOfBook);
                tops.into_iter().any(of)
            };
            let mut stale = std::mem::take(&mut member.stale_tops);
            // It may have unsubscribed meanwhile.
            stale.retain(|instrument| follows(*instrument));
            for instrument in stale {
                let book = models
                    .book(instrument)
                    .zip(models.directory().instrument(instrument));
                let (book, listed) = book.expect("a subscription names a listed instrument");
                desk.tell(*place, &market::top_of_book(models, listed, book));
            }
            false
        });
    }

    /// Whether somebody has yet to catch up.
    pub(super) fn is_anybody_lagging(&self) -> bool {
        !self.lagging.is_empty()
    }
}

fn instrument_at(at: usize) -> InstrumentId {
    InstrumentId(u32::try_from(at + 1).expect("instrument ids count in 32 bits"))
}

fn follows(desk: &Desk, place: Place, channel: Channel, instrument: InstrumentId) -> bool {
    let member = desk.get(place);
    member.is_some_and(|member| member.follows_with_all(channel, instrument))
}

fn tell_top(
    desk: &mut Desk,
    lagging: &mut Vec<Place>,
    place: Place,
    instrument: InstrumentId,
    message: &[u8],
) {
    let Some(member) = desk.get_mut(place) else {
        return;
    };
    if member.queued_bytes() <= BEHIND_BYTES && !member.stale_tops.contains(&instrument) {
        desk.tell_bytes(place, message);
        return;
    }
    if member.stale_tops.is_empty() {
        lagging.push(place);
    }
    member.stale_tops.insert(instrument);
}
