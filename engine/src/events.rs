//! Where a command's events are written.

use rialto_types::{Event, EventBody, Seq, Timestamp};

/// The events of one command, in order. Kept from command to command, so that writing an event does
/// not allocate once the buffer has seen its largest command.
#[derive(Debug, Default)]
pub struct EventBuffer {
    events: Vec<Event>,
    seq: Seq,
    time: Timestamp,
}

impl EventBuffer {
    /// An empty buffer with room for most commands.
    pub fn new() -> Self {
        Self {
            events: Vec::with_capacity(4_096),
            seq: Seq(0),
            time: Timestamp::ZERO,
        }
    }

    /// The events since [`EventBuffer::clear`].
    #[inline]
    pub fn as_slice(&self) -> &[Event] {
        &self.events
    }

    /// Forgets the events, keeps their room.
    #[inline]
    pub fn clear(&mut self) {
        self.events.clear();
    }

    /// Begins the events of a command.
    #[inline]
    pub(crate) fn begin(&mut self, seq: Seq, time: Timestamp) {
        debug_assert!(
            self.events.is_empty(),
            "the events of the last command were taken"
        );
        (self.seq, self.time) = (seq, time);
    }

    /// Writes the next event of the command.
    #[inline]
    pub(crate) fn push(&mut self, body: EventBody) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "fewer events than 2^32 orders"
        )]
        let index = self.events.len() as u32;
        self.events.push(Event {
            seq: self.seq,
            time: self.time,
            index,
            last: false,
            body,
        });
    }

    /// Marks the last event of the command.
    #[inline]
    pub(crate) fn finish(&mut self) {
        if let Some(event) = self.events.last_mut() {
            event.last = true;
        }
    }
}
