//! Sending again what a client missed while it was away.
//!
//! Whoever logs on with an older report number gets the reports after it out of the [log](super::ReportLog),
//! a few a turn and only while it keeps up, and what happens meanwhile after them: each report once, in
//! order. When the log does not reach back far enough, or forgets faster than the client reads, a
//! `ReportGap` says which are gone, and open orders and balances follow at the end. A drop copy of all accounts
//! counts the reports of all of them, goes through the whole log, and is told no orders and balances: whose?
//! A `CaughtUp` comes last, to each kind of session, also when there was nothing to be told.

use rialto_protocol::{CaughtUp, ReportGap};
use rialto_types::{Permissions, ReportSeq};

use super::answers::keeps_up;
use super::desk::{Place, Trader};
use super::{Asked, Publisher};
use crate::request::{Question, Role};

/// Reports sent again to one session in one turn.
const REPORTS_PER_TURN: u64 = 256;

/// A session that is being sent what it missed.
#[derive(Debug)]
pub(super) struct CatchUp {
    pub(super) place: Place,
    trader: Trader,
    /// The next report to be sent.
    next: ReportSeq,
    /// Whether some were gone.
    has_gap: bool,
    stage: Stage,
}

/// What it is being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Reports. What happens meanwhile waits its turn among them.
    Reports,
    /// The open orders, bit by bit, as an answer; and what happens when it happens.
    OpenOrders,
}

impl Publisher {
    /// Begins to send a session what came after `last`, the last report that it has; 0 when it has none yet.
    /// When there is nothing it is told so at once.
    pub(super) fn begin_catching_up(&mut self, place: Place, trader: Trader, last: ReportSeq) {
        if last >= self.last_report(trader) {
            self.tell_caught_up(place, trader);
        } else if let Some(member) = self.desk.get_mut(place) {
            member.is_catching_up = true;
            self.catching_up.push(CatchUp {
                place,
                trader,
                next: ReportSeq(last.0 + 1),
                has_gap: false,
                stage: Stage::Reports,
            });
        }
    }

    /// Sends a little more to each of them. Only between two commands.
    pub(super) fn go_on_catching_up(&mut self) {
        let mut all = std::mem::take(&mut self.catching_up);
        all.retain_mut(|one| {
            if one.stage == Stage::Reports
                && keeps_up(&self.desk, one.place)
                && self.send_again(one)
            {
                self.end_reports(one);
            }
            let is_done =
                one.stage == Stage::OpenOrders && !self.answers.is_telling_unasked(one.place);
            if is_done {
                self.tell_caught_up(one.place, one.trader);
            }
            !is_done
        });
        self.catching_up = all;
    }

    /// Whether one of them can be sent more at once.
    pub(super) fn can_catch_up(&self) -> bool {
        self.catching_up.iter().any(|one| match one.stage {
            Stage::Reports => keeps_up(&self.desk, one.place),
            Stage::OpenOrders => !self.answers.is_telling_unasked(one.place),
        })
    }

    /// Sends the next reports. Returns whether the session has caught up.
    fn send_again(&mut self, one: &mut CatchUp) -> bool {
        let account = one.trader.account;
        let last = self.last_report(one.trader);
        let first = match one.trader.role {
            Role::VenueCopy => Some(ReportSeq(last.0 - self.log.count() + 1)),
            Role::Trader | Role::AccountCopy => self.log.first(account),
        };
        let first = first.unwrap_or(ReportSeq(last.0 + 1));
        if one.next < first {
            one.has_gap = true;
            let gap = ReportGap {
                first_missed: one.next,
                first_available: first,
            };
            self.desk.tell(one.place, &gap);
            one.next = first;
        }
        let end = ReportSeq(last.0.min(one.next.0 + REPORTS_PER_TURN - 1));
        if one.trader.role == Role::VenueCopy {
            let count = (end.0 + 1).saturating_sub(one.next.0);
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            for bytes in self.log.after(one.next.0 - first.0).take(count) {
                self.desk.tell_bytes(one.place, bytes);
            }
            one.next = ReportSeq(end.0 + 1);
        }
        while one.next <= end {
            let kept = self.log.get(account, one.next);
            let kept = kept.expect("from its first on, the log has every report");
            if one.trader.may_see(kept.seen_by) {
                self.desk.tell_bytes(one.place, kept.bytes);
            }
            one.next.0 += 1;
        }
        one.next > last
    }

    /// From here on the session is told what happens when it happens. Balances are told at once, open orders
    /// begin to be told if reports are gone.
    fn end_reports(&mut self, one: &mut CatchUp) {
        if let Some(member) = self.desk.get_mut(one.place) {
            member.is_catching_up = false;
        }
        one.stage = Stage::OpenOrders;
        let has_balances = one.trader.role != Role::VenueCopy;
        if !has_balances || !one.trader.permissions.allows(Permissions::READ) {
            return;
        }
        let account = one.trader.account;
        let orders = Question::OpenOrders {
            account,
            instrument: None,
        };
        let orders = one.has_gap.then_some(orders);
        for question in orders.into_iter().chain([Question::Balances { account }]) {
            let asked = Asked {
                place: one.place,
                template_id: 0,
                request_id: 0,
            };
            self.answers
                .ask(&mut self.models, &mut self.desk, asked, question);
        }
    }

    /// Tells a session that it has been told everything.
    fn tell_caught_up(&mut self, place: Place, trader: Trader) {
        let last_report_seq = self.last_report(trader);
        self.desk.tell(place, &CaughtUp { last_report_seq });
    }
}
