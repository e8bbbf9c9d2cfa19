//! Taking the [`StateImage`] of an exchange, and building an exchange from one.
//!
//! Linear in orders, accounts and keys; for snapshots, state hashes and tests, never on the hot path.

use rialto_risk::Balance;
use rialto_types::{
    AccountId, Amount, OrderKind, Price, Qty, Size, SourceId, TimeInForce, TradeId,
};

use crate::RULES_VERSION;
use crate::book::{Book, Section};
use crate::exchange::Exchange;
use crate::image::{
    AccountImage, AssetImage, BalanceImage, InstrumentImage, KeyImage, OrderImage, SourceImage,
    StateImage,
};
use crate::orders::{Form, Order, Tif};

impl Exchange {
    /// The canonical picture of the state.
    pub fn image(&self) -> StateImage {
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
                .iter()
                .map(|row| AssetImage {
                    asset: row.asset,
                    supply: Amount(row.supply),
                })
                .collect(),
            instruments: self
                .books
                .iter()
                .map(|book| self.image_of_book(book))
                .collect(),
            accounts: (0..self.accounts.count())
                .map(|index| self.image_of_account(index))
                .collect(),
            keys: self.images_of_keys(),
            sources: self.images_of_sources(),
        }
    }

    fn image_of_book(&self, book: &Book) -> InstrumentImage {
        let section = |section: Section| {
            book.levels(&self.levels, section)
                .flat_map(|(price, level)| {
                    Book::queue(&self.orders, level)
                        .map(move |slot| self.image_of_order(price, slot))
                })
                .collect()
        };
        InstrumentImage {
            instrument: book.instrument,
            last_trade: book.last_trade,
            trade_id: TradeId(book.trade_id),
            bids: section(Section::Bids),
            asks: section(Section::Asks),
            stop_buys: section(Section::StopBuys),
            stop_sells: section(Section::StopSells),
        }
    }

    /// `level` is the price of the level in which the order stands: for a stop its stop price.
    fn image_of_order(&self, level: Price, slot: u32) -> OrderImage {
        let (order, record) = (self.orders.get(slot), self.orders.record(slot));
        let expiry = self.orders.expiry(slot);
        OrderImage {
            order_id: order.id,
            account: order.account,
            key: record.key,
            side: order.side,
            stp: order.stp_and_post_only.stp(),
            kind: kind_of(order, order.filled, level, expiry.unwrap_or_default()),
            leaves: order.leaves,
            filled: order.filled,
            filled_quote: record.filled_quote,
            client_order_id: self.orders.client_order_id(slot),
        }
    }

    fn image_of_account(&self, index: usize) -> AccountImage {
        let id = AccountId(u32::try_from(index).expect("account ids are 32 bits"));
        let mut balances: Vec<BalanceImage> = self
            .accounts
            .balances(id)
            .into_iter()
            .filter(|(_, balance)| id != AccountId::VENUE || *balance != Balance::default())
            .map(|(asset, balance)| BalanceImage {
                asset,
                available: balance.available,
                held: balance.held,
            })
            .collect();
        balances.sort_by_key(|balance| balance.asset);
        let state = self
            .accounts
            .state(id)
            .expect("the index is below the count");
        AccountImage {
            state,
            report: self.accounts.report(id),
            balances,
        }
    }

    fn images_of_keys(&self) -> Vec<KeyImage> {
        let image = |key: &crate::exchange::Key| KeyImage {
            account: key.account,
            public_key: key.verifier,
            permissions: key.permissions,
            revoked: key.revoked,
            client_seq: key.client_seq,
            cancel_on_disconnect: key.cancel_on_disconnect,
            networks: key.networks,
        };
        self.keys.iter().map(image).collect()
    }

    fn images_of_sources(&self) -> Vec<SourceImage> {
        let used = self
            .sources
            .iter()
            .enumerate()
            .filter(|(_, sequence)| **sequence != 0);
        used.map(|(index, sequence)| SourceImage {
            source: SourceId(u16::try_from(index).expect("source ids are 16 bits")),
            sequence: *sequence,
        })
        .collect()
    }
}

/// The kind of an order as it is now.
fn kind_of(order: &Order, filled: Qty, level: Price, expiry: rialto_types::Timestamp) -> OrderKind {
    let tif = match order.tif {
        Tif::Gtc => TimeInForce::Gtc,
        Tif::Ioc => TimeInForce::Ioc,
        Tif::Fok => TimeInForce::Fok,
        Tif::Gtd => TimeInForce::Gtd(expiry),
    };
    let qty = Qty(order.leaves + filled.0);
    match order.form {
        Form::Limit => OrderKind::Limit {
            price: order.price,
            qty,
            tif,
            post_only: order.stp_and_post_only.post_only(),
        },
        Form::StopLimit => OrderKind::StopLimit {
            stop: level,
            price: order.price,
            qty,
            tif,
        },
        Form::StopMarket => OrderKind::StopMarket {
            stop: level,
            size: Size::Qty(qty),
        },
        Form::StopMarketQuote => OrderKind::StopMarket {
            stop: level,
            size: Size::Quote(Amount(order.leaves)),
        },
    }
}
