//! Making a journal usable again that recovery refuses: cutting it off before what is damaged.
//!
//! An ordinary tail needs no repair, the next start cuts it off by itself. Damage means that records which
//! were safe once are gone; recovery changes nothing then, because a copy or a replica may still have
//! them. When there is none, an operator may have the journal end where it is still whole. What is cut
//! off is saved, snapshots of a state beyond the end included. The order of steps is recovery's
//! ([`crate::recovered`]), so a repair that is interrupted can be repeated.

use std::sync::Arc;

use rialto_types::{Seq, ShardId};

use crate::Identity;
use crate::catalog::{Catalog, SegmentFile};
use crate::error::{Damage, JournalError};
use crate::layout;
use crate::record::index;
use crate::recovered::Recovered;
use crate::snapshots::{self, SnapshotFile};
use crate::storage::{Directory, Reader, Storage};
use crate::survey::LogEnd;
use crate::walk::{Step, Walk};

/// What a repair would do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the journal would end.
    pub end: LogEnd,
    /// What is lost, if anything is that somebody was told of.
    pub damage: Option<Damage>,
    /// Snapshots of a state beyond that end, which would be saved with the rest.
    pub beyond: Vec<SnapshotFile>,
    /// The segments.
    catalog: Catalog,
    identity: Identity,
}

impl Plan {
    /// Whether there is nothing to do: the journal is whole, or ends with a tail that the next start cuts
    /// off by itself.
    pub fn is_empty(&self) -> bool {
        self.damage.is_none() && self.beyond.is_empty()
    }

    /// Reads a journal and its snapshots. `None` when there is no segment.
    ///
    /// # Errors
    /// What no cut can mend: those of [`Catalog::read`], [`Walk::start`] and [`Walk::step`].
    pub fn examine<D: Directory + Clone>(
        directory: &D,
        snapshots: &impl Directory,
    ) -> Result<Option<Self>, JournalError> {
        let catalog = Catalog::read(directory, None)?;
        let header = catalog.segments.iter().find_map(SegmentFile::header);
        let Some(header) = header else {
            return Ok(None);
        };
        let identity = Identity {
            exchange_id: header.exchange_id,
            shard: ShardId(header.shard.0),
            rules_version: header.rules_version,
        };
        let mut walk = Walk::start(directory.clone(), catalog.clone(), 0)?;
        let fault = loop {
            if let Step::End(fault) = walk.step()? {
                break fault;
            }
        };
        let end = LogEnd::survey(&walk, directory, fault)?;
        let files = snapshots::list(snapshots)?.into_iter();
        let beyond: Vec<_> = files.filter(|file| file.seq > end.tip.seq).collect();
        // A snapshot that is good proves that its command was there.
        let applied = beyond.iter().filter(|file| file.verify(snapshots).is_ok());
        let applied = applied.map(|file| file.seq).max().unwrap_or(Seq(0));
        Ok(Some(Self {
            damage: end.check(applied).err(),
            end,
            beyond,
            catalog,
            identity,
        }))
    }

    /// Carries it out: the journal ends where it is whole. Returns the names of the files, within the
    /// journal's directory, to which everything behind was saved.
    ///
    /// # Errors
    /// Those of the disk. May be repeated.
    pub fn carry_out<S: Storage>(self, storage: Arc<S>) -> Result<Vec<String>, JournalError> {
        let mut saved = Vec::new();
        for file in &self.beyond {
            saved.push(put_aside(&*storage, file)?);
        }
        let recovered = Recovered::after(storage, self.identity, &self.catalog, self.end)?;
        let tail = recovered.tail().map(|tail| tail.saved.clone());
        saved.extend(tail.unwrap_or_default());
        Ok(saved)
    }
}

/// Moves a snapshot to the tails.
fn put_aside<S: Storage>(storage: &S, file: &SnapshotFile) -> Result<String, JournalError> {
    let from = format!("{}/{}", layout::SNAPSHOTS, file.name);
    let to = format!("{}/{}", layout::TAILS, file.name);
    let mut bytes = vec![0; index(file.bytes)];
    let reader = storage.reader(&from);
    reader
        .and_then(|reader| reader.read_at(0, &mut bytes))
        .map_err(JournalError::io("read", &from))?;
    match storage.save(&to, &bytes) {
        // An interrupted repair has done so.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        other => other.map_err(JournalError::io("save the snapshot as", &to))?,
    }
    let removed = storage.remove(&from);
    removed.map_err(JournalError::io("remove", &from))?;
    Ok(to)
}
