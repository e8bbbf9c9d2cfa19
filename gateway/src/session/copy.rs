//! Drop copies: sessions that only read what happens, beside those that act.
//!
//! A logon asks for one with a flag; a key that may read is enough. It takes no lease: a key may have any number
//! of drop copies beside its session, and none of them ends another one. Each takes a seat of the account, as
//! every session does. Whatever would change something is refused, and nothing is ever armed.

use std::sync::Arc;
use std::time::Duration;

use rialto_protocol::text::{self, Context};
use rialto_protocol::{EndReason, Logon, LogonFlags, Refused, VarText};
use rialto_types::{AccountId, ClientSeq, CommandKind, Permissions};

use super::logon::{Announcement, no_seat, refused};
use super::{End, Session, Stage, quarters};
use crate::accounts::Seat;
use crate::models::Key;
use crate::request::Role;

/// A session that is a drop copy.
#[derive(Debug)]
pub(super) struct Copyist {
    /// The account of its key.
    pub(super) account: AccountId,
    _seat: Seat,
}

impl Copyist {
    /// What it may do, whatever its key may.
    pub(super) const PERMISSIONS: Permissions = Permissions::READ;
}

impl Session {
    /// Completes the logon of a drop copy, whose key and signature are right.
    pub(super) async fn enter_as_copy(
        &mut self,
        message: &Logon,
        key: &Key,
        interval: Duration,
    ) -> Result<(), End> {
        let invalid = |text: &str| Err(refused(EndReason::InvalidLogon, text));
        if message
            .logon_flags
            .contains(LogonFlags::CANCEL_ON_DISCONNECT)
        {
            return invalid("a drop copy places no orders: leave the flag CancelOnDisconnect out");
        }
        if message.cancel_grace_ms.is_some() {
            return invalid("a drop copy places no orders: leave cancelGraceMs out");
        }
        if message.logon_flags.contains(LogonFlags::STAGE_TIMES) {
            return invalid("a drop copy sends no commands: leave the flag StageTimes out");
        }
        if !key.permissions.allows(Permissions::READ) {
            return invalid("a drop copy needs a key with the permission Read");
        }
        let role = if key.permissions.allows(Permissions::ADMIN) {
            Role::VenueCopy
        } else {
            Role::AccountCopy
        };
        let desk = self.floor.accounts.get(key.account);
        let seat = Arc::clone(&desk).seat().map_err(no_seat)?;
        self.floor.metrics.traders.inc();
        self.stage = Stage::Copy(Copyist {
            account: key.account,
            _seat: seat,
        });
        self.pass.log_on();
        self.announce(Announcement {
            key: message.key_id,
            role,
            // It sends nothing to the core that it would have to wait for.
            after: ClientSeq(0),
            arms: 0,
            stage_times: false,
            last_report: message.last_report_seq,
            interval,
        })
        .await?;
        self.floor.metrics.logons.inc();
        self.heartbeat_interval = interval;
        self.quarters = quarters(interval);
        Ok(())
    }

    /// Refuses a command, since a drop copy only reads. `about` says which one it was.
    pub(super) fn refuse_of_copy(&mut self, kind: CommandKind, about: &Refused) {
        let Err(refusal) = rialto_risk::check_permission(Copyist::PERMISSIONS, kind) else {
            unreachable!("every command needs more than the permission to read");
        };
        self.floor.metrics.gate_refusal(refusal.reason);
        let rule = text::refusal(&refusal, &Context::default());
        self.answer(&Refused {
            reject_reason: Some(refusal.reason.into()),
            value: refusal.value,
            limit: refusal.limit,
            text: VarText::from(format!("the session is a drop copy: {rule}")),
            ..about.clone()
        });
    }
}
