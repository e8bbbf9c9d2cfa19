//! Cancelling one order, or all orders of an account: section 5 of docs/MATCHING.md.

use rialto_types::{
    AccountId, AccountState, CancelOrder, CancelReason, EventBody, InstrumentId, InstrumentState,
    MassCancel, OrderId, OrderRef, Origin, Refusal, RejectReason, Side,
};

use super::book::Order;
use super::{ReferenceExchange, clamp};

impl ReferenceExchange {
    pub(super) fn cancel(
        &mut self,
        origin: Origin,
        account: AccountId,
        request: &CancelOrder,
    ) -> Result<(), Refusal> {
        self.check_not_suspended(account)?;
        self.check_not_halted(request.instrument)?;
        let id = self
            .check_order(account, request.instrument, request.order)?
            .id;
        self.cancel_open(id, CancelReason::Requested, origin);
        Ok(())
    }

    pub(super) fn mass_cancel(
        &mut self,
        origin: Origin,
        account: AccountId,
        request: &MassCancel,
    ) -> Result<(), Refusal> {
        self.check_not_suspended(account)?;
        if let Some(instrument) = request.instrument {
            self.check_not_halted(instrument)?;
        }
        let ids = self.ids_ascending(|order| {
            order.account == account
                && request.instrument.is_none_or(|it| it == order.instrument)
                && request.side.is_none_or(|it| it == order.side)
                && self.book(order.instrument).listed.state != InstrumentState::Halted
        });
        self.cancel_all(&ids, CancelReason::MassCancelled, origin);
        self.tell_mass_cancelled(origin, account, ids.len());
        Ok(())
    }

    fn check_not_suspended(&self, account: AccountId) -> Result<(), Refusal> {
        if self.accounts[&account].state == AccountState::Suspended {
            let value = i64::from(account.0);
            return Err(Refusal::new(RejectReason::AccountSuspended, value, 0));
        }
        Ok(())
    }

    fn check_not_halted(&self, instrument: InstrumentId) -> Result<(), Refusal> {
        if self.check_instrument(instrument)?.listed.state == InstrumentState::Halted {
            let value = i64::from(instrument.0);
            return Err(Refusal::new(RejectReason::InstrumentHalted, value, 0));
        }
        Ok(())
    }

    /// The open order of this account and instrument that a request names.
    pub(super) fn check_order(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        named: OrderRef,
    ) -> Result<&Order, Refusal> {
        let is_named = |order: &&Order| match named {
            OrderRef::Id(id) => order.id == id,
            OrderRef::Client(client) => order.client_order_id == Some(client),
        };
        let value = match named {
            OrderRef::Id(id) => clamp(id.0),
            OrderRef::Client(_) => 0,
        };
        self.open_orders()
            .filter(|order| order.account == account && order.instrument == instrument)
            .find(is_named)
            .ok_or(Refusal::new(RejectReason::UnknownOrder, value, 0))
    }

    /// The ids of the open orders that are wanted, ascending.
    pub(super) fn ids_ascending(&self, wanted: impl Fn(&Order) -> bool) -> Vec<OrderId> {
        let mut ids = self.ids_closing(wanted);
        ids.sort_unstable();
        ids
    }

    /// The ids of the open orders that are wanted: instruments by id, each in closing order.
    pub(super) fn ids_closing(&self, wanted: impl Fn(&Order) -> bool) -> Vec<OrderId> {
        let orders = self.open_orders().filter(|order| wanted(order));
        orders.map(|order| order.id).collect()
    }

    pub(super) fn cancel_all(&mut self, ids: &[OrderId], reason: CancelReason, origin: Origin) {
        for id in ids {
            self.cancel_open(*id, reason, origin);
        }
    }

    pub(super) fn tell_mass_cancelled(&mut self, origin: Origin, account: AccountId, count: usize) {
        let report = self.next_report(account);
        self.events.push(EventBody::MassCancelled {
            origin,
            account,
            report,
            count: u32::try_from(count).expect("open orders are counted in 32 bits"),
        });
    }
}

/// Whether an order is of the side that a request names, if it names one.
pub(super) fn is_of_side(order: &Order, side: Option<Side>) -> bool {
    side.is_none_or(|side| side == order.side)
}
