//! Events as the messages that tell an account, or the administrators, of them.
//!
//! Pure functions from an event, and the order as it is after it, to a message of the schema. Nothing here
//! knows who will receive it. Allocates only for the text of a refusal.

use rialto_protocol::refusal::Pair;
use rialto_protocol::text::{self, Context, Units};
use rialto_protocol::{
    AdminReport, Balance as WireBalance, Boolean, CancelOnDisconnectReport, ExecType,
    ExecutionReport, Liquidity, MassCancelReport, OrderState, ReportFlags, TransferReport, VarText,
    convert,
};
use rialto_types::{
    AccountId, Asset, AssetId, CancelReason, Cancelled, ClientSeq, CommandKind, Event, EventBody,
    Fill, KeyId, KillScope, OrderAccepted, OrderReduced, OrderRef, OrderReplaced, OrderTriggered,
    Origin, Rejected, ReportSeq, Side, Trade, Transferred,
};

use crate::models::{Balance, Directory, OpenOrder, Place};
use crate::terms::OrderFacts;

/// A report number as the wire carries it.
fn numbered(report: ReportSeq) -> Option<ReportSeq> {
    (report.0 > 0).then_some(report)
}

/// Key and number of who asked, unless nobody outside did.
fn asked(origin: Origin) -> (Option<KeyId>, Option<ClientSeq>) {
    if origin.key == KeyId::VENUE {
        (None, None)
    } else {
        (Some(origin.key), Some(origin.client_seq))
    }
}

/// Where an open order stands.
pub(super) fn order_state(order: &OpenOrder) -> OrderState {
    match order.place {
        Place::Waiting => OrderState::Waiting,
        Place::Closed if order.leaves == 0 => OrderState::Filled,
        Place::Closed => OrderState::Cancelled,
        Place::Book | Place::Matching if order.filled.0 > 0 => OrderState::PartiallyFilled,
        Place::Book | Place::Matching => OrderState::New,
    }
}

/// The part that all reports about one order share.
fn order_report(
    event: &Event,
    order: &OpenOrder,
    pair: Pair<'_>,
    (report, origin): (ReportSeq, Origin),
    exec_type: ExecType,
) -> ExecutionReport {
    let facts = OrderFacts::new(order, pair);
    let (key_id, client_seq) = asked(origin);
    ExecutionReport {
        core_seq: event.seq,
        event_index: event.index,
        transact_time: event.time,
        report_seq: numbered(report),
        account_id: order.account,
        instrument_id: Some(order.instrument),
        key_id,
        client_seq,
        order_id: Some(order.order_id),
        price: facts.terms.price,
        stop_price: facts.stop_price,
        order_quantity: facts.terms.quantity,
        quote_amount: facts.terms.quote_amount,
        expiry: facts.terms.expiry,
        cumulative_quantity: Some(facts.cumulative_quantity),
        cumulative_quote: Some(facts.cumulative_quote),
        average_price: facts.average_price,
        leaves_quantity: facts.leaves_quantity,
        leaves_quote: facts.leaves_quote,
        exec_type: exec_type.into(),
        order_status: Some(order_state(order).into()),
        side: Some(order.side.into()),
        order_type: Some(facts.terms.order_type.into()),
        time_in_force: Some(facts.terms.time_in_force.into()),
        stp_mode: Some(order.stp.into()),
        report_flags: ReportFlags::POST_ONLY.when(facts.terms.post_only),
        client_order_id: order.client_order_id.into(),
        ..ExecutionReport::default()
    }
}

pub(super) fn accepted(
    event: &Event,
    e: &OrderAccepted,
    order: &OpenOrder,
    pair: Pair<'_>,
) -> ExecutionReport {
    let mut message = order_report(event, order, pair, (e.report, e.origin), ExecType::New);
    set(&mut message.report_flags, ReportFlags::RESTING, e.resting);
    message
}

pub(super) fn cancelled(
    event: &Event,
    e: &Cancelled,
    order: &OpenOrder,
    pair: Pair<'_>,
) -> ExecutionReport {
    let expired = e.reason == CancelReason::Expired;
    let (exec_type, state) = if expired {
        (ExecType::Expired, OrderState::Expired)
    } else {
        (ExecType::Cancelled, OrderState::Cancelled)
    };
    ExecutionReport {
        order_status: Some(state.into()),
        cancel_reason: Some(e.reason.into()),
        ..order_report(event, order, pair, (e.report, e.origin), exec_type)
    }
}

pub(super) fn replaced(
    event: &Event,
    e: &OrderReplaced,
    order: &OpenOrder,
    pair: Pair<'_>,
) -> ExecutionReport {
    let mut message = order_report(event, order, pair, (e.report, e.origin), ExecType::Replaced);
    set(&mut message.report_flags, ReportFlags::RESTING, e.resting);
    set(
        &mut message.report_flags,
        ReportFlags::KEPT_PRIORITY,
        e.kept_priority,
    );
    message
}

pub(super) fn reduced(
    event: &Event,
    e: &OrderReduced,
    order: &OpenOrder,
    pair: Pair<'_>,
) -> ExecutionReport {
    order_report(
        event,
        order,
        pair,
        (e.report, Origin::VENUE),
        ExecType::Restated,
    )
}

pub(super) fn triggered(
    event: &Event,
    e: &OrderTriggered,
    order: &OpenOrder,
    pair: Pair<'_>,
) -> ExecutionReport {
    let report = (e.report, Origin::VENUE);
    let mut message = order_report(event, order, pair, report, ExecType::Triggered);
    set(&mut message.report_flags, ReportFlags::RESTING, e.resting);
    message
}

/// One side's view of a trade.
pub(super) fn filled(
    event: &Event,
    trade: &Trade,
    fill: &Fill,
    order: &OpenOrder,
    pair: Pair<'_>,
) -> ExecutionReport {
    let (fee_asset, fee_asset_id) = match order.side {
        Side::Buy => (pair.base, pair.instrument.spec.base),
        Side::Sell => (pair.quote, pair.instrument.spec.quote),
    };
    let liquidity = if fill.order_id == trade.maker.order_id {
        Liquidity::Maker
    } else {
        Liquidity::Taker
    };
    ExecutionReport {
        last_quantity: Some(convert::qty_decimal(pair.instrument, trade.qty)),
        last_price: Some(convert::price_decimal(pair.instrument, trade.price)),
        last_quote_amount: Some(convert::amount_scaled(pair.quote, trade.notional)),
        trade_id: Some(trade.trade_id),
        fee_amount: Some(convert::amount_scaled(fee_asset, fill.fee)),
        fee_asset_id: Some(fee_asset_id),
        liquidity: Some(liquidity.into()),
        ..order_report(
            event,
            order,
            pair,
            (fill.report, Origin::VENUE),
            ExecType::Trade,
        )
    }
}

fn set(flags: &mut ReportFlags, flag: ReportFlags, on: bool) {
    *flags = flags.with(flag.when(on));
}

/// The sentence for a refusal of the core.
fn refusal_text(e: &Rejected, directory: &Directory) -> VarText {
    let context = Context {
        units: Units::Native,
        pair: directory.pair(e.instrument),
        asset: directory.asset(e.asset),
    };
    VarText::from(text::refusal(&e.refusal, &context))
}

/// A refusal about one order: to place, cancel or replace it. `named` is the open order that the request
/// named, if there is one.
pub(super) fn order_rejected(
    event: &Event,
    e: &Rejected,
    directory: &Directory,
    named: Option<&OpenOrder>,
) -> ExecutionReport {
    let (key_id, client_seq) = asked(e.origin);
    let (exec_type, state) = match e.command {
        CommandKind::Place => (ExecType::Rejected, Some(OrderState::Rejected)),
        CommandKind::Cancel => (ExecType::CancelRejected, None),
        _ => (ExecType::ReplaceRejected, None),
    };
    let (order_id, client_order_id) = match e.order {
        Some(OrderRef::Id(id)) => (Some(id), None),
        Some(OrderRef::Client(id)) => (None, Some(id)),
        None => (None, None),
    };
    ExecutionReport {
        core_seq: event.seq,
        event_index: event.index,
        transact_time: event.time,
        report_seq: numbered(e.report),
        account_id: e.account,
        instrument_id: (e.instrument.0 > 0).then_some(e.instrument),
        key_id,
        client_seq,
        order_id: order_id.or(named.map(|order| order.order_id)),
        exec_type: exec_type.into(),
        order_status: state.map(Into::into),
        side: named.map(|order| order.side.into()),
        reject_reason: Some(e.refusal.reason.into()),
        value: e.refusal.value,
        limit: e.refusal.limit,
        client_order_id: client_order_id
            .or(named.and_then(|o| o.client_order_id))
            .into(),
        text: refusal_text(e, directory),
        ..ExecutionReport::default()
    }
}

/// A mass cancel of an account that is done.
pub(super) fn mass_cancelled(event: &Event) -> MassCancelReport {
    let EventBody::MassCancelled {
        origin,
        account,
        report,
        count,
    } = event.body
    else {
        unreachable!("called for this event only")
    };
    let (key_id, client_seq) = asked(origin);
    MassCancelReport {
        core_seq: event.seq,
        event_index: event.index,
        transact_time: event.time,
        report_seq: numbered(report),
        account_id: account,
        key_id,
        client_seq,
        cancelled_count: Some(count),
        ..MassCancelReport::default()
    }
}

/// A mass cancel that was refused.
pub(super) fn mass_cancel_rejected(
    event: &Event,
    e: &Rejected,
    directory: &Directory,
) -> MassCancelReport {
    let (key_id, client_seq) = asked(e.origin);
    MassCancelReport {
        core_seq: event.seq,
        event_index: event.index,
        transact_time: event.time,
        report_seq: numbered(e.report),
        account_id: e.account,
        key_id,
        client_seq,
        cancelled_count: None,
        reject_reason: Some(e.refusal.reason.into()),
        value: e.refusal.value,
        limit: e.refusal.limit,
        text: refusal_text(e, directory),
    }
}

/// Cancel-on-disconnect that was armed or disarmed. `account` is that of the key.
pub(super) fn armed(
    event: &Event,
    origin: Origin,
    account: AccountId,
    armed: bool,
) -> CancelOnDisconnectReport {
    let (key_id, client_seq) = asked(origin);
    let armed = if armed { Boolean::True } else { Boolean::False };
    CancelOnDisconnectReport {
        core_seq: event.seq,
        event_index: event.index,
        transact_time: event.time,
        account_id: account,
        key_id,
        client_seq,
        armed: Some(armed.into()),
        ..CancelOnDisconnectReport::default()
    }
}

/// Arming or disarming that was refused.
pub(super) fn arm_rejected(
    event: &Event,
    e: &Rejected,
    directory: &Directory,
) -> CancelOnDisconnectReport {
    let (key_id, client_seq) = asked(e.origin);
    CancelOnDisconnectReport {
        core_seq: event.seq,
        event_index: event.index,
        transact_time: event.time,
        report_seq: numbered(e.report),
        account_id: e.account,
        key_id,
        client_seq,
        armed: None,
        reject_reason: Some(e.refusal.reason.into()),
        value: e.refusal.value,
        limit: e.refusal.limit,
        text: refusal_text(e, directory),
    }
}

/// Funds that were moved, as their account is told.
pub(super) fn transferred(event: &Event, e: &Transferred, directory: &Directory) -> TransferReport {
    let asset = directory
        .asset(e.asset)
        .expect("a transfer names a known asset");
    TransferReport {
        core_seq: event.seq,
        event_index: event.index,
        transact_time: event.time,
        report_seq: numbered(e.report),
        account_id: e.account,
        amount: convert::amount_scaled(asset, e.amount),
        asset_id: e.asset,
        source_id: e.source,
        transfer_seq: e.sequence,
    }
}

/// An administrative command that was refused.
pub(super) fn admin_rejected(event: &Event, e: &Rejected, directory: &Directory) -> AdminReport {
    AdminReport {
        report_seq: numbered(e.report),
        instrument_id: (e.instrument.0 > 0).then_some(e.instrument),
        asset_id: (e.asset.0 > 0).then_some(e.asset),
        reject_reason: Some(e.refusal.reason.into()),
        value: e.refusal.value,
        limit: e.refusal.limit,
        text: refusal_text(e, directory),
        ..admin_report(event, e.origin, e.command)
    }
}

fn admin_report(event: &Event, origin: Origin, command: CommandKind) -> AdminReport {
    let (key_id, client_seq) = asked(origin);
    AdminReport {
        core_seq: event.seq,
        event_index: event.index,
        transact_time: event.time,
        key_id,
        client_seq,
        command: command.into(),
        ..AdminReport::default()
    }
}

/// What administrators are told of an event of administration; `None` of any other.
pub(super) fn administered(event: &Event) -> Option<AdminReport> {
    let about = |origin, command| admin_report(event, origin, command);
    Some(match event.body {
        EventBody::AssetAdded { origin, id, .. } => AdminReport {
            asset_id: Some(id),
            ..about(origin, CommandKind::AddAsset)
        },
        EventBody::InstrumentListed { origin, instrument } => AdminReport {
            instrument_id: Some(instrument.id),
            ..about(origin, CommandKind::ListInstrument)
        },
        EventBody::InstrumentStateChanged {
            origin, instrument, ..
        } => AdminReport {
            instrument_id: Some(instrument),
            ..about(origin, CommandKind::SetInstrumentState)
        },
        EventBody::FeesChanged {
            origin, instrument, ..
        } => AdminReport {
            instrument_id: Some(instrument),
            ..about(origin, CommandKind::SetFees)
        },
        EventBody::AccountCreated { origin, account } => AdminReport {
            account_id: Some(account),
            ..about(origin, CommandKind::CreateAccount)
        },
        EventBody::AccountStateChanged {
            origin, account, ..
        } => AdminReport {
            account_id: Some(account),
            ..about(origin, CommandKind::SetAccountState)
        },
        EventBody::CapacitySet(_) => about(Origin::VENUE, CommandKind::SetCapacity),
        _ => return administered_access(event),
    })
}

/// As [`administered`], of keys, funds and the kill switch.
fn administered_access(event: &Event) -> Option<AdminReport> {
    let about = |origin, command| admin_report(event, origin, command);
    Some(match event.body {
        EventBody::KeyAdded(e) => AdminReport {
            account_id: Some(e.account),
            affected_key_id: Some(e.key),
            ..about(e.origin, CommandKind::AddKey)
        },
        EventBody::KeyRevoked { origin, key } => AdminReport {
            affected_key_id: Some(key),
            ..about(origin, CommandKind::RevokeKey)
        },
        EventBody::Transferred(e) => AdminReport {
            account_id: Some(e.account),
            asset_id: Some(e.asset),
            source_id: Some(e.source),
            transfer_seq: Some(e.sequence),
            ..about(e.origin, CommandKind::Transfer)
        },
        EventBody::MassCancelled {
            origin,
            report,
            count,
            ..
        } => AdminReport {
            report_seq: numbered(report),
            cancelled_count: Some(count),
            ..about(origin, CommandKind::CancelOrders)
        },
        EventBody::KillSwitchChanged {
            origin,
            scope,
            engaged,
        } => {
            let command = if engaged {
                CommandKind::EngageKillSwitch
            } else {
                CommandKind::ReleaseKillSwitch
            };
            let account = match scope {
                KillScope::Account(account) => Some(account),
                KillScope::Venue => None,
            };
            AdminReport {
                account_id: account,
                ..about(origin, command)
            }
        }
        _ => return None,
    })
}

/// A balance as the wire carries it.
pub(super) fn wire_balance(id: AssetId, asset: &Asset, balance: Balance) -> WireBalance {
    WireBalance {
        asset_id: id,
        available: convert::amount_scaled(asset, balance.available()),
        held: convert::amount_scaled(asset, balance.held),
    }
}
