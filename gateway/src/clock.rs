//! The gateway's clock: for heartbeats, rates, and the time of arrival that limits are checked at. The
//! core stamps commands by its own.

use std::time::{SystemTime, UNIX_EPOCH};

use rialto_types::Timestamp;

/// Now, in nanoseconds since the epoch. Some 25 ns.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    // A clock before 1970 counts as the epoch.
    let ns = since.map_or(0, |since| since.as_nanos());
    Timestamp(u64::try_from(ns).unwrap_or(u64::MAX))
}
