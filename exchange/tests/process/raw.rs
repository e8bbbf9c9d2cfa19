//! A client without manners: it writes whatever bytes it likes into a socket and reads what comes back.
//!
//! Its WebSocket frames are made here, byte by byte (RFC 6455, section 5.2), since a library would refuse
//! to send the wrong ones.

use std::collections::VecDeque;
use std::io;

use rialto_protocol::{Challenge, Code, EndReason, Frame, Message, MessageError, Refused};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::{PATIENCE, Process};

/// The handshake that the server expects, behind the method and the path.
pub(crate) const HANDSHAKE: &str = " HTTP/1.1\r\nHost: rialto\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";
/// The answer to that key, from the standard's own example.
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The kinds of WebSocket frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    /// Means nothing.
    Reserved = 3,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// A whole frame of a client, masked with zeros.
pub(crate) fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    fragment(opcode, true, payload)
}

/// A frame that is the last of its message or not.
pub(crate) fn fragment(opcode: Opcode, is_last: bool, payload: &[u8]) -> Vec<u8> {
    // With the bit that says that a mask follows.
    const TWO_BYTES: u8 = 0xFE;
    const EIGHT_BYTES: u8 = 0xFF;
    let mut bytes = vec![u8::from(is_last) << 7 | opcode as u8];
    match u16::try_from(payload.len()) {
        Ok(len @ ..126) => bytes.push(0x80 | len.to_le_bytes()[0]),
        Ok(len) => {
            bytes.push(TWO_BYTES);
            bytes.extend(len.to_be_bytes());
        }
        Err(_) => {
            bytes.push(EIGHT_BYTES);
            bytes.extend((payload.len() as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Raw {
    stream: TcpStream,
    challenge: Challenge,
    messages: VecDeque<Message>,
    texts: VecDeque<String>,
    closed: Option<u16>,
}

impl Raw {
    /// A socket on which nothing was said yet.
    pub(crate) async fn socket(process: &Process) -> TcpStream {
        let address = process.address().await;
        TcpStream::connect(address).await.unwrap()
    }

    /// A WebSocket, its challenge read.
    pub(crate) async fn open(process: &Process) -> Self {
        Self::open_at(&process.address().await).await.unwrap()
    }

    /// The same of an exchange that may be gone.
    pub(crate) async fn open_at(address: &str) -> io::Result<Self> {
        Self::greeted(TcpStream::connect(address).await?, usize::MAX).await
    }

    /// The same over a socket, so many bytes of the request at a time.
    pub(crate) async fn greeted(stream: TcpStream, step: usize) -> io::Result<Self> {
        let mut raw = Self::upgraded(stream, "/ws/binary", step).await?;
        match raw.next().await {
            Some(Message::Challenge(challenge)) => raw.challenge = challenge,
            Some(other) => panic!("a connection begins with {other:?}"),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        Ok(raw)
    }

    /// A WebSocket of which nothing was read yet.
    pub(crate) async fn upgraded(
        mut stream: TcpStream,
        path: &str,
        step: usize,
    ) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let request = format!("GET {path}{HANDSHAKE}");
        for part in request.as_bytes().chunks(step.max(1)) {
            stream.write_all(part).await?;
        }
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(
            head.starts_with("HTTP/1.1 101") && head.contains(ACCEPT),
            "{head}"
        );
        Ok(Self {
            stream,
            challenge: Challenge::default(),
            messages: VecDeque::new(),
            texts: VecDeque::new(),
            closed: None,
        })
    }

    /// The socket, for whoever reads the rest in another way.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// What the exchange said first.
    pub(crate) const fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// Writes bytes, so many at a time, each lot in a packet of its own if the system likes.
    pub(crate) async fn send_slowly(&mut self, bytes: &[u8], step: usize) {
        for part in bytes.chunks(step.max(1)) {
            self.send(part).await;
            tokio::task::yield_now().await;
        }
    }

    /// Says that nothing more will be written.
    pub(crate) async fn half_close(&mut self) {
        drop(self.stream.shutdown().await);
    }

    /// Whether the exchange has closed the WebSocket in order.
    pub(crate) const fn is_closed_in_order(&self) -> bool {
        self.closed.is_some()
    }

    /// Writes bytes. An exchange that has closed already may reset the connection meanwhile: what it had
    /// to say is there to be read all the same.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        drop(self.stream.write_all(bytes).await);
    }

    /// The next message but for signs of life; `None` when the exchange has closed.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        let reading = tokio::time::timeout(PATIENCE, async {
            while self.messages.is_empty() && self.closed.is_none() && self.read().await.is_ok() {}
        });
        reading.await.expect("the exchange answers or closes");
        self.messages.pop_front()
    }

    /// The next text of a session that speaks JSON; `None` when the exchange has closed.
    pub(crate) async fn next_text(&mut self) -> Option<String> {
        let reading = tokio::time::timeout(PATIENCE, async {
            while self.texts.is_empty() && self.closed.is_none() && self.read().await.is_ok() {}
        });
        reading.await.expect("the exchange answers or closes");
        self.texts.pop_front()
    }

    /// Reads one frame of the exchange.
    async fn read(&mut self) -> io::Result<()> {
        let (first, second) = (self.stream.read_u8().await?, self.stream.read_u8().await?);
        assert_eq!(second & 0x80, 0, "an exchange does not mask");
        let length = match second {
            126 => self.stream.read_u16().await?.into(),
            127 => self.stream.read_u64().await?,
            length => length.into(),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut payload).await?;
        match first {
            0x82 => {
                let messages = Frame::new(&payload).map(Result::unwrap);
                let told = messages.filter(|message| !is_sign_of_life(message));
                self.messages.extend(told);
            }
            0x81 => self.texts.push_back(String::from_utf8(payload).unwrap()),
            // What a ping is answered with, and what a session of texts is asked with.
            0x89 | 0x8A => {}
            0x88 => self.closed = payload.first_chunk().map(|code| u16::from_be_bytes(*code)),
            other => panic!("a frame that begins with {other:#x}: {payload:?}"),
        }
        Ok(())
    }

    /// The `Refused` that comes next must be about a message with this template id.
    pub(crate) async fn refused(&mut self, template: u16) -> Refused {
        match self.next().await {
            Some(Message::Refused(refused)) => {
                assert_eq!(refused.ref_template_id, template, "{refused:?}");
                assert!(!refused.text.is_empty(), "{refused:?}");
                refused
            }
            other => panic!("expected Refused, got {other:?}"),
        }
    }

    /// The same for a message that could not be acted on at all.
    pub(crate) async fn not_understood(&mut self, template: u16, error: MessageError) {
        let refused = self.refused(template).await;
        let found = refused.message_error.and_then(Code::known);
        assert_eq!(found, Some(error), "{refused:?}");
    }

    /// Why the exchange ends the connection, which must come next, and nothing after it.
    pub(crate) async fn ended(&mut self) -> EndReason {
        let (reason, text) = match self.next().await {
            Some(Message::Logout(told)) => (told.end_reason, told.text.to_string()),
            Some(Message::LogonRefused(told)) => (told.end_reason, told.text.to_string()),
            other => panic!("expected a farewell, got {other:?}"),
        };
        assert!(!text.is_empty(), "{reason} is not explained");
        assert_eq!(self.next().await, None);
        assert!(self.closed.is_some(), "{reason} without a closing frame");
        reason.known().unwrap()
    }
}

/// Whether it is a heartbeat that nobody asked for, or the question for one.
fn is_sign_of_life(message: &Message) -> bool {
    match message {
        Message::Heartbeat(heartbeat) => heartbeat.test_request_id.is_none(),
        Message::TestRequest(_) => true,
        _ => false,
    }
}
