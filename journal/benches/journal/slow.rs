//! Does a slow disk reach the core? The same load in `durable` mode, in turns on the disk as it is and on one
//! whose syncs take a tenth of a second longer, measured where the core stands: append and commit.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rialto_journal::storage::{
    Directory, Entry, FilePages, FileReader, FileSegment, FileStorage, Segment, Storage,
};
use rialto_journal::{DurableConfig, Journal, Recovery, SegmentBytes};

use crate::{Outcome, Paced, Scratch, durable_hooks, options, print};

/// How much longer a sync takes.
const DELAY: Duration = Duration::from_millis(100);
/// Orders a second; while a sync is on its way a tenth of them wait in the ring.
const RATE: u64 = 100_000;
const SECONDS: u64 = 5;
const ROUNDS: usize = 5;
/// How much beyond the slowest round on the disk as it is may be called the same.
const TOLERATED: f64 = 1.1;

/// A directory whose segments sync late.
#[derive(Debug)]
struct SlowStorage {
    inner: FileStorage,
    delay: Duration,
}

#[derive(Debug)]
struct SlowSegment {
    inner: FileSegment,
    delay: Duration,
}

impl SlowStorage {
    fn slow(&self, inner: FileSegment) -> SlowSegment {
        let delay = self.delay;
        SlowSegment { inner, delay }
    }
}

impl Directory for SlowStorage {
    type Reader = FileReader;

    fn name(&self) -> String {
        self.inner.name()
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        self.inner.list()
    }

    fn reader(&self, name: &str) -> io::Result<FileReader> {
        self.inner.reader(name)
    }
}

impl Storage for SlowStorage {
    type Segment = SlowSegment;

    fn create(&self, name: &str, bytes: u64) -> io::Result<SlowSegment> {
        self.inner.create(name, bytes).map(|inner| self.slow(inner))
    }

    fn open(&self, name: &str) -> io::Result<SlowSegment> {
        let inner = Storage::open(&self.inner, name)?;
        Ok(self.slow(inner))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.inner.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.inner.remove(name)
    }

    fn save(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.inner.save(name, bytes)
    }
}

impl Segment for SlowSegment {
    type Pages = FilePages;

    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) {
        self.inner.write(offset, bytes);
    }

    fn sync(&mut self, range: Range<u64>) -> io::Result<()> {
        sleep(self.delay);
        self.inner.sync(range)
    }

    fn close(self) -> io::Result<()> {
        sleep(self.delay);
        self.inner.close()
    }

    fn pages(&self) -> FilePages {
        self.inner.pages()
    }
}

/// One round: what a command costs the core.
fn round(delay: Duration) -> Outcome<Histogram<u64>> {
    let scratch = Scratch::new("slow")?;
    let inner = FileStorage::open(scratch.0.clone())?;
    let storage = Arc::new(SlowStorage { inner, delay });
    let recovered = Recovery::open(storage, options())?.finish()?;
    let config = DurableConfig::default();
    let hooks = durable_hooks();
    let mut journal = Journal::durable(recovered, SegmentBytes::default(), config, hooks)?;
    let mut paced = Paced::new(RATE)?;
    paced.run(&mut journal, SECONDS)?;
    journal.close().map_err(|error| error.to_string())?;
    Ok(paced.histogram)
}

/// Rounds in turns, and whether those on the slow disk differ.
pub(crate) fn compare() -> Outcome<()> {
    let begin = Instant::now();
    let (mut usual, mut slow) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (name, delay, found) in [
            ("as it is", Duration::ZERO, &mut usual),
            ("syncs 100 ms longer", DELAY, &mut slow),
        ] {
            let histogram = round(delay)?;
            print(&format!("disk {name}, {RATE} orders/s, core"), &histogram);
            found.push(histogram.value_at_quantile(0.999));
        }
    }
    usual.sort_unstable();
    slow.sort_unstable();
    let (fastest, slowest) = (usual[0], usual[ROUNDS - 1]);
    let median = slow[ROUNDS / 2];
    let is_within = median as f64 <= slowest as f64 * TOLERATED;
    println!(
        "slow disk: p99.9 of the core {fastest} to {slowest} ns on the disk as it is, {} to {} ns, median \
         {median}, on the slow one: {} 10 % beyond the spread; took {:.0?}",
        slow[0],
        slow[ROUNDS - 1],
        if is_within { "within" } else { "more than" },
        begin.elapsed()
    );
    Ok(())
}
