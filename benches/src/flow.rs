//! The three workloads through book and core: the figures that everything else is compared with.
//!
//! Each stands twice, without client order ids and with one of 36 characters on every order; W3 also
//! states what one fill of a sweep costs.

use std::path::Path;
use std::time::Instant;

use rialto_benches::book::BookPlayer;
use rialto_benches::core::CorePlayer;
use rialto_benches::measure::{self, Figure, Player, Stopwatch, median};
use rialto_benches::venue::{VenueSize, timed_inputs};
use rialto_benches::workload::{Kind, W3_ADDS, Workload};
use rialto_journal::SegmentBytes;

use crate::report::Report;

/// Runs what is wanted of the workloads.
pub(crate) fn run(report: &mut Report, messages: usize, runs: usize) {
    for client_ids in [false, true] {
        for kind in Kind::ALL {
            run_one(report, kind, client_ids, messages, runs);
        }
    }
}

fn run_one(report: &mut Report, kind: Kind, client_ids: bool, messages: usize, runs: usize) {
    let suffix = if client_ids { ", client ids" } else { "" };
    let [book, core] = ["book", "core"].map(|part| format!("{part} {}{suffix}", kind.name()));
    if !report.wants(&book) && !report.wants(&core) {
        return;
    }
    let workload = kind.generate(messages, client_ids);
    print_facts(kind.name(), &workload);
    if report.wants(&book) {
        let fresh = || BookPlayer::warm(&workload);
        let bench = Bench {
            name: &book,
            kind,
            runs,
        };
        bench.add(report, &workload.messages, fresh);
    }
    if report.wants(&core) {
        let inputs = timed_inputs(&workload);
        let fresh = || {
            let size = VenueSize::default();
            CorePlayer::on_files(Path::new("target"), SegmentBytes::default(), size).warm(&workload)
        };
        let bench = Bench {
            name: &core,
            kind,
            runs,
        };
        bench.add(report, &inputs, fresh);
    }
}

struct Bench<'a> {
    name: &'a str,
    kind: Kind,
    runs: usize,
}

impl Bench<'_> {
    /// Adds the figures of a message, and for sweeps that of a fill.
    fn add<P: Player>(&self, report: &mut Report, items: &[P::Item], fresh: impl Fn() -> P) {
        report.add(measure::measure(self.name, items, self.runs, &fresh));
        if self.kind == Kind::W3 {
            report.add(per_fill(self, items, fresh));
        }
    }
}

/// What a fill costs: the sweeps alone are timed, each of which fills as many orders as were added.
fn per_fill<P: Player>(bench: &Bench<'_>, items: &[P::Item], fresh: impl Fn() -> P) -> Figure {
    let mut stopwatch = Stopwatch::new();
    let mut means = Vec::new();
    for _ in 0..bench.runs {
        let mut player = fresh();
        let (mut total_ns, mut fill_count) = (0, 0);
        for round in items.chunks_exact(W3_ADDS + 1) {
            measure::play_all(&mut player, &round[..W3_ADDS]);
            let start = Instant::now();
            player.play(&round[W3_ADDS]);
            let ns = start.elapsed().as_nanos() as u64;
            stopwatch.record(ns / W3_ADDS as u64);
            total_ns += ns;
            fill_count += W3_ADDS;
        }
        means.push(total_ns as f64 / fill_count as f64);
    }
    stopwatch.figure(&format!("{}, per fill", bench.name), median(means))
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
