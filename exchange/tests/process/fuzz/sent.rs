//! What was sent on sessions that had logged on, by key: the only commands that a journal may hold.
//!
//! Everybody notes a message before sending it. What was sent before a logon, or behind one that proved
//! nothing, is not noted, so that it cannot excuse a command. A message may be noted and never be done.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use rialto_gateway::models::Directory;
use rialto_protocol::{Boolean, Frame, Message, admin, order};
use rialto_types::{ClientSeq, Command, Input, KeyId, Seq};

use crate::ledger::Ledger;

/// The record of one venue, through all lives of its exchange.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    messages: HashMap<(KeyId, ClientSeq), Vec<Message>>,
    /// Keys that somebody has logged on with who holds them.
    keys: BTreeSet<KeyId>,
}

impl Sent {
    /// The holder of this key is about to log on.
    pub(crate) fn note_logon(&self, key: KeyId) {
        self.with(|inner| inner.keys.insert(key));
    }

    /// This is about to be sent on a session of the key.
    pub(crate) fn note(&self, key: KeyId, message: Message) {
        let Some(seq) = client_seq(&message) else {
            return;
        };
        self.with(|inner| {
            inner.keys.insert(key);
            inner.messages.entry((key, seq)).or_default().push(message);
        });
    }

    /// The same of all that can be read in a frame.
    pub(crate) fn note_frame(&self, key: KeyId, payload: &[u8]) {
        for message in Frame::new(payload).map_while(Result::ok) {
            self.note(key, message);
        }
    }

    /// Asserts that the commands after `seq` are the exchange's own, or were sent on sessions of the keys
    /// that they name. Returns how many were sent.
    pub(crate) fn check(&self, ledger: &Ledger, seq: Seq) -> usize {
        let directory = ledger.models().directory();
        self.with(|inner| {
            let commands = ledger.inputs_after(seq);
            commands
                .filter(|input| inner.has_sent(input, directory))
                .count()
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        // Whoever panics while it holds this has failed the test already.
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    /// Whether somebody has sent this; panics when nobody may have caused it.
    fn has_sent(&self, input: &Input, directory: &Directory) -> bool {
        let holder = match &input.command {
            Command::Disconnected { key } if input.key == KeyId::VENUE => *key,
            Command::Tick | Command::SetCapacity(_) if input.key == KeyId::VENUE => return false,
            _ => input.key,
        };
        assert!(
            self.keys.contains(&holder),
            "nobody has logged on with key {holder}: {input:?}"
        );
        if input.key == KeyId::VENUE || input.is_unnumbered() {
            return false;
        }
        let sent = self.messages.get(&(input.key, input.client_seq));
        let sent = sent.map_or(&[][..], Vec::as_slice);
        let is_sent = sent
            .iter()
            .any(|message| command(message, directory) == Some(input.command));
        assert!(
            is_sent,
            "key {} never sent {input:?}, but {sent:?}",
            input.key
        );
        true
    }
}

/// The number under which a message asks for something to be changed.
fn client_seq(message: &Message) -> Option<ClientSeq> {
    match message {
        Message::NewOrder(m) => Some(m.client_seq),
        Message::CancelOrder(m) => Some(m.client_seq),
        Message::ReplaceOrder(m) => Some(m.client_seq),
        Message::MassCancel(m) => Some(m.client_seq),
        Message::ArmCancelOnDisconnect(m) => Some(m.client_seq),
        other => admin::command(other, |_| None).map(|(seq, _)| seq),
    }
}

/// The command that a message is, if it is one.
fn command(message: &Message, directory: &Directory) -> Option<Command> {
    match message {
        Message::NewOrder(m) => {
            let pair = directory.pair(m.instrument_id)?;
            order::place_order(m, pair).ok().map(Command::Place)
        }
        Message::CancelOrder(m) => order::cancel_order(m).ok().map(Command::Cancel),
        Message::ReplaceOrder(m) => {
            let pair = directory.pair(m.instrument_id)?;
            order::replace_order(m, pair).ok().map(Command::Replace)
        }
        Message::MassCancel(m) => order::mass_cancel(m).ok().map(Command::MassCancel),
        Message::ArmCancelOnDisconnect(m) => {
            let armed = m.armed == Boolean::True;
            Some(Command::ArmCancelOnDisconnect { armed })
        }
        other => admin::command(other, |id| directory.asset(id))?.1.ok(),
    }
}
