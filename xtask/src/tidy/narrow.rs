//! Arrows that are narrower than a whole crate: who may use which names of whom.
//!
//! A manifest can only say that one crate uses another. That the journal knows the engine's plain
//! `StateImage` and never its machine is a matter of paths in the source, outside tests. Linear in the
//! tokens.

use super::Violation;
use super::lexer::Lexed;

/// A crate and what it may name of another.
struct Narrow {
    /// The crate whose sources are looked at.
    from: &'static str,
    /// The other, as paths name it.
    to: &'static str,
    /// What may follow `to::`.
    only: &'static [&'static str],
}

/// The table.
const NARROW: &[Narrow] = &[
    Narrow {
        from: "journal",
        to: "rialto_engine",
        only: &["RULES_VERSION", "StateImage", "image"],
    },
    Narrow {
        from: "reference",
        to: "rialto_engine",
        only: &["RULES_VERSION", "StateImage", "image"],
    },
];

/// The violations in one file that is not a test's.
pub(super) fn check(path: &str, lexed: &Lexed) -> Vec<Violation> {
    let mut violations = Vec::new();
    for narrow in NARROW
        .iter()
        .filter(|narrow| path.starts_with(&format!("{}/src/", narrow.from)))
    {
        for window in lexed.tokens.windows(3) {
            let [name, separator, first] = window else {
                continue;
            };
            let is_path = name.text == narrow.to && separator.text == "::" && !name.in_test;
            if is_path && !narrow.only.contains(&first.text.as_str()) {
                let message = format!(
                    "`{}::{}`: of that crate {} uses only {}, each in a path of its own \
                     (docs/ARCHITECTURE.md, Arrows)",
                    narrow.to,
                    first.text,
                    narrow.from,
                    narrow.only.join(", "),
                );
                violations.push(Violation::new(path, name.line, message));
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(path, &lex(text)).len()
    }

    #[test]
    fn a_name_outside_the_list_is_refused() {
        for narrow in NARROW {
            let path = format!("{}/src/a.rs", narrow.from);
            for name in narrow.only {
                assert_eq!(
                    count(&path, &format!("use {}::{name};", narrow.to)),
                    0,
                    "{name}"
                );
            }
            assert_eq!(count(&path, &format!("use {}::Exchange;", narrow.to)), 1);
            assert_eq!(
                count(&path, &format!("use {}::{{image, Exchange}};", narrow.to)),
                1
            );
            assert_eq!(count(&path, &format!("use {}::*;", narrow.to)), 1);
        }
    }

    #[test]
    fn tests_and_other_crates_may_use_everything() {
        let text = "use rialto_engine::Exchange;";
        assert_eq!(count("journal/tests/a.rs", text), 0);
        assert_eq!(count("exchange/src/a.rs", text), 0);
        assert_eq!(
            count(
                "journal/src/a.rs",
                &format!("#[cfg(test)]\nmod tests {{ {text} }}")
            ),
            0
        );
        assert_eq!(
            count("journal/src/a.rs", &format!("/// {text}\nfn a() {{}}")),
            0
        );
    }
}
