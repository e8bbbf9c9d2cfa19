//! Whom a client believes to be its exchange: the certificates that `wss://` is checked against, and the
//! handshake of TLS.
//!
//! TLS 1.2 and 1.3. Nothing here turns the check off: an exchange with a certificate of its own making is
//! trusted by naming that certificate, or the one of the authority that signed it.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as RustlsError, RootCertStore,
    SignatureScheme,
};

use crate::ClientError;
use crate::address::Address;

/// The system's authorities, read when first needed: there are some hundred of them.
static SYSTEM: OnceLock<Arc<ClientConfig>> = OnceLock::new();

/// Whose certificates a client accepts. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Trust(Option<Arc<ClientConfig>>);

impl Trust {
    /// The authorities that the system trusts. `SSL_CERT_FILE` and `SSL_CERT_DIR` name others, as with most
    /// programs. The default.
    pub const fn system() -> Self {
        Self(None)
    }

    /// The authorities in a file of PEM, and no others. A certificate that signed itself stands for itself.
    ///
    /// # Errors
    /// [`ClientError::Trust`] when the file cannot be read or holds no certificate.
    pub fn authorities(path: impl AsRef<Path>) -> Result<Self, ClientError> {
        let path = path.as_ref();
        let mut roots = RootCertStore::empty();
        for certificate in certificates(path)? {
            roots.add(certificate).map_err(|error| ClientError::Trust {
                reason: format!(
                    "{} holds a certificate that is none: {error}",
                    path.display()
                ),
            })?;
        }
        Ok(Self(Some(trusting(roots)?)))
    }

    /// Exactly the first certificate of a file of PEM, whatever name it carries and whoever signed it: for a
    /// program that has the file of the exchange itself.
    ///
    /// # Errors
    /// [`ClientError::Trust`] when the file cannot be read or holds no certificate.
    pub fn exactly(path: impl AsRef<Path>) -> Result<Self, ClientError> {
        let certificate = certificates(path.as_ref())?.swap_remove(0);
        let provider = Arc::new(ring::default_provider());
        let algorithms = provider.signature_verification_algorithms;
        let verifier = Exactly {
            certificate,
            algorithms,
        };
        let config = builder(provider)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self(Some(Arc::new(config))))
    }

    /// Whether somebody else is to be trusted than whom the system trusts.
    pub(crate) const fn is_chosen(&self) -> bool {
        self.0.is_some()
    }

    fn config(&self) -> Result<Arc<ClientConfig>, ClientError> {
        match (&self.0, SYSTEM.get()) {
            (Some(config), _) | (None, Some(config)) => Ok(Arc::clone(config)),
            (None, None) => {
                let config = of_the_system()?;
                // Who was faster has read the same.
                Ok(Arc::clone(SYSTEM.get_or_init(|| config)))
            }
        }
    }

    /// The handshake with an exchange.
    ///
    /// # Errors
    /// [`ClientError::Tls`] says why there is no TLS.
    pub(crate) async fn secure(
        &self,
        address: &Address,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, ClientError> {
        let (host, _) = address.socket();
        let name = ServerName::try_from(host).map_err(|_| ClientError::InvalidAddress {
            address: address.to_string(),
            reason: "a certificate is for a host's name or an IP address, and this is neither",
        })?;
        let connector = TlsConnector::from(self.config()?);
        connector
            .connect(name.to_owned(), stream)
            .await
            .map_err(|error| ClientError::Tls {
                address: address.to_string(),
                reason: explain(&error),
            })
    }
}

/// What a failed handshake means for whoever wants to connect.
fn explain(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(RustlsError::InvalidCertificate(certificate)) => refused(certificate),
        Some(RustlsError::InvalidMessage(_)) => {
            "what answers there speaks no TLS; ws:// connects without".to_owned()
        }
        Some(other) => other.to_string(),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the connection was closed in the handshake; what answers there may speak no TLS"
                .to_owned()
        }
        None => error.to_string(),
    }
}

fn refused(error: &CertificateError) -> String {
    match error {
        // The latter of an authority that has the name of one that is trusted.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its certificate was signed by nobody who is trusted here; name the file with the \
             certificate of its authority"
                .to_owned()
        }
        CertificateError::ApplicationVerificationFailure => {
            "its certificate is another one than the one that is trusted".to_owned()
        }
        other => format!("its certificate is not accepted: {other}"),
    }
}

fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<
    tokio_rustls::rustls::ConfigBuilder<ClientConfig, tokio_rustls::rustls::WantsVerifier>,
    ClientError,
> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::Trust {
            reason: error.to_string(),
        })
}

fn trusting(roots: RootCertStore) -> Result<Arc<ClientConfig>, ClientError> {
    let config = builder(Arc::new(ring::default_provider()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// What the system trusts. Some of its certificates may be of a kind that is not understood here: they are
/// passed over, as long as any is.
fn of_the_system() -> Result<Arc<ClientConfig>, ClientError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let errors: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        let errors = if errors.is_empty() {
            String::new()
        } else {
            format!(" ({})", errors.join("; "))
        };
        return Err(ClientError::Trust {
            reason: format!(
                "no authority is trusted by this system{errors}; install its certificates (the package \
                 ca-certificates), or name the file with that of the exchange's authority"
            ),
        });
    }
    trusting(roots)
}

/// All certificates of a file; at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let refuse = |reason: String| ClientError::Trust { reason };
    let name = path.display();
    let text = std::fs::read(path)
        .map_err(|error| refuse(format!("the certificates {name} cannot be read: {error}")))?;
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| refuse(format!("{name} is no PEM: {error}")))?;
    if found.is_empty() {
        return Err(refuse(format!(
            "{name} holds no certificate as PEM: a file with -----BEGIN CERTIFICATE----- is needed"
        )));
    }
    Ok(found)
}

/// Accepts one certificate and checks that the other side has its private key.
struct Exactly {
    certificate: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl fmt::Debug for Exactly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exactly").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Exactly {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        if *end_entity == self.certificate {
            Ok(ServerCertVerified::assertion())
        } else {
            let error = CertificateError::ApplicationVerificationFailure;
            Err(RustlsError::InvalidCertificate(error))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
