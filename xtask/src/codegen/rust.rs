//! The generated Rust files: which there are, what they import, how schema names become Rust names.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::Output;
use super::codes;
use super::messages;
use super::schema::{Field, Kind, Schema};

/// The longest line of documentation, with its slashes.
const DOC_WIDTH: usize = 100;

/// A family of messages, in a file of its own: the file, what it holds, the template ids.
const FAMILIES: &[(&str, &str, std::ops::Range<u16>)] = &[
    (
        "session",
        "Session messages: challenge, logon, heartbeats, refusals, logout.",
        0..20,
    ),
    ("orders", "Order entry: what a trader sends.", 20..40),
    (
        "reports",
        "Reports: what happened to the orders and balances of an account.",
        40..60,
    ),
    (
        "market",
        "Market data: subscriptions, definitions, trades, books.",
        60..100,
    ),
    (
        "admin",
        "Administration: the commands of an operator.",
        100..112,
    ),
    (
        "admin_reports",
        "Administration: reports, questions and answers.",
        112..200,
    ),
];

/// Types of the schema that are newtypes of the vocabulary.
const NEWTYPES: &[(&str, &str)] = &[
    ("accountId", "AccountId"),
    ("assetId", "AssetId"),
    ("clientSeq", "ClientSeq"),
    ("coreSeq", "Seq"),
    ("instrumentId", "InstrumentId"),
    ("keyId", "KeyId"),
    ("orderId", "OrderId"),
    ("ppm", "Ppm"),
    ("reportSeq", "ReportSeq"),
    ("sourceId", "SourceId"),
    ("timestamp", "Timestamp"),
    ("tradeId", "TradeId"),
];

/// Enumerations of the schema that are those of the vocabulary.
pub(super) const SHARED_ENUMS: &[(&str, &str)] = &[
    ("accountState", "AccountState"),
    ("cancelReason", "CancelReason"),
    ("commandKind", "CommandKind"),
    ("instrumentState", "InstrumentState"),
    ("rejectReason", "RejectReason"),
    ("side", "Side"),
    ("stpMode", "StpMode"),
];

/// Names that a generated file may use, and where they come from.
const CRATE_IMPORTS: &[(&str, &[&str])] = &[
    ("code", &["Code", "Coded"]),
    (
        "codec",
        &["Entry", "Field", "Nullable", "Header", "Reader", "Writer"],
    ),
    ("decimal", &["Decimal", "Scaled"]),
    ("error", &["DecodeError"]),
    ("group", &["Group"]),
    ("message", &["WireMessage"]),
    ("message::layout", &["Body"]),
    ("text_fields", &["Text", "VarText"]),
];

/// A Rust file to be: what it is called, what it is about, its code, and names of other generated files
/// that the code may use.
struct File<'a> {
    name: &'a str,
    about: &'a str,
    body: String,
    siblings: &'a [String],
}

impl File<'_> {
    fn output(&self, directory: &Path) -> Result<Output> {
        let Self {
            name,
            about,
            body,
            siblings,
        } = self;
        let origin =
            "Generated from `schema/rialto.xml` by `cargo xtask codegen`; changes here are lost.";
        let imports = imports(body, siblings);
        let text = format!("//! {about}\n//!\n//! {origin}\n\n{imports}{body}");
        Ok(Output {
            path: directory.join(format!("{name}.rs")),
            content: format(&text).with_context(|| format!("formatting {name}.rs"))?,
        })
    }
}

/// All generated Rust files below `directory`.
pub(super) fn files(schema: &Schema, directory: &Path) -> Result<Vec<Output>> {
    let messages: Vec<_> = schema
        .messages
        .iter()
        .map(|m| m.block.name.clone())
        .collect();
    let groups = schema.messages.iter().flat_map(|message| &message.groups);
    let parts: BTreeSet<_> = groups
        .map(messages::entry_name)
        .chain(codes::own_names(schema))
        .collect();
    let parts: Vec<_> = parts.into_iter().collect();
    let file = |name, about, body, siblings| {
        File {
            name,
            about,
            body,
            siblings,
        }
        .output(directory)
    };
    let shared = "The enumerations of the vocabulary, with their codes on the wire.";
    let mut outputs = vec![
        file(
            "mod",
            "The messages and codes of the schema.",
            root(schema),
            &[],
        )?,
        file(
            "codes",
            "Enumerations that only the protocol has.",
            codes::enums(schema),
            &[],
        )?,
        file("flags", "Sets of flags.", codes::sets(schema), &[])?,
        file("shared_codes", shared, codes::shared(schema), &[])?,
        file(
            "any",
            "Any message, told apart by its template id.",
            messages::any(schema),
            &messages,
        )?,
    ];
    let mut written = 0;
    for (name, about, ids) in FAMILIES {
        let family: Vec<_> = schema
            .messages
            .iter()
            .filter(|m| ids.contains(&m.id))
            .collect();
        written += family.len();
        outputs.push(file(
            name,
            about,
            messages::family(schema, &family)?,
            &parts,
        )?);
    }
    ensure!(
        written == schema.messages.len(),
        "a template id is in no family"
    );
    Ok(outputs)
}

fn root(schema: &Schema) -> String {
    let mut out = String::from("mod any;\nmod codes;\nmod flags;\nmod shared_codes;\n");
    for (name, ..) in FAMILIES {
        _ = writeln!(out, "mod {name};");
    }
    out.push_str(
        "\npub use any::{Message, template_name};\npub use codes::*;\npub use flags::*;\n",
    );
    for (name, ..) in FAMILIES {
        _ = writeln!(out, "pub use {name}::*;");
    }
    _ = write!(
        out,
        "\n/// The id of the schema, in the header of every message.\npub const SCHEMA_ID: u16 = {};\n\
         /// The version of the schema that this code writes.\npub const SCHEMA_VERSION: u16 = {};\n\
         /// The longest text, in bytes.\npub const TEXT_BYTES_MAX: usize = {};\n",
        schema.id, schema.version, schema.text_bytes_max
    );
    out
}

/// `use` lines for what the code of the body mentions and does not define.
fn imports(body: &str, siblings: &[String]) -> String {
    let code: Vec<_> = body
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let words: BTreeSet<_> = code
        .iter()
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .collect();
    let needed = |name: &&str| {
        let defines = |line: &&str| {
            let rest = line
                .strip_prefix("pub struct ")
                .or(line.strip_prefix("pub enum "));
            rest.is_some_and(|rest| {
                rest.starts_with(&format!("{name} ")) || rest.starts_with(&format!("{name}("))
            })
        };
        words.contains(*name) && !code.iter().any(|line| defines(&line.trim_start()))
    };
    let mut out = String::new();
    let mut import = |path: &str, names: &mut dyn Iterator<Item = &str>| {
        let names: Vec<_> = names.collect();
        if !names.is_empty() {
            _ = writeln!(out, "use {path}::{{{}}};", names.join(", "));
        }
    };
    let vocabulary = NEWTYPES.iter().chain(SHARED_ENUMS).map(|(_, rust)| *rust);
    import("rialto_types", &mut vocabulary.filter(needed));
    for (module, names) in CRATE_IMPORTS {
        import(
            &format!("crate::{module}"),
            &mut names.iter().copied().filter(needed),
        );
    }
    import(
        "super",
        &mut siblings.iter().map(String::as_str).filter(needed),
    );
    out.push('\n');
    out
}

/// The Rust type of a field.
pub(super) fn field_type(schema: &Schema, field: &Field) -> Result<String> {
    let name = field.type_name.as_str();
    let def = schema.type_def(name)?;
    let find = |table: &[(&str, &str)]| {
        let found = table.iter().find(|(schema_name, _)| *schema_name == name);
        found.map(|(_, rust)| (*rust).to_owned())
    };
    let plain = match &def.kind {
        Kind::Enum(_) => format!(
            "Code<{}>",
            find(SHARED_ENUMS).unwrap_or_else(|| pascal(name))
        ),
        Kind::Set(_) => pascal(name),
        Kind::Composite => pascal(name.trim_end_matches("Null")),
        Kind::Array(primitive) if primitive == "char" => return Ok(format!("Text<{}>", def.len)),
        Kind::Array(_) => return Ok(format!("[u8; {}]", def.len)),
        Kind::Primitive(primitive) => find(NEWTYPES).unwrap_or_else(|| rust_integer(primitive)),
    };
    Ok(if field.optional {
        format!("Option<{plain}>")
    } else {
        plain
    })
}

fn rust_integer(primitive: &str) -> String {
    primitive
        .replace("uint", "u")
        .replace("int", "i")
        .replace("char", "u8")
}

/// `clientSeq` as `ClientSeq`.
pub(super) fn pascal(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// `clientSeq` as `client_seq`.
pub(super) fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// A description as documentation lines, indented by `indent` spaces.
pub(super) fn doc(description: &str, indent: usize) -> String {
    let margin = format!("{:indent$}///", "");
    let mut out = margin.clone();
    let mut width = margin.len();
    let escaped = description.replace('[', "\\[").replace(']', "\\]");
    for word in escaped.split_whitespace() {
        let long = word.chars().count() + 1;
        if width + long > DOC_WIDTH {
            out.push('\n');
            out.push_str(&margin);
            width = margin.len();
        }
        out.push(' ');
        out.push_str(word);
        width += long;
    }
    out.push('\n');
    out
}

/// The text as rustfmt would have it.
fn format(text: &str) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config", "max_width=100"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting rustfmt")?;
    let mut input = rustfmt.stdin.take().context("rustfmt has an input")?;
    let text = text.to_owned();
    let feeder = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = rustfmt.wait_with_output()?;
    feeder.join().ok().context("feeding rustfmt")??;
    ensure!(output.status.success(), "rustfmt failed");
    Ok(String::from_utf8(output.stdout)?)
}
