//! The directory as sessions read it: an immutable copy, replaced whole when something in it changes.
//!
//! A session keeps the copy that it read last and looks at a version number before each message, which
//! is one load of a cache line that nobody writes. Only when the number has changed does it take the new
//! copy, behind a lock that the publisher holds for as long as it takes to exchange a pointer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::models::Directory;

/// Where the publisher puts the directory.
#[derive(Debug)]
pub(crate) struct DirectoryCell {
    version: AtomicU64,
    current: Mutex<Arc<Directory>>,
}

impl DirectoryCell {
    /// With a first directory.
    pub(crate) fn new(directory: Directory) -> Arc<Self> {
        Arc::new(Self {
            version: AtomicU64::new(0),
            current: Mutex::new(Arc::new(directory)),
        })
    }

    /// Replaces the directory.
    pub(crate) fn publish(&self, directory: Directory) {
        let directory = Arc::new(directory);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = directory;
        self.version.fetch_add(1, Ordering::Release);
    }

    fn read(&self) -> (u64, Arc<Directory>) {
        // The version first: a directory newer than its version is only read once more.
        let version = self.version.load(Ordering::Acquire);
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        (version, Arc::clone(&current))
    }
}

/// A session's view of the directory.
#[derive(Clone, Debug)]
pub(crate) struct DirectoryReader {
    cell: Arc<DirectoryCell>,
    version: u64,
    directory: Arc<Directory>,
}

impl DirectoryReader {
    /// A reader of this cell.
    pub(crate) fn new(cell: Arc<DirectoryCell>) -> Self {
        let (version, directory) = cell.read();
        Self {
            cell,
            version,
            directory,
        }
    }

    /// The directory as it was published last.
    pub(crate) fn get(&mut self) -> &Directory {
        if self.cell.version.load(Ordering::Acquire) != self.version {
            (self.version, self.directory) = self.cell.read();
        }
        &self.directory
    }
}

#[cfg(test)]
mod tests {
    use rialto_types::{Asset, EventBody, Origin, Seq, Symbol, Timestamp};

    use super::*;
    use crate::models::{Changes, ReadModels};

    #[test]
    fn a_reader_sees_the_directory_that_was_published_last() {
        let mut models = ReadModels::new();
        let cell = DirectoryCell::new(models.directory().clone());
        let mut reader = DirectoryReader::new(Arc::clone(&cell));
        assert_eq!(reader.get().assets().count(), 0);
        let event = rialto_types::Event {
            seq: Seq(1),
            time: Timestamp(1),
            index: 0,
            last: true,
            body: EventBody::AssetAdded {
                origin: Origin::VENUE,
                id: rialto_types::AssetId(1),
                asset: Asset {
                    symbol: Symbol::new("BTC").unwrap(),
                    decimals: 8,
                },
            },
        };
        models.replay(&event, &mut Changes::default());
        assert_eq!(reader.get().assets().count(), 0, "not published yet");
        cell.publish(models.directory().clone());
        assert_eq!(reader.get().assets().count(), 1);
        assert_eq!(DirectoryReader::new(cell).get(), reader.get());
    }
}
