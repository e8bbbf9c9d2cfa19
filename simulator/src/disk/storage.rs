//! The disk as the journal sees it: its traits, on a shared [`Disk`].
//!
//! Which steps a change of names takes, and which directory is synced when, is the product's own code
//! ([`steps`]); a step that is missing there is missing here.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rialto_journal::JournalError;
use rialto_journal::storage::steps::{self, Volume};
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

    /// A directory in this one, as whoever is to write it opens it: made if it is missing, and with every
    /// name in it on the disk.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn open_directory(&self, name: &str) -> Result<Self, JournalError> {
        steps::make_directories(self, Path::new(name))?;
        let directory = self.directory(name);
        directory.take_over()?;
        Ok(directory)
    }

    /// Takes this directory over from the process that wrote it before.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn take_over(&self) -> Result<(), JournalError> {
        steps::take_over(self).map_err(|source| JournalError::Io {
            action: "sync the directory",
            name: self.name(),
            source,
        })
    }

    /// The disk. A history is one thread, so nobody else holds it.
    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// As [`Self::path`], also of the directory itself, which has the empty path.
    fn at(&self, path: &Path) -> String {
        let path = self.path(&path.to_string_lossy());
        path.trim_end_matches('/').to_owned()
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
        steps::create(self, name, bytes)
    }

    fn open(&self, name: &str) -> io::Result<SimulatedSegment> {
        let (number, bytes) = self.disk().open(&self.path(name))?;
        Ok(self.segment(number, bytes))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        steps::rename(self, from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        steps::remove(self, name)
    }

    fn save(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        steps::save(self, name, bytes)
    }
}

impl Volume for SimulatedStorage {
    type Segment = SimulatedSegment;

    fn exists(&self, path: &Path) -> bool {
        let disk = self.disk();
        disk.names.has(&self.at(path))
    }

    fn is_directory(&self, path: &Path) -> bool {
        let disk = self.disk();
        disk.names.has_directory(&self.at(path))
    }

    fn make_directory(&self, path: &Path) -> io::Result<()> {
        self.disk().make_directory(&self.at(path))
    }

    fn reserve(&self, path: &Path, bytes: u64) -> io::Result<SimulatedSegment> {
        let length = usize::try_from(bytes).map_err(io::Error::other)?;
        let number = self.disk().reserve(&self.at(path), length)?;
        Ok(self.segment(number, bytes))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.disk().write_whole(&self.at(path), bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk().rename(&self.at(from), &self.at(to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk().remove(&self.at(path))
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.disk().sync_directory(&self.at(path))
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
