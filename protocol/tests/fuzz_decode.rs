//! Fuzz target: no bytes make the decoder panic, read beyond them, or go on for ever.
//!
//! Raw bytes hardly ever have a valid header, so two further targets start from one: random bodies behind
//! true headers, and golden messages with some bytes changed. Bounded here; `make soak` runs them long.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use bolero::check;
use rialto_protocol::{Frame, SCHEMA_ID};

/// Reads a frame to its end and checks what must hold of any.
fn read(bytes: &[u8]) {
    let mut frame = Frame::new(bytes);
    let mut end = 0;
    let mut failed = false;
    while let Some(message) = frame.next() {
        assert!(!failed, "nothing follows an error");
        if let Ok(message) = message {
            assert!(frame.offset() > end, "every message takes bytes");
            assert!(!message.name().is_empty());
            end = frame.offset();
        } else {
            assert_eq!(
                frame.offset(),
                end,
                "an error leaves the offset at its message"
            );
            failed = true;
        }
        assert!(end <= bytes.len());
    }
    assert!(failed || end == bytes.len(), "without an error all is read");
}

#[test]
fn raw_bytes_never_make_the_decoder_panic() {
    check!().with_iterations(20_000).for_each(read);
}

#[test]
fn random_bodies_behind_true_headers_never_make_the_decoder_panic() {
    let input = check!().with_type::<(u8, u8, u16, Vec<u8>)>();
    input
        .with_iterations(20_000)
        .for_each(|(template, length, version, body)| {
            let mut frame = Vec::new();
            for field in [
                u16::from(*length),
                u16::from(*template),
                SCHEMA_ID,
                *version,
            ] {
                frame.extend(field.to_le_bytes());
            }
            frame.extend(body);
            read(&frame);
        });
}

#[test]
fn damaged_messages_never_make_the_decoder_panic() {
    let golden = golden();
    let input = check!().with_type::<(u16, u16, Vec<(u16, u8)>)>();
    input
        .with_iterations(20_000)
        .for_each(|(which, cut, damage)| {
            let mut frame = golden[usize::from(*which) % golden.len()].clone();
            for (at, byte) in damage {
                let at = usize::from(*at) % frame.len();
                frame[at] = *byte;
            }
            frame.truncate(usize::from(*cut) % (frame.len() * 2));
            read(&frame);
        });
}

/// The golden bytes of all messages.
fn golden() -> Vec<Vec<u8>> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/v0");
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let bytes = |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let hex = text.lines().map(|line| line.split('#').next().unwrap());
        hex.flat_map(str::split_whitespace)
            .map(|word| u8::from_str_radix(word, 16).unwrap())
            .collect::<Vec<u8>>()
    };
    files.iter().map(bytes).collect()
}
