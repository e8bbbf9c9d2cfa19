//! `rialto serve`: starts an exchange.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rialto_exchange::config::{Config, LogFormat};
use rialto_exchange::{logging, serve};
use toml::Value;

use super::output::Ending;

/// What `rialto serve` can be told. Everything else is configuration: see `rialto.example.toml`.
#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The configuration file, in the form of rialto.example.toml [default: rialto.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where journal and keys stand [default: rialto-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The address to listen on [default: 127.0.0.1:7400]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Serve TLS with this certificate, as PEM, followed by those of its authorities
    #[arg(long, value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// The private key of the certificate, as PEM
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// List three instruments, fund eight accounts and let market makers and takers trade
    #[arg(long)]
    demo: bool,
    /// How logs are written, to standard error
    #[arg(long, value_name = "FORMAT")]
    log: Option<LogFormat>,
}

/// Runs until the process is told to end.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending> {
    let config = configuration(arguments)?;
    logging::start(&config.log)?;
    serve::run(&config, arguments.demo)?;
    Ok(Ending::Done)
}

fn configuration(arguments: &Arguments) -> Result<Config> {
    let mut flags = Vec::new();
    for (key, flag, path) in [
        ("data", "--data", &arguments.data),
        (
            "tls_certificate",
            "--tls-certificate",
            &arguments.tls_certificate,
        ),
        ("tls_key", "--tls-key", &arguments.tls_key),
    ] {
        if let Some(path) = path {
            flags.push(("server", key, Value::String(text_of(flag, path)?)));
        }
    }
    if let Some(listen) = arguments.listen {
        flags.push(("server", "listen", Value::String(listen.to_string())));
    }
    if let Some(log) = arguments.log {
        let format = match log {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        flags.push(("log", "format", Value::String(format.to_owned())));
    }
    Config::load(serve::config_file(arguments.config.as_deref()), flags)
}

/// A path as text: what is told to people and to other programs, and copied by them, must name this file.
fn text_of(flag: &str, path: &Path) -> Result<String> {
    let text = path.to_str().with_context(|| {
        let shown = path.as_os_str().as_encoded_bytes().escape_ascii();
        format!("{flag} {shown} is not UTF-8; name a path that is")
    })?;
    Ok(text.to_owned())
}
