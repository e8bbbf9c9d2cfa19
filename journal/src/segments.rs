//! Where a writer gets its next segment from, and what becomes of the one before.
//!
//! A segment is created under the name of the spare, becomes live when its header is written, and gets
//! its own name afterwards: whoever opens the directory goes by the header, so nothing on the writer's
//! way has to wait for a rename. `SegmentShop` holds these steps without a thread;
//! [`InlineSegments`] does them at once, for the simulator and for tests;
//! [`crate::background::BackgroundSegments`] does them beside the writer.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use rialto_types::Seq;

use crate::error::JournalError;
use crate::header::SegmentBytes;
use crate::layout;
use crate::storage::{Pages, Segment, Storage};

/// How much of a segment is kept ready ahead of the writer, in bytes: 65,000 orders, which is 65 ms of a
/// million a second.
pub(crate) const AHEAD_BYTES: u64 = 4 << 20;

/// A segment that is full.
#[derive(Debug)]
pub struct Sealed<F> {
    /// It.
    pub segment: F,
    /// The last command up to which it, and every segment before it, reaches.
    pub last: Seq,
}

/// Gives a writer its segments, one after the other.
pub trait SegmentSource<F: Segment>: Send {
    /// Says that the next one will be needed. May be called more than once.
    fn prepare(&mut self);

    /// The next one: zeros, reserved, ready. Waits when it is not.
    ///
    /// # Errors
    /// [`JournalError::DiskFull`], and others of the disk.
    fn take(&mut self) -> Result<F, JournalError>;

    /// Says that the one taken last has its header now, and that its first command is `first`. Names it
    /// and syncs the one before.
    ///
    /// # Errors
    /// Those of the disk. An implementation with a thread answers them to a later call.
    fn begun(&mut self, first: Seq, sealed: Option<Sealed<F>>) -> Result<(), JournalError>;

    /// Keeps pages ready ahead of `position`, the writer's offset in the segment that they belong to.
    ///
    /// # Errors
    /// [`JournalError::Thread`].
    fn watch(&mut self, pages: F::Pages, position: Arc<AtomicU64>) -> Result<(), JournalError>;

    /// The last command up to which sealed segments are known to be synced.
    fn synced(&self) -> Seq;

    /// Waits until all sealed segments are synced.
    ///
    /// # Errors
    /// Those of the disk.
    fn settle(&mut self) -> Result<(), JournalError>;

    /// How often [`SegmentSource::take`] had to wait.
    fn wait_count(&self) -> u64;
}

/// The steps of a segment's life, each done when it is called.
#[derive(Debug)]
pub(crate) struct SegmentShop<S> {
    storage: Arc<S>,
    segment_bytes: SegmentBytes,
}

impl<S: Storage> SegmentShop<S> {
    pub(crate) fn new(storage: Arc<S>, segment_bytes: SegmentBytes) -> Self {
        Self {
            storage,
            segment_bytes,
        }
    }

    pub(crate) fn create(&self) -> Result<S::Segment, JournalError> {
        let bytes = self.segment_bytes.get();
        let refused = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                let directory = self.storage.name();
                JournalError::DiskFull { bytes, directory }
            }
            _ => JournalError::io("prepare the next segment as", layout::SPARE)(error),
        };
        let segment = self.storage.create(layout::SPARE, bytes).map_err(refused)?;
        let ahead = 0..bytes.min(AHEAD_BYTES);
        segment.pages().prepare(ahead).map_err(refused)?;
        Ok(segment)
    }

    pub(crate) fn name(&self, first: Seq) -> Result<(), JournalError> {
        let name = layout::segment_name(first);
        let renamed = self.storage.rename(layout::SPARE, &name);
        renamed.map_err(JournalError::io("rename the segment to", &name))
    }
}

/// Syncs a sealed segment and closes it.
pub(crate) fn close<F: Segment>(sealed: Sealed<F>) -> Result<Seq, JournalError> {
    let closed = sealed.segment.close();
    closed.map_err(JournalError::io("sync", "the sealed segment"))?;
    Ok(sealed.last)
}

/// Does everything in the writer's own thread: slow and exactly repeatable.
#[derive(Debug)]
pub struct InlineSegments<S> {
    shop: SegmentShop<S>,
    synced: Seq,
}

impl<S: Storage> InlineSegments<S> {
    /// Segments of this size.
    pub fn new(storage: Arc<S>, segment_bytes: SegmentBytes) -> Self {
        Self {
            shop: SegmentShop::new(storage, segment_bytes),
            synced: Seq(0),
        }
    }
}

impl<S: Storage> SegmentSource<S::Segment> for InlineSegments<S> {
    fn prepare(&mut self) {}

    fn take(&mut self) -> Result<S::Segment, JournalError> {
        self.shop.create()
    }

    fn begun(
        &mut self,
        first: Seq,
        sealed: Option<Sealed<S::Segment>>,
    ) -> Result<(), JournalError> {
        self.shop.name(first)?;
        if let Some(sealed) = sealed {
            self.synced = close(sealed)?;
        }
        Ok(())
    }

    fn watch(
        &mut self,
        _pages: <S::Segment as Segment>::Pages,
        _position: Arc<AtomicU64>,
    ) -> Result<(), JournalError> {
        Ok(())
    }

    fn synced(&self) -> Seq {
        self.synced
    }

    fn settle(&mut self) -> Result<(), JournalError> {
        Ok(())
    }

    fn wait_count(&self) -> u64 {
        0
    }
}
