//! Where a local book stands in its stream: what it includes, and what must come next.
//!
//! Books of levels and of orders are sent alike: a snapshot in parts, then changes in parts, each naming the
//! one before it. Pure; O(1).

use rialto_protocol::BookFlags;

use crate::BookError;

/// What a book has of the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Position {
    /// Nothing: a snapshot is needed.
    #[default]
    Nothing,
    /// Some parts of a snapshot that includes this change.
    InSnapshot(u64),
    /// Everything up to this change.
    At(u64),
    /// Everything up to the first, and some parts of the second.
    InChange(u64, u64),
}

/// A change as its messages name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// The change before it.
    pub(crate) previous: u64,
    /// The last change that it includes.
    pub(crate) found: u64,
    /// Whether it may reach back before what the book includes, as those of conflated channels do.
    pub(crate) may_overlap: bool,
}

impl Position {
    /// The last change that the book includes, while it is whole.
    pub(crate) const fn held(self) -> Option<u64> {
        match self {
            Self::At(held) => Some(held),
            Self::Nothing | Self::InSnapshot(_) | Self::InChange(..) => None,
        }
    }

    /// Takes up a part of a snapshot. The first one is to clear the book.
    pub(crate) fn begin_snapshot(self, flags: BookFlags, found: u64) -> Result<Self, BookError> {
        if !flags.contains(BookFlags::FIRST) {
            match self {
                Self::InSnapshot(begun) if begun == found => {}
                Self::InSnapshot(unfinished) | Self::InChange(_, unfinished) => {
                    return Err(BookError::Unfinished { unfinished, found });
                }
                Self::Nothing | Self::At(_) => return Err(BookError::Torn { found }),
            }
        }
        Ok(Self::InSnapshot(found))
    }

    /// Takes up a part of a change.
    pub(crate) fn begin_change(self, flags: BookFlags, change: Change) -> Result<Self, BookError> {
        let Change {
            previous,
            found,
            may_overlap,
        } = change;
        let is_first = flags.contains(BookFlags::FIRST);
        let follows = |held: u64| {
            if may_overlap {
                (previous..=found).contains(&held)
            } else {
                previous == held && held < found
            }
        };
        match self {
            Self::Nothing => return Err(BookError::NoSnapshot { found }),
            Self::At(_) if !is_first => return Err(BookError::Torn { found }),
            Self::At(held) if !follows(held) => {
                return Err(BookError::Gap {
                    held,
                    previous,
                    found,
                });
            }
            Self::InChange(held, begun) if !is_first && (held, begun) == (previous, found) => {}
            Self::InSnapshot(unfinished) | Self::InChange(_, unfinished) => {
                return Err(BookError::Unfinished { unfinished, found });
            }
            Self::At(_) => {}
        }
        Ok(Self::InChange(previous, found))
    }

    /// Refuses a checksum of another state than the one that the book has.
    pub(crate) const fn expect_at(self, found: u64) -> Result<(), BookError> {
        match self {
            Self::Nothing => Err(BookError::NoSnapshot { found }),
            Self::At(held) if held != found => Err(BookError::Gap {
                held,
                previous: found,
                found,
            }),
            Self::InSnapshot(unfinished) | Self::InChange(_, unfinished) => {
                Err(BookError::Unfinished { unfinished, found })
            }
            Self::At(_) => Ok(()),
        }
    }
}
