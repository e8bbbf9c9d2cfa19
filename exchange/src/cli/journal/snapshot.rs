//! Taking a snapshot: what the exchange lets a process of its own do, and an operator may do by hand.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use rialto_exchange::config::{Log, LogFormat};
use rialto_exchange::logging;
use rialto_exchange::snapshot::{self, Taken};
use serde::Serialize;

use crate::cli::output::{Ending, Output, Paint, Report};

/// How it is taken.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Manner {
    /// Give way to everything else on the machine, and end when the process that started this does
    #[arg(long)]
    background: bool,
    /// Fail rather than ask for more memory than this
    #[arg(long, value_name = "MIB")]
    memory_mib: Option<u64>,
}

/// Takes one and prints what was taken.
pub(super) fn run(journal: &Path, manner: Manner, output: Output) -> Result<Ending> {
    if manner.background {
        snapshot::step_back();
    }
    if let Some(mib) = manner.memory_mib {
        snapshot::limit_memory(mib)?;
    }
    // What is passed over on the way is worth a line.
    logging::start(&Log {
        format: LogFormat::Text,
        filter: "warn".to_owned(),
    })?;
    let taken = snapshot::take(journal)?;
    output.show(&View::new(taken))?;
    Ok(Ending::Done)
}

/// What is printed, and what the exchange reads.
#[derive(Debug, Serialize)]
struct View {
    /// None when there was nothing to take.
    sequence: Option<u64>,
    from: u64,
    commands: u64,
    bytes: u64,
    replay_us: u64,
    took_us: u64,
}

impl View {
    fn new(taken: Option<Taken>) -> Self {
        let micros = |took: Duration| u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let by = |value: fn(&Taken) -> u64| taken.as_ref().map_or(0, value);
        Self {
            sequence: taken.map(|taken| taken.seq.0),
            from: by(|taken| taken.from.0),
            commands: by(Taken::command_count),
            bytes: by(|taken| taken.bytes),
            replay_us: taken.map_or(0, |taken| micros(taken.replay_took)),
            took_us: taken.map_or(0, |taken| micros(taken.took)),
        }
    }
}

impl Report for View {
    fn text(&self, paint: Paint) -> String {
        let Some(sequence) = self.sequence else {
            return "nothing to take: there is a snapshot at the end of the newest segment that is complete \
                    and stated as synced, or there is no such segment"
                .to_owned();
        };
        let Self {
            from,
            commands,
            bytes,
            took_us,
            ..
        } = self;
        let took = Duration::from_micros(*took_us);
        format!(
            "took a snapshot at sequence {}: {bytes} bytes, {commands} commands after sequence {from}, \
             in {took:.1?}",
            paint.strong(&sequence.to_string())
        )
    }
}
