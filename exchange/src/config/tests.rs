//! What is read of files, environment and flags, and what is refused.

use super::*;

fn load(text: &str, environment: &[(&str, &str)], flags: Vec<Flag>) -> Result<Config> {
    let environment = environment
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Config::from_parts(text, "test.toml", environment, flags)
}

#[test]
fn the_later_source_wins() {
    let file = "[server]\nname = \"file\"\n[core]\nevent_ring = 100\n";
    let environment = [("RIALTO__SERVER__NAME", "environment"), ("OTHER", "x")];
    let flags = vec![("core", "event_ring", Value::Integer(300))];
    let config = load(file, &environment, flags).unwrap();
    assert_eq!(config.server.name, "environment");
    assert_eq!(config.core.event_ring, 300);
    assert_eq!(config.core.command_ring, Core::default().command_ring);
    assert_eq!(load("", &[], Vec::new()).unwrap(), Config::default());
}

#[test]
fn an_unknown_key_is_named() {
    let error = format!(
        "{:#}",
        load("[server]\nlisten_on = 1\n", &[], Vec::new()).unwrap_err()
    );
    assert!(
        error.contains("test.toml") && error.contains("listen_on"),
        "{error}"
    );
    let wrong = [("RIALTO__JOURNAL__DURABLITY", "written")];
    let error = format!("{:#}", load("", &wrong, Vec::new()).unwrap_err());
    assert!(error.contains("RIALTO__JOURNAL__DURABLITY"), "{error}");
    assert!(error.contains("durablity"), "{error}");
    let wrong = [("RIALTO__JOURNAL", "written")];
    let error = format!("{:#}", load("", &wrong, Vec::new()).unwrap_err());
    assert!(error.contains("SECTION__KEY"), "{error}");
}

#[test]
fn a_text_that_looks_like_a_number_is_a_text_where_one_is_due() {
    let environment = [
        ("RIALTO__SERVER__NAME", "42"),
        ("RIALTO__CORE__EVENT_RING", "64"),
    ];
    let config = load("", &environment, Vec::new()).unwrap();
    assert_eq!(config.server.name, "42");
    assert_eq!(config.core.event_ring, 64);
}

#[test]
fn an_impossible_value_is_refused_with_what_would_be_right() {
    for (section, key, value, expected) in [
        ("core", "shard", Value::Integer(32), "at most 31"),
        ("core", "command_ring", Value::Integer(9), "at least 10"),
        ("journal", "segment_mib", Value::Integer(0), "at least 1"),
        (
            "journal",
            "segment_mib",
            Value::Integer(65_537),
            "at most 65536",
        ),
        (
            "core",
            "event_ring",
            Value::Integer(i64::MAX),
            "core.event_ring is 9223372036854775807: at most 16777216",
        ),
        (
            "capacity",
            "accounts",
            Value::Integer(u32::MAX.into()),
            "capacity.accounts is 4294967295: at most 16777216",
        ),
        ("capacity", "assets", Value::Integer(0), "at least 1"),
        ("capacity", "balances", Value::Integer(0), "at least 1"),
        ("gateway", "threads", Value::Integer(1_000_000), "at most"),
        (
            "core",
            "core_nice",
            Value::Integer(-21),
            "core.core_nice is -21: from -20, the highest priority, to 19",
        ),
        (
            "core",
            "journal_nice",
            Value::Integer(20),
            "core.journal_nice is 20: from -20",
        ),
        (
            "journal",
            "durability",
            Value::String("lazy".into()),
            "written",
        ),
        (
            "server",
            "listen",
            Value::String("nowhere".into()),
            "socket address",
        ),
        (
            "server",
            "tls_certificate",
            Value::String("a.pem".into()),
            "server.tls_certificate is a.pem and server.tls_key is missing",
        ),
        (
            "server",
            "tls_key",
            Value::String("a.key".into()),
            "server.tls_key is a.key and server.tls_certificate is missing",
        ),
    ] {
        let error = load("", &[], vec![(section, key, value)]).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(expected), "{section}.{key}: {error}");
    }
}

#[test]
fn the_cores_processor_is_not_the_journals() {
    let both = |journal| {
        let environment = [
            ("RIALTO__CORE__CORE_CPU", "1"),
            ("RIALTO__CORE__JOURNAL_CPU", journal),
        ];
        load("", &environment, Vec::new())
    };
    let error = format!("{:#}", both("1").unwrap_err());
    assert!(
        error.contains("core.journal_cpu is 1, as core.core_cpu"),
        "{error}"
    );
    assert!(both("0").is_ok());
}
