//! What round trips came to, as results state it.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;

use super::{Measured, Options};
use crate::environment::Environment;
use crate::load::plan::Pacing;
use crate::load::recorder::histogram;
use crate::load::run::ratios;
use crate::load::schedule::Arrivals;
use crate::own_server::Profile;
use crate::report;
use crate::result::{Counts, Document, Load, Percentiles, Rates, Run, distribution};

/// The run of the exchange, and that of the echo if there was one.
pub(super) fn runs(
    options: &Options,
    measured: &Measured,
    profile: Option<Profile>,
) -> Result<Vec<Run>> {
    let times = &measured.times;
    let suffix = profile.map_or_else(String::new, |profile| format!(", {}", profile.name()));
    let mut both = times.placed.clone();
    both.add(&times.cancelled)?;
    let kinds = [
        ("all", &both),
        ("add", &times.placed),
        ("cancel", &times.cancelled),
    ];
    let exchange = run(options, measured.elapsed, &kinds)?;
    let mut runs = vec![Run {
        name: format!("exchange{suffix}"),
        stages: measured.stages.stated(),
        ..exchange
    }];
    if !times.echoed.is_empty() {
        let echo = run(options, times.with_echo, &[("all", &times.echoed)])?;
        runs.push(Run {
            name: format!("echo{suffix}"),
            subject: "echo".to_owned(),
            ..echo
        });
    }
    for run in &mut runs {
        run.profile = profile.map(|profile| profile.name().to_owned());
    }
    Ok(runs)
}

/// A run of one message at a time; the first of the kinds holds all of them.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn run(options: &Options, elapsed: Duration, kinds: &[(&str, &Histogram<u64>)]) -> Result<Run> {
    let (_, all) = kinds.first().context("a run has a distribution")?;
    let answered = all.len();
    let warmup = f64::from(options.warmup) / f64::from(options.warmup + options.count.get());
    let seconds = elapsed.as_secs_f64() * (1.0 - warmup);
    let a_second = if seconds > 0.0 {
        answered as f64 / seconds
    } else {
        0.0
    };
    let latency = kinds
        .iter()
        .map(|(name, times)| ((*name).to_owned(), Percentiles::of(times)));
    Ok(Run {
        name: String::new(),
        subject: "exchange".to_owned(),
        profile: None,
        load: Load {
            pace: "closed".to_owned(),
            in_flight: Some(1),
            connections: 1,
            batch: 1,
            threads: 1,
            arrivals: Arrivals::Even,
            pacing: if options.spin {
                Pacing::Spin
            } else {
                Pacing::Sleep
            },
            warmup_seconds: elapsed.as_secs_f64() * warmup,
            duration_seconds: seconds.max(f64::MIN_POSITIVE),
            seed: 0,
            mix: None,
        },
        counts: Counts {
            sent: answered,
            answered,
            unanswered: 0,
            refused: BTreeMap::new(),
            fills: 0,
            late: 0,
            late_beyond_ns: 0,
        },
        rates: Rates {
            asked: None,
            sent: a_second,
            answered: a_second,
        },
        lag: Percentiles::of(&histogram()?),
        latency: latency.collect(),
        distribution: distribution(all),
        stages: Vec::new(),
        timeline: Vec::new(),
        is_held: None,
        histogram_file: None,
    })
}

/// Prints what the test as a whole came to and writes its files.
pub(super) fn finish(
    options: &Options,
    runs: Vec<Run>,
    environment: Environment,
    began: SystemTime,
) -> Result<ExitCode> {
    let mut document = Document::new("ping", environment, began);
    document.ratios = ratios(&runs);
    document.runs = runs;
    print!("{}", crate::summary::of_test(&document));
    if let Some(directory) = &options.output {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        document.save(&directory.join("result.json"))?;
        report::write(&document, &directory.join("report.html"))?;
        println!("written: {}", directory.display());
    }
    Ok(ExitCode::SUCCESS)
}
