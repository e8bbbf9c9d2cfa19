//! The commands that are measured with: the founding of a venue, limit orders around a price that wanders,
//! of which some trade, cancels of half of them, and orders that stay open far from the market.

use rialto_client::ApiKey;
use rialto_types::{
    AccountId, AddKey, Amount, Asset, AssetId, CancelOrder, Capacity, ClientSeq, Command, Input,
    InstrumentId, InstrumentSpec, KeyId, OrderId, OrderKind, OrderRef, Permissions, PlaceOrder,
    Ppm, Price, PublicKey, Qty, Side, SourceId, StpMode, Symbol, TimeInForce, Transfer,
};

use crate::SHARD;

const ACCOUNTS: u32 = 1_000;
const MIDDLE: i64 = 6_000_000;
/// More than ever rest near the market: what is not traded is soon cancelled.
const NEAR_MAX: u64 = 100_000;

/// The key with which a venue that is left on the disk can be administered; everybody knows it.
pub(crate) fn administrator() -> ApiKey {
    ApiKey::from_secret(AccountId::VENUE, KeyId(1), &[7; 32])
}

/// The commands of a venue, one after the other.
pub(crate) struct Flow {
    founding: std::vec::IntoIter<Command>,
    random: fastrand::Rng,
    resting: u64,
    orders: u64,
    client_seq: Vec<u64>,
    cancels: Vec<(u32, u64)>,
}

impl Flow {
    pub(crate) fn new(resting: u64) -> Self {
        Self {
            founding: founding(resting).into_iter(),
            random: fastrand::Rng::with_seed(7),
            resting,
            orders: 0,
            client_seq: vec![0; ACCOUNTS as usize + 1],
            cancels: Vec::new(),
        }
    }

    pub(crate) fn next(&mut self) -> Input {
        if let Some(command) = self.founding.next() {
            let (key, client_seq) = (KeyId::VENUE, ClientSeq(0));
            return Input {
                key,
                client_seq,
                command,
            };
        }
        let (account, command) = if self.cancels.len() > 50 {
            let at = self.random.usize(..self.cancels.len());
            let (account, counter) = self.cancels.swap_remove(at);
            (account, cancel(counter))
        } else {
            self.order()
        };
        let client_seq = &mut self.client_seq[account as usize];
        *client_seq += 1;
        Input {
            // The first key is the administrator's.
            key: KeyId(account + 1),
            client_seq: ClientSeq(*client_seq),
            command,
        }
    }

    fn order(&mut self) -> (u32, Command) {
        self.orders += 1;
        let account = self.random.u32(1..=ACCOUNTS);
        let side = if self.random.bool() {
            Side::Buy
        } else {
            Side::Sell
        };
        let away = if self.orders <= self.resting {
            self.random.i64(1_000..50_000)
        } else {
            self.cancels.push((account, self.orders));
            self.random.i64(-5..100)
        };
        let price = match side {
            Side::Buy => MIDDLE - away,
            Side::Sell => MIDDLE + away,
        };
        let kind = OrderKind::Limit {
            price: Price(price),
            qty: Qty(self.random.i64(1..50)),
            tif: TimeInForce::Gtc,
            post_only: false,
        };
        let order = PlaceOrder {
            instrument: InstrumentId(1),
            side,
            stp: StpMode::None,
            kind,
            client_order_id: None,
        };
        (account, Command::Place(order))
    }
}

fn cancel(counter: u64) -> Command {
    Command::Cancel(CancelOrder {
        instrument: InstrumentId(1),
        order: OrderRef::Id(OrderId::new(SHARD, counter)),
    })
}

/// Room for as many orders as rest far away, and for those that come and go near the market.
fn capacity(resting: u64) -> Capacity {
    let orders = u32::try_from(resting.saturating_add(NEAR_MAX)).unwrap_or(u32::MAX);
    let orders = orders.max(Capacity::default().orders);
    Capacity {
        orders,
        orders_per_account: orders,
        ..Capacity::default()
    }
}

fn founding(resting: u64) -> Vec<Command> {
    let asset = |name: &str, decimals| {
        let symbol = Symbol::new(name).expect("a symbol");
        Command::AddAsset(Asset { symbol, decimals })
    };
    let mut commands = vec![
        Command::SetCapacity(capacity(resting)),
        asset("BTC", 8),
        asset("USDT", 6),
        Command::ListInstrument(spec()),
    ];
    commands.push(Command::AddKey(AddKey {
        account: AccountId::VENUE,
        public_key: administrator().public_key(),
        permissions: Permissions::READ.with(Permissions::ADMIN),
        networks: rialto_types::Networks::ANY,
    }));
    let mut sequence = 0;
    for account in 1..=ACCOUNTS {
        commands.push(Command::CreateAccount);
        commands.push(Command::AddKey(AddKey {
            account: AccountId(account),
            public_key: PublicKey([7; 32]),
            permissions: Permissions::READ.with(Permissions::TRADE),
            networks: rialto_types::Networks::ANY,
        }));
        for asset in [1, 2] {
            sequence += 1;
            commands.push(Command::Transfer(Transfer {
                source: SourceId(1),
                sequence,
                account: AccountId(account),
                asset: AssetId(asset),
                amount: Amount(1_000_000_000_000_000),
            }));
        }
    }
    commands
}

fn spec() -> InstrumentSpec {
    InstrumentSpec {
        symbol: Symbol::new("BTC-USDT").expect("a symbol"),
        base: AssetId(1),
        quote: AssetId(2),
        tick_mantissa: 1_000_000,
        lot_mantissa: 10_000,
        min_qty: Qty(1),
        max_qty: Qty(1_000_000),
        min_notional: Amount(0),
        max_notional: Amount::MAX,
        collar: Ppm(100_000),
        reference_price: Price(MIDDLE),
        maker_fee: Ppm(200),
        taker_fee: Ppm(500),
    }
}
