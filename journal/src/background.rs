//! The thread that prepares segments beside the writer. The logic is in [`crate::segments`].
//!
//! The writer's own part is a message: taking a prepared segment, handing over the full one. The thread
//! creates the next segment, names the present one, syncs and unmaps the full one. A segment that could
//! not be prepared is tried once more when it is needed: by then somebody may have made room.
//! Without the thread, by [`BackgroundSegments::by_hand`], the simulator decides when each task is done.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use rialto_types::Seq;

use crate::error::JournalError;
use crate::header::SegmentBytes;
use crate::pages::PagesThread;
use crate::segments::{Sealed, SegmentShop, SegmentSource, close};
use crate::storage::{Segment, Storage};

/// Its name, as `top -H` shows it.
const THREAD: &str = "segments";

/// Whether pages are kept ready ahead of the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagesAhead {
    /// Kept ready: the writer is the core thread, which shall not fault.
    Kept,
    /// Left alone: the writer syncs, which takes the readiness away each time.
    Left,
}

enum Task<F: Segment> {
    Prepare,
    Begun {
        first: Seq,
        sealed: Option<Sealed<F>>,
    },
    Settle(SyncSender<Result<(), JournalError>>),
}

enum Answer<F> {
    Ready(F),
    /// Nothing was changed; may be tried again.
    NotPrepared(JournalError),
    /// Nothing more will be done.
    Failed(JournalError),
}

/// Who does the work.
#[derive(Debug)]
enum Hands {
    /// A thread; `None` only while this is dropped.
    Thread(Option<JoinHandle<()>>),
    /// Whoever calls [`SegmentWork::step`], and the writer itself where it would wait.
    Caller(SegmentWork),
}

/// The work that a thread would do beside the writer, one task after the other, when told.
#[derive(Clone)]
pub struct SegmentWork {
    step: Arc<Mutex<dyn FnMut() -> bool + Send>>,
}

impl SegmentWork {
    /// Does the next task; false when none waits.
    pub fn step(&self) -> bool {
        let mut step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        step()
    }
}

impl std::fmt::Debug for SegmentWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SegmentWork").finish_non_exhaustive()
    }
}

/// Segments prepared one ahead by a thread, which ends when this is dropped.
#[derive(Debug)]
pub struct BackgroundSegments<F: Segment> {
    /// `None` only while it is dropped.
    tasks: Option<Sender<Task<F>>>,
    answers: Receiver<Answer<F>>,
    synced: Arc<AtomicU64>,
    hands: Hands,
    pages: Option<PagesThread<F::Pages>>,
    /// Whether a segment was asked for and not yet taken.
    is_asked: bool,
    wait_count: u64,
}

impl<F: Segment> BackgroundSegments<F> {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`JournalError::Thread`] when the system gives none.
    pub fn start<S: Storage<Segment = F>>(
        storage: Arc<S>,
        segment_bytes: SegmentBytes,
        pages_ahead: PagesAhead,
    ) -> Result<Self, JournalError> {
        let (mut segments, worker) = Self::unattended(storage, segment_bytes);
        let pages = match pages_ahead {
            PagesAhead::Kept => Some(PagesThread::start()?),
            PagesAhead::Left => None,
        };
        let thread = Builder::new()
            .name(THREAD.to_owned())
            .spawn(|| worker.run());
        let thread = thread.map_err(|error| not_running(error.to_string()))?;
        segments.hands = Hands::Thread(Some(thread));
        segments.pages = pages;
        Ok(segments)
    }

    /// The same without threads: a task is done when the caller says so, at the latest when the writer
    /// would wait for it. Pages are left alone.
    pub fn by_hand<S: Storage<Segment = F>>(
        storage: Arc<S>,
        segment_bytes: SegmentBytes,
    ) -> (Self, SegmentWork) {
        let (mut segments, mut worker) = Self::unattended(storage, segment_bytes);
        let step = move || worker.step();
        let work = SegmentWork {
            step: Arc::new(Mutex::new(step)),
        };
        segments.hands = Hands::Caller(work.clone());
        (segments, work)
    }

    /// Both ends of the channels, with nobody at work yet.
    fn unattended<S: Storage<Segment = F>>(
        storage: Arc<S>,
        segment_bytes: SegmentBytes,
    ) -> (Self, Worker<S>) {
        let (tasks, task_receiver) = mpsc::channel();
        let (answer_sender, answers) = mpsc::channel();
        let synced = Arc::new(AtomicU64::new(0));
        let worker = Worker {
            shop: SegmentShop::new(storage, segment_bytes),
            tasks: task_receiver,
            answers: answer_sender,
            synced: Arc::clone(&synced),
            failed: None,
        };
        let segments = Self {
            tasks: Some(tasks),
            answers,
            synced,
            hands: Hands::Thread(None),
            pages: None,
            is_asked: false,
            wait_count: 0,
        };
        (segments, worker)
    }

    /// Where the writer is about to wait for a thread: without one, everything that waits is done now.
    fn attend(&self) {
        if let Hands::Caller(work) = &self.hands {
            while work.step() {}
        }
    }

    fn send(&self, task: Task<F>) -> Result<(), JournalError> {
        let tasks = self.tasks.as_ref().expect("tasks go until the drop");
        tasks.send(task).map_err(|_| not_running("it has died"))
    }

    fn ask(&mut self) -> Result<(), JournalError> {
        if !self.is_asked {
            self.send(Task::Prepare)?;
            self.is_asked = true;
        }
        Ok(())
    }

    fn answer(&mut self) -> Result<Answer<F>, JournalError> {
        self.ask()?;
        let answer = match self.answers.try_recv() {
            Err(TryRecvError::Empty) => {
                self.wait_count += 1;
                self.attend();
                self.answers.recv().map_err(|_| TryRecvError::Disconnected)
            }
            other => other,
        };
        self.is_asked = false;
        answer.map_err(|_| not_running("it has died"))
    }
}

impl<F: Segment> SegmentSource<F> for BackgroundSegments<F> {
    fn prepare(&mut self) {
        // A thread that has died is told of when the segment is taken.
        let _ = self.ask();
    }

    fn take(&mut self) -> Result<F, JournalError> {
        let answer = match self.answer()? {
            Answer::NotPrepared(_) => self.answer()?,
            other => other,
        };
        match answer {
            Answer::Ready(segment) => Ok(segment),
            Answer::NotPrepared(error) | Answer::Failed(error) => Err(error),
        }
    }

    fn begun(&mut self, first: Seq, sealed: Option<Sealed<F>>) -> Result<(), JournalError> {
        self.send(Task::Begun { first, sealed })
    }

    fn watch(&mut self, pages: F::Pages, position: Arc<AtomicU64>) -> Result<(), JournalError> {
        match &self.pages {
            Some(thread) => thread.watch(pages, position),
            None => Ok(()),
        }
    }

    fn synced(&self) -> Seq {
        Seq(self.synced.load(Ordering::Acquire))
    }

    fn settle(&mut self) -> Result<(), JournalError> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.send(Task::Settle(reply))?;
        self.attend();
        answer.recv().map_err(|_| not_running("it has died"))?
    }

    fn wait_count(&self) -> u64 {
        self.wait_count
    }
}

impl<F: Segment> Drop for BackgroundSegments<F> {
    fn drop(&mut self) {
        drop(self.tasks.take());
        if let Hands::Thread(thread) = &mut self.hands
            && let Some(thread) = thread.take()
        {
            // A panic of the thread was seen by whoever asked it for something.
            let _ = thread.join();
        }
    }
}

fn not_running(reason: impl Into<String>) -> JournalError {
    JournalError::Thread {
        thread: THREAD,
        reason: reason.into(),
    }
}

struct Worker<S: Storage> {
    shop: SegmentShop<S>,
    tasks: Receiver<Task<S::Segment>>,
    answers: Sender<Answer<S::Segment>>,
    synced: Arc<AtomicU64>,
    /// The error after which nothing more is done, until somebody has been told.
    failed: Option<JournalError>,
}

impl<S: Storage> Worker<S> {
    fn run(mut self) {
        while let Ok(task) = self.tasks.recv() {
            self.work(task);
        }
    }

    fn step(&mut self) -> bool {
        let task = self.tasks.try_recv();
        task.map(|task| self.work(task)).is_ok()
    }

    fn work(&mut self, task: Task<S::Segment>) {
        match task {
            Task::Prepare => {
                let answer = match self.failed.take() {
                    Some(error) => self.fail(error),
                    None => match self.shop.create() {
                        Ok(segment) => Answer::Ready(segment),
                        Err(error) => Answer::NotPrepared(error),
                    },
                };
                // Nobody to take it: the writer is gone, and the channel of tasks will say so.
                let _ = self.answers.send(answer);
            }
            Task::Begun { first, sealed } => {
                if self.failed.is_none()
                    && let Err(error) = self.settle_in(first, sealed)
                {
                    self.failed = Some(error);
                }
            }
            Task::Settle(reply) => {
                let answer = match self.failed.take() {
                    Some(error) => {
                        self.failed = Some(JournalError::Stopped);
                        Err(error)
                    }
                    None => Ok(()),
                };
                let _ = reply.send(answer);
            }
        }
    }

    /// Tells the error once; who asks again hears that it was told.
    fn fail(&mut self, error: JournalError) -> Answer<S::Segment> {
        self.failed = Some(JournalError::Stopped);
        Answer::Failed(error)
    }

    fn settle_in(
        &mut self,
        first: Seq,
        sealed: Option<Sealed<S::Segment>>,
    ) -> Result<(), JournalError> {
        self.shop.name(first)?;
        if let Some(sealed) = sealed {
            let last = close(sealed)?;
            self.synced.store(last.0, Ordering::Release);
        }
        Ok(())
    }
}
