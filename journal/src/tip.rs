//! Where the log stands: what a reader has reached and a writer goes on from.

use rialto_types::{Seq, Timestamp};

use crate::{Epoch, Identity};

/// The place after the last record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Where in its segment the next record begins.
    pub offset: u64,
    /// The checksum from which the next record continues.
    pub crc: u32,
    /// The last command's sequence.
    pub seq: Seq,
    /// The last command's time.
    pub time: Timestamp,
}

/// Where a writer begins: what recovery hands over.
#[derive(Debug)]
pub(crate) struct Start<F> {
    pub(crate) identity: Identity,
    pub(crate) epoch: Epoch,
    pub(crate) tip: Tip,
    /// The segment to go on in; without one the first segment is begun.
    pub(crate) segment: Option<F>,
}
