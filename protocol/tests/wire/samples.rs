//! One message of each kind, as it could occur: the golden bytes and the examples of docs/PROTOCOL.md.
//!
//! They tell one story. Account 7 trades BTC-USDT (instrument 1, tick 0.01, lot 0.0001) with API key 3. It
//! buys 1.5 at 60,000.01, trades 0.5 of it as taker, replaces and cancels the rest. Key 1 administers.
//! Within a message no two fields of one type have the same value, so that two of them cannot be mixed up
//! unseen.

mod administration;
mod market;
mod reports;

use rialto_protocol::{
    ArmCancelOnDisconnect, BalancesRequest, Boolean, CancelOrder, CaughtUp, Challenge,
    ClientOrderIdText, Decimal, EndReason, Heartbeat, Logon, LogonAccepted, LogonFlags,
    LogonRefused, Logout, MassCancel, Message, NewOrder, OpenOrdersRequest, OrderFlags,
    OrderStatusRequest, OrderType, Permissions, Refused, ReplaceOrder, ReportGap, Scaled,
    Subscribe, TestRequest, Text, TimeInForce,
};
use rialto_types::{
    AccountId, AccountState, ClientSeq, InstrumentId, KeyId, OrderId, RejectReason, ReportSeq,
    Side, StpMode, Timestamp,
};

use crate::logon;

/// 2026-08-04T12:00:00Z, and so many microseconds later.
fn at(microseconds: u64) -> Timestamp {
    Timestamp(1_785_844_800_000_000_000 + microseconds * 1_000)
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn scaled(text: &str) -> Scaled {
    text.parse().unwrap()
}

fn mine(text: &str) -> ClientOrderIdText {
    Text::cut(text)
}

const ACCOUNT: AccountId = AccountId(7);
const KEY: KeyId = KeyId(3);
const BTC_USDT: InstrumentId = InstrumentId(1);
const ORDER: OrderId = OrderId(281_474_976_710_699);

/// All samples, by ascending template id.
pub(crate) fn all() -> Vec<Message> {
    let mut all = session();
    all.extend(orders());
    all.extend(reports::all());
    all.extend(market::all());
    all.extend(administration::all());
    all
}

/// The challenge that the logon of the samples answers.
pub(crate) fn challenge() -> Challenge {
    Challenge {
        nonce: logon::NONCE,
        server_time: at(0),
        exchange_id: logon::EXCHANGE_ID,
        heartbeat_interval_ms: 10_000,
        schema_version: 0,
        exchange_name: Text::cut("Rialto demo"),
    }
}

fn session() -> Vec<Message> {
    let logon = Logon {
        key_id: KEY,
        signature: logon::signature(),
        heartbeat_interval_ms: Some(5_000),
        last_report_seq: Some(ReportSeq(41)),
        logon_flags: LogonFlags::CANCEL_ON_DISCONNECT,
        cancel_grace_ms: Some(2_500),
    };
    let accepted = LogonAccepted {
        account_id: ACCOUNT,
        key_id: KEY,
        highest_client_seq: ClientSeq(17),
        next_report_seq: ReportSeq(45),
        server_time: at(900),
        heartbeat_interval_ms: 5_000,
        permissions: Permissions::READ.with(Permissions::TRADE),
        account_state: AccountState::Active.into(),
        logon_flags: LogonFlags::CANCEL_ON_DISCONNECT,
    };
    let refused = LogonRefused {
        end_reason: EndReason::BadCredentials.into(),
        text: "the key is unknown or revoked, or its signature does not verify".into(),
    };
    let logout = Logout {
        end_reason: EndReason::ShuttingDown.into(),
        text: "the exchange is shutting down".into(),
    };
    vec![
        challenge().into(),
        logon.into(),
        accepted.into(),
        refused.into(),
        logout.into(),
        Heartbeat {
            test_request_id: Some(12),
            send_time: at(5_000_000),
        }
        .into(),
        TestRequest {
            test_request_id: 12,
            send_time: at(4_999_000),
        }
        .into(),
        refusal().into(),
        ReportGap {
            first_missed: ReportSeq(42),
            first_available: ReportSeq(45),
        }
        .into(),
        CaughtUp {
            last_report_seq: ReportSeq(47),
        }
        .into(),
    ]
}

/// An order refused by the gate.
fn refusal() -> Refused {
    Refused {
        ref_template_id: 20,
        client_seq: Some(ClientSeq(18)),
        request_id: None,
        order_id: None,
        instrument_id: Some(BTC_USDT),
        client_order_id: mine("bid-1"),
        message_error: None,
        reject_reason: Some(RejectReason::PriceOffTick.into()),
        value: 6_000_000_500_000,
        limit: 1_000_000,
        retry_after_ns: None,
        text: "price 60000.005 is not a multiple of the tick 0.01: the nearest are 60000.00 and 60000.01"
            .into(),
    }
}

fn orders() -> Vec<Message> {
    let order = NewOrder {
        client_seq: ClientSeq(18),
        price: Some(decimal("60000.01")),
        stop_price: None,
        quantity: Some(decimal("1.5")),
        quote_amount: None,
        expiry: Some(at(3_600_000_000)),
        instrument_id: BTC_USDT,
        side: Side::Buy.into(),
        order_type: OrderType::Limit.into(),
        time_in_force: Some(TimeInForce::Gtd.into()),
        stp_mode: Some(StpMode::CancelMaker.into()),
        order_flags: OrderFlags::NONE,
        client_order_id: mine("bid-1"),
    };
    let cancel = CancelOrder {
        client_seq: ClientSeq(20),
        order_id: Some(ORDER),
        instrument_id: BTC_USDT,
        client_order_id: ClientOrderIdText::NONE,
    };
    let replace = ReplaceOrder {
        client_seq: ClientSeq(19),
        order_id: None,
        price: decimal("60000.02"),
        quantity: decimal("1.2"),
        instrument_id: BTC_USDT,
        client_order_id: mine("bid-1"),
    };
    vec![
        order.into(),
        cancel.into(),
        replace.into(),
        MassCancel {
            client_seq: ClientSeq(21),
            instrument_id: None,
            side: Some(Side::Sell.into()),
        }
        .into(),
        ArmCancelOnDisconnect {
            client_seq: ClientSeq(22),
            armed: Boolean::True.into(),
        }
        .into(),
        OrderStatusRequest {
            request_id: 1,
            order_id: None,
            client_order_id: mine("bid-1"),
        }
        .into(),
        OpenOrdersRequest {
            request_id: 2,
            instrument_id: Some(BTC_USDT),
            account_id: None,
        }
        .into(),
        BalancesRequest {
            request_id: 3,
            account_id: Some(ACCOUNT),
        }
        .into(),
    ]
}

/// A subscription to the book of BTC-USDT.
pub(crate) fn subscribe() -> Subscribe {
    Subscribe {
        request_id: 4,
        instrument_id: Some(BTC_USDT),
        channel: rialto_protocol::Channel::L2Book.into(),
    }
}
