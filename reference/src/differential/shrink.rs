//! Makes a failing sequence small: leaves out ever smaller runs of steps as long as it still fails
//! (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002).

use super::{Subject, run};
use crate::scenario::Step;

/// The most trials, so that a slow subject does not shrink for ever.
const TRIALS_MAX: usize = 3_000;

/// A part of `steps` that still makes the subject differ in some way, from which hardly any single step
/// can be left out. `steps` itself when they do not make it differ. Cost: up to some thousand runs.
pub fn shrink<S: Subject>(new: &impl Fn() -> S, steps: &[Step]) -> Vec<Step> {
    let mut best = steps.to_vec();
    if !upto_difference(new, &mut best) {
        return best;
    }
    let mut trials = 0;
    let mut chunk = best.len().div_ceil(2);
    while chunk > 0 {
        let mut start = best.len();
        // From the end to the beginning: what sets up the world goes last.
        while start > 0 && trials < TRIALS_MAX {
            start = start.saturating_sub(chunk);
            let end = (start + chunk).min(best.len());
            let mut trial = best.clone();
            trial.drain(start..end);
            trials += 1;
            if upto_difference(new, &mut trial) {
                best = trial;
                start = start.min(best.len());
            }
        }
        chunk = if chunk == 1 { 0 } else { chunk.div_ceil(2) };
    }
    best
}

/// Whether the steps make the subject differ; if so, cuts them after the step at which it shows.
fn upto_difference<S: Subject>(new: &impl Fn() -> S, steps: &mut Vec<Step>) -> bool {
    match run(new, steps, 1) {
        Ok(()) => false,
        Err(found) => {
            steps.truncate(found.step + 1);
            true
        }
    }
}
