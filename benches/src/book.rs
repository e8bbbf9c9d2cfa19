//! Book only: place, cancel, replace and match with lookup by order id; events are written to a buffer
//! and each copied to a ring of its own memory, as a publisher would see them.

use std::hint::black_box;
use std::time::Instant;

use rialto_engine::{EventBuffer, SoloBook};
use rialto_types::Event;

use crate::measure::{Figure, Stopwatch, median};
use crate::workload::{ACCOUNTS, Message, Workload, instrument};

/// Slots of the ring into which events are copied.
const RING: usize = 1 << 12;

/// A book and where its events go.
struct Bench {
    book: SoloBook,
    events: EventBuffer,
    ring: Vec<Event>,
    written: usize,
}

impl Bench {
    fn new(workload: &Workload) -> Self {
        let book = SoloBook::new(instrument(), 1 << 20, ACCOUNTS);
        let (events, ring) = (EventBuffer::new(), Vec::with_capacity(RING));
        let mut bench = Self {
            book,
            events,
            ring,
            written: 0,
        };
        for message in &workload.warm_up {
            bench.play(message);
        }
        bench
    }

    #[inline]
    fn play(&mut self, message: &Message) {
        self.events.clear();
        match message {
            Message::Place(account, order) => {
                black_box(self.book.place(*account, order, &mut self.events));
            }
            Message::Cancel(_, id) => {
                black_box(self.book.cancel(*id, &mut self.events));
            }
            Message::Move(_, id, price, qty) => {
                black_box(self.book.replace(*id, *price, *qty, &mut self.events));
            }
        }
        for event in self.events.as_slice() {
            let at = self.written % RING;
            if at < self.ring.len() {
                self.ring[at] = *event;
            } else {
                self.ring.push(*event);
            }
            self.written += 1;
        }
    }
}

/// Plays a workload `runs` times for the mean and once more for the percentiles.
pub(crate) fn measure(name: &str, workload: &Workload, runs: usize) -> Figure {
    let count = workload.messages.len() as f64;
    let mut means = Vec::new();
    for _ in 0..runs {
        let mut bench = Bench::new(workload);
        let start = Instant::now();
        play_all(&mut bench, &workload.messages);
        means.push(start.elapsed().as_nanos() as f64 / count);
        black_box(&bench.ring);
    }
    let mut stopwatch = Stopwatch::new();
    let mut bench = Bench::new(workload);
    for message in &workload.messages {
        stopwatch.time(|| bench.play(message));
    }
    stopwatch.figure(name, median(means))
}

/// A function of its own, so that a profiler can be told to look at nothing else.
#[inline(never)]
fn play_all(bench: &mut Bench, messages: &[Message]) {
    for message in messages {
        bench.play(message);
    }
}
