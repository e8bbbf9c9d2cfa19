//! A `rialto serve` that keeps snapshots while it runs, is killed, and starts from one.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use rialto_engine::RULES_VERSION;
use rialto_journal::SNAPSHOT_VERSION;
use rialto_journal::layout::{POISON, candles_name};
use rialto_reference::scenario::{Profile, SHARD};
use rialto_types::Seq;
use serde_json::Value;

use crate::history::History;
use crate::{FORMAT_AT, RULES_AT, damage, set_version, snapshot_files};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_rialto");

/// A running exchange; killed when it is dropped.
struct Server {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Server {
    /// Starts one that takes snapshots as soon as it can.
    fn start(data: &Path, archive: Option<&Path>) -> Self {
        let mut settings = vec![("SNAPSHOT_REPLAY_MS", "1".into())];
        settings.extend(archive.map(|archive| ("ARCHIVE", archive.as_os_str().to_owned())));
        Self::with(data, settings)
    }

    /// Starts one with these settings of the journal.
    fn with(data: &Path, settings: Vec<(&str, OsString)>) -> Self {
        let mut command = Command::new(PROGRAM);
        command
            .args(["serve", "--log", "json", "--listen", "127.0.0.1:0"])
            .arg("--data")
            .arg(data)
            .env("RIALTO__CORE__SHARD", SHARD.0.to_string())
            .env("RIALTO__JOURNAL__SEGMENT_MIB", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        for (key, value) in settings {
            command.env(format!("RIALTO__JOURNAL__{key}"), value);
        }
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, log }
    }

    /// The next line of its log with this message.
    fn said(&mut self, message: &str) -> Value {
        self.said_such(message, |said| said == message)
    }

    /// The next line of its log with a message that begins like this.
    fn said_as(&mut self, beginning: &str) -> Value {
        self.said_such(beginning, |said| said.starts_with(beginning))
    }

    fn said_such(&mut self, message: &str, is_it: impl Fn(&str) -> bool) -> Value {
        let mut seen = Vec::new();
        for line in self.log.by_ref() {
            let line = line.unwrap();
            let value: Value = serde_json::from_str(&line).unwrap_or_default();
            if value["message"].as_str().is_some_and(&is_it) {
                return value;
            }
            seen.push(line);
        }
        panic!("it never said {message:?}, but:\n{}", seen.join("\n"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn journal(line: &[&str], data: &Path) -> (i32, String) {
    let output = Command::new(PROGRAM)
        .arg("journal")
        .args(line)
        .arg(data)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    (output.status.code().unwrap(), text)
}

#[test]
fn a_snapshot_of_a_newer_build_is_passed_over_with_a_warning_that_says_what_to_do() {
    let mut history = History::new(24, &Profile::ALL[0]);
    history.play(2_000);
    let (status, text) = journal(&["snapshot"], history.data());
    assert_eq!(status, 0, "{text}");
    let path = &snapshot_files(&history)[0];
    let name = path.file_name().unwrap().to_str().unwrap();
    let (format, rules) = (SNAPSHOT_VERSION + 1, RULES_VERSION + 1);
    for (at, version, what) in [
        (
            RULES_AT,
            rules,
            format!(
                "its state came about under version {rules} of the rules, and this build has version \
                 {RULES_VERSION}"
            ),
        ),
        (
            FORMAT_AT,
            format,
            format!(
                "it has snapshot format version {format}, and this build reads version {SNAPSHOT_VERSION}"
            ),
        ),
    ] {
        set_version(path, at, version);
        let before = fs::read(path).unwrap();
        let mut server = Server::with(history.data(), Vec::new());
        let warned = server.said(&format!(
            "the snapshot {name} is passed over: {name} was written by a newer build: {what}. It is left as \
             it is; start the newer build to use it, or let this one begin with another snapshot or with \
             the journal, which may take longer"
        ));
        assert_eq!(warned["level"], "WARN");
        assert_eq!(server.said("recovered")["snapshot"], 0);
        assert_eq!(fs::read(path).unwrap(), before);
    }
}

#[test]
fn a_running_exchange_keeps_snapshots_and_lets_old_segments_go() {
    let mut history = History::new(21, &Profile::ALL[0]);
    history.play(2_000);
    let archive = history.data().join("archive");

    let mut server = Server::start(history.data(), Some(&archive));
    assert_eq!(server.said("recovered")["snapshot"], 0);
    let first = server.said("a snapshot was taken")["sequence"]
        .as_u64()
        .unwrap();
    assert!(first > 1_000, "{first}");
    drop(server);
    assert_eq!(snapshot_files(&history).len(), 1);
    assert!(
        !archive.join("00000000000000000001.segment").exists(),
        "two are kept"
    );

    history.play(1_500);
    let mut server = Server::start(history.data(), Some(&archive));
    let recovered = server.said("recovered");
    assert_eq!(recovered["snapshot"], first);
    let second = server.said("a snapshot was taken")["sequence"]
        .as_u64()
        .unwrap();
    assert!(second > first);
    let retired = server.said("segments were let go that no restart needs");
    assert_eq!(retired["older"], first);
    drop(server);
    assert_eq!(snapshot_files(&history).len(), 2);
    assert!(archive.join("00000000000000000001.segment").exists());

    // From the older one, since clients may want reports of what came after it.
    let mut server = Server::start(history.data(), None);
    assert_eq!(server.said("recovered")["snapshot"], first);
    drop(server);
    let (status, text) = journal(&["verify"], history.data());
    assert_eq!(status, 0, "{text}");
    let from = format!("replayed   sequence {} to", first + 1);
    assert!(text.contains(&from), "{text}");
    let candles = candles_name(Seq(first));
    assert!(
        text.contains(&format!("candles    {candles} good")),
        "{text}"
    );
    let (_, before) = journal(&["state-hash", "--until", "5"], history.data());
    assert!(before.contains("reaches back to sequence"), "{before}");
}

#[test]
fn candles_that_are_no_good_are_told_of_and_stop_nothing() {
    let mut history = History::new(24, &Profile::ALL[0]);
    history.play(1_500);
    let (status, text) = journal(&["snapshot"], history.data());
    assert_eq!(status, 0, "{text}");
    let snapshot = snapshot_files(&history).remove(0);
    let path = snapshot.with_extension("candles");
    let name = path.file_name().unwrap().to_str().unwrap();
    damage(&path);

    let mut server = Server::with(history.data(), Vec::new());
    let warning =
        "candles and 24-hour statistics begin at the snapshot: those before it cannot be had";
    let told = server.said(warning);
    assert_eq!(told["level"], "WARN");
    let error = told["error"].as_str().unwrap();
    assert!(
        error.contains(name) && error.contains("the checksum of its body is"),
        "{error}"
    );
    server.said("recovered");
    drop(server);
    let (status, text) = journal(&["verify"], history.data());
    assert_ne!(status, 0);
    assert!(text.contains(&format!("candles    {name} BAD")), "{text}");
    assert!(text.contains("its snapshot serves without it"), "{text}");
}

#[test]
fn a_disk_with_little_room_has_snapshots_taken_at_once() {
    let mut history = History::new(23, &Profile::ALL[0]);
    history.play(1_000);
    let settings = vec![
        ("SNAPSHOT_REPLAY_MS", "3600000".into()),
        ("FREE_SPACE_MIB", "1000000000000".into()),
    ];
    let mut server = Server::with(history.data(), settings);
    server.said("a snapshot was taken");
}

#[test]
fn a_snapshot_that_would_take_too_much_memory_is_not_taken_and_costs_nothing_else() {
    let mut history = History::new(24, &Profile::ALL[0]);
    history.play(2_000);
    let settings = vec![
        ("SNAPSHOT_REPLAY_MS", "1".into()),
        ("SNAPSHOT_MEMORY_MIB", "16".into()),
    ];
    let mut server = Server::with(history.data(), settings);
    let failed = server.said_as("no snapshot was taken, a restart will take longer");
    let message = failed["message"].as_str().unwrap();
    assert!(
        message.contains("`rialto journal snapshot` ended with"),
        "{message}"
    );
    assert_eq!(
        server.said("the next snapshot is tried later")["level"],
        "WARN"
    );
    assert!(
        server.child.try_wait().unwrap().is_none(),
        "the exchange goes on"
    );
    drop(server);
    assert_eq!(snapshot_files(&history).len(), 0);
    // What it has by default is enough.
    Server::start(history.data(), None).said("a snapshot was taken");
}

#[test]
fn a_start_stops_at_a_record_that_made_the_core_panic_and_does_not_replay_it() {
    let mut history = History::administered(22, &Profile::ALL[0]);
    history.play(600);
    let mark = "{\"record\":500,\"panic\":\"a defect\",\"version\":\"0.0.0\"}";
    fs::write(history.journal().join(POISON), mark).unwrap();
    for _ in 0..2 {
        let mut server = Server::start(history.data(), None);
        let said: Vec<String> = server.log.by_ref().map(Result::unwrap).collect();
        let said = said.join("\n");
        assert!(said.contains("record 500 made the core panic"), "{said}");
    }
    let key = history.data().join("administrator.json");
    crate::history::administrator().save(&key).unwrap();
    let key = key.display().to_string();
    let line = ["skip", "--record", "500", "--key", &key];
    let (status, text) = journal(&line, history.data());
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("nothing done"), "{text}");
    let (status, text) = journal(&[&line[..], &["--yes"]].concat(), history.data());
    assert_eq!(status, 0, "{text}");
    let mut server = Server::start(history.data(), None);
    let passed = server.said("a record is passed over, as an administrator has decided");
    assert_eq!((&passed["seq"], &passed["key"]), (&500.into(), &1.into()));
    server.said("recovered");
}
