//! Journals and snapshots of every version that was ever written: they recover to the same state for ever.
//!
//! `golden/` holds a directory for each, with the journal's files as they were and the state's hash. One that is
//! missing is written with `RIALTO_UPDATE_GOLDEN=1`; none that is there is ever changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rialto_exchange::recovery::{Replay, journal_directory, snapshots_directory};
use rialto_exchange::snapshot;
use rialto_gateway::ReportLog;
use rialto_reference::scenario::{Profile, SHARD};

use crate::history::History;

/// The version that this build writes.
const VERSION: &str = "v1";
/// In the directory of a version: the last command of its snapshot, of its journal, and the state's hash.
const FACTS: &str = "facts.txt";

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recovery/golden")
}

/// Copies a directory with all that is in it but locks.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry
            .map(|entry| (entry.path(), entry.file_name()))
            .unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else if name != "LOCK" {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// Recovers what stands in a data directory: the snapshot that it began from, commands in all, the state's hash.
fn recovered(data: &Path) -> String {
    let replay = Replay::open(data, SHARD).unwrap();
    let restored = replay.run(Arc::default(), ReportLog::default()).unwrap();
    let (state, snapshot) = (&restored.state, restored.snapshot.0);
    let hash = rialto_journal::state_hash(&state.exchange.image());
    format!("{snapshot} {} {}\n", state.seq().0, hex::encode(hash))
}

/// Writes the example of this build's version.
fn write(directory: &Path) {
    let mut history = History::new(1, &Profile::ALL[0]);
    history.play(1_200);
    snapshot::take(&history.journal()).unwrap().unwrap();
    history.play(400);
    copy(&history.journal(), &directory.join("journal"));
    fs::write(directory.join(FACTS), recovered(history.data())).unwrap();
}

#[test]
fn every_version_recovers_to_the_same_state_for_ever() {
    let present = golden().join(VERSION);
    if !present.exists() && std::env::var_os("RIALTO_UPDATE_GOLDEN").is_some() {
        write(&present);
    }
    assert!(present.exists(), "no example of {VERSION} is there");
    for version in fs::read_dir(golden()).unwrap() {
        let version = version.unwrap().path();
        let expected = fs::read_to_string(version.join(FACTS)).unwrap();
        let data = tempfile::tempdir().unwrap();
        let journal = journal_directory(data.path());
        copy(&version.join("journal"), &journal);
        assert_eq!(recovered(data.path()), expected, "{}", version.display());
        // And without its snapshot, from the beginning.
        fs::remove_dir_all(snapshots_directory(&journal)).unwrap();
        let (snapshot, rest) = expected.split_once(' ').unwrap();
        assert_ne!(snapshot, "0", "it has a snapshot");
        let found = recovered(data.path());
        assert_eq!(found, format!("0 {rest}"), "{}", version.display());
    }
}
