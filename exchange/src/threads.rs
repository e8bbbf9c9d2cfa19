//! Threads and processors.

use std::num::NonZeroUsize;

use tracing::{info, warn};

use crate::config::{Config, Profile};

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
pub(crate) fn pin(thread: &str, cpu: Option<usize>) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
