//! The state that recovery builds up: the core's and, in step with it, the publisher's.
//!
//! Every record goes through [`Exchange::apply`] as it did when it was written, and its events through
//! the read models as they did then; nobody is told anything. Recovery, the taking of snapshots and the
//! commands that verify a journal all go this way, so what one of them has seen the others see.
//!
//! This is also where a snapshot is taken apart and put together: the core's image is the engine's and
//! the annex is what only the read models know. Cost: what matching costs; for a snapshot linear, with a
//! hash lookup an order.

use std::sync::Arc;
use std::thread;

use anyhow::{Result, ensure};
use rialto_engine::image::{InstrumentImage, OrderImage, StateImage};
use rialto_engine::{EventBuffer, Exchange, HashSeed};
use rialto_gateway::ReportLog;
use rialto_gateway::models::{
    AccountTable, BookTable, Changes, Key, OpenOrder, Place, ReadModels, Tables,
};
use rialto_journal::{Annex, Base, BookAnnex, Decision, ExchangeId, OrderAnnex, Record, Snapshot};
use rialto_types::{AccountId, AssetId, InstrumentId, Seq, ShardId};
use tracing::warn;

use crate::poison::{self, Applying};

/// No record has this number.
const NONE_SKIPPED: Seq = Seq(u64::MAX);

/// The state after some command.
#[derive(Debug)]
pub struct State {
    /// The core's.
    pub exchange: Exchange,
    /// The publisher's.
    pub models: ReadModels,
    /// The latest reports, for clients that missed them; of commands from [`Self::keep_reports`] on.
    pub reports: ReportLog,
    /// The first command whose reports are kept.
    reports_from: Seq,
    events: EventBuffer,
    changes: Changes,
    applying: Arc<Applying>,
    exchange_id: ExchangeId,
    /// Records that operators have decided to pass over, the next one last.
    decisions: Vec<Decision>,
    /// The next of them; the highest number there is when there is none.
    skipped: Seq,
}

impl State {
    /// The state before the first command.
    pub fn new(shard: ShardId, seed: HashSeed) -> Self {
        Self::of(Exchange::with_seed(shard, seed), ReadModels::new())
    }

    /// The state that a snapshot holds.
    ///
    /// # Errors
    /// When no commands could have led to it, or it is not restored to the same state.
    ///
    /// # Panics
    /// Never: the read models of a state that was checked can be made.
    pub fn restore(snapshot: &Snapshot, seed: HashSeed) -> Result<Self> {
        // Checked first: the read models take the state for granted.
        let exchange = Exchange::restore(&snapshot.image, seed)?;
        let (is_same, models) = thread::scope(|scope| {
            let models = scope.spawn(|| {
                let tables = tables(&snapshot.image, &snapshot.annex);
                ReadModels::restore(&tables, open_orders(snapshot))
            });
            (exchange.image() == snapshot.image, models.join())
        });
        ensure!(
            is_same,
            "the state of the snapshot at sequence {} is restored to another one",
            snapshot.image.seq
        );
        let models = models.expect("a state that was checked has read models");
        Ok(Self::of(exchange, models))
    }

    fn of(exchange: Exchange, models: ReadModels) -> Self {
        Self {
            exchange,
            models,
            reports: ReportLog::default(),
            reports_from: Seq(u64::MAX),
            events: EventBuffer::new(),
            changes: Changes::default(),
            applying: Arc::default(),
            exchange_id: ExchangeId([0; 16]),
            decisions: Vec::new(),
            skipped: NONE_SKIPPED,
        }
    }

    /// Has the decisions heeded that a journal holds, ascending by record, and panics told of.
    pub fn heed(
        &mut self,
        exchange_id: ExchangeId,
        decisions: Vec<Decision>,
        applying: Arc<Applying>,
    ) {
        self.exchange_id = exchange_id;
        self.decisions = decisions;
        self.decisions.reverse();
        self.skipped = self.next_skipped();
        self.applying = applying;
        self.applying.claim();
    }

    /// Has the reports kept of every command from `from` on.
    pub fn keep_reports(&mut self, log: ReportLog, from: Seq) {
        (self.reports, self.reports_from) = (log, from);
    }

    /// The last command applied.
    pub fn seq(&self) -> Seq {
        self.exchange.seq()
    }

    /// Applies one command, or passes over one on which an operator has decided.
    ///
    /// # Errors
    /// When no administrator has signed that decision.
    ///
    /// # Panics
    /// When it does not follow the last one.
    #[inline]
    pub fn apply(&mut self, record: &Record) -> Result<()> {
        let Record { seq, time, input } = record;
        if *seq == self.skipped {
            return self.pass_over(record);
        }
        self.applying.begin(*seq);
        poison::planted(&input.command);
        self.events.clear();
        self.exchange.apply(*seq, *time, input, &mut self.events);
        let is_reported = *seq >= self.reports_from;
        for event in self.events.as_slice() {
            let applied = self.models.replay(event, &mut self.changes);
            if is_reported {
                self.reports.replay(event, &applied, &self.models);
            }
        }
        self.applying.end();
        Ok(())
    }

    #[cold]
    fn pass_over(&mut self, record: &Record) -> Result<()> {
        let decision = self.decisions.pop();
        let decision = decision.expect("the next decision is the last of the list");
        poison::check_decision(&decision, self.exchange_id, &self.models)?;
        self.exchange.skip(record.seq, record.time);
        self.skipped = self.next_skipped();
        let (seq, key) = (record.seq.0, decision.key.0);
        warn!(
            seq,
            key, "a record is passed over, as an administrator has decided"
        );
        Ok(())
    }

    fn next_skipped(&self) -> Seq {
        let next = self.decisions.last();
        next.map_or(NONE_SKIPPED, |decision| decision.skipped)
    }

    /// The state as a snapshot that stands at `base`.
    ///
    /// # Panics
    /// When the state is not that after the base's command.
    pub fn snapshot(&self, base: Base) -> Snapshot {
        assert_eq!(self.seq(), base.seq, "a snapshot stands where its state is");
        let image = self.exchange.image();
        let books = image.instruments.iter().map(|book| self.annex_of(book));
        let accounts = (0..).map(AccountId).zip(&image.accounts);
        let annex = Annex {
            books: books.collect(),
            emptied: accounts.map(|(id, _)| self.emptied(id)).collect(),
        };
        Snapshot {
            exchange_id: base.exchange_id,
            link: base.link,
            image,
            annex,
        }
    }

    fn annex_of(&self, image: &InstrumentImage) -> BookAnnex {
        let book = self.models.book(image.instrument.id);
        let book = book.expect("the publisher knows every instrument of the core");
        let orders = queues(image).into_iter().flat_map(|(orders, _)| orders);
        let orders = orders.map(|order| {
            let known = self.models.orders().get(order.order_id);
            let known = known.expect("the publisher knows every open order of the core");
            OrderAnnex {
                accepted: known.accepted,
                elected_at: known.elected_at,
            }
        });
        BookAnnex {
            change_count: book.change_count(),
            changed_at: book.changed_at(),
            orders: orders.collect(),
        }
    }

    fn emptied(&self, account: AccountId) -> Vec<AssetId> {
        let balances = self.models.accounts()[account].balances().iter();
        let emptied = balances.filter(|(_, balance)| balance.total.0 == 0);
        emptied.map(|(asset, _)| *asset).collect()
    }
}

/// The four queues of a book and where their orders stand.
fn queues(image: &InstrumentImage) -> [(&[OrderImage], Place); 4] {
    [
        (&image.bids, Place::Book),
        (&image.asks, Place::Book),
        (&image.stop_buys, Place::Waiting),
        (&image.stop_sells, Place::Waiting),
    ]
}

fn tables(image: &StateImage, annex: &Annex) -> Tables {
    let books = image.instruments.iter().zip(&annex.books);
    let accounts = image.accounts.iter().zip(&annex.emptied);
    Tables {
        seq: image.seq,
        time: image.time,
        orders_max: image.capacity.orders as usize,
        kill_switch: image.kill_switch,
        assets: image.assets.iter().map(|row| row.asset).collect(),
        books: books
            .map(|(book, annex)| BookTable {
                instrument: book.instrument,
                last_trade: book.last_trade.map(|price| (book.trade_id, price)),
                change_count: annex.change_count,
                changed_at: annex.changed_at,
                queue: {
                    let resting = book.bids.iter().chain(&book.asks);
                    resting.map(|order| order.order_id).collect()
                },
            })
            .collect(),
        accounts: accounts
            .map(|(account, emptied)| {
                let owned = account.balances.iter().map(|balance| {
                    let total = balance.available.0 + balance.held.0;
                    (balance.asset, rialto_types::Amount(total))
                });
                // The core also keeps places for what the account never had.
                let owned = owned.filter(|(_, total)| total.0 != 0);
                let emptied = emptied
                    .iter()
                    .map(|asset| (*asset, rialto_types::Amount::ZERO));
                AccountTable {
                    state: account.state,
                    report: account.report,
                    // What is owned comes last, and so wins over a claim to be emptied.
                    balances: emptied.chain(owned).collect(),
                }
            })
            .collect(),
        keys: image
            .keys
            .iter()
            .map(|key| Key {
                account: key.account,
                public_key: key.public_key,
                permissions: key.permissions,
                revoked: key.revoked,
                client_seq: key.client_seq,
                cancel_on_disconnect: key.cancel_on_disconnect,
                networks: key.networks,
            })
            .collect(),
        sources: image
            .sources
            .iter()
            .map(|source| (source.source, source.sequence))
            .collect(),
    }
}

/// The open orders, ascending by id.
fn open_orders(snapshot: &Snapshot) -> impl Iterator<Item = OpenOrder> {
    let mut all = Vec::new();
    for (image, annex) in snapshot.image.instruments.iter().zip(&snapshot.annex.books) {
        let id = image.instrument.id;
        let orders = queues(image).into_iter();
        let orders = orders.flat_map(|(orders, place)| orders.iter().map(move |one| (one, place)));
        all.extend(
            orders
                .zip(&annex.orders)
                .map(|((order, place), annex)| (order, annex, id, place)),
        );
    }
    all.sort_unstable_by_key(|(order, ..)| order.order_id);
    all.into_iter()
        .map(|(order, annex, id, place)| open_order(order, *annex, id, place))
}

fn open_order(
    order: &OrderImage,
    annex: OrderAnnex,
    instrument: InstrumentId,
    place: Place,
) -> OpenOrder {
    OpenOrder {
        order_id: order.order_id,
        account: order.account,
        key: order.key,
        instrument,
        side: order.side,
        stp: order.stp,
        kind: order.kind,
        elected_at: annex.elected_at,
        leaves: order.leaves,
        filled: order.filled,
        filled_quote: order.filled_quote,
        client_order_id: order.client_order_id,
        accepted: annex.accepted,
        place,
    }
}
