//! `run`, `sweep`, `ping`, `report`, `plot` and `compare` against an exchange of the tool's own, and the files
//! that they write held against the schema.
//!
//! Rates are low and times short: what is asserted holds on a machine that is busy with other things.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests panic as tests do; clippy allows it in functions marked as tests only"
)]

mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_rialto-loadtest");

/// Where the exchange's program is: beside this one, or where `RIALTO_BIN` says.
fn exchange() -> PathBuf {
    let named = std::env::var_os("RIALTO_BIN").map(PathBuf::from);
    let program = named.unwrap_or_else(|| Path::new(PROGRAM).with_file_name("rialto"));
    assert!(
        program.is_file(),
        "{} is not there: build it with `cargo build -p rialto-exchange`, or name another by RIALTO_BIN",
        program.display()
    );
    program
}

fn tool(arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(arguments)
        .env_remove("RIALTO_KEYS")
        .env_remove("RIALTO_ADDRESS")
        .output()
        .unwrap()
}

/// Runs the tool with an exchange of its own, and gives what it wrote.
fn measured(directory: &Path, arguments: &[&str]) -> Value {
    let exchange = exchange();
    let own = ["--own", "--rialto", exchange.to_str().unwrap()];
    let output = ["--output", directory.to_str().unwrap()];
    let done = tool(&[arguments, &own, &output].concat());
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{}: {said}{errors}", done.status);
    let result = read(&directory.join("result.json"));
    assert_follows_schema(&result);
    result
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn assert_follows_schema(result: &Value) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/result.schema.json");
    let schema = read(&schema);
    let faults = schema::faults(&schema, result);
    assert!(faults.is_empty(), "{faults:#?}");
    // The schema says something: a field more, one less, or one of another kind is refused.
    let mut more = result.clone();
    more["runs"][0]["counts"]["lost"] = json!(1);
    let mut less = result.clone();
    let counts = less["runs"][0]["counts"].as_object_mut();
    counts.unwrap().remove("sent");
    let mut other = result.clone();
    other["runs"][0]["rates"]["sent"] = json!("many");
    for wrong in [more, less, other] {
        assert_eq!(schema::faults(&schema, &wrong).len(), 1);
    }
}

fn count_of(run: &Value, kind: &str) -> u64 {
    run["latency"][kind]["count"].as_u64().unwrap()
}

fn count(run: &Value, name: &str) -> u64 {
    run["counts"][name].as_u64().unwrap()
}

#[test]
fn an_open_loop_sends_what_was_asked_for_and_everything_is_answered() {
    let directory = tempfile::tempdir().unwrap();
    let short = ["--rate", "2000", "--warmup", "500ms", "--duration", "2s"];
    let load = ["--connections", "4", "--batch", "2", "--beside-echo"];
    let result = measured(directory.path(), &[&["run"], &short[..], &load].concat());
    let runs = result["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    for run in runs {
        // Two seconds of 2,000 a second, less nothing: the schedule is fixed before the run.
        assert_eq!(count(run, "sent"), 4_000, "{run}");
        assert_eq!(
            (count(run, "answered"), count(run, "unanswered")),
            (4_000, 0)
        );
        let (all, lag) = (&run["latency"]["all"], &run["lag"]);
        assert_eq!(
            (&all["count"], &lag["count"]),
            (&json!(4_000), &json!(2_000))
        );
        // A latency holds how late its frame went out.
        assert!(all["max_ns"].as_u64() >= lag["max_ns"].as_u64());
    }
    let exchange = &runs[0];
    for kind in ["add", "cancel", "cross"] {
        let times = exchange["latency"][kind]["count"].as_u64().unwrap();
        assert!(times > 20, "{times} of {kind}");
    }
    assert!(count(exchange, "fills") > 0, "nothing has traded");
    assert!(
        exchange["counts"]["refused"]
            .get("InsufficientFunds")
            .is_none()
    );
    let ratio = &result["ratios"][0];
    assert!(ratio["p50"].as_f64().unwrap() > 0.0 && ratio["throughput"].is_null());
    let log = exchange["histogram_file"].as_str().unwrap();
    let log = fs::read_to_string(directory.path().join(log)).unwrap();
    assert!(log.starts_with('#') && log.contains("Tag=add,") && log.contains("HISTFAAA"));
}

#[test]
fn a_closed_loop_keeps_its_messages_on_their_way() {
    let directory = tempfile::tempdir().unwrap();
    let short = ["--in-flight", "20", "--warmup", "200ms", "--duration", "1s"];
    let load = ["--batch", "10", "--connections", "2"];
    let result = measured(directory.path(), &[&["run"], &short[..], &load].concat());
    let run = &result["runs"][0];
    assert_eq!(run["load"]["loop"], "closed");
    assert_eq!(count(run, "sent"), count(run, "answered"));
    assert!(count(run, "answered") > 100);
    assert!(run["rates"]["asked"].is_null());
}

#[test]
fn a_sweep_is_reported_plotted_and_compared() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let rates = [
        "--from", "500", "--to", "1000", "--refine", "0", "--p99", "10s",
    ];
    let short = ["--warmup", "100ms", "--duration", "500ms"];
    let result = measured(directory.path(), &[&["sweep"], &rates[..], &short].concat());
    let asked: Vec<f64> = result["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["rates"]["asked"].as_f64().unwrap())
        .collect();
    assert_eq!(asked[0].to_bits(), 500.0_f64.to_bits());
    let file = path("result.json");
    for command in ["report", "plot"] {
        assert!(tool(&[command, &file]).status.success());
    }
    assert!(
        fs::read_to_string(path("report.html"))
            .unwrap()
            .contains("Latency by rate")
    );
    assert!(
        fs::read_to_string(path("latency-by-percentile.svg"))
            .unwrap()
            .contains("</svg>")
    );

    let same = tool(&["compare", &file, &file]);
    assert_eq!(same.status.code(), Some(0));
    let mut worse = result;
    let p99 = &mut worse["runs"][0]["latency"]["all"]["p50_ns"];
    *p99 = json!(p99.as_u64().unwrap() * 3 + 1_000_000);
    let other = path("worse.json");
    fs::write(&other, worse.to_string()).unwrap();
    let compared = tool(&["compare", &file, &other, "--threshold", "25%"]);
    assert_eq!(compared.status.code(), Some(1));
    let said = String::from_utf8(compared.stdout).unwrap();
    assert!(
        said.contains("worse by more than 25 %")
            && said.contains("exchange, 500 a second, all p50")
    );
    assert_eq!(
        tool(&["compare", &file, &path("none.json")]).status.code(),
        Some(2)
    );
}

#[test]
fn round_trips_are_stated_for_each_profile_beside_an_echo() {
    let directory = tempfile::tempdir().unwrap();
    let count = ["--count", "300", "--warmup", "200", "--beside-echo"];
    let profiles = ["--profiles", "balanced,economy"];
    let result = measured(
        directory.path(),
        &[&["ping"], &count[..], &profiles].concat(),
    );
    let names: Vec<&str> = result["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "exchange, balanced",
            "echo, balanced",
            "exchange, economy",
            "echo, economy"
        ]
    );
    let (exchange, echo) = (&result["runs"][0], &result["runs"][1]);
    assert_eq!(
        (count_of(exchange, "add"), count_of(exchange, "cancel")),
        (300, 300)
    );
    assert_eq!(count_of(echo, "all"), 300);
    let of = |run: &Value, kind: &str| run["latency"][kind]["p50_ns"].as_f64().unwrap();
    let ratio = result["ratios"][0]["p50"].as_f64().unwrap();
    assert!((ratio - of(exchange, "add") / of(echo, "all")).abs() < 1e-6);
    assert_eq!(result["ratios"].as_array().unwrap().len(), 2);
}

#[test]
fn nonsense_is_refused_with_what_would_be_right() {
    for (arguments, said) in [
        (vec!["run", "--rate", "0"], "no number above 0"),
        (vec!["run", "--rate", "many"], "many"),
        (
            vec!["run", "--in-flight", "5", "--rate", "5"],
            "cannot be used with",
        ),
        (vec!["run", "--connections", "0"], "0 is not in"),
        (
            vec!["run", "--address", "127.0.0.1:1", "--admin-key", "/nowhere"],
            "/nowhere",
        ),
        (vec!["sweep", "--factor", "1"], "from 1.05 to 100"),
        (
            vec!["sweep", "--own", "--rialto", "/nowhere"],
            "cannot start /nowhere",
        ),
        (vec!["compare", "a.json"], "B.json"),
        (vec!["report", "/nowhere.json"], "cannot read /nowhere.json"),
    ] {
        let output = tool(&arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(said), "{arguments:?}: {errors}");
    }
}
