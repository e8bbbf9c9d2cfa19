//! Asking before what cannot be taken back.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Result, bail};

use crate::cli::output::Paint;

/// Asks at the terminal. `what` says what will happen.
///
/// # Errors
/// When the operator does not agree, or nobody can be asked.
pub(super) fn ask(what: &str) -> Result<()> {
    let (stdin, mut stderr) = (io::stdin(), io::stderr());
    if !stdin.is_terminal() {
        bail!("{what}: say --yes, because there is no terminal to ask at");
    }
    let paint = Paint::detect_stderr();
    write!(
        stderr,
        "{}: {what}.\nType yes to go on: ",
        paint.warn("careful")
    )?;
    stderr.flush()?;
    answered(what, &mut stdin.lock())
}

/// Reads the answer.
fn answered(what: &str, input: &mut impl BufRead) -> Result<()> {
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    if answer.trim().eq_ignore_ascii_case("yes") {
        return Ok(());
    }
    bail!("nothing was done: {what} was not confirmed with yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_a_yes() {
        for yes in ["yes\n", " YES \n", "yes"] {
            assert!(answered("this", &mut yes.as_bytes()).is_ok(), "{yes:?}");
        }
        for no in ["", "\n", "y\n", "no\n", "yes please\n"] {
            let error = answered("this", &mut no.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("nothing was done"), "{no:?}");
        }
    }
}
