//! Does a slow disk reach the core? The same load in `durable` mode, in turns on the disk as it is and on one whose
//! syncs take a tenth of a second longer; and how often the system had to find a page for the core's thread.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rialto_exchange::recovery::{Hearers, Replay, hash_seed, journal_directory};
use rialto_exchange::threads::Place;
use rialto_journal::{ExchangeId, FileStorage, ReadOnlyDirectory, SegmentBytes};

use crate::SHARD;
use crate::flow::Flow;
use crate::rig::{RATE, Rig, durable, tell};
use crate::slow_storage::SlowStorage;

/// How the program is told to measure this.
const ASKED: &str = "slow-disk";
/// How much longer a sync takes.
const DELAY: Duration = Duration::from_millis(100);
const ROUND: Duration = Duration::from_secs(5);
const ROUNDS: usize = 5;
/// Orders that rest far from the market.
const OPEN_ORDERS: u64 = 100_000;
/// Commands before it is measured: the venue's founding, and the resting orders.
const WARM_UP: u64 = 2 * OPEN_ORDERS;

/// Whether this is to be measured, and nothing else.
pub(crate) fn is_asked_for() -> bool {
    std::env::args().any(|argument| argument == ASKED)
}

/// Measures and prints.
pub(crate) fn compare() -> Result<()> {
    Place::default().take("core");
    println!("{RATE} commands a second through the core in durable mode:");
    let (mut usual, mut slow) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        usual.push(round("disk as it is", Duration::ZERO)?);
        slow.push(round("syncs 100 ms longer", DELAY)?);
    }
    usual.sort_unstable();
    slow.sort_unstable();
    let (Some(slowest), Some(median)) = (usual.last(), slow.get(ROUNDS / 2)) else {
        bail!("no rounds");
    };
    let verdict = if *median <= slowest + slowest / 10 {
        "within"
    } else {
        "more than"
    };
    println!(
        "p99.9 in ns: {usual:?} on the disk as it is, {slow:?} on the slow one, whose median {median} is {verdict} \
         10 % beyond the spread"
    );
    Ok(())
}

/// One round; its 99.9th percentile.
fn round(what: &str, delay: Duration) -> Result<u64> {
    let scratch = tempfile::tempdir()?;
    let mut rig = venue(scratch.path(), delay)?;
    rig.fill(WARM_UP)?;
    let faults = page_faults()?;
    let measured = rig.round(|elapsed| Ok(elapsed < ROUND))?;
    let faults = page_faults()? - faults;
    rig.end()?;
    tell(what, &measured);
    println!(
        "    {faults} page faults of the thread, those of the book and of the measurement included"
    );
    Ok(measured.latencies.value_at_quantile(0.999))
}

fn venue(data: &Path, delay: Duration) -> Result<Rig<SlowStorage>> {
    let directory = journal_directory(data);
    std::fs::create_dir_all(&directory)?;
    let inner = FileStorage::open(directory)?;
    let storage = Arc::new(SlowStorage { inner, delay });
    let exchange_id = || Ok(ExchangeId(*b"slow disk bench."));
    let replay = Replay::over(storage, SHARD, exchange_id)?;
    let snapshots = ReadOnlyDirectory::new(data);
    let restored = replay.run_with(&snapshots, hash_seed()?, Hearers::default(), |_, _| Ok(()))?;
    Rig::start(restored, Flow::new(OPEN_ORDERS), |recovered, watermark| {
        durable(recovered, watermark, SegmentBytes::default())
    })
}

/// Pages that the system has found for the calling thread so far.
fn page_faults() -> Result<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/stat")?;
    // Behind the name: state, six numbers, minor faults, those of children, major faults.
    let (_, fields) = stat
        .rsplit_once(')')
        .context("a stat file names its process")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok());
    let faults = number(7).zip(number(9)).context("a stat file has faults")?;
    Ok(faults.0 + faults.1)
}
