//! What the pure crates may not touch: clocks, threads, I/O, floats, randomness, unsafe code.
//!
//! `types`, `risk`, `engine` and `reference` turn the same commands into the same events on every
//! machine, and nothing they do may depend on the machine. clippy's `disallowed-methods` knows some
//! of this; this rule also sees paths, macros and keywords, and holds for every item outside
//! `#[cfg(test)]`. Linear in the tokens.

use super::Violation;
use super::lexer::{Lexed, Token};

/// The crates that are pure state machines.
pub(super) const PURE_CRATES: [&str; 4] = ["engine", "reference", "risk", "types"];

/// Names that stand for something impure wherever they appear, and why.
const BANNED_NAMES: &[(&str, &str)] = &[
    (
        "HashMap",
        "its order is random; use a BTreeMap, a Vec, or a table with a fixed hasher",
    ),
    (
        "HashSet",
        "its order is random; use a BTreeSet, a Vec, or a table with a fixed hasher",
    ),
    ("Instant", "a pure crate takes time as an argument"),
    ("Mutex", "a pure crate runs on one thread"),
    (
        "RefCell",
        "what is shared and changed is a design error here",
    ),
    ("RwLock", "a pure crate runs on one thread"),
    ("SystemTime", "a pure crate takes time as an argument"),
    ("async", "a pure crate does not wait"),
    ("await", "a pure crate does not wait"),
    ("f32", "prices, quantities and amounts are integers"),
    ("f64", "prices, quantities and amounts are integers"),
    ("getrandom", "a pure crate has no randomness"),
    ("rand", "a pure crate has no randomness"),
    ("thread_local", "a pure crate has no globals"),
    (
        "tracing",
        "a pure crate does not log; its events say what happened",
    ),
    (
        "unsafe",
        "pure crates are safe code; an exception needs a decision record",
    ),
];

/// Macros that write somewhere.
const BANNED_MACROS: [&str; 5] = ["dbg", "eprint", "eprintln", "print", "println"];

/// Modules of the standard library that reach outside.
const BANNED_MODULES: [&str; 6] = ["env", "fs", "io", "net", "process", "thread"];

/// The violations in one file of a pure crate.
pub(super) fn check(path: &str, lexed: &Lexed) -> Vec<Violation> {
    let tokens: Vec<&Token> = lexed.tokens.iter().filter(|token| !token.in_test).collect();
    let mut violations = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let next = |offset: usize| {
            tokens
                .get(index + offset)
                .map_or("", |token| token.text.as_str())
        };
        let name = token.text.as_str();
        if let Some((_, reason)) = BANNED_NAMES.iter().find(|(banned, _)| *banned == name) {
            violations.push(violation(path, token, name, reason));
        }
        if BANNED_MACROS.contains(&name) && next(1) == "!" {
            violations.push(violation(
                path,
                token,
                &format!("{name}!"),
                "a pure crate writes nothing",
            ));
        }
        if is_float(&tokens, index) {
            violations.push(violation(
                path,
                token,
                "a float",
                "prices and quantities are integers",
            ));
        }
        if name == "std" && next(1) == "::" {
            violations.extend(check_std_path(path, &tokens[index + 2..]));
        }
    }
    violations
}

/// Whether the crate's root forbids unsafe code, which binds what the names above may miss.
pub(super) fn check_root(path: &str, text: &str) -> Vec<Violation> {
    if text.contains("#![forbid(unsafe_code)]") {
        return Vec::new();
    }
    vec![Violation::new(
        path,
        0,
        "a pure crate says `#![forbid(unsafe_code)]`",
    )]
}

/// Whether a float literal begins at `index`. (`a.0.1` and `0..1` are none.)
fn is_float(tokens: &[&Token], index: usize) -> bool {
    let text = |place: Option<usize>| {
        place
            .and_then(|place| tokens.get(place))
            .map_or("", |token| token.text.as_str())
    };
    let is_number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let here = text(Some(index));
    let is_start = is_number(here) && text(index.checked_sub(1)) != ".";
    let has_fraction = text(Some(index + 1)) == "." && is_number(text(Some(index + 2)));
    let has_suffix = !here.starts_with("0x") && (here.ends_with("f32") || here.ends_with("f64"));
    is_start && (has_fraction || has_suffix)
}

/// The banned modules that a path or a group of imports behind `std::` begins with.
fn check_std_path(path: &str, tokens: &[&Token]) -> Vec<Violation> {
    let mut depth = 0_usize;
    let mut is_first = true;
    let mut violations = Vec::new();
    for token in tokens {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "," if depth == 1 => is_first = true,
            name => {
                if is_first && BANNED_MODULES.contains(&name) {
                    let reason = "a pure crate reaches nothing outside itself";
                    violations.push(violation(path, token, &format!("std::{name}"), reason));
                }
                is_first = false;
            }
        }
        if depth == 0 {
            break;
        }
    }
    violations
}

fn violation(path: &str, token: &Token, what: &str, reason: &str) -> Violation {
    let message = format!("`{what}` in a pure crate: {reason} (docs/ARCHITECTURE.md, Invariants)");
    Violation::new(path, token.line, message)
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        check("engine/src/a.rs", &lex(text))
            .into_iter()
            .map(|violation| violation.message)
            .collect()
    }

    #[test]
    fn each_banned_name_is_seen() {
        for (name, reason) in BANNED_NAMES {
            let found = messages(&format!("fn a() {{ {name} }}"));
            assert_eq!(found.len(), 1, "{name}");
            assert!(found[0].contains(reason), "{name}");
        }
    }

    #[test]
    fn each_banned_macro_is_seen_as_a_macro() {
        for name in BANNED_MACROS {
            assert_eq!(
                messages(&format!("fn a() {{ {name}!(\"x\"); }}")).len(),
                1,
                "{name}"
            );
            assert!(messages(&format!("fn {name}() {{}}")).is_empty(), "{name}");
        }
    }

    #[test]
    fn each_banned_module_is_seen_alone_and_in_a_group() {
        for name in BANNED_MODULES {
            assert_eq!(messages(&format!("use std::{name}::x;")).len(), 1, "{name}");
            assert_eq!(
                messages(&format!("use std::{{fmt, {name}}};")).len(),
                1,
                "{name}"
            );
            assert_eq!(
                messages(&format!("use std::{{cmp::{{Eq, Ord}}, {name}::y}};")).len(),
                1,
                "{name}"
            );
            assert!(
                messages(&format!("use std::{{fmt::{name}, mem}};")).is_empty(),
                "{name}"
            );
            assert!(messages(&format!("let {name} = 1;")).is_empty(), "{name}");
        }
        assert_eq!(messages("let now = std::fs::read();").len(), 1);
    }

    #[test]
    fn float_literals_are_seen() {
        for text in ["let a = 1.5;", "let a = 1_f64;", "f(2.0f32)"] {
            assert_eq!(messages(text).len(), 1, "{text}");
        }
        for text in ["let a = b.0.1;", "for i in 0..1 {}", "a.1.min(2)", "0x1f32"] {
            assert!(messages(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn comments_strings_and_tests_may_name_anything() {
        assert!(messages("// unsafe f64\nconst A: &str = \"f64\";").is_empty());
        assert!(
            messages("#[cfg(test)]\nmod tests { use std::fs; fn a() { println!(\"1\") } }")
                .is_empty()
        );
    }

    #[test]
    fn the_line_is_told() {
        assert_eq!(check("a.rs", &lex("\n\nfn a(b: f64) {}"))[0].line, 3);
    }

    #[test]
    fn the_root_forbids_unsafe() {
        assert_eq!(check_root("engine/src/lib.rs", "//! Header.\n").len(), 1);
        assert!(check_root("engine/src/lib.rs", "#![forbid(unsafe_code)]\n").is_empty());
    }
}
