//! The snapshots of a journal: files in a directory of their own, each written as a whole.
//!
//! The directory is `snapshots/` inside the journal's, locked by whoever takes a snapshot; to read one no
//! lock is needed. A file that is not a good snapshot is a lost short cut and never lost data: whoever
//! looks for a state goes on to an older one. Names that are no snapshot's, such as one half written when
//! its writer died, are passed over. Cost: reading and writing are bound by the disk.

use rialto_types::Seq;
use thiserror::Error;

use crate::error::JournalError;
use crate::layout;
use crate::numbered;
use crate::record::index;
use crate::snapshot::{SNAPSHOT_HEADER_BYTES, Snapshot, SnapshotFault, SnapshotHeader};
use crate::storage::steps::PARTIAL_SUFFIX;
use crate::storage::{Directory, Entry, Reader, Storage};

/// How much is read at once to verify a file.
const BLOCK_BYTES: usize = 1 << 20;

/// A snapshot by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Its name in the directory.
    pub name: String,
    /// The last command that is part of it.
    pub seq: Seq,
    /// Its size.
    pub bytes: u64,
}

/// Why a snapshot cannot be read.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] JournalError),
    /// The file is no good snapshot.
    #[error("{name} is no good snapshot: {fault}")]
    Fault {
        /// The file.
        name: String,
        /// What is wrong.
        fault: SnapshotFault,
    },
    /// The file is for a newer build to read.
    #[error("{name} was written by a newer build: {fault}")]
    Newer {
        /// The file.
        name: String,
        /// The version that it has, and the one that this build reads.
        fault: SnapshotFault,
    },
}

impl SnapshotFile {
    /// Reads it, to restore a state.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn read(&self, directory: &impl Directory) -> Result<Snapshot, SnapshotError> {
        let reader = self.open(directory)?;
        // What the header does not account for is not read.
        self.header(&reader)?;
        let mut bytes = vec![0; index(self.bytes)];
        self.read_at(&reader, 0, &mut bytes)?;
        let (snapshot, header) = Snapshot::decode(&bytes).map_err(|fault| self.fault(fault))?;
        debug_assert_eq!(header.seq, self.seq, "its name was checked");
        Ok(snapshot)
    }

    /// Reads it block by block and compares its checksums and its state hash.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn verify(&self, directory: &impl Directory) -> Result<SnapshotHeader, SnapshotError> {
        let reader = self.open(directory)?;
        let header = self.header(&reader)?;
        let mut block = vec![0; BLOCK_BYTES];
        let (mut crc, mut hasher) = (0, blake3::Hasher::new());
        let mut state_left = index(header.state_bytes);
        let mut at = SNAPSHOT_HEADER_BYTES as u64;
        while at < self.bytes {
            let length = block.len().min(index(self.bytes - at));
            let piece = &mut block[..length];
            self.read_at(&reader, at, piece)?;
            crc = crc32c::crc32c_append(crc, piece);
            let of_state = length.min(state_left);
            hasher.update(&piece[..of_state]);
            state_left -= of_state;
            at += length as u64;
        }
        if crc != header.body_crc {
            return Err(self.fault(SnapshotFault::Checksum {
                part: "body",
                stated: header.body_crc,
                computed: crc,
            }));
        }
        if *hasher.finalize().as_bytes() != header.state_hash {
            return Err(self.fault(SnapshotFault::StateHash));
        }
        Ok(header)
    }

    /// Whether a newer build wrote it, by its header.
    fn is_newer(&self, directory: &impl Directory) -> Result<bool, JournalError> {
        let reader = self.open(directory)?;
        match self.header(&reader) {
            Err(SnapshotError::Disk(error)) => Err(error),
            Err(SnapshotError::Newer { .. }) => Ok(true),
            Err(SnapshotError::Fault { .. }) | Ok(_) => Ok(false),
        }
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

    fn header(&self, reader: &impl Reader) -> Result<SnapshotHeader, SnapshotError> {
        let mut bytes = [0; SNAPSHOT_HEADER_BYTES];
        let length = bytes.len().min(index(self.bytes));
        self.read_at(reader, 0, &mut bytes[..length])?;
        let header = SnapshotHeader::decode(&bytes[..length], self.bytes);
        let header = header.map_err(|fault| self.fault(fault))?;
        self.check_name(&header)?;
        Ok(header)
    }

    fn check_name(&self, header: &SnapshotHeader) -> Result<(), SnapshotError> {
        if header.seq == self.seq {
            return Ok(());
        }
        let (field, value) = ("sequence, by its name another,", header.seq.0);
        Err(self.fault(SnapshotFault::Field { field, value }))
    }

    fn fault(&self, fault: SnapshotFault) -> SnapshotError {
        let name = self.name.clone();
        if fault.is_newer() {
            return SnapshotError::Newer { name, fault };
        }
        SnapshotError::Fault { name, fault }
    }
}

/// The snapshots of a directory by their names, the newest first; none when there is no directory.
///
/// # Errors
/// Those of the disk.
pub fn list(directory: &impl Directory) -> Result<Vec<SnapshotFile>, JournalError> {
    let files = numbered::list(directory, layout::snapshot_seq)?.into_iter();
    let file = |(seq, Entry { name, bytes })| SnapshotFile { name, seq, bytes };
    Ok(files.map(file).collect())
}

/// The last commands of the snapshots that a newer build wrote: this one can neither read nor judge them.
///
/// # Errors
/// Those of the disk.
pub fn newer(directory: &impl Directory) -> Result<Vec<Seq>, JournalError> {
    let mut newer = Vec::new();
    for file in list(directory)? {
        if file.is_newer(directory)? {
            newer.push(file.seq);
        }
    }
    Ok(newer)
}

/// Removes what an earlier snapshot has begun to write and never ended. Only for who writes here alone.
///
/// # Errors
/// Those of the disk.
pub fn clear_away(storage: &impl Storage) -> Result<(), JournalError> {
    let begun = |name: &str| {
        let whole = name.strip_suffix(PARTIAL_SUFFIX)?;
        layout::snapshot_seq(whole).or_else(|| layout::candles_seq(whole))
    };
    numbered::prune(storage, begun, &[]).map(|_| ())
}

/// Writes a snapshot and reads it back. It is on the disk, whole and good, when this returns. One of the
/// same command that is not good is replaced.
///
/// # Errors
/// [`SnapshotError`]; what was there before is still there, unless it was no good.
pub fn save(storage: &impl Storage, snapshot: &Snapshot) -> Result<SnapshotFile, SnapshotError> {
    let seq = snapshot.image.seq;
    let name = layout::snapshot_name(seq);
    for old in list(storage)?.into_iter().filter(|old| old.seq == seq) {
        if old.verify(storage).is_ok() {
            return Ok(old);
        }
        let removed = storage.remove(&name);
        removed.map_err(JournalError::io("remove", &name))?;
    }
    let (bytes, _) = snapshot.encode();
    let file = SnapshotFile {
        bytes: bytes.len() as u64,
        name,
        seq,
    };
    let saved = storage.save(&file.name, &bytes);
    saved.map_err(JournalError::io("save the snapshot", &file.name))?;
    drop(bytes);
    file.verify(storage)?;
    Ok(file)
}

/// Removes every snapshot but those of `kept`, and returns the names.
///
/// # Errors
/// Those of the disk.
pub fn prune(storage: &impl Storage, kept: &[Seq]) -> Result<Vec<String>, JournalError> {
    numbered::prune(storage, layout::snapshot_seq, kept)
}
