//! Subscriptions: streams that begin with the present state and go on from there without a gap.

use rialto_protocol::{
    Channel, Code, Subscribe, SubscriptionAccepted, SubscriptionRefusal, SubscriptionRefused,
    Unsubscribe, VarText, definition,
};
use rialto_types::InstrumentId;

use super::desk::{self, Place};
use super::topics::Subscription;
use super::{Publisher, market};
use crate::request::SessionId;

impl Publisher {
    pub(super) fn subscribe(&mut self, session: SessionId, message: &Subscribe) {
        let Some(place) = self.desk.place_of(session) else {
            return;
        };
        let wanted = (message.request_id, message.instrument_id, message.channel);
        match self.begin_subscription(place, message) {
            Ok(subscription) => {
                self.tell_subscribed(place, wanted);
                self.tell_state(place, subscription);
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
        self.topics.deliver(&mut self.desk);
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
            Ok(()) => self.tell_subscribed(place, wanted),
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
                format!("channel {channel} is not in the schema, which has 1 to 4")
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

    /// Tells a new subscriber the present state.
    fn tell_state(&mut self, place: Place, subscription: Subscription) {
        let Subscription {
            channel,
            instrument,
        } = subscription;
        if channel == Channel::Instruments && instrument.is_none() {
            for (id, asset) in self.models.directory().assets() {
                self.desk
                    .tell(place, &definition::asset_definition(id, asset));
            }
        }
        let all = self.models.directory().instruments().iter().map(|i| i.id);
        let wanted: Vec<_> = all
            .filter(|id| instrument.is_none_or(|i| i == *id))
            .collect();
        let queued = self.queued_bytes(place);
        for id in wanted {
            self.tell_instrument(place, channel, id);
        }
        // What it takes to begin does not count as falling behind.
        let begun = self.queued_bytes(place).saturating_sub(queued);
        self.desk.allow(place, begun);
    }

    fn queued_bytes(&self, place: Place) -> usize {
        self.desk.get(place).map_or(0, desk::Member::queued_bytes)
    }

    fn tell_instrument(&mut self, place: Place, channel: Channel, id: InstrumentId) {
        let Self { models, desk, .. } = self;
        let pair = models
            .directory()
            .pair(id)
            .expect("the instrument is listed");
        let book = models.book(id).expect("the instrument is listed");
        match channel {
            Channel::Instruments => {
                desk.tell(
                    place,
                    &definition::instrument_definition(pair, models.seq()),
                );
            }
            Channel::TopOfBook => {
                desk.tell(place, &market::top_of_book(models, pair.instrument, book));
            }
            Channel::L2Book => market::l2_snapshot(models, pair.instrument, book, |message| {
                desk.tell(place, message);
            }),
            Channel::Trades => {}
        }
    }
}
