//! Signs of life: when to show one, and when the client has shown none for too long.
//!
//! Counts quarters of the heartbeat interval, so that a message costs one store and no look at a clock.
//! A half-open connection ends after two intervals of silence, a quarter more at most.

use std::time::Duration;

/// Quarters without anything sent after which a heartbeat is due: the client never sees a whole interval
/// of silence.
const QUARTERS_BEFORE_HEARTBEAT: u8 = 3;
/// Quarters of silence after which the client is asked whether it is there.
const QUARTERS_BEFORE_TEST: u8 = 5;
/// Quarters of silence after which it is taken for gone. The first may have been nearly over when the
/// last message came, so that at least two whole intervals have passed.
const QUARTERS_BEFORE_LOST: u8 = 9;

/// The state of both directions.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    unsent: u8,
    unheard: u8,
}

/// What a quarter of an interval asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing.
    Rest,
    /// Send a heartbeat.
    Heartbeat,
    /// Ask the client for one.
    Test,
    /// The client is silent: end.
    Lost,
}

impl Pulse {
    /// How often [`Pulse::quarter`] is to be called.
    pub(super) fn period(interval: Duration) -> Duration {
        interval / 4
    }

    /// Something was sent.
    pub(super) fn sent(&mut self) {
        self.unsent = 0;
    }

    /// Something arrived.
    pub(super) fn heard(&mut self) {
        self.unheard = 0;
    }

    /// A quarter of the interval has passed.
    pub(super) fn quarter(&mut self) -> Beat {
        self.unsent = self.unsent.saturating_add(1);
        self.unheard = self.unheard.saturating_add(1);
        if self.unheard >= QUARTERS_BEFORE_LOST {
            Beat::Lost
        } else if self.unheard == QUARTERS_BEFORE_TEST {
            Beat::Test
        } else if self.unsent >= QUARTERS_BEFORE_HEARTBEAT {
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
    fn our_silence_becomes_a_heartbeat_within_the_interval() {
        let mut pulse = Pulse::default();
        let beats: Vec<_> = (0..7)
            .map(|_| {
                pulse.heard();
                let beat = pulse.quarter();
                if beat != Beat::Rest {
                    pulse.sent();
                }
                beat
            })
            .collect();
        let (rest, beat) = (Beat::Rest, Beat::Heartbeat);
        assert_eq!(beats, [rest, rest, beat, rest, rest, beat, rest]);
    }

    #[test]
    fn a_silent_client_is_asked_once_and_then_given_up() {
        let mut pulse = Pulse::default();
        let beats: Vec<_> = (0..9)
            .map(|_| {
                pulse.sent();
                pulse.quarter()
            })
            .collect();
        let (rest, test, lost) = (Beat::Rest, Beat::Test, Beat::Lost);
        assert_eq!(
            beats,
            [rest, rest, rest, rest, test, rest, rest, rest, lost]
        );
    }

    #[test]
    fn any_message_counts_as_a_sign_of_life() {
        let mut pulse = Pulse::default();
        for _ in 0..100 {
            pulse.sent();
            assert_eq!(pulse.quarter(), Beat::Rest);
            pulse.heard();
        }
    }
}
