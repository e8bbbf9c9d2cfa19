//! The disk as the journal sees it: its traits, on a shared [`Disk`].

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rialto_journal::storage::{Directory, Entry, MemoryPages, Reader, Segment, Storage};

use super::Disk;

/// A directory of a simulated disk. Clones share the disk.
#[derive(Clone, Debug)]
pub struct SimulatedStorage {
    disk: Arc<Mutex<Disk>>,
    /// What its files' names begin with on the disk.
    prefix: String,
}

impl SimulatedStorage {
    /// The directory that holds everything.
    pub fn new(disk: Disk) -> Self {
        Self {
            disk: Arc::new(Mutex::new(disk)),
            prefix: String::new(),
        }
    }

    /// A directory in this one.
    #[must_use]
    pub fn directory(&self, name: &str) -> Self {
        Self {
            disk: Arc::clone(&self.disk),
            prefix: format!("{}{name}/", self.prefix),
        }
    }

    /// The disk. A history is one thread, so nobody else holds it.
    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn segment(&self, number: usize, bytes: u64) -> SimulatedSegment {
        SimulatedSegment {
            errors_told: self.disk().errors_of(number),
            storage: self.clone(),
            number,
            bytes,
        }
    }
}

impl Directory for SimulatedStorage {
    type Reader = SimulatedReader;

    fn name(&self) -> String {
        format!("simulated:/{}", self.prefix)
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        let entries = self.disk().list(&self.prefix)?;
        let entry = |(name, bytes)| Entry { name, bytes };
        Ok(entries.into_iter().map(entry).collect())
    }

    fn reader(&self, name: &str) -> io::Result<SimulatedReader> {
        let (number, _) = self.disk().open(&self.path(name))?;
        Ok(SimulatedReader {
            storage: self.clone(),
            number,
        })
    }
}

impl Storage for SimulatedStorage {
    type Segment = SimulatedSegment;

    fn create(&self, name: &str, bytes: u64) -> io::Result<SimulatedSegment> {
        let length = usize::try_from(bytes).map_err(io::Error::other)?;
        let number = self.disk().create(&self.path(name), length)?;
        Ok(self.segment(number, bytes))
    }

    fn open(&self, name: &str) -> io::Result<SimulatedSegment> {
        let (number, bytes) = self.disk().open(&self.path(name))?;
        Ok(self.segment(number, bytes))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk().rename(&self.path(from), &self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk().remove(&self.path(name))
    }

    fn save(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.disk().save(&self.path(name), bytes)
    }
}

/// An open file, for reading.
#[derive(Debug)]
pub struct SimulatedReader {
    storage: SimulatedStorage,
    number: usize,
}

impl Reader for SimulatedReader {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.storage.disk().read(self.number, offset, buffer)
    }
}

/// An open segment.
#[derive(Debug)]
pub struct SimulatedSegment {
    storage: SimulatedStorage,
    number: usize,
    bytes: u64,
    errors_told: u64,
}

impl Segment for SimulatedSegment {
    type Pages = MemoryPages;

    fn len(&self) -> u64 {
        self.bytes
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) {
        self.storage.disk().write(self.number, offset, bytes);
    }

    fn sync(&mut self, range: Range<u64>) -> io::Result<()> {
        let mut disk = self.storage.disk();
        disk.sync(self.number, range, &mut self.errors_told)
    }

    fn close(mut self) -> io::Result<()> {
        self.sync(0..self.bytes)
    }

    fn pages(&self) -> MemoryPages {
        MemoryPages
    }
}
