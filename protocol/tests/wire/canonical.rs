//! One way to write a message's fields and values, made from two sources: from the `Debug` output of the
//! generated struct, and from what the schema-driven decoder found. The two must be equal.

use std::fmt::Write as _;

use crate::schema::{Found, Value};

/// From `Debug`: names of structs and newtypes, and the `Some` of options, are left out.
pub(crate) fn from_debug(debug: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let mut dropped = Vec::new();
    let mut letters = debug.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                out.push('"');
                while let Some(inner) = letters.next() {
                    out.push(inner);
                    match inner {
                        '\\' => out.extend(letters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '(' => {
                // A word before a bracket names a newtype: it goes, and so does its closing bracket.
                dropped.push(());
                word.clear();
            }
            ')' => {
                out.push_str(&std::mem::take(&mut word));
                dropped.pop().expect("brackets match");
            }
            ' ' if letters.peek() == Some(&'{') && !word.ends_with(':') => word.clear(),
            ' ' => {}
            '{' | '}' | '[' | ']' | ',' | ':' => {
                out.push_str(&std::mem::take(&mut word));
                out.push(letter);
            }
            other => word.push(other),
        }
    }
    out.push_str(&word);
    out
}

/// From the schema-driven decoder.
pub(crate) fn from_found(found: &[Found]) -> String {
    let header = 4;
    let mut out = String::from("{");
    let mut fields = found[header..].iter().peekable();
    while let Some(field) = fields.next() {
        if let Some(group) = field.name.strip_suffix(".blockLength") {
            let count = fields.next().expect("a group has its count");
            let Value::Count(count) = count.value else {
                panic!("a group has its count");
            };
            _ = write!(out, "{}:[", snake(group));
            for index in 0..count {
                let path = format!("{group}[{index}].");
                out.push('{');
                while let Some(entry) = fields.next_if(|field| field.name.starts_with(&path)) {
                    let name = entry
                        .name
                        .strip_prefix(&path)
                        .expect("the path was looked at");
                    _ = write!(out, "{}:{},", snake(name), value(&entry.value));
                }
                close(&mut out, '}');
                out.push(',');
            }
            close(&mut out, ']');
            out.push(',');
        } else if !field.name.ends_with(".length") {
            _ = write!(out, "{}:{},", snake(&field.name), value(&field.value));
        }
    }
    close(&mut out, '}');
    out
}

/// Replaces the comma at the end by a bracket.
fn close(out: &mut String, bracket: char) {
    if out.ends_with(',') {
        out.pop();
    }
    out.push(bracket);
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Code(_, name) => name.clone(),
        Value::Flags(names) => format!("{{{}}}", names.join(",")),
        Value::Text(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("{bytes:?}").replace(' ', ""),
        Value::Decimal(mantissa, _, false) => mantissa.to_string(),
        Value::Decimal(mantissa, exponent, true) => {
            format!("{{mantissa:{mantissa},exponent:{exponent}}}")
        }
        Value::Count(count) => count.to_string(),
    }
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
