//! What `deploy` and `docs/METRICS.md` say of metrics holds of a live exchange.
//!
//! Each metric that the dashboard and the alert rules use exists, with the reasons they name; each that exists is
//! documented, and the other way round. Whether rules fire when they should is for promtool to test.

use std::collections::BTreeSet;
use std::path::Path;

use rialto_types::{Price, Qty, Side};

use crate::honest::Honest;
use crate::process::Setup;

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Each `rialto_...` of a text, with the selector that follows it, if one does.
fn uses(text: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("rialto_") {
        let rest = &text[at..];
        let is_part = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let selector = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        found.insert((
            name.to_owned(),
            selector.map_or("", |(inside, _)| inside).to_owned(),
        ));
    }
    found
}

/// What only an exchange with a certificate has. The gateway's tests show that it is there.
const ONLY_WITH_TLS: &str = "rialto_tls_certificate_expiry_timestamp_seconds";

/// The names of the samples of `/metrics`, those with TLS included, and the lines themselves.
async fn live() -> (BTreeSet<String>, String) {
    let directory = tempfile::tempdir().unwrap();
    let process = Setup::venue(directory.path().join("data")).open().await;
    let mut honest = Honest::new(&process, 1).await;
    honest.limit(Side::Buy, Price(1_000_000), Qty(10)).await;
    let (_, text) = process.get("/metrics").await;
    honest.log_out().await;
    process.stop().await;
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let name = |line: &str| line.split(['{', ' ']).next().unwrap().to_owned();
    let mut names: BTreeSet<String> = samples.map(name).collect();
    assert!(names.insert(ONLY_WITH_TLS.to_owned()), "there is no TLS");
    (names, text)
}

#[tokio::test]
async fn dashboard_and_alerts_use_metrics_that_exist() {
    let (names, text) = live().await;
    for path in ["deploy/prometheus/alerts.yml", "deploy/grafana/rialto.json"] {
        // JSON writes the quotes of a selector with a backslash.
        let used = uses(&file(path).replace("\\\"", "\""));
        assert!(used.len() > 10, "{path} uses {used:?}");
        for (name, selector) in used {
            assert!(
                names.contains(&name),
                "{path} uses {name}, which does not exist"
            );
            for condition in selector.split(',').map(str::trim) {
                if condition.starts_with("reason=\"") {
                    let series = format!("{name}{{{condition}}}");
                    assert!(
                        text.contains(&series),
                        "{path} uses {series}, which does not exist"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn what_exists_is_documented_and_what_is_documented_exists() {
    let (names, _) = live().await;
    // Of a histogram, the name without what its series end in is documented.
    let family = |name: &String| {
        let ends = ["_bucket", "_count", "_sum"];
        let found = ends.iter().find_map(|end| name.strip_suffix(end));
        let base = found.filter(|base| names.contains(&format!("{base}_bucket")));
        base.unwrap_or(name).to_owned()
    };
    let existing: BTreeSet<String> = names.iter().map(family).collect();
    let documented = uses(&file("docs/METRICS.md"));
    let documented: BTreeSet<String> = documented.into_iter().map(|(name, _)| name).collect();
    assert_eq!(existing, documented);
}
