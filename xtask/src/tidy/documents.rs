//! Rules about the documents: links resolve, decision records are numbered, the code map is complete.

use super::Violation;
use crate::workspace::SourceFile;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Where decision records live.
const RECORDS: &str = "docs/adr/";
/// The form of a record; it has no number of its own.
const TEMPLATE: &str = "docs/adr/template.md";
/// What a record's status may begin with.
const STATUSES: [&str; 4] = ["Proposed", "Accepted", "Rejected", "Superseded by "];

/// Relative links name a file or directory of the repository, and a heading that exists in it.
pub(super) fn check_links(files: &[SourceFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| file.has_extension("md")) {
        let text = file.text.as_deref().unwrap_or_default();
        for (line, target) in links(text) {
            if let Some(problem) = problem_with_link(files, file, &target) {
                violations.push(Violation::new(&file.path, line, problem));
            }
        }
    }
    violations
}

/// What is wrong with a link, if anything.
fn problem_with_link(files: &[SourceFile], from: &SourceFile, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = target
        .split_once('#')
        .map_or((target, None), |(path, heading)| (path, Some(heading)));
    let path = resolve(&from.path, path);
    let prefix = format!("{path}/");
    let linked = files.iter().find(|file| file.path == path);
    let is_directory = path.is_empty() || files.iter().any(|file| file.path.starts_with(&prefix));
    if linked.is_none() && !is_directory {
        return Some(format!(
            "the link `{target}` leads to no file of the repository"
        ));
    }
    let heading = heading?;
    let text = linked
        .and_then(|file| file.text.as_deref())
        .unwrap_or_default();
    let is_missing = !headings(text).any(|found| anchor(found) == heading);
    is_missing.then(|| format!("the link `{target}` leads to no heading of {path}"))
}

/// A link's path, relative to the root. A path that leaves the root stays recognisably outside.
fn resolve(from: &str, link: &str) -> String {
    if link.is_empty() {
        return from.to_owned();
    }
    let base = Path::new(from).parent().unwrap_or(Path::new(""));
    let mut resolved = PathBuf::new();
    for component in base.join(link).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if resolved.file_name().is_some() => {
                resolved.pop();
            }
            other => resolved.push(other),
        }
    }
    resolved.to_string_lossy().into_owned()
}

/// The lines outside code fences, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then_some((index + 1, line))
    })
}

/// The targets of `[text](target)` in the prose, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (line, content) in prose(text) {
        // Every second part between backticks is code.
        let words: Vec<&str> = content.split('`').step_by(2).collect();
        for part in words.join(" ").split("](").skip(1) {
            if let Some((target, _)) = part.split_once(')') {
                let target = target.split_whitespace().next().unwrap_or_default();
                links.push((line, target.to_owned()));
            }
        }
    }
    links
}

/// The headings of a document.
fn headings(text: &str) -> impl Iterator<Item = &str> {
    prose(text).filter_map(|(_, line)| {
        let title = line.trim_start_matches('#');
        (title.len() < line.len()).then(|| title.strip_prefix(' '))?
    })
}

/// What a heading is called in a link: small letters, blanks as dashes, no punctuation.
fn anchor(heading: &str) -> String {
    let letters = heading
        .trim()
        .chars()
        .filter_map(|character| match character {
            ' ' => Some('-'),
            '-' | '_' => Some(character),
            _ if character.is_alphanumeric() => Some(character),
            _ => None,
        });
    letters.flat_map(char::to_lowercase).collect()
}

/// Decision records are named `NNNN-title.md`, have a number of their own, and state their status.
pub(super) fn check_records(files: &[SourceFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut numbers: BTreeMap<u32, &str> = BTreeMap::new();
    let records = files
        .iter()
        .filter(|file| file.path.starts_with(RECORDS) && file.path != TEMPLATE);
    for record in records {
        let name = &record.path[RECORDS.len()..];
        let text = record.text.as_deref().unwrap_or_default();
        let Some(number) = record_number(name) else {
            let message = "a decision record is named NNNN-title.md, with four digits";
            violations.push(Violation::new(&record.path, 0, message));
            continue;
        };
        if let Some(other) = numbers.insert(number, &record.path) {
            let message = format!("number {number} belongs to {other} already");
            violations.push(Violation::new(&record.path, 0, message));
        }
        if !text.starts_with(&format!("# {number:04}: ")) {
            let message =
                format!("a decision record begins with its number and title: `# {number:04}: …`");
            violations.push(Violation::new(&record.path, 1, message));
        }
        let status = text.lines().find_map(|line| line.strip_prefix("Status: "));
        if !status.is_some_and(|status| STATUSES.iter().any(|known| status.starts_with(known))) {
            let message = format!(
                "a decision record has a line `Status: …`, one of {}",
                STATUSES.join(", ")
            );
            violations.push(Violation::new(&record.path, 0, message));
        }
    }
    violations
}

/// The number in a record's file name.
fn record_number(name: &str) -> Option<u32> {
    let (digits, title) = name.strip_suffix(".md")?.split_once('-')?;
    let is_number = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit());
    (is_number && !title.is_empty()).then(|| digits.parse().ok())?
}

/// The code map names every crate, as `### crate/`.
pub(super) fn check_code_map(path: &str, text: &str, crates: &[&str]) -> Vec<Violation> {
    let missing = crates.iter().filter(|name| {
        let entry = format!("`{name}/`");
        !headings(text).any(|heading| heading.contains(&entry))
    });
    let violations = missing.map(|name| {
        Violation::new(
            path,
            0,
            format!("the code map has no heading for `{name}/`"),
        )
    });
    violations.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(texts: &[(&str, &str)]) -> Vec<SourceFile> {
        texts
            .iter()
            .map(|(path, text)| SourceFile::from_text(path, text))
            .collect()
    }

    fn link_problems(link: &str) -> usize {
        let text = format!("See [it]({link}).\n");
        let files = documents(&[
            ("docs/a.md", &text),
            (
                "docs/b.md",
                "# The way of an order\n```\n# not a heading\n```\n",
            ),
            ("README.md", "# `Rialto`: it's 1-2!\n"),
            ("engine/src/lib.rs", ""),
        ]);
        check_links(&files).len()
    }

    #[test]
    fn links_must_lead_somewhere() {
        for good in [
            "b.md",
            "./b.md",
            "../README.md",
            "../engine",
            "../engine/src/",
            "https://a.example/b",
        ] {
            assert_eq!(link_problems(good), 0, "{good}");
        }
        for bad in [
            "c.md",
            "docs/b.md",
            "../../README.md",
            "../engin",
            "/README.md",
        ] {
            assert_eq!(link_problems(bad), 1, "{bad}");
        }
    }

    #[test]
    fn headings_must_exist() {
        assert_eq!(link_problems("b.md#the-way-of-an-order"), 0);
        assert_eq!(link_problems("../README.md#rialto-its-1-2"), 0);
        assert_eq!(link_problems("b.md#the-way"), 1);
        assert_eq!(link_problems("b.md#not-a-heading"), 1);
        assert_eq!(link_problems("#nowhere"), 1);
    }

    #[test]
    fn links_in_code_are_text() {
        let files = documents(&[(
            "a.md",
            "`[x](y)`\n```\n[x](y)\n```\n[z](w) and [a](a.md \"title\")\n",
        )]);
        let violations = check_links(&files);
        assert_eq!(violations.len(), 1, "{violations:?}");
        assert_eq!(violations[0].line, 5);
    }

    fn record_problems(records: &[(&str, &str)]) -> usize {
        check_records(&documents(records)).len()
    }

    #[test]
    fn records_are_numbered_and_have_a_status() {
        let first = ("docs/adr/0001-a.md", "# 0001: A\n\nStatus: Accepted\n");
        let template = ("docs/adr/template.md", "# NNNN: Title\n");
        assert_eq!(record_problems(&[first, template]), 0);
        assert_eq!(record_problems(&[("docs/adr/1-a.md", first.1)]), 1);
        assert_eq!(
            record_problems(&[("docs/adr/0001-a.md", "# A\n\nStatus: Accepted\n")]),
            1
        );
        assert_eq!(record_problems(&[("docs/adr/0001-a.md", "# 0001: A\n")]), 1);
        assert_eq!(
            record_problems(&[("docs/adr/0001-a.md", "# 0001: A\n\nStatus: Maybe\n")]),
            1
        );
        let twin = ("docs/adr/0001-b.md", "# 0001: B\n\nStatus: Rejected\n");
        assert_eq!(record_problems(&[first, twin]), 1);
        let later = ("docs/adr/0010-c.md", "# 0010: C\n\nStatus: Proposed\n");
        assert_eq!(record_problems(&[first, later]), 0);
    }

    #[test]
    fn the_code_map_names_every_crate() {
        let text = "## Code map\n### `engine/`: books\n```\n### `risk/`\n```\n";
        assert!(check_code_map("a.md", text, &["engine"]).is_empty());
        assert_eq!(check_code_map("a.md", text, &["engine", "risk"]).len(), 1);
    }
}
