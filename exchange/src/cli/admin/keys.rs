//! API keys: registering, listing and revoking them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use rialto_protocol::{AddKey, KeyDetails, KeyFlags, Permissions, RevokeKey, network};
use rialto_types::{AccountId, KeyId, NETWORKS_MAX, Network, Networks};
use serde::Serialize;
use serde_json::json;

use super::Office;
use crate::cli::keygen;
use crate::cli::output::{Paint, Report, Sentence};
use crate::cli::table::{Align, Table};

const EXAMPLES: &str = "Examples:
  rialto admin key add --account 3 --out trader.json          # makes the key pair here
  rialto admin key add --account 3 --public-key HEX           # made by its owner with `rialto keygen`
  rialto admin key add --account 3 --from 203.0.113.7,10.0.0.0/8 --out trader.json
  rialto admin key add --account 0 --permissions read,admin --out second-admin.json";

/// `rialto admin key`.
#[derive(Subcommand, Debug)]
pub(crate) enum Action {
    /// Give an account an API key
    #[command(after_help = EXAMPLES)]
    Add(NewKey),
    /// List API keys
    List {
        /// Only this account's
        #[arg(long, value_name = "N")]
        account: Option<u32>,
    },
    /// Take an API key away for good; its orders stay
    Revoke {
        /// Which key
        key_id: u32,
    },
}

/// `rialto admin key add`.
#[derive(Args, Debug)]
pub(crate) struct NewKey {
    /// For whom it acts; 0 is the venue, whose keys administer
    #[arg(long, value_name = "N")]
    account: u32,
    #[command(flatten)]
    origin: Origin,
    /// What it may do [default: read,trade; of account 0: read,admin]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LIST")]
    permissions: Vec<Permission>,
    /// The only networks that it may log on from, at most three [default: anywhere]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = network::parse
    )]
    from: Vec<Network>,
}

/// Where the key pair comes from.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Origin {
    /// Its public key, 64 hexadecimal digits, as `rialto keygen` printed it
    #[arg(long, value_name = "HEX", value_parser = public_key)]
    public_key: Option<[u8; 32]>,
    /// Make a key pair and write this key file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A permission on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Permission {
    /// See the account's orders, balances and reports
    Read,
    /// Place, replace and cancel the account's orders
    Trade,
    /// Administer the venue
    Admin,
}

fn public_key(text: &str) -> Result<[u8; 32], String> {
    let mut key = [0; 32];
    match hex::decode_to_slice(text, &mut key) {
        Ok(()) => Ok(key),
        Err(error) => Err(format!("a public key is 64 hexadecimal digits: {error}")),
    }
}

impl Action {
    /// What to ask about first; `own` is the key that the operator uses.
    pub(super) fn warning(&self, own: KeyId) -> Option<String> {
        match self {
            Self::Revoke { key_id } if *key_id == own.0 => Some(format!(
                "key {own} is the one that you are using: it will not log on again"
            )),
            _ => None,
        }
    }
}

/// Carries out one of them.
pub(super) async fn run(office: &mut Office, action: &Action) -> Result<()> {
    match action {
        Action::Add(key) => add(office, key).await,
        Action::List { account } => {
            let keys = office.desk.session.keys(account.map(AccountId)).await?;
            office.output.show(&Keys::new(&keys))
        }
        Action::Revoke { key_id } => revoke(office, KeyId(*key_id)).await,
    }
}

async fn add(office: &mut Office, new: &NewKey) -> Result<()> {
    let networks = Networks::new(&new.from).with_context(|| {
        let count = new.from.len();
        format!("--from has {count} networks: a key may have at most {NETWORKS_MAX}")
    })?;
    // The file comes first: a registered key whose file cannot be written would be nobody's.
    let public_key = match (&new.origin.public_key, &new.origin.out) {
        (Some(public_key), _) => *public_key,
        (None, Some(file)) => keygen::generate(file, false)?,
        (None, None) => anyhow::bail!("give --public-key HEX, or --out FILE to make a key pair"),
    };
    let account = AccountId(new.account);
    let permissions = new.permissions();
    let request = AddKey {
        account_id: account,
        public_key,
        permissions,
        networks: network::to_wire(&networks),
        ..AddKey::default()
    };
    let report = match office.desk.session.administer(request).await {
        Ok(report) => report,
        Err(error) => {
            discard(new.origin.out.as_deref(), &error);
            return Err(error.into());
        }
    };
    let key_id = report.affected_key_id.unwrap_or_default();
    if let Some(file) = &new.origin.out {
        keygen::complete(file, account, key_id).with_context(|| {
            format!("key {key_id} is registered, but its file could not be completed")
        })?;
    }
    let names = permission_names(permissions);
    let from = network::texts(&networks);
    let file = new.origin.out.as_ref().map(|file| file.display());
    let mut rest = names.clone();
    if !networks.is_any() {
        rest = format!("{rest}, only from {}", from.join(", "));
    }
    if let Some(file) = &file {
        rest = format!("{rest}; its file is {file}");
    }
    office.output.show(&Sentence::new(
        "added",
        format!("key {key_id} of account {account}: {rest}"),
        json!({
            "key_id": key_id.0,
            "account": account.0,
            "permissions": names,
            "from": from,
            "public_key": hex::encode(public_key),
            "file": file.map(|file| file.to_string()),
        }),
    ))
}

/// Removes a new key file whose key was refused. When the answer is missing the key may be registered:
/// then the file stays.
fn discard(file: Option<&Path>, error: &rialto_client::ClientError) {
    if let (Some(file), rialto_client::ClientError::Refused(_)) = (file, error) {
        // Nothing is lost with a file that stays: its key opens nothing.
        let _ = fs::remove_file(file);
    }
}

async fn revoke(office: &mut Office, key: KeyId) -> Result<()> {
    let request = RevokeKey {
        key_id: key,
        ..RevokeKey::default()
    };
    office.desk.session.administer(request).await?;
    office.output.show(&Sentence::new(
        "revoked",
        format!("key {key}; its open orders stay"),
        json!({"key_id": key.0}),
    ))
}

impl NewKey {
    fn permissions(&self) -> Permissions {
        if self.permissions.is_empty() {
            let right = if self.account == AccountId::VENUE.0 {
                Permissions::ADMIN
            } else {
                Permissions::TRADE
            };
            return Permissions::READ.with(right);
        }
        let bits = self.permissions.iter().map(|permission| match permission {
            Permission::Read => Permissions::READ,
            Permission::Trade => Permissions::TRADE,
            Permission::Admin => Permissions::ADMIN,
        });
        bits.fold(Permissions::NONE, Permissions::with)
    }
}

/// The permissions in words: `read,trade`.
fn permission_names(permissions: Permissions) -> String {
    let names = [
        (Permissions::READ, "read"),
        (Permissions::TRADE, "trade"),
        (Permissions::ADMIN, "admin"),
    ];
    let held = names
        .iter()
        .filter(|(permission, _)| permissions.contains(*permission));
    held.map(|(_, name)| *name).collect::<Vec<_>>().join(",")
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Keys {
    keys: Vec<KeyView>,
}

#[derive(Clone, Debug, Serialize)]
struct KeyView {
    key_id: u32,
    account: u32,
    permissions: String,
    /// The networks that it may log on from; none for anywhere.
    from: Vec<String>,
    revoked: bool,
    cancel_on_disconnect_armed: bool,
    highest_client_seq: u64,
    public_key: String,
}

impl Keys {
    fn new(keys: &[KeyDetails]) -> Self {
        let views = keys.iter().map(|key| KeyView {
            key_id: key.key_id.0,
            account: key.account_id.0,
            permissions: permission_names(key.permissions),
            from: match network::from_wire(&key.networks) {
                Ok(networks) => network::texts(&networks),
                Err(_) => vec!["unknown to this version".to_owned()],
            },
            revoked: key.key_flags.contains(KeyFlags::REVOKED),
            cancel_on_disconnect_armed: key
                .key_flags
                .contains(KeyFlags::CANCEL_ON_DISCONNECT_ARMED),
            highest_client_seq: key.highest_client_seq.0,
            public_key: hex::encode(key.public_key),
        });
        Self {
            keys: views.collect(),
        }
    }
}

impl Report for Keys {
    fn text(&self, paint: Paint) -> String {
        if self.keys.is_empty() {
            return paint.faint("no keys");
        }
        let mut table = Table::new([
            ("key", Align::Right),
            ("account", Align::Right),
            ("permissions", Align::Left),
            ("state", Align::Left),
            ("only from", Align::Left),
            ("requests up to", Align::Right),
            ("public key", Align::Left),
        ]);
        for key in self.keys.clone() {
            let state = match (key.revoked, key.cancel_on_disconnect_armed) {
                (true, _) => "revoked",
                (false, true) => "cancels on disconnect",
                (false, false) => "in use",
            };
            table.push([
                key.key_id.to_string(),
                key.account.to_string(),
                key.permissions,
                state.to_owned(),
                key.from.join(", "),
                key.highest_client_seq.to_string(),
                key.public_key,
            ]);
        }
        table.text()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use rialto_types::ClientSeq;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        key: NewKey,
    }

    fn new_key(line: &str) -> Result<NewKey, String> {
        let words = std::iter::once("add").chain(line.split_whitespace());
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        Ok(line.key)
    }

    #[test]
    fn permissions_follow_the_account_unless_they_are_stated() {
        for (line, names) in [
            ("--account 3 --out f", "read,trade"),
            ("--account 0 --out f", "read,admin"),
            ("--account 3 --out f --permissions read", "read"),
            ("--account 3 --out f --permissions trade,read", "read,trade"),
        ] {
            let permissions = new_key(line).unwrap().permissions();
            assert_eq!(permission_names(permissions), names, "{line}");
        }
    }

    #[test]
    fn networks_are_read_and_told() {
        let key = new_key("--account 3 --out f --from 10.0.0.0/8,::1").unwrap();
        let networks = Networks::new(&key.from).unwrap();
        assert_eq!(network::texts(&networks), ["10.0.0.0/8", "::1"]);
        let error = new_key("--account 3 --out f --from 10.0.0.1/8").unwrap_err();
        assert!(error.contains("beyond its prefix"), "{error}");
        let keys = Keys::new(&[KeyDetails {
            networks: network::to_wire(&networks),
            ..KeyDetails::default()
        }]);
        let text = keys.text(Paint::PLAIN);
        assert!(text.contains("  10.0.0.0/8, ::1  "), "{text}");
    }

    #[test]
    fn a_key_comes_from_exactly_one_place() {
        let digits = "5a".repeat(32);
        let given = new_key(&format!("--account 3 --public-key {digits}")).unwrap();
        assert_eq!(given.origin.public_key, Some([0x5a; 32]));
        for (line, reason) in [
            ("--account 3".to_owned(), "--public-key"),
            (
                format!("--account 3 --public-key {digits} --out f"),
                "cannot be used with",
            ),
            ("--account 3 --public-key 5a".to_owned(), "64 hexadecimal"),
            ("--account 3 --out f --permissions all".to_owned(), "admin"),
        ] {
            let error = new_key(&line).unwrap_err();
            assert!(error.contains(reason), "{line}: {error}");
        }
    }

    #[test]
    fn keys_are_listed_with_their_state() {
        let key = |id, flags| KeyDetails {
            key_id: KeyId(id),
            account_id: AccountId(3),
            highest_client_seq: ClientSeq(40),
            permissions: Permissions::READ.with(Permissions::TRADE),
            key_flags: flags,
            public_key: [7; 32],
            ..KeyDetails::default()
        };
        let keys = Keys::new(&[
            key(1, KeyFlags::NONE),
            key(2, KeyFlags::REVOKED),
            key(3, KeyFlags::CANCEL_ON_DISCONNECT_ARMED),
        ]);
        let text = keys.text(Paint::PLAIN);
        let lines = text.lines().skip(1);
        for (line, state) in lines.zip(["in use", "revoked", "cancels on disconnect"]) {
            assert!(
                line.contains(&format!("  read,trade   {state}  ")),
                "{text}"
            );
        }
        assert_eq!(serde_json::to_value(&keys).unwrap()[1]["revoked"], true);
    }
}
