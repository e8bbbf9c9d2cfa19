//! Results as JSON: what every command that measures writes, and what `report`, `plot` and `compare` read.
//!
//! `loadtest/schema/result.schema.json` describes the document; a test holds what is written against it. Times
//! are whole nanoseconds, rates are a second.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::load::mix::Mix;
use crate::load::plan::Pacing;
use crate::load::schedule::Arrivals;

/// What the document says of itself.
const FORMAT: &str = "rialto-loadtest result";
/// The version of the document; a change that old readers misunderstand raises it.
const VERSION: u32 = 1;
/// How finely a distribution is written: steps for each halving of what is left to 100 %.
const STEPS_PER_HALVING: u32 = 4;
/// A percentile is judged when so many times lie beyond it.
const BEYOND_MIN: f64 = 10.0;

/// The percentiles that are stated, by name and as a quantile.
pub(crate) const QUANTILES: [(&str, f64); 5] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.9999),
];

/// One test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) format: String,
    pub(crate) version: u32,
    /// `run`, `sweep` or `ping`.
    pub(crate) kind: String,
    /// When it began, as in RFC 3339.
    pub(crate) began: String,
    /// The command line.
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Environment,
    /// What a reader has to know before believing a figure.
    pub(crate) warnings: Vec<String>,
    pub(crate) runs: Vec<Run>,
    /// Runs of the exchange beside runs of the echo.
    pub(crate) ratios: Vec<Ratio>,
    /// Of a sweep, the highest rate that was held.
    pub(crate) knee: Option<f64>,
}

/// One run of a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Unique within the test.
    pub(crate) name: String,
    /// `exchange` or `echo`.
    pub(crate) subject: String,
    /// How the threads of the own exchange waited.
    pub(crate) profile: Option<String>,
    pub(crate) load: Load,
    pub(crate) counts: Counts,
    pub(crate) rates: Rates,
    /// How late frames went out.
    pub(crate) lag: Percentiles,
    /// By kind of message, and `all`.
    pub(crate) latency: BTreeMap<String, Percentiles>,
    /// All kinds together.
    pub(crate) distribution: Vec<Step>,
    pub(crate) timeline: Vec<Point>,
    /// Of `ping`: where the time of further orders went, which are in no other figure.
    #[serde(default)]
    pub(crate) stages: Vec<Stage>,
    /// Whether the exchange kept up: of a sweep only.
    pub(crate) is_held: Option<bool>,
    /// The file of histograms beside this one.
    pub(crate) histogram_file: Option<String>,
}

/// What was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Load {
    /// `open`: by a schedule; `closed`: as answers came.
    #[serde(rename = "loop")]
    pub(crate) pace: String,
    /// Messages that each connection had on their way, in a closed loop.
    pub(crate) in_flight: Option<u32>,
    pub(crate) connections: u32,
    /// Messages of a frame.
    pub(crate) batch: u32,
    pub(crate) threads: u32,
    pub(crate) arrivals: Arrivals,
    pub(crate) pacing: Pacing,
    pub(crate) warmup_seconds: f64,
    pub(crate) duration_seconds: f64,
    pub(crate) seed: u64,
    /// None of an echo.
    pub(crate) mix: Option<Mix>,
}

/// How many, after the warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    pub(crate) answered: u64,
    /// Sent, and not answered within five seconds of the end.
    pub(crate) unanswered: u64,
    /// Answered by a refusal, by reason.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Reports of trades.
    pub(crate) fills: u64,
    /// Sent later after their time than is tolerated.
    pub(crate) late: u64,
    /// What is tolerated.
    pub(crate) late_beyond_ns: u64,
}

/// Messages a second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rates {
    /// Asked for; none in a closed loop.
    pub(crate) asked: Option<f64>,
    /// Sent within the time measured.
    pub(crate) sent: f64,
    /// Answered, from the beginning of measuring to the last answer.
    pub(crate) answered: f64,
}

/// A distribution in a few numbers; all 0 when it is empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Percentiles {
    pub(crate) count: u64,
    pub(crate) mean_ns: u64,
    pub(crate) p50_ns: u64,
    pub(crate) p90_ns: u64,
    pub(crate) p99_ns: u64,
    pub(crate) p99_9_ns: u64,
    pub(crate) p99_99_ns: u64,
    pub(crate) max_ns: u64,
}

/// A step of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) quantile: f64,
    pub(crate) ns: u64,
}

/// A part of the way of orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stage {
    /// As the metrics of the exchange name it, or `outside`.
    pub(crate) name: String,
    pub(crate) times: Percentiles,
}

/// An interval of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    /// Its beginning, from the beginning of measuring.
    pub(crate) at_seconds: f64,
    pub(crate) answered: u64,
    pub(crate) p50_ns: u64,
    pub(crate) p99_ns: u64,
    pub(crate) max_ns: u64,
}

/// The exchange beside the echo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ratio {
    /// Names of the runs.
    pub(crate) exchange: String,
    pub(crate) echo: String,
    /// Median beside median; above 1 the exchange takes longer. None of a run at full speed.
    pub(crate) p50: Option<f64>,
    pub(crate) p99: Option<f64>,
    /// Messages answered a second, beside those of the echo.
    pub(crate) throughput: Option<f64>,
}

impl Document {
    /// An empty result.
    pub(crate) fn new(kind: &str, environment: Environment, began: std::time::SystemTime) -> Self {
        let warnings = environment.warnings();
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            kind: kind.to_owned(),
            began: humantime::format_rfc3339_seconds(began).to_string(),
            arguments: std::env::args().skip(1).collect(),
            environment,
            warnings,
            runs: Vec::new(),
            ratios: Vec::new(),
            knee: None,
        }
    }

    /// Reads a result.
    ///
    /// # Errors
    /// When the file cannot be read or is no result of a version that is known.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let document: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is no result of rialto-loadtest", path.display()))?;
        ensure!(
            document.format == FORMAT && document.version == VERSION,
            "{} is a {:?} of version {}; this program reads {FORMAT:?} of version {VERSION}",
            path.display(),
            document.format,
            document.version
        );
        Ok(document)
    }

    /// Writes it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// The run of this name.
    pub(crate) fn run(&self, name: &str) -> Option<&Run> {
        self.runs.iter().find(|run| run.name == name)
    }
}

impl Load {
    /// Whether two loads differ in nothing but how long they were kept up and in chance.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let (warmup_seconds, duration_seconds) = (other.warmup_seconds, other.duration_seconds);
        let alike = Self {
            warmup_seconds,
            duration_seconds,
            seed: other.seed,
            ..self.clone()
        };
        alike == *other
    }
}

impl Run {
    /// The latencies of all kinds together.
    pub(crate) fn all(&self) -> Option<&Percentiles> {
        self.latency.get("all")
    }
}

impl Percentiles {
    /// Of a histogram of nanoseconds.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a mean of times below a minute"
    )]
    pub(crate) fn of(histogram: &Histogram<u64>) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile).min(histogram.max());
        let is_empty = histogram.is_empty();
        Self {
            count: histogram.len(),
            mean_ns: if is_empty { 0 } else { histogram.mean() as u64 },
            p50_ns: at(0.5),
            p90_ns: at(0.9),
            p99_ns: at(0.99),
            p99_9_ns: at(0.999),
            p99_99_ns: at(0.9999),
            max_ns: histogram.max(),
        }
    }

    /// The values of [`QUANTILES`], in that order.
    pub(crate) const fn values(&self) -> [u64; QUANTILES.len()] {
        [
            self.p50_ns,
            self.p90_ns,
            self.p99_ns,
            self.p99_9_ns,
            self.p99_99_ns,
        ]
    }

    /// Whether so many times were taken that this quantile is more than an accident.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub(crate) fn is_meaningful(&self, quantile: f64) -> bool {
        self.count as f64 * (1.0 - quantile) >= BEYOND_MIN
    }
}

/// The steps of a distribution, finer towards its end.
pub(crate) fn distribution(histogram: &Histogram<u64>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for found in histogram.iter_quantiles(STEPS_PER_HALVING) {
        let step = Step {
            quantile: found.quantile_iterated_to(),
            ns: found.value_iterated_to().min(histogram.max()),
        };
        steps.push(step);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_histogram() {
        let mut histogram = crate::load::recorder::histogram().unwrap();
        assert_eq!(Percentiles::of(&histogram).values(), [0; 5]);
        (1..=1_000_u64).for_each(|micros| histogram.saturating_record(micros * 1_000));
        let found = Percentiles::of(&histogram);
        assert_eq!(found.count, 1_000);
        for (ns, micros) in found.values().iter().zip([500_u64, 900, 990, 999, 1_000]) {
            assert!(
                ns.abs_diff(micros * 1_000) <= 1_000,
                "{ns} is not {micros} us"
            );
        }
        assert!(found.is_meaningful(0.99) && !found.is_meaningful(0.999));
        let steps = distribution(&histogram);
        assert!(steps.windows(2).all(|pair| pair[0].ns <= pair[1].ns));
        assert_eq!(steps.last().unwrap().ns, found.max_ns);
    }

    #[test]
    fn what_is_no_result_is_refused_with_its_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["", "{}", "[]"] {
            fs::write(file.path(), text).unwrap();
            let said = format!("{:#}", Document::load(file.path()).unwrap_err());
            assert!(said.contains("is no result of rialto-loadtest"), "{said}");
        }
    }
}
