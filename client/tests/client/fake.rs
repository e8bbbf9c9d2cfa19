//! An exchange that does what a test says, behind a real WebSocket.

use futures_util::{SinkExt, StreamExt};
use rialto_client::{ApiKey, Connection, LogonOptions, Session};
use rialto_protocol::{
    Challenge, Frame, Logon, LogonAccepted, Message, Permissions, Subscribe, SubscriptionAccepted,
};
use rialto_types::{AccountId, ClientSeq, KeyId, ReportSeq};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as WebSocketMessage;

/// The heartbeat interval of the fake exchange: short, so that tests of silence are.
pub(crate) const HEARTBEAT_MS: u32 = 200;

/// The exchange's side of one connection.
pub(crate) struct Fake {
    socket: WebSocketStream<TcpStream>,
    /// Messages of a frame that has been read and not yet been asked for.
    pending: Vec<Message>,
}

impl Fake {
    /// Waits for the next message of the client.
    pub(crate) async fn receive(&mut self) -> Message {
        while self.pending.is_empty() {
            let frame = self.socket.next().await.expect("the client is connected");
            if let WebSocketMessage::Binary(bytes) = frame.expect("the client's frame is whole") {
                let messages = Frame::new(&bytes).map(|message| message.expect("it decodes"));
                self.pending.extend(messages);
            }
        }
        self.pending.remove(0)
    }

    /// The next message that is no heartbeat.
    pub(crate) async fn request(&mut self) -> Message {
        loop {
            match self.receive().await {
                Message::Heartbeat(_) => {}
                other => return other,
            }
        }
    }

    /// Whether the client leaves without a further message.
    pub(crate) async fn is_left(&mut self) -> bool {
        while let Some(Ok(frame)) = self.socket.next().await {
            if matches!(frame, WebSocketMessage::Binary(_)) {
                return false;
            }
        }
        true
    }

    /// Sends messages in one frame.
    pub(crate) async fn send(&mut self, messages: &[Message]) {
        let mut bytes = Vec::new();
        for message in messages {
            message.encode(&mut bytes);
        }
        self.send_frame(WebSocketMessage::Binary(bytes.into()))
            .await;
    }

    /// Sends any frame.
    pub(crate) async fn send_frame(&mut self, frame: WebSocketMessage) {
        self.socket
            .send(frame)
            .await
            .expect("the client is connected");
    }

    /// Closes without a word.
    pub(crate) async fn close(mut self) {
        self.socket
            .close(None)
            .await
            .expect("the client is connected");
    }

    /// Reads a logon and accepts it.
    pub(crate) async fn accept_logon(&mut self) -> Logon {
        self.accept_logon_with(accepted()).await
    }

    /// Reads a logon and answers it with this.
    async fn accept_logon_with(&mut self, accepted: LogonAccepted) -> Logon {
        let Message::Logon(logon) = self.request().await else {
            panic!("expected a logon");
        };
        self.send(&[Message::LogonAccepted(accepted)]).await;
        logon
    }

    /// Reads a subscription and accepts it.
    pub(crate) async fn accept_subscription(&mut self) -> Subscribe {
        let Message::Subscribe(subscribe) = self.request().await else {
            panic!("expected a subscription");
        };
        let accepted = SubscriptionAccepted {
            request_id: subscribe.request_id,
            instrument_id: subscribe.instrument_id,
            channel: subscribe.channel,
        };
        self.send(&[Message::SubscriptionAccepted(accepted)]).await;
        subscribe
    }
}

/// The key that the fake exchange knows.
pub(crate) fn key() -> ApiKey {
    ApiKey::from_secret(AccountId(4), KeyId(9), &[3; 32])
}

pub(crate) fn challenge() -> Challenge {
    Challenge {
        nonce: [1; 32],
        exchange_id: 77,
        heartbeat_interval_ms: HEARTBEAT_MS,
        ..Challenge::default()
    }
}

/// Listens on a free port; the address to connect to.
pub(crate) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound").to_string();
    (listener, address)
}

/// Accepts one WebSocket.
pub(crate) async fn accept(listener: &TcpListener) -> Fake {
    let (stream, _) = listener.accept().await.expect("somebody connects");
    let socket = tokio_tungstenite::accept_async(stream)
        .await
        .expect("it is a WebSocket");
    Fake {
        socket,
        pending: Vec::new(),
    }
}

/// A connection past its challenge, with the exchange's side of it.
pub(crate) async fn connected() -> (Connection, Fake) {
    let (listener, address) = listen().await;
    let exchange = async {
        let mut fake = accept(&listener).await;
        fake.send(&[Message::Challenge(challenge())]).await;
        fake
    };
    let (connection, fake) = tokio::join!(Connection::open(&address), exchange);
    (connection.expect("the exchange is there"), fake)
}

/// The answer to a good logon: the key's highest sequence is 17.
pub(crate) fn accepted() -> LogonAccepted {
    LogonAccepted {
        account_id: AccountId(4),
        key_id: KeyId(9),
        highest_client_seq: ClientSeq(17),
        next_report_seq: ReportSeq(101),
        heartbeat_interval_ms: HEARTBEAT_MS,
        permissions: Permissions::READ.with(Permissions::TRADE),
        ..LogonAccepted::default()
    }
}

/// A session, with the exchange's side of it.
pub(crate) async fn logged_on() -> (Session, Fake) {
    let (connection, mut fake) = connected().await;
    let key = key();
    let logon = connection.log_on(&key, LogonOptions::default());
    let (session, _) = tokio::join!(logon, fake.accept_logon());
    (session.expect("the logon is good"), fake)
}

/// A session that is still to be told what came after report 98, with a key that may do this.
pub(crate) async fn catching_up(permissions: Permissions) -> (Session, Fake) {
    let (connection, mut fake) = connected().await;
    let key = key();
    let options = LogonOptions {
        last_report_seq: Some(ReportSeq(98)),
        ..LogonOptions::default()
    };
    let accepted = LogonAccepted {
        permissions,
        ..accepted()
    };
    let logon = connection.log_on(&key, options);
    let (session, _) = tokio::join!(logon, fake.accept_logon_with(accepted));
    (session.expect("the logon is good"), fake)
}
