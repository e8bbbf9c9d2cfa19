//! Segments larger than the blocks in which they are read.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use rialto_journal::record::PAGE_BYTES;
use rialto_journal::storage::{Directory, Entry, MemoryReader, Reader};
use rialto_journal::{Durability, JournalError, MemoryStorage, inspect};
use rialto_types::Seq;

use crate::common::{append, order, pages, recover, varied, writer};

const FIRST: &str = "00000000000000000001.segment";
/// How much is read at once.
const BLOCK_BYTES: usize = 1 << 20;

#[test]
fn what_fills_several_blocks_comes_back() {
    let storage = MemoryStorage::new();
    let mut records = Vec::new();
    for _ in 0..2 {
        let mut life = writer(&storage, Durability::Written, pages(900));
        records.extend(append(&mut life, 20_000, varied));
    }
    let before = storage.files();
    assert!(
        before[FIRST][2 * BLOCK_BYTES..]
            .iter()
            .any(|byte| *byte != 0)
    );
    let (found, recovered) = recover(&storage).unwrap();
    assert_eq!(found, records);
    assert_eq!(recovered.tail(), None);
    // Also what was written again, because nothing said that it had reached the disk.
    assert!(storage.files() == before, "nothing is changed");
}

/// A directory that counts how often something is read.
#[derive(Clone, Debug)]
struct Counting {
    storage: MemoryStorage,
    count: Rc<Cell<usize>>,
}

#[derive(Debug)]
struct CountingReader {
    reader: MemoryReader,
    count: Rc<Cell<usize>>,
}

impl Directory for Counting {
    type Reader = CountingReader;

    fn name(&self) -> String {
        self.storage.name()
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        self.storage.list()
    }

    fn reader(&self, name: &str) -> io::Result<CountingReader> {
        let count = Rc::clone(&self.count);
        let reader = self.storage.reader(name);
        reader.map(|reader| CountingReader { reader, count })
    }
}

impl Reader for CountingReader {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.count.set(self.count.get() + 1);
        self.reader.read_at(offset, buffer)
    }
}

#[test]
fn a_block_is_read_once_and_not_for_every_record() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(600));
    append(&mut life, 30_000, order);
    let count = Rc::new(Cell::new(0));
    let directory = Counting {
        storage,
        count: Rc::clone(&count),
    };
    let mut records = 0;
    inspect(&directory, |_| records += 1).unwrap();
    assert!(records >= 30_000);
    // The header, two blocks on the way, and the second again to its end.
    assert_eq!(count.get(), 4);
}

#[test]
fn a_long_tail_is_saved_and_cut_to_its_last_byte() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(600));
    let records = append(&mut life, 36_000, order);
    let begin = PAGE_BYTES + 4 * 64;
    let files = storage.files();
    assert_eq!(files.len(), 1);
    let blocks_end = PAGE_BYTES + BLOCK_BYTES;
    for last in [
        blocks_end - 1,
        blocks_end,
        2 * blocks_end,
        600 * PAGE_BYTES - 1,
    ] {
        let mut files = files.clone();
        let segment = files.get_mut(FIRST).unwrap();
        segment[begin] ^= 1;
        segment[last] = 1;
        segment[last + 1..].fill(0);
        let lost = segment[begin..=last].to_vec();
        let storage = MemoryStorage::with_files(files);
        let (found, recovered) = recover(&storage).unwrap();
        assert_eq!(found, records[..4]);
        let tail = recovered.tail().unwrap();
        let remains = &tail.end.remains[0];
        assert_eq!(
            (remains.begin, remains.end),
            (begin as u64, last as u64 + 1)
        );
        let files = storage.files();
        assert!(files[&tail.saved[0]] == lost, "all of it is saved");
        assert!(files[FIRST][begin..].iter().all(|byte| *byte == 0));
    }
}

/// A record never lies in two pages, but may begin anywhere in one; so no block may end within a page.
#[test]
fn a_group_header_is_found_wherever_a_block_could_end() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Durable, pages(300));
    let records = append(&mut life, 10, order);
    life.sync().unwrap();
    append(&mut life, 10, order);
    let mut files = storage.files();
    let group_at = PAGE_BYTES + 10 * 64;
    let segment = files.get_mut(FIRST).unwrap();
    let mut header = segment[group_at..group_at + 64].to_vec();
    header[8..16].copy_from_slice(&20_u64.to_le_bytes());
    header[48..56].copy_from_slice(&15_u64.to_le_bytes());
    let crc = crc32c::crc32c(&header[4..56]);
    header[56..60].copy_from_slice(&crc.to_le_bytes());
    segment[group_at + 64] ^= 1;
    let (found, _) = recover(&MemoryStorage::with_files(files.clone())).unwrap();
    assert_eq!(found, records);

    // Less than a header from one to the next, so that every place is within one of them.
    for at in (BLOCK_BYTES..BLOCK_BYTES + 2 * PAGE_BYTES).step_by(56) {
        if at % PAGE_BYTES > PAGE_BYTES - header.len() {
            continue;
        }
        let mut files = files.clone();
        files.get_mut(FIRST).unwrap()[at..at + header.len()].copy_from_slice(&header);
        let error = recover(&MemoryStorage::with_files(files)).unwrap_err();
        assert!(
            matches!(&error, JournalError::Damaged(damage) if damage.synced == Seq(15)),
            "at byte {at}: {error}"
        );
    }
}
