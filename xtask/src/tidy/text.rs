//! Rules about the text of files: headers, markers, blanks, and what belongs to one machine only.
//!
//! They hold for every file or every Rust file alike; what only the pure crates must keep stands in
//! `purity`. Linear in the text.

use super::Violation;
use super::lexer::{Comment, Lexed};
use crate::workspace::SourceFile;

/// A file above this does not belong into git: it is fetched or made.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// Notes to oneself. Work that is left belongs into an issue.
const MARKERS: [&str; 3] = ["TODO", "FIXME", "XXX"];

/// Top-level directories that exist on somebody's machine, not on everybody's.
const MACHINE_DIRECTORIES: [&str; 5] = ["Users", "home", "root", "tmp", "work"];

/// Signs of a package source other than the public one.
const PRIVATE_SOURCES: [&str; 6] = [
    "--extra-index-url",
    "--index-url",
    "PIP_INDEX_URL",
    "artifactory",
    "replace-with",
    "nexus.",
];

/// No file is heavier than `FILE_BYTES_MAX`.
pub(super) fn check_weight(file: &SourceFile) -> Vec<Violation> {
    if file.size_bytes <= FILE_BYTES_MAX {
        return Vec::new();
    }
    let message = format!(
        "{} bytes; a file in git has at most {FILE_BYTES_MAX}",
        file.size_bytes
    );
    vec![Violation::new(&file.path, 0, message)]
}

/// Lines end without blanks, the file with one newline, and no line names somebody's machine. Golden
/// files end as the bytes that they pin do.
pub(super) fn check_text(path: &str, text: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        if line.ends_with([' ', '\t', '\r']) {
            violations.push(Violation::new(
                path,
                index + 1,
                "blanks at the end of the line",
            ));
        }
        if let Some(directory) = machine_directory(line)
            && !is_test_path(path)
        {
            let message = format!("`{directory}` is a path of one machine; name a relative one");
            violations.push(Violation::new(path, index + 1, message));
        }
        if let Some(sign) = PRIVATE_SOURCES.iter().find(|sign| line.contains(*sign))
            && !is_own_source(path)
        {
            let message = format!("`{sign}` names a package source; the public ones are enough");
            violations.push(Violation::new(path, index + 1, message));
        }
    }
    let is_whole = path.contains("/golden/") || text.is_empty();
    if !is_whole && (!text.ends_with('\n') || text.ends_with("\n\n")) {
        violations.push(Violation::new(
            path,
            0,
            "a file ends with exactly one newline",
        ));
    }
    violations
}

/// Scripts and configuration hold no notes to oneself.
pub(super) fn check_script_markers(path: &str, text: &str) -> Vec<Violation> {
    let lines = text.lines().enumerate();
    let found = lines.filter_map(|(index, line)| Some((index + 1, marker(line)?)));
    found
        .map(|(line, marker)| marker_violation(path, line, marker))
        .collect()
}

/// Every Rust file opens with `//!`, has no tabs, no banners, no notes, no dead code, no ignored test.
pub(super) fn check_rust(path: &str, text: &str, lexed: &Lexed) -> Vec<Violation> {
    let mut violations = Vec::new();
    if !text.starts_with("//! ") {
        let message = "a file opens with a `//!` header: what it is, why, where in the flow it stands, \
                       its invariants, its cost";
        violations.push(Violation::new(path, 1, message));
    }
    for (index, line) in text.lines().enumerate() {
        if line.contains('\t') {
            violations.push(Violation::new(
                path,
                index + 1,
                "a tab; rustfmt indents with spaces",
            ));
        }
    }
    for comment in &lexed.comments {
        violations.extend(check_comment(path, comment));
    }
    violations.extend(check_macros(path, lexed));
    violations
}

/// The rules of one comment line.
fn check_comment(path: &str, comment: &Comment) -> Vec<Violation> {
    let mut violations = Vec::new();
    if let Some(marker) = marker(&comment.text) {
        violations.push(marker_violation(path, comment.line, marker));
    }
    if is_banner(&comment.text) {
        let message = "a banner; a module or a function says where a part begins";
        violations.push(Violation::new(path, comment.line, message));
    }
    if is_dead_code(&comment.text) {
        let message = "code in a comment; git remembers what was";
        violations.push(Violation::new(path, comment.line, message));
    }
    if comment.text.contains("```ignore") {
        let message = "an example that is not compiled; make it compile, or mark it `text`";
        violations.push(Violation::new(path, comment.line, message));
    }
    violations
}

/// No unfinished code, no test that is never run.
fn check_macros(path: &str, lexed: &Lexed) -> Vec<Violation> {
    let mut violations = Vec::new();
    for window in lexed.tokens.windows(3) {
        let [first, second, third] = window else {
            continue;
        };
        let line = first.line;
        match (
            first.text.as_str(),
            second.text.as_str(),
            third.text.as_str(),
        ) {
            (name @ ("todo" | "unimplemented"), "!", "(" | "{" | "[") => {
                let message = format!("`{name}!` is unfinished code");
                violations.push(Violation::new(path, line, message));
            }
            ("#", "[", "ignore") => {
                let message =
                    "an ignored test; a test that needs long takes its length from RIALTO_SOAK";
                violations.push(Violation::new(path, line, message));
            }
            _ => {}
        }
    }
    violations
}

/// The note to oneself in a line, if one stands there as a word.
fn marker(line: &str) -> Option<&'static str> {
    let mut words = line.split(|character: char| !character.is_alphanumeric() && character != '_');
    words.find_map(|word| MARKERS.into_iter().find(|marker| *marker == word))
}

fn marker_violation(path: &str, line: usize, marker: &str) -> Violation {
    let message = format!("`{marker}`: finish it, or write down as a decision why it stays out");
    Violation::new(path, line, message)
}

/// A comment that begins or ends with a row of signs.
fn is_banner(comment: &str) -> bool {
    const SIGNS: [char; 7] = ['-', '=', '*', '#', '~', '_', '/'];
    const ROW: usize = 4;
    let row = |text: &mut dyn Iterator<Item = char>| {
        text.take(ROW)
            .filter(|character| SIGNS.contains(character))
            .count()
            == ROW
    };
    let text = comment.trim_start_matches(['/', '!']).trim();
    row(&mut comment.chars()) || row(&mut text.chars()) || row(&mut text.chars().rev())
}

/// A plain comment that ends as a statement does.
fn is_dead_code(comment: &str) -> bool {
    let is_documentation = comment.starts_with("///") || comment.starts_with("//!");
    comment.starts_with("//")
        && !is_documentation
        && [");", "};", " {", "?;", "];"]
            .iter()
            .any(|end| comment.ends_with(end))
}

/// The absolute path below a directory of one machine that a line names, if it names one.
fn machine_directory(line: &str) -> Option<String> {
    let roots = line.match_indices('/').map(|(place, _)| place);
    roots.into_iter().find_map(|place| {
        let before = line[..place].chars().next_back();
        // A letter, a dot or another slash before it makes it the middle of a path or an address.
        if before.is_some_and(|before| !is_path_start(before)) {
            return None;
        }
        let name: &str = line[place + 1..]
            .split(|character: char| !character.is_alphanumeric())
            .next()?;
        MACHINE_DIRECTORIES
            .contains(&name)
            .then(|| format!("/{name}"))
    })
}

/// Whether an absolute path may begin after this character.
fn is_path_start(before: char) -> bool {
    before.is_whitespace() || "\"'`(=:<[,".contains(before)
}

/// Tests may write where the machine keeps temporary files.
fn is_test_path(path: &str) -> bool {
    path.contains("tests/") || path.ends_with("tests.rs") || is_own_source(path)
}

/// This file names what it forbids.
fn is_own_source(path: &str) -> bool {
    path.starts_with("xtask/src/tidy")
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::*;

    fn rust(text: &str) -> Vec<Violation> {
        check_rust("a.rs", text, &lex(text))
    }

    /// The one violation of the text under a valid header, as line and message.
    #[track_caller]
    fn only(text: &str) -> (usize, String) {
        let violations = rust(&format!("//! Header.\n{text}\n"));
        assert_eq!(violations.len(), 1, "{text:?} gives {violations:?}");
        (violations[0].line, violations[0].message.clone())
    }

    #[track_caller]
    fn clean(text: &str) {
        let violations = rust(&format!("//! Header.\n{text}\n"));
        assert!(violations.is_empty(), "{text:?} gives {violations:?}");
    }

    #[test]
    fn a_file_needs_a_header() {
        assert_eq!(rust("// Header.\n")[0].line, 1);
        assert_eq!(rust("use a::b;\n//! Late.\n").len(), 1);
        assert!(rust("//! Header.\n").is_empty());
    }

    #[test]
    fn a_tab_is_refused() {
        assert!(only("\tfn a() {}").1.contains("tab"));
    }

    #[test]
    fn notes_are_refused_in_comments_alone() {
        assert!(only("// TODO: later").1.contains("TODO"));
        assert!(only("/* FIXME */").1.contains("FIXME"));
        assert_eq!(only("fn a() {} // XXX").0, 2);
        clean("// The MASTODON is no note, nor is \"TODOS\".");
        clean("const WORD: &str = \"TODO\";");
    }

    #[test]
    fn banners_are_refused() {
        for banner in [
            "// ----",
            "// ==== Orders ====",
            "//////",
            "// Orders ------",
            "//// x",
            "/**** x */",
        ] {
            assert!(only(banner).1.contains("banner"), "{banner}");
        }
        clean("//! | a | b |\n//! | --- | ---- |\n/// Half -- a line.");
    }

    #[test]
    fn dead_code_is_refused() {
        assert!(only("// call(1);").1.contains("comment"));
        assert!(only("// if ready {").1.contains("comment"));
        clean("// The call is made once;\n// it is (mostly) cheap.\n/// a();");
    }

    #[test]
    fn unfinished_code_and_ignored_tests_are_refused() {
        assert!(only("fn a() { todo!() }").1.contains("todo!"));
        assert!(
            only("fn a() { unimplemented!(\"x\") }")
                .1
                .contains("unimplemented!")
        );
        assert!(
            only("#[test]\n#[ignore = \"slow\"]\nfn a() {}")
                .1
                .contains("ignored")
        );
        assert!(only("/// ```ignore").1.contains("compiled"));
        clean("fn todo() { todo(); }");
    }

    #[test]
    fn blanks_and_newlines_are_checked() {
        assert_eq!(check_text("a.md", "a \nb\n")[0].line, 1);
        assert_eq!(check_text("a.md", "a\r\n")[0].line, 1);
        assert_eq!(check_text("a.md", "a").len(), 1);
        assert_eq!(check_text("a.md", "a\n\n").len(), 1);
        assert!(check_text("a.md", "a\n").is_empty());
        assert!(check_text("a.md", "").is_empty());
        assert!(check_text("a/tests/golden/a.hash", "a").is_empty());
    }

    #[test]
    fn machine_paths_are_refused_outside_tests() {
        for line in [
            "see /work/x",
            "`/tmp`",
            "dir=/home/me",
            "\"/root/.cargo\"",
            "(/Users/a)",
        ] {
            let text = format!("{line}\n");
            assert_eq!(check_text("docs/a.md", &text).len(), 1, "{line}");
            assert!(check_text("engine/tests/a.rs", &text).is_empty(), "{line}");
        }
        for line in [
            "https://host/work/x",
            "target/tmp/x",
            "a/work",
            "/workspace",
            "and/or",
            "/v1/home",
        ] {
            assert!(
                check_text("docs/a.md", &format!("{line}\n")).is_empty(),
                "{line}"
            );
        }
    }

    #[test]
    fn private_package_sources_are_refused() {
        assert_eq!(
            check_text("Makefile", "pip install --index-url x\n").len(),
            1
        );
        assert_eq!(
            check_text(".cargo/config.toml", "replace-with = \"x\"\n").len(),
            1
        );
    }

    #[test]
    fn heavy_files_are_refused() {
        let mut file = SourceFile {
            path: "a.bin".to_owned(),
            size_bytes: FILE_BYTES_MAX,
            text: None,
        };
        assert!(check_weight(&file).is_empty());
        file.size_bytes += 1;
        assert_eq!(check_weight(&file).len(), 1);
    }

    #[test]
    fn scripts_hold_no_notes() {
        assert_eq!(
            check_script_markers("Makefile", "a:\n\techo # TODO\n")[0].line,
            2
        );
        assert!(check_script_markers("Makefile", "a:\n").is_empty());
    }
}
