//! What the vandals of one life of an exchange share: where it is, what they have heard of each other, and
//! the records that decide afterwards.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use fastrand::Rng;
use rialto_client::{ApiKey, Directory};
use rialto_protocol::Message;

use super::listed::Listed;
use super::sent::Sent;
use super::shapes::Shapes;

/// Payloads that are remembered, to be sent again.
const CAPTURED_MAX: usize = 256;

/// The payload of a frame that was sent on somebody's session.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    pub(crate) payload: Vec<u8>,
    /// Whether it is a logon, with the answer to a challenge that was given once.
    pub(crate) is_logon: bool,
}

/// One life of an exchange, as vandals see it.
pub(crate) struct Scene {
    pub(crate) address: String,
    pub(crate) directory: Arc<Directory>,
    pub(crate) sent: Arc<Sent>,
    pub(crate) shapes: Arc<Shapes>,
    listed: Listed,
    captured: Mutex<Vec<Captured>>,
    counts: Mutex<BTreeMap<String, u64>>,
    /// Set before the exchange is killed: from then on connections may fail.
    pub(crate) is_over: AtomicBool,
}

impl Scene {
    pub(crate) fn new(address: String, directory: Arc<Directory>, sent: Arc<Sent>) -> Self {
        Self {
            address,
            directory,
            sent,
            shapes: Arc::new(Shapes::read()),
            listed: Listed::read(),
            captured: Mutex::default(),
            counts: Mutex::default(),
            is_over: AtomicBool::new(false),
        }
    }

    /// The next life, at another address; what was captured is kept.
    pub(crate) fn again(&self, address: String) -> Self {
        let captured = std::mem::take(&mut *lock(&self.captured));
        Self {
            shapes: Arc::clone(&self.shapes),
            captured: Mutex::new(captured),
            ..Self::new(address, Arc::clone(&self.directory), Arc::clone(&self.sent))
        }
    }

    /// A session of this key is about to send this.
    pub(crate) fn note_frame(&self, key: &ApiKey, payload: &[u8]) {
        self.sent.note_frame(key.key_id(), payload);
    }

    /// Remembers a payload, in place of another one when there are many.
    pub(crate) fn capture(&self, rng: &mut Rng, payload: &[u8], is_logon: bool) {
        let mut captured = lock(&self.captured);
        let payload = payload.to_vec();
        let new = Captured { payload, is_logon };
        if captured.len() < CAPTURED_MAX {
            captured.push(new);
        } else {
            captured[rng.usize(..CAPTURED_MAX)] = new;
        }
    }

    /// Any of the remembered payloads of a kind, if there is one.
    pub(crate) fn captured(
        &self,
        rng: &mut Rng,
        is_wanted: impl Fn(&Captured) -> bool,
    ) -> Option<Captured> {
        let captured = lock(&self.captured);
        let wanted: Vec<_> = captured.iter().filter(|one| is_wanted(one)).collect();
        (!wanted.is_empty()).then(|| wanted[rng.usize(..wanted.len())].clone())
    }

    /// Looks at a message of the exchange, and counts refusals and ends.
    pub(crate) fn hear(&self, message: &Message) {
        self.listed.check(message);
        let kind = match message {
            Message::Refused(told) => match (told.message_error, told.reject_reason) {
                (Some(error), _) => error.to_string(),
                (None, Some(reason)) => reason.to_string(),
                (None, None) => panic!("refused for no reason: {told:?}"),
            },
            Message::Logout(told) => told.end_reason.to_string(),
            Message::LogonRefused(told) => told.end_reason.to_string(),
            other => other.name().to_owned(),
        };
        self.count(kind);
    }

    /// Counts something.
    pub(crate) fn count(&self, what: String) {
        *lock(&self.counts).entry(what).or_default() += 1;
    }

    /// How often something was counted.
    pub(crate) fn count_of(&self, what: impl std::fmt::Debug) -> u64 {
        let what = format!("{what:?}");
        lock(&self.counts).get(&what).copied().unwrap_or_default()
    }

    /// All that was counted.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        lock(&self.counts).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Whoever panics while it holds this has failed the test already.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
