//! `cargo xtask tidy`: the house rules that neither the compiler nor clippy checks.
//!
//! Each rule is a pure function from text to violations, so its own tests can feed it a violation and
//! see it fail. `run` reads the tree once, hands it to every rule and prints what they found. The rules
//! themselves are explained in CONTRIBUTING.md and docs/ARCHITECTURE.md; a message names the place.

use crate::workspace::{self, SourceFile};
use anyhow::{Result, bail};
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

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.path, self.message),
            line => write!(formatter, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// A file above this does not belong into git: it is fetched or made.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// Checks the whole workspace.
///
/// # Errors
/// When the tree cannot be read, or a rule is broken; the message lists every violation.
pub(crate) fn run(root: &Path) -> Result<()> {
    let files = workspace::files(root)?;
    let mut violations = Vec::new();
    for file in &files {
        violations.extend(check_header(file));
        violations.extend(check_weight(file));
    }
    if violations.is_empty() {
        println!("tidy: {} files follow the rules", files.len());
        return Ok(());
    }
    let listing: Vec<String> = violations.iter().map(Violation::to_string).collect();
    bail!(
        "{}\ntidy: {} violations",
        listing.join("\n"),
        violations.len()
    )
}

/// Every Rust file opens with `//!`.
fn check_header(file: &SourceFile) -> Option<Violation> {
    let text = file.text.as_deref()?;
    let is_rust = Path::new(&file.path)
        .extension()
        .is_some_and(|extension| extension == "rs");
    (is_rust && !text.starts_with("//! ")).then(|| Violation {
        path: file.path.clone(),
        line: 1,
        message: "a file opens with a `//!` header: what it is, why, where it stands".to_owned(),
    })
}

/// No file is heavier than `FILE_BYTES_MAX`.
fn check_weight(file: &SourceFile) -> Option<Violation> {
    (file.size_bytes > FILE_BYTES_MAX).then(|| Violation {
        path: file.path.clone(),
        line: 0,
        message: format!(
            "{} bytes; a file in git has at most {FILE_BYTES_MAX}",
            file.size_bytes
        ),
    })
}
