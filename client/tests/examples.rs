//! The examples against a live exchange with moving markets: each does what it says, and ends well.
//!
//! The exchange is the program that cargo built beside this test, or the one that `RIALTO_BIN` names.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests panic as tests do; clippy allows it in functions marked as tests only"
)]

use std::fs::File;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

/// The directory that cargo builds into: this test lies in `deps` below it.
fn built() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().to_owned()
}

/// A program with the lines that it prints.
struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn example(name: &str, arguments: &[&str]) -> Self {
        let path = built().join("examples").join(name);
        Self::start(Command::new(path).args(arguments))
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("another line").unwrap()
    }

    /// Ends it as Ctrl-C does; gives what it still prints. It must end without an error.
    fn interrupt(mut self) -> Vec<String> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
        assert!(sent.success());
        let rest = self.lines.by_ref().map(Result::unwrap).collect();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
        rest
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended cannot be ended again, which is all the same.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An exchange with its demo, on a port of its own.
struct Exchange {
    _program: Program,
    directory: TempDir,
    address: String,
}

impl Exchange {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let named = std::env::var_os("RIALTO_BIN").map(PathBuf::from);
        let path = named.unwrap_or_else(|| built().join("rialto"));
        assert!(
            path.is_file(),
            "{} is not there: build it with `cargo build -p rialto-exchange`, or name another by RIALTO_BIN",
            path.display()
        );
        let log = File::create(directory.path().join("log")).unwrap();
        let mut program = Program::start(
            Command::new(path)
                .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"])
                .arg(directory.path().join("data"))
                .current_dir(directory.path())
                .env("RIALTO__JOURNAL__DURABILITY", "written")
                .env("RIALTO__JOURNAL__SEGMENT_MIB", "8")
                .stderr(log),
        );
        let address = loop {
            let line = program.line();
            if let Some((_, rest)) = line.split_once("ws://") {
                break rest.split('/').next().unwrap().to_owned();
            }
        };
        Self {
            _program: program,
            directory,
            address,
        }
    }

    fn keys(&self) -> String {
        let keys = self.directory.path().join("data/demo-keys.json");
        keys.to_str().unwrap().to_owned()
    }
}

#[test]
fn the_examples_do_what_they_say() {
    let exchange = Exchange::start();
    let (keys, address) = (exchange.keys(), exchange.address.as_str());

    let mut recorder = Program::example("book_recorder", &["BTC-USDT", address]);
    assert_eq!(recorder.line(), "book_seq,bid_qty,bid,ask,ask_qty");
    let sequences: Vec<u64> = (0..5)
        .map(|_| recorder.line().split(',').next().unwrap().parse().unwrap())
        .collect();
    assert!(sequences.is_sorted(), "{sequences:?}");
    drop(recorder);

    let mut recorder = Program::example("candle_recorder", &["BTC-USDT", "1s", address]);
    assert!(
        recorder
            .line()
            .starts_with("open_time_ns,open,high,low,close,")
    );
    let begins: Vec<u64> = (0..3)
        .map(|_| recorder.line().split(',').next().unwrap().parse().unwrap())
        .collect();
    assert!(begins.is_sorted_by(|one, other| one < other), "{begins:?}");
    assert!(begins.iter().all(|begin| begin % 1_000_000_000 == 0));
    recorder.interrupt();

    let arguments = [&keys, "8", "BTC-USDT", "0.001", "30000", address];
    let mut stop_loss = Program::example("stop_loss", &arguments);
    assert!(stop_loss.line().ends_with("trade at 30000 or below"));
    let rest = stop_loss.interrupt();
    assert!(rest[0].ends_with("still waits"), "{rest:?}");

    let mut maker = Program::example("market_maker", &[&keys, "7", "BTC-USDT", address]);
    while !maker.line().contains(" stands at ") {}
    let rest = maker.interrupt();
    let cancelled = rest.last().unwrap();
    assert!(cancelled.starts_with("cancelled "), "{rest:?}");

    // Of an account that a bot of the demo trades for, without taking its session: nothing is left out.
    let mut copy = Program::example("drop_copy", &[&keys, "1", address]);
    let begun = copy.line();
    let first: u64 = begun.rsplit(' ').next().unwrap().parse().unwrap();
    let number = |line: String| line.split(' ').next().unwrap().parse::<u64>();
    assert_eq!(number(copy.line()), Ok(first + 1));
    let rest = copy.interrupt();
    let last = rest.last().unwrap().strip_prefix("last ").unwrap();
    let mut copy = Program::example("drop_copy", &[&keys, "1", address, last]);
    assert_eq!(copy.line(), format!("after report {last}"));
    let next = last.parse::<u64>().unwrap() + 1;
    let lines = [copy.line(), copy.line()];
    let (ends, reports): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|line| line.starts_with("caught up at "));
    assert!(ends.len() <= 1, "{ends:?}");
    assert_eq!(number(reports[0].clone()), Ok(next));
}
