//! Which faults a disk has, how often, and what they do to its sectors.

use rialto_reference::scenario::SplitMix64;

use super::{Disk, File, PAGE_BYTES, SECTOR_BYTES};
use crate::seen::Seen;

/// How often which fault strikes, of 10,000 operations that it could strike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The system writes a page by itself.
    pub flush: u32,
    /// A sync of a file fails.
    pub sync_error: u32,
    /// A read fails, or ends too early.
    pub read_error: u32,
    /// An operation on a name or the sync of a directory fails, or there is no space, or a file is written in
    /// part.
    pub file_error: u32,
    /// A sector that is synced is not written.
    pub lost_write: u32,
    /// A sector that is synced is written elsewhere.
    pub misdirected: u32,
    /// When a machine goes down: a bit changes.
    pub bit_flip: u32,
    /// Out of a hundred writes during which a machine dies, how many are damaged.
    pub damage_percent: u32,
    /// Zeros over a tail that is cut off are never written, as if the journal did not zero it.
    pub loses_zeroing: bool,
}

impl Plan {
    /// A plan that follows from a seed: every disk loses what was not synced; some fail and say so, and
    /// some fail and say nothing.
    pub fn random(random: &mut SplitMix64) -> Self {
        let mut rate = |percent: u32, low, high| {
            let is_chosen = random.percent(percent);
            let rate = u32::try_from(random.range(low, high)).unwrap_or_default();
            if is_chosen { rate } else { 0 }
        };
        let is_silent = rate(30, 1, 1) == 1;
        let silent = |rate: u32| if is_silent { rate } else { 0 };
        Self {
            flush: rate(60, 10, 1_000),
            sync_error: rate(30, 20, 300),
            read_error: rate(20, 50, 400),
            file_error: rate(30, 50, 600),
            lost_write: silent(rate(60, 5, 200)),
            misdirected: silent(rate(50, 5, 100)),
            bit_flip: silent(rate(60, 1_000, 6_000)),
            damage_percent: rate(100, 80, 100),
            loses_zeroing: rate(15, 1, 1) == 1,
        }
    }

    /// A disk that only loses what was not synced, and on which tails are not zeroed if so chosen.
    pub fn power_only(random: &mut SplitMix64, loses_zeroing: bool) -> Self {
        Self {
            flush: 200,
            damage_percent: u32::try_from(random.range(80, 100)).unwrap_or(100),
            loses_zeroing,
            ..Self::default()
        }
    }

    /// Whether the disk changes or loses what was synced, and says nothing.
    pub fn is_silent(&self) -> bool {
        self.lost_write > 0 || self.misdirected > 0 || self.bit_flip > 0
    }
}

/// The sectors of a page.
fn sectors(page: usize, file_bytes: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let (begin, end) = (page * PAGE_BYTES, ((page + 1) * PAGE_BYTES).min(file_bytes));
    let starts = (begin..end).step_by(SECTOR_BYTES);
    starts.map(move |at| at..end.min(at + SECTOR_BYTES))
}

impl Disk {
    /// Writes a page to the media, with the faults that nobody is told of.
    pub(super) fn write_page(&mut self, number: usize, page: usize) {
        let file_bytes = self.files[number].cache.len();
        let is_page_lost = self.strikes(self.plan.lost_write);
        for sector in sectors(page, file_bytes) {
            let file = &mut self.files[number];
            let content = file.cache[sector.clone()].to_vec();
            let changes = content != file.media[sector.clone()];
            file.honest[sector.clone()].copy_from_slice(&content);
            if changes && (is_page_lost || self.strikes(self.plan.lost_write)) {
                self.silently(Seen::SilentlyLost, number, sector.start);
            } else if changes && self.strikes(self.plan.misdirected) {
                self.silently(Seen::Misdirected, number, sector.start);
                self.misdirect(&content);
            } else {
                self.files[number].media[sector].copy_from_slice(&content);
            }
        }
        self.files[number].is_dirty[page] = false;
    }

    /// The system writes a page when it likes.
    pub(super) fn flush_some_page(&mut self) {
        let dirty = |(number, file): (usize, &File)| {
            let pages = file.is_dirty.iter().enumerate();
            let pages = pages.filter(|(_, is_dirty)| **is_dirty);
            pages.map(|(page, _)| (number, page)).collect::<Vec<_>>()
        };
        let all: Vec<_> = self.files.iter().enumerate().flat_map(dirty).collect();
        if !all.is_empty() {
            let (number, page) = self.random.pick(&all);
            self.counts.add(Seen::FlushedEarly);
            self.write_page(number, page);
        }
    }

    /// Puts the content of a sector where it does not belong.
    fn misdirect(&mut self, content: &[u8]) {
        let Some((number, at)) = self.some_sector() else {
            return;
        };
        let file = &mut self.files[number];
        let length = content.len().min(file.media.len() - at);
        file.media[at..at + length].copy_from_slice(&content[..length]);
        self.note(|| format!("  disk: … and written at byte {at} of file {number}"));
    }

    fn silently(&mut self, what: Seen, number: usize, at: usize) {
        self.counts.add(what);
        let name = self.name_of(number);
        self.note(|| format!("  disk: {what:?} at byte {at} of {name}, and says nothing"));
    }

    /// A place in some file that has a name and is not a tail.
    fn some_sector(&mut self) -> Option<(usize, usize)> {
        let files = self.names.files().iter();
        let files = files.filter(|(name, _)| !name.starts_with("tails/"));
        let files = files.map(|(_, number)| *number);
        let files: Vec<usize> = files
            .filter(|number| !self.files[*number].media.is_empty())
            .collect();
        if files.is_empty() {
            return None;
        }
        let number = self.random.pick(&files);
        let count = self.files[number].media.len().div_ceil(SECTOR_BYTES);
        Some((number, self.random.index(count) * SECTOR_BYTES))
    }

    /// Changes a bit of the media, if the plan has it.
    fn rot(&mut self) {
        if !self.strikes(self.plan.bit_flip) {
            return;
        }
        let Some((number, at)) = self.some_sector() else {
            return;
        };
        let left = (self.files[number].media.len() - at).min(SECTOR_BYTES);
        let (offset, bit) = (at + self.random.index(left), self.random.index(8));
        self.files[number].media[offset] ^= 1 << bit;
        self.silently(Seen::BitFlip, number, offset);
    }

    /// The process dies; the system goes on and loses nothing.
    pub fn kill(&mut self) {
        self.counts.add(Seen::Kill);
        self.note(|| "kill".to_owned());
        self.rot();
    }

    /// The power goes: each sector that was not synced takes its old content, its new one, or a part of
    /// it. In some cuts nearly everything was written in time, in others nearly nothing.
    pub fn cut_power(&mut self) {
        self.counts.add(Seen::PowerCut);
        self.note(|| "power cut".to_owned());
        let kept_percent = u32::try_from(self.random.range(0, 100)).unwrap_or(50);
        let torn_percent = self.random.pick(&[0, 0, 5, 30]);
        for number in 0..self.files.len() {
            let (mut is_lost, mut is_reordered) = (false, false);
            for page in 0..self.files[number].is_dirty.len() {
                if !self.files[number].is_dirty[page] {
                    continue;
                }
                for sector in sectors(page, self.files[number].cache.len()) {
                    let file = &mut self.files[number];
                    if file.cache[sector.clone()] == file.media[sector.clone()] {
                        file.honest[sector.clone()].copy_from_slice(&file.cache[sector]);
                        continue;
                    }
                    let kept = if self.random.percent(torn_percent) {
                        self.counts.add(Seen::TornSector);
                        self.random.index(sector.len())
                    } else if self.random.percent(kept_percent) {
                        is_reordered |= is_lost;
                        sector.len()
                    } else {
                        self.counts.add(Seen::LostSector);
                        is_lost = true;
                        0
                    };
                    let file = &mut self.files[number];
                    let part = sector.start..sector.start + kept;
                    let content = file.cache[part.clone()].to_vec();
                    file.media[part.clone()].copy_from_slice(&content);
                    file.honest[part].copy_from_slice(&content);
                }
            }
            self.counts
                .add_many(Seen::Reordered, u64::from(is_reordered));
        }
        let forgotten = self.names.cut_power(&mut self.random);
        self.counts
            .add_many(Seen::NameForgotten, forgotten.len() as u64);
        for change in forgotten {
            self.note(|| format!("  disk: {change} is forgotten"));
        }
        self.rot();
        for file in &mut self.files {
            file.cache.clone_from(&file.media);
            file.is_dirty.fill(false);
        }
    }
}
