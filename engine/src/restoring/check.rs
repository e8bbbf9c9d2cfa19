//! What an image must be before anything is built from it: ids in order, pools large enough, queues
//! sorted, books not crossed, money conserved.
//!
//! Holds, client order ids and order ids given twice are checked while the orders are restored, because
//! the tables that answer the question come about there. Cost: linear.

use rialto_risk::limits::elects;
use rialto_types::{
    AccountId, AssetId, Instrument, InstrumentId, InstrumentState, KeyId, Price, Side, Size,
};

use super::{RestoreError, belongs, impossible, sections};
use crate::RULES_VERSION;
use crate::book::Section;
use crate::image::{InstrumentImage, OrderImage, StateImage};

/// Orders that level references can tell apart.
const ORDERS_MAX: u32 = 1 << 24;

/// The price by which an order is queued: its stop while it waits, else its limit.
pub(super) fn queue_price(order: &OrderImage) -> Price {
    let price = order.kind.stop().or(order.kind.price());
    price.unwrap_or(Price::ZERO)
}

/// Refuses an image that no commands could have led to.
pub(super) fn check(image: &StateImage) -> Result<(), RestoreError> {
    let found = image.rules_version;
    if found != RULES_VERSION {
        let expected = RULES_VERSION;
        return Err(RestoreError::RulesVersion { found, expected });
    }
    if image.shard.0 > 31 {
        let fault = "is above 31";
        return Err(impossible("shard", image.shard.0.into(), fault));
    }
    if image.order_count >= 1 << 48 {
        return Err(impossible("order", image.order_count, "is above 48 bits"));
    }
    check_pools(image)?;
    check_directory(image)?;
    check_balances(image)?;
    let mut books = image.instruments.iter();
    books.try_for_each(|book| check_book(image, book))
}

fn check_pools(image: &StateImage) -> Result<(), RestoreError> {
    let capacity = &image.capacity;
    if capacity.orders > ORDERS_MAX {
        return Err(RestoreError::Capacity {
            what: "places for orders",
            count: capacity.orders as usize,
            limit: ORDERS_MAX,
        });
    }
    let queues = image.instruments.iter().flat_map(sections);
    let orders = queues.map(|(_, orders)| orders.len()).sum();
    let clients = image.accounts.get(1..).unwrap_or_default();
    let balances = clients.iter().map(|account| account.balances.len()).sum();
    let pools = [
        ("orders", orders, capacity.orders),
        ("accounts", clients.len(), capacity.accounts),
        ("balances", balances, capacity.balances),
        ("keys", image.keys.len(), capacity.keys),
        ("instruments", image.instruments.len(), capacity.instruments),
        ("assets", image.assets.len(), capacity.assets.into()),
    ];
    for (what, count, limit) in pools {
        if count > limit as usize {
            return Err(RestoreError::Capacity { what, count, limit });
        }
    }
    Ok(())
}

/// Assets, instruments, keys and sources.
fn check_directory(image: &StateImage) -> Result<(), RestoreError> {
    for (id, row) in (1..).zip(&image.assets) {
        if row.asset.check().is_err() {
            return Err(impossible("asset", id, "could not have been added"));
        }
    }
    for (id, book) in (1..).map(InstrumentId).zip(&image.instruments) {
        if !is_listed(image, id, &book.instrument) {
            let fault = "could not have been listed";
            return Err(impossible("instrument", id.0.into(), fault));
        }
    }
    for (id, key) in (1..).zip(&image.keys) {
        if key.account.index() >= image.accounts.len() {
            return Err(impossible(
                "key",
                id,
                "is of an account that does not exist",
            ));
        }
    }
    let sources = image.sources.iter();
    let in_order = image.sources.is_sorted_by(|a, b| a.source < b.source);
    for source in sources {
        if source.sequence == 0 || !in_order {
            let fault = "never sent a transfer, or is not in order";
            return Err(impossible("source", source.source.0.into(), fault));
        }
    }
    Ok(())
}

/// Whether the specification gives this instrument.
fn is_listed(image: &StateImage, id: InstrumentId, found: &Instrument) -> bool {
    let asset = |id: AssetId| image.assets.get(id.index().wrapping_sub(1));
    let spec = found.spec;
    let (Some(base), Some(quote)) = (asset(spec.base), asset(spec.quote)) else {
        return false;
    };
    let listed = Instrument::new(id, spec, &base.asset, &quote.asset);
    let due = listed.map(|listed| Instrument {
        state: found.state,
        ..listed
    });
    due == Ok(*found)
}

/// No balance is negative, each is of a known asset, and those of an asset sum up to its supply.
fn check_balances(image: &StateImage) -> Result<(), RestoreError> {
    let venue = u64::from(AccountId::VENUE.0);
    if image.accounts.is_empty() {
        return Err(impossible("account", venue, "is missing"));
    }
    let mut sums = vec![0_i128; image.assets.len()];
    for (id, account) in (0..).zip(&image.accounts) {
        if !account.balances.is_sorted_by(|a, b| a.asset < b.asset) {
            return Err(impossible("account", id, "has its balances out of order"));
        }
        for balance in &account.balances {
            let sum = sums.get_mut(balance.asset.index().wrapping_sub(1));
            let (Some(sum), 0.., 0..) = (sum, balance.available.0, balance.held.0) else {
                let fault = "has a negative balance, or one of an unknown asset";
                return Err(impossible("account", id, fault));
            };
            *sum += i128::from(balance.available.0) + i128::from(balance.held.0);
        }
    }
    for ((id, row), sum) in (1..).zip(&image.assets).zip(sums) {
        // A supply fits, so after this every single balance and each sum of its two parts does.
        if i128::from(row.supply.0) != sum {
            let fault = "has another supply than the sum of its balances";
            return Err(impossible("asset", id, fault));
        }
    }
    Ok(())
}

fn check_book(image: &StateImage, book: &InstrumentImage) -> Result<(), RestoreError> {
    let fault = |fault| Err(impossible("instrument", book.instrument.id.0.into(), fault));
    if book.last_trade.is_some() != (book.trade_id.0 > 0)
        || book.last_trade.is_some_and(|price| price.0 < 1)
    {
        return fault("has a last trade and no trade id, or the other way round");
    }
    for (section, orders) in sections(book) {
        for order in orders {
            check_order(image, order, section)?;
        }
        let highest_first = matches!(section, Section::Bids | Section::StopSells);
        let is_sorted = orders.is_sorted_by(|a, b| {
            let (a, b) = (queue_price(a), queue_price(b));
            if highest_first { a >= b } else { a <= b }
        });
        if !is_sorted {
            return fault("has a queue that is not sorted by price");
        }
        if !orders.is_empty() && book.instrument.state == InstrumentState::Closed {
            return fault("is closed and has open orders");
        }
    }
    if let (Some(bid), Some(ask)) = (book.bids.first(), book.asks.first())
        && queue_price(bid) >= queue_price(ask)
    {
        return fault("has a crossed book");
    }
    if let Some(last) = book.last_trade {
        let next = [(Side::Buy, &book.stop_buys), (Side::Sell, &book.stop_sells)];
        for (side, stops) in next {
            if stops
                .first()
                .is_some_and(|stop| elects(side, queue_price(stop), last))
            {
                return fault("has a waiting stop that its last trade satisfies");
            }
        }
    }
    Ok(())
}

fn check_order(
    image: &StateImage,
    order: &OrderImage,
    section: Section,
) -> Result<(), RestoreError> {
    let id = order.order_id;
    let fault = |fault| Err(impossible("order", id.0, fault));
    if id.shard() != image.shard || !(1..=image.order_count).contains(&id.counter()) {
        return fault("was never accepted on this shard");
    }
    let is_known =
        |account: AccountId| account != AccountId::VENUE && account.index() < image.accounts.len();
    let has_key = |key: KeyId| key.0 >= 1 && key.index() <= image.keys.len();
    if !is_known(order.account) || !has_key(order.key) {
        return fault("is of an account or a key that does not exist");
    }
    if !belongs(&order.kind, order.side, section) {
        return fault("stands where its kind and side do not belong");
    }
    let prices = [order.kind.price(), order.kind.stop()];
    if prices.into_iter().flatten().any(|price| price.0 < 1) {
        return fault("has a price below 1");
    }
    let total = match order.kind.size() {
        Size::Qty(qty) => qty.0.checked_sub(order.filled.0),
        Size::Quote(amount) => Some(amount.0),
    };
    if order.leaves < 1 || order.filled.0 < 0 || order.filled_quote.0 < 0 {
        return fault("has nothing left, or a negative fill");
    }
    if total != Some(order.leaves) {
        return fault("has another total than what is filled and left");
    }
    if let Some(expiry) = order.kind.tif().expiry()
        && expiry <= image.time
    {
        return fault("is open after its expiry");
    }
    Ok(())
}
