//! `rialto journal`: what is on the disk, looked at, verified, repaired; and snapshots of it.
//!
//! `repair --yes`, `skip --yes` and `snapshot` write. Whatever else there is changes no byte and works
//! beside a running exchange: a journal is only appended to, so everything before its end is as it will
//! always be. The end itself is then what it was at the moment of reading, and the newest record may look
//! torn because it is just being written.

mod command;
mod inspect;
mod records;
mod repair;
mod replay;
#[cfg(test)]
mod scenario;
mod skip;
mod snapshot;
mod state_hash;
mod verify;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use rialto_exchange::recovery::journal_directory;
use rialto_journal::ReadOnlyDirectory;

use super::output::{Ending, Output, OutputOptions};

const EXAMPLES: &str =
    "DIR is the data directory of an exchange, or the journal directory inside it.

Examples:
  rialto journal inspect rialto-data
  rialto journal inspect rialto-data --records --from 1000 --limit 20
  rialto journal inspect rialto-data --records --json | jq -c 'select(.command == \"Transfer\")'
  rialto journal state-hash rialto-data
  rialto journal verify rialto-data
  rialto journal repair rialto-data
  rialto journal snapshot rialto-data

Exit status: 0 done, 1 `inspect` or `verify` has found damage, 2 anything else.";

/// The arguments of `rialto journal`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) output: OutputOptions,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Show segments, counts, times and how the journal ends; or its records
    Inspect {
        /// The data directory, or the journal directory inside it
        dir: PathBuf,
        /// Print the records, one a line
        #[arg(long)]
        records: bool,
        #[command(flatten)]
        range: records::Range,
    },
    /// Read everything, compare every checksum, replay, and compare each snapshot with the replay
    Verify {
        /// The data directory, or the journal directory inside it
        dir: PathBuf,
    },
    /// Cut a damaged journal off where it is still whole; says what it would do unless told --yes
    Repair {
        /// The data directory, or the journal directory inside it
        dir: PathBuf,
        /// Do it. What is cut off is saved
        #[arg(long)]
        yes: bool,
    },
    /// Decide that the record at which the core panicked is passed over for ever
    Skip {
        /// The data directory, or the journal directory inside it
        dir: PathBuf,
        #[command(flatten)]
        decision: skip::Decision,
    },
    /// Take a snapshot at the end of the newest complete segment, also beside a running exchange
    Snapshot {
        /// The data directory, or the journal directory inside it
        dir: PathBuf,
        #[command(flatten)]
        manner: snapshot::Manner,
    },
    /// Replay the journal, from its beginning if it is there, and print the hash of the state
    StateHash {
        /// The data directory, or the journal directory inside it
        dir: PathBuf,
        /// Stop after this sequence
        #[arg(long, value_name = "SEQ")]
        until: Option<u64>,
    },
}

/// Carries out one command.
///
/// # Errors
/// When the directory holds no journal of this version, or cannot be read.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending> {
    let output = Output::new(arguments.output);
    match &arguments.action {
        Action::Inspect {
            dir,
            records: false,
            ..
        } => inspect::run(&open(dir)?, output),
        Action::Inspect { dir, range, .. } => records::run(&open(dir)?, *range, output),
        Action::Verify { dir } => verify::run(&open(dir)?, output),
        Action::Repair { dir, yes } => repair::run(&open(dir)?, *yes, output),
        Action::Skip { dir, decision } => skip::run(&open(dir)?.path, decision, output),
        Action::Snapshot { dir, manner } => snapshot::run(&open(dir)?.path, *manner, output),
        Action::StateHash { dir, until } => state_hash::run(&open(dir)?, *until, output),
    }
}

/// A journal to look at.
struct Place {
    path: PathBuf,
    directory: Arc<ReadOnlyDirectory>,
}

/// The journal of a data directory, or in a journal directory.
fn open(dir: &Path) -> Result<Place> {
    let inside = journal_directory(dir);
    let path = if inside.is_dir() {
        inside
    } else {
        dir.to_owned()
    };
    if !path.is_dir() {
        bail!(
            "{} is no directory: name the data directory of an exchange, as given to `rialto serve \
             --data`",
            path.display()
        );
    }
    Ok(Place {
        directory: Arc::new(ReadOnlyDirectory::new(&path)),
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_stands_for_its_journal() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(open(data.path()).unwrap().path, data.path());
        let journal = journal_directory(data.path());
        std::fs::create_dir(&journal).unwrap();
        assert_eq!(open(data.path()).unwrap().path, journal);
        assert_eq!(open(&journal).unwrap().path, journal);
        let Err(error) = open(&data.path().join("none")) else {
            panic!("there is no such directory");
        };
        assert!(error.to_string().contains("is no directory"), "{error}");
    }
}
