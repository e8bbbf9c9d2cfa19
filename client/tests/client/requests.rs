//! Calls that wait for their answer find it among everything else, and only it.

use rialto_client::{Cause, ClientError, Directory, TransferRequest, order};
use rialto_protocol::definition::{asset_definition, instrument_definition};
use rialto_protocol::refusal::Pair;
use rialto_protocol::{
    AccountDetails, AdminReport, Balance, BalanceUpdate, Balances, CaughtUp, Code, CreateAccount,
    ExecType, ExecutionReport, ListFlags, MassCancelReport, Message, MessageError, NewOrder,
    OrderState, OrderStatus, Permissions, Refused, ReportFlags, Scaled, SubscriptionRefusal,
    SubscriptionRefused, TransferSource, VarText,
};
use rialto_types::{
    AccountId, Amount, Asset, AssetId, ClientSeq, CommandKind, Instrument, InstrumentId,
    InstrumentSpec, KeyId, OrderId, OrderRef, Ppm, Price, Qty, RejectReason, ReportSeq, Seq,
    SourceId, Symbol,
};

use crate::fake::{Fake, catching_up, connected, logged_on};

/// A report about order 5 in command 30, the answer to the session's first request.
fn report(exec_type: ExecType, state: OrderState) -> ExecutionReport {
    ExecutionReport {
        core_seq: Seq(30),
        account_id: AccountId(4),
        key_id: Some(KeyId(9)),
        client_seq: Some(ClientSeq(18)),
        order_id: Some(OrderId(5)),
        exec_type: exec_type.into(),
        order_status: Some(state.into()),
        ..ExecutionReport::default()
    }
}

/// A report that no request asked for, about another order.
fn foreign(core_seq: u64) -> Message {
    Message::ExecutionReport(ExecutionReport {
        core_seq: Seq(core_seq),
        key_id: None,
        client_seq: None,
        order_id: Some(OrderId(2)),
        report_seq: Some(ReportSeq(core_seq)),
        ..report(ExecType::Trade, OrderState::Filled)
    })
}

fn balances_of(core_seq: u64) -> Message {
    Message::BalanceUpdate(BalanceUpdate {
        core_seq: Seq(core_seq),
        ..BalanceUpdate::default()
    })
}

/// Waits for a request and answers it.
async fn answer(mut fake: Fake, messages: impl AsRef<[Message]>) -> (Message, Fake) {
    let request = fake.request().await;
    fake.send(messages.as_ref()).await;
    (request, fake)
}

#[tokio::test]
async fn a_resting_order_is_answered_by_its_acceptance() {
    let (mut session, fake) = logged_on().await;
    let resting = ExecutionReport {
        report_flags: ReportFlags::RESTING,
        report_seq: Some(ReportSeq(140)),
        ..report(ExecType::New, OrderState::New)
    };
    let messages = [
        foreign(29),
        Message::ExecutionReport(resting.clone()),
        balances_of(30),
    ];
    let place = session.place(NewOrder::default());
    let (outcome, (request, _fake)) = tokio::join!(place, answer(fake, &messages));
    let outcome = outcome.unwrap();
    assert!(matches!(request, Message::NewOrder(order) if order.client_seq == ClientSeq(18)));
    assert_eq!(outcome.reports(), [resting]);
    assert_eq!(
        (outcome.order_id(), outcome.is_open()),
        (Some(OrderId(5)), true)
    );
    assert_eq!(session.last_report_seq(), ReportSeq(140));
    assert_eq!(
        session.next().await.unwrap(),
        foreign(29),
        "others are kept"
    );
    assert_eq!(session.next().await.unwrap(), balances_of(30));
}

#[tokio::test]
async fn an_order_that_trades_is_answered_by_all_its_reports() {
    let (mut session, fake) = logged_on().await;
    let accepted = report(ExecType::New, OrderState::New);
    let trade = ExecutionReport {
        key_id: None,
        client_seq: None,
        ..report(ExecType::Trade, OrderState::PartiallyFilled)
    };
    let cancelled = ExecutionReport {
        exec_type: ExecType::Cancelled.into(),
        order_status: Some(OrderState::Cancelled.into()),
        ..trade.clone()
    };
    let messages: Vec<Message> = [&accepted, &trade, &cancelled]
        .map(|report| Message::ExecutionReport(report.clone()))
        .into_iter()
        .collect();
    let place = session.place(NewOrder::default());
    let (outcome, _) = tokio::join!(place, answer(fake, &messages));
    let outcome = outcome.unwrap();
    assert_eq!(outcome.reports(), [accepted, trade.clone(), cancelled]);
    assert_eq!(outcome.trades().collect::<Vec<_>>(), [&trade]);
    assert_eq!(outcome.state(), OrderState::Cancelled);
    assert!(!outcome.is_open());
}

#[tokio::test]
async fn an_order_that_trades_and_rests_is_complete_with_the_balances() {
    let (mut session, fake) = logged_on().await;
    let accepted = report(ExecType::New, OrderState::New);
    let trade = report(ExecType::Trade, OrderState::PartiallyFilled);
    let messages = [
        Message::ExecutionReport(accepted),
        foreign(30),
        Message::ExecutionReport(trade.clone()),
        balances_of(30),
    ];
    let place = session.place(NewOrder::default());
    let (outcome, _fake) = tokio::join!(place, answer(fake, &messages));
    let outcome = outcome.unwrap();
    assert_eq!(outcome.last(), &trade);
    assert!(outcome.is_open());
    assert_eq!(session.next().await.unwrap(), foreign(30));
    assert_eq!(session.next().await.unwrap(), balances_of(30));
}

/// Balances that nobody asked for, as of a command.
fn unasked_balances(core_seq: u64) -> Message {
    Message::Balances(Balances {
        request_id: 0,
        core_seq: Seq(core_seq),
        list_flags: ListFlags::LAST,
        ..Balances::default()
    })
}

/// Everything was told that the session had missed.
fn caught_up() -> Message {
    Message::CaughtUp(CaughtUp {
        last_report_seq: ReportSeq(102),
    })
}

/// An order that trades and rests, among what a session missed.
fn traded_and_rests() -> [ExecutionReport; 2] {
    let trade = report(ExecType::Trade, OrderState::PartiallyFilled);
    [
        ExecutionReport {
            report_seq: Some(ReportSeq(101)),
            ..report(ExecType::New, OrderState::New)
        },
        ExecutionReport {
            report_seq: Some(ReportSeq(102)),
            key_id: None,
            client_seq: None,
            ..trade
        },
    ]
}

#[tokio::test]
async fn an_order_placed_while_catching_up_is_complete_with_the_balances_told_unasked() {
    let (mut session, fake) = catching_up(Permissions::READ.with(Permissions::TRADE)).await;
    let [accepted, trade] = traded_and_rests();
    let messages = [
        foreign(29),
        Message::ExecutionReport(accepted.clone()),
        Message::ExecutionReport(trade.clone()),
        unasked_balances(31),
        caught_up(),
    ];
    let place = session.place(NewOrder::default());
    let (outcome, (_, _fake)) = tokio::join!(place, answer(fake, &messages));
    let outcome = outcome.unwrap();
    assert_eq!(outcome.reports(), [accepted, trade]);
    assert!(outcome.is_open());
    assert_eq!(session.next().await.unwrap(), foreign(29));
    assert_eq!(session.next().await.unwrap(), unasked_balances(31));
    assert!(!session.is_caught_up());
    assert_eq!(session.next().await.unwrap(), caught_up());
    assert!(session.is_caught_up());
}

#[tokio::test]
async fn balances_of_an_earlier_command_do_not_complete_an_order_and_the_end_of_catching_up_does() {
    let (mut session, fake) = catching_up(Permissions::READ.with(Permissions::TRADE)).await;
    let [accepted, trade] = traded_and_rests();
    let messages = [
        Message::ExecutionReport(accepted.clone()),
        unasked_balances(29),
        Message::ExecutionReport(trade.clone()),
        caught_up(),
    ];
    let place = session.place(NewOrder::default());
    let (outcome, (_, _fake)) = tokio::join!(place, answer(fake, &messages));
    assert_eq!(outcome.unwrap().reports(), [accepted, trade]);
    assert_eq!(session.next().await.unwrap(), unasked_balances(29));
    assert!(!session.is_caught_up());
    assert_eq!(session.next().await.unwrap(), caught_up());
    assert!(session.is_caught_up());
}

#[tokio::test]
async fn catching_up_may_end_before_an_order_is_reported() {
    let (mut session, fake) = catching_up(Permissions::READ.with(Permissions::TRADE)).await;
    let [accepted, trade] = traded_and_rests();
    let messages = [
        unasked_balances(29),
        caught_up(),
        Message::ExecutionReport(accepted.clone()),
        Message::ExecutionReport(trade.clone()),
        balances_of(30),
    ];
    let place = session.place(NewOrder::default());
    let (outcome, (_, _fake)) = tokio::join!(place, answer(fake, &messages));
    assert_eq!(outcome.unwrap().reports(), [accepted, trade]);
    for kept in [unasked_balances(29), caught_up(), balances_of(30)] {
        assert_eq!(session.next().await.unwrap(), kept);
    }
}

#[tokio::test]
async fn a_key_that_may_only_trade_has_the_acceptance_and_reads_on_until_it_has_caught_up() {
    let (mut session, fake) = catching_up(Permissions::TRADE).await;
    let [accepted, trade] = traded_and_rests();
    let messages = [
        Message::ExecutionReport(accepted.clone()),
        Message::ExecutionReport(trade.clone()),
        caught_up(),
    ];
    let place = session.place(NewOrder::default());
    let (outcome, (_, _fake)) = tokio::join!(place, answer(fake, &messages));
    assert_eq!(outcome.unwrap().reports(), [accepted]);
    let kept = Message::ExecutionReport(trade);
    assert_eq!(session.next().await.unwrap(), kept);
    assert_eq!(session.next().await.unwrap(), caught_up());
    assert!(session.is_caught_up());
}

#[tokio::test]
async fn refusals_of_gate_and_core_carry_reason_value_and_text() {
    let (mut session, fake) = logged_on().await;
    let refused = Message::Refused(Refused {
        ref_template_id: 20,
        client_seq: Some(ClientSeq(18)),
        reject_reason: Some(RejectReason::PriceOffTick.into()),
        value: 5,
        limit: 10,
        text: VarText::from("price 0.00000005 is not a multiple of 0.0000001"),
        ..Refused::default()
    });
    let place = session.place(NewOrder::default());
    let (result, (_, fake)) = tokio::join!(place, answer(fake, [refused]));
    let Err(ClientError::Refused(rejection)) = result else {
        panic!("expected a refusal, not {result:?}");
    };
    assert_eq!(rejection.reason(), Some(RejectReason::PriceOffTick));
    assert_eq!((rejection.value, rejection.limit), (5, 10));
    let expected =
        "NewOrder refused (PriceOffTick): price 0.00000005 is not a multiple of 0.0000001";
    assert_eq!(rejection.to_string(), expected);

    let rejected = Message::ExecutionReport(ExecutionReport {
        client_seq: Some(ClientSeq(19)),
        reject_reason: Some(RejectReason::UnknownOrder.into()),
        value: 7,
        ..report(ExecType::CancelRejected, OrderState::New)
    });
    let request = order::cancel(InstrumentId(1), OrderRef::Id(OrderId(7)));
    let (result, _fake) = tokio::join!(session.cancel(request), answer(fake, [rejected]));
    let error = result.unwrap_err().to_string();
    assert_eq!(
        error,
        "order request refused (UnknownOrder): value 7, limit 0"
    );
}

#[tokio::test]
async fn a_message_that_the_exchange_does_not_take_is_a_refusal() {
    let (mut session, fake) = logged_on().await;
    let refused = Message::Refused(Refused {
        ref_template_id: 20,
        client_seq: Some(ClientSeq(18)),
        message_error: Some(MessageError::NotLoggedOn.into()),
        ..Refused::default()
    });
    let place = session.place(NewOrder::default());
    let (result, _fake) = tokio::join!(place, answer(fake, [refused]));
    let Err(ClientError::Refused(rejection)) = result else {
        panic!("expected a refusal, not {result:?}");
    };
    assert_eq!(
        rejection.cause,
        Cause::Message(MessageError::NotLoggedOn.into())
    );
    assert_eq!(rejection.reason(), None);
}

#[tokio::test]
async fn a_mass_cancel_says_how_many() {
    let (mut session, fake) = logged_on().await;
    let done = Message::MassCancelReport(MassCancelReport {
        key_id: Some(KeyId(9)),
        client_seq: Some(ClientSeq(18)),
        cancelled_count: Some(3),
        ..MassCancelReport::default()
    });
    let request = order::mass_cancel(None, None);
    let (count, _fake) = tokio::join!(session.mass_cancel(request), answer(fake, [done]));
    assert_eq!(count.unwrap(), 3);
}

#[tokio::test]
async fn lists_are_gathered_until_their_last_message() {
    let (mut session, fake) = logged_on().await;
    let status = |id, list_flags| {
        Message::OrderStatus(OrderStatus {
            request_id: 1,
            order_id: Some(OrderId(id)),
            list_flags,
            ..OrderStatus::default()
        })
    };
    let last = ListFlags::FOUND.with(ListFlags::LAST);
    let messages = [status(3, ListFlags::FOUND), foreign(40), status(4, last)];
    let question = session.open_orders(None, None);
    let (orders, (_, fake)) = tokio::join!(question, answer(fake, &messages));
    let ids: Vec<_> = orders
        .unwrap()
        .into_iter()
        .map(|order| order.order_id)
        .collect();
    assert_eq!(ids, [Some(OrderId(3)), Some(OrderId(4))]);

    let none = Message::Balances(Balances {
        request_id: 2,
        list_flags: ListFlags::LAST,
        ..Balances::default()
    });
    let (balances, _fake) = tokio::join!(session.balances(None), answer(fake, [none]));
    assert_eq!(balances.unwrap(), Vec::<Balance>::new());
}

#[tokio::test]
async fn an_order_that_is_not_open_is_none() {
    let (mut session, fake) = logged_on().await;
    let nothing = Message::OrderStatus(OrderStatus {
        request_id: 1,
        list_flags: ListFlags::LAST,
        ..OrderStatus::default()
    });
    let question = session.order_status(OrderRef::Id(OrderId(8)));
    let (status, _fake) = tokio::join!(question, answer(fake, [nothing]));
    assert_eq!(status.unwrap(), None);
}

fn account(request_id: u64, id: u32, list_flags: ListFlags) -> Message {
    Message::AccountDetails(AccountDetails {
        request_id,
        account_id: AccountId(id),
        list_flags,
        ..AccountDetails::default()
    })
}

#[tokio::test]
async fn pages_are_asked_for_until_there_are_no_more() {
    let (mut session, mut fake) = logged_on().await;
    let last = ListFlags::FOUND.with(ListFlags::LAST);
    let exchange = async {
        fake.request().await;
        let first = [
            account(1, 0, ListFlags::FOUND),
            account(1, 6, last.with(ListFlags::MORE)),
        ];
        fake.send(&first).await;
        let Message::AccountsRequest(second) = fake.request().await else {
            panic!("expected the next page to be asked for");
        };
        fake.send(&[account(2, 7, last)]).await;
        second.first_account_id
    };
    let (accounts, second) = tokio::join!(session.accounts(), exchange);
    assert_eq!(second, AccountId(7));
    assert_eq!(accounts.unwrap().len(), 3);
}

#[tokio::test]
async fn pages_that_go_backwards_are_an_error() {
    let (mut session, mut fake) = logged_on().await;
    let more = ListFlags::FOUND.with(ListFlags::LAST).with(ListFlags::MORE);
    let exchange = async {
        fake.request().await;
        fake.send(&[account(1, 6, more)]).await;
        fake.request().await;
        fake.send(&[account(2, 6, more)]).await;
    };
    let (result, ()) = tokio::join!(session.accounts(), exchange);
    let error = result.unwrap_err();
    assert!(matches!(error, ClientError::Inconsistent { .. }), "{error}");
}

#[tokio::test]
async fn administration_waits_for_its_own_report() {
    let (mut session, fake) = logged_on().await;
    let done = |client_seq, account| {
        Message::AdminReport(AdminReport {
            key_id: Some(KeyId(9)),
            client_seq: Some(ClientSeq(client_seq)),
            command: CommandKind::CreateAccount.into(),
            account_id: Some(AccountId(account)),
            ..AdminReport::default()
        })
    };
    let messages = [done(12, 7), done(18, 8)];
    let request = session.administer(CreateAccount::default());
    let (report, _fake) = tokio::join!(request, answer(fake, &messages));
    assert_eq!(report.unwrap().account_id, Some(AccountId(8)));
}

#[tokio::test]
async fn a_transfer_takes_the_next_number_of_its_source() {
    let (mut session, mut fake) = logged_on().await;
    let exchange = async {
        fake.request().await;
        let source = TransferSource {
            request_id: 1,
            last_transfer_seq: 41,
            source_id: SourceId(3),
            ..TransferSource::default()
        };
        fake.send(&[Message::TransferSource(source)]).await;
        let Message::Transfer(transfer) = fake.request().await else {
            panic!("expected a transfer");
        };
        let refused = AdminReport {
            key_id: Some(KeyId(9)),
            client_seq: Some(transfer.client_seq),
            command: CommandKind::Transfer.into(),
            reject_reason: Some(RejectReason::SupplyOverflow.into()),
            ..AdminReport::default()
        };
        fake.send(&[Message::AdminReport(refused)]).await;
        transfer
    };
    let request = TransferRequest {
        account: AccountId(4),
        asset: AssetId(2),
        amount: Scaled::from_mantissa(5),
        source: SourceId(3),
    };
    let (result, transfer) = tokio::join!(session.transfer(request), exchange);
    assert_eq!(transfer.transfer_seq, 42);
    let error = result.unwrap_err().to_string();
    assert_eq!(error, "Transfer refused (SupplyOverflow)");
}

#[tokio::test]
async fn the_directory_is_complete_when_it_is_loaded() {
    let asset = |symbol| Asset {
        symbol: Symbol::new(symbol).unwrap(),
        decimals: 8,
    };
    let (base, quote) = (asset("ETH"), asset("BTC"));
    let spec = InstrumentSpec {
        symbol: Symbol::new("ETH-BTC").unwrap(),
        base: AssetId(1),
        quote: AssetId(2),
        tick_mantissa: 1_000,
        lot_mantissa: 100_000,
        min_qty: Qty(1),
        max_qty: Qty(1_000),
        min_notional: Amount(0),
        max_notional: Amount::MAX,
        collar: Ppm(100_000),
        reference_price: Price(5_000),
        maker_fee: Ppm(0),
        taker_fee: Ppm(0),
    };
    let instrument = &Instrument::new(InstrumentId(1), spec, &base, &quote).unwrap();
    let (base, quote) = (&base, &quote);
    let pair = Pair {
        instrument,
        base,
        quote,
    };
    let (mut connection, mut fake) = connected().await;
    let exchange = async {
        fake.accept_subscription().await;
        let Message::Subscribe(second) = fake.request().await else {
            panic!("expected the second subscription");
        };
        let refused = SubscriptionRefused {
            request_id: second.request_id,
            reason: SubscriptionRefusal::AlreadySubscribed.into(),
            ..SubscriptionRefused::default()
        };
        fake.send(&[
            Message::AssetDefinition(asset_definition(AssetId(1), base)),
            Message::AssetDefinition(asset_definition(AssetId(2), quote)),
            Message::InstrumentDefinition(instrument_definition(pair, Seq(9))),
            Message::SubscriptionRefused(refused),
        ])
        .await;
    };
    let (directory, ()) = tokio::join!(Directory::load(&mut connection), exchange);
    let directory = directory.unwrap();
    let listed = directory.by_symbol("ETH-BTC").unwrap();
    assert_eq!((listed.instrument(), listed.base()), (instrument, base));
    assert_eq!(directory.assets().count(), 2);
}

#[test]
fn an_unknown_state_is_shown_by_its_number() {
    assert_eq!(
        Code::<OrderState>::from_raw(77).to_string(),
        "orderState 77"
    );
}

#[tokio::test]
async fn one_account_is_asked_for_alone_and_its_parts_belong_together() {
    let (mut session, mut fake) = logged_on().await;
    let last = ListFlags::FOUND.with(ListFlags::LAST);
    let exchange = async {
        let Message::AccountsRequest(request) = fake.request().await else {
            panic!("expected a question about accounts");
        };
        let parts = [account(1, 6, ListFlags::FOUND), account(1, 6, last)];
        fake.send(&parts).await;
        fake.request().await;
        fake.send(&[account(2, 9, last)]).await;
        (request.first_account_id, request.max_count)
    };
    let questions = async {
        let found = session.account_details(AccountId(6)).await.unwrap();
        let missing = session.account_details(AccountId(8)).await.unwrap();
        (found.len(), missing.len())
    };
    let (counts, asked) = tokio::join!(questions, exchange);
    assert_eq!(asked, (AccountId(6), Some(1)));
    assert_eq!(counts, (2, 0), "account 9 is not account 8");
}
