//! The gateway's clock: for heartbeats, rates, and the time of arrival that limits are checked at. The
//! core stamps commands by its own.
//!
//! It is read from the machine once and counts on from there by the monotonic clock, as the core's does:
//! a machine whose time is set back must not make every client wait until it has caught up.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rialto_types::Timestamp;

/// A moment on both clocks.
static ANCHOR: LazyLock<(Instant, u64)> = LazyLock::new(|| {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    // A clock before 1970 counts as the epoch.
    let ns = since.map_or(0, |since| since.as_nanos());
    (Instant::now(), u64::try_from(ns).unwrap_or(u64::MAX))
});

/// Now, in nanoseconds since the epoch. Never goes back. Some 25 ns.
pub(crate) fn now() -> Timestamp {
    let (anchor, anchor_ns) = *ANCHOR;
    let elapsed_ns = u64::try_from(anchor.elapsed().as_nanos()).unwrap_or(u64::MAX);
    Timestamp(anchor_ns.saturating_add(elapsed_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_with_the_time_of_the_machine_and_never_goes_back() {
        let first = now();
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let ahead = machine.as_nanos().abs_diff(u128::from(first.0));
        assert!(ahead < 3_600_000_000_000, "{ahead} ns apart");
        let mut last = first;
        for _ in 0..10_000 {
            let next = now();
            assert!(next >= last);
            last = next;
        }
        assert!(last > first);
    }
}
