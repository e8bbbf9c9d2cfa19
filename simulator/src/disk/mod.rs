//! A disk that does what disks do, and what they should not, as a seed decides.
//!
//! Each file has three contents: what the process sees (`cache`), what stands on the platter (`media`), and
//! what would stand there if the disk were honest (`honest`), from which an operator's copy is made. Pages
//! of the cache that differ from the media are dirty. A page gets to the media by a sync, by itself at any
//! time, or never; when the power goes, each sector of a dirty page takes its old content, its new one, or
//! a part of it. A page whose sync failed counts as clean, as on Linux, though it was not written; whoever had
//! the file open then is told so once, by their next sync.
//!
//! Names are apart from contents: each directory writes down what changes in it, and forgets it at a power
//! cut from some change on, unless it was synced since (`names`). The machine dies after a number of
//! operations, in the middle of the last of them. Invariants: the same seed and the
//! same operations give the same faults; `media` and `honest` differ only by faults that no disk should
//! have.

mod faults;
mod files;
mod names;
mod storage;

use std::collections::BTreeMap;
use std::io;

use rialto_reference::scenario::SplitMix64;

pub use faults::Plan;
pub use storage::{SimulatedReader, SimulatedSegment, SimulatedStorage};

use self::names::Names;
use crate::seen::{Counts, Seen};

/// What a disk writes as a whole, or tears only while the power goes.
pub const SECTOR_BYTES: usize = 512;
/// What the system writes as a whole.
pub const PAGE_BYTES: usize = 4096;

/// One file.
#[derive(Clone, Debug, Default)]
struct File {
    /// As the process sees it.
    cache: Vec<u8>,
    /// As it stands on the disk.
    media: Vec<u8>,
    /// As it would stand there without faults that no disk should have.
    honest: Vec<u8>,
    /// Pages that the system knows to be newer in the cache.
    is_dirty: Vec<bool>,
    /// How many syncs of it have failed.
    errors: u64,
}

/// How an operation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Power {
    /// It is done.
    On,
    /// It is interrupted, and nothing is done after it.
    Failing,
    /// Nothing is done.
    Gone,
}

/// The disk and the machine around it.
#[derive(Clone, Debug)]
pub struct Disk {
    /// An open file keeps its number whatever becomes of its name.
    names: Names,
    files: Vec<File>,
    /// Operations until the machine dies.
    left: u64,
    plan: Plan,
    /// Whether the faults of the plan strike.
    is_armed: bool,
    /// Faults since the process began of which it was told.
    told_count: u64,
    random: SplitMix64,
    counts: Counts,
    trace: Option<Vec<String>>,
}

/// The machine died during this operation, or before.
fn gone() -> io::Error {
    io::Error::other("the machine is gone")
}

impl Disk {
    /// An empty disk. Keeps a record of what happens if `is_traced`.
    pub fn new(seed: u64, plan: Plan, is_traced: bool) -> Self {
        Self {
            names: Names::default(),
            files: Vec::new(),
            left: u64::MAX,
            plan,
            is_armed: true,
            told_count: 0,
            random: SplitMix64::new(seed),
            counts: Counts::default(),
            trace: is_traced.then(Vec::new),
        }
    }

    /// Starts the machine, to die after so many operations.
    pub fn start(&mut self, operations: u64) {
        self.left = operations;
        self.told_count = 0;
    }

    /// Has the faults of the plan strike, or not.
    pub fn arm(&mut self, is_armed: bool) {
        self.is_armed = is_armed;
    }

    /// Whether the machine has died.
    pub fn is_gone(&self) -> bool {
        self.left == 0
    }

    /// Faults since the start of which the process was told by an error.
    pub fn told_count(&self) -> u64 {
        self.told_count
    }

    /// Adds a line to the record, if one is kept.
    pub fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(line());
        }
    }

    /// What was noted.
    pub fn trace(&self) -> &[String] {
        self.trace.as_deref().unwrap_or_default()
    }

    /// What was counted, for others to add to.
    pub fn counts_mut(&mut self) -> &mut Counts {
        &mut self.counts
    }

    /// What was counted.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Every file as the process sees it.
    pub fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        let content = |(name, number): (&String, &usize)| {
            let bytes = self.files[*number].cache.clone();
            (name.clone(), bytes)
        };
        self.names.files().iter().map(content).collect()
    }

    /// The last name that begins with `prefix` and ends with `suffix`, in the order of names.
    pub fn last_name(&self, prefix: &str, suffix: &str) -> Option<&str> {
        let mut names = self.names.files().keys().rev();
        let found = names.find(|name| name.starts_with(prefix) && name.ends_with(suffix));
        found.map(String::as_str)
    }

    /// Takes away the names for which `is_gone` holds, for good.
    pub fn forget(&mut self, is_gone: impl Fn(&str) -> bool) {
        let names = self.names.files().keys();
        let gone: Vec<_> = names.filter(|name| is_gone(name)).cloned().collect();
        for name in gone {
            self.names.unlink(&name);
            self.names.sync(names::parent(&name));
        }
    }

    /// Whether some file on the disk is not what an honest disk would have.
    pub fn is_damaged(&self) -> bool {
        let mut files = self
            .names
            .files()
            .values()
            .map(|number| &self.files[*number]);
        files.any(|file| file.media != file.honest)
    }

    /// Counts an operation.
    fn step(&mut self) -> Power {
        match self.left {
            0 => Power::Gone,
            left => {
                self.left = left - 1;
                if self.is_armed && self.chance(self.plan.flush) {
                    self.flush_some_page();
                }
                if self.left == 0 {
                    Power::Failing
                } else {
                    Power::On
                }
            }
        }
    }

    /// True in so many of 10,000 cases.
    fn chance(&mut self, of_10_000: u32) -> bool {
        self.random.range(1, 10_000) <= i64::from(of_10_000)
    }

    /// Whether a fault of this rate strikes now.
    fn strikes(&mut self, of_10_000: u32) -> bool {
        self.is_armed && self.chance(of_10_000)
    }

    /// A fault of which the process is told.
    fn told(&mut self, what: Seen, kind: io::ErrorKind, where_: &str) -> io::Error {
        self.told_count += 1;
        self.counts.add(what);
        self.note(|| format!("  disk: {what:?} at {where_}"));
        io::Error::new(kind, format!("simulated: {what:?}"))
    }

    fn find(&self, name: &str) -> io::Result<usize> {
        let number = self.names.files().get(name).copied();
        number.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// What a file is called now.
    fn name_of(&self, number: usize) -> String {
        let mut names = self.names.files().iter();
        let found = names.find(|(_, named)| **named == number);
        found.map_or_else(|| "a removed file".to_owned(), |(name, _)| name.clone())
    }
}
