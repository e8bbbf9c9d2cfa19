//! A client that does whatever a connection allows: one misdeed after another, each on a connection of its
//! own, in an order that a seed decides.
//!
//! What it may expect is little and holds always: a connection that is still there answers a `TestRequest`
//! within time, and one that the exchange ends is told why, with a code that the documents list.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use fastrand::Rng;
use rialto_client::ApiKey;
use rialto_protocol::{
    EndReason, FRAME_BYTES_MAX, Heartbeat, Logon, LogonFlags, Message, NewOrder, TestRequest,
    WireMessage, logon_text,
};
use rialto_types::{ClientSeq, Timestamp};
use tokio::net::TcpStream;

use super::scene::Scene;
use super::shapes::{self, Shapes};
use super::{garbage, listed};
use crate::raw::{Opcode, Raw, fragment, frame};
use crate::requests::Whims;

/// What can be done to an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Misdeed {
    /// Spoiled messages between good ones on a session that is logged on.
    Spoiled,
    /// The same without a logon.
    Stranger,
    /// A logon, then bytes that are no messages.
    Noise,
    /// Messages in many fragments, with pings between them.
    Fragments,
    /// Request, logon and messages byte by byte.
    Slowly,
    /// More than a frame may have.
    Oversize,
    /// Frames whose WebSocket header is spoiled.
    BrokenFrames,
    /// Pings without end.
    PingFlood,
    /// Text, mostly not UTF-8.
    Text,
    /// Messages and the end of all writing behind them.
    HalfClosed,
    /// A request or a frame that is never finished.
    Unfinished,
    /// Somebody's logon, sent again, with an order behind it.
    ReplayedLogon,
    /// Frames of somebody's session, sent on another.
    ReplayedFrames,
    /// Two sessions of one key.
    Twice,
    /// No JSON, or not the right one.
    Json,
    /// No HTTP, or not the right one.
    Http,
}

impl Misdeed {
    pub(crate) const ALL: [Self; 16] = [
        Self::Spoiled,
        Self::Stranger,
        Self::Noise,
        Self::Fragments,
        Self::Slowly,
        Self::Oversize,
        Self::BrokenFrames,
        Self::PingFlood,
        Self::Text,
        Self::HalfClosed,
        Self::Unfinished,
        Self::ReplayedLogon,
        Self::ReplayedFrames,
        Self::Twice,
        Self::Json,
        Self::Http,
    ];
}

/// A vandal, through all lives of an exchange.
pub(crate) struct Vandal {
    rng: Rng,
    key: ApiKey,
    whims: Whims,
    /// The next number of its key.
    seq: u64,
    /// Sockets with something unfinished, which it leaves open for a while.
    left_open: Vec<TcpStream>,
}

impl Vandal {
    pub(crate) fn new(seed: u64, key: ApiKey, scene: &Scene) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            key,
            whims: Whims::new(seed, Arc::clone(&scene.directory)),
            seq: 1,
            left_open: Vec::new(),
        }
    }

    /// Does everything that can be done so many times, each time in another order; stops early when the
    /// exchange is killed.
    pub(crate) async fn rage(mut self, scene: Arc<Scene>, times: u64) -> Self {
        for _ in 0..times {
            let mut misdeeds = Misdeed::ALL;
            self.rng.shuffle(&mut misdeeds);
            for misdeed in misdeeds {
                let done = self.commit(misdeed, &scene).await;
                if scene.is_over.load(Ordering::Acquire) {
                    return self;
                }
                let key = self.key.key_id();
                done.unwrap_or_else(|error| panic!("key {key}, {misdeed:?}: {error}"));
                scene.count(format!("{misdeed:?}"));
            }
            self.left_open.clear();
        }
        self
    }

    async fn commit(&mut self, misdeed: Misdeed, scene: &Scene) -> std::io::Result<()> {
        match misdeed {
            Misdeed::Spoiled => self.spoiled(scene).await,
            Misdeed::Stranger => self.stranger(scene).await,
            Misdeed::Noise => self.noise(scene).await,
            Misdeed::Fragments => self.fragments(scene).await,
            Misdeed::Slowly => self.slowly(scene).await,
            Misdeed::Oversize => self.oversize(scene).await,
            Misdeed::BrokenFrames => self.broken_frames(scene).await,
            Misdeed::PingFlood => self.ping_flood(scene).await,
            Misdeed::Text => self.text(scene).await,
            Misdeed::HalfClosed => self.half_closed(scene).await,
            Misdeed::Unfinished => self.unfinished(scene).await,
            Misdeed::ReplayedLogon => self.replayed_logon(scene).await,
            Misdeed::ReplayedFrames => self.replayed_frames(scene).await,
            Misdeed::Twice => self.twice(scene).await,
            Misdeed::Json => self.json(scene).await,
            Misdeed::Http => garbage::http(&mut self.rng, scene).await,
        }
    }

    async fn spoiled(&mut self, scene: &Scene) -> std::io::Result<()> {
        let mut raw = Raw::open_at(&scene.address).await?;
        if !self.log_on(&mut raw, scene).await {
            return Ok(());
        }
        for _ in 0..self.rng.usize(1..12) {
            let payload = self.payload(scene);
            self.send(&mut raw, scene, &payload, usize::MAX).await;
            if !self.is_answered(&mut raw, scene).await {
                return Ok(());
            }
        }
        self.leave(raw, scene).await;
        Ok(())
    }

    async fn stranger(&mut self, scene: &Scene) -> std::io::Result<()> {
        let mut raw = Raw::open_at(&scene.address).await?;
        for _ in 0..self.rng.usize(1..6) {
            let payload = self.payload(scene);
            raw.send(&frame(Opcode::Binary, &payload)).await;
            if !self.is_answered(&mut raw, scene).await {
                return Ok(());
            }
        }
        self.leave(raw, scene).await;
        Ok(())
    }

    async fn noise(&mut self, scene: &Scene) -> std::io::Result<()> {
        let mut raw = Raw::open_at(&scene.address).await?;
        if self.rng.bool() && !self.log_on(&mut raw, scene).await {
            return Ok(());
        }
        let length = self.rng.usize(..=FRAME_BYTES_MAX);
        let noise: Vec<u8> = (0..length).map(|_| self.rng.u8(..)).collect();
        self.send(&mut raw, scene, &noise, usize::MAX).await;
        if self.is_answered(&mut raw, scene).await {
            self.leave(raw, scene).await;
        }
        Ok(())
    }

    async fn fragments(&mut self, scene: &Scene) -> std::io::Result<()> {
        let mut raw = Raw::open_at(&scene.address).await?;
        if !self.log_on(&mut raw, scene).await {
            return Ok(());
        }
        for _ in 0..self.rng.usize(1..5) {
            let payload = self.payload(scene);
            scene.note_frame(&self.key, &payload);
            let size = self.rng.usize(1..=payload.len().max(1));
            let mut opcode = Opcode::Binary;
            for part in payload.chunks(size) {
                raw.send(&fragment(opcode, false, part)).await;
                opcode = Opcode::Continuation;
                if self.rng.u32(..4) == 0 {
                    raw.send(&frame(Opcode::Ping, part.get(..125).unwrap_or(part)))
                        .await;
                }
            }
            raw.send(&fragment(opcode, true, &[])).await;
            if !self.is_answered(&mut raw, scene).await {
                return Ok(());
            }
        }
        self.leave(raw, scene).await;
        Ok(())
    }

    async fn slowly(&mut self, scene: &Scene) -> std::io::Result<()> {
        let stream = TcpStream::connect(&scene.address).await?;
        let mut raw = Raw::greeted(stream, 1).await?;
        if !self.log_on(&mut raw, scene).await {
            return Ok(());
        }
        for _ in 0..2 {
            let payload = self.payload(scene);
            self.send(&mut raw, scene, &payload, 1).await;
            if !self.is_answered(&mut raw, scene).await {
                return Ok(());
            }
        }
        self.leave(raw, scene).await;
        Ok(())
    }

    async fn oversize(&mut self, scene: &Scene) -> std::io::Result<()> {
        let mut raw = Raw::open_at(&scene.address).await?;
        if self.rng.bool() && !self.log_on(&mut raw, scene).await {
            return Ok(());
        }
        let beyond = FRAME_BYTES_MAX + self.rng.usize(1..100_000);
        match self.rng.u32(..3) {
            0 => raw.send(&frame(Opcode::Binary, &vec![0; beyond])).await,
            1 => {
                let mut head = vec![0x82, 0xFF];
                head.extend((beyond as u64 | self.rng.u64(..)).to_be_bytes());
                head.extend([0; 4]);
                raw.send(&head).await;
            }
            _ => {
                let mut opcode = Opcode::Binary;
                for part in vec![0; beyond].chunks(self.rng.usize(1_000..FRAME_BYTES_MAX)) {
                    raw.send(&fragment(opcode, false, part)).await;
                    opcode = Opcode::Continuation;
                }
            }
        }
        self.is_ended(&mut raw, scene, EndReason::FrameTooLarge)
            .await;
        Ok(())
    }

    /// Without a logon, because what arrives cannot be noted: nothing of it may be acted on.
    async fn broken_frames(&mut self, scene: &Scene) -> std::io::Result<()> {
        let mut raw = Raw::open_at(&scene.address).await?;
        let payload = self.payload(scene);
        let mut bytes = frame(Opcode::Binary, &payload);
        for _ in 0..self.rng.usize(1..4) {
            let at = self.rng.usize(..bytes.len().min(14));
            bytes[at] = self.rng.u8(..);
        }
        raw.send(&bytes).await;
        raw.half_close().await;
        while let Some(message) = raw.next().await {
            scene.hear(&message);
        }
        Ok(())
    }

    async fn ping_flood(&mut self, scene: &Scene) -> std::io::Result<()> {
        let mut raw = Raw::open_at(&scene.address).await?;
        if self.rng.bool() && !self.log_on(&mut raw, scene).await {
            return Ok(());
        }
        let ping = frame(Opcode::Ping, &vec![7; self.rng.usize(..=125)]);
        let unasked = frame(Opcode::Pong, b"nobody asked");
        for _ in 0..self.rng.usize(50..500) {
            raw.send(if self.rng.bool() { &ping } else { &unasked })
                .await;
        }
        if self.is_answered(&mut raw, scene).await {
            self.leave(raw, scene).await;
        }
        Ok(())
    }

    async fn text(&mut self, scene: &Scene) -> std::io::Result<()> {
        let mut raw = Raw::open_at(&scene.address).await?;
        if self.rng.bool() && !self.log_on(&mut raw, scene).await {
            return Ok(());
        }
        let mut text = "{\"op\":\"ping\",\"id\":1} \u{1F980}".as_bytes().to_vec();
        if self.rng.u32(..4) > 0 {
            shapes::flip(&mut text, &mut self.rng);
        }
        raw.send(&frame(Opcode::Text, &text)).await;
        self.is_ended(&mut raw, scene, EndReason::TextFrame).await;
        Ok(())
    }

    async fn half_closed(&mut self, scene: &Scene) -> std::io::Result<()> {
        let mut raw = Raw::open_at(&scene.address).await?;
        if self.log_on(&mut raw, scene).await {
            let payload = self.payload(scene);
            self.send(&mut raw, scene, &payload, usize::MAX).await;
            raw.half_close().await;
            while let Some(message) = raw.next().await {
                scene.hear(&message);
            }
        }
        Ok(())
    }

    async fn unfinished(&mut self, scene: &Scene) -> std::io::Result<()> {
        if self.rng.bool() {
            let stream = TcpStream::connect(&scene.address).await?;
            self.left_open
                .push(garbage::half_a_request(&mut self.rng, stream).await);
            return Ok(());
        }
        let mut raw = Raw::open_at(&scene.address).await?;
        if self.log_on(&mut raw, scene).await {
            // A part of it is no message, so nothing is noted.
            let whole = frame(Opcode::Binary, &self.payload(scene));
            let length = self.rng.usize(..whole.len());
            raw.send(&whole[..length]).await;
        }
        Ok(())
    }

    async fn replayed_logon(&mut self, scene: &Scene) -> std::io::Result<()> {
        let Some(captured) = scene.captured(&mut self.rng, |captured| captured.is_logon) else {
            return Ok(());
        };
        let mut raw = Raw::open_at(&scene.address).await?;
        let order = NewOrder {
            client_seq: ClientSeq(1 << 40),
            ..NewOrder::default()
        };
        let mut payload = captured.payload;
        order.encode(&mut payload);
        raw.send(&frame(Opcode::Binary, &payload)).await;
        self.is_ended(&mut raw, scene, EndReason::BadCredentials)
            .await;
        Ok(())
    }

    /// They count for the key of the session that they are sent on now.
    async fn replayed_frames(&mut self, scene: &Scene) -> std::io::Result<()> {
        let mut raw = Raw::open_at(&scene.address).await?;
        if !self.log_on(&mut raw, scene).await {
            return Ok(());
        }
        for _ in 0..self.rng.usize(1..8) {
            let Some(captured) = scene.captured(&mut self.rng, |captured| !captured.is_logon)
            else {
                return Ok(());
            };
            self.send(&mut raw, scene, &captured.payload, usize::MAX)
                .await;
            if !self.is_answered(&mut raw, scene).await {
                return Ok(());
            }
        }
        self.leave(raw, scene).await;
        Ok(())
    }

    async fn twice(&mut self, scene: &Scene) -> std::io::Result<()> {
        let mut first = Raw::open_at(&scene.address).await?;
        if !self.log_on(&mut first, scene).await {
            return Ok(());
        }
        let mut second = Raw::open_at(&scene.address).await?;
        if self.log_on(&mut second, scene).await {
            self.is_ended(&mut first, scene, EndReason::Superseded)
                .await;
            let payload = self.payload(scene);
            self.send(&mut second, scene, &payload, usize::MAX).await;
            self.is_answered(&mut second, scene).await;
        }
        Ok(())
    }

    async fn json(&mut self, scene: &Scene) -> std::io::Result<()> {
        let stream = TcpStream::connect(&scene.address).await?;
        let mut raw = Raw::upgraded(stream, "/ws/json", usize::MAX).await?;
        for _ in 0..self.rng.usize(1..8) {
            let (opcode, bytes) = garbage::json(&mut self.rng);
            raw.send(&frame(opcode, &bytes)).await;
            let id = self.rng.u32(1_000_000..);
            let ping = format!("{{\"op\":\"ping\",\"id\":{id}}}");
            raw.send(&frame(Opcode::Text, ping.as_bytes())).await;
            let answer = format!("\"id\":{id}");
            let mut is_answered = false;
            while !is_answered {
                let Some(text) = raw.next_text().await else {
                    let is_excused = scene.is_over.load(Ordering::Acquire);
                    assert!(raw.is_closed_in_order() || is_excused, "ended unexplained");
                    return Ok(());
                };
                listed::check_text(&text);
                is_answered = text.contains(&answer);
            }
        }
        Ok(())
    }

    /// Logs on as the holder of the key. Returns whether the session may go on.
    async fn log_on(&mut self, raw: &mut Raw, scene: &Scene) -> bool {
        let key_id = self.key.key_id();
        let flags = [
            LogonFlags::NONE,
            LogonFlags::CANCEL_ON_DISCONNECT,
            LogonFlags::STAGE_TIMES,
        ];
        let graces_ms = [None, Some(0), Some(50)];
        let logon = Logon {
            key_id,
            signature: self.key.sign_text(&logon_text(raw.challenge(), key_id)),
            heartbeat_interval_ms: None,
            last_report_seq: None,
            logon_flags: flags[self.rng.usize(..flags.len())],
            cancel_grace_ms: graces_ms[self.rng.usize(..graces_ms.len())],
        };
        let payload = bytes(&logon);
        scene.sent.note_logon(key_id);
        scene.capture(&mut self.rng, &payload, true);
        raw.send(&frame(Opcode::Binary, &payload)).await;
        loop {
            match raw.next().await {
                Some(Message::LogonAccepted(accepted)) => {
                    assert_eq!(accepted.key_id, key_id, "{accepted:?}");
                    assert_eq!(accepted.account_id, self.key.account(), "{accepted:?}");
                    self.seq = accepted.highest_client_seq.0 + 1;
                    return true;
                }
                Some(Message::Logout(told)) => {
                    // A machine with much else to do may take longer than a logon may.
                    let is_late = told.end_reason == EndReason::LogonTimeout;
                    assert!(is_late || scene.is_over.load(Ordering::Acquire), "{told:?}");
                    return false;
                }
                Some(other) => scene.hear(&other),
                None => {
                    assert!(scene.is_over.load(Ordering::Acquire), "ended at the logon");
                    return false;
                }
            }
        }
    }

    /// Some messages, spoiled or not.
    fn payload(&mut self, scene: &Scene) -> Vec<u8> {
        let mut payload = Vec::new();
        for _ in 0..self.rng.usize(1..=3) {
            payload.extend(self.message(scene));
        }
        payload.truncate(FRAME_BYTES_MAX);
        payload
    }

    fn message(&mut self, scene: &Scene) -> Vec<u8> {
        let seq = ClientSeq(self.seq);
        self.seq += 1;
        let (mut message, shape) = if self.rng.bool() {
            let mut message = Vec::new();
            self.whims.next().message(seq).encode(&mut message);
            let shape = scene.shapes.of(&message);
            (message, shape)
        } else {
            let shape = scene.shapes.any(&mut self.rng);
            let account = self.key.account().0;
            (Shapes::aimed(shape, &mut self.rng, account), shape)
        };
        if self.rng.u32(..3) == 0 {
            shapes::spoil(&mut message, shape, &mut self.rng);
        }
        // A number near 2^62 would leave the key nothing more to say.
        let near = self.rng.u64(..self.seq + 5);
        let seq = if self.rng.u32(..8) > 0 {
            seq
        } else {
            ClientSeq(near)
        };
        shapes::set_client_seq(&mut message, shape, seq);
        message
    }

    /// Sends a frame on a session of its key, or on one that is not logged on.
    async fn send(&mut self, raw: &mut Raw, scene: &Scene, payload: &[u8], step: usize) {
        scene.note_frame(&self.key, payload);
        scene.capture(&mut self.rng, payload, false);
        raw.send_slowly(&frame(Opcode::Binary, payload), step).await;
    }

    /// Whether the session goes on: everything before the answer to this question was borne. When it does
    /// not, it was told why.
    async fn is_answered(&mut self, raw: &mut Raw, scene: &Scene) -> bool {
        let id = self.rng.u64(1 << 32..u64::MAX);
        let question = TestRequest {
            test_request_id: id,
            send_time: Timestamp(0),
        };
        raw.send(&frame(Opcode::Binary, &bytes(&question))).await;
        let mut farewell = None;
        loop {
            match raw.next().await {
                Some(Message::Heartbeat(Heartbeat {
                    test_request_id: Some(found),
                    ..
                })) if found == id => return true,
                Some(message) => {
                    scene.hear(&message);
                    farewell = end_reason(&message);
                }
                None => {
                    let is_over = scene.is_over.load(Ordering::Acquire);
                    let is_told = farewell.is_some() && raw.is_closed_in_order();
                    assert!(is_told || is_over, "ended unexplained");
                    return false;
                }
            }
        }
    }

    /// The session must end for this reason.
    async fn is_ended(&self, raw: &mut Raw, scene: &Scene, reason: EndReason) {
        let mut farewell = None;
        while let Some(message) = raw.next().await {
            scene.hear(&message);
            farewell = end_reason(&message);
        }
        let is_over = scene.is_over.load(Ordering::Acquire);
        assert!(
            farewell == Some(reason) || is_over,
            "key {}: ended with {farewell:?}, not {reason:?}",
            self.key.key_id()
        );
    }

    /// Ends a session in order, in a hurry, or not at all.
    async fn leave(&mut self, mut raw: Raw, scene: &Scene) {
        let close = frame(Opcode::Close, &1_000_u16.to_be_bytes());
        match self.rng.u32(..3) {
            0 => raw.send(&close).await,
            1 => raw.half_close().await,
            _ => return,
        }
        while let Some(message) = raw.next().await {
            scene.hear(&message);
        }
    }
}

/// Why a message says that the connection ends, if it does.
fn end_reason(message: &Message) -> Option<EndReason> {
    match message {
        Message::Logout(told) => told.end_reason.known(),
        Message::LogonRefused(told) => told.end_reason.known(),
        _ => None,
    }
}

fn bytes(message: &impl WireMessage) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    bytes
}
