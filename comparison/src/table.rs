//! The runs of one engine on one workload, and the table of them all.

use std::rc::Rc;
use std::time::Instant;

use rialto_benches::measure::{self, Stopwatch, median};
use rialto_benches::workload::{Kind, W3_ADDS};
use serde::Serialize;

use crate::engines::Engine;
use crate::reports::Outcome;
use crate::steps::Flow;

/// One engine on one workload. Times in nanoseconds for each message.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    workload: &'static str,
    engine: &'static str,
    ns_per_message: f64,
    /// For sweeps: what one fill costs, the orders that were added before left out.
    ns_per_fill: Option<f64>,
    /// Percentiles of single messages contain one reading of the clock.
    p50: u64,
    p99: u64,
    p99_9: u64,
    p99_99: u64,
    fills: u64,
    lots: u64,
    /// Legal messages that the engine refused.
    refused: u64,
    /// Whether fills and lots are ours.
    is_same: bool,
}

/// What one run of an engine measured.
struct Means {
    ns_per_message: f64,
    ns_per_fill: Option<f64>,
}

/// The runs of one engine.
pub(crate) struct Runs<'a> {
    kind: Kind,
    name: &'static str,
    means: Vec<Means>,
    once: Box<dyn Fn() -> Means + 'a>,
    percentiles: Box<dyn Fn() -> (Stopwatch, Outcome) + 'a>,
}

impl<'a> Runs<'a> {
    /// Translates the workload; nothing has run.
    pub(crate) fn new<E: Engine + 'a>(kind: Kind, flow: &'a Flow) -> Self
    where
        E::Item: 'a,
    {
        let (warm_up, timed) = E::translate(flow);
        let commands = Rc::new((warm_up, timed));
        let for_percentiles = Rc::clone(&commands);
        Self {
            kind,
            name: E::NAME,
            means: Vec::new(),
            once: Box::new(move || mean::<E>(kind, &commands.0, &commands.1)),
            percentiles: Box::new(move || each::<E>(&for_percentiles.0, &for_percentiles.1)),
        }
    }

    /// One run for the mean.
    pub(crate) fn run_once(&mut self) {
        let means = (self.once)();
        self.means.push(means);
    }

    /// One more run for the percentiles, and the row.
    pub(crate) fn finish(self) -> Row {
        let (stopwatch, outcome) = (self.percentiles)();
        let of_messages = self.means.iter().map(|means| means.ns_per_message);
        let of_fills: Vec<f64> = self
            .means
            .iter()
            .filter_map(|means| means.ns_per_fill)
            .collect();
        let figure = stopwatch.figure(self.name, median(of_messages.collect()));
        Row {
            workload: self.kind.name(),
            engine: self.name,
            ns_per_message: figure.ns_per_operation,
            ns_per_fill: (!of_fills.is_empty()).then(|| median(of_fills)),
            p50: figure.p50,
            p99: figure.p99,
            p99_9: figure.p99_9,
            p99_99: figure.p99_99,
            fills: outcome.fills,
            lots: outcome.lots,
            refused: outcome.refused,
            is_same: false,
        }
    }
}

fn warm<E: Engine>(warm_up: &[E::Item]) -> E {
    let mut engine = E::new();
    measure::play_all(&mut engine, warm_up);
    engine
}

fn mean<E: Engine>(kind: Kind, warm_up: &[E::Item], timed: &[E::Item]) -> Means {
    let ns_per_message = measure::mean(&mut warm::<E>(warm_up), timed);
    let ns_per_fill = (kind == Kind::W3).then(|| per_fill::<E>(&mut warm(warm_up), timed));
    Means {
        ns_per_message,
        ns_per_fill,
    }
}

/// The time of the sweeps alone, for each order that they fill.
fn per_fill<E: Engine>(engine: &mut E, timed: &[E::Item]) -> f64 {
    let (mut ns, mut fills) = (0, 0);
    for round in timed.chunks_exact(W3_ADDS + 1) {
        measure::play_all(engine, &round[..W3_ADDS]);
        let start = Instant::now();
        engine.play(&round[W3_ADDS]);
        ns += start.elapsed().as_nanos() as u64;
        fills += W3_ADDS;
    }
    ns as f64 / fills as f64
}

fn each<E: Engine>(warm_up: &[E::Item], timed: &[E::Item]) -> (Stopwatch, Outcome) {
    let mut engine = warm::<E>(warm_up);
    let before = engine.outcome();
    let mut stopwatch = Stopwatch::new();
    for item in timed {
        stopwatch.time(|| engine.play(item));
    }
    (stopwatch, engine.outcome().since(before))
}

/// Says of each row whether it did what the first one did.
pub(crate) fn judge(rows: &mut [Row]) {
    let Some(ours) = rows.first().map(|row| (row.fills, row.lots)) else {
        return;
    };
    for row in rows {
        row.is_same = (row.fills, row.lots) == ours;
    }
}

/// Prints the part of one workload.
pub(crate) fn print(kind: Kind, flow: &Flow, rows: &[Row]) {
    println!(
        "\n{} ({} messages), ns per message{:>6} {:>8} {:>7} {:>7} {:>8} {:>9} {:>10}",
        kind.name(),
        flow.steps.len(),
        "mean",
        "fill",
        "p50",
        "p99",
        "p99.9",
        "p99.99",
        "fills"
    );
    for row in rows {
        let per_fill = row
            .ns_per_fill
            .map_or_else(String::new, |ns| format!("{ns:.1}"));
        println!(
            "{:<34} {:>8.1} {per_fill:>8} {:>7} {:>7} {:>8} {:>9} {:>10}{}",
            row.engine,
            row.ns_per_message,
            row.p50,
            row.p99,
            row.p99_9,
            row.p99_99,
            row.fills,
            difference(row)
        );
    }
}

/// What an engine did otherwise than ours, if anything.
fn difference(row: &Row) -> String {
    match (row.is_same, row.refused) {
        (true, 0) => String::new(),
        (true, refused) => format!(" ({refused} refused)"),
        (false, refused) => format!(" ({} lots, {refused} refused)", row.lots),
    }
}
