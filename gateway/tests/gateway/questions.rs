//! Questions: what an account, and an administrator, is told when it asks.

use rialto_client::{ClientError, Session, TransferRequest};
use rialto_protocol::{ListFlags, Message, OpenOrdersRequest, OrderState, OrderStatus};
use rialto_types::{
    AccountId, Amount, AssetId, ClientOrderId, InstrumentId, KeyId, OrderRef, RejectReason, Side,
    SourceId,
};

use crate::support::{ADMIN, ALICE, BOB, BTC_USDT, Raw, Venue, limit};

#[tokio::test]
async fn an_open_order_is_found_by_either_name_and_by_its_owner_only() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    let mut bob = venue.log_on(BOB).await;
    let name = ClientOrderId::new("mine").unwrap();
    let mut order = limit(Side::Buy, 5_900_000, 5);
    order.client_order_id = name.into();
    let id = alice.place(order).await.unwrap().order_id().unwrap();
    for by in [OrderRef::Id(id), OrderRef::Client(name)] {
        let found = alice.order_status(by).await.unwrap().unwrap();
        assert_eq!(found.order_id, Some(id));
        assert_eq!(found.key_id, Some(KeyId(ALICE)));
        assert_eq!(found.order_status.unwrap(), OrderState::New);
        assert_eq!(found.leaves_quantity.unwrap().to_string(), "0.0005");
        assert_eq!(bob.order_status(by).await.unwrap(), None);
    }
    alice
        .cancel(rialto_client::order::cancel(BTC_USDT, OrderRef::Id(id)))
        .await
        .unwrap();
    assert_eq!(alice.order_status(OrderRef::Id(id)).await.unwrap(), None);
    venue.stop().await;
}

async fn place_many(session: &mut Session, count: i64) {
    for n in 0..count {
        session.submit(limit(Side::Buy, 5_900_000 - n, 1)).unwrap();
    }
    session.flush().await.unwrap();
    let mut resting = 0;
    while resting < count {
        if let Message::ExecutionReport(_) = session.next().await.unwrap() {
            resting += 1;
        }
    }
}

/// A long answer comes bit by bit: it is whole, in order, and reports go on between its messages.
#[tokio::test]
async fn a_long_answer_is_whole_while_trading_goes_on() {
    const COUNT: i64 = 5_000;
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    place_many(&mut alice, COUNT).await;
    let ask = OpenOrdersRequest {
        request_id: 42,
        ..OpenOrdersRequest::default()
    };
    alice.queue(&ask).unwrap();
    // Asked, and already there is more to tell.
    for n in 0..100 {
        alice.submit(limit(Side::Sell, 6_100_000 + n, 1)).unwrap();
    }
    alice.flush().await.unwrap();
    let (mut told, mut reports) = (Vec::<OrderStatus>::new(), 0);
    while told
        .last()
        .is_none_or(|last| !last.list_flags.contains(ListFlags::LAST))
    {
        match alice.next().await.unwrap() {
            Message::OrderStatus(status) => told.push(status),
            Message::ExecutionReport(_) => reports += 1,
            _ => {}
        }
    }
    // A question is no command: some of the new orders may be there before it.
    let count = usize::try_from(COUNT).unwrap();
    assert!(
        (count..=count + 100).contains(&told.len()),
        "{}",
        told.len()
    );
    let old = told[..count]
        .iter()
        .all(|status| status.side.unwrap() == Side::Buy);
    assert!(old, "first those that were there before");
    assert!(told.is_sorted_by_key(|status| status.order_id));
    assert!(told.iter().all(|status| status.request_id == 42));
    assert!(
        told.iter()
            .all(|status| status.list_flags.contains(ListFlags::FOUND))
    );
    assert!(reports > 0, "reports do not wait for the answer");
    venue.stop().await;
}

#[tokio::test]
async fn answers_tell_when_there_is_nothing() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    assert_eq!(alice.open_orders(None, None).await.unwrap(), []);
    alice.place(limit(Side::Buy, 5_900_000, 1)).await.unwrap();
    let elsewhere = alice
        .open_orders(Some(InstrumentId(2)), None)
        .await
        .unwrap();
    assert_eq!(elsewhere, []);
    assert_eq!(
        alice.open_orders(Some(BTC_USDT), None).await.unwrap().len(),
        1
    );
    let nowhere = alice
        .open_orders(Some(InstrumentId(77)), None)
        .await
        .unwrap_err();
    let ClientError::Refused(rejection) = nowhere else {
        panic!("{nowhere}");
    };
    assert_eq!(rejection.reason(), Some(RejectReason::UnknownInstrument));
    venue.stop().await;
}

#[tokio::test]
async fn questions_beyond_the_bound_are_refused() {
    let venue = Venue::usual();
    let mut alice = venue.log_on(ALICE).await;
    place_many(&mut alice, 2_000).await;
    drop(alice);
    let mut raw = Raw::connect(&venue).await;
    raw.log_on(ALICE).await;
    let ask = |request_id| {
        Message::OpenOrdersRequest(OpenOrdersRequest {
            request_id,
            ..OpenOrdersRequest::default()
        })
    };
    raw.send_messages(&(1..=30).map(ask).collect::<Vec<_>>())
        .await;
    let (mut whole, mut busy) = (0, 0);
    while whole + busy < 30 {
        match raw.next().await.unwrap() {
            Message::OrderStatus(status) if status.list_flags.contains(ListFlags::LAST) => {
                whole += 1;
            }
            Message::Refused(refused) => {
                assert_eq!(refused.reject_reason.unwrap(), RejectReason::Busy);
                assert!(refused.request_id.is_some());
                busy += 1;
            }
            _ => {}
        }
    }
    assert!(whole >= 8, "{whole}");
    assert!(busy > 0);
    venue.stop().await;
}

#[tokio::test]
async fn administrators_see_accounts_keys_and_sources() {
    let venue = Venue::usual();
    let mut admin = venue.log_on(ADMIN).await;
    let mut alice = venue.log_on(ALICE).await;
    alice.place(limit(Side::Buy, 5_900_000, 1)).await.unwrap();
    let accounts = admin.accounts().await.unwrap();
    let ids: Vec<_> = accounts
        .iter()
        .map(|account| account.account_id.0)
        .collect();
    assert_eq!(ids, [0, 1, 2, 3]);
    assert_eq!(accounts[1].open_order_count, 1);
    assert_eq!(accounts[1].balances.len(), 3);
    let keys = admin.keys(None).await.unwrap();
    let ids: Vec<_> = keys.iter().map(|key| key.key_id.0).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7]);
    let of_alice = admin.keys(Some(AccountId(1))).await.unwrap();
    let ids: Vec<_> = of_alice.iter().map(|key| key.key_id.0).collect();
    assert_eq!(ids, [2, 5, 6, 7]);
    assert_eq!(admin.last_transfer_seq(SourceId(1)).await.unwrap(), 9);
    assert_eq!(admin.last_transfer_seq(SourceId(500)).await.unwrap(), 0);
    let unknown = admin.balances(Some(AccountId(50))).await.unwrap_err();
    let ClientError::Refused(rejection) = unknown else {
        panic!("{unknown}");
    };
    assert_eq!(rejection.reason(), Some(RejectReason::UnknownAccount));
    venue.stop().await;
}

#[tokio::test]
async fn a_transfer_is_told_to_its_account_and_to_administrators() {
    let venue = Venue::usual();
    let mut admin = venue.log_on(ADMIN).await;
    let mut alice = venue.log_on(ALICE).await;
    let transfer = TransferRequest {
        source: SourceId(2),
        account: AccountId(1),
        asset: AssetId(3),
        amount: "-12.5".parse().unwrap(),
    };
    let done = admin.transfer(transfer).await.unwrap();
    assert_eq!(done.account_id, Some(AccountId(1)));
    let told = loop {
        if let Message::TransferReport(told) = alice.next().await.unwrap() {
            break told;
        }
    };
    assert_eq!(told.amount.to_string(), "-12.5");
    assert_eq!((told.source_id, told.transfer_seq), (SourceId(2), 1));
    let Message::BalanceUpdate(update) = alice.next().await.unwrap() else {
        panic!("the new balance follows");
    };
    assert_eq!(update.balances[0].available.to_string(), "999987.5");
    let image = venue.stop().await;
    assert_eq!(
        image.accounts[1].balances[2].available,
        Amount(999_987_500_000)
    );
}
