//! The hand-over: a command from one thread to another through the command ring, and the way there and
//! back through both rings, with the reader spinning.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rialto_ring::{
    CommandReceiver, CommandRingSize, CommandSink, EventSender, EventSource, IdleStrategy,
    command_ring, event_ring,
};
use rialto_types::event::Origin;
use rialto_types::{
    CancelOrder, ClientSeq, Command, Event, EventBody, Input, InstrumentId, KeyId, OrderId,
    OrderRef, Seq, Timestamp,
};

use rialto_benches::measure::{Figure, Stopwatch, median};

/// Round trips, and commands of a stream, in one run.
const ROUND_TRIPS: u64 = 200_000;
const STREAMED: u64 = 2_000_000;
const IDLE: Duration = Duration::from_millis(10);

/// Throughput of the command ring, and the round trip through both rings.
pub(crate) fn measure(runs: usize) -> Vec<Figure> {
    let mut stopwatch = Stopwatch::new();
    let streams = (0..runs).map(|_| stream()).collect();
    let trips = (0..runs).map(|_| round_trips(&mut stopwatch)).collect();
    vec![
        Stopwatch::new().figure("ring command hand-over, streamed", median(streams)),
        stopwatch.figure("ring round trip, both rings, spinning", median(trips)),
    ]
}

fn command(number: u64) -> Input {
    let order = OrderRef::Id(OrderId(number));
    let command = Command::Cancel(CancelOrder {
        instrument: InstrumentId(1),
        order,
    });
    Input {
        key: KeyId(1),
        client_seq: ClientSeq(number),
        command,
    }
}

/// One producer pushes as fast as the ring takes; ns a command.
fn stream() -> f64 {
    let (sender, mut receiver) = command_ring(CommandRingSize::default(), IdleStrategy::Latency);
    let reader = thread::spawn(move || {
        let mut count = 0;
        while count < STREAMED {
            let taken = receiver.drain(256, |input| {
                black_box(input);
            });
            count += taken as u64;
            if taken == 0 {
                receiver.idle(IDLE);
            }
        }
    });
    let start = Instant::now();
    for number in 0..STREAMED {
        while sender.submit(command(number)).is_err() {
            thread::yield_now();
        }
    }
    reader.join().expect("the reader does not panic");
    start.elapsed().as_nanos() as f64 / STREAMED as f64
}

/// A command there and its event back, one at a time; mean in ns.
fn round_trips(stopwatch: &mut Stopwatch) -> f64 {
    let (sender, receiver) = command_ring(CommandRingSize::default(), IdleStrategy::Latency);
    let (events, mut source, watermark) = event_ring(1 << 12, IdleStrategy::Latency, Seq(0));
    watermark.publish(Seq(u64::MAX));
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let core = thread::spawn(move || echo(receiver, events, &stopped));
    let start = Instant::now();
    for number in 0..ROUND_TRIPS {
        stopwatch.time(|| {
            sender.submit(command(number)).expect("the ring is empty");
            while source.drain(1, |event| {
                black_box(event);
            }) == 0
            {
                std::hint::spin_loop();
            }
        });
    }
    let mean = start.elapsed().as_nanos() as f64 / ROUND_TRIPS as f64;
    stop.store(true, Ordering::Relaxed);
    core.join().expect("the echo does not panic");
    mean
}

/// Answers each command with one event.
fn echo(mut receiver: CommandReceiver, mut events: EventSender, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let count = receiver.drain(64, |input| {
            let body = EventBody::CancelOnDisconnectArmed {
                origin: Origin::VENUE,
                armed: true,
            };
            let (seq, time) = (Seq(input.client_seq.0), Timestamp::ZERO);
            let event = Event {
                seq,
                time,
                index: 0,
                last: true,
                body,
            };
            events.try_push(&event).expect("the ring is empty");
        });
        events.flush();
        if count == 0 {
            receiver.idle(IDLE);
        }
    }
}
