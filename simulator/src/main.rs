//! `rialto-simulator`: plays one history and tells it, or many and counts.

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use rialto_simulator::{World, play, play_all};

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
    /// Succeed if, and only if, some history fails: for a build in which a fault was planted
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
    let has_failed = match arguments.seed {
        Some(seed) => tell_one(seed, arguments.world.into()),
        None => tell_many(&arguments),
    };
    if has_failed == arguments.expect_failure {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Returns whether the history has failed.
fn tell_one(seed: u64, world: World) -> bool {
    match play(seed, world, true) {
        Ok((counts, trace)) => {
            for line in trace {
                println!("{line}");
            }
            println!("history {seed} went as it must\n{counts}");
            false
        }
        Err(mut failure) => {
            for line in std::mem::take(&mut failure.trace) {
                println!("{line}");
            }
            println!("{failure}");
            true
        }
    }
}

/// Returns whether some history has failed.
fn tell_many(arguments: &Arguments) -> bool {
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
    !runs.failures.is_empty()
}
