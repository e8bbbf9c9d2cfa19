//! Files that are named by the last command that is part of them: snapshots, the candles beside them, and what was
//! begun of either and never ended. Cost: one listing of the directory.

use std::cmp::Reverse;
use std::io;

use rialto_types::Seq;

use crate::error::JournalError;
use crate::storage::{Directory, Entry, Storage};

/// The files of a directory to whose names `seq_of` gives a command, the newest first; none when there is no directory.
///
/// # Errors
/// Those of the disk.
pub(crate) fn list(
    directory: &impl Directory,
    seq_of: impl Fn(&str) -> Option<Seq>,
) -> Result<Vec<(Seq, Entry)>, JournalError> {
    let entries = match directory.list() {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(JournalError::io("list", &directory.name())(error)),
    };
    let files = entries.into_iter();
    let files = files.filter_map(|entry| Some((seq_of(&entry.name)?, entry)));
    let mut files: Vec<_> = files.collect();
    files.sort_unstable_by_key(|(seq, _)| Reverse(*seq));
    Ok(files)
}

/// Removes those of them whose command is not `kept`, and returns the names.
///
/// # Errors
/// Those of the disk.
pub(crate) fn prune(
    storage: &impl Storage,
    seq_of: impl Fn(&str) -> Option<Seq>,
    kept: &[Seq],
) -> Result<Vec<String>, JournalError> {
    let mut removed = Vec::new();
    for (seq, Entry { name, .. }) in list(storage, seq_of)? {
        if !kept.contains(&seq) {
            let outcome = storage.remove(&name);
            outcome.map_err(JournalError::io("remove", &name))?;
            removed.push(name);
        }
    }
    Ok(removed)
}
