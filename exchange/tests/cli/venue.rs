//! An operator's way from an empty directory to a venue, and what it is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::server::{Server, command, run};

#[test]
fn a_venue_is_founded_from_nothing() {
    let server = Server::start();
    server.found();
    let instruments = server.admin("instrument list --json").done().json();
    assert_eq!(instruments[0]["symbol"], "BTC-USDT");
    assert_eq!(instruments[0]["taker_fee_ppm"], 1_000);
    let accounts = server.admin("account list --json").done().json();
    let usdt = &accounts[2]["balances"][1];
    assert_eq!(
        (&usdt["asset"], &usdt["available"]),
        (&json!("USDT"), &json!("1000000"))
    );
    let keys = server.admin("key list --account 1 --json").done().json();
    assert_eq!(keys.as_array().unwrap().len(), 1);
    assert_eq!(keys[0]["permissions"], "read,trade");
    let mode = fs::metadata(server.path("1.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let shown = server.admin("account show 1").done().stdout;
    assert!(
        shown.contains("account 1: active") && shown.contains("no open orders"),
        "{shown}"
    );
    let missing = server.admin("account show 77").refused().stderr;
    assert!(missing.contains("there is no account 77"), "{missing}");
}

#[test]
fn a_key_made_by_its_owner_is_registered_by_its_public_part() {
    let server = Server::start();
    server.found();
    let made = run(server.command("keygen --out own.json --json"))
        .done()
        .json();
    let public_key = made["public_key"].as_str().unwrap();
    let unfinished = server
        .run_as(&server.path("own.json"), "order balances")
        .failed();
    assert!(
        unfinished.stderr.contains("account is missing"),
        "{}",
        unfinished.stderr
    );
    let line = format!("key add --account 2 --public-key {public_key} --json");
    let added = server.admin(&line).done().json();
    let id = &added["key_id"];
    run(server.command(&format!(
        "keygen complete own.json --account 2 --key-id {id}"
    )))
    .done();
    server
        .run_as(&server.path("own.json"), "order balances")
        .done();

    server.admin(&format!("key revoke {id}")).done();
    let revoked = server
        .run_as(&server.path("own.json"), "order balances")
        .failed();
    assert!(
        revoked.stderr.contains("logon refused"),
        "{}",
        revoked.stderr
    );
}

#[test]
fn transfers_are_applied_once_and_never_beyond_the_balance() {
    let server = Server::start();
    server.found();
    let again = server
        .admin("deposit 1 BTC 10 --sequence 1 --json")
        .refused()
        .json();
    assert_eq!(again["reason"], "TransferAlreadyApplied");
    let gap = server
        .admin("deposit 1 BTC 10 --sequence 99 --json")
        .refused()
        .json();
    assert_eq!(
        (&gap["reason"], &gap["limit"]),
        (&json!("TransferGap"), &json!(5))
    );
    let too_much = server
        .admin("withdraw 1 BTC 10.00000001 --json")
        .refused()
        .json();
    assert_eq!(too_much["reason"], "InsufficientFunds");
    assert_eq!(
        too_much["text"],
        "10.00000001 BTC are needed, 10 BTC are available"
    );
    let rest = server.admin("withdraw 1 btc 4 --json").done().json();
    assert_eq!(
        (&rest["available"], &rest["sequence"]),
        (&json!("6"), &json!(5))
    );
    let signed = server.admin("transfer 1 BTC -1 --json").done().json();
    assert_eq!(signed["available"], "5");
    let source = server.admin("source --json").done().json();
    assert_eq!(source["last_sequence"], 6);
    let zero = server.admin("deposit 1 BTC 0").failed().stderr;
    assert!(zero.contains("above zero"), "{zero}");
    let fine = server.admin("deposit 1 USDT 0.0000001").failed().stderr;
    assert!(fine.contains("finer than the smallest unit"), "{fine}");
}

#[test]
fn what_stops_everybody_needs_a_yes() {
    let server = Server::start();
    server.found();
    for line in [
        "kill --venue",
        "instrument state BTC-USDT closed",
        "cancel-orders",
    ] {
        let refused = server.admin(line).failed().stderr;
        assert!(refused.contains("--yes"), "{line}: {refused}");
    }
    server.order(1, "buy BTC-USDT 0.5 --price 59000").done();
    server.admin("kill --venue --yes").done();
    assert_eq!(server.order(1, "list --json").done().json(), json!([]));
    let stopped = server.order(1, "buy BTC-USDT 0.5 --price 59000 --json");
    assert_eq!(stopped.refused().json()["reason"], "KillSwitch");
    server.admin("release --venue").done();
    server.order(1, "buy BTC-USDT 0.5 --price 59000").done();
    let cancelled = server
        .admin("cancel-orders --account 1 --json")
        .done()
        .json();
    assert_eq!(cancelled["cancelled"], 1);
    server.admin("kill --account 2").done();
    let suspended = server.order(2, "sell BTC-USDT 1 market --json").refused();
    assert_eq!(suspended.json()["reason"], "AccountSuspended");
    server.admin("account state 2 active").done();
    server.admin("instrument state BTC-USDT halted").done();
    let halted = server.order(2, "sell BTC-USDT 1 market --json").refused();
    assert_eq!(halted.json()["reason"], "InstrumentHalted");
}

/// The kill switch of an account and that of the venue are in the journal: a process that is killed and
/// starts again still refuses, says why, and has the orders cancelled.
#[test]
fn a_kill_switch_outlives_the_process() {
    let server = Server::start();
    server.found();
    for account in [1, 2] {
        let line = "buy BTC-USDT 0.5 --price 59000";
        server.order(account, line).done();
    }
    server.admin("kill --account 2").done();
    let server = server.kill().restart();
    assert_eq!(server.order(2, "list --json").done().json(), json!([]));
    let orders = server.order(1, "list --json").done().json();
    assert_eq!(orders.as_array().unwrap().len(), 1);
    let order = "buy BTC-USDT 0.5 --price 58000 --json";
    let refused = server.order(2, order).refused().json();
    assert_eq!(refused["reason"], "AccountSuspended");
    server.admin("kill --venue --yes").done();
    let server = server.kill().restart();
    assert_eq!(server.order(1, "list --json").done().json(), json!([]));
    let refused = server.order(1, order).refused().json();
    assert_eq!(refused["reason"], "KillSwitch");
    server.admin("release --venue").done();
    server.admin("release --account 2").done();
    let server = server.kill().restart();
    for account in [1, 2] {
        server.order(account, order).done();
    }
}

/// Where a key may be used from, and that one administers, is known to the journal.
#[test]
fn keys_are_bound_to_networks_and_the_last_administrator_stays() {
    let server = Server::start();
    server.found();
    let added = server.admin("key add --account 1 --from 10.0.0.0/8,::1 --out away.json");
    assert!(added.done().stdout.contains("only from 10.0.0.0/8, ::1"));
    server
        .admin("key add --account 1 --from 127.0.0.1 --out here.json")
        .done();
    let last = server.admin("key revoke 1 --yes --json").refused().json();
    assert_eq!(last["reason"], "LastAdministrator");
    let server = server.kill().restart();
    let refused = server.run_as(&server.path("away.json"), "order balances");
    let refused = refused.failed().stderr;
    assert!(refused.contains("AddressNotAllowed"), "{refused}");
    assert!(refused.contains("127.0.0.1, only from"), "{refused}");
    server
        .run_as(&server.path("here.json"), "order balances")
        .done();
    let keys = server.admin("key list --account 1 --json").done().json();
    assert_eq!(keys[1]["from"], json!(["10.0.0.0/8", "::1"]));
    server.admin("key add --account 0 --out second.json").done();
    server.admin("key revoke 1 --yes").done();
}

#[test]
fn a_trader_cannot_administer_and_an_administrator_cannot_trade() {
    let server = Server::start();
    server.found();
    let trader = server
        .run_as(&server.path("1.json"), "admin account list")
        .failed();
    assert!(
        trader.stderr.contains("no key of account 0"),
        "{}",
        trader.stderr
    );
    let key = server.data().join("admin-key.json");
    let admin = server
        .run_as(&key, "order buy BTC-USDT 1 --price 1 --json")
        .refused();
    assert_eq!(admin.json()["reason"], "NotPermitted");
}

#[test]
fn mistakes_are_named() {
    let nobody = run(command(
        "admin account list --address 127.0.0.1:1 --key nowhere.json",
    ));
    assert!(
        nobody
            .failed()
            .stderr
            .contains("cannot read the key file nowhere.json")
    );
    let keyless = run(command("order balances")).failed().stderr;
    assert!(keyless.contains("--key FILE or RIALTO_KEY"), "{keyless}");
    let unknown = run(command("admin acount list")).failed().stderr;
    assert!(unknown.contains("acount"), "{unknown}");
    let help = run(command("admin --help")).done().stdout;
    assert!(
        help.contains("rialto admin asset add BTC --decimals 8"),
        "{help}"
    );
    let version = run(command("--version")).done().stdout;
    assert_eq!(
        version.trim(),
        format!("rialto {}", env!("CARGO_PKG_VERSION"))
    );
    let script = run(command("completions bash")).done().stdout;
    assert!(script.contains("_rialto"), "{script}");
    let server = Server::start();
    let failed = server.run_as(
        &server.data().join("admin-key.json"),
        "order list --symbol X --json",
    );
    let value: Value = failed.failed().json();
    assert_eq!(value["result"], "failed");
    assert!(
        value["error"]
            .as_str()
            .unwrap()
            .contains("no instrument \"X\""),
        "{value}"
    );
}

#[test]
fn nobody_at_the_address_is_told_with_what_to_do() {
    let server = Server::start();
    server.found();
    let mut command = server.command("order balances --key 1.json");
    // Nothing listens on port 1.
    command.env("RIALTO_ADDRESS", "127.0.0.1:1");
    let error = run(command).failed().stderr;
    assert!(
        error.contains("cannot connect to ws://127.0.0.1:1"),
        "{error}"
    );
    assert!(error.contains("hint: is the exchange running?"), "{error}");
}
