//! Following an instrument: connects, keeps book and trades, and connects again when that ends.
//!
//! [`Follower::step`] may be dropped at any point (`select!`) without losing anything: what takes several
//! messages, connecting and changing the instrument, is a future that the follower keeps. The last book
//! stays readable while the connection is away. Memory is bounded: the newest trades are kept.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use anyhow::Result;
use rialto_client::{
    Address, BookFeed, ClientError, Connection, Directory, FeedStep, ListedInstrument, LocalBook,
    Trust,
};
use rialto_protocol::{Channel, Message, TradeTick};
use rialto_types::{Symbol, Timestamp};
use tokio::time::Instant;

/// Trades kept.
const TRADES_MAX: usize = 512;
/// The pause after the first lost connection; each further one doubles it.
const PAUSE_MIN: Duration = Duration::from_millis(250);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// What a step of a follower came to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Connected and subscribed.
    Connected,
    /// The connection is lost; see [`Follower::link`].
    Lost,
    /// A trade.
    Trade(TradeTick),
    /// The book has changed, at this time, and is whole.
    Book(Timestamp),
    /// Something that changes nothing that is shown.
    Nothing,
}

/// How the connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link<'a> {
    /// On its way.
    Connecting,
    /// There.
    Live,
    /// Away, and why; it is tried again.
    Away(&'a str),
}

/// A connection with its subscriptions.
pub(super) struct Live {
    connection: Connection,
    directory: Directory,
    listed: ListedInstrument,
    feed: BookFeed,
}

type Attempt = Pin<Box<dyn Future<Output = Result<Box<Live>, ClientError>>>>;

enum State {
    Connecting(Attempt),
    Live(Box<Live>),
    Pausing { until: Instant },
}

/// Follows one instrument.
pub(super) struct Follower {
    address: String,
    trust: Trust,
    symbol: String,
    state: State,
    /// The pause after the next loss.
    pause: Duration,
    /// Why the last connection was lost, until there is a new one.
    lost: Option<String>,
    /// What was known when the connection was lost.
    last: Option<(ListedInstrument, LocalBook)>,
    symbols: Vec<Symbol>,
    /// Name and address, once connected.
    exchange: String,
    trades: VecDeque<TradeTick>,
    message_count: u64,
}

impl Follower {
    /// Begins to connect.
    ///
    /// # Errors
    /// [`ClientError::InvalidAddress`].
    pub(super) fn new(address: &str, trust: Trust, symbol: &str) -> Result<Self, ClientError> {
        let _: Address = address.parse()?;
        let symbol = symbol.to_uppercase();
        Ok(Self {
            state: State::Connecting(Box::pin(connect(
                address.to_owned(),
                trust.clone(),
                symbol.clone(),
            ))),
            address: address.to_owned(),
            trust,
            symbol,
            pause: PAUSE_MIN,
            lost: None,
            last: None,
            symbols: Vec::new(),
            exchange: String::new(),
            trades: VecDeque::with_capacity(TRADES_MAX),
            message_count: 0,
        })
    }

    /// Goes on by one message, attempt or pause. What it gives is to be handed to [`Follower::take`].
    pub(super) async fn step(&mut self) -> Arrival {
        match &mut self.state {
            State::Connecting(attempt) => Arrival::Attempt(attempt.await),
            State::Live(live) => Arrival::Message(live.connection.next().await),
            State::Pausing { until } => {
                tokio::time::sleep_until(*until).await;
                Arrival::PauseOver
            }
        }
    }

    /// Takes what a step has brought.
    ///
    /// # Errors
    /// [`ClientError::UnknownSymbol`] when the exchange does not list the instrument: trying again would
    /// not help.
    pub(super) async fn take(&mut self, arrival: Arrival) -> Result<Step, ClientError> {
        match arrival {
            Arrival::PauseOver => {
                let attempt = self.attempt(self.symbol.clone());
                self.state = State::Connecting(Box::pin(attempt));
                Ok(Step::Nothing)
            }
            Arrival::Attempt(Ok(live)) => Ok(self.connected(live)),
            Arrival::Attempt(Err(error @ ClientError::UnknownSymbol { .. })) => Err(error),
            Arrival::Attempt(Err(error)) | Arrival::Message(Err(error)) => Ok(self.lose(&error)),
            Arrival::Message(Ok(message)) => {
                self.message_count += 1;
                let result = match &mut self.state {
                    State::Live(live) => live.take(&message).await,
                    State::Connecting(_) | State::Pausing { .. } => Ok(Step::Nothing),
                };
                Ok(match result {
                    Ok(step) => self.keep(step),
                    Err(error) => self.lose(&error),
                })
            }
        }
    }

    fn connected(&mut self, live: Box<Live>) -> Step {
        self.symbols = live
            .directory
            .instruments()
            .map(ListedInstrument::symbol)
            .collect();
        let name = live.connection.challenge().exchange_name;
        self.exchange = format!("{name} at {}", self.address);
        self.lost = None;
        self.last = None;
        self.state = State::Live(live);
        Step::Connected
    }

    fn lose(&mut self, error: &ClientError) -> Step {
        let until = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        self.lost = Some(error.to_string());
        let pausing = State::Pausing { until };
        if let State::Live(live) = std::mem::replace(&mut self.state, pausing) {
            self.last = Some((live.listed, live.feed.book().clone()));
        }
        Step::Lost
    }

    fn keep(&mut self, step: Step) -> Step {
        match step {
            // Told again after a new connection.
            Step::Trade(trade) if self.has_seen(&trade) => return Step::Nothing,
            Step::Trade(trade) => {
                self.trades.truncate(TRADES_MAX - 1);
                self.trades.push_front(trade);
            }
            Step::Book(_) => self.pause = PAUSE_MIN,
            Step::Connected | Step::Lost | Step::Nothing => {}
        }
        step
    }

    /// Whether a trade is not after the newest: by its time too, since another exchange may have taken the place of
    /// one.
    fn has_seen(&self, trade: &TradeTick) -> bool {
        self.trades.front().is_some_and(|newest| {
            trade.trade_id <= newest.trade_id && trade.transact_time <= newest.transact_time
        })
    }

    /// Shows the next instrument in the exchange's list.
    pub(super) fn switch(&mut self) {
        let present = self
            .symbols
            .iter()
            .position(|symbol| symbol.as_str() == self.symbol);
        let next = present.map_or(0, |index| (index + 1) % self.symbols.len());
        let Some(symbol) = self.symbols.get(next).map(ToString::to_string) else {
            return;
        };
        if symbol == self.symbol {
            return;
        }
        self.symbol.clone_from(&symbol);
        self.trades.clear();
        self.last = None;
        let connecting = State::Connecting(Box::pin(self.attempt(symbol.clone())));
        if let State::Live(live) = std::mem::replace(&mut self.state, connecting) {
            self.state = State::Connecting(Box::pin(live.switch(symbol)));
        }
    }

    /// The symbol that is wanted.
    pub(super) fn symbol(&self) -> &str {
        &self.symbol
    }

    /// An attempt to follow an instrument.
    fn attempt(
        &self,
        symbol: String,
    ) -> impl Future<Output = Result<Box<Live>, ClientError>> + use<> {
        connect(self.address.clone(), self.trust.clone(), symbol)
    }

    /// Where the data comes from: what the exchange calls itself, or its address.
    pub(super) fn origin(&self) -> &str {
        if self.exchange.is_empty() {
            &self.address
        } else {
            &self.exchange
        }
    }

    /// The instrument, once it is known.
    pub(super) fn listed(&self) -> Option<&ListedInstrument> {
        match &self.state {
            State::Live(live) => Some(&live.listed),
            _ => self.last.as_ref().map(|(listed, _)| listed),
        }
    }

    /// The book, when it is whole; while the connection is away, as it was last.
    pub(super) fn book(&self) -> Option<&LocalBook> {
        let book = match &self.state {
            State::Live(live) => Some(live.feed.book()),
            _ => self.last.as_ref().map(|(_, book)| book),
        };
        book.filter(|book| book.is_consistent())
    }

    /// The newest trades, the newest first.
    pub(super) const fn trades(&self) -> &VecDeque<TradeTick> {
        &self.trades
    }

    /// How the connection stands.
    pub(super) fn link(&self) -> Link<'_> {
        match (&self.state, &self.lost) {
            (State::Live(_), _) => Link::Live,
            (_, Some(reason)) => Link::Away(reason),
            (_, None) => Link::Connecting,
        }
    }

    /// Messages received so far.
    pub(super) const fn message_count(&self) -> u64 {
        self.message_count
    }
}

/// What a step has brought.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives from one line to the next, and a box would be an allocation a message"
)]
pub(super) enum Arrival {
    /// A connection, or why there is none.
    Attempt(Result<Box<Live>, ClientError>),
    /// A message, or the end of the connection.
    Message(Result<Message, ClientError>),
    /// It is time to try again.
    PauseOver,
}

/// Connects and subscribes.
async fn connect(address: String, trust: Trust, symbol: String) -> Result<Box<Live>, ClientError> {
    let mut connection = Connection::open_trusting(&address, &trust).await?;
    let directory = Directory::load(&mut connection).await?;
    Live::subscribe(connection, directory, &symbol).await
}

impl Live {
    async fn subscribe(
        mut connection: Connection,
        directory: Directory,
        symbol: &str,
    ) -> Result<Box<Self>, ClientError> {
        let listed = *directory.by_symbol(symbol)?;
        connection
            .subscribe(Channel::Trades, Some(listed.id()))
            .await?;
        let feed = BookFeed::subscribe(&mut connection, &listed).await?;
        Ok(Box::new(Self {
            connection,
            directory,
            listed,
            feed,
        }))
    }

    /// The same connection with another instrument.
    async fn switch(mut self: Box<Self>, symbol: String) -> Result<Box<Self>, ClientError> {
        let present = Some(self.listed.id());
        self.connection
            .unsubscribe(Channel::Trades, present)
            .await?;
        self.connection
            .unsubscribe(Channel::L2Book, present)
            .await?;
        let Self {
            connection,
            directory,
            ..
        } = *self;
        Self::subscribe(connection, directory, &symbol).await
    }

    async fn take(&mut self, message: &Message) -> Result<Step, ClientError> {
        let step = self.feed.apply(&mut self.connection, message).await?;
        Ok(match (step, message) {
            (FeedStep::Changed, Message::L2Update(update)) => Step::Book(update.transact_time),
            (FeedStep::Changed, Message::L2Snapshot(snapshot)) => {
                Step::Book(snapshot.transact_time)
            }
            (FeedStep::Foreign, Message::TradeTick(trade))
                if trade.instrument_id == self.listed.id() =>
            {
                Step::Trade(*trade)
            }
            (FeedStep::Foreign, other) => {
                if self.directory.apply(other)?
                    && let Some(listed) = self.directory.instrument(self.listed.id())
                {
                    self.listed = *listed;
                }
                Step::Nothing
            }
            _ => Step::Nothing,
        })
    }
}
