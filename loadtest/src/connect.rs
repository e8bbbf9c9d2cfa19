//! Where the exchange is, and who asks.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use rialto_client::{ApiKey, Connection, Trust};
use rialto_types::AccountId;

/// The name of the file that an exchange writes its administrator's key to.
const ADMIN_KEY_FILE: &str = "admin-key.json";

/// Options that every test has.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConnectOptions {
    /// Where the exchange listens; wss://HOST:PORT where it speaks TLS
    #[arg(
        long,
        env = "RIALTO_ADDRESS",
        value_name = "HOST:PORT",
        default_value = "127.0.0.1:7400"
    )]
    pub(crate) address: String,

    /// The certificate of the authority to trust with wss://, as PEM; by default those that the system trusts
    #[arg(long, env = "RIALTO_CA", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// The administrator's key, to set up accounts and an instrument; by default the admin-key.json that
    /// stands beside the file of --keys
    #[arg(long, value_name = "FILE")]
    pub(crate) admin_key: Option<PathBuf>,

    /// A file of API keys, such as the demo-keys.json of an exchange's data directory
    #[arg(long, env = "RIALTO_KEYS", value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
}

impl ConnectOptions {
    /// Whom to trust.
    ///
    /// # Errors
    /// When the file that is named holds no certificate.
    pub(crate) fn trust(&self) -> Result<Trust> {
        Ok(match &self.ca {
            None => Trust::system(),
            Some(path) => Trust::authorities(path)?,
        })
    }

    /// Connects.
    ///
    /// # Errors
    /// When nobody answers, or whoever answers is not trusted.
    pub(crate) async fn open(&self) -> Result<Connection> {
        Ok(Connection::open_trusting(&self.address, &self.trust()?).await?)
    }

    /// The administrator's key.
    ///
    /// # Errors
    /// When there is none, or its file cannot be used.
    pub(crate) fn admin_key(&self) -> Result<ApiKey> {
        match self.find_admin_key()? {
            Some(key) => Ok(key),
            None => bail!(
                "an administrator's key is needed to set up accounts and an instrument: name the \
                 {ADMIN_KEY_FILE} of the exchange's data directory with --admin-key FILE"
            ),
        }
    }

    /// The administrator's key, if one is named or stands where it is expected.
    ///
    /// # Errors
    /// When a file that is there cannot be used.
    pub(crate) fn find_admin_key(&self) -> Result<Option<ApiKey>> {
        let venue = Some(AccountId::VENUE);
        if let Some(path) = &self.admin_key {
            return Ok(Some(ApiKey::load(path, venue)?));
        }
        let Some(keys) = &self.keys else {
            return Ok(None);
        };
        let mut all = ApiKey::load_all(keys)?;
        if let Some(at) = all.iter().position(|key| key.account() == AccountId::VENUE) {
            return Ok(Some(all.swap_remove(at)));
        }
        let beside = keys.parent().unwrap_or(Path::new("")).join(ADMIN_KEY_FILE);
        if !beside.exists() {
            return Ok(None);
        }
        Ok(Some(ApiKey::load(beside, venue)?))
    }

    /// A key to trade with: that of `account`, or the last of the file.
    ///
    /// # Errors
    /// When no file is named or it holds no such key.
    pub(crate) fn trading_key(&self, account: Option<u32>) -> Result<ApiKey> {
        let keys = self.keys.as_ref().context(
            "no API key: name a file with --keys FILE, or an administrator's key with --admin-key FILE",
        )?;
        if let Some(account) = account {
            return Ok(ApiKey::load(keys, Some(AccountId(account)))?);
        }
        let mut all = ApiKey::load_all(keys)?;
        all.retain(|key| key.account() != AccountId::VENUE);
        let last = all.pop();
        last.with_context(|| format!("{} holds no key of a trader's account", keys.display()))
    }
}
