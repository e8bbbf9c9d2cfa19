//! Fuzz target: whatever can be decoded encodes to bytes that decode to the same again.
//!
//! The bytes themselves are the same too, but for what this version does not know (longer blocks, its own
//! number in the header) and the exponent of a null amount, which means nothing.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use bolero::check;
use rialto_protocol::{Frame, Message, SCHEMA_ID};

/// Template ids of the schema and the lengths of their blocks.
fn templates() -> Vec<(u16, u16)> {
    let document = roxmltree::Document::parse(include_str!("../schema/rialto.xml")).unwrap();
    let messages = document.root_element().children();
    let ids = messages.filter_map(|node| node.attribute("id")?.parse().ok());
    ids.map(|id: u16| (id, block_length(id))).collect()
}

/// The least block length that is accepted, as the error for a shorter one says.
fn block_length(template: u16) -> u16 {
    let mut header = Vec::new();
    for field in [0, template, SCHEMA_ID, 0] {
        header.extend(field.to_le_bytes());
    }
    match Message::decode_first(&header) {
        Err(rialto_protocol::DecodeError::ShortBlock { minimum, .. }) => {
            u16::try_from(minimum).unwrap()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_decodes_encodes_to_the_same() {
    let templates = templates();
    assert!(templates.len() > 50, "all messages take part");
    let mut whole = 0_u64;
    let input = check!().with_type::<(u8, [Vec<u8>; 3], Vec<u8>)>();
    input
        .with_iterations(50_000)
        .for_each(|(which, parts, text)| {
            let (template, length) = templates[usize::from(*which) % templates.len()];
            let mut frame = Vec::new();
            for field in [length, template, SCHEMA_ID, 0] {
                frame.extend(field.to_le_bytes());
            }
            // Enough random bytes for any block, then what may be a group or a text.
            let random = parts.concat();
            frame.extend((0..usize::from(length)).map(|index| match random.len() {
                0 => 0,
                len => random[index % len] ^ u8::try_from(index / len).unwrap_or(0),
            }));
            frame.extend(u16::try_from(text.len().min(512)).unwrap().to_le_bytes());
            frame.extend(text.iter().take(512).map(|byte| byte & 0x7f));
            whole += u64::from(round_trip(&frame));
        });
    assert!(whole > 1_000, "only {whole} inputs decoded");
}

/// Whether the first message of the frame decodes; if so, it must survive encoding.
fn round_trip(frame: &[u8]) -> bool {
    let Ok((message, len)) = Message::decode_first(frame) else {
        return false;
    };
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    assert_eq!(bytes.len(), message.encoded_len());
    assert_eq!(bytes.len(), len, "{}", message.name());
    let again: Vec<_> = Frame::new(&bytes).collect();
    assert_eq!(again, [Ok(message)]);
    true
}
