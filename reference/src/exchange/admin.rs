//! Administration: section 7 of docs/MATCHING.md, one function a command.

use rialto_engine::image::KeyImage;
use rialto_types::instrument::check_fees;
use rialto_types::{
    AccountId, AccountState, AddKey, Asset, AssetId, CancelOrders, CancelReason, Capacity, Command,
    EventBody, Instrument, InstrumentId, InstrumentSpec, InstrumentState, KeyAdded, KeyId,
    KillScope, Origin, Permissions, Ppm, Refusal, RejectReason, Transfer, Transferred,
};

use super::book::Book;
use super::cancel::is_of_side;
use super::funds::Account;
use super::place::check_funds;
use super::{Listed, NO_CLIENT_SEQ, ReferenceExchange, clamp};

impl ReferenceExchange {
    pub(super) fn administrate(
        &mut self,
        origin: Origin,
        command: &Command,
    ) -> Result<(), Refusal> {
        match *command {
            Command::Place(_)
            | Command::Cancel(_)
            | Command::Replace(_)
            | Command::MassCancel(_) => unreachable!("trading commands go elsewhere"),
            Command::Tick => Ok(()),
            Command::SetCapacity(capacity) => self.set_capacity(capacity),
            Command::AddAsset(asset) => self.add_asset(origin, asset),
            Command::ListInstrument(spec) => self.list_instrument(origin, spec),
            Command::SetInstrumentState { instrument, state } => {
                self.set_instrument_state(origin, instrument, state)
            }
            Command::SetFees {
                instrument,
                maker,
                taker,
            } => self.set_fees(origin, instrument, maker, taker),
            Command::CreateAccount => self.create_account(origin),
            Command::SetAccountState { account, state } => {
                self.check_client(account)?;
                self.set_account_state(account, state);
                self.events.push(EventBody::AccountStateChanged {
                    origin,
                    account,
                    state,
                });
                Ok(())
            }
            Command::AddKey(request) => self.add_key(origin, request),
            Command::RevokeKey { key } => self.revoke_key(origin, key),
            Command::Transfer(transfer) => self.transfer(origin, transfer),
            Command::CancelOrders(request) => self.cancel_orders(origin, request),
            Command::EngageKillSwitch(scope) => self.engage_kill_switch(origin, scope),
            Command::ReleaseKillSwitch(scope) => self.release_kill_switch(origin, scope),
            Command::ArmCancelOnDisconnect { armed } => {
                let key = self
                    .keys
                    .get_mut(&origin.key)
                    .expect("the key was admitted");
                key.cancel_on_disconnect = armed;
                let event = EventBody::CancelOnDisconnectArmed { origin, armed };
                self.events.push(event);
                Ok(())
            }
            Command::Disconnected { key } => self.disconnected(key),
        }
    }

    fn set_capacity(&mut self, to: Capacity) -> Result<(), Refusal> {
        let from = self.capacity;
        let sizes = [
            (to.orders, from.orders),
            (to.orders_per_account, from.orders_per_account),
            (to.accounts, from.accounts),
            (to.balances, from.balances),
            (to.keys, from.keys),
            (to.instruments, from.instruments),
            (u32::from(to.assets), u32::from(from.assets)),
        ];
        for (asked, present) in sizes {
            if asked < present {
                let (value, limit) = (i64::from(asked), i64::from(present));
                return Err(Refusal::new(RejectReason::CapacityShrinks, value, limit));
            }
        }
        self.capacity = to;
        self.events.push(EventBody::CapacitySet(to));
        Ok(())
    }

    fn add_asset(&mut self, origin: Origin, asset: Asset) -> Result<(), Refusal> {
        check_table(self.assets.len(), u32::from(self.capacity.assets))?;
        asset.check()?;
        let taken = self
            .assets
            .iter()
            .find(|(_, other)| other.asset.symbol == asset.symbol);
        if let Some((id, _)) = taken {
            return Err(Refusal::new(RejectReason::SymbolTaken, i64::from(id.0), 0));
        }
        let id = u16::try_from(self.assets.len() + 1).expect("a table of 16 bits has room");
        let id = AssetId(id);
        self.assets.insert(id, Listed { asset, supply: 0 });
        self.events
            .push(EventBody::AssetAdded { origin, id, asset });
        Ok(())
    }

    fn list_instrument(&mut self, origin: Origin, spec: InstrumentSpec) -> Result<(), Refusal> {
        check_table(self.books.len(), self.capacity.instruments)?;
        let base = self.check_asset(spec.base)?.asset;
        let quote = self.check_asset(spec.quote)?.asset;
        if spec.base == spec.quote {
            let value = i64::from(spec.base.0);
            return Err(Refusal::new(RejectReason::SameAsset, value, 0));
        }
        let id = InstrumentId(next_id(self.books.len()));
        let instrument = Instrument::new(id, spec, &base, &quote)?;
        let taken = self
            .books
            .iter()
            .find(|(_, book)| book.listed.spec.symbol == spec.symbol);
        if let Some((id, _)) = taken {
            return Err(Refusal::new(RejectReason::SymbolTaken, i64::from(id.0), 0));
        }
        self.books.insert(id, Book::new(instrument));
        self.events
            .push(EventBody::InstrumentListed { origin, instrument });
        Ok(())
    }

    fn set_instrument_state(
        &mut self,
        origin: Origin,
        instrument: InstrumentId,
        state: InstrumentState,
    ) -> Result<(), Refusal> {
        self.check_instrument(instrument)?;
        self.book_mut(instrument).listed.state = state;
        self.events.push(EventBody::InstrumentStateChanged {
            origin,
            instrument,
            state,
        });
        if state == InstrumentState::Closed {
            let ids = self.ids_closing(|order| order.instrument == instrument);
            self.cancel_all(&ids, CancelReason::InstrumentClosed, Origin::VENUE);
        }
        Ok(())
    }

    fn set_fees(
        &mut self,
        origin: Origin,
        instrument: InstrumentId,
        maker: Ppm,
        taker: Ppm,
    ) -> Result<(), Refusal> {
        self.check_instrument(instrument)?;
        check_fees(maker, taker)?;
        let spec = &mut self.book_mut(instrument).listed.spec;
        (spec.maker_fee, spec.taker_fee) = (maker, taker);
        self.events.push(EventBody::FeesChanged {
            origin,
            instrument,
            maker,
            taker,
        });
        Ok(())
    }

    fn create_account(&mut self, origin: Origin) -> Result<(), Refusal> {
        // The venue's account is in the table but is not counted.
        check_table(self.accounts.len() - 1, self.capacity.accounts)?;
        let account = AccountId(next_id(self.accounts.len() - 1));
        self.accounts.insert(account, Account::default());
        self.events
            .push(EventBody::AccountCreated { origin, account });
        Ok(())
    }

    fn add_key(&mut self, origin: Origin, request: AddKey) -> Result<(), Refusal> {
        let AddKey {
            account,
            public_key,
            permissions,
            networks,
        } = request;
        self.check_account(account)?;
        check_table(self.keys.len(), self.capacity.keys)?;
        let forbidden = if account == AccountId::VENUE {
            Permissions::TRADE
        } else {
            Permissions::ADMIN
        };
        if permissions.allows(forbidden) {
            let value = i64::from(permissions.bits());
            let reason = RejectReason::PermissionNotGrantable;
            return Err(Refusal::new(reason, value, 0));
        }
        let key = KeyId(next_id(self.keys.len()));
        let image = KeyImage {
            account,
            public_key,
            permissions,
            revoked: false,
            client_seq: NO_CLIENT_SEQ,
            cancel_on_disconnect: false,
            networks,
        };
        self.keys.insert(key, image);
        self.events.push(EventBody::KeyAdded(KeyAdded {
            origin,
            key,
            account,
            public_key,
            permissions,
            networks,
        }));
        Ok(())
    }

    fn revoke_key(&mut self, origin: Origin, key: KeyId) -> Result<(), Refusal> {
        let known = self.keys.get(&key).filter(|image| !image.revoked);
        known.ok_or(unknown_key(key))?;
        let administrators: Vec<KeyId> = self
            .keys
            .iter()
            .filter(|(_, image)| !image.revoked && image.permissions.allows(Permissions::ADMIN))
            .map(|(id, _)| *id)
            .collect();
        if administrators == [key] {
            let value = i64::from(key.0);
            return Err(Refusal::new(RejectReason::LastAdministrator, value, 0));
        }
        self.keys.get_mut(&key).expect("the key exists").revoked = true;
        self.events.push(EventBody::KeyRevoked { origin, key });
        Ok(())
    }

    fn transfer(&mut self, origin: Origin, transfer: Transfer) -> Result<(), Refusal> {
        let Transfer {
            source,
            sequence,
            account,
            asset,
            amount,
        } = transfer;
        self.check_account(account)?;
        let supply = self.check_asset(asset)?.supply;
        if amount.0 == 0 || amount.0 == i64::MIN {
            return Err(Refusal::new(RejectReason::InvalidAmount, amount.0, 0));
        }
        let last = self.sources.get(&source).copied().unwrap_or(0);
        if sequence <= last {
            let reason = RejectReason::TransferAlreadyApplied;
            return Err(Refusal::new(reason, clamp(sequence), clamp(last)));
        }
        if sequence > last + 1 {
            let reason = RejectReason::TransferGap;
            return Err(Refusal::new(reason, clamp(sequence), clamp(last + 1)));
        }
        let change = i128::from(amount.0);
        if change > 0 {
            if supply + change > i128::from(i64::MAX) {
                let limit = i64::try_from(supply).expect("a supply fits");
                let reason = RejectReason::SupplyOverflow;
                return Err(Refusal::new(reason, amount.0, limit));
            }
            self.check_balance_room(account, &[asset])?;
        } else {
            check_funds(-change, self.available(account, asset))?;
        }
        self.sources.insert(source, sequence);
        let listed = self.assets.get_mut(&asset).expect("the asset exists");
        listed.supply += change;
        self.move_funds(account, asset, change, 0);
        let report = self.next_report(account);
        self.events.push(EventBody::Transferred(Transferred {
            origin,
            account,
            report,
            asset,
            amount,
            source,
            sequence,
        }));
        Ok(())
    }

    fn cancel_orders(&mut self, origin: Origin, request: CancelOrders) -> Result<(), Refusal> {
        let CancelOrders {
            account,
            instrument,
            side,
        } = request;
        if let Some(account) = account {
            self.check_account(account)?;
        }
        if let Some(instrument) = instrument {
            self.check_instrument(instrument)?;
        }
        let mut ids = self.ids_closing(|order| {
            account.is_none_or(|it| it == order.account)
                && instrument.is_none_or(|it| it == order.instrument)
                && is_of_side(order, side)
        });
        if account.is_some() {
            ids.sort_unstable();
        }
        self.cancel_all(&ids, CancelReason::Administrator, Origin::VENUE);
        self.tell_mass_cancelled(origin, AccountId::VENUE, ids.len());
        Ok(())
    }

    fn engage_kill_switch(&mut self, origin: Origin, scope: KillScope) -> Result<(), Refusal> {
        let ids = match scope {
            KillScope::Account(account) => {
                self.check_client(account)?;
                self.set_account_state(account, AccountState::Suspended);
                self.ids_ascending(|order| order.account == account)
            }
            KillScope::Venue => {
                self.kill_switch = true;
                self.ids_closing(|_| true)
            }
        };
        self.events.push(EventBody::KillSwitchChanged {
            origin,
            scope,
            engaged: true,
        });
        self.cancel_all(&ids, CancelReason::KillSwitch, Origin::VENUE);
        Ok(())
    }

    fn release_kill_switch(&mut self, origin: Origin, scope: KillScope) -> Result<(), Refusal> {
        match scope {
            KillScope::Account(account) => {
                self.check_client(account)?;
                self.set_account_state(account, AccountState::Active);
            }
            KillScope::Venue => self.kill_switch = false,
        }
        self.events.push(EventBody::KillSwitchChanged {
            origin,
            scope,
            engaged: false,
        });
        Ok(())
    }

    fn disconnected(&mut self, key: KeyId) -> Result<(), Refusal> {
        let image = self.keys.get_mut(&key).ok_or(unknown_key(key))?;
        if std::mem::take(&mut image.cancel_on_disconnect) {
            let ids = self.ids_ascending(|order| order.key == key);
            self.cancel_all(&ids, CancelReason::Disconnected, Origin::VENUE);
        }
        Ok(())
    }

    fn set_account_state(&mut self, account: AccountId, state: AccountState) {
        let account = self.accounts.get_mut(&account).expect("the account exists");
        account.state = state;
    }

    fn check_asset(&self, asset: AssetId) -> Result<&Listed, Refusal> {
        let unknown = Refusal::new(RejectReason::UnknownAsset, i64::from(asset.0), 0);
        self.assets.get(&asset).ok_or(unknown)
    }

    fn check_account(&self, account: AccountId) -> Result<(), Refusal> {
        if self.accounts.contains_key(&account) {
            return Ok(());
        }
        let value = i64::from(account.0);
        Err(Refusal::new(RejectReason::UnknownAccount, value, 0))
    }

    /// As [`Self::check_account`], but the venue's account counts as unknown.
    fn check_client(&self, account: AccountId) -> Result<(), Refusal> {
        if account == AccountId::VENUE {
            return Err(RejectReason::UnknownAccount.into());
        }
        self.check_account(account)
    }
}

fn unknown_key(key: KeyId) -> Refusal {
    Refusal::new(RejectReason::UnknownKey, i64::from(key.0), 0)
}

fn check_table(used: usize, size: u32) -> Result<(), Refusal> {
    if used >= size as usize {
        return Err(Refusal::new(RejectReason::TableFull, 0, i64::from(size)));
    }
    Ok(())
}

/// The id after so many.
fn next_id(count: usize) -> u32 {
    u32::try_from(count + 1).expect("a table of 32 bits has room")
}
