//! The latest numbered reports of all accounts, as the bytes that were sent, to be sent again to whoever
//! missed them.
//!
//! One log for the whole exchange, so that a busy account may use what quiet ones leave. Reports stand in
//! chunks, the oldest of which goes when the memory is used up; for each account a queue of places leads to
//! what is left of it. Invariant: the reports of an account that are kept are contiguous and end with its
//! last one. Cost of an append: one copy and one hash lookup; of a lookup by number: one hash lookup.

use std::collections::{HashMap, VecDeque};

use rialto_protocol::WireMessage;
use rialto_types::{AccountId, ReportSeq};

use super::numbered::{About, SeenBy};

/// Bytes of a chunk: what is forgotten at once.
const CHUNK_BYTES: usize = 256 * 1024;
/// Bytes that one report takes beside its message, about: its head and its place.
const OVERHEAD_BYTES: usize = 48;
/// Bytes of a usual report.
const REPORT_BYTES: usize = 280;

/// A report that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept<'a> {
    /// Who may see it.
    pub(super) seen_by: SeenBy,
    /// The message.
    pub(super) bytes: &'a [u8],
}

/// The log; see the module.
#[derive(Clone, Debug, Default)]
pub struct ReportLog {
    chunks: VecDeque<Chunk>,
    /// The number of the first chunk.
    first_chunk: u64,
    /// Chunks at the same time; 0 when nothing is kept.
    chunks_max: usize,
    /// Count of the reports in all chunks.
    count: u64,
    accounts: HashMap<AccountId, Places>,
    /// The bytes of the last chunk that went.
    spare: Option<Chunk>,
}

#[derive(Clone, Debug, Default)]
struct Chunk {
    bytes: Vec<u8>,
    /// The reports, in their order.
    heads: Vec<Head>,
}

/// What is known of a report without its account's queue.
#[derive(Clone, Copy, Debug)]
struct Head {
    account: AccountId,
    /// Where it begins; it ends where the next one begins.
    begin: u32,
}

/// Where the reports of an account stand.
#[derive(Clone, Debug)]
struct Places {
    /// The number of the first one.
    first: ReportSeq,
    places: VecDeque<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    chunk: u64,
    offset: u32,
    length: u32,
    seen_by: SeenBy,
}

impl ReportLog {
    /// A log that takes about so much memory. With less than two chunks, half a MiB, nothing is kept.
    pub fn with_capacity(bytes: usize) -> Self {
        // A place stands for each report beside its bytes.
        let chunk_bytes = CHUNK_BYTES + CHUNK_BYTES / REPORT_BYTES * OVERHEAD_BYTES;
        let chunks_max = bytes / chunk_bytes;
        Self {
            chunks_max: if chunks_max < 2 { 0 } else { chunks_max },
            ..Self::default()
        }
    }

    /// About how many usual reports it keeps.
    pub const fn report_count_max(&self) -> usize {
        self.chunks_max * (CHUNK_BYTES / REPORT_BYTES)
    }

    /// Whether anything is kept.
    pub const fn is_on(&self) -> bool {
        self.chunks_max > 0
    }

    /// The number of the first report of an account that is kept; `None` when none is.
    pub(super) fn first(&self, account: AccountId) -> Option<ReportSeq> {
        self.accounts.get(&account).map(|places| places.first)
    }

    /// A report that is kept.
    pub(super) fn get(&self, account: AccountId, report: ReportSeq) -> Option<Kept<'_>> {
        let places = self.accounts.get(&account)?;
        let at = usize::try_from(report.0.checked_sub(places.first.0)?).ok()?;
        let place = places.places.get(at)?;
        let chunk = usize::try_from(place.chunk - self.first_chunk).ok()?;
        let begin = place.offset as usize;
        let bytes = &self.chunks.get(chunk)?.bytes[begin..begin + place.length as usize];
        Some(Kept {
            seen_by: place.seen_by,
            bytes,
        })
    }

    /// Count of the reports that are kept, of all accounts.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// The reports that are kept, of all accounts, oldest first, but for the oldest `skipped`. O(chunks) to
    /// begin with.
    pub(super) fn after(&self, skipped: u64) -> impl Iterator<Item = &[u8]> {
        let mut skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        self.chunks.iter().flat_map(move |chunk| {
            let first = skipped.min(chunk.heads.len());
            skipped -= first;
            let ends = chunk.heads.iter().skip(1).map(|head| head.begin as usize);
            let ends = ends.chain([chunk.bytes.len()]);
            let reports = chunk.heads.iter().zip(ends).skip(first);
            reports.map(|(head, end)| &chunk.bytes[head.begin as usize..end])
        })
    }

    /// Appends a report and returns its bytes. Nothing is done, and nothing returned, when nothing is kept.
    pub(super) fn append(&mut self, about: About, message: &impl WireMessage) -> Option<&[u8]> {
        let About {
            account,
            report,
            seen_by,
        } = about;
        if !self.is_on() {
            return None;
        }
        let is_full = |chunk: &Chunk| chunk.bytes.len() + REPORT_BYTES > CHUNK_BYTES;
        if self.chunks.back().is_none_or(is_full) {
            self.add_chunk();
        }
        let number = self.first_chunk + self.chunks.len() as u64 - 1;
        let chunk = self.chunks.back_mut().expect("a chunk was added");
        let begin = chunk.bytes.len();
        message.encode(&mut chunk.bytes);
        chunk.heads.push(Head {
            account,
            begin: u32::try_from(begin).expect("a chunk is small"),
        });
        self.count += 1;
        let length = chunk.bytes.len() - begin;
        let places = self.accounts.entry(account).or_insert_with(|| Places {
            first: report,
            places: VecDeque::new(),
        });
        debug_assert_eq!(
            report.0,
            places.first.0 + places.places.len() as u64,
            "an account's reports are contiguous"
        );
        places.places.push_back(Place {
            chunk: number,
            offset: u32::try_from(begin).expect("a chunk is small"),
            length: u32::try_from(length).expect("a message is small"),
            seen_by,
        });
        Some(&chunk.bytes[begin..])
    }

    fn add_chunk(&mut self) {
        if self.chunks.len() == self.chunks_max {
            self.drop_chunk();
        }
        let chunk = self.spare.take().unwrap_or_else(|| Chunk {
            bytes: Vec::with_capacity(CHUNK_BYTES + REPORT_BYTES),
            heads: Vec::with_capacity(CHUNK_BYTES / REPORT_BYTES),
        });
        self.chunks.push_back(chunk);
    }

    /// Forgets the oldest reports.
    fn drop_chunk(&mut self) {
        let Some(mut chunk) = self.chunks.pop_front() else {
            return;
        };
        self.first_chunk += 1;
        self.count -= chunk.heads.len() as u64;
        for head in chunk.heads.drain(..) {
            let account = head.account;
            let places = self.accounts.get_mut(&account);
            let places = places.expect("an account with a report has places");
            places.places.pop_front();
            places.first.0 += 1;
            if places.places.is_empty() {
                self.accounts.remove(&account);
            }
        }
        chunk.bytes.clear();
        self.spare = Some(chunk);
    }
}

#[cfg(test)]
mod tests {
    use rialto_protocol::{Frame, MassCancelReport, Message};
    use rialto_types::KeyId;

    use super::*;

    fn report(account: u32, number: u64) -> MassCancelReport {
        MassCancelReport {
            account_id: AccountId(account),
            report_seq: Some(ReportSeq(number)),
            ..MassCancelReport::default()
        }
    }

    fn seen_by(account: u32) -> SeenBy {
        SeenBy::ReadersAnd([KeyId(account), KeyId(account + 1)])
    }

    fn append(log: &mut ReportLog, account: u32, number: u64) {
        let about = About {
            account: AccountId(account),
            report: ReportSeq(number),
            seen_by: seen_by(account),
        };
        log.append(about, &report(account, number));
    }

    fn decoded(log: &ReportLog, account: u32, number: u64) -> Option<Message> {
        let kept = log.get(AccountId(account), ReportSeq(number))?;
        assert_eq!(kept.seen_by, seen_by(account));
        Frame::new(kept.bytes).next().map(Result::unwrap)
    }

    /// Against a plain list: what is kept are the newest reports, whatever accounts they are of.
    #[test]
    fn the_newest_are_kept_and_found_by_number() {
        let mut log = ReportLog::with_capacity(1 << 20);
        assert!(log.is_on());
        // Multiplicative hashing: scattered, and the same every time.
        let scattered = |n: u32, bound: u32| (n.wrapping_mul(2_654_435_769) >> 16) % bound;
        let (mut all, mut last) = (Vec::new(), [0_u64; 20]);
        for n in 0..40_000 {
            // Some accounts are busier than others, and one falls silent.
            let account = scattered(n, 1 + scattered(n + 1, 20)) as usize;
            if account == 3 && all.len() > 5_000 {
                continue;
            }
            last[account] += 1;
            all.push((account, last[account]));
            append(&mut log, u32::try_from(account).unwrap(), last[account]);
        }
        let kept = |(account, number): &(usize, u64)| {
            let account = u32::try_from(*account).unwrap();
            decoded(&log, account, *number) == Some(report(account, *number).into())
        };
        let first_kept = all.iter().position(kept).unwrap();
        assert!(first_kept > 1_000, "old ones go");
        assert!(all[first_kept..].iter().all(kept), "new ones stay");
        assert!(!all[..first_kept].iter().any(kept), "in their order");
        assert_eq!(log.count(), (all.len() - first_kept) as u64);
        // Across all accounts they come in their order, from wherever one goes on.
        for skipped in [0, 1, 500, 20_000, all.len() - first_kept] {
            let listed = log.after(skipped as u64).map(|bytes| {
                let message = Frame::new(bytes).next().map(Result::unwrap);
                let Some(Message::MassCancelReport(report)) = message else {
                    panic!("{message:?}");
                };
                (report.account_id.index(), report.report_seq.unwrap().0)
            });
            let expected = all[first_kept..].iter().copied().skip(skipped);
            assert!(listed.eq(expected), "after {skipped}");
        }
        assert_eq!(log.first(AccountId(3)), None);
        for (account, last) in last.iter().enumerate() {
            let id = AccountId(u32::try_from(account).unwrap());
            assert_eq!(log.get(id, ReportSeq(last + 1)), None);
            if let Some(first) = log.first(id) {
                assert!(log.get(id, first).is_some());
                assert_eq!(log.get(id, ReportSeq(first.0 - 1)), None);
            }
        }
    }

    #[test]
    fn without_memory_nothing_is_kept() {
        let mut log = ReportLog::with_capacity(100_000);
        append(&mut log, 1, 1);
        assert_eq!((log.is_on(), log.first(AccountId(1))), (false, None));
        assert_eq!(log.report_count_max(), 0);
    }
}
