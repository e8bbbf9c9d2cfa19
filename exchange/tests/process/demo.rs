//! `rialto serve --demo`, as somebody types it who sees it for the first time.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use rialto_protocol::{Channel, Message};
use serde_json::Value;

use crate::process::{PATIENCE, Process, Setup};

/// How long the first start may take, and then the first trade.
const PROMISED: Duration = Duration::from_secs(10);

#[tokio::test]
async fn the_demo_trades_within_seconds_of_its_first_start() {
    let directory = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let mut process = Setup::demo(directory.path().join("data")).open().await;
    let opened = begun.elapsed();
    assert!(
        opened < PROMISED,
        "open after {opened:?}:\n{}",
        process.log()
    );
    let begun = Instant::now();
    first_trade(&process).await;
    let traded = begun.elapsed();
    assert!(
        traded < PROMISED,
        "a trade after {traded:?}:\n{}",
        process.log()
    );
    check_keys(&process).await;
    process.signal(rustix::process::Signal::TERM);
    process.ended_in_order().await;
    let banner = process.banner().await;
    for part in [
        "is open",
        "watch BTC-USDT",
        "order buy BTC-USDT",
        "demo-keys.json",
        "Ctrl-C",
    ] {
        assert!(banner.contains(part), "{part:?} is missing in\n{banner}");
    }
}

/// Waits for a trade as any reader of market data does.
async fn first_trade(process: &Process) {
    let mut connection = process.connect().await;
    connection.subscribe(Channel::Trades, None).await.unwrap();
    let trade = async {
        loop {
            if let Message::TradeTick(tick) = connection.next().await.unwrap() {
                break tick;
            }
        }
    };
    let tick = tokio::time::timeout(PATIENCE, trade).await;
    let tick = tick.unwrap_or_else(|_| panic!("nobody trades:\n{}", process.log()));
    assert!(tick.price.0 > 0 && tick.quantity.0 > 0, "{tick:?}");
    connection.close().await.unwrap();
}

/// The file is a list of eight objects with account, key id and secret, for its owner alone; a key of it
/// logs on and has money.
async fn check_keys(process: &Process) {
    let path = process.journal().with_file_name("demo-keys.json");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    let keys: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let keys = keys.as_array().unwrap();
    for (key, account) in keys.iter().zip(1_u64..) {
        assert_eq!(key["account"], account);
        assert_eq!(key["key_id"], account + 1, "key 1 is the administrator's");
        let secret = hex::decode(key["ed25519_private_key_hex"].as_str().unwrap()).unwrap();
        assert_eq!(secret.len(), 32);
        assert_eq!(key.as_object().unwrap().len(), 3, "and nothing else");
    }
    assert_eq!(keys.len(), 8);
    let mut session = process.log_on(7).await;
    let balances = session.balances(None).await.unwrap();
    assert_eq!(balances.len(), 3, "{balances:?}");
    assert!(
        balances
            .iter()
            .all(|balance| balance.available.mantissa > 0)
    );
    session.log_out().await.unwrap();
}
