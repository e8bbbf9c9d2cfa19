//! The rings under many threads at once: nothing lost, nothing twice, order kept, limits held, and no
//! wake-up missed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rialto_ring::{
    Busy, CommandRingSize, CommandSender, CommandSink, EventSource, IdleStrategy, command_ring,
    event_ring,
};
use rialto_types::{
    ClientSeq, Command, Event, EventBody, Input, InstrumentId, KeyId, MassCancel, OrderId,
    OrderRested, Price, Qty, Seq, Timestamp,
};

/// Far above what any sleep here may last: one that lasts so long missed its wake-up.
const LOST: Duration = Duration::from_secs(20);

const CANCEL: Command = Command::MassCancel(MassCancel {
    instrument: None,
    side: None,
});
const ORDER: Command = Command::ArmCancelOnDisconnect { armed: true };

fn input(key: u32, client_seq: u64, command: Command) -> Input {
    Input {
        key: KeyId(key),
        client_seq: ClientSeq(client_seq),
        command,
    }
}

fn submit(sender: &CommandSender, input: Input) {
    while sender.submit(input).is_err() {
        thread::yield_now();
    }
}

fn event(seq: u64) -> Event {
    Event {
        seq: Seq(seq),
        time: Timestamp(seq),
        index: 0,
        last: true,
        body: EventBody::Rested(OrderRested {
            instrument: InstrumentId(1),
            order_id: OrderId(seq),
            price: Price(1),
            leaves: Qty(1),
        }),
    }
}

/// Four producers, a ring of a few slots, a reader that takes in batches of changing size.
fn every_command_arrives_once_and_in_its_producers_order(strategy: IdleStrategy) {
    const PRODUCERS: u32 = 4;
    const EACH: u64 = 40_000;
    let size = CommandRingSize {
        orders_and_cancels: 40,
        reserved: 4,
    };
    let (sender, mut receiver) = command_ring(size, strategy);
    thread::scope(|scope| {
        for key in 1..=PRODUCERS {
            let sender = sender.clone();
            scope.spawn(move || {
                for n in 1..=EACH {
                    let command = match n % 3 {
                        0 => CANCEL,
                        1 => Command::Disconnected { key: KeyId(key) },
                        _ => ORDER,
                    };
                    submit(&sender, input(key, n, command));
                }
            });
        }
        let mut last = [0_u64; PRODUCERS as usize + 1];
        let mut count = 0_u64;
        while count < u64::from(PRODUCERS) * EACH {
            let max = [1, 7, 2, 64, 5][(count % 5) as usize];
            let taken = receiver.drain(max, |input| {
                let last = &mut last[input.key.index()];
                assert_eq!(input.client_seq.0, *last + 1, "key {}", input.key);
                *last += 1;
            });
            count += taken as u64;
            if taken == 0 {
                let begin = Instant::now();
                receiver.idle(LOST);
                assert!(begin.elapsed() < LOST, "a wake-up was lost");
            }
        }
        assert_eq!(last[1..], [EACH; PRODUCERS as usize]);
    });
    assert_eq!(receiver.depth().used_count, 0);
}

#[test]
fn commands_arrive_once_and_in_order_parking() {
    every_command_arrives_once_and_in_its_producers_order(IdleStrategy::Economy);
}

#[test]
fn commands_arrive_once_and_in_order_balanced() {
    every_command_arrives_once_and_in_its_producers_order(IdleStrategy::Balanced);
}

/// Producers race for a ring that nobody reads: exactly as many are admitted as the limit says.
#[test]
fn limits_are_exact_under_a_race() {
    for round in 0..200 {
        let size = CommandRingSize {
            orders_and_cancels: 50 + round,
            reserved: 2,
        };
        let order_limit = size.orders_and_cancels - size.orders_and_cancels / 10;
        let (sender, mut receiver) = command_ring(size, IdleStrategy::Economy);
        let (orders, cancels) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let fill = |command: Command, admitted: &AtomicUsize| {
            thread::scope(|scope| {
                for key in 1..=3 {
                    let sender = sender.clone();
                    scope.spawn(move || {
                        let mut n = 0;
                        while sender.submit(input(key, n, command)).is_ok() {
                            n += 1;
                            admitted.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
            });
        };
        fill(ORDER, &orders);
        assert_eq!(orders.load(Ordering::Relaxed), order_limit);
        fill(CANCEL, &cancels);
        assert_eq!(
            cancels.load(Ordering::Relaxed),
            size.orders_and_cancels - order_limit
        );
        assert_eq!(receiver.drain(usize::MAX, |_| ()), size.orders_and_cancels);
    }
}

/// While order producers keep the ring at their limit, a canceller is never refused.
#[test]
fn a_flood_of_orders_never_makes_a_cancel_busy() {
    let size = CommandRingSize {
        orders_and_cancels: 100,
        reserved: 2,
    };
    let order_limit = 90;
    let (sender, mut receiver) = command_ring(size, IdleStrategy::Economy);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for key in 1..=2 {
            let (sender, done) = (sender.clone(), &done);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    if sender.submit(input(key, 0, ORDER)) == Err(Busy) {
                        thread::yield_now();
                    }
                }
            });
        }
        for n in 1..=2_000 {
            while sender.depth().used_count < order_limit {
                thread::yield_now();
            }
            assert_eq!(sender.depth().used_count, order_limit);
            sender.submit(input(9, n, CANCEL)).unwrap();
            let mut cancelled = false;
            while !cancelled {
                receiver.drain(1, |input| cancelled = input.key == KeyId(9));
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// A command goes to the core and its event comes back, both threads sleeping in between, so that each
/// of the 100,000 hand-overs needs its wake-up. Also the watermark comes late.
#[test]
fn no_wake_up_is_lost_in_either_ring() {
    const ROUNDS: u64 = 50_000;
    let size = CommandRingSize {
        orders_and_cancels: 10,
        reserved: 1,
    };
    let (sender, mut commands) = command_ring(size, IdleStrategy::Economy);
    let (mut events, mut source, watermark) = event_ring(4, IdleStrategy::Economy, Seq(0));
    thread::scope(|scope| {
        scope.spawn(move || {
            for seq in 1..=ROUNDS {
                while commands.drain(1, |_| ()) == 0 {
                    let begin = Instant::now();
                    commands.idle(LOST);
                    assert!(begin.elapsed() < LOST, "the core missed a command");
                }
                events.try_push(&event(seq)).unwrap();
                events.flush();
                watermark.publish(Seq(seq));
            }
        });
        for seq in 1..=ROUNDS {
            submit(&sender, input(1, seq, ORDER));
            while source.drain(1, |event| assert_eq!(event.seq, Seq(seq))) == 0 {
                let begin = Instant::now();
                source.idle(LOST, || false);
                assert!(begin.elapsed() < LOST, "the publisher missed an event");
            }
        }
    });
}

/// A fast core, a slow journal and a small ring: order kept, nothing released early, nothing lost.
#[test]
fn events_come_in_order_and_never_before_their_watermark() {
    const EVENTS: u64 = 200_000;
    let (mut sender, mut source, watermark) = event_ring(64, IdleStrategy::Balanced, Seq(0));
    let seen = watermark.clone();
    thread::scope(|scope| {
        scope.spawn(move || {
            for seq in 1..=EVENTS {
                while sender.try_push(&event(seq)).is_err() {
                    // The journal catches up only when the ring is full: the reader waits for it.
                    watermark.publish(Seq(seq - 1));
                    thread::yield_now();
                }
            }
            sender.flush();
            watermark.publish(Seq(EVENTS));
        });
        let mut next = 1;
        while next <= EVENTS {
            let taken = source.drain(16, |event| {
                assert_eq!(event.seq, Seq(next));
                assert!(event.seq <= seen.get());
                next += 1;
            });
            if taken == 0 {
                let begin = Instant::now();
                source.idle(LOST, || false);
                assert!(begin.elapsed() < LOST, "the publisher missed the watermark");
            }
        }
    });
}
