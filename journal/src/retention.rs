//! Segments that no recovery needs any more: those that end at or before the older kept snapshot.
//!
//! Two snapshots are kept, and segments from the older one on, so that one damaged snapshot costs time
//! and nothing else. Segments go oldest first, each put away or removed before the next: whatever
//! interrupts this leaves a journal without a gap. The owner of the journal calls it; both snapshots were
//! read back before. Cost: one file operation a segment, or a copy to another disk.

use rialto_types::Seq;

use crate::catalog::Catalog;
use crate::error::JournalError;
use crate::storage::Storage;

/// Where segments go instead of being removed.
pub trait Archive {
    /// Takes a segment out of the journal's directory. It is safe in the archive, or in the directory as
    /// before, whenever this is interrupted.
    ///
    /// # Errors
    /// Those of either disk; when another file of that name is in the archive.
    fn take(&self, name: &str) -> std::io::Result<()>;
}

/// Puts away or removes every segment whose last command is `older` or an earlier one; returns their
/// names. The newest segment always stays.
///
/// # Errors
/// Those of [`Catalog::read`] and of the disk. What was done until then stays done.
pub fn retire<S: Storage>(
    storage: &S,
    older: Seq,
    archive: Option<&dyn Archive>,
) -> Result<Vec<String>, JournalError> {
    let catalog = Catalog::read(storage, None)?;
    let mut retired = Vec::new();
    for pair in catalog.segments.windows(2) {
        let is_over = pair[1]
            .header()
            .is_some_and(|next| next.first_seq <= older.next());
        if !is_over {
            break;
        }
        let name = &pair[0].name;
        match archive {
            Some(archive) => archive
                .take(name)
                .map_err(JournalError::io("archive", name))?,
            None => storage
                .remove(name)
                .map_err(JournalError::io("remove", name))?,
        }
        retired.push(name.clone());
    }
    Ok(retired)
}
