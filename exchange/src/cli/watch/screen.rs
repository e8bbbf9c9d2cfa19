//! The window: joins what arrives with the keyboard, and draws at most twenty times a second.
//!
//! The terminal is given back as it was, also after an error or a panic.

use std::time::Duration;

use anyhow::{Context, Result};
use ratatui::DefaultTerminal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::follow::Follower;
use super::keyboard::{self, Request};
use super::meter::Meter;
use super::render::{Picture, draw, levels_that_fit};

/// The shortest time between two frames.
const FRAME: Duration = Duration::from_millis(50);
/// Frames after which one is drawn though nothing has arrived, for the rate.
const FRAMES_IDLE: u32 = 10;
/// No window has room for more.
const LEVELS_MAX: usize = 500;

/// Gives the terminal back.
struct Restored;

impl Drop for Restored {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Shows an instrument until the user leaves.
///
/// # Errors
/// When the terminal cannot be used, or the instrument is not listed.
pub(super) async fn run(follower: Follower) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening to signals")?;
    let terminal = ratatui::try_init().context("taking over the terminal (--plain needs none)")?;
    let restored = Restored;
    let keys = keyboard::listen()?;
    let mut window = Window::new(follower, terminal);
    let shown = tokio::select! {
        shown = window.show(keys) => shown,
        _ = terminate.recv() => Ok(()),
    };
    drop(restored);
    shown
}

struct Window {
    follower: Follower,
    terminal: DefaultTerminal,
    meter: Meter,
    /// Levels a side; `None` for as many as fit.
    levels: Option<usize>,
    /// Whether something has changed since the last frame.
    is_stale: bool,
    idle_frames: u32,
}

impl Window {
    fn new(follower: Follower, terminal: DefaultTerminal) -> Self {
        Self {
            follower,
            terminal,
            meter: Meter::new(Instant::now()),
            levels: None,
            is_stale: true,
            idle_frames: 0,
        }
    }

    async fn show(&mut self, mut keys: mpsc::Receiver<Request>) -> Result<()> {
        let mut frames = tokio::time::interval(FRAME);
        frames.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // The keyboard and the frames come first: a stream that never pauses cannot hold them up.
                biased;
                request = keys.recv() => match request {
                    None | Some(Request::Quit) => return Ok(()),
                    Some(request) => self.obey(request)?,
                },
                _ = frames.tick() => self.frame()?,
                arrival = self.follower.step() => {
                    self.follower.take(arrival).await?;
                    self.is_stale = true;
                }
            }
        }
    }

    fn obey(&mut self, request: Request) -> Result<()> {
        match request {
            Request::Next => self.follower.switch(),
            Request::More => self.levels = Some((self.level_count()? + 1).min(LEVELS_MAX)),
            Request::Fewer => {
                self.levels = Some(self.level_count()?.saturating_sub(1).max(1));
            }
            Request::Fit => self.levels = None,
            Request::Quit | Request::Redraw => {}
        }
        self.is_stale = true;
        Ok(())
    }

    /// Levels a side that are shown now.
    fn level_count(&self) -> Result<usize> {
        let fit = levels_that_fit(self.terminal.size()?.height);
        Ok(self.levels.map_or(fit, |levels| levels.min(fit)))
    }

    fn frame(&mut self) -> Result<()> {
        self.idle_frames += 1;
        if !self.is_stale && self.idle_frames < FRAMES_IDLE {
            return Ok(());
        }
        self.is_stale = false;
        self.idle_frames = 0;
        let follower = &self.follower;
        let rate = self.meter.read(Instant::now(), follower.message_count());
        let picture = Picture {
            symbol: follower.symbol(),
            from: follower.origin(),
            listed: follower.listed(),
            book: follower.book(),
            trades: follower.trades(),
            link: follower.link(),
            rate,
            levels: self.levels,
        };
        self.terminal
            .draw(|frame| draw(&picture, frame.area(), frame.buffer_mut()))?;
        Ok(())
    }
}
