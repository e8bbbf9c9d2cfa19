//! Shows events and state as scenarios write them.

use rialto_engine::StateImage;
use rialto_engine::image::{InstrumentImage, OrderImage};
use rialto_types::{
    AccountId, AccountState, Amount, AssetId, Event, EventBody, InstrumentState, KillScope,
    OrderId, Rejected, Trade,
};

use super::read::{account, asset};
use super::world::{ASSETS, KEYS};

/// All events of a command; `nothing` when there is none.
pub(super) fn events(events: &[Event]) -> String {
    if events.is_empty() {
        return "nothing".to_owned();
    }
    let shown: Vec<String> = events.iter().map(|it| event(&it.body)).collect();
    shown.join("; ")
}

/// The refusal among the events, if there is one.
pub(super) fn rejection(events: &[Event]) -> Option<Rejected> {
    events.iter().find_map(|it| match it.body {
        EventBody::Rejected(rejected) => Some(rejected),
        _ => None,
    })
}

/// The answer to a question about the state: `book`, `stops`, `funds`, `supply`. `None` for a command.
pub(super) fn question(said: &str, image: &StateImage) -> Option<String> {
    let words: Vec<&str> = said.split_whitespace().collect();
    match *words {
        ["book"] => Some(book(&image.instruments[0])),
        ["book", "on", "GOLD"] => Some(book(&image.instruments[1])),
        ["stops"] => Some(stops(&image.instruments[0])),
        ["funds", who, what] => Some(funds(image, account(who), asset(what))),
        ["supply", what] => {
            let supply = image.assets[asset(what).index() - 1].supply;
            Some(supply.to_string())
        }
        ["order", id] => {
            let orders = image.instruments.iter().flat_map(|book| {
                let InstrumentImage {
                    bids,
                    asks,
                    stop_buys,
                    stop_sells,
                    ..
                } = book;
                [bids, asks, stop_buys, stop_sells]
            });
            let order = orders.flatten().find(|it| name(it.order_id) == id);
            Some(order.map_or("is not open".to_owned(), |order| {
                let (left, filled) = (order.leaves, order.filled);
                format!("{left} left, {filled} filled for {}", order.filled_quote)
            }))
        }
        _ => None,
    }
}

fn book(image: &InstrumentImage) -> String {
    let order = |it: &OrderImage| {
        let price = it.kind.price().expect("a resting order has a price");
        format!("{}@{price} {}", it.leaves, name(it.order_id))
    };
    two_lists(&image.bids, &image.asks, order)
}

fn stops(image: &InstrumentImage) -> String {
    let order = |it: &OrderImage| {
        let stop = it.kind.stop().expect("a waiting stop has a stop price");
        format!("{} {stop}", name(it.order_id))
    };
    two_lists(&image.stop_buys, &image.stop_sells, order)
}

fn two_lists(
    buys: &[OrderImage],
    sells: &[OrderImage],
    show: impl Fn(&OrderImage) -> String,
) -> String {
    let list = |orders: &[OrderImage]| match orders {
        [] => "-".to_owned(),
        orders => orders.iter().map(&show).collect::<Vec<_>>().join(", "),
    };
    format!("{} / {}", list(buys), list(sells))
}

fn funds(image: &StateImage, account: AccountId, asset: AssetId) -> String {
    let balances = &image.accounts[account.index()].balances;
    match balances.iter().find(|it| it.asset == asset) {
        Some(balance) => format!("{} + {}", balance.available, balance.held),
        None => "none".to_owned(),
    }
}

fn event(body: &EventBody) -> String {
    match body {
        EventBody::Accepted(it) => {
            let how = match (it.resting, it.order.kind.stop()) {
                (false, _) => "",
                (true, None) => ", rests",
                (true, Some(_)) => ", waits",
            };
            format!("{} accepted{how}", name(it.order_id))
        }
        EventBody::Rejected(it) => {
            let refusal = it.refusal;
            match (refusal.value, refusal.limit) {
                (0, 0) => format!("rejected {}", refusal.reason),
                (value, limit) => {
                    let asset = ASSETS.get(it.asset.index().wrapping_sub(1));
                    let asset = asset.map_or(String::new(), |(symbol, _)| format!(" {symbol}"));
                    format!("rejected {} {value}/{limit}{asset}", refusal.reason)
                }
            }
        }
        EventBody::Cancelled(it) => {
            format!(
                "{} cancelled {} {}",
                name(it.order_id),
                it.reason,
                it.leaves
            )
        }
        EventBody::Replaced(it) => {
            let how = match (it.kept_priority, it.resting) {
                (true, _) => "keeps its place",
                (false, true) => "goes to the back",
                (false, false) => "takes",
            };
            format!(
                "{} replaced {}@{}, {how}",
                name(it.order_id),
                it.leaves,
                it.price
            )
        }
        EventBody::Reduced(it) => {
            format!(
                "{} reduced by {} to {}",
                name(it.order_id),
                it.by,
                it.leaves
            )
        }
        EventBody::Triggered(it) => {
            let how = if it.resting { ", rests" } else { "" };
            format!("{} triggered{how}", name(it.order_id))
        }
        EventBody::Rested(it) => format!("{} rests {}@{}", name(it.order_id), it.leaves, it.price),
        EventBody::Trade(it) => trade(it),
        EventBody::MassCancelled { count, .. } => format!("mass-cancelled {count}"),
        EventBody::CancelOnDisconnectArmed { armed, .. } => {
            if *armed { "armed" } else { "disarmed" }.to_owned()
        }
        other => administration(other),
    }
}

fn administration(body: &EventBody) -> String {
    match body {
        EventBody::CapacitySet(_) => "capacity set".to_owned(),
        EventBody::AssetAdded { id, .. } => format!("asset {id}"),
        EventBody::InstrumentListed { instrument, .. } => format!("instrument {}", instrument.id),
        EventBody::InstrumentStateChanged { state, .. } => {
            let name = match state {
                InstrumentState::Open => "open",
                InstrumentState::PostOnly => "post-only",
                InstrumentState::CancelOnly => "cancel-only",
                InstrumentState::Halted => "halted",
                InstrumentState::Closed => "closed",
            };
            format!("state {name}")
        }
        EventBody::FeesChanged { maker, taker, .. } => format!("fees {} {}", maker.0, taker.0),
        EventBody::AccountCreated { account, .. } => format!("account {account}"),
        EventBody::AccountStateChanged { account, state, .. } => {
            let name = match state {
                AccountState::Active => "active",
                AccountState::CancelOnly => "cancel-only",
                AccountState::Suspended => "suspended",
            };
            format!("{} {name}", account_name(*account))
        }
        EventBody::KeyAdded(it) => format!("key {}", it.key),
        EventBody::KeyRevoked { key, .. } => format!("key {key} revoked"),
        EventBody::Transferred(it) => {
            let (asset, _) = ASSETS[it.asset.index() - 1];
            format!(
                "transferred {} {asset} {}",
                account_name(it.account),
                it.amount
            )
        }
        EventBody::KillSwitchChanged { scope, engaged, .. } => {
            let scope = match scope {
                KillScope::Account(account) => account_name(*account),
                KillScope::Venue => "everybody".to_owned(),
            };
            format!(
                "kill switch {} for {scope}",
                if *engaged { "on" } else { "off" }
            )
        }
        other => panic!("an event of trading: {other:?}"),
    }
}

/// A trade, its maker and its taker, and its fees if there are any.
fn trade(it: &Trade) -> String {
    let (maker, taker) = (name(it.maker.order_id), name(it.taker.order_id));
    let fees = match (it.maker.fee, it.taker.fee) {
        (Amount::ZERO, Amount::ZERO) => String::new(),
        (maker, taker) => format!(" fees {maker} {taker}"),
    };
    format!("trade {}@{} {maker} {taker}{fees}", it.qty, it.price)
}

fn name(id: OrderId) -> String {
    format!("#{}", id.counter())
}

fn account_name(account: AccountId) -> String {
    let known = KEYS.iter().find(|(_, id, _)| *id == account.0 && *id != 0);
    known.map_or_else(|| account.to_string(), |(name, ..)| (*name).to_owned())
}
