//! Where the events of a benchmark go: each is copied to a ring of plain memory, as a publisher's ring
//! would take them. What leaves an engine is part of its work, so it is part of what is timed.

use std::hint::black_box;

use rialto_engine::EventBuffer;
use rialto_types::Event;

/// Slots of the ring: as many events as a publisher that keeps up leaves in it, and no more, because a
/// ring that nobody reads would only push everything else out of the caches.
const SLOTS: usize = 1 << 10;
/// Events that come together before they are copied, as the core thread does.
const BATCH: usize = 64;
/// Events that are copied by one call: below the size from which the C library leaves it to the processor's microcode, which
/// is slow to begin.
const COPIED: usize = 8;

/// A ring of events that nobody reads. Memory is taken when it is made.
#[derive(Debug)]
pub struct Outlet {
    ring: Vec<Event>,
}

impl Outlet {
    /// An empty ring.
    pub fn new() -> Self {
        Self {
            ring: Vec::with_capacity(SLOTS),
        }
    }

    /// Takes the events out of a buffer when a batch of them has come together, and copies them to the
    /// ring, over the oldest ones. Linear in their count.
    #[inline]
    pub fn take(&mut self, events: &mut EventBuffer) {
        if events.len() >= BATCH {
            self.copy(events.as_slice());
            events.clear();
        }
    }

    fn copy(&mut self, events: &[Event]) {
        for batch in events.chunks(COPIED) {
            if self.ring.len() + batch.len() > SLOTS {
                self.ring.clear();
            }
            self.ring.extend_from_slice(batch);
        }
        black_box(&self.ring);
    }
}

impl Default for Outlet {
    fn default() -> Self {
        Self::new()
    }
}
