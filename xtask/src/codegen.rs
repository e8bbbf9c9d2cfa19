//! `cargo xtask codegen`: Rust code and reference documentation from the schema of the binary protocol.
//!
//! Reads `protocol/schema/rialto.xml`, writes `protocol/src/generated/` and the reference part of
//! `docs/PROTOCOL.md`. With `--check` it writes nothing and fails when a file is stale; a test runs that,
//! so that schema, code and document cannot drift apart. What it does not understand in the schema is an
//! error, never skipped.

mod codes;
mod document;
mod messages;
mod rust;
mod schema;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::schema::Schema;

const SCHEMA: &str = "protocol/schema/rialto.xml";
const GENERATED: &str = "protocol/src/generated";

/// A file as it should be: its path below the root of the workspace, and its content.
struct Output {
    path: PathBuf,
    content: String,
}

/// Writes every generated file, or, to `check`, fails when one is not as it would be written.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let text =
        fs::read_to_string(root.join(SCHEMA)).with_context(|| format!("reading {SCHEMA}"))?;
    let schema = Schema::parse(&text).with_context(|| format!("in {SCHEMA}"))?;
    let mut outputs = rust::files(&schema, Path::new(GENERATED))?;
    outputs.push(document::file(root, &schema)?);
    if check {
        return check_all(root, &outputs);
    }
    for output in &outputs {
        let path = root.join(&output.path);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(&path, &output.content).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// Fails when a file on disk differs from what would be generated, or is there without being generated.
fn check_all(root: &Path, outputs: &[Output]) -> Result<()> {
    let mut stale = Vec::new();
    for output in outputs {
        let found = fs::read_to_string(root.join(&output.path)).unwrap_or_default();
        if found != output.content {
            stale.push(output.path.display().to_string());
        }
    }
    for entry in fs::read_dir(root.join(GENERATED))? {
        let path = Path::new(GENERATED).join(entry?.file_name());
        if !outputs.iter().any(|output| output.path == path) {
            stale.push(path.display().to_string());
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    bail!("stale, run `cargo xtask codegen`: {}", stale.join(", "))
}
