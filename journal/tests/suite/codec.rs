//! Commands and states through the codec and back.

use proptest::prelude::*;
use rialto_journal::codec::command::{PAYLOAD_BYTES_MAX, decode, encode};
use rialto_journal::record::{HEADER_BYTES, PAGE_BYTES, extent};
use rialto_journal::{decode_image, encode_image, state_hash};
use rialto_types::*;

use crate::samples::{sample, samples};
use crate::{arbitrary, common};

fn encoded(input: &Input) -> (CommandKind, u8, Vec<u8>) {
    let mut bytes = vec![0; PAYLOAD_BYTES_MAX];
    let encoded = encode(input, &mut bytes);
    bytes.truncate(encoded.length);
    (encoded.kind, encoded.flags, bytes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_command_comes_back(input in arbitrary::input()) {
        let (kind, flags, bytes) = encoded(&input);
        prop_assert_eq!(decode(kind, flags, &bytes).unwrap(), input);
        // Neither a byte less nor a byte more is the same command.
        prop_assert!(decode(kind, flags, &bytes[..bytes.len() - 1]).is_err());
        let longer = [&bytes[..], &[0]].concat();
        prop_assert!(decode(kind, flags, &longer).is_err());
    }

    #[test]
    fn whatever_decodes_is_encoded_to_the_same_bytes(
        input in arbitrary::input(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        flags in 0_u8..4,
    ) {
        let (kind, _, mut bytes) = encoded(&input);
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(decoded) = decode(kind, flags, &bytes) {
            prop_assert_eq!(encoded(&decoded), (kind, flags, bytes));
        }
    }

    #[test]
    fn decoding_never_panics(
        kind in 1_u8..=20, flags: u8, bytes in proptest::collection::vec(any::<u8>(), 0..130),
    ) {
        let kind = CommandKind::from_u8(kind).unwrap();
        let _ = decode(kind, flags, &bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_state_comes_back(image in arbitrary::image(), cut: prop::sample::Index) {
        let mut bytes = Vec::new();
        encode_image(&image, &mut bytes).unwrap();
        prop_assert_eq!(decode_image(&bytes).unwrap(), image.clone());
        prop_assert_eq!(state_hash(&image), *blake3::hash(&bytes).as_bytes());
        prop_assert!(decode_image(&bytes[..cut.index(bytes.len())]).is_err());
        bytes.push(0);
        prop_assert!(decode_image(&bytes).is_err());
    }

    #[test]
    fn decoding_a_damaged_state_never_panics_and_stays_unique(
        image in arbitrary::image(), at: prop::sample::Index, byte: u8,
    ) {
        let mut bytes = Vec::new();
        encode_image(&image, &mut bytes).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(decoded) = decode_image(&bytes) {
            let mut again = Vec::new();
            encode_image(&decoded, &mut again).unwrap();
            prop_assert_eq!(again, bytes);
        }
    }
}

/// The bytes of a whole record of `input`, padding included.
fn record_bytes(input: &Input) -> usize {
    let (_, _, payload) = encoded(input);
    extent(HEADER_BYTES + payload.len(), PAGE_BYTES).unwrap()
}

#[test]
fn frequent_records_fit_a_cache_line() {
    let expected = [
        ("place_limit", 64),
        ("place_limit_ioc", 64),
        ("place_limit_fok", 64),
        ("place_market", 56),
        ("cancel", 48),
        ("replace", 64),
        ("tick", 40),
    ];
    for (name, bytes) in expected {
        assert_eq!(record_bytes(&sample(name)), bytes, "{name}");
    }
}

#[test]
fn there_is_a_sample_of_every_kind() {
    let samples = samples();
    for kind in CommandKind::ALL {
        assert!(
            samples
                .iter()
                .any(|(_, input)| input.command.kind() == kind),
            "{kind:?}"
        );
    }
}

#[test]
fn impossible_values_are_named() {
    let (kind, _, mut bytes) = encoded(&common::order(1));
    bytes[16] |= 0x80; // A bit of the terms that is always 0.
    let error = decode(kind, 0, &bytes).unwrap_err().to_string();
    assert!(error.contains("order terms holds"), "{error}");

    let error = decode(kind, 1, &encoded(&common::order(1)).2)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "flags holds 1, a code that this version does not know"
    );

    let (kind, flags, mut bytes) = encoded(&sample("add_asset"));
    bytes[12] = b'b';
    let error = decode(kind, flags, &bytes).unwrap_err().to_string();
    assert!(
        error.contains("is no symbol: a symbol is 1 to 16 characters"),
        "{error}"
    );

    let (kind, flags, mut bytes) = encoded(&sample("add_key"));
    *bytes.last_mut().unwrap() = 0;
    let error = decode(kind, flags, &bytes).unwrap_err().to_string();
    assert_eq!(
        error,
        "permissions holds 0, a code that this version does not know"
    );

    let (kind, flags, mut bytes) = encoded(&sample("cancel_named"));
    bytes[17] = b' ';
    let error = decode(kind, flags, &bytes).unwrap_err().to_string();
    assert!(error.contains("is no client order id: "), "{error}");
    bytes[16] = 0;
    assert!(
        decode(kind, flags, &bytes[..17]).is_err(),
        "an empty name is no name"
    );
}

#[test]
fn a_false_count_claims_no_memory() {
    let mut bytes = Vec::new();
    let image = rialto_engine::image::StateImage {
        rules_version: 1,
        shard: ShardId(0),
        seq: Seq(0),
        time: Timestamp(0),
        capacity: Capacity::default(),
        order_count: 0,
        kill_switch: false,
        assets: vec![],
        instruments: vec![],
        accounts: vec![],
        keys: vec![],
        sources: vec![],
    };
    encode_image(&image, &mut bytes).unwrap();
    let count_at = bytes.len() - 5 * 8;
    bytes[count_at..count_at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
    let error = decode_image(&bytes).unwrap_err().to_string();
    assert!(
        error.contains("a list claims 18446744073709551615 entries"),
        "{error}"
    );
}
