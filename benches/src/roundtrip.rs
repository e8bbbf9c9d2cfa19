//! The loopback round trip: a new order to its report, beside a bare WebSocket echo of the same sizes.
//!
//! Both run in the same process as client, one after the other in short turns, so that what the machine
//! does meanwhile happens to both. The exchange is a process of its own with the market of the demo and
//! nobody trading, in `written` mode; its core thread spins, which also keeps the machine awake. Beside the
//! echo, which has no such thread, one thread spins for the same purpose.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use rialto_client::{ApiKey, Connection, Directory, LogonOptions, Session, order};
use rialto_protocol::{ExecutionReport, Message, NewOrder, WireMessage};
use rialto_types::{AccountId, ClientSeq, OrderRef, Price, Qty, Side};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use rialto_benches::measure::{Figure, Stopwatch};

/// Round trips of one turn, and turns.
const PER_TURN: usize = 500;
const TURNS: usize = 40;
/// Round trips before anything counts.
const WARM_UP: usize = 2_000;
/// How long the exchange may take to open.
const PATIENCE: Duration = Duration::from_mins(1);

/// A process of the exchange, killed when dropped.
struct Server {
    child: Child,
    address: String,
    data: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Measures both. `binary` is the `rialto` to start.
pub(crate) fn measure(binary: &str) -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let server = start(binary)?;
    runtime.block_on(turns(&server))
}

async fn turns(server: &Server) -> Result<Vec<Figure>> {
    let mut trader = Trader::connect(server).await?;
    let (order_bytes, report_bytes) = trader.sizes().await?;
    let echo = start_echo(report_bytes)?;
    let mut echoed = connect_echo(echo).await?;
    let payload = vec![7; order_bytes];
    let (mut with_exchange, mut with_echo) = (Stopwatch::new(), Stopwatch::new());
    for _ in 0..WARM_UP {
        trader.round_trip(&mut Stopwatch::new()).await?;
        echo_trip(&mut echoed, &payload, &mut Stopwatch::new()).await?;
    }
    for _ in 0..TURNS {
        for _ in 0..PER_TURN {
            trader.round_trip(&mut with_exchange).await?;
        }
        let awake = Spinner::start();
        for _ in 0..PER_TURN {
            echo_trip(&mut echoed, &payload, &mut with_echo).await?;
        }
        drop(awake);
    }
    Ok(vec![
        with_echo.summary("roundtrip bare echo, machine kept awake"),
        with_exchange.summary("roundtrip new order to its report, written"),
    ])
}

/// Keeps the machine awake while it lives.
struct Spinner {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Spinner {
    fn start() -> Self {
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

impl Drop for Spinner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn start(binary: &str) -> Result<Server> {
    let data = tempfile::tempdir_in("target")?;
    let mut child = Command::new(binary)
        .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .envs([
            ("RIALTO__DEMO__TRADERS", "false"),
            ("RIALTO__JOURNAL__DURABILITY", "written"),
            ("RIALTO__CORE__PROFILE", "latency"),
            ("RIALTO__CORE__PUBLISHER_PROFILE", "balanced"),
            ("RIALTO__GATEWAY__ORDERS_PER_SECOND", "0"),
            ("RIALTO__GATEWAY__CANCELS_PER_SECOND", "0"),
            ("RIALTO__LOG__FILTER", "error"),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {binary}: build it with `cargo build --release -p rialto-exchange`, or name another by RIALTO_BIN"))?;
    let output = child
        .stdout
        .take()
        .context("the exchange's output is piped")?;
    let mut server = Server {
        child,
        address: String::new(),
        data,
    };
    let deadline = Instant::now() + PATIENCE;
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Some(at) = line.find("ws://") {
            let address = line[at + 5..].split('/').next().unwrap_or_default();
            address.to_owned().clone_into(&mut server.address);
            return Ok(server);
        }
        ensure!(Instant::now() < deadline, "the exchange does not open");
    }
    bail!("the exchange ended before it opened")
}

/// A session that places orders far from the market and cancels them.
struct Trader {
    session: Session,
    order: NewOrder,
    instrument: rialto_types::InstrumentId,
}

impl Trader {
    async fn connect(server: &Server) -> Result<Self> {
        let keys = server.data.path().join("demo-keys.json");
        let key = ApiKey::load(keys, Some(AccountId(7)))?;
        let connection = Connection::open(&server.address).await?;
        let mut session = connection.log_on(&key, LogonOptions::default()).await?;
        let directory = Directory::load(session.connection()).await?;
        let listed = directory.by_symbol("BTC-USDT")?;
        let instrument = listed.id();
        let order = order::limit(listed, Side::Buy, Price(1_000_000), Qty(100));
        Ok(Self {
            session,
            order,
            instrument,
        })
    }

    /// Bytes of the order and of its report.
    async fn sizes(&mut self) -> Result<(usize, usize)> {
        let order_bytes = self.order.encoded_len();
        let report = self.place().await?;
        let report_bytes = report.encoded_len();
        self.cancel(&report).await?;
        Ok((order_bytes, report_bytes))
    }

    async fn round_trip(&mut self, stopwatch: &mut Stopwatch) -> Result<()> {
        let start = Instant::now();
        let report = self.place().await?;
        stopwatch.record(start.elapsed().as_nanos() as u64);
        self.cancel(&report).await
    }

    async fn place(&mut self) -> Result<ExecutionReport> {
        let number = self.session.submit(self.order)?;
        self.session.flush().await?;
        self.report(number).await
    }

    async fn cancel(&mut self, placed: &ExecutionReport) -> Result<()> {
        let id = placed.order_id.context("the order was accepted")?;
        let number = self
            .session
            .submit(order::cancel(self.instrument, OrderRef::Id(id)))?;
        self.session.flush().await?;
        self.report(number).await.map(|_| ())
    }

    async fn report(&mut self, number: ClientSeq) -> Result<ExecutionReport> {
        loop {
            match self.session.next().await? {
                Message::ExecutionReport(report) if report.client_seq == Some(number) => {
                    return Ok(report);
                }
                Message::Refused(refused) => bail!("refused: {}", refused.text),
                _ => {}
            }
        }
    }
}

/// Starts the echo in a thread of its own; it answers each frame with one of `answer_bytes`.
fn start_echo(answer_bytes: usize) -> Result<SocketAddr> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    thread::spawn(move || -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async move {
            let (stream, _) = TcpListener::from_std(listener)?.accept().await?;
            stream.set_nodelay(true)?;
            let mut socket = tokio_tungstenite::accept_async(stream).await?;
            let answer = vec![9; answer_bytes];
            while let Some(Ok(_)) = socket.next().await {
                socket.send(Frame::binary(answer.clone())).await?;
            }
            Ok(())
        })
    });
    Ok(address)
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect_echo(address: SocketAddr) -> Result<Socket> {
    let url = format!("ws://{address}/");
    let (socket, _) = tokio_tungstenite::connect_async_with_config(url, None, true).await?;
    Ok(socket)
}

async fn echo_trip(socket: &mut Socket, payload: &[u8], stopwatch: &mut Stopwatch) -> Result<()> {
    let start = Instant::now();
    socket.send(Frame::binary(payload.to_vec())).await?;
    socket.next().await.context("the echo answers")??;
    stopwatch.record(start.elapsed().as_nanos() as u64);
    Ok(())
}
