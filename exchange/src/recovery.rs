//! Recovery: from the journal's directory to the state after its last command.
//!
//! Every record goes through [`Exchange::apply`], as it did when it was written, and its events through
//! the read models, as they did then; nobody is told anything. What comes out is what the process that
//! died had. Cost: what matching costs; the scan itself is an order of magnitude faster.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rialto_engine::{EventBuffer, Exchange, HashSeed, RULES_VERSION};
use rialto_gateway::models::{Changes, ReadModels};
use rialto_journal::{ExchangeId, FileStorage, OpenOptions, Progress, Recovered, Recovery};
use rialto_types::{Seq, ShardId};
use tracing::{info, warn};

/// Commands between two looks at the clock.
const COMMANDS_PER_LOOK: u64 = 8_192;

/// What recovery hands to the rest of the process.
pub struct Restored {
    /// The state after the last command.
    pub exchange: Exchange,
    /// What the publisher knows after the last event.
    pub models: ReadModels,
    /// The journal, ready to be continued.
    pub journal: Recovered<FileStorage>,
    /// Commands replayed.
    pub command_count: u64,
    /// How long it took.
    pub took: Duration,
}

/// Where the journal stands in a data directory.
pub fn journal_directory(data: &Path) -> PathBuf {
    data.join("journal")
}

/// A journal whose files were checked and that waits to be replayed.
pub struct Replay {
    recovery: Recovery<FileStorage>,
    shard: ShardId,
}

impl Replay {
    /// Opens the journal of a data directory, which is made if it is not there.
    ///
    /// # Errors
    /// When the journal is in use, of another version, or its files cannot be one journal; the message
    /// says what to do.
    pub fn open(data: &Path, shard: ShardId) -> Result<Self> {
        let directory = journal_directory(data);
        std::fs::create_dir_all(&directory)
            .with_context(|| format!("creating {}", directory.display()))?;
        let storage = Arc::new(FileStorage::open(&directory)?);
        let options = OpenOptions {
            shard,
            rules_version: RULES_VERSION,
            new_exchange_id: ExchangeId(random()?),
            after: Seq(0),
        };
        let recovery = Recovery::open(storage, options)?;
        Ok(Self { recovery, shard })
    }

    /// Whose journal it is.
    pub fn exchange_id(&self) -> ExchangeId {
        self.recovery.exchange_id()
    }

    /// Replays every command. Takes as long as matching them took.
    ///
    /// # Errors
    /// When records are damaged that were safe once, or cannot be read.
    pub fn run(mut self) -> Result<Restored> {
        let mut exchange = Exchange::with_seed(self.shard, HashSeed([seed()?, seed()?]));
        let mut models = ReadModels::new();
        let (mut events, mut changes) = (EventBuffer::new(), Changes::default());
        let mut progress = ProgressLine::start();
        let mut command_count: u64 = 0;
        while let Some(record) = self.recovery.next()? {
            events.clear();
            exchange.apply(record.seq, record.time, &record.input, &mut events);
            for event in events.as_slice() {
                models.replay(event, &mut changes);
            }
            command_count += 1;
            if command_count.is_multiple_of(COMMANDS_PER_LOOK) {
                progress.show(&self.recovery.progress(), command_count);
            }
        }
        let journal = self.recovery.finish()?;
        progress.end();
        if let Some(tail) = journal.tail() {
            let saved = tail.saved.join(", ");
            warn!(
                saved,
                "cut off a tail of records that nobody was told of, and kept it aside"
            );
        }
        let took = progress.started.elapsed();
        Ok(Restored {
            exchange,
            models,
            journal,
            command_count,
            took,
        })
    }
}

/// Tells how far a long recovery has come: a line that is written over on a terminal, a log line now and
/// then otherwise.
struct ProgressLine {
    started: Instant,
    shown: Instant,
    interval: Duration,
    is_terminal: bool,
}

impl ProgressLine {
    fn start() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let interval = Duration::from_millis(if is_terminal { 200 } else { 5_000 });
        let now = Instant::now();
        Self {
            started: now,
            shown: now,
            interval,
            is_terminal,
        }
    }

    fn show(&mut self, progress: &Progress, command_count: u64) {
        if self.shown.elapsed() < self.interval {
            return;
        }
        self.shown = Instant::now();
        let line = progress_text(progress, command_count, self.started.elapsed());
        if self.is_terminal {
            eprint!("\r\x1b[Krecovering: {line}");
        } else {
            info!("recovering: {line}");
        }
    }

    fn end(&self) {
        if self.is_terminal && self.shown > self.started {
            eprint!("\r\x1b[K");
        }
    }
}

fn progress_text(progress: &Progress, command_count: u64, elapsed: Duration) -> String {
    let total = progress.bytes_total.max(1);
    let done = progress.bytes_done.clamp(1, total);
    let percent = u128::from(done) * 100 / u128::from(total);
    let left = elapsed.as_millis() * u128::from(total - done) / u128::from(done);
    let left_s = left.div_ceil(1_000);
    let rate = u128::from(command_count) * 1_000 / elapsed.as_millis().max(1);
    format!("{percent} %, {command_count} commands, {rate} a second, at most {left_s} s left")
}

/// Random bytes from the operating system.
///
/// # Errors
/// When it has none to give.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
    Ok(bytes)
}

fn seed() -> Result<u64> {
    Ok(u64::from_le_bytes(random()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_how_long_it_will_take() {
        let progress = Progress {
            bytes_done: 25,
            bytes_total: 100,
        };
        let text = progress_text(&progress, 1_000, Duration::from_secs(2));
        assert_eq!(text, "25 %, 1000 commands, 500 a second, at most 6 s left");
        let nothing = Progress {
            bytes_done: 0,
            bytes_total: 0,
        };
        assert!(progress_text(&nothing, 0, Duration::ZERO).starts_with("100 %"));
    }
}
