//! Data directories that are not this process's to open: in use, of another version, shard or exchange,
//! or no journal at all. Each is refused with what was found, what would be right and what to do, and
//! nothing in it is changed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rialto_engine::RULES_VERSION;
use rialto_journal::header::SegmentHeader;
use rialto_journal::layout::segment_name;
use rialto_journal::{ExchangeId, FORMAT_VERSION};
use rialto_types::{Seq, ShardId};
use tempfile::TempDir;

use crate::honest::Honest;
use crate::process::{Setup, journal_of};

/// The exit status of a process that could not start.
const FAILED: i32 = 2;

/// A venue that was founded and has ended in order.
struct Founded {
    _directory: TempDir,
    data: PathBuf,
    setup: Setup,
    /// The last command.
    last: Seq,
}

impl Founded {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let setup = Setup::venue(&data);
        let (last, _) = setup.open().await.stop().await;
        Self {
            _directory: directory,
            data,
            setup,
            last: Seq(last),
        }
    }

    fn first_segment(&self) -> PathBuf {
        journal_of(&self.data).join(segment_name(Seq(1)))
    }

    fn header(&self) -> SegmentHeader {
        let bytes = fs::read(self.first_segment()).unwrap();
        SegmentHeader::decode(&bytes).unwrap().0
    }

    /// Asserts that it is refused with all of `expected` in what it says, and that nothing is changed.
    async fn is_refused(&self, expected: &[&str]) {
        let before = content(&journal_of(&self.data));
        let (status, text) = self.setup.refused().await;
        assert_eq!(status, FAILED, "{text}");
        for part in expected {
            assert!(text.contains(part), "{part:?} is missing in: {text}");
        }
        assert!(!text.contains("panicked"), "{text}");
        let after = content(&journal_of(&self.data));
        assert_eq!(
            before.keys().collect::<Vec<_>>(),
            after.keys().collect::<Vec<_>>()
        );
        for (name, bytes) in before {
            assert!(after[&name] == bytes, "{name} was changed");
        }
    }
}

/// The files of a journal by their names; the lock, which states who tried last, is none of them.
fn content(journal: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(journal).unwrap().map(Result::unwrap);
    let files = files.filter(|file| file.path().is_file() && file.file_name() != "LOCK");
    let read = |file: fs::DirEntry| {
        let name = file.file_name().into_string().unwrap();
        (name, fs::read(file.path()).unwrap())
    };
    files.map(read).collect()
}

/// Writes a header at the beginning of a segment.
fn write_header(segment: &Path, header: &SegmentHeader) {
    let file = fs::OpenOptions::new().write(true).open(segment).unwrap();
    file.write_all_at(&header.encode().0, 0).unwrap();
}

#[tokio::test]
async fn a_directory_in_use_is_refused_and_its_user_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let setup = Setup::venue(directory.path().join("data"));
    let process = setup.open().await;
    let mut honest = Honest::new(&process, 1).await;
    let (status, text) = setup.refused().await;
    assert_eq!(status, FAILED, "{text}");
    let user = format!("is in use by process {}", process.id());
    for part in [&user, "stop that first, or choose another data directory"] {
        assert!(text.contains(part), "{part:?} is missing in: {text}");
    }
    honest.trade().await;
    honest.log_out().await;
    let second = Setup::venue(directory.path().join("other")).open().await;
    second.stop().await;
    process.stop().await;
    // A lock that was left behind by a process that was killed locks nobody out.
    setup.open().await.kill().await;
    setup.open().await.stop().await;
}

#[tokio::test]
async fn a_journal_of_another_format_is_refused() {
    let founded = Founded::new().await;
    let mut bytes = founded.header().encode().0;
    let newer = FORMAT_VERSION + 1;
    bytes[8..12].copy_from_slice(&newer.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..124]);
    bytes[124..].copy_from_slice(&crc.to_le_bytes());
    let file = fs::OpenOptions::new()
        .write(true)
        .open(founded.first_segment());
    file.unwrap().write_all_at(&bytes, 0).unwrap();
    let found = format!("has journal format version {newer}");
    let right = format!("this build reads version {FORMAT_VERSION}");
    let todo = "start the build that wrote it, or choose another data directory";
    founded.is_refused(&[&found, &right, todo]).await;
}

#[tokio::test]
async fn a_journal_of_other_rules_is_refused() {
    let founded = Founded::new().await;
    let header = SegmentHeader {
        rules_version: RULES_VERSION + 1,
        ..founded.header()
    };
    write_header(&founded.first_segment(), &header);
    let found = format!(
        "was written under version {} of the rules",
        RULES_VERSION + 1
    );
    let right = format!("this build has version {RULES_VERSION}");
    founded
        .is_refused(&[&found, &right, "start the build that wrote it"])
        .await;
}

#[tokio::test]
async fn a_journal_of_another_shard_is_refused() {
    let mut founded = Founded::new().await;
    assert_eq!(founded.header().shard, ShardId(0));
    founded.setup = founded.setup.with("RIALTO__CORE__SHARD", 3);
    let todo = "check the configured shard and data directory";
    founded
        .is_refused(&["belongs to shard 0, not to shard 3", todo])
        .await;
}

#[tokio::test]
async fn a_segment_of_another_exchange_is_refused() {
    let founded = Founded::new().await;
    let (own, first) = (founded.header(), founded.last.next());
    let other = ExchangeId([0xAB; 16]);
    let foreign = journal_of(&founded.data).join(segment_name(first));
    fs::File::create(&foreign)
        .unwrap()
        .set_len(own.segment_bytes.get())
        .unwrap();
    let header = SegmentHeader {
        exchange_id: other,
        first_seq: first,
        ..own
    };
    write_header(&foreign, &header);
    let found = format!("{} belongs to exchange {other}", segment_name(first));
    let right = format!("the segments before it to {}", own.exchange_id);
    founded
        .is_refused(&[&found, &right, "move it elsewhere"])
        .await;
    fs::remove_file(foreign).unwrap();
    founded.setup.open().await.stop().await;
}

#[tokio::test]
async fn a_directory_with_other_files_is_refused() {
    let founded = Founded::new().await;
    let foreign = journal_of(&founded.data).join("holiday.jpg");
    fs::write(&foreign, b"not a segment").unwrap();
    founded
        .is_refused(&[
            "\"holiday.jpg\"",
            "is no part of a journal",
            "move it elsewhere",
        ])
        .await;
}

/// The demo does not settle on a venue that somebody else has set up, nor with keys of another one.
#[tokio::test]
async fn keys_of_another_venue_are_refused() {
    let (founded, other) = (Founded::new().await, Founded::new().await);
    let keys = |venue: &Founded| venue.data.join("demo-keys.json");
    fs::copy(keys(&other), keys(&founded)).unwrap();
    let (status, text) = founded.setup.refused().await;
    assert_eq!(status, FAILED, "{text}");
    for part in ["does not belong to this venue", "remove the file"] {
        assert!(text.contains(part), "{part:?} is missing in: {text}");
    }
}

/// What is told to people must name the directory that is used, so one that cannot be told is refused.
#[tokio::test]
async fn a_path_that_is_no_text_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join(OsStr::from_bytes(b"d\xFFta"));
    let (code, text) = Setup::demo(&data).refused().await;
    assert_eq!(code, FAILED);
    assert!(text.contains("d\\xffta is not UTF-8"), "{text}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}
