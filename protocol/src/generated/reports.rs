//! Reports: what happened to the orders and balances of an account.
//!
//! Generated from `schema/rialto.xml` by `cargo xtask codegen`; changes here are lost.

use super::{
    Boolean, ExecType, Liquidity, ListFlags, OrderFlags, OrderState, OrderType, ReportFlags,
    TimeInForce,
};
use crate::code::Code;
use crate::codec::{Entry, Field, Reader, Writer};
use crate::decimal::{Decimal, Scaled};
use crate::error::DecodeError;
use crate::group::Group;
use crate::message::WireMessage;
use crate::message::layout::Body;
use crate::text_fields::{Text, VarText};
use rialto_types::{
    AccountId, AssetId, CancelReason, ClientSeq, InstrumentId, KeyId, OrderId, RejectReason,
    ReportSeq, Seq, Side, SourceId, StpMode, Timestamp, TradeId,
};

/// Exchange to client: something happened to an order, or a request about an order was refused by
/// the core. A field that does not apply, or that a refusal does not know, is null.
///
/// Template id 40, a block of 244 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ExecutionReport {
    /// The command that caused this.
    pub core_seq: Seq,
    /// The place of the event among those of the command, from 0.
    pub event_index: u32,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The number of this report to the account; null when it is not numbered.
    pub report_seq: Option<ReportSeq>,
    /// Whose order it is.
    pub account_id: AccountId,
    /// Where.
    pub instrument_id: Option<InstrumentId>,
    /// The API key that asked; null when nobody outside the exchange did.
    pub key_id: Option<KeyId>,
    /// That key's number for the request.
    pub client_seq: Option<ClientSeq>,
    /// The order; null when it was refused before it got one.
    pub order_id: Option<OrderId>,
    /// The limit price.
    pub price: Option<Decimal>,
    /// The trigger.
    pub stop_price: Option<Decimal>,
    /// The total quantity, as placed or last replaced; null for an order by quote amount.
    pub order_quantity: Option<Decimal>,
    /// The quote amount that the order is for; null for an order by quantity.
    pub quote_amount: Option<Decimal>,
    /// When it expires.
    pub expiry: Option<Timestamp>,
    /// Trade: how much.
    pub last_quantity: Option<Decimal>,
    /// Trade: at which price.
    pub last_price: Option<Decimal>,
    /// Trade: price × quantity.
    pub last_quote_amount: Option<Scaled>,
    /// Trade: its number; the two orders of a trade report the same.
    pub trade_id: Option<TradeId>,
    /// Trade: the fee, taken from what the order receives.
    pub fee_amount: Option<Scaled>,
    /// Trade: what the fee is taken in; the base asset for a buy, the quote asset for a sell.
    pub fee_asset_id: Option<AssetId>,
    /// What is filled so far.
    pub cumulative_quantity: Option<Scaled>,
    /// What the fills so far cost or brought in, before fees, in the quote asset.
    pub cumulative_quote: Option<Scaled>,
    /// Cumulative quote / cumulative quantity, rounded down to 10^-8; null when nothing is filled.
    pub average_price: Option<Decimal>,
    /// What is still open; 0 when the order is closed. Null for an order by quote amount.
    pub leaves_quantity: Option<Decimal>,
    /// What is still open of the quote amount; 0 when the order is closed. Null for an order by
    /// quantity.
    pub leaves_quote: Option<Decimal>,
    /// What this report says.
    pub exec_type: Code<ExecType>,
    /// Where the order stands after it; null in a CancelRejected or ReplaceRejected.
    pub order_status: Option<Code<OrderState>>,
    /// Buy or sell.
    pub side: Option<Code<Side>>,
    /// The kind.
    pub order_type: Option<Code<OrderType>>,
    /// How long it stays.
    pub time_in_force: Option<Code<TimeInForce>>,
    /// Self-trade prevention.
    pub stp_mode: Option<Code<StpMode>>,
    /// Trade: maker or taker.
    pub liquidity: Option<Code<Liquidity>>,
    /// Further facts.
    pub report_flags: ReportFlags,
    /// Cancelled and Expired: why.
    pub cancel_reason: Option<Code<CancelReason>>,
    /// Rejected, CancelRejected and ReplaceRejected: why.
    pub reject_reason: Option<Code<RejectReason>>,
    /// The offending value, as the reject reason states; otherwise 0.
    pub value: i64,
    /// What it violates, as the reject reason states; otherwise 0.
    pub limit: i64,
    /// The client's name for the order, if it has one.
    pub client_order_id: Text<36>,
    /// For people: what was wrong and what would be right. May be empty.
    pub text: VarText,
}

impl Body for ExecutionReport {
    #[inline]
    fn variable_len(&self) -> usize {
        2 + self.text.len()
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<244>();
        self.core_seq.put(&mut block[0..8]);
        self.event_index.put(&mut block[8..12]);
        self.transact_time.put(&mut block[12..20]);
        self.report_seq.put(&mut block[20..28]);
        self.account_id.put(&mut block[28..32]);
        self.instrument_id.put(&mut block[32..36]);
        self.key_id.put(&mut block[36..40]);
        self.client_seq.put(&mut block[40..48]);
        self.order_id.put(&mut block[48..56]);
        self.price.put(&mut block[56..64]);
        self.stop_price.put(&mut block[64..72]);
        self.order_quantity.put(&mut block[72..80]);
        self.quote_amount.put(&mut block[80..88]);
        self.expiry.put(&mut block[88..96]);
        self.last_quantity.put(&mut block[96..104]);
        self.last_price.put(&mut block[104..112]);
        self.last_quote_amount.put(&mut block[112..121]);
        self.trade_id.put(&mut block[121..129]);
        self.fee_amount.put(&mut block[129..138]);
        self.fee_asset_id.put(&mut block[138..140]);
        self.cumulative_quantity.put(&mut block[140..149]);
        self.cumulative_quote.put(&mut block[149..158]);
        self.average_price.put(&mut block[158..166]);
        self.leaves_quantity.put(&mut block[166..174]);
        self.leaves_quote.put(&mut block[174..182]);
        self.exec_type.put(&mut block[182..183]);
        self.order_status.put(&mut block[183..184]);
        self.side.put(&mut block[184..185]);
        self.order_type.put(&mut block[185..186]);
        self.time_in_force.put(&mut block[186..187]);
        self.stp_mode.put(&mut block[187..188]);
        self.liquidity.put(&mut block[188..189]);
        self.report_flags.put(&mut block[189..190]);
        self.cancel_reason.put(&mut block[190..191]);
        self.reject_reason.put(&mut block[191..192]);
        self.value.put(&mut block[192..200]);
        self.limit.put(&mut block[200..208]);
        self.client_order_id.put(&mut block[208..244]);
        writer.text(&self.text);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(244)?;
        Ok(Self {
            core_seq: Field::get(&block[0..8]),
            event_index: Field::get(&block[8..12]),
            transact_time: Field::get(&block[12..20]),
            report_seq: Field::get(&block[20..28]),
            account_id: Field::get(&block[28..32]),
            instrument_id: Field::get(&block[32..36]),
            key_id: Field::get(&block[36..40]),
            client_seq: Field::get(&block[40..48]),
            order_id: Field::get(&block[48..56]),
            price: Field::get(&block[56..64]),
            stop_price: Field::get(&block[64..72]),
            order_quantity: Field::get(&block[72..80]),
            quote_amount: Field::get(&block[80..88]),
            expiry: Field::get(&block[88..96]),
            last_quantity: Field::get(&block[96..104]),
            last_price: Field::get(&block[104..112]),
            last_quote_amount: Field::get(&block[112..121]),
            trade_id: Field::get(&block[121..129]),
            fee_amount: Field::get(&block[129..138]),
            fee_asset_id: Field::get(&block[138..140]),
            cumulative_quantity: Field::get(&block[140..149]),
            cumulative_quote: Field::get(&block[149..158]),
            average_price: Field::get(&block[158..166]),
            leaves_quantity: Field::get(&block[166..174]),
            leaves_quote: Field::get(&block[174..182]),
            exec_type: Field::get(&block[182..183]),
            order_status: Field::get(&block[183..184]),
            side: Field::get(&block[184..185]),
            order_type: Field::get(&block[185..186]),
            time_in_force: Field::get(&block[186..187]),
            stp_mode: Field::get(&block[187..188]),
            liquidity: Field::get(&block[188..189]),
            report_flags: Field::get(&block[189..190]),
            cancel_reason: Field::get(&block[190..191]),
            reject_reason: Field::get(&block[191..192]),
            value: Field::get(&block[192..200]),
            limit: Field::get(&block[200..208]),
            client_order_id: Field::get(&block[208..244]),
            text: reader.text()?,
        })
    }
}

impl WireMessage for ExecutionReport {
    const NAME: &'static str = "ExecutionReport";
    const TEMPLATE_ID: u16 = 40;
    const BLOCK_LENGTH: u16 = 244;
}

/// Exchange to client: one open order, as the answer to OrderStatusRequest or OpenOrdersRequest.
/// Without the flag Found there is no such order, or no open order at all.
///
/// Template id 41, a block of 177 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct OrderStatus {
    /// As in the question.
    pub request_id: u64,
    /// Whose.
    pub account_id: AccountId,
    /// This message includes what all reports up to this number say, and no later one.
    pub last_report_seq: ReportSeq,
    /// This message is as of this command.
    pub core_seq: Seq,
    /// The order.
    pub order_id: Option<OrderId>,
    /// Where.
    pub instrument_id: Option<InstrumentId>,
    /// The API key that placed it.
    pub key_id: Option<KeyId>,
    /// When it was accepted.
    pub accepted_time: Option<Timestamp>,
    /// The limit price.
    pub price: Option<Decimal>,
    /// The trigger.
    pub stop_price: Option<Decimal>,
    /// The total quantity, as placed or last replaced; null for an order by quote amount.
    pub order_quantity: Option<Decimal>,
    /// The quote amount that the order is for; null for an order by quantity.
    pub quote_amount: Option<Decimal>,
    /// When it expires.
    pub expiry: Option<Timestamp>,
    /// What is filled so far.
    pub cumulative_quantity: Option<Scaled>,
    /// What the fills so far cost or brought in, before fees, in the quote asset.
    pub cumulative_quote: Option<Scaled>,
    /// Cumulative quote / cumulative quantity, rounded down to 10^-8; null when nothing is filled.
    pub average_price: Option<Decimal>,
    /// What is still open; 0 when the order is closed. Null for an order by quote amount.
    pub leaves_quantity: Option<Decimal>,
    /// What is still open of the quote amount; 0 when the order is closed. Null for an order by
    /// quantity.
    pub leaves_quote: Option<Decimal>,
    /// The place of this message in the answer.
    pub list_flags: ListFlags,
    /// Where it stands: New, PartiallyFilled or Waiting.
    pub order_status: Option<Code<OrderState>>,
    /// Buy or sell.
    pub side: Option<Code<Side>>,
    /// The kind.
    pub order_type: Option<Code<OrderType>>,
    /// How long it stays.
    pub time_in_force: Option<Code<TimeInForce>>,
    /// Self-trade prevention.
    pub stp_mode: Option<Code<StpMode>>,
    /// Further terms.
    pub order_flags: OrderFlags,
    /// The client's name for the order, if it has one.
    pub client_order_id: Text<36>,
}

impl Body for OrderStatus {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<177>();
        self.request_id.put(&mut block[0..8]);
        self.account_id.put(&mut block[8..12]);
        self.last_report_seq.put(&mut block[12..20]);
        self.core_seq.put(&mut block[20..28]);
        self.order_id.put(&mut block[28..36]);
        self.instrument_id.put(&mut block[36..40]);
        self.key_id.put(&mut block[40..44]);
        self.accepted_time.put(&mut block[44..52]);
        self.price.put(&mut block[52..60]);
        self.stop_price.put(&mut block[60..68]);
        self.order_quantity.put(&mut block[68..76]);
        self.quote_amount.put(&mut block[76..84]);
        self.expiry.put(&mut block[84..92]);
        self.cumulative_quantity.put(&mut block[92..101]);
        self.cumulative_quote.put(&mut block[101..110]);
        self.average_price.put(&mut block[110..118]);
        self.leaves_quantity.put(&mut block[118..126]);
        self.leaves_quote.put(&mut block[126..134]);
        self.list_flags.put(&mut block[134..135]);
        self.order_status.put(&mut block[135..136]);
        self.side.put(&mut block[136..137]);
        self.order_type.put(&mut block[137..138]);
        self.time_in_force.put(&mut block[138..139]);
        self.stp_mode.put(&mut block[139..140]);
        self.order_flags.put(&mut block[140..141]);
        self.client_order_id.put(&mut block[141..177]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(177)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            account_id: Field::get(&block[8..12]),
            last_report_seq: Field::get(&block[12..20]),
            core_seq: Field::get(&block[20..28]),
            order_id: Field::get(&block[28..36]),
            instrument_id: Field::get(&block[36..40]),
            key_id: Field::get(&block[40..44]),
            accepted_time: Field::get(&block[44..52]),
            price: Field::get(&block[52..60]),
            stop_price: Field::get(&block[60..68]),
            order_quantity: Field::get(&block[68..76]),
            quote_amount: Field::get(&block[76..84]),
            expiry: Field::get(&block[84..92]),
            cumulative_quantity: Field::get(&block[92..101]),
            cumulative_quote: Field::get(&block[101..110]),
            average_price: Field::get(&block[110..118]),
            leaves_quantity: Field::get(&block[118..126]),
            leaves_quote: Field::get(&block[126..134]),
            list_flags: Field::get(&block[134..135]),
            order_status: Field::get(&block[135..136]),
            side: Field::get(&block[136..137]),
            order_type: Field::get(&block[137..138]),
            time_in_force: Field::get(&block[138..139]),
            stp_mode: Field::get(&block[139..140]),
            order_flags: Field::get(&block[140..141]),
            client_order_id: Field::get(&block[141..177]),
        })
    }
}

impl WireMessage for OrderStatus {
    const NAME: &'static str = "OrderStatus";
    const TEMPLATE_ID: u16 = 41;
    const BLOCK_LENGTH: u16 = 177;
}

/// An entry of the group balances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Of what.
    pub asset_id: AssetId,
    /// Free to be used.
    pub available: Scaled,
    /// Reserved for open orders.
    pub held: Scaled,
}

impl Entry for Balance {
    const BLOCK_LENGTH: usize = 20;
    const MINIMUM: usize = 20;

    #[inline]
    fn get(block: &[u8]) -> Self {
        Self {
            asset_id: Field::get(&block[0..2]),
            available: Field::get(&block[2..11]),
            held: Field::get(&block[11..20]),
        }
    }

    #[inline]
    fn put(&self, block: &mut [u8]) {
        self.asset_id.put(&mut block[0..2]);
        self.available.put(&mut block[2..11]);
        self.held.put(&mut block[11..20]);
    }
}

/// Exchange to client: balances of an account, as the answer to BalancesRequest. Assets that the
/// account never had are left out.
///
/// Template id 42, a block of 29 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Balances {
    /// As in the question.
    pub request_id: u64,
    /// Whose.
    pub account_id: AccountId,
    /// This message includes what all reports up to this number say, and no later one.
    pub last_report_seq: ReportSeq,
    /// This message is as of this command.
    pub core_seq: Seq,
    /// The place of this message in the answer.
    pub list_flags: ListFlags,
    /// The balances. At most 817.
    pub balances: Group<Balance, 817>,
}

impl Balances {
    /// The most entries of `balances` in one message.
    pub const BALANCES_MAX: usize = 817;
}

impl Body for Balances {
    #[inline]
    fn variable_len(&self) -> usize {
        4 + self.balances.len() * 20
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<29>();
        self.request_id.put(&mut block[0..8]);
        self.account_id.put(&mut block[8..12]);
        self.last_report_seq.put(&mut block[12..20]);
        self.core_seq.put(&mut block[20..28]);
        self.list_flags.put(&mut block[28..29]);
        writer.group(&self.balances);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(29)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            account_id: Field::get(&block[8..12]),
            last_report_seq: Field::get(&block[12..20]),
            core_seq: Field::get(&block[20..28]),
            list_flags: Field::get(&block[28..29]),
            balances: reader.group()?,
        })
    }
}

impl WireMessage for Balances {
    const NAME: &'static str = "Balances";
    const TEMPLATE_ID: u16 = 42;
    const BLOCK_LENGTH: u16 = 29;
}

/// Exchange to client: balances that a command has changed, once after all its reports. Not
/// numbered: what it says follows from the reports.
///
/// Template id 43, a block of 20 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BalanceUpdate {
    /// Whose.
    pub account_id: AccountId,
    /// The command that caused this.
    pub core_seq: Seq,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The balances that changed. At most 817.
    pub balances: Group<Balance, 817>,
}

impl BalanceUpdate {
    /// The most entries of `balances` in one message.
    pub const BALANCES_MAX: usize = 817;
}

impl Body for BalanceUpdate {
    #[inline]
    fn variable_len(&self) -> usize {
        4 + self.balances.len() * 20
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<20>();
        self.account_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.transact_time.put(&mut block[12..20]);
        writer.group(&self.balances);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(20)?;
        Ok(Self {
            account_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            transact_time: Field::get(&block[12..20]),
            balances: reader.group()?,
        })
    }
}

impl WireMessage for BalanceUpdate {
    const NAME: &'static str = "BalanceUpdate";
    const TEMPLATE_ID: u16 = 43;
    const BLOCK_LENGTH: u16 = 20;
}

/// Exchange to client: a MassCancel is done, after the reports of the orders it cancelled; or the
/// core refused it.
///
/// Template id 44, a block of 65 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MassCancelReport {
    /// The command that caused this.
    pub core_seq: Seq,
    /// The place of the event among those of the command, from 0.
    pub event_index: u32,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The number of this report to the account; null when it is not numbered.
    pub report_seq: Option<ReportSeq>,
    /// Whose orders; 0 for an administrator.
    pub account_id: AccountId,
    /// The API key that asked; null when nobody outside the exchange did.
    pub key_id: Option<KeyId>,
    /// That key's number for the request.
    pub client_seq: Option<ClientSeq>,
    /// How many orders were cancelled; null when it was refused.
    pub cancelled_count: Option<u32>,
    /// Why it was refused; null when it was done.
    pub reject_reason: Option<Code<RejectReason>>,
    /// The offending value, as the reject reason states; otherwise 0.
    pub value: i64,
    /// What it violates, as the reject reason states; otherwise 0.
    pub limit: i64,
    /// For people: what was wrong and what would be right. May be empty.
    pub text: VarText,
}

impl Body for MassCancelReport {
    #[inline]
    fn variable_len(&self) -> usize {
        2 + self.text.len()
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<65>();
        self.core_seq.put(&mut block[0..8]);
        self.event_index.put(&mut block[8..12]);
        self.transact_time.put(&mut block[12..20]);
        self.report_seq.put(&mut block[20..28]);
        self.account_id.put(&mut block[28..32]);
        self.key_id.put(&mut block[32..36]);
        self.client_seq.put(&mut block[36..44]);
        self.cancelled_count.put(&mut block[44..48]);
        self.reject_reason.put(&mut block[48..49]);
        self.value.put(&mut block[49..57]);
        self.limit.put(&mut block[57..65]);
        writer.text(&self.text);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(65)?;
        Ok(Self {
            core_seq: Field::get(&block[0..8]),
            event_index: Field::get(&block[8..12]),
            transact_time: Field::get(&block[12..20]),
            report_seq: Field::get(&block[20..28]),
            account_id: Field::get(&block[28..32]),
            key_id: Field::get(&block[32..36]),
            client_seq: Field::get(&block[36..44]),
            cancelled_count: Field::get(&block[44..48]),
            reject_reason: Field::get(&block[48..49]),
            value: Field::get(&block[49..57]),
            limit: Field::get(&block[57..65]),
            text: reader.text()?,
        })
    }
}

impl WireMessage for MassCancelReport {
    const NAME: &'static str = "MassCancelReport";
    const TEMPLATE_ID: u16 = 44;
    const BLOCK_LENGTH: u16 = 65;
}

/// Exchange to client: funds were moved into or out of the account.
///
/// Template id 45, a block of 53 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct TransferReport {
    /// The command that caused this.
    pub core_seq: Seq,
    /// The place of the event among those of the command, from 0.
    pub event_index: u32,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The number of this report to the account; null when it is not numbered.
    pub report_seq: Option<ReportSeq>,
    /// Whose balance.
    pub account_id: AccountId,
    /// How much; negative out of the account.
    pub amount: Scaled,
    /// Of what.
    pub asset_id: AssetId,
    /// Who sent it.
    pub source_id: SourceId,
    /// The source's number for it.
    pub transfer_seq: u64,
}

impl Body for TransferReport {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<53>();
        self.core_seq.put(&mut block[0..8]);
        self.event_index.put(&mut block[8..12]);
        self.transact_time.put(&mut block[12..20]);
        self.report_seq.put(&mut block[20..28]);
        self.account_id.put(&mut block[28..32]);
        self.amount.put(&mut block[32..41]);
        self.asset_id.put(&mut block[41..43]);
        self.source_id.put(&mut block[43..45]);
        self.transfer_seq.put(&mut block[45..53]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(53)?;
        Ok(Self {
            core_seq: Field::get(&block[0..8]),
            event_index: Field::get(&block[8..12]),
            transact_time: Field::get(&block[12..20]),
            report_seq: Field::get(&block[20..28]),
            account_id: Field::get(&block[28..32]),
            amount: Field::get(&block[32..41]),
            asset_id: Field::get(&block[41..43]),
            source_id: Field::get(&block[43..45]),
            transfer_seq: Field::get(&block[45..53]),
        })
    }
}

impl WireMessage for TransferReport {
    const NAME: &'static str = "TransferReport";
    const TEMPLATE_ID: u16 = 45;
    const BLOCK_LENGTH: u16 = 53;
}

/// Exchange to client: cancel-on-disconnect was armed or disarmed, or the core refused it. Numbered
/// only when refused.
///
/// Template id 46, a block of 62 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CancelOnDisconnectReport {
    /// The command that caused this.
    pub core_seq: Seq,
    /// The place of the event among those of the command, from 0.
    pub event_index: u32,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The number of this report to the account; null when it is not numbered.
    pub report_seq: Option<ReportSeq>,
    /// Whose key.
    pub account_id: AccountId,
    /// The API key that asked; null when nobody outside the exchange did.
    pub key_id: Option<KeyId>,
    /// That key's number for the request.
    pub client_seq: Option<ClientSeq>,
    /// Whether it is armed now; null when it was refused.
    pub armed: Option<Code<Boolean>>,
    /// Why it was refused; null when it was done.
    pub reject_reason: Option<Code<RejectReason>>,
    /// The offending value, as the reject reason states; otherwise 0.
    pub value: i64,
    /// What it violates, as the reject reason states; otherwise 0.
    pub limit: i64,
    /// For people: what was wrong and what would be right. May be empty.
    pub text: VarText,
}

impl Body for CancelOnDisconnectReport {
    #[inline]
    fn variable_len(&self) -> usize {
        2 + self.text.len()
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<62>();
        self.core_seq.put(&mut block[0..8]);
        self.event_index.put(&mut block[8..12]);
        self.transact_time.put(&mut block[12..20]);
        self.report_seq.put(&mut block[20..28]);
        self.account_id.put(&mut block[28..32]);
        self.key_id.put(&mut block[32..36]);
        self.client_seq.put(&mut block[36..44]);
        self.armed.put(&mut block[44..45]);
        self.reject_reason.put(&mut block[45..46]);
        self.value.put(&mut block[46..54]);
        self.limit.put(&mut block[54..62]);
        writer.text(&self.text);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(62)?;
        Ok(Self {
            core_seq: Field::get(&block[0..8]),
            event_index: Field::get(&block[8..12]),
            transact_time: Field::get(&block[12..20]),
            report_seq: Field::get(&block[20..28]),
            account_id: Field::get(&block[28..32]),
            key_id: Field::get(&block[32..36]),
            client_seq: Field::get(&block[36..44]),
            armed: Field::get(&block[44..45]),
            reject_reason: Field::get(&block[45..46]),
            value: Field::get(&block[46..54]),
            limit: Field::get(&block[54..62]),
            text: reader.text()?,
        })
    }
}

impl WireMessage for CancelOnDisconnectReport {
    const NAME: &'static str = "CancelOnDisconnectReport";
    const TEMPLATE_ID: u16 = 46;
    const BLOCK_LENGTH: u16 = 62;
}

/// Exchange to client, when the logon asked for it: where the time of one command went, from its
/// frame's arrival until the frame with its first report was written to the socket. Commands come
/// without one when the exchange follows too many others.
///
/// Template id 47, a block of 56 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct StageTimes {
    /// The command: the number that the session's key gave it.
    pub client_seq: ClientSeq,
    /// Until the gate had checked it.
    pub gate: u64,
    /// Until the core took it out of the command ring.
    pub ring_in: u64,
    /// Until it was applied; its record in the journal included when acknowledgements do not wait
    /// for the disk.
    pub core: u64,
    /// Until the disk had it; 0 when acknowledgements do not wait for that.
    pub journal: u64,
    /// Until the publisher took its first event out of the event ring.
    pub ring_out: u64,
    /// Until the frame with its first report was written to the socket.
    pub send: u64,
}

impl Body for StageTimes {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<56>();
        self.client_seq.put(&mut block[0..8]);
        self.gate.put(&mut block[8..16]);
        self.ring_in.put(&mut block[16..24]);
        self.core.put(&mut block[24..32]);
        self.journal.put(&mut block[32..40]);
        self.ring_out.put(&mut block[40..48]);
        self.send.put(&mut block[48..56]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(56)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            gate: Field::get(&block[8..16]),
            ring_in: Field::get(&block[16..24]),
            core: Field::get(&block[24..32]),
            journal: Field::get(&block[32..40]),
            ring_out: Field::get(&block[40..48]),
            send: Field::get(&block[48..56]),
        })
    }
}

impl WireMessage for StageTimes {
    const NAME: &'static str = "StageTimes";
    const TEMPLATE_ID: u16 = 47;
    const BLOCK_LENGTH: u16 = 56;
}
