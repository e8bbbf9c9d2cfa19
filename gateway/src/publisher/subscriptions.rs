//! Subscriptions: streams that begin with the present state and go on from there without a gap.

use rialto_protocol::{
    Channel, Code, Coded, Subscribe, SubscriptionAccepted, SubscriptionRefusal,
    SubscriptionRefused, Unsubscribe, VarText, definition,
};
use rialto_types::{InstrumentId, Timestamp};

use super::desk::{self, BEHIND_BYTES, Place};
use super::topics::{Subscription, index};
use super::{Publisher, answers, states};
use crate::request::SessionId;

/// How often it is looked at most who has caught up.
const CATCH_UP_NS: u64 = 1_000_000;

impl Publisher {
    pub(super) fn subscribe(&mut self, session: SessionId, message: &Subscribe, now: Timestamp) {
        let Some(place) = self.desk.place_of(session) else {
            return;
        };
        let wanted = (message.request_id, message.instrument_id, message.channel);
        match self.begin_subscription(place, message) {
            Ok(subscription) => {
                self.tell_subscribed(place, wanted);
                self.tell_state(place, subscription, now);
            }
            Err(reason) => self.tell_refused(place, wanted, reason),
        }
    }

    fn begin_subscription(
        &mut self,
        place: Place,
        message: &Subscribe,
    ) -> Result<Subscription, SubscriptionRefusal> {
        let channel = message.channel.known();
        let subscription = Subscription {
            channel: channel.ok_or(SubscriptionRefusal::UnknownChannel)?,
            instrument: message.instrument_id,
        };
        let max = self.limits.subscriptions_per_session_max;
        // What is on its way belongs before the state that the new subscriber is told.
        self.deliver();
        self.topics
            .subscribe(&mut self.desk, place, subscription, max)?;
        Ok(subscription)
    }

    pub(super) fn unsubscribe(&mut self, session: SessionId, message: &Unsubscribe) {
        let Some(place) = self.desk.place_of(session) else {
            return;
        };
        let wanted = (message.request_id, message.instrument_id, message.channel);
        let Some(channel) = message.channel.known() else {
            return self.tell_refused(place, wanted, SubscriptionRefusal::UnknownChannel);
        };
        let subscription = Subscription {
            channel,
            instrument: message.instrument_id,
        };
        match self.topics.unsubscribe(&mut self.desk, place, subscription) {
            Ok(()) => {
                if subscription.instrument.is_none() {
                    self.tellings
                        .retain(|t| (t.place, t.channel) != (place, channel));
                    self.set_untold(place, channel, None);
                }
                self.tell_subscribed(place, wanted);
            }
            Err(reason) => self.tell_refused(place, wanted, reason),
        }
    }

    fn tell_subscribed(
        &mut self,
        place: Place,
        (request_id, instrument_id, channel): (u64, Option<InstrumentId>, Code<Channel>),
    ) {
        let message = SubscriptionAccepted {
            request_id,
            instrument_id,
            channel,
        };
        self.desk.tell(place, &message);
    }

    fn tell_refused(
        &mut self,
        place: Place,
        (request_id, instrument_id, channel): (u64, Option<InstrumentId>, Code<Channel>),
        reason: SubscriptionRefusal,
    ) {
        let text = match reason {
            SubscriptionRefusal::UnknownInstrument => {
                let id = instrument_id.map_or(0, |id| id.0);
                format!("there is no instrument {id}")
            }
            SubscriptionRefusal::UnknownChannel => {
                let channel = channel.raw();
                let last = Channel::ALL.len();
                format!("channel {channel} is not in the schema, which has 1 to {last}")
            }
            SubscriptionRefusal::TooManySubscriptions => {
                let max = self.limits.subscriptions_per_session_max;
                format!("a session has at most {max} subscriptions; instrument null stands for all")
            }
            SubscriptionRefusal::NotSubscribed => {
                "there is no subscription to this channel of this instrument".to_owned()
            }
            SubscriptionRefusal::AlreadySubscribed => {
                "this channel of this instrument is subscribed already".to_owned()
            }
        };
        let message = SubscriptionRefused {
            request_id,
            instrument_id,
            channel,
            reason: reason.into(),
            text: VarText::from(text),
        };
        self.desk.tell(place, &message);
    }

    /// Tells a new subscriber the present state: of one instrument at once, of all bit by bit.
    fn tell_state(&mut self, place: Place, subscription: Subscription, now: Timestamp) {
        let Subscription {
            channel,
            instrument,
        } = subscription;
        if let Some(id) = instrument {
            self.tell_instrument(place, channel, id, now);
            return;
        }
        if channel == Channel::Instruments {
            for (id, asset) in self.models.directory().assets() {
                let message = definition::asset_definition(id, asset);
                self.desk.tell(place, &message);
            }
        }
        self.set_untold(place, channel, Some(InstrumentId(1)));
        self.tellings.push_back(Telling {
            place,
            channel,
            next: InstrumentId(1),
        });
        self.go_on_telling(now);
    }

    /// Tells those who have subscribed to all instruments of some more of them. The models are between
    /// two commands, and what has happened so far was delivered.
    pub(super) fn go_on_telling(&mut self, now: Timestamp) {
        for _ in 0..self.tellings.len() {
            let Some(mut telling) = self.tellings.pop_front() else {
                return;
            };
            let count = self.models.directory().instruments().len();
            while telling.next.index() <= count
                && !self.has_told_enough()
                && answers::keeps_up(&self.desk, telling.place)
            {
                self.tell_instrument(telling.place, telling.channel, telling.next, now);
                telling.next.0 += 1;
            }
            let rest = (telling.next.index() <= count).then_some(telling.next);
            self.set_untold(telling.place, telling.channel, rest);
            if rest.is_some() {
                self.tellings.push_back(telling);
            }
        }
    }

    /// Whether some telling can go on at once.
    pub(super) fn can_go_on_telling(&self) -> bool {
        let mut tellings = self.tellings.iter();
        tellings.any(|telling| answers::keeps_up(&self.desk, telling.place))
    }

    fn set_untold(&mut self, place: Place, channel: Channel, from: Option<InstrumentId>) {
        if let Some(member) = self.desk.get_mut(place) {
            member.untold[index(channel)] = from;
        }
    }

    /// Tells a member how one instrument stands.
    fn tell_instrument(
        &mut self,
        place: Place,
        channel: Channel,
        id: InstrumentId,
        now: Timestamp,
    ) {
        let queued = self.queued_bytes(place);
        let Self {
            models,
            topics,
            desk,
            ..
        } = self;
        let entries = states::tell((models, topics), channel, id, now, |message| {
            desk.tell_bytes(place, message);
        });
        self.levels_told += entries + 1;
        // A snapshot is as long as it is, which does not count as falling behind.
        let told = self.queued_bytes(place).saturating_sub(queued);
        self.desk.allow(place, told);
    }

    /// Tells subscribers that were behind and have caught up how those instruments stand of which they
    /// were not told everything. The models are between two commands, and what has happened so far was
    /// delivered.
    pub(super) fn catch_up(&mut self, now: Timestamp) {
        // Looked at a thousand times a second at most: it takes a look at each who is behind.
        let since = self.next_catch_up.0.saturating_sub(CATCH_UP_NS);
        if (since..self.next_catch_up.0).contains(&now.0) {
            return;
        }
        self.next_catch_up = Timestamp(now.0.saturating_add(CATCH_UP_NS));
        for place in self.topics.take_lagging() {
            if !self.has_caught_up(place, now) {
                self.topics.lags(place);
            }
        }
    }

    /// Tells one who was behind as much as it may be told; returns whether that was all, or it is gone.
    fn has_caught_up(&mut self, place: Place, now: Timestamp) -> bool {
        loop {
            let may_be_told = !self.has_told_enough();
            let Some(member) = self.desk.get_mut(place) else {
                return true;
            };
            let reads = member.queued_bytes() <= BEHIND_BYTES;
            if member.stale.is_empty() || !reads || !may_be_told {
                return member.stale.is_empty();
            }
            let Some((channel, id)) = member.stale.pop_first() else {
                return true;
            };
            let channel = Channel::ALL[channel];
            // It may have unsubscribed meanwhile.
            if member.follows(channel, id) {
                self.tell_instrument(place, channel, id, now);
            }
        }
    }

    fn queued_bytes(&self, place: Place) -> usize {
        self.desk.get(place).map_or(0, desk::Member::queued_bytes)
    }
}

/// A subscription to all instruments that is being told how they stand.
#[derive(Debug)]
pub(super) struct Telling {
    pub(super) place: Place,
    pub(super) channel: Channel,
    /// The next one to be told of.
    pub(super) next: InstrumentId,
}
