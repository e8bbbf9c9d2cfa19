//! Many histories, on as many threads as the machine has; each history itself is one thread.

use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::history::{History, World};
use crate::oracle::{ANOTHER, GHOST, LOST};
use crate::seen::Counts;

/// Lines of a failed history that are shown without being asked for.
const LINES_SHOWN: usize = 40;

/// How recovery tells of a record whose checksum is right and that cannot be the next one.
const INTACT: &str = "is intact, but this build cannot read it: ";

/// A history that went as it must not.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which.
    pub seed: u64,
    /// In which world.
    pub world: World,
    /// What should not have been.
    pub what: String,
    /// What happened before, line by line.
    pub trace: Vec<String>,
}

impl Failure {
    /// Whether a recovery took other records for the journal than were written: some that had to be there were
    /// gone, or others in their place, or behind them, or it came upon one whose sequence or time does not
    /// follow. That is what comes of a journal whose records are not chained; anything else is another defect.
    pub fn is_of_records(&self) -> bool {
        let verdicts = [LOST, GHOST, ANOTHER];
        let is_out_of_place = |what| self.what.contains(&format!("{INTACT}{what}"));
        verdicts.iter().any(|begin| self.what.starts_with(begin))
            || ["its sequence is", "its time is"]
                .iter()
                .any(is_out_of_place)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = self.trace.len().saturating_sub(LINES_SHOWN);
        if hidden > 0 {
            writeln!(f, "({hidden} lines before these)")?;
        }
        for line in &self.trace[hidden..] {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "history {} failed: {}", self.seed, self.what)?;
        let world = match self.world {
            World::Everything => "",
            World::PowerCuts {
                loses_zeroing: false,
            } => " --world power-cuts",
            World::PowerCuts {
                loses_zeroing: true,
            } => " --world unzeroed-tails",
        };
        write!(
            f,
            "repeat it with: cargo run -p rialto-simulator -- --seed {}{world}",
            self.seed
        )
    }
}

/// Plays the history of one seed. The second part is what happened, if it is to be told.
///
/// # Errors
/// [`Failure`] when something was lost, appeared, or panicked.
pub fn play(seed: u64, world: World, is_traced: bool) -> Result<(Counts, Vec<String>), Failure> {
    let mut history = History::new(seed, world, is_traced);
    let outcome = catch_unwind(AssertUnwindSafe(|| history.play()));
    let what = match outcome {
        Ok(Ok(counts)) => return Ok((counts, history.trace())),
        Ok(Err(what)) => what,
        Err(panic) => format!("panic: {}", text_of(&*panic)),
    };
    Err(Failure {
        seed,
        world,
        what,
        trace: history.trace(),
    })
}

/// What many histories came to.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// How many were played.
    pub history_count: u64,
    /// What happened in those that went well.
    pub counts: Counts,
    /// Those that did not, by seed; the first few of them with their record.
    pub failures: Vec<Failure>,
}

/// Plays the histories of these seeds on all processors. Ends early after `failures_max` failures.
pub fn play_all(seeds: Range<u64>, world: World, failures_max: usize) -> Runs {
    let next = AtomicU64::new(seeds.start);
    let runs = Mutex::new(Runs::default());
    let work = || {
        let mut mine = Runs::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            mine.history_count += 1;
            match play(seed, world, false) {
                Ok((counts, _)) => mine.counts += &counts,
                Err(failure) => mine.failures.push(failure),
            }
            if mine.failures.len() >= failures_max {
                next.store(seeds.end, Ordering::Relaxed);
            }
        }
        let mut runs = runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.history_count += mine.history_count;
        runs.counts += &mine.counts;
        runs.failures.extend(mine.failures);
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut runs = runs.into_inner().unwrap_or_else(PoisonError::into_inner);
    runs.failures.sort_by_key(|failure| failure.seed);
    // The same history once more, this time with a record of what happens.
    for failure in runs.failures.iter_mut().take(1) {
        if let Err(told) = play(failure.seed, world, true) {
            *failure = told;
        }
    }
    runs
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("of no words")
}
