//! What is sent to those who speak HTTP and JSON.

use std::io;

use fastrand::Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::scene::Scene;
use super::shapes;
use crate::process::PATIENCE;
use crate::raw::{HANDSHAKE, Opcode};

/// Requests that are nearly right.
const REQUESTS: [&str; 5] = [
    "GET /metrics HTTP/1.1\r\nHost: rialto\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: rialto\r\nConnection: close\r\n\r\n",
    "POST /metrics HTTP/1.1\r\nHost: rialto\r\nContent-Length: 5\r\n\r\nhello",
    "GET /metrics HTTP/1.1\r\nHost: rialto\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    "HEAD /nothing HTTP/1.0\r\n\r\n",
];

/// Texts that are requests of the JSON endpoint, or nearly.
const TEXTS: [&str; 8] = [
    r#"{"op":"subscribe","channel":"trades","instrument":"BTC-USDT","id":7}"#,
    r#"{"op":"subscribe","channel":"l2_book"}"#,
    r#"{"op":"unsubscribe","channel":"trades","instrument":"BTC-USDT","id":7}"#,
    r#"{"op":"subscribe","channel":"top_of_book","instrument":"NO-SUCH"}"#,
    r#"{"op":"subscribe","channel":"everything","id":18446744073709551615}"#,
    r#"{"op":"ping","id":-1}"#,
    r#"{"op":"logon","key":1}"#,
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

/// Sends a request that is spoiled, and reads whatever comes to its end.
pub(crate) async fn http(rng: &mut Rng, scene: &Scene) -> io::Result<()> {
    let mut request = match rng.usize(..=REQUESTS.len()) {
        at if at < REQUESTS.len() => REQUESTS[at].to_owned(),
        _ => format!("GET /ws/binary{HANDSHAKE}"),
    }
    .into_bytes();
    match rng.u32(..4) {
        0 => {}
        1 => request.truncate(rng.usize(..request.len())),
        2 => {
            let many = "X-Filler: x\r\n".repeat(rng.usize(1..4_000)).into_bytes();
            let line = request.iter().position(|byte| *byte == b'\n').unwrap() + 1;
            request.splice(line..line, many);
        }
        _ => shapes::flip(&mut request, rng),
    }
    let mut stream = TcpStream::connect(&scene.address).await?;
    let talking = async {
        // It may have answered and closed before everything is written.
        drop(stream.write_all(&request).await);
        drop(stream.shutdown().await);
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        answer
    };
    let answer = tokio::time::timeout(PATIENCE, talking).await;
    let answer = answer.expect("the exchange answers or closes");
    let is_http = answer.is_empty() || answer.starts_with(b"HTTP/1.");
    assert!(is_http, "{}", String::from_utf8_lossy(&answer));
    Ok(())
}

/// Writes a part of a handshake.
pub(crate) async fn half_a_request(rng: &mut Rng, mut stream: TcpStream) -> TcpStream {
    let request = format!("GET /ws/binary{HANDSHAKE}");
    let part = &request.as_bytes()[..rng.usize(1..request.len())];
    drop(stream.write_all(part).await);
    stream
}

/// A frame for the JSON endpoint.
pub(crate) fn json(rng: &mut Rng) -> (Opcode, Vec<u8>) {
    let mut text = TEXTS[rng.usize(..TEXTS.len())].as_bytes().to_vec();
    match rng.u32(..8) {
        0..3 => shapes::flip(&mut text, rng),
        3 => text.truncate(rng.usize(..text.len())),
        4 => text.extend_from_within(..),
        5 => return (Opcode::Binary, text),
        _ => {}
    }
    (Opcode::Text, text)
}
