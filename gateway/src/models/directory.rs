//! What is listed, and the API keys.

use rialto_protocol::refusal::Pair;
use rialto_types::{
    AccountId, Asset, AssetId, ClientSeq, Instrument, InstrumentId, KeyAdded, KeyId, Networks,
    Origin, Permissions, PublicKey,
};

/// Assets, instruments and the venue's kill switch: what sessions need to read and to check orders. A
/// few hundred bytes per instrument; copied whole when something in it changes, which is rare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// By id, from 1.
    pub(super) assets: Vec<Asset>,
    /// By id, from 1.
    pub(super) instruments: Vec<Instrument>,
    pub(super) kill_switch: bool,
}

impl Directory {
    /// An asset.
    pub fn asset(&self, id: AssetId) -> Option<&Asset> {
        self.assets.get(id.index().checked_sub(1)?)
    }

    /// An instrument.
    pub fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.instruments.get(id.index().checked_sub(1)?)
    }

    /// An instrument with its two assets.
    ///
    /// # Panics
    /// Never: an instrument is listed with assets that are known.
    pub fn pair(&self, id: InstrumentId) -> Option<Pair<'_>> {
        let instrument = self.instrument(id)?;
        let asset = |id| {
            self.asset(id)
                .expect("a listed instrument has known assets")
        };
        Some(Pair {
            instrument,
            base: asset(instrument.spec.base),
            quote: asset(instrument.spec.quote),
        })
    }

    /// All assets, ascending by id.
    pub fn assets(&self) -> impl Iterator<Item = (AssetId, &Asset)> {
        (1..).map(AssetId).zip(&self.assets)
    }

    /// All instruments, ascending by id.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// Whether the venue's kill switch is engaged: nobody may place or replace orders.
    pub const fn kill_switch(&self) -> bool {
        self.kill_switch
    }
}

/// An API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// For whom it acts.
    pub account: AccountId,
    /// What its logon is verified with.
    pub public_key: PublicKey,
    /// What it may do.
    pub permissions: Permissions,
    /// Whether it works no more.
    pub revoked: bool,
    /// The highest client sequence that the core has taken from it; 0 before the first.
    pub client_seq: ClientSeq,
    /// Whether cancel-on-disconnect is armed, as far as events tell: a lost session that had no open
    /// orders disarms without one.
    pub cancel_on_disconnect: bool,
    /// Where it may be used from.
    pub networks: Networks,
}

/// All API keys, by id from 1.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    keys: Vec<Key>,
}

impl Keys {
    /// A key, revoked or not.
    pub fn get(&self, id: KeyId) -> Option<&Key> {
        self.keys.get(id.index().checked_sub(1)?)
    }

    /// All keys from `first` on, ascending, revoked ones included.
    pub fn from(&self, first: KeyId) -> impl Iterator<Item = (KeyId, &Key)> {
        let first = first.0.max(1);
        let keys = self.keys.iter().skip(first as usize - 1);
        (first..).map(KeyId).zip(keys)
    }

    pub(super) const fn restored(keys: Vec<Key>) -> Self {
        Self { keys }
    }

    pub(super) fn add(&mut self, e: &KeyAdded) {
        assert_eq!(e.key.index(), self.keys.len() + 1, "keys count up by one");
        self.keys.push(Key {
            account: e.account,
            public_key: e.public_key,
            permissions: e.permissions,
            revoked: false,
            client_seq: ClientSeq(0),
            cancel_on_disconnect: false,
            networks: e.networks,
        });
    }

    /// Notes that the core has taken up a command of a key. Nobody outside, keys that never were and
    /// revoked ones, whose sequence counts no more, are passed over.
    pub(super) fn heard(&mut self, origin: Origin) {
        if let Some(key) = self.find_mut(origin.key).filter(|key| !key.revoked) {
            key.client_seq = key.client_seq.max(origin.client_seq);
        }
    }

    /// # Panics
    /// When there is no such key: the log is broken.
    pub(super) fn get_mut(&mut self, id: KeyId) -> &mut Key {
        self.find_mut(id).expect("an event names a known key")
    }

    fn find_mut(&mut self, id: KeyId) -> Option<&mut Key> {
        self.keys.get_mut(id.index().checked_sub(1)?)
    }
}
