//! The queue of one session: filled by the publisher, emptied by the session, bounded in bytes.
//!
//! The publisher appends messages to a batch of its own, which costs a copy and nothing else, and at the
//! end of its turn hands the batch over whole. While the session is busy with earlier batches the next
//! one grows, so a session that is behind gets fewer and fuller frames. Batches go back and forth between
//! the two sides: once they have grown to their size, nothing is allocated. No side ever waits for the
//! other, and there is no lock.
//!
//! When all places for batches are taken, the publisher keeps the batch and says so in a flag; the
//! session looks at that flag after it has taken a batch and then wakes the publisher. Both do so in one
//! total order (sequentially consistent), so one of the two always notices the other.
//!
//! A session that is ended is still told everything that was appended before: one more place is kept for
//! the batch that is with the publisher then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use crossbeam_queue::ArrayQueue;
use rialto_protocol::{Coded, EndReason, FRAME_BYTES_MAX};
use rialto_ring::Waker;
use tokio::sync::Notify;

/// Batches on their way. Few: a batch is as large as it needs to be.
const BATCH_COUNT: usize = 4;
/// A batch whose buffer has grown beyond this is not kept for the next use.
const BUFFER_KEPT_BYTES_MAX: usize = 4 * FRAME_BYTES_MAX;

/// Whole messages, cut into frames. It knows which of them are written, so that whoever was interrupted
/// can go on.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// Where every frame but the last one ends.
    cuts: Vec<usize>,
    /// Frames that are written.
    written_count: usize,
    /// The probes of the commands that are reported here, as bits.
    probes: u64,
}

impl Batch {
    /// Bytes of all messages.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is no message.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The frames, each of whole messages and within the longest frame.
    pub(crate) fn frames(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.cuts.iter().copied());
        let ends = self.cuts.iter().copied().chain([self.bytes.len()]);
        begins.zip(ends).map(|(begin, end)| &self.bytes[begin..end])
    }

    /// The next frame to be written.
    pub(crate) fn next_frame(&self) -> Option<&[u8]> {
        let begin = match self.written_count {
            0 => 0,
            count => *self.cuts.get(count - 1)?,
        };
        let end = self.cuts.get(self.written_count);
        let end = end.copied().unwrap_or(self.bytes.len());
        (begin < end).then(|| &self.bytes[begin..end])
    }

    /// Notes that the next frame is written.
    pub(crate) const fn frame_written(&mut self) {
        self.written_count += 1;
    }

    /// Appends one or more whole messages, together at most as long as a frame.
    pub(crate) fn push(&mut self, message: &[u8]) {
        let begin = self.cuts.last().copied().unwrap_or(0);
        let end = self.bytes.len();
        let is_written = self.written_count > self.cuts.len();
        let is_full = end - begin + message.len() > FRAME_BYTES_MAX;
        if end > begin && (is_full || is_written) {
            self.cuts.push(end);
        }
        self.bytes.extend_from_slice(message);
    }

    /// Appends something that is a frame of its own, however long.
    pub(crate) fn push_alone(&mut self, frame: &[u8]) {
        let begin = self.cuts.last().copied().unwrap_or(0);
        let end = self.bytes.len();
        if end > begin {
            self.cuts.push(end);
        }
        self.bytes.extend_from_slice(frame);
    }

    /// The probes of the commands that are reported here, as bits.
    pub(crate) const fn probes(&self) -> u64 {
        self.probes
    }

    /// Forgets the messages and keeps the memory, unless it has become large.
    pub(crate) fn clear(&mut self) {
        self.cuts.clear();
        self.written_count = 0;
        self.probes = 0;
        if self.bytes.capacity() > BUFFER_KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        } else {
            self.bytes.clear();
        }
    }
}

#[derive(Debug)]
struct Shared {
    /// On their way to the session. The last place is for the end.
    filled: ArrayQueue<Batch>,
    /// Used ones, on their way back.
    empty: ArrayQueue<Batch>,
    /// Bytes handed over and not yet written to the socket.
    in_flight_bytes: AtomicUsize,
    /// Whether the publisher holds a batch that found no place.
    writer_waits: AtomicBool,
    /// Code of the [`EndReason`] for which the session was ended; 0 while it goes on.
    end: AtomicU8,
    /// Whether the session is no more.
    reader_gone: AtomicBool,
    /// Tells the session of a batch.
    ready: Notify,
    /// Tells the session of its end.
    ended: Notify,
    /// Tells the publisher of a free place.
    waker: Waker,
}

/// Makes a queue. `waker` wakes the publisher.
pub(crate) fn outbox(waker: Waker) -> (OutboxWriter, OutboxReader) {
    let shared = Arc::new(Shared {
        filled: ArrayQueue::new(BATCH_COUNT + 1),
        empty: ArrayQueue::new(BATCH_COUNT),
        in_flight_bytes: AtomicUsize::new(0),
        writer_waits: AtomicBool::new(false),
        end: AtomicU8::new(0),
        reader_gone: AtomicBool::new(false),
        ready: Notify::new(),
        ended: Notify::new(),
        waker,
    });
    let writer = OutboxWriter {
        batch: Batch::default(),
        waits: false,
        shared: Arc::clone(&shared),
    };
    (writer, OutboxReader { shared })
}

/// What became of a flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flush {
    /// Nothing is left on the publisher's side.
    Done,
    /// The session has not taken the earlier batches yet: flush again when woken.
    Waiting,
}

/// The publisher's side.
#[derive(Debug)]
pub(crate) struct OutboxWriter {
    batch: Batch,
    /// Whether the last flush found no place.
    waits: bool,
    shared: Arc<Shared>,
}

impl OutboxWriter {
    /// Appends one or more whole messages, together at most as long as a frame. They leave with the
    /// next [`flush`](Self::flush).
    pub(crate) fn push(&mut self, messages: &[u8]) {
        debug_assert!(
            messages.len() <= FRAME_BYTES_MAX,
            "a message fits in a frame"
        );
        self.batch.push(messages);
    }

    /// Appends something that is a frame of its own, however long.
    pub(crate) fn push_alone(&mut self, frame: &[u8]) {
        self.batch.push_alone(frame);
    }

    /// Says that what was appended holds the report of a command that these probes follow.
    pub(crate) fn mark(&mut self, probes: u64) {
        self.batch.probes |= probes;
    }

    /// Hands over what was appended, if there is a place.
    pub(crate) fn flush(&mut self) -> Flush {
        if self.batch.is_empty() {
            return Flush::Done;
        }
        if self.waits && !self.may_flush() {
            return Flush::Waiting;
        }
        let fresh = self.shared.empty.pop().unwrap_or_default();
        let batch = std::mem::replace(&mut self.batch, fresh);
        let result = self.hand_over(batch).or_else(|batch| {
            self.shared.writer_waits.store(true, Ordering::SeqCst);
            self.hand_over(batch)
        });
        self.waits = result.is_err();
        let Err(batch) = result else {
            return Flush::Done;
        };
        let fresh = std::mem::replace(&mut self.batch, batch);
        // There is a place for it: the batches on their way left theirs.
        drop(self.shared.empty.push(fresh));
        Flush::Waiting
    }

    fn hand_over(&self, batch: Batch) -> Result<(), Batch> {
        // Only this side fills places, so one that is free stays so.
        if self.shared.filled.len() >= BATCH_COUNT {
            return Err(batch);
        }
        self.hand_over_at_last(batch)
    }

    fn hand_over_at_last(&self, batch: Batch) -> Result<(), Batch> {
        let bytes = batch.len();
        self.shared
            .in_flight_bytes
            .fetch_add(bytes, Ordering::Relaxed);
        self.shared.filled.push(batch).inspect_err(|_| {
            let in_flight = &self.shared.in_flight_bytes;
            in_flight.fetch_sub(bytes, Ordering::Relaxed);
        })?;
        self.shared.ready.notify_one();
        Ok(())
    }

    /// Whether a place has become free since a flush that had to wait. A publisher that is about to
    /// sleep looks at this for each queue whose flush waits, or it would sleep through the wake-up.
    pub(crate) fn may_flush(&self) -> bool {
        !self.shared.writer_waits.load(Ordering::SeqCst)
    }

    /// Bytes that the client has not been sent yet.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.batch.len() + self.shared.in_flight_bytes.load(Ordering::Relaxed)
    }

    /// Whether the session has ended by itself: nobody will read what is appended.
    pub(crate) fn is_gone(&self) -> bool {
        self.shared.reader_gone.load(Ordering::Acquire)
    }

    /// Ends the session for this reason, unless it was ended before, after everything that was appended.
    pub(crate) fn end(&mut self, reason: EndReason) {
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            // There is a place for the first such batch, and nothing is appended behind it.
            drop(self.hand_over_at_last(batch));
        }
        self.shared.end(reason);
    }
}

impl Drop for OutboxWriter {
    /// Without a publisher there is nothing to wait for.
    fn drop(&mut self) {
        self.shared.end(EndReason::ShuttingDown);
    }
}

impl Shared {
    fn end(&self, reason: EndReason) {
        // The first reason stays.
        let (none, code) = (0, reason.code());
        let ended = self
            .end
            .compare_exchange(none, code, Ordering::AcqRel, Ordering::Relaxed);
        if ended.is_ok() {
            self.ended.notify_one();
        }
    }

    fn ended(&self) -> Option<EndReason> {
        EndReason::from_code(self.end.load(Ordering::Acquire))
    }

    async fn until_ended(&self) -> EndReason {
        loop {
            if let Some(reason) = self.ended() {
                return reason;
            }
            self.ended.notified().await;
        }
    }
}

/// Ends a session from elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Ender {
    shared: Arc<Shared>,
}

impl Ender {
    /// Ends the session for this reason, unless it was ended before.
    pub(crate) fn end(&self, reason: EndReason) {
        self.shared.end(reason);
    }

    /// Waits until somebody ends the session. One at a time may wait, here or at the reader.
    pub(crate) async fn until_ended(&self) -> EndReason {
        self.shared.until_ended().await
    }
}

/// The session's side.
#[derive(Debug)]
pub(crate) struct OutboxReader {
    shared: Arc<Shared>,
}

impl OutboxReader {
    /// Waits until there may be a batch.
    pub(crate) async fn ready(&self) {
        self.shared.ready.notified().await;
    }

    /// The oldest batch. To be given back by [`written`](Self::written).
    pub(crate) fn take(&self) -> Option<Batch> {
        let batch = self.shared.filled.pop()?;
        if self.shared.writer_waits.swap(false, Ordering::SeqCst) {
            self.shared.waker.wake();
        }
        Some(batch)
    }

    /// Bytes handed over and not yet written to the socket.
    pub(crate) fn in_flight_bytes(&self) -> usize {
        self.shared.in_flight_bytes.load(Ordering::Relaxed)
    }

    /// Gives a batch back that is written to the socket.
    pub(crate) fn written(&self, mut batch: Batch) {
        self.shared
            .in_flight_bytes
            .fetch_sub(batch.len(), Ordering::Relaxed);
        batch.clear();
        // One that finds no place is one too many.
        drop(self.shared.empty.push(batch));
    }

    /// Why the session was ended, if it was.
    #[cfg(test)]
    pub(crate) fn ended(&self) -> Option<EndReason> {
        self.shared.ended()
    }

    /// A handle to end the session from elsewhere.
    pub(crate) fn ender(&self) -> Ender {
        Ender {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Waits until somebody ends the session.
    pub(crate) async fn until_ended(&self) -> EndReason {
        self.shared.until_ended().await
    }
}

impl Drop for OutboxReader {
    fn drop(&mut self) {
        self.shared.reader_gone.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use rialto_ring::{IdleStrategy, Idler, idle_pair};

    use super::*;

    fn queue() -> (OutboxWriter, OutboxReader, Idler) {
        let (idler, waker) = idle_pair(IdleStrategy::Economy);
        let (writer, reader) = outbox(waker);
        (writer, reader, idler)
    }

    fn frames(batch: &Batch) -> Vec<usize> {
        batch.frames().map(<[u8]>::len).collect()
    }

    #[test]
    fn messages_of_one_turn_leave_in_one_frame() {
        let (mut writer, reader, _idler) = queue();
        assert_eq!(writer.flush(), Flush::Done);
        writer.push(b"one");
        writer.push(b"two");
        assert!(reader.take().is_none(), "nothing leaves before the flush");
        assert_eq!(writer.flush(), Flush::Done);
        let batch = reader.take().unwrap();
        assert_eq!(batch.frames().collect::<Vec<_>>(), [b"onetwo"]);
        assert_eq!(writer.queued_bytes(), 6);
        reader.written(batch);
        assert_eq!(writer.queued_bytes(), 0);
    }

    #[test]
    fn what_is_pushed_alone_is_a_frame_of_its_own() {
        let mut batch = Batch::default();
        let long = vec![1; 3 * FRAME_BYTES_MAX];
        for frame in [b"one".as_slice(), &long, b"two"] {
            batch.push_alone(frame);
        }
        assert_eq!(frames(&batch), [3, long.len(), 3]);
        let mut told = Vec::new();
        while let Some(frame) = batch.next_frame() {
            told.push(frame.len());
            batch.frame_written();
        }
        assert_eq!(told, [3, long.len(), 3]);
    }

    #[test]
    fn frames_are_cut_between_messages() {
        let (mut writer, reader, _idler) = queue();
        let message = vec![0; FRAME_BYTES_MAX / 3];
        for _ in 0..7 {
            writer.push(&message);
        }
        writer.push(&vec![0; FRAME_BYTES_MAX]);
        writer.push(b"end");
        writer.flush();
        let third = message.len();
        let batch = reader.take().unwrap();
        assert_eq!(
            frames(&batch),
            [3 * third, 3 * third, third, FRAME_BYTES_MAX, 3]
        );
    }

    #[test]
    fn what_is_appended_behind_a_written_frame_is_a_frame_of_its_own() {
        let mut batch = Batch::default();
        assert_eq!(batch.next_frame(), None);
        batch.push(b"one");
        batch.frame_written();
        assert_eq!(batch.next_frame(), None);
        batch.push(b"two");
        batch.push(b"three");
        assert_eq!(batch.next_frame(), Some(b"twothree".as_slice()));
        batch.frame_written();
        assert_eq!(batch.next_frame(), None);
        batch.clear();
        batch.push(b"four");
        assert_eq!(batch.next_frame(), Some(b"four".as_slice()));
    }

    #[test]
    fn a_session_that_is_behind_when_it_is_ended_is_told_everything() {
        let (mut writer, reader, _idler) = queue();
        for _ in 0..BATCH_COUNT {
            writer.push(b"a");
            assert_eq!(writer.flush(), Flush::Done);
        }
        writer.push(b"b");
        assert_eq!(writer.flush(), Flush::Waiting);
        writer.push(b"c");
        writer.end(EndReason::ShuttingDown);
        drop(writer);
        assert_eq!(reader.shared.ended(), Some(EndReason::ShuttingDown));
        let mut told = Vec::new();
        while let Some(batch) = reader.take() {
            told.extend_from_slice(&batch.bytes);
        }
        assert_eq!(told, b"aaaabc");
    }

    #[test]
    fn a_session_that_is_behind_gets_fuller_batches_and_loses_nothing() {
        let (mut writer, reader, mut idler) = queue();
        for _ in 0..BATCH_COUNT {
            writer.push(b"a");
            assert_eq!(writer.flush(), Flush::Done);
        }
        for _ in 0..10 {
            writer.push(b"b");
            assert_eq!(writer.flush(), Flush::Waiting);
        }
        assert_eq!(writer.queued_bytes(), BATCH_COUNT + 10);
        assert!(!writer.may_flush());
        let first = reader.take().unwrap();
        // The publisher, which was told to wait, does not sleep on.
        idler.idle(Duration::from_hours(1), || writer.may_flush());
        assert_eq!(writer.flush(), Flush::Done);
        reader.written(first);
        let mut rest = Vec::new();
        while let Some(batch) = reader.take() {
            rest.push(batch.len());
            reader.written(batch);
        }
        assert_eq!(rest, [1, 1, 1, 10]);
        assert_eq!(writer.queued_bytes(), 0);
    }

    #[test]
    fn either_side_learns_that_the_other_has_ended() {
        let (mut writer, reader, _idler) = queue();
        assert_eq!(reader.shared.ended(), None);
        writer.end(EndReason::SlowConsumer);
        assert_eq!(reader.shared.ended(), Some(EndReason::SlowConsumer));
        reader.ender().end(EndReason::Superseded);
        assert_eq!(
            reader.shared.ended(),
            Some(EndReason::SlowConsumer),
            "the first stays"
        );
        assert!(!writer.is_gone());
        drop(reader);
        assert!(writer.is_gone());
    }

    #[test]
    fn a_large_buffer_is_not_kept() {
        let (mut writer, reader, _idler) = queue();
        for _ in 0..8 {
            writer.push(&[0; FRAME_BYTES_MAX]);
        }
        writer.flush();
        let batch = reader.take().unwrap();
        reader.written(batch);
        assert_eq!(reader.shared.empty.pop().unwrap().bytes.capacity(), 0);
    }

    /// A publisher that sleeps whenever it is told to wait, a session that takes batches as it can:
    /// every byte arrives, in order, and nobody sleeps for ever.
    #[test]
    fn everything_arrives_under_two_threads() {
        const COUNT: u32 = 200_000;
        let lost = Duration::from_secs(20);
        let (mut writer, reader, mut idler) = queue();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for n in 0..COUNT {
                    writer.push(&n.to_le_bytes());
                    while writer.flush() == Flush::Waiting && writer.queued_bytes() > 4_096 {
                        let begin = Instant::now();
                        idler.idle(lost, || writer.may_flush());
                        assert!(begin.elapsed() < lost, "a wake-up was lost at {n}");
                    }
                }
                while writer.flush() == Flush::Waiting {
                    idler.idle(lost, || writer.may_flush());
                }
            });
            let mut next = 0_u32;
            while next < COUNT {
                let Some(batch) = reader.take() else {
                    std::thread::yield_now();
                    continue;
                };
                for bytes in batch.frames().flat_map(|frame| frame.chunks(4)) {
                    assert_eq!(bytes, next.to_le_bytes());
                    next += 1;
                }
                reader.written(batch);
            }
        });
    }
}
