//! Rust for the messages of the schema: a struct each, its layout, and the enumeration of all of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Result, bail, ensure};

use super::rust::{doc, field_type, pascal, snake};
use super::schema::{Block, Field, Message, Schema};

/// The longest frame: see `FRAME_BYTES_MAX` in the protocol crate, which a test holds against this.
const FRAME_BYTES_MAX: usize = 16 * 1024;
/// Bytes of the message header.
pub(super) const HEADER_LEN: usize = 8;
/// Bytes of a group's dimension.
const GROUP_HEADER_LEN: usize = 4;
/// Bytes of a text's length.
const TEXT_HEADER_LEN: usize = 2;

/// The most entries that the message's group may have, so that every message fits in one frame.
pub(super) fn entries_max(schema: &Schema, message: &Message, group: &Block) -> usize {
    let fixed = HEADER_LEN
        + message.block.len()
        + GROUP_HEADER_LEN
        + message.texts.len() * (TEXT_HEADER_LEN + schema.text_bytes_max);
    (FRAME_BYTES_MAX - fixed) / group.len()
}

/// The struct of a group's entry: `levels` has entries of `Level`.
pub(super) fn entry_name(group: &Block) -> String {
    pascal(group.name.trim_end_matches('s'))
}

/// The messages of one family.
pub(super) fn family(schema: &Schema, messages: &[&Message]) -> Result<String> {
    let mut out = String::new();
    for message in messages {
        ensure!(
            message.groups.len() <= 1,
            "{}: one group a message is supported",
            message.block.name
        );
        for group in &message.groups {
            if is_first(schema, message, group)? {
                out.push_str(&entry(schema, group)?);
            }
        }
        out.push_str(&definition(schema, message)?);
        out.push_str(&implementation(message));
    }
    Ok(out)
}

/// Whether no message before this one has a group of this name. Groups of one name share one struct, so
/// they must have the same fields.
fn is_first(schema: &Schema, message: &Message, group: &Block) -> Result<bool> {
    let groups = schema
        .messages
        .iter()
        .flat_map(|m| m.groups.iter().map(move |g| (m.id, g)));
    let mut same = groups.filter(|(_, other)| other.name == group.name);
    let Some((id, first)) = same.next() else {
        bail!("a group is among the groups of its schema");
    };
    let shape = |block: &Block| -> Vec<_> {
        block
            .fields
            .iter()
            .map(|f| (f.name.clone(), f.type_name.clone()))
            .collect()
    };
    ensure!(
        shape(first) == shape(group),
        "groups named {} differ",
        group.name
    );
    Ok(id == message.id)
}

/// The struct of a group's entry and its layout.
fn entry(schema: &Schema, group: &Block) -> Result<String> {
    let name = entry_name(group);
    let mut out = doc(&format!("An entry of the group {}.", group.name), 0);
    out.push_str("#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]\n");
    _ = writeln!(out, "pub struct {name} {{");
    out.push_str(&fields(schema, group)?);
    let (get, put) = (gets(group), puts(group));
    _ = write!(
        out,
        "}}

        impl Entry for {name} {{
            const BLOCK_LENGTH: usize = {};
            const MINIMUM: usize = {};

            #[inline]
            fn get(block: &[u8]) -> Self {{
                Self {{ {get} }}
            }}

            #[inline]
            fn put(&self, block: &mut [u8]) {{
                {put}
            }}
        }}\n\n",
        group.len(),
        group.first_len(),
    );
    Ok(out)
}

/// The struct of a message.
fn definition(schema: &Schema, message: &Message) -> Result<String> {
    let Block {
        name, description, ..
    } = &message.block;
    let mut out = doc(description, 0);
    out.push_str("///\n");
    out.push_str(&doc(
        &format!(
            "Template id {}, a block of {} bytes.",
            message.id,
            message.block.len()
        ),
        0,
    ));
    let mut derives = vec!["Clone", "Debug", "PartialEq", "Eq"];
    if message.groups.is_empty() && message.texts.is_empty() {
        derives.push("Copy");
    }
    let has_default = !message.block.fields.iter().any(is_long_array);
    if has_default {
        derives.push("Default");
    }
    _ = writeln!(
        out,
        "#[derive({})]\npub struct {name} {{",
        derives.join(", ")
    );
    out.push_str(&fields(schema, &message.block)?);
    for group in &message.groups {
        let max = entries_max(schema, message, group);
        out.push_str(&doc(&format!("{} At most {max}.", group.description), 4));
        _ = writeln!(
            out,
            "pub {}: Group<{}, {max}>,",
            snake(&group.name),
            entry_name(group)
        );
    }
    for text in &message.texts {
        out.push_str(&doc(&text.description, 4));
        _ = writeln!(out, "pub {}: VarText,", snake(&text.name));
    }
    out.push_str("}\n\n");
    if !has_default {
        out.push_str(&written_default(message));
    }
    for group in &message.groups {
        _ = write!(
            out,
            "impl {name} {{\n/// The most entries of `{}` in one message.\npub const {}_MAX: usize = {};\n}}\n\n",
            snake(&group.name),
            snake(&group.name).to_ascii_uppercase(),
            entries_max(schema, message, group)
        );
    }
    Ok(out)
}

/// Whether the standard library has no default for the field: it has one for arrays of up to 32 elements.
fn is_long_array(field: &Field) -> bool {
    field.len > 32 && !field.type_name.ends_with("Text")
}

/// The default of a message with an array that has none of its own: all zero.
fn written_default(message: &Message) -> String {
    let name = &message.block.name;
    let expected = "#[expect(clippy::default_trait_access, reason = \"the types stand above\")]\n";
    let mut out =
        format!("{expected}impl Default for {name} {{\nfn default() -> Self {{\nSelf {{\n");
    for field in &message.block.fields {
        let value = if is_long_array(field) {
            format!("[0; {}]", field.len)
        } else {
            "Default::default()".to_owned()
        };
        _ = writeln!(out, "{}: {value},", snake(&field.name));
    }
    let groups = message.groups.iter().map(|group| &group.name);
    for name in groups.chain(message.texts.iter().map(|text| &text.name)) {
        _ = writeln!(out, "{}: Default::default(),", snake(name));
    }
    out.push_str("}\n}\n}\n\n");
    out
}

/// The struct's fields of one block.
fn fields(schema: &Schema, block: &Block) -> Result<String> {
    let mut out = String::new();
    for field in &block.fields {
        out.push_str(&doc(&field.description, 4));
        _ = writeln!(
            out,
            "pub {}: {},",
            snake(&field.name),
            field_type(schema, field)?
        );
    }
    Ok(out)
}

/// The implementations that lay a message out.
fn implementation(message: &Message) -> String {
    let name = &message.block.name;
    let mut put = String::new();
    let mut get = gets(&message.block);
    let mut variable = String::new();
    if !message.block.fields.is_empty() {
        _ = writeln!(
            put,
            "let block = writer.block::<{}>();",
            message.block.len()
        );
        put.push_str(&puts(&message.block));
    }
    for group in &message.groups {
        let field = snake(&group.name);
        _ = writeln!(put, "writer.group(&self.{field});");
        _ = writeln!(get, "{field}: reader.group()?,");
        _ = write!(
            variable,
            "+ {GROUP_HEADER_LEN} + self.{field}.len() * {}",
            group.len()
        );
    }
    for text in &message.texts {
        let field = snake(&text.name);
        _ = writeln!(put, "writer.text(&self.{field});");
        _ = writeln!(get, "{field}: reader.text()?,");
        _ = write!(variable, "+ {TEXT_HEADER_LEN} + self.{field}.len()");
    }
    let variable = variable.strip_prefix("+ ").unwrap_or("0");
    format!(
        "impl Body for {name} {{
            #[inline]
            fn variable_len(&self) -> usize {{ {variable} }}

            #[inline]
            fn put(&self, writer: &mut Writer<'_>) {{ {put} }}

            #[inline]
            fn get(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {{
                let block = reader.block({first})?;
                Ok(Self {{ {get} }})
            }}
        }}

        impl WireMessage for {name} {{
            const NAME: &'static str = {name:?};
            const TEMPLATE_ID: u16 = {id};
            const BLOCK_LENGTH: u16 = {len};
        }}\n\n",
        first = message.block.first_len(),
        id = message.id,
        len = message.block.len(),
    )
}

/// Field by field, what reads it from `block`.
fn gets(block: &Block) -> String {
    let mut out = String::new();
    for Field {
        name,
        offset,
        len,
        since,
        ..
    } in &block.fields
    {
        let name = snake(name);
        let range = format!("{offset}..{}", offset + len);
        if *since == 0 {
            _ = writeln!(out, "{name}: Field::get(&block[{range}]),");
        } else {
            _ = writeln!(
                out,
                "{name}: block.get({range}).map(Field::get).unwrap_or_default(),"
            );
        }
    }
    out
}

/// Field by field, what writes it to `block`.
fn puts(block: &Block) -> String {
    let mut out = String::new();
    for Field {
        name, offset, len, ..
    } in &block.fields
    {
        _ = writeln!(
            out,
            "self.{}.put(&mut block[{offset}..{}]);",
            snake(name),
            offset + len
        );
    }
    out
}

/// Messages of the hot path, which are decoded where all are told apart. Whatever else is decoded there
/// makes these slower: sixteen in a hundred instructions, with all of them.
const DECODED_IN_PLACE: [&str; 3] = ["NewOrder", "CancelOrder", "ReplaceOrder"];

/// The enumeration of all messages.
pub(super) fn any(schema: &Schema) -> String {
    let mut variants = String::new();
    let mut decode = String::new();
    let mut names = String::new();
    let mut arms = String::new();
    let mut list = BTreeSet::new();
    for message in &schema.messages {
        let name = &message.block.name;
        _ = write!(variants, "/// See [`{name}`].\n{name}({name}),\n");
        let read = if DECODED_IN_PLACE.contains(&name.as_str()) {
            "read"
        } else {
            "read_apart"
        };
        _ = writeln!(
            decode,
            "{name}::TEMPLATE_ID => {read}(header, bytes, len, Self::{name}),"
        );
        _ = writeln!(names, "{name}::TEMPLATE_ID => {name}::NAME,");
        _ = writeln!(arms, "Message::{name}($inner) => $then,");
        list.insert(name.as_str());
    }
    let list = list.into_iter().collect::<Vec<_>>().join(", ");
    let template = include_str!("any.rs.txt");
    template
        .replace("@VARIANTS@", &variants)
        .replace("@DECODE@", &decode)
        .replace("@NAMES@", &names)
        .replace("@ARMS@", &arms)
        .replace("@LIST@", &list)
}
