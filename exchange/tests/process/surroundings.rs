//! What stands around the exchange and is no business of it: who reads its log and its banner, what else is
//! in the environment, how much memory the machine has. None of it ends the exchange or holds it up.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::ledger::Ledger;
use crate::process::{PATIENCE, Setup, journal_of};

const PROGRAM: &str = env!("CARGO_BIN_EXE_rialto");
/// Connections whose lines in the log fill a pipe that nobody reads several times.
const CONNECTIONS: u32 = 2_000;

/// A port that was free a moment ago.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

fn serve(data: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .arg("serve")
        .arg("--data")
        .arg(data)
        .env_clear()
        .env("RIALTO__SERVER__LISTEN", address.to_string())
        .env("RIALTO__JOURNAL__SEGMENT_MIB", "1")
        .env("RIALTO__LOG__FILTER", "debug")
        .current_dir(data.parent().unwrap())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The beginning of what comes back for a request; nothing when nobody answers within the patience.
fn ask(address: SocketAddr, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = [0; 64];
    let length = stream.read(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}

fn is_healthy(address: SocketAddr) -> bool {
    let request = "GET /healthz HTTP/1.1\r\nHost: rialto\r\nConnection: close\r\n\r\n";
    ask(address, request).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// Waits until it is open; panics when it ends before.
fn wait_until_open(child: &mut Child, address: SocketAddr) {
    let begun = Instant::now();
    while !is_healthy(address) {
        if let Some(status) = child.try_wait().unwrap() {
            panic!("ended before it was open: {status}");
        }
        assert!(begun.elapsed() < PATIENCE, "not open in time");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn end_in_order(mut child: Child) {
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    let status = child.wait().unwrap();
    assert!(status.success(), "{status}");
}

#[test]
fn it_runs_on_when_nobody_reads_its_banner_and_its_log_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let address = free_address();
    let mut child = serve(&directory.path().join("data"), address)
        .spawn()
        .unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    wait_until_open(&mut child, address);
    // Each of these has something to log.
    for _ in 0..10 {
        assert!(is_healthy(address));
    }
    end_in_order(child);
}

#[test]
fn a_log_that_is_not_read_holds_up_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let address = free_address();
    let mut child = serve(&directory.path().join("data"), address)
        .spawn()
        .unwrap();
    wait_until_open(&mut child, address);
    let upgrade = "GET /ws/binary HTTP/1.1\r\nHost: rialto\r\nUpgrade: websocket\r\n\
                   Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    for connection in 0..CONNECTIONS {
        let answer = ask(address, upgrade);
        let is_upgraded = answer.as_ref().is_ok_and(|a| a.starts_with("HTTP/1.1 101"));
        assert!(is_upgraded, "connection {connection}: {answer:?}");
    }
    assert!(is_healthy(address));
    // Nobody has read a line up to here.
    let log = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || std::io::read_to_string(log).unwrap());
    end_in_order(child);
    let log = reader.join().unwrap();
    assert!(log.len() > 1 << 17, "{} bytes fill no pipe", log.len());
    assert!(log.contains("ended in order"), "the last lines are there");
}

#[test]
fn others_variables_in_the_environment_are_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let address = free_address();
    let no_text = OsStr::from_bytes(b"\xff\xfe");
    let mut child = serve(&directory.path().join("data"), address)
        .env("OTHER", no_text)
        .spawn()
        .unwrap();
    wait_until_open(&mut child, address);
    end_in_order(child);

    let ours = serve(&directory.path().join("data"), address)
        .env("RIALTO__SERVER__NAME", no_text)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ours.stderr);
    assert_eq!(ours.status.code(), Some(2), "{text}");
    assert!(text.contains("RIALTO__SERVER__NAME"), "{text}");
    assert!(text.contains("not UTF-8"), "{text}");
}

/// Pool sizes bind every later start, so they must not be journaled by one that has not the memory.
#[tokio::test]
async fn pools_for_which_there_is_no_memory_leave_the_journal_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let status = Command::new("sh")
        .args(["-c", "ulimit -c 0; ulimit -v 6000000; exec \"$@\"", "sh"])
        .args([PROGRAM, "serve", "--data"])
        .arg(&data)
        .env_clear()
        .env("RIALTO__SERVER__LISTEN", "127.0.0.1:0")
        .env("RIALTO__JOURNAL__SEGMENT_MIB", "1")
        .env("RIALTO__CAPACITY__ORDERS", "16777216")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir(directory.path())
        .status()
        .unwrap();
    assert!(!status.success(), "6 GB are not enough for 2^24 orders");
    Setup::venue(&data).open().await.stop().await;
    let ledger = Ledger::of(&journal_of(&data));
    let orders = ledger.image().capacity.orders;
    assert_eq!(orders, rialto_types::Capacity::default().orders);
}

#[tokio::test]
async fn a_demo_that_finds_no_room_says_what_is_too_small() {
    let directory = tempfile::tempdir().unwrap();
    let setup = Setup::venue(directory.path().join("data")).with("RIALTO__CAPACITY__ACCOUNTS", 3);
    let (code, text) = setup.refused().await;
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("CreateAccount is refused"), "{text}");
    assert!(text.contains("[capacity]"), "{text}");
}
