//! How long a restart takes: a journal of so many commands is written, then recovered as `rialto serve`
//! does it, from the beginning and from a snapshot; and what a snapshot that is taken beside it does to a
//! running core. Or, with `slow-disk`, what a disk whose syncs take long does to it.
//!
//! `cargo bench -p rialto-exchange --bench recovery -- [COMMANDS] [OPEN ORDERS] [DIRECTORY] [--anywhere]`
//! `cargo bench -p rialto-exchange --bench recovery -- slow-disk`
//!
//! Ten million commands are 0.6 GB on the disk. A directory that is named is left there, to be looked at or
//! served.

mod course;
mod flow;
mod rig;
mod slow_disk;
mod slow_storage;
mod stall;
mod stops;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use rialto_engine::RULES_VERSION;
use rialto_exchange::founding::admin_key_path;
use rialto_exchange::recovery::{Replay, journal_directory};
use rialto_exchange::snapshot;
use rialto_gateway::ReportLog;
use rialto_journal::{
    Durability, ExchangeId, FileStorage, InlineSegments, OpenOptions, Recovery, SegmentBytes,
};
use rialto_memory::HugePages;
use rialto_types::{Seq, ShardId, Timestamp};

use crate::flow::{Flow, administrator};

/// As in `rialto`.
#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

const SHARD: ShardId = ShardId(0);
/// 2026-01-01T00:00:00Z; a command every microsecond.
const BEGIN_NS: u64 = 1_767_225_600_000_000_000;

fn main() -> Result<()> {
    if stall::asked_to_spin() {
        stall::spin();
    }
    if let Some(journal) = stall::asked_for_snapshot() {
        return stall::take_snapshot(&journal);
    }
    if slow_disk::is_asked_for() {
        return slow_disk::compare();
    }
    let numbers = std::env::args()
        .skip(1)
        .filter(|text| !text.starts_with("--"));
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
    let flow = write(data, commands, open_orders)?;
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
        None => println!("no segment is complete and stated as synced: no snapshot"),
    }
    recover(data, "from a snapshot")?;
    stall::measure(data, flow)
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

/// Writes a journal as a venue would have. Returns the flow, to go on with.
fn write(data: &Path, commands: u64, open_orders: u64) -> Result<Flow> {
    let storage = Arc::new(FileStorage::open(journal_directory(data))?);
    let options = OpenOptions {
        shard: SHARD,
        rules_version: RULES_VERSION,
        new_exchange_id: ExchangeId(*b"recovery measure"),
        after: Seq(0),
    };
    let recovered = Recovery::open(Arc::clone(&storage), options)?.finish()?;
    let segments = InlineSegments::new(storage, SegmentBytes::default());
    let mut writer = recovered.into_writer(Durability::Durable, Box::new(segments))?;
    let mut flow = Flow::new(open_orders);
    for seq in 1..=commands {
        let input = flow.next();
        writer.append(Seq(seq), Timestamp(BEGIN_NS + seq * 1_000), &input)?;
    }
    writer.close()?;
    administrator().save(admin_key_path(data))?;
    Ok(flow)
}
