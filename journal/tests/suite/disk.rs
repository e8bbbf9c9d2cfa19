//! A disk that fails, is full, or takes its time when a test says so.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rialto_journal::MemoryStorage;
use rialto_journal::storage::{
    Directory, Entry, MemoryPages, MemoryReader, MemorySegment, Segment, Storage,
};

/// No test waits that long unless what it waits for never comes.
const FOR_EVER: Duration = Duration::from_mins(1);

/// What the test wants.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) fail_syncs: AtomicBool,
    pub(crate) is_full: AtomicBool,
    /// The segments that were written to, and where.
    pub(crate) writes: Mutex<Vec<(String, u64)>>,
    refusals: Mutex<u64>,
    refused: Condvar,
    held: Mutex<Option<Arc<Held>>>,
}

impl Faults {
    /// From now on every sync waits until it is released.
    pub(crate) fn hold_syncs(&self) -> Arc<Held> {
        let held = Arc::new(Held::default());
        *self.held.lock().unwrap() = Some(Arc::clone(&held));
        held
    }

    /// Waits until the disk has once said that it is full.
    pub(crate) fn wait_for_refusal(&self) {
        let refusals = self.refusals.lock().unwrap();
        let waited = self
            .refused
            .wait_timeout_while(refusals, FOR_EVER, |refusals| *refusals == 0);
        assert!(!waited.unwrap().1.timed_out(), "nobody asks for space");
    }

    fn create(&self) -> io::Result<()> {
        if !self.is_full.load(Ordering::SeqCst) {
            return Ok(());
        }
        *self.refusals.lock().unwrap() += 1;
        self.refused.notify_all();
        Err(io::ErrorKind::StorageFull.into())
    }

    fn sync(&self) -> io::Result<()> {
        let held = self.held.lock().unwrap().clone();
        if let Some(held) = held {
            held.pass();
        }
        if self.fail_syncs.load(Ordering::SeqCst) {
            return Err(io::Error::other("bad disk"));
        }
        Ok(())
    }
}

/// Holds every sync until released.
#[derive(Debug, Default)]
pub(crate) struct Held {
    arrived: Mutex<u64>,
    is_released: AtomicBool,
    changed: Condvar,
}

impl Held {
    fn pass(&self) {
        let mut arrived = self.arrived.lock().unwrap();
        *arrived += 1;
        self.changed.notify_all();
        while !self.is_released.load(Ordering::SeqCst) {
            arrived = self.changed.wait(arrived).unwrap();
        }
    }

    /// Waits until a sync has begun.
    pub(crate) fn wait_for_one(&self) {
        let arrived = self.arrived.lock().unwrap();
        let waited = self
            .changed
            .wait_timeout_while(arrived, FOR_EVER, |arrived| *arrived == 0);
        assert!(!waited.unwrap().1.timed_out(), "nobody syncs");
    }

    /// Lets all syncs return.
    pub(crate) fn release(&self) {
        let _arrived = self.arrived.lock().unwrap();
        self.is_released.store(true, Ordering::SeqCst);
        self.changed.notify_all();
    }
}

/// Files in memory behind [`Faults`].
#[derive(Debug)]
pub(crate) struct Disk {
    memory: MemoryStorage,
    faults: Arc<Faults>,
}

impl Disk {
    pub(crate) fn new(memory: MemoryStorage, faults: Arc<Faults>) -> Self {
        Self { memory, faults }
    }

    fn segment(&self, name: &str, segment: MemorySegment) -> DiskSegment {
        DiskSegment {
            name: name.to_owned(),
            segment,
            faults: Arc::clone(&self.faults),
        }
    }
}

impl Directory for Disk {
    type Reader = MemoryReader;

    fn name(&self) -> String {
        "disk".to_owned()
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        self.memory.list()
    }

    fn reader(&self, name: &str) -> io::Result<MemoryReader> {
        self.memory.reader(name)
    }
}

impl Storage for Disk {
    type Segment = DiskSegment;

    fn create(&self, name: &str, bytes: u64) -> io::Result<DiskSegment> {
        self.faults.create()?;
        self.memory
            .create(name, bytes)
            .map(|segment| self.segment(name, segment))
    }

    fn open(&self, name: &str) -> io::Result<DiskSegment> {
        self.memory
            .open(name)
            .map(|segment| self.segment(name, segment))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.memory.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.memory.remove(name)
    }

    fn save(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.faults.create()?;
        self.memory.save(name, bytes)
    }
}

/// A segment behind [`Faults`].
#[derive(Debug)]
pub(crate) struct DiskSegment {
    name: String,
    segment: MemorySegment,
    faults: Arc<Faults>,
}

impl Segment for DiskSegment {
    type Pages = MemoryPages;

    fn len(&self) -> u64 {
        self.segment.len()
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) {
        let mut writes = self.faults.writes.lock().unwrap();
        writes.push((self.name.clone(), offset));
        self.segment.write(offset, bytes);
    }

    fn sync(&mut self, range: Range<u64>) -> io::Result<()> {
        self.faults.sync()?;
        self.segment.sync(range)
    }

    fn close(self) -> io::Result<()> {
        self.faults.sync()?;
        self.segment.close()
    }

    fn pages(&self) -> MemoryPages {
        self.segment.pages()
    }
}
