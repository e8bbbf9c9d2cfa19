//! Administration: reports, questions and answers.
//!
//! Generated from `schema/rialto.xml` by `cargo xtask codegen`; changes here are lost.

use super::{Balance, KeyFlags, ListFlags, Permissions};
use crate::code::Code;
use crate::codec::{Field, Reader, Writer};
use crate::error::DecodeError;
use crate::group::Group;
use crate::message::WireMessage;
use crate::message::layout::Body;
use crate::text_fields::VarText;
use rialto_types::{
    AccountId, AccountState, AssetId, ClientSeq, CommandKind, InstrumentId, KeyId, RejectReason,
    ReportSeq, Seq, SourceId, Timestamp,
};

/// Exchange to administrator: an administrative command was done, with the ids it was given, or
/// refused by the core. Goes to all sessions of administrators.
///
/// Template id 112, a block of 86 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AdminReport {
    /// The command that caused this.
    pub core_seq: Seq,
    /// The place of the event among those of the command, from 0.
    pub event_index: u32,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The number of this report to the account; null when it is not numbered.
    pub report_seq: Option<ReportSeq>,
    /// The API key that asked; null when nobody outside the exchange did.
    pub key_id: Option<KeyId>,
    /// That key's number for the request.
    pub client_seq: Option<ClientSeq>,
    /// What was asked for.
    pub command: Code<CommandKind>,
    /// The account created, or that the command named.
    pub account_id: Option<AccountId>,
    /// The instrument listed, or that the command named.
    pub instrument_id: Option<InstrumentId>,
    /// The key added or revoked.
    pub affected_key_id: Option<KeyId>,
    /// Transfer: the source's number.
    pub transfer_seq: Option<u64>,
    /// CancelOrders: how many orders were cancelled.
    pub cancelled_count: Option<u32>,
    /// The asset added, or that the command named.
    pub asset_id: Option<AssetId>,
    /// Transfer: who sent it.
    pub source_id: Option<SourceId>,
    /// Why it was refused; null when it was done.
    pub reject_reason: Option<Code<RejectReason>>,
    /// The offending value, as the reject reason states; otherwise 0.
    pub value: i64,
    /// What it violates, as the reject reason states; otherwise 0.
    pub limit: i64,
    /// For people: what was wrong and what would be right. May be empty.
    pub text: VarText,
}

impl Body for AdminReport {
    #[inline]
    fn variable_len(&self) -> usize {
        2 + self.text.len()
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<86>();
        self.core_seq.put(&mut block[0..8]);
        self.event_index.put(&mut block[8..12]);
        self.transact_time.put(&mut block[12..20]);
        self.report_seq.put(&mut block[20..28]);
        self.key_id.put(&mut block[28..32]);
        self.client_seq.put(&mut block[32..40]);
        self.command.put(&mut block[40..41]);
        self.account_id.put(&mut block[41..45]);
        self.instrument_id.put(&mut block[45..49]);
        self.affected_key_id.put(&mut block[49..53]);
        self.transfer_seq.put(&mut block[53..61]);
        self.cancelled_count.put(&mut block[61..65]);
        self.asset_id.put(&mut block[65..67]);
        self.source_id.put(&mut block[67..69]);
        self.reject_reason.put(&mut block[69..70]);
        self.value.put(&mut block[70..78]);
        self.limit.put(&mut block[78..86]);
        writer.text(&self.text);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(86)?;
        Ok(Self {
            core_seq: Field::get(&block[0..8]),
            event_index: Field::get(&block[8..12]),
            transact_time: Field::get(&block[12..20]),
            report_seq: Field::get(&block[20..28]),
            key_id: Field::get(&block[28..32]),
            client_seq: Field::get(&block[32..40]),
            command: Field::get(&block[40..41]),
            account_id: Field::get(&block[41..45]),
            instrument_id: Field::get(&block[45..49]),
            affected_key_id: Field::get(&block[49..53]),
            transfer_seq: Field::get(&block[53..61]),
            cancelled_count: Field::get(&block[61..65]),
            asset_id: Field::get(&block[65..67]),
            source_id: Field::get(&block[67..69]),
            reject_reason: Field::get(&block[69..70]),
            value: Field::get(&block[70..78]),
            limit: Field::get(&block[78..86]),
            text: reader.text()?,
        })
    }
}

impl WireMessage for AdminReport {
    const NAME: &'static str = "AdminReport";
    const TEMPLATE_ID: u16 = 112;
    const BLOCK_LENGTH: u16 = 86;
}

/// Administrator to exchange: accounts in ascending order. Answered by AccountDetails for each.
///
/// Template id 113, a block of 14 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct AccountsRequest {
    /// The client's number for this question, echoed in the answer.
    pub request_id: u64,
    /// From this one on; 0 is the venue itself.
    pub first_account_id: AccountId,
    /// At most so many; null: 1,000, which is also the most.
    pub max_count: Option<u16>,
}

impl Body for AccountsRequest {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<14>();
        self.request_id.put(&mut block[0..8]);
        self.first_account_id.put(&mut block[8..12]);
        self.max_count.put(&mut block[12..14]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(14)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            first_account_id: Field::get(&block[8..12]),
            max_count: Field::get(&block[12..14]),
        })
    }
}

impl WireMessage for AccountsRequest {
    const NAME: &'static str = "AccountsRequest";
    const TEMPLATE_ID: u16 = 113;
    const BLOCK_LENGTH: u16 = 14;
}

/// Exchange to administrator: one account. Balances that do not fit in one message follow in
/// further ones of the same account.
///
/// Template id 114, a block of 26 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AccountDetails {
    /// As in the question.
    pub request_id: u64,
    /// Which.
    pub account_id: AccountId,
    /// As of this command.
    pub core_seq: Seq,
    /// Its open orders, waiting stops included.
    pub open_order_count: u32,
    /// What it may do.
    pub account_state: Code<AccountState>,
    /// The place of this message in the answer.
    pub list_flags: ListFlags,
    /// The balances. At most 817.
    pub balances: Group<Balance, 817>,
}

impl AccountDetails {
    /// The most entries of `balances` in one message.
    pub const BALANCES_MAX: usize = 817;
}

impl Body for AccountDetails {
    #[inline]
    fn variable_len(&self) -> usize {
        4 + self.balances.len() * 20
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<26>();
        self.request_id.put(&mut block[0..8]);
        self.account_id.put(&mut block[8..12]);
        self.core_seq.put(&mut block[12..20]);
        self.open_order_count.put(&mut block[20..24]);
        self.account_state.put(&mut block[24..25]);
        self.list_flags.put(&mut block[25..26]);
        writer.group(&self.balances);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(26)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            account_id: Field::get(&block[8..12]),
            core_seq: Field::get(&block[12..20]),
            open_order_count: Field::get(&block[20..24]),
            account_state: Field::get(&block[24..25]),
            list_flags: Field::get(&block[25..26]),
            balances: reader.group()?,
        })
    }
}

impl WireMessage for AccountDetails {
    const NAME: &'static str = "AccountDetails";
    const TEMPLATE_ID: u16 = 114;
    const BLOCK_LENGTH: u16 = 26;
}

/// Administrator to exchange: API keys in ascending order. Answered by KeyDetails for each.
///
/// Template id 115, a block of 18 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct KeysRequest {
    /// The client's number for this question, echoed in the answer.
    pub request_id: u64,
    /// From this one on.
    pub first_key_id: KeyId,
    /// Only this account's; null: all.
    pub account_id: Option<AccountId>,
    /// At most so many; null: 1,000, which is also the most.
    pub max_count: Option<u16>,
}

impl Body for KeysRequest {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<18>();
        self.request_id.put(&mut block[0..8]);
        self.first_key_id.put(&mut block[8..12]);
        self.account_id.put(&mut block[12..16]);
        self.max_count.put(&mut block[16..18]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(18)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            first_key_id: Field::get(&block[8..12]),
            account_id: Field::get(&block[12..16]),
            max_count: Field::get(&block[16..18]),
        })
    }
}

impl WireMessage for KeysRequest {
    const NAME: &'static str = "KeysRequest";
    const TEMPLATE_ID: u16 = 115;
    const BLOCK_LENGTH: u16 = 18;
}

/// Exchange to administrator: one API key.
///
/// Template id 116, a block of 110 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy)]
pub struct KeyDetails {
    /// As in the question.
    pub request_id: u64,
    /// Which.
    pub key_id: KeyId,
    /// For whom it acts.
    pub account_id: AccountId,
    /// The highest client sequence applied; 0 when none.
    pub highest_client_seq: ClientSeq,
    /// What it may do.
    pub permissions: Permissions,
    /// Its state.
    pub key_flags: KeyFlags,
    /// The place of this message in the answer.
    pub list_flags: ListFlags,
    /// What its logon is verified with.
    pub public_key: [u8; 32],
    /// Where it may log on from.
    pub networks: [u8; 51],
}

#[expect(clippy::default_trait_access, reason = "the types stand above")]
impl Default for KeyDetails {
    fn default() -> Self {
        Self {
            request_id: Default::default(),
            key_id: Default::default(),
            account_id: Default::default(),
            highest_client_seq: Default::default(),
            permissions: Default::default(),
            key_flags: Default::default(),
            list_flags: Default::default(),
            public_key: Default::default(),
            networks: [0; 51],
        }
    }
}

impl Body for KeyDetails {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<110>();
        self.request_id.put(&mut block[0..8]);
        self.key_id.put(&mut block[8..12]);
        self.account_id.put(&mut block[12..16]);
        self.highest_client_seq.put(&mut block[16..24]);
        self.permissions.put(&mut block[24..25]);
        self.key_flags.put(&mut block[25..26]);
        self.list_flags.put(&mut block[26..27]);
        self.public_key.put(&mut block[27..59]);
        self.networks.put(&mut block[59..110]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(110)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            key_id: Field::get(&block[8..12]),
            account_id: Field::get(&block[12..16]),
            highest_client_seq: Field::get(&block[16..24]),
            permissions: Field::get(&block[24..25]),
            key_flags: Field::get(&block[25..26]),
            list_flags: Field::get(&block[26..27]),
            public_key: Field::get(&block[27..59]),
            networks: Field::get(&block[59..110]),
        })
    }
}

impl WireMessage for KeyDetails {
    const NAME: &'static str = "KeyDetails";
    const TEMPLATE_ID: u16 = 116;
    const BLOCK_LENGTH: u16 = 110;
}

/// Administrator to exchange: how far has a source of transfers come? Answered by TransferSource.
///
/// Template id 117, a block of 10 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct TransferSourceRequest {
    /// The client's number for this question, echoed in the answer.
    pub request_id: u64,
    /// Which.
    pub source_id: SourceId,
}

impl Body for TransferSourceRequest {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<10>();
        self.request_id.put(&mut block[0..8]);
        self.source_id.put(&mut block[8..10]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(10)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            source_id: Field::get(&block[8..10]),
        })
    }
}

impl WireMessage for TransferSourceRequest {
    const NAME: &'static str = "TransferSourceRequest";
    const TEMPLATE_ID: u16 = 117;
    const BLOCK_LENGTH: u16 = 10;
}

/// Exchange to administrator: the last transfer of a source.
///
/// Template id 118, a block of 26 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct TransferSource {
    /// As in the question.
    pub request_id: u64,
    /// As of this command.
    pub core_seq: Seq,
    /// The last number applied; 0 when none: the next is one more.
    pub last_transfer_seq: u64,
    /// Which.
    pub source_id: SourceId,
}

impl Body for TransferSource {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<26>();
        self.request_id.put(&mut block[0..8]);
        self.core_seq.put(&mut block[8..16]);
        self.last_transfer_seq.put(&mut block[16..24]);
        self.source_id.put(&mut block[24..26]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(26)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            core_seq: Field::get(&block[8..16]),
            last_transfer_seq: Field::get(&block[16..24]),
            source_id: Field::get(&block[24..26]),
        })
    }
}

impl WireMessage for TransferSource {
    const NAME: &'static str = "TransferSource";
    const TEMPLATE_ID: u16 = 118;
    const BLOCK_LENGTH: u16 = 26;
}
