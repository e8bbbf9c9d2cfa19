//! Threads and processors.

use tracing::{info, warn};

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
