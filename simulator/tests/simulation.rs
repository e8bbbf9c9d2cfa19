//! The simulator's own tests: three thousand histories, of which each kind of fault and of outcome is seen; and
//! what it has found, as scenarios.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use rialto_journal::{
    Durability, ExchangeId, InlineSegments, OpenOptions, Record, Recovered, Recovery, SegmentBytes,
};
use rialto_reference::scenario::{Profile, SHARD, generate};
use rialto_simulator::disk::{Disk, Plan, SimulatedStorage};
use rialto_simulator::{Counts, World, play, play_all};
use rialto_types::Seq;

/// Histories of a day; with `RIALTO_SOAK` forty times as many. The rarest thing that must be seen happens once in six
/// hundred.
const HISTORIES: u64 = 3_000;
/// Of each world of power cuts alone.
const POWER_HISTORIES: u64 = 300;

fn soaked(count: u64) -> u64 {
    let is_soak = std::env::var("RIALTO_SOAK").is_ok_and(|value| value == "1");
    if is_soak { count * 40 } else { count }
}

fn play_many(count: u64, world: World) -> Counts {
    let runs = play_all(0..soaked(count), world, 1);
    if let Some(failure) = runs.failures.first() {
        panic!("{failure}");
    }
    println!("{} histories\n{}", runs.history_count, runs.counts);
    runs.counts
}

#[test]
fn nothing_acknowledged_is_lost_and_every_fault_is_met() {
    let counts = play_many(HISTORIES, World::Everything);
    let never = counts.never();
    assert!(never.is_empty(), "the simulator is blind to: {never:?}");
}

#[test]
fn power_cuts_alone_never_halt_a_recovery() {
    for loses_zeroing in [false, true] {
        play_many(POWER_HISTORIES, World::PowerCuts { loses_zeroing });
    }
}

#[test]
fn a_seed_gives_the_same_history_again() {
    for seed in 0..20 {
        let first = play(seed, World::Everything, true).expect("histories go well");
        let second = play(seed, World::Everything, true).expect("histories go well");
        assert_eq!(first, second, "seed {seed}");
        assert!(first.1.len() > 5, "a history is told line by line");
    }
}

/// A journal on a simulated disk and what was written to it.
struct Journal {
    storage: SimulatedStorage,
    written: Vec<Record>,
}

impl Journal {
    fn new(seed: u64, plan: Plan) -> Self {
        let mut disk = Disk::new(seed, plan, false);
        disk.arm(false);
        Self {
            storage: SimulatedStorage::new(disk),
            written: Vec::new(),
        }
    }

    fn recover(&self) -> (Vec<Record>, Recovered<SimulatedStorage>) {
        let options = OpenOptions {
            shard: SHARD,
            rules_version: 1,
            new_exchange_id: ExchangeId([7; 16]),
            after: Seq(0),
        };
        let mut recovery = Recovery::open(Arc::new(self.storage.clone()), options).unwrap();
        let mut found = Vec::new();
        while let Some(record) = recovery.next().unwrap() {
            found.push(record);
        }
        (found, recovery.finish().unwrap())
    }

    /// Writes a group of `count` commands; the last sync fails if `fails`.
    fn write(&mut self, recovered: Recovered<SimulatedStorage>, count: usize, fails: bool) {
        let segment_bytes = SegmentBytes::new(8 * 4_096).unwrap();
        let segments = InlineSegments::new(Arc::new(self.storage.clone()), segment_bytes);
        let mut writer = recovered
            .into_writer(Durability::Durable, Box::new(segments))
            .unwrap();
        for step in generate(1, &Profile::ALL[0], count) {
            let record = Record {
                seq: writer.tip().seq.next(),
                time: step.time.max(writer.tip().time),
                input: step.input,
            };
            writer
                .append(record.seq, record.time, &record.input)
                .unwrap();
            self.written.push(record);
        }
        self.storage.disk().arm(fails);
        assert_eq!(writer.sync().is_err(), fails);
        self.storage.disk().arm(false);
    }
}

/// A sync that fails leaves pages that count as written, and are not. The next life finds them in the
/// system's memory, goes on from there and acknowledges; it must have written them again.
#[test]
fn what_a_failed_sync_left_in_memory_is_written_before_anybody_builds_on_it() {
    let plan = Plan {
        sync_error: 10_000,
        ..Plan::default()
    };
    for seed in 0..20 {
        let mut journal = Journal::new(seed, plan);
        let (_, recovered) = journal.recover();
        journal.write(recovered, 150, true);
        journal.storage.disk().kill();
        let (found, recovered) = journal.recover();
        assert_eq!(found, journal.written, "the process died, and nothing else");
        journal.write(recovered, 10, false);
        journal.storage.disk().cut_power();
        assert_eq!(journal.recover().0, journal.written, "seed {seed}");
    }
}
