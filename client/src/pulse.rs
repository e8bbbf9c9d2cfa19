//! When to show a sign of life, and when the other side has shown none for too long.
//!
//! Counts quarters of the heartbeat interval instead of reading a clock with every message: the connection
//! calls [`Pulse::sent`] and [`Pulse::heard`], which cost one store each, and asks [`Pulse::quarter`] four
//! times an interval.

use std::time::Duration;

/// Quarters without anything sent after which a heartbeat is due. Three, so that what the other side sees
/// is never a whole interval of silence.
const QUARTERS_BEFORE_HEARTBEAT: u8 = 3;
/// Quarters of silence after which the exchange is asked whether it is there: it owes a sign each interval.
const QUARTERS_BEFORE_TEST: u8 = 6;
/// Quarters of silence after which it is taken for gone: three intervals.
const QUARTERS_BEFORE_LOST: u8 = 12;

/// The state of both directions.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    quarters_unsent: u8,
    quarters_unheard: u8,
}

/// What a quarter of an interval asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    /// Nothing.
    Rest,
    /// Send a heartbeat.
    Heartbeat,
    /// Ask the exchange for one.
    Test,
    /// The exchange is silent: give up.
    Lost,
}

impl Pulse {
    /// How often [`Pulse::quarter`] is to be called.
    pub(crate) fn period(interval_ms: u32) -> Duration {
        // An exchange that announces nonsense must not make this a busy loop.
        Duration::from_millis(u64::from(interval_ms.clamp(100, 600_000)) / 4)
    }

    /// Something was sent.
    #[inline]
    pub(crate) fn sent(&mut self) {
        self.quarters_unsent = 0;
    }

    /// Something arrived.
    #[inline]
    pub(crate) fn heard(&mut self) {
        self.quarters_unheard = 0;
    }

    /// A quarter of the interval has passed.
    pub(crate) fn quarter(&mut self) -> Beat {
        self.quarters_unsent = self.quarters_unsent.saturating_add(1);
        self.quarters_unheard = self.quarters_unheard.saturating_add(1);
        if self.quarters_unheard >= QUARTERS_BEFORE_LOST {
            Beat::Lost
        } else if self.quarters_unheard == QUARTERS_BEFORE_TEST {
            Beat::Test
        } else if self.quarters_unsent >= QUARTERS_BEFORE_HEARTBEAT {
            Beat::Heartbeat
        } else {
            Beat::Rest
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_of_ours_becomes_a_heartbeat_within_the_interval() {
        let mut pulse = Pulse::default();
        let mut beats = Vec::new();
        for _ in 0..8 {
            pulse.heard();
            let beat = pulse.quarter();
            if beat == Beat::Heartbeat {
                pulse.sent();
            }
            beats.push(beat);
        }
        let (rest, beat) = (Beat::Rest, Beat::Heartbeat);
        assert_eq!(beats, [rest, rest, beat, rest, rest, beat, rest, rest]);
    }

    #[test]
    fn silence_of_theirs_is_tested_once_and_then_ends_it() {
        let mut pulse = Pulse::default();
        let beats: Vec<Beat> = (0..12)
            .map(|_| {
                pulse.sent();
                pulse.quarter()
            })
            .collect();
        assert_eq!(beats[5], Beat::Test);
        assert_eq!(beats[11], Beat::Lost);
        assert_eq!(beats.iter().filter(|beat| **beat != Beat::Rest).count(), 2);
    }

    #[test]
    fn the_period_is_bounded_whatever_the_exchange_says() {
        assert_eq!(Pulse::period(5_000), Duration::from_millis(1_250));
        assert_eq!(Pulse::period(0), Duration::from_millis(25));
        assert_eq!(Pulse::period(u32::MAX), Duration::from_secs(150));
    }
}
