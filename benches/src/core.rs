//! The full core: stamp, journal record, key, checks, hold, match, settle, fees, events; 1,000 accounts.
//!
//! The journal is a real one, memory-mapped files in `written` mode, in a directory that is removed
//! afterwards. The stamp counts up instead of reading the clock, which the core thread does once a
//! batch.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use rialto_engine::{EventBuffer, Exchange, RULES_VERSION};
use rialto_journal::{ExchangeId, FileStorage, Journal, OpenOptions, Recovery, SegmentBytes};
use rialto_types::{
    AccountId, AddKey, Amount, Asset, AssetId, CancelOrder, Capacity, ClientSeq, Command, Event,
    Input, InstrumentId, KeyId, OrderRef, Permissions, PublicKey, ReplaceOrder, Seq, ShardId,
    SourceId, Symbol, Timestamp, Transfer,
};

use crate::measure::{Figure, Stopwatch, median};
use crate::workload::{ACCOUNTS, Message, Workload, spec};

const RING: usize = 1 << 12;

/// A core with its accounts, and where its events go.
struct Bench {
    exchange: Exchange,
    journal: Journal<FileStorage>,
    _directory: tempfile::TempDir,
    events: EventBuffer,
    ring: Vec<Event>,
    written: usize,
    seq: u64,
}

/// The commands that make a venue with one instrument and funded accounts, key n for account n.
pub(crate) fn opening() -> Vec<Command> {
    let asset = |symbol| {
        Command::AddAsset(Asset {
            symbol: Symbol::new(symbol).expect("a symbol"),
            decimals: 8,
        })
    };
    let mut commands = vec![
        Command::SetCapacity(Capacity::default()),
        asset("BTC"),
        asset("USDT"),
        Command::ListInstrument(spec()),
    ];
    let mut sequence = 0;
    for account in (1..=ACCOUNTS).map(AccountId) {
        commands.push(Command::CreateAccount);
        let permissions = Permissions::READ.with(Permissions::TRADE);
        let public_key = PublicKey([0; 32]);
        commands.push(Command::AddKey(AddKey {
            account,
            public_key,
            permissions,
        }));
        for asset in [AssetId(1), AssetId(2)] {
            sequence += 1;
            let amount = Amount(1_000_000_000_000_000);
            let source = SourceId(1);
            commands.push(Command::Transfer(Transfer {
                source,
                sequence,
                account,
                asset,
                amount,
            }));
        }
    }
    commands
}

/// The messages of a workload as inputs of the core.
pub(crate) fn inputs(messages: &[Message], first_seq: u64) -> Vec<Input> {
    let number = |(at, message): (usize, &Message)| {
        let instrument = InstrumentId(1);
        let (account, command) = match *message {
            Message::Place(account, order) => (account, Command::Place(order)),
            Message::Cancel(account, id) => (
                account,
                Command::Cancel(CancelOrder {
                    instrument,
                    order: OrderRef::Id(id),
                }),
            ),
            Message::Move(account, id, price, qty) => {
                let order = OrderRef::Id(id);
                (
                    account,
                    Command::Replace(ReplaceOrder {
                        instrument,
                        order,
                        price,
                        qty,
                    }),
                )
            }
        };
        Input {
            key: KeyId(account.0),
            client_seq: ClientSeq(first_seq + at as u64),
            command,
        }
    };
    messages.iter().enumerate().map(number).collect()
}

impl Bench {
    fn new(workload: &Workload) -> Self {
        let directory = tempfile::tempdir_in("target").expect("the build directory is writable");
        let storage = FileStorage::open(directory.path()).expect("an empty directory is a journal");
        let options = OpenOptions {
            shard: ShardId(0),
            rules_version: RULES_VERSION,
            new_exchange_id: ExchangeId([1; 16]),
            after: Seq(0),
        };
        let recovered = Recovery::open(Arc::new(storage), options).and_then(Recovery::finish);
        let recovered = recovered.expect("an empty journal is recovered");
        let journal = Journal::written(recovered, SegmentBytes::default(), Box::new(|_| ()));
        let mut bench = Self {
            journal: journal.expect("a new journal is begun"),
            _directory: directory,
            exchange: Exchange::new(ShardId(0)),
            events: EventBuffer::new(),
            ring: Vec::with_capacity(RING),
            written: 0,
            seq: 0,
        };
        for command in opening() {
            bench.play(&Input {
                key: KeyId::VENUE,
                client_seq: ClientSeq(0),
                command,
            });
        }
        for input in inputs(&workload.warm_up, 1) {
            bench.play(&input);
        }
        bench
    }

    #[inline]
    fn play(&mut self, input: &Input) {
        self.seq += 1;
        self.events.clear();
        let (seq, time) = (Seq(self.seq), Timestamp(self.seq));
        self.journal
            .append(seq, time, input)
            .expect("the disk has room");
        self.exchange.apply(seq, time, input, &mut self.events);
        for event in self.events.as_slice() {
            let at = self.written % RING;
            if at < self.ring.len() {
                self.ring[at] = *event;
            } else {
                self.ring.push(*event);
            }
            self.written += 1;
        }
    }
}

/// Plays a workload `runs` times for the mean and once more for the percentiles.
pub(crate) fn measure(name: &str, workload: &Workload, runs: usize) -> Figure {
    let inputs = inputs(&workload.messages, workload.warm_up.len() as u64 + 1);
    let mut means = Vec::new();
    for _ in 0..runs {
        let mut bench = Bench::new(workload);
        let start = Instant::now();
        play_all(&mut bench, &inputs);
        means.push(start.elapsed().as_nanos() as f64 / inputs.len() as f64);
        black_box(&bench.ring);
    }
    let mut stopwatch = Stopwatch::new();
    let mut bench = Bench::new(workload);
    for input in &inputs {
        stopwatch.time(|| bench.play(input));
    }
    stopwatch.figure(name, median(means))
}

/// A function of its own, so that a profiler can be told to look at nothing else.
#[inline(never)]
fn play_all(bench: &mut Bench, inputs: &[Input]) {
    for input in inputs {
        bench.play(input);
    }
}
