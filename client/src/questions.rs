//! Questions about the present: open orders and balances, of the session's own account or, for an
//! administrator, of another's.

use rialto_protocol::{
    Balance, BalancesRequest, ClientOrderIdText, ListFlags, Message, OpenOrdersRequest,
    OrderStatus, OrderStatusRequest,
};
use rialto_types::{AccountId, InstrumentId, OrderRef};

use crate::connection::Sorted;
use crate::{ClientError, Rejection, Session};

/// The most entries that an answer in several messages may have.
pub const LIST_ENTRIES_MAX: usize = 1 << 21;

/// Gathers an answer that comes in several messages.
pub(crate) struct Gathered<T> {
    what: &'static str,
    entries: Vec<T>,
}

impl<T> Gathered<T> {
    /// Nothing yet of the answer to `what`.
    pub(crate) const fn new(what: &'static str) -> Self {
        let entries = Vec::new();
        Self { what, entries }
    }

    /// Takes the entries of one message; gives the whole list once the last one has come.
    pub(crate) fn take(
        &mut self,
        flags: ListFlags,
        entries: impl IntoIterator<Item = T>,
    ) -> Result<Sorted<Vec<T>>, ClientError> {
        if flags.contains(ListFlags::FOUND) {
            self.entries.extend(entries);
        }
        if self.entries.len() > LIST_ENTRIES_MAX {
            return Err(ClientError::ListTooLong { what: self.what });
        }
        if flags.contains(ListFlags::LAST) {
            Ok(Sorted::Answer(std::mem::take(&mut self.entries)))
        } else {
            Ok(Sorted::Part)
        }
    }
}

/// What the gate refused by its request id, or something else.
pub(crate) fn refusal<T>(message: Message, request_id: u64) -> Result<Sorted<T>, ClientError> {
    match message {
        Message::Refused(refused) if refused.request_id == Some(request_id) => {
            Err(Rejection::from(&refused).into())
        }
        other => Ok(Sorted::Other(other)),
    }
}

impl Session {
    /// How an open order of the account stands; `None` when it is not open.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason, and as [`Session::next`].
    pub async fn order_status(
        &mut self,
        order: OrderRef,
    ) -> Result<Option<OrderStatus>, ClientError> {
        let request_id = self.connection().request_id();
        let (order_id, client_order_id) = match order {
            OrderRef::Id(id) => (Some(id), ClientOrderIdText::NONE),
            OrderRef::Client(id) => (None, id.into()),
        };
        self.queue(&OrderStatusRequest {
            request_id,
            order_id,
            client_order_id,
        })?;
        self.answer("OrderStatusRequest", |message| match message {
            Message::OrderStatus(status) if status.request_id == request_id => {
                let is_found = status.list_flags.contains(ListFlags::FOUND);
                Ok(Sorted::Answer(is_found.then_some(status)))
            }
            other => refusal(other, request_id),
        })
        .await
    }

    /// All open orders, or those of one instrument; of the session's account, or of another one, which
    /// needs an administrator's key.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason, and as [`Session::next`].
    pub async fn open_orders(
        &mut self,
        instrument: Option<InstrumentId>,
        account: Option<AccountId>,
    ) -> Result<Vec<OrderStatus>, ClientError> {
        const WHAT: &str = "OpenOrdersRequest";
        let request_id = self.connection().request_id();
        self.queue(&OpenOrdersRequest {
            request_id,
            instrument_id: instrument,
            account_id: account,
        })?;
        let mut orders = Gathered::new(WHAT);
        self.answer(WHAT, |message| match message {
            Message::OrderStatus(status) if status.request_id == request_id => {
                orders.take(status.list_flags, [status])
            }
            other => refusal(other, request_id),
        })
        .await
    }

    /// All balances; of the session's account, or of another one, which needs an administrator's key.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason, and as [`Session::next`].
    pub async fn balances(
        &mut self,
        account: Option<AccountId>,
    ) -> Result<Vec<Balance>, ClientError> {
        const WHAT: &str = "BalancesRequest";
        let request_id = self.connection().request_id();
        self.queue(&BalancesRequest {
            request_id,
            account_id: account,
        })?;
        let mut balances = Gathered::new(WHAT);
        self.answer(WHAT, |message| match message {
            Message::Balances(part) if part.request_id == request_id => {
                balances.take(part.list_flags, part.balances.into_vec())
            }
            other => refusal(other, request_id),
        })
        .await
    }
}
