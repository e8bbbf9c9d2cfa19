//! Orders: the checks of placing, cancelling and replacing, in the order of docs/MATCHING.md.
//!
//! Each function checks everything first and then cannot fail; what becomes of the order is in
//! `lifecycle.rs`. Cost of the checks: O(1), but for the dry run of a market order.

use rialto_risk::hold::{held_asset, required};
use rialto_risk::{Market, limits};
use rialto_types::event::Origin;
use rialto_types::{
    AccountId, AccountState, Amount, AssetId, CancelOrder, CancelReason, EventBody, InstrumentId,
    InstrumentState, MassCancel, OrderId, OrderKind, OrderRef, PlaceOrder, Price, Qty, Refusal,
    RejectReason, ReplaceOrder, Side,
};

use crate::events::EventBuffer;
use crate::exchange::Exchange;
use crate::lifecycle::hold_change;
use crate::orders::{Form, NewOrder, Terms};
use crate::taker::Taker;

impl Exchange {
    /// Section 2 of the rules.
    pub(crate) fn place(
        &mut self,
        origin: Origin,
        account: AccountId,
        order: &PlaceOrder,
        events: &mut EventBuffer,
    ) -> Result<(), Refusal> {
        self.check_may_trade(account, order.instrument)?;
        self.check_terms(order)?;
        let missing = self.check_room(account, order)?;
        self.check_crossing(order)?;
        let new = self.new_order(origin, account, order);
        let (taker, needed) = self.needs(order, &new, events);
        let instrument = &self.books[order.instrument.index() - 1].instrument;
        let (base, quote) = (instrument.spec.base, instrument.spec.quote);
        let asset = held_asset(instrument, order.side);
        let needed = self.check_funds(account, asset, needed)?;

        if missing > 0 {
            self.accounts.open_balance(account, base);
            self.accounts.open_balance(account, quote);
        }
        self.accounts.hold(account, asset, needed);
        self.order_count += 1;
        let mut matcher = self.matcher(order.instrument, events);
        match (order.kind, taker) {
            (OrderKind::Limit { .. }, _) => matcher.accept_limit(&new, origin),
            (_, Some(taker)) => {
                matcher.accept_market(
                    Taker {
                        held: needed,
                        ..taker
                    },
                    &new,
                    origin,
                );
            }
            _ => matcher.accept_stop(&new, origin),
        }
        Ok(())
    }

    /// Section 5: cancel.
    pub(crate) fn cancel(
        &mut self,
        origin: Origin,
        account: AccountId,
        request: &CancelOrder,
        events: &mut EventBuffer,
    ) -> Result<(), Refusal> {
        self.check_not_suspended(account)?;
        self.check_not_halted(request.instrument)?;
        let slot = self.find_order(account, request.instrument, &request.order)?;
        self.matcher(request.instrument, events)
            .cancel(slot, CancelReason::Requested, origin);
        Ok(())
    }

    /// Section 5: mass cancel.
    pub(crate) fn mass_cancel(
        &mut self,
        origin: Origin,
        account: AccountId,
        request: &MassCancel,
        events: &mut EventBuffer,
    ) -> Result<(), Refusal> {
        self.check_not_suspended(account)?;
        if let Some(instrument) = request.instrument {
            self.check_not_halted(instrument)?;
        }
        let reason = CancelReason::MassCancelled;
        let count = self.cancel_of_account(account, reason, origin, events, |exchange, slot| {
            let order = exchange.orders.get(slot);
            let halted = exchange.books[order.instrument.index() - 1]
                .instrument
                .state
                == InstrumentState::Halted;
            !halted
                && request
                    .instrument
                    .is_none_or(|instrument| order.instrument == instrument)
                && request.side.is_none_or(|side| order.side == side)
        });
        let report = self.accounts.next_report(account);
        events.push(EventBody::MassCancelled {
            origin,
            account,
            report,
            count,
        });
        Ok(())
    }

    /// Section 6.
    pub(crate) fn replace(
        &mut self,
        origin: Origin,
        account: AccountId,
        request: &ReplaceOrder,
        events: &mut EventBuffer,
    ) -> Result<(), Refusal> {
        self.check_may_trade(account, request.instrument)?;
        let slot = self.find_order(account, request.instrument, &request.order)?;
        let order = *self.orders.get(slot);
        if matches!(order.form, Form::StopMarket | Form::StopMarketQuote) {
            return Err(Refusal::new(
                RejectReason::NotReplaceable,
                wide(order.id),
                0,
            ));
        }
        if request.qty.0 < 1 {
            return Err(Refusal::new(RejectReason::InvalidQty, request.qty.0, 1));
        }
        let filled = order.filled;
        if request.qty <= filled {
            let reason = CancelReason::ReplacedBelowFilled;
            self.matcher(request.instrument, events)
                .cancel(slot, reason, origin);
            return Ok(());
        }
        let book = &self.books[request.instrument.index() - 1];
        let stop = order
            .is_stop()
            .then(|| book.stop_price(&self.levels, &order));
        let market = Market {
            last_trade: book.last_trade,
            time: self.time,
        };
        limits::check_replace(
            &book.instrument,
            order.side,
            stop,
            request.price,
            request.qty,
            &market,
        )?;
        if stop.is_none() {
            let post_only = order.stp_and_post_only.post_only();
            self.check_not_crossing(request.instrument, order.side, request.price, post_only)?;
        }
        let instrument = &self.books[request.instrument.index() - 1].instrument;
        let asset = held_asset(instrument, order.side);
        let change = hold_change(
            instrument,
            &order,
            request.price,
            Qty(request.qty.0 - filled.0),
        );
        let change = change.map(Amount);
        let change = self.check_funds(account, asset, change)?;
        if change.0 > 0 {
            self.accounts.hold(account, asset, change);
        } else {
            self.accounts.release(account, asset, Amount(-change.0));
        }
        self.matcher(request.instrument, events)
            .replace(slot, request, origin);
        Ok(())
    }

    /// Cancels the open orders of an account for which `which` holds, oldest first; gives their count.
    pub(crate) fn cancel_of_account(
        &mut self,
        account: AccountId,
        reason: CancelReason,
        origin: Origin,
        events: &mut EventBuffer,
        which: impl Fn(&Self, u32) -> bool,
    ) -> u32 {
        let mut count = 0;
        let mut next = self.orders.first_of(account);
        while let Some(slot) = next {
            next = self.orders.next_of(slot);
            if which(self, slot) {
                let instrument = self.orders.get(slot).instrument;
                self.matcher(instrument, events)
                    .cancel(slot, reason, origin);
                count += 1;
            }
        }
        count
    }

    /// Cancels what has expired: section 1, step 1.
    #[inline]
    pub(crate) fn expire_due(&mut self, events: &mut EventBuffer) {
        while let Some((expiry, slot)) = self.orders.first_expiry() {
            if expiry > self.time {
                break;
            }
            let instrument = self.orders.get(slot).instrument;
            self.matcher(instrument, events)
                .cancel(slot, CancelReason::Expired, Origin::VENUE);
        }
    }

    /// Checks 1 to 4.
    #[inline]
    fn check_may_trade(&self, account: AccountId, instrument: InstrumentId) -> Result<(), Refusal> {
        if self.kill_switch {
            return Err(RejectReason::KillSwitch.into());
        }
        let refuse = |reason| Err(Refusal::new(reason, i64::from(account.0), 0));
        match self.accounts.state(account) {
            Some(AccountState::Active) => {}
            Some(AccountState::CancelOnly) => return refuse(RejectReason::AccountCancelOnly),
            Some(AccountState::Suspended) | None => return refuse(RejectReason::AccountSuspended),
        }
        let value = i64::from(instrument.0);
        let Some(book) = self.book(instrument) else {
            return Err(Refusal::new(RejectReason::UnknownInstrument, value, 0));
        };
        let reason = match book.instrument.state {
            InstrumentState::Open | InstrumentState::PostOnly => return Ok(()),
            InstrumentState::Closed => RejectReason::InstrumentClosed,
            InstrumentState::Halted => RejectReason::InstrumentHalted,
            InstrumentState::CancelOnly => RejectReason::InstrumentCancelOnly,
        };
        Err(Refusal::new(reason, value, 0))
    }

    #[inline]
    fn check_not_suspended(&self, account: AccountId) -> Result<(), Refusal> {
        if self.accounts.state(account) == Some(AccountState::Suspended) {
            let value = i64::from(account.0);
            return Err(Refusal::new(RejectReason::AccountSuspended, value, 0));
        }
        Ok(())
    }

    #[inline]
    fn check_not_halted(&self, instrument: InstrumentId) -> Result<(), Refusal> {
        let value = i64::from(instrument.0);
        match self.book(instrument).map(|book| book.instrument.state) {
            None => Err(Refusal::new(RejectReason::UnknownInstrument, value, 0)),
            Some(InstrumentState::Halted) => {
                Err(Refusal::new(RejectReason::InstrumentHalted, value, 0))
            }
            Some(_) => Ok(()),
        }
    }

    /// Checks 5 to 12.
    #[inline]
    fn check_terms(&self, order: &PlaceOrder) -> Result<(), Refusal> {
        limits::check_combination(order)?;
        let book = &self.books[order.instrument.index() - 1];
        if book.instrument.state == InstrumentState::PostOnly && !order.kind.may_stay() {
            let value = i64::from(order.instrument.0);
            return Err(Refusal::new(RejectReason::InstrumentPostOnly, value, 0));
        }
        let market = Market {
            last_trade: book.last_trade,
            time: self.time,
        };
        limits::check_order(&book.instrument, order, &market)
    }

    /// Checks 13 to 15. Gives how many balances must be opened.
    #[inline]
    fn check_room(&self, account: AccountId, order: &PlaceOrder) -> Result<usize, Refusal> {
        if let Some(id) = &order.client_order_id
            && let Some(slot) = self.orders.find_client(account, id)
        {
            let value = wide(self.orders.get(slot).id);
            return Err(Refusal::new(RejectReason::DuplicateClientOrderId, value, 0));
        }
        let full = |reason, limit: u32| Err(Refusal::new(reason, 0, i64::from(limit)));
        if order.kind.may_stay() {
            if self.orders.count_of(account) >= self.capacity.orders_per_account {
                return full(
                    RejectReason::OrderPoolFull,
                    self.capacity.orders_per_account,
                );
            }
            if self.orders.is_full() {
                return full(RejectReason::OrderPoolFull, self.capacity.orders);
            }
        }
        let spec = &self.books[order.instrument.index() - 1].instrument.spec;
        match self.accounts.missing(account, &[spec.base, spec.quote]) {
            Some(missing) => Ok(missing),
            None => full(RejectReason::BalancePoolFull, self.accounts.balance_max()),
        }
    }

    /// Check 16, of a new order.
    #[inline]
    fn check_crossing(&self, order: &PlaceOrder) -> Result<(), Refusal> {
        match order.kind {
            OrderKind::Limit {
                price, post_only, ..
            } => self.check_not_crossing(order.instrument, order.side, price, post_only),
            _ => Ok(()),
        }
    }

    /// Check 16: refuses a price that would trade at once where that is not wanted.
    #[inline]
    fn check_not_crossing(
        &self,
        instrument: InstrumentId,
        side: Side,
        price: Price,
        post_only: bool,
    ) -> Result<(), Refusal> {
        let book = &self.books[instrument.index() - 1];
        let must_rest = book.instrument.state == InstrumentState::PostOnly;
        if !post_only && !must_rest {
            return Ok(());
        }
        match book.best_opposite(side) {
            Some(best) if side.accepts(price, best) => Err(if post_only {
                Refusal::new(RejectReason::PostOnlyWouldTrade, price.0, best.0)
            } else {
                Refusal::new(RejectReason::InstrumentPostOnly, i64::from(instrument.0), 0)
            }),
            _ => Ok(()),
        }
    }

    /// What an order needs; `None` when that does not fit. A market order comes back as a taker.
    #[inline]
    fn needs(
        &mut self,
        order: &PlaceOrder,
        new: &NewOrder<'_>,
        events: &mut EventBuffer,
    ) -> (Option<Taker>, Option<Amount>) {
        if let OrderKind::Market { size } = order.kind {
            let (taker, needed) = self
                .matcher(order.instrument, events)
                .market_taker(new, size);
            return (Some(taker), needed);
        }
        let instrument = &self.books[order.instrument.index() - 1].instrument;
        (None, required(instrument, order.side, &order.kind))
    }

    /// Check 17: refuses what is not available, or does not fit.
    #[inline]
    fn check_funds(
        &self,
        account: AccountId,
        asset: AssetId,
        needed: Option<Amount>,
    ) -> Result<Amount, Refusal> {
        let available = self.accounts.balance(account, asset).available;
        match needed {
            Some(needed) if needed <= available => Ok(needed),
            _ => {
                let needed = needed.unwrap_or(Amount::MAX);
                Err(Refusal::new(
                    RejectReason::InsufficientFunds,
                    needed.0,
                    available.0,
                ))
            }
        }
    }

    /// The order as the slab will keep it, under the id it will have if nothing refuses it.
    #[inline]
    fn new_order<'a>(
        &self,
        origin: Origin,
        account: AccountId,
        order: &'a PlaceOrder,
    ) -> NewOrder<'a> {
        let instrument = &self.books[order.instrument.index() - 1].instrument;
        NewOrder {
            id: OrderId::new(self.shard, self.order_count + 1),
            account,
            key: origin.key,
            terms: Terms::of(instrument, &order.kind),
            order,
        }
    }

    /// The open order of this account and instrument that a request names.
    #[inline]
    pub(crate) fn find_order(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        order: &OrderRef,
    ) -> Result<u32, Refusal> {
        let (slot, value) = match order {
            OrderRef::Id(id) => (
                self.orders.find(*id),
                i64::try_from(id.0).unwrap_or(i64::MAX),
            ),
            OrderRef::Client(id) => (self.orders.find_client(account, id), 0),
        };
        let belongs = |slot: &u32| {
            let order = self.orders.get(*slot);
            order.account == account && order.instrument == instrument
        };
        slot.filter(belongs)
            .ok_or(Refusal::new(RejectReason::UnknownOrder, value, 0))
    }
}

fn wide(id: OrderId) -> i64 {
    i64::try_from(id.0).expect("order ids are below 2^53")
}
