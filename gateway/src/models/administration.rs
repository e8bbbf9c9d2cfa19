//! What the events of administration do to the read models.

use rialto_types::{AccountState, EventBody, Instrument, InstrumentId, KillScope, Transferred};

use super::{Book, Changes, ReadModels, Tape, TradeHistory};

impl ReadModels {
    /// Applies an event that is not about one order.
    pub(super) fn administer(&mut self, body: &EventBody, changes: &mut Changes) {
        if let Some(origin) = origin(body) {
            self.keys.heard(origin);
        }
        match *body {
            EventBody::MassCancelled {
                account, report, ..
            } => self.reported(account, report),
            EventBody::CancelOnDisconnectArmed { origin, armed } => {
                self.keys.get_mut(origin.key).cancel_on_disconnect = armed;
            }
            EventBody::CapacitySet(capacity) => self.orders.reserve(capacity.orders as usize),
            EventBody::AccountCreated { account, .. } => self.accounts.create(account),
            EventBody::AccountStateChanged { account, state, .. } => {
                self.accounts.get_mut(account).state = state;
            }
            EventBody::KeyAdded(e) => self.keys.add(&e),
            EventBody::KeyRevoked { key, .. } => self.keys.get_mut(key).revoked = true,
            EventBody::Transferred(e) => self.transfer(&e, changes),
            EventBody::KillSwitchChanged {
                scope: KillScope::Account(account),
                engaged,
                ..
            } => {
                self.accounts.get_mut(account).state = if engaged {
                    AccountState::Suspended
                } else {
                    AccountState::Active
                };
            }
            _ => self.list(body, changes),
        }
    }

    /// Applies an event that changes the directory.
    fn list(&mut self, body: &EventBody, changes: &mut Changes) {
        changes.directory = true;
        match *body {
            EventBody::AssetAdded { id, asset, .. } => {
                let assets = &mut self.directory.assets;
                assert_eq!(id.index(), assets.len() + 1, "assets count up by one");
                assets.push(asset);
            }
            EventBody::InstrumentListed { instrument, .. } => {
                let instruments = &mut self.directory.instruments;
                let id = instrument.id.index();
                assert_eq!(id, instruments.len() + 1, "instruments count up by one");
                instruments.push(instrument);
                self.books.push(Book::default());
                self.histories.push(TradeHistory::default());
                self.tapes.push(Tape::default());
            }
            EventBody::InstrumentStateChanged {
                instrument, state, ..
            } => self.instrument_mut(instrument).state = state,
            EventBody::FeesChanged {
                instrument,
                maker,
                taker,
                ..
            } => {
                let spec = &mut self.instrument_mut(instrument).spec;
                (spec.maker_fee, spec.taker_fee) = (maker, taker);
            }
            EventBody::KillSwitchChanged { engaged, .. } => self.directory.kill_switch = engaged,
            _ => unreachable!("every other event is applied elsewhere"),
        }
    }

    fn instrument_mut(&mut self, id: InstrumentId) -> &mut Instrument {
        &mut self.directory.instruments[id.index() - 1]
    }

    fn transfer(&mut self, e: &Transferred, changes: &mut Changes) {
        self.reported(e.account, e.report);
        let balance = self.accounts.get_mut(e.account).balance_mut(e.asset);
        balance.total.0 += e.amount.0;
        changes.balances.push((e.account, e.asset));
        let source = e.source.index();
        if source >= self.sources.len() {
            self.sources.resize(source + 1, 0);
        }
        self.sources[source] = e.sequence;
    }
}

/// Who asked for what an event of administration tells.
fn origin(body: &EventBody) -> Option<rialto_types::Origin> {
    match *body {
        EventBody::MassCancelled { origin, .. }
        | EventBody::CancelOnDisconnectArmed { origin, .. }
        | EventBody::AssetAdded { origin, .. }
        | EventBody::InstrumentListed { origin, .. }
        | EventBody::InstrumentStateChanged { origin, .. }
        | EventBody::FeesChanged { origin, .. }
        | EventBody::AccountCreated { origin, .. }
        | EventBody::AccountStateChanged { origin, .. }
        | EventBody::KeyRevoked { origin, .. }
        | EventBody::KillSwitchChanged { origin, .. } => Some(origin),
        EventBody::KeyAdded(e) => Some(e.origin),
        EventBody::Transferred(e) => Some(e.origin),
        _ => None,
    }
}
