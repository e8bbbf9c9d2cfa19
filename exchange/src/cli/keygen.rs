//! `rialto keygen`: an Ed25519 key pair, made where it will be used.
//!
//! The private key stays in a file of its owner's (mode 0600); the public key goes to whoever administers
//! the exchange, who answers with the ids of account and key. `rialto keygen complete` puts them into
//! the file, which can then log on. Files appear whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use rialto_client::ApiKey;
use rialto_types::{AccountId, KeyId, PublicKey};
use serde::Serialize;
use serde_json::{Value, json};

use super::output::{Ending, Output, OutputOptions, Paint, Report};

const EXAMPLES: &str = "Examples:
  rialto keygen --out bot.json
  rialto admin key add --account 3 --public-key HEX     # the administrator, with the public key
  rialto keygen complete bot.json --account 3 --key-id 12";

/// The arguments of `rialto keygen`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// Where to write the private key
    #[arg(long, value_name = "FILE", default_value = "rialto-key.json")]
    out: PathBuf,
    /// Write over an existing file
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Put the ids that the administrator was told into a key file
    Complete {
        /// The file that `rialto keygen` wrote
        file: PathBuf,
        /// The account that the key acts for
        #[arg(long)]
        account: u32,
        /// The id that the exchange gave the key
        #[arg(long)]
        key_id: u32,
    },
}

/// Makes a key pair, or completes a key file.
///
/// # Errors
/// When the file exists, cannot be written, or is no key file.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending> {
    let output = Output::new(arguments.output);
    match &arguments.action {
        None => {
            let public_key = generate(&arguments.out, arguments.force)?;
            output.show(&Generated {
                file: arguments.out.clone(),
                public_key: hex::encode(public_key),
            })?;
        }
        Some(Action::Complete {
            file,
            account,
            key_id,
        }) => {
            complete(file, AccountId(*account), KeyId(*key_id))?;
            output.show(&Completed {
                file: file.clone(),
                account: *account,
                key_id: *key_id,
            })?;
        }
    }
    Ok(Ending::Done)
}

#[derive(Debug, Serialize)]
struct Generated {
    file: PathBuf,
    public_key: String,
}

#[derive(Debug, Serialize)]
struct Completed {
    file: PathBuf,
    account: u32,
    key_id: u32,
}

/// Makes a key pair and writes its file, which lacks only the ids. Gives the public key.
///
/// # Errors
/// When the file exists, unless `force` is set, or cannot be written.
pub(super) fn generate(path: &Path, force: bool) -> Result<[u8; 32]> {
    if path.exists() && !force {
        bail!(
            "{} exists: a key that is written over is lost; name another file with --out, or say \
             --force",
            path.display()
        );
    }
    let secret = ApiKey::random_secret()?;
    let entry = json!({
        "account": null,
        "key_id": null,
        "ed25519_private_key_hex": hex::encode(secret),
    });
    write_private(path, &entry)?;
    let PublicKey(public_key) = ApiKey::public_key_of(&secret);
    Ok(public_key)
}

/// Puts the ids into a key file.
///
/// # Errors
/// When it is no key file, has other ids already, or cannot be written; it is then as it was.
pub(super) fn complete(path: &Path, account: AccountId, key_id: KeyId) -> Result<()> {
    let reading = || format!("reading the key file {}", path.display());
    let text = fs::read_to_string(path).with_context(reading)?;
    // What the text is must not be repeated in a message: it is a secret.
    let Ok(Value::Object(mut entry)) = serde_json::from_str(&text) else {
        bail!(
            "{} is not the file of one key: expected a JSON object with ed25519_private_key_hex",
            path.display()
        );
    };
    for (field, id) in [("account", account.0), ("key_id", key_id.0)] {
        match entry.insert(field.to_owned(), json!(id)) {
            None | Some(Value::Null) => {}
            Some(present) if present == json!(id) => {}
            Some(present) => bail!(
                "{} has the {field} {present} already, not {id}: each key has a file of its own",
                path.display()
            ),
        }
    }
    // The new file must be one that logs on before it takes the place of the old one.
    let partial = partial_path(path);
    write_new(&partial, &Value::Object(entry))?;
    let checked = ApiKey::load(&partial, Some(account))
        .map_err(anyhow::Error::from)
        .and_then(|_| Ok(fs::rename(&partial, path)?));
    if checked.is_err() {
        fs::remove_file(&partial).ok();
    }
    checked.with_context(|| format!("completing {}", path.display()))
}

/// Writes a file for its owner alone, whole or not at all.
fn write_private(path: &Path, value: &Value) -> Result<()> {
    let partial = partial_path(path);
    let written = write_new(&partial, value).and_then(|()| Ok(fs::rename(&partial, path)?));
    written.with_context(|| format!("writing {}", path.display()))
}

fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    name.into()
}

fn write_new(path: &Path, value: &Value) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options
        .open(path)
        .with_context(|| format!("creating {}", path.display()))?;
    writeln!(file, "{value:#}")?;
    file.sync_all()?;
    Ok(())
}

impl Report for Generated {
    fn text(&self, paint: Paint) -> String {
        let (file, public_key) = (self.file.display(), &self.public_key);
        format!(
            "{} {file} (keep it: whoever has it trades in its name)\npublic key {}\n\nNext, an \
             administrator of the exchange registers it:\n  rialto admin key add --account N \
             --public-key {public_key}\nand with the ids that this prints the file is complete:\n  \
             rialto keygen complete {file} --account N --key-id M",
            paint.good("wrote"),
            paint.strong(public_key),
        )
    }
}

impl Report for Completed {
    fn text(&self, paint: Paint) -> String {
        let Self {
            file,
            account,
            key_id,
        } = self;
        let file = file.display();
        format!(
            "{} {file}: key {key_id} of account {account}\ntry it: rialto order balances --key {file}",
            paint.good("completed"),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_registered_and_completed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bot.json");
        let public_key = generate(&path, false).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let unfinished = ApiKey::load(&path, None).unwrap_err().to_string();
        assert!(unfinished.contains("account is missing"), "{unfinished}");

        complete(&path, AccountId(3), KeyId(12)).unwrap();
        let key = ApiKey::load(&path, None).unwrap();
        assert_eq!((key.account().0, key.key_id().0), (3, 12));
        assert_eq!(key.public_key(), PublicKey(public_key));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        complete(&path, AccountId(3), KeyId(12)).unwrap();
        let other = complete(&path, AccountId(4), KeyId(12))
            .unwrap_err()
            .to_string();
        assert!(other.contains("has the account 3 already"), "{other}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_existing_file_is_written_over_only_by_force() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.json");
        let first = generate(&path, false).unwrap();
        let refused = generate(&path, false).unwrap_err().to_string();
        assert!(refused.contains("--force"), "{refused}");
        let second = generate(&path, true).unwrap();
        assert_ne!(first, second);
    }

    #[test]
    fn what_is_no_key_file_is_left_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("other.json");
        for text in ["[]", "secret", r#"{"ed25519_private_key_hex": "00"}"#] {
            fs::write(&path, text).unwrap();
            let error = format!("{:#}", complete(&path, AccountId(1), KeyId(2)).unwrap_err());
            assert!(error.contains("other.json"), "{error}");
            assert!(!error.contains("secret"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
