//! What can go wrong between a client and an exchange, each with what was found and what would be right.

use std::fmt;
use std::io;
use std::time::Duration;

use rialto_protocol::{
    AdminReport, CancelOnDisconnectReport, Code, DecodeError, EndReason, ExecutionReport,
    MassCancelReport, MessageError, Refused, SubscriptionRefusal, SubscriptionRefused,
};
use rialto_types::RejectReason;
use thiserror::Error;
use tokio_tungstenite::tungstenite;

use crate::key::KeyError;
use crate::{BookError, CandleError};

/// Why a call on a connection failed. Each message is complete: it has its causes in it, and `source` gives
/// nothing further. After any variant but those of the first group, [`Refused`],
/// [`ClientError::NoAnswer`] and [`ClientError::SendQueueFull`], the connection is of no further use.
///
/// [`Refused`]: ClientError::Refused
#[derive(Debug, Error)]
pub enum ClientError {
    /// The text is no address.
    #[error("{address:?} is not the address of an exchange: {reason}")]
    InvalidAddress {
        /// The text.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The key file cannot be used.
    #[error("{0}")]
    Key(KeyError),
    /// A number that is none, or not one of this instrument.
    #[error("{reason}")]
    InvalidNumber {
        /// The text.
        text: String,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// No such instrument is listed.
    #[error("no instrument {symbol:?} is listed; there are: {listed}")]
    UnknownSymbol {
        /// Asked for.
        symbol: String,
        /// The symbols that there are.
        listed: String,
    },
    /// No such asset is known.
    #[error("no asset {symbol:?} is known; there are: {known}")]
    UnknownAsset {
        /// Asked for.
        symbol: String,
        /// The symbols that there are.
        known: String,
    },
    /// Nobody answers at the address.
    #[error("cannot connect to {address}: {error}")]
    Connect {
        /// The address.
        address: String,
        /// What the system said.
        error: io::Error,
    },
    /// The certificates to trust cannot be used.
    #[error("{reason}")]
    Trust {
        /// What is wrong with them, and what would be right.
        reason: String,
    },
    /// There is no TLS with whoever answers, or its certificate is not trusted.
    #[error("no TLS with {address}: {reason}")]
    Tls {
        /// The address.
        address: String,
        /// Why, and what would be right.
        reason: String,
    },
    /// Somebody answers, but not as an exchange does.
    #[error("{address} does not open a WebSocket: {}", answered(.error))]
    Handshake {
        /// The address.
        address: String,
        /// What came instead.
        error: Box<tungstenite::Error>,
    },
    /// The exchange does not want the key.
    #[error("logon refused ({reason}): {text}")]
    LogonRefused {
        /// Why.
        reason: Code<EndReason>,
        /// In words.
        text: String,
    },
    /// The exchange ended the session and said why.
    #[error("the exchange ended the session ({reason}): {text}")]
    LoggedOut {
        /// Why.
        reason: Code<EndReason>,
        /// In words.
        text: String,
    },
    /// The connection ended without a word of the protocol.
    #[error("the connection was closed{}", reason_suffix(.reason))]
    Closed {
        /// What the closing frame said; may be empty.
        reason: String,
    },
    /// The socket failed.
    #[error("the connection failed: {0}")]
    Socket(Box<tungstenite::Error>),
    /// The challenge names another exchange than the caller means to speak to.
    #[error("the exchange says that its id is {found}, not {expected}: nothing was signed")]
    WrongExchange {
        /// The id that the caller has stated.
        expected: u64,
        /// The id in the challenge.
        found: u64,
    },
    /// Nothing arrived for three heartbeat intervals, and a test request was not answered.
    #[error("the exchange has shown no sign of life for {} ms", .0.as_millis())]
    Silent(Duration),
    /// The bytes are no message.
    #[error("the exchange sent what this client cannot read: {0}")]
    Malformed(DecodeError),
    /// A text frame: the endpoint is another one.
    #[error("the exchange sent a text frame: this is not its binary endpoint")]
    TextFrame,
    /// A message that makes no sense here.
    #[error("expected {expected}, but the exchange sent {found}")]
    Unexpected {
        /// What was waited for.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// The content of a message contradicts itself or an earlier one.
    #[error("{message} makes no sense: {reason}")]
    Inconsistent {
        /// The message.
        message: &'static str,
        /// Why.
        reason: String,
    },
    /// The book cannot be built from what the exchange sends.
    #[error("the book cannot be followed: {0}")]
    Book(BookError),
    /// The candles cannot be built from what the exchange sends.
    #[error("the candles cannot be followed: {0}")]
    Candles(CandleError),
    /// The answer did not come in time; whether the exchange has acted is not known.
    #[error("no answer to {what} within {} ms", .after.as_millis())]
    NoAnswer {
        /// The question.
        what: &'static str,
        /// How long was waited.
        after: Duration,
    },
    /// The exchange refused what was asked for; nothing has changed.
    #[error("{0}")]
    Refused(Box<Rejection>),
    /// More is queued than may be: flush more often.
    #[error(
        "{queued} bytes wait to be sent, the most is {}: flush more often",
        crate::SEND_BYTES_MAX
    )]
    SendQueueFull {
        /// Bytes that wait.
        queued: usize,
    },
    /// While an answer was waited for, more arrived than is kept.
    #[error(
        "more than {} messages arrived while an answer was waited for",
        crate::SET_ASIDE_MAX
    )]
    SetAsideFull,
    /// An answer in parts has more of them than is kept.
    #[error(
        "the answer to {what} has more than {} entries",
        crate::LIST_ENTRIES_MAX
    )]
    ListTooLong {
        /// The question.
        what: &'static str,
    },
}

/// What came instead of a WebSocket, with what it said about itself.
fn answered(error: &tungstenite::Error) -> String {
    const TEXT_MAX: usize = 200;
    let text = error.to_string();
    let tungstenite::Error::Http(response) = error else {
        return text;
    };
    let body = response.body().as_deref().unwrap_or_default();
    let body = String::from_utf8_lossy(&body[..body.len().min(TEXT_MAX)]);
    match body.trim() {
        "" => text,
        body => format!("{text}: {}", body.escape_debug()),
    }
}

/// What follows "closed" in the message of [`ClientError::Closed`].
fn reason_suffix(reason: &str) -> String {
    if reason.is_empty() {
        " without a reason".to_owned()
    } else {
        format!(": {reason}")
    }
}

impl From<tungstenite::Error> for ClientError {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
                Self::Closed {
                    reason: String::new(),
                }
            }
            other => Self::Socket(Box::new(other)),
        }
    }
}

macro_rules! wrapped {
    ($($variant:ident($error:ty)),* $(,)?) => {
        $(impl From<$error> for ClientError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

wrapped!(
    Key(KeyError),
    Malformed(DecodeError),
    Book(BookError),
    Candles(CandleError),
);

impl From<Rejection> for ClientError {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(Box::new(rejection))
    }
}

/// The exchange said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// What it refused: the name of the message or of the request.
    pub what: String,
    /// Why.
    pub cause: Cause,
    /// The offending value, as the reason states; otherwise 0.
    pub value: i64,
    /// What it violates, as the reason states; otherwise 0.
    pub limit: i64,
    /// How long to wait before the same may be sent again; `None` when waiting alone puts nothing right.
    pub retry_after: Option<Duration>,
    /// In words; may be empty.
    pub text: String,
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A rule of the exchange.
    Rule(Code<RejectReason>),
    /// The message could not be acted on at all.
    Message(Code<MessageError>),
    /// There is no such stream of market data.
    Subscription(Code<SubscriptionRefusal>),
}

impl Rejection {
    /// A rule's refusal of `what`.
    fn rule(
        what: &str,
        reason: Option<Code<RejectReason>>,
        value: i64,
        limit: i64,
        text: &str,
    ) -> Self {
        Self {
            what: what.to_owned(),
            cause: Cause::Rule(reason.unwrap_or_default()),
            value,
            limit,
            retry_after: None,
            text: text.to_owned(),
        }
    }

    /// The rule that refused it, if it was one that this version knows.
    pub fn reason(&self) -> Option<RejectReason> {
        match self.cause {
            Cause::Rule(reason) => reason.known(),
            Cause::Message(_) | Cause::Subscription(_) => None,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, text, .. } = self;
        match self.cause {
            Cause::Rule(reason) => write!(f, "{what} refused ({reason})")?,
            Cause::Message(error) => write!(f, "{what} refused ({error})")?,
            Cause::Subscription(reason) => write!(f, "{what} refused ({reason})")?,
        }
        if !text.is_empty() {
            return write!(f, ": {text}");
        }
        if (self.value, self.limit) == (0, 0) {
            return Ok(());
        }
        write!(f, ": value {}, limit {}", self.value, self.limit)
    }
}

impl std::error::Error for Rejection {}

impl From<&Refused> for Rejection {
    fn from(refused: &Refused) -> Self {
        let id = refused.ref_template_id;
        let what = rialto_protocol::template_name(id)
            .map_or_else(|| format!("template {id}"), str::to_owned);
        let rule = Self::rule(
            &what,
            refused.reject_reason,
            refused.value,
            refused.limit,
            &refused.text,
        );
        match refused.message_error {
            Some(error) if refused.reject_reason.is_none() => Self {
                cause: Cause::Message(error),
                ..rule
            },
            _ => Self {
                retry_after: refused.retry_after_ns.map(Duration::from_nanos),
                ..rule
            },
        }
    }
}

impl From<&SubscriptionRefused> for Rejection {
    fn from(refused: &SubscriptionRefused) -> Self {
        Self {
            what: format!("subscription to {}", refused.channel),
            cause: Cause::Subscription(refused.reason),
            value: 0,
            limit: 0,
            retry_after: None,
            text: refused.text.to_string(),
        }
    }
}

macro_rules! rejections_of_the_core {
    ($($message:ident: $what:expr),* $(,)?) => {
        $(impl From<&$message> for Rejection {
            /// What the report refuses; the caller has seen that it does.
            fn from(report: &$message) -> Self {
                let what: fn(&$message) -> String = $what;
                let reason = report.reject_reason;
                Self::rule(&what(report), reason, report.value, report.limit, &report.text)
            }
        })*
    };
}

rejections_of_the_core!(
    ExecutionReport: |report| {
        if report.client_order_id.is_none() {
            "order request".to_owned()
        } else {
            format!("request about order {}", report.client_order_id)
        }
    },
    MassCancelReport: |_| "MassCancel".to_owned(),
    CancelOnDisconnectReport: |_| "ArmCancelOnDisconnect".to_owned(),
    AdminReport: |report| report.command.to_string(),
);
