//! Which segments there are: the names of a directory and the first page of each file, checked.
//!
//! Refuses what is not this journal's: other files, other versions, other exchanges, other shards, files
//! that were cut. Does not look at records. Cost: one page read for each segment.

use std::io;

use rialto_types::{Seq, ShardId};

use crate::error::JournalError;
use crate::header::{HeaderFault, SegmentHeader};
use crate::layout::{self, Role};
use crate::record::PAGE_BYTES;
use crate::storage::{Directory, Reader};

/// How often a directory is listed again because a file that was listed is not there any more.
const ATTEMPTS_MAX: u32 = 16;

/// A segment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFile {
    /// Its name; [`layout::SPARE`] if it was begun and not yet renamed.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// The sequence with which it begins, by its name, or by its header if it has no name yet.
    /// `None` for an unnamed file without a header.
    pub first: Option<Seq>,
    /// Its header and the header's checksum, or why there is none.
    pub header: Result<(SegmentHeader, u32), HeaderFault>,
}

impl SegmentFile {
    /// Opens the file. One that was still called the spare when the directory was listed may have its
    /// own name by now: a writer is at work.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn open<D: Directory>(&self, directory: &D) -> Result<D::Reader, JournalError> {
        let reader = directory
            .reader(&self.name)
            .or_else(|error| match self.first {
                Some(first) if is_renamed(&self.name, &error) => {
                    directory.reader(&layout::segment_name(first))
                }
                _ => Err(error),
            });
        reader.map_err(JournalError::io("open", &self.name))
    }

    /// The header, if it can be read.
    pub fn header(&self) -> Option<&SegmentHeader> {
        self.header.as_ref().ok().map(|(header, _)| header)
    }
}

/// What a journal must state to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The shard.
    pub shard: ShardId,
    /// The version of the rules.
    pub rules_version: u32,
}

/// The segments of a directory, in the order of their sequences. The last may be a spare without a
/// header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Those that hold records or might.
    pub segments: Vec<SegmentFile>,
}

impl Catalog {
    /// Reads a directory. `expected` is what the segments must state, if anything is.
    ///
    /// # Errors
    /// Those of the disk, [`JournalError::ForeignEntry`], [`JournalError::FormatVersion`],
    /// [`JournalError::RulesVersion`], [`JournalError::Shard`], [`JournalError::ForeignExchange`],
    /// [`JournalError::SegmentSize`].
    pub fn read(
        directory: &impl Directory,
        expected: Option<Expected>,
    ) -> Result<Self, JournalError> {
        let mut attempts = 1;
        let catalog = loop {
            match Self::list(directory) {
                // A writer that is at work has renamed or retired a segment since the directory was listed.
                Err(JournalError::Io {
                    action: "read",
                    source,
                    ..
                }) if source.kind() == io::ErrorKind::NotFound && attempts < ATTEMPTS_MAX => {
                    attempts += 1;
                }
                other => break other?,
            }
        };
        catalog.check(expected)?;
        Ok(catalog)
    }

    /// The segment with which to begin in order to come to command `needed`; `None` when there is no
    /// segment that begins early enough.
    ///
    /// That is the last one that begins early enough and has a header. The header of the newest may have
    /// been lost with the power: whether it may be missing is for the end of the log to say.
    pub(crate) fn index_for(&self, needed: Seq) -> Option<usize> {
        let segments = &self.segments;
        let begins = |index: &usize| segments[*index].first.is_some_and(|first| first <= needed);
        let mut readable = (0..segments.len())
            .filter(begins)
            .filter(|index| segments[*index].header.is_ok());
        readable
            .next_back()
            .or_else(|| (0..segments.len()).rfind(begins))
    }

    fn list(directory: &impl Directory) -> Result<Self, JournalError> {
        let directory_name = directory.name();
        let mut segments = Vec::new();
        let listed = directory.list();
        for entry in listed.map_err(JournalError::io("list", &directory_name))? {
            let named = match layout::role(&entry.name) {
                Some(Role::Segment(first)) => Some(first),
                Some(Role::Spare) => None,
                Some(Role::Other) => continue,
                None => {
                    return Err(JournalError::ForeignEntry {
                        directory: directory_name,
                        name: entry.name,
                    });
                }
            };
            segments.push(read_segment(directory, entry.name, entry.bytes, named)?);
        }
        // A file that says nothing of where it belongs comes last.
        segments.sort_by_key(|segment| segment.first.unwrap_or(Seq(u64::MAX)));
        Ok(Self { segments })
    }

    fn check(&self, expected: Option<Expected>) -> Result<(), JournalError> {
        let mut exchange = None;
        for segment in &self.segments {
            let name = || segment.name.clone();
            if let Err(HeaderFault::Version { found }) = segment.header {
                return Err(JournalError::FormatVersion {
                    name: name(),
                    found,
                });
            }
            let Some(header) = segment.header() else {
                continue;
            };
            let found = header.exchange_id;
            let expected_exchange = *exchange.get_or_insert(found);
            if found != expected_exchange {
                return Err(JournalError::ForeignExchange {
                    name: name(),
                    found,
                    expected: expected_exchange,
                });
            }
            let stated = header.segment_bytes.get();
            if segment.bytes != stated {
                return Err(JournalError::SegmentSize {
                    name: name(),
                    found: segment.bytes,
                    stated,
                });
            }
            if let Some(expected) = expected {
                check_expected(segment, header, expected)?;
            }
        }
        Ok(())
    }
}

/// Whether a file is gone because it was the spare and got its own name.
fn is_renamed(name: &str, error: &io::Error) -> bool {
    name == layout::SPARE && error.kind() == io::ErrorKind::NotFound
}

fn check_expected(
    segment: &SegmentFile,
    header: &SegmentHeader,
    expected: Expected,
) -> Result<(), JournalError> {
    if header.shard != expected.shard {
        return Err(JournalError::Shard {
            name: segment.name.clone(),
            found: header.shard,
            expected: expected.shard,
        });
    }
    if header.rules_version != expected.rules_version {
        return Err(JournalError::RulesVersion {
            name: segment.name.clone(),
            found: header.rules_version,
            expected: expected.rules_version,
        });
    }
    Ok(())
}

fn read_segment(
    directory: &impl Directory,
    name: String,
    bytes: u64,
    named: Option<Seq>,
) -> Result<SegmentFile, JournalError> {
    let mut page = [0; PAGE_BYTES];
    let length = page.len().min(usize::try_from(bytes).unwrap_or(usize::MAX));
    directory
        .reader(&name)
        .and_then(|reader| reader.read_at(0, &mut page[..length]))
        .map_err(JournalError::io("read", &name))?;
    let header = SegmentHeader::decode(&page).and_then(|(header, crc)| match named {
        Some(first) if first != header.first_seq => Err(HeaderFault::Field {
            field: "first sequence",
            value: header.first_seq.0,
        }),
        _ => Ok((header, crc)),
    });
    Ok(SegmentFile {
        name,
        bytes,
        first: named.or(header.as_ref().ok().map(|(header, _)| header.first_seq)),
        header,
    })
}
