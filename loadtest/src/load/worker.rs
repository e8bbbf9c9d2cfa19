//! A worker: one thread with some of a run's connections, and the pacer that says when each sends.
//!
//! Connections are opened and the book is filled first; then all workers begin together. The pacer either spins
//! between frames, giving way to whoever else wants the processor, or sleeps, which is exact to about a
//! millisecond. Nothing in here waits for another thread once a run has begun.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rialto_client::{ApiKey, ListedInstrument, Trust};
use tokio::task::{JoinSet, LocalSet};

use super::echo::{EchoWire, Sizes};
use super::lane::{Desk, Inbox, Lane, Loop, RunClock, nanos};
use super::mix::{Mid, Mix, Mixer};
use super::plan::{Pacing, Plan};
use super::recorder::Slice;
use super::schedule::{Schedule, Share};
use super::start_line::StartLine;
use super::venue_wire::VenueWire;
use super::wire::Wire;

/// How long before a frame is due a spinning pacer stops sleeping: above the resolution of the runtime's timer.
const SPIN_BEFORE: Duration = Duration::from_micros(2_500);

/// What is put under load.
#[derive(Clone)]
pub(crate) enum Target {
    /// An exchange.
    Venue {
        address: String,
        trust: Trust,
        instrument: Box<ListedInstrument>,
        /// One for each connection.
        keys: Vec<ApiKey>,
        mix: Mix,
        mid: Mid,
    },
    /// A bare echo.
    Echo { address: SocketAddr, sizes: Sizes },
}

/// What a worker tells.
pub(super) enum Told {
    /// What one interval came to, counted from the beginning of measuring.
    Interval { index: usize, slice: Box<Slice> },
    /// That it has ended, and how.
    Ended(Result<()>),
}

/// What a worker is given.
pub(super) struct Worker<'a> {
    pub(super) index: u32,
    pub(super) plan: &'a Plan,
    pub(super) target: &'a Target,
    /// Passed when all connections of all workers stand; the leader notes the time.
    pub(super) start: &'a StartLine,
    pub(super) told: Sender<Told>,
}

impl Worker<'_> {
    /// Runs to the end of the plan.
    pub(super) fn run(self) {
        let told = self.told.clone();
        let outcome = self.run_to_end();
        // The other side is there until all workers have ended.
        drop(told.send(Told::Ended(outcome)));
    }

    fn run_to_end(self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start a runtime");
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                self.start.wait(false);
                return Err(error);
            }
        };
        let local = LocalSet::new();
        let target = self.target;
        match target {
            Target::Echo { .. } => {
                let wires = runtime.block_on(self.echo_wires());
                let wires = self.ready(wires)?;
                let Some((wires, began)) = wires else {
                    return Ok(());
                };
                local.block_on(&runtime, self.load(wires, began))?;
            }
            Target::Venue { .. } => {
                let wires = runtime.block_on(self.venue_wires());
                let wires = self.ready(wires)?;
                let Some((wires, began)) = wires else {
                    return Ok(());
                };
                let wires = local.block_on(&runtime, self.load(wires, began))?;
                runtime.block_on(async {
                    for wire in wires {
                        wire.close().await?;
                    }
                    Ok::<(), anyhow::Error>(())
                })?;
            }
        }
        Ok(())
    }

    /// Waits until everybody is ready; `None` when somebody else could not.
    fn ready<W>(&self, wires: Result<Vec<W>>) -> Result<Option<(Vec<W>, Instant)>> {
        let began = self.start.wait(wires.is_ok());
        Ok(began.zip(Some(wires?)).map(|(began, wires)| (wires, began)))
    }

    /// The connections of this worker, by their indices among all.
    fn lanes(&self) -> impl Iterator<Item = u32> {
        let step = self.plan.threads as usize;
        (self.index..self.plan.connections).step_by(step)
    }

    async fn echo_wires(&self) -> Result<Vec<EchoWire>> {
        let Target::Echo { address, sizes } = self.target else {
            unreachable!("the caller has looked");
        };
        let mut wires = Vec::new();
        for _ in self.lanes() {
            let batch = self.plan.batch;
            wires.push(EchoWire::connect(*address, sizes.request_bytes, batch).await?);
        }
        Ok(wires)
    }

    async fn venue_wires(&self) -> Result<Vec<VenueWire>> {
        let Target::Venue {
            address,
            trust,
            instrument,
            keys,
            mix,
            mid,
        } = self.target
        else {
            unreachable!("the caller has looked");
        };
        let mut wires = Vec::new();
        for lane in self.lanes() {
            let seed = self.plan.seed.wrapping_add(u64::from(lane));
            let mixer = Mixer::new(*mix, mid.clone(), seed);
            let key = &keys[lane as usize];
            let content = (mixer, mix.resting, self.plan.batch);
            wires.push(VenueWire::connect((address, trust), key, **instrument, content).await?);
        }
        Ok(wires)
    }

    async fn load<W: Wire + 'static>(&self, wires: Vec<W>, began: Instant) -> Result<Vec<W>> {
        let plan = self.plan;
        let desk = Rc::new(Desk {
            clock: RunClock(began),
            measured_from_ns: nanos(plan.warmup),
            ends_ns: nanos(plan.warmup + plan.duration),
            late_ns: nanos(plan.late),
            slice: RefCell::new(Slice::new()?),
        });
        let mut lanes = JoinSet::new();
        let mut inboxes = Vec::new();
        for wire in wires {
            let inbox = Rc::new(Inbox::default());
            inboxes.push(Rc::clone(&inbox));
            let lane = Lane {
                wire,
                inbox,
                desk: Rc::clone(&desk),
                pace: plan
                    .in_flight
                    .map_or(Loop::Open, |in_flight| Loop::Closed { in_flight }),
                batch: plan.batch,
                is_flushing: false,
            };
            lanes.spawn_local(lane.run());
        }
        let pacer = Pacer {
            worker: self,
            desk: &desk,
            inboxes: &inboxes,
            interval_index: Cell::new(0),
        };
        let ended = pacer.run(&mut lanes).await;
        let mut ended = ended?;
        let drained = tokio::time::timeout(plan.drain, async {
            while let Some(lane) = lanes.join_next().await {
                ended.push(lane.context("a lane has panicked")??);
            }
            Ok::<(), anyhow::Error>(())
        });
        // What is not answered by then is told by the counts.
        let drained = drained.await.unwrap_or(Ok(()));
        pacer.hand_over()?;
        drained.map(|()| ended)
    }
}

/// Says when each lane sends.
struct Pacer<'a> {
    worker: &'a Worker<'a>,
    desk: &'a Desk,
    inboxes: &'a [Rc<Inbox>],
    /// The interval that is being recorded.
    interval_index: Cell<usize>,
}

impl Pacer<'_> {
    /// Hands frames to the lanes in turns until the end; the wires of lanes that have ended already.
    async fn run<W: 'static>(&self, lanes: &mut JoinSet<Result<W>>) -> Result<Vec<W>> {
        let plan = self.worker.plan;
        let mut schedule = plan.frames_per_second().map(|frames_per_second| {
            let share = Share {
                frames_per_second,
                worker_index: self.worker.index,
                worker_count: plan.threads,
                seed: plan.seed,
            };
            Schedule::new(plan.arrivals, share)
        });
        let interval_ns = nanos(plan.interval);
        let mut interval_ends_ns = self.desk.measured_from_ns + interval_ns;
        let mut next_lane = 0;
        let mut ended = Vec::new();
        while !self.inboxes.is_empty() {
            let now_ns = self.desk.clock.now_ns();
            if now_ns >= interval_ends_ns {
                interval_ends_ns += interval_ns;
                if interval_ends_ns <= self.desk.ends_ns {
                    self.hand_over()?;
                }
            }
            let ends_ns = self.desk.ends_ns;
            let mut wake_ns = ends_ns.min(interval_ends_ns);
            if let Some(schedule) = &mut schedule {
                while schedule.next_ns() <= now_ns.min(ends_ns - 1) {
                    self.inboxes[next_lane].push(schedule.next_ns());
                    next_lane = (next_lane + 1) % self.inboxes.len();
                    schedule.advance();
                }
                wake_ns = wake_ns.min(schedule.next_ns());
            }
            while let Some(lane) = lanes.try_join_next() {
                // A lane that fails ends the run; one that ends early has reached the end of a closed loop.
                ended.push(lane.context("a lane has panicked")??);
            }
            if now_ns >= ends_ns {
                break;
            }
            // After a pause longer than an interval the next one is over already.
            self.wait(wake_ns.saturating_sub(now_ns)).await;
        }
        self.inboxes.iter().for_each(|inbox| inbox.close());
        Ok(ended)
    }

    async fn wait(&self, ns: u64) {
        let time = Duration::from_nanos(ns);
        match self.worker.plan.pacing {
            Pacing::Sleep => tokio::time::sleep(time).await,
            Pacing::Spin if time > SPIN_BEFORE => {
                tokio::time::sleep(time.saturating_sub(SPIN_BEFORE)).await;
            }
            Pacing::Spin => {
                // Whoever shares the processor comes first.
                std::thread::yield_now();
                tokio::task::yield_now().await;
            }
        }
    }

    /// Gives what was recorded away and goes on with an empty slice. The last one also holds what is answered
    /// after the end of sending.
    fn hand_over(&self) -> Result<()> {
        let slice = self.desk.slice.replace(Slice::new()?);
        let index = self.interval_index.replace(self.interval_index.get() + 1);
        // The other side is there until all workers have ended.
        let slice = Box::new(slice);
        drop(self.worker.told.send(Told::Interval { index, slice }));
        Ok(())
    }
}
