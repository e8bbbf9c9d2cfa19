//! The command line of `rialto`: one file for each family of commands.
//!
//! A command parses its arguments, asks the exchange or the files, and prints a report (`output`). Those
//! that talk to an exchange do it as any client does, through the gateway, with an API key. No command
//! but `serve` touches the engine of a running exchange.

mod admin;
mod connect;
mod journal;
mod keygen;
mod moment;
mod order;
mod output;
mod rate;
mod serve;
mod table;
#[cfg(test)]
mod testing;
mod watch;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use self::output::{Output, OutputOptions};

const EXAMPLES: &str = "Examples:
  rialto serve --demo                    a running exchange with moving markets
  rialto watch BTC-USDT                  its book and trades, live
  rialto order --help                    trading by hand
  rialto admin --help                    accounts, keys, instruments, funds, the kill switch
  rialto journal inspect rialto-data     what is on the disk";

/// The command line.
#[derive(Parser, Debug)]
#[command(name = "rialto", version, about = "An exchange anyone can run", after_help = EXAMPLES)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run an exchange
    Serve(serve::Arguments),
    /// Show the book and the trades of an instrument, live
    Watch(watch::Arguments),
    /// Place, change, cancel and list orders
    Order(order::Arguments),
    /// Administer an exchange: accounts, keys, assets, instruments, funds
    Admin(admin::Arguments),
    /// Make an Ed25519 key pair for an API key
    Keygen(keygen::Arguments),
    /// Look at a journal, take a snapshot
    Journal(journal::Arguments),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    fn output(&self) -> OutputOptions {
        match self {
            Self::Admin(arguments) => arguments.output,
            Self::Keygen(arguments) => arguments.output,
            Self::Order(arguments) => arguments.output,
            Self::Watch(arguments) => arguments.output,
            Self::Journal(arguments) => arguments.output,
            Self::Serve(_) | Self::Completions { .. } => OutputOptions::default(),
        }
    }
}

/// Carries out the command that the process was started with.
pub(crate) fn run() -> ExitCode {
    let Line { command } = Line::parse();
    let output = Output::new(command.output());
    let ending = match &command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Admin(arguments) => admin::run(arguments),
        Command::Keygen(arguments) => keygen::run(arguments),
        Command::Order(arguments) => order::run(arguments),
        Command::Watch(arguments) => watch::run(arguments),
        Command::Journal(arguments) => journal::run(arguments),
        Command::Completions { shell } => completions(*shell),
    };
    // The error is the last that is told.
    rialto_exchange::logging::flush();
    match ending {
        Ok(ending) => ending.into(),
        Err(error) => output.fail(&error),
    }
}

fn completions(shell: clap_complete::Shell) -> anyhow::Result<output::Ending> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Line::command(), "rialto", &mut script);
    output::print(String::from_utf8_lossy(&script).trim_end())?;
    Ok(output::Ending::Done)
}

/// A name of the schema as people write it: `PartiallyFilled` becomes `partially filled`.
fn words(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for (index, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            text.push(' ');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_of_the_command_line_is_sound() {
        Line::command().debug_assert();
    }

    #[test]
    fn names_become_words() {
        assert_eq!(words("PartiallyFilled"), "partially filled");
        assert_eq!(words("Gtc"), "gtc");
        assert_eq!(words(""), "");
    }
}
