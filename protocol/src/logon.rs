//! What an API key signs to log on.
//!
//! The exchange sends a [`Challenge`] with random bytes; the client answers with an Ed25519 signature
//! (RFC 8032, no prehash, no context) over the text made here. The text begins with a domain of its own,
//! so that the signature is good for nothing else, and names the exchange and the key, so that it is good
//! for no other exchange and no other key. This crate makes the bytes; signing is the client's matter,
//! verifying the gateway's.

use rialto_types::KeyId;

use crate::Challenge;

/// The first bytes of what is signed.
pub const LOGON_DOMAIN: &[u8; 15] = b"rialto-logon-v1";
/// Bytes of what is signed: domain, nonce (32), exchange id (8), key id (4).
pub const LOGON_TEXT_LEN: usize = LOGON_DOMAIN.len() + 32 + 8 + 4;

/// The bytes that the key signs: domain, nonce, exchange id and key id, one after another, integers
/// little-endian.
///
/// # Panics
/// Never: the parts are as long as [`LOGON_TEXT_LEN`] says.
pub fn logon_text(challenge: &Challenge, key: KeyId) -> [u8; LOGON_TEXT_LEN] {
    let text = [
        LOGON_DOMAIN.as_slice(),
        &challenge.nonce,
        &challenge.exchange_id.to_le_bytes(),
        &key.0.to_le_bytes(),
    ];
    text.concat()
        .try_into()
        .expect("the parts add up to the length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_domain_nonce_exchange_and_key() {
        let challenge = Challenge {
            nonce: [7; 32],
            exchange_id: 0x0102_0304_0506_0708,
            ..Challenge::default()
        };
        let text = logon_text(&challenge, KeyId(0x0a0b_0c0d));
        assert_eq!(&text[..15], b"rialto-logon-v1");
        assert_eq!(&text[15..47], &[7; 32]);
        assert_eq!(&text[47..55], &[8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(&text[55..], &[0x0d, 0x0c, 0x0b, 0x0a]);
    }
}
