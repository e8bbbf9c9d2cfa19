//! Which commands of a session are followed by a probe, from their arrival until their report is written.
//!
//! One in so many. A session holds few probes at a time, since they belong to all; one whose report does not come
//! is given up when the next sample is due.

use std::collections::VecDeque;
use std::sync::Arc;

use rialto_ring::{ProbeId, Probes};
use rialto_types::{ClientSeq, KeyId, Timestamp};

/// One command in so many is followed.
const EACH: u32 = 64;
/// Probes that a session holds at a time.
const HELD_MAX: usize = 4;

/// The samples of one session.
#[derive(Debug)]
pub(super) struct Sampler {
    probes: Arc<Probes>,
    /// Commands until the next sample.
    left: u32,
    held: VecDeque<ProbeId>,
}

impl Sampler {
    /// A session begins: its first command is followed.
    pub(super) fn new(probes: Arc<Probes>) -> Self {
        Self {
            probes,
            left: 0,
            held: VecDeque::new(),
        }
    }

    /// A command is about to be submitted: the probe that follows it, if it is its turn and one is free.
    pub(super) fn sample(
        &mut self,
        key: KeyId,
        client_seq: ClientSeq,
        received: Timestamp,
    ) -> Option<ProbeId> {
        let Some(left) = self.left.checked_sub(1) else {
            self.left = EACH - 1;
            if self.held.len() >= HELD_MAX
                && let Some(oldest) = self.held.pop_front()
            {
                self.probes.give_up(oldest);
            }
            return self.probes.arm(key, client_seq, received);
        };
        self.left = left;
        None
    }

    /// The command was submitted, or it was not.
    pub(super) fn submitted(&mut self, probe: Option<ProbeId>, is_taken: bool) {
        match probe {
            Some(probe) if is_taken => self.held.push_back(probe),
            Some(probe) => self.probes.give_up(probe),
            None => {}
        }
    }

    /// What is written holds the reports that these probes wait for, among others'.
    pub(super) fn written(&mut self, bits: u64) {
        if bits == 0 {
            return;
        }
        for _ in 0..self.held.len() {
            let Some(probe) = self.held.pop_front() else {
                return;
            };
            if probe.bit() & bits == 0 {
                self.held.push_back(probe);
            } else {
                self.probes.finish(probe);
            }
        }
    }
}

impl Drop for Sampler {
    /// Whoever has gone hears of nothing any more.
    fn drop(&mut self) {
        for probe in self.held.drain(..) {
            self.probes.give_up(probe);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_types::{Command, Input, Seq};

    fn counted(probes: &Probes) -> u64 {
        probes.histograms().next().unwrap().counts.iter().sum()
    }

    /// Submits a command; whether it is followed.
    fn submit(sampler: &mut Sampler, client_seq: u64, is_taken: bool) -> bool {
        let probe = sampler.sample(KeyId(1), ClientSeq(client_seq), Timestamp(1));
        let is_followed = probe.is_some();
        sampler.submitted(probe, is_taken);
        is_followed
    }

    #[test]
    fn one_in_so_many_is_followed_and_counted_when_its_own_report_is_written() {
        let probes = Arc::new(Probes::default());
        let mut sampler = Sampler::new(Arc::clone(&probes));
        let followed: Vec<u64> = (0..200)
            .filter(|number| submit(&mut sampler, *number, true))
            .collect();
        assert_eq!(followed, [0, 64, 128, 192]);
        let input = |client_seq| Input {
            key: KeyId(1),
            client_seq: ClientSeq(client_seq),
            command: Command::Tick,
        };
        probes.taken(&input(64), Seq(5));
        probes.journaled(Seq(5));
        probes.applied(Seq(5));
        let bits = probes.published(Seq(5));
        sampler.written(!bits);
        assert_eq!(
            counted(&probes),
            0,
            "others' reports, and those of what was never taken"
        );
        assert_eq!(sampler.held.len(), 1);
        sampler.written(bits);
        assert_eq!((counted(&probes), sampler.held.len()), (1, 0));
    }

    #[test]
    fn no_probe_is_kept_for_ever() {
        let probes = Arc::new(Probes::default());
        let mut sampler = Sampler::new(Arc::clone(&probes));
        for number in 0..64 * 100 {
            let is_taken = number % 128 == 0;
            assert_eq!(submit(&mut sampler, number, is_taken), number % 64 == 0);
        }
        assert!(sampler.held.len() <= HELD_MAX);
        drop(sampler);
        for number in 0..32 {
            assert!(
                probes
                    .arm(KeyId(1), ClientSeq(number), Timestamp(1))
                    .is_some()
            );
        }
    }
}
