//! The publisher: turns events into what clients are told, and answers what they ask.
//!
//! Pure logic over memory: it takes one event or one request at a time and appends messages to the
//! sessions' queues; [`thread`] drives it. It owns the read models, so everything a client is told is
//! consistent: a logon, an answer and a snapshot are as of one command, and what happens after it
//! follows in the same queue.
//!
//! Per event: one update of the models; for each report one encoding, which is kept for those who are
//! away, and a copy for each receiver; for a subscribed instrument one encoding. Nobody is waited for.

mod answers;
mod arrivals;
mod books;
mod catching_up;
mod conflated;
mod desk;
mod figures;
mod market;
mod numbered;
mod report_log;
mod reports;
mod states;
mod subscriptions;
pub(crate) mod thread;
mod topics;

#[cfg(test)]
mod channel_tests;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use rialto_protocol::refusal::Pair;
use rialto_protocol::{BalanceUpdate, Channel, Coded, EndReason, WireMessage, definition};
use rialto_types::{
    AccountId, AssetId, CommandKind, Event, EventBody, InstrumentId, KeyId, Origin, Price, Side,
    Timestamp, Trade,
};

pub(crate) use self::answers::LISTED_COUNT_MAX;
use self::answers::{Answers, Asked};
use self::catching_up::CatchUp;
use self::desk::{Desk, Place};
use self::numbered::{About, Audience};
pub use self::report_log::ReportLog;
use self::subscriptions::Telling;
use self::topics::Topics;
use crate::directory::{DirectoryCell, DirectoryReader};
use crate::metrics::Metrics;
use crate::models::{Applied, Changes, Print, QueueChange, ReadModels};
use crate::request::{LogOn, Question, Request, SessionId};

/// Price levels told to new subscribers in one turn, about a millisecond's worth: whoever subscribes to
/// deep books makes neither reports nor the core wait for longer.
const LEVELS_PER_TURN_MAX: usize = 20_000;

/// The bounds that the publisher holds sessions to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublisherLimits {
    /// Bytes queued for a session that is logged on.
    pub trader_queue_bytes_max: usize,
    /// Bytes queued for any other session.
    pub public_queue_bytes_max: usize,
    /// Streams that one session may have.
    pub subscriptions_per_session_max: usize,
}

impl Default for PublisherLimits {
    /// Room for some thirty thousand reports, or for a second of a busy book.
    fn default() -> Self {
        Self {
            trader_queue_bytes_max: 8 << 20,
            public_queue_bytes_max: 512 << 10,
            subscriptions_per_session_max: 1_024,
        }
    }
}

/// Whether traders give commands of this kind.
const fn is_of_traders(command: CommandKind) -> bool {
    matches!(
        command,
        CommandKind::Place
            | CommandKind::Cancel
            | CommandKind::Replace
            | CommandKind::MassCancel
            | CommandKind::ArmCancelOnDisconnect
    )
}

/// Those who are logged on, and the log for those who will be.
struct Present<'a> {
    desk: &'a mut Desk,
    log: &'a mut ReportLog,
}

impl Audience for Present<'_> {
    fn wants(&self, account: AccountId) -> bool {
        self.log.is_on() || self.desk.has_readers(account)
    }

    fn report(&mut self, about: About, message: &impl WireMessage) {
        let is_numbered = about.report.0 > 0;
        let encoded = is_numbered.then(|| self.log.append(about, message));
        self.desk.tell_report(about, message, encoded.flatten());
    }
}

/// The publisher; see the module.
#[derive(Debug)]
pub(crate) struct Publisher {
    models: ReadModels,
    changes: Changes,
    desk: Desk,
    topics: Topics,
    answers: Answers,
    log: ReportLog,
    /// Those who are being sent what they missed.
    catching_up: Vec<CatchUp>,
    balance_update: BalanceUpdate,
    /// Subscriptions to all instruments whose states are still being told.
    tellings: VecDeque<Telling>,
    /// Price levels told in this turn to those who have just subscribed.
    levels_told: usize,
    /// When it is next looked who has caught up.
    next_catch_up: Timestamp,
    /// Logons that wait for the core to take what their key has sent.
    arriving: Vec<(Place, LogOn)>,
    /// Count of unnumbered commands, armings at logon, that the core has taken for each key since the
    /// publisher began.
    arms: HashMap<KeyId, u64>,
    /// Whether the last event was the last of its command.
    between_commands: bool,
    directory: Arc<DirectoryCell>,
    metrics: Arc<Metrics>,
    limits: PublisherLimits,
}

impl Publisher {
    /// A publisher that goes on from these models and this log, which recovery has brought up.
    pub(crate) fn new(
        models: ReadModels,
        log: ReportLog,
        directory: Arc<DirectoryCell>,
        metrics: Arc<Metrics>,
        limits: PublisherLimits,
    ) -> Self {
        let mut topics = Topics::default();
        for instrument in models.directory().instruments() {
            topics.add_instrument();
            topics.book_changed(&models, instrument.id);
            topics.begin_candles(&models, instrument.id);
        }
        topics.publish_tops(&models);
        Self {
            models,
            changes: Changes::default(),
            desk: Desk::new(DirectoryReader::new(Arc::clone(&directory))),
            topics,
            answers: Answers::default(),
            log,
            catching_up: Vec::new(),
            balance_update: BalanceUpdate::default(),
            tellings: VecDeque::new(),
            levels_told: 0,
            next_catch_up: Timestamp(0),
            arriving: Vec::new(),
            arms: HashMap::new(),
            between_commands: true,
            directory,
            metrics,
            limits,
        }
    }

    /// Whether no command is half told: only then requests are taken.
    pub(crate) fn is_between_commands(&self) -> bool {
        self.between_commands
    }

    /// Takes an event.
    pub(crate) fn event(&mut self, event: &Event) {
        let applied = self.models.apply(event, &mut self.changes);
        if self.changes.directory {
            // Sessions know an instrument before their clients are told of it.
            self.directory.publish(self.models.directory().clone());
            self.changes.directory = false;
        }
        self.tell(event, &applied);
        self.metrics.event(&event.body);
        self.between_commands = event.last;
        if event.last {
            self.complete(event);
        }
    }

    /// The last event was the first of a command that these probes follow.
    pub(crate) fn mark(&mut self, probes: u64) {
        self.desk.mark(probes);
    }

    /// The read models as of the last event.
    pub(crate) fn models(&self) -> &ReadModels {
        &self.models
    }

    fn pair(&self, instrument: InstrumentId) -> Pair<'_> {
        let pair = self.models.directory().pair(instrument);
        pair.expect("an event names a listed instrument")
    }

    /// Tells everybody whom an event concerns, but for books and balances, which follow at the end of its
    /// command.
    fn tell(&mut self, event: &Event, applied: &Applied) {
        let mut audience = Present {
            desk: &mut self.desk,
            log: &mut self.log,
        };
        numbered::tell(event, applied, &self.models, &mut audience);
        match &event.body {
            EventBody::Trade(trade) => self.tell_market(event, trade),
            _ if *applied == Applied::Nothing => self.tell_other(event),
            _ => {}
        }
    }

    fn tell_market(&mut self, event: &Event, trade: &Trade) {
        self.topics.keep_trade(trade.instrument);
        if self.topics.has_audience(trade.instrument, Channel::Trades) {
            let message =
                market::trade_tick(&Print::new(event, trade), self.pair(trade.instrument));
            self.topics
                .publish(trade.instrument, Channel::Trades, &message);
        }
    }

    /// Tells what is no numbered report of an event that is not about one order.
    fn tell_other(&mut self, event: &Event) {
        match &event.body {
            EventBody::Rejected(e) => {
                if e.command == CommandKind::ArmCancelOnDisconnect {
                    self.count_arming(e.origin);
                }
                if e.account != AccountId::VENUE && !is_of_traders(e.command) {
                    // The gate lets no such command of anybody else pass; should the core refuse one all
                    // the same, its number belongs to the account that sent it.
                    let message = reports::admin_rejected(event, e, self.models.directory());
                    self.desk.tell_administrators(&message);
                }
                return;
            }
            // A numbered report, of the account or of the venue.
            EventBody::MassCancelled { .. } => return,
            EventBody::CancelOnDisconnectArmed { origin, armed } => {
                self.count_arming(*origin);
                let key = self.models.keys().get(origin.key);
                let account = key.expect("an armed key is known").account;
                if self.desk.has_traders(account) {
                    let message = reports::armed(event, *origin, account, *armed);
                    self.desk.tell_account(account, &[origin.key], &message);
                }
                return;
            }
            EventBody::KeyRevoked { key, .. } => {
                let revoked = self.models.keys().get(*key);
                let account = revoked.expect("a revoked key is known").account;
                for place in self.desk.with_key(account, *key) {
                    self.desk.end_after_flush(place, EndReason::KeyRevoked);
                }
            }
            _ => {}
        }
        if let Some(message) = reports::administered(event) {
            self.desk.tell_administrators(&message);
        }
        self.publish_listing(event);
    }

    /// Counts an arming that came unnumbered, at a logon.
    fn count_arming(&mut self, origin: Origin) {
        if origin.client_seq.0 == 0 && origin.key != KeyId::VENUE {
            *self.arms.entry(origin.key).or_default() += 1;
        }
    }

    /// Tells subscribers to definitions of what is listed and how it stands.
    fn publish_listing(&mut self, event: &Event) {
        let channel = Channel::Instruments;
        match event.body {
            EventBody::AssetAdded { id, asset, .. } => {
                let message = definition::asset_definition(id, &asset);
                self.topics
                    .publish_to_all(&mut self.desk, channel, &message);
            }
            EventBody::InstrumentListed { instrument, .. } => {
                self.topics.add_instrument();
                self.publish_definition(event, instrument.id);
                self.publish_states(instrument.id, event.time);
            }
            EventBody::FeesChanged { instrument, .. } => self.publish_definition(event, instrument),
            EventBody::InstrumentStateChanged {
                instrument, state, ..
            } if self.topics.has_audience(instrument, channel) => {
                let listed = self.pair(instrument).instrument;
                let message = market::instrument_status(event, listed, state);
                self.topics.publish(instrument, channel, &message);
            }
            _ => {}
        }
    }

    fn publish_definition(&mut self, event: &Event, instrument: InstrumentId) {
        if self.topics.has_audience(instrument, Channel::Instruments) {
            let message = definition::instrument_definition(self.pair(instrument), event.seq);
            self.topics
                .publish(instrument, Channel::Instruments, &message);
        }
    }

    /// Tells those who follow all instruments of a new one, so that they have where its changes go on from.
    fn publish_states(&mut self, id: InstrumentId, now: Timestamp) {
        for channel in Channel::ALL.iter().copied() {
            let is_told = channel == Channel::Instruments;
            if is_told || !self.topics.has_audience(id, channel) {
                continue;
            }
            let mut state = Vec::new();
            states::tell((&self.models, &self.topics), channel, id, now, |message| {
                state.push(message.to_vec());
            });
            for message in state {
                self.topics.publish_bytes(id, channel, &message);
            }
        }
    }

    /// Tells what a command, now complete, has changed in books and balances.
    fn complete(&mut self, event: &Event) {
        let mut changes = std::mem::take(&mut self.changes);
        if !changes.levels.is_empty() {
            changes.levels.sort_unstable();
            changes.levels.dedup();
            for group in changes.levels.chunk_by(|a, b| a.0 == b.0) {
                self.publish_levels(group);
            }
            // A command concerns one book alone or, like a kill switch, one after another: stable.
            changes.queues.sort_by_key(|(id, _)| *id);
            for group in changes.queues.chunk_by(|a, b| a.0 == b.0) {
                self.publish_queues(group);
            }
        }
        if !changes.balances.is_empty() {
            changes.balances.sort_unstable();
            changes.balances.dedup();
            for group in changes.balances.chunk_by(|a, b| a.0 == b.0) {
                self.tell_balances(event, group);
            }
        }
        changes.clear();
        self.changes = changes;
    }

    /// Tells the changed levels of one book.
    fn publish_levels(&mut self, levels: &[(InstrumentId, Side, Price)]) {
        let id = levels[0].0;
        self.topics.book_changed(&self.models, id);
        let listed = conflated::listed(&self.models, id);
        let changed = levels.iter().map(|(_, side, price)| (*side, *price));
        let book_seq = listed.book.change_count();
        self.topics.keep_levels(id, book_seq, &changed);
        let channel = Channel::L2Book;
        if self.topics.has_audience(id, channel) {
            listed.l2_update(changed, |message| {
                self.topics.publish(id, channel, message);
            });
            self.topics.keep_unproven(id, channel);
        }
    }

    /// Tells what happened to orders in one book.
    fn publish_queues(&mut self, changes: &[(InstrumentId, QueueChange)]) {
        let (id, channel) = (changes[0].0, Channel::L3Book);
        if self.topics.has_audience(id, channel) {
            let listed = conflated::listed(&self.models, id);
            let changes = changes.iter().map(|(_, change)| change);
            listed.l3_update(changes, |message| {
                self.topics.publish(id, channel, message);
            });
            self.topics.keep_unproven(id, channel);
        }
    }

    /// Tells the changed balances of one account.
    fn tell_balances(&mut self, event: &Event, changed: &[(AccountId, AssetId)]) {
        let account = changed[0].0;
        if !self.desk.has_traders(account) {
            return;
        }
        let facts = &self.models.accounts()[account];
        // One message with its memory, used again and again.
        let update = &mut self.balance_update;
        (update.core_seq, update.transact_time) = (event.seq, event.time);
        update.account_id = account;
        for (_, id) in changed {
            let asset = self.models.directory().asset(*id);
            let asset = asset.expect("a balance is of a known asset");
            let balance = reports::wire_balance(*id, asset, facts.balance(*id));
            if update.balances.push(balance).is_err() {
                self.desk.tell_balances(account, update);
                update.balances.clear();
                let pushed = update.balances.push(balance);
                pushed.expect("an empty group has room");
            }
        }
        self.desk.tell_balances(account, update);
        update.balances.clear();
    }

    /// Takes a request. Only between two commands.
    pub(crate) fn request(&mut self, request: Request, now: Timestamp) {
        debug_assert!(
            self.between_commands,
            "answers are as of a complete command"
        );
        match request {
            Request::Open {
                session,
                outbox,
                dialect,
            } => {
                let max = self.limits.public_queue_bytes_max;
                self.desk.open(session, (outbox, dialect), max);
            }
            Request::Close { session } => {
                if let Some(place) = self.desk.place_of(session) {
                    self.close(place);
                }
            }
            Request::FindKey { key, reply } => {
                let key = self.models.keys().get(key).filter(|key| !key.revoked);
                if reply.send(key.copied()).is_err() {
                    tracing::debug!("whoever asked for a key has gone");
                }
            }
            Request::LogOn(log_on) => {
                if let Some(place) = self.desk.place_of(log_on.session) {
                    self.arriving.push((place, log_on));
                    self.admit_arriving(now);
                }
            }
            Request::Subscribe {
                session,
                message,
                done,
            } => {
                self.subscribe(session, &message, now);
                if done.send(()).is_err() {
                    tracing::debug!(session = session.0, "whoever subscribed has gone");
                }
            }
            Request::Unsubscribe(session, message) => self.unsubscribe(session, &message),
            Request::Ask {
                session,
                template_id,
                request_id,
                question,
            } => self.ask(session, template_id, request_id, question),
            Request::ArmedKeys { reply } => {
                let armed = self.models.keys().from(KeyId(0));
                let armed = armed.filter(|(_, key)| key.cancel_on_disconnect);
                if reply.send(armed.map(|(id, _)| id).collect()).is_err() {
                    tracing::debug!("whoever asked for armed keys has gone");
                }
            }
        }
    }

    fn ask(&mut self, session: SessionId, template_id: u16, request_id: u64, question: Question) {
        if let Some(place) = self.desk.place_of(session) {
            let asked = Asked {
                place,
                template_id,
                request_id,
            };
            self.answers
                .ask(&mut self.models, &mut self.desk, asked, question);
        }
    }

    fn close(&mut self, place: Place) {
        self.answers.forget(&mut self.models, place);
        self.arriving.retain(|(other, _)| *other != place);
        self.catching_up.retain(|other| other.place != place);
        self.tellings.retain(|telling| telling.place != place);
        self.topics.forget_lagging(place);
        if let Some(member) = self.desk.close(place) {
            self.topics.forget(place, &member.subscriptions);
        }
    }

    /// Ends a turn: everything told leaves for its receivers, reports before market data.
    pub(crate) fn flush(&mut self, now: Timestamp) {
        if self.between_commands && !self.arriving.is_empty() {
            self.admit_arriving(now);
        }
        self.desk.flush();
        if self.between_commands {
            self.topics.publish_due(&self.models, now);
        }
        self.deliver();
        if self.between_commands {
            self.go_on_catching_up();
            self.answers.go_on(&mut self.models, &mut self.desk);
            self.go_on_telling(now);
            self.catch_up(now);
        }
        self.desk.flush();
        for (place, reason) in self.desk.take_ended() {
            if let Some(reason) = reason {
                self.end(place, reason);
            }
            self.close(place);
        }
        self.levels_told = 0;
    }

    /// Copies market data to its receivers.
    fn deliver(&mut self) {
        if self.between_commands {
            self.topics.publish_tops(&self.models);
        }
        self.topics.deliver(&mut self.desk, &self.metrics);
    }

    /// When the publisher has to be woken at the latest, though nothing happens.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.topics.next_due().filter(|_| self.between_commands)
    }

    /// Whether a turn has told new subscribers so much that requests had better wait for the next one.
    pub(crate) fn has_told_enough(&self) -> bool {
        self.levels_told >= LEVELS_PER_TURN_MAX
    }

    fn end(&mut self, place: Place, reason: EndReason) {
        // One turn may find the same session too slow twice.
        if let Some(member) = self.desk.get(place) {
            let session = member.session.0;
            tracing::info!(session, ?reason, "the publisher ends a session");
            self.desk.end(place, reason);
        }
    }

    /// Whether there is something to do without a further event or request.
    pub(crate) fn has_work(&self) -> bool {
        let can_go_on = || {
            self.can_catch_up() || self.answers.can_go_on(&self.desk) || self.can_go_on_telling()
        };
        self.desk.may_flush() || (self.between_commands && can_go_on())
    }

    /// Whether somebody who is behind has to be looked after from time to time.
    pub(crate) fn is_waiting(&self) -> bool {
        self.desk.is_waiting()
            || self.topics.is_anybody_lagging()
            || !self.answers.is_empty()
            || !self.catching_up.is_empty()
            || !self.tellings.is_empty()
    }

    /// Ends all sessions for this reason, after what they were told; what is conflated is told as it is now.
    pub(crate) fn finish(&mut self, reason: EndReason, now: Timestamp) {
        self.topics.end_periods();
        self.flush(now);
        for place in self.desk.all().collect::<Vec<_>>() {
            self.end(place, reason);
            self.close(place);
        }
    }
}
