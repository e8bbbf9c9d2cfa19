//! Threads and processors.

use std::num::NonZeroUsize;
use std::sync::OnceLock;

use rustix::thread::CpuSet;
use tracing::{debug, info, warn};

use crate::config::{Config, Durability, Profile};

/// The nice value of the threads that everybody waits for, where nothing else is configured: the highest priority.
const FIRST: i8 = -20;
/// What a thread does that cannot go first.
const REFUSED: &str = "the priority stays as it is: it takes CAP_SYS_NICE, or `ulimit -e 40`";

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
    /// Where the core thread runs.
    pub(crate) core: Place,
    /// Where the journal thread runs, in `durable` mode.
    pub(crate) journal: Place,
}

/// The plan for this machine.
pub(crate) fn plan(config: &Config) -> Plan {
    plan_for(config, processors(config.core.core_cpu))
}

/// How many processors the process was started on, that of the core included: it may lie outside, kept free of
/// everything else by the system.
fn processors(core_cpu: Option<usize>) -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| {
        let usual = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let allowed = rustix::thread::sched_getaffinity(None);
        let lies_outside = |cpu| {
            let allowed = allowed.as_ref();
            cpu < CpuSet::MAX_CPU && allowed.is_ok_and(|allowed| !allowed.is_set(cpu))
        };
        usual + usize::from(core_cpu.is_some_and(lies_outside))
    })
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
    let core = &config.core;
    // Threads that spin for ever and come first leave nothing to others on processors of their own.
    let journal_profile = match config.journal.durability {
        Durability::Written => None,
        Durability::Durable => Some(core.journal_profile.unwrap_or(core.profile)),
    };
    // The core that has a processor to itself leaves one less, on which it does not spin.
    let (core_profile, shared) = match core.core_cpu {
        Some(_) => (None, processors.saturating_sub(1)),
        None => (Some(core.profile), processors),
    };
    let spinning = [core_profile, journal_profile, Some(publisher_profile)];
    let spinning = spinning
        .iter()
        .filter(|profile| **profile == Some(Profile::Latency));
    let usual = if processors > 1 && spinning.count() < shared {
        Priority::First
    } else {
        Priority::AsOthers
    };
    let place = |cpu, nice: Option<i8>| Place {
        cpu,
        priority: nice.map_or(usual, Priority::Nice),
    };
    Plan {
        gateway_threads,
        publisher_profile,
        // One that spins for ever takes a processor of its own.
        is_publisher_beside_sessions: gateway_threads == 1 && publisher_profile != Profile::Latency,
        core: place(core.core_cpu, core.core_nice),
        journal: place(core.journal_cpu, core.journal_nice),
    }
}

/// Keeps all threads of this process, and with them whatever they start, off the processor of the core, so that the
/// core has it to itself; to be called before the core's thread takes its place. Where that can't be had it is a warning,
/// not an end.
///
/// A thread that shares a processor with another one gets its turns by the tick of the system's scheduler, 4 ms on many
/// systems, whatever their priorities are (ADR 0043).
pub fn leave_to_core(cpu: usize) {
    processors(Some(cpu));
    match keep_off(cpu) {
        Ok(()) => info!(cpu, "kept free for the core"),
        Err(reason) => warn!(cpu, reason, "the core shares its processor"),
    }
}

fn keep_off(cpu: usize) -> Result<(), String> {
    let others = rustix::thread::sched_getaffinity(None).map_err(|error| error.to_string())?;
    let Some(others) = without(others, cpu)? else {
        return Ok(());
    };
    let threads = std::fs::read_dir("/proc/self/task").map_err(|error| error.to_string())?;
    for thread in threads {
        let name = thread.map_err(|error| error.to_string())?.file_name();
        let id = name.to_str().and_then(|name| name.parse().ok());
        let id = id.and_then(rustix::thread::Pid::from_raw);
        match rustix::thread::sched_setaffinity(id, &others) {
            // It has ended meanwhile.
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => return Err(format!("thread {} stays on it: {error}", name.display())),
        }
    }
    Ok(())
}

/// The processors that are left when one of them is given away; `None` when it is none of them, so that nobody has to
/// be kept off.
fn without(mut processors: CpuSet, cpu: usize) -> Result<Option<CpuSet>, String> {
    if cpu >= CpuSet::MAX_CPU || !processors.is_set(cpu) {
        return Ok(None);
    }
    processors.unset(cpu);
    if processors.count() == 0 {
        return Err("it is the only one that this process may use".to_owned());
    }
    Ok(Some(processors))
}

/// Keeps the calling thread on one processor. A processor that cannot be had is a warning, not an end:
/// the exchange is right without it, only slower.
fn pin(thread: &str, cpu: Option<usize>) {
    let Some(cpu) = cpu else {
        return;
    };
    let mut set = CpuSet::new();
    if cpu >= CpuSet::MAX_CPU {
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
    /// Which of the threads that want a processor gets it.
    pub priority: Priority,
}

/// Which of the threads that want a processor gets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// This one, if the system allows it.
    #[default]
    First,
    /// As the operator says: -20 comes first, 19 last.
    Nice(i8),
    /// Each in turn.
    AsOthers,
}

impl Place {
    /// Takes the calling thread there. What the system refuses is told, and not worth ending for.
    pub fn take(self, thread: &str) {
        pin(thread, self.cpu);
        match self.priority {
            Priority::AsOthers => {}
            Priority::First => {
                if let Err(error) = set_nice(thread, FIRST) {
                    // Who only tries the exchange out need not care.
                    debug!(thread, %error, REFUSED);
                }
            }
            Priority::Nice(nice) => {
                if let Err(error) = set_nice(thread, nice) {
                    warn!(thread, nice, %error, REFUSED);
                }
            }
        }
    }
}

/// Linux keeps the value for each thread.
fn set_nice(thread: &str, nice: i8) -> rustix::io::Result<()> {
    rustix::process::setpriority_process(None, nice.into())?;
    info!(thread, nice, "priority set");
    Ok(())
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
    fn a_processor_is_given_to_the_core_only_where_others_are_left() {
        let two = || {
            let mut set = CpuSet::new();
            set.set(1);
            set.set(3);
            set
        };
        let left = without(two(), 3).unwrap().unwrap();
        assert!(left.is_set(1) && !left.is_set(3));
        // The system has kept it free already, or it does not exist: then pinning the core says so.
        assert_eq!(without(two(), 2), Ok(None));
        assert_eq!(without(two(), usize::MAX), Ok(None));
        let refused = without(left, 1).unwrap_err();
        assert!(refused.contains("the only one"), "{refused}");
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

    #[test]
    fn threads_that_everybody_waits_for_go_first_unless_nobody_else_could_run() {
        let priorities = |processors, profile, durability| {
            let mut config = config(0, profile, None);
            config.journal.durability = durability;
            let plan = plan_for(&config, processors);
            (plan.core.priority, plan.journal.priority)
        };
        let (first, as_others) = (Priority::First, Priority::AsOthers);
        for (processors, profile, durability, expected) in [
            (1, Profile::Economy, Durability::Durable, as_others),
            (1, Profile::Latency, Durability::Written, as_others),
            (2, Profile::Balanced, Durability::Durable, first),
            (2, Profile::Latency, Durability::Written, first),
            // Core and journal both spin for ever.
            (2, Profile::Latency, Durability::Durable, as_others),
            (3, Profile::Latency, Durability::Durable, first),
            // And the publisher.
            (4, Profile::Latency, Durability::Durable, first),
        ] {
            let found = priorities(processors, profile, durability);
            assert_eq!(
                found,
                (expected, expected),
                "{processors} {profile:?} {durability:?}"
            );
        }
        // A journal that spins on the one processor that the core leaves would leave nothing to the gateway.
        let mut own = config(0, Profile::Balanced, None);
        own.core.core_cpu = Some(1);
        own.core.journal_profile = Some(Profile::Latency);
        assert_eq!(plan_for(&own, 2).journal.priority, as_others);
        assert_eq!(plan_for(&own, 3).journal.priority, first);
        own.core.journal_profile = None;
        own.core.profile = Profile::Latency;
        own.journal.durability = Durability::Written;
        assert_eq!(plan_for(&own, 2).core.priority, first);
        let mut config = config(0, Profile::Latency, None);
        (config.core.core_nice, config.core.journal_nice) = (Some(0), Some(-5));
        let plan = plan_for(&config, 1);
        assert_eq!(plan.core.priority, Priority::Nice(0));
        assert_eq!(plan.journal.priority, Priority::Nice(-5));
    }
}
