//! The state after a replay, as its hash: equal exactly for equal states.

use anyhow::Result;
use rialto_journal::inspect::Verdict;
use rialto_journal::state_hash;
use rialto_types::Seq;
use serde::Serialize;

use super::replay::replay;
use super::{Place, writer};
use crate::cli::moment;
use crate::cli::output::{Ending, Output, Paint, Report};

/// Replays and prints.
pub(super) fn run(place: &Place, until: Option<u64>, output: Output) -> Result<Ending> {
    let is_written = writer::writer(&place.path).is_some();
    let (state, verdict) = state_at(place, until.map_or(Seq(u64::MAX), Seq))?;
    match verdict {
        // Beside a writer the end moves while it is looked at, and may look like damage.
        Verdict::Damaged(damage) if !is_written && until.is_none() => return Err(damage.into()),
        _ => output.show(&state)?,
    }
    Ok(Ending::Done)
}

/// A state.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct StateAt {
    sequence: u64,
    time_us: u64,
    state_hash: String,
    open_orders: usize,
}

fn state_at(place: &Place, until: Seq) -> Result<(StateAt, Verdict)> {
    let (state, verdict) = replay(place, until, |_| Ok(()))?;
    let image = state.exchange.image();
    let state = StateAt {
        sequence: image.seq.0,
        time_us: moment::micros(image.time),
        state_hash: hex::encode(state_hash(&image)),
        open_orders: state.exchange.open_order_count(),
    };
    Ok((state, verdict))
}

impl Report for StateAt {
    fn text(&self, paint: Paint) -> String {
        let Self {
            sequence,
            time_us,
            state_hash,
            open_orders,
        } = self;
        let time = moment::text(rialto_types::Timestamp(time_us.saturating_mul(1_000)));
        format!(
            "sequence     {sequence}\ntime         {time}\nopen orders  {open_orders}\nstate hash   {}",
            paint.strong(state_hash)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::journal::scenario::Scenario;

    const ALL: Seq = Seq(u64::MAX);

    #[test]
    fn the_hash_is_that_of_the_state_after_the_last_command() {
        let scenario = Scenario::founded();
        let (state, verdict) = state_at(&scenario.place(), ALL).unwrap();
        assert!(matches!(verdict, Verdict::Clean(_)), "{verdict:?}");
        let image = scenario.exchange().image();
        assert_eq!(state.state_hash, hex::encode(state_hash(&image)));
        assert_eq!((state.sequence, state.open_orders), (image.seq.0, 1));
        assert_eq!(state_at(&scenario.place(), ALL).unwrap().0, state);
    }

    #[test]
    fn a_replay_can_stop_before_the_end() {
        let scenario = Scenario::founded();
        let (state, _) = state_at(&scenario.place(), Seq(3)).unwrap();
        assert_eq!((state.sequence, state.open_orders), (3, 0));
        let (nothing, _) = state_at(&scenario.place(), Seq(0)).unwrap();
        assert_eq!(nothing.sequence, 0);
        assert_ne!(nothing.state_hash, state.state_hash);
    }

    #[test]
    fn an_empty_directory_has_no_state() {
        let error = state_at(&Scenario::empty().place(), ALL).unwrap_err();
        assert!(error.to_string().contains("holds no journal"), "{error}");
    }
}
