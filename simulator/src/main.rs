//! `rialto-simulator`: plays one history and tells it, or many and counts.

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use rialto_simulator::{Failure, World, play, play_all};

/// Failures that are named besides the first, which is told.
const FAILURES_SHOWN: usize = 40;

/// Plays histories of an exchange on a disk with faults. A seed decides everything.
#[derive(Debug, Parser)]
#[command(name = "rialto-simulator", version, about)]
struct Arguments {
    /// Play this history alone, and tell it line by line
    #[arg(long, conflicts_with_all = ["count", "first"])]
    seed: Option<u64>,
    /// How many histories to play
    #[arg(long, default_value_t = 1_000)]
    count: u64,
    /// The seed of the first of them
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// What the machine's faults are
    #[arg(long, value_enum, default_value_t = WorldName::Everything)]
    world: WorldName,
    /// Play on after a failure, and count the histories that fail
    #[arg(long)]
    keep_going: bool,
    /// Succeed if, and only if, some history fails and every one that does has lost records or found others
    /// than were written: for the build in which the chain of the journal is planted away
    #[arg(long)]
    expect_failure: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WorldName {
    /// Every kind of fault
    Everything,
    /// Kills and power cuts alone
    PowerCuts,
    /// Kills and power cuts, and a journal that does not zero the tails that it cuts off
    UnzeroedTails,
}

impl From<WorldName> for World {
    fn from(name: WorldName) -> Self {
        match name {
            WorldName::Everything => Self::Everything,
            WorldName::PowerCuts => Self::PowerCuts {
                loses_zeroing: false,
            },
            WorldName::UnzeroedTails => Self::PowerCuts {
                loses_zeroing: true,
            },
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let failures = match arguments.seed {
        Some(seed) => tell_one(seed, arguments.world.into()),
        None => tell_many(&arguments),
    };
    let outcome = if arguments.expect_failure {
        as_planted(&failures)
    } else if failures.is_empty() {
        Ok(())
    } else {
        Err(None)
    };
    if let Err(Some(what)) = &outcome {
        println!("{what}");
    }
    outcome.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

/// Whether the failures are those of the planted fault; if not, what they should have been.
fn as_planted(failures: &[Failure]) -> Result<(), Option<String>> {
    if failures.is_empty() {
        return Err(Some("no history failed, and some should have".to_owned()));
    }
    let mut others = failures.iter().filter(|failure| !failure.is_of_records());
    others.next().map_or(Ok(()), |other| {
        Err(Some(format!(
            "history {} failed otherwise than by records that are lost or others than were written: {}",
            other.seed, other.what
        )))
    })
}

/// Returns the history if it has failed.
fn tell_one(seed: u64, world: World) -> Vec<Failure> {
    match play(seed, world, true) {
        Ok((counts, trace)) => {
            for line in trace {
                println!("{line}");
            }
            println!("history {seed} went as it must\n{counts}");
            Vec::new()
        }
        Err(mut failure) => {
            for line in std::mem::take(&mut failure.trace) {
                println!("{line}");
            }
            println!("{failure}");
            vec![failure]
        }
    }
}

/// Returns the histories that have failed.
fn tell_many(arguments: &Arguments) -> Vec<Failure> {
    // A panic of the product is a finding, told with the seed; where it was is told by that seed alone.
    std::panic::set_hook(Box::new(|_| {}));
    let started = Instant::now();
    let seeds = arguments.first..arguments.first.saturating_add(arguments.count);
    let failures_max = if arguments.keep_going { usize::MAX } else { 1 };
    let runs = play_all(seeds, arguments.world.into(), failures_max);
    let took_s = started.elapsed().as_secs_f32();
    println!("{}", runs.counts);
    for failure in runs.failures.iter().skip(1).take(FAILURES_SHOWN) {
        println!("history {} failed: {}", failure.seed, failure.what);
    }
    if let Some(failure) = runs.failures.first() {
        println!("{failure}");
    }
    println!(
        "{} histories in {took_s:.1} s, {} failed",
        runs.history_count,
        runs.failures.len()
    );
    runs.failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_failures_of_the_planted_fault_are_as_expected() {
        let failed = |what: &str| Failure {
            seed: 7,
            world: World::Everything,
            what: what.to_owned(),
            trace: Vec::new(),
        };
        let lost = || failed("lost: 9 commands were acknowledged");
        let ghost = || failed("ghost: recovery found 9 commands");
        let another = || failed("another state after command 9");
        let replaced = || failed("another record: the journal holds 1 where 2 was taken");
        let stale = failed(
            "recovery refuses an honest disk: record 1 at byte 8 of 1.segment is intact, but this build \
             cannot read it: its sequence is 1, after 140 in the record before",
        );
        assert_eq!(
            as_planted(&[lost(), ghost(), another(), replaced(), stale]),
            Ok(())
        );
        let none = as_planted(&[]).unwrap_err();
        assert_eq!(
            none.as_deref(),
            Some("no history failed, and some should have")
        );
        for other in [
            "panic: lost: time",
            "recovery refuses an honest disk: record 1 is intact, but this build cannot read it: its kind",
        ] {
            let told = as_planted(&[lost(), failed(other)]).unwrap_err().unwrap();
            assert!(told.contains("history 7") && told.contains(other), "{told}");
        }
    }
}
