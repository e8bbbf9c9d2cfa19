//! `make bench`: prints a table and writes `target/bench/summary.json`.
//!
//! Every benchmark drives the public operation on a populated book; workloads are generated from a fixed
//! seed before anything is timed. `--filter book` runs those whose name has the word.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "statistics: counts and nanoseconds are far below 2^53"
)]

mod cascade;
mod codec;
mod flow;
mod memory;
mod report;
mod ring;
mod roundtrip;
mod scale;
mod sustained;
mod worst;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use rialto_benches::allocations::CountingAllocator;
use rialto_benches::measure::{self, Figure};

use crate::report::Report;

/// Tells the memory of an order; it costs an allocation two additions, and the hot path allocates nothing.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Benchmarks of Rialto.
#[derive(Debug, Parser)]
struct Arguments {
    /// Runs only the benchmarks whose name contains this.
    #[arg(long, default_value = "")]
    filter: String,
    /// Runs only the benchmark of exactly this name.
    #[arg(long)]
    exact: bool,
    /// Messages of each workload.
    #[arg(long, default_value_t = 3_000_000)]
    messages: usize,
    /// Runs of each benchmark; the median is reported.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The `rialto` whose round trip is measured.
    #[arg(long, env = "RIALTO_BIN", default_value = "target/release/rialto")]
    binary: String,
    /// Instead of all others: drives the input ring with the journal on for so many seconds. Writes up to
    /// 24 GB below the build directory, which are removed afterwards.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    sustained: u64,
    /// Where the summary is written.
    #[arg(long, default_value = "target/bench/summary.json")]
    output: PathBuf,
}

fn main() -> Result<()> {
    // Everything is there before it is measured.
    rialto_memory::set_resident_max(usize::MAX);
    let arguments = Arguments::parse();
    let Arguments { messages, runs, .. } = arguments;
    let mut report = Report::new(arguments.filter, arguments.exact);
    if arguments.sustained > 0 {
        let duration = Duration::from_secs(arguments.sustained);
        sustained::run(&mut report, duration, Path::new("target"))?;
        return report.write(&arguments.output);
    }
    memory::run(&mut report)?;
    report.add(measure::clock_cost());
    flow::run(&mut report, messages, runs);
    run_parts(&mut report, runs);
    scale::run(&mut report, messages, runs);
    cascade::run(&mut report, runs);
    worst::run(&mut report);
    if report.wants("roundtrip") {
        for figure in roundtrip::measure(&arguments.binary)? {
            report.add(figure);
        }
    }
    report.write(&arguments.output)
}

fn run_parts(report: &mut Report, runs: usize) {
    type Part = fn(usize) -> Vec<Figure>;
    let parts: [(&str, Part); 2] = [("codec", codec::measure), ("ring", ring::measure)];
    for (name, measure) in parts {
        if report.wants(name) {
            for figure in measure(runs) {
                report.add(figure);
            }
        }
    }
}
