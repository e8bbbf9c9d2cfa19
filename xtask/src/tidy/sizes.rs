//! How long a file may be: split by 1,000 lines, discussed from 600.
//!
//! The lengths of functions are clippy's to check (`too_many_lines`).

use super::Violation;
use crate::workspace::SourceFile;

/// A file this long must be split.
const LINES_REFUSED: usize = 1_000;
/// A file this long needs an entry in `DISCUSSED`.
const LINES_DISCUSSED: usize = 600;

/// Files that are long for a reason: path and reason.
const DISCUSSED: &[(&str, &str)] = &[];

/// Nobody chooses the length of what `cargo xtask codegen` writes; it lies in directories of this name.
const GENERATED: &str = "/generated/";

/// Checks all source files against both limits, and the list against the files.
pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    check_against(files, DISCUSSED)
}

fn check_against(files: &[SourceFile], discussed: &[(&str, &str)]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files {
        let Some(text) = source_text(file) else {
            continue;
        };
        let lines = text.lines().count();
        let is_discussed = discussed.iter().any(|(path, _)| *path == file.path);
        let message = if lines >= LINES_REFUSED {
            format!("{lines} lines; a file has fewer than {LINES_REFUSED}: split it")
        } else if lines >= LINES_DISCUSSED && !is_discussed {
            format!(
                "{lines} lines; from {LINES_DISCUSSED} on a file is split or stands with its reason in \
                 DISCUSSED (xtask/src/tidy/sizes.rs)"
            )
        } else if lines < LINES_DISCUSSED && is_discussed {
            format!(
                "{lines} lines; it needs its entry in DISCUSSED (xtask/src/tidy/sizes.rs) no longer"
            )
        } else {
            continue;
        };
        violations.push(Violation::new(&file.path, 0, message));
    }
    for (path, reason) in discussed {
        if reason.is_empty() {
            violations.push(Violation::new(
                path,
                0,
                "an entry in DISCUSSED states its reason",
            ));
        }
        if !files.iter().any(|file| file.path == *path) {
            violations.push(Violation::new(
                path,
                0,
                "DISCUSSED names a file that does not exist",
            ));
        }
    }
    violations
}

/// The text of a file that people write in a programming language.
fn source_text(file: &SourceFile) -> Option<&str> {
    let is_source = ["rs", "py", "ts", "sh"]
        .into_iter()
        .any(|extension| file.has_extension(extension));
    let text = file.text.as_deref()?;
    let is_generated = file.path.contains(GENERATED);
    (is_source && !is_generated).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, lines: usize) -> SourceFile {
        SourceFile::from_text(path, &"\n".repeat(lines))
    }

    #[test]
    fn a_long_file_is_refused_even_when_discussed() {
        let files = [file("a.rs", LINES_REFUSED)];
        assert_eq!(check_against(&files, &[]).len(), 1);
        assert_eq!(check_against(&files, &[("a.rs", "a reason")]).len(), 1);
    }

    #[test]
    fn a_longish_file_needs_a_reason() {
        let files = [file("a.py", LINES_DISCUSSED)];
        assert!(check_against(&files, &[])[0].message.contains("DISCUSSED"));
        assert!(check_against(&files, &[("a.py", "a reason")]).is_empty());
        assert_eq!(check_against(&files, &[("a.py", "")]).len(), 1);
    }

    #[test]
    fn the_list_holds_nothing_stale() {
        let files = [file("a.rs", LINES_DISCUSSED - 1)];
        assert!(check_against(&files, &[]).is_empty());
        assert_eq!(check_against(&files, &[("a.rs", "a reason")]).len(), 1);
        assert_eq!(check_against(&files, &[("b.rs", "a reason")]).len(), 1);
    }

    #[test]
    fn documents_and_generated_files_may_be_long() {
        let files = [
            file("a.md", LINES_REFUSED),
            file("protocol/src/generated/a.rs", LINES_REFUSED),
        ];
        assert!(check_against(&files, &[]).is_empty());
    }
}
