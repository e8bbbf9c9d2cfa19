//! What market data is told only now and then: conflated books, candles, statistics, checksums.
//!
//! Between two complete commands the publisher asks what is due and publishes it into the batches of
//! [`topics`](super::topics), the last state alone: a level that has changed ten times is told once. A
//! clock ticks for each period; the first change after a pause is told at once, the next ones a period
//! later at the earliest. Nobody's subscription is looked at here, so what is kept costs the same for one
//! follower as for a thousand. Memory: the levels that changed within a period, once each.

use rialto_protocol::{Channel, Statistics};
use rialto_types::{InstrumentId, Price, Side, Timestamp};

use super::books::Listed;
use super::figures;
use super::topics::{Topics, index, instrument_at};
use crate::models::{Candle, Interval, ReadModels};

/// The conflated books and their periods in nanoseconds.
const BOOKS: [(Channel, u64); 2] = [
    (Channel::L2Book10ms, 10_000_000),
    (Channel::L2Book100ms, 100_000_000),
];
/// At most so often a series of candles is told.
const CANDLES_NS: u64 = 100_000_000;
/// At most so often statistics are told, and so often books are proven and candles closed.
const SECOND_NS: u64 = 1_000_000_000;
/// Those who follow them need no trade to be told something.
const TICKING: [Channel; 8] = [
    Channel::Statistics,
    Channel::Candles1s,
    Channel::Candles1m,
    Channel::Candles5m,
    Channel::Candles15m,
    Channel::Candles1h,
    Channel::Candles4h,
    Channel::Candles1d,
];

/// Something that happens at most once in a period.
#[derive(Debug)]
struct Cadence {
    period_ns: u64,
    last: Timestamp,
}

impl Cadence {
    const fn every(period_ns: u64) -> Self {
        let last = Timestamp(0);
        Self { period_ns, last }
    }

    fn next(&self) -> Timestamp {
        Timestamp(self.last.0.saturating_add(self.period_ns))
    }

    /// Whether it is time; if so, the period begins anew. A clock that was put back ends the period.
    fn falls_due(&mut self, now: Timestamp) -> bool {
        let due = now >= self.next() || now < self.last;
        if due {
            self.last = now;
        }
        due
    }
}

/// The clocks, and which instruments have something to tell when they tick.
#[derive(Debug)]
pub(super) struct Conflated {
    books: [Cadence; BOOKS.len()],
    candles: Cadence,
    second: Cadence,
    /// Instruments whose book has changed since the last tick of each period.
    changed: [Vec<usize>; BOOKS.len()],
    /// Instruments that have traded since candles were last told.
    traded: Vec<usize>,
    /// Books that have changed since their last checksum.
    unproven: Vec<(usize, Channel)>,
}

impl Default for Conflated {
    fn default() -> Self {
        Self {
            books: BOOKS.map(|(_, period_ns)| Cadence::every(period_ns)),
            candles: Cadence::every(CANDLES_NS),
            second: Cadence::every(SECOND_NS),
            changed: Default::default(),
            traded: Vec::new(),
            unproven: Vec::new(),
        }
    }
}

/// What of one instrument is kept until it is told.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pending: [Pending; BOOKS.len()],
    has_traded: bool,
    series: [Series; Interval::ALL.len()],
    /// The statistics as they were last told.
    statistics: Option<Statistics>,
    /// Channels whose book has changed since its last checksum, a bit each.
    unproven: u16,
}

impl Kept {
    /// The number of the last message about a series of candles.
    pub(super) fn candle_seq(&self, interval: Interval) -> u64 {
        self.series[interval as usize].seq
    }
}

/// The levels of a book that have changed since they were last told.
#[derive(Debug, Default)]
struct Pending {
    levels: Vec<(Side, Price)>,
    /// The last change before them.
    previous: u64,
    /// Whether the checksum is to follow the next change.
    prove: bool,
}

impl Pending {
    /// Notes what the change `book_seq` touched.
    fn add(&mut self, book_seq: u64, levels: impl Iterator<Item = (Side, Price)>) {
        if self.levels.is_empty() {
            self.previous = book_seq - 1;
        }
        for level in levels {
            if self.levels.len() == self.levels.capacity() {
                self.tidy();
                // Only when there are really so many is more memory taken.
                if self.levels.len() * 2 > self.levels.capacity() {
                    self.levels.reserve(self.levels.len().max(16));
                }
            }
            self.levels.push(level);
        }
    }

    /// Leaves each level once, in order.
    fn tidy(&mut self) {
        self.levels.sort_unstable();
        self.levels.dedup();
    }
}

/// What was last told of a series of candles.
#[derive(Clone, Copy, Debug, Default)]
struct Series {
    /// Counts the messages.
    seq: u64,
    /// The last candle told, and how it was.
    open_time: Timestamp,
    trade_count: u64,
    closed: bool,
}

impl Series {
    fn has_told(&self, candle: &Candle, closed: bool) -> bool {
        self.open_time == candle.open_time
            && self.trade_count == candle.figures.trade_count
            && (self.closed || !closed)
    }

    fn told(&mut self, candle: &Candle, closed: bool) {
        self.open_time = candle.open_time;
        self.trade_count = candle.figures.trade_count;
        self.closed = closed;
    }
}

impl Topics {
    /// Notes that a command has changed a book, for those who are told later. `levels` are those that it
    /// touched.
    pub(super) fn keep_levels(
        &mut self,
        instrument: InstrumentId,
        book_seq: u64,
        levels: &(impl Iterator<Item = (Side, Price)> + Clone),
    ) {
        for (which, (channel, _)) in BOOKS.into_iter().enumerate() {
            if !self.has_audience(instrument, channel) {
                continue;
            }
            let pending = &mut self.kept(instrument).pending[which];
            let is_first = pending.levels.is_empty();
            pending.add(book_seq, levels.clone());
            if is_first {
                self.conflated.changed[which].push(instrument.index() - 1);
            }
        }
    }

    /// Takes the candles of an instrument as told: nobody was there to hear of them.
    pub(super) fn begin_candles(&mut self, models: &ReadModels, instrument: InstrumentId) {
        self.publish_candles(models, instrument.index() - 1, models.time());
    }

    /// Notes that an instrument has traded.
    pub(super) fn keep_trade(&mut self, instrument: InstrumentId) {
        let kept = self.kept(instrument);
        if !kept.has_traded {
            kept.has_traded = true;
            self.conflated.traded.push(instrument.index() - 1);
        }
    }

    /// Notes that subscribers were told a change of a book, of which the checksum is still to come.
    pub(super) fn keep_unproven(&mut self, instrument: InstrumentId, channel: Channel) {
        let bit = 1 << index(channel);
        let kept = self.kept(instrument);
        if kept.unproven & bit == 0 {
            kept.unproven |= bit;
            self.conflated
                .unproven
                .push((instrument.index() - 1, channel));
        }
    }

    /// When something is due that nothing else wakes the publisher for.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let conflated = &self.conflated;
        let books = conflated.books.iter().zip(&conflated.changed);
        let books = books.filter(|(_, changed)| !changed.is_empty());
        let ticks = TICKING.iter().any(|channel| self.has_followers(*channel));
        let candles = (ticks && !conflated.traded.is_empty()).then(|| conflated.candles.next());
        let second = (ticks || !conflated.unproven.is_empty()).then(|| conflated.second.next());
        let books = books.map(|(cadence, _)| cadence.next());
        books.chain(candles).chain(second).min()
    }

    /// Ends all periods at once: whatever is kept back is due.
    pub(super) fn end_periods(&mut self) {
        let Conflated {
            books,
            candles,
            second,
            ..
        } = &mut self.conflated;
        for cadence in books.iter_mut().chain([candles, second]) {
            cadence.last = Timestamp(0);
        }
    }

    /// Publishes what is due. The models are between two commands.
    pub(super) fn publish_due(&mut self, models: &ReadModels, now: Timestamp) {
        for which in 0..BOOKS.len() {
            let has_something = !self.conflated.changed[which].is_empty();
            if has_something && self.conflated.books[which].falls_due(now) {
                let mut changed = std::mem::take(&mut self.conflated.changed[which]);
                for at in changed.drain(..) {
                    self.publish_pending(models, at, which);
                }
                self.conflated.changed[which] = changed;
            }
        }
        if !self.conflated.traded.is_empty() && self.conflated.candles.falls_due(now) {
            let mut traded = std::mem::take(&mut self.conflated.traded);
            for at in traded.drain(..) {
                self.kept(instrument_at(at)).has_traded = false;
                self.publish_candles(models, at, now);
            }
            self.conflated.traded = traded;
        }
        if self.conflated.second.falls_due(now) {
            self.publish_by_second(models, now);
        }
    }

    /// Publishes what has changed of a book since the last tick.
    fn publish_pending(&mut self, models: &ReadModels, at: usize, which: usize) {
        let (channel, _) = BOOKS[which];
        let id = instrument_at(at);
        let mut pending = std::mem::take(&mut self.kept(id).pending[which]);
        if self.has_audience(id, channel) {
            pending.tidy();
            let listed = listed(models, id);
            let levels = pending.levels.iter().copied();
            listed.l2_conflated_update(channel, pending.previous, levels, |message| {
                self.publish(id, channel, message);
            });
            if pending.prove {
                self.publish(id, channel, &listed.checksum(channel));
            } else {
                self.keep_unproven(id, channel);
            }
        }
        pending.prove = false;
        pending.levels.clear();
        self.kept(id).pending[which] = pending;
    }

    /// Publishes the candles of an instrument that are others than they were last told.
    fn publish_candles(&mut self, models: &ReadModels, at: usize, now: Timestamp) {
        let id = instrument_at(at);
        for channel in &TICKING[1..] {
            let interval = figures::interval_of(*channel).expect("a channel of candles");
            self.publish_series(models, id, (*channel, interval), now);
        }
    }

    fn publish_series(
        &mut self,
        models: &ReadModels,
        id: InstrumentId,
        (channel, interval): (Channel, Interval),
        now: Timestamp,
    ) {
        let history = models.history(id).expect("the instrument is listed");
        let Some(last) = history.last(interval) else {
            return;
        };
        let has_audience = self.has_audience(id, channel);
        let mut series = self.kept_of(id).series[interval as usize];
        let first = history.candles(interval).next();
        let is_cut_off = series.open_time < first.map_or(Timestamp(0), |first| first.open_time);
        let pair = models
            .directory()
            .pair(id)
            .expect("the instrument is listed");
        if !has_audience {
            // Whoever comes is told the state first.
            series.told(last, last.is_over(interval, now));
        } else if is_cut_off && series.open_time.0 > 0 {
            series.seq += 1;
            series.told(last, last.is_over(interval, now));
            let at = (channel, interval);
            let message = figures::candle_snapshot(models, pair, at, series.seq, now);
            self.publish(id, channel, &message);
        } else {
            let since = series.open_time;
            let later = history.candles(interval).rev();
            let later = later.take_while(|candle| candle.open_time >= since);
            let later: Vec<Candle> = later.copied().collect();
            for candle in later.iter().rev() {
                let is_last = candle.open_time == last.open_time;
                let closed = !is_last || candle.is_over(interval, now);
                if series.has_told(candle, closed) {
                    continue;
                }
                series.seq += 1;
                series.told(candle, closed);
                let what = (candle, closed);
                let message = figures::candle_update(models, pair, channel, series.seq, what);
                self.publish(id, channel, &message);
            }
        }
        self.kept(id).series[interval as usize] = series;
    }

    /// Publishes statistics that are others, the ends of candles, and checksums.
    fn publish_by_second(&mut self, models: &ReadModels, now: Timestamp) {
        let has_candles = TICKING[1..]
            .iter()
            .any(|channel| self.has_followers(*channel));
        for instrument in models.directory().instruments() {
            if self.has_audience(instrument.id, Channel::Statistics) {
                self.publish_statistics(models, instrument.id, now);
            }
            if has_candles {
                self.publish_candles(models, instrument.id.index() - 1, now);
            }
        }
        for (at, channel) in std::mem::take(&mut self.conflated.unproven) {
            self.prove(models, instrument_at(at), channel);
        }
    }

    fn publish_statistics(&mut self, models: &ReadModels, id: InstrumentId, now: Timestamp) {
        let pair = models
            .directory()
            .pair(id)
            .expect("the instrument is listed");
        let message = figures::statistics(models, pair, now);
        let told = &mut self.kept(id).statistics;
        if told.is_some_and(|told| figures::are_same(&told, &message)) {
            return;
        }
        *told = Some(message);
        self.publish(id, Channel::Statistics, &message);
    }

    /// Publishes the checksum of a book as its subscribers have it.
    fn prove(&mut self, models: &ReadModels, id: InstrumentId, channel: Channel) {
        let has_audience = self.has_audience(id, channel);
        let kept = self.kept(id);
        kept.unproven &= !(1 << index(channel));
        let which = BOOKS.iter().position(|(book, _)| *book == channel);
        if let Some(pending) = which.map(|which| &mut kept.pending[which])
            && !pending.levels.is_empty()
        {
            // They have not been told the last changes yet.
            pending.prove = true;
        } else if has_audience {
            let message = listed(models, id).checksum(channel);
            self.publish(id, channel, &message);
        }
    }
}

/// A book to be told.
///
/// # Panics
/// When there is no such instrument.
pub(super) fn listed(models: &ReadModels, id: InstrumentId) -> Listed<'_> {
    let book = models.book(id).zip(models.directory().instrument(id));
    let (book, instrument) = book.expect("the instrument is listed");
    Listed {
        models,
        instrument,
        book,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_changes_often_is_kept_once() {
        let mut pending = Pending::default();
        for change in 1..=100_000_u64 {
            let price = i64::try_from(change % 20).expect("small");
            pending.add(change, [(Side::Buy, Price(price))].into_iter());
        }
        assert!(
            pending.levels.capacity() <= 64,
            "memory for those there are"
        );
        pending.tidy();
        assert_eq!((pending.levels.len(), pending.previous), (20, 0));
        pending.levels.clear();
        pending.add(100_001, [(Side::Buy, Price(1))].into_iter());
        assert_eq!(pending.previous, 100_000);
    }

    #[test]
    fn a_cadence_is_due_once_a_period_and_survives_a_clock_put_back() {
        let mut cadence = Cadence::every(10);
        assert!(cadence.falls_due(Timestamp(100)));
        assert!(!cadence.falls_due(Timestamp(109)));
        assert!(cadence.falls_due(Timestamp(110)));
        assert!(cadence.falls_due(Timestamp(50)));
        assert!(!cadence.falls_due(Timestamp(59)));
    }
}
