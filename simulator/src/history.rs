//! One history: an exchange's lives, one ended after the other, on a disk with faults.
//!
//! A life is a recovery, then commands, turns of the journal, snapshots and the removal of old segments in
//! any order, until the machine dies, a fault stops the writer, or the life has been long enough. Then
//! comes a kill or a power cut. In the end the disk is made to behave, and everything is compared once
//! more. Clients that were not answered send again, or do not.

use std::sync::Arc;

use anyhow::Result;
use rialto_exchange::recovery::{Hearers, Replay, Restored};
use rialto_journal::{Durability, ExchangeId, Record, SegmentBytes};
use rialto_reference::scenario::{Profile, SHARD, SplitMix64, Step, generate};
use rialto_types::{ClientSeq, Command, Input, KeyId, Seq, Timestamp};

use crate::archive::Shelf;
use crate::candles;
use crate::disk::{Disk, PAGE_BYTES, Plan, SimulatedStorage};
use crate::operator;
use crate::oracle::{Crash, Due, Oracle};
use crate::process::{Process, Settings, UNSYNCED_MAX};
use crate::seen::{Counts, Seen};

/// The directory of snapshots.
const SNAPSHOTS: &str = rialto_journal::layout::SNAPSHOTS;
/// No history has more lives.
const LIVES_MAX: u32 = 14;
/// The first commands set up a market; without them all others are refused.
const FOUNDING: usize = 60;
/// An hour, in ns.
const HOUR: i64 = 3_600_000_000_000;
/// Nothing but the passing of time: what the core journals by itself when an order expires.
const TICK: Input = Input {
    key: KeyId::VENUE,
    client_seq: ClientSeq(0),
    command: Command::Tick,
};

/// Which faults histories have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// Every kind, as the seed decides.
    Everything,
    /// Kills and power cuts alone.
    PowerCuts {
        /// The zeros over tails are never written, as if the journal did not zero them.
        loses_zeroing: bool,
    },
}

/// How a life ended, if not by an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Everything is on the disk.
    Closed,
    /// In the middle of something.
    Running,
}

/// An exchange and everybody around it.
pub struct History {
    pub(crate) random: SplitMix64,
    pub(crate) storage: SimulatedStorage,
    pub(crate) oracle: Oracle,
    pub(crate) shelf: Option<Shelf>,
    /// The highest sequence that the disk stated as synced before a recovery touched it, where it has
    /// changed something by itself.
    pub(crate) proof: Option<Seq>,
    exchange_id: ExchangeId,
    script: Vec<Step>,
    /// The next command that clients send.
    next: usize,
    /// Which commands of the script are in the journal.
    is_there: Vec<bool>,
    durability: Durability,
    /// By how much the machine's clock is wrong.
    skew: i64,
    may_jump: bool,
    is_damaged: bool,
    plan: Plan,
    /// How the last life ended; what the next recovery finds depends on it.
    crash: Crash,
    is_starting: bool,
}

impl History {
    /// The history of this seed.
    pub fn new(seed: u64, world: World, is_traced: bool) -> Self {
        let mut random = SplitMix64::new(seed);
        let plan = match world {
            World::Everything => Plan::random(&mut random),
            World::PowerCuts { loses_zeroing } => Plan::power_only(&mut random, loses_zeroing),
        };
        let profile = Profile::ALL[random.index(Profile::ALL.len())];
        let count = FOUNDING + random.index(240);
        let script = generate(random.next_u64(), &profile, count);
        let mut exchange_id = *b"simulated       ";
        exchange_id[8..].copy_from_slice(&random.next_u64().to_le_bytes());
        let shelf = random.percent(50).then(Shelf::default);
        let mut disk = Disk::new(random.next_u64(), plan, is_traced);
        disk.note(|| format!("{count} commands, profile {}, {plan:?}", profile.name));
        Self {
            storage: SimulatedStorage::new(disk),
            oracle: Oracle::default(),
            shelf,
            proof: None,
            exchange_id: ExchangeId(exchange_id),
            is_there: vec![false; script.len()],
            script,
            next: 0,
            durability: Durability::Durable,
            skew: 0,
            may_jump: random.percent(40),
            is_damaged: false,
            plan,
            crash: Crash::PowerCut,
            is_starting: true,
            random,
        }
    }

    /// Plays it to its end.
    ///
    /// # Errors
    /// What should not have been.
    pub fn play(&mut self) -> Result<Counts, String> {
        for life in 0..LIVES_MAX {
            if self.next >= self.script.len() && self.random.percent(50) {
                break;
            }
            let operations = match self.random.weighted(&[25, 65, 10]) {
                0 => self.random.range(1, 20),
                1 => self.random.range(20, 400),
                _ => i64::MAX,
            };
            self.storage.disk().start(operations.unsigned_abs());
            self.note(|| format!("life {life}"));
            self.is_starting = true;
            let outcome = self.live();
            self.end_life(outcome)?;
        }
        self.finish()?;
        let mut counts = self.storage.disk().counts().clone();
        counts.add_many(Seen::DuplicateRefused, self.oracle.duplicates_refused());
        Ok(counts)
    }

    /// What the disk noted.
    pub fn trace(&self) -> Vec<String> {
        self.storage.disk().trace().to_vec()
    }

    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        self.storage.disk().note(line);
    }

    pub(crate) fn count(&self, what: Seen) {
        self.storage.disk().counts_mut().add(what);
    }

    pub(crate) fn count_many(&self, what: Seen, count: u64) {
        self.storage.disk().counts_mut().add_many(what, count);
    }

    /// One life, to its end or to the error that ended it. The inner error is a verdict.
    fn live(&mut self) -> Result<Result<End>, String> {
        let damaged = self.look_for_damage();
        let due = Due::All(self.crash);
        let (restored, due) = match self.recover() {
            Ok(restored) if damaged => {
                let due = operator::due_of_damaged(self, restored.state.seq(), due)?;
                (restored, due)
            }
            Ok(restored) => (restored, due),
            Err(error) if self.is_explained() => return Ok(Err(error)),
            Err(error) if damaged => operator::mend(self, &error, due)?,
            Err(error) => return Err(format!("recovery refuses an honest disk: {error:#}")),
        };
        self.judge(&restored, due)?;
        let settings = self.settings();
        let process = match Process::start(restored, settings) {
            Ok(process) => process,
            Err(error) => return Ok(Err(error)),
        };
        self.is_starting = false;
        self.run(process, settings.wall)
    }

    /// Whether the disk has changed something by itself since a recovery was last judged. What it can prove is
    /// looked at before a recovery touches it.
    fn look_for_damage(&mut self) -> bool {
        self.is_damaged |= self.storage.disk().is_damaged();
        if self.is_damaged {
            self.proof = operator::highest_proof(&self.storage);
        }
        self.is_damaged
    }

    /// Recovers as the product does.
    pub(crate) fn recover(&mut self) -> Result<Restored<SimulatedStorage>> {
        self.storage.take_over()?;
        let storage = Arc::new(self.storage.clone());
        let snapshots = self.storage.directory(SNAPSHOTS);
        let id = self.exchange_id;
        let seed = self.hash_seed();
        Replay::over(storage, SHARD, || Ok(id))?.run_with(
            &snapshots,
            seed,
            Hearers::default(),
            |_, _| Ok(()),
        )
    }

    pub(crate) fn hash_seed(&mut self) -> rialto_engine::HashSeed {
        rialto_engine::HashSeed([self.random.next_u64(), self.random.next_u64()])
    }

    /// Compares what a recovery came to with what must be there.
    pub(crate) fn judge(
        &mut self,
        restored: &Restored<SimulatedStorage>,
        due: Due,
    ) -> Result<(), String> {
        let image = restored.state.exchange.image();
        let found = image.seq;
        self.note(|| {
            let tail = restored.journal.tail().is_some();
            let from = restored.snapshot;
            format!("  recovered {found}, from a snapshot at {from}, tail cut off: {tail}")
        });
        let verdict = self.oracle.judge(&image, due)?;
        self.is_damaged = false;
        self.count(Seen::Recovered);
        let remembers = candles::check(&restored.state, self.oracle.records())?;
        if restored.snapshot > Seq(0) {
            self.count(Seen::FromSnapshot);
            self.count(if remembers {
                Seen::CandlesRemembered
            } else {
                Seen::CandlesForgotten
            });
        }
        if self.newest_snapshot() > restored.snapshot {
            self.count(Seen::SnapshotPassedOver);
        }
        if restored.journal.tail().is_some() {
            self.count(Seen::TailCut);
        }
        self.count_many(Seen::SurvivedUntold, verdict.untold);
        if due == Due::All(Crash::PowerCut) {
            self.count_many(Seen::WrittenLost, verdict.told_lost);
        }
        self.is_there.fill(false);
        for step in self.oracle.admitted_steps() {
            self.is_there[step] = true;
        }
        self.send_again(&verdict.lost, &verdict.untold_steps);
        Ok(())
    }

    /// The newest snapshot by its name, good or not.
    fn newest_snapshot(&self) -> Seq {
        let disk = self.storage.disk();
        let name = disk.last_name("snapshots/", ".snapshot");
        name.map(snapshot_seq).unwrap_or_default()
    }

    /// Clients that were not answered send again, or give up. What founds the market is always sent again.
    fn send_again(&mut self, lost: &[usize], untold: &[usize]) {
        let first_lost = lost.iter().min().copied();
        let first_untold = untold.iter().min().copied();
        let is_patient = self.random.percent(50);
        let from = match (first_lost, first_untold) {
            (lost, Some(untold)) if is_patient => {
                Some(lost.map_or(untold, |lost| lost.min(untold)))
            }
            (Some(lost), _) if is_patient || lost < FOUNDING => Some(lost),
            _ => None,
        };
        self.next = from.map_or(self.next, |from| from.min(self.next));
    }

    fn settings(&mut self) -> Settings {
        let pages = self.random.range(2, 5).unsigned_abs();
        let bytes = SegmentBytes::new(pages * PAGE_BYTES as u64);
        self.durability = if self.random.percent(35) {
            Durability::Written
        } else {
            Durability::Durable
        };
        if self.may_jump && self.random.percent(40) {
            let jump = self.random.range(-HOUR, HOUR);
            self.skew += jump;
            self.count(if jump < 0 {
                Seen::ClockBack
            } else {
                Seen::ClockForward
            });
        }
        let settings = Settings {
            durability: self.durability,
            segment_bytes: bytes.expect("whole pages, at least two"),
            batch_max: 1 + self.random.index(64),
            wall: Timestamp(self.script_time().saturating_add_signed(self.skew)),
        };
        self.note(|| format!("  {settings:?}"));
        settings
    }

    /// When the next command was meant to be sent.
    fn script_time(&self) -> u64 {
        let step = self.script.get(self.next).or(self.script.last());
        step.map_or(0, |step| step.time.0)
    }

    /// Whether the machine died, or the process was told of a fault, since the life began.
    fn is_explained(&self) -> bool {
        let disk = self.storage.disk();
        disk.is_gone() || disk.told_count() > 0
    }

    fn run(&mut self, mut process: Process, wall: Timestamp) -> Result<Result<End>, String> {
        let started = wall.0.saturating_add_signed(-self.skew);
        let actions = self.random.range(2, 60);
        for _ in 0..actions {
            let elapsed = self.script_time().saturating_sub(started);
            process.set_elapsed(elapsed);
            let errors = self.sync_errors();
            let done = match self.random.weighted(&[40, 25, 12, 6, 6, 4]) {
                0 => self.send_batch(&mut process),
                1 => process.turn().map(drop),
                2 => {
                    process.work_beside();
                    Ok(())
                }
                3 => self.tick(&mut process),
                4 => operator::take_snapshot(self),
                _ => operator::retire(self),
            };
            self.tell(&mut process)?;
            self.note(|| format!("  told up to {}", self.oracle.told_count()));
            if let Err(error) = done {
                if !process.is_stopped() && !self.is_explained() {
                    return Err(format!("a healthy disk, and yet: {error:#}"));
                }
                if process.is_stopped() {
                    self.check_stopped(&mut process)?;
                    return Ok(Err(error));
                }
                if self.sync_errors() > errors {
                    // Nobody goes on with a disk that has failed to sync: the restart writes again what may
                    // not be there, and a second attempt at the snapshot would not.
                    return Ok(Err(error));
                }
                // Another failure of a snapshot or a removal does not end the exchange.
                self.note(|| format!("  {error:#}"));
            }
            if self.storage.disk().is_gone() {
                return Ok(Ok(End::Running));
            }
        }
        if !self.random.percent(35) {
            return Ok(Ok(End::Running));
        }
        match process.close() {
            Ok(last) => {
                self.oracle.synced(last);
                Ok(Ok(End::Closed))
            }
            Err(error) => Ok(Err(error)),
        }
    }

    fn sync_errors(&self) -> u64 {
        self.storage.disk().counts().of(Seen::SyncError)
    }

    fn send_batch(&mut self, process: &mut Process) -> Result<()> {
        while process.unsynced() >= UNSYNCED_MAX {
            if !process.turn()? {
                break;
            }
        }
        let count = 1 + self.random.index(40);
        let first = process.seq().next();
        self.note(|| {
            format!(
                "  up to {count} commands from {first} on, at {}",
                process.time()
            )
        });
        for _ in 0..count {
            let Some(step) = self.script.get(self.next).copied() else {
                break;
            };
            process.step(&step.input)?;
            let record = Record {
                seq: process.seq(),
                time: process.time(),
                input: step.input,
            };
            let is_numbered = step.input.key != KeyId::VENUE && !step.input.is_unnumbered();
            let is_duplicate = is_numbered && self.is_there[self.next];
            self.oracle.taken(record, Some(self.next), is_duplicate);
            self.is_there[self.next] = true;
            self.next += 1;
            self.count(Seen::Sent);
        }
        process.end_batch()
    }

    fn tick(&mut self, process: &mut Process) -> Result<()> {
        let before = process.seq();
        let ticked = process.tick();
        if process.seq() > before {
            let record = Record {
                seq: process.seq(),
                time: process.time(),
                input: TICK,
            };
            self.oracle.taken(record, None, false);
        }
        ticked
    }

    /// The publisher tells clients what may be told.
    fn tell(&mut self, process: &mut Process) -> Result<(), String> {
        // A machine that is dead tells nobody anything.
        if self.storage.disk().is_gone() {
            return Ok(());
        }
        let is_durable = self.durability == Durability::Durable;
        let before = self.oracle.told_count();
        let mut outcome = Ok(());
        process.drain(|event| {
            if outcome.is_ok() {
                outcome = self.oracle.told(event, is_durable);
            }
        });
        let told = self.oracle.told_count() - before;
        self.count_many(Seen::Acknowledged, told as u64);
        outcome
    }

    /// A journal that has failed takes nothing and publishes nothing more.
    fn check_stopped(&mut self, process: &mut Process) -> Result<(), String> {
        // The core thread ends its batch, and with it goes out what was written before the failure.
        let _ = process.end_batch();
        self.tell(process)?;
        let published = process.published();
        let input = TICK;
        for _ in 0..3 {
            let is_taken = process.step(&input).is_ok();
            let is_turned = matches!(process.turn(), Ok(true));
            let _ = process.end_batch();
            if is_taken || is_turned || process.published() != published {
                return Err(format!(
                    "the journal has failed at {published}, and goes on: a command taken: {is_taken}, \
                     a group committed: {is_turned}, published {}",
                    process.published()
                ));
            }
        }
        self.count(Seen::Stopped);
        Ok(())
    }

    /// What became of a life, and the crash after it.
    fn end_life(&mut self, outcome: Result<Result<End>, String>) -> Result<(), String> {
        let is_closed = match outcome? {
            Ok(end) => end == End::Closed,
            Err(error) => {
                self.note(|| format!("  ended by: {error:#}"));
                if !self.is_explained() {
                    return Err(format!("a healthy disk, and yet: {error:#}"));
                }
                if self.is_starting {
                    self.count(Seen::RecoveryInterrupted);
                }
                false
            }
        };
        if is_closed {
            self.count(Seen::Closed);
            self.note(|| "  closed".to_owned());
        }
        let mut disk = self.storage.disk();
        if self.random.percent(35) {
            disk.kill();
            // What an earlier power cut took away is still to be judged, if no recovery came so far.
            if !self.is_starting {
                self.crash = Crash::Kill;
            }
        } else {
            disk.cut_power();
            self.crash = Crash::PowerCut;
        }
        Ok(())
    }

    /// The disk behaves from now on: everything must be there, and stay so.
    fn finish(&mut self) -> Result<(), String> {
        self.storage.disk().arm(false);
        for _ in 0..2 {
            let mut disk = self.storage.disk();
            disk.start(u64::MAX);
            disk.note(|| "the disk behaves from now on".to_owned());
            drop(disk);
            self.look_for_damage();
            let mut disk = self.storage.disk();
            // A copy is of one moment: no snapshot in it is newer than its journal.
            let last = self.oracle.records().count() as u64;
            disk.forget(|name| snapshot_seq(name) > Seq(last));
            disk.restore_from_copy();
            drop(disk);
            let due = Due::All(self.crash);
            let (restored, due) = match self.recover() {
                Ok(restored) if self.is_damaged => {
                    let due = operator::due_of_damaged(self, restored.state.seq(), due)?;
                    (restored, due)
                }
                Ok(restored) => (restored, due),
                Err(error) if self.is_damaged => operator::mend(self, &error, due)?,
                Err(error) => {
                    return Err(format!("recovery refuses a disk that behaves: {error:#}"));
                }
            };
            self.storage.disk().arm(false);
            self.judge(&restored, due)?;
            drop(restored);
            self.storage.disk().cut_power();
            self.crash = Crash::PowerCut;
        }
        if self.plan.is_silent() {
            // What stands before a snapshot may be damaged, and nobody has looked at it.
            return Ok(());
        }
        operator::check_records(self)
    }
}

/// The sequence of a snapshot by its name on the disk; 0 for any other file.
fn snapshot_seq(name: &str) -> Seq {
    let name = name.strip_prefix("snapshots/");
    name.and_then(rialto_journal::layout::snapshot_seq)
        .unwrap_or_default()
}
