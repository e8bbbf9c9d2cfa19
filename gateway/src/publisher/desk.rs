//! The sessions as the publisher sees them: their queues, for whom they act, and who has something to
//! be flushed.
//!
//! A member has a place for as long as it is there; everything else refers to places. Nothing here waits:
//! a member whose queue is too full is ended. Cost: O(1) per message and receiver.

use std::collections::{BTreeSet, HashMap};

use rialto_protocol::{Channel, Coded, EndReason, WireMessage};
use rialto_types::{AccountId, InstrumentId, KeyId, Permissions};

use super::numbered::{About, SeenBy};
use super::topics::Subscription;
use crate::directory::DirectoryReader;
use crate::json;
use crate::outbox::{Flush, OutboxWriter};
use crate::request::{Dialect, Role, SessionId};

/// A member with more queued than this, snapshots not counted, is behind: it is not sent what later
/// messages will replace.
pub(super) const BEHIND_BYTES: usize = 16 * 1024;

/// A place at the desk.
pub(super) type Place = usize;

/// For whom a session acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trader {
    pub(super) key: KeyId,
    pub(super) account: AccountId,
    pub(super) permissions: Permissions,
    /// What the session is there for.
    pub(super) role: Role,
}

impl Trader {
    /// Whether it may see what concerns `keys`.
    fn sees(&self, keys: &[KeyId]) -> bool {
        self.permissions.allows(Permissions::READ) || keys.contains(&self.key)
    }

    /// Whether it may see a report of its account.
    pub(super) fn may_see(&self, report: SeenBy) -> bool {
        match report {
            SeenBy::ReadersAnd(keys) => self.sees(&keys),
            SeenBy::Administrators => self.permissions.allows(Permissions::ADMIN),
        }
    }
}

/// A session.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) session: SessionId,
    outbox: OutboxWriter,
    dialect: Dialect,
    pub(super) trader: Option<Trader>,
    /// Whether it is being sent reports that it missed. What happens meanwhile it is sent after them.
    pub(super) is_catching_up: bool,
    pub(super) subscriptions: Vec<Subscription>,
    /// Channels and instruments of which it was not told something because it is behind.
    pub(super) stale: BTreeSet<(usize, InstrumentId)>,
    /// By channel: of a subscription to all instruments, the first one that it was not told yet, and
    /// with it all above.
    pub(super) untold: [Option<InstrumentId>; Channel::ALL.len()],
    /// Bytes that may be queued.
    queue_bytes_max: usize,
    /// Bytes of snapshots beyond that: they are as long as they are.
    allowance_bytes: usize,
    is_touched: bool,
    waits: bool,
}

impl Member {
    /// Bytes that it has not been sent yet.
    pub(super) fn queued_bytes(&self) -> usize {
        self.outbox.queued_bytes()
    }

    /// Whether it is sent what happens to an instrument by its subscription to all of them: not before it
    /// was told how the instrument stands, and not if it has a subscription to this one besides.
    pub(super) fn follows_with_all(&self, channel: Channel, instrument: InstrumentId) -> bool {
        let is_told = self.untold[channel as usize - 1].is_none_or(|from| instrument < from);
        let specific = Subscription {
            channel,
            instrument: Some(instrument),
        };
        is_told && !self.subscriptions.contains(&specific)
    }

    /// Whether so much is queued for it that it is not to be sent what later messages replace.
    pub(super) fn is_behind(&self) -> bool {
        self.queued_bytes() > BEHIND_BYTES + self.allowance_bytes
    }

    /// Whether it has a subscription to an instrument, to this one or to all.
    pub(super) fn follows(&self, channel: Channel, instrument: InstrumentId) -> bool {
        let mut subscriptions = self.subscriptions.iter();
        subscriptions.any(|s| {
            s.channel == channel && s.instrument.is_none_or(|followed| followed == instrument)
        })
    }

    fn is_too_slow(&mut self) -> bool {
        let queued = self.queued_bytes();
        if queued == 0 {
            self.allowance_bytes = 0;
        }
        queued > self.queue_bytes_max + self.allowance_bytes
    }
}

/// All sessions.
#[derive(Debug)]
pub(super) struct Desk {
    /// By which JSON names instruments.
    names: DirectoryReader,
    members: Vec<Option<Member>>,
    free: Vec<Place>,
    places: HashMap<SessionId, Place>,
    /// The sessions that act for each account, by account id.
    by_account: Vec<Vec<Place>>,
    administrators: Vec<Place>,
    /// The drop copies of all accounts.
    venue_copies: Vec<Place>,
    /// Members with something to be flushed.
    touched: Vec<Place>,
    /// Members whose last flush has to be tried again.
    waiting: Vec<Place>,
    /// Members that a flush found too slow or gone.
    ended: Vec<(Place, Option<EndReason>)>,
    /// Where a message is encoded before it is copied to its receivers.
    scratch: Vec<u8>,
}

impl Desk {
    /// Without members. The reader is of the directory that the publisher keeps.
    pub(super) fn new(names: DirectoryReader) -> Self {
        Self {
            names,
            members: Vec::new(),
            free: Vec::new(),
            places: HashMap::new(),
            by_account: Vec::new(),
            administrators: Vec::new(),
            venue_copies: Vec::new(),
            touched: Vec::new(),
            waiting: Vec::new(),
            ended: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub(super) fn open(
        &mut self,
        session: SessionId,
        (outbox, dialect): (OutboxWriter, Dialect),
        queue_bytes_max: usize,
    ) {
        let member = Some(Member {
            session,
            outbox,
            dialect,
            trader: None,
            is_catching_up: false,
            subscriptions: Vec::new(),
            stale: BTreeSet::new(),
            untold: [None; Channel::ALL.len()],
            queue_bytes_max,
            allowance_bytes: 0,
            is_touched: false,
            waits: false,
        });
        let place = if let Some(place) = self.free.pop() {
            self.members[place] = member;
            place
        } else {
            self.members.push(member);
            self.members.len() - 1
        };
        self.places.insert(session, place);
    }

    /// Takes a member away. `None` when there is none.
    pub(super) fn close(&mut self, place: Place) -> Option<Member> {
        let member = self.members.get_mut(place)?.take()?;
        self.places.remove(&member.session);
        if let Some(trader) = member.trader {
            let of_account = self.by_account.get_mut(trader.account.index());
            for list in of_account
                .into_iter()
                .chain([&mut self.administrators, &mut self.venue_copies])
            {
                list.retain(|other| *other != place);
            }
        }
        if member.is_touched {
            self.touched.retain(|other| *other != place);
        }
        if member.waits {
            self.waiting.retain(|other| *other != place);
        }
        // The next one in this place is not to be ended for it.
        self.ended.retain(|(other, _)| *other != place);
        self.free.push(place);
        Some(member)
    }

    pub(super) fn place_of(&self, session: SessionId) -> Option<Place> {
        self.places.get(&session).copied()
    }

    pub(super) fn get(&self, place: Place) -> Option<&Member> {
        self.members.get(place)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, place: Place) -> Option<&mut Member> {
        self.members.get_mut(place)?.as_mut()
    }

    /// The places of all members.
    pub(super) fn all(&self) -> impl Iterator<Item = Place> {
        let members = self.members.iter().enumerate();
        members.filter_map(|(place, member)| member.is_some().then_some(place))
    }

    /// Lets a member act for an account and allows it a trader's queue.
    pub(super) fn log_on(&mut self, place: Place, trader: Trader, queue_bytes_max: usize) {
        let Some(member) = self.get_mut(place) else {
            return;
        };
        member.trader = Some(trader);
        member.queue_bytes_max = queue_bytes_max;
        if trader.role == Role::VenueCopy {
            self.venue_copies.push(place);
            return;
        }
        let account = trader.account.index();
        if account >= self.by_account.len() {
            self.by_account.resize_with(account + 1, Vec::new);
        }
        self.by_account[account].push(place);
        if trader.permissions.allows(Permissions::ADMIN) {
            self.administrators.push(place);
        }
    }

    /// Whether anybody acts for an account.
    pub(super) fn has_traders(&self, account: AccountId) -> bool {
        let traders = self.by_account.get(account.index());
        traders.is_some_and(|traders| !traders.is_empty())
    }

    /// Whether anybody is told the reports of an account.
    pub(super) fn has_readers(&self, account: AccountId) -> bool {
        self.has_traders(account) || !self.venue_copies.is_empty()
    }

    /// The members logged on with a key.
    pub(super) fn with_key(&self, account: AccountId, key: KeyId) -> Vec<Place> {
        let traders = self.by_account.get(account.index());
        let traders = traders.into_iter().flatten();
        let places = traders.chain(&self.venue_copies).copied();
        places
            .filter(|place| self.trader(*place).is_some_and(|t| t.key == key))
            .collect()
    }

    fn trader(&self, place: Place) -> Option<Trader> {
        self.get(place)?.trader
    }

    /// Appends a message for one member.
    pub(super) fn tell(&mut self, place: Place, message: &impl WireMessage) {
        self.encode(message);
        let scratch = std::mem::take(&mut self.scratch);
        self.tell_bytes(place, &scratch);
        self.scratch = scratch;
    }

    /// Appends whole messages, already encoded, for one member.
    pub(super) fn tell_bytes(&mut self, place: Place, messages: &[u8]) {
        match self.dialect_of(place) {
            Some(Dialect::Json) => {
                let texts = self.texts_of(messages);
                self.tell_texts(place, &texts);
            }
            _ => append(&mut self.members, &mut self.touched, place, messages),
        }
    }

    /// What a member speaks.
    pub(super) fn dialect_of(&self, place: Place) -> Option<Dialect> {
        self.get(place).map(|member| member.dialect)
    }

    /// Whole messages, already encoded, as a member is told them that speaks JSON.
    pub(super) fn texts_of(&mut self, messages: &[u8]) -> Vec<String> {
        json::texts_of(messages, self.names.get())
    }

    /// Appends texts for one member that speaks JSON.
    pub(super) fn tell_texts(&mut self, place: Place, texts: &[String]) {
        let Some(member) = self.members.get_mut(place).and_then(Option::as_mut) else {
            return;
        };
        for text in texts {
            member.outbox.push_alone(text.as_bytes());
        }
        if !member.is_touched && !texts.is_empty() {
            member.is_touched = true;
            self.touched.push(place);
        }
    }

    /// Appends a message for the sessions of an account that may see what concerns `keys`: all that may
    /// read, and those of these keys.
    pub(super) fn tell_account(
        &mut self,
        account: AccountId,
        keys: &[KeyId],
        message: &impl WireMessage,
    ) {
        self.encode(message);
        self.append_for(account, None, |_, trader| trader.sees(keys));
    }

    /// Appends a report for those of its account who may see it, and, when it is numbered, for the drop copies of
    /// all accounts. Numbered ones are not for those who are
    /// still catching up: they are sent it when its turn comes. `encoded` is the message if it was encoded
    /// before.
    pub(super) fn tell_report(
        &mut self,
        about: About,
        message: &impl WireMessage,
        encoded: Option<&[u8]>,
    ) {
        if !self.has_readers(about.account) {
            return;
        }
        if encoded.is_none() {
            self.encode(message);
        }
        let is_numbered = about.report.0 > 0;
        if self.has_traders(about.account) {
            self.append_for(about.account, encoded, |member, trader| {
                trader.may_see(about.seen_by) && !(is_numbered && member.is_catching_up)
            });
        }
        if is_numbered {
            self.append_for_copies(encoded);
        }
    }

    /// Appends a message about balances for those of an account who may read, but for those who are
    /// still catching up: they are told the balances as they are then.
    pub(super) fn tell_balances(&mut self, account: AccountId, message: &impl WireMessage) {
        self.encode(message);
        self.append_for(account, None, |member, trader| {
            trader.sees(&[]) && !member.is_catching_up
        });
    }

    /// Appends a message, or the one encoded last, for those sessions of an account that are to be told.
    fn append_for(
        &mut self,
        account: AccountId,
        encoded: Option<&[u8]>,
        is_told: impl Fn(&Member, &Trader) -> bool,
    ) {
        let Self {
            members,
            touched,
            scratch,
            by_account,
            ..
        } = self;
        let bytes = encoded.unwrap_or(scratch);
        for place in &by_account[account.index()] {
            let member = members[*place].as_ref();
            if member.is_some_and(|m| m.trader.is_some_and(|trader| is_told(m, &trader))) {
                append(members, touched, *place, bytes);
            }
        }
    }

    /// Appends a numbered report, or the one encoded last, for the drop copies of all accounts.
    fn append_for_copies(&mut self, encoded: Option<&[u8]>) {
        let Self {
            members,
            touched,
            scratch,
            venue_copies,
            ..
        } = self;
        let bytes = encoded.unwrap_or(scratch);
        for place in venue_copies {
            if members[*place].as_ref().is_some_and(|m| !m.is_catching_up) {
                append(members, touched, *place, bytes);
            }
        }
    }

    /// Marks what members were told in this turn as holding the report that these probes follow. Those whose
    /// command it is not take no notice.
    pub(super) fn mark(&mut self, probes: u64) {
        for place in &self.touched {
            if let Some(member) = &mut self.members[*place] {
                member.outbox.mark(probes);
            }
        }
    }

    /// Appends a message for all administrators.
    pub(super) fn tell_administrators(&mut self, message: &impl WireMessage) {
        if self.administrators.is_empty() {
            return;
        }
        self.encode(message);
        let Self {
            members,
            touched,
            scratch,
            administrators,
            ..
        } = self;
        for place in administrators {
            append(members, touched, *place, scratch);
        }
    }

    fn encode(&mut self, message: &impl WireMessage) {
        self.scratch.clear();
        message.encode(&mut self.scratch);
    }

    /// Allows a member so many bytes beyond its maximum, which it was told just now, until its queue is
    /// empty again. What it has read meanwhile of earlier ones is no longer allowed.
    pub(super) fn allow(&mut self, place: Place, bytes: usize) {
        if let Some(member) = self.get_mut(place) {
            let allowed = member.allowance_bytes + bytes;
            member.allowance_bytes = allowed.min(member.queued_bytes());
        }
    }

    /// Hands over everything appended, in the order in which the members were told something. Notes those
    /// that this finds too slow or gone: see [`take_ended`](Self::take_ended).
    pub(super) fn flush(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|place| {
            let Some(member) = &mut self.members[*place] else {
                return false;
            };
            member.waits = !member.outbox.may_flush();
            if !member.waits && !member.is_touched {
                member.is_touched = true;
                self.touched.push(*place);
            }
            member.waits
        });
        self.waiting = waiting;
        let mut touched = std::mem::take(&mut self.touched);
        for place in touched.drain(..) {
            self.flush_member(place);
        }
        self.touched = touched;
    }

    fn flush_member(&mut self, place: Place) {
        let Some(member) = &mut self.members[place] else {
            return;
        };
        member.is_touched = false;
        let flush = member.outbox.flush();
        if member.outbox.is_gone() {
            self.ended.push((place, None));
        } else if member.is_too_slow() {
            self.ended.push((place, Some(EndReason::SlowConsumer)));
        } else if flush == Flush::Waiting && !member.waits {
            member.waits = true;
            self.waiting.push(place);
        }
    }

    /// The members that are to be closed, with the reason to end them for unless they are gone already.
    pub(super) fn take_ended(&mut self) -> Vec<(Place, Option<EndReason>)> {
        std::mem::take(&mut self.ended)
    }

    /// Whether a flush that had to wait may go on now.
    pub(super) fn may_flush(&self) -> bool {
        self.waiting.iter().any(|place| {
            let member = self.members[*place].as_ref();
            member.is_some_and(|member| member.outbox.may_flush())
        })
    }

    /// Whether a flush has to wait.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Ends a session for this reason when everything appended so far is flushed.
    pub(super) fn end_after_flush(&mut self, place: Place, reason: EndReason) {
        self.ended.push((place, Some(reason)));
    }

    /// Tells a session to end for this reason, after everything appended so far.
    pub(super) fn end(&mut self, place: Place, reason: EndReason) {
        if let Some(member) = self.get_mut(place) {
            member.outbox.end(reason);
        }
    }
}

fn append(members: &mut [Option<Member>], touched: &mut Vec<Place>, place: Place, messages: &[u8]) {
    let Some(member) = members.get_mut(place).and_then(Option::as_mut) else {
        return;
    };
    member.outbox.push(messages);
    if !member.is_touched {
        member.is_touched = true;
        touched.push(place);
    }
}

#[cfg(test)]
mod tests {
    use rialto_ring::{IdleStrategy, idle_pair};

    use super::*;
    use crate::directory::DirectoryCell;
    use crate::models::Directory;
    use crate::outbox::outbox;

    #[test]
    fn nobody_is_ended_for_who_had_the_place_before() {
        let cell = DirectoryCell::new(Directory::default());
        let mut desk = Desk::new(DirectoryReader::new(cell));
        let outboxes = [(); 2].map(|()| outbox(idle_pair(IdleStrategy::Economy).1));
        let [(first, _first), (second, _second)] = outboxes;
        desk.open(SessionId(1), (first, Dialect::Binary), 1_024);
        let place = desk.place_of(SessionId(1)).unwrap();
        desk.end_after_flush(place, EndReason::KeyRevoked);
        assert!(desk.close(place).is_some());
        desk.open(SessionId(2), (second, Dialect::Binary), 1_024);
        assert_eq!(desk.place_of(SessionId(2)), Some(place));
        desk.flush();
        assert_eq!(desk.take_ended(), []);
    }
}
