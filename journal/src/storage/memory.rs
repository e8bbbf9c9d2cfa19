//! A journal directory in memory, for tests: the bytes can be looked at, torn and put back.
//!
//! Nothing is ever lost here and syncing does nothing; storage that loses what was not synced is the
//! simulator's. Clones share the same files.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Directory, Entry, Pages, Reader, Segment, Storage};

type File = Arc<Mutex<Vec<u8>>>;

/// A directory in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    files: Arc<Mutex<BTreeMap<String, File>>>,
}

impl MemoryStorage {
    /// An empty directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// A directory with these files.
    pub fn with_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let files = files
            .into_iter()
            .map(|(name, bytes)| (name, Arc::new(Mutex::new(bytes))))
            .collect();
        Self {
            files: Arc::new(Mutex::new(files)),
        }
    }

    /// A copy of every file as it is now.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        lock(&self.files)
            .iter()
            .map(|(name, file)| (name.clone(), lock(file).clone()))
            .collect()
    }

    fn find(&self, name: &str) -> io::Result<File> {
        lock(&self.files)
            .get(name)
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The files stay whole whatever thread panicked while it held them: each change is one copy.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Directory for MemoryStorage {
    type Reader = MemoryReader;

    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        let entry = |(name, file): (&String, &File)| Entry {
            name: name.clone(),
            bytes: lock(file).len() as u64,
        };
        // A name with a directory in front is seen as that directory.
        let top = |entry: Entry| match entry.name.split_once('/') {
            Some((directory, _)) => Entry {
                name: directory.to_owned(),
                bytes: 0,
            },
            None => entry,
        };
        let mut entries: Vec<Entry> = lock(&self.files).iter().map(entry).map(top).collect();
        entries.dedup();
        Ok(entries)
    }

    fn reader(&self, name: &str) -> io::Result<MemoryReader> {
        self.find(name).map(|file| MemoryReader { file })
    }
}

impl Storage for MemoryStorage {
    type Segment = MemorySegment;

    fn create(&self, name: &str, bytes: u64) -> io::Result<MemorySegment> {
        let bytes = usize::try_from(bytes).map_err(io::Error::other)?;
        let file = Arc::new(Mutex::new(vec![0; bytes]));
        lock(&self.files).insert(name.to_owned(), Arc::clone(&file));
        Ok(MemorySegment { file })
    }

    fn open(&self, name: &str) -> io::Result<MemorySegment> {
        self.find(name).map(|file| MemorySegment { file })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = lock(&self.files);
        if files.contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let removed = lock(&self.files).remove(name);
        removed
            .map(drop)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn save(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut files = lock(&self.files);
        if files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        files.insert(name.to_owned(), Arc::new(Mutex::new(bytes.to_vec())));
        Ok(())
    }
}

/// A file in memory, for reading.
#[derive(Clone, Debug)]
pub struct MemoryReader {
    file: File,
}

impl Reader for MemoryReader {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let file = lock(&self.file);
        let begin = usize::try_from(offset).map_err(io::Error::other)?;
        let bytes = begin
            .checked_add(buffer.len())
            .and_then(|end| file.get(begin..end))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}

/// A segment in memory.
#[derive(Debug)]
pub struct MemorySegment {
    file: File,
}

impl Segment for MemorySegment {
    type Pages = MemoryPages;

    fn len(&self) -> u64 {
        lock(&self.file).len() as u64
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) {
        let begin = usize::try_from(offset).expect("a segment lies in memory");
        lock(&self.file)[begin..begin + bytes.len()].copy_from_slice(bytes);
    }

    fn sync(&mut self, _range: Range<u64>) -> io::Result<()> {
        Ok(())
    }

    fn close(self) -> io::Result<()> {
        Ok(())
    }

    fn pages(&self) -> MemoryPages {
        MemoryPages
    }
}

/// Memory is always ready.
#[derive(Clone, Copy, Debug)]
pub struct MemoryPages;

impl Pages for MemoryPages {
    fn prepare(&self, _range: Range<u64>) -> io::Result<()> {
        Ok(())
    }
}
