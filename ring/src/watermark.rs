//! Up to which command outputs may be published.
//!
//! The journal moves it: to the last record written, or to the last record synced, as the durability
//! mode says. The event ring's reader holds back every event above it, so nobody hears of an order
//! that a crash could still undo. The core does not wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;
use rialto_types::Seq;

use crate::Waker;

/// A journal sequence that only rises, shared by the journal (one writer) and the publisher.
#[derive(Clone, Debug)]
pub struct Watermark {
    seq: Arc<CachePadded<AtomicU64>>,
    /// Wakes the publisher, which may sleep over events that were not yet releasable.
    waker: Waker,
}

impl Watermark {
    pub(crate) fn new(start: Seq, waker: Waker) -> Self {
        Self {
            seq: Arc::new(CachePadded::new(AtomicU64::new(start.0))),
            waker,
        }
    }

    /// States that every command up to and including `seq` may be published. A lower `seq` than
    /// before changes nothing.
    #[inline]
    pub fn publish(&self, seq: Seq) {
        // One writer, so that load and store cannot interleave with another's.
        if seq.0 > self.seq.load(Ordering::Relaxed) {
            self.seq.store(seq.0, Ordering::Release);
            self.waker.wake();
        }
    }

    /// The last command that may be published.
    #[inline]
    pub fn get(&self) -> Seq {
        Seq(self.seq.load(Ordering::Acquire))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdleStrategy, idle_pair};

    #[test]
    fn it_only_rises() {
        let (_idler, waker) = idle_pair(IdleStrategy::Economy);
        let watermark = Watermark::new(Seq(5), waker);
        watermark.publish(Seq(7));
        watermark.publish(Seq(6));
        assert_eq!(watermark.get(), Seq(7));
    }
}
