//! A directory on the disk whose segments sync late.

use std::io;
use std::ops::Range;
use std::thread::sleep;
use std::time::Duration;

use rialto_journal::FileStorage;
use rialto_journal::storage::{
    Directory, Entry, FilePages, FileReader, FileSegment, Segment, Storage,
};

/// A directory whose segments sync late.
#[derive(Debug)]
pub(crate) struct SlowStorage {
    pub(crate) inner: FileStorage,
    /// How much longer a sync takes.
    pub(crate) delay: Duration,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct SlowSegment {
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
