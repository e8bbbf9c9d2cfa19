//! The longest latency at each moment of a round, and what several rounds have in common.
//!
//! What is measured stops the core at the same moment of each round; a host that takes processors away does so at any.
//! So of each part of the way the least of all rounds counts, and of these the longest.

use std::time::Duration;

use anyhow::{Context, Result};

/// Parts of a round that are compared.
const PARTS: usize = 50;

/// The longest latency of each millisecond of a round.
#[derive(Default)]
pub(crate) struct Course {
    longest: Vec<Duration>,
    current: Duration,
}

impl Course {
    /// A command took so long.
    pub(crate) fn record(&mut self, latency: Duration) {
        self.current = self.current.max(latency);
    }

    /// A millisecond of commands is over.
    pub(crate) fn end_millisecond(&mut self) {
        self.longest.push(std::mem::take(&mut self.current));
    }

    /// The longest of the whole round.
    fn longest(&self) -> Duration {
        self.longest.iter().max().copied().unwrap_or_default()
    }

    /// The longest in a part of the way.
    fn longest_in(&self, part: usize) -> Option<Duration> {
        let bound = |part: usize| self.longest.len() * part / PARTS;
        let stretch = self.longest.get(bound(part)..bound(part + 1))?;
        stretch.iter().max().copied()
    }
}

/// The longest wait that all rounds have in common, as the module says, and the part of the way in which it is.
fn in_common(rounds: &[Course]) -> Result<(Duration, usize)> {
    let least = |part| {
        let longest = rounds.iter().map(|round| round.longest_in(part));
        Some((longest.min()??, part))
    };
    let longest = (0..PARTS).filter_map(least).max();
    longest.context("each round has some milliseconds in each part")
}

/// Prints it.
pub(crate) fn tell(what: &str, rounds: &[Course]) -> Result<()> {
    let (longest, part) = in_common(rounds)?;
    let mut each: Vec<_> = rounds.iter().map(Course::longest).collect();
    each.sort_unstable();
    println!(
        "  {what}: {longest:.1?} in the worst part of the way, {part} of {PARTS}, the least of {} rounds; the longest \
         of each {each:.1?}",
        rounds.len()
    );
    Ok(())
}
