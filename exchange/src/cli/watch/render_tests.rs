//! Frames as text, one string a row, and the colours of what matters.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rialto_types::{InstrumentId, Timestamp, TradeId};

use super::*;
use crate::cli::testing::{book, btc_usdt, btc_usdt_definition, directory};

/// 2026-01-01T00:00:00Z.
const NEW_YEAR_NS: u64 = 1_767_225_600_000_000_000;

const LEVELS: [(Side, &str, &str); 5] = [
    (Side::Buy, "59999.99", "1"),
    (Side::Buy, "59999.98", "0.5"),
    (Side::Buy, "59999.5", "0.25"),
    (Side::Sell, "60000.01", "2"),
    (Side::Sell, "60000.5", "0.0001"),
];

fn trade(id: u64, price: &str, side: Side) -> TradeTick {
    TradeTick {
        instrument_id: InstrumentId(1),
        transact_time: Timestamp(NEW_YEAR_NS + id * 1_001_000_000),
        trade_id: TradeId(id),
        price: price.parse().unwrap(),
        quantity: "0.25".parse().unwrap(),
        taker_side: side.into(),
        ..TradeTick::default()
    }
}

fn trades() -> VecDeque<TradeTick> {
    let second = trade(2, "60000.01", Side::Buy);
    VecDeque::from([second, trade(1, "59999.99", Side::Sell)])
}

/// The rows of a frame of this size.
fn rows(picture: &Picture<'_>, width: u16, height: u16) -> Vec<String> {
    let buffer = frame(picture, width, height);
    let row = |y| {
        let cells = (0..width).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned()
    };
    (0..height).map(row).collect()
}

fn frame(picture: &Picture<'_>, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| draw(picture, frame.area(), frame.buffer_mut()))
        .unwrap();
    terminal.backend().buffer().clone()
}

/// Calls `check` with a picture of a live market.
fn with_market(check: impl FnOnce(Picture<'_>)) {
    let (listed, book, trades) = (btc_usdt(), book(&LEVELS), trades());
    check(Picture {
        symbol: "BTC-USDT",
        from: "Rialto at 127.0.0.1:7400",
        listed: Some(&listed),
        book: Some(&book),
        trades: &trades,
        link: Link::Live,
        rate: 1_204,
        levels: None,
    });
}

#[test]
fn a_live_market_with_room_for_everything() {
    with_market(|picture| {
        assert_eq!(
            rows(&picture, 100, 11),
            [
                "BTC-USDT  mid 60000.00  last 60000.01                                            1,204 msg/s  ● live",
                "    price  quantity  orders                                 │ time (UTC)          price     quantity",
                "                                                            │ 00:00:02.002     60000.01       0.2500",
                " 60000.50    0.0001       1  ▏                              │ 00:00:01.001     59999.99       0.2500",
                " 60000.01    2.0000       1  ██████████████████████████████ │",
                " 60000.01 ▲  spread 0.02 (0.00 bp)                          │",
                " 59999.99    1.0000       1  ███████████████                │",
                " 59999.98    0.5000       1  ███████▌                       │",
                " 59999.50    0.2500       1  ███▊                           │",
                "                                                            │",
                "q quit  Tab next instrument  + - levels (fit)                               Rialto at 127.0.0.1:7400",
            ]
        );
    });
}

#[test]
fn a_narrow_window_has_no_tape_and_a_flat_one_no_ladder() {
    with_market(|picture| {
        let narrow = rows(&picture, 50, 9);
        assert!(narrow.iter().all(|row| !row.contains('│')), "{narrow:#?}");
        assert!(narrow.iter().any(|row| row.contains("59999.99")));
        let flat = rows(&picture, 100, 4);
        assert!(flat[0].starts_with("BTC-USDT") && flat[3].starts_with("q quit"));
        assert_eq!(flat[1..3], ["", ""]);
    });
}

#[test]
fn fewer_levels_can_be_asked_for() {
    with_market(|picture| {
        let picture = Picture {
            levels: Some(1),
            ..picture
        };
        let rows = rows(&picture, 100, 20);
        let text = rows.join("\n");
        assert!(text.contains("60000.01") && !text.contains("60000.50"));
        assert!(text.contains("59999.99") && !text.contains("59999.98"));
        assert!(rows[19].contains("levels (1)"), "{}", rows[19]);
    });
}

#[test]
fn sides_have_their_colours() {
    with_market(|picture| {
        let buffer = frame(&picture, 100, 11);
        let colour_of = |text: &str| {
            let (y, x) = (0..11)
                .find_map(|y| {
                    let row: String = (0..100).map(|x| buffer[(x, y)].symbol()).collect();
                    let at = row.find(text).filter(|_| y > 1)?;
                    Some((y, u16::try_from(row[..at].chars().count()).unwrap()))
                })
                .unwrap();
            buffer[(x, y)].fg
        };
        assert_eq!(colour_of("60000.50"), Color::Red);
        assert_eq!(colour_of("59999.98"), Color::Green);
    });
}

#[test]
fn a_lost_connection_keeps_the_last_book_and_says_why() {
    with_market(|picture| {
        let picture = Picture {
            link: Link::Away("cannot connect: refused"),
            ..picture
        };
        let rows = rows(&picture, 100, 11);
        assert!(rows[0].ends_with("○ reconnecting"), "{}", rows[0]);
        assert_eq!(rows[10], "cannot connect: refused");
        assert!(rows.iter().any(|row| row.contains("59999.99")));
    });
}

#[test]
fn before_the_first_book_the_window_says_what_it_waits_for() {
    let trades = VecDeque::new();
    let picture = |link| Picture {
        symbol: "BTC-USDT",
        from: "127.0.0.1:7400",
        listed: None,
        book: None,
        trades: &trades,
        link,
        rate: 0,
        levels: None,
    };
    let connecting = rows(&picture(Link::Connecting), 100, 11);
    assert!(connecting[0].ends_with("◌ connecting"));
    assert!(connecting.iter().any(|row| row.contains("no book yet")));
    let live = rows(&picture(Link::Live), 100, 11);
    assert!(live.iter().any(|row| row.contains("waiting for the book")));
}

#[test]
fn an_instrument_that_does_not_trade_says_so() {
    with_market(|picture| {
        let mut directory = directory();
        let halted = rialto_protocol::InstrumentDefinition {
            state: InstrumentState::CancelOnly.into(),
            ..btc_usdt_definition()
        };
        let definition = rialto_protocol::Message::InstrumentDefinition(halted);
        directory.apply(&definition).unwrap();
        let picture = Picture {
            listed: Some(directory.by_symbol("BTC-USDT").unwrap()),
            ..picture
        };
        let head = &rows(&picture, 100, 11)[0];
        assert!(head.starts_with("BTC-USDT  is cancel only  mid"), "{head}");
    });
}

#[test]
fn every_size_can_be_drawn() {
    with_market(|picture| {
        for width in (0..120).step_by(7) {
            for height in 0..24 {
                rows(&picture, width, height);
            }
        }
        let empty = book(&[]);
        let picture = Picture {
            book: Some(&empty),
            levels: Some(400),
            ..picture
        };
        let rows = rows(&picture, 100, 11);
        let middle = rows.iter().find(|row| row.contains("one side is empty"));
        assert!(middle.unwrap().contains("60000.01 ▲"), "{rows:#?}");
    });
}

#[test]
fn thousands_are_grouped() {
    for (count, text) in [
        (0, "0"),
        (999, "999"),
        (1_000, "1,000"),
        (1_234_567, "1,234,567"),
    ] {
        assert_eq!(grouped(count), text);
    }
}
