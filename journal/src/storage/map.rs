//! A file mapped into memory: the only unsafe code of the journal.
//!
//! Bytes written to the map belong to the operating system at once, which is why they outlive the
//! process. The file's space is reserved before it is mapped, and the directory's lock keeps other
//! writers away, so that a store into the map finds its block on the disk and never ends in SIGBUS.

#[cfg(not(target_os = "linux"))]
compile_error!(
    "the journal needs Linux: fallocate, MADV_POPULATE_WRITE, and a sync that says what it did"
);

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use memmap2::{Advice, MmapOptions, MmapRaw};

/// A writable map of a whole file. Only its owner writes; [`MapPages`] of it never touch the bytes.
#[derive(Debug)]
pub(super) struct Map {
    raw: Arc<MmapRaw>,
}

/// Prepares pages of a [`Map`] from another thread. Keeps the map alive.
#[derive(Clone, Debug)]
pub(super) struct MapPages {
    raw: Arc<MmapRaw>,
}

impl Map {
    /// Maps the first `bytes` of the file.
    ///
    /// The map is declared as accessed at random. Otherwise the kernel reads ahead in large folios, and
    /// syncing one record later writes a whole folio: 430 µs instead of 28 µs here (docs/adr/0012).
    pub(super) fn new(file: &File, bytes: u64) -> io::Result<Self> {
        Self::part(file, 0..bytes)
    }

    fn part(file: &File, range: Range<u64>) -> io::Result<Self> {
        let (_, length) = span(&range)?;
        let raw = MmapOptions::new()
            .offset(range.start)
            .len(length)
            .map_raw(file)?;
        raw.advise(Advice::Random)?;
        Ok(Self { raw: Arc::new(raw) })
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.raw.len()
    }

    /// Copies `bytes` to `offset`.
    ///
    /// # Panics
    /// When they reach beyond the map.
    #[inline]
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset.checked_add(bytes.len());
        assert!(
            end.is_some_and(|end| end <= self.raw.len()),
            "{} bytes at {offset} lie within the segment of {}",
            bytes.len(),
            self.raw.len()
        );
        // SAFETY: the target lies within the map, as just checked. `self` is borrowed mutably and is
        // the only one that reads or writes through this map (`MapPages` gives advice only), so nothing
        // in this process refers to the target, and `bytes` cannot overlap it. The map is writable and
        // lives as long as `raw`.
        unsafe {
            let target = self.raw.as_mut_ptr().add(offset);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len());
        }
    }

    /// Writes the pages of `range` to the disk and waits for it.
    pub(super) fn sync(&self, range: Range<u64>) -> io::Result<()> {
        let (offset, length) = span(&range)?;
        if length == 0 {
            return Ok(());
        }
        self.raw.flush_range(offset, length)
    }

    pub(super) fn pages(&self) -> MapPages {
        MapPages {
            raw: Arc::clone(&self.raw),
        }
    }
}

/// Makes the pages of `range` resident and dirty, so that syncing the file makes their extents final.
///
/// Not through the map that will be written: writing a mapped page back interrupts every processor that
/// runs a thread of this process, once a page.
pub(super) fn make_resident(file: &File, range: Range<u64>) -> io::Result<()> {
    let length = range.end - range.start;
    Map::part(file, range)?.pages().prepare(0..length)
}

impl MapPages {
    /// Faults the pages of `range` in, writable, as far as the map goes.
    pub(super) fn prepare(&self, range: Range<u64>) -> io::Result<()> {
        let range = range.start..range.end.min(self.raw.len() as u64);
        let (offset, length) = span(&range)?;
        if length == 0 {
            return Ok(());
        }
        match self.raw.advise_range(Advice::PopulateWrite, offset, length) {
            // Linux before 5.14 has no such advice. Its pages fault in when they are written.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            other => other,
        }
    }
}

fn span(range: &Range<u64>) -> io::Result<(usize, usize)> {
    let offset = usize::try_from(range.start).map_err(io::Error::other)?;
    let length =
        usize::try_from(range.end.saturating_sub(range.start)).map_err(io::Error::other)?;
    Ok((offset, length))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn what_is_written_is_in_the_file() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(8192).unwrap();
        let mut map = Map::new(&file, 8192).unwrap();
        map.pages().prepare(0..1 << 20).unwrap();
        map.write(4094, b"abcd");
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, 4094).unwrap();
        assert_eq!(&bytes, b"abcd");
        map.sync(4090..4100).unwrap();
        map.sync(5..5).unwrap();
    }

    #[test]
    #[should_panic(expected = "2 bytes at 4095 lie within the segment of 4096")]
    fn nothing_is_written_beyond_the_end() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(4096).unwrap();
        Map::new(&file, 4096).unwrap().write(4095, b"ab");
    }
}
