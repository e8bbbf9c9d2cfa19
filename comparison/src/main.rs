//! Other limit order books beside ours: the same messages, one thread, the same machine, in turns.
//!
//! Messages are generated and translated into each engine's own commands before anything is timed. The engines
//! take turns, one run each and then again, so that what the machine does meanwhile happens to all of them; the
//! median of the runs is stated. Every engine answers each message with one report of 64 bytes and each fill with
//! another, copied to a ring; how many fills there were and how much they traded is compared with ours.
//!
//! `make bench` runs this after our own benchmarks; docs/BENCHMARKS.md says what the engines do not do.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "statistics: counts and nanoseconds are far below 2^53"
)]

mod engines;
mod reports;
mod steps;
mod table;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use rialto_benches::workload::Kind;
use rialto_memory::HugePages;

use crate::engines::{Lobster, Matchcore, OrderbookRs, RialtoBook, RialtoCore};
use crate::steps::Flow;
use crate::table::{Row, Runs};

/// What the product has; whoever else keeps large blocks has them in huge pages too.
#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

/// Compares Rialto with other engines.
#[derive(Debug, Parser)]
struct Arguments {
    /// Messages of each workload.
    #[arg(long, default_value_t = 1_000_000)]
    messages: usize,
    /// Runs of each engine; the median is reported.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Where the summary is written.
    #[arg(long, default_value = "target/bench/comparison.json")]
    output: PathBuf,
}

fn main() -> Result<()> {
    // Everything is there before it is measured.
    rialto_memory::set_resident_max(usize::MAX);
    let arguments = Arguments::parse();
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        let flow = Flow::new(kind, arguments.messages);
        rows.extend(compare(kind, &flow, arguments.runs));
    }
    if let Some(parent) = arguments.output.parent() {
        fs::create_dir_all(parent).context("creating the directory of the summary")?;
    }
    let json = serde_json::to_string_pretty(&rows)? + "\n";
    fs::write(&arguments.output, json)
        .with_context(|| format!("writing {}", arguments.output.display()))?;
    println!("\nwritten to {}", arguments.output.display());
    Ok(())
}

/// Lets all engines play one workload in turns, and prints the part of the table.
fn compare(kind: Kind, flow: &Flow, runs: usize) -> Vec<Row> {
    let mut rounds = [
        Runs::new::<RialtoBook>(kind, flow),
        Runs::new::<RialtoCore>(kind, flow),
        Runs::new::<Matchcore>(kind, flow),
        Runs::new::<OrderbookRs>(kind, flow),
        Runs::new::<Lobster>(kind, flow),
    ];
    for _ in 0..runs {
        for engine in &mut rounds {
            engine.run_once();
        }
    }
    let mut rows: Vec<Row> = rounds.into_iter().map(Runs::finish).collect();
    table::judge(&mut rows);
    table::print(kind, flow, &rows);
    rows
}
