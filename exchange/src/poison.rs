//! Poison: a record that makes the core panic, at every replay again.
//!
//! The build aborts on a panic. Before it does, the hook of this file says which record was being applied
//! and writes that down beside the journal (the mark). The next start sees the mark and stops before it
//! replays anything, with a message that says what an operator can do: start a build in which the defect
//! is mended, or decide that the record is passed over (`rialto journal skip`). The decision is journaled
//! and signed by an administrator, and every replay heeds it. So nothing is ever tried in a loop, and
//! nothing is left out that nobody has decided on.
//!
//! Cost for the core: two stores to a line of its own for each command.

use std::fs::{self, File};
use std::io::Write;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;

use anyhow::{Context, Result, bail};
use ed25519_dalek::{Signature, VerifyingKey};
use rialto_gateway::models::ReadModels;
use rialto_journal::{Decision, ExchangeId, layout};
use rialto_types::{Permissions, Seq};
use serde::{Deserialize, Serialize};

/// The record that a thread is applying.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Applying {
    /// 0 between two records.
    seq: AtomicU64,
    /// Whose it is; another thread's panic says nothing about the record.
    thread: Mutex<Option<ThreadId>>,
}

impl Applying {
    /// Says that from now on the calling thread applies records.
    pub fn claim(&self) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        *thread = Some(std::thread::current().id());
    }

    /// Says that a record is being applied.
    #[inline]
    pub fn begin(&self, seq: Seq) {
        self.seq.store(seq.0, Ordering::Relaxed);
    }

    /// Says that it was applied.
    #[inline]
    pub fn end(&self) {
        self.seq.store(0, Ordering::Relaxed);
    }

    /// The record that the calling thread is applying.
    fn now(&self) -> Option<Seq> {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let seq = self.seq.load(Ordering::Relaxed);
        (seq > 0 && *thread == Some(std::thread::current().id())).then_some(Seq(seq))
    }
}

/// What is written down about a panic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The record that was being applied.
    pub record: u64,
    /// What the panic said, and where.
    pub panic: String,
    /// The version of the program.
    pub version: String,
}

impl Mark {
    /// Reads the mark of a journal, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(journal: &Path) -> Result<Option<Self>> {
        let path = journal.join(layout::POISON);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("reading {}", path.display()));
            }
        };
        let mark = serde_json::from_slice(&text);
        mark.map(Some).with_context(|| {
            let path = path.display();
            format!("reading {path}, which says what the core was applying when it panicked")
        })
    }

    /// Removes the mark of a journal: what it tells of has been dealt with.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(journal: &Path) -> Result<()> {
        let path = journal.join(layout::POISON);
        fs::remove_file(&path)
            .and_then(|()| File::open(journal)?.sync_all())
            .with_context(|| format!("removing {}", path.display()))
    }

    /// Refuses to replay a record that made the core panic and that nobody has decided on.
    ///
    /// # Errors
    /// What happened, and what can be done.
    pub fn check(&self, journal: &Path, decisions: &[Decision]) -> Result<()> {
        let Self {
            record,
            panic,
            version,
        } = self;
        let is_decided = |decision: &Decision| decision.skipped.0 == *record;
        if decisions.iter().any(is_decided) {
            return Ok(());
        }
        let directory = crate::banner::quoted(&journal.display().to_string());
        let mark = journal.join(layout::POISON);
        bail!(
            "record {record} made the core panic when version {version} applied it ({panic}). It is in the \
             journal, so replaying it would panic again. Look at it with `rialto journal inspect \
             {directory} --records --from {record} --limit 1`. Then either start a build in which this is \
             mended, after removing {}; or have the record passed over for ever, with `rialto journal skip \
             {directory} --record {record} --key ADMIN-KEY.json`",
            mark.display()
        )
    }

    fn write(&self, journal: &Path) -> std::io::Result<()> {
        let mut file = File::create(journal.join(layout::POISON))?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        File::open(journal)?.sync_all()
    }
}

/// From now on a panic while a record is applied says which one it was, and writes it down in the journal's
/// directory if one is given. What a panic did before, it does afterwards.
pub fn watch(journal: Option<PathBuf>) -> Arc<Applying> {
    let applying = Arc::new(Applying::default());
    let watched = Arc::clone(&applying);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if let Some(seq) = watched.now() {
            tell(seq, panic, journal.as_deref());
        }
        before(panic);
    }));
    applying
}

/// Nothing here may panic: it would end the process before the mark is written.
fn tell(seq: Seq, panic: &PanicHookInfo<'_>, journal: Option<&Path>) {
    let mut stderr = std::io::stderr();
    let _ = writeln!(stderr, "the core panicked while it applied record {seq}");
    let Some(journal) = journal else {
        return;
    };
    let said = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map(ToString::to_string);
    let mark = Mark {
        record: seq.0,
        panic: format!("{said}, at {}", place.unwrap_or_default()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    if let Err(error) = mark.write(journal) {
        let _ = writeln!(stderr, "this could not be written down: {error}");
    }
}

/// Refuses a decision that no administrator of this state has signed.
///
/// # Errors
/// What is wrong with it.
pub fn check_decision(
    decision: &Decision,
    exchange_id: ExchangeId,
    models: &ReadModels,
) -> Result<()> {
    let Decision {
        skipped, crc, key, ..
    } = *decision;
    let known = models.keys().get(key).filter(|known| !known.revoked);
    let Some(known) = known.filter(|known| known.permissions.allows(Permissions::ADMIN)) else {
        bail!(
            "the decision to pass over record {skipped} is of key {key}, which was no administrator's then"
        );
    };
    let text = Decision::signed_bytes(exchange_id, skipped, crc);
    let signature = Signature::from_bytes(&decision.signature);
    let verified = VerifyingKey::from_bytes(&known.public_key.0)
        .and_then(|verifier| verifier.verify_strict(&text, &signature));
    if verified.is_err() {
        bail!(
            "the signature of key {key} under the decision to pass over record {skipped} is wrong"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panic_in_a_thread(body: impl FnOnce() + Send + 'static) {
        let ended = std::thread::spawn(body).join();
        assert!(ended.is_err(), "it panicked");
    }

    #[test]
    fn a_panic_of_the_thread_that_applies_leaves_a_mark() {
        let journal = tempfile::tempdir().unwrap();
        let applying = watch(Some(journal.path().to_owned()));
        let others = Arc::clone(&applying);
        panic_in_a_thread(move || {
            others.begin(Seq(41));
            panic!("somebody else's");
        });
        assert_eq!(Mark::read(journal.path()).unwrap(), None);
        let core = Arc::clone(&applying);
        panic_in_a_thread(move || {
            core.claim();
            core.begin(Seq(41));
            core.end();
            panic!("between two records");
        });
        assert_eq!(Mark::read(journal.path()).unwrap(), None);
        panic_in_a_thread(move || {
            applying.claim();
            applying.begin(Seq(42));
            panic!("a defect");
        });
        let mark = Mark::read(journal.path()).unwrap().unwrap();
        assert_eq!(mark.record, 42);
        assert!(mark.panic.contains("a defect, at "), "{mark:?}");
        assert!(mark.panic.contains("poison.rs"), "{mark:?}");

        let refusal = mark.check(journal.path(), &[]).unwrap_err().to_string();
        assert!(
            refusal.contains("record 42 made the core panic"),
            "{refusal}"
        );
        let decision = |skipped: u64| Decision {
            skipped: Seq(skipped),
            crc: 0,
            key: rialto_types::KeyId(1),
            signature: [0; 64],
        };
        assert!(mark.check(journal.path(), &[decision(41)]).is_err());
        assert!(mark.check(journal.path(), &[decision(42)]).is_ok());
        Mark::remove(journal.path()).unwrap();
        assert_eq!(Mark::read(journal.path()).unwrap(), None);
    }

    #[test]
    fn a_mark_that_cannot_be_read_is_an_error() {
        let journal = tempfile::tempdir().unwrap();
        fs::write(journal.path().join(layout::POISON), "record 7").unwrap();
        let error = Mark::read(journal.path()).unwrap_err();
        assert!(error.to_string().contains("POISON"), "{error}");
    }
}
