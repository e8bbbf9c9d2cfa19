//! Splits Rust text into its code and its comments, so that a rule about one never trips on the other.
//!
//! Not a parser: it knows comments, string and character literals, and brackets, which is what the
//! rules need, and nothing else of the grammar. One pass over the characters.

/// A Rust file, split.
#[derive(Debug)]
pub(crate) struct Lexed {
    /// Identifiers, numbers and punctuation outside comments and literals.
    pub(crate) tokens: Vec<Token>,
    /// Comments line by line, their markers included.
    pub(crate) comments: Vec<Comment>,
    /// Modules declared as `mod name;`, which lie in files of their own.
    pub(crate) modules: Vec<Module>,
}

/// One word or sign of the code. `::` is one token, other signs are single characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// 1-based.
    pub(crate) line: usize,
    /// Inside an item under `#[cfg(test)]`.
    pub(crate) in_test: bool,
}

/// One line of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) text: String,
    /// 1-based.
    pub(crate) line: usize,
}

/// A module in a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Module {
    pub(crate) name: String,
    /// The file that a `#[path = "..."]` names, relative to the declaring file's directory.
    pub(crate) file: Option<String>,
    /// Declared under `#[cfg(test)]`: the file holds tests.
    pub(crate) is_test: bool,
}

/// Splits the text of a file.
pub(crate) fn lex(text: &str) -> Lexed {
    let (code, comment_text) = separate(text);
    let comments = comment_text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| Comment {
            text: line.trim().to_owned(),
            line: index + 1,
        })
        .collect();
    let mut tokens = tokenize(&code);
    mark_tests(&mut tokens);
    let modules = modules(&tokens, text);
    Lexed {
        tokens,
        comments,
        modules,
    }
}

/// What the character under the cursor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Code,
    LineComment,
    /// How many `/*` are open.
    BlockComment(usize),
    String,
    /// How many `#` close it.
    RawString(usize),
    Character,
}

/// Two texts with the lines of the original: the code without comments and literals' contents, and
/// the comments alone.
fn separate(text: &str) -> (String, String) {
    let characters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut comments = String::with_capacity(text.len());
    let mut state = State::Code;
    let mut index = 0;
    while index < characters.len() {
        let (next_state, width) = step(state, &characters, index);
        let is_comment = [state, next_state]
            .iter()
            .any(|state| matches!(state, State::LineComment | State::BlockComment(_)));
        let is_code = state == State::Code && next_state == State::Code;
        for &character in &characters[index..index + width] {
            let blank = if character == '\n' { '\n' } else { ' ' };
            comments.push(if is_comment { character } else { blank });
            code.push(if is_code { character } else { blank });
        }
        state = next_state;
        index += width;
    }
    (code, comments)
}

/// The state after the characters at `index`, and how many of them it took.
fn step(state: State, characters: &[char], index: usize) -> (State, usize) {
    let at = |offset: usize| characters.get(index + offset).copied().unwrap_or('\0');
    match state {
        State::Code => step_from_code(characters, index),
        State::LineComment if at(0) == '\n' => (State::Code, 1),
        State::BlockComment(depth) => match (at(0), at(1)) {
            ('/', '*') => (State::BlockComment(depth + 1), 2),
            ('*', '/') if depth == 1 => (State::Code, 2),
            ('*', '/') => (State::BlockComment(depth - 1), 2),
            _ => (state, 1),
        },
        State::String | State::Character if at(0) == '\\' => {
            (state, 2.min(characters.len() - index))
        }
        State::String if at(0) == '"' => (State::Code, 1),
        State::Character if at(0) == '\'' => (State::Code, 1),
        State::RawString(hashes) if at(0) == '"' && (1..=hashes).all(|n| at(n) == '#') => {
            (State::Code, 1 + hashes)
        }
        _ => (state, 1),
    }
}

/// `step` for a character of the code: does a comment or a literal begin here?
fn step_from_code(characters: &[char], index: usize) -> (State, usize) {
    let at = |offset: usize| characters.get(index + offset).copied().unwrap_or('\0');
    match (at(0), at(1)) {
        ('/', '/') => (State::LineComment, 2),
        ('/', '*') => (State::BlockComment(1), 2),
        ('"', _) => (State::String, 1),
        ('r', '"' | '#') if begins_literal(characters, index) => {
            let hashes = (1..=u8::MAX.into())
                .take_while(|&offset| at(offset) == '#')
                .count();
            match at(1 + hashes) {
                '"' => (State::RawString(hashes), 2 + hashes),
                _ => (State::Code, 1),
            }
        }
        // A lifetime has no closing quote after its first character.
        ('\'', '\\') => (State::Character, 1),
        ('\'', _) if at(2) == '\'' => (State::Character, 1),
        _ => (State::Code, 1),
    }
}

/// Whether the `r` at `index` can begin a raw string: it does not end a longer name, `b` and `c` aside.
fn begins_literal(characters: &[char], index: usize) -> bool {
    let before = |offset: usize| index.checked_sub(offset).map(|place| characters[place]);
    let is_name = |character: Option<char>| character.is_some_and(is_name_part);
    match before(1) {
        Some('b' | 'c') => !is_name(before(2)),
        other => !is_name(other),
    }
}

fn is_name_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Cuts code into tokens, none of them marked as a test's yet.
fn tokenize(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if is_name_part(first) {
                rest.find(|character| !is_name_part(character))
                    .unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push(Token {
                text: rest[..length].to_owned(),
                line: index + 1,
                in_test: false,
            });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// Marks what stands under `#[cfg(test)]`.
fn mark_tests(tokens: &mut [Token]) {
    const ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut index = 0;
    while index + ATTRIBUTE.len() <= tokens.len() {
        let window = &tokens[index..index + ATTRIBUTE.len()];
        if !window.iter().map(|token| token.text.as_str()).eq(ATTRIBUTE) {
            index += 1;
            continue;
        }
        let end = item_end(tokens, index + ATTRIBUTE.len());
        for token in &mut tokens[index..end] {
            token.in_test = true;
        }
        index = end;
    }
}

/// The modules that a file declares without giving their contents.
fn modules(tokens: &[Token], text: &str) -> Vec<Module> {
    let lines: Vec<&str> = text.lines().collect();
    let mut modules = Vec::new();
    for window in tokens.windows(3) {
        if let [keyword, name, semicolon] = window
            && keyword.text == "mod"
            && semicolon.text == ";"
        {
            modules.push(Module {
                name: name.text.clone(),
                file: path_attribute(&lines[..keyword.line - 1]),
                is_test: keyword.in_test,
            });
        }
    }
    modules
}

/// The file that a `#[path = "..."]` names, if one stands among the attributes that end these lines.
fn path_attribute(lines: &[&str]) -> Option<String> {
    let attributes = lines
        .iter()
        .rev()
        .take_while(|line| line.trim_start().starts_with("#["));
    let (_, rest) = attributes
        .into_iter()
        .find_map(|line| line.split_once("#[path = \""))?;
    let (path, _) = rest.split_once('"')?;
    Some(path.to_owned())
}

/// The index after the item that begins at `start`: past its `;` or its closing brace.
fn item_end(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(start) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_last = matches!(token.text.as_str(), ";" | "}");
        if depth == 0 && is_last {
            return index + 1;
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        lex(text)
            .tokens
            .into_iter()
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn comments_are_not_code() {
        let text =
            "let a = 1; // unsafe\n/* f64 /* nested */ still */ let b;\n/// HashMap\nfn c() {}";
        assert_eq!(words(text).join(" "), "let a = 1 ; let b ; fn c ( ) { }");
        let comments: Vec<usize> = lex(text)
            .comments
            .iter()
            .map(|comment| comment.line)
            .collect();
        assert_eq!(comments, [1, 2, 3]);
        assert_eq!(lex(text).comments[0].text, "// unsafe");
    }

    #[test]
    fn literals_are_not_code() {
        assert_eq!(
            words(r#"f("a // \" f64", 'x', '\'', b"y")"#).join(" "),
            "f ( , , , b )"
        );
        assert_eq!(words("r\"\\\" g r##\"a \"# b\"## h").join(" "), "g h");
        assert_eq!(words("br#\"unsafe\"# t").join(" "), "b t");
    }

    #[test]
    fn lifetimes_and_raw_names_are_code() {
        assert_eq!(
            words("fn f<'a>(r#type: &'a str)").join(" "),
            "fn f < ' a > ( r # type : & ' a str )"
        );
        assert_eq!(words("for\"x\" y").join(" "), "for y");
    }

    #[test]
    fn code_after_a_test_module_is_not_a_test() {
        let lexed = lex("#[cfg(test)]\n#[allow(x)]\nmod tests { fn a() { [1; 2] } }\nfn b() {}");
        let outside: Vec<&str> = lexed
            .tokens
            .iter()
            .filter(|token| !token.in_test)
            .map(|token| token.text.as_str())
            .collect();
        assert_eq!(outside.join(" "), "fn b ( ) { }");
        assert!(lexed.modules.is_empty());
    }

    #[test]
    fn modules_elsewhere_are_named() {
        let lexed = lex(
            "mod a;\n#[cfg(test)]\n#[path = \"a_tests.rs\"]\npub(crate) mod tests;\nmod inline {}\nmod b;",
        );
        let module = |name: &str, file: Option<&str>, is_test| Module {
            name: name.to_owned(),
            file: file.map(str::to_owned),
            is_test,
        };
        let expected = [
            module("a", None, false),
            module("tests", Some("a_tests.rs"), true),
            module("b", None, false),
        ];
        assert_eq!(lexed.modules, expected);
    }

    #[test]
    fn an_import_for_tests_ends_where_it_ends() {
        let lexed = lex("#[cfg(test)] use a::{b, c};\nfn d() {}");
        let in_test = |name: &str| {
            lexed
                .tokens
                .iter()
                .any(|token| token.text == name && token.in_test)
        };
        assert!(in_test("b"));
        assert!(!in_test("d"));
    }
}
