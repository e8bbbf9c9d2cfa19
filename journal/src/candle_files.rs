//! The files of candles in a directory of snapshots, each beside the snapshot that it goes along.
//!
//! It is written before its snapshot and removed after it, so a snapshot that is there never waits for its
//! candles: a crash in between leaves a file that nobody looks at, and the next snapshot removes it. A file
//! that is missing or no good is no reason to stop or to pass over its snapshot. Cost: bound by the disk.

use rialto_types::Seq;
use thiserror::Error;

use crate::candles::{
    CANDLES_HEADER_BYTES, Candles, CandlesFault, CandlesHeader, check_crc, file_bytes_max,
};
use crate::error::JournalError;
use crate::layout;
use crate::numbered;
use crate::record::index;
use crate::recovery::Base;
use crate::storage::{Directory, Entry, Reader, Storage};

/// How much is read at once to verify a file.
const BLOCK_BYTES: usize = 1 << 20;

/// A file of candles by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandlesFile {
    /// Its name in the directory.
    pub name: String,
    /// The last command that is part of it.
    pub seq: Seq,
    /// Its size.
    pub bytes: u64,
}

/// Why candles cannot be had.
#[derive(Debug, Error)]
pub enum CandlesError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] JournalError),
    /// There is no file of that snapshot's.
    #[error("{name} is missing")]
    Missing {
        /// The file.
        name: String,
    },
    /// The file is no good.
    #[error("{name} is no good: {fault}")]
    Fault {
        /// The file.
        name: String,
        /// What is wrong.
        fault: CandlesFault,
    },
}

impl CandlesFile {
    /// Reads it block by block and compares its checksums, and that it goes along the snapshot at `base`.
    ///
    /// # Errors
    /// [`CandlesError`].
    pub fn verify(
        &self,
        directory: &impl Directory,
        base: &Base,
    ) -> Result<CandlesHeader, CandlesError> {
        let reader = self.open(directory)?;
        let header = self.header(&reader)?;
        let mut block = vec![0; BLOCK_BYTES];
        let mut crc = 0;
        let mut at = CANDLES_HEADER_BYTES as u64;
        while at < self.bytes {
            let length = block.len().min(index(self.bytes - at));
            let piece = &mut block[..length];
            self.read_at(&reader, at, piece)?;
            crc = crc32c::crc32c_append(crc, piece);
            at += length as u64;
        }
        let checked = check_crc("body", header.body_crc, crc);
        let checked = checked.and_then(|()| header.check_place(base));
        checked.map_err(|fault| self.fault(fault))?;
        Ok(header)
    }

    fn read(
        &self,
        directory: &impl Directory,
        base: &Base,
        instrument_count: usize,
    ) -> Result<Candles, CandlesError> {
        let most = file_bytes_max(instrument_count);
        if self.bytes > most {
            return Err(self.fault(CandlesFault::TooLarge {
                found: self.bytes,
                instruments: instrument_count,
                most,
            }));
        }
        let reader = self.open(directory)?;
        // What the header does not account for is not read.
        let header = self.header(&reader)?;
        let placed = header.check_place(base);
        placed.map_err(|fault| self.fault(fault))?;
        let mut bytes = vec![0; index(self.bytes)];
        self.read_at(&reader, 0, &mut bytes)?;
        Candles::decode(&bytes).map_err(|fault| self.fault(fault))
    }

    fn open<D: Directory>(&self, directory: &D) -> Result<D::Reader, JournalError> {
        let reader = directory.reader(&self.name);
        reader.map_err(JournalError::io("open", &self.name))
    }

    fn read_at(
        &self,
        reader: &impl Reader,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<(), JournalError> {
        let read = reader.read_at(offset, buffer);
        read.map_err(JournalError::io("read", &self.name))
    }

    fn header(&self, reader: &impl Reader) -> Result<CandlesHeader, CandlesError> {
        let mut bytes = [0; CANDLES_HEADER_BYTES];
        let length = bytes.len().min(index(self.bytes));
        self.read_at(reader, 0, &mut bytes[..length])?;
        let header = CandlesHeader::decode(&bytes[..length], self.bytes);
        let header = header.map_err(|fault| self.fault(fault))?;
        if header.base.seq == self.seq {
            return Ok(header);
        }
        let (field, value) = ("sequence, by its name another,", header.base.seq.0);
        Err(self.fault(CandlesFault::Field { field, value }))
    }

    fn fault(&self, fault: CandlesFault) -> CandlesError {
        let name = self.name.clone();
        CandlesError::Fault { name, fault }
    }
}

/// The files of candles in a directory by their names, the newest first; none when there is no directory.
///
/// # Errors
/// Those of the disk.
pub fn list(directory: &impl Directory) -> Result<Vec<CandlesFile>, JournalError> {
    let files = numbered::list(directory, layout::candles_seq)?.into_iter();
    let file = |(seq, Entry { name, bytes })| CandlesFile { name, seq, bytes };
    Ok(files.map(file).collect())
}

/// Reads the candles that go along the snapshot at `base`, whose state has so many instruments.
///
/// # Errors
/// [`CandlesError`].
pub fn read(
    directory: &impl Directory,
    base: &Base,
    instrument_count: usize,
) -> Result<Candles, CandlesError> {
    let files = list(directory)?;
    let Some(file) = files.into_iter().find(|file| file.seq == base.seq) else {
        let name = layout::candles_name(base.seq);
        return Err(CandlesError::Missing { name });
    };
    file.read(directory, base, instrument_count)
}

/// Writes candles, in the place of those of the same command, and reads them back. They are on the disk,
/// whole and good, when this returns.
///
/// # Errors
/// [`CandlesError`].
pub fn save(storage: &impl Storage, candles: &Candles) -> Result<CandlesFile, CandlesError> {
    let seq = candles.base.seq;
    let name = layout::candles_name(seq);
    if list(storage)?.iter().any(|old| old.seq == seq) {
        let removed = storage.remove(&name);
        removed.map_err(JournalError::io("remove", &name))?;
    }
    let bytes = candles.encode();
    let file = CandlesFile {
        bytes: bytes.len() as u64,
        name,
        seq,
    };
    let saved = storage.save(&file.name, &bytes);
    saved.map_err(JournalError::io("save the candles", &file.name))?;
    drop(bytes);
    file.verify(storage, &candles.base)?;
    Ok(file)
}

/// Removes the candles of a command. Returns whether there were any.
///
/// # Errors
/// Those of the disk.
pub fn remove(storage: &impl Storage, seq: Seq) -> Result<bool, JournalError> {
    let mut files = list(storage)?.into_iter();
    let Some(file) = files.find(|file| file.seq == seq) else {
        return Ok(false);
    };
    let removed = storage.remove(&file.name);
    removed.map_err(JournalError::io("remove", &file.name))?;
    Ok(true)
}

/// Removes all candles but those of the commands `kept`, and returns the names.
///
/// # Errors
/// Those of the disk.
pub fn prune(storage: &impl Storage, kept: &[Seq]) -> Result<Vec<String>, JournalError> {
    numbered::prune(storage, layout::candles_seq, kept)
}
