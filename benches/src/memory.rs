//! The memory of an open order: what the allocator gave for the pools, and what of it is really in use.
//!
//! The pools are taken at the start for all orders that there may be, also the tables that only some orders use
//! (client order ids, expiries, and as many price levels as orders). The system gives a page when it is first
//! touched, so what is resident after a million orders without client ids on few prices is the slab and the
//! share of the id index; what was resident before the first order are indexes, which are written when they
//! are made.

use std::fs;

use anyhow::{Context, Result};
use rialto_benches::allocations::Tally;
use rialto_benches::book::BookPlayer;
use rialto_benches::measure::Player;
use rialto_benches::message::{Message, limit_order, with_client_id};
use rialto_types::{AccountId, Price, Side, TimeInForce};

use crate::report::Report;

/// Orders, as many as the pool has room for.
const COUNT: u32 = 1 << 20;
/// Prices that they stand at where levels shall not matter.
const FEW_PRICES: u32 = 300;

/// Runs what is wanted of the memory. To be called before anything else has taken memory and given it back.
///
/// # Errors
/// When the system does not say how much of the process is resident.
pub(crate) fn run(report: &mut Report) -> Result<()> {
    if report.wants("memory") {
        // Nothing is there before it is used, so that what is there is in use.
        rialto_memory::set_resident_max(0);
        // All are kept until the last is measured: what is given back would be used again without being
        // seen to grow.
        let _books = [
            few_prices(report)?,
            own_prices(report)?,
            client_ids(report)?,
        ];
        rialto_memory::set_resident_max(usize::MAX);
    }
    Ok(())
}

fn few_prices(report: &mut Report) -> Result<BookPlayer> {
    let (before, tally) = (resident_bytes()?, Tally::now());
    let mut player = BookPlayer::empty(COUNT);
    let reserved = tally.since().bytes;
    let after_start = resident_bytes()?;
    fill(&mut player, |number| order(number, number % FEW_PRICES));
    let after_fill = resident_bytes()?;
    let share = |bytes: i64| bytes as f64 / f64::from(COUNT);
    let unit = "bytes an order";
    report.add_quantity("memory taken for the pools", share(reserved), unit);
    let at_start = share(after_start - before);
    report.add_quantity("memory in use before the first order", at_start, unit);
    let in_use = share(after_fill - before);
    report.add_quantity("memory in use, full, 300 prices", in_use, unit);
    let grown = share(tally.since().bytes - reserved);
    report.add_quantity("memory taken while filling", grown, unit);
    Ok(player)
}

fn own_prices(report: &mut Report) -> Result<BookPlayer> {
    let before = resident_bytes()?;
    let mut player = BookPlayer::empty(COUNT);
    fill(&mut player, |number| order(number, number));
    let bytes = (resident_bytes()? - before) as f64 / f64::from(COUNT);
    report.add_quantity(
        "memory in use, full, each its price",
        bytes,
        "bytes an order",
    );
    Ok(player)
}

fn client_ids(report: &mut Report) -> Result<BookPlayer> {
    let before = resident_bytes()?;
    let mut player = BookPlayer::empty(COUNT);
    fill(&mut player, |number| {
        let text = format!("rialto-bench-{number:023}");
        with_client_id(order(number, number % FEW_PRICES), &text)
    });
    let bytes = (resident_bytes()? - before) as f64 / f64::from(COUNT);
    report.add_quantity("memory in use, full, client ids", bytes, "bytes an order");
    Ok(player)
}

fn order(number: u32, price: u32) -> Message {
    let order = limit_order(Side::Buy, Price(1 + i64::from(price)), 1, TimeInForce::Gtc);
    Message::Place(AccountId(1 + number % 1_000), order)
}

fn fill(player: &mut BookPlayer, order: impl Fn(u32) -> Message) {
    for number in 0..COUNT {
        player.play(&order(number));
    }
    assert_eq!(player.book().open_order_count(), COUNT as usize);
}

/// Bytes of this process that are in memory; the second number of `/proc/self/statm`, in pages.
fn resident_bytes() -> Result<i64> {
    let text = fs::read_to_string("/proc/self/statm").context("reading /proc/self/statm")?;
    let pages = text
        .split(' ')
        .nth(1)
        .context("statm has a second number")?;
    let pages: i64 = pages.parse().context("the second number of statm")?;
    Ok(pages * rustix::param::page_size() as i64)
}
