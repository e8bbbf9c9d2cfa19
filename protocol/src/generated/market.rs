//! Market data: subscriptions, definitions, trades, books.
//!
//! Generated from `schema/rialto.xml` by `cargo xtask codegen`; changes here are lost.

use super::{BookFlags, Boolean, Channel, OrderAction, SubscriptionRefusal};
use crate::code::Code;
use crate::codec::{Entry, Field, Reader, Writer};
use crate::decimal::{Decimal, Scaled};
use crate::error::DecodeError;
use crate::group::Group;
use crate::message::WireMessage;
use crate::message::layout::Body;
use crate::text_fields::{Text, VarText};
use rialto_types::{
    AssetId, InstrumentId, InstrumentState, OrderId, Ppm, Seq, Side, Timestamp, TradeId,
};

/// Client to exchange: send a stream of market data. Needs no logon.
///
/// Template id 60, a block of 13 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct Subscribe {
    /// The client's number for this question, echoed in the answer.
    pub request_id: u64,
    /// Which instrument; null: all, also those listed later.
    pub instrument_id: Option<InstrumentId>,
    /// The stream.
    pub channel: Code<Channel>,
}

impl Body for Subscribe {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<13>();
        self.request_id.put(&mut block[0..8]);
        self.instrument_id.put(&mut block[8..12]);
        self.channel.put(&mut block[12..13]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(13)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            instrument_id: Field::get(&block[8..12]),
            channel: Field::get(&block[12..13]),
        })
    }
}

impl WireMessage for Subscribe {
    const NAME: &'static str = "Subscribe";
    const TEMPLATE_ID: u16 = 60;
    const BLOCK_LENGTH: u16 = 13;
}

/// Client to exchange: end a subscription, named as it was made.
///
/// Template id 61, a block of 13 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct Unsubscribe {
    /// The client's number for this question, echoed in the answer.
    pub request_id: u64,
    /// Which instrument; null: all, also those listed later.
    pub instrument_id: Option<InstrumentId>,
    /// The stream.
    pub channel: Code<Channel>,
}

impl Body for Unsubscribe {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<13>();
        self.request_id.put(&mut block[0..8]);
        self.instrument_id.put(&mut block[8..12]);
        self.channel.put(&mut block[12..13]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(13)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            instrument_id: Field::get(&block[8..12]),
            channel: Field::get(&block[12..13]),
        })
    }
}

impl WireMessage for Unsubscribe {
    const NAME: &'static str = "Unsubscribe";
    const TEMPLATE_ID: u16 = 61;
    const BLOCK_LENGTH: u16 = 13;
}

/// Exchange to client: the stream begins after this, with the present state where the channel has
/// one; or, for Unsubscribe, has ended.
///
/// Template id 62, a block of 13 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct SubscriptionAccepted {
    /// As in the question.
    pub request_id: u64,
    /// Which instrument; null: all, also those listed later.
    pub instrument_id: Option<InstrumentId>,
    /// The stream.
    pub channel: Code<Channel>,
}

impl Body for SubscriptionAccepted {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<13>();
        self.request_id.put(&mut block[0..8]);
        self.instrument_id.put(&mut block[8..12]);
        self.channel.put(&mut block[12..13]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(13)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            instrument_id: Field::get(&block[8..12]),
            channel: Field::get(&block[12..13]),
        })
    }
}

impl WireMessage for SubscriptionAccepted {
    const NAME: &'static str = "SubscriptionAccepted";
    const TEMPLATE_ID: u16 = 62;
    const BLOCK_LENGTH: u16 = 13;
}

/// Exchange to client: nothing changed.
///
/// Template id 63, a block of 14 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SubscriptionRefused {
    /// As in the question.
    pub request_id: u64,
    /// Which instrument; null: all, also those listed later.
    pub instrument_id: Option<InstrumentId>,
    /// The stream.
    pub channel: Code<Channel>,
    /// Why.
    pub reason: Code<SubscriptionRefusal>,
    /// For people: what was wrong and what would be right.
    pub text: VarText,
}

impl Body for SubscriptionRefused {
    #[inline]
    fn variable_len(&self) -> usize {
        2 + self.text.len()
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<14>();
        self.request_id.put(&mut block[0..8]);
        self.instrument_id.put(&mut block[8..12]);
        self.channel.put(&mut block[12..13]);
        self.reason.put(&mut block[13..14]);
        writer.text(&self.text);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(14)?;
        Ok(Self {
            request_id: Field::get(&block[0..8]),
            instrument_id: Field::get(&block[8..12]),
            channel: Field::get(&block[12..13]),
            reason: Field::get(&block[13..14]),
            text: reader.text()?,
        })
    }
}

impl WireMessage for SubscriptionRefused {
    const NAME: &'static str = "SubscriptionRefused";
    const TEMPLATE_ID: u16 = 63;
    const BLOCK_LENGTH: u16 = 14;
}

/// Exchange to client, channel Instruments: an asset.
///
/// Template id 64, a block of 19 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct AssetDefinition {
    /// Its id.
    pub asset_id: AssetId,
    /// Its smallest unit is 10^-decimals of one; 0 to 8.
    pub decimals: u8,
    /// Its name.
    pub symbol: Text<16>,
}

impl Body for AssetDefinition {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<19>();
        self.asset_id.put(&mut block[0..2]);
        self.decimals.put(&mut block[2..3]);
        self.symbol.put(&mut block[3..19]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(19)?;
        Ok(Self {
            asset_id: Field::get(&block[0..2]),
            decimals: Field::get(&block[2..3]),
            symbol: Field::get(&block[3..19]),
        })
    }
}

impl WireMessage for AssetDefinition {
    const NAME: &'static str = "AssetDefinition";
    const TEMPLATE_ID: u16 = 64;
    const BLOCK_LENGTH: u16 = 19;
}

/// Exchange to client, channel Instruments: an instrument as it is now. Sent again when its fees
/// change.
///
/// Template id 65, a block of 139 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct InstrumentDefinition {
    /// Its id.
    pub instrument_id: InstrumentId,
    /// As of this command.
    pub core_seq: Seq,
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
    /// The decimals of the base asset.
    pub base_decimals: u8,
    /// The decimals of the quote asset.
    pub quote_decimals: u8,
    /// Whether it trades.
    pub state: Code<InstrumentState>,
    /// Its name.
    pub symbol: Text<16>,
    /// The name of the base asset.
    pub base_symbol: Text<16>,
    /// The name of the quote asset.
    pub quote_symbol: Text<16>,
}

impl Body for InstrumentDefinition {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<139>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.tick.put(&mut block[12..20]);
        self.lot.put(&mut block[20..28]);
        self.min_quantity.put(&mut block[28..37]);
        self.max_quantity.put(&mut block[37..46]);
        self.min_notional.put(&mut block[46..55]);
        self.max_notional.put(&mut block[55..64]);
        self.reference_price.put(&mut block[64..72]);
        self.collar.put(&mut block[72..76]);
        self.maker_fee.put(&mut block[76..80]);
        self.taker_fee.put(&mut block[80..84]);
        self.base_asset_id.put(&mut block[84..86]);
        self.quote_asset_id.put(&mut block[86..88]);
        self.base_decimals.put(&mut block[88..89]);
        self.quote_decimals.put(&mut block[89..90]);
        self.state.put(&mut block[90..91]);
        self.symbol.put(&mut block[91..107]);
        self.base_symbol.put(&mut block[107..123]);
        self.quote_symbol.put(&mut block[123..139]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(139)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            tick: Field::get(&block[12..20]),
            lot: Field::get(&block[20..28]),
            min_quantity: Field::get(&block[28..37]),
            max_quantity: Field::get(&block[37..46]),
            min_notional: Field::get(&block[46..55]),
            max_notional: Field::get(&block[55..64]),
            reference_price: Field::get(&block[64..72]),
            collar: Field::get(&block[72..76]),
            maker_fee: Field::get(&block[76..80]),
            taker_fee: Field::get(&block[80..84]),
            base_asset_id: Field::get(&block[84..86]),
            quote_asset_id: Field::get(&block[86..88]),
            base_decimals: Field::get(&block[88..89]),
            quote_decimals: Field::get(&block[89..90]),
            state: Field::get(&block[90..91]),
            symbol: Field::get(&block[91..107]),
            base_symbol: Field::get(&block[107..123]),
            quote_symbol: Field::get(&block[123..139]),
        })
    }
}

impl WireMessage for InstrumentDefinition {
    const NAME: &'static str = "InstrumentDefinition";
    const TEMPLATE_ID: u16 = 65;
    const BLOCK_LENGTH: u16 = 139;
}

/// Exchange to client, channel Instruments: an instrument has a new state.
///
/// Template id 66, a block of 21 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct InstrumentStatus {
    /// Which.
    pub instrument_id: InstrumentId,
    /// As of this command.
    pub core_seq: Seq,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// Whether it trades now.
    pub state: Code<InstrumentState>,
}

impl Body for InstrumentStatus {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<21>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.transact_time.put(&mut block[12..20]);
        self.state.put(&mut block[20..21]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(21)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            transact_time: Field::get(&block[12..20]),
            state: Field::get(&block[20..21]),
        })
    }
}

impl WireMessage for InstrumentStatus {
    const NAME: &'static str = "InstrumentStatus";
    const TEMPLATE_ID: u16 = 66;
    const BLOCK_LENGTH: u16 = 21;
}

/// Exchange to client, channel Trades: a trade.
///
/// Template id 67, a block of 49 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct TradeTick {
    /// Which.
    pub instrument_id: InstrumentId,
    /// The command that caused this.
    pub core_seq: Seq,
    /// The place of the event among those of the command, from 0.
    pub event_index: u32,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// Its number; contiguous, so that a gap shows what was missed.
    pub trade_id: TradeId,
    /// At which price.
    pub price: Decimal,
    /// How much.
    pub quantity: Decimal,
    /// The side of the arriving order.
    pub taker_side: Code<Side>,
}

impl Body for TradeTick {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<49>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.event_index.put(&mut block[12..16]);
        self.transact_time.put(&mut block[16..24]);
        self.trade_id.put(&mut block[24..32]);
        self.price.put(&mut block[32..40]);
        self.quantity.put(&mut block[40..48]);
        self.taker_side.put(&mut block[48..49]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(49)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            event_index: Field::get(&block[12..16]),
            transact_time: Field::get(&block[16..24]),
            trade_id: Field::get(&block[24..32]),
            price: Field::get(&block[32..40]),
            quantity: Field::get(&block[40..48]),
            taker_side: Field::get(&block[48..49]),
        })
    }
}

impl WireMessage for TradeTick {
    const NAME: &'static str = "TradeTick";
    const TEMPLATE_ID: u16 = 67;
    const BLOCK_LENGTH: u16 = 49;
}

/// Exchange to client, channel TopOfBook: the best prices. Sent at once on subscription and
/// whenever one of the two levels has changed.
///
/// Template id 68, a block of 70 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct TopOfBook {
    /// Which.
    pub instrument_id: InstrumentId,
    /// As of this command.
    pub core_seq: Seq,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The number of the book's last change that this includes.
    pub book_seq: u64,
    /// The highest buy price; null when there is none.
    pub bid_price: Option<Decimal>,
    /// All that is wanted at it.
    pub bid_quantity: Option<Scaled>,
    /// The lowest sell price; null when there is none.
    pub ask_price: Option<Decimal>,
    /// All that is offered at it.
    pub ask_quantity: Option<Scaled>,
    /// The orders at the bid.
    pub bid_order_count: u32,
    /// The orders at the ask.
    pub ask_order_count: u32,
}

impl Body for TopOfBook {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<70>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.transact_time.put(&mut block[12..20]);
        self.book_seq.put(&mut block[20..28]);
        self.bid_price.put(&mut block[28..36]);
        self.bid_quantity.put(&mut block[36..45]);
        self.ask_price.put(&mut block[45..53]);
        self.ask_quantity.put(&mut block[53..62]);
        self.bid_order_count.put(&mut block[62..66]);
        self.ask_order_count.put(&mut block[66..70]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(70)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            transact_time: Field::get(&block[12..20]),
            book_seq: Field::get(&block[20..28]),
            bid_price: Field::get(&block[28..36]),
            bid_quantity: Field::get(&block[36..45]),
            ask_price: Field::get(&block[45..53]),
            ask_quantity: Field::get(&block[53..62]),
            bid_order_count: Field::get(&block[62..66]),
            ask_order_count: Field::get(&block[66..70]),
        })
    }
}

impl WireMessage for TopOfBook {
    const NAME: &'static str = "TopOfBook";
    const TEMPLATE_ID: u16 = 68;
    const BLOCK_LENGTH: u16 = 70;
}

/// An entry of the group levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Which price.
    pub price: Decimal,
    /// All that rests at it; in an L2Update, 0 means that the level is gone.
    pub quantity: Scaled,
    /// The orders at it.
    pub order_count: u32,
    /// Buy: a bid; sell: an ask.
    pub side: Code<Side>,
}

impl Entry for Level {
    const BLOCK_LENGTH: usize = 22;
    const MINIMUM: usize = 22;

    #[inline]
    fn get(block: &[u8]) -> Self {
        Self {
            price: Field::get(&block[0..8]),
            quantity: Field::get(&block[8..17]),
            order_count: Field::get(&block[17..21]),
            side: Field::get(&block[21..22]),
        }
    }

    #[inline]
    fn put(&self, block: &mut [u8]) {
        self.price.put(&mut block[0..8]);
        self.quantity.put(&mut block[8..17]);
        self.order_count.put(&mut block[17..21]);
        self.side.put(&mut block[21..22]);
    }
}

/// Exchange to client, channel L2Book: the whole book, in one message or several. Bids first, then
/// asks, each from the best price on.
///
/// Template id 69, a block of 29 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct L2Snapshot {
    /// Which.
    pub instrument_id: InstrumentId,
    /// As of this command.
    pub core_seq: Seq,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The number of the book's last change that this includes.
    pub book_seq: u64,
    /// The place of this message in the snapshot.
    pub book_flags: BookFlags,
    /// The price levels. At most 742.
    pub levels: Group<Level, 742>,
}

impl L2Snapshot {
    /// The most entries of `levels` in one message.
    pub const LEVELS_MAX: usize = 742;
}

impl Body for L2Snapshot {
    #[inline]
    fn variable_len(&self) -> usize {
        4 + self.levels.len() * 22
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<29>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.transact_time.put(&mut block[12..20]);
        self.book_seq.put(&mut block[20..28]);
        self.book_flags.put(&mut block[28..29]);
        writer.group(&self.levels);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(29)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            transact_time: Field::get(&block[12..20]),
            book_seq: Field::get(&block[20..28]),
            book_flags: Field::get(&block[28..29]),
            levels: reader.group()?,
        })
    }
}

impl WireMessage for L2Snapshot {
    const NAME: &'static str = "L2Snapshot";
    const TEMPLATE_ID: u16 = 69;
    const BLOCK_LENGTH: u16 = 29;
}

/// Exchange to client, channel L2Book: what one command changed, in one message or several.
///
/// Template id 70, a block of 37 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct L2Update {
    /// Which.
    pub instrument_id: InstrumentId,
    /// As of this command.
    pub core_seq: Seq,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The number of this change; the same in all messages of one command.
    pub book_seq: u64,
    /// The number of the change before it: what the client must hold before the message with the
    /// flag First, otherwise something was missed.
    pub previous_book_seq: u64,
    /// The place of this message among those of the command.
    pub book_flags: BookFlags,
    /// The price levels that changed, each with its new total. At most 742.
    pub levels: Group<Level, 742>,
}

impl L2Update {
    /// The most entries of `levels` in one message.
    pub const LEVELS_MAX: usize = 742;
}

impl Body for L2Update {
    #[inline]
    fn variable_len(&self) -> usize {
        4 + self.levels.len() * 22
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<37>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.transact_time.put(&mut block[12..20]);
        self.book_seq.put(&mut block[20..28]);
        self.previous_book_seq.put(&mut block[28..36]);
        self.book_flags.put(&mut block[36..37]);
        writer.group(&self.levels);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(37)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            transact_time: Field::get(&block[12..20]),
            book_seq: Field::get(&block[20..28]),
            previous_book_seq: Field::get(&block[28..36]),
            book_flags: Field::get(&block[36..37]),
            levels: reader.group()?,
        })
    }
}

impl WireMessage for L2Update {
    const NAME: &'static str = "L2Update";
    const TEMPLATE_ID: u16 = 70;
    const BLOCK_LENGTH: u16 = 37;
}

/// Exchange to client, channels L2Book10ms and L2Book100ms: the whole book, in one message or
/// several. Bids first, then asks, each from the best price on.
///
/// Template id 71, a block of 30 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct L2ConflatedSnapshot {
    /// Which.
    pub instrument_id: InstrumentId,
    /// As of this command.
    pub core_seq: Seq,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The number of the book's last change that this includes.
    pub book_seq: u64,
    /// The place of this message in the snapshot.
    pub book_flags: BookFlags,
    /// The stream.
    pub channel: Code<Channel>,
    /// The price levels. At most 742.
    pub levels: Group<Level, 742>,
}

impl L2ConflatedSnapshot {
    /// The most entries of `levels` in one message.
    pub const LEVELS_MAX: usize = 742;
}

impl Body for L2ConflatedSnapshot {
    #[inline]
    fn variable_len(&self) -> usize {
        4 + self.levels.len() * 22
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<30>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.transact_time.put(&mut block[12..20]);
        self.book_seq.put(&mut block[20..28]);
        self.book_flags.put(&mut block[28..29]);
        self.channel.put(&mut block[29..30]);
        writer.group(&self.levels);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(30)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            transact_time: Field::get(&block[12..20]),
            book_seq: Field::get(&block[20..28]),
            book_flags: Field::get(&block[28..29]),
            channel: Field::get(&block[29..30]),
            levels: reader.group()?,
        })
    }
}

impl WireMessage for L2ConflatedSnapshot {
    const NAME: &'static str = "L2ConflatedSnapshot";
    const TEMPLATE_ID: u16 = 71;
    const BLOCK_LENGTH: u16 = 30;
}

/// Exchange to client, channels L2Book10ms and L2Book100ms: what has changed since the last of
/// these messages, in one message or several. A level that changed more than once is told once, as
/// it is now.
///
/// Template id 72, a block of 38 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct L2ConflatedUpdate {
    /// Which.
    pub instrument_id: InstrumentId,
    /// As of this command.
    pub core_seq: Seq,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The number of the last change that this includes; the same in all messages that belong
    /// together.
    pub book_seq: u64,
    /// The number of the last change before these: the client must hold this one or a later one
    /// before the message with the flag First, otherwise something was missed.
    pub previous_book_seq: u64,
    /// The place of this message among those that belong together.
    pub book_flags: BookFlags,
    /// The stream.
    pub channel: Code<Channel>,
    /// The price levels that changed, each with its new total. At most 742.
    pub levels: Group<Level, 742>,
}

impl L2ConflatedUpdate {
    /// The most entries of `levels` in one message.
    pub const LEVELS_MAX: usize = 742;
}

impl Body for L2ConflatedUpdate {
    #[inline]
    fn variable_len(&self) -> usize {
        4 + self.levels.len() * 22
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<38>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.transact_time.put(&mut block[12..20]);
        self.book_seq.put(&mut block[20..28]);
        self.previous_book_seq.put(&mut block[28..36]);
        self.book_flags.put(&mut block[36..37]);
        self.channel.put(&mut block[37..38]);
        writer.group(&self.levels);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(38)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            transact_time: Field::get(&block[12..20]),
            book_seq: Field::get(&block[20..28]),
            previous_book_seq: Field::get(&block[28..36]),
            book_flags: Field::get(&block[36..37]),
            channel: Field::get(&block[37..38]),
            levels: reader.group()?,
        })
    }
}

impl WireMessage for L2ConflatedUpdate {
    const NAME: &'static str = "L2ConflatedUpdate";
    const TEMPLATE_ID: u16 = 72;
    const BLOCK_LENGTH: u16 = 38;
}

/// Exchange to client, channels L2Book, L2Book10ms, L2Book100ms and L3Book: what the client's book
/// must come to after the change named. See docs/PROTOCOL.md, "Proving the book".
///
/// Template id 73, a block of 25 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct BookChecksum {
    /// Which.
    pub instrument_id: InstrumentId,
    /// The change after which this holds: the one that the client's book is at.
    pub book_seq: u64,
    /// L2: the price levels of the buy side; L3: its orders.
    pub bid_count: u32,
    /// L2: the price levels of the sell side; L3: its orders.
    pub ask_count: u32,
    /// Of the first 25 entries of each side.
    pub checksum: u32,
    /// The stream.
    pub channel: Code<Channel>,
}

impl Body for BookChecksum {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<25>();
        self.instrument_id.put(&mut block[0..4]);
        self.book_seq.put(&mut block[4..12]);
        self.bid_count.put(&mut block[12..16]);
        self.ask_count.put(&mut block[16..20]);
        self.checksum.put(&mut block[20..24]);
        self.channel.put(&mut block[24..25]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(25)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            book_seq: Field::get(&block[4..12]),
            bid_count: Field::get(&block[12..16]),
            ask_count: Field::get(&block[16..20]),
            checksum: Field::get(&block[20..24]),
            channel: Field::get(&block[24..25]),
        })
    }
}

impl WireMessage for BookChecksum {
    const NAME: &'static str = "BookChecksum";
    const TEMPLATE_ID: u16 = 73;
    const BLOCK_LENGTH: u16 = 25;
}

/// An entry of the group bookOrders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BookOrder {
    /// Which; its owner knows it by the same id.
    pub order_id: OrderId,
    /// Its limit price.
    pub price: Decimal,
    /// What is left of it.
    pub quantity: Decimal,
    /// Buy or sell.
    pub side: Code<Side>,
}

impl Entry for BookOrder {
    const BLOCK_LENGTH: usize = 25;
    const MINIMUM: usize = 25;

    #[inline]
    fn get(block: &[u8]) -> Self {
        Self {
            order_id: Field::get(&block[0..8]),
            price: Field::get(&block[8..16]),
            quantity: Field::get(&block[16..24]),
            side: Field::get(&block[24..25]),
        }
    }

    #[inline]
    fn put(&self, block: &mut [u8]) {
        self.order_id.put(&mut block[0..8]);
        self.price.put(&mut block[8..16]);
        self.quantity.put(&mut block[16..24]);
        self.side.put(&mut block[24..25]);
    }
}

/// Exchange to client, channel L3Book: every order in the book, in one message or several. Bids
/// first, then asks, each in the order in which they trade: best price first, then the longest
/// there.
///
/// Template id 74, a block of 29 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct L3Snapshot {
    /// Which.
    pub instrument_id: InstrumentId,
    /// As of this command.
    pub core_seq: Seq,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The number of the book's last change that this includes; counts as in L2Update.
    pub book_seq: u64,
    /// The place of this message in the snapshot.
    pub book_flags: BookFlags,
    /// The orders. At most 653.
    pub book_orders: Group<BookOrder, 653>,
}

impl L3Snapshot {
    /// The most entries of `book_orders` in one message.
    pub const BOOK_ORDERS_MAX: usize = 653;
}

impl Body for L3Snapshot {
    #[inline]
    fn variable_len(&self) -> usize {
        4 + self.book_orders.len() * 25
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<29>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.transact_time.put(&mut block[12..20]);
        self.book_seq.put(&mut block[20..28]);
        self.book_flags.put(&mut block[28..29]);
        writer.group(&self.book_orders);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(29)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            transact_time: Field::get(&block[12..20]),
            book_seq: Field::get(&block[20..28]),
            book_flags: Field::get(&block[28..29]),
            book_orders: reader.group()?,
        })
    }
}

impl WireMessage for L3Snapshot {
    const NAME: &'static str = "L3Snapshot";
    const TEMPLATE_ID: u16 = 74;
    const BLOCK_LENGTH: u16 = 29;
}

/// An entry of the group orderChanges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderChange {
    /// Which.
    pub order_id: OrderId,
    /// Its limit price; Removed: the price that it was at.
    pub price: Decimal,
    /// What is left of it in the book; Removed: 0.
    pub quantity: Decimal,
    /// The trade that did it; null when none did.
    pub trade_id: Option<TradeId>,
    /// Buy or sell.
    pub side: Code<Side>,
    /// What happened to it.
    pub action: Code<OrderAction>,
}

impl Entry for OrderChange {
    const BLOCK_LENGTH: usize = 34;
    const MINIMUM: usize = 34;

    #[inline]
    fn get(block: &[u8]) -> Self {
        Self {
            order_id: Field::get(&block[0..8]),
            price: Field::get(&block[8..16]),
            quantity: Field::get(&block[16..24]),
            trade_id: Field::get(&block[24..32]),
            side: Field::get(&block[32..33]),
            action: Field::get(&block[33..34]),
        }
    }

    #[inline]
    fn put(&self, block: &mut [u8]) {
        self.order_id.put(&mut block[0..8]);
        self.price.put(&mut block[8..16]);
        self.quantity.put(&mut block[16..24]);
        self.trade_id.put(&mut block[24..32]);
        self.side.put(&mut block[32..33]);
        self.action.put(&mut block[33..34]);
    }
}

/// Exchange to client, channel L3Book: what one command did to the orders in the book, in one
/// message or several.
///
/// Template id 75, a block of 37 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct L3Update {
    /// Which.
    pub instrument_id: InstrumentId,
    /// As of this command.
    pub core_seq: Seq,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// The number of this change; the same in all messages of one command, and in the L2Update
    /// about it.
    pub book_seq: u64,
    /// The number of the change before it: what the client must hold before the message with the
    /// flag First, otherwise something was missed.
    pub previous_book_seq: u64,
    /// The place of this message among those of the command.
    pub book_flags: BookFlags,
    /// What happened, in order; several entries may be about one order. At most 480.
    pub order_changes: Group<OrderChange, 480>,
}

impl L3Update {
    /// The most entries of `order_changes` in one message.
    pub const ORDER_CHANGES_MAX: usize = 480;
}

impl Body for L3Update {
    #[inline]
    fn variable_len(&self) -> usize {
        4 + self.order_changes.len() * 34
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<37>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.transact_time.put(&mut block[12..20]);
        self.book_seq.put(&mut block[20..28]);
        self.previous_book_seq.put(&mut block[28..36]);
        self.book_flags.put(&mut block[36..37]);
        writer.group(&self.order_changes);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(37)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            transact_time: Field::get(&block[12..20]),
            book_seq: Field::get(&block[20..28]),
            previous_book_seq: Field::get(&block[28..36]),
            book_flags: Field::get(&block[36..37]),
            order_changes: reader.group()?,
        })
    }
}

impl WireMessage for L3Update {
    const NAME: &'static str = "L3Update";
    const TEMPLATE_ID: u16 = 75;
    const BLOCK_LENGTH: u16 = 37;
}

/// Exchange to client, channel Statistics: the trades of the last 24 hours in figures. Sent at once
/// on subscription and when one of them is another.
///
/// Template id 76, a block of 86 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct Statistics {
    /// Which.
    pub instrument_id: InstrumentId,
    /// As of this command.
    pub core_seq: Seq,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// Trades from this time on are counted: 23 hours and 59 whole minutes before the present one,
    /// or later when the exchange has no record of earlier trades at hand.
    pub since: Timestamp,
    /// The price of the first trade; null when there was none.
    pub open_price: Option<Decimal>,
    /// The highest price; null when there was no trade.
    pub high_price: Option<Decimal>,
    /// The lowest price; null when there was no trade.
    pub low_price: Option<Decimal>,
    /// The price of the last trade, however long ago; null before the first.
    pub last_price: Option<Decimal>,
    /// How much of the base asset was traded.
    pub volume: Scaled,
    /// How much of the quote asset it cost: the sum of price × quantity.
    pub quote_volume: Scaled,
    /// How many trades there were.
    pub trade_count: u64,
}

impl Body for Statistics {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<86>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.transact_time.put(&mut block[12..20]);
        self.since.put(&mut block[20..28]);
        self.open_price.put(&mut block[28..36]);
        self.high_price.put(&mut block[36..44]);
        self.low_price.put(&mut block[44..52]);
        self.last_price.put(&mut block[52..60]);
        self.volume.put(&mut block[60..69]);
        self.quote_volume.put(&mut block[69..78]);
        self.trade_count.put(&mut block[78..86]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(86)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            transact_time: Field::get(&block[12..20]),
            since: Field::get(&block[20..28]),
            open_price: Field::get(&block[28..36]),
            high_price: Field::get(&block[36..44]),
            low_price: Field::get(&block[44..52]),
            last_price: Field::get(&block[52..60]),
            volume: Field::get(&block[60..69]),
            quote_volume: Field::get(&block[69..78]),
            trade_count: Field::get(&block[78..86]),
        })
    }
}

impl WireMessage for Statistics {
    const NAME: &'static str = "Statistics";
    const TEMPLATE_ID: u16 = 76;
    const BLOCK_LENGTH: u16 = 86;
}

/// An entry of the group candles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candle {
    /// When the interval begins: a multiple of its length since 1970-01-01T00:00:00Z.
    pub open_time: Timestamp,
    /// The price of its first trade.
    pub open_price: Decimal,
    /// Its highest price.
    pub high_price: Decimal,
    /// Its lowest price.
    pub low_price: Decimal,
    /// The price of its last trade so far.
    pub close_price: Decimal,
    /// How much of the base asset was traded.
    pub volume: Scaled,
    /// How much of the quote asset it cost: the sum of price × quantity.
    pub quote_volume: Scaled,
    /// How many trades it had; at least 1.
    pub trade_count: u64,
    /// Whether the interval is over.
    pub closed: Code<Boolean>,
}

impl Entry for Candle {
    const BLOCK_LENGTH: usize = 67;
    const MINIMUM: usize = 67;

    #[inline]
    fn get(block: &[u8]) -> Self {
        Self {
            open_time: Field::get(&block[0..8]),
            open_price: Field::get(&block[8..16]),
            high_price: Field::get(&block[16..24]),
            low_price: Field::get(&block[24..32]),
            close_price: Field::get(&block[32..40]),
            volume: Field::get(&block[40..49]),
            quote_volume: Field::get(&block[49..58]),
            trade_count: Field::get(&block[58..66]),
            closed: Field::get(&block[66..67]),
        }
    }

    #[inline]
    fn put(&self, block: &mut [u8]) {
        self.open_time.put(&mut block[0..8]);
        self.open_price.put(&mut block[8..16]);
        self.high_price.put(&mut block[16..24]);
        self.low_price.put(&mut block[24..32]);
        self.close_price.put(&mut block[32..40]);
        self.volume.put(&mut block[40..49]);
        self.quote_volume.put(&mut block[49..58]);
        self.trade_count.put(&mut block[58..66]);
        self.closed.put(&mut block[66..67]);
    }
}

/// Exchange to client, channels Candles1s to Candles1d: the last 100 closed candles and the open
/// one, ascending. An interval without a trade has no candle.
///
/// Template id 77, a block of 29 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CandleSnapshot {
    /// Which.
    pub instrument_id: InstrumentId,
    /// As of this command.
    pub core_seq: Seq,
    /// The number of the last update that this includes.
    pub candle_seq: u64,
    /// Trades from this time on are counted: the candle that it falls into may lack some, and those
    /// before it are not known. 0: all trades there ever were.
    pub since: Timestamp,
    /// The stream.
    pub channel: Code<Channel>,
    /// The candles. At most 243.
    pub candles: Group<Candle, 243>,
}

impl CandleSnapshot {
    /// The most entries of `candles` in one message.
    pub const CANDLES_MAX: usize = 243;
}

impl Body for CandleSnapshot {
    #[inline]
    fn variable_len(&self) -> usize {
        4 + self.candles.len() * 67
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<29>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.candle_seq.put(&mut block[12..20]);
        self.since.put(&mut block[20..28]);
        self.channel.put(&mut block[28..29]);
        writer.group(&self.candles);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(29)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            candle_seq: Field::get(&block[12..20]),
            since: Field::get(&block[20..28]),
            channel: Field::get(&block[28..29]),
            candles: reader.group()?,
        })
    }
}

impl WireMessage for CandleSnapshot {
    const NAME: &'static str = "CandleSnapshot";
    const TEMPLATE_ID: u16 = 77;
    const BLOCK_LENGTH: u16 = 29;
}

/// Exchange to client, channels Candles1s to Candles1d: a candle as it is now.
///
/// Template id 78, a block of 96 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct CandleUpdate {
    /// Which.
    pub instrument_id: InstrumentId,
    /// As of this command.
    pub core_seq: Seq,
    /// The time of the command.
    pub transact_time: Timestamp,
    /// One more than in the message about this series before it, otherwise something was missed.
    pub candle_seq: u64,
    /// The stream.
    pub channel: Code<Channel>,
    /// When the interval begins: a multiple of its length since 1970-01-01T00:00:00Z.
    pub open_time: Timestamp,
    /// The price of its first trade.
    pub open_price: Decimal,
    /// Its highest price.
    pub high_price: Decimal,
    /// Its lowest price.
    pub low_price: Decimal,
    /// The price of its last trade so far.
    pub close_price: Decimal,
    /// How much of the base asset was traded.
    pub volume: Scaled,
    /// How much of the quote asset it cost: the sum of price × quantity.
    pub quote_volume: Scaled,
    /// How many trades it had; at least 1.
    pub trade_count: u64,
    /// Whether the interval is over.
    pub closed: Code<Boolean>,
}

impl Body for CandleUpdate {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<96>();
        self.instrument_id.put(&mut block[0..4]);
        self.core_seq.put(&mut block[4..12]);
        self.transact_time.put(&mut block[12..20]);
        self.candle_seq.put(&mut block[20..28]);
        self.channel.put(&mut block[28..29]);
        self.open_time.put(&mut block[29..37]);
        self.open_price.put(&mut block[37..45]);
        self.high_price.put(&mut block[45..53]);
        self.low_price.put(&mut block[53..61]);
        self.close_price.put(&mut block[61..69]);
        self.volume.put(&mut block[69..78]);
        self.quote_volume.put(&mut block[78..87]);
        self.trade_count.put(&mut block[87..95]);
        self.closed.put(&mut block[95..96]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(96)?;
        Ok(Self {
            instrument_id: Field::get(&block[0..4]),
            core_seq: Field::get(&block[4..12]),
            transact_time: Field::get(&block[12..20]),
            candle_seq: Field::get(&block[20..28]),
            channel: Field::get(&block[28..29]),
            open_time: Field::get(&block[29..37]),
            open_price: Field::get(&block[37..45]),
            high_price: Field::get(&block[45..53]),
            low_price: Field::get(&block[53..61]),
            close_price: Field::get(&block[61..69]),
            volume: Field::get(&block[69..78]),
            quote_volume: Field::get(&block[78..87]),
            trade_count: Field::get(&block[87..95]),
            closed: Field::get(&block[95..96]),
        })
    }
}

impl WireMessage for CandleUpdate {
    const NAME: &'static str = "CandleUpdate";
    const TEMPLATE_ID: u16 = 78;
    const BLOCK_LENGTH: u16 = 96;
}
