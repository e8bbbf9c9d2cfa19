//! The engines, each behind the same few functions.

mod lobster;
mod matchcore;
mod orderbook_rs;
mod rialto;

use rialto_benches::measure::Player;

pub(crate) use self::lobster::Lobster;
pub(crate) use self::matchcore::Matchcore;
pub(crate) use self::orderbook_rs::OrderbookRs;
pub(crate) use self::rialto::{RialtoBook, RialtoCore};
use crate::reports::Outcome;
use crate::steps::Flow;

/// An engine of the comparison.
pub(crate) trait Engine: Player + Sized {
    /// Its name in the table.
    const NAME: &'static str;

    /// The messages as its own commands: those that fill the book, and those that are timed.
    fn translate(flow: &Flow) -> (Vec<Self::Item>, Vec<Self::Item>);

    /// An empty book.
    fn new() -> Self;

    /// What it has done so far.
    fn outcome(&self) -> Outcome;
}
