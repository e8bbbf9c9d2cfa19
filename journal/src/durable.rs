//! Group commit: what the journal thread does in one turn, without the thread.
//!
//! A turn takes what waits in the ring, at most a batch, appends it, and syncs once. Syncing one record
//! costs as much as syncing a thousand, so the batch grows with the load and the latency hardly does.
//! The thread around it is in [`crate::durable_thread`]; the simulator calls [`GroupCommit::turn`]
//! itself.

use rialto_types::{Input, Seq, Timestamp};

use crate::error::JournalError;
use crate::storage::Storage;
use crate::writer::JournalWriter;

/// A command on its way to the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its sequence.
    pub seq: Seq,
    /// Its time.
    pub time: Timestamp,
    /// It.
    pub input: Input,
}

/// Appends and syncs batch after batch.
#[derive(Debug)]
pub struct GroupCommit<S: Storage> {
    writer: JournalWriter<S>,
    batch_max: usize,
}

impl<S: Storage> GroupCommit<S> {
    /// Commits to `writer`, at most `batch_max` commands with one sync.
    pub fn new(writer: JournalWriter<S>, batch_max: usize) -> Self {
        Self {
            writer,
            batch_max: batch_max.max(1),
        }
    }

    /// Takes commands until `next` has no more or the batch is full, and makes them durable. `None` when
    /// there was nothing; otherwise the last command that is now durable.
    ///
    /// # Errors
    /// As [`JournalWriter::append`] and [`JournalWriter::sync`]. Nothing of the batch may be
    /// acknowledged then, and no later turn will commit anything.
    pub fn turn(
        &mut self,
        mut next: impl FnMut() -> Option<Entry>,
    ) -> Result<Option<Seq>, JournalError> {
        let mut is_empty = true;
        for _ in 0..self.batch_max {
            let Some(entry) = next() else { break };
            self.writer.append(entry.seq, entry.time, &entry.input)?;
            is_empty = false;
        }
        if is_empty {
            return Ok(None);
        }
        self.writer.sync().map(Some)
    }

    /// The writer, to look at.
    pub fn writer(&self) -> &JournalWriter<S> {
        &self.writer
    }

    /// Ends the journal's use in order; see [`JournalWriter::close`].
    ///
    /// # Errors
    /// As [`JournalWriter::close`].
    pub fn close(self) -> Result<Seq, JournalError> {
        self.writer.close()
    }
}
