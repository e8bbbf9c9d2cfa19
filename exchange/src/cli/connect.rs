//! How commands reach an exchange: address, key, logon, and the directory of what is listed there.

use std::future::Future;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use rialto_client::{
    ApiKey, Connection, Directory, ListedInstrument, LogonOptions, Session, Trust,
};
use rialto_types::{AccountId, Timestamp};

use super::output::COMMON_OPTIONS;

/// Where the exchange is.
#[derive(Args, Clone, Debug)]
pub(crate) struct AddressOption {
    /// Where the exchange listens; wss://HOST:PORT where it speaks TLS
    #[arg(
        long,
        global = true,
        env = "RIALTO_ADDRESS",
        hide_env_values = true,
        help_heading = COMMON_OPTIONS,
        value_name = "HOST:PORT",
        default_value = "127.0.0.1:7400"
    )]
    pub(crate) address: String,

    /// The certificate of the authority to trust with wss://, as PEM; by default those that the system trusts
    #[arg(
        long,
        global = true,
        env = "RIALTO_CA",
        hide_env_values = true,
        help_heading = COMMON_OPTIONS,
        value_name = "FILE"
    )]
    pub(crate) ca: Option<PathBuf>,
}

impl AddressOption {
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
}

/// Who asks.
#[derive(Args, Clone, Debug)]
pub(crate) struct KeyOption {
    /// The file with the API key
    #[arg(
        long,
        global = true,
        env = "RIALTO_KEY",
        hide_env_values = true,
        help_heading = COMMON_OPTIONS,
        value_name = "FILE"
    )]
    pub(crate) key: Option<PathBuf>,
}

impl KeyOption {
    /// The key of `account`, or the only one of the file.
    ///
    /// # Errors
    /// When no file is named, or it holds no such key.
    pub(crate) fn load(&self, account: Option<AccountId>) -> Result<ApiKey> {
        Ok(ApiKey::load(self.file()?, account)?)
    }

    fn file(&self) -> Result<&Path> {
        let Some(file) = &self.key else {
            bail!(
                "no API key: name its file with --key FILE or RIALTO_KEY (`rialto serve` writes \
                 admin-key.json, and with --demo demo-keys.json, into its data directory)"
            );
        };
        Ok(file)
    }
}

/// A session with what its exchange lists.
pub(crate) struct Desk {
    /// The session.
    pub(crate) session: Session,
    /// Its exchange's assets and instruments.
    pub(crate) directory: Directory,
}

impl Desk {
    /// Connects, logs on and reads the directory.
    ///
    /// # Errors
    /// When nobody answers, or the key is not accepted.
    pub(crate) async fn open(address: &AddressOption, key: &ApiKey) -> Result<Self> {
        let connection = Connection::open_trusting(&address.address, &address.trust()?).await?;
        let mut session = connection.log_on(key, LogonOptions::default()).await?;
        let directory = Directory::load(session.connection()).await?;
        Ok(Self { session, directory })
    }

    /// An instrument by its symbol, whatever the case of its letters.
    ///
    /// # Errors
    /// When it is not listed; the message says what is.
    pub(crate) fn instrument(&self, symbol: &str) -> Result<ListedInstrument> {
        let symbol = symbol.to_uppercase();
        Ok(*self.directory.by_symbol(&symbol)?)
    }

    /// The exchange's clock at logon.
    pub(crate) const fn server_time(&self) -> Timestamp {
        self.session.logon().server_time
    }

    /// Logs out. What was asked for has been answered, so a connection that fails now is no failure.
    pub(crate) async fn close(self) {
        let _ = self.session.log_out().await;
    }
}

/// Runs what a command does, on this thread.
///
/// # Errors
/// What it answers, and when the system gives no event queue.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the event loop")?;
    runtime.block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_key_the_message_says_where_keys_come_from() {
        let error = KeyOption { key: None }.load(None).unwrap_err().to_string();
        assert!(error.contains("--key FILE or RIALTO_KEY"), "{error}");
        assert!(error.contains("demo-keys.json"), "{error}");
    }
}
