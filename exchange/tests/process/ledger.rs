//! What the journal of an exchange says: the state after a replay, and what clients must have been told.
//!
//! The replay is done here, in the test, by the engine alone. Every message that a client has received is
//! compared with the event that it is about, field by field. The journal may only grow: what was read once
//! must be there again, unchanged.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use rialto_engine::{EventBuffer, Exchange, StateImage};
use rialto_gateway::models::{Changes, ReadModels};
use rialto_journal::inspect::{Content, Verdict, inspect};
use rialto_journal::{ReadOnlyDirectory, state_hash};
use rialto_protocol::{BalanceUpdate, Message, convert};
use rialto_types::{
    AssetId, ClientSeq, Event, EventBody, Input, KeyId, RejectReason, Seq, ShardId, Timestamp,
};

use crate::orders::Orders;
use crate::told;

/// A replay of a journal that goes on as the journal does.
pub(crate) struct Ledger {
    history: Vec<(Timestamp, Input)>,
    exchange: Exchange,
    events: EventBuffer,
    /// For balances after each command, and for what is listed.
    models: ReadModels,
    changes: Changes,
    orders: Orders,
    /// What was asked for under which number, and was not refused as a duplicate.
    acted_on: HashSet<(KeyId, ClientSeq)>,
    /// Deposits less withdrawals of each asset, by id.
    supplies: Vec<i128>,
    /// Messages that were held against their events, by what they tell.
    checked: BTreeMap<String, u64>,
    /// Messages of commands that were read before they came: reports and trades told again.
    late: Vec<Message>,
}

/// Messages by the command that they tell of.
type Told = HashMap<Seq, Vec<Message>>;

impl Ledger {
    /// Before the first command.
    pub(crate) fn new() -> Self {
        Self {
            history: Vec::new(),
            exchange: Exchange::new(ShardId(0)),
            events: EventBuffer::new(),
            models: ReadModels::new(),
            changes: Changes::default(),
            orders: Orders::default(),
            acted_on: HashSet::new(),
            supplies: Vec::new(),
            checked: BTreeMap::new(),
            late: Vec::new(),
        }
    }

    /// A replay of a whole journal whose writer is gone.
    pub(crate) fn of(journal: &Path) -> Self {
        let mut ledger = Self::new();
        ledger.read_to_end(journal, Vec::new());
        ledger
    }

    /// Reads the journal of an exchange that is gone to its end, and holds `told` against it.
    pub(crate) fn read_to_end(&mut self, journal: &Path, told: Vec<Message>) {
        match self.read(journal, Seq(u64::MAX), told) {
            Verdict::Damaged(damage) => panic!("a kill does not damage a journal: {damage}"),
            Verdict::Empty | Verdict::Clean(_) | Verdict::Tail(_) => {}
        }
    }

    /// Reads the journal beside the exchange that writes it, up to a command that was told of.
    pub(crate) fn read_until(&mut self, journal: &Path, until: Seq) {
        // The end moves while it is looked at and may look like anything.
        self.read(journal, until, Vec::new());
        assert_eq!(self.seq(), until, "what was told of is in the journal");
    }

    /// Reads the journal beside the exchange that writes it, up to the last command that was told of, and
    /// holds `told` against it.
    pub(crate) fn read_told(&mut self, journal: &Path, told: Vec<Message>) {
        if let Some(until) = told.iter().filter_map(told::seq).max() {
            self.read(journal, until, told);
        }
    }

    fn read(&mut self, journal: &Path, until: Seq, told: Vec<Message>) -> Verdict {
        let mut told = self.sorted(told);
        let inspected = inspect(&ReadOnlyDirectory::new(journal), |item| {
            let Content::Command(input) = &item.content else {
                assert!(!matches!(item.content, Content::Unreadable(_)), "{item}");
                return;
            };
            let index = usize::try_from(item.seq.0).unwrap() - 1;
            match self.history.get(index) {
                Some(known) => assert_eq!(*known, (item.time, *input), "{} changed", item.seq),
                None if item.seq > until => {}
                None => self.apply(item.seq, item.time, input, &mut told),
            }
        });
        let inspection = inspected.unwrap_or_else(|error| panic!("{error}"));
        let lost: Vec<_> = told.values().flatten().collect();
        let seq = self.seq();
        assert!(
            lost.is_empty(),
            "told, but the journal ends with {seq}: {lost:#?}"
        );
        inspection.verdict
    }

    /// Messages by command. Those of commands that were read already are put aside.
    fn sorted(&mut self, messages: Vec<Message>) -> Told {
        let mut told = Told::new();
        for message in messages {
            let Some(seq) = told::seq(&message) else {
                continue;
            };
            if seq > self.seq() {
                told.entry(seq).or_default().push(message);
            } else {
                let is_told_again = matches!(message, Message::TradeTick(_));
                assert!(
                    is_told_again || told::report(&message).is_some(),
                    "told late, {} was known: {message:?}",
                    self.seq()
                );
                self.late.push(message);
            }
        }
        told
    }

    /// Replays the whole journal, which ends where this has ended, and holds the reports and trades against it
    /// that were told again. Returns how many reports there were.
    pub(crate) fn check_late(&mut self, journal: &Path) -> usize {
        let late = std::mem::take(&mut self.late);
        let count = late.len();
        let is_report = |message: &&Message| told::report(message).is_some();
        let report_count = late.iter().filter(is_report).count();
        let mut whole = Self::new();
        whole.read_to_end(journal, late);
        assert_eq!((whole.seq(), whole.hash()), (self.seq(), self.hash()));
        assert_eq!(whole.checked.values().sum::<u64>(), count as u64);
        report_count
    }

    fn apply(&mut self, seq: Seq, time: Timestamp, input: &Input, told: &mut Told) {
        self.history.push((time, *input));
        self.events.clear();
        self.exchange.apply(seq, time, input, &mut self.events);
        let mut told = told.remove(&seq).unwrap_or_default();
        let events = self.events.as_slice();
        for event in events {
            self.models.replay(event, &mut self.changes);
            self.orders.apply(event);
            told.retain(|message| {
                let is_about = told::index(message) == Some(event.index);
                if is_about {
                    let directory = self.models.directory();
                    told::check(message, event, &self.orders, directory);
                    *self.checked.entry(told::kind(message)).or_default() += 1;
                }
                !is_about
            });
            transfer(&mut self.supplies, event);
        }
        self.orders.forget_closed();
        for message in &told {
            match message {
                Message::BalanceUpdate(update) => {
                    self.check_balances(update);
                    *self.checked.entry(told::kind(message)).or_default() += 1;
                }
                other => panic!("command {seq} has {} events: {other:?}", events.len()),
            }
        }
        let is_first = self.note(input);
        assert!(
            is_first,
            "command {seq} acts under a used number: {input:?}"
        );
    }

    /// Notes under which number a command came. Returns whether that is new.
    fn note(&mut self, input: &Input) -> bool {
        let is_numbered = input.key != KeyId::VENUE && !input.is_unnumbered();
        let is_duplicate = |event: &Event| match &event.body {
            EventBody::Rejected(e) => e.refusal.reason == RejectReason::DuplicateSequence,
            _ => false,
        };
        if !is_numbered || self.events.as_slice().iter().any(is_duplicate) {
            return true;
        }
        self.acted_on.insert((input.key, input.client_seq))
    }

    fn check_balances(&self, update: &BalanceUpdate) {
        let account = self.models.accounts().get(update.account_id).unwrap();
        for told in &update.balances {
            let asset = self.models.directory().asset(told.asset_id).unwrap();
            let balance = account.balance(told.asset_id);
            let expected = [balance.available(), balance.held];
            let expected = expected.map(|amount| convert::amount_scaled(asset, amount));
            assert_eq!([told.available, told.held], expected, "{update:?}");
        }
    }

    /// The last command read.
    pub(crate) fn seq(&self) -> Seq {
        self.exchange.seq()
    }

    /// Its time.
    pub(crate) fn time(&self) -> Timestamp {
        self.exchange.time()
    }

    /// The commands after `seq`.
    pub(crate) fn inputs_after(&self, seq: Seq) -> impl Iterator<Item = &Input> {
        let after = usize::try_from(seq.0).unwrap();
        self.history[after..].iter().map(|(_, input)| input)
    }

    /// The times of the commands after `seq`.
    pub(crate) fn times_after(&self, seq: Seq) -> Vec<Timestamp> {
        let after = usize::try_from(seq.0).unwrap();
        self.history[after..]
            .iter()
            .map(|(time, _)| *time)
            .collect()
    }

    /// The state after it.
    pub(crate) fn image(&self) -> StateImage {
        self.exchange.image()
    }

    /// The hash of that state, as the exchange logs it.
    pub(crate) fn hash(&self) -> String {
        hex::encode(state_hash(&self.image()))
    }

    /// Whether the core was handed something under this number and did not refuse it as a duplicate.
    pub(crate) fn has_acted_on(&self, key: KeyId, client_seq: ClientSeq) -> bool {
        self.acted_on.contains(&(key, client_seq))
    }

    /// Deposits less withdrawals.
    pub(crate) fn supply(&self, asset: AssetId) -> i128 {
        self.supplies[asset.index()]
    }

    /// How many messages were held against their events, by what they tell.
    pub(crate) fn checked(&self) -> &BTreeMap<String, u64> {
        &self.checked
    }

    /// What is listed.
    pub(crate) fn models(&self) -> &ReadModels {
        &self.models
    }
}

/// Counts a transfer.
fn transfer(supplies: &mut Vec<i128>, event: &Event) {
    if let EventBody::Transferred(e) = &event.body {
        let index = e.asset.index();
        if supplies.len() <= index {
            supplies.resize(index + 1, 0);
        }
        supplies[index] += i128::from(e.amount.0);
    }
}
