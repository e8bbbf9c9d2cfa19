//! An exchange of the tool's own: started for a test, told how its threads wait, ended with the test.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

/// How the threads of an exchange wait while there is nothing to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Profile {
    /// The core spins; the publisher spins a while, then sleeps
    #[default]
    Latency,
    /// They spin a while, then sleep
    Balanced,
    /// They sleep at once
    Economy,
}

impl Profile {
    /// As the configuration names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Balanced => "balanced",
            Self::Economy => "economy",
        }
    }
}

/// What an acknowledgement of the own exchange promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Durability {
    /// It survives the death of the process
    #[default]
    Written,
    /// It survives the loss of power: the disk is part of what is measured
    Durable,
}

/// Options about an exchange of the tool's own.
#[derive(Args, Clone, Debug)]
pub(crate) struct OwnServerOptions {
    /// Start an exchange for this test instead of using the one at --address
    #[arg(long)]
    pub(crate) own: bool,

    /// The program to start; by default the `rialto` beside this program
    #[arg(long, env = "RIALTO_BIN", value_name = "FILE")]
    rialto: Option<PathBuf>,

    /// What the own exchange's acknowledgements promise
    #[arg(long, value_enum, default_value_t, requires = "own")]
    durability: Durability,

    /// Where the own exchange keeps its journal, in a directory that is removed afterwards; by default the
    /// system's directory of temporary files
    #[arg(long, value_name = "DIRECTORY", requires = "own")]
    data: Option<PathBuf>,
}

/// A running exchange, killed when dropped.
pub(crate) struct OwnServer {
    child: Child,
    address: String,
    directory: TempDir,
    settings: Vec<(String, String)>,
}

impl OwnServer {
    /// Starts one, and returns once it is open.
    ///
    /// # Errors
    /// When the program is not there or ends before it is open; the message holds what it logged.
    pub(crate) fn start(options: &OwnServerOptions, profile: Profile) -> Result<Self> {
        let program = program(options)?;
        let directory = match &options.data {
            Some(data) => tempfile::tempdir_in(data),
            None => tempfile::tempdir(),
        };
        let directory = directory.context("no directory for the own exchange")?;
        let log_path = directory.path().join("log");
        let log = std::fs::File::create(&log_path)?;
        let settings = settings(options, profile);
        let mut child = Command::new(&program)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(directory.path().join("data"))
            .current_dir(directory.path())
            .envs(settings.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let output = child.stdout.take().context("its output is piped")?;
        let mut lines = BufReader::new(output).lines();
        let address = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, rest) = line.split_once("ws://")?;
            rest.split_once('/').map(|(address, _)| address.to_owned())
        });
        // The pipe is read to its end, or the exchange could not finish its sentence.
        std::thread::spawn(move || lines.for_each(drop));
        let mut server = Self {
            child,
            address: String::new(),
            directory,
            settings,
        };
        let Some(address) = address else {
            let said = std::fs::read_to_string(log_path).unwrap_or_default();
            bail!("{} ended before it was open: {said}", program.display());
        };
        server.address = address;
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Its administrator's key.
    pub(crate) fn admin_key(&self) -> PathBuf {
        self.directory.path().join("data/admin-key.json")
    }

    /// What it was told, as environment variables.
    pub(crate) fn settings(&self) -> &[(String, String)] {
        &self.settings
    }

    /// Ends it in order and waits for that.
    ///
    /// # Errors
    /// When it does not end well: then what was measured is not to be trusted.
    pub(crate) fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status();
        if !told.is_ok_and(|status| status.success()) {
            self.child.kill()?;
            self.child.wait()?;
            return Ok(());
        }
        for _ in 0..300 {
            if let Some(status) = self.child.try_wait()? {
                let said = std::fs::read_to_string(self.directory.path().join("log"));
                anyhow::ensure!(
                    status.success(),
                    "the own exchange ended with {status}: {}",
                    said.unwrap_or_default()
                );
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the own exchange does not end within 30 s of SIGTERM")
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whoever measures an exchange does not want to measure the limits that protect it.
fn settings(options: &OwnServerOptions, profile: Profile) -> Vec<(String, String)> {
    let durability = match options.durability {
        Durability::Written => "written",
        Durability::Durable => "durable",
    };
    // A publisher that spins as well would leave no processor of two to sockets and to this program.
    let publisher = match profile {
        Profile::Latency => Profile::Balanced,
        other => other,
    };
    let pairs = [
        ("RIALTO__CORE__PROFILE", profile.name()),
        ("RIALTO__CORE__PUBLISHER_PROFILE", publisher.name()),
        ("RIALTO__JOURNAL__DURABILITY", durability),
        ("RIALTO__GATEWAY__ORDERS_PER_SECOND", "0"),
        ("RIALTO__GATEWAY__CANCELS_PER_SECOND", "0"),
        ("RIALTO__GATEWAY__CONNECTIONS_PER_IP", "10000"),
        ("RIALTO__LOG__FILTER", "warn"),
    ];
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    pairs.into_iter().map(owned).collect()
}

fn program(options: &OwnServerOptions) -> Result<PathBuf> {
    if let Some(named) = &options.rialto {
        return Ok(named.clone());
    }
    let own = std::env::current_exe().context("where this program is")?;
    let beside = own.parent().unwrap_or(Path::new("")).join("rialto");
    if !beside.is_file() {
        bail!(
            "there is no {}: build it with `cargo build --release -p rialto-exchange`, or name another by \
             --rialto FILE",
            beside.display()
        );
    }
    Ok(beside)
}
