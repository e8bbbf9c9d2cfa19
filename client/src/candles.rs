//! A series of candles that keeps itself whole: a snapshot, then updates, and a new subscription when one was
//! missed.
//!
//! Every message of a series has the next number, so a missed one is noticed at once. A snapshot reaches back a
//! hundred candles; older ones that the series has are kept as long as none between can be missing. Lookups are
//! logarithmic in the count of candles, which has a maximum.

use std::collections::VecDeque;

use rialto_protocol::{CandleSnapshot, CandleUpdate, Message};
use rialto_types::{InstrumentId, Timestamp};
use thiserror::Error;

use crate::candle::candle_of;
use crate::subscription::Subscription;
use crate::{Candle, CandleLength, ClientError, Connection, ListedInstrument};

/// The most candles that a series keeps; the oldest go first. A day of minutes, and an hour more.
pub const CANDLES_KEPT_MAX: usize = 1_500;

/// Why a series cannot go on. After any of these only a new snapshot makes it whole again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CandleError {
    /// An update was missed.
    #[error("update {found} came, but the candles are those of update {held}")]
    Gap {
        /// The last update that the series includes.
        held: u64,
        /// The one that came.
        found: u64,
    },
    /// An update came although there is no snapshot to apply it to.
    #[error("update {found} came before a snapshot")]
    NoSnapshot {
        /// The update.
        found: u64,
    },
    /// A candle that cannot be.
    #[error("the candle that begins at {open_time} ns makes no sense: {reason}")]
    InvalidCandle {
        /// When it begins.
        open_time: Timestamp,
        /// What is wrong with it.
        reason: String,
    },
    /// The candles of a snapshot do not follow one another in time.
    #[error("the candle that begins at {open_time} ns does not come after the one before it")]
    Unordered {
        /// When the later one begins.
        open_time: Timestamp,
    },
}

/// What a message did to a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandleProgress {
    /// It belongs to another series.
    Foreign,
    /// The series is that of a snapshot.
    Begun,
    /// This candle is new, or is now like this.
    Changed(Candle),
}

/// The candles of one instrument and length.
#[derive(Clone, Debug)]
pub struct CandleSeries {
    instrument: ListedInstrument,
    length: CandleLength,
    /// Ascending by the time at which they begin, each time once; at most [`CANDLES_KEPT_MAX`].
    candles: VecDeque<Candle>,
    since: Timestamp,
    /// The number of the last message that it includes; `None` when it waits for a snapshot.
    held: Option<u64>,
}

impl CandleSeries {
    /// An empty series that waits for a snapshot.
    pub const fn new(instrument: ListedInstrument, length: CandleLength) -> Self {
        Self {
            instrument,
            length,
            candles: VecDeque::new(),
            since: Timestamp::ZERO,
            held: None,
        }
    }

    /// Its instrument.
    pub const fn instrument(&self) -> &ListedInstrument {
        &self.instrument
    }

    /// How long its candles are.
    pub const fn length(&self) -> CandleLength {
        self.length
    }

    /// Whether it is as the exchange has it. Otherwise it is as it last was, and waits for a snapshot.
    pub const fn is_current(&self) -> bool {
        self.held.is_some()
    }

    /// Trades from this time on are counted: the candle that it falls into may lack some, and those before it
    /// are not known. Zero when all trades are counted that there ever were, and before the first snapshot.
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// The candles, the oldest first. The last one may be that of an interval that is not over.
    pub fn candles(&self) -> impl DoubleEndedIterator<Item = &Candle> + ExactSizeIterator {
        self.candles.iter()
    }

    /// The newest candle; `None` when nothing was traded yet.
    pub fn last(&self) -> Option<&Candle> {
        self.candles.back()
    }

    /// Forgets where it is: a snapshot is needed. The candles stay as they were.
    pub const fn interrupt(&mut self) {
        self.held = None;
    }

    /// Takes a message of the series; any other is [`CandleProgress::Foreign`].
    ///
    /// # Errors
    /// [`CandleError`]; the series then waits for a new snapshot.
    pub fn apply(&mut self, message: &Message) -> Result<CandleProgress, CandleError> {
        let channel = self.length.channel();
        let instrument_id = self.instrument.id();
        let progress = match message {
            Message::CandleSnapshot(m)
                if m.channel == channel && m.instrument_id == instrument_id =>
            {
                self.begin(m)
            }
            Message::CandleUpdate(m)
                if m.channel == channel && m.instrument_id == instrument_id =>
            {
                self.update(m)
            }
            _ => return Ok(CandleProgress::Foreign),
        };
        if progress.is_err() {
            self.interrupt();
        }
        progress
    }

    fn begin(&mut self, snapshot: &CandleSnapshot) -> Result<CandleProgress, CandleError> {
        let mut candles = VecDeque::with_capacity(snapshot.candles.len());
        for wire in &*snapshot.candles {
            let candle = self.read(wire)?;
            let before = candles.back();
            if before.is_some_and(|before: &Candle| before.open_time >= candle.open_time) {
                let open_time = candle.open_time;
                return Err(CandleError::Unordered { open_time });
            }
            candles.push_back(candle);
        }
        // Without an overlap there may be candles between that nobody has.
        let first = candles.front().map(|first| first.open_time);
        let overlaps = self.last().map(|last| last.open_time) >= first;
        self.candles
            .retain(|candle| overlaps && first.is_some_and(|first| candle.open_time < first));
        self.candles.append(&mut candles);
        self.forget_oldest();
        self.since = snapshot.since;
        self.held = Some(snapshot.candle_seq);
        Ok(CandleProgress::Begun)
    }

    fn update(&mut self, update: &CandleUpdate) -> Result<CandleProgress, CandleError> {
        let found = update.candle_seq;
        let held = self.held.ok_or(CandleError::NoSnapshot { found })?;
        if held.checked_add(1) != Some(found) {
            return Err(CandleError::Gap { held, found });
        }
        let candle = self.read(&candle_of(update))?;
        let open_time = candle.open_time;
        // Nearly always the last one, or a new one behind it.
        let place = self.candles.partition_point(|c| c.open_time < open_time);
        match self.candles.get_mut(place) {
            Some(known) if known.open_time == open_time => *known = candle,
            _ => self.candles.insert(place, candle),
        }
        self.forget_oldest();
        self.held = Some(found);
        Ok(CandleProgress::Changed(candle))
    }

    fn read(&self, wire: &rialto_protocol::Candle) -> Result<Candle, CandleError> {
        Candle::read(&self.instrument, self.length, wire).map_err(|nonsense| {
            CandleError::InvalidCandle {
                open_time: wire.open_time,
                reason: nonsense.0,
            }
        })
    }

    fn forget_oldest(&mut self) {
        let excess = self.candles.len().saturating_sub(CANDLES_KEPT_MAX);
        self.candles.drain(..excess);
    }
}

/// What a message was to a feed of candles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CandleStep {
    /// Not about this series: somebody else's.
    Foreign,
    /// About this series, which waits for its snapshot.
    Waiting,
    /// The series is whole: a snapshot has come.
    Begun,
    /// This candle is new, or is now like this.
    Changed(Candle),
    /// Something was missed: the feed has subscribed anew and the series waits for its snapshot.
    Resubscribed(CandleError),
}

/// A series of candles with its subscription.
///
/// ```no_run
/// use rialto_client::{CandleFeed, CandleLength, CandleStep, Connection, Directory};
///
/// # async fn run() -> Result<(), rialto_client::ClientError> {
/// let mut connection = Connection::open("127.0.0.1:7400").await?;
/// let directory = Directory::load(&mut connection).await?;
/// let instrument = directory.by_symbol("BTC-USDT")?;
/// let mut feed = CandleFeed::subscribe(&mut connection, instrument, CandleLength::Minute).await?;
/// loop {
///     let message = connection.next().await?;
///     match feed.apply(&mut connection, &message).await? {
///         CandleStep::Begun => println!("{} candles so far", feed.series().candles().len()),
///         CandleStep::Changed(candle) if candle.is_closed => {
///             let close = instrument.price_text(candle.close);
///             println!("closed at {close}, volume {}", candle.volume);
///         }
///         _ => {}
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CandleFeed {
    series: CandleSeries,
    subscription: Subscription,
}

impl CandleFeed {
    /// Subscribes to the candles of an instrument. The series is whole once [`CandleFeed::apply`] says so.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub async fn subscribe(
        connection: &mut Connection,
        instrument: &ListedInstrument,
        length: CandleLength,
    ) -> Result<Self, ClientError> {
        let channel = length.channel();
        let subscription = Subscription::begin(connection, channel, instrument.id()).await?;
        Ok(Self {
            series: CandleSeries::new(*instrument, length),
            subscription,
        })
    }

    /// The candles.
    pub const fn series(&self) -> &CandleSeries {
        &self.series
    }

    /// Its instrument.
    pub const fn instrument_id(&self) -> InstrumentId {
        self.series.instrument.id()
    }

    /// Takes note of a message. When something was missed it subscribes anew.
    ///
    /// # Errors
    /// [`ClientError::Refused`] when the subscription is refused, [`ClientError::Candles`] when one snapshot
    /// after the other makes no sense or is followed by an update that does not fit, and as
    /// [`Connection::send`].
    pub async fn apply(
        &mut self,
        connection: &mut Connection,
        message: &Message,
    ) -> Result<CandleStep, ClientError> {
        if self.subscription.hear(message)? {
            return Ok(CandleStep::Waiting);
        }
        if !self.subscription.is_answered() {
            // What is left of a subscription that has ended, or somebody else's.
            let is_this = self.concerns(message);
            return Ok(if is_this {
                CandleStep::Waiting
            } else {
                CandleStep::Foreign
            });
        }
        match self.series.apply(message) {
            Ok(CandleProgress::Foreign) => Ok(CandleStep::Foreign),
            Ok(CandleProgress::Begun) => Ok(CandleStep::Begun),
            Ok(CandleProgress::Changed(candle)) => {
                self.subscription.succeeded();
                Ok(CandleStep::Changed(candle))
            }
            Err(error) => {
                let error = self.subscription.renew(connection, error).await?;
                Ok(CandleStep::Resubscribed(error))
            }
        }
    }

    /// Whether a message is one of this channel and instrument.
    fn concerns(&self, message: &Message) -> bool {
        let (channel, id) = match message {
            Message::CandleSnapshot(m) => (m.channel, m.instrument_id),
            Message::CandleUpdate(m) => (m.channel, m.instrument_id),
            _ => return false,
        };
        channel == self.subscription.channel() && id == self.instrument_id()
    }
}

#[cfg(test)]
#[path = "candles_tests.rs"]
mod tests;
