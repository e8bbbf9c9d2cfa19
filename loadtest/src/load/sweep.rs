//! `sweep`: climbs from rate to rate until the exchange no longer keeps up, then looks closer at where that is.
//!
//! A rate is held when nearly as many messages are answered a second as were asked for, none is left unanswered,
//! none is refused because the exchange was busy, and the 99th percentile stays within a bound. The knee is the
//! highest rate that was held.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;

use super::outcome::Facts;
use super::plan::{LoadOptions, Plan};
use super::run::{Recorded, positive};
use super::setup::{EchoSite, Site};
use super::worker::Target;
use crate::connect::ConnectOptions;
use crate::own_server::{OwnServerOptions, Profile};
use crate::result::Run;
use crate::text::grouped;

/// Of the messages asked for, the part that must be answered in time.
const ANSWERED_MIN: f64 = 0.98;

/// What `sweep` is told.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    connect: ConnectOptions,

    #[command(flatten)]
    own: OwnServerOptions,

    #[command(flatten)]
    load: LoadOptions,

    /// How the threads of an exchange of the tool's own wait
    #[arg(long, value_enum, default_value_t, requires = "own")]
    profile: Profile,

    /// The first rate, in messages a second of all connections together
    #[arg(long, value_name = "MESSAGES", default_value_t = 5_000.0, value_parser = positive)]
    from: f64,

    /// The highest rate to try
    #[arg(long, value_name = "MESSAGES", default_value_t = 2_000_000.0, value_parser = positive)]
    to: f64,

    /// Each rate is so many times the one before
    #[arg(long, value_name = "FACTOR", default_value_t = 2.0, value_parser = factor)]
    factor: f64,

    /// Rates to try between the last that was held and the first that was not
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    refine: u32,

    /// A rate is not held when the 99th percentile is longer
    #[arg(long, value_name = "TIME", default_value = "10ms", value_parser = humantime::parse_duration)]
    p99: Duration,

    /// Sweep a bare WebSocket echo over the same rates as well
    #[arg(long)]
    beside_echo: bool,

    /// Write result.json, histograms and report.html to this directory
    #[arg(long, short, value_name = "DIRECTORY")]
    output: Option<PathBuf>,
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (1.05..=100.0).contains(&number) => Ok(number),
        _ => Err(format!("{text:?} is no number from 1.05 to 100")),
    }
}

/// Measures, prints and writes.
///
/// # Errors
/// When the exchange cannot be used or ends a session.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    ensure!(
        options.from <= options.to,
        "--from {} lies above --to {}",
        options.from,
        options.to
    );
    let mut recorded = Recorded::begin(options.output.clone())?;
    let site = Site::open(&options.connect, &options.own, options.profile)?;
    let target = site.target(options.load.connections, options.load.mix())?;
    recorded.knee = climb(options, &mut recorded, &target, "exchange")?;
    let settings = site.settings();
    let address = site.connect.address.clone();
    site.close()?;
    if options.beside_echo {
        let site = EchoSite::start(&Plan::open(&options.load, options.from), &target)?;
        climb(options, &mut recorded, &site.target(), "echo")?;
    }
    recorded.finish("sweep", &address, &settings)
}

/// Tries rates; the highest that was held.
fn climb(
    options: &Options,
    recorded: &mut Recorded,
    target: &Target,
    subject: &'static str,
) -> Result<Option<f64>> {
    let mut search = Search::new(options);
    while let Some(rate) = search.next() {
        let plan = Plan::open(&options.load, rate);
        let is_exchange = subject == "exchange";
        let own = options.own.own && is_exchange;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate lies between 0 and 1e9"
        )]
        let rate_text = grouped(rate.round() as u64);
        let facts = Facts {
            name: format!("{subject}, {rate_text} a second"),
            subject,
            profile: own.then(|| options.profile.name()),
            mix: is_exchange.then(|| options.load.mix()),
        };
        let run = recorded.measure(&plan, target, facts)?;
        let is_held = is_held(run, options.p99);
        run.is_held = Some(is_held);
        search.tried(rate, is_held);
    }
    Ok(search.held)
}

fn is_held(run: &Run, p99_max: Duration) -> bool {
    let asked = run.rates.asked.unwrap_or(0.0);
    let p99 = run
        .all()
        .map_or(Duration::MAX, |all| Duration::from_nanos(all.p99_ns));
    run.rates.answered >= asked * ANSWERED_MIN
        && run.counts.unanswered == 0
        && !run.counts.refused.contains_key("Busy")
        && p99 <= p99_max
}

/// Which rate to try next: upwards by a factor, then halves of the last step.
#[derive(Debug)]
struct Search {
    next: Option<f64>,
    to: f64,
    factor: f64,
    refinements_left: u32,
    held: Option<f64>,
    lost: Option<f64>,
}

impl Search {
    fn new(options: &Options) -> Self {
        Self {
            next: Some(options.from),
            to: options.to,
            factor: options.factor,
            refinements_left: options.refine,
            held: None,
            lost: None,
        }
    }

    const fn next(&self) -> Option<f64> {
        self.next
    }

    fn tried(&mut self, rate: f64, is_held: bool) {
        if is_held {
            self.held = Some(rate);
        } else {
            self.lost = Some(rate);
        }
        self.next = match (self.held, self.lost) {
            (Some(held), None) => {
                let next = (held * self.factor).min(self.to);
                (next > held).then_some(next)
            }
            (Some(held), Some(lost)) if self.refinements_left > 0 => {
                self.refinements_left -= 1;
                Some((held * lost).sqrt().round())
            }
            // Not even the first rate is held: there is nothing below it that was asked for.
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rates that are tried on an exchange that holds up to `knee`.
    fn tried(knee: f64, refinements_left: u32) -> (Vec<f64>, Option<f64>) {
        let mut search = Search {
            next: Some(1_000.0),
            to: 50_000.0,
            factor: 2.0,
            refinements_left,
            held: None,
            lost: None,
        };
        let mut rates = Vec::new();
        while let Some(rate) = search.next() {
            rates.push(rate);
            search.tried(rate, rate <= knee);
        }
        (rates, search.held)
    }

    #[test]
    fn the_knee_lies_between_the_last_two_rates() {
        let (rates, held) = tried(10_000.0, 0);
        assert_eq!(rates, [1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0]);
        assert_eq!(held, Some(8_000.0));
        let (rates, held) = tried(10_000.0, 3);
        assert_eq!(rates.len(), 8);
        let held = held.unwrap();
        assert!((9_500.0..=10_000.0).contains(&held), "{held}");
    }

    #[test]
    fn it_stops_at_the_ends() {
        assert_eq!(tried(1e9, 3).0.last(), Some(&50_000.0));
        assert_eq!(tried(1e9, 3).1, Some(50_000.0));
        assert_eq!(tried(10.0, 3), (vec![1_000.0], None));
    }
}
