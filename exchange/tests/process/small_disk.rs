//! A disk of a few MiB that can be filled and can grow: a file system in memory, mounted for one test.
//!
//! Each test gets a view of the mounted file systems of its own, which only its thread and the processes
//! that this starts see, and which goes with them, also when the test is killed. Mounting takes root. A user
//! who is not may be one among processes of his own (a user namespace), which only a process with a single
//! thread can enter, so there the test is played once more by a process of its own that `unshare` starts,
//! and which proves that it had a disk: one that found no test to play ends as well as one that passed.
//! Where neither is allowed the test says so and tries nothing.

use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, mount_remount, unmount,
};
use rustix::thread::{UnshareFlags, unshare_unsafe};
use tempfile::TempDir;

/// A mebibyte, which is also the size of a segment in these tests.
pub(crate) const MIB: u64 = 1 << 20;
/// Set for the process that plays a test as root of its own namespace: the file that it writes when it has a disk.
const PROOF: &str = "RIALTO_SMALL_DISK_PROOF";
/// What takes up the room.
const BALLAST: &str = "ballast";

/// A small file system, gone when it is dropped.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    directory: TempDir,
    bytes: u64,
}

impl SmallDisk {
    /// One of this size; `None` when the test was played by another process, or, with a word about it, where
    /// mounting is not allowed.
    ///
    /// # Panics
    /// When it failed in that other process, or had no disk there.
    pub(crate) fn new(bytes: u64) -> Option<Self> {
        // SAFETY: from now on this thread shares neither mounts nor its working directory with the others.
        // Nothing here keeps a descriptor of a directory or counts on another thread's working directory.
        let unshared = unsafe { unshare_unsafe(UnshareFlags::NEWNS) };
        if unshared == Err(Errno::PERM) {
            play_inside();
            return None;
        }
        unshared.unwrap();
        let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        mount_change("/", flags).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let options = size_option(bytes);
        let options = Some(options.as_c_str());
        mount(
            "small",
            directory.path(),
            "tmpfs",
            MountFlags::empty(),
            options,
        )
        .unwrap();
        if let Some(proof) = std::env::var_os(PROOF) {
            fs::write(proof, "").unwrap();
        }
        Some(Self { directory, bytes })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Its size in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes room.
    pub(crate) fn grow(&mut self, more: u64) {
        self.bytes += more;
        let options = size_option(self.bytes);
        mount_remount(self.path(), MountFlags::empty(), &options).unwrap();
    }

    /// What is free, in bytes.
    pub(crate) fn free(&self) -> u64 {
        let status = statvfs(self.path()).unwrap();
        status.f_bavail * status.f_frsize
    }

    /// Takes up room until so much is free, in bytes.
    pub(crate) fn fill_up_to(&self, left: u64) {
        self.clear();
        let ballast = fs::File::create(self.ballast()).unwrap();
        let bytes = self.free().saturating_sub(left);
        if bytes > 0 {
            fallocate(ballast, FallocateFlags::empty(), 0, bytes).unwrap();
        }
    }

    /// Gives the room back.
    pub(crate) fn clear(&self) {
        match fs::remove_file(self.ballast()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
    }

    fn ballast(&self) -> PathBuf {
        self.path().join(BALLAST)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Also when a process still has files open. What cannot be undone goes with the thread.
        let _ = unmount(self.path(), UnmountFlags::DETACH);
    }
}

/// Plays this thread's test in a process that is root among its own.
fn play_inside() {
    let may = Command::new("unshare")
        .args(["-Urm", "true"])
        .stderr(Stdio::null())
        .status();
    let is_inside = std::env::var_os(PROOF).is_some();
    if is_inside || !may.is_ok_and(|status| status.success()) {
        eprintln!(
            "NOT TRIED: a full disk is a small one that is mounted, and only root may mount; nor may \
             `unshare -Urm` make a namespace for it"
        );
        return;
    }
    let thread = std::thread::current();
    let test = thread.name().unwrap();
    eprintln!("once more, as root of a namespace: {test}");
    let directory = tempfile::tempdir().unwrap();
    let proof = directory.path().join("mounted");
    let status = Command::new("unshare")
        .arg("-Urm")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(PROOF, &proof)
        .status();
    assert!(status.unwrap().success(), "{test} failed in its namespace");
    assert!(
        proof.exists(),
        "{test} was not tried in its namespace: no test has this name, or nothing was mounted"
    );
}

fn size_option(bytes: u64) -> CString {
    CString::new(format!("size={bytes}")).unwrap()
}
