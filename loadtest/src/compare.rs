//! `compare`: two results side by side, for a person or for a pipeline that is to stop when something got worse.
//!
//! Runs of the same name and load are compared: each percentile that enough times lie beyond, and the rate that
//! was answered. A percentile is worse when it is longer by more than the threshold, and by more than a floor
//! below which a difference is an accident. Runs that only one of the two has are named.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use crate::result::{Document, QUANTILES, Run};
use crate::summary::rounded;
use crate::text::micros;

/// What `compare` is told.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The result that is compared with
    #[arg(value_name = "A.json")]
    before: PathBuf,

    /// The result that may be worse
    #[arg(value_name = "B.json")]
    after: PathBuf,

    /// How much longer a percentile may be, or how much lower a rate, in per cent
    #[arg(long, value_name = "PERCENT", default_value = "10", value_parser = percent)]
    threshold: f64,

    /// Differences of a percentile below this count as none, in microseconds
    #[arg(long, value_name = "MICROSECONDS", default_value_t = 2)]
    floor: u64,
}

/// `10` or `10%`.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim();
    match number.parse::<f64>() {
        Ok(number) if (0.0..=10_000.0).contains(&number) => Ok(number),
        _ => Err(format!("{text:?} is no percentage from 0 to 10,000")),
    }
}

/// What is tolerated.
#[derive(Clone, Copy, Debug)]
struct Tolerance {
    /// 0.1 is ten per cent.
    part: f64,
    floor_ns: u64,
}

/// What the comparison of two results says.
#[derive(Debug, Default)]
struct Findings {
    /// One for each figure that was compared.
    lines: Vec<String>,
    /// What got worse.
    worse: Vec<String>,
    /// How many figures were compared.
    compared_count: usize,
}

/// Compares and prints; exit status 1 when something got worse.
///
/// # Errors
/// When a file is no result, or nothing in them can be compared.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let (before, after) = (
        Document::load(&options.before)?,
        Document::load(&options.after)?,
    );
    let tolerance = Tolerance {
        part: options.threshold / 100.0,
        floor_ns: options.floor.saturating_mul(1_000),
    };
    let findings = compare(&before, &after, tolerance);
    for line in &findings.lines {
        println!("{line}");
    }
    if findings.compared_count == 0 {
        bail!(
            "nothing can be compared: {} and {} have no run of the same name and load",
            options.before.display(),
            options.after.display()
        );
    }
    if findings.worse.is_empty() {
        println!("nothing is worse by more than {} %", options.threshold);
        return Ok(ExitCode::SUCCESS);
    }
    println!("worse by more than {} %:", options.threshold);
    for line in &findings.worse {
        println!("  {line}");
    }
    Ok(ExitCode::FAILURE)
}

fn compare(before: &Document, after: &Document, tolerance: Tolerance) -> Findings {
    let mut findings = Findings::default();
    let machines = [before, after].map(|document| {
        let environment = &document.environment;
        (
            environment.cpu_model.clone(),
            environment.cpu_count,
            environment.build.clone(),
        )
    });
    if machines[0] != machines[1] {
        findings
            .lines
            .push("note: the two were measured on different machines or builds".to_owned());
    }
    for old in &before.runs {
        match after.run(&old.name) {
            Some(new) if new.load.is_like(&old.load) => findings.run(old, new, tolerance),
            Some(_) => findings
                .lines
                .push(format!("{}: not compared, its load differs", old.name)),
            None => findings
                .lines
                .push(format!("{}: only in the first", old.name)),
        }
    }
    for new in after
        .runs
        .iter()
        .filter(|new| before.run(&new.name).is_none())
    {
        findings
            .lines
            .push(format!("{}: only in the second", new.name));
    }
    if let (Some(old), Some(new)) = (before.knee, after.knee) {
        let line = format!("knee: {} -> {} a second", rounded(old), rounded(new));
        findings.add(line, new < old * (1.0 - tolerance.part));
    }
    findings
}

impl Findings {
    fn add(&mut self, line: String, is_worse: bool) {
        self.compared_count += 1;
        if is_worse {
            self.worse.push(line.clone());
        }
        self.lines.push(line);
    }

    fn run(&mut self, old: &Run, new: &Run, tolerance: Tolerance) {
        let name = &old.name;
        for (kind, before) in &old.latency {
            let Some(after) = new.latency.get(kind) else {
                self.lines
                    .push(format!("{name}, {kind}: only in the first"));
                continue;
            };
            let values = before.values().into_iter().zip(after.values());
            for ((percentile, quantile), (old_ns, new_ns)) in QUANTILES.iter().zip(values) {
                if !before.is_meaningful(*quantile) || !after.is_meaningful(*quantile) {
                    continue;
                }
                let line = format!(
                    "{name}, {kind} {percentile}: {} -> {} us ({})",
                    micros(old_ns),
                    micros(new_ns),
                    change(old_ns, new_ns)
                );
                self.add(line, is_longer(old_ns, new_ns, tolerance));
            }
        }
        let (old_rate, new_rate) = (old.rates.answered, new.rates.answered);
        let line = format!(
            "{name}, answered: {} -> {} a second",
            rounded(old_rate),
            rounded(new_rate)
        );
        self.add(line, new_rate < old_rate * (1.0 - tolerance.part));
        let (old_lost, new_lost) = (old.counts.unanswered, new.counts.unanswered);
        if (old_lost, new_lost) != (0, 0) {
            let line = format!("{name}, unanswered: {old_lost} -> {new_lost}");
            self.add(line, new_lost > old_lost);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 ns")]
fn is_longer(old_ns: u64, new_ns: u64, tolerance: Tolerance) -> bool {
    let by_part = new_ns as f64 > old_ns as f64 * (1.0 + tolerance.part);
    by_part && new_ns.saturating_sub(old_ns) > tolerance.floor_ns
}

#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 ns")]
fn change(old_ns: u64, new_ns: u64) -> String {
    if old_ns == 0 {
        return "from none".to_owned();
    }
    format!("{:+.1} %", (new_ns as f64 / old_ns as f64 - 1.0) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    const TOLERANCE: Tolerance = Tolerance {
        part: 0.1,
        floor_ns: 2_000,
    };

    #[test]
    fn a_result_is_no_worse_than_itself() {
        let document = samples::sweep();
        let findings = compare(&document, &document, TOLERANCE);
        assert!(findings.worse.is_empty(), "{:?}", findings.worse);
        assert!(findings.compared_count > 10);
    }

    #[test]
    fn the_percentile_and_the_run_that_got_worse_are_named() {
        let before = samples::sweep();
        let mut after = before.clone();
        let name = before.runs[1].name.clone();
        let all = after.runs[1].latency.get_mut("all").unwrap();
        all.p99_ns = all.p99_ns * 2 + 10_000;
        let findings = compare(&before, &after, TOLERANCE);
        assert_eq!(findings.worse.len(), 1, "{:?}", findings.worse);
        assert!(findings.worse[0].starts_with(&format!("{name}, all p99: ")));
        assert!(
            compare(&after, &before, TOLERANCE).worse.is_empty(),
            "better is not worse"
        );
    }

    #[test]
    fn small_differences_and_rare_percentiles_are_not_judged() {
        let before = samples::sweep();
        let mut after = before.clone();
        let all = after.runs[0].latency.get_mut("all").unwrap();
        // By more than the part, by less than the floor.
        all.p50_ns += 1_900;
        // Ten of a hundred thousand lie beyond the first; of a hundred none do.
        all.p99_99_ns *= 100;
        assert!(is_longer(10_000, 12_001, TOLERANCE));
        assert!(!is_longer(10_000, 11_900, TOLERANCE));
        let mut few = before.clone();
        few.runs[0].latency.get_mut("all").unwrap().count = 100;
        all.count = 100;
        let findings = compare(&few, &after, TOLERANCE);
        assert!(findings.worse.is_empty(), "{:?}", findings.worse);
    }

    #[test]
    fn a_lower_rate_and_lost_answers_are_worse() {
        let before = samples::sweep();
        let mut after = before.clone();
        after.runs[0].rates.answered *= 0.85;
        after.runs[1].counts.unanswered += 1;
        after.knee = before.knee.map(|knee| knee / 2.0);
        let findings = compare(&before, &after, TOLERANCE);
        assert_eq!(findings.worse.len(), 3, "{:?}", findings.worse);
    }

    #[test]
    fn different_loads_are_not_compared() {
        let before = samples::sweep();
        let mut after = before.clone();
        after.runs.iter_mut().for_each(|run| run.load.batch += 1);
        after.knee = None;
        assert_eq!(compare(&before, &after, TOLERANCE).compared_count, 0);
    }

    #[test]
    fn thresholds_are_read() {
        assert_eq!(percent("10"), Ok(10.0));
        assert_eq!(percent("2.5%"), Ok(2.5));
        for bad in ["", "ten", "-1", "NaN"] {
            assert!(percent(bad).is_err(), "{bad}");
        }
    }
}
