//! What a client was told of an event, compared with the event.

use rialto_gateway::models::Directory;
use rialto_protocol::{
    AdminReport, CancelOnDisconnectReport, ExecType, ExecutionReport, Liquidity, MassCancelReport,
    Message, ReportFlags, TradeTick, TransferReport, convert,
};
use rialto_types::{
    CancelReason, ClientSeq, CommandKind, Event, EventBody, Fill, KeyId, Origin, Rejected,
    ReportSeq, Seq, Side, Trade,
};

use crate::orders::Orders;

/// The command that a message tells of; `None` when it tells of none.
pub(crate) fn seq(message: &Message) -> Option<Seq> {
    match message {
        Message::BalanceUpdate(told) => Some(told.core_seq),
        other => place(other).map(|(seq, _)| seq),
    }
}

/// The event of that command; `None` when it is the command as a whole.
pub(crate) fn index(message: &Message) -> Option<u32> {
    place(message).map(|(_, index)| index)
}

fn place(message: &Message) -> Option<(Seq, u32)> {
    Some(match message {
        Message::ExecutionReport(told) => (told.core_seq, told.event_index),
        Message::MassCancelReport(told) => (told.core_seq, told.event_index),
        Message::TransferReport(told) => (told.core_seq, told.event_index),
        Message::CancelOnDisconnectReport(told) => (told.core_seq, told.event_index),
        Message::AdminReport(told) => (told.core_seq, told.event_index),
        Message::TradeTick(told) => (told.core_seq, told.event_index),
        _ => return None,
    })
}

/// What a message tells, for counting.
pub(crate) fn kind(message: &Message) -> String {
    match message {
        Message::ExecutionReport(told) => told.exec_type.to_string(),
        other => other.name().to_owned(),
    }
}

/// The number of the report that a message is, if it is one.
pub(crate) fn report(message: &Message) -> Option<ReportSeq> {
    match message {
        Message::ExecutionReport(told) => told.report_seq,
        Message::MassCancelReport(told) => told.report_seq,
        Message::TransferReport(told) => told.report_seq,
        Message::CancelOnDisconnectReport(told) => told.report_seq,
        Message::AdminReport(told) => told.report_seq,
        _ => None,
    }
}

/// Under which number of which key the client asked for what a message answers.
pub(crate) fn asked(message: &Message) -> Option<(KeyId, ClientSeq)> {
    let (key, client_seq) = match message {
        Message::ExecutionReport(told) => (told.key_id, told.client_seq),
        Message::MassCancelReport(told) => (told.key_id, told.client_seq),
        Message::CancelOnDisconnectReport(told) => (told.key_id, told.client_seq),
        Message::AdminReport(told) => (told.key_id, told.client_seq),
        _ => (None, None),
    };
    key.zip(client_seq)
}

/// Asserts that a message tells what has happened. `orders` are as they are after the event.
pub(crate) fn check(message: &Message, event: &Event, orders: &Orders, directory: &Directory) {
    let expected: Message = match message {
        Message::ExecutionReport(told) => execution(told, event, orders, directory).into(),
        Message::TradeTick(told) => tick(told, event, directory).into(),
        Message::MassCancelReport(told) => mass_cancel(told, event).into(),
        Message::TransferReport(told) => transfer(told, event, directory).into(),
        Message::CancelOnDisconnectReport(told) => armed(told, event).into(),
        Message::AdminReport(told) => administered(told, event).into(),
        other => panic!("{other:?} tells of no event"),
    };
    assert_eq!(*message, expected, "of {event:?}");
}

fn origin(origin: Origin) -> (Option<KeyId>, Option<ClientSeq>) {
    let is_asked = origin != Origin::VENUE;
    let some = (Some(origin.key), Some(origin.client_seq));
    if is_asked { some } else { (None, None) }
}

/// What the report must be. What it says beyond the event and the order's terms stays as it is.
fn execution(
    told: &ExecutionReport,
    event: &Event,
    orders: &Orders,
    directory: &Directory,
) -> ExecutionReport {
    let told = ExecutionReport {
        transact_time: event.time,
        ..told.clone()
    };
    let of = |id, exec_type: ExecType, report, asked| {
        let (key_id, client_seq) = origin(asked);
        ExecutionReport {
            order_id: Some(id),
            exec_type: exec_type.into(),
            report_seq: Some(report),
            key_id,
            client_seq,
            ..orders.get(id).report(&told, directory)
        }
    };
    match &event.body {
        EventBody::Accepted(e) => ExecutionReport {
            report_flags: resting(told.report_flags, e.resting),
            ..of(e.order_id, ExecType::New, e.report, e.origin)
        },
        EventBody::Cancelled(e) => {
            let exec_type = match e.reason {
                CancelReason::Expired => ExecType::Expired,
                _ => ExecType::Cancelled,
            };
            ExecutionReport {
                cancel_reason: Some(e.reason.into()),
                ..of(e.order_id, exec_type, e.report, e.origin)
            }
        }
        EventBody::Replaced(e) => ExecutionReport {
            report_flags: resting(told.report_flags, e.resting),
            ..of(e.order_id, ExecType::Replaced, e.report, e.origin)
        },
        EventBody::Reduced(e) => of(e.order_id, ExecType::Restated, e.report, Origin::VENUE),
        EventBody::Triggered(e) => ExecutionReport {
            report_flags: resting(told.report_flags, e.resting),
            ..of(e.order_id, ExecType::Triggered, e.report, Origin::VENUE)
        },
        EventBody::Trade(trade) => {
            let is_maker = told.order_id == Some(trade.maker.order_id);
            let fill = if is_maker { &trade.maker } else { &trade.taker };
            let report = of(fill.order_id, ExecType::Trade, fill.report, Origin::VENUE);
            filled(report, trade, fill, directory)
        }
        EventBody::Rejected(e) => rejected(told, e),
        other => panic!("{other:?} is reported otherwise"),
    }
}

fn resting(flags: ReportFlags, is_resting: bool) -> ReportFlags {
    let without = ReportFlags(flags.0 & !ReportFlags::RESTING.0);
    without.with(ReportFlags::RESTING.when(is_resting))
}

fn filled(
    report: ExecutionReport,
    trade: &Trade,
    fill: &Fill,
    directory: &Directory,
) -> ExecutionReport {
    let pair = directory.pair(trade.instrument).unwrap();
    let is_maker = fill.order_id == trade.maker.order_id;
    let is_buyer = is_maker == (trade.taker_side == Side::Sell);
    let spec = &pair.instrument.spec;
    let (asset, asset_id) = if is_buyer {
        (pair.base, spec.base)
    } else {
        (pair.quote, spec.quote)
    };
    let liquidity = if is_maker {
        Liquidity::Maker
    } else {
        Liquidity::Taker
    };
    ExecutionReport {
        trade_id: Some(trade.trade_id),
        last_price: Some(convert::price_decimal(pair.instrument, trade.price)),
        last_quantity: Some(convert::qty_decimal(pair.instrument, trade.qty)),
        last_quote_amount: Some(convert::amount_scaled(pair.quote, trade.notional)),
        fee_amount: Some(convert::amount_scaled(asset, fill.fee)),
        fee_asset_id: Some(asset_id),
        liquidity: Some(liquidity.into()),
        ..report
    }
}

fn rejected(told: ExecutionReport, e: &Rejected) -> ExecutionReport {
    let exec_type = match e.command {
        CommandKind::Place => ExecType::Rejected,
        CommandKind::Cancel => ExecType::CancelRejected,
        CommandKind::Replace => ExecType::ReplaceRejected,
        other => panic!("a refused {other:?} is reported otherwise"),
    };
    let (key_id, client_seq) = origin(e.origin);
    ExecutionReport {
        account_id: e.account,
        report_seq: Some(e.report),
        key_id,
        client_seq,
        instrument_id: Some(e.instrument),
        exec_type: exec_type.into(),
        reject_reason: Some(e.refusal.reason.into()),
        value: e.refusal.value,
        limit: e.refusal.limit,
        ..told
    }
}

fn tick(told: &TradeTick, event: &Event, directory: &Directory) -> TradeTick {
    let EventBody::Trade(trade) = &event.body else {
        panic!("no trade: {event:?}, {told:?}");
    };
    let instrument = directory.instrument(trade.instrument).unwrap();
    TradeTick {
        instrument_id: trade.instrument,
        core_seq: event.seq,
        event_index: event.index,
        transact_time: event.time,
        trade_id: trade.trade_id,
        price: convert::price_decimal(instrument, trade.price),
        quantity: convert::qty_decimal(instrument, trade.qty),
        taker_side: trade.taker_side.into(),
    }
}

fn mass_cancel(told: &MassCancelReport, event: &Event) -> MassCancelReport {
    let told = MassCancelReport {
        transact_time: event.time,
        ..told.clone()
    };
    match &event.body {
        EventBody::MassCancelled {
            origin: asked,
            account,
            report,
            count,
        } => {
            let (key_id, client_seq) = origin(*asked);
            MassCancelReport {
                account_id: *account,
                report_seq: Some(*report),
                key_id,
                client_seq,
                cancelled_count: Some(*count),
                reject_reason: None,
                ..told
            }
        }
        EventBody::Rejected(e) => {
            let (key_id, client_seq) = origin(e.origin);
            MassCancelReport {
                account_id: e.account,
                report_seq: Some(e.report),
                key_id,
                client_seq,
                cancelled_count: None,
                reject_reason: Some(e.refusal.reason.into()),
                value: e.refusal.value,
                limit: e.refusal.limit,
                ..told
            }
        }
        other => panic!("no mass cancel: {other:?}, {told:?}"),
    }
}

fn transfer(told: &TransferReport, event: &Event, directory: &Directory) -> TransferReport {
    let EventBody::Transferred(e) = &event.body else {
        panic!("no transfer: {event:?}, {told:?}");
    };
    TransferReport {
        core_seq: event.seq,
        event_index: event.index,
        transact_time: event.time,
        report_seq: Some(e.report),
        account_id: e.account,
        amount: convert::amount_scaled(directory.asset(e.asset).unwrap(), e.amount),
        asset_id: e.asset,
        source_id: e.source,
        transfer_seq: e.sequence,
    }
}

fn armed(told: &CancelOnDisconnectReport, event: &Event) -> CancelOnDisconnectReport {
    let EventBody::CancelOnDisconnectArmed {
        origin: asked,
        armed,
    } = &event.body
    else {
        panic!("no arming: {event:?}, {told:?}");
    };
    let armed = if *armed {
        rialto_protocol::Boolean::True
    } else {
        rialto_protocol::Boolean::False
    };
    let (key_id, client_seq) = origin(*asked);
    CancelOnDisconnectReport {
        transact_time: event.time,
        key_id,
        client_seq,
        armed: Some(armed.into()),
        reject_reason: None,
        ..told.clone()
    }
}

fn administered(told: &AdminReport, event: &Event) -> AdminReport {
    let told = AdminReport {
        transact_time: event.time,
        ..told.clone()
    };
    match &event.body {
        EventBody::Transferred(e) => {
            let (key_id, client_seq) = origin(e.origin);
            AdminReport {
                key_id,
                client_seq,
                command: CommandKind::Transfer.into(),
                account_id: Some(e.account),
                asset_id: Some(e.asset),
                source_id: Some(e.source),
                transfer_seq: Some(e.sequence),
                reject_reason: None,
                ..told
            }
        }
        EventBody::Rejected(e) => {
            let (key_id, client_seq) = origin(e.origin);
            AdminReport {
                report_seq: Some(e.report),
                key_id,
                client_seq,
                command: e.command.into(),
                reject_reason: Some(e.refusal.reason.into()),
                value: e.refusal.value,
                limit: e.refusal.limit,
                ..told
            }
        }
        other => panic!("no administration of this test: {other:?}, {told:?}"),
    }
}
