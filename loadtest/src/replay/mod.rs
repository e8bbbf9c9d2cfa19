//! `replay`: recorded order flow through the gateway, and what the book made of it.
//!
//! One account places, reduces and deletes what the file does; another one sends the executions. Requests go
//! out many at a time, except that an execution waits until everything before it is acknowledged and
//! everything after it waits for the execution: two sessions have no order between them, and the result
//! depends on it.

mod drive;
mod flow;
mod outcome;
mod plain_book;
mod plan;
mod report;
mod verdict;

use std::fs::File;
use std::io::BufReader;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use self::drive::Driver;
use self::plan::Plan;
use crate::connect::ConnectOptions;
use crate::venue::{self, Funds, Wanted};

/// What `replay` is told.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The order flow: lines of time,type,order,size,price,direction as in LOBSTER's message files
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,

    #[command(flatten)]
    connect: ConnectOptions,

    /// What the file's share is called here; AAPL2-USD and so on when that book is in use
    #[arg(long, default_value = "AAPL-USD")]
    symbol: String,

    /// Send so many messages a second at most; as fast as it goes when not given
    #[arg(long, value_name = "MESSAGES")]
    rate: Option<NonZeroU32>,

    /// Send so many messages ahead of their acknowledgements
    #[arg(long, value_name = "MESSAGES", default_value = "512")]
    window: NonZeroU32,
}

/// Replays a file and prints what came of it. Fails when the exchange picked another maker than price-time
/// priority does.
///
/// # Errors
/// When the file cannot be read, or the exchange does not play along.
pub(crate) async fn run(options: &Options) -> Result<ExitCode> {
    let plan = read(options)?;
    let (base, quote) = venue::assets(&options.symbol)?;
    let wanted = Wanted {
        base,
        quote,
        // Any price serves: the collar is as wide as it can be, and after the first trade that counts.
        reference_price: "1000000",
    };
    let funds = Funds {
        base: plan.submitted_qty.0,
        quote_cents: plan.submitted_notional.0,
    };
    let purposes = ["load test: replay, maker", "load test: replay, taker"];
    let venue = venue::prepare(&options.connect, &wanted, funds, &purposes).await?;
    let Ok([maker, taker]) = <[_; 2]>::try_from(venue.sessions) else {
        bail!("two accounts were asked for and two sessions are needed");
    };
    let (driver, symbol) = (
        Driver::new(&plan, venue.instrument, maker, taker),
        venue.instrument.symbol(),
    );
    let outcome = driver.run(options.window, options.rate).await?;
    let foreseen = verdict::foresee(&plan);
    let title = format!(
        "Replay of {} through {} ({symbol})",
        options.file.display(),
        options.connect.address
    );
    let report = report::Report::new(&plan, &foreseen, &outcome);
    print!("{title}\n\n{report}");
    Ok(if report.is_plain() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn read(options: &Options) -> Result<Plan> {
    let name = options.file.display();
    let file = File::open(&options.file).with_context(|| format!("cannot open {name}"))?;
    let events = flow::read(BufReader::new(file)).with_context(|| name.to_string())?;
    let plan = Plan::new(&events).with_context(|| name.to_string())?;
    if plan.steps.is_empty() {
        bail!("{name} has no order to replay");
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The recorded hour, below the directory that the workspace stands in. It is not part of the
    /// repository, so a fresh clone may not have it.
    const RECORDED: &str = "../../shared/data/aapl-2012-06-21-messages.csv";

    #[test]
    fn a_plain_book_picks_the_recorded_makers_as_often_as_is_known() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORDED);
        let Ok(file) = File::open(&path) else {
            eprintln!(
                "NOT CHECKED: {RECORDED} is not there, so the plain book is not held against the recorded \
                 hour; put LOBSTER's sample of AAPL there to check it"
            );
            return;
        };
        let events = flow::read(BufReader::new(file)).unwrap();
        let plan = Plan::new(&events).unwrap();
        assert_eq!(plan.events.total(), 91_997);
        assert_eq!(plan.events.submissions, 44_256);
        assert_eq!((plan.unknown.executions, plan.unknown.deletions), (12, 72));
        let foreseen = verdict::foresee(&plan);
        assert_eq!(foreseen.len(), 4_055);
        let first_stands =
            |(step, seen): &(&plan::Step, &verdict::Foreseen)| seen.first == Some(step.order);
        let stand_first = plan
            .executions()
            .zip(&foreseen)
            .filter(first_stands)
            .count();
        assert_eq!(stand_first, 4_031, "in the file's own order");
        let agree = foreseen.iter().filter(|seen| seen.cause.is_none()).count();
        assert_eq!(agree, 3_989, "in true matching");
    }
}
