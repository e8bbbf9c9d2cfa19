//! Results as lines on a terminal.

use std::fmt::Write;

use crate::result::{Document, Percentiles, QUANTILES, Run};
use crate::text::{grouped, micros};

/// What one run came to.
pub(crate) fn of_run(run: &Run) -> String {
    let mut text = format!("\n{}: {}\n", run.name, load(run));
    let mut say = |line: std::fmt::Arguments<'_>| {
        // A string takes everything.
        let _ = writeln!(text, "{line}");
    };
    let mut heads = String::new();
    for (name, _) in QUANTILES {
        let _ = write!(heads, "{name:>11}");
    }
    say(format_args!(
        "  {:10}{heads}{:>11}   microseconds",
        "", "max"
    ));
    for (kind, percentiles) in &run.latency {
        say(format_args!("  {kind:10}{}", row(percentiles)));
    }
    say(format_args!("  {:10}{}", "sent late", row(&run.lag)));
    let counts = &run.counts;
    let asked = run
        .rates
        .asked
        .map_or_else(String::new, |rate| format!("asked {}/s, ", rounded(rate)));
    say(format_args!(
        "  {asked}sent {}/s, answered {}/s; {} sent, {} unanswered, {} later than {} us",
        rounded(run.rates.sent),
        rounded(run.rates.answered),
        grouped(counts.sent),
        grouped(counts.unanswered),
        grouped(counts.late),
        micros(counts.late_beyond_ns),
    ));
    for (reason, count) in &counts.refused {
        say(format_args!("  refused {}: {reason}", grouped(*count)));
    }
    if run.counts.refused.contains_key("RateExceeded") {
        say(format_args!(
            "  the exchange limits the rate of a key: start it with orders_per_second = 0"
        ));
    }
    text
}

/// What the test as a whole came to.
pub(crate) fn of_test(document: &Document) -> String {
    let mut text = String::new();
    for ratio in &document.ratios {
        let stated = [
            ("p50", ratio.p50),
            ("p99", ratio.p99),
            ("throughput", ratio.throughput),
        ];
        let stated = stated
            .into_iter()
            .filter_map(|(name, of)| Some(format!("{name} {:.2}", of?)));
        let stated: Vec<String> = stated.collect();
        let _ = writeln!(
            text,
            "{} / {}: {}",
            ratio.exchange,
            ratio.echo,
            stated.join(", ")
        );
    }
    if document.kind == "sweep" {
        let _ = match document.knee {
            Some(knee) => writeln!(text, "knee: {} a second are held", rounded(knee)),
            None => writeln!(text, "knee: not even the first rate is held"),
        };
    }
    for warning in &document.warnings {
        let _ = writeln!(text, "note: {warning}");
    }
    text
}

/// How the load was made.
pub(crate) fn load(run: &Run) -> String {
    let load = &run.load;
    let pace = match load.in_flight {
        Some(in_flight) => format!("closed loop, {} in flight a connection", grouped(in_flight)),
        None => format!("open loop, {} arrivals", name_of(load.arrivals)),
    };
    format!(
        "{pace}, connections {}, messages a frame {}, {:.0} s after {:.0} s of warm-up",
        grouped(load.connections),
        load.batch,
        load.duration_seconds,
        load.warmup_seconds
    )
}

fn name_of(arrivals: crate::load::schedule::Arrivals) -> &'static str {
    match arrivals {
        crate::load::schedule::Arrivals::Even => "even",
        crate::load::schedule::Arrivals::Poisson => "random",
    }
}

fn row(percentiles: &Percentiles) -> String {
    let values = percentiles.values().into_iter().chain([percentiles.max_ns]);
    let mut text = String::new();
    for ns in values {
        let _ = write!(text, "{:>11}", micros(ns));
    }
    text
}

/// `12,345` of a rate.
pub(crate) fn rounded(rate: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rates lie between 0 and 1e9"
    )]
    let whole = rate.round() as u64;
    grouped(whole)
}
