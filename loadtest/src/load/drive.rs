//! A run from outside its workers: starts them, adds up what they record, says how it goes.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::plan::Plan;
use super::recorder::Slice;
use super::start_line::StartLine;
use super::worker::{Target, Told, Worker};
use crate::text::{grouped, micros};

/// Time that connecting and filling the book may take before the progress line says so.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often a line is logged when nobody watches.
const LOG_PERIOD: Duration = Duration::from_secs(5);

/// One interval of a run.
#[derive(Clone, Debug)]
pub(crate) struct Interval {
    /// When it began, from the beginning of measuring.
    pub(crate) begins: Duration,
    /// What was recorded.
    pub(crate) slice: Slice,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// Everything.
    pub(crate) total: Slice,
    /// Interval by interval.
    pub(crate) intervals: Vec<Interval>,
    /// From the beginning of measuring to the last answer.
    pub(crate) took: Duration,
}

/// Runs a plan against a target.
///
/// # Errors
/// When a connection cannot be made or fails, or the exchange ends a session.
pub(crate) fn drive(plan: &Plan, target: &Target, what: &str) -> Result<Measured> {
    let start = StartLine::new(plan.threads + 1);
    let (told, hear) = mpsc::channel();
    std::thread::scope(|scope| {
        let started = start.start_all(plan.threads, |index| {
            let worker = Worker {
                index,
                plan,
                target,
                start: &start,
                told: told.clone(),
            };
            std::thread::Builder::new()
                .name(format!("load-{index}"))
                .spawn_scoped(scope, move || worker.run())
                .map(drop)
        });
        started.with_context(|| {
            let threads = plan.threads;
            format!("the system does not give {threads} threads: ask for fewer with --threads")
        })?;
        drop(told);
        let began = start.wait(true);
        let mut sum = Sum::new(plan, what, began.unwrap_or_else(Instant::now))?;
        sum.listen(&hear)?;
        Ok(sum.finish())
    })
}

/// Adds up.
struct Sum<'a> {
    plan: &'a Plan,
    began: Instant,
    total: Slice,
    intervals: Vec<Interval>,
    /// Slices told by all workers.
    told_count: u32,
    last_told: Instant,
    progress: Progress<'a>,
}

impl<'a> Sum<'a> {
    fn new(plan: &'a Plan, what: &'a str, began: Instant) -> Result<Self> {
        Ok(Self {
            plan,
            began,
            total: Slice::new()?,
            intervals: Vec::new(),
            told_count: 0,
            last_told: began,
            progress: Progress::new(what),
        })
    }

    fn listen(&mut self, hear: &mpsc::Receiver<Told>) -> Result<()> {
        let mut working = self.plan.threads;
        let mut failed = None;
        while working > 0 {
            match hear.recv_timeout(PATIENCE) {
                Ok(Told::Interval { index, slice }) => self.interval(index, *slice)?,
                Ok(Told::Ended(outcome)) => {
                    working -= 1;
                    failed = failed.or(outcome.err());
                }
                Err(RecvTimeoutError::Timeout) => self.progress.waiting(self.began, self.plan),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn interval(&mut self, index: usize, slice: Slice) -> Result<()> {
        self.total.add(&slice)?;
        self.last_told = Instant::now();
        match self.intervals.get_mut(index) {
            Some(interval) => interval.slice.add(&slice)?,
            // Each worker tells its intervals in order, so the first to tell one adds one.
            None => self.intervals.push(Interval {
                begins: self.plan.interval * u32::try_from(index)?,
                slice,
            }),
        }
        self.told_count += 1;
        if self.told_count.is_multiple_of(self.plan.threads)
            && let Some(newest) = self.intervals.last()
        {
            self.progress.interval(newest, self.plan, &self.total)?;
        }
        Ok(())
    }

    fn finish(self) -> Measured {
        Measured {
            total: self.total,
            intervals: self.intervals,
            took: (self.last_told - self.began).saturating_sub(self.plan.warmup),
        }
    }
}

/// A line on a terminal that is written anew, or a line in a log from time to time.
struct Progress<'a> {
    what: &'a str,
    is_watched: bool,
    logged: Instant,
}

impl<'a> Progress<'a> {
    fn new(what: &'a str) -> Self {
        Self {
            what,
            is_watched: std::io::stderr().is_terminal(),
            logged: Instant::now(),
        }
    }

    fn waiting(&mut self, began: Instant, plan: &Plan) {
        if began.elapsed() < plan.warmup {
            self.tell("warming up", false);
        }
    }

    fn interval(&mut self, newest: &Interval, plan: &Plan, total: &Slice) -> Result<()> {
        let latencies = newest.slice.all_latencies()?;
        let per_second = |count: u64| {
            let rate = crate::text::per_second(count, plan.interval);
            grouped(rate.unwrap_or(0))
        };
        let ends = newest.begins + plan.interval;
        let line = format!(
            "{:>6.1} s  sent {}/s  answered {}/s  p50 {} us  p99 {} us  max {} us  late {}",
            ends.as_secs_f64(),
            per_second(newest.slice.sent),
            per_second(newest.slice.answered),
            micros(latencies.value_at_quantile(0.5)),
            micros(latencies.value_at_quantile(0.99)),
            micros(latencies.max()),
            grouped(total.late),
        );
        self.tell(&line, true);
        Ok(())
    }

    fn tell(&mut self, line: &str, is_logged: bool) {
        let Self { what, .. } = self;
        let text = if self.is_watched {
            format!("\r\x1b[2K{what}: {line}")
        } else if is_logged && self.logged.elapsed() >= LOG_PERIOD {
            self.logged = Instant::now();
            format!("{what}: {line}\n")
        } else {
            return;
        };
        let mut terminal = std::io::stderr().lock();
        // A terminal that takes nothing any more is no reason to stop.
        if terminal.write_all(text.as_bytes()).is_ok() {
            drop(terminal.flush());
        }
    }
}

impl Drop for Progress<'_> {
    /// Clears the line.
    fn drop(&mut self) {
        if self.is_watched {
            let mut terminal = std::io::stderr().lock();
            drop(terminal.write_all(b"\r\x1b[2K"));
        }
    }
}
