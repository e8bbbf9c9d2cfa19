//! How many files the process may have open, which is how many connections it can afford.
//!
//! Every connection is an open file, and so is every segment of the journal: a journal that cannot open its
//! next segment ends the exchange. So connections never get as far as that. Before the gateway listens, the
//! system's soft limit is raised to the hard one, which every process may do; if what is configured would
//! still not fit, fewer connections are let in, and a warning says how to have them all. Once, at the start.

use anyhow::{Result, bail};
use rialto_gateway::REQUEST_CONNECTIONS_MAX;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// Open files that are neither sessions nor requests: the journal, snapshots, the demo's traders, the
/// runtime.
const OWN_FILES_MAX: u64 = 128;

/// Raises the limit as far as it goes, and returns how many of the configured connections fit.
///
/// # Errors
/// When not even one does.
pub(crate) fn affordable_connections(configured: usize) -> Result<usize> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(_) => current,
    };
    let Some(limit) = limit else {
        return Ok(configured);
    };
    let fitting = fitting(limit, configured)?;
    if fitting < configured {
        let needed = needed(configured);
        warn!(
            limit,
            needed,
            gateway_connections = configured,
            connections = fitting,
            "fewer connections are let in than configured: raise the limit of open files (ulimit -n)"
        );
    }
    Ok(fitting)
}

/// The limit that so many connections need.
fn needed(connections: usize) -> u64 {
    let requests = u64::try_from(REQUEST_CONNECTIONS_MAX).unwrap_or(u64::MAX);
    let connections = u64::try_from(connections).unwrap_or(u64::MAX);
    connections.saturating_add(requests + OWN_FILES_MAX)
}

fn fitting(limit: u64, configured: usize) -> Result<usize> {
    let least = needed(1);
    if limit < least {
        bail!("the process may have {limit} files open; it needs at least {least} (ulimit -n)");
    }
    let rest = usize::try_from(limit - needed(0)).unwrap_or(usize::MAX);
    Ok(rest.min(configured))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_the_journal_its_files() {
        let all = needed(10_000);
        assert_eq!(fitting(all, 10_000).unwrap(), 10_000);
        assert_eq!(fitting(all + 1, 10_000).unwrap(), 10_000);
        assert_eq!(fitting(all - 1, 10_000).unwrap(), 9_999);
        assert_eq!(fitting(u64::MAX, 10_000).unwrap(), 10_000);
        assert_eq!(fitting(1_024, 10_000).unwrap(), 384);
    }

    #[test]
    fn too_few_files_are_told_with_what_would_do() {
        let error = fitting(128, 10_000).unwrap_err().to_string();
        assert_eq!(
            error,
            "the process may have 128 files open; it needs at least 641 (ulimit -n)"
        );
        assert_eq!(fitting(641, 10_000).unwrap(), 1);
    }

    #[test]
    fn the_limit_of_this_process_is_raised() {
        let hard = getrlimit(Resource::Nofile).maximum;
        let connections = affordable_connections(1).unwrap();
        assert_eq!(connections, 1);
        assert_eq!(getrlimit(Resource::Nofile).current, hard);
    }
}
