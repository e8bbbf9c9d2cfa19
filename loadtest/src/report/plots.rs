//! Which charts a result has: latency by percentile, latency over time, and latency by rate of a sweep.

use super::chart::{Axis, Chart, Line, Mark, Scale, linear, logarithmic};
use crate::result::{Document, Percentiles, Run};
use crate::summary::rounded;

/// Lines that one chart can hold and still be read.
const LINES_MAX: usize = 6;

/// A chart with the name of its file.
pub(super) struct Plot {
    pub(super) file: String,
    pub(super) chart: Chart,
}

/// All charts of a result.
pub(super) fn all(document: &Document) -> Vec<Plot> {
    let mut plots = Vec::new();
    if document.kind == "sweep" {
        plots.push(Plot {
            file: "latency-by-rate".to_owned(),
            chart: by_rate(document),
        });
    }
    plots.push(Plot {
        file: "latency-by-percentile".to_owned(),
        chart: by_percentile(document),
    });
    for run in over_time(document) {
        plots.push(Plot {
            file: format!("latency-over-time-{}", file_name(&run.name)),
            chart: timeline(run),
        });
    }
    plots
}

fn file_name(name: &str) -> String {
    let keep = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    let text: String = name.chars().map(keep).collect();
    text.split('-')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 ns")]
fn micros(ns: u64) -> f64 {
    ns as f64 / 1e3
}

/// The runs whose distributions are shown: all, or of many the first, the last, and those in between evenly.
fn shown(document: &Document) -> Vec<&Run> {
    let mut runs: Vec<&Run> = document
        .runs
        .iter()
        .filter(|run| !run.distribution.is_empty())
        .collect();
    // A sweep looks closer at the knee in the end; a reader goes from rate to rate.
    runs.sort_by(|a, b| {
        let rate = |run: &Run| run.rates.asked.unwrap_or(0.0);
        let by_subject = b.subject.cmp(&a.subject);
        by_subject.then(rate(a).total_cmp(&rate(b)))
    });
    if runs.len() <= LINES_MAX {
        return runs;
    }
    let step = |index: usize| index * (runs.len() - 1) / (LINES_MAX - 1);
    (0..LINES_MAX).map(|index| runs[step(index)]).collect()
}

fn by_percentile(document: &Document) -> Chart {
    let runs = shown(document);
    let mut lines = Vec::new();
    let mut farthest = 100.0_f64;
    for (index, run) in runs.iter().enumerate() {
        let mut points = Vec::new();
        for step in &run.distribution {
            let beyond = 1.0 - step.quantile;
            // The step at 100 % has no place on this axis; the one before it is the maximum too, or nearly.
            if beyond > 0.0 {
                points.push((1.0 / beyond, micros(step.ns)));
                farthest = farthest.max(1.0 / beyond);
            }
        }
        lines.push(Line {
            name: run.name.clone(),
            colour: index,
            is_dashed: run.subject == "echo",
            is_marked: false,
            points,
        });
    }
    let mut x = Axis {
        name: "percentile".to_owned(),
        scale: Scale::Logarithmic,
        from: 1.0,
        to: farthest,
        ticks: Vec::new(),
    };
    let texts = [
        "0 %",
        "90 %",
        "99 %",
        "99.9 %",
        "99.99 %",
        "99.999 %",
        "99.9999 %",
    ];
    for (exponent, text) in (0..).zip(texts) {
        let at = 10_f64.powi(exponent);
        if at <= farthest {
            x.ticks.push((at, text.to_owned()));
        }
    }
    let values = lines
        .iter()
        .flat_map(|line: &Line| line.points.iter().map(|(_, y)| *y));
    Chart {
        title: "Latency by percentile".to_owned(),
        y: logarithmic("latency, µs", values),
        x,
        lines,
        mark: None,
    }
}

/// The runs whose course is shown: all of the exchange; of a sweep the first and the one at the knee.
fn over_time(document: &Document) -> Vec<&Run> {
    let runs = document
        .runs
        .iter()
        .filter(|run| run.timeline.len() > 1 && run.subject == "exchange");
    if document.kind != "sweep" {
        return runs.collect();
    }
    let runs: Vec<&Run> = runs.collect();
    let is_knee = |run: &&&Run| document.knee.is_some() && run.rates.asked == document.knee;
    let knee = runs.iter().find(is_knee).copied();
    let mut found: Vec<&Run> = runs.first().copied().into_iter().chain(knee).collect();
    found.dedup_by(|a, b| a.name == b.name);
    found
}

fn timeline(run: &Run) -> Chart {
    let points = |of: fn(&crate::result::Point) -> u64| -> Vec<(f64, f64)> {
        let points = run.timeline.iter();
        points
            .map(|point| (point.at_seconds, micros(of(point))))
            .collect()
    };
    let line = |name: &str, colour: usize, points: Vec<(f64, f64)>| Line {
        name: name.to_owned(),
        colour,
        is_dashed: false,
        is_marked: false,
        points,
    };
    let lines = vec![
        line("p50", 0, points(|point| point.p50_ns)),
        line("p99", 1, points(|point| point.p99_ns)),
        line("max", 4, points(|point| point.max_ns)),
    ];
    let last = run.timeline.last().map_or(1.0, |point| point.at_seconds);
    let values = lines
        .iter()
        .flat_map(|line| line.points.iter().map(|(_, y)| *y));
    Chart {
        title: format!("Latency over time: {}", run.name),
        y: logarithmic("latency, µs", values),
        x: linear("seconds from the beginning of measuring", last),
        lines,
        mark: None,
    }
}

/// A line through the percentiles of the runs of one subject: what it is called, how it looks, what it takes.
type Curve = (&'static str, &'static str, usize, fn(&Percentiles) -> u64);

fn by_rate(document: &Document) -> Chart {
    let curves: [Curve; 6] = [
        ("exchange", "p50", 0, |of| of.p50_ns),
        ("exchange", "p99", 1, |of| of.p99_ns),
        ("exchange", "p99.9", 2, |of| of.p99_9_ns),
        ("exchange", "max", 4, |of| of.max_ns),
        ("echo", "p50", 0, |of| of.p50_ns),
        ("echo", "p99", 1, |of| of.p99_ns),
    ];
    let mut lines = Vec::new();
    for (subject, name, colour, take) in curves {
        let runs = document.runs.iter().filter(|run| run.subject == subject);
        let mut points: Vec<(f64, f64)> = runs
            .filter_map(|run| Some((run.rates.asked?, micros(take(run.all()?)))))
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        if !points.is_empty() {
            let is_echo = subject == "echo";
            lines.push(Line {
                name: if is_echo {
                    format!("echo {name}")
                } else {
                    name.to_owned()
                },
                colour,
                is_dashed: is_echo,
                is_marked: true,
                points,
            });
        }
    }
    let rates = lines
        .iter()
        .flat_map(|line| line.points.iter().map(|(x, _)| *x));
    let x = logarithmic("messages a second", rates);
    let values = lines
        .iter()
        .flat_map(|line| line.points.iter().map(|(_, y)| *y));
    Chart {
        title: "Latency by rate".to_owned(),
        y: logarithmic("latency, µs", values),
        x,
        mark: document.knee.map(|at| Mark {
            at,
            text: format!("knee: {} a second", rounded(at)),
        }),
        lines,
    }
}
