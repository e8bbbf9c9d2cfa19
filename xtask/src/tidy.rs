//! `cargo xtask tidy`: the house rules that neither the compiler nor clippy checks.
//!
//! Each rule is a pure function from text to violations, so that its own tests can feed it a violation
//! and see it fail. `run` reads the tree once, hands it to every rule and prints what they found. The
//! rules are explained in CONTRIBUTING.md and docs/ARCHITECTURE.md. Well under a second.

mod arrows;
mod documents;
mod lexer;
mod manifests;
mod modules;
mod narrow;
mod purity;
mod sizes;
mod text;

use crate::workspace::{self, SourceFile};
use anyhow::{Context, Result, bail};
use modules::{Modules, Source};
use purity::PURE_CRATES;
use std::fmt;
use std::path::Path;

/// A broken rule: where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    path: String,
    /// 1-based; 0 when the whole file is meant.
    line: usize,
    message: String,
}

impl Violation {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.path, self.message),
            line => write!(formatter, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// Checks the whole workspace.
///
/// # Errors
/// When the tree cannot be read, or a rule is broken; the message lists every violation.
pub(crate) fn run(root: &Path) -> Result<()> {
    let files = workspace::files(root)?;
    let mut violations = check(&files)?;
    violations.sort();
    violations.dedup();
    if violations.is_empty() {
        println!("tidy: {} files follow the rules", files.len());
        return Ok(());
    }
    let listing: Vec<String> = violations.iter().map(Violation::to_string).collect();
    let count = violations.len();
    bail!("{}\ntidy: {count} violations", listing.join("\n"))
}

/// Every rule on every file.
fn check(files: &[SourceFile]) -> Result<Vec<Violation>> {
    let mut violations = check_rust(files);
    for file in files {
        violations.extend(text::check_weight(file));
        if let Some(content) = file.text.as_deref() {
            violations.extend(text::check_text(&file.path, content));
            if is_script(file) {
                violations.extend(text::check_script_markers(&file.path, content));
            }
        }
    }
    violations.extend(sizes::check(files));
    violations.extend(check_manifests(files)?);
    violations.extend(documents::check_links(files));
    violations.extend(documents::check_records(files));
    Ok(violations)
}

/// The rules of Rust files, of the pure crates' among them.
fn check_rust(files: &[SourceFile]) -> Vec<Violation> {
    let rust = files.iter().filter(|file| file.has_extension("rs"));
    let sources: Vec<Source<'_>> = rust
        .filter_map(|file| {
            let text = file.text.as_deref()?;
            let lexed = lexer::lex(text);
            Some(Source {
                path: &file.path,
                text,
                lexed,
            })
        })
        .collect();
    let modules = Modules::new(&sources);
    let mut violations = Vec::new();
    for Source { path, text, lexed } in &sources {
        violations.extend(text::check_rust(path, text, lexed));
        violations.extend(modules.check(path));
        if !modules.is_test(path) {
            violations.extend(narrow::check(path, lexed));
        }
        let pure = PURE_CRATES
            .iter()
            .find(|name| path.starts_with(&format!("{name}/src/")));
        if let Some(name) = pure
            && !modules.is_test(path)
        {
            violations.extend(purity::check(path, lexed));
            if *path == format!("{name}/src/lib.rs") {
                violations.extend(purity::check_root(path, text));
            }
        }
    }
    violations
}

/// The rules of manifests, lints and packages, and the code map's list of crates.
fn check_manifests(files: &[SourceFile]) -> Result<Vec<Violation>> {
    let text = |path: &str| {
        let file = files.iter().find(|file| file.path == path);
        file.and_then(|file| file.text.as_deref())
    };
    let required = |path: &str| text(path).with_context(|| format!("{path} is missing"));
    let excluded = manifests::excluded(required("Cargo.toml")?)?;
    let mut violations = Vec::new();
    let mut directories = Vec::new();
    for file in files {
        let Some(directory) = file.path.strip_suffix("/Cargo.toml") else {
            continue;
        };
        if excluded.iter().any(|name| name == directory) {
            let lock = format!("{directory}/Cargo.lock");
            violations.extend(manifests::check_lock(&lock, required(&lock)?)?);
            continue;
        }
        directories.push(directory);
        let manifest = manifests::parse(&file.path, required(&file.path)?)?;
        violations.extend(manifests::check(&manifest));
        violations.extend(arrows::check(&manifest));
        let clippy = text(&format!("{directory}/clippy.toml"));
        violations.extend(manifests::check_clippy(
            required("clippy.toml")?,
            directory,
            clippy,
        )?);
    }
    violations.extend(manifests::check_members(
        required("Cargo.toml")?,
        &directories,
    )?);
    violations.extend(manifests::check_lock(
        "Cargo.lock",
        required("Cargo.lock")?,
    )?);
    let path = "docs/ARCHITECTURE.md";
    let document = required(path)?;
    violations.extend(documents::check_code_map(path, document, &directories));
    violations.extend(arrows::check_document(path, document));
    Ok(violations)
}

/// Whether a file is a script or configuration, whose comments the lexer does not know.
fn is_script(file: &SourceFile) -> bool {
    let is_named = ["Makefile", ".ci/run"].contains(&file.path.as_str());
    is_named
        || ["py", "sh", "toml", "yaml", "yml"]
            .into_iter()
            .any(|extension| file.has_extension(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust_violations(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<SourceFile> = files
            .iter()
            .map(|(path, text)| SourceFile::from_text(path, text))
            .collect();
        check_rust(&files)
            .iter()
            .map(Violation::to_string)
            .collect()
    }

    const IMPURE: &str = "//! Header.\nfn a(b: f64) {}\n";

    #[test]
    fn purity_binds_the_pure_crates_alone() {
        for name in PURE_CRATES {
            let path = format!("{name}/src/bin/a.rs");
            let found = rust_violations(&[(&path, IMPURE)]);
            assert_eq!(found.len(), 1);
            assert!(found[0].starts_with(&format!("{path}:2: ")), "{found:?}");
        }
        assert!(rust_violations(&[("gateway/src/main.rs", IMPURE)]).is_empty());
        assert!(rust_violations(&[("engine/tests/a.rs", IMPURE)]).is_empty());
    }

    #[test]
    fn purity_does_not_bind_modules_of_tests() {
        let root = "//! Header.\n#![forbid(unsafe_code)]\n#[cfg(test)]\nmod world;\nmod book;\n";
        let files = [("engine/src/lib.rs", root), ("engine/src/world.rs", IMPURE)];
        assert!(rust_violations(&files).is_empty());
        let files = [("engine/src/lib.rs", root), ("engine/src/book.rs", IMPURE)];
        assert_eq!(rust_violations(&files).len(), 1);
    }

    #[test]
    fn an_orphan_is_refused() {
        let found = rust_violations(&[("gateway/src/lost.rs", "//! Header.\n")]);
        assert!(found[0].contains("never compiled"), "{found:?}");
    }

    #[test]
    fn narrow_arrows_bind_what_is_not_a_test() {
        let root = "//! Header.\n#![forbid(unsafe_code)]\nmod a;\n#[cfg(test)]\nmod b;\n";
        let machine = "//! Header.\nuse rialto_engine::Exchange;\n";
        let files = |path| [("reference/src/lib.rs", root), (path, machine)];
        assert_eq!(rust_violations(&files("reference/src/a.rs")).len(), 1);
        assert!(rust_violations(&files("reference/src/b.rs")).is_empty());
    }

    #[test]
    fn a_pure_root_must_forbid_unsafe() {
        assert_eq!(
            rust_violations(&[("risk/src/lib.rs", "//! Header.\n")]).len(),
            1
        );
    }

    #[test]
    fn every_kind_of_rule_is_reached() {
        let manifest = "[package]\nname = \"rialto-x\"\n";
        let files: Vec<SourceFile> = [
            ("Cargo.toml", "[workspace]\nmembers = []\n"),
            (
                "Cargo.lock",
                "[[package]]\nname = \"a\"\nsource = \"git\"\n",
            ),
            ("clippy.toml", "a = 1\n"),
            ("x/Cargo.toml", manifest),
            ("x/clippy.toml", "a = 2\n"),
            ("x/src/lib.rs", "fn a() {}\n"),
            (
                "x/src/long.rs",
                &format!("//! Header.\n{}x\n", "\n".repeat(1_000)),
            ),
            ("docs/ARCHITECTURE.md", "[x](y) \n"),
            ("docs/adr/1.md", ""),
            ("Makefile", "# FIXME\n"),
        ]
        .into_iter()
        .map(|(path, text)| SourceFile::from_text(path, text))
        .collect();
        let found: Vec<String> = check(&files)
            .unwrap()
            .iter()
            .map(Violation::to_string)
            .collect();
        for sign in [
            "no member",
            "comes from",
            "repeat `a = 1`",
            "no row in ARROWS",
            "lints",
            "header",
            "1002 lines",
            "no file of the repository",
            "blanks",
            "no heading for `x/`",
            "\"Arrows\" differs",
            "NNNN-title",
            "FIXME",
        ] {
            assert!(
                found.iter().any(|line| line.contains(sign)),
                "{sign} in {found:#?}"
            );
        }
    }

    #[test]
    fn a_workspace_without_its_manifest_is_an_error() {
        assert!(check(&[]).is_err());
    }
}
