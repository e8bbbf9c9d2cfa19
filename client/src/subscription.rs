//! One subscription of a feed: asked for, answered, and asked for anew when something was missed.
//!
//! What came before the answer belongs to an older subscription. An exchange that keeps sending nonsense is
//! not asked for ever.

use rialto_protocol::{Channel, Message, Subscribe, Unsubscribe};
use rialto_types::InstrumentId;

use crate::{ClientError, Connection, Rejection};

/// Subscriptions in a row that brought no update that fitted, after which a feed gives up.
const ATTEMPTS_MAX: u32 = 5;

/// A subscription to a channel of one instrument.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    channel: Channel,
    instrument: InstrumentId,
    /// The request ids of the one last asked for.
    unsubscribe_id: u64,
    subscribe_id: u64,
    /// Whether the one last asked for has been answered.
    is_answered: bool,
    /// Those asked for since an update last fitted.
    attempts: u32,
}

impl Subscription {
    /// Asks for it.
    pub(crate) async fn begin(
        connection: &mut Connection,
        channel: Channel,
        instrument: InstrumentId,
    ) -> Result<Self, ClientError> {
        let mut subscription = Self {
            channel,
            instrument,
            unsubscribe_id: 0,
            subscribe_id: 0,
            is_answered: false,
            attempts: 0,
        };
        subscription.ask(connection)?;
        connection.flush().await?;
        Ok(subscription)
    }

    /// Its channel.
    pub(crate) const fn channel(&self) -> Channel {
        self.channel
    }

    /// Whether what comes now belongs to it.
    pub(crate) const fn is_answered(&self) -> bool {
        self.is_answered
    }

    /// Takes note of a message; whether it was an answer to one of its requests.
    ///
    /// # Errors
    /// [`ClientError::Refused`] when the subscription is refused.
    pub(crate) fn hear(&mut self, message: &Message) -> Result<bool, ClientError> {
        match message {
            Message::SubscriptionAccepted(accepted) => {
                let is_this = accepted.request_id == self.subscribe_id;
                self.is_answered |= is_this;
                Ok(is_this || accepted.request_id == self.unsubscribe_id)
            }
            Message::SubscriptionRefused(refused) if refused.request_id == self.subscribe_id => {
                Err(Rejection::from(refused).into())
            }
            // That there was nothing to end is no harm: the subscription that follows counts.
            Message::SubscriptionRefused(refused) => Ok(refused.request_id == self.unsubscribe_id),
            _ => Ok(false),
        }
    }

    /// An update has fitted. A snapshot alone does not count: each new subscription brings one, so a feed whose
    /// first update never fits would subscribe for ever.
    pub(crate) const fn succeeded(&mut self) {
        self.attempts = 0;
    }

    /// Ends it and asks for it anew, because of `reason`; which it gives back as an error when that was tried
    /// too often in a row.
    pub(crate) async fn renew<E>(
        &mut self,
        connection: &mut Connection,
        reason: E,
    ) -> Result<E, ClientError>
    where
        ClientError: From<E>,
    {
        if self.attempts >= ATTEMPTS_MAX {
            return Err(reason.into());
        }
        self.unsubscribe_id = connection.request_id();
        connection.queue(&Unsubscribe {
            request_id: self.unsubscribe_id,
            instrument_id: Some(self.instrument),
            channel: self.channel.into(),
        })?;
        self.ask(connection)?;
        connection.flush().await?;
        Ok(reason)
    }

    fn ask(&mut self, connection: &mut Connection) -> Result<(), ClientError> {
        self.subscribe_id = connection.request_id();
        self.is_answered = false;
        self.attempts += 1;
        connection.queue(&Subscribe {
            request_id: self.subscribe_id,
            instrument_id: Some(self.instrument),
            channel: self.channel.into(),
        })
    }
}
