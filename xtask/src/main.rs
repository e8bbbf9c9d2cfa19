//! `cargo xtask`: the chores of the repository, written in Rust so that they run wherever it builds.
//!
//! `tidy` checks the house rules that neither the compiler nor clippy knows: dependency arrows, file
//! sizes, headers, what the pure crates may not call, links in the documents. The tests run it, so a
//! broken rule fails like any other test. This file only dispatches; each chore has its own module.

mod codegen;
mod tidy;
mod workspace;

use anyhow::{Result, bail};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <chore>

chores:
  tidy                check the house rules on the whole workspace
  codegen [--check]   write the protocol's code and reference from its schema, or check that they are fresh
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the chore that the arguments name.
fn dispatch(arguments: &[&str]) -> Result<()> {
    match arguments {
        ["tidy"] => tidy::run(&workspace::root()),
        ["codegen"] => codegen::run(&workspace::root(), false),
        ["codegen", "--check"] => codegen::run(&workspace::root(), true),
        [] => bail!("{USAGE}"),
        other => bail!("unknown chore: {}\n\n{USAGE}", other.join(" ")),
    }
}
