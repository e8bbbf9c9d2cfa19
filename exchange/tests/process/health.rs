//! What an operator's monitoring sees: `/healthz` through the life of an exchange, and `/metrics` as
//! Prometheus reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rialto_client::{ClientError, Connection};
use rialto_protocol::EndReason;
use rialto_types::{Price, Qty, Side};
use rustix::fs::{CWD, FileType, Mode};
use rustix::process::Signal;

use crate::honest::Honest;
use crate::process::Setup;

/// Puts a pipe in the place of a file: whoever reads it waits until somebody has written it.
fn replace_by_pipe(path: &Path) -> Vec<u8> {
    let content = std::fs::read(path).unwrap();
    std::fs::remove_file(path).unwrap();
    rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    content
}

/// A start that has to wait for its keys tells that it recovers, and turns clients away with a reason;
/// then it is open.
#[tokio::test]
async fn health_says_recovering_and_then_open() {
    let directory = tempfile::tempdir().unwrap();
    let setup = Setup::venue(directory.path().join("data"));
    setup.open().await.stop().await;
    let keys = directory.path().join("data/demo-keys.json");
    let content = replace_by_pipe(&keys);

    let mut process = setup.start();
    process.logged("recovered").await;
    process.health(503, "recovering").await;
    let (head, _) = process.get("/metrics").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    match Connection::open(&process.address().await).await {
        Err(ClientError::LoggedOut { reason, text }) => {
            assert_eq!(reason, EndReason::NotReady);
            assert!(text.contains("recovering"), "{text}");
        }
        other => panic!("a client was let in: {other:?}"),
    }
    assert!(process.has_logged("open").is_none());

    std::fs::write(&keys, content).unwrap();
    process.logged("open").await;
    process.health(200, "open").await;
    process.connect().await;
    let address = process.address().await;
    process.signal(Signal::TERM);
    process.ended_in_order().await;
    let banner = process.banner().await;
    assert!(
        banner.contains(&format!("ws://{address}/ws/binary")),
        "{banner}"
    );
}

/// A family of metrics: what it counts, and its samples by name with labels.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    samples: BTreeMap<String, f64>,
}

/// Reads the text as the exposition format lays it down, version 1.0, and asserts that it is
/// well-formed: every sample belongs to the family before it, has a type and a help text, a name with the
/// suffix of its type, a number, and comes once.
fn parse(text: &str) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut helped = BTreeSet::new();
    let mut current = String::new();
    let body = text.strip_suffix("# EOF\n").expect("it ends with # EOF");
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(!help.is_empty() && helped.insert(name.to_owned()), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            let kind = kind.to_owned();
            let family = Family {
                kind,
                ..Family::default()
            };
            assert!(families.insert(name.to_owned(), family).is_none(), "{line}");
            name.clone_into(&mut current);
        } else if line.starts_with("# UNIT ") {
            assert!(line.starts_with(&format!("# UNIT {current} ")), "{line}");
        } else {
            let family = families.get_mut(&current);
            sample(family.unwrap_or_else(|| panic!("{line}")), &current, line);
        }
    }
    for (name, family) in &families {
        assert!(helped.contains(name), "{name} has no help");
        assert!(name.starts_with("rialto_"), "{name}");
        assert!(
            name.chars()
                .all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
        );
        let kinds = ["counter", "gauge", "histogram"];
        assert!(kinds.contains(&family.kind.as_str()), "{name}: {family:?}");
    }
    families
}

fn sample(family: &mut Family, family_name: &str, line: &str) {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
    let name = series.split('{').next().unwrap();
    let suffix = name.strip_prefix(family_name);
    let suffix = suffix.unwrap_or_else(|| panic!("{line} stands under {family_name}"));
    let suffixes: &[_] = match family.kind.as_str() {
        "counter" => &["_total"],
        "histogram" => &["_bucket", "_sum", "_count"],
        _ => &[""],
    };
    assert!(suffixes.contains(&suffix), "{line}: a {}", family.kind);
    if let Some((_, labels)) = series.split_once('{') {
        let labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("{line}"));
        for label in labels.split(',') {
            let (name, value) = label.split_once('=').unwrap_or_else(|| panic!("{line}"));
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
            assert!(value.len() > 1 && value.starts_with('"') && value.ends_with('"'));
        }
    }
    let before = family.samples.insert(series.to_owned(), value);
    assert!(before.is_none(), "{line} comes twice");
}

#[tokio::test]
async fn metrics_are_prometheus_text_and_count_what_happened() {
    let directory = tempfile::tempdir().unwrap();
    let process = Setup::venue(directory.path().join("data")).open().await;
    let value = async |family: &str, series: &str| {
        let (head, body) = process.get("/metrics").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let head = head.to_lowercase();
        assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0"));
        let families = parse(&body);
        let samples = &families
            .get(family)
            .unwrap_or_else(|| panic!("{body}"))
            .samples;
        *samples.get(series).unwrap_or_else(|| panic!("{body}"))
    };
    let before = process.commands().await;
    let mut honest = Honest::new(&process, 1).await;
    let mut other = Honest::new(&process, 2).await;
    other.limit(Side::Sell, Price(6_000_000), Qty(10)).await;
    honest.limit(Side::Buy, Price(6_000_000), Qty(10)).await;
    process.has_applied(before + 2).await;
    let trades = "rialto_events_total{kind=\"trade\"}";
    assert_eq!(
        value("rialto_events", trades).await.to_bits(),
        1.0_f64.to_bits()
    );
    for (family, expected) in [
        ("rialto_connections", 2.0),
        ("rialto_traders", 2.0),
        ("rialto_core_open_orders", 0.0),
    ] {
        let found: f64 = value(family, family).await;
        assert_eq!(
            found.to_bits(),
            f64::to_bits(expected),
            "{family} is {found}"
        );
    }
    // The first command of a session is followed; its last stage ends when the client has been sent its report.
    let stage = "rialto_stage_seconds_count{stage=\"send\"}";
    let is_counted = async {
        while value("rialto_stage_seconds", stage).await < 2.0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), is_counted)
        .await
        .expect("both sessions' first commands are followed to the socket");
    assert!(value("rialto_recovery_seconds", "rialto_recovery_seconds").await >= 0.0);
    honest.log_out().await;
    other.log_out().await;
    process.stop().await;
}
