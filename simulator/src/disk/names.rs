//! The names on a disk: as the process sees them, and as they are found after a power cut.
//!
//! Each directory keeps the changes of its names in order until it is synced. When the power goes, of each
//! directory's changes since its last sync the first few are there and the rest never happened: a change
//! never survives without those before it in the same directory, and directories know nothing of each
//! other. A directory that is forgotten takes everything in it along. That is less than a journaling file
//! system keeps, which has one order for all of them. Invariant: after a power cut both views are one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rialto_reference::scenario::SplitMix64;

/// A change of a name.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Link { name: String, number: usize },
    Unlink { name: String },
    Rename { from: String, to: String },
    MakeDirectory { name: String },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link { name, number } => write!(f, "that file {number} is called {name}"),
            Self::Unlink { name } => write!(f, "that {name} was removed"),
            Self::Rename { from, to } => write!(f, "that {from} was renamed to {to}"),
            Self::MakeDirectory { name } => write!(f, "that there is a directory {name}"),
        }
    }
}

/// Which names there are.
#[derive(Clone, Debug, Default)]
struct View {
    /// The number of each file.
    files: BTreeMap<String, usize>,
    /// All but the one that holds everything.
    directories: BTreeSet<String>,
}

impl View {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::Link { name, number } => {
                self.files.insert(name.clone(), *number);
            }
            Change::Unlink { name } => {
                self.files.remove(name);
            }
            Change::Rename { from, to } => {
                if let Some(number) = self.files.remove(from) {
                    self.files.insert(to.clone(), number);
                }
            }
            Change::MakeDirectory { name } => {
                self.directories.insert(name.clone());
            }
        }
    }

    /// Forgets what lies in directories that are not there.
    fn drop_orphans(&mut self) {
        let directories = &self.directories;
        let is_held = |name: &String| {
            let parent = parent(name);
            parent.is_empty() || directories.contains(parent)
        };
        self.files.retain(|name, _| is_held(name));
    }
}

/// The names on a disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    seen: View,
    /// What the last syncs made durable.
    synced: View,
    /// By directory, in order.
    unsynced: BTreeMap<String, Vec<Change>>,
}

impl Names {
    /// The files that the process sees, by their numbers.
    pub(super) fn files(&self) -> &BTreeMap<String, usize> {
        &self.seen.files
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.seen.files.contains_key(name) || self.has_directory(name)
    }

    pub(super) fn has_directory(&self, name: &str) -> bool {
        name.is_empty() || self.seen.directories.contains(name)
    }

    pub(super) fn link(&mut self, name: &str, number: usize) {
        let name = name.to_owned();
        self.change(Change::Link { name, number });
    }

    pub(super) fn unlink(&mut self, name: &str) {
        let name = name.to_owned();
        self.change(Change::Unlink { name });
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.change(Change::Rename { from, to });
    }

    pub(super) fn make_directory(&mut self, name: &str) {
        let name = name.to_owned();
        self.change(Change::MakeDirectory { name });
    }

    /// Everything that was changed in this directory is there from now on.
    pub(super) fn sync(&mut self, directory: &str) {
        for change in self.unsynced.remove(directory).unwrap_or_default() {
            self.synced.apply(&change);
        }
    }

    /// The power goes. Returns the changes that are forgotten.
    pub(super) fn cut_power(&mut self, random: &mut SplitMix64) -> Vec<Change> {
        let mut forgotten = Vec::new();
        for (_, mut changes) in std::mem::take(&mut self.unsynced) {
            let kept = random.index(changes.len() + 1);
            forgotten.extend(changes.split_off(kept));
            for change in &changes {
                self.synced.apply(change);
            }
        }
        self.synced.drop_orphans();
        self.seen = self.synced.clone();
        forgotten
    }

    fn change(&mut self, change: Change) {
        self.seen.apply(&change);
        let name = match &change {
            Change::Link { name, .. }
            | Change::Unlink { name }
            | Change::Rename { to: name, .. }
            | Change::MakeDirectory { name } => name,
        };
        let directory = parent(name).to_owned();
        self.unsynced.entry(directory).or_default().push(change);
    }
}

/// The directory that holds a name; empty for the one that holds everything.
pub(super) fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(directory, _)| directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is there after each of many power cuts, each of them different.
    fn outcomes(prepare: impl Fn(&mut Names)) -> BTreeSet<Vec<String>> {
        let outcome = |seed| {
            let mut names = Names::default();
            prepare(&mut names);
            names.cut_power(&mut SplitMix64::new(seed));
            names.files().keys().cloned().collect()
        };
        (0..200).map(outcome).collect()
    }

    fn check(found: &BTreeSet<Vec<String>>, expected: &[&[&str]]) {
        let owned = |names: &&[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(*found, expected.iter().map(owned).collect());
    }

    #[test]
    fn what_was_not_synced_is_there_up_to_some_change() {
        let found = outcomes(|names| {
            names.link("spare", 0);
            names.rename("spare", "first");
            names.link("spare", 1);
            names.unlink("first");
        });
        check(
            &found,
            &[&[], &["spare"], &["first"], &["first", "spare"], &["spare"]],
        );
    }

    #[test]
    fn what_was_synced_is_there() {
        let found = outcomes(|names| {
            names.link("spare", 0);
            names.rename("spare", "first");
            names.sync("");
            names.link("spare", 1);
        });
        check(&found, &[&["first"], &["first", "spare"]]);
    }

    #[test]
    fn a_directory_knows_nothing_of_another_and_takes_along_what_it_holds() {
        let found = outcomes(|names| {
            names.make_directory("tails");
            names.link("tails/one", 0);
            names.sync("tails");
            names.link("spare", 1);
        });
        check(&found, &[&[], &["tails/one"], &["spare", "tails/one"]]);
        let found = outcomes(|names| {
            names.make_directory("tails");
            names.sync("");
            names.link("tails/one", 0);
            names.link("spare", 1);
        });
        let all: [&[&str]; 4] = [&[], &["spare"], &["tails/one"], &["spare", "tails/one"]];
        check(&found, &all);
    }
}
