//! A directory, perhaps on another disk, to which segments are put away.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use super::file::{make_directories, sync_directory};
use crate::error::JournalError;
use crate::header::SEGMENT_HEADER_BYTES;
use crate::retention::Archive;

/// What a copy is called before it is complete.
const PARTIAL_SUFFIX: &str = ".partial";

/// Puts segments of one directory away to another.
#[derive(Clone, Debug)]
pub struct ArchiveDirectory {
    journal: PathBuf,
    archive: PathBuf,
}

impl ArchiveDirectory {
    /// From `journal` to `archive`, which is created when it is missing, and durable then.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn new(
        journal: impl Into<PathBuf>,
        archive: impl Into<PathBuf>,
    ) -> Result<Self, JournalError> {
        let (journal, archive) = (journal.into(), archive.into());
        make_directories(&archive)?;
        Ok(Self { journal, archive })
    }

    /// Moves within one file system; otherwise copies, syncs, and only then removes.
    fn put_away(&self, name: &str) -> io::Result<()> {
        let (from, to) = (self.journal.join(name), self.archive.join(name));
        if to.exists() {
            if front(&from)? != front(&to)?
                || fs::metadata(&from)?.len() != fs::metadata(&to)?.len()
            {
                return Err(io::Error::new(
                    io::ErrorKind::AlreadyExists,
                    format!(
                        "{} is the segment of another journal: give each exchange an archive of its own",
                        to.display()
                    ),
                ));
            }
            // A copy was complete when the last attempt ended; whether its name was durable nobody knows.
            sync_directory(&self.archive)?;
            return fs::remove_file(&from);
        }
        match fs::rename(&from, &to) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
            other => return other,
        }
        let partial = self.archive.join(format!("{name}{PARTIAL_SUFFIX}"));
        fs::copy(&from, &partial)?;
        File::open(&partial)?.sync_all()?;
        fs::rename(&partial, &to)?;
        sync_directory(&self.archive)?;
        fs::remove_file(&from)
    }
}

impl Archive for ArchiveDirectory {
    fn take(&self, name: &str) -> io::Result<()> {
        self.put_away(name)?;
        sync_directory(&self.archive)?;
        sync_directory(&self.journal)
    }
}

/// The header, by which two segments are told apart.
fn front(path: &std::path::Path) -> io::Result<[u8; SEGMENT_HEADER_BYTES]> {
    let mut bytes = [0; SEGMENT_HEADER_BYTES];
    io::Read::read_exact(&mut File::open(path)?, &mut bytes)?;
    Ok(bytes)
}
