//! A lane: one connection that sends when it is due and records what comes back.
//!
//! Answers are read before anything is sent, and also while a frame does not get out, so two sides that both
//! have much to say do not wait for each other for ever. A frame that was due earlier than it could be sent keeps
//! the time at which it was due: what it waited is part of its latency.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::recorder::Slice;
use super::wire::{Answer, Arrived, Wire};

/// The clock of a run: nanoseconds from its start.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunClock(pub(super) Instant);

impl RunClock {
    pub(super) fn now_ns(self) -> u64 {
        nanos(Instant::now().saturating_duration_since(self.0))
    }
}

/// A duration in nanoseconds.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What a worker's lanes share.
pub(super) struct Desk {
    pub(super) clock: RunClock,
    /// Messages that were due before are not recorded.
    pub(super) measured_from_ns: u64,
    /// When sending ends.
    pub(super) ends_ns: u64,
    /// A frame that goes out so much later than it was due is counted as late.
    pub(super) late_ns: u64,
    /// What is recorded in the present interval.
    pub(super) slice: RefCell<Slice>,
}

/// Frames that are due on a lane: put there by the pacer, taken by the lane.
#[derive(Default)]
pub(super) struct Inbox {
    due: RefCell<VecDeque<u64>>,
    is_closed: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Inbox {
    /// A frame is due since then.
    pub(super) fn push(&self, due_ns: u64) {
        self.due.borrow_mut().push_back(due_ns);
        self.wake();
    }

    /// No frame will follow.
    pub(super) fn close(&self) {
        self.is_closed.set(true);
        self.wake();
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// What decides when a lane sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loop {
    /// A schedule, through the inbox.
    Open,
    /// The answers: so many messages at most are on their way.
    Closed { in_flight: u32 },
}

/// One connection under load.
pub(super) struct Lane<W> {
    pub(super) wire: W,
    pub(super) inbox: Rc<Inbox>,
    pub(super) desk: Rc<Desk>,
    pub(super) pace: Loop,
    /// Messages of a frame.
    pub(super) batch: u32,
    /// Whether a frame is not out yet.
    pub(super) is_flushing: bool,
}

enum Step {
    Arrived(Arrived),
    Due(u64),
    Over,
}

impl<W: Wire> Lane<W> {
    /// Sends what is due until nothing more will be, and everything is answered; gives the wire back.
    pub(super) async fn run(mut self) -> Result<W> {
        loop {
            match std::future::poll_fn(|context| self.poll_step(context)).await? {
                Step::Arrived(Arrived::Answer(answer)) => self.record(answer),
                Step::Arrived(Arrived::Fill) => self.desk.slice.borrow_mut().fills += 1,
                Step::Due(due_ns) => self.send(due_ns)?,
                Step::Over => return Ok(self.wire),
            }
        }
    }

    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Result<Step>> {
        if self.is_flushing && self.wire.poll_flush(context)?.is_ready() {
            self.is_flushing = false;
        }
        if let Poll::Ready(arrived) = self.wire.poll_arrived(context) {
            return Poll::Ready(Ok(Step::Arrived(arrived?)));
        }
        if self.is_flushing {
            return Poll::Pending;
        }
        match self.pace {
            Loop::Open => {
                if let Some(due_ns) = self.inbox.due.borrow_mut().pop_front() {
                    return Poll::Ready(Ok(Step::Due(due_ns)));
                }
            }
            Loop::Closed { in_flight } => {
                let now_ns = self.desk.clock.now_ns();
                if now_ns >= self.desk.ends_ns {
                    self.inbox.is_closed.set(true);
                } else if self.wire.in_flight() + self.batch as usize <= in_flight as usize {
                    return Poll::Ready(Ok(Step::Due(now_ns)));
                }
            }
        }
        if self.inbox.is_closed.get() && self.wire.in_flight() == 0 {
            return Poll::Ready(Ok(Step::Over));
        }
        *self.inbox.waker.borrow_mut() = Some(context.waker().clone());
        Poll::Pending
    }

    fn send(&mut self, due_ns: u64) -> Result<()> {
        let count = u64::from(self.wire.queue_frame(due_ns)?);
        self.is_flushing = true;
        let desk = &self.desk;
        if due_ns >= desk.measured_from_ns {
            let lag_ns = desk.clock.now_ns().saturating_sub(due_ns);
            let mut slice = desk.slice.borrow_mut();
            slice.sent += count;
            slice.lags.saturating_record(lag_ns);
            if lag_ns > desk.late_ns {
                slice.late += count;
            }
        }
        Ok(())
    }

    fn record(&self, answer: Answer) {
        let desk = &self.desk;
        if answer.intended_ns < desk.measured_from_ns {
            return;
        }
        let latency_ns = desk.clock.now_ns().saturating_sub(answer.intended_ns);
        let mut slice = desk.slice.borrow_mut();
        slice.answer(answer.kind, latency_ns);
        if let Some(reason) = answer.refusal {
            slice.refusal(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::recorder::Kind;

    /// Answers each frame when told to, and takes frames only when it is told so too.
    #[derive(Default)]
    struct Slow {
        sent: VecDeque<u64>,
        answers: Rc<Cell<usize>>,
    }

    impl Wire for Slow {
        fn queue_frame(&mut self, intended_ns: u64) -> Result<u32> {
            self.sent.push_back(intended_ns);
            Ok(1)
        }

        fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_arrived(&mut self, context: &mut Context<'_>) -> Poll<Result<Arrived>> {
            if self.answers.get() == 0 || self.sent.is_empty() {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.answers.set(self.answers.get() - 1);
            Poll::Ready(Ok(Arrived::Answer(Answer {
                intended_ns: self.sent.pop_front().unwrap(),
                kind: Kind::Add,
                refusal: None,
            })))
        }

        fn in_flight(&self) -> usize {
            self.sent.len()
        }
    }

    fn lane(started_ago: Duration, pace: Loop) -> (Lane<Slow>, Rc<Desk>, Rc<Cell<usize>>) {
        let desk = Rc::new(Desk {
            clock: RunClock(Instant::now().checked_sub(started_ago).unwrap()),
            measured_from_ns: 1_000_000,
            ends_ns: nanos(started_ago),
            late_ns: 100_000,
            slice: RefCell::new(Slice::new().unwrap()),
        });
        let wire = Slow::default();
        let answers = Rc::clone(&wire.answers);
        let lane = Lane {
            wire,
            inbox: Rc::default(),
            desk: Rc::clone(&desk),
            pace,
            batch: 1,
            is_flushing: false,
        };
        (lane, desk, answers)
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(future)
    }

    #[test]
    fn what_was_due_during_a_pause_is_counted_from_when_it_was_due() {
        // The run has gone on for 50 ms; frames were due at 0, 10, 20 ms and none could be sent before now.
        let (lane, desk, answers) = lane(Duration::from_millis(50), Loop::Open);
        for due_ms in [0, 10, 20] {
            lane.inbox.push(due_ms * 1_000_000);
        }
        lane.inbox.close();
        answers.set(3);
        block_on(lane.run()).unwrap();
        let slice = desk.slice.borrow();
        // The first was due in the warm-up.
        assert_eq!((slice.sent, slice.answered, slice.late), (2, 2, 2));
        let latencies = slice.all_latencies().unwrap();
        assert!(latencies.min() >= 29_000_000, "{}", latencies.min());
        assert!(latencies.max() >= 39_000_000, "{}", latencies.max());
        assert!(slice.lags.min() >= 29_000_000);
    }

    #[test]
    fn a_lane_ends_only_when_everything_is_answered() {
        let (lane, desk, answers) = lane(Duration::from_millis(50), Loop::Open);
        lane.inbox.push(2_000_000);
        lane.inbox.close();
        block_on(async {
            let mut running = std::pin::pin!(lane.run());
            for _ in 0..10 {
                let polled =
                    std::future::poll_fn(|context| Poll::Ready(running.as_mut().poll(context)));
                assert!(polled.await.is_pending());
            }
            assert_eq!(desk.slice.borrow().answered, 0);
            answers.set(1);
            running.await.unwrap();
        });
        assert_eq!(desk.slice.borrow().answered, 1);
    }

    #[test]
    fn a_closed_loop_keeps_so_many_on_their_way_and_ends_in_time() {
        let (mut lane, desk, answers) =
            lane(Duration::from_millis(50), Loop::Closed { in_flight: 3 });
        // An hour is left.
        let hour_ns = 3_600_000_000_000;
        let desk = Rc::new(Desk {
            clock: desk.clock,
            measured_from_ns: 0,
            ends_ns: hour_ns,
            late_ns: 100_000,
            slice: RefCell::new(Slice::new().unwrap()),
        });
        lane.desk = Rc::clone(&desk);
        block_on(async {
            let mut running = std::pin::pin!(lane.run());
            for (answered, sent) in [(0, 3), (0, 3), (2, 5), (1, 6)] {
                answers.set(answered);
                let polled =
                    std::future::poll_fn(|context| Poll::Ready(running.as_mut().poll(context)));
                assert!(polled.await.is_pending());
                assert_eq!(desk.slice.borrow().sent, sent);
            }
        });
    }
}
