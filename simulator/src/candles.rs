//! What charts show after a recovery: whatever has become of the candles beside snapshots, those that are told
//! are true from the moment on from which they are said to be.

use rialto_engine::HashSeed;
use rialto_exchange::candles;
use rialto_exchange::state::State;
use rialto_journal::{Base, CandleRow, ExchangeId, InstrumentCandles, Record};
use rialto_reference::scenario::SHARD;
use rialto_types::Timestamp;

/// Compares the candles of a recovered state with those that all its commands make. Returns whether none is
/// missing.
pub(crate) fn check(
    restored: &State,
    records: impl Iterator<Item = Record>,
) -> Result<bool, String> {
    let mut replayed = State::new(SHARD, HashSeed::KNOWN);
    for record in records {
        let applied = replayed.apply(&record);
        applied.map_err(|error| format!("a command that was taken is not applied: {error:#}"))?;
    }
    let (found, expected) = (all(restored), all(&replayed));
    if found.len() != expected.len() {
        return Err(format!(
            "there are candles of {} instruments, and {} were listed",
            found.len(),
            expected.len()
        ));
    }
    for (found, expected) in found.iter().zip(&expected) {
        if told(found, found.since) != told(expected, found.since) {
            return Err(format!("the candles {found:?} should be {expected:?}"));
        }
    }
    Ok(found == expected)
}

fn all(state: &State) -> Vec<InstrumentCandles> {
    let nowhere = Base {
        exchange_id: ExchangeId([0; 16]),
        seq: state.seq(),
        link: 0,
    };
    candles::of(state, nowhere).instruments
}

/// The candles that are complete when trades from `since` on are counted: those that begin later, since of the
/// one that it falls into some may be missing, or all when no trade is.
fn told(candles: &InstrumentCandles, since: Timestamp) -> Vec<CandleRow> {
    let rows = candles.series.iter().flatten().copied();
    let is_complete = |row: &CandleRow| since == Timestamp(0) || row.open_time > since;
    rows.filter(is_complete).collect()
}
