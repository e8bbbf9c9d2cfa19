//! Moments and spans as people write them: `2026-01-01T00:00:00Z`, `30m`. UTC throughout.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rialto_types::Timestamp;

/// When an order shall expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// At this moment.
    At(Timestamp),
    /// So long from now, by the exchange's clock.
    After(Duration),
}

impl Expiry {
    /// Reads a moment or a span.
    ///
    /// # Errors
    /// What would be right, when the text is neither.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Ok(span) = humantime::parse_duration(text) {
            return if span.is_zero() {
                Err("it must lie ahead, such as 30m".to_owned())
            } else {
                Ok(Self::After(span))
            };
        }
        let moment = humantime::parse_rfc3339_weak(text)
            .map_err(|_| "a moment such as 2026-01-01T00:00:00Z, or a span such as 30m or 2h30m")?;
        timestamp(moment)
            .map(Self::At)
            .ok_or_else(|| "the moment must lie between 1970 and 2554".to_owned())
    }

    /// The moment meant, when it is `now`.
    pub(crate) fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::After(span) => {
                let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
                Timestamp(now.0.saturating_add(span))
            }
        }
    }
}

fn timestamp(moment: SystemTime) -> Option<Timestamp> {
    let since_epoch = moment.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since_epoch.as_nanos()).ok().map(Timestamp)
}

/// A moment to the microsecond: `2026-01-01T00:00:00.000000Z`.
pub(crate) fn text(moment: Timestamp) -> String {
    let moment = UNIX_EPOCH + Duration::from_nanos(moment.0);
    humantime::format_rfc3339_micros(moment).to_string()
}

/// A moment to the second: `2026-01-01 00:00:00`.
pub(crate) fn seconds_text(moment: Timestamp) -> String {
    text(moment)[..19].replace('T', " ")
}

/// The time of day to the millisecond: `00:00:00.000`.
pub(crate) fn clock_text(moment: Timestamp) -> String {
    text(moment)[11..23].to_owned()
}

/// A moment in microseconds since the epoch, as JSON carries it.
pub(crate) const fn micros(moment: Timestamp) -> u64 {
    moment.0 / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW_YEAR: Timestamp = Timestamp(1_767_225_600_000_000_000);

    #[test]
    fn moments_and_spans_are_read() {
        let at = Expiry::At(NEW_YEAR);
        assert_eq!(Expiry::parse("2026-01-01T00:00:00Z"), Ok(at));
        assert_eq!(Expiry::parse("2026-01-01 00:00:00"), Ok(at));
        assert_eq!(at.moment(Timestamp(7)), NEW_YEAR);
        let after = Expiry::parse("2h30m").unwrap();
        assert_eq!(after, Expiry::After(Duration::from_mins(150)));
        assert_eq!(after.moment(Timestamp(7)), Timestamp(9_000_000_000_007));
    }

    #[test]
    fn what_is_no_moment_is_refused_with_an_example() {
        for bad in ["", "soon", "30", "2026-13-01T00:00:00Z", "0s", "-5m"] {
            let error = Expiry::parse(bad).unwrap_err();
            assert!(error.contains("30m"), "{bad:?}: {error}");
        }
        let old = Expiry::parse("1960-01-01T00:00:00Z").unwrap_err();
        assert!(old.contains("30m") || old.contains("1970"), "{old}");
    }

    #[test]
    fn a_span_beyond_all_time_ends_at_its_end() {
        let long = Expiry::parse("10000000000 years");
        if let Ok(long) = long {
            assert_eq!(long.moment(NEW_YEAR), Timestamp(u64::MAX));
        }
        let nearly = Expiry::After(Duration::from_secs(u64::MAX / 1_000_000_000));
        assert_eq!(nearly.moment(NEW_YEAR), Timestamp(u64::MAX));
    }

    #[test]
    fn moments_are_written_in_three_ways() {
        let moment = Timestamp(NEW_YEAR.0 + 61_123_456_789);
        assert_eq!(text(moment), "2026-01-01T00:01:01.123456Z");
        assert_eq!(seconds_text(moment), "2026-01-01 00:01:01");
        assert_eq!(clock_text(moment), "00:01:01.123");
        assert_eq!(micros(moment), 1_767_225_661_123_456);
        assert_eq!(text(Timestamp(u64::MAX)), "2554-07-21T23:34:33.709551Z");
    }
}
