//! Probes: where the time of an order goes, measured on a few of them.
//!
//! A session that samples one of its commands claims a probe and arms it with the command's key and number. The
//! core, the journal and the publisher note the time when they meet that command; the session notes when its
//! report lies in the socket, adds the stages up in histograms, and gives the probe back. So nothing travels with
//! a command, and a command that nobody samples costs each thread one look at a number that seldom changes:
//!
//! | who | looks at | each |
//! | --- | --- | --- |
//! | core | the armed probes | command |
//! | core or journal thread | the taken ones | batch |
//! | publisher | the taken ones | event |
//!
//! A probe goes one way round: free, claimed, armed, taken, free. There are few: when all are in use, the next
//! command is not sampled. Nobody waits, and nothing is locked. Times are those of the machine's clock; a sample
//! that the clock was set back during is left out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crossbeam_utils::CachePadded;
use rialto_types::{ClientSeq, Input, KeyId, Seq, Timestamp};

/// Commands that can be sampled at the same time.
const PROBE_COUNT: usize = 32;
/// What stands for a sequence that is not known yet.
const UNKNOWN: u64 = u64::MAX;

/// The stages of an order, in its order.
pub const STAGES: [&str; 6] = ["gate", "ring_in", "core", "journal", "ring_out", "send"];

/// Upper ends of the buckets of stage times, in nanoseconds; longer ones are counted in one more.
pub const STAGE_BOUNDS_NS: [u64; 16] = [
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    20_000_000,
    100_000_000,
    1_000_000_000,
];

/// The moments that a probe notes; each stage lies between two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
enum Moment {
    /// The frame was there.
    Received,
    /// The gate has let the command pass, and it goes into the ring.
    Gated,
    /// The core has it.
    Taken,
    /// It is applied, and its events go into the event ring.
    Applied,
    /// The journal has it, so that outputs may be told.
    Journaled,
    /// The publisher has its first event.
    Published,
}

const MOMENTS: usize = 6;

/// How long each stage of one command took, in nanoseconds, in the order of [`STAGES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageTimes(pub [u64; STAGES.len()]);

#[derive(Debug)]
struct Probe {
    key: AtomicU64,
    client_seq: AtomicU64,
    /// The command's number, once the core has given it one.
    seq: AtomicU64,
    /// By [`Moment`]; 0 while it has not come.
    moments: [AtomicU64; MOMENTS],
}

impl Probe {
    const fn new() -> Self {
        Self {
            key: AtomicU64::new(0),
            client_seq: AtomicU64::new(0),
            seq: AtomicU64::new(UNKNOWN),
            moments: [const { AtomicU64::new(0) }; MOMENTS],
        }
    }

    fn note(&self, moment: Moment, at: Timestamp) {
        self.moments[moment as usize].store(at.0, Ordering::Relaxed);
    }
}

/// Buckets of one stage.
#[derive(Debug, Default)]
struct Buckets {
    counts: [AtomicU64; STAGE_BOUNDS_NS.len() + 1],
    sum_ns: AtomicU64,
}

/// What a histogram of one stage holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageHistogram {
    /// One of [`STAGES`].
    pub stage: &'static str,
    /// How many times at most as long as the bound of the same place; the last beyond all.
    pub counts: [u64; STAGE_BOUNDS_NS.len() + 1],
    /// All of them together.
    pub total: Duration,
}

/// The probes of an exchange, shared by all its threads.
#[derive(Debug)]
pub struct Probes {
    /// A bit for each probe whose command is on its way to the core.
    armed: CachePadded<AtomicU64>,
    /// A bit for each probe whose command the core has, and of which nobody is told yet.
    taken: CachePadded<AtomicU64>,
    /// A bit for each probe that somebody uses.
    used: CachePadded<AtomicU64>,
    all: [CachePadded<Probe>; PROBE_COUNT],
    stages: [Buckets; STAGES.len()],
}

impl Default for Probes {
    fn default() -> Self {
        Self {
            armed: CachePadded::default(),
            taken: CachePadded::default(),
            used: CachePadded::default(),
            all: std::array::from_fn(|_| CachePadded::new(Probe::new())),
            stages: std::array::from_fn(|_| Buckets::default()),
        }
    }
}

/// A probe that was claimed. Given back by [`Probes::finish`] or [`Probes::give_up`].
#[derive(Debug, PartialEq, Eq)]
pub struct ProbeId(u8);

impl ProbeId {
    /// Its place in a set of probes.
    pub const fn bit(&self) -> u64 {
        1 << self.0
    }
}

impl Probes {
    /// Claims a probe for a command that is about to be submitted, and arms it; `None` when all are in use.
    pub fn arm(&self, key: KeyId, client_seq: ClientSeq, received: Timestamp) -> Option<ProbeId> {
        let used = self.used.load(Ordering::Relaxed);
        let free = (!used).trailing_zeros();
        if free as usize >= PROBE_COUNT {
            return None;
        }
        let bit = 1_u64 << free;
        // Whoever loses this race does without a sample.
        let claimed =
            self.used
                .compare_exchange(used, used | bit, Ordering::Acquire, Ordering::Relaxed);
        claimed.ok()?;
        let probe = &self.all[free as usize];
        probe.key.store(u64::from(key.0), Ordering::Relaxed);
        probe.client_seq.store(client_seq.0, Ordering::Relaxed);
        probe.seq.store(UNKNOWN, Ordering::Relaxed);
        for moment in &probe.moments {
            moment.store(0, Ordering::Relaxed);
        }
        probe.note(Moment::Received, received);
        probe.note(Moment::Gated, now());
        self.armed.fetch_or(bit, Ordering::Release);
        u8::try_from(free).ok().map(ProbeId)
    }

    /// The core has a command: notes it if it is sampled, under the number it will have. To be called before the
    /// number is journaled.
    #[inline]
    pub fn taken(&self, input: &Input, seq: Seq) {
        let armed = self.armed.load(Ordering::Acquire);
        if armed != 0 {
            self.find(armed, input, seq);
        }
    }

    #[cold]
    fn find(&self, armed: u64, input: &Input, seq: Seq) {
        for (bit, probe) in self.of(armed) {
            let is_it = probe.key.load(Ordering::Relaxed) == u64::from(input.key.0)
                && probe.client_seq.load(Ordering::Relaxed) == input.client_seq.0;
            if is_it {
                probe.note(Moment::Taken, now());
                probe.seq.store(seq.0, Ordering::Relaxed);
                self.armed.fetch_and(!bit, Ordering::Relaxed);
                self.taken.fetch_or(bit, Ordering::Release);
            }
        }
    }

    /// The core has applied everything up to this command, and its events are about to go out.
    #[inline]
    pub fn applied(&self, seq: Seq) {
        self.note_up_to(seq, Moment::Applied);
    }

    /// The journal has everything up to this command.
    #[inline]
    pub fn journaled(&self, seq: Seq) {
        self.note_up_to(seq, Moment::Journaled);
    }

    #[inline]
    fn note_up_to(&self, seq: Seq, moment: Moment) {
        let taken = self.taken.load(Ordering::Acquire);
        if taken != 0 {
            self.note_each_up_to(taken, seq, moment);
        }
    }

    #[cold]
    fn note_each_up_to(&self, taken: u64, seq: Seq, moment: Moment) {
        for (_, probe) in self.of(taken) {
            let is_over = probe.seq.load(Ordering::Relaxed) <= seq.0;
            if is_over && probe.moments[moment as usize].load(Ordering::Relaxed) == 0 {
                probe.note(moment, now());
            }
        }
    }

    /// The publisher has an event of this command: the probes of it, as bits, for whoever tells it.
    #[inline]
    pub fn published(&self, seq: Seq) -> u64 {
        let taken = self.taken.load(Ordering::Acquire);
        if taken == 0 {
            return 0;
        }
        self.find_published(taken, seq)
    }

    #[cold]
    fn find_published(&self, taken: u64, seq: Seq) -> u64 {
        let mut found = 0;
        for (bit, probe) in self.of(taken) {
            if probe.seq.load(Ordering::Relaxed) == seq.0 {
                probe.note(Moment::Published, now());
                self.taken.fetch_and(!bit, Ordering::Relaxed);
                found |= bit;
            }
        }
        found
    }

    /// Whether the publisher has met the command.
    pub fn is_published(&self, id: &ProbeId) -> bool {
        let published = &self.all[usize::from(id.0)].moments[Moment::Published as usize];
        published.load(Ordering::Relaxed) != 0
    }

    /// The report lies in the socket: counts the stages and gives the probe back. `None` when the sample is worth
    /// nothing, because a moment is missing or the clock was set back.
    pub fn finish(&self, id: ProbeId) -> Option<StageTimes> {
        let times = self.all[usize::from(id.0)].times(now());
        self.give_up(id);
        let times = times?;
        for (buckets, ns) in self.stages.iter().zip(times.0) {
            let found = STAGE_BOUNDS_NS.iter().position(|bound| ns <= *bound);
            let place = found.unwrap_or(STAGE_BOUNDS_NS.len());
            buckets.counts[place].fetch_add(1, Ordering::Relaxed);
            buckets.sum_ns.fetch_add(ns, Ordering::Relaxed);
        }
        Some(times)
    }

    /// Gives a probe back without counting anything: its command was not submitted, or its session has ended.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "who gives a probe back has it no more"
    )]
    pub fn give_up(&self, id: ProbeId) {
        let bit = id.bit();
        self.armed.fetch_and(!bit, Ordering::Relaxed);
        self.taken.fetch_and(!bit, Ordering::Relaxed);
        self.used.fetch_and(!bit, Ordering::Release);
    }

    /// The histograms of all stages, as of now.
    pub fn histograms(&self) -> impl Iterator<Item = StageHistogram> {
        STAGES.iter().zip(&self.stages).map(|(stage, buckets)| {
            let count = |place: usize| buckets.counts[place].load(Ordering::Relaxed);
            StageHistogram {
                stage,
                counts: std::array::from_fn(count),
                total: Duration::from_nanos(buckets.sum_ns.load(Ordering::Relaxed)),
            }
        })
    }

    /// The probes of a set.
    fn of(&self, mut bits: u64) -> impl Iterator<Item = (u64, &Probe)> {
        std::iter::from_fn(move || {
            let place = bits.trailing_zeros() as usize;
            let probe = self.all.get(place)?;
            bits &= bits - 1;
            Some((1_u64 << place, &**probe))
        })
    }
}

impl Probe {
    fn times(&self, sent: Timestamp) -> Option<StageTimes> {
        let at = |moment: Moment| self.moments[moment as usize].load(Ordering::Relaxed);
        let applied = at(Moment::Applied);
        let ends = [
            at(Moment::Received),
            at(Moment::Gated),
            at(Moment::Taken),
            applied,
            // In `written` mode the core journals before it applies: no time of its own.
            at(Moment::Journaled).max(applied),
            at(Moment::Published),
            sent.0,
        ];
        let is_whole = !ends.contains(&0) && at(Moment::Journaled) != 0;
        let mut times = StageTimes::default();
        for (stage, pair) in times.0.iter_mut().zip(ends.windows(2)) {
            *stage = pair[1].checked_sub(pair[0])?;
        }
        is_whole.then_some(times)
    }
}

/// The machine's clock.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    // A clock before 1970 counts as the epoch.
    let ns = since.map_or(0, |since| since.as_nanos());
    Timestamp(u64::try_from(ns).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_types::Command;

    fn input(key: u32, client_seq: u64) -> Input {
        Input {
            key: KeyId(key),
            client_seq: ClientSeq(client_seq),
            command: Command::Tick,
        }
    }

    fn armed(probes: &Probes, client_seq: u64) -> ProbeId {
        probes.arm(KeyId(7), ClientSeq(client_seq), now()).unwrap()
    }

    fn counted(probes: &Probes) -> Vec<u64> {
        let histograms = probes.histograms();
        histograms
            .map(|histogram| histogram.counts.iter().sum())
            .collect()
    }

    #[test]
    fn a_command_is_followed_from_its_frame_to_the_socket() {
        let probes = Probes::default();
        let id = armed(&probes, 3);
        probes.taken(&input(7, 2), Seq(10));
        probes.taken(&input(8, 3), Seq(11));
        assert_eq!(probes.published(Seq(11)), 0, "somebody else's");
        probes.taken(&input(7, 3), Seq(12));
        probes.journaled(Seq(12));
        probes.applied(Seq(12));
        assert_eq!(probes.published(Seq(11)), 0);
        assert_eq!(probes.published(Seq(12)), id.bit());
        assert_eq!(probes.published(Seq(12)), 0, "told once");
        let times = probes.finish(id).unwrap();
        assert_eq!(times.0[3], 0, "journaled before it was applied");
        assert_eq!(counted(&probes), [1; STAGES.len()]);
        assert_eq!(probes.used.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_is_not_whole_is_not_counted() {
        let probes = Probes::default();
        let id = armed(&probes, 1);
        assert_eq!(probes.finish(id), None, "it was never taken");
        let id = probes
            .arm(KeyId(7), ClientSeq(2), Timestamp(u64::MAX))
            .unwrap();
        probes.taken(&input(7, 2), Seq(1));
        probes.applied(Seq(1));
        probes.journaled(Seq(1));
        probes.published(Seq(1));
        assert_eq!(probes.finish(id), None, "received after it was sent");
        assert_eq!(counted(&probes), [0; STAGES.len()]);
    }

    #[test]
    fn when_all_are_in_use_nothing_is_sampled() {
        let probes = Probes::default();
        let ids: Vec<ProbeId> = (0..PROBE_COUNT as u64).map(|n| armed(&probes, n)).collect();
        assert!(probes.arm(KeyId(7), ClientSeq(99), now()).is_none());
        let bits: u64 = ids.iter().map(ProbeId::bit).sum();
        assert_eq!(
            bits.count_ones() as usize,
            PROBE_COUNT,
            "each is another one"
        );
        for id in ids {
            probes.give_up(id);
        }
        assert!(probes.arm(KeyId(7), ClientSeq(99), now()).is_some());
        assert_eq!(probes.armed.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn many_threads_never_share_a_probe() {
        let probes = Probes::default();
        let held = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for key in 0..4 {
                let (probes, held) = (&probes, &held);
                scope.spawn(move || {
                    for number in 0..5_000 {
                        let Some(id) = probes.arm(KeyId(key), ClientSeq(number), now()) else {
                            continue;
                        };
                        let before = held.fetch_or(id.bit(), Ordering::AcqRel);
                        assert_eq!(before & id.bit(), 0, "two hold the same probe");
                        held.fetch_and(!id.bit(), Ordering::AcqRel);
                        probes.give_up(id);
                    }
                });
            }
        });
        assert_eq!(probes.used.load(Ordering::Relaxed), 0);
    }
}
