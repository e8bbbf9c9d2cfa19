//! Repairs: a journal that recovery refuses is cut off where it is still whole.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rialto_journal::repair::Plan;
use rialto_journal::storage::Storage;
use rialto_journal::{MemoryStorage, snapshots};
use rialto_types::Seq;

use crate::disk::{Disk, Faults};
use crate::snapshots::{after, journal, recover, snapshot_at};

/// Flips a bit in the middle of a file.
fn damaged(storage: &MemoryStorage, name: &str) -> MemoryStorage {
    let mut files = storage.files();
    let bytes = files.get_mut(name).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    MemoryStorage::with_files(files)
}

#[test]
fn a_repair_says_what_is_lost_and_saves_what_it_cuts_off() {
    let (storage, records, bases) = journal();
    let name = format!("{:020}.segment", bases[1].seq.0 + 1);
    let storage = damaged(&storage, &name);
    let within = (bases[1].seq..bases[2].seq, records.len() as u64);
    assert!(recover(&storage, bases[0]).is_err());
    // One snapshot before the damage, one after it.
    let in_directory = |seq: Seq| format!("snapshots/{:020}.snapshot", seq.0);
    for base in [bases[0], bases[3]] {
        let (bytes, _) = snapshot_at(base.seq.0).encode();
        storage.save(&in_directory(base.seq), &bytes).unwrap();
    }
    let snapshots = MemoryStorage::new();
    snapshots::save(&snapshots, &snapshot_at(bases[0].seq.0)).unwrap();
    snapshots::save(&snapshots, &snapshot_at(bases[3].seq.0)).unwrap();

    let plan = Plan::examine(&storage, &snapshots).unwrap().unwrap();
    assert!(!plan.is_empty());
    let last = plan.end.tip.seq;
    assert!(within.0.contains(&last), "{last}");
    let damage = plan.damage.clone().unwrap();
    assert_eq!(damage.missing, last.next());
    assert!(damage.synced.0 <= within.1 && damage.synced > last);
    let beyond: Vec<_> = plan.beyond.iter().map(|file| file.seq).collect();
    assert_eq!(beyond, [bases[3].seq]);
    let without_snapshots = Plan::examine(&storage, &MemoryStorage::new());
    assert!(!without_snapshots.unwrap().unwrap().is_empty());

    let before = storage.files();
    let saved = plan.carry_out(Arc::new(storage.clone())).unwrap();
    assert_eq!(saved[0], format!("tails/{:020}.snapshot", bases[3].seq.0));
    let now = storage.files();
    assert!(saved.iter().all(|name| !now[name].is_empty()), "{saved:?}");
    assert_eq!(now[&saved[0]], before[&in_directory(bases[3].seq)]);
    assert!(!now.contains_key(&in_directory(bases[3].seq)));
    assert!(now.contains_key(&in_directory(bases[0].seq)));
    let kept = usize::try_from(last.0 - bases[0].seq.0).unwrap();
    let expected = &after(&records, bases[0].seq)[..kept];
    assert_eq!(recover(&storage, bases[0]).unwrap(), expected);

    snapshots::prune(&snapshots, &[bases[0].seq]).unwrap();
    // A snapshot of the last record is not beyond the end.
    snapshots::save(&snapshots, &snapshot_at(last.0)).unwrap();
    let plan = Plan::examine(&storage, &snapshots).unwrap().unwrap();
    assert!(plan.is_empty(), "{plan:?}");
    let nothing = Plan::examine(&MemoryStorage::new(), &snapshots).unwrap();
    assert!(nothing.is_none());
}

/// A good snapshot proves that its command was there, even if no header of the journal says so.
#[test]
fn a_journal_that_ends_before_a_snapshot_is_damaged() {
    let (storage, _, bases) = journal();
    let behind = format!("{:020}.segment", bases[1].seq.0 + 1);
    let files = storage.files().into_iter();
    let storage = MemoryStorage::with_files(files.filter(|(name, _)| *name < behind));
    let snapshots = MemoryStorage::new();
    snapshots::save(&snapshots, &snapshot_at(bases[2].seq.0)).unwrap();
    let plan = Plan::examine(&storage, &snapshots).unwrap().unwrap();
    let damage = plan.damage.unwrap();
    assert_eq!(
        (damage.missing, damage.synced),
        (bases[1].seq.next(), bases[2].seq)
    );
    // A bad one proves nothing, but no recovery could go on from it.
    let name = snapshots.files().into_keys().next().unwrap();
    let snapshots = damaged(&snapshots, &name);
    let plan = Plan::examine(&storage, &snapshots).unwrap().unwrap();
    assert_eq!((plan.damage.as_ref(), plan.beyond.len()), (None, 1));
    assert!(!plan.is_empty());
}

/// A snapshot is saved before it is removed. So a full disk loses nothing, and what an interrupted repair
/// has saved is not in the way of the next.
#[test]
fn a_repair_that_could_not_go_on_is_repeated() {
    let (storage, _, bases) = journal();
    let behind = format!("{:020}.segment", bases[1].seq.0 + 1);
    let files = storage.files().into_iter();
    let storage = MemoryStorage::with_files(files.filter(|(name, _)| *name < behind));
    let [from, to] =
        ["snapshots", "tails"].map(|at| format!("{at}/{:020}.snapshot", bases[2].seq.0));
    let snapshots = MemoryStorage::new();
    snapshots::save(&snapshots, &snapshot_at(bases[2].seq.0)).unwrap();
    let (bytes, _) = snapshot_at(bases[2].seq.0).encode();
    storage.save(&from, &bytes).unwrap();
    let before = storage.files();

    let faults = Arc::new(Faults::default());
    let disk = Arc::new(Disk::new(storage.clone(), Arc::clone(&faults)));
    let plan = Plan::examine(&storage, &snapshots).unwrap().unwrap();
    faults.is_full.store(true, Ordering::SeqCst);
    let error = plan.clone().carry_out(Arc::clone(&disk)).unwrap_err();
    let expected = format!("cannot save the snapshot as {to}: ");
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert!(storage.files() == before, "nothing is changed");

    faults.is_full.store(false, Ordering::SeqCst);
    storage.save(&to, &bytes).unwrap();
    assert_eq!(plan.carry_out(disk).unwrap(), std::slice::from_ref(&to));
    let now = storage.files();
    assert_eq!(now[&to], bytes);
    assert!(!now.contains_key(&from));
}
