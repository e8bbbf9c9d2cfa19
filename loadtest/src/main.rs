//! `rialto-loadtest`: measures an exchange from outside, through its gateway, like any other client.
//!
//! `replay` sends a recorded day of real order flow and compares what the book did with what the recorded
//! venue did. `ping` measures round trips of one order at a time, in a closed loop.

mod connect;
mod ping;
mod progress;
mod replay;
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
    // One thread: a test of one or two connections measures less of itself that way.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    match arguments.command {
        Command::Replay(options) => runtime.block_on(replay::run(&options)),
        Command::Ping(options) => runtime.block_on(ping::run(&options)),
    }
}
