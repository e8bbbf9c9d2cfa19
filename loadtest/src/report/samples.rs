//! Results that tests render and compare: a sweep with its knee, and a run that nobody answered.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use crate::environment::Observer;
use crate::load::mix::Mix;
use crate::load::plan::Pacing;
use crate::load::recorder::histogram;
use crate::load::schedule::Arrivals;
use crate::result::{Counts, Document, Load, Percentiles, Point, Rates, Run, Stage, distribution};

/// Rates of 10,000, 20,000 and 40,000; the second is the knee.
pub(crate) fn sweep() -> Document {
    let mut document = document("sweep");
    for (rate, base_ns, is_held) in [
        (10_000, 20_000, true),
        (20_000, 35_000, true),
        (40_000, 9_000_000, false),
    ] {
        let mut run = run(rate, base_ns);
        run.is_held = Some(is_held);
        document.runs.push(run);
    }
    document.knee = Some(20_000.0);
    document
}

/// A run without an answer.
pub(crate) fn empty() -> Document {
    let mut document = document("run");
    let mut run = run(10_000, 0);
    run.latency = BTreeMap::from([("all".to_owned(), Percentiles::of(&histogram().unwrap()))]);
    run.distribution.clear();
    run.timeline.clear();
    document.runs.push(run);
    document
}

fn document(kind: &str) -> Document {
    let environment = Observer::begin().end("127.0.0.1:7400", &[]);
    let began = UNIX_EPOCH + Duration::from_hours(500_000);
    Document::new(kind, environment, began)
}

fn run(rate: u32, base_ns: u64) -> Run {
    let mut times = histogram().unwrap();
    for step in 0..100_000_u64 {
        times.saturating_record(base_ns + step * step / 100_000);
    }
    let all = Percentiles::of(&times);
    let (middle, high, most) = (all.p50_ns, all.p99_ns, all.max_ns);
    let points = (0..20_u32).map(|index| Point {
        at_seconds: f64::from(index) * 0.5,
        answered: u64::from(rate) / 2,
        p50_ns: middle + u64::from(index) * 100,
        p99_ns: high + u64::from(index) * 300,
        max_ns: most * 2,
    });
    Run {
        name: format!("exchange, {rate} a second"),
        subject: "exchange".to_owned(),
        profile: Some("latency".to_owned()),
        load: Load {
            pace: "open".to_owned(),
            in_flight: None,
            connections: 1,
            batch: 1,
            threads: 1,
            arrivals: Arrivals::Even,
            pacing: Pacing::Spin,
            warmup_seconds: 2.0,
            duration_seconds: 10.0,
            seed: 1,
            mix: Some(Mix {
                cross_per_mille: 25,
                cancel_per_mille: 450,
                resting: 1_000,
            }),
        },
        counts: Counts {
            sent: 100_000,
            answered: 100_000,
            unanswered: 0,
            refused: BTreeMap::from([("UnknownOrder".to_owned(), 3)]),
            fills: 2_000,
            late: 12,
            late_beyond_ns: 100_000,
        },
        rates: Rates {
            asked: Some(f64::from(rate)),
            sent: f64::from(rate),
            answered: f64::from(rate) * 0.999,
        },
        lag: all.clone(),
        distribution: distribution(&times),
        latency: BTreeMap::from([
            ("all".to_owned(), all.clone()),
            ("add".to_owned(), all.clone()),
        ]),
        timeline: points.collect(),
        stages: vec![Stage {
            name: "ring_in".to_owned(),
            times: all,
        }],
        is_held: None,
        histogram_file: Some("one.hlog".to_owned()),
    }
}
