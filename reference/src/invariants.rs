//! What holds after every command whatever the rules did: section 8 of docs/MATCHING.md, checked on a
//! [`StateImage`] alone, so that it serves the reference, the engine and a recovered snapshot alike.
//!
//! Holds are computed again from the open orders by the table of check 17 (section 2), not taken from
//! whoever made the image. Cost: linear in the image but for sorting.

use std::collections::{BTreeMap, BTreeSet};

use rialto_engine::image::{InstrumentImage, OrderImage, StateImage};
use rialto_types::{
    AccountId, AssetId, ClientOrderId, InstrumentState, OrderId, OrderKind, Price, Side, Size,
};

/// Checks every sentence of section 8, and that the image is well formed: ids given in order, every
/// order's owner known, pools not exceeded, nothing open that has expired.
///
/// # Errors
/// The first sentence that does not hold, with what breaks it.
pub fn check_invariants(image: &StateImage) -> Result<(), String> {
    for book in &image.instruments {
        check_book(image, book)
            .map_err(|what| format!("{}: {what}", book.instrument.spec.symbol))?;
    }
    check_orders(image)?;
    check_pools(image)?;
    check_conservation(image)?;
    check_holds(image)
}

/// Checks that orders which stand in one queue of the same price in both images have not changed
/// places. `moved` is the order that a replace sent to the back, if the command between them did.
///
/// # Errors
/// Names the queue in which an order overtook another.
pub fn check_queue_order(
    before: &StateImage,
    after: &StateImage,
    moved: Option<OrderId>,
) -> Result<(), String> {
    for (old, new) in before.instruments.iter().zip(&after.instruments) {
        for (old, new) in queues(old).into_iter().zip(queues(new)) {
            let place = |queue: &[OrderImage]| -> Vec<(Price, OrderId)> {
                let places = queue
                    .iter()
                    .map(|order| (queue_price(order), order.order_id));
                places.filter(|(_, id)| Some(*id) != moved).collect()
            };
            let (old, new) = (place(old), place(new));
            let (was, is): (BTreeSet<_>, BTreeSet<_>) =
                (old.iter().collect(), new.iter().collect());
            let stayed: Vec<_> = old.iter().filter(|place| is.contains(place)).collect();
            let stays: Vec<_> = new.iter().filter(|place| was.contains(place)).collect();
            if stayed != stays {
                return Err(format!(
                    "an order overtook another: {stayed:?} became {stays:?}"
                ));
            }
        }
    }
    Ok(())
}

/// The four queues of a book: resting buys, resting sells, stop buys, stop sells.
pub(crate) fn queues(book: &InstrumentImage) -> [&[OrderImage]; 4] {
    [&book.bids, &book.asks, &book.stop_buys, &book.stop_sells]
}

/// All open orders.
pub(crate) fn orders(image: &StateImage) -> impl Iterator<Item = &OrderImage> {
    image.instruments.iter().flat_map(queues).flatten()
}

/// The price by which an order is queued: its stop while it waits, else its limit.
fn queue_price(order: &OrderImage) -> Price {
    let price = order.kind.stop().or(order.kind.price());
    price.unwrap_or(Price::ZERO)
}

fn check_book(image: &StateImage, book: &InstrumentImage) -> Result<(), String> {
    check_queue(&book.bids, Side::Buy, true, false)?;
    check_queue(&book.asks, Side::Sell, false, false)?;
    check_queue(&book.stop_buys, Side::Buy, false, true)?;
    check_queue(&book.stop_sells, Side::Sell, true, true)?;
    if let (Some(bid), Some(ask)) = (book.bids.first(), book.asks.first()) {
        let (bid, ask) = (queue_price(bid), queue_price(ask));
        if bid >= ask {
            return Err(format!("the book is crossed: bid {bid}, ask {ask}"));
        }
    }
    if let Some(last) = book.last_trade {
        // Queued in election order, so the first of each side is the one nearest to its election.
        let buy = book
            .stop_buys
            .first()
            .filter(|order| queue_price(order) <= last);
        let sell = book
            .stop_sells
            .first()
            .filter(|order| queue_price(order) >= last);
        if let Some(order) = buy.or(sell) {
            let id = order.order_id;
            return Err(format!(
                "the last trade, {last}, satisfies the waiting stop {id}"
            ));
        }
    }
    let has_orders = queues(book).iter().any(|queue| !queue.is_empty());
    if has_orders && book.instrument.state == InstrumentState::Closed {
        return Err("it is closed and has open orders".to_owned());
    }
    if has_orders && image.kill_switch {
        return Err("the kill switch is on and it has open orders".to_owned());
    }
    Ok(())
}

/// Whether the queue is sorted and each of its orders belongs there.
fn check_queue(
    queue: &[OrderImage],
    side: Side,
    descending: bool,
    waits: bool,
) -> Result<(), String> {
    for order in queue {
        let id = order.order_id;
        let fits = match order.kind {
            OrderKind::Limit { tif, .. } => !waits && tif.rests(),
            OrderKind::StopLimit { .. } | OrderKind::StopMarket { .. } => waits,
            OrderKind::Market { .. } => false,
        };
        if order.side != side || !fits || queue_price(order).0 < 1 {
            return Err(format!("order {id} stands in the wrong queue: {order:?}"));
        }
        if order.leaves < 1 {
            return Err(format!("order {id} is open with {} left", order.leaves));
        }
        let total = match order.kind.size() {
            Size::Qty(qty) => qty.0,
            Size::Quote(amount) => amount.0,
        };
        if order.leaves + order.filled.0 != total {
            return Err(format!(
                "order {id}: left and filled do not make its total: {order:?}"
            ));
        }
    }
    let prices = queue.iter().map(queue_price);
    let is_sorted = if descending {
        prices.rev().is_sorted()
    } else {
        prices.is_sorted()
    };
    if !is_sorted {
        return Err(format!("the {side:?} queue is not sorted by price"));
    }
    Ok(())
}

fn check_orders(image: &StateImage) -> Result<(), String> {
    let mut ids = BTreeSet::new();
    let mut client_ids: BTreeSet<(AccountId, ClientOrderId)> = BTreeSet::new();
    for order in orders(image) {
        let id = order.order_id;
        if !ids.insert(id) {
            return Err(format!("order {id} is open twice"));
        }
        if id.shard() != image.shard || id.counter() < 1 || id.counter() > image.order_count {
            return Err(format!(
                "order {id} was never given: {} were",
                image.order_count
            ));
        }
        let key = (order.key.index().checked_sub(1)).and_then(|index| image.keys.get(index));
        if key.is_none_or(|key| key.account != order.account) {
            return Err(format!("order {id} was placed by a key of another account"));
        }
        if order.account.index() >= image.accounts.len() || order.account == AccountId::VENUE {
            return Err(format!("order {id} belongs to no client's account"));
        }
        if order
            .kind
            .tif()
            .expiry()
            .is_some_and(|expiry| expiry <= image.time)
        {
            return Err(format!("order {id} is open after its expiry"));
        }
        if let Some(client_id) = order.client_order_id
            && !client_ids.insert((order.account, client_id))
        {
            return Err(format!(
                "two open orders of one account are named {client_id}"
            ));
        }
    }
    Ok(())
}

fn check_pools(image: &StateImage) -> Result<(), String> {
    let capacity = &image.capacity;
    let clients = image.accounts.iter().skip(1);
    let mut pools = vec![
        ("orders", orders(image).count(), capacity.orders),
        ("accounts", clients.clone().count(), capacity.accounts),
        ("keys", image.keys.len(), capacity.keys),
        ("instruments", image.instruments.len(), capacity.instruments),
        ("assets", image.assets.len(), u32::from(capacity.assets)),
        (
            "balances",
            clients.map(|account| account.balances.len()).sum(),
            capacity.balances,
        ),
    ];
    for id in 1..image.accounts.len() {
        let own = orders(image)
            .filter(|order| order.account.index() == id)
            .count();
        pools.push(("orders of one account", own, capacity.orders_per_account));
    }
    for (name, used, size) in pools {
        if used > size as usize {
            return Err(format!("there are {used} {name}, more than {size}"));
        }
    }
    Ok(())
}

fn check_conservation(image: &StateImage) -> Result<(), String> {
    let mut sums: BTreeMap<AssetId, i128> = BTreeMap::new();
    for (id, account) in image.accounts.iter().enumerate() {
        if !account.balances.is_sorted_by(|a, b| a.asset < b.asset) {
            return Err(format!("the balances of account {id} are not sorted"));
        }
        for balance in &account.balances {
            if balance.available.0 < 0 || balance.held.0 < 0 {
                return Err(format!("account {id} has a negative balance: {balance:?}"));
            }
            let owned = i128::from(balance.available.0) + i128::from(balance.held.0);
            *sums.entry(balance.asset).or_default() += owned;
        }
    }
    for (asset, id) in image.assets.iter().zip(1..) {
        let sum = sums.remove(&AssetId(id)).unwrap_or(0);
        if sum != i128::from(asset.supply.0) {
            let (symbol, supply) = (asset.asset.symbol, asset.supply);
            return Err(format!(
                "{symbol}: the balances sum to {sum}, the supply is {supply}"
            ));
        }
    }
    match sums.keys().next() {
        Some(asset) => Err(format!(
            "a balance is of asset {asset}, which does not exist"
        )),
        None => Ok(()),
    }
}

fn check_holds(image: &StateImage) -> Result<(), String> {
    let mut needed: BTreeMap<(AccountId, AssetId), i128> = BTreeMap::new();
    for book in &image.instruments {
        for order in queues(book).into_iter().flatten() {
            let spec = &book.instrument.spec;
            let asset = match order.side {
                Side::Buy => spec.quote,
                Side::Sell => spec.base,
            };
            *needed.entry((order.account, asset)).or_default() += hold(book, order);
        }
    }
    for (account, id) in image.accounts.iter().zip(0..) {
        for balance in &account.balances {
            let key = (AccountId(id), balance.asset);
            let sum = needed.remove(&key).unwrap_or(0);
            if sum != i128::from(balance.held.0) {
                let (asset, held) = (balance.asset, balance.held);
                return Err(format!(
                    "account {id} holds {held} of asset {asset}, its open orders need {sum}"
                ));
            }
        }
    }
    match needed.iter().next() {
        Some(((account, asset), sum)) => Err(format!(
            "account {account} has no balance of asset {asset}, its open orders need {sum}"
        )),
        None => Ok(()),
    }
}

/// What an open order holds, by the table of check 17.
fn hold(book: &InstrumentImage, order: &OrderImage) -> i128 {
    let leaves = i128::from(order.leaves);
    let quote_per_tick_lot = i128::from(book.instrument.quote_units_per_tick_lot);
    let price = match (order.side, order.kind) {
        (Side::Sell, _) => return leaves * i128::from(book.instrument.base_units_per_lot),
        (Side::Buy, OrderKind::Limit { price, .. } | OrderKind::StopLimit { price, .. }) => price,
        (Side::Buy, OrderKind::Market { size } | OrderKind::StopMarket { size, .. }) => {
            match (size, order.kind.stop()) {
                (Size::Qty(_), Some(stop)) => book.instrument.collar(stop).highest,
                _ => return leaves,
            }
        }
    };
    leaves * i128::from(price.0) * quote_per_tick_lot
}
