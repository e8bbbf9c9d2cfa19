//! `rialto-loadtest`: measures an exchange from outside, through its gateway, like any other client.
//!
//! `run` puts it under load and `sweep` finds the rate up to which it keeps up; `report`, `plot` and `compare`
//! read what those write. `replay` sends a recorded day of real order flow and compares what the book did with
//! what the recorded venue did. `ping` measures round trips of one order at a time, in a closed loop.

mod compare;
mod connect;
mod environment;
mod load;
mod own_server;
mod ping;
mod progress;
mod replay;
mod report;
mod result;
mod summary;
mod text;
mod venue;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// Measures a Rialto exchange from outside.
#[derive(Debug, Parser)]
#[command(name = "rialto-loadtest", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put an exchange under a load and measure what its clients feel
    Run(load::run::Options),
    /// Climb from rate to rate until the exchange no longer keeps up
    Sweep(load::sweep::Options),
    /// Write a result as one HTML page
    Report(report::Options),
    /// Write the plots of a result as SVG files
    Plot(report::PlotOptions),
    /// Compare two results: exit status 1 when the second one is worse
    Compare(compare::Options),
    /// Send recorded order flow (a LOBSTER message file) and compare what came of it
    Replay(replay::Options),
    /// Measure order-to-acknowledgement round trips, one order at a time
    Ping(ping::Options),
}

/// The exit status when a test could not be made; 1 says that one was made and failed.
const COULD_NOT: u8 = 2;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("rialto-loadtest: {error:#}");
            ExitCode::from(COULD_NOT)
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    match arguments.command {
        Command::Run(options) => load::run::run(&options),
        Command::Sweep(options) => load::sweep::run(&options),
        Command::Report(options) => report::run(&options),
        Command::Plot(options) => report::plot(&options),
        Command::Compare(options) => compare::run(&options),
        Command::Replay(options) => on_one_thread(replay::run(&options)),
        Command::Ping(options) => on_one_thread(ping::run(&options)),
    }
}

fn on_one_thread(test: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    // One thread: a test of one or two connections measures less of itself that way.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(test)
}
