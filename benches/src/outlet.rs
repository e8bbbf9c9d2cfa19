//! Where the events of a benchmark go: each is copied to a ring of plain memory, as a publisher's ring
//! would take them. What leaves an engine is part of its work, so it is part of what is timed.

use std::hint::black_box;

use rialto_types::Event;

/// Slots of the ring.
const SLOTS: usize = 1 << 12;

/// A ring of events that nobody reads. Memory is taken when it is made.
#[derive(Debug)]
pub struct Outlet {
    ring: Vec<Event>,
    written: usize,
}

impl Outlet {
    /// An empty ring.
    pub fn new() -> Self {
        Self {
            ring: Vec::with_capacity(SLOTS),
            written: 0,
        }
    }

    /// Copies events to the ring, over the oldest ones. Linear in their count.
    #[inline]
    pub fn copy(&mut self, events: &[Event]) {
        for event in events {
            let at = self.written % SLOTS;
            if at < self.ring.len() {
                self.ring[at] = *event;
            } else {
                self.ring.push(*event);
            }
            self.written += 1;
        }
        black_box(&self.ring);
    }

    /// How many events were copied since the ring was made.
    pub fn count(&self) -> usize {
        self.written
    }
}

impl Default for Outlet {
    fn default() -> Self {
        Self::new()
    }
}
