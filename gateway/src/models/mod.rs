//! The read models: what the publisher knows of the exchange, kept up from its events alone.
//!
//! Queries, snapshots and complete execution reports are answered from here, so that the core is never
//! asked. [`ReadModels::apply`] takes one event after the other, live as in recovery; the same events
//! give the same models. An event that names something unknown is a broken log and panics: going on
//! would tell clients something false.
//!
//! Balances and books are exact after a command's last event: what an account owns moves with each
//! trade, what it holds follows from its open orders. Cost: O(1) per event but for the books, which are
//! logarithmic in price levels; no allocation within the capacity that the core announces.

mod account;
mod administration;
mod book;
mod directory;
mod history;
mod order;
mod orders;
mod restoring;
mod tape;

use rialto_risk::hold;
use rialto_types::{
    AccountId, AssetId, Event, EventBody, Fill, Instrument, InstrumentId, OrderId, OrderRef,
    Origin, Price, ReportSeq, Seq, Side, SourceId, Timestamp, Trade,
};

use self::book::Cause;
pub use account::{Account, Accounts, Balance};
pub use book::{Book, Level, QueueChange, QueueStep};
pub use directory::{Directory, Key, Keys};
pub use history::{Candle, Figures, Interval, InvalidHistory, TradeHistory};
pub use order::{OpenOrder, Place};
pub use orders::{Listing, OpenOrders};
pub use restoring::{AccountTable, BookTable, Tables};
pub use tape::{Print, TAPE_TRADES, Tape};

/// Everything that queries are answered from.
#[derive(Clone, Debug, Default)]
pub struct ReadModels {
    seq: Seq,
    time: Timestamp,
    directory: Directory,
    keys: Keys,
    accounts: Accounts,
    orders: OpenOrders,
    /// By instrument id, from 1.
    books: Vec<Book>,
    /// By instrument id, from 1.
    histories: Vec<TradeHistory>,
    /// By instrument id, from 1.
    tapes: Vec<Tape>,
    /// The last transfer of each source, by source id; 0 before the first.
    sources: Vec<u64>,
}

/// What an event did to orders. They are told as they are after it, also when it closed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Nothing that concerns one order.
    Nothing,
    /// Something to one order.
    Order(OpenOrder),
    /// A trade between the two.
    Trade {
        /// The resting order.
        maker: OpenOrder,
        /// The arriving order.
        taker: OpenOrder,
    },
}

/// What events have changed since this was last cleared, for whoever tells the world. An entry may
/// occur several times.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Price levels whose total is another now.
    pub levels: Vec<(InstrumentId, Side, Price)>,
    /// What happened to orders in the book, in order.
    pub queues: Vec<(InstrumentId, QueueChange)>,
    /// Balances of which the total or the held part is another now.
    pub balances: Vec<(AccountId, AssetId)>,
    /// Whether the directory is another now.
    pub directory: bool,
}

impl Changes {
    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.levels.clear();
        self.queues.clear();
        self.balances.clear();
        self.directory = false;
    }
}

impl ReadModels {
    /// What is known before the first event: the venue's own account.
    pub fn new() -> Self {
        Self::default()
    }

    /// The command of the last event applied; 0 before the first.
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    /// The time of that command.
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    /// Assets, instruments and the venue's kill switch.
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    /// API keys.
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Accounts with their balances and report numbers.
    pub const fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Open orders, waiting stops included.
    pub const fn orders(&self) -> &OpenOrders {
        &self.orders
    }

    /// The book of an instrument.
    pub fn book(&self, instrument: InstrumentId) -> Option<&Book> {
        self.books.get(instrument.index().checked_sub(1)?)
    }

    /// The trades of an instrument in figures.
    pub fn history(&self, instrument: InstrumentId) -> Option<&TradeHistory> {
        self.histories.get(instrument.index().checked_sub(1)?)
    }

    /// The latest trades of an instrument.
    pub fn tape(&self, instrument: InstrumentId) -> Option<&Tape> {
        self.tapes.get(instrument.index().checked_sub(1)?)
    }

    /// The orders in the book of an instrument, of one side, the one first that trades first. None when
    /// there is no such instrument.
    pub fn queue(&self, instrument: InstrumentId, side: Side) -> impl Iterator<Item = &OpenOrder> {
        let book = self.book(instrument).into_iter();
        book.flat_map(move |book| book.queued(side, &self.orders))
    }

    /// The last transfer applied of a source; 0 before the first.
    pub fn last_transfer(&self, source: SourceId) -> u64 {
        self.sources.get(source.index()).copied().unwrap_or(0)
    }

    /// The open order that an account means by this name.
    pub fn find(&self, account: AccountId, order: OrderRef) -> Option<&OpenOrder> {
        let found = match order {
            OrderRef::Id(id) => self.orders.get(id),
            OrderRef::Client(name) => self.orders.by_client_id(account, name),
        };
        found.filter(|order| order.account == account)
    }

    /// Begins a walk over an account's open orders.
    pub fn begin_listing(&mut self, account: AccountId) -> Listing {
        self.orders.begin_listing(account)
    }

    /// The next order of a walk; `None` when all were told.
    pub fn next_listed(&mut self, listing: &Listing) -> Option<&OpenOrder> {
        self.orders.next(listing)
    }

    /// Ends a walk.
    pub fn end_listing(&mut self, listing: Listing) {
        self.orders.end_listing(listing);
    }

    /// Applies one event of a recovery, of which nobody is told.
    ///
    /// # Panics
    /// As [`ReadModels::apply`].
    pub fn replay(&mut self, event: &Event, scratch: &mut Changes) -> Applied {
        scratch.clear();
        self.apply(event, scratch)
    }

    /// Applies one event and notes what it changed.
    ///
    /// # Panics
    /// When the event names an order, account, key, asset or instrument that no earlier event made
    /// known: the log is broken.
    pub fn apply(&mut self, event: &Event, changes: &mut Changes) -> Applied {
        self.seq = event.seq;
        self.time = event.time;
        match &event.body {
            EventBody::Accepted(e) => {
                self.heard(e.origin);
                self.reported(e.account, e.report);
                let order = OpenOrder::accepted(e, event.time);
                self.orders.insert(order);
                self.moved((None, &order), Cause::default(), changes);
                Applied::Order(order)
            }
            EventBody::Rejected(e) => {
                self.heard(e.origin);
                self.reported(e.account, e.report);
                Applied::Nothing
            }
            EventBody::Cancelled(e) => {
                self.heard(e.origin);
                self.reported(e.account, e.report);
                Applied::Order(self.change(e.order_id, changes, |order| order.cancel(e)))
            }
            EventBody::Replaced(e) => {
                self.heard(e.origin);
                self.reported(e.account, e.report);
                let cause = Cause {
                    loses_place: !e.kept_priority,
                    ..Cause::default()
                };
                Applied::Order(self.change_for(e.order_id, cause, changes, |o| o.replace(e)))
            }
            EventBody::Reduced(e) => {
                self.reported(e.account, e.report);
                Applied::Order(self.change(e.order_id, changes, |order| order.reduce(e)))
            }
            EventBody::Triggered(e) => {
                self.reported(e.account, e.report);
                Applied::Order(self.change(e.order_id, changes, |order| order.trigger(e)))
            }
            EventBody::Rested(e) => {
                Applied::Order(self.change(e.order_id, changes, |order| order.rest(e)))
            }
            EventBody::Trade(e) => {
                self.tapes[e.instrument.index() - 1].add(Print::new(event, e));
                self.trade(e, changes)
            }
            body => {
                self.administer(body, changes);
                Applied::Nothing
            }
        }
    }

    /// Notes that the core has taken up a command of a key.
    fn heard(&mut self, origin: Origin) {
        self.keys.heard(origin);
    }

    /// Notes the number of a report; 0 where there is none.
    fn reported(&mut self, account: AccountId, report: ReportSeq) {
        if report.0 > 0 {
            self.accounts.note_report(account, report);
        }
    }

    fn trade(&mut self, e: &Trade, changes: &mut Changes) -> Applied {
        self.reported(e.maker.account, e.maker.report);
        self.reported(e.taker.account, e.taker.report);
        let at = e.instrument.index() - 1;
        self.books[at].last_trade = Some((e.trade_id, e.price));
        self.histories[at].add(self.time, e);
        self.settle(e, changes);
        let cause = Cause {
            trade: Some(e.trade_id),
            ..Cause::default()
        };
        let mut fill = |fill: &Fill| {
            self.change_for(fill.order_id, cause, changes, |order| {
                order.fill(e.qty, e.notional, fill.leaves);
            })
        };
        Applied::Trade {
            maker: fill(&e.maker),
            taker: fill(&e.taker),
        }
    }

    /// Moves what the two sides of a trade own, and the fees.
    fn settle(&mut self, e: &Trade, changes: &mut Changes) {
        let instrument = self.directory.instruments[e.instrument.index() - 1];
        let (base, quote) = (instrument.spec.base, instrument.spec.quote);
        let quantity = instrument.base_amount_within(e.qty);
        let (buyer, seller) = match e.taker_side {
            Side::Buy => (&e.taker, &e.maker),
            Side::Sell => (&e.maker, &e.taker),
        };
        let mut settle = |account, asset, amount| {
            self.accounts.get_mut(account).balance_mut(asset).total.0 += amount;
            changes.balances.push((account, asset));
        };
        settle(buyer.account, base, quantity.0 - buyer.fee.0);
        settle(buyer.account, quote, -e.notional.0);
        settle(seller.account, base, -quantity.0);
        settle(seller.account, quote, e.notional.0 - seller.fee.0);
        for (asset, fee) in [(base, buyer.fee), (quote, seller.fee)] {
            if fee.0 > 0 {
                settle(AccountId::VENUE, asset, fee.0);
            }
        }
    }

    /// Changes an open order and everything that follows from it; returns it as it is then.
    fn change(
        &mut self,
        id: OrderId,
        changes: &mut Changes,
        how: impl FnOnce(&mut OpenOrder),
    ) -> OpenOrder {
        self.change_for(id, Cause::default(), changes, how)
    }

    fn change_for(
        &mut self,
        id: OrderId,
        cause: Cause,
        changes: &mut Changes,
        how: impl FnOnce(&mut OpenOrder),
    ) -> OpenOrder {
        let order = self.orders.get_mut(id);
        let before = *order;
        how(order);
        let after = *order;
        self.moved((Some(&before), &after), cause, changes);
        if after.is_closed() {
            self.orders.remove(id);
        }
        after
    }

    /// Carries a change of an order over to the book and to what its account holds.
    fn moved(
        &mut self,
        (before, after): (Option<&OpenOrder>, &OpenOrder),
        cause: Cause,
        changes: &mut Changes,
    ) {
        let id = after.instrument;
        let book = &mut self.books[id.index() - 1];
        let moved = book.moved(self.seq, (before, after), cause, &mut self.orders);
        for change in moved.changes() {
            changes.levels.push((id, change.side, change.price));
            changes.queues.push((id, *change));
        }
        self.hold(before, after, changes);
    }

    /// Carries a change of an order over to what its account holds.
    fn hold(&mut self, before: Option<&OpenOrder>, after: &OpenOrder, changes: &mut Changes) {
        let instrument: &Instrument = &self.directory.instruments[after.instrument.index() - 1];
        let held_before = before.map_or(0, |order| order.held(instrument).0);
        let difference = after.held(instrument).0 - held_before;
        if difference != 0 {
            let asset = hold::held_asset(instrument, after.side);
            let account = self.accounts.get_mut(after.account);
            account.balance_mut(asset).held.0 += difference;
            changes.balances.push((after.account, asset));
        }
    }
}
