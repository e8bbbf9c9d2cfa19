//! Repeating groups: lists that cannot grow beyond what one frame holds.

use core::fmt;
use core::ops::Deref;

/// A list of at most `MAX` entries. `MAX` follows from the schema: so many that the message stays within
/// one frame. What is longer is sent as several messages: see [`Group::chunks`].
#[derive(Clone, PartialEq, Eq)]
pub struct Group<T, const MAX: usize> {
    entries: Vec<T>,
}

/// A group has as many entries as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the group has its most entries already: {maximum}")]
pub struct GroupFull {
    /// The most that the group may have.
    pub maximum: usize,
}

impl<T, const MAX: usize> Group<T, MAX> {
    /// A group without entries. Allocates nothing.
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// [`GroupFull`] when there are `MAX` entries already.
    pub fn push(&mut self, entry: T) -> Result<(), GroupFull> {
        if self.entries.len() == MAX {
            return Err(GroupFull { maximum: MAX });
        }
        self.entries.push(entry);
        Ok(())
    }

    /// Removes all entries and keeps the memory, so that a message can be used again.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The entries, free of the bound.
    pub fn into_vec(self) -> Vec<T> {
        self.entries
    }

    /// Collects entries whose count has been checked.
    pub(crate) fn collect(entries: impl ExactSizeIterator<Item = T>) -> Self {
        debug_assert!(entries.len() <= MAX, "the count of entries was checked");
        Self {
            entries: entries.collect(),
        }
    }
}

impl<T: Clone, const MAX: usize> Group<T, MAX> {
    /// Divides any number of entries into groups that each fit: at least one group, also when there is
    /// no entry, so that the receiver always learns that this was all.
    pub fn chunks(entries: &[T]) -> impl Iterator<Item = Self> {
        let first = entries.len().min(MAX);
        let head = Self {
            entries: entries[..first].to_vec(),
        };
        let rest = entries[first..].chunks(MAX).map(|chunk| Self {
            entries: chunk.to_vec(),
        });
        core::iter::once(head).chain(rest)
    }
}

impl<T: fmt::Debug, const MAX: usize> fmt::Debug for Group<T, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.entries).finish()
    }
}

impl<T, const MAX: usize> Default for Group<T, MAX> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const MAX: usize> Deref for Group<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.entries
    }
}

impl<T, const MAX: usize> TryFrom<Vec<T>> for Group<T, MAX> {
    type Error = GroupFull;

    fn try_from(entries: Vec<T>) -> Result<Self, GroupFull> {
        if entries.len() > MAX {
            return Err(GroupFull { maximum: MAX });
        }
        Ok(Self { entries })
    }
}

impl<'a, T, const MAX: usize> IntoIterator for &'a Group<T, MAX> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_takes_no_more_than_its_maximum() {
        let mut group = Group::<u8, 2>::new();
        assert_eq!(group.push(1), Ok(()));
        assert_eq!(group.push(2), Ok(()));
        assert_eq!(group.push(3), Err(GroupFull { maximum: 2 }));
        assert_eq!(group.into_vec(), [1, 2]);
        assert!(Group::<u8, 2>::try_from(vec![1, 2, 3]).is_err());
    }

    #[test]
    fn chunks_hold_all_entries_and_are_never_none() {
        let split = |entries: &[u8]| -> Vec<Vec<u8>> {
            Group::<u8, 2>::chunks(entries)
                .map(Group::into_vec)
                .collect()
        };
        assert_eq!(split(&[]), [Vec::<u8>::new()]);
        assert_eq!(split(&[1, 2]), [vec![1, 2]]);
        assert_eq!(split(&[1, 2, 3, 4, 5]), [vec![1, 2], vec![3, 4], vec![5]]);
    }
}
