//! A small journal on a real disk, for the tests of what looks at journals.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rialto_engine::{EventBuffer, Exchange, HashSeed, RULES_VERSION};
use rialto_journal::header::RECORDS_AT;
use rialto_journal::{
    Annex, BookAnnex, ExchangeId, FileStorage, Journal, OpenOptions as JournalOptions, OrderAnnex,
    ReadOnlyDirectory, Recovery, SegmentBytes,
};
use rialto_types::{
    AccountId, AddKey, Amount, Asset, AssetId, Capacity, ClientSeq, Command, Input, InstrumentId,
    InstrumentSpec, KeyId, OrderKind, Permissions, PlaceOrder, Ppm, Price, PublicKey, Qty, Seq,
    ShardId, Side, SourceId, StpMode, Symbol, TimeInForce, Timestamp, Transfer,
};
use tempfile::TempDir;

use super::Place;

/// 2026-01-01T00:00:00Z; command n comes n microseconds later.
const NEW_YEAR_NS: u64 = 1_767_225_600_000_000_000;
const SHARD: ShardId = ShardId(2);
/// One segment's size: room for the whole scenario.
const SEGMENT_BYTES: u64 = 64 * 1024;

/// A journal and the state that it leads to.
pub(super) struct Scenario {
    directory: TempDir,
    exchange: Exchange,
}

impl Scenario {
    /// A directory without a journal.
    pub(super) fn empty() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            exchange: Exchange::with_seed(SHARD, HashSeed::KNOWN),
        }
    }

    /// A venue with a market, a funded account and one open order.
    pub(super) fn founded() -> Self {
        let mut scenario = Self::empty();
        let storage = Arc::new(FileStorage::open(scenario.directory.path()).unwrap());
        let options = JournalOptions {
            shard: SHARD,
            rules_version: RULES_VERSION,
            new_exchange_id: ExchangeId(*b"a test scenario!"),
            after: Seq(0),
        };
        let recovered = Recovery::open(storage, options).unwrap().finish().unwrap();
        let segment_bytes = SegmentBytes::new(SEGMENT_BYTES).unwrap();
        let mut journal = Journal::written(recovered, segment_bytes, Box::new(|_| ())).unwrap();
        let mut events = EventBuffer::new();
        for (seq, input) in (1..).zip(inputs()) {
            let time = Timestamp(NEW_YEAR_NS + seq * 1_000);
            journal.append(Seq(seq), time, &input).unwrap();
            events.clear();
            scenario.exchange.apply(Seq(seq), time, &input, &mut events);
        }
        journal.close().unwrap();
        scenario
    }

    /// The journal as the commands see it.
    pub(super) fn place(&self) -> Place {
        let path = self.directory.path().to_owned();
        Place {
            directory: Arc::new(ReadOnlyDirectory::new(&path)),
            path,
        }
    }

    /// The state after the last command.
    pub(super) fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// What goes along its state in a snapshot.
    pub(super) fn annex(&self) -> Annex {
        let image = self.exchange.image();
        let books = image.instruments.iter().map(|book| BookAnnex {
            change_count: 1,
            changed_at: image.seq,
            orders: book
                .bids
                .iter()
                .map(|_| OrderAnnex {
                    accepted: image.time,
                    elected_at: None,
                })
                .collect(),
        });
        Annex {
            books: books.collect(),
            emptied: vec![Vec::new(); image.accounts.len()],
        }
    }

    /// Damages the first record, which was synced when the journal was closed.
    pub(super) fn flip_a_bit_of_the_first_record(&self) {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut paths = entries.map(|entry| entry.unwrap().path());
        let first = paths.find(|path| path.ends_with("00000000000000000001.segment"));
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).open(first.unwrap()).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, RECORDS_AT).unwrap();
        file.write_all_at(&[byte[0] ^ 1], RECORDS_AT).unwrap();
    }
}

fn inputs() -> Vec<Input> {
    let by = |key: u32, client_seq: u64, command: Command| Input {
        key: KeyId(key),
        client_seq: ClientSeq(client_seq),
        command,
    };
    let asset = |name: &str, decimals| {
        let symbol = Symbol::new(name).unwrap();
        Command::AddAsset(Asset { symbol, decimals })
    };
    let key = AddKey {
        account: AccountId(1),
        public_key: PublicKey([7; 32]),
        permissions: Permissions::READ.with(Permissions::TRADE),
        networks: rialto_types::Networks::ANY,
    };
    let deposit = Transfer {
        source: SourceId(1),
        sequence: 1,
        account: AccountId(1),
        asset: AssetId(2),
        amount: Amount(1_000_000_000_000),
    };
    vec![
        by(0, 0, Command::SetCapacity(Capacity::default())),
        by(0, 0, asset("BTC", 8)),
        by(0, 0, asset("USDT", 6)),
        by(0, 0, Command::ListInstrument(spec())),
        by(0, 0, Command::CreateAccount),
        by(0, 0, Command::AddKey(key)),
        by(0, 0, Command::Transfer(deposit)),
        by(1, 1, Command::Place(order())),
    ]
}

fn order() -> PlaceOrder {
    PlaceOrder {
        instrument: InstrumentId(1),
        side: Side::Buy,
        stp: StpMode::default(),
        kind: OrderKind::Limit {
            price: Price(6_000_000),
            qty: Qty(5_000),
            tif: TimeInForce::Gtc,
            post_only: false,
        },
        client_order_id: None,
    }
}

fn spec() -> InstrumentSpec {
    InstrumentSpec {
        symbol: Symbol::new("BTC-USDT").unwrap(),
        base: AssetId(1),
        quote: AssetId(2),
        tick_mantissa: 1_000_000,
        lot_mantissa: 10_000,
        min_qty: Qty(1),
        max_qty: Qty(1_000_000),
        min_notional: Amount(0),
        max_notional: Amount::MAX,
        collar: Ppm(100_000),
        reference_price: Price(6_000_000),
        maker_fee: Ppm(0),
        taker_fee: Ppm(0),
    }
}
