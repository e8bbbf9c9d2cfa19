//! A session: one connection from its challenge to its end.
//!
//! One task owns it. It waits for the client, for the publisher and for the clock, whichever comes first;
//! what a client sends is acted on at once and in order, what it is sent leaves in as few frames as
//! possible. Nothing that a client does or fails to do holds anybody else: it is answered, refused or
//! ended with a reason.

mod commands;
mod copy;
pub(crate) mod grace;
mod json;
mod link;
mod logon;
mod pulse;
mod questions;
mod sampling;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rialto_protocol::{
    Challenge, EndReason, Frame, Heartbeat, LogonRefused, Logout, Message, MessageError, Refused,
    StageTimes, TestRequest, Text, VarText, WireMessage,
};
use rialto_types::{AccountId, KeyId, Permissions, Timestamp};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use self::copy::Copyist;
use self::link::{Incoming, Link, Lost};
use self::pulse::{Beat, Pulse};
use self::sampling::{Followed, Sampler};
use crate::admission::Pass;
use crate::clock::now;
use crate::directory::DirectoryReader;
use crate::floor::{Floor, Market, Phase};
use crate::keys::Lease;
use crate::metrics::Metrics;
use crate::models::Directory;
use crate::outbox::{Batch, OutboxReader, outbox};
use crate::rates::SessionRates;
use crate::request::{Dialect, Request, SessionId};
use crate::stream::Stream;

/// How long a client has for a logon or a first subscription.
const ENTRY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a client may take to read why it is ended, while the exchange goes on.
const FAREWELL_MAX: Duration = Duration::from_secs(1);
/// How long to wait before a disconnect that found the ring full is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(1);

/// Why a session ends.
#[derive(Debug)]
enum End {
    /// The client is gone.
    Lost,
    /// The client is told.
    Told {
        reason: EndReason,
        text: String,
        /// Whether it is told as the answer to a logon.
        logon: bool,
    },
}

impl End {
    fn told(reason: EndReason, text: impl Into<String>) -> Self {
        Self::Told {
            reason,
            text: text.into(),
            logon: false,
        }
    }
}

/// What a session may do.
#[derive(Debug)]
enum Stage {
    /// Nothing yet: it has until then.
    Entering(Instant),
    /// It receives market data.
    Public,
    /// It acts for an account.
    Trader(Trader),
    /// It reads what happens.
    Copy(Copyist),
}

/// A session that is logged on.
#[derive(Debug)]
struct Trader {
    key: KeyId,
    account: AccountId,
    permissions: Permissions,
    lease: Lease,
    rates: SessionRates,
    /// Whether the end of the session is to be told to the core.
    is_armed: bool,
    /// How long it may come back before that, if it is lost.
    grace: Duration,
}

/// One connection.
struct Session {
    id: SessionId,
    peer: SocketAddr,
    /// The place of the connection, given back at its very end.
    pass: Pass,
    floor: Arc<Floor>,
    link: Link,
    outbox: OutboxReader,
    directory: DirectoryReader,
    /// Answers of the session itself, to leave with the next flush.
    answers: Batch,
    /// The publisher's batch that is being written: a write that is called off loses nothing.
    unwritten: Option<Batch>,
    scratch: Vec<u8>,
    stage: Stage,
    challenge: Challenge,
    pulse: Pulse,
    quarters: Interval,
    heartbeat_interval: Duration,
    /// Counts the test requests of the exchange.
    tests: u64,
    /// Follows a few of its commands.
    sampler: Sampler,
}

/// Serves a connection whose WebSocket handshake is done, to its end. `read` was read from it already.
pub(crate) async fn serve(
    floor: Arc<Floor>,
    (stream, read): (Stream, Vec<u8>),
    dialect: Dialect,
    peer: SocketAddr,
    pass: Pass,
) {
    let id = floor.next_session();
    let link = Link::new(stream, read, dialect).await;
    let Some(market) = floor.market().filter(|_| floor.phase() == Phase::Open) else {
        let (reason, text) = match floor.phase() {
            Phase::Draining => (EndReason::ShuttingDown, "the exchange is shutting down"),
            _ => (
                EndReason::NotReady,
                "the exchange is recovering its journal",
            ),
        };
        turn_away(link, &floor.metrics, reason, text).await;
        return;
    };
    let mut nonce = [0; 32];
    if let Err(error) = getrandom::fill(&mut nonce) {
        tracing::error!(session = id.0, %error, "no random bytes for a challenge");
        turn_away(
            link,
            &floor.metrics,
            EndReason::InternalError,
            "no random bytes for a challenge",
        )
        .await;
        return;
    }
    let (writer, reader) = outbox(market.requests.waker());
    let open = Request::Open {
        session: id,
        outbox: writer,
        dialect,
    };
    if market.requests.send(open).await.is_err() {
        turn_away(
            link,
            &floor.metrics,
            EndReason::ShuttingDown,
            "the exchange is shutting down",
        )
        .await;
        return;
    }
    floor.metrics.connections.inc();
    let heartbeat_interval = floor.config.heartbeat_interval;
    let session = Session {
        id,
        peer,
        pass,
        link,
        outbox: reader,
        directory: DirectoryReader::new(Arc::clone(&market.directory)),
        answers: Batch::default(),
        unwritten: None,
        scratch: Vec::new(),
        stage: Stage::Entering(Instant::now() + ENTRY_TIMEOUT),
        challenge: challenge(&floor, nonce),
        pulse: Pulse::default(),
        quarters: quarters(heartbeat_interval),
        heartbeat_interval,
        tests: 0,
        sampler: Sampler::new(Arc::clone(&market.probes)),
        floor: Arc::clone(&floor),
    };
    tracing::debug!(session = id.0, %peer, "connected");
    session.run().await;
    floor.metrics.connections.dec();
}

/// Ends a connection that does not become a session.
pub(crate) async fn refuse(
    (stream, read): (Stream, Vec<u8>),
    dialect: Dialect,
    metrics: &Metrics,
    (reason, text): (EndReason, &str),
) {
    let link = Link::new(stream, read, dialect).await;
    turn_away(link, metrics, reason, text).await;
}

async fn turn_away(link: Link, metrics: &Metrics, reason: EndReason, text: &str) {
    let mut frame = Vec::new();
    let logout = Logout {
        end_reason: reason.into(),
        text: VarText::from(text),
    };
    logout.encode(&mut frame);
    let mut last_words = Batch::default();
    put(
        &mut last_words,
        &frame,
        link.dialect(),
        &Directory::default(),
    );
    link.close(vec![last_words], metrics, reason, FAREWELL_MAX)
        .await;
}

/// Appends an encoded message in what the client speaks.
fn put(batch: &mut Batch, message: &[u8], dialect: Dialect, directory: &Directory) {
    match dialect {
        Dialect::Binary => batch.push(message),
        Dialect::Json => {
            for text in crate::json::texts_of(message, directory) {
                batch.push_alone(text.as_bytes());
            }
        }
    }
}

/// The first message of a connection.
fn challenge(floor: &Floor, nonce: [u8; 32]) -> Challenge {
    let config = &floor.config;
    Challenge {
        nonce,
        server_time: now(),
        exchange_id: config.exchange_id,
        heartbeat_interval_ms: milliseconds(config.heartbeat_interval),
        schema_version: rialto_protocol::SCHEMA_VERSION,
        exchange_name: Text::cut(&config.exchange_name),
    }
}

/// Ticks four times a heartbeat interval, the first time after a quarter.
fn quarters(interval: Duration) -> Interval {
    let period = Pulse::period(interval);
    let mut quarters = tokio::time::interval_at(Instant::now() + period, period);
    quarters.set_missed_tick_behavior(MissedTickBehavior::Delay);
    quarters
}

impl Session {
    async fn run(mut self) {
        let challenge = self.challenge;
        // It has no text: who speaks JSON is sent none.
        self.answer(&challenge);
        let Err(end) = self.serve().await;
        self.finish(end).await;
    }

    fn market(&self) -> &Market {
        self.floor
            .market()
            .expect("a session begins on an open floor")
    }

    /// Acts until the end.
    async fn serve(&mut self) -> Result<Infallible, End> {
        loop {
            self.write_out().await?;
            if !self.answers.is_empty() {
                // Where the time of a command went is known only when its report is out.
                continue;
            }
            let entry = match self.stage {
                Stage::Entering(until) => Some(until),
                Stage::Public | Stage::Trader(_) | Stage::Copy(_) => None,
            };
            tokio::select! {
                incoming = self.link.next() => self.receive(incoming).await?,
                () = self.outbox.ready() => {}
                reason = self.outbox.until_ended() => return Err(ended(reason)),
                _ = self.quarters.tick() => self.beat().await?,
                () = entry_over(entry) => {
                    let text = "no logon and no subscription came within 5 seconds";
                    return Err(End::told(EndReason::LogonTimeout, text));
                }
            }
        }
    }

    /// Writes everything that is there for the client and flushes once.
    async fn write_out(&mut self) -> Result<(), End> {
        let patience = self.heartbeat_interval * 2;
        let Self {
            link,
            outbox,
            answers,
            unwritten,
            pulse,
            floor,
            sampler,
            scratch,
            ..
        } = self;
        let writing = async {
            let mut is_dirty = !answers.is_empty();
            link.write(answers, &floor.metrics).await?;
            answers.clear();
            let mut reported = 0;
            while let Some(batch) = unwritten.take().or_else(|| outbox.take()) {
                let batch = unwritten.insert(batch);
                link.write(batch, &floor.metrics).await?;
                reported |= batch.probes();
                outbox.written(std::mem::take(batch));
                *unwritten = None;
                is_dirty = true;
            }
            if is_dirty {
                link.flush().await?;
                pulse.sent();
                let is_told = sampler.is_told();
                for followed in sampler.written(reported).filter(|_| is_told) {
                    scratch.clear();
                    stage_times(&followed).encode(scratch);
                    answers.push(scratch);
                }
            }
            Ok(())
        };
        tokio::select! {
            biased;
            result = writing => result.map_err(|Lost| End::Lost),
            // A client that does not read is not waited for.
            reason = outbox.until_ended() => Err(ended(reason)),
            () = tokio::time::sleep(patience) => Err(ended(EndReason::SlowConsumer)),
        }
    }

    async fn receive(&mut self, incoming: Incoming) -> Result<(), End> {
        self.pulse.heard();
        match incoming {
            Incoming::Text(text) if self.link.dialect() == Dialect::Json => {
                self.floor.metrics.received(text.len());
                self.request(&text).await
            }
            Incoming::Frame(_) if self.link.dialect() == Dialect::Json => {
                let text = "this endpoint speaks JSON in text frames only";
                Err(End::told(EndReason::ProtocolError, text))
            }
            Incoming::Frame(frame) => {
                self.floor.metrics.received(frame.len());
                self.frame(&frame).await
            }
            Incoming::Control => Ok(()),
            Incoming::NotUtf8 if self.link.dialect() == Dialect::Json => {
                Err(End::told(EndReason::ProtocolError, "a text is not UTF-8"))
            }
            Incoming::Text(_) | Incoming::NotUtf8 => {
                let text = "this endpoint speaks binary frames only";
                Err(End::told(EndReason::TextFrame, text))
            }
            Incoming::TooLong => {
                let text = "a frame has at most 16,384 bytes";
                Err(End::told(EndReason::FrameTooLarge, text))
            }
            Incoming::Broken(error) => Err(End::told(EndReason::ProtocolError, error)),
            Incoming::Closed => Err(End::Lost),
        }
    }

    /// Acts on the messages of a frame, one after another.
    async fn frame(&mut self, bytes: &[u8]) -> Result<(), End> {
        let arrived = now();
        let mut frame = Frame::new(bytes);
        loop {
            match frame.next() {
                Some(Ok(message)) => {
                    self.floor.metrics.messages_received.inc();
                    self.message(&message, arrived).await?;
                }
                Some(Err(error)) => {
                    let about = Refused {
                        ref_template_id: frame.template_id().unwrap_or(0),
                        ..Refused::default()
                    };
                    self.refuse_message(&about, error.code(), error.to_string());
                    return Err(End::told(EndReason::ProtocolError, error.to_string()));
                }
                None => return Ok(()),
            }
        }
    }

    async fn message(&mut self, message: &Message, arrived: Timestamp) -> Result<(), End> {
        match message {
            Message::NewOrder(m) => self.new_order(m, arrived),
            Message::CancelOrder(m) => self.cancel_order(m, arrived),
            Message::ReplaceOrder(m) => self.replace_order(m, arrived),
            Message::MassCancel(m) => self.mass_cancel(m, arrived),
            Message::ArmCancelOnDisconnect(m) => self.arm(m, arrived),
            Message::Heartbeat(_) => {}
            Message::TestRequest(m) => self.answer(&Heartbeat {
                test_request_id: Some(m.test_request_id),
                send_time: now(),
            }),
            Message::Logout(_) => return Err(End::told(EndReason::Requested, "")),
            Message::Logon(m) => return self.log_on(m).await,
            other if self.administer(other, arrived) => {}
            other => return self.ask(other).await,
        }
        Ok(())
    }

    /// Looks after the signs of life.
    async fn beat(&mut self) -> Result<(), End> {
        match self.pulse.quarter() {
            Beat::Rest => {}
            // A browser answers a ping by itself.
            Beat::Heartbeat | Beat::Test if self.link.dialect() == Dialect::Json => {
                self.link.ping().await.map_err(|Lost| End::Lost)?;
                self.pulse.sent();
            }
            Beat::Heartbeat => self.answer(&Heartbeat {
                test_request_id: None,
                send_time: now(),
            }),
            Beat::Test => {
                self.tests += 1;
                self.answer(&TestRequest {
                    test_request_id: self.tests,
                    send_time: now(),
                });
            }
            Beat::Lost => return Err(ended(EndReason::HeartbeatTimeout)),
        }
        Ok(())
    }

    /// Appends a message of the session's own.
    fn answer(&mut self, message: &impl WireMessage) {
        self.scratch.clear();
        message.encode(&mut self.scratch);
        let directory = self.directory.get();
        let dialect = self.link.dialect();
        put(&mut self.answers, &self.scratch, dialect, directory);
    }

    /// Refuses a message that cannot be acted on at all. `about` says which one it was.
    fn refuse_message(&mut self, about: &Refused, error: MessageError, text: String) {
        self.floor.metrics.message_error(error);
        self.answer(&Refused {
            message_error: Some(error.into()),
            text: VarText::from(text),
            ..about.clone()
        });
    }

    /// Refuses a message that only a session with a logon may send.
    fn refuse_before_logon(&mut self, about: &Refused) {
        let text = "this message needs a logon first".to_owned();
        self.refuse_message(about, MessageError::NotLoggedOn, text);
    }

    /// Ends: tells the core, gives the key free, tells the client.
    async fn finish(mut self, end: End) {
        let may_come_back = grace::may_come_back(&end);
        if let End::Told { reason, .. } = end {
            self.floor.metrics.session_ended(reason);
        }
        let stage = std::mem::replace(&mut self.stage, Stage::Public);
        match stage {
            Stage::Trader(trader) => self.let_go(trader, may_come_back).await,
            Stage::Copy(_) => {
                self.floor.metrics.traders.dec();
            }
            Stage::Entering(_) | Stage::Public => {}
        }
        let close = Request::Close { session: self.id };
        if self.market().requests.send(close).await.is_err() {
            tracing::debug!(
                session = self.id.0,
                "the publisher has ended before the session"
            );
        }
        let (session, peer) = (self.id.0, self.peer);
        match end {
            End::Lost => tracing::debug!(session, %peer, "connection lost"),
            End::Told {
                reason,
                text,
                logon,
            } => {
                tracing::debug!(session, %peer, ?reason, text, "session ended");
                self.farewell(reason, text, logon).await;
            }
        }
    }

    /// Gives up the right to act for a key. If armed, the core is told first, and told until it takes it,
    /// so that the next session of the key comes after. A closing exchange keeps the orders: whoever does
    /// not come back after its start loses them then.
    async fn let_go(&self, mut trader: Trader, may_come_back: bool) {
        if trader.is_armed && may_come_back && !trader.grace.is_zero() {
            trader.lease.state.awaited = Some(self.id);
            let floor = Arc::clone(&self.floor);
            tokio::spawn(grace::wait(floor, trader.key, self.id, trader.grace));
        } else if trader.is_armed {
            grace::tell_lost(&self.floor, trader.key).await;
        }
        self.floor.metrics.traders.dec();
    }

    async fn farewell(mut self, reason: EndReason, text: String, logon: bool) {
        let text = VarText::from(text);
        let end_reason = reason.into();
        if logon {
            self.answer(&LogonRefused { end_reason, text });
        } else {
            self.answer(&Logout { end_reason, text });
        }
        let mut batches = Vec::from_iter(self.unwritten);
        batches.extend(std::iter::from_fn(|| self.outbox.take()));
        if reason == EndReason::SlowConsumer {
            // Whoever does not read is not sent more of what it does not read.
            batches.clear();
        }
        batches.push(self.answers);
        let patience = match reason {
            EndReason::ShuttingDown => self.floor.config.drain_max,
            _ => FAREWELL_MAX,
        };
        let metrics = &self.floor.metrics;
        self.link.close(batches, metrics, reason, patience).await;
    }
}

/// Where the time of a command went, for its client.
fn stage_times(followed: &Followed) -> StageTimes {
    let [gate, ring_in, core, journal, ring_out, send] = followed.times.0;
    StageTimes {
        client_seq: followed.client_seq,
        gate,
        ring_in,
        core,
        journal,
        ring_out,
        send,
    }
}

/// Ends at `entry`, or never.
async fn entry_over(entry: Option<Instant>) {
    match entry {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

/// The end for a reason that explains itself.
fn ended(reason: EndReason) -> End {
    let text = match reason {
        EndReason::ShuttingDown => "the exchange is shutting down",
        EndReason::HeartbeatTimeout => "nothing was heard within two heartbeat intervals",
        EndReason::KeyRevoked => "the key of the session was revoked",
        EndReason::SlowConsumer => "the client did not read fast enough",
        EndReason::Superseded => "another connection has logged on with the same key",
        _ => "",
    };
    End::told(reason, text)
}
