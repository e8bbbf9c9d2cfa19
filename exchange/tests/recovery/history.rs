//! A journal on a real disk that holds a random sequence of commands, in small segments.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rialto_client::ApiKey;
use rialto_engine::{EventBuffer, Exchange, RULES_VERSION, StateImage};
use rialto_exchange::recovery::journal_directory;
use rialto_journal::{
    Durability, ExchangeId, FileStorage, InlineSegments, OpenOptions, Recovery, SegmentBytes,
};
use rialto_reference::scenario::{Profile, SHARD, Step, generate};
use rialto_types::{AccountId, Command, KeyId, Seq};
use tempfile::TempDir;

/// Eight pages: some four hundred commands.
const SEGMENT_BYTES: u64 = 8 * 4_096;
/// No test plays more.
const STEPS: usize = 4_000;

/// The key of a history's administrator.
pub(crate) fn administrator() -> ApiKey {
    ApiKey::from_secret(AccountId::VENUE, KeyId(1), &[7; 32])
}

/// The journal, and what is still to be written to it.
pub(crate) struct History {
    data: TempDir,
    steps: Vec<Step>,
    played: usize,
    exchange_id: ExchangeId,
}

impl History {
    /// An empty directory, to which a sequence will be written.
    pub(crate) fn new(seed: u64, profile: &Profile) -> Self {
        let mut exchange_id = *b"history of seed ";
        exchange_id[15] = u8::try_from(seed).unwrap();
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir(journal_directory(data.path())).unwrap();
        Self {
            data,
            steps: generate(seed, profile, STEPS),
            played: 0,
            exchange_id: ExchangeId(exchange_id),
        }
    }

    /// The same, but that a nanosecond takes a quarter of a second: a thousand commands take some hours.
    pub(crate) fn slow(seed: u64, profile: &Profile) -> Self {
        let mut history = Self::new(seed, profile);
        let begin = history.steps[0].time.0;
        for step in &mut history.steps {
            step.time.0 = begin + (step.time.0 - begin) * 250_000_000;
        }
        history
    }

    /// The same as [`Self::new`], but that the first key is [`administrator`]'s, and the second is not.
    pub(crate) fn administered(seed: u64, profile: &Profile) -> Self {
        let mut history = Self::new(seed, profile);
        let keys = history
            .steps
            .iter_mut()
            .filter_map(|step| match &mut step.input.command {
                Command::AddKey(key) => Some(key),
                _ => None,
            });
        for (at, key) in keys.take(2).enumerate() {
            if at == 0 {
                assert_eq!(
                    key.account,
                    AccountId::VENUE,
                    "the first key is an administrator's"
                );
            }
            key.public_key = administrator().public_key();
        }
        history
    }

    /// The state after what was played, had this record never been.
    pub(crate) fn state_without(&self, record: Seq) -> StateImage {
        let mut exchange = Exchange::new(SHARD);
        let mut events = EventBuffer::new();
        for (seq, step) in (1..).map(Seq).zip(&self.steps[..self.played]) {
            events.clear();
            if seq == record {
                exchange.skip(seq, step.time);
            } else {
                exchange.apply(seq, step.time, &step.input, &mut events);
            }
        }
        exchange.image()
    }

    /// The data directory.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// The journal's.
    pub(crate) fn journal(&self) -> PathBuf {
        journal_directory(self.data())
    }

    /// Writes the next commands, in a life of the writer of their own.
    pub(crate) fn play(&mut self, count: usize) {
        let storage = Arc::new(FileStorage::open(self.journal()).unwrap());
        let options = OpenOptions {
            shard: SHARD,
            rules_version: RULES_VERSION,
            new_exchange_id: self.exchange_id,
            after: Seq(0),
        };
        let recovered = Recovery::open(Arc::clone(&storage), options).unwrap();
        let segments = InlineSegments::new(storage, SegmentBytes::new(SEGMENT_BYTES).unwrap());
        let mut writer = recovered
            .finish()
            .unwrap()
            .into_writer(Durability::Durable, Box::new(segments))
            .unwrap();
        for step in &self.steps[self.played..self.played + count] {
            self.played += 1;
            // An exchange may have written in between, at the time of today.
            let (seq, time) = (writer.tip().seq.next(), writer.tip().time);
            writer
                .append(seq, step.time.max(time), &step.input)
                .unwrap();
        }
        writer.close().unwrap();
    }
}
