//! Building the read models from plain tables instead of from all events since the beginning.
//!
//! Recovery calls it once with what a snapshot holds, and applies the events of what came after. The
//! tables hold what cannot be derived: price levels and held funds follow from the orders, which enter
//! the books as they do when they are accepted. The models that come out are those that the events would
//! have made, which a test shows event by event; all but the history of trades, which begins with what
//! came after the tables unless [`ReadModels::restore_histories`] takes up what was put aside. Cost: linear,
//! with a few hash insertions an order.

use rialto_types::{
    AccountState, Amount, Asset, AssetId, Instrument, OrderId, Price, ReportSeq, Seq, SourceId,
    Timestamp, TradeId,
};

use super::{Book, Changes, Directory, Key, Keys, OpenOrder, ReadModels, Tape, TradeHistory};

/// Everything but the open orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// The last command.
    pub seq: Seq,
    /// Its time.
    pub time: Timestamp,
    /// Room for open orders, as the core announced it.
    pub orders_max: usize,
    /// Whether the venue's kill switch is engaged.
    pub kill_switch: bool,
    /// By id, from 1.
    pub assets: Vec<Asset>,
    /// By id of their instruments, from 1.
    pub books: Vec<BookTable>,
    /// By id, from 0, the venue.
    pub accounts: Vec<AccountTable>,
    /// By id, from 1.
    pub keys: Vec<Key>,
    /// Sources and the last transfer of each.
    pub sources: Vec<(SourceId, u64)>,
}

/// A book without its orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookTable {
    /// What trades there.
    pub instrument: Instrument,
    /// The last trade, if there was one.
    pub last_trade: Option<(TradeId, Price)>,
    /// As [`Book::change_count`].
    pub change_count: u64,
    /// As [`Book::changed_at`].
    pub changed_at: Seq,
    /// The orders in the book, of each side the one first that trades first. Which side comes first is
    /// all the same.
    pub queue: Vec<OrderId>,
}

/// An account without its orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountTable {
    /// What it may do.
    pub state: AccountState,
    /// The number of its last report.
    pub report: ReportSeq,
    /// What it owns, held or not, of each asset that it ever had.
    pub balances: Vec<(AssetId, Amount)>,
}

impl ReadModels {
    /// The models that these tables and open orders describe. The orders come in ascending order of id.
    ///
    /// # Panics
    /// When an order is of an account or an instrument that the tables do not have: the caller has made
    /// them from a state that was checked.
    pub fn restore(tables: &Tables, orders: impl IntoIterator<Item = OpenOrder>) -> Self {
        let mut models = Self {
            seq: tables.seq,
            time: tables.time,
            directory: Directory {
                assets: tables.assets.clone(),
                instruments: tables.books.iter().map(|book| book.instrument).collect(),
                kill_switch: tables.kill_switch,
            },
            keys: Keys::restored(tables.keys.clone()),
            books: vec![Book::default(); tables.books.len()],
            histories: vec![TradeHistory::beginning_at(tables.time); tables.books.len()],
            tapes: vec![Tape::default(); tables.books.len()],
            ..Self::default()
        };
        models.restore_accounts(&tables.accounts);
        for (source, sequence) in &tables.sources {
            let at = source.index();
            models.sources.resize(models.sources.len().max(at + 1), 0);
            models.sources[at] = *sequence;
        }
        models.orders.reserve(tables.orders_max);
        let mut changes = Changes::default();
        for order in orders {
            models.orders.insert(order);
            models.books[order.instrument.index() - 1].add_restored(&order);
            models.hold(None, &order, &mut changes);
            changes.clear();
        }
        for (book, table) in models.books.iter_mut().zip(&tables.books) {
            book.restore(table, &mut models.orders);
        }
        models
    }

    fn restore_accounts(&mut self, tables: &[AccountTable]) {
        for (id, table) in (0..).map(rialto_types::AccountId).zip(tables) {
            if id != rialto_types::AccountId::VENUE {
                self.accounts.create(id);
            }
            self.accounts.note_report(id, table.report);
            let account = self.accounts.get_mut(id);
            account.state = table.state;
            for (asset, total) in &table.balances {
                account.balance_mut(*asset).total = *total;
            }
        }
    }
}
