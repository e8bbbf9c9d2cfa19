//! A minute at full speed: one thread pushes into the input ring, one drains it, journals and applies.
//!
//! The core thread does what it does in the exchange: it takes batches of at most 64, reads the clock once a
//! batch, appends each command to the mapped journal in `written` mode, applies it, and copies its events to a
//! ring. The messages are W2 in rounds that begin and end with an empty book, so that one round can follow
//! another for as long as there is room. Beside it stands what the same disk takes when a file is simply
//! written, since a journal cannot be faster for long.

use std::fs::{self, File};
use std::hint::spin_loop;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rialto_benches::core::CorePlayer;
use rialto_benches::measure::Stopwatch;
use rialto_benches::message::Message;
use rialto_benches::venue::{VenueSize, input};
use rialto_benches::workload::{W2_LIVE, w2_round};
use rialto_journal::SegmentBytes;
use rialto_ring::{
    CommandReceiver, CommandRingSize, CommandSender, CommandSink, IdleStrategy, command_ring,
};
use rialto_types::{ClientSeq, InstrumentId, OrderId, ShardId, Timestamp};

use crate::report::Report;

/// The longest journal that is written.
const JOURNAL_BYTES_MAX: u64 = 24_000_000_000;
/// What stays free on the disk, segments prepared ahead included.
const SPARE_BYTES: u64 = 2_000_000_000;
/// One order without a client order id in the journal.
const RECORD_BYTES: u64 = 64;
/// Messages of one round, before its orders are cancelled.
const ROUND: usize = 500_000;
/// As the core thread's.
const BATCH_MAX: usize = 64;
/// What the disk is measured with.
const FILE_BYTES: u64 = 4 << 30;
const BLOCK_BYTES: usize = 1 << 20;

/// What came of a run.
struct Outcome {
    count: u64,
    elapsed: Duration,
    /// Nanoseconds a message in each whole second.
    seconds: Stopwatch,
}

/// Drives the core for `duration`, or until the journal has its greatest size, in a directory below
/// `directory` that is removed afterwards.
///
/// # Errors
/// When the disk has no room, or cannot be written.
pub(crate) fn run(report: &mut Report, duration: Duration, directory: &Path) -> Result<()> {
    let disk = rustix::fs::statvfs(directory).context("asking how much room the disk has")?;
    let free = disk.f_bavail * disk.f_frsize;
    let bytes_max = JOURNAL_BYTES_MAX.min(free.saturating_sub(SPARE_BYTES));
    ensure!(
        bytes_max >= 1_000_000_000,
        "the disk has {free} bytes free; at least 3,000,000,000 are needed, and 26,000,000,000 for a minute"
    );
    let round = w2_round(ROUND, W2_LIVE);
    let outcome = drive(round, duration, bytes_max / RECORD_BYTES, directory);
    if outcome.elapsed < duration {
        println!(
            "# ended after {:.1} s, when the journal had {bytes_max} bytes",
            outcome.elapsed.as_secs_f64()
        );
    }
    let seconds = outcome.elapsed.as_secs_f64();
    let rate = outcome.count as f64 / seconds / 1e6;
    let name = "sustained core w2, input ring and journal";
    report.add(outcome.seconds.figure(name, 1e3 / rate));
    report.add_quantity("sustained rate", rate, "million messages a second");
    let megabytes = (outcome.count * RECORD_BYTES) as f64 / seconds / 1e6;
    report.add_quantity("sustained journal", megabytes, "MB a second");
    let disk = disk_rate(directory)?;
    report.add_quantity("disk, one file written and synced", disk, "MB a second");
    Ok(())
}

fn drive(round: Vec<Message>, duration: Duration, count_max: u64, directory: &Path) -> Outcome {
    let core = CorePlayer::on_files(directory, SegmentBytes::default(), VenueSize::default());
    let (sender, receiver) = command_ring(CommandRingSize::default(), IdleStrategy::Latency);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let producer = thread::spawn(move || produce(&sender, &round, &stopped));
    // As the core thread of the exchange, where the system allows it.
    let _ = rustix::process::setpriority_process(None, -20);
    let outcome = consume(core, receiver, duration, count_max);
    stop.store(true, Ordering::Relaxed);
    producer.join().expect("the producer does not panic");
    outcome
}

/// Pushes rounds until it is told to stop. Order ids and numbers go on from round to round.
fn produce(sender: &CommandSender, round: &[Message], stop: &AtomicBool) {
    let is_place = |message: &&Message| matches!(message, Message::Place(..));
    let placed = round.iter().filter(is_place).count() as u64;
    let mut client_seq = 0;
    for number in 0.. {
        let shift = |id: OrderId| OrderId::new(ShardId(0), id.counter() + number * placed);
        for message in round {
            let message = match *message {
                Message::Place(..) => *message,
                Message::Cancel(account, id) => Message::Cancel(account, shift(id)),
                Message::Move(account, id, price, qty) => {
                    Message::Move(account, shift(id), price, qty)
                }
            };
            client_seq += 1;
            let input = input(&message, InstrumentId(1), ClientSeq(client_seq));
            while sender.submit(input).is_err() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                spin_loop();
            }
        }
    }
}

fn consume(
    mut core: CorePlayer,
    mut receiver: CommandReceiver,
    duration: Duration,
    count_max: u64,
) -> Outcome {
    let begin = Instant::now();
    let (mut count, mut refused) = (0, 0);
    let (mut second_began, mut second_count) = (begin, 0);
    let mut seconds = Stopwatch::new();
    // Later than the times that the venue was founded at.
    let anchor = core.exchange().time().0 + 1;
    loop {
        let now = Instant::now();
        let elapsed = now - begin;
        let in_second = now - second_began;
        if in_second >= Duration::from_secs(1) {
            seconds.record(in_second.as_nanos() as u64 / (count - second_count).max(1));
            (second_began, second_count) = (now, count);
        }
        if elapsed >= duration || count >= count_max {
            assert_eq!(refused, 0, "the core refused {refused} of {count} messages");
            return Outcome {
                count,
                elapsed,
                seconds,
            };
        }
        let time = Timestamp(anchor + elapsed.as_nanos() as u64);
        let taken = receiver.drain(BATCH_MAX, |input| {
            core.play_at(time, &input);
            refused += u64::from(core.was_refused());
        });
        core.end_batch();
        count += taken as u64;
    }
}

/// Megabytes a second of one file that is written from its beginning and synced at its end.
fn disk_rate(directory: &Path) -> Result<f64> {
    let file = tempfile::NamedTempFile::new_in(directory).context("a file to measure the disk")?;
    let start = Instant::now();
    fill(file.as_file(), &vec![0x5a; BLOCK_BYTES]).context("writing the file")?;
    let seconds = start.elapsed().as_secs_f64();
    fs::remove_file(file.path()).context("removing the file")?;
    Ok(FILE_BYTES as f64 / seconds / 1e6)
}

fn fill(mut file: &File, block: &[u8]) -> std::io::Result<()> {
    for _ in 0..FILE_BYTES / block.len() as u64 {
        file.write_all(block)?;
    }
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_follow_one_another_and_nothing_is_refused() {
        let round = w2_round(20_000, 1_000);
        let directory = tempfile::tempdir().unwrap();
        let count_max = 10 * round.len() as u64;
        let outcome = drive(round, Duration::from_mins(5), count_max, directory.path());
        assert!(outcome.count >= count_max, "{}", outcome.count);
    }
}
