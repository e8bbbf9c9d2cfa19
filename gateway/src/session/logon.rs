//! Logging on: the key is looked up, the signature verified, the key's lease taken, cancel-on-disconnect
//! armed as asked, and the publisher told from when on to report.
//!
//! All of it within the time for entering. A key that does not exist costs as long as one whose signature
//! is wrong, and the answer is the same.

use std::net::IpAddr;
use std::time::Duration;

use ed25519_dalek::{Signature, VerifyingKey};
use rialto_protocol::network::{self, address_bytes};
use rialto_protocol::{
    EndReason, Logon, LogonFlags, MessageError, Refused, WireMessage, logon_text,
};
use rialto_risk::Gate;
use rialto_types::{
    ClientSeq, Command, CommandKind, Input, KeyId, Permissions, PublicKey, ReportSeq,
};
use tokio::sync::oneshot;

use super::grace::GRACE_MAX;
use super::{ENTRY_TIMEOUT, End, RETRY_PAUSE, Session, Stage, Trader, ended, quarters};
use crate::accounts::NoSeat;
use crate::admission::same_for_both;
use crate::clock::now;
use crate::models::Key;
use crate::rates::SessionRates;
use crate::request::{LogOn, Request, Role};

/// The heartbeat intervals that a client may ask for, in milliseconds.
const HEARTBEAT_INTERVALS_MS: std::ops::RangeInclusive<u32> = 1_000..=60_000;
/// Verified against when there is no such key: the base point of the curve, of which nobody here knows
/// the private key that the derivation of RFC 8032 would need.
const NOBODY: PublicKey = PublicKey([
    0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
]);

pub(super) fn refused(reason: EndReason, text: impl Into<String>) -> End {
    End::Told {
        reason,
        text: text.into(),
        logon: true,
    }
}

/// The refusal of a logon for whose account there is no place.
pub(super) fn no_seat(NoSeat(max): NoSeat) -> End {
    let text = format!("the account has {max} sessions already");
    refused(EndReason::TooManySessions, text)
}

impl Session {
    pub(super) async fn log_on(&mut self, message: &Logon) -> Result<(), End> {
        if matches!(self.stage, Stage::Trader(_) | Stage::Copy(_)) {
            let text = "the session is logged on already".to_owned();
            let about = Refused {
                ref_template_id: Logon::TEMPLATE_ID,
                ..Refused::default()
            };
            self.refuse_message(&about, MessageError::AlreadyLoggedOn, text);
            return Ok(());
        }
        let deadline = tokio::time::Instant::now() + ENTRY_TIMEOUT;
        let ender = self.outbox.ender();
        let result = tokio::select! {
            result = self.enter(message) => result,
            reason = ender.until_ended() => Err(ended(reason)),
            () = tokio::time::sleep_until(deadline) => {
                Err(refused(EndReason::InternalError, "the core did not take the logon in time"))
            }
        };
        let (session, peer, key) = (self.id.0, self.peer, message.key_id.0);
        match &result {
            Ok(()) => tracing::info!(session, %peer, key, "logged on"),
            Err(End::Told { reason, text, .. }) => {
                tracing::info!(session, %peer, key, ?reason, text, "logon refused");
            }
            Err(End::Lost) => {}
        }
        result
    }

    async fn enter(&mut self, message: &Logon) -> Result<(), End> {
        let interval = self.heartbeat_interval_of(message)?;
        let flags = known_flags(message)?;
        let grace = grace_of(message)?;
        let wants_armed = flags.contains(LogonFlags::CANCEL_ON_DISCONNECT);
        let key = self.verified_key(message).await?;
        allowed_from(&key, self.peer.ip())?;
        if flags.contains(LogonFlags::DROP_COPY) {
            return self.enter_as_copy(message, &key, interval).await;
        }
        let may_trade = key.permissions.allows(Permissions::TRADE);
        if !may_trade {
            without_trading(flags, grace)?;
        }
        let wants_times = flags.contains(LogonFlags::STAGE_TIMES);
        let ender = self.outbox.ender();
        let shared = SessionRates {
            account: self.floor.accounts.get(key.account),
            address: {
                let address = same_for_both(self.peer.ip());
                self.floor.address_rates.get(address, now())
            },
        };
        let keys = &self.floor.keys;
        let lease = keys.take(message.key_id, self.id, ender, &shared.account);
        let mut lease = lease.await.map_err(no_seat)?;
        let rates = &self.floor.config.rates;
        let gate = lease
            .state
            .gate
            .get_or_insert_with(|| Gate::new(rates, key.client_seq, now()));
        let after = gate.submitted();
        // A session that has ended has disarmed its key, unless the exchange was started in between:
        // then the key is still armed, and the choice of this logon counts.
        // So it is for one that has come back in time.
        let has_come_back = lease.state.awaited.take().is_some();
        let stays_armed = has_come_back || (key.cancel_on_disconnect && may_trade);
        let arms = wants_armed || stays_armed;
        lease.state.arms += u64::from(arms);
        let announcement = Announcement {
            key: message.key_id,
            role: Role::Trader,
            after,
            arms: lease.state.arms,
            stage_times: wants_times,
            last_report: message.last_report_seq,
            interval,
        };
        // From here on the session acts for the key: whatever happens, its end gives the key back.
        self.floor.metrics.traders.inc();
        self.stage = Stage::Trader(Trader {
            key: message.key_id,
            account: key.account,
            permissions: key.permissions,
            lease,
            rates: shared,
            // Until its own choice is with the core, that of the one before it holds.
            is_armed: arms,
            grace,
        });
        self.pass.log_on();
        if arms {
            self.wait_for_rate().await;
            self.arm_at_logon(message.key_id, wants_armed).await;
        }
        if wants_times {
            self.sampler.follow_all();
        }
        self.announce(announcement).await?;
        self.floor.metrics.logons.inc();
        self.heartbeat_interval = interval;
        self.quarters = quarters(interval);
        Ok(())
    }

    fn heartbeat_interval_of(&self, message: &Logon) -> Result<Duration, End> {
        let Some(ms) = message.heartbeat_interval_ms else {
            return Ok(self.floor.config.heartbeat_interval);
        };
        if HEARTBEAT_INTERVALS_MS.contains(&ms) {
            return Ok(Duration::from_millis(u64::from(ms)));
        }
        let text = format!("heartbeatIntervalMs {ms} is not within 1,000 to 60,000");
        Err(refused(EndReason::InvalidLogon, text))
    }

    /// The key, if the signature proves that the client has it.
    async fn verified_key(&self, message: &Logon) -> Result<Key, End> {
        let (reply, answer) = oneshot::channel();
        let request = Request::FindKey {
            key: message.key_id,
            reply,
        };
        let closing = || ended(EndReason::ShuttingDown);
        self.market()
            .requests
            .send(request)
            .await
            .map_err(|_| closing())?;
        let key = answer.await.map_err(|_| closing())?;
        let text = logon_text(&self.challenge, message.key_id);
        let public_key = key.map_or(NOBODY, |key| key.public_key);
        match key {
            Some(key) if verifies(&public_key, &text, &message.signature) => Ok(key),
            // The same work is done for a key that there is not.
            None if verifies(&public_key, &text, &message.signature) => Err(bad_credentials()),
            _ => Err(bad_credentials()),
        }
    }

    /// Waits until the rates have room for the arming at this logon, which is journaled like an order, as
    /// is the disconnect that belongs to it: whoever logs on again and again does so no faster than it
    /// may place orders.
    async fn wait_for_rate(&mut self) {
        let Stage::Trader(trader) = &mut self.stage else {
            unreachable!("only traders arm");
        };
        let Trader { lease, rates, .. } = trader;
        let gate = lease.state.gate.as_mut();
        let gate = gate.expect("a logon makes the gate");
        let kind = CommandKind::ArmCancelOnDisconnect;
        loop {
            let now = now();
            let admitted = gate.admit_unnumbered_arming(now).and_then(|()| {
                let shared = rates.take(kind, now);
                shared.inspect_err(|_| gate.give_back(kind))
            });
            let Err(refusal) = admitted else {
                return;
            };
            let wait_ns = u64::try_from(refusal.value).unwrap_or(0);
            tokio::time::sleep(Duration::from_nanos(wait_ns)).await;
        }
    }

    /// Arms or disarms cancel-on-disconnect, without using up a number of the key. Tried until the ring
    /// takes it.
    async fn arm_at_logon(&mut self, key: KeyId, armed: bool) {
        let input = Input {
            key,
            client_seq: ClientSeq(0),
            command: Command::ArmCancelOnDisconnect { armed },
        };
        while self.market().commands.submit(input).is_err() {
            tokio::time::sleep(RETRY_PAUSE).await;
        }
        if let Stage::Trader(trader) = &mut self.stage {
            trader.is_armed = armed;
        }
    }

    /// Lets the publisher accept the logon, once the core has taken everything that the key has sent.
    pub(super) async fn announce(&self, announcement: Announcement) -> Result<(), End> {
        let (reply, answer) = oneshot::channel();
        let request = Request::LogOn(LogOn {
            session: self.id,
            key: announcement.key,
            role: announcement.role,
            after: announcement.after,
            arms: announcement.arms,
            stage_times: announcement.stage_times,
            last_report: announcement.last_report,
            heartbeat_interval_ms: super::milliseconds(announcement.interval),
            reply,
        });
        let closing = || ended(EndReason::ShuttingDown);
        self.market()
            .requests
            .send(request)
            .await
            .map_err(|_| closing())?;
        let accepted = answer.await.map_err(|_| closing())?;
        accepted.map_err(|refusal| refused(refusal.reason, refusal.text))
    }
}

/// What the publisher is told of a logon.
pub(super) struct Announcement {
    pub(super) key: KeyId,
    pub(super) role: Role,
    pub(super) after: ClientSeq,
    pub(super) arms: u64,
    /// Whether the session tells where the time of its commands goes.
    pub(super) stage_times: bool,
    pub(super) last_report: Option<ReportSeq>,
    pub(super) interval: Duration,
}

fn bad_credentials() -> End {
    refused(
        EndReason::BadCredentials,
        "the key does not exist, was revoked, or its signature does not verify",
    )
}

/// Refuses a key that is not for this address.
fn allowed_from(key: &Key, address: IpAddr) -> Result<(), End> {
    if key.networks.allow(address_bytes(address)) {
        return Ok(());
    }
    let text = format!(
        "the key may not be used from {}, only from {}",
        address.to_canonical(),
        network::texts(&key.networks).join(", ")
    );
    Err(refused(EndReason::AddressNotAllowed, text))
}

/// Refuses choices that only a key which may trade can make.
fn without_trading(flags: LogonFlags, grace: Duration) -> Result<(), End> {
    let text = if flags.contains(LogonFlags::CANCEL_ON_DISCONNECT) || !grace.is_zero() {
        "cancel-on-disconnect needs a key with the permission Trade"
    } else if flags.contains(LogonFlags::STAGE_TIMES) {
        "stage times are those of commands, and need a key with the permission Trade"
    } else {
        return Ok(());
    };
    Err(refused(EndReason::InvalidLogon, text))
}

/// How long the session may come back when it is lost.
fn grace_of(message: &Logon) -> Result<Duration, End> {
    let grace = Duration::from_millis(message.cancel_grace_ms.unwrap_or(0).into());
    if grace <= GRACE_MAX {
        return Ok(grace);
    }
    let (found, most) = (grace.as_millis(), GRACE_MAX.as_millis());
    let text = format!("cancelGraceMs {found} is more than {most}");
    Err(refused(EndReason::InvalidLogon, text))
}

/// The flags of a logon, none of which may be unknown.
fn known_flags(message: &Logon) -> Result<LogonFlags, End> {
    let flags = message.logon_flags;
    if flags.has_unknown() {
        let (found, known) = (flags.0, LogonFlags::KNOWN.0);
        let text = format!(
            "logonFlags {found:#04x} has a flag that is not in the schema, which has {known:#04x}"
        );
        return Err(refused(EndReason::InvalidLogon, text));
    }
    Ok(flags)
}

/// Whether the signature over the text is the key's. Strict: of the encodings that RFC 8032 leaves open
/// none but the canonical one.
fn verifies(key: &PublicKey, text: &[u8], signature: &[u8; 64]) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(&key.0) else {
        return false;
    };
    key.verify_strict(text, &Signature::from_bytes(signature))
        .is_ok()
}
