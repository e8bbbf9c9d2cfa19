//! A venue to measure: the commands that found it, and the messages of a workload as inputs of the core.

use rialto_types::{
    AccountId, AddKey, Amount, Asset, AssetId, CancelOrder, Capacity, ClientSeq, Command, Input,
    InstrumentId, InstrumentSpec, KeyId, OrderRef, Permissions, PublicKey, ReplaceOrder, SourceId,
    Symbol, Transfer,
};

use crate::message::{ACCOUNTS, Message, spec};
use crate::workload::Workload;

/// What every account has of each asset at first, in its smallest unit.
const FUNDS: Amount = Amount(1_000_000_000_000_000);

/// How large a venue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VenueSize {
    /// Instruments, all of the same two assets.
    pub instruments: u32,
    /// Accounts, each funded and with one key of its own number.
    pub accounts: u32,
    /// Open orders that there is room for.
    pub orders: u32,
}

impl Default for VenueSize {
    /// One instrument and the accounts of the workloads, in pools of the default size.
    fn default() -> Self {
        Self {
            instruments: 1,
            accounts: ACCOUNTS,
            orders: Capacity::default().orders,
        }
    }
}

/// The commands that make a venue, all by the exchange itself.
pub fn opening(size: VenueSize) -> Vec<Input> {
    let mut commands = vec![
        Command::SetCapacity(capacity(size)),
        asset("BTC"),
        asset("USDT"),
    ];
    commands.extend((1..=size.instruments).map(|number| Command::ListInstrument(listing(number))));
    let mut sequence = 0;
    for account in (1..=size.accounts).map(AccountId) {
        commands.push(Command::CreateAccount);
        commands.push(Command::AddKey(AddKey {
            account,
            public_key: PublicKey([0; 32]),
            permissions: Permissions::READ.with(Permissions::TRADE),
            networks: rialto_types::Networks::ANY,
        }));
        for asset in [AssetId(1), AssetId(2)] {
            sequence += 1;
            commands.push(Command::Transfer(Transfer {
                source: SourceId(1),
                sequence,
                account,
                asset,
                amount: FUNDS,
            }));
        }
    }
    let by_the_venue = |command| Input {
        key: KeyId::VENUE,
        client_seq: ClientSeq(0),
        command,
    };
    commands.into_iter().map(by_the_venue).collect()
}

fn capacity(size: VenueSize) -> Capacity {
    let default = Capacity::default();
    Capacity {
        orders: size.orders,
        orders_per_account: size.orders,
        accounts: default.accounts.max(size.accounts),
        balances: default.balances.max(2 * size.accounts),
        keys: default.keys.max(size.accounts),
        instruments: default.instruments.max(size.instruments),
        assets: default.assets,
    }
}

fn asset(symbol: &str) -> Command {
    Command::AddAsset(Asset {
        symbol: Symbol::new(symbol).expect("a symbol"),
        decimals: 8,
    })
}

/// The workloads' instrument under a symbol of its own.
fn listing(number: u32) -> InstrumentSpec {
    let symbol = match number {
        1 => "BTC-USDT".to_owned(),
        _ => format!("BTC{number}-USDT"),
    };
    InstrumentSpec {
        symbol: Symbol::new(&symbol).expect("a symbol"),
        ..spec()
    }
}

/// One message as an input of the core, to `instrument`, under this number of its sender.
#[inline]
pub fn input(message: &Message, instrument: InstrumentId, client_seq: ClientSeq) -> Input {
    let (account, command) = match *message {
        Message::Place(account, order) => {
            let mut order = order;
            order.instrument = instrument;
            (account, Command::Place(order))
        }
        Message::Cancel(account, id) => {
            let order = OrderRef::Id(id);
            (account, Command::Cancel(CancelOrder { instrument, order }))
        }
        Message::Move(account, id, price, qty) => {
            let replacement = ReplaceOrder {
                instrument,
                order: OrderRef::Id(id),
                price,
                qty,
            };
            (account, Command::Replace(replacement))
        }
    };
    Input {
        key: KeyId(account.0),
        client_seq,
        command,
    }
}

/// What is timed of a workload as inputs of the core, numbered on from the untimed ones.
pub fn timed_inputs(workload: &Workload) -> Vec<Input> {
    let first = ClientSeq(workload.warm_up.len() as u64 + 1);
    inputs(&workload.messages, first)
}

/// Messages as inputs of the core to the first instrument, numbered from `first_seq`.
pub fn inputs(messages: &[Message], first_seq: ClientSeq) -> Vec<Input> {
    let numbered = messages.iter().zip(first_seq.0..);
    let inputs =
        numbered.map(|(message, number)| input(message, InstrumentId(1), ClientSeq(number)));
    inputs.collect()
}
