//! Everything that an exchange tells when it is asked, compared with the state after a replay.

use std::collections::BTreeMap;

use rialto_client::Session;
use rialto_engine::StateImage;
use rialto_engine::image::{InstrumentImage, OrderImage};
use rialto_protocol::order::WireTerms;
use rialto_protocol::{AccountDetails, OrderState, OrderStatus, convert};
use rialto_types::{AssetId, InstrumentId, OrderId, OrderKind, Qty, Seq};

use crate::ledger::Ledger;
use crate::process::Process;

/// What an administrator was told, all of it as of one command.
struct Answers {
    seq: Seq,
    accounts: Vec<AccountDetails>,
    orders: Vec<OrderStatus>,
}

/// Asks until nothing happens between the first question and the last: orders expire by themselves.
async fn ask(admin: &mut Session) -> Answers {
    loop {
        let accounts = admin.accounts().await.unwrap();
        let mut orders = Vec::new();
        for account in &accounts {
            let id = Some(account.account_id);
            orders.extend(admin.open_orders(None, id).await.unwrap());
        }
        let again = admin.accounts().await.unwrap();
        let seq = again[0].core_seq;
        if again.iter().chain(&accounts).all(|one| one.core_seq == seq) {
            return Answers {
                seq,
                accounts,
                orders,
            };
        }
    }
}

/// Asserts that an exchange that nobody uses tells what a replay of its journal gives: open orders,
/// balances, numbers of keys and of transfers; and that each asset's balances add up to what was paid in.
pub(crate) async fn check(process: &Process, ledger: &mut Ledger) {
    let mut admin = process.log_on(0).await;
    let answers = ask_with(&mut admin, process, ledger).await;
    let image = ledger.image();
    check_orders(&answers, &image, ledger);
    check_balances(&answers, &image, ledger);
    for (told, key) in admin.keys(None).await.unwrap().iter().zip(&image.keys) {
        assert_eq!(told.highest_client_seq, key.client_seq, "{told:?}");
        assert_eq!(told.account_id, key.account, "{told:?}");
    }
    for source in &image.sources {
        let last = admin.last_transfer_seq(source.source).await.unwrap();
        assert_eq!(last, source.sequence, "{}", source.source);
    }
    admin.log_out().await.unwrap();
}

/// The same of balances alone.
pub(crate) async fn check_money(process: &Process, ledger: &mut Ledger) {
    let mut admin = process.log_on(0).await;
    let answers = ask_with(&mut admin, process, ledger).await;
    check_balances(&answers, &ledger.image(), ledger);
    admin.log_out().await.unwrap();
}

/// Asks, and reads the journal as far as the answers know it.
async fn ask_with(admin: &mut Session, process: &Process, ledger: &mut Ledger) -> Answers {
    let answers = ask(admin).await;
    if answers.seq > ledger.seq() {
        ledger.read_until(&process.journal(), answers.seq);
    }
    answers
}

fn check_orders(answers: &Answers, image: &StateImage, ledger: &Ledger) {
    let mut told: BTreeMap<_, _> = BTreeMap::new();
    for status in &answers.orders {
        let before = told.insert(status.order_id.unwrap(), *status);
        assert!(before.is_none(), "told twice: {status:?}");
    }
    for book in &image.instruments {
        let places = [&book.bids, &book.asks, &book.stop_buys, &book.stop_sells];
        for order in places.into_iter().flatten() {
            let status = told.remove(&order.order_id);
            let status = status.unwrap_or_else(|| panic!("not told of {order:?}"));
            let expected = expected(&status, order, book, ledger);
            assert_eq!(status, expected, "{order:?}");
        }
    }
    let invented: Vec<(OrderId, OrderStatus)> = told.into_iter().collect();
    assert!(invented.is_empty(), "{invented:#?}");
}

/// What an order's status must be; what the image does not know stays as it was told.
fn expected(
    told: &OrderStatus,
    order: &OrderImage,
    book: &InstrumentImage,
    ledger: &Ledger,
) -> OrderStatus {
    let id: InstrumentId = book.instrument.id;
    let pair = ledger.models().directory().pair(id).unwrap();
    let terms = WireTerms::new(&order.kind, pair);
    let waits = matches!(
        order.kind,
        OrderKind::StopLimit { .. } | OrderKind::StopMarket { .. }
    );
    let state = match order.filled {
        _ if waits => OrderState::Waiting,
        Qty::ZERO => OrderState::New,
        _ => OrderState::PartiallyFilled,
    };
    // Stop orders by quote amount are not among those that are placed here.
    let leaves = convert::qty_decimal(pair.instrument, Qty(order.leaves));
    OrderStatus {
        account_id: order.account,
        order_id: Some(order.order_id),
        instrument_id: Some(id),
        key_id: Some(order.key),
        price: terms.price,
        stop_price: terms.stop_price.or(told.stop_price),
        order_quantity: terms.quantity,
        quote_amount: terms.quote_amount,
        expiry: terms.expiry,
        cumulative_quantity: Some(convert::qty_scaled(pair.instrument, order.filled)),
        cumulative_quote: Some(convert::amount_scaled(pair.quote, order.filled_quote)),
        leaves_quantity: Some(leaves),
        leaves_quote: None,
        order_status: Some(state.into()),
        side: Some(order.side.into()),
        order_type: Some(terms.order_type.into()),
        time_in_force: Some(terms.time_in_force.into()),
        stp_mode: Some(order.stp.into()),
        client_order_id: order.client_order_id.into(),
        ..*told
    }
}

fn check_balances(answers: &Answers, image: &StateImage, ledger: &Ledger) {
    let assets = ledger.models().directory();
    let mut sums: BTreeMap<AssetId, i128> = BTreeMap::new();
    assert_eq!(answers.accounts.len(), image.accounts.len());
    for (told, account) in answers.accounts.iter().zip(&image.accounts) {
        let mut balances = Vec::new();
        for balance in &told.balances {
            let asset = assets.asset(balance.asset_id).unwrap();
            let units = |scaled| convert::signed_amount(asset, scaled).unwrap();
            let (available, held) = (units(balance.available), units(balance.held));
            assert!(available.0 >= 0 && held.0 >= 0, "{told:?}");
            *sums.entry(balance.asset_id).or_default() +=
                i128::from(available.0) + i128::from(held.0);
            balances.push((balance.asset_id, available, held));
        }
        let expected = account.balances.iter();
        let expected: Vec<_> = expected.map(|b| (b.asset, b.available, b.held)).collect();
        assert_eq!(balances, expected, "{}", told.account_id);
    }
    for (asset, sum) in sums {
        assert_eq!(sum, ledger.supply(asset), "{asset} is not conserved");
    }
}
