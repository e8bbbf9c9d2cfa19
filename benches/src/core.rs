//! The full core: stamp, journal record, key, checks, hold, match, settle, fees, events; 1,000 accounts.
//!
//! The journal is a real one, memory-mapped files in `written` mode, in a directory that is removed
//! afterwards; where instructions are counted it is one in memory, without a thread of its own. The stamp
//! counts up instead of reading the clock, which the core thread does once a batch.

use std::path::Path;
use std::sync::Arc;

use rialto_engine::{EventBuffer, Exchange, RULES_VERSION};
use rialto_journal::{
    Durability, ExchangeId, FileStorage, InlineSegments, Journal, JournalWriter, MemoryStorage,
    OpenOptions, Recovered, Recovery, SegmentBytes,
};
use rialto_types::{ClientSeq, Event, EventBody, Input, Seq, ShardId, Timestamp};

use crate::measure::Player;
use crate::outlet::Outlet;
use crate::venue::{VenueSize, inputs, opening};
use crate::workload::Workload;

/// Room of a journal in memory: 250,000 orders and what founds the venue.
const MEMORY_BYTES: u64 = 16 << 20;

/// What the core writes its commands down in.
#[derive(Debug)]
enum Log {
    /// Nothing.
    None,
    /// Mapped files in a directory of their own, which goes with them.
    Files {
        journal: Box<Journal<FileStorage>>,
        _directory: tempfile::TempDir,
    },
    /// Memory, without a thread beside the writer.
    Memory(Box<JournalWriter<MemoryStorage>>),
}

/// A core with its accounts, and where its events go.
#[derive(Debug)]
pub struct CorePlayer {
    exchange: Exchange,
    log: Log,
    events: EventBuffer,
    outlet: Outlet,
    seq: u64,
}

impl CorePlayer {
    /// A venue of some size without a journal.
    pub fn unlogged(size: VenueSize) -> Self {
        Self::found(Log::None, size)
    }

    /// A venue of some size whose journal is files below `directory`, in segments of `segment_bytes`.
    ///
    /// # Panics
    /// When the directory cannot be written.
    pub fn on_files(directory: &Path, segment_bytes: SegmentBytes, size: VenueSize) -> Self {
        let directory = tempfile::tempdir_in(directory).expect("the build directory is writable");
        let storage = FileStorage::open(directory.path()).expect("an empty directory is a journal");
        let recovered = recover(Arc::new(storage));
        let journal = Journal::written(recovered, segment_bytes, Box::new(|_| ()));
        let journal = journal.expect("a new journal is begun");
        Self::found(
            Log::Files {
                journal: Box::new(journal),
                _directory: directory,
            },
            size,
        )
    }

    /// A venue of the default size whose journal is in memory: the same instructions every time.
    ///
    /// # Panics
    /// Never: memory does not fail.
    pub fn in_memory() -> Self {
        let storage = Arc::new(MemoryStorage::new());
        let recovered = recover(Arc::clone(&storage));
        let segment_bytes = SegmentBytes::new(MEMORY_BYTES).expect("whole pages");
        let segments = InlineSegments::new(storage, segment_bytes);
        let writer = recovered
            .into_writer(Durability::Written, Box::new(segments))
            .expect("a new journal is begun");
        Self::found(Log::Memory(Box::new(writer)), VenueSize::default())
    }

    fn found(log: Log, size: VenueSize) -> Self {
        let mut player = Self {
            exchange: Exchange::new(ShardId(0)),
            log,
            events: EventBuffer::new(),
            outlet: Outlet::new(),
            seq: 0,
        };
        for input in opening(size) {
            player.play(&input);
        }
        player
    }

    /// Plays the first part of a workload.
    #[must_use]
    pub fn warm(mut self, workload: &Workload) -> Self {
        for input in inputs(&workload.warm_up, ClientSeq(1)) {
            self.play(&input);
        }
        self
    }

    /// Plays a command that is stamped with this time, which no command before exceeds.
    ///
    /// # Panics
    /// When the journal cannot be written, or time goes back.
    #[inline]
    pub fn play_at(&mut self, time: Timestamp, input: &Input) {
        self.outlet.take(&mut self.events);
        self.seq += 1;
        let seq = Seq(self.seq);
        match &mut self.log {
            Log::None => {}
            Log::Files { journal, .. } => {
                let appended = journal.append(seq, time, input);
                appended.expect("the disk has room");
            }
            Log::Memory(writer) => {
                let appended = writer.append(seq, time, input);
                appended.expect("memory has room");
            }
        }
        self.exchange.apply(seq, time, input, &mut self.events);
    }

    /// Ends a batch, as the core thread does before it looks for more.
    #[inline]
    pub fn end_batch(&mut self) {
        if let Log::Files { journal, .. } = &mut self.log {
            journal.commit();
        }
    }

    /// Whether the last command was refused.
    #[inline]
    pub fn was_refused(&self) -> bool {
        let last = self.events.last_command().last();
        last.is_some_and(|event| matches!(event.body, EventBody::Rejected(_)))
    }

    /// The state, to look at.
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// The events of the last command.
    pub fn events(&self) -> &[Event] {
        self.events.last_command()
    }
}

impl Player for CorePlayer {
    type Item = Input;

    #[inline]
    fn play(&mut self, input: &Input) {
        self.play_at(Timestamp(self.seq + 1), input);
    }
}

fn recover<S: rialto_journal::storage::Storage>(storage: Arc<S>) -> Recovered<S> {
    let options = OpenOptions {
        shard: ShardId(0),
        rules_version: RULES_VERSION,
        new_exchange_id: ExchangeId([1; 16]),
        after: Seq(0),
    };
    let recovered = Recovery::open(storage, options).and_then(Recovery::finish);
    recovered.expect("an empty journal is recovered")
}
