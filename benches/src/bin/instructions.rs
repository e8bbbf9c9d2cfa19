//! Counts the instructions of the hot path and holds them against figures that are committed.
//!
//! Time depends on the machine and on who else uses it; the number of instructions does not. Each case
//! plays 20,000 messages of a fixed seed under valgrind's callgrind, which counts nothing but
//! [`rialto_benches::measure::play_all`]: neither the preparation nor the messages that fill the book.
//!
//! `instructions check` fails when a case needs more than 2 % above its figure in
//! `benches/instructions.json`, `instructions write` renews the figures (`make baseline`), and
//! `instructions play CASE` is what valgrind runs. The figures are those of the release profile for one
//! architecture; elsewhere there is nothing to compare and the check says so.
//!
//! Cost: about a second a case besides the build.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail, ensure};
use rialto_benches::book::BookPlayer;
use rialto_benches::core::CorePlayer;
use rialto_benches::frames::{Decoding, Encoding};
use rialto_benches::measure::{Player, play_all};
use rialto_benches::venue::timed_inputs;
use rialto_benches::workload::{self, Kind, W2_LIVE, Workload};
use serde::{Deserialize, Serialize};

/// Messages of each case.
const MESSAGES: usize = 20_000;
/// Messages that let the book of W1 settle.
const SETTLING: usize = 20_000;
/// The committed figures.
const BASELINE: &str = "benches/instructions.json";
/// How much worse a case may get, in thousandths.
const TOLERANCE: u64 = 20;

/// The committed figures.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    /// The architecture that they are for, as Rust calls it.
    architecture: String,
    /// Messages of each case.
    messages: usize,
    /// Instructions of each case, all messages together.
    instructions: BTreeMap<String, u64>,
}

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["check"] => return check(),
        ["write"] => write()?,
        ["play", case] => play(case)?,
        _ => bail!(
            "say `check`, `write`, or `play CASE` with one of: {}",
            cases().join(", ")
        ),
    }
    Ok(ExitCode::SUCCESS)
}

/// The names of all cases.
fn cases() -> Vec<String> {
    let of = |part| Kind::ALL.map(|kind| format!("{part} {}", kind.name()));
    let mut names = Vec::from(of("book"));
    names.extend(of("core"));
    names.extend(["codec decode", "codec encode"].map(str::to_owned));
    names
}

/// Plays one case. Everything before [`play_all`] is preparation.
fn play(case: &str) -> Result<()> {
    match case.split_once(' ') {
        Some(("book", kind)) => {
            let workload = generate(kind)?;
            play_all(&mut BookPlayer::warm(&workload), &workload.messages);
        }
        Some(("core", kind)) => {
            let workload = generate(kind)?;
            let inputs = timed_inputs(&workload);
            play_all(&mut CorePlayer::in_memory().warm(&workload), &inputs);
        }
        Some(("codec", "decode")) => play_all(&mut Decode(Decoding::new()), &[(); MESSAGES]),
        Some(("codec", "encode")) => play_all(&mut Encode(Encoding::new()), &[(); MESSAGES]),
        _ => bail!(
            "there is no case `{case}`; the cases are: {}",
            cases().join(", ")
        ),
    }
    Ok(())
}

fn generate(kind: &str) -> Result<Workload> {
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind);
    Ok(match kind.context("the workloads are w1, w2 and w3")? {
        Kind::W1 => workload::w1(MESSAGES, SETTLING, false),
        Kind::W2 => workload::w2(MESSAGES, W2_LIVE, false),
        Kind::W3 => workload::w3(MESSAGES, false),
    })
}

/// One frame decoded for each message.
struct Decode(Decoding);

impl Player for Decode {
    type Item = ();

    fn play(&mut self, (): &()) {
        self.0.run();
    }
}

/// One report encoded for each message.
struct Encode(Encoding);

impl Player for Encode {
    type Item = ();

    fn play(&mut self, (): &()) {
        self.0.run();
    }
}

fn write() -> Result<()> {
    let baseline = Baseline {
        architecture: env::consts::ARCH.to_owned(),
        messages: MESSAGES,
        instructions: count_all()?,
    };
    for (case, count) in &baseline.instructions {
        println!(
            "{case:<14} {:>8.1} instructions a message",
            per_message(*count)
        );
    }
    let json = serde_json::to_string_pretty(&baseline)? + "\n";
    fs::write(BASELINE, json).with_context(|| format!("writing {BASELINE}"))?;
    println!("written to {BASELINE}");
    Ok(())
}

/// Counts, prints the table, and fails when a case has become worse.
fn check() -> Result<ExitCode> {
    let text = fs::read_to_string(BASELINE)
        .with_context(|| format!("reading {BASELINE}, which `make baseline` writes"))?;
    let baseline: Baseline =
        serde_json::from_str(&text).with_context(|| format!("reading {BASELINE}"))?;
    let here = env::consts::ARCH;
    if baseline.architecture != here {
        println!(
            "not compared: {BASELINE} is for {}, this is {here}",
            baseline.architecture
        );
        return Ok(ExitCode::SUCCESS);
    }
    ensure!(
        baseline.messages == MESSAGES && baseline.instructions.keys().eq(sorted(cases()).iter()),
        "{BASELINE} is for other cases than there are; `make baseline` renews it"
    );
    let counted = count_all()?;
    let mut worse = Vec::new();
    for (case, now) in &counted {
        let before = baseline.instructions[case];
        let line = compare(case, before, *now);
        println!("{line}");
        if is_worse(before, *now) {
            worse.push(line);
        }
    }
    if worse.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "\nMore instructions than {BASELINE} allows (2 % above its figures):\n{}\nMake it leaner, or, if \
         what it does now is worth it, accept the new figures with `make baseline` and say why in the \
         commit.",
        worse.join("\n")
    );
    Ok(ExitCode::FAILURE)
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

/// Whether a case has become more than the tolerance worse.
fn is_worse(before: u64, now: u64) -> bool {
    now * 1_000 > before * (1_000 + TOLERANCE)
}

/// One line of the table.
fn compare(case: &str, before: u64, now: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let change = (now as f64 / before as f64 - 1.0) * 100.0;
    let hint = if now * (1_000 + TOLERANCE) < before * 1_000 {
        "  (better: `make baseline` keeps it so)"
    } else {
        ""
    };
    let (before, now) = (per_message(before), per_message(now));
    format!("{case:<14} {before:>8.1} -> {now:>8.1} instructions a message, {change:+.2} %{hint}")
}

fn per_message(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let mean = count as f64 / MESSAGES as f64;
    mean
}

/// Counts every case, each in a process of its own.
fn count_all() -> Result<BTreeMap<String, u64>> {
    let directory = tempfile::tempdir().context("a temporary directory for valgrind's output")?;
    let mut counts = BTreeMap::new();
    for case in cases() {
        let count = count(&case, &directory.path().join("out"))?;
        counts.insert(case, count);
    }
    Ok(counts)
}

/// Runs one case under callgrind with an empty environment, whose size would otherwise move the stack.
fn count(case: &str, output: &Path) -> Result<u64> {
    let run = Command::new("valgrind")
        .env_clear()
        .envs(env::var_os("PATH").map(|path| ("PATH", path)))
        .args(["--tool=callgrind", "--toggle-collect=*play_all*", "--quiet"])
        .arg(format!("--callgrind-out-file={}", output.display()))
        .arg(env::current_exe().context("the path of this program")?)
        .args(["play", case])
        .stdin(Stdio::null())
        .output()
        .context("starting valgrind; `apt-get install valgrind` brings it")?;
    ensure!(
        run.status.success(),
        "`{case}` under valgrind ended with {}:\n{}",
        run.status,
        String::from_utf8_lossy(&run.stderr)
    );
    let text = fs::read_to_string(output).context("reading valgrind's output")?;
    let count = instructions(&text).context("valgrind's output states no total")?;
    ensure!(
        count > MESSAGES as u64,
        "`{case}`: {count} instructions were counted, so valgrind did not find the function `play_all`"
    );
    Ok(count)
}

/// The total that a file of callgrind states.
fn instructions(text: &str) -> Option<u64> {
    let mut totals = text.lines().filter_map(|line| {
        line.strip_prefix("totals: ")
            .or_else(|| line.strip_prefix("summary: "))
    });
    totals.next_back()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_percent_are_forgiven_and_no_more() {
        assert!(!is_worse(1_000_000, 1_020_000));
        assert!(is_worse(1_000_000, 1_020_001));
        assert!(!is_worse(1_000_000, 1));
    }

    #[test]
    fn the_total_is_read_from_valgrinds_file() {
        let text = "version: 1\nevents: Ir\nsummary: 12\nfn=(1) a\n1 12\ntotals: 123456\n";
        assert_eq!(instructions(text), Some(123_456));
        assert_eq!(instructions("events: Ir\n"), None);
    }

    #[test]
    fn a_line_says_how_much_worse_and_what_to_do_when_it_is_better() {
        let line = compare("book w1", 20_000_000, 21_000_000);
        assert!(
            line.contains("1000.0 ->   1050.0") && line.contains("+5.00 %"),
            "{line}"
        );
        assert!(compare("book w1", 20_000_000, 10_000_000).contains("make baseline"));
    }

    #[test]
    fn every_case_can_be_played() {
        for case in cases() {
            play(&case).unwrap();
        }
        assert!(play("book w9").is_err());
    }
}
