//! Golden bytes: one annotated file for each message and each version of the schema.
//!
//! `RIALTO_UPDATE_GOLDEN=1` writes the files of the present version anew; those of older versions are
//! never touched and must stay readable.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rialto_protocol::{Frame, Message, SCHEMA_VERSION, template_name};
use roxmltree::Document;

use crate::canonical;
use crate::samples;
use crate::schema::{self, Found, Value, XML};

/// Bytes in one line.
const LINE: usize = 16;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

pub(crate) fn encode(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    assert_eq!(bytes.len(), message.encoded_len());
    bytes
}

fn decode(bytes: &[u8]) -> Message {
    let mut frame = Frame::new(bytes);
    let message = frame.next().unwrap().unwrap();
    assert!(frame.next().is_none(), "one message and nothing more");
    message
}

/// The bytes of an annotated text: everything before a `#`, as hex.
pub(crate) fn bytes_of(text: &str) -> Vec<u8> {
    let hex = text.lines().map(|line| line.split('#').next().unwrap());
    let words = hex.flat_map(str::split_whitespace);
    words
        .map(|word| u8::from_str_radix(word, 16).unwrap())
        .collect()
}

/// The bytes of a message, field by field, as the schema explains them.
fn annotate(document: &Document<'_>, bytes: &[u8]) -> String {
    let mut out = String::new();
    for found in schema::walk(document, bytes) {
        let field = &bytes[found.offset..found.offset + found.len];
        let mut note = format!("  # {:>4}  {}", found.offset, found.name);
        _ = write!(note, " = {}", explain(&found));
        for line in field.chunks(LINE) {
            let hex: Vec<_> = line.iter().map(|byte| format!("{byte:02x}")).collect();
            let width = if note.is_empty() { 0 } else { LINE * 3 - 1 };
            _ = writeln!(out, "{:<width$}{note}", hex.join(" "));
            note.clear();
        }
    }
    out
}

fn explain(found: &Found) -> String {
    match &found.value {
        Value::Null => "null".to_owned(),
        Value::Number(number) if found.name == "templateId" => {
            let name = template_name(u16::try_from(*number).unwrap()).unwrap();
            format!("{number} ({name})")
        }
        Value::Number(number) => number.to_string(),
        Value::Code(code, name) => format!("{code} ({name})"),
        Value::Flags(names) if names.is_empty() => "no flag".to_owned(),
        Value::Flags(names) => names.join(", "),
        // The only text of a fixed length that may be absent.
        Value::Text(text) if text.is_empty() && found.name == "clientOrderId" => "null".to_owned(),
        Value::Text(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::Decimal(mantissa, exponent, _) => format!("{mantissa} × 10^{exponent}"),
        Value::Count(count) => count.to_string(),
    }
}

#[test]
fn there_is_a_sample_of_each_message_of_the_schema() {
    let document = Document::parse(XML).unwrap();
    let samples = samples::all();
    let ids: Vec<_> = samples.iter().map(Message::template_id).collect();
    let names: Vec<_> = samples
        .iter()
        .map(|sample| sample.name().to_owned())
        .collect();
    let expected: (Vec<_>, Vec<_>) = schema::messages(&document).into_iter().unzip();
    assert_eq!((ids, names), expected);
}

#[test]
fn samples_encode_to_their_golden_bytes_and_back() {
    let document = Document::parse(XML).unwrap();
    let directory = directory().join(format!("v{SCHEMA_VERSION}"));
    let update = std::env::var_os("RIALTO_UPDATE_GOLDEN").is_some();
    for sample in samples::all() {
        let bytes = encode(&sample);
        let path = directory.join(format!("{}.hex", sample.name()));
        let text = annotate(&document, &bytes);
        if update {
            fs::create_dir_all(&directory).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap();
        assert_eq!(bytes, bytes_of(&golden), "{}", path.display());
        assert_eq!(text, golden, "the annotation of {}", path.display());
        assert_eq!(decode(&bytes), sample);
    }
}

#[test]
fn golden_files_of_every_version_stay_readable() {
    let mut count = 0;
    for version in fs::read_dir(directory()).unwrap() {
        for file in fs::read_dir(version.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let bytes = bytes_of(&fs::read_to_string(&path).unwrap());
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert_eq!(decode(&bytes).name(), name, "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= samples::all().len());
}

#[test]
fn the_schema_reads_the_same_from_the_bytes_as_the_generated_code() {
    let document = Document::parse(XML).unwrap();
    for sample in samples::all() {
        let found = schema::walk(&document, &encode(&sample));
        let debug = format!("{sample:?}");
        assert_eq!(canonical::from_found(&found), canonical::from_debug(&debug));
    }
}
