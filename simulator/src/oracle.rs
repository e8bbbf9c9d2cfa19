//! What the outside knows, and the verdict on what a recovery has found.
//!
//! The oracle writes down every command that the core took and every event that a client was told. It
//! never looks at the journal. After a recovery it applies, with the naive reference, the commands that
//! must be there, and compares state and events: nothing acknowledged may be missing, nothing else may be
//! there, in no other order. Cost: that of the reference, once for each command that survives.

use std::collections::BTreeSet;

use rialto_engine::image::StateImage;
use rialto_journal::{Record, state_hash};
use rialto_reference::scenario::SHARD;
use rialto_reference::{ReferenceExchange, check_invariants};
use rialto_types::{Event, EventBody, RejectReason, Seq};

/// What a verdict begins with when records are gone that must be there.
pub const LOST: &str = "lost: ";
/// When records are there that nobody sent.
pub const GHOST: &str = "ghost: ";
/// When a record is there in place of another.
pub const ANOTHER: &str = "another ";

/// A command that the core took.
#[derive(Clone, Copy, Debug)]
struct Taken {
    record: Record,
    /// Its place in the clients' script; none for what the exchange did by itself.
    step: Option<usize>,
    /// Whether its key was known, so that sending it again is a duplicate. Known once it was confirmed.
    is_admitted: bool,
}

/// What the outside knows.
pub struct Oracle {
    /// In the history that survived, and what came after it in the present life.
    log: Vec<Taken>,
    /// The state after the first `confirmed_count` of them.
    confirmed: ReferenceExchange,
    confirmed_count: usize,
    /// What clients were told since then.
    told: Vec<Event>,
    /// The last command that anybody was told of.
    told_count: usize,
    /// How many of the log survive the death of the process.
    written_count: usize,
    /// How many survive the loss of power.
    durable_count: usize,
    /// Commands sent again although they had survived.
    duplicates: BTreeSet<Seq>,
    duplicates_refused: u64,
}

/// What a crash may take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// What the process had not yet written.
    Kill,
    /// What was not synced.
    PowerCut,
}

/// What a recovery may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing that the crash could not take.
    All(Crash),
    /// Something more: an operator, or a disk that lies, has taken it.
    Prefix,
}

/// What a recovery has brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Commands found that nobody had been told of.
    pub untold: u64,
    /// Commands that somebody had been told of, gone as the mode says that they may.
    pub told_lost: u64,
    /// Places in the script of the commands that are gone.
    pub lost: Vec<usize>,
    /// Places in the script of the commands that survived and nobody was told of.
    pub untold_steps: Vec<usize>,
}

impl Default for Oracle {
    fn default() -> Self {
        Self {
            log: Vec::new(),
            confirmed: ReferenceExchange::new(SHARD),
            confirmed_count: 0,
            told: Vec::new(),
            told_count: 0,
            written_count: 0,
            durable_count: 0,
            duplicates: BTreeSet::new(),
            duplicates_refused: 0,
        }
    }
}

impl Oracle {
    /// The core took a command.
    ///
    /// # Panics
    /// When it does not follow the one before.
    pub fn taken(&mut self, record: Record, step: Option<usize>, is_duplicate: bool) {
        assert_eq!(record.seq.0, self.log.len() as u64 + 1, "in sequence");
        if is_duplicate {
            self.duplicates.insert(record.seq);
        }
        self.log.push(Taken {
            record,
            step,
            is_admitted: false,
        });
    }

    /// A client was told of an event. In `durable` mode that promises more.
    ///
    /// # Errors
    /// When it was told too early, or of something that cannot be.
    pub fn told(&mut self, event: &Event, is_durable: bool) -> Result<(), String> {
        let count = count_of(event.seq);
        if count > self.log.len() || count < self.told_count {
            return Err(format!(
                "somebody was told of command {}, while the core stands at {} and {} was told before",
                event.seq,
                self.log.len(),
                self.told_count
            ));
        }
        if self.duplicates.contains(&event.seq) {
            self.check_duplicate(event)?;
        }
        self.told.push(*event);
        self.told_count = count;
        self.written_count = self.written_count.max(count);
        if is_durable {
            self.durable_count = self.durable_count.max(count);
        }
        Ok(())
    }

    /// Everything up to this command was said to survive the loss of power.
    pub fn synced(&mut self, last: Seq) {
        self.durable_count = self.durable_count.max(count_of(last));
        self.written_count = self.written_count.max(count_of(last));
    }

    /// How many commands a crash may not take.
    pub fn due(&self, crash: Crash) -> usize {
        match crash {
            Crash::Kill => self.written_count,
            Crash::PowerCut => self.durable_count,
        }
    }

    /// The last command that anybody was told of.
    pub fn told_count(&self) -> usize {
        self.told_count
    }

    /// Every command that the core took and that is still there.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        self.log.iter().map(|taken| taken.record)
    }

    /// Places in the script of the commands that are there and must not come again.
    pub fn admitted_steps(&self) -> impl Iterator<Item = usize> + '_ {
        let admitted = self.log.iter().filter(|taken| taken.is_admitted);
        admitted.filter_map(|taken| taken.step)
    }

    /// Commands that were sent twice and refused the second time.
    pub fn duplicates_refused(&self) -> u64 {
        self.duplicates_refused
    }

    /// Judges the state that a recovery came to. From here on what it did not find does not exist.
    ///
    /// # Errors
    /// What is lost, or there and should not be.
    pub fn judge(&mut self, found: &StateImage, due: Due) -> Result<Verdict, String> {
        let count = count_of(found.seq);
        let floor = match due {
            Due::All(crash) => self.due(crash),
            Due::Prefix => 0,
        };
        if count < floor {
            return Err(format!(
                "{LOST}{floor} commands were acknowledged so that they survive this, and recovery found \
                 {count}"
            ));
        }
        if count > self.log.len() {
            return Err(format!(
                "{GHOST}recovery found {count} commands, and the core took {}",
                self.log.len()
            ));
        }
        self.confirm(count)?;
        let expected = self.confirmed.image();
        if expected != *found {
            return Err(format!(
                "{ANOTHER}state after command {count}: the reference has {}, recovery came to {}: a record \
                 is another one than was taken",
                show_hash(&expected),
                show_hash(found)
            ));
        }
        check_invariants(found)?;
        Ok(self.forget_after(count))
    }

    /// Applies what survived to the reference, and compares what clients were told.
    fn confirm(&mut self, count: usize) -> Result<(), String> {
        if count < self.confirmed_count {
            // Only an operator's cut goes back so far.
            self.confirmed = ReferenceExchange::new(SHARD);
            self.confirmed_count = 0;
            self.told.clear();
        }
        let begin = self.confirmed_count as u64;
        let mut told = self.told.iter().filter(|event| event.seq.0 > begin);
        for taken in &mut self.log[self.confirmed_count..count] {
            let Record { seq, time, input } = taken.record;
            let events = self.confirmed.apply(seq, time, &input);
            taken.is_admitted = !events.iter().any(is_of_unknown_key);
            for event in events {
                if let Some(told) = told.next()
                    && *told != event
                {
                    return Err(format!(
                        "a client was told {told:?}, and what survived says {event:?}"
                    ));
                }
            }
        }
        self.confirmed_count = count;
        Ok(())
    }

    fn forget_after(&mut self, count: usize) -> Verdict {
        let gone = self.log.split_off(count);
        let untold = self.log.get(self.told_count..).unwrap_or_default();
        let verdict = Verdict {
            untold: untold.len() as u64,
            told_lost: self.told_count.saturating_sub(count) as u64,
            lost: gone.iter().filter_map(|taken| taken.step).collect(),
            untold_steps: untold.iter().filter_map(|taken| taken.step).collect(),
        };
        self.told.clear();
        self.told_count = count;
        // A recovery syncs what it has found before anything else is written.
        (self.written_count, self.durable_count) = (count, count);
        self.duplicates.split_off(&Seq(count as u64 + 1));
        verdict
    }

    fn check_duplicate(&mut self, event: &Event) -> Result<(), String> {
        let refused = match &event.body {
            EventBody::Rejected(rejected) => matches!(
                rejected.refusal.reason,
                RejectReason::DuplicateSequence | RejectReason::UnknownKey
            ),
            // Another's order may expire at the same moment.
            EventBody::Cancelled(_) => return Ok(()),
            _ => false,
        };
        if !refused {
            return Err(format!(
                "a command that had survived was sent again and not refused: {event:?}"
            ));
        }
        self.duplicates_refused += 1;
        Ok(())
    }
}

/// How many commands there are up to this one.
fn count_of(seq: Seq) -> usize {
    usize::try_from(seq.0).expect("a history is short")
}

fn is_of_unknown_key(event: &Event) -> bool {
    let reason = match &event.body {
        EventBody::Rejected(rejected) => Some(rejected.refusal.reason),
        _ => None,
    };
    reason == Some(RejectReason::UnknownKey)
}

fn show_hash(image: &StateImage) -> String {
    let hash = state_hash(image);
    let shown = hash.first_chunk().copied().map(u64::from_be_bytes);
    format!("{:016x}", shown.unwrap_or_default())
}
