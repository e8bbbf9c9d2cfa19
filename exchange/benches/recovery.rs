//! How long a restart takes: a journal of so many commands is written, then recovered as `rialto serve`
//! does it, from the beginning and from a snapshot.
//!
//! `cargo bench -p rialto-exchange --bench recovery -- [COMMANDS] [OPEN ORDERS] [DIRECTORY]`
//!
//! The flow: limit orders around a price that wanders, of which some trade, half are cancelled, and the
//! given number stays open far from the market. Ten million commands are 0.6 GB on the disk. A directory
//! that is named is left there, to be looked at or served.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use rialto_client::ApiKey;
use rialto_engine::RULES_VERSION;
use rialto_exchange::founding::admin_key_path;
use rialto_exchange::recovery::{Replay, journal_directory};
use rialto_exchange::snapshot;
use rialto_gateway::ReportLog;
use rialto_journal::{
    Durability, ExchangeId, FileStorage, InlineSegments, OpenOptions, Recovery, SegmentBytes,
};
use rialto_types::{
    AccountId, AddKey, Amount, Asset, AssetId, CancelOrder, Capacity, ClientSeq, Command, Input,
    InstrumentId, InstrumentSpec, KeyId, OrderId, OrderKind, OrderRef, Permissions, PlaceOrder,
    Ppm, Price, PublicKey, Qty, Seq, ShardId, Side, SourceId, StpMode, Symbol, TimeInForce,
    Timestamp, Transfer,
};

const SHARD: ShardId = ShardId(0);
const ACCOUNTS: u32 = 1_000;
const MIDDLE: i64 = 6_000_000;
/// 2026-01-01T00:00:00Z; a command every microsecond.
const BEGIN_NS: u64 = 1_767_225_600_000_000_000;

fn main() -> Result<()> {
    let numbers = std::env::args().skip(1).filter(|text| text != "--bench");
    let arguments: Vec<String> = numbers.collect();
    let number = |at: usize, default: u64| match arguments.get(at) {
        Some(text) => text
            .parse()
            .with_context(|| format!("{text:?} is no number")),
        None => Ok(default),
    };
    let (commands, open_orders) = (number(0, 2_000_000)?, number(1, 100_000)?);
    let temporary = tempfile::tempdir()?;
    let data = arguments.get(2).map_or(temporary.path(), Path::new);

    let written = Instant::now();
    write(data, commands, open_orders)?;
    println!("wrote {commands} commands in {:.1?}", written.elapsed());
    recover(data, "from the beginning")?;
    match snapshot::take(&journal_directory(data))? {
        Some(taken) => println!(
            "snapshot at {}: {:.1} MB in {:.2?}, of which {:.2?} replaying",
            taken.seq,
            as_f64(taken.bytes) / 1e6,
            taken.took,
            taken.replay_took
        ),
        None => println!("no segment is complete: no snapshot"),
    }
    recover(data, "from a snapshot")
}

fn recover(data: &Path, how: &str) -> Result<()> {
    let restored = Replay::open(data, SHARD)?.run(Arc::default(), ReportLog::default())?;
    let speed = as_f64(restored.command_count) / restored.replay_took.as_secs_f64() / 1e6;
    println!(
        "recovered {how}: {:.2?}; {} commands replayed in {:.2?}, {speed:.2} million a second; {} open \
         orders",
        restored.took,
        restored.command_count,
        restored.replay_took,
        restored.state.exchange.open_order_count()
    );
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

/// The key with which a venue that is left on the disk can be administered; everybody knows it.
fn administrator() -> ApiKey {
    ApiKey::from_secret(AccountId::VENUE, KeyId(1), &[7; 32])
}

/// Writes a journal as a venue would have.
fn write(data: &Path, commands: u64, open_orders: u64) -> Result<()> {
    let storage = Arc::new(FileStorage::open(journal_directory(data))?);
    let options = OpenOptions {
        shard: SHARD,
        rules_version: RULES_VERSION,
        new_exchange_id: ExchangeId(*b"recovery measure"),
        after: Seq(0),
    };
    let recovered = Recovery::open(Arc::clone(&storage), options)?.finish()?;
    let segments = InlineSegments::new(storage, SegmentBytes::default());
    let mut writer = recovered.into_writer(Durability::Written, Box::new(segments))?;
    let mut flow = Flow::new(open_orders);
    for seq in 1..=commands {
        let input = flow.next();
        writer.append(Seq(seq), Timestamp(BEGIN_NS + seq * 1_000), &input)?;
    }
    writer.close()?;
    administrator().save(admin_key_path(data))?;
    Ok(())
}

/// The commands of a venue, one after the other.
struct Flow {
    founding: std::vec::IntoIter<Command>,
    random: fastrand::Rng,
    resting: u64,
    orders: u64,
    client_seq: Vec<u64>,
    cancels: Vec<(u32, u64)>,
}

impl Flow {
    fn new(resting: u64) -> Self {
        Self {
            founding: founding().into_iter(),
            random: fastrand::Rng::with_seed(7),
            resting,
            orders: 0,
            client_seq: vec![0; ACCOUNTS as usize + 1],
            cancels: Vec::new(),
        }
    }

    fn next(&mut self) -> Input {
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

fn founding() -> Vec<Command> {
    let asset = |name: &str, decimals| {
        let symbol = Symbol::new(name).expect("a symbol");
        Command::AddAsset(Asset { symbol, decimals })
    };
    let mut commands = vec![
        Command::SetCapacity(Capacity {
            orders_per_account: Capacity::default().orders,
            ..Capacity::default()
        }),
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
