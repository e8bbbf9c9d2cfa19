//! The steps by which names come and go in a directory, so that each change is on the disk when it is told.
//!
//! A file system may forget a change of names until the directory that holds the name was synced after
//! it, whatever was synced of the file itself. Here stands which directory is synced when, once for
//! everybody: [`super::FileStorage`] takes these steps on the real file system, the simulator on one that
//! forgets whatever it may, so that a sync that is missing here shows there. What holds: a change is
//! durable when its function returns; whatever interrupts it leaves the old name, the new one, or a file
//! that every reader passes over. Cost: one sync of a directory a change.

use std::io;
use std::path::Path;

use crate::error::JournalError;

/// What the name of a file ends with before it is complete.
pub const PARTIAL_SUFFIX: &str = ".partial";

/// A file system, one step at a time: paths are relative to where it begins, and the empty path is that
/// place. No change of a name is durable before [`Volume::sync_directory`].
pub trait Volume {
    /// An open segment.
    type Segment;

    /// Whether something has this name.
    fn exists(&self, path: &Path) -> bool;

    /// Whether a directory has it.
    fn is_directory(&self, path: &Path) -> bool;

    /// Makes a directory in one that is there.
    ///
    /// # Errors
    /// Those of the disk.
    fn make_directory(&self, path: &Path) -> io::Result<()>;

    /// Makes a file of so many zeros, all of them on the disk. One that fails leaves no file.
    ///
    /// # Errors
    /// Those of the disk; [`io::ErrorKind::AlreadyExists`].
    fn reserve(&self, path: &Path, bytes: u64) -> io::Result<Self::Segment>;

    /// Writes a file, in place of any of that name; its bytes are on the disk. One that fails may leave a
    /// part.
    ///
    /// # Errors
    /// Those of the disk.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Gives a file another name in the same directory.
    ///
    /// # Errors
    /// Those of the disk.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Those of the disk.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Returns when every change of names in this directory, made before, is on the disk.
    ///
    /// # Errors
    /// Those of the disk. Any of the changes may then be forgotten yet.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
}

/// Makes a directory and those above it that are missing, each of them durable in the one that holds it. A directory
/// that is there may be one whose maker was interrupted: its name is made durable too, where that is allowed.
///
/// # Errors
/// Those of the disk, with the path.
pub fn make_directories(volume: &impl Volume, path: &Path) -> Result<(), JournalError> {
    if path.as_os_str().is_empty() || !volume.is_directory(path) {
        return make_missing(volume, path);
    }
    let above = parent(path);
    match volume.sync_directory(above) {
        // Who may not look into it has not made a name in it.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        synced => synced.map_err(JournalError::io("sync the directory", &shown(above))),
    }
}

fn make_missing(volume: &impl Volume, path: &Path) -> Result<(), JournalError> {
    if path.as_os_str().is_empty() || volume.is_directory(path) {
        return Ok(());
    }
    let above = parent(path);
    make_missing(volume, above)?;
    let made = volume.make_directory(path);
    let name = path.display().to_string();
    made.map_err(JournalError::io("create the directory", &name))?;
    let synced = volume.sync_directory(above);
    synced.map_err(JournalError::io("sync the directory", &shown(above)))
}

fn shown(path: &Path) -> String {
    if path.as_os_str().is_empty() {
        return ".".to_owned();
    }
    path.display().to_string()
}

/// Takes over a directory from whoever used it last: names that another left in the system's memory are
/// on the disk before anybody builds on them.
///
/// # Errors
/// Those of the disk.
pub fn take_over(volume: &impl Volume) -> io::Result<()> {
    volume.sync_directory(Path::new(""))
}

/// Creates a segment, in place of any file of that name.
///
/// # Errors
/// Those of the disk. The file may be there, if its name could not be made durable.
pub fn create<V: Volume>(volume: &V, name: &str, bytes: u64) -> io::Result<V::Segment> {
    let path = Path::new(name);
    if volume.exists(path) {
        volume.remove(path)?;
    }
    let segment = volume.reserve(path, bytes)?;
    volume.sync_directory(parent(path)).map(|()| segment)
}

/// Gives a file another name in its directory.
///
/// # Errors
/// Those of the disk; [`io::ErrorKind::AlreadyExists`] when another file has that name.
pub fn rename(volume: &impl Volume, from: &str, to: &str) -> io::Result<()> {
    let to = Path::new(to);
    if volume.exists(to) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    volume.rename(Path::new(from), to)?;
    volume.sync_directory(parent(to))
}

/// Removes a file.
///
/// # Errors
/// Those of the disk.
pub fn remove(volume: &impl Volume, name: &str) -> io::Result<()> {
    let path = Path::new(name);
    volume.remove(path)?;
    volume.sync_directory(parent(path))
}

/// Writes a new file as a whole, under another name until it is complete.
///
/// # Errors
/// Those of the disk; [`io::ErrorKind::AlreadyExists`].
pub fn save(volume: &impl Volume, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = Path::new(name);
    make_missing(volume, parent(path)).map_err(into_source)?;
    if volume.exists(path) {
        // Whoever sees that it is there builds on it.
        volume.sync_directory(parent(path))?;
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let partial = format!("{name}{PARTIAL_SUFFIX}");
    let partial = Path::new(&partial);
    let written = volume
        .write(partial, bytes)
        .and_then(|()| volume.rename(partial, path));
    if let Err(error) = written {
        // Its room may be what is missing. Should that fail too, the first error is the one to tell.
        let _ = volume.remove(partial);
        return Err(error);
    }
    volume.sync_directory(parent(path))
}

/// The directory that holds a name; the empty path for where the volume begins.
fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn into_source(error: JournalError) -> io::Error {
    match error {
        JournalError::Io { source, .. } => source,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use super::*;

    /// Writes down each step, and fails at one of them.
    #[derive(Default)]
    struct Recorder {
        names: RefCell<BTreeSet<String>>,
        steps: RefCell<Vec<String>>,
        fails_at: Option<&'static str>,
    }

    impl Recorder {
        fn with(names: &[&str]) -> Self {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            Self {
                names: RefCell::new(names),
                ..Self::default()
            }
        }

        fn step(&self, what: &str, path: &Path) -> io::Result<()> {
            let step = format!("{what} {}", path.display());
            let fails = self.fails_at == Some(&step);
            self.steps.borrow_mut().push(step);
            if fails {
                return Err(io::Error::other("worn out"));
            }
            Ok(())
        }

        fn add(&self, path: &Path) {
            self.names.borrow_mut().insert(path.display().to_string());
        }

        fn drop(&self, path: &Path) {
            self.names.borrow_mut().remove(&path.display().to_string());
        }

        fn check(&self, expected: &[&str]) {
            assert_eq!(*self.steps.borrow(), expected);
        }
    }

    impl Volume for Recorder {
        type Segment = ();

        fn exists(&self, path: &Path) -> bool {
            self.names.borrow().contains(&path.display().to_string())
        }

        fn is_directory(&self, path: &Path) -> bool {
            self.exists(path)
        }

        fn make_directory(&self, path: &Path) -> io::Result<()> {
            self.add(path);
            self.step("make", path)
        }

        fn reserve(&self, path: &Path, _bytes: u64) -> io::Result<()> {
            self.add(path);
            self.step("reserve", path)
        }

        fn write(&self, path: &Path, _bytes: &[u8]) -> io::Result<()> {
            self.add(path);
            self.step("write", path)
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.drop(from);
            self.add(to);
            self.step("rename", to)
        }

        fn remove(&self, path: &Path) -> io::Result<()> {
            self.drop(path);
            self.step("remove", path)
        }

        fn sync_directory(&self, path: &Path) -> io::Result<()> {
            self.step("sync", path)
        }
    }

    #[test]
    fn each_directory_that_is_made_is_synced_into_the_one_that_holds_it() {
        let volume = Recorder::with(&["/srv"]);
        make_directories(&volume, Path::new("/srv/a/b/c")).unwrap();
        volume.check(&[
            "make /srv/a",
            "sync /srv",
            "make /srv/a/b",
            "sync /srv/a",
            "make /srv/a/b/c",
            "sync /srv/a/b",
        ]);
        let relative = Recorder::default();
        make_directories(&relative, Path::new("data/journal")).unwrap();
        relative.check(&["make data", "sync ", "make data/journal", "sync data"]);
        let there = Recorder::with(&["/srv"]);
        make_directories(&there, Path::new("/srv")).unwrap();
        // It may be the work of one that was interrupted before this.
        there.check(&["sync /"]);
    }

    #[test]
    fn a_directory_that_cannot_be_made_or_synced_is_named() {
        for (fails_at, path, expected) in [
            (
                "make /srv/a",
                "/srv/a/b",
                "cannot create the directory /srv/a: worn out",
            ),
            (
                "sync /srv/a",
                "/srv/a/b",
                "cannot sync the directory /srv/a: worn out",
            ),
            (
                "sync ",
                "data/journal",
                "cannot sync the directory .: worn out",
            ),
        ] {
            let volume = Recorder {
                fails_at: Some(fails_at),
                ..Recorder::with(&["/srv"])
            };
            let error = make_directories(&volume, Path::new(path)).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn a_change_of_names_ends_with_a_sync_of_their_directory() {
        let volume = Recorder::with(&["spare", "old"]);
        take_over(&volume).unwrap();
        create(&volume, "spare", 8_192).unwrap();
        rename(&volume, "spare", "first").unwrap();
        remove(&volume, "old").unwrap();
        save(&volume, "tails/one", b"x").unwrap();
        save(&volume, "tails/two", b"x").unwrap();
        volume.check(&[
            "sync ",
            "remove spare",
            "reserve spare",
            "sync ",
            "rename first",
            "sync ",
            "remove old",
            "sync ",
            "make tails",
            "sync ",
            "write tails/one.partial",
            "rename tails/one",
            "sync tails",
            "write tails/two.partial",
            "rename tails/two",
            "sync tails",
        ]);
    }

    #[test]
    fn no_name_is_taken_from_another_file_and_no_part_is_left() {
        let volume = Recorder::with(&["spare", "first"]);
        for refused in [
            rename(&volume, "spare", "first"),
            save(&volume, "first", b"x"),
        ] {
            assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        }
        volume.check(&["sync "]);
        let full = Recorder {
            fails_at: Some("write state.partial"),
            ..Recorder::default()
        };
        assert!(save(&full, "state", b"x").is_err());
        full.check(&["write state.partial", "remove state.partial"]);
    }
}
