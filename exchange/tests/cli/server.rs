//! A running exchange in a directory of its own, and commands run against it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_rialto");

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The JSON value on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same, of a command that has done what it was asked.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.status, 0, "{self:?}");
        self
    }

    /// The same, of a command that the exchange has refused.
    #[track_caller]
    pub(crate) fn refused(self) -> Self {
        assert_eq!(self.status, 1, "{self:?}");
        self
    }

    /// The same, of a command that failed otherwise.
    #[track_caller]
    pub(crate) fn failed(self) -> Self {
        assert_eq!(self.status, 2, "{self:?}");
        self
    }
}

/// A command line, split at blanks.
pub(crate) fn command(line: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(line.split_whitespace())
        .env_remove("RIALTO_KEY")
        .env_remove("RIALTO_ADDRESS")
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        status: output.status.code().expect("it was not killed"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// An exchange process.
pub(crate) struct Server {
    child: Child,
    address: String,
    directory: TempDir,
}

impl Server {
    /// A new exchange without a market, on a port of its own.
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), "127.0.0.1:0")
    }

    /// Returns once it is open.
    fn start_in(directory: TempDir, listen: &str) -> Self {
        let log = File::options()
            .append(true)
            .create(true)
            .open(directory.path().join("log"))
            .unwrap();
        let mut child = command("serve --log json")
            .arg("--data")
            .arg(directory.path().join("data"))
            .args(["--listen", listen])
            .current_dir(directory.path())
            .env("RIALTO__JOURNAL__SEGMENT_MIB", "1")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut lines = BufReader::new(stdout).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("ws://"));
        let Some(line) = line else {
            let log = fs::read_to_string(directory.path().join("log"));
            panic!("it did not open: {}", log.unwrap_or_default());
        };
        let (_, rest) = line.split_once("ws://").unwrap();
        let (address, _) = rest.split_once('/').unwrap();
        // What is left of the text must be read, or the process would fail writing it.
        lines.find(|line| line.starts_with("Stop it"));
        Self {
            child,
            address: address.to_owned(),
            directory,
        }
    }

    /// Tells it to end, and returns its directory once it has.
    fn end(mut self, signal: Signal) -> (TempDir, String, ExitStatus) {
        let id = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
        let status = self.child.wait().unwrap();
        let address = std::mem::take(&mut self.address);
        let empty = tempfile::tempdir().unwrap();
        let directory = std::mem::replace(&mut self.directory, empty);
        (directory, address, status)
    }

    /// Ends it in order; the files stay as long as what is returned.
    pub(crate) fn stop(self) -> Stopped {
        let (directory, address, status) = self.end(Signal::TERM);
        assert!(status.success(), "{status}");
        Stopped { directory, address }
    }

    /// Ends it at once.
    pub(crate) fn kill(self) -> Stopped {
        let (directory, address, _) = self.end(Signal::KILL);
        Stopped { directory, address }
    }

    /// Its data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// A path beside its data.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A command that knows where the exchange is.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = command(line);
        command
            .env("RIALTO_ADDRESS", &self.address)
            .current_dir(self.directory.path());
        command
    }

    /// Runs a command with a key.
    pub(crate) fn run_as(&self, key: &Path, line: &str) -> Ran {
        let mut command = self.command(line);
        command.env("RIALTO_KEY", key);
        run(command)
    }

    /// Runs `rialto admin` with the administrator's key.
    pub(crate) fn admin(&self, line: &str) -> Ran {
        let key = self.data().join("admin-key.json");
        self.run_as(&key, &format!("admin {line}"))
    }

    /// Lists BTC-USDT, and gives accounts 1 and 2 keys, 10 BTC and 1,000,000 USDT.
    pub(crate) fn found(&self) {
        for line in [
            "asset add BTC --decimals 8",
            "asset add USDT --decimals 6",
            "instrument add BTC-USDT --tick 0.01 --lot 0.0001 --reference-price 60000 --taker-fee 0.1%",
            "account create",
            "account create",
            "key add --account 1 --out 1.json",
            "key add --account 2 --out 2.json",
            "deposit 1 BTC 10",
            "deposit 1 USDT 1000000",
            "deposit 2 BTC 10",
            "deposit 2 USDT 1000000",
        ] {
            self.admin(line).done();
        }
    }

    /// Runs `rialto order` for account 1 or 2 of [`Server::found`].
    pub(crate) fn order(&self, account: u32, line: &str) -> Ran {
        let key = self.path(&format!("{account}.json"));
        self.run_as(&key, &format!("order {line}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed leaves it running; one that ended it finds nothing here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The files of an exchange that has ended.
pub(crate) struct Stopped {
    directory: TempDir,
    address: String,
}

impl Stopped {
    /// Its data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Starts it again where it was.
    pub(crate) fn restart(self) -> Server {
        Server::start_in(self.directory, &self.address)
    }

    /// What the exchange said of its state when it ended in order.
    pub(crate) fn logged_state_hash(&self) -> String {
        let log = fs::read_to_string(self.directory.path().join("log")).unwrap();
        let lines = log.lines().rev();
        let mut values = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ended = values.find(|value| value["state_hash"].is_string());
        ended.unwrap()["state_hash"].as_str().unwrap().to_owned()
    }
}
