//! The command ring: from many sessions to one core thread.
//!
//! Two bounded queues. Trading commands go through the main one, in three classes of admission, so
//! that a flood of orders never stops anyone from getting out:
//!
//! | class | admitted while the main ring holds fewer than |
//! | --- | --- |
//! | orders (place, replace, arm) | nine tenths of `orders_and_cancels` |
//! | cancels ([`CommandKind::is_cancel`]) | `orders_and_cancels` |
//! | `Disconnected` | `orders_and_cancels` + `reserved` |
//!
//! `Disconnected` stays in the main queue on purpose: it has to come after what its session sent. If it
//! overtook an order still in the ring, that order would enter the book after the cancellation and
//! stay there with nobody to watch it. Slots that nothing else may use keep it from being starved.
//!
//! Administration goes through the reserved queue, which is drained first: a kill switch does not
//! stand in line behind the flood that it is meant to stop.
//!
//! Admission is exact, not a guess from a racing length: a producer first takes a number by
//! compare-and-swap, bounded by what the reader says it has taken, and only then writes its slot. The
//! reader's count is looked at only when the ring seems full, so that in the usual case producers
//! touch no cache line that the reader writes. Cost: two compare-and-swaps and one fence per command.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;
use crossbeam_utils::CachePadded;
use rialto_types::{CommandKind, Input, Needs};

use crate::{Busy, CommandSink, Depth, IdleStrategy, Idler, Waker, idle_pair};

/// How many commands the rings hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandRingSize {
    /// Orders and cancels. At least 10, so that there is a last tenth.
    pub orders_and_cancels: usize,
    /// Administration, and as many slots again for disconnects. At least 1.
    pub reserved: usize,
}

impl Default for CommandRingSize {
    /// 65,536 orders and cancels, 8 MiB: at a million commands a second, 65 ms of work.
    fn default() -> Self {
        Self {
            orders_and_cancels: 1 << 16,
            reserved: 1 << 10,
        }
    }
}

/// Makes the ring.
///
/// # Panics
/// When a size is below its minimum.
pub fn command_ring(
    size: CommandRingSize,
    strategy: IdleStrategy,
) -> (CommandSender, CommandReceiver) {
    let CommandRingSize {
        orders_and_cancels,
        reserved,
    } = size;
    assert!(
        orders_and_cancels >= 10,
        "a ring of {orders_and_cancels} commands has no last tenth: at least 10"
    );
    assert!(reserved >= 1, "the reserved ring needs at least one slot");
    let (idler, waker) = idle_pair(strategy);
    let shared = Arc::new(Shared {
        main: ArrayQueue::new(orders_and_cancels + reserved),
        reserved: ArrayQueue::new(reserved),
        limits: Limits::new(orders_and_cancels as u64, reserved as u64),
        admission: CachePadded::new(Admission::default()),
        taken: CachePadded::new(AtomicU64::new(0)),
        waker,
    });
    let receiver = CommandReceiver {
        shared: Arc::clone(&shared),
        taken: 0,
        idler,
    };
    (CommandSender { shared }, receiver)
}

#[derive(Debug)]
struct Shared {
    main: ArrayQueue<Input>,
    reserved: ArrayQueue<Input>,
    limits: Limits,
    admission: CachePadded<Admission>,
    /// Commands that have left the main queue, as last published by the reader.
    taken: CachePadded<AtomicU64>,
    waker: Waker,
}

/// Up to how many commands the main queue may hold for another one of each class to be admitted.
#[derive(Debug)]
struct Limits {
    order: u64,
    cancel: u64,
    disconnect: u64,
}

impl Limits {
    const fn new(orders_and_cancels: u64, reserved: u64) -> Self {
        Self {
            order: orders_and_cancels - orders_and_cancels / 10,
            cancel: orders_and_cancels,
            disconnect: orders_and_cancels + reserved,
        }
    }

    const fn of(&self, kind: CommandKind) -> u64 {
        match kind {
            CommandKind::Disconnected => self.disconnect,
            kind if kind.is_cancel() => self.cancel,
            _ => self.order,
        }
    }
}

/// What producers write.
#[derive(Debug, Default)]
struct Admission {
    /// Commands ever admitted to the main queue.
    admitted: AtomicU64,
    /// A past value of [`Shared::taken`]: too low at worst, which only costs another look.
    taken_seen: AtomicU64,
}

impl Shared {
    /// Takes a place in the main queue if fewer than `limit` commands are in it.
    #[inline]
    fn admit(&self, limit: u64) -> Result<(), Busy> {
        let Admission {
            admitted,
            taken_seen,
        } = &*self.admission;
        let mut position = admitted.load(Ordering::Relaxed);
        loop {
            // Acquire, here and below: the slots that the reader emptied are seen empty. Another
            // producer may have taken numbers, and the reader even their commands, since `position`
            // was read; then the difference is negative and the swap fails.
            let mut in_queue = position.saturating_sub(taken_seen.load(Ordering::Acquire));
            if in_queue >= limit {
                let taken = self.taken.load(Ordering::Acquire);
                taken_seen.store(taken, Ordering::Release);
                in_queue = position.saturating_sub(taken);
                if in_queue >= limit {
                    return Err(Busy);
                }
            }
            match admitted.compare_exchange_weak(
                position,
                position + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(()),
                Err(now) => position = now,
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.reserved.is_empty() && self.main.is_empty()
    }

    fn depth(&self) -> Depth {
        Depth {
            used_count: self.main.len(),
            capacity_count: self.main.capacity(),
        }
    }

    fn reserved_depth(&self) -> Depth {
        Depth {
            used_count: self.reserved.len(),
            capacity_count: self.reserved.capacity(),
        }
    }
}

/// A producer's end. Cloned for each session.
#[derive(Clone, Debug)]
pub struct CommandSender {
    shared: Arc<Shared>,
}

impl CommandSink for CommandSender {
    #[inline]
    fn submit(&self, input: Input) -> Result<(), Busy> {
        let shared = &*self.shared;
        let kind = input.command.kind();
        let waits_in_line = kind.needs() == Needs::Trade || kind == CommandKind::Disconnected;
        if waits_in_line {
            shared.admit(shared.limits.of(kind))?;
            shared
                .main
                .push(input)
                .expect("an admitted command finds a free slot");
        } else {
            shared.reserved.push(input).map_err(|_| Busy)?;
        }
        shared.waker.wake();
        Ok(())
    }

    fn depth(&self) -> Depth {
        self.shared.depth()
    }

    fn reserved_depth(&self) -> Depth {
        self.shared.reserved_depth()
    }
}

/// The core thread's end.
#[derive(Debug)]
pub struct CommandReceiver {
    shared: Arc<Shared>,
    /// Commands taken from the main queue so far.
    taken: u64,
    idler: Idler,
}

impl CommandReceiver {
    /// Takes up to `max` commands, those of the reserved ring first, and hands each to `take`.
    /// Returns how many there were. Never waits.
    #[inline]
    pub fn drain(&mut self, max: usize, mut take: impl FnMut(Input)) -> usize {
        let mut count = 0;
        while count < max {
            let Some(input) = self.shared.reserved.pop() else {
                break;
            };
            take(input);
            count += 1;
        }
        let reserved = count;
        while count < max {
            let Some(input) = self.shared.main.pop() else {
                break;
            };
            take(input);
            count += 1;
        }
        if count > reserved {
            // Release: a producer that sees the new count also sees the slots empty.
            self.taken += (count - reserved) as u64;
            self.shared.taken.store(self.taken, Ordering::Release);
        }
        if count > 0 {
            self.idler.worked();
        }
        count
    }

    /// Lets time pass after a [`drain`](Self::drain) that found nothing; returns when there may be a
    /// command, when `at_most` has passed, or for no reason.
    #[inline]
    pub fn idle(&mut self, at_most: Duration) {
        let shared = &*self.shared;
        self.idler.idle(at_most, || !shared.is_empty());
    }

    /// Ends an [`idle`](Self::idle) from another thread, for instance to end the core thread.
    pub fn waker(&self) -> Waker {
        self.shared.waker.clone()
    }

    /// How full the main ring is.
    pub fn depth(&self) -> Depth {
        self.shared.depth()
    }

    /// How full the reserved ring is.
    pub fn reserved_depth(&self) -> Depth {
        self.shared.reserved_depth()
    }
}

#[cfg(test)]
mod tests {
    use rialto_types::{
        CancelOrder, ClientSeq, Command, InstrumentId, KeyId, KillScope, MassCancel, OrderId,
        OrderKind, OrderRef, PlaceOrder, Price, Qty, Side, StpMode, TimeInForce,
    };

    use super::*;

    const SIZE: CommandRingSize = CommandRingSize {
        orders_and_cancels: 20,
        reserved: 3,
    };

    fn ring() -> (CommandSender, CommandReceiver) {
        command_ring(SIZE, IdleStrategy::Economy)
    }

    fn input(client_seq: u64, command: Command) -> Input {
        Input {
            key: KeyId(1),
            client_seq: ClientSeq(client_seq),
            command,
        }
    }

    fn place() -> Command {
        Command::Place(PlaceOrder {
            instrument: InstrumentId(1),
            side: Side::Buy,
            stp: StpMode::CancelTaker,
            kind: OrderKind::Limit {
                price: Price(1),
                qty: Qty(1),
                tif: TimeInForce::Gtc,
                post_only: false,
            },
            client_order_id: None,
        })
    }

    fn cancel() -> Command {
        Command::Cancel(CancelOrder {
            instrument: InstrumentId(1),
            order: OrderRef::Id(OrderId(1)),
        })
    }

    const DISCONNECTED: Command = Command::Disconnected { key: KeyId(1) };
    const KILL: Command = Command::EngageKillSwitch(KillScope::Venue);

    fn admitted(sender: &CommandSender, command: Command) -> usize {
        (0..1_000)
            .take_while(|n| sender.submit(input(*n, command)).is_ok())
            .count()
    }

    fn taken(receiver: &mut CommandReceiver, max: usize) -> Vec<Input> {
        let mut inputs = Vec::new();
        receiver.drain(max, |input| inputs.push(input));
        inputs
    }

    #[test]
    fn each_class_is_admitted_up_to_its_limit() {
        let (sender, mut receiver) = ring();
        assert_eq!(admitted(&sender, place()), 18);
        assert_eq!(
            admitted(&sender, Command::ArmCancelOnDisconnect { armed: true }),
            0
        );
        assert_eq!(admitted(&sender, cancel()), 2, "the last tenth");
        let all = MassCancel {
            instrument: None,
            side: None,
        };
        assert_eq!(admitted(&sender, Command::MassCancel(all)), 0);
        assert_eq!(admitted(&sender, DISCONNECTED), 3, "their own slots");
        assert_eq!(sender.depth().used_count, sender.depth().capacity_count);
        assert_eq!(admitted(&sender, KILL), 3, "the reserved ring");
        assert_eq!(taken(&mut receiver, usize::MAX).len(), 18 + 2 + 3 + 3);
        assert_eq!(admitted(&sender, place()), 18, "all room is free again");
    }

    #[test]
    fn room_that_the_reader_makes_is_used_at_once() {
        let (sender, mut receiver) = ring();
        assert_eq!(admitted(&sender, place()), 18);
        for n in 0..100 {
            assert_eq!(sender.submit(input(n, place())), Err(Busy));
            assert_eq!(taken(&mut receiver, 1).len(), 1);
            assert_eq!(sender.submit(input(n, place())), Ok(()));
        }
    }

    #[test]
    fn administration_overtakes_and_disconnects_do_not() {
        let (sender, mut receiver) = ring();
        for (n, command) in [place(), DISCONNECTED, cancel(), KILL]
            .into_iter()
            .enumerate()
        {
            sender.submit(input(n as u64, command)).unwrap();
        }
        let order: Vec<u64> = taken(&mut receiver, 100)
            .iter()
            .map(|input| input.client_seq.0)
            .collect();
        assert_eq!(order, [3, 0, 1, 2]);
    }

    #[test]
    fn a_batch_ends_at_its_maximum() {
        let (sender, mut receiver) = ring();
        assert_eq!(admitted(&sender, place()), 18);
        assert_eq!(admitted(&sender, KILL), 3);
        assert_eq!(taken(&mut receiver, 2).len(), 2);
        assert_eq!(sender.reserved_depth().used_count, 1);
        assert_eq!(taken(&mut receiver, 5).len(), 5);
        assert_eq!(receiver.depth().used_count, 14);
    }

    #[test]
    #[should_panic(expected = "a ring of 9 commands has no last tenth")]
    fn a_ring_without_a_last_tenth_is_refused() {
        let size = CommandRingSize {
            orders_and_cancels: 9,
            reserved: 1,
        };
        let _ring = command_ring(size, IdleStrategy::Economy);
    }
}
