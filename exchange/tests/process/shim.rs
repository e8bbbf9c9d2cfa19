//! Lines of C that are loaded before the C library into an exchange under test.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds a library of one source file in a directory; what the compiler has to say ends the test.
pub(crate) fn build(source: &Path, directory: &Path) -> PathBuf {
    let name = source.file_stem().unwrap();
    let library = directory.join(name).with_extension("so");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let built = Command::new(compiler)
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
        .arg(&library)
        .arg(source)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    library
}
