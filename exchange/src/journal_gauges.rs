//! What is known about the journal besides its writing, for metrics: snapshots, the speed of a replay,
//! free space. A few atomics, written by whoever learns something.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rialto_journal::JournalGauge;
use rialto_types::Seq;

/// What is taken for the speed of a replay before one was measured.
const COMMANDS_PER_SECOND: u64 = 1_000_000;
/// Shorter replays say little about the speed of longer ones.
const COMMANDS_TO_MEASURE: u64 = 500_000;

/// Counts and levels of snapshots and of the disk.
#[derive(Debug, Default)]
pub struct JournalGauges {
    snapshot_seq: AtomicU64,
    snapshots_taken: AtomicU64,
    snapshots_failed: AtomicU64,
    snapshot_ns: AtomicU64,
    commands_per_second: AtomicU64,
    free_bytes: AtomicU64,
    writer: OnceLock<JournalGauge>,
}

impl JournalGauges {
    /// The last command of the newest good snapshot; 0 without one.
    pub fn snapshot_seq(&self) -> Seq {
        Seq(self.snapshot_seq.load(Ordering::Relaxed))
    }

    /// Snapshots taken since the start.
    pub fn snapshots_taken(&self) -> u64 {
        self.snapshots_taken.load(Ordering::Relaxed)
    }

    /// Snapshots that could not be taken since the start.
    pub fn snapshots_failed(&self) -> u64 {
        self.snapshots_failed.load(Ordering::Relaxed)
    }

    /// How long the last one took.
    pub fn snapshot_took(&self) -> Duration {
        Duration::from_nanos(self.snapshot_ns.load(Ordering::Relaxed))
    }

    /// How many commands a replay gets through in a second: the fastest that was measured, because a
    /// slower one had to share the machine.
    pub fn commands_per_second(&self) -> u64 {
        match self.commands_per_second.load(Ordering::Relaxed) {
            0 => COMMANDS_PER_SECOND,
            measured => measured,
        }
    }

    /// Bytes that are free on the journal's disk, as of the last look.
    pub fn free_bytes(&self) -> u64 {
        self.free_bytes.load(Ordering::Relaxed)
    }

    /// The journal thread's own counts; `None` in `written` mode, and before the journal is open.
    pub fn writer(&self) -> Option<&JournalGauge> {
        self.writer.get()
    }

    pub(crate) fn writes(&self, gauge: JournalGauge) {
        // There is one journal; a second one would be another process.
        self.writer.get_or_init(|| gauge);
    }

    pub(crate) fn snapshot_found(&self, seq: Seq) {
        self.snapshot_seq.store(seq.0, Ordering::Relaxed);
    }

    pub(crate) fn snapshot_taken(&self, seq: Seq, took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.snapshot_ns.store(ns, Ordering::Relaxed);
        self.snapshot_seq.store(seq.0, Ordering::Relaxed);
        self.snapshots_taken.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot_failed(&self) {
        self.snapshots_failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn replayed(&self, command_count: u64, took: Duration) {
        let ns = took.as_nanos().max(1);
        if command_count < COMMANDS_TO_MEASURE {
            return;
        }
        let speed = u128::from(command_count) * 1_000_000_000 / ns;
        let speed = u64::try_from(speed).unwrap_or(u64::MAX).max(1);
        self.commands_per_second.fetch_max(speed, Ordering::Relaxed);
    }

    pub(crate) fn free(&self, bytes: u64) {
        self.free_bytes.store(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_long_replay_counts() {
        let gauges = JournalGauges::default();
        gauges.replayed(1_000, Duration::from_nanos(1));
        assert_eq!(gauges.commands_per_second(), COMMANDS_PER_SECOND);
        gauges.replayed(4_000_000, Duration::from_secs(2));
        gauges.replayed(4_000_000, Duration::from_secs(4));
        assert_eq!(gauges.commands_per_second(), 2_000_000);
    }
}
