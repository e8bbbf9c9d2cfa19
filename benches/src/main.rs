//! `make bench`: prints a table and writes `target/bench/summary.json`.
//!
//! Every benchmark drives the public operation on a populated book; workloads are generated from a fixed
//! seed before anything is timed. `--filter book` runs those whose name has the word.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "statistics: counts and nanoseconds are far below 2^53"
)]

mod codec;
mod ring;
mod roundtrip;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;

use rialto_benches::book::BookPlayer;
use rialto_benches::core::CorePlayer;
use rialto_benches::measure::{self, Figure};
use rialto_benches::venue::{VenueSize, timed_inputs};
use rialto_benches::workload::{Kind, Workload};
use rialto_journal::SegmentBytes;

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
    /// Where the summary is written.
    #[arg(long, default_value = "target/bench/summary.json")]
    output: PathBuf,
}

/// Collects the figures and prints each as it comes.
struct Report {
    filter: String,
    exact: bool,
    figures: Vec<Figure>,
}

impl Report {
    fn wants(&self, name: &str) -> bool {
        if self.exact {
            name == self.filter
        } else {
            name.contains(&self.filter)
        }
    }

    fn add(&mut self, figure: Figure) {
        println!(
            "{:<34} {:>9.1} {:>9} {:>9} {:>9} {:>9} {:>11}",
            figure.name,
            figure.ns_per_operation,
            figure.p50,
            figure.p99,
            figure.p99_9,
            figure.p99_99,
            figure.max
        );
        self.figures.push(figure);
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut report = Report {
        filter: arguments.filter.clone(),
        exact: arguments.exact,
        figures: Vec::new(),
    };
    println!(
        "{:<34} {:>9} {:>9} {:>9} {:>9} {:>9} {:>11}",
        "ns per operation", "mean", "p50", "p99", "p99.9", "p99.99", "max"
    );
    report.add(measure::clock_cost());
    for client_ids in [false, true] {
        run_workloads(&mut report, &arguments, client_ids);
    }
    run_parts(&mut report, arguments.runs);
    if report.wants("roundtrip") {
        for figure in roundtrip::measure(&arguments.binary)? {
            report.add(figure);
        }
    }
    if let Some(parent) = arguments.output.parent() {
        fs::create_dir_all(parent).context("creating the directory of the summary")?;
    }
    let json = serde_json::to_string_pretty(&report.figures)?;
    fs::write(&arguments.output, json + "\n")
        .with_context(|| format!("writing {}", arguments.output.display()))?;
    println!("written to {}", arguments.output.display());
    Ok(())
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

fn run_workloads(report: &mut Report, arguments: &Arguments, client_ids: bool) {
    let suffix = if client_ids { ", client ids" } else { "" };
    for kind in Kind::ALL {
        let [book, core] = ["book", "core"].map(|part| format!("{part} {}{suffix}", kind.name()));
        if !report.wants(&book) && !report.wants(&core) {
            continue;
        }
        let workload = kind.generate(arguments.messages, client_ids);
        print_facts(&book, &workload);
        if report.wants(&book) {
            let fresh = || BookPlayer::warm(&workload);
            report.add(measure::measure(
                &book,
                &workload.messages,
                arguments.runs,
                fresh,
            ));
        }
        if report.wants(&core) {
            report.add(measure_core(&core, &workload, arguments.runs));
        }
    }
}

fn print_facts(name: &str, workload: &Workload) {
    let count = workload.messages.len() as f64;
    let facts = workload.facts;
    println!(
        "# {name}: {:.1} % of the messages trade, {:.2} trades a message, {} live orders",
        facts.trading_count as f64 / count * 100.0,
        facts.trade_count as f64 / count,
        facts.live_mean
    );
}

fn measure_core(name: &str, workload: &Workload, runs: usize) -> Figure {
    let fresh = || {
        CorePlayer::on_files(
            Path::new("target"),
            SegmentBytes::default(),
            VenueSize::default(),
        )
    };
    let inputs = timed_inputs(workload);
    measure::measure(name, &inputs, runs, || fresh().warm(workload))
}
