//! Order entry: what a trader sends.
//!
//! Generated from `schema/rialto.xml` by `cargo xtask codegen`; changes here are lost.

use super::{Boolean, OrderFlags, OrderType, TimeInForce};
use crate::code::Code;
use crate::codec::{Field, Reader, Writer};
use crate::decimal::Decimal;
use crate::error::DecodeError;
use crate::message::WireMessage;
use crate::message::layout::Body;
use crate::text_fields::Text;
use rialto_types::{AccountId, ClientSeq, InstrumentId, OrderId, Side, StpMode, Timestamp};

/// Client to exchange: place an order. Which fields a kind of order needs is stated in
/// docs/PROTOCOL.md.
///
/// Template id 20, a block of 93 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct NewOrder {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// The limit price: limit and stop-limit orders.
    pub price: Option<Decimal>,
    /// The trigger: stop-market and stop-limit orders.
    pub stop_price: Option<Decimal>,
    /// How much of the base asset.
    pub quantity: Option<Decimal>,
    /// Instead of the quantity, for market and stop-market orders: how much of the quote asset at
    /// most.
    pub quote_amount: Option<Decimal>,
    /// When the order expires: Gtd only.
    pub expiry: Option<Timestamp>,
    /// Where.
    pub instrument_id: InstrumentId,
    /// Buy or sell.
    pub side: Code<Side>,
    /// The kind.
    pub order_type: Code<OrderType>,
    /// How long it stays: needed by limit and stop-limit orders. Otherwise null, or what holds
    /// anyway: Ioc for market, Gtc for stop-market orders.
    pub time_in_force: Option<Code<TimeInForce>>,
    /// Self-trade prevention; null is CancelTaker.
    pub stp_mode: Option<Code<StpMode>>,
    /// Further terms.
    pub order_flags: OrderFlags,
    /// The client's name for the order, unique among the account's open orders; may be none.
    pub client_order_id: Text<36>,
}

impl Body for NewOrder {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<93>();
        self.client_seq.put(&mut block[0..8]);
        self.price.put(&mut block[8..16]);
        self.stop_price.put(&mut block[16..24]);
        self.quantity.put(&mut block[24..32]);
        self.quote_amount.put(&mut block[32..40]);
        self.expiry.put(&mut block[40..48]);
        self.instrument_id.put(&mut block[48..52]);
        self.side.put(&mut block[52..53]);
        self.order_type.put(&mut block[53..54]);
        self.time_in_force.put(&mut block[54..55]);
        self.stp_mode.put(&mut block[55..56]);
        self.order_flags.put(&mut block[56..57]);
        self.client_order_id.put(&mut block[57..93]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(93)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            price: Field::get(&block[8..16]),
            stop_price: Field::get(&block[16..24]),
            quantity: Field::get(&block[24..32]),
            quote_amount: Field::get(&block[32..40]),
            expiry: Field::get(&block[40..48]),
            instrument_id: Field::get(&block[48..52]),
            side: Field::get(&block[52..53]),
            order_type: Field::get(&block[53..54]),
            time_in_force: Field::get(&block[54..55]),
            stp_mode: Field::get(&block[55..56]),
            order_flags: Field::get(&block[56..57]),
            client_order_id: Field::get(&block[57..93]),
        })
    }
}

impl WireMessage for NewOrder {
    const NAME: &'static str = "NewOrder";
    const TEMPLATE_ID: u16 = 20;
    const BLOCK_LENGTH: u16 = 93;
}

/// Client to exchange: cancel one order, named by order id or by client order id.
///
/// Template id 21, a block of 56 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct CancelOrder {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// The order, by its id; null when it is named by client order id.
    pub order_id: Option<OrderId>,
    /// The order's instrument.
    pub instrument_id: InstrumentId,
    /// The order, by its client order id; none when it is named by order id.
    pub client_order_id: Text<36>,
}

impl Body for CancelOrder {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<56>();
        self.client_seq.put(&mut block[0..8]);
        self.order_id.put(&mut block[8..16]);
        self.instrument_id.put(&mut block[16..20]);
        self.client_order_id.put(&mut block[20..56]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(56)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            order_id: Field::get(&block[8..16]),
            instrument_id: Field::get(&block[16..20]),
            client_order_id: Field::get(&block[20..56]),
        })
    }
}

impl WireMessage for CancelOrder {
    const NAME: &'static str = "CancelOrder";
    const TEMPLATE_ID: u16 = 21;
    const BLOCK_LENGTH: u16 = 56;
}

/// Client to exchange: change price and total quantity of a limit or stop-limit order, named by
/// order id or by client order id.
///
/// Template id 22, a block of 72 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct ReplaceOrder {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// The order, by its id; null when it is named by client order id.
    pub order_id: Option<OrderId>,
    /// The new limit price.
    pub price: Decimal,
    /// The new total quantity, what is already filled included. At or below what is filled: the
    /// rest is cancelled.
    pub quantity: Decimal,
    /// The order's instrument.
    pub instrument_id: InstrumentId,
    /// The order, by its client order id; none when it is named by order id.
    pub client_order_id: Text<36>,
}

impl Body for ReplaceOrder {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<72>();
        self.client_seq.put(&mut block[0..8]);
        self.order_id.put(&mut block[8..16]);
        self.price.put(&mut block[16..24]);
        self.quantity.put(&mut block[24..32]);
        self.instrument_id.put(&mut block[32..36]);
        self.client_order_id.put(&mut block[36..72]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(72)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            order_id: Field::get(&block[8..16]),
            price: Field::get(&block[16..24]),
            quantity: Field::get(&block[24..32]),
            instrument_id: Field::get(&block[32..36]),
            client_order_id: Field::get(&block[36..72]),
        })
    }
}

impl WireMessage for ReplaceOrder {
    const NAME: &'static str = "ReplaceOrder";
    const TEMPLATE_ID: u16 = 22;
    const BLOCK_LENGTH: u16 = 72;
}

/// Client to exchange: cancel all open orders of the account, or those of one instrument or side.
///
/// Template id 23, a block of 13 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct MassCancel {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// Only this instrument's; null: all.
    pub instrument_id: Option<InstrumentId>,
    /// Only this side's; null: both.
    pub side: Option<Code<Side>>,
}

impl Body for MassCancel {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<13>();
        self.client_seq.put(&mut block[0..8]);
        self.instrument_id.put(&mut block[8..12]);
        self.side.put(&mut block[12..13]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(13)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            instrument_id: Field::get(&block[8..12]),
            side: Field::get(&block[12..13]),
        })
    }
}

impl WireMessage for MassCancel {
    const NAME: &'static str = "MassCancel";
    const TEMPLATE_ID: u16 = 23;
    const BLOCK_LENGTH: u16 = 13;
}

/// Client to exchange: arm or disarm cancel-on-disconnect for the key of the session.
///
/// Template id 24, a block of 9 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct ArmCancelOnDisconnect {
    /// The key's next number; above every number used before.
    pub client_seq: ClientSeq,
    /// Whether losing a session of the key cancels the orders that the key placed.
    pub armed: Code<Boolean>,
}

impl Body for ArmCancelOnDisconnect {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<9>();
        self.client_seq.put(&mut block[0..8]);
        self.armed.put(&mut block[8..9]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(9)?;
        Ok(Self {
            client_seq: Field::get(&block[0..8]),
            armed: Field::get(&block[8..9]),
        })
    }
}

impl WireMessage for ArmCancelOnDisconnect {
    const NAME: &'static str = "ArmCancelOnDisconnect";
    const TEMPLATE_ID: u16 = 24;
    const BLOCK_LENGTH: u16 = 9;
}

/// Client to exchange: how does an open order stand? Answered by one OrderStatus.
///
/// Template id 25, a block of 52 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct OrderStatusRequest {
    /// The client's number for this question, echoed in the answer.
    pub request_id: u64,
    /// The order, by its id; null when it is named by client order id.
    pub order_id: Option<OrderId>,
    /// The order, by its client order id; none when it is named by order id.
    pub client_order_id: Text<36>,
}

impl Body for OrderStatusRequest {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<52>();
        self.request_id.put(&mut block[0..8]);
        self.order_id.put(&mut block[8..16]);
        self.client_order_id.put(&mut block[16..52]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(52)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            order_id: Field::get(&block[8..16]),
            client_order_id: Field::get(&block[16..52]),
        })
    }
}

impl WireMessage for OrderStatusRequest {
    const NAME: &'static str = "OrderStatusRequest";
    const TEMPLATE_ID: u16 = 25;
    const BLOCK_LENGTH: u16 = 52;
}

/// Client to exchange: all open orders. Answered by one OrderStatus for each, the last one with the
/// flag Last.
///
/// Template id 26, a block of 16 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct OpenOrdersRequest {
    /// The client's number for this question, echoed in the answer.
    pub request_id: u64,
    /// Only this instrument's; null: all.
    pub instrument_id: Option<InstrumentId>,
    /// Whose: null is the session's own account, another one needs the permission Admin.
    pub account_id: Option<AccountId>,
}

impl Body for OpenOrdersRequest {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<16>();
        self.request_id.put(&mut block[0..8]);
        self.instrument_id.put(&mut block[8..12]);
        self.account_id.put(&mut block[12..16]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(16)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            instrument_id: Field::get(&block[8..12]),
            account_id: Field::get(&block[12..16]),
        })
    }
}

impl WireMessage for OpenOrdersRequest {
    const NAME: &'static str = "OpenOrdersRequest";
    const TEMPLATE_ID: u16 = 26;
    const BLOCK_LENGTH: u16 = 16;
}

/// Client to exchange: all balances. Answered by Balances.
///
/// Template id 27, a block of 12 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct BalancesRequest {
    /// The client's number for this question, echoed in the answer.
    pub request_id: u64,
    /// Whose: null is the session's own account, another one needs the permission Admin.
    pub account_id: Option<AccountId>,
}

impl Body for BalancesRequest {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<12>();
        self.request_id.put(&mut block[0..8]);
        self.account_id.put(&mut block[8..12]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(12)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            account_id: Field::get(&block[8..12]),
        })
    }
}

impl WireMessage for BalancesRequest {
    const NAME: &'static str = "BalancesRequest";
    const TEMPLATE_ID: u16 = 27;
    const BLOCK_LENGTH: u16 = 12;
}
