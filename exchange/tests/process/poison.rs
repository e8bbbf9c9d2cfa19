//! A record that makes the core panic, in a build in which one was planted: the process ends at once and says which
//! record it was, no start ever replays it again, and an administrator's decision lets the exchange go on.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use rialto_client::{Directory, order};
use rialto_exchange::poison::PLANTED;
use rialto_journal::layout::{POISON, POISON_ROOM};
use rialto_protocol::ExecType;
use rialto_types::{ClientOrderId, Price, Qty, Side};
use rustix::process::Signal;

use crate::honest::Honest;
use crate::process::{Process, Setup, journal_command};
use crate::small_disk::{MIB, SmallDisk};

/// The exit status of a process that could not start.
const FAILED: i32 = 2;

/// Trades a little, then sends the order at which this build panics. Returns that order's sequence.
async fn poison(process: &mut Process) -> u64 {
    let mut honest = Honest::new(process, 1).await;
    honest.trade().await;
    let rests = honest.limit(Side::Buy, Price(5_900_000), Qty(10)).await;
    assert_eq!(rests.exec_type, ExecType::New);
    let record = process.commands().await + 1;

    let mut session = process.log_on(2).await;
    let directory = Directory::load(session.connection()).await.unwrap();
    let instrument = directory.by_symbol("BTC-USDT").unwrap();
    let mut planted = order::limit(instrument, Side::Buy, Price(5_900_000), Qty(10));
    planted.client_order_id = ClientOrderId::new(PLANTED).unwrap().into();
    let outcome = session.place(planted).await;
    assert!(
        outcome.is_err(),
        "the exchange ended without an answer: {outcome:?}"
    );
    check_ended(process, record).await;
    record
}

/// The process was ended by its panic, and says at which record. A release aborts; a build for tests, which unwinds,
/// ends with an error.
async fn check_ended(process: &mut Process, record: u64) {
    let status = process.ended().await;
    let is_aborted = status.signal() == Some(Signal::ABORT.as_raw());
    let log = process.log();
    assert!(
        is_aborted || status.code() == Some(FAILED),
        "{status}: {log}"
    );
    let said = format!("the core panicked while it applied record {record}");
    assert!(log.contains(&said), "{log}");
    assert!(!log.contains("could not be written down"), "{log}");
}

fn check_marked(journal: &Path, record: u64) {
    let mark = std::fs::read_to_string(journal.join(POISON)).unwrap();
    let mark: serde_json::Value = serde_json::from_str(&mark).unwrap();
    assert_eq!(mark["record"], record);
    let panic = mark["panic"].as_str().unwrap();
    assert!(panic.starts_with("this fault was planted, at "), "{panic}");
    assert!(
        !journal.join(POISON_ROOM).exists(),
        "the room became the mark"
    );
}

/// A start that replays nothing, because it knows the record.
async fn check_refused(setup: &Setup, record: u64) {
    let (code, said) = setup.refused().await;
    assert_eq!(code, FAILED, "{said}");
    let expected = format!("record {record} made the core panic");
    assert!(said.contains(&expected), "{said}");
    assert!(said.contains("--key ADMIN-KEY.json"), "{said}");
}

/// Has the record passed over, as the message says, and trades on, across a restart.
async fn pass_over(setup: &Setup, data: &Path, record: u64) {
    let journal = crate::process::journal_of(data);
    let key = data.join("admin-key.json").display().to_string();
    let number = record.to_string();
    let skip = ["skip", "--record", &number, "--key", &key, "--yes"];
    let (code, said) = journal_command(&skip, &journal);
    assert_eq!(code, Some(0), "{said}");
    let process = setup.open().await;
    assert_eq!(process.recovered().await.0, record);
    assert!(!journal.join(POISON).exists(), "the mark is dealt with");
    let passed = process
        .logged("a record is passed over, as an administrator has decided")
        .await;
    assert_eq!(passed["seq"], record);
    // The order before it is still there, that of the record is not.
    assert_eq!(process.metric("rialto_core_open_orders").await, 1);
    let mut honest = Honest::new(&process, 2).await;
    honest.trade().await;
    honest.log_out().await;
    let ended = process.stop().await;
    let process = setup.open().await;
    assert_eq!(process.recovered().await, ended);
    process.stop().await;
}

#[tokio::test]
async fn a_panic_of_the_core_ends_the_process_and_is_never_replayed() {
    for durability in ["written", "durable"] {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let setup = Setup::venue(&data).with("RIALTO__JOURNAL__DURABILITY", durability);
        let mut process = setup.open().await;
        let journal = process.journal();
        let record = poison(&mut process).await;
        drop(process);
        check_marked(&journal, record);
        check_refused(&setup, record).await;
        // Without the mark, as when a build is tried in which the defect is said to be mended, the replay panics: once.
        std::fs::remove_file(journal.join(POISON)).unwrap();
        let mut process = setup.start();
        check_ended(&mut process, record).await;
        drop(process);
        check_marked(&journal, record);
        check_refused(&setup, record).await;
        check_refused(&setup, record).await;
        pass_over(&setup, &data, record).await;
    }
}

#[tokio::test]
async fn a_panic_is_written_down_on_a_full_disk() {
    let Some(disk) = SmallDisk::new(16 * MIB) else {
        return;
    };
    let data = disk.path().join("data");
    let setup = Setup::venue(&data);
    let mut process = setup.open().await;
    let journal = process.journal();
    disk.fill_up_to(0);
    let record = poison(&mut process).await;
    drop(process);
    assert_eq!(disk.free(), 0);
    check_marked(&journal, record);
    // A further panic could not be written down, so nothing is replayed.
    let (code, said) = setup.refused().await;
    assert_eq!(code, FAILED, "{said}");
    assert!(said.contains("taking 4096 bytes in "), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    disk.clear();
    check_refused(&setup, record).await;
    pass_over(&setup, &data, record).await;
}
