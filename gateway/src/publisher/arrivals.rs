//! Logons: the moment from which a session is told what happens to its account.
//!
//! A logon waits until the core has taken everything that its key has sent, which the session that had
//! the key before may have done: what the client is told then, its highest sequence and whether
//! cancel-on-disconnect is armed, is final.

use rialto_protocol::{EndReason, LogonAccepted, LogonFlags, Permissions as WirePermissions};
use rialto_types::{Permissions, ReportSeq, Timestamp};

use super::Publisher;
use super::desk::{Place, Trader};
use crate::request::{LogOn, LogonRefusal, Role};

impl Publisher {
    /// Completes the logons whose key has nothing left on its way to the core.
    pub(super) fn admit_arriving(&mut self, now: Timestamp) {
        let arriving = std::mem::take(&mut self.arriving);
        let (due, rest) = arriving
            .into_iter()
            .partition(|(_, log_on)| self.is_due(log_on));
        self.arriving = rest;
        for (place, log_on) in due {
            self.admit(place, log_on, now);
        }
    }

    fn is_due(&self, log_on: &LogOn) -> bool {
        let arms = self.arms.get(&log_on.key).copied().unwrap_or(0);
        let key = self.models.keys().get(log_on.key);
        key.is_none_or(|key| key.revoked || (arms >= log_on.arms && key.client_seq >= log_on.after))
    }

    fn admit(&mut self, place: Place, log_on: LogOn, now: Timestamp) {
        let checked = self.check_logon(&log_on);
        if let Ok(trader) = checked {
            self.log_on(place, &log_on, trader, now);
        }
        // Whoever asked may have gone; then its end follows.
        drop(log_on.reply.send(checked.map(|_| ())));
    }

    fn check_logon(&self, log_on: &LogOn) -> Result<Trader, LogonRefusal> {
        let refusal = |reason, text| Err(LogonRefusal { reason, text });
        let key = self.models.keys().get(log_on.key);
        let Some(key) = key.filter(|key| !key.revoked) else {
            return refusal(EndReason::BadCredentials, "the key was revoked".to_owned());
        };
        let permissions = match log_on.role {
            Role::Trader => key.permissions,
            Role::AccountCopy | Role::VenueCopy => Permissions::READ,
        };
        let trader = Trader {
            key: log_on.key,
            account: key.account,
            permissions,
            role: log_on.role,
        };
        let last = self.last_report(trader);
        if let Some(claimed) = log_on.last_report.filter(|claimed| *claimed > last) {
            let whose = match log_on.role {
                Role::VenueCopy => "all accounts",
                Role::Trader | Role::AccountCopy => "the account",
            };
            let text = format!(
                "lastReportSeq {claimed} is above the last report of {whose}, which is {last}"
            );
            return refusal(EndReason::InvalidLogon, text);
        }
        Ok(trader)
    }

    /// The number of the last report as a session counts them: those of its account, and for a drop copy of all
    /// accounts those of all.
    pub(super) fn last_report(&self, trader: Trader) -> ReportSeq {
        let accounts = self.models.accounts();
        match trader.role {
            Role::VenueCopy => ReportSeq(accounts.report_count()),
            Role::Trader | Role::AccountCopy => accounts[trader.account].report,
        }
    }

    /// Accepts a logon: from here on the session is told what happens to the account.
    fn log_on(&mut self, place: Place, log_on: &LogOn, trader: Trader, now: Timestamp) {
        let key = self.models.keys().get(log_on.key);
        let key = key.expect("a checked logon has a key");
        let facts = &self.models.accounts()[trader.account];
        let next = ReportSeq(self.last_report(trader).0 + 1);
        let logon_flags = match trader.role {
            Role::Trader => LogonFlags::CANCEL_ON_DISCONNECT
                .when(key.cancel_on_disconnect)
                .with(LogonFlags::STAGE_TIMES.when(log_on.stage_times)),
            Role::AccountCopy | Role::VenueCopy => LogonFlags::DROP_COPY,
        };
        let message = LogonAccepted {
            account_id: trader.account,
            key_id: log_on.key,
            highest_client_seq: key.client_seq,
            next_report_seq: next,
            server_time: now,
            heartbeat_interval_ms: log_on.heartbeat_interval_ms,
            permissions: WirePermissions(trader.permissions.bits()),
            account_state: facts.state.into(),
            logon_flags,
        };
        let max = self.limits.trader_queue_bytes_max;
        self.desk.log_on(place, trader, max);
        self.desk.tell(place, &message);
        if let Some(last) = log_on.last_report {
            self.begin_catching_up(place, trader, last);
        }
    }
}
