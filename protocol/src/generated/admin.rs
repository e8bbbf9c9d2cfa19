//! Administration: the commands of an operator.
//!
//! Generated from `schema/rialto.xml` by `cargo xtask codegen`; changes here are lost.

use super::Permissions;
use crate::code::Code;
use crate::codec::{Field, Reader, Writer};
use crate::decimal::{Decimal, Scaled};
use crate::error::DecodeError;
use crate::message::WireMessage;
use crate::message::layout::Body;
use crate::text_fields::Text;
use rialto_types::{
    AccountId, AccountState, AssetId, ClientSeq, InstrumentId, InstrumentState, KeyId, Ppm, Side,
    SourceId,
};

/// Administrator to exchange: make an asset known. The core gives the id.
///
/// Template id 100, a block of 25 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct AddAsset {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// Its smallest unit is 10^-decimals of one; 0 to 8.
    pub decimals: u8,
    /// Its name, unique among assets.
    pub symbol: Text<16>,
}

impl Body for AddAsset {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<25>();
        self.client_seq.put(&mut block[0..8]);
        self.decimals.put(&mut block[8..9]);
        self.symbol.put(&mut block[9..25]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(25)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            decimals: Field::get(&block[8..9]),
            symbol: Field::get(&block[9..25]),
        })
    }
}

impl WireMessage for AddAsset {
    const NAME: &'static str = "AddAsset";
    const TEMPLATE_ID: u16 = 100;
    const BLOCK_LENGTH: u16 = 25;
}

/// Administrator to exchange: list an instrument. The core gives the id.
///
/// Template id 101, a block of 100 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct ListInstrument {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// The price step, in the quote asset for one of the base asset.
    pub tick: Decimal,
    /// The quantity step.
    pub lot: Decimal,
    /// The smallest order.
    pub min_quantity: Scaled,
    /// The largest order.
    pub max_quantity: Scaled,
    /// The smallest price × quantity; 0 for none.
    pub min_notional: Scaled,
    /// The largest price × quantity.
    pub max_notional: Scaled,
    /// The reference of the collar until the first trade.
    pub reference_price: Decimal,
    /// How far above the reference a buy and below it a sell may be priced.
    pub collar: Ppm,
    /// Charged to the resting order, of what it receives.
    pub maker_fee: Ppm,
    /// Charged to the arriving order, of what it receives.
    pub taker_fee: Ppm,
    /// What is bought and sold.
    pub base_asset_id: AssetId,
    /// What it is paid with.
    pub quote_asset_id: AssetId,
    /// Its name, unique among instruments.
    pub symbol: Text<16>,
}

impl Body for ListInstrument {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<100>();
        self.client_seq.put(&mut block[0..8]);
        self.tick.put(&mut block[8..16]);
        self.lot.put(&mut block[16..24]);
        self.min_quantity.put(&mut block[24..33]);
        self.max_quantity.put(&mut block[33..42]);
        self.min_notional.put(&mut block[42..51]);
        self.max_notional.put(&mut block[51..60]);
        self.reference_price.put(&mut block[60..68]);
        self.collar.put(&mut block[68..72]);
        self.maker_fee.put(&mut block[72..76]);
        self.taker_fee.put(&mut block[76..80]);
        self.base_asset_id.put(&mut block[80..82]);
        self.quote_asset_id.put(&mut block[82..84]);
        self.symbol.put(&mut block[84..100]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(100)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            tick: Field::get(&block[8..16]),
            lot: Field::get(&block[16..24]),
            min_quantity: Field::get(&block[24..33]),
            max_quantity: Field::get(&block[33..42]),
            min_notional: Field::get(&block[42..51]),
            max_notional: Field::get(&block[51..60]),
            reference_price: Field::get(&block[60..68]),
            collar: Field::get(&block[68..72]),
            maker_fee: Field::get(&block[72..76]),
            taker_fee: Field::get(&block[76..80]),
            base_asset_id: Field::get(&block[80..82]),
            quote_asset_id: Field::get(&block[82..84]),
            symbol: Field::get(&block[84..100]),
        })
    }
}

impl WireMessage for ListInstrument {
    const NAME: &'static str = "ListInstrument";
    const TEMPLATE_ID: u16 = 101;
    const BLOCK_LENGTH: u16 = 100;
}

/// Administrator to exchange: open, restrict, halt or close an instrument. Closing cancels all its
/// orders.
///
/// Template id 102, a block of 13 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct SetInstrumentState {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// Which.
    pub instrument_id: InstrumentId,
    /// The new state.
    pub state: Code<InstrumentState>,
}

impl Body for SetInstrumentState {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<13>();
        self.client_seq.put(&mut block[0..8]);
        self.instrument_id.put(&mut block[8..12]);
        self.state.put(&mut block[12..13]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(13)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            instrument_id: Field::get(&block[8..12]),
            state: Field::get(&block[12..13]),
        })
    }
}

impl WireMessage for SetInstrumentState {
    const NAME: &'static str = "SetInstrumentState";
    const TEMPLATE_ID: u16 = 102;
    const BLOCK_LENGTH: u16 = 13;
}

/// Administrator to exchange: change an instrument's fees, from the next trade on.
///
/// Template id 103, a block of 20 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct SetFees {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// Which.
    pub instrument_id: InstrumentId,
    /// Charged to the resting order, of what it receives; at most 100,000.
    pub maker_fee: Ppm,
    /// Charged to the arriving order, of what it receives; at most 100,000.
    pub taker_fee: Ppm,
}

impl Body for SetFees {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<20>();
        self.client_seq.put(&mut block[0..8]);
        self.instrument_id.put(&mut block[8..12]);
        self.maker_fee.put(&mut block[12..16]);
        self.taker_fee.put(&mut block[16..20]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(20)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            instrument_id: Field::get(&block[8..12]),
            maker_fee: Field::get(&block[12..16]),
            taker_fee: Field::get(&block[16..20]),
        })
    }
}

impl WireMessage for SetFees {
    const NAME: &'static str = "SetFees";
    const TEMPLATE_ID: u16 = 103;
    const BLOCK_LENGTH: u16 = 20;
}

/// Administrator to exchange: open an account. The core gives the id.
///
/// Template id 104, a block of 8 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct CreateAccount {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
}

impl Body for CreateAccount {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<8>();
        self.client_seq.put(&mut block[0..8]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(8)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
        })
    }
}

impl WireMessage for CreateAccount {
    const NAME: &'static str = "CreateAccount";
    const TEMPLATE_ID: u16 = 104;
    const BLOCK_LENGTH: u16 = 8;
}

/// Administrator to exchange: restrict or restore an account; its orders stay.
///
/// Template id 105, a block of 13 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct SetAccountState {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// Which.
    pub account_id: AccountId,
    /// The new state.
    pub account_state: Code<AccountState>,
}

impl Body for SetAccountState {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<13>();
        self.client_seq.put(&mut block[0..8]);
        self.account_id.put(&mut block[8..12]);
        self.account_state.put(&mut block[12..13]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(13)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            account_id: Field::get(&block[8..12]),
            account_state: Field::get(&block[12..13]),
        })
    }
}

impl WireMessage for SetAccountState {
    const NAME: &'static str = "SetAccountState";
    const TEMPLATE_ID: u16 = 105;
    const BLOCK_LENGTH: u16 = 13;
}

/// Administrator to exchange: give an account an API key. The core gives the id.
///
/// Template id 106, a block of 96 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy)]
pub struct AddKey {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// For whom it acts.
    pub account_id: AccountId,
    /// What its logon is verified with.
    pub public_key: [u8; 32],
    /// What it may do.
    pub permissions: Permissions,
    /// Where it may log on from.
    pub networks: [u8; 51],
}

#[expect(clippy::default_trait_access, reason = "the types stand above")]
impl Default for AddKey {
    fn default() -> Self {
        Self {
            client_seq: Default::default(),
            account_id: Default::default(),
            public_key: Default::default(),
            permissions: Default::default(),
            networks: [0; 51],
        }
    }
}

impl Body for AddKey {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<96>();
        self.client_seq.put(&mut block[0..8]);
        self.account_id.put(&mut block[8..12]);
        self.public_key.put(&mut block[12..44]);
        self.permissions.put(&mut block[44..45]);
        self.networks.put(&mut block[45..96]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(96)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            account_id: Field::get(&block[8..12]),
            public_key: Field::get(&block[12..44]),
            permissions: Field::get(&block[44..45]),
            networks: Field::get(&block[45..96]),
        })
    }
}

impl WireMessage for AddKey {
    const NAME: &'static str = "AddKey";
    const TEMPLATE_ID: u16 = 106;
    const BLOCK_LENGTH: u16 = 96;
}

/// Administrator to exchange: take an API key away; its orders stay.
///
/// Template id 107, a block of 12 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct RevokeKey {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// Which.
    pub key_id: KeyId,
}

impl Body for RevokeKey {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<12>();
        self.client_seq.put(&mut block[0..8]);
        self.key_id.put(&mut block[8..12]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(12)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            key_id: Field::get(&block[8..12]),
        })
    }
}

impl WireMessage for RevokeKey {
    const NAME: &'static str = "RevokeKey";
    const TEMPLATE_ID: u16 = 107;
    const BLOCK_LENGTH: u16 = 12;
}

/// Administrator to exchange: move funds into or out of an account.
///
/// Template id 108, a block of 33 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct Transfer {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// The source's number for it: the one after its last, so that one sent twice is applied once.
    pub transfer_seq: u64,
    /// Whose balance.
    pub account_id: AccountId,
    /// How much; negative out of the account.
    pub amount: Scaled,
    /// Of what.
    pub asset_id: AssetId,
    /// Who sends it.
    pub source_id: SourceId,
}

impl Body for Transfer {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<33>();
        self.client_seq.put(&mut block[0..8]);
        self.transfer_seq.put(&mut block[8..16]);
        self.account_id.put(&mut block[16..20]);
        self.amount.put(&mut block[20..29]);
        self.asset_id.put(&mut block[29..31]);
        self.source_id.put(&mut block[31..33]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(33)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            transfer_seq: Field::get(&block[8..16]),
            account_id: Field::get(&block[16..20]),
            amount: Field::get(&block[20..29]),
            asset_id: Field::get(&block[29..31]),
            source_id: Field::get(&block[31..33]),
        })
    }
}

impl WireMessage for Transfer {
    const NAME: &'static str = "Transfer";
    const TEMPLATE_ID: u16 = 108;
    const BLOCK_LENGTH: u16 = 33;
}

/// Administrator to exchange: cancel orders of one account, of one instrument, or both; with
/// neither, all orders.
///
/// Template id 109, a block of 17 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct CancelOrders {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// Only this account's; null: all.
    pub account_id: Option<AccountId>,
    /// Only this instrument's; null: all.
    pub instrument_id: Option<InstrumentId>,
    /// Only this side's; null: both.
    pub side: Option<Code<Side>>,
}

impl Body for CancelOrders {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<17>();
        self.client_seq.put(&mut block[0..8]);
        self.account_id.put(&mut block[8..12]);
        self.instrument_id.put(&mut block[12..16]);
        self.side.put(&mut block[16..17]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(17)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            account_id: Field::get(&block[8..12]),
            instrument_id: Field::get(&block[12..16]),
            side: Field::get(&block[16..17]),
        })
    }
}

impl WireMessage for CancelOrders {
    const NAME: &'static str = "CancelOrders";
    const TEMPLATE_ID: u16 = 109;
    const BLOCK_LENGTH: u16 = 17;
}

/// Administrator to exchange: stop trading and cancel everything, for one account or for all.
///
/// Template id 110, a block of 12 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct EngageKillSwitch {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// For whom; null: everybody.
    pub account_id: Option<AccountId>,
}

impl Body for EngageKillSwitch {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<12>();
        self.client_seq.put(&mut block[0..8]);
        self.account_id.put(&mut block[8..12]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(12)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            account_id: Field::get(&block[8..12]),
        })
    }
}

impl WireMessage for EngageKillSwitch {
    const NAME: &'static str = "EngageKillSwitch";
    const TEMPLATE_ID: u16 = 110;
    const BLOCK_LENGTH: u16 = 12;
}

/// Administrator to exchange: allow trading again. For one account: as setting it active.
///
/// Template id 111, a block of 12 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct ReleaseKillSwitch {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// For whom; null: everybody.
    pub account_id: Option<AccountId>,
}

impl Body for ReleaseKillSwitch {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<12>();
        self.client_seq.put(&mut block[0..8]);
        self.account_id.put(&mut block[8..12]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(12)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            account_id: Field::get(&block[8..12]),
        })
    }
}

impl WireMessage for ReleaseKillSwitch {
    const NAME: &'static str = "ReleaseKillSwitch";
    const TEMPLATE_ID: u16 = 111;
    const BLOCK_LENGTH: u16 = 12;
}
