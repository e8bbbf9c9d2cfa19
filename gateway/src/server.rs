//! The listening socket: HTTP for health and metrics, and the way to a WebSocket.
//!
//! Where a certificate is configured, every connection begins with TLS; inside, or without one, as HTTP/1. `GET /ws/binary` or `GET /ws/json` is answered by the WebSocket handshake (RFC 6455,
//! section 4.2); then the raw socket is taken out of the HTTP server, so that nothing of it is left on
//! the way of an order. A connection that is not upgraded lives for a bounded time, whether its client
//! sends slowly or reads slowly, and such connections are bounded in number, in all and from one address:
//! nobody can take all places, and nobody can keep one.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::registry::Registry;
use rialto_protocol::EndReason;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::admission::{Admission, Bounds, Pass};
use crate::floor::{Floor, Phase};
use crate::metrics::RingDepths;
use crate::request::Dialect;
use crate::session;
use crate::stream::Stream;
use crate::tls::{HandshakeFailure, Tls};

/// How long a client may take to send the head of a request, the handshake of TLS before it included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may last that is not upgraded. A client that pipelines requests and does not
/// read the answers would keep it for ever otherwise.
const HTTP_TIME_MAX: Duration = Duration::from_secs(10);
/// Connections at the same time that are not (yet) sessions: requests, handshakes, and those that are
/// turned away and told why. They come on top of [`GatewayConfig::connections_max`].
///
/// [`GatewayConfig::connections_max`]: crate::GatewayConfig::connections_max
pub const REQUEST_CONNECTIONS_MAX: usize = 512;
/// Of these from one address.
const REQUEST_CONNECTIONS_PER_ADDRESS_MAX: usize = REQUEST_CONNECTIONS_MAX / 2;
/// How long to wait when no further connection can be taken, for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What every connection needs.
pub(crate) struct Server {
    pub(crate) floor: Arc<Floor>,
    pub(crate) registry: Registry,
    /// None where everybody speaks in the clear.
    pub(crate) tls: Option<Tls>,
    pub(crate) event_gauge: std::sync::OnceLock<rialto_ring::EventGauge>,
}

/// Takes connections until the task is aborted.
pub(crate) async fn accept(listener: TcpListener, server: Arc<Server>) {
    let config = &server.floor.config;
    // Where one address may have all connections, everybody comes from one: that of a proxy.
    let per_address = if config.connections_per_address_max >= config.connections_max {
        REQUEST_CONNECTIONS_MAX
    } else {
        REQUEST_CONNECTIONS_PER_ADDRESS_MAX
    };
    let places = Admission::new(Bounds {
        total: REQUEST_CONNECTIONS_MAX,
        per_address,
        listeners: 0,
    });
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(place) = places.admit(peer.ip()) else {
            server.floor.metrics.connections_refused.inc();
            continue;
        };
        let caller = Caller {
            peer,
            place: Arc::new(place),
        };
        tokio::spawn(serve(stream, caller, Arc::clone(&server)));
    }
}

/// Who is at the other end of a connection, with the place that it takes until it is a session or ends.
#[derive(Clone)]
struct Caller {
    peer: SocketAddr,
    place: Arc<Pass>,
}

async fn serve(stream: TcpStream, caller: Caller, server: Arc<Server>) {
    let peer = caller.peer;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "the connection was lost at once");
        return;
    }
    let began = Instant::now();
    let stream = match secure(stream, &server).await {
        Ok(stream) => stream,
        Err(failure) => {
            server.floor.metrics.tls_handshake_failed(failure);
            tracing::debug!(%peer, ?failure, "the TLS handshake failed");
            return;
        }
    };
    let service = service_fn(|request| {
        let response = answer(request, &caller, &server);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT.saturating_sub(began.elapsed()))
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    match tokio::time::timeout_at(began + HTTP_TIME_MAX, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%peer, %error, "HTTP connection ended"),
        Err(_) => tracing::debug!(%peer, "HTTP connection took too long"),
    }
}

/// The bytes of a connection: as they come, or what TLS makes of them.
async fn secure(stream: TcpStream, server: &Server) -> Result<Stream, HandshakeFailure> {
    let Some(tls) = &server.tls else {
        return Ok(Stream::Plain(stream));
    };
    let handshake = tokio::time::timeout(HEAD_TIMEOUT, tls.accept(stream));
    handshake.await.unwrap_or(Err(HandshakeFailure::Timeout))
}

fn answer(request: Request<Incoming>, caller: &Caller, server: &Arc<Server>) -> Response<String> {
    let is_get = request.method() == Method::GET;
    let is_head = request.method() == Method::HEAD;
    match request.uri().path() {
        "/healthz" | "/metrics" if !is_get && !is_head => not_get(),
        "/ws/binary" | "/ws/json" if !is_get => not_get(),
        "/healthz" => health(server.floor.phase()),
        "/metrics" => metrics(server),
        "/ws/binary" => upgrade(request, Dialect::Binary, caller, server),
        "/ws/json" => upgrade(request, Dialect::Json, caller, server),
        path => {
            let text =
                format!("there is no {path}; try /healthz, /metrics, /ws/binary or /ws/json");
            problem(StatusCode::NOT_FOUND, &text)
        }
    }
}

fn not_get() -> Response<String> {
    let text = "only GET is allowed here";
    let response = problem(StatusCode::METHOD_NOT_ALLOWED, text);
    with_header(response, header::ALLOW, "GET")
}

fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    with_header(response, header::CONTENT_TYPE, content_type)
}

fn with_header(
    mut response: Response<String>,
    name: HeaderName,
    value: &'static str,
) -> Response<String> {
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
    response
}

/// An error as JSON.
fn problem(status: StatusCode, text: &str) -> Response<String> {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            // No text of ours has one, and in a path it is percent-encoded.
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    respond(
        status,
        "application/json",
        format!("{{\"error\":\"{escaped}\"}}\n"),
    )
}

fn health(phase: Phase) -> Response<String> {
    let status = match phase {
        Phase::Open => StatusCode::OK,
        Phase::Recovering | Phase::Draining => StatusCode::SERVICE_UNAVAILABLE,
    };
    let body = format!("{{\"status\":\"{}\"}}\n", phase.name());
    respond(status, "application/json", body)
}

fn metrics(server: &Server) -> Response<String> {
    if let Some(market) = server.floor.market()
        && let Some(events) = server.event_gauge.get()
    {
        server.floor.metrics.rings(&RingDepths {
            depths: [
                market.commands.depth(),
                market.commands.reserved_depth(),
                events.depth(),
            ],
        });
    }
    let mut body = String::new();
    match prometheus_client::encoding::text::encode(&mut body, &server.registry) {
        Ok(()) => {
            let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            respond(StatusCode::OK, content_type, body)
        }
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// Answers the handshake and hands the connection over to a session.
fn upgrade(
    mut request: Request<Incoming>,
    dialect: Dialect,
    caller: &Caller,
    server: &Arc<Server>,
) -> Response<String> {
    let accept = match check_handshake(request.headers()) {
        Ok(key) => derive_accept_key(key.as_bytes()),
        Err(text) => {
            let response = problem(StatusCode::UPGRADE_REQUIRED, text);
            let response = with_header(response, header::UPGRADE, "websocket");
            return with_header(response, header::SEC_WEBSOCKET_VERSION, "13");
        }
    };
    let Ok(accept) = HeaderValue::from_str(&accept) else {
        return problem(StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is not valid");
    };
    let upgraded = hyper::upgrade::on(&mut request);
    let floor = Arc::clone(&server.floor);
    tokio::spawn(hand_over(upgraded, dialect, caller.clone(), floor));
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response
        .headers_mut()
        .insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    let response = with_header(response, header::CONNECTION, "upgrade");
    with_header(response, header::UPGRADE, "websocket")
}

/// The key of a handshake, or what is wrong with it.
fn check_handshake(headers: &HeaderMap) -> Result<&HeaderValue, &'static str> {
    let names = |name: HeaderName, token: &str| {
        let values = headers.get_all(name).iter();
        let mut tokens = values
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(','));
        tokens.any(|found| found.trim().eq_ignore_ascii_case(token))
    };
    if !names(header::CONNECTION, "upgrade") || !names(header::UPGRADE, "websocket") {
        return Err("this path speaks WebSocket: ask for an upgrade");
    }
    if !names(header::SEC_WEBSOCKET_VERSION, "13") {
        return Err("Sec-WebSocket-Version must be 13");
    }
    headers
        .get(header::SEC_WEBSOCKET_KEY)
        .ok_or("Sec-WebSocket-Key is missing")
}

/// Waits until the HTTP server has let go of the socket, then serves it.
async fn hand_over(upgraded: OnUpgrade, dialect: Dialect, caller: Caller, floor: Arc<Floor>) {
    // One that is refused keeps its place until it is gone, so that those are bounded too.
    let Caller { peer, place } = caller;
    let Ok(Ok(upgraded)) = tokio::time::timeout(HEAD_TIMEOUT, upgraded).await else {
        tracing::debug!(%peer, "the WebSocket handshake was not completed");
        return;
    };
    let Some((stream, read)) = raw(upgraded) else {
        tracing::error!(%peer, "an upgraded connection is not a stream of ours");
        return;
    };
    match floor.admission.admit(peer.ip()) {
        Ok(pass) => {
            drop(place);
            session::serve(floor, (stream, read), dialect, peer, pass).await;
        }
        Err(crowded) => {
            floor.metrics.connections_refused.inc();
            let text = crowded.text();
            let why = (EndReason::TooManySessions, text.as_str());
            session::refuse((stream, read), dialect, &floor.metrics, why).await;
        }
    }
}

/// The socket itself, and what was read from it beyond the request.
fn raw(upgraded: Upgraded) -> Option<(Stream, Vec<u8>)> {
    let parts = upgraded.downcast::<TokioIo<Stream>>().ok()?;
    Some((parts.io.into_inner(), parts.read_buf.to_vec()))
}
