//! Where events are written.

use rialto_types::{Event, EventBody, Seq, Timestamp};

/// The events of one or more commands, in order. Kept from batch to batch, so that writing an event does
/// not allocate once the buffer has seen its largest batch.
///
/// Whoever copies events elsewhere does so for several commands at once: an event that is read as soon
/// as it was written stalls the processor until its parts have left the store buffer.
///
/// Number and time of the command stand apart here, because side by side they would be read as one, in twice the width
/// in which they were written a moment ago: that stalls the processor in the same way.
#[derive(Debug, Default)]
#[repr(C)]
pub struct EventBuffer {
    seq: Seq,
    events: Vec<Event>,
    /// Where the events of the present command begin.
    first: usize,
    time: Timestamp,
}

impl EventBuffer {
    /// An empty buffer with room for most commands.
    pub fn new() -> Self {
        Self {
            events: Vec::with_capacity(4_096),
            first: 0,
            seq: Seq(0),
            time: Timestamp::ZERO,
        }
    }

    /// The events since [`EventBuffer::clear`].
    #[inline]
    pub fn as_slice(&self) -> &[Event] {
        &self.events
    }

    /// Those of them that the last command caused.
    #[inline]
    pub fn last_command(&self) -> &[Event] {
        &self.events[self.first..]
    }

    /// Count of events since [`EventBuffer::clear`].
    #[inline]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Forgets the events, keeps their room.
    #[inline]
    pub fn clear(&mut self) {
        self.events.clear();
        self.first = 0;
    }

    /// Begins the events of a command.
    #[inline]
    pub(crate) fn begin(&mut self, seq: Seq, time: Timestamp) {
        self.first = self.events.len();
        (self.seq, self.time) = (seq, time);
    }

    /// Writes the next event of the command.
    #[inline]
    pub(crate) fn push(&mut self, body: EventBody) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "fewer events than 2^32 orders"
        )]
        let index = (self.events.len() - self.first) as u32;
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
        if let Some(event) = self.events[self.first..].last_mut() {
            event.last = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use rialto_types::{AccountId, Origin, ReportSeq};

    use super::*;

    #[test]
    fn each_command_counts_its_own_events() {
        let mut events = EventBuffer::new();
        let tell = |events: &mut EventBuffer, seq, count| {
            events.begin(Seq(seq), Timestamp(seq * 10));
            for _ in 0..count {
                events.push(EventBody::MassCancelled {
                    origin: Origin::VENUE,
                    account: AccountId::VENUE,
                    report: ReportSeq(0),
                    count: 0,
                });
            }
            events.finish();
        };
        tell(&mut events, 1, 2);
        tell(&mut events, 2, 0);
        assert_eq!(events.last_command(), []);
        tell(&mut events, 3, 1);
        let told = |event: &Event| (event.seq.0, event.time.0, event.index, event.last);
        let all: Vec<_> = events.as_slice().iter().map(told).collect();
        assert_eq!(all, [(1, 10, 0, false), (1, 10, 1, true), (3, 30, 0, true)]);
        assert_eq!(events.last_command().len(), 1);
        events.clear();
        assert!(events.is_empty() && events.last_command().is_empty());
    }
}
