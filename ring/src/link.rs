//! What a gateway sees of the core: a sink for commands and a source of events.
//!
//! Within one process both are rings; between processes they can be a network link. Nothing in a
//! gateway may depend on which of them it is.

use std::task::{Context, Poll};
use std::time::Duration;

use rialto_types::{Event, Input};

use crate::Waker;

/// Where sessions hand in commands.
pub trait CommandSink: Send + Sync {
    /// Hands in a command. Never waits. The commands of one caller reach the core in the order in
    /// which they were handed in, except that administration overtakes trading.
    ///
    /// # Errors
    /// [`Busy`] when there is no room for a command of this kind: the command was not taken and
    /// leaves no trace.
    fn submit(&self, input: Input) -> Result<(), Busy>;

    /// How full the way of trading commands is.
    fn depth(&self) -> Depth;

    /// How full the way of administration is.
    fn reserved_depth(&self) -> Depth;
}

/// There is no room for the command now. Nothing was done; the sender may try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the command ring is full: nothing was done, send it again under a new sequence")]
pub struct Busy;

/// Where the publisher takes events from.
pub trait EventSource {
    /// Takes up to `max` events that may be published, oldest first, and hands each to `take`.
    /// Returns how many there were. Never waits.
    fn drain(&mut self, max: usize, take: impl FnMut(&Event)) -> usize
    where
        Self: Sized;

    /// Lets time pass after a [`drain`](Self::drain) that found nothing, as the configured strategy
    /// says. Returns when there may be something to do: an event, `ready` saying so, a call of
    /// [`waker`](Self::waker), or `at_most` having passed. It may also return for no reason.
    fn idle(&mut self, at_most: Duration, ready: impl FnMut() -> bool)
    where
        Self: Sized;

    /// For a reader that is a task: whether the strategy has it look again at once, after others have had a turn,
    /// before it sleeps. To be asked after a [`drain`](Self::drain) that found nothing.
    fn spin(&mut self) -> bool;

    /// For a reader that is a task: as [`idle`](Self::idle) at its end, a sleep that does not block the thread. Ready
    /// when there may be something to do.
    fn poll_sleep(&mut self, context: &Context<'_>, ready: impl FnMut() -> bool) -> Poll<()>
    where
        Self: Sized;

    /// Ends an [`idle`](Self::idle) from another thread, for work that does not come as an event.
    fn waker(&self) -> Waker;
}

/// How full a ring is; a moment's view, for gauges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Messages in the ring.
    pub used_count: usize,
    /// Messages it can hold.
    pub capacity_count: usize,
}
