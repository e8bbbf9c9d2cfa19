//! Configuration: defaults, a TOML file, the environment, flags; the later wins.
//!
//! The environment names a key as `RIALTO__SECTION__KEY`, for instance `RIALTO__JOURNAL__DURABILITY`.
//! An unknown key is an error that names it and lists what there is, wherever it comes from: a
//! misspelt limit must not silently be no limit.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use rialto_types::Capacity;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// What the environment's keys begin with.
const PREFIX: &str = "RIALTO__";

mod check;

/// Everything that can be configured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who listens where.
    pub server: Server,
    /// What is written down, and when it counts as written.
    pub journal: Journal,
    /// The core thread and its rings.
    pub core: Core,
    /// The size of the core's pools.
    pub capacity: Pools,
    /// The limits of the gateway.
    pub gateway: Gateway,
    /// What `--demo` does.
    pub demo: Demo,
    /// What is logged.
    pub log: Log,
}

/// Who listens where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The exchange's name, told to every client.
    pub name: String,
    /// Where WebSocket, health and metrics are served.
    pub listen: SocketAddr,
    /// The certificate to serve TLS with, as PEM; in the clear without one.
    pub tls_certificate: Option<PathBuf>,
    /// Its private key, as PEM.
    pub tls_key: Option<PathBuf>,
    /// Where journal and keys stand.
    pub data: PathBuf,
    /// How long a shutdown waits for clients to read what they are told, in ms.
    pub drain_ms: u64,
}

/// What is written down, and when it counts as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Journal {
    /// What an acknowledgement promises.
    pub durability: Durability,
    /// The size of a segment, in MiB.
    pub segment_mib: u64,
    /// A snapshot is taken when replaying what is newer would take longer than this, in ms; 0 for never.
    pub snapshot_replay_ms: u64,
    /// Memory that the process which takes a snapshot may ask for, in MiB; 0 for no bound. By default twice what the
    /// exchange itself has.
    pub snapshot_memory_mib: Option<u64>,
    /// Where segments go that no restart needs any more; without it they are removed.
    pub archive: Option<PathBuf>,
    /// When less than this is free on the journal's disk, in MiB, a warning is due, and snapshots are
    /// taken as soon as they let segments go.
    pub free_space_mib: u64,
}

/// What an acknowledgement promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// An acknowledged command survives the death of the process.
    Written,
    /// An acknowledged command survives the loss of power.
    #[default]
    Durable,
}

/// The core thread and its rings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Core {
    /// Which shard this process is, 0 to 31.
    pub shard: u8,
    /// What threads do while there is nothing to do.
    pub profile: Profile,
    /// What the publisher does. By default what the profile says; but on fewer than four processors, where only
    /// one thread can spin for ever, it spins a while and then sleeps when the core spins.
    pub publisher_profile: Option<Profile>,
    /// What the journal thread does, if not what the profile says.
    pub journal_profile: Option<Profile>,
    /// The processor of the core thread, which every other thread then keeps off; by default none is chosen.
    pub core_cpu: Option<usize>,
    /// The processor of the journal thread, in `durable` mode.
    pub journal_cpu: Option<usize>,
    /// The nice value of the core thread, -20 to 19. By default -20, the highest priority, unless as many threads spin
    /// for ever as there are processors; what the system does not allow is left.
    pub core_nice: Option<i8>,
    /// The nice value of the journal thread, in `durable` mode, as that of the core.
    pub journal_nice: Option<i8>,
    /// Orders and cancels that the command ring holds.
    pub command_ring: usize,
    /// Administration that the reserved ring holds.
    pub reserved_ring: usize,
    /// Events that the event ring holds.
    pub event_ring: usize,
    /// MiB at the beginning of each pool and ring that are in memory from the start, in huge pages; the
    /// rest comes when it is first used. 0 for none of it.
    pub resident_mib: usize,
}

/// What threads do while there is nothing to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Spin for ever: the lowest latency, one processor each.
    Latency,
    /// Spin a while, then sleep.
    #[default]
    Balanced,
    /// Sleep at once: the least processor time.
    Economy,
}

/// The size of the core's pools. They can be raised between runs, never lowered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pools {
    /// Open orders, waiting stops included.
    pub orders: u32,
    /// Open orders of one account.
    pub orders_per_account: u32,
    /// Accounts.
    pub accounts: u32,
    /// Pairs of account and asset.
    pub balances: u32,
    /// API keys, revoked ones included.
    pub keys: u32,
    /// Instruments, closed ones included.
    pub instruments: u32,
    /// Assets.
    pub assets: u16,
}

/// The limits of the gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// Threads that serve connections; 0 for one on each processor but two, which core and publisher keep
    /// busy, and at least one. Where it is one, the publisher runs on it too, unless it is to spin for ever.
    pub threads: usize,
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address.
    pub connections_per_ip: usize,
    /// Percent of the connections that are kept for those who log on.
    pub logon_share_percent: u8,
    /// Sessions of one account that are logged on.
    pub sessions_per_account: usize,
    /// KiB that wait for a session that is logged on before it is disconnected as too slow.
    pub trader_queue_kib: usize,
    /// KiB that wait for any other session.
    pub public_queue_kib: usize,
    /// MiB of memory for reports that are sent again to clients that missed them; 0 for none.
    pub report_memory_mib: usize,
    /// Market-data streams of one session.
    pub subscriptions_per_session: usize,
    /// Orders a second of one key, and as many at once; 0 for no limit.
    pub orders_per_second: u32,
    /// Cancels a second of one key, a budget of their own; 0 for no limit.
    pub cancels_per_second: u32,
    /// Orders a second of all keys of one account together; by default four times those of a key.
    pub account_orders_per_second: Option<u32>,
    /// Cancels a second of all keys of one account together; by default four times those of a key.
    pub account_cancels_per_second: Option<u32>,
    /// Orders a second from one address; by default ten times those of a key.
    pub ip_orders_per_second: Option<u32>,
    /// Cancels a second from one address; by default ten times those of a key.
    pub ip_cancels_per_second: Option<u32>,
    /// How often the exchange shows a sign of life, in ms.
    pub heartbeat_ms: u64,
    /// How long after a restart the orders of armed keys wait for their session, in ms.
    pub reconnect_grace_ms: u64,
}

/// What `--demo` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Demo {
    /// Whether market makers and takers trade. Without them there are funded accounts and an empty
    /// market, which is what tests and measurements want.
    pub traders: bool,
}

/// What is logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// What is worth a line: a level, or targets with levels as in `info,rialto_gateway=debug`.
    pub filter: String,
}

/// For people or for machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One readable line each.
    #[default]
    Text,
    /// One JSON object each.
    Json,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            name: "Rialto".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 7400)),
            tls_certificate: None,
            tls_key: None,
            data: PathBuf::from("rialto-data"),
            drain_ms: 5_000,
        }
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            durability: Durability::default(),
            segment_mib: 256,
            snapshot_replay_ms: 4_000,
            snapshot_memory_mib: None,
            archive: None,
            free_space_mib: 4_096,
        }
    }
}

impl Default for Core {
    fn default() -> Self {
        Self {
            shard: 0,
            profile: Profile::default(),
            publisher_profile: None,
            journal_profile: None,
            core_cpu: None,
            journal_cpu: None,
            core_nice: None,
            journal_nice: None,
            command_ring: 1 << 16,
            reserved_ring: 1 << 10,
            event_ring: 1 << 16,
            resident_mib: rialto_memory::RESIDENT_DEFAULT >> 20,
        }
    }
}

impl Default for Pools {
    fn default() -> Self {
        let Capacity {
            orders,
            orders_per_account,
            accounts,
            balances,
            keys,
            instruments,
            assets,
        } = Capacity::default();
        Self {
            orders,
            orders_per_account,
            accounts,
            balances,
            keys,
            instruments,
            assets,
        }
    }
}

impl From<Pools> for Capacity {
    fn from(pools: Pools) -> Self {
        let Pools {
            orders,
            orders_per_account,
            accounts,
            balances,
            keys,
            instruments,
            assets,
        } = pools;
        Self {
            orders,
            orders_per_account,
            accounts,
            balances,
            keys,
            instruments,
            assets,
        }
    }
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            threads: 0,
            connections: 10_000,
            connections_per_ip: 1_000,
            logon_share_percent: 10,
            sessions_per_account: 1_000,
            trader_queue_kib: 8_192,
            report_memory_mib: 64,
            public_queue_kib: 512,
            subscriptions_per_session: 1_024,
            orders_per_second: 10_000,
            cancels_per_second: 20_000,
            account_orders_per_second: None,
            account_cancels_per_second: None,
            ip_orders_per_second: None,
            ip_cancels_per_second: None,
            heartbeat_ms: 5_000,
            reconnect_grace_ms: 10_000,
        }
    }
}

impl Default for Demo {
    fn default() -> Self {
        Self { traders: true }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::default(),
            filter: "info".to_owned(),
        }
    }
}

/// A value given by a flag: section, key, value.
pub type Flag = (&'static str, &'static str, Value);

impl Config {
    /// Reads the configuration of a process.
    ///
    /// # Errors
    /// When the file cannot be read, or a key is unknown or has a value that it cannot have; the
    /// message names the key and where it came from.
    pub fn load(file: Option<&Path>, flags: Vec<Flag>) -> Result<Self> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("reading the configuration {}", path.display()))?,
            None => String::new(),
        };
        let source = file.map_or_else(String::new, |path| path.display().to_string());
        Self::from_parts(&text, &source, environment()?, flags)
    }

    /// The configuration that file text, environment and flags make.
    fn from_parts(
        text: &str,
        source: &str,
        environment: BTreeMap<String, String>,
        flags: Vec<Flag>,
    ) -> Result<Self> {
        let mut table: Table = text.parse().with_context(|| format!("in {source}"))?;
        // Checked by itself first, so that a message about the file carries its line.
        toml::from_str::<Self>(text).with_context(|| format!("in {source}"))?;
        for (name, value) in environment {
            let Some(path) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let path = path.to_lowercase();
            let (section, key) = path.split_once("__").ok_or_else(|| {
                anyhow!("the environment variable {name} is not of the form {PREFIX}SECTION__KEY")
            })?;
            insert(&mut table, section, key, value_of(&value));
            let checked: Result<Self, _> = table.clone().try_into();
            if checked.is_err() {
                // A text may look like a number.
                insert(&mut table, section, key, Value::String(value.clone()));
                if table.clone().try_into::<Self>().is_ok() {
                    continue;
                }
            }
            checked.with_context(|| format!("in the environment variable {name}={value}"))?;
        }
        for (section, key, value) in flags {
            insert(&mut table, section, key, value);
        }
        let config: Self = table.try_into().context("in the flags")?;
        config.check()?;
        Ok(config)
    }
}

/// Our part of the environment. What others have there is passed over, whatever it looks like.
///
/// # Errors
/// When a variable of ours is no text.
fn environment() -> Result<BTreeMap<String, String>> {
    let ours = std::env::vars_os().filter(|(name, _)| {
        let name = name.as_encoded_bytes();
        name.starts_with(PREFIX.as_bytes())
    });
    let text = |(name, value): (OsString, OsString)| match (name.into_string(), value.into_string())
    {
        (Ok(name), Ok(value)) => Ok((name, value)),
        (Ok(name), Err(value)) => bail!(
            "the environment variable {name}={} is not UTF-8",
            value.display()
        ),
        (Err(name), _) => bail!(
            "the name of the environment variable {} is not UTF-8",
            name.display()
        ),
    };
    ours.map(text).collect()
}

fn insert(table: &mut Table, section: &str, key: &str, value: Value) {
    let section = table
        .entry(section)
        .or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = section {
        section.insert(key.to_owned(), value);
    }
}

/// A number or a boolean where the text is one, otherwise the text itself.
fn value_of(text: &str) -> Value {
    if let Ok(number) = text.parse() {
        return Value::Integer(number);
    }
    match text {
        "true" => Value::Boolean(true),
        "false" => Value::Boolean(false),
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod example_tests;

#[cfg(test)]
mod tests;
