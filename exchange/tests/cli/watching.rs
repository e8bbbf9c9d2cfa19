//! `rialto watch` in a pipe.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::server::{Server, run};

/// A watcher whose lines are read as they come.
struct Watcher {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Watcher {
    fn start(server: &Server, line: &str) -> Self {
        let mut command = server.command(line);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let lines = BufReader::new(stdout).lines();
        Self { child, lines }
    }

    /// The next line without its time.
    fn next(&mut self) -> String {
        let line = self.lines.next().unwrap().unwrap();
        line.split_once(' ').unwrap().1.to_owned()
    }

    /// The next line as JSON.
    fn next_json(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn lines_follow_the_market_and_go_on_after_a_restart() {
    let server = Server::start();
    server.found();
    let mut watcher = Watcher::start(&server, "watch btc-usdt");
    assert_eq!(watcher.next(), "book BTC-USDT - - - -");
    server.order(1, "sell BTC-USDT 1 --price 60000").done();
    assert_eq!(watcher.next(), "book BTC-USDT - - 60000.00 1.0000");
    server.order(2, "buy BTC-USDT 0.25 market").done();
    let two = [watcher.next(), watcher.next()];
    assert!(
        two.contains(&"trade BTC-USDT buy 60000.00 0.2500 1".to_owned()),
        "{two:?}"
    );
    assert!(
        two.contains(&"book BTC-USDT - - 60000.00 0.7500".to_owned()),
        "{two:?}"
    );

    let server = server.kill().restart();
    assert_eq!(
        watcher.next(),
        "book BTC-USDT - - 60000.00 0.7500",
        "as it was"
    );
    server.order(2, "buy BTC-USDT 0.5 --price 59999.99").done();
    assert_eq!(
        watcher.next(),
        "book BTC-USDT 59999.99 0.5000 60000.00 0.7500"
    );

    let id = Pid::from_raw(i32::try_from(watcher.child.id()).unwrap()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    assert!(
        watcher.child.wait().unwrap().success(),
        "told to end, it ends"
    );
}

#[test]
fn json_lines_are_for_programs() {
    let server = Server::start();
    server.found();
    let mut watcher = Watcher::start(&server, "watch BTC-USDT --json");
    assert_eq!(watcher.next_json()["type"], "book");
    server.order(1, "sell BTC-USDT 1 --price 60000").done();
    let book = watcher.next_json();
    assert_eq!(
        (&book["ask_price"], &book["bid_price"]),
        (&"60000.00".into(), &Value::Null)
    );
}

#[test]
fn an_instrument_that_is_not_listed_ends_it() {
    let server = Server::start();
    server.found();
    let error = run(server.command("watch DOGE-USDT --plain"))
        .failed()
        .stderr;
    assert!(
        error.contains("no instrument \"DOGE-USDT\" is listed; there are: BTC-USDT"),
        "{error}"
    );
}
