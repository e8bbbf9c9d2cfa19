//! How a thread that waits for a ring passes its time, and how it is woken.
//!
//! Waking a sleeping thread costs far more than all the work of an order, so the choice is the
//! operator's: [`IdleStrategy`]. A reader owns an [`Idler`]; whoever gives it work owns a [`Waker`].
//!
//! # Why no wake-up is lost, and why an awake reader costs its producers no system call
//!
//! The reader announces its sleep in a flag, the producer announces its message in the ring, and each
//! looks at the other's announcement afterwards:
//!
//! ```text
//! reader                              producer
//! parked.store(true)                  ring.push(message)
//! fence(SeqCst)                       fence(SeqCst)
//! if ring has a message: stay awake   if parked: clear it and unpark the reader
//! park
//! ```
//!
//! Both fences lie in the one total order of sequentially consistent fences. If the reader's comes
//! first, the producer's load after its own fence sees the flag and unparks. If the producer's comes
//! first, the reader's check after its own fence sees the message and does not park. One of the two
//! always holds, so a message never waits for a sleeping reader. When the flag was seen before the
//! reader has actually parked, the unpark leaves a token and the park returns at once.
//!
//! While the reader is awake the flag is false: producers read a cache line that nobody writes, which
//! after the fence is all that a message costs them. Under [`IdleStrategy::Latency`] the reader never
//! parks and even the fence falls away.
//!
//! A reader that is a task among others, and must not block its thread, uses [`Idler::spin`] and
//! [`Idler::poll_sleep`] in place of [`Idler::idle`]; for producers it is the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use atomic_waker::AtomicWaker;
use crossbeam_utils::CachePadded;
use crossbeam_utils::sync::{Parker, Unparker};

/// How long [`IdleStrategy::Balanced`] spins before it parks. Longer than the pauses within a burst,
/// short enough that an idle exchange uses no processor.
const BALANCED_SPIN: Duration = Duration::from_micros(50);
/// Turns of spinning between two looks at the clock: a look costs about as much as 20 turns.
const SPINS_PER_CLOCK: u32 = 64;

/// Turns of spinning after which other threads are let in between: about a microsecond.
const SPINS_BEFORE_YIELD: u32 = 32;

/// What a thread does while there is nothing to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdleStrategy {
    /// Spins for ever: lowest latency, one processor each. Whoever starts the thread pins it.
    Latency,
    /// Spins for 50 µs after the last message, letting other threads in between, then parks. Between
    /// threads that share few processors the letting in is what counts: without it each spins away the
    /// time of the one it waits for.
    #[default]
    Balanced,
    /// Parks at once: least processor time, a wake-up for every burst.
    Economy,
}

/// A reader's side: lets time pass. One per reading thread.
#[derive(Debug)]
pub struct Idler {
    strategy: IdleStrategy,
    parker: Parker,
    shared: Arc<Shared>,
    /// Turns of spinning since the last work.
    spins: u32,
    /// When the spinning began; set at its first look at the clock.
    spinning_since: Option<Instant>,
    /// Whether this silence has been spun through long enough.
    spun_enough: bool,
}

/// A producer's side: ends the reader's sleep. Cloned freely.
#[derive(Clone, Debug)]
pub struct Waker {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Whether the reader sleeps or is about to. Written only around a sleep; read for each message.
    parked: CachePadded<AtomicBool>,
    unparker: Unparker,
    /// The reader, when it sleeps as a task.
    task: AtomicWaker,
    /// Whether the reader ever sleeps.
    parks: bool,
}

/// A reader's and its producers' side of one idling thread.
pub fn idle_pair(strategy: IdleStrategy) -> (Idler, Waker) {
    let parker = Parker::new();
    let shared = Arc::new(Shared {
        parked: CachePadded::new(AtomicBool::new(false)),
        unparker: parker.unparker().clone(),
        task: AtomicWaker::new(),
        parks: strategy != IdleStrategy::Latency,
    });
    let idler = Idler {
        strategy,
        parker,
        shared: Arc::clone(&shared),
        spins: 0,
        spinning_since: None,
        spun_enough: false,
    };
    (idler, Waker { shared })
}

impl Idler {
    /// Says that there was work: the next idling begins with spinning again.
    #[inline]
    pub fn worked(&mut self) {
        self.spins = 0;
        self.spinning_since = None;
        self.spun_enough = false;
    }

    /// Lets a little time pass: one turn of spinning, or a sleep that ends when a [`Waker`] is
    /// called, when `at_most` has passed, or for no reason. Just before a sleep `ready` is asked
    /// whether there is work after all; it must look at everything that a waker announces.
    #[inline]
    pub fn idle(&mut self, at_most: Duration, ready: impl FnMut() -> bool) {
        let strategy = self.strategy;
        match strategy {
            IdleStrategy::Latency => std::hint::spin_loop(),
            IdleStrategy::Balanced if !self.has_spun_enough() => self.spin_politely(),
            IdleStrategy::Balanced | IdleStrategy::Economy => self.park(at_most, ready),
        }
    }

    /// For a task: whether it is to look again at once, having let others run in between, instead of sleeping. One
    /// that spins for ever is told so each time.
    #[inline]
    pub fn spin(&mut self) -> bool {
        match self.strategy {
            IdleStrategy::Latency => true,
            IdleStrategy::Balanced => !self.has_spun_enough(),
            IdleStrategy::Economy => false,
        }
    }

    /// For a task: sleeps, without blocking its thread, until a [`Waker`] is called or `ready` says that there is work
    /// after all. The task that gives up waiting, say because of the time, just goes on; a producer may then wake it once for
    /// nothing.
    pub fn poll_sleep(
        &mut self,
        context: &Context<'_>,
        mut ready: impl FnMut() -> bool,
    ) -> Poll<()> {
        self.shared.task.register(context.waker());
        self.shared.parked.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if !ready() {
            return Poll::Pending;
        }
        self.shared.parked.store(false, Ordering::Relaxed);
        Poll::Ready(())
    }

    /// One turn of spinning that lets other threads have the processor if any wants it.
    fn spin_politely(&mut self) {
        if self.spins <= SPINS_BEFORE_YIELD {
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }

    fn has_spun_enough(&mut self) -> bool {
        if self.spun_enough {
            return true;
        }
        self.spins = self.spins.wrapping_add(1);
        if self.spins.is_multiple_of(SPINS_PER_CLOCK) {
            let since = *self.spinning_since.get_or_insert_with(Instant::now);
            self.spun_enough = since.elapsed() >= BALANCED_SPIN;
        }
        self.spun_enough
    }

    #[cold]
    fn park(&mut self, at_most: Duration, mut ready: impl FnMut() -> bool) {
        self.shared.parked.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if !ready() {
            self.parker.park_timeout(at_most);
        }
        self.shared.parked.store(false, Ordering::Relaxed);
    }
}

impl Waker {
    /// Wakes the reader if it sleeps. Call it after the message is in its ring. No system call, and
    /// no write to shared memory, while the reader is awake.
    #[inline]
    pub fn wake(&self) {
        if !self.shared.parks {
            return;
        }
        fence(Ordering::SeqCst);
        if self.shared.parked.load(Ordering::Relaxed) {
            self.unpark();
        }
    }

    #[cold]
    fn unpark(&self) {
        // Of several producers that see the flag, one makes the system call.
        if self.shared.parked.swap(false, Ordering::Relaxed) {
            self.shared.unparker.unpark();
            self.shared.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    /// So long that no test run reaches it: a sleep of this length is a lost wake-up.
    const FOR_EVER: Duration = Duration::from_hours(1);
    /// A sleep of this length is one too many where messages come all the time.
    const LOST: Duration = Duration::from_secs(10);

    #[test]
    fn a_ready_reader_does_not_sleep() {
        let (mut idler, _waker) = idle_pair(IdleStrategy::Economy);
        idler.idle(FOR_EVER, || true);
        assert!(!idler.shared.parked.load(Ordering::Relaxed));
    }

    #[test]
    fn a_wake_between_the_check_and_the_sleep_is_kept() {
        let (mut idler, waker) = idle_pair(IdleStrategy::Economy);
        // The check finds nothing, then the producer announces itself before the reader has parked.
        idler.idle(FOR_EVER, || {
            waker.wake();
            false
        });
        assert!(!idler.shared.parked.load(Ordering::Relaxed));
    }

    #[test]
    fn a_sleep_ends_by_itself() {
        let (mut idler, _waker) = idle_pair(IdleStrategy::Economy);
        let begin = Instant::now();
        idler.idle(Duration::from_millis(2), || false);
        assert!(begin.elapsed() >= Duration::from_millis(2));
    }

    #[test]
    fn a_spinning_reader_never_announces_a_sleep() {
        let (mut idler, waker) = idle_pair(IdleStrategy::Latency);
        for _ in 0..10_000 {
            idler.idle(FOR_EVER, || panic!("the spinning strategy asks nobody"));
        }
        waker.wake();
        assert!(!idler.shared.parked.load(Ordering::Relaxed));
    }

    /// Counts how often a task was woken.
    #[derive(Default)]
    struct Woken(AtomicU64);

    impl std::task::Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Release);
        }
    }

    #[test]
    fn a_task_sleeps_without_blocking_and_is_woken_once() {
        let (mut idler, waker) = idle_pair(IdleStrategy::Economy);
        let woken = Arc::new(Woken::default());
        let task = std::task::Waker::from(Arc::clone(&woken));
        let context = Context::from_waker(&task);
        assert!(!idler.spin());
        assert!(idler.poll_sleep(&context, || true).is_ready());
        waker.wake();
        assert_eq!(woken.0.load(Ordering::Acquire), 0, "it was awake");
        assert!(idler.poll_sleep(&context, || false).is_pending());
        waker.wake();
        waker.wake();
        assert_eq!(woken.0.load(Ordering::Acquire), 1);
        assert!(!idler.shared.parked.load(Ordering::Relaxed));
        // Announced between the check and the sleep.
        let sleep = idler.poll_sleep(&context, || {
            waker.wake();
            false
        });
        assert!(sleep.is_pending());
        assert_eq!(woken.0.load(Ordering::Acquire), 2);
    }

    #[test]
    fn a_task_spins_as_the_strategy_says() {
        let spins = |strategy| {
            let (mut idler, _waker) = idle_pair(strategy);
            let begin = Instant::now();
            while idler.spin() && begin.elapsed() < 4 * BALANCED_SPIN {}
            begin.elapsed()
        };
        assert!(spins(IdleStrategy::Latency) >= 4 * BALANCED_SPIN);
        assert!(spins(IdleStrategy::Balanced) >= BALANCED_SPIN);
        let (mut idler, _waker) = idle_pair(IdleStrategy::Balanced);
        while idler.spin() {}
        assert!(!idler.spin(), "until there is work again");
        idler.worked();
        assert!(idler.spin());
    }

    #[test]
    fn the_balanced_strategy_spins_first_and_sleeps_later() {
        let (mut idler, _waker) = idle_pair(IdleStrategy::Balanced);
        let mut turns = 0_u32;
        let mut asked = false;
        let begin = Instant::now();
        while !asked {
            idler.idle(Duration::from_micros(1), || {
                asked = true;
                true
            });
            turns += 1;
        }
        assert!(turns > SPINS_PER_CLOCK, "{turns}");
        assert!(begin.elapsed() >= BALANCED_SPIN);

        idler.worked();
        idler.idle(FOR_EVER, || panic!("spins again after work"));
    }

    /// Both fences at work: the producer writes a plain atomic right when the reader, having answered
    /// the last one, announces its sleep. Without either fence this loses a wake-up within the rounds.
    fn sleep_and_message_meet(sleep: impl Fn(&mut Idler, &dyn Fn() -> bool) + Send + Sync) {
        const ROUNDS: u64 = 300_000;
        let (mut idler, waker) = idle_pair(IdleStrategy::Economy);
        let (message, answer) = (
            CachePadded::new(AtomicU64::new(0)),
            CachePadded::new(AtomicU64::new(0)),
        );
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 1..=ROUNDS {
                    while message.load(Ordering::Relaxed) < round {
                        let begin = Instant::now();
                        sleep(&mut idler, &|| message.load(Ordering::Relaxed) >= round);
                        if begin.elapsed() >= LOST {
                            answer.store(ROUNDS, Ordering::Relaxed);
                            panic!("lost in round {round}");
                        }
                    }
                    answer.store(round, Ordering::Relaxed);
                }
            });
            for round in 1..=ROUNDS {
                message.store(round, Ordering::Relaxed);
                waker.wake();
                // A pause of changing length moves the message across the moment of falling asleep.
                for _ in 0..round % 32 {
                    std::hint::black_box(round);
                }
                while answer.load(Ordering::Relaxed) < round {
                    std::hint::spin_loop();
                }
            }
        });
    }

    #[test]
    fn no_wake_up_of_a_thread_is_lost() {
        sleep_and_message_meet(|idler, ready| idler.idle(LOST, ready));
    }

    #[test]
    fn no_wake_up_of_a_task_is_lost() {
        struct Unpark(std::thread::Thread);
        impl std::task::Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        sleep_and_message_meet(|idler, ready| {
            let task = std::task::Waker::from(Arc::new(Unpark(std::thread::current())));
            if idler
                .poll_sleep(&Context::from_waker(&task), ready)
                .is_pending()
            {
                std::thread::park_timeout(LOST);
            }
        });
    }
}
