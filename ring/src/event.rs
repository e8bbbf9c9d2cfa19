//! The event ring: from the core thread to the publisher, released up to the watermark.
//!
//! One writer, one reader, bounded. The writer is told when the ring is full and holds the core until
//! there is room; nothing else but the journal's ring may do that. The reader takes events out of the
//! ring in order and keeps back the first one above the [`Watermark`] until its command may be
//! published.
//!
//! The writer announces events to a sleeping reader once per batch, by [`EventSender::flush`]: an awake
//! reader sees each event as soon as it is pushed. Cost: a push and a pop are one compare-and-swap each.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;
use rialto_types::{Event, Seq};

use crate::{Depth, EventSource, IdleStrategy, Idler, Waker, Watermark, idle_pair};

/// Makes a ring for `capacity` events, all up to command `published` being publishable. 192 bytes an
/// event.
///
/// # Panics
/// When `capacity` is 0.
pub fn event_ring(
    capacity: usize,
    strategy: IdleStrategy,
    published: Seq,
) -> (EventSender, EventReceiver, Watermark) {
    let queue = Arc::new(ArrayQueue::new(capacity));
    let (idler, waker) = idle_pair(strategy);
    let watermark = Watermark::new(published, waker.clone());
    let sender = EventSender {
        queue: Arc::clone(&queue),
        waker: waker.clone(),
    };
    let receiver = EventReceiver {
        queue,
        held_back: None,
        released: published,
        watermark: watermark.clone(),
        idler,
        waker,
    };
    (sender, receiver, watermark)
}

/// The event ring is full. The event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event ring is full: the publisher is behind")]
pub struct Full;

/// The core thread's end.
#[derive(Debug)]
pub struct EventSender {
    queue: Arc<ArrayQueue<Event>>,
    waker: Waker,
}

impl EventSender {
    /// Puts an event into the ring. Never waits. A sleeping reader is not woken until
    /// [`flush`](Self::flush), unless the ring is full.
    ///
    /// # Errors
    /// [`Full`]: the writer keeps the event and tries again.
    #[inline]
    pub fn try_push(&mut self, event: &Event) -> Result<(), Full> {
        self.queue.push(*event).map_err(|_| {
            self.waker.wake();
            Full
        })
    }

    /// Wakes the reader if it sleeps. Call it when a command's or a batch's events are all pushed.
    #[inline]
    pub fn flush(&mut self) {
        self.waker.wake();
    }

    /// A handle for metrics.
    pub fn gauge(&self) -> EventGauge {
        EventGauge {
            queue: Arc::clone(&self.queue),
        }
    }
}

/// Tells how full the event ring is, from any thread.
#[derive(Clone, Debug)]
pub struct EventGauge {
    queue: Arc<ArrayQueue<Event>>,
}

impl EventGauge {
    /// How full the ring is.
    pub fn depth(&self) -> Depth {
        Depth {
            used_count: self.queue.len(),
            capacity_count: self.queue.capacity(),
        }
    }
}

/// The publisher's end.
#[derive(Debug)]
pub struct EventReceiver {
    queue: Arc<ArrayQueue<Event>>,
    /// The next event, out of the ring already, whose command was not yet publishable.
    held_back: Option<Event>,
    /// A past value of the watermark: most events are released without looking at it again.
    released: Seq,
    watermark: Watermark,
    idler: Idler,
    waker: Waker,
}

impl EventReceiver {
    /// Whether outputs of command `seq` may be published.
    #[inline]
    fn is_released(&mut self, seq: Seq) -> bool {
        if seq > self.released {
            self.released = self.watermark.get();
        }
        seq <= self.released
    }

    /// A handle for metrics.
    pub fn gauge(&self) -> EventGauge {
        EventGauge {
            queue: Arc::clone(&self.queue),
        }
    }
}

impl EventSource for EventReceiver {
    #[inline]
    fn drain(&mut self, max: usize, mut take: impl FnMut(&Event)) -> usize {
        let mut count = 0;
        while count < max {
            let Some(event) = self.held_back.take().or_else(|| self.queue.pop()) else {
                break;
            };
            if !self.is_released(event.seq) {
                self.held_back = Some(event);
                break;
            }
            take(&event);
            count += 1;
        }
        if count > 0 {
            self.idler.worked();
        }
        count
    }

    #[inline]
    fn idle(&mut self, at_most: Duration, mut ready: impl FnMut() -> bool) {
        let is_released = released(&self.queue, &self.watermark, self.held_back.as_ref());
        self.idler.idle(at_most, || is_released() || ready());
    }

    #[inline]
    fn spin(&mut self) -> bool {
        self.idler.spin()
    }

    fn poll_sleep(&mut self, context: &Context<'_>, mut ready: impl FnMut() -> bool) -> Poll<()> {
        let is_released = released(&self.queue, &self.watermark, self.held_back.as_ref());
        self.idler.poll_sleep(context, || is_released() || ready())
    }

    fn waker(&self) -> Waker {
        self.waker.clone()
    }
}

/// Whether there is an event to publish, asked again and again.
fn released(
    queue: &ArrayQueue<Event>,
    watermark: &Watermark,
    held_back: Option<&Event>,
) -> impl Fn() -> bool {
    let held_back = held_back.map(|event| event.seq);
    move || match held_back {
        Some(seq) => seq <= watermark.get(),
        None => !queue.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use rialto_types::{EventBody, InstrumentId, OrderId, OrderRested, Price, Qty, Timestamp};

    use super::*;

    fn event(seq: u64, index: u32) -> Event {
        Event {
            seq: Seq(seq),
            time: Timestamp(seq),
            index,
            last: true,
            body: EventBody::Rested(OrderRested {
                instrument: InstrumentId(1),
                order_id: OrderId(seq),
                price: Price(1),
                leaves: Qty(1),
            }),
        }
    }

    fn taken(receiver: &mut EventReceiver, max: usize) -> Vec<(u64, u32)> {
        let mut events = Vec::new();
        receiver.drain(max, |event| events.push((event.seq.0, event.index)));
        events
    }

    #[test]
    fn a_full_ring_is_told_to_the_writer() {
        let (mut sender, mut receiver, watermark) = event_ring(2, IdleStrategy::Economy, Seq(0));
        sender.try_push(&event(1, 0)).unwrap();
        sender.try_push(&event(2, 0)).unwrap();
        assert_eq!(sender.try_push(&event(3, 0)), Err(Full));
        let depth = Depth {
            used_count: 2,
            capacity_count: 2,
        };
        assert_eq!(receiver.gauge().depth(), depth);
        watermark.publish(Seq(3));
        assert_eq!(taken(&mut receiver, 1), [(1, 0)]);
        sender.try_push(&event(3, 0)).unwrap();
        assert_eq!(taken(&mut receiver, 10), [(2, 0), (3, 0)]);
    }

    #[test]
    fn nothing_above_the_watermark_is_released() {
        let (mut sender, mut receiver, watermark) = event_ring(8, IdleStrategy::Economy, Seq(4));
        for (seq, index) in [(4, 0), (5, 0), (5, 1), (6, 0)] {
            sender.try_push(&event(seq, index)).unwrap();
        }
        assert_eq!(taken(&mut receiver, 10), [(4, 0)]);
        assert_eq!(taken(&mut receiver, 10), []);
        watermark.publish(Seq(5));
        assert_eq!(taken(&mut receiver, 1), [(5, 0)]);
        assert_eq!(taken(&mut receiver, 10), [(5, 1)]);
        watermark.publish(Seq(6));
        assert_eq!(taken(&mut receiver, 10), [(6, 0)]);
    }

    #[test]
    fn a_reader_sleeps_over_a_held_back_event_only() {
        let for_ever = Duration::from_hours(1);
        let (mut sender, mut receiver, watermark) = event_ring(8, IdleStrategy::Economy, Seq(0));
        sender.try_push(&event(1, 0)).unwrap();
        receiver.idle(for_ever, || {
            panic!("an event in the ring needs no other reason")
        });
        assert_eq!(taken(&mut receiver, 10), []);
        let mut asked = false;
        receiver.idle(for_ever, || {
            // The watermark rises after the check; its wake-up must reach the sleep.
            watermark.publish(Seq(1));
            asked = true;
            false
        });
        assert!(asked);
        assert_eq!(taken(&mut receiver, 10), [(1, 0)]);
    }
}
