//! One WebSocket: frames in, frames out, and its end.
//!
//! The socket itself, with no HTTP layer left around it. Bounded: a message of a client may be as long
//! as a frame of the protocol, and what is written waits in a small buffer.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use rialto_protocol::{EndReason, FRAME_BYTES_MAX};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use crate::metrics::Metrics;
use crate::outbox::Batch;
use crate::request::Dialect;
use crate::stream::Stream;

/// Bytes that a connection reads at once. Small, because every connection has such a buffer, also one
/// that only listens.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Bytes that are gathered before the socket is written to without being told.
const WRITE_BUFFER_BYTES: usize = 64 * 1024;

/// What comes from a client.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A binary frame.
    Frame(Bytes),
    /// A ping or a pong, which are looked after already.
    Control,
    /// A text frame.
    Text(Utf8Bytes),
    /// A text frame that is not UTF-8. Nothing more can be read behind it.
    NotUtf8,
    /// A frame beyond the bound.
    TooLong,
    /// Something that is not WebSocket.
    Broken(String),
    /// The end.
    Closed,
}

/// The socket cannot be written to any more.
#[derive(Debug)]
pub(super) struct Lost;

/// One WebSocket.
#[derive(Debug)]
pub(super) struct Link {
    socket: WebSocketStream<Stream>,
    dialect: Dialect,
}

impl Link {
    /// Takes over a connection whose handshake is done. `read` was read from it already.
    pub(super) async fn new(stream: Stream, read: Vec<u8>, dialect: Dialect) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_write_buffer_size(WRITE_BUFFER_BYTES + 4 * FRAME_BYTES_MAX)
            .max_message_size(Some(FRAME_BYTES_MAX))
            .max_frame_size(Some(FRAME_BYTES_MAX));
        let config = Some(config);
        let socket = WebSocketStream::from_partially_read(stream, read, Role::Server, config).await;
        Self { socket, dialect }
    }

    /// What is spoken here.
    pub(super) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Asks the client for a sign of life in the way of WebSocket itself.
    pub(super) async fn ping(&mut self) -> Result<(), Lost> {
        let ping = Message::Ping(Bytes::new());
        self.socket.send(ping).await.map_err(|_| Lost)
    }

    /// The next thing that comes. May be dropped while it waits: nothing is lost.
    pub(super) async fn next(&mut self) -> Incoming {
        match self.socket.next().await {
            Some(Ok(Message::Binary(frame))) => Incoming::Frame(frame),
            Some(Ok(Message::Text(text))) => Incoming::Text(text),
            Some(Err(Error::Utf8(_))) => Incoming::NotUtf8,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Incoming::Control,
            Some(Err(Error::Capacity(_))) => Incoming::TooLong,
            Some(Err(Error::Protocol(error)))
                if error != ProtocolError::ResetWithoutClosingHandshake =>
            {
                Incoming::Broken(error.to_string())
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => Incoming::Closed,
        }
    }

    /// Puts what is unwritten of a batch into the buffer, or into the socket when the buffer is full. May
    /// be dropped while it waits: the batch knows what is left.
    pub(super) async fn write(&mut self, batch: &mut Batch, metrics: &Metrics) -> Result<(), Lost> {
        while let Some(frame) = batch.next_frame() {
            let message = match self.dialect {
                Dialect::Binary => Message::Binary(Bytes::copy_from_slice(frame)),
                Dialect::Json => Message::text(String::from_utf8_lossy(frame).as_ref()),
            };
            self.socket.feed(message).await.map_err(|_| Lost)?;
            metrics.sent(frame.len());
            batch.frame_written();
        }
        Ok(())
    }

    /// Sends what is in the buffer.
    pub(super) async fn flush(&mut self) -> Result<(), Lost> {
        self.socket.flush().await.map_err(|_| Lost)
    }

    /// Says the last thing and closes: writes the batches, closes the WebSocket and waits for the client
    /// to do the same, so that it reads what it was told. Gives up after `patience`.
    pub(super) async fn close(
        mut self,
        last_words: Vec<Batch>,
        metrics: &Metrics,
        reason: EndReason,
        patience: Duration,
    ) {
        let farewell = async {
            for mut batch in last_words {
                self.write(&mut batch, metrics).await?;
            }
            let close = CloseFrame {
                code: close_code(reason),
                reason: format!("{reason:?}").into(),
            };
            let close = Message::Close(Some(close));
            self.socket.send(close).await.map_err(|_| Lost)?;
            // A socket that is closed with something unread resets the connection, and the client would
            // lose what it was told.
            while let Some(Ok(_)) = self.socket.next().await {}
            // Of TLS, a connection that ends without a word looks as if somebody had cut it off.
            self.socket.get_mut().shutdown().await.map_err(|_| Lost)?;
            Ok::<(), Lost>(())
        };
        // Whether the client has seen it or not, the connection ends here.
        drop(tokio::time::timeout(patience, farewell).await);
    }
}

/// The code of RFC 6455 for a reason.
fn close_code(reason: EndReason) -> CloseCode {
    match reason {
        EndReason::Requested => CloseCode::Normal,
        EndReason::ShuttingDown => CloseCode::Away,
        EndReason::ProtocolError => CloseCode::Protocol,
        EndReason::TextFrame => CloseCode::Unsupported,
        EndReason::FrameTooLarge => CloseCode::Size,
        EndReason::TooManySessions | EndReason::NotReady => CloseCode::Again,
        EndReason::InternalError => CloseCode::Error,
        _ => CloseCode::Policy,
    }
}
