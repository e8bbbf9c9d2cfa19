//! When frames are to be sent: fixed before the run, whatever the exchange does.
//!
//! That is what makes a loop open: a frame's latency is counted from the time that stands here, so a pause of
//! the exchange is felt by every frame that was due meanwhile, as it would be by clients who do not wait for
//! each other. Times are nanoseconds from the start of the run and never go back.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// How the frames of a run are spread over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Arrivals {
    /// At equal distances
    #[default]
    Even,
    /// At random, independently of each other, as those of many independent clients: bursts occur
    Poisson,
}

/// What one worker of several sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    /// Frames a second of all workers together; above 0.
    pub(crate) frames_per_second: f64,
    /// Which worker it is, from 0.
    pub(crate) worker_index: u32,
    /// How many workers there are; at least 1.
    pub(crate) worker_count: u32,
    /// What random times begin with.
    pub(crate) seed: u64,
}

/// The times at which the frames of one worker are due.
#[derive(Debug)]
pub(crate) struct Schedule {
    kind: Kind,
    /// The time of the next frame, in nanoseconds; a float, so that no rate accumulates an error of rounding.
    next_ns: f64,
}

#[derive(Debug)]
enum Kind {
    Even {
        count: f64,
        first_ns: f64,
        period_ns: f64,
    },
    Poisson {
        mean_ns: f64,
        random: fastrand::Rng,
    },
}

impl Schedule {
    /// The times of a share.
    pub(crate) fn new(arrivals: Arrivals, share: Share) -> Self {
        let between_all_ns = 1e9 / share.frames_per_second;
        let period_ns = between_all_ns * f64::from(share.worker_count);
        match arrivals {
            Arrivals::Even => {
                let first_ns = between_all_ns * f64::from(share.worker_index);
                let kind = Kind::Even {
                    count: 0.0,
                    first_ns,
                    period_ns,
                };
                Self {
                    kind,
                    next_ns: first_ns,
                }
            }
            Arrivals::Poisson => {
                let seed = share.seed.wrapping_add(u64::from(share.worker_index));
                let kind = Kind::Poisson {
                    mean_ns: period_ns,
                    random: fastrand::Rng::with_seed(seed),
                };
                let mut schedule = Self { kind, next_ns: 0.0 };
                schedule.advance();
                schedule
            }
        }
    }

    /// When the next frame is due.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times are positive and a run lasts far less than 2^53 ns"
    )]
    pub(crate) fn next_ns(&self) -> u64 {
        self.next_ns as u64
    }

    /// Goes on to the frame after it.
    pub(crate) fn advance(&mut self) {
        match &mut self.kind {
            Kind::Even {
                count,
                first_ns,
                period_ns,
            } => {
                *count += 1.0;
                self.next_ns = *first_ns + *count * *period_ns;
            }
            Kind::Poisson { mean_ns, random } => {
                // 1 - u lies in (0, 1], so the logarithm is finite.
                self.next_ns += -(1.0 - random.f64()).ln() * *mean_ns;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn times(arrivals: Arrivals, share: Share, count: usize) -> Vec<u64> {
        let mut schedule = Schedule::new(arrivals, share);
        let mut next = || {
            let ns = schedule.next_ns();
            schedule.advance();
            ns
        };
        (0..count).map(|_| next()).collect()
    }

    fn share(worker_index: u32, worker_count: u32) -> Share {
        Share {
            frames_per_second: 3_000.0,
            worker_index,
            worker_count,
            seed: 7,
        }
    }

    #[test]
    fn workers_together_send_at_equal_distances() {
        let mut all: Vec<u64> = (0..3)
            .flat_map(|worker| times(Arrivals::Even, share(worker, 3), 1_000))
            .collect();
        all.sort_unstable();
        let expected: Vec<u64> = (0..3_000_u64).map(|frame| frame * 1_000_000 / 3).collect();
        for (found, expected) in all.iter().zip(&expected) {
            assert!(found.abs_diff(*expected) <= 1, "{found} is not {expected}");
        }
    }

    #[test]
    fn random_arrivals_have_the_rate_and_are_repeatable() {
        let found = times(Arrivals::Poisson, share(0, 1), 30_000);
        assert!(found.windows(2).all(|pair| pair[0] <= pair[1]));
        let seconds = Duration::from_nanos(*found.last().unwrap()).as_secs_f64();
        assert!(
            (9.7..10.3).contains(&seconds),
            "30,000 frames took {seconds} s"
        );
        let distances: Vec<u64> = found.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let shorter = distances.iter().filter(|ns| **ns < 333_333).count();
        // Of an exponential distribution 1 - 1/e lies below the mean.
        let part = shorter * 1_000 / distances.len();
        assert!((610..655).contains(&part), "{part} per mille lie below it");
        assert_eq!(found, times(Arrivals::Poisson, share(0, 1), 30_000));
        assert_ne!(found, times(Arrivals::Poisson, share(1, 2), 30_000));
    }
}
