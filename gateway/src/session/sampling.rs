//! Which commands of a session are followed by a probe, from their arrival until their report is written.
//!
//! One in so many. A session holds few probes at a time, since they belong to all; while it holds as many as it may, no
//! further command is followed, so that slow moments are not the ones left out. One whose report does not come within a
//! second is given up when the next sample is due.

use std::collections::VecDeque;
use std::sync::Arc;

use rialto_ring::{ProbeId, Probes, StageTimes};
use rialto_types::{ClientSeq, KeyId, Timestamp};

/// One command in so many is followed.
const EACH: u32 = 64;
/// Probes that a session holds at a time.
const HELD_MAX: usize = 4;
/// A probe that was held for so long, in nanoseconds, is given up when another one is wanted.
const PATIENCE_NS: u64 = 1_000_000_000;
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
    /// The oldest first.
    held: VecDeque<Held>,
    held_max: usize,
}

/// A command on its way.
#[derive(Debug)]
struct Held {
    probe: ProbeId,
    client_seq: ClientSeq,
    received: Timestamp,
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
            if self.held.len() >= self.held_max {
                let is_lost = |oldest: &mut Held| received.0 > oldest.received.0 + PATIENCE_NS;
                let lost = self.held.pop_front_if(is_lost)?;
                self.probes.give_up(lost.probe);
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
        (client_seq, received): (ClientSeq, Timestamp),
        is_taken: bool,
    ) {
        match probe {
            Some(probe) if is_taken => self.held.push_back(Held {
                probe,
                client_seq,
                received,
            }),
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
            let held = self.held.pop_front()?;
            // What was queued before this probe was taken may name it for an earlier command.
            if held.probe.bit() & bits == 0 || !self.probes.is_published(&held.probe) {
                self.held.push_back(held);
                return None;
            }
            let times = self.probes.finish(held.probe)?;
            Some(Followed {
                client_seq: held.client_seq,
                times,
            })
        })
    }
}

impl Drop for Sampler {
    /// Whoever has gone hears of nothing any more.
    fn drop(&mut self) {
        for held in self.held.drain(..) {
            self.probes.give_up(held.probe);
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

    /// Submits a command, ten milliseconds after the one before; whether it is followed.
    fn submit(sampler: &mut Sampler, client_seq: u64, is_taken: bool) -> bool {
        let (number, received) = (ClientSeq(client_seq), Timestamp(client_seq * 10_000_000));
        let probe = sampler.sample(KeyId(1), number, received);
        let is_followed = probe.is_some();
        sampler.submitted(probe, (number, received), is_taken);
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
        let what = "others' reports, and what an earlier use of a probe has left";
        assert_eq!((counted(&probes), sampler.held.len()), (0, 4), "{what}");
        let followed: Vec<ClientSeq> = sampler.written(bits).map(|f| f.client_seq).collect();
        assert_eq!(followed, [ClientSeq(64)]);
        assert_eq!((counted(&probes), sampler.held.len()), (1, 3));
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
        let followed = (0..150_u64).filter(|number| submit(&mut sampler, *number, true));
        // None of a burst is dropped for a later one; what was never answered is, after a second.
        let expected = (0..16).chain(101..117);
        assert!(followed.eq(expected));
        assert_eq!(sampler.held.len(), HELD_BY_ASKER_MAX);
        let mut other = Sampler::new(probes);
        assert!(submit(&mut other, 1, true));
    }
}
