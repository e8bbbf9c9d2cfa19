//! Recorded order flow: the lines of a LOBSTER message file as events.
//!
//! A line is `time, type, order, size, price, direction`: seconds after midnight, a number from 1 to 7, the
//! venue's order number, shares, dollars × 10,000, and 1 for a buy or −1 for a sell, of the resting order.
//! A line that is not so is an error with its number and what is wrong with it; nothing is guessed.

use std::io::BufRead;

use rialto_types::{Price, Qty, Side};
use thiserror::Error;

/// A cent, in the file's unit of a hundredth of a cent.
const UNITS_PER_TICK: i64 = 100;
/// The fields of a line.
const FIELDS: usize = 6;

/// The venue's own number for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileOrder(pub(crate) u64);

/// What happened at the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// A new limit order.
    Submit,
    /// An order is reduced by the size.
    Reduce,
    /// An order is deleted.
    Delete,
    /// A visible order is executed for the size.
    Execute,
    /// A hidden order is executed: no visible order changes.
    ExecuteHidden,
    /// A cross trade or a trading halt: nothing that an order did.
    Other,
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its number in the file, from 1.
    pub(crate) line: usize,
    /// What happened.
    pub(crate) kind: EventKind,
    /// To which order.
    pub(crate) order: FileOrder,
    /// Shares.
    pub(crate) qty: Qty,
    /// In cents.
    pub(crate) price: Price,
    /// The side of the order that rests.
    pub(crate) side: Side,
}

/// A line that is none.
#[derive(Debug, Error)]
#[error("line {line}: {reason}")]
pub(crate) struct FlowError {
    /// Its number, from 1.
    pub(crate) line: usize,
    /// What is wrong, and what would be right.
    pub(crate) reason: String,
}

/// Reads all lines.
///
/// # Errors
/// At the first line that cannot be read.
pub(crate) fn read(mut source: impl BufRead) -> Result<Vec<Event>, FlowError> {
    let mut events = Vec::new();
    let mut text = String::new();
    for line in 1.. {
        let at = |reason: String| FlowError { line, reason };
        text.clear();
        let count = source
            .read_line(&mut text)
            .map_err(|error| at(error.to_string()))?;
        if count == 0 {
            break;
        }
        events.push(event(line, text.trim_end_matches(['\r', '\n'])).map_err(at)?);
    }
    Ok(events)
}

fn event(line: usize, text: &str) -> Result<Event, String> {
    let fields: Vec<&str> = text.split(',').map(str::trim).collect();
    let [_, kind, order, size, price, direction] = fields[..] else {
        let count = fields.len();
        return Err(format!(
            "{count} fields; a line has {FIELDS}: time,type,order,size,price,direction"
        ));
    };
    let kind = event_kind(kind)?;
    let mut event = Event {
        line,
        kind,
        order: FileOrder(0),
        qty: Qty::ZERO,
        price: Price::ZERO,
        side: Side::Buy,
    };
    // What no visible order did may have any price, such as the middle between two ticks.
    if matches!(kind, EventKind::ExecuteHidden | EventKind::Other) {
        return Ok(event);
    }
    event.order = FileOrder(number("order", order)?);
    event.qty = Qty(number("size", size)?);
    event.price = ticks(number("price", price)?)?;
    event.side = match direction {
        "1" => Side::Buy,
        "-1" => Side::Sell,
        other => {
            return Err(format!(
                "direction {other:?} is neither 1 (buy) nor -1 (sell)"
            ));
        }
    };
    if event.qty.0 < 1 {
        return Err(format!("size {} is not above zero", event.qty));
    }
    Ok(event)
}

fn event_kind(text: &str) -> Result<EventKind, String> {
    Ok(match text {
        "1" => EventKind::Submit,
        "2" => EventKind::Reduce,
        "3" => EventKind::Delete,
        "4" => EventKind::Execute,
        "5" => EventKind::ExecuteHidden,
        "6" | "7" => EventKind::Other,
        other => return Err(format!("type {other:?} is not one of 1 to 7")),
    })
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{name} {text:?} is not a whole number that fits"))
}

fn ticks(units: i64) -> Result<Price, String> {
    if units < UNITS_PER_TICK || units % UNITS_PER_TICK != 0 {
        return Err(format!(
            "price {units} is not a positive multiple of {UNITS_PER_TICK}, which is one cent"
        ));
    }
    Ok(Price(units / UNITS_PER_TICK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_events() {
        let text = "34200.01,1,16113575,18,5853300,1\r\n34200.02,4,7,100,5859100,-1\n34200.03,5,0,3,5853350,1";
        let events = read(text.as_bytes()).unwrap();
        let first = Event {
            line: 1,
            kind: EventKind::Submit,
            order: FileOrder(16_113_575),
            qty: Qty(18),
            price: Price(58_533),
            side: Side::Buy,
        };
        assert_eq!(events[0], first);
        assert_eq!(
            (events[1].kind, events[1].side),
            (EventKind::Execute, Side::Sell)
        );
        assert_eq!(
            (events[2].line, events[2].kind),
            (3, EventKind::ExecuteHidden)
        );
        assert_eq!(read(&b""[..]).unwrap(), []);
    }

    #[test]
    fn a_bad_line_is_named_with_what_is_wrong() {
        for (text, reason) in [
            ("1,2,3", "3 fields; a line has 6"),
            ("", "1 fields; a line has 6"),
            ("0,8,1,1,100,1", "type \"8\" is not one of 1 to 7"),
            ("0,1,-1,1,100,1", "order \"-1\" is not a whole number"),
            ("0,1,1,x,100,1", "size \"x\" is not a whole number"),
            ("0,1,1,0,100,1", "size 0 is not above zero"),
            ("0,1,1,-5,100,1", "size -5 is not above zero"),
            (
                "0,1,1,1,150,1",
                "price 150 is not a positive multiple of 100",
            ),
            ("0,1,1,1,-100,1", "price -100 is not"),
            (
                "0,1,1,1,99999999999999999999,1",
                "price \"99999999999999999999\" is not",
            ),
            ("0,1,1,1,100,0", "direction \"0\" is neither"),
        ] {
            let whole = format!("34200.01,1,1,1,100,1\n{text}\n");
            let error = read(whole.as_bytes()).unwrap_err();
            assert_eq!(error.line, 2);
            assert!(
                error.reason.contains(reason),
                "{text:?} gives {}",
                error.reason
            );
        }
        let error = read(&b"34200.01,1,1,1,100,1\n\xff\n"[..]).unwrap_err();
        assert!(error.to_string().starts_with("line 2: "), "{error}");
    }
}
