//! The generator: who sends the next command, when, under which number; and the reference that follows
//! along, so that the next command can aim.

use rialto_engine::image::{InstrumentImage, OrderImage, StateImage};
use rialto_types::{
    AccountId, AccountState, ClientSeq, Command, EventBody, Input, InstrumentId, InstrumentState,
    KeyId, KillScope, Needs, OrderId, OrderRef, Permissions, Seq, Timestamp,
};

use super::profile::Profile;
use super::rng::SplitMix64;
use super::{SHARD, Step, world};
use crate::ReferenceExchange;
use crate::invariants::{orders, queues};

/// The time of the first command, in ns since the epoch.
const START: u64 = 1_700_000_000_000_000_000;

/// Makes a sequence of `count` steps, those that set up the world included. The same arguments give the
/// same steps. It is to be applied to a new exchange on [`SHARD`].
pub fn generate(seed: u64, profile: &Profile, count: usize) -> Vec<Step> {
    let mut generator = Generator::new(seed, *profile);
    let world = world::commands(profile, &mut generator.rng);
    for command in world.into_iter().take(count) {
        generator.send(Input {
            key: KeyId::VENUE,
            client_seq: ClientSeq(0),
            command,
        });
    }
    while generator.steps.len() < count {
        generator.pass_time();
        let command = generator.command();
        let input = generator.addressed(command);
        generator.send(input);
    }
    generator.steps
}

/// The state between two commands of a sequence.
pub(super) struct Generator {
    pub(super) rng: SplitMix64,
    pub(super) profile: Profile,
    pub(super) time: Timestamp,
    /// The state after the last command.
    pub(super) image: StateImage,
    exchange: ReferenceExchange,
    steps: Vec<Step>,
}

impl Generator {
    fn new(seed: u64, profile: Profile) -> Self {
        let exchange = ReferenceExchange::new(SHARD);
        Self {
            rng: SplitMix64::new(seed),
            profile,
            time: Timestamp(START),
            image: exchange.image(),
            exchange,
            steps: Vec::new(),
        }
    }

    fn send(&mut self, input: Input) {
        let seq = Seq(self.steps.len() as u64 + 1);
        let events = self.exchange.apply(seq, self.time, &input);
        let order_id = events.iter().find_map(|event| match event.body {
            EventBody::Accepted(accepted) => Some(accepted.order_id),
            _ => None,
        });
        self.steps.push(Step {
            time: self.time,
            input,
            order_id,
        });
        self.image = self.exchange.image();
    }

    /// Mostly a little, often nothing, seldom so much that all good-till-date orders expire.
    fn pass_time(&mut self) {
        self.time.0 += match self.rng.weighted(&[30, 60, 9, 1]) {
            0 => 0,
            1 => self.rng.range(1, 10).unsigned_abs(),
            2 => self.rng.range(10, 200).unsigned_abs(),
            _ => self.rng.range(1_000, 100_000).unsigned_abs(),
        };
    }

    fn command(&mut self) -> Command {
        let chance = if self.image.kill_switch { 30 } else { 12 };
        if self.rng.percent(chance)
            && let Some(repair) = self.repair()
        {
            return repair;
        }
        let weights = self.profile.weights;
        let kinds = [
            weights.place,
            weights.replace,
            weights.cancel,
            weights.mass_cancel,
            weights.sessions,
            weights.transfer,
            weights.administer,
            weights.wild,
        ];
        match self.rng.weighted(&kinds) {
            0 => self.place(),
            1 => self.replace(),
            2 => self.cancel(),
            3 => self.mass_cancel(),
            4 => self.session(),
            5 => self.transfer(),
            6 => self.administer(),
            _ => self.wild(),
        }
    }

    /// Brings something that does not trade back to trading.
    fn repair(&mut self) -> Option<Command> {
        if self.image.kill_switch {
            return Some(Command::ReleaseKillSwitch(KillScope::Venue));
        }
        let mut repairs = Vec::new();
        for (account, id) in self.image.accounts.iter().zip(0..) {
            let account_id = AccountId(id);
            match account.state {
                AccountState::Active => {}
                AccountState::CancelOnly => repairs.push(Command::SetAccountState {
                    account: account_id,
                    state: AccountState::Active,
                }),
                AccountState::Suspended => {
                    let scope = KillScope::Account(account_id);
                    repairs.push(Command::ReleaseKillSwitch(scope));
                }
            }
        }
        for book in &self.image.instruments {
            if book.instrument.state != InstrumentState::Open {
                repairs.push(Command::SetInstrumentState {
                    instrument: book.instrument.id,
                    state: InstrumentState::Open,
                });
            }
        }
        for (id, _) in (1..).zip(&self.image.accounts[1..]) {
            if self.keys_of(AccountId(id), Permissions::TRADE).is_empty() {
                let trader = Permissions::READ.with(Permissions::TRADE);
                repairs.push(world::add_key(AccountId(id), trader, &mut self.rng));
            }
        }
        (!repairs.is_empty()).then(|| self.rng.pick(&repairs))
    }

    /// The keys that may act for an account.
    pub(super) fn keys_of(&self, account: AccountId, may: Permissions) -> Vec<KeyId> {
        let keys = self.image.keys.iter().zip(1..);
        keys.filter(|(key, _)| {
            key.account == account && !key.revoked && key.permissions.allows(may)
        })
        .map(|(_, id)| KeyId(id))
        .collect()
    }

    /// Chooses key and client sequence: mostly such that the command is let in.
    fn addressed(&mut self, command: Command) -> Input {
        let key = if self.rng.percent(2) {
            let count = i64::try_from(self.image.keys.len()).expect("few keys");
            KeyId(u32::try_from(self.rng.range(0, count + 1)).expect("few keys"))
        } else {
            self.fitting_key(&command)
        };
        let highest = (key.index().checked_sub(1))
            .and_then(|index| self.image.keys.get(index))
            .map_or(0, |key| key.client_seq.0);
        let unnumbered = matches!(command, Command::ArmCancelOnDisconnect { .. });
        let client_seq = match self.rng.weighted(&[900, 80, 20, 1]) {
            _ if unnumbered && self.rng.percent(40) => 0,
            0 => highest.saturating_add(1),
            1 => highest.saturating_add(self.rng.range(2, 9).unsigned_abs()),
            2 => highest.saturating_sub(self.rng.range(0, 2).unsigned_abs()),
            _ => 0,
        };
        Input {
            key,
            client_seq: ClientSeq(client_seq),
            command,
        }
    }

    fn fitting_key(&mut self, command: &Command) -> KeyId {
        let keys = match command.kind().needs() {
            Needs::Venue => Vec::new(),
            Needs::Admin => self.keys_of(AccountId::VENUE, Permissions::ADMIN),
            Needs::Trade => self.owner_keys(command),
        };
        if keys.is_empty() || (command.kind().needs() == Needs::Admin && self.rng.percent(50)) {
            return KeyId::VENUE;
        }
        self.rng.pick(&keys)
    }

    /// The keys of the account that has the order which the command names; else of any account.
    fn owner_keys(&mut self, command: &Command) -> Vec<KeyId> {
        let named = match command {
            Command::Cancel(request) => Some(request.order),
            Command::Replace(request) => Some(request.order),
            _ => None,
        };
        let is_named = |order: &&OrderImage| match named {
            Some(OrderRef::Id(id)) => order.order_id == id,
            Some(OrderRef::Client(id)) => order.client_order_id == Some(id),
            None => false,
        };
        let owner = self.orders().find(is_named).map(|order| order.account);
        let account = match owner {
            Some(account) if !self.rng.percent(3) => account,
            _ => self.some_account(),
        };
        let keys = self.keys_of(account, Permissions::TRADE);
        if keys.is_empty() {
            let other = self.some_account();
            return self.keys_of(other, Permissions::TRADE);
        }
        keys
    }

    /// A client's account.
    pub(super) fn some_account(&mut self) -> AccountId {
        let count = self.image.accounts.len() - 1;
        if count == 0 {
            return AccountId::VENUE;
        }
        let index = self.rng.index(count) + 1;
        AccountId(u32::try_from(index).expect("few accounts"))
    }

    /// A listed instrument; 0 when there is none.
    pub(super) fn some_instrument(&mut self) -> InstrumentId {
        match self.image.instruments.len() {
            0 => InstrumentId(0),
            // Most of it on two instruments, so that their books are well filled.
            count if self.rng.percent(80) => {
                InstrumentId(1 + u32::from(count > 1 && self.rng.percent(40)))
            }
            count => InstrumentId(u32::try_from(self.rng.index(count) + 1).expect("few")),
        }
    }

    pub(super) fn book(&self, instrument: InstrumentId) -> Option<&InstrumentImage> {
        let index = instrument.index().checked_sub(1)?;
        self.image.instruments.get(index)
    }

    /// All open orders.
    pub(super) fn orders(&self) -> impl Iterator<Item = &OrderImage> {
        orders(&self.image)
    }

    /// An open order with its instrument, if there is one.
    pub(super) fn some_order(&mut self) -> Option<(InstrumentId, OrderImage)> {
        let ids: Vec<OrderId> = self.orders().map(|order| order.order_id).collect();
        if ids.is_empty() {
            return None;
        }
        let id = self.rng.pick(&ids);
        let order = *self.orders().find(|order| order.order_id == id)?;
        let is_there = |order: &OrderImage| order.order_id == id;
        let mut books = self.image.instruments.iter();
        let book = books.find(|book| queues(book).into_iter().flatten().any(is_there))?;
        Some((book.instrument.id, order))
    }
}
