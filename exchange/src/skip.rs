//! Deciding that a record is passed over for ever: what `rialto journal skip` does.
//!
//! Only the record that the core panicked at can be decided on: any other has been applied, and clients
//! were told what came of it. The state before it is built up, so that a key that is no administrator's
//! is refused now and not at the next start. Then the decision is appended to the journal and synced, and
//! the mark of the panic removed. The exchange must not run meanwhile: the journal is locked.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rialto_client::ApiKey;
use rialto_engine::RULES_VERSION;
use rialto_journal::catalog::{Catalog, SegmentFile};
use rialto_journal::{
    Decision, Durability, FileStorage, InlineSegments, OpenOptions, Recovery, checksum_of,
    decisions,
};
use rialto_types::Seq;

use crate::poison::{self, Mark};
use crate::recovery::Beginning;

/// Has a record passed over, by the decision of the administrator who has this key.
///
/// # Errors
/// When the core did not panic at this record, the key was no administrator's then, or the journal cannot
/// be opened and written.
pub fn skip(journal: &Path, record: Seq, key: &ApiKey) -> Result<()> {
    check_mark(journal, record)?;
    let storage = Arc::new(FileStorage::open(journal)?);
    let catalog = Catalog::read(&storage, None)?;
    let mut headers = catalog.segments.iter().filter_map(SegmentFile::header);
    let header = headers.next_back().copied();
    let header = header.with_context(|| format!("{} holds no journal", journal.display()))?;
    let crc = checksum_of(&storage, record)?;
    let crc = crc.with_context(|| format!("the journal holds no record {record}"))?;
    let text = Decision::signed_bytes(header.exchange_id, record, crc);
    let decision = Decision {
        skipped: record,
        crc,
        key: key.key_id(),
        signature: key.sign_text(&text),
    };

    let beginning = Beginning::find(journal, header.shard, |base| base.seq < record)?;
    let Beginning {
        mut state, base, ..
    } = beginning;
    let (decided, _) = decisions(&storage, state.seq())?;
    if decided.iter().any(|other| other.skipped == record) {
        bail!("that record {record} is passed over was decided before: start the exchange");
    }
    state.heed(header.exchange_id, decided, poison::watch(None));
    let options = OpenOptions {
        shard: header.shard,
        rules_version: RULES_VERSION,
        new_exchange_id: header.exchange_id,
        after: Seq(0),
    };
    let mut recovery = match base {
        Some(base) => Recovery::open_after(Arc::clone(&storage), options, base)?,
        None => Recovery::open(Arc::clone(&storage), options)?,
    };
    while state.seq().next() < record {
        let Some(next) = recovery.next()? else {
            bail!("the journal ends before record {record}");
        };
        state.apply(&next)?;
    }
    poison::check_decision(&decision, header.exchange_id, &state.models)?;

    let segments = InlineSegments::new(storage, header.segment_bytes);
    let recovered = recovery.finish()?;
    let mut writer = recovered.into_writer(Durability::Durable, Box::new(segments))?;
    writer.append_decision(&decision)?;
    writer.close()?;
    Mark::remove(journal)
}

/// Refuses a record at which the core did not panic.
///
/// # Errors
/// Which record it was, if any.
pub fn check_mark(journal: &Path, record: Seq) -> Result<Mark> {
    match Mark::read(journal)? {
        Some(mark) if mark.record == record.0 => Ok(mark),
        Some(mark) => bail!(
            "the core panicked at record {}, not at record {record}: only that one can be passed over",
            mark.record
        ),
        None => bail!(
            "the core did not panic at record {record}: what was applied cannot be passed over any more"
        ),
    }
}
