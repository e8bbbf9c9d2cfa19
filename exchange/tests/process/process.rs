//! A `rialto serve` process: started, listened to, signalled, ended.
//!
//! Whatever is waited for is waited for until it happens, at most [`PATIENCE`]; what did not happen is
//! told together with everything that the process has logged.

use std::fmt::Display;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use rialto_client::{ApiKey, Connection, LogonOptions, Session};
use rialto_types::AccountId;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_rialto");
/// How long anything may take: much longer than it does on a machine with other things to do.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How a process is started.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    data: PathBuf,
    environment: Vec<(String, String)>,
}

impl Setup {
    /// The demo as it comes, but for its data directory and a free port.
    pub(crate) fn demo(data: impl Into<PathBuf>) -> Self {
        let setup = Self {
            data: data.into(),
            environment: Vec::new(),
        };
        setup.with("RIALTO__SERVER__LISTEN", "127.0.0.1:0")
    }

    /// The demo's venue, eight funded accounts and three instruments, with nobody who trades, no limits
    /// of rates, and a long time for those who armed cancel-on-disconnect to come back and for everybody
    /// to read the last words. Segments are small, so that a start takes no time.
    pub(crate) fn venue(data: impl Into<PathBuf>) -> Self {
        Self::demo(data)
            .with("RIALTO__JOURNAL__SEGMENT_MIB", 1)
            .with("RIALTO__DEMO__TRADERS", false)
            // Other tests run on the same machine.
            .with("RIALTO__CORE__CORE_NICE", 0)
            .with("RIALTO__CORE__JOURNAL_NICE", 0)
            // The publisher runs beside the sessions, whatever the machine; the gateway's own tests give it a thread.
            .with("RIALTO__GATEWAY__THREADS", 1)
            .with("RIALTO__GATEWAY__ORDERS_PER_SECOND", 0)
            .with("RIALTO__GATEWAY__CANCELS_PER_SECOND", 0)
            .with("RIALTO__GATEWAY__RECONNECT_GRACE_MS", 3_600_000)
            .with("RIALTO__SERVER__DRAIN_MS", PATIENCE.as_millis() / 2)
    }

    /// With a variable of the environment.
    pub(crate) fn with(mut self, name: &str, value: impl Display) -> Self {
        self.environment.push((name.to_owned(), value.to_string()));
        self
    }

    /// Starts it and waits for nothing.
    pub(crate) fn start(&self) -> Process {
        let directory = self.data.parent().unwrap();
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--demo", "--log", "json", "--data"])
            .arg(&self.data)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = lines_of(child.stderr.take().unwrap());
        let banner = lines_of(child.stdout.take().unwrap());
        Process {
            child,
            data: self.data.clone(),
            log,
            banner,
        }
    }

    /// Starts it and waits until it is open.
    pub(crate) async fn open(&self) -> Process {
        let process = self.start();
        process.logged("open").await;
        process
    }

    /// Starts it, to fail: its exit status, and what it said on standard error.
    pub(crate) async fn refused(&self) -> (i32, String) {
        let mut process = self.start();
        let status = process.ended().await;
        let text = process.log();
        let code = status.code().unwrap_or_else(|| panic!("{status}: {text}"));
        (code, text)
    }
}

/// The lines that come out of a pipe, as they come.
fn lines_of(pipe: impl Read + Send + 'static) -> watch::Receiver<Vec<String>> {
    let (sender, receiver) = watch::channel(Vec::new());
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            sender.send_modify(|lines| lines.push(line));
        }
    });
    receiver
}

/// A running or ended exchange. Dropping it kills it; when that is because a test has failed, it shows
/// what it has logged.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    data: PathBuf,
    log: watch::Receiver<Vec<String>>,
    banner: watch::Receiver<Vec<String>>,
}

impl Process {
    /// Waits until a line of the log has this message, and returns the line.
    pub(crate) async fn logged(&self, message: &str) -> Value {
        let find = |lines: &Vec<String>| lines.iter().find_map(|line| entry(line, message));
        let mut log = self.log.clone();
        let waiting = log.wait_for(|lines| find(lines).is_some());
        let found = match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(Ok(lines)) => find(&lines),
            Ok(Err(_)) | Err(_) => None,
        };
        found.unwrap_or_else(|| panic!("it never logged {message:?}:\n{}", self.log()))
    }

    /// Waits until a line of the log has a message that begins like this, and returns the message.
    pub(crate) async fn logged_as(&self, beginning: &str) -> String {
        let find = |lines: &Vec<String>| {
            let values = lines
                .iter()
                .filter_map(|line| serde_json::from_str(line).ok());
            let messages =
                values.filter_map(|value: Value| Some(value["message"].as_str()?.to_owned()));
            messages
                .into_iter()
                .find(|message| message.starts_with(beginning))
        };
        let mut log = self.log.clone();
        let waiting = log.wait_for(|lines| find(lines).is_some());
        let found = match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(Ok(lines)) => find(&lines),
            Ok(Err(_)) | Err(_) => None,
        };
        found.unwrap_or_else(|| panic!("it never logged {beginning:?}:\n{}", self.log()))
    }

    /// The first line of the log so far with this message.
    pub(crate) fn has_logged(&self, message: &str) -> Option<Value> {
        let lines = self.log.borrow();
        lines.iter().find_map(|line| entry(line, message))
    }

    /// Everything that it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.borrow().join("\n")
    }

    /// What it has printed for people, once it has ended.
    pub(crate) async fn banner(&self) -> String {
        assert!(until_closed(&self.banner).await, "it holds its output open");
        self.banner.borrow().join("\n")
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    pub(crate) async fn address(&self) -> String {
        let line = self.logged("listening").await;
        line["address"].as_str().unwrap().to_owned()
    }

    /// What it recovered: the last sequence and the hash of the state.
    pub(crate) async fn recovered(&self) -> (u64, String) {
        state(&self.logged("recovered").await)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        // A child that was not waited for keeps its id, also when it has ended.
        let sent = kill_process(Pid::from_child(&self.child), signal);
        sent.unwrap_or_else(|error| panic!("{error}:\n{}", self.log()));
    }

    /// Waits until it is open, or has ended. Returns whether it is open.
    pub(crate) async fn opens(&mut self) -> bool {
        let is_open = |lines: &Vec<String>| lines.iter().any(|line| entry(line, "open").is_some());
        let mut log = self.log.clone();
        let waiting = log.wait_for(is_open);
        let found = tokio::time::timeout(PATIENCE, waiting).await;
        found
            .unwrap_or_else(|_| panic!("it neither opens nor ends:\n{}", self.log()))
            .is_ok()
    }

    /// Waits for its end; everything that it has logged is there then.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let is_ended = until_closed(&self.log).await;
        assert!(is_ended, "it does not end:\n{}", self.log());
        self.child.wait().unwrap()
    }

    /// Kills it and waits for its end.
    pub(crate) async fn kill(mut self) {
        self.signal(Signal::KILL);
        self.ended().await;
    }

    /// Asks it to end, waits until it has, in order, and returns its last sequence and the hash of its
    /// last state.
    pub(crate) async fn stop(mut self) -> (u64, String) {
        self.signal(Signal::TERM);
        self.ended_in_order().await
    }

    /// The same of a process that was asked already.
    pub(crate) async fn ended_in_order(&mut self) -> (u64, String) {
        let status = self.ended().await;
        assert!(status.success(), "{status}:\n{}", self.log());
        let impatient = self.has_logged("gave up waiting for clients to read why they are ended");
        assert!(impatient.is_none(), "a client did not go:\n{}", self.log());
        state(&self.logged("ended in order").await)
    }

    /// The keys of the demo's accounts 1 to 8.
    pub(crate) fn keys(&self) -> Vec<ApiKey> {
        ApiKey::load_all(self.data.join("demo-keys.json")).unwrap()
    }

    /// The administrator's key.
    pub(crate) fn admin_key(&self) -> ApiKey {
        ApiKey::load(self.data.join("admin-key.json"), None).unwrap()
    }

    /// The directory of its journal.
    pub(crate) fn journal(&self) -> PathBuf {
        journal_of(&self.data)
    }

    /// Connects without a logon.
    pub(crate) async fn connect(&self) -> Connection {
        let address = self.address().await;
        let connection = Connection::open(&address).await;
        connection.unwrap_or_else(|error| panic!("{error}:\n{}", self.log()))
    }

    /// Logs on for an account of the demo; for account 0 as the administrator.
    pub(crate) async fn log_on(&self, account: u32) -> Session {
        self.log_on_with(account, LogonOptions::default()).await
    }

    /// The same, with choices.
    pub(crate) async fn log_on_with(&self, account: u32, options: LogonOptions) -> Session {
        let key = match account {
            0 => self.admin_key(),
            _ => self.keys().swap_remove(account as usize - 1),
        };
        assert_eq!(key.account(), AccountId(account));
        let session = self.connect().await.log_on(&key, options).await;
        session.unwrap_or_else(|error| panic!("{error}:\n{}", self.log()))
    }

    /// `GET` of a path: the status line with the headers, and the body.
    pub(crate) async fn get(&self, path: &str) -> (String, String) {
        get(&self.address().await, path).await
    }

    /// Asserts that `/healthz` answers so.
    #[track_caller]
    pub(crate) fn health(&self, status: u16, phase: &str) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move {
            let (head, body) = self.get("/healthz").await;
            let expected = format!("HTTP/1.1 {status}");
            assert!(head.starts_with(&expected), "{at}: {head}{}", self.log());
            assert_eq!(body, format!("{{\"status\":\"{phase}\"}}\n"), "{at}");
        }
    }

    /// How many commands the core has applied, as the metrics say.
    pub(crate) async fn commands(&self) -> u64 {
        self.metric("rialto_core_commands_total").await
    }

    /// A metric without labels that counts something.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let (_, metrics) = self.get("/metrics").await;
        let mut lines = metrics.lines().filter_map(|line| line.split_once(' '));
        let value = lines.find_map(|(series, value)| (series == name).then_some(value));
        let value = value.unwrap_or_else(|| panic!("{name} is missing in: {metrics}"));
        // Gauges are written with a point.
        let value = value.strip_suffix(".0").unwrap_or(value);
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is {value}"))
    }

    /// Waits until a metric has this value.
    pub(crate) async fn settles_at(&self, name: &str, expected: u64) {
        let waiting = async {
            while self.metric(name).await != expected {
                tokio::task::yield_now().await;
            }
        };
        let settled = tokio::time::timeout(PATIENCE, waiting).await;
        let value = self.metric(name).await;
        assert!(settled.is_ok(), "{name} is {value}, not {expected}");
    }

    /// Its memory that is no file's, in KiB.
    pub(crate) fn own_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let mut lines = status.lines();
        let line = lines.find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.unwrap().trim().strip_suffix(" kB").unwrap();
        kib.parse().unwrap()
    }

    /// Waits until the metrics tell that the core has applied so many commands, and asserts that it
    /// has applied no more.
    pub(crate) async fn has_applied(&self, expected: u64) {
        let waiting = async {
            loop {
                match self.commands().await {
                    count if count < expected => tokio::task::yield_now().await,
                    count => break count,
                }
            }
        };
        let count = tokio::time::timeout(PATIENCE, waiting).await;
        let count = count.unwrap_or_else(|_| panic!("{expected} commands never came"));
        assert_eq!(count, expected, "{}", self.log());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of the process\n{}\n---", self.log());
        }
        // A process that was waited for is left alone by both.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes a snapshot of a journal, if there is one to take. Returns whether.
pub(crate) fn take_snapshot(journal: &Path) -> bool {
    let output = snapshot_command(journal);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{}: {text}", output.status);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    told["sequence"].is_u64()
}

/// Tries to take a snapshot that cannot be taken, and returns what is said about it.
pub(crate) fn snapshot_refused(journal: &Path) -> String {
    let output = snapshot_command(journal);
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!output.status.success(), "it was taken: {text}");
    assert!(output.status.code().is_some(), "{}: {text}", output.status);
    text
}

fn snapshot_command(journal: &Path) -> Output {
    Command::new(PROGRAM)
        .args(["journal", "snapshot", "--json"])
        .arg(journal)
        .env_clear()
        .output()
        .unwrap()
}

/// Runs `rialto journal` with these arguments: its exit status, and what it said.
#[cfg(feature = "planted-fault-panic")]
pub(crate) fn journal_command(arguments: &[&str], journal: &Path) -> (Option<i32>, String) {
    let output = Command::new(PROGRAM)
        .arg("journal")
        .args(arguments)
        .arg(journal)
        .env_clear()
        .output()
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), text)
}

/// Where the journal of a data directory stands.
pub(crate) fn journal_of(data: &Path) -> PathBuf {
    data.join("journal")
}

/// A line of the log as JSON, if it has this message.
fn entry(line: &str, message: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(line).ok()?;
    (value["message"] == message).then_some(value)
}

/// The sequence and the hash that a line of the log tells.
fn state(line: &Value) -> (u64, String) {
    let hash = line["state_hash"].as_str().unwrap();
    (line["seq"].as_u64().unwrap(), hash.to_owned())
}

/// Waits until the writer of a pipe has closed it. Returns whether it has.
async fn until_closed(lines: &watch::Receiver<Vec<String>>) -> bool {
    let mut lines = lines.clone();
    let closed = async { while lines.changed().await.is_ok() {} };
    tokio::time::timeout(PATIENCE, closed).await.is_ok()
}

/// `GET` of a path: the status line with the headers, and the body.
pub(crate) async fn get(address: &str, path: &str) -> (String, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: rialto\r\nConnection: close\r\n\r\n");
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let answer = tokio::time::timeout(PATIENCE, exchange).await;
    let answer = answer.unwrap_or_else(|_| panic!("no answer to GET {path}"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}
