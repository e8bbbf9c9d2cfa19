//! An exchange with a certificate, as its operator starts it, renews it and uses it from the command line.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rialto_client::{ClientError, Connection, Trust};
use rialto_protocol::{Channel, Message};
use rustix::process::Signal;

use crate::process::{PATIENCE, Process, Setup};

/// A certificate that signed itself, and its key, where the operator put them.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new(directory: &Path) -> Self {
        let files = Self {
            certificate: directory.join("certificate.pem"),
            key: directory.join("key.pem"),
        };
        files.renew(&["127.0.0.1"]);
        files
    }

    fn renew(&self, names: &[&str]) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        std::fs::write(&self.certificate, made.cert.pem()).unwrap();
        std::fs::write(&self.key, made.signing_key.serialize_pem()).unwrap();
    }

    fn of(&self, setup: Setup) -> Setup {
        setup
            .with(
                "RIALTO__SERVER__TLS_CERTIFICATE",
                self.certificate.display(),
            )
            .with("RIALTO__SERVER__TLS_KEY", self.key.display())
    }

    fn trust(&self) -> Trust {
        Trust::authorities(&self.certificate).unwrap()
    }
}

async fn connect(process: &Process, trust: &Trust) -> Result<Connection, ClientError> {
    let url = format!("wss://{}", process.address().await);
    Connection::open_trusting(&url, trust).await
}

/// The demo's bots find their way, whatever name the certificate is for, and so does the command line.
#[tokio::test]
async fn the_demo_trades_over_tls() {
    let directory = tempfile::tempdir().unwrap();
    let files = Files::new(directory.path());
    let setup = files.of(Setup::demo(directory.path().join("data")));
    let mut process = setup.open().await;
    let mut reader = connect(&process, &files.trust()).await.unwrap();
    reader.subscribe(Channel::Trades, None).await.unwrap();
    let trade = async {
        loop {
            if let Message::TradeTick(_) = reader.next().await.unwrap() {
                break;
            }
        }
    };
    let traded = tokio::time::timeout(PATIENCE, trade).await;
    assert!(traded.is_ok(), "nobody trades:\n{}", process.log());
    reader.close().await.unwrap();

    let mut list = Command::new(env!("CARGO_BIN_EXE_rialto"));
    list.args(["order", "--account", "7", "balances", "--key"])
        .arg(directory.path().join("data/demo-keys.json"))
        .arg("--address")
        .arg(format!("wss://{}", process.address().await))
        .env_clear()
        .stdin(Stdio::null());
    let unknown = list.env("SSL_CERT_FILE", &files.key).output().unwrap();
    let said = String::from_utf8(unknown.stderr).unwrap();
    assert!(!unknown.status.success(), "{said}");
    assert!(said.contains("no authority is trusted"), "{said}");
    let listed = list.arg("--ca").arg(&files.certificate).output().unwrap();
    let said = String::from_utf8(listed.stderr).unwrap();
    assert!(listed.status.success(), "{said}");

    process.signal(Signal::TERM);
    process.ended_in_order().await;
    let banner = process.banner().await;
    for part in ["  wss://", "  https://", " --ca "] {
        assert!(banner.contains(part), "{part:?} is missing in\n{banner}");
    }
}

#[tokio::test]
async fn a_hangup_has_the_certificate_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let files = Files::new(directory.path());
    let setup = files.of(Setup::venue(directory.path().join("data")));
    let process = setup.open().await;
    let before = files.trust();
    let mut bystander = connect(&process, &before).await.unwrap();
    files.renew(&["127.0.0.1"]);
    let after = files.trust();
    process.signal(Signal::HUP);
    process
        .logged("the certificate was read again: new connections are served with it")
        .await;
    connect(&process, &after).await.unwrap();
    let error = connect(&process, &before).await.unwrap_err();
    assert!(matches!(error, ClientError::Tls { .. }), "{error}");

    std::fs::write(&files.key, "half a file").unwrap();
    process.signal(Signal::HUP);
    let line = process.logged("the old certificate stays in use").await;
    let error = line["error"].as_str().unwrap();
    assert!(error.contains("holds no private key as PEM"), "{error}");
    connect(&process, &after).await.unwrap();
    bystander.subscribe(Channel::Trades, None).await.unwrap();
    bystander.close().await.unwrap();
    process.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let files = Files::new(directory.path());
    let setup = files.of(Setup::venue(directory.path().join("data")));

    let open_to_all = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&files.key, open_to_all).unwrap();
    let process = setup.open().await;
    process
        .logged_as("every user of this machine can read the private key")
        .await;
    process.stop().await;

    std::fs::remove_file(&files.key).unwrap();
    let (code, text) = setup.refused().await;
    assert_ne!(code, 0);
    // On a terminal it is quoted once, in a line of JSON twice.
    assert!(
        text.replace('\\', "").contains("key.pem\" cannot be read"),
        "{text}"
    );
}
