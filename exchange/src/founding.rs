//! The first minutes of a venue: pool sizes, the first administrator's key, the demo's market.
//!
//! All of it is journaled commands of the exchange itself (key 0), applied before the core thread runs, so
//! a replay founds the venue again. Each part looks at the state and does what is
//! missing: a start that was interrupted is completed by the next.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use rialto_client::ApiKey;
use rialto_engine::{EventBuffer, Exchange, StateImage};
use rialto_gateway::ReportLog;
use rialto_gateway::models::{Changes, ReadModels};
use rialto_journal::storage::Storage;
use rialto_journal::{AppendError, Journal};
use rialto_ring::Watermark;
use rialto_types::{
    AccountId, AddKey, Amount, Asset, AssetId, Capacity, ClientSeq, Command, EventBody, Input,
    InstrumentSpec, KeyId, Permissions, Ppm, Price, Qty, Seq, ShardId, SourceId, Symbol, Timestamp,
    Transfer,
};
use tracing::{info, warn};

use crate::core::RecordClock;

/// A venue on which nobody trades yet: its state, what the publisher will know, and its journal.
pub struct Ground<S: Storage> {
    /// The state after the last command.
    pub exchange: Exchange,
    /// The read models after its events.
    pub models: ReadModels,
    /// The latest reports.
    pub reports: ReportLog,
    /// Where commands are written down.
    pub journal: Journal<S>,
    /// What stamps them.
    pub clock: RecordClock,
}

impl<S: Storage> Ground<S> {
    /// Journals and applies one command of the exchange itself.
    ///
    /// # Errors
    /// When the journal has stopped, or the core refuses the command.
    fn give(&mut self, command: Command) -> Result<()> {
        let input = Input {
            key: KeyId::VENUE,
            client_seq: ClientSeq(0),
            command,
        };
        let (seq, time) = (self.exchange.seq().next(), self.clock.stamp());
        loop {
            match self.journal.append(seq, time, &input) {
                Ok(()) => break,
                Err(AppendError::Failed(error)) => bail!("{error}"),
                Err(AppendError::Full) => {
                    self.journal.commit();
                    std::thread::yield_now();
                }
            }
        }
        self.journal.commit();
        let (mut events, mut changes) = (EventBuffer::new(), Changes::default());
        self.exchange.apply(seq, time, &input, &mut events);
        for event in events.as_slice() {
            let applied = self.models.replay(event, &mut changes);
            self.reports.replay(event, &applied, &self.models);
        }
        if let [event] = events.as_slice()
            && let EventBody::Rejected(refused) = event.body
        {
            let (kind, refusal) = (refused.command, refused.refusal);
            bail!(
                "the venue cannot be founded: {kind:?} is refused with {refusal}; [capacity] of the \
                 configuration may be too small"
            );
        }
        Ok(())
    }
}

/// The source of the demo's deposits; an operator's own sources count from 1 up.
pub const DEMO_SOURCE: SourceId = SourceId(u16::MAX);
/// Accounts of the demo: market makers, takers, and some for whoever tries the exchange out.
pub const DEMO_ACCOUNTS: u32 = 8;

/// An asset of the demo and what each of its accounts gets of it.
struct DemoAsset {
    symbol: &'static str,
    decimals: u8,
    /// In whole units of the asset.
    deposit: i64,
}

const DEMO_ASSETS: [DemoAsset; 3] = [
    DemoAsset {
        symbol: "BTC",
        decimals: 8,
        deposit: 1_000,
    },
    DemoAsset {
        symbol: "ETH",
        decimals: 8,
        deposit: 20_000,
    },
    DemoAsset {
        symbol: "USDT",
        decimals: 6,
        deposit: 100_000_000,
    },
];

/// An instrument of the demo. Base and quote are places in [`DEMO_ASSETS`].
struct DemoInstrument {
    symbol: &'static str,
    base: u16,
    quote: u16,
    /// As a mantissa at 10^-8.
    tick: i64,
    /// As a mantissa at 10^-8.
    lot: i64,
    /// In ticks.
    reference: i64,
    /// In units of the quote asset.
    min_notional: i64,
}

const DEMO_INSTRUMENTS: [DemoInstrument; 3] = [
    DemoInstrument {
        symbol: "BTC-USDT",
        base: 1,
        quote: 3,
        tick: 1_000_000,
        lot: 10_000,
        reference: 6_000_000,
        min_notional: 1_000_000,
    },
    DemoInstrument {
        symbol: "ETH-USDT",
        base: 2,
        quote: 3,
        tick: 1_000_000,
        lot: 10_000,
        reference: 300_000,
        min_notional: 1_000_000,
    },
    DemoInstrument {
        symbol: "ETH-BTC",
        base: 2,
        quote: 1,
        tick: 1_000,
        lot: 100_000,
        reference: 5_000,
        min_notional: 1_000,
    },
];

/// Where the first administrator's key is written.
pub fn admin_key_path(data: &Path) -> PathBuf {
    data.join("admin-key.json")
}

/// Where the keys of the demo's accounts are written.
pub fn demo_keys_path(data: &Path) -> PathBuf {
    data.join("demo-keys.json")
}

/// Sets or raises the pool sizes. Asking for less than there is keeps what there is, with a warning.
///
/// # Errors
/// When the journal has stopped.
pub fn set_capacity<S: Storage>(ground: &mut Ground<S>, asked: Capacity) -> Result<()> {
    let present = ground.exchange.capacity();
    let wanted = Capacity {
        orders: asked.orders.max(present.orders),
        orders_per_account: asked.orders_per_account.max(present.orders_per_account),
        accounts: asked.accounts.max(present.accounts),
        balances: asked.balances.max(present.balances),
        keys: asked.keys.max(present.keys),
        instruments: asked.instruments.max(present.instruments),
        assets: asked.assets.max(present.assets),
    };
    if wanted != asked {
        warn!(
            ?present,
            ?asked,
            "pools never shrink: the larger sizes stay"
        );
    }
    if wanted != present {
        try_capacity(wanted);
        ground.give(Command::SetCapacity(wanted))?;
    }
    Ok(())
}

/// Takes the memory for pools of these sizes, and gives it back. Once journaled they bind every later start;
/// a machine that has not the memory ends here, and the journal is as it was.
fn try_capacity(wanted: Capacity) {
    let input = Input {
        key: KeyId::VENUE,
        client_seq: ClientSeq(0),
        command: Command::SetCapacity(wanted),
    };
    let mut trial = Exchange::new(ShardId(0));
    trial.apply(Seq(1), Timestamp(1), &input, &mut EventBuffer::new());
}

/// Waits until everything that was founded may be told: clients are answered from the read models, which
/// know of it already, and in `durable` mode it may be on its way to the disk.
///
/// # Errors
/// When the journal has stopped.
pub fn settle<S: Storage>(ground: &Ground<S>, watermark: &Watermark) -> Result<()> {
    while watermark.get() < ground.exchange.seq() {
        if let Some(error) = ground.journal.failure() {
            bail!("{error}");
        }
        std::thread::yield_now();
    }
    Ok(())
}

/// Gives the venue an administrator's key if it has no key at all, and writes it to the data directory.
///
/// # Errors
/// When the file cannot be written or the journal has stopped.
pub fn ensure_admin<S: Storage>(ground: &mut Ground<S>, data: &Path) -> Result<()> {
    if !ground.exchange.image().keys.is_empty() {
        return Ok(());
    }
    let path = admin_key_path(data);
    // The file comes first: a key in the journal that nobody holds could never be replaced. One that an
    // interrupted start left is as good as a new one.
    let key = if path.exists() {
        ApiKey::load(&path, Some(AccountId::VENUE))?
    } else {
        let key = ApiKey::from_secret(AccountId::VENUE, KeyId(1), &ApiKey::random_secret()?);
        key.save(&path)?;
        key
    };
    add_key(ground, &key, Permissions::READ.with(Permissions::ADMIN))?;
    info!(file = %path.display(), "wrote the administrator's key; keep it");
    Ok(())
}

/// Lists the demo's market, opens and funds its accounts and writes their keys.
///
/// # Errors
/// When the venue has a market of another kind, a file cannot be written, or the journal has stopped.
pub fn ensure_demo<S: Storage>(ground: &mut Ground<S>, data: &Path) -> Result<()> {
    let image = ground.exchange.image();
    check_demo(&image)?;
    for asset in DEMO_ASSETS.iter().skip(image.assets.len()) {
        let symbol = symbol(asset.symbol);
        ground.give(Command::AddAsset(Asset {
            symbol,
            decimals: asset.decimals,
        }))?;
    }
    for instrument in DEMO_INSTRUMENTS.iter().skip(image.instruments.len()) {
        ground.give(Command::ListInstrument(instrument.spec()))?;
    }
    for _ in image.accounts.len()..=DEMO_ACCOUNTS as usize {
        ground.give(Command::CreateAccount)?;
    }
    fund(ground, &image)?;
    ensure_demo_keys(ground, data)
}

/// Refuses to put the demo on top of a venue that was founded otherwise.
fn check_demo(image: &StateImage) -> Result<()> {
    let differs = |at: usize, found: Symbol, expected: Option<&str>| {
        let expected = expected.unwrap_or("nothing");
        bail!(
            "--demo needs a venue of its own: number {} is {found}, not {expected}; give another --data",
            at + 1
        )
    };
    for (at, asset) in image.assets.iter().enumerate() {
        let expected = DEMO_ASSETS.get(at).map(|asset| asset.symbol);
        if at < DEMO_ASSETS.len() && expected != Some(asset.asset.symbol.as_str()) {
            return differs(at, asset.asset.symbol, expected);
        }
    }
    for (at, instrument) in image.instruments.iter().enumerate() {
        let expected = DEMO_INSTRUMENTS.get(at).map(|instrument| instrument.symbol);
        let found = instrument.instrument.spec.symbol;
        if at < DEMO_INSTRUMENTS.len() && expected != Some(found.as_str()) {
            return differs(at, found, expected);
        }
    }
    Ok(())
}

/// Deposits what the demo's accounts get, once: the source's numbers say what was deposited already.
fn fund<S: Storage>(ground: &mut Ground<S>, image: &StateImage) -> Result<()> {
    let applied = image
        .sources
        .iter()
        .find(|source| source.source == DEMO_SOURCE);
    let applied = applied.map_or(0, |source| source.sequence);
    let mut sequence = 0;
    for account in (1..=DEMO_ACCOUNTS).map(AccountId) {
        for (asset, demo) in (1..).map(AssetId).zip(&DEMO_ASSETS) {
            sequence += 1;
            if sequence <= applied {
                continue;
            }
            let amount = Amount(demo.deposit * 10_i64.pow(u32::from(demo.decimals)));
            let source = DEMO_SOURCE;
            ground.give(Command::Transfer(Transfer {
                source,
                sequence,
                account,
                asset,
                amount,
            }))?;
        }
    }
    Ok(())
}

/// Gives each account of the demo a key: those of the file where there is one, otherwise new ones.
fn ensure_demo_keys<S: Storage>(ground: &mut Ground<S>, data: &Path) -> Result<()> {
    let path = demo_keys_path(data);
    let image = ground.exchange.image();
    if !path.exists() {
        let first = u32::try_from(image.keys.len() + 1)?;
        let accounts = (1..=DEMO_ACCOUNTS).map(AccountId);
        let keys = (first..)
            .map(KeyId)
            .zip(accounts)
            .map(|(id, account)| Ok(ApiKey::from_secret(account, id, &ApiKey::random_secret()?)));
        ApiKey::save_all(&keys.collect::<Result<Vec<_>>>()?, &path)?;
        info!(file = %path.display(), "wrote the keys of the demo's accounts");
    }
    for key in ApiKey::load_all(&path)? {
        let id = key.key_id();
        let known = ground.exchange.image().keys;
        match known.get((id.index()).wrapping_sub(1)) {
            Some(known) if known.public_key == key.public_key() => {}
            None if id.index() == known.len() + 1 => {
                add_key(ground, &key, Permissions::READ.with(Permissions::TRADE))?;
            }
            _ => bail!(
                "{} does not belong to this venue (its key {id} is another's): remove the file, and \
                 the next start writes new keys",
                path.display()
            ),
        }
    }
    Ok(())
}

fn add_key<S: Storage>(
    ground: &mut Ground<S>,
    key: &ApiKey,
    permissions: Permissions,
) -> Result<()> {
    let (account, public_key) = (key.account(), key.public_key());
    ground.give(Command::AddKey(AddKey {
        account,
        public_key,
        permissions,
        networks: rialto_types::Networks::ANY,
    }))
}

impl DemoInstrument {
    fn spec(&self) -> InstrumentSpec {
        InstrumentSpec {
            symbol: symbol(self.symbol),
            base: AssetId(self.base),
            quote: AssetId(self.quote),
            tick_mantissa: self.tick,
            lot_mantissa: self.lot,
            min_qty: Qty(1),
            max_qty: Qty(10_000_000),
            min_notional: Amount(self.min_notional),
            max_notional: Amount::MAX,
            collar: Ppm(100_000),
            reference_price: Price(self.reference),
            maker_fee: Ppm(200),
            taker_fee: Ppm(500),
        }
    }
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).expect("the demo's symbols are valid")
}

#[cfg(test)]
mod tests {
    use rialto_types::{Instrument, InstrumentId};

    use super::*;

    #[test]
    fn the_demos_instruments_can_be_listed() {
        for demo in &DEMO_INSTRUMENTS {
            let asset = |id: u16| {
                let demo = &DEMO_ASSETS[usize::from(id) - 1];
                Asset {
                    symbol: symbol(demo.symbol),
                    decimals: demo.decimals,
                }
            };
            let (base, quote) = (asset(demo.base), asset(demo.quote));
            let listed = Instrument::new(InstrumentId(1), demo.spec(), &base, &quote);
            assert!(listed.is_ok(), "{}: {listed:?}", demo.symbol);
        }
    }
}
