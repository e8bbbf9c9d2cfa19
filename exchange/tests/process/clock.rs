//! The machine's clock set back and forward by an hour, between lives of an exchange and during one: the
//! times of records never go back, a life counts on from where it began, orders expire by record time, and
//! nothing is lost.
//!
//! The machine's own clock stays as it is. What the exchange reads is shifted on the way to it, by a few
//! lines of C that are loaded before the C library (`clock_shim.c`).

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use rialto_client::ClientError;
use rialto_types::{Price, RejectReason, Side, Timestamp};
use rustix::process::Signal;

use crate::honest::Honest;
use crate::kill::{reopen, soak};
use crate::ledger::Ledger;
use crate::load::Crowd;
use crate::process::{PATIENCE, Process, Setup, journal_of};
use crate::shim;

/// With this seed a run sets the clock to the same times.
const SEED: &str = "RIALTO_CLOCK_SEED";
const SHIM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/process/clock_shim.c");
const HOUR: i64 = 3_600;
const SECOND_NS: u64 = 1_000_000_000;
const MINUTE_NS: u64 = 60 * SECOND_NS;
/// From this on a clock that is behind is worth a warning; less than twice of it may or may not be one.
const TOLERATED_NS: u64 = SECOND_NS / 10;
const BEHIND: &str =
    "this machine's clock stands behind the journal: time stands still until it has caught up";

/// The clock of an exchange under test.
struct ShiftedClock {
    library: PathBuf,
    shift: PathBuf,
    file: File,
}

impl ShiftedClock {
    /// One that says what the machine's says.
    fn new(directory: &Path) -> Self {
        let library = shim::build(Path::new(SHIM), directory);
        let shift = directory.join("shift");
        fs::write(&shift, bytes(0)).unwrap();
        let file = File::options().write(true).open(&shift).unwrap();
        Self {
            library,
            shift,
            file,
        }
    }

    /// Sets it to so many seconds after the machine's, from now on.
    fn set(&self, seconds: i64) {
        self.file.write_all_at(&bytes(seconds), 0).unwrap();
    }

    fn venue(&self, data: &Path) -> Setup {
        Setup::venue(data)
            .with("LD_PRELOAD", self.library.display())
            .with("CLOCK_SHIFT", self.shift.display())
    }
}

#[expect(
    clippy::host_endian_bytes,
    reason = "the exchange reads it as its machine does, which is this one"
)]
fn bytes(seconds: i64) -> [u8; 8] {
    seconds.to_ne_bytes()
}

/// What a clock says that is so many seconds after the machine's.
fn now(shift: i64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = u64::try_from(now.as_nanos()).unwrap();
    now.checked_add_signed(shift * SECOND_NS.cast_signed())
        .unwrap()
}

/// Whether an exchange whose clock was behind, or not, has said so.
fn check_warning(process: &Process, behind_ns: i64) {
    let is_told = process.has_logged(BEHIND).is_some();
    if behind_ns > (2 * TOLERATED_NS).cast_signed() {
        assert!(is_told, "{behind_ns} ns behind:\n{}", process.log());
    } else if behind_ns < 0 {
        assert!(!is_told, "{behind_ns} ns behind:\n{}", process.log());
    }
}

/// Asserts that the records of a life have the times that they must have: never before the one before; when
/// the clock was behind, the last record's until it has caught up; otherwise those of a clock that was read at
/// the start and counted on from there.
fn check_times(times: &[Timestamp], last: Timestamp, begun: u64, ended: u64) {
    assert!(times.is_sorted(), "time went back");
    let first = *times.first().expect("a life writes something down");
    let newest = *times.last().expect("a life writes something down");
    assert!(first >= last, "time went back between two lives");
    assert!(first.0 >= begun.min(last.0), "{first} is before the start");
    if begun > last.0 {
        assert!(first.0 >= begun, "{first} is before the start at {begun}");
    }
    let latest = ended.max(last.0);
    assert!(newest.0 <= latest, "{newest} is after the end at {latest}");
}

/// Waits until an exchange under load has applied some more commands.
async fn goes_on(process: &Process) {
    let before = process.commands().await;
    let waiting = async {
        while process.commands().await < before + 100 {
            tokio::task::yield_now().await;
        }
    };
    let came = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(came.is_ok(), "it stands still after {before} commands");
}

#[tokio::test]
async fn a_clock_that_is_set_never_turns_the_journal_back_and_loses_nothing() {
    let seed = std::env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("{SEED}={seed}");
    let mut rng = Rng::with_seed(seed);
    let directory = tempfile::tempdir().unwrap();
    let clock = ShiftedClock::new(directory.path());
    let data = directory.path().join("data");
    let setup = clock.venue(&data);
    let founded = setup.open().await;
    let mut crowd = Crowd::new(rng.u64(..), &founded).await;
    founded.kill().await;
    let mut ledger = Ledger::of(&journal_of(&data));
    // Back, forward by two hours, back by one: every way there is, before chance has its turn.
    let first = [-HOUR, HOUR, 0, -HOUR, HOUR];
    let more = (0..first.len() * (soak() as usize - 1)).map(|_| rng.i64(-1..=1) * HOUR);
    let shifts: Vec<i64> = first.into_iter().chain(more.collect::<Vec<_>>()).collect();
    for shift in shifts {
        clock.set(shift);
        let (last, before) = (ledger.time(), ledger.seq());
        let (begun, signal) = (now(shift), [Signal::KILL, Signal::TERM][rng.usize(..2)]);
        let mut process = reopen(&setup, &mut ledger).await;
        check_warning(&process, last.0.cast_signed() - begun.cast_signed());
        let set_again = async {
            for _ in 0..4 {
                clock.set(rng.i64(-1..=1) * HOUR);
                goes_on(&process).await;
            }
        };
        let told = crowd.load_beside(&process, 500, set_again, signal).await;
        process.ended().await;
        // A clock that was corrected by the network meanwhile was corrected by less than this.
        let ended = now(shift) + SECOND_NS;
        ledger.read_to_end(&journal_of(&data), told);
        crowd.check_refusals(&ledger);
        check_times(&ledger.times_after(before), last, begun, ended);
        eprintln!("clock shifted by {shift} s: command {}", ledger.seq());
    }
    let process = reopen(&setup, &mut ledger).await;
    let told = crowd.settle(&process).await;
    let ended = process.stop().await;
    ledger.read_to_end(&journal_of(&data), told);
    assert_eq!(ended, (ledger.seq().0, ledger.hash()));
}

/// Who has used up the rate of orders gets it back, also when the clock was set back meanwhile.
#[tokio::test]
async fn a_clock_that_is_set_back_takes_nobodys_order_rate() {
    let directory = tempfile::tempdir().unwrap();
    let clock = ShiftedClock::new(directory.path());
    let data = directory.path().join("data");
    let setup = clock
        .venue(&data)
        .with("RIALTO__GATEWAY__ORDERS_PER_SECOND", 2);
    let process = setup.open().await;
    let mut honest = Honest::new(&process, 1).await;
    let expiry = now(0) + 30 * MINUTE_NS;
    assert_eq!(place_until(&mut honest, expiry).await, None);
    clock.set(-HOUR);
    let waiting = async {
        let (mut is_exceeded, mut count) = (false, 0);
        while !is_exceeded || count == 0 {
            match place_until(&mut honest, expiry).await {
                None => count += u32::from(is_exceeded),
                Some(RejectReason::RateExceeded) => is_exceeded = true,
                Some(other) => panic!("{other:?}"),
            }
        }
    };
    let came = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(came.is_ok(), "the rate is exceeded for ever");
    honest.log_out().await;
    process.stop().await;
}

/// Waits until so many orders are open.
async fn has_open(process: &Process, count: u64) {
    let waiting = async {
        while process.metric("rialto_core_open_orders").await != count {
            tokio::task::yield_now().await;
        }
    };
    let came = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(came.is_ok(), "there are never {count} open orders");
}

/// Places an order that is good until `expiry`. Returns why it was refused, if it was.
async fn place_until(honest: &mut Honest, expiry: u64) -> Option<RejectReason> {
    let price = Price(5_900_000);
    match honest
        .limit_until(Side::Buy, price, Timestamp(expiry))
        .await
    {
        Ok(()) => None,
        Err(ClientError::Refused(refusal)) => refusal.reason(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn orders_expire_by_record_time_whatever_the_clock_says() {
    let directory = tempfile::tempdir().unwrap();
    let clock = ShiftedClock::new(directory.path());
    let data = directory.path().join("data");
    let setup = clock.venue(&data);
    let process = setup.open().await;
    let mut honest = Honest::new(&process, 1).await;
    let first = now(0) + 30 * MINUTE_NS;
    assert_eq!(place_until(&mut honest, first).await, None);
    // An hour later by the machine's clock; this life's counts on.
    clock.set(HOUR);
    assert_eq!(place_until(&mut honest, first).await, None);
    honest.trade().await;
    has_open(&process, 2).await;
    process.kill().await;
    let mut ledger = Ledger::of(&journal_of(&data));

    // Back: time stands where the journal ends, so an order may not expire before that, and none does.
    clock.set(-HOUR);
    let process = reopen(&setup, &mut ledger).await;
    process.logged(BEHIND).await;
    let mut honest = Honest::new(&process, 1).await;
    let by_its_clock = now(-HOUR) + 30 * MINUTE_NS;
    let refused = place_until(&mut honest, by_its_clock).await;
    assert_eq!(refused, Some(RejectReason::ExpiryInPast));
    assert_eq!(place_until(&mut honest, first).await, None);
    has_open(&process, 3).await;
    process.kill().await;
    ledger.read_to_end(&journal_of(&data), Vec::new());

    // Forward: they expire at once, without anybody asking for anything.
    clock.set(HOUR);
    let process = reopen(&setup, &mut ledger).await;
    assert!(process.has_logged(BEHIND).is_none());
    has_open(&process, 0).await;
    process.kill().await;
    ledger.read_to_end(&journal_of(&data), Vec::new());
    assert!(ledger.time().0 >= first);

    // And what is over by record time stays over when the clock is right again.
    clock.set(0);
    let process = reopen(&setup, &mut ledger).await;
    process.logged(BEHIND).await;
    let mut honest = Honest::new(&process, 1).await;
    let refused = place_until(&mut honest, first).await;
    assert_eq!(refused, Some(RejectReason::ExpiryInPast));
    let later = ledger.time().0 + MINUTE_NS;
    assert_eq!(place_until(&mut honest, later).await, None);
    honest.trade().await;
    honest.log_out().await;
    let ended = process.stop().await;
    ledger.read_to_end(&journal_of(&data), Vec::new());
    assert_eq!(ended, (ledger.seq().0, ledger.hash()));
}
