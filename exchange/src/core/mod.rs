//! The core: takes commands from the rings, stamps, journals and applies them, hands on the events.
//!
//! [`Core`] is the logic, one command at a time; [`thread`] is the loop that drives it. In between
//! stands nothing: what [`Core::step`] does is all that happens to a command between the two rings.
//!
//! Invariants: a command is journaled before it is applied; an event leaves only after its command was
//! journaled; after an error of the journal no further command is taken. Nothing here waits but for the
//! journal's and the event ring's room.

mod clock;
mod gauges;
pub mod thread;

use std::sync::Arc;
use std::time::Duration;

use rialto_engine::{EventBuffer, Exchange};
use rialto_journal::storage::Storage;
use rialto_journal::{AppendError, Journal, JournalError, JournalGauge};
use rialto_ring::{EventSender, Probes, ReferencePrices};
use rialto_types::{ClientSeq, Command, EventBody, Input, KeyId, Seq, Timestamp};

use crate::poison::{self, Applying};

pub use clock::RecordClock;
pub use gauges::CoreGauges;

/// Events that are collected before they are handed on, within a batch: few enough to stay in the
/// processor's first cache.
const EVENTS_MAX: usize = 64;

/// What the core works with.
pub struct Core<S: Storage> {
    exchange: Exchange,
    journal: Journal<S>,
    clock: RecordClock,
    events: EventBuffer,
    outlet: EventSender,
    prices: Arc<ReferencePrices>,
    gauges: Arc<CoreGauges>,
    applying: Arc<Applying>,
    probes: Arc<Probes>,
    /// The time of the batch; read from the clock for its first command.
    batch_time: Option<Timestamp>,
}

/// The parts of a core.
pub struct Parts<S: Storage> {
    /// The recovered state.
    pub exchange: Exchange,
    /// Where commands are written down.
    pub journal: Journal<S>,
    /// What stamps them.
    pub clock: RecordClock,
    /// Where events go.
    pub outlet: EventSender,
    /// Where the gate reads the last trades.
    pub prices: Arc<ReferencePrices>,
    /// Where metrics are read.
    pub gauges: Arc<CoreGauges>,
    /// Where a panic looks which record it was.
    pub applying: Arc<Applying>,
    /// What follows a few commands through their stages.
    pub probes: Arc<Probes>,
}

impl<S: Storage> Core<S> {
    /// A core in the state that recovery left.
    pub fn new(parts: Parts<S>) -> Self {
        let Parts {
            exchange,
            journal,
            clock,
            outlet,
            prices,
            gauges,
            applying,
            probes,
        } = parts;
        gauges.applied(exchange.seq(), exchange.open_order_count());
        Self {
            exchange,
            journal,
            clock,
            events: EventBuffer::new(),
            outlet,
            prices,
            gauges,
            applying,
            probes,
            batch_time: None,
        }
    }

    /// Stamps, journals and applies one command. Its events are handed on with those of its batch.
    ///
    /// # Errors
    /// When the journal has stopped. Nobody is told of the command, and none may follow it.
    #[inline]
    pub fn step(&mut self, input: &Input) -> Result<(), Arc<JournalError>> {
        let seq = self.exchange.seq().next();
        let time = match self.batch_time {
            Some(time) => time,
            None => *self.batch_time.insert(self.clock.stamp()),
        };
        self.probes.taken(input, seq);
        self.write_down(seq, time, input)?;
        self.applying.begin(seq);
        poison::planted(&input.command);
        self.exchange.apply(seq, time, input, &mut self.events);
        self.applying.end();
        if self.events.len() >= EVENTS_MAX {
            self.hand_on()?;
        }
        Ok(())
    }

    /// Ends a batch: its outputs go on their way, the next batch gets a time of its own.
    ///
    /// # Errors
    /// When the journal has stopped and the event ring is full, so that nobody may ever make room.
    #[inline]
    pub fn end_batch(&mut self) -> Result<(), Arc<JournalError>> {
        if self.batch_time.take().is_some() {
            self.journal.commit();
            self.hand_on()?;
            self.outlet.flush();
            self.gauges
                .applied(self.exchange.seq(), self.exchange.open_order_count());
        }
        Ok(())
    }

    /// Lets time pass: if an order has expired, a tick cancels it. Says how long nothing will expire,
    /// as far as is known.
    ///
    /// # Errors
    /// As [`Core::step`].
    pub fn tick(&mut self) -> Result<Option<Duration>, Arc<JournalError>> {
        let Some(expiry) = self.exchange.next_expiry() else {
            return Ok(None);
        };
        let now = self.clock.stamp();
        if expiry > now {
            return Ok(Some(Duration::from_nanos(expiry.0 - now.0)));
        }
        self.step(&TICK)?;
        self.end_batch()?;
        Ok(Some(Duration::ZERO))
    }

    /// Says that the calling thread drives the core from now on.
    pub fn claim(&self) {
        self.applying.claim();
    }

    /// The state.
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// A view of the journal thread for metrics; `None` in `written` mode.
    pub fn journal_gauge(&self) -> Option<JournalGauge> {
        self.journal.gauge()
    }

    /// Why the journal can take nothing more, if so.
    pub fn failure(&self) -> Option<&Arc<JournalError>> {
        self.journal.failure()
    }

    /// Gives back state and journal, when the core has ended.
    pub fn into_parts(self) -> (Exchange, Journal<S>) {
        (self.exchange, self.journal)
    }

    /// Journals one command; waits while the journal's ring is full.
    #[inline]
    fn write_down(
        &mut self,
        seq: Seq,
        time: Timestamp,
        input: &Input,
    ) -> Result<(), Arc<JournalError>> {
        loop {
            match self.journal.append(seq, time, input) {
                Ok(()) => return Ok(()),
                Err(AppendError::Failed(error)) => return Err(error),
                Err(AppendError::Full) => {
                    self.journal.commit();
                    self.gauges.waited_for_journal();
                    std::thread::yield_now();
                }
            }
        }
    }

    /// Hands the events on; waits while the event ring is full, unless the journal has failed:
    /// then the publisher may never be allowed to make room.
    #[inline]
    fn hand_on(&mut self) -> Result<(), Arc<JournalError>> {
        self.probes.applied(self.exchange.seq());
        for event in self.events.as_slice() {
            if let EventBody::Trade(trade) = &event.body {
                self.prices.set(trade.instrument, trade.price);
            }
            if self.outlet.try_push(event).is_err() {
                // The reader can only make room for what it may publish, so that must be said first.
                self.journal.commit();
                self.gauges.waited_for_publisher();
                while self.outlet.try_push(event).is_err() {
                    if let Some(error) = self.journal.failure() {
                        let error = Arc::clone(error);
                        // Some of them are in the ring; none may get there twice.
                        self.events.clear();
                        return Err(error);
                    }
                    std::thread::yield_now();
                }
            }
        }
        self.events.clear();
        Ok(())
    }
}

/// Nothing but the passing of time.
const TICK: Input = Input {
    key: KeyId::VENUE,
    client_seq: ClientSeq(0),
    command: Command::Tick,
};
