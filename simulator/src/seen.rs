//! What histories were like: how often each kind of fault struck and each kind of outcome was reached.
//!
//! A simulator can go blind: a fault that is never injected finds nothing and fails no test. So everything
//! that can happen is counted here, and the tests demand that each kind happened.

use std::fmt;
use std::ops::AddAssign;

/// Something that happened in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The process was killed.
    Kill,
    /// The power went.
    PowerCut,
    /// The write during which that happened was torn.
    TornWrite,
    /// A sector that was on its way to the disk when the power went was written in part.
    TornSector,
    /// A sector that was not synced when the power went kept its old content.
    LostSector,
    /// Of two sectors that were not synced, the later one reached the disk and the earlier did not.
    Reordered,
    /// The system wrote a page by itself, before anybody synced it.
    FlushedEarly,
    /// A sync failed.
    SyncError,
    /// A page whose sync failed counts as clean, and was not written.
    DroppedPage,
    /// A read failed.
    ReadError,
    /// A read ended too early.
    ShortRead,
    /// Creating, opening, renaming, removing or saving a file failed.
    FileError,
    /// There was no space for a file.
    DiskFull,
    /// A file was written in part only.
    ShortWrite,
    /// A name came, changed or went, the directory was not synced, and the power took the change back.
    NameForgotten,
    /// A file was half made when the power went.
    HalfCreated,
    /// A sync succeeded, and the disk had written nothing.
    SilentlyLost,
    /// A sync succeeded, and the disk had written to another place.
    Misdirected,
    /// A bit on the disk changed by itself.
    BitFlip,
    /// The zeros over a tail that was cut off were never written.
    LostZeroing,
    /// The machine's clock went back between two lives.
    ClockBack,
    /// The machine's clock jumped forward between two lives.
    ClockForward,
    /// A recovery found everything that it had to.
    Recovered,
    /// It began with a snapshot.
    FromSnapshot,
    /// It did, and its candles were those of all trades.
    CandlesRemembered,
    /// It did, and the candles of what came before were no good, or not there.
    CandlesForgotten,
    /// It passed over a snapshot that was no good.
    SnapshotPassedOver,
    /// It cut a tail off.
    TailCut,
    /// It was ended by a crash or a fault, and made good by a later one.
    RecoveryInterrupted,
    /// It stopped with an explanation, since the disk had lost what had been safe.
    Halted,
    /// An operator had the journal repaired.
    Repaired,
    /// An operator put back a copy of the files.
    RestoredFromCopy,
    /// The disk had changed something, and nothing was lost by it.
    DamageHarmless,
    /// The disk had lost what had just been synced, and nothing on it states that it ever was.
    Unprovable,
    /// A command that nobody was told of was found again.
    SurvivedUntold,
    /// A command acknowledged in `written` mode was lost with the power, as that mode says.
    WrittenLost,
    /// A client sent again what had survived, and was told that it is a duplicate.
    DuplicateRefused,
    /// The writer stopped after a fault and told nobody anything more.
    Stopped,
    /// An exchange was shut down in order.
    Closed,
    /// A segment was prepared.
    Segment,
    /// A snapshot was taken.
    SnapshotTaken,
    /// A segment was removed, since no recovery needs it.
    Retired,
    /// A segment was put away to an archive.
    Archived,
    /// A command was told to its sender.
    Acknowledged,
    /// A command was sent.
    Sent,
}

impl Seen {
    /// Every kind, and what a report calls it.
    pub const ALL: [(Self, &'static str); 45] = [
        (Self::Kill, "processes killed"),
        (Self::PowerCut, "power cuts"),
        (Self::TornWrite, "torn writes"),
        (Self::TornSector, "torn sectors"),
        (Self::LostSector, "unsynced sectors lost"),
        (Self::Reordered, "unsynced sectors reordered"),
        (Self::FlushedEarly, "pages flushed early"),
        (Self::SyncError, "failed syncs"),
        (Self::DroppedPage, "pages dropped by a failed sync"),
        (Self::ReadError, "failed reads"),
        (Self::ShortRead, "short reads"),
        (Self::FileError, "failed file operations"),
        (Self::DiskFull, "full disks"),
        (Self::ShortWrite, "short writes"),
        (Self::NameForgotten, "changes of names forgotten"),
        (Self::HalfCreated, "files half created"),
        (Self::SilentlyLost, "synced writes lost"),
        (Self::Misdirected, "synced writes misdirected"),
        (Self::BitFlip, "bits flipped"),
        (Self::LostZeroing, "tails never zeroed"),
        (Self::ClockBack, "clocks set back"),
        (Self::ClockForward, "clocks set forward"),
        (Self::Recovered, "recoveries"),
        (Self::FromSnapshot, "recoveries from a snapshot"),
        (Self::CandlesRemembered, "of these, with all candles"),
        (Self::CandlesForgotten, "of these, without earlier candles"),
        (Self::SnapshotPassedOver, "snapshots passed over"),
        (Self::TailCut, "tails cut off"),
        (Self::RecoveryInterrupted, "recoveries interrupted"),
        (Self::Halted, "recoveries halted by damage"),
        (Self::Repaired, "journals repaired"),
        (Self::RestoredFromCopy, "journals restored from a copy"),
        (Self::DamageHarmless, "damages without a loss"),
        (Self::Unprovable, "last groups lost without a trace"),
        (Self::SurvivedUntold, "untold commands survived"),
        (
            Self::WrittenLost,
            "written, acknowledged, lost with the power",
        ),
        (Self::DuplicateRefused, "commands refused as duplicates"),
        (Self::Stopped, "writers stopped by a fault"),
        (Self::Closed, "shutdowns in order"),
        (Self::Segment, "segments prepared"),
        (Self::SnapshotTaken, "snapshots taken"),
        (Self::Retired, "segments removed"),
        (Self::Archived, "segments archived"),
        (Self::Acknowledged, "commands acknowledged"),
        (Self::Sent, "commands sent"),
    ];
}

/// How often each of them was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts([u64; Seen::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; Seen::ALL.len()])
    }
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, what: Seen) {
        self.add_many(what, 1);
    }

    /// Counts so many more.
    pub fn add_many(&mut self, what: Seen, count: u64) {
        self.0[what as usize] += count;
    }

    /// How often it was seen.
    pub fn of(&self, what: Seen) -> u64 {
        self.0[what as usize]
    }

    /// What was never seen.
    pub fn never(&self) -> Vec<&'static str> {
        let unseen = Seen::ALL.iter().filter(|(what, _)| self.of(*what) == 0);
        unseen.map(|(_, name)| *name).collect()
    }
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, other: &Self) {
        for (mine, others) in self.0.iter_mut().zip(&other.0) {
            *mine += others;
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, name) in Seen::ALL {
            writeln!(f, "{:>12}  {name}", self.of(what))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_place_and_a_name() {
        for (index, (what, name)) in Seen::ALL.into_iter().enumerate() {
            assert_eq!(what as usize, index, "{name}");
        }
        let mut counts = Counts::default();
        counts.add(Seen::BitFlip);
        assert_eq!(counts.never().len(), Seen::ALL.len() - 1);
        assert!(!counts.never().contains(&"bits flipped"));
    }
}
