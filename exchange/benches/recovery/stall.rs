//! What a snapshot does to the core beside which it is taken: commands at a steady rate through the core of
//! `rialto serve` in `durable` mode, in turns alone, beside a process that only keeps the other processor busy, and
//! beside one that takes a snapshot. A virtual machine whose processors are all busy may be stopped by its host;
//! what the second kind of round shows is the machine's, what the third shows beyond it is the snapshot's. Of each
//! stop the system is asked whether the thread may have left its processor.
//!
//! The thread is as important as that of `rialto serve`, and has a processor to itself as with `core.core_cpu`, the last
//! one that there is; with `--anywhere` it runs on any, as where nothing is configured. The process that takes the snapshot is this program
//! again, as unimportant as the keeper's is. Each round with one first fills a segment, so that there is
//! something to be taken; what was recovered is ended by as many commands as its larger segments hold. A first
//! snapshot, of all that was recovered, is not measured, so that those that are take the same way.

use std::ffi::{OsStr, OsString};
use std::hint::spin_loop;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rialto_exchange::recovery::{Replay, journal_directory};
use rialto_exchange::snapshot;
use rialto_exchange::threads::{self, Place, Priority};
use rialto_gateway::ReportLog;
use rialto_journal::{FileStorage, SegmentBytes};

use crate::SHARD;
use crate::course::{self, Course};
use crate::flow::Flow;
use crate::rig::{RATE, Rig, durable, tell};

/// How the program is told to take a snapshot.
const TAKE: &str = "--take-snapshot";
/// How it is told to do nothing, busily.
const SPIN: &str = "--spin";
/// How it is told not to give the core a processor of its own.
pub(crate) const ANYWHERE: &str = "--anywhere";
/// Rounds of each kind.
const ROUNDS: usize = 8;
/// How long a round without a snapshot is; one with takes as long as the snapshot.
const ROUND: Duration = Duration::from_secs(5);
/// Small, so that a round soon has a complete segment.
const SEGMENT_MIB: u64 = 16;
/// A record is 64 bytes or somewhat less, so half of them fill a segment for certain.
const RECORD_BYTES_MIN: u64 = 32;
const COMMANDS_OF_A_SEGMENT: u64 = (SEGMENT_MIB << 20) / RECORD_BYTES_MIN;

/// The journal of which a snapshot is to be taken, when this is the process that takes it.
pub(crate) fn asked_for_snapshot() -> Option<PathBuf> {
    let mut arguments = std::env::args_os().skip_while(|argument| argument != TAKE);
    arguments.nth(1).map(PathBuf::from)
}

/// Whether this is the process that keeps a processor busy. It ends with its parent.
pub(crate) fn asked_to_spin() -> bool {
    std::env::args_os().any(|argument| argument == SPIN)
}

/// Keeps a processor busy until it is ended, giving way as the keeper's process does.
pub(crate) fn spin() -> ! {
    snapshot::step_back();
    loop {
        spin_loop();
    }
}

/// Takes it, as the keeper's process does.
pub(crate) fn take_snapshot(journal: &Path) -> Result<()> {
    snapshot::step_back();
    let taken = snapshot::take(journal)?.context("a segment is complete")?;
    println!(
        "  a snapshot at {}: {} bytes, {} commands replayed, in {:.1?}",
        taken.seq,
        taken.bytes,
        taken.command_count(),
        taken.took
    );
    Ok(())
}

/// Measures and prints.
pub(crate) fn measure(data: &Path, flow: Flow) -> Result<()> {
    let cpu = cores_processor()?;
    if let Some(cpu) = cpu {
        threads::leave_to_core(cpu);
    }
    let mut rig = recover(data, flow)?;
    let starter = Starter::new();
    let priority = Priority::First;
    Place { cpu, priority }.take("core");
    rig.fill(SegmentBytes::default().get() / RECORD_BYTES_MIN)?;
    rig.fill(COMMANDS_OF_A_SEGMENT)?;
    let journal = journal_directory(data);
    let mut taking = starter.start(&[TAKE.as_ref(), journal.as_os_str()])?;
    ensure!(taking.wait()?.success(), "the first snapshot was not taken");
    let place = cpu.map_or_else(
        || "on any processor".to_owned(),
        |cpu| format!("with processor {cpu} to itself"),
    );
    println!(
        "{RATE} commands a second through the core {place}, with and without a snapshot being taken:"
    );
    let mut courses: [Vec<Course>; 3] = Default::default();
    for _ in 0..ROUNDS {
        let alone = rig.round(|elapsed| Ok(elapsed < ROUND))?;
        tell("alone", &alone);
        let mut spinning = starter.start(&[SPIN.as_ref()])?;
        let busy = rig.round(|elapsed| Ok(elapsed < ROUND));
        // It may have ended by itself only if it could not be started.
        let _ = spinning.kill();
        spinning.wait().context("ending the process that spins")?;
        let busy = busy?;
        tell("beside a busy processor", &busy);
        rig.fill(COMMANDS_OF_A_SEGMENT)?;
        let mut taking = starter.start(&[TAKE.as_ref(), journal.as_os_str()])?;
        let beside = rig.round(|_| still_runs(&mut taking))?;
        tell("beside a snapshot", &beside);
        for (courses, round) in courses.iter_mut().zip([alone, busy, beside]) {
            courses.push(round.course);
        }
    }
    println!("what the rounds have in common:");
    let [alone, busy, beside] = &courses;
    course::tell("alone", alone)?;
    course::tell("beside a busy processor", busy)?;
    course::tell("beside a snapshot", beside)
}

/// The processor that the core has to itself, if any.
fn cores_processor() -> Result<Option<usize>> {
    if std::env::args_os().any(|argument| argument == ANYWHERE) {
        return Ok(None);
    }
    let allowed = rustix::thread::sched_getaffinity(None).context("asking for the processors")?;
    let last = (0..rustix::thread::CpuSet::MAX_CPU).rfind(|cpu| allowed.is_set(*cpu));
    Ok(last.filter(|_| allowed.count() > 1))
}

/// Starts this program again, on a thread as important as any other: as the keeper does it. A process begins with the
/// priority of the thread that starts it, and would share the core's processor until it steps back.
struct Starter {
    asked: Sender<Vec<OsString>>,
    started: Receiver<Result<Child>>,
}

impl Starter {
    fn new() -> Self {
        let (asked, arguments) = mpsc::channel::<Vec<OsString>>();
        let (give, started) = mpsc::channel();
        std::thread::spawn(move || {
            for arguments in arguments {
                if give.send(start(&arguments)).is_err() {
                    return;
                }
            }
        });
        Self { asked, started }
    }

    fn start(&self, arguments: &[&OsStr]) -> Result<Child> {
        let arguments = arguments.iter().map(OsString::from).collect();
        self.asked
            .send(arguments)
            .context("the thread that starts processes has ended")?;
        self.started.recv()?
    }
}

fn start(arguments: &[OsString]) -> Result<Child> {
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command.spawn().context("starting this program again")
}

fn still_runs(taking: &mut Child) -> Result<bool> {
    let Some(status) = taking.try_wait()? else {
        return Ok(true);
    };
    ensure!(status.success(), "the snapshot was not taken: {status}");
    Ok(false)
}

fn recover(data: &Path, flow: Flow) -> Result<Rig<FileStorage>> {
    let restored = Replay::open(data, SHARD)?.run(Arc::default(), ReportLog::default())?;
    println!("{} open orders", restored.state.exchange.open_order_count());
    Rig::start(restored, flow, |recovered, watermark| {
        let segment = SegmentBytes::new(SEGMENT_MIB << 20)?;
        durable(recovered, watermark, segment)
    })
}
