//! Power cuts and kills at every moment, many in a row: what was acknowledged in `durable` mode is
//! there, and what is there was written by the history that acknowledged it.
//!
//! The disk keeps two versions of each sector, and a cut takes one of them for each sector that was not
//! synced. The cut may come in the middle of a write, of a sync, and of a recovery.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use rialto_journal::segments::Sealed;
use rialto_journal::storage::{Directory, Entry, MemoryPages, Reader, Segment, Storage};
use rialto_journal::{
    Durability, Entry as Queued, GroupCommit, JournalError, JournalWriter, Record, Recovery,
    SegmentBytes, SegmentSource,
};
use rialto_types::{ClientSeq, Input, Seq};

use crate::common::{OPTIONS, pages, time, varied};

/// Names a single history to be repeated.
const SEED: &str = "RIALTO_POWER_SEED";
/// Says how many histories to try.
const HISTORIES: &str = "RIALTO_POWER_HISTORIES";
const HISTORIES_DEFAULT: u64 = 300;
const SECTOR_BYTES: usize = 512;
const PAGE_BYTES: u64 = 4096;

/// Numbers that follow from a seed: `SplitMix64` (Steele, Lea and Flood 2014).
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[derive(Clone, Debug, Default)]
struct File {
    /// As a power cut would leave what was synced.
    synced: Vec<u8>,
    /// As the process sees it.
    written: Vec<u8>,
}

#[derive(Debug)]
struct Disk {
    /// An open file keeps its number whatever becomes of its name.
    names: BTreeMap<String, usize>,
    files: Vec<File>,
    /// Operations until the power goes.
    left: u64,
}

impl Disk {
    /// Counts an operation; an error once the power is gone.
    fn step(&mut self) -> io::Result<()> {
        if self.left == 0 {
            return Err(io::Error::other("the power is gone"));
        }
        self.left -= 1;
        Ok(())
    }

    fn find(&self, name: &str) -> io::Result<usize> {
        let number = self.names.get(name).copied();
        number.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn add(&mut self, name: &str, bytes: Vec<u8>) -> usize {
        let number = self.files.len();
        self.names.insert(name.to_owned(), number);
        self.files.push(File {
            synced: bytes.clone(),
            written: bytes,
        });
        number
    }

    /// Takes one version of each sector that was not synced. In some cuts nearly everything was written
    /// in time, in others nearly nothing.
    fn cut_power(&mut self, random: &mut Random) {
        let kept_of_8 = random.below(9);
        for file in &mut self.files {
            let versions = file.synced.chunks_mut(SECTOR_BYTES);
            for (synced, written) in versions.zip(file.written.chunks_mut(SECTOR_BYTES)) {
                if synced != written && random.below(8) < kept_of_8 {
                    synced.copy_from_slice(written);
                }
                written.copy_from_slice(synced);
            }
        }
    }
}

/// The disk, as storage.
#[derive(Clone, Debug)]
struct Machine(Arc<Mutex<Disk>>);

impl Directory for Machine {
    type Reader = Bytes;

    fn name(&self) -> String {
        "machine".to_owned()
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        let disk = self.0.lock().unwrap();
        let entry = |(name, number): (&String, &usize)| Entry {
            name: name.split('/').next().unwrap().to_owned(),
            bytes: disk.files[*number].written.len() as u64,
        };
        Ok(disk.names.iter().map(entry).collect())
    }

    fn reader(&self, name: &str) -> io::Result<Bytes> {
        let disk = self.0.lock().unwrap();
        let number = disk.find(name)?;
        Ok(Bytes(disk.files[number].written.clone()))
    }
}

#[derive(Debug)]
struct Bytes(Vec<u8>);

impl Reader for Bytes {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let begin = usize::try_from(offset).unwrap();
        let bytes = self.0.get(begin..begin + buffer.len());
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

impl Storage for Machine {
    type Segment = Sectors;

    fn create(&self, name: &str, bytes: u64) -> io::Result<Sectors> {
        let mut disk = self.0.lock().unwrap();
        disk.step()?;
        let number = disk.add(name, vec![0; usize::try_from(bytes).unwrap()]);
        Ok(self.sectors(number, bytes))
    }

    fn open(&self, name: &str) -> io::Result<Sectors> {
        let disk = self.0.lock().unwrap();
        let number = disk.find(name)?;
        Ok(self.sectors(number, disk.files[number].written.len() as u64))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.0.lock().unwrap();
        disk.step()?;
        let number = disk.find(from)?;
        disk.names.remove(from);
        let replaced = disk.names.insert(to.to_owned(), number);
        assert_eq!(replaced, None, "{from} replaces {to}");
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut disk = self.0.lock().unwrap();
        disk.step()?;
        disk.find(name)?;
        disk.names.remove(name);
        Ok(())
    }

    fn save(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut disk = self.0.lock().unwrap();
        disk.step()?;
        if disk.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        disk.add(name, bytes.to_vec());
        Ok(())
    }
}

impl Machine {
    fn sectors(&self, number: usize, bytes: u64) -> Sectors {
        Sectors {
            machine: self.clone(),
            number,
            bytes,
        }
    }

    fn is_alive(&self) -> bool {
        self.0.lock().unwrap().left > 0
    }
}

/// An open segment.
#[derive(Debug)]
struct Sectors {
    machine: Machine,
    number: usize,
    bytes: u64,
}

impl Segment for Sectors {
    type Pages = MemoryPages;

    fn len(&self) -> u64 {
        self.bytes
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) {
        let begin = usize::try_from(offset).unwrap();
        let mut disk = self.machine.0.lock().unwrap();
        // The write in which the power goes is torn.
        let length = match disk.step() {
            Ok(()) if disk.left == 0 => bytes.len() / 2,
            Ok(()) => bytes.len(),
            Err(_) => 0,
        };
        let written = &mut disk.files[self.number].written;
        written[begin..begin + length].copy_from_slice(&bytes[..length]);
    }

    fn sync(&mut self, range: Range<u64>) -> io::Result<()> {
        let begin = usize::try_from(range.start - range.start % PAGE_BYTES).unwrap();
        let end = usize::try_from(range.end.next_multiple_of(PAGE_BYTES)).unwrap();
        let mut disk = self.machine.0.lock().unwrap();
        disk.step()?;
        let File { synced, written } = &mut disk.files[self.number];
        synced[begin..end].copy_from_slice(&written[begin..end]);
        Ok(())
    }

    fn close(mut self) -> io::Result<()> {
        self.sync(0..self.bytes)
    }

    fn pages(&self) -> MemoryPages {
        MemoryPages
    }
}

/// Names and syncs a segment only when the next one is needed: a thread beside the writer that is as
/// late as it can be.
#[derive(Debug)]
struct LateSegments {
    machine: Machine,
    segment_bytes: SegmentBytes,
    late: Option<(Seq, Option<Sealed<Sectors>>)>,
    synced: Seq,
}

impl SegmentSource<Sectors> for LateSegments {
    fn prepare(&mut self) {}

    fn take(&mut self) -> Result<Sectors, JournalError> {
        self.settle()?;
        let created = self
            .machine
            .create("spare.segment", self.segment_bytes.get());
        created.map_err(failed)
    }

    fn begun(&mut self, first: Seq, sealed: Option<Sealed<Sectors>>) -> Result<(), JournalError> {
        self.late = Some((first, sealed));
        Ok(())
    }

    fn watch(&mut self, _: MemoryPages, _: Arc<AtomicU64>) -> Result<(), JournalError> {
        Ok(())
    }

    fn synced(&self) -> Seq {
        self.synced
    }

    fn settle(&mut self) -> Result<(), JournalError> {
        let Some((first, sealed)) = self.late.take() else {
            return Ok(());
        };
        let name = format!("{:020}.segment", first.0);
        self.machine
            .rename("spare.segment", &name)
            .map_err(failed)?;
        if let Some(sealed) = sealed {
            sealed.segment.close().map_err(failed)?;
            self.synced = sealed.last;
        }
        Ok(())
    }

    fn wait_count(&self) -> u64 {
        0
    }
}

fn failed(source: io::Error) -> JournalError {
    JournalError::Io {
        action: "use",
        name: "the segments".to_owned(),
        source,
    }
}

/// What the outside knows.
#[derive(Default)]
struct Witness {
    /// Everything handed to the journal in the history that survived, in order.
    offered: Vec<Record>,
    /// How many of them survive a kill.
    written: usize,
    /// How many of them survive a power cut.
    durable: usize,
    /// So that no two lives offer the same command.
    number: u64,
    tails: u64,
}

impl Witness {
    /// The next command.
    fn offer(&mut self, random: &mut Random) -> Record {
        self.number += 1;
        let seq = self.offered.len() as u64 + 1;
        let input = Input {
            client_seq: ClientSeq(self.number),
            ..varied(random.below(97))
        };
        let record = Record {
            seq: Seq(seq),
            time: time(seq),
            input,
        };
        self.offered.push(record);
        record
    }

    /// Compares with what a recovery has found. From here on what it did not find does not exist.
    fn check(&mut self, found: Vec<Record>, was_killed: bool) {
        assert!(found.len() >= self.durable, "a durable command is lost");
        assert!(
            found.len() >= self.written || !was_killed,
            "a written command is lost by a kill"
        );
        assert_eq!(found, self.offered[..found.len()], "a ghost");
        self.written = found.len();
        self.offered = found;
    }
}

/// Recovers, compares, and returns a writer.
fn recover(
    machine: &Machine,
    witness: &mut Witness,
    was_killed: bool,
    random: &mut Random,
) -> Result<JournalWriter<Machine>, JournalError> {
    let mut recovery = Recovery::open(Arc::new(machine.clone()), OPTIONS)?;
    let mut found = Vec::new();
    while let Some(record) = recovery.next()? {
        found.push(record);
    }
    witness.check(found, was_killed);
    let recovered = recovery.finish()?;
    witness.tails += u64::from(recovered.tail().is_some());
    witness.durable = witness.written;
    let segments = LateSegments {
        machine: machine.clone(),
        segment_bytes: pages(2 + random.below(3)),
        late: None,
        synced: Seq(0),
    };
    let durability = match random.below(3) {
        0 => Durability::Written,
        _ => Durability::Durable,
    };
    recovered.into_writer(durability, Box::new(segments))
}

/// One life: recover, then write until the power goes or the life has been long enough.
fn live(
    machine: &Machine,
    witness: &mut Witness,
    was_killed: bool,
    random: &mut Random,
) -> Result<(), JournalError> {
    let mut writer = recover(machine, witness, was_killed, random)?;
    let batches = random.below(12);
    if writer.durability() == Durability::Written {
        for _ in 0..batches * 15 {
            let record = witness.offer(random);
            writer.append(record.seq, record.time, &record.input)?;
            if machine.is_alive() {
                witness.written = witness.offered.len();
            }
        }
        if random.below(4) == 0 {
            witness.durable = usize::try_from(writer.close()?.0).unwrap();
        }
        return Ok(());
    }
    let mut commit = GroupCommit::new(writer, 64);
    for _ in 0..batches {
        let mut count = 1 + random.below(30);
        let durable = commit.turn(|| {
            count = count.checked_sub(1)?;
            let Record { seq, time, input } = witness.offer(random);
            Some(Queued { seq, time, input })
        })?;
        witness.durable = usize::try_from(durable.unwrap().0).unwrap();
        witness.written = witness.durable;
    }
    if random.below(4) == 0 {
        commit.close()?;
    }
    Ok(())
}

/// A journal's lives, one ended after the other.
fn check_history(seed: u64) -> (u64, u64) {
    let mut random = Random(seed);
    let disk = Disk {
        names: BTreeMap::new(),
        files: Vec::new(),
        left: 0,
    };
    let machine = Machine(Arc::new(Mutex::new(disk)));
    let (mut witness, mut was_killed, mut cut_recoveries) = (Witness::default(), false, 0);
    for life in 0..25 {
        // Often so soon that the recovery itself is cut.
        machine.0.lock().unwrap().left = match random.below(3) {
            0 => random.below(12),
            _ => random.below(600),
        };
        let before = witness.number;
        match live(&machine, &mut witness, was_killed, &mut random) {
            Ok(()) => {}
            Err(JournalError::Io { .. }) => cut_recoveries += u64::from(before == witness.number),
            Err(error) => panic!("life {life}: {error}"),
        }
        was_killed = random.below(3) == 0;
        if !was_killed {
            machine.0.lock().unwrap().cut_power(&mut random);
        }
    }
    (witness.tails, cut_recoveries)
}

/// Says which history failed and how to repeat it.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "history {0} failed; repeat it with {SEED}={0} cargo nextest run -p rialto-journal power",
                self.0
            );
        }
    }
}

/// The number that a variable of the environment gives, if it is set.
fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|error| panic!("{name}={value}: {error}")),
    )
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_else_appears() {
    let count = from_environment(HISTORIES).unwrap_or(HISTORIES_DEFAULT);
    let seeds = match from_environment(SEED) {
        Some(seed) => seed..seed + 1,
        None => 0..count,
    };
    let histories = seeds.end - seeds.start;
    let (mut tails, mut cut_recoveries) = (0, 0);
    for seed in seeds {
        let _told = Told(seed);
        let (cut_off, cut) = check_history(seed);
        tails += cut_off;
        cut_recoveries += cut;
    }
    if histories >= HISTORIES_DEFAULT {
        assert!(tails > 500, "the cuts are cruel enough: {tails}");
        assert!(cut_recoveries > 500, "also to recoveries: {cut_recoveries}");
    }
}
