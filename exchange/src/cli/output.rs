//! What a command prints: for people or, with `--json`, for programs; and how its failure is told.
//!
//! A command computes a [`Report`] and shows it here, so that the logic of a command neither prints nor
//! knows who reads. JSON has prices, quantities and amounts as decimal strings and times in microseconds.
//! With `--json` standard output carries exactly one value, also when the command fails.
//!
//! Exit status: 0 done, 1 refused by the exchange, 2 anything else (usage, connection, files).

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Error, Result};
use clap::Args;
use rialto_client::{Cause, ClientError, KeyError, Rejection};
use serde::Serialize;
use serde_json::json;

/// Where the help lists what all commands of a family have in common.
pub(crate) const COMMON_OPTIONS: &str = "Common options";

/// Who reads the output.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct OutputOptions {
    /// Print one JSON value instead of text
    #[arg(long, global = true, help_heading = COMMON_OPTIONS)]
    pub(crate) json: bool,
}

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As asked.
    Done,
    /// Told that there is nothing of what was asked for; counts as a refusal.
    Refused,
}

/// The result of a command.
pub(crate) trait Report: Serialize {
    /// The text for people, without a newline at its end.
    fn text(&self, paint: Paint) -> String;
}

/// A report of one sentence: that something was done.
#[derive(Debug, Serialize)]
pub(crate) struct Sentence {
    result: &'static str,
    #[serde(flatten)]
    fields: serde_json::Value,
    #[serde(skip)]
    text: String,
}

impl Sentence {
    /// `verb` says what was done, `rest` with what; `fields` is a JSON object with the same.
    pub(crate) fn new(verb: &'static str, rest: String, fields: serde_json::Value) -> Self {
        Self {
            result: verb,
            fields,
            text: rest,
        }
    }
}

impl Report for Sentence {
    fn text(&self, paint: Paint) -> String {
        format!("{} {}", paint.good(self.result), self.text)
    }
}

/// Where reports go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
    paint: Paint,
}

impl Output {
    /// Standard output, in colour when it is a terminal and `NO_COLOR` is not set.
    pub(crate) fn new(options: OutputOptions) -> Self {
        Self {
            json: options.json,
            paint: Paint::detect(),
        }
    }

    /// Prints a report.
    ///
    /// # Errors
    /// When standard output cannot be written; that its reader has gone is none.
    pub(crate) fn show(self, report: &impl Report) -> Result<()> {
        if self.json {
            return print(&serde_json::to_string_pretty(report)?);
        }
        print(&report.text(self.paint))
    }

    /// Prints a report that is one of many: JSON takes one line.
    ///
    /// # Errors
    /// As [`Output::show`].
    pub(crate) fn show_line(self, report: &impl Report) -> Result<()> {
        if self.json {
            return print(&serde_json::to_string(report)?);
        }
        print(&report.text(self.paint))
    }

    /// Tells why a command failed and gives the exit status.
    pub(crate) fn fail(self, error: &Error) -> ExitCode {
        let rejection = rejection(error);
        if self.json {
            let value = match rejection {
                Some(rejection) => refusal_value(rejection),
                None => json!({"result": "failed", "error": chain(error)}),
            };
            // Whoever reads may be gone; the exit status still tells.
            let _ = print(&format!("{value:#}"));
        } else {
            let paint = Paint::detect_stderr();
            let label = if rejection.is_some() {
                "refused"
            } else {
                "error"
            };
            // As above.
            let mut out = io::stderr();
            let _ = writeln!(out, "{}: {}", paint.bad(label), failure_text(error));
            if let Some(hint) = hint(error) {
                let _ = writeln!(out, "  {}: {hint}", paint.strong("hint"));
            }
        }
        ExitCode::from(if rejection.is_some() { 1 } else { 2 })
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Done => Self::SUCCESS,
            Ending::Refused => Self::from(1),
        }
    }
}

/// Writes a line to standard output. A reader that has seen enough (`| head`) ends the process without
/// complaint.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => Ok(other?),
    }
}

/// The exchange's refusal, if that is what went wrong.
fn rejection(error: &Error) -> Option<&Rejection> {
    match error.downcast_ref() {
        Some(ClientError::Refused(rejection)) => Some(rejection),
        _ => None,
    }
}

fn refusal_value(rejection: &Rejection) -> serde_json::Value {
    let reason = match rejection.cause {
        Cause::Rule(reason) => reason.to_string(),
        Cause::Message(error) => error.to_string(),
        Cause::Subscription(reason) => reason.to_string(),
    };
    json!({
        "result": "refused",
        "request": rejection.what,
        "reason": reason,
        "value": rejection.value,
        "limit": rejection.limit,
        "text": rejection.text,
    })
}

/// One line: the exchange's own words for a refusal, otherwise the chain of causes.
fn failure_text(error: &Error) -> String {
    match rejection(error) {
        Some(rejection) if !rejection.text.is_empty() => match rejection.cause {
            Cause::Rule(reason) => format!("{} ({reason})", rejection.text),
            Cause::Message(reason) => format!("{} ({reason})", rejection.text),
            Cause::Subscription(reason) => format!("{} ({reason})", rejection.text),
        },
        _ => chain(error),
    }
}

/// The causes, outermost first, without those that the one before has told already.
fn chain(error: &Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            // Writing to a string cannot fail.
            let _ = write!(text, ": {cause}");
        }
    }
    text.replace('\n', " ")
}

/// What to try next, where that is likely to help.
fn hint(error: &Error) -> Option<&'static str> {
    if let Some(KeyError::Ambiguous { .. }) = error.downcast_ref() {
        return Some("choose one with --account N");
    }
    match error.downcast_ref()? {
        ClientError::Connect { .. } => Some(
            "is the exchange running? `rialto serve --demo` starts one; another address goes in \
             --address or RIALTO_ADDRESS",
        ),
        ClientError::Handshake { .. } | ClientError::TextFrame => {
            Some("the address is the one that `rialto serve` prints as listening")
        }
        ClientError::NoAnswer { .. } => Some(
            "whether the exchange has acted is not known: `rialto order list` and `rialto order \
             balances` show it",
        ),
        ClientError::LogonRefused { .. } => Some(
            "keys are listed by `rialto admin key list`; a key file belongs to one exchange and its \
             data directory",
        ),
        _ => None,
    }
}

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    is_on: bool,
}

impl Paint {
    /// No colours.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { is_on: false };

    fn detect() -> Self {
        Self::when(io::stdout().is_terminal())
    }

    /// For what goes to standard error.
    pub(crate) fn detect_stderr() -> Self {
        Self::when(io::stderr().is_terminal())
    }

    fn when(is_terminal: bool) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            is_on: is_terminal && !unwanted,
        }
    }

    fn code(self, code: &str, text: &str) -> String {
        if self.is_on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// What went well, and what buys.
    pub(crate) fn good(self, text: &str) -> String {
        self.code("32", text)
    }

    /// What went wrong, and what sells.
    pub(crate) fn bad(self, text: &str) -> String {
        self.code("31", text)
    }

    /// What needs attention.
    pub(crate) fn warn(self, text: &str) -> String {
        self.code("33", text)
    }

    /// What matters.
    pub(crate) fn strong(self, text: &str) -> String {
        self.code("1", text)
    }

    /// What matters less.
    pub(crate) fn faint(self, text: &str) -> String {
        self.code("2", text)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;
    use rialto_types::RejectReason;

    use super::*;

    fn refused(text: &str) -> Error {
        let rejection = Rejection {
            what: "NewOrder".to_owned(),
            cause: Cause::Rule(RejectReason::PriceOffTick.into()),
            value: 5,
            limit: 10,
            retry_after: None,
            text: text.to_owned(),
        };
        Error::new(ClientError::from(rejection)).context("placing the order")
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_exchange() {
        let error = refused("price 0.05 is not a multiple of the tick 0.1");
        let text = failure_text(&error);
        assert_eq!(
            text,
            "price 0.05 is not a multiple of the tick 0.1 (PriceOffTick)"
        );
        let value = refusal_value(rejection(&error).unwrap());
        assert_eq!(value["reason"], "PriceOffTick");
        assert_eq!((&value["value"], &value["limit"]), (&json!(5), &json!(10)));
        let silent = failure_text(&refused(""));
        assert!(
            silent.contains("NewOrder refused (PriceOffTick): value 5, limit 10"),
            "{silent}"
        );
    }

    #[test]
    fn causes_follow_one_another_on_one_line_and_none_is_told_twice() {
        let error = io::Error::other("nobody\nhome");
        let error = Err::<(), _>(ClientError::Connect {
            address: "ws://here".to_owned(),
            error,
        })
        .context("logging on")
        .unwrap_err();
        assert_eq!(
            chain(&error),
            "logging on: cannot connect to ws://here: nobody home"
        );
        assert!(hint(&error).unwrap().contains("rialto serve"));
        assert!(hint(&refused("x")).is_none());
    }

    #[test]
    fn colours_can_be_off() {
        assert_eq!(Paint::PLAIN.bad("x"), "x");
        assert_eq!(Paint { is_on: true }.bad("x"), "\x1b[31mx\x1b[0m");
    }
}
