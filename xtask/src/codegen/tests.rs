//! The generator on small schemas: what it refuses, and what becomes of a schema that has grown. That the
//! generated files are those of the real schema is a test too.

use super::schema::Schema;
use super::{messages, run, rust};

#[test]
fn generated_files_are_up_to_date() {
    run(&crate::workspace::root(), true).unwrap();
}

/// A schema with these types and messages.
fn schema(types: &str, messages: &str) -> anyhow::Result<Schema> {
    let seq = r#"<type name="seq" primitiveType="uint64" description="A number."/>"#;
    Schema::parse(&format!(
        r#"<messageSchema id="1" version="2" byteOrder="littleEndian">
            <types>{seq}{types}</types>{messages}
        </messageSchema>"#
    ))
}

/// A message with these fields.
fn message(fields: &str) -> String {
    format!(r#"<message name="Ping" id="1" description="A message.">{fields}</message>"#)
}

/// A field with these further attributes.
fn field(id: u16, more: &str) -> String {
    format!(r#"<field name="f{id}" id="{id}" type="seq" description="A field." {more}/>"#)
}

/// Why a schema is refused, with all its causes.
#[track_caller]
fn refused(types: &str, messages: &str) -> String {
    format!("{:#}", schema(types, messages).unwrap_err())
}

#[test]
fn fields_lie_one_after_another() {
    let fields = field(1, "") + &field(2, r#"presence="optional""#);
    let schema = schema("", &message(&fields)).unwrap();
    let block = &schema.messages[0].block;
    let places: Vec<_> = block
        .fields
        .iter()
        .map(|f| (f.offset, f.len, f.optional))
        .collect();
    assert_eq!(places, [(0, 8, false), (8, 8, true)]);
    assert_eq!((block.len(), block.first_len()), (16, 16));
}

#[test]
fn what_was_appended_may_be_missing_in_what_an_older_sender_writes() {
    let added = r#"presence="optional" sinceVersion="2""#;
    let schema = schema("", &message(&(field(1, "") + &field(2, added)))).unwrap();
    let block = &schema.messages[0].block;
    assert_eq!((block.len(), block.first_len()), (16, 8));
    let code = messages::family(&schema, &[&schema.messages[0]]).unwrap();
    assert!(
        code.contains("reader.block(8)?"),
        "the first version's length is enough: {code}"
    );
    assert!(code.contains("f1: Field::get(&block[0..8])"), "{code}");
    assert!(
        code.contains("f2: block.get(8..16).map(Field::get).unwrap_or_default()"),
        "{code}"
    );
    assert!(
        code.contains("writer.block::<16>()"),
        "all of it is written: {code}"
    );
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    let two = field(1, "") + &field(1, "");
    assert_eq!(
        refused("", &message(&two)),
        "message Ping: f1: id 1 is used twice"
    );
    let constant = field(1, r#"presence="constant""#);
    let text = "message Ping: field f1: presence constant is not supported";
    assert_eq!(refused("", &message(&constant)), text);
    let added = field(1, r#"sinceVersion="2""#);
    let text = "message Ping: f1: an added field may be null, older senders do not have it";
    assert_eq!(refused("", &message(&added)), text);
    let inserted = field(1, r#"presence="optional" sinceVersion="2""#) + &field(2, "");
    let text = "message Ping: f2: fields are added at the end";
    assert_eq!(refused("", &message(&inserted)), text);
    let unknown = r#"<field name="a" id="1" type="price" description="A field."/>"#;
    let text = "message Ping: field a: no type is named price";
    assert_eq!(refused("", &message(unknown)), text);
    let silent = r#"<field name="a" id="1" type="seq"/>"#;
    let text = "message Ping: <field name=\"a\"> lacks the attribute description";
    assert_eq!(refused("", &message(silent)), text);
    let strange = "message Ping: unknown element picture";
    assert_eq!(refused("", &message("<picture/>")), strange);
    let twice = message("") + &message("");
    assert_eq!(refused("", &twice), "Ping and Ping have one id");
}

#[test]
fn types_that_are_not_understood_are_refused_with_their_name() {
    let float = r#"<type name="a" primitiveType="double" description="A type."/>"#;
    let text = "type a: primitive type double is not supported";
    assert_eq!(refused(float, ""), text);
    let null = r#"<type name="a" primitiveType="uint8" nullValue="0" description="A type."/>"#;
    let text = "type a: only default null values are supported";
    assert_eq!(refused(null, ""), text);
    let value = |name, code| {
        format!(r#"<validValue name="{name}" description="A value.">{code}</validValue>"#)
    };
    let codes = |values: &str| {
        format!(r#"<enum name="a" encodingType="uint8" description="A type.">{values}</enum>"#)
    };
    let descending = codes(&(value("X", 2) + &value("Y", 1)));
    assert_eq!(refused(&descending, ""), "type a: Y: numbers must ascend");
    let null = codes(&value("X", 255));
    assert_eq!(refused(&null, ""), "type a: X: 255 is the null value");
    let word = codes(&value("X", 0).replace(">0<", ">zero<"));
    assert_eq!(
        refused(&word, ""),
        "type a: no number: zero: invalid digit found in string"
    );
}

#[test]
fn names_become_rust_names() {
    assert_eq!(rust::snake("lastReportSeq"), "last_report_seq");
    assert_eq!(rust::pascal("lastReportSeq"), "LastReportSeq");
    let doc = rust::doc(&format!("{} [a]", "word ".repeat(30)), 4);
    assert!(
        doc.lines()
            .all(|line| line.len() <= 100 && line.starts_with("    /// "))
    );
    assert!(doc.contains("\\[a\\]"), "a bracket would be a link");
}
