//! The reference part of `docs/PROTOCOL.md`: every message with its fields and a worked example, every
//! type, enumeration and set. The example is the golden file of the message, so it is what the code sends.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Output;
use super::messages::{HEADER_LEN, entries_max};
use super::schema::{Block, Kind, Message, Schema, TypeDef, Value};

const DOCUMENT: &str = "docs/PROTOCOL.md";
const BEGIN: &str =
    "<!-- The reference: written by `cargo xtask codegen`, changes here are lost. -->\n";
const END: &str = "<!-- The end of the reference. -->\n";

/// The document with its reference part as the schema has it.
pub(super) fn file(root: &Path, schema: &Schema) -> Result<Output> {
    let text =
        fs::read_to_string(root.join(DOCUMENT)).with_context(|| format!("reading {DOCUMENT}"))?;
    let (before, rest) = text
        .split_once(BEGIN)
        .with_context(|| format!("{DOCUMENT} lacks the line {BEGIN}"))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("{DOCUMENT} lacks the line {END}"))?;
    let reference = reference(root, schema)?;
    Ok(Output {
        path: PathBuf::from(DOCUMENT),
        content: format!("{before}{BEGIN}{reference}{END}{after}"),
    })
}

fn reference(root: &Path, schema: &Schema) -> Result<String> {
    let mut out = String::from(
        "\n| id | message | who sends it | block, bytes |\n| ---: | --- | --- | ---: |\n",
    );
    for message in &schema.messages {
        let Block {
            name, description, ..
        } = &message.block;
        let (sender, _) = sender(description);
        let anchor = name.to_ascii_lowercase();
        let length = message.block.len();
        _ = writeln!(
            out,
            "| {} | [{name}](#{anchor}) | {sender} | {length} |",
            message.id
        );
    }
    for message in &schema.messages {
        section(&mut out, root, schema, message)?;
    }
    types(&mut out, schema);
    Ok(out)
}

/// Who sends a message, and what it is: the two parts of its description.
fn sender(description: &str) -> (&str, &str) {
    let (before, after) = description.split_once(": ").unwrap_or(("", description));
    let sender = before.split(" to ").next().unwrap_or_default();
    let sender = sender.split(',').next().unwrap_or_default();
    match sender {
        "Exchange" => ("exchange", after),
        "Client" => ("client", after),
        "Administrator" => ("administrator", after),
        "Both ways" => ("both", after),
        _ => ("", description),
    }
}

fn section(out: &mut String, root: &Path, schema: &Schema, message: &Message) -> Result<()> {
    let Block {
        name, description, ..
    } = &message.block;
    _ = write!(
        out,
        "\n### {name}\n\nTemplate id {}. {}\n\n",
        message.id,
        escape(description)
    );
    fields(out, &message.block, HEADER_LEN);
    for group in &message.groups {
        let max = entries_max(schema, message, group);
        _ = write!(
            out,
            "\nThen the group `{}`: {} At most {max} entries, of {} bytes each:\n\n",
            group.name,
            escape(&group.description),
            group.len()
        );
        fields(out, group, 0);
    }
    for text in &message.texts {
        _ = write!(
            out,
            "\nThen the text `{}`: {}\n",
            text.name,
            escape(&text.description)
        );
    }
    let path = format!("protocol/tests/golden/v{}/{name}.hex", schema.version);
    let example = fs::read_to_string(root.join(&path)).with_context(|| {
        format!(
            "reading {path}: RIALTO_UPDATE_GOLDEN=1 cargo nextest run -p rialto-protocol writes it"
        )
    })?;
    _ = write!(out, "\n```hex\n{example}```\n");
    Ok(())
}

fn fields(out: &mut String, block: &Block, start: usize) {
    out.push_str("| offset | field | type | meaning |\n| ---: | --- | --- | --- |\n");
    for field in &block.fields {
        let null = if field.optional && !field.type_name.ends_with("Null") {
            " or null"
        } else {
            ""
        };
        _ = writeln!(
            out,
            "| {} | {} | {}{null} | {} |",
            start + field.offset,
            field.name,
            field.type_name,
            escape(&field.description)
        );
    }
}

fn types(out: &mut String, schema: &Schema) {
    out.push_str("\n### Types\n\n| type | bytes | is | meaning |\n| --- | ---: | --- | --- |\n");
    for def in &schema.types {
        let is = match &def.kind {
            Kind::Primitive(primitive) => primitive.clone(),
            Kind::Array(primitive) => format!("{primitive}[{}]", def.len),
            Kind::Composite => "composite".to_owned(),
            Kind::Enum(_) | Kind::Set(_) => continue,
        };
        // The texts of a message have no fixed length.
        let len = if def.name == "varText" {
            "2 +".to_owned()
        } else {
            def.len.to_string()
        };
        _ = writeln!(
            out,
            "| {} | {len} | {is} | {} |",
            def.name,
            escape(&def.description)
        );
    }
    for def in &schema.types {
        match &def.kind {
            Kind::Enum(values) => values_table(out, def, values, "code"),
            Kind::Set(values) => values_table(out, def, values, "bit"),
            Kind::Primitive(_) | Kind::Array(_) | Kind::Composite => {}
        }
    }
}

fn values_table(out: &mut String, def: &TypeDef, values: &[Value], number: &str) {
    let what = if number == "bit" {
        "A set of bits in one byte. "
    } else {
        ""
    };
    _ = write!(
        out,
        "\n#### {}\n\n{what}{}\n\n| {number} | name | meaning |\n| ---: | --- | --- |\n",
        def.name,
        escape(&def.description)
    );
    for value in values {
        _ = writeln!(
            out,
            "| {} | {} | {} |",
            value.number,
            value.name,
            escape(&value.description)
        );
    }
}

/// A description in Markdown: what would be taken for markup is escaped.
fn escape(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('[', "\\[")
        .replace(']', "\\]")
        .replace('<', "&lt;")
}
