//! The first start of a venue, killed at any moment of it: the next start completes what was begun, and
//! everybody has one account, one key and one deposit of each asset.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rialto_journal::layout::segment_name;
use rialto_journal::{Content, ReadOnlyDirectory, inspect};
use rialto_types::{AccountId, InstrumentId, Seq};

use crate::kill::reopen;
use crate::ledger::Ledger;
use crate::process::{Process, Setup, journal_of};

/// With this seed a run kills after the same times.
const SEED: &str = "RIALTO_FOUNDING_SEED";
const ACCOUNTS: u32 = 8;

/// What a founded venue consists of: commands of a start that nothing has interrupted.
pub(crate) struct Plan {
    commands: u64,
    /// From the start of the process until it is open.
    took: Duration,
}

impl Plan {
    pub(crate) async fn of(setup: &Setup) -> Self {
        let begun = Instant::now();
        let process = setup.open().await;
        let took = begun.elapsed();
        let (commands, _) = process.stop().await;
        Self { commands, took }
    }
}

/// Asserts that a venue is complete, and nothing in it twice.
pub(crate) async fn check_complete(data: &Path, plan: &Plan) {
    let setup = Setup::venue(data);
    let opened = setup.open().await;
    check_keys(&opened).await;
    opened.stop().await;
    let mut ledger = Ledger::of(&journal_of(data));
    assert_eq!(
        ledger.seq().0,
        plan.commands,
        "something is missing or twice"
    );
    let image = ledger.image();
    assert_eq!(image.accounts.len(), 1 + ACCOUNTS as usize);
    assert_eq!(image.keys.len(), 1 + ACCOUNTS as usize);
    assert_eq!((image.assets.len(), image.instruments.len()), (3, 3));
    assert_eq!(image.instruments[2].instrument.id, InstrumentId(3));
    for account in &image.accounts[1..] {
        let funds = image.accounts[1].balances.iter().map(|b| b.available);
        assert!(
            account.balances.iter().map(|b| b.available).eq(funds),
            "{account:?}"
        );
        assert_eq!(account.balances.len(), 3);
    }
    reopen(&setup, &mut ledger).await.stop().await;
}

/// Every key of the files logs on.
async fn check_keys(process: &Process) {
    for account in 0..=ACCOUNTS {
        let session = process.log_on(account).await;
        assert_eq!(session.account(), AccountId(account));
        session.log_out().await.unwrap();
    }
}

#[tokio::test]
async fn a_first_start_that_is_killed_is_completed_by_the_next() {
    const VENUES: u32 = 15;
    let seed = std::env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("{SEED}={seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let directory = tempfile::tempdir().unwrap();
    let plan = Plan::of(&Setup::venue(directory.path().join("plan"))).await;
    let mut interrupted = 0;
    for venue in 0..VENUES {
        let data = directory.path().join(venue.to_string());
        for _ in 0..rng.u32(1..=3) {
            let process = Setup::venue(&data).start();
            // Not to wait for something: the moment is what is tried out.
            tokio::time::sleep(plan.took.mul_f64(rng.f64())).await;
            interrupted += u32::from(process.has_logged("open").is_none());
            process.kill().await;
        }
        check_complete(&data, &plan).await;
        fs::remove_dir_all(data).unwrap();
    }
    eprintln!("{interrupted} starts were interrupted");
    assert!(interrupted > 0, "every start was faster than its kill");
}

/// What clients may ask about from the first moment is not lost by a death at that moment.
#[tokio::test]
async fn a_venue_that_is_open_has_its_founding_written_down() {
    const VENUES: u32 = 10;
    let directory = tempfile::tempdir().unwrap();
    let plan = Plan::of(&Setup::venue(directory.path().join("plan"))).await;
    for venue in 0..VENUES {
        let data = directory.path().join(venue.to_string());
        let setup = Setup::venue(&data).with("RIALTO__JOURNAL__DURABILITY", "durable");
        setup.open().await.kill().await;
        assert_eq!(Ledger::of(&journal_of(&data)).seq().0, plan.commands);
    }
}

/// A journal's only segment, and where in it each command ends; the first entry is where the first begins.
struct Segment {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Segment {
    fn read(journal: &Path) -> Self {
        let name = segment_name(Seq(1));
        let (mut ends, mut is_command) = (Vec::new(), true);
        inspect(&ReadOnlyDirectory::new(journal), |item| {
            assert_eq!(item.segment, name, "founding fits in a segment");
            if is_command {
                ends.push(usize::try_from(item.offset).unwrap());
            }
            is_command = matches!(item.content, Content::Command(_));
        })
        .unwrap();
        let bytes = fs::read(journal.join(name)).unwrap();
        Self { bytes, ends }
    }

    /// As it was when so many commands were written.
    fn after(&self, commands: usize) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes[self.ends[commands]..].fill(0);
        bytes
    }
}

/// Every moment between two commands, one after another.
#[tokio::test]
async fn a_first_start_that_ends_between_two_commands_is_completed_by_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let whole = directory.path().join("whole");
    let plan = Plan::of(&Setup::venue(&whole)).await;
    let segment = Segment::read(&journal_of(&whole));
    let before_keys = plan.commands - u64::from(ACCOUNTS);
    for commands in 0..plan.commands {
        let data = directory.path().join(commands.to_string());
        let journal = journal_of(&data);
        fs::create_dir_all(&journal).unwrap();
        let bytes = segment.after(usize::try_from(commands).unwrap());
        fs::write(journal.join(segment_name(Seq(1))), bytes).unwrap();
        // Key files come before the commands that register their keys.
        let copy = |name| fs::copy(whole.join(name), data.join(name)).unwrap();
        copy("admin-key.json");
        if commands >= before_keys {
            copy("demo-keys.json");
        }
        eprintln!("after {commands} commands");
        check_complete(&data, &plan).await;
        fs::remove_dir_all(data).unwrap();
    }
}
