//! What the journal's tests share: example commands, arbitrary ones, and journals in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use rialto_journal::{
    Durability, ExchangeId, InlineSegments, JournalError, JournalWriter, MemoryStorage,
    OpenOptions, Record, Recovered, Recovery, SegmentBytes,
};
use rialto_types::*;

use crate::samples::samples;

/// The name of the exchange in every test.
pub(crate) const EXCHANGE: ExchangeId = ExchangeId(*b"rialto test 0001");

/// A journal's files.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// How tests open journals.
pub(crate) const OPTIONS: OpenOptions = OpenOptions {
    shard: ShardId(3),
    rules_version: 1,
    new_exchange_id: EXCHANGE,
    after: Seq(0),
};

/// A segment of this many pages, the header's included.
pub(crate) fn pages(count: u64) -> SegmentBytes {
    SegmentBytes::new(count * 4096).unwrap()
}

/// The time of a record in the tests.
pub(crate) fn time(seq: u64) -> Timestamp {
    Timestamp(1_700_000_000_000_000_000 + seq * 1_000)
}

/// A plain limit order.
pub(crate) fn order(seq: u64) -> Input {
    Input {
        key: KeyId(7),
        client_seq: ClientSeq(seq),
        command: Command::Place(PlaceOrder {
            instrument: InstrumentId(1),
            side: Side::Buy,
            stp: StpMode::CancelTaker,
            kind: OrderKind::Limit {
                price: Price(6_000_000),
                qty: Qty(25),
                tif: TimeInForce::Gtc,
                post_only: false,
            },
            client_order_id: None,
        }),
    }
}

/// Commands of changing length, so that pages end in every possible way.
pub(crate) fn varied(seq: u64) -> Input {
    let samples = samples();
    let (_, input) = samples[usize::try_from(seq * 7).unwrap() % samples.len()];
    Input {
        client_seq: ClientSeq(seq),
        ..input
    }
}

/// Opens what is in memory and reads all of it.
pub(crate) fn recover(
    storage: &MemoryStorage,
) -> Result<(Vec<Record>, Recovered<MemoryStorage>), JournalError> {
    recover_after(storage, Seq(0))
}

/// The same, from a snapshot at `after`.
pub(crate) fn recover_after(
    storage: &MemoryStorage,
    after: Seq,
) -> Result<(Vec<Record>, Recovered<MemoryStorage>), JournalError> {
    let options = OpenOptions { after, ..OPTIONS };
    let mut recovery = Recovery::open(Arc::new(storage.clone()), options)?;
    let mut records = Vec::new();
    while let Some(record) = recovery.next()? {
        records.push(record);
    }
    Ok((records, recovery.finish()?))
}

/// A writer after recovery.
pub(crate) fn writer(
    storage: &MemoryStorage,
    durability: Durability,
    segment_bytes: SegmentBytes,
) -> JournalWriter<MemoryStorage> {
    let (_, recovered) = recover(storage).unwrap();
    let segments = InlineSegments::new(Arc::new(storage.clone()), segment_bytes);
    recovered
        .into_writer(durability, Box::new(segments))
        .unwrap()
}

/// Appends the next `count` commands, made by `input`, and returns them as they will be read.
pub(crate) fn append(
    writer: &mut JournalWriter<MemoryStorage>,
    count: u64,
    input: impl Fn(u64) -> Input,
) -> Vec<Record> {
    let first = writer.tip().seq.0 + 1;
    let mut records = Vec::new();
    for seq in first..first + count {
        let record = Record {
            seq: Seq(seq),
            time: time(seq),
            input: input(seq),
        };
        writer
            .append(record.seq, record.time, &record.input)
            .unwrap();
        records.push(record);
    }
    records
}
