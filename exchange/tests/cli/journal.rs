//! `rialto journal`, beside a running exchange and after its end.

use std::path::Path;

use serde_json::Value;

use crate::server::{Ran, Server, command, run};

fn journal(line: &str, data: &Path) -> Ran {
    let mut command = command(&format!("journal {line}"));
    command.arg(data);
    run(command)
}

fn state_hash(data: &Path) -> (u64, String) {
    let state = journal("state-hash --json", data).done().json();
    let hash = state["state_hash"].as_str().unwrap();
    (state["sequence"].as_u64().unwrap(), hash.to_owned())
}

#[test]
fn a_journal_is_read_beside_its_writer() {
    let server = Server::start();
    server.found();
    let glance = journal("inspect --json", &server.data()).done().json();
    assert_eq!(glance["end"]["state"], "being written");
    assert!(glance["writer"].is_u64(), "{glance}");
    assert_eq!(glance["by_kind"]["Transfer"], 4);
    let before = state_hash(&server.data());
    server.order(1, "buy BTC-USDT 0.5 --price 59000").done();
    let after = state_hash(&server.data());
    assert_eq!(after.0, before.0 + 1, "one command");
    assert_ne!(after.1, before.1);
    let last = after.0.to_string();
    let line = format!("inspect --records --limit 1 --json --from {last}");
    let record = journal(&line, &server.data()).done().json();
    assert_eq!(
        (&record["command"], &record["key"]),
        (&"Place".into(), &2.into())
    );
    assert_eq!(record["terms"]["qty_lots"], 5_000);
}

#[test]
fn the_state_hash_is_the_one_that_the_exchange_ended_with() {
    let server = Server::start();
    server.found();
    server.order(1, "buy BTC-USDT 0.5 --price 59000").done();
    server.order(2, "sell BTC-USDT 0.2 market").done();
    let stopped = server.stop();
    let (_, hash) = state_hash(&stopped.data());
    assert_eq!(hash, stopped.logged_state_hash());
    let glance = journal("inspect --json", &stopped.data()).done().json();
    assert_eq!(glance["end"]["state"], "clean");
    assert_eq!(
        (&glance["writer"], &glance["epoch"]),
        (&Value::Null, &1.into())
    );

    let server = stopped.restart();
    let orders = server.order(1, "list --json").done().json();
    assert_eq!(orders[0]["leaves_quantity"], "0.3");
    let killed = server.kill();
    assert_eq!(
        state_hash(&killed.data()).1,
        hash,
        "nothing was asked for meanwhile"
    );
    let glance = journal("inspect", &killed.data()).done().stdout;
    assert!(glance.contains("epoch     2"), "{glance}");
}

#[test]
fn a_directory_without_a_journal_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let empty = journal("inspect", directory.path()).done().stdout;
    assert!(empty.contains("there are no records yet"), "{empty}");
    let none = journal("state-hash", directory.path()).failed().stderr;
    assert!(none.contains("holds no journal"), "{none}");
    std::fs::write(directory.path().join("notes.txt"), "x").unwrap();
    let foreign = journal("inspect", directory.path()).failed().stderr;
    assert!(foreign.contains("notes.txt"), "{foreign}");
    let missing = journal("inspect", &directory.path().join("none"))
        .failed()
        .stderr;
    assert!(missing.contains("is no directory"), "{missing}");
}
