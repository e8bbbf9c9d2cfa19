//! What sessions ask of the publisher, which owns the read models.
//!
//! Requests go through one bounded channel; their answers come through the session's own queue, in line
//! with everything else that the session is sent, except where a session needs one to go on.

use rialto_protocol::{EndReason, Subscribe, Unsubscribe};
use rialto_types::{AccountId, ClientSeq, InstrumentId, KeyId, OrderRef, ReportSeq, SourceId};
use tokio::sync::oneshot;

use crate::models::Key;
use crate::outbox::OutboxWriter;

/// A connection, numbered by the gateway; also what logs call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SessionId(pub u64);

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The binary protocol.
    Binary,
    /// Market data as JSON.
    Json,
}

/// Something asked of the publisher.
#[derive(Debug)]
pub(crate) enum Request {
    /// A connection has begun.
    Open {
        /// Its number.
        session: SessionId,
        /// Its queue.
        outbox: OutboxWriter,
        /// What it speaks.
        dialect: Dialect,
    },
    /// A connection has ended.
    Close {
        /// Its number.
        session: SessionId,
    },
    /// Who is this key? `None` when it never was or was revoked.
    FindKey {
        /// Which.
        key: KeyId,
        /// Where to answer.
        reply: oneshot::Sender<Option<Key>>,
    },
    /// A connection has proven that it may act for a key.
    LogOn(LogOn),
    /// A stream is wanted.
    Subscribe {
        /// Who wants it.
        session: SessionId,
        /// Which.
        message: Subscribe,
        /// Answered when the present state is appended to the session's queue, or is to come bit by bit:
        /// a session asks for the next stream only then.
        done: oneshot::Sender<()>,
    },
    /// A stream is no longer wanted.
    Unsubscribe(SessionId, Unsubscribe),
    /// A question about orders, balances, accounts or keys.
    Ask {
        /// Who asks.
        session: SessionId,
        /// The template id of the question, for a refusal.
        template_id: u16,
        /// The client's number for it.
        request_id: u64,
        /// What is asked.
        question: Question,
    },
    /// Which keys have cancel-on-disconnect armed?
    ArmedKeys {
        /// Where to answer.
        reply: oneshot::Sender<Vec<KeyId>>,
    },
}

/// What a session that is logged on is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It acts for its key.
    Trader,
    /// It only reads, of the key's account.
    AccountCopy,
    /// It only reads, of all accounts.
    VenueCopy,
}

/// A connection that is to act for a key.
#[derive(Debug)]
pub(crate) struct LogOn {
    /// Which connection.
    pub session: SessionId,
    /// For which key.
    pub key: KeyId,
    /// What for.
    pub role: Role,
    /// Answered when the core has taken the key's commands up to this one: the session learns the
    /// highest number used, and that cancel-on-disconnect is as it asked.
    pub after: ClientSeq,
    /// And when the core has taken so many unnumbered commands of the key since the gateway was opened.
    pub arms: u64,
    /// Whether the session will tell where the time of its commands goes.
    pub stage_times: bool,
    /// The last report that the client has, of the account or for a copy of all accounts of all; 0 when it has none
    /// and wants none again, `None` when it does not want to be told either that it has caught up.
    pub last_report: Option<ReportSeq>,
    /// The heartbeat interval that holds.
    pub heartbeat_interval_ms: u32,
    /// Where to answer, after the message that accepts the logon is queued.
    pub reply: oneshot::Sender<Result<(), LogonRefusal>>,
}

/// Why a logon was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogonRefusal {
    /// The reason on the wire.
    pub reason: EndReason,
    /// For people.
    pub text: String,
}

/// A question to the read models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// How does this order of the session's account stand?
    OrderStatus(OrderRef),
    /// Which orders are open?
    OpenOrders {
        /// Whose.
        account: AccountId,
        /// Only this instrument's.
        instrument: Option<InstrumentId>,
    },
    /// Which balances are there?
    Balances {
        /// Whose.
        account: AccountId,
    },
    /// Which accounts are there?
    Accounts {
        /// From this one on.
        first: AccountId,
        /// At most so many.
        count: u16,
    },
    /// Which keys are there?
    Keys {
        /// From this one on.
        first: KeyId,
        /// Only this account's.
        account: Option<AccountId>,
        /// At most so many.
        count: u16,
    },
    /// How far has this source of transfers come?
    TransferSource(SourceId),
}
