//! API keys: who a client is, and the files that hold them.
//!
//! A key file is JSON: one object, or a list of objects, with the fields `account`, `key_id` and
//! `ed25519_private_key_hex`. Other fields are allowed and not looked at. Whoever reads such a file can
//! trade in its name, so files are written for the owner alone and never over another file.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signer, SigningKey};
use rialto_protocol::{Challenge, logon_text};
use rialto_types::{AccountId, KeyId, PublicKey};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A key file is a few hundred bytes a key; what is longer is another file.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// An API key with its secret.
#[derive(Clone)]
pub struct ApiKey {
    account: AccountId,
    key_id: KeyId,
    /// Zeroed when dropped.
    secret: SigningKey,
}

/// Why a key file cannot be used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read the key file {}: {error}", .path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the key file {}: {error}", .path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file is no key file.
    #[error("{} is not a key file: {reason}", .path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Several keys, and nobody said which.
    #[error("{} holds the keys of accounts {accounts}: say which account", .path.display())]
    Ambiguous {
        /// Which file.
        path: PathBuf,
        /// The accounts.
        accounts: String,
    },
    /// No key of the account.
    #[error("{} holds no key of account {account}, only of {accounts}", .path.display())]
    NoSuchAccount {
        /// Which file.
        path: PathBuf,
        /// Asked for.
        account: AccountId,
        /// The accounts that it has.
        accounts: String,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for a new key: {0}")]
    Random(String),
}

/// One key as it stands in a file.
#[derive(Serialize, Deserialize)]
struct Entry {
    account: Option<u32>,
    key_id: Option<u32>,
    ed25519_private_key_hex: String,
}

/// What a file may hold.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entries {
    Many(Vec<Entry>),
    One(Entry),
}

impl ApiKey {
    /// A key of this account with this secret, the 32 bytes of RFC 8032.
    pub fn from_secret(account: AccountId, key_id: KeyId, secret: &[u8; 32]) -> Self {
        Self {
            account,
            key_id,
            secret: SigningKey::from_bytes(secret),
        }
    }

    /// A new random secret.
    ///
    /// # Errors
    /// [`KeyError::Random`] when the system has no randomness to give.
    pub fn random_secret() -> Result<[u8; 32], KeyError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| KeyError::Random(error.to_string()))?;
        Ok(secret)
    }

    /// The key of `account` in a file, or its only key when no account is named.
    ///
    /// # Errors
    /// When the file cannot be read or holds no such key, or several and none was named.
    pub fn load(path: impl AsRef<Path>, account: Option<AccountId>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        let mut keys = Self::load_all(path)?;
        let accounts = || {
            let accounts = keys.iter().map(|key| key.account.to_string());
            accounts.collect::<Vec<_>>().join(", ")
        };
        match account {
            Some(account) => match keys.iter().position(|key| key.account == account) {
                Some(index) => Ok(keys.swap_remove(index)),
                None => Err(KeyError::NoSuchAccount {
                    path: path.to_owned(),
                    account,
                    accounts: accounts(),
                }),
            },
            None if keys.len() == 1 => Ok(keys.swap_remove(0)),
            None => Err(KeyError::Ambiguous {
                path: path.to_owned(),
                accounts: accounts(),
            }),
        }
    }

    /// All keys of a file, at least one, in its order.
    ///
    /// # Errors
    /// When the file cannot be read or is no key file.
    pub fn load_all(path: impl AsRef<Path>) -> Result<Vec<Self>, KeyError> {
        let path = path.as_ref();
        let read = || {
            let size = fs::metadata(path)?.len();
            if size > FILE_BYTES_MAX {
                let message = format!("{size} bytes; a key file has at most {FILE_BYTES_MAX}");
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
            }
            fs::read_to_string(path)
        };
        let text = read().map_err(|error| KeyError::Read {
            path: path.to_owned(),
            error,
        })?;
        parse(&text).map_err(|reason| KeyError::Malformed {
            path: path.to_owned(),
            reason,
        })
    }

    /// Writes this key as a new file that its owner alone may read (mode 0600).
    ///
    /// # Errors
    /// [`KeyError::Write`], also when the file exists: a key is never written over.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), KeyError> {
        write_new(path.as_ref(), &self.entry())
    }

    /// Writes several keys as a list, as [`ApiKey::save`] does.
    ///
    /// # Errors
    /// As [`ApiKey::save`].
    pub fn save_all(keys: &[Self], path: impl AsRef<Path>) -> Result<(), KeyError> {
        let entries: Vec<Entry> = keys.iter().map(Self::entry).collect();
        write_new(path.as_ref(), &entries)
    }

    /// The account that it acts for.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Its id.
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// What its logon is verified with.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.secret.verifying_key().to_bytes())
    }

    /// The public key of a secret, for registering it before it has an id.
    pub fn public_key_of(secret: &[u8; 32]) -> PublicKey {
        PublicKey(SigningKey::from_bytes(secret).verifying_key().to_bytes())
    }

    /// A secret of its own for each purpose, made from this key's: whoever has this key has them all,
    /// nobody else can tell them from random bytes. So a tool that sets up accounts finds them again
    /// without a file of its own. BLAKE3 in its key derivation mode.
    pub fn derive_secret(&self, purpose: &str) -> [u8; 32] {
        let material = [self.secret.as_bytes().as_slice(), purpose.as_bytes()].concat();
        blake3::derive_key(
            "rialto-client 2026 secret derived from an API key",
            &material,
        )
    }

    /// Signs a text. Whoever verifies it must know what it is about: begin it with a word for that, so that
    /// no signature can stand for another.
    pub fn sign_text(&self, text: &[u8]) -> [u8; 64] {
        self.secret.sign(text).to_bytes()
    }

    /// Signs the logon to the exchange that sent `challenge`.
    pub(crate) fn sign(&self, challenge: &Challenge) -> [u8; 64] {
        let text = logon_text(challenge, self.key_id);
        self.secret.sign(&text).to_bytes()
    }

    fn entry(&self) -> Entry {
        Entry {
            account: Some(self.account.0),
            key_id: Some(self.key_id.0),
            ed25519_private_key_hex: hex::encode(self.secret.as_bytes()),
        }
    }
}

impl fmt::Debug for ApiKey {
    /// Everything but the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("account", &self.account)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// Reads the text of a key file; the error names what is wrong without repeating a secret.
fn parse(text: &str) -> Result<Vec<ApiKey>, String> {
    const EXPECTED: &str =
        "one JSON object, or a list of them, with account, key_id and ed25519_private_key_hex";
    let entries = match serde_json::from_str(text) {
        Ok(Entries::Many(entries)) => entries,
        Ok(Entries::One(entry)) => vec![entry],
        Err(error) if error.is_data() => return Err(format!("expected {EXPECTED}")),
        Err(error) => return Err(format!("{error}; expected {EXPECTED}")),
    };
    if entries.is_empty() {
        return Err("the list is empty".to_owned());
    }
    let numbered = entries.iter().enumerate();
    numbered
        .map(|(index, entry)| key(entry).map_err(|reason| format!("key {}: {reason}", index + 1)))
        .collect()
}

/// One entry of a file.
fn key(entry: &Entry) -> Result<ApiKey, String> {
    let missing = |field| format!("{field} is missing: it is told when the key is registered");
    let account = entry.account.ok_or_else(|| missing("account"))?;
    let key_id = entry.key_id.ok_or_else(|| missing("key_id"))?;
    let digits = &entry.ed25519_private_key_hex;
    let mut secret = [0; 32];
    hex::decode_to_slice(digits, &mut secret).map_err(|_| {
        let count = digits.chars().count();
        format!("ed25519_private_key_hex has {count} characters or other ones; it is 64 hexadecimal digits")
    })?;
    Ok(ApiKey::from_secret(
        AccountId(account),
        KeyId(key_id),
        &secret,
    ))
}

/// Makes a file for the owner alone with `value` as JSON. It is written beside its place and put there
/// whole: whoever is interrupted leaves no half of it under its name.
fn write_new(path: &Path, value: &impl Serialize) -> Result<(), KeyError> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| KeyError::Write {
        path: path.to_owned(),
        error: error.into(),
    })?;
    text.push('\n');
    let unfinished = unfinished(path);
    // Of a process that had this id before and was killed.
    drop(fs::remove_file(&unfinished));
    let written = write_private(&unfinished, &text)
        // Fails when there is a file of that name, as a rename would not.
        .and_then(|()| fs::hard_link(&unfinished, path));
    drop(fs::remove_file(&unfinished));
    written
        .and_then(|()| sync_directory(path))
        .map_err(|error| KeyError::Write {
            path: path.to_owned(),
            error,
        })
}

/// Where a file is written before it is put in its place: beside it, a name for each process.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.unfinished", std::process::id()));
    path.with_file_name(name)
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Makes the name of a new file durable. Not every system lets a directory be opened for that.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    match fs::File::open(directory) {
        Ok(directory) if cfg!(unix) => directory.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signature, VerifyingKey};

    fn key(account: u32) -> ApiKey {
        ApiKey::from_secret(AccountId(account), KeyId(account + 10), &[7; 32])
    }

    #[test]
    fn files_of_one_and_of_many_keys_are_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let (one, many) = (directory.path().join("one"), directory.path().join("many"));
        key(3).save(&one).unwrap();
        ApiKey::save_all(&[key(1), key(2)], &many).unwrap();
        assert_eq!(ApiKey::load(&one, None).unwrap().key_id(), KeyId(13));
        let second = ApiKey::load(&many, Some(AccountId(2))).unwrap();
        assert_eq!(second.public_key(), key(2).public_key());
        let ambiguous = ApiKey::load(&many, None).unwrap_err().to_string();
        assert!(ambiguous.contains("accounts 1, 2"), "{ambiguous}");
        let none = ApiKey::load(&many, Some(AccountId(9))).unwrap_err();
        assert!(none.to_string().contains("no key of account 9"), "{none}");
    }

    #[cfg(unix)]
    #[test]
    fn files_are_for_the_owner_alone_and_never_overwritten() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.json");
        key(1).save(&path).unwrap();
        let left = fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(left, 1, "nothing is left beside it");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(matches!(key(2).save(&path), Err(KeyError::Write { .. })));
        assert_eq!(ApiKey::load(&path, None).unwrap().account(), AccountId(1));
    }

    #[test]
    fn what_is_no_key_file_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "expected one JSON object"),
            ("[]", "the list is empty"),
            ("{}", "expected one JSON object"),
            (r#"{"ed25519_private_key_hex": "00"}"#, "account is missing"),
            (
                r#"{"account": 1, "ed25519_private_key_hex": "00"}"#,
                "key_id is missing",
            ),
            (
                r#"[{"account": 1, "key_id": 2, "ed25519_private_key_hex": "00"}]"#,
                "key 1: ed25519_private_key_hex has 2 characters",
            ),
            (
                r#"{"account": -1, "key_id": 2, "ed25519_private_key_hex": "00"}"#,
                "expected one JSON object",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(reason), "{text:?} gives {error}");
        }
        let missing = ApiKey::load("no/such/file", None).unwrap_err();
        assert!(missing.to_string().contains("no/such/file"), "{missing}");
    }

    #[test]
    fn a_logon_signature_verifies() {
        let challenge = Challenge {
            nonce: [5; 32],
            ..Challenge::default()
        };
        let public = VerifyingKey::from_bytes(&key(1).public_key().0).unwrap();
        let signature = Signature::from_bytes(&key(1).sign(&challenge));
        let text = logon_text(&challenge, key(1).key_id());
        assert!(public.verify_strict(&text, &signature).is_ok());
    }

    #[test]
    fn derived_secrets_are_the_same_again_and_differ_by_purpose_and_key() {
        let other = ApiKey::from_secret(AccountId(1), KeyId(11), &[8; 32]);
        assert_eq!(key(1).derive_secret("a"), key(1).derive_secret("a"));
        assert_ne!(key(1).derive_secret("a"), key(1).derive_secret("b"));
        assert_ne!(key(1).derive_secret("a"), other.derive_secret("a"));
    }

    #[test]
    fn the_secret_is_not_printed() {
        let text = format!("{:?}", key(1));
        assert!(!text.contains("07"), "{text}");
        assert_ne!(
            ApiKey::random_secret().unwrap(),
            ApiKey::random_secret().unwrap()
        );
    }
}
