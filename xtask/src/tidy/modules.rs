//! Which files are modules of which: what is compiled for tests alone, and what is compiled at all.
//!
//! A file that nothing declares is never compiled, and neither are the tests in it; cargo does not say
//! so. A module in a directory of an inline module is not understood: there are none.

use super::Violation;
use super::lexer::Lexed;

/// A Rust file with what stands in it.
pub(super) struct Source<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a str,
    pub(super) lexed: Lexed,
}

/// The modules of all files.
pub(super) struct Modules {
    declared: Vec<Declared>,
}

/// A declared module.
struct Declared {
    /// The path of its file without `.rs`; for `name/mod.rs` without `/mod`.
    stem: String,
    is_test: bool,
}

impl Modules {
    /// Collects what the files declare.
    pub(super) fn new(sources: &[Source<'_>]) -> Self {
        Self {
            declared: sources.iter().flat_map(declarations).collect(),
        }
    }

    /// Whether a file belongs to a module that is declared for tests.
    pub(super) fn is_test(&self, path: &str) -> bool {
        let stem = stem(path);
        let tests = self.declared.iter().filter(|module| module.is_test);
        tests.into_iter().any(|module| {
            stem.strip_prefix(module.stem.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// A file is the root of something that cargo builds, or a module of another file.
    pub(super) fn check(&self, path: &str) -> Option<Violation> {
        let is_declared = || self.declared.iter().any(|module| module.stem == stem(path));
        let is_orphan = !is_root(path) && !is_declared();
        is_orphan.then(|| {
            let message =
                "no file declares this module, so it is never compiled, nor are its tests";
            Violation::new(path, 0, message)
        })
    }
}

/// What one file declares.
fn declarations(source: &Source<'_>) -> Vec<Declared> {
    let parent = source
        .path
        .rsplit_once('/')
        .map_or("", |(parent, _)| parent);
    let names_its_directory = is_root(source.path) || source.path.ends_with("/mod.rs");
    let directory = if names_its_directory {
        parent
    } else {
        stem(source.path)
    };
    let modules = source.lexed.modules.iter();
    modules
        .map(|module| Declared {
            stem: match &module.file {
                Some(file) => format!("{parent}/{}", stem(file)),
                None => format!("{directory}/{}", module.name),
            },
            is_test: module.is_test,
        })
        .collect()
}

/// Whether cargo finds the file by its place.
fn is_root(path: &str) -> bool {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        [_, "build.rs"] | [_, "src", "lib.rs" | "main.rs"] => true,
        [_, "tests" | "benches" | "examples", rest @ ..] | [_, "src", "bin", rest @ ..] => {
            matches!(rest, [_] | [_, "main.rs"])
        }
        _ => false,
    }
}

/// A path without what says that it is Rust.
fn stem(path: &str) -> &str {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    stem.strip_suffix("/mod").unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::*;

    fn modules(files: &[(&str, &str)]) -> Modules {
        let sources: Vec<Source<'_>> = files
            .iter()
            .map(|&(path, text)| Source {
                path,
                text,
                lexed: lex(text),
            })
            .collect();
        Modules::new(&sources)
    }

    #[test]
    fn a_file_that_nothing_declares_is_an_orphan() {
        let modules = modules(&[
            ("x/src/lib.rs", "mod a; mod b; mod c { fn d() {} }"),
            (
                "x/src/a.rs",
                "mod deep;\n#[path = \"a_tests.rs\"]\nmod tests;",
            ),
            ("x/src/b/mod.rs", "mod deep;"),
            ("x/tests/all.rs", "mod common;"),
        ]);
        for path in [
            "x/build.rs",
            "x/src/lib.rs",
            "x/src/main.rs",
            "x/src/bin/tool.rs",
            "x/src/bin/tool/main.rs",
            "x/tests/all.rs",
            "x/benches/book.rs",
            "x/src/a.rs",
            "x/src/a/deep.rs",
            "x/src/a_tests.rs",
            "x/src/b/mod.rs",
            "x/src/b/deep.rs",
            "x/tests/common/mod.rs",
        ] {
            assert_eq!(modules.check(path), None, "{path}");
        }
        for path in [
            "x/src/c.rs",
            "x/src/deep.rs",
            "x/src/a/tests.rs",
            "y/src/a.rs",
            "x/tests/other/mod.rs",
            "x/src/bin/tool/part.rs",
        ] {
            assert!(modules.check(path).is_some(), "{path}");
        }
    }

    #[test]
    fn modules_of_tests_are_known_with_all_below_them() {
        let modules = modules(&[
            ("x/src/lib.rs", "#[cfg(test)]\nmod world;\nmod book;"),
            (
                "x/src/book.rs",
                "#[cfg(test)]\n#[path = \"book_tests.rs\"]\nmod tests;",
            ),
        ]);
        for path in [
            "x/src/world.rs",
            "x/src/world/deep.rs",
            "x/src/book_tests.rs",
        ] {
            assert!(modules.is_test(path), "{path}");
        }
        for path in ["x/src/book.rs", "x/src/worlds.rs", "x/src/lib.rs"] {
            assert!(!modules.is_test(path), "{path}");
        }
    }
}
