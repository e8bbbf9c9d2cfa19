//! A session: a connection that has logged on with a key and numbers what it asks for.
//!
//! The exchange keeps the highest number that it has applied for each key and tells it at logon; a session
//! goes on above it. Two sessions of one key at the same time would use the same numbers and refuse each
//! other's requests as duplicates: give each program a key of its own.

use rialto_protocol::{
    Logon, LogonAccepted, LogonFlags, LogonRefused, Message, Permissions, WireMessage,
};
use rialto_types::{AccountId, ClientSeq, KeyId, ReportSeq};

use crate::connection::{Sorted, unexpected};
use crate::{ApiKey, ClientError, Connection, Rejection, Sequenced};

/// Choices at logon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogonOptions {
    /// How often both sides show signs of life, 1,000 to 60,000 ms; `None` takes what the exchange
    /// proposes.
    pub heartbeat_interval_ms: Option<u32>,
    /// The highest report number that the caller has: what came after it is sent again. What is too old
    /// for that is told by a `ReportGap`, and open orders and balances follow. A
    /// [`CaughtUp`](rialto_protocol::CaughtUp) ends it: see [`Session::is_caught_up`]. 0 asks for everything from
    /// the first report on, `None` for nothing.
    pub last_report_seq: Option<ReportSeq>,
    /// Cancel the orders placed with this key when its session is lost.
    pub cancel_on_disconnect: bool,
    /// Where that is armed: how long a session that was lost may come back, with the same key, before its orders are
    /// cancelled, at most 60,000 ms; `None` for not at all.
    pub cancel_grace_ms: Option<u32>,
    /// The id of the exchange that the caller means to speak to. When the challenge names another one,
    /// nothing is signed, so that no other server can pass the signature on. `None` trusts the address.
    pub exchange_id: Option<u64>,
    /// Only read, beside other sessions of the key: a copy of the reports of its account, and for an
    /// administrator's key of all accounts, whose reports are then counted together.
    pub drop_copy: bool,
    /// Be told where the time of the commands goes: a [`StageTimes`](rialto_protocol::StageTimes) follows the
    /// reports of a command, whenever the exchange can follow one more.
    pub stage_times: bool,
}

/// A connection that may act for an account.
#[derive(Debug)]
pub struct Session {
    connection: Connection,
    logon: LogonAccepted,
    next_client_seq: u64,
    last_report_seq: ReportSeq,
    numbering: Numbering,
    is_caught_up: bool,
}

/// What [`Session::last_report_seq`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbering {
    /// The account's reports, by the number that each carries.
    OfAccount,
    /// Those of all accounts together, in the order in which they come.
    OfAll,
}

impl Connection {
    /// Logs on with a key. After a refusal the exchange closes the connection.
    ///
    /// # Errors
    /// [`ClientError::LogonRefused`] with the exchange's reason, [`ClientError::WrongExchange`] when it is
    /// another one than the options name, and as [`Connection::next`].
    pub async fn log_on(
        mut self,
        key: &ApiKey,
        options: LogonOptions,
    ) -> Result<Session, ClientError> {
        let found = self.challenge().exchange_id;
        if let Some(expected) = options.exchange_id.filter(|expected| *expected != found) {
            return Err(ClientError::WrongExchange { expected, found });
        }
        self.queue(&Logon {
            key_id: key.key_id(),
            signature: key.sign(self.challenge()),
            heartbeat_interval_ms: options.heartbeat_interval_ms,
            last_report_seq: options.last_report_seq,
            logon_flags: LogonFlags::CANCEL_ON_DISCONNECT
                .when(options.cancel_on_disconnect)
                .with(LogonFlags::STAGE_TIMES.when(options.stage_times))
                .with(LogonFlags::DROP_COPY.when(options.drop_copy)),
            cancel_grace_ms: options.cancel_grace_ms,
        })?;
        let logon = self
            .answer("Logon", |message| match message {
                Message::LogonAccepted(accepted) => Ok(Sorted::Answer(accepted)),
                Message::LogonRefused(LogonRefused { end_reason, text }) => {
                    Err(ClientError::LogonRefused {
                        reason: end_reason,
                        text: text.to_string(),
                    })
                }
                Message::Refused(refused) if refused.ref_template_id == Logon::TEMPLATE_ID => {
                    Err(Rejection::from(&refused).into())
                }
                other => Ok(Sorted::Other(other)),
            })
            .await?;
        if logon.key_id != key.key_id() {
            return Err(unexpected(
                "a logon with the key that was sent",
                &Message::LogonAccepted(logon),
            ));
        }
        self.set_heartbeat_interval(logon.heartbeat_interval_ms);
        // What the caller has asked for again is still to come.
        let numbering = if options.drop_copy && logon.account_id == AccountId::VENUE {
            Numbering::OfAll
        } else {
            Numbering::OfAccount
        };
        let newest = ReportSeq(logon.next_report_seq.0.saturating_sub(1));
        Ok(Session {
            connection: self,
            logon,
            next_client_seq: logon.highest_client_seq.0.saturating_add(1),
            last_report_seq: options.last_report_seq.unwrap_or(newest).min(newest),
            numbering,
            is_caught_up: options.last_report_seq.is_none(),
        })
    }
}

impl Session {
    /// The account that the session acts for.
    pub const fn account(&self) -> AccountId {
        self.logon.account_id
    }

    /// The key that it logged on with.
    pub const fn key_id(&self) -> KeyId {
        self.logon.key_id
    }

    /// What the key may do.
    pub const fn permissions(&self) -> Permissions {
        self.logon.permissions
    }

    /// The answer to the logon, as it came.
    pub const fn logon(&self) -> &LogonAccepted {
        &self.logon
    }

    /// The connection, for market data and for the directory.
    pub const fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// The highest report number received: what [`LogonOptions::last_report_seq`] takes after a lost
    /// connection, once [`Session::next`] has handed out what a waiting call had set aside. On a drop copy of all
    /// accounts, how many reports all of them had up to the last one that was handed out.
    pub const fn last_report_seq(&self) -> ReportSeq {
        self.last_report_seq
    }

    /// Whether everything that the logon asked for again has been handed out by [`Session::next`]: what comes from
    /// then on is new. The message that says so is [`CaughtUp`](rialto_protocol::CaughtUp). True from the beginning
    /// when nothing was asked for.
    pub const fn is_caught_up(&self) -> bool {
        self.is_caught_up
    }

    /// Gives a state-changing message the next client sequence and queues it. Nothing is sent before
    /// [`Session::flush`]. The answer carries the number that is returned.
    ///
    /// # Errors
    /// [`ClientError::SendQueueFull`]; the number is then not used up.
    #[inline]
    pub fn submit<M: Sequenced>(&mut self, mut message: M) -> Result<ClientSeq, ClientError> {
        let client_seq = ClientSeq(self.next_client_seq);
        message.set_client_seq(client_seq);
        self.connection.queue(&message)?;
        self.next_client_seq += 1;
        Ok(client_seq)
    }

    /// Queues a message without a client sequence: a question or a subscription.
    ///
    /// # Errors
    /// As [`Connection::queue`].
    #[inline]
    pub fn queue<M: WireMessage>(&mut self, message: &M) -> Result<(), ClientError> {
        self.connection.queue(message)
    }

    /// Sends everything that was queued.
    ///
    /// # Errors
    /// As [`Connection::flush`].
    #[inline]
    pub async fn flush(&mut self) -> Result<(), ClientError> {
        self.connection.flush().await
    }

    /// The next message: see [`Connection::next`].
    ///
    /// # Errors
    /// As [`Connection::next`].
    #[inline]
    pub async fn next(&mut self) -> Result<Message, ClientError> {
        let message = self.connection.next().await?;
        self.note(&message);
        Ok(message)
    }

    /// The next message if it has arrived already.
    ///
    /// # Errors
    /// As [`Connection::next`].
    pub fn try_next(&mut self) -> Result<Option<Message>, ClientError> {
        let message = self.connection.try_next()?;
        if let Some(message) = &message {
            self.note(message);
        }
        Ok(message)
    }

    /// Notes what a message that is handed out says about the session.
    #[inline]
    fn note(&mut self, message: &Message) {
        self.numbering.note(&mut self.last_report_seq, message);
        self.is_caught_up |= matches!(message, Message::CaughtUp(_));
    }

    /// As [`Connection::answer`].
    pub(crate) async fn answer<T>(
        &mut self,
        what: &'static str,
        mut sort: impl FnMut(Message) -> Result<Sorted<T>, ClientError>,
    ) -> Result<T, ClientError> {
        let highest = &mut self.last_report_seq;
        let numbering = self.numbering;
        self.connection
            .answer(what, |message| {
                // What is counted is counted once, when `next` hands it out.
                if numbering == Numbering::OfAccount {
                    numbering.note(highest, &message);
                }
                sort(message)
            })
            .await
    }

    /// Logs out and waits until the exchange has closed the connection.
    ///
    /// # Errors
    /// As [`Connection::close`].
    pub async fn log_out(self) -> Result<(), ClientError> {
        self.connection.close().await
    }
}

impl Numbering {
    /// Raises `last` to the number of a message, if it is a numbered report.
    #[inline]
    fn note(self, last: &mut ReportSeq, message: &Message) {
        let Some(report) = report_seq(message) else {
            return;
        };
        *last = match (self, message) {
            (Self::OfAll, Message::ReportGap(_) | Message::CaughtUp(_)) | (Self::OfAccount, _) => {
                report.max(*last)
            }
            (Self::OfAll, _) => ReportSeq(last.0.saturating_add(1)),
        };
    }
}

/// The number of a report, or the last one of those that will not come.
#[inline]
fn report_seq(message: &Message) -> Option<ReportSeq> {
    match message {
        Message::ExecutionReport(report) => report.report_seq,
        Message::MassCancelReport(report) => report.report_seq,
        Message::TransferReport(report) => report.report_seq,
        Message::CancelOnDisconnectReport(report) => report.report_seq,
        Message::AdminReport(report) => report.report_seq,
        // What lies before it will not come, be it gone or for other keys.
        Message::CaughtUp(end) => Some(end.last_report_seq),
        Message::ReportGap(gap) => Some(ReportSeq(gap.first_available.0.saturating_sub(1))),
        _ => None,
    }
}
