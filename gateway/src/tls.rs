//! TLS of the listening socket: the certificate, its renewal, and the handshake.
//!
//! Stands before HTTP: where a certificate is configured, every connection begins with a TLS handshake
//! (versions 1.2 and 1.3), in the time that it has for the head of its first request. The certificate can be
//! exchanged while the gateway runs; connections that there are keep the one they began with. One that does not
//! load changes nothing. Until when it is valid is told for the exchange's own certificate alone, and one that does
//! not say so is served too.
//!
//! Cost: a signature and a key exchange for each handshake, afterwards the encryption of every record, both on the
//! gateway's threads, which the sessions share. Neither was measured.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use prometheus_client::registry::Registry;
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{AlertDescription, Error as RustlsError, ServerConfig};

use crate::expiry::not_after;
use crate::metrics::CertificateExpiry;
use crate::stream::Stream;

/// The first byte of a TLS connection: a record of the kind "handshake" (RFC 8446, section 5.1).
const HANDSHAKE_RECORD: u8 = 0x16;
/// The only protocol that is spoken inside (RFC 7301).
const INNER_PROTOCOL: &[u8] = b"http/1.1";
/// What a client hears that does not begin with TLS but with HTTP.
const PLAIN_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n\
    connection: close\r\ncontent-length: 72\r\n\r\n\
    {\"error\":\"this port speaks TLS: use wss:// or https:// to connect here\"}";
/// How long such a client may take to read it, and how much of what it sent is read away meanwhile.
const PLAIN_PATIENCE: Duration = Duration::from_secs(1);
const PLAIN_BYTES_MAX: u64 = 16 * 1024;

/// Where the certificate and its key stand, both as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate of the exchange, followed by those of the authorities between it and a root.
    pub certificates: PathBuf,
    /// Its private key: PKCS#8, PKCS#1 or SEC1, not encrypted.
    pub key: PathBuf,
}

/// Why a certificate cannot be used. Each message is complete.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("the {what} {path:?} cannot be read: {error}")]
    Unreadable {
        /// What it should hold.
        what: &'static str,
        /// Its name.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A file does not hold what it should.
    #[error("the {what} {path:?} holds no {what} as PEM{detail}: {right} is needed")]
    NotPem {
        /// What it should hold.
        what: &'static str,
        /// Its name.
        path: PathBuf,
        /// What is wrong, where something like it is there.
        detail: String,
        /// What would be right.
        right: &'static str,
    },
    /// They are two different pairs.
    #[error("the private key {key:?} does not belong to the first certificate of {certificates:?}")]
    Mismatch {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificates.
        certificates: PathBuf,
    },
    /// The certificate or the key is of a kind that is not supported.
    #[error(
        "the certificate {certificates:?} cannot be used with the private key {key:?}: {error}; \
         ECDSA P-256 or P-384, Ed25519, or RSA of 2048 bits and more is needed"
    )]
    Unusable {
        /// The file of the certificates.
        certificates: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What the library said.
        error: RustlsError,
    },
}

/// Certificate and key, as they are used for new connections.
#[derive(Debug)]
pub(crate) struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
    /// When what is served expires.
    expiry: CertificateExpiry,
}

/// What the files hold.
struct Loaded {
    config: Arc<ServerConfig>,
    /// When the exchange's own certificate expires, the first of the file, if that is understood.
    expiry: Option<SystemTime>,
}

impl Tls {
    /// Reads certificate and key. When the certificate expires is among the metrics from then on.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub(crate) fn load(files: TlsFiles, registry: &mut Registry) -> Result<Self, TlsError> {
        let Loaded { config, expiry } = loaded(&files)?;
        let tls = Self {
            files,
            current: RwLock::new(config),
            expiry: CertificateExpiry::new(registry),
        };
        tls.note_expiry(expiry);
        Ok(tls)
    }

    /// Reads the files again: connections from now on are served with what they hold.
    ///
    /// # Errors
    /// What is wrong with the files; then nothing has changed.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        let Loaded { config, expiry } = loaded(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
        self.note_expiry(expiry);
        Ok(())
    }

    /// Tells when the certificate expires that is served from now on. The authorities' certificates after it do not
    /// count: a client may trust it by another way than theirs, such as past a root that has expired.
    fn note_expiry(&self, expiry: Option<SystemTime>) {
        if expiry.is_none() {
            tracing::warn!(
                certificates = %self.files.certificates.display(),
                "the first certificate is served, but until when it is valid is not understood: no metric \
                 and no alert will say when it expires"
            );
        }
        self.expiry.set(expiry);
    }

    fn current(&self) -> Arc<ServerConfig> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }

    /// The handshake of a new connection. The caller bounds its time. A client that speaks HTTP without TLS is
    /// told so.
    ///
    /// # Errors
    /// Why there is no TLS; the connection is closed.
    pub(crate) async fn accept(&self, stream: TcpStream) -> Result<Stream, HandshakeFailure> {
        let mut first = [0];
        match stream.peek(&mut first).await {
            Ok(1) if first[0] == HANDSHAKE_RECORD => {}
            Ok(1) if first[0].is_ascii_alphabetic() => {
                refuse_plain(stream).await;
                return Err(HandshakeFailure::PlainText);
            }
            Ok(1) => return Err(HandshakeFailure::NotTls),
            Ok(_) | Err(_) => return Err(HandshakeFailure::Closed),
        }
        match TlsAcceptor::from(self.current()).accept(stream).await {
            Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
            Err(error) => Err(HandshakeFailure::of(&error)),
        }
    }
}

/// Why a connection did not become one with TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakeFailure {
    /// It began as HTTP without TLS.
    PlainText,
    /// It was no TLS, or broke its rules.
    NotTls,
    /// No version or cipher suite that both sides have.
    NothingInCommon,
    /// The client does not trust the certificate.
    CertificateRefused,
    /// The client went away.
    Closed,
    /// It took too long.
    Timeout,
}

impl HandshakeFailure {
    /// All of them, in the order in which metrics count them.
    pub(crate) const ALL: [Self; 6] = [
        Self::PlainText,
        Self::NotTls,
        Self::NothingInCommon,
        Self::CertificateRefused,
        Self::Closed,
        Self::Timeout,
    ];

    /// The label in the metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PlainText => "PlainText",
            Self::NotTls => "NotTls",
            Self::NothingInCommon => "NothingInCommon",
            Self::CertificateRefused => "CertificateRefused",
            Self::Closed => "Closed",
            Self::Timeout => "Timeout",
        }
    }

    /// What a failed handshake means.
    fn of(error: &io::Error) -> Self {
        let Some(error) = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<RustlsError>())
        else {
            return Self::Closed;
        };
        match error {
            RustlsError::PeerIncompatible(_) | RustlsError::NoApplicationProtocol => {
                Self::NothingInCommon
            }
            RustlsError::AlertReceived(alert) => match alert {
                AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::DecryptError
                | AlertDescription::UnknownCA => Self::CertificateRefused,
                AlertDescription::HandshakeFailure
                | AlertDescription::ProtocolVersion
                | AlertDescription::InsufficientSecurity
                | AlertDescription::NoApplicationProtocol => Self::NothingInCommon,
                AlertDescription::CloseNotify | AlertDescription::UserCanceled => Self::Closed,
                _ => Self::NotTls,
            },
            _ => Self::NotTls,
        }
    }
}

/// Tells a client without TLS what is spoken here. What it sent is read before the socket is closed, as far as that
/// is little: closing one with something unread takes the answer back.
async fn refuse_plain(mut stream: TcpStream) {
    let telling = async {
        stream.write_all(PLAIN_ANSWER).await?;
        stream.shutdown().await?;
        let mut rest = stream.take(PLAIN_BYTES_MAX);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    // Whether it has read it or not, it is closed now.
    drop(tokio::time::timeout(PLAIN_PATIENCE, telling).await);
}

/// What TLS needs to know, from the files.
fn loaded(files: &TlsFiles) -> Result<Loaded, TlsError> {
    let certificates = certificates(&files.certificates)?;
    let key = key(&files.key)?;
    let expiry = certificates.first().and_then(|own| not_after(own));
    let built = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(certificates, key)
        });
    let TlsFiles { certificates, key } = files;
    let mut config = built.map_err(|error| match error {
        RustlsError::InconsistentKeys(_) => TlsError::Mismatch {
            key: key.clone(),
            certificates: certificates.clone(),
        },
        error => TlsError::Unusable {
            certificates: certificates.clone(),
            key: key.clone(),
            error,
        },
    })?;
    config.alpn_protocols = vec![INNER_PROTOCOL.to_vec()];
    Ok(Loaded {
        config: Arc::new(config),
        expiry,
    })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let what = "certificate";
    let text = read(path, what)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        other => Err(TlsError::NotPem {
            what,
            path: path.to_owned(),
            detail: other.err().map_or_else(String::new, detail),
            right: "a file with -----BEGIN CERTIFICATE-----",
        }),
    }
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let what = "private key";
    let text = read(path, what)?;
    warn_if_public(path);
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| TlsError::NotPem {
        what,
        path: path.to_owned(),
        detail: detail(error),
        right: "a file with -----BEGIN PRIVATE KEY-----, not encrypted,",
    })
}

/// What is wrong with a file, unless that there is nothing in it.
fn detail(error: pem::Error) -> String {
    match error {
        pem::Error::NoItemsFound => String::new(),
        error => format!(" ({error})"),
    }
}

fn read(path: &Path, what: &'static str) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError::Unreadable {
        what,
        path: path.to_owned(),
        error,
    })
}

/// Whoever has the private key can pretend to be the exchange.
#[cfg(unix)]
fn warn_if_public(path: &Path) {
    use std::os::unix::fs::PermissionsExt;

    const READABLE_BY_ALL: u32 = 0o004;
    let is_public = fs::metadata(path)
        .is_ok_and(|metadata| metadata.permissions().mode() & READABLE_BY_ALL != 0);
    if is_public {
        tracing::warn!(
            key = %path.display(),
            "every user of this machine can read the private key of the exchange: chmod 600 it"
        );
    }
}

#[cfg(not(unix))]
fn warn_if_public(_: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_plain_http_is_as_long_as_it_says() {
        let text = std::str::from_utf8(PLAIN_ANSWER).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let says = format!("content-length: {}", body.len());
        assert!(head.ends_with(&says), "{text}");
    }

    #[test]
    fn each_failure_has_a_name_of_its_own() {
        let mut names = HandshakeFailure::ALL.map(HandshakeFailure::name).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), HandshakeFailure::ALL.len());
        for (at, failure) in HandshakeFailure::ALL.into_iter().enumerate() {
            assert_eq!(failure as usize, at, "metrics count by this order");
        }
    }
}
