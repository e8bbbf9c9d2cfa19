//! The tables of a page: what stands at its top, rates and percentiles, runs, the machine.

use std::fmt::Write;

use super::chart::escaped;
use crate::environment::Environment;
use crate::result::{Document, Percentiles, QUANTILES, Run};
use crate::summary::{self, rounded};
use crate::text::{grouped, micros};

/// The machine in one line.
pub(super) fn machine(environment: &Environment) -> String {
    let cpu = environment
        .cpu_model
        .as_deref()
        .unwrap_or("an unknown processor");
    let virtual_machine = if environment.is_virtual {
        ", a virtual machine"
    } else {
        ""
    };
    format!(
        "{cpu}, {} processors{virtual_machine}",
        environment.cpu_count
    )
}

/// The figures that a reader looks for first.
pub(super) fn tiles(page: &mut String, document: &Document) {
    let mut tiles: Vec<(String, String)> = Vec::new();
    if document.kind == "sweep" {
        let knee = document.knee.map_or_else(|| "none".to_owned(), rounded);
        tiles.push((knee, "messages a second held".to_owned()));
    }
    let knee = document.knee;
    let is_first =
        |run: &&Run| run.subject == "exchange" && (knee.is_none() || run.rates.asked == knee);
    if let Some(run) = document.runs.iter().find(is_first)
        && let Some(all) = run.all()
    {
        let where_measured = if knee.is_some() {
            "at the knee"
        } else {
            run.name.as_str()
        };
        tiles.push((
            format!("{} µs", micros(all.p50_ns)),
            format!("p50, {where_measured}"),
        ));
        tiles.push((
            format!("{} µs", micros(all.p99_ns)),
            format!("p99, {where_measured}"),
        ));
        if knee.is_none() {
            tiles.push((rounded(run.rates.answered), "answered a second".to_owned()));
        }
    }
    if knee.is_none() {
        for ratio in document.ratios.iter().take(1) {
            let stated = [
                ("p50", ratio.p50),
                ("p99", ratio.p99),
                ("throughput", ratio.throughput),
            ];
            for (name, value) in stated {
                if let Some(value) = value {
                    tiles.push((format!("{value:.2} ×"), format!("{name} of the bare echo")));
                }
            }
        }
    }
    page.push_str("<div class=\"tiles\">\n");
    for (value, what) in tiles {
        // A string takes everything, here and below.
        let _ = writeln!(
            page,
            "<div class=\"card tile\"><div class=\"value\">{}</div><div class=\"what\">{}</div></div>",
            escaped(&value),
            escaped(&what)
        );
    }
    page.push_str("</div>\n");
}

/// Rate by percentile, up to the knee and one beyond.
pub(super) fn rates(page: &mut String, document: &Document) {
    page.push_str(
        "<h2>Rate by percentile</h2>\n<p class=\"caption\">Microseconds, from the time at which a message was \
         to be sent until its answer. A rate is held when at least 98 % of it is answered in time, nothing is \
         lost or refused as Busy, and p99 stays within the bound.</p>\n",
    );
    for subject in ["exchange", "echo"] {
        let mut runs: Vec<&Run> = document
            .runs
            .iter()
            .filter(|run| run.subject == subject)
            .collect();
        if runs.is_empty() {
            continue;
        }
        let rate = |run: &Run| run.rates.asked.unwrap_or(0.0);
        runs.sort_by(|a, b| rate(a).total_cmp(&rate(b)));
        begin(page, &[subject, "answered/s"], &["late", "held"]);
        for run in runs {
            let is_knee = subject == "exchange" && run.rates.asked == document.knee;
            let class = if is_knee { " class=\"knee\"" } else { "" };
            let _ = write!(
                page,
                "<tr{class}><td>{}/s</td><td>{}</td>",
                rounded(rate(run)),
                rounded(run.rates.answered)
            );
            cells(page, run.all());
            let (held, word) = match run.is_held {
                Some(true) if is_knee => ("good", "knee"),
                Some(true) => ("good", "yes"),
                _ => ("bad", "no"),
            };
            let late = share(run.counts.late, run.counts.sent);
            let _ = writeln!(page, "<td>{late}</td><td class=\"{held}\">{word}</td></tr>");
        }
        page.push_str("</tbody></table></div></div>\n<p></p>\n");
    }
}

/// Every run with its kinds of messages.
pub(super) fn runs(page: &mut String, document: &Document) {
    for run in &document.runs {
        if document.kind == "sweep" && run.rates.asked != document.knee {
            continue;
        }
        let _ = writeln!(
            page,
            "<h2>{}</h2>\n<p class=\"caption\">{}</p>",
            escaped(&run.name),
            escaped(&summary::load(run))
        );
        begin(page, &["microseconds", "messages"], &[]);
        for (kind, percentiles) in &run.latency {
            row(page, kind, percentiles);
        }
        row(page, "sent late by", &run.lag);
        page.push_str("</tbody></table></div></div>\n");
        let counts = &run.counts;
        let asked = run
            .rates
            .asked
            .map_or_else(String::new, |rate| format!("Asked {}/s, ", rounded(rate)));
        let _ = write!(
            page,
            "<p class=\"caption\">{asked}sent {}/s, answered {}/s. {} sent, {} unanswered, {} reports of \
             trades, {} sent more than {} µs late.",
            rounded(run.rates.sent),
            rounded(run.rates.answered),
            grouped(counts.sent),
            grouped(counts.unanswered),
            grouped(counts.fills),
            grouped(counts.late),
            micros(counts.late_beyond_ns)
        );
        for (reason, count) in &counts.refused {
            let _ = write!(page, " {} refused: {}.", grouped(*count), escaped(reason));
        }
        page.push_str("</p>\n");
        stages(page, run);
    }
}

/// Where the time of orders went, if the exchange told.
fn stages(page: &mut String, run: &Run) {
    if run.stages.is_empty() {
        return;
    }
    page.push_str(
        "<p class=\"caption\">Where the time of further orders went, stage by stage; what is outside was spent \
         by the client and on the way.</p>\n",
    );
    begin(page, &["microseconds", "orders"], &[]);
    for stage in &run.stages {
        row(page, &stage.name, &stage.times);
    }
    page.push_str("</tbody></table></div></div>\n");
}

/// Where it was measured.
pub(super) fn environment(page: &mut String, document: &Document) {
    let environment = &document.environment;
    let unknown = || "unknown".to_owned();
    let settings = environment.server_settings.iter();
    let settings: Vec<String> = settings
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let shared = match (
        environment.is_shared,
        environment.server_settings.is_empty(),
    ) {
        (true, true) => "on this machine",
        (true, false) => "its own, on this machine",
        (false, _) => "elsewhere",
    };
    let rows = [
        (
            "command",
            format!("rialto-loadtest {}", document.arguments.join(" ")),
        ),
        ("exchange", format!("{}, {shared}", environment.address)),
        (
            "exchange was told",
            if settings.is_empty() {
                unknown()
            } else {
                settings.join(" ")
            },
        ),
        ("processor", machine(environment)),
        ("kernel", environment.kernel.clone().unwrap_or_else(unknown)),
        (
            "memory",
            environment
                .memory_kib
                .map_or_else(unknown, |kib| format!("{} MiB", grouped(kib >> 10))),
        ),
        (
            "load before",
            environment
                .load_average
                .map_or_else(unknown, |load| format!("{load:.2}")),
        ),
        (
            "stolen by the host",
            environment
                .steal_percent
                .map_or_else(unknown, |percent| format!("{percent:.2} %")),
        ),
        ("commit", environment.commit.clone().unwrap_or_else(unknown)),
        (
            "program",
            format!(
                "rialto-loadtest {}, {}",
                environment.tool_version, environment.build
            ),
        ),
    ];
    page.push_str("<h2>Where it was measured</h2>\n<div class=\"card\"><dl>\n");
    for (name, value) in rows {
        let _ = writeln!(
            page,
            "<dt>{name}</dt><dd><code>{}</code></dd>",
            escaped(&value)
        );
    }
    page.push_str("</dl></div>\n");
}

fn begin(page: &mut String, before: &[&str], after: &[&str]) {
    page.push_str("<div class=\"card\"><div class=\"scroll\"><table><thead><tr>");
    let quantiles = QUANTILES.iter().map(|(name, _)| *name).chain(["max"]);
    for head in before
        .iter()
        .copied()
        .chain(quantiles)
        .chain(after.iter().copied())
    {
        let _ = write!(page, "<th>{}</th>", escaped(head));
    }
    page.push_str("</tr></thead><tbody>\n");
}

fn row(page: &mut String, name: &str, percentiles: &Percentiles) {
    let (name, count) = (escaped(name), grouped(percentiles.count));
    let _ = write!(page, "<tr><td>{name}</td><td>{count}</td>");
    cells(page, Some(percentiles));
    page.push_str("</tr>\n");
}

fn cells(page: &mut String, percentiles: Option<&Percentiles>) {
    let Some(found) = percentiles.filter(|found| found.count > 0) else {
        page.push_str(&"<td>–</td>".repeat(QUANTILES.len() + 1));
        return;
    };
    for ns in found.values().into_iter().chain([found.max_ns]) {
        let _ = write!(page, "<td>{}</td>", micros(ns));
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{:.1} %", part as f64 * 100.0 / whole as f64)
}
