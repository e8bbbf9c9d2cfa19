//! Candles that outlive a restart: the read models' histories of trades, beside each snapshot.
//!
//! Who takes a snapshot has applied every command, and so has the histories; it writes them down beside it, and
//! whoever restores the snapshot takes them up again, also the one who takes the next. They are derived from
//! the journal and nobody's money depends on them: without them, or with a file of them that is no good, the
//! histories begin at the snapshot and say so, and that is all. This is where the journal's form of them and the
//! gateway's meet. Cost: linear in the candles, at most some 160 KiB for each instrument.

use anyhow::Result;
use rialto_gateway::models::{Candle, Figures, Interval, InvalidHistory, ReadModels, TradeHistory};
use rialto_journal::candles::SERIES_COUNT;
use rialto_journal::storage::{Directory, Storage};
use rialto_journal::{Base, CandleRow, Candles, InstrumentCandles, candle_files};
use tracing::warn;

use crate::state::State;

/// Writes down the candles of a state that stands at `base`, on the disk and read back. What goes wrong is told
/// in a warning.
pub(crate) fn save(storage: &impl Storage, state: &State, base: Base) {
    if let Err(error) = candle_files::save(storage, &of(state, base)) {
        let snapshot = base.seq.0;
        warn!(snapshot, %error, "a snapshot is taken without its candles: a restart from it will lack them");
    }
}

/// Takes up the candles that were written down beside the snapshot at `base`, of which this is the state.
/// Without them the state is what it was, which is told in a warning.
pub(crate) fn restore(directory: &impl Directory, state: &mut State, base: &Base) {
    if let Err(error) = take_up(directory, &mut state.models, base) {
        let (snapshot, error) = (base.seq.0, format!("{error:#}"));
        warn!(
            snapshot,
            error,
            "candles and 24-hour statistics begin at the snapshot: those before it cannot be had"
        );
    }
}

fn take_up(directory: &impl Directory, models: &mut ReadModels, base: &Base) -> Result<()> {
    let count = models.directory().instruments().len();
    let candles = candle_files::read(directory, base, count)?;
    let histories = candles.instruments.into_iter().map(history);
    let histories = histories.collect::<Result<_, _>>()?;
    Ok(models.restore_histories(histories)?)
}

fn history(candles: InstrumentCandles) -> Result<TradeHistory, InvalidHistory> {
    let series = candles.series;
    TradeHistory::restored(
        candles.since,
        series.map(|rows| rows.iter().map(candle).collect()),
    )
}

/// The candles of a state that stands at `base`, without those that nobody can ask for any more.
pub fn of(state: &State, base: Base) -> Candles {
    let models = &state.models;
    let histories = models.directory().instruments().iter();
    let histories = histories.filter_map(|instrument| models.history(instrument.id));
    // That of the last command; the models know that of the last event only.
    let now = state.exchange.time();
    let series = |history: &TradeHistory| -> [Vec<CandleRow>; SERIES_COUNT] {
        Interval::ALL.map(|interval| history.in_use(interval, now).map(row).collect())
    };
    Candles {
        base,
        time: now,
        instruments: histories
            .map(|history| InstrumentCandles {
                since: history.since(),
                series: series(history),
            })
            .collect(),
    }
}

fn row(candle: &Candle) -> CandleRow {
    let figures = &candle.figures;
    CandleRow {
        open_time: candle.open_time,
        open: figures.open,
        high: figures.high,
        low: figures.low,
        close: figures.close,
        volume_lots: figures.volume_lots,
        quote_volume_units: figures.quote_volume_units,
        trade_count: figures.trade_count,
    }
}

fn candle(row: &CandleRow) -> Candle {
    Candle {
        open_time: row.open_time,
        figures: Figures {
            open: row.open,
            high: row.high,
            low: row.low,
            close: row.close,
            volume_lots: row.volume_lots,
            quote_volume_units: row.quote_volume_units,
            trade_count: row.trade_count,
        },
    }
}
