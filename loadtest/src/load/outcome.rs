//! From what a run recorded to what a result states, and the histograms beside it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use super::drive::Measured;
use super::lane::nanos;
use super::mix::Mix;
use super::plan::Plan;
use super::recorder::Kind;
use crate::result::{Counts, Load, Percentiles, Point, Rates, Run, distribution};

/// What is known of a run besides what it recorded.
pub(crate) struct Facts {
    /// Unique within the test.
    pub(crate) name: String,
    /// The exchange's or the echo's.
    pub(crate) subject: &'static str,
    pub(crate) profile: Option<&'static str>,
    pub(crate) mix: Option<Mix>,
}

/// A run as results state it.
///
/// # Errors
/// Never: see [`super::recorder::Slice::add`].
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn run(plan: &Plan, measured: &Measured, facts: Facts) -> Result<Run> {
    let total = &measured.total;
    let all = total.all_latencies()?;
    let mut latency = BTreeMap::from([("all".to_owned(), Percentiles::of(&all))]);
    for kind in Kind::ALL {
        let histogram = &total.latencies[kind as usize];
        if !histogram.is_empty() && facts.mix.is_some() {
            latency.insert(kind.name().to_owned(), Percentiles::of(histogram));
        }
    }
    let mut timeline = Vec::new();
    for interval in &measured.intervals {
        let latencies = interval.slice.all_latencies()?;
        let of_interval = Percentiles::of(&latencies);
        timeline.push(Point {
            at_seconds: interval.begins.as_secs_f64(),
            answered: interval.slice.answered,
            p50_ns: of_interval.p50_ns,
            p99_ns: of_interval.p99_ns,
            max_ns: of_interval.max_ns,
        });
    }
    let a_second = |count: u64, time: Duration| count as f64 / time.as_secs_f64();
    Ok(Run {
        name: facts.name,
        subject: facts.subject.to_owned(),
        profile: facts.profile.map(str::to_owned),
        load: load(plan, facts.mix),
        counts: Counts {
            sent: total.sent,
            answered: total.answered,
            unanswered: total.sent.saturating_sub(total.answered),
            refused: total.refusals(),
            fills: total.fills,
            late: total.late,
            late_beyond_ns: nanos(plan.late),
        },
        rates: Rates {
            asked: plan.rate,
            sent: a_second(total.sent, plan.duration),
            answered: a_second(total.answered, measured.took.max(plan.duration)),
        },
        lag: Percentiles::of(&total.lags),
        latency,
        distribution: distribution(&all),
        timeline,
        stages: Vec::new(),
        is_held: None,
        histogram_file: None,
    })
}

fn load(plan: &Plan, mix: Option<Mix>) -> Load {
    Load {
        pace: if plan.rate.is_some() {
            "open"
        } else {
            "closed"
        }
        .to_owned(),
        in_flight: plan.in_flight,
        connections: plan.connections,
        batch: plan.batch,
        threads: plan.threads,
        arrivals: plan.arrivals,
        pacing: plan.pacing,
        warmup_seconds: plan.warmup.as_secs_f64(),
        duration_seconds: plan.duration.as_secs_f64(),
        seed: plan.seed,
        mix,
    }
}

/// Writes the histograms of a run, interval by interval and kind by kind, as a log of `HdrHistogram`: version 2,
/// deflated, base64, in nanoseconds; what its other implementations and tools read.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write_histograms(
    path: &Path,
    run: &Run,
    measured: &Measured,
    interval: Duration,
) -> Result<()> {
    let write = || -> Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        let mut serializer = V2DeflateSerializer::new();
        let mut builder = IntervalLogWriterBuilder::new();
        builder
            .add_comment(&format!("rialto-loadtest, run {:?}, nanoseconds", run.name))
            .with_base_time(SystemTime::UNIX_EPOCH)
            .with_max_value_divisor(1e9);
        let mut log = builder.begin_log_with(&mut file, &mut serializer)?;
        for one in &measured.intervals {
            for kind in Kind::ALL {
                let histogram = &one.slice.latencies[kind as usize];
                if !histogram.is_empty() {
                    let tag = Tag::new(kind.name());
                    let written = log.write_histogram(histogram, one.begins, interval, tag);
                    written.map_err(|error| anyhow::anyhow!("{error:?}"))?;
                }
            }
        }
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::drive::Interval;
    use crate::load::plan::{LoadOptions, Plan};
    use crate::load::recorder::Slice;
    use clap::Parser;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: LoadOptions,
    }

    /// Two intervals of 250 ms: in each an add of 5 us and a cancel of 9 us.
    fn measured() -> (Plan, Measured) {
        let options = Line::parse_from(["x", "--duration", "500ms"]).options;
        let plan = Plan::open(&options, 8.0);
        let mut slice = Slice::new().unwrap();
        slice.answer(Kind::Add, 5_000);
        slice.answer(Kind::Cancel, 9_000);
        slice.sent = 3;
        let mut total = Slice::new().unwrap();
        total.add(&slice).unwrap();
        total.add(&slice).unwrap();
        let interval = |index: u32| Interval {
            begins: plan.interval * index,
            slice: slice.clone(),
        };
        let intervals = vec![interval(0), interval(1)];
        let took = Duration::from_secs(1);
        let measured = Measured {
            total,
            intervals,
            took,
        };
        (plan, measured)
    }

    fn stated() -> (Plan, Measured, Run) {
        let (plan, measured) = measured();
        let mix = Mix {
            cross_per_mille: 0,
            cancel_per_mille: 500,
            resting: 0,
        };
        let facts = Facts {
            name: "one".to_owned(),
            subject: "exchange",
            profile: None,
            mix: Some(mix),
        };
        let run = run(&plan, &measured, facts).unwrap();
        (plan, measured, run)
    }

    #[test]
    fn rates_and_counts_are_stated() {
        let (_, _, run) = stated();
        assert_eq!(
            (run.counts.sent, run.counts.answered, run.counts.unanswered),
            (6, 4, 2)
        );
        assert!((run.rates.sent - 12.0).abs() < 1e-9, "6 in half a second");
        assert!(
            (run.rates.answered - 4.0).abs() < 1e-9,
            "4 until the last answer, a second later"
        );
        assert_eq!(
            run.latency.keys().collect::<Vec<_>>(),
            ["add", "all", "cancel"]
        );
        assert_eq!(run.timeline.len(), 2);
        assert_eq!(run.timeline[1].answered, 2);
    }

    #[test]
    fn histograms_are_read_back_from_the_log() {
        let (plan, measured, run) = stated();
        let file = tempfile::NamedTempFile::new().unwrap();
        write_histograms(file.path(), &run, &measured, plan.interval).unwrap();
        let text = std::fs::read(file.path()).unwrap();
        let mut found = Vec::new();
        for entry in IntervalLogIterator::new(&text) {
            if let LogEntry::Interval(entry) = entry.unwrap() {
                let mut deserializer = Deserializer::new();
                let bytes = base64(entry.encoded_histogram());
                let histogram = deserializer
                    .deserialize::<u64, _>(&mut bytes.as_slice())
                    .unwrap();
                let tag = entry.tag().unwrap().as_str().to_owned();
                found.push((tag, entry.start_timestamp().as_millis(), histogram.min()));
            }
        }
        let add = |at| ("add".to_owned(), at, 5_000 / 4 * 4);
        assert_eq!(found.len(), 4);
        assert_eq!((&found[0].0, found[0].1), (&add(0).0, 0));
        assert_eq!(found[3].1, 250);
        assert!(found[0].2.abs_diff(5_000) <= 4, "{}", found[0].2);
    }

    /// Decodes what a log holds.
    fn base64(text: &str) -> Vec<u8> {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
        for digit in text.bytes().filter(|byte| *byte != b'=') {
            let value = DIGITS.iter().position(|known| *known == digit).unwrap();
            bits = (bits << 6) | u32::try_from(value).unwrap();
            held += 6;
            if held >= 8 {
                held -= 8;
                bytes.push(u8::try_from((bits >> held) & 0xff).unwrap());
            }
        }
        bytes
    }
}
