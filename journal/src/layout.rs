//! The names in a journal directory, and nothing else about them.
//!
//! ```text
//! LOCK                            held by the one process that may write; states its id
//! 00000000000000000001.segment    records from sequence 1 on
//! 00000000000004194304.segment    records from sequence 4,194,304 on
//! spare.segment                   the next segment, prepared; or the newest, not yet renamed
//! tails/                          what recovery cut off, for whoever wants to look at it
//! snapshots/                      states to replay from instead of the beginning
//! POISON                          what the core was applying when it panicked
//! POISON.room                     blank: room on the disk in which to write that down
//! ```
//!
//! A directory that holds anything else is not touched: it is somebody else's, or a newer version's.

use rialto_types::Seq;

use crate::Epoch;

/// Locked by the process that writes the journal.
pub const LOCK: &str = "LOCK";
/// The segment that is prepared ahead. It may already be in use: its header tells, not its name.
pub const SPARE: &str = "spare.segment";
/// The directory of cut-off tails.
pub const TAILS: &str = "tails";
/// The directory of snapshots.
pub const SNAPSHOTS: &str = "snapshots";
/// What the core was applying when it panicked, if it did.
pub const POISON: &str = "POISON";
/// Room on the disk that becomes [`POISON`] when it is needed.
pub const POISON_ROOM: &str = "POISON.room";
/// What a file system of its own brings along.
const LOST_AND_FOUND: &str = "lost+found";
/// What the name of a segment ends with.
const SEGMENT_SUFFIX: &str = ".segment";
/// What the name of a snapshot ends with.
const SNAPSHOT_SUFFIX: &str = ".snapshot";
/// What the name of the candles beside a snapshot ends with.
const CANDLES_SUFFIX: &str = ".candles";
/// Digits of a sequence in a name: all of a `u64`, so that names sort as numbers do.
const SEQ_DIGITS: usize = 20;

/// What an entry of the directory is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A segment that begins with this sequence.
    Segment(Seq),
    /// The segment prepared ahead.
    Spare,
    /// Nothing that holds records: the lock, tails, snapshots, the mark of a panic.
    Other,
}

/// The name of the segment that begins with `first`.
pub fn segment_name(first: Seq) -> String {
    format!("{:0SEQ_DIGITS$}{SEGMENT_SUFFIX}", first.0)
}

/// The name, within [`SNAPSHOTS`], of the snapshot of which `seq` is the last command.
pub fn snapshot_name(seq: Seq) -> String {
    format!("{:0SEQ_DIGITS$}{SNAPSHOT_SUFFIX}", seq.0)
}

/// The last command of the snapshot with this name; `None` for a name that no snapshot has.
pub fn snapshot_seq(name: &str) -> Option<Seq> {
    seq_before(name, SNAPSHOT_SUFFIX)
}

/// The name, within [`SNAPSHOTS`], of the candles that go along the snapshot of which `seq` is the last command.
pub fn candles_name(seq: Seq) -> String {
    format!("{:0SEQ_DIGITS$}{CANDLES_SUFFIX}", seq.0)
}

/// The last command of the candles with this name; `None` for a name that no candles have.
pub fn candles_seq(name: &str) -> Option<Seq> {
    seq_before(name, CANDLES_SUFFIX)
}

/// The name under which the tail of `segment`, cut off at `offset`, is kept. `epoch` is that of the
/// cut, so that two cuts never share a name.
pub fn tail_name(epoch: Epoch, segment: &str, offset: u64) -> String {
    let stem = segment.strip_suffix(SEGMENT_SUFFIX).unwrap_or(segment);
    format!("{TAILS}/epoch-{epoch:0SEQ_DIGITS$}-{stem}-at-{offset}.tail")
}

/// The `copy`-th name beside `name`: itself for 0.
pub fn numbered(name: &str, copy: u32) -> String {
    match copy {
        0 => name.to_owned(),
        _ => format!("{name}.{copy}"),
    }
}

/// What an entry of that name is; `None` when it does not belong into a journal.
pub fn role(name: &str) -> Option<Role> {
    match name {
        LOCK | TAILS | SNAPSHOTS | POISON | POISON_ROOM | LOST_AND_FOUND => Some(Role::Other),
        SPARE => Some(Role::Spare),
        _ => seq_before(name, SEGMENT_SUFFIX).map(Role::Segment),
    }
}

fn seq_before(name: &str, suffix: &str) -> Option<Seq> {
    let digits = name.strip_suffix(suffix)?;
    let is_number = digits.len() == SEQ_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number).map(Seq)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_refused() {
        for first in [Seq(1), Seq(4_194_304), Seq(u64::MAX)] {
            assert_eq!(role(&segment_name(first)), Some(Role::Segment(first)));
        }
        assert_eq!(snapshot_seq(&snapshot_name(Seq(9))), Some(Seq(9)));
        assert_eq!(snapshot_seq(&segment_name(Seq(9))), None);
        assert_eq!(candles_seq(&candles_name(Seq(9))), Some(Seq(9)));
        assert_eq!(snapshot_seq(&candles_name(Seq(9))), None);
        assert_eq!(candles_seq(&snapshot_name(Seq(9))), None);
        assert_eq!(role(SPARE), Some(Role::Spare));
        assert_eq!(role(LOCK), Some(Role::Other));
        for foreign in [
            "",
            "journal.log",
            "1.segment",
            "+0000000000000000001.segment",
            "99999999999999999999.segment",
            "00000000000000000001.segment.bak",
        ] {
            assert_eq!(role(foreign), None, "{foreign:?}");
        }
    }

    #[test]
    fn a_tail_names_its_cut() {
        assert_eq!(
            tail_name(Epoch(7), &segment_name(Seq(1)), 4096),
            "tails/epoch-00000000000000000007-00000000000000000001-at-4096.tail"
        );
    }
}
