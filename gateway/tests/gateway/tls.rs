//! TLS at the gateway: certificates that are good, strange, renewed and missing, and clients that do anything
//! but a handshake.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus_client::registry::Registry;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rialto_client::{ClientError, Connection, LogonOptions, Session, Trust};
use rialto_gateway::{BindError, Gateway, GatewayConfig, REQUEST_CONNECTIONS_MAX, TlsFiles};
use rialto_types::Side;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use crate::support::{ALICE, Setup, Venue, api_key, get, limit};

/// The metric that says when a certificate expires.
const EXPIRY: &str = "rialto_tls_certificate_expiry_timestamp_seconds ";

/// An authority that signs the exchange's certificates.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        Self::new_until(name, 4_096)
    }

    /// Valid until the first day of this year.
    fn new_until(name: &str, year: i32) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_after = date_time_ymd(year, 1, 1);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }

    /// Signs a certificate for names, and writes it with its key where an operator would.
    fn sign(&self, names: &[&str], files: &TlsFiles) {
        self.sign_until(names, files, 2031);
    }

    /// As [`Authority::sign`], valid until the first day of this year.
    fn sign_until(&self, names: &[&str], files: &TlsFiles, year: i32) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(&files.certificates, certificate.pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
    }

    fn trust(&self, directory: &Path) -> Trust {
        let path = directory.join("authority.pem");
        std::fs::write(&path, &self.pem).unwrap();
        Trust::authorities(path).unwrap()
    }
}

fn files(directory: &Path) -> TlsFiles {
    TlsFiles {
        certificates: directory.join("certificate.pem"),
        key: directory.join("key.pem"),
    }
}

/// A venue with a certificate for the loopback address.
struct SecureVenue {
    venue: Venue,
    authority: Authority,
    directory: TempDir,
}

impl SecureVenue {
    fn start() -> Self {
        Self::start_until(2031)
    }

    /// With a certificate that is valid until the first day of this year.
    fn start_until(year: i32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let authority = Authority::new("venue");
        let files = files(directory.path());
        authority.sign_until(&["127.0.0.1"], &files, year);
        let mut setup = Setup::default();
        setup.config.tls = Some(files);
        Self {
            venue: Venue::start(&setup),
            authority,
            directory,
        }
    }

    fn url(&self) -> String {
        format!("wss://{}", self.venue.address())
    }

    fn trust(&self) -> Trust {
        self.authority.trust(self.directory.path())
    }

    async fn connect(&self, trust: &Trust) -> Result<Connection, ClientError> {
        Connection::open_trusting(&self.url(), trust).await
    }

    async fn log_on(&self) -> Session {
        let connection = self.connect(&self.trust()).await.unwrap();
        let key = api_key(ALICE);
        let logged_on = connection.log_on(&key, LogonOptions::default()).await;
        logged_on.unwrap()
    }

    async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.venue.address()).await.unwrap()
    }

    /// A client of one version of TLS that goes no further.
    async fn tls(&self, version: &'static SupportedProtocolVersion) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(self.authority.pem.as_bytes()).unwrap();
        roots.add(authority).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, self.tcp().await).await.unwrap()
    }

    /// What HTTP answers within TLS.
    async fn get(&self, path: &str, version: &'static SupportedProtocolVersion) -> String {
        ask(self.tls(version).await, path).await
    }

    /// How many handshakes have failed for a reason.
    async fn failures(&self, reason: &str) -> u64 {
        let metrics = self.get("/metrics", &TLS13).await;
        let name = format!("rialto_tls_handshakes_failed_total{{reason=\"{reason}\"}} ");
        let value = metrics.lines().find_map(|line| line.strip_prefix(&name));
        value
            .unwrap_or_else(|| panic!("no {name}"))
            .parse()
            .unwrap()
    }

    /// Waits until as many handshakes have failed for a reason: they are counted when they end.
    async fn until_failures(&self, reason: &str, count: u64) {
        let counted = async {
            while self.failures(reason).await < count {
                tokio::task::yield_now().await;
            }
        };
        let counted = tokio::time::timeout(Duration::from_secs(30), counted).await;
        assert!(counted.is_ok(), "{reason} is not counted");
    }
}

/// What HTTP answers on a connection, its last word.
async fn ask(mut stream: TlsStream<TcpStream>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: rialto\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Reads whatever still comes, to the end of the connection, which must come soon.
async fn end_of(mut stream: TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    let reading = stream.read_to_end(&mut rest);
    let read = tokio::time::timeout(Duration::from_secs(30), reading).await;
    // A reset is an end too.
    let _ = read.expect("the exchange ends the connection");
    rest
}

async fn trade(session: &mut Session) {
    let order = session.place(limit(Side::Buy, 5_900_000, 1)).await.unwrap();
    assert!(order.order_id().is_some(), "{order:?}");
}

#[tokio::test]
async fn whoever_trusts_the_authority_trades_as_without_tls() {
    let secure = SecureVenue::start();
    let mut alice = secure.log_on().await;
    trade(&mut alice).await;
    for version in [&TLS12, &TLS13] {
        let health = secure.get("/healthz", version).await;
        assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    }
    // The end is told as without TLS, and not as a connection that was cut off.
    alice.log_out().await.unwrap();
    let mut bystander = secure.connect(&secure.trust()).await.unwrap();
    let (_, ended) = tokio::join!(secure.venue.stop(), async {
        loop {
            if let Err(error) = bystander.next().await {
                break error;
            }
        }
    });
    assert!(matches!(ended, ClientError::LoggedOut { .. }), "{ended}");
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_certificate_says_why() {
    let secure = SecureVenue::start();
    let elsewhere = tempfile::tempdir().unwrap();
    let url = secure.url();
    // The second has the name of the right one, and is another.
    for name in ["stranger", "venue"] {
        let stranger = Authority::new(name).trust(elsewhere.path());
        let error = secure.connect(&stranger).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("no TLS with {url}")), "{error}");
        assert!(
            error.contains("signed by nobody who is trusted here"),
            "{error}"
        );
    }
    secure.until_failures("CertificateRefused", 2).await;

    // For another host.
    let tls = files(secure.directory.path());
    secure.authority.sign(&["venue.example"], &tls);
    secure.venue.gateway.reload_certificate().unwrap();
    let error = secure
        .connect(&secure.trust())
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("venue.example"), "{error}");

    // Whoever has the file itself needs neither authority nor name, but exactly this certificate.
    let exactly = Trust::exactly(&tls.certificates).unwrap();
    secure.connect(&exactly).await.unwrap();
    secure.authority.sign(&["127.0.0.1"], &tls);
    secure.venue.gateway.reload_certificate().unwrap();
    let error = secure.connect(&exactly).await.unwrap_err().to_string();
    assert!(error.contains("another one than the one"), "{error}");
    secure.venue.stop().await;
}

#[tokio::test]
async fn who_speaks_without_tls_is_told_and_the_other_way_round() {
    let secure = SecureVenue::start();
    let (head, body) = get(&secure.venue.address(), "/healthz").await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    assert!(body.contains("this port speaks TLS: use wss://"), "{body}");
    let error = Connection::open(&secure.venue.address()).await.unwrap_err();
    assert!(matches!(error, ClientError::Handshake { .. }), "{error}");
    assert!(
        error.to_string().contains("this port speaks TLS"),
        "{error}"
    );
    secure.until_failures("PlainText", 2).await;
    let trust = secure.trust();
    secure.venue.stop().await;

    let plain = Venue::usual();
    let url = format!("wss://{}", plain.address());
    let error = Connection::open_trusting(&url, &trust).await.unwrap_err();
    assert!(error.to_string().contains("speaks no TLS"), "{error}");
    // Whoever names an authority is not connected in the clear.
    let error = Connection::open_trusting(&plain.address(), &trust)
        .await
        .unwrap_err();
    assert!(
        matches!(error, ClientError::InvalidAddress { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("write wss://"), "{error}");
    plain.stop().await;
}

#[tokio::test]
async fn what_is_no_handshake_ends_at_once_and_is_counted() {
    let secure = SecureVenue::start();
    // Neither a record of TLS nor HTTP; a record with nonsense in it; one that is longer than may be.
    for garbage in [
        &[0xff; 64][..],
        &[0x16, 3, 1, 0, 4, 1, 2, 3, 4],
        &[0x16, 3, 1, 0xff, 0xff, 1],
    ] {
        let mut stream = secure.tcp().await;
        stream.write_all(garbage).await.unwrap();
        let begin = Instant::now();
        end_of(stream).await;
        assert!(begin.elapsed() < Duration::from_secs(5), "{garbage:?}");
    }
    secure.until_failures("NotTls", 3).await;
    // Half a handshake, and then the end of what the client has to say.
    for beginning in [&[][..], &[0x16, 3, 1, 1, 0, 1]] {
        let mut stream = secure.tcp().await;
        stream.write_all(beginning).await.unwrap();
        stream.shutdown().await.unwrap();
        end_of(stream).await;
    }
    secure.until_failures("Closed", 2).await;
    // None of it was felt by anybody.
    trade(&mut secure.log_on().await).await;
    secure.venue.stop().await;
}

#[tokio::test]
async fn a_slow_handshake_ends_after_five_seconds() {
    let secure = SecureVenue::start();
    let begin = Instant::now();
    let silent = secure.tcp().await;
    let mut slow = secure.tcp().await;
    slow.write_all(&[0x16, 3, 1, 1, 0]).await.unwrap();
    // One that has TLS, and then takes its time with the head of its request.
    let mut late = secure.tls(&TLS13).await;
    late.write_all(b"GET /ws/binary HTTP/1.1\r\n")
        .await
        .unwrap();
    let headless = async {
        let mut rest = Vec::new();
        let _ = late.read_to_end(&mut rest).await;
    };
    tokio::join!(end_of(silent), end_of(slow), headless);
    let taken = begin.elapsed();
    assert!(taken >= Duration::from_millis(4_900), "{taken:?}");
    assert!(taken < Duration::from_secs(20), "{taken:?}");
    secure.until_failures("Timeout", 2).await;
    secure.venue.stop().await;
}

/// Connections in the handshake take the places of those that are no sessions yet: so many, and half of them
/// from one address.
#[tokio::test]
async fn handshakes_are_bounded_in_number() {
    let directory = tempfile::tempdir().unwrap();
    let authority = Authority::new("venue");
    let tls = files(directory.path());
    authority.sign(&["127.0.0.1"], &tls);
    let mut setup = Setup::default();
    setup.config.tls = Some(tls);
    setup.config.connections_per_address_max = setup.config.connections_max - 1;
    let venue = Venue::start(&setup);
    let mut silent = Vec::new();
    for _ in 0..REQUEST_CONNECTIONS_MAX / 2 {
        silent.push(TcpStream::connect(venue.address()).await.unwrap());
    }
    let begin = Instant::now();
    let rest = end_of(TcpStream::connect(venue.address()).await.unwrap()).await;
    assert_eq!(rest, b"");
    assert!(begin.elapsed() < Duration::from_secs(4), "it was let in");
    drop(silent);
    venue.stop().await;
}

#[tokio::test]
async fn a_certificate_is_renewed_while_sessions_go_on() {
    let secure = SecureVenue::start();
    let gateway = &secure.venue.gateway;
    let before = secure.trust();
    let mut alice = secure.log_on().await;

    // What does not load changes nothing.
    let tls = files(secure.directory.path());
    std::fs::write(&tls.certificates, "half a file").unwrap();
    let error = gateway.reload_certificate().unwrap_err().to_string();
    assert!(error.contains("certificate.pem"), "{error}");
    secure.connect(&before).await.unwrap();

    // A new file is nothing yet; it is when it was read.
    let elsewhere = tempfile::tempdir().unwrap();
    let authority = Authority::new("venue");
    let after = authority.trust(elsewhere.path());
    authority.sign(&["127.0.0.1"], &tls);
    secure.connect(&before).await.unwrap();
    assert!(gateway.reload_certificate().unwrap());
    secure.connect(&after).await.unwrap();
    let error = secure.connect(&before).await.unwrap_err();
    assert!(matches!(error, ClientError::Tls { .. }), "{error}");
    trade(&mut alice).await;
    secure.venue.stop().await;

    let plain = Venue::usual();
    assert!(!plain.gateway.reload_certificate().unwrap());
    plain.stop().await;
}

/// The year at whose beginning a certificate expires, by the metrics.
fn expiry_year(metrics: &str) -> Option<i32> {
    let mut lines = metrics.lines();
    let seconds = lines.find_map(|line| line.strip_prefix(EXPIRY))?;
    let seconds: i64 = seconds.trim().parse().unwrap();
    let begins = |year: &i32| date_time_ymd(*year, 1, 1).unix_timestamp() == seconds;
    Some((2_000..5_000).find(begins).unwrap())
}

#[tokio::test]
async fn metrics_say_when_the_certificate_expires() {
    let secure = SecureVenue::start();
    let gateway = &secure.venue.gateway;
    let tls = files(secure.directory.path());
    let year = async || expiry_year(&secure.get("/metrics", &TLS13).await);
    assert_eq!(year().await, Some(2031));
    secure.authority.sign_until(&["127.0.0.1"], &tls, 2052);
    assert_eq!(year().await, Some(2031), "nobody has read it yet");
    gateway.reload_certificate().unwrap();
    assert_eq!(year().await, Some(2052));

    // What follows the exchange's own certificate changes nothing: an authority that has expired, or nonsense.
    let expired = Authority::new_until("expired", 2020).pem;
    let nonsense = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    for (own_year, second) in [(2053, expired.as_str()), (2054, nonsense)] {
        secure.authority.sign_until(&["127.0.0.1"], &tls, own_year);
        let own = std::fs::read_to_string(&tls.certificates).unwrap();
        std::fs::write(&tls.certificates, own + second).unwrap();
        gateway.reload_certificate().unwrap();
        assert_eq!(year().await, Some(own_year), "{second}");
    }
    secure.venue.stop().await;

    let plain = Venue::usual();
    let (_, metrics) = get(&plain.address(), "/metrics").await;
    assert!(!metrics.contains("certificate"), "{metrics}");
    plain.stop().await;
}

/// A time before 1970 is one that is not understood.
#[tokio::test]
async fn a_certificate_whose_expiry_is_not_understood_is_served_without_the_metric() {
    let secure = SecureVenue::start_until(1969);
    let gateway = &secure.venue.gateway;
    let tls = files(secure.directory.path());
    let renew = |year| {
        secure.authority.sign_until(&["127.0.0.1"], &tls, year);
        assert!(gateway.reload_certificate().unwrap());
    };
    let year = async || expiry_year(&secure.get("/metrics", &TLS13).await);
    renew(2052);
    assert_eq!(year().await, Some(2052));

    // No client trusts such a one, but a connection from before it can still ask.
    let held = secure.tls(&TLS13).await;
    renew(1969);
    let metrics = ask(held, "/metrics").await;
    assert!(metrics.contains("rialto_connections "), "{metrics}");
    assert!(!metrics.contains(EXPIRY), "{metrics}");
    let refused = secure.connect(&secure.trust()).await.unwrap_err();
    assert!(matches!(refused, ClientError::Tls { .. }), "{refused}");

    renew(2053);
    assert_eq!(year().await, Some(2053));
    secure.venue.stop().await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_refused_with_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let good = files(directory.path());
    Authority::new("venue").sign(&["127.0.0.1"], &good);
    let other = TlsFiles {
        certificates: directory.path().join("other.pem"),
        key: directory.path().join("other-key.pem"),
    };
    Authority::new("venue").sign(&["127.0.0.1"], &other);
    let missing = directory.path().join("missing.pem");
    let text = directory.path().join("text.pem");
    std::fs::write(&text, "certainly not").unwrap();
    let torn = directory.path().join("torn.pem");
    std::fs::write(&torn, "-----BEGIN CERTIFICATE-----\nMIIB\n").unwrap();
    let no_certificate = directory.path().join("no-certificate.pem");
    let armoured = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    std::fs::write(&no_certificate, armoured).unwrap();
    for (certificates, key, expected) in [
        (
            &missing,
            &good.key,
            "missing.pem\" cannot be read: No such file",
        ),
        (&good.certificates, &missing, "private key"),
        (&text, &good.key, "text.pem\" holds no certificate as PEM"),
        (&torn, &good.key, "torn.pem\" holds no certificate as PEM ("),
        (&no_certificate, &good.key, "cannot be used"),
        (&good.certificates, &text, "holds no private key as PEM"),
        (
            &good.certificates,
            &good.certificates,
            "holds no private key",
        ),
        (
            &good.key,
            &good.key,
            "key.pem\" holds no certificate as PEM: a file",
        ),
        (
            &good.certificates,
            &other.key,
            "does not belong to the first certificate",
        ),
    ] {
        let config = GatewayConfig {
            tls: Some(TlsFiles {
                certificates: certificates.clone(),
                key: key.clone(),
            }),
            ..GatewayConfig::default()
        };
        let Err(error) = Gateway::bind(config, Registry::default()) else {
            panic!("{certificates:?} and {key:?} are taken");
        };
        assert!(matches!(error, BindError::Tls(_)), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn authorities_that_cannot_be_used_are_refused_with_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("text.pem");
    std::fs::write(&text, "certainly not").unwrap();
    let missing = directory.path().join("missing.pem");
    for (path, expected) in [
        (&missing, "missing.pem cannot be read: No such file"),
        (&text, "text.pem holds no certificate as PEM"),
    ] {
        for trust in [Trust::authorities(path), Trust::exactly(path)] {
            let error = trust.unwrap_err();
            assert!(matches!(error, ClientError::Trust { .. }), "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
