//! Administration: assets, instruments, accounts, keys, transfers, states, the kill switch.
//!
//! Section 7 of docs/MATCHING.md. Every one of these is a journaled command like an order, so a replay
//! builds the venue as its administrators did. Each checks everything, then cannot fail.

use rialto_types::event::Origin;
use rialto_types::instrument::check_fees;
use rialto_types::{
    AccountId, AccountState, AddKey, Amount, Asset, AssetId, CancelOrders, CancelReason, Capacity,
    ClientSeq, Command, EventBody, Instrument, InstrumentId, InstrumentSpec, InstrumentState,
    KeyAdded, KeyId, KillScope, Permissions, Ppm, Refusal, RejectReason, Side, Transfer,
    Transferred,
};

use crate::book::{Book, Section};
use crate::events::EventBuffer;
use crate::exchange::{AssetRow, Exchange, Key};

type Outcome = Result<EventBody, Refusal>;

impl Exchange {
    /// Applies a command that is no order.
    pub(crate) fn administer(
        &mut self,
        origin: Origin,
        command: &Command,
        events: &mut EventBuffer,
    ) -> Result<(), Refusal> {
        let event = match *command {
            Command::SetInstrumentState { instrument, state } => {
                return self.set_instrument_state(origin, instrument, state, events);
            }
            Command::CancelOrders(request) => return self.cancel_orders(origin, &request, events),
            Command::EngageKillSwitch(scope) => {
                return self.engage_kill_switch(origin, scope, events);
            }
            Command::Disconnected { key } => return self.disconnected(key, events),
            Command::SetCapacity(capacity) => self.set_capacity(capacity)?,
            Command::AddAsset(asset) => self.add_asset(origin, asset)?,
            Command::ListInstrument(spec) => self.list_instrument(origin, spec)?,
            Command::SetFees {
                instrument,
                maker,
                taker,
            } => self.set_fees(origin, instrument, maker, taker)?,
            Command::CreateAccount => self.create_account(origin)?,
            Command::SetAccountState { account, state } => {
                self.check_client_account(account)?;
                self.accounts.set_state(account, state);
                EventBody::AccountStateChanged {
                    origin,
                    account,
                    state,
                }
            }
            Command::AddKey(request) => self.add_key(origin, &request)?,
            Command::RevokeKey { key } => self.revoke_key(origin, key)?,
            Command::Transfer(transfer) => self.transfer(origin, &transfer)?,
            Command::ReleaseKillSwitch(scope) => self.release_kill_switch(origin, scope)?,
            Command::ArmCancelOnDisconnect { armed } => {
                self.keys[origin.key.index() - 1].cancel_on_disconnect = armed;
                EventBody::CancelOnDisconnectArmed { origin, armed }
            }
            Command::Tick => return Ok(()),
            Command::Place(_)
            | Command::Cancel(_)
            | Command::Replace(_)
            | Command::MassCancel(_) => unreachable!("orders are dispatched to trading"),
        };
        events.push(event);
        Ok(())
    }

    fn set_capacity(&mut self, new: Capacity) -> Outcome {
        let old = self.capacity;
        let pairs = [
            (new.orders, old.orders),
            (new.orders_per_account, old.orders_per_account),
            (new.accounts, old.accounts),
            (new.balances, old.balances),
            (new.keys, old.keys),
            (new.instruments, old.instruments),
            (u32::from(new.assets), u32::from(old.assets)),
        ];
        for (asked, present) in pairs {
            if asked < present {
                let (value, limit) = (i64::from(asked), i64::from(present));
                return Err(Refusal::new(RejectReason::CapacityShrinks, value, limit));
            }
        }
        self.capacity = new;
        self.orders
            .reserve(new.orders as usize, new.accounts as usize);
        self.levels.reserve(new.orders as usize);
        self.accounts.reserve(new.accounts, new.balances);
        Ok(EventBody::CapacitySet(new))
    }

    fn add_asset(&mut self, origin: Origin, asset: Asset) -> Outcome {
        check_table(self.assets.len(), u32::from(self.capacity.assets))?;
        asset.check()?;
        if let Some(at) = self
            .assets
            .iter()
            .position(|row| row.asset.symbol == asset.symbol)
        {
            return Err(symbol_taken(at));
        }
        self.assets.push(AssetRow { asset, supply: 0 });
        let id = u16::try_from(self.assets.len()).expect("the table is bounded by 16 bits");
        self.accounts.add_asset(AssetId(id));
        Ok(EventBody::AssetAdded {
            origin,
            id: AssetId(id),
            asset,
        })
    }

    fn list_instrument(&mut self, origin: Origin, spec: InstrumentSpec) -> Outcome {
        check_table(self.books.len(), self.capacity.instruments)?;
        let base = self.asset(spec.base)?;
        let quote = self.asset(spec.quote)?;
        if spec.base == spec.quote {
            return Err(Refusal::new(
                RejectReason::SameAsset,
                i64::from(spec.base.0),
                0,
            ));
        }
        let id = u32::try_from(self.books.len() + 1).expect("the table is bounded by 32 bits");
        let instrument = Instrument::new(InstrumentId(id), spec, &base, &quote)?;
        let same = |book: &Book| book.instrument.spec.symbol == spec.symbol;
        if let Some(at) = self.books.iter().position(same) {
            return Err(symbol_taken(at));
        }
        self.books.push(Book::new(instrument));
        Ok(EventBody::InstrumentListed { origin, instrument })
    }

    fn set_instrument_state(
        &mut self,
        origin: Origin,
        instrument: InstrumentId,
        state: InstrumentState,
        events: &mut EventBuffer,
    ) -> Result<(), Refusal> {
        self.check_instrument(instrument)?;
        self.books[instrument.index() - 1].instrument.state = state;
        events.push(EventBody::InstrumentStateChanged {
            origin,
            instrument,
            state,
        });
        if state == InstrumentState::Closed {
            self.cancel_of_book(instrument, None, CancelReason::InstrumentClosed, events);
        }
        Ok(())
    }

    fn set_fees(
        &mut self,
        origin: Origin,
        instrument: InstrumentId,
        maker: Ppm,
        taker: Ppm,
    ) -> Outcome {
        self.check_instrument(instrument)?;
        check_fees(maker, taker)?;
        let spec = &mut self.books[instrument.index() - 1].instrument.spec;
        (spec.maker_fee, spec.taker_fee) = (maker, taker);
        Ok(EventBody::FeesChanged {
            origin,
            instrument,
            maker,
            taker,
        })
    }

    fn create_account(&mut self, origin: Origin) -> Outcome {
        if self.accounts.is_full() {
            let limit = i64::from(self.accounts.account_max());
            return Err(Refusal::new(RejectReason::TableFull, 0, limit));
        }
        let account = self.accounts.create();
        Ok(EventBody::AccountCreated { origin, account })
    }

    fn add_key(&mut self, origin: Origin, request: &AddKey) -> Outcome {
        let AddKey {
            account,
            public_key,
            permissions,
            networks,
        } = *request;
        self.check_account(account)?;
        check_table(self.keys.len(), self.capacity.keys)?;
        let forbidden = match account {
            AccountId::VENUE => Permissions::TRADE,
            _ => Permissions::ADMIN,
        };
        if permissions.allows(forbidden) {
            let value = i64::from(permissions.bits());
            return Err(Refusal::new(RejectReason::PermissionNotGrantable, value, 0));
        }
        self.keys.push(Key {
            account,
            permissions,
            revoked: false,
            cancel_on_disconnect: false,
            client_seq: ClientSeq(0),
            verifier: public_key,
            networks,
        });
        let key = KeyId(u32::try_from(self.keys.len()).expect("the table is bounded by 32 bits"));
        Ok(EventBody::KeyAdded(KeyAdded {
            origin,
            key,
            account,
            public_key,
            permissions,
            networks,
        }))
    }

    /// Takes a key away. O(1), or O(keys) when the key administers.
    fn revoke_key(&mut self, origin: Origin, key: KeyId) -> Outcome {
        let administers = |key: &&Key| !key.revoked && key.permissions.allows(Permissions::ADMIN);
        let at = key.index().wrapping_sub(1);
        let Some(row) = self.keys.get(at).filter(|row| !row.revoked) else {
            return Err(Refusal::new(RejectReason::UnknownKey, i64::from(key.0), 0));
        };
        if administers(&row) && self.keys.iter().filter(administers).take(2).count() == 1 {
            let value = i64::from(key.0);
            return Err(Refusal::new(RejectReason::LastAdministrator, value, 0));
        }
        self.keys[at].revoked = true;
        Ok(EventBody::KeyRevoked { origin, key })
    }

    fn transfer(&mut self, origin: Origin, transfer: &Transfer) -> Outcome {
        let Transfer {
            source,
            sequence,
            account,
            asset,
            amount,
        } = *transfer;
        self.check_account(account)?;
        self.asset(asset)?;
        if amount.0 == 0 || amount.0 == i64::MIN {
            return Err(Refusal::new(RejectReason::InvalidAmount, amount.0, 0));
        }
        self.check_transfer_sequence(transfer)?;
        let supply = self.assets[asset.index() - 1].supply;
        if amount.0 > 0 {
            if supply.checked_add(amount.0).is_none() {
                return Err(Refusal::new(RejectReason::SupplyOverflow, amount.0, supply));
            }
            if self.accounts.missing(account, &[asset]).is_none() {
                let limit = i64::from(self.accounts.balance_max());
                return Err(Refusal::new(RejectReason::BalancePoolFull, 0, limit));
            }
            self.accounts.open_balance(account, asset);
            self.accounts.deposit(account, asset, amount);
        } else {
            let (needed, available) = (-amount.0, self.accounts.balance(account, asset).available);
            if needed > available.0 {
                return Err(Refusal::new(
                    RejectReason::InsufficientFunds,
                    needed,
                    available.0,
                ));
            }
            self.accounts.withdraw(account, asset, Amount(needed));
        }
        self.assets[asset.index() - 1].supply += amount.0;
        let sources = self.sources.len().max(source.index() + 1);
        self.sources.resize(sources, 0);
        self.sources[source.index()] = sequence;
        let report = self.accounts.next_report(account);
        Ok(EventBody::Transferred(Transferred {
            origin,
            account,
            report,
            asset,
            amount,
            source,
            sequence,
        }))
    }

    fn check_transfer_sequence(&self, transfer: &Transfer) -> Result<(), Refusal> {
        let last = self
            .sources
            .get(transfer.source.index())
            .copied()
            .unwrap_or(0);
        let wide = |sequence: u64| i64::try_from(sequence).unwrap_or(i64::MAX);
        let (value, reason, limit) = if transfer.sequence <= last {
            (
                transfer.sequence,
                RejectReason::TransferAlreadyApplied,
                last,
            )
        } else if transfer.sequence > last + 1 {
            (transfer.sequence, RejectReason::TransferGap, last + 1)
        } else {
            return Ok(());
        };
        Err(Refusal::new(reason, wide(value), wide(limit)))
    }

    fn cancel_orders(
        &mut self,
        origin: Origin,
        request: &CancelOrders,
        events: &mut EventBuffer,
    ) -> Result<(), Refusal> {
        let CancelOrders {
            account,
            instrument,
            side,
        } = *request;
        if let Some(account) = account {
            self.check_account(account)?;
        }
        if let Some(instrument) = instrument {
            self.check_instrument(instrument)?;
        }
        let reason = CancelReason::Administrator;
        let count = match (account, instrument) {
            (Some(account), _) => {
                self.cancel_of_account(account, reason, Origin::VENUE, events, |exchange, slot| {
                    let order = exchange.orders.get(slot);
                    instrument.is_none_or(|instrument| order.instrument == instrument)
                        && side.is_none_or(|side| order.side == side)
                })
            }
            (None, Some(instrument)) => self.cancel_of_book(instrument, side, reason, events),
            (None, None) => self.cancel_of_all_books(side, reason, events),
        };
        let account = AccountId::VENUE;
        let report = self.accounts.next_report(account);
        events.push(EventBody::MassCancelled {
            origin,
            account,
            report,
            count,
        });
        Ok(())
    }

    fn engage_kill_switch(
        &mut self,
        origin: Origin,
        scope: KillScope,
        events: &mut EventBuffer,
    ) -> Result<(), Refusal> {
        let changed = EventBody::KillSwitchChanged {
            origin,
            scope,
            engaged: true,
        };
        let reason = CancelReason::KillSwitch;
        match scope {
            KillScope::Account(account) => {
                self.check_client_account(account)?;
                self.accounts.set_state(account, AccountState::Suspended);
                events.push(changed);
                self.cancel_of_account(account, reason, Origin::VENUE, events, |_, _| true);
            }
            KillScope::Venue => {
                self.kill_switch = true;
                events.push(changed);
                self.cancel_of_all_books(None, reason, events);
            }
        }
        Ok(())
    }

    fn release_kill_switch(&mut self, origin: Origin, scope: KillScope) -> Outcome {
        match scope {
            KillScope::Account(account) => {
                self.check_client_account(account)?;
                self.accounts.set_state(account, AccountState::Active);
            }
            KillScope::Venue => self.kill_switch = false,
        }
        Ok(EventBody::KillSwitchChanged {
            origin,
            scope,
            engaged: false,
        })
    }

    fn disconnected(&mut self, key: KeyId, events: &mut EventBuffer) -> Result<(), Refusal> {
        let Some(row) = self.keys.get_mut(key.index().wrapping_sub(1)) else {
            return Err(Refusal::new(RejectReason::UnknownKey, i64::from(key.0), 0));
        };
        if !row.cancel_on_disconnect {
            return Ok(());
        }
        row.cancel_on_disconnect = false;
        let (account, reason) = (row.account, CancelReason::Disconnected);
        self.cancel_of_account(account, reason, Origin::VENUE, events, |exchange, slot| {
            exchange.orders.record(slot).key == key
        });
        Ok(())
    }

    /// Cancels all orders of an instrument, or those of one side; gives their count.
    fn cancel_of_book(
        &mut self,
        instrument: InstrumentId,
        side: Option<Side>,
        reason: CancelReason,
        events: &mut EventBuffer,
    ) -> u32 {
        let mut count = 0;
        let mut matcher = self.matcher(instrument, events);
        for section in Section::ALL {
            if side.is_some_and(|side| section.side() != side) {
                continue;
            }
            while let Some(slot) = matcher.book.first(matcher.levels, section) {
                matcher.cancel(slot, reason, Origin::VENUE);
                count += 1;
            }
        }
        count
    }

    fn cancel_of_all_books(
        &mut self,
        side: Option<Side>,
        reason: CancelReason,
        events: &mut EventBuffer,
    ) -> u32 {
        let mut count = 0;
        for at in 0..self.books.len() {
            let instrument = self.books[at].instrument.id;
            count += self.cancel_of_book(instrument, side, reason, events);
        }
        count
    }

    fn asset(&self, id: AssetId) -> Result<Asset, Refusal> {
        let row = self.assets.get(id.index().wrapping_sub(1));
        let unknown = Refusal::new(RejectReason::UnknownAsset, i64::from(id.0), 0);
        row.map(|row| row.asset).ok_or(unknown)
    }

    fn check_instrument(&self, id: InstrumentId) -> Result<(), Refusal> {
        match self.book(id) {
            Some(_) => Ok(()),
            None => Err(Refusal::new(
                RejectReason::UnknownInstrument,
                i64::from(id.0),
                0,
            )),
        }
    }

    fn check_account(&self, id: AccountId) -> Result<(), Refusal> {
        match self.accounts.state(id) {
            Some(_) => Ok(()),
            None => Err(Refusal::new(
                RejectReason::UnknownAccount,
                i64::from(id.0),
                0,
            )),
        }
    }

    /// As [`Exchange::check_account`]; the venue's own account cannot be restricted.
    fn check_client_account(&self, id: AccountId) -> Result<(), Refusal> {
        if id == AccountId::VENUE {
            return Err(Refusal::new(RejectReason::UnknownAccount, 0, 0));
        }
        self.check_account(id)
    }
}

fn check_table(count: usize, max: u32) -> Result<(), Refusal> {
    if count >= max as usize {
        return Err(Refusal::new(RejectReason::TableFull, 0, i64::from(max)));
    }
    Ok(())
}

fn symbol_taken(position: usize) -> Refusal {
    let id = i64::try_from(position + 1).expect("tables are small");
    Refusal::new(RejectReason::SymbolTaken, id, 0)
}
