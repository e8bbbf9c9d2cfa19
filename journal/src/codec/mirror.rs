//! The vocabulary of `types`, repeated as plain structures that bincode can encode.
//!
//! Each mirror stands beside the conversions to and from its original. To the mirror they cannot fail;
//! back they go through the constructors of `types`. The order of the fields is the format
//! (docs/FORMAT.md): a change here is a new format version.

use bincode::enc::Encoder;
use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use bincode::{Decode, Encode};
use rialto_types::{
    AccountId, AddKey, Amount, Asset, AssetId, Capacity, ClientOrderId, ClientSeq, InstrumentId,
    InstrumentSpec, KeyId, KillScope, NETWORKS_MAX, Network, Networks, Permissions, Ppm, Price,
    PublicKey, Qty, Side, SourceId, Symbol, Transfer,
};

use super::{PayloadError, take};

/// Who sends a command: the front of every payload.
#[derive(Clone, Copy, Encode, Decode)]
pub(super) struct Sender {
    key: u32,
    client_seq: u64,
}

impl Sender {
    #[inline]
    pub(super) const fn new(key: KeyId, client_seq: ClientSeq) -> Self {
        Self {
            key: key.0,
            client_seq: client_seq.0,
        }
    }

    #[inline]
    pub(super) const fn key(self) -> KeyId {
        KeyId(self.key)
    }

    #[inline]
    pub(super) const fn client_seq(self) -> ClientSeq {
        ClientSeq(self.client_seq)
    }
}

/// A client order id or none: one byte of length, then that many characters.
#[derive(Clone, Copy)]
pub(super) struct Name<'a>(pub(super) Option<&'a ClientOrderId>);

impl Encode for Name<'_> {
    #[inline]
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        let Some(id) = self.0 else {
            return 0_u8.encode(encoder);
        };
        let text = id.as_bytes();
        let len = u8::try_from(text.len()).expect("a client order id has at most 36 characters");
        len.encode(encoder)?;
        encoder.writer().write(text)
    }
}

/// Reads what [`Name`] wrote.
#[inline]
pub(super) fn take_name(bytes: &mut &[u8]) -> Result<Option<ClientOrderId>, PayloadError> {
    let len = take::<u8>(bytes)?;
    if len == 0 {
        return Ok(None);
    }
    let (text, rest) = bytes
        .split_at_checked(usize::from(len))
        .ok_or_else(PayloadError::code("length of client order id", len))?;
    *bytes = rest;
    let id = ClientOrderId::from_bytes(text).map_err(|rule| PayloadError::ClientOrderId {
        bytes: text.to_vec(),
        rule,
    })?;
    Ok(Some(id))
}

/// Reads the padded form of a symbol.
pub(super) fn symbol(bytes: [u8; 16]) -> Result<Symbol, PayloadError> {
    Symbol::from_padded(&bytes).map_err(|rule| PayloadError::Symbol { bytes, rule })
}

/// Reads the byte of a side, where there may be none.
pub(super) fn optional_side(byte: Option<u8>) -> Result<Option<Side>, PayloadError> {
    byte.map(|byte| Side::from_u8(byte).ok_or_else(PayloadError::code("side", byte)))
        .transpose()
}

/// Mirrors [`Capacity`].
#[derive(Encode, Decode)]
pub(super) struct CapacityMirror {
    orders: u32,
    orders_per_account: u32,
    accounts: u32,
    balances: u32,
    keys: u32,
    instruments: u32,
    assets: u16,
}

impl From<&Capacity> for CapacityMirror {
    fn from(capacity: &Capacity) -> Self {
        Self {
            orders: capacity.orders,
            orders_per_account: capacity.orders_per_account,
            accounts: capacity.accounts,
            balances: capacity.balances,
            keys: capacity.keys,
            instruments: capacity.instruments,
            assets: capacity.assets,
        }
    }
}

impl From<CapacityMirror> for Capacity {
    fn from(mirror: CapacityMirror) -> Self {
        Self {
            orders: mirror.orders,
            orders_per_account: mirror.orders_per_account,
            accounts: mirror.accounts,
            balances: mirror.balances,
            keys: mirror.keys,
            instruments: mirror.instruments,
            assets: mirror.assets,
        }
    }
}

/// Mirrors [`Asset`].
#[derive(Encode, Decode)]
pub(super) struct AssetMirror {
    symbol: [u8; 16],
    decimals: u8,
}

impl From<&Asset> for AssetMirror {
    fn from(asset: &Asset) -> Self {
        Self {
            symbol: *asset.symbol.padded(),
            decimals: asset.decimals,
        }
    }
}

impl TryFrom<AssetMirror> for Asset {
    type Error = PayloadError;

    fn try_from(mirror: AssetMirror) -> Result<Self, PayloadError> {
        Ok(Self {
            symbol: symbol(mirror.symbol)?,
            decimals: mirror.decimals,
        })
    }
}

/// Mirrors [`InstrumentSpec`].
#[derive(Encode, Decode)]
pub(super) struct SpecMirror {
    symbol: [u8; 16],
    base: u16,
    quote: u16,
    tick_mantissa: i64,
    lot_mantissa: i64,
    min_qty: i64,
    max_qty: i64,
    min_notional: i64,
    max_notional: i64,
    collar: u32,
    reference_price: i64,
    maker_fee: u32,
    taker_fee: u32,
}

impl From<&InstrumentSpec> for SpecMirror {
    fn from(spec: &InstrumentSpec) -> Self {
        Self {
            symbol: *spec.symbol.padded(),
            base: spec.base.0,
            quote: spec.quote.0,
            tick_mantissa: spec.tick_mantissa,
            lot_mantissa: spec.lot_mantissa,
            min_qty: spec.min_qty.0,
            max_qty: spec.max_qty.0,
            min_notional: spec.min_notional.0,
            max_notional: spec.max_notional.0,
            collar: spec.collar.0,
            reference_price: spec.reference_price.0,
            maker_fee: spec.maker_fee.0,
            taker_fee: spec.taker_fee.0,
        }
    }
}

impl TryFrom<SpecMirror> for InstrumentSpec {
    type Error = PayloadError;

    fn try_from(mirror: SpecMirror) -> Result<Self, PayloadError> {
        Ok(Self {
            symbol: symbol(mirror.symbol)?,
            base: AssetId(mirror.base),
            quote: AssetId(mirror.quote),
            tick_mantissa: mirror.tick_mantissa,
            lot_mantissa: mirror.lot_mantissa,
            min_qty: Qty(mirror.min_qty),
            max_qty: Qty(mirror.max_qty),
            min_notional: Amount(mirror.min_notional),
            max_notional: Amount(mirror.max_notional),
            collar: Ppm(mirror.collar),
            reference_price: Price(mirror.reference_price),
            maker_fee: Ppm(mirror.maker_fee),
            taker_fee: Ppm(mirror.taker_fee),
        })
    }
}

/// Mirrors [`AddKey`].
#[derive(Encode, Decode)]
pub(super) struct AddKeyMirror {
    account: u32,
    public_key: [u8; 32],
    permissions: u8,
}

impl From<&AddKey> for AddKeyMirror {
    fn from(key: &AddKey) -> Self {
        Self {
            account: key.account.0,
            public_key: key.public_key.0,
            permissions: key.permissions.bits(),
        }
    }
}

impl TryFrom<AddKeyMirror> for AddKey {
    type Error = PayloadError;

    fn try_from(mirror: AddKeyMirror) -> Result<Self, PayloadError> {
        Ok(Self {
            account: AccountId(mirror.account),
            public_key: PublicKey(mirror.public_key),
            permissions: permissions(mirror.permissions)?,
            networks: Networks::ANY,
        })
    }
}

/// Networks, at least one: their count, then of each the bits of its prefix and its address.
pub(super) struct NetworksMirror<'a>(pub(super) &'a Networks);

impl Encode for NetworksMirror<'_> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        let count = u8::try_from(self.0.iter().count()).expect("there are few");
        count.encode(encoder)?;
        for network in self.0.iter() {
            (network.prefix_bits(), network.address()).encode(encoder)?;
        }
        Ok(())
    }
}

/// Reads what a [`NetworksMirror`] has written.
pub(super) fn take_networks(bytes: &mut &[u8]) -> Result<Networks, PayloadError> {
    let count = take::<u8>(bytes)?;
    if count == 0 || usize::from(count) > NETWORKS_MAX {
        return Err(PayloadError::code("count of networks", count)());
    }
    let mut networks = Vec::new();
    for _ in 0..count {
        let (prefix_bits, address) = take::<(u8, [u8; 16])>(bytes)?;
        let network = Network::new(address, prefix_bits);
        networks.push(network.ok_or_else(PayloadError::code("prefix of network", prefix_bits))?);
    }
    Ok(Networks::new(&networks).expect("the count was checked"))
}

/// Reads the bits of a set of permissions.
pub(super) fn permissions(bits: u8) -> Result<Permissions, PayloadError> {
    Permissions::from_bits(bits).ok_or_else(PayloadError::code("permissions", bits))
}

/// Mirrors [`Transfer`].
#[derive(Encode, Decode)]
pub(super) struct TransferMirror {
    source: u16,
    sequence: u64,
    account: u32,
    asset: u16,
    amount: i64,
}

impl From<&Transfer> for TransferMirror {
    fn from(transfer: &Transfer) -> Self {
        Self {
            source: transfer.source.0,
            sequence: transfer.sequence,
            account: transfer.account.0,
            asset: transfer.asset.0,
            amount: transfer.amount.0,
        }
    }
}

impl From<TransferMirror> for Transfer {
    fn from(mirror: TransferMirror) -> Self {
        Self {
            source: SourceId(mirror.source),
            sequence: mirror.sequence,
            account: AccountId(mirror.account),
            asset: AssetId(mirror.asset),
            amount: Amount(mirror.amount),
        }
    }
}

/// Which orders a mass cancel means: instrument and side, each if named.
#[derive(Encode, Decode)]
pub(super) struct ScopeMirror {
    pub(super) instrument: Option<u32>,
    pub(super) side: Option<u8>,
}

impl ScopeMirror {
    pub(super) fn new(instrument: Option<InstrumentId>, side: Option<Side>) -> Self {
        Self {
            instrument: instrument.map(InstrumentId::get),
            side: side.map(|side| side as u8),
        }
    }
}

/// Mirrors [`KillScope`]: an account, or nobody in particular for the venue.
#[derive(Encode, Decode)]
pub(super) struct KillMirror {
    account: Option<u32>,
}

impl From<&KillScope> for KillMirror {
    fn from(scope: &KillScope) -> Self {
        Self {
            account: match scope {
                KillScope::Account(account) => Some(account.0),
                KillScope::Venue => None,
            },
        }
    }
}

impl From<KillMirror> for KillScope {
    fn from(mirror: KillMirror) -> Self {
        mirror
            .account
            .map_or(Self::Venue, |account| Self::Account(AccountId(account)))
    }
}
