//! `kill -9` at any moment: what was acknowledged in `written` mode is there afterwards.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rialto_journal::{FileStorage, Journal, Recovery};
use rialto_types::Seq;

use crate::common::{OPTIONS, order, pages, time};

/// Says to this test, started as a process of its own, where to write.
const DIRECTORY: &str = "RIALTO_JOURNAL_KILL_TEST";
const ROUNDS: u64 = 12;

/// Appends until killed, and says after each batch what is acknowledged.
fn append_for_ever(directory: &Path) {
    let storage = Arc::new(FileStorage::open(directory).unwrap());
    let recovered = Recovery::open(storage, OPTIONS).unwrap().finish().unwrap();
    let mut seq = recovered.last_seq().0;
    let mut journal = Journal::written(recovered, pages(64), Box::new(|_| ())).unwrap();
    let mut out = std::io::stdout().lock();
    loop {
        for _ in 0..7 {
            seq += 1;
            journal.append(Seq(seq), time(seq), &order(seq)).unwrap();
        }
        journal.commit();
        writeln!(out, "acknowledged {seq}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn a_killed_writer_loses_nothing_it_acknowledged() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        append_for_ever(Path::new(&directory));
    }
    let directory = tempfile::tempdir().unwrap();
    let mut last = 0;
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "kill::a_killed_writer_loses_nothing_it_acknowledged",
                "--nocapture",
            ])
            .env(DIRECTORY, directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let acknowledged = |line: std::io::Result<String>| {
            let line = line.unwrap();
            line.strip_prefix("acknowledged ")
                .map(|seq| seq.parse::<u64>().unwrap())
        };
        // Let it get some way, further each round, then kill it in the middle of its work.
        let stop_after = last + 200 + round * 997;
        for seq in lines.by_ref().filter_map(acknowledged) {
            last = seq;
            if seq >= stop_after {
                break;
            }
        }
        assert!(last >= stop_after, "the writer stopped by itself");
        child.kill().unwrap();
        // What it said before it died counts too.
        last = lines.filter_map(acknowledged).last().unwrap_or(last);
        child.wait().unwrap();

        let storage = Arc::new(FileStorage::open(directory.path()).unwrap());
        let mut recovery = Recovery::open(storage, OPTIONS).unwrap();
        let mut found = 0;
        while let Some(record) = recovery.next().unwrap() {
            found += 1;
            assert_eq!(record.seq, Seq(found));
            assert_eq!(record.input, order(found));
        }
        assert!(
            found >= last,
            "round {round}: acknowledged {last}, found {found}"
        );
        recovery.finish().unwrap();
        last = found;
    }
}
