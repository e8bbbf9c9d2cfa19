//! Where an operator has old segments put away: a shelf beside the machine, which no fault reaches.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;

use rialto_journal::Archive;
use rialto_journal::storage::{Directory, Reader, Storage};

use crate::disk::SimulatedStorage;

/// Segments that were put away, by name.
#[derive(Debug, Default)]
pub struct Shelf {
    files: BTreeMap<String, Vec<u8>>,
}

impl Shelf {
    /// What was put away.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }
}

/// A shelf beside a journal's directory.
pub(crate) struct ShelfBeside<'a> {
    pub(crate) storage: &'a SimulatedStorage,
    pub(crate) shelf: RefCell<&'a mut Shelf>,
}

impl Archive for ShelfBeside<'_> {
    fn take(&self, name: &str) -> io::Result<()> {
        let entries = self.storage.list()?;
        let entry = entries.into_iter().find(|entry| entry.name == name);
        let entry = entry.ok_or(io::ErrorKind::NotFound)?;
        let length = usize::try_from(entry.bytes).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        self.storage.reader(name)?.read_at(0, &mut bytes)?;
        // A copy is complete before the file goes; an earlier attempt may have made one.
        self.shelf.borrow_mut().files.insert(name.to_owned(), bytes);
        self.storage.remove(name)
    }
}
