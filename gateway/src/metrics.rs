//! What the gateway counts, in the names and units of Prometheus.
//!
//! Every counter is resolved once and then is one atomic addition; nothing on the way of an order takes a
//! lock or hashes a label. docs/METRICS.md explains each to an operator.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use rialto_protocol::{Coded, EndReason, MessageError};
use rialto_types::{EventBody, RejectReason};

use crate::tls::HandshakeFailure;

/// The label of a family that counts by one name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ring {
    ring: &'static str,
}

type IntGauge = Gauge<i64, AtomicI64>;
type FloatGauge = Gauge<f64, AtomicU64>;

/// One counter for each code of an enumeration, found by the code.
#[derive(Debug)]
struct ByCode(Vec<Counter>);

impl ByCode {
    fn new(
        family: &Family<Reason, Counter>,
        names: impl Iterator<Item = (u8, &'static str)>,
    ) -> Self {
        let mut counters = Vec::new();
        for (code, reason) in names {
            counters.resize_with(usize::from(code) + 1, Counter::default);
            counters[usize::from(code)] = family.get_or_create(&Reason { reason }).clone();
        }
        Self(counters)
    }

    fn count(&self, code: u8) {
        if let Some(counter) = self.0.get(usize::from(code)) {
            counter.inc();
        }
    }
}

/// All counters of the gateway.
#[derive(Debug)]
pub(crate) struct Metrics {
    events: [Counter; EVENT_KINDS.len()],
    gate_refusals: ByCode,
    core_rejections: ByCode,
    message_errors: ByCode,
    sessions_ended: ByCode,
    /// Connections that are open.
    pub(crate) connections: IntGauge,
    /// Sessions that are logged on.
    pub(crate) traders: IntGauge,
    /// Connections that were turned away before a session began.
    pub(crate) connections_refused: Counter,
    tls_failures: [Counter; HandshakeFailure::ALL.len()],
    /// Logons that were accepted.
    pub(crate) logons: Counter,
    /// Messages from clients.
    pub(crate) messages_received: Counter,
    /// Commands handed to the core.
    pub(crate) commands_submitted: Counter,
    /// Bytes of frames from clients.
    received_bytes: Counter,
    /// Bytes of frames to clients.
    sent_bytes: Counter,
    /// Frames to clients.
    frames_sent: Counter,
    /// Messages of market data that a subscriber was not sent because it is behind.
    pub(crate) messages_conflated: Counter,
    /// The last command of which clients were told.
    pub(crate) published_seq: IntGauge,
    /// How long ago that command was stamped, when it was published.
    pub(crate) publish_lag: FloatGauge,
    ring_used: [IntGauge; RINGS.len()],
    ring_capacity: [IntGauge; RINGS.len()],
}

/// The kinds of events, in the order in which [`kind_index`] counts them.
const EVENT_KINDS: [&str; 10] = [
    "accepted",
    "rejected",
    "cancelled",
    "replaced",
    "reduced",
    "triggered",
    "rested",
    "trade",
    "transferred",
    "other",
];

const fn kind_index(body: &EventBody) -> usize {
    match body {
        EventBody::Accepted(_) => 0,
        EventBody::Rejected(_) => 1,
        EventBody::Cancelled(_) => 2,
        EventBody::Replaced(_) => 3,
        EventBody::Reduced(_) => 4,
        EventBody::Triggered(_) => 5,
        EventBody::Rested(_) => 6,
        EventBody::Trade(_) => 7,
        EventBody::Transferred(_) => 8,
        _ => 9,
    }
}

/// The rings whose depth is told.
const RINGS: [&str; 3] = ["commands", "reserved", "events"];

/// How full the rings are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RingDepths {
    /// In the order of the rings: commands, reserved, events.
    pub(crate) depths: [rialto_ring::Depth; 3],
}

/// Registers metrics under their names; the suffix `_total` of a counter is added by the encoder.
struct Registrar<'a>(&'a mut Registry);

impl Registrar<'_> {
    fn counter(&mut self, name: &str, help: &str) -> Counter {
        let counter = Counter::default();
        self.0.register(name, help, counter.clone());
        counter
    }

    fn bytes(&mut self, name: &str, help: &str) -> Counter {
        let counter = Counter::default();
        self.0
            .register_with_unit(name, help, Unit::Bytes, counter.clone());
        counter
    }

    fn messages_conflated(&mut self) -> Counter {
        self.counter(
            "rialto_messages_conflated",
            "Messages of market data left out for subscribers that are behind",
        )
    }

    fn gauge(&mut self, name: &str, help: &str) -> IntGauge {
        let gauge = IntGauge::default();
        self.0.register(name, help, gauge.clone());
        gauge
    }

    fn by_reason(&mut self, name: &str, help: &str) -> Family<Reason, Counter> {
        let family = Family::default();
        self.0.register(name, help, Family::clone(&family));
        family
    }

    fn tls_failures(&mut self) -> [Counter; HandshakeFailure::ALL.len()] {
        let family = self.by_reason(
            "rialto_tls_handshakes_failed",
            "Connections that ended before TLS was agreed on, by reason",
        );
        HandshakeFailure::ALL.map(|failure| {
            let reason = failure.name();
            family.get_or_create(&Reason { reason }).clone()
        })
    }

    fn by_ring(&mut self, name: &str, help: &str) -> [IntGauge; RINGS.len()] {
        let family: Family<Ring, IntGauge> = Family::default();
        self.0.register(name, help, family.clone());
        RINGS.map(|ring| family.get_or_create(&Ring { ring }).clone())
    }
}

/// Until when the exchange's certificate is valid: a gauge that is told only while this is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct CertificateExpiry(Arc<Mutex<Option<SystemTime>>>);

impl CertificateExpiry {
    /// Registers it: to be called only where there is a certificate.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let expiry = Self::default();
        registry.register_with_unit(
            "rialto_tls_certificate_expiry_timestamp",
            "When the exchange's own certificate expires, in seconds since 1970",
            Unit::Seconds,
            expiry.clone(),
        );
        expiry
    }

    /// Notes the time of the certificate that is served from now on, if it is known.
    pub(crate) fn set(&self, expiry: Option<SystemTime>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = expiry;
    }

    fn get(&self) -> Option<SystemTime> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EncodeMetric for CertificateExpiry {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let Some(expiry) = self.get() else {
            return Ok(());
        };
        let since = expiry.duration_since(UNIX_EPOCH).unwrap_or_default();
        encoder.encode_gauge(&since.as_secs())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }

    fn is_empty(&self) -> bool {
        self.get().is_none()
    }
}

impl Metrics {
    /// Registers everything that the gateway counts.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let mut registrar = Registrar(registry);
        let kinds: Family<Kind, Counter> = Family::default();
        registrar.0.register(
            "rialto_events",
            "Events of the core that were published, by kind",
            kinds.clone(),
        );
        let lag = FloatGauge::default();
        registrar.0.register_with_unit(
            "rialto_publish_lag",
            "Time from the stamp of the last published command to its publication",
            Unit::Seconds,
            lag.clone(),
        );
        let reject_names = || RejectReason::ALL.iter().map(|r| (r.code(), r.name()));
        let refusals = registrar.by_reason(
            "rialto_gate_refusals",
            "Messages that the gate refused before the core, by reason",
        );
        let rejections = registrar.by_reason(
            "rialto_core_rejections",
            "Commands that the core refused, by reason",
        );
        let errors = registrar.by_reason(
            "rialto_message_errors",
            "Messages that could not be acted on at all, by error",
        );
        let ended = registrar.by_reason(
            "rialto_sessions_ended",
            "Sessions that were told why they end, by reason",
        );
        Self {
            events: EVENT_KINDS.map(|kind| kinds.get_or_create(&Kind { kind }).clone()),
            gate_refusals: ByCode::new(&refusals, reject_names()),
            core_rejections: ByCode::new(&rejections, reject_names()),
            message_errors: ByCode::new(
                &errors,
                MessageError::ALL.iter().map(|e| (e.code(), e.name())),
            ),
            sessions_ended: ByCode::new(
                &ended,
                EndReason::ALL.iter().map(|e| (e.code(), e.name())),
            ),
            connections: registrar.gauge("rialto_connections", "Connections that are open"),
            traders: registrar.gauge("rialto_traders", "Sessions that are logged on"),
            connections_refused: registrar.counter(
                "rialto_connections_refused",
                "Connections turned away because the exchange or the address has too many",
            ),
            tls_failures: registrar.tls_failures(),
            logons: registrar.counter("rialto_logons", "Logons that were accepted"),
            messages_received: registrar
                .counter("rialto_messages_received", "Messages from clients"),
            commands_submitted: registrar
                .counter("rialto_commands_submitted", "Commands handed to the core"),
            received_bytes: registrar.bytes("rialto_received", "Frames from clients"),
            sent_bytes: registrar.bytes("rialto_sent", "Frames to clients"),
            frames_sent: registrar.counter("rialto_frames_sent", "Frames to clients"),
            messages_conflated: registrar.messages_conflated(),
            published_seq: registrar.gauge(
                "rialto_published_seq",
                "The journal sequence of the last command of which clients were told",
            ),
            publish_lag: lag,
            ring_used: registrar.by_ring("rialto_ring_messages", "Messages in the ring"),
            ring_capacity: registrar.by_ring(
                "rialto_ring_capacity_messages",
                "Messages that the ring can hold",
            ),
        }
    }

    /// Counts an event that is published.
    pub(crate) fn event(&self, body: &EventBody) {
        self.events[kind_index(body)].inc();
        if let EventBody::Rejected(e) = body {
            self.core_rejections.count(e.refusal.reason.code());
        }
    }

    /// Counts a frame from a client.
    pub(crate) fn received(&self, bytes: usize) {
        self.received_bytes.inc_by(bytes as u64);
    }

    /// Counts a frame to a client.
    pub(crate) fn sent(&self, bytes: usize) {
        self.sent_bytes.inc_by(bytes as u64);
        self.frames_sent.inc();
    }

    /// Counts a refusal of the gate.
    pub(crate) fn gate_refusal(&self, reason: RejectReason) {
        self.gate_refusals.count(reason.code());
    }

    /// Counts a message that could not be acted on.
    pub(crate) fn message_error(&self, error: MessageError) {
        self.message_errors.count(error.code());
    }

    /// Counts a connection that ended in its TLS handshake.
    pub(crate) fn tls_handshake_failed(&self, failure: HandshakeFailure) {
        self.tls_failures[failure as usize].inc();
    }

    /// Counts a session that is told why it ends.
    pub(crate) fn session_ended(&self, reason: EndReason) {
        self.sessions_ended.count(reason.code());
    }

    /// Notes how full the rings are.
    pub(crate) fn rings(&self, rings: &RingDepths) {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        for (at, depth) in rings.depths.iter().enumerate() {
            self.ring_used[at].set(count(depth.used_count));
            self.ring_capacity[at].set(count(depth.capacity_count));
        }
    }
}
