//! An exchange among vandals: a crowd trades and is held to the journal as ever, while others send, at the
//! same time, everything that a connection allows. Then the exchange is killed, and what was captured in its
//! first life is sent again in the second.
//!
//! What must hold: the process lives and logs no error; everybody who behaves gets exactly its answers,
//! within time; every refusal's code is one that docs/PROTOCOL.md lists; the journal has no command that was
//! not sent on a session whose client holds the command's key; each asset's balances add up; and when all
//! have gone, no session and no connection is left. A long run also holds the memory flat.

mod garbage;
mod listed;
mod scene;
mod sent;
mod shapes;
mod vandal;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fastrand::Rng;
use rialto_client::Directory;
use rialto_protocol::{EndReason, MessageError};
use rialto_types::{RejectReason, Seq};
use rustix::process::Signal;

use self::scene::Scene;
pub(crate) use self::sent::Sent;
use self::vandal::{Misdeed, Vandal};
use crate::keys;
use crate::ledger::Ledger;
use crate::load::Crowd;
use crate::process::{PATIENCE, Process, Setup};
use crate::wire;

/// With this seed everybody does the same things in the same order. When the system lets which thread run
/// is its own business, so a failure may need several tries.
const SEED: &str = "RIALTO_VANDAL_SEED";
/// Accounts that nobody else acts for.
const ACCOUNTS: [u32; 2] = [6, 7];
/// Vandals at the same time.
const VANDALS: usize = 8;
/// How often a vandal does everything that it can in a life of the exchange.
const TIMES: u64 = 100;
/// How long a long run takes.
const SOAK: Duration = Duration::from_mins(10);
/// What of it is left out when memory is compared: until then pools of every kind have been used.
const WARM_UP: Duration = Duration::from_mins(2);
/// By how much the memory of its own may grow from the end of the warm-up to the end, in KiB.
const GROWTH_MAX_KIB: u64 = 32 * 1024;

/// A venue with everybody in it.
struct Brawl {
    setup: Setup,
    process: Process,
    ledger: Ledger,
    /// The last command before anybody misbehaved.
    founded: Seq,
    crowd: Crowd,
    scene: Arc<Scene>,
    vandals: Vec<Vandal>,
    _directory: tempfile::TempDir,
}

impl Brawl {
    async fn begin(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        // The journal is read from its beginning, so no segment may go; what is kept for those who come
        // back has a size at which it is full before memory is compared.
        let setup = Setup::venue(&data)
            .with("RIALTO__JOURNAL__SNAPSHOT_REPLAY_MS", 0)
            .with("RIALTO__JOURNAL__SEGMENT_MIB", 16)
            .with("RIALTO__JOURNAL__DURABILITY", "written")
            .with("RIALTO__GATEWAY__REPORT_MEMORY_MIB", 4);
        let process = setup.open().await;
        // Each vandal gets a key of its own, so that none of them ends another's session.
        let accounts = ACCOUNTS.into_iter().cycle().take(VANDALS);
        let keys = keys::hand_out(&process, &mut rng, accounts).await;
        let sent = Arc::new(Sent::default());
        let crowd = Crowd::gentle(rng.u64(..), &process, &sent).await;
        let mut connection = process.connect().await;
        let directory_of = Directory::load(&mut connection).await.unwrap();
        drop(connection);
        let scene = Scene::new(process.address().await, Arc::new(directory_of), sent);
        let vandals = keys.into_iter();
        let vandals = vandals.map(|key| Vandal::new(rng.u64(..), key, &scene));
        let vandals = vandals.collect();
        let mut ledger = Ledger::new();
        wire::check_money(&process, &mut ledger).await;
        Self {
            setup,
            founded: ledger.seq(),
            process,
            ledger,
            crowd,
            scene: Arc::new(scene),
            vandals,
            _directory: directory,
        }
    }

    /// Everybody at once, until the vandals have done everything so many times. The crowd must be told
    /// exactly what it is owed, and must not notice the vandals otherwise.
    async fn round(&mut self, times: u64) {
        let raging = rage(&self.scene, std::mem::take(&mut self.vandals), times);
        let crowd = &mut self.crowd;
        let mut tired = Vec::new();
        let beside = async { tired = raging.await };
        let told = crowd.ask_beside(&self.process, beside).await;
        self.vandals = tired;
        let journal = self.process.journal();
        self.ledger.read_told(&journal, told);
        wire::check_money(&self.process, &mut self.ledger).await;
        self.crowd.check_refusals(&self.ledger);
        self.check_commands();
        for name in ["rialto_connections", "rialto_traders"] {
            self.process.settles_at(name, 0).await;
        }
    }

    /// Everybody at once, and in the middle of it the exchange is killed. What was captured is sent again to
    /// the next one.
    async fn killed(&mut self) {
        let raging = rage(&self.scene, std::mem::take(&mut self.vandals), u64::MAX);
        let scene = Arc::clone(&self.scene);
        let beside = async {
            let waiting = async {
                while scene.count_of(Misdeed::Spoiled) < VANDALS as u64 {
                    tokio::task::yield_now().await;
                }
            };
            let raged = tokio::time::timeout(PATIENCE, waiting).await;
            assert!(raged.is_ok(), "nobody rages");
            scene.is_over.store(true, Ordering::Release);
        };
        let crowd = &mut self.crowd;
        let told = crowd.load_beside(&self.process, 500, beside, Signal::KILL);
        let (told, vandals) = tokio::join!(told, raging);
        self.vandals = vandals;
        self.process.ended().await;
        self.check_log();
        let journal = self.process.journal();
        self.ledger.read_to_end(&journal, told);
        self.crowd.check_refusals(&self.ledger);
        self.check_commands();
        self.process = self.setup.open().await;
        let recovered = self.process.recovered().await;
        assert_eq!(recovered, (self.ledger.seq().0, self.ledger.hash()));
        let address = self.process.address().await;
        self.scene = Arc::new(self.scene.again(address));
    }

    fn check_commands(&self) {
        let count = self.scene.sent.check(&self.ledger, self.founded);
        assert!(count > 0, "nothing was asked for");
    }

    fn check_log(&self) {
        let log = self.process.log();
        let bad = log
            .lines()
            .find(|line| line.contains("panicked") || line.contains("\"level\":\"ERROR\""));
        assert!(bad.is_none(), "{bad:?}");
    }

    /// Ends in order; the state is that of a replay.
    async fn end(self) {
        self.check_log();
        let journal = self.process.journal();
        let mut ledger = self.ledger;
        let ended = self.process.stop().await;
        ledger.read_to_end(&journal, Vec::new());
        self.scene.sent.check(&ledger, self.founded);
        assert_eq!(ended, (ledger.seq().0, ledger.hash()));
    }
}

/// Lets the vandals loose.
fn rage(
    scene: &Arc<Scene>,
    vandals: Vec<Vandal>,
    times: u64,
) -> impl Future<Output = Vec<Vandal>> + use<> {
    let raging = vandals.into_iter();
    let raging = raging.map(|vandal| tokio::spawn(vandal.rage(Arc::clone(scene), times)));
    let raging: Vec<_> = raging.collect();
    async {
        let mut tired = Vec::new();
        for vandal in raging {
            tired.push(vandal.await.unwrap());
        }
        tired
    }
}

/// Asserts that everything was done, and that everything that can be refused was refused.
fn check_variety(scene: &Scene) {
    eprintln!("{:?}", scene.counts());
    assert!(scene.shapes.len() > 50, "{} templates", scene.shapes.len());
    for misdeed in Misdeed::ALL {
        let count = scene.count_of(misdeed);
        assert_eq!(count, TIMES * VANDALS as u64, "{misdeed:?}");
    }
    let ends = [
        EndReason::ProtocolError,
        EndReason::TextFrame,
        EndReason::FrameTooLarge,
        EndReason::BadCredentials,
        EndReason::Superseded,
    ];
    for reason in ends {
        assert!(scene.count_of(reason) > 0, "nobody was ended by {reason:?}");
    }
    for error in [MessageError::NotLoggedOn, MessageError::NotFromClient] {
        assert!(scene.count_of(error) > 0, "nobody was refused by {error:?}");
    }
    let permitted = scene.count_of(RejectReason::NotPermitted);
    assert!(permitted > 0, "nobody was refused what it may not do");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vandals_hurt_nobody_but_themselves() {
    let seed = std::env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("{SEED}={seed} cargo nextest run -p rialto-exchange vandals");
    let mut brawl = Brawl::begin(seed).await;
    brawl.killed().await;
    brawl.round(TIMES).await;
    check_variety(&brawl.scene);
    if std::env::var_os("RIALTO_SOAK").is_some() {
        let begun = Instant::now();
        let mut warm_kib = None;
        while begun.elapsed() < SOAK {
            brawl.round(TIMES).await;
            let kib = brawl.process.own_memory_kib();
            eprintln!("{:?}: {kib} KiB of its own", begun.elapsed());
            if begun.elapsed() >= WARM_UP {
                let warm = *warm_kib.get_or_insert(kib);
                assert!(kib <= warm + GROWTH_MAX_KIB, "{warm} KiB, now {kib} KiB");
            }
        }
    }
    brawl.end().await;
}
