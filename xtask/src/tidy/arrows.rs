//! Which of our crates may depend on which: the one table, and the check of every manifest against it.
//!
//! Dependencies point inward, to `types`. A crate that is not named in another's row cannot be used
//! there, so the leaves (`benches`, `loadtest`, `simulator`, `xtask`) are those that no row names, and
//! `exchange` is named by the simulator alone. The reasons stand in docs/ARCHITECTURE.md, "Arrows"; a new arrow needs a decision record.

use super::Violation;
use super::manifests::{Manifest, Section};

/// What a crate may use.
struct Row {
    crate_name: &'static str,
    /// Of ours, in the crate itself.
    uses: &'static [&'static str],
    /// Of ours, in its tests besides.
    tests_use: &'static [&'static str],
    /// Of others', in the crate itself; `None` means whatever the workspace lists. Only the pure
    /// crates are held to a list.
    others: Option<&'static [&'static str]>,
}

/// The table.
const ARROWS: &[Row] = &[
    Row {
        crate_name: "types",
        uses: &[],
        tests_use: &[],
        others: Some(&[]),
    },
    Row {
        crate_name: "risk",
        uses: &["types"],
        tests_use: &[],
        others: Some(&["thiserror"]),
    },
    Row {
        crate_name: "engine",
        uses: &["risk", "types"],
        tests_use: &["reference"],
        others: Some(&["thiserror"]),
    },
    Row {
        crate_name: "reference",
        uses: &["engine", "types"],
        tests_use: &[],
        others: Some(&["thiserror"]),
    },
    Row {
        crate_name: "protocol",
        uses: &["types"],
        tests_use: &[],
        others: None,
    },
    Row {
        crate_name: "ring",
        uses: &["types"],
        tests_use: &[],
        others: None,
    },
    Row {
        crate_name: "journal",
        uses: &["engine", "types"],
        tests_use: &[],
        others: None,
    },
    Row {
        crate_name: "client",
        uses: &["protocol", "types"],
        tests_use: &[],
        others: None,
    },
    Row {
        crate_name: "gateway",
        uses: &["protocol", "ring", "risk", "types"],
        tests_use: &["client", "engine", "reference"],
        others: None,
    },
    Row {
        crate_name: "exchange",
        uses: &[
            "client", "engine", "gateway", "journal", "memory", "protocol", "ring", "risk", "types",
        ],
        tests_use: &["reference"],
        others: None,
    },
    Row {
        crate_name: "loadtest",
        uses: &["client", "protocol", "types"],
        tests_use: &[],
        others: None,
    },
    Row {
        crate_name: "benches",
        uses: &[
            "client",
            "engine",
            "gateway",
            "journal",
            "memory",
            "protocol",
            "reference",
            "ring",
            "risk",
            "types",
        ],
        tests_use: &[],
        others: None,
    },
    Row {
        crate_name: "simulator",
        uses: &[
            "engine",
            "exchange",
            "journal",
            "reference",
            "ring",
            "types",
        ],
        tests_use: &[],
        others: None,
    },
    Row {
        crate_name: "memory",
        uses: &[],
        tests_use: &[],
        others: Some(&["rustix"]),
    },
    Row {
        crate_name: "xtask",
        uses: &[],
        tests_use: &[],
        others: None,
    },
];

/// The prefix of our packages' names.
const PREFIX: &str = "rialto-";

/// Checks one crate's dependencies against its row.
pub(super) fn check(manifest: &Manifest) -> Vec<Violation> {
    let name = crate_name(&manifest.package);
    let Some(row) = ARROWS.iter().find(|row| row.crate_name == name) else {
        let message = format!(
            "crate `{name}` has no row in ARROWS (xtask/src/tidy/arrows.rs); say there what it may use"
        );
        return vec![Violation::new(&manifest.path, 0, message)];
    };
    let arrows = manifest.dependencies.iter().filter_map(|dependency| {
        let target = &dependency.package;
        let is_test = dependency.section == Section::Tests;
        let is_allowed = match target.strip_prefix(PREFIX) {
            Some(ours) => row.uses.contains(&ours) || is_test && row.tests_use.contains(&ours),
            None => {
                is_test
                    || row
                        .others
                        .is_none_or(|others| others.contains(&target.as_str()))
            }
        };
        (!is_allowed).then(|| refusal(manifest, name, crate_name(target), is_test))
    });
    arrows.collect()
}

/// The document shows the same table, row by row.
pub(super) fn check_document(path: &str, text: &str) -> Vec<Violation> {
    let missing = ARROWS
        .iter()
        .map(document_row)
        .filter(|row| !text.lines().any(|line| line == row));
    let violations = missing.map(|row| {
        let message =
            format!("\"Arrows\" differs from xtask/src/tidy/arrows.rs, where the row is: {row}");
        Violation::new(path, 0, message)
    });
    violations.collect()
}

/// A row as the document shows it.
fn document_row(row: &Row) -> String {
    let list = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        if names.is_empty() {
            "nothing".to_owned()
        } else {
            names.join(", ")
        }
    };
    format!(
        "| `{}` | {} | {} |",
        row.crate_name,
        list(row.uses),
        list(row.tests_use)
    )
}

/// The directory-like name of a package: `rialto-engine` is `engine`.
fn crate_name(package: &str) -> &str {
    package.strip_prefix(PREFIX).unwrap_or(package)
}

fn refusal(manifest: &Manifest, from: &str, to: &str, is_test: bool) -> Violation {
    let place = if is_test { " (in tests)" } else { "" };
    let message = format!(
        "arrow {from} → {to}{place} is not allowed; the rule stands in docs/ARCHITECTURE.md, \"Arrows\", \
         the table in xtask/src/tidy/arrows.rs"
    );
    Violation::new(&manifest.path, 0, message)
}

#[cfg(test)]
mod tests {
    use super::super::manifests::parse;
    use super::*;

    fn messages(package: &str, rest: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"{package}\"\n{rest}\n");
        let manifest = parse("x/Cargo.toml", &text).unwrap();
        check(&manifest)
            .into_iter()
            .map(|violation| violation.message)
            .collect()
    }

    #[test]
    fn an_allowed_arrow_passes() {
        assert!(
            messages(
                "rialto-engine",
                "[dependencies]\nrialto-types.workspace = true"
            )
            .is_empty()
        );
        assert!(
            messages(
                "rialto-engine",
                "[dev-dependencies]\nrialto-reference.workspace = true"
            )
            .is_empty()
        );
        assert!(messages("rialto-gateway", "[dependencies]\ntokio.workspace = true").is_empty());
    }

    #[test]
    fn the_message_names_the_arrow_and_the_rule() {
        let found = messages(
            "rialto-gateway",
            "[dependencies]\nrialto-engine.workspace = true",
        );
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("gateway → engine"), "{found:?}");
        assert!(found[0].contains("docs/ARCHITECTURE.md"), "{found:?}");
    }

    #[test]
    fn an_arrow_of_tests_is_no_arrow_of_the_crate() {
        let found = messages(
            "rialto-engine",
            "[dependencies]\nrialto-reference.workspace = true",
        );
        assert_eq!(found.len(), 1);
        let found = messages(
            "rialto-types",
            "[dev-dependencies]\nrialto-engine.workspace = true",
        );
        assert!(found[0].contains("types → engine (in tests)"), "{found:?}");
    }

    #[test]
    fn arrows_hide_in_no_other_section() {
        for section in ["build-dependencies", "target.'cfg(unix)'.dependencies"] {
            let found = messages(
                "rialto-ring",
                &format!("[{section}]\nrialto-engine.workspace = true"),
            );
            assert_eq!(found.len(), 1, "{section}");
        }
        let renamed =
            "[dependencies]\nbook = { package = \"rialto-engine\", path = \"../engine\" }";
        assert_eq!(messages("rialto-ring", renamed).len(), 1);
    }

    #[test]
    fn a_pure_crate_uses_only_what_its_row_lists() {
        assert_eq!(
            messages("rialto-engine", "[dependencies]\ntokio.workspace = true").len(),
            1
        );
        assert!(
            messages(
                "rialto-engine",
                "[dev-dependencies]\nproptest.workspace = true"
            )
            .is_empty()
        );
        assert_eq!(
            messages("rialto-types", "[dependencies]\nthiserror.workspace = true").len(),
            1
        );
    }

    #[test]
    fn a_crate_without_a_row_is_refused() {
        assert!(messages("rialto-wallet", "")[0].contains("`wallet` has no row"));
    }

    #[test]
    fn the_document_shows_every_row() {
        let mut text: String = ARROWS.iter().map(|row| document_row(row) + "\n").collect();
        assert!(check_document("a.md", &text).is_empty());
        text = text.replace(
            "| `risk` | `types` | nothing |",
            "| `risk` | `types` | `engine` |",
        );
        let found = check_document("a.md", &text);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.contains("| `risk` | `types` | nothing |"),
            "{found:?}"
        );
    }

    #[test]
    fn nothing_uses_a_leaf() {
        for row in ARROWS {
            // The simulator drives the core and the recovery that stand in `exchange`.
            let drives = row.crate_name == "simulator";
            for leaf in ["benches", "exchange", "loadtest", "simulator", "xtask"] {
                let is_driven = drives && leaf == "exchange";
                assert!(is_driven || !row.uses.contains(&leaf), "{}", row.crate_name);
                assert!(!row.tests_use.contains(&leaf), "{}", row.crate_name);
            }
        }
    }

    #[test]
    fn the_arrows_have_no_cycle() {
        // Each crate's rows are reached from `types` outwards, every one after what it uses.
        let mut placed: Vec<&str> = Vec::new();
        while placed.len() < ARROWS.len() {
            let next = ARROWS.iter().find(|row| {
                !placed.contains(&row.crate_name)
                    && row.uses.iter().all(|used| placed.contains(used))
            });
            placed.push(
                next.expect("a crate whose dependencies are all placed")
                    .crate_name,
            );
        }
    }
}
