//! The journal's directory on a real file system, locked, with memory-mapped segments.
//!
//! Which names come and go in which order, and which directory is synced when, stands in [`super::steps`];
//! here is what each step does.
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
use super::steps::{self, Volume};
use super::{Directory, Entry, Pages, Reader, Segment, Storage};
use crate::error::JournalError;
use crate::layout;
use crate::record::index;

/// How much of a new segment is made resident and synced in one go: little enough that the syncs of
/// orders in between do not wait for long.
const PREPARE_BYTES: u64 = 4 << 20;
/// A journal directory that this process has locked.
#[derive(Debug)]
pub struct FileStorage {
    volume: FileVolume,
    /// Holds the lock as long as it is open; the kernel releases it when the process dies.
    _lock: File,
}

impl FileStorage {
    /// Locks the directory, which is created when it is missing, with those above it; each that is created
    /// is durable in the one that holds it before anything is written.
    ///
    /// # Errors
    /// [`JournalError::InUse`] when another process has it, and those of the disk.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let directory = directory.into();
        let name = directory.display().to_string();
        make_directories(&directory)?;
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
            .and_then(|()| writeln!(lock, "{}", std::process::id()));
        written.map_err(JournalError::io("write", &lock_name))?;
        let volume = FileVolume { root: directory };
        steps::take_over(&volume).map_err(JournalError::io("sync the directory", &name))?;
        Ok(Self {
            volume,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.volume.root
    }

    fn path(&self, name: &str) -> PathBuf {
        self.volume.at(Path::new(name))
    }
}

/// Makes a directory of the real file system and those above it that are missing, each of them durable in
/// the one that holds it.
pub(super) fn make_directories(directory: &Path) -> Result<(), JournalError> {
    let everything = FileVolume {
        root: PathBuf::new(),
    };
    steps::make_directories(&everything, directory)
}

/// The real file system, from a directory on.
#[derive(Debug)]
struct FileVolume {
    root: PathBuf,
}

impl FileVolume {
    fn at(&self, path: &Path) -> PathBuf {
        match self.root.join(path) {
            here if here.as_os_str().is_empty() => PathBuf::from("."),
            other => other,
        }
    }
}

impl Volume for FileVolume {
    type Segment = FileSegment;

    fn exists(&self, path: &Path) -> bool {
        fs::symlink_metadata(self.at(path)).is_ok()
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.at(path).is_dir()
    }

    fn make_directory(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(self.at(path)) {
            // Another process was faster.
            Err(_) if self.is_directory(path) => Ok(()),
            other => other,
        }
    }

    fn reserve(&self, path: &Path, bytes: u64) -> io::Result<FileSegment> {
        let path = self.at(path);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        let created = reserve(&file, bytes)
            .and_then(|()| make_ready(&file, bytes))
            .and_then(|()| FileSegment::map(file, bytes));
        if created.is_err() {
            // A half prepared file is of no use to anybody, and its space may be what is missing.
            // Should that fail too, the first error is the one to tell.
            let _ = fs::remove_file(&path);
        }
        created
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(self.at(path))?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(self.at(from), self.at(to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(self.at(path))
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        sync_directory(&self.at(path))
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
        self.volume.root.display().to_string()
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        list(&self.volume.root)
    }

    fn reader(&self, name: &str) -> io::Result<FileReader> {
        File::open(self.path(name)).map(|file| FileReader { file })
    }
}

impl Storage for FileStorage {
    type Segment = FileSegment;

    fn create(&self, name: &str, bytes: u64) -> io::Result<FileSegment> {
        steps::create(&self.volume, name, bytes)
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
        steps::rename(&self.volume, from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        steps::remove(&self.volume, name)
    }

    fn save(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        steps::save(&self.volume, name, bytes)
    }
}

/// How often a directory is listed at most whose files come and go meanwhile.
const LISTINGS_MAX: u32 = 1_000;

/// The entries of a directory that another process may be changing: should a file have gone between its name and its size,
/// everything is listed again, since it may have another name now.
fn list(directory: &Path) -> io::Result<Vec<Entry>> {
    for _ in 1..LISTINGS_MAX {
        let entries = fs::read_dir(directory)?;
        match entries.map(read_entry).collect() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            listed => return sorted(listed),
        }
    }
    sorted(fs::read_dir(directory)?.map(read_entry).collect())
}

fn sorted(listed: io::Result<Vec<Entry>>) -> io::Result<Vec<Entry>> {
    let mut entries = listed?;
    entries.sort();
    Ok(entries)
}

fn read_entry(entry: io::Result<fs::DirEntry>) -> io::Result<Entry> {
    let entry = entry?;
    let metadata = entry.metadata()?;
    Ok(Entry {
        name: entry.file_name().to_string_lossy().into_owned(),
        bytes: if metadata.is_dir() { 0 } else { metadata.len() },
    })
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
