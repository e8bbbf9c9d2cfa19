//! What a lane of a load sends to and hears from: an exchange, or an echo beside it.
//!
//! The lane knows when to send and what to record; a wire knows what a frame holds and which answer belongs to
//! which message. All of it is polled, because a lane reads answers also while the other side does not read.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use anyhow::Result;

use super::recorder::Kind;

/// An answer to one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// When the message was to be sent, in nanoseconds from the start of the run.
    pub(super) intended_ns: u64,
    /// What it was.
    pub(super) kind: Kind,
    /// The code of the reason, when it was refused.
    pub(super) refusal: Option<u8>,
}

/// What arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// The answer to a message.
    Answer(Answer),
    /// That an order traded, which is not the first answer to it.
    Fill,
}

/// One connection that takes messages and answers each.
pub(super) trait Wire {
    /// Queues one frame of as many messages as a frame has; returns how many.
    fn queue_frame(&mut self, intended_ns: u64) -> Result<u32>;

    /// Sends what is queued.
    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<()>>;

    /// The next thing that arrives.
    fn poll_arrived(&mut self, context: &mut Context<'_>) -> Poll<Result<Arrived>>;

    /// Messages sent and not answered yet.
    fn in_flight(&self) -> usize;
}

/// A message that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) intended_ns: u64,
    pub(super) kind: Kind,
}

/// Messages that wait for answers, by their numbers, which count up. Answers may come in another order: a
/// refusal of the gate overtakes what the core still works on.
#[derive(Debug, Default)]
pub(super) struct Outstanding {
    /// The number of the first place.
    first: u64,
    places: VecDeque<Option<Pending>>,
    count: usize,
}

impl Outstanding {
    /// A message was sent under this number, which is above all earlier ones.
    pub(super) fn sent(&mut self, number: u64, pending: Pending) {
        if self.places.is_empty() {
            self.first = number;
        }
        while self.first + (self.places.len() as u64) < number {
            self.places.push_back(None);
        }
        self.places.push_back(Some(pending));
        self.count += 1;
    }

    /// The message of this number is answered; `None` when it is not waited for.
    pub(super) fn answered(&mut self, number: u64) -> Option<Pending> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let pending = self.places.get_mut(at)?.take()?;
        self.count -= 1;
        while let Some(None) = self.places.front() {
            self.places.pop_front();
            self.first += 1;
        }
        Some(pending)
    }

    /// How many wait.
    pub(super) const fn count(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(intended_ns: u64) -> Pending {
        Pending {
            intended_ns,
            kind: Kind::Add,
        }
    }

    #[test]
    fn answers_are_found_in_any_order_and_once() {
        let mut outstanding = Outstanding::default();
        assert!(outstanding.answered(5).is_none());
        for number in [5, 6, 9] {
            outstanding.sent(number, pending(number * 10));
        }
        assert_eq!(outstanding.count(), 3);
        assert!(outstanding.answered(7).is_none(), "was never sent");
        let intended = |found: Option<Pending>| found.map(|pending| pending.intended_ns);
        assert_eq!(intended(outstanding.answered(6)), Some(60));
        assert!(outstanding.answered(6).is_none());
        assert_eq!(intended(outstanding.answered(5)), Some(50));
        assert_eq!(outstanding.count(), 1);
        assert_eq!(intended(outstanding.answered(9)), Some(90));
        assert_eq!((outstanding.count(), outstanding.places.len()), (0, 0));
        outstanding.sent(20, pending(1));
        assert_eq!(intended(outstanding.answered(20)), Some(1));
    }
}
