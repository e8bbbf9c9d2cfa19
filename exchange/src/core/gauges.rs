//! What the core tells about itself, for metrics: a few atomics, written once a batch.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rialto_types::Seq;

/// Counts and levels of the core thread.
#[derive(Debug, Default)]
pub struct CoreGauges {
    seq: AtomicU64,
    open_orders: AtomicU64,
    event_ring_waits: AtomicU64,
    journal_waits: AtomicU64,
    recovery_ns: AtomicU64,
    recovered_commands: AtomicU64,
}

impl CoreGauges {
    /// The last command applied.
    pub fn seq(&self) -> Seq {
        Seq(self.seq.load(Ordering::Relaxed))
    }

    /// Open orders, waiting stops included.
    pub fn open_orders(&self) -> u64 {
        self.open_orders.load(Ordering::Relaxed)
    }

    /// How often the core waited for the publisher to make room.
    pub fn event_ring_waits(&self) -> u64 {
        self.event_ring_waits.load(Ordering::Relaxed)
    }

    /// How often the core found the journal's ring full and tried again.
    pub fn journal_waits(&self) -> u64 {
        self.journal_waits.load(Ordering::Relaxed)
    }

    /// How long the recovery took.
    pub fn recovery(&self) -> Duration {
        Duration::from_nanos(self.recovery_ns.load(Ordering::Relaxed))
    }

    /// Commands that it replayed.
    pub fn recovered_commands(&self) -> u64 {
        self.recovered_commands.load(Ordering::Relaxed)
    }

    pub(crate) fn recovered(&self, took: Duration, command_count: u64) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.recovery_ns.store(ns, Ordering::Relaxed);
        self.recovered_commands
            .store(command_count, Ordering::Relaxed);
    }

    pub(crate) fn applied(&self, seq: Seq, open_orders: usize) {
        self.seq.store(seq.0, Ordering::Relaxed);
        self.open_orders
            .store(open_orders as u64, Ordering::Relaxed);
    }

    pub(crate) fn waited_for_publisher(&self) {
        self.event_ring_waits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn waited_for_journal(&self) {
        self.journal_waits.fetch_add(1, Ordering::Relaxed);
    }
}
