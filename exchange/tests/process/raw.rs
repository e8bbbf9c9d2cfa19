//! A client without manners: it writes whatever bytes it likes into a socket and reads what comes back.
//!
//! Its WebSocket frames are made here, byte by byte (RFC 6455, section 5.2), since a library would refuse
//! to send the wrong ones.

use std::collections::VecDeque;

use rialto_protocol::{Code, EndReason, Frame, Message, MessageError, Refused};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::{PATIENCE, Process};

/// The handshake that the server expects.
const HANDSHAKE: &str = "GET /ws/binary HTTP/1.1\r\nHost: rialto\r\nUpgrade: websocket\r\n\
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
    messages: VecDeque<Message>,
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
        let mut stream = Self::socket(process).await;
        stream.write_all(HANDSHAKE.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(
            head.starts_with("HTTP/1.1 101") && head.contains(ACCEPT),
            "{head}"
        );
        let mut raw = Self {
            stream,
            messages: VecDeque::new(),
            closed: None,
        };
        let first = raw.next().await;
        assert!(matches!(first, Some(Message::Challenge(_))), "{first:?}");
        raw
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

    /// Reads one frame of the exchange.
    async fn read(&mut self) -> std::io::Result<()> {
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
