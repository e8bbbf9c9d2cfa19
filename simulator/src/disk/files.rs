//! What the operations of a directory and of its files do to the disk, one by one, faults included.

use std::io;
use std::ops::Range;

use super::{Disk, File, PAGE_BYTES, Power, SECTOR_BYTES, gone};
use crate::seen::Seen;

impl Disk {
    /// The names and sizes of the files whose names begin with `prefix`, those in directories below as
    /// those directories.
    pub(super) fn list(&mut self, prefix: &str) -> io::Result<Vec<(String, u64)>> {
        self.may_read(prefix)?;
        let mut entries: Vec<(String, u64)> = Vec::new();
        for (name, number) in self.names.files() {
            let Some(name) = name.strip_prefix(prefix) else {
                continue;
            };
            let entry = match name.split_once('/') {
                Some((directory, _)) => (directory.to_owned(), 0),
                None => (name.to_owned(), self.files[*number].cache.len() as u64),
            };
            if entries.last() != Some(&entry) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// Opens a file.
    pub(super) fn open(&mut self, name: &str) -> io::Result<(usize, u64)> {
        self.may_read(name)?;
        let number = self.find(name)?;
        Ok((number, self.files[number].cache.len() as u64))
    }

    /// Reads from a file.
    pub(super) fn read(&mut self, number: usize, offset: u64, into: &mut [u8]) -> io::Result<()> {
        if self.is_gone() {
            return Err(gone());
        }
        if self.strikes(self.plan.read_error) {
            let name = self.name_of(number);
            return Err(match self.random.index(2) {
                0 => self.told(Seen::ReadError, io::ErrorKind::Other, &name),
                _ => self.told(Seen::ShortRead, io::ErrorKind::UnexpectedEof, &name),
            });
        }
        let begin = usize::try_from(offset).map_err(io::Error::other)?;
        let bytes = self.files[number].cache.get(begin..begin + into.len());
        into.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    /// Creates a file of zeros, which stand on the disk; its name may not.
    pub(super) fn reserve(&mut self, name: &str, bytes: usize) -> io::Result<usize> {
        match self.step() {
            Power::Gone => return Err(gone()),
            Power::Failing => {
                if self.random.percent(70) {
                    self.counts.add(Seen::HalfCreated);
                    let length = self.random.index(bytes + 1);
                    self.add(name, &vec![0; length]);
                }
                return Err(gone());
            }
            Power::On => {}
        }
        if self.strikes(self.plan.file_error) {
            return Err(match self.random.index(3) {
                0 => self.told(Seen::FileError, io::ErrorKind::Other, name),
                _ => self.told(Seen::DiskFull, io::ErrorKind::StorageFull, name),
            });
        }
        self.counts.add(Seen::Segment);
        Ok(self.add(name, &vec![0; bytes]))
    }

    /// Gives a file another name.
    pub(super) fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.find(from)?;
        self.on_names(to, |disk| disk.names.rename(from, to))
    }

    /// Removes a file.
    pub(super) fn remove(&mut self, name: &str) -> io::Result<()> {
        self.find(name)?;
        self.on_names(name, |disk| disk.names.unlink(name))
    }

    /// Makes a directory.
    pub(super) fn make_directory(&mut self, name: &str) -> io::Result<()> {
        self.on_names(name, |disk| disk.names.make_directory(name))
    }

    /// Has a directory remember what was changed in it.
    pub(super) fn sync_directory(&mut self, name: &str) -> io::Result<()> {
        match self.step() {
            Power::On if self.strikes(self.plan.file_error) => {
                Err(self.told(Seen::FileError, io::ErrorKind::Other, name))
            }
            Power::On => {
                self.names.sync(name);
                Ok(())
            }
            // What comes of it shows when the power is gone.
            Power::Failing | Power::Gone => Err(gone()),
        }
    }

    /// Writes a file as a whole, in place of any of that name. Its bytes stand on the disk; its name may not.
    pub(super) fn write_whole(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let power = self.step();
        let fails = power == Power::On && self.strikes(self.plan.file_error);
        if power == Power::Gone {
            return Err(gone());
        }
        if power == Power::On && !fails {
            self.add(name, bytes);
            return Ok(());
        }
        let written = self.random.index(bytes.len() + 1);
        self.add(name, &bytes[..written]);
        if !fails {
            return Err(gone());
        }
        Err(match self.random.index(3) {
            0 => self.told(Seen::FileError, io::ErrorKind::Other, name),
            1 => self.told(Seen::DiskFull, io::ErrorKind::StorageFull, name),
            _ => self.told(Seen::ShortWrite, io::ErrorKind::WriteZero, name),
        })
    }

    /// Writes into the cache.
    pub(super) fn write(&mut self, number: usize, offset: u64, bytes: &[u8]) {
        let begin = usize::try_from(offset).expect("a simulated file lies in memory");
        let length = match self.step() {
            Power::Failing if self.random.percent(self.plan.damage_percent) => {
                self.counts.add(Seen::TornWrite);
                self.random.index(bytes.len())
            }
            Power::On | Power::Failing => bytes.len(),
            Power::Gone => return,
        };
        if self.plan.loses_zeroing && self.is_armed && bytes.iter().all(|byte| *byte == 0) {
            self.counts.add(Seen::LostZeroing);
            return;
        }
        let file = &mut self.files[number];
        file.cache[begin..begin + length].copy_from_slice(&bytes[..length]);
        if length > 0 {
            file.is_dirty[begin / PAGE_BYTES..=(begin + length - 1) / PAGE_BYTES].fill(true);
        }
    }

    /// How many syncs of a file have failed.
    pub(super) fn errors_of(&self, number: usize) -> u64 {
        self.files[number].errors
    }

    /// Writes the dirty pages of a range to the media. `errors_told` is how many failed syncs of the file the
    /// caller has heard of.
    pub(super) fn sync(
        &mut self,
        number: usize,
        range: Range<u64>,
        errors_told: &mut u64,
    ) -> io::Result<()> {
        let power = self.step();
        if power == Power::Gone {
            return Err(gone());
        }
        let page_of = |offset: u64| usize::try_from(offset / PAGE_BYTES as u64);
        let begin = page_of(range.start).map_err(io::Error::other)?;
        let end = page_of(range.end.next_multiple_of(PAGE_BYTES as u64));
        let end = end.map_err(io::Error::other)?;
        let fails = power == Power::On && self.strikes(self.plan.sync_error);
        for page in begin..end.min(self.files[number].is_dirty.len()) {
            if !self.files[number].is_dirty[page] {
                continue;
            }
            if power == Power::On && !fails || self.random.percent(50) {
                self.write_page(number, page);
            } else if fails && self.random.percent(70) {
                self.counts.add(Seen::DroppedPage);
                self.files[number].is_dirty[page] = false;
                self.note(|| format!("  disk: page {page} of file {number} counts as clean"));
            }
        }
        self.files[number].errors += u64::from(fails);
        let is_news = self.files[number].errors > *errors_told;
        *errors_told = self.files[number].errors;
        match power {
            Power::On if is_news => {
                let name = self.name_of(number);
                Err(self.told(Seen::SyncError, io::ErrorKind::Other, &name))
            }
            Power::On => Ok(()),
            Power::Failing | Power::Gone => Err(gone()),
        }
    }

    /// Puts back what the disk changed by itself, and only that: an operator's copy of the files.
    pub fn restore_from_copy(&mut self) {
        for file in &mut self.files {
            let bytes = file.media.len();
            for begin in (0..bytes).step_by(SECTOR_BYTES) {
                let sector = begin..bytes.min(begin + SECTOR_BYTES);
                let honest = file.honest[sector.clone()].to_vec();
                if file.media[sector.clone()] == honest[..] {
                    continue;
                }
                if !file.is_dirty[begin / PAGE_BYTES] {
                    file.cache[sector.clone()].copy_from_slice(&honest);
                }
                file.media[sector].copy_from_slice(&honest);
            }
        }
    }

    /// A change of names: done or not, and then told of or not.
    fn on_names(&mut self, name: &str, change: impl FnOnce(&mut Self)) -> io::Result<()> {
        let power = self.step();
        let fails = power == Power::On && self.strikes(self.plan.file_error);
        let is_done = match power {
            Power::Gone => return Err(gone()),
            Power::On if !fails => true,
            // It failed before or after the change itself.
            Power::On | Power::Failing => self.random.percent(50),
        };
        if is_done {
            change(self);
        }
        match power {
            Power::On if fails => Err(self.told(Seen::FileError, io::ErrorKind::Other, name)),
            Power::On => Ok(()),
            Power::Failing | Power::Gone => Err(gone()),
        }
    }

    fn may_read(&mut self, name: &str) -> io::Result<()> {
        if self.is_gone() {
            return Err(gone());
        }
        if self.strikes(self.plan.read_error / 2) {
            return Err(self.told(Seen::FileError, io::ErrorKind::Other, name));
        }
        Ok(())
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> usize {
        let number = self.files.len();
        self.names.link(name, number);
        self.files.push(File {
            cache: bytes.to_vec(),
            media: bytes.to_vec(),
            honest: bytes.to_vec(),
            is_dirty: vec![false; bytes.len().div_ceil(PAGE_BYTES)],
            errors: 0,
        });
        number
    }
}
