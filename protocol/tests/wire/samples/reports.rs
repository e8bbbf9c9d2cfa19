//! Samples of reports.

use rialto_protocol::{
    Balance, BalanceUpdate, Balances, Boolean, CancelOnDisconnectReport, ExecType, ExecutionReport,
    Group, Liquidity, ListFlags, MassCancelReport, Message, OrderFlags, OrderState, OrderStatus,
    OrderType, ReportFlags, StageTimes, TimeInForce, TransferReport, VarText,
};
use rialto_types::{
    AssetId, ClientSeq, OrderId, RejectReason, ReportSeq, Seq, Side, SourceId, StpMode, TradeId,
};

use super::{ACCOUNT, BTC_USDT, KEY, ORDER, at, decimal, mine, scaled};

pub(super) fn all() -> Vec<Message> {
    let balance = |asset_id, available, held| Balance {
        asset_id: AssetId(asset_id),
        available: scaled(available),
        held: scaled(held),
    };
    let balances = Balances {
        request_id: 3,
        account_id: ACCOUNT,
        last_report_seq: ReportSeq(47),
        core_seq: Seq(1_003),
        list_flags: ListFlags::FOUND.with(ListFlags::LAST),
        balances: entries([
            balance(1, "10.4995", "0"),
            balance(2, "939999.99", "60000.01"),
        ]),
    };
    let update = BalanceUpdate {
        account_id: ACCOUNT,
        core_seq: Seq(1_002),
        transact_time: at(1_500),
        // More than a decimal at 10^-8 can hold, so the exponent is another.
        balances: entries([balance(3, "123456789012345", "6")]),
    };
    vec![
        trade().into(),
        status().into(),
        balances.into(),
        update.into(),
        mass_cancelled().into(),
        transferred().into(),
        armed().into(),
        StageTimes {
            client_seq: ClientSeq(18),
            gate: 1_200,
            ring_in: 310,
            core: 890,
            journal: 0,
            ring_out: 450,
            send: 6_700,
        }
        .into(),
    ]
}

fn entries<const N: usize, const MAX: usize>(balances: [Balance; N]) -> Group<Balance, MAX> {
    Group::try_from(balances.to_vec()).unwrap()
}

/// The order trades 0.5 as taker.
fn trade() -> ExecutionReport {
    ExecutionReport {
        core_seq: Seq(1_002),
        event_index: 2,
        transact_time: at(1_500),
        report_seq: Some(ReportSeq(46)),
        account_id: ACCOUNT,
        instrument_id: Some(BTC_USDT),
        key_id: None,
        client_seq: None,
        order_id: Some(ORDER),
        price: Some(decimal("60000.01")),
        stop_price: None,
        order_quantity: Some(decimal("1.5")),
        quote_amount: None,
        expiry: Some(at(3_600_000_000)),
        last_quantity: Some(decimal("0.5")),
        last_price: Some(decimal("60000")),
        last_quote_amount: Some(scaled("30000")),
        trade_id: Some(TradeId(9)),
        fee_amount: Some(scaled("0.0005")),
        fee_asset_id: Some(AssetId(1)),
        cumulative_quantity: Some(scaled("0.6")),
        cumulative_quote: Some(scaled("35999.9")),
        average_price: Some(decimal("59999.83333333")),
        leaves_quantity: Some(decimal("0.9")),
        leaves_quote: None,
        exec_type: ExecType::Trade.into(),
        order_status: Some(OrderState::PartiallyFilled.into()),
        side: Some(Side::Buy.into()),
        order_type: Some(OrderType::Limit.into()),
        time_in_force: Some(TimeInForce::Gtd.into()),
        stp_mode: Some(StpMode::CancelMaker.into()),
        liquidity: Some(Liquidity::Taker.into()),
        report_flags: ReportFlags::NONE,
        cancel_reason: None,
        reject_reason: None,
        value: 0,
        limit: 0,
        client_order_id: mine("bid-1"),
        text: VarText::new(),
    }
}

/// Another order, which rests.
fn status() -> OrderStatus {
    OrderStatus {
        request_id: 1,
        account_id: ACCOUNT,
        last_report_seq: ReportSeq(47),
        core_seq: Seq(1_003),
        order_id: Some(OrderId(ORDER.0 + 1)),
        instrument_id: Some(BTC_USDT),
        key_id: Some(KEY),
        accepted_time: Some(at(1_600)),
        price: Some(decimal("61000")),
        stop_price: None,
        order_quantity: Some(decimal("0.3")),
        quote_amount: None,
        expiry: None,
        cumulative_quantity: Some(scaled("0.1")),
        cumulative_quote: Some(scaled("6100")),
        average_price: Some(decimal("61000")),
        leaves_quantity: Some(decimal("0.2")),
        leaves_quote: None,
        list_flags: ListFlags::FOUND.with(ListFlags::LAST),
        order_status: Some(OrderState::PartiallyFilled.into()),
        side: Some(Side::Sell.into()),
        order_type: Some(OrderType::Limit.into()),
        time_in_force: Some(TimeInForce::Gtc.into()),
        stp_mode: Some(StpMode::Decrement.into()),
        order_flags: OrderFlags::POST_ONLY,
        client_order_id: mine("ask-1"),
    }
}

fn mass_cancelled() -> MassCancelReport {
    MassCancelReport {
        core_seq: Seq(1_005),
        event_index: 3,
        transact_time: at(2_500),
        report_seq: Some(ReportSeq(50)),
        account_id: ACCOUNT,
        key_id: Some(KEY),
        client_seq: Some(ClientSeq(21)),
        cancelled_count: Some(2),
        reject_reason: None,
        value: 0,
        limit: 0,
        text: VarText::new(),
    }
}

fn transferred() -> TransferReport {
    TransferReport {
        core_seq: Seq(12),
        event_index: 0,
        transact_time: at(10),
        report_seq: Some(ReportSeq(1)),
        account_id: ACCOUNT,
        amount: scaled("-250.5"),
        asset_id: AssetId(2),
        source_id: SourceId(4),
        transfer_seq: 88,
    }
}

fn armed() -> CancelOnDisconnectReport {
    CancelOnDisconnectReport {
        core_seq: Seq(1_006),
        event_index: 0,
        transact_time: at(3_000),
        report_seq: Some(ReportSeq(51)),
        account_id: ACCOUNT,
        key_id: Some(KEY),
        client_seq: Some(ClientSeq(22)),
        armed: Some(Boolean::False.into()),
        reject_reason: Some(RejectReason::DuplicateSequence.into()),
        value: 22,
        limit: 23,
        text: "client sequence 22 was used before, nothing was done again: the next is above 23"
            .into(),
    }
}
