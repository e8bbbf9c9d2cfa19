//! The echo beside an exchange: what a bare WebSocket costs on the same machine.
//!
//! A frame of as many bytes as that of an order is answered by one of as many bytes as that of its report, by
//! tokio-tungstenite and nothing else. One thread spins beside it, since the wake-ups of a machine that falls
//! asleep cost more than all that is compared; the core of an exchange in the `latency` profile does the same.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll, ready};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::recorder::Kind;
use super::wire::{Answer, Arrived, Wire};
use crate::environment;

/// How long to look whether the machine is awake: twenty ticks of its clock.
const SAMPLE: Duration = Duration::from_millis(200);

/// Bytes of the frames of an echo.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// From the client.
    pub(crate) request_bytes: usize,
    /// To the client.
    pub(crate) answer_bytes: usize,
}

/// A server that answers each frame with one of a fixed size; it ends when this is dropped.
pub(crate) struct Echo {
    pub(crate) address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Echo {
    /// Starts one on a port of its own.
    ///
    /// # Errors
    /// When the system gives no port or no thread.
    pub(crate) fn start(sizes: Sizes) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start the threads of the echo")?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let entered = runtime.enter();
        let listener = TcpListener::from_std(listener)?;
        drop(entered);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that leaves ends its own connection only.
                tokio::spawn(async move { drop(serve(stream, sizes.answer_bytes).await) });
            }
        });
        Ok(Self {
            address,
            runtime: Some(runtime),
        })
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // Whoever drops this may be in a runtime, where nothing may wait for the end of another.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(stream: TcpStream, answer_bytes: usize) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    let answer = Bytes::from(vec![9; answer_bytes]);
    while let Some(frame) = socket.next().await {
        if let Frame::Binary(_) = frame? {
            socket.send(Frame::Binary(answer.clone())).await?;
        }
    }
    Ok(())
}

/// Keeps the machine awake while it lives.
pub(crate) struct Awake {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Awake {
    /// Starts a thread that spins, unless somebody else keeps a processor busy already: two that spin would
    /// leave two processors to nobody.
    pub(crate) fn unless_it_is() -> Option<Self> {
        let is_awake = environment::busy_processors(SAMPLE).is_some_and(|busy| busy > 0.75);
        (!is_awake).then(Self::start)
    }

    /// Starts a thread that spins.
    pub(crate) fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let spin = move || {
            while !stopped.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        };
        Self {
            stop,
            thread: Some(thread::spawn(spin)),
        }
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It does nothing that could fail.
            drop(thread.join());
        }
    }
}

/// A connection to an echo.
pub(crate) struct EchoWire {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    request: Bytes,
    /// A frame that the socket has not taken yet.
    queued: Option<Frame>,
    /// When the frames that are not answered yet were to be sent; answers come in order.
    sent: std::collections::VecDeque<u64>,
    /// Messages that a frame stands for.
    batch: u32,
    /// Answers that have arrived with a frame and were not handed out.
    arrived: Option<(u64, u32)>,
}

impl EchoWire {
    /// Connects. Each frame stands for `batch` messages.
    ///
    /// # Errors
    /// When the echo does not answer.
    pub(crate) async fn connect(
        address: SocketAddr,
        request_bytes: usize,
        batch: u32,
    ) -> Result<Self> {
        let url = format!("ws://{address}/");
        let (socket, _) = tokio_tungstenite::connect_async_with_config(url, None, true).await?;
        Ok(Self {
            socket,
            request: Bytes::from(vec![7; request_bytes]),
            queued: None,
            sent: std::collections::VecDeque::new(),
            batch,
            arrived: None,
        })
    }

    /// One frame there and back. A client that spins polls until the answer is there.
    ///
    /// # Errors
    /// When the echo does not answer.
    pub(crate) async fn round_trip(&mut self, is_spinning: bool) -> Result<()> {
        self.socket
            .send(Frame::Binary(self.request.clone()))
            .await?;
        let answer = if is_spinning {
            loop {
                match self.socket.next().now_or_never() {
                    Some(answer) => break answer,
                    // The runtime looks at the socket whenever it is given a turn.
                    None => tokio::task::yield_now().await,
                }
            }
        } else {
            self.socket.next().await
        };
        answer.context("the echo has ended")??;
        Ok(())
    }
}

impl Wire for EchoWire {
    fn queue_frame(&mut self, intended_ns: u64) -> Result<u32> {
        self.queued = Some(Frame::Binary(self.request.clone()));
        self.sent.push_back(intended_ns);
        Ok(self.batch)
    }

    fn poll_flush(&mut self, context: &mut TaskContext<'_>) -> Poll<Result<()>> {
        let mut socket = std::pin::Pin::new(&mut self.socket);
        if self.queued.is_some() {
            ready!(socket.as_mut().poll_ready(context))?;
            if let Some(frame) = self.queued.take() {
                socket.as_mut().start_send(frame)?;
            }
        }
        Poll::Ready(Ok(ready!(socket.poll_flush(context))?))
    }

    fn poll_arrived(&mut self, context: &mut TaskContext<'_>) -> Poll<Result<Arrived>> {
        let (intended_ns, left) = match self.arrived.take() {
            Some(arrived) => arrived,
            None => match ready!(std::pin::Pin::new(&mut self.socket).poll_next(context)) {
                Some(Ok(_)) => {
                    let intended_ns = self.sent.pop_front().context("an answer to nothing")?;
                    (intended_ns, self.batch)
                }
                Some(Err(error)) => return Poll::Ready(Err(error.into())),
                None => return Poll::Ready(closed()),
            },
        };
        self.arrived = (left > 1).then(|| (intended_ns, left - 1));
        Poll::Ready(Ok(Arrived::Answer(Answer {
            intended_ns,
            kind: Kind::Add,
            refusal: None,
        })))
    }

    fn in_flight(&self) -> usize {
        let rest = self.arrived.map_or(0, |(_, left)| left as usize);
        self.sent.len() * self.batch as usize + rest
    }
}

fn closed<T>() -> Result<T> {
    bail!("the echo has closed the connection")
}
