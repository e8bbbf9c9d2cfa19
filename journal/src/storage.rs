//! What the journal needs of a disk, as two traits: a directory to read ([`Directory`]) and one to
//! write ([`Storage`]).
//!
//! Three kinds of thing implement them: [`FileStorage`] on memory-mapped files, [`MemoryStorage`] for
//! tests, and the simulator's storage, which loses, tears and reorders what was not synced. So the
//! traits promise no more than a disk does: what [`Segment::write`] wrote survives the death of the
//! process at once, and the loss of power only after [`Segment::sync`] has returned, until then in any
//! order and any part of it. Operations on names are durable when they return.

mod archive;
mod file;
mod map;
mod memory;
pub mod steps;

use std::fmt;
use std::io;
use std::ops::Range;

pub use archive::ArchiveDirectory;
pub use file::{FilePages, FileReader, FileSegment, FileStorage, ReadOnlyDirectory};
pub use memory::{MemoryPages, MemoryReader, MemorySegment, MemoryStorage};

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its size in bytes; 0 for a directory.
    pub bytes: u64,
}

/// A journal directory, for reading.
pub trait Directory: fmt::Debug {
    /// An open file.
    type Reader: Reader;

    /// What to call it in messages.
    fn name(&self) -> String;

    /// Every entry, in the order of names.
    ///
    /// # Errors
    /// Those of the disk.
    fn list(&self) -> io::Result<Vec<Entry>>;

    /// Opens a file for reading.
    ///
    /// # Errors
    /// Those of the disk; [`io::ErrorKind::NotFound`].
    fn reader(&self, name: &str) -> io::Result<Self::Reader>;
}

/// An open file, for reading. Not a map: a bad sector must be an error here and not the end of the
/// process, and another process may be writing.
pub trait Reader: fmt::Debug {
    /// Fills `buffer` from `offset` on.
    ///
    /// # Errors
    /// Those of the disk; [`io::ErrorKind::UnexpectedEof`] when the file ends before.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

/// A journal directory of which this process is the only writer.
pub trait Storage: Directory + Send + Sync + 'static {
    /// An open segment.
    type Segment: Segment;

    /// Creates a file of `bytes` zeros whose space is reserved, so that writing to it cannot fail, and
    /// whose pages are ready to be written. Replaces one of the same name.
    ///
    /// # Errors
    /// Those of the disk; [`io::ErrorKind::StorageFull`] when the space is not there.
    fn create(&self, name: &str, bytes: u64) -> io::Result<Self::Segment>;

    /// Opens an existing file for writing.
    ///
    /// # Errors
    /// Those of the disk; [`io::ErrorKind::NotFound`].
    fn open(&self, name: &str) -> io::Result<Self::Segment>;

    /// Gives a file another name.
    ///
    /// # Errors
    /// Those of the disk; [`io::ErrorKind::AlreadyExists`] when another file has that name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Those of the disk.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Writes a new file as a whole; a crash leaves all of it or nothing under that name. The name
    /// may have one directory in front, which is created.
    ///
    /// # Errors
    /// Those of the disk; [`io::ErrorKind::AlreadyExists`].
    fn save(&self, name: &str, bytes: &[u8]) -> io::Result<()>;
}

/// A segment that is being written. Has a single owner, who is the only writer of its bytes.
#[expect(
    clippy::len_without_is_empty,
    reason = "a segment has at least two pages"
)]
pub trait Segment: fmt::Debug + Send + 'static {
    /// What keeps its pages ready.
    type Pages: Pages;

    /// Its size in bytes.
    fn len(&self) -> u64;

    /// Writes bytes. They survive the death of the process.
    ///
    /// # Panics
    /// When they reach beyond the segment.
    fn write(&mut self, offset: u64, bytes: &[u8]);

    /// Returns when everything written in `range` would survive the loss of power.
    ///
    /// # Errors
    /// Those of the disk. Afterwards nobody knows what is on it: the segment must not be written again.
    fn sync(&mut self, range: Range<u64>) -> io::Result<()>;

    /// Syncs all of it and closes it.
    ///
    /// # Errors
    /// As [`Segment::sync`].
    fn close(self) -> io::Result<()>;

    /// A handle by which another thread keeps pages ready, while the owner writes.
    fn pages(&self) -> Self::Pages;
}

/// Makes pages of a segment ready to be written without a page fault. Changes no bytes.
pub trait Pages: fmt::Debug + Send + 'static {
    /// Makes the pages of `range`, as far as the segment goes, resident and writable. Cheap for those
    /// that are.
    ///
    /// # Errors
    /// Those of the disk that has to be read. Nothing is lost then but time.
    fn prepare(&self, range: Range<u64>) -> io::Result<()>;
}

/// A shared directory is a directory.
impl<D: Directory> Directory for std::sync::Arc<D> {
    type Reader = D::Reader;

    fn name(&self) -> String {
        D::name(self)
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        D::list(self)
    }

    fn reader(&self, name: &str) -> io::Result<D::Reader> {
        D::reader(self, name)
    }
}
