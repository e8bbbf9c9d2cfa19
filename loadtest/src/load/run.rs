//! `run`: one load, and if wanted the same load on an echo beside it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, Result};
use clap::Args;

use super::drive::{Measured, drive};
use super::outcome::{self, Facts};
use super::plan::{LoadOptions, Plan};
use super::setup::{EchoSite, Site};
use super::worker::Target;
use crate::connect::ConnectOptions;
use crate::environment::Observer;
use crate::own_server::{OwnServerOptions, Profile};
use crate::report;
use crate::result::{Document, Ratio, Run};
use crate::summary;

/// What `run` is told.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    connect: ConnectOptions,

    #[command(flatten)]
    own: OwnServerOptions,

    #[command(flatten)]
    load: LoadOptions,

    /// How the threads of an exchange of the tool's own wait; several are measured one after the other
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "latency",
        requires = "own"
    )]
    profiles: Vec<Profile>,

    /// Messages a second, of all connections together
    #[arg(long, value_name = "MESSAGES", default_value_t = 10_000.0, value_parser = positive)]
    rate: f64,

    /// Close the loop: send as answers come, with so many messages of each connection on their way
    #[arg(long, value_name = "MESSAGES", conflicts_with = "rate", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    in_flight: Option<u32>,

    /// Put the same load on a bare WebSocket echo afterwards, and state the ratios
    #[arg(long)]
    beside_echo: bool,

    /// Write result.json, histograms and report.html to this directory
    #[arg(long, short, value_name = "DIRECTORY")]
    output: Option<PathBuf>,
}

/// A number above 0 that is one.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    match text.replace('_', "").parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 1e9 => Ok(number),
        _ => Err(format!(
            "{text:?} is no number above 0 and up to 1,000,000,000"
        )),
    }
}

/// Measures, prints and writes.
///
/// # Errors
/// When the exchange cannot be used or ends a session.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let plan = match options.in_flight {
        Some(in_flight) => Plan::closed(&options.load, in_flight.max(options.load.batch)),
        None => Plan::open(&options.load, options.rate),
    };
    let mut recorded = Recorded::begin(options.output.clone())?;
    let mut settings = Vec::new();
    let mut address = String::new();
    let mut echoed = None;
    for profile in &options.profiles {
        let site = Site::open(&options.connect, &options.own, *profile)?;
        let target = site.target(plan.connections, options.load.mix())?;
        let facts = Facts {
            name: name("exchange", options.own.own.then_some(*profile)),
            subject: "exchange",
            profile: options.own.own.then(|| profile.name()),
            mix: Some(options.load.mix()),
        };
        recorded.measure(&plan, &target, facts)?;
        settings = site.settings();
        site.connect.address.clone_into(&mut address);
        site.close()?;
        echoed = Some(target);
    }
    if let Some(target) = echoed.filter(|_| options.beside_echo) {
        recorded.measure_echo(&plan, &target)?;
    }
    recorded.finish("run", &address, &settings)
}

fn name(subject: &str, profile: Option<Profile>) -> String {
    match profile {
        Some(profile) => format!("{subject}, {}", profile.name()),
        None => subject.to_owned(),
    }
}

/// A test that is being made.
pub(crate) struct Recorded {
    began: SystemTime,
    observer: Observer,
    output: Option<PathBuf>,
    pub(crate) runs: Vec<Run>,
    pub(crate) knee: Option<f64>,
}

impl Recorded {
    /// A test begins.
    ///
    /// # Errors
    /// When the directory for its files cannot be made.
    pub(crate) fn begin(output: Option<PathBuf>) -> Result<Self> {
        if let Some(directory) = &output {
            std::fs::create_dir_all(directory)
                .with_context(|| format!("cannot make {}", directory.display()))?;
        }
        Ok(Self {
            began: SystemTime::now(),
            observer: Observer::begin(),
            output,
            runs: Vec::new(),
            knee: None,
        })
    }

    /// Makes a run and keeps what it came to.
    ///
    /// # Errors
    /// When the target cannot be used.
    pub(crate) fn measure(
        &mut self,
        plan: &Plan,
        target: &Target,
        facts: Facts,
    ) -> Result<&mut Run> {
        let name = facts.name.clone();
        let measured = drive(plan, target, &name)?;
        let mut run = outcome::run(plan, &measured, facts)?;
        run.histogram_file = self.write_histograms(plan, &run, &measured)?;
        print!("{}", summary::of_run(&run));
        self.runs.push(run);
        Ok(self.runs.last_mut().expect("one was just added"))
    }

    /// Makes the same run on an echo.
    ///
    /// # Errors
    /// When the system gives no port or no thread.
    pub(crate) fn measure_echo(&mut self, plan: &Plan, target: &Target) -> Result<()> {
        let site = EchoSite::start(plan, target)?;
        let facts = Facts {
            name: "echo".to_owned(),
            subject: "echo",
            profile: None,
            mix: None,
        };
        self.measure(plan, &site.target(), facts)?;
        Ok(())
    }

    fn write_histograms(
        &self,
        plan: &Plan,
        run: &Run,
        measured: &Measured,
    ) -> Result<Option<String>> {
        let Some(directory) = &self.output else {
            return Ok(None);
        };
        let file = format!("{}.hlog", run.name.replace(", ", "-").replace(' ', "_"));
        outcome::write_histograms(&directory.join(&file), run, measured, plan.interval)?;
        Ok(Some(file))
    }

    /// Ends the test: prints what it comes to and writes its files. The exit status says whether every message
    /// was answered.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn finish(
        self,
        kind: &str,
        address: &str,
        settings: &[(String, String)],
    ) -> Result<ExitCode> {
        let environment = self.observer.end(address, settings);
        let mut document = Document::new(kind, environment, self.began);
        document.runs = self.runs;
        document.knee = self.knee;
        document.ratios = ratios(&document.runs);
        print!("{}", summary::of_test(&document));
        if let Some(directory) = &self.output {
            document.save(&directory.join("result.json"))?;
            report::write(&document, &directory.join("report.html"))?;
            println!("written: {}", directory.display());
        }
        let is_complete = document.runs.iter().all(|run| run.counts.unanswered == 0);
        Ok(if is_complete || kind == "sweep" {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Each run of the exchange beside the echo with the same load.
#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 ns")]
pub(crate) fn ratios(runs: &[Run]) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    for run in runs.iter().filter(|run| run.subject == "exchange") {
        let is_beside = |other: &&Run| {
            let (load, others) = (&run.load, &other.load);
            other.subject == "echo"
                && (others.pace == load.pace)
                && (others.connections, others.batch, others.in_flight)
                    == (load.connections, load.batch, load.in_flight)
                && other.rates.asked == run.rates.asked
                // An echo that took turns with an exchange belongs to that one.
                && (other.profile.is_none() || other.profile == run.profile)
        };
        let Some(echo) = runs.iter().find(is_beside) else {
            continue;
        };
        // A round trip is that of a new order to its acknowledgement.
        let is_single = run.load.in_flight == Some(1) && run.load.connections == 1;
        let kind = if is_single { "add" } else { "all" };
        let (Some(own), Some(bare)) = (run.latency.get(kind), echo.all()) else {
            continue;
        };
        let of = |own: u64, bare: u64| (bare > 0).then(|| own as f64 / bare as f64);
        // At full speed a latency is the queue that the loop itself keeps.
        let is_latency = run.load.pace == "open" || is_single;
        let throughput = run.rates.answered / echo.rates.answered;
        ratios.push(Ratio {
            exchange: run.name.clone(),
            echo: echo.name.clone(),
            p50: of(own.p50_ns, bare.p50_ns).filter(|_| is_latency),
            p99: of(own.p99_ns, bare.p99_ns).filter(|_| is_latency),
            throughput: (run.load.pace == "closed" && throughput.is_finite()).then_some(throughput),
        });
    }
    ratios
}
