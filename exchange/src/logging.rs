//! Logs: one line or one JSON object for each event, on standard error.
//!
//! Whoever logs only puts the line into a bounded queue; a thread of its own writes it out. So a terminal
//! that was halted or a log shipper that has died never holds up a session, and never ends the exchange: what
//! the queue has no room for is lost, and the next line that gets through is preceded by one that says how
//! many were. Cost for whoever logs: one allocation and one push.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Lines that wait to be written: a few MiB at most.
const LINES_MAX: usize = 16_384;
/// How long the end of the process waits for its last lines.
const FLUSH_MAX: Duration = Duration::from_secs(1);

/// The queue of this process, once it logs.
static QUEUE: OnceLock<Queue> = OnceLock::new();

/// What goes to the writing thread.
enum Entry {
    /// A line with its newline.
    Line(Vec<u8>),
    /// Asks to be told when all lines before it are written.
    Flush(Sender<()>),
}

/// The loggers' end of the queue.
struct Queue {
    entries: SyncSender<Entry>,
    /// Lines that found no room since the last one that did.
    lost: AtomicU64,
}

impl Queue {
    fn new() -> (Self, Receiver<Entry>) {
        let (entries, written) = mpsc::sync_channel(LINES_MAX);
        let lost = AtomicU64::new(0);
        (Self { entries, lost }, written)
    }

    /// Queues a line, or counts it as lost. Never waits.
    fn push(&self, line: &[u8]) {
        if self.entries.try_send(Entry::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes lines out for ever. A line that cannot be written is nobody's concern any more.
    fn write_out(&self, entries: &Receiver<Entry>, format: LogFormat, mut out: impl Write) {
        for entry in entries {
            match entry {
                Entry::Line(line) => {
                    let lost = self.lost.swap(0, Ordering::Relaxed);
                    if lost > 0 {
                        let _ = out.write_all(lost_line(format, lost).as_bytes());
                    }
                    let _ = out.write_all(&line);
                }
                // Who asked may have given up.
                Entry::Flush(written) => drop(written.send(())),
            }
        }
    }

    /// Waits until what was logged is written, for a while.
    fn flush(&self, at_most: Duration) {
        let (written, wait) = mpsc::channel();
        let began = Instant::now();
        let mut entry = Entry::Flush(written);
        while let Err(mpsc::TrySendError::Full(back)) = self.entries.try_send(entry) {
            if began.elapsed() >= at_most {
                return;
            }
            entry = back;
            std::thread::yield_now();
        }
        let _ = wait.recv_timeout(at_most.saturating_sub(began.elapsed()));
    }
}

/// What stands in the place of lines that were lost.
fn lost_line(format: LogFormat, count: u64) -> String {
    let text = "log lines are lost here: they were written faster than they are read";
    match format {
        LogFormat::Text => format!("WARN {count} {text}\n"),
        LogFormat::Json => {
            format!("{{\"level\":\"WARN\",\"message\":\"{text}\",\"lost\":{count}}}\n")
        }
    }
}

/// Where the subscriber writes each event, in one piece.
struct Line(&'static Queue);

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts logging; to be called once. A panic waits for the lines before it.
///
/// # Errors
/// When the filter cannot be read, with what is wrong with it; when the system gives no thread.
///
/// # Panics
/// When logging was started before.
pub fn start(log: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&log.filter).with_context(|| {
        format!(
            "log.filter is \"{}\": levels are error, warn, info, debug, trace",
            log.filter
        )
    })?;
    let (queue, entries) = Queue::new();
    let queue = QUEUE.get_or_init(|| queue);
    let format = log.format;
    let body = move || queue.write_out(&entries, format, io::stderr());
    std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(body)
        .context("starting the thread that writes logs")?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || Line(queue))
        .with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Text => builder.with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        flush();
        before(panic);
    }));
    Ok(())
}

/// Waits until what was logged is written, a second at most; for the end of the process.
pub fn flush() {
    if let Some(queue) = QUEUE.get() {
        queue.flush(FLUSH_MAX);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn whoever_logs_never_waits_for_who_reads() {
        let (queue, entries) = Queue::new();
        let queue = Arc::new(queue);
        // Nobody writes anything out, and still every one of these returns.
        for number in 0..LINES_MAX + 3 {
            queue.push(format!("line {number}\n").as_bytes());
        }
        queue.flush(Duration::ZERO);

        let (mut reader, writer) = io::pipe().unwrap();
        let written_out = Arc::clone(&queue);
        let thread = std::thread::spawn(move || {
            written_out.write_out(&entries, LogFormat::Text, writer);
        });
        let mut text = String::new();
        let mut lines = io::BufRead::lines(io::BufReader::new(&mut reader));
        text.push_str(&lines.next().unwrap().unwrap());
        assert!(text.starts_with("WARN 3 log lines are lost"), "{text}");
        let rest: Vec<_> = lines.by_ref().take(LINES_MAX).map(Result::unwrap).collect();
        assert_eq!(rest.first().map(String::as_str), Some("line 0"));
        assert_eq!(rest.last(), Some(&format!("line {}", LINES_MAX - 1)));
        queue.flush(Duration::from_mins(1));

        // The reader goes; logging goes on.
        drop(reader);
        queue.push(b"nobody reads this\n");
        queue.flush(Duration::from_mins(1));
        assert!(!thread.is_finished());
    }

    #[test]
    fn what_is_lost_is_told_in_the_format_of_the_log() {
        let line = lost_line(LogFormat::Json, 7);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["lost"], 7);
    }
}
