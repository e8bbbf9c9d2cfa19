//! The worked example of a logon: a private key, what it signs, the signature.

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier};
use rialto_protocol::{LOGON_TEXT_LEN, logon_text};
use rialto_types::KeyId;

use crate::samples;

/// The private key of the example, as RFC 8032 calls its 32 bytes.
pub(crate) const PRIVATE_KEY: [u8; 32] = counting(1);
/// The nonce of the example.
pub(crate) const NONCE: [u8; 32] = counting(0x41);
/// The exchange of the example.
pub(crate) const EXCHANGE_ID: u64 = 0x1122_3344_5566_7788;

/// 32 bytes that count up.
const fn counting(first: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut value = first;
    let mut index = 0;
    while index < bytes.len() {
        bytes[index] = value;
        value += 1;
        index += 1;
    }
    bytes
}

/// The public key of the example.
pub(crate) fn public_key() -> [u8; 32] {
    SigningKey::from_bytes(&PRIVATE_KEY)
        .verifying_key()
        .to_bytes()
}

/// What key 3 of the example signs.
pub(crate) fn text() -> [u8; LOGON_TEXT_LEN] {
    logon_text(&samples::challenge(), KeyId(3))
}

/// The signature of the example.
pub(crate) fn signature() -> [u8; 64] {
    SigningKey::from_bytes(&PRIVATE_KEY)
        .sign(&text())
        .to_bytes()
}

#[test]
fn the_signature_verifies_and_no_other_text_does() {
    let key = SigningKey::from_bytes(&PRIVATE_KEY).verifying_key();
    let signature = Signature::from_bytes(&signature());
    assert!(key.verify(&text(), &signature).is_ok());
    for index in 0..LOGON_TEXT_LEN {
        let mut other = text();
        other[index] ^= 1;
        assert!(key.verify(&other, &signature).is_err(), "byte {index}");
    }
}
