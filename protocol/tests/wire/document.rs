//! docs/PROTOCOL.md: its examples are the golden bytes, and its worked logon verifies.

use std::collections::BTreeMap;

use ed25519_dalek::{Signature, SigningKey, Verifier};
use rialto_protocol::{Frame, Message, logon_text};
use rialto_types::KeyId;

use crate::golden::bytes_of;
use crate::samples;

const DOCUMENT: &str = include_str!("../../../docs/PROTOCOL.md");

/// The contents of all fenced blocks of a kind.
fn fenced(kind: &str) -> Vec<&'static str> {
    let begin = format!("```{kind}\n");
    let blocks = DOCUMENT.split(&begin).skip(1);
    blocks
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

#[test]
fn every_message_has_a_worked_example_that_decodes_to_it() {
    let samples = samples::all();
    let blocks = fenced("hex");
    assert_eq!(blocks.len(), samples.len());
    for (block, sample) in blocks.into_iter().zip(samples) {
        let bytes = bytes_of(block);
        let messages: Vec<_> = Frame::new(&bytes).map(Result::unwrap).collect();
        assert_eq!(messages, [sample]);
    }
}

#[test]
fn the_worked_logon_is_right() {
    let [block] = fenced("logon")[..] else {
        panic!("there is one worked logon");
    };
    let lines: BTreeMap<_, _> = block.lines().map(|line| line.split_at(13)).collect();
    let bytes = |name: &str| bytes_of(lines[&*format!("{name:<13}")]);
    let private: [u8; 32] = bytes("private key").try_into().unwrap();
    let key = SigningKey::from_bytes(&private).verifying_key();
    assert_eq!(key.to_bytes().to_vec(), bytes("public key"));
    let id = KeyId(lines["key id       "].parse().unwrap());
    let text = logon_text(&samples::challenge(), id);
    assert_eq!(text.to_vec(), bytes("signed text"));
    let signature: [u8; 64] = bytes("signature").try_into().unwrap();
    assert!(
        key.verify(&text, &Signature::from_bytes(&signature))
            .is_ok()
    );
    let logon = samples::all().into_iter().find_map(|sample| match sample {
        Message::Logon(logon) => Some(logon),
        _ => None,
    });
    assert_eq!(logon.unwrap().signature, signature);
}

#[test]
fn the_numbers_of_the_text_are_those_of_the_code() {
    let text_max = rialto_protocol::TEXT_BYTES_MAX;
    assert!(DOCUMENT.contains(&format!("as many bytes of UTF-8; at most {text_max}")));
    assert_eq!(rialto_protocol::FRAME_BYTES_MAX, 16_384);
    assert!(DOCUMENT.contains("A frame has at most 16,384 bytes"));
    assert_eq!(rialto_protocol::LOGON_TEXT_LEN, 59);
    assert!(DOCUMENT.contains("over these 59 bytes"));
    assert_eq!(rialto_protocol::SCHEMA_ID, 1);
    assert!(DOCUMENT.contains("`schemaId` (1)"));
}
