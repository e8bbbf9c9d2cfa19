//! API keys on disk: made, written with owner-only permissions, never overwritten by accident.
//!
//! A key file is JSON: `{"account": 1, "key_id": 2, "ed25519_private_key_hex": "…"}`, or a list of such
//! objects. The private key is the 32-byte seed of RFC 8032. The client crate reads the same form.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use ed25519_dalek::SigningKey;
use rialto_types::{AccountId, KeyId, PublicKey};
use serde::Serialize;

use crate::recovery::random;

/// A private key and the number under which the exchange knows it.
#[derive(Serialize)]
pub struct KeyEntry {
    /// For whom it acts.
    pub account: u32,
    /// The exchange's number for it.
    pub key_id: u32,
    /// The 32-byte seed, in hexadecimal.
    pub ed25519_private_key_hex: String,
}

/// A new key that the exchange has no number for yet.
pub struct NewKey(SigningKey);

impl NewKey {
    /// Draws a key from the operating system.
    ///
    /// # Errors
    /// When it has no random bytes to give.
    pub fn generate() -> Result<Self> {
        Ok(Self(SigningKey::from_bytes(&random()?)))
    }

    /// What the exchange verifies signatures with.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// The 32-byte seed, in hexadecimal.
    pub fn private_hex(&self) -> String {
        hex::encode(self.0.to_bytes())
    }

    /// The entry of a key file.
    pub fn entry(&self, account: AccountId, key: KeyId) -> KeyEntry {
        let ed25519_private_key_hex = self.private_hex();
        KeyEntry {
            account: account.0,
            key_id: key.0,
            ed25519_private_key_hex,
        }
    }
}

/// Writes a secret as JSON, readable by its owner alone, by a temporary file that takes the place of an
/// older one only when it is whole.
///
/// # Errors
/// When the directory does not let it be written.
pub fn write_secret(path: &Path, content: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(content)?;
    text.push('\n');
    let temporary = path.with_extension("json.new");
    let write = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        // The name is safe only when the directory is.
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().with_context(|| format!("writing the key file {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_file_is_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.json");
        let key = NewKey::generate().unwrap();
        write_secret(&path, &vec![key.entry(AccountId(7), KeyId(9))]).unwrap();
        write_secret(&path, &vec![key.entry(AccountId(7), KeyId(9))]).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read[0]["account"], 7);
        assert_eq!(read[0]["key_id"], 9);
        let hex = read[0]["ed25519_private_key_hex"].as_str().unwrap();
        let seed: [u8; 32] = hex::decode(hex).unwrap().try_into().unwrap();
        let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        assert_eq!(PublicKey(public), key.public());
    }
}
