//! The world in which a scenario plays, and what `given` lines change in it.

use rialto_types::{
    AccountId, AddKey, Amount, Asset, AssetId, Capacity, ClientSeq, Command, Input, InstrumentSpec,
    KeyId, Permissions, Ppm, Price, PublicKey, Qty, SourceId, Symbol, Transfer,
};

use super::read::{account, asset, number};

/// The keys, in the order of their ids: name, account, permissions.
pub(super) const KEYS: [(&str, u32, Permissions); 7] = [
    ("A", 1, Permissions::TRADE),
    ("B", 2, Permissions::TRADE),
    ("C", 3, Permissions::TRADE),
    ("D", 4, Permissions::TRADE),
    ("A2", 1, Permissions::TRADE),
    ("R", 1, Permissions::READ),
    ("admin", 0, Permissions::ADMIN),
];

/// Assets, in the order of their ids, and what everybody has of them.
pub(super) const ASSETS: [(&str, i64); 3] = [("COIN", 1_000), ("CASH", 1_000_000), ("GOLD", 1_000)];

/// The accounts that have funds.
const ACCOUNTS: [&str; 4] = ["A", "B", "C", "D"];

/// A world before it is built.
pub(super) struct World {
    capacity: Capacity,
    spec: InstrumentSpec,
    /// By account and asset.
    funds: Vec<(AccountId, AssetId, i64)>,
}

impl World {
    /// The usual world, changed by `given` lines.
    pub(super) fn with(given: &[&str]) -> Self {
        let mut world = Self::usual();
        for line in given {
            let words: Vec<&str> = line.split_whitespace().skip(1).collect();
            world.change(&words);
        }
        world
    }

    fn usual() -> Self {
        let mut funds = Vec::new();
        for name in ACCOUNTS {
            for (symbol, amount) in ASSETS {
                funds.push((account(name), asset(symbol), amount));
            }
        }
        Self {
            capacity: Capacity {
                orders: 50,
                orders_per_account: 40,
                accounts: 6,
                balances: 20,
                keys: 10,
                instruments: 4,
                assets: 5,
            },
            spec: InstrumentSpec {
                symbol: symbol("COIN-CASH"),
                base: asset("COIN"),
                quote: asset("CASH"),
                tick_mantissa: 100_000_000,
                lot_mantissa: 100_000_000,
                min_qty: Qty(1),
                max_qty: Qty(10_000),
                min_notional: Amount(0),
                max_notional: Amount(i64::MAX),
                collar: Ppm(500_000),
                reference_price: Price(100),
                maker_fee: Ppm(0),
                taker_fee: Ppm(0),
            },
            funds,
        }
    }

    fn change(&mut self, words: &[&str]) {
        let spec = &mut self.spec;
        match *words {
            ["fees", "maker", maker, "taker", taker] => {
                (spec.maker_fee, spec.taker_fee) = (ppm(maker), ppm(taker));
            }
            ["collar", percent] => {
                let percent = percent.strip_suffix('%').expect("a collar is in percent");
                spec.collar = Ppm(ppm(percent).0 * 10_000);
            }
            ["reference", price] => spec.reference_price = Price(number(price)),
            ["min_qty", qty] => spec.min_qty = Qty(number(qty)),
            ["max_qty", qty] => spec.max_qty = Qty(number(qty)),
            ["min_notional", amount] => spec.min_notional = Amount(number(amount)),
            ["max_notional", amount] => spec.max_notional = Amount(number(amount)),
            ["capacity", ref sizes @ ..] => {
                for size in sizes {
                    set_size(&mut self.capacity, size);
                }
            }
            ["funds", owner, symbol, amount] => {
                for (of, what, has) in &mut self.funds {
                    if (*of, *what) == (account(owner), asset(symbol)) {
                        *has = number(amount);
                    }
                }
            }
            _ => panic!("no such world: {words:?}"),
        }
    }

    /// What builds it; all from the exchange itself.
    pub(super) fn commands(&self) -> Vec<Input> {
        let mut all = vec![Command::SetCapacity(self.capacity)];
        for (name, _) in ASSETS {
            let symbol = symbol(name);
            all.push(Command::AddAsset(Asset {
                symbol,
                decimals: 0,
            }));
        }
        all.push(Command::ListInstrument(self.spec));
        all.push(Command::ListInstrument(InstrumentSpec {
            symbol: symbol("GOLD-CASH"),
            base: asset("GOLD"),
            ..self.spec
        }));
        all.extend(ACCOUNTS.map(|_| Command::CreateAccount));
        for (_, owner, permissions) in KEYS {
            all.push(Command::AddKey(AddKey {
                account: AccountId(owner),
                public_key: PublicKey([0; 32]),
                permissions,
                networks: rialto_types::Networks::ANY,
            }));
        }
        let funded = self.funds.iter().filter(|(_, _, amount)| *amount > 0);
        for ((owner, what, amount), sequence) in funded.zip(1..) {
            all.push(Command::Transfer(Transfer {
                source: SourceId(0),
                sequence,
                account: *owner,
                asset: *what,
                amount: Amount(*amount),
            }));
        }
        let input = |command| Input {
            key: KeyId::VENUE,
            client_seq: ClientSeq(0),
            command,
        };
        all.into_iter().map(input).collect()
    }
}

/// Changes one size: `orders=3`.
pub(super) fn set_size(capacity: &mut Capacity, size: &str) {
    let (name, value) = size.split_once('=').expect("a size is written name=number");
    let value: u32 = value.parse().expect("a size is a number");
    match name {
        "orders" => capacity.orders = value,
        "orders_per_account" => capacity.orders_per_account = value,
        "accounts" => capacity.accounts = value,
        "balances" => capacity.balances = value,
        "keys" => capacity.keys = value,
        "instruments" => capacity.instruments = value,
        "assets" => capacity.assets = u16::try_from(value).expect("assets are few"),
        _ => panic!("no such pool: {name}"),
    }
}

pub(super) fn symbol(text: &str) -> Symbol {
    Symbol::new(text).expect("a symbol")
}

pub(super) fn ppm(text: &str) -> Ppm {
    Ppm(text.parse().expect("a rate in ppm"))
}
