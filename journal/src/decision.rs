//! Decisions of an operator that are part of the journal: so far one, to leave a record out.
//!
//! ```text
//! byte 0                24           32          36      40                104
//!      │ record header  │ skipped seq │ its crc   │ key   │ Ed25519 signature │
//! ```
//!
//! A record that makes the core panic would do so at every restart. An administrator may decide that it
//! is passed over; the decision is appended behind everything, signed, and every replay collects the
//! decisions of the whole journal before it applies the first record, so that each of them leaves out the
//! same. A decision names the record by its sequence and its checksum, which depends on all of the history
//! before it: it can be used for no other record and no other journal. Whether the signature is that of an
//! administrator is for whoever knows the keys to say. Cost of collecting: one walk along the journal.

use rialto_types::{KeyId, Seq, Timestamp};

use crate::ExchangeId;
use crate::catalog::Catalog;
use crate::codec::PayloadError;
use crate::error::JournalError;
use crate::record::{self, HEADER_BYTES, RecordHead, RecordKind, long, word};
use crate::storage::Directory;
use crate::walk::{Step, Walk};

/// Bytes of header and payload.
pub const DECISION_BYTES: usize = 104;
/// Bytes of what is signed.
pub const SIGNED_BYTES: usize = 40;

/// What the signed bytes begin with, so that no other signature of the key can stand for one.
const DOMAIN: [u8; 12] = *b"rialto skip\n";
const SKIPPED_AT: usize = HEADER_BYTES;
const CRC_AT: usize = 32;
const KEY_AT: usize = 36;
const SIGNATURE_AT: usize = 40;

/// The decision to pass over a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The record to pass over.
    pub skipped: Seq,
    /// Its checksum.
    pub crc: u32,
    /// Who decided.
    pub key: KeyId,
    /// Over [`Decision::signed_bytes`].
    pub signature: [u8; 64],
}

impl Decision {
    /// What an administrator signs to have record `skipped` with checksum `crc` passed over.
    pub fn signed_bytes(exchange_id: ExchangeId, skipped: Seq, crc: u32) -> [u8; SIGNED_BYTES] {
        let mut bytes = [0; SIGNED_BYTES];
        bytes[..12].copy_from_slice(&DOMAIN);
        bytes[12..28].copy_from_slice(&exchange_id.0);
        bytes[28..36].copy_from_slice(&skipped.0.to_le_bytes());
        bytes[36..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Writes the record, but for the checksum of the chain, and returns what its header says. It follows
    /// command `seq`.
    pub(crate) fn write(&self, record: &mut [u8], seq: Seq, time: Timestamp) -> RecordHead {
        let head = RecordHead {
            kind: RecordKind::Decision,
            flags: 0,
            length: DECISION_BYTES,
            seq,
            time,
        };
        record::write_head(record, &head);
        record[SKIPPED_AT..CRC_AT].copy_from_slice(&self.skipped.0.to_le_bytes());
        record[CRC_AT..KEY_AT].copy_from_slice(&self.crc.to_le_bytes());
        record[KEY_AT..SIGNATURE_AT].copy_from_slice(&self.key.0.to_le_bytes());
        record[SIGNATURE_AT..DECISION_BYTES].copy_from_slice(&self.signature);
        head
    }

    /// Reads the payload of a record.
    ///
    /// # Errors
    /// [`PayloadError`] when it is no decision's.
    ///
    /// # Panics
    /// Never: a payload of that length holds all of it.
    pub fn read(payload: &[u8]) -> Result<Self, PayloadError> {
        let length = payload.len();
        let Ok(payload) = <&[u8; DECISION_BYTES - HEADER_BYTES]>::try_from(payload) else {
            return Err(PayloadError::code("length of a decision", length as u64)());
        };
        let at = |offset: usize| offset - HEADER_BYTES;
        let signature = payload.last_chunk().expect("80 bytes end with 64");
        Ok(Self {
            skipped: Seq(long(payload, at(SKIPPED_AT))),
            crc: word(payload, at(CRC_AT)),
            key: KeyId(word(payload, at(KEY_AT))),
            signature: *signature,
        })
    }
}

/// The decisions of a whole journal about records after `after`, ascending by record, each once; and the
/// last command that it holds.
///
/// # Errors
/// Those of [`Catalog::read`] and [`Walk::step`], and [`JournalError::Undecided`] for a decision about a
/// record that is not the one there.
pub fn decisions<D: Directory + Clone>(
    directory: &D,
    after: Seq,
) -> Result<(Vec<Decision>, Seq), JournalError> {
    let (mut decisions, mut last) = (Vec::new(), Seq(0));
    walk(directory, after, |seq, _, decision| {
        last = seq;
        if let Some(decision) = decision.filter(|decision| decision.skipped > after) {
            // A record can only be decided on once it is there.
            if decision.skipped > seq {
                return Err(JournalError::Undecided {
                    skipped: decision.skipped,
                });
            }
            decisions.push(decision);
        }
        Ok(())
    })?;
    decisions.sort_by_key(|decision: &Decision| decision.skipped);
    decisions.dedup_by_key(|decision| decision.skipped);
    if decisions.is_empty() {
        return Ok((decisions, last));
    }
    let mut open = decisions.as_slice();
    walk(directory, after, |seq, crc, decision| {
        if let [first, rest @ ..] = open
            && decision.is_none()
            && first.skipped == seq
        {
            if first.crc != crc {
                let skipped = first.skipped;
                return Err(JournalError::Undecided { skipped });
            }
            open = rest;
        }
        Ok(())
    })?;
    match open.first() {
        Some(first) => Err(JournalError::Undecided {
            skipped: first.skipped,
        }),
        None => Ok((decisions, last)),
    }
}

/// The checksum of a record; `None` when the journal does not hold it.
///
/// # Errors
/// Those of [`Catalog::read`] and [`Walk::step`].
pub fn checksum_of<D: Directory + Clone>(
    directory: &D,
    wanted: Seq,
) -> Result<Option<u32>, JournalError> {
    let mut found = None;
    walk(
        directory,
        Seq(wanted.0.saturating_sub(1)),
        |seq, crc, decision| {
            if seq == wanted && decision.is_none() && found.is_none() {
                found = Some(crc);
            }
            Ok(())
        },
    )?;
    Ok(found)
}

/// Visits every command and decision from the segment on that holds the command after `after`, or from
/// the first there is: sequence, checksum, and the decision if it is one.
fn walk<D: Directory + Clone>(
    directory: &D,
    after: Seq,
    mut visit: impl FnMut(Seq, u32, Option<Decision>) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let choose = |catalog: &Catalog| {
        let is_begun = catalog.segments.iter().any(|file| file.first.is_some());
        is_begun.then(|| catalog.index_for(after.next()).unwrap_or(0))
    };
    let Some(mut walk) = Walk::over(directory, choose)? else {
        return Ok(());
    };
    while let Step::Record(found) = walk.step()? {
        let (seq, crc, offset) = (found.frame.seq, found.frame.crc, found.offset);
        match found.kind {
            RecordKind::Command(_) => visit(seq, crc, None)?,
            RecordKind::Decision => match Decision::read(found.frame.payload) {
                Ok(decision) => visit(seq, crc, Some(decision))?,
                Err(source) => return Err(walk.malformed_at(seq, offset, source)),
            },
            RecordKind::Pad | RecordKind::Group => {}
        }
    }
    Ok(())
}
