//! Threads and processors.

use std::num::NonZeroUsize;

use tracing::{debug, info, warn};

use crate::config::{Config, Profile};

/// The nice value of the threads that everybody waits for, where nothing else is configured: the highest priority.
const FIRST: i8 = -20;

/// Threads beside the gateway's that every order passes: core and publisher.
const BUSY_THREADS: usize = 2;
/// Processors from which on two threads may spin for ever and leave enough to sockets.
const PROCESSORS_FOR_TWO_SPINNING: usize = 4;

/// What the configuration leaves to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Threads that serve connections.
    pub(crate) gateway_threads: usize,
    /// What the publisher does while there is nothing to do.
    pub(crate) publisher_profile: Profile,
    /// Whether the publisher runs beside the sessions, on their one thread.
    pub(crate) is_publisher_beside_sessions: bool,
}

/// The plan for this machine.
pub(crate) fn plan(config: &Config) -> Plan {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    plan_for(config, processors)
}

/// Each order is handed from a session to the core, the publisher and a session again. On few processors these wait for
/// one another, so fewer threads are faster there: see ADR 0040.
fn plan_for(config: &Config, processors: usize) -> Plan {
    let gateway_threads = match config.gateway.threads {
        0 => processors.saturating_sub(BUSY_THREADS).max(1),
        chosen => chosen,
    };
    let publisher_profile = match (config.core.publisher_profile, config.core.profile) {
        (Some(chosen), _) => chosen,
        (None, Profile::Latency) if processors < PROCESSORS_FOR_TWO_SPINNING => Profile::Balanced,
        (None, same) => same,
    };
    Plan {
        gateway_threads,
        publisher_profile,
        // One that spins for ever takes a processor of its own.
        is_publisher_beside_sessions: gateway_threads == 1 && publisher_profile != Profile::Latency,
    }
}

/// Keeps the calling thread on one processor. A processor that cannot be had is a warning, not an end:
/// the exchange is right without it, only slower.
fn pin(thread: &str, cpu: Option<usize>) {
    let Some(cpu) = cpu else {
        return;
    };
    let mut set = rustix::thread::CpuSet::new();
    if cpu >= rustix::thread::CpuSet::MAX_CPU {
        warn!(thread, cpu, "no such processor: the thread runs on any");
        return;
    }
    set.set(cpu);
    match rustix::thread::sched_setaffinity(None, &set) {
        Ok(()) => info!(thread, cpu, "pinned"),
        Err(error) => warn!(thread, cpu, %error, "not pinned: the thread runs on any processor"),
    }
}

/// Where a thread runs, and how much it comes before others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its processor; any if none is chosen.
    pub cpu: Option<usize>,
    /// Its nice value, from -20, which comes first, to 19. By default the first where there is more than one processor.
    pub nice: Option<i8>,
}

impl Place {
    /// Takes the calling thread there. What the system refuses is told, and not worth ending for.
    pub fn take(self, thread: &str) {
        pin(thread, self.cpu);
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        if let Some(nice) = nice_for(self.nice, processors) {
            set_nice(thread, nice, self.nice.is_some());
        }
    }
}

/// A thread that spins would let nobody else run on the only processor.
const fn nice_for(chosen: Option<i8>, processors: usize) -> Option<i8> {
    match chosen {
        None if processors > 1 => Some(FIRST),
        chosen => chosen,
    }
}

/// Of threads that want the same processor the one that everybody waits for goes first. Linux keeps the value for
/// each thread.
fn set_nice(thread: &str, nice: i8, is_asked_for: bool) {
    let refused = rustix::process::setpriority_process(None, nice.into()).err();
    match refused {
        None => info!(thread, nice, "priority set"),
        Some(error) if is_asked_for => {
            warn!(thread, nice, %error, "the priority stays as it is: it takes CAP_SYS_NICE, or `ulimit -e 40`");
        }
        // Who only tries the exchange out need not care.
        Some(error) => debug!(thread, nice, %error, "the priority stays as it is"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_all_wait_for_go_first_unless_they_would_be_alone() {
        assert_eq!(nice_for(None, 1), None);
        assert_eq!(nice_for(None, 2), Some(-20));
        assert_eq!(nice_for(Some(0), 2), Some(0));
        assert_eq!(nice_for(Some(-5), 1), Some(-5));
    }

    fn config(threads: usize, profile: Profile, publisher: Option<Profile>) -> Config {
        let mut config = Config::default();
        config.gateway.threads = threads;
        (config.core.profile, config.core.publisher_profile) = (profile, publisher);
        config
    }

    #[test]
    fn core_and_publisher_are_left_processors_where_there_are_some() {
        let threads = |processors| {
            let plan = plan_for(&config(0, Profile::Balanced, None), processors);
            (plan.gateway_threads, plan.is_publisher_beside_sessions)
        };
        let found = [1, 2, 3, 4, 16].map(threads);
        assert_eq!(
            found,
            [(1, true), (1, true), (1, true), (2, false), (14, false)]
        );
        let plan = plan_for(&config(5, Profile::Balanced, None), 2);
        assert_eq!(
            (plan.gateway_threads, plan.is_publisher_beside_sessions),
            (5, false)
        );
    }

    #[test]
    fn two_threads_spin_only_where_both_can() {
        let publisher = |processors, chosen| {
            let plan = plan_for(&config(1, Profile::Latency, chosen), processors);
            (plan.publisher_profile, plan.is_publisher_beside_sessions)
        };
        assert_eq!(publisher(2, None), (Profile::Balanced, true));
        assert_eq!(publisher(4, None), (Profile::Latency, false));
        assert_eq!(
            publisher(2, Some(Profile::Latency)),
            (Profile::Latency, false)
        );
        assert_eq!(
            publisher(8, Some(Profile::Economy)),
            (Profile::Economy, true)
        );
    }
}
