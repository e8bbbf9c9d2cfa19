//! Orders by hand, between two accounts.

use serde_json::json;

use crate::server::Server;

#[test]
fn an_order_rests_is_replaced_and_filled() {
    let server = Server::start();
    server.found();
    let placed = server.order(1, "buy BTC-USDT 0.5 --price 59000 --client-id mine --json");
    let placed = placed.done().json();
    assert_eq!(
        (&placed["status"], &placed["leaves_quantity"]),
        (&json!("New"), &json!("0.5"))
    );
    let replaced = server.order(
        1,
        "replace BTC-USDT --client-id mine --price 59500.5 --qty 0.4 --json",
    );
    let replaced = replaced.done().json();
    assert_eq!(replaced["kept_priority"], false);
    assert_eq!(replaced["order_id"], placed["order_id"]);
    let shown = server.order(1, "status --client-id mine").done().stdout;
    assert!(shown.contains("buy 0.4 BTC at 59500.5 gtc"), "{shown}");

    let sold = server
        .order(2, "sell btc-usdt 0.3 market --json")
        .done()
        .json();
    assert_eq!(
        (&sold["status"], &sold["average_price"]),
        (&json!("Filled"), &json!("59500.5"))
    );
    assert_eq!(sold["fills"][0]["liquidity"], "Taker");
    assert_eq!(
        sold["fees"][0],
        json!({"amount": "17.85015", "asset": "USDT"})
    );
    let left = server.order(1, "list --json").done().json();
    assert!(placed["accepted_us"].is_u64(), "{placed}");
    assert_eq!(left[0]["accepted_us"], placed["accepted_us"]);
    assert_eq!(
        (&left[0]["filled_quantity"], &left[0]["leaves_quantity"]),
        (&json!("0.3"), &json!("0.1"))
    );
    let balances = server.order(1, "balances --json").done().json();
    assert_eq!(balances["balances"][0]["total"], "10.3");
    assert_eq!(balances["balances"][1]["held"], "5950.05");

    let id = &placed["order_id"];
    let cancelled = server
        .order(1, &format!("cancel BTC-USDT {id} --json"))
        .done()
        .json();
    assert_eq!(
        (&cancelled["result"], &cancelled["status"]),
        (&json!("cancelled"), &json!("Cancelled"))
    );
    let gone = server.order(1, "status --client-id mine").refused().stdout;
    assert!(gone.contains("no open order mine"), "{gone}");
    let twice = server
        .order(1, &format!("cancel BTC-USDT {id} --json"))
        .refused()
        .json();
    assert_eq!(twice["reason"], "UnknownOrder");
}

#[test]
fn each_kind_of_order_can_be_placed() {
    let server = Server::start();
    server.found();
    server
        .order(1, "sell BTC-USDT 1 --price 60000 --post-only")
        .done();
    let bought = server
        .order(2, "buy BTC-USDT market --quote 30000 --json")
        .done()
        .json();
    assert_eq!(
        (&bought["filled_quantity"], &bought["filled_quote"]),
        (&json!("0.5"), &json!("30000"))
    );
    let killed = server
        .order(2, "buy BTC-USDT 5 --price 60000 --tif fok")
        .done()
        .stdout;
    assert!(
        killed.contains("cancelled 5 BTC: the book cannot fill all of it"),
        "{killed}"
    );
    let some = server
        .order(2, "buy BTC-USDT 5 --price 60000 --tif ioc")
        .done()
        .stdout;
    assert!(
        some.contains("filled 0.5 of 5 BTC at 60000 on average"),
        "{some}"
    );
    assert!(some.contains("cancelled 4.5 BTC"), "{some}");
    let stop = server
        .order(1, "sell BTC-USDT 1 market --stop 55000")
        .done()
        .stdout;
    assert!(stop.contains("waits for its trigger"), "{stop}");
    let limit_stop = "sell BTC-USDT 1 --price 54000 --stop 55000 --client-id s";
    server.order(1, limit_stop).done();
    let dated = server
        .order(1, "buy BTC-USDT 1 --price 50000 --expires 1h")
        .done()
        .stdout;
    assert!(dated.contains(" gtd until 20"), "{dated}");
    let table = server.order(1, "list").done().stdout;
    assert_eq!(table.lines().count(), 4, "{table}");
    let sells = server.order(1, "cancel-all --symbol btc-usdt --side sell --json");
    assert_eq!(sells.done().json()["cancelled"], 2);
    let rest = server.order(1, "cancel-all").done().stdout;
    assert_eq!(rest.trim(), "cancelled 1 order");
}

#[test]
fn refusals_come_in_the_words_of_the_exchange() {
    let server = Server::start();
    server.found();
    let collar = server
        .order(1, "buy BTC-USDT 1 --price 99000")
        .refused()
        .stderr;
    assert_eq!(
        collar.trim(),
        "refused: price 99000.00 is above the collar: a buy may be priced up to 66000.00 \
         (PriceAboveCollar)"
    );
    let funds = server
        .order(1, "buy BTC-USDT 100 --price 60000 --json")
        .refused()
        .json();
    assert_eq!(funds["reason"], "InsufficientFunds");
    assert_eq!(
        funds["text"],
        "6000000 USDT are needed, 1000000 USDT are available"
    );
    let tick = server
        .order(1, "buy BTC-USDT 1 --price 60000.001")
        .failed()
        .stderr;
    assert!(
        tick.contains("the nearest are 60000.00 and 60000.01"),
        "{tick}"
    );
    let terms = server.order(1, "buy BTC-USDT 1").failed().stderr;
    assert!(terms.contains("say --price PRICE"), "{terms}");
    let past = server.order(
        1,
        "buy BTC-USDT 1 --price 60000 --expires 2020-01-01T00:00:00Z --json",
    );
    assert_eq!(past.refused().json()["reason"], "ExpiryInPast");
}
