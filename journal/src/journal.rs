//! The journal as the core thread sees it, in whichever mode: append, then say that a batch is over.
//!
//! In `written` mode the core appends to the map itself and publishes after each batch; in `durable`
//! mode it hands over, wakes the journal thread after each batch, and that thread publishes. Either way
//! the publisher hears of sequences from one place and the core never waits for a disk.

use std::sync::Arc;

use rialto_types::{Input, Seq, Timestamp};

use crate::background::{BackgroundSegments, PagesAhead};
use crate::durable_thread::{
    AppendError, DurableConfig, DurableJournal, Hooks, JournalGauge, JournalWork,
};
use crate::error::JournalError;
use crate::header::SegmentBytes;
use crate::recovered::Recovered;
use crate::segments::SegmentSource;
use crate::storage::Storage;
use crate::writer::{Durability, JournalWriter};

/// A journal that is being written.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one journal, and the core thread is spared an indirection"
)]
pub enum Journal<S: Storage> {
    /// Acknowledges what survives the death of the process.
    Written(WrittenJournal<S>),
    /// Acknowledges what survives the loss of power.
    Durable(DurableJournal),
}

/// The writer in the core thread.
pub struct WrittenJournal<S: Storage> {
    writer: JournalWriter<S>,
    publish: Box<dyn Fn(Seq) + Send>,
    failure: Option<Arc<JournalError>>,
}

impl<S: Storage> Journal<S> {
    /// Begins the next life of a recovered journal in `written` mode. `publish` hears of each sequence
    /// up to which outputs may be told.
    ///
    /// # Errors
    /// Those of the disk, and [`JournalError::Thread`].
    pub fn written(
        recovered: Recovered<S>,
        segment_bytes: SegmentBytes,
        publish: Box<dyn Fn(Seq) + Send>,
    ) -> Result<Self, JournalError> {
        let storage = Arc::clone(recovered.storage());
        let segments = BackgroundSegments::start(storage, segment_bytes, PagesAhead::Kept)?;
        Self::written_on(recovered, Box::new(segments), publish)
    }

    /// The same on segments from another source: the simulator's, which has no threads.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn written_on(
        recovered: Recovered<S>,
        segments: Box<dyn SegmentSource<S::Segment>>,
        publish: Box<dyn Fn(Seq) + Send>,
    ) -> Result<Self, JournalError> {
        let writer = recovered.into_writer(Durability::Written, segments)?;
        publish(writer.tip().seq);
        Ok(Self::Written(WrittenJournal {
            writer,
            publish,
            failure: None,
        }))
    }

    /// Begins the next life of a recovered journal in `durable` mode.
    ///
    /// # Errors
    /// Those of the disk, and [`JournalError::Thread`].
    pub fn durable(
        recovered: Recovered<S>,
        segment_bytes: SegmentBytes,
        config: DurableConfig,
        hooks: Hooks,
    ) -> Result<Self, JournalError> {
        let storage = Arc::clone(recovered.storage());
        let segments = BackgroundSegments::start(storage, segment_bytes, PagesAhead::Left)?;
        let writer = recovered.into_writer(Durability::Durable, Box::new(segments))?;
        (hooks.publish)(writer.tip().seq);
        DurableJournal::start(writer, config, hooks).map(Self::Durable)
    }

    /// The same without threads: the caller takes the turns, and the segments are from another source.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn durable_by_hand(
        recovered: Recovered<S>,
        segments: Box<dyn SegmentSource<S::Segment>>,
        config: DurableConfig,
        publish: Box<dyn Fn(Seq) + Send>,
    ) -> Result<(Self, JournalWork<S>), JournalError> {
        let writer = recovered.into_writer(Durability::Durable, segments)?;
        publish(writer.tip().seq);
        let (journal, work) = DurableJournal::by_hand(writer, config, publish);
        Ok((Self::Durable(journal), work))
    }

    /// Takes one command. Sequences are contiguous, times never decrease.
    ///
    /// # Errors
    /// [`AppendError::Full`] in `durable` mode when the disk is behind: offer the command again.
    /// [`AppendError::Failed`] when the journal can take nothing more: stop, tell why, exit.
    #[inline]
    pub fn append(&mut self, seq: Seq, time: Timestamp, input: &Input) -> Result<(), AppendError> {
        match self {
            Self::Written(journal) => journal.append(seq, time, input),
            Self::Durable(journal) => journal.append(seq, time, input),
        }
    }

    /// Says that a batch of commands is over and that their outputs shall get out as soon as the mode
    /// allows. Call it after each batch, before waiting for more.
    #[inline]
    pub fn commit(&mut self) {
        match self {
            Self::Written(journal) => (journal.publish)(journal.writer.tip().seq),
            Self::Durable(journal) => journal.wake(),
        }
    }

    /// Why the journal can take nothing more, if so. Cheap; to be looked at also while idle.
    #[inline]
    pub fn failure(&self) -> Option<&Arc<JournalError>> {
        match self {
            Self::Written(journal) => journal.failure.as_ref(),
            Self::Durable(journal) => journal.failure(),
        }
    }

    /// A view of the journal thread for metrics; `None` in `written` mode, which has none.
    pub fn gauge(&self) -> Option<JournalGauge> {
        match self {
            Self::Written(_) => None,
            Self::Durable(journal) => Some(journal.gauge()),
        }
    }

    /// Makes everything taken durable, in either mode, states so in the journal, and returns the last
    /// command.
    ///
    /// # Errors
    /// The error that stopped the journal, now or before.
    pub fn close(self) -> Result<Seq, Arc<JournalError>> {
        match self {
            Self::Written(journal) => match journal.failure {
                Some(error) => Err(error),
                None => journal.writer.close().map_err(Arc::new),
            },
            Self::Durable(journal) => journal.close(),
        }
    }
}

impl<S: Storage> WrittenJournal<S> {
    /// The writer, to look at.
    pub fn writer(&self) -> &JournalWriter<S> {
        &self.writer
    }

    #[inline]
    fn append(&mut self, seq: Seq, time: Timestamp, input: &Input) -> Result<(), AppendError> {
        if let Some(error) = &self.failure {
            return Err(AppendError::Failed(Arc::clone(error)));
        }
        let appended = self.writer.append(seq, time, input);
        appended.map_err(|error| self.fail(error))
    }

    #[cold]
    fn fail(&mut self, error: JournalError) -> AppendError {
        let error = Arc::new(error);
        self.failure = Some(Arc::clone(&error));
        AppendError::Failed(error)
    }
}

impl<S: Storage> std::fmt::Debug for WrittenJournal<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WrittenJournal")
            .field("writer", &self.writer)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
