//! Session messages: challenge, logon, heartbeats, refusals, logout.
//!
//! Generated from `schema/rialto.xml` by `cargo xtask codegen`; changes here are lost.

use super::{EndReason, LogonFlags, MessageError, Permissions};
use crate::code::Code;
use crate::codec::{Field, Reader, Writer};
use crate::error::DecodeError;
use crate::message::WireMessage;
use crate::message::layout::Body;
use crate::text_fields::{Text, VarText};
use rialto_types::{
    AccountId, AccountState, ClientSeq, InstrumentId, KeyId, OrderId, RejectReason, ReportSeq,
    Timestamp,
};

/// Exchange to client, the first message of every connection: what the logon must sign.
///
/// Template id 1, a block of 86 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct Challenge {
    /// Random, new for every connection.
    pub nonce: [u8; 32],
    /// The exchange's clock.
    pub server_time: Timestamp,
    /// Given when the data directory was created and part of what is signed: another number means
    /// other accounts, orders and sequences.
    pub exchange_id: u64,
    /// The interval that holds unless the logon asks for another.
    pub heartbeat_interval_ms: u32,
    /// The newest version of this schema that the exchange speaks.
    pub schema_version: u16,
    /// For people.
    pub exchange_name: Text<32>,
}

impl Body for Challenge {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<86>();
        self.nonce.put(&mut block[0..32]);
        self.server_time.put(&mut block[32..40]);
        self.exchange_id.put(&mut block[40..48]);
        self.heartbeat_interval_ms.put(&mut block[48..52]);
        self.schema_version.put(&mut block[52..54]);
        self.exchange_name.put(&mut block[54..86]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(86)?;
        Ok(Self {
            nonce: Field::get(&block[0..32]),
            server_time: Field::get(&block[32..40]),
            exchange_id: Field::get(&block[40..48]),
            heartbeat_interval_ms: Field::get(&block[48..52]),
            schema_version: Field::get(&block[52..54]),
            exchange_name: Field::get(&block[54..86]),
        })
    }
}

impl WireMessage for Challenge {
    const NAME: &'static str = "Challenge";
    const TEMPLATE_ID: u16 = 1;
    const BLOCK_LENGTH: u16 = 86;
}

/// Client to exchange: proves the possession of an API key. See docs/PROTOCOL.md for what is
/// signed.
///
/// Template id 2, a block of 85 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy)]
pub struct Logon {
    /// The API key.
    pub key_id: KeyId,
    /// Over the logon text.
    pub signature: [u8; 64],
    /// The interval wanted, 1,000 to 60,000; null takes that of the challenge.
    pub heartbeat_interval_ms: Option<u32>,
    /// The highest report number that the client has: those after it are sent again, with 0 all
    /// from the first on, and a CaughtUp says when all have been told. Null asks for nothing.
    pub last_report_seq: Option<ReportSeq>,
    /// Choices.
    pub logon_flags: LogonFlags,
    /// Where cancel-on-disconnect is armed: how long a lost session may come back before its orders
    /// are cancelled, at most 60,000; null or 0 for not at all.
    pub cancel_grace_ms: Option<u32>,
}

#[expect(clippy::default_trait_access, reason = "the types stand above")]
impl Default for Logon {
    fn default() -> Self {
        Self {
            key_id: Default::default(),
            signature: [0; 64],
            heartbeat_interval_ms: Default::default(),
            last_report_seq: Default::default(),
            logon_flags: Default::default(),
            cancel_grace_ms: Default::default(),
        }
    }
}

impl Body for Logon {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<85>();
        self.key_id.put(&mut block[0..4]);
        self.signature.put(&mut block[4..68]);
        self.heartbeat_interval_ms.put(&mut block[68..72]);
        self.last_report_seq.put(&mut block[72..80]);
        self.logon_flags.put(&mut block[80..81]);
        self.cancel_grace_ms.put(&mut block[81..85]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(85)?;
        Ok(Self {
            key_id: Field::get(&block[0..4]),
            signature: Field::get(&block[4..68]),
            heartbeat_interval_ms: Field::get(&block[68..72]),
            last_report_seq: Field::get(&block[72..80]),
            logon_flags: Field::get(&block[80..81]),
            cancel_grace_ms: Field::get(&block[81..85]),
        })
    }
}

impl WireMessage for Logon {
    const NAME: &'static str = "Logon";
    const TEMPLATE_ID: u16 = 2;
    const BLOCK_LENGTH: u16 = 85;
}

/// Exchange to client: the session acts for this account from now on.
///
/// Template id 3, a block of 39 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct LogonAccepted {
    /// The account of the key.
    pub account_id: AccountId,
    /// The key.
    pub key_id: KeyId,
    /// The highest client sequence applied for this key; 0 when none: go on above it.
    pub highest_client_seq: ClientSeq,
    /// The number that the next report to the account will have.
    pub next_report_seq: ReportSeq,
    /// The exchange's clock.
    pub server_time: Timestamp,
    /// The interval that holds.
    pub heartbeat_interval_ms: u32,
    /// What the key may do.
    pub permissions: Permissions,
    /// What the account may do.
    pub account_state: Code<AccountState>,
    /// The choices that hold: CancelOnDisconnect is set when it is armed.
    pub logon_flags: LogonFlags,
}

impl Body for LogonAccepted {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<39>();
        self.account_id.put(&mut block[0..4]);
        self.key_id.put(&mut block[4..8]);
        self.highest_client_seq.put(&mut block[8..16]);
        self.next_report_seq.put(&mut block[16..24]);
        self.server_time.put(&mut block[24..32]);
        self.heartbeat_interval_ms.put(&mut block[32..36]);
        self.permissions.put(&mut block[36..37]);
        self.account_state.put(&mut block[37..38]);
        self.logon_flags.put(&mut block[38..39]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(39)?;
        Ok(Self {
            account_id: Field::get(&block[0..4]),
            key_id: Field::get(&block[4..8]),
            highest_client_seq: Field::get(&block[8..16]),
            next_report_seq: Field::get(&block[16..24]),
            server_time: Field::get(&block[24..32]),
            heartbeat_interval_ms: Field::get(&block[32..36]),
            permissions: Field::get(&block[36..37]),
            account_state: Field::get(&block[37..38]),
            logon_flags: Field::get(&block[38..39]),
        })
    }
}

impl WireMessage for LogonAccepted {
    const NAME: &'static str = "LogonAccepted";
    const TEMPLATE_ID: u16 = 3;
    const BLOCK_LENGTH: u16 = 39;
}

/// Exchange to client: the logon failed; the connection is closed after this.
///
/// Template id 4, a block of 1 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LogonRefused {
    /// Why.
    pub end_reason: Code<EndReason>,
    /// For people: what was wrong.
    pub text: VarText,
}

impl Body for LogonRefused {
    #[inline]
    fn variable_len(&self) -> usize {
        2 + self.text.len()
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<1>();
        self.end_reason.put(&mut block[0..1]);
        writer.text(&self.text);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(1)?;
        Ok(Self {
            end_reason: Field::get(&block[0..1]),
            text: reader.text()?,
        })
    }
}

impl WireMessage for LogonRefused {
    const NAME: &'static str = "LogonRefused";
    const TEMPLATE_ID: u16 = 4;
    const BLOCK_LENGTH: u16 = 1;
}

/// Both ways: the session ends; the connection is closed after this.
///
/// Template id 5, a block of 1 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Logout {
    /// Why; from a client: Requested.
    pub end_reason: Code<EndReason>,
    /// For people; may be empty.
    pub text: VarText,
}

impl Body for Logout {
    #[inline]
    fn variable_len(&self) -> usize {
        2 + self.text.len()
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<1>();
        self.end_reason.put(&mut block[0..1]);
        writer.text(&self.text);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(1)?;
        Ok(Self {
            end_reason: Field::get(&block[0..1]),
            text: reader.text()?,
        })
    }
}

impl WireMessage for Logout {
    const NAME: &'static str = "Logout";
    const TEMPLATE_ID: u16 = 5;
    const BLOCK_LENGTH: u16 = 1;
}

/// Both ways: still there. Sent when nothing else was sent for one interval, and at once as the
/// answer to a TestRequest.
///
/// Template id 6, a block of 16 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct Heartbeat {
    /// The number of the TestRequest that this answers; null when it answers none.
    pub test_request_id: Option<u64>,
    /// The sender's clock.
    pub send_time: Timestamp,
}

impl Body for Heartbeat {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<16>();
        self.test_request_id.put(&mut block[0..8]);
        self.send_time.put(&mut block[8..16]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(16)?;
        Ok(Self {
            test_request_id: Field::get(&block[0..8]),
            send_time: Field::get(&block[8..16]),
        })
    }
}

impl WireMessage for Heartbeat {
    const NAME: &'static str = "Heartbeat";
    const TEMPLATE_ID: u16 = 6;
    const BLOCK_LENGTH: u16 = 16;
}

/// Both ways: answer with a Heartbeat.
///
/// Template id 7, a block of 16 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct TestRequest {
    /// Echoed in the answer.
    pub test_request_id: u64,
    /// The sender's clock.
    pub send_time: Timestamp,
}

impl Body for TestRequest {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<16>();
        self.test_request_id.put(&mut block[0..8]);
        self.send_time.put(&mut block[8..16]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(16)?;
        Ok(Self {
            test_request_id: Field::get(&block[0..8]),
            send_time: Field::get(&block[8..16]),
        })
    }
}

impl WireMessage for TestRequest {
    const NAME: &'static str = "TestRequest";
    const TEMPLATE_ID: u16 = 7;
    const BLOCK_LENGTH: u16 = 16;
}

/// Exchange to client: a message was not understood, or refused before it reached the core. It was
/// not journaled and is not numbered; its client sequence is not used up.
///
/// Template id 8, a block of 92 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Refused {
    /// The template id of the message; 0 when there is none.
    pub ref_template_id: u16,
    /// The client sequence of the message, if it had one.
    pub client_seq: Option<ClientSeq>,
    /// The request id of the message, if it had one.
    pub request_id: Option<u64>,
    /// The order that the message named, if it named one by id.
    pub order_id: Option<OrderId>,
    /// The instrument that the message named, if it named one.
    pub instrument_id: Option<InstrumentId>,
    /// The client order id that the message gave, if it gave one.
    pub client_order_id: Text<36>,
    /// Why the message could not be acted on at all; null when a rule refused it.
    pub message_error: Option<Code<MessageError>>,
    /// The rule that refused it; null when the message could not be acted on at all.
    pub reject_reason: Option<Code<RejectReason>>,
    /// The offending value, as the reject reason states; otherwise 0.
    pub value: i64,
    /// What it violates, as the reject reason states; otherwise 0.
    pub limit: i64,
    /// How long to wait before the same may be sent again, in ns; null when waiting alone puts
    /// nothing right.
    pub retry_after_ns: Option<u64>,
    /// For people: what was wrong and what would be right. May be empty.
    pub text: VarText,
}

impl Body for Refused {
    #[inline]
    fn variable_len(&self) -> usize {
        2 + self.text.len()
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<92>();
        self.ref_template_id.put(&mut block[0..2]);
        self.client_seq.put(&mut block[2..10]);
        self.request_id.put(&mut block[10..18]);
        self.order_id.put(&mut block[18..26]);
        self.instrument_id.put(&mut block[26..30]);
        self.client_order_id.put(&mut block[30..66]);
        self.message_error.put(&mut block[66..67]);
        self.reject_reason.put(&mut block[67..68]);
        self.value.put(&mut block[68..76]);
        self.limit.put(&mut block[76..84]);
        self.retry_after_ns.put(&mut block[84..92]);
        writer.text(&self.text);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(92)?;
        Ok(Self {
            ref_template_id: Field::get(&block[0..2]),
            client_seq: Field::get(&block[2..10]),
            request_id: Field::get(&block[10..18]),
            order_id: Field::get(&block[18..26]),
            instrument_id: Field::get(&block[26..30]),
            client_order_id: Field::get(&block[30..66]),
            message_error: Field::get(&block[66..67]),
            reject_reason: Field::get(&block[67..68]),
            value: Field::get(&block[68..76]),
            limit: Field::get(&block[76..84]),
            retry_after_ns: Field::get(&block[84..92]),
            text: reader.text()?,
        })
    }
}

impl WireMessage for Refused {
    const NAME: &'static str = "Refused";
    const TEMPLATE_ID: u16 = 8;
    const BLOCK_LENGTH: u16 = 92;
}

/// Exchange to client, after LogonAccepted: reports that the client has missed and that are not
/// sent again. Open orders and balances follow, as if asked for with request id 0.
///
/// Template id 9, a block of 16 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct ReportGap {
    /// The number after the last one that the client has.
    pub first_missed: ReportSeq,
    /// The number of the first report that follows.
    pub first_available: ReportSeq,
}

impl Body for ReportGap {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<16>();
        self.first_missed.put(&mut block[0..8]);
        self.first_available.put(&mut block[8..16]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(16)?;
        Ok(Self {
            first_missed: Field::get(&block[0..8]),
            first_available: Field::get(&block[8..16]),
        })
    }
}

impl WireMessage for ReportGap {
    const NAME: &'static str = "ReportGap";
    const TEMPLATE_ID: u16 = 9;
    const BLOCK_LENGTH: u16 = 16;
}

/// Exchange to client, when the logon stated a lastReportSeq: the session has been told everything
/// that it missed, and after a ReportGap how orders and balances stand. Whatever comes from here on
/// is new.
///
/// Template id 10, a block of 8 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Copy, Default)]
pub struct CaughtUp {
    /// The last report so far, as the session counts them: those up to it have been sent, but for
    /// what a ReportGap names and what is not for this key. The next logon may state it.
    pub last_report_seq: ReportSeq,
}

impl Body for CaughtUp {
    #[inline]
    fn variable_len(&self) -> usize {
        0
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        let block = writer.block::<8>();
        self.last_report_seq.put(&mut block[0..8]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block = reader.block(8)?;
        Ok(Self {
            last_report_seq: Field::get(&block[0..8]),
        })
    }
}

impl WireMessage for CaughtUp {
    const NAME: &'static str = "CaughtUp";
    const TEMPLATE_ID: u16 = 10;
    const BLOCK_LENGTH: u16 = 8;
}
