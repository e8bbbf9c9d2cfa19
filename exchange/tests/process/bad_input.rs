//! Whatever comes in on a socket gets an answer of its own or a clean end with a reason, while an honest
//! session beside it goes on trading, and none of it reaches the core.

use rialto_protocol::{
    CancelOrder, EndReason, FRAME_BYTES_MAX, Logon, LogonFlags, Message, MessageError, NewOrder,
    TestRequest, WireMessage,
};
use rialto_types::{ClientSeq, InstrumentId, KeyId, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::honest::Honest;
use crate::ledger::Ledger;
use crate::process::{PATIENCE, Process, Setup};
use crate::raw::{Opcode, Raw, fragment, frame};

/// An exchange with an honest client, of which everything that the core is given is known.
struct Venue {
    _directory: tempfile::TempDir,
    process: Process,
    honest: Honest,
    founded: u64,
}

impl Venue {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let process = Setup::venue(directory.path().join("data")).open().await;
        let honest = Honest::new(&process, 1).await;
        let founded = process.commands().await;
        Self {
            _directory: directory,
            process,
            honest,
            founded,
        }
    }

    /// The honest client trades, and nothing but its commands has reached the core.
    async fn goes_on(&mut self) {
        self.honest.trade().await;
        self.process
            .has_applied(self.founded + self.honest.command_count)
            .await;
    }

    /// The same of the journal, after the end.
    async fn end(mut self) {
        self.goes_on().await;
        let expected = self.founded + self.honest.command_count;
        let journal = self.process.journal();
        self.honest.log_out().await;
        let (last, hash) = self.process.stop().await;
        assert_eq!(last, expected);
        let ledger = Ledger::of(&journal);
        assert_eq!((ledger.seq().0, ledger.hash()), (last, hash));
    }
}

fn bytes(message: &impl WireMessage) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    bytes
}

fn test_request(id: u64) -> Vec<u8> {
    bytes(&TestRequest {
        test_request_id: id,
        send_time: Timestamp(0),
    })
}

fn order() -> NewOrder {
    NewOrder {
        client_seq: ClientSeq(1_000_000),
        instrument_id: InstrumentId(1),
        ..NewOrder::default()
    }
}

/// Bytes with a number of the message header written over: 0 block length, 2 template, 4 schema.
fn with_header(mut bytes: Vec<u8>, at: usize, value: u16) -> Vec<u8> {
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    bytes
}

#[tokio::test]
async fn messages_that_cannot_be_read_are_named_and_end_the_connection() {
    use MessageError::{ShortBlock, Truncated, UnknownTemplate, WrongSchema};
    let mut venue = Venue::new().await;
    let order = bytes(&order());
    let (template, cut) = (NewOrder::TEMPLATE_ID, order.len() - 1);
    for (bad, error, template) in [
        (vec![0xFF], Truncated, 0),
        (order[..cut].to_vec(), Truncated, template),
        (with_header(order.clone(), 2, 999), UnknownTemplate, 999),
        (with_header(order.clone(), 4, 2), WrongSchema, template),
        (with_header(order.clone(), 0, 5), ShortBlock, template),
        (with_header(order.clone(), 0, u16::MAX), Truncated, template),
        (vec![0; FRAME_BYTES_MAX], WrongSchema, 0),
    ] {
        let mut raw = Raw::open(&venue.process).await;
        // What comes before it in the same frame is acted on.
        let payload = [test_request(5), bad].concat();
        let payload = &payload[..payload.len().min(FRAME_BYTES_MAX)];
        raw.send(&frame(Opcode::Binary, payload)).await;
        let answer = raw.next().await;
        assert!(matches!(answer, Some(Message::Heartbeat(_))), "{answer:?}");
        raw.not_understood(template, error).await;
        assert_eq!(raw.ended().await, EndReason::ProtocolError);
        venue.goes_on().await;
    }
    venue.end().await;
}

/// What it is, the bytes, and why they end a connection.
type BadFrame = (&'static str, Vec<u8>, EndReason);

/// Frames of WebSocket that this endpoint does not take.
fn frames_of_another_kind() -> Vec<BadFrame> {
    use EndReason::{FrameTooLarge, TextFrame};
    let fragments = (0..5).flat_map(|n| {
        let opcode = if n == 0 {
            Opcode::Binary
        } else {
            Opcode::Continuation
        };
        fragment(opcode, false, &[0; 4_000])
    });
    let mut gigantic = vec![0x82, 0xFF];
    gigantic.extend(u64::MAX.to_be_bytes());
    gigantic.extend([0; 4]);
    let too_long = frame(Opcode::Binary, &vec![0; FRAME_BYTES_MAX + 1]);
    vec![
        ("text", frame(Opcode::Text, b"{\"op\":\"buy\"}"), TextFrame),
        ("no UTF-8", frame(Opcode::Text, &[0xC3, 0x28]), TextFrame),
        ("too long", too_long, FrameTooLarge),
        ("a length of 2^64 - 1", gigantic, FrameTooLarge),
        ("too many fragments", fragments.collect(), FrameTooLarge),
    ]
}

/// Bytes that break the rules of WebSocket.
fn broken_frames() -> Vec<BadFrame> {
    let message = test_request(1);
    let length = u8::try_from(message.len()).unwrap();
    let unmasked = [&[0x82, length], message.as_slice()].concat();
    let mut reserved_bit = frame(Opcode::Binary, &message);
    reserved_bit[0] |= 0x40;
    let broken = [
        ("unmasked", unmasked),
        ("a reserved bit", reserved_bit),
        ("a reserved opcode", frame(Opcode::Reserved, b"")),
        ("a stray continuation", frame(Opcode::Continuation, b"x")),
        ("a long ping", frame(Opcode::Ping, &[0; 126])),
        ("a short close", frame(Opcode::Close, &[3])),
    ];
    let with_reason = |(name, bytes)| (name, bytes, EndReason::ProtocolError);
    broken.into_iter().map(with_reason).collect()
}

#[tokio::test]
async fn frames_that_are_not_the_protocol_end_the_connection() {
    let mut venue = Venue::new().await;
    for (name, bad, reason) in frames_of_another_kind().into_iter().chain(broken_frames()) {
        eprintln!("{name}");
        let mut raw = Raw::open(&venue.process).await;
        raw.send(&bad).await;
        assert_eq!(raw.ended().await, reason, "{name}");
        venue.goes_on().await;
    }
    venue.end().await;
}

#[tokio::test]
async fn a_text_that_is_no_text_ends_a_json_connection_with_a_reason() {
    let mut venue = Venue::new().await;
    let stream = Raw::socket(&venue.process).await;
    let mut raw = Raw::upgraded(stream, "/ws/json", usize::MAX).await.unwrap();
    raw.send(&frame(Opcode::Text, &[0xC3, 0x28])).await;
    let told = raw.next_text().await.unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["reason"], "ProtocolError", "{told}");
    assert_eq!(told["text"], "a text is not UTF-8", "{told}");
    assert_eq!(raw.next_text().await, None);
    assert!(raw.is_closed_in_order());
    venue.goes_on().await;
    venue.end().await;
}

#[tokio::test]
async fn orders_before_the_logon_and_bad_logons_are_refused() {
    let mut venue = Venue::new().await;
    let mut raw = Raw::open(&venue.process).await;
    let (place, cancel) = (bytes(&order()), bytes(&CancelOrder::default()));
    raw.send(&frame(Opcode::Binary, &[place, cancel].concat()))
        .await;
    for template in [NewOrder::TEMPLATE_ID, CancelOrder::TEMPLATE_ID] {
        raw.not_understood(template, MessageError::NotLoggedOn)
            .await;
    }
    // The connection goes on; the signature of another challenge, of an existing key and of none.
    for key in [1, 2, 9, 77, u32::MAX] {
        let logon = Logon {
            key_id: KeyId(key),
            signature: [0x5A; 64],
            heartbeat_interval_ms: None,
            last_report_seq: None,
            logon_flags: LogonFlags::NONE,
            cancel_grace_ms: None,
        };
        raw.send(&frame(Opcode::Binary, &bytes(&logon))).await;
        assert_eq!(raw.ended().await, EndReason::BadCredentials, "key {key}");
        venue.goes_on().await;
        raw = Raw::open(&venue.process).await;
    }
    drop(raw);
    venue.end().await;
}

/// What HTTP answers, until it closes.
async fn answer_to(process: &Process, request: &[u8]) -> String {
    let mut stream = Raw::socket(process).await;
    let talking = async {
        // It may have answered and closed before everything is written.
        drop(stream.write_all(request).await);
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        String::from_utf8_lossy(&answer).into_owned()
    };
    let answer = tokio::time::timeout(PATIENCE, talking).await;
    answer.unwrap_or_else(|_| panic!("no end to {:?}", String::from_utf8_lossy(request)))
}

#[tokio::test]
async fn http_nonsense_is_answered_with_what_would_be_right() {
    let mut venue = Venue::new().await;
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    let request = |line: &str, headers: &str| {
        format!("{line} HTTP/1.1\r\nHost: rialto\r\n{headers}Connection: close\r\n\r\n")
            .into_bytes()
    };
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let old = format!("{upgrade}{key}Sec-WebSocket-Version: 8\r\n");
    let keyless = format!("{upgrade}Sec-WebSocket-Version: 13\r\n");
    let many = "X-Filler: x\r\n".repeat(2_000);
    for (bad, status, text) in [
        (
            request("GET /", ""),
            404,
            "try /healthz, /metrics, /ws/binary or /ws/json",
        ),
        (request("GET /../../etc/passwd", ""), 404, "there is no"),
        (
            request("DELETE /metrics", ""),
            405,
            "only GET is allowed here",
        ),
        (
            request("POST /ws/binary", upgrade),
            405,
            "only GET is allowed here",
        ),
        (request("GET /ws/binary", ""), 426, "ask for an upgrade"),
        (
            request("GET /ws/binary", &old),
            426,
            "Sec-WebSocket-Version must be 13",
        ),
        (
            request("GET /ws/binary", &keyless),
            426,
            "Sec-WebSocket-Key is missing",
        ),
        (request("GET /healthz", &many), 431, ""),
        (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03hello, TLS".to_vec(),
            400,
            "",
        ),
        (b"8=FIX.4.4\x019=65\x0135=A\x01\r\n\r\n".to_vec(), 400, ""),
    ] {
        let answer = answer_to(&venue.process, &bad).await;
        let expected = format!("HTTP/1.1 {status} ");
        let bad = String::from_utf8_lossy(&bad);
        assert!(answer.starts_with(&expected), "{bad:.80}: {answer}");
        assert!(answer.contains(text), "{bad:.80}: {answer}");
        venue.goes_on().await;
    }
    venue.end().await;
}

/// Clients that stop in the middle of a request or of a frame hold nobody up; those that never finish a
/// request are closed.
#[tokio::test]
async fn half_a_handshake_and_half_a_frame_hold_nobody() {
    let mut venue = Venue::new().await;
    let mut gone = Raw::socket(&venue.process).await;
    gone.write_all(b"GET /ws/bin").await.unwrap();
    drop(gone);
    let mut silent = Vec::new();
    for _ in 0..20 {
        let mut stream = Raw::socket(&venue.process).await;
        let half = b"GET /ws/binary HTTP/1.1\r\nHost: rialto\r\nUpgrade: web";
        stream.write_all(half).await.unwrap();
        silent.push(stream);
    }
    let mut raw = Raw::open(&venue.process).await;
    let whole = frame(Opcode::Binary, &bytes(&order()));
    raw.send(&whole[..whole.len() - 3]).await;
    let mut dropped = Raw::open(&venue.process).await;
    dropped.send(&whole[..9]).await;
    drop(dropped);
    venue.goes_on().await;
    for mut stream in silent {
        let mut answer = Vec::new();
        let closed = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(closed.is_ok(), "half a handshake is kept for ever");
    }
    // The half frame was no sign of life of a logon.
    assert_eq!(raw.ended().await, EndReason::LogonTimeout);
    venue.end().await;
}

/// Bytes that a seed gives: each connection ends or goes on, and nobody else notices.
#[tokio::test]
async fn noise_reaches_nobody() {
    const SEED: &str = "RIALTO_NOISE_SEED";
    let seed = std::env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("{SEED}={seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut venue = Venue::new().await;
    for _ in 0..150 {
        let mut noise = bytes(&order());
        for _ in 0..rng.usize(1..20) {
            let at = rng.usize(..noise.len());
            noise[at] = rng.u8(..);
        }
        noise.truncate(rng.usize(..=noise.len()));
        match rng.u32(..3) {
            0 => {
                let mut stream = Raw::socket(&venue.process).await;
                drop(stream.write_all(&noise).await);
            }
            1 => Raw::open(&venue.process).await.send(&noise).await,
            _ => {
                let mut raw = Raw::open(&venue.process).await;
                let end = frame(Opcode::Close, &1_000_u16.to_be_bytes());
                let all = [frame(Opcode::Binary, &noise), end].concat();
                raw.send(&all).await;
                while raw.next().await.is_some() {}
            }
        }
        venue.goes_on().await;
    }
    venue.end().await;
}
