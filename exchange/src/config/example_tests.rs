//! `rialto.example.toml`, which users copy from, held against the configuration: it loads, it states the
//! defaults, and it names every key that there is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Config;

const SECTIONS: [&str; 7] = [
    "server", "journal", "core", "capacity", "gateway", "demo", "log",
];

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rialto.example.toml");
    std::fs::read_to_string(path).unwrap()
}

fn load(text: &str) -> Config {
    Config::from_parts(text, "rialto.example.toml", BTreeMap::new(), Vec::new()).unwrap()
}

/// What a table may hold: the names in the message that refuses one that it may not.
fn known(text: &str) -> BTreeSet<String> {
    let error = toml::from_str::<Config>(text).unwrap_err().to_string();
    let (_, expected) = error.split_once("expected").unwrap();
    let names = expected.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

/// The key of a line, also of one that is commented out: then its text without the `#` is a setting.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.trim_start_matches("# ").split_once(" = ")?;
    key.chars()
        .all(|c| c.is_ascii_lowercase() || c == '_')
        .then_some(key)
}

#[test]
fn the_example_states_the_defaults() {
    assert_eq!(load(&example()), Config::default());
}

#[test]
fn the_example_names_every_key_and_no_other() {
    let expected: BTreeSet<_> = SECTIONS.map(str::to_owned).into();
    assert_eq!(known("nothing = 1"), expected);
    let text = example();
    let mut named: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut section = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some(key) = key(line) {
            let is_new = named.entry(section).or_default().insert(key.to_owned());
            assert!(is_new, "{section}.{key} is there twice");
        }
    }
    for section in SECTIONS {
        let all = known(&format!("[{section}]\nnothing = 1"));
        assert_eq!(named.remove(section), Some(all), "[{section}]");
    }
    assert!(named.is_empty(), "{named:?}");
}

#[test]
fn what_the_example_has_commented_out_may_be_set() {
    let lines = example();
    let set: Vec<_> = lines
        .lines()
        .map(|line| match key(line) {
            Some(_) => line.trim_start_matches("# "),
            None => line,
        })
        .collect();
    assert_ne!(load(&set.join("\n")), Config::default());
}
