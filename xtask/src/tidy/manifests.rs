//! Cargo.toml, clippy.toml and Cargo.lock: what each crate must repeat, and where its packages come from.
//!
//! Lints, edition and versions are written once, in the root; a crate's clippy.toml replaces the root's
//! instead of adding to it, so the pure crates repeat its thresholds, and this rule sees that they do.

use super::Violation;
use super::purity::PURE_CRATES;
use anyhow::{Context, Result};
use toml::{Table, Value};

/// A crate's manifest, as far as the rules need it.
#[derive(Debug)]
pub(super) struct Manifest {
    /// Path of the file, relative to the root.
    pub(super) path: String,
    /// The name of the package.
    pub(super) package: String,
    /// All dependencies, of every section and target.
    pub(super) dependencies: Vec<Dependency>,
    table: Table,
}

/// One dependency of a crate.
#[derive(Debug)]
pub(super) struct Dependency {
    /// The package's own name, also where the manifest renames it.
    pub(super) package: String,
    pub(super) section: Section,
    /// The version is the workspace's.
    is_inherited: bool,
}

/// Which code a dependency is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// The crate, or its build script.
    Crate,
    /// Its tests, examples and benchmarks.
    Tests,
}

/// The fields that every package takes from the workspace.
const INHERITED: [&str; 5] = ["edition", "license", "publish", "rust-version", "version"];

/// The only place that packages come from.
const PUBLIC_REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Methods and types that the clippy.toml of a pure crate forbids.
const CLIPPY_BANS: [(&str, &str); 5] = [
    ("disallowed-methods", "std::time::Instant::now"),
    ("disallowed-methods", "std::time::SystemTime::now"),
    ("disallowed-methods", "std::thread::spawn"),
    ("disallowed-types", "std::collections::HashMap"),
    ("disallowed-types", "std::collections::HashSet"),
];

/// Reads a crate's manifest.
///
/// # Errors
/// When the text is not TOML or names no package.
pub(super) fn parse(path: &str, text: &str) -> Result<Manifest> {
    let table: Table = text
        .parse()
        .with_context(|| format!("{path} is not TOML"))?;
    let package = table
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str)
        .with_context(|| format!("{path} names no package"))?
        .to_owned();
    let mut dependencies = sections(&table);
    let targets = table.get("target").and_then(Value::as_table);
    for target in targets
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table)
    {
        dependencies.extend(sections(target));
    }
    Ok(Manifest {
        path: path.to_owned(),
        package,
        dependencies,
        table,
    })
}

/// The dependencies of the three sections of a table.
fn sections(table: &Table) -> Vec<Dependency> {
    let sections = [
        ("dependencies", Section::Crate),
        ("build-dependencies", Section::Crate),
        ("dev-dependencies", Section::Tests),
    ];
    let mut dependencies = Vec::new();
    for (key, section) in sections {
        for (name, value) in table
            .get(key)
            .and_then(Value::as_table)
            .into_iter()
            .flatten()
        {
            let package = value.get("package").and_then(Value::as_str).unwrap_or(name);
            dependencies.push(Dependency {
                package: package.to_owned(),
                section,
                is_inherited: value.get("workspace").and_then(Value::as_bool) == Some(true),
            });
        }
    }
    dependencies
}

/// A crate inherits lints, metadata and versions.
pub(super) fn check(manifest: &Manifest) -> Vec<Violation> {
    let inherits = |keys: &[&str]| {
        let root = keys
            .iter()
            .try_fold(&manifest.table, |table, key| table.get(*key)?.as_table());
        root.and_then(|table| table.get("workspace"))
            .and_then(Value::as_bool)
            == Some(true)
    };
    let mut messages = Vec::new();
    if !inherits(&["lints"]) {
        messages.push("a crate says `[lints] workspace = true`".to_owned());
    }
    for field in INHERITED {
        if !inherits(&["package", field]) {
            messages.push(format!("a package says `{field}.workspace = true`"));
        }
    }
    for dependency in &manifest.dependencies {
        if !dependency.is_inherited {
            let name = &dependency.package;
            messages.push(format!(
                "`{name}` has its version here; versions stand in the root's [workspace.dependencies], \
                 and a crate says `{name}.workspace = true`"
            ));
        }
    }
    let violations = messages
        .into_iter()
        .map(|message| Violation::new(&manifest.path, 0, message));
    violations.collect()
}

/// The directories that the workspace leaves out: packages of their own, with a lock file of their own, in
/// no row of the arrows and not built with the product.
///
/// # Errors
/// When the text is not TOML.
pub(super) fn excluded(root: &str) -> Result<Vec<String>> {
    let table: Table = root.parse().context("Cargo.toml is not TOML")?;
    let directories = table
        .get("workspace")
        .and_then(|workspace| workspace.get("exclude"))
        .and_then(Value::as_array);
    let names = directories.into_iter().flatten().filter_map(Value::as_str);
    Ok(names.map(str::to_owned).collect())
}

/// Every directory with a manifest is a member, and every member has one.
pub(super) fn check_members(root: &str, directories: &[&str]) -> Result<Vec<Violation>> {
    let table: Table = root.parse().context("Cargo.toml is not TOML")?;
    let members = table
        .get("workspace")
        .and_then(|workspace| workspace.get("members"));
    let members: Vec<&str> = members
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let strangers = directories
        .iter()
        .filter(|directory| !members.contains(*directory));
    let violations = strangers.map(|directory| {
        let message = format!("`{directory}` is no member of the workspace, so nothing checks it");
        Violation::new("Cargo.toml", 0, message)
    });
    Ok(violations.collect())
}

/// The clippy.toml of a pure crate repeats the root's settings and bans clocks, threads and hash maps.
///
/// # Errors
/// When one of the texts is not TOML.
pub(super) fn check_clippy(
    root: &str,
    crate_name: &str,
    text: Option<&str>,
) -> Result<Vec<Violation>> {
    let path = format!("{crate_name}/clippy.toml");
    let is_pure = PURE_CRATES.contains(&crate_name);
    let Some(text) = text else {
        let message = "a pure crate has a clippy.toml with the banned calls";
        let missing = is_pure.then(|| Violation::new(&path, 0, message));
        return Ok(missing.into_iter().collect());
    };
    let root: Table = root.parse().context("clippy.toml is not TOML")?;
    let own: Table = text
        .parse()
        .with_context(|| format!("{path} is not TOML"))?;
    let mut violations = Vec::new();
    for (key, value) in &root {
        if own.get(key) != Some(value) {
            let message =
                format!("a crate's clippy.toml replaces the root's: repeat `{key} = {value}`");
            violations.push(Violation::new(&path, 0, message));
        }
    }
    for (key, banned) in CLIPPY_BANS {
        let entries = own.get(key).and_then(Value::as_array).into_iter().flatten();
        let mut paths = entries.filter_map(|entry| entry.get("path").and_then(Value::as_str));
        if is_pure && !paths.any(|path| path == banned) {
            violations.push(Violation::new(
                &path,
                0,
                format!("`{banned}` is missing in `{key}`"),
            ));
        }
    }
    Ok(violations)
}

/// Every package comes from the public registry.
///
/// # Errors
/// When the text is not TOML.
pub(super) fn check_lock(path: &str, text: &str) -> Result<Vec<Violation>> {
    let table: Table = text
        .parse()
        .with_context(|| format!("{path} is not TOML"))?;
    let packages = table
        .get("package")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let violations = packages.filter_map(|package| {
        let source = package.get("source").and_then(Value::as_str)?;
        let name = package.get("name").and_then(Value::as_str).unwrap_or("?");
        let message =
            format!("`{name}` comes from {source}; packages come from the public registry");
        (source != PUBLIC_REGISTRY).then(|| Violation::new(path, 0, message))
    });
    Ok(violations.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
[package]
name = \"rialto-x\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
publish.workspace = true
[dependencies]
anyhow.workspace = true
[lints]
workspace = true
";

    fn messages(text: &str) -> Vec<String> {
        let manifest = parse("x/Cargo.toml", text).unwrap();
        check(&manifest)
            .into_iter()
            .map(|violation| violation.message)
            .collect()
    }

    #[test]
    fn a_crate_inherits_everything() {
        assert!(messages(GOOD).is_empty());
        for line in GOOD
            .lines()
            .filter(|line| line.starts_with(|first: char| first != '['))
        {
            if line.starts_with("name") {
                continue;
            }
            let with_breaks = format!("\n{line}\n");
            let text = GOOD.replace(
                &with_breaks,
                &with_breaks.replace("workspace = true", "other = 1"),
            );
            assert_ne!(text, GOOD);
            assert_eq!(messages(&text).len(), 1, "without {line}");
        }
    }

    #[test]
    fn a_version_in_a_crate_is_refused() {
        for dependency in ["\"1\"", "{ version = \"1\" }", "{ path = \"../y\" }"] {
            let text = GOOD.replace("anyhow.workspace = true", &format!("anyhow = {dependency}"));
            assert!(
                messages(&text)[0].contains("[workspace.dependencies]"),
                "{dependency}"
            );
        }
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_an_error() {
        assert!(parse("x/Cargo.toml", "[package").is_err());
        assert!(parse("x/Cargo.toml", "[package]\n").is_err());
    }

    #[test]
    fn a_crate_outside_the_workspace_is_refused() {
        let root = "[workspace]\nmembers = [\"a\"]\n";
        assert!(check_members(root, &["a"]).unwrap().is_empty());
        assert_eq!(check_members(root, &["a", "b"]).unwrap().len(), 1);
    }

    #[test]
    fn the_workspace_says_what_it_leaves_out() {
        let root = "[workspace]\nmembers = [\"a\"]\nexclude = [\"b\"]\n";
        assert_eq!(excluded(root).unwrap(), ["b"]);
        assert!(excluded("[workspace]\n").unwrap().is_empty());
        assert!(excluded("[workspace").is_err());
    }

    #[test]
    fn a_pure_crate_repeats_the_thresholds_and_bans() {
        let root = "too-many-lines-threshold = 70\nallow-unwrap-in-tests = true\n";
        let bans = "\
disallowed-methods = [
    { path = \"std::time::Instant::now\" },
    { path = \"std::time::SystemTime::now\" },
    { path = \"std::thread::spawn\" },
]
disallowed-types = [
    { path = \"std::collections::HashMap\" },
    { path = \"std::collections::HashSet\" },
]
";
        let good = format!("{root}{bans}");
        let count = |text: Option<&str>| check_clippy(root, "engine", text).unwrap().len();
        assert_eq!(count(Some(&good)), 0);
        assert_eq!(count(None), 1);
        assert_eq!(count(Some(&good.replace("70", "100"))), 1);
        assert_eq!(count(Some(bans)), 2);
        assert_eq!(count(Some(root)), CLIPPY_BANS.len());
        assert_eq!(check_clippy(root, "gateway", None).unwrap().len(), 0);
        assert_eq!(check_clippy(root, "gateway", Some(bans)).unwrap().len(), 2);
    }

    #[test]
    fn a_package_from_elsewhere_is_refused() {
        let package = |source: &str| format!("[[package]]\nname = \"a\"\n{source}\n");
        assert!(check_lock("Cargo.lock", &package("")).unwrap().is_empty());
        let public = format!("source = \"{PUBLIC_REGISTRY}\"");
        assert!(
            check_lock("Cargo.lock", &package(&public))
                .unwrap()
                .is_empty()
        );
        let elsewhere = "source = \"git+https://example.org/a\"";
        assert_eq!(
            check_lock("Cargo.lock", &package(elsewhere)).unwrap().len(),
            1
        );
    }
}
