//! Group commit with its thread, on a disk that obeys the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use crossbeam_utils::sync::{Parker, Unparker};
use rialto_journal::{
    AppendError, Durability, DurableConfig, Hooks, Idle, InlineSegments, Journal, JournalError,
    MemoryStorage, Recovery,
};
use rialto_types::Seq;

use crate::common::{OPTIONS, order, pages, recover, time};
use crate::disk::{Disk, Faults};

/// Sleeps until woken. The parker keeps a wake that comes before the sleep.
struct Sleep(Parker);

impl Idle for Sleep {
    fn worked(&mut self) {}

    fn idle(&mut self, ready: &mut dyn FnMut() -> bool) {
        if !ready() {
            self.0.park();
        }
    }
}

pub(crate) fn hooks(publish: impl Fn(Seq) + Send + 'static) -> Hooks {
    let parker = Parker::new();
    let unparker: Unparker = parker.unparker().clone();
    Hooks {
        idle: Box::new(Sleep(parker)),
        wake: Box::new(move || unparker.unpark()),
        publish: Box::new(publish),
    }
}

/// A journal in `durable` mode on `faults`, and the sequences that it publishes.
fn journal(
    storage: &MemoryStorage,
    faults: &Arc<Faults>,
    config: DurableConfig,
) -> (Journal<Disk>, Receiver<Seq>) {
    let (sender, published) = mpsc::channel();
    let disk = Arc::new(Disk::new(storage.clone(), Arc::clone(faults)));
    let recovered = Recovery::open(disk, OPTIONS).unwrap().finish().unwrap();
    let publish = move |seq| {
        // The test may have ended.
        let _ = sender.send(seq);
    };
    let journal = Journal::durable(recovered, pages(4), config, hooks(publish)).unwrap();
    (journal, published)
}

/// The next sequence published; an error once the journal has ended. A minute is for ever here.
fn next(published: &Receiver<Seq>) -> Result<Seq, RecvTimeoutError> {
    let next = published.recv_timeout(Duration::from_mins(1));
    assert_ne!(next, Err(RecvTimeoutError::Timeout), "nothing is published");
    next
}

fn offer(journal: &mut Journal<Disk>, seqs: std::ops::RangeInclusive<u64>) {
    for seq in seqs {
        journal.append(Seq(seq), time(seq), &order(seq)).unwrap();
    }
    journal.commit();
}

#[test]
fn what_is_published_is_what_was_synced() {
    let (storage, faults) = (MemoryStorage::new(), Arc::new(Faults::default()));
    let (mut journal, published) = journal(&storage, &faults, DurableConfig::default());
    assert_eq!(
        next(&published),
        Ok(Seq(0)),
        "what recovery found is durable"
    );
    let mut last = Seq(0);
    for batch in 0..100 {
        let first = batch * 20 + 1;
        offer(&mut journal, first..=first + 19);
        while last < Seq(first + 19) {
            let seq = next(&published).unwrap();
            assert!(seq > last);
            last = seq;
        }
        // What a kill at this moment would leave.
        let copy = MemoryStorage::with_files(storage.files());
        let found = recover(&copy).unwrap().0.len() as u64;
        assert!(found >= last.0, "published {last}, found {found}");
    }
    assert_eq!(journal.close().unwrap(), Seq(2_000));
    assert_eq!(recover(&storage).unwrap().0.len(), 2_000);
}

#[test]
fn nothing_is_published_before_its_sync_returns() {
    let (storage, faults) = (MemoryStorage::new(), Arc::new(Faults::default()));
    let (mut journal, published) = journal(&storage, &faults, DurableConfig::default());
    assert_eq!(next(&published), Ok(Seq(0)));
    let held = faults.hold_syncs();
    offer(&mut journal, 1..=5);
    held.wait_for_one();
    assert!(
        published.try_recv().is_err(),
        "the sync has begun and not returned"
    );
    held.release();
    assert_eq!(next(&published), Ok(Seq(5)));
    journal.close().unwrap();
}

#[test]
fn a_full_ring_says_so_and_takes_more_later() {
    let (storage, faults) = (MemoryStorage::new(), Arc::new(Faults::default()));
    let config = DurableConfig {
        ring: 4,
        batch_max: 2,
    };
    let (mut journal, published) = journal(&storage, &faults, config);
    assert_eq!(next(&published), Ok(Seq(0)));
    let held = faults.hold_syncs();
    offer(&mut journal, 1..=1);
    held.wait_for_one();
    offer(&mut journal, 2..=5);
    let refused = journal.append(Seq(6), time(6), &order(6)).unwrap_err();
    assert!(matches!(refused, AppendError::Full), "{refused}");
    held.release();
    let batches: Vec<u64> = (0..3).map(|_| next(&published).unwrap().0).collect();
    assert_eq!(batches, [1, 3, 5], "no batch is larger than two");
    offer(&mut journal, 6..=6);
    assert_eq!(journal.close().unwrap(), Seq(6));
    assert_eq!(recover(&storage).unwrap().0.len(), 6);
}

#[test]
fn a_failed_sync_ends_the_journal_and_publishes_nothing_more() {
    let (storage, faults) = (MemoryStorage::new(), Arc::new(Faults::default()));
    let (mut journal, published) = journal(&storage, &faults, DurableConfig::default());
    assert_eq!(next(&published), Ok(Seq(0)));
    offer(&mut journal, 1..=3);
    assert_eq!(next(&published), Ok(Seq(3)));
    faults.fail_syncs.store(true, Ordering::SeqCst);
    offer(&mut journal, 4..=4);
    // The channel ends with the thread.
    assert!(next(&published).is_err());
    let error = journal.append(Seq(5), time(5), &order(5)).unwrap_err();
    let AppendError::Failed(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.to_string(), "cannot sync the journal: bad disk");
    assert_eq!(journal.failure().unwrap().to_string(), error.to_string());
    faults.fail_syncs.store(false, Ordering::SeqCst);
    assert!(matches!(
        &*journal.close().unwrap_err(),
        JournalError::Io { .. }
    ));
}

#[test]
fn a_full_disk_ends_the_journal_where_the_segment_ends() {
    let (storage, faults) = (MemoryStorage::new(), Arc::new(Faults::default()));
    let (mut journal, published) = journal(&storage, &faults, DurableConfig::default());
    faults.is_full.store(true, Ordering::SeqCst);
    // Three pages of records: 192, group headers included.
    offer(&mut journal, 1..=300);
    let mut last = Seq(0);
    while let Ok(seq) = next(&published) {
        last = seq;
    }
    let error = journal.close().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the disk is full: cannot reserve 16384 bytes for the next journal segment in disk; free at \
         least that much (or move the data directory to a larger disk) and start again"
    );
    // What was written and not published may be found; what was published must be.
    assert!(recover(&storage).unwrap().0.len() as u64 >= last.0);
}

/// The background asked for the space too early; when the segment is needed, it is there.
#[test]
fn space_that_is_freed_in_time_is_used() {
    let (storage, faults) = (MemoryStorage::new(), Arc::new(Faults::default()));
    let (mut journal, published) = journal(&storage, &faults, DurableConfig::default());
    faults.is_full.store(true, Ordering::SeqCst);
    offer(&mut journal, 1..=100);
    while next(&published).unwrap() < Seq(100) {}
    faults.wait_for_refusal();
    faults.is_full.store(false, Ordering::SeqCst);
    offer(&mut journal, 101..=300);
    assert_eq!(journal.close().unwrap(), Seq(300));
    assert_eq!(recover(&storage).unwrap().0.len(), 300);
}

#[test]
fn dropping_the_journal_keeps_what_was_taken() {
    let (storage, faults) = (MemoryStorage::new(), Arc::new(Faults::default()));
    let (mut journal, _published) = journal(&storage, &faults, DurableConfig::default());
    offer(&mut journal, 1..=50);
    drop(journal);
    assert_eq!(recover(&storage).unwrap().0.len(), 50);
}

#[test]
fn written_mode_publishes_at_commit_and_fails_for_good() {
    let (storage, faults) = (MemoryStorage::new(), Arc::new(Faults::default()));
    let disk = Arc::new(Disk::new(storage.clone(), Arc::clone(&faults)));
    let recovered = Recovery::open(disk, OPTIONS).unwrap().finish().unwrap();
    let published = Arc::new(AtomicU64::new(u64::MAX));
    let publish = {
        let published = Arc::clone(&published);
        Box::new(move |seq: Seq| published.store(seq.0, Ordering::SeqCst))
    };
    let mut journal = Journal::written(recovered, pages(2), publish).unwrap();
    assert_eq!(published.load(Ordering::SeqCst), 0);
    journal.append(Seq(1), time(1), &order(1)).unwrap();
    assert_eq!(
        published.load(Ordering::SeqCst),
        0,
        "not before the batch is over"
    );
    journal.commit();
    assert_eq!(published.load(Ordering::SeqCst), 1);

    faults.is_full.store(true, Ordering::SeqCst);
    let mut seq = 2;
    let error = loop {
        match journal.append(Seq(seq), time(seq), &order(seq)) {
            Ok(()) => seq += 1,
            Err(error) => break error,
        }
    };
    assert!(error.to_string().starts_with("the disk is full"), "{error}");
    faults.is_full.store(false, Ordering::SeqCst);
    let again = journal
        .append(Seq(seq), time(seq), &order(seq))
        .unwrap_err();
    assert_eq!(
        again.to_string(),
        error.to_string(),
        "the first reason stays"
    );
    assert!(journal.failure().is_some());
    assert!(journal.close().is_err());
    assert_eq!(recover(&storage).unwrap().0.len() as u64, seq - 1);
}

#[test]
fn a_gauge_shows_the_depth_and_the_counts() {
    let (storage, faults) = (MemoryStorage::new(), Arc::new(Faults::default()));
    let (mut journal, published) = journal(
        &storage,
        &faults,
        DurableConfig {
            ring: 8,
            batch_max: 8,
        },
    );
    let Journal::Durable(durable) = &journal else {
        panic!("opened as durable");
    };
    let gauge = durable.gauge();
    assert_eq!((gauge.depth(), gauge.capacity()), (0, 8));
    offer(&mut journal, 1..=8);
    while next(&published).unwrap() < Seq(8) {}
    journal.close().unwrap();
    assert_eq!(gauge.depth(), 0);
    assert!(gauge.stats().syncs >= 2, "{:?}", gauge.stats());
    assert_eq!(gauge.stats().sync_times.count(), gauge.stats().syncs);
    assert_eq!(gauge.stats().segments, 1);
}

/// The writer itself, without a thread or a journal around it that would remember the failure.
#[test]
fn a_writer_that_could_not_sync_writes_nothing_more() {
    let (storage, faults) = (MemoryStorage::new(), Arc::new(Faults::default()));
    let disk = Arc::new(Disk::new(storage.clone(), Arc::clone(&faults)));
    let recovered = Recovery::open(Arc::clone(&disk), OPTIONS)
        .unwrap()
        .finish()
        .unwrap();
    let segments = Box::new(InlineSegments::new(disk, pages(2)));
    let mut writer = recovered
        .into_writer(Durability::Durable, segments)
        .unwrap();
    writer.append(Seq(1), time(1), &order(1)).unwrap();
    faults.fail_syncs.store(true, Ordering::SeqCst);
    assert!(matches!(
        writer.sync().unwrap_err(),
        JournalError::Io { .. }
    ));
    faults.fail_syncs.store(false, Ordering::SeqCst);
    let files = storage.files();
    let refused = writer.append(Seq(2), time(2), &order(2)).unwrap_err();
    assert!(matches!(refused, JournalError::Stopped), "{refused}");
    assert!(matches!(writer.sync().unwrap_err(), JournalError::Stopped));
    assert!(matches!(writer.close().unwrap_err(), JournalError::Stopped));
    assert_eq!(storage.files(), files);
}
