//! Subscriptions to market data.

use rialto_protocol::{Channel, Message, Subscribe, Unsubscribe};
use rialto_types::InstrumentId;

use super::{Connection, Sorted};
use crate::{ClientError, Rejection};

impl Connection {
    /// Subscribes to a stream of one instrument, or of all with `None`. What the exchange sends first, a
    /// snapshot for instance, comes out of [`Connection::next`].
    ///
    /// # Errors
    /// [`ClientError::Refused`] when there is no such stream, and as [`Connection::next`].
    pub async fn subscribe(
        &mut self,
        channel: Channel,
        instrument_id: Option<InstrumentId>,
    ) -> Result<(), ClientError> {
        let request_id = self.request_id();
        self.queue(&Subscribe {
            request_id,
            instrument_id,
            channel: channel.into(),
        })?;
        self.subscription_answer("Subscribe", request_id).await
    }

    /// Ends a subscription, named as it was made.
    ///
    /// # Errors
    /// As [`Connection::subscribe`].
    pub async fn unsubscribe(
        &mut self,
        channel: Channel,
        instrument_id: Option<InstrumentId>,
    ) -> Result<(), ClientError> {
        let request_id = self.request_id();
        self.queue(&Unsubscribe {
            request_id,
            instrument_id,
            channel: channel.into(),
        })?;
        self.subscription_answer("Unsubscribe", request_id).await
    }

    async fn subscription_answer(
        &mut self,
        what: &'static str,
        request_id: u64,
    ) -> Result<(), ClientError> {
        self.answer(what, |message| match message {
            Message::SubscriptionAccepted(accepted) if accepted.request_id == request_id => {
                Ok(Sorted::Answer(()))
            }
            Message::SubscriptionRefused(refused) if refused.request_id == request_id => {
                Err(Rejection::from(&refused).into())
            }
            Message::Refused(refused) if refused.request_id == Some(request_id) => {
                Err(Rejection::from(&refused).into())
            }
            other => Ok(Sorted::Other(other)),
        })
        .await
    }
}
