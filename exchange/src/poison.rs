//! Poison: a record that makes the core panic, at every replay again.
//!
//! The build aborts on a panic. Before it does, the hook of this file says which record was being applied
//! and writes that down beside the journal (the mark). The next start sees the mark and stops before it
//! replays anything, with a message that says what an operator can do: start a build in which the defect
//! is mended, or decide that the record is passed over (`rialto journal skip`). The decision is journaled
//! and signed by an administrator, and every replay heeds it. So nothing is ever tried in a loop, and
//! nothing is left out that nobody has decided on.
//!
//! The mark's room is taken at each start: a disk that is full at the wrong moment cannot keep it from being written,
//! and one that takes no mark has no exchange started on it.
//!
//! Cost for the core: two stores to a line of its own for each command.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
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

    /// Of a panic that said this there.
    fn new(record: Seq, said: &str, place: &str) -> Self {
        let said = beginning(said, SAID_BYTES_MAX);
        let place = beginning(place, PLACE_BYTES_MAX);
        Self {
            record: record.0,
            panic: format!("{said}, at {place}"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// What stands in the file; it fits into its room.
    fn text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        text
    }
}

/// As much of a text as fits.
fn beginning(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// What a panic said, and where, are cut here: each of their bytes takes at most six in JSON.
const SAID_BYTES_MAX: usize = 400;
const PLACE_BYTES_MAX: usize = 200;
/// Bytes that a mark may take.
const ROOM: usize = 4_096;

/// A place on the disk in which a mark can be written down, whatever happens to the disk's room meanwhile.
#[derive(Debug)]
pub struct Room {
    journal: PathBuf,
    file: File,
}

impl Room {
    /// Takes the room in the directory of a journal. A mark that stands in it is one whose writer was interrupted, and
    /// counts.
    ///
    /// # Errors
    /// When the disk has none, or cannot be written to.
    pub fn take(journal: &Path) -> Result<Self> {
        let path = journal.join(layout::POISON_ROOM);
        if fs::read(&path).is_ok_and(|text| serde_json::from_slice::<Mark>(&text).is_ok()) {
            let renamed = fs::rename(&path, journal.join(layout::POISON));
            renamed
                .with_context(|| format!("renaming {}, which tells of a panic", path.display()))?;
        }
        // What an earlier start took is kept: there may be no other.
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        let taken = options.open(&path).and_then(|file| {
            file.write_all_at(&[b' '; ROOM], 0)?;
            file.set_len(ROOM as u64)?;
            file.sync_all()?;
            File::open(journal)?.sync_all()?;
            Ok(file)
        });
        let file = taken.with_context(|| {
            let path = path.display();
            format!(
                "taking {ROOM} bytes in {path}, where a panic of the core would be written down"
            )
        })?;
        let journal = journal.to_owned();
        Ok(Self { journal, file })
    }

    /// Writes a mark down. Takes nothing of the disk that it has not got.
    fn fill(&self, mark: &Mark) -> std::io::Result<()> {
        let text = mark.text();
        self.file.write_all_at(&text, 0)?;
        self.file.set_len(text.len() as u64)?;
        self.file.sync_all()?;
        let from = self.journal.join(layout::POISON_ROOM);
        fs::rename(from, self.journal.join(layout::POISON))?;
        File::open(&self.journal)?.sync_all()
    }
}

/// From now on a panic while a record is applied says which one it was, and writes it down if there is room for that.
/// What a panic did before, it does afterwards.
pub fn watch(room: Option<Room>) -> Arc<Applying> {
    let applying = Arc::new(Applying::default());
    let watched = Arc::clone(&applying);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if let Some(seq) = watched.now() {
            tell(seq, panic, room.as_ref());
        }
        before(panic);
    }));
    applying
}

/// Nothing here may panic: it would end the process before the mark is written.
fn tell(seq: Seq, panic: &PanicHookInfo<'_>, room: Option<&Room>) {
    let mut stderr = std::io::stderr();
    let _ = writeln!(stderr, "the core panicked while it applied record {seq}");
    let Some(room) = room else {
        return;
    };
    let said = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map(ToString::to_string);
    let mark = Mark::new(seq, said, &place.unwrap_or_default());
    if let Err(error) = room.fill(&mark) {
        let _ = writeln!(stderr, "this could not be written down: {error}");
    }
}

/// The client order id of an order at which a build panics in which that fault was planted.
#[cfg(feature = "planted-fault-panic")]
pub const PLANTED: &str = "planted-panic";

#[cfg(all(feature = "planted-fault-panic", not(debug_assertions)))]
compile_error!(
    "the feature planted-fault-panic lets an order end the exchange: it is for the tests of what follows, and never \
     for a build that somebody might run an exchange with"
);

/// Panics at a certain order, in a build in which that fault was planted.
///
/// # Panics
/// In such a build.
#[cfg(feature = "planted-fault-panic")]
pub fn planted(command: &rialto_types::Command) {
    use rialto_types::{ClientOrderId, Command};
    if let Command::Place(order) = command {
        let is_planted = |id: &ClientOrderId| id.as_str() == PLANTED;
        assert!(
            !order.client_order_id.as_ref().is_some_and(is_planted),
            "this fault was planted"
        );
    }
}

/// Does nothing: no fault was planted in this build.
#[cfg(not(feature = "planted-fault-panic"))]
#[inline(always)]
pub const fn planted(_: &rialto_types::Command) {}

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
        let applying = watch(Some(Room::take(journal.path()).unwrap()));
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
    fn a_mark_fits_into_its_room_whatever_the_panic_said() {
        for said in ["\u{1}", "\"", "€", "𝄞x", "a"] {
            let long = said.repeat(ROOM);
            let text = Mark::new(Seq(u64::MAX), &long, &long).text();
            assert!(text.len() <= ROOM, "{}", text.len());
            let read: Mark = serde_json::from_slice(&text).unwrap();
            assert_eq!(read.record, u64::MAX);
            let place = "exchange/src/core.rs:7:1";
            let mark = Mark::new(Seq(1), &long, place);
            let said = mark.panic.strip_suffix(&format!(", at {place}")).unwrap();
            assert!(long.starts_with(said));
            assert!(said.len() > SAID_BYTES_MAX - 4);
        }
    }

    #[test]
    fn a_mark_whose_writer_was_interrupted_counts() {
        let journal = tempfile::tempdir().unwrap();
        let room = Room::take(journal.path()).unwrap();
        let mark = Mark::new(Seq(7), "a defect", "here");
        room.file.write_all_at(&mark.text(), 0).unwrap();
        drop(room);
        assert_eq!(Mark::read(journal.path()).unwrap(), None);
        // The rest of the room is blank, as when it was not yet cut off.
        drop(Room::take(journal.path()).unwrap());
        assert_eq!(Mark::read(journal.path()).unwrap(), Some(mark));
        // And a room that is blank is none.
        Mark::remove(journal.path()).unwrap();
        drop(Room::take(journal.path()).unwrap());
        assert_eq!(Mark::read(journal.path()).unwrap(), None);
    }

    #[test]
    fn where_no_mark_could_be_written_nothing_is_started() {
        let journal = tempfile::tempdir().unwrap();
        fs::create_dir(journal.path().join(layout::POISON_ROOM)).unwrap();
        let error = format!("{:#}", Room::take(journal.path()).unwrap_err());
        assert!(error.starts_with("taking 4096 bytes in "), "{error}");
        assert!(error.contains("POISON.room, where a panic"), "{error}");
    }

    #[test]
    fn a_mark_that_cannot_be_read_is_an_error() {
        let journal = tempfile::tempdir().unwrap();
        fs::write(journal.path().join(layout::POISON), "record 7").unwrap();
        let error = Mark::read(journal.path()).unwrap_err();
        assert!(error.to_string().contains("POISON"), "{error}");
    }
}
