//! The workspace as files: where its root is, and which of its files the chores look at.
//!
//! Files that `.gitignore` names are left out, with or without a `.git` directory beside them, so a
//! chore sees in an unpacked archive what it sees in a clone. One walk of the tree, a few milliseconds.

use anyhow::{Context, Result};
use ignore::WalkBuilder;
use std::fs;
use std::path::{Path, PathBuf};

/// One file of the repository.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    /// Path relative to the root, with forward slashes.
    pub(crate) path: String,
    /// Size on disk in bytes.
    pub(crate) size_bytes: u64,
    /// The contents, or `None` for a file that is not UTF-8 text.
    pub(crate) text: Option<String>,
}

impl SourceFile {
    /// Whether the name ends in `.extension`.
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }

    /// A file that exists in a test alone.
    #[cfg(test)]
    pub(crate) fn from_text(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            size_bytes: text.len() as u64,
            text: Some(text.to_owned()),
        }
    }
}

/// The root of the workspace: the directory above this crate's.
pub(crate) fn root() -> PathBuf {
    let manifest_directory = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest_directory
        .parent()
        .expect("the crate lies below the root")
        .to_path_buf()
}

/// All files of the repository, in path order.
///
/// # Errors
/// When the tree cannot be read.
pub(crate) fn files(root: &Path) -> Result<Vec<SourceFile>> {
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .parents(false)
        .ignore(false)
        .git_global(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .sort_by_file_path(Path::cmp)
        .build();
    let mut files = Vec::new();
    for entry in walk {
        let entry = entry.context("cannot walk the workspace")?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            files.push(read(root, entry.path())?);
        }
    }
    Ok(files)
}

/// Reads one file below the root.
fn read(root: &Path, path: &Path) -> Result<SourceFile> {
    let relative = path
        .strip_prefix(root)
        .expect("the walk stays below the root");
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(SourceFile {
        path: relative.to_string_lossy().replace('\\', "/"),
        size_bytes: bytes.len() as u64,
        text: String::from_utf8(bytes).ok(),
    })
}
