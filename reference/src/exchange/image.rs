//! The exchange as a [`StateImage`]: the form in which it is compared with the engine.

use rialto_engine::RULES_VERSION;
use rialto_engine::image::{
    AccountImage, AssetImage, BalanceImage, InstrumentImage, OrderImage, SourceImage, StateImage,
};
use rialto_types::{AccountId, Amount, AssetId, Side, SourceId};

use super::ReferenceExchange;
use super::book::{Book, Order};
use super::funds::{Account, Balance};

impl ReferenceExchange {
    /// The whole state after the last command. Cost: linear in everything.
    pub fn image(&self) -> StateImage {
        let account = |(id, account): (&AccountId, &Account)| AccountImage {
            state: account.state,
            report: account.report,
            balances: balances(*id, account),
        };
        let source = |(source, sequence): (&SourceId, &u64)| SourceImage {
            source: *source,
            sequence: *sequence,
        };
        StateImage {
            rules_version: RULES_VERSION,
            shard: self.shard,
            seq: self.seq,
            time: self.time,
            capacity: self.capacity,
            order_count: self.order_count,
            kill_switch: self.kill_switch,
            assets: self
                .assets
                .values()
                .map(|listed| AssetImage {
                    asset: listed.asset,
                    supply: amount(listed.supply),
                })
                .collect(),
            instruments: self.books.values().map(instrument).collect(),
            accounts: self.accounts.iter().map(account).collect(),
            keys: self.keys.values().copied().collect(),
            sources: self.sources.iter().map(source).collect(),
        }
    }
}

fn balances(id: AccountId, account: &Account) -> Vec<BalanceImage> {
    let image = |(asset, balance): (&AssetId, &Balance)| BalanceImage {
        asset: *asset,
        available: amount(balance.available),
        held: amount(balance.held),
    };
    let is_stated = |balance: &BalanceImage| {
        id != AccountId::VENUE || balance.available != Amount::ZERO || balance.held != Amount::ZERO
    };
    account
        .balances
        .iter()
        .map(image)
        .filter(is_stated)
        .collect()
}

fn instrument(book: &Book) -> InstrumentImage {
    let images = |orders: Vec<&Order>| orders.into_iter().map(order).collect();
    InstrumentImage {
        instrument: book.listed,
        last_trade: book.last_trade,
        trade_id: book.trade_id,
        bids: images(book.resting(Side::Buy)),
        asks: images(book.resting(Side::Sell)),
        stop_buys: images(book.waiting(Side::Buy)),
        stop_sells: images(book.waiting(Side::Sell)),
    }
}

fn order(order: &Order) -> OrderImage {
    OrderImage {
        order_id: order.id,
        account: order.account,
        key: order.key,
        side: order.side,
        stp: order.stp,
        kind: order.kind,
        leaves: order.leaves,
        filled: order.filled,
        filled_quote: order.filled_quote,
        client_order_id: order.client_order_id,
    }
}

fn amount(units: i128) -> Amount {
    Amount(i64::try_from(units).expect("no balance exceeds its asset's supply, which fits"))
}
