//! What a run is to do, as options and as results state it.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::mix::Mix;
use super::schedule::Arrivals;

/// What a worker does until the next frame is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Pacing {
    /// Poll, which takes a processor and sends on time
    #[default]
    Spin,
    /// Sleep, which is exact to about a millisecond
    Sleep,
}

/// Options of whatever puts something under load.
#[derive(Args, Clone, Debug)]
pub(crate) struct LoadOptions {
    /// Connections, each with an account and a key of its own
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) connections: u32,

    /// Messages of one frame
    #[arg(long, value_name = "MESSAGES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) batch: u32,

    /// How long to measure
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    pub(crate) duration: Duration,

    /// How long to send before that without measuring
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = humantime::parse_duration)]
    pub(crate) warmup: Duration,

    /// How frames are spread over time
    #[arg(long, value_enum, default_value_t)]
    pub(crate) arrivals: Arrivals,

    /// What this program does until the next frame is due
    #[arg(long, value_enum, default_value_t)]
    pub(crate) pacing: Pacing,

    /// Threads that send; more than one only where processors are left
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) threads: u32,

    /// Of a thousand messages, orders that take what rests on the other side
    #[arg(long, value_name = "SHARE", default_value_t = 25, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub(crate) cross: u32,

    /// Of a thousand messages, cancels; what is left adds orders
    #[arg(long, value_name = "SHARE", default_value_t = 475, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub(crate) cancel: u32,

    /// Orders that rest in the book when measuring begins, of all connections together
    #[arg(long, value_name = "ORDERS", default_value_t = 2_000)]
    pub(crate) resting: u32,

    /// What random choices begin with: the same seed makes the same choices
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Count a frame as late when it goes out so much after it was due
    #[arg(long, value_name = "TIME", default_value = "100us", value_parser = humantime::parse_duration)]
    pub(crate) late: Duration,
}

impl LoadOptions {
    /// The mix of one connection's messages.
    pub(crate) fn mix(&self) -> Mix {
        Mix {
            cross_per_mille: self.cross,
            cancel_per_mille: self.cancel,
            resting: self.resting.div_ceil(self.connections),
        }
    }
}

/// One run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Messages a second of all connections; `None` in a closed loop.
    pub(crate) rate: Option<f64>,
    /// Messages of a connection that may be on their way, in a closed loop.
    pub(crate) in_flight: Option<u32>,
    pub(crate) connections: u32,
    pub(crate) batch: u32,
    pub(crate) threads: u32,
    pub(crate) duration: Duration,
    pub(crate) warmup: Duration,
    pub(crate) arrivals: Arrivals,
    pub(crate) pacing: Pacing,
    pub(crate) seed: u64,
    pub(crate) late: Duration,
    /// What one point of the timeline stands for.
    pub(crate) interval: Duration,
    /// How long to wait for the last answers.
    pub(crate) drain: Duration,
}

/// How long the last answers may take.
const DRAIN: Duration = Duration::from_secs(5);
/// Points that a timeline has, if its intervals are not shorter than the shortest.
const POINTS: u32 = 40;
/// The shortest interval of a timeline.
const INTERVAL_MIN: Duration = Duration::from_millis(250);

impl Plan {
    /// Sends at a rate, whatever comes back.
    pub(crate) fn open(options: &LoadOptions, rate: f64) -> Self {
        Self {
            rate: Some(rate),
            in_flight: None,
            connections: options.connections,
            batch: options.batch,
            threads: options.threads.min(options.connections),
            duration: options.duration,
            warmup: options.warmup,
            arrivals: options.arrivals,
            pacing: options.pacing,
            seed: options.seed,
            late: options.late,
            interval: (options.duration / POINTS).max(INTERVAL_MIN),
            drain: DRAIN,
        }
    }

    /// Sends as fast as answers come: so many messages of each connection are on their way.
    pub(crate) fn closed(options: &LoadOptions, in_flight: u32) -> Self {
        Self {
            rate: None,
            in_flight: Some(in_flight),
            ..Self::open(options, 1.0)
        }
    }

    /// Frames a second of all connections; `None` in a closed loop.
    pub(crate) fn frames_per_second(&self) -> Option<f64> {
        Some(self.rate? / f64::from(self.batch))
    }
}
