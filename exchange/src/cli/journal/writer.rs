//! Who writes a journal at this moment, found out without touching its lock.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rialto_journal::layout::LOCK;

/// Where Linux lists the locks that are held.
const LOCKS: &str = "/proc/locks";

/// The process that holds the journal's lock, as far as this machine can tell.
pub(super) fn writer(journal: &Path) -> Option<u32> {
    let lock = journal.join(LOCK);
    let process = fs::read_to_string(&lock).ok()?.trim().parse().ok()?;
    let inode = fs::metadata(&lock).ok()?.ino();
    let locks = fs::read_to_string(LOCKS).ok()?;
    holds(&locks, process, inode).then_some(process)
}

/// Whether a list of locks has one of this process on this file. A line reads
/// `1: FLOCK  ADVISORY  WRITE 4711 08:01:131077 0 EOF`.
fn holds(locks: &str, process: u32, inode: u64) -> bool {
    let (process, inode) = (process.to_string(), inode.to_string());
    locks.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let file = fields.get(5).and_then(|file| file.rsplit(':').next());
        fields.get(1) == Some(&"FLOCK")
            && fields.get(4) == Some(&process.as_str())
            && file == Some(&inode)
    })
}

#[cfg(test)]
mod tests {
    use rialto_journal::FileStorage;

    use super::*;

    #[test]
    fn a_lock_is_of_one_process_on_one_file() {
        let locks = "1: POSIX  ADVISORY  WRITE 7 00:2d:5 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 4711 08:01:131077 0 EOF\n\n";
        assert!(holds(locks, 4711, 131_077));
        assert!(!holds(locks, 4711, 31_077));
        assert!(!holds(locks, 471, 131_077));
        assert!(!holds(locks, 7, 5), "another kind of lock");
        assert!(!holds("", 4711, 131_077));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_writer_is_seen_while_it_has_the_journal() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(writer(directory.path()), None);
        let storage = FileStorage::open(directory.path()).unwrap();
        assert_eq!(writer(directory.path()), Some(std::process::id()));
        drop(storage);
        assert_eq!(
            writer(directory.path()),
            None,
            "the file alone says nothing"
        );
    }
}
