//! Recovery of journals in good health: many segments, many lives, snapshots, spares.

use std::sync::Arc;

use proptest::prelude::*;
use rialto_journal::{Durability, Epoch, InlineSegments, JournalError, MemoryStorage, Recovery};
use rialto_types::{Seq, Timestamp};

use crate::arbitrary;
use crate::common::{
    EXCHANGE, OPTIONS, append, order, pages, recover, recover_after, time, varied, writer,
};

const FIRST: &str = "00000000000000000001.segment";

#[test]
fn an_empty_directory_becomes_a_journal() {
    let storage = MemoryStorage::new();
    let (records, recovered) = recover(&storage).unwrap();
    assert_eq!(records, []);
    assert_eq!(recovered.last_seq(), Seq(0));
    assert_eq!(recovered.last_time(), Timestamp::ZERO);
    assert_eq!(recovered.epoch(), Epoch(1));
    assert_eq!(recovered.identity().exchange_id, EXCHANGE);
    assert_eq!(
        storage.files().len(),
        0,
        "nothing is written before a writer begins"
    );
    let segments = InlineSegments::new(Arc::new(storage.clone()), pages(2));
    recovered
        .into_writer(Durability::Written, Box::new(segments))
        .unwrap();
    assert_eq!(storage.files().into_keys().collect::<Vec<_>>(), [FIRST]);
}

#[test]
fn many_small_segments_come_back_in_order() {
    for durability in [Durability::Written, Durability::Durable] {
        let storage = MemoryStorage::new();
        let mut life = writer(&storage, durability, pages(2));
        let mut records = Vec::new();
        for batch in 0..300 {
            records.extend(append(&mut life, 1 + batch % 17, varied));
            if batch % 3 == 0 {
                life.sync().unwrap();
            }
        }
        let stats = life.stats();
        assert!(stats.segments > 40, "{stats:?}");
        assert!(stats.groups > 90, "{stats:?}");
        let (found, recovered) = recover(&storage).unwrap();
        assert_eq!(found, records);
        assert_eq!(recovered.last_seq(), records.last().unwrap().seq);
        assert_eq!(recovered.last_time(), records.last().unwrap().time);
        assert_eq!(recovered.tail(), None);
    }
}

#[test]
fn every_life_has_its_epoch_and_goes_on_where_the_last_one_ended() {
    let storage = MemoryStorage::new();
    let mut records = Vec::new();
    for life in 1..=40 {
        let mut writer = writer(&storage, Durability::Written, pages(3));
        assert_eq!(writer.epoch(), Epoch(life));
        records.extend(append(&mut writer, life % 9, varied));
        if life.is_multiple_of(2) {
            writer.close().unwrap();
        }
        assert_eq!(recover(&storage).unwrap().0, records, "life {life}");
    }
    assert!(
        storage.files().len() > 1,
        "the lives filled more than one segment"
    );
}

#[test]
fn replay_begins_after_the_snapshot() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(2));
    let records = append(&mut life, 300, order);
    for after in [0, 1, 63, 64, 65, 150, 299, 300] {
        let (found, recovered) = recover_after(&storage, Seq(after)).unwrap();
        assert_eq!(
            found,
            records[usize::try_from(after).unwrap()..],
            "after {after}"
        );
        assert_eq!(recovered.last_seq(), Seq(300));
    }
    let error = recover_after(&storage, Seq(301)).unwrap_err();
    assert!(matches!(
        error,
        JournalError::EndsTooEarly {
            last: Seq(300),
            needed: Seq(301)
        }
    ));
    let error = recover_after(&MemoryStorage::new(), Seq(1)).unwrap_err();
    assert!(matches!(
        error,
        JournalError::EndsTooEarly { last: Seq(0), .. }
    ));
}

#[test]
fn segments_below_the_snapshot_may_be_gone() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(2));
    let records = append(&mut life, 300, order);
    let mut files = storage.files();
    files.remove(FIRST);
    let storage = MemoryStorage::with_files(files);
    let (found, _) = recover_after(&storage, Seq(64)).unwrap();
    assert_eq!(found, records[64..]);
    let error = recover_after(&storage, Seq(63)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the journal begins with sequence 65, but replay must begin with 64: put the older segments \
         back, or a newer snapshot"
    );
}

/// A snapshot is proof that a record was there, also when nothing states that it was synced.
#[test]
fn a_bad_record_that_a_snapshot_has_seen_is_damage() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(4));
    append(&mut life, 20, order);
    let mut files = storage.files();
    files.get_mut(FIRST).unwrap()[4096 + 9 * 64] ^= 1;
    let storage = MemoryStorage::with_files(files);
    let error = recover_after(&storage, Seq(10)).unwrap_err();
    assert!(matches!(error, JournalError::Damaged(damage) if damage.missing == Seq(10)));
    assert_eq!(recover_after(&storage, Seq(9)).unwrap().0, []);
}

#[test]
fn a_segment_in_use_under_the_name_of_the_spare_is_named() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(2));
    let records = append(&mut life, 70, order);
    let mut files = storage.files();
    let second = "00000000000000000065.segment";
    let in_use = files.remove(second).unwrap();
    files.insert("spare.segment".to_owned(), in_use);
    let storage = MemoryStorage::with_files(files);
    let (found, recovered) = recover(&storage).unwrap();
    assert_eq!(found, records);
    assert_eq!(recovered.tail(), None);
    let names: Vec<String> = storage.files().into_keys().collect();
    assert_eq!(names, [FIRST, second]);
}

#[test]
fn an_unused_spare_is_removed() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(2));
    let records = append(&mut life, 10, order);
    let mut files = storage.files();
    files.insert("spare.segment".to_owned(), vec![0; 8192]);
    let storage = MemoryStorage::with_files(files);
    let (found, recovered) = recover(&storage).unwrap();
    assert_eq!(found, records);
    assert_eq!(recovered.tail(), None);
    assert_eq!(storage.files().into_keys().collect::<Vec<_>>(), [FIRST]);
}

#[test]
fn commands_out_of_order_are_refused_without_effect() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(2));
    append(&mut life, 2, order);
    for (seq, at) in [(2, time(3)), (4, time(3)), (0, time(3)), (3, time(1))] {
        let error = life.append(Seq(seq), at, &order(3)).unwrap_err();
        assert!(matches!(error, JournalError::OutOfOrder { .. }), "{error}");
    }
    life.append(Seq(3), time(2), &order(3)).unwrap();
    assert_eq!(recover(&storage).unwrap().0.len(), 3);
}

#[test]
fn finishing_early_reads_on_to_the_end() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(2));
    append(&mut life, 100, order);
    let recovery = Recovery::open(Arc::new(storage), OPTIONS).unwrap();
    let before = recovery.progress();
    assert_eq!((before.bytes_done, before.bytes_total), (0, 2 * 4096));
    assert_eq!(recovery.finish().unwrap().last_seq(), Seq(100));
}

#[test]
fn progress_counts_bytes_of_records() {
    let storage = MemoryStorage::new();
    let mut life = writer(&storage, Durability::Written, pages(2));
    append(&mut life, 100, order);
    let mut recovery = Recovery::open(Arc::new(storage), OPTIONS).unwrap();
    while recovery.next().unwrap().is_some() {}
    assert_eq!(recovery.progress().bytes_done, 100 * 64);
    assert!(recovery.next().unwrap().is_none(), "the end stays the end");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any commands, in any batches, over any number of lives.
    #[test]
    fn whatever_was_appended_comes_back(
        inputs in proptest::collection::vec(arbitrary::input(), 1..200),
        batches in proptest::collection::vec((1_usize..40, any::<bool>(), any::<bool>()), 1..12),
        durable: bool,
    ) {
        let durability = if durable { Durability::Durable } else { Durability::Written };
        let storage = MemoryStorage::new();
        let mut life = writer(&storage, durability, pages(2));
        let mut records = Vec::new();
        let mut inputs = inputs.into_iter();
        for (size, is_synced, is_last) in batches {
            for input in inputs.by_ref().take(size) {
                records.extend(append(&mut life, 1, |_| input));
            }
            if is_synced {
                life.sync().unwrap();
            }
            if is_last {
                life = writer(&storage, durability, pages(2));
            }
        }
        prop_assert_eq!(recover(&storage).unwrap().0, records);
    }
}
