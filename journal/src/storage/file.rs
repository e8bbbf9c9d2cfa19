//! The journal's directory on a real file system, locked, with memory-mapped segments.
//!
//! Space is reserved with fallocate, pages are made resident with `MADV_POPULATE_WRITE` and written
//! once, so that the extents are final and a later sync writes the record's page and no metadata. All
//! of that is done when a segment is created, ahead of its use. Reading goes through `pread`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

use super::map::{Map, MapPages, make_resident};
use super::{Directory, Entry, Pages, Reader, Segment, Storage};
use crate::error::JournalError;
use crate::layout;
use crate::record::index;

/// How much of a new segment is made resident and synced in one go: little enough that the syncs of
/// orders in between do not wait for long.
const PREPARE_BYTES: u64 = 4 << 20;
/// What a file is called before it is complete.
const PARTIAL_SUFFIX: &str = ".partial";

/// A journal directory that this process has locked.
#[derive(Debug)]
pub struct FileStorage {
    directory: PathBuf,
    /// Holds the lock as long as it is open; the kernel releases it when the process dies.
    _lock: File,
}

impl FileStorage {
    /// Locks the directory, which is created when it is missing.
    ///
    /// # Errors
    /// [`JournalError::InUse`] when another process has it, and those of the disk.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let directory = directory.into();
        let name = directory.display().to_string();
        fs::create_dir_all(&directory).map_err(JournalError::io("create the directory", &name))?;
        let path = directory.join(layout::LOCK);
        let lock_name = path.display().to_string();
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(JournalError::io("open", &lock_name))?;
        if let Err(error) = lock.try_lock() {
            return Err(match error {
                fs::TryLockError::WouldBlock => JournalError::InUse {
                    directory: name,
                    process: fs::read_to_string(&path)
                        .ok()
                        .and_then(|text| text.trim().parse().ok()),
                },
                fs::TryLockError::Error(source) => JournalError::io("lock", &lock_name)(source),
            });
        }
        let written = lock
            .set_len(0)
            .and_then(|()| writeln!(lock, "{}", std::process::id()))
            .and_then(|()| sync_directory(&directory));
        written.map_err(JournalError::io("write", &lock_name))?;
        Ok(Self {
            directory,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// A journal directory that is only looked at, also while another process writes it.
#[derive(Clone, Debug)]
pub struct ReadOnlyDirectory {
    directory: PathBuf,
}

impl ReadOnlyDirectory {
    /// Looks at `directory`; whether it exists shows when it is read.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }
}

impl Directory for ReadOnlyDirectory {
    type Reader = FileReader;

    fn name(&self) -> String {
        self.directory.display().to_string()
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        list(&self.directory)
    }

    fn reader(&self, name: &str) -> io::Result<FileReader> {
        File::open(self.directory.join(name)).map(|file| FileReader { file })
    }
}

impl Directory for FileStorage {
    type Reader = FileReader;

    fn name(&self) -> String {
        self.directory.display().to_string()
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        list(&self.directory)
    }

    fn reader(&self, name: &str) -> io::Result<FileReader> {
        File::open(self.path(name)).map(|file| FileReader { file })
    }
}

impl Storage for FileStorage {
    type Segment = FileSegment;

    fn create(&self, name: &str, bytes: u64) -> io::Result<FileSegment> {
        let path = self.path(name);
        remove_if_there(&path)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        let created = reserve(&file, bytes)
            .and_then(|()| make_ready(&file, bytes))
            .and_then(|()| FileSegment::map(file, bytes));
        match created {
            Ok(segment) => sync_directory(&self.directory).map(|()| segment),
            Err(error) => {
                // A half prepared file is of no use to anybody, and its space may be what is missing.
                // Should that fail too, the first error is the one to tell.
                let _ = fs::remove_file(&path);
                Err(error)
            }
        }
    }

    fn open(&self, name: &str) -> io::Result<FileSegment> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.path(name))?;
        let bytes = file.metadata()?.len();
        // Whoever put it back may have left holes, and a store into a hole on a full disk ends the process.
        if bytes > 0 {
            reserve(&file, bytes)?;
        }
        FileSegment::map(file, bytes)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let to = self.path(to);
        if to.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(self.path(from), to)?;
        sync_directory(&self.directory)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))?;
        sync_directory(&self.directory)
    }

    fn save(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(name);
        let parent = path.parent().unwrap_or(&self.directory);
        fs::create_dir_all(parent)?;
        if path.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let partial = self.path(&format!("{name}{PARTIAL_SUFFIX}"));
        let written = write_synced(&partial, bytes).and_then(|()| fs::rename(&partial, &path));
        if let Err(error) = written {
            // As with a segment: its room may be what is missing, and the first error is the one to tell.
            let _ = fs::remove_file(&partial);
            return Err(error);
        }
        sync_directory(parent)?;
        sync_directory(&self.directory)
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn list(directory: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        entries.push(Entry {
            name: entry.file_name().to_string_lossy().into_owned(),
            bytes: if metadata.is_dir() { 0 } else { metadata.len() },
        });
    }
    entries.sort();
    Ok(entries)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes changes of names in a directory durable.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn reserve(file: &File, bytes: u64) -> io::Result<()> {
    loop {
        match fallocate(file, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => return file.sync_all(),
            Err(Errno::INTR) => {}
            Err(Errno::OPNOTSUPP) => {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "this file system cannot reserve space (fallocate); use ext4, xfs or tmpfs",
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Makes every page resident and its extent final.
fn make_ready(file: &File, bytes: u64) -> io::Result<()> {
    let mut begin = 0;
    while begin < bytes {
        let end = bytes.min(begin + PREPARE_BYTES);
        make_resident(file, begin..end)?;
        file.sync_data()?;
        begin = end;
    }
    Ok(())
}

/// A file open for reading.
#[derive(Debug)]
pub struct FileReader {
    file: File,
}

impl Reader for FileReader {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }
}

/// A memory-mapped segment.
#[derive(Debug)]
pub struct FileSegment {
    map: Map,
    file: File,
}

impl FileSegment {
    fn map(file: File, bytes: u64) -> io::Result<Self> {
        let map = Map::new(&file, bytes)?;
        Ok(Self { map, file })
    }
}

impl Segment for FileSegment {
    type Pages = FilePages;

    fn len(&self) -> u64 {
        self.map.len() as u64
    }

    #[inline]
    fn write(&mut self, offset: u64, bytes: &[u8]) {
        self.map.write(index(offset), bytes);
    }

    fn sync(&mut self, range: Range<u64>) -> io::Result<()> {
        self.map.sync(range)
    }

    /// Unmapped first, for the reason told at `make_resident`.
    fn close(self) -> io::Result<()> {
        drop(self.map);
        self.file.sync_data()
    }

    fn pages(&self) -> FilePages {
        FilePages {
            pages: self.map.pages(),
        }
    }
}

/// Keeps pages of a mapped segment ready.
#[derive(Clone, Debug)]
pub struct FilePages {
    pages: MapPages,
}

impl Pages for FilePages {
    fn prepare(&self, range: Range<u64>) -> io::Result<()> {
        self.pages.prepare(range)
    }
}
