//! Where something was measured: recorded with every result, since a figure without it says nothing.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The machine and the programs of a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Environment {
    /// The version of this program.
    pub(crate) tool_version: String,
    /// How it was built: `release` or `debug`.
    pub(crate) build: String,
    /// The commit of the directory that it was started in, when that is a checkout.
    pub(crate) commit: Option<String>,
    /// What the processor calls itself.
    pub(crate) cpu_model: Option<String>,
    /// Processors that this program may use.
    pub(crate) cpu_count: usize,
    /// Whether the machine is a guest of another.
    pub(crate) is_virtual: bool,
    /// What the operating system calls itself.
    pub(crate) kernel: Option<String>,
    /// Memory, in KiB.
    pub(crate) memory_kib: Option<u64>,
    /// The load of the last minute, when the test began.
    pub(crate) load_average: Option<f64>,
    /// Of the processors' time during the test, the percentage that the host gave to others.
    pub(crate) steal_percent: Option<f64>,
    /// Where the exchange listened.
    pub(crate) address: String,
    /// Whether the exchange ran on the same machine, sharing its processors with this program.
    pub(crate) is_shared: bool,
    /// What an exchange of the tool's own was told.
    pub(crate) server_settings: BTreeMap<String, String>,
}

/// Looks at the machine, at the beginning and at the end of a test.
pub(crate) struct Observer {
    began: Option<CpuTimes>,
    load_average: Option<f64>,
}

impl Observer {
    /// A test begins.
    pub(crate) fn begin() -> Self {
        let loads = read("/proc/loadavg");
        Self {
            began: cpu_times(),
            load_average: loads.and_then(|text| text.split_whitespace().next()?.parse().ok()),
        }
    }

    /// A test has ended.
    pub(crate) fn end(self, address: &str, settings: &[(String, String)]) -> Environment {
        let cpu = read("/proc/cpuinfo").unwrap_or_default();
        let memory = read("/proc/meminfo").unwrap_or_default();
        let is_debug = cfg!(debug_assertions);
        Environment {
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            build: if is_debug { "debug" } else { "release" }.to_owned(),
            commit: commit(),
            cpu_model: field(&cpu, "model name"),
            cpu_count: std::thread::available_parallelism().map_or(1, usize::from),
            is_virtual: field(&cpu, "flags").is_some_and(|flags| flags.contains("hypervisor")),
            kernel: read("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned()),
            memory_kib: field(&memory, "MemTotal")
                .and_then(|text| text.split_whitespace().next()?.parse().ok()),
            load_average: self.load_average,
            steal_percent: self
                .began
                .zip(cpu_times())
                .and_then(|(from, to)| to.steal_since(from)),
            address: address.to_owned(),
            is_shared: is_here(address),
            server_settings: settings.iter().cloned().collect(),
        }
    }
}

impl Environment {
    /// What a reader has to know before believing a figure.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.build == "debug" {
            warnings.push(
                "This program was not built for release: its own part is too slow.".to_owned(),
            );
        }
        if self.is_shared {
            warnings.push(format!(
                "Load generator and exchange shared the {} processors of one machine: what one of them needs \
                 the other does not get, and latencies hold waiting for a processor.",
                self.cpu_count
            ));
        }
        if let Some(steal) = self.steal_percent.filter(|percent| *percent >= 1.0) {
            warnings.push(format!(
                "The host gave {steal:.1} % of the processors' time to others: pauses are partly its own."
            ));
        }
        if let Some(load) = self.load_average.filter(|load| *load >= 1.0) {
            warnings.push(format!(
                "The machine was not idle when the test began: its load was {load:.1}."
            ));
        }
        warnings
    }
}

/// Processors that were busy while this call waited; `None` where the system does not say.
#[expect(
    clippy::cast_precision_loss,
    reason = "ticks of a moment are far below 2^53"
)]
pub(crate) fn busy_processors(for_so_long: Duration) -> Option<f64> {
    let from = cpu_times()?;
    std::thread::sleep(for_so_long);
    let to = cpu_times()?;
    let all = to.all.checked_sub(from.all).filter(|all| *all > 0)?;
    let idle = to.idle.checked_sub(from.idle)?;
    let busy = 1.0 - idle as f64 / all as f64;
    let count = read("/proc/stat")?
        .lines()
        .filter(|line| line.starts_with("cpu"))
        .count();
    Some(busy * count.saturating_sub(1) as f64)
}

/// Processor time since the machine's start, in ticks.
#[derive(Clone, Copy)]
struct CpuTimes {
    all: u64,
    /// Waiting for a disk included.
    idle: u64,
    stolen: u64,
}

impl CpuTimes {
    #[expect(
        clippy::cast_precision_loss,
        reason = "ticks of one test are far below 2^53"
    )]
    fn steal_since(self, from: Self) -> Option<f64> {
        let all = self.all.checked_sub(from.all).filter(|all| *all > 0)?;
        let stolen = self.stolen.checked_sub(from.stolen)?;
        Some(stolen as f64 * 100.0 / all as f64)
    }
}

/// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
fn cpu_times() -> Option<CpuTimes> {
    let text = read("/proc/stat")?;
    let numbers = text.lines().next()?.split_whitespace().skip(1);
    let ticks: Vec<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
    Some(CpuTimes {
        all: ticks.iter().take(8).sum(),
        idle: ticks.get(3)? + ticks.get(4)?,
        stolen: *ticks.get(7)?,
    })
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The value of the first line `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    let line = text
        .lines()
        .find(|line| line.split(':').next().map(str::trim) == Some(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn commit() -> Option<String> {
    let output = Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=12"])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// Whether an address is this machine's own.
fn is_here(address: &str) -> bool {
    let (_, address) = address.split_once("://").unwrap_or(("", address));
    ["127.", "localhost", "[::1]"]
        .iter()
        .any(|own| address.starts_with(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "model\t: 1\nmodel name\t: A: B\nflags : x hypervisor\n";
        assert_eq!(field(text, "model name").as_deref(), Some("A: B"));
        assert_eq!(field(text, "name"), None);
    }

    #[test]
    fn a_shared_machine_and_a_debug_build_are_warned_about() {
        let mut environment = Observer::begin().end("127.0.0.1:7400", &[]);
        environment.build = "debug".to_owned();
        environment.steal_percent = Some(3.0);
        environment.load_average = Some(0.1);
        let warnings = environment.warnings();
        assert_eq!(warnings.len(), 3, "{warnings:?}");
        environment.is_shared = is_here("exchange.example:7400");
        environment.build = "release".to_owned();
        environment.steal_percent = Some(0.2);
        assert!(environment.warnings().is_empty());
    }

    #[test]
    fn stolen_time_is_a_share_of_all() {
        let at = |all, stolen| CpuTimes {
            all,
            idle: 0,
            stolen,
        };
        assert_eq!(at(300, 30).steal_since(at(100, 10)), Some(10.0));
        assert_eq!(at(100, 10).steal_since(at(100, 10)), None);
    }
}
