//! Numbered reports: which event gives which account which report, live as in recovery.
//!
//! Written once, so that what is sent again is what was sent. [`tell`] works out the messages and hands
//! them to an [`Audience`]: the publisher's, which sends and keeps them, or a log alone, which recovery
//! fills. Cost: one encoding for each report that somebody wants.

use rialto_protocol::WireMessage;
use rialto_types::{AccountId, CommandKind, Event, EventBody, KeyId, Rejected, ReportSeq, Trade};

use super::report_log::ReportLog;
use super::reports;
use crate::models::{Applied, OpenOrder, ReadModels};

/// A report, but for its message.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    /// Whose it is.
    pub(super) account: AccountId,
    /// Its number in the account; 0 when it has none.
    pub(super) report: ReportSeq,
    /// Who of those who act for the account may see it.
    pub(super) seen_by: SeenBy,
}

/// Who may see a report: of those who act for its account, ...
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SeenBy {
    /// ... all that may read, and these keys, which asked for it or placed its order.
    ReadersAnd([KeyId; 2]),
    /// ... administrators, who all act for the venue.
    Administrators,
}

/// Who is to hear of reports.
pub(super) trait Audience {
    /// Whether anybody wants the reports of an account.
    fn wants(&self, account: AccountId) -> bool;

    /// Takes a report.
    fn report(&mut self, about: About, message: &impl WireMessage);
}

impl Audience for ReportLog {
    fn wants(&self, _account: AccountId) -> bool {
        self.is_on()
    }

    fn report(&mut self, about: About, message: &impl WireMessage) {
        if about.report.0 > 0 {
            self.append(about, message);
        }
    }
}

impl ReportLog {
    /// Keeps the reports of an event of a recovery, which the models have just applied.
    pub fn replay(&mut self, event: &Event, applied: &Applied, models: &ReadModels) {
        if self.is_on() {
            tell(event, applied, models, self);
        }
    }
}

/// Tells the reports of an event, which the models have just applied.
pub(super) fn tell(
    event: &Event,
    applied: &Applied,
    models: &ReadModels,
    audience: &mut impl Audience,
) {
    match applied {
        Applied::Order(order) => tell_order(event, order, models, audience),
        Applied::Trade { maker, taker } => {
            let EventBody::Trade(trade) = &event.body else {
                unreachable!("only a trade is applied as one");
            };
            tell_trade(event, trade, [maker, taker], models, audience);
        }
        Applied::Nothing => tell_other(event, models, audience),
    }
}

fn tell_order(event: &Event, order: &OpenOrder, models: &ReadModels, audience: &mut impl Audience) {
    if !audience.wants(order.account) {
        return;
    }
    let pair = models.directory().pair(order.instrument);
    let pair = pair.expect("an event names a listed instrument");
    let (message, report, asker) = match &event.body {
        EventBody::Accepted(e) => {
            let message = reports::accepted(event, e, order, pair);
            (message, e.report, e.origin.key)
        }
        EventBody::Cancelled(e) => {
            let message = reports::cancelled(event, e, order, pair);
            (message, e.report, e.origin.key)
        }
        EventBody::Replaced(e) => {
            let message = reports::replaced(event, e, order, pair);
            (message, e.report, e.origin.key)
        }
        EventBody::Reduced(e) => {
            let message = reports::reduced(event, e, order, pair);
            (message, e.report, order.key)
        }
        EventBody::Triggered(e) => {
            let message = reports::triggered(event, e, order, pair);
            (message, e.report, order.key)
        }
        // That an order has entered the book follows from its other reports.
        _ => return,
    };
    let about = About {
        account: order.account,
        report,
        // Another key of the account may have asked; whoever placed the order hears of it too.
        seen_by: SeenBy::ReadersAnd([asker, order.key]),
    };
    audience.report(about, &message);
}

fn tell_trade(
    event: &Event,
    trade: &Trade,
    [maker, taker]: [&OpenOrder; 2],
    models: &ReadModels,
    audience: &mut impl Audience,
) {
    for (fill, order) in [(&trade.maker, maker), (&trade.taker, taker)] {
        if audience.wants(order.account) {
            let pair = models.directory().pair(order.instrument);
            let pair = pair.expect("an event names a listed instrument");
            let message = reports::filled(event, trade, fill, order, pair);
            let about = About {
                account: order.account,
                report: fill.report,
                seen_by: SeenBy::ReadersAnd([order.key; 2]),
            };
            audience.report(about, &message);
        }
    }
}

/// Reports that are not about one open order.
fn tell_other(event: &Event, models: &ReadModels, audience: &mut impl Audience) {
    match &event.body {
        EventBody::Rejected(e) if audience.wants(e.account) => {
            tell_rejected(event, e, models, audience);
        }
        EventBody::MassCancelled {
            origin,
            account,
            report,
            ..
        } if audience.wants(*account) => {
            let mut about = About {
                account: *account,
                report: *report,
                seen_by: SeenBy::ReadersAnd([origin.key; 2]),
            };
            if *account != AccountId::VENUE {
                audience.report(about, &reports::mass_cancelled(event));
            } else if let Some(message) = reports::administered(event) {
                about.seen_by = SeenBy::Administrators;
                audience.report(about, &message);
            }
        }
        EventBody::Transferred(e) if audience.wants(e.account) => {
            let about = About {
                account: e.account,
                report: e.report,
                // No key of the account asked for it.
                seen_by: SeenBy::ReadersAnd([KeyId::VENUE; 2]),
            };
            let message = reports::transferred(event, e, models.directory());
            audience.report(about, &message);
        }
        _ => {}
    }
}

fn tell_rejected(event: &Event, e: &Rejected, models: &ReadModels, audience: &mut impl Audience) {
    let directory = models.directory();
    let mut about = About {
        account: e.account,
        report: e.report,
        seen_by: SeenBy::ReadersAnd([e.origin.key; 2]),
    };
    match e.command {
        CommandKind::Place | CommandKind::Cancel | CommandKind::Replace => {
            let named = e.order.filter(|_| e.command != CommandKind::Place);
            let named = named.and_then(|order| models.find(e.account, order));
            let message = reports::order_rejected(event, e, directory, named);
            audience.report(about, &message);
        }
        CommandKind::MassCancel => {
            let message = reports::mass_cancel_rejected(event, e, directory);
            audience.report(about, &message);
        }
        CommandKind::ArmCancelOnDisconnect => {
            let message = reports::arm_rejected(event, e, directory);
            audience.report(about, &message);
        }
        _ => {
            if e.account == AccountId::VENUE {
                about.seen_by = SeenBy::Administrators;
            }
            audience.report(about, &reports::admin_rejected(event, e, directory));
        }
    }
}
