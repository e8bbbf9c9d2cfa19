//! Any message, with any values, groups and texts, crosses the wire and comes back.
//!
//! Values are random bytes behind the structure that the schema states, so no strategy has to be written
//! for each message, and a new one takes part by itself.

use proptest::prelude::*;
use rialto_protocol::{Frame, Message, SCHEMA_ID, SCHEMA_VERSION};
use roxmltree::Document;

use crate::golden::encode;
use crate::samples;
use crate::schema::{Element, XML};

/// What a message consists of.
#[derive(Clone, Debug)]
struct Shape {
    template: u16,
    block: usize,
    /// Bytes of an entry of its group, if it has one.
    entry: Option<usize>,
    text: bool,
}

fn shapes() -> Vec<Shape> {
    let document = Document::parse(XML).unwrap();
    let root = document.root_element();
    let mut shapes = Vec::new();
    for sample in samples::all() {
        let bytes = encode(&sample);
        let short = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let template = sample.template_id();
        let message = root
            .children()
            .find(|node| node.has_tag_name_of("message") && node.number::<u16>("id") == template);
        let has = |tag| {
            message
                .unwrap()
                .children()
                .any(|node| node.has_tag_name_of(tag))
        };
        let block = short(0);
        shapes.push(Shape {
            template,
            block,
            entry: has("group").then(|| short(8 + block)),
            text: has("data"),
        });
    }
    shapes
}

/// Bytes of a message of this shape.
fn bytes_of(shape: &Shape) -> impl Strategy<Value = Vec<u8>> + use<> {
    let Shape {
        template,
        block,
        entry,
        text,
    } = shape.clone();
    let random = |len| proptest::collection::vec(any::<u8>(), len);
    let entries = (0..5_usize).prop_flat_map(move |count| random(count * entry.unwrap_or(0)));
    (random(block), entries, "\\PC{0,40}").prop_map(move |(fields, entries, words)| {
        let mut bytes = Vec::new();
        let short = |bytes: &mut Vec<u8>, value: usize| {
            bytes.extend(u16::try_from(value).unwrap().to_le_bytes());
        };
        short(&mut bytes, block);
        for field in [template, SCHEMA_ID, SCHEMA_VERSION] {
            bytes.extend(field.to_le_bytes());
        }
        bytes.extend(&fields);
        if let Some(len) = entry {
            short(&mut bytes, len);
            short(&mut bytes, entries.len() / len);
            bytes.extend(&entries);
        }
        if text {
            short(&mut bytes, words.len());
            bytes.extend(words.as_bytes());
        }
        bytes
    })
}

fn any_message() -> impl Strategy<Value = Vec<u8>> {
    proptest::sample::select(shapes()).prop_flat_map(|shape| bytes_of(&shape))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_message_crosses_the_wire_and_comes_back(bytes in any_message()) {
        let (message, len) = Message::decode_first(&bytes).unwrap();
        prop_assert_eq!(len, bytes.len());
        let again = encode(&message);
        prop_assert_eq!(again.len(), bytes.len());
        let read: Vec<_> = Frame::new(&again).collect();
        prop_assert_eq!(read, [Ok(message)]);
    }
}

#[test]
fn shapes_tell_groups_and_texts() {
    let shapes = shapes();
    let with = |wanted: fn(&Shape) -> bool| shapes.iter().filter(|shape| wanted(shape)).count();
    assert_eq!(with(|shape| shape.entry.is_some()), 10);
    assert_eq!(with(|shape| shape.text), 8);
}
