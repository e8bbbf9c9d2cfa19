//! Which commands of a session are followed by a probe, from their arrival until their report is written.
//!
//! One in so many. A session holds few probes at a time, since they belong to all; one whose report does not come
//! is given up when the next sample is due.

use std::collections::VecDeque;
use std::sync::Arc;

use rialto_ring::{ProbeId, Probes, StageTimes};
use rialto_types::{ClientSeq, KeyId, Timestamp};

/// One command in so many is followed.
const EACH: u32 = 64;
/// Probes that a session holds at a time.
const HELD_MAX: usize = 4;
/// Probes that one holds which asked for its times: half of all.
const HELD_BY_ASKER_MAX: usize = 16;

/// The samples of one session.
#[derive(Debug)]
pub(super) struct Sampler {
    probes: Arc<Probes>,
    /// One command in so many is followed.
    each: u32,
    /// Commands until the next sample.
    left: u32,
    held: VecDeque<(ProbeId, ClientSeq)>,
    held_max: usize,
}

/// Where the time of a command went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Followed {
    pub(super) client_seq: ClientSeq,
    pub(super) times: StageTimes,
}

impl Sampler {
    /// A session begins: its first command is followed.
    pub(super) fn new(probes: Arc<Probes>) -> Self {
        Self {
            probes,
            each: EACH,
            left: 0,
            held: VecDeque::new(),
            held_max: HELD_MAX,
        }
    }

    /// Follows every command, as far as there are probes.
    pub(super) const fn follow_all(&mut self) {
        (self.each, self.left, self.held_max) = (1, 0, HELD_BY_ASKER_MAX);
    }

    /// Whether the client is to be told of what is followed.
    pub(super) const fn is_told(&self) -> bool {
        self.each == 1
    }

    /// A command is about to be submitted: the probe that follows it, if it is its turn and one is free.
    pub(super) fn sample(
        &mut self,
        key: KeyId,
        client_seq: ClientSeq,
        received: Timestamp,
    ) -> Option<ProbeId> {
        let Some(left) = self.left.checked_sub(1) else {
            self.left = self.each - 1;
            if self.held.len() >= self.held_max
                && let Some((oldest, _)) = self.held.pop_front()
            {
                self.probes.give_up(oldest);
            }
            return self.probes.arm(key, client_seq, received);
        };
        self.left = left;
        None
    }

    /// The command was submitted, or it was not.
    pub(super) fn submitted(
        &mut self,
        probe: Option<ProbeId>,
        client_seq: ClientSeq,
        is_taken: bool,
    ) {
        match probe {
            Some(probe) if is_taken => self.held.push_back((probe, client_seq)),
            Some(probe) => self.probes.give_up(probe),
            None => {}
        }
    }

    /// What is written holds the reports that these probes wait for, among others'. Gives what was followed to the
    /// end.
    pub(super) fn written(&mut self, bits: u64) -> impl Iterator<Item = Followed> {
        // Nothing is looked at in the usual case that nothing was followed.
        let rounds = if bits == 0 { 0 } else { self.held.len() };
        (0..rounds).filter_map(move |_| {
            let (probe, client_seq) = self.held.pop_front()?;
            if probe.bit() & bits == 0 {
                self.held.push_back((probe, client_seq));
                return None;
            }
            let times = self.probes.finish(probe)?;
            Some(Followed { client_seq, times })
        })
    }
}

impl Drop for Sampler {
    /// Whoever has gone hears of nothing any more.
    fn drop(&mut self) {
        for (probe, _) in self.held.drain(..) {
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
        sampler.submitted(probe, ClientSeq(client_seq), is_taken);
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
        assert_eq!(sampler.written(!bits).count(), 0);
        assert_eq!(
            counted(&probes),
            0,
            "others' reports, and those of what was never taken"
        );
        assert_eq!(sampler.held.len(), 1);
        let followed: Vec<ClientSeq> = sampler.written(bits).map(|f| f.client_seq).collect();
        assert_eq!(followed, [ClientSeq(64)]);
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

    #[test]
    fn whoever_asks_has_every_command_followed_and_leaves_probes_to_others() {
        let probes = Arc::new(Probes::default());
        let mut sampler = Sampler::new(Arc::clone(&probes));
        sampler.follow_all();
        assert!(sampler.is_told());
        assert!((0..100).all(|number| submit(&mut sampler, number, true)));
        assert_eq!(sampler.held.len(), HELD_BY_ASKER_MAX);
        let mut other = Sampler::new(probes);
        assert!(submit(&mut other, 1, true));
    }
}
