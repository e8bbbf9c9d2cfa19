//! What drives the publisher: takes released events and requests, flushes, idles. On a thread of its own, or where
//! processors are few as a task beside the sessions, on theirs.
//!
//! Events come first: each turn takes a batch of them, then at most a few requests, then flushes, so
//! that questions slow reports down by a bounded part. It ends when it is told to and nothing is left.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use rialto_protocol::EndReason;
use rialto_ring::{EventSource, Probes, Waker};
use rialto_types::{Seq, Timestamp};
use tokio::sync::mpsc;

use super::Publisher;
use crate::clock::now;
use crate::metrics::Metrics;
use crate::request::Request;

/// Events of one turn.
const EVENTS_PER_TURN: usize = 256;
/// Requests of one turn.
const REQUESTS_PER_TURN: usize = 64;
/// The longest sleep while nobody is behind: nothing but a wake-up is waited for.
const SLEEP: Duration = Duration::from_millis(100);
/// The longest sleep while somebody is behind, who does not wake the publisher on catching up.
const SLEEP_BEHIND: Duration = Duration::from_millis(2);

/// Sessions' end of the way to the publisher.
#[derive(Clone, Debug)]
pub(crate) struct RequestSender {
    sender: mpsc::Sender<Request>,
    waker: Waker,
}

impl RequestSender {
    /// Hands in a request; waits while the publisher is behind with earlier ones.
    ///
    /// # Errors
    /// The request itself when the publisher is no more.
    pub(crate) async fn send(&self, request: Request) -> Result<(), Request> {
        self.sender.send(request).await.map_err(|error| error.0)?;
        self.waker.wake();
        Ok(())
    }

    /// Wakes the publisher, for the queue of a session.
    pub(crate) fn waker(&self) -> Waker {
        self.waker.clone()
    }
}

/// What a turn of the publisher came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// There was something to do, and there may be more.
    Busy,
    /// There was nothing to do.
    Idle,
    /// It was the last one.
    Last,
}

/// The publisher with what feeds it.
#[derive(Debug)]
pub(crate) struct Driver<S> {
    publisher: Publisher,
    source: S,
    requests: mpsc::Receiver<Request>,
    stop: Arc<AtomicBool>,
    metrics: Arc<Metrics>,
    probes: Arc<Probes>,
}

impl<S: EventSource> Driver<S> {
    /// A publisher with what feeds it, and the way to it. `requests_max` requests may wait. When `stop`
    /// is set and it is woken it ends all sessions and itself, after the last event.
    pub(crate) fn new(
        publisher: Publisher,
        source: S,
        requests_max: usize,
        stop: Arc<AtomicBool>,
        (metrics, probes): (Arc<Metrics>, Arc<Probes>),
    ) -> (Self, RequestSender) {
        let (sender, requests) = mpsc::channel(requests_max);
        let waker = source.waker();
        let driver = Self {
            publisher,
            source,
            requests,
            stop,
            metrics,
            probes,
        };
        (driver, RequestSender { sender, waker })
    }

    /// Runs until it is stopped, on a thread of its own.
    pub(crate) fn run(mut self) {
        loop {
            match self.turn() {
                Turn::Busy => {}
                Turn::Idle => self.idle(),
                Turn::Last => return self.ended(),
            }
        }
    }

    /// Runs until it is stopped, on a thread of the sessions: they have a turn after each of its own.
    pub(crate) async fn run_beside_sessions(mut self) {
        loop {
            match self.turn() {
                Turn::Busy => tokio::task::yield_now().await,
                Turn::Idle => self.idle_beside_sessions().await,
                Turn::Last => return self.ended(),
            }
        }
    }

    fn ended(&self) {
        tracing::info!(
            seq = self.publisher.models().seq().0,
            "the publisher has ended"
        );
    }

    fn turn(&mut self) -> Turn {
        // Looked at before the ring: what was pushed before the stop is published before the end.
        let stop = self.stop.load(Ordering::Acquire);
        let mut last = None;
        let Self {
            publisher, probes, ..
        } = self;
        let events = self.source.drain(EVENTS_PER_TURN, |event| {
            publisher.event(event);
            let followed = probes.published(event.seq);
            if followed != 0 {
                publisher.mark(followed);
            }
            last = Some((event.seq, event.time));
        });
        let requests = self.take_requests();
        let has_work = events + requests > 0 || self.publisher.has_work();
        if has_work || self.publisher.is_waiting() || self.is_due() {
            self.publisher.flush(now());
        }
        if let Some((seq, time)) = last {
            self.measure(seq, time);
        }
        if events + requests > 0 {
            return Turn::Busy;
        }
        if stop {
            self.publisher.finish(EndReason::ShuttingDown, now());
            return Turn::Last;
        }
        Turn::Idle
    }

    /// Whether something is due that is told only now and then.
    fn is_due(&self) -> bool {
        self.publisher.next_due().is_some_and(|due| due <= now())
    }

    fn take_requests(&mut self) -> usize {
        if !self.publisher.is_between_commands() {
            return 0;
        }
        let mut count = 0;
        while count < REQUESTS_PER_TURN
            && !self.publisher.has_told_enough()
            && let Ok(request) = self.requests.try_recv()
        {
            self.publisher.request(request, now());
            count += 1;
        }
        count
    }

    fn measure(&self, seq: Seq, time: Timestamp) {
        let lag = Duration::from_nanos(now().0.saturating_sub(time.0));
        self.metrics.publish_lag.set(lag.as_secs_f64());
        self.metrics
            .published_seq
            .set(i64::try_from(seq.0).unwrap_or(i64::MAX));
    }

    /// How long there is nothing to do at most, unless somebody wakes it.
    fn at_most(&self) -> Duration {
        let at_most = if self.publisher.is_waiting() {
            SLEEP_BEHIND
        } else {
            SLEEP
        };
        let due = self.publisher.next_due();
        due.map_or(at_most, |due| {
            at_most.min(Duration::from_nanos(due.0.saturating_sub(now().0)))
        })
    }

    /// What events come from, and whether there is something else to do.
    fn awaited(&mut self) -> (&mut S, impl Fn() -> bool) {
        let Self {
            publisher,
            source,
            requests,
            stop,
            ..
        } = self;
        let ready = || {
            let asked = publisher.is_between_commands() && !requests.is_empty();
            asked || publisher.has_work() || stop.load(Ordering::Acquire)
        };
        (source, ready)
    }

    fn idle(&mut self) {
        let at_most = self.at_most();
        let (source, ready) = self.awaited();
        source.idle(at_most, ready);
    }

    /// As [`Self::idle`], giving way to the sessions, and while it spins to whoever wants the processor.
    async fn idle_beside_sessions(&mut self) {
        if self.source.spin() {
            tokio::task::yield_now().await;
            std::thread::yield_now();
            return;
        }
        let at_most = self.at_most();
        let (source, ready) = self.awaited();
        let mut sleeps = false;
        let sleep = poll_fn(|context| {
            if sleeps || source.poll_sleep(context, &ready).is_ready() {
                return Poll::Ready(());
            }
            sleeps = true;
            Poll::Pending
        });
        // A wake-up or the end of the time, whichever comes first.
        let _ = tokio::time::timeout(at_most, sleep).await;
        if !sleeps {
            // There was something to do after all, and whoever waits for what was done before goes first.
            tokio::task::yield_now().await;
        }
    }
}
