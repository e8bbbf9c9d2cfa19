//! A connection: frames in and out of one WebSocket, heartbeats, market data subscriptions.
//!
//! Messages are encoded into one buffer and sent together when [`Connection::flush`] is called, several to
//! a frame. Incoming frames are decoded message by message as they are asked for. Waiting calls may be
//! dropped at any point (`select!`, `timeout`) without losing a message in either direction.
//!
//! Cost: one copy and one system call a flush; one decoding a message. Heartbeats cost one store a
//! message and a timer that fires four times an interval.

mod answer;
mod subscribe;

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, Sink, SinkExt, StreamExt};
use rialto_protocol::{
    Challenge, EndReason, FRAME_BYTES_MAX, Heartbeat, Logout, Message, TestRequest, VarText,
    WireMessage,
};
use rialto_types::Timestamp;
use tokio::net::TcpStream;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message as WebSocketMessage, client::IntoClientRequest};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::ClientError;
use crate::address::Address;
use crate::pulse::{Beat, Pulse};
use crate::tls::Trust;

pub(crate) use self::answer::Sorted;

/// The most bytes that may wait for a flush.
pub const SEND_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most messages kept for [`Connection::next`] while a call waits for its own answer.
pub const SET_ASIDE_MAX: usize = 1 << 20;
/// How long connecting and the challenge may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the exchange may take to close after a logout.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a call waits for its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The buffer that the socket is read into: one frame.
const READ_BUFFER_BYTES: usize = 16 * 1024;
/// Frames are gathered up to this before the socket is written to; a flush writes whatever is there.
const WRITE_BUFFER_BYTES: usize = 64 * 1024;

/// A WebSocket to an exchange, with its challenge received and not yet logged on.
///
/// Market data needs no more than this. See [`Connection::log_on`] for a session.
#[derive(Debug)]
pub struct Connection {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    challenge: Challenge,
    /// Messages that wait for a flush: whole frames, then the one being filled.
    full_frames: VecDeque<Bytes>,
    filling: BytesMut,
    /// Bytes in `full_frames`.
    full_bytes: usize,
    /// The frame being read, and how much of it has been decoded.
    frame: Bytes,
    decoded: usize,
    /// What arrived while an answer was waited for.
    set_aside: VecDeque<Message>,
    pulse: Pulse,
    quarters: Interval,
    heartbeat_interval_ms: u32,
    next_request_id: u64,
    answer_timeout: Duration,
}

impl Connection {
    /// Connects to an exchange: see [`Address`] for what may stand there. With `wss://`, whom the system trusts
    /// is trusted.
    ///
    /// # Errors
    /// When the text is no address, nobody answers, or whoever answers is no exchange.
    pub async fn open(address: &str) -> Result<Self, ClientError> {
        Self::open_trusting(address, &Trust::system()).await
    }

    /// As [`Connection::open`], and with `wss://` trusts whom `trust` names. Whoever names somebody does not want
    /// to be connected without TLS: then `ws://` is an error.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn open_trusting(address: &str, trust: &Trust) -> Result<Self, ClientError> {
        let address: Address = address.parse()?;
        if trust.is_chosen() && !address.is_tls() {
            return Err(ClientError::InvalidAddress {
                address: address.to_string(),
                reason: "it is without TLS, and whom to trust is named: write wss://",
            });
        }
        tokio::time::timeout(CONNECT_TIMEOUT, Self::connect(&address, trust))
            .await
            .map_err(|_| ClientError::NoAnswer {
                what: "the attempt to connect",
                after: CONNECT_TIMEOUT,
            })?
    }

    async fn connect(address: &Address, trust: &Trust) -> Result<Self, ClientError> {
        let connect = |error| ClientError::Connect {
            address: address.to_string(),
            error,
        };
        let stream = TcpStream::connect(address.socket())
            .await
            .map_err(connect)?;
        stream.set_nodelay(true).map_err(connect)?;
        let stream = if address.is_tls() {
            MaybeTlsStream::Rustls(trust.secure(address, stream).await?)
        } else {
            MaybeTlsStream::Plain(stream)
        };
        let configuration = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_message_size(Some(FRAME_BYTES_MAX))
            .max_frame_size(Some(FRAME_BYTES_MAX));
        let handshake = |error| ClientError::Handshake {
            address: address.to_string(),
            error: Box::new(error),
        };
        let request = address
            .to_string()
            .into_client_request()
            .map_err(handshake)?;
        let (socket, _) =
            tokio_tungstenite::client_async_with_config(request, stream, Some(configuration))
                .await
                .map_err(handshake)?;
        Self::greeted(socket).await
    }

    /// Reads the challenge, the first message of every connection.
    async fn greeted(
        socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    ) -> Result<Self, ClientError> {
        let unknown = Challenge::default().heartbeat_interval_ms;
        let mut connection = Self {
            socket,
            challenge: Challenge::default(),
            full_frames: VecDeque::new(),
            filling: BytesMut::new(),
            full_bytes: 0,
            frame: Bytes::new(),
            decoded: 0,
            set_aside: VecDeque::new(),
            pulse: Pulse::default(),
            // Replaced as soon as the challenge tells the interval; until then the timeout rules.
            quarters: interval(CONNECT_TIMEOUT),
            heartbeat_interval_ms: unknown,
            next_request_id: 1,
            answer_timeout: ANSWER_TIMEOUT,
        };
        match connection.receive().await? {
            Message::Challenge(challenge) => {
                connection.challenge = challenge;
                connection.set_heartbeat_interval(challenge.heartbeat_interval_ms);
                Ok(connection)
            }
            other => Err(unexpected("the challenge", &other)),
        }
    }

    /// What the exchange said of itself when the connection began.
    pub const fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// How long a call may wait for its answer; 10 seconds unless set.
    pub const fn set_answer_timeout(&mut self, timeout: Duration) {
        self.answer_timeout = timeout;
    }

    /// From now on signs of life are due in this interval.
    pub(crate) fn set_heartbeat_interval(&mut self, interval_ms: u32) {
        self.heartbeat_interval_ms = interval_ms;
        self.quarters = interval(Pulse::period(interval_ms));
        self.pulse = Pulse::default();
    }

    /// Encodes a message behind those that wait for a flush. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::SendQueueFull`] when more than [`SEND_BYTES_MAX`] would wait.
    #[inline]
    pub fn queue<M: WireMessage>(&mut self, message: &M) -> Result<(), ClientError> {
        let len = message.encoded_len();
        let at = self.filling.len();
        if self.full_bytes + at + len > SEND_BYTES_MAX {
            let queued = self.full_bytes + at;
            return Err(ClientError::SendQueueFull { queued });
        }
        let at = if at + len > FRAME_BYTES_MAX {
            self.seal();
            0
        } else {
            at
        };
        self.filling.resize(at + len, 0);
        let written = message.encode_to_slice(&mut self.filling[at..]);
        debug_assert_eq!(written, Some(len), "the buffer is as long as the message");
        Ok(())
    }

    /// Ends the frame being filled.
    fn seal(&mut self) {
        if !self.filling.is_empty() {
            let frame = self.filling.split().freeze();
            self.full_bytes += frame.len();
            self.full_frames.push_back(frame);
        }
    }

    /// Sends everything that was queued.
    ///
    /// # Errors
    /// When the connection has failed.
    pub async fn flush(&mut self) -> Result<(), ClientError> {
        self.seal();
        while !self.full_frames.is_empty() {
            // Taken from the queue only once the socket is ready: dropping this future loses nothing.
            std::future::poll_fn(|context| {
                Sink::<WebSocketMessage>::poll_ready(std::pin::Pin::new(&mut self.socket), context)
            })
            .await?;
            if let Some(frame) = self.full_frames.pop_front() {
                self.full_bytes -= frame.len();
                self.socket
                    .start_send_unpin(WebSocketMessage::Binary(frame))?;
                self.pulse.sent();
            }
        }
        SinkExt::<WebSocketMessage>::flush(&mut self.socket).await?;
        Ok(())
    }

    /// Sends one message at once, with whatever was queued before it.
    ///
    /// # Errors
    /// As [`Connection::queue`] and [`Connection::flush`].
    pub async fn send<M: WireMessage>(&mut self, message: &M) -> Result<(), ClientError> {
        self.queue(message)?;
        self.flush().await
    }

    /// The next message. Heartbeats are sent and answered in here and not handed out.
    ///
    /// # Errors
    /// When the exchange ends the session (with its reason), the connection fails, nothing is heard for
    /// three heartbeat intervals, or what arrives cannot be read.
    #[inline]
    pub async fn next(&mut self) -> Result<Message, ClientError> {
        match self.set_aside.pop_front() {
            Some(message) => Ok(message),
            None => self.receive().await,
        }
    }

    /// The next message if it has arrived already, as far as the runtime has noticed: it looks at its sockets
    /// when a task waits or yields, so a loop of nothing but this call sees nothing.
    ///
    /// # Errors
    /// As [`Connection::next`].
    pub fn try_next(&mut self) -> Result<Option<Message>, ClientError> {
        self.next().now_or_never().transpose()
    }

    /// The next message from the socket, past those set aside.
    pub(crate) async fn receive(&mut self) -> Result<Message, ClientError> {
        loop {
            while self.decoded < self.frame.len() {
                let (message, len) = Message::decode_first(&self.frame[self.decoded..])?;
                self.decoded += len;
                match message {
                    Message::Heartbeat(_) => {}
                    Message::TestRequest(request) => {
                        self.beat(Some(request.test_request_id)).await?;
                    }
                    Message::Logout(Logout { end_reason, text }) => {
                        return Err(ClientError::LoggedOut {
                            reason: end_reason,
                            text: text.to_string(),
                        });
                    }
                    other => return Ok(other),
                }
            }
            self.read_frame().await?;
        }
    }

    /// Reads the next frame with messages; shows signs of life meanwhile.
    async fn read_frame(&mut self) -> Result<(), ClientError> {
        loop {
            let item = tokio::select! {
                // The timer comes first, so that a stream that never pauses cannot keep it from firing.
                biased;
                _ = self.quarters.tick() => {
                    self.quarter().await?;
                    continue;
                }
                item = self.socket.next() => item,
            };
            let closed = |reason: String| Err(ClientError::Closed { reason });
            self.pulse.heard();
            match item {
                None => return closed(String::new()),
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(WebSocketMessage::Binary(bytes))) => {
                    self.frame = bytes;
                    self.decoded = 0;
                    return Ok(());
                }
                Some(Ok(WebSocketMessage::Text(_))) => return Err(ClientError::TextFrame),
                Some(Ok(WebSocketMessage::Close(frame))) => {
                    return closed(frame.map_or_else(String::new, |frame| frame.to_string()));
                }
                Some(Ok(
                    WebSocketMessage::Ping(_)
                    | WebSocketMessage::Pong(_)
                    | WebSocketMessage::Frame(_),
                )) => {}
            }
        }
    }

    /// A quarter of the heartbeat interval has passed.
    async fn quarter(&mut self) -> Result<(), ClientError> {
        match self.pulse.quarter() {
            Beat::Rest => Ok(()),
            Beat::Heartbeat => self.beat(None).await,
            Beat::Test => {
                let request = TestRequest {
                    test_request_id: 0,
                    send_time: now(),
                };
                self.send_alone(&request).await
            }
            Beat::Lost => {
                let interval = Duration::from_millis(u64::from(self.heartbeat_interval_ms));
                Err(ClientError::Silent(interval * 3))
            }
        }
    }

    /// Sends a heartbeat, which answers a test request or none.
    async fn beat(&mut self, test_request_id: Option<u64>) -> Result<(), ClientError> {
        let heartbeat = Heartbeat {
            test_request_id,
            send_time: now(),
        };
        self.send_alone(&heartbeat).await
    }

    /// Sends a message in a frame of its own, past what the caller has queued and not yet flushed.
    async fn send_alone<M: WireMessage>(&mut self, message: &M) -> Result<(), ClientError> {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        self.pulse.sent();
        self.socket
            .send(WebSocketMessage::Binary(bytes.into()))
            .await?;
        Ok(())
    }

    /// A number for a question, not used before on this connection.
    pub(crate) const fn request_id(&mut self) -> u64 {
        let id = self.next_request_id;
        self.next_request_id += 1;
        id
    }

    /// Says goodbye and waits until the exchange has closed the connection, for at most two seconds.
    ///
    /// # Errors
    /// When the connection has failed already; that the exchange does not close in time is none.
    pub async fn close(mut self) -> Result<(), ClientError> {
        self.send(&Logout {
            end_reason: EndReason::Requested.into(),
            text: VarText::new(),
        })
        .await?;
        let until_closed = async {
            loop {
                match self.receive().await {
                    Ok(_) => {}
                    Err(ClientError::Closed { .. } | ClientError::LoggedOut { .. }) => {
                        return Ok(());
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        tokio::time::timeout(CLOSE_TIMEOUT, until_closed)
            .await
            .unwrap_or(Ok(()))
    }
}

/// The error of a message that makes no sense where it came.
pub(crate) fn unexpected(expected: &'static str, found: &Message) -> ClientError {
    ClientError::Unexpected {
        expected,
        found: found.name().to_owned(),
    }
}

/// A timer that first fires after one period, and after a pause does not make up for what it missed.
fn interval(period: Duration) -> Interval {
    let mut interval = tokio::time::interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// The clock of this machine.
fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let ns = since_epoch.map_or(0, |elapsed| {
        u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
    });
    Timestamp(ns)
}
